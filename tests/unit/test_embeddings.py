"""How an Embedding's table starts, and what the page therefore shows first."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from components.backend import Settings, run
from components.backend.question.linked import choices
from components.backend.running.keras_layers import RANDOM, weight_seed
from components.backend.scripts.script import script

INITIALIZERS = choices(Settings, "embeddings_initializer")
LARGE = Settings(embedding_dim=16, vocabulary_size=1000, tokens=((0,),))


def table(initializer: str, **values: Any) -> np.ndarray:
    settings = LARGE.but(embeddings_initializer=initializer, **values)
    return run(settings).weights["embeddings"]


def test_every_initializer_is_known_to_the_engine() -> None:
    assert set(INITIALIZERS) < set(RANDOM)


def test_uniform_is_kerass_own_default() -> None:
    drawn = table("uniform")
    assert np.abs(drawn).max() <= 0.05
    assert drawn.min() < -0.0499
    assert drawn.max() > 0.0499
    import keras  # here, so that the backend is the one who sets how it is imported

    own = keras.layers.Embedding(1000, 16).embeddings_initializer
    assert type(own) is keras.initializers.RandomUniform
    seeded = type(own).from_config(
        own.get_config() | {"seed": weight_seed(LARGE.seed, "embeddings")}
    )
    np.testing.assert_array_equal(drawn, seeded((1000, 16)))


def test_standard_normal_is_one() -> None:
    drawn = table("standard_normal")
    assert abs(drawn.mean()) < 0.02
    assert drawn.std() == pytest.approx(1, abs=0.02)
    within = [float((np.abs(drawn) < deviations).mean()) for deviations in (1, 2, 3)]
    assert within == pytest.approx([0.6827, 0.9545, 0.9973], abs=0.01)


@pytest.mark.parametrize("initializer", INITIALIZERS)
def test_a_table_follows_from_its_seed(initializer: str, forget: Callable[[], None]) -> None:
    first = table(initializer).tolist()
    forget()
    assert table(initializer).tolist() == first
    assert table(initializer, seed=1).tolist() != first


@pytest.mark.parametrize("initializer", INITIALIZERS)
def test_the_script_starts_from_the_same_table(initializer: str) -> None:
    settings = Settings(embeddings_initializer=initializer, seed=5, vocabulary_size=88)
    result, namespace = run(settings), {}
    with contextlib.redirect_stdout(io.StringIO()):
        exec(compile(script(settings), "script", "exec"), namespace)
    # By its kind: Keras counts the layers of a process in their names.
    (layer,) = (each for each in namespace["model"].layers if type(each).__name__ == "Embedding")
    embeddings = layer.get_weights()[0]
    np.testing.assert_array_equal(embeddings, result.weights["embeddings"])
    np.testing.assert_allclose(
        namespace["outputs"].numpy(), result.tensor("outputs"), rtol=0, atol=1e-6
    )


def test_the_first_screen_has_something_to_show() -> None:
    """c and h differ to the eye, and gates open and close."""
    trace = run(Settings()).trace
    apart = np.abs(trace.cell - trace.hidden)
    assert apart.max() > 0.3
    assert apart.mean() > 0.1
    gates = np.stack([trace.gates[name] for name in ("input", "forget", "output")])
    assert gates.min() < 0.3
    assert gates.max() > 0.7


def test_from_kerass_own_table_hardly_anything_happens() -> None:
    """Why it is not the default."""
    trace = run(Settings(embeddings_initializer="uniform")).trace
    assert np.abs(trace.hidden).max() < 0.1
    gates = np.stack([trace.gates[name] for name in ("input", "output")])
    assert 0.45 < gates.min() < gates.max() < 0.55
