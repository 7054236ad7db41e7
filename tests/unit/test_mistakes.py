"""Mistakes: Keras says what is said of it, and the mended code runs."""

from __future__ import annotations

import numpy as np
import pytest

from components.backend.engine import door
from components.backend.keras_error import in_short
from components.backend.mistakes import BEGINS, GROUPS, MISTAKES, SILENT, answer
from components.texts import LANGUAGES, speaking, text

LOUD = [name for name in MISTAKES if name not in SILENT]


@pytest.mark.parametrize("name", LOUD)
def test_keras_says_the_words_by_which_it_is_looked_for(name: str) -> None:
    found = answer(name)
    wrong = found.wrong.error or found.wrong.warning
    assert MISTAKES[name].says
    assert MISTAKES[name].says in wrong
    assert bool(found.wrong.error) != bool(found.wrong.shapes)
    assert found.right.shapes
    assert found.right.error == ""
    assert found.apart is None


@pytest.mark.parametrize("name", LOUD)
def test_the_mended_code_gives_no_warning(name: str) -> None:
    assert answer(name).right.warning == ""


@pytest.mark.parametrize("name", SILENT)
def test_a_silent_mistake_gives_the_same_shape_and_other_numbers(name: str) -> None:
    found = answer(name)
    assert MISTAKES[name].says == ""
    assert (found.wrong.error, found.wrong.warning) == ("", "")
    assert found.wrong.shapes == found.right.shapes
    assert found.apart > 0.01


@pytest.mark.parametrize("name", SILENT)
def test_its_numbers_are_the_same_each_time(name: str) -> None:
    assert answer.__wrapped__(name) == answer(name)


def result(code: str) -> np.ndarray:
    """The `y` that code leaves."""
    with door():
        exec(code, names := {})
        return np.array(names["y"])


def test_what_is_said_of_an_id_below_zero_is_so() -> None:
    mistake = SILENT["id_below_zero"]
    last = result(f"{BEGINS}{mistake.given}\ny = embedding(np.array([[99, 5]]))")
    wrong = result(f"{BEGINS}{mistake.given}\n{mistake.wrong}")
    np.testing.assert_array_equal(wrong, last)


def test_what_is_said_of_one_row_of_states_is_so() -> None:
    mistake = SILENT["one_row"]
    given = f"{BEGINS}{mistake.given}\n"
    both = result(f"{given}y = layer(x, initial_state=[np.repeat(s[:1], 2, 0) for s in (h, c)])[0]")
    np.testing.assert_array_equal(result(f"{given}{mistake.wrong}"), both)


def test_what_is_said_of_one_target_and_mse_is_so() -> None:
    mistake = SILENT["mse"]
    at_every_step = mistake.wrong.replace("one_a_sentence", "np.repeat(one_a_sentence, 5, axis=1)")
    assert at_every_step != mistake.wrong
    repeated, wrong = (
        result(f"{BEGINS}{mistake.given}\n{code}") for code in (at_every_step, mistake.wrong)
    )
    assert wrong == pytest.approx(repeated, rel=1e-6)


def test_an_error_is_without_colours_the_call_and_its_arguments() -> None:
    with door() as (keras, _), pytest.raises(IndexError) as raised:
        keras.layers.LSTM(4)(np.zeros((2, 5, 3)), initial_state=[np.zeros((2, 4))])
    assert "\x1b" in str(raised.value)
    assert "Arguments received" in str(raised.value)
    assert in_short(f"IndexError: {raised.value}") == "IndexError: list index out of range"


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_has_a_name_and_a_reason(language: str) -> None:
    with speaking(language):
        for part in ("mistakes.why", "mistakes_view.mistake.options"):
            assert list(text(part)) == [*MISTAKES]
        assert list(text("mistakes.groups")) == [*GROUPS]
