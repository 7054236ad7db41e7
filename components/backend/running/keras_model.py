"""Builds a `Model` in Keras, as far as Keras allows, sets its weights, and calls it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from components.backend.cells import CELLS, KEPT, Dropout
from components.backend.question.settings import Settings
from components.backend.question.weights import Weights
from components.backend.running import engine, keras_layers
from components.backend.running.attending import Attend
from components.backend.running.endings import ending_of
from components.backend.running.keras_error import readable
from components.backend.running.model import (
    Array,
    Direction,
    Model,
    Recurrent,
    States,
    joined,
    plain,
    returned_layouts,
    weight_layouts,
    work,
)


class Refusal(NamedTuple):
    """Keras's refusal of what one layer passed to the next."""

    where: int  # the index of the layer that refused; `Model.ending_number` if the ending did
    message: str  # what Keras said


class KerasOutput(NamedTuple):
    """All that one call of a model gives, as NumPy arrays."""

    outputs: tuple[tuple[Array, ...], ...]  # what each layer returned, attention, and the ending
    weights: dict[str, Array]
    parameter_count: int
    refusal: Refusal | None = None
    dropouts: tuple[tuple[Dropout, ...], ...] = ()
    """By layer, then by direction: the masks of this call. Empty if the model drops nothing."""


def compute(
    model: Model,
    weights: Weights | None,
    calls: Sequence[Settings] = (),
    *,
    keep: bool = True,
    redrop: bool = False,
) -> tuple[KerasOutput, ...]:
    """Build the model as far as Keras allows, and call it.

    Args:
        weights: already checked, by the layout's names; None draws them from the seed.
        calls: the settings of each call, with its ids; if empty, one call with the model's own.
        keep: whether a stateful layer keeps its states from one call to the next.
        redrop: whether each call draws dropout masks of its own, as in Keras; if not, all calls
            drop the same.

    Raises:
        TooLargeError: the model takes more than the `engine.asking` block allows.
        EngineError: Keras cannot be imported, or raises.
    """
    engine.afford(work(model, calls), model)
    with engine.use_keras() as (keras, tensorflow):
        built = _build(keras, model)
        net = _net(keras, model, built, weights)
        given = [] if model.stateful else _initial_arrays(model)
        target = [keras_layers.model_input(model.settings_of(1))] if model.has_target else []
        raws = []
        for number, settings in enumerate(calls or [model.settings]):
            if number == 0 or not redrop:
                _seed_dropouts(net)
            if number and model.stateful and not keep:
                for layer in built.layers:
                    layer.reset_state()
            fed = [keras_layers.model_input(settings), *target, *given]
            try:
                raws.append(_called(keras, tensorflow, net, fed, settings.steps))
            except (ValueError, tensorflow.errors.InvalidArgumentError) as error:
                net = _net(keras, model, _without_last(built, error), weights)
                _seed_dropouts(net)
                raws.append(_called(keras, tensorflow, net, fed, settings.steps))
        return tuple(raws)


class _Built(NamedTuple):
    """A model in Keras, as far as Keras could call its layers."""

    inputs: list[Any]
    calls: list[list[Any]]  # the tensors of each layer, of attention and of the ending
    readers: list[Any]  # the Embedding, if there is one
    layers: list[Any]
    refusal: Refusal | None = None


def _build(keras: Any, model: Model) -> _Built:
    """Call one layer after the other, until Keras refuses one."""
    inputs = _inputs(keras, model)
    read = keras_layers.reader(keras, model.settings, mask_zero=model.mask_zero)
    built = _Built(inputs, [], [read] if model.settings.has_embedding else [], [])
    layouts = returned_layouts(model)
    given: Any = read(inputs[0])
    for number, (*before, layer) in enumerate(_keras_layers(keras, model)):
        more = _states_given(keras, model, number, built)
        if number == 0 and model.pass_mask and model.layers:
            more["mask"] = keras_layers.not_padding(keras.ops, model.settings, inputs[0])
        if number > 0:
            given = _given(keras, model, number, built, read)
        try:
            for each in before:
                given = each(given)
            returned = layer(given, **more)
        except (TypeError, ValueError) as error:
            if number == 0:
                raise  # nothing was passed on to it
            return built._replace(refusal=_refusal(number, error))
        tensors = list(returned) if isinstance(returned, list | tuple) else [returned]
        for tensor, expected in zip(tensors, layouts[number], strict=True):
            tensor.name = expected.name  # for Keras's errors; its own counts up with every model
        built.calls.append(tensors)
        built.layers.append(layer)
        if model.stateful:
            _begin(layer, model.layers[number].initial)
    return built


def _given(keras: Any, model: Model, number: int, built: _Built, read: Any) -> Any:
    """What a layer above the first is called on: the target, or what layers below returned."""
    if model.has_target and number < len(model.layers):
        return read(built.inputs[1])
    outputs = [tensors[0] for tensors in built.calls]
    if model.attention and number == len(model.layers):
        return [outputs[0], outputs[-1]] if model.has_target else outputs[-1]
    if model.attention and model.has_target:
        return keras.ops.concatenate([outputs[-1], outputs[-2]], axis=-1)
    below = built.calls[-1]
    if model.attention:
        return below[0]
    count = len(below) if model.passes == "everything" else model.layers[number - 1].output_count
    return tuple(below[:count]) if count > 1 else below[0]


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
    """The keyword argument initial_state of a layer's call, if it gets one: further inputs of the
    model, or the states of the layer below."""
    if model.stateful or number >= len(model.layers):
        return {}  # a stateful layer keeps states of its own, and the others have none
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


