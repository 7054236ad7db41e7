"""A model of recurrent layers: what it reads, its layers, and how they are joined.

A `Model` has one layout of its weights and of what it returns. `keras_model` builds and calls it in
Keras, `model_run` replays it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import repeat
from typing import Any, Literal, NamedTuple

import numpy as np

from components.backend.cells import CELLS
from components.backend.question import layout
from components.backend.question.layout import Layout
from components.backend.question.sentences import Sentences
from components.backend.question.settings import Layer, Settings
from components.backend.running.attending import Attention
from components.backend.running.endings import ending_of

DIRECTIONS = ("forward", "backward")
"""Bidirectional's two layers, in Keras's order. "forward" is the layer that was wrapped: with
go_backwards it reads the last token first, and "backward" then reads the first token first."""

INITIAL = (0.1, 0.2, 0.3, 0.4)
"""The values that fill a layer's states, one each, where a page passes initial_state: different
numbers, so that their order makes a difference."""

Array = np.ndarray
MergeMode = Literal["concat", "sum", "mul", "ave", None]
States = Mapping[str, Array]


class Direction(NamedTuple):
    """A plain recurrent layer as part of a `Recurrent`, which has one, or two in Bidirectional."""

    name: str  # "forward" or "backward"; "" for a layer that is not wrapped
    layer: Layer
    prefix: str  # what its weights' names begin with, such as "0/forward/"
    number: int  # the seed of its weights and of its dropout depends on it
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
    repeated: bool = False  # whether it reads, at every step, the one vector of the layer below
    initial: States | None = None
    """Initial states by their names, each (sentence, unit), already checked. None for zeros or,
    where the model passes states on, for the states of the layer below."""

    def __post_init__(self) -> None:
        if self.initial is not None:  # in Keras's order, in which they are passed on
            ordered = {name: self.initial[name] for name in self.state_names}
            object.__setattr__(self, "initial", ordered)

    @property
    def directions(self) -> tuple[Direction, ...]:
        """Its plain layers, in Keras's order."""
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
        """The length of the last axis of its outputs, or of each of them."""
        return self.layer.units * (2 if self.both_ways and self.merge_mode == "concat" else 1)

    @property
    def output_count(self) -> int:
        """How many tensors its outputs are: with merge_mode None, one for each direction."""
        return 2 if self.both_ways and self.merge_mode is None else 1

    @property
    def zeros_masked(self) -> bool:
        """Whether its outputs are 0 at masked steps. Bidirectional sets zero_output_for_mask for
        both its layers if they return sequences, and else unsets it."""
        return self.layer.return_sequences if self.both_ways else self.zero_output_for_mask

    @property
    def state_names(self) -> tuple[str, ...]:
        """The names of its states, in Keras's order: "state_h", or "forward_h", …"""
        return tuple(state_name(d, s) for d in self.directions for s in CELLS[d.layer.cell].states)

    def named(self, states: Iterable[Any]) -> dict[str, Any]:
        """The given states, which are in Keras's order, by their names."""
        return dict(zip(self.state_names, states, strict=True))

    def states_of(self, sentences: int, values: Iterable[float] = repeat(0.0)) -> States:
        """Initial states, each (sentence, unit): the first is filled with the first value, the
        second with the second."""
        shape = sentences, self.layer.units
        states = zip(self.state_names, values, strict=False)
        return {name: np.full(shape, value, "float32") for name, value in states}


def state_name(direction: Direction, state: str) -> str:
    """A state's name: "state_h" of a plain layer, "forward_h" of Bidirectional's forward layer."""
    return state.replace("state", direction.name) if direction.name else state


@dataclass(frozen=True)
class Model:
    """A model: its input, its layers from the bottom up, and how they are joined."""

    settings: Settings
    """The ids with their Embedding or scaling, or the values; and the seed. The fields of
    `settings.Layer` in it are ignored: `layers` has the layers."""
    layers: tuple[Recurrent, ...]  # none if the ending reads the input itself
    passes: Literal["outputs", "everything", "states", "nothing"] = "outputs"
    """What a layer passes to the next one.

    "outputs": its outputs alone, which are two tensors with merge_mode None. "everything": all that
    it returned. "states": its states, which it has to return; the next layer begins with them and
    reads `target`. "nothing": the next layer reads `target` and begins with zeros.
    """
    ending: str = "none"  # or the name of one that `ending_of` knows
    """What comes last. It reads the outputs of the last layer or, after attention, the context;
    with a target, the context and the decoder's h, concatenated."""
    mask_zero: bool = False  # mask the steps whose id, or whose every number, is 0
    pass_mask: bool = False  # pass that mask to the first layer by hand
    target: Sentences = ()
    stateful: bool = False
    training: bool = True  # whether layers drop what they can
    attention: Attention | None = None
    """Attention after the last layer, over all h of its outputs. With a target: each h of the last
    layer, the decoder, asks all h of the first one."""

    @property
    def drops(self) -> bool:
        """Whether any layer drops anything: then the model is called with training=True."""
        return self.training and any(node.layer.drops for node in self.layers)

    @property
    def has_target(self) -> bool:
        """Whether the layers above the first read the target."""
        return self.passes in ("states", "nothing")

    @property
    def ending_number(self) -> int:
        """The ending's place among the layers: attention, if there is any, stands before it."""
        return len(self.layers) + (self.attention is not None)

    def settings_of(self, number: int) -> Settings:
        """The settings with the ids from which that layer's input is computed: the source's for
        layer 0, the target's for a layer above that reads the target."""
        reads_target = self.has_target and number > 0
        return self.settings.reading(self.target) if reads_target else self.settings


