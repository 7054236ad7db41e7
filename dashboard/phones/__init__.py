"""What phones see of a room: a plain page of our own, without a Streamlit session.

A phone asks for the room's state again and again, and gets it as HTML (`phone.js`). It is known by
a random token that it keeps itself and sends in a header, which no other site can have it send.
"""

from __future__ import annotations

import asyncio
import json
from functools import cache
from hashlib import sha256
from html import escape
from pathlib import Path
from string import ascii_uppercase
from typing import NamedTuple

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import (
    FileResponse,
    HTMLResponse,
    PlainTextResponse,
    RedirectResponse,
    Response,
)
from starlette.routing import Route

from components.backend.rooms.database import CODE_LENGTH
from components.backend.rooms.room import ROUNDS, Told
from components.backend.rooms.store import RefusedError, StoreError, store
from components.panels.page.html import inline
from components.panels.page.language import LANG
from components.panels.page.log import log
from components.panels.page.pace import may_come, neighbourhood
from components.texts import language, other_languages, text
from dashboard.plain_page import plain_page

PREFIX = "/join"

LARGEST_VOTE = 200  # bytes
SLOWEST_VOTE = 10  # seconds until all of it is there

# New phones of a room a second, and at once, of an address: a class behind one address comes in at
# once, and a script needs a quarter of an hour to fill a room.
NEW_RATE, NEW_BURST = 1, 300

_FOLDER = Path(__file__).parent
# No more is told of the room then. None of these is 503: nginx would take the process for one that
# is down.
_STATUS = {"gone": 404, "token": 400, "full": 429, "crowd": 429}
_UNSTORED = 507
_NOT_KEPT = {"Cache-Control": "no-store"}


class _Phone(NamedTuple):
    """A phone that asks for a room."""

    code: str
    token: str
    address: str

    def may_enter(self) -> bool:
        """Whether it may enter the room now, as a new one."""
        return may_come(("phone", self.code, self.address), NEW_RATE, NEW_BURST)


def is_phones(path: str) -> bool:
    """Whether an address is one of the phones'."""
    return path == PREFIX or path.startswith(f"{PREFIX}/")


def takes_votes(path: str) -> bool:
    """Whether an address is the one to which a room's phones send their votes."""
    return is_phones(path) and path.endswith("/vote")


def routes() -> list[Route]:
    """The routes of all that phones ask for."""
    return [
        Route(PREFIX, _join),
        Route(f"{PREFIX}/phone.js", _script),
        Route(f"{PREFIX}/{{code}}", _room),
        Route(f"{PREFIX}/{{code}}/state", _state),
        Route(f"{PREFIX}/{{code}}/vote", _vote, methods=["POST"]),
    ]


def unstored(request: Request, error: StoreError) -> Response:
    """What phones get while rooms cannot be read or written: a sentence to show beside what they
    show. A phone that comes in gets its room's page, which asks for the room until it is there."""
    log(error)
    path = request.url.path
    said = text("phones.unstored" if takes_votes(path) else "phones.unread")
    if path.endswith(("/vote", "/state")):
        return PlainTextResponse(said, _UNSTORED, _NOT_KEPT)
    return _room_page(_tidy(request.path_params["code"]), said, _UNSTORED)


def _join(request: Request) -> Response:
    """A field for the code, or the room of the code that was typed."""
    code = _tidy(request.query_params.get("code", ""))
    if code:
        return RedirectResponse(f"{PREFIX}/{code}?{LANG}={language()}", 303)
    return _page(_form())


async def _script(_: Request) -> Response:
    return FileResponse(_FOLDER / "phone.js", media_type="text/javascript")


def _room(request: Request) -> Response:
    """The page of a room, which the script fills."""
    code = _tidy(request.path_params["code"])
    if not store().has(code):
        return _page(_form(text("phones.unknown", code=code)), 404)
    return _room_page(code)


def _room_page(code: str, said: str = "", status: int = 200) -> Response:
    words = "".join(
        f' data-{name}="{escape(text(f"phones.{name}"))}"' for name in ("sending", "lost")
    )
    return _page(
        f"<header>{escape(text('phones.room', code=code))}</header>"
        f"<main><noscript>{text('phones.script')}</noscript></main>"
        f'<p id="said" role="status"{words}>{escape(said)}</p>'
        f'<script src="{PREFIX}/phone.js"></script>',
        status,
    )


def _state(request: Request) -> Response:
    """What this phone may see of the room now."""
    return _seen(_phone(request), known=request.headers.get("if-none-match", ""))


async def _vote(request: Request) -> Response:
    """Record a vote; the answer is what the phone may see then, whether it was counted or not."""
    home = f"{request.url.scheme}://{request.url.netloc}"
    if request.headers.get("origin", home).partition("://")[2] != request.url.netloc:
        return Response(status_code=403)
    body = b""
    try:
        async with asyncio.timeout(SLOWEST_VOTE):
            async for piece in request.stream():
                body += piece
                if len(body) > LARGEST_VOTE:
                    return Response(status_code=413)
    except TimeoutError:
        return Response(status_code=408)
    try:
        vote = json.loads(body)
        question, option = str(vote["question"]), int(vote["option"])
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError):
        return Response(status_code=400)
    return await run_in_threadpool(_voted, _phone(request), question, option)


