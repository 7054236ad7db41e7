"""The 14 cases of the notebook from which this project grew, run under today's Keras; and whether
the notebook's observations hold."""

from __future__ import annotations

import json
import math
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from itertools import dropwhile, islice
from pathlib import Path
from typing import Any

import numpy as np

from components.backend.cells import CELLS
from components.backend.question.layout import input_layout
from components.backend.question.settings import NOTEBOOK_SEVEN, Settings
from components.backend.question.weights import Origin, Weights
from components.backend.running.facts import EQUAL, SATURATED, Fact
from components.backend.running.replay import apart
from components.backend.running.results import Run, run
from components.texts import numeral

NOTEBOOK: Mapping[str, Any] = {
    "units": 1,
    "embedding_dim": 1,
    "embeddings_initializer": "uniform",
    "input_scaling": "raw",
    "recurrent_activation": "hard_sigmoid_keras2",
    "reset_after": False,
    "seed": 0,
}
"""Settings of all the notebook's models: one unit, raw ids, and Keras 2's defaults."""

TANH_ROUNDS = 13 * math.log(2)
"""Beyond this x, tanh(x) rounds to 1 in float32: 1 - tanh(x) is about 2 exp(-2x), and is then less
than 2^-25, half the distance from 1 to the next smaller float32."""


@dataclass(frozen=True, eq=False)
class Case:
    """One case: its settings, what the notebook printed, and weights that reproduce the print.

    printed maps "outputs", "state_h" and "state_c" to flat arrays, shapes to the printed shapes.
    """

    id: str
    settings: Settings
    weights: Weights
    printed: Mapping[str, np.ndarray]
    shapes: Mapping[str, tuple[int, ...]]

    def run(self) -> Run:
        """The case under this Keras, with the recorded weights."""
        return run(self.settings, self.weights)

    def run_seven(self) -> Run:
        """The case's flags on the seven-token sentence, with seeded weights."""
        return run(self.settings.but(tokens=(NOTEBOOK_SEVEN,)))

    def difference(self, result: Run) -> float:
        """The largest difference between what was printed and what this Keras gives."""
        return max(
            float(np.abs(result.tensor(name).ravel() - printed).max())
            for name, printed in self.printed.items()
        )


@cache
def cases() -> tuple[Case, ...]:
    """The 14 cases in the notebook's order."""
    recorded = json.loads(Path(__file__).with_name("notebook_cases.json").read_text("utf-8"))
    return tuple(_case(entry, recorded["vocabulary_size"]) for entry in recorded["cases"])


def _case(entry: dict, vocabulary_size: int) -> Case:
    flags: dict[str, Any] = {n: entry[n] for n in ("cell", "embedding", "return_sequences")}
    settings = Settings(
        **NOTEBOOK,
        **flags,
        return_state=entry["return_state"],
        tokens=(tuple(entry["tokens"]),),
        vocabulary_size=vocabulary_size,
    )
    weights = {
        name: np.array(value, "float32")
        for name, value in entry["weights"].items()
        if name[0] != "e"
    }
    if settings.embedding:
        table = np.zeros((vocabulary_size, settings.embedding_dim), "float32")
        for token, value in entry["weights"]["embedding_of_token"].items():
            table[int(token)] = value
        weights = {"embeddings": table} | weights  # Keras's order

    def named(what: str) -> dict:
        return {name.replace("output", "outputs"): value for name, value in entry[what].items()}

    return Case(
        id=entry["id"],
        settings=settings,
        weights=Weights(Origin("case", entry["id"]), weights),
        printed={name: np.array(value) for name, value in named("printed").items()},
        shapes={name: tuple(shape) for name, shape in named("shapes").items()},
    )


def run_all() -> dict[Case, Run]:
    """Every case under this Keras."""
    return {case: case.run() for case in cases()}


def run_all_alike() -> dict[Case, Run]:
    """Every case under this Keras with the seed's weights, which do not depend on the flags: cases
    of one cell and one input have the same."""
    return {case: run(case.settings) for case in cases()}


def same_last_h(found: Mapping[Case, Run]) -> Fact:
    """That the flags change no number: cases with the same weights end in the same last output."""
    last = defaultdict[tuple[str, bool], list[np.ndarray]](list)
    for result in found.values():
        last[result.settings.cell, result.settings.embedding].append(result.last_output)
    largest = max(apart(one, first) for first, *others in last.values() for one in others)
    return Fact("same_last_h", largest <= EQUAL, {"largest": largest, "count": len(last)})


def following(id_: str) -> Case | None:
    """The case that comes after the one of that id; None after the last one."""
    later = dropwhile(lambda case: case.id != id_, cases())
    return next(islice(later, 1, None), None)


def observations(found: Mapping[Case, Run]) -> tuple[Fact, ...]:
    """The notebook's six observations, each decided on the 14 runs."""
    runs = {case.id: result for case, result in found.items()}
    outputs = {id_: result.tensor("outputs") for id_, result in runs.items()}
    return (
        _same_shape(runs, outputs),
        _embedding_and_shape(runs, outputs),
        _sequences(runs, outputs),
        _state_counts(runs),
        _last_output(runs, outputs),
        _richer(runs, outputs),
    )


