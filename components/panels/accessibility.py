"""What is told of the app's accessibility, with what its tests check, and what they excuse."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from components.panels.pages import PAGES
from components.panels.parts.facts import signed
from components.texts import text

AXE = "4.12.1"
"""The version of axe-core that the tests run."""

WCAG = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa")
"""Its rules."""

WIDE, NARROW = 1280, 390
"""How wide the windows are that it looks at, in CSS pixels."""

EXCUSED: Mapping[str, str] = {
    "scrollable-region-focusable": "[data-testid=stCode] pre",
    "list": "[data-testid=stSidebarNavItems]",
    "listitem": "[data-testid=stSidebarNavItems] li",
}
"""A rule of axe-core, and the only elements that may break it. The texts have the reasons."""

ENGLISH = (
    *("Main menu", "App pages", "Sidebar", "Collapse sidebar", "Expand sidebar"),
    *("Skip to main content", "Help for …", "Open", "Choose an option", "Increment", "Decrement"),
    *("Remove …", "Clear all", "Selected values", "(required)", "Copy to clipboard"),
    *("View … more", "… icon", "Download as CSV: …", "Fullscreen: …", "Search: …"),
    "Show/hide columns: …",
)
"""What Streamlit has screen readers say in English on any page; … stands for words of the page."""

ENGLISH_MENU = ("System", "Light", "Dark", "Print", "Record screen", "Made with Streamlit v…")
"""What its menu shows in English on any page; … stands for its version."""


def how_checked() -> None:
    """What was checked, by what, and on which pages."""
    rules = ", ".join(f"`{rule}`" for rule in WCAG)
    numbers = {"version": AXE, "rules": rules, "wide": WIDE, "narrow": NARROW, "count": len(PAGES)}
    told = [text(f"accessibility.how.{name}", **numbers) for name in text("accessibility.how")]
    st.markdown("\n".join(f"- {each}" for each in told))


def findings() -> None:
    """What does not hold, then what holds, by the numbers of WCAG's criteria."""
    for section, holds in (("fails", False), ("holds", True)):
        st.header(text(f"accessibility.{section}_title"), anchor=False)
        names = text(f"accessibility.{section}")
        signed([text(f"accessibility.{section}.{name}") for name in names], holds=holds)


def streamlits() -> None:
    """What axe-core is not asked about, and what stays English."""
    st.header(text("accessibility.excused_title"), anchor=False)
    why = [f"`{rule}`: {text(f'accessibility.excused.{rule}')}" for rule in EXCUSED]
    st.markdown("\n".join(f"- {each}" for each in why))
    named = {"names": ENGLISH, "menu": ENGLISH_MENU}
    listed = {name: ", ".join(f"`{each}`" for each in each_of) for name, each_of in named.items()}
    st.markdown(text("accessibility.english", **listed))
