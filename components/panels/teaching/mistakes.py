"""A mistake beside the code that mends it, and what Keras says to both."""

from __future__ import annotations

from typing import Literal

import streamlit as st

from components.backend.mistakes.mistakes import GROUPS, MISTAKES, Outcome, answer, facts
from components.backend.question.linked import Linked
from components.panels.ask.answered import answered
from components.panels.ask.cover import asks_first, cover, is_covered
from components.panels.ask.field_set import FieldSet
from components.panels.ask.onward import Way, onward, place_of
from components.panels.ask.widgets import showing, widget
from components.panels.pages import page_link
from components.panels.parts.facts import fact_list
from components.panels.write.comments import commented
from components.texts import numeral, text

_COLOURS = {"error": "red", "warning": "orange", "silent": "orange", "taken": "green"}


class MistakesView(Linked):
    """Which mistake Keras makes."""

    texts = "mistakes_view"

    mistake: Literal[tuple(MISTAKES)] = next(iter(MISTAKES))


def look() -> None:
    """What there is to see, and where to find a mistake by its error."""
    with st.container(horizontal=True, vertical_alignment="center", key="mistake_look"):
        st.markdown(text("mistakes.look"), width="content")
        page_link("questions", label=text("mistakes.find"))


def choose(view: FieldSet[MistakesView]) -> None:
    """Which group of mistakes, and which of it."""
    group = next(name for name, group in GROUPS.items() if view.value.mistake in group)
    with st.container(horizontal=True, vertical_alignment="bottom", key="mistake_choice"):
        st.segmented_control(
            text("mistakes.group"),
            options=list(GROUPS),
            format_func=_kind,
            required=True,
            **showing("mistake_group", group, lambda chosen: _open(view, chosen), "default"),
        )
        widget(view, "mistake", only=list(GROUPS[group]))


def _kind(group: str) -> str:
    """What a group is called. The name of the silent ones says what Keras does."""
    if asks_first() and group == "silent":
        return text("mistakes.others")
    return text(f"mistakes.groups.{group}")


def _open(view: FieldSet[MistakesView], group: str) -> None:
    view.put(mistake=next(iter(GROUPS[group])))


def mistake_panel(name: str) -> None:
    """Why it is a mistake, its code and the mended code, what became of both, and where to go from
    here."""
    mistake = MISTAKES[name]
    why = st.container()
    st.caption(text("mistakes.given"))
    st.code(commented(mistake.begins.rstrip()), wrap_lines=True)
    left, right = st.columns(2)
    with left.container(border=True, height="stretch"):
        _code("wrong", mistake.wrong)
        cover("error")
        wrong = st.container()
    mended = right.container(border=True, height="stretch")
    if not is_covered("mended"):  # all that can be read is there before Keras answers
        why.markdown(text(f"mistakes.why.{name}"))
        with mended:
            _code("right", mistake.right)
    with wrong:
        found = answered(lambda: answer(name))
        if found:
            _outcome(found.wrong, taken="silent")
    with mended:
        cover("mended")
        if found:
            _outcome(found.right, taken="taken")
    if found:
        fact_list(facts(found), "mistakes_facts")
    onward(f"mistakes.{name}", mistake.predict, _seen(mistake.question))


def _code(which: str, code: str) -> None:
    st.markdown(f"**{text(f'mistakes.{which}')}**")
    st.code(commented(code.strip()), wrap_lines=True)


def _outcome(outcome: Outcome, *, taken: str) -> None:
    """What became of a piece of code.

    Args:
        taken: what is said of code that Keras took without a word, by the text's name.
    """
    said = outcome.error or outcome.warning
    name = "error" if outcome.error else "warning" if outcome.warning else taken
    st.markdown(f":{_COLOURS[name]}-badge[{text(f'mistakes.{name}')}] {_result(outcome)}")
    if said:
        st.code(said, language=None, wrap_lines=True)


def _result(outcome: Outcome) -> str:
    """The shape of the result, and numbers of it if they can be compared."""
    numbers = ", ".join(numeral(each, ".3f") for each in outcome.numbers)
    if numbers and outcome.shapes == ((),):
        return text("mistakes.number", numbers=numbers)
    shapes = ", ".join(map(str, outcome.shapes))
    shape = text("mistakes.shape", shapes=shapes) if shapes else ""
    whose = "each" if outcome.one_each else "last"
    return shape + (text(f"mistakes.{whose}", numbers=numbers) if numbers else "")


def _seen(question: str) -> Way | None:
    """The way to the page that draws what the mistake is about, and says what to look at."""
    if not question:
        return None
    page, query = place_of(question)
    return page, query, text("mistakes.see", page=text(f"pages.{page}.title"))
