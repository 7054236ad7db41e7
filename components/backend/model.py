"""A model of recurrent layers: what it reads, its layers, and how they are joined.

A `Model` has one layout of its weights and of what it returns, one builder, and one replay.

Example:
    layers = (Recurrent(Layer(units=4), both_ways=True), Recurrent(Layer(units=3), prefix="1"))
    result = run_model(Model(Settings(), layers, mask_zero=True))
    result.layers[1].returned        # what Keras returned from the upper layer, untouched
    result.layers[0].traces          # what the forward and the backward layer computed
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, NamedTuple

import numpy as np

from components.backend import engine, keras_layers, layout
from components.backend.cells import CELLS, KEPT, Dropout
from components.backend.endings import ENDINGS
from components.backend.layout import Layout
from components.backend.replay import (
    MismatchError,
    Returned,
    Tensors,
    Trace,
    difference,
    refuse_grown,
    replay,
)
from components.backend.settings import Layer, Settings, Tokens, Values
from components.backend.weights import Origin, Sized, Weights, frozen

DIRECTIONS = ("forward", "backward")
"""Bidirectional's two layers, in Keras's order. The forward one is the layer that was wrapped: if
it has go_backwards, it reads the last token first, and the backward layer the first."""

Array = np.ndarray
MergeMode = Literal["concat", "sum", "mul", "ave", None]
States = Mapping[str, Array]

_MERGED: Mapping[str, Callable[[Array, Array], Array]] = {
    "concat": lambda forward, backward: np.concatenate([forward, backward], axis=-1),
    "sum": np.add,
    "mul": np.multiply,
    "ave": lambda forward, backward: (forward + backward) / 2,
}
ESCAPES = re.compile(r"\x1b\[[0-9;]*m")
"""Escapes by which Keras and TensorFlow colour their errors on a terminal."""


class Direction(NamedTuple):
    """One of the plain layers that a recurrent layer of a model consists of."""

    name: str  # "forward" or "backward"; "" for a layer that is not wrapped
    layer: Layer
    prefix: str  # what its weights' names begin with, such as "0/forward/"
    number: int  # layers of different numbers start from different weights, and drop other things
    keras_name: str


@dataclass(frozen=True)
class Recurrent:
    """A recurrent layer of a model, plain or wrapped in Keras's Bidirectional."""

    layer: Layer
    name: str = "recurrent"  # Keras's errors mention it
    prefix: str = ""  # what its weights' names begin with: "0/" makes "0/kernel"
    numbers: tuple[int, int] = (0, 1)  # of the layer, and of Bidirectional's backward layer
    both_ways: bool = False
    merge_mode: MergeMode = "concat"
    zero_output_for_mask: bool = False
    initial: States | None = None
    """What it begins with, by the names of its states, each (sentence, unit), already checked; None
    for zeros or, where the model passes states on, for those of the layer below."""

    @property
    def directions(self) -> tuple[Direction, ...]:
        """The plain layers that it consists of, in Keras's order."""
        if not self.both_ways:
            return (Direction("", self.layer, self.prefix, self.numbers[0], self.name),)
        other = self.layer.model_copy(update={"go_backwards": not self.layer.go_backwards})
        parts = zip(DIRECTIONS, (self.layer, other), self.numbers, strict=True)
        return tuple(
            Direction(name, layer, f"{self.prefix}{name}/", number, f"{name}_{self.name}")
            for name, layer, number in parts
        )

    @property
    def units(self) -> int:
        """The length of the last axis of its outputs."""
        return self.layer.units * (2 if self.both_ways and self.merge_mode == "concat" else 1)

    @property
    def zeros_masked(self) -> bool:
        """Whether its outputs are 0 at masked steps. Bidirectional sets zero_output_for_mask for
        both its layers if they return sequences, and else unsets it."""
        return self.layer.return_sequences if self.both_ways else self.zero_output_for_mask

    @property
    def state_names(self) -> tuple[str, ...]:
        """The names of its states, in Keras's order: "state_h", or "forward_h", …"""
        return tuple(_state_name(d, s) for d in self.directions for s in CELLS[d.layer.cell].states)

    def states_of(self, sentences: int, value: float = 0.0) -> States:
        """Initial states that hold one value everywhere, each (sentence, unit)."""
        shape = sentences, self.layer.units
        return {name: np.full(shape, value, "float32") for name in self.state_names}


