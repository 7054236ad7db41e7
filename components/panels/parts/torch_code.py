"""The same layer in PyTorch: what corresponds to what, and a script."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial

import numpy as np
import streamlit as st

from components.backend import Run, Settings, torch_forward, torch_slips
from components.backend.cells import CELLS
from components.backend.running.facts import EQUAL, Fact
from components.backend.running.model import Model
from components.backend.scripts.code import constructor, file_name
from components.backend.scripts.torch_code import (
    attention_file,
    attention_script,
    both_compared,
    module,
    more_parameters,
    ported,
    torch_script,
)
from components.backend.torch_weights import Pair, attention_lacks, lacks, pairs, torch_of_attention
from components.backend.weight_files.npz import write_npz
from components.panels.parts.code import download, source_panel
from components.panels.parts.facts import fact_list
from components.texts import text


def torch_panel(run: Run, offer: Callable[[], None] = lambda: None, *, key: str = "") -> None:
    """A run's layer in PyTorch; if PyTorch has no such layer, why.

    Args:
        offer: draws what changes the run, below the numbers that it would change.
        key: what the widgets' keys begin with, if the panel is on a page twice.
    """
    settings = run.settings
    if missing := lacks(settings):
        for name in missing:
            st.markdown(text(f"torch.lacks.{name}", cell=settings.cell))
        return
    st.markdown(text("torch.intro"))
    keras, torch = zip(*_rows(settings), strict=True)
    table = {text("torch.keras"): list(keras), text("torch.torch"): list(torch)}
    st.table(table, alt=text("torch.alt"), hide_index=True)
    st.caption("  \n".join(_notes(settings)))
    for to in ("torch", "keras"):
        st.markdown(text(f"torch.to_{to}"))
        st.code(ported(settings, to), wrap_lines=True)
    with st.container(key=f"{key}torch_compared"):
        st.markdown(text("torch.both"))
        st.code(both_compared(), wrap_lines=True)
        _suspects(run)
    offer()
    st.markdown(text("torch.script"))
    source_panel(
        torch_script(settings, run.weights),
        partial(file_name, settings, weights=run.weights, what="torch"),
        key=f"{key}torch_",
        height=460,
    )


def torch_attention_panel(
    model: Model, weights: Mapping[str, np.ndarray], file: Callable[[str], str]
) -> None:
    """A layer and attention over its outputs in PyTorch, as a script; if PyTorch cannot compute
    the same, why.

    Args:
        weights: by the names of the model's layout.
        file: returns the script's name, given its suffix.
    """
    settings, attention = model.settings, model.attention
    assert attention is not None
    if missing := attention_lacks(model):
        said = {"cell": settings.cell, "units": settings.units, "heads": attention.heads}
        for name in missing:
            st.markdown(text(f"torch.lacks.{name}", **said))
        return
    by_hand = text(
        "torch.attention" if attention.score != "additive" else "torch.attention_additive"
    )
    st.markdown(text("torch.attention_heads") if attention.score == "multi_head" else by_hand)
    download(
        lambda: write_npz(torch_of_attention(weights, model)),
        attention_file(model, weights),
        "application/octet-stream",
        text("edit.download_torch_npz"),
        key="attention_torch_npz",
    )
    source_panel(attention_script(model, weights), file, key="attention_torch_", height=460)


def _suspects(run: Run) -> None:
    """What may be wrong where a layer and a module differ, and that in the app they do not."""
    st.markdown(text("torch.suspect"))
    slips = torch_slips.facts(run)
    table = {
        text("torch.slip"): [_slip(slip) for slip in slips],
        text("torch.moves"): [text("torch.difference", **slip.values) for slip in slips],
    }
    st.table(table, alt=text("torch.suspects_alt"), hide_index=True)
    if run.settings.steps > torch_slips.MOST_STEPS:
        st.caption(text("torch.first_steps", steps=torch_slips.MOST_STEPS))
    if any(slip.values["difference"] <= EQUAL for slip in slips):
        st.caption(text("torch.unseen"))
    fact_list(torch_forward.facts(run), "torch_facts")


def _slip(slip: Fact) -> str:
    """A slip, and below it what to check."""
    said = (text(f"torch_slips.{slip.name}.{part}", **slip.values) for part in ("made", "check"))
    return "  \n".join(said)


def _rows(settings: Settings) -> Iterator[tuple[str, str]]:
    """What there is in Keras, and what corresponds to it in PyTorch."""
    yield f"`{constructor(settings)}`", f"`{module(settings)}`"
    cell = CELLS[settings.cell]
    if cell.gates:
        yield _order(cell.block_names), _order(cell.torch.blocks)
    for pair in pairs(settings):
        yield _held(pair), text("torch.weight", name=pair.torch.name, shape=pair.torch.shape)


def _order(names: tuple[str, ...]) -> str:
    gates = ", ".join(text(f"gates.{name}.name") for name in names)
    return text("torch.order", gates=gates)


def _held(pair: Pair) -> str:
    """What PyTorch's weight holds of Keras's."""
    if pair.keras is None:
        return text("torch.nothing")
    name, shape = pair.keras.name, pair.keras.shape
    if pair.row is None:
        return text("torch.weight", name=name, shape=shape)
    return text("torch.row", name=name, row=pair.row, shape=shape[1:])


def _notes(settings: Settings) -> Iterator[str]:
    yield text("torch.transposed")
    if settings.use_bias:
        more = more_parameters(settings)
        yield text(f"torch.bias_{'one' if more else 'two'}", cell=settings.cell, more=more)
    if settings.go_backwards:
        yield text("torch.backwards")
