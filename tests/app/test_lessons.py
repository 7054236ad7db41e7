"""Lessons: a student alone answers, is told what was believed, sees it, and goes on."""

from __future__ import annotations

import base64
import json
import re
import threading
from collections.abc import Iterator
from html import escape, unescape
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from streamlit.testing.v1 import AppTest

from components.backend.lessons import LESSONS, Page, Posed, gift, own, pose, recorded, title
from components.backend.lessons.own import MOST_CHARACTERS
from components.backend.rooms.store import Key, store
from components.backend.running import engine
from components.panels.ask.address import FROM
from components.panels.teaching import new_room
from components.panels.teaching.at_home import home_address
from components.panels.teaching.posed import answered_html, link
from components.panels.write.html import inline
from components.texts import text
from dashboard.page_links import link_complaints
from tests.app.conftest import FIRST_PAGE, OpenApp
from tests.app.reading import (
    address,
    all_markdown,
    component,
    follow,
    html,
    links,
    open_box,
    send,
    sound,
)
from tests.app.test_errors import raising
from tests.app.test_questions import plain, shown

QUESTIONS = [(lesson, n + 1) for lesson, asked in LESSONS.items() for n in range(len(asked))]


def answer(at: AppTest, posed: Posed, option: int) -> AppTest:
    (radio,) = at.radio
    radio.set_value(option).run()
    return at.button("answered").click().run()


def test_the_page_lists_all_lessons(open_app: OpenApp) -> None:
    at = open_app("lessons")
    sound(at)
    (listed,) = (body for body in html(at) if "rnn-lessons" in body)
    for lesson in LESSONS:
        assert f'href="./lessons?lesson={lesson}">{escape(title(lesson))}</a>' in listed


@pytest.mark.parametrize(
    ("entry", "said", "page", "query"),
    [
        ("stateful", "questions.stateful.asked", "calls", {"how": "stateful", FROM: "stateful"}),
        ("mistakes.mse", "mistakes_view.mistake.options.mse", "mistakes", {"mistake": "mse"}),
    ],
)
def test_an_answered_question_leads_back_to_the_answer_that_led_to_it(
    open_app: OpenApp, entry: str, said: str, page: str, query: dict[str, str]
) -> None:
    at = open_app("lessons", **{"lesson": "returned", FROM: entry})
    assert not at.info
    label = text("questions.back", to=text(said))
    assert label not in links(at)
    at = answer(at, pose("returned", 1), 0)
    assert address(at)[FROM] == entry
    led, given = links(at)[label]
    assert (led, given) == (page, given | query)
    at = follow(at, label)
    sound(at)
    assert bool(at.info) == (page == "calls")


@pytest.mark.parametrize("entry", ["", "returned.changed", "mistakes.", "nothing"])
def test_one_that_nothing_has_led_to_leads_back_to_nothing(open_app: OpenApp, entry: str) -> None:
    at = answer(open_app("lessons", **{"lesson": "returned", FROM: entry}), pose("returned", 1), 0)
    sound(at)
    assert links(at) == {}


def test_one_goes_through_a_lesson(open_app: OpenApp) -> None:
    at = open_app("lessons", lesson="returned")
    posed = pose("returned", 1)
    wrong = (posed.right + 1) % len(posed.options)
    assert at.button("answered").disabled
    answer(at, posed, wrong)
    sound(at)
    said = "".join(html(at))
    assert inline(posed.believed(wrong)) in said
    assert inline(posed.say) in said
    assert escape(urlencode(posed.answer_page.query)) in said
    assert address(at) == {"lesson": "returned", "answer": str(wrong + 1)}

    at.button("lessons_twin").click().run()
    assert inline(pose("returned", 1, 1).prompt) in "".join(html(at))
    twin = pose("returned", 1, 1)
    answer(at, twin, twin.right)
    assert inline(text("lessons.right")) in "".join(html(at))
    at.button("lessons_next").click().run()
    assert address(at) == {"lesson": "returned", "question": "2"}
    assert inline(pose("returned", 2).prompt) in "".join(html(at))


def test_after_the_last_question_there_is_no_next_one(open_app: OpenApp) -> None:
    last = str(len(LESSONS["returned"]))
    at = open_app("lessons", lesson="returned", question=last, answer="1")
    assert {button.key for button in at.button} >= {"lessons_twin", "lessons_all"}
    assert "lessons_next" not in {button.key for button in at.button}
    at.button("lessons_all").click().run()
    assert address(at) == {}


