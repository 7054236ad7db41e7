"""The lessons, and a question of one of them with its options and Keras's answer."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np

from components.backend.lessons import (
    attention,
    both_directions,
    calls,
    gates,
    gradients,
    own,
    padded,
    parameters,
    returned,
    shapes,
    stacking,
    states,
)
from components.backend.lessons.question import (
    FIRST_OF_ROOMS,
    MOST_OF_ROOMS,
    MOST_SEED,
    AgainError,
    Draw,
    Option,
    Page,
    Phrase,
    Question,
    right_of,
)
from components.backend.question.labels import gate_in_words
from components.backend.running import answers
from components.texts import has_text, text

LESSONS: Mapping[str, tuple[Callable[[Draw], Question], ...]] = MappingProxyType(
    {
        "returned": (
            returned.shapes,
            returned.tensors,
            returned.changed,
            returned.flags,
            returned.unpacking,
        ),
        "states": (
            states.which_column,
            states.last_c,
            states.leaves_the_range,
            states.new_h,
            states.how_many,
        ),
        "shapes": (
            shapes.outputs,
            shapes.state,
            shapes.read,
            shapes.one_change,
            shapes.next_one,
        ),
        "parameters": (
            parameters.how_many,
            parameters.more_units,
            parameters.blocks,
            parameters.one_change,
            parameters.largest,
        ),
        "stacking": (
            stacking.refused,
            stacking.mended,
            stacking.returned,
            stacking.known,
            stacking.states,
        ),
        "padded": (
            padded.goes_on,
            padded.other_side,
            padded.above,
            padded.real_zero,
            padded.still_there,
        ),
        "calls": (
            calls.begins,
            calls.passed,
            calls.made_same,
            calls.other_size,
            calls.apart,
        ),
        "both_directions": (
            both_directions.shape,
            both_directions.place,
            both_directions.have_read,
            both_directions.switched_off,
            both_directions.tensors,
        ),
        "gates": (
            gates.moves,
            gates.at_first,
            gates.held,
            gates.without,
            gates.gru,
        ),
        "gradients": (
            gradients.reached,
            gradients.fallen,
            gradients.remembers,
            gradients.across_padding,
            gradients.nowhere,
        ),
        "attention": (
            attention.shape,
            attention.causal,
            attention.padded,
            attention.order,
            attention.two_axes,
        ),
    }
)
"""By name of a lesson: its questions. In the lesson's texts a question has its function's name."""

_SEEDS = range(MOST_SEED + 1), range(FIRST_OF_ROOMS, MOST_OF_ROOMS)  # of links, of rooms
_MOST_ATTEMPTS = 60


@dataclass(frozen=True, eq=False)
class Posed:
    """A question of a lesson, all of it in Markdown."""

    lesson: str
    number: int  # of the question in the lesson, from 1
    seed: int  # 0 for the first settings, any other number for a twin
    page: Page | None  # with the settings in question; None if a lesson of one's own gives no link
    answer_page: Page | None  # the page on which the answer is seen
    options: tuple[Option, ...]
    right: (
        int | None
    )  # the index of the option that is right; None if a lesson of one's own leaves it open
    given: Mapping[str, np.ndarray]  # tensors to be shown with the question, each (step, unit)
    words: Mapping[str, Any]  # the values of the texts' placeholders

    @property
    def name(self) -> str:
        """The name by which `named` finds it; "" for a question of one's own."""
        return f"{self.lesson}.{self.number}.{self.seed}"

    @property
    def prompt(self) -> str:
        """The question itself."""
        return self._text("prompt")

    @property
    def say(self) -> str:
        """The explanation that stands with the answer."""
        return self._text("say")

    @property
    def at(self) -> str:
        """Words to look for on the answer's page; "" if the answer is seen there without
        scrolling."""
        return self._text("at") if has_text(f"{self._path}.at") else ""

    @property
    def strips(self) -> tuple[np.ndarray | None, ...]:
        """By option: the numbers to draw, (step, unit); None for an option in words."""
        return tuple(option.strip for option in self.options)

    def said(self, option: int) -> str:
        """The text of an option; "" if it is a strip."""
        found = self.options[option]
        if found.strip is not None:
            return ""
        return f"`{found.code}`" if found.code else self._text(f"options.{found.name}")

    def believed(self, option: int) -> str:
        """The mistaken belief behind a wrong option."""
        return self._text(f"believed.{self.options[option].name}")

    @property
    def _path(self) -> str:
        return f"lesson.{self.lesson}.{LESSONS[self.lesson][self.number - 1].__name__}"

    def _text(self, name: str) -> str:
        phrases = {
            word: text(f"{self._path}.phrases.{value.name}", **self.words)
            for word, value in self.words.items()
            if isinstance(value, Phrase)
        }
        return text(f"{self._path}.{name}", **gate_in_words(self.words) | phrases)


