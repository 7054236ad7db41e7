"""Mistakes that people make with recurrent layers: each as code, beside the code that mends it.

Keras runs both, and what is run is what is shown. The code is kept as text for that; none of it
comes from a visitor.
"""

from __future__ import annotations

import threading
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from cachetools import LRUCache, cached

from components.backend import engine
from components.backend.keras_error import in_short
from components.backend.replay import apart

BEGINS = """\
\
import keras
import numpy as np

x = np.linspace(-1, 1, 30, dtype="float32").reshape(2, 5, 3)  # 2 samples, 5 steps, 3 features
ids = np.array([[4, 21, 64, 13, 7], [9, 2, 30, 0, 0]])  # 2 samples, 5 steps
"""
"""The code with which all of them begin."""

_DRAW = """\
draw = keras.initializers.GlorotUniform(seed=1)  # the same weights each time
drawn = {"kernel_initializer": draw, "recurrent_initializer": draw}"""


@dataclass(frozen=True)
class Mistake:
    """Code that Keras refuses, or runs though something else was meant; and code that mends it.
    Both leave their result in `y`."""

    wrong: str
    right: str
    given: str = ""
    """What both begin with, after BEGINS."""
    says: str = ""
    """The words of Keras's error by which people look for it; empty if Keras says nothing."""


SHAPES = {
    "no_features": Mistake(
        given="series = np.arange(40.0).reshape(8, 5)  # 8 samples, 5 steps of one number",
        wrong="y = keras.layers.LSTM(4)(series)",
        right="y = keras.layers.LSTM(4)(series[..., None])  # (8, 5, 1)",
        says="expected ndim=3, found ndim=2. Full shape received: (8, 5)",
    ),
    "no_steps": Mistake(
        wrong="h = keras.layers.LSTM(4)(x)\ny = keras.layers.LSTM(4)(h)",
        right="h = keras.layers.LSTM(4, return_sequences=True)(x)\ny = keras.layers.LSTM(4)(h)",
        says="expected ndim=3, found ndim=2. Full shape received: (2, 4)",
    ),
    "ids_with_an_axis": Mistake(
        given="embedding = keras.layers.Embedding(100, 4)",
        wrong="y = keras.layers.LSTM(4)(embedding(ids[..., None]))  # ids: (2, 5, 1)",
        right="y = keras.layers.LSTM(4)(embedding(ids))  # ids: (2, 5)",
        says="expected ndim=3, found ndim=4. Full shape received: (2, 5, 1, 4)",
    ),
    "samples_in_input": Mistake(
        wrong="inputs = keras.Input((2, 5, 3))\ny = keras.layers.LSTM(4)(inputs)",
        right="inputs = keras.Input((5, 3))\ny = keras.layers.LSTM(4)(inputs)",
        says="expected ndim=3, found ndim=4. Full shape received: (None, 2, 5, 3)",
    ),
    "no_batch": Mistake(
        given="model = keras.Sequential([keras.Input((5, 3)), keras.layers.LSTM(4)])",
        wrong="y = model(x[0])  # (5, 3)",
        right="y = model(x[0][None])  # (1, 5, 3)",
        says="Expected shape (None, 5, 3), but input has incompatible shape (5, 3)",
    ),
    "other_features": Mistake(
        given="layer = keras.layers.LSTM(4)\nlayer(x)  # built for 3 features",
        wrong="y = layer(x[..., :2])",
        right="y = layer(x)",
        says="Matrix size-incompatible: In[0]: [2,2], In[1]: [3,16]",
    ),
    "flatten": Mistake(
        given="embedded = keras.layers.Embedding(100, 4)(ids)",
        wrong="y = keras.layers.LSTM(4)(keras.layers.Flatten()(embedded))",
        right="y = keras.layers.LSTM(4)(embedded)",
        says="expected ndim=3, found ndim=2. Full shape received: (2, 20)",
    ),
    "repeat_vector": Mistake(
        wrong="h = keras.layers.LSTM(4, return_sequences=True)(x)\n"
        "y = keras.layers.RepeatVector(3)(h)",
        right="h = keras.layers.LSTM(4)(x)\ny = keras.layers.RepeatVector(3)(h)",
        says="expected ndim=2, found ndim=3. Full shape received: (2, 5, 4)",
    ),
    "time_distributed": Mistake(
        given="dense = keras.layers.TimeDistributed(keras.layers.Dense(3))",
        wrong="y = dense(keras.layers.LSTM(4)(x))",
        right="y = dense(keras.layers.LSTM(4, return_sequences=True)(x))",
        says="`TimeDistributed` Layer should be passed an `input_shape` with at least 3 dimensions",
    ),
    "targets": Mistake(
        given="one_a_sentence = np.array([[0.0], [1.0]])  # (2, 1)\n"
        "loss = keras.losses.BinaryCrossentropy(from_logits=True)",
        wrong="h = keras.layers.LSTM(4, return_sequences=True)(x)\n"
        "y = loss(one_a_sentence, keras.layers.Dense(1)(h))",
        right="h = keras.layers.LSTM(4)(x)\ny = loss(one_a_sentence, keras.layers.Dense(1)(h))",
        says="Arguments `target` and `output` must have the same shape",
    ),
    "ragged": Mistake(
        given="sentences = [[4, 21, 64], [9, 2]]",
        wrong="y = np.array(sentences)",
        right='y = keras.utils.pad_sequences(sentences, padding="post")',
        says="setting an array element with a sequence. The requested array has an inhomogeneous",
    ),
    "reshape": Mistake(
        given="series = np.arange(10.0)",
        wrong="y = series.reshape(-1, 3, 1)  # windows of 3 steps?",
        right="windows = np.lib.stride_tricks.sliding_window_view(series, 3)\n"
        "y = windows[..., None]",
        says="cannot reshape array of size 10 into shape (3,1)",
    ),
    "id_too_large": Mistake(
        given="ids = np.array([[3, 10]])",
        wrong="y = keras.layers.Embedding(10, 4)(ids)",
        right="y = keras.layers.Embedding(11, 4)(ids)  # the largest id, and one more for id 0",
        says="indices[0,1] = 10 is not in [0, 10)",
    ),
}

