"""The names, shapes and kinds of the arrays that a file of weights may have. The names are Keras's
or, if PyTorch has such a layer, PyTorch's."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from components.backend.cells import CELLS
from components.backend.question.layout import Layout, weight_layout
from components.backend.question.linked import Message, Problem, SettingsError, listed, shown
from components.backend.question.settings import Settings
from components.backend.torch_weights import TABLE, lacks, module_of, torch_layout
from components.backend.weight_files.edits import LARGEST

MOST_BYTES = 490_000
"""The largest file: in base64, and beside the largest grid and the longest link, it fits into a
message of one megabyte, the largest that the server takes. The weights of an LSTM of 128 units that
reads 64 features of 300 ids take 473,000 bytes as float32; a model of Keras's often has its
optimizer in it, with two more numbers for each weight. Larger layers' weights can be downloaded,
and not uploaded; in Python `run` takes them as arrays."""

FIELD = "file"
_MOST_NAMED = 5
_ANY = Message("file", {"most": MOST_BYTES})


class FromFile(NamedTuple):
    """Weights out of a file, as float32 by Keras's names."""

    weights: dict[str, np.ndarray]  # of a saved model, perhaps without the Embedding's table
    layers: tuple[str, ...] = ()
    """The names of a saved model's recurrent layers. The weights are those of the first name."""
    table: str = ""
    """The name of the saved model's Embedding whose table is in weights; "" if none is."""
    differing: Mapping[str, Any] | None = None
    """The arguments of the first layer that differ from the settings; None if the file does not
    tell its arguments, as a file of weights alone."""
    is_masked: bool = False
    """Whether the saved model makes a mask, as far as the file tells."""
    policy: str = ""
    """The name of the first layer's dtype policy; "" if the file does not tell it."""
    old: str = ""
    """The version of Keras 2 that wrote the file; "" if that was Keras 3, or is not known."""


def prefix_of(names: Sequence[str]) -> str:
    """The prefix that all names share, up to a dot: "lstm." for the names "lstm.weight_ih_l0",
    "lstm.weight_hh_l0", … in a model's state_dict."""
    common = os.path.commonprefix(names)  # noqa: RUF071  # letter by letter: these are no paths
    return common[: common.rfind(".") + 1] if len(names) > 1 else ""


def named(
    names: Iterable[str], settings: Settings, *, prefix: str = "", suffix: str = ""
) -> tuple[Layout, ...]:
    """The layouts of weights by those names, in the order of the layer: all of Keras's, or all of
    PyTorch's, with or without the Embedding's table.

    Args:
        prefix, suffix: what each name begins and ends with in the file.

    Raises:
        SettingsError: the names are others.
    """
    given = list(names)
    keras, torch = weight_layout(settings), () if lacks(settings) else torch_layout(settings)
    without_table = tuple(layout for layout in torch if layout.name != TABLE)
    for layouts in (keras, torch, without_table):
        wanted = [prefix + layout.name + suffix for layout in layouts]
        if layouts and sorted(given) == sorted(wanted):
            return layouts

    def each(layouts: Sequence[Layout]) -> str:
        return ", ".join(layout.name + suffix for layout in layouts)

    if not torch:
        allowed = Message("each", {"names": each(keras)})
    elif torch == without_table:
        allowed = Message("each_torch", {"names": each(keras), "torch": each(torch)})
    else:
        table, torch_names = TABLE + suffix, each(without_table)
        values = {"names": each(keras), "torch": torch_names, "table": table}
        allowed = Message("each_torch_table", values)
    right = {prefix + layout.name + suffix for layout in (*keras, *torch)}
    wrong_first = sorted(given, key=right.__contains__)
    raise refused(few([*map(shown, wrong_first)]), allowed)


def few(names: Sequence[Any]) -> Message:
    """The first names in words, and how many more there are."""
    got = [*names[:_MOST_NAMED]]
    if more := len(names) - len(got):
        got.append(Message("more_names", {"count": more}))
    return Message("value", {"shown": listed(got)}) if got else Message("none")


def misfit(layout: Layout, shape: Sequence[int]) -> Problem | None:
    """The problem with an array of that shape; None if there is none."""
    if tuple(shape) == layout.shape:
        return None
    return problem(layout, _got(layout, shape))


def _got(layout: Layout, shape: Sequence[int]) -> Message:
    """A wrong shape in words, with the settings that it would fit, if it shows them."""
    values = {"shape": shown(tuple(shape))}
    if layout.name == "weight_hh_l0" and (of := module_of(shape)):
        module, units = of
        return Message("got_shape_torch", values | {"module": module, "units": units})
    if layout.name == "recurrent_kernel" and len(shape) == 2:
        for cell, record in CELLS.items():
            if shape[1] == len(record.block_names) * shape[0]:
                return Message("got_shape_keras", values | {"cell": cell, "units": shape[0]})
    read = {"kernel": 0, "weight_ih_l0": 1}.get(layout.name)  # the axis over what is read
    if read is not None and len(shape) == 2 and shape[1 - read] == layout.shape[1 - read]:
        return Message("got_shape_read", values | {"features": shape[read]})
    return Message("got_shape", values)


def too_large(layout: Layout, array: np.ndarray) -> Problem | None:
    """The problem with an array that has too large a number; None if there is none. A NaN passes
    here, and is refused when the weights are taken."""
    largest = float(np.abs(array.astype(float)).max())  # as float: abs(int8(-128)) is -128
    if not largest > LARGEST:
        return None
    allowed = Message("at_most", {"shape": layout.shape, "largest": int(LARGEST)})
    return Problem(f"{FIELD}.{layout.name}", Message("large", {"largest": largest}), allowed)


def problem(layout: Layout, got: Message) -> Problem:
    """The problem with an array of which that was got."""
    return Problem(f"{FIELD}.{layout.name}", got, Message("finite", {"shape": layout.shape}))


def refuse_large(data: bytes, most: int | None) -> None:
    """Refuse a file of more bytes than that; None for no limit."""
    if most is not None and len(data) > most:
        raise refused(Message("file_size", {"count": len(data)}), Message("file", {"most": most}))


UNREAD = Message("no_file")
"""What a problem says it got, where a file or an array in it cannot be read."""


def refused(got: Message, allowed: Message = _ANY) -> SettingsError:
    """The error for a file of which that was got."""
    return SettingsError(Problem(FIELD, got, allowed))
