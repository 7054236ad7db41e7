"""From settings to a real Keras model, what it returned, and what it computed on the way.

Example:
    result = run(Settings(cell="GRU", units=8))
    result.returned          # what Keras returned, untouched
    result.trace.hidden      # h at every step, replayed from the layer's own weights
"""

from components.backend.engine import EngineError, is_warm, start_warm_up
from components.backend.linked import Problem, SettingsError
from components.backend.replay import GrownError, MismatchError, Returned, Trace
from components.backend.results import Run, run
from components.backend.settings import Layer, Settings
from components.backend.setup import Setup

__all__ = [
    "EngineError",
    "GrownError",
    "Layer",
    "MismatchError",
    "Problem",
    "Returned",
    "Run",
    "Settings",
    "SettingsError",
    "Setup",
    "Trace",
    "is_warm",
    "run",
    "start_warm_up",
]
