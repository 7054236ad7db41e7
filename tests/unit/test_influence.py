"""Which step mattered: gradients against Keras's tape through the whole layer and against finite
differences, another token against two runs, facts, scripts, pictures."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import cache, partial
from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.backend import MismatchError, Run, Settings, SettingsError, run
from components.backend.cells import CELLS, unroll
from components.backend.learning.trained import OFFERED
from components.backend.origins.weight_source import WeightSource
from components.backend.question.linked import allowed_values, choices
from components.backend.running import chain_rule, model_run
from components.backend.running.facts import Fact
from components.backend.weight_files.edits import Edits
from components.backend.whatif import influence, padding
from components.backend.whatif.influence import Answer, Question, answer, facts, script
from components.charts import another_token
from components.charts import influence as influence_chart
from components.texts import text
from tests.facts import assert_sentences
from tests.kinds import called, chosen_of, every_kind, product_of, random_weights, soaked
from tests.layers import keras_layer, read
from tests.scripts import executed
from tests.strategies import bad_values, examples, plain_fields

KINDS = [("LSTM", True), ("GRU", True), ("GRU", False), ("SimpleRNN", True)]
LENGTHS = (1, 2, 10)
FLAGS = (False, True)
CASES = product_of(kind=KINDS, steps=LENGTHS, mask_zero=FLAGS, go_backwards=FLAGS, embedding=FLAGS)


def tokens_of(steps: int, *, zeros: bool = True) -> tuple[tuple[int, ...], ...]:
    """Two sentences, a third of whose ids is 0; one of them ends with one."""
    ids = np.random.default_rng(steps).integers(1, 100, (2, steps))
    if zeros:
        ids[:, ::3] = 0
        ids[0, -1] = 0
    return tuple(map(tuple, ids.tolist()))


def question_of(case: dict[str, Any], **more: Any) -> Question:
    cell, reset_after = case["kind"]
    settings = Settings(
        cell=cell,
        reset_after=reset_after,
        units=2,
        tokens=tokens_of(case["steps"]),
        input_scaling="unit",
        go_backwards=case["go_backwards"],
        embedding=case["embedding"],
    )
    return Question(settings=settings, mask_zero=case["mask_zero"], **more)


def weights_of(settings: Settings, seed: int = 3) -> dict[str, np.ndarray]:
    """Random ones, half as large as they could be: so that a gradient is left after 100 steps."""
    return {name: 0.5 * array for name, array in random_weights(settings, seed).items()}


@pytest.fixture(
    scope="module",  # all tests of an answer in a row: the cache does not hold all of them
    params=soaked(CASES),
)
def found(request: pytest.FixtureRequest) -> Answer:
    question = question_of(request.param)
    return answer(question, weights_of(question.settings))


def counts(found: Answer) -> np.ndarray:
    """Which steps are read, (sentence, step), in the order of reading."""
    tokens = found.run.trace.tokens
    return tokens != 0 if found.question.mask_zero else np.ones(tokens.shape, bool)


# Gradients


def taped(found: Answer) -> dict[str, np.ndarray]:
    """What Keras says, going back through its whole layer: (sentence, step, unit) a state, in the
    order of reading."""
    import tensorflow as tf

    layer = keras_layer(found.run, return_sequences=True, return_state=True)
    sequence = tf.constant(read(found.run))
    forward = slice(None, None, -1 if found.question.settings.go_backwards else 1)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(sequence)
        _, *states = layer(sequence, mask=tf.constant(counts(found)[:, forward]))
        parts = [tf.unstack(state, axis=-1) for state in states]
    gradients = {}
    for name, units in zip(CELLS[layer.__class__.__name__].states, parts, strict=True):
        slopes = [tape.gradient(unit, sequence).numpy()[:, forward] for unit in units]
        gradients[name] = np.stack([np.linalg.norm(each, axis=-1) for each in slopes], axis=-1)
    return gradients


def test_gradients_are_those_of_kerass_tape_through_the_layer(found: Answer) -> None:
    for name, expected in taped(found).items():
        np.testing.assert_allclose(found.own.of[name], expected, rtol=2e-3, atol=1e-7)
    assert found.own.replay_difference < 1e-6


def last_states(found: Answer, inputs: np.ndarray, mask: np.ndarray) -> dict[str, np.ndarray]:
    layer = found.question.settings
    unrolled = unroll(
        layer.cell,
        inputs,
        {name: array.astype(float) for name, array in found.run.weights.items()},
        activation=layer.activation,
        recurrent_activation=layer.recurrent_activation,
        reset_after=layer.reset_after,
        mask=mask,
    )
    states = {"state_h": unrolled.hidden[:, -1]}
    return states if unrolled.cell is None else states | {"state_c": unrolled.cell[:, -1]}


def test_gradients_are_finite_differences(found: Answer) -> None:
    """In double precision, every number of the input moved to both sides."""
    by, (sentences, steps, width) = 1e-5, found.run.trace.inputs.shape
    for sentence in range(sentences):
        rows = np.repeat(found.run.trace.inputs[[sentence]].astype(float), steps * width, axis=0)
        moved = by * np.eye(steps * width).reshape(-1, steps, width)
        mask = np.repeat(counts(found)[[sentence]], steps * width, axis=0)
        more, less = (last_states(found, rows + sign * moved, mask) for sign in (1, -1))
        for name, values in more.items():
            slopes = ((values - less[name]) / (2 * by)).reshape(steps, width, -1)
            expected = np.linalg.norm(slopes, axis=1)
            np.testing.assert_allclose(found.own.of[name][sentence], expected, rtol=2e-3, atol=1e-7)


def test_what_is_passed_over_has_no_influence(found: Answer) -> None:
    for gradients in found.all:
        for norms in gradients.of.values():
            assert (norms[~counts(found)] == 0).all()


def test_an_answer_has_all_cells(found: Answer) -> None:
    own = found.question.settings.cell
    cells = [gradients.layer.cell for gradients in found.all]
    assert set(cells) == set(CELLS)
    assert cells.count(own) == 2  # with these weights and with the seed's
    assert found.own.origin.kind == "given"
    assert {gradients.origin.kind for gradients in found.others} == {"seed"}
    shape = (2, found.question.settings.steps, 2)
    assert found.gradients.shape == shape
    assert found.gradients is found.own.of["state_h"]
    assert (found.cell_gradients is None) == (own != "LSTM")
    assert found.gradients.dtype == np.float64
    with pytest.raises(ValueError, match="read-only"):
        found.gradients[0, 0, 0] = 1


@pytest.mark.parametrize("cell", CELLS)
def test_seeded_gradients_are_those_of_the_run_s_own_weights(cell: str) -> None:
    settings = Settings(cell=cell, seed=4, units=5)
    drawn = answer(Question(settings=settings))
    seeded = [g for g in drawn.all if g is not drawn.opened]
    assert [g.origin for g in seeded] == [("seed", "4")] * len(CELLS)
    assert drawn.run.weights == run(settings).weights
    given = answer(Question(settings=settings), dict(run(settings).weights))
    np.testing.assert_array_equal(drawn.gradients, given.gradients)
    (same,) = (g for g in given.others if g.layer.cell == cell)
    np.testing.assert_array_equal(same.of["state_h"], drawn.gradients)


OPTIONS = {
    "cell": tuple(CELLS),
    "activation": choices(Settings, "activation"),
    "recurrent_activation": ("hard_sigmoid", "hard_sigmoid_keras2"),
    "use_bias": FLAGS,
}


@pytest.mark.parametrize(
    "settings",
    soaked(
        every_kind(OPTIONS, tokens=((4, 21, 64, 13),)),
        partial(chosen_of, OPTIONS),
        partial(called, OPTIONS),
    ),
)
def test_every_option_of_the_layer(settings: Settings) -> None:
    found = answer(Question(settings=settings), weights_of(settings, 5))
    for name, expected in taped(found).items():
        np.testing.assert_allclose(found.own.of[name], expected, rtol=1e-3, atol=1e-7)


def test_a_large_question() -> None:
    """Asked in parts, each of bounded size, and the same as one sentence alone."""
    tokens = tuple(tuple((7 * n + row) % 100 for n in range(100)) for row in range(3))
    settings = Settings(units=32, tokens=tokens)
    found = chain_rule.gradients(settings)
    assert found.of["state_c"].shape == (3, 100, 32)
    alone = chain_rule.gradients(settings.but(tokens=tokens[2:]))
    np.testing.assert_allclose(found.of["state_h"][2:], alone.of["state_h"], rtol=1e-4, atol=1e-12)


def test_what_float32_cannot_tell_from_0_is_stated() -> None:
    settings = Settings(cell="GRU", units=2, tokens=((5, 90) * 50,), vocabulary_size=100)
    sizes = chain_rule.gradients(settings, None).sizes()[0]
    assert (sizes > 0).all()
    assert sizes[0] < 1e-10


def test_flags_cost_nothing(builds: list[str]) -> None:
    settings = Settings(units=7, seed=91)
    answer(Question(settings=settings))
    before = len(builds)
    again = answer(Question(settings=settings.but(return_sequences=False, return_state=False)))
    assert len(builds) - before == 2  # the two runs
    assert again.own is answer(Question(settings=settings)).own


def test_the_same_question_has_the_same_answer(builds: list[str]) -> None:
    question = Question(settings=Settings(seed=92), changed_step=3, token=8)
    first = answer(question)
    before = len(builds)
    assert answer(Question(settings=Settings(seed=92), changed_step=3, token=8)) is first
    other = answer(question.but(changed_step=4))
    assert other.own is first.own
    assert len(builds) - before == 1  # the run with the other token
    assert first.nbytes > 0


def test_a_replay_that_does_not_match_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    right = model_run.replay

    def wrong(*args: Any, **options: Any) -> Any:
        trace = right(*args, **options)
        object.__setattr__(trace, "hidden", trace.hidden + np.float32(1e-3))
        return trace

    monkeypatch.setattr(model_run, "replay", wrong)
    with pytest.raises(MismatchError, match="state_h"):
        chain_rule.gradients(Settings(seed=93))


# Another token


def test_another_token_is_two_runs(found: Answer) -> None:
    settings, (sentences, steps, _) = found.question.settings, found.gradients.shape
    at = max(1, steps // 2)
    question = found.question.but(changed_step=at, token=50)
    changed = answer(question, weights_of(settings))
    rows = [list(row) for row in settings.tokens]
    for row in rows:
        row[-at if settings.go_backwards else at - 1] = 50
    expected = alone(changed, settings.but(tokens=tuple(map(tuple, rows))))
    as_is = alone(changed, settings)
    apart = expected.trace.hidden - as_is.trace.hidden
    np.testing.assert_array_equal(changed.apart["state_h"], apart)
    assert (changed.apart["state_h"][:, : at - 1] == 0).all()
    masked = [(run.trace.tokens == 0) & question.mask_zero for run in (as_is, expected)]
    for name, gate in as_is.trace.gates.items():
        gate_apart = expected.trace.gates[name] - gate
        gate_apart[masked[0] | masked[1]] = 0  # a step that is passed over computes none
        np.testing.assert_array_equal(changed.apart[name], gate_apart)
    assert changed.run.trace.tokens.shape == (sentences, steps)


def alone(found: Answer, settings: Settings) -> Run:
    """A run of these settings, with the answer's weights and mask."""
    if not found.question.mask_zero:
        return run(settings, found.run.weights)
    asked = padding.Question(settings=settings, sentences=settings.tokens)
    return padding.answer(asked, found.run.weights).run


