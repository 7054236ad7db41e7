"""What the colours of a timeline mean."""

from __future__ import annotations

import numpy as np

from components.backend import Run
from components.charts.picture import Limits, Scale, limits_of
from components.charts.timeline.heatmap import MOST_MARKED
from components.charts.timeline.lines import ROOM
from components.charts.timeline.timeline import View
from components.texts import text


def timeline_note(
    run: Run, *, sentence: int = 0, scale: Scale = "fitted", view: View = "heatmap"
) -> str:
    """What the colours of that timeline mean, of which it names those that are in it, and how many
    values lie beyond its scale."""
    limits = limits_of(scale, run)
    shown = {"h": run.trace.hidden[sentence]}
    if run.trace.cell is not None:
        shown["c"] = run.trace.cell[sentence, -1]
    kind = "given" if isinstance(scale, Limits) else scale
    names = text(f"note.of_{''.join(shown)}")
    said = [
        text("note.axis" if (view, kind) == ("lines", "fitted") else f"note.{kind}", names=names)
    ]
    if view == "heatmap":
        said += [text(f"note.{name}_{_signs(values)}") for name, values in shown.items()]
    edges = limits._asdict()
    if view == "lines":  # on one axis, which has some room at its ends
        edges = dict.fromkeys(shown, max(edges[name] for name in shown) * ROOM)
    count = sum(int((np.abs(values) > edges[name]).sum()) for name, values in shown.items())
    if count:
        marked = view == "lines" or run.settings.units <= MOST_MARKED
        mark = text("note.mark") if marked else ""
        kind = "one" if count == 1 else "many"
        said.append(text(f"note.beyond_{kind}", count=count, mark=mark))
    if not any(state.any() for state in run.trace.initial.values()):
        said.append(text(f"note.start_{''.join(shown)}"))
    return " ".join(said)


def _signs(values: np.ndarray) -> str:
    above, below = (values > 0).any(), (values < 0).any()
    return "both" if above and below else "above" if above else "below" if below else "zero"
