"""A step taken apart gives, put together again by hand, what the trace has."""

from __future__ import annotations

import math
from functools import partial
from itertools import product

import numpy as np
import pytest

from components.backend import Run, Settings
from components.backend.cells import RECURRENT_ACTIVATIONS
from components.backend.linked import choices
from components.backend.worksheet import Block, Worksheet, worksheet
from tests.kinds import called, chosen_of, every_kind, random_run, soaked

OPTIONS = {
    "cell": choices(Settings, "cell"),
    "recurrent_activation": choices(Settings, "recurrent_activation"),
    "use_bias": (True, False),
    "reset_after": (True, False),
    "go_backwards": (True, False),
    "embedding": (True, False),
    "input_scaling": ("unit",),
}
SIZE = {"units": 3, "embedding_dim": 2, "tokens": ((4, 21, 64), (13, 77, 66))}
EVERY_KIND = soaked(
    every_kind(OPTIONS, **SIZE), partial(chosen_of, OPTIONS), partial(called, OPTIONS)
)
PLACES = list(product((0, 1), (1, 2, 3), (0, 2)))


@pytest.fixture(scope="module", params=EVERY_KIND)
def result(request: pytest.FixtureRequest) -> Run:
    return random_run(request.param, 1)


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


def test_blocks_add_up_to_the_gates(result: Run) -> None:
    for sentence, step, unit in PLACES:
        sheet = worksheet(result, sentence=sentence, step=step, unit=unit)
        gates = {n: gate[sentence, step - 1, unit] for n, gate in result.trace.gates.items()}
        for name in sheet.blocks:
            traced = gates[name] if gates else sheet.hidden
            assert sheet.blocks[name].value == (gates[name] if gates else None)
            assert expected_value(sheet, name, result) == pytest.approx(float(traced), abs=1e-6)


def test_totals_are_what_the_activations_are_given(result: Run) -> None:
    for sentence, step, unit in PLACES:
        sheet = worksheet(result, sentence=sentence, step=step, unit=unit)
        after = result.settings.cell == "GRU" and result.settings.reset_after
        for name, block in sheet.blocks.items():
            reset = sheet.blocks["reset"].value if after and name == "candidate" else 1.0
            assert block.total == pytest.approx(total(block, reset), abs=1e-6)


def test_products_add_up_to_the_blocks(result: Run) -> None:
    for sentence, step, unit in PLACES:
        sheet = worksheet(result, sentence=sentence, step=step, unit=unit)
        for number, block in enumerate(sheet.blocks.values()):
            for kind, added in (("x", block.inputs), ("h", block.recurrent)):
                terms = [term for term in sheet.terms if term.kind == kind]
                assert [term.index for term in terms] == list(range(len(terms)))
                products = sum(term.products[number] for term in terms)
                assert added == pytest.approx(products, abs=1e-6)


def test_a_product_is_a_value_times_its_weight(result: Run) -> None:
    """But for a GRU's candidate with reset_after off, which takes h times the reset gate."""
    settings = result.settings
    first = settings.cell == "GRU" and not settings.reset_after
    for sentence, step, unit in PLACES:
        sheet, trace = worksheet(result, sentence=sentence, step=step, unit=unit), result.trace
        for term in sheet.terms:
            gated = first and term.kind == "h"
            assert (term.gated is not None) == gated
            if gated:
                reset = trace.gates["reset"][sentence, step - 1, term.index]
                assert term.gated == pytest.approx(term.value * float(reset), abs=1e-7)
            values = dict.fromkeys(sheet.blocks, term.value)
            if gated:
                values["candidate"] = term.gated
            expected = [v * w for v, w in zip(values.values(), term.weights, strict=True)]
            assert term.products == pytest.approx(expected, abs=1e-6)


def test_states_before_and_after(result: Run) -> None:
    for sentence, step, unit in PLACES:
        sheet, trace = worksheet(result, sentence=sentence, step=step, unit=unit), result.trace
        first = {name: float(states[sentence, unit]) for name, states in trace.initial.items()}
        hidden = [first["state_h"], *trace.hidden[sentence, :, unit].tolist()]
        assert [sheet.hidden_before, sheet.hidden] == hidden[step - 1 : step + 1]
        if trace.cell is None:
            assert (sheet.cell_before, sheet.cell) == (None, None)
        else:
            cell = [first["state_c"], *trace.cell[sentence, :, unit].tolist()]
            assert [sheet.cell_before, sheet.cell] == cell[step - 1 : step + 1]


def test_gates_give_the_states_after(result: Run) -> None:
    for sentence, step, unit in PLACES:
        sheet = worksheet(result, sentence=sentence, step=step, unit=unit)
        values = {name: block.value for name, block in sheet.blocks.items()}
        if result.settings.cell == "LSTM":
            kept = values["forget"] * sheet.cell_before
            cell = kept + values["input"] * values["candidate"]
            assert sheet.cell == pytest.approx(cell, abs=1e-6)
            expected = values["output"] * math.tanh(cell)
        elif result.settings.cell == "GRU":
            z = values["update"]
            expected = z * sheet.hidden_before + (1 - z) * values["candidate"]
        else:
            expected = math.tanh(total(sheet.blocks["h"]))
        assert sheet.hidden == pytest.approx(expected, abs=1e-6)
