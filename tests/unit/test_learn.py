"""Cells that learn: on the seeds on which they should, the same bits always, told as measured."""

from __future__ import annotations

import base64
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import cache

import numpy as np
import pytest

from components.backend import Settings, SettingsError, run
from components.backend.learning import learn, seeds, trainer
from components.backend.learning.learn import Answer, Checkpoint, Question, answer, facts
from components.backend.learning.mechanisms import mechanism
from components.backend.learning.tasks import TASKS, UNASKED
from components.backend.learning.trained import OFFERED, recorded
from components.backend.question.labels import gate_in_words
from components.backend.question.linked import choices
from components.backend.running import engine
from components.backend.running.facts import Fact
from components.charts import learn as charts
from components.texts import text
from tests.facts import assert_sentences
from tests.layers import layer_class
from tests.scripts import executed

RECORDED = [
    Question(task="quotes", units=4),
    Question(task="quotes", units=2, cell="SimpleRNN"),
    Question(task="ups", units=8, cell="SimpleRNN"),
    Question(task="ups", units=2, cell="SimpleRNN"),
    Question(task="first"),
]
CELLS = choices(Question, "cell")
SHORT = {"switch": 80, "ups": 80, "echo": 200}
"""Steps within which a cell of 4 units learns a task of which its training is not recorded."""