def _same_shape(runs: dict[str, Run], outputs: dict[str, np.ndarray]) -> Fact:
    plain = [
        id_
        for id_, result in runs.items()
        if not (result.settings.return_sequences or result.settings.return_state)
    ]
    shapes = {outputs[id_].shape for id_ in plain}
    values = ", ".join(numeral(outputs[id_].item(), ".6g") for id_ in plain)
    distinct = len({outputs[id_].item() for id_ in plain})
    holds = shapes == {(1, 1)} and distinct == len(plain)
    return Fact("same_shape", holds, {"shapes": _listed(shapes), "values": values})


def _embedding_and_shape(runs: dict[str, Run], outputs: dict[str, np.ndarray]) -> Fact:
    with_, without = (
        {input_layout(r.settings)[0].shape for r in runs.values() if r.settings.embedding is on}
        for on in (True, False)
    )
    pairs = [(id_, f"{id_} embedding") for id_ in runs if f"{id_} embedding" in runs]
    same = sum(outputs[a].shape == outputs[b].shape for a, b in pairs)
    holds = with_ == {(1, 10)} and without == {(1, 10, 1)} and same == len(pairs)
    return Fact(
        "embedding_changes_input",
        holds,
        {"with": _listed(with_), "without": _listed(without), "same": same, "pairs": len(pairs)},
    )


def _sequences(runs: dict[str, Run], outputs: dict[str, np.ndarray]) -> Fact:
    ids = [id_ for id_, result in runs.items() if result.settings.return_sequences]
    shapes = {outputs[id_].shape for id_ in ids}
    return Fact(
        "sequences_same_shape",
        shapes == {(1, 10, 1)} and {runs[id_].settings.cell for id_ in ids} == {"GRU", "LSTM"},
        {"shapes": _listed(shapes), "count": len(ids)},
    )


def _state_counts(runs: dict[str, Run]) -> Fact:
    counts = {
        cell: {
            len(result.returned)
            for result in runs.values()
            if result.settings.return_state and result.settings.cell == cell
        }
        for cell in ("GRU", "LSTM")
    }
    values = {cell: _listed(found) for cell, found in counts.items()}
    return Fact("state_counts", counts == {"GRU": {2}, "LSTM": {3}}, values)


def _last_output(runs: dict[str, Run], outputs: dict[str, np.ndarray]) -> Fact:
    differences = [
        float(np.abs(outputs[id_].reshape(-1)[-1] - result.tensor("state_h").item()))
        for id_, result in runs.items()
        if result.settings.return_state
    ]
    worst = max(differences)
    return Fact("last_output", worst == 0, {"difference": worst, "count": len(differences)})


def _richer(runs: dict[str, Run], outputs: dict[str, np.ndarray]) -> Fact:
    """Whether raw ids leave the last output next to -1, 0 or 1, and an Embedding gives every step a
    value of its own."""
    raw = [outputs[id_].reshape(-1) for id_, r in runs.items() if not r.settings.embedding]
    embedded = [
        outputs[id_].reshape(-1)
        for id_, r in runs.items()
        if r.settings.embedding and r.settings.return_sequences
    ]
    last = np.array([values[-1] for values in raw])
    off = float(np.abs(last - np.round(last)).max())
    distinct = min(len(set(values.tolist())) for values in embedded)
    return Fact(
        "embedding_gives_richer_values",
        off <= SATURATED and distinct == embedded[0].size,
        {
            "tolerance": SATURATED,
            "last": ", ".join(numeral(value, ".6g") for value in last),
            "off": off,
            "distinct": distinct,
            "steps": embedded[0].size,
        },
    )


def exactness(found: Mapping[Case, Run]) -> tuple[Fact, ...]:
    """Why the last output of each case on raw ids is exactly -1, 0 or 1, or why it is not."""
    return tuple(
        _exact(case.id, result) for case, result in found.items() if not result.settings.embedding
    )


def _exact(id_: str, result: Run) -> Fact:
    """Why one case's last output is what it is. A gate alone can keep h at exactly 0; for 1, a gate
    has to be open and tanh has to round to 1."""
    cell, gates = result.settings.cell, {n: v[0, :, 0] for n, v in result.trace.gates.items()}
    write_gate = CELLS[cell].write_gate
    assert write_gate is not None  # as no such case is of a SimpleRNN
    writes, all_of_it = write_gate
    last = float(result.tensor("outputs").ravel()[-1])
    values = {"case": id_, "last": last, "rounds": TANH_ROUNDS}
    if last == 0:
        return Fact(f"zero_{cell}", bool((gates[writes] == 1 - all_of_it).all()), values)
    if result.trace.cell is None:
        return Fact(f"one_{cell}", bool(gates[writes][-1] == all_of_it and abs(last) == 1), values)
    c = float(result.trace.cell[0, -1, 0])
    values |= {"c": c, "open": float(gates["output"][-1])}
    is_open, rounds = gates["output"][-1] == 1, abs(c) > TANH_ROUNDS
    if abs(last) == 1:
        return Fact(f"one_{cell}", bool(is_open and rounds), values)
    return Fact(f"near_{cell}", bool(is_open and not rounds), values)


def _listed(values: set) -> str:
    return ", ".join(map(str, sorted(values)))
