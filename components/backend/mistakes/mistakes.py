"""Mistakes that people make with recurrent layers, and the code that mends them, run by Keras.

The code is in `mistakes.toml`, as text: what is run is what is shown. None of it comes from a
visitor.
"""

from __future__ import annotations

import ast
import tomllib
import warnings
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from components.backend.running import answers, engine
from components.backend.running.facts import Fact
from components.backend.running.keras_error import in_short
from components.backend.running.next_layer import Shape
from components.backend.running.replay import apart


@dataclass(frozen=True)
class Mistake:
    """Code that Keras refuses, or that Keras runs but that does not do what was meant; and code
    that mends it. Both leave their result in `y`."""

    wrong: str
    right: str
    given: str = ""
    """The code with which both begin, after lines of BEGINS."""
    says: str = ""
    """Keras's error or warning, or the words of it that people search; empty if it says nothing."""
    comparable: bool = False
    """Whether both begin with the same weights, so that the numbers of their results can be
    compared."""
    question: str = ""
    """The question of the page Questions whose page draws what the mistake is about."""
    predict: str = ""
    """A lesson's question on the same idea, as "lesson.question"."""

    @property
    def begins(self) -> str:
        """All the code that is run before the mistake, and before its mend: what is given, and
        those lines of BEGINS that make a name which is used."""
        begun = self.given
        for name, line in reversed([*BEGINS.items()]):
            if name in _not_made_in("\n".join((begun, self.wrong, self.right))):
                begun = f"{line}\n{begun}"
        return begun


def _not_made_in(code: str) -> set[str]:
    """The names that code uses and gives no value anywhere: one that is used first and assigned
    later counts as made."""
    tree = ast.parse(code)
    made = [node.targets[0] for node in tree.body if isinstance(node, ast.Assign)]
    used = (node for node in ast.walk(tree) if isinstance(node, ast.Name))
    return {node.id for node in used} - {node.id for node in made if isinstance(node, ast.Name)}


_told = tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))

BEGINS: Mapping[str, str] = _told.pop("begins")
"""What mistakes begin with: by a name, the line of code that makes it."""

GROUPS: Mapping[str, Mapping[str, Mistake]] = {
    group: {name: Mistake(**entry) for name, entry in entries.items()}
    for group, entries in _told.items()
}
MISTAKES: Mapping[str, Mistake] = {
    name: mistake for group in GROUPS.values() for name, mistake in group.items()
}


@dataclass(frozen=True)
class Outcome:
    """The result of a piece of code: the shape of each tensor in `y`, or Keras's error."""

    shapes: tuple[Shape, ...] = ()
    numbers: tuple[float, ...] = ()
    """Those of the last sample or, if each sample has a single one, those of all samples; empty if
    the result cannot be compared."""
    one_each: bool = False
    """Whether each sample has a single number."""
    error: str = ""
    warning: str = ""


@dataclass(frozen=True)
class Answer:
    """The outcomes of a mistake and of the code that mends it."""

    wrong: Outcome
    right: Outcome
    apart: float | None
    """The largest difference between the two results; None if they cannot be compared."""


def answer(name: str) -> Answer:
    """Make the mistake of that name in MISTAKES, and mend it. The same name gives the same object.

    Raises:
        EngineError: Keras cannot be imported, or refuses the code that mends the mistake.
    """
    return answers.cached_alone(("mistake", name), lambda: _answer(MISTAKES[name]))


def _answer(mistake: Mistake) -> Answer:
    with engine.use_keras() as (keras, _):
        right, mended = _run(keras, mistake, mistake.right)
        try:
            wrong, result = _run(keras, mistake, mistake.wrong)
        except Exception as error:
            return Answer(Outcome(error=in_short(f"{type(error).__name__}: {error}")), right, None)
        difference = apart(np.array(result), np.array(mended)) if mistake.comparable else None
        return Answer(wrong, right, difference)


def facts(answer: Answer) -> tuple[Fact, ...]:
    """Facts about a mistake that Keras does not notice, or only warns of; measured on both results,
    if they can be compared."""
    if answer.wrong.error:
        return ()
    same = answer.wrong.shapes == answer.right.shapes
    seen = "warned" if answer.wrong.warning else "unnoticed" if same else "other_shape"
    found = [Fact(seen, None)]
    if answer.apart is not None:
        largest = {"largest": answer.apart}
        found.append(Fact("apart" if np.isfinite(answer.apart) else "not_finite", None, largest))
    return tuple(found)


def _run(keras: Any, mistake: Mistake, code: str) -> tuple[Outcome, Any]:
    """Run code; returns its outcome, and `y`. Keras names the layers as in a fresh process: "lstm",
    then "lstm_1".

    Raises:
        Exception: what Keras raises.
    """
    keras.utils.clear_session(free_memory=False)
    names: dict[str, Any] = {}
    exec(mistake.begins, names)
    with _warned(mistake) as caught:
        exec(code, names)
    said = " ".join(in_short(f"{each.category.__name__}: {each.message}") for each in caught)
    y = names["y"]
    tensors = y if isinstance(y, list) else [y]
    shapes = tuple(tuple(each.shape) for each in tensors)
    if not mistake.comparable:
        return Outcome(shapes, warning=said), y
    values = np.atleast_1d(np.array(y))
    one_each = values.size == len(values)
    numbers = np.ravel(values if one_each else values[-1])
    return Outcome(shapes, tuple(numbers.tolist()), one_each, warning=said), y


def _warned(mistake: Mistake) -> AbstractContextManager[Sequence[warnings.WarningMessage]]:
    """The warnings of the block, if the mistake gives one. Other threads of the process share what
    catches them, so no other mistake is run with it."""
    if mistake.says.startswith("UserWarning"):
        return warnings.catch_warnings(record=True, action="always", category=UserWarning)
    return nullcontext(())
