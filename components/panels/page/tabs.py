"""Tabs for the options of a field.

The bar stays as it is when a visitor opens another tab: only what is in the tabs is drawn again.
For while a bar is drawn, Streamlit's browser side takes its tabs for old, closes them to keys and
clicks, and loses the focus; and it opens the tab that the run says is open, as if it were set here.
A visitor who was faster, and has gone on to another one meanwhile, would be taken back, and if his
move had not been sent yet, it would be forgotten. So where he has opened a tab himself, a bar that
has to be drawn with the page does not say which one it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any

import streamlit as st

from components.backend.linked import choices
from components.panels.page.asked import Asked
from components.panels.page.echo import is_heard
from components.panels.page.parts import Shows, part, standing
from components.panels.page.widgets import label_of, showing, write_address


@dataclass
class _Bar:
    """Which tab is open as far as the bar knows; how often it was set here; and where the bar stood
    if the visitor has moved it since."""

    open: str
    sets: int = 0
    moved: str | None = None


def tabs(
    asked: Asked,
    name: str,
    draw: Callable[[str], None],
    *,
    shows: Shows,
    follows: str,
    **options: Any,
) -> None:
    """Tabs for the options of a field.

    Args:
        draw: draws what is in the tab of an option.
        shows: tells what that depends on, beside the field, and
        follows: which part of the page it is to be drawn again after, as `part` takes them.
        options: further arguments of st.fragment for the bar's part.
    """
    state, key, names = st.session_state, f"{asked.key(name)}s", choices(asked.model, name)
    labels = {label_of(asked, name, option): option for option in names}

    def is_open(option: str) -> bool:
        return getattr(asked.value, name) == option

    def known() -> _Bar:
        return state.setdefault(f"{key}.bar", _Bar(getattr(asked.value, name)))

    def sets() -> int:
        """With the one that the bar has yet to know of."""
        return known().sets + (not is_open(known().open))

    @part(f"{key}.address", lambda: getattr(asked.value, name))
    def address() -> None:
        write_address(asked, name)

    def content(option: str) -> Callable[[], None]:
        @part(
            f"{key}.{option}",
            lambda: shows() if is_open(option) else None,
            follows=lambda: follows if is_open(option) else None,
        )
        def run() -> None:
            if is_open(option):
                draw(option)

        return run

    def take(place: str | None, label: str) -> None:
        bar = known()
        bar.open = labels.get(label, bar.open)
        asked.put(**{name: bar.open})
        if is_heard(f"{key}.open"):
            bar.moved = place

    @part(key, sets, watched=True, **options)
    def draw_bar() -> None:
        place, bar = standing(), known()
        if not is_open(bar.open):
            bar = state[f"{key}.bar"] = _Bar(getattr(asked.value, name), bar.sets + 1)
        if asked.chosen_key(name) not in state or f"{key}.open" not in state:
            bar.moved = None  # the browser draws it from scratch
        state[asked.chosen_key(name)] = getattr(asked.value, name)
        first, *_ = labels
        label = next(label for label, option in labels.items() if is_open(option))
        shown = showing(
            f"{key}.open",
            label,
            partial(take, place),
            first=first,
            shown_by=[f"{key}.{what}" for what in ("address", *names)],
        )
        drawn = st.tabs(_Labels(labels, told=bar.moved != place), **shown)
        for option, tab in zip(names, drawn, strict=True):
            with tab:
                content(option)()
        address()

    draw_bar()


class _Labels(list[str]):
    """The labels of tabs. Streamlit looks up in them which one the browser is to open, if that is
    to be told: beyond the last it is none, and what is open there stays so."""

    def __init__(self, labels: Iterable[str], *, told: bool) -> None:
        super().__init__(labels)
        self._told = told

    def index(self, label: str, *bounds: Any) -> int:
        return super().index(label, *bounds) if self._told else len(self)
