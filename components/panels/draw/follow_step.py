"""Controls, numbers and links for the step, the unit and the checkpoint that a visitor looks at.

The browser alone knows which those are (`playhead.js`), and moving them runs nothing on the server.
So the server sends the numbers of all steps and units, with a template that the browser fills in.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, NamedTuple

import streamlit as st

from components.panels.draw.plot import At, component
from components.panels.write.notation import Numbers, named


class LinkedPage(NamedTuple):
    """A page that a link of `links` leads to."""

    name: str
    title: str
    icon: str
    href: str  # in which CHECKPOINT stands for the checkpoint that is looked at


def sheet(template: str, arrays: Mapping[str, Numbers], *, key: str) -> None:
    """Draw HTML with the numbers of the step and the unit that are looked at.

    Args:
        template: HTML with slots, as `notation` describes them, and without any visitor's text.
        arrays: those that its slots name, and "step" and "unit"; any others are not sent.
    """
    component()(key=key, data={"sheet": sheet_data(template, arrays)})


def diagram(
    template: str,
    arrays: Mapping[str, Numbers],
    *,
    key: str,
    cell: Mapping[str, Any],
    drawn: Collection[str],
) -> None:
    """Draw a cell's diagram at the step and the unit that are looked at, with a sheet beside it.

    Args:
        template: the sheet's, as for `sheet`; what has a data-lit in it belongs to the equations of
            these names.
        arrays: those that its slots name, and `drawn`; any others are not sent.
        cell: what cells.js draws it from, beside numbers: "cell", its name; "activation"; "block",
            whose sum is drawn; "words";
            "alt", a template for a screen reader; "returned", by tensor when it leaves: at "every"
            step, or with the "last".
        drawn: the names of the arrays that are drawn.
    """
    sent = sheet_data(template, arrays, more=drawn)
    component()(key=key, data={"sheet": sent, "diagram": dict(cell)})


def controls(
    arrays: Mapping[str, Numbers],
    *,
    key: str,
    words: Mapping[str, Sequence[str]],
    said: str,
    begins: int,
    at: At,
) -> None:
    """Draw the buttons and ranges that choose the step and the unit.

    Args:
        arrays: "step" and "unit", and those that `said` names.
        words: "buttons", the labels of both buttons; and for step and unit their "labels", their
            "help", and the message if a link asks for one "beyond" the last.
        said: a template of the text that a screen reader says for a step.
        begins: the step to show first, from 1; the last one if there are fewer.
        at: the step, from 1, and the unit, from 0, that a link names; None if it names none.
    """
    steps, units = (len(arrays[name].values) for name in ("step", "unit"))
    data = {"steps": steps, "units": units, "begins": min(begins, steps)}
    data |= {"words": dict(words), "at": dict(at)}
    component()(key=key, data={"controls": data | {"said": sheet_data(said, arrays)}})


def links(
    places: Sequence[LinkedPage],
    steps: Sequence[int],
    *,
    key: str,
    said: str,
    on_follow: Callable[[str, int], None],
) -> None:
    """Draw links that take the checkpoint that is looked at along to other pages.

    Args:
        steps: the training steps of the checkpoints, in their order.
        said: the text before them; {step} is the checkpoint.
        on_follow: called with a page's name and a checkpoint when a link is clicked, and has to
            open that page. A link in a new tab opens by its address instead.
    """

    def follow() -> None:
        sent = st.session_state[key].get("followed")
        if not isinstance(sent, dict):  # it comes from a browser, and may be anything
            return
        page, step = sent.get("page"), sent.get("checkpoint")
        if page in [place.name for place in places] and step is not None and step in steps:
            on_follow(page, step)

    data = {"places": [place._asdict() for place in places], "steps": list(steps), "said": said}
    component()(key=key, data={"links": data}, on_followed_change=follow)


def sheet_data(
    template: str, arrays: Mapping[str, Numbers], *, more: Collection[str] = ()
) -> dict[str, Any]:
    """A template and the arrays that it names, and some more, as JSON for the browser."""
    sent = {name: _sent(arrays[name]) for name in sorted(named(template).union(more))}
    steps, units = (len(arrays[name].values) for name in ("step", "unit"))
    return {"template": template, "arrays": sent, "steps": steps, "units": units}


def _sent(numbers: Numbers) -> dict[str, Any]:
    """An array as JSON: its numbers as float32 in base64, a third of their size as text."""
    axes, values = numbers
    if values.dtype.kind in "US":
        return {"axes": axes, "shape": values.shape, "values": values.ravel().tolist()}
    packed = base64.b64encode(values.astype("<f4").tobytes()).decode()
    return {"axes": axes, "shape": values.shape, "values": packed}
