"""Shapes, counts and the parts of a cell in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from components.backend.question.layout import Layout
from components.texts import has_text, text


def named_shape(layout: Layout) -> str:
    """A shape with each axis named, such as (1 sentence, 10 steps, 4 units)."""
    return f"({', '.join(map(counted, layout.axes, layout.shape))})"


def counted(axis: str, count: int) -> str:
    """How many there are of what an axis counts, such as 10 steps."""
    return text(f"axes.{axis}.{'one' if count == 1 else 'many'}", count=count)


def in_words(part: str) -> str:
    """The name of a cell's gate in words, such as forget gate; a state or tensor keeps its own."""
    gate = f"gates.{part}.name"
    return text(gate) if has_text(gate) else part


def gate_in_words(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a text's placeholders, with a gate's name in words."""
    return {name: in_words(value) if name == "gate" else value for name, value in values.items()}
