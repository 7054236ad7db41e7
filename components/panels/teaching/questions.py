"""Questions as people ask them, each a link to the page that shows its answer."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from itertools import starmap

from components.backend.mistakes import mistakes
from components.backend.mistakes.mistakes import Mistake
from components.panels.ask.address import leads
from components.panels.ask.questions import GROUPS, Question, causes
from components.panels.search.find import find
from components.panels.teaching.found import index, mistake_title
from components.panels.write.html import inline
from components.texts import text


def questions() -> None:
    """All questions and mistakes, with a field that finds those that fit what one types."""
    asked = (
        _group(text(f"questions.groups.{name}"), starmap(_question, entries.items()))
        for name, entries in GROUPS.items()
    )
    made = (
        _group(_kind(name), starmap(_mistake, entries.items()))
        for name, entries in mistakes.GROUPS.items()
    )
    find("".join((*asked, *made)), index(), key="questions")


def _kind(group: str) -> str:
    """What a group of mistakes is called beside the questions."""
    return text("questions.mistakes", group=text(f"mistakes.groups.{group}"))


def _group(title: str, items: Iterable[str]) -> str:
    heading = f"<summary><h2>{title}</h2></summary>"
    return f"<details open>{heading}<ul>{''.join(items)}</ul></details>"


def _question(name: str, question: Question) -> str:
    """A question as HTML: a link, its answer or answers, and what to look at."""
    asked, answer, look_at = (
        text(f"questions.{name}.{part}") for part in ("asked", "answer", "look_at")
    )
    look = text("questions.look_at", sentence=inline(look_at))
    led = leads(question.address, name)
    return _entry(name, led, inline(asked), inline(answer), *causes(name), look)


def _mistake(name: str, mistake: Mistake) -> str:
    """A mistake as HTML: a link, why it is a mistake, and what Keras says."""
    why = text(f"mistakes.why.{name}")
    says = f'<code class="rnn-says">{escape(mistake.says)}</code>' if mistake.says else ""
    link = leads(f"mistakes?mistake={name}")
    return _entry(f"mistakes.{name}", link, mistake_title(name), inline(why), says)


def _entry(name: str, link: str, title: str, *lines: str) -> str:
    """A link with lines folded below it, all of them HTML."""
    below = "".join(f"<p>{line}</p>" for line in lines if line)
    unfold = text("questions.unfold")
    summary = f'<summary aria-label="{unfold}" title="{unfold}"></summary>'
    answer = f"<details>{summary}{below}</details>"
    return f'<li data-name="{name}"><a href="{escape(link)}">{title}</a>{answer}</li>'
