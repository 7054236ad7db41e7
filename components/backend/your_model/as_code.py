"""A visitor's model as a Python script that needs only Keras and their own file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from components.backend.scripts.code import MOST_WRITTEN, array_literal, filled
from components.backend.your_model.answer import Answer
from components.backend.your_model.arrays import INPUTS
from components.backend.your_model.opened import Array
from components.backend.your_model.typed.feed import Fed


def script(answer: Answer, files: Sequence[str], data: str) -> str:
    """A script that loads the model by Keras, feeds it what the page feeds it, and prints the shape
    of what each layer returns, and the answer.

    Args:
        files: the names of the model's files: of a .keras or an .h5; or of a .weights.h5 and of the
            .json of its model.
        data: the name of the file that `npz` makes, of which inputs are loaded that are too large
            to be written out.
    """
    opened, question = answer.opened, answer.question
    json = [name for name in files if name.endswith(".json")]
    (weights,) = [name for name in files if name not in json]
    return filled(
        "your_model",
        title=_line(opened.name),
        weights=weights,
        json=json[0] if json else "",
        blocked=_line(", ".join(layer.name for layer in opened.layers if layer.blocked)),
        legacy=weights.endswith(".h5") and not json,
        masked=question.masked,
        inputs={n: _literal(n, a, answer, data) for n, a in answer.fed.inputs.items()},
        # A Sequential has layers alone; any other model also has operations, such as x[:, -1].
        operations="model.layers" if opened.kind == "Sequential" else "model.operations",
        layers=(printed := [*_printed(answer)]),
        inner=len(printed) < sum(not layer.blocked for layer in opened.layers),
        names=[tensor.name for tensor in answer.explained.returned],
        calls=question.calls,
    )


def _printed(answer: Answer) -> Iterator[str]:
    """The layers whose output can be had by the layer's name: those of the model itself that it
    calls once."""
    calls = Counter(one.name for one in answer.explained.layers if not one.path)
    for layer in answer.opened.layers:
        if not (layer.path or layer.blocked) and calls[layer.name] == 1:
            yield layer.name


def _line(said: str) -> str:
    """What a comment may have of a text out of a visitor's file: it is to end where its line
    ends."""
    return "".join(letter if letter.isprintable() else " " for letter in said)


def _literal(name: str, array: Array, answer: Answer, data: str) -> str:
    """An input as code."""
    fed = answer.fed
    if array.size > MOST_WRITTEN:
        return f"np.load({data!r})[{INPUTS + name!r}]"
    if array.dtype.kind == "f":
        return array_literal(array, name)
    if array.dtype.kind == "U":
        return f"keras.ops.convert_to_tensor({_rows(array.tolist())})"
    own = name == fed.main and array.ndim == 2 and not fed.repeated
    words = [[piece.label for piece in pieces] for pieces in fed.pieces]
    words = words if own and fed.reads == "words" else ()
    if not own or not any((*fed.padded, *fed.cut)):
        return f'np.array({_rows(array.tolist(), words)}, dtype="{array.dtype}")'
    rows = [[piece.value for piece in pieces] for pieces in fed.pieces]
    side, filling = answer.question.pad, _filling(array, fed)
    arguments = f'maxlen={array.shape[1]}, padding="{side}", truncating="{side}", value={filling}'
    return f"keras.utils.pad_sequences({_rows(rows, words)}, {arguments})"


def _filling(array: Array, fed: Fed) -> Any:
    """The id that pads; 0 if none was padded."""
    for row, places in zip(array, fed.places, strict=True):
        for step, value in enumerate(row.tolist()):
            if step not in places:
                return value
    return 0


def _rows(rows: Sequence[Any], words: Sequence[Sequence[str]] = ()) -> str:
    """A list as code, a line for each of its items.

    Args:
        words: what each item was typed as, for a comment behind it.
    """
    said = [f"  # {_line(' '.join(each))}" for each in words] or [""] * len(rows)
    lines = (f"        {row!r},{typed}" for row, typed in zip(rows, said, strict=True))
    return "\n".join(("[", *lines, "    ]"))
