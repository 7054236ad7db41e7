"""The weights: as blocks, as formulas, and counted."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

import streamlit as st

from components.backend import Run, Settings
from components.backend.cells import CELLS
from components.backend.question.labels import counted
from components.backend.question.layout import (
    BLOCKS,
    KERAS_DEFAULTS,
    Layout,
    cudnn_refuses,
    features,
    layer_weight_layout,
    parameter_count,
    table_layout,
    weight_layout,
)
from components.backend.question.weights import Origin
from components.backend.running.facts import reset_both_ways, weight_facts
from components.backend.scripts.code import file_name, literal
from components.charts import parameters
from components.charts.strips import MOST_DRAWN
from components.panels.draw.plot import drawn, plot
from components.panels.parts.facts import fact_list
from components.texts import numeral, text

_SUMMED = 8  # units of a GRU whose product with U is taken apart
_TERMS = ("read", "h", "weight", "product", "r", "gated")


def parameters_panel(run: Run, *, key: str = "") -> None:
    """The weight matrices drawn, and a count of their numbers compared with Keras's own.

    Args:
        key: what the chart's key begins with, if the panel is on a page twice.
    """
    settings = run.settings
    count = parameter_count(layer_weight_layout(settings, features(settings)))
    said = {"formula": _formula(settings), "count": count, "blocks": _blocks(settings)}
    st.markdown(text("parameters.intro", **said))
    origin = run.weights.origin
    is_cut = max(settings.units, features(settings)) > MOST_DRAWN
    cut = text("parameters.cut", drawn=MOST_DRAWN) if is_cut else ""
    st.caption(f"{_origin(origin)} {cut}")
    picture = drawn(parameters, run)
    file = file_name(settings, "png", run.weights, what="parameters")
    plot(picture, key=f"{key}parameters", file=file)

    heads = [text(f"parameters.{name}") for name in ("name", "formula", "sum")]
    _table(heads, list(_rows(settings)), text("parameters.alt"))
    total = parameter_count(weight_layout(settings))
    agrees = total == run.parameter_count
    say = st.markdown if agrees else st.error
    kind = "total" if agrees else "wrong"
    say(text(f"parameters.{kind}", total=total, counted=run.parameter_count))
    if settings.use_bias and settings.applies("reset_after"):
        _reset(run)
    fact_list(weight_facts(run), "parameters_facts")
    st.caption(_cudnn(settings))


def _reset(run: Run) -> None:
    """Both ways in which a GRU can apply its reset gate, one below the other, on the same numbers,
    and why Keras's default is what it is."""
    found, settings = reset_both_ways(run), run.settings
    said = {name: numeral(value, ".3g") for name, value in found.numbers.items()}
    further = said | _further(found.numbers)
    rows = [_reset_row(way, settings, further) for way in ("after", "before")]
    heads = [text(f"parameters.reset.{head}") for head in ("way", "candidate")]
    heads += [text("parameters.reset.numbers", step=found.step, unit=found.unit)]
    _table(heads, rows, text("parameters.reset.alt"))
    if settings.units <= _SUMMED and not settings.drops:  # else the h that counts is another
        st.markdown(text("parameters.reset.terms.said", unit=found.unit, **said))
        heads = [text(f"parameters.reset.terms.{head}", unit=found.unit) for head in _TERMS]
        _table(heads, _term_rows(found.terms, said), text("parameters.reset.terms.alt"))
    redrawn = run.seeded and settings.bias_initializer != KERAS_DEFAULTS["bias_initializer"]
    told = [f"same_{settings.reset_timing}", *["redrawn"] * redrawn, "why"]
    st.caption(" ".join(text(f"parameters.reset.{name}") for name in told))


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]], alt: str) -> None:
    columns = map(list, zip(*rows, strict=True))
    st.table(dict(zip(heads, columns, strict=True)), alt=alt, hide_index=True)


def _term_rows(terms: Sequence[Sequence[float]], said: Mapping[str, str]) -> list[list[str]]:
    """A row for each unit that is read, with its share of h · U and of (r · h) · U, and the sums.

    Args:
        terms: h, its weight and r of each unit.
    """
    rows = []
    for unit, (h, weight, r) in enumerate(terms):
        numbers = (numeral(each, ".3g") for each in (h, weight, h * weight, r, r * h * weight))
        rows.append([str(unit), *numbers])
    sums = (f"**{said[name]}**" for name in ("recurrent", "gated"))
    return [*rows, [text("parameters.reset.terms.sum"), "", "", next(sums), "", next(sums)]]


