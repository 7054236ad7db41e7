"""What a class knew before and after each question: its votes, and who changed to what."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction

from components.backend.rooms.choices import Sureness, Sures
from components.backend.rooms.room import ROUNDS, Asked, Room
from components.backend.rooms.voting import Vote


@dataclass(frozen=True, eq=False)
class Result:
    """The votes of a class on a question."""

    asked: Asked
    counts: Mapping[int, tuple[int, ...]]
    """By round: how many chose each option, also those that nobody chose."""
    flow: tuple[tuple[int, ...], ...]
    """(first option, second option): how many chose the one, then the other. Phones that voted in
    one round alone are not in it."""
    sures: Sures = field(default_factory=dict)
    twins: tuple[Result, ...] = ()
    """The same question under other settings, asked afterwards."""

    @property
    def first(self) -> Fraction | None:
        """The share of right votes in the first round, from 0 to 1; None where no option is known
        to be right, and without votes."""
        return self.share(1)

    @property
    def last(self) -> Fraction | None:
        """As `first`, in the second round; None if there was none."""
        return self.share(ROUNDS)

    @property
    def gain(self) -> Fraction | None:
        """The normalised gain: of the share that was not right, how much has become right (Hake
        1998). Negative if fewer are right than before; None if all were right before."""
        if self.first is None or self.last is None or self.first == 1:
            return None
        return (self.last - self.first) / (1 - self.first)

    @property
    def stayed(self) -> int:
        """How many phones voted in both rounds."""
        return sum(map(sum, self.flow))

    def share(self, round_: int) -> Fraction | None:
        """The share of right votes in a round."""
        right, counts = self.asked.ballot.right, self.counts.get(round_, ())
        is_known = right is not None and sum(counts)
        return Fraction(counts[right], sum(counts)) if is_known else None


def seen_by_class(asked: Iterable[Asked], room: Room) -> list[Asked]:
    """The questions whose votes the class has seen; without what is right, where it has not seen
    that or is asked the same question anew."""
    return [without_answer(each, room) for each in asked if each.room(room.lesson).shows_votes]


def without_answer(asked: Asked, room: Room) -> Asked:
    """A question without what is right, unless the class has seen that. If it is asked the same
    question anew, it has not.

    Args:
        room: as it is now.
    """
    is_now = (asked.number, asked.seed) == (room.number, room.seed)
    if asked.phase == "answered" and not (is_now and room.phase != "answered"):
        return asked
    nothing = ("",) * len(asked.ballot.options)
    return replace(asked, ballot=replace(asked.ballot, right=None, say="", believed=nothing))


def results(asked: Sequence[Asked], votes: Iterable[Vote]) -> list[Result]:
    """The result of each question, in the order in which the class was asked them; twins are in the
    result of the question before them.

    Args:
        votes: of all questions; those of other questions than asked are left out.
    """
    found = list[Result]()
    for each in _each(asked, votes):
        of = [at for at, one in enumerate(found) if _is_twin(each.asked, one.asked)]
        if of:
            found[of[-1]] = replace(found[of[-1]], twins=(*found[of[-1]].twins, each))
        else:
            found.append(each)
    return found


def _is_twin(asked: Asked, before: Asked) -> bool:
    return asked.number == before.number and asked.seed not in (0, before.seed)


def _each(asked: Sequence[Asked], votes: Iterable[Vote]) -> Iterator[Result]:
    """The result of each question by itself."""
    chosen = defaultdict[int, dict[int, dict[int, int]]](lambda: defaultdict(dict))
    said = defaultdict[int, dict[tuple[int, int], list[bool]]](lambda: defaultdict(list))
    for vote in votes:
        chosen[vote.asked][vote.round][vote.phone] = vote.option
        if vote.sure is not None:
            said[vote.asked][vote.round, vote.option].append(vote.sure)
    for each in asked:
        by, options = chosen[each.asked], range(len(each.ballot.options))
        counts = {
            round_: tuple(map(Counter(by[round_].values()).__getitem__, options))
            for round_ in range(1, each.round + 1)
        }
        last = by[ROUNDS]
        pairs = Counter((first, last[phone]) for phone, first in by[1].items() if phone in last)
        flow = tuple(tuple(pairs[one, other] for other in options) for one in options)
        yield Result(each, counts, flow, _sures(said[each.asked]))


def _sures(said: Mapping[tuple[int, int], list[bool]]) -> Sures:
    """How many were sure and how many unsure, of what each said by round and option."""
    found = defaultdict[int, dict[int, Sureness]](dict)
    for (round_, option), each in said.items():
        found[round_][option] = Sureness(sum(each), len(each) - sum(each))
    return dict(found)
