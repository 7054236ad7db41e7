"""The browser code in this folder: several files become one module."""

from __future__ import annotations

from pathlib import Path


def module(*names: str) -> str:
    """The text of these files of this folder, one after another.

    Streamlit takes a component's script as one text, and loads it once however often the component
    is drawn. So each file sees what the others declare.
    """
    return "\n".join((Path(__file__).parent / name).read_text("utf-8") for name in names)