@pytest.fixture(autouse=True, scope="module")
def one_worker() -> Iterator[None]:
    """One worker for all trainings, however large it grows: each new one has to load TensorFlow."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(trainer, "LARGEST", 4e9)
        yield
    trainer._scheduler._end_worker()


@cache
def trained(**values: object) -> Answer:
    return answer(Question(**values))


def learned(task: str, cell: str = "LSTM") -> Answer:
    """A recorded training, or else one that is as short as will do. That the recorded ones are what
    Keras gives is a test below."""
    kept = recorded().get(Question(task=task, cell=cell))
    return kept or trained(task=task, cell=cell, steps=SHORT.get(task, 200))


@pytest.fixture(params=TASKS)
def task(request: pytest.FixtureRequest) -> str:
    return request.param


# Learning


def test_an_lstm_learns(task: str) -> None:
    found = learned(task)
    first, *_, last = found.checkpoints
    assert first.step == 0
    assert last.step == found.question.steps
    assert first.accuracy < 0.8
    assert found.learned is not None
    assert last.loss < first.loss


@pytest.mark.soak
@pytest.mark.parametrize("cell", CELLS)
def test_as_many_of_ten_seeds_learn_as_is_recorded(task: str, cell: str) -> None:
    question = Question(task=task, cell=cell, steps=seeds.STEPS)
    recorded = seeds.learned_of_ten(question)
    assert [answer(question.but(seed=seed)).learned for seed in seeds.SEEDS] == list(recorded)


def test_what_is_recorded() -> None:
    """A cell with gates learns; nothing is stated for a size or a length that was not recorded."""
    for task in TASKS:
        for cell in ("LSTM", "GRU"):
            recorded = seeds.learned_of_ten(Question(task=task, cell=cell, units=8))
            assert len(recorded) == len(seeds.SEEDS)
            assert sum(step is not None for step in recorded) >= 8, (task, cell)
    assert seeds.learned_of_ten(Question(units=5)) is None
    assert seeds.learned_of_ten(Question(length=21)) is None
    assert seeds.facts(Question(units=5)) == ()


def test_a_recorded_seed_learns_when_it_is_said_to() -> None:
    """Nothing that comes after the step from which on it counts as learned can change that."""
    question = Question(task="switch", cell="GRU", seed=3, steps=seeds.STEPS)
    found: list[Checkpoint] = []
    for checkpoint in trainer.stream(learn.train, question):
        found.append(checkpoint)
        if (learned := Answer(question, tuple(found)).learned) is not None:
            break
    assert learned == seeds.learned_of_ten(question)[3]


@pytest.mark.parametrize("cell", CELLS)
def test_keras_and_the_replay_agree(cell: str) -> None:
    """At the beginning, half-way and at the end; and of the cell as it is run anywhere else."""
    found = learned("quotes", cell)
    ids, right = found.question.tested_on()
    settings = found.question.settings(tuple(map(tuple, ids[:8].tolist())))
    for checkpoint in found.checkpoints[::19]:
        result = run(settings, checkpoint.weights)
        assert result.weights.origin.kind == "trained"
        said = checkpoint.probabilities(result.trace)
        np.testing.assert_allclose(said.sum(axis=-1), 1, atol=1e-6)
        assert checkpoint.probabilities(checkpoint.trace(settings)).shape == (8, 20, 2)
    assert learn.accuracy_of(found.checkpoints[-1], found.question) == pytest.approx(
        found.checkpoints[-1].accuracy, abs=1e-3
    )
    assert (right != UNASKED).all()


def bits(found: Answer) -> list[bytes]:
    parts = (part for c in found.checkpoints for part in (c.weights, c.readout))
    return [array.tobytes() for part in parts for array in part.values()]


@pytest.mark.parametrize(
    "cell", ["LSTM", *(pytest.param(cell, marks=pytest.mark.soak) for cell in ("GRU", "SimpleRNN"))]
)
def test_the_same_seed_gives_the_same_bits(cell: str, forget: Callable[[], None]) -> None:
    """In a worker that has trained others, with its graph used again, and beside others."""
    question = Question(cell=cell, steps=40, task="star")
    alone = Answer(question, tuple(learn.train(question)))
    with ThreadPoolExecutor(3) as threads:
        others = [question.but(seed=1), question.but(length=30), question]
        *_, beside = threads.map(answer, others)
    forget()
    assert bits(beside) == bits(alone)
    assert bits(alone) != bits(answer(question.but(seed=1)))


def test_checkpoints() -> None:
    assert len(Question().checkpoints) == learn.CHECKPOINTS
    steps = Question(steps=1).checkpoints
    assert steps == [0, 1]
    assert [c.step for c in trained(steps=60).checkpoints] == Question(steps=60).checkpoints


def test_a_shorter_training_is_the_beginning_of_a_longer_one() -> None:
    short, long = trained(steps=30), trained(steps=60)
    both = {c.step: c for c in short.checkpoints}.keys() & {c.step for c in long.checkpoints}
    assert len(both) > 5
    for step in both:
        one, other = (
            next(c for c in found.checkpoints if c.step == step) for found in (short, long)
        )
        for name, array in one.weights.items():
            np.testing.assert_array_equal(array, other.weights[name])


# The question


def test_a_task_brings_its_length() -> None:
    assert Question(task="first").length == 12
    assert Question(task="first").to_query() == {"task": "first"}
    assert Question(task="first", length=20).to_query() == {"task": "first", "length": "20"}
    assert Question.from_query({"task": ["first"]})[0] == Question(task="first")


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"task": "tetris"}, "task: got 'tetris'; allowed: one of 'switch', 'star', 'quotes'"),
        ({"rate": 0.5}, "rate: got 0.5; allowed: one of 0.003, 0.01, 0.03"),
        ({"units": 65}, "units: got 65"),
        ({"length": 4}, "length: got 4"),
        ({"steps": 0}, "steps: got 0"),
        ({"seed": -1}, "seed: got -1"),
        ({"cell": ["LSTM"]}, "cell: got ['LSTM']"),
        ({"task": ["quotes"]}, "task: got ['quotes']"),
        ({"unit_forget_bias": 1}, "unit_forget_bias: got 1"),
        ({"rnn": 1}, "rnn"),
    ],
)
def test_bad_values_are_refused_by_name(values: dict, said: str) -> None:
    with pytest.raises(SettingsError, match=re.escape(said)):
        Question(**values)


def test_rates_are_read_from_links() -> None:
    found, problems = Question.from_query({"rate": ["0.003"]})
    assert found.rate == 0.003
    assert not problems
    found, problems = Question.from_query({"rate": ["0.5"]})
    assert found.rate == 0.03
    assert "one of 0.003, 0.01, 0.03" in str(problems[0])


def test_checkpoints_come_one_by_one(forget: Callable[[], None]) -> None:
    question = Question(steps=30, seed=11)
    found = list(trainer.stream(learn.train, question))
    assert [checkpoint.step for checkpoint in found] == question.checkpoints
    assert bits(answer(question)) == bits(Answer(question, tuple(found)))


def test_its_settings_are_those_of_a_run() -> None:
    question = Question(task="star", cell="GRU", units=3)
    settings = question.settings()
    assert isinstance(settings, Settings)
    assert (settings.vocabulary_size, settings.embedding_dim, settings.units) == (6, 6, 3)
    assert settings.tokens == question.sample(1)
    assert question.sample(2, 50)[1] != question.sample(1, 50)[0]


# What is said and drawn of it


def early(task: str, cell: str = "LSTM") -> Answer:
    """A training that has only just begun."""
    found = learned(task, cell)
    return Answer(found.question, found.checkpoints[:3])


def lost() -> Answer:
    """A training that has learned the task and lost it again: one that goes on as it began."""
    found = learned("switch")
    return Answer(found.question, (*found.checkpoints, found.checkpoints[0]))


def test_facts_are_measured_and_have_their_sentences() -> None:
    found = [learned(name) for name in TASKS]
    found += [early("star", "GRU")]
    told = [fact for one in found for fact in facts(one).all]
    told += [fact for question in RECORDED for fact in seeds.facts(question)]
    told += facts(lost()).all
    told += facts(recorded()[Question(cell="SimpleRNN")]).all
    told += [fact for task in ("quotes", "echo") for fact in facts(learned(task, "GRU")).all]
    told += facts(forgets_little()).all
    assert_sentences("learn_facts", told)
    assert all(fact.holds is not False for fact in told)
    for one in found:
        seen, *_ = facts(one).means
        able = one.checkpoints[-1].accuracy >= learn.LEARNED
        assert (seen.name == "unlearned") == (not able)
        assert (seen.holds is True) == (able and learn.mechanism_of(one).is_plain)
    longer = facts(found[0]).longer
    assert longer.values["accuracy"] == learn.accuracy_of(
        found[0].checkpoints[-1], found[0].question, 100
    )


def test_what_a_class_asks_at_once_is_measured_once(monkeypatch: pytest.MonkeyPatch) -> None:
    question, measured, together = Question(), [], threading.Barrier(8)
    outcome = learn._outcome
    fresh = Answer(question, recorded()[question].checkpoints)
    monkeypatch.setattr(learn, "_outcome", lambda one: measured.append(one) or outcome(one))

    def ask(_: int) -> learn.Facts:
        together.wait()
        return facts(fresh)

    with ThreadPoolExecutor(8) as pool:
        first, *others = pool.map(ask, range(8))
    assert all(one is first for one in others)
    assert measured == [fresh]


def test_a_class_that_asks_first_gets_the_same_recorded_trainings() -> None:
    """What is said and drawn of them is kept for each answer, so each has to be one object."""
    recorded.cache_clear()
    together = threading.Barrier(8)

    def ask(_: int) -> object:
        together.wait()
        return recorded()

    with ThreadPoolExecutor(8) as pool:
        assert len({id(found) for found in pool.map(ask, range(8))}) == 1


@pytest.mark.parametrize(
    ("cell", "name"),
    [("LSTM", "keeps_first"), ("GRU", "keeps_first"), ("SimpleRNN", "overwrites_first")],
)
def test_the_first_symbol_is_kept_or_overwritten(cell: str, name: str) -> None:
    """As Keras runs the cell on both sequences of each pair."""
    question = Question(cell=cell)
    last = recorded()[question].checkpoints[-1]
    ids, _ = question.tested_on()
    one = ids[ids[:, 0] != 1]  # 1 and 2 are no quotation marks: either decides as much
    other = one.copy()
    other[:, 0] = (one[:, 0] + 1) % 3
    hidden, changed = (keras_hidden(question, last.weights, each) for each in (one, other))
    by_step = np.median(np.abs(hidden - changed).max(axis=-1), axis=0)
    (fact,) = facts(recorded()[question]).first
    assert fact.name == name
    assert fact.values["count"] == len(one)
    assert fact.values["then"] == pytest.approx(by_step[0], abs=1e-6)
    assert fact.values["now"] == pytest.approx(by_step[-1], abs=1e-6)
    learned = name == "keeps_first"
    assert (fact.values["changed"] > learn.LEARNED) == learned


@pytest.mark.parametrize("task", ["star", "switch", "echo"])
def test_nothing_is_said_of_a_first_symbol_that_decides_nothing(task: str) -> None:
    assert facts(recorded()[Question(task=task)]).first == ()


@pytest.mark.parametrize(
    ("task", "low", "high"), [("switch", "at", "elsewhere"), ("quotes", "at", "elsewhere")]
)
def test_the_gate_closes_at_the_event(task: str, low: str, high: str) -> None:
    found = learn.mechanism_of(learned(task))
    assert found.kind == "moves"
    assert found.what == "forget"
    assert found.lines[low][-1] < found.lines[high][-1] - 0.3


# Taken away: measured with Keras, on weights that are changed here by hand


def forgets_little() -> Answer:
    """So many units and so few steps that hardly anything has to be forgotten."""
    return trained(task="switch", length=5, units=32, steps=40)


def keras_hidden(
    question: Question, weights: Mapping[str, np.ndarray], ids: np.ndarray | None = None
) -> np.ndarray:
    """h of every step of these sequences, or of all that are held out, as Keras computes it."""
    if ids is None:
        ids, _ = question.tested_on()
    inputs = np.eye(question.kind.ids, dtype="float32")[ids]
    with engine.use_keras():
        layer = layer_class(question.cell)(question.units, return_sequences=True)
        layer.build(inputs.shape)
        layer.set_weights([weights[n] for n in ("kernel", "recurrent_kernel", "bias")])
        return np.array(layer(inputs))


def right_share(question: Question, hidden: np.ndarray, readout: Mapping[str, np.ndarray]) -> float:
    _, right = question.tested_on()
    said = (hidden @ readout["kernel"] + readout["bias"]).argmax(axis=-1)
    return float((said == right)[right != UNASKED].mean())


def gate_means(
    question: Question, weights: Mapping[str, np.ndarray], gate: slice, hidden: np.ndarray
) -> np.ndarray:
    ids, _ = question.tested_on()
    before = np.concatenate([np.zeros_like(hidden[:, :1]), hidden[:, :-1]], axis=1)
    total = weights["kernel"][ids][..., gate] + before @ weights["recurrent_kernel"][:, gate]
    total = total + np.atleast_2d(weights["bias"]).sum(axis=0)[gate]
    return (1 / (1 + np.exp(-total))).mean(axis=(0, 1))


def held(weights: dict[str, np.ndarray], gate: slice, bias: np.ndarray | float) -> None:
    weights["kernel"][:, gate] = weights["recurrent_kernel"][:, gate] = 0
    weights["bias"][..., gate] = 0
    np.atleast_2d(weights["bias"])[0, gate] = bias


def accuracy_without(found: Answer, name: str) -> float:
    """The last checkpoint's accuracy when the part of that name has been taken away."""
    question, last = found.question, found.checkpoints[-1]
    weights = {key: np.array(array) for key, array in last.weights.items()}
    readout = {key: np.array(array) for key, array in last.readout.items()}
    hidden = keras_hidden(question, last.weights)
    n, lstm = question.units, question.cell == "LSTM"
    blocks = ["input", "forget", "candidate"] if lstm else ["update", "reset", "candidate"]
    block = {each: slice(i * n, (i + 1) * n) for i, each in enumerate(blocks)}
    keeps = block["forget" if lstm else "update"]
    if name == "moving":
        gate = block["input"] if lstm and question.task == "star" else keeps
        mean = gate_means(question, weights, gate, hidden)
        held(weights, gate, np.log(mean / (1 - mean)))
    elif name == "forgetting":
        held(weights, block["forget"], 50)
    elif name == "keeping":
        held(weights, keeps, -50)
    elif name == "candidate":
        weights["recurrent_kernel"][:, block["candidate"]] = 0
    else:
        unit = learn.mechanism_of(found).unit
        read = np.tile(hidden.mean(axis=(0, 1)), (*hidden.shape[:2], 1))
        read[..., unit] = hidden[..., unit]
        return right_share(question, read, readout)
    return right_share(question, keras_hidden(question, weights), readout)


