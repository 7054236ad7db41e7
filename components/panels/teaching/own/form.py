"""The form of a lesson of one's own: its title, and one question at a time."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from string import ascii_uppercase
from typing import Any

import streamlit as st

from components.backend.lessons.own import LEAST_OPTIONS, MOST_OPTIONS, MOST_QUESTIONS, Written
from components.panels.ask.field_set import FieldSet
from components.panels.ask.widgets import showing
from components.panels.teaching.lessons_view import LessonsView
from components.panels.teaching.own.draft import draft, put
from components.panels.teaching.posed import leads_to, page_name
from components.panels.write.containers import kept_place
from components.texts import text

_AT = "own_at"  # in the session: the number of the question in the form


def question_at() -> int:
    """The number of the question in the form."""
    at, numbers = st.session_state.get(_AT), list(draft().questions)
    return at if at in numbers else numbers[0]


def own_form(view: FieldSet[LessonsView]) -> None:
    """The fields of the title and of one question, and buttons that add, remove and move it."""
    at = question_at()
    _field(view, st.text_input, 0, "title", draft().title)
    _choose(view, at)
    _question(view, at, draft().questions[at])


def _choose(view: FieldSet[LessonsView], at: int) -> None:
    """Which question the form has, and what can be done with it."""
    numbers = list(draft().questions)
    place, st.session_state[_AT] = numbers.index(at), at
    st.segmented_control(
        text("lessons.form.question"),
        numbers,
        default=at,
        format_func=lambda number: str(1 + numbers.index(number)),
        required=True,
        key=_AT,
    )
    offered = {
        "add": ("add", len(numbers) < MOST_QUESTIONS),
        "up": ("arrow_upward", place > 0),
        "down": ("arrow_downward", place < len(numbers) - 1),
        "remove": ("delete", draft().is_begun),
    }
    with st.container(horizontal=True):
        for name, (icon, can) in offered.items():
            st.button(
                text(f"lessons.form.{name}"),
                key=f"own_{name}",
                icon=f":material/{icon}:",
                disabled=not can,
                on_click=partial(_arrange, view, name, at),
            )


def _arrange(view: FieldSet[LessonsView], what: str, at: int) -> None:
    """Add a question below this one, remove it or move it."""
    questions = list(draft().questions.items())
    place, new = list(draft().questions).index(at), (max(draft().questions) + 1, Written())
    if what == "add":
        questions.insert(place + 1, new)
        st.session_state[_AT] = new[0]
    elif what == "remove":
        del questions[place]
        questions = questions or [new]
        st.session_state[_AT] = questions[min(place, len(questions) - 1)][0]
    else:
        questions.insert(place + (1 if what == "down" else -1), questions.pop(place))
    put(view, draft().of(dict(questions)))


def _question(view: FieldSet[LessonsView], at: int, asked: Written) -> None:
    """The fields of a question."""
    _field(view, st.text_input, at, "prompt", asked.prompt)
    _field(view, st.text_area, at, "code", asked.code, height=100)
    there = len(asked.options)
    for row in range(min(max(LEAST_OPTIONS, there + 1), MOST_OPTIONS)):
        for name, column in zip(("options", "explained"), st.columns(2), strict=True):
            with column:
                said = getattr(asked, name)[row] if row < there else ""
                _field(view, st.text_input, at, name, said, row)
    right = 0 if asked.right is None else asked.right + 1
    _field(
        view,
        partial(st.selectbox, options=range(there + 1), format_func=_right),
        at,
        "right",
        right,
        shows="index",
    )
    _field(view, st.text_input, at, "link", asked.link)
    with kept_place():
        if asked.page:
            st.markdown(f"[{page_name(asked.page)}]({leads_to(asked.page)})")


def _right(row: int) -> str:
    return ascii_uppercase[row - 1] if row else text("lessons.form.open")


def _field(
    view: FieldSet[LessonsView],
    draw: Callable[..., Any],
    number: int,
    field: str,
    value: Any,
    row: int = 0,
    *,
    shows: str = "value",
    **options: Any,
) -> None:
    """A field of the form. Its key is that by which the browser keeps what is being typed there."""
    label = text(f"lessons.form.{field}", letter=ascii_uppercase[row])
    take = partial(_take, view, number, field, row)
    draw(label, **showing(f"own_{number}_{field}_{row}", value, take, shows), **options)


def _take(view: FieldSet[LessonsView], number: int, field: str, row: int, said: Any) -> None:
    put(view, draft().edited(number, field, row, said))
