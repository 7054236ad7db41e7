"""Lessons: one option of each question is right, all of it can be said, and its links are good."""

from __future__ import annotations

import itertools
import re
import tomllib
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from components.backend.lessons import LESSONS, Posed, named, pose
from components.backend.lessons.question import AgainError, Draw, Option, right_of
from components.backend.question.setup import Setup

QUESTIONS = [(lesson, n + 1) for lesson, asked in LESSONS.items() for n in range(len(asked))]
MISCONCEPTIONS = tomllib.loads(
    (Path(__file__).parents[2] / "components/backend/lessons/misconceptions.toml").read_text()
)
TURNS = 4  # so many seeds let most settings that take turns come once

EVERY_QUESTION = pytest.mark.parametrize(("lesson", "number"), QUESTIONS)


@EVERY_QUESTION
@pytest.mark.parametrize("twins", [TURNS, pytest.param(3 * TURNS, marks=pytest.mark.whole)])
def test_a_question_and_its_twins(lesson: str, number: int, twins: int) -> None:
    posed = [pose(lesson, number, seed) for seed in range(twins + 1)]
    for each in posed:
        expect_one_option_is_right_and_each_wrong_one_says_what_was_believed(each)
        expect_what_one_is_said_to_see_is_in_sight(each)
        expect_its_links_are_read_without_a_complaint(each)
    # The right option is in another place in the next twin.
    assert all(one.right != after.right for one, after in itertools.pairwise(posed))
    expect_each_option_to_be_right_for_some_or_a_known_misconception(posed)
    expect_to_remember_the_answer_not_to_help(posed)


def expect_one_option_is_right_and_each_wrong_one_says_what_was_believed(posed: Posed) -> None:
    assert [option.holds for option in posed.options].count(True) == 1
    assert posed.options[posed.right].holds
    assert posed.prompt
    assert posed.say
    assert all("{" not in said for said in (posed.prompt, posed.say))
    for index, option in enumerate(posed.options):
        assert posed.said(index) or option.strip is not None
        assert index == posed.right or posed.believed(index)
    said = [posed.said(i) for i, option in enumerate(posed.options) if option.strip is None]
    assert len(said) == len({*said})


def expect_what_one_is_said_to_see_is_in_sight(posed: Posed) -> None:
    said = "".join(re.findall("[Yy]ou see ([^.,]*)", posed.prompt))
    assert {*re.findall(r"`(\w+)`", said)} == {*posed.given}


def expect_its_links_are_read_without_a_complaint(posed: Posed) -> None:
    for page in (posed.page, posed.answer_page):
        query = {name: [value] for name, value in page.query.items()}
        assert not Setup.from_query(query)[1]


def expect_each_option_to_be_right_for_some_or_a_known_misconception(posed: list[Posed]) -> None:
    names = {option.name for option in posed[0].options}
    ever_right = {each.options[each.right].name for each in posed}
    question = LESSONS[posed[0].lesson][posed[0].number - 1].__name__
    sources = MISCONCEPTIONS.get(posed[0].lesson, {}).get(question, {})
    assert {*sources} == names - ever_right
    assert all(urlsplit(source).scheme == "https" for source in sources.values())


def expect_to_remember_the_answer_not_to_help(posed: list[Posed]) -> None:
    """In at least half of the twins another option is right."""
    first, *twins = map(read_as, posed)
    assert sum(twin != first for twin in twins) >= len(twins) / 2


def read_as(posed: Posed) -> object:
    """The right option, as who remembers it would look for it in a twin."""
    strip = posed.strips[posed.right]
    return posed.said(posed.right) if strip is None else strip.tolist()


def test_no_misconception_is_of_a_question_that_is_gone() -> None:
    asked = {(lesson, each.__name__) for lesson, all_of in LESSONS.items() for each in all_of}
    assert asked >= {(lesson, name) for lesson, all_of in MISCONCEPTIONS.items() for name in all_of}


@pytest.mark.parametrize("lesson", LESSONS)
def test_the_same_seed_poses_the_same_question(lesson: str, forget: Callable[[], None]) -> None:
    posed = pose(lesson, 1, 2)
    forget()
    again = named(posed.name)
    assert (again.prompt, again.right, again.page) == (posed.prompt, posed.right, posed.page)
    assert [option.name for option in again.options] == [option.name for option in posed.options]


def test_settings_are_drawn_again_until_they_fit() -> None:
    draw = Draw("any", 0, 0)
    assert (draw(4, 5, 6), draw.turn("a", "b"), draw.cell("GRU"), draw.seed) == (4, "a", "GRU", 10)
    assert Draw("any", 0, 1).seed != 10  # other weights, if the first do not fit
    assert {Draw("any", seed, 0)(4, 5, 6) for seed in range(1, 20)} == {4, 5, 6}
    assert [Draw("any", seed, 0).turn("a", "b") for seed in range(4)] == ["a", "b", "a", "b"]
    with pytest.raises(AgainError):
        draw.need(False)
    for both in (True, False):
        with pytest.raises(AgainError):
            right_of([Option("a", both), Option("b", both)])


@pytest.mark.parametrize(
    ("number", "right"),
    [
        (1, ["vector", "square", "sequence", "row"]),
        (2, ["to_itself", "all"]),
        (3, ["nothing", "something"]),
        (4, ["weights", "both"]),
        (5, ["mixed", "vector", "refused"]),
    ],
)
def test_what_is_right_of_attention_changes_from_twin_to_twin(
    number: int, right: list[str]
) -> None:
    posed = [pose("attention", number, seed) for seed in range(len(right))]
    assert [each.options[each.right].name for each in posed] == right
