"""A cell of a visitor's model as a run of one layer, which all that draws the inside of a cell
takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from components.backend.explained.explain import LayerCall
from components.backend.explained.own_layer import AnySettings
from components.backend.explained.traces import CellTrace
from components.backend.question.linked import as_python
from components.backend.question.weights import Weights, frozen
from components.backend.running.replay import Trace, read_only
from components.backend.running.results import Run


def run_of_cell(
    call: LayerCall,
    cell: CellTrace,
    labels: Sequence[str],
    *,
    sentence: int = 0,
    steps: range | None = None,
) -> Run:
    """One sentence of a cell, as a run of a layer that reads these numbers and returns h of every
    step.

    Args:
        call: the call of the cell's layer.
        labels: what is read at each step, in the order of the sentence, one for each step.
        sentence: its index.
        steps: those that are drawn; None for all.

    Raises:
        SettingsError: the numbers that it reads are not finite.
    """
    count, backwards = cell.trace.hidden.shape[1], cell.layer.go_backwards
    shown = range(count) if steps is None else steps
    first, last = shown.start, shown.stop
    read = slice(count - last, count - first) if backwards else slice(first, last)
    trace = _cut(cell.trace, sentence, read, np.array(labels, dtype=str)[:: -1 if backwards else 1])
    values = trace.inputs[:, ::-1] if backwards else trace.inputs
    layer = dict(cell.layer) | {"return_sequences": True, "return_state": True}
    known = {name: value for name, value in layer.items() if name in AnySettings.model_fields}
    settings = AnySettings(**known, values=as_python(values))
    weights = Weights(cell.weights.origin, cell.weights)
    count = sum(array.size for array in weights.values())
    agrees = call.difference is not None
    return Run(settings, (), trace, weights, count, call.difference or 0.0, agrees)


def _cut(trace: Trace, sentence: int, read: slice, labels: np.ndarray) -> Trace:
    """Some steps of one sentence, which begin with the states before them."""
    one = slice(sentence, sentence + 1)
    first = {name: trace.before(name)[one, read.start] for name in trace.states}
    return replace(
        trace,
        tokens=frozen(labels[np.newaxis, read]),
        inputs=frozen(trace.inputs[one, read]),
        hidden=frozen(trace.hidden[one, read]),
        cell=None if trace.cell is None else frozen(trace.cell[one, read]),
        gates=_steps(trace.gates, one, read),
        initial=read_only(first),
        mask=None if trace.mask is None else frozen(trace.mask[one, read]),
    )


def _steps(arrays: Mapping[str, np.ndarray], one: slice, read: slice) -> Mapping[str, np.ndarray]:
    return read_only({name: array[one, read] for name, array in arrays.items()})
