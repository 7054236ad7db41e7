"""Keras's errors as a page shows them: without what only a terminal or a debugger can use."""

from __future__ import annotations

import re

# Colours of a terminal, and which operation of TensorFlow it was, on which device.
_NOT_SHOWN = re.compile(r"\x1b\[[0-9;]*m|\{\{.*?\}\} ?| ?\[Op:\w+\]( name:)?")

# What a layer's call puts before the error that it caught, and after it.
_WHERE = re.compile(
    r"Exception encountered when calling .*?\n\n|\n\nArguments received by .*", re.S
)


def readable(error: str) -> str:
    """An error of Keras as text."""
    return _NOT_SHOWN.sub("", error).strip()


def in_short(error: str) -> str:
    """An error of Keras in one line, without the call that it was caught in and its arguments."""
    return " ".join(_WHERE.sub("", readable(error)).split())
