"""The app: page settings and navigation."""

from collections import defaultdict
from pathlib import Path

import project_root  # noqa: F401
import streamlit as st

from components.backend import start_warm_up
from components.panels.ask.address import write_address
from components.panels.ask.language import settle
from components.panels.classroom.frame import frame
from components.panels.pages import FIRST, PAGES
from components.panels.run.compute import HEAD_START
from components.panels.run.turns import turn
from components.texts import text

ICON = Path(__file__).with_name("static") / "icon.svg"
# All of a run is in its turn. A run that waits ends once a widget moves, and another one begins. A
# few visitors can have dozens begin each second: what these did before would hold up whose turn it
# is.
with turn():
    # Without an icon by now, Streamlit would fetch that of the page in the menu from another host.
    st.set_page_config(page_icon=str(ICON), layout="wide")
    start_warm_up(delay=HEAD_START)
    settle()

    sections = defaultdict[str, list[st.Page]](list)
    for name, page in PAGES.items():
        heading = text(f"menu.{page.menu}") if page.menu else ""
        shown = st.Page(
            page.script,
            title=page.title,
            icon=f":material/{page.icon}:",
            # None in the bar, where it would lie over the title of the page.
            help=page.help if heading else None,
            default=name == FIRST,
            visibility="hidden" if page.menu == "teachers" else "visible",
        )
        sections[heading].append(shown)
    shown = st.navigation(sections, position="top")
    del sections[text("menu.teachers")]  # a box of that name has its pages
    st.set_page_config(page_title=text("app.tab", page=shown.title))
    frame(sections, shown)
    shown.run()
    write_address()
