"""Edits of weights: written and read, applied, what follows from them, and the weights that a
visitor starts from with them."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.backend import Settings, SettingsError, run
from components.backend.cells import CELLS
from components.backend.cells.cell import Gates
from components.backend.learning import learn
from components.backend.learning.tasks import TASKS
from components.backend.learning.trained import OFFERED
from components.backend.origins import uploaded as uploaded_weights
from components.backend.origins.uploaded import find, name_of, register_upload
from components.backend.origins.weight_source import NOTHING, WeightSource
from components.backend.question.layout import BLOCKS
from components.backend.question.weights import Origin, Weights
from components.backend.running import keras_layers
from components.backend.running.facts import EQUAL
from components.backend.running.results import seeded
from components.backend.weight_files.edits import (
    FORGET_BIAS,
    GATES,
    LARGEST,
    MOST,
    Edits,
    Entry,
    checked_weight,
    columns,
    edits_text,
    read_edits,
)
from components.backend.whatif import edit, influence
from components.backend.whatif.edit import Answer, Question
from components.charts import edit as edit_chart
from components.charts.picture import rounded_up
from tests.facts import assert_sentences
from tests.kinds import in_turn, random_weights

KINDS = [*((cell, True) for cell in CELLS), ("GRU", False)]
HELD = [
    (cell, after, gate, end)
    for (cell, after), end in product(KINDS, (0, 1))
    for gate in CELLS[cell].gates
    if gate != "candidate"
]
NUMBERS = st.floats(-LARGEST, LARGEST, width=32)
ENTRIES = st.builds(
    Entry,
    st.sampled_from(["kernel", "recurrent_kernel", "bias"]),
    st.sampled_from([*GATES, "candidate", "h"]),
    st.integers(0, 999),
    st.integers(0, 99),
) | st.builds(Entry, st.just("embeddings"), st.just(""), st.integers(0, 999), st.integers(0, 15))


def weights_of(settings: Settings, seed: int = 1) -> Weights:
    return Weights(
        Origin("given"), {n: np.float32(a) for n, a in random_weights(settings, seed).items()}
    )


def held(*gates: tuple[str, int]) -> Edits:
    edits = Edits()
    for gate, end in gates:
        edits = edits.hold(gate, end)
    return edits


# In a link


@given(
    st.dictionaries(st.sampled_from(GATES), st.sampled_from([0, 1])),
    st.none() | st.integers(*FORGET_BIAS),
    st.dictionaries(ENTRIES, NUMBERS, max_size=8),
)
def test_what_is_written_is_read(gates: dict, bias: int | None, numbers: dict) -> None:
    edits = held(*gates.items())._replace(forget_bias=bias).put(numbers)
    assert read_edits(edits_text(edits)) == edits
    assert WeightSource.from_query({"edits": [edits_text(edits)]}) == (
        WeightSource(edits=edits),
        (),
    )
    assert WeightSource(edits=edits).to_query() == (
        {"edits": edits_text(edits)} if edits != Edits() else {}
    )


def test_edits_in_any_order_are_the_same() -> None:
    text = "forget=0,input=1,forget_bias=-5,bias.input.0.3=2,kernel.forget.0.3=0.25"
    assert edits_text(
        read_edits("kernel.forget.0.3=.25, bias.input.0.3=2,forget_bias=-5,input=1,forget=0")
    ) == ("input=1,forget=0,forget_bias=-5,bias.input.0.3=2,kernel.forget.0.3=0.25")
    assert read_edits(text) == read_edits(",".join(reversed(text.split(","))))


@pytest.mark.parametrize(
    "said",
    [
        "forget=2",
        "forget=0.5",
        "candidate=0",
        "forget",
        "=1",
        "forget_bias=6",
        "forget_bias=1.5",
        "kernel=1",
        "kernel.input.0.0=nan",
        "kernel.input.0.0=inf",
        "kernel.input.0.0=1e40",
        "kernel.input.0.0=1001",
        "kernel.input.x.0=1",
        "kernel.0.0=1",
        "kernel.input.0=1",
        "embeddings.input.0.0=1",
        "readout.input.0.0=1",
        "kernel.input.0.0=1;kernel.input.0.1=2",
        "kernel.input.0.0=" + "9" * 500,
        ",".join(f"kernel.input.0.{n}=1" for n in range(MOST + 1)),
        "<b>x</b>",
    ],
)
def test_bad_edits_are_reported(said: str) -> None:
    found, problems = WeightSource.from_query({"edits": [said]})
    assert found == WeightSource()
    assert [problem.field for problem in problems] == ["edits"]
    assert f"At most {MOST} single weights" in str(problems[0])


def test_a_bad_edit_leaves_the_others() -> None:
    found, problems = WeightSource.from_query(
        {"edits": ["kernel.input.0.0=5000,kernel.input.1.1=2"]}
    )
    assert edits_text(found.edits) == "kernel.input.1.1=2"
    assert str(problems[0]).startswith("edits: got 'kernel.input.0.0=5000'; ")


@pytest.mark.parametrize("value", [np.nan, np.inf, 1000.5, -1e9])
def test_numbers_that_no_weight_can_be(value: float) -> None:
    with pytest.raises(ValueError, match=str(value)):
        checked_weight(value)


# Applied


@pytest.mark.parametrize(("cell", "reset_after"), KINDS)
def test_single_numbers(cell: str, reset_after: bool) -> None:
    settings = Settings(cell=cell, reset_after=reset_after, units=3, embedding_dim=3)
    base, last = weights_of(settings), BLOCKS[cell][-1]
    entries = {
        name: Entry(name, "" if name == "embeddings" else last, len(np.atleast_2d(array)) - 1, 2)
        for name, array in base.items()
    }
    edits = Edits().put(dict.fromkeys(entries.values(), 7.5))
    assert edits.fit(settings)
    after = edits.of(base, settings)
    for name, array in after.items():
        expected = np.array(base[name])
        np.atleast_2d(expected)[-1, -1] = 7.5
        np.testing.assert_array_equal(array, expected)
    assert edits.without(entries.values()) == Edits()
    assert edits.without([]) == edits
    for entry in entries.values():
        for change in ({"row": entry.row + 1}, {"column": 16}, {"row": -1}, {"column": -1}):
            assert not Edits().put({entry._replace(**change): 1.0}).fit(settings)
        if entry.block:
            assert not Edits().put({entry._replace(block="no such"): 1.0}).fit(settings)


def test_a_number_stays_with_its_gate() -> None:
    """Whatever the size: its column is another one then."""
    edits = Edits().put({Entry("kernel", "forget", 1, 2): 7.5})
    for units in (3, 4, 5):
        settings = Settings(units=units)
        after = edits.of(weights_of(settings), settings)
        assert after["kernel"][1, units + 2] == 7.5
    assert not edits.fit(Settings(units=2))
    assert not edits.fit(Settings(cell="GRU"))


@pytest.mark.parametrize(
    ("case", "activation"), in_turn(HELD, ("sigmoid", "hard_sigmoid", "hard_sigmoid_keras2"))
)
def test_a_gate_is_held_by_real_weights(case: tuple[str, bool, str, int], activation: str) -> None:
    cell, reset_after, gate, end = case
    settings = Settings(cell=cell, reset_after=reset_after, recurrent_activation=activation)
    base = weights_of(settings)
    after = held((gate, end)).of(base, settings)
    found = run(settings, after)  # which Keras has agreed to
    np.testing.assert_allclose(found.trace.gates[gate], end, atol=1e-12)
    block = columns(gate, settings)
    for name in ("kernel", "recurrent_kernel", "bias"):
        kept = np.delete(np.array(after[name]), range(block.start, block.stop), axis=-1)
        before = np.delete(np.array(base[name]), range(block.start, block.stop), axis=-1)
        np.testing.assert_array_equal(kept, before)
    assert not after["kernel"][:, block].any()


def test_the_forget_gates_bias() -> None:
    settings = Settings(units=3)
    base = weights_of(settings)
    after = Edits(forget_bias=-4).of(base, settings)
    expected = np.array(base["bias"])
    expected[3:6] = -4
    np.testing.assert_array_equal(after["bias"], expected)
    assert after["kernel"].tobytes() == base["kernel"].tobytes()


def test_which_edit_goes_before_which() -> None:
    settings = Settings(units=2)
    edits = Edits(forget_bias=3).put({Entry("bias", "forget", 0, 0): 0.5})
    assert edits.of(weights_of(settings), settings)["bias"][2:4].tolist() == [0.5, 3]
    gates = run(settings, edits.hold("forget", 0).of(weights_of(settings), settings)).trace.gates
    assert not gates["forget"].round(6).any()


def test_what_edits_call_for() -> None:
    lstm, gru, simple = (Settings(cell=cell) for cell in ("LSTM", "GRU", "SimpleRNN"))
    assert held(("forget", 1), ("input", 0)).fit(lstm)
    assert not held(("forget", 1)).fit(gru)
    assert held(("update", 1)).fit(gru)
    assert not held(("update", 1)).fit(simple)
    assert not held(("forget", 1)).fit(lstm.but(use_bias=False))
    assert Edits(forget_bias=2).fit(lstm)
    assert not Edits(forget_bias=2).fit(gru)
    assert Edits().fit(simple)
    assert not Edits().put({Entry("embeddings", "", 0, 0): 1.0}).fit(lstm.but(embedding=False))
    assert held(("forget", 1), ("forget", 0)) == held(("forget", 0))
    assert held(("forget", 1), ("forget", None)) == Edits()


@pytest.mark.parametrize("cell", CELLS)
def test_columns_are_the_blocks(cell: str) -> None:
    settings = Settings(cell=cell, units=5)
    found = [range(50)[columns(block, settings)] for block in BLOCKS[cell]]
    assert [n for block in found for n in block] == list(range(5 * len(found)))


# The weights that a visitor starts from


@pytest.mark.parametrize(("kind", "embedding"), in_turn(KINDS, (True, False)))
def test_drawn_weights_are_those_of_a_run(kind: tuple[str, bool], embedding: bool) -> None:
    cell, reset_after = kind
    settings = Settings(cell=cell, reset_after=reset_after, embedding=embedding, seed=9, units=3)
    drawn = keras_layers.seeded_weights(settings)
    assert seeded(settings) == run(settings).weights
    assert seeded(settings.but(return_state=False, tokens=((7,),))) is seeded(settings)
    for name, array in run(settings).weights.items():
        np.testing.assert_array_equal(drawn[name], array)
    assert list(drawn) == list(run(settings).weights)


def test_edits_change_whatever_is_named() -> None:
    edits = Edits(forget_bias=5)
    toggles, four = OFFERED["toggles"], Settings(units=4)
    named = {"trained": toggles, "uploaded": register_upload(weights_of(four), four)}
    for name, settings in (("trained", toggles.question.settings()), ("uploaded", four)):
        start = WeightSource(**{name: named[name]}, edits=edits)
        weights = start.weights(settings)
        assert weights["bias"][4:8].tolist() == [5] * 4
        assert weights["kernel"].tobytes() == start.unedited(settings)["kernel"].tobytes()
        assert weights.origin.kind == "edited"
        assert weights.origin.name.split()[0] == name
        assert start.misfits(settings) == ()
        assert start.misfits(settings.but(units=5)) == (name,)
        assert start.misfits(settings.but(use_bias=False)) == (name, "edits")
    assert WeightSource(trained=toggles, edits=edits).weights(
        toggles.question.settings()
    ).symbols == (TASKS["quotes"].symbols)
    seeded = WeightSource(edits=edits).weights(Settings(seed=3))
    assert seeded.origin == ("edited", "seed 3")
    assert seeded.symbols == ()
    assert seeded["kernel"].tobytes() == run(Settings(seed=3)).weights["kernel"].tobytes()


def test_weights_that_are_brought_along_are_found_while_anybody_has_them() -> None:
    settings = Settings(units=2)
    arrays = random_weights(settings, 5)
    uploaded = register_upload(arrays, settings)
    assert uploaded.origin == ("uploaded", name_of(uploaded))
    assert len(name_of(uploaded)) == 16
    assert find(name_of(uploaded)) is uploaded
    assert register_upload(arrays, settings) is uploaded
    start = WeightSource(uploaded=uploaded)
    said = {name: [value] for name, value in start.to_query().items()}
    assert WeightSource.from_query(said) == (start, ())
    other = register_upload(random_weights(settings, 6), settings)
    assert name_of(other) != name_of(uploaded)
    _, (problem,) = WeightSource.from_query({"uploaded": ["0123456789abcdef"]})
    assert problem.field == "uploaded"
    assert "a link cannot carry a file" in str(problem)


def test_a_server_has_room_for_so_many_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Settings(units=3)
    arrays = random_weights(settings, 7)
    size = sum(np.float32(array).nbytes for array in arrays.values())
    held = sum(each.nbytes for each in uploaded_weights._known.values())
    monkeypatch.setattr(uploaded_weights, "MOST_BYTES", held + size - 1)
    with pytest.raises(SettingsError, match="room") as error:
        register_upload(arrays, settings)
    assert error.value.problems[0].field == "weights"
    monkeypatch.setattr(uploaded_weights, "MOST_BYTES", held + size)
    kept = register_upload(arrays, settings)
    monkeypatch.setattr(uploaded_weights, "MOST_BYTES", 0)
    assert register_upload(arrays, settings) is kept


def test_of_large_weights_the_last_ones_are_found_though_nobody_has_them() -> None:
    settings = Settings(units=512, embedding_dim=512)
    names = [
        name_of(register_upload(random_weights(settings, seed), settings)) for seed in range(9)
    ]
    with pytest.raises(ValueError, match=names[0]):
        find(names[0])
    for name in names[-3:]:
        found = find(name)
        assert found is not None
        assert found.nbytes > 8_000_000


def test_a_start_names_one_thing() -> None:
    uploaded = register_upload(weights_of(Settings()), Settings())
    assert WeightSource(uploaded=uploaded).base == "uploaded"
    assert WeightSource(uploaded=uploaded, trained=OFFERED["toggles"]).base == "trained"
    assert (
        WeightSource(uploaded=uploaded, trained=OFFERED["toggles"], case="1-2 LSTM").base == "case"
    )
    assert WeightSource(edits=Edits(forget_bias=0)).base is None
    assert WeightSource(edits=Edits(forget_bias=0)).named
    assert WeightSource(**NOTHING) == WeightSource()


# What follows


def asked(settings: Settings, edits: Edits) -> Answer:
    return edit.answer(Question(settings=settings, edits=edits), weights_of(settings))


def test_an_answer_is_two_runs() -> None:
    settings, edits = Settings(), held(("forget", 1))
    found = asked(settings, edits)
    assert found.before is run(settings, weights_of(settings))
    assert found.run is run(settings, edits.of(weights_of(settings), settings))
    seeds = edit.answer(Question(settings=settings, edits=edits))
    assert seeds.run.weights.origin == ("edited", f"seed {settings.seed}")
    assert edit.answer(Question()).run is edit.answer(Question()).before
    own = register_upload(weights_of(settings), settings)
    uploaded, both = edit.answer(Question(), own), edit.answer(Question(edits=edits), own)
    assert (uploaded.own, uploaded.before) == (True, run(settings))
    assert (both.own, both.before) == (False, run(settings, own))


@pytest.mark.parametrize(
    ("settings", "edits"),
    [
        (Settings(), Edits().put({Entry("kernel", "input", 0, 4): 1.0})),
        (Settings(), held(("update", 0))),
        (Settings(use_bias=False), held(("forget", 0))),
    ],
)
def test_edits_that_do_not_fit_are_refused(settings: Settings, edits: Edits) -> None:
    with pytest.raises(SettingsError, match="edits"):
        Question(settings=settings, edits=edits)


def test_facts_hold_and_have_their_sentences() -> None:
    told = []
    for cell, reset_after, gate, end in HELD:
        settings = Settings(cell=cell, reset_after=reset_after, tokens=((4, 21, 64), (7, 7, 9)))
        found = asked(settings, held((gate, end)))
        told += [*edit.facts(found), *edit.facts(found, sentence=1)]
    told += edit.facts(asked(Settings(), held(("forget", 1), ("input", 0))))
    told += edit.facts(asked(Settings(), Edits(forget_bias=3)))
    unseen = Edits().put({Entry("embeddings", "", 99, 0): 1.0})  # an id that is not read
    told += edit.facts(asked(Settings(), unseen))
    for cell, gate in (("LSTM", "output"), ("GRU", "reset")):
        for activation, end in product(("relu", "linear"), (0, 1)):
            told += edit.facts(asked(Settings(cell=cell, activation=activation), held((gate, end))))
    told += edit.facts(edit.answer(Question()))
    own = register_upload(weights_of(Settings()), Settings())
    told += edit.facts(edit.answer(Question(), own))
    same = register_upload(run(Settings()).weights, Settings())
    told += edit.facts(edit.answer(Question(), same))
    told += [edit.moved(one_number(moves), 0) for moves in ("own", "other", "all")]
    told += [edit.multiplied(one_weight(kind), 0) for kind in MULTIPLIED]
    for row in (1, 4):
        once = starred(row)
        told += [edit.multiplied(once, 0), edit.carried(once, 0)]
    for edits in (Edits(), held(("forget", 1))):
        told.append(edit.says(of_trained("toggles", edits), OFFERED["toggles"], 0))
    assert [fact.name for fact in told].count("moved_own") == 1
    assert [fact for fact in told if fact.holds is False] == []
    assert_sentences("edit_facts", told)


@pytest.mark.parametrize(("cell", "value"), in_turn(CELLS, (-LARGEST, LARGEST)))
def test_the_largest_numbers_that_can_be_typed(cell: str, value: float) -> None:
    settings = Settings(cell=cell)
    block = BLOCKS[cell][0]
    for weight in ("kernel", "recurrent_kernel", "bias"):
        edits = Edits().put({Entry(weight, block, 0, n): value for n in range(settings.units)})
        found = asked(settings, edits)
        assert not [fact for fact in edit.facts(found) if fact.holds is False]
        further = influence.answer(influence.Question(settings=settings), found.run.weights)
        assert not [fact for fact in influence.facts(further) if fact.holds is False]


@pytest.mark.parametrize(("cell", "reset_after", "gate", "end"), HELD)
def test_a_gate_that_is_not_held_is_reported(
    cell: str, reset_after: bool, gate: str, end: int
) -> None:
    """What is said of a held gate does not hold of one that moves."""
    settings = Settings(cell=cell, reset_after=reset_after)
    moves = run(settings, weights_of(settings))
    wrong = Answer(Question(settings=settings, edits=held((gate, end))), moves, moves)
    first, *_ = edit.facts(wrong)
    (name,) = [each.name for each in CELLS[cell].identities if each.ends == {gate: end}]
    assert (first.name, first.holds) == (name, False)


def test_how_far_h_moves() -> None:
    settings = Settings(tokens=((5, 6, 7, 8), (5, 7, 7, 7)))
    found = asked(settings, Edits().put({Entry("embeddings", "", 7, 0): 3.0}))
    apart = found.run.trace.hidden - found.before.trace.hidden
    for sentence, first in ((0, 3), (1, 2)):
        told = {fact.name: fact.values for fact in edit.facts(found, sentence=sentence)}
        assert told["moved"]["first"] == first
        assert told["moved"]["largest"] == np.abs(apart[sentence]).max()
        figure, alt = edit_chart(found, sentence=sentence)
        drawn = [t for t in figure["data"] if t["type"] == "heatmap"]
        of_c, of_h = (t["z"] for t in drawn if t["name"] == "difference")
        apart_c = found.run.trace.cell - found.before.trace.cell
        np.testing.assert_array_equal(of_c, apart_c[sentence].T)
        np.testing.assert_array_equal(of_h, apart[sentence].T)
        strips = {t["name"]: t["z"] for t in drawn}
        np.testing.assert_array_equal(strips["forget"], found.run.trace.gates["forget"][sentence].T)
        assert "c moves by" in alt
        assert "h moves by" in alt
    assert "the same as before" in edit_chart(asked(settings, Edits())).alt


def one_number(moves: str) -> Answer:
    """One edited number: it moves its own unit most, or another one, or all of them at once."""
    size = {"units": 4, "embedding_dim": 4}
    if moves == "own":
        return asked(Settings(**size), Edits().put({Entry("kernel", "input", 2, 1): 1.5}))
    if moves == "all":
        settings = Settings(cell="GRU", reset_after=False, **size)
        return asked(settings, Edits().put({Entry("kernel", "reset", 2, 1): 1.5}))
    settings = Settings(cell="SimpleRNN", units=2, embedding_dim=1, use_bias=False)
    onward = np.array([[0.0, 3.0], [0.0, 0.0]])  # from unit 0 into unit 1
    weights = dict(weights_of(settings)) | {"kernel": np.zeros((1, 2)), "recurrent_kernel": onward}
    edits = Edits().put({Entry("kernel", "h", 0, 0): 0.1})
    return edit.answer(Question(settings=settings, edits=edits), weights)


@pytest.mark.parametrize(("moves", "unit"), [("own", 1), ("other", 0), ("all", 1)])
def test_what_one_number_does(moves: str, unit: int) -> None:
    found = one_number(moves)
    told = edit.moved(found, 0)
    assert told.name == f"one_{moves}"
    apart = np.abs(found.run.trace.hidden - found.before.trace.hidden)[0]
    most, first = told.values["most"], told.values["first"] - 1
    assert apart[told.values["at"] - 1, most] == apart.max() == told.values["largest"]
    assert (most == told.values["unit"]) == (moves == "own")
    assert told.values["unit"] == unit
    assert (np.delete(apart, unit, axis=1)[first] == 0).all() == (moves != "all")
    assert told.values["others"] == np.delete(apart, unit, axis=1).max()
    assert told.values["itself"] == apart[:, unit].max()


MULTIPLIED = {
    "product_x_ids": (Settings(), Entry("kernel", "forget", 1, 2)),
    "product_x": (Settings(values=((((0.0,), (2.0,)),))), Entry("kernel", "input", 0, 1)),
    "product_h": (Settings(cell="SimpleRNN"), Entry("recurrent_kernel", "h", 2, 0)),
    "product_h_reset": (Settings(cell="GRU"), Entry("recurrent_kernel", "candidate", 0, 1)),
    "product_0_kernel": (
        Settings(values=((((0.0, 1.0), (0.0, 2.0)),))),
        Entry("kernel", "output", 0, 1),
    ),
    "product_0_recurrent_kernel": (
        Settings(tokens=((5,),)),
        Entry("recurrent_kernel", "output", 0, 1),
    ),
}
"""By the fact that it leads to: a layer, and the number of its weights that is edited."""


def one_weight(kind: str) -> Answer:
    settings, entry = MULTIPLIED[kind]
    return asked(settings, Edits().put({entry: 1.5}))


@pytest.mark.parametrize("kind", MULTIPLIED)
def test_what_a_weight_multiplies(kind: str) -> None:
    """And the sum moves by what the product does, as until then all else is the same."""
    found = one_weight(kind)
    told = edit.multiplied(found, 0)
    assert told.name == kind
    if kind.startswith("product_0"):
        assert edit.moved(found, 0).name == "unmoved"
        return
    values, trace = told.values, found.before.trace
    at, unit = values["step"] - 1, values["unit"]
    read = trace.inputs if "product_x" in kind else trace.before("state_h")
    assert values["factor"] == pytest.approx(read[0, at, values["row"]])
    assert values["product"] == pytest.approx(values["factor"] * 1.5)
    share = values.get("reset", 1.0)
    moves = share * (values["product"] - values["product_before"])
    assert moves == pytest.approx(values["sum"] - values["sum_before"], abs=EQUAL)
    assert abs(moves) > EQUAL
    block = MULTIPLIED[kind][1].block
    for when, ran in (("", found.run), ("_before", found.before)):
        gate = ran.trace.gates.get(block, ran.trace.hidden)
        assert values[f"value{when}"] == gate[0, at, unit]


def test_only_one_weight_has_a_product() -> None:
    kernel = {Entry("kernel", "input", 0, n): 1.5 for n in range(2)}
    for edits in (
        Edits(),
        held(("input", 0)),
        Edits().put(kernel),
        Edits().put({Entry("bias", "input", 0, 1): 1.5}),
        Edits().put({Entry("embeddings", "", 4, 0): 1.5}),
    ):
        assert edit.multiplied(asked(Settings(), edits), 0) is None


def starred(feature: int) -> Answer:
    """A trained cell with an edit, reading six ids: 4 twice, the others once."""
    edits = Edits().put({Entry("kernel", "candidate", feature, 0): -2.0})
    return of_trained("remembers", edits, tokens=((2, 4, 1, 4, 3, 0),))


@pytest.mark.parametrize(("feature", "kind"), [(4, "carried"), (1, "carried_alone"), (0, None)])
def test_c_takes_a_change_on(feature: int, kind: str | None) -> None:
    found = starred(feature)
    product = edit.multiplied(found, 0)
    assert product.name == "product_x_one_hot"
    assert product.values["factor"] == 1
    told = edit.carried(found, 0)
    if kind is None:  # the last step reads it
        assert told is None
        return
    assert told.name == kind
    at = told.values["step"]
    for name, ran in (("c", found.run), ("c_before", found.before)):
        assert told.values[name] == ran.trace.cell[0, at - 1, 0]
    assert told.values["kept"] == found.run.trace.gates["forget"][0, at, 0]


def test_what_no_c_takes_on() -> None:
    """A GRU has no c; the output gate changes none; of a bias there is no product."""
    output = asked(Settings(), Edits().put({Entry("kernel", "output", 1, 2): 1.5}))
    bias = asked(Settings(), Edits().put({Entry("bias", "input", 0, 2): 1.5}))
    assert edit.moved(bias, 0).name.startswith("one_")
    for found in (one_weight("product_h_reset"), output, bias):
        assert edit.carried(found, 0) is None


def of_trained(does: str, edits: Edits, **settings: object) -> Answer:
    kind = OFFERED[does].question.settings().but(**settings)
    return edit.answer(Question(settings=kind, edits=edits), OFFERED[does].weights)


@pytest.mark.parametrize("does", OFFERED)
def test_what_an_edited_cell_says(does: str) -> None:
    """And how good it still is, where it is asked, and is the cell that was trained."""
    trained = OFFERED[does]
    edits = Edits().hold("forget", 0)
    found = of_trained(does, edits)
    told = edit.says(found, trained, 0).values
    settings = trained.question.settings()
    right = trained.question.kind.asked(np.array(settings.tokens))
    edited = trained.checkpoint._replace(weights=found.run.weights)
    for when, checkpoint in (("_before", trained.checkpoint), ("", edited)):
        said = checkpoint.probabilities(checkpoint.trace(settings))[:, -1].argmax(axis=-1)
        assert told[f"said{when}"] == trained.question.kind.classes[said[0]]
        assert told[f"accuracy{when}"] == learn.accuracy_of(checkpoint, trained.question)
    assert told["right"] == trained.question.kind.classes[right[0, -1]]
    assert told["accuracy"] < 0.9 < told["accuracy_before"]
    assert edit.says(of_trained(does, edits, return_state=False), trained, 0).values == told
    assert edit.says(of_trained(does, edits, activation="relu"), trained, 0) is None


def test_nothing_is_said_where_the_trained_cell_is_not_asked() -> None:
    tie = ((0, 1, 2),)
    assert edit.says(of_trained("counts", Edits(), tokens=tie), OFFERED["counts"], 0) is None


def test_scales_stay_from_edit_to_edit() -> None:
    """And the difference of a state is drawn on the scale of that state."""
    values = (0.1, 0.3, 0.9)
    scales = []
    for value in values:
        edits = Edits().put({Entry("kernel", "candidate", 0, 0): value})
        figure, _ = edit_chart(asked(Settings(), edits))
        drawn = [t for t in figure["data"] if t["type"] == "heatmap"]
        scales.append([(t["name"], t["zmin"], t["zmax"]) for t in drawn])
    assert scales[0] == scales[1] == scales[2]
    limits = {name: high for name, _, high in scales[0]}
    apart = [high for name, _, high in scales[0] if name == "difference"]
    assert apart == [limits["c"], limits["h"]]


@pytest.mark.parametrize(
    ("limit", "rounded"), [(0.59, 1), (1, 1), (1.01, 2), (0.021, 0.05), (7, 10)]
)
def test_where_a_scale_ends(limit: float, rounded: float) -> None:
    assert rounded_up(limit) == pytest.approx(rounded)


@pytest.mark.parametrize("bias", [-5, 5])
def test_how_much_of_c_a_bias_keeps(bias: int) -> None:
    found = asked(Settings(), Edits(forget_bias=bias))
    told = {fact.name: fact.values for fact in edit.facts(found)}["forget_bias"]
    for when, ran in (("", found.run), ("_before", found.before)):
        assert told[f"kept{when}"] == pytest.approx(ran.trace.gates["forget"][0].mean())
        assert told[f"last_c{when}"] == np.abs(ran.trace.cell[0, -1]).max()
    assert (told["kept"] > told["kept_before"]) == (bias == 5)
    both = asked(Settings(), Edits(forget_bias=bias).hold("forget", 1))
    assert "forget_bias" not in [fact.name for fact in edit.facts(both)]


@pytest.mark.usefixtures("forget")
def test_nothing_is_said_of_c_where_a_forget_gate_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """A GRU whose update gate is called a forget gate: at 1 it keeps h."""
    gru = CELLS["GRU"]
    names = {name: name for name in gru.gates} | {"update": "forget"}
    gates = {names[name]: letter for name, letter in gru.gates.items()}

    def step(*given: Any) -> tuple[Any, Gates]:
        state, gates = gru.step(*given)
        return state, {names[name]: gate for name, gate in gates.items()}

    monkeypatch.setitem(CELLS, "GRU", replace(gru, gates=gates, step=step, identities=()))
    found = asked(Settings(cell="GRU"), Edits(forget_bias=5))
    now, before = (ran.trace.gates["forget"].mean() for ran in (found.run, found.before))
    assert now > before
    assert [fact.name for fact in edit.facts(found)] == ["moved", "replay"]
