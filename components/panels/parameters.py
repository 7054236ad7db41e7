"""The weights: as blocks, as formulas, and counted."""

from __future__ import annotations

import math

import streamlit as st

from components.backend import Run
from components.backend.layout import GATES, weight_layout
from components.charts import parameters
from components.panels.page.plot import drawn, plot
from components.texts import text


def parameters_panel(run: Run) -> None:
    """The weight matrices drawn, and a count of their numbers against Keras's own."""
    settings = run.settings
    gates = GATES[settings.cell]
    if gates:
        blocks = text("parameters.blocks_many", count=len(gates), names=", ".join(gates))
    else:
        blocks = text("parameters.blocks_one")
    st.markdown(text("parameters.intro", cell=settings.cell, blocks=blocks))
    picture = drawn(parameters, run)
    plot(picture.figure, key="parameters", alt=picture.alt)

    layouts = weight_layout(settings)
    count = max(1, len(gates))
    rows: dict[str, list[str]] = {
        text(f"parameters.{name}"): [] for name in ("name", "formula", "numbers", "sum")
    }
    for layout in layouts:
        twice = layout.name == "bias" and len(layout.shape) == 2
        formula = text(f"parameters.{layout.name}{'_twice' if twice else ''}", blocks=count)
        factors = [*layout.shape[:-1], count, settings.units]
        if layout.name == "embeddings":
            factors = list(layout.shape)
        cells = (f"`{layout.name}`", formula, " × ".join(map(str, factors)), math.prod(factors))
        for column, cell in zip(rows.values(), cells, strict=True):
            column.append(str(cell))
    st.table(rows, alt=text("parameters.alt"), hide_index=True)
    total = sum(math.prod(layout.shape) for layout in layouts)
    agrees = total == run.parameter_count
    say = st.markdown if agrees else st.error
    kind = "total" if agrees else "wrong"
    say(text(f"parameters.{kind}", total=total, counted=run.parameter_count))
