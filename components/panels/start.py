"""Whose weights the page shows, and the way back to those of the seed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

import streamlit as st

from components.backend import Setup
from components.backend.edits import ALLOWED, Edits
from components.backend.linked import Words, place
from components.backend.start import NOTHING, Start
from components.backend.trained import Trained
from components.backend.weights import Weights
from components.backend.whatif import learn
from components.panels.page.asked import Asked
from components.panels.page.compute import Failure, attempt
from components.panels.page.places import place_kept
from components.panels.training import looker, weights_of
from components.texts import text

_FITTED, _GONE = "fitted", "let_go"  # in the session: what fitted last, and what was let go last


class _Gone(NamedTuple):
    """The weights that were let go, the settings that they fitted, and what is left of them."""

    start: Start
    setup: Setup
    left: Start


def _let_go(setup: Asked[Setup], start: Asked[Start]) -> None:
    """Let go of named weights that the settings no longer fit: they do not come back by
    themselves."""
    misfits = start.value.misfits(setup.value.settings)
    if not misfits:
        st.session_state[_FITTED] = start.value, setup.value
        return
    if start.arrived:  # the link names weights that do not fit the settings that it names
        for name in misfits:
            start.refuse(name, ALLOWED if name == "edits" else Words("case_fits"))
    else:
        left = start.value.fitting(setup.value.settings)
        st.session_state[_GONE] = _Gone(*st.session_state[_FITTED], left)
    start.put(**{name: NOTHING[name] for name in misfits})


def forget_gone() -> None:
    """Do not offer any longer what was let go."""
    st.session_state.pop(_GONE, None)


def chosen_weights(
    setup: Asked[Setup], start: Asked[Start], *, told: bool = False
) -> Weights | Failure | None:
    """The weights that the visitor starts from, told of; None where they are the seed's; a Failure
    while they are being trained.

    Args:
        told: say whose they are even where they are the seed's.
    """
    _let_go(setup, start)
    with place_kept():
        return _told_weights(setup, start, told)


def _told_weights(setup: Asked[Setup], start: Asked[Start], told: bool) -> Weights | Failure | None:
    """The same, for weights that fit."""
    offered = _offer_gone(setup, start)
    if not start.value.named:
        if told and not offered:
            _tell(_named(start.value), {}, key="weights_row")
        return None
    trained = start.value.trained if start.value.base == "trained" else None
    missing = trained and weights_of(trained)
    weights = missing or attempt(lambda: start.value.weights(setup.value.settings))
    ways_back = {}
    if missing and missing.kind:
        ways_back["train_again"] = lambda: learn.begin(trained.question, looker())
    if start.value.edits != Edits():
        ways_back["undo"] = lambda: start.put(edits=Edits())
    if start.value.base:
        ways_back["of_seed"] = lambda: start.put(**NOTHING)
    _tell(_named(start.value), ways_back, key="weights_row")
    return weights


def _offer_gone(setup: Asked[Setup], start: Asked[Start]) -> bool:
    """Say what was let go last, and offer it again, until other weights are chosen. Whether there
    was something."""
    gone: _Gone | None = st.session_state.get(_GONE)
    if gone is None or start.value != gone.left:
        forget_gone()
        return False

    def bring_back() -> None:
        layer = {name: v for name, v in gone.setup if place(Setup, name).group != "sentence"}
        setup.put(**layer)
        start.put(**dict(gone.start))

    what = "let_go_edits" if gone.left.base == gone.start.base else "let_go"
    if gone.start.misfits(setup.value.settings):
        _tell(text(f"start.{what}"), {"bring_back": bring_back})
    else:
        _tell(text(f"start.{what}_fit"), {"bring_again": bring_back})
    return True


def _tell(said: str, offers: Mapping[str, Callable[[], None]], *, key: str | None = None) -> None:
    """A line on the weights, and what can be done about them, by its name in the texts."""
    with st.container(key=key, horizontal=True, vertical_alignment="center"):
        st.caption(said, width="content")
        for name, do in offers.items():
            on_click, key = do, f"weights_{name}"
            st.button(text(f"start.{name}"), on_click=on_click, key=key, type="tertiary")


def _named(start: Start) -> str:
    """Whose weights these are, what the ids stand for that they were trained on, and what was
    edited."""
    edited = text("start.edited") if start.edits != Edits() else ""
    match start.base:
        case "case":
            return text("start.case", case=start.case, edited=edited)
        case "trained":
            return text("start.trained", **trained_words(start.trained), edited=edited)
        case "brought":
            return text("start.brought", edited=edited)
    return text("start.drawn", edited=edited)


def trained_words(trained: Trained) -> dict[str, object]:
    """What the texts say of a training."""
    question = trained.question
    symbols = (f"{number} = {name}" for number, name in enumerate(question.kind.symbols))
    task = text(f"learn_view.task.options.{question.task}")
    return {"task": task, "step": trained.step, "symbols": ", ".join(symbols)}
