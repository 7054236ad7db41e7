"""The same sentences read twice: against Keras's own layers, mended and not, facts, scripts."""

from __future__ import annotations

import numpy as np
import pytest

from components.backend import Settings
from components.backend.cells import CELLS
from components.backend.question.linked import choices
from components.backend.whatif.twice import (
    DROPPED,
    Answer,
    Choice,
    Question,
    answer,
    facts,
    line,
    script,
)
from components.texts import LANGUAGES, speaking, text
from tests.scripts import executed, printed_tensors

CAUSES = choices(Choice, "cause")
FLAGS = (True, False)
TOKENS = ((4, 21, 64, 13, 77), (66, 54, 30, 81, 87))
LONG = tuple(n % 100 for n in range(45))  # more than 40 steps run as a graph
CONSTANT = Settings(
    kernel_initializer="constant", recurrent_initializer="constant", embedding=False
)
SATURATED = Settings(
    cell="SimpleRNN", embedding=False, tokens=((40, 210, 640),), vocabulary_size=1000
)
ALONE = Settings(cell="SimpleRNN", units=1, embedding=False, tokens=((4,),), seed=2)


@pytest.mark.parametrize("cause", CAUSES)
@pytest.mark.parametrize("mended", FLAGS)
def test_what_lies_between_the_calls(cause: str, mended: bool) -> None:
    question = Question(settings=Settings(tokens=TOKENS), cause=cause, mended=mended)
    found = answer(question)
    first, second = (part.tensor("outputs") for part in (found.first, found.second))
    apart = np.abs(second - first).max(axis=-1)
    np.testing.assert_allclose(found.difference, apart, rtol=0, atol=2e-6)
    same = mended or cause == "none"
    assert (found.difference.max() == 0) if same else (found.difference.max() > 1e-3)


@pytest.mark.parametrize("cell", CELLS)
def test_each_call_in_training_drops_what_keras_drops(cell: str) -> None:
    """A layer of the same seed, called twice with training=True, returns both answers in turn."""
    found = answer(Question(settings=Settings(cell=cell), cause="dropout"))
    code = script(found.question)
    scope, printed = executed(code)
    assert "training=True" in code
    one, two = (each.trace.dropout.inputs for each in (found.first, found.second))
    assert not np.array_equal(one, two)
    assert scope["layer"].dropout == DROPPED["dropout"]
    assert_printed(found, printed)


def assert_printed(found: Answer, printed: str) -> None:
    shown = printed_tensors(printed)
    for name, result in (("first", found.first), ("second", found.second)):
        for tensor in result.returned:
            values = shown[f"{name}_{tensor.name}"]
            np.testing.assert_allclose(values, tensor.values, rtol=0, atol=2e-6)


@pytest.mark.parametrize("cause", CAUSES)
def test_long_sentences_that_run_as_graphs(cause: str) -> None:
    found = answer(Question(settings=Settings(tokens=(LONG,)), cause=cause))
    assert (found.difference.max() > 1e-4) == (cause != "none")


def test_the_line_says_what_is_called() -> None:
    assert "stateful=True" in line(Question())
    assert line(Question(cause="dropout")).endswith("(x, training=True)")
    assert line(Question(cause="dropout", mended=True)).endswith("recurrent_dropout=0.2)(x)")


FACTS = {"stateful": "kept", "dropout": "dropped", "anew": "drawn"}


@pytest.mark.parametrize("mended", FLAGS)
@pytest.mark.parametrize("cause", CAUSES)
def test_the_fact_of_each_cause(cause: str, mended: bool) -> None:
    found = answer(Question(cause=cause, mended=mended))
    (fact,) = facts(found)
    same = mended or cause == "none"
    assert fact.name == (f"same_{cause}" if same else FACTS[cause])
    assert fact.holds is (None if fact.name in ("dropped", "drawn") else True)
    assert fact.values["largest"] == found.difference.max()


def test_what_both_calls_drop_is_counted() -> None:
    found = answer(Question(settings=Settings(cell="GRU", units=8), cause="dropout"))
    (fact,) = facts(found)
    masks = [run.trace.dropout for run in (found.first, found.second)]
    zeros = [np.concatenate([mask.ravel() == 0 for mask in each]) for each in masks]
    one, two = (each.sum() for each in zeros)
    both = (zeros[0] & zeros[1]).sum()
    expected = {"count": zeros[0].size, "one": one, "two": two, "both": both}
    assert fact.values == fact.values | expected
    assert 0 < both < min(one, two)


def test_the_weight_that_is_named_was_drawn_otherwise() -> None:
    question = Question(settings=CONSTANT, cause="anew")
    weights = {name: array.copy() for name, array in answer(question).first.weights.items()}
    weights["bias"][5] = 3.0
    (fact,) = facts(answer(question, weights))
    assert fact.name == "drawn"
    assert (fact.values["name"], fact.values["one"], fact.values["two"]) == ("bias", 3.0, 1.0)


UNSEEN = {
    "kept": Question(settings=SATURATED),
    "dropped": Question(settings=ALONE, cause="dropout"),
    "drawn": Question(settings=CONSTANT, cause="anew"),
}


@pytest.mark.parametrize("name", UNSEEN)
def test_what_moves_no_h_is_not_said_to_give_other_numbers(name: str) -> None:
    found = answer(UNSEEN[name])
    (fact,) = facts(found)
    assert (fact.name, found.difference.max()) == (f"{name}_unseen", 0)


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_told_names_the_strip_as_the_picture_does(language: str) -> None:
    with speaking(language):
        for call, told in (("twice", "told_again"), ("carry", "told")):
            assert text(f"{call}.between") in text(f"calls.{told}")