# Bad questions


@pytest.mark.parametrize("name", plain_fields(influence.Choice))
@examples(0.5)
@given(data=st.data())
def test_bad_values_are_refused(name: str, data: st.DataObject) -> None:
    value = data.draw(bad_values(influence.Choice, name))
    with pytest.raises(SettingsError) as refused:
        Question(**{name: value})
    (problem,) = refused.value.problems
    assert (problem.field, problem.allowed) == (name, allowed_values(influence.Choice, name))


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"changed_step": 11}, "changed_step: got 11; allowed: an int from 1 to 10"),
        ({"token": 100}, "token: got 100; allowed: an int from 0 to 99"),
        ({"settings": 3}, "settings: got 3; allowed: Settings"),
    ],
)
def test_what_does_not_fit_the_settings_is_refused(values: dict[str, Any], said: str) -> None:
    with pytest.raises(SettingsError) as refused:
        Question(**values)
    assert str(refused.value) == said


def test_bad_weights_are_refused() -> None:
    with pytest.raises(SettingsError, match=r"weights\.kernel"):
        answer(Question(), random_weights(Settings(units=2), 0))


# Facts


EXPLODES = Settings(
    cell="SimpleRNN", units=4, embedding=False, use_bias=False, tokens=((0,) * 100,)
)
"""A layer whose h is 0 throughout, so that each step back multiplies by the kernel alone."""


