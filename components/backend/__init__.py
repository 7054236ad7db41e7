"""From settings to a real Keras model, what it returned, and what it computed on the way.

Example:
    result = run(Settings(cell="GRU", units=8))
    result.returned          # what Keras returned, untouched
    result.trace.hidden      # h at every step, replayed from the layer's own weights
"""

from components.backend.question.linked import Problem, SettingsError
from components.backend.question.settings import Layer, Settings
from components.backend.question.setup import Setup
from components.backend.running.engine import EngineError, is_warm, start_warm_up
from components.backend.running.model import Model
from components.backend.running.model_run import ModelRun, run_model
from components.backend.running.replay import GrownError, MismatchError, Returned, Trace
from components.backend.running.results import Run, run

__all__ = [
    "EngineError",
    "GrownError",
    "Layer",
    "MismatchError",
    "Model",
    "ModelRun",
    "Problem",
    "Returned",
    "Run",
    "Settings",
    "SettingsError",
    "Setup",
    "Trace",
    "is_warm",
    "run",
    "run_model",
    "start_warm_up",
]
