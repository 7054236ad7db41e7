"""The widget that fits a field of a linked question."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import streamlit as st

from components.backend.linked import Slider, Spelling, bounds, choices, noted, place
from components.panels.page.asked import Asked
from components.texts import has_text, text

# A whole number with a range up to this wide is a slider; with a wider one, a field to type in.
_WIDEST_SLIDER = 100
_FIELD = 72  # px of a field beside a slider
_ANY_NUMBER = {"step": 1.0, "format": "%g"}


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
    lines: bool = False,
    only: Sequence[Any] | None = None,
    moved: Callable[[], None] | None = None,
    **options: Any,
) -> None:
    """The widget of a field.

    Args:
        row: show choices side by side, not in a list.
        typed: whether a whole number is typed, and has no slider. For a number whose limits follow
            from other widgets: a slider would offer numbers that are beyond them.
        lines: whether a text may have several lines.
        only: the options of a choice, if not all are offered.
        moved: called when the visitor has moved the widget; may set other fields.
        options: further arguments of Streamlit's widget, such as width, or a label in place of that
            in the texts.
    """
    key = asked.key(name)
    if key not in st.session_state:  # it was not on the page in the last run
        st.session_state[key] = asked.first(name)
    arguments: dict[str, Any] = {"key": key} | options
    for argument in ("label", "help"):
        if argument not in arguments:
            arguments[argument] = text(f"{asked.words}.{name}.{argument}")
    if moved:
        arguments["on_change"] = lambda: (asked.read(), moved())
    if options_ := choices(asked.model, name):
        _choice(asked, name, row, arguments, options_ if only is None else only)
    elif noted(asked.model, name, Spelling):
        (st.text_area if lines else st.text_input)(**arguments)
    elif asked.model.model_fields[name].annotation is bool:
        st.toggle(**arguments)
    else:
        _number(asked, name, typed, arguments)


def label_of(asked: Asked, name: str, option: str) -> str:
    """An option's label: from the texts or, if they have none, as the address writes the option."""
    if not has_text(f"{asked.words}.{name}.options.{option}"):
        return option
    return text(f"{asked.words}.{name}.options.{option}")


def showing(key: str, value: Any, take: Callable[[Any], None]) -> dict[str, Any]:
    """The key and the callback of a widget that is not itself a field's, but shows and sets one.

    Args:
        value: what the widget has to show.
        take: called with what the visitor has set it to; sets the field.
    """
    if st.session_state.get(key) != value:
        st.session_state[key] = value
    return {"key": key, "on_change": lambda: take(st.session_state[key])}


def _number(asked: Asked, name: str, typed: bool, arguments: dict[str, Any]) -> None:
    """A slider, a field to type in, or both."""
    (low, high), slider = bounds(asked.model, name), noted(asked.model, name, Slider)
    if typed or (slider is None and high - low > _WIDEST_SLIDER):
        # It takes any number, and what is not allowed is complained about. For 3.7, for 1e9 and for
        # a number beyond its bounds a field of Streamlit's for whole numbers takes another one.
        st.number_input(value=None, required=True, **_ANY_NUMBER, **arguments)
    elif slider is None:
        st.slider(min_value=low, max_value=high, **arguments)
    else:
        box = {"horizontal": True, "vertical_alignment": "bottom", "gap": "small"}
        with st.container(width="content" if "width" in arguments else "stretch", **box):
            if _is_wide(asked, name, slider.top):
                slider = Slider(high)
            st.slider(min_value=low, max_value=slider.top, **arguments)
            _typed_beside(asked, name, text("widgets.typed", label=arguments["label"], high=high))


def _is_wide(asked: Asked, name: str, top: int) -> bool:
    """Whether a field's slider has to go on to its largest number: from the first number beyond
    `top` on, until a smaller one is typed. Other ends make it another slider to Streamlit, which
    has to be told its value."""
    key, value = asked.key(name), getattr(asked.value, name)
    if value > top and not st.session_state.get(f"{key}_wide"):
        st.session_state[f"{key}_wide"], st.session_state[key] = True, value
    return st.session_state.get(f"{key}_wide", False)


def _typed_beside(asked: Asked, name: str, label: str) -> None:
    """A field beside a slider. A number that it has passed on to the slider it forgets: if both
    had the number, two quick changes could undo each other."""
    key = f"{asked.key(name)}_typed"

    def take() -> None:
        if asked.typed_number(name, st.session_state[key]):
            st.session_state[f"{asked.key(name)}_wide"] = False
            st.session_state[key] = None

    _, high = bounds(asked.model, name)
    more = {"label_visibility": "collapsed", "placeholder": text("widgets.up_to", high=high)}
    st.number_input(label, value=None, key=key, on_change=take, width=_FIELD, **_ANY_NUMBER, **more)


def _choice(
    asked: Asked, name: str, row: bool, arguments: dict[str, Any], allowed: Sequence[Any]
) -> None:
    """Buttons side by side, or a list."""
    options = [asked.held(name, option) for option in allowed]
    arguments.setdefault("format_func", partial(label_of, asked, name))
    if row:
        st.segmented_control(options=options, required=True, **arguments)
    else:
        st.selectbox(options=options, **arguments)