def test_what_is_sent_does_not_tell_the_answer(open_app: OpenApp) -> None:
    for number in range(1, len(LESSONS["returned"]) + 1):
        posed = pose("returned", number)
        at = open_app("lessons", lesson="returned", question=str(number))
        sent = shown(at) + "".join(html(at))
        assert posed.say not in sent
        assert inline(posed.say) not in sent
        assert urlencode(posed.answer_page.query) not in sent
        assert not any(posed.believed(i) in sent for i in range(4) if i != posed.right)


@pytest.mark.parametrize("lesson", ["states", "own"])
def test_all_of_a_lesson_is_on_a_sheet_and_its_answers_on_another(
    open_app: OpenApp, lesson: str
) -> None:
    link = {"lesson": lesson} | ({"own": OWN} if lesson == "own" else {})
    asked = OWN if lesson == "own" else lesson
    count = len(LESSONS.get(lesson) or own.read(OWN))
    posed = [pose(asked, number) for number in range(1, count + 1)]
    sheets = {}
    for sheet in ("questions", "answers"):
        at = open_app("lessons", **link, sheet=sheet)
        sound(at)
        assert not at.radio
        assert address(at) == link | {"sheet": sheet}
        (sheets[sheet],) = (body for body in html(at) if "rnn-sheet" in body and "<ol>" in body)
        for each in posed:
            assert inline(each.prompt) in sheets[sheet]
            assert all(inline(each.said(i)) in sheets[sheet] for i in range(len(each.options)))
    right = sum(each.right is not None for each in posed)
    assert sheets["questions"].count("✓") == 0
    assert sheets["answers"].count('<i class="rnn-box">✓') == right
    for each in posed:
        reason = each.say if each.right is not None else text("lessons.own.open")
        assert inline(reason) in sheets["answers"]
        assert not reason or inline(reason) not in sheets["questions"]


def test_a_lesson_at_home_has_other_settings_in_each_question(open_app: OpenApp) -> None:
    query = dict(parse_qsl(urlsplit(home_address("returned")).query))
    at = open_app("lessons", **query)
    seed = int(query["twins"])
    first = pose("returned", 1, seed)
    assert inline(first.prompt) in "".join(html(at))
    answer(at, first, first.right)
    assert inline(text("lessons.right")) in "".join(html(at))
    at.button("lessons_next").click().run()
    sound(at)
    assert address(at) == query | {"question": "2"}
    assert inline(pose("returned", 2, seed).prompt) in "".join(html(at))


def sheets(at: AppTest) -> dict[str, dict[str, str]]:
    """By label: where the links to the sheets of a lesson lead."""
    (said,) = (body for body in html(at) if "rnn-sheets" in body)
    links = re.findall('href="([^"]*)">([^<]*)', said)
    return {label: dict(parse_qsl(urlsplit(unescape(to)).query)) for to, label in links}


def test_an_option_with_code_is_one_text_beside_its_mark() -> None:
    """Each child of a line of a grid is a cell of its own."""
    options = re.findall("<li>(.*?)</li>", answered_html(pose("stacking", 0), 0))
    assert any("<code>" in option for option in options)
    assert all(re.fullmatch("<b [^>]*>[^<]*</b><span>.*</span>", option) for option in options)


@pytest.mark.parametrize("home", [False, True])
def test_answers_on_paper_are_offered_once_all_is_answered(open_app: OpenApp, home: bool) -> None:
    """Or on the sheet of the questions, for who prints both. All have the settings that the lesson
    has."""
    link = dict(parse_qsl(urlsplit(home_address("returned")).query)) if home else {}
    link |= {"lesson": "returned"}
    on_paper, answers = text("lessons.on_paper"), text("lessons.answers")
    questions = {on_paper: link | {"sheet": "questions"}}
    both = questions | {answers: link | {"sheet": "answers"}}
    assert sheets(open_app("lessons", **link)) == questions
    last = str(len(LESSONS["returned"]))
    for number, answered, offered in (("1", "1", {}), (last, "0", {}), (last, "1", both)):
        at = open_app("lessons", **link, question=number, answer=answered)
        assert any("rnn-sheets" in body for body in html(at)) == bool(offered)
        assert not offered or sheets(at) == offered
    at = open_app("lessons", **link, sheet="questions")
    assert sheets(at) == {answers: both[answers], text("lessons.lesson"): link}
    posed = pose("returned", 1, int(link.get("twins", 0)))
    assert any("rnn-sheet" in body and inline(posed.prompt) in body for body in html(at))


