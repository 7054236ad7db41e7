"""A room: which question a class is asked, how far it has come with it, and what may be told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Literal

from components.backend.lessons.question import Page

Phase = Literal["waiting", "open", "closed", "counted", "answered"]

ROUNDS = 2
"""A class votes, discusses, and votes on the same question again."""

DISCUSS = 0.3, 0.7
"""With a share of right votes between these, a discussion helps most (Crouch and Mazur 2001)."""


@dataclass(frozen=True)
class Room:
    """Where a class is in a lesson."""

    lesson: str
    number: int = 1
    """Which question of the lesson."""
    seed: int = 0
    """0, or that of a twin: the same question under other settings."""
    asked: int = 1
    """How many questions the class has been asked with this one; to go back to one asks it anew."""
    round: int = 1
    phase: Phase = "waiting"

    @property
    def question(self) -> str:
        """Names the vote, so that one that comes too late is not taken for the next question's."""
        return f"{self.asked}.{self.round}"

    @property
    def shows_votes(self) -> bool:
        """Whether all may see how many chose each option."""
        return self.phase in ("counted", "answered")


Rows = Sequence[Sequence[float]]
"""A strip's numbers: (step, unit)."""


@dataclass(frozen=True)
class Ballot:
    """A question as a class reads it, and its answer: all that is drawn of it, without Keras."""

    prompt: str
    options: tuple[str, ...]
    right: int | None
    """The index of the right option; None if it is left open."""
    say: str
    """Why it is right."""
    believed: tuple[str, ...]
    """By option: what one believes who chooses it though it is wrong; empty for the right one."""
    strips: tuple[Rows | None, ...] = ()
    """By option: the numbers of which it is a picture."""
    given: Mapping[str, Rows] = field(default_factory=dict)
    """What has to be in sight, by a tensor's name."""
    name: str = ""
    """What the answer's page says it by; empty for one's own."""
    answer_page: Page | None = None
    """Where the answer is seen."""


Ballots = Mapping[str, Ballot]
"""A question in each language: each phone reads it in its own."""


def moves(room: Room, questions: int, *, twins: bool = True) -> Mapping[str, Room]:
    """What a teacher can do next, the most likely first: each move's name, and the room after it.

    Args:
        questions: how many the lesson has.
        twins: whether they have twins.
    """
    to = partial(replace, room)
    ask = partial(Room, room.lesson, asked=room.asked + 1)
    following = {"next": ask(room.number + 1)} if room.number < questions else {}
    again = {"again": to(round=room.round + 1, phase="open")} if room.round < ROUNDS else {}
    match room.phase:
        case "waiting":
            before = {"previous": ask(room.number - 1)} if room.number > 1 else {}
            return {"open": to(phase="open")} | before | following
        case "open":
            return {"close": to(phase="closed")}
        case "closed":
            return {"count": to(phase="counted")} | again | {"reopen": to(phase="open")}
        case "counted":
            return again | {"answer": to(phase="answered")}
        case "answered":
            twin = {"twin": ask(room.number, room.seed + 1)} if twins else {}
            return twin | following


Votes = Mapping[int, Mapping[int, int]]
"""By round: how many chose each option."""


@dataclass(frozen=True)
class Told:
    """What anyone in the room may know at this moment."""

    room: Room
    prompt: str
    options: tuple[str, ...]
    votes: Votes | None
    """None until they are shown: who sees others' votes follows the majority."""
    right: int | None
    """None until the answer is shown, as are `say` and `believed`."""
    say: str | None
    believed: tuple[str, ...] | None


def told(room: Room, ballot: Ballot, votes: Votes) -> Told:
    """What may be told of a room: the one place that decides it."""
    answered = room.phase == "answered"
    return Told(
        room,
        ballot.prompt,
        ballot.options,
        votes if room.shows_votes else None,
        ballot.right if answered else None,
        ballot.say if answered else None,
        ballot.believed if answered else None,
    )


def share_right(ballot: Ballot, votes: Mapping[int, int]) -> float:
    """The share of right votes in a round; 0 if there are none."""
    return votes.get(ballot.right, 0) / max(1, sum(votes.values()))
