"""Encoders and decoders that learn, with attention and without: what is recorded is what Keras
gives, and each ablation changes what it says."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import numpy as np
import pytest

from components.backend import SettingsError
from components.backend.learning import pair_facts, pairs, trainer
from components.backend.learning.pair_facts import LENGTHS, by_length, facts
from components.backend.learning.pair_replay import ABLATIONS, Pass, forced, logits, own_words
from components.backend.learning.pairs import LONGEST, SHORTEST, TASKS, Answer, Question
from components.backend.learning.trained_pairs import recorded
from components.backend.running.facts import Fact
from components.charts import pairs as charts
from components.texts import text
from tests.facts import assert_sentences
from tests.scripts import executed
from tests.unit.test_learn import filmed

BOTH = (True, False)


@pytest.fixture(autouse=True, scope="module")
def one_worker() -> Iterator[None]:
    """The worker of these tests ends with them."""
    yield
    trainer._scheduler._end_worker()


@pytest.fixture(params=TASKS)
def task(request: pytest.FixtureRequest) -> str:
    return request.param


def trained(task: str) -> tuple[Answer, Answer]:
    """The recorded trainings of a task: with attention, and without."""
    one, other = (recorded()[Question(task=task, attention=attention)] for attention in BOTH)
    return one, other


def passed(answer: Answer) -> tuple[Pass, np.ndarray]:
    source, right = answer.question.tested_on()
    return forced(answer, source, right), right


# Training


@pytest.mark.parametrize("attention", BOTH)
def test_a_recorded_training_begins_as_keras_trains(task: str, attention: bool) -> None:
    """No later step can change what an earlier one gave. The whole is trained again in a soak
    test."""
    question = Question(task=task, attention=attention)
    for kept, now in zip(recorded()[question].checkpoints, pairs.train(question), strict=False):
        assert kept.step == now.step
        np.testing.assert_allclose(kept[1:4], now[1:4], atol=2e-3)
        if attention:
            np.testing.assert_allclose(kept.alignment, now.alignment, atol=1e-3)
        if now.step > 40:
            return
    pytest.fail("it was recorded with fewer steps")


@pytest.mark.soak
@pytest.mark.parametrize("attention", BOTH)
def test_a_recorded_training_is_keras_own(task: str, attention: bool) -> None:
    question = Question(task=task, attention=attention)
    now, kept = pairs.answer(question), recorded()[question]
    for one, other in zip(now.checkpoints, kept.checkpoints, strict=True):
        np.testing.assert_allclose(one[:4], other[:4], atol=5e-2)


def bits(found: Answer) -> list[bytes]:
    return [array.tobytes() for array in found.weights.values()]


def test_the_same_seed_gives_the_same_bits(forget: Callable[[], None]) -> None:
    """In this process and in the worker, in which others were trained on the same graph."""
    question = Question(task="copy", steps=20)
    here = Answer(question, tuple(pairs.train(question)))
    other = pairs.answer(question.but(seed=1))
    there = pairs.answer(question)
    assert bits(here) == bits(there) != bits(other)
    assert [c.step for c in there.checkpoints] == question.checkpoints
    *before, last = (checkpoint.weights for checkpoint in there.checkpoints)
    assert before == [None] * len(before)
    assert last is not None


def test_both_have_the_same_budget(task: str) -> None:
    """They begin from the same cells, and read the same sequences."""
    one, other = (Question(task=task, attention=attention, steps=1) for attention in BOTH)
    for ids, others in zip(pairs._batches(one, 0, 30), pairs._batches(other, 0, 30), strict=True):
        np.testing.assert_array_equal(ids, others)
    lengths = pairs._batches(one, 0, 200)[2]
    assert {*lengths.tolist()} == {*range(SHORTEST, LONGEST + 1)}
    assert one.weight_names == [*other.weight_names[:6], "query/kernel", *other.weight_names[6:]]


def test_each_task_brings_its_steps() -> None:
    assert Question(task="copy").steps == 1200
    assert Question(task="copy").to_query() == {"task": "copy"}
    assert Question.from_query({"task": ["copy"]})[0] == Question(task="copy", steps=1200)
    with pytest.raises(SettingsError, match=re.escape("steps: got 2001")):
        Question(steps=2001)
    ids = np.array([[3, 1, 4]])
    assert [TASKS[name].solve(ids)[0].tolist() for name in ("reverse", "copy")] == [
        [4, 1, 3],
        [3, 1, 4],
    ]


# The replay


def test_the_replay_is_what_keras_measured(task: str) -> None:
    for answer in trained(task):
        last = answer.checkpoints[-1]
        found, right = passed(answer)
        said = logits(answer, found)
        assert (said.argmax(axis=-1) == right).mean() == pytest.approx(last.accuracy, abs=3e-4)
        powers = np.exp(said - said.max(axis=-1, keepdims=True))
        shares = powers / powers.sum(axis=-1, keepdims=True)
        chosen = np.take_along_axis(shares, right[..., np.newaxis], axis=-1)
        assert -np.log(chosen).mean() == pytest.approx(last.loss, abs=1e-4)
        if answer.question.attention:
            np.testing.assert_allclose(found.weights.sum(axis=-1), 1, atol=1e-6)
            np.testing.assert_allclose(found.weights[0], last.alignment, atol=1e-5)
            share = pairs.share_right(TASKS[task], found.weights)
            assert share == pytest.approx(last.share, abs=1e-5)
        else:
            assert found.weights is None


def test_on_its_own_it_reads_what_it_wrote(task: str) -> None:
    """The decoder, given what it wrote as the target, writes the same again."""
    for answer in trained(task):
        source, _ = answer.question.tested_on(9)
        written = own_words(answer, source)
        again = logits(answer, forced(answer, source, written)).argmax(axis=-1)
        np.testing.assert_array_equal(again, written)


# What is said of it


def figures(found: tuple[Fact, ...]) -> dict[str, Fact]:
    return {fact.name: fact for fact in found}


def test_attention_helps_and_reversal_breaks_beyond_what_was_trained() -> None:
    reverse, copy = (by_length(*trained(task)) for task in ("reverse", "copy"))
    for lengths in (reverse, copy):
        assert lengths.at(LONGEST)["attention"] > 0.98
        assert lengths.at(LONGEST)["attention"] - lengths.at(LONGEST)["without"] > 0.1
    assert reverse.at(16)["attention"] < reverse.at(16)["without"] - 0.1
    assert copy.at(16)["attention"] > copy.at(16)["without"] + 0.4
    assert figures(facts(*trained("reverse")))["beyond_worse"].holds
    assert figures(facts(*trained("copy")))["beyond_better"].holds


def test_each_sentence_is_decided_by_its_ablation(task: str) -> None:
    answer, _ = trained(task)
    found, right = passed(answer)
    told = figures(facts(*trained(task)))
    for name, ablated in ABLATIONS.items():
        said = logits(answer, found, ablated(found, found.weights)).argmax(axis=-1)
        left = float((said == right).mean())
        (fact,) = (
            told[f"{name}_{ends}"] for ends in ("falls", "stays") if f"{name}_{ends}" in told
        )
        assert fact.values["left"] == left
        assert fact.name.endswith("falls") == (fact.values["accuracy"] - left >= 0.1)
    assert told["others_weights_stays"].values["left"] > 0.95
    assert told["others_context_falls"].values["left"] < 0.2


def test_an_ablation_takes_away_what_it_says() -> None:
    weights = np.array([[[0.7, 0.3], [0.2, 0.8]], [[0.5, 0.5], [0.0, 1.0]]])
    encoded = np.array([[[1.0], [3.0]], [[10.0], [20.0]]])
    found = Pass(encoded, np.zeros((2, 2, 1)), weights)
    context = {name: ablated(found, weights)[0, :, 0] for name, ablated in ABLATIONS.items()}
    expected = {
        "equal": [2, 2],
        "last": [3, 3],
        "others_weights": [2, 3],
        "others_context": [15, 20],
        "no_context": [0, 0],
        "heaviest": [1, 3],
    }
    assert context.keys() == expected.keys()
    for name, values in expected.items():
        np.testing.assert_allclose(context[name], values, err_msg=name)


def scrambled(answer: Answer, **arrays: np.ndarray) -> Answer:
    """A trained model with other weights."""
    last = answer.checkpoints[-1]
    changed = {name.replace("_", "/", 1): array for name, array in arrays.items()}
    weights = type(answer.weights)(answer.weights.origin, dict(answer.weights) | changed)
    return Answer(answer.question, (*answer.checkpoints[:-1], last._replace(weights=weights)))


def test_facts_have_their_sentences(monkeypatch: pytest.MonkeyPatch) -> None:
    reverse, copy = trained("reverse"), trained("copy")
    told = [*facts(*reverse), *facts(*copy)]
    assert all(fact.holds is not False for fact in told)
    short = Answer(copy[0].question, copy[0].checkpoints)
    flat = scrambled(short, query_kernel=np.zeros((16, 16), "float32"))
    unlearned = facts(flat, copy[1])
    assert [fact.name for fact in unlearned] == ["unlearned", "replay"]
    assert unlearned[1].holds is False  # its weights are not those that Keras measured
    told += unlearned
    monkeypatch.setattr(pair_facts, "LEARNED", 0.0)
    told += facts(*(Answer(each.question, each.checkpoints) for each in (copy[0], copy[0])))
    flat = scrambled(short, query_kernel=np.zeros((16, 16), "float32"))
    told += facts(flat, flat)
    # What a trained model of these tasks does not show: that nothing of the context is needed.
    monkeypatch.setattr(pair_facts, "FALLS", 2.0)
    told += facts(*(Answer(each.question, each.checkpoints) for each in copy))
    monkeypatch.setattr(pair_facts, "FALLS", -1.0)
    told += facts(*(Answer(each.question, each.checkpoints) for each in copy))
    assert_sentences("pairs_facts", told)


# The pictures


def test_the_film_is_the_alignment_at_each_checkpoint(task: str) -> None:
    answer, _ = trained(task)
    figure, alt = charts.alignment(answer)
    (heatmap,) = (trace for trace in figure["data"] if trace["type"] == "heatmap")
    for at, checkpoint in enumerate(answer.checkpoints):
        (drawn,) = filmed(figure, at)
        np.testing.assert_allclose(drawn, checkpoint.alignment, atol=1e-4)
    np.testing.assert_array_equal(heatmap["z"], answer.checkpoints[-1].alignment)
    source, right = (ids[0] for ids in answer.question.tested_on())
    assert heatmap["customdata"] == [[str(symbol) for symbol in source]]
    named = [note["text"] for note in figure["layout"]["annotations"]]
    assert [f"<b>{symbol}</b>" for symbol in right] == named[-len(right) :]
    assert f"{len(answer.checkpoints)} moments" in alt


def test_the_curves_are_what_was_measured(task: str) -> None:
    both = trained(task)
    figure, _ = charts.curves(*both)
    one, other, share = figure["data"]
    for trace, answer in ((one, both[0]), (other, both[1])):
        assert trace["y"] == [checkpoint.accuracy for checkpoint in answer.checkpoints]
    assert share["y"] == [checkpoint.share for checkpoint in both[0].checkpoints]
    figure, alt = charts.lengths(*both)
    found = by_length(*both)
    assert [trace["y"] for trace in figure["data"]] == [[*found.attention], [*found.without]]
    assert {tuple(trace["x"]) for trace in figure["data"]} == {tuple(LENGTHS)}
    (ground,) = figure["layout"]["shapes"]
    assert ground["x0"] == LONGEST + 0.5
    assert text("pairs.never") in [note["text"] for note in figure["layout"]["annotations"]]
    assert "length 16" in alt


# The code


@pytest.mark.parametrize("attention", BOTH)
def test_the_script_trains_the_same_model(task: str, attention: bool) -> None:
    question = Question(task=task, attention=attention, steps=12, seed=2)
    names, printed = executed(pairs.script(question))
    last = pairs.answer(question).checkpoints[-1]
    assert printed == f"accuracy {last.accuracy:.4f}\n"
    for layer in ("encoder", "decoder", "readout"):
        for weight in names[layer].weights:
            kept = last.weights[f"{layer}/{weight.name}"]
            np.testing.assert_allclose(weight.numpy(), kept, atol=1e-4)
