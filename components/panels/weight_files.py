"""Weights as a file, out and in again."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np
import streamlit as st

from components.backend import Settings, SettingsError, Setup, torch_weights
from components.backend.origins.uploaded import register_upload
from components.backend.origins.weight_source import NOTHING, WeightSource
from components.backend.question.layout import Layout, features, table_layout
from components.backend.question.linked import bounds, shown
from components.backend.question.numbers import SERIES
from components.backend.question.weights import Weights
from components.backend.running.results import seeded
from components.backend.scripts.code import file_name
from components.backend.weight_files import npz
from components.backend.weight_files.keras_file import is_keras
from components.backend.weight_files.read import read_for
from components.backend.weight_files.safetensors_file import write_safetensors
from components.backend.weight_files.weight_names import MOST_BYTES, FromFile, few
from components.panels.ask.field_set import FieldSet
from components.panels.ask.file import file_button
from components.panels.parts.code import download
from components.panels.write.message import leave_message
from components.panels.write.plain import plain
from components.texts import text


def file_widgets(setup: FieldSet[Setup], start: FieldSet[WeightSource], weights: Weights) -> None:
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
            take=partial(_take_file, setup, start, weights),
        )
    if not torch_weights.lacks(settings):
        _torch_downloads(settings, weights)


_MADE_SOURCES = ("random", *SERIES)
"""Where what is read was made by the seed."""

_MADE = ("source", "sentences")
"""Of what a setup is given for a saved layer, what is not the layer's own."""


def _take_file(
    setup: FieldSet[Setup], start: FieldSet[WeightSource], weights: Weights, data: bytes
) -> None:
    """The weights of a file, in place of these, with the setup changed to have the layer that Keras
    has saved; an Embedding's table that is not in the file is kept, or the seed's."""
    settings = setup.value.settings
    try:
        changes, found = read_for(data, setup.value)
        settings = setup.value.but(**changes).settings
        own = found.weights
        missing = [table for table in table_layout(settings) if table.name not in own]
        kept = {table.name: _table(table, settings, weights) for table in missing}
        uploaded = register_upload(kept | own, settings)
    except SettingsError as error:
        size = {"units": settings.units, "features": features(settings)}
        told = text("edit.refused_file", cell=settings.cell, **size)
        if is_keras(data):  # the settings would follow it
            told = text("edit.refused_model")
        lines = (f"- {plain(str(problem))}" for problem in error.problems)
        leave_message("error", "\n".join((told, "", *lines)))
    else:
        setup.put(**changes)
        start.put(**NOTHING | {"uploaded": uploaded})
        told = [*_told(found, changes, setup.value), *_otherwise(found, settings)]
        most = bounds(Settings, "vocabulary_size")[1]
        told += [text("edit.kept_table", shape=table.shape, most=most) for table in missing]
        if told:
            leave_message("info", "\n\n".join(told))


def _table(table: Layout, settings: Settings, weights: Weights) -> np.ndarray:
    """The Embedding's table: the one that these weights have, if it fits, or else the seed's."""
    kept = weights.get(table.name)
    if kept is not None and kept.shape == table.shape:
        return kept
    return seeded(settings)[table.name]


def _told(found: FromFile, changes: Mapping[str, Any], setup: Setup) -> list[str]:
    """That a layer of a saved model was taken, with what arguments, and how to take another one."""
    if not found.layers:
        return []
    settings = setup.settings
    first, *others = map(shown, found.layers)
    told = [text("edit.taken_layer", layer=plain(first))]
    if found.table:
        told.append(text("edit.taken_table", layer=plain(shown(found.table))))
    if set_as := {name: value for name, value in changes.items() if name not in _MADE}:
        told.append(text("edit.set_as", settings=plain(_arguments(set_as))))
    if setup.source in _MADE_SOURCES:
        size = {"features": features(settings), "top": settings.vocabulary_size - 1}
        told.append(text("edit.made_ids" if settings.reads_ids else "edit.made_numbers", **size))
    if found.differing is None:
        told.append(text("edit.no_arguments"))
    elif found.differing:
        here = {name: getattr(settings, name) for name in found.differing}
        values = {"there": plain(_arguments(found.differing)), "here": plain(_arguments(here))}
        told.append(text("edit.differing", **values))
    if found.is_masked:
        told.append(text("edit.masked"))
    if found.layers[0].startswith("forward_"):
        told.append(text("edit.one_direction"))
    if others:
        listed = plain(str(few(others)))
        told.append(text("edit.other_layers", layers=listed))
    return told


def _otherwise(found: FromFile, settings: Settings) -> list[str]:
    """In what a saved model computes otherwise than Keras 3 in single precision."""
    told = []
    if found.policy not in ("", "float32"):
        told.append(text("edit.policy", policy=plain(found.policy)))
    if found.old and settings.recurrent_activation == "hard_sigmoid_keras2":
        told.append(text("edit.keras2", version=plain(found.old)))
        told.append(text("edit.keras2_code"))
    return told


def _arguments(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}={shown(value)}" for name, value in values.items())


def _torch_downloads(settings: Settings, weights: Weights) -> None:
    """The weights by PyTorch's names, as a file of either kind."""
    notes = {
        "torch_bias": settings.use_bias and not settings.reset_timing,
        "torch_backwards": settings.go_backwards,
    }
    note = " ".join(text(f"edit.{name}") for name, applies in notes.items() if applies) or None
    forward = settings.but(go_backwards=False)
    with st.container(horizontal=True):
        for kind, write in (("npz", npz.write_npz), ("safetensors", write_safetensors)):
            download(
                lambda write=write: write(torch_weights.torch_of(weights, forward)),
                file_name(settings, kind, weights, what="torch"),
                "application/octet-stream",
                text(f"edit.download_torch_{kind}"),
                key=f"download_torch_{kind}",
                note=note,
            )
