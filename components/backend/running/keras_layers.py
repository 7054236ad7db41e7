"""Keras's layers as RNN Lens makes them, each weight drawn from a seed of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import numpy as np

from components.backend.cells import CELLS, Dropout
from components.backend.question.layout import (
    features,
    input_layout,
    layer_arguments,
    table_layout,
    weight_layout,
)
from components.backend.question.sentences import PADDING
from components.backend.question.settings import Layer, Settings
from components.backend.question.weights import frozen
from components.backend.running import engine
from components.texts import numeral

# Running eagerly costs 1 to 1.5 ms a step, tracing a graph 65 ms whatever the length. Up to this
# many steps eager is the cheaper of the two.
LONGEST_EAGER = 40

RANDOM: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "uniform": ("RandomUniform", {}),
    "standard_normal": ("RandomNormal", {"stddev": 1.0}),
    "glorot_uniform": ("GlorotUniform", {}),
    "orthogonal": ("Orthogonal", {}),
}
"""By the name of a setting: Keras's initializer and its arguments. "uniform" is Keras's default for
an Embedding's table, between -0.05 and 0.05."""

CONSTANT = 0.1
"""The value of every weight with the initializer "constant", whose default in Keras is 0."""

INITIALIZED = {
    "kernel_initializer": "kernel",
    "recurrent_initializer": "recurrent_kernel",
    "bias_initializer": "bias",
}
"""By argument of a recurrent layer: the weight that this initializer draws."""

_SEED_STRIDE = 715_827_883
"""2**31 / 3, rounded up, so that the seeds of one layer's weights are far apart. Three strides are
2**31 + 1, which is a seed 1 higher: layer 1 with seed 0 draws the weights of layer 0 with seed
1."""

_SEEDS = {
    "embeddings": 0,
    "bias": _SEED_STRIDE // 2,
    "kernel": _SEED_STRIDE,
    "dropout": 3 * _SEED_STRIDE // 2,
    "recurrent_kernel": 2 * _SEED_STRIDE,
}
_SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
_classes: dict[str, Any] = {}


def weight_seed(seed: int, role: str, layer: int = 0) -> int:
    """The seed of one weight: different for each, so that no two start from the same numbers.

    Args:
        role: the weight, such as "kernel"; or "dropout", for the masks of a layer.
        layer: the index of the weight's layer, from 0.
    """
    return (seed + _SEEDS[role] + 3 * layer * _SEED_STRIDE) % 2**31


def initializer(name: str, seed: int, role: str, layer: int = 0) -> tuple[str, dict[str, Any]]:
    """The name of Keras's class for one of RANDOM, and its arguments, with this weight's seed."""
    kind, arguments = RANDOM[name]
    return kind, {**arguments, "seed": weight_seed(seed, role, layer)}


def seeded(keras: Any, *of: Any) -> Any:
    """The Keras initializer that `initializer` describes."""
    kind, arguments = initializer(*of)
    return getattr(keras.initializers, kind)(**arguments)


def seeded_weights(settings: Settings) -> dict[str, np.ndarray]:
    """The weights that the settings' seed gives, by Keras's names, without a run.

    Raises:
        EngineError: Keras cannot be imported, or raises.
    """
    with engine.use_keras() as (keras, _):
        layers = [_embedding(keras, settings)] if table_layout(settings) else []
        layers.append(recurrent(keras, settings, settings.seed))
        for layer in layers:
            layer.build((None, settings.steps, features(settings)))
        arrays = [array for layer in layers for array in layer.get_weights()]
    names = (layout.name for layout in weight_layout(settings))
    return dict(zip(names, arrays, strict=True))


def ids_input(
    keras: Any, settings: Settings, steps: int | None, batch: int | None = None, *, name: str
) -> Any:
    """A Keras input for the ids, or the values, as `model_input` gives them.

    Args:
        steps: None leaves the number of steps open.
        batch: the number of sentences, which a stateful layer requires; None leaves it open.
    """
    if settings.has_embedding:
        return keras.Input((steps,), batch, dtype="int32", name=name)
    return keras.Input((steps, features(settings)), batch, name=name)