def large(settings: Settings) -> dict[str, np.ndarray]:
    return {n: np.full_like(a, 1000) for n, a in random_weights(settings, 0).items()}


def dipping() -> Answer:
    """A gradient that is small in between: step 2 saturates h, and so lets little through, but a
    thousand times as much of what was read before it."""
    settings = Settings(
        cell="SimpleRNN", units=1, embedding_dim=1, vocabulary_size=3, tokens=((0, 1, 2),)
    )
    weights = {
        "embeddings": np.array([[0.0], [7.6], [-999.9995]]),
        "kernel": np.ones((1, 1)),
        "recurrent_kernel": np.full((1, 1), 1000.0),
        "bias": np.zeros(1),
    }
    return answer(Question(settings=settings), weights)


def unmoved() -> Answer:
    """A layer that does not look at what it reads."""
    settings = Settings(units=2)
    weights = random_weights(settings, 0) | {"kernel": np.zeros((2, 8))}
    return answer(Question(settings=settings, token=7), weights)


@cache
def every_fact() -> list[tuple[Answer, int, list[Fact]]]:
    """Answers, each of their sentences, and what is said of it: all facts between them."""
    return [
        (found, sentence, list(facts(found, sentence=sentence)))
        for found in with_facts()
        for sentence in range(len(found.question.settings.tokens))
    ]


