"""Writes settings as Python code: the line that calls the layer, the parts of scripts, a
notebook."""

from __future__ import annotations

import inspect
import re
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from hashlib import blake2s
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from components.backend.cells import CELLS
from components.backend.question.labels import named_shape
from components.backend.question.layout import (
    KERAS_DEFAULTS,
    input_layout,
    layer_arguments,
    returned_layout,
)
from components.backend.question.settings import Layer, Settings
from components.backend.question.weights import Origin, Weights
from components.backend.running.keras_layers import (
    CONSTANT,
    INITIALIZED,
    RANDOM,
    initializer,
    weight_seed,
)
from components.texts import as_typed, text

MOST_WRITTEN = 50_000
"""The most numbers of weights that are written into a script. It loads larger weights from a
file."""

_LONGEST = 60
"""The most characters that a file's name gives to a layer's arguments, or to what a page asks."""

_ARGUMENTS = {*Layer.model_fields} - {"cell", "units", "return_sequences", "return_state"}
"""The layer's arguments that a file's name mentions only if they are not at their defaults."""

_templates: Any = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
)


def unpack_line(settings: Settings) -> str:
    """The line that calls the layer and names all that it returns."""
    return f"{', '.join(_names(settings))} = {call(settings)}"


def runnable(line: str, settings: Settings, *wrappers: str) -> str:
    """A line that calls the layer on x, as code that runs when it is pasted: after the imports, any
    functions it needs, and an x of the right shape, (sentence, step, feature).

    Args:
        wrappers: the Keras layers that wrap the recurrent one, such as "Bidirectional".
    """
    return filled(
        "line",
        line=line,
        classes=[*wrappers, *([] if CELLS[settings.cell].layer else [settings.cell])],
        definitions=definitions(settings),
        shape=input_layout(settings)[-1].shape,
    )


def call(settings: Settings) -> str:
    """The layer and its call, with the arguments that differ from Keras's defaults."""
    return f"{constructor(settings)}(x{training(settings.drops)})"


def training(drops: bool) -> str:
    """The argument training=True of a call, as code; "" if the layer drops nothing."""
    return ", training=True" if drops else ""


def filled(template: str, **values: Any) -> str:
    """A template, given these values."""
    return as_typed(_templates.get_template(f"{template}.py.jinja").render(**values))


def rendered(
    template: str,
    settings: Settings,
    weights: Mapping[str, np.ndarray] | None,
    *,
    file: str = "",
    **more: Any,
) -> str:
    """A template, filled with what every script needs of the settings, and with these values.

    Args:
        file: from which the script loads weights that are too many to write; "" for that of
            the settings' layer.
    """
    given = {
        "definitions": definitions(settings),
        "training": training(settings.drops),
        "rows": rows_code(settings, settings.rows_field),
    } | more
    return filled(
        template,
        s=settings,
        input_shape=named_shape(input_layout(settings)[0]),
        fed=settings.rows_field,
        weights=weights_code(weights or {}, file or file_name(settings, "npz", weights)),
        **given,
    )


def weights_code(weights: Mapping[str, np.ndarray], file: str) -> str:
    """A dictionary of the weights; if they are too many to write, it is loaded from the file of
    that name, which a page offers. "" if there are no weights."""
    if sum(map(np.size, weights.values())) > MOST_WRITTEN:
        return f'{comment(text("scripts.too_many"))}\nweights = dict(np.load("{file}"))'
    lines = (f'    "{name}": {array_literal(array, name)},' for name, array in weights.items())
    return "\n".join(("weights = {", *lines, "}")) if weights else ""


def comment(said: str) -> str:
    """A text as a comment."""
    return f"# {said}".replace("\n", "\n# ")


_templates.globals |= {"text": text, "comment": comment}


def spread(what: str, *arguments: Any) -> str:
    """A call with an argument a line."""
    return "\n".join((f"{what}(", *(f"    {argument}," for argument in arguments), ")"))


