"""What holds on the page of every what-if: it draws, says and offers as code what is answered, its
link opens the same, and each of its widgets can be moved."""

from __future__ import annotations

import json
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from components.backend import Settings
from components.backend.cells import CELLS
from components.backend.question.linked import choices
from components.backend.whatif.stack import Above
from components.panels.draw.plot import drawn
from components.panels.parts.sentence import SentenceView
from components.panels.what_ifs.what_if import WhatIf
from tests.app.conftest import OpenApp
from tests.app.reading import (
    address,
    chart,
    html,
    open_box,
    press,
    same_again,
    sound,
    told,
    widget,
    widgets,
)
from tests.kinds import in_turn
from tests.what_ifs import KNOWN


def asked(what_if: WhatIf, settings: Settings) -> Any:
    """What the page asks where nothing is set but the layer."""
    if what_if.name == "stack":
        return what_if.question(first=settings, above=(Above(),), hand_on="outputs")
    return what_if.question(settings=settings)


def expect_answered(at: AppTest, what_if: WhatIf, question: Any) -> None:
    """The picture, its alternative text, all facts and the script are those of the answer."""
    sound(at)
    answer = what_if.answer(question, None)
    shown = drawn(what_if.chart, answer)
    at_hand = chart(at, what_if.name)
    assert at_hand["figure"] == json.loads(shown.figure)
    assert at_hand["alt"] == shown.alt
    section = "carry_facts" if what_if.name == "calls" else f"{what_if.name}_facts"
    for fact in what_if.facts(answer):
        assert told(at, fact, section) == {True: "holds", None: "note"}[fact.holds]
    assert what_if.script(question, None).strip() in [each.value for each in at.code]


@pytest.mark.parametrize(("what_if", "cell"), in_turn(KNOWN, tuple(CELLS)))
def test_it_shows_what_is_answered(open_app: OpenApp, what_if: WhatIf, cell: str) -> None:
    at = open_box(open_app(what_if.name, cell=cell), f"{what_if.name}_code")
    expect_answered(at, what_if, asked(what_if, Settings(cell=cell)))
    assert address(at) == ({} if cell == "LSTM" else {"cell": cell})
    assert [each.key for each in at.get("bidi_component") if each.key == what_if.name]


@pytest.mark.parametrize("what_if", KNOWN, ids=lambda what_if: what_if.name)
def test_each_widget_is_moved_and_linked(open_app: OpenApp, what_if: WhatIf) -> None:
    """Flags and choices: to each other value, and what is set stays."""
    at = open_app(what_if.name, source="random", sentences="2")
    own = [name for name in what_if.choice.model_fields if name not in SentenceView.model_fields]
    moved = 0
    for name in own:
        options = choices(what_if.choice, name)
        for value in options or (True, False):
            if (key := what_if.prefix + name) not in widgets(at):
                continue  # it has no effect beside the others
            if not options and not isinstance(widget(at, key).value, bool):
                continue
            widget(at, key).set_value(str(value) if options else value)
            at.query_params = address(at)
            at.run()
            assert not at.exception, (name, value)
            moved += 1
    assert moved > 1
    same_again(at, open_app, what_if.name)


TRIED = [what_if for what_if in KNOWN if what_if.tries]


@pytest.mark.parametrize("what_if", TRIED, ids=lambda what_if: what_if.name)
def test_what_is_tried_is_taken_back(open_app: OpenApp, what_if: WhatIf) -> None:
    at, key = open_app(what_if.name), f"{what_if.name}_try"
    before, label = html(at), at.button(key=key).label
    press(at, key)
    assert address(at)
    assert html(at) != before
    if what_if.name != "attention":  # which goes on from equal weights to sharp ones
        assert html(press(at, key)) == before
        assert at.button(key=key).label == label