def plain(settings: Settings, initial: States | None = None, **more: Any) -> Model:
    """The model of a single plain layer, as the settings say.

    Args:
        initial: what it begins with, already checked; None for zeros.
        more: further fields of the model.
    """
    return Model(settings, (Recurrent(settings, initial=initial),), **more)


def joined(node: Recurrent, states: Sequence[Any], concatenate: Callable[..., Any]) -> list[Any]:
    """A layer's last states in a form in which the next layer can begin with them: those of
    Bidirectional's two layers are concatenated, h with h and c with c.

    Args:
        concatenate: NumPy's function of that name, or Keras's.
    """
    if not node.both_ways:
        return list(states)
    half = len(states) // 2
    pairs = zip(states[:half], states[half:], strict=True)
    return [concatenate(pair, axis=-1) for pair in pairs]


def returned_layouts(model: Model) -> tuple[tuple[Layout, ...], ...]:
    """For each layer, for attention and for the ending if there are any, the tensors it returns, in
    Keras's order."""
    each = tuple(
        _returned(node, model.settings_of(number)) for number, node in enumerate(model.layers)
    )
    count = len(model.settings.rows)
    if model.attention:
        steps, units = read_by_attention(model)
        sizes = count, _queries(model), steps, units
        each = (*each, model.attention.returned_layout(*sizes))
    if model.ending == "none":
        return each
    ending, (steps, units) = ending_of(model.ending), _read_by_ending(model)
    sizes = {"sentence": count, "step": ending.steps(steps), "unit": ending.units or units}
    axes = {axis: size for axis, size in sizes.items() if size is not None}
    return (*each, (Layout("outputs", tuple(axes), tuple(axes.values())),))


def _returned(node: Recurrent, read: Settings) -> tuple[Layout, ...]:
    """The tensors that a layer returns in Keras's order, given the ids that are read."""
    outputs, *states = layout.layer_returned(node.layer, len(read.rows), read.steps)
    if not node.both_ways:
        return (outputs, *states)
    outputs = outputs._replace(shape=(*outputs.shape[:-1], node.units))
    names = ["outputs"] if node.merge_mode else [f"{name}_outputs" for name in DIRECTIONS]
    ends = (s._replace(name=state_name(d, s.name)) for d in node.directions for s in states)
    return (*(outputs._replace(name=name) for name in names), *ends)


def weight_layouts(model: Model) -> tuple[tuple[Layout, ...], ...]:
    """The weights of the Embedding, of each layer, of attention and of the ending, in Keras's
    order, by names such as "embeddings", "0/kernel", "1/forward/kernel", "ending/bias"."""
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
    if model.attention:
        found.append(model.attention.weight_layout(read_by_attention(model)[1]))
    if model.ending != "none" and (columns := ending_of(model.ending).units):
        steps, units = _read_by_ending(model)
        rows = units * steps if steps and reads_all_steps(model) else units
        kernel = Layout("ending/kernel", ("unit", "column"), (rows, columns))
        found.append((kernel, Layout("ending/bias", ("column",), (columns,))))
    return tuple(found)


def reads_all_steps(model: Model) -> bool:
    """Whether the ending reads all steps of a sequence as one vector."""
    flattens = model.ending != "none" and ending_of(model.ending).flattens
    return flattens and _read_by_ending(model)[0] is not None


def read_by_attention(model: Model) -> tuple[int, int]:
    """The number of steps that attention weighs, and the length of each h."""
    number = 0 if model.has_target else len(model.layers) - 1
    return model.settings_of(number).steps, model.layers[number].units


def _queries(model: Model) -> int:
    """How many queries attention has in a sentence."""
    asked = model.attention is None or model.attention.query in ("last", "own")
    return 1 if asked else model.settings_of(len(model.layers) - 1).steps


def _read_by_ending(model: Model) -> tuple[int | None, int]:
    """The number of steps that the ending reads, None for a single vector, and the length of the
    last axis of what it reads: the last layer's outputs, the context or, without layers, the
    input."""
    if not model.layers:
        return model.settings.steps, layout.features(model.settings)
    last, steps = model.layers[-1], model.settings_of(len(model.layers) - 1).steps
    if model.attention:
        units = read_by_attention(model)[1] + (last.units if model.has_target else 0)
        return _queries(model), units
    return steps if last.layer.return_sequences else None, last.units


def weight_layout(model: Model) -> tuple[Layout, ...]:
    """The weights of the whole model, in Keras's order."""
    return tuple(weight for each in weight_layouts(model) for weight in each)


_DRAWING = 100
"""To draw a layer's weights takes about as long as so many steps of one sentence."""


def work(model: Model, calls: Sequence[Settings] = ()) -> int:
    """About how many multiply-adds a model takes, counted without Keras: each number of a layer's
    weights once for each step of each sentence, and _DRAWING times more to draw them; the weights
    of an ending that reads all steps at once, once for each sentence; each h that attention weighs,
    twice for each query.

    Args:
        calls: as for `compute`.
    """
    done = 0
    for number, weights in enumerate(weight_layouts(model)[1:]):
        on_target = model.has_target and number > 0
        read = [model.settings_of(number)] if on_target else calls or [model.settings]
        at_once = number == model.ending_number and reads_all_steps(model)
        steps = sum(len(each.rows) * (1 if at_once else each.steps) for each in read)
        done += layout.parameter_count(weights) * (_DRAWING + steps)
    if model.attention:
        weighed = model.attention.work(_queries(model), *read_by_attention(model))
        done += len(model.settings.rows) * weighed
    return done
