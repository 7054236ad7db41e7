"""A lesson of one's own: written in the form, kept by the browser, saved and opened as a file."""

from __future__ import annotations

import base64
import json
import re
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from components.backend.lessons import Page, gift, own, pose
from components.backend.lessons.own import MOST_CHARACTERS
from components.backend.rooms.store import Key, store
from components.texts import text
from dashboard.page_links import link_complaints
from tests.app.conftest import OpenApp
from tests.app.reading import address, component, html, open_box, send, sound
from tests.app.test_lessons import OWN, answer
from tests.app.test_questions import shown

FIVE = "Which?\n- a\n- b\n* c\n- d\n- e"
SECOND = 2  # the number of the second question of a lesson that has just been opened


def field(at: AppTest, name: str, row: int = 0) -> Any:
    """A field of the form."""
    number = 0 if name == "title" else at.session_state["own_at"]
    kind = {"code": at.text_area, "right": at.selectbox}.get(name, at.text_input)
    return kind(key=f"own_{number}_{name}_{row}")


def text_of(at: AppTest) -> str:
    """The lesson that is being written, as a text."""
    return at.session_state["own_draft"].text


def told(at: AppTest) -> list[str]:
    """What is wrong with the lesson."""
    start, end = text("lessons.own.wrong", got="|").split("|")
    beside = at.get_by_key("lessons_field")
    said = [alert.value for alert in (*beside.warning, *beside.info)]
    wrong = [each for each in said if each.startswith(start)]
    return [own.typed(each.removeprefix(start).removesuffix(end)) for each in wrong]


def opens(at: AppTest) -> str:
    """The address to which the browser goes of itself."""
    return component(at, "own_kept").get("opens", "")


def write(at: AppTest, lesson: str) -> AppTest:
    """The page after a lesson was typed into the form."""
    for number, asked in enumerate(own.read(lesson)):
        if number:
            at.button("own_add").click().run()
        for name in ("prompt", "code", "link"):
            field(at, name).set_value(getattr(asked, name)).run()
        for row, option in enumerate(asked.options):
            field(at, "options", row).set_value(option).run()
            field(at, "explained", row).set_value(asked.explained[row]).run()
        field(at, "right").set_value(0 if asked.right is None else asked.right + 1).run()
    return at


def test_it_is_written_tried_and_opened(open_app: OpenApp) -> None:
    at = open_app("lessons")
    assert not at.text_input
    open_box(at, "lessons_own")
    assert (told(at), [each.value for each in at.info]) == ([], [])
    write(at, OWN)
    sound(at)
    assert address(at) == {"own": OWN}
    at.button("lessons_room").click().run()
    key = Key(*opens(at).removeprefix("./room#room_key=").split("."))
    assert store().lead(key).room.lesson == OWN
    at.button("lessons_try").click().run()
    sound(at)
    assert at.title[0].value == text("lessons.own.title")
    assert address(at) == {"lesson": "own", "own": OWN}
    answer(at, pose(OWN, 1), 0)
    said = "".join(html(at))
    assert "<b>two" not in said
    assert "&lt;b&gt;two&lt;/b&gt; **three**" in said
    assert 'href="./learn?learn.race=true"' in said
    assert text("lessons.is_right") in said
    assert "lessons_twin" not in {button.key for button in at.button}
    at.button("lessons_next").click().run()
    answer(at, pose(OWN, 2), 1)
    said = "".join(html(at))
    assert text("lessons.own.open") in said
    assert text("lessons.is_right") not in said
    assert address(at) == {"lesson": "own", "own": OWN, "question": "2", "answer": "2"}
    sound(open_app("lessons", **address(at)))
    at.button("lessons_all").click().run()
    assert address(at) == {"own": OWN}


def test_the_answer_is_not_sent_before_its_time(open_app: OpenApp) -> None:
    at = open_app("lessons", lesson="own", own=OWN)
    sent = shown(at) + "".join(html(at))
    assert "learn.race" not in sent
    assert text("lessons.is_right") not in sent
    assert ":material/bug" not in sent


@pytest.mark.parametrize("page", ["lessons", "room"])
@pytest.mark.parametrize("said", ["", "no lesson"])
def test_a_link_without_the_lesson_is_complained_about(
    open_app: OpenApp, page: str, said: str
) -> None:
    at = open_app(page, lesson="own", own=said)
    assert not at.exception
    assert address(at) == {}
    got = str(own.mistake(said).got)
    assert f"- own: `{got if said else repr(said)}`; " in at.warning[0].value


