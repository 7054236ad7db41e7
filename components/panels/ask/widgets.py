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
    rule_of,
)
from components.panels.ask.cover import help_of
from components.panels.ask.field_set import FieldSet
from components.texts import has_text, text

# A whole number with a range up to this wide is a slider; with a wider one, a field to type in.
_WIDEST_SLIDER = 100
_SWITCH_KEY = "X"
_ANY_NUMBER = {"step": 1.0, "format": "%g"}


def widgets(fields: FieldSet, group: str, **options: Any) -> None:
    """The widgets of a group's fields that have an effect."""
    for name in fields.active:
        if rule_of(fields.model, name).group == group:
            widget(fields, name, **options)


def widget(
    fields: FieldSet,
    name: str,
    *,
    row: bool = False,
    typed: bool = False,
    lines: bool = False,
    keyed: bool = False,
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
        keyed: whether it is the switch that makes the page's difference, which the key X flips.
        only: the options of a choice, if not all are offered.
        moved: called when the visitor has moved the widget; may set other fields.
        options: further arguments of Streamlit's widget, such as width, or a label in place of that
            in the texts.
    """
    key = fields.key(name)
    fields.drawn.add(name)
    if key not in st.session_state:  # it was not on the page in the last run
        st.session_state[key] = fields.first(name)
    arguments: dict[str, Any] = {"key": key, "value": st.session_state[key]} | options
    if "label" not in arguments:
        arguments["label"] = text(f"{fields.texts}.{name}.label")
    if keyed:
        arguments["label"] += f" ({_SWITCH_KEY})"  # shortcuts.js reads it there
    if "help" not in arguments:
        arguments["help"] = help_of(f"{fields.texts}.{name}.help")
    if moved:
        arguments["on_change"] = lambda: (fields.read(), moved())
    if allowed := choices(fields.model, name):
        _choice(fields, name, row, arguments, allowed if only is None else only)
    elif codec := annotation_of(fields.model, name, TextCodec):
        (st.text_area if lines else st.text_input)(**arguments)
        for note in codec.notes(st.session_state[key]):
            st.caption(str(note))
    elif fields.model.model_fields[name].annotation is bool:
        st.toggle(**arguments)
    else:
        _number(fields, name, typed, arguments)
    fields.below(name)


def label_of(fields: FieldSet, name: str, option: str) -> str:
    """An option's label: from the texts or, if they have none, as the address writes the option."""
    if not has_text(f"{fields.texts}.{name}.options.{option}"):
        return option
    return text(f"{fields.texts}.{name}.options.{option}")


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


def _number(fields: FieldSet, name: str, typed: bool, arguments: dict[str, Any]) -> None:
    """A slider, or a field to type in: for a wide range, and for what the slider does not reach."""
    (low, high), slider = bounds(fields.model, name), annotation_of(fields.model, name, Slider)
    top = slider.top if slider else high

    def back() -> None:
        """Tell the slider, which is another widget to Streamlit, the number in the field; one that
        is not allowed stays there for the run to complain about."""
        value = getattr(fields.read(), name)
        if value <= top and all(problem.field != name for problem in fields.state.in_widgets):
            fields.put(**{name: value})

    beyond = getattr(fields.value, name) > top and not typed
    if beyond:
        arguments["on_change"] = back
    if typed or beyond or top - low > _WIDEST_SLIDER:
        # It takes any number, and what is not allowed is complained about. For 3.7, for 1e9 and for
        # a number beyond its bounds a field of Streamlit's for whole numbers takes another one.
        arguments["value"] = None if arguments["value"] is None else float(arguments["value"])
        st.number_input(required=True, **_ANY_NUMBER, **arguments)
    else:
        st.slider(min_value=low, max_value=top, **arguments)
        if getattr(fields.value, name) == top < high:
            _beyond(fields, name, arguments["label"])


def _beyond(fields: FieldSet, name: str, label: str) -> None:
    """The field below a slider that is at its end, for a number that the slider does not reach. It
    forgets what it has set: the number's own widget has it."""
    key, (low, high) = f"{fields.key(name)}_typed", bounds(fields.model, name)

    def take() -> None:
        if fields.typed_number(name, st.session_state[key]):
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
    fields: FieldSet, name: str, row: bool, arguments: dict[str, Any], allowed: Sequence[Any]
) -> None:
    """Buttons side by side, or a list."""
    options = [fields.widget_value(name, option) for option in allowed]
    chosen = arguments.pop("value")
    arguments.setdefault("format_func", partial(label_of, fields, name))
    if row:
        default = chosen if chosen in options else None
        st.segmented_control(options=options, default=default, required=True, **arguments)
    else:
        index = options.index(chosen) if chosen in options else 0
        st.selectbox(options=options, index=index, **arguments)