WHAT_IS_DONE = {
    "moving": "held at its mean in each unit",
    "forgetting": "forget gate held at 1",
    "keeping": "held at 0",
    "candidate": "without its recurrent weights",
    "alone": "only the mean h of every other unit",
}
"""What a sentence says is taken away."""

NEEDS = [
    ("switch", "LSTM", ["moving_stays", "forgetting_falls", "candidate_stays"]),
    ("star", "LSTM", ["moving_stays", "keeping_falls", "candidate_falls"]),
    ("quotes", "LSTM", ["moving_falls", "candidate_falls"]),
    ("ups", "LSTM", ["alone_stays", "keeping_falls"]),
    ("echo", "LSTM", ["alone_stays", "candidate_falls"]),
    ("first", "LSTM", ["keeping_stays", "candidate_falls"]),
    ("star", "GRU", ["moving_stays", "keeping_stays", "candidate_falls"]),
    ("quotes", "GRU", ["moving_falls", "candidate_falls"]),
    ("echo", "GRU", ["alone_falls", "candidate_falls"]),
    ("echo", "SimpleRNN", ["alone_stays"]),
    # Cells that were not recorded, and need what others need.
    pytest.param("switch", "GRU", ["moving_stays", "candidate_falls"], marks=pytest.mark.soak),
    pytest.param("ups", "GRU", ["alone_stays", "keeping_falls"], marks=pytest.mark.soak),
]


