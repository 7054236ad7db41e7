"""Inside the cell: every gate, the candidate, c and h through time, on one step axis."""

from __future__ import annotations

from typing import Any

from components.backend import Run
from components.charts import picture
from components.charts.layer_strips import start_block
from components.charts.strips import Block, Rows, Strip, crossed, strips_figure
from components.texts import text

_SUBSCRIPT = "\N{SUBSCRIPT ZERO}"


def inside(run: Run, *, sentence: int = 0, scale: picture.Scale = "fitted") -> picture.Picture:
    """One strip of cells, units by steps, for each thing the cell computes. Masked steps are
    crossed out.

    Args:
        scale: of c, h and the candidate; the scale of a gate is always 0 to 1.
    """
    units = run.settings.units
    start = picture.start_edges(run.settings.steps, *run.trace.initial.values())
    strips = inside_strips(run, start, sentence=sentence, scale=scale)
    rows = Rows.of(strips, min(56, 9 * max(units, 3)))
    drawn = strips[0].units
    figure = strips_figure(strips, rows, run.trace.read[sentence], start, units=drawn)
    masked = (~run.trace.counts[sentence]).tolist()
    for edges in rows.edges:
        figure["data"] += crossed(masked, edges)
    return picture.Picture(figure, _alt(run, strips))


def inside_strips(
    run: Run, start: tuple[float, float], *, sentence: int, scale: picture.Scale
) -> list[Strip]:
    """A strip for each thing the cell computes.

    Args:
        start: the edges of the column before step 1.
    """
    limits, columns = picture.limits_of(scale, run), list(range(1, run.settings.steps + 1))
    scales = {
        "candidate": (picture.HIDDEN, limits.candidate),
        "c": (picture.CELL, limits.c),
        "h": (picture.HIDDEN, limits.h),
    }
    tokens = run.trace.read[sentence].tolist()
    states = {name.removeprefix("state_"): s for name, s in reversed(run.trace.states.items())}
    strips = []
    for name, steps in {**run.trace.gates, **states}.items():
        scale_of: Any = scales.get(name, (picture.GATE, 1.0, 0.0))
        said: dict[str, Any] = {
            "described": picture.strip_title(name, run.settings.cell),
            "tokens": tokens,
        }
        blocks = [Block(name, steps[sentence].T, columns, *scale_of, **said)]
        if name in states:
            first = run.trace.initial[f"state_{name}"][sentence]
            blocks.append(start_block(name + _SUBSCRIPT, first, start, *scale_of))
        strips.append(_strip(tuple(blocks), run.settings.cell))
    return strips


def _strip(blocks: tuple[Block, ...], cell: str) -> Strip:
    """A strip of values and, where they have one, the state before step 1."""
    values, *first = blocks
    described = f"candidate_{cell}" if values.name == "candidate" else values.name
    said = text(f"strips.{described}.sentence")
    title = f"<b>{values.described}</b>: {said}"
    tick = first[0].name if first else ""
    return Strip(title, blocks, note=range_of(values), said=said, tick=tick)


def range_of(block: Block) -> str:
    """The text on a strip's colours: how far they reach, and how many values lie beyond; for a
    gate, which end is open."""
    if block.colorscale is picture.GATE:
        return text("charts.range_gate")
    low, high, count = (
        picture.number(block.lowest),
        picture.number(block.high),
        int(block.beyond.sum()),
    )
    return text(f"charts.{'range_beyond' if count else 'range'}", low=low, high=high, count=count)


def _alt(run: Run, strips: list[Strip]) -> str:
    values = (
        text(
            "charts.alt_range",
            title=strip.blocks[0].described,
            sentence=strip.said,
            low=picture.number(float(strip.blocks[0].values.min())),
            high=picture.number(float(strip.blocks[0].values.max())),
        )
        for strip in strips
    )
    return text(
        "charts.alt_inside",
        cell=run.settings.cell,
        units=run.settings.units,
        steps=run.settings.steps,
        values="; ".join(values),
    )
