"""Runs a real Keras layer, or a model of several: what it returned, and what it computed.

One layer:
    result = run(Settings(cell="GRU", units=8))
    result.returned          # the tensors that Keras returned, untouched: a tuple of Returned
    result.trace.hidden      # h at every step, replayed from the layer's own weights: a Trace

Several layers, joined by hand:
    lower = Recurrent(Layer(units=4), name="lower", prefix="0/")
    upper = Recurrent(Layer(units=3), name="upper", prefix="1/")
    result = run_model(Model(Settings(), (lower, upper), ending="Dense(3)"))
    result.layers[1].trace   # of the upper layer; result is a ModelRun

A live Keras model:
    answer = explain(model, x)
    answer.layers            # every layer's output, and each recurrent layer's steps: LayerCall
    from_keras(layer)        # one layer's settings and weights, as `run` takes them: a FromKeras

Settings holds a layer and the ids or numbers that it reads, AnySettings the same of any size; a
Setup, as a page has it, a layer and a sentence. What can go wrong: SettingsError, whose `problems`
are of class Problem; EngineError; MismatchError, or a GrownError in its place. Models with a
question and facts of their own are in `components.backend.whatif`. A server loads TensorFlow early
with start_warm_up and asks is_warm.
"""

from components.backend.explained.explain import Explained, LayerCall, explain, explain_calls
from components.backend.explained.own_layer import AnySettings, FromKeras, from_keras
from components.backend.question.linked import Problem, SettingsError
from components.backend.question.settings import Layer, Settings
from components.backend.question.setup import Setup
from components.backend.running.engine import EngineError, is_warm, start_warm_up
from components.backend.running.model import Model, Recurrent
from components.backend.running.model_run import ModelRun, run_model
from components.backend.running.replay import GrownError, MismatchError, Returned, Trace
from components.backend.running.results import Run, run

__all__ = [
    "AnySettings",
    "EngineError",
    "Explained",
    "FromKeras",
    "GrownError",
    "Layer",
    "LayerCall",
    "MismatchError",
    "Model",
    "ModelRun",
    "Problem",
    "Recurrent",
    "Returned",
    "Run",
    "Settings",
    "SettingsError",
    "Setup",
    "Trace",
    "explain",
    "explain_calls",
    "from_keras",
    "is_warm",
    "run",
    "run_model",
    "start_warm_up",
]
