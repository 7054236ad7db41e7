"""A model as a Python script that needs only Keras and prints what each layer returns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from components.backend.question.settings import Settings
from components.backend.question.weights import fitted
from components.backend.running.endings import ending_of
from components.backend.running.keras_layers import weight_seed
from components.backend.running.model import (
    Model,
    Recurrent,
    plain,
    read_by_attention,
    returned_layouts,
    weight_layout,
)
from components.backend.scripts import code
from components.texts import text


def script(settings: Settings, weights: Mapping[str, np.ndarray] | None = None) -> str:
    """A script that prints the tensors that these settings return.

    Args:
        weights: in place of those that the seed gives, as `run` takes them.
    """
    note = text("scripts.plain.note", cell=settings.cell)
    return model_script(plain(settings), weights, title=code.call(settings), note=note)


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
    **padded: Any,
) -> str:
    """The script of a model that is called once. If Keras refuses a layer, the script stops with
    Keras's error, after it has printed what the layers below return.

    Args:
        weights: by the layout's names; None for those that the seed gives.
        title: the script's heading.
        note: the first sentence below the heading, without its period.
        padded: `sentences` of different lengths, which the script pads with Keras ("pre" or "post",
            as `padding` says), in place of the model's ids.

    Raises:
        SettingsError: weights are missing, unknown, of a wrong shape, or not finite.
    """
    if model.stateful and len(model.layers) > 1:
        raise ValueError("several layers that are called several times have a script of their own")
    layers = [node.layer for node in model.layers]
    given = fitted(weights, weight_layout(model))
    return code.rendered(
        "model",
        model.settings,
        given,
        file=weights_file(model, given),
        title=title,
        note=note,
        parts=[_part(model, number) for number in range(len(layers))],
        keras2=any(map(code.needs_keras2, layers)),
        own=code.own_layers(*layers),
        training=code.training(model.drops),
        mask_zero=model.mask_zero,
        batch=len(model.settings.rows) if model.stateful else None,
        mask=_mask(model.settings) if model.pass_mask else "",
        target=model.target,
        target_rows=code.rows_literal(model.settings_of(1)) if model.target else "",
        attention=_attention(model) if model.attention else None,
        **_ending(model),
        **padded,
    )


def weights_file(model: Model, weights: Mapping[str, np.ndarray] | None) -> str:
    """The name of the file from which a model's script loads weights that are too many to write."""
    both = any(node.both_ways for node in model.layers)
    several = len(model.layers) > 1 or both or model.ending != "none"
    return code.file_name(model.settings, "npz", weights, what="layers" if several else "")


def _state(name: str, state: np.ndarray) -> str:
    """An initial state as code."""
    return code.array_literal(state, name) if state.any() else f"keras.ops.zeros({state.shape})"


def _mask(settings: Settings) -> str:
    """The mask of a model's input as code: False where it reads padding, the id 0 or only zeros."""
    read = "keras.ops.not_equal(inputs, 0)"
    return read if settings.has_embedding else f"keras.ops.any({read}, axis=-1)"


def _part(model: Model, number: int) -> dict[str, Any]:
    """The values with which the template builds and calls a layer."""
    node = model.layers[number]
    below = model.layers[number - 1] if model.passes == "states" and number else None
    names = [tensor.name for tensor in returned_layouts(model)[number]]
    if len(model.layers) > 1 or model.ending != "none" or model.attention:
        names = [f"{name}_{number + 1}" for name in names]
    return {
        "constructor": constructor(node),
        "name": node.name,
        "prefix": node.prefix,
        "pieces": [
            code.layer_values(
                piece.layer,
                model.settings.seed,
                number=piece.number,
                name=piece.keras_name,
                more=[
                    *["zero_output_for_mask=True"] * node.zero_output_for_mask,
                    *["stateful=True"] * model.stateful,
                ],
            )
            for piece in node.directions
        ],
        "drops": node.layer.drops,
        "merge_mode": code.literal(node.merge_mode),
        "names": names,
        "reads": _read(model, number),
        "below": f"returned_{number}[-{len(below.state_names)}:]" if below else "",
        "halves": below.state_names if below and below.both_ways else (),
        "start": {name: _state(name, state) for name, state in (node.initial or {}).items()},
    }


def _ending(model: Model) -> dict[str, Any]:
    """The values with which the template builds and calls the ending."""
    return {
        "ending": None if model.ending == "none" else ending_of(model.ending),
        "ending_name": model.ending,
        "ending_seed": weight_seed(model.settings.seed, "kernel", model.ending_number),
        "ending_reads": _read(model, len(model.layers)),
    }


def _attention(model: Model) -> dict[str, Any]:
    """The values with which the template builds and calls attention."""
    assert model.attention is not None
    attention, seed = model.attention, model.settings.seed
    number = 0 if model.has_target else len(model.layers) - 1
    _, units = read_by_attention(model)
    layouts, drawn = attention.weight_layout(units), attention.drawn(units)
    return {
        "asked": attention,
        "constructor": attending(model),
        "units": units,
        "value": _outputs(model, number),
        "decoder": _outputs(model, len(model.layers) - 1),
        "query_seed": attention.seed_of(seed, 0),
        "seeds": [
            attention.seed_of(seed, place) for place, each in enumerate(layouts) if each in drawn
        ],
    }


def attending(model: Model) -> str:
    """The layer of attention as code."""
    assert model.attention is not None
    attention, (_, units) = model.attention, read_by_attention(model)
    if attention.score == "multi_head":
        return f"MultiHeadAttention({attention.heads}, {attention.head_size(units)})"
    calls = {"additive": "AdditiveAttention()", "scaled": "Attention(use_scale=True)"}
    return calls.get(attention.score, "Attention()")


def _outputs(model: Model, number: int) -> str:
    """What a layer returns at every step, as code."""
    several = len(returned_layouts(model)[number]) > 1
    return f"returned_{number + 1}" + "[0]" * several


def _read(model: Model, number: int) -> str:
    """The input of that layer, or of the ending, as code."""
    if number == len(model.layers) and model.attention:
        outputs = _outputs(model, number - 1)
        joint = f"keras.ops.concatenate([context, {outputs}], axis=-1)"
        return joint if model.has_target else "context"
    if number == 0:
        return "sequence"
    if model.has_target and number < len(model.layers):
        return "target_sequence"
    below, count = model.layers[number - 1], len(returned_layouts(model)[number - 1])
    read = f"returned_{number}"
    if model.passes != "everything" and count > below.output_count:
        read += "[:2]" if below.output_count == 2 else "[0]"
    if number < len(model.layers) and model.layers[number].repeated:
        return f"{repeating(model)}({read})"
    return read


def repeating(model: Model) -> str:
    """The layer that repeats a vector at every step, as code."""
    return f"keras.layers.RepeatVector({model.settings.steps})"


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
