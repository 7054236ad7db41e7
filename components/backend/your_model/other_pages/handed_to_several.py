"""What of a model the pages with several layers can show: a stack, a Bidirectional, an encoder with
its decoder, each with its weights and with what it read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Literal, NamedTuple

import numpy as np

from components.backend.explained.explain import Explained, LayerCall
from components.backend.origins.layers_weights import LayersWeights
from components.backend.origins.uploaded import register_weights
from components.backend.question.linked import Message, Problem, SettingsError, shown
from components.backend.question.settings import Layer
from components.backend.question.setup import Setup
from components.backend.question.weights import Weights
from components.backend.running.endings import ENDINGS
from components.backend.running.model import MergeMode, Model, Recurrent, joined, weight_layout
from components.backend.running.model_run import merged, outputs_of
from components.backend.running.replay import apart, slack
from components.backend.whatif import both_ways, encoder_decoder, stack
from components.backend.whatif.stack import MOST_LAYERS, Above, Wrapped
from components.backend.your_model.other_pages.numbers_read import (
    LayerInput,
    Read,
    part_of,
    read_of,
)

Array = np.ndarray
Page = Literal["stack", "both_ways", "encoder_decoder"]


class Handed(NamedTuple):
    """A part of a model, as a page with several layers shows it; or why the page does not."""

    page: Page
    calls: tuple[LayerCall, ...]  # its recurrent layers, in the order in which they began
    query: Mapping[str, str]  # of the link; empty if the page does not show it
    notes: tuple[Message, ...]  # in what the page differs; or why it does not show it
    weights: Weights | None = None
    """Those that the link names, which the server keeps as long as somebody has them."""


class _UnfitError(Exception):
    """A page cannot show something, for the reason that its message says."""

    def __init__(self, message: Message) -> None:
        super().__init__(message)
        self.message = message


class _Asked(NamedTuple):
    """A page's question about a part of a model."""

    model: Model
    weights: Mapping[str, Array]
    query: Mapping[str, str]
    notes: tuple[Message, ...]


def handed(model: Explained) -> tuple[Handed, ...]:
    """What each page with several layers can show of a model, or why it cannot: each chain of
    recurrent layers (a single one only with an ending that the page offers), each Bidirectional,
    each encoder with the decoder that begins with its states."""
    nodes = [call for call in model.layers if _is_recurrent(call)]
    chains = [chain for chain in _chains(nodes) if len(chain) > 1 or _ending(model, chain[-1])[0]]
    both = [(node,) for node in nodes if _is_both(node)]
    pairs = [(e, d) for d in nodes for e in nodes if _begins_with(d, e)]
    asking: list[tuple[Page, Callable[..., _Asked], Sequence[tuple[LayerCall, ...]]]] = [
        ("stack", _stack, chains),
        ("both_ways", _both_ways, both),
        ("encoder_decoder", _encoder_decoder, pairs),
    ]
    return tuple(_handed(page, model, ask, each) for page, ask, found in asking for each in found)


def _handed(
    page: Page, model: Explained, ask: Callable[..., _Asked], calls: tuple[LayerCall, ...]
) -> Handed:
    try:
        asked = ask(model, calls)
        weights = register_weights(asked.weights, weight_layout(asked.model))
    except _UnfitError as error:
        return Handed(page, calls, {}, (error.message,))
    except SettingsError as error:
        return Handed(page, calls, {}, tuple(map(_refused, error.problems)))
    query = {**asked.query, **LayersWeights(weights=weights).to_query()}
    return Handed(page, calls, query, (*asked.notes, *_precision(calls)), weights)


def _refused(problem: Problem) -> Message:
    values = {"field": problem.field, "got": problem.got, "allowed": problem.allowed}
    return Message("handed_setting", values)


def _precision(calls: Sequence[LayerCall]) -> Iterator[Message]:
    others = {call.dtype for call in calls} - {"float32"}
    if others:
        yield Message("handed_precision", {"policies": ", ".join(sorted(others))})


# The layers of a model


def _is_recurrent(call: LayerCall) -> bool:
    """Whether it is a plain recurrent layer or a Bidirectional that was replayed."""
    return [cell.name for cell in call.cells] in ([""], ["forward", "backward"])


def _is_both(call: LayerCall) -> bool:
    return len(call.cells) == 2


def _outputs(call: LayerCall) -> Array:
    return call.returned[0].values


def _chains(nodes: Sequence[LayerCall]) -> list[tuple[LayerCall, ...]]:
    """The recurrent layers in chains, in each of which a layer reads the one before."""
    above: dict[int, int] = {}  # by the index of a layer: of the first one that reads it
    for at, node in enumerate(nodes):
        below = [i for i, one in enumerate(nodes[:at]) if _reads(node, one)]
        if below:
            above.setdefault(below[-1], at)
    chains = []
    for at in range(len(nodes)):
        if at not in above.values():
            chain = [at]
            while (found := above.get(chain[-1])) is not None:
                chain.append(found)
            chains.append(tuple(nodes[i] for i in chain))
    return chains