def _state_name(direction: Direction, state: str) -> str:
    """A state's name: "state_h" of a plain layer, "forward_h" of Bidirectional's forward layer."""
    return state.replace("state", direction.name) if direction.name else state


@dataclass(frozen=True)
class Model:
    """What a model reads, and its layers from the bottom up."""

    settings: Settings
    """The ids, how they become what the first layer reads, or the values, and the seed. Its layer
    is ignored."""
    layers: tuple[Recurrent, ...]
    passes: Literal["outputs", "everything", "states", "nothing"] = "outputs"
    """What a layer passes to the next one: its outputs alone, or everything that it returned. With
    "states" the next layer begins with its states, which have to be returned, and reads `target`;
    with "nothing" it reads that too, but begins with zeros."""
    ending: str = "none"  # or one of ENDINGS
    mask_zero: bool = False  # mask the steps whose id, or whose every number, is 0
    pass_mask: bool = False  # pass that mask to the first layer by hand
    target: Tokens | Values = ()
    stateful: bool = False
    training: bool = True  # whether layers drop what they can

    @property
    def drops(self) -> bool:
        """Whether any layer drops anything: then the model is called with training=True."""
        return self.training and any(node.layer.drops for node in self.layers)

    @property
    def has_target(self) -> bool:
        """Whether the layers above the first read the target."""
        return self.passes in ("states", "nothing")

    def settings_of(self, number: int) -> Settings:
        """The settings with the ids that the layer of that number reads, or the layers below it."""
        reads_target = self.has_target and number > 0
        return self.settings.reading(self.target) if reads_target else self.settings


class Refusal(NamedTuple):
    """Keras refused what a layer passed on."""

    where: int  # the index of the layer that refused it; of the ending, the number of layers
    message: str  # what Keras said


@dataclass(frozen=True, eq=False)
class Reached(Tensors):
    """A layer that Keras could call: what it returned, and what it computed."""

    recurrent: Recurrent
    returned: tuple[Returned, ...]
    traces: tuple[Trace, ...]  # of each direction, in the order in which it reads

    @property
    def layer(self) -> Layer:
        """The layer; of Bidirectional, the forward one."""
        return self.recurrent.layer

    @property
    def trace(self) -> Trace:
        """What the layer computed; of Bidirectional, the forward one."""
        return self.traces[0]

    @property
    def mask(self) -> Array | None:
        """The mask that reached it, (sentence, step), in the order of what it is given, which
        go_backwards reverses: False where it skips a step."""
        mask = self.trace.mask
        return mask[:, ::-1] if mask is not None and self.layer.go_backwards else mask

    @property
    def counts(self) -> Array:
        """Which steps it does not skip, (sentence, step), in the order of its outputs."""
        return self.trace.counts

    @property
    def halves(self) -> tuple[Array, ...]:
        """Each direction's outputs, from the replay, in the order of the outputs."""
        pairs = zip(self.recurrent.directions, self.traces, strict=True)
        return tuple(_outputs(self, part, trace) for part, trace in pairs)

    @property
    def hidden(self) -> Array:
        """h at every step, (sentence, step, unit), in the order of the outputs; of Bidirectional,
        merged as they are (so merge_mode is not None)."""
        forward, *backward = (trace.hidden for trace in self.traces)
        if not backward:
            return forward
        return merged(self.recurrent.merge_mode, forward, backward[0][:, ::-1])[0]

    @property
    def masked_output(self) -> float:
        """The largest output at the steps that it skips, as Keras returned it."""
        sequences = [tensor.values for tensor in self.returned if "step" in tensor.axes]
        return max(float(np.abs(values[~self.counts]).max()) for values in sequences)

    @property
    def last_states(self) -> dict[str, Array]:
        """Its states after the last step, as returned, or else as replayed."""
        replayed = (s[:, -1] for trace in self.traces for s in trace.states.values())
        found = {}
        for name, state in zip(self.recurrent.state_names, replayed, strict=True):
            returned = self.tensor(name)
            found[name] = state if returned is None else returned
        return found

    @property
    def passed_states(self) -> list[Array]:
        """Its last states as the next layer can begin with them."""
        return joined(self.recurrent, [*self.last_states.values()], np.concatenate)


