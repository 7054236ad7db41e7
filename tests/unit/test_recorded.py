"""The picture shown while TensorFlow loads is what Keras gives for the default settings."""

import numpy as np

from components.backend import Settings, run
from components.backend.recorded import recorded


def test_the_recorded_run_is_keras_own() -> None:
    kept, now = recorded(), run(Settings())
    assert kept.settings == now.settings
    assert kept.parameter_count == now.parameter_count
    assert [tensor.name for tensor in kept.returned] == [tensor.name for tensor in now.returned]
    for ours, keras in zip(kept.returned, now.returned, strict=True):
        np.testing.assert_allclose(ours.values, keras.values, rtol=0, atol=1e-7)
    for name, array in now.weights.items():
        np.testing.assert_allclose(kept.weights[name], array, rtol=0, atol=1e-7)
