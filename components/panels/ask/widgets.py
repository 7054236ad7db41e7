"""The widget that fits a field of a linked question.

What a widget shows is its default too. Streamlit sends a value that the script has set only with
the run that set it. A browser that gets the widget's own script after the next run shows the
default, and sends that with the visitor's next click.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import streamlit as st

from components.backend.question.linked import (
    Slider,
    TextCodec,
    annotation_of,
    bounds,
    choices,
    place,
)
from components.panels.ask.cover import help_of
from components.panels.ask.field_set import FieldSet
from components.texts import has_text, text

# A whole number with a range up to this wide is a slider; with a wider one, a field to type in.
_WIDEST_SLIDER = 100
_ANY_NUMBER = {"step": 1.0, "format": "%g"}


def widgets(asked: FieldSet, group: str, **options: Any) -> None:
    """The widgets of a group's fields that have an effect."""
    for name in asked.fields:
        if place(asked.model, name).group == group:
            widget(asked, name, **options)


def widget(
    asked: FieldSet,
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
    asked.drawn.add(name)
    if key not in st.session_state:  # it was not on the page in the last run
        st.session_state[key] = asked.first(name)
    arguments: dict[str, Any] = {"key": key, "value": st.session_state[key]} | options
    if "label" not in arguments:
        arguments["label"] = text(f"{asked.words}.{name}.label")
    if "help" not in arguments:
        arguments["help"] = help_of(f"{asked.words}.{name}.help")
    if moved:
        arguments["on_change"] = lambda: (asked.read(), moved())
    if allowed := choices(asked.model, name):
        _choice(asked, name, row, arguments, allowed if only is None else only)
    elif spelling := annotation_of(asked.model, name, TextCodec):
        (st.text_area if lines else st.text_input)(**arguments)
        for note in spelling.notes(st.session_state[key]):
            st.caption(str(note))
    elif asked.model.model_fields[name].annotation is bool:
        st.toggle(**arguments)
    else:
        _number(asked, name, typed, arguments)
    asked.below(name)


def label_of(asked: FieldSet, name: str, option: str) -> str:
    """An option's label: from the texts or, if they have none, as the address writes the option."""
    if not has_text(f"{asked.words}.{name}.options.{option}"):
        return option
    return text(f"{asked.words}.{name}.options.{option}")


def showing(
    key: str, value: Any, take: Callable[[Any], None], default: str = "value"
) -> dict[str, Any]:
    """Arguments of a widget that is not itself a field's, but shows and sets one.

    Args:
        value: what the widget has to show.
        take: called with what the visitor has set it to; sets the field.
        default: what the widget calls the argument for its default.
    """
    if st.session_state.get(key) != value:
        st.session_state[key] = value
    return {"key": key, default: value, "on_change": lambda: take(st.session_state[key])}


def _number(asked: FieldSet, name: str, typed: bool, arguments: dict[str, Any]) -> None:
    """A slider, or a field to type in: for a wide range, and for what the slider does not reach."""
    (low, high), slider = bounds(asked.model, name), annotation_of(asked.model, name, Slider)
    top = slider.top if slider else high

    def back() -> None:
        """Tell the slider, which is another widget to Streamlit, the number in the field; one that
        is not allowed stays there for the run to complain about."""
        value = getattr(asked.read(), name)
        if value <= top and all(problem.field != name for problem in asked.kept.wrong):
            asked.put(**{name: value})

    beyond = getattr(asked.value, name) > top and not typed
    if beyond:
        arguments["on_change"] = back
    if typed or beyond or top - low > _WIDEST_SLIDER:
        # It takes any number, and what is not allowed is complained about. For 3.7, for 1e9 and for
        # a number beyond its bounds a field of Streamlit's for whole numbers takes another one.
        arguments["value"] = None if arguments["value"] is None else float(arguments["value"])
        st.number_input(required=True, **_ANY_NUMBER, **arguments)
    else:
        st.slider(min_value=low, max_value=top, **arguments)
        if getattr(asked.value, name) == top < high:
            _beyond(asked, name, arguments["label"])


def _beyond(asked: FieldSet, name: str, label: str) -> None:
    """The field below a slider that is at its end, for a number that the slider does not reach. It
    forgets what it has set: the number's own widget has it."""
    key, (low, high) = f"{asked.key(name)}_typed", bounds(asked.model, name)

    def take() -> None:
        if asked.typed_number(name, st.session_state[key]):
            st.session_state[key] = None

    st.number_input(
        text("widgets.beyond", label=label, low=low, high=high),
        label_visibility="collapsed",
        placeholder=text("widgets.more", high=high),
        value=None,
        key=key,
        on_change=take,
        **_ANY_NUMBER,
    )


def _choice(
    asked: FieldSet, name: str, row: bool, arguments: dict[str, Any], allowed: Sequence[Any]
) -> None:
    """Buttons side by side, or a list."""
    options, held = [asked.held(name, option) for option in allowed], arguments.pop("value")
    arguments.setdefault("format_func", partial(label_of, asked, name))
    if row:
        default = held if held in options else None
        st.segmented_control(options=options, default=default, required=True, **arguments)
    else:
        index = options.index(held) if held in options else 0
        st.selectbox(options=options, index=index, **arguments)
