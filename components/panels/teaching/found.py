"""What the search reads: every question, mistake, page and tool, with all words that find it.

It is the same for all visitors who read a language, so the server has it at an address of its own,
and a browser asks for it when somebody begins to search.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from components.backend.mistakes.mistakes import MISTAKES, Mistake
from components.backend.pasted.errors import KNOWN
from components.panels.ask.address import link
from components.panels.ask.questions import QUESTIONS
from components.panels.pages import PAGES
from components.panels.run.scripts import FOLDER
from components.panels.write.html import inline
from components.texts import has_text, in_every_language, language, text


def index() -> str:
    """The address of what is searched in the visitor's language."""
    return _address(language())


@cache
def contents() -> Mapping[str, bytes]:
    """What the server has at each of these addresses, as JSON."""
    return {_address(name): content for name, content in _written().items()}


def mistake_title(name: str) -> str:
    """A mistake's title as HTML. It says that it is one, as others read like advice."""
    return _of_kind("mistake", text(f"mistakes_view.mistake.options.{name}"))


def _address(name: str) -> str:
    """With a hash of the content, so that browsers may keep it for ever."""
    return f"{FOLDER}/{hashlib.sha256(_written()[name]).hexdigest()[:16]}/found.{name}.json"


@cache
def _written() -> Mapping[str, bytes]:
    """What is searched, by language."""
    # People mix English words into their own language, on a keyboard of either.
    every = in_every_language(lambda: text("questions.synonyms")).values()
    synonyms = [group.split(", ") for each in every for group in each.splitlines()]

    def searched() -> bytes:
        entries = [*_questions(), *_mistakes(), *_pages(), *_tools()]
        found = {"entries": entries, "synonyms": synonyms, "errors": _errors()}
        return json.dumps(found, ensure_ascii=False, separators=(",", ":")).encode()

    return in_every_language(searched)


def _questions() -> Iterator[dict[str, Any]]:
    for name, question in QUESTIONS.items():
        asked, also, answer, look_at = (
            text(f"questions.{name}.{part}") for part in ("asked", "also", "answer", "look_at")
        )
        causes = (text(f"questions.{name}.causes.{each}", link="") for each in question.causes)
        shown = {"name": name, "link": link(question.address, name), "title": inline(asked)}
        words = {"asked": asked, "also": also, "answer": " ".join((answer, *causes, look_at))}
        yield shown | words | {"code": question.code}


def _mistakes() -> Iterator[dict[str, Any]]:
    for name, mistake in MISTAKES.items():
        asked, why = text(f"mistakes_view.mistake.options.{name}"), text(f"mistakes.why.{name}")
        led = link(f"mistakes?mistake={name}")
        shown = {"name": f"mistakes.{name}", "link": led, "title": mistake_title(name)}
        words = {"asked": asked, "also": text(f"mistakes.also.{name}"), "answer": why}
        code = {"code": _code(mistake), "error": mistake.says}
        yield shown | words | code


def _pages() -> Iterator[dict[str, Any]]:
    for name, page in PAGES.items():
        asked, also = page.title, f"pages.{name}.also"
        title = _of_kind("page", asked)
        shown = {"name": f"pages.{name}", "link": link(page.address), "title": title}
        words = {"asked": asked, "also": text(also) if has_text(also) else ""}
        yield shown | words | {"answer": page.help or ""}


def _tools() -> Iterator[dict[str, Any]]:
    """What is beside the pages' own parts: Explore has each of them. A title says how to begin."""
    for name in ("present", "ask", "keep"):
        asked, told = text(f"{name}.begin"), text(f"{name}.begin_help")
        title = _of_kind("tool", f"{asked}: {told}")
        shown = {"name": f"tools.{name}", "link": link(""), "title": title}
        yield shown | {"asked": asked, "also": text(f"{name}.also"), "answer": told}


def _of_kind(kind: str, title: str) -> str:
    """A title as HTML that says what is found, if it is no question."""
    return f'<span class="rnn-kind">{text(f"questions.{kind}")}</span> {inline(title)}'


def _errors() -> list[str]:
    """The patterns of the errors that the server reads, as JavaScript has them."""
    patterns = dict.fromkeys(known.pattern.pattern for known in KNOWN)
    return [re.sub(r"\(\?P=(\w+)\)", r"\\k<\1>", p).replace("(?P<", "(?<") for p in patterns]


def _code(mistake: Mistake) -> str:
    bare = re.sub(r"#.*", "", f"{mistake.given}\n{mistake.wrong}")  # nobody types our comments
    return " ".join(dict.fromkeys(bare.split()))