@pytest.mark.parametrize("twin", ["3", "x"])
def test_it_has_no_twins(open_app: OpenApp, twin: str) -> None:
    at = open_app("lessons", lesson="own", own=OWN, twin=twin, question="7", answer="5")
    assert not at.exception
    for name in ("twin", "question", "answer"):
        assert f"- {name}:" in at.warning[0].value
    assert text("lessons.at", number=2, count=2) in "".join(html(at))


@pytest.mark.parametrize(
    ("name", "row", "said", "got"),
    [
        ("prompt", 0, " ", "question 1 asks nothing"),
        ("prompt", 0, "- one", "'- one' in question 1, an option where a question begins"),
        ("options", 1, "", "1 options in question 1"),
        ("options", 0, "<b>two</b> **three**", "'<b>two</b> **three**' twice among the options"),
        ("link", 0, "https://elsewhere.test/login", "'https://elsewhere.test/login' in question 1"),
        ("code", 0, "x" * MOST_CHARACTERS, " characters"),
    ],
)
def test_nothing_is_opened_while_there_is_a_mistake(
    open_app: OpenApp, name: str, row: int, said: str, got: str
) -> None:
    at = open_app("lessons", own=OWN)
    before = field(at, name, row).value
    for button in ("lessons_try", "lessons_room"):
        field(at, name, row).set_value(said)
        at.button(button).click().run()
        assert not at.exception
        assert got in told(at)[0]
        assert got in component(at, "own_kept")["wrong"]
        assert not opens(at)
        assert at.title[0].value == text("lessons.title")
        assert address(at) == {"own": OWN}
    at.run()
    assert got in told(at)[0]
    assert not at.warning
    assert not component(at, "own_kept")["wrong"]
    if name != "options":  # the one below has taken its place
        field(at, name, row).set_value(before)
        at.button("lessons_try").click().run()
        sound(at)
        assert at.title[0].value == text("lessons.own.title")


def test_nothing_is_opened_before_anything_is_asked(open_app: OpenApp) -> None:
    at = open_app("lessons")
    open_box(at, "lessons_own")
    field(at, "title").set_value("Shapes").run()
    assert not at.info
    for button in ("lessons_try", "lessons_room"):
        at.button(button).click().run()
        assert told(at) == ["question 1 asks nothing"]
        assert not opens(at)
    assert address(at) == {}


def test_what_is_written_outlives_its_closed_box(open_app: OpenApp) -> None:
    at = open_app("lessons", own=OWN)
    field(at, "prompt").set_value("").run()
    for is_open in (False, True):
        at.session_state["lessons_own"] = is_open
        at.run()
        assert bool(at.text_input) == is_open
    assert (field(at, "prompt").value, field(at, "options").value) == (
        "",
        "one :material/bug_report:",
    )
    assert told(at)


def bring_back(at: AppTest, kept: object) -> AppTest:
    """The page after the browser has said what it has kept, or a forged message did."""
    identity = f"$$STREAMLIT_INTERNAL_KEY_{at.get_by_key('own_kept').proto.id}__events"
    event = json.dumps([{"event": "typed", "value": kept}])
    return send(at, identity, json_trigger_value=event)


def test_what_the_browser_has_kept_comes_back(open_app: OpenApp) -> None:
    """With what was being typed, and of which the server has not been told."""
    first = open_app("lessons", own=OWN)
    field(first, "options", 1).set_value("").run()
    first.session_state["own_at"] = SECOND
    first.run()
    kept = component(first, "own_kept")
    assert (kept["edited"], kept["address"]) == (True, OWN)
    at = open_app("lessons", own=OWN)
    assert not component(at, "own_kept")["edited"]
    bring_back(at, kept | {"field": f"own_{SECOND}_prompt_0", "said": "And which"})
    assert not at.exception
    assert field(at, "options", 1).value == ""
    at.session_state["own_at"] = SECOND
    at.run()
    assert field(at, "prompt").value == "And which"
    assert told(at) == ["1 options in question 1"]
    assert address(at) == {"own": OWN}


QUESTION = ["Which?", ["a", "b"], 1, ["", ""], "", ""]