ARGUMENTS = {
    "batch_input_shape": Mistake(
        wrong="layer = keras.layers.LSTM(4, stateful=True, batch_input_shape=(2, 5, 3))\n"
        "y = layer(x)",
        right="inputs = keras.Input(batch_shape=(2, 5, 3))\n"
        "model = keras.Sequential([inputs, keras.layers.LSTM(4, stateful=True)])\n"
        "y = model(x)",
        says="Unrecognized keyword arguments passed to LSTM: {'batch_input_shape': (2, 5, 3)}",
    ),
    "input_shape": Mistake(
        wrong="y = keras.Sequential([keras.layers.LSTM(4, input_shape=(5, 3))])(x)",
        right="y = keras.Sequential([keras.Input((5, 3)), keras.layers.LSTM(4)])(x)",
        says="Do not pass an `input_shape`/`input_dim` argument to a layer",
    ),
    "input_length": Mistake(
        wrong="y = keras.layers.Embedding(100, 4, input_length=5)(ids)",
        right="y = keras.layers.Embedding(100, 4)(ids)",
        says="Argument `input_length` is deprecated. Just remove it.",
    ),
    "return_sequence": Mistake(
        wrong="y = keras.layers.LSTM(4, return_sequence=True)(x)",
        right="y = keras.layers.LSTM(4, return_sequences=True)(x)",
        says="Unrecognized keyword arguments passed to LSTM: {'return_sequence': True}",
    ),
    "inner_activation": Mistake(
        wrong='y = keras.layers.LSTM(4, inner_activation="sigmoid")(x)',
        right='y = keras.layers.LSTM(4, recurrent_activation="sigmoid")(x)',
        says="Unrecognized keyword arguments passed to LSTM: {'inner_activation': 'sigmoid'}",
    ),
    "batch_first": Mistake(
        wrong="y = keras.layers.LSTM(4, batch_first=True)(x)",
        right="y = keras.layers.LSTM(4)(x)",
        says="Unrecognized keyword arguments passed to LSTM: {'batch_first': True}",
    ),
    "merge_mode": Mistake(
        wrong='y = keras.layers.Bidirectional(keras.layers.LSTM(4), merge_mode="add")(x)',
        right='y = keras.layers.Bidirectional(keras.layers.LSTM(4), merge_mode="sum")(x)',
        says="Invalid merge mode. Received: add",
    ),
    "weights": Mistake(
        given="arrays = [np.ones((3, 4)), np.ones((1, 4)), np.ones(4)]  # of one unit",
        wrong="y = keras.layers.LSTM(1, weights=arrays)(x)",
        right="layer = keras.layers.LSTM(1)\nlayer.build(x.shape)\n"
        "layer.set_weights(arrays)\ny = layer(x)",
        says="Unrecognized keyword arguments passed to LSTM: {'weights'",
    ),
    "set_weights_before": Mistake(
        given="arrays = [np.ones((3, 16)), np.ones((4, 16)), np.ones(16)]\n"
        "layer = keras.layers.LSTM(4)",
        wrong="layer.set_weights(arrays)\ny = layer(x)",
        right="layer.build(x.shape)\nlayer.set_weights(arrays)\ny = layer(x)",
        says="with a weight list of length 3, but the layer was expecting 0 weights",
    ),
    "transposed": Mistake(
        given="weight_ih, weight_hh, bias = np.ones((16, 3)), np.ones((16, 4)), np.ones(16)\n"
        "layer = keras.layers.LSTM(4)\nlayer.build(x.shape)",
        wrong="layer.set_weights([weight_ih, weight_hh, bias])\ny = layer(x)",
        right="layer.set_weights([weight_ih.T, weight_hh.T, bias])\ny = layer(x)",
        says="weight shape (3, 16) is not compatible with provided weight shape (16, 3)",
    ),
    "one_bias": Mistake(
        given="arrays = [np.ones((3, 12)), np.ones((4, 12)), np.ones(12)]",
        wrong="layer = keras.layers.GRU(4)\nlayer.build(x.shape)\n"
        "layer.set_weights(arrays)\ny = layer(x)",
        right="layer = keras.layers.GRU(4, reset_after=False)\nlayer.build(x.shape)\n"
        "layer.set_weights(arrays)\ny = layer(x)",
        says="weight shape (2, 12) is not compatible with provided weight shape (12,)",
    ),
    "use_cudnn": Mistake(
        wrong='y = keras.layers.LSTM(4, activation="relu", use_cudnn=True)(x)',
        right='y = keras.layers.LSTM(4, activation="relu", use_cudnn="auto")(x)',
        says="use_cudnn=True was specified, but cuDNN is not supported for this layer",
    ),
}