def with_facts() -> Iterator[Answer]:
    for cell in CELLS:
        yield answer(Question(settings=Settings(cell=cell), changed_step=4, token=13))
    yield answer(Question(settings=Settings(tokens=((5,) * 60,)), changed_step=2, token=9))
    remembers = OFFERED["remembers"]
    yield answer(Question(settings=remembers.question.settings()), remembers.weights)
    for held in ({"output": 0}, {"forget": 0, "input": 1}):
        edits = Edits()
        for gate, end in held.items():
            edits = edits.hold(gate, end)
        settings = Settings(tokens=((4, 21, 64, 13),) if "output" in held else ((0, 0, 0),))
        weights = WeightSource(edits=edits).weights(settings)
        yield answer(Question(settings=settings, mask_zero=True, token=5), weights)
    settings = Settings(embeddings_initializer="uniform", tokens=((5, 6, 7),))
    yield answer(Question(settings=settings, token=6))
    for cell, activation in (("LSTM", "hard_sigmoid_keras2"), ("GRU", "hard_sigmoid")):
        kind = Settings(cell=cell, recurrent_activation=activation)
        yield answer(Question(settings=kind), random_weights(kind, 3))
    for activation, units in (("relu", 1), ("relu", 4), ("linear", 1)):
        kind = Settings(cell="SimpleRNN", activation=activation, units=units)
        yield answer(Question(settings=kind), weights_of(kind))
    yield answer(Question(settings=EXPLODES), large(EXPLODES))
    raw = Settings(cell="GRU", units=1, embedding=False)
    for seed, tokens in ((9, (5, 5, 8, 10)), (13, (4, 9, 4))):  # saturated, and only in between
        yield answer(Question(settings=raw.but(seed=seed, tokens=(tokens,))))
    for cell in CELLS:
        kind = Settings(cell=cell, units=1 + (cell == "SimpleRNN"))
        yield answer(Question(settings=kind, mask_zero=True, changed_step=4))
    yield dipping()
    yield unmoved()


def test_facts_hold(found: Answer) -> None:
    for sentence in (0, 1):
        told = facts(found, sentence=sentence) + influence.change_facts(found, sentence=sentence)
        assert [fact for fact in told if fact.holds is False] == []


def test_facts_hold_and_have_their_sentences() -> None:
    told = []
    for found, sentence, said in every_fact():
        told += said
        told += influence.change_facts(found, sentence=sentence)
    assert [fact for fact in told if fact.holds is False] == []
    assert_sentences("influence_facts", told)


def test_which_step_matters_most() -> None:
    steps = set()
    for found, sentence, said in every_fact():
        for fact in (fact for fact in said if fact.name == "most"):
            step, sizes = fact.values["step"], found.own.sizes("state_h")[sentence]
            assert sizes[step - 1] == fact.values["most"] == sizes.max()
            assert fact.values["read"] == found.run.trace.read[sentence, step - 1]
            steps.add(len(sizes) - step)
    assert len(steps) > 1  # not always the last


