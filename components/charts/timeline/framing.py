"""What was returned is framed, what was only computed is hatched: seen without colours."""

from __future__ import annotations

from typing import Any

from components.backend import Run
from components.charts.picture import RETURNED, Figure, hatching, start_outline
from components.charts.timeline.layout import domains_of
from components.charts.timeline.parts import Part


def frames(parts: list[Part], run: Run, start: tuple[float, float], same: bool) -> list[Figure]:
    """A frame round each returned tensor; one round the last output, tied to the state it is."""
    shapes = [start_outline(start, (0, 1), "paper")]
    strong = {"width": 2.5, "color": RETURNED}
    shapes += [_box(part.axis, *part.edges, strong) for part in parts if part.returned]
    if same:
        steps, domains = run.settings.steps, domains_of(run)
        if run.settings.return_sequences and steps > 1:
            shapes.append(_box("x", steps - 0.5, steps + 0.5, strong))
        shapes.append(
            {
                "type": "line",
                "xref": "paper",
                "yref": "paper",
                "x0": domains["x"][1],
                "x1": domains["x2"][0],
                "y0": 0.5,
                "y1": 0.5,
                "line": strong,
            }
        )
    return shapes


def _box(axis: str, left: float, right: float, line: dict[str, Any]) -> Figure:
    return {
        "type": "rect",
        "xref": axis,
        "yref": "paper",
        "x0": left,
        "x1": right,
        "y0": 0,
        "y1": 1,
        "line": line,
    }


def hatch(part: Part, low: float, high: float) -> Figure:
    """Hatching over a part that was computed only."""
    return hatching(part.edges, (low, high), part.axis)
