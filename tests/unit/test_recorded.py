"""What is shown while TensorFlow loads is what Keras gives."""

from dataclasses import fields
from typing import Any

import numpy as np
import pytest

from components.backend import run
from components.backend.lessons import LESSONS, Posed, pose
from components.backend.lessons import recorded as recorded_question
from components.backend.origins.presets import PRESETS
from components.backend.origins.recorded import recorded


def test_the_recorded_run_is_keras_own() -> None:
    setup, start = PRESETS["opening"]
    kept, now = recorded(), run(setup.settings, start.weights(setup.settings))
    assert kept.settings == now.settings
    assert kept.parameter_count == now.parameter_count
    assert [tensor.name for tensor in kept.returned] == [tensor.name for tensor in now.returned]
    for ours, keras in zip(kept.returned, now.returned, strict=True):
        np.testing.assert_allclose(ours.values, keras.values, rtol=0, atol=1e-7)
    for name, array in now.weights.items():
        np.testing.assert_allclose(kept.weights[name], array, rtol=0, atol=1e-7)


@pytest.mark.parametrize("lesson", LESSONS)
def test_the_recorded_questions_are_decided_as_keras_decides_them(lesson: str) -> None:
    for number in range(1, len(LESSONS[lesson]) + 1):
        kept, now = recorded_question(lesson, number), pose(lesson, number)
        for each in fields(Posed):
            try:
                expect_same(getattr(kept, each.name), getattr(now, each.name))
            except AssertionError as error:
                error.add_note("record anew: python -m components.backend.lessons.recorded")
                raise


def expect_same(kept: Any, now: Any) -> None:
    """Of the same types down to the last one; arrays to a single-precision digit."""
    if isinstance(now, np.ndarray):
        assert kept.dtype == now.dtype
        np.testing.assert_allclose(kept, now, rtol=0, atol=1e-6)
        return
    assert type(kept) is type(now) or isinstance(now, dict)
    if isinstance(now, tuple):
        assert len(kept) == len(now)
        for one, other in zip(kept, now, strict=True):
            expect_same(one, other)
    elif hasattr(now, "keys"):
        assert [*kept] == [*now]
        for name in now:
            expect_same(kept[name], now[name])
    elif isinstance(now, float):
        assert kept == pytest.approx(now, abs=1e-6)
    else:
        assert kept == now


def test_no_twin_is_recorded() -> None:
    assert recorded_question("returned", 1, 1) is None
    assert recorded_question("Which?\n- one\n- two", 1) is None
