"""Statements with the numbers that decide them."""

from __future__ import annotations

from collections.abc import Iterable

import streamlit as st

from components.backend.question.labels import gate_in_words
from components.backend.running.facts import Fact
from components.panels.ask.cover import cover
from components.panels.write.html import inline
from components.texts import text

_SIGNS = {True: ("holds", "✓"), False: ("fails", "✗"), None: ("note", "i")}


def fact_list(facts: Iterable[Fact], section: str, *, heading: str = "", told: str = "") -> None:
    """A line for each fact: whether it holds, the claim, and what was measured.

    Args:
        section: the section of the texts that has the facts' names.
        told: the answer to the page's question, in a sentence or two above the facts.
    """
    lines = "".join(_line(fact, f"{section}.{fact.name}") for fact in facts)
    if lines or told:
        cover("facts", f"{section} {heading}")
    above = f'<p class="rnn-told">{inline(told)}</p>' if told else ""
    above += f"<p>{inline(heading)}</p>" if heading and lines else ""
    st.html(f'<div class="rnn-facts">{above}<ul>{lines}</ul></div>')


def _line(fact: Fact, path: str) -> str:
    values = gate_in_words(fact.values)
    claim, measured = (text(f"{path}.{which}", **values) for which in ("claim", "measured"))
    kind, sign = _SIGNS[fact.holds]
    title = text(f"signs.{kind}")
    numbers = f" <span>({inline(measured)})</span>" if measured else ""
    return f'<li class="rnn-{kind}"><i title="{title}">{sign}</i>{inline(claim)}{numbers}</li>'
