"""Keras models of all kinds that people bring, each with an input; and the files of them."""

from __future__ import annotations

import io
import json
import sys
import tempfile
import zipfile
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from components.backend.running import engine


class Lazy:
    """A module that needs Keras, imported once it is used: first the backend imports Keras, as it
    sets how that is done."""

    def __init__(self, module: str) -> None:
        self.module = module

    def __getattr__(self, name: str) -> Any:
        if "keras" not in sys.modules:
            with engine.use_keras():
                pass
        return getattr(import_module(self.module), name)


keras, layers, tensorflow = Lazy("keras"), Lazy("keras.layers"), Lazy("tensorflow")
own = Lazy("tests.own_models")

SENTENCES, STEPS, WORDS, FEATURES = 3, 6, 20, 4
IDS = np.array([[7, 3, 0, 0, 0, 0], [1, 19, 4, 8, 2, 0], [5, 6, 7, 8, 9, 1]])
X = np.random.default_rng(1).normal(size=(SENTENCES, STEPS, FEATURES)).astype("float32")

WORDS_OF_FILMS = ("a", "good", "film", "not", "bad")

Made = tuple[Any, Any]
"""A model and its input."""


def of_ids(*parts: Any, ids: np.ndarray = IDS, batch: int | None = None) -> Made:
    return keras.Sequential([keras.Input(ids.shape[1:], batch, dtype="int32"), *parts]), ids


def of_numbers(*parts: Any, x: np.ndarray = X, batch: int | None = None) -> Made:
    return keras.Sequential([keras.Input(x.shape[1:], batch), *parts]), x


def numbers(*shape: int) -> np.ndarray:
    return np.random.default_rng(2).normal(size=shape).astype("float32")


def functional(join: Callable[..., Any], *arrays: np.ndarray) -> Made:
    """A functional model of as many inputs as there are arrays."""
    inputs = [keras.Input(array.shape[1:], dtype=str(array.dtype)) for array in arrays]
    if len(arrays) == 1:
        return keras.Model(inputs[0], join(*inputs)), arrays[0]
    return keras.Model(inputs, join(*inputs)), list(arrays)


def encoder_decoder() -> Made:
    def join(source: Any, target: Any) -> Any:
        read = layers.Embedding(WORDS, 3, mask_zero=True)
        _, *states = layers.LSTM(5, return_state=True, name="encoder")(read(source))
        decoder = layers.LSTM(5, return_sequences=True, return_state=True, name="decoder")
        outputs, *_ = decoder(read(target), initial_state=states)
        return layers.Dense(WORDS, activation="softmax")(outputs)

    return functional(join, IDS, IDS[:, ::-1])


def attention(make: Callable[[Any], Any]) -> Made:
    def join(x: Any) -> Any:
        return layers.Dense(2)(make(layers.LSTM(4, return_sequences=True, name="lstm")(x))[:, -1])

    return functional(join, X)


def subclassed() -> Made:
    model = own.Own()
    model(IDS)
    return model, IDS


def nested() -> Made:
    inner, _ = of_numbers(layers.LSTM(FEATURES, return_sequences=True, name="inner_lstm"))
    return functional(lambda x: layers.GRU(2)(inner(inner(x))), X)


def of_words(*parts: Any) -> Made:
    """A model that reads sentences of words."""
    sentences = keras.ops.convert_to_tensor([["a good film"], ["not a good one"], ["bad"]])
    vectorize = layers.TextVectorization(vocabulary=list(WORDS_OF_FILMS), output_sequence_length=5)
    return keras.Sequential([keras.Input((1,), dtype="string"), vectorize, *parts]), sentences


def of_looked_up_words() -> Made:
    """A model that reads words, one a step."""
    lookup = layers.StringLookup(vocabulary=list(WORDS_OF_FILMS))
    parts = layers.Embedding(7, 3), layers.GRU(4), layers.Dense(1, activation="sigmoid")
    words = keras.ops.convert_to_tensor([["a", "good", "film"], ["not", "great", "film"]])
    return keras.Sequential([keras.Input((3,), dtype="string"), lookup, *parts]), words


def two_inputs() -> Made:
    def join(ids: Any, x: Any) -> Any:
        words = layers.LSTM(3)(layers.Embedding(WORDS, 2)(ids))
        return layers.Dense(1)(layers.concatenate([words, layers.GRU(3)(x)]))

    return functional(join, IDS, X)


