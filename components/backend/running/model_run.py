"""A model run in Keras, replayed layer by layer, and both compared.

Example:
    lower = Recurrent(Layer(units=4), "lower", "0/", both_ways=True)
    upper = Recurrent(Layer(units=3), "upper", "1/")
    result = run_model(Model(Settings(), (lower, upper), mask_zero=True))
    result.layers[1].returned        # what Keras returned from the upper layer, untouched
    result.layers[0].traces          # what the forward and the backward layer computed
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import NamedTuple

import numpy as np

from components.backend.cells import CELLS, KEPT, Dropout
from components.backend.question.layout import Layout
from components.backend.question.settings import Layer, Settings
from components.backend.question.weights import Origin, Weights, frozen
from components.backend.running import keras_layers
from components.backend.running.attending import Asked, AttentionRun, attend, refuse_grown_scores
from components.backend.running.endings import ending_of
from components.backend.running.keras_model import KerasOutput, Refusal, compute
from components.backend.running.model import (
    Array,
    Direction,
    MergeMode,
    Model,
    Recurrent,
    States,
    joined,
    returned_layouts,
    state_name,
)
from components.backend.running.replay import (
    MismatchError,
    Returned,
    Tensors,
    Trace,
    difference,
    refuse_grown,
    replay,
    slack,
    steps_of,
)

_MERGED: Mapping[str, Callable[[Array, Array], Array]] = {
    "concat": lambda forward, backward: np.concatenate([forward, backward], axis=-1),
    "sum": np.add,
    "mul": np.multiply,
    "ave": lambda forward, backward: (forward + backward) / 2,
}


@dataclass(frozen=True, eq=False)
class LayerRun(Tensors):
    """One layer of a model, run: what Keras returned from it, and what it computed."""

    recurrent: Recurrent
    returned: tuple[Returned, ...]
    traces: tuple[Trace, ...]  # one for each direction, each in the order in which it reads
    mask_passed: Array | None = None
    """(sentence, step): the mask that Keras passes on with the outputs, if it passes any."""

    @property
    def layer(self) -> Layer:
        """The layer; of Bidirectional, the forward one."""
        return self.recurrent.layer

    @property
    def trace(self) -> Trace:
        """The steps that the layer computed; of Bidirectional, those of the forward layer."""
        return self.traces[0]

    @property
    def mask(self) -> Array | None:
        """The mask that reached the layer, (sentence, step), in the order of its outputs: False at
        the steps that it skips. None if no mask reached it."""
        return self.trace.mask

    @property
    def counts(self) -> Array:
        """True at the steps that the layer does not skip, (sentence, step), in the order of its
        outputs."""
        return self.trace.counts

    @property
    def hidden(self) -> Array:
        """h at every step, (sentence, step, unit), in the order of the outputs; of Bidirectional,
        merged as they are or, with merge_mode None, concatenated."""
        forward, *backward = (trace.hidden for trace in self.traces)
        if not backward:
            return forward
        return merged(self.recurrent.merge_mode or "concat", forward, backward[0][:, ::-1])[0]

    def moved(
        self, weights: Weights, *, initial: States | None = None, masked: bool = True
    ) -> Array:
        """How far h would move if the layer began with other states, or had no mask: (direction,
        sentence, step, unit), replayed without Keras. Infinite where h would grow too far for
        single precision.

        Args:
            initial: the other initial states, by their names; None for the layer's own.
            masked: False to replay without the mask.
        """

        def other(part: Direction, trace: Trace) -> Array:
            return steps_of(
                part.layer,
                trace.inputs,
                weights.of_layer(part.prefix),
                initial=trace.initial if initial is None else _of_direction(initial, part),
                mask=trace.mask if masked else None,
                dropout=trace.dropout,
            ).hidden

        pairs = zip(self.recurrent.directions, self.traces, strict=True)
        with np.errstate(over="ignore", invalid="ignore"):
            moved = np.stack([other(part, trace) - trace.hidden for part, trace in pairs])
        return np.nan_to_num(moved, nan=np.inf, posinf=np.inf, neginf=-np.inf)

    def moved_in_reverse(self, weights: Weights) -> float:
        """How far h would move at most, as `moved` measures it, if the layer got its initial states
        in the opposite order: c as h, and h as c."""
        begun = [state for trace in self.traces for state in trace.initial.values()]
        initial = self.recurrent.named(reversed(begun))
        return float(np.abs(self.moved(weights, initial=initial)).max())

    @property
    def masked_output(self) -> float:
        """The largest output at the steps that it skips, as Keras returned it."""
        sequences = [tensor.values for tensor in self.returned if "step" in tensor.axes]
        return max(float(np.abs(values[~self.counts]).max()) for values in sequences)

    @property
    def last_states(self) -> dict[str, Array]:
        """Its states after the last step, by their names: as Keras returned them or, where it did
        not, as replayed."""
        replayed = (s[:, -1] for trace in self.traces for s in trace.states.values())
        found = {}
        for name, state in zip(self.recurrent.state_names, replayed, strict=True):
            returned = self.tensor(name)
            found[name] = state if returned is None else returned
        return found

    @property
    def last_h(self) -> list[Array]:
        """h after the last step of each direction, (sentence, unit), as in `last_states`."""
        return [state for name, state in self.last_states.items() if name.endswith("_h")]

    @property
    def passed_states(self) -> list[Array]:
        """Its last states, `joined` for the next layer to begin with."""
        return joined(self.recurrent, [*self.last_states.values()], np.concatenate)


@dataclass(frozen=True, eq=False)
class ModelRun(Tensors):
    """What each layer of a model returned and computed in one call. Arrays are read-only."""

    layers: tuple[LayerRun, ...]  # those that Keras could call, from the bottom up
    attended: AttentionRun | None  # if the model has attention, and Keras could call it
    ending_returned: Returned | None  # "outputs", if there is an ending and Keras could call it
    error: Refusal | None
    weights: Weights  # of the model as far as Keras built it
    parameter_count: int  # of the same model
    differences: tuple[tuple[float, ...], ...]
    """By layer, then by returned tensor: the largest difference from the replay. Attention and the
    ending come last, as far as Keras could call them."""

    @property
    def layer(self) -> LayerRun:
        """The first layer; of Bidirectional, both directions."""
        return self.layers[0]

    @property
    def returned(self) -> tuple[Returned, ...]:
        """What the whole model returns; empty if Keras refused to build it."""
        if self.error:
            return ()
        return self._all_returned[-1]

    @property
    def replay_difference(self) -> float:
        """The largest difference between what Keras returned and the replay."""
        return max(chain.from_iterable(self.differences))

    @property
    def agreeing(self) -> tuple[tuple[bool, ...], ...]:
        """Whether each of `differences` is within the tolerance."""
        return tuple(
            tuple(found <= slack(one.values) for found, one in zip(*each, strict=True))
            for each in zip(self.differences, self._all_returned, strict=True)
        )

    @property
    def _all_returned(self) -> tuple[tuple[Returned, ...], ...]:
        """The tensors of each layer, of attention and of the ending."""
        attended = (self.attended.returned,) if self.attended else ()
        ended = ((self.ending_returned,),) if self.ending_returned else ()
        return (*(layer.returned for layer in self.layers), *attended, *ended)

    @property
    def replay_agrees(self) -> bool:
        """Whether all that Keras returned is what the replay gives, but for rounding."""
        return all(chain.from_iterable(self.agreeing))

    def weights_of(self, number: int) -> Weights:
        """The weights of a layer that is not wrapped, by the names that `run` takes: "kernel", not
        "0/kernel", with the Embedding's table."""
        prefix = self.layers[number].recurrent.prefix
        if not prefix:
            return self.weights
        table = {name: array for name, array in self.weights.items() if name == "embeddings"}
        return Weights(self.weights.origin, table | dict(self.weights.of_layer(prefix)))


