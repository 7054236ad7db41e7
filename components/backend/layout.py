"""Which tensors a setting returns and which weights it holds, known without running Keras."""

from __future__ import annotations

from typing import Any, NamedTuple

from components.backend.settings import Settings, applies

GATES = {
    "LSTM": ("input", "forget", "candidate", "output"),
    "GRU": ("update", "reset", "candidate"),
    "SimpleRNN": (),
}
"""Each cell's blocks in the order in which Keras lays them out side by side in a kernel."""

SYMBOLS = {
    "input": "i",
    "forget": "f",
    "candidate": "g",
    "output": "o",
    "update": "z",
    "reset": "r",
}
"""The letter by which the equations name each block."""

STATES = {"LSTM": ("state_h", "state_c"), "GRU": ("state_h",), "SimpleRNN": ("state_h",)}
"""The states each cell carries from step to step, in Keras's order."""


KERAS_DEFAULTS: dict[str, Any] = {
    "return_sequences": False,
    "return_state": False,
    "recurrent_activation": "sigmoid",
    "reset_after": True,
    "use_bias": True,
    "unit_forget_bias": True,
    "go_backwards": False,
}
"""The keyword arguments of a recurrent layer that are settings here, as Keras has them."""


def layer_arguments(settings: Settings) -> dict[str, Any]:
    """The keyword arguments of the recurrent layer that apply to its cell."""
    return {name: getattr(settings, name) for name in KERAS_DEFAULTS if applies(name, settings)}


class Layout(NamedTuple):
    """A tensor's name, what each of its axes counts, and its shape."""

    name: str
    axes: tuple[str, ...]
    shape: tuple[int, ...]


def returned_layout(settings: Settings) -> tuple[Layout, ...]:
    """The tensors that the layer hands back, in Keras's order."""
    batch, steps, units = len(settings.tokens), settings.steps, settings.units
    outputs = (
        Layout("outputs", ("sentence", "step", "unit"), (batch, steps, units))
        if settings.return_sequences
        else Layout("outputs", ("sentence", "unit"), (batch, units))
    )
    states = STATES[settings.cell] if settings.return_state else ()
    return (outputs, *(Layout(name, ("sentence", "unit"), (batch, units)) for name in states))


def input_layout(settings: Settings) -> tuple[Layout, ...]:
    """What goes in: the ids as the model gets them, and the vectors that the layer reads."""
    batch, steps = len(settings.tokens), settings.steps
    axes = ("sentence", "step", "feature")
    if settings.embedding:
        return (
            Layout("tokens", ("sentence", "step"), (batch, steps)),
            Layout("embedded", axes, (batch, steps, settings.embedding_dim)),
        )
    return (Layout("tokens", axes, (batch, steps, 1)),)


def weight_layout(settings: Settings) -> tuple[Layout, ...]:
    """The weights by Keras's names, in Keras's order."""
    features = settings.embedding_dim if settings.embedding else 1
    columns = settings.units * max(1, len(GATES[settings.cell]))
    twice = settings.cell == "GRU" and settings.reset_after
    weights = [
        Layout("kernel", ("feature", "column"), (features, columns)),
        Layout("recurrent_kernel", ("unit", "column"), (settings.units, columns)),
    ]
    if settings.embedding:
        rows = (settings.vocabulary_size, features)
        weights.insert(0, Layout("embeddings", ("token", "feature"), rows))
    if settings.use_bias:
        bias = Layout("bias", ("part", "column"), (2, columns))
        weights.append(bias if twice else Layout("bias", ("column",), (columns,)))
    return tuple(weights)
