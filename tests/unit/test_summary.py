"""What came of a room's questions, by numbers that were worked out by hand."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from fractions import Fraction
from io import StringIO

import pandas as pd
import plotly.graph_objects as go
import pytest

from components.backend.lessons import own
from components.backend.rooms.database import connect
from components.backend.rooms.database import meta as tables
from components.backend.rooms.room import Asked, Ballot, Phase, Room, moves
from components.backend.rooms.store import Key, Store
from components.backend.rooms.summary import Result, results, seen_by_class, without_answer
from components.backend.rooms.voting import Vote
from components.charts.votes import flow
from components.panels.teaching.results_file import summary_csv, votes_csv
from components.texts import LANGUAGES, numeral, speaking

BALLOT = Ballot("Which, `a` or b?", ("a", "b", "c"), 1, "B.", ("You thought a.", "", "And c."))
OPENED = datetime(2026, 3, 2, 10, 15, tzinfo=UTC).timestamp()
ROOM = Room("returned", 2, asked=3)


def asked(
    number: int = 1,
    seed: int = 0,
    *,
    at: int = 1,
    rounds: int = 2,
    phase: Phase = "answered",
    ballot: Ballot = BALLOT,
) -> Asked:
    return Asked(at, number, seed, ballot, OPENED, rounds, phase, {1: 6, 2: 5}, True)


def cast(
    first: str, second: str = "", *, at: int = 1, number: int = 1, seed: int = 0
) -> list[Vote]:
    """The votes of phones 1, 2, …: a letter each, and . for none."""
    return [
        Vote(phone, at, number, seed, round_, "abc".index(letter))
        for round_, letters in ((1, first), (2, second))
        for phone, letter in enumerate(letters, 1)
        if letter != "."
    ]


def result(first: str, second: str = "", *, right: int | None = 1) -> Result:
    given = asked(rounds=2 if second else 1, ballot=replace(BALLOT, right=right))
    (found,) = results([given], cast(first, second))
    return found


def test_who_changed_from_what_to_what() -> None:
    """Phones 1 to 6: a to b, a to a, b to b, b to c; the fifth leaves, the sixth comes."""
    found = result("aabba.", "babc.b")
    assert found.counts == {1: (3, 2, 0), 2: (1, 3, 1)}
    assert found.flow == ((1, 1, 0), (0, 1, 1), (0, 0, 0))
    assert found.stayed == 4
    assert (found.first, found.last) == (Fraction(2, 5), Fraction(3, 5))
    assert found.gain == Fraction(60 - 40, 100 - 40)


@pytest.mark.parametrize(
    ("first", "second", "gain"),
    [
        ("aaab", "bbbb", 1.0),  # 25 to 100
        ("aabb", "aabb", 0.0),
        ("aabb", "aaab", -0.5),  # 50 to 25
        ("bbbb", "bbbb", None),  # nothing was left to gain
        ("aabb", "", None),
        ("aabb", "....", None),  # asked again, and nobody voted
        ("....", "aabb", None),
    ],
)
def test_the_normalised_gain(first: str, second: str, gain: float | None) -> None:
    assert result(first, second).gain == gain


@pytest.mark.parametrize(
    ("right", "of", "shown"),
    [
        ((11, 29), 40, ("28%", "73%", "0.62")),  # 27.5, 72.5; of the rounded ones it were 0.63
        ((0, 1), 8, ("0%", "13%", "0.13")),
        ((4, 3), 12, ("33%", "25%", "−0.13")),  # 1/3, 1/4; the gain is −1/8
    ],
)
def test_shares_are_rounded_once_and_halves_up(
    right: tuple[int, int], of: int, shown: tuple[str, str, str]
) -> None:
    found = result(*("b" * count + "a" * (of - count) for count in right))
    shares = (found.first, found.last)
    assert (*(numeral(each, ".0%") for each in shares), numeral(found.gain, ".2f")) == shown


def test_who_was_sure_is_counted_by_round_and_option() -> None:
    sure = (True, True, False, None)
    votes = [vote._replace(sure=said) for vote, said in zip(cast("aaab"), sure, strict=True)] + [
        vote._replace(sure=True) for vote in cast("", "b")
    ]
    (found,) = results([asked()], votes)
    assert found.sures == {1: {0: (2, 1)}, 2: {1: (1, 0)}}


def test_a_poll_has_votes_and_no_share() -> None:
    found = result("aab", "abb", right=None)
    assert (found.first, found.last, found.gain) == (None, None, None)
    assert found.counts == {1: (2, 1, 0), 2: (1, 2, 0)}


def test_twins_are_with_the_question_before_them() -> None:
    """Not a question that the class went back to, which has the same settings."""
    asked_ = [
        asked(1, at=1),
        asked(1, 1, at=2, rounds=1),
        asked(1, 2, at=3, rounds=1),
        asked(2, at=4),
        asked(1, at=5),
        asked(1, 1, at=6, rounds=1),
    ]
    votes = [*cast("ab", at=2, seed=1), *cast("bb", at=3, seed=2), *cast("aa", at=6, seed=1)]
    found = results(asked_, votes)
    assert [each.asked.asked for each in found] == [1, 4, 5]
    twins = [[(twin.asked.asked, twin.first) for twin in each.twins] for each in found]
    assert twins == [[(2, 0.5), (3, 1.0)], [], [(6, 0.0)]]


def test_the_class_sees_no_votes_or_answers_before_their_time() -> None:
    phases: Sequence[Phase] = ("open", "closed", "counted", "answered")
    given = [asked(number, at=number, phase=phase) for number, phase in enumerate(phases, 1)]
    counted, answered = seen_by_class(given, Room("returned", 5))
    assert (counted.number, answered) == (3, given[3])
    assert counted.ballot == replace(BALLOT, right=None, say="", believed=("", "", ""))


def test_a_question_that_is_asked_anew_has_no_answer_yet() -> None:
    for phase, right in (("waiting", None), ("counted", None), ("answered", 1)):
        now = Room("returned", 1, asked=3, phase=phase)
        assert without_answer(asked(1), now).ballot.right == right
        assert without_answer(asked(1, 1), now).ballot.right == 1


# The store.


@pytest.fixture
def store() -> Store:
    return Store(connect("off"))


def lead(store: Store, key: Key, *names: str) -> None:
    for name in names:
        led = store.lead(key)
        assert led is not None
        ballots = dict.fromkeys(LANGUAGES, BALLOT)
        store.move(key, led.room, moves(led.room, 2)[name], ballots)


def opened(store: Store) -> Key:
    return store.open(Room("returned"), dict.fromkeys(LANGUAGES, BALLOT))


def vote(store: Store, key: Key, question: str, options: Iterable[int]) -> None:
    for phone, option in enumerate(options):
        store.vote(key.code, f"{phone:016}", question, option)


@pytest.mark.parametrize("shown", [False, True])
def test_a_room_remembers_each_question_asked(store: Store, shown: bool) -> None:
    key = opened(store)
    lead(store, key, "next", "previous")  # on these no vote was opened
    assert store.history(key).asked == []
    lead(store, key, "open")
    vote(store, key, "3.1", (0, 1))
    lead(store, key, "close", "reopen")
    vote(store, key, "3.1", (0, 1, 1))
    lead(store, key, "close", *["count"] * shown, "again")
    vote(store, key, "3.2", (1, 1))
    lead(store, key, "close", "count", "answer", "twin", "back", "twin", "open")
    led, (first, twin), votes = store.history(key)
    assert led == store.lead(key)
    assert (first.number, first.seed, first.round, first.phase) == (1, 0, 2, "answered")
    assert first.room("returned") == Room("returned", 1, 0, 3, 2, "answered")
    assert first.ballot == BALLOT
    assert first.present == {1: 3, 2: 3}
    assert first.shown_between == shown
    assert (twin.asked, twin.seed, twin.phase, twin.present) == (4, 1, "open", {})
    assert abs(datetime.now(UTC).timestamp() - first.opened) < 60
    (found,) = results([first], votes)
    assert found.flow == ((0, 1, 0), (0, 1, 0), (0, 0, 0))
    assert store.history(Key(key.code, "other")) is None
    store.delete(key)
    assert store.history(key) is None
    with store.engine.connect() as db:
        assert not any(db.execute(tables.tables["rnn_lens_asked"].select()))


def test_the_teachers_moves_tell_phones_nothing_more(store: Store) -> None:
    """Though the room remembers what was shown before."""
    key = opened(store)
    lead(store, key, "open")
    vote(store, key, "1.1", (0, 1))
    lead(store, key, "close", "count", "answer", "twin", "open")
    told, chosen, _ = store.look(key.code, f"{0:016}")
    assert (told.votes, told.right, told.say, told.believed, chosen) == (None, None, None, None, {})


# The files.

GIVEN = [asked(1, at=1), asked(1, 1, at=2, rounds=1)]
VOTES = [*cast("aabba.", "babc.b"), *cast("bb", at=2, seed=1)]


def test_pandas_reads_the_votes_without_help() -> None:
    read = pd.read_csv(StringIO(votes_csv(GIVEN, VOTES, ROOM)))
    assert read.columns.tolist() == [
        *Vote._fields,
        *("opened_at", "lesson", "phones_present", "votes_shown_before"),
        *("prompt", "text", "right"),
    ]
    assert len(read) == 12
    assert read.groupby(["asked", "round"]).right.mean().tolist() == [0.4, 0.6, 1.0]
    assert pd.to_datetime(read.opened_at).dt.tz_convert("UTC")[0] == pd.Timestamp(
        OPENED, unit="s", tz="UTC"
    )
    assert read.groupby("round").votes_shown_before.unique().tolist() == [[False], [True]]
    assert read.groupby("round").phones_present.max().tolist() == [6, 5]
    assert {*read.lesson} == {"returned"}
    assert {*read.prompt} == {"Which, a or b?"}


def test_a_vote_on_a_question_opened_meanwhile_is_left_out() -> None:
    """Both tables are read one after the other."""
    read = pd.read_csv(StringIO(votes_csv(GIVEN[:1], VOTES, ROOM)))
    assert {*read.asked} == {GIVEN[0].asked}


def test_pandas_reads_options_that_nobody_chose() -> None:
    read = pd.read_csv(StringIO(summary_csv(GIVEN, VOTES, ROOM)))
    counts = read.pivot_table(index=["asked", "round"], columns="option", values="count")
    assert counts.to_numpy().tolist() == [[3, 2, 0], [1, 3, 1], [0, 2, 0]]
    assert read.right.tolist() == [False, True, False] * 3


def test_names_are_the_same_in_every_language_and_a_lesson_of_ones_own_is_called_so() -> None:
    mine = Room("What?\n- one\n* two", 2, asked=3)
    heads = set()
    for language in LANGUAGES:
        with speaking(language):
            heads |= {
                votes_csv(GIVEN, VOTES, mine).split()[0],
                summary_csv(GIVEN, [], mine).split()[0],
            }
    assert len(heads) == 2
    assert own.read(mine.lesson)
    assert {*pd.read_csv(StringIO(votes_csv(GIVEN, VOTES, mine))).lesson} == {"own"}


def test_files_have_no_answer_before_the_class() -> None:
    for table in (votes_csv, summary_csv):
        read = pd.read_csv(StringIO(table(GIVEN, VOTES, replace(ROOM, number=1, asked=3))))
        assert read[read.twin == 0].right.isna().all()
        assert read[read.twin == 1].right.notna().all()


# The picture.


def test_bands_are_as_thick_as_phones_are_many() -> None:
    """Those of one option end to end, from the top down."""
    found = result("aabba.", "babc.b")
    picture = flow(found)
    go.Figure(picture.figure)
    heights = [max(trace["y"][-1] - trace["y"][0], 0) for trace in picture.figure["data"]]
    assert heights == [heights[0]] * 4
    pieces = [shape["y1"] - shape["y0"] for shape in picture.figure["layout"]["shapes"]]
    expected = [2, 2, 0, 1, 2, 1]
    assert all(
        math.isclose(p, e * heights[0], abs_tol=0.02) for p, e in zip(pieces, expected, strict=True)
    )
    assert [trace["text"] for trace in picture.figure["data"]] == [
        *("A kept: 1", "A to B: 1", "B kept: 1", "B to C: 1")
    ]
    assert all(trace["text"] in picture.alt for trace in picture.figure["data"])


def test_a_picture_tells_what_is_right_by_a_mark_and_only_if_it_is_known() -> None:
    for right in (1, None):
        labels = flow(result("ab", "bb", right=right)).figure["layout"]["annotations"]
        assert sum("✓" in label["text"] for label in labels) == (2 if right else 0)
    assert "B is right" in flow(result("ab", "bb")).alt
    assert "right" not in flow(result("ab", "bb", right=None)).alt
