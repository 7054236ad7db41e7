"""The questions that people ask, each with the page that it leads to and all that its answer has
beside its words. They are in `questions.toml`."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlencode, urlsplit

from components.backend.learning.tasks import another_star
from components.backend.origins.presets import TRAINED
from components.panels.ask.address import leads
from components.panels.pages import FIRST
from components.panels.write.html import inline
from components.texts import text


class Question(NamedTuple):
    """A question of the page Questions."""

    address: str
    """Where it leads: the address of a page, with everything set, without its leading slash."""
    predict: str = ""
    """The lesson's question on the same idea, as "lesson.question"."""
    look: str = ""
    """The part of the page that its `look_at` names, as look_at.js finds it: "part=" and the class
    of an element; or "strips=" and a picture's key with, after dots, which of its strips, from 0
    or, from the last, -1. Without one it is where the words of its `at` stand."""
    next: str = ""
    """The address on which its idea goes on: of another page than its own."""
    causes: Mapping[str, str] = MappingProxyType({})
    """If it has several answers: by the name of each in the texts, the address of the page that
    shows it."""
    code: str = ""
    """The code that answers it, to copy."""

    @property
    def page(self) -> str:
        """The name of the page that it leads to."""
        return urlsplit(self.address).path or FIRST

    @property
    def query(self) -> dict[str, str]:
        """What it sets on that page."""
        return dict(parse_qsl(urlsplit(self.address).query))


def causes(question: str) -> list[str]:
    """The answers of a question that has several, each a line of HTML with a link."""
    return [
        inline(text(f"questions.{question}.causes.{name}", link=leads(address)))
        for name, address in QUESTIONS[question].causes.items()
    ]


def _trained() -> dict[str, str]:
    """What an address may name in braces: a trained cell; and, for the page that says which step
    mattered, that the starred letter is replaced by another one."""
    named = {name: setup.to_query() | start.to_query() for name, (setup, start) in TRAINED.items()}
    step, other = another_star(TRAINED["remembers"][0].settings.tokens[0])
    named["another_star"] = {"changed_step": str(step), "token": str(other)}
    return {name: urlencode(query) for name, query in named.items()}


_TRAINED = _trained()


def _address(written: str) -> str:
    """An address as a link has it."""
    parts = urlsplit(written.format(**_TRAINED))
    return parts._replace(query=urlencode(parse_qsl(parts.query))).geturl()


def _question(entry: dict[str, Any]) -> Question:
    shown = {name: _address(written) for name, written in entry.pop("causes", {}).items()}
    return Question(_address(entry.pop("address")), causes=shown, **entry)


GROUPS: Mapping[str, Mapping[str, Question]] = {
    group: {name: _question(entry) for name, entry in entries.items()}
    for group, entries in tomllib.loads(
        Path(__file__).with_suffix(".toml").read_text("utf-8")
    ).items()
}
"""By group, each by its name in the texts."""

QUESTIONS: Mapping[str, Question] = {
    name: question for group in GROUPS.values() for name, question in group.items()
}
