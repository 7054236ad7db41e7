"""The default settings' run, recorded from Keras, which pages show until TensorFlow has loaded.

`python -m components.backend.running.recorded` records it anew; a test compares it with Keras.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from components.backend.question.settings import Settings
from components.backend.question.weights import Origin
from components.backend.running.answers import cached_calls
from components.backend.running.keras_model import KerasOutput
from components.backend.running.model import plain
from components.backend.running.model_run import replayed
from components.backend.running.results import Run, run, run_of

_FILE = Path(__file__).with_name("recorded_default.json")


@cached_calls(1)
def recorded() -> Run:
    """The run of `Settings()`, its returned tensors and weights from the file, replayed here."""
    kept = json.loads(_FILE.read_text("utf-8"))
    weights = {name: np.array(values, "float32") for name, values in kept["weights"].items()}
    outputs = tuple(np.array(values, "float32") for values in kept["outputs"])
    raw = KerasOutput((outputs,), weights, kept["parameter_count"])
    settings = Settings()
    result = replayed(plain(settings), raw, Origin("seed", str(settings.seed)))
    return run_of(settings, result)


def record() -> None:
    """Run the default settings and write what Keras returns to the file."""
    result = run(Settings())
    kept = {
        "outputs": [tensor.values.tolist() for tensor in result.returned],
        "weights": {name: array.tolist() for name, array in result.weights.items()},
        "parameter_count": result.parameter_count,
    }
    _FILE.write_text(json.dumps(kept) + "\n", "utf-8")


if __name__ == "__main__":
    record()
