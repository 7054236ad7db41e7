"""What was understood of a shape, of code or of an error that the visitor has pasted."""

from __future__ import annotations

from html import escape
from typing import Any
from urllib.parse import urlencode

import streamlit as st

from components.backend.pasted.read import read
from components.backend.pasted.understood import Code, Said, Understood
from components.backend.question.linked import Message
from components.panels.ask.address import leads
from components.panels.pages import PAGES
from components.panels.search.find import fitting
from components.panels.search.pasted import drop, pasted
from components.panels.teaching.found import index
from components.panels.write.comments import commented
from components.panels.write.plain import plain, unstruck
from components.texts import text


def pasted_panel() -> None:
    """What was understood, if anything was pasted: a link to the page that shows it or, for an
    error, which line it is, why, and what mends it. Of what was not, the entries that fit best."""
    sent = pasted()
    if not sent:
        return
    found = read(sent)
    with st.container(border=True, key="pasted"):
        st.markdown(_said(found.what))
        _line(found)
        if found.mend:
            st.markdown(text("pasted.mend"))
            st.code(commented(found.mend), wrap_lines=True)
        if found.look_for:
            st.markdown(text("pasted.fitting"))
            fitting(found.look_for, index(), key="pasted_fitting")
        if found.notes:
            st.markdown("\n".join(f"- {_said(note)}" for note in found.notes))
        with st.container(horizontal=True, vertical_alignment="center"):
            if links := _links(found):
                st.html(f'<p class="rnn-pasted">{links}</p>', width="content")
            st.button(text("pasted.close"), key="pasted_close", on_click=drop, type="tertiary")


def _said(said: Said) -> str:
    """A sentence as Markdown, in which the visitor's own words are plain text."""
    return text(f"pasted.{said.name}", **{n: _filled(each) for n, each in said.values.items()})


def _filled(value: Any) -> Any:
    if isinstance(value, tuple):
        return ", ".join(map(plain, value))
    if isinstance(value, Message):
        return unstruck(value)
    return plain(value) if isinstance(value, Code) else value


def _line(found: Understood) -> None:
    if not found.line:
        return
    number = found.number
    st.markdown(text("pasted.line", number=str(number)) if number else text("pasted.your_line"))
    st.code(found.line, wrap_lines=True)


def _links(found: Understood) -> str:
    links = []
    if found.page:
        page = PAGES[found.page]
        link = leads(f"{page.address}?{urlencode(found.query)}")
        links.append(_link(link, text("pasted.opens", page=page.title)))
    if found.mistake:
        links.append(_link(leads(f"mistakes?mistake={found.mistake}"), text("pasted.see")))
    return " ".join(links)


def _link(address: str, label: str) -> str:
    return f'<a href="{escape(address)}">{label}</a>'