def _reset_row(way: str, settings: Settings, said: Mapping[str, str]) -> list[str]:
    """What the argument is, and the candidate as a formula and with numbers."""
    here = text("parameters.reset.here") if way == settings.reset_timing else ""
    act = settings.activation
    return [
        f"`reset_after={way == 'after'}` {here}",
        text(f"parameters.reset.{way}.candidate", activation=act),
        text(f"parameters.reset.{way}.numbers", activation=act, **said),
    ]


def _further(found: Mapping[str, float]) -> dict[str, str]:
    """Numbers as further terms of a sum."""
    signs = {name: "+" if found[name] >= 0 else "\N{MINUS SIGN}" for name in ("b", "own", "gated")}
    return {name: f"{sign} {numeral(abs(found[name]), '.3g')}" for name, sign in signs.items()}


def _origin(origin: Origin) -> str:
    """Where the weights come from."""
    name, (task, step) = origin.name, origin.training
    if task:
        name = f"{text(f'learn_view.task.options.{task}')}, {step}"
    return text(f"parameters.origin_{origin.kind}", name=name)


def _cudnn(settings: Settings) -> str:
    """Whether Keras would run the layer with cuDNN on a GPU, and what decides it."""
    refused = cudnn_refuses(settings)
    if refused is None:
        return text("parameters.cudnn_never", cell=settings.cell)
    if refused:
        wanted = ", ".join(f"`{name}={literal(value)}`" for name, value in refused.items())
        return text("parameters.cudnn_no", cell=settings.cell, wanted=wanted)
    needs = CELLS[settings.cell].cudnn or {}
    named = ", ".join(f"`{name}={literal(value)}`" for name, value in needs.items())
    return text("parameters.cudnn_yes", cell=settings.cell, named=named)


def _blocks(settings: Settings) -> str:
    """In words, which blocks the columns of the layer's matrices have."""
    names = [text(f"gates.{name}.name") for name in BLOCKS[settings.cell]]
    if len(names) == 1:
        return text("parameters.blocks_one")
    return text("parameters.blocks_many", count=len(names), names=", ".join(names))


def _rows(settings: Settings) -> Iterator[tuple[str, ...]]:
    """A row for each weight and, below those of a layer, their sum."""
    own = layer_weight_layout(settings, features(settings))
    for layer, layouts in (("Embedding", table_layout(settings)), (settings.cell, own)):
        for layout in layouts:
            yield f"`{layout.name}`", _factors(settings, layout), numeral(math.prod(layout.shape))
        if layouts:
            total = f"**{numeral(parameter_count(layouts))}**"
            yield f"**{text('parameters.layer', layer=layer)}**", "", total


def _formula(settings: Settings) -> str:
    """How many numbers a layer's weights hold: the same for each block, but for a cell's own."""
    units = counted("unit", settings.units)
    inner = f"({counted('feature', features(settings))} + {units}) × {units}"
    layouts = {layout.name: layout for layout in layer_weight_layout(settings, features(settings))}
    if "bias" in layouts:
        twice = "2 × " if "part" in layouts["bias"].axes else ""
        inner += f" + {twice}{counted('bias', settings.units)}"
    blocks = len(BLOCKS[settings.cell])
    formula = inner if blocks == 1 else f"{counted('block', blocks)} × ({inner})"
    more = (layouts[weight.name] for weight in CELLS[settings.cell].more)
    return " + ".join([formula, *(f"{numeral(math.prod(own.shape))} {own.name}" for own in more)])


def _factors(settings: Settings, layout: Layout) -> str:
    """The shape of a weight as a product, with what each factor counts."""
    if layout.axes[-1] != "column":
        return " × ".join(map(counted, layout.axes, layout.shape))
    blocks = counted("block", layout.shape[-1] // settings.units)
    rows = map(counted, layout.axes[:-1], layout.shape)
    return " × ".join([blocks, *rows, counted("unit", settings.units)])
