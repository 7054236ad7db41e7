"""Whose weights the page shows, and the way back to those of the seed."""

from __future__ import annotations

from contextlib import nullcontext

import streamlit as st

from components.backend import Settings
from components.backend.edits import ALLOWED, Edits
from components.backend.linked import Words
from components.backend.start import NOTHING, Start
from components.backend.trained import Trained, recorded
from components.backend.weights import Weights
from components.backend.whatif import learn
from components.panels.page.asked import Asked
from components.panels.page.compute import Failure, attempt
from components.panels.page.parts import acting
from components.panels.page.widgets import write_address
from components.texts import text


def keep_start(start: Asked[Start], settings: Settings) -> None:
    """Keep in the address what the visitor starts from, but let go of named weights that the
    settings no longer fit; they do not come back by themselves."""
    for name in start.value.misfits(settings):
        allowed = ALLOWED if name == "edits" else Words("case_fits")
        start.retract(name, NOTHING[name], allowed)
    for name in NOTHING:
        write_address(start, name)


def chosen_weights(start: Asked[Start], settings: Settings) -> Weights | Failure | None:
    """The weights that the visitor starts from, told of; None where they are the seed's.

    To be called after `keep_start`, which lets go of those that do not fit. Those of a training
    that nobody has asked for yet are waited for.
    """
    if start.value.misfits(settings):
        st.rerun()  # they are let go where the address is written
    if not start.value.named:
        return None
    with st.spinner(text("start.training")) if _is_new(start.value) else nullcontext():
        weights = attempt(lambda: start.value.weights(settings))
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(_named(start.value), width="content")
        st.button(
            text("start.seed"),
            on_click=acting(lambda: start.put(**NOTHING)),
            key="weights_of_seed",
            type="tertiary",
        )
    return weights


def _is_new(start: Start) -> bool:
    """Whether the weights have to be trained first."""
    if start.base != "trained" or start.trained in recorded():
        return False
    standing = learn.look(start.trained.question)
    return standing is None or standing.progress.state != "done"


def _named(start: Start) -> str:
    """Whose weights these are, what the ids stand for that they were trained on, and what was
    edited."""
    match start.base:
        case "case":
            said = text("start.case", case=start.case)
        case "trained":
            said = text("start.trained", **trained_words(start.trained))
        case "brought":
            said = text("start.brought")
        case _:
            said = text("start.drawn")
    return said if start.edits == Edits() else text("start.edited", base=said)


def trained_words(trained: Trained) -> dict[str, object]:
    """What the texts say of a training."""
    question = trained.question
    symbols = (f"{number} = {name}" for number, name in enumerate(question.kind.symbols))
    task = text(f"learn_view.task.options.{question.task}")
    return {"task": task, "step": trained.step, "symbols": ", ".join(symbols)}
