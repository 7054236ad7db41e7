"""A room's question on the projector, with its votes and its answer once the class may see them."""

from __future__ import annotations

from collections.abc import Iterator
from string import ascii_uppercase

from components.backend.lessons import questions
from components.backend.rooms.room import Led, Told, told
from components.panels.teaching.posed import asked_html
from components.panels.teaching.sureness import sure_and_wrong_said
from components.panels.write.html import inline
from components.texts import text


def question_html(led: Led) -> str:
    """What is asked, the options and, as far as the class may see that, votes and answer."""
    room, again = led.room, "again" if led.room.seed else "at"
    place = text(f"lessons.{again}", number=room.number, count=questions(room.lesson))
    if room.round > 1:
        place += f" · {text('room.second_vote')}"
    now = told(room, led.ballot, led.votes, led.sures, led.choices)
    options = "".join(_option_html(now, option) for option in range(len(now.options)))
    say = "".join(f"<p>{inline(each)}</p>" for each in (now.say, sure_and_wrong_said(now)) if each)
    return f"{asked_html(led.ballot, place, right=now.right)}<ol>{options}</ol>{say}"


def _option_html(now: Told, option: int) -> str:
    said = inline(now.options[option])  # nothing of a strip
    kind, right = "", ""
    if option == now.right:
        kind, right = ' class="rnn-right"', f" <strong>{text('phones.right')}</strong>"
    bars = "" if now.votes is None else f'<div class="rnn-cast">{"".join(_bars(now, option))}</div>'
    if not (said or right or bars):  # a strip, whose letter stands above it
        return ""
    return f"<li{kind}><b>{ascii_uppercase[option]}</b><div>{said}{right}{bars}</div></li>"


def _bars(now: Told, option: int) -> Iterator[str]:
    """An option's votes in each round: a bar, and its number."""
    for each in range(1, now.room.round + 1):
        votes = (now.votes or {}).get(each, {})
        count = votes.get(option, 0)
        width = count / max(1, sum(votes.values()))
        yield (
            f'<div class="rnn-votes" data-round="{each}"><i style="width:{width:.0%}"></i>'
            f"<span>{text(f'room.votes_{each}', count=count)}</span></div>"
        )