def _keras_layers(keras: Any, model: Model) -> Iterator[Sequence[Any]]:
    """The Keras layers of each recurrent layer, of attention and of the ending. Their weights will
    be drawn from the seed."""
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
        if node.repeated:
            steps, name = model.settings_of(number).steps, f"repeat_{node.name}"
            parts = [keras.layers.RepeatVector(steps, name=name), *parts]
        yield parts
    if model.attention:
        yield (Attend(keras, model.attention, seed),)
    if model.ending != "none":
        number = model.ending_number
        kernel = keras_layers.seeded(keras, "glorot_uniform", seed, "kernel", number)
        yield ending_of(model.ending).build(keras, {"kernel_initializer": kernel})


def _unrolled(model: Model, number: int, part: Direction) -> bool:
    """Whether to build a layer with unroll=True. Run eagerly, an unrolled layer does the same
    operations in the same order, and takes a fifth less time, as it has no tf.while_loop.

    A stateful layer is not unrolled, as it is called with sequences of several lengths. Nor is a
    layer with a mask, go_backwards and zero_output_for_mask: if it is unrolled, Keras does not
    reverse its mask, and sets the outputs of the wrong steps to 0.
    """
    if model.stateful or model.settings_of(number).steps > keras_layers.LONGEST_EAGER:
        return False
    masked = model.mask_zero or model.pass_mask
    zeros = model.layers[number].zeros_masked
    return not (masked and zeros and part.layer.go_backwards)


def _refusal(where: int, error: Exception) -> Refusal:
    return Refusal(where, readable(f"{type(error).__name__}: {error}"))


def _without_last(built: _Built, error: Exception) -> _Built:
    """The model without its last layer, which Keras built but cannot run: the states passed to it
    have another size.

    Raises:
        Exception: the error itself, if there is no layer below that passed anything.
    """
    below = built.calls[:-1]
    if not below:
        raise error
    return built._replace(calls=below, refusal=_refusal(len(below), error))


class _Net(NamedTuple):
    """A model in Keras that can be called, and its variables by the layout's names."""

    model: Any
    asked: Model
    built: _Built
    variables: dict[str, Any]


def _net(keras: Any, model: Model, built: _Built, weights: Weights | None) -> _Net:
    """The model of the layers that Keras could call, with these weights."""
    layouts = weight_layouts(model)[: 1 + len(built.calls)]
    names = [weight.name for each in layouts for weight in each]
    net = keras.Model(built.inputs, [tensor for tensors in built.calls for tensor in tensors])
    # The layers of _Built, as those of the Keras model may stand in another order.
    owners = [*built.readers, *built.layers[: len(built.calls)]]
    variables = [variable for layer in owners for variable in layer.weights]
    named_variables = dict(zip(names, variables, strict=True))
    if weights is not None:
        for name, variable in named_variables.items():
            variable.assign(weights[name])
    return _Net(net, model, built, named_variables)


def _called(
    keras: Any, tensorflow: Any, net: _Net, fed: Sequence[Array], steps: int
) -> KerasOutput:
    """Call the model on these inputs."""
    dropouts = tuple(_dropouts(keras, net, len(fed[0]))) if net.asked.drops else ()
    flat = iter(
        keras_layers.call(tensorflow, net.model, *fed, steps=steps, training=net.asked.drops)
    )
    return KerasOutput(
        outputs=tuple(tuple(next(flat) for _ in tensors) for tensors in net.built.calls),
        weights={name: np.asarray(variable.numpy()) for name, variable in net.variables.items()},
        parameter_count=net.model.count_params(),
        refusal=net.built.refusal,
        dropouts=dropouts,
    )


def _seed_dropouts(net: _Net) -> None:
    """Have the layers draw the masks of their first call next."""
    for node, layer in zip(net.asked.layers, net.built.layers, strict=False):
        if net.asked.drops and node.layer.drops:
            for one, number in zip(_plain_layers(node, layer), node.numbers, strict=False):
                seed = keras_layers.weight_seed(net.asked.settings.seed, "dropout", number)
                keras_layers.seeded_dropout(one.cell, seed)


def _dropouts(keras: Any, net: _Net, sentences: int) -> Iterator[tuple[Dropout, ...]]:
    """For each layer the masks of its directions in the next call."""
    for node, layer in zip(net.asked.layers, net.built.layers, strict=False):
        yield tuple(
            keras_layers.drawn(keras, one.cell, sentences) if node.layer.drops else KEPT
            for one in _plain_layers(node, layer)
        )


def _plain_layers(node: Recurrent, layer: Any) -> list[Any]:
    """A Keras layer, or the two that are in Bidirectional."""
    return [layer.forward_layer, layer.backward_layer] if node.both_ways else [layer]


def _initial_arrays(model: Model) -> list[Array]:
    """The arrays of all layers' initial states, in Keras's order."""
    return [array for node in model.layers for array in (node.initial or {}).values()]


@engine.first_runs
def _run_one_of_each() -> None:
    for cell in CELLS:
        compute(plain(Settings(cell=cell)), None)
    compute(plain(Settings(tokens=((0,) * (keras_layers.LONGEST_EAGER + 1),))), None)
