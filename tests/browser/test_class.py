"""A class of thirty on one server, each over a socket of their own: every page is opened, everybody
trains, and nobody is refused, stopped or forgotten."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest

from components.backend.learning.learn import Question
from components.backend.learning.trained import Trained
from components.backend.origins.weight_source import WeightSource
from components.panels.ask.address import leads
from components.panels.ask.questions import QUESTIONS
from components.panels.pages import PAGES
from components.texts import text
from tests.visitor import Visitor

pytestmark = pytest.mark.whole

PUPILS = 30
PATIENCE = 300  # seconds on a busy machine
SHORT = Question(units=2, steps=6)
SHARED = SHORT.but(seed=500, steps=200)
LEFT = SHORT.but(seed=600, steps=50)
CELLS = 6  # that the pupils train, five of them each
RACED = 0  # the seed of the one that is raced against those of the other two kinds


def link(question: Question, **more: str) -> str:
    """The part of an address that names a training."""
    asked = {f"learn.{name}": value for name, value in more.items()}
    return urlencode(question.to_query(prefix="learn.") | asked)


def labels(visitor: Visitor) -> set[str]:
    """What can be pressed of what came last."""
    return {element.label for kind, element in visitor.elements if kind == "button"}


def said(visitor: Visitor) -> str:
    """What the page says of trainings, in what came last."""
    kinds = {"alert": "body", "progress": "text"}
    return "\n".join(
        getattr(element, kinds[kind]) for kind, element in visitor.elements if kind in kinds
    )


def press(visitor: Visitor, label: str) -> None:
    visitor.set(label, "trigger_value", True)
    visitor.rerun()
    visitor.states.clear()
    assert_sound(visitor)


def assert_sound(visitor: Visitor) -> None:
    assert visitor.elements
    assert "exception" not in {kind for kind, _ in visitor.elements}
    assert "failed" not in said(visitor)


def watch(visitor: Visitor, until: Callable[[Visitor], bool]) -> None:
    """Look at a training, as a browser does by itself."""
    deadline = time.monotonic() + PATIENCE
    while not until(visitor):
        assert said(visitor)  # it says how far it is
        assert time.monotonic() < deadline, said(visitor)
        visitor.wait()
        assert_sound(visitor)


def is_over(visitor: Visitor) -> bool:
    """Whether the page has been drawn since the training ended: while it goes on, a fragment alone
    is, without the buttons."""
    return not labels(visitor).isdisjoint({text("learn.done"), text("learn.again")})


def is_trained(visitor: Visitor) -> bool:
    return text("learn.done") in labels(visitor)


def open_page(visitor: Visitor, page: str, query: str = "") -> None:
    visitor.go("" if page == "explore" else page, query)
    assert_sound(visitor)


def pupil(url: str, number: int) -> None:
    """Opens a page, and has a cell trained; one opens a link to the weights of another one."""
    question = SHORT.but(seed=number % CELLS)
    with Visitor(url, "seed=1", timeout=PATIENCE) as visitor:
        if number < len(PAGES):
            open_page(visitor, list(PAGES)[number])
        visitor.go("learn", link(question, race=str(question.seed == RACED).lower()))
        press(visitor, text("learn.train"))
        watch(visitor, is_over)
        assert is_trained(visitor), said(visitor)
        if number == 0:
            take_weights(visitor, question.but(seed=1000))


def take_weights(visitor: Visitor, question: Question) -> None:
    """Open a link to weights that nobody has trained before."""
    query = question.settings().to_query() | WeightSource(trained=Trained(question, 6)).to_query()
    open_page(visitor, "explore", urlencode(query))
    watch(visitor, has_picture)


def has_picture(visitor: Visitor) -> bool:
    components = (element for kind, element in visitor.elements if kind == "bidi_component")
    return any('"figure"' in element.json for element in components)


def stopper(url: str, both: Barrier) -> None:
    """Stops what another watches, and keeps what there is of it, also once that has ended."""
    with Visitor(url, "seed=1", timeout=PATIENCE) as visitor:
        visitor.go("learn", link(SHARED, train="true"))
        both.wait(PATIENCE)
        press(visitor, text("learn.stop"))
        both.wait(PATIENCE)
        visitor.rerun_all()
        assert "Stopped" in said(visitor)
        press(visitor, text("learn.again"))
        watch(visitor, is_over)
        assert is_trained(visitor), said(visitor)


def other_watcher(url: str, both: Barrier) -> None:
    with Visitor(url, "seed=1", timeout=PATIENCE) as visitor:
        visitor.go("learn", link(SHARED, train="true"))
        both.wait(PATIENCE)
        watch(visitor, is_over)
        assert is_trained(visitor), said(visitor)
        both.wait(PATIENCE)


def leaver(url: str) -> None:
    """Begins a training and is gone."""
    with Visitor(url, "seed=1", timeout=PATIENCE) as visitor:
        visitor.go("learn", link(LEFT, train="true"))
        assert text("learn.stop") in labels(visitor)


def test_a_class_of_thirty_that_trains_at_once(server: str) -> None:
    both = Barrier(2)
    people: list[tuple[Callable[..., None], Any]] = [(stopper, both), (other_watcher, both)]
    people += [(pupil, number) for number in range(PUPILS - 3)]
    with ThreadPoolExecutor(PUPILS) as class_:
        going = [class_.submit(leaver, server)]
        going += [class_.submit(do, server, given) for do, given in people]
        for each in going:
            each.result()
    with Visitor(server, "seed=1", timeout=PATIENCE) as late:
        late.go("learn", link(LEFT, train="true"))
        watch(late, is_over)
        assert is_trained(late), said(late)


def reader(url: str, entry: str) -> None:
    """Follows the link of a question, and has its answer with the code to copy."""
    led = urlsplit(leads(QUESTIONS[entry].address, entry).removeprefix("./"))
    with Visitor(url, "seed=1", timeout=PATIENCE) as visitor:
        open_page(visitor, led.path, led.query)
        assert text(f"questions.{entry}.asked") in said(visitor)
        codes = [element.code_text for kind, element in visitor.elements if kind == "code"]
        assert QUESTIONS[entry].code.strip() in codes


def test_thirty_follow_the_links_of_three_questions_at_once(server: str) -> None:
    asked = ("same_class", "samples", "attention_classifier")
    with ThreadPoolExecutor(PUPILS) as class_:
        for each in [class_.submit(reader, server, asked[n % 3]) for n in range(PUPILS)]:
            each.result()
