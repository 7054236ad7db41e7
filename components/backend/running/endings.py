"""The endings: layers of Keras that can follow the last recurrent layer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

_SIZE = 3  # units of Dense, and copies of RepeatVector: the names of the endings say it, too
Array = np.ndarray


class Ending(NamedTuple):
    """A layer, or two, after the last recurrent layer."""

    build: Callable[[Any, Mapping[str, Any]], tuple[Any, ...]]
    """Takes keras and a Dense's arguments, which seed it; returns the ending's layers. Each reads
    what the one before it returns, and only the last has weights."""
    replay: Callable[[Array, Mapping[str, Array]], Array]
    steps: Callable[[int | None], int | None]
    """From the number of steps that it reads to the number that it returns; None for one vector."""
    units: int | None
    """The length of the last axis that a layer with weights returns; None without weights, where
    the length stays that of the input."""
    of_sequence: str
    """The name of the fact that says what it does with a sequence; "" if it cannot read one."""
    code: str
    """The call as code, with {} for what is read. Scripts call the ending's Dense `dense`."""
    flattens: bool = False  # whether it reads all steps of a sequence as one vector


def _dense(given: Array, weights: Mapping[str, Array]) -> Array:
    """y = x W + b at each step."""
    return given @ weights["kernel"] + weights["bias"]


def _flat_dense(given: Array, weights: Mapping[str, Array]) -> Array:
    """A Dense over all steps, flattened into one vector."""
    return _dense(given.reshape(len(given), -1), weights)


def _dense_of(units: int) -> Ending:
    return Ending(
        lambda keras, seeded: (keras.layers.Dense(units, name="ending", **seeded),),
        _dense,
        lambda steps: steps,
        units,
        "ending_sequence",
        "dense({})",
    )


ENDINGS: Mapping[str, Ending] = {
    "Dense(3)": _dense_of(_SIZE),
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
"""The endings, by the code that makes their layers."""


def ending_of(name: str) -> Ending:
    """One of ENDINGS by its name, or a Dense of any size, such as "Dense(100)"."""
    return ENDINGS.get(name) or _dense_of(int(name.removeprefix("Dense(").removesuffix(")")))
