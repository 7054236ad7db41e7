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

AGREED = 0.7
"""A class is split unless more than this share of its votes is for one option."""


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
    before: Room | None = None
    """The question before this one as the class left it: until the next vote is opened, one can go
    back to its votes and its answer. It has none itself."""

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


def moves(
    room: Room, questions: int, *, twins: bool = True, decided: bool = True
) -> Mapping[str, Room]:
    """What a teacher can do next, the most likely first: each move's name, and the room after it.

    Args:
        questions: how many the lesson has.
        twins: whether they have twins.
        decided: whether this one has a right answer to be shown.
    """
    to = partial(replace, room)
    left = replace(room, before=None) if room.shows_votes else room.before
    ask = partial(Room, room.lesson, asked=room.asked + 1, before=left)
    following = {"next": ask(room.number + 1)} if room.number < questions else {}
    again = {"again": to(round=room.round + 1, phase="open")} if room.round < ROUNDS else {}
    match room.phase:
        case "waiting":
            before = {"previous": ask(room.number - 1)} if room.number > 1 else {}
            back = {"back": room.before} if room.before else {}
            return {"open": to(phase="open")} | before | back | following
        case "open":
            return {"close": to(phase="closed")}
        case "closed":
            return {"count": to(phase="counted")} | again | {"reopen": to(phase="open")}
        case "counted":
            return again | ({"answer": to(phase="answered")} if decided else following)
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


def suggested(room: Room, votes: Votes, possible: Mapping[str, Room], *, advised: str = "") -> str:
    """The likeliest of the moves: to vote again if the class is split, else the first other one.

    The class sees which it is. So it must not follow from which option is right, which this does
    not know.

    Args:
        advised: what `advice` says, on a device that the class does not see.
    """
    helps = advised == "discuss" if advised else is_split(votes.get(room.round, {}))
    again = "again" in possible and helps
    return next((name for name in possible if (name == "again") == again), "")


def is_split(votes: Mapping[int, int]) -> bool:
    """Whether a class has voted in a round, but not AGREED on an option."""
    cast = sum(votes.values())
    return cast > 0 and max(votes.values()) <= AGREED * cast


def advice(room: Room, ballot: Ballot, votes: Votes) -> Literal["explain", "discuss", "go_on", ""]:
    """What helps a class most, by how many votes of this round are right: for the teacher alone.
    Nothing while the vote is open, without votes, and where no option is right."""
    cast = votes.get(room.round, {})
    if room.phase not in ("closed", "counted") or ballot.right is None or not cast:
        return ""
    low, high = DISCUSS
    right = cast.get(ballot.right, 0) / sum(cast.values())
    if right > high:
        return "go_on"
    return "discuss" if right >= low and room.round < ROUNDS else "explain"
