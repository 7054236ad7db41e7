"""Compare: a layer beside others that differ from it in some settings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import streamlit as st

from components.backend import Run, Settings, Setup, run
from components.backend.cells import CELLS
from components.backend.origins.ahead import Ask
from components.backend.origins.weight_source import WeightSource
from components.backend.question.labels import named_shape
from components.backend.question.layout import (
    STATES,
    features,
    input_layout,
    layer_weight_layout,
    parameter_count,
    returned_layout,
    table_layout,
)
from components.backend.question.linked import listed
from components.backend.question.weights import Weights
from components.backend.scripts.code import unpack_line
from components.backend.whatif.differences import facts
from components.charts.compare import like_first, told_apart
from components.charts.picture import number
from components.panels.ask.cover import cover, help_of
from components.panels.ask.field_set import FieldSet
from components.panels.ask.relative import Relative
from components.panels.ask.widgets import showing, widget
from components.panels.parts.facts import fact_list
from components.panels.parts.sentence import SentenceView, checked_on
from components.panels.parts.whatif import colours_of, letters_of
from components.texts import numeral, text

Change = Mapping[str, Any]


class CompareView(SentenceView):
    """Which sentence (from 1) is drawn."""

    texts = "compare_view"


PAIRS: Mapping[str, tuple[Change, ...]] = {
    "lstm_gru": ({"cell": "LSTM"}, {"cell": "GRU"}),
    "gru_simple": ({"cell": "GRU"}, {"cell": "SimpleRNN"}),
    "cells": ({"cell": "LSTM"}, {"cell": "GRU"}, {"cell": "SimpleRNN"}),
    "embedding": ({"embedding": True}, {"embedding": False}),
    "sequences": ({"return_sequences": True}, {"return_sequences": False}),
    "sigmoids": (
        {"cell": "LSTM", "recurrent_activation": "sigmoid"},
        {"recurrent_activation": "hard_sigmoid"},
        {"recurrent_activation": "hard_sigmoid_keras2"},
    ),
    "activations": ({"activation": "tanh"}, {"activation": "relu"}, {"activation": "linear"}),
    "reset_after": (
        {
            "cell": "GRU",
            "reset_after": True,
            "use_bias": True,
            "bias_initializer": "glorot_uniform",
        },
        {"reset_after": False},
        {"use_bias": False},
    ),
    "sizes": ({"units": 4}, {"units": 16}),
    "directions": ({"go_backwards": False}, {"go_backwards": True}),
    "seeds": ({"seed": 10}, {"seed": 11}),
}
"""What each button sets: the settings of A, and how each of the others differs from it."""

_MOST_READ = 4  # numbers of a step that the table has
_FIELDS = tuple(name for name in Setup.model_fields if name not in ("tokens", "values"))


def other_cell(setup: Setup) -> Change:
    """The difference of B if the address names none: another cell."""
    return {"cell": "GRU" if setup.cell != "GRU" else "LSTM"}


def run_each(
    start: WeightSource, settings: Mapping[str, Settings]
) -> tuple[dict[str, Run], dict[str, Weights | None]]:
    """The runs by their names, and the weights of each: the chosen ones, edits included, if they
    fit; None for the seed's."""
    weights = {name: start.fitting(each).weights(each) for name, each in settings.items()}
    return {name: run(each, weights[name]) for name, each in settings.items()}, weights


def beside(start: WeightSource, settings: Mapping[str, Settings]) -> Ask:
    """What the page asks where A is another layer: the others stay as far apart from it."""
    apart = {
        name: {field: value for field, value in each if value != getattr(settings["A"], field)}
        for name, each in settings.items()
    }
    return lambda near, _: run_each(start, {name: near.but(**own) for name, own in apart.items()})


def ready_pairs(setup: FieldSet[Setup], others: Sequence[Relative[Setup]]) -> None:
    """A button for each of PAIRS."""

    def take(name: str) -> None:
        first, *rest = PAIRS[name]
        setup.put(**first)
        for other, change in zip(others, (*rest, {}), strict=False):
            other.differ(**change)

    with st.container(
        key="ready_pairs", horizontal=True, gap="xsmall", vertical_alignment="center"
    ):
        st.caption(text("compare.ready"), width="content")
        for name in PAIRS:
            st.button(
                text(f"compare.pairs.{name}"),
                on_click=take,
                args=(name,),
                key=f"pair_{name}",
                disabled="embedding" in PAIRS[name][0] and not setup.value.reads_ids,
            )


def differences(name: str, other: Relative[Setup]) -> None:
    """A list of the fields in which the other may differ, and a widget for each of them."""

    def take(fields: Sequence[str]) -> None:
        other.own(field for field in fields if field in _FIELDS)

    chosen = [field for field in other.names if field in _FIELDS]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.multiselect(
            text("compare.but", name=name),
            _FIELDS,
            format_func=lambda field: text(f"settings.{field}.label"),
            placeholder=text("compare.placeholder"),
            width=320,
            **showing(f"{other.prefix}fields", chosen, take, "default"),
        )
        for field in other.active:
            widget(other, field, typed=True, width=200)
        _exchange(name, other)