def run_model(model: Model, weights: Weights | None = None) -> ModelRun:
    """Build the model as far as Keras allows, call it, replay each layer, and check them all.

    Args:
        weights: already checked, by the layout's names; None draws them from the seed.

    Raises:
        EngineError: Keras cannot be imported, or raised other than by refusing what a layer passes
            on.
        GrownError: states have grown too far for single precision.
        MismatchError: a replay and Keras disagree.
    """
    return run_calls(model, [model.settings], weights)[0]


def run_calls(
    model: Model,
    calls: Sequence[Settings],
    weights: Weights | None = None,
    *,
    keep: bool = True,
    redrop: bool = False,
) -> tuple[ModelRun, ...]:
    """Run a model as `run_model` does, in several calls of one Keras model. Returns a run for each.

    Args:
        calls: the model's settings with the ids of each call.
        keep: whether a stateful model keeps its states from one call to the next; if not, they are
            reset to zeros. A model that is not stateful begins each call in the same way.
        redrop: whether each call draws dropout masks of its own; if not, all calls drop the same.
    """
    origin = weights.origin if weights else Origin("seed", str(model.settings.seed))
    outputs = compute(model, weights, calls, keep=keep, redrop=redrop)
    runs: list[ModelRun] = []
    for settings, raw in zip(calls, outputs, strict=True):
        if runs and model.stateful:
            before = runs[-1].layers
            begun = (replace(e.recurrent, initial=e.last_states if keep else None) for e in before)
            model = replace(model, layers=(*begun, *model.layers[len(before) :]))
        runs.append(replayed(replace(model, settings=settings), raw, origin))
    return tuple(runs)


