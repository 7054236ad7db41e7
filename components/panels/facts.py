"""Statements with the numbers that decide them."""

from __future__ import annotations

from collections.abc import Iterable

import streamlit as st

from components.backend.facts import Fact
from components.texts import text

_SIGNS = {
    True: ":green[:material/check_circle:]",
    False: ":red[:material/cancel:]",
    None: ":gray[:material/info:]",
}


def fact_list(facts: Iterable[Fact], section: str) -> None:
    """One line a fact: whether it holds, the claim, and what was measured.

    Args:
        section: the part of the texts in which the facts' names are found.
    """
    st.markdown("  \n".join(_line(fact, f"{section}.{fact.name}") for fact in facts))


def _line(fact: Fact, path: str) -> str:
    claim, measured = (text(f"{path}.{part}", **fact.values) for part in ("claim", "measured"))
    return f"{_SIGNS[fact.holds]} {claim}" + (f" :gray[({measured})]" if measured else "")
