"""Keras's errors as a page shows them: without what only a terminal or a debugger can use."""

from __future__ import annotations

import re

# Colours of a terminal, and which operation of TensorFlow it was, on which device.
_NOT_SHOWN = re.compile(
    r"\x1b\[[0-9;]*m|\s*\[\[\{\{.*?\}\}\]\]|\{\{.*?\}\} ?| ?\[Op:\w+\]( name:)?"
)

# What a layer's call puts before the error that it caught, and after it; and the lines of Keras's
# own files through which the error of a graph came.
_CALL = re.compile(
    r"Exception encountered when .*?\n\n|\n\nArguments received by .*"
    r"|\n\nDetected at node .*?(?=\n\n\S)",
    re.DOTALL,
)


def readable(error: str) -> str:
    """An error of Keras as text."""
    return _NOT_SHOWN.sub("", error).strip()


def in_short(error: str) -> str:
    """An error of Keras in one line, without the call that it was caught in and its arguments."""
    return " ".join(_CALL.sub("", readable(error)).split())
