"""The shapes along the way, and what the two flags change of them."""

from __future__ import annotations

from itertools import product

import streamlit as st

from components.backend import Settings
from components.backend.code import named_shape
from components.backend.layout import Layout, input_layout, returned_layout
from components.texts import text


def shapes_panel(settings: Settings) -> None:
    """Tokens, Embedding, layer, returned tensors: each shape with its axes named."""
    st.markdown(text("shapes.intro"))
    stages = _stages(settings)
    for number, (column, stage) in enumerate(zip(st.columns(len(stages)), stages, strict=True)):
        arrow = ":material/arrow_forward: " if number else ""
        with column:
            st.caption(f"{arrow}{text(f'shapes.stage_{stage}')}")
            for name, shape, meaning in stages[stage]:
                with st.container(border=True, gap=None):
                    st.markdown(f"**{name}**" + (f"  \n`{shape}`" if shape else ""))
                    st.caption(meaning)
    st.subheader(text("shapes.flags"), anchor=False)
    st.caption(text("shapes.flags_why"))
    st.table(_flags(settings), alt=text("shapes.flags"), hide_index=True)


def _stages(settings: Settings) -> dict[str, list[tuple[str, str, str]]]:
    """What there is at each stage of the model: names, shapes and meanings."""
    tokens, *embedded = input_layout(settings)
    kind = "embedding" if settings.embedding else "plain"
    stages = {"input": [(tokens.name, named_shape(tokens), text(f"shapes.tokens_{kind}"))]}
    if embedded:
        stages["embedding"] = [_box(layout) for layout in embedded]
    stages["layer"] = [(settings.cell, "", text("shapes.layer"))]
    stages["returned"] = [_box(layout) for layout in returned_layout(settings)]
    return stages


def _box(layout: Layout) -> tuple[str, str, str]:
    return layout.name, named_shape(layout), text(f"shapes.{layout.name}")


def _flags(settings: Settings) -> dict[str, list[str]]:
    """All four combinations of the flags and what each returns; the one shown is in bold."""
    rows: dict[str, list[str]] = {
        text(f"shapes.flag_{name}"): [] for name in ("sequences", "state", "returns")
    }
    for sequences, state in product((True, False), repeat=2):
        other = settings.but(return_sequences=sequences, return_state=state)
        returns = ", ".join(f"{t.name} {named_shape(t)}" for t in returned_layout(other))
        cells = [str(sequences), str(state), returns]
        if other == settings:
            cells = [f"**{cell}**" for cell in cells]
            cells[-1] += f" :green-badge[{text('shapes.flag_now')}]"
        for column, cell in zip(rows.values(), cells, strict=True):
            column.append(cell)
    return rows
