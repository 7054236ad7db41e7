"""Where the timeline's steps and states stand, and how high it is."""

from __future__ import annotations

from typing import Any

from components.backend import Run
from components.charts.picture import PAGE_TEXT
from components.charts.timeline.parts import Part

LINE = 15  # px from one line of labels to the next
# Lines of labels above the plot: names, badges, and what was not returned of the steps and of the
# states. They are left free where all was returned, so that no flag moves the plot.
_ABOVE = 4


def domains_of(run: Run) -> dict[str, tuple[float, float]]:
    """From where to where the steps and the states reach, in parts of the plot."""
    if run.trace.cell is None:
        return {"x": (0.0, 0.845), "x2": (0.9, 1.0)}
    return {"x": (0.0, 0.715), "x2": (0.765, 1.0)}


def layout_of(parts: list[Part], run: Run, legend: int) -> dict[str, Any]:
    """The layout but for the step axis, the y axis, and what is drawn and written on top.

    Args:
        legend: px to leave for one, below.
    """
    units, steps = run.settings.units, run.settings.steps
    top, bottom = 8 + LINE * _ABOVE, 38
    last = parts[-1].columns[-1]
    return {
        "height": legend + top + bottom + min(208, 36 * max(units, 2)),
        "margin": {"l": 52, "r": 8, "t": top, "b": bottom},
        "showlegend": True,
        "legend": {"orientation": "h", "x": 0, "y": -0.3, "yanchor": "top"},
        "xaxis2": {
            "domain": domains_of(run)["x2"],
            "range": [0.47, last + 0.53],
            "showticklabels": False,
            "showgrid": False,
            "zeroline": False,
            "fixedrange": True,
            "ticks": "",
        },
        "hoverlabel": {"align": "left"},
        "dragmode": "zoom",
        "uirevision": steps,
        "meta": {"steps": steps, "pageText": PAGE_TEXT},
    }
