"""What can come after the last recurrent layer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

_SIZE = 3  # as in the names of the endings
Array = np.ndarray


class Ending(NamedTuple):
    """What can come after the last recurrent layer."""

    build: Callable[[Any, Mapping[str, Any]], tuple[Any, ...]]
    """Makes its layers, given keras and the arguments that seed a Dense. Each reads what the one
    before it returns; only the last has weights."""
    replay: Callable[[Array, Mapping[str, Array]], Array]
    steps: Callable[[int | None], int | None]
    """The number of steps that it returns, given those that it reads; None for a single vector."""
    units: int | None
    """The length of the last axis if the layer has weights; None if it keeps its input's length."""
    of_sequence: str
    """The fact that says what it does with a sequence; empty if it reads none."""
    code: str
    """What a script calls, on what stands for the {}; `dense` is its Dense, if it has weights."""
    flattens: bool = False  # whether it reads all steps of a sequence as one vector


def _dense(given: Array, weights: Mapping[str, Array]) -> Array:
    """y = x W + b at each step."""
    return given @ weights["kernel"] + weights["bias"]


def _flat_dense(given: Array, weights: Mapping[str, Array]) -> Array:
    """The same, but of all steps side by side."""
    return _dense(given.reshape(len(given), -1), weights)


ENDINGS: Mapping[str, Ending] = {
    "Dense(3)": Ending(
        lambda keras, seeded: (keras.layers.Dense(_SIZE, name="ending", **seeded),),
        _dense,
        lambda steps: steps,
        _SIZE,
        "ending_sequence",
        "dense({})",
    ),
    "TimeDistributed(Dense(3))": Ending(
        lambda keras, seeded: (
            keras.layers.TimeDistributed(
                keras.layers.Dense(_SIZE, name="ending", **seeded), name="ending"
            ),
        ),
        _dense,
        lambda steps: steps,
        _SIZE,
        "ending_wrapped",
        'keras.layers.TimeDistributed(dense, name="ending")({})',
    ),
    "Flatten(), Dense(3)": Ending(
        lambda keras, seeded: (
            keras.layers.Flatten(name="flatten"),
            keras.layers.Dense(_SIZE, name="ending", **seeded),
        ),
        _flat_dense,
        lambda _: None,
        _SIZE,
        "ending_flat",
        'dense(keras.layers.Flatten(name="flatten")({}))',
        flattens=True,
    ),
    "RepeatVector(3)": Ending(
        lambda keras, _: (keras.layers.RepeatVector(_SIZE, name="ending"),),
        lambda given, _: np.repeat(given[:, np.newaxis], _SIZE, axis=1),
        lambda _: _SIZE,
        None,
        "",
        f'keras.layers.RepeatVector({_SIZE}, name="ending")({{}})',
    ),
}
"""By the code that makes them."""
