"""What can come next, held against real layers that are called on real numbers."""

from __future__ import annotations

import contextlib
import io
from typing import Any

import pytest

from components.backend import EngineError, Settings
from components.backend.question.layout import returned_layout
from components.backend.question.linked import choices
from components.backend.running import engine
from components.backend.running.next_layer import NEXT_LAYERS, keras_shape, next_layer
from components.backend.scripts.script import script
from tests.kinds import product_of, soaked

FLAGS = (True, False)
EVERY = soaked(
    product_of(cell=choices(Settings, "cell"), sequences=FLAGS, state=FLAGS, name=NEXT_LAYERS)
)


def really(settings: Settings, name: str, *, everything: bool) -> tuple[Any, str | None]:
    """What happens where the script's own layer is followed by that one, in a model that runs."""
    namespace: dict[str, Any] = {}
    with contextlib.redirect_stdout(io.StringIO()):
        exec(compile(script(settings), "script", "exec"), namespace)
    keras, layer, sequence = (namespace[name] for name in ("keras", "layer", "sequence"))
    returned = layer(sequence)
    several = isinstance(returned, tuple | list)
    given = returned if everything or not several else returned[0]
    layers = {name: getattr(keras.layers, name) for name in ("LSTM", "Dense", "TimeDistributed")}
    try:
        out = eval(name, layers)(given)
    except ValueError as error:
        return None, str(error)
    return keras.Model(namespace["inputs"], out)(namespace["tokens"]).shape, None


@pytest.mark.parametrize("case", EVERY)
def test_the_next_layer_does_what_was_said(case: dict[str, Any]) -> None:
    cell, sequences, state, name = case.values()
    settings = Settings(
        cell=cell, return_sequences=sequences, return_state=state, units=5, tokens=((1, 2, 3),) * 2
    )
    answer = next_layer(settings, name)
    shape, error = really(settings, name, everything=False)
    assert (answer.outputs.error is None) == (error is None)
    if error is None:
        assert answer.outputs.shape == (None, *shape[1:])
    assert (answer.everything is not None) == state
    if state:
        shape, error = really(settings, name, everything=True)
        assert (shape, answer.everything.shape) == (None, None)
        assert error
        assert answer.everything.error.startswith("ValueError: ")


@pytest.mark.parametrize("name", ["LSTM(5)", "TimeDistributed(Dense(5))"])
def test_the_error_is_keras_own(name: str) -> None:
    """Word by word, but for the names that Keras counts up by itself."""
    settings = Settings(return_sequences=False, return_state=False)
    _, error = really(settings, name, everything=False)
    said = next_layer(settings, name).outputs.error
    own = error.replace("lstm", "next") if name == "LSTM(5)" else error
    assert said.split("with name")[0] == f"ValueError: {own.split('with name')[0]}"
    assert said.endswith("(None, 3)")
    assert own.endswith("(None, 3)")


def test_return_sequences_mends_it() -> None:
    for name in NEXT_LAYERS:
        assert next_layer(Settings(), name).outputs.error is None
    refused = [n for n in NEXT_LAYERS if next_layer(Settings(return_sequences=False), n).outputs[1]]
    assert refused == ["LSTM(5)", "TimeDistributed(Dense(5))"]


def test_shapes_are_as_keras_prints_them() -> None:
    layouts = returned_layout(Settings())
    assert [str(keras_shape(layout)) for layout in layouts] == [
        "(None, 10, 3)",
        "(None, 3)",
        "(None, 3)",
    ]


@pytest.mark.usefixtures("forget")
def test_an_answer_is_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    first = next_layer(Settings(), "LSTM(5)")
    monkeypatch.setattr(engine, "_import_keras", lambda: pytest.fail("Keras was asked again"))
    assert next_layer(Settings(seed=3, tokens=(tuple(range(10)),) * 2), "LSTM(5)") is first


@pytest.mark.usefixtures("forget")
def test_a_failure_is_an_engine_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> None:
        raise ImportError("no keras here")

    monkeypatch.setattr(engine, "_import_keras", broken)
    with pytest.raises(EngineError, match="ImportError: no keras here"):
        next_layer(Settings(), "Dense(5)")