def several_outputs() -> Made:
    return functional(lambda x: {"last": layers.LSTM(3)(x), "sum": layers.SimpleRNN(2)(x) + 1}, X)


def with_policy(policy: str) -> Made:
    both = layers.Bidirectional(
        layers.LSTM(4, return_sequences=True, dtype=policy), merge_mode="ave", dtype=policy
    )
    parts = [both, layers.GRU(4, dtype=policy), layers.Dense(2, dtype=policy)]
    return of_numbers(*parts)


def one_hot(*shape: int, seed: int = 5) -> np.ndarray:
    """Random letters: (sentence, step, letter)."""
    *places, letters = shape
    ids = np.random.default_rng(seed).integers(letters, size=places)
    return np.eye(letters, dtype="float32")[ids]


def imdb(features: int, units: int, steps: int) -> Made:
    """Keras's "Bidirectional LSTM on IMDB"."""
    return of_ids(
        layers.Embedding(20000, features),
        layers.Bidirectional(layers.LSTM(units, return_sequences=True)),
        layers.Bidirectional(layers.LSTM(units)),
        layers.Dense(1, activation="sigmoid"),
        ids=np.random.default_rng(5).integers(20000, size=(2, steps)),
    )


def one_hot_seq2seq(units: int, source: np.ndarray, target: np.ndarray) -> Made:
    """Keras's "Character-level recurrent sequence-to-sequence model"."""

    def join(read: Any, written: Any) -> Any:
        _, *states = layers.LSTM(units, return_state=True)(read)
        decoder = layers.LSTM(units, return_sequences=True, return_state=True)
        outputs, *_ = decoder(written, initial_state=states)
        return layers.Dense(target.shape[-1], activation="softmax")(outputs)

    return functional(join, source, target)


def attention_seq2seq(words: int, features: int, units: int) -> Made:
    """A bidirectional encoder, and a decoder that attends to it."""

    def join(source: Any, target: Any) -> Any:
        read = layers.Embedding(words, features, mask_zero=True)
        both = layers.Bidirectional(layers.GRU(units, return_sequences=True, return_state=True))
        outputs, forward, backward = both(read(source))
        states = layers.concatenate([forward, backward])
        decoded = layers.GRU(2 * units, return_sequences=True)(read(target), initial_state=states)
        attended = layers.AdditiveAttention()([decoded, outputs])
        return layers.Dense(words, activation="softmax")(layers.concatenate([decoded, attended]))

    return functional(join, IDS, IDS[:, ::-1])


def addition(units: int) -> Made:
    """Keras's "Sequence to sequence learning for performing number addition"."""
    parts = layers.LSTM(units), layers.RepeatVector(4), layers.LSTM(units, return_sequences=True)
    return of_numbers(*parts, layers.Dense(12, activation="softmax"), x=one_hot(3, 7, 12))


def returns_states() -> Made:
    return functional(lambda x: layers.LSTM(3, return_sequences=True, return_state=True)(x), X)