def reader(keras: Any, settings: Settings, *, mask_zero: bool = False) -> Callable[[Any], Any]:
    """What a model's input passes through before a recurrent layer reads it: the Embedding or,
    without one, a function that returns the input as it is.

    Args:
        mask_zero: mask the steps whose id, or whose every number, is 0.
    """
    if settings.has_embedding:
        return _embedding(keras, settings, mask_zero=mask_zero)
    return keras.layers.Masking(name="masking") if mask_zero else lambda inputs: inputs


def not_padding(ops: Any, settings: Settings, inputs: Any) -> Any:
    """The mask of an input, (sentence, step): False where the id, or each number, is 0.

    Args:
        ops: keras.ops, or NumPy for an array.
    """
    counts = ops.not_equal(inputs, PADDING)
    return counts if settings.has_embedding else ops.any(counts, axis=-1)


def unpadded(settings: Settings) -> np.ndarray:
    """The mask of the settings' sentences, as `not_padding` makes it, in the order of the
    sentence."""
    return not_padding(np, settings, model_input(settings))


def _embedding(keras: Any, settings: Settings, *, mask_zero: bool = False) -> Any:
    """The Embedding, whose table Keras draws from the seed."""
    start = settings.embeddings_initializer
    return keras.layers.Embedding(
        settings.vocabulary_size,
        settings.embedding_dim,
        embeddings_initializer=seeded(keras, start, settings.seed, "embeddings"),
        mask_zero=mask_zero,
        name="embedding",
    )


def recurrent(
    keras: Any, layer: Layer, seed: int, *, number: int = 0, name: str = "recurrent", **more: Any
) -> Any:
    """The recurrent layer, whose weights Keras draws from the seed.

    Args:
        number: the layer's index, from 0: layers with different indices draw different weights.
        more: arguments of Keras's layer that are no settings.

    Raises:
        TypeError: an argument is given twice, by the settings and in more.
    """
    arguments = layer_arguments(layer)
    if twice := arguments.keys() & more.keys():
        raise TypeError(f"given twice, as a setting and beside it: {', '.join(sorted(twice))}")
    arguments |= more
    if layer.drops:
        arguments["seed"] = weight_seed(seed, "dropout", number)
    if arguments.get("recurrent_activation") == "hard_sigmoid_keras2":
        arguments["recurrent_activation"] = hard_sigmoid_keras2(keras)
    for argument, role in INITIALIZED.items():
        if arguments.get(argument) in RANDOM:
            arguments[argument] = seeded(keras, arguments[argument], seed, role, number)
        elif arguments.get(argument) == "constant":
            arguments[argument] = keras.initializers.Constant(CONSTANT)
    return _layer_class(keras, layer.cell)(
        layer.units,
        name=name,
        **arguments,
    )


def bidirectional(keras: Any, forward: Any, backward: Any, **arguments: Any) -> Any:
    """Keras's Bidirectional of these two layers. Given only the forward one, Keras would make a
    backward layer with the same seeds, and so with the same weights."""
    # Keras copies the forward layer, and looks up an activation of ours by its name.
    activation = getattr(forward, "recurrent_activation", None)
    own = {activation.__name__: activation} if hasattr(activation, "__name__") else {}
    with keras.utils.custom_object_scope(own):
        return keras.layers.Bidirectional(forward, backward_layer=backward, **arguments)


def _layer_class(keras: Any, cell: str) -> Any:
    """Keras's class of that name, or the cell's own, made once."""
    if cell not in _classes:
        make = CELLS[cell].layer
        _classes[cell] = make(keras) if make else getattr(keras.layers, cell)
    return _classes[cell]