class _Own(Posed):
    """A question of one's own lesson, whose texts are its words."""

    name = ""

    def _text(self, name: str) -> str:
        return self.words.get(name, "")


def title(lesson: str) -> str:
    """A lesson's title.

    Args:
        lesson: a name in LESSONS, or the text of a lesson of one's own, whose title is not in
            Markdown.
    """
    if lesson in LESSONS:
        return text(f"lesson.{lesson}.title")
    return own.lesson(lesson).title or text("lessons.own.title")


def line(lesson: str) -> str:
    """The subject of a lesson, in a line."""
    if lesson in LESSONS:
        return text(f"lesson.{lesson}.line")
    return text("lessons.own.line", count=questions(lesson))


def questions(lesson: str) -> int:
    """How many questions a lesson has."""
    return len(LESSONS[lesson] if lesson in LESSONS else own.read(lesson))


def pose(lesson: str, number: int, seed: int = 0) -> Posed:
    """A question of a lesson, its options in an order drawn by the seed.

    Args:
        lesson: a name in LESSONS; or the text of a lesson of one's own, which has no twins.
        number: of the question, from 1.
        seed: 0 for the first settings; any other for a twin, the question under other settings.
    """
    if lesson not in LESSONS:
        return _own(lesson, number)
    key = ("posed", lesson, number, seed)
    return answers.cached(key, lambda: _posed(lesson, number, seed))


def _posed(lesson: str, number: int, seed: int) -> Posed:
    """A question of one of LESSONS."""
    question = _drawn(lesson, number, seed)
    names = [option.name for option in question.options]
    right = right_of(question.options)
    wrong = [option for option in question.options if option.name != right]
    fixed = random.Random(f"{lesson} {number}")
    random.Random(f"{lesson} {number} {seed}").shuffle(wrong)
    # From one seed to the next the right option changes its place: by 1 to len(names) - 1 places.
    at = (fixed.randrange(len(names)) + seed * fixed.randrange(1, len(names))) % len(names)
    options = (*wrong[:at], question.options[names.index(right)], *wrong[at:])
    return Posed(
        lesson=lesson,
        number=number,
        seed=seed,
        page=question.page,
        answer_page=question.answer_page or question.page,
        options=options,
        right=at,
        given=MappingProxyType(dict(question.given)),
        words=MappingProxyType(dict(question.words)),
    )


def _own(lesson: str, number: int) -> Posed:
    """A question of one's own lesson."""
    asked = own.read(lesson)[number - 1]
    options = tuple(Option(str(at), at == asked.right) for at in range(len(asked.options)))
    words = {"prompt": own.literal_prompt(asked)}
    for at, option in enumerate(asked.options):
        words[f"options.{at}"] = own.literal(option)
        explained = "say" if at == asked.right else f"believed.{at}"
        words[explained] = own.literal(asked.explained[at])
    return _Own(lesson, number, 0, asked.page, asked.page, options, asked.right, {}, words)


def named(name: str, ask: Callable[[str, int, int], Posed | None] = pose) -> Posed | None:
    """The question of that name; None if there is none.

    Args:
        ask: `pose`, or `recorded`.
    """
    lesson, number, seed = (*name.split("."), "", "", "")[:3]
    known = lesson in LESSONS and number in map(str, range(1, len(LESSONS[lesson]) + 1))
    is_number = seed.isdecimal() and len(seed) <= len(str(MOST_OF_ROOMS)) and seed == str(int(seed))
    if not (known and is_number and any(int(seed) in seeds for seeds in _SEEDS)):
        return None
    return ask(lesson, int(number), int(seed))


def _drawn(lesson: str, number: int, seed: int) -> Question:
    """The question with settings under which exactly one option is right and no two read alike. If
    none of the settings drawn for this seed will do, the question with the first settings."""
    ask = LESSONS[lesson][number - 1]
    for attempt in range(_MOST_ATTEMPTS):
        try:
            question = ask(Draw(f"{lesson} {number}", seed, attempt))
            right_of(question.options)
        except AgainError:
            continue
        codes = [option.code for option in question.options if option.code]
        if len(codes) == len({*codes}):
            return question
    if not seed:
        raise RuntimeError(f"{lesson} {number}: its first settings are not fit")
    return _drawn(lesson, number, 0)
