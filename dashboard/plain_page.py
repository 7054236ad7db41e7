"""A page of our own, without Streamlit: for phones, and for visitors who are refused."""

from __future__ import annotations

from html import escape

from starlette.responses import HTMLResponse

from components.texts import language, text

# Of a page that says a sentence or two.
STYLE = """body { font-family: sans-serif; margin: 20vh auto; max-width: 32rem; padding: 0 1rem;
line-height: 1.5 }"""


def plain_page(body: str, status: int, *, style: str, retry_after: str = "") -> HTMLResponse:
    """A page with this HTML as its body. Browsers do not cache it.

    Args:
        retry_after: seconds after which it reloads itself; never, if empty.
    """
    again, headers = "", {"Cache-Control": "no-store"}
    if retry_after:
        again = f'<meta http-equiv="refresh" content="{retry_after}">'
        headers["Retry-After"] = retry_after
    page = (
        f'<!doctype html><html lang="{language()}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<meta name="color-scheme" content="light dark">{again}'
        f"<title>{escape(text('app.title'))}</title><style>{style}</style></head>"
        f"<body>{body}</body></html>"
    )
    return HTMLResponse(page, status, headers)