@dataclass(frozen=True, eq=False)
class ModelRun(Sized):
    """What each layer of a model returned and computed in one call. Arrays are read-only."""

    layers: tuple[Reached, ...]  # those that Keras could call, from the bottom up
    ending_returned: Returned | None  # "outputs", if there is an ending and Keras could call it
    error: Refusal | None
    weights: Weights  # of the model as far as Keras built it
    parameter_count: int  # of the same model
    replay_difference: float

    def weights_of(self, number: int) -> Weights:
        """The weights of a layer that is not wrapped, as of a model of its own: by its plain names,
        and with the Embedding's table."""
        prefix = self.layers[number].recurrent.prefix
        if not prefix:
            return self.weights
        table = {name: array for name, array in self.weights.items() if name == "embeddings"}
        return Weights(self.weights.origin, table | dict(self.weights.of_layer(prefix)))


# Layouts


def returned_layouts(model: Model) -> tuple[tuple[Layout, ...], ...]:
    """The tensors that each layer returns, and the ending's if there is one, in Keras's order."""
    each = tuple(
        _returned(node, model.settings_of(number)) for number, node in enumerate(model.layers)
    )
    if model.ending == "none":
        return each
    last, ending = model.layers[-1], ENDINGS[model.ending]
    read = model.settings_of(len(model.layers))
    steps = ending.steps(read.steps if last.layer.return_sequences else None)
    sizes = {"sentence": len(read.rows), "step": steps, "unit": ending.units or last.units}
    axes = {axis: size for axis, size in sizes.items() if size is not None}
    return (*each, (Layout("outputs", tuple(axes), tuple(axes.values())),))


def _returned(node: Recurrent, read: Settings) -> tuple[Layout, ...]:
    """The tensors that a layer returns in Keras's order, given the ids that are read."""
    outputs, *states = layout.layer_returned(node.layer, len(read.rows), read.steps)
    if not node.both_ways:
        return (outputs, *states)
    outputs = outputs._replace(shape=(*outputs.shape[:-1], node.units))
    names = ["outputs"] if node.merge_mode else [f"{name}_outputs" for name in DIRECTIONS]
    ends = (s._replace(name=_state_name(d, s.name)) for d in node.directions for s in states)
    return (*(outputs._replace(name=name) for name in names), *ends)


def weight_layouts(model: Model) -> tuple[tuple[Layout, ...], ...]:
    """The weights of the Embedding, of each layer and of the ending, in Keras's order, by names
    such as "embeddings", "0/kernel", "1/forward/kernel", "ending/bias"."""
    found = [layout.table_layout(model.settings)]
    read = features = layout.features(model.settings)
    for node in model.layers:
        found.append(
            tuple(
                weight._replace(name=direction.prefix + weight.name)
                for direction in node.directions
                for weight in layout.layer_weight_layout(direction.layer, features)
            )
        )
        features = read if model.has_target else node.units
    if model.ending != "none" and (columns := ENDINGS[model.ending].units):
        kernel = Layout("ending/kernel", ("unit", "column"), (model.layers[-1].units, columns))
        found.append((kernel, Layout("ending/bias", ("column",), (columns,))))
    return tuple(found)


def weight_layout(model: Model) -> tuple[Layout, ...]:
    """The weights of the whole model, in Keras's order."""
    return tuple(weight for each in weight_layouts(model) for weight in each)


_DRAWING = 100
"""Steps of one sentence that take about as long as drawing the weights."""


def work(model: Model, calls: Sequence[Settings] = ()) -> int:
    """About how many multiply-adds a model takes, counted without Keras: each number of a layer's
    weights once for each step of each sentence, and for the drawing as often as for some more.

    Args:
        calls: as for `compute`.
    """
    done = 0
    for number, weights in enumerate(weight_layouts(model)[1:]):
        on_target = model.has_target and number > 0
        read = [model.settings_of(number)] if on_target else calls or [model.settings]
        steps = sum(len(settings.rows) * settings.steps for settings in read)
        done += layout.parameter_count(weights) * (_DRAWING + steps)
    return done


# The builder


class _Built(NamedTuple):
    """A model in Keras, as far as Keras could call its layers."""

    inputs: list[Any]
    calls: list[list[Any]]  # the tensors of each layer and of the ending
    readers: list[Any]  # the Embedding, if there is one
    layers: list[Any]
    refusal: Refusal | None = None