MODELS: dict[str, Callable[[], Made]] = {
    "Embedding, LSTM, Dense": lambda: of_ids(
        layers.Embedding(WORDS, 3), layers.LSTM(5), layers.Dense(1)
    ),
    "Embedding(10000, 64), LSTM": lambda: of_ids(layers.Embedding(10000, 64), layers.LSTM(8)),
    "Embedding(20000, 64), LSTM(128)": lambda: of_ids(
        layers.Embedding(20000, 64), layers.LSTM(128)
    ),
    "LSTM(100) on 64 features": lambda: of_numbers(layers.LSTM(100), x=numbers(2, 6, 64)),
    "LSTM(128) on 128 features": lambda: of_numbers(layers.LSTM(128), x=numbers(2, 6, 128)),
    "LSTM(600)": lambda: of_numbers(layers.LSTM(600)),
    "Bidirectional(LSTM)": lambda: of_numbers(
        layers.Bidirectional(layers.LSTM(4)), layers.Dense(1)
    ),
    "GRU on GRU": lambda: of_numbers(layers.GRU(4, return_sequences=True), layers.GRU(3)),
    "dropout, recurrent_dropout": lambda: of_numbers(
        layers.LSTM(4, dropout=0.3, recurrent_dropout=0.2), layers.Dropout(0.5)
    ),
    "hard_sigmoid": lambda: of_numbers(layers.LSTM(4, recurrent_activation="hard_sigmoid")),
    "no bias": lambda: of_numbers(
        layers.GRU(4, use_bias=False, return_sequences=True), layers.GRU(4, reset_after=False)
    ),
    "go_backwards": lambda: of_numbers(
        layers.LSTM(4, go_backwards=True, return_sequences=True), layers.GRU(3, go_backwards=True)
    ),
    "return_state": returns_states,
    "mask_zero": lambda: of_ids(
        layers.Embedding(WORDS, 3, mask_zero=True),
        layers.Bidirectional(layers.LSTM(4, return_sequences=True)),
        layers.GRU(3, return_sequences=True, zero_output_for_mask=True),
        layers.SimpleRNN(3, go_backwards=True),
    ),
    "stateful": lambda: of_numbers(
        layers.GRU(3, stateful=True, return_sequences=True),
        layers.Bidirectional(layers.LSTM(2, stateful=True)),
        batch=SENTENCES,
    ),
    "SimpleRNN relu": lambda: of_numbers(layers.SimpleRNN(4, activation="relu"), layers.Dense(1)),
    "Conv1D, LSTM": lambda: of_numbers(layers.Conv1D(16, 3), layers.LSTM(4), layers.Dense(1)),
    "TimeDistributed(Dense)": lambda: of_numbers(
        layers.Conv1D(8, 3, padding="same"),
        layers.LSTM(4, return_sequences=True),
        layers.TimeDistributed(layers.Dense(2)),
    ),
    "encoder and decoder": encoder_decoder,
    "Attention": lambda: attention(lambda h: layers.Attention()([h, h])),
    "MultiHeadAttention": lambda: attention(lambda h: layers.MultiHeadAttention(2, 3)(h, h)),
    "subclassed": subclassed,
    "nested models": nested,
    "two inputs": two_inputs,
    "Masking, LSTM": lambda: of_numbers(
        layers.Masking(), layers.LSTM(3), x=X * (IDS > 0)[..., np.newaxis]
    ),
    "RNN(LSTMCell)": lambda: of_numbers(layers.RNN(layers.LSTMCell(4), return_sequences=True)),
    "RNN([GRUCell, GRUCell])": lambda: of_numbers(
        layers.RNN([layers.GRUCell(4), layers.GRUCell(3)], return_state=True)
    ),
    "activation gelu": lambda: of_numbers(layers.LSTM(4, activation="gelu")),
    "mixed_float16": lambda: with_policy("mixed_float16"),
    "mixed_bfloat16": lambda: with_policy("mixed_bfloat16"),
    "float64": lambda: with_policy("float64"),
    "a name of 50 characters": lambda: of_numbers(layers.GRU(3, name="g" * 50)),
    "ConvLSTM2D": lambda: of_numbers(layers.ConvLSTM2D(2, 3), x=numbers(2, 3, 5, 5, 1)),
    # and more
    "several outputs": several_outputs,
    "merge_mode None, states": lambda: functional(
        lambda x: layers.Bidirectional(
            layers.LSTM(3, return_sequences=True, return_state=True), merge_mode=None
        )(x),
        X,
    ),
    "Bidirectional(RNN([LSTMCell, SimpleRNNCell]))": lambda: of_numbers(
        layers.Bidirectional(
            layers.RNN([layers.LSTMCell(3), layers.SimpleRNNCell(2)], return_sequences=True),
            merge_mode="mul",
        )
    ),
    "Bidirectional with another backward layer": lambda: of_numbers(
        layers.Bidirectional(
            layers.RNN([layers.GRUCell(3), layers.GRUCell(2)], return_sequences=True),
            backward_layer=layers.LSTM(4, return_sequences=True, go_backwards=True),
        )
    ),
    "unrolled, masked, backwards": lambda: of_ids(
        layers.Embedding(WORDS, 3, mask_zero=True),
        layers.Bidirectional(layers.GRU(3, return_sequences=True, unroll=True)),
    ),
    "a layer of one's own": lambda: of_numbers(own.Block(), layers.Dense(1)),
    "LSTM in TimeDistributed": lambda: of_numbers(
        layers.TimeDistributed(layers.LSTM(2)), x=numbers(2, 2, 3, 4)
    ),
    "AdditiveAttention": lambda: attention(lambda h: layers.AdditiveAttention()([h, h])),
    "GroupQueryAttention": lambda: attention(lambda h: layers.GroupQueryAttention(3, 4, 2)(h, h)),
    "attention, scores returned": lambda: attention(
        lambda h: layers.Attention(use_scale=True)([h, h], return_attention_scores=True)[0]
    ),
    "TextVectorization": lambda: of_words(
        layers.Embedding(7, 3, mask_zero=True), layers.LSTM(4), layers.Dense(1)
    ),
    "StringLookup": of_looked_up_words,
    # Keras's examples, smaller
    "IMDB, bidirectional": lambda: imdb(32, 16, 6),
    "character seq2seq": lambda: one_hot_seq2seq(16, one_hot(3, 6, 7), one_hot(3, 6, 9)),
    "time series": lambda: of_numbers(layers.LSTM(32), layers.Dense(1), x=numbers(2, 24, 7)),
    "addition": lambda: addition(24),
    "attention seq2seq": lambda: attention_seq2seq(WORDS, 4, 3),
}
"""What people bring; and Keras's own examples."""

