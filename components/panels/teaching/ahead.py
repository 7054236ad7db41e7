"""What the leader of a room sees of a vote before the class does."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from string import ascii_uppercase

from components.backend.rooms.room import DISCUSS, ROUNDS, Led, Room
from components.panels.teaching.posed import see
from components.panels.write.html import inline
from components.texts import numeral, text


def ahead_html(led: Led) -> str:
    """The votes of this round as they come in, which option is right, and the mistake that most
    have made; nothing before the vote, and once the class has the answer."""
    votes, ballot = led.votes.get(led.room.round, {}), led.ballot
    if led.room.phase not in ("open", "closed", "counted"):
        return ""
    rows = "".join(_row(led, option, votes.get(option, 0)) for option in range(len(ballot.options)))
    said = "".join(f"<p>{each}</p>" for each in _said(led))
    return (
        f'<div class="rnn-leader"><small>{text("ahead.title")}</small><ol>{rows}</ol>{said}</div>'
    )


def advised(led: Led, helps: str, next_move: str, projected: str) -> str:
    """What helps the class most now and why, and which button is the next step: HTML. It follows
    from how many votes are right, so the class must not see it.

    Args:
        helps: as `advice` gives it, but not "".
        next_move: the move whose button is highlighted beside this.
        projected: the move whose button is highlighted on the projector.
    """
    votes = led.votes[led.room.round]
    right = 0 if led.ballot.right is None else votes.get(led.ballot.right, 0)
    said = [text(f"room.advice.{helps}", right=right, count=led.voted)]
    if helps == "explain" and led.ballot.answer_page:
        said.append(text("ahead.live", see=see(led.ballot)))
    said.append(_why(helps, led.room, right / led.voted))
    if helps != "discuss" and led.pairs_up:
        said.append(text("ahead.paired"))
    said.append(text("ahead.next", move=text(f"room.moves.{next_move}")))
    if projected != next_move:
        said.append(text("ahead.projector", move=text(f"room.moves.{projected}")))
    return inline(" ".join(said))


def _why(helps: str, room: Room, share: float) -> str:
    """Why an advice helps."""
    if helps == "explain" and room.round == ROUNDS and share >= DISCUSS[0]:
        helps = "explain_discussed"
    return text(f"ahead.why.{helps}")


def _row(led: Led, option: int, count: int) -> str:
    share = Fraction(count, max(1, led.voted))
    width = f"width:{float(share):.1%}"
    mark = "✓ " if option == led.ballot.right else ""
    return (
        f'<li><b>{ascii_uppercase[option]}</b><div class="rnn-votes"><i style="{width}">'
        f"</i><span>{mark}{numeral(count)} ({numeral(share, '.0%')})</span></div></li>"
    )


def _said(led: Led) -> Iterator[str]:
    votes, ballot = led.votes.get(led.room.round, {}), led.ballot
    if ballot.right is None:
        return
    wrong = {option: count for option, count in votes.items() if option != ballot.right and count}
    if wrong:
        most = max(wrong, key=lambda option: (wrong[option], -option))
        words = {"option": ascii_uppercase[most], "count": wrong[most]}
        yield inline(f"{text('ahead.believed', **words)} {ballot.believed[most]}")
