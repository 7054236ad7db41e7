"""Writes the code that builds a `Model` in Keras, layer by layer, as `keras_model` builds it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from components.backend.question.layout import Layout, features, table_layout
from components.backend.running.attending import Attention
from components.backend.running.endings import ending_of
from components.backend.running.keras_layers import weight_seed
from components.backend.running.model import (
    Model,
    Recurrent,
    read_by_attention,
    returned_layouts,
    weight_layouts,
)
from components.backend.scripts import code
from components.texts import text


class Step(NamedTuple):
    """A layer of a model, its attention or its ending, in a script."""

    code: str  # builds it, calls it, and gives it its weights
    returned: str  # what it returned, as code
    names: Sequence[str]  # of the tensors that it returned


def steps(model: Model, *, weighted: bool) -> Iterator[Step]:
    """The model from the bottom up; `inputs` is what it reads.

    Args:
        weighted: whether the script has a dictionary of weights; if not, Keras draws them.
    """
    returned = [[tensor.name for tensor in tensors] for tensors in returned_layouts(model)]
    layouts = iter(weight_layouts(model)[1:] if weighted else ())
    for number in range(len(model.layers)):
        names = [one if alone(model) else f"{one}_{number + 1}" for one in returned[number]]
        lines = *_layer(model, number), *_given(_name(model, number), next(layouts, ()))
        yield Step("\n".join(lines), _returned(model, number), names)
    if model.attention:
        lines = _attention(model, model.attention, next(layouts, ()))
        yield Step("\n".join(lines), "[context, attention_weights]", ["context", "weights"])
    if model.ending != "none":
        lines = *_ending(model), *_given("dense", next(layouts, ()))
        yield Step("\n".join(lines), "outputs", ["outputs"])


def alone(model: Model) -> bool:
    """Whether the model is a single layer."""
    return len(model.layers) == 1 and model.ending == "none" and model.attention is None


def inputs(model: Model, *, weighted: bool) -> str:
    """The Embedding, Keras's inputs, what the layers read of them, and the mask."""
    settings = model.settings
    lines = [*embedding(model)]
    if model.mask_zero and not settings.has_embedding:
        lines.append("masking = keras.layers.Masking()")
    lines += _input(model, 0, settings.rows_field, "inputs", "sequence")
    if model.target:
        lines.append(code.rows_code(model.settings_of(1), "target"))
        lines += _input(model, 1, "target", "target_inputs", "target_sequence")
    if weighted:
        lines += _given("embedding", table_layout(settings))
    if model.pass_mask:
        counts = "keras.ops.not_equal(inputs, 0)"
        by_step = counts if settings.has_embedding else f"keras.ops.any({counts}, axis=-1)"
        lines.append(f"mask = {by_step}")
    return "\n".join(lines)


def _input(model: Model, number: int, name: str, inputs: str, sequence: str) -> Iterator[str]:
    """A Keras input for what that layer reads, and what it reads of it."""
    settings = model.settings_of(number)
    shape = (settings.steps,) if settings.has_embedding else (settings.steps, features(settings))
    given = f"batch_shape={(len(settings.rows), *shape)}" if model.stateful else f"{shape}"
    kind = ', dtype="int32"' if settings.has_embedding else ""
    made = f'keras.Input({given}{kind}, name="{name}")'
    if settings.has_embedding or model.mask_zero:
        yield f"{inputs} = {made}"
        yield f"{sequence} = {'embedding' if settings.has_embedding else 'masking'}({inputs})"
    else:
        yield f"{inputs} = {sequence} = {made}"


def called_alone(model: Model, name: str, *, weighted: bool) -> str:
    """The Embedding and the one layer of a model, for scripts that call them without a model.

    Args:
        name: of the layer.
        weighted: as for `steps`.
    """
    table, own = weight_layouts(model)
    (layer,) = recurrent(model, 0, name)
    lines = [*embedding(model)]
    if weighted and table:
        lines += ["embedding.build()", *_given("embedding", table)]
    lines.append(f"{name} = {layer}")
    if weighted:
        shape = len(model.settings.rows), None, features(model.settings)
        lines += [f"{name}.build({shape})", *_given(name, own)]
    return "\n".join(lines)


