"""Older addresses of pages, which lead to the pages that have taken these in."""

from __future__ import annotations

from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse
from starlette.routing import Route

from components.backend.lessons.question import OLD_PAGES


def routes() -> list[Route]:
    """A route for each of them."""
    return [Route(f"/{name}", lead_on) for name in OLD_PAGES]


async def lead_on(request: Request) -> RedirectResponse:
    """Lead on to the page of today, with the same settings."""
    page = OLD_PAGES[request.url.path.strip("/")]
    query = "&".join(filter(None, (urlencode(page.query), request.url.query)))
    return RedirectResponse(f"./{page.name}?{query}", 308)