@pytest.mark.parametrize(
    ("questions", "typed"),
    [
        (7, {}),
        ({}, {}),
        ({"1": [*QUESTION[:2], 2, *QUESTION[3:]]}, {}),
        ({"1": [*QUESTION[:3], [""], *QUESTION[4:]]}, {}),
        ({"1": ["Which?", ["a"] * 99, None, [""] * 99, "", ""]}, {}),
        ({str(number): QUESTION for number in range(99)}, {}),
        ({"1": QUESTION}, {"field": "own_1_right_0", "said": "b"}),
        ({"1": QUESTION}, {"field": "own_9_prompt_0", "said": "b"}),
    ],
)
def test_a_forged_message_brings_back_nothing_else(
    open_app: OpenApp, questions: object, typed: dict[str, str]
) -> None:
    at = open_app("lessons")
    bring_back(at, {"draft": {"title": "", "questions": questions}} | typed)
    assert not at.exception
    assert text_of(at) == ("Which?\n- a\n* b" if typed else "")


def test_the_form_writes_the_lesson(open_app: OpenApp) -> None:
    at = open_app("lessons")
    open_box(at, "lessons_own")
    field(at, "title").set_value(" Shapes").run()
    field(at, "prompt").set_value("What comes back?").run()
    field(at, "code").set_value("\nx = 1\n\nprint(x)  \n").run()
    field(at, "options", 0).set_value("one").run()
    # Of somebody who types on while the server is busy, all is written.
    field(at, "explained", 0).set_value("No: `x`.")
    field(at, "options", 1).set_value("two")
    at.run()
    field(at, "explained", 2).set_value("Yes.").run()  # it waits for its option
    assert told(at) == ["an explanation in question 1 without its option"]
    field(at, "options", 2).set_value("three").run()
    field(at, "right").set_value(3).run()
    field(at, "link").set_value("/learn?learn.race=true").run()
    field(at, "options", 1).set_value("").run()
    sound(at)
    asked = "What comes back?\n```\nx = 1\n\nprint(x)\n```\n/learn?learn.race=true"
    assert address(at) == {"own": f"# Shapes\n\n{asked}\n- one\n  > No: `x`.\n* three\n  > Yes."}
    assert field(at, "options", 1).value == "three"
    assert field(at, "right").value == 2
    at.button("lessons_try").click().run()
    sound(at)
    assert at.title[0].value == "Shapes"


def test_options_are_cleared(open_app: OpenApp) -> None:
    """Also several in the same moment, the right one, and one of eight."""
    at = open_app("lessons", own=f"{FIVE}\n- f\n- g\n- h")
    for cleared, then in (
        ({3: ""}, "- a\n- b\n* c\n- e\n- f\n- g\n- h"),
        ({0: "", 1: "", 3: "x"}, "* c\n- x\n- f\n- g\n- h"),
        ({0: "", 5: "y"}, "- x\n- f\n- g\n- h\n- y"),
    ):
        for row, said in cleared.items():
            field(at, "options", row).set_value(said)
        at.run()
        assert text_of(at) == f"Which?\n{then}"
        rows = then.count("\n") + 1
        assert [field(at, "options", row).value for row in range(rows)] == re.findall(r"\w", then)


def test_questions_are_added_moved_and_removed(open_app: OpenApp) -> None:
    """What was typed into a field that is left for a button is in its question."""
    at = open_app("lessons", own=OWN)
    first, second = OWN.split("\n\n")
    at.button("own_add").click().run()
    assert told(at) == ["question 2 asks nothing"]
    write(at, "New?\n- a\n* b")
    new = text_of(at).split("\n\n")[1]
    for name, questions in (
        ("up", (new, first, second)),
        ("down", (first, new, second)),
        ("down", (first, second, new)),
        ("remove", (first, second)),
        ("up", (second, first)),
        ("remove", (first,)),
    ):
        at.button(f"own_{name}").click().run()
        sound(at)
        assert text_of(at) == "\n\n".join(questions)
    field(at, "prompt").set_value("What?")
    at.button("own_add").click().run()
    assert text_of(at).startswith("What?")
    at.button("own_remove").click().run()
    for cleared in ("prompt", "link", "options", "options"):
        field(at, cleared).set_value("").run()
    sound(at)
    assert (text_of(at), address(at)) == ("", {})
    assert field(at, "prompt").value == ""
    assert at.button("own_remove").disabled