class Raw(NamedTuple):
    """What came out of Keras, as NumPy arrays."""

    outputs: tuple[tuple[Array, ...], ...]  # of each layer, and of the ending
    weights: dict[str, Array]
    parameter_count: int
    refusal: Refusal | None = None
    dropouts: tuple[tuple[Dropout, ...], ...] = ()
    """Of each direction of each layer; empty if the model drops nothing."""


def _build(keras: Any, model: Model) -> _Built:
    """Call one layer after the other, until Keras refuses one."""
    inputs = _inputs(keras, model)
    read = keras_layers.reader(keras, model.settings, mask_zero=model.mask_zero)
    built = _Built(inputs, [], [read] if model.settings.has_embedding else [], [])
    layouts = returned_layouts(model)
    given: Any = read(inputs[0])
    for number, layer in enumerate(_keras_layers(keras, model)):
        more = _states_given(keras, model, number, built)
        if number == 0 and model.pass_mask:
            more["mask"] = keras_layers.not_padding(keras.ops, model.settings, inputs[0])
        if model.has_target and 0 < number < len(model.layers):
            given = read(inputs[1])
        try:
            returned = layer(given, **more)
        except (TypeError, ValueError) as error:
            return built._replace(refusal=_refusal(number, error))
        tensors = list(returned) if isinstance(returned, list | tuple) else [returned]
        for tensor, expected in zip(tensors, layouts[number], strict=True):
            tensor.name = expected.name  # for Keras's errors; its own counts up with every model
        built.calls.append(tensors)
        built.layers.append(layer)
        if model.stateful:
            _begin(layer, model.layers[number].initial)
        given = returned if model.passes == "everything" else tensors[0]
    return built


def _inputs(keras: Any, model: Model) -> list[Any]:
    """Keras's inputs for the ids, or the values, and for the target if there is one."""
    settings = model.settings
    steps, batch = (None, len(settings.rows)) if model.stateful else (settings.steps, None)
    inputs = [keras_layers.ids_input(keras, settings, steps, batch, name=settings.rows_field)]
    if model.has_target:
        target = keras_layers.ids_input(keras, settings, len(model.target[0]), name="target")
        inputs.append(target)
    return inputs


def _states_given(keras: Any, model: Model, number: int, built: _Built) -> dict[str, Any]:
    """The initial_state that a layer is called with, if it is: new inputs of the model, or the
    states of the layer below."""
    if model.stateful or number == len(model.layers):
        return {}  # a stateful layer keeps states of its own, and an ending has none
    if begin := model.layers[number].initial:
        states = [keras.Input(state.shape[1:]) for state in begin.values()]
        built.inputs.extend(states)
        return {"initial_state": states}
    if model.passes == "states" and number > 0:
        below = model.layers[number - 1]
        states = built.calls[-1][-len(below.state_names) :]
        return {"initial_state": joined(below, states, keras.ops.concatenate)}
    return {}


def _begin(layer: Any, states: States | None) -> None:
    """Have a stateful layer begin with these states; None leaves its zeros."""
    for kept, state in zip(layer.states, (states or {}).values(), strict=False):
        kept.assign(state)


def _keras_layers(keras: Any, model: Model) -> Iterator[Any]:
    """The recurrent layers and the ending, whose weights Keras draws from the seed."""
    seed = model.settings.seed
    for number, node in enumerate(model.layers):
        more: dict[str, Any] = {"stateful": True} if model.stateful else {}
        if node.zero_output_for_mask:
            more["zero_output_for_mask"] = True
        parts = [
            keras_layers.recurrent(
                keras,
                part.layer,
                seed,
                number=part.number,
                name=part.keras_name,
                unroll=_unrolled(model, number, part),
                **more,
            )
            for part in node.directions
        ]
        if node.both_ways:
            arguments = {"merge_mode": node.merge_mode, "name": node.name}
            parts = [keras_layers.bidirectional(keras, *parts, **arguments)]
        yield parts[0]
    if model.ending != "none":
        number = len(model.layers)
        kernel = keras_layers.seeded(keras, "glorot_uniform", seed, "kernel", number)
        yield ENDINGS[model.ending].build(keras, {"kernel_initializer": kernel})