def recurrent(
    layer: Layer, seed: int, number: int = 0, name: str = "recurrent", more: Iterable[str] = ()
) -> str:
    """A recurrent layer with the weights that `keras_layers.recurrent` draws, an argument a line.

    Args:
        more: further arguments of the layer, as code.
    """
    own = arguments(layer, seed, number)
    return spread(layer_class(layer), layer.units, *own, *more, f'name="{name}"')


def file_name(
    settings: Settings,
    suffix: str,
    weights: Mapping[str, np.ndarray] | None = None,
    *,
    what: str = "",
) -> str:
    """A name for a file that belongs to the settings, such as rnn_lens_lstm_4_seq_state.py, with
    the layer's arguments that are not as by default, such as rnn_lens_gru_4_go_backwards.py.

    Args:
        suffix: "py", "ipynb", "csv", "png".
        weights: in place of those that the seed gives; the name then says their origin.
        what: names the file's content where several files of one suffix are offered.
    """
    words = ["rnn_lens", settings.cell.lower(), str(settings.units)]
    if suffix not in ("npz", "safetensors"):  # what is returned changes no weight
        words += ["seq"] * settings.return_sequences + ["state"] * settings.return_state
        words.append(in_name({k: v for k, v in settings.to_query().items() if k in _ARGUMENTS}))
    seeded = Origin("seed", str(settings.seed))
    origin = weights.origin if isinstance(weights, Weights) else seeded
    if origin.kind == "case":
        words += ["case", *re.findall(r"\w+", origin.name.lower())]
    elif origin.kind in ("trained", "uploaded", "edited"):
        words.append(origin.kind)
    elif origin.kind == "seed" and settings.seed != Settings.model_fields["seed"].default:
        words.append(f"seed{origin.name}")
    return f"{'_'.join(filter(None, (*words, what)))}.{suffix}"


def in_name(query: Mapping[str, str]) -> str:
    """A query as part of a file's name: "mask_zero" for a flag that is on, "dropout-0.5" for any
    other value. A long query becomes a hash, so that each question's file still has its own
    name."""
    said = "_".join(k if v == "true" else f"{k}-{v}" for k, v in query.items())
    named = re.sub(r"[^\w.-]+", "-", said).strip("-")
    return named if len(named) <= _LONGEST else blake2s(said.encode(), digest_size=4).hexdigest()


def notebook(source: str) -> str:
    """A script of these templates as a Jupyter notebook, in nbformat's JSON."""
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    document = nbformat.v4.new_notebook(metadata={"kernelspec": kernel})
    for number, content in enumerate(source.split("# %%")[1:]):
        if content.startswith(" [markdown]"):
            lines = (line.removeprefix("# ") for line in content.strip().splitlines()[1:])
            cell = nbformat.v4.new_markdown_cell("\n".join(lines))
        else:
            cell = nbformat.v4.new_code_cell(content.strip())
        cell.id = f"cell-{number}"  # not nbformat's random one: the file is the same each time
        document.cells.append(cell)
    return nbformat.writes(document)


def _names(settings: Settings) -> list[str]:
    return [layout.name for layout in returned_layout(settings)]


def constructor(layer: Layer, more: Iterable[str] = ()) -> str:
    """The layer as code, with the arguments that differ from Keras's defaults.

    Args:
        more: further arguments, as code, which come first.
    """
    return f"{layer.cell}({', '.join([str(layer.units), *more, *arguments(layer)])})"


def layer_class(layer: Layer) -> str:
    """The layer's class as scripts name it."""
    return layer.cell if CELLS[layer.cell].layer else f"keras.layers.{layer.cell}"


def definitions(*layers: Layer) -> str:
    """The code of what these layers need and Keras does not have: its classes and functions."""
    makers = {layer.cell: make for layer in layers if (make := CELLS[layer.cell].layer)}
    own = (
        f"{inspect.getsource(make).rstrip()}\n\n\n{name} = {make.__name__}(keras)"
        for name, make in makers.items()
    )
    parts = [*([filled("keras2").rstrip()] if any(map(_needs_keras2, layers)) else []), *own]
    typed = "\nfrom typing import Any\n" if makers else ""
    return typed + "".join(f"\n\n{part}\n" for part in parts)


