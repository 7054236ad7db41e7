"""Mistakes: each beside the mended code, with what Keras says, as the backend runs them."""

from __future__ import annotations

import pytest
import streamlit as st

from components.backend.lessons import LESSONS
from components.backend.mistakes.mistakes import GROUPS, MISTAKES, answer, facts
from components.backend.running.engine import EngineError
from components.panels.ask.address import FROM
from components.texts import text
from tests.app.conftest import OpenApp
from tests.app.reading import address, follow, html, links, move, sound, told, widget
from tests.app.test_errors import raising, says


@pytest.mark.parametrize("name", ["four_states", "input_shape", "swapped_states"])
def test_both_are_shown_with_what_became_of_them(open_app: OpenApp, name: str) -> None:
    at = open_app("mistakes", mistake=name)
    sound(at)
    mistake, found = MISTAKES[name], answer(name)
    said = found.wrong.error or found.wrong.warning
    shown = [mistake.begins, mistake.wrong, *([said] if said else []), mistake.right]
    assert [box.value for box in at.code] == [code.strip() for code in shown]
    assert text(f"mistakes.why.{name}") in [each.value for each in at.markdown]
    lines = "".join(html(at))
    for fact in facts(found):
        assert told(at, fact, "mistakes_facts") in lines


def test_another_one_is_chosen(open_app: OpenApp) -> None:
    at = move(open_app("mistakes"), "mistake", "no_steps")
    sound(at)
    assert at.code[2].value == answer("no_steps").wrong.error
    assert address(at) == {"mistake": "no_steps"}


def test_it_is_made_by_the_code_that_is_shown(open_app: OpenApp) -> None:
    """As a visitor would run it, from the top."""
    at = open_app("mistakes", mistake="no_steps")
    begins, wrong, _, right = (box.value for box in at.code)
    exec(f"{begins}\n{right}", names := {})
    assert tuple(names["y"].shape) == (2, 4)
    with pytest.raises(ValueError, match="expected ndim=3, found ndim=2"):
        exec(f"{begins}\n{wrong}", {})


def test_the_code_is_shown_even_if_keras_fails(
    open_app: OpenApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "components.panels.teaching.mistakes.answer", raising(EngineError("not today"))
    )
    at = open_app("mistakes", mistake="no_steps")
    says(at, "engine", "EngineError")
    mistake = MISTAKES["no_steps"]
    assert [box.value for box in at.code] == [
        code.strip() for code in (mistake.begins, mistake.wrong, mistake.right)
    ]


def test_the_kind_of_mistake_is_chosen_first(open_app: OpenApp) -> None:
    at = open_app("mistakes", mistake="mask_of_steps")
    assert widget(at, "mistake").proto.options == [titles(name) for name in GROUPS["masks"]]
    at = move(at, "mistake_group", "states")
    sound(at)
    assert address(at) == {"mistake": next(iter(GROUPS["states"]))}
    assert widget(at, "mistake").proto.options == [titles(name) for name in GROUPS["states"]]


def titles(name: str) -> str:
    return text(f"mistakes_view.mistake.options.{name}")


def test_it_leads_to_the_page_that_draws_it(open_app: OpenApp) -> None:
    """That of a question, which test_questions opens."""
    at = open_app("mistakes", mistake="no_steps")
    label = text("mistakes.see", page=text("pages.stack.title"))
    assert links(at)[label] == ("stack", {"return_sequences": "false", FROM: "stacking"})
    at = follow(at, label)
    assert text("questions.stacking.look_at") in at.info[0].value


@pytest.mark.parametrize("name", ["no_steps", "inner_activation", "input_length"])
def test_it_leads_to_a_lessons_question_and_to_a_page(open_app: OpenApp, name: str) -> None:
    found = links(open_app("mistakes", mistake=name))
    lesson, _, asked = MISTAKES[name].predict.partition(".")
    led = [query for page, query in found.values() if page == "lessons"]
    if lesson:
        number = [each.__name__ for each in LESSONS[lesson]].index(asked) + 1
        assert led == [{"lesson": lesson, "question": str(number), FROM: f"mistakes.{name}"}]
    else:
        assert led == []
    goes_on = [label for label in found if label.startswith(text("mistakes.see", page=""))]
    assert bool(goes_on) == bool(MISTAKES[name].question)
    assert not [label for label in found if label.startswith(text("questions.next", page=""))]


def test_all_that_can_be_read_is_there_before_keras_answers(
    open_app: OpenApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("components.panels.teaching.mistakes.answer", lambda _: st.stop())
    at = open_app("mistakes", mistake="no_steps")
    assert text("mistakes.why.no_steps") in [each.value for each in at.markdown]
    assert at.code[-1].value == MISTAKES["no_steps"].right.strip()
    asked = open_app("mistakes", mistake="no_steps", ask="true")
    asked.button("uncover").click().run()
    assert text("mistakes.why.no_steps") not in [each.value for each in asked.markdown]
    assert len(asked.code) == 2