@cache
def hard_sigmoid_keras2(keras: Any) -> Callable[[Any], Any]:
    """Keras 2's hard_sigmoid: always the same function, by which it is known in a live layer. It
    has a name, as Keras cannot copy a layer with a lambda."""

    def hard_sigmoid_keras2(x: Any) -> Any:
        return keras.ops.clip(0.2 * x + 0.5, 0.0, 1.0)

    return hard_sigmoid_keras2


def model_input(settings: Settings) -> np.ndarray:
    """The array that the model is called with: for an Embedding, ids as int32, (sentence, step);
    else ids with one feature, or the values, as float32, (sentence, step, feature)."""
    if settings.values:
        return np.array(settings.values, "float32")
    layout = input_layout(settings)[0]
    ids = np.array(settings.tokens, dtype="int32").reshape(layout.shape)
    if settings.has_embedding:
        return ids
    scale = settings.vocabulary_size if settings.scaled else 1
    return ids.astype("float32") / np.float32(scale)


def named_steps(settings: Settings) -> np.ndarray:
    """A short name for what is read at each step, (sentence, step): the id, the number if there is
    one feature; with several features x₁, x₂, … for the steps of a sentence."""
    if settings.reads_ids:
        return np.array(settings.tokens)
    if features(settings) == 1:
        return np.array([[numeral(number, ".3g") for (number,) in row] for row in settings.values])
    return numbered_steps(len(settings.values), settings.steps)


def numbered_steps(sentences: int, steps: int) -> np.ndarray:
    """An x with the number of the step in the sentence, (sentence, step)."""
    names = [f"x{step}".translate(_SUBSCRIPTS) for step in range(1, steps + 1)]
    return np.array([names] * sentences)


def embedded(settings: Settings, weights: Mapping[str, np.ndarray]) -> np.ndarray:
    """The input of the layer, (sentence, step, feature), in the order of the sentence: after the
    Embedding, if there is one."""
    fed = model_input(settings)
    return weights["embeddings"][fed] if settings.has_embedding else fed


def seeded_dropout(cell: Any, seed: int) -> None:
    """Set a cell's generator of dropout masks to the beginning.

    Args:
        seed: the layer's own. It is passed because Bidirectional copies its layers, and a copied
            SimpleRNN has lost its seed.
    """
    cell.seed_generator.state.assign([seed, 0])


def drawn(keras: Any, cell: Any, sentences: int) -> Dropout:
    """The masks that a cell will use in its next call with training=True. The cell itself draws
    them here; then its generator is set back, so that it draws them again."""
    state = cell.seed_generator.state
    begun = state.numpy()
    features, units = cell.kernel.shape[0], cell.units
    masks = (
        cell.get_dropout_mask(keras.ops.ones((sentences, features))),
        cell.get_recurrent_dropout_mask(keras.ops.ones((sentences, units))),
    )
    cell.reset_dropout_mask()
    cell.reset_recurrent_dropout_mask()
    state.assign(begun)
    return Dropout(*map(_per_block, masks))


def _per_block(mask: Any) -> np.ndarray | None:
    """One mask, or a list of one for each block, as an array of `Dropout`: (block, sentence, …)."""
    if mask is None:
        return None
    return frozen(np.array(mask if isinstance(mask, list) else [mask]))


def call(
    tensorflow: Any, model: Any, *fed: np.ndarray, steps: int, training: bool = False
) -> tuple[np.ndarray, ...]:
    """The tensors that a model returns for these inputs, in Keras's order.

    Args:
        steps: the length of the sequence; a long one is run as a graph.
    """
    if steps > LONGEST_EAGER:
        model = tensorflow.function(model, autograph=False)
    inputs = [tensorflow.constant(array) for array in fed]
    returned = model(inputs if len(inputs) > 1 else inputs[0], training=training)
    tensors = returned if isinstance(returned, list | tuple) else (returned,)
    return tuple(tensor.numpy() for tensor in tensors)