def _unrolled(model: Model, number: int, part: Direction) -> bool:
    """Whether a layer is unrolled: running eagerly, it then does the same operations in the same
    order, and takes a fifth less time as it has no tf.while_loop.

    A stateful layer is not, as it is called with sequences of several lengths. Nor is a masked one
    that goes backwards and returns zeros at masked steps: Keras does not reverse the mask there,
    and sets the outputs of other steps to 0.
    """
    if model.stateful or model.settings_of(number).steps > keras_layers.LONGEST_EAGER:
        return False
    masked = model.mask_zero or model.pass_mask
    zeros = model.layers[number].zeros_masked
    return not (masked and zeros and part.layer.go_backwards)


def _refusal(where: int, error: Exception) -> Refusal:
    return Refusal(where, ESCAPES.sub("", f"{type(error).__name__}: {error}"))


def compute(
    model: Model,
    weights: Weights | None,
    calls: Sequence[Settings] = (),
    *,
    keep: bool = True,
) -> tuple[Raw, ...]:
    """Build the model as far as Keras allows, and call it.

    Args:
        weights: already checked, by the layout's names; None draws them from the seed.
        calls: settings with the ids of each call; those of the model, once, if empty.
        keep: whether a stateful layer keeps its states from one call to the next.

    Raises:
        TooLargeError: the model takes more than the `engine.asking` block allows.
        EngineError: Keras cannot be imported, or raises.
    """
    engine.afford(work(model, calls), model)
    with engine.door() as (keras, tensorflow):
        built = _build(keras, model)
        net = _net(keras, model, built, weights)
        given = [] if model.stateful else _initial_arrays(model)
        target = [keras_layers.model_input(model.settings_of(1))] if model.has_target else []
        raws = []
        for number, settings in enumerate(calls or [model.settings]):
            if number and not keep:
                for layer in built.layers:
                    layer.reset_state()
            fed = [keras_layers.model_input(settings), *target, *given]
            try:
                raws.append(_called(keras, tensorflow, net, fed, settings.steps))
            except (ValueError, tensorflow.errors.InvalidArgumentError) as error:
                net = _net(keras, model, _without_last(built, error), weights)
                raws.append(_called(keras, tensorflow, net, fed, settings.steps))
        return tuple(raws)


def _without_last(built: _Built, error: Exception) -> _Built:
    """The layers below the last one, which Keras refused only while it computed, as it was given
    states of another size than its own. They are then called alone.

    Raises:
        Exception: the error itself, if no layer is below: then it refused nothing that was passed.
    """
    below = built.calls[:-1]
    if not below:
        raise error
    return built._replace(calls=below, refusal=_refusal(len(below), error))


class _Net(NamedTuple):
    """A model in Keras that can be called, and its variables by the layout's names."""

    model: Any  # None if Keras could call no layer
    asked: Model
    built: _Built
    variables: dict[str, Any]


def _net(keras: Any, model: Model, built: _Built, weights: Weights | None) -> _Net:
    """The model of the layers that Keras could call, with these weights."""
    if not built.calls:
        return _Net(None, model, built, {})
    layouts = weight_layouts(model)[: 1 + len(built.calls)]
    names = [weight.name for each in layouts for weight in each]
    net = keras.Model(built.inputs, [tensor for tensors in built.calls for tensor in tensors])
    # Not those of net, which may have its layers in another order.
    owners = [*built.readers, *built.layers[: len(built.calls)]]
    variables = [variable for layer in owners for variable in layer.weights]
    named_variables = dict(zip(names, variables, strict=True))
    if weights is not None:
        for name, variable in named_variables.items():
            variable.assign(weights[name])
    return _Net(net, model, built, named_variables)


def _called(keras: Any, tensorflow: Any, net: _Net, fed: Sequence[Array], steps: int) -> Raw:
    """What Keras returns for these inputs."""
    if net.model is None:
        return Raw((), {}, 0, net.built.refusal)
    dropouts = tuple(_dropouts(keras, net, len(fed[0]))) if net.asked.drops else ()
    flat = iter(
        keras_layers.call(tensorflow, net.model, *fed, steps=steps, training=net.asked.drops)
    )
    return Raw(
        outputs=tuple(tuple(next(flat) for _ in tensors) for tensors in net.built.calls),
        weights={name: variable.numpy() for name, variable in net.variables.items()},
        parameter_count=net.model.count_params(),
        refusal=net.built.refusal,
        dropouts=dropouts,
    )


