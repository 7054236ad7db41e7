"""All that a visitor's model read, returned and computed, as arrays by names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from components.backend.explained.explain import Explained, LayerCall
from components.backend.explained.traces import CellTrace
from components.backend.weight_files.npz import write_npz
from components.backend.your_model.answer import Answer
from components.backend.your_model.opened import Array

INPUTS = "inputs/"
"""What the names of the model's inputs begin with."""


def arrays(answer: Answer) -> dict[str, Array]:
    """Every array by its name:

    - "inputs/ids": what the model read, by the input's name;
    - "outputs": what the model returned, or "outputs_0", "outputs_1", … of several;
    - "layers/lstm/outputs": what a layer returned, by its path and its name; of its second call
      "layers/lstm (2)/outputs";
    - "layers/lstm/trace/forget": what a recurrent layer computed at each step, (sentence, step,
      unit), in the order in which it read: each gate, "c" and "h"; "inputs", "mask" and the states
      that it began with, "initial/h"; of a Bidirectional "layers/both/forward/trace/forget".

    If the model was called twice, the names of all but the inputs begin with "call_1/" or
    "call_2/".
    """
    found = {f"{INPUTS}{name}": array for name, array in answer.fed.inputs.items()}
    for number, one in enumerate(answer.calls, 1):
        prefix = f"call_{number}/" if len(answer.calls) > 1 else ""
        found |= {prefix + name: array for name, array in _of_call(one)}
    return found


def npz(answer: Answer) -> bytes:
    """The same as the content of an .npz file; always the same bytes."""
    return write_npz(arrays(answer))


def _of_call(explained: Explained) -> Iterator[tuple[str, Array]]:
    for tensor in explained.returned:
        yield tensor.name, tensor.values
    for layer in explained.layers:
        at = layer_path(layer)
        for tensor in layer.returned:
            yield f"layers/{at}/{tensor.name}", tensor.values
        if layer.attention is not None:
            yield f"layers/{at}/attention", layer.attention
        for cell in layer.cells:
            inside = f"layers/{at}/{cell.name}/trace" if cell.name else f"layers/{at}/trace"
            for name, array in traced(cell).items():
                yield f"{inside}/{name}", array


def layer_path(layer: LayerCall) -> str:
    """A call of a layer, as the names of arrays have it: "decoder/lstm", "lstm (2)"."""
    again = f" ({layer.number + 1})" if layer.number else ""
    return "/".join((*layer.path, layer.name)) + again


def traced(cell: CellTrace) -> Mapping[str, Array]:
    """What a cell computed, by name: its gates, "c", "h", "inputs", "mask", "initial/h", …"""
    trace = cell.trace
    found = {**trace.gates, "h": trace.hidden, "inputs": trace.inputs}
    if trace.cell is not None:
        found["c"] = trace.cell
    if trace.mask is not None:
        found["mask"] = trace.mask
    return found | {
        f"initial/{name.removeprefix('state_')}": state for name, state in trace.initial.items()
    }
