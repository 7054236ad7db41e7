"""Our own HTML: cheaper to draw than as many Streamlit elements.

All that we pass to st.html is written by us, or went through `inline` or `escape`. The styles of
its classes are in every page's head (`frame.py`): for a <style> in it, the browser would compute
the styles of the whole page again.
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


def parted(markdown: str) -> tuple[str, str]:
    """The HTML of a line of Markdown, and that of the block of code below it, if it has one."""
    words, fence, code = markdown.partition("\n\n```")
    block = _markdown().render(f"```{code}") if fence else ""
    # By the keyboard, too, a line is read to its end.
    return inline(words), block.replace("<pre>", '<pre tabindex="0">')


def copier(label: str, what: str = "") -> str:
    """A button that copies a text or, without one, the page's address, and says that it did."""
    words = f'data-done="{escape(text("copy.done"))}" data-failed="{escape(text("copy.failed"))}"'
    button = f'<button type="button" data-copies="{escape(what)}" {words}>{label}</button>'
    return f'<span class="rnn-copier">{button}<span role="status"></span></span>'


def layers_html(code: str) -> str:
    """A line of code that stands where a page is presented or printed, without its settings."""
    return f'<pre class="rnn-layers">{escape(code)}</pre>' if code else ""


@cache
def _markdown() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False})
