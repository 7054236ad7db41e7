"""What if a weight were different? A run with edited weights, and the effects of the edits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Self

import numpy as np
from pydantic import InstanceOf, model_validator

from components.backend.cells import CELLS
from components.backend.learning import learn
from components.backend.learning.predictions import predictions
from components.backend.learning.trained import Trained
from components.backend.question.linked import Linked, Message, Problem, refusal, shown
from components.backend.question.settings import Settings
from components.backend.question.weights import given_weights
from components.backend.running.facts import EQUAL, Fact, replay_fact, stated
from components.backend.running.replay import slack
from components.backend.running.results import Run, run
from components.backend.running.worksheet import Block, worksheet
from components.backend.weight_files.edits import ALLOWED, Edits, Entry, edits_text
from components.texts import has_text, text

_FACTORS = {"kernel": "x", "recurrent_kernel": "h"}
"""By weight: what its numbers are multiplied by."""


class Question(Linked):
    """A layer, and edits of its weights. The edits have to fit the layer."""

    settings: Annotated[InstanceOf[Settings], Message("settings")] = Settings()
    edits: Annotated[InstanceOf[Edits], ALLOWED] = Edits()

    @model_validator(mode="after")
    def _fit(self) -> Self:
        if not self.edits.fit(self.settings):
            got = Message("value", {"shown": shown(edits_text(self.edits))})
            raise refusal(Problem("edits", got, Message("edits_fit")))
        return self


@dataclass(frozen=True, eq=False)
class Answer:
    """The run with edited weights, and the run that it is compared with."""

    question: Question
    run: Run
    before: Run  # with the weights before the edits, or the seed's

    @property
    def own(self) -> bool:
        """Whether weights from a visitor's file are compared with the seed's."""
        return self.before.seeded and self.run.weights.origin.kind == "uploaded"


def answer(question: Question, weights: Mapping[str, Any] | None = None) -> Answer:
    """Run the layer with edited weights, and with the weights before the edits to compare with. If
    a visitor's own weights are not edited, they are compared with the seed's.

    Args:
        weights: before the edits, as `run` takes them; None for the seed's.

    Raises:
        SettingsError, EngineError, MismatchError: as `run` does.
    """
    settings, edits = question.settings, question.edits
    base = given_weights(weights, settings)
    if edits != Edits():
        return Answer(question, run(settings, edits.of(base, settings)), run(settings, base))
    own = base is not None and base.origin.kind == "uploaded"
    return Answer(question, run(settings, base), run(settings, None if own else base))


def facts(given: Answer, *, sentence: int = 0) -> tuple[Fact, ...]:
    """Facts about what the edits do in one sentence.

    - For a held gate, such as "forget_0"; "frozen_c" if c cannot change.
    - "forget_bias", if that is set and the cell has a c.
    - "moved" or "unmoved"; "moved_own" or "unmoved_own" for weights from a visitor's file.
    - For one edited number, "one_own", "one_other" or "one_all".
    - "replay".
    """
    return stated(
        *_held(given, sentence),
        _biased(given, sentence),
        moved(given, sentence),
        replay_fact(given.run),
    )


def effects(given: Answer, trained: Trained | None, sentence: int) -> tuple[Fact, ...]:
    """The facts of `moved`, `multiplied`, `carried` and, for a trained cell, `says`, as far as
    there are any: how far the edits have moved h in one sentence, and how that came about."""
    return stated(
        moved(given, sentence),
        multiplied(given, sentence),
        carried(given, sentence),
        says(given, trained, sentence) if trained else None,
    )


def moved(given: Answer, sentence: int) -> Fact | None:
    """How far the edits have moved h, and from which step on; None if both runs have the same
    weights. If a single number is edited, and feeds one unit of several, also whether that unit
    moves most."""
    if given.run is given.before:
        return None
    apart, first = _apart(given, sentence), _first(given, sentence)
    at, unit = map(int, np.unravel_index(apart.argmax(), apart.shape))
    values = {"largest": float(apart[at, unit]), "at": at + 1, "most": unit}
    own, fed = "_own" if given.own else "", _fed(given.question.edits)
    if first is None:
        return Fact(f"unmoved{own}", None, values)
    values |= {"first": first + 1}
    if fed is None or apart.shape[1] == 1:
        return Fact(f"moved{own}", None, values)
    return _moved_by(fed, given, apart, values)


def _apart(given: Answer, sentence: int) -> np.ndarray:
    """How far the edits have moved h, (step, unit)."""
    return np.abs(given.run.trace.hidden - given.before.trace.hidden)[sentence]


def _first(given: Answer, sentence: int) -> int | None:
    """The first step (from 0) at which the edits have moved h; None if they have not."""
    moved = _apart(given, sentence).max(axis=1) > EQUAL
    return int(moved.argmax()) if moved.any() else None


def _moved_by(fed: Entry, given: Answer, apart: np.ndarray, values: dict[str, Any]) -> Fact:
    """Whether the unit that one edited number feeds moves most.

    Args:
        apart: how far each unit has moved at each step, (step, unit).
        values: those of the fact about any edits.
    """
    old, new = (ran.weights[fed.weight] for ran in (given.before, given.run))
    place = fed.index_in(given.run.settings, old.ndim)
    others = np.delete(apart, fed.column, axis=1).max(axis=1)
    values = values | {
        "feeds": feeds(fed, fed.weight),
        "old": float(old[place]),
        "new": float(new[place]),
        "unit": fed.column,
        "itself": float(apart[:, fed.column].max()),
        "others": float(others.max()),
    }
    alone = bool(others[values["first"] - 1] <= EQUAL)
    if not alone:
        return Fact("one_all", None, values)
    return Fact("one_own" if values["most"] == fed.column else "one_other", alone, values)


def _fed(edits: Edits) -> Entry | None:
    """The edited number, if it is the only edit and feeds a single unit: all numbers do but those
    of the Embedding."""
    if edits.held or edits.forget_bias is not None or len(edits.single) != 1:
        return None
    ((entry, _),) = edits.single
    return entry if entry.block else None


def multiplied(given: Answer, sentence: int) -> Fact | None:
    """How one edited number of a kernel moves h, at the first step at which it does: its product
    with what it multiplies, the sum that the product goes into, and the gate that the sum opens,
    now and before. Or that what it multiplies is 0 at every step. None for any other edits."""
    fed, at = _of_kernel(given), _first(given, sentence)
    if fed is None:
        return None
    now, before = (
        worksheet(ran, sentence=sentence).blocks[fed.block] for ran in (given.run, given.before)
    )
    read, trace = _factors(now, fed), given.run.trace
    values: dict[str, Any] = {"row": fed.row, "unit": fed.column, "gate": fed.block}
    if nothing := not read.any():
        return Fact(f"product_0_{fed.weight}", nothing, values)
    if at is None:
        return None
    # Up to this step all else is still the same: only the product moves the sum.
    values |= {"step": at + 1, "token": trace.read[sentence, at], "factor": float(read[at])}
    values |= _product(now, fed, at)
    values |= {f"{name}_before": value for name, value in _product(before, fed, at).items()}
    if fed.weight == "kernel":
        return Fact(f"product_x{_reading(given.run, fed.row)}", None, values)
    if fed.block == "candidate" and given.run.settings.reset_timing == "after":
        reset = float(trace.gates["reset"][sentence, at, fed.column])
        return Fact("product_h_reset", None, values | {"reset": reset})
    return Fact("product_h", None, values)


def _of_kernel(given: Answer) -> Entry | None:
    """The edited number, if it is the only edit, is in a kernel, and differs from what it was."""
    fed = _fed(given.question.edits)
    return fed if fed and fed.weight in _FACTORS and given.run is not given.before else None


def _factors(block: Block, fed: Entry) -> np.ndarray:
    """The factor of a number of a kernel at each step, (step,): a feature of x, or a unit of h."""
    return getattr(block, _FACTORS[fed.weight])[:, fed.row]


def _reading(run: Run, feature: int) -> str:
    """Where a feature comes from: "_ids" if it is the id itself, "_one_hot" if it is 1 for one id
    and 0 for all others, else ""."""
    table = run.weights.get("embeddings")
    if table is not None and sorted(table[:, feature]) == [*[0] * (len(table) - 1), 1]:
        return "_one_hot"
    return "_ids" if run.settings.reads_ids else ""


def carried(given: Answer, sentence: int) -> Fact | None:
    """How c carries on what the product of one edited number changed, with the numbers of the next
    step; None where there is no c or no next step, or where c has not changed yet."""
    fed, at, trace = _of_kernel(given), _first(given, sentence), given.run.trace
    if fed is None or at is None or trace.cell is None or at + 1 == given.run.settings.steps:
        return None
    step, unit = at + 1, fed.column
    now, before = (
        float(ran.trace.states["state_c"][sentence, step - 1, unit])
        for ran in (given.run, given.before)
    )
    if abs(now - before) <= EQUAL:
        return None
    later = _factors(worksheet(given.run, sentence=sentence).blocks[fed.block], fed)[step:]
    values = {"step": step, "next": step + 1, "unit": unit, "c": now, "c_before": before}
    values |= {"kept": float(trace.gates["forget"][sentence, step, unit])}
    return Fact("carried" if later.any() else "carried_alone", None, values)


def _product(block: Block, fed: Entry, at: int) -> dict[str, float]:
    """The values of a text: a number of a kernel, its product, the sum that the product goes into,
    and the activation of that sum."""
    weight = getattr(block, fed.weight)[fed.row, fed.column]
    given = {"weight": weight, "product": _factors(block, fed)[at] * weight}
    given |= {"sum": block.total[at, fed.column], "value": block.value[at, fed.column]}
    return {name: float(number) for name, number in given.items()}


def feeds(entry: Entry, name: str) -> str:
    """The text that says which unit, or gate, a number of a weight feeds.

    Args:
        name: of the weight, as a page calls it.
    """
    named = f"edit.feeds.{entry.weight}"
    return text(
        named if has_text(named) else "edit.feeds.other",
        weight=name,
        gate=text(f"gates.{entry.block}.name") if entry.block else "",
        row=entry.row,
        column=entry.column,
    )


def says(given: Answer, trained: Trained, sentence: int) -> Fact | None:
    """What a trained cell answers after the last step, the right answer, and the cell's accuracy,
    with the edits and before. None if it is not asked there, or if the layer is not the trained
    one."""
    question, settings = trained.question, given.run.settings
    if not trained.fit(settings):
        return None
    alike = question.settings(settings.tokens)
    free = {name: getattr(alike, name) for name in ("return_sequences", "return_state", "seed")}
    if settings.but(**free) != alike:
        return None
    classes, told = question.kind.classes, text(f"learn.tasks.{question.task}.told")
    values: dict[str, Any] = {"count": learn.HELD_OUT, "told": told}
    for when, ran in (("", given.run), ("_before", given.before)):
        found = predictions(trained, sentence, ran)
        if found is None or not found.asked[-1]:
            return None
        checkpoint = trained.checkpoint._replace(weights=ran.weights)
        values["right"] = classes[found.right[-1]]
        values[f"said{when}"] = classes[found.classes[-1]]
        values[f"accuracy{when}"] = learn.accuracy_of(checkpoint, question)
    return Fact("says" if given.run is given.before else "says_edited", None, values)


def _biased(given: Answer, sentence: int) -> Fact | None:
    """How much of c the forget gate keeps and how large c becomes, with the new bias and before;
    None where there is no c."""
    edits = given.question.edits
    if edits.forget_bias is None or "forget" in dict(edits.held) or given.run.trace.cell is None:
        return None
    values: dict[str, Any] = {"bias": edits.forget_bias}
    for when, ran in (("", given.run), ("_before", given.before)):
        values[f"kept{when}"] = float(ran.trace.gates["forget"][sentence].mean())
        values[f"last_c{when}"] = float(np.abs(ran.trace.states["state_c"][sentence, -1]).max())
    return Fact("forget_bias", None, values)


def _held(given: Answer, sentence: int) -> Iterator[Fact]:
    """For the held gates, the equations that hold then: how far apart their two sides are."""
    run, left = given.run, dict(given.question.edits.held)
    for held in CELLS[run.settings.cell].identities:
        if held.ends.items() <= left.items():
            yield _fact(run, held.name, sentence, *held.sides(run))
            left = {gate: end for gate, end in left.items() if gate not in held.ends}


def _fact(run: Run, name: str, sentence: int, one: np.ndarray, other: np.ndarray) -> Fact:
    largest = float(np.abs(one - other)[sentence].max())
    values: dict[str, Any] = {"difference": largest, "activation": run.settings.activation}
    if run.trace.cell is not None:
        values["last_c"] = float(np.abs(run.trace.cell[sentence, -1]).max())
    return Fact(name, largest <= slack(one[sentence]), values)
