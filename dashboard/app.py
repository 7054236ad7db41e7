"""The app: page settings and navigation."""

from pathlib import Path

import project_root  # noqa: F401
import streamlit as st

from components.backend import start_warm_up
from components.panels.ask.address import write_address
from components.panels.ask.language import settle
from components.panels.classroom.frame import frame
from components.panels.pages import LEARN, PAGES, TEACHERS, TOPICS
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

    pages = {
        name: st.Page(
            f"app_pages/{name}.py",
            title=text(f"pages.{name}.title"),
            icon=icon,
            # None in the bar, where it would lie over the title of the page.
            help=text(f"pages.{name}.help") if name in TOPICS else None,
            default=name == "explore",
            visibility="hidden" if name in TEACHERS else "visible",
        )
        for name, icon in PAGES.items()
    }
    grouped = {text("app.topics"): TOPICS, text("app.learn"): LEARN}
    apart = {name for names in (*grouped.values(), TEACHERS) for name in names}
    teachers = [pages[name] for name in TEACHERS]
    sections = {"": [page for name, page in pages.items() if name not in apart]}
    sections |= {title: [pages[name] for name in names] for title, names in grouped.items()}
    page = st.navigation({**sections, text("present.class"): teachers}, position="top")
    st.set_page_config(page_title=text("app.tab", page=page.title))
    frame(sections, page)
    page.run()
    write_address()
