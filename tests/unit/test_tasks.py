"""The tasks that a cell learns: what is drawn, and what is right, told over in plain Python."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import pytest

from components.backend.learning.tasks import TASKS, UNASKED, Task


def lit(names: Sequence[str]) -> Iterator[str | None]:
    on = False
    for name in names:
        on = name == "on" if name in ("on", "off") else on
        yield "yes" if on else "no"


def starred(names: Sequence[str]) -> Iterator[str | None]:
    found = None
    for name in names:
        found = name[0] if "*" in name else found
        yield found


def quoted(names: Sequence[str]) -> Iterator[str | None]:
    for end in range(1, len(names) + 1):
        yield ("no", "yes")[list(names[:end]).count('"') % 2]


def leading(names: Sequence[str]) -> Iterator[str | None]:
    for end in range(1, len(names) + 1):
        ups, downs = (list(names[:end]).count(name) for name in ("up", "down"))
        yield None if ups == downs else ("no", "yes")[ups > downs]


def echoed(names: Sequence[str]) -> Iterator[str | None]:
    yield from (names[at - 3] if at >= 3 else None for at in range(len(names)))


def first(names: Sequence[str]) -> Iterator[str | None]:
    yield from (names[0] for _ in names)


TOLD: dict[str, Callable[[Sequence[str]], Iterator[str | None]]] = {
    "switch": lit,
    "star": starred,
    "quotes": quoted,
    "ups": leading,
    "echo": echoed,
    "first": first,
}


@pytest.fixture(params=TASKS)
def task(request: pytest.FixtureRequest) -> Task:
    return TASKS[request.param]


@pytest.mark.parametrize("steps", [5, 20, 100])
def test_what_is_right_is_what_the_task_says(task: Task, steps: int) -> None:
    ids, asked = task.batch((1, 2), 50, steps)
    assert ids.shape == asked.shape == (50, steps)
    assert ids.min() >= 0
    assert ids.max() < task.ids == len(task.symbols)
    right = task.solve(ids)
    for row, found, wanted in zip(ids, right, asked, strict=True):
        said = list(TOLD[task.name]([task.symbols[token] for token in row]))
        assert [None if one == UNASKED else task.classes[one] for one in found] == said
        kept = found[-1:] if task.at_end else found
        np.testing.assert_array_equal(wanted[-len(kept) :], kept)
        assert task.at_end == (wanted[:-1] == UNASKED).all()


def test_every_class_is_asked_for(task: Task) -> None:
    _, asked = task.batch((0,), 200, task.length)
    assert set(asked[asked != UNASKED].tolist()) == set(range(task.answers))
    assert task.answers == len(task.classes)
    assert (asked[:, -1] != UNASKED).all()


def test_a_seed_gives_one_batch(task: Task) -> None:
    one, same, other = (task.batch(seed, 8, 20)[0] for seed in ((3, 0), (3, 0), (3, 1)))
    np.testing.assert_array_equal(one, same)
    assert (one != other).any()


def test_how_often_things_happen() -> None:
    ids, _ = TASKS["switch"].batch((0,), 2000, 20)
    assert (ids[:, 0] < 2).all()
    assert abs((ids[:, 1:] < 2).mean() - 0.3) < 0.02
    ids, _ = TASKS["star"].batch((0,), 2000, 20)
    assert ((ids >= 3).sum(axis=1) == 1).all()
    ids, _ = TASKS["quotes"].batch((0,), 2000, 20)
    assert abs((ids == 0).mean() - 0.25) < 0.02
