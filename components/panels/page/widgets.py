"""The widget that fits a field of a linked question, bound to the address."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import streamlit as st

from components.backend.linked import (
    Spelling,
    bounds,
    choices,
    noted,
    place,
    to_text,
)
from components.panels.page.address import bring_in
from components.panels.page.asked import LAST, Asked
from components.panels.page.echo import set_widget
from components.panels.page.hidden import hidden_field
from components.panels.page.parts import acting, note_drawn, out_of_sight
from components.texts import has_text, text

# A whole number with a range up to this wide is a slider; with a wider one, a field to type in.
_WIDEST_SLIDER = 100


def widgets(asked: Asked, group: str, **options: Any) -> None:
    """The widgets of a group's fields that have an effect."""
    applying = asked.applying()
    for name in asked.model.model_fields:
        if name in applying and place(asked.model, name).group == group:
            widget(asked, name, **options)


def widget(
    asked: Asked,
    name: str,
    *,
    row: bool = False,
    limits: tuple[int, int] | None = None,
    only: Sequence[Any] | None = None,
    moved: Callable[[], None] | None = None,
    hint: bool = True,
    **options: Any,
) -> None:
    """The widget of a field.

    Args:
        row: show choices side by side, not in a list.
        limits: of a whole number, within its bounds; where they move, it stays as near as it can.
        only: of a choice, the options that there are now; what it is has to be one of them.
        moved: called when it has moved; may set other fields.
        hint: show the field's hint below it, if it has one.
        options: further arguments of Streamlit's widget, such as width.
    """
    labelled = has_text(f"{asked.words}.{name}.options")
    key = asked.chosen_key(name) if labelled else asked.key(name)
    said: dict[str, Any] = {
        "label": text(f"{asked.words}.{name}.label"),
        "help": text(f"{asked.words}.{name}.help"),
        "key": key,
        "on_change": acting(moved, key=key),
        "bind": None if labelled else "query-params",
    } | options
    if choices(asked.model, name):
        said["format_func"] = partial(label_of, asked, name) if labelled else str
        _choice(asked, name, row, said, choices(asked.model, name) if only is None else only)
    else:
        _plain(asked, name, limits, said)
    asked.note_drawn(name)
    if hint and has_text(f"{asked.words}.{name}.hint"):
        st.caption(text(f"{asked.words}.{name}.hint"))


def write_address(asked: Asked, name: str) -> None:
    """Keep a field in the address that has no widget of its own."""
    value, ordinary = (
        asked.held(name, v) for v in (getattr(asked.value, name), asked.ordinary(name))
    )
    _in_address(asked.key(name), value, ordinary)
    asked.note_drawn(name)


def keep_last_right(asked: Asked) -> None:
    """Have the address say, beside a value that is wrong, what is shown in its place."""
    for name, value in asked.wrong().items():
        key = LAST + asked.key(name)
        _in_address(key, value, "")
        bring_in(key, value)


def _in_address(key: str, value: str, default: str) -> None:
    """A field that nobody sees, bound to the address: Streamlit binds nothing but widgets, and what
    else writes the address can overwrite in it what a visitor moves meanwhile."""
    hidden_field(key, value, default, place=out_of_sight(), bind="query-params")


def _remember(asked: Asked, name: str, default: Any) -> None:
    """What was said before, for a widget that was off the page meanwhile."""
    key, kept = asked.key(name), getattr(asked.kept.good, name)
    if key not in st.session_state and kept != default:
        st.session_state[key] = asked.held(name, kept)


def _plain(asked: Asked, name: str, limits: tuple[int, int] | None, said: dict[str, Any]) -> None:
    """A field that is no choice: a text, a switch or a number."""
    default = asked.ordinary(name)
    _remember(asked, name, default)
    if noted(asked.model, name, Spelling):
        st.text_input(value=to_text(asked.model, name, default), **said)
    elif isinstance(default, bool):
        st.toggle(value=default, **said)
    else:
        _number(asked, name, limits or bounds(asked.model, name), said)


def _number(asked: Asked, name: str, limits: tuple[int, int], said: dict[str, Any]) -> None:
    (low, high), ranges, key = limits, asked.kept.ranges, said["key"]
    if ranges.get(name, limits) != limits:  # Streamlit would start it at its default again
        st.session_state[key] = min(max(getattr(asked.kept.good, name), low), high)
    ranges[name] = limits
    lowest, highest = bounds(asked.model, name)
    default = min(max(asked.ordinary(name), low), high)
    if highest - lowest > _WIDEST_SLIDER:
        # Streamlit's own bounds would leave what is typed beyond them in the field, unused, or put
        # the default in its place without a word. Here the nearest number is taken, and told.
        st.number_input(value=default, **said)
    elif low < high:
        st.slider(min_value=low, max_value=high, value=default, **said)


def _choice(
    asked: Asked, name: str, row: bool, said: dict[str, Any], allowed: Sequence[Any]
) -> None:
    """Buttons side by side, or a list. Options with labels of their own are in the address by
    their names: Streamlit would write the labels, which are others in another language."""
    options = [asked.held(name, option) for option in allowed]
    default, key = asked.held(name, asked.ordinary(name)), said["key"]
    if key == asked.chosen_key(name):
        write_address(asked, name)
        right = asked.held(name, getattr(asked.value, name))
        if st.session_state.get(key, default) != right:
            st.session_state[key] = right
    else:
        _remember(asked, name, default)
    if row:
        st.segmented_control(options=options, default=default, required=True, **said)
    else:
        st.selectbox(options=options, index=options.index(default), **said)


def label_of(asked: Asked, name: str, option: str) -> str:
    return text(f"{asked.words}.{name}.options.{option}")


def showing(
    key: str,
    value: Any,
    take: Callable[[Any], None],
    *,
    first: Any = None,
    shown_by: Sequence[str] = (),
) -> dict[str, Any]:
    """For a widget that shows what follows from a field, or a part of it, and is not bound to the
    address itself: its key and what it does when it is moved.

    Args:
        value: what it has to show.
        take: called with what it was moved to; sets the field.
        first: what it shows when it is first drawn and was not set; None where it always is.
        shown_by: as `acting` takes it.
    """
    set_widget(key, value, first=first)
    note_drawn(key)
    act = acting(lambda: take(st.session_state[key]), key=key, shown_by=shown_by)
    return {"key": key, "on_change": act}
