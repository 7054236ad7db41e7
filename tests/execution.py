"""Running the code that the app shows."""

import contextlib
import io
from typing import Any


def executed(code: str) -> tuple[dict[str, Any], str]:
    """The names that a script leaves behind, and what it printed."""
    namespace: dict[str, Any] = {}
    output = io.StringIO()
    with contextlib.redirect_stdout(output):
        exec(compile(code, "script", "exec"), namespace)
    return namespace, output.getvalue()
