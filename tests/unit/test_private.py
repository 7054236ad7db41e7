"""Streamlit's private parts that the app uses are still what it takes them for.

One of these fails when a release of Streamlit has moved a part; its message says what to do.
"""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest
import streamlit
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.runtime import Runtime
from streamlit.runtime.scriptrunner_utils.script_run_context import ScriptRunContext
from streamlit.runtime.state import SessionState
from streamlit.runtime.state.safe_session_state import SafeSessionState
from streamlit.testing.v1 import AppTest

from components.panels.keep import kept
from components.panels.run.private import font, is_session, key_of
from dashboard.messages import KINDS, OPERATIONS

ROOT = Path(__file__).parents[2]


def test_a_run_knows_whether_the_visitor_came_back() -> None:
    there = "is_history_navigation" in {field.name for field in fields(ScriptRunContext)}
    assert there, "private.came_back: look in st.context, or in the message rerun_script"


def test_a_thread_knows_whether_it_works_for_a_visitor() -> None:
    def page() -> None:
        import streamlit as st

        from components.panels.run.private import is_session

        st.session_state["found"] = is_session()

    assert AppTest.from_function(page).run().session_state["found"]
    assert not is_session(), "private.is_session: how does a thread know its visitor now?"


def test_a_look_into_the_state_can_end_a_run() -> None:
    looks: list[bool] = []
    state = SafeSessionState(SessionState(), lambda: looks.append(True))
    assert "anything" not in state
    assert looks, "private.end_if_outdated: where does a run notice that it is outdated now?"


def test_a_widgets_name_says_its_key() -> None:
    def page() -> None:
        import streamlit as st

        st.slider("Units", 1, 9, key="grid.some")

    slider = AppTest.from_function(page).run().slider(key="grid.some")
    assert key_of(slider.proto.id) == "grid.some", "private.key_of: how are ids made now?"


def test_a_page_can_have_an_uploaded_file_forgotten() -> None:
    def page() -> None:
        import streamlit as st
        from streamlit.runtime.scriptrunner import get_script_run_ctx

        from components.panels.run.private import drop_own_upload

        if file := st.file_uploader("File"):
            there = get_script_run_ctx()
            for when in ("before", "after"):
                found = there.uploaded_file_mgr.get_files(there.session_id, [file.file_id])
                st.session_state[when] = len(found)
                drop_own_upload(file.file_id)

    app = AppTest.from_function(page).run()
    state = app.file_uploader[0].set_value(("a", b"1", "")).run().session_state
    left = state["before"], state["after"]
    assert left == (1, 0), "private.drop_own_upload: who keeps the files that visitors upload now?"


def test_a_server_has_a_keeper_of_uploaded_files() -> None:
    there = isinstance(getattr(Runtime, "uploaded_file_mgr", None), property)
    assert there, "private.is_uploaded: who keeps the files that visitors upload now?"


def test_the_protocol_has_the_messages_that_are_let_in() -> None:
    kinds = {field.name for field in BackMsg.DESCRIPTOR.fields}
    assert kinds >= KINDS, "messages.KINDS: which messages does a browser send now?"
    operation = BackMsg.DESCRIPTOR.fields_by_name["backend_operation_request"].message_type
    asked = {field.name for field in operation.fields}
    assert asked >= OPERATIONS, "messages.OPERATIONS: what does a table or a download ask for now?"


def test_the_page_has_a_head_to_add_to() -> None:
    page = Path(streamlit.__file__).parent.joinpath("static/index.html").read_text("utf-8")
    assert page.count("<head>") == page.count("</head>") == 1, "page_head: where do links go now?"
    scripts = re.findall(r"/js/([^/\"]+\.js)", page)
    assert scripts, "page_head: how does the page name its scripts now?"
    assert f'"./static/js/{scripts[0]}"' in page, "streamlit_js: where are they now?"


def test_the_browser_writes_the_address_by_pushing_it() -> None:
    scripts = Path(streamlit.__file__).parent.glob("static/static/js/index.*.js")
    says = any("history.pushState(" in script.read_text("utf-8") for script in scripts)
    assert says, "history.js: how does the browser write the address now?"


def test_the_page_says_whether_it_is_connected() -> None:
    scripts = Path(streamlit.__file__).parent.glob("static/static/js/*.js")
    said = "".join(script.read_text("utf-8") for script in scripts)
    for name in ("data-test-connection-state", "PINGING_SERVER", "CONNECTING", "stDialog"):
        assert name in said, f"offline.js: how does Streamlit say {name} now?"


def test_the_style_names_few_of_streamlits_own_elements() -> None:
    sheets = (ROOT / "components").rglob("*.css")
    named = re.findall(
        r'data-testid="(\w+)"', "".join(sheet.read_text("utf-8") for sheet in sheets)
    )
    assert len(named) <= 5
    script = "".join(
        each.read_text("utf-8")
        for each in Path(streamlit.__file__).parent.glob("static/static/js/*.js")
    )
    gone = [name for name in named if name not in script]
    assert not gone, f"frame.css: what are {gone} called now?"


def test_a_kept_page_has_the_font_of_streamlits_pages() -> None:
    assert font().startswith(b"wOF2"), "private.font: where does Streamlit have its fonts now?"


def test_a_page_is_kept_without_the_font_where_streamlit_has_moved_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streamlit, "__file__", str(tmp_path / "__init__.py"))
    assert font() == b""
    assert b"@font-face" in kept.content.__wrapped__()
