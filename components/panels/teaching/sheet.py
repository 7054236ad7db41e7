"""A lesson on paper: all its questions on a sheet, and a second sheet with the answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from string import ascii_uppercase
from typing import Literal
from urllib.parse import urlencode

import streamlit as st

from components.backend import is_warm
from components.backend.lessons import Posed, pose, questions, recorded
from components.panels.ask.address import leads
from components.panels.ask.answered import answered
from components.panels.run.compute import stand_in
from components.panels.teaching.posed import asked_html, fields_of
from components.panels.write.html import inline
from components.texts import text

Sheet = Literal["none", "questions", "answers"]

_NAMES: Mapping[Sheet, str] = {  # of the links to them, in the texts
    "questions": "on_paper",
    "answers": "answers",
    "none": "lesson",
}


def sheet_page(lesson: str, seed: int, sheet: Sheet) -> None:
    """All questions of a lesson, with boxes to tick, or with the right ones ticked and the reason.

    Args:
        seed: as `pose` takes it, for all questions.
    """
    posed = _all_posed(lesson, seed)
    st.html(sheets_html(lesson, *(each for each in _NAMES if each != sheet), seed=seed))
    if posed is None:
        return
    name = "" if sheet == "answers" else f'<p class="rnn-name">{escape(text("lessons.name"))}</p>'
    asked = "".join(_question_html(each, len(posed), sheet == "answers") for each in posed)
    st.html(f'<div class="rnn-sheet">{name}{asked}</div>')


def sheets_html(lesson: str, *sheets: Sheet, seed: int = 0) -> str:
    """Links to these sheets of a lesson; "none" is the lesson itself.

    Args:
        seed: of the settings of each question.
    """
    named = (
        (leads(_address(lesson, sheet, seed)), text(f"lessons.{_NAMES[sheet]}")) for sheet in sheets
    )
    links = (f'<a href="{escape(to)}">{escape(label)}</a>' for to, label in named)
    return f'<p class="rnn-links rnn-sheets">{" · ".join(links)}</p>'


def _address(lesson: str, sheet: Sheet, seed: int) -> str:
    """The address of a lesson, or of one of its sheets."""
    query = {"sheet": sheet} if sheet != "none" else {}
    query |= {"twins": str(seed)} if seed else {}
    return f"lessons?{urlencode(fields_of(lesson) | query)}"


def _all_posed(lesson: str, seed: int) -> Sequence[Posed] | None:
    """All questions, while TensorFlow is loading as they were recorded; None, with a message on the
    page, if Keras failed."""
    numbers = range(1, questions(lesson) + 1)
    kept = [] if is_warm() else [recorded(lesson, number, seed) for number in numbers]
    found = [each for each in kept if each is not None]
    if len(found) == len(numbers):
        with st.container(key="sheet_recorded"):
            stand_in()
        return found
    return answered(lambda: [pose(lesson, number, seed) for number in numbers])


def _question_html(posed: Posed, count: int, is_answered: bool) -> str:
    """A question with its options, each with a box."""
    right = posed.right if is_answered else None
    place = text("lessons.at", number=posed.number, count=count)
    options = "".join(
        f'<li><i class="rnn-box">{"✓" if option == right else ""}</i>'
        f"<b>{ascii_uppercase[option]}</b> <span>{inline(posed.said(option))}</span></li>"
        for option in range(len(posed.options))
    )
    reason = posed.say if posed.right is not None else text("lessons.own.open")
    said = f"<p>{inline(reason)}</p>" if is_answered and reason else ""
    return f"<section>{asked_html(posed, place, right=right)}<ol>{options}</ol>{said}</section>"
