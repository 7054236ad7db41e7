"""The numbers of Keras's own tests of its recurrent layers, asked of the backend.

keras_cases.json has them from the tests in Keras 3.15.1's own package (keras/src/layers/rnn): each
layer's arguments and weights (a number stands for an array of it), what is read, and the tensors,
or only their shapes, that Keras's test expects. A stack of cells is a stack of layers. Keras's test
cell with one state is a SimpleRNN with the activation linear and no bias; the one with two states,
which are alike, returns twice its state, so above it stands a SimpleRNN that doubles and has no
memory. What cannot be asked of the backend is not here: TimeDistributed around other layers than
Dense.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from components.backend import Settings
from components.backend.question.sentences import PADDING
from components.backend.question.settings import Layer
from components.backend.question.weights import Origin, Weights
from components.backend.running.model import Model, Recurrent, weight_layout
from components.backend.running.model_run import run_calls, run_model

CASES = json.loads(Path(__file__).with_name("keras_cases.json").read_text("utf-8"))


def model_of(case: dict[str, Any]) -> Model:
    """The case's model. Each step of each sentence has an id of its own, and a masked one 0."""
    batch, steps, features = np.shape(case["sequence"])
    ids = np.arange(1, batch * steps + 1).reshape(batch, steps)
    ids = np.where(case.get("mask", True), ids, PADDING)
    layers = tuple(
        Recurrent(Layer(**layer["arguments"]), f"layer_{n}", f"{n}/", **layer.get("wrapped", {}))
        for n, layer in enumerate(case["layers"])
    )
    return Model(
        Settings(tokens=ids, embedding_dim=features, vocabulary_size=ids.size + 1),
        layers,
        mask_zero="mask" in case,
        stateful="calls" in case,
    )


def weights_of(case: dict[str, Any], model: Model) -> Weights:
    """The layers' weights, and a table with what each id stands for."""
    table = np.concatenate([np.zeros((1, model.settings.embedding_dim)), *case["sequence"]])
    given = [table, *(weight for layer in case["layers"] for weight in layer["weights"])]
    return Weights(
        Origin("given"),
        {
            layout.name: np.broadcast_to(np.float32(weight), layout.shape).copy()
            for layout, weight in zip(weight_layout(model), given, strict=True)
        },
    )


@pytest.mark.parametrize("case", CASES, ids=[case["test"] for case in CASES])
def test_the_numbers_are_those_of_keras_own_tests(case: dict[str, Any]) -> None:
    model = model_of(case)
    states = np.array(case.get("initial", ()), "float32")
    initial = dict(zip(model.layers[0].state_names, states, strict=False))
    first, *above = model.layers
    model = replace(model, layers=(replace(first, initial=initial or None), *above))
    calls = [model.settings] * case.get("calls", 1)
    result = run_calls(model, calls, weights_of(case, model))[-1]
    atol = case.get("atol", 1e-5)
    for expected in case["expected"]:
        values = result.layers[expected["layer"]].returned[expected["tensor"]].values
        found = values[expected["row"]] if "row" in expected else values
        if "values" in expected:
            np.testing.assert_allclose(found, expected["values"], rtol=1e-5, atol=atol)
        else:
            assert found.shape == tuple(expected["shape"])


def test_time_distributed_dense_reads_the_input_itself() -> None:
    """Keras's TimeDistributedTest.test_correctness, with three units in place of one."""
    sequence = np.arange(24).reshape(3, 2, 4)
    model = Model(Settings(values=sequence), (), ending="TimeDistributed(Dense(3))")
    weights = {"ending/kernel": np.full((4, 3), 0.01), "ending/bias": np.zeros(3)}
    given = {name: np.float32(array) for name, array in weights.items()}
    (returned,) = run_model(model, Weights(Origin("given"), given)).returned
    expected = [[0.06, 0.22], [0.38, 0.54], [0.7, 0.86]]
    np.testing.assert_allclose(
        returned.values, np.repeat(np.array(expected)[..., None], 3, -1), rtol=1e-6
    )
