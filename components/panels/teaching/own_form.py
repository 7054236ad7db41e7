"""A form a question for a lesson of one's own. The lesson is its text: the form reads that and
writes it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from string import ascii_uppercase
from typing import Any

import streamlit as st

from components.backend.lessons import Page, own
from components.backend.lessons.own import MOST_OPTIONS, MOST_QUESTIONS, Lesson, Written
from components.backend.question.linked import Message, Problem, shown
from components.panels.ask.field_set import FieldSet
from components.panels.teaching.posed import leads_to, page_name
from components.panels.write.containers import kept_place
from components.texts import text

LinkComplaints = Callable[[Page], list[str]]
"""Returns a line of Markdown for each thing that a link to a page gets wrong."""

WRITTEN = "own_written"
"""In the session: whether the form, or a file, has written the text since the last run."""

_AT = "own_at"  # in the session: the index of the question in the form
_SHOWN = "own_shown"  # in the session: the text, and the index, of which the fields were filled
_REFUSED = "own_refused"  # in the session: why the text does not have what the fields have
_OPEN = -1  # in place of an option's index: none is right


def question_at(lesson: Lesson) -> int:
    """The index of the question in the form."""
    at = st.session_state.get(_AT)
    return min(max(0, at), len(lesson.questions) - 1) if isinstance(at, int) else 0


def own_form(view: FieldSet, complaints: LinkComplaints) -> None:
    """The fields of the title and of one question, and buttons that add, remove and move it."""
    said = view.typed("own")
    if own.mistake(said):
        if said.strip():
            st.caption(text("lessons.form.waits"))
        else:
            st.button(text("lessons.form.add"), key="own_begin", on_click=_begin, args=(view,))
        return
    lesson = own.lesson(said)
    at = question_at(lesson)
    if st.session_state.get(_SHOWN) != (said, at) or _key("title") not in st.session_state:
        _fill(lesson, at)
        st.session_state[_SHOWN], st.session_state[_REFUSED] = (said, at), None
    changed = partial(_write, view, at)
    _field(st.text_input, "title", changed)
    _choose(view, lesson, at)
    _question(lesson.questions[at], changed, complaints)
    with kept_place():
        refused: Problem | None = st.session_state.get(_REFUSED)
        if refused:
            st.warning(text("lessons.form.refused", got=own.literal(str(refused.got))))


def _choose(view: FieldSet, lesson: Lesson, at: int) -> None:
    """Which question the form has, and what can be done with it."""
    count = len(lesson.questions)
    st.session_state[_AT] = at
    st.segmented_control(
        text("lessons.form.question"),
        range(count),
        default=at,
        format_func=lambda index: str(index + 1),
        required=True,
        key=_AT,
    )
    enabled = {
        "add": count < MOST_QUESTIONS,
        "up": at > 0,
        "down": at < count - 1,
        "remove": True,
    }
    icons = {"add": "add", "up": "arrow_upward", "down": "arrow_downward", "remove": "delete"}
    with st.container(horizontal=True):
        for name, can in enabled.items():
            st.button(
                text(f"lessons.form.{name}"),
                key=_key(name),
                icon=f":material/{icons[name]}:",
                disabled=not can,
                on_click=partial(_arrange, view, name, at),
            )


def _question(asked: Written, changed: Callable[[], None], complaints: LinkComplaints) -> None:
    """The fields of a question."""
    _field(st.text_input, "prompt", changed)
    _field(st.text_area, "code", changed, height=100)
    for row in range(_rows(asked)):
        letter, (left, right) = ascii_uppercase[row], st.columns(2)
        with left:
            _field(st.text_input, "option", changed, row, letter=letter)
        with right:
            _field(st.text_input, "explained", changed, row, letter=letter)
    options = [_OPEN, *range(len(asked.options))]
    right = st.session_state[_key("right")]
    st.selectbox(
        text("lessons.form.right"),
        options,
        index=options.index(right) if right in options else 0,
        format_func=lambda row: text("lessons.form.open") if row < 0 else ascii_uppercase[row],
        key=_key("right"),
        on_change=changed,
    )
    _field(st.text_input, "link", changed)
    with kept_place():
        if asked.page:
            st.markdown(f"[{page_name(asked.page)}]({leads_to(asked.page)})")
            for line in complaints(asked.page):
                st.warning(line)


def _field(
    draw: Callable[..., Any],
    name: str,
    changed: Callable[[], None],
    row: int | None = None,
    *,
    letter: str = "",
    **options: Any,
) -> None:
    """A field of the form, with what it has."""
    key, label = _key(name, row), text(f"lessons.form.{name}", letter=letter)
    draw(label, value=st.session_state[key], key=key, on_change=changed, **options)


def _key(name: str, row: int | None = None) -> str:
    return f"own_{name}" if row is None else f"own_{name}_{row}"


def _rows(asked: Written) -> int:
    """How many options the form has fields for: one more than there are."""
    return min(len(asked.options) + 1, MOST_OPTIONS)


def _fill(lesson: Lesson, at: int) -> None:
    """Have the fields say what the text says."""
    asked, state = lesson.questions[at], st.session_state
    state[_key("title")] = lesson.title
    for name in ("prompt", "code", "link"):
        state[_key(name)] = getattr(asked, name)
    for row in range(_rows(asked)):
        there = row < len(asked.options)
        state[_key("option", row)] = asked.options[row] if there else ""
        state[_key("explained", row)] = asked.explained[row] if there else ""
    state[_key("right")] = _OPEN if asked.right is None else asked.right


def _write(view: FieldSet, at: int) -> None:
    """Have the text say what the fields say, if it is a lesson then."""
    said, state = view.typed("own"), st.session_state
    if own.mistake(said) or at >= len(own.read(said)):  # it was changed in the same moment
        return
    lesson = own.lesson(said)
    before = lesson.questions[at]
    # Another field may have added an option in the same moment: of that no field is drawn yet.
    drawn = [row for row in range(_rows(before)) if _key("option", row) in state]
    rows = [row for row in drawn if state[_key("option", row)].strip()]
    asked = Written(
        prompt=state[_key("prompt")],
        page=None,
        options=tuple(state[_key("option", row)] for row in rows),
        right=rows.index(state[_key("right")]) if state[_key("right")] in rows else None,
        explained=tuple(state[_key("explained", row)] for row in rows),
        code=state[_key("code")],
        link=state[_key("link")],
    )
    if wrong := _wrong(asked):
        state[_REFUSED] = Problem("own", wrong, own.ALLOWED)
        return
    questions = (*lesson.questions[:at], asked, *lesson.questions[at + 1 :])
    written = _put(view, Lesson(state[_key("title")], questions))
    if written and len(rows) == len(before.options) and len(drawn) == _rows(before):
        state[_SHOWN] = (view.typed("own"), at)  # the fields have it: what else they have stays


def _wrong(asked: Written) -> Message | None:
    """What is wrong with a field that would be read as something else in the text."""
    if not asked.prompt.strip():
        return Message("own_prompt")
    if asked.link.strip() and not own.page_of(asked.link):
        return Message("own_page", {"shown": shown(asked.link)})
    return None


def _put(view: FieldSet, lesson: Lesson) -> bool:
    """Write the text anew, if there is no mistake in it; returns whether it was written."""
    said = own.written(lesson)
    mistake = own.mistake(said) if lesson.questions else None
    st.session_state[_REFUSED] = mistake
    if not mistake:
        put_text(view, said)
    return not mistake


def put_text(view: FieldSet, said: str) -> None:
    """Have the field of the text say this. Call it in a callback."""
    view.move(own=said)
    st.session_state[WRITTEN] = True


def _begin(view: FieldSet) -> None:
    put_text(view, text("lessons.form.new"))


def _arrange(view: FieldSet, what: str, at: int) -> None:
    """Add a question below this one, remove it or move it."""
    said = view.typed("own")
    if own.mistake(said):
        return
    lesson = own.lesson(said)
    questions, then = [*lesson.questions], at
    if what == "add":
        then = at + 1
        questions[then:then] = own.read(text("lessons.form.new"))
    elif what == "remove":
        del questions[at]
        then = max(0, min(at, len(questions) - 1))
    else:
        then = at - 1 if what == "up" else at + 1
        questions[at], questions[then] = questions[then], questions[at]
    if _put(view, Lesson(lesson.title, tuple(questions))):
        st.session_state[_AT] = then
