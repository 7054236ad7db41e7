"""The browser code beside this: files that are one module in the browser."""

from __future__ import annotations

from pathlib import Path


def module(*names: str) -> str:
    """The files of this folder one after another; of scripts, each sees what those before it have
    declared.

    Streamlit takes a component's script as one text and loads it once, however often the component
    is drawn.
    """
    return "\n".join((Path(__file__).parent / name).read_text("utf-8") for name in names)
