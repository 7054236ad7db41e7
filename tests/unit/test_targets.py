"""Targets and output whose shapes do not fit: all that Keras says of them is told apart, and what
mends it leads to shapes that fit."""

from __future__ import annotations

import re
import traceback
from itertools import product
from typing import NamedTuple

import numpy as np
import pytest

from components.backend.pasted.read import read
from components.backend.pasted.targets import KINDS
from components.backend.running.engine import use_keras

Shape = tuple[int, ...]

BINARY, CATEGORICAL, SPARSE = (
    f"{kind}_crossentropy" for kind in ("binary", "categorical", "sparse_categorical")
)
STEPS = 12


class Case(NamedTuple):
    """A loss, and the shapes of what it gets without their samples."""

    loss: str
    target: Shape
    output: Shape


CASES = tuple(
    Case(*each)
    for each in product(
        (BINARY, CATEGORICAL, SPARSE),
        ((), (1,), (3,), (5,), (12,), (1, 1), (1, 3), (5, 1), (5, 3), (12, 1), (12, 3), (12, 5)),
        ((1,), (3,), (12,), (12, 1), (12, 3)),
    )
)


def error(case: Case) -> str:
    """Keras's error with its traceback; "" if Keras takes it."""
    with use_keras() as (keras, _):
        loss = getattr(keras.losses, "".join(part.title() for part in case.loss.split("_")))()
        try:
            loss(np.zeros((4, *case.target), int), np.zeros((4, *case.output), "float32"))
        except ValueError:
            return traceback.format_exc()
    return ""


def mended(case: Case, code: str) -> Case:
    """What becomes of a case with code that mends it."""
    loss, target, output = case
    if names := re.findall(r'loss="(\w+)"', code):
        loss = names[0]
    if layers := re.findall(r"LSTM\(units(.*?)\)", code):
        output = (STEPS, output[-1]) if layers[-1] else output[-1:]
    if steps := re.findall(r"RepeatVector\((\d+)\)", code):
        output = (int(steps[0]), output[-1])
    if units := re.findall(r"Dense\((\d+)", code):
        output = (*output[:-1], int(units[0]))
    if classes := re.findall(r"to_categorical\(y, (\d+)\)", code):
        target = (*(target[:-1] if target[-1:] == (1,) else target), int(classes[0]))
    if "y[:, 0]" in code:
        target = target[1:]
    if "argmax" in code:
        target = target[:-1]
    return Case(loss, target, output)


def mend(case: Case) -> str:
    text = error(case)
    return read(text).mend if text else ""


def fits(case: Case, mends: int = 4) -> bool:
    """Whether Keras takes it, after at most so many mends: a line of what is told, or all."""
    if not error(case):
        return True
    code = mend(case)
    ways = {mended(case, each) for each in (code, *code.splitlines())} - {case}
    return mends > 0 and any(fits(each, mends - 1) for each in ways)


def is_told(case: Case) -> bool:
    """All but those of which nothing shows which axis is one too many."""
    if case.loss == SPARSE:
        return not (len(case.target) == 2 and case.target[1] > 1 and len(case.output) == 1)
    return (case.target, case.output) != ((5,), (12, 3))


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case[0]}-{case[1]}-{case[2]}")
def test_what_is_told_leads_to_shapes_that_fit(case: Case) -> None:
    text = error(case)
    if not text:
        return
    what = read(text).what.name
    assert what == "errors.unknown" or what.removeprefix("errors.") in KINDS
    assert (what != "errors.unknown") == is_told(case) == fits(case)


class Fitted(NamedTuple):
    """A case in `fit`, and which error it is."""

    case: Case
    kind: str
    alone: str = ""
    """Which one its message is without the traceback, if another."""


FITTED = (
    Fitted(Case(CATEGORICAL, (1,), (3,)), "class_column", "one_number"),
    Fitted(Case(CATEGORICAL, (), (3,)), "class_numbers", "many_outputs"),
    Fitted(Case(CATEGORICAL, (12,), (12, 3)), "class_numbers", "many_outputs"),
    Fitted(Case(CATEGORICAL, (), (12, 3)), "targets_of_classes"),
    Fitted(Case(CATEGORICAL, (3,), (12, 3)), "targets"),
    Fitted(Case(CATEGORICAL, (5,), (3,)), "other_width"),
    Fitted(Case(CATEGORICAL, (12, 5), (12, 3)), "last_units"),
    Fitted(Case(CATEGORICAL, (5, 3), (12, 3)), "other_steps"),
    Fitted(Case(BINARY, (1,), (12, 1)), "one_number"),
    Fitted(Case(BINARY, (), (12, 1)), "targets"),
    Fitted(Case(BINARY, (), (3,)), "many_outputs"),
    Fitted(Case(BINARY, (3,), (1,)), "one_output"),
    Fitted(Case(BINARY, (1, 3), (3,)), "step_too_many"),
    Fitted(Case(BINARY, (12, 3), (3,)), "targets_of_steps"),
    Fitted(Case(SPARSE, (1,), (12, 3)), "class_targets"),
    Fitted(Case(SPARSE, (3,), (3,)), "one_hot_or_steps"),
    Fitted(Case(SPARSE, (12, 3), (12, 3)), "one_hot"),
    Fitted(Case(SPARSE, (3,), (12, 3)), "sparse_other_steps"),
    Fitted(Case("mse", (5,), (3,)), "other_width"),
    Fitted(Case("mse", (), (3,)), "many_outputs"),
    Fitted(Case("mse", (12, 3), (3,)), "targets_of_steps"),
    Fitted(Case("mae", (12, 3), (3,)), "targets_of_steps"),
    Fitted(Case("huber", (5,), (3,)), "unknown"),  # which names the output first
)


def fitted(case: Case) -> BaseException:
    """What `fit` raises, of whose batches the last is smaller."""
    with use_keras() as (keras, _):
        steps = len(case.output) == 2
        layer = keras.layers.LSTM(2, return_sequences=steps)
        dense = keras.layers.Dense(case.output[-1], activation="softmax")
        model = keras.Sequential([keras.Input((STEPS, 2)), layer, dense])
        model.compile("sgd", case.loss)
        with pytest.raises(Exception, match=r"shape|rank|[Dd]imensions") as raised:
            model.fit(np.zeros((6, STEPS, 2)), np.zeros((6, *case.target)), 4, verbose=0)
    return raised.value


@pytest.mark.parametrize("each", FITTED, ids=lambda each: "-".join(map(str, each.case)))
def test_in_fit_they_are_told_apart(each: Fitted) -> None:
    raised = fitted(each.case)
    text = "".join(traceback.format_exception(raised))
    assert read(text).what.name == f"errors.{each.kind}"
    alone = read(f"{type(raised).__name__}: {raised}")
    assert alone.what.name == f"errors.{each.alone or each.kind}"


def test_one_output_has_the_activation_of_its_loss() -> None:
    binary, squared = (mend_in_fit(loss).splitlines()[-1] for loss in (BINARY, "mse"))
    assert binary.startswith('keras.layers.Dense(1, activation="sigmoid")')
    assert squared.startswith("keras.layers.Dense(1)  #")


def mend_in_fit(loss: str) -> str:
    return read("".join(traceback.format_exception(fitted(Case(loss, (), (3,)))))).mend
