"""What a page shows of a model that is too large to be run for it."""

from __future__ import annotations

from collections.abc import Iterator

import streamlit as st

from components.backend.question.labels import named_shape
from components.backend.question.layout import parameter_count
from components.backend.running.engine import TooLargeError
from components.backend.running.model import Model, returned_layouts, weight_layout, weight_layouts
from components.backend.scripts.model_code import attending
from components.backend.scripts.script import constructor
from components.panels.ask.cover import cover
from components.texts import numeral, text


def show_counted(error: TooLargeError) -> None:
    """Say why the model was not run and, if one was asked for, what its layers return and how many
    parameters each has."""
    work, most = (number / 1e9 for number in (error.work, error.most))
    cover("shapes")
    st.info(text("counted.why", work=work, most=most))
    if error.model is None:
        return
    columns = [text(f"counted.{name}") for name in ("layer", "parameters", "returned")]
    cells = zip(*_rows(error.model), strict=True)
    table = {name: list(each) for name, each in zip(columns, cells, strict=True)}
    st.table(table, alt=text("counted.alt"), hide_index=True)
    total = parameter_count(weight_layout(error.model))
    st.caption(text("counted.total", total=total))


def _rows(model: Model) -> Iterator[tuple[str, str, str]]:
    """A row for each recurrent layer, and for attention. Whether a layer can read what the one
    below passes on, Keras alone knows: from the first that gets no single sequence on, what they
    return is left open."""
    known = True
    weights, returned = weight_layouts(model)[1:], returned_layouts(model)
    for node, own, tensors in zip(model.layers, weights, returned, strict=False):
        said = ", ".join(f"{tensor.name} {named_shape(tensor)}" for tensor in tensors)
        count = numeral(parameter_count(own))
        yield f"`{constructor(node)}`", count, said if known else text("counted.open")
        passed = 1 if model.passes == "outputs" else len(tensors)
        known &= model.has_target or (node.layer.return_sequences and passed == 1)
    if model.attention:
        place = len(model.layers)
        said = ", ".join(f"{tensor.name} {named_shape(tensor)}" for tensor in returned[place])
        yield f"`{attending(model)}`", numeral(parameter_count(weights[place])), said
