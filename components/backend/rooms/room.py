"""A room: which question a class is asked, how far it has come with it, and what may be told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from hashlib import sha256
from typing import Literal

from components.backend.lessons.question import FIRST_OF_ROOMS, TURNS, Page
from components.backend.rooms.choices import OFF, Choices, Sures

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
    """0 for the first settings that the room has for this question; any other is a twin, the same
    question under other settings."""
    asked: int = 1
    """How many questions the class has been asked, with this one. To go back asks a question
    anew."""
    round: int = 1
    phase: Phase = "waiting"
    before: Room | None = None
    """The question before this one, as the class left it, to go back to its votes and its answer
    until the next vote is opened. Its own `before` is None."""
    draw: str = ""
    """Random, and known to the server alone: it draws the settings of each question. "" for those
    that the lesson has for everybody, as for a lesson of one's own, which has no others."""

    @property
    def settings(self) -> int:
        """The seed with which the question is posed.

        No link to a lesson can name a room's seed, so that no address of the server has the answer
        to a vote. Whoever learns one, as from the link to the answer's page, can tell from it that
        of no other question and of no twin.
        """
        if not self.draw:
            return self.seed
        # What takes turns from one seed to the next does so from twin to twin as well.
        turn = (self._random(self.number) + self.seed) % TURNS
        return FIRST_OF_ROOMS + TURNS * self._random(self.number, self.seed) + turn

    def _random(self, *of: int) -> int:
        """A number of 32 bits that this room draws for these."""
        return int.from_bytes(sha256(f"{self.draw} {of}".encode()).digest()[:4])

    @property
    def question(self) -> str:
        """A name that each vote has to carry, so that a late vote does not count for the next
        question."""
        return f"{self.asked}.{self.round}"

    @property
    def shows_votes(self) -> bool:
        """Whether all may see how many chose each option."""
        return self.phase in ("counted", "answered")

    @property
    def discusses(self) -> bool:
        """Whether this is the time to discuss, between both votes."""
        return self.phase in ("closed", "counted") and self.round < ROUNDS


Rows = Sequence[Sequence[float]]
"""A strip's numbers: (step, unit)."""


@dataclass(frozen=True)
class Ballot:
    """A question and its answer as a class reads them: texts and numbers, without Keras."""

    prompt: str
    options: tuple[str, ...]
    right: int | None
    """The index of the right option; None if it is left open."""
    say: str
    """Why it is right."""
    believed: tuple[str, ...]
    """By option: the mistaken belief behind it; "" for the right one."""
    strips: tuple[Rows | None, ...] = ()
    """By option: the numbers to draw; None for an option in words."""
    given: Mapping[str, Rows] = field(default_factory=dict)
    """By name: the tensors to be shown with the question."""
    name: str = ""
    """The question's name, with which the answer's page explains it; "" for one of one's own."""
    answer_page: Page | None = None
    """The page on which the answer is seen."""


@dataclass(frozen=True)
class Asked:
    """A question on which a class was asked to vote, and how far the class has come with it."""

    asked: int
    """As for `Room`, as are `number`, `seed`, `round` and `phase`."""
    number: int
    seed: int
    ballot: Ballot
    opened: float
    """When its vote was first opened, in seconds since 1970."""
    round: int
    phase: Phase
    present: Mapping[int, int]
    """By round: how many phones were in the room as the vote was closed."""
    shown_between: bool
    """Whether the class had seen the first votes before it voted again."""

    def room(self, lesson: str) -> Room:
        """The room as the class left this question."""
        return Room(lesson, self.number, self.seed, self.asked, self.round, self.phase)


Ballots = Mapping[str, Ballot]
"""A question in each language: each phone reads it in its own."""