def _reads(node: LayerCall, below: LayerCall) -> bool:
    """Whether it reads the outputs of the other layer, or that layer's one vector at every step."""
    read, outputs = node.inputs[0], _outputs(below)
    if outputs.ndim < read.ndim:
        outputs = np.repeat(outputs[:, np.newaxis], read.shape[1], axis=1)
    return np.array_equal(read, outputs)


def _same(some: Sequence[Array], others: Sequence[Array]) -> bool:
    return len(some) == len(others) > 0 and all(map(np.array_equal, some, others))


def _begins_with(decoder: LayerCall, encoder: LayerCall) -> bool:
    """Whether it begins with the states that the other layer returned."""
    names = [name for cell in encoder.cells for name in cell.trace.states]
    returned = [tensor.values for tensor in encoder.returned if tensor.name.endswith(("_h", "_c"))]
    begun = _initial(decoder)
    if decoder is encoder or len(returned) != len(names) or not any(s.any() for s in begun):
        return False
    node = Recurrent(encoder.cells[0].layer, both_ways=_is_both(encoder))
    return _same(begun, joined(node, returned, np.concatenate))


def _initial(call: LayerCall) -> list[Array]:
    """The states that it began with."""
    return [state for cell in call.cells for state in cell.trace.initial.values()]


def _mask(call: LayerCall) -> Array | None:
    """The mask that reached it, (sentence, step), in the order of its input."""
    cell = call.cells[0]
    mask = cell.trace.mask
    return mask[:, ::-1] if mask is not None and cell.layer.go_backwards else mask


def _layer(call: LayerCall) -> dict[str, Any]:
    """Its arguments, as a page's `Layer` takes them."""
    one, *others = (dict(cell.layer) for cell in call.cells)
    for other in others:
        if other | {"go_backwards": one["go_backwards"]} != one:
            raise _UnfitError(Message("handed_directions", {"layer": shown(call.name)}))
        if other["go_backwards"] == one["go_backwards"]:
            raise _UnfitError(Message("handed_directions", {"layer": shown(call.name)}))
    return {name: value for name, value in one.items() if name in Layer.model_fields}


def _merge_mode(call: LayerCall) -> MergeMode:
    """How a Bidirectional merged the outputs of its two layers."""
    if call.returned[0].name != "outputs":
        return None
    steps = call.cells[0].layer.return_sequences
    ahead, back = (outputs_of(cell.trace, zeros=steps) for cell in call.cells)
    halves = (ahead, back[:, ::-1]) if steps else (ahead[:, -1], back[:, -1])
    modes: tuple[MergeMode, ...] = ("concat", "sum", "mul", "ave")
    made = {mode: merged(mode, *halves)[0] for mode in modes}
    like = [mode for mode in modes if made[mode].shape == _outputs(call).shape]
    return min(like, key=lambda mode: apart(made[mode], _outputs(call)))


def _refuse_states(call: LayerCall) -> None:
    if any(state.any() for state in _initial(call)):
        raise _UnfitError(Message("handed_states", {"layer": shown(call.name)}))


def _refuse_steps(call: LayerCall, first: LayerCall) -> None:
    steps, wanted = call.inputs[0].shape[1], first.inputs[0].shape[1]
    if steps != wanted:
        raise _UnfitError(Message("handed_repeated", {"steps": steps, "wanted": wanted}))


def _zeros(call: LayerCall) -> bool:
    """Whether a plain layer has zero_output_for_mask, and that makes a difference."""
    if _is_both(call):
        return False
    held = outputs_of(call.cells[0].trace, zeros=False)
    held = held if call.cells[0].layer.return_sequences else held[:, -1]
    return apart(held, _outputs(call)) > slack(held, call.tolerance)


def _part(model: Explained, call: LayerCall) -> LayerInput:
    """What a layer read, with the ids that an Embedding made it of."""
    return part_of(model, call.inputs[0], _mask(call))


def _gathered(asked: Model, calls: Sequence[LayerCall], read: Read) -> dict[str, Array]:
    """The weights of all layers, by the names that the page's model has for them."""
    found = {} if read.table is None else {"embeddings": read.table}
    for node, call in zip(asked.layers, calls, strict=True):
        for direction, cell in zip(node.directions, call.cells, strict=True):
            found |= {direction.prefix + name: array for name, array in cell.weights.items()}
    return found


# The pages


def _both_ways(model: Explained, calls: tuple[LayerCall]) -> _Asked:
    (call,) = calls
    _refuse_states(call)
    read = read_of(_part(model, call))
    setup = Setup(**_layer(call), **read.fields)
    choice = both_ways.Choice(merge_mode=_merge_mode(call), mask_zero=_mask(call) is not None)
    asked = both_ways.Question(settings=setup.settings, **dict(choice)).model
    query = {**setup.to_query(), **choice.to_query()}
    return _Asked(asked, _gathered(asked, calls, read), query, read.notes)


