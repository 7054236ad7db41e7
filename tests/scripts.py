"""Scripts that the app shows, executed, and what they printed."""

from __future__ import annotations

import ast
import contextlib
import io
import re
from typing import Any

import numpy as np

from components.backend import engine


def executed(code: str) -> tuple[dict[str, Any], str]:
    """The names that a script leaves behind, and what it printed."""
    with engine.door():  # sets TensorFlow up as the app does, for this whole process
        pass
    namespace: dict[str, Any] = {}
    output = io.StringIO()
    with contextlib.redirect_stdout(output):
        exec(compile(code, "script", "exec"), namespace)
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