def _voted(phone: _Phone, question: str, option: int) -> Response:
    try:
        store().vote(phone.code, phone.token, question, option, phone.may_enter)
    except RefusedError as error:
        if error.reason in _STATUS:
            return _refused(error)
        said = text("phones.changes") if error.reason == "changes" else ""
        return _seen(phone, said, status=409)
    return _seen(phone)


def _seen(phone: _Phone, said: str = "", *, known: str = "", status: int = 200) -> Response:
    """The room's state; or only that it is the one that the phone knows by its ETag.

    Args:
        said: a sentence in place of how the phone's vote stands.
    """
    try:
        told, chosen = store().look(phone.code, phone.token, phone.may_enter)
    except RefusedError as error:
        return _refused(error)
    shown = _shown(told, chosen, said)
    tag = f'"{sha256(shown.encode()).hexdigest()[:16]}"'
    if tag in known:
        return Response(status_code=304, headers={"ETag": tag} | _NOT_KEPT)
    return HTMLResponse(shown, status, headers={"ETag": tag} | _NOT_KEPT)


def _refused(error: RefusedError) -> Response:
    said = escape(text(f"phones.{error.reason}"))
    status, shown = _STATUS[error.reason], ""
    if error.reason == "gone":
        shown = f'<a href="{PREFIX}?{LANG}={language()}">{escape(text("phones.another"))}</a>'
    section = f'<section data-said="{said}">{shown}</section>'
    return HTMLResponse(section, status, headers=_NOT_KEPT)


def _phone(request: Request) -> _Phone:
    token, host = request.headers.get("x-phone", ""), request.client and request.client.host
    return _Phone(_tidy(request.path_params["code"]), token, neighbourhood(host))


def _tidy(code: str) -> str:
    return "".join(letter for letter in code.upper() if letter in ascii_uppercase)[:CODE_LENGTH]


def _shown(told: Told, chosen: dict[int, int], said: str) -> str:
    """The room's state as HTML."""
    room, mine = told.room, chosen.get(told.room.round)
    said = said or _said(told, mine)
    options = "".join(_option(told, chosen, number) for number in range(len(told.options)))
    right = told.right is not None and mine == told.right
    believed = "" if told.believed is None or mine is None or right else told.believed[mine]
    after = "".join(f"<p>{inline(line)}</p>" for line in (believed, told.say) if line)
    return (
        f'<section data-question="{room.question}" data-said="{escape(said)}">'
        f'<h1 id="asked">{inline(told.prompt)}</h1>'
        f'<div role="group" aria-labelledby="asked">{options}</div>{after}</section>'
    )


def _option(told: Told, chosen: dict[int, int], number: int) -> str:
    room, mine = told.room, chosen.get(told.room.round)
    notes = []
    if told.votes is not None:
        counts = [told.votes.get(each, {}).get(number, 0) for each in range(1, room.round + 1)]
        name = "votes_both" if room.round == ROUNDS else "votes"
        notes.append(text(f"phones.{name}", first=counts[0], last=counts[-1]))
    if told.right == number:
        notes.append(text("phones.right"))
    if 1 in chosen and chosen[1] == number and room.round > 1:
        notes.append(text("phones.first"))
    said = told.options[number] or text("phones.strip", letter=_name(number))
    small = "".join(f"<small>{escape(note)}</small>" for note in notes)
    more = ' class="right"' if told.right == number else ""
    more += "" if room.phase == "open" else " disabled"
    pressed = str(mine == number).lower()
    return (
        f'<button type="button" value="{number}" aria-pressed="{pressed}"{more}>'
        f"<b>{_name(number)}</b><span>{inline(said)}{small}</span></button>"
    )


def _said(told: Told, mine: int | None) -> str:
    """How the phone's vote stands, in a sentence."""
    name: str = told.room.phase
    if name == "answered" and told.right is None:
        name = "counted"  # it was left open
    if mine is None:
        again = name == "open" and told.room.round > 1
        return text(f"phones.said.{'again' if again else name}", right=_name(told.right))
    if name == "answered" and mine == told.right:
        name = "right"
    said = text(f"phones.mine.{name}", mine=_name(mine), right=_name(told.right))
    discussed = name in ("closed", "counted") and told.room.round < ROUNDS
    return f"{said} {text('phones.discuss')}" if discussed else said


def _name(option: int | None) -> str:
    """The letter by which an option is called."""
    return "" if option is None else ascii_uppercase[option]


def _form(said: str = "") -> str:
    return (
        f'<main><form action="{PREFIX}">'
        f'<input type="hidden" name="{LANG}" value="{language()}">'
        f'<label for="code">{escape(text("phones.code"))}</label>'
        f'<input id="code" name="code" required maxlength="{CODE_LENGTH}" autocomplete="off"'
        ' autocapitalize="characters" spellcheck="false" autofocus>'
        f"<button>{escape(text('phones.join'))}</button></form></main>"
        f'<p id="said" role="status">{escape(said)}</p>'
    )


def _other_languages() -> str:
    links = "".join(
        f'<a href="?{LANG}={name}" lang="{name}">{own}</a>'
        for name, own in other_languages().items()
    )
    return f"<footer>{links}</footer>"


def _page(body: str, status: int = 200) -> Response:
    return plain_page(f"{body}{_other_languages()}", status, style=_style())


@cache
def _style() -> str:
    return (_FOLDER / "phone.css").read_text("utf-8")
