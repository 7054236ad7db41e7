"""Statements with the numbers that decide them."""

from __future__ import annotations

from collections.abc import Iterable

import streamlit as st

from components.backend.question.labels import gate_in_words
from components.backend.running.facts import Fact
from components.panels.ask.cover import cover
from components.panels.ask.led import put_beside_answer
from components.panels.write.html import inline
from components.texts import text

_SIGNS = {True: ("holds", "✓"), False: ("fails", "✗"), None: ("note", "i")}
_UNFOLDED = 2  # lines that are read at a glance


def fact_list(facts: Iterable[Fact], section: str, *, heading: str = "", told: str = "") -> None:
    """A line for each fact: whether it holds, the claim, and what was measured.

    More than two are folded below a line that counts them; but none that fails.

    Args:
        section: the section of the texts that has the facts' names.
        told: the answer to the page's question, in a sentence or two above the facts.
    """
    said = [(fact, *_said(fact, f"{section}.{fact.name}")) for fact in facts]
    if said or told:
        cover("facts", f"{section} {heading}")
    for fact, claim, measured in said:
        if fact.holds is not False:
            put_beside_answer(claim, measured)
    above = f'<p class="rnn-told">{inline(told)}</p>' if told else ""
    if len(said) > _UNFOLDED:
        shown = [each for each in said if each[0].holds is False]
        folded = [each for each in said if each[0].holds is not False]
        checks = f"{_counted(fact for fact, *_ in said)} <span>{inline(heading)}</span>"
        below = f"<details><summary>{checks}</summary>{_lines(folded)}</details>"
    else:
        shown, below = said, ""
        above += f"<p>{inline(heading)}</p>" if heading and said else ""
    st.html(f'<div class="rnn-facts">{above}{_lines(shown)}{below}</div>')


def signed(lines: Iterable[str], *, holds: bool) -> None:
    """These lines of Markdown, each with the sign that it holds, or that it does not."""
    items = "".join(_item(inline(line), holds) for line in lines)
    st.html(f'<div class="rnn-facts"><ul>{items}</ul></div>')


def _said(fact: Fact, path: str) -> tuple[str, str]:
    """The claim, and what was measured."""
    values = gate_in_words(fact.values)
    return text(f"{path}.claim", **values), text(f"{path}.measured", **values)


def _counted(facts: Iterable[Fact]) -> str:
    """How many of these facts are checks, and how many of them hold."""
    checks = [fact.holds for fact in facts if fact.holds is not None]
    if not checks:
        return text("checks.notes")
    if all(checks):
        return text("checks.all" if len(checks) > 1 else "checks.one", count=len(checks))
    return text("checks.some", count=len(checks), holds=checks.count(True))


def _lines(said: Iterable[tuple[Fact, str, str]]) -> str:
    """A list of these facts, each with its claim and what was measured; nothing without any."""
    items = "".join(_line(*each) for each in said)
    return f"<ul>{items}</ul>" if items else ""


def _line(fact: Fact, claim: str, measured: str) -> str:
    numbers = f" <span>({inline(measured)})</span>" if measured else ""
    return _item(f"{inline(claim)}{numbers}", fact.holds)


def _item(said: str, holds: bool | None) -> str:
    kind, sign = _SIGNS[holds]
    title = text(f"signs.{kind}")
    return f'<li class="rnn-{kind}"><i title="{title}">{sign}</i>{said}</li>'