STATES = {
    "three_of_gru": Mistake(
        given="layer = keras.layers.GRU(4, return_sequences=True, return_state=True)",
        wrong="outputs, h, c = layer(x)\ny = [outputs, h, c]",
        right="outputs, h = layer(x)\ny = [outputs, h]",
        says="not enough values to unpack (expected 3, got 2)",
    ),
    "two_of_lstm": Mistake(
        given="layer = keras.layers.LSTM(4, return_sequences=True, return_state=True)",
        wrong="outputs, h = layer(x)\ny = [outputs, h]",
        right="outputs, h, c = layer(x)\ny = [outputs, h, c]",
        says="too many values to unpack (expected 2)",
    ),
    "no_return_state": Mistake(
        given="inputs = keras.Input((5, 3))",
        wrong="outputs, h, c = keras.layers.LSTM(4)(inputs)\ny = [outputs, h, c]",
        right="outputs, h, c = keras.layers.LSTM(4, return_state=True)(inputs)\n"
        "y = [outputs, h, c]",
        says="Iterating over a symbolic KerasTensor is not supported",
    ),
    "everything": Mistake(
        given="inputs = keras.Input((5, 3))\n"
        "below = keras.layers.LSTM(4, return_sequences=True, return_state=True)",
        wrong="y = keras.layers.LSTM(4)(below(inputs))",
        right="outputs, h, c = below(inputs)\ny = keras.layers.LSTM(4)(outputs)",
        says="expects 1 input(s), but it received 3 input tensors",
    ),
    "states_in_a_list": Mistake(
        given="inputs, h, c = keras.Input((5, 3)), keras.Input((4,)), keras.Input((4,))",
        wrong="y = keras.layers.LSTM(4)([inputs, h, c])",
        right="y = keras.layers.LSTM(4)(inputs, initial_state=[h, c])",
        says="expects 1 input(s), but it received 3 input tensors",
    ),
    "one_state": Mistake(
        given="h = c = np.zeros((2, 4))",
        wrong="y = keras.layers.LSTM(4)(x, initial_state=[h])",
        right="y = keras.layers.LSTM(4)(x, initial_state=[h, c])",
        says="list index out of range",
    ),
    "outputs_as_state": Mistake(
        given="encoder = keras.layers.LSTM(4, return_state=True)",
        wrong="y = keras.layers.LSTM(4)(x, initial_state=encoder(x))",
        right="outputs, h, c = encoder(x)\ny = keras.layers.LSTM(4)(x, initial_state=[h, c])",
        says="Too few leaves for PyTreeSpec; expected: 3, got: 2",
    ),
    "four_states": Mistake(
        given="both = keras.layers.Bidirectional(keras.layers.LSTM(4, return_state=True))\n"
        "outputs, *states = both(x)",
        wrong="y = keras.layers.LSTM(4)(x, initial_state=states)",
        right="forward_h, forward_c, backward_h, backward_c = states\n"
        "h = keras.ops.concatenate([forward_h, backward_h], axis=-1)\n"
        "c = keras.ops.concatenate([forward_c, backward_c], axis=-1)\n"
        "y = keras.layers.LSTM(8)(x, initial_state=[h, c])",
        says="Too few leaves for PyTreeSpec; expected: 4, got: 2",
    ),
    "two_states_both_ways": Mistake(
        given="both = keras.layers.Bidirectional(keras.layers.LSTM(4))\nh = c = np.zeros((2, 4))",
        wrong="y = both(x, initial_state=[h, c])",
        right="y = both(x, initial_state=[h, c, h, c])  # forwards, backwards",
        says="list index out of range",
    ),
    "other_units": Mistake(
        given="h = c = np.zeros((2, 6), 'float32')",
        wrong="y = keras.layers.LSTM(4)(x, initial_state=[h, c])",
        right="y = keras.layers.LSTM(6)(x, initial_state=[h, c])",
        says="Matrix size-incompatible: In[0]: [2,6], In[1]: [4,16]",
    ),
    "other_batch": Mistake(
        given="h = c = np.zeros((3, 4), 'float32')  # of 3 samples; x has 2",
        wrong="y = keras.layers.LSTM(4)(x, initial_state=[h, c])",
        right="y = keras.layers.LSTM(4)(x, initial_state=[h[:2], c[:2]])",
        says="Incompatible shapes: [2,16] vs. [3,16]",
    ),
    "stateful_any_batch": Mistake(
        wrong="inputs = keras.Input((5, 3))\ny = keras.layers.LSTM(4, stateful=True)(inputs)",
        right="inputs = keras.Input(batch_shape=(2, 5, 3))\n"
        "y = keras.layers.LSTM(4, stateful=True)(inputs)",
        says="When using `stateful=True` in a RNN, the batch size must be static",
    ),
    "stateful_other_batch": Mistake(
        given="layer = keras.layers.LSTM(4, stateful=True)\nlayer(x)  # a batch of 2",
        wrong="y = layer(x[:1])",
        right="y = layer(x)",
        says="If an RNN is stateful, the batch size of the input sequences must be the same",
    ),
    "reset_states": Mistake(
        given="layer = keras.layers.LSTM(4, stateful=True)\n"
        "model = keras.Sequential([layer])\nmodel(x)",
        wrong="model.reset_states()\ny = model(x)",
        right="layer.reset_state()\ny = model(x)",
        says="'Sequential' object has no attribute 'reset_states'",
    ),
    "reset_to_values": Mistake(
        given="layer = keras.layers.LSTM(4, stateful=True)\nlayer(x)\nh = c = np.ones((2, 4))",
        wrong="layer.reset_state([h, c])\ny = layer(x)",
        right="y = layer(x, initial_state=[h, c])",
        says="takes 1 positional argument but 2 were given",
    ),
}