def _dropouts(keras: Any, net: _Net, sentences: int) -> Iterator[tuple[Dropout, ...]]:
    """What each direction of each layer drops in the next call."""
    model, layers = net.asked, net.built.layers
    for node, layer in zip(model.layers, layers, strict=False):
        plain = [layer.forward_layer, layer.backward_layer] if node.both_ways else [layer]
        seeds = (keras_layers.weight_seed(model.settings.seed, "dropout", n) for n in node.numbers)
        yield tuple(
            keras_layers.drawn(keras, one.cell, seed, sentences) if node.layer.drops else KEPT
            for one, seed in zip(plain, seeds, strict=False)
        )


def _initial_arrays(model: Model) -> list[Array]:
    """The arrays of all layers' initial states, in Keras's order."""
    return [array for node in model.layers for array in (node.initial or {}).values()]


@engine.first_runs
def _run_one_of_each() -> None:
    for cell in CELLS:
        compute(plain(Settings(cell=cell)), None)
    compute(plain(Settings(tokens=((0,) * (keras_layers.LONGEST_EAGER + 1),))), None)


# The replay


def plain(settings: Settings, initial: States | None = None, **more: Any) -> Model:
    """The model of a single plain layer, as the settings say.

    Args:
        initial: what it begins with, already checked; None for zeros.
        more: further fields of the model.
    """
    return Model(settings, (Recurrent(settings, initial=initial),), **more)


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
) -> tuple[ModelRun, ...]:
    """As `run_model`, but a stateful model is called several times.

    Args:
        calls: the model's settings with the ids of each call.
        keep: whether the states are kept from one call to the next, or reset to zeros.
    """
    origin = weights.origin if weights else Origin("seed", str(model.settings.seed))
    runs: list[ModelRun] = []
    for settings, raw in zip(calls, compute(model, weights, calls, keep=keep), strict=True):
        if runs:
            before = runs[-1].layers
            begun = (replace(e.recurrent, initial=e.last_states if keep else None) for e in before)
            model = replace(model, layers=(*begun, *model.layers[len(before) :]))
        runs.append(replayed(replace(model, settings=settings), raw, origin))
    return tuple(runs)


def replayed(model: Model, raw: Raw, origin: Origin) -> ModelRun:
    """A call of the model, each layer and the ending replayed and compared with Keras.

    Raises:
        GrownError, MismatchError: as `run_model` does.
    """
    weights = Weights(origin, raw.weights)
    returned = [
        named(layouts, outputs)
        for layouts, outputs in zip(returned_layouts(model), raw.outputs, strict=False)
    ]
    layers = tuple(_reached(model, returned, weights, raw.dropouts))
    pairs = [pair for each in layers for pair in zip(each.returned, twins(each), strict=True)]
    ended = returned[-1][0] if len(returned) > len(model.layers) else None
    if ended is not None:
        read, own = layers[-1].returned[0].values, weights.of_layer("ending/")
        pairs.append((ended, ENDINGS[model.ending].replay(read, own)))
    try:
        worst = difference(pairs)
    except MismatchError:
        again = _reached(model, returned, weights.exact, raw.dropouts)
        for layer, exact in zip(layers, again, strict=True):
            for one, other in zip(layer.traces, exact.traces, strict=True):
                refuse_grown(one, other)
        raise
    return ModelRun(
        layers=layers,
        ending_returned=ended,
        error=raw.refusal,
        weights=weights,
        parameter_count=raw.parameter_count,
        replay_difference=worst,
    )


class _Read(NamedTuple):
    """What a layer reads."""

    tokens: Array  # what is read at each step, in short, (sentence, step)
    inputs: Array  # (sentence, step, feature)
    mask: Array | None  # that comes with it, or is passed by hand


