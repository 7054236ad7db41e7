"""Whose weights the page shows, and the way back to those of the seed."""

from __future__ import annotations

from contextlib import nullcontext

import streamlit as st

from components.backend import Settings
from components.backend.linked import Words
from components.backend.start import NO_CASE, Start
from components.backend.trained import Trained, recorded
from components.backend.weights import Weights
from components.backend.whatif import learn
from components.panels.page.asked import Asked
from components.panels.page.compute import Failure, attempt, tell
from components.panels.page.parts import acting
from components.panels.page.widgets import write_address
from components.texts import text

NOTHING = dict(Start())
"""What `Start` holds where the weights are drawn from the seed."""


def keep_start(start: Asked[Start], settings: Settings) -> None:
    """Keep in the address what the visitor starts from, but let go of named weights that the
    settings no longer fit; they do not come back by themselves."""
    if not start.value.fits(settings):
        name = "trained" if start.value.case == NO_CASE else "case"
        start.retract(name, NOTHING[name], Words("case_fits"))
    for name in NOTHING:
        write_address(start, name)


def chosen_weights(start: Asked[Start], settings: Settings) -> Weights | None:
    """The weights that the visitor starts from, told of; None where they are the seed's.

    To be called after `keep_start`, which lets go of those that do not fit. Those of a training
    that nobody has asked for yet are waited for.
    """
    if not start.value.fits(settings):
        st.rerun()  # they are let go where the address is written
    if not start.value.named:
        return None
    with st.spinner(text("start.training")) if _is_new(start.value) else nullcontext():
        weights = attempt(lambda: start.value.weights)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(_named(start.value), width="content")
        st.button(
            text("start.seed"),
            on_click=acting(lambda: start.put(**NOTHING)),
            key="weights_of_seed",
            type="tertiary",
        )
    if isinstance(weights, Failure):
        tell(weights)
        return None
    return weights


def _is_new(start: Start) -> bool:
    """Whether the weights have to be trained first."""
    trained = start.trained
    if start.case != NO_CASE or trained is None or trained in recorded():
        return False
    standing = learn.look(trained.question)
    return standing is None or standing.progress.state != "done"


def _named(start: Start) -> str:
    """Whose weights these are, and what the ids stand for that they were trained on."""
    if start.case != NO_CASE:
        return text("start.case", case=start.case)
    return text("start.trained", **trained_words(start.trained))


def trained_words(trained: Trained) -> dict[str, object]:
    """What the texts say of a training."""
    question = trained.question
    symbols = (f"{number} = {name}" for number, name in enumerate(question.kind.symbols))
    task = text(f"learn_view.task.options.{question.task}")
    return {"task": task, "step": trained.step, "symbols": ", ".join(symbols)}