def _needs_keras2(layer: Layer) -> bool:
    return layer_arguments(layer).get("recurrent_activation") == "hard_sigmoid_keras2"


def arguments(layer: Layer, seed: int | None = None, number: int = 0) -> list[str]:
    """The layer's keyword arguments that differ from Keras's own defaults, as code.

    Args:
        seed: if given, every random initializer is written, with its own seed from `weight_seed`;
            and the layer's seed, if it drops anything.
        number: the layer's index, as `keras_layers.recurrent` takes it.
    """
    found = []
    for name, value in layer_arguments(layer).items():
        if seed is not None and name in INITIALIZED and value in RANDOM:
            found.append(f"{name}={_drawn(value, seed, INITIALIZED[name], number)}")
        elif value != KERAS_DEFAULTS[name]:
            found.append(f"{name}={literal(value)}")
    if seed is not None and layer.drops:
        found.append(f"seed={weight_seed(seed, 'dropout', number)}")
    return found


def table_drawn(settings: Settings) -> str:
    """The initializer of the Embedding's table, as code."""
    return _drawn(settings.embeddings_initializer, settings.seed, "embeddings")


def _drawn(*of: Any) -> str:
    """The initializer that `keras_layers.initializer` describes, as code."""
    kind, arguments = initializer(*of)
    given = ", ".join(f"{argument}={value}" for argument, value in arguments.items())
    return f"keras.initializers.{kind}({given})"


def rows_code(settings: Settings, name: str) -> str:
    """The input of the model, in the variable of that name."""
    if settings.values:
        return f"{name} = {rows_literal(settings)}"
    made = f"{name} = np.array({rows_literal(settings)}"
    if settings.has_embedding:
        return f'{made}, dtype="int32")'
    lines = f'{made}, dtype="float32")[:, :, np.newaxis]'
    return f"{lines}{_scaled(settings, name)}"


def padded_code(settings: Settings, rows: Sequence[Any], side: str) -> str:
    """The input of the model, as rows of different lengths that Keras pads on that side."""
    name, kind, read = settings.rows_field, "", ""
    if settings.reads_ids:
        sentences = repr([list(row) for row in rows])
        read = "" if settings.has_embedding else '.astype("float32")[:, :, np.newaxis]'
    else:
        arrays = (array_literal(np.asarray(row, np.float32), "sentences") for row in rows)
        sentences = "\n".join(("[", *(f"    {array}," for array in arrays), "]"))
        kind = ', dtype="float32"'
    padded = f'keras.utils.pad_sequences(sentences, padding="{side}"{kind})'
    return f"sentences = {sentences}\n{name} = {padded}{read}{_scaled(settings, name)}"


def _scaled(settings: Settings, name: str) -> str:
    """The line that makes numbers between 0 and 1 of ids, if the settings have it."""
    line = f"\n{name} /= {settings.vocabulary_size}  {comment(text('scripts.scaled'))}"
    return line * settings.scaled


def rows_literal(settings: Settings) -> str:
    """The layer's input as code: ids as a list of lists, numbers as an array."""
    if settings.values:
        return array_literal(np.asarray(settings.values, np.float32), "values")
    return repr([list(sentence) for sentence in settings.tokens])


def array_literal(values: np.ndarray, name: str) -> str:
    """An array of float32 as code, exact to the last bit, in lines that fit the template's dict."""
    if np.shape(values) == ():
        return f'np.array({np.float32(values)}, dtype="float32")'
    numbers = ", ".join(map(str, np.float32(values).ravel()))
    # 76 columns leave room for the longest `).reshape(…),`; the indent stands for what is before.
    before = " " * len(f'    "{name}": np.float32(')
    lines = textwrap.fill(f"[{numbers}]", 76, initial_indent=before, subsequent_indent=" " * 8)
    return f"np.float32({lines.strip()}).reshape{np.shape(values)}"


def literal(value: Any) -> str:
    """A setting's value as code."""
    if value == "hard_sigmoid_keras2":
        return value  # a function that the script defines, as Keras 3 has none of that name
    if value == "constant":
        return f"keras.initializers.Constant({CONSTANT})"
    return f'"{value}"' if isinstance(value, str) else repr(value)
