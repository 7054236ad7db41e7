"""The tensors as tables, and all of them as one file."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from components.backend import Run
from components.backend.question.labels import in_words
from components.backend.scripts.code import file_name
from components.backend.weight_files.npz import write_npz
from components.panels.parts.code import download
from components.texts import text

_MOST_IN_CSV = 500_000  # numbers: each is a row
_MOST_SHOWN = 51_200  # numbers of a table, which the browser is sent at once


def data_panel(run: Run, *, key: str = "") -> None:
    """A table for each tensor, returned ones first, and a download of all of them.

    Args:
        key: what the widgets' keys begin with, if the panel is on a page twice.
    """
    found = tensors(run)
    count = sum(values.size for values in found.values())
    if count > _MOST_IN_CSV:
        st.markdown(text("data.intro_arrays", count=count))
        label, data = text("data.download_arrays"), partial(_npz, found)
        suffix, mime = "npz", "application/octet-stream"
    else:
        st.markdown(text("data.intro"))
        label, data, suffix, mime = text("data.download"), partial(_csv, run), "csv", "text/csv"
    file = file_name(run.settings, suffix, run.weights, what="data" * (suffix == "npz"))
    download(data, file, mime, label, key=f"{key}download_data")
    for (source, name), values in found.items():
        _table(source, name, values)


def _table(source: str, name: str, values: np.ndarray) -> None:
    """A tensor as a table, whose columns are units, or features of x."""
    said, called = text(f"data.sources.{source}"), in_words(name)
    st.markdown(f"**{called}** :gray[{said}, {values.shape}]")
    if name == "c":
        st.caption(text("data.every_c"))
    last = "feature" if name == "x" else "unit"
    units = [text(f"data.{last}", unit=unit) for unit in range(values.shape[-1])]
    shown = max(1, _MOST_SHOWN // len(units))
    rows = _rows(values)
    frame = pd.DataFrame(
        values.reshape(-1, len(units))[:shown], index=rows[:shown], columns=units
    ).astype(float)
    st.dataframe(
        frame,
        height="content" if len(frame) <= 10 else 320,
        column_config=dict.fromkeys(units, digits()),
        alt=f"{called}, {said}",
    )
    if len(rows) > shown:
        st.caption(text("data.rows", rows=shown, count=len(rows)))


def digits(*, pinned: bool = False) -> Any:
    """A column of numbers with eight digits, as Keras prints them.

    Args:
        pinned: keep it in sight on the left when the table is scrolled.
    """
    return st.column_config.NumberColumn(format="%.8g", pinned=pinned)


def tensors(run: Run) -> dict[tuple[str, str], np.ndarray]:
    """Every tensor, by its source and its name, as the files write them in any language: what was
    returned, what was computed, and x, the numbers read, if they are no ids. The last axis is
    units, of x features."""
    found = {("returned", tensor.name): tensor.values for tensor in run.returned}
    found |= {("computed", name): gate for name, gate in run.trace.gates.items()}
    if run.trace.cell is not None:
        found["computed", "c"] = run.trace.cell
    found["computed", "h"] = run.trace.hidden
    if not run.settings.reads_ids:
        found["read", "x"] = run.trace.inputs
    return found


def _rows(values: np.ndarray) -> list[str]:
    """A label for each row of a tensor's table, whose columns are units."""
    if values.ndim == 2:
        return [text("data.sentence", sentence=s + 1) for s in range(len(values))]
    return [
        text("data.sentence_step", sentence=s + 1, step=t + 1)
        for s, t in np.ndindex(values.shape[:2])
    ]


def _npz(found: Mapping[tuple[str, str], np.ndarray]) -> bytes:
    """The tensors as arrays, by names such as "returned.outputs"."""
    return write_npz({".".join(name): values for name, values in found.items()})


def _csv(run: Run) -> str:
    """One number a row: source, tensor, sentence, step, token, unit, value.

    Sentences and steps count from 1, units from 0; a tensor without steps leaves step empty. The
    features of x stand in the column of units.
    """
    frames = []
    for (source, name), values in tensors(run).items():
        sentence, *step, unit = np.indices(values.shape).reshape(values.ndim, -1)
        columns = {"source": source, "tensor": name, "sentence": sentence + 1}
        if step:
            columns["step"] = step[0] + 1
            columns["token"] = run.trace.read[sentence, step[0]]
        frames.append(pd.DataFrame(columns | {"unit": unit, "value": values.ravel()}))
    table = pd.concat(frames, ignore_index=True)
    order = ["source", "tensor", "sentence", "step", "token", "unit", "value"]
    # A tensor without steps has none of either; a trained cell's tokens are names.
    some = ["step"] if run.trace.symbols else ["step", "token"]
    table[some] = table[some].convert_dtypes()
    return table[order].to_csv(index=False)