def test_strips_say_what_their_rows_are(open_app: OpenApp) -> None:
    """Those of one row have no units in them."""
    for question, said in (("padded", "1"), "strips"), (("calls", "5"), "strips_of_a_row"):
        at = open_app("lessons", lesson=question[0], question=question[1])
        assert text(f"lessons.{said}") in "".join(html(at))


def test_a_bad_link_is_complained_about(open_app: OpenApp) -> None:
    at = open_app("lessons", lesson="nonsense")
    assert "nonsense" in at.warning[0].value
    at = open_app("lessons", lesson="returned", question="9", answer="7", twin="-1")
    assert not at.exception
    for name in ("question", "answer", "twin"):
        assert f"- {name}:" in at.warning[0].value


@pytest.mark.parametrize(("lesson", "number"), QUESTIONS)
def test_the_page_that_shows_an_answer_says_what_was_asked(
    open_app: OpenApp, lesson: str, number: int
) -> None:
    """And it is as the link says: what it writes into the address is what the link had in it."""
    posed = pose(lesson, number, 1)
    led = urlsplit(link(posed).removeprefix("./"))
    query = {name: said for name, said in parse_qsl(led.query) if name != "learn.train"}
    at = open_app(led.path or FIRST_PAGE, **query)
    assert not at.exception
    assert not [*at.warning, *at.error]
    for said in (posed.prompt, posed.said(posed.right), posed.say):
        assert said in at.info[0].value
    assert posed.at in shown(at).replace(plain(at.info[0].value), "")
    assert address(at).items() <= query.items()


@pytest.mark.parametrize("name", ["returned.9.0", "returned.1.1000", "returned.1.x", "x.1.0", "."])
def test_an_unknown_question_is_ignored(open_app: OpenApp, name: str) -> None:
    at = open_app(**{FROM: name})
    sound(at)
    assert not at.info


OWN = """What comes back?
/learn?lang=ko&learn.race=true
- one :material/bug_report:
* <b>two</b> **three**

Which cell?
- LSTM
- GRU"""


def test_a_lesson_of_ones_own_is_typed_and_tried(open_app: OpenApp) -> None:
    at = open_app("lessons")
    assert not at.text_area
    open_box(at, "lessons_own")
    assert at.code[0].value == text("lessons.own.example")
    at.text_area(key="own").set_value(OWN).run()
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


def test_the_answer_of_ones_own_is_not_sent_before_its_time(open_app: OpenApp) -> None:
    at = open_app("lessons", lesson="own", own=OWN)
    sent = shown(at) + "".join(html(at))
    assert "learn.race" not in sent
    assert text("lessons.is_right") not in sent
    assert ":material/bug" not in sent


def test_a_text_that_is_no_lesson_stays_in_its_field_and_is_complained_about(
    open_app: OpenApp,
) -> None:
    wrong = OWN.replace("- LSTM\n", "")
    at = open_app("lessons", own=wrong)
    assert not at.exception
    got = text("problems.own_options", number=2, count=1, line=6)
    assert complaints(at) == [got]
    assert at.text_area(key="own").value == wrong
    at.text_area(key="own").set_value(OWN).run()
    sound(at)
    at.text_area(key="own").set_value(wrong).run()
    assert complaints(at) == [got]
    assert at.text_area(key="own").value == wrong
    assert address(at)["own"] == OWN


def complaints(at: AppTest) -> list[str]:
    """What is wrong with the text, as it stands below its field; nowhere else is it said."""
    start, end = text("lessons.own.wrong", got="|", allowed=own.ALLOWED).split("|")
    below = [alert.value for alert in at.get_by_key("lessons_field").warning]
    assert [alert.value for alert in at.warning] == below
    assert all(said.startswith(start) and said.endswith(end) for said in below)
    return [own.typed(said[len(start) : -len(end)]) for said in below]


def opens(at: AppTest) -> str:
    """The address to which the browser goes of itself."""
    return component(at, "own_kept").get("opens", "")


