"""What has to hold of the toy what-if; run by test_toys in a copy of the project that has it."""

from __future__ import annotations

import contextlib
import io

import numpy as np
import pytest

from components.backend import Settings
from components.panels.pages import TAKE_SETTINGS
from components.panels.what_ifs import shorter
from components.texts import text
from tests.app.conftest import OpenApp
from tests.app.reading import (
    address,
    chart,
    charts,
    figure,
    follow,
    html,
    links,
    messages,
    move,
    open_box,
    press,
    sound,
    told,
)


def test_it_draws_what_it_asks_and_links_to_it(open_app: OpenApp) -> None:
    at = move(open_app("shorter", cell="GRU"), "read", 4)
    sound(at)
    assert address(at) == {"cell": "GRU", "read": "4"}
    answer = shorter.SHORTER.answer(shorter.Question(settings=Settings(cell="GRU"), read=4), None)
    strips = [each for each in figure(at, "shorter")["data"] if each["type"] == "heatmap"]
    assert max(np.shape(strip["z"])[1] for strip in strips) == 4
    for fact in shorter.facts(answer):
        assert told(at, fact, "shorter_facts") == "holds"
    again = open_app("shorter", **address(at))
    assert chart(again, "shorter") == chart(at, "shorter")
    assert address(press(at, "shorter_try")) == {"cell": "GRU", "read": "1"}


def test_a_bad_value_is_complained_about(open_app: OpenApp) -> None:
    at = open_app("shorter", read="0")
    assert "- read: `0`; allowed: a whole number from 1 to " in messages(at)
    assert charts(at) == ["shorter"]


def test_it_is_among_the_other_what_ifs(open_app: OpenApp) -> None:
    at = open_app(units="5")
    follow(at, text("pages.shorter.title"))
    sound(at)
    assert address(at) == {"units": "5"}
    assert {link.page for link in links(at).values()} == {*TAKE_SETTINGS} - {"shorter"}


def test_it_can_be_asked_first(open_app: OpenApp) -> None:
    at = open_app("shorter", ask="true")
    sound(at)
    assert charts(at) == []
    assert text("shorter_facts.same.claim") not in "".join(html(at))


@pytest.mark.parametrize("read", [1, 5, 99])
def test_its_script_gives_the_same_numbers(open_app: OpenApp, read: int) -> None:
    question = shorter.Question(read=read)
    with contextlib.redirect_stdout(io.StringIO()):
        exec(shorter.script(question), found := {})
    expected = shorter.SHORTER.answer(question, None).layer.tensor("outputs")
    np.testing.assert_allclose(found["outputs"], expected, atol=1e-6)
    at = open_box(open_app("shorter", read=str(read)), "shorter_code")
    assert [shown.value for shown in at.code] == [shorter.script(question).strip()]
