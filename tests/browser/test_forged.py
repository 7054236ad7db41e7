"""Messages that no widget sends: the server checks again, and shows its usual page or says why."""

import json
import math
import random
from typing import Any

import httpx
import pytest

from components.panels.classroom.frame import head_style
from components.texts import text
from tests import page
from tests.visitor import Visitor

pytestmark = pytest.mark.whole

FIELDS: dict[str, list[Any]] = {
    "double_array_value": [[1e9], [-1.0], [math.nan], [math.inf], [1e308], [], [1.0, 2.0]],
    "string_value": ["evil", "", "<script>", "**b** $x$ :smile:", "9" * 10_000, "1,2;3", "\0"],
    "string_array_value": [["evil"], [], ["GRU", "LSTM"]],
    "int_value": [-1, 2**62, 0],
    "double_value": [math.nan, -1.5, 1e300],
    "bool_value": [True, False],
}
WIDGETS = (
    "Cell",
    "Hidden size",
    "Hidden size: a whole number from 1 to 512",
    "return_sequences",
    "Sentence",
    "Sequence length",
    "Sentences",
    "Token ids",
    "Embedding",
    "Embedding dimension",
    "recurrent_activation",
    "unit_forget_bias",
    "Vocabulary size",
    "Seed",
    "View",
    "Start from",
    "Tab",
    "advanced",  # what opens and closes
)

SETTINGS = "seed=1&source=typed&units=64"  # with fields to type ids in, and a larger number


def come(server: str) -> Visitor:
    """A visitor who has opened Advanced, so that its widgets are on the page."""
    visitor = Visitor(server, SETTINGS)
    visitor.set("advanced", "bool_value", True)
    visitor.rerun()
    return visitor


def bodies(visitor: Visitor) -> list[str]:
    return [element.body for kind, element in visitor.elements if kind == "alert"]


def unpacked(visitor: Visitor) -> list[str]:
    return page.unpacked(element.body for kind, element in visitor.elements if kind == "html")


FEW = 3
"""Of so many values of a kind one is sent to each widget before the soak, which one in turn."""


@pytest.mark.parametrize(
    ("label", "every", "first"),
    [
        *(pytest.param(name, FEW, number, id=name) for number, name in enumerate(WIDGETS)),
        *(pytest.param(name, 1, 0, id=f"{name}-all", marks=pytest.mark.soak) for name in WIDGETS),
    ],
)
def test_every_forged_value_ends_in_a_page_or_a_message(
    server: str, label: str, every: int, first: int
) -> None:
    with come(server) as visitor:
        identity = visitor.widget(label)[1].id
        for field, values in FIELDS.items():
            for value in values[first % min(every, len(values)) :: every]:
                visitor.set_by_id(identity, field, value)
                assert visitor.rerun()
                assert "exception" not in {kind for kind, _ in visitor.elements}
                if visitor.fragment:  # only that part of the page has been run
                    visitor.rerun_all()
                    assert "exception" not in {kind for kind, _ in visitor.elements}
                assert unpacked(visitor) or bodies(visitor) == [text("errors.script")]


STEPS: list[Any] = [10**9, -1, 0, 2.5, 10**400, "<script>", True, {"step": 3}, [3], None]


def test_a_forged_click_chooses_no_step(server: str) -> None:
    """In the one chart in which a click on a step asks Keras something."""
    with Visitor(server, SETTINGS) as visitor:
        visitor.go("influence", SETTINGS)
        components = [element for kind, element in visitor.elements if kind == "bidi_component"]
        label = text("influence_view.changed_step.label")
        before = visitor.widget(label)[1].default
        chart = next(c for c in components if c.json and json.loads(c.json)[0].get("chooses"))
        for value in STEPS:
            event = json.dumps([{"event": "chosen", "value": value}])
            identity = f"$$STREAMLIT_INTERNAL_KEY_{chart.id}__events"
            visitor.set_by_id(identity, "json_trigger_value", event)
            visitor.fragment = visitor.fragments[chart.id]
            visitor.rerun()
            assert "exception" not in {kind for kind, _ in visitor.elements}
            assert bodies(visitor) == []
            field = visitor.widget(label)[1]
            assert (field.value if field.set_value else field.default) == before
            visitor.states.clear()


def test_a_session_survives_a_hundred_forged_values(server: str) -> None:
    """Up to three at once; the next one who comes finds the page as it was."""
    chance = random.Random(0)
    with come(server) as visitor:
        honest = unpacked(visitor)
        for _ in range(50):
            visitor.states.clear()
            for _ in range(chance.randint(1, 3)):
                field, values = chance.choice(list(FIELDS.items()))
                visitor.set(chance.choice(WIDGETS), field, chance.choice(values))
            for run in (visitor.rerun, visitor.rerun_all):
                assert "exception" not in {kind for kind, _ in run()}
            assert unpacked(visitor) or bodies(visitor) == [text("errors.script")]
    with Visitor(server, SETTINGS) as visitor:
        assert unpacked(visitor) == honest


@pytest.mark.parametrize(
    ("count", "said"),
    [(4_999, "a sentence of 4,999 ids"), (10_000, "characters)")],  # too long even to be read
)
def test_thousands_of_ids_build_nothing_and_are_not_sent_back(
    server: str, count: int, said: str
) -> None:
    with Visitor(server, "source=typed") as visitor:
        honest = unpacked(visitor)
        visitor.set("Token ids", "string_value", "1 " * count)
        visitor.rerun()
        (body,) = bodies(visitor)
        assert said in body
        assert len(body) < 400
        assert unpacked(visitor) == honest


@pytest.mark.parametrize("name", ["Content-Security-Policy", "X-Content-Type-Options"])
def test_headers_are_on_every_answer(server: str, name: str) -> None:
    for path in ("/", "/_stcore/health", "/static/no-such-file", "/no-such-page"):
        assert name in httpx.get(server + path).headers


@pytest.mark.parametrize("path", ["/", "/compare"])
def test_a_page_is_sent_whole_to_a_browser_with_an_older_one(server: str, path: str) -> None:
    """Of Streamlit's page, which says nothing of what we add to its head."""
    asked = {"if-modified-since": "Fri, 01 Jan 2100 00:00:00 GMT", "range": "bytes=0-9"}
    answer = httpx.get(server + path, headers={"accept": "text/html"} | asked)
    assert answer.status_code == 200
    assert not {"etag", "last-modified"} & answer.headers.keys()
    assert head_style() in answer.text
