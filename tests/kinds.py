"""Which settings a test takes out of very many, and runs with no weight left at 0."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import cache, partial
from itertools import combinations, product
from typing import Any, TypeVar

import numpy as np
import pytest

from components.backend import Run, Settings, run
from components.backend.question.layout import Layout, state_layout, weight_layout
from components.backend.question.linked import choices

Case = TypeVar("Case")
DRAWN_BY = ("kernel_initializer", "recurrent_initializer", "bias_initializer")
"""Options that only draw other weights. test_initializers.py has them; products of all options do
without."""
OPTIONS: dict[str, Sequence[Any]] = {
    name: choices(Settings, name) or (True, False)
    for name, field in Settings.model_fields.items()
    if isinstance(field.default, bool | str) and name not in DRAWN_BY
}
"""Every setting that is a flag or a choice, a new one included, by its values."""

soaking = True  # whether the run may come to tests behind `soak`; conftest.py says when not

Values = Mapping[str, Any]  # what a case has of each option that matters to it


def every_kind(options: Mapping[str, Sequence[Any]], **size: Any) -> list[Settings]:
    """Every combination of the options that have an effect, each once."""
    found = {}
    for values in product(*options.values()):
        settings = Settings(**dict(zip(options, values, strict=True)))
        chosen = chosen_of(options, settings)
        if (key := tuple(chosen.items())) not in found:
            found[key] = Settings(**chosen, **size)
    return list(found.values())


def chosen_of(options: Iterable[str], settings: Settings) -> dict[str, Any]:
    """What the settings say of those options, as far as they have an effect."""
    return {name: getattr(settings, name) for name in options if settings.applies(name)}


@cache
def all_kinds() -> list[Settings]:
    """Every combination of all options."""
    return every_kind(OPTIONS)


@cache
def few_kinds() -> list[Settings]:
    """Few of them, in which each pair of options is met."""
    return pairwise(all_kinds(), partial(chosen_of, OPTIONS))


def product_of(**options: Iterable[Any]) -> list[dict[str, Any]]:
    """Every combination of the options' values, as cases of a test."""
    return [dict(zip(options, values, strict=True)) for values in product(*options.values())]


def listed(values: Values) -> str:
    """A name for such a case: what it has of each option."""
    return "-".join(map(str, values.values())).replace(" ", "")


def pairs(values: Values, of: Collection[str] | None = None) -> set[frozenset[tuple[str, Any]]]:
    """Every two options of a case, with their values; one of them of those names, if given."""
    return {
        frozenset(pair)
        for pair in combinations(values.items(), 2)
        if of is None or any(name in of for name, _ in pair)
    }


def pairwise(
    cases: Sequence[Case], values: Callable[[Case], Values], of: Collection[str] | None = None
) -> list[Case]:
    """Few of the cases, in which each pair of values that is in any of them still occurs.

    Always the case with most pairs that are missing yet. A library that makes cases of options
    would not do: which options there are depends on the others, and pairs get lost.

    A case's pairs are the bits of one number, as there are thousands of cases.
    """
    bit: dict[frozenset[tuple[str, Any]], int] = {}
    left = {
        number: sum(1 << bit.setdefault(pair, len(bit)) for pair in pairs(values(case), of))
        for number, case in enumerate(cases)
    }
    found = []
    while left:
        best = max(left, key=lambda number: left[number].bit_count())
        found.append(cases[best])
        met = left[best]
        left = {number: rest for number, own in left.items() if (rest := own & ~met)}
    return found


def soaked(
    cases: Sequence[Case],
    values: Callable[[Case], Values] = dict,
    called: Callable[[Case], str] = listed,
    of: Collection[str] | None = None,
) -> list[Any]:
    """The cases as a test's parameters: pairwise in the default run, the others behind `soak`.

    Those are tens of thousands, and are not even made for a run that would pass them over.

    Args:
        values: what a case has of each option; cases of `product_of` have nothing else.
        of: names of which each pair that has to be met has one.
    """
    few = {id(case) for case in pairwise(cases, values, of)}
    return [
        pytest.param(case, id=called(case), marks=() if id(case) in few else pytest.mark.soak)
        for case in cases
        if soaking or id(case) in few
    ]


def in_turn(cases: Iterable[Any], others: Collection[Any]) -> list[Any]:
    """Each case with one of the others in turn, as a test's parameters; with the rest of them
    behind `soak`."""
    return [
        pytest.param(case, other, marks=() if at == number % len(others) else pytest.mark.soak)
        for number, case in enumerate(cases)
        for at, other in enumerate(others)
    ]


def called(options: Mapping[str, Sequence[Any]], settings: Settings) -> str:
    """A name for a test: the options that are not at their defaults."""
    query = settings.to_query()
    return "-".join(f"{name}={query[name]}" for name in options if name in query) or "defaults"


def random_weights(settings: Settings, seed: int) -> dict[str, np.ndarray]:
    """Every weight and every bias drawn at random, none of them 0."""
    return any_weights(weight_layout(settings), seed)


def any_weights(layouts: Iterable[Layout], seed: int) -> dict[str, np.ndarray]:
    """Weights for these layouts, none of them 0."""
    draw = np.random.default_rng(seed)
    return {each.name: draw.uniform(-1, 1, each.shape) for each in layouts}


def random_run(settings: Settings, seed: int) -> Run:
    """A run with random weights, that begins with the states of `states_of`."""
    return run(settings, random_weights(settings, seed), initial=states_of(settings))


def states_of(settings: Settings, seed: int = 0) -> dict[str, np.ndarray]:
    """States to begin with, none of them 0."""
    draw = np.random.default_rng(seed)
    layouts = state_layout(settings)
    return {s.name: draw.uniform(-1, 1, s.shape).astype("float32") for s in layouts}
