"""A cell, drawn: one step of one unit to scale, beside the equations that it follows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from components.backend import Run, Settings
from components.backend.cells import CELLS
from components.backend.question.layout import returned_layout
from components.backend.question.linked import choices
from components.backend.running.facts import EQUAL
from components.backend.running.replay import apart
from components.panels.draw.follow_step import diagram, sheet
from components.panels.write.html import inline
from components.panels.write.notation import Numbers
from components.texts import has_text, text

_SUMS = {"GRU": "candidate", "SimpleRNN": "h"}
"""The block whose sum is drawn on its way into the activation, by cell."""


_NOT_DRAWN = ("how", "alt", "step")
"""A cell's texts that are said beside the drawing."""


def cell_diagram(run: Run, lines: str, numbers: Mapping[str, Numbers], *, key: str) -> None:
    """The cell at the step and the unit that are looked at, and its equations; these alone of a
    cell, or with an activation, that nobody has drawn.

    Args:
        lines: the equations as a template.
        numbers: all arrays of the sentence that is shown.
    """
    settings = run.settings
    drawn = choices(Settings, "activation")
    if not has_text(f"diagram.{settings.cell}") or settings.activation not in drawn:
        sheet(lines, numbers, key=key)
        return
    states = ["hidden"] if run.trace.cell is None else ["hidden", "cell"]
    states = [f"{name}{when}" for name in states for when in ("_before", "")]
    gates = [f"{name}.value" for name in run.trace.gates]
    block = _SUMS.get(settings.cell, "")
    parts = ("inputs_and_bias", "recurrent_and_bias", "total")
    sums = [f"{block}.{part}" for part in parts] if block else []
    diagram(
        f'{lines}<p class="rnn-below">{inline(text(f"diagram.{settings.cell}.how"))}</p>',
        numbers,
        key=key,
        cell={
            "cell": settings.cell,
            "activation": settings.activation,
            "block": block,
            "words": _words(run),
            "alt": text(f"diagram.{settings.cell}.alt"),
            "returned": _returned(settings),
        },
        drawn=("step", "unit", "x", "token", *states, *gates, *sums),
    )


def _words(run: Run) -> dict[str, str]:
    """The words of the drawing, by the names that cells.js has for them. A gate that is always
    open or always shut, as one that Edit holds, is said to be."""
    settings = run.settings
    words: Any = text("diagram.words")
    own: Any = text(f"diagram.{settings.cell}")
    words = words | {name: said for name, said in own.items() if name not in _NOT_DRAWN}
    if settings.activation != "tanh":
        words |= text("diagram.unbounded")
    if when := settings.reset_timing:
        words["reset"] = words[f"reset_{when}"]
    for name, gate in run.trace.gates.items():
        end = round(float(gate.max()))
        if name != "candidate" and apart(gate, end) <= EQUAL:
            words[name] += "\n" + text("diagram.held", end=end)
    return words | {"resets": settings.reset_timing, "bend": settings.activation}


def _returned(settings: Settings) -> dict[str, str]:
    """When each state leaves the layer: at "every" step, with the "last", or never ("")."""
    given = {layout.name for layout in returned_layout(settings)}
    outputs = "every" if settings.return_sequences else "last"
    states = {name: "last" if name in given else "" for name in CELLS[settings.cell].states}
    return {"outputs": outputs, **states}
