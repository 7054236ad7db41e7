"""Every name that a link may say, on whatever page, and what is said of a name that is none."""

from __future__ import annotations

from functools import cache

import streamlit as st

from components.backend import Setup
from components.backend.linked import Linked, unknown_names
from components.backend.start import Start
from components.backend.whatif.stack import MOST_LAYERS, Above
from components.panels.both_ways import BothWaysView
from components.panels.carry import CarryView
from components.panels.compare import CompareView
from components.panels.edit import EditView
from components.panels.explore import ExploreView
from components.panels.influence import InfluenceView
from components.panels.learn import LearnView
from components.panels.padding import PaddingView
from components.panels.page.asked import LAST
from components.panels.page.plain import plain
from components.panels.stack import StackView
from components.texts import text

QUESTIONS: tuple[tuple[str, type[Linked]], ...] = (
    ("", Setup),
    ("", Start),
    ("", ExploreView),
    ("", CompareView),
    ("b.", Setup),
    ("c.", Setup),
    ("", CarryView),
    ("pad.", PaddingView),
    ("", BothWaysView),
    ("", StackView),
    *((f"{number}.", Above) for number in range(2, MOST_LAYERS + 1)),
    ("", InfluenceView),
    ("", EditView),
    ("learn.", LearnView),
)
"""The questions of all pages, each with what stands before its fields' names in a link."""

MOST = 5
"""How many unknown names are told of one by one; a link can have a thousand."""


@cache
def known_names() -> frozenset[str]:
    """The names of all fields of all pages: a link that is carried from one page to another may
    say what only the first has a use for."""
    return frozenset(prefix + name for prefix, model in QUESTIONS for name in model.model_fields)


def tell_unknown() -> None:
    """A message for the names in the address that no page knows, each with the nearest known one.

    They stay in the address, as others may have put them there for a purpose of their own, and so
    does the message. Streamlit keeps its own names, such as embed, out of st.query_params.
    """
    known = known_names()
    said = [name for name in st.query_params if name.removeprefix(LAST) not in known]
    lines = [
        text(f"link.{'like' if like else 'unlike'}", name=plain(name), like=like)
        for name, like in unknown_names(said[:MOST], known).items()
    ]
    if len(said) > MOST:
        lines.append(text("problems.more_names", count=len(said) - MOST))
    if lines:  # without a place of its own, which would cost every page a line's gap
        st.warning("\n".join((text("link.unknown"), "", *(f"- {line}" for line in lines))))
