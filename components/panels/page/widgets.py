"""The widget that fits a field of a linked question."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import streamlit as st

from components.backend.linked import Spelling, bounds, choices, noted, place
from components.panels.page.asked import Asked
from components.texts import has_text, text

# A whole number with a range up to this wide is a slider; with a wider one, a field to type in.
_WIDEST_SLIDER = 100


def widgets(asked: Asked, group: str, **options: Any) -> None:
    """The widgets of a group's fields that have an effect."""
    for name in asked.fields:
        if place(asked.model, name).group == group:
            widget(asked, name, **options)


def widget(
    asked: Asked,
    name: str,
    *,
    row: bool = False,
    typed: bool = False,
    only: Sequence[Any] | None = None,
    moved: Callable[[], None] | None = None,
    **options: Any,
) -> None:
    """The widget of a field.

    Args:
        row: show choices side by side, not in a list.
        typed: of a whole number: a field to type in, and no slider. For a number whose limits
            follow from other widgets: a slider with other ends would start anew.
        only: of a choice, the options that there are now.
        moved: called when the visitor has moved it; may set other fields.
        options: further arguments of Streamlit's widget, such as width, or a label in place of that
            in the texts.
    """
    key = asked.key(name)
    if key not in st.session_state:  # it was not on the page in the last run
        st.session_state[key] = asked.first(name)
    said: dict[str, Any] = {"key": key} | options
    for part in ("label", "help"):
        if part not in said:
            said[part] = text(f"{asked.words}.{name}.{part}")
    if moved:
        said["on_change"] = lambda: (asked.read(), moved())
    if options_ := choices(asked.model, name):
        _choice(asked, name, row, said, options_ if only is None else only)
    elif noted(asked.model, name, Spelling):
        st.text_input(**said)
    elif asked.model.model_fields[name].annotation is bool:
        st.toggle(**said)
    else:
        _number(bounds(asked.model, name), typed, said)


def label_of(asked: Asked, name: str, option: str) -> str:
    """What an option of a choice is called: in the texts, or else as the address writes it."""
    if not has_text(f"{asked.words}.{name}.options.{option}"):
        return option
    return text(f"{asked.words}.{name}.options.{option}")


def showing(key: str, value: Any, take: Callable[[Any], None]) -> dict[str, Any]:
    """For a widget that shows a part of a field, and has no field of its own: its key, and a
    callback.

    Args:
        value: what it has to show.
        take: called with what a visitor has set it to; sets the field.
    """
    if st.session_state.get(key) != value:
        st.session_state[key] = value
    return {"key": key, "on_change": lambda: take(st.session_state[key])}


def _number(limits: tuple[int, int], typed: bool, said: dict[str, Any]) -> None:
    low, high = limits
    if typed or high - low > _WIDEST_SLIDER:
        # Given bounds, Streamlit puts the default in place of a number beyond them silently.
        # Without them the page takes the nearest allowed number and says so.
        st.number_input(step=1, **said)
    else:
        st.slider(min_value=low, max_value=high, **said)


def _choice(
    asked: Asked, name: str, row: bool, said: dict[str, Any], allowed: Sequence[Any]
) -> None:
    """Buttons side by side, or a list."""
    options = [asked.held(name, option) for option in allowed]
    said.setdefault("format_func", partial(label_of, asked, name))
    if row:
        st.segmented_control(options=options, required=True, **said)
    else:
        st.selectbox(options=options, **said)
