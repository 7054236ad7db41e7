"""What the pages that ask a question of their own have in common."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import streamlit as st

from components.backend import Setup
from components.backend.start import Start
from components.panels.page.asked import Asked
from components.panels.page.parts import acting, part
from components.texts import text

PAGES: Mapping[str, str] = {
    "explore": ":material/search:",
    "compare": ":material/compare:",
    "notebook": ":material/menu_book:",
}
"""Every page of the app by its name, and its icon."""

WHAT_IFS = ("compare",)
"""Those that ask what would be if."""


def head(page: str) -> None:
    """The question of a page, and what to look at."""
    st.title(text(f"{page}.title"), anchor=False)
    st.markdown(text(f"{page}.look"))


def try_this(page: str, do: Callable[[], None]) -> None:
    """One click that changes one thing, and says what to see."""
    st.button(
        text(f"{page}.try"),
        on_click=acting(do),
        key=f"{page}_try",
        type="tertiary",
        icon=":material/lightbulb:",
    )


def on_demand(label: str, key: str, draw: Callable[[], None], *, why: str = "") -> None:
    """A box that is filled when it is opened."""
    box = st.expander(label, key=key, on_change=acting())
    if box.open:
        with box:
            if why:
                st.markdown(why)
            draw()


def elsewhere(page: str, setup: Asked[Setup], start: Asked[Start]) -> None:
    """Links that open the same settings on the other pages that take them."""

    @part("elsewhere", lambda: None, follows="picture")
    def draw() -> None:
        query = setup.value.to_query() | start.value.to_query()
        with st.container(horizontal=True, gap="xsmall", vertical_alignment="center"):
            st.caption(text("app.elsewhere"), width="content")
            for other in ("explore", *WHAT_IFS):
                if other != page:
                    st.page_link(
                        f"app_pages/{other}.py",
                        label=text(f"pages.{other}.title"),
                        icon=PAGES[other],
                        help=text(f"pages.{other}.help"),
                        query_params=query,
                    )

    draw()
