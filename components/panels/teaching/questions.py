"""Questions as people ask them, each a link to the page that shows its answer."""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape
from itertools import starmap

from components.backend.mistakes import mistakes
from components.backend.mistakes.mistakes import Mistake
from components.panels.ask.address import leads
from components.panels.ask.find import find
from components.panels.teaching.question_pages import GROUPS
from components.panels.write.html import inline
from components.texts import in_every_language, text

_MOST_COUNTED = 2
"""How often a word of `also` counts at most: more would only make the list heavier."""


def questions() -> None:
    """All questions and mistakes, with a field that finds those that have some words."""
    asked = (
        _group(text(f"questions.groups.{name}"), starmap(_question, entries.items()))
        for name, entries in GROUPS.items()
    )
    made = (
        _group(_kind(name), starmap(_mistake, entries.items()))
        for name, entries in mistakes.GROUPS.items()
    )
    # People mix English words into their own language, on a keyboard of either.
    synonyms = in_every_language(lambda: text("questions.synonyms")).values()
    find(
        "".join((*asked, *made)),
        label=text("questions.find"),
        placeholder=text("questions.placeholder"),
        none=text("questions.none"),
        idle=text("questions.idle"),
        common=text("questions.common"),
        synonyms=[group.split(", ") for each in synonyms for group in each.splitlines()],
        key="questions",
    )


def _kind(group: str) -> str:
    """What a group of mistakes is called beside the questions."""
    return text("questions.mistakes", group=text(f"mistakes.groups.{group}"))


def _group(title: str, items: Iterable[str]) -> str:
    heading = f"<summary><h2>{title}</h2></summary>"
    return f"<details open>{heading}<ul>{''.join(items)}</ul></details>"


def _question(name: str, address: str) -> str:
    """A question as HTML: a link, its answer, and what to look at; and words that find it too."""
    asked, also, answer, look_at = (
        text(f"questions.{name}.{part}") for part in ("asked", "also", "answer", "look_at")
    )
    look = text("questions.look_at", sentence=inline(look_at))
    return _entry(leads(address, name), asked, also, inline(answer), look)


def _mistake(name: str, mistake: Mistake) -> str:
    """A mistake as HTML: a link, what Keras says, and why it is a mistake."""
    title, why = text(f"mistakes_view.mistake.options.{name}"), text(f"mistakes.why.{name}")
    says = f'<code class="rnn-says">{escape(mistake.says)}</code>' if mistake.says else ""
    also = text(f"mistakes.also.{name}")
    bare = re.sub(r"#.*", "", f"{mistake.given}\n{mistake.wrong}")  # nobody types our comments
    code = " ".join(dict.fromkeys(bare.split()))
    link = leads(f"mistakes?mistake={name}")
    return _entry(link, title, also, inline(why), says, code=code)


def _entry(link: str, title: str, also: str, *lines: str, code: str = "") -> str:
    """A link with lines of HTML below it.

    Args:
        also: words by which it is found too.
        code: a mistake's.
    """
    idle = set(text("questions.idle").split())  # the search would drop them in the browser
    said = also.replace(",", " ").split()
    often = (word for place, word in enumerate(said) if said[:place].count(word) < _MOST_COUNTED)
    words = " ".join(word for word in often if word not in idle)
    data = f' data-also="{escape(words)}"' + (f' data-code="{escape(code)}"' if code else "")
    below = "".join(f"<p>{line}</p>" for line in lines if line)
    return f'<li{data}><a href="{escape(link)}">{inline(title)}</a>{below}</li>'
