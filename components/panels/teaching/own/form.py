"""A form a question for a lesson of one's own. The lesson is its text: the form reads that and
writes it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from string import ascii_uppercase
from typing import Any

import streamlit as st

from components.backend.lessons import Page, own
from components.backend.lessons.own import MOST_QUESTIONS, Lesson, Written
from components.backend.question.linked import Message, Problem, shown
from components.panels.ask.field_set import FieldSet
from components.panels.teaching.lessons_view import LessonsView
from components.panels.teaching.own.fields import (
    OPEN,
    Field,
    Fields,
    Merged,
    edits,
    fields_at,
    merged,
    rows,
)
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
_WAITING = "own_waiting"  # in the session: what was typed into fields while the text had mistakes
_FORMER = "own_former"  # in the session: what the fields said before the last run filled them


def question_at(lesson: Lesson) -> int:
    """The index of the question in the form."""
    at = st.session_state.get(_AT)
    return min(max(0, at), len(lesson.questions) - 1) if isinstance(at, int) else 0


def own_form(view: FieldSet[LessonsView], complaints: LinkComplaints) -> None:
    """The fields of the title and of one question, and buttons that add, remove and move it."""
    said = view.typed("own")
    if own.mistake(said):
        if said.strip():
            st.caption(text("lessons.form.waits"))
        else:
            st.button(text("lessons.form.add"), key="own_begin", on_click=_begin, args=(view,))
        return
    lesson = own.lesson(said)
    at, state = question_at(lesson), st.session_state
    lost: Problem | None = None
    state[_FORMER] = {}
    if state.get(_SHOWN) != (said, at) or _key("title") not in state:
        lost, state[_FORMER] = state.get(_REFUSED), _on_page(lesson, at)
        _fill(lesson, at)
        state[_SHOWN], state[_REFUSED], state[_WAITING] = (said, at), None, {}
    changed = partial(write_form, view)
    _field(st.text_input, "title", changed)
    _choose(view, lesson, at)
    _question(lesson.questions[at], changed, complaints)
    with kept_place():
        refused: Problem | None = state.get(_REFUSED)
        for name, problem in (("refused", refused), ("lost", lost)):
            if problem:
                st.warning(text(f"lessons.form.{name}", got=own.literal(str(problem.got))))


def _choose(view: FieldSet[LessonsView], lesson: Lesson, at: int) -> None:
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
    for row in range(rows(asked)):
        letter, (left, right) = ascii_uppercase[row], st.columns(2)
        with left:
            _field(st.text_input, "option", changed, row, letter=letter)
        with right:
            _field(st.text_input, "explained", changed, row, letter=letter)
    options = [OPEN, *range(len(asked.options))]
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


def _fill(lesson: Lesson, at: int) -> None:
    """Have the fields say what the text says."""
    st.session_state.update({_key(*field): said for field, said in fields_at(lesson, at).items()})


def write_form(view: FieldSet[LessonsView]) -> None:
    """Have the text say what was typed into the form, beside what was typed into the text in the
    same moment. While one of them has a mistake, what was typed into the form waits. Call it in a
    callback of either."""
    said, state = view.typed("own"), st.session_state
    before, at = state.get(_SHOWN, ("", 0))
    typed = _typed(before, at) if before else {}
    if not typed:
        state[_REFUSED] = None
        return
    state[_WAITING] = typed if own.mistake(said) else {}
    if state[_WAITING]:
        return
    found = merged(own.lesson(before), at, typed, own.lesson(said))
    if found is None:
        return
    is_written, now = _put_question(view, found), view.typed("own")
    if said != before or (is_written and found.has_other_options):
        _fill(own.lesson(now), found.at)
        left = found.left if is_written else found.edits
        state.update({_key(*field): value for field, value in left.items()})
        if state.get(_AT) == at:
            state[_AT] = found.at
    state[_SHOWN] = now, found.at


def _typed(before: str, at: int) -> Fields:
    """What was typed into the form and is not in the text.

    A click on a button leaves the text's field, too, and the browser sends it before it has what
    the text fills the form with. So what a field said before that is not what was typed.

    Args:
        before: the text of which the fields were filled.
        at: the index of the question in the form.
    """
    lesson, state = own.lesson(before), st.session_state
    filled, on_page = fields_at(lesson, at), _on_page(lesson, at)
    late = [field for field, said in state.get(_FORMER, {}).items() if on_page.get(field) == said]
    for field in late:
        on_page[field] = state[_key(*field)] = filled[field]
    return state.get(_WAITING, {}) | edits(filled, on_page)


def _on_page(lesson: Lesson, at: int) -> dict[Field, Any]:
    """What the fields of this question say, if they are on the page."""
    keys = {field: _key(*field) for field in fields_at(lesson, at)}
    return {field: st.session_state[key] for field, key in keys.items() if key in st.session_state}


def _wrong(asked: Written) -> Message | None:
    """What is wrong with a field that would be read as something else in the text."""
    if not asked.prompt.strip():
        return Message("own_prompt")
    if asked.link.strip() and not own.page_of(asked.link):
        return Message("own_page", {"shown": shown(asked.link)})
    return None


def _put_question(view: FieldSet[LessonsView], found: Merged) -> bool:
    """Write the text with the question of the form; returns whether it has that."""
    if own.written(found.lesson) == own.written(own.lesson(view.typed("own"))):
        st.session_state[_REFUSED] = None
        return True
    if wrong := _wrong(found.lesson.questions[found.at]):
        st.session_state[_REFUSED] = Problem("own", wrong, own.ALLOWED)
        return False
    return _put(view, found.lesson)


def _put(view: FieldSet[LessonsView], lesson: Lesson) -> bool:
    """Write the text anew, if there is no mistake in it; returns whether it was written."""
    said = own.written(lesson)
    mistake = own.mistake(said) if lesson.questions else None
    st.session_state[_REFUSED] = mistake
    if not mistake:
        put_text(view, said)
    return not mistake


def put_text(view: FieldSet[LessonsView], said: str) -> None:
    """Have the field of the text say this. Call it in a callback."""
    view.move(own=said)
    st.session_state[WRITTEN], st.session_state[_WAITING] = True, {}


def _begin(view: FieldSet[LessonsView]) -> None:
    put_text(view, text("lessons.form.new"))


def _arrange(view: FieldSet[LessonsView], what: str, at: int) -> None:
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
    refused = st.session_state.get(_REFUSED)
    if _put(view, Lesson(lesson.title, tuple(questions))):
        st.session_state[_AT] = then
        if what != "remove":  # the next run fills the fields anew, and says what is lost by that
            st.session_state[_REFUSED] = refused
