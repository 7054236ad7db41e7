"""What phones see of a room: a plain page of our own, without a Streamlit session.

A phone asks for the room's state again and again, and gets it as HTML (`phone.js`). It is known by
a random token that it keeps itself and sends in a header, which no other site can have it send.
"""

from __future__ import annotations

import asyncio
import json
import time
from functools import cache
from hashlib import sha256
from html import escape
from pathlib import Path
from string import ascii_uppercase
from types import NoneType
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

from components.backend.rooms.choices import Mine
from components.backend.rooms.phones import RefusedError
from components.backend.rooms.room import ROUNDS, Told
from components.backend.rooms.store import StoreError, store
from components.panels.ask.language import LANG
from components.panels.run.log import log
from components.panels.run.pace import allow, neighbourhood
from components.panels.teaching.at_home import home_address, is_over
from components.panels.teaching.sureness import sure_and_wrong_said
from components.panels.write.html import inline, parted
from components.texts import language, other_languages, text
from dashboard.phones.pairs import pair_html, pair_said
from dashboard.phones.sureness import sure_html, sure_said
from dashboard.plain_page import plain_page

PREFIX = "/join"

LARGEST_VOTE = 200  # bytes
SLOWEST_VOTE = 10  # seconds in which a vote has to arrive in full

# New phones in a room from one address: how many a second, and at once. A class behind one address
# comes in at once; a script needs a quarter of an hour to fill a room.
NEW_RATE, NEW_BURST = 1, 300

# Wrong codes from one address: how many a second, and at once. Beyond that no new phone of the
# address is told whether there is a room, so that no script finds rooms by trying all codes.
GUESS_RATE, GUESS_BURST = 3, 100

LONGEST_CODE = 20  # the most characters typed for a code, with spaces and dashes

_FOLDER = Path(__file__).parent
# By reason of a refusal. Nothing else is told of the room then. None of these is 503: nginx would
# take the process for one that is down.
_STATUS = {"gone": 404, "token": 400, "door": 403, "full": 429, "crowd": 429}
_UNSTORED = 507
_NOT_KEPT = {"Cache-Control": "no-store"}


class _Phone(NamedTuple):
    """A phone, and the room that it asks for."""

    code: str
    token: str
    address: str

    def may_enter(self) -> bool:
        """Whether it may enter the room now as a new phone."""
        new = "phone", self.code, self.address
        return self.has_guess_left(wrong=False) and allow(new, NEW_RATE, NEW_BURST)

    def has_guess_left(self, *, wrong: bool) -> bool:
        """Whether its address has a guess left. If not, it must not be told whether there is such a
        room.

        Args:
            wrong: whether there is no such room. Only then a guess is used up.
        """
        return allow(("guess", self.address), GUESS_RATE, GUESS_BURST, counts=wrong)


def is_phones(path: str) -> bool:
    """Whether an address is one of the phones'."""
    return path == PREFIX or path.startswith(f"{PREFIX}/")


def takes_votes(path: str) -> bool:
    """Whether an address is the one to which a room's phones send their votes."""
    return is_phones(path) and path.endswith("/vote")


def preview(told: Told, chosen: dict[int, int]) -> str:
    """A room's page as a phone shows it, whole, but without the script and the other languages.

    Args:
        chosen: the option that the phone has voted for, by round.
    """
    said = _said(told, chosen, Mine())
    seen = _shown(told, chosen, Mine(), said)
    body = f'<main>{seen}</main><p id="said" role="status">{escape(said)}</p>'
    return bytes(plain_page(body, 200, style=_style()).body).decode()


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
    """The response while rooms cannot be read or written: a sentence, which a phone shows beside
    what it shows already. A phone that comes in gets its room's page, which asks again and
    again."""
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
    if not store().has(code) and _phone(request).has_guess_left(wrong=True):
        return _page(_form(text("phones.unknown", code=code)), 404)
    return _room_page(code)


def _room_page(code: str, said: str = "", status: int = 200) -> Response:
    words = "".join(
        f' data-{name}="{escape(text(f"phones.{name}"))}"' for name in ("sending", "lost")
    )
    left = "".join(
        f' data-{name}="{escape(text(f"phones.{name}"))}"' for name in ("left", "left_over")
    )
    return _page(
        f"<header>{escape(text('phones.room', code=code))}"
        f'<b id="left" role="timer"{left}></b></header>'
        f"<main><noscript>{text('phones.script')}</noscript></main>"
        f'<p id="said" role="status"{words}>{escape(said)}</p>'
        f'<script src="{PREFIX}/phone.js"></script>',
        status,
    )


def _state(request: Request) -> Response:
    """The part of the room that this phone may see now."""
    return _seen(_phone(request), known=request.headers.get("if-none-match", ""))


async def _vote(request: Request) -> Response:
    """Record a vote. The response is what the phone may see then, whether the vote counted or
    not."""
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
        question, option, sure = vote["question"], vote["option"], vote.get("sure")
    except (ValueError, KeyError, TypeError, RecursionError):
        return Response(status_code=400)
    # By type: Python would take true for the option 1, and 1 for sure.
    if (type(question), type(option)) != (str, int) or type(sure) not in (bool, NoneType):
        return Response(status_code=400)
    return await run_in_threadpool(_voted, _phone(request), question, option, sure)


def _voted(phone: _Phone, question: str, option: int, sure: bool | None) -> Response:
    vote = phone.code, phone.token, question, option
    try:
        store().vote(*vote, phone.may_enter, phone.address, sure=sure)
    except RefusedError as error:
        return _refused(error, phone) if error.reason in _STATUS else _seen(phone, error.reason)
    return _seen(phone)


