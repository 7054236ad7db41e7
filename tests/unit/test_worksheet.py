"""A step taken apart gives, put together again by hand, what the trace has."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from components.backend import Run, Settings, run
from components.backend.cells import RECURRENT_ACTIVATIONS
from components.backend.worksheet import Block, Worksheet, worksheet

KINDS = [
    Settings(cell="LSTM"),
    Settings(cell="LSTM", use_bias=False, recurrent_activation="hard_sigmoid_keras2"),
    Settings(cell="GRU"),
    Settings(cell="GRU", recurrent_activation="hard_sigmoid", go_backwards=True),
    Settings(cell="GRU", reset_after=False),
    Settings(cell="SimpleRNN", embedding=False, input_scaling="unit"),
]
PLACES = list(product((0, 1), (1, 2, 3), (0, 2)))


@pytest.fixture(params=KINDS, ids=repr)
def result(request: pytest.FixtureRequest) -> Run:
    """A run of two sentences, with a bias that is not 0 where there is one."""
    rows = ((4, 21, 64), (13, 77, 66))
    settings = request.param.but(units=3, embedding_dim=2, tokens=rows)
    weights = dict(run(settings).weights)
    if "bias" in weights:
        ramp = np.linspace(-0.5, 0.5, weights["bias"].size)
        weights["bias"] = ramp.reshape(weights["bias"].shape)
    return run(settings, weights)


def total(block: Block, reset: float = 1.0) -> float:
    """What the activation is given; the reset gate multiplies the recurrent part."""
    return block.inputs + block.bias + reset * (block.recurrent + block.recurrent_bias)


def expected_value(sheet: Worksheet, name: str, run: Run) -> float:
    if name not in ("candidate", "h"):
        sigma = RECURRENT_ACTIVATIONS[run.settings.recurrent_activation]
        return float(sigma(np.array(total(sheet.blocks[name]))))
    after = run.settings.cell == "GRU" and run.settings.reset_after
    reset = sheet.blocks["reset"].value if after else 1.0
    return float(np.tanh(total(sheet.blocks[name], reset)))


@pytest.mark.parametrize(("sentence", "step", "unit"), PLACES)
def test_blocks_add_up_to_the_gates(result: Run, sentence: int, step: int, unit: int) -> None:
    sheet = worksheet(result, sentence=sentence, step=step, unit=unit)
    gates = {n: gate[sentence, step - 1, unit] for n, gate in result.trace.gates.items()}
    for name in sheet.blocks:
        traced = gates[name] if gates else sheet.hidden
        assert sheet.blocks[name].value == (gates[name] if gates else None)
        assert expected_value(sheet, name, result) == pytest.approx(float(traced), abs=1e-6)


@pytest.mark.parametrize(("sentence", "step", "unit"), PLACES)
def test_terms_add_up_to_the_blocks(result: Run, sentence: int, step: int, unit: int) -> None:
    sheet = worksheet(result, sentence=sentence, step=step, unit=unit)
    for number, (name, block) in enumerate(sheet.blocks.items()):
        if name == "candidate" and not result.settings.reset_after:
            continue  # there each h is multiplied by its own reset gate first
        products = sum(term.value * term.weights[number] for term in sheet.terms)
        assert total(block) == pytest.approx(products, abs=1e-6)


@pytest.mark.parametrize(("sentence", "step", "unit"), PLACES)
def test_states_before_and_after(result: Run, sentence: int, step: int, unit: int) -> None:
    sheet, trace = worksheet(result, sentence=sentence, step=step, unit=unit), result.trace
    hidden = [0.0, *trace.hidden[sentence, :, unit].tolist()]
    assert [sheet.hidden_before, sheet.hidden] == hidden[step - 1 : step + 1]
    if trace.cell is None:
        assert (sheet.cell_before, sheet.cell) == (None, None)
    else:
        cell = [0.0, *trace.cell[sentence, :, unit].tolist()]
        assert [sheet.cell_before, sheet.cell] == cell[step - 1 : step + 1]
