"""Layers put together in all ways that Keras allows, against the script that Keras runs by itself,
and what happens where masks, initial states and directions meet."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise, product
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.backend import EngineError, MismatchError, Settings, SettingsError
from components.backend.cells import CELLS
from components.backend.question.linked import choices
from components.backend.question.settings import Layer
from components.backend.question.weights import Origin, Weights
from components.backend.running.endings import ENDINGS
from components.backend.running.keras_layers import LONGEST_EAGER
from components.backend.running.keras_model import compute
from components.backend.running.model import (
    Model,
    Recurrent,
    States,
    plain,
    returned_layouts,
    weight_layout,
)
from components.backend.running.model_run import replayed, run_calls, run_model
from components.backend.scripts.script import line, model_script, script
from components.backend.whatif.both_ways import Choice as BothWays
from tests.kinds import product_of, soaked
from tests.scripts import assert_printed, executed
from tests.strategies import examples

FLAGS = (True, False)
HOLES = ((4, 21, 0, 0, 7), (0, 3, 0, 9, 0))
"""Ids with id 0 at the beginning, in the middle, twice in a row, and at the end."""

OPTIONS: dict[str, tuple[Any, ...]] = {
    "cells": tuple(pairwise((*CELLS, *CELLS)))[: len(CELLS)],
    "ways": tuple(product(FLAGS, FLAGS)),
    "merge_mode": choices(BothWays, "merge_mode"),
    "mask": ("none", "zero", "by hand", "both"),
    "starts": tuple(product(FLAGS, FLAGS)),
    "backwards": tuple(product(FLAGS, FLAGS)),
    "sequences": FLAGS,
    "state": FLAGS,
    "ending": ("none", *ENDINGS),
    "embedding": FLAGS,
    "given": FLAGS,  # weights other than the seed's
}


def model_of(case: dict[str, Any]) -> Model:
    """The model of a case; without sequences the ending reads a vector."""
    below, above = (
        Recurrent(
            Layer(
                cell=cell,
                units=units,
                go_backwards=backwards,
                return_sequences=number == 0 or case["sequences"],
                return_state=case["state"],
            ),
            f"layer_{number + 1}",
            f"{number}/",
            (number, 5 + number),
            both_ways,
            case["merge_mode"] if number else case["merge_mode"] or "sum",
        )
        for number, (cell, units, both_ways, backwards) in enumerate(
            zip(case["cells"], (3, 2), case["ways"], case["backwards"], strict=True)
        )
    )
    return Model(
        Settings(tokens=HOLES, embedding=case["embedding"], input_scaling="unit"),
        (below, above),
        ending=case["ending"],
        mask_zero=case["mask"] in ("zero", "both"),
        pass_mask=case["mask"] in ("by hand", "both"),
    )


def states_of(node: Recurrent, seed: int = 0) -> States:
    """States for a layer that reads HOLES, none of them 0."""
    draw = np.random.default_rng(seed)
    shape = len(HOLES), node.layer.units
    return {name: draw.uniform(0.1, 1, shape).astype("float32") for name in node.state_names}


def cases() -> list[dict[str, Any]]:
    """Combinations that Keras accepts, drawn at random: there are some 90,000."""
    draw = np.random.default_rng(0)
    found = []
    while len(found) < 600:
        case = {name: values[draw.integers(len(values))] for name, values in OPTIONS.items()}
        above_splits = case["merge_mode"] is None and case["ways"][1]
        if case["ending"] == "RepeatVector(3)" and case["sequences"]:
            continue
        if case["ending"].startswith("TimeDistributed") and not case["sequences"]:
            continue
        if case["ending"] != "none" and above_splits:
            continue
        found.append(case)
    return found


def given_weights(model: Model) -> Weights:
    """Weights for a model, none of them 0."""
    draw = np.random.default_rng(1)
    arrays = {w.name: draw.uniform(-1, 1, w.shape).astype("float32") for w in weight_layout(model)}
    return Weights(Origin("given"), arrays)


@pytest.mark.parametrize("case", soaked(cases()))
def test_keras_and_the_script_agree(case: dict[str, Any]) -> None:
    model = model_of(case)
    layers = (
        replace(node, initial=states_of(node) if begins else None)
        for node, begins in zip(model.layers, case["starts"], strict=True)
    )
    model = replace(model, layers=tuple(layers))
    weights = given_weights(model) if case["given"] else None
    found = run_model(model, weights)
    assert found.error is None
    code = model_script(model, weights, title="A model", note="It is")
    assert_printed(executed(code)[1], found)
    for layer, layouts in zip(found.layers, returned_layouts(model), strict=False):
        assert [t.values.shape for t in layer.returned] == [each.shape for each in layouts]
    assert [len(each) for each in found.differences] == [*map(len, returned_layouts(model))]


@examples(0.5)
@given(data=st.data())
def test_any_stack_is_replayed(data: st.DataObject) -> None:
    """A model whose replay and Keras disagree raises."""
    one = st.builds(
        Layer,
        cell=st.sampled_from(choices(Layer, "cell")),
        units=st.integers(1, 4),
        go_backwards=st.booleans(),
        reset_after=st.booleans(),
        return_state=st.booleans(),
        activation=st.sampled_from(choices(Layer, "activation")),
        recurrent_activation=st.sampled_from(choices(Layer, "recurrent_activation")),
    )
    layers = [
        Recurrent(layer, f"layer_{n}", f"{n}/", (n, 5 + n), data.draw(st.booleans()), mode)
        for n, layer in enumerate(data.draw(st.lists(one, min_size=1, max_size=3)))
        for mode in [data.draw(st.sampled_from(("concat", "sum", "mul", "ave")))]
    ]
    ids = st.lists(st.integers(0, 3), min_size=4, max_size=4).map(tuple)
    tokens = tuple(data.draw(st.lists(ids, min_size=1, max_size=3)))
    read = Settings(tokens=tokens, vocabulary_size=4, embedding=data.draw(st.booleans()))
    masks = {"mask_zero": data.draw(st.booleans()), "pass_mask": data.draw(st.booleans())}
    model = Model(read, tuple(layers), **masks)
    found = run_model(model, given_weights(model))
    assert found.error is None
    assert len(found.layers) == len(layers)


@pytest.mark.parametrize("which", range(3))
def test_whichever_layer_or_ending_disagrees_with_its_replay_raises(which: int) -> None:
    below = Recurrent(Layer(units=2), "layer_1", "0/", (0, 5))
    above = Recurrent(Layer(units=2), "layer_2", "1/", (1, 6), True)
    model = Model(Settings(), (below, above), "outputs", "TimeDistributed(Dense(3))")
    (raw,) = compute(model, None)
    replayed(model, raw, Origin("seed", "0"))
    outputs = [[np.array(array) for array in arrays] for arrays in raw.outputs]
    outputs[which][0][..., -1] += 1e-3  # of Bidirectional's units the backward layer's
    with pytest.raises(MismatchError):
        replayed(model, raw._replace(outputs=outputs), Origin("seed", "0"))


# Where a mask, initial states and a direction meet


def masked(*layers: Recurrent, **more: Any) -> Model:
    return Model(Settings(tokens=HOLES), layers, mask_zero=True, **more)


def test_bidirectional_returns_zeros_at_masked_steps() -> None:
    mask = np.array(HOLES) != 0
    alone = run_model(masked(Recurrent(Layer(units=3)))).layers[0]
    both = run_model(masked(Recurrent(Layer(units=3), both_ways=True))).layers[0]
    assert np.abs(alone.tensor("outputs")[0, 3]).min() > 0  # it repeats step 1
    np.testing.assert_array_equal(both.tensor("outputs")[~mask], 0)
    assert np.abs(both.tensor("outputs")[mask]).min() > 0


def test_outputs_before_the_first_unmasked_step_are_0_whatever_the_state() -> None:
    node = Recurrent(Layer(units=3))
    start = states_of(node)
    # By hand, as Keras drops a mask that comes with the sequence where initial_state is passed.
    (layer,) = run_model(masked(replace(node, initial=start), pass_mask=True)).layers
    np.testing.assert_array_equal(layer.tensor("outputs")[1, 0], 0)
    np.testing.assert_array_equal(layer.trace.hidden[1, 0], start["state_h"][1])


def test_initial_states_drop_the_mask_of_their_own_layer_alone() -> None:
    below, above = Recurrent(Layer(units=3), "a", "0/"), Recurrent(Layer(units=2), "b", "1/")
    found = run_model(masked(replace(below, initial=states_of(below)), above))
    assert found.layers[0].mask is None
    np.testing.assert_array_equal(found.layers[1].mask, np.array(HOLES) != 0)


def test_a_mask_ends_where_no_sequence_is_returned() -> None:
    below = Recurrent(Layer(units=3, return_sequences=False), "a", "0/")
    found = run_model(masked(below, ending="RepeatVector(3)"))
    assert found.layers[0].mask is not None
    assert found.ending_returned.values.shape == (2, 3, 3)


def test_a_mask_is_not_reversed_with_the_outputs() -> None:
    """The layer above one that goes backwards skips the wrong steps."""
    below = Recurrent(Layer(units=3, go_backwards=True), "a", "0/")
    found = run_model(masked(below, Recurrent(Layer(units=2), "b", "1/")))
    read, mask = found.layers[1].trace.tokens, found.layers[1].mask
    np.testing.assert_array_equal(mask, np.array(HOLES) != 0)
    assert not np.array_equal(mask, read != 0)


@pytest.mark.parametrize("embedding", FLAGS)
@pytest.mark.parametrize("ending", ["Dense(3)", "TimeDistributed(Dense(3))", "Flatten(), Dense(3)"])
def test_an_ending_can_read_the_input_itself(ending: str, embedding: bool) -> None:
    model = Model(Settings(tokens=HOLES, embedding=embedding), (), ending=ending, mask_zero=True)
    found = run_model(model)
    (returned,) = found.returned
    assert returned.values.shape == ((2, 3) if ending.startswith("Flatten") else (2, 5, 3))
    assert (found.layers, found.replay_difference < 1e-6) == ((), True)
    assert_printed(executed(model_script(model, title="A model", note="It is"))[1], found)


# Calls


CALLS = product_of(
    cell=choices(Layer, "cell"),
    both_ways=FLAGS,
    keep=FLAGS,
    begins=FLAGS,
    mask_zero=FLAGS,
    pass_mask=FLAGS,
    go_backwards=FLAGS,
)


@pytest.mark.parametrize("case", soaked(CALLS))
def test_a_stateful_stack_goes_on_where_it_stopped(case: dict[str, Any]) -> None:
    nodes = []
    for units in (2, 3):
        layer = Layer(cell=case["cell"], units=units, return_state=False)
        layer = layer.but(go_backwards=case["go_backwards"])
        node = Recurrent(layer, f"{units}", f"{units}/", both_ways=case["both_ways"])
        nodes.append(replace(node, initial=states_of(node) if case["begins"] else None))
    calls = [Settings(tokens=HOLES), Settings(tokens=((0, 5), (8, 0)))]
    masks = {name: case[name] for name in ("mask_zero", "pass_mask")}
    model = Model(calls[0], tuple(nodes), stateful=True, **masks)
    before, after = run_calls(model, calls, keep=case["keep"])
    for one, other in zip(before.layers, after.layers, strict=True):
        begins = [state for trace in other.traces for state in trace.initial.values()]
        for state, begin in zip(one.last_states.values(), begins, strict=True):
            np.testing.assert_array_equal(begin, state if case["keep"] else 0)
            assert state.any()
        assert (other.mask is not None) == any(masks.values())


@pytest.mark.parametrize("keep", FLAGS)
@pytest.mark.parametrize("both_ways", FLAGS)
def test_a_model_that_is_not_stateful_begins_each_call_as_the_first(
    both_ways: bool, keep: bool
) -> None:
    node = Recurrent(Layer(units=2), both_ways=both_ways)
    calls = [Settings(tokens=HOLES), Settings(tokens=HOLES[::-1])]
    for initial in (None, states_of(node)):
        model = Model(calls[0], (replace(node, initial=initial),))
        found = run_calls(model, calls, keep=keep)
        for settings, run in zip(calls, found, strict=True):
            alone = run_model(replace(model, settings=settings))
            for one, other in zip(run.returned, alone.returned, strict=True):
                np.testing.assert_array_equal(one.values, other.values)


@pytest.mark.parametrize("stateful", FLAGS)
@pytest.mark.parametrize("both_ways", FLAGS)
def test_states_are_known_by_their_names_and_not_their_order(
    both_ways: bool, stateful: bool
) -> None:
    node = Recurrent(Layer(units=2, return_state=not both_ways), both_ways=both_ways)
    states, read = states_of(node), Settings(tokens=HOLES)
    found = [
        run_model(Model(read, (replace(node, initial=given),), stateful=stateful))
        for given in (states, dict(reversed(states.items())))
    ]
    one, other = (run.layer for run in found)
    for trace, same in zip(one.traces, other.traces, strict=True):
        np.testing.assert_array_equal(trace.hidden, same.hidden)


def test_what_keras_cannot_build_is_its_own_error() -> None:
    """Keras 3 fails on a stateful Bidirectional layer that returns its states."""
    node = Recurrent(Layer(units=2), both_ways=True)
    with pytest.raises(EngineError, match="^TypeError: "):
        run_model(Model(Settings(), (node,), stateful=True))


def test_a_long_sequence_runs_as_a_graph() -> None:
    long = Settings(tokens=(tuple(range(1, LONGEST_EAGER + 5)),))
    assert run_model(plain(long)).replay_difference < 1e-6


# A target


@pytest.mark.parametrize("passes", ["states", "nothing"])
def test_an_ending_reads_what_the_decoder_returns(passes: str) -> None:
    nodes = (
        Recurrent(Layer(units=3), "encoder", "encoder/"),
        Recurrent(Layer(units=3), "decoder", "decoder/", (2, 3)),
    )
    model = Model(Settings(), nodes, passes, "Dense(3)", target=((1, 2),))
    weights = given_weights(model)
    found = run_model(model, weights)
    assert found.ending_returned.values.shape == (1, 2, 3)
    code = model_script(model, weights, title="A model", note="It is")
    assert_printed(executed(code)[1], found)


def test_a_script_takes_weights_in_any_order_and_no_others() -> None:
    settings = Settings()
    weights = dict(given_weights(plain(settings)))
    backwards = dict(reversed(weights.items()))
    assert script(settings, backwards) == script(settings, weights)
    with pytest.raises(SettingsError, match="weights.recurrent_kernel: got nothing"):
        script(settings, {"kernel": [1]})


def test_a_model_in_one_line() -> None:
    """What its flags, masks, states and wrappers are, whether they are as by default or not."""
    alone = Settings(cell="GRU", units=2, return_sequences=False, return_state=False)
    numbers = alone.but(embedding=False, values=(((0.5,), (1.0,)),))
    both = Recurrent(alone.but(return_sequences=True), both_ways=True, merge_mode="sum")
    node = Recurrent(alone)
    begun = replace(node, initial=node.states_of(1), zero_output_for_mask=True)
    masked = "Embedding(mask_zero=True) → GRU(2, return_sequences=False, zero_output_for_mask=True)"
    for model, said in (
        (plain(alone), "GRU(2, return_sequences=False)"),
        (plain(alone, stateful=True), "GRU(2, stateful=True, return_sequences=False)"),
        (plain(numbers, mask_zero=True), "Masking() → GRU(2, return_sequences=False)"),
        (
            Model(alone, (both, node), ending="Dense(1)"),
            'Bidirectional(GRU(2, return_sequences=True), merge_mode="sum")'
            " → GRU(2, return_sequences=False) → Dense(1)",
        ),
        (
            Model(alone, (begun,), mask_zero=True, pass_mask=True),
            f"{masked}(…, initial_state=…, mask=…)",
        ),
        (
            Model(alone, (node, node), passes="states", target=((1,),)),
            "GRU(2, return_sequences=False) → state_h"
            " → GRU(2, return_sequences=False)(…, initial_state=…)",
        ),
    ):
        assert line(model) == said
