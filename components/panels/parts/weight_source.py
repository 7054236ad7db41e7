"""Which weights the page shows, and buttons to go back to those of the seed."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any, NamedTuple
from urllib.parse import urlencode

import streamlit as st

from components.backend import Settings, Setup
from components.backend.learning import learn
from components.backend.learning.trained import LEARNED_SIZES, Trained
from components.backend.origins.notebook import following
from components.backend.origins.weight_source import NO_FIT, NOTHING, WeightSource
from components.backend.question.linked import Message, Problem, rule_of
from components.backend.question.weights import Weights
from components.backend.weight_files.edits import ALLOWED, Edits
from components.panels.ask.address import leads
from components.panels.ask.complain import complaints
from components.panels.ask.field_set import FieldSet
from components.panels.ask.widgets import label_of
from components.panels.run.compute import Failure, attempt
from components.panels.training import subscriber, weights_of
from components.panels.write.containers import kept_place
from components.panels.write.plain import plain
from components.texts import text

_FITTED, _GONE = "fitted", "dropped"  # in the session: the last weights that fitted; a _Gone
_CHOSEN = "chosen weights"  # beside the names of the setup's fields
_WANTED = "wanted"  # in the session: the setup that the widgets asked for, which was refused


class FittingSetup(FieldSet[Setup]):
    """The setup of a page that shows the chosen weights. A value that they do not fit is refused
    at its widget, where a button drops the weights.

    A button of the page may still set what they do not fit: then they are dropped, and a line says
    so.
    """

    def __init__(self, start: FieldSet[WeightSource]) -> None:
        super().__init__(Setup)
        self.start = start

    def below(self, name: str) -> None:
        """What of a field the weights do not fit, and a button that drops them."""
        for problem in self.at_widgets:
            if problem.field == name:
                got, allowed = (
                    self._labelled(name, words) for words in (problem.got, problem.allowed)
                )
                st.warning(text("start.held", got=plain(got), allowed=allowed))
                what = "drop" if self.start.value.base else "drop_edits"
                st.button(text(f"start.{what}"), key=f"drop.{name}", on_click=self._drop)

    def _labelled(self, name: str, words: Message) -> Message:
        """What is said of a field's values, with the labels that its widget has for them."""
        values = {
            key: ", ".join(label_of(self, name, each) for each in said.split(", "))
            for key, said in words.values.items()
            if isinstance(said, str)
        }
        return Message(words.name, {**words.values, **values})

    @property
    def at_widgets(self) -> Collection[Problem]:
        """The problems of fields that the weights do not fit."""
        return [p for p in self.problems.values() if p.allowed.name in NO_FIT]

    def _drop(self) -> None:
        """Drop the weights, or the edits, and take what the visitor had set."""
        wanted: Setup = st.session_state[_WANTED]
        misfits = self.start.value.misfits(wanted.settings)
        self.start.put(**{name: NOTHING[name] for name in misfits})
        self.put(**dict(wanted))

    def _widget_values(self) -> dict[str, Any]:
        """The widgets' values and the chosen weights: what fits depends on both."""
        return super()._widget_values() | {_CHOSEN: self.start.value}

    def _parsed(self, widget_values: Mapping[str, Any]) -> tuple[Setup, tuple[Problem, ...]]:
        own = {name: value for name, value in widget_values.items() if name != _CHOSEN}
        last = self.state.good
        wanted, wrong = super()._parsed(own)
        moved = [
            name
            for name, value in own.items()
            if value != self.widget_value(name, getattr(last, name))
        ]
        good, refused = self.start.value.hold(wanted, last, moved)
        if refused:
            st.session_state[_WANTED] = wanted
            self.state.in_link = tuple(p for p in self.state.in_link if p not in self.at_widgets)
            # What only followed from a refused value, such as a larger vocabulary, has not changed.
            wrong = tuple(problem for problem in wrong if problem.field in moved)
        return good, (*wrong, *refused)


class _Gone(NamedTuple):
    """Weights that the page has dropped, as they no longer fit the settings."""

    start: WeightSource
    setup: Setup  # the settings that they fitted
    left: WeightSource  # what of them still fits


def _drop_misfits(setup: FieldSet[Setup], start: FieldSet[WeightSource]) -> None:
    """Drop weights and edits that do not fit the settings. They come back only by a button."""
    misfits = start.value.misfits(setup.value.settings)
    if not misfits:
        st.session_state[_FITTED] = start.value, setup.value
        return
    if start.arrived:  # the link names weights that do not fit the settings that it names
        for name in misfits:
            start.refuse(name, ALLOWED if name == "edits" else Message("case_fits"))
    else:
        left = start.value.fitting(setup.value.settings)
        fitted, fitting = st.session_state[_FITTED]
        st.session_state[_GONE] = _Gone(fitted, fitting, left)
    start.put(**{name: NOTHING[name] for name in misfits})


def forget_gone() -> None:
    """Stop offering the dropped weights."""
    st.session_state.pop(_GONE, None)


