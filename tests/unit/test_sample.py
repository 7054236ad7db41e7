"""The model that stands on the page Your model before a file is uploaded."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from components.backend.running import engine
from components.backend.your_model import sample
from components.backend.your_model.opened import explained, open_model
from components.texts import LANGUAGES, speaking

DECIDES = {"en": ("not", "not", "not"), "ko": ("안", "안", "안")}
"""By language: in each of the opening sentences, the word without which the answer turns most."""


def probabilities(sentences: Sequence[str]) -> np.ndarray:
    """How likely the model thinks each review is a good one."""
    found = open_model(sample.files(), "test")
    (answer,) = explained(found.key, {"review": np.array([[each] for each in sentences])})
    return answer.returned[0].values[:, 0]


def weights_of(data: bytes) -> dict[str, np.ndarray]:
    """All weights of a .keras file, by their paths."""
    with engine.use_keras() as (keras, _), tempfile.TemporaryDirectory() as folder:
        file = Path(folder, sample.NAME)
        file.write_bytes(data)
        model = keras.models.load_model(file, compile=False)
        return {each.path: np.asarray(each) for each in model.weights}


def test_it_is_small_and_reads_words() -> None:
    found = open_model(sample.files(), "test")
    assert sum(map(len, sample.files().values())) <= 60_000
    # As Keras writes a functional model, what makes the mask is an operation of its own.
    kinds = [row.kind for row in found.layers if row.kind != "NotEqual"]
    assert kinds == ["TextVectorization", "Embedding", "LSTM", "Dense"]
    ((name, kind, shape, *_),) = found.inputs
    assert (name, kind, shape) == ("review", "words", (1,))


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_answers_reviews_right_that_it_was_not_trained_on(language: str) -> None:
    held_out = sample.held_out(language)
    trained_on = {each.words for each in sample.reviews(language)[: -len(held_out)]}
    assert len(held_out) == 500
    assert not trained_on & {each.words for each in held_out}
    good = np.array([each.good for each in held_out])
    assert good.mean() == 0.5
    right = (probabilities([each.words for each in held_out]) > 0.5) == good
    assert right.mean() >= 0.99


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_negation_decides_the_sentences_that_it_reads_first(language: str) -> None:
    with speaking(language):
        opening = sample.opening().splitlines()
    for sentence, decides in zip(opening, DECIDES[language], strict=True):
        words = sentence.split()
        without = [" ".join(words[:at] + words[at + 1 :]) for at in range(len(words))]
        whole, *others = probabilities([sentence, *without])
        moved = np.abs(np.array(others) - whole)
        assert words[int(moved.argmax())].strip(".") == decides
        assert (whole > 0.5) != (others[int(moved.argmax())] > 0.5)


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_knows_every_word_that_it_reads_first(language: str) -> None:
    with speaking(language):
        opening = sample.opening().splitlines()
    found = open_model(sample.files(), "test")
    inputs = {"review": np.array([[each] for each in opening])}
    ids = explained(found.key, inputs)[0].layer("vectorization").returned[0].values
    assert ids.shape == (len(opening), sample.STEPS)
    assert [np.count_nonzero(row) for row in ids] == [len(each.split()) for each in opening]
    assert 1 not in ids


@pytest.mark.whole
def test_its_training_gives_the_same_numbers_again() -> None:
    kept = weights_of(sample.files()[sample.NAME])
    now = weights_of(sample.trained())
    assert [*now] == [*kept]
    for name, array in now.items():
        np.testing.assert_allclose(kept[name], array, rtol=0, atol=1e-4, err_msg=name)
