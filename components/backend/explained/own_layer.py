"""A live recurrent layer of Keras's, described by settings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Annotated, Any, ClassVar, Literal, NamedTuple

import numpy as np
from pydantic import Field

from components.backend.cells import CELLS, REPLAYED
from components.backend.cells.cell import NOT_DROPPED
from components.backend.explained.calls import array_of
from components.backend.question.layout import KERAS_DEFAULTS
from components.backend.question.linked import Int, Message, Problem, SettingsError, rule_of, shown
from components.backend.question.settings import Layer, Settings
from components.backend.question.weights import Origin, Weights
from components.backend.running import engine
from components.backend.running.keras_layers import hard_sigmoid_keras2

_MOST = 2**31 - 1
_TAKEN = tuple(n for n in KERAS_DEFAULTS if not n.endswith("_initializer") and n not in NOT_DROPPED)
_Size = Annotated[Int, Field(ge=1, le=_MOST)]
_Ids = Annotated[Int, Field(ge=2, le=_MOST)]
_KERAS_3 = tuple(name for name in REPLAYED if name != "hard_sigmoid_keras2")
_Activation = Literal[_KERAS_3]
_Recurrent = Literal[tuple(REPLAYED)]


class AnyLayer(Layer):
    """A recurrent layer as a notebook may have it: of any size, with any activation that the replay
    knows. Pages have bounds."""

    units: Annotated[_Size, rule_of(Layer, "units")] = 3
    activation: Annotated[_Activation, rule_of(Layer, "activation")] = "tanh"
    recurrent_activation: Annotated[_Recurrent, rule_of(Layer, "recurrent_activation")] = "sigmoid"


class AnySettings(AnyLayer, Settings):
    """Settings, but of any number of units, features and ids, and with any activation that the
    replay knows: `run` takes them in a notebook, a page does not."""

    most_features: ClassVar[int] = _MOST

    embedding_dim: Annotated[_Size, rule_of(Settings, "embedding_dim")] = 2
    vocabulary_size: Annotated[_Ids, rule_of(Settings, "vocabulary_size")] = 100


class FromKeras(NamedTuple):
    """A live layer of Keras's, as `run(settings, weights=weights)` takes it."""

    settings: AnySettings
    """They read a single step of zeros: `settings.but(values=x)` has them read x, numbers of shape
    (sentence, step, feature)."""
    weights: Weights
    rest: Mapping[str, Any]
    """What of the layer is no setting, or is left out of these, if it is not Keras's default: by
    the name of the argument, such as stateful, dropout (which a layer has at training alone) or
    kernel_regularizer. Of an object it names the class. dtype is the name of the dtype policy."""


def from_keras(layer: Any) -> FromKeras:
    """The settings and the weights of a live layer, of any size.

    Args:
        layer: a keras.layers.LSTM, GRU or SimpleRNN, or an RNN of one of their cells, that has its
            weights; of a Bidirectional its `forward_layer` or its `backward_layer`.

    Raises:
        SettingsError: it is another class, has no weights yet, or has an activation that the replay
            does not know.
        EngineError: Keras has another backend than TensorFlow.
    """
    with engine.use_keras_as_set() as (keras, _):
        cell, *others = cells_of(keras, layer)
        if others:
            raise refused(layer, Message("one_cell"))
        arguments = described(keras, layer, cell)
        arrays = weights_of(keras, cell)
        rest = _rest(keras, layer, cell)
    features = len(arrays["kernel"])
    settings = AnySettings(**arguments, values=(((0.0,) * features,),))
    return FromKeras(settings, Weights(Origin("given"), arrays), MappingProxyType(rest))


def cells_of(keras: Any, layer: Any) -> tuple[Any, ...]:
    """The cells of a recurrent layer, from the bottom up.

    Raises:
        SettingsError: it is no recurrent layer of Keras's own, or has no weights yet.
    """
    known = [getattr(keras.layers, name) for name in ("RNN", *CELLS) if hasattr(keras.layers, name)]
    if type(layer) not in known:
        raise refused(layer, Message("kind", {"kind": type(layer).__name__}))
    if not layer.built:
        raise refused(layer, Message("no_weights"))
    cell = layer.cell
    return tuple(cell.cells) if type(cell) is keras.layers.StackedRNNCells else (cell,)


def described(keras: Any, layer: Any, cell: Any) -> dict[str, Any]:
    """A recurrent layer with one of its cells, as the arguments of an `AnyLayer`.

    Raises:
        SettingsError: the cell is not Keras's own, or has an activation that the replay does not
            know.
    """
    named = {getattr(keras.layers, f"{name}Cell", None): name for name in CELLS}
    if type(cell) not in named:
        raise refused(layer, Message("kind", {"kind": type(cell).__name__}))
    arguments = {"cell": named[type(cell)], "units": cell.units}
    for name in _TAKEN:
        owner = cell if hasattr(cell, name) else layer
        if hasattr(owner, name):
            arguments[name] = getattr(owner, name)
    for name in ("activation", "recurrent_activation"):
        if name in arguments:
            arguments[name] = _activation(keras, name, arguments[name])
    # Keras keeps a flag that was given as 0 or 1 as it is.
    return {n: bool(v) if isinstance(v, int) and n != "units" else v for n, v in arguments.items()}


def _activation(keras: Any, argument: str, function: Any) -> str:
    """An activation's name, if it is Keras's own, or ours for Keras 2, and the replay knows
    it."""
    name = getattr(function, "__name__", type(function).__name__)
    if argument == "recurrent_activation" and function is hard_sigmoid_keras2(keras):
        return name
    if name not in _KERAS_3 or getattr(keras.activations, name, None) is not function:
        got = Message("value", {"shown": shown(name)})
        raise SettingsError(Problem(argument, got, Message("only", {"names": ", ".join(_KERAS_3)})))
    return name


def weights_of(keras: Any, owner: Any, dtype: str | None = None) -> dict[str, np.ndarray]:
    """A cell's or a Dense's weights by Keras's names, float32.

    Args:
        dtype: what they are rounded to first, as Keras does where it computes in half precision.
    """
    names = ("kernel", "recurrent_kernel", "bias")
    variables = {name: getattr(owner, name, None) for name in names}
    return {
        name: array_of(keras, keras.ops.cast(variable, dtype or variable.dtype))
        for name, variable in variables.items()
        if variable is not None
    }


def refused(layer: Any, got: Message) -> SettingsError:
    """The error for a layer of which that was got."""
    name = getattr(layer, "name", "layer")
    return SettingsError(Problem(str(name), got, Message("keras_layers")))


def _rest(keras: Any, layer: Any, cell: Any) -> dict[str, Any]:
    """What of a layer differs from Keras's defaults, beside what the settings say."""
    plain = keras.layers.RNN(type(cell)(cell.units, dtype="float32"), dtype="float32")
    wanted, own = (dict(_configured(*each)) for each in ((plain, plain.cell), (layer, cell)))
    return {name: value for name, value in own.items() if value != wanted.get(name)}


def _configured(layer: Any, cell: Any) -> Iterator[tuple[str, Any]]:
    """The arguments that are no settings here, with objects by their classes' names."""
    for name, value in (cell.get_config() | layer.get_config()).items():
        if name not in (*_TAKEN, "name", "units", "cell", "dtype", "implementation"):
            yield name, value.get("class_name") if isinstance(value, dict) else value
    yield "dtype", layer.dtype_policy.name