def embedding(model: Model, name: str = "embedding") -> Iterator[str]:
    """The Embedding, if there is one."""
    settings = model.settings
    if settings.has_embedding:
        drawn = f"embeddings_initializer={code.table_drawn(settings)}"
        size = settings.vocabulary_size, settings.embedding_dim
        masks = ["mask_zero=True"] * model.mask_zero
        yield f"{name} = {code.spread('keras.layers.Embedding', *size, drawn, *masks)}"


def recurrent(model: Model, number: int, name: str = "") -> list[str]:
    """A layer, or the two of a Bidirectional.

    Args:
        name: in place of the layer's own.
    """
    node = model.layers[number]
    more = ["zero_output_for_mask=True"] * node.zero_output_for_mask
    more += ["stateful=True"] * model.stateful
    return [
        code.recurrent(part.layer, model.settings.seed, part.number, name or part.keras_name, more)
        for part in node.directions
    ]


def _given(owner: str, weights: Sequence[Layout]) -> Iterator[str]:
    """A layer gets weights from the script's dictionary."""
    given = [f'weights["{weight.name}"]' for weight in weights]
    line = f"{owner}.set_weights([{', '.join(given)}])"
    if len(line) > 100:
        line = "\n".join((f"{owner}.set_weights([", *(f"    {one}," for one in given), "])"))
    if given:
        yield line


def _layer(model: Model, number: int) -> Iterator[str]:
    """A layer and its call, after the states that it begins with."""
    node, name = model.layers[number], _name(model, number)
    more = []
    if model.passes == "states" and number:
        more = ["initial_state=states"]
        yield from _states_below(model, number)
    if node.initial:
        more = ["initial_state=start"]
        yield "start = ["
        for state, values in node.initial.items():
            zeros = f"keras.ops.zeros({values.shape})"
            yield f"    {code.array_literal(values, state) if values.any() else zeros},  # {state}"
        yield "]"
        if model.mask_zero and not (number == 0 and model.pass_mask):
            yield code.comment(text("scripts.padding.lost"))
    first, *second = recurrent(model, number)
    yield from _both_ways(node, name, first, *second) if second else [f"{name} = {first}"]
    more += ["mask=mask"] * (number == 0 and model.pass_mask)
    yield f"{_returned(model, number)} = {name}({', '.join([_read(model, number), *more])})"


def _states_below(model: Model, number: int) -> Iterator[str]:
    """The states of the layer below, with which a layer begins."""
    below = model.layers[number - 1]
    yield code.comment(text("scripts.stack.below"))
    yield f"states = {_returned(model, number - 1)}[-{len(below.state_names)}:]"
    if below.both_ways:
        yield joined(below, "states")


def joined(node: Recurrent, states: str) -> str:
    """The states of a Bidirectional as those of one layer: forward_h and backward_h concatenated,
    and c likewise.

    Args:
        states: the variable that has them.
    """
    half = len(node.state_names) // 2
    pairs = zip(node.state_names[:half], node.state_names[half:], strict=True)
    return "\n".join(
        (
            code.comment(text("scripts.both_ways.halves")),
            f"{', '.join(node.state_names)} = {states}",
            f"{states} = [",
            *(f"    keras.ops.concatenate([{one}, {other}], axis=-1)," for one, other in pairs),
            "]",
        )
    )


def _both_ways(node: Recurrent, name: str, forward: str, backward: str) -> Iterator[str]:
    """A Bidirectional of these two layers."""
    yield f"forward = {forward}"
    yield f"backward = {backward}"
    yield code.comment(text("scripts.both_ways.own_backward"))
    yield f"{name} = keras.layers.Bidirectional("
    merged = f"merge_mode={code.literal(node.merge_mode)}"
    yield f'    forward, {merged}, backward_layer=backward, name="{node.name}"'
    yield ")"
    if node.layer.drops:
        yield code.comment(text("scripts.both_ways.seed"))
        yield f"{name}.forward_layer.cell.seed_generator.state.assign([forward.cell.seed, 0])"