def replayed(model: Model, raw: KerasOutput, origin: Origin) -> ModelRun:
    """Replay each layer and the ending of one call, and compare them with what Keras returned."""
    weights = Weights(origin, raw.weights)
    returned = [
        named(layouts, outputs)
        for layouts, outputs in zip(returned_layouts(model), raw.outputs, strict=False)
    ]
    layers = tuple(_reached(model, returned, weights, raw.dropouts))
    compared = [list(zip(each.returned, _replayed_tensors(each), strict=True)) for each in layers]
    attended = None
    if model.attention and len(returned) > len(model.layers):
        attended = _attended(model, layers, returned[len(model.layers)], weights)
        compared.append([*zip(attended.returned, attended.replayed, strict=True)])
    ended = returned[-1][0] if len(returned) > model.ending_number else None
    if ended is not None:
        below = _read_by_ending(model, layers, attended, weights)
        again = ending_of(model.ending).replay(below, weights.of_layer("ending/"))
        compared.append([(ended, again)])
    try:
        differences = tuple(tuple(difference([pair]) for pair in pairs) for pairs in compared)
    except MismatchError:
        _refuse_grown(layers, _reached(model, returned, weights.exact, raw.dropouts))
        if attended:
            refuse_grown_scores(attended, weights.exact)
        raise
    return ModelRun(
        layers=layers,
        attended=attended,
        ending_returned=ended,
        error=raw.refusal,
        weights=weights,
        parameter_count=raw.parameter_count,
        differences=differences,
    )


def _refuse_grown(layers: Iterable[LayerRun], exact: Iterable[LayerRun]) -> None:
    """Raise as `refuse_grown` does, if it does for a direction of a layer.

    Args:
        exact: the layers, replayed in double precision.
    """
    for layer, other in zip(layers, exact, strict=True):
        for one, another in zip(layer.traces, other.traces, strict=True):
            refuse_grown(one, another)


def _attended(
    model: Model, layers: Sequence[LayerRun], returned: tuple[Returned, ...], weights: Weights
) -> AttentionRun:
    """Replay attention on what Keras returned from the layers."""
    assert model.attention is not None
    values, asking = layers[0 if model.has_target else -1], layers[-1]
    value, query = values.returned[0].values, asking.returned[0].values
    asked = Asked(query, value, asking.mask_passed, values.mask_passed)
    if model.attention.query == "last":
        asked = asked._replace(query=value[:, -1:], query_mask=None)
    elif model.attention.query == "own":
        own = np.broadcast_to(weights["query/embeddings"], (len(value), 1, value.shape[-1]))
        asked = asked._replace(query=own, query_mask=None)
    with np.errstate(over="ignore", invalid="ignore"):  # what is not finite is refused
        found = attend(model.attention, asked, weights)
    frozen_found = found._replace(**{name: frozen(each) for name, each in found._asdict().items()})
    return AttentionRun(model.attention, returned, asked, frozen_found)


def _read_by_ending(
    model: Model, layers: Sequence[LayerRun], attended: AttentionRun | None, weights: Weights
) -> Array:
    """What the ending reads, as Keras returned it."""
    if not layers:
        return _rows_read(model, 0, weights).inputs
    outputs = layers[-1].returned[0].values
    if attended is None:
        return outputs
    both = [attended.context, outputs]
    return np.concatenate(both, axis=-1) if model.has_target else attended.context


class _Read(NamedTuple):
    """The input of one layer."""

    tokens: Array  # (sentence, step): a short name for what is read at each step
    inputs: Array  # (sentence, step, feature)
    mask: Array | None  # (sentence, step): comes with the input, or is passed by hand


def _rows_read(model: Model, number: int, weights: Weights) -> _Read:
    """The input of a layer that reads ids or numbers, such as the first."""
    settings = model.settings_of(number)
    tokens = keras_layers.named_steps(settings)
    masked = model.mask_zero or (model.pass_mask and number == 0)
    inputs = keras_layers.embedded(settings, weights)
    return _Read(tokens, inputs, keras_layers.unpadded(settings) if masked else None)


