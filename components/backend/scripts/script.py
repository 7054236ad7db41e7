"""A model as a Python script that needs only Keras and prints what each layer returns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import numpy as np

from components.backend.question.settings import Settings
from components.backend.question.weights import fitted
from components.backend.running.model import (
    Model,
    Recurrent,
    plain,
    returned_layouts,
    weight_layout,
)
from components.backend.scripts import code
from components.backend.scripts.model_code import (
    alone,
    attending,
    called_alone,
    inputs,
    repeating,
    steps,
)
from components.texts import text


def script(settings: Settings, weights: Mapping[str, np.ndarray] | None = None) -> str:
    """A script that prints the tensors that these settings return.

    Args:
        weights: in place of those that the seed gives, as `run` takes them.
    """
    note = text("scripts.plain.note", cell=settings.cell)
    return model_script(plain(settings), weights, title=code.call(settings), note=note)


def cell_states(settings: Settings, weights: Mapping[str, np.ndarray] | None = None) -> str:
    """A Python script that prints h and c of every step, which no flag returns.

    It calls the layer's cell in a loop of its own. Recording inside an RNN layer would give one
    step too many, as Keras calls the cell once more to learn what it returns.

    Args:
        weights: in place of those that the seed gives, as `run` takes them.
    """
    layer = called_alone(plain(settings), "layer", weighted=bool(weights))
    return code.rendered("cell_states", settings, weights, layer=layer)


def compared(*questions: tuple[Settings, Mapping[str, np.ndarray] | None]) -> str:
    """A script that runs several settings one after the other and prints how far apart their
    tensors are, where these have the same shape.

    Args:
        questions: settings, and weights in place of those that the seed gives.
    """
    parts = []
    for name, (settings, weights) in zip("abc", questions, strict=False):
        names = (tensor.name for tensor in returned_layouts(plain(settings))[0])
        kept = f"# %%\n{name} = dict({', '.join(f'{one}={one}' for one in names)})\n"
        parts.append(f"{script(settings, weights)}\n{kept}")
    return "\n".join((*parts, code.filled("compared", names=", ".join("abc"[: len(questions)]))))


def model_script(
    model: Model,
    weights: Mapping[str, np.ndarray] | None = None,
    *,
    title: str,
    note: str,
    rows: str = "",
) -> str:
    """The script of a model that is called once. If Keras refuses a layer, the script stops with
    Keras's error, after it has printed what the layers below return.

    Args:
        weights: by the layout's names; None for those that the seed gives.
        title: the script's heading.
        note: the first sentence below the heading, without its period.
        rows: code that makes the model's input, in place of its rows as they stand.

    Raises:
        SettingsError: weights are missing, unknown, of a wrong shape, or not finite.
    """
    if model.stateful and len(model.layers) > 1:
        raise ValueError("several layers that are called several times have a script of their own")
    given = fitted(weights, weight_layout(model))
    return code.rendered(
        "model",
        model.settings,
        given,
        file=weights_file(model, given),
        title=title,
        note=note,
        definitions=code.definitions(*(node.layer for node in model.layers)),
        training=code.training(model.drops),
        stateful=model.stateful,
        target=model.target,
        inputs=inputs(model, weighted=bool(given)),
        alone=alone(model),
        steps=[*steps(model, weighted=bool(given))],
        titles=[*_titles(model)],
        **({"rows": rows} if rows else {}),
    )


def _titles(model: Model) -> Iterator[str]:
    """What stands above each of the model's `steps`."""
    for number, node in enumerate(model.layers, 1):
        yield text("scripts.layer_number", number=number, layer=constructor(node))
    if model.attention:
        yield text("scripts.attention.title", layer=attending(model))
    yield text("scripts.ending", ending=model.ending)


def weights_file(model: Model, weights: Mapping[str, np.ndarray] | None) -> str:
    """The name of the file from which a model's script loads weights that are too many to write."""
    both = any(node.both_ways for node in model.layers)
    several = len(model.layers) > 1 or both or model.ending != "none"
    return code.file_name(model.settings, "npz", weights, what="layers" if several else "")


def constructor(node: Recurrent, more: Iterable[str] = ()) -> str:
    """A layer as code. Without backward_layer Keras's Bidirectional makes one with
    go_backwards=True, and refuses it if the forward layer has go_backwards too.

    Args:
        more: further arguments of the recurrent layer, as code.
    """
    more = [*more, *["zero_output_for_mask=True"] * node.zero_output_for_mask]
    forward, *backward = (code.constructor(piece.layer, more) for piece in node.directions)
    if not backward:
        return forward
    arguments = [forward]
    if node.layer.go_backwards:
        arguments.append(f"backward_layer={backward[0]}")
    if node.merge_mode != "concat":
        arguments.append(f"merge_mode={code.literal(node.merge_mode)}")
    return f"Bidirectional({', '.join(arguments)})"


def line(model: Model) -> str:
    """The layers of a model in one line of code, in the order of reading, as in
    "Embedding(mask_zero=True) → LSTM(3, return_sequences=False) → Dense". Whether they return
    sequences is said in any case: it is what most questions are about."""
    reader = "Embedding(mask_zero=True)" if model.settings.has_embedding else "Masking()"
    repeats = f"{repeating(model).removeprefix('keras.layers.')} → "
    layers = [
        repeats * node.repeated + constructor(node, _stated(model, node)) + _called(model, number)
        for number, node in enumerate(model.layers)
    ]
    if model.passes == "states":
        layers = [f" → {', '.join(model.layers[0].state_names)} → ".join(layers)]
    attention = [f"{attending(model)}(…)"] if model.attention else []
    ending = [*attention, *([] if model.ending == "none" else [model.ending])]
    return " → ".join([*[reader] * model.mask_zero, *layers, *ending])


def _stated(model: Model, node: Recurrent) -> list[str]:
    """Arguments of a layer, as code, which its settings lack, or which are at their defaults
    there."""
    off = [] if node.layer.return_sequences else ["return_sequences=False"]
    return ["stateful=True"] * model.stateful + off


def _called(model: Model, number: int) -> str:
    """The further arguments of a layer's call, beside its input, as code; "" if there are none."""
    begins = model.layers[number].initial or (model.passes == "states" and number > 0)
    given = ["initial_state=…"] * bool(begins)
    given += ["mask=…"] * (model.pass_mask and number == 0)
    return f"(…, {', '.join(given)})" if given else ""
