"""Whether another Keras layer can follow this one: the shape of its output, or Keras's error."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from components.backend.question.layout import Layout, returned_layout
from components.backend.question.settings import Settings
from components.backend.running import answers, engine

NEXT_LAYERS: dict[str, Callable[[Any], Any]] = {
    "LSTM(5)": lambda layers: layers.LSTM(5, name="next"),
    "Dense(5)": lambda layers: layers.Dense(5, name="next"),
    "TimeDistributed(Dense(5))": lambda layers: layers.TimeDistributed(
        layers.Dense(5, name="dense"), name="next"
    ),
}
"""The layers that can be tried after a recurrent layer: their code, and a function that takes
`keras.layers` and makes the layer."""

Shape = tuple[int | None, ...]


class Reply(NamedTuple):
    """The shape of the next layer's output or, if Keras refuses its input, the error."""

    shape: Shape | None
    error: str | None


class Answer(NamedTuple):
    """The replies to outputs alone and, where states were returned too, to all tensors at once."""

    outputs: Reply
    everything: Reply | None


def keras_shape(layout: Layout) -> Shape:
    """A shape as Keras prints it, with None for the batch."""
    return (None, *layout.shape[1:])


def next_layer(settings: Settings, name: str) -> Answer:
    """Call the next layer of that name on symbols of the shapes that these settings return.

    Nothing is run, and replies are cached.

    Raises:
        EngineError: Keras cannot be imported, or fails other than by refusing the input.
    """
    returned = ((layout.name, keras_shape(layout)) for layout in returned_layout(settings))
    asked = tuple(returned), name
    return answers.cached_alone(("next layer", *asked), lambda: _ask(*asked))


def _ask(returned: tuple[tuple[str, Shape], ...], name: str) -> Answer:
    with engine.use_keras() as (keras, _):
        symbols = tuple(keras.Input(shape[1:], name=tensor) for tensor, shape in returned)
        outputs = _reply(NEXT_LAYERS[name](keras.layers), symbols[0])
        if len(symbols) == 1:
            return Answer(outputs, None)
        return Answer(outputs, _reply(NEXT_LAYERS[name](keras.layers), symbols))


def _reply(layer: Any, given: Any) -> Reply:
    try:
        return Reply(tuple(layer(given).shape), None)
    except ValueError as error:
        return Reply(None, f"{type(error).__name__}: {error}")