def moves(
    room: Room, questions: int, *, twins: bool = True, decided: bool = True
) -> Mapping[str, Room]:
    """A teacher's possible moves, the most likely first: by name, the room after the move.

    Args:
        twins: whether its questions have twins.
        decided: whether this question has a right answer to show.
    """
    to = partial(replace, room)
    left = replace(room, before=None) if room.shows_votes else room.before
    ask = partial(Room, room.lesson, asked=room.asked + 1, before=left, draw=room.draw)
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
class Led:
    """All that a teacher may know of a room. The answer is in it before the class may see it."""

    room: Room
    ballot: Ballot
    votes: Votes
    here: int
    """How many phones are in the room: all that have asked for it a moment ago or have voted in
    this round."""
    door: bool
    """Whether the door is open: whether phones may come in that have not been there before."""
    joined: int
    """How many phones have come in since the room was opened."""
    together: int
    """How many of the phones that came in share one address: the address with the most phones."""
    sures: Sures = field(default_factory=dict)
    choices: Choices = OFF
    ends: float | None = None
    """When the countdown of this vote ends, in seconds since 1970; None without one."""

    @property
    def voted(self) -> int:
        """How many phones have voted in this round."""
        return sum(self.votes.get(self.room.round, {}).values())

    @property
    def pairs_up(self) -> bool:
        """Whether the class is told to find its pairs now."""
        return self.choices.pairs and self.room.discusses


@dataclass(frozen=True)
class Told:
    """The part of a room that anyone in it may know at this moment."""

    room: Room
    prompt: str
    options: tuple[str, ...]
    votes: Votes | None
    """None until they are shown: who sees others' votes follows the majority."""
    right: int | None
    """None until the answer is shown, as are `say` and `believed`."""
    say: str | None
    believed: tuple[str, ...] | None
    sures: Sures | None = None
    """None until the answer is shown, and where phones are not asked whether they are sure."""
    choices: Choices = OFF
    ends: float | None = None
    """When the countdown of this vote ends, in seconds since 1970; None without one."""


def told(
    room: Room,
    ballot: Ballot,
    votes: Votes,
    sures: Sures | None = None,
    choices: Choices = OFF,
    ends: float | None = None,
) -> Told:
    """All that may be told of a room now. Nothing else decides that."""
    answered = room.phase == "answered"
    return Told(
        room,
        ballot.prompt,
        ballot.options,
        votes if room.shows_votes else None,
        ballot.right if answered else None,
        ballot.say if answered else None,
        ballot.believed if answered else None,
        sures if answered and choices.sure else None,
        choices,
        ends,
    )


def suggested(
    room: Room,
    votes: Votes,
    possible: Mapping[str, Room],
    *,
    right: int | None = None,
    advised: str = "",
) -> str:
    """The likeliest of the possible moves: to vote again if the class is split, else the first
    other, but for a twin if most of the class were right. "" if nothing is left.

    The class sees which move is suggested, so before the answer is shown it must not depend on
    which option is right.

    Args:
        right: the index of the right option.
        advised: what `advice` says, on a device that the class does not see.
    """
    cast = votes.get(room.round, {})
    helps = advised == "discuss" if advised else is_split(cast)
    again = "again" in possible and helps
    likely = [name for name in possible if (name == "again") == again]
    if room.phase == "answered" and share_right(cast, right) > DISCUSS[1]:
        likely = [name for name in likely if name != "twin"]
    return next(iter(likely), "")


def share_right(cast: Mapping[int, int], right: int | None) -> float:
    """Of the votes of a round, the share for the right option; 0 without votes, and where no option
    is right."""
    return 0.0 if right is None else cast.get(right, 0) / max(1, sum(cast.values()))


def is_split(votes: Mapping[int, int]) -> bool:
    """Whether a class has voted in a round, but not AGREED on an option."""
    cast = sum(votes.values())
    return cast > 0 and max(votes.values()) <= AGREED * cast


def advice(room: Room, ballot: Ballot, votes: Votes) -> Literal["explain", "discuss", "go_on", ""]:
    """What helps a class most, by the share of right votes in this round. It is for the teacher
    alone. "" while the vote is open, without votes, and where no option is right."""
    cast = votes.get(room.round, {})
    if room.phase not in ("closed", "counted") or ballot.right is None or not cast:
        return ""
    low, high = DISCUSS
    right = share_right(cast, ballot.right)
    if right > high:
        return "go_on"
    return "discuss" if right >= low and room.round < ROUNDS else "explain"