@pytest.mark.parametrize("button", ["lessons_try", "lessons_room"])
@pytest.mark.parametrize("wrong", ["", "\n \nWhat?\n- one\ntwo", OWN + " " * MOST_CHARACTERS + "."])
def test_nothing_is_opened_from_a_text_that_is_no_lesson(
    open_app: OpenApp, button: str, wrong: str
) -> None:
    at = open_app("lessons", own=OWN)
    at.text_area(key="own").set_value(wrong)
    at.button(button).click().run()
    assert not at.exception
    assert complaints(at) == [str(own.mistake(wrong).got)]
    assert not opens(at)
    assert at.title[0].value == text("lessons.title")
    assert at.text_area(key="own").value == wrong
    at.text_area(key="own").set_value(OWN)
    at.button(button).click().run()
    sound(at)
    assert at.title[0].value == text("lessons.own.title") or opens(at)


def test_a_text_that_is_no_lesson_outlives_its_closed_box(open_app: OpenApp) -> None:
    at = open_app("lessons", own=OWN)
    at.text_area(key="own").set_value("no lesson").run()
    for is_open in (False, True):
        at.session_state["lessons_own"] = is_open
        at.run()
        assert bool(at.text_area) == is_open
    assert at.text_area(key="own").value == "no lesson"
    assert complaints(at)


def bring_back(at: AppTest, said: object) -> AppTest:
    """The page after the browser has said what it has kept, or a forged message did."""
    identity = f"$$STREAMLIT_INTERNAL_KEY_{at.get_by_key('own_kept').proto.id}__events"
    event = json.dumps([{"event": "typed", "value": said}])
    return send(at, identity, json_trigger_value=event)


@pytest.mark.parametrize("said", ["no lesson", OWN, "", 7])
def test_what_the_browser_has_kept_comes_back(open_app: OpenApp, said: object) -> None:
    at = open_app("lessons")
    assert component(at, "own_kept") == {"wrong": "", "typed": "", "address": ""}
    bring_back(at, said)
    assert not at.exception
    if said == 7:
        assert not at.text_area
    else:
        assert at.text_area(key="own").value == said
        assert len(complaints(at)) == (said == "no lesson")
        assert address(at) == ({"own": OWN} if said == OWN else {})


def test_a_text_that_is_too_long_is_complained_about(open_app: OpenApp) -> None:
    long = OWN + " " * MOST_CHARACTERS + "."
    at = open_app("lessons", own=OWN)
    at.text_area(key="own").set_value(long).run()
    assert complaints(at) == [text("problems.characters", count=len(long))]
    assert at.text_area(key="own").value == long


@pytest.mark.parametrize("page", ["lessons", "room"])
@pytest.mark.parametrize("said", ["", "no lesson"])
def test_a_lesson_of_ones_own_needs_its_text(open_app: OpenApp, page: str, said: str) -> None:
    at = open_app(page, lesson="own", own=said)
    assert not at.exception
    assert address(at) == {}
    got = str(own.mistake(said).got)
    if page == "room":
        assert f"- own: `{got if said else repr(said)}`; " in at.warning[0].value
    else:  # the form is open
        assert complaints(at) == [got]
        assert at.text_area(key="own").value == said
        at.text_area(key="own").set_value(OWN).run()
        sound(at)
        assert at.title[0].value == text("lessons.title")


@pytest.mark.parametrize("twin", ["3", "x"])
def test_ones_own_has_no_twins(open_app: OpenApp, twin: str) -> None:
    at = open_app("lessons", lesson="own", own=OWN, twin=twin, question="7", answer="5")
    assert not at.exception
    for name in ("twin", "question", "answer"):
        assert f"- {name}:" in at.warning[0].value
    assert text("lessons.at", number=2, count=2) in "".join(html(at))


