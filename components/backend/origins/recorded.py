"""The run on which Explore opens, recorded from Keras: pages show it until TensorFlow has loaded.

`python -m components.backend.origins.recorded` records it anew; a test compares it with Keras.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from components.backend.origins.presets import PRESETS
from components.backend.running.answers import cached_calls
from components.backend.running.keras_model import KerasOutput
from components.backend.running.model import plain
from components.backend.running.model_run import replayed
from components.backend.running.results import Run, run, run_of

_FILE = Path(__file__).with_name("recorded_opening.json")


@cached_calls(1)
def recorded() -> Run:
    """The run of the preset "opening", its returned tensors from the file, replayed here."""
    setup, start = PRESETS["opening"]
    weights = start.weights(setup.settings)
    assert weights is not None  # they are recorded, too
    kept = json.loads(_FILE.read_text("utf-8"))
    outputs = tuple(np.array(values, "float32") for values in kept["outputs"])
    raw = KerasOutput((outputs,), dict(weights), kept["parameter_count"])
    result = replayed(plain(setup.settings), raw, weights.origin)
    return run_of(setup.settings, result)


def record() -> None:
    """Run the preset and write what Keras returns to the file."""
    setup, start = PRESETS["opening"]
    result = run(setup.settings, start.weights(setup.settings))
    kept = {
        "outputs": [tensor.values.tolist() for tensor in result.returned],
        "parameter_count": result.parameter_count,
    }
    _FILE.write_text(json.dumps(kept) + "\n", "utf-8")


if __name__ == "__main__":
    record()