def _attention(model: Model, attention: Attention, given: Sequence[Layout]) -> Iterator[str]:
    """Attention: what is weighed, what asks, and the call.

    Args:
        given: the weights that it gets; if empty, it draws what weights it has.
    """
    _, units = read_by_attention(model)
    seed = model.settings.seed
    yield f"value = {_outputs(model, 0 if model.has_target else -1)}"
    if attention.query == "own":
        normal = f"RandomNormal(stddev=1.0, seed={attention.seed_of(seed, 0)})"
        drawn = f"embeddings_initializer=keras.initializers.{normal}"
        made = code.spread("keras.layers.Embedding", 1, units, drawn, 'name="query"')
        yield code.comment(text("scripts.attention.own"))
        yield f"own_query = {made}"
        yield 'query = own_query(keras.ops.zeros_like(value[:, :1, 0], dtype="int32"))'
    elif attention.query == "decoder":
        yield f"query = {_outputs(model, -1)}"
    else:
        read = "value[:, -1:]" if attention.query == "last" else "value"
        yield f"query = {read}  {code.comment(text(f'scripts.attention.{attention.query}'))}"
    yield f"attention = keras.layers.{attending(model)}"
    read = "query, value" if attention.score == "multi_head" else "[query, value]"
    more = ", use_causal_mask=True" * attention.causal
    yield f"context, attention_weights = attention({read}, return_attention_scores=True{more})"
    if given:
        own = attention.query == "own"
        yield from _given("own_query", given[:own])
        yield from _given("attention", given[own:])
    else:
        yield from _drawn_attention(attention, seed, units)


def _drawn_attention(attention: Attention, seed: int, units: int) -> Iterator[str]:
    """The weights of attention, drawn as `attending.Attend` draws them."""
    layouts, drawn = attention.weight_layout(units), attention.drawn(units)
    seeds = [attention.seed_of(seed, n) for n, one in enumerate(layouts) if one in drawn]
    glorot = "keras.initializers.GlorotUniform"
    if attention.score == "scaled":
        yield f"attention.scale.assign({attention.scale})"
    elif attention.score == "additive":
        yield f"attention.scale.assign({glorot}(seed={seeds[0]})(({units},)))"
    elif attention.score == "multi_head":
        yield code.comment(text("scripts.attention.seeds"))
        yield 'kernels = [weight for weight in attention.weights if weight.name == "kernel"]'
        yield f"for kernel, seed in zip(kernels, {seeds}):"
        yield f"    kernel.assign({glorot}(seed=seed)(kernel.shape))"


def _ending(model: Model) -> Iterator[str]:
    """The ending and its call."""
    ending = ending_of(model.ending)
    if ending.units:
        seed = weight_seed(model.settings.seed, "kernel", model.ending_number)
        kernel = f"kernel_initializer=keras.initializers.GlorotUniform(seed={seed})"
        dense = code.spread("keras.layers.Dense", ending.units, kernel, 'name="ending"')
        yield f"dense = {dense}"
    yield f"outputs = {ending.code.format(_read(model, len(model.layers)))}"


def _name(model: Model, number: int) -> str:
    return "layer" if alone(model) else model.layers[number].name


def _returned(model: Model, number: int) -> str:
    """What a layer returned, as code."""
    return "returned" if alone(model) else f"returned_{range(len(model.layers))[number] + 1}"


def _outputs(model: Model, number: int) -> str:
    """What a layer returned at every step, as code."""
    several = len(returned_layouts(model)[: len(model.layers)][number]) > 1
    return _returned(model, number) + "[0]" * several


def _read(model: Model, number: int) -> str:
    """The input of that layer, or of the ending, as code."""
    if number == len(model.layers) and model.attention:
        joint = f"keras.ops.concatenate([context, {_outputs(model, -1)}], axis=-1)"
        return joint if model.has_target else "context"
    if number == 0:
        return "sequence"
    if model.has_target and number < len(model.layers):
        return "target_sequence"
    below, count = model.layers[number - 1], len(returned_layouts(model)[number - 1])
    read = _returned(model, number - 1)
    if model.passes != "everything" and count > below.output_count:
        read += "[:2]" if below.output_count == 2 else "[0]"
    if number < len(model.layers) and model.layers[number].repeated:
        return f"{repeating(model)}({read})"
    return read


def attending(model: Model) -> str:
    """The layer of attention as code."""
    assert model.attention is not None
    attention, (_, units) = model.attention, read_by_attention(model)
    if attention.score == "multi_head":
        return f"MultiHeadAttention({attention.heads}, {attention.head_size(units)})"
    calls = {"additive": "AdditiveAttention()", "scaled": "Attention(use_scale=True)"}
    return calls.get(attention.score, "Attention()")


def repeating(model: Model) -> str:
    """The layer that repeats a vector at every step, as code."""
    return f"keras.layers.RepeatVector({model.settings.steps})"
