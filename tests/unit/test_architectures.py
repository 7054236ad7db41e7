"""The files that Keras saves of the models of `tests.architectures`."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.architectures import FILES, MODELS, keras, made, saved

NAMES = {
    ".keras": {"model.keras"},
    ".h5": {"model.h5"},
    ".weights.h5": {"model.weights.h5", "model.json"},
}


@pytest.mark.parametrize("name", MODELS)
def test_keras_saves_it_in_each_format(name: str) -> None:
    model, _ = made(name)
    for ending in FILES:
        files = saved(model, ending)
        assert files.keys() == NAMES[ending]
        assert all(files.values())


def test_what_is_saved_is_what_keras_loads(tmp_path: Path) -> None:
    model, x = made("Embedding, LSTM, Dense")
    for ending in FILES:
        for file, content in saved(model, ending).items():
            (tmp_path / file).write_bytes(content)
    described = (tmp_path / "model.json").read_text()
    loaded = keras.models.model_from_json(described)
    loaded.load_weights(tmp_path / "model.weights.h5")
    others = [keras.models.load_model(tmp_path / f"model{each}") for each in FILES[:2]]
    for each in (loaded, *others):
        np.testing.assert_array_equal(each(x), model(x))