def _stack(model: Explained, calls: tuple[LayerCall, ...]) -> _Asked:
    chain = calls[:MOST_LAYERS]
    repeated = [_outputs(below).ndim == 2 for below in chain[:-1]]
    mask = _mask(chain[0])
    for call, repeats in zip(chain, [False, *repeated], strict=True):
        _refuse_states(call)
        if repeats:
            _refuse_steps(call, chain[0])
            mask = None
        if not _same_mask(_mask(call), mask):
            raise _UnfitError(Message("handed_masks", {"layer": shown(call.name)}))
    ending, weights, notes = _ended(model, calls)
    read = read_of(_part(model, chain[0]))
    first, *above = (_layer(call) for call in chain)
    wrap, *wraps = (_wrapped(call) for call in chain)
    setup = Setup(**first, **read.fields)
    layers = [
        Above(**layer, **dict(each), repeat_vector=repeats)
        for layer, each, repeats in zip(above, wraps, repeated, strict=True)
    ]
    choice = stack.Choice(
        layers=len(chain),
        hand_on="outputs",
        ending=ending,
        mask_zero=_mask(chain[0]) is not None,
    )
    joints = {name: getattr(choice, name) for name in stack.Joints.model_fields}
    question = stack.Question(first=setup.settings, above=tuple(layers), **dict(wrap), **joints)
    query = {**setup.to_query(), **choice.to_query(), **wrap.to_query()}
    for number, layer in enumerate(layers, 2):
        query |= layer.to_query(prefix=f"{number}.")
    asked = question.model
    own = {**_gathered(asked, chain, read), **weights}
    return _Asked(asked, own, query, (*read.notes, *notes))


def _same_mask(one: Array | None, other: Array | None) -> bool:
    return one is other if one is None or other is None else np.array_equal(one, other)


def _wrapped(call: LayerCall) -> Wrapped:
    if not _is_both(call):
        return Wrapped(zero_output_for_mask=_zeros(call))
    if (mode := _merge_mode(call)) is None:
        raise _UnfitError(Message("handed_unmerged", {"layer": shown(call.name)}))
    return Wrapped(bidirectional=mode)


def _ended(
    model: Explained, calls: Sequence[LayerCall]
) -> tuple[str, Mapping[str, Array], list[Message]]:
    """The ending that a page shows above a chain, its weights, and what is left out."""
    if len(calls) > MOST_LAYERS:
        return "none", {}, [Message("handed_layers", {"count": len(calls), "most": MOST_LAYERS})]
    ending, weights = _ending(model, calls[-1])
    after = [call for call in model.layers if _same([_outputs(calls[-1])], call.inputs)]
    left_out = not ending and any(call.kind not in ("Functional", "Sequential") for call in after)
    return ending or "none", weights, [Message("handed_ending")] * left_out


def _ending(model: Explained, last: LayerCall) -> tuple[str, Mapping[str, Array]]:
    """Which of ENDINGS reads a layer's outputs, and its weights; "" if none does."""
    readers = [call for call in model.layers if _same([_outputs(last)], call.inputs)]
    flat = [call for call in readers if call.kind == "Flatten"]
    dense = [call for call in model.layers for f in flat if _same([_outputs(f)], call.inputs)]
    kinds = {"Dense(3)": "Dense", "TimeDistributed(Dense(3))": "TimeDistributed"}
    found = [(name, call) for name, kind in kinds.items() for call in readers if call.kind == kind]
    found += [("Flatten(), Dense(3)", call) for call in dense if call.kind == "Dense"]
    for name, call in found:
        own = call.weights
        units = ENDINGS[name].units
        if call.activation == "linear" and "bias" in own and own["kernel"].shape[1] == units:
            return name, {f"ending/{weight}": array for weight, array in own.items()}
    return "", {}


def _encoder_decoder(model: Explained, calls: tuple[LayerCall, LayerCall]) -> _Asked:
    encoder, decoder = calls
    _refuse_states(encoder)
    first, second = _layer(encoder), _layer(decoder)
    units = first["units"] * (2 if _is_both(encoder) else 1)
    wanted = first | {"units": units, "go_backwards": False}
    shared = wanted.keys() - {"return_sequences", "return_state"}
    if _is_both(decoder) or any(second[name] != wanted[name] for name in shared):
        names = {"encoder": shown(encoder.name), "decoder": shown(decoder.name)}
        raise _UnfitError(Message("handed_pair", names))
    if (mask := _mask(decoder)) is not None and not mask.all():
        raise _UnfitError(Message("handed_masked_pair"))
    source, target = _part(model, encoder), _part(model, decoder)._replace(mask=None)
    if source.vectors.shape[2] != target.vectors.shape[2]:
        counts = {"source": source.vectors.shape[2], "target": target.vectors.shape[2]}
        raise _UnfitError(Message("handed_widths", counts))
    read = read_of(source, target)
    setup = Setup(**first, **read.fields)
    field = "target" if setup.reads_ids else "target_values"
    chosen: dict[str, Any] = {field: read.rows[1], "bidirectional": _is_both(encoder)}
    chosen["mask_zero"] = source.mask is not None
    choice = encoder_decoder.Choice(**chosen)
    asked = encoder_decoder.Question(settings=setup.settings, **chosen).model
    query = {**setup.to_query(), **choice.to_query()}
    return _Asked(asked, _gathered(asked, calls, read), query, read.notes)
