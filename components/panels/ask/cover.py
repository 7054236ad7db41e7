"""The parts of a page that show Keras's answer, which a page that asks first covers, and the helps
of its widgets, which it leaves out."""

from __future__ import annotations

import streamlit as st

from components.panels.ask.address import write_address
from components.panels.ask.ask_first import UNCOVERED, AskFirst
from components.panels.ask.field_set import FieldSet
from components.panels.run.turns import let_others_in
from components.texts import text


def asks_first() -> bool:
    """Whether the page asks first."""
    return FieldSet(AskFirst).value.ask


def help_of(path: str, **values: object) -> str | None:
    """The help of a widget, by its place in the texts. None if the page asks first: what a setting
    does is what a class is asked then."""
    return None if asks_first() else text(path, **values)


def cover(name: str, key: str = "", *, instead: str = "") -> None:
    """Begin a part of the page that shows Keras's answer.

    If the page asks first and the part is still covered, the run ends here, with a button that
    uncovers it. So the browser gets nothing of this part, or of what is below it.

    Args:
        name: what the button calls it, in the texts.
        key: tells it from parts of the same name.
        instead: HTML that stands above the button.
    """
    let_others_in()
    if not is_covered(key or name):
        return
    if instead:
        st.html(instead)
    st.button(
        text("ask.show", part=text(f"ask.parts.{name}")),
        key="uncover",
        on_click=lambda: st.session_state[UNCOVERED].append(key or name),
        icon=":material/visibility:",
        shortcut="U",
    )
    write_address()
    st.stop()


def is_covered(key: str) -> bool:
    """Whether the page asks first, and the part of that key is still covered."""
    return asks_first() and key not in st.session_state[UNCOVERED]
