"""A field that finds the entries that fit best what one types."""

from __future__ import annotations

from html import escape
from urllib.parse import urlencode

from components.panels.ask.language import in_link
from components.panels.run.scripts import component
from components.texts import text


def find(entries: str, index: str, *, key: str) -> None:
    """Draw the field and a list, of which it leaves the five entries that fit best.

    Args:
        entries: HTML with groups of `<li data-name="...">`, each a `<details>`, which begins closed
            on a phone. What is found and is not among these, as a page, is added as a link.
        index: the address of what is searched.
    """
    field = f"<label><span>{text('questions.find')}</span>{_input()}</label>"
    data = {"entries": entries, "field": field, "index": index, "none": text("questions.none")}
    data["besides"] = urlencode(in_link())
    data |= _reads()
    draw = component("search/find.js", '<div class="rnn-find"></div>')
    draw(key=key, data=data)


def find_over(index: str) -> str:
    """The field as HTML for another page, over which the five entries that fit best then lie.

    Args:
        index: the address of what is searched.
    """
    words = {"index": index, "besides": urlencode(in_link()), "none": text("questions.none")}
    words |= _reads()
    data = "".join(f' data-{name}="{escape(word)}"' for name, word in words.items())
    combobox = {"role": "combobox", "aria-autocomplete": "list", "aria-expanded": "false"}
    field = _input("aria-controls=rnn-found", *(f'{a}="{said}"' for a, said in combobox.items()))
    return (
        f'<div class="rnn-find rnn-find-over"{data}>'
        f"<label><span>{text('questions.find')}</span>{field}</label>"
        f'<div id="rnn-found" role="listbox" aria-label="{text("questions.found")}" hidden></div>'
        '<p role="status"></p></div>'
    )


def fitting(words: str, index: str, *, key: str) -> None:
    """Draw links to the five entries that fit some words best.

    Args:
        index: the address of what is searched.
    """
    data = {"words": words, "index": index, "besides": urlencode(in_link())}
    data["none"] = text("questions.none")
    draw = component("search/fitting.js", '<ul class="rnn-fitting"></ul>')
    draw(key=key, data=data)


def _reads() -> dict[str, str]:
    """What the list says first of a text that the server can read, by what it is read as."""
    return {name: text(f"pasted.read.{name}") for name in ("error", "code")}


def _input(*attributes: str) -> str:
    hint = escape(text("pasted.field"))
    more = " ".join(attributes)
    return f'<input type="search" placeholder="{hint}" autocomplete="off" {more}>'