def chosen_weights(
    setup: FieldSet[Setup], start: FieldSet[WeightSource], *, always: bool = False
) -> Weights | Failure | None:
    """The weights that the visitor has chosen, with a line that says which and, below it, what
    `complain` says; None for the seed's; a Failure while they are being trained.

    Args:
        always: say which weights they are even if they are the seed's.
    """
    _drop_misfits(setup, start)
    with kept_place():
        weights = _fitting_weights(setup, start, always)
        complaints()
    return weights


def _fitting_weights(
    setup: FieldSet[Setup], start: FieldSet[WeightSource], always: bool
) -> Weights | Failure | None:
    """As `chosen_weights`, for weights that fit the settings."""
    for name in setup.model.model_fields.keys() - setup.drawn:  # set by a button of the page
        setup.below(name)
    offered = _offer_gone(setup, start)
    settings = setup.value.settings
    if not start.value.named:
        found = start.value.training(settings)
        if start.value.learned != "nothing" and found is None:
            st.caption(text("start.none_learned", sizes=_sizes()))
        elif always and not offered and found is None:
            weights_line(_named(start.value, settings), {}, key="weights_row")
        return found.weights if found else None
    trained = start.value.trained if start.value.base == "trained" else None
    missing = trained and weights_of(trained)
    weights = missing or attempt(lambda: start.value.weights(settings))
    ways_back: dict[str, Callable[[], Any]] = {}
    if missing and missing.kind:
        ways_back["train_again"] = lambda: learn.submit(trained.question, subscriber())
    if start.value.edits != Edits():
        ways_back["undo"] = lambda: start.put(edits=Edits())
    if start.value.base:
        ways_back["of_seed"] = lambda: start.put(**NOTHING)
    weights_line(_named(start.value, settings), ways_back, key="weights_row")
    if start.value.base == "case":
        _to_other_cases(start.value.case)
    return weights


def _sizes() -> str:
    """The hidden sizes of which a cell is recorded that has learned quotation marks."""
    return f"{LEARNED_SIZES[0]}\N{EN DASH}{LEARNED_SIZES[-1]}"


def say_if_seeded(start: FieldSet[WeightSource]) -> None:
    """Say that the chosen weights are not used, where several layers are shown."""
    with kept_place():
        if start.value.named:
            st.caption(text("what_if.seeded"))


def _to_other_cases(case: str) -> None:
    """Links from a case of the notebook back to all of them, and on to the next one."""
    links = [f"[{text('notebook.back')}]({leads('notebook')})"]
    if found := following(case):
        query = urlencode(Setup.of(found.settings).to_query() | {"case": found.id})
        links.append(f"[{text('notebook.next', case=found.id)}]({leads(f'?{query}')})")
    st.caption(" · ".join(links))


def _offer_gone(setup: FieldSet[Setup], start: FieldSet[WeightSource]) -> bool:
    """Say that weights were dropped, with a button that brings them back, until the visitor chooses
    others. Returns whether there are any."""
    gone: _Gone | None = st.session_state.get(_GONE)
    if gone is None or start.value != gone.left:
        forget_gone()
        return False

    def bring_back() -> None:
        layer = {name: v for name, v in gone.setup if rule_of(Setup, name).group != "sentence"}
        found, _ = Setup.mend(dict(setup.value) | layer)
        setup.put(**(dict(gone.setup) if gone.start.misfits(found.settings) else layer))
        start.put(**dict(gone.start))

    what = "let_go_edits" if gone.left.base == gone.start.base else "let_go"
    if gone.start.misfits(setup.value.settings):
        weights_line(text(f"start.{what}"), {"bring_back": bring_back})
    else:
        weights_line(text(f"start.{what}_fit"), {"bring_again": bring_back})
    return True


def weights_line(
    line: str, offers: Mapping[str, Callable[[], None]], *, key: str | None = None
) -> None:
    """A line about the weights, and a button for each offer, by its name in the texts."""
    with st.container(key=key, horizontal=True, vertical_alignment="center"):
        st.caption(line, width="content")
        for name, do in offers.items():
            on_click, key = do, f"weights_{name}"
            st.button(text(f"start.{name}"), on_click=on_click, key=key, type="tertiary")


def _named(start: WeightSource, settings: Settings) -> str:
    """Where the weights come from, which symbols the ids had in their training, and whether they
    are edited."""
    edited = text("start.edited") if start.edits != Edits() else ""
    if trained := start.training(settings):
        return text("start.trained", **trained_words(trained), edited=edited)
    return text(f"start.{start.base or 'drawn'}", case=start.case, edited=edited)


def trained_words(trained: Trained) -> dict[str, object]:
    """The values with which the texts describe a training."""
    question = trained.question
    symbols = (f"{number} = {name}" for number, name in enumerate(question.kind.symbols))
    task = text(f"learn_view.task.options.{question.task}")
    return {"task": task, "step": trained.step, "symbols": ", ".join(symbols)}