def assert_decided(found: Answer, told: list[Fact]) -> None:
    """Each sentence names what is taken away, and says what Keras measures without it."""
    question, last = found.question, found.checkpoints[-1]
    whole = right_share(question, keras_hidden(question, last.weights), last.readout)
    for fact in told:
        name, verdict = fact.name.split("_")
        without = accuracy_without(found, name)
        assert fact.values["without"] == pytest.approx(without, abs=0.004)
        assert fact.values["accuracy"] == pytest.approx(whole, abs=0.004)
        assert verdict == ("falls" if whole - without >= learn.FALLS else "stays")
        said = text(f"learn_facts.{fact.name}.claim", **gate_in_words(fact.values))
        assert WHAT_IS_DONE[name] in said
        after = f"{fact.values['without']:.0%}"
        before = f"{fact.values['accuracy']:.0%}"
        assert (f"falls from {before} to {after}" in said) == (verdict == "falls")
        assert (f"is still {after}" in said) == (verdict == "stays")
        assert ("**Why a gate:**" in said) == (verdict == "falls" and fact.values["gate"] != "")
        assert fact.values["gate"] in said


@pytest.mark.parametrize(("task", "cell", "names"), NEEDS)
def test_what_a_cell_needs_is_decided_by_taking_it_away(
    task: str, cell: str, names: list[str]
) -> None:
    found = learned(task, cell)
    _, *told = facts(found).means
    assert [fact.name for fact in told] == names
    assert_decided(found, told)