def of_lines(found: Answer, said: Iterable[Fact]) -> Iterator[tuple[Any, Fact]]:
    """Each line of the chart, and what is said of it."""
    return zip(found.lines, (fact for fact in said if fact.name != "most"), strict=False)


def test_how_far_back_a_gradient_has_fallen() -> None:
    found = answer(Question(settings=Settings(tokens=tokens_of(60, zeros=False))))
    for line, fact in of_lines(found, facts(found, sentence=1)):
        gradients, state = line
        sizes = gradients.sizes(state)[1]
        assert fact.values["line"] == found.name_of(*line)
        back, last = fact.values["back"], len(sizes) - 1
        if gradients is found.opened:  # with its forget gates near 1 it does not fall
            assert not fact.name.startswith("fallen")
            assert (sizes > influence.FALLEN * sizes[last]).all()
            continue
        assert sizes[last - back] < influence.FALLEN * sizes[last]
        assert (sizes[: last - back] < influence.FALLEN * sizes[last]).all()
        assert sizes[last - back + 1] >= influence.FALLEN * sizes[last]


def test_a_trained_lstm_stays_level_where_a_simple_rnn_falls_to_nothing() -> None:
    """As the question of why an LSTM remembers longer says of the cells that it leads to."""
    trained = OFFERED["remembers"]
    found = answer(Question(settings=trained.question.settings()), trained.weights)
    told = {
        (gradients.layer.cell, state): (fact.name, gradients.sizes(state)[0])
        for (gradients, state), fact in of_lines(found, facts(found))
    }
    (of_h, h), (of_c, c), (of_simple, simple) = (
        told[line] for line in (("LSTM", "state_h"), ("LSTM", "state_c"), ("SimpleRNN", "state_h"))
    )
    assert (of_h, of_c, of_simple) == ("fallen_level", "lasts", "fallen")
    assert (h < c).all()
    level = h[h < influence.FALLEN * h[-1]]
    assert level.max() < influence.LEVEL * level.min()
    assert simple[0] < 1e-9 * simple[-1]


def test_what_falls_at_the_first_step_alone_and_what_grows_is_said() -> None:
    told = {}
    for found, sentence, said in every_fact():
        counted = found.counted(sentence)
        for (gradients, state), fact in of_lines(found, said):
            if fact.name in ("fallen_first", "grows"):
                told[fact.name] = gradients.sizes(state)[sentence][counted], counted, fact.values
    sizes, counted, values = told["fallen_first"]
    assert sizes[0] < influence.FALLEN * sizes[-1] <= sizes[1]
    assert values["back"] == counted[-1] - counted[0]
    sizes, _, values = told["grows"]
    assert values["times"] == pytest.approx(sizes[0] / sizes[-1])
    assert values["times"] >= influence.GROWN


def test_forget_gates_near_1_let_the_gradient_through() -> None:
    settings = Settings(tokens=tokens_of(100, zeros=False))
    near_1 = WeightSource(edits=Edits(forget_bias=5)).weights(settings)
    before, after = (answer(Question(settings=settings), w) for w in (None, near_1))
    assert after.own.sizes()[0, 0] > 1000 * before.own.sizes()[0, 0]
    kept = [next(f for f in facts(each) if f.name == "kept_LSTM") for each in (before, after)]
    assert kept[1].values["least_mean"] > 0.97 > kept[0].values["most_mean"]
    through = after.run.trace.gates["forget"][0, 1:]
    assert math.isclose(kept[1].values["most_left"], through.prod(axis=0).max(), rel_tol=1e-4)
    said = kept[1].values["most_mean"] ** kept[1].values["steps"]
    assert math.isclose(said, kept[1].values["most_left"], rel_tol=1e-9)