def _rows_read(model: Model, number: int, weights: Weights) -> _Read:
    """What the layer of that number reads, given ids or numbers."""
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
) -> Iterator[Reached]:
    """Each layer that Keras could call, replayed from what Keras returned from the layer below. If
    it were replayed from the replay below, rounding errors would grow from layer to layer."""
    below: Reached | None = None
    for number, (node, tensors) in enumerate(zip(model.layers, returned, strict=False)):
        states = node.initial
        if below is None or model.has_target:
            read = _rows_read(model, number, weights)
        if below is not None and model.passes == "states":
            states = dict(zip(node.state_names, below.passed_states, strict=True))
        dropped = dropouts[number] if dropouts else (KEPT, KEPT)
        traces = _traces_of(node, _seen(model, number, read, states), weights, states, dropped)
        below = Reached(node, tensors, traces)
        yield below
        # The next layer reads the outputs in the order returned, even if go_backwards reversed
        # them. Keras passes the mask on with them, and does not reverse it.
        mask = read.mask if node.layer.return_sequences else None
        read = _Read(traces[0].tokens, tensors[0].values, mask)


def first_traces(
    model: Model, weights: Weights, dropouts: Sequence[Dropout] = (KEPT, KEPT)
) -> tuple[Trace, ...]:
    """What each direction of a model's first layer computes: replayed alone, with no call of Keras
    to compare it with.

    Args:
        weights: the model's.
        dropouts: the masks of each direction.
    """
    node = model.layers[0]
    read = _seen(model, 0, _rows_read(model, 0, weights), node.initial)
    return _traces_of(node, read, weights, node.initial, dropouts)


def _seen(model: Model, number: int, read: _Read, states: States | None) -> _Read:
    """What a layer reads, with the mask that reaches it. Keras drops the one that comes with what
    is read if initial_state is passed too, but not one that is passed by hand."""
    by_hand = number == 0 and model.pass_mask
    return read if by_hand or not states else read._replace(mask=None)


def _traces_of(
    node: Recurrent,
    read: _Read,
    weights: Weights,
    states: States | None,
    dropouts: Sequence[Dropout],
) -> tuple[Trace, ...]:
    """What each direction of a layer computes, as `replay` does.

    Args:
        weights: the model's.
        states: the initial ones, by the names of the layer's states.
        dropouts: the masks of each direction.
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
    return {name: states[_state_name(part, name)] for name in CELLS[part.layer.cell].states}


def named(layouts: Sequence[Layout], outputs: Sequence[Array]) -> tuple[Returned, ...]:
    """Keras's outputs as Returned tensors, read-only."""
    return tuple(
        Returned(layout.name, layout.axes, frozen(values))
        for layout, values in zip(layouts, outputs, strict=True)
    )


def joined(node: Recurrent, states: Sequence[Any], concatenate: Callable[..., Any]) -> list[Any]:
    """A layer's last states as the next layer can begin with them. Those of Bidirectional's two
    layers are concatenated: h with h, and c with c.

    Args:
        concatenate: NumPy's function of that name, or Keras's.
    """
    if not node.both_ways:
        return list(states)
    half = len(states) // 2
    pairs = zip(states[:half], states[half:], strict=True)
    return [concatenate(pair, axis=-1) for pair in pairs]


def merged(mode: MergeMode, forward: Array, backward: Array) -> tuple[Array, ...]:
    """The two layers' outputs merged into one array, or both as they are with merge_mode None."""
    return (_MERGED[mode](forward, backward),) if mode else (forward, backward)


def twins(reached: Reached) -> tuple[Array, ...]:
    """What Keras should have returned as each tensor, in its order, from the replay."""
    node, outputs = reached.recurrent, reached.halves
    if node.both_ways:
        outputs = merged(node.merge_mode, *outputs)
    if not node.layer.return_state:
        return outputs
    return (*outputs, *(s[:, -1] for trace in reached.traces for s in trace.states.values()))


def _outputs(reached: Reached, part: Direction, trace: Trace) -> Array:
    """A direction's outputs. Keras reverses those of Bidirectional's backward layer, so that both
    outputs of a token are merged with each other."""
    hidden = trace.hidden
    if trace.mask is not None:
        shown = _shown(trace.mask, zeros=reached.recurrent.zeros_masked)
        hidden = hidden * shown[..., np.newaxis]
    if not part.layer.return_sequences:
        return hidden[:, -1]
    return hidden[:, ::-1] if part.name == "backward" else hidden


def _shown(mask: Array, *, zeros: bool) -> Array:
    """At which steps outputs are h, (sentence, step), in the order of reading. They are 0 at masked
    steps before the first unmasked one, whatever state the layer began with, and at all masked
    steps with zero_output_for_mask. The states are not."""
    return mask if zeros else np.logical_or.accumulate(mask, axis=1)
