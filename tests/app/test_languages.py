"""A change of language leaves every list at its option, even if the run that draws it ends; and no
code on a Korean page has English comments."""

from __future__ import annotations

from typing import Any

import pytest
from streamlit.runtime.scriptrunner import RerunData, RerunException, get_script_run_ctx

from components.panels.ask import field_set, led
from components.panels.pages import PAGES
from components.texts import speaking, text
from tests.app.conftest import OpenApp
from tests.app.reading import messages, settings, sound
from tests.texts import foreign_comments


@pytest.mark.parametrize(
    ("module", "call"),
    [(field_set, "note_open"), (led, "_taught_by")],
    ids=["before its widgets are drawn", "after"],
)
def test_a_widget_moves_while_the_language_changes(
    open_app: OpenApp, monkeypatch: pytest.MonkeyPatch, module: Any, call: str
) -> None:
    at = open_app(source="random", cell="GRU")
    before, states = settings(at), at._tree.get_widget_states()

    def interrupted(*_: object) -> None:
        """As Streamlit does when the browser asks anew, with the words of the language before."""
        monkeypatch.undo()
        ctx = get_script_run_ctx()
        raise RerunException(
            RerunData(ctx.query_string, states, page_script_hash=ctx.page_script_hash)
        )

    monkeypatch.setattr(module, call, interrupted)
    at.session_state["lang"] = "ko"
    at.run()
    with speaking("ko"):
        sound(at)
        told = at.selectbox(key="source").proto
        assert (told.set_value, told.raw_value) == (True, text("settings.source.options.random"))
    assert settings(at) == before


@pytest.mark.parametrize("link", [{"page": "series", "pasted": "x"}, {"values": "x"}])
def test_the_ranges_of_a_korean_complaint_are_not_struck_through(
    open_app: OpenApp, link: dict[str, str]
) -> None:
    said = messages(open_app(lang="ko", **link))
    assert said.count("~") == said.count("\\~") > 1


CODE: list[tuple[str, dict[str, str]]] = [(page, {"box": f"{page}_code"}) for page in PAGES]
CODE += [("explore", {"tab": tab}) for tab in ("code", "torch")]
CODE += [("attention", {"box": "attention_torch"})]


@pytest.mark.parametrize(("page", "link"), CODE)
def test_no_code_on_a_korean_page_has_an_english_comment(
    open_app: OpenApp, page: str, link: dict[str, str]
) -> None:
    at = open_app(page, lang="ko", **link)
    with speaking("ko"):
        sound(at)
    assert [left for each in at.code for left in foreign_comments(str(each.value))] == []
