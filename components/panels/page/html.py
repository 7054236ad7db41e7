"""HTML of our own making: cheaper to draw than as many elements of Streamlit's."""

from __future__ import annotations

from functools import cache, lru_cache
from html import escape
from pathlib import Path

import streamlit as st
from markdown_it import MarkdownIt

from components.texts import text


def styled(body: str, *sheets: str) -> None:
    """Show a body whose every part is ours or went through `inline`, with style sheets' rules."""
    st.html(f"<style>{''.join(map(_rules, sheets))}</style>{body}")


@lru_cache(256)
def inline(markdown: str) -> str:
    """A line of Markdown as HTML; HTML in it is shown as it is."""
    return _markdown().renderInline(markdown)


def copier(label: str, what: str = "") -> str:
    """A button that copies a text or, without one, the page's address, and says that it did."""
    said = f'data-done="{escape(text("copy.done"))}" data-failed="{escape(text("copy.failed"))}"'
    button = f'<button type="button" data-copies="{escape(what)}" {said}>{label}</button>'
    return f'<span class="rnn-copier">{button}<span role="status"></span></span>'


@cache
def _markdown() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False})


@cache
def _rules(sheet: str) -> str:
    return (Path(__file__).parents[1] / sheet).read_text("utf-8")
