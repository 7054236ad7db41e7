"""Weights as a file, out and in again."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import streamlit as st

from components.backend import Settings, SettingsError, Setup, npz, torch_weights
from components.backend.brought import bring
from components.backend.code import file_name
from components.backend.layout import features, table_layout
from components.backend.linked import shown
from components.backend.start import NOTHING, Start
from components.backend.weight_file import read_weights, write_safetensors
from components.backend.weight_names import MOST_BYTES, few
from components.backend.weights import Weights
from components.panels.code import download
from components.panels.page.asked import Asked
from components.panels.page.file import file_button
from components.panels.page.message import leave_message
from components.panels.page.plain import plain
from components.texts import text


def file_widgets(setup: Asked[Setup], start: Asked[Start], weights: Weights) -> None:
    """The weights as a file, out and in again."""
    settings = setup.value.settings
    with st.container(horizontal=True, vertical_alignment="center"):
        download(
            lambda: npz.write_npz(weights),
            file_name(settings, "npz", weights),
            "application/octet-stream",
            text("edit.download"),
            key="download_npz",
        )
        file_button(
            text("edit.upload"),
            key="upload_npz",
            accept=".npz,.safetensors,.keras,.h5",
            most=MOST_BYTES,
            large=text("edit.large", most=MOST_BYTES),
            take=partial(_take_file, settings, start, weights),
        )
    if not torch_weights.lacks(settings):
        _torch_downloads(settings, weights)


def _take_file(settings: Settings, start: Asked[Start], weights: Weights, data: bytes) -> None:
    """The weights of a file, in place of these; an Embedding's table that is not in it is kept."""
    try:
        own, layers, vocabularies = read_weights(data, settings)
        kept = [table for table in table_layout(settings) if table.name not in own]
        brought = bring({table.name: weights[table.name] for table in kept} | own, settings)
    except SettingsError as error:
        size = {"units": settings.units, "features": features(settings)}
        told = text("edit.refused_file", cell=settings.cell, **size)
        lines = (f"- {plain(str(problem))}" for problem in error.problems)
        leave_message("error", "\n".join((told, "", *lines)))
    else:
        start.put(**NOTHING | {"brought": brought})
        notes = [text("edit.kept_table", shape=table.shape) for table in kept]
        notes += [text("edit.other_table", size=size) for size in vocabularies[:1]]
        if told := [*_told(layers, features(settings)), *notes]:
            leave_message("info", "\n\n".join(told))


def _told(layers: Sequence[str], read: int) -> list[str]:
    """That the first of these layers of a saved model was taken, and how to take another one.

    Args:
        read: the features that a layer has to read.
    """
    if not layers:
        return []
    first, *others = map(shown, layers)
    told = [text("edit.taken_layer", layer=plain(first))]
    if others:
        listed = plain(str(few(others)))
        told.append(text("edit.other_layers", layers=listed, features=read))
    return told


def _torch_downloads(settings: Settings, weights: Weights) -> None:
    """The weights by PyTorch's names, as a file of either kind."""
    note = text("edit.torch_bias") if settings.use_bias and not settings.resets else None
    with st.container(horizontal=True):
        for kind, write in (("npz", npz.write_npz), ("safetensors", write_safetensors)):
            download(
                lambda write=write: write(torch_weights.torch_of(weights, settings)),
                file_name(settings, kind, weights, what="torch"),
                "application/octet-stream",
                text(f"edit.download_torch_{kind}"),
                key=f"download_torch_{kind}",
                note=note,
            )
