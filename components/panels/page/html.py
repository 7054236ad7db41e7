"""HTML of our own making: cheaper to draw than as many elements of Streamlit's.

What st.html is given is ours in every part, or went through `inline` or `escape`. The rules of its
classes are in every page's head (`frame.py`), not in it: with each new <style> the browser works
out the styles of the whole page again.
"""

from __future__ import annotations

from functools import cache, lru_cache
from html import escape

from markdown_it import MarkdownIt

from components.texts import text


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