def _reached(
    model: Model,
    returned: Sequence[tuple[Returned, ...]],
    weights: Weights,
    dropouts: Sequence[tuple[Dropout, ...]],
) -> Iterator[LayerRun]:
    """Replay each layer that Keras could call. Its input is what Keras returned from the layer
    below, not that layer's replay: else rounding errors would grow from layer to layer."""
    below: LayerRun | None = None
    read: _Read | None = None
    for number, (node, tensors) in enumerate(zip(model.layers, returned, strict=False)):
        states = node.initial
        if read is None or model.has_target:
            read = _rows_read(model, number, weights)
        if below is not None and model.passes == "states":
            states = node.named(below.passed_states)
        dropped = dropouts[number] if dropouts else (KEPT, KEPT)
        traces = _traces_of(node, _seen(model, number, read, states), weights, states, dropped)
        # The next layer reads the outputs in the order returned, even if go_backwards reversed
        # them. Keras passes the mask on with them, and does not reverse it.
        mask = read.mask if node.layer.return_sequences else None
        below = LayerRun(node, tensors, traces, mask)
        yield below
        values = tensors[0].values
        if number + 1 < len(model.layers) and model.layers[number + 1].repeated:
            values = np.repeat(values[:, np.newaxis], model.settings.steps, axis=1)
        read = _Read(traces[0].tokens, values, mask)


def first_traces(
    model: Model, weights: Weights, dropouts: Sequence[Dropout] = (KEPT, KEPT)
) -> tuple[Trace, ...]:
    """The steps of each direction of a model's first layer, replayed without a call of Keras."""
    node = model.layers[0]
    read = _seen(model, 0, _rows_read(model, 0, weights), node.initial)
    return _traces_of(node, read, weights, node.initial, dropouts)


def _seen(model: Model, number: int, read: _Read, states: States | None) -> _Read:
    """A layer's input with the mask that reaches the layer. Keras drops a mask that comes with the
    input if initial_state is passed as well, but not a mask that is passed by hand. A stateful
    layer gets no initial_state, so its mask stays."""
    by_hand = number == 0 and model.pass_mask
    states_passed = states and not model.stateful
    return read if by_hand or not states_passed else read._replace(mask=None)


def _traces_of(
    node: Recurrent,
    read: _Read,
    weights: Weights,
    states: States | None,
    dropouts: Sequence[Dropout],
) -> tuple[Trace, ...]:
    """Replay each direction of a layer.

    Args:
        states: the initial ones, by the names of the layer's states.
    """
    return tuple(
        replay(
            part.layer,
            read.tokens,
            read.inputs,
            weights.of_layer(part.prefix),
            initial=_of_direction(states, part),
            mask=read.mask,
            dropout=dropout,
        )
        for part, dropout in zip(node.directions, dropouts, strict=False)
    )


def _of_direction(states: States | None, part: Direction) -> States | None:
    """The initial states of one direction, by its plain layer's own names."""
    if states is None:
        return None
    return {name: states[state_name(part, name)] for name in CELLS[part.layer.cell].states}


def named(layouts: Sequence[Layout], outputs: Sequence[Array]) -> tuple[Returned, ...]:
    """Keras's outputs as Returned tensors, read-only."""
    return tuple(
        Returned(layout.name, layout.axes, frozen(values))
        for layout, values in zip(layouts, outputs, strict=True)
    )


def merged(mode: MergeMode, forward: Array, backward: Array) -> tuple[Array, ...]:
    """The two layers' outputs merged into one array, or both as they are with merge_mode None."""
    return (_MERGED[mode](forward, backward),) if mode else (forward, backward)


def _replayed_tensors(reached: LayerRun) -> tuple[Array, ...]:
    """For each tensor that the layer returns, in Keras's order, its values by the replay."""
    node = reached.recurrent
    parts = zip(node.directions, reached.traces, strict=True)
    outputs = tuple(_outputs(reached, part, trace) for part, trace in parts)
    if node.both_ways:
        outputs = merged(node.merge_mode, *outputs)
    if not node.layer.return_state:
        return outputs
    return (*outputs, *(s[:, -1] for trace in reached.traces for s in trace.states.values()))


def _outputs(reached: LayerRun, part: Direction, trace: Trace) -> Array:
    """One direction's outputs by the replay. Keras reverses the outputs of Bidirectional's backward
    layer, so that both outputs of one token are merged with each other."""
    outputs = outputs_of(trace, zeros=reached.recurrent.zeros_masked)
    if not part.layer.return_sequences:
        return outputs[:, -1]
    return outputs[:, ::-1] if part.name == "backward" else outputs


def outputs_of(trace: Trace, *, zeros: bool) -> Array:
    """h as Keras returns it at every step, (sentence, step, unit), in the order of reading.

    Args:
        zeros: whether outputs are 0 at all masked steps.
    """
    if trace.mask is None:
        return trace.hidden
    return trace.hidden * _shown(trace.mask, zeros=zeros)[..., np.newaxis]


def _shown(mask: Array, *, zeros: bool) -> Array:
    """True at the steps whose outputs are h, (sentence, step), in the order of reading; at the
    others outputs are 0, though the states are not. These are the masked steps before the first
    unmasked one, whatever state the layer began with; with zero_output_for_mask, all masked steps.

    Args:
        zeros: whether the layer has zero_output_for_mask.
    """
    return mask if zeros else np.logical_or.accumulate(mask, axis=1)
