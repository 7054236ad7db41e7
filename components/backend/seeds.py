"""How many of ten seeds learn a task, recorded: it takes half an hour to find out.

`python -m components.backend.seeds` records it anew, in a single process; a soak test holds some of
it against trainings.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cache
from itertools import product
from pathlib import Path
from statistics import median

from components.backend.facts import Fact
from components.backend.linked import choices
from components.backend.whatif.learn import Answer, Question, train

SEEDS = range(10)
SIZES = (2, 4, 8, 16)
STEPS = 400
"""Steps of each recorded training."""

SLOWER = 0.01
"""The learning rate at which a SimpleRNN was recorded as well."""

_FILE = Path(__file__).with_name("learned_seeds.json")


def learned_of_ten(question: Question) -> tuple[int | None, ...] | None:
    """From which step on each of ten seeds has learned the task, None for one that has not; None
    for all where it was not recorded for such a question.

    Recorded are the sizes SIZES, each task's own length, and the learning rates 0.03 and, for a
    SimpleRNN, 0.01.
    """
    steps = _recorded().get(_key(question))
    like = Question(task=question.task)
    return steps if steps and question.length == like.length else None


def facts(question: Question) -> tuple[Fact, ...]:
    """How many of ten seeds learn it, where that was recorded."""
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
    """Whether more seeds learn it at the lower rate, as far as that is known."""
    now, slower = (learned_of_ten(question.but(rate=rate)) for rate in (question.rate, SLOWER))
    return now is None or slower is None or _count(slower) > _count(now)


def _count(steps: tuple[int | None, ...]) -> int:
    """How many have learned."""
    return sum(step is not None for step in steps)


def _key(question: Question) -> str:
    """What a record is kept under."""
    off = question.applies("unit_forget_bias") and not question.unit_forget_bias
    bias = " no bias" if off else ""
    return f"{question.task} {question.cell} {question.units} {question.rate}{bias}"


@cache
def _recorded() -> dict[str, tuple[int | None, ...]]:
    return {key: tuple(steps) for key, steps in json.loads(_FILE.read_text("utf-8")).items()}


def _questions() -> list[Question]:
    """All that are recorded, as of the first seed."""
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
    """Write down what the trainings give now."""
    kept = {}
    for question in _questions():
        trainings = (question.but(seed=seed) for seed in SEEDS)
        kept[_key(question)] = [Answer(one, tuple(train(one))).learned for one in trainings]
        _FILE.write_text(_lines(kept), "utf-8")


if __name__ == "__main__":
    record()