@pytest.mark.parametrize("cell", CELLS)
def test_an_lstm_whose_forget_gates_are_near_1_is_compared_with(cell: str) -> None:
    """It is the LSTM that a forget bias of 5 makes of the seed's, whatever the cell."""
    tokens = tokens_of(100, zeros=False)
    found = answer(Question(settings=Settings(cell=cell, tokens=tokens)))
    settings = Settings(tokens=tokens)
    near_1 = WeightSource(edits=Edits(forget_bias=5)).weights(settings)
    own = answer(Question(settings=settings), near_1)
    assert found.opened is not None
    assert own.opened is None
    np.testing.assert_array_equal(found.opened.of["state_h"], own.gradients)
    (fact,) = (fact for fact in facts(found) if fact.name == "opened")
    share = {g: g.sizes()[0, 0] / g.sizes()[0, -1] for g in found.all}
    lstm = next(g for g in found.all if g.layer.cell == "LSTM")
    assert fact.values["with_share"] == share[found.opened] > 0.01
    assert fact.values["without_share"] == share[lstm] < 1e-6
    assert fact.values["with_gate"] > 0.97 > fact.values["without_gate"]
    assert found.name_of(found.opened) == text("influence.lines.opened", cell="LSTM")
    assert answer(Question(settings=Settings(cell=cell, use_bias=False))).opened is None


def test_why_a_gru_falls_faster_than_a_simple_rnn_is_said_where_it_does() -> None:
    said = {}
    for units, steps in ((3, 10), (16, 100)):
        settings = Settings(units=units, tokens=tokens_of(steps, zeros=False))
        found = answer(Question(settings=settings))
        sizes = {g.layer.cell: g.sizes()[0] for g in found.others}
        gru, plain = (sizes[cell][0] / sizes[cell][-1] for cell in ("GRU", "SimpleRNN"))
        told = [
            fact
            for fact in facts(found)
            if fact.name == "faster" and fact.values["gate"] == "update"
        ]
        assert bool(told) == (gru < plain)
        said[steps] = told
    ((fact,),) = (told for told in said.values() if told)
    kept = next(g for g in found.others if g.layer.cell == "GRU").kept[0, 1:]
    assert fact.values["mean"] == pytest.approx(kept.mean(), rel=1e-5)
    assert fact.values["mean"] < 0.6


def test_of_two_cells_without_a_gate_that_keeps_neither_falls_faster_for_one(
    monkeypatch: pytest.MonkeyPatch, forget: Callable[[], None]
) -> None:
    """As where a second one is added to the house."""
    monkeypatch.setitem(CELLS, "GRU", replace(CELLS["GRU"], keep_gate=None))
    for seed in range(2):
        found = answer(Question(settings=Settings(units=1, seed=seed)))
        told = [fact for fact in facts(found) if fact.name == "faster"]
        assert "GRU" not in {fact.values["line"] for fact in told}


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("given", [False, True], ids=["seeded", "given"])
def test_a_gate_that_keeps_is_held_against_none(cell: str, given: bool) -> None:
    settings = Settings(cell=cell)
    weights = dict(run(settings).weights) if given else None  # the same numbers, by another name
    found = answer(Question(settings=settings), weights)
    told = [fact for fact in facts(found) if fact.name.startswith("kept_")]
    beside = "LSTM" if cell == "SimpleRNN" else "SimpleRNN"
    kinds = {cell: "given", beside: "untrained"} if given else dict.fromkeys((cell, beside), "seed")
    in_order = sorted(kinds, key="SimpleRNN".__eq__)
    assert [fact.name.removeprefix("kept_") for fact in told] == in_order
    lines = [text(f"influence.lines.{kinds[each]}", cell=each) for each in in_order]
    assert [fact.values["line"] for fact in told] == lines
    plain = run(Settings(cell="SimpleRNN"))
    slopes = 1 - plain.trace.hidden[0, 1:].astype(float) ** 2
    kernel = plain.weights["recurrent_kernel"].astype(float)
    onward = np.linalg.multi_dot([kernel * slope for slope in slopes])
    assert told[-1].values["left"] == pytest.approx(np.linalg.norm(onward, 2), rel=1e-4)
    assert told[-1].values["least_mean"] == pytest.approx(slopes.mean(axis=0).min(), rel=1e-2)


@pytest.mark.parametrize("cell", CELLS)
def test_where_a_gradient_explodes_a_gate_still_says_why(cell: str) -> None:
    settings = Settings(cell=cell, tokens=tokens_of(100, zeros=False))
    times = {"embeddings": 0, "recurrent_kernel": 1e4}  # nothing is read, so that nothing saturates
    huge = {name: times.get(name, 1) * w for name, w in run(settings).weights.items()}
    names = [fact.name for fact in facts(answer(Question(settings=settings), huge))]
    assert "beyond" in names
    own = {f"kept_{cell}", f"kept_one_{cell}"}
    assert bool(own.intersection(names)) == (cell != "SimpleRNN")