def test_what_hardly_has_to_be_forgotten_is_not_called_needed() -> None:
    _, *told = facts(forgets_little()).means
    assert "forgetting_stays" in [fact.name for fact in told]
    assert_decided(forgets_little(), told)


def test_a_mark_is_not_described_as_a_switch() -> None:
    """A switch says by itself what to write; what a mark writes hangs on the state before it."""
    switch, mark = (
        {fact.name for fact in facts(learned(task)).means} for task in ("switch", "quotes")
    )
    assert "candidate_stays" in switch - mark
    assert "candidate_falls" in mark - switch


def test_nothing_is_changed_in_the_cell_that_is_looked_at() -> None:
    found = learned("quotes")
    before = bits(found)
    facts.cache_clear()
    facts(found)
    assert bits(found) == before


def test_c_counts() -> None:
    found = learn.mechanism_of(learned("ups"))
    assert (found.kind, found.what) == ("follows", "c")
    assert found.lines["follows"][-1] > 0.8 > found.lines["follows"][0]


def test_a_mechanism_is_the_mean_that_it_says() -> None:
    """Told over by hand for one checkpoint, one unit and one sequence."""
    found = learned("quotes")
    ids = np.array(found.question.sample(1))
    trace = found.checkpoints[-1].trace(found.question.settings())
    one = mechanism("quotes", "LSTM", ids, [trace])
    gate = trace.gates["forget"][0, 1:, one.unit]
    at = gate[ids[0, 1:] == 0]
    assert one.lines["at"][0] == pytest.approx(at.mean())
    assert one.lines["elsewhere"][0] == pytest.approx(gate[ids[0, 1:] != 0].mean())