MASKS = {
    "mask_of_features": Mistake(
        given="mask = x > 0  # (2, 5, 3)",
        wrong="y = keras.layers.LSTM(4)(x, mask=mask)",
        right="y = keras.layers.LSTM(4)(x, mask=mask.any(axis=-1))  # (2, 5)",
        says="must be broadcastable",
    ),
    "mask_of_steps": Mistake(
        given="mask = np.array([True, True, True, False, False])",
        wrong="y = keras.layers.LSTM(4)(x, mask=mask)  # (5,)",
        right="y = keras.layers.LSTM(4)(x, mask=np.stack([mask, mask]))  # (2, 5)",
        says="list assignment index out of range",
    ),
    "short_mask": Mistake(
        given="mask = np.ones((2, 4), bool)",
        wrong="y = keras.layers.LSTM(4)(x, mask=mask)  # 4 steps; x has 5",
        right="y = keras.layers.LSTM(4)(x, mask=np.ones((2, 5), bool))",
        says="Tried to read from index 4 but array size is: 4",
    ),
    "mask_through_conv": Mistake(
        given="embedded = keras.layers.Embedding(100, 4, mask_zero=True)(ids)",
        wrong="y = keras.layers.LSTM(4)(keras.layers.Conv1D(4, 1)(embedded))",
        right="y = keras.layers.LSTM(4)(keras.layers.Dense(4)(embedded))",
        says="this layer does not support masking and will therefore destroy the mask information",
    ),
}