def test_what_comes_late_is_not_written_into_another_question(open_app: OpenApp) -> None:
    """A second click on Remove comes with the fields of the question that is gone."""
    at = open_app("lessons", own=OWN)
    key = field(at, "prompt").key
    field(at, "prompt").set_value("Gone?")
    at.button("own_remove").click().run()
    assert key not in [each.key for each in at.text_input]
    draft = at.session_state["own_draft"]
    assert draft.edited(1, "prompt", 0, "Gone?") == draft
    assert text_of(at) == OWN.split("\n\n")[1]


def test_a_link_that_its_page_would_refuse_is_told_at_once(open_app: OpenApp) -> None:
    at = open_app("lessons", own=OWN)
    field(at, "link").set_value("/?units=99999").run()
    (complaint,) = link_complaints(Page("explore", {"units": "99999"}))
    assert "99999" in complaint
    (warned,) = (warning.value for warning in at.warning)
    assert warned.endswith(text("lessons.own.link", number=1, complaint=complaint))
    at.button("lessons_try").click().run()  # the page mends it, as it would for anybody
    assert at.title[0].value == text("lessons.own.title")


def test_a_phone_is_shown_what_is_told_at_each_moment(open_app: OpenApp) -> None:
    said = "What?\n```\nx < 1\n```\n- one\n  > Not `one`.\n* two\n  > Two it is."
    at = open_app("lessons", own=said)

    def shown_on_phone() -> str:
        (frame,) = at.get("iframe")
        return frame.proto.srcdoc

    assert "x &lt; 1" in shown_on_phone()
    assert "Not <code>" not in shown_on_phone()
    for option, answered in ((0, "Not <code>one</code>"), (1, "Two it is")):
        at.session_state["own_seen_1_3"] = option
        at.run()
        assert answered in shown_on_phone().replace("\N{WORD JOINER}", "")
        assert ("Not <code>" in shown_on_phone()) == (option == 0)


def test_what_may_have_been_forgotten_is_noticed(open_app: OpenApp) -> None:
    at = open_app("lessons", own="Which?\n- a\n* b\n\nAnd?\n- a\n- b")
    left_open = text("lessons.own.left_open", number=2)
    assert [each.value for each in at.info] == [f"- {left_open}"]
    field(at, "options", 0).set_value("").run()
    assert told(at) == ["1 options in question 1"]


def open_file(at: AppTest, content: str | bytes) -> AppTest:
    identity = f"$$STREAMLIT_INTERNAL_KEY_{at.get_by_key('own_file').proto.id}__events"
    sent = base64.b64encode(content.encode() if isinstance(content, str) else content).decode()
    event = json.dumps([{"event": "file", "value": sent}])
    return send(at, identity, json_trigger_value=event)


def test_files_are_opened(open_app: OpenApp) -> None:
    exported = gift.written(own.lesson(OWN))
    assert not re.search(r"https?:|localhost|:\d{4}", exported)
    for said in (f"\ufeff{exported}", OWN.replace("\n", "\r\n")):
        at = open_app("lessons")
        open_box(at, "lessons_own")
        open_file(at, said)
        sound(at)
        assert (text_of(at), address(at)) == (OWN, {"own": OWN})
    kind = text("lessons.files.kinds.essay")
    open_file(at, f"Write.{{}}\n\n{exported}")
    (left,) = (warning.value for warning in at.warning)
    assert left.endswith(text("lessons.files.line", line=1, kind=kind))
    wrong = str(own.mistake("no lesson").got)
    for content, said in (
        ("Write.{}", kind),
        (b"\xff", text("lessons.files.unread")),
        ("no lesson", wrong),
    ):
        open_file(at, content)
        assert said in at.warning[0].value
        assert text_of(at) == OWN
    field(at, "prompt").set_value("And?").run()
    assert not at.warning


def test_a_file_replaces_no_lesson_unasked(open_app: OpenApp) -> None:
    at, other = open_app("lessons", own=OWN), "Other?\n- a\n* b"
    asked = text("lessons.files.replaces")
    for choice, then in (("keep", OWN), ("replace", other)):
        open_file(at, other)
        assert not at.exception
        assert asked in [each.value for each in at.warning]
        assert (text_of(at), address(at)) == (OWN, {"own": OWN})
        at.button(f"own_{choice}").click().run()
        sound(at)
        assert (text_of(at), field(at, "prompt").value) == (then, own.read(then)[0].prompt)
        assert asked not in [each.value for each in at.warning]
