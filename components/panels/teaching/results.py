"""What came of a room's questions, as the class may see it: a summary, and each vote."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from string import ascii_uppercase

import streamlit as st

from components.backend.rooms.choices import Choices, sure_and_wrong
from components.backend.rooms.room import ROUNDS, Led, Room
from components.backend.rooms.store import Key
from components.backend.rooms.summary import Result
from components.charts.votes import flow
from components.panels.draw.plot import drawn, plot
from components.panels.teaching.posed import heading
from components.panels.teaching.room_question import question_html
from components.panels.write.html import inline, parted
from components.texts import numeral, text

_LOOKS = "room_looks"  # in the session: the room's code, and the room as the teacher began to look
_SUMMARY = 0  # in place of a question's place


def looks_back(key: Key, room: Room) -> bool:
    """Whether this device looks back. It no longer does once another device makes a move: the class
    has to see that."""
    return st.session_state.get(_LOOKS) == (key.code, room)


def look_button(key: Key, room: Room, *, name: str) -> None:
    """A button that has this device look back.

    Args:
        name: what the button's key ends with.
    """
    label = text("results.button")
    st.button(label, key=f"room_results_{name}", on_click=_look, args=(key, room))


def _look(key: Key, room: Room) -> None:
    st.session_state[_LOOKS] = key.code, room


def _look_no_more() -> None:
    st.session_state[_LOOKS] = None


def results_panel(code: str, led: Led, found: Sequence[Result]) -> None:
    """The summary, or the question that is chosen; phones are shown nothing of it.

    Args:
        code: the room's.
        found: the results that the class may see.
    """
    with st.container(horizontal=True, vertical_alignment="center", key="room_results"):
        st.button(text("results.live"), key="room_live", type="primary", on_click=_look_no_more)
        at = st.segmented_control(
            text("results.which"),
            [_SUMMARY, *range(1, len(found) + 1)],
            default=_SUMMARY,
            format_func=lambda at: _name(found, at),
            key="room_result",
            label_visibility="collapsed",
            required=True,
        )
    if at in range(1, len(found) + 1):
        _question(led, found[at - 1])
    else:
        _summary(code, led, found)


def _name(found: Sequence[Result], at: int) -> str:
    if at == _SUMMARY:
        return text("results.summary")
    number = found[at - 1].asked.number
    is_again = any(each.asked.number == number for each in found[: at - 1])
    return text("results.asked_again" if is_again else "results.asked", number=number)


# A question.


def _question(led: Led, result: Result) -> None:
    for each in (result, *result.twins):
        asked = each.asked
        votes = {round_: dict(enumerate(counts)) for round_, counts in each.counts.items()}
        room = asked.room(led.room.lesson)  # by its phase `told` decides what may be seen
        then = replace(
            led,
            room=room,
            ballot=asked.ballot,
            votes=votes,
            sures=each.sures,
            choices=Choices(sure=True),  # whatever is chosen now: `sures` is empty if it was off
        )
        st.html(f'<div class="rnn-room rnn-counted">{question_html(then)}</div>')
        if each.stayed:
            _flow(each)


def _flow(result: Result) -> None:
    number, asked = result.asked.number, result.asked.asked
    plot(drawn(flow, result), key=f"room_flow_{asked}", file=f"rnn_lens_votes_{number}.png")


# All questions.


def _summary(code: str, led: Led, found: Sequence[Result]) -> None:
    said = inline(text("results.heading", lesson=heading(led.room.lesson)))
    if found:
        day = _day(found[0].asked.opened)
        held = inline(text("results.held", code=code, day=day, joined=led.joined))
        said += f" <small>{held}</small>"
    st.html(f'<h2 class="rnn-summary">{said}</h2>')
    if not found:
        st.markdown(text("results.none"))
        return
    can_scroll = f'role="region" tabindex="0" aria-label="{text("results.summary")}"'
    st.html(f'<div class="rnn-summary" {can_scroll}>{_table(found)}</div>')
    says = ["gain_is"] + ["flow_is"] * any(each.stayed for each in found)
    explained = " ".join(inline(text(f"results.{name}")) for name in says)
    st.html(f'<p class="rnn-summary">{explained}</p>')
    with st.container(key="room_flows"):
        for result in found:
            if result.stayed:
                _flow(result)


def _day(when: float) -> str:
    """The day where the visitor is, of a time in seconds since 1970: 2026-03-02."""
    west = timedelta(minutes=st.context.timezone_offset or 0)
    return (datetime.fromtimestamp(when, UTC) - west).date().isoformat()


def _table(found: Sequence[Result]) -> str:
    asks = any(result.sures for result in found)
    names = [name for name in _COLUMNS if asks or name != "sure"]
    heads = "".join(f"<th scope=col>{text(f'results.columns.{name}')}</th>" for name in names)
    rows = "".join(f"<tr>{''.join(_cells(result, asks=asks))}</tr>" for result in found)
    return f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"


_COLUMNS = ("question", "first", "second", "gain", "twin", "sure", "present")


def _cells(result: Result, *, asks: bool) -> Iterator[str]:
    """A row.

    Args:
        asks: whether any of the questions asked who is sure.
    """
    asked = result.asked
    words, _ = parted(asked.ballot.prompt)
    yield f"<th scope=row><b>{asked.number}</b> {words}</th>"
    for round_ in range(1, ROUNDS + 1):
        yield f"<td>{_percent(result.share(round_))}<small>{_counts(result, round_)}</small></td>"
    yield f"<td>{'–' if result.gain is None else numeral(result.gain, '.2f')}</td>"
    twins = [_percent(twin.first if twin.last is None else twin.last) for twin in result.twins]
    yield f"<td>{', '.join(twins) or '–'}</td>"
    if asks:
        yield f"<td>{_sure_and_wrong(result) or '–'}</td>"
    yield f"<td>{' / '.join(map(numeral, asked.present.values()))}</td>"


def _sure_and_wrong(result: Result) -> str:
    """How many were sure of a wrong option in each round: 14 / 4; "" where the class has not seen
    what is right."""
    right, sures = result.asked.ballot.right, result.sures
    if not sures or right is None:
        return ""
    return " / ".join(numeral(sure_and_wrong(sures, each, right)) for each in result.counts)


def _percent(share: Fraction | None) -> str:
    return "–" if share is None else numeral(share, ".0%")


def _counts(result: Result, round_: int) -> str:
    """How many chose each option: A 3 · ✓ B 12."""
    right = result.asked.ballot.right
    counts = enumerate(result.counts.get(round_, ()))
    return " · ".join(
        f"{'✓' * (option == right)}{ascii_uppercase[option]} {numeral(count)}"
        for option, count in counts
    )