SILENT = {
    "ids_as_numbers": Mistake(
        given=f"{_DRAW}\nlayer = keras.layers.LSTM(4, **drawn)",
        wrong="y = layer(ids[..., None])  # id 64 counts as sixty-four",
        right="y = layer(keras.layers.Embedding(100, 1, draw)(ids))",
    ),
    "swapped_states": Mistake(
        given=f"{_DRAW}\nlayer = keras.layers.LSTM(4, return_state=True, **drawn)\n"
        "outputs, h, c = layer(x)",
        wrong="y = layer(x, initial_state=[c, h])[0]",
        right="y = layer(x, initial_state=[h, c])[0]",
    ),
    "one_row": Mistake(
        given=f"{_DRAW}\nlayer = keras.layers.LSTM(4, return_state=True, **drawn)\n"
        "outputs, h, c = layer(x)",
        wrong="y = layer(x, initial_state=[h[:1], c[:1]])[0]  # one row for 2 samples",
        right="y = layer(x, initial_state=[h, c])[0]",
    ),
    "mse": Mistake(
        given=f"{_DRAW}\ndense = keras.layers.Dense(1, kernel_initializer=draw)\n"
        "one_a_sentence = np.array([[0.0], [1.0]])  # (2, 1)\n"
        "loss = keras.losses.MeanSquaredError()",
        wrong="h = keras.layers.LSTM(4, return_sequences=True, **drawn)(x)\n"
        "y = loss(one_a_sentence, dense(h))  # dense(h): (2, 5, 1)",
        right="h = keras.layers.LSTM(4, **drawn)(x)\n"
        "y = loss(one_a_sentence, dense(h))  # dense(h): (2, 1)",
    ),
    "mask_times": Mistake(
        given=f"{_DRAW}\nembedding = keras.layers.Embedding(100, 4, draw, mask_zero=True)\n"
        "layer = keras.layers.LSTM(4, **drawn)",
        wrong="y = layer(embedding(ids) * 2)",
        right="y = layer(embedding(ids) * 2, mask=embedding.compute_mask(ids))",
    ),
    "mask_and_states": Mistake(
        given=f"{_DRAW}\nembedding = keras.layers.Embedding(100, 4, draw, mask_zero=True)\n"
        "layer = keras.layers.LSTM(4, **drawn)\nh = c = np.zeros((2, 4))",
        wrong="y = layer(embedding(ids), initial_state=[h, c])",
        right="mask = embedding.compute_mask(ids)\n"
        "y = layer(embedding(ids), initial_state=[h, c], mask=mask)",
    ),
    "zeros_masked": Mistake(
        given=f"{_DRAW}\nlayer = keras.layers.LSTM(4, **drawn)\n"
        "x[:, 2] = 0  # measured, not padded",
        wrong="y = layer(keras.layers.Masking()(x))",
        right="y = layer(keras.layers.Masking(mask_value=-9.0)(x))",
    ),
    "id_below_zero": Mistake(
        given=f"{_DRAW}\nembedding = keras.layers.Embedding(100, 4, draw)",
        wrong="y = embedding(np.array([[-1, 5]]))",
        right="y = embedding(np.array([[1, 5]]))",
    ),
}

