"""Lessons: a student alone answers, is told what was believed, sees it, and goes on."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from html import escape, unescape
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from streamlit.testing.v1 import AppTest

from components.backend.lessons import LESSONS, Posed, own, pose, recorded, title
from components.backend.running import engine
from components.panels.ask.address import FROM
from components.panels.teaching.at_home import home_address
from components.panels.teaching.posed import answered_html, link
from components.panels.write.html import inline
from components.texts import text
from tests.app.conftest import FIRST_PAGE, OpenApp
from tests.app.reading import (
    address,
    all_markdown,
    follow,
    html,
    links,
    sound,
)
from tests.app.test_errors import raising
from tests.app.test_questions import plain, shown

QUESTIONS = [(lesson, n + 1) for lesson, asked in LESSONS.items() for n in range(len(asked))]

OWN = """What comes back?
/learn?lang=ko&learn.race=true
- one :material/bug_report:
* <b>two</b> **three**

Which cell?
- LSTM
- GRU"""


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
