"""A question of a lesson as HTML: what is asked, the options, and what there is to say of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from string import ascii_uppercase
from typing import Annotated, Literal, Protocol, Self
from urllib.parse import urlencode

import numpy as np
from numpy.typing import ArrayLike
from pydantic import AfterValidator, model_validator

from components.backend import is_warm
from components.backend.lessons import LESSONS, Page, Posed, own, pose, recorded, title
from components.backend.question.linked import Linked, Message, Problem, TextCodec, refusal, shown
from components.charts.picture import HIDDEN, STRONG, shade
from components.panels.ask.address import leads
from components.panels.ask.answered import answered
from components.panels.ask.language import LANG
from components.panels.pages import PAGES
from components.panels.run.compute import stand_in
from components.panels.write.html import inline, parted
from components.texts import numeral, text

OWN = "own"
"""In a link, in place of a lesson's name: the lesson is the text that the link has as `own`."""

NONE = "none"
"""Before a lesson is chosen."""

_OwnText = Annotated[str, AfterValidator(own.checked), TextCodec(str, str), own.ALLOWED]


class ChosenLesson(Linked):
    """Which lesson is chosen, by its name; and the text of a lesson of one's own."""

    lesson: Literal[(NONE, *LESSONS, OWN)] = NONE
    own: _OwnText = ""

    @model_validator(mode="after")
    def _has_text(self) -> Self:
        if self.lesson == OWN and not self.own:
            got = Message("value", {"shown": shown(self.own)})
            raise refusal(Problem("own", got, own.ALLOWED))
        return self

    @property
    def chosen(self) -> str:
        """The lesson as `pose` takes it; empty before one is chosen."""
        return {NONE: "", OWN: self.own}.get(self.lesson, self.lesson)


def fields_of(lesson: str) -> dict[str, str]:
    """The fields of `ChosenLesson` that choose a lesson, in an address or for `FieldSet.put`."""
    return {"lesson": lesson} if lesson in LESSONS else {"lesson": OWN, "own": lesson}


def pose_now(lesson: str, number: int, seed: int = 0) -> Posed | None:
    """A question, while TensorFlow is loading as it was recorded; None, with a message on the page,
    if Keras failed."""
    kept = None if is_warm() else recorded(lesson, number, seed)
    if kept is not None:
        stand_in()
        return kept
    return answered(lambda: pose(lesson, number, seed))


class Drawn(Protocol):
    """What is drawn of a question before its answer: of a `Posed`, or of a room's `Ballot`."""

    @property
    def name(self) -> str: ...
    @property
    def prompt(self) -> str: ...
    @property
    def given(self) -> Mapping[str, ArrayLike]: ...
    @property
    def strips(self) -> Sequence[ArrayLike | None]: ...
    @property
    def answer_page(self) -> Page | None: ...


def link(posed: Drawn) -> str:
    """The address at which the answer is seen, which has that page say what was asked; nothing if
    there is none."""
    return leads_to(posed.answer_page, posed.name) if posed.answer_page else ""


def leads_to(page: Page, question: str = "") -> str:
    """The address of a page.

    Args:
        question: the name of a lesson's question; the page says what it asks.
    """
    # The teacher's address may name a language: who follows it keeps their own.
    query = urlencode({name: said for name, said in page.query.items() if name != LANG})
    return leads(f"{PAGES[page.name].address}?{query}", question)


def asked_html(posed: Drawn, place: str = "", *, right: int | None = None) -> str:
    """What is asked, with the numbers that have to be in sight and the options that are strips.

    Args:
        place: which question of its lesson it is.
        right: the index of the right option, if the answer is shown: its strip is marked.
    """
    return f'<div class="rnn-posed">{_asked(posed, place, right)}</div>'


def answered_html(posed: Posed, chosen: int, place: str = "") -> str:
    """What was asked, which option is right, and what somebody believed who chose another one.

    Args:
        chosen: the index of the option.
        place: as for `asked_html`.
    """
    options = "".join(
        f"<li>{_mark(posed, option, chosen)}<span>{inline(label(posed, option))}</span></li>"
        for option in range(len(posed.options))
    )
    if posed.right is None:
        said = f"{text('lessons.own.open')} {posed.believed(chosen)}"
    elif chosen == posed.right:
        said = text("lessons.right")
    else:
        said = text("lessons.wrong", believed=posed.believed(chosen))
    seen = f'<a href="{escape(link(posed))}">{escape(see(posed))}</a>' if link(posed) else ""
    return (
        f'<div class="rnn-posed">{_asked(posed, place, posed.right)}<ul>{options}</ul>'
        f'<div role="status"><p>{inline(said)}</p><p>{inline(posed.say)}</p></div>'
        f"<p>{seen}</p></div>"
    )


def see(posed: Drawn) -> str:
    """What the link to the answer's page is called."""
    return page_name(posed.answer_page) if posed.answer_page else ""


def page_name(page: Page) -> str:
    """What a link to a page on which an answer is seen is called."""
    return text("lessons.see", page=text(f"pages.{page.name}.title"))


def _asked(posed: Drawn, place: str, right: int | None) -> str:
    asked, code = parted(posed.prompt)
    prompt = f'<p role="heading" aria-level="2">{asked}</p>'
    return f"<small>{place}</small>{prompt}{code}{_strips(posed, right)}"


def heading(lesson: str) -> str:
    """A lesson's title in Markdown."""
    return title(lesson) if lesson in LESSONS else own.literal(title(lesson))


def label(posed: Posed, option: int) -> str:
    """How an option reads, in Markdown; a strip is named by its letter."""
    return posed.said(option) or f"**{ascii_uppercase[option]}**"


def _mark(posed: Posed, option: int, chosen: int) -> str:
    """Whether the option is right, and whether it was chosen, in words."""
    said = [text("lessons.chosen")] * (option == chosen)
    said += [text("lessons.is_right")] * (option == posed.right)
    kind = "right" if option == posed.right else "wrong" if option == chosen else "other"
    return f'<b class="rnn-{kind}">{" · ".join(said)}</b>'


def _strips(posed: Drawn, right: int | None) -> str:
    """All strips on one scale: those in sight by their names, the options by their letters."""
    named = [(f"<code>{name}</code>", np.asarray(strip)) for name, strip in posed.given.items()]
    named += [
        (ascii_uppercase[at] + " ✓" * (at == right), np.asarray(strip))
        for at, strip in enumerate(posed.strips)
        if strip is not None
    ]
    if not named:
        return ""
    limit = max(float(np.abs(strip).max()) for _, strip in named)
    drawn = "".join(_strip(*each, limit) for each in named)
    has_rows = any(strip.shape[1] > 1 for _, strip in named)
    said = text("lessons.strips" if has_rows else "lessons.strips_of_a_row")
    return f'<div class="rnn-drawn">{drawn}</div><small>{said}</small>'


def _strip(name: str, strip: np.ndarray, limit: float) -> str:
    """A strip as a table: a row for each unit, a column for each step."""
    rows = "".join(
        f"<tr>{''.join(_cell(value, limit) for value in row)}</tr>" for row in strip.T.tolist()
    )
    return f"<table><caption>{name}</caption>{rows}</table>"


def _cell(value: float, limit: float) -> str:
    """A number on its colour."""
    white = ";color:#fff" * (abs(value) > STRONG * limit)
    style = f"background:{shade(value, limit, HIDDEN)}{white}"
    return f'<td style="{style}">{numeral(round(value, 2) + 0.0, ".2f")}</td>'