def _exchange(called: str, other: Relative[Setup]) -> None:
    """A button that swaps the two, and one that gives the base the other's settings."""
    base = other.base

    def swap() -> None:
        theirs = other.differences
        ours = {name: getattr(base.value, name) for name in theirs}
        base.put(**theirs)
        other.differ(**ours)

    def keep() -> None:
        names = other.names
        base.put(**other.differences)
        other.own(names)

    differs = bool(other.differences)
    for name, do in (("swap", swap), ("keep", keep)):
        st.button(
            text(f"compare.{name}", name=called),
            help=help_of(f"compare.{name if differs else 'same'}_help", name=called),
            on_click=do,
            key=f"{other.prefix}{name}",
            disabled=not differs,
        )


def note_of(runs: Mapping[str, Run]) -> str:
    """What the chart shows; if the runs read different ids, why there are none below it."""
    first, *others = (run.trace.read[0] for run in runs.values())
    steps = (min(len(first), len(read)) for read in others)
    pairs = zip(others, steps, strict=True)
    same = all((read[:n] == first[:n]).all() for read, n in pairs)
    cells = [run.settings.cell for run in runs.values()]
    sentences = [text(f"compare.scale_{letters_of(*cells)}")]
    if alike := like_first(list(runs.values())):
        between = listed(text("compare.between", name=name) for name in alike)
        kind = "one" if len(alike) == 1 else "many"
        sentences.append(text(f"compare.note_between_{kind}", between=between))
    sentences += [text("compare.looks"), colours_of(*cells)]
    if not same:
        sentences.append(text("compare.other_tokens"))
    return " ".join(sentences)


def fact_lists(runs: Mapping[str, Run], others: Mapping[str, Relative[Setup]], count: int) -> None:
    """What was checked on each of the others that differs from A.

    Args:
        count: how many sentences each of the runs has.
    """
    for name, other in others.items():
        if other.differences:
            heading = checked_on(count, "compare.facts", name=name)
            fact_list(facts(runs["A"], runs[name], name), "compare_facts", heading=heading)


def side_by_side(runs: Mapping[str, Run]) -> None:
    """A table with a column for each run: in what it differs, its call, what it reads, the tensors
    that it returns and its number of parameters, with differences from A marked."""
    cover("table")
    rows = {
        text("compare.differs"): told_apart(list(runs.values())),
        text("compare.call"): [unpack_line(run.settings) for run in runs.values()],
        text("compare.input"): [_reads(run) for run in runs.values()],
    }
    for tensor in ("outputs", *STATES):
        rows[tensor] = [_shape(run, tensor) for run in runs.values()]
    settings = [run.settings for run in runs.values()]
    layers = [layer_weight_layout(each, features(each)) for each in settings]
    rows[text("compare.parameters")] = [numeral(parameter_count(layer)) for layer in layers]
    tables = map(table_layout, settings)
    rows[text("compare.embedding")] = [numeral(parameter_count(table)) for table in tables]
    head = "".join(f"<th scope='col'>{name}</th>" for name in ("", *runs))
    body = "".join(_row(heading, cells) for heading, cells in rows.items())
    name = text("compare.side_by_side")
    st.html(
        f'<div class="rnn-compare" role="region" tabindex="0" aria-label="{name}">'
        f'<table aria-label="{name}"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'
        "</div>"
    )


def _row(heading: str, cells: Sequence[str]) -> str:
    first = cells[0]
    marked = ("" if cell == first else ' class="rnn-differs"' for cell in cells)
    columns = "".join(
        f"<td{mark}><code>{escape(cell).replace('=', '=<wbr>')}</code></td>"
        for mark, cell in zip(marked, cells, strict=True)
    )
    return f'<tr><th scope="row">{heading}</th>{columns}</tr>'


def _reads(run: Run) -> str:
    """The shape of what the layer reads, and the first numbers of step 1."""
    first = run.trace.inputs[0, 0]
    said = [number(value) for value in first[:_MOST_READ]]
    cut = ["…"] if len(first) > _MOST_READ else []
    shape = named_shape(input_layout(run.settings)[-1])
    return text("compare.input_of", shape=shape, numbers=", ".join([*said, *cut]))


def _shape(run: Run, tensor: str) -> str:
    layouts = {layout.name: layout for layout in returned_layout(run.settings)}
    if tensor in layouts:
        return named_shape(layouts[tensor])
    computed = tensor in CELLS[run.settings.cell].states
    return text("cards.computed" if computed else f"cards.{tensor}_absent")
