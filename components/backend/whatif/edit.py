"""What if a weight were different? A run with edited weights, and what follows from the edits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Self

import numpy as np
from pydantic import InstanceOf, model_validator

from components.backend.cells import CELLS
from components.backend.edits import ALLOWED, Edits, edits_text
from components.backend.facts import EQUAL, Fact, replay_fact
from components.backend.linked import Linked, Place, Problem, Words, expect, refusal, shown
from components.backend.replay import slack
from components.backend.results import Run, run
from components.backend.settings import Settings
from components.backend.weights import given_weights


class Question(Linked):
    """A layer, and edits of its weights, which have to fit the layer."""

    settings: Annotated[InstanceOf[Settings], Words("settings"), Place("edit")] = Settings()
    edits: Annotated[InstanceOf[Edits], ALLOWED, Place("edit")] = Edits()

    @model_validator(mode="after")
    def _fit(self) -> Self:
        if not self.edits.fit(self.settings):
            got = Words("value", {"shown": shown(edits_text(self.edits))})
            raise refusal(Problem("edits", got, Words("edits_fit")))
        return self


@dataclass(frozen=True, eq=False)
class Answer:
    """The run with edited weights, and the run that it is compared with."""

    question: Question
    run: Run
    before: Run  # with the weights before the edits, or with the seed's

    @property
    def own(self) -> bool:
        """Whether weights from a visitor's file are compared with the seed's."""
        return self.before.seeded and self.run.weights.origin.unedited.kind == "brought"


def answer(question: Question, weights: Mapping[str, Any] | None = None) -> Answer:
    """Edit the weights, and run the layer with them.

    Args:
        weights: those before the edits, as `run` takes them; those of the seed if None.

    Raises:
        SettingsError, EngineError, MismatchError: as `run` does.
    """
    expect("question", question, Question, "edit.Question(edits=edit.Edits(forget_bias=5))")
    settings, edits = question.settings, question.edits
    base = given_weights(weights, settings)
    return held_against(question, base if edits == Edits() else edits.of(base, settings), base)


def held_against(
    question: Question, edited: Mapping[str, Any] | None, before: Mapping[str, Any] | None
) -> Answer:
    """Run the layer with the edited weights and with those that they are compared with.

    Args:
        edited, before: as `run` takes them; those of the seed if None.

    Raises:
        SettingsError, EngineError, MismatchError: as `run` does.
    """
    return Answer(question, run(question.settings, edited), run(question.settings, before))


def facts(given: Answer, *, sentence: int = 0) -> tuple[Fact, ...]:
    """What follows from the edits in one sentence.

    For a gate that is held at 0 or 1 a fact such as "forget_0", or "frozen_c" if c cannot change;
    "forget_bias" if that is set; "moved" or "unmoved", or these with "_own" at the end for weights
    from a visitor's file; "replay".
    """
    found = (*_held(given, sentence), _biased(given, sentence), moved(given, sentence))
    return (*(fact for fact in found if fact), replay_fact(given.run.replay_difference))


def moved(given: Answer, sentence: int) -> Fact | None:
    """How far the edits have moved h, and from which step on; None where nothing is edited."""
    if given.run is given.before:
        return None
    apart = np.abs(given.run.trace.hidden - given.before.trace.hidden)[sentence].max(axis=-1)
    values = {"largest": float(apart.max()), "at": int(apart.argmax()) + 1}
    if values["largest"] <= EQUAL:
        return Fact("unmoved_own" if given.own else "unmoved", None, values)
    values |= {"first": int((apart > EQUAL).argmax()) + 1}
    return Fact("moved_own" if given.own else "moved", None, values)


def _biased(given: Answer, sentence: int) -> Fact | None:
    """How much of c the forget gate keeps and how large c becomes, with the new bias and before."""
    edits = given.question.edits
    if edits.forget_bias is None or "forget" in dict(edits.held):
        return None
    values: dict[str, Any] = {"bias": edits.forget_bias}
    for when, ran in (("", given.run), ("_before", given.before)):
        values[f"kept{when}"] = float(ran.trace.gates["forget"][sentence].mean())
        values[f"last_c{when}"] = float(np.abs(ran.trace.cell[sentence, -1]).max())
    return Fact("forget_bias", None, values)


def _held(given: Answer, sentence: int) -> Iterator[Fact]:
    """What follows from the gates that are held: the difference between the two sides of an
    equation."""
    run, left = given.run, dict(given.question.edits.held)
    for held in CELLS[run.settings.cell].held:
        if held.ends.items() <= left.items():
            yield _fact(run, held.name, sentence, *held.sides(run))
            left = {gate: end for gate, end in left.items() if gate not in held.ends}


def _fact(run: Run, name: str, sentence: int, one: np.ndarray, other: np.ndarray) -> Fact:
    largest = float(np.abs(one - other)[sentence].max())
    values: dict[str, Any] = {"difference": largest, "activation": run.settings.activation}
    if run.trace.cell is not None:
        values["last_c"] = float(np.abs(run.trace.cell[sentence, -1]).max())
    return Fact(name, largest <= slack(one[sentence]), values)
