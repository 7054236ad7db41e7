"""A layer as a script that needs only PyTorch and NumPy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np

from components.backend.cells import CELLS
from components.backend.question.labels import named_shape
from components.backend.question.layout import (
    features,
    input_layout,
    parameter_count,
    returned_layout,
    weight_layout,
)
from components.backend.question.settings import Settings
from components.backend.running.attending import Attention
from components.backend.running.model import Model
from components.backend.scripts import code
from components.backend.scripts.model_code import attending
from components.backend.torch_weights import (
    BIASES,
    MATRICES,
    TABLE,
    biases_in_keras,
    torch_layout,
    torch_of,
    torch_of_attention,
)


def torch_script(settings: Settings, weights: Mapping[str, np.ndarray]) -> str:
    """A script that prints the tensors that these settings return, by the same names.

    The weights always stand in it, as PyTorch would draw others from the same seed.

    Args:
        settings: of a layer that lacks nothing in PyTorch (`torch_weights.lacks`).
        weights: by Keras's names.
    """
    forward = settings.but(go_backwards=False)  # the script reverses the input
    file = code.file_name(settings, "npz", weights, what="torch")
    return _script(settings, torch_of(weights, forward), file=file)


def _script(
    settings: Settings,
    weights: Mapping[str, np.ndarray],
    *,
    file: str,
    more_layers: Sequence[str] = (),
    attention: Attention | None = None,
    **more: Any,
) -> str:
    """The template of both scripts, filled.

    Args:
        weights: by PyTorch's names.
        file: from which the script loads weights that are too many to write.
        more_layers: of Keras's, as code, whose part the script has, too.
        attention: over the layer's outputs; `more` then has what its part of the template needs.
    """
    return code.filled(
        "torch",
        attention=attention,
        s=settings,
        call=", ".join([code.constructor(settings), *more_layers]),
        module=module(settings),
        input_shape=named_shape(input_layout(settings)[0]),
        fed=settings.rows_field,
        rows=code.rows_literal(settings),
        table=TABLE,
        weights=code.weights_code(weights, file),
        states=CELLS[settings.cell].states,
        names=[layout.name for layout in returned_layout(settings)],
        more=more_parameters(settings),
        **more,
    )


def attention_script(model: Model, weights: Mapping[str, np.ndarray]) -> str:
    """A script of a layer and of attention over its outputs: it prints the outputs, the context and
    the weights.

    Args:
        model: of one layer with attention that lacks nothing in PyTorch
            (`torch_weights.attention_lacks`).
        weights: by the names of the model's layout.
    """
    attention = model.attention
    assert attention is not None
    settings = model.settings.but(return_sequences=True, return_state=False)
    owned = ["own_query"] * (attention.query == "own")
    if attention.score == "multi_head":
        owned.append("*attention.parameters()")
    elif attention.score != "dot":
        owned.append("scale")
    return _script(
        settings,
        torch_of_attention(weights, model),
        file=attention_file(model, weights),
        more_layers=[attending(model)],
        attention=attention,
        attending=attending(model),
        masked=model.mask_zero,
        owned="".join(f", {each}" for each in owned),
    )


def attention_file(model: Model, weights: Mapping[str, np.ndarray]) -> str:
    """The name of the file from which `attention_script` loads weights that are too many to
    write."""
    return code.file_name(model.settings, "npz", weights, what="torch_attention")


def ported(settings: Settings, to: Literal["keras", "torch"]) -> str:
    """Code that gives a layer in one library the weights of the corresponding one in the other.

    Args:
        settings: as for `torch_script`.
        to: the library that gets them.
    """
    record = CELLS[settings.cell]
    return code.filled(
        "ported",
        to=to,
        s=settings,
        module=module(settings),
        layer=f"keras.layers.{code.constructor(settings)}",
        features=features(settings),
        of_torch=record.torch.blocks,
        of_keras=record.block_names,
        matrices=MATRICES,
        biases=BIASES,
        bias=biases_in_keras(settings),
    )


def both_compared() -> str:
    """Code that gives any layer of Keras and the module of PyTorch the same input, and prints how
    far their outputs are apart."""
    return code.filled("torch_compared")


def module(settings: Settings) -> str:
    """The module of PyTorch as code."""
    arguments = [str(features(settings)), str(settings.units)]
    if settings.activation != "tanh":  # only torch.nn.RNN has another
        arguments.append(f'nonlinearity="{settings.activation}"')
    arguments += [] if settings.use_bias else ["bias=False"]
    name = CELLS[settings.cell].torch.module
    return f"torch.nn.{name}({', '.join([*arguments, 'batch_first=True'])})"


def more_parameters(settings: Settings) -> int:
    """How many parameters PyTorch's module has more than Keras's layer: those of its second
    bias."""
    return parameter_count(torch_layout(settings)) - parameter_count(weight_layout(settings))
