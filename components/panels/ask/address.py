"""The page's address: read when a visitor arrives by it, written once at the end of each run.

Everything that a visitor has set is in the address, so that a copied link shows the same page. No
widget is bound to it: one function writes all of it, from the questions that the page has opened.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple, Protocol
from urllib.parse import urlencode, urlsplit

import streamlit as st

from components.panels.ask.language import LANG, in_link
from components.panels.run.private import came_back

_PAGE = "page"  # in the session: the page of the last run

_NAMED = "named"  # in the session: a field that is written where all have their defaults

OPEN = "open"
"""In the session: the questions that the page has opened."""

FROM = "from"
"""In a link from the page Questions, or a lesson's: which question it belongs to, which the page
shows until the visitor leaves it. In the session: the same, or nothing."""

BOX = "box"
"""In a link: the key of a box that it opens. In the session: the same, or nothing."""


class Addressed(Protocol):
    """A question that a page has opened."""

    def to_query(self) -> Mapping[str, str]:
        """Its part of the address: the fields that differ from their defaults."""

    def said(self, name: str) -> Mapping[str, str]:
        """What an address says of a field, even if it is the default; nothing of another's."""

    def leave(self) -> None:
        """Told at the end of a run."""


class Arrival(NamedTuple):
    """The link by which a visitor has just come to a page. A link of the menu has no parameters."""

    query: dict[str, list[str]]

    exactly: bool
    """Whether fields that the link does not name get their defaults: on a session's first page, and
    when the visitor went back or forward in the browser. Otherwise they keep the values that the
    visitor has set on another page."""


def arrival(page: str) -> Arrival | None:
    """How a visitor has just come to a page; None while they stay on it."""
    before = st.session_state.get(_PAGE)
    st.session_state[_PAGE] = page
    if before == page and not came_back():
        return None
    query = {name: st.query_params.get_all(name) for name in st.query_params}
    query.pop(LANG, None)
    st.session_state[FROM] = "".join(query.pop(FROM, ()))
    st.session_state[BOX] = "".join(query.pop(BOX, ()))
    return Arrival(query, exactly=before is None or came_back())


def page_shown() -> str:
    """The name of the page that is drawn."""
    return st.session_state[_PAGE]


def leads(address: str, entry: str = "") -> str:
    """A link to an address of the app. It names the visitor's language: where it leads, a session
    begins that does not know it.

    Args:
        address: that of a page, without its leading slash.
        entry: a question of the list or of a lesson; the page says what it asks.
    """
    return link(address, entry, **in_link())


def link(address: str, entry: str = "", **besides: str) -> str:
    """A link to an address of the app, for visitors of any language unless `besides` names one."""
    parts = urlsplit(address)
    named = {FROM: entry} if entry else {}
    query = "&".join(filter(None, (parts.query, urlencode(named | besides))))
    return parts._replace(path=f"./{parts.path}", query=query).geturl()


def opens(box: str) -> bool:
    """Whether the link by which the visitor has come opens this box."""
    return st.session_state.get(BOX) == box


def note_open(questions: Iterable[Addressed], first: str) -> None:
    """Note the questions that `write_address` writes at the end of this run.

    Args:
        first: a field that is written where all have their defaults, as a bare address opens the
            page in another way; "" for none.
    """
    st.session_state[OPEN] = tuple(questions)
    st.session_state[_NAMED] = first


def write_address() -> None:
    """At the end of a run, write the page's questions and the language into the address. After Back
    write it in any case: the page before, if it was still being drawn, may have changed it in the
    browser since."""
    for each in st.session_state[OPEN]:
        each.leave()
    wanted = {name: v for each in st.session_state[OPEN] for name, v in each.to_query().items()}
    if not wanted:
        name = st.session_state[_NAMED]
        wanted = {n: v for each in st.session_state[OPEN] for n, v in each.said(name).items()}
    wanted |= _besides(st.session_state.get(FROM, ""), st.session_state.get(BOX, ""))
    if came_back() or st.query_params.to_dict() != wanted:
        st.query_params.from_dict(wanted)


def _besides(entry: str, box: str = "") -> dict[str, str]:
    """What an address has besides the page's questions."""
    return {name: said for name, said in ((FROM, entry), (BOX, box)) if said} | dict(in_link())
