"""The visitor's language: the one that the link names, else the one chosen before, else the one
that the browser prefers."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from components.backend.question.linked import Message, shown
from components.panels.run.private import came_back, is_session
from components.panels.write.plain import plain
from components.texts import DEFAULT, LANGUAGES, ask_visitor, language, preferred, speak, text

LANG = "lang"
"""The language, in a link and in the session."""

_CHOSEN = "lang_chosen"
"""In the session: whether a link or the visitor named that language. Else it is the browser's."""

REFUSED = "lang_refused"
"""In the session: what the link named as the language if there is no such one, until a widget is
moved."""


def settle() -> None:
    """At the beginning of a run, have the texts be in the visitor's language."""
    named = st.query_params.get(LANG)
    # Back to an address without a language is back to the browser's, which `in_link` leaves out.
    kept = {} if came_back() else st.session_state
    before = kept.get(LANG)
    settled = preferred(st.context.locale or "", named, before)
    if named is not None and named != settled:  # there is no such language
        st.session_state[REFUSED] = named
    st.session_state[_CHOSEN] = named == settled or bool(kept.get(_CHOSEN))
    st.session_state[LANG] = settled
    speak(settled)


def choose(name: str) -> None:
    """Change to that language; anything else, as a browser may send it, is ignored."""
    if name in LANGUAGES:
        st.query_params.pop(LANG, None)  # it names the language of the last run
        st.session_state[LANG], st.session_state[_CHOSEN] = name, True
        speak(name)


def complaint() -> list[str]:
    """A line of Markdown if the link named a language that there is not."""
    if REFUSED not in st.session_state:
        return []
    got = plain(str(shown(st.session_state[REFUSED])))
    allowed = Message("only", {"names": ", ".join(LANGUAGES)})
    return [text("link.line", field=LANG, got=got, allowed=allowed, used=language())]


def in_link() -> Mapping[str, str]:
    """Its part of an address: nothing unless somebody chose it, so that whoever gets the link sees
    the page in their own language; nor if that is English without it."""
    browsers = preferred(st.context.locale or "")
    chosen = st.session_state.get(_CHOSEN) and not language() == DEFAULT == browsers
    return {LANG: language()} if chosen else {}


def spoken() -> dict[str, str]:
    """The language's part of an address for another device, which has the default without it."""
    return {} if language() == DEFAULT else {LANG: language()}


# The session has it for callbacks and fragments, which run without the rest of the page.
ask_visitor(lambda: st.session_state.get(LANG) if is_session() else None)
