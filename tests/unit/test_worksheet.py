"""A step taken apart gives, put together again by hand, what the trace has."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest

from components.backend import Run, Settings
from components.backend.cells import ACTIVATIONS, RECURRENT_ACTIVATIONS
from components.backend.question.linked import choices
from components.backend.running.worksheet import Block, Worksheet, worksheet
from tests.kinds import called, chosen_of, every_kind, random_run, soaked

OPTIONS = {
    "cell": choices(Settings, "cell"),
    "activation": choices(Settings, "activation"),
    "recurrent_activation": choices(Settings, "recurrent_activation"),
    "use_bias": (True, False),
    "reset_after": (True, False),
    "go_backwards": (True, False),
    "embedding": (True, False),
    "input_scaling": ("unit",),
    "dropout": (0.0, 0.5),
    "recurrent_dropout": (0.0, 0.5),
}
SIZE = {"units": 3, "embedding_dim": 2, "tokens": ((4, 21, 64), (13, 77, 66))}
EVERY_KIND = soaked(
    every_kind(OPTIONS, **SIZE), partial(chosen_of, OPTIONS), partial(called, OPTIONS)
)
SENTENCES = (0, 1)


@pytest.fixture(scope="module", params=EVERY_KIND)
def result(request: pytest.FixtureRequest) -> Run:
    return random_run(request.param, 1)


def total(block: Block, reset: np.ndarray | float = 1.0) -> np.ndarray:
    """What the activation is given; the reset gate multiplies the recurrent part."""
    return block.inputs + block.bias + reset * (block.recurrent + block.recurrent_bias)


def reset_of(sheet: Worksheet, name: str, result: Run) -> np.ndarray | float:
    """What a block's recurrent part is multiplied by."""
    after = result.settings.cell == "GRU" and result.settings.reset_after
    return sheet.blocks["reset"].value if after and name == "candidate" else 1.0


def close(found: np.ndarray, expected: np.ndarray) -> None:
    assert found.shape == expected.shape
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_blocks_add_up_to_the_gates(result: Run) -> None:
    sigma = RECURRENT_ACTIVATIONS[result.settings.recurrent_activation]
    own = ACTIVATIONS[result.settings.activation]
    for sentence in SENTENCES:
        sheet = worksheet(result, sentence=sentence)
        gates = {name: gate[sentence] for name, gate in result.trace.gates.items()}
        for name, block in sheet.blocks.items():
            squeeze = own if name in ("candidate", "h") else sigma
            traced = gates[name] if gates else result.trace.hidden[sentence]
            np.testing.assert_array_equal(block.value, traced)
            close(squeeze(total(block, reset_of(sheet, name, result))), traced)


def test_totals_are_what_the_activations_are_given(result: Run) -> None:
    for sentence in SENTENCES:
        sheet = worksheet(result, sentence=sentence)
        for name, block in sheet.blocks.items():
            close(block.total, total(block, reset_of(sheet, name, result)))


def test_values_times_weights_add_up_to_the_sums(result: Run) -> None:
    """Which a GRU's candidate with reset_after off takes of h times the reset gate."""
    settings = result.settings
    first = settings.cell == "GRU" and not settings.reset_after
    for sentence in SENTENCES:
        sheet = worksheet(result, sentence=sentence)
        np.testing.assert_array_equal(sheet.read, result.trace.inputs[sentence])
        for place, (name, block) in enumerate(sheet.blocks.items()):
            h, gate = sheet.hidden_before, result.trace.gates.get("reset")
            h = gate[sentence] * h if first and name == "candidate" else h
            for values, read, mask in zip(
                (sheet.read, h), (block.x, block.h), result.trace.dropout, strict=True
            ):
                close(read, values if mask is None else values * mask[place % len(mask), sentence])
            for values, weights, sums in (
                (block.x, block.kernel, block.inputs),
                (block.h, block.recurrent_kernel, block.recurrent),
            ):
                products = values[:, :, np.newaxis] * weights  # (step, what is read, unit)
                close(sums, products.sum(axis=1))


def test_states_before_and_after(result: Run) -> None:
    trace = result.trace
    for sentence in SENTENCES:
        sheet = worksheet(result, sentence=sentence)
        pairs = [("state_h", sheet.hidden_before, sheet.hidden, trace.hidden)]
        if trace.cell is None:
            assert (sheet.cell_before, sheet.cell) == (None, None)
        else:
            pairs.append(("state_c", sheet.cell_before, sheet.cell, trace.cell))
        for name, before, after, traced in pairs:
            np.testing.assert_array_equal(after, traced[sentence])
            np.testing.assert_array_equal(before[0], trace.initial[name][sentence])
            np.testing.assert_array_equal(before[1:], after[:-1])


def test_gates_give_the_states_after(result: Run) -> None:
    own = ACTIVATIONS[result.settings.activation]
    for sentence in SENTENCES:
        sheet = worksheet(result, sentence=sentence)
        values = {name: block.value for name, block in sheet.blocks.items()}
        if result.settings.cell == "LSTM":
            kept = values["forget"] * sheet.cell_before
            cell = kept + values["input"] * values["candidate"]
            close(sheet.cell, cell)
            expected = values["output"] * own(cell)
        elif result.settings.cell == "GRU":
            z = values["update"]
            expected = z * sheet.hidden_before + (1 - z) * values["candidate"]
        else:
            expected = own(total(sheet.blocks["h"]))
        close(sheet.hidden, expected)