def test_what_is_near_is_remembered_first() -> None:
    found = learned("star")
    horizon = learn.horizon_of(found)
    assert horizon.upto == (6, 12, 19)
    assert horizon.accuracy.shape == (3, len(found.checkpoints))
    ids, right = found.question.tested_on()
    ago = 19 - (ids >= 3).argmax(axis=1)
    near = ids[ago <= 6]
    settings = found.question.settings(tuple(map(tuple, near[:8].tolist())))
    last = found.checkpoints[-1]
    said = last.probabilities(last.trace(settings))[:, -1].argmax(axis=-1)
    assert (said == right[ago <= 6][:8, -1]).mean() >= 0.8
    half = len(found.checkpoints) // 2
    assert horizon.accuracy[0, :half].mean() > horizon.accuracy[-1, :half].mean()
    assert learn.horizon_of(learned("quotes")) is None


def test_nothing_is_said_of_a_mechanism_that_is_not_there() -> None:
    names = [fact.name for fact in facts(early("quotes")).all]
    assert "not_learned" in names
    assert "unlearned" in names
    assert "horizon" not in [fact.name for fact in facts(early("star")).all]


@pytest.mark.parametrize("question", recorded(), ids=lambda asked: f"{asked.task}-{asked.cell}")
def test_recorded_trainings_know_what_is_said_of_them(question: Question) -> None:
    """What the last weights know, by Keras."""
    kept = recorded()[question]
    assert (kept.learned is None) == (question == Question(cell="SimpleRNN"))
    last = kept.checkpoints[-1]
    share = right_share(question, keras_hidden(question, last.weights), last.readout)
    assert last.accuracy == pytest.approx(share, abs=0.004)


BEGUN = [
    Question(task="star"),
    Question(task="quotes", cell="GRU", steps=20),
    Question(task="star", cell="SimpleRNN", steps=20),
]
BEGUN += [
    pytest.param(question.but(steps=20), marks=pytest.mark.soak)
    for question in recorded()
    if question not in BEGUN
]


