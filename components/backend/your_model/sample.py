"""The model that stands on the page Your model before a file is uploaded: a review in English or in
Korean in, the probability that it is good out.

It is trained on reviews out of a grammar (sample_grammar.toml), and its file is kept:
`python -m components.backend.your_model.sample` trains it anew, with the same numbers.
"""

from __future__ import annotations

import re
import tempfile
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from components.backend.running import engine
from components.texts import LANGUAGES, text

NAME = "review.keras"
"""The name of its file, as the scripts that load it have it."""

STEPS = 14
"""How many words it reads: shorter reviews are padded at their ends, longer ones are cut."""

_FILE = Path(__file__).with_name("sample.keras")
_GRAMMAR = Path(__file__).with_name("sample_grammar.toml")
_UNITS, _FEATURES = 8, 8
_SEED, _TRAINED_ON, _HELD_OUT = 7, 4000, 500  # reviews of each language
_EPOCHS, _BATCH, _RATE = 5, 50, 0.01
_SURE = 0.1  # label smoothing: else every answer would be next to 0 or 1
_SLOT = re.compile(r"\{(\w+)\}")


class Review(NamedTuple):
    """A review out of the grammar."""

    words: str
    good: bool


def files() -> dict[str, bytes]:
    """The model's file by its name, as `open_model` takes it."""
    return {NAME: _FILE.read_bytes()}


def opening() -> str:
    """The reviews that it reads first, a line each, in the visitor's language."""
    return text("sample.opening")


@cache
def reviews(language: str) -> tuple[Review, ...]:
    """Different reviews, as many good ones as bad ones, in an order drawn once. The last _HELD_OUT
    are held out: the model was trained on none of them."""
    rules, draw = _rules(language), np.random.default_rng(_SEED)
    found: dict[str, bool] = {}
    while len(found) < _TRAINED_ON + _HELD_OUT:
        good = len(found) % 2 == 0
        found.setdefault(_filled_in("{good}" if good else "{bad}", rules, draw), good)
    return tuple(Review(*each) for each in found.items())


def held_out(language: str) -> tuple[Review, ...]:
    """The reviews of a language on which the model was not trained."""
    return reviews(language)[-_HELD_OUT:]


def _rules(language: str) -> Mapping[str, Sequence[str]]:
    """The lists of a language's grammar, by name."""
    return tomllib.loads(_GRAMMAR.read_text("utf-8"))[language]


def _filled_in(template: str, rules: Mapping[str, Sequence[str]], draw: np.random.Generator) -> str:
    """A template with a line of its list, drawn at random, for each "{name}" in it."""

    def drawn(slot: re.Match[str]) -> str:
        lines = rules[slot[1]]
        return _filled_in(lines[int(draw.integers(len(lines)))], rules, draw)

    return _SLOT.sub(drawn, template)


def trained() -> bytes:
    """The model's file, after a training. The same numbers each time."""
    trained_on = [each for name in LANGUAGES for each in reviews(name)[:-_HELD_OUT]]
    unknown = {word for name in LANGUAGES for word in _rules(name)["unknown"]}
    vocabulary = {word for each in trained_on for word in each.words.split()} - unknown
    with engine.use_keras() as (keras, tensorflow):
        engine.without_meta_optimizer(tensorflow)
        model = _model(keras, sorted(vocabulary))
        words = keras.ops.convert_to_tensor([[each.words] for each in trained_on])
        ids = np.asarray(model.get_layer("vectorization")(words))
        _train(keras, model, ids, np.array([[each.good] for each in trained_on], "float32"))
        return _saved(model)


def _model(keras: Any, vocabulary: Sequence[str]) -> Any:
    """Words -> ids -> vectors -> an LSTM -> a probability, with weights drawn from the seed."""
    layers = keras.layers

    def drawn(initializer: str, number: int) -> Any:
        return getattr(keras.initializers, initializer)(seed=_SEED + number)

    words = keras.Input((1,), dtype="string", name="review")
    vectorization = layers.TextVectorization(
        vocabulary=vocabulary, output_sequence_length=STEPS, name="vectorization"
    )
    embedding = layers.Embedding(
        vectorization.vocabulary_size(),
        _FEATURES,
        mask_zero=True,
        embeddings_initializer=drawn("RandomUniform", 0),
        name="embedding",
    )
    lstm = layers.LSTM(
        _UNITS,
        kernel_initializer=drawn("GlorotUniform", 1),
        recurrent_initializer=drawn("Orthogonal", 2),
        name="lstm",
    )
    good = layers.Dense(
        1, activation="sigmoid", kernel_initializer=drawn("GlorotUniform", 3), name="good"
    )
    return keras.Model(words, good(lstm(embedding(vectorization(words)))), name="review")


def _train(keras: Any, model: Any, ids: np.ndarray, good: np.ndarray) -> None:
    """Train the model's layers from its ids on. They are trained as another model, so that no
    optimizer is in the file."""
    read = keras.Input((STEPS,), dtype="int64")
    answer = read
    for name in ("embedding", "lstm", "good"):
        answer = model.get_layer(name)(answer)
    trained = keras.Model(read, answer)
    loss = keras.losses.BinaryCrossentropy(label_smoothing=_SURE)
    trained.compile(keras.optimizers.Adam(_RATE), loss)
    draw = np.random.default_rng(_SEED)
    for _ in range(_EPOCHS):
        order = draw.permutation(len(ids))
        trained.fit(ids[order], good[order], batch_size=_BATCH, shuffle=False, verbose=0)


def _saved(model: Any) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, NAME)
        model.save(file)
        return file.read_bytes()


if __name__ == "__main__":
    _FILE.write_bytes(trained())
