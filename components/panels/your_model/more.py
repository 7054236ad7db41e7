"""What leads on from a visitor's model: its layers on other pages, its code, and its numbers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import streamlit as st

from components.backend.question.linked import Message
from components.backend.your_model import arrays, sample
from components.backend.your_model.answer import Answer
from components.backend.your_model.as_code import script
from components.backend.your_model.other_pages.handed_over import (
    HandedOver,
    handed_over,
    handed_to_padding,
)
from components.panels.ask.boxes import on_demand
from components.panels.pages import TAKE_WEIGHTS, page_link
from components.panels.parts.code import download, source_panel
from components.panels.write.plain import plain, unstruck
from components.panels.your_model.files import names_of
from components.panels.your_model.rows import Line
from components.panels.your_model.sentence import ShownSentence
from components.texts import text

_KEPT = "model_handed"
"""In the session: what the links lead to. The server keeps its weights as long."""


def leads_on(shown: ShownSentence, line: Line | None, *, cell: int) -> None:
    """A box with the pages that take the open layer, and boxes with the code and the numbers.

    Args:
        cell: which cell of the layer is looked at, from 1.
    """
    answer = shown.answer
    box = st.popover(
        text("your_model.elsewhere"),
        icon=":material/open_in_new:",
        key="model_elsewhere",
        on_change="rerun",
    )
    if box.open:
        with box:
            _pages(shown, line, cell)
    on_demand(text("your_model.code"), "model_code", lambda: _code(answer))
    on_demand(text("your_model.data"), "model_data", lambda: _data(answer))


def _pages(shown: ShownSentence, line: Line | None, cell: int) -> None:
    kept = list(_handed_over(shown, line, cell))
    st.session_state[_KEPT] = kept
    if not kept:
        st.caption(text("your_model.no_recurrent"))
    for heading, pages, found in kept:
        st.markdown(f"**{heading}**")
        if isinstance(found, Message):
            st.caption(unstruck(found))
            continue
        for page in pages:
            page_link(page, found.query)
        if found.notes:
            st.caption(unstruck(" ".join(map(str, found.notes))))


def _handed_over(
    shown: ShownSentence, line: Line | None, cell: int
) -> Iterator[tuple[str, Sequence[str], HandedOver | Message]]:
    """What can be opened elsewhere: a heading, the pages, and what they take or why they cannot."""
    call, answer = line and line.call, shown.answer
    if call and call.cells:
        at, own = min(cell, len(call.cells)) - 1, {"count": answer.fed.count}
        heading = text("your_model.opens_layer", name=plain(call.name))
        pages = [page for page in TAKE_WEIGHTS if page != "padding"]
        yield heading, pages, handed_over(answer.explained, call, at, sentence=shown.index, **own)
        padding = handed_to_padding(answer.explained, call, at, **own)
        yield text("pages.padding.title"), ["padding"], padding


def _code(answer: Answer) -> None:
    if answer.opened.is_keras2:
        st.markdown(text("your_model.code_keras2"))
        return
    st.markdown(text("your_model.code_told"))
    files = names_of(answer.opened)
    if sample.NAME in files:
        _sample_file()
    source = script(answer, files, _npz_name(answer))
    source_panel(source, lambda ending: f"{_stem(answer)}.{ending}", key="model_", height=460)


def _sample_file() -> None:
    """A button that downloads the sample, so that its script runs."""
    label, mime = text("your_model.sample_file"), "application/octet-stream"
    download(lambda: sample.files()[sample.NAME], sample.NAME, mime, label, key="model_sample")


def _data(answer: Answer) -> None:
    st.markdown(text("your_model.data_told"))
    download(
        lambda: arrays.npz(answer),
        _npz_name(answer),
        "application/octet-stream",
        text("your_model.data_file"),
        key="model_npz",
    )


def _npz_name(answer: Answer) -> str:
    return f"{_stem(answer)}.npz"


def _stem(answer: Answer) -> str:
    """What the files are called: after the model, whose name may be anything."""
    said = "".join(letter if letter.isalnum() else "_" for letter in answer.opened.name)
    return f"rnn_lens_{said[:40]}"
