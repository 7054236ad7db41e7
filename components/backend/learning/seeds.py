"""How many of ten seeds learn a task, recorded in a file, as it takes half an hour to find out.

`python -m components.backend.learning.seeds` records it anew, in a single process; a soak test
compares some of it with trainings.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cache
from itertools import product
from pathlib import Path
from statistics import median

from components.backend.learning.learn import Answer, Question, train
from components.backend.question.linked import choices
from components.backend.running.facts import Fact

SEEDS = range(10)
SIZES = (2, 4, 8, 16)
STEPS = 400
"""Steps of each recorded training."""

SLOWER = 0.01
"""The second learning rate, recorded for a SimpleRNN only."""

_FILE = Path(__file__).with_name("learned_seeds.json")


def learned_of_ten(question: Question) -> tuple[int | None, ...] | None:
    """The step from which on each of ten seeds has learned the task, or None for a seed that has
    not; None as a whole if no such question was recorded.

    Recorded are the sizes SIZES, each task's own length, and the learning rates 0.03 and, for a
    SimpleRNN, 0.01.
    """
    steps = _recorded().get(_key(question))
    like = Question(task=question.task)
    return steps if steps and question.length == like.length else None


def facts(question: Question) -> tuple[Fact, ...]:
    """How many of ten seeds learn the task, if that was recorded."""
    steps = learned_of_ten(question)
    if steps is None:
        return ()
    good = [step for step in steps if step is not None]
    values = {"count": len(good), "cell": question.cell, "units": question.units}
    values |= {"steps": STEPS, "rate": question.rate}
    if good:
        name = "one_of_ten" if len(good) == 1 else "of_ten"
        found = [Fact(name, None, values | {"median": round(median(good))})]
    else:
        found = [Fact("none_of_ten", None, values)]
    slower = learned_of_ten(question.but(rate=SLOWER))
    if slower is not None and question.rate > SLOWER and len(good) < len(steps):
        better = "slower" if _count(slower) > len(good) else "no_slower"
        values = {"slower": SLOWER, "count": _count(slower), "steps": STEPS}
        found.append(Fact(f"of_ten_{better}", None, values))
    on, off = (learned_of_ten(question.but(unit_forget_bias=bias)) for bias in (True, False))
    if question.applies("unit_forget_bias") and on is not None and off is not None:
        values = {"on": _count(on), "off": _count(off), "steps": STEPS}
        found.append(Fact("of_ten_bias", None, values))
    return tuple(found)


def may_do_better(question: Question) -> bool:
    """Whether more seeds learn the task at the lower rate; True if that was not recorded."""
    now, slower = (learned_of_ten(question.but(rate=rate)) for rate in (question.rate, SLOWER))
    return now is None or slower is None or _count(slower) > _count(now)


def _count(steps: tuple[int | None, ...]) -> int:
    """How many seeds have learned the task."""
    return sum(step is not None for step in steps)


def _key(question: Question) -> str:
    """The key of a question's record in the file."""
    off = question.applies("unit_forget_bias") and not question.unit_forget_bias
    bias = " no bias" if off else ""
    return f"{question.task} {question.cell} {question.units} {question.rate}{bias}"


@cache
def _recorded() -> dict[str, tuple[int | None, ...]]:
    return {key: tuple(steps) for key, steps in json.loads(_FILE.read_text("utf-8")).items()}


def _questions() -> list[Question]:
    """All questions that are recorded, each with the first of its ten seeds."""
    kinds = product(choices(Question, "task"), choices(Question, "cell"), SIZES)
    found = [Question(task=t, cell=c, units=u, steps=STEPS) for t, c, u in kinds]
    found += [q.but(rate=SLOWER) for q in found if q.cell == "SimpleRNN"]
    lab = [q for q in found if q.task == "first" and q.cell == "LSTM"]
    return found + [q.but(unit_forget_bias=False) for q in lab]


def _lines(kept: Mapping[str, Sequence[int | None]]) -> str:
    """The records as JSON, a line each."""
    rows = (f"{json.dumps(key)}: {json.dumps(steps)}" for key, steps in kept.items())
    return "{\n" + ",\n".join(rows) + "\n}\n"


def record() -> None:
    """Train all questions with ten seeds each, and write the results to the file."""
    kept = {}
    for question in _questions():
        trainings = (question.but(seed=seed) for seed in SEEDS)
        kept[_key(question)] = [Answer(one, tuple(train(one))).learned for one in trainings]
        _FILE.write_text(_lines(kept), "utf-8")


if __name__ == "__main__":
    record()
