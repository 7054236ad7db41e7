"""Scripts that the app shows, executed, and what they printed."""

from __future__ import annotations

import ast
import contextlib
import io
import re
from typing import Any

import numpy as np

from components.backend.running import engine
from components.backend.running.model_run import ModelRun


def executed(code: str) -> tuple[dict[str, Any], str]:
    """The names that a script leaves behind, and what it printed."""
    with engine.use_keras():  # sets TensorFlow up as the app does, for this whole process
        pass
    namespace: dict[str, Any] = {}
    output = io.StringIO()
    with contextlib.redirect_stdout(output):
        exec(compile(code, "script", "exec", dont_inherit=True), namespace)
    return namespace, output.getvalue()


def printed_tensors(text: str) -> dict[str, np.ndarray]:
    """The arrays that a script printed, in the shapes that it printed."""
    found = {}
    for name, shape, body in re.findall(
        r"^(\w+) (\(.*\))\n((?:(?:[ \[].*)?\n)+)", text, re.MULTILINE
    ):
        values = np.array(re.findall(r"-?\d[\d.e+-]*", body), dtype="float64")
        found[name] = values.reshape(ast.literal_eval(shape))
    return found


def assert_printed(output: str, found: ModelRun) -> None:
    """A model's script printed all that its layers, its attention and its ending returned, and
    nothing else."""
    several = len(found.layers) > 1 or found.ending_returned or found.attended or found.error
    expected = {
        f"{tensor.name}_{number}" if several else tensor.name: tensor.values
        for number, layer in enumerate(found.layers, 1)
        for tensor in layer.returned
    }
    if found.attended:
        expected |= {tensor.name: tensor.values for tensor in found.attended.returned}
    if found.ending_returned:
        expected["outputs"] = found.ending_returned.values
    printed = printed_tensors(output)
    assert list(printed) == list(expected)
    for name, values in expected.items():
        assert printed[name].shape == values.shape
        np.testing.assert_allclose(printed[name], values, rtol=0, atol=1e-6)
    assert found.error or f"parameters {found.parameter_count}\n" in output