def _seen(phone: _Phone, refused: str = "", *, known: str = "") -> Response:
    """The room's state; or, if the phone has it already by its ETag, just that it has not changed.

    Args:
        refused: why the phone's vote is not counted. It does not change the ETag, so the phone
            shows it until the state changes.
    """
    try:
        told, chosen, mine = store().look(*phone[:2], phone.may_enter, phone.address)
    except RefusedError as error:
        return _refused(error, phone)
    shown = _shown(told, chosen, mine, _said(told, chosen, mine))
    headers = {"ETag": f'"{sha256(shown.encode()).hexdigest()[:16]}"'} | _NOT_KEPT
    if told.ends is not None:
        headers["X-Left"] = f"{max(0, told.ends - time.time()):.2f}"  # seconds
    if headers["ETag"] in known:
        return Response(status_code=304, headers=headers)
    if refused:
        said = _not_counted(told, chosen, mine, refused)
        return HTMLResponse(_shown(told, chosen, mine, said), 409, headers)
    return HTMLResponse(shown, headers=headers)


def _refused(error: RefusedError, phone: _Phone) -> Response:
    reason = error.reason
    is_guess = reason in ("gone", "door", "full")
    if is_guess and not phone.has_guess_left(wrong=reason == "gone"):
        reason = "crowd"
    said = escape(text(f"phones.{reason}"))
    status, shown = _STATUS[reason], ""
    if reason == "gone":
        shown = f'<a href="{PREFIX}?{LANG}={language()}">{escape(text("phones.another"))}</a>'
    section = f'<section data-said="{said}">{shown}</section>'
    return HTMLResponse(section, status, headers=_NOT_KEPT)


def _phone(request: Request) -> _Phone:
    token, host = request.headers.get("x-phone", ""), request.client.host if request.client else ""
    return _Phone(_tidy(request.path_params["code"]), token, neighbourhood(host))


def _tidy(code: str) -> str:
    """The letters of a typed code, which may have spaces, dashes and small letters."""
    return "".join(letter for letter in code.upper() if letter in ascii_uppercase)[:LONGEST_CODE]


def _shown(told: Told, chosen: dict[int, int], mine: Mine, said: str) -> str:
    """The room's state as HTML.

    Args:
        chosen, mine: as `Store.look` returns them.
        said: a sentence on how the phone's vote stands.
    """
    room, option = told.room, chosen.get(told.room.round)
    options = "".join(
        _option(told, chosen, number) + (sure_html(told, number, mine) if number == option else "")
        for number in range(len(told.options))
    )
    right = told.right is not None and option == told.right
    believed = "" if told.believed is None or option is None or right else told.believed[option]
    lines = believed, told.say, sure_and_wrong_said(told)
    after = "".join(f"<p>{inline(line)}</p>" for line in lines if line)
    asked, code = parted(told.prompt)
    address, again = escape(home_address(room.lesson)), escape(text("phones.at_home"))
    home = f'<p><a href="{address}">{again}</a></p>' if is_over(room) else ""
    return (
        f'<section data-question="{room.question}" data-said="{escape(said)}">'
        f'{pair_html(told, mine)}<h1 id="asked">{asked}</h1>{code}'
        f'<div role="group" aria-labelledby="asked">{options}</div>{after}{home}</section>'
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
    wrong = told.right is not None and mine == number
    kind = "right" if told.right == number else "wrong" if wrong else ""
    more = f' class="{kind}"' if kind else ""
    more += "" if room.phase == "open" else " disabled"
    pressed = str(mine == number).lower()
    return (
        f'<button type="button" name="" value="{number}" aria-pressed="{pressed}"{more}>'
        f"<b>{_name(number)}</b><span>{inline(said)}{small}</span></button>"
    )


def _said(told: Told, chosen: dict[int, int], mine: Mine) -> str:
    """A sentence on how the phone's vote stands, and another on what to do now."""
    paired = pair_said(told, mine)
    option, name = chosen.get(told.room.round), str(told.room.phase)
    if name == "answered" and told.right is None:
        name = "counted"  # it was left open
    if option is None:
        again = name == "open" and told.room.round > 1
        said = text(f"phones.said.{'again' if again else name}", right=_name(told.right))
        return f"{said} {paired}".strip()
    if name == "answered" and option == told.right:
        name = "right"
    said = sure_said(told, mine, _name(option)) or text(
        f"phones.mine.{name}", mine=_name(option), right=_name(told.right)
    )
    return f"{said} {paired or text('phones.discuss')}" if told.room.discusses else said


def _not_counted(told: Told, chosen: dict[int, int], mine: Mine, refused: str) -> str:
    """A sentence on why the phone's vote is not counted, and which vote of it counts."""
    option = chosen.get(told.room.round)
    if refused == "changes":
        return text("phones.changes")
    if refused == "option" or (refused == "closed" and told.room.phase == "waiting"):
        return _said(told, chosen, mine)
    if option is not None:
        return text("phones.late_after", mine=_name(option))
    return f"{text('phones.late')} {_said(told, chosen, mine)}"


def _name(option: int | None) -> str:
    """The letter that names an option."""
    return "" if option is None else ascii_uppercase[option]


def _form(said: str = "") -> str:
    return (
        f'<main><form action="{PREFIX}">'
        f'<input type="hidden" name="{LANG}" value="{language()}">'
        f'<label for="code">{escape(text("phones.code"))}</label>'
        f'<input id="code" name="code" required maxlength="{LONGEST_CODE}" autocomplete="off"'
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
