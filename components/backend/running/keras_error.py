"""Keras's errors as a page shows them: without what only a terminal or a debugger can use."""

from __future__ import annotations

import re

# A terminal's colour codes, and TensorFlow's name of the operation and its device.
_NOT_SHOWN = re.compile(
    r"\x1b\[[0-9;]*m|(?<!\s)\s*\[\[\{\{.{0,500}?\}\}\]\]|\{\{.{0,500}?\}\} ?| ?\[Op:\w+\]( name:)?"
)

# What Keras adds to an error in a layer's call, before and after it; and the lines of the traceback
# of a graph that are in Keras's own files.
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