GROUPS: Mapping[str, Mapping[str, Mistake]] = {
    "shapes": SHAPES,
    "arguments": ARGUMENTS,
    "states": STATES,
    "masks": MASKS,
    "silent": SILENT,
}
MISTAKES: Mapping[str, Mistake] = {
    name: mistake for group in GROUPS.values() for name, mistake in group.items()
}

Shape = tuple[int | None, ...]


@dataclass(frozen=True)
class Outcome:
    """What became of a piece of code: the shape of each tensor in `y`, or Keras's error."""

    shapes: tuple[Shape, ...] = ()
    error: str = ""
    warning: str = ""


@dataclass(frozen=True)
class Answer:
    """What became of a mistake, and of the code that mends it."""

    wrong: Outcome
    right: Outcome
    apart: float | None
    """The largest difference between both results; None unless the mistake is a silent one."""


@cached(LRUCache(len(MISTAKES)), condition=threading.Condition())
def answer(name: str) -> Answer:
    """Make the mistake of that name, and mend it. The same name gives the same object.

    Raises:
        EngineError: Keras cannot be imported, or refuses the code that mends the mistake.
    """
    mistake = MISTAKES[name]
    with engine.door():
        wrong, wrong_y = _run(mistake, mistake.wrong)
        right, right_y = _run(mistake, mistake.right)
        if right.error:
            raise RuntimeError(right.error)
        silent = not (wrong.error or wrong.warning)
        return Answer(wrong, right, apart(wrong_y, right_y) if silent else None)


def _run(mistake: Mistake, code: str) -> tuple[Outcome, np.ndarray | None]:
    """What becomes of the code, and its `y` if that is one tensor of numbers."""
    names: dict[str, Any] = {}
    exec(f"{BEGINS}{mistake.given}", names)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", UserWarning)
        try:
            exec(code, names)
        except Exception as error:
            return Outcome(error=in_short(f"{type(error).__name__}: {error}")), None
    warned = "\n".join(f"{each.category.__name__}: {each.message}" for each in caught)
    tensors = names["y"] if isinstance(names["y"], list) else [names["y"]]
    return Outcome(tuple(tuple(each.shape) for each in tensors), warning=warned), tensors[0]