KINDS = [
    *("Embedding, LSTM, Dense", "Bidirectional(LSTM)", "GRU on GRU", "dropout, recurrent_dropout"),
    *("no bias", "go_backwards", "return_state", "mask_zero", "stateful", "Conv1D, LSTM"),
    *("TimeDistributed(Dense)", "encoder and decoder", "Attention", "MultiHeadAttention"),
    *("subclassed", "nested models", "two inputs", "Masking, LSTM", "RNN(LSTMCell)"),
    *("RNN([GRUCell, GRUCell])", "mixed_float16", "mixed_bfloat16", "float64", "ConvLSTM2D"),
    *("several outputs", "merge_mode None, states", "Bidirectional with another backward layer"),
    *("Bidirectional(RNN([LSTMCell, SimpleRNNCell]))", "unrolled, masked, backwards"),
    *("a layer of one's own", "LSTM in TimeDistributed", "AdditiveAttention"),
    *("GroupQueryAttention", "attention, scores returned", "TextVectorization", "StringLookup"),
]
"""Of these each has something that no other has; the rest differ in sizes and activations."""

LARGE: dict[str, Callable[[], Made]] = {
    "IMDB, bidirectional, whole": lambda: imdb(128, 64, 200),
    "character seq2seq, whole": lambda: one_hot_seq2seq(
        256, one_hot(2, 16, 71), one_hot(2, 59, 93)
    ),
    "time series, whole": lambda: of_numbers(
        layers.LSTM(32), layers.Dense(1), x=numbers(2, 120, 7)
    ),
    "addition, whole": lambda: addition(128),
    "attention seq2seq, whole": lambda: attention_seq2seq(5000, 256, 128),
}
"""Keras's own examples, of the sizes that they have."""


def made(name: str) -> Made:
    """The model of that name, with other weights than those that Keras begins with."""
    keras.utils.set_random_seed(3)
    model, x = (MODELS | LARGE)[name]()
    generator = np.random.default_rng(4)
    for variable in model.trainable_variables:
        scale = np.sqrt(variable.shape[0]) if len(variable.shape) > 1 else 2.0
        variable.assign(generator.normal(size=variable.shape) / scale)
    return model, x


FILES = (".keras", ".h5", ".weights.h5")


def saved(model: Any, ending: str) -> dict[str, bytes]:
    """The files that Keras saves of a model, by their names; of .weights.h5 also its .json."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, f"model{ending}")
        if ending == ".weights.h5":
            model.save_weights(path)
            path.with_name("model.json").write_text(model.to_json())
        else:
            model.save(path)
        return {each.name: each.read_bytes() for each in sorted(Path(folder).iterdir())}


def as_keras2(data: bytes, version: str = "2.15.0") -> bytes:
    """A file as Keras 2 would have written it: it says so. (Keras 2 had the same layout of .h5, and
    the same names of arguments.)"""
    if data.startswith(b"\x89HDF"):
        content = io.BytesIO(data)
        with h5py.File(content, "r+") as file:
            file.attrs["keras_version"] = version
        return content.getvalue()
    said = json.dumps({"keras_version": version}).encode()
    return with_members(data, "metadata.json", lambda _: said)


def with_members(archive: bytes, ending: str, change: Callable[[bytes], bytes]) -> bytes:
    """A .keras in which those members are changed whose paths end so."""
    found = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive)) as old, zipfile.ZipFile(found, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            new.writestr(name, change(data) if name.endswith(ending) else data)
    return found.getvalue()
