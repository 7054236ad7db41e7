"""Whether Keras would run a layer with cuDNN, against the conditions in Keras itself."""

from __future__ import annotations

from functools import partial
from importlib import import_module
from typing import Any

import pytest

from components.backend import Settings
from components.backend.question.layout import cudnn_refuses
from components.backend.running import engine, keras_layers
from tests.kinds import called, chosen_of, every_kind, soaked

OPTIONS: dict[str, tuple[Any, ...]] = {
    "cell": ("LSTM", "GRU"),
    "activation": ("tanh", "relu", "linear"),
    "recurrent_activation": ("sigmoid", "hard_sigmoid", "hard_sigmoid_keras2"),
    "use_bias": (True, False),
    "reset_after": (True, False),
    "dropout": (0.0, 0.5),
    "recurrent_dropout": (0.0, 0.5),
}


@pytest.mark.parametrize(
    "settings", soaked(every_kind(OPTIONS), partial(chosen_of, OPTIONS), partial(called, OPTIONS))
)
def test_keras_asks_for_the_same(settings: Settings) -> None:
    with engine.use_keras() as (keras, _):
        rnn = import_module("keras.src.backend.tensorflow.rnn")
        layer = keras_layers.recurrent(keras, settings, 0)
        asks = {
            "activation": layer.activation,
            "recurrent_activation": layer.recurrent_activation,
            "unroll": False,
            "use_bias": layer.use_bias,
        }
        if settings.cell == "LSTM":
            supported = rnn._do_lstm_arguments_support_cudnn(**asks)
        else:
            supported = rnn._do_gru_arguments_support_cudnn(**asks, reset_after=layer.reset_after)
    refused = cudnn_refuses(settings)
    assert (refused == {}) == bool(supported and not layer.recurrent_dropout)
    assert cudnn_refuses(settings.but(**refused)) == {}


def test_keras_never_runs_a_simple_rnn_with_it() -> None:
    assert cudnn_refuses(Settings(cell="SimpleRNN")) is None
    with engine.use_keras() as (keras, _):
        layer = keras_layers.recurrent(keras, Settings(cell="SimpleRNN"), 0)
    assert not hasattr(layer, "use_cudnn")