def test_a_wrong_gradient_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    right = answer(Question())
    norms = {name: 1.01 * array for name, array in right.own.of.items()}
    wrong = replace(right.own, of=norms)
    told = facts(Answer(right.question, right.run, right.changed, wrong, right.others))
    assert [fact.holds for fact in told if fact.name == "nudged"] == [False]


# The code


@pytest.mark.parametrize(
    "case",
    soaked(
        [c | {"given": given} for c in CASES if c["steps"] in (2, 10) for given in FLAGS],
        lambda case: {name: value for name, value in case.items() if name != "steps"},
    ),
)
def test_the_script_prints_the_same(case: dict[str, Any]) -> None:
    question = question_of(case, changed_step=2, token=9)
    weights = weights_of(question.settings) if case["given"] else None
    found = answer(question, weights)
    names, printed = executed(script(question, weights))
    for name in found.own.of:
        assert f"gradient of {name} {found.gradients.shape}" in printed
    last = list(found.own.of.values())[-1]
    np.testing.assert_allclose(names["sizes"], last, rtol=2e-3, atol=1e-6)
    np.testing.assert_allclose(names["difference"], found.apart["state_h"], atol=1e-5)


# The pictures


def test_every_line_has_its_numbers(found: Answer) -> None:
    for sentence in (0, 1):
        figure, alt = influence_chart(found, sentence=sentence)
        go.Figure(figure)
        lines = figure["data"]
        for (gradients, state), line in zip(found.lines, lines, strict=True):
            sizes = gradients.sizes(state)[sentence]
            assert [size or 0 for size in line["y"]] == sizes.tolist()
            assert line["name"] in alt
            assert gradients.layer.cell in line["name"]
        own = text("influence.lines.given", cell=found.question.settings.cell)
        thick = [line["name"] for line in lines if line["line"]["width"] == 3]
        own_c = [text("influence.of_c", line=own)] * (found.cell_gradients is not None)
        assert thick == [own, *own_c]
        low, high = figure["layout"]["yaxis"]["range"]
        shown = [math.log10(size) for line in lines for size in line["y"] if size]
        assert not shown or max(shown) <= high
        assert low < high <= low + 13
        expect_no_tick_at_the_end(figure["layout"])


def expect_no_tick_at_the_end(layout: dict[str, Any]) -> None:
    """No number beside the end of the axis of sizes, where the steps are named."""
    axis, margin = layout["yaxis"], layout["margin"]
    low, high = axis["range"]
    above = (axis["tick0"] - low) % axis["dtick"] / (high - low)  # of the lowest, in parts of it
    assert above * (layout["height"] - margin["t"] - margin["b"]) >= 10  # px


def test_a_strip_for_all_that_the_other_token_changes(found: Answer) -> None:
    changed = answer(found.question.but(token=50), weights_of(found.question.settings))
    figure, alt = another_token(changed, sentence=1)
    go.Figure(figure)
    strips = [trace for trace in figure["data"] if trace["type"] == "heatmap"]
    for strip, values in zip(strips, changed.apart.values(), strict=True):
        np.testing.assert_array_equal(strip["z"], values[1].T)
    assert "step 1 of" in alt
    ticks = figure["layout"]["xaxis"]["ticktext"]
    was, now = (str(r.trace.read[1, 0]) for r in (changed.run, changed.changed))
    if changed.question.settings.steps <= 20:
        assert ticks[0].endswith(f"<b>{was}→{now}</b>" if was != now else f"<b>{was}</b>")


@pytest.mark.parametrize(("step", "named"), [(3, ["3", "10"]), (10, ["10", "20"])])
def test_the_changed_step_of_many_has_a_tick(step: int, named: list[str]) -> None:
    settings = Settings(tokens=(tuple(range(60)),))
    figure, _ = another_token(answer(Question(settings=settings, changed_step=step)))
    axis = figure["layout"]["xaxis"]
    assert [said.split("<br>")[0] for said in axis["ticktext"][:2]] == named
    assert axis["tickvals"] == pytest.approx([*map(float, named), *axis["tickvals"][2:]])
