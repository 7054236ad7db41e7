"""The launcher: `streamlit run dashboard` starts this as an ASGI app. It has no UI of its own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from importlib import import_module
from pkgutil import walk_packages

import project_root  # noqa: F401
import streamlit as st
from connections import Connections
from headers import SecurityHeaders
from hosts import OwnPages, served_names
from limits import Limits, allow_files, sessions_within, waiting_within
from page_head import PageHead
from spoken import Spoken
from starlette.middleware import Middleware
from streamlit_js import StreamlitJs

from components import panels
from components.backend import start_warm_up
from components.backend.rooms.store import StoreError
from components.panels.classroom import reach
from components.panels.draw import plotly_js
from components.panels.run.compute import HEAD_START
from components.panels.run.log import once
from components.panels.run.private import forget_closed_pages
from components.texts import text
from dashboard import old_pages, phones, scripts

# Import all panels before the server listens, so that its first visitor need not wait for that.
for module in walk_packages(panels.__path__, f"{panels.__name__}."):
    import_module(module.name)

# These loggers write something for every forged message or connection.
once(
    "streamlit.error_util",
    "streamlit.runtime.app_session",
    "streamlit.runtime.backend_operation_handler",
    "streamlit.runtime.state.query_params",
    "streamlit.runtime.websocket_session_manager",
    "streamlit.web.server.starlette.starlette_websocket",
    "uvicorn.error",
)


TIDY_EVERY = 10  # seconds

files = allow_files()
Connections(waiting_within(files)).watch()


@asynccontextmanager
async def lifespan(_: st.App) -> AsyncGenerator[None]:
    """Load TensorFlow once the first visitor's page is painted, or after HEAD_START without one;
    and tidy up every now and then."""
    start_warm_up(delay=HEAD_START)
    tidying = asyncio.create_task(tidy())
    yield
    tidying.cancel()


async def tidy() -> None:
    """Forget closed pages, again and again."""
    while True:
        await asyncio.sleep(TIDY_EVERY)
        forget_closed_pages()


def show_error(_: BaseException) -> bool:
    """Show a message if a run fails inside Streamlit, such as with a forged widget state."""
    st.error(text("errors.script"))
    return True


app = st.App(
    "app.py",
    lifespan=lifespan,
    routes=[*scripts.routes(), reach.route(), *phones.routes(), *old_pages.routes()],
    middleware=[
        Middleware(Spoken),
        Middleware(SecurityHeaders),
        Middleware(OwnPages, names=served_names()),
        Middleware(PageHead, script=plotly_js.URL),
        Middleware(Limits, sessions=sessions_within(files), requests=waiting_within(files)),
        Middleware(StreamlitJs),
    ],
    on_script_error=show_error,
    exception_handlers={StoreError: phones.unstored},
)