@pytest.mark.parametrize("question", BEGUN, ids=lambda asked: f"{asked.task}-{asked.cell}")
def test_trained_again_the_checkpoints_are_those_that_were_recorded(question: Question) -> None:
    """To the end, or so far that any other training would differ."""
    kept = recorded()[question.but(steps=Question().steps)]
    found = answer(question)
    ours = {checkpoint.step: checkpoint for checkpoint in kept.checkpoints}
    both = [keras for keras in found.checkpoints if keras.step in ours]
    assert len(both) > 5
    assert both[-1].step == found.question.steps
    for keras in both:
        assert ours[keras.step].accuracy == pytest.approx(keras.accuracy, abs=0.01)
        for part in ("weights", "readout"):
            for name, array in getattr(keras, part).items():
                # Other processors round differently.
                np.testing.assert_allclose(getattr(ours[keras.step], part)[name], array, atol=1e-3)


def test_what_is_offered_is_recorded() -> None:
    for does, offered in OFFERED.items():
        assert offered.checkpoint is recorded()[offered.question].checkpoints[-1], does


def test_a_cell_without_a_forget_gate_has_no_bias_of_it() -> None:
    for cell in ("GRU", "SimpleRNN"):
        assert Question(cell=cell, unit_forget_bias=False) == Question(cell=cell)
    assert Question(unit_forget_bias=False) != Question()


def test_a_simple_rnn_has_no_gate() -> None:
    assert learn.mechanism_of(learned("quotes", "SimpleRNN")) is None
    assert learn.mechanism_of(trained(cell="SimpleRNN", task="ups", steps=20)).what == "h"


def test_a_sequence_is_shown_before_any_training(task: str) -> None:
    question = Question(task=task)
    figure, alt = charts.asked(question=question, sentence=2, length=10)
    (heatmap,) = (trace for trace in figure["data"] if trace["type"] == "heatmap")
    tokens, right = (batch[2] for batch in question.tested_on(10))
    assert list(figure["layout"]["xaxis"]["ticktext"]) == [
        f"{step}<br><b>{question.kind.symbols[token]}</b>" for step, token in enumerate(tokens, 1)
    ]
    rows, there = np.array(heatmap["z"], float), right != UNASKED
    answered = rows[0] if question.kind.answers == 2 else rows.argmax(axis=0)
    np.testing.assert_array_equal(answered[there], right[there])
    assert np.isnan(rows[:, ~there]).all()
    names = [UNASKED, *range(question.kind.answers)]
    called = dict(zip(names, [text("learn.unasked"), *question.kind.classes], strict=True))
    for row in heatmap["text"]:
        assert row == [called[one] for one in right.tolist()]
    assert heatmap["customdata"] == [[question.kind.symbols[token] for token in tokens]]
    said = "the right answer, step %{x:d}, reads %{customdata}<br>"
    assert heatmap["hovertemplate"].startswith(said)
    titles = [note["text"] for note in figure["layout"]["annotations"]]
    assert any(", ".join(question.kind.classes) in one for one in titles) == (len(rows) > 1)
    assert "10 steps" in alt


def filmed(figure: dict, at: int) -> list[np.ndarray]:
    """The values of one of a film's moments, (row, step) for each strip."""
    film = figure["layout"]["meta"]["film"]
    levels = np.frombuffer(base64.b64decode(film["frames"][at]), "<u2").astype(float)
    levels[levels > film["levels"]] = np.nan
    found = []
    for trace in (trace for trace in figure["data"] if trace["type"] == "heatmap"):
        shape = np.shape(trace["z"])
        (low, high), size = film["scales"][len(found)], shape[0] * shape[1]
        found.append((low + levels[:size] / film["levels"] * (high - low)).reshape(shape))
        levels = levels[size:]
    assert not levels.size
    return found


