"""What follows the step, the unit and the checkpoint that a visitor looks at, in the browser alone.

Which those are is the browser's own (`playhead.js`): moving them runs nothing on the server. What
is worked out of them is sent as a template and the arrays whose numbers stand in it.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import streamlit as st

from components.panels.page.notation import Numbers, named
from components.panels.page.plot import At, component


class Place(NamedTuple):
    """A page that a link of `links` leads to: its name, its title, its icon, and its address, in
    which CHECKPOINT stands for the checkpoint that is looked at."""

    name: str
    title: str
    icon: str
    href: str


def sheet(template: str, arrays: Mapping[str, Numbers], *, key: str) -> None:
    """Draw HTML with the numbers of the step and the unit that are looked at.

    Args:
        template: HTML with slots, as `notation` describes them; nothing in it is a user's.
        arrays: what its slots may name, and "step" and "unit"; those that none names are not sent.
    """
    component()(key=key, data={"sheet": sheet_data(template, arrays)})


def controls(
    arrays: Mapping[str, Numbers],
    *,
    key: str,
    words: Mapping[str, Sequence[str]],
    said: str,
    at: At,
) -> None:
    """Draw the buttons and ranges that choose the step and the unit.

    Args:
        arrays: "step" and "unit", and whatever else `said` names.
        words: of the two buttons their "buttons"; of step and unit their "labels", their "help",
            and what to say where one is asked for that is "beyond" what there is.
        said: a template of what stands for a step where it is read out.
        at: the step, from 1, and the unit, from 0, that a link names; None where it names none.
    """
    steps, units = (len(arrays[name].values) for name in ("step", "unit"))
    data = {"steps": steps, "units": units, "words": dict(words), "at": dict(at)}
    component()(key=key, data={"controls": data | {"said": sheet_data(said, arrays)}})


def links(
    places: Sequence[Place],
    steps: Sequence[int],
    *,
    key: str,
    said: str,
    on_follow: Callable[[str, int], None],
) -> None:
    """Draw links that take the checkpoint that is looked at along to other pages.

    Args:
        steps: the training steps of the checkpoints, in their order.
        said: what stands before them; {step} is the checkpoint.
        on_follow: called with a page's name and a checkpoint when a link is clicked: it has to
            open that page. A link opened in a new tab goes by its address.
    """

    def follow() -> None:
        sent = st.session_state[key].get("followed")
        page, step = (sent.get(name) for name in ("page", "checkpoint")) if _is(sent) else (0, 0)
        if page in {place.name for place in places} and step in steps:
            on_follow(page, step)

    data = {"places": [place._asdict() for place in places], "steps": list(steps), "said": said}
    component()(key=key, data={"links": data}, on_followed_change=follow)


def _is(sent: object) -> bool:
    return isinstance(sent, dict)


def sheet_data(template: str, arrays: Mapping[str, Numbers]) -> dict[str, Any]:
    """A template and the arrays that it names, as the browser is given them."""
    sent = {name: _sent(arrays[name]) for name in sorted(named(template))}
    steps, units = (len(arrays[name].values) for name in ("step", "unit"))
    return {"template": template, "arrays": sent, "steps": steps, "units": units}


def _sent(numbers: Numbers) -> dict[str, Any]:
    """An array as JSON: its numbers as Float32 in base64, a third of what they are as text."""
    axes, values = numbers
    if values.dtype.kind in "US":
        return {"axes": axes, "shape": values.shape, "values": values.ravel().tolist()}
    packed = base64.b64encode(values.astype("<f4").tobytes()).decode()
    return {"axes": axes, "shape": values.shape, "values": packed}