@pytest.fixture
def loading(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """TensorFlow has not been loaded, and nobody gets at Keras."""
    with engine.LOCK:  # else a guess that is still being computed says that it is loaded
        monkeypatch.setattr(engine, "_loaded", threading.Event())
        monkeypatch.setattr(engine, "exclusive", raising(AssertionError("waits for TensorFlow")))
        monkeypatch.setattr(engine, "use_keras", engine.exclusive)
        yield


@pytest.mark.usefixtures("loading")
def test_a_lesson_is_gone_through_while_tensorflow_loads(open_app: OpenApp) -> None:
    """Each question with its first settings is there at once, and what is right about it."""
    for lesson, number in QUESTIONS:
        posed = recorded(lesson, number)
        at = open_app("lessons", lesson=lesson, question=str(number))
        sound(at)
        assert text("app.recorded") in all_markdown(at)
        assert inline(posed.prompt) in "".join(html(at))
        answer(at, posed, posed.right)
        assert inline(text("lessons.right")) in "".join(html(at))
        assert inline(posed.say) in "".join(html(at))


@pytest.fixture
def known() -> None:
    """Keras has been asked the first question before."""
    pose("returned", 1)


@pytest.mark.usefixtures("known", "loading")
def test_a_lesson_is_asked_of_keras_once_tensorflow_has_loaded(open_app: OpenApp) -> None:
    at = open_app("lessons", lesson="returned")
    at.radio[0].set_value(1).run()
    engine._loaded.set()
    at.run()
    sound(at)
    assert text("app.recorded") not in all_markdown(at)
    assert at.radio[0].value == 1


@pytest.mark.usefixtures("loading")
def test_the_page_of_an_answer_says_what_was_asked_while_tensorflow_loads(
    open_app: OpenApp,
) -> None:
    posed = recorded("states", 1)
    at = open_app(FIRST_PAGE, **{FROM: posed.name})
    assert any(posed.prompt in info.value for info in at.info)


def in_form(at: AppTest, name: str, row: int | None = None) -> Any:
    """A field of the form."""
    key = f"own_{name}" if row is None else f"own_{name}_{row}"
    kind = at.text_area if name == "code" else at.text_input
    return kind(key=key)


def text_of(at: AppTest) -> str:
    return at.text_area(key="own").value


def test_the_form_writes_the_text(open_app: OpenApp) -> None:
    at = open_app("lessons")
    open_box(at, "lessons_own")
    at.button("own_begin").click().run()
    sound(at)
    assert own.mistake(text_of(at)) is None
    in_form(at, "title").set_value("Shapes").run()
    in_form(at, "prompt").set_value("What comes back?").run()
    in_form(at, "code").set_value("\nx = 1\n\nprint(x)  \n").run()
    in_form(at, "option", 0).set_value("one").run()
    in_form(at, "explained", 0).set_value("No: `x`.").run()
    in_form(at, "option", 1).set_value("two").run()
    in_form(at, "option", 2).set_value("three").run()
    at.selectbox(key="own_right").set_value(2).run()
    in_form(at, "link").set_value("/learn?learn.race=true").run()
    in_form(at, "option", 1).set_value("").run()
    sound(at)
    asked = "What comes back?\n```\nx = 1\n\nprint(x)\n```\n/learn?learn.race=true"
    said = f"# Shapes\n\n{asked}\n- one\n  > No: `x`.\n* three"
    assert text_of(at) == said
    assert address(at) == {"own": said}
    assert component(at, "own_kept")["written"] == said
    assert in_form(at, "option", 1).value == "three"
    assert at.selectbox(key="own_right").value == 1
    at.button("lessons_try").click().run()
    sound(at)
    assert at.title[0].value == "Shapes"


def test_fields_that_are_left_in_the_same_moment_are_all_written(open_app: OpenApp) -> None:
    """As by somebody who types on while the server is busy."""
    at = open_app("lessons", own=OWN)
    in_form(at, "option", 2).set_value("three")
    in_form(at, "explained", 2).set_value("Not three.")
    at.run()
    sound(at)
    assert "- three\n  > Not three." in text_of(at)
    assert [in_form(at, "option", row).value for row in (2, 3)] == ["three", ""]


FIVE = "Which?\n- a\n- b\n* c\n- d\n- e"


@pytest.mark.parametrize(
    ("before", "typed", "fields", "then"),
    [
        (
            OWN,
            OWN.replace("back?", "out?"),
            {("option", 1): "two", ("explained", 0): "No."},
            OWN.replace("back?", "out?")
            .replace("<b>two</b> **three**", "two")
            .replace("report:", "report:\n  > No."),
        ),
        (
            OWN,
            f"# Shapes\n\n{OWN}",
            {("prompt", None): "And?"},
            f"# Shapes\n\n{OWN}".replace("What comes back?", "And?"),
        ),
        (
            OWN,
            f"{FIVE}\n\n{OWN}",
            {("prompt", None): "And?"},
            f"{FIVE}\n\n{OWN}".replace("What comes back?", "And?"),
        ),
        (FIVE, f"{FIVE}\n- f", {("option", 5): "g"}, f"{FIVE}\n- f\n- g"),
        (
            FIVE,
            FIVE.replace("- a", "- z\n- a"),
            {("option", 0): "y", ("explained", 2): "Yes."},
            "Which?\n- z\n- y\n- b\n* c\n  > Yes.\n- d\n- e",
        ),
        (
            "Which?\n- a\n- b",
            "Which?\n- b\n- x",
            {("option", 0): "y", ("option", 1): "z"},
            "Which?\n- z\n- x\n- y",
        ),
        (
            FIVE,
            FIVE,
            {("option", 0): "", ("option", 1): "", ("prompt", None): "So?"},
            "So?\n* c\n- d\n- e",
        ),
    ],
)
def test_what_is_typed_into_text_and_form_in_the_same_moment_is_all_there(
    open_app: OpenApp,
    before: str,
    typed: str,
    fields: dict[tuple[str, int | None], str],
    then: str,
) -> None:
    at = open_app("lessons", own=before)
    at.text_area(key="own").set_value(typed)
    for field, said in fields.items():
        in_form(at, *field).set_value(said)
    at.run()
    sound(at)
    assert text_of(at) == then
    assert in_form(at, "prompt").value == own.read(then)[at.session_state["own_at"]].prompt


@pytest.mark.parametrize(
    ("button", "at_first", "then"),
    [
        ("down", 0, "{1}\n\n{0}"),
        ("up", 1, "{1}\n\n{0}"),
        ("remove", 0, "{1}"),
        ("add", 1, "{0}\n\n{1}\n\n{new}"),
    ],
)
def test_a_field_that_is_left_for_a_button_is_written_where_its_question_is_then(
    open_app: OpenApp, button: str, at_first: int, then: str
) -> None:
    at = open_app("lessons", own=OWN)
    at.session_state["own_at"] = at_first
    at.run()
    questions = OWN.split("\n\n")
    questions[at_first] = questions[at_first].replace("?", "? Say it.", 1)
    in_form(at, "prompt").set_value(questions[at_first].split("\n")[0])
    at.button(f"own_{button}").click().run()
    sound(at)
    new = text("lessons.form.new").strip()
    assert text_of(at) == then.format(*questions, new=new)


def test_an_explanation_waits_for_its_option(open_app: OpenApp) -> None:
    """Whatever else is typed meanwhile."""
    at = open_app("lessons", own=FIVE)
    in_form(at, "explained", 5).set_value("No f.").run()
    at.text_area(key="own").set_value(f"# Letters\n\n{FIVE}  \n").run()
    assert text_of(at) == f"# Letters\n\n{FIVE}  \n"  # as it was typed
    in_form(at, "option", 0).set_value("").run()
    sound(at)
    in_form(at, "option", 4).set_value("f").run()
    assert text_of(at) == f"# Letters\n\n{FIVE}\n- f\n  > No f.".replace("- a\n", "")


def test_an_option_of_eight_is_cleared(open_app: OpenApp) -> None:
    eight = f"{FIVE}\n- f\n- g\n- h"
    at = open_app("lessons", own=eight)
    in_form(at, "option", 3).set_value("").run()
    in_form(at, "prompt").set_value("So?").run()
    assert text_of(at) == eight.replace("- d\n", "").replace("Which?", "So?")


def test_what_is_typed_into_the_form_waits_for_the_text(open_app: OpenApp) -> None:
    """While there is a mistake in it, and while what is typed would be one."""
    at = open_app("lessons", own=OWN)
    at.text_area(key="own").set_value(f"{OWN}\n\nWhich")
    in_form(at, "prompt").set_value("And?").run()
    assert not at.exception
    assert text_of(at) == f"{OWN}\n\nWhich"
    at.text_area(key="own").set_value(f"{OWN}\n- None").run()
    assert text_of(at) == f"{OWN}\n- None".replace("What comes back?", "And?")

    at = open_app("lessons", own=OWN)
    in_form(at, "prompt").set_value("").run()
    at.text_area(key="own").set_value(f"{OWN}\n- None").run()
    assert (text_of(at), in_form(at, "prompt").value) == (f"{OWN}\n- None", "")
    (told,) = (warning.value for warning in at.warning)
    assert told.startswith(text("lessons.form.refused", got="|").split("|")[0])
    in_form(at, "prompt").set_value("And?").run()
    assert text_of(at) == f"{OWN}\n- None".replace("What comes back?", "And?")


def test_what_has_waited_is_gone_with_the_text_that_it_was_typed_into(open_app: OpenApp) -> None:
    """As where the browser brings back another text."""
    at = open_app("lessons", own=FIVE)
    at.text_area(key="own").set_value(f"{FIVE}\n\nWhich")
    in_form(at, "option", 5).set_value("f").run()
    bring_back(at, OWN)
    sound(at)
    in_form(at, "prompt").set_value("And?").run()
    sound(at)
    assert text_of(at) == OWN.replace("What comes back?", "And?")


@pytest.mark.parametrize("other", ["", FIVE])
def test_a_field_of_a_question_that_is_gone_is_not_written(open_app: OpenApp, other: str) -> None:
    """Nor where the question before it stands in its place."""
    at = open_app("lessons", own=OWN)
    at.session_state["own_at"] = 1
    at.run()
    said = "\n\n".join(filter(None, (other, OWN.split("\n\n")[0])))
    in_form(at, "prompt").set_value("And then?")
    at.text_area(key="own").set_value(said)
    at.run()
    sound(at)
    assert text_of(at) == said


def test_what_the_browser_sends_before_the_form_has_followed_the_text_is_no_edit(
    open_app: OpenApp,
) -> None:
    at = open_app("lessons", own=OWN)
    then = OWN.replace("What comes", "Now what comes")
    at.text_area(key="own").set_value(then).run()
    in_form(at, "prompt").set_value("What comes back?").run()
    assert (text_of(at), in_form(at, "prompt").value) == (then, "Now what comes back?")
    in_form(at, "prompt").set_value("What comes back?").run()  # typed, once the form has followed
    assert text_of(at) == OWN


def test_the_form_follows_the_text(open_app: OpenApp) -> None:
    at = open_app("lessons", own=OWN)
    assert in_form(at, "prompt").value == "What comes back?"
    assert at.selectbox(key="own_right").value == 1
    at.text_area(key="own").set_value(OWN.replace("back?", "out?")).run()
    assert in_form(at, "prompt").value == "What comes out?"
    at.session_state["own_at"] = 1
    at.run()
    assert [in_form(at, "option", row).value for row in range(3)] == ["LSTM", "GRU", ""]
    assert at.selectbox(key="own_right").value == -1
    at.text_area(key="own").set_value("no lesson").run()
    assert [each.key for each in at.text_input] == []
    assert text("lessons.form.waits") in [each.value for each in at.caption]


def test_questions_are_added_moved_and_removed(open_app: OpenApp) -> None:
    at = open_app("lessons", own=OWN)
    first, second = OWN.split("\n\n")
    new = text("lessons.form.new").strip()
    for name, questions in (
        ("add", (first, new, second)),
        ("up", (new, first, second)),
        ("down", (first, new, second)),
        ("down", (first, second, new)),
        ("remove", (first, second)),
        ("remove", (first,)),
        ("remove", ()),
    ):
        at.button(f"own_{name}").click().run()
        sound(at)
        assert text_of(at) == "\n\n".join(questions)


def test_the_form_says_what_it_cannot_write(open_app: OpenApp) -> None:
    """The text stays as it is, and so does what is typed."""
    at = open_app("lessons", own=OWN)
    for name, row, said in (
        ("prompt", None, ""),
        ("option", 1, "one :material/bug_report:"),
        ("link", None, "https://elsewhere.test/login"),
    ):
        before = in_form(at, name, row).value
        in_form(at, name, row).set_value(said).run()
        start, end = text("lessons.form.refused", got="|").split("|")
        (told,) = (warning.value for warning in at.warning)
        assert told.startswith(start)
        assert told.endswith(end)
        assert (text_of(at), in_form(at, name, row).value) == (OWN, said)
        in_form(at, name, row).set_value(before).run()
        sound(at)
    assert text_of(at) == OWN


def test_what_is_dropped_with_its_question_is_said(open_app: OpenApp) -> None:
    at = open_app("lessons", own=OWN)
    in_form(at, "prompt").set_value("").run()
    at.session_state["own_at"] = 1
    at.run()
    (told,) = (warning.value for warning in at.warning)
    assert told.startswith(text("lessons.form.lost", got="|").split("|")[0])
    at.session_state["own_at"] = 0
    at.run()
    sound(at)
    assert not at.warning
    assert in_form(at, "prompt").value == "What comes back?"


@pytest.mark.parametrize("button", ["add", "down"])
def test_what_is_dropped_when_questions_are_arranged_is_said(
    open_app: OpenApp, button: str
) -> None:
    at = open_app("lessons", own=OWN)
    in_form(at, "prompt").set_value("").run()
    at.button(f"own_{button}").click().run()
    (told,) = (warning.value for warning in at.warning)
    assert told.startswith(text("lessons.form.lost", got="|").split("|")[0])
    at.button("own_remove").click().run()
    sound(at)
    assert not at.warning


def test_a_link_that_its_page_would_refuse_is_told_at_once(open_app: OpenApp) -> None:
    at = open_app("lessons", own=OWN)
    in_form(at, "link").set_value("/?units=99999").run()
    (told,) = link_complaints(Page("explore", {"units": "99999"}))
    assert "99999" in told
    warned = [warning.value for warning in at.warning]
    assert warned[0] == told
    assert warned[1].endswith(text("lessons.own.link", number=1, complaint=told))
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
    for option, told in ((0, "Not <code>one</code>"), (1, "Two it is")):
        at.session_state[f"own_seen_0_{3}"] = option
        at.run()
        assert told in shown_on_phone().replace("\N{WORD JOINER}", "")
        assert ("Not <code>" in shown_on_phone()) == (option == 0)


def open_file(at: AppTest, content: bytes) -> AppTest:
    identity = f"$$STREAMLIT_INTERNAL_KEY_{at.get_by_key('own_file').proto.id}__events"
    sent = base64.b64encode(content).decode()
    event = json.dumps([{"event": "file", "value": sent}])
    return send(at, identity, json_trigger_value=event)


def test_files_are_opened(open_app: OpenApp) -> None:
    at = open_app("lessons", own=OWN)
    exported = gift.written(own.lesson(OWN)).encode()
    assert not re.search(rb"https?:|localhost|:\d{4}", exported)
    at.text_area(key="own").set_value("").run()
    open_file(at, b"\xef\xbb\xbf" + exported)
    sound(at)
    assert text_of(at) == OWN
    open_file(at, OWN.replace("\n", "\r\n").encode())
    sound(at)
    assert text_of(at) == OWN
    open_file(at, b"Write.{}\n\n" + exported)
    (left,) = (warning.value for warning in at.warning)
    kind = text("lessons.files.kinds.essay")
    assert left.endswith(text("lessons.files.line", line=1, kind=kind))
    for content, said in ((b"Write.{}", kind), (b"\xff", text("lessons.files.unread"))):
        before = text_of(at)
        open_file(at, content)
        assert said in at.warning[0].value
        assert text_of(at) == before
    open_file(at, b"no lesson")
    assert text_of(at) == OWN
    at.button("own_replace").click().run()
    assert text_of(at) == "no lesson"
    assert complaints(at)


def test_a_file_replaces_no_lesson_unasked(open_app: OpenApp) -> None:
    at, other = open_app("lessons", own=OWN), b"Other?\n- a\n* b"
    asked = text("lessons.files.replaces")
    for answer, then in (("keep", OWN), ("replace", other.decode())):
        open_file(at, other)
        assert not at.exception
        assert asked in [each.value for each in at.warning]
        assert (text_of(at), address(at)) == (OWN, {"own": OWN})
        at.button(f"own_{answer}").click().run()
        sound(at)
        assert text_of(at) == then
        assert asked not in [each.value for each in at.warning]


def test_what_may_have_been_forgotten_is_noticed(
    open_app: OpenApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A question without a right option can be asked; the form's own sentences are sent to no
    phone."""
    monkeypatch.setattr(new_room, "store", lambda: pytest.fail("a room is opened"))
    at = open_app("lessons", own="Which?\n- a\n* b\n\nAnd?\n- a\n- b")
    open_left = text("lessons.own.left_open", number=2)
    assert [each.value for each in at.info] == [f"- {open_left}"]
    at.session_state["own_at"] = 1
    at.run()
    at.button("own_add").click().run()
    in_form(at, "prompt").set_value("What?").run()
    in_form(at, "option", 0).set_value("The only one").run()
    at.selectbox(key="own_right").set_value(0).run()
    second = own.read(text("lessons.form.new"))[0].options[1]
    (noticed,) = (each.value for each in at.info)
    assert noticed == f"- {text('lessons.own.unfinished', number=3, shown=second)}\n- {open_left}"
    at.button("lessons_room").click().run()
    room = open_app("room", lesson="own", own=text_of(at))
    room.button("room_open").click().run()
    assert second in room.error[0].value