@pytest.mark.parametrize("cell", CELLS)
def test_the_film_has_every_checkpoint(cell: str) -> None:
    found = learned("star", cell)
    figure, alt = charts.film(found, sentence=1, length=30)
    film = figure["layout"]["meta"]["film"]
    heatmaps = [trace for trace in figure["data"] if trace["type"] == "heatmap"]
    assert len(film["labels"]) == len(film["frames"]) == len(found.checkpoints)
    settings = found.question.settings(found.question.sample(2, 30)[1:])
    for at, checkpoint in enumerate(found.checkpoints):
        trace = checkpoint.trace(settings)
        names = (heatmap["name"] for heatmap in heatmaps)
        drawn = dict(zip(names, filmed(figure, at), strict=True))
        last = [heatmap["z"] for heatmap in heatmaps]
        np.testing.assert_allclose(drawn["h"], trace.hidden[0].T, atol=1e-4)
        np.testing.assert_allclose(drawn["says"], checkpoint.probabilities(trace)[0].T, atol=1e-4)
    for row, now in zip(filmed(figure, -1), last, strict=True):
        np.testing.assert_allclose(row, now, atol=1e-3)
    assert f"{len(found.checkpoints)} moments" in alt
    says = next(heatmap for heatmap in heatmaps if heatmap["name"] == "says")
    assert [row[0] for row in says["text"]] == ["a", "b", "c"]
    assert says["hovertemplate"].startswith("it says, step %{x:d}, ")


def test_the_film_marks_what_is_said_wrong() -> None:
    found = learned("switch")
    figure, _ = charts.film(found)
    settings = found.question.settings()
    (right,) = found.question.kind.asked(np.array(settings.tokens))
    for at, checkpoint in enumerate(found.checkpoints):
        said = checkpoint.probabilities(checkpoint.trace(settings))[0].argmax(axis=-1)
        (drawn,) = filmed(figure, at)[-1]
        np.testing.assert_array_equal(drawn < -0.4, said != right)
        np.testing.assert_allclose(drawn[said == right], right[said == right], atol=1e-3)
        np.testing.assert_allclose(drawn[said != right], -(1 + right[said != right]) / 2, atol=1e-3)
    race, _ = charts.film(found, found, racing=True)
    assert min(filmed(race, 0)[-1].ravel()) >= 0


def test_no_scale_is_left_behind() -> None:
    """Whatever a cell does while it learns lies within its strip's scale."""
    found = learned("ups")
    figure, _ = charts.film(found)
    heatmaps = [trace for trace in figure["data"] if trace["type"] == "heatmap"]
    for number, heatmap in enumerate(heatmaps):
        low, high = figure["layout"]["meta"]["film"]["scales"][number]
        assert (low, high) == (heatmap["zmin"], heatmap["zmax"])
    traces = [c.trace(found.question.settings()) for c in found.checkpoints]
    limits = {heatmap["name"]: heatmap["zmax"] for heatmap in heatmaps}
    assert limits["c"] >= max(np.abs(trace.cell).max() for trace in traces)
    assert limits["h"] >= max(np.abs(trace.hidden).max() for trace in traces)


# The code


@pytest.mark.parametrize(
    "values",
    [
        {"task": "switch"},
        {"task": "star", "cell": "GRU"},
        {"task": "quotes", "seed": 1, "rate": 0.01},
        {"task": "ups", "cell": "SimpleRNN"},
        {"task": "echo", "length": 10},
        {"task": "first", "unit_forget_bias": False},
    ],
    ids=lambda values: values["task"],
)
def test_the_script_trains_the_same_cell(values: dict) -> None:
    question = Question(**values, steps=10)
    names, printed = executed(learn.script(question))
    last = answer(question).checkpoints[-1]
    assert printed == f"accuracy {last.accuracy:.4f}\n"
    kernel, *_ = names["cell"].get_weights()
    np.testing.assert_allclose(kernel, last.weights["kernel"], atol=1e-4)
