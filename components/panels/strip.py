"""A run at a glance: h at every step and the last states, as a few coloured cells."""

from __future__ import annotations

from components.backend import Run
from components.charts.picture import number
from components.charts.strip import Part, strip
from components.texts import text


def strip_markup(run: Run) -> str:
    """The first sentence's cells as HTML, with a name for who cannot see.

    Returned cells are framed; those that were only computed are hatched.
    """
    parts = strip(run)
    steps = "".join(_cells(part) for part in parts if not part.name.startswith("state"))
    states = "".join(
        f'<span class="rnn-{_kind(part)}">{_cells(part)} {part.name}</span>'
        for part in parts
        if part.name.startswith("state")
    )
    picture = f'<div class="rnn-steps">{steps}</div><div class="rnn-states">{states}</div>'
    return f'<div class="rnn-strip" role="img" aria-label="{_alt(run, parts)}">{picture}</div>'


def _cells(part: Part) -> str:
    """A block of cells, a row a unit; hovering over one tells its value."""
    columns = len(part.colours[0])
    cells = "".join(
        f'<i style="background-color:{colour}" title="{part.name} {number(value)}"></i>'
        for colours, values in zip(part.colours, part.values.tolist(), strict=True)
        for colour, value in zip(colours, values, strict=True)
    )
    return f'<b class="rnn-{_kind(part)}" style="--columns:{columns}">{cells}</b>'


def _kind(part: Part) -> str:
    return "returned" if part.returned else "computed"


def _alt(run: Run, parts: tuple[Part, ...]) -> str:
    hidden = run.trace.hidden[0]
    returned = ", ".join(part.name for part in parts if part.returned)
    low, high = number(float(hidden.min())), number(float(hidden.max()))
    return text("strip.alt", steps=len(hidden), low=low, high=high, returned=returned)
