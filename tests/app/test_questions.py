"""Questions: each question leads to a page where its answer stands, all set."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from html import escape, unescape
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import numpy as np
import pandas as pd
import pytest
from google.protobuf.message import Message
from streamlit.testing.v1 import AppTest

from components.backend import GrownError, Setup, run
from components.backend.cells import CELLS
from components.backend.cells.activations import hard_sigmoid_keras2
from components.backend.learning.learn import Question
from components.backend.learning.tasks import another_star
from components.backend.learning.trained import recorded
from components.backend.mistakes.mistakes import MISTAKES
from components.backend.origins.presets import TRAINED
from components.backend.running.engine import use_keras
from components.backend.whatif import influence, series
from components.panels.ask.address import FROM, leads, link
from components.panels.ask.questions import QUESTIONS
from components.panels.write.html import inline
from components.texts import DEFAULT, LANGUAGES, speaking, text
from tests.app.conftest import FIRST_PAGE, OpenApp
from tests.app.reading import address, charts, component, html, links, move, sound


def plain(said: str) -> str:
    """A text without its markup, be it Markdown or HTML."""
    return " ".join(re.sub(r"[*`]", "", unescape(re.sub(r"<[^>]+>", "", said))).split())


def strings(value: Any) -> Iterator[str]:
    """Every text in a message of Streamlit's, or in the JSON that it carries."""
    if isinstance(value, Message):
        yield from (text for _, field in value.ListFields() for text in strings(field))
    elif isinstance(value, str):
        try:
            held = json.loads(value)
        except ValueError:
            held = None
        yield from strings(held) if isinstance(held, dict | list) else [value]
    elif isinstance(value, dict):
        yield from (text for field in value.values() for text in strings(field))
    elif isinstance(value, Iterable) and not isinstance(value, bytes):
        yield from (text for field in value for text in strings(field))


def shown(at: AppTest) -> str:
    """All texts that the page has been given to show."""
    return plain(" ".join(text for element in at.main for text in strings(element.proto)))


def visit(open_app: OpenApp, name: str, language: str = DEFAULT) -> AppTest:
    led = urlsplit(leads(QUESTIONS[name].address, name).removeprefix("./"))
    return open_app(led.path or FIRST_PAGE, **dict(parse_qsl(led.query)) | {"lang": language})


@pytest.fixture(params=LANGUAGES)
def language(request: pytest.FixtureRequest) -> Iterator[str]:
    """Each language in turn, in which `text` then speaks."""
    with speaking(request.param):
        yield request.param


@pytest.mark.parametrize("name", QUESTIONS)
def test_its_answer_stands_on_the_page_that_it_leads_to(
    open_app: OpenApp, name: str, language: str
) -> None:
    at = visit(open_app, name, language)
    sound(at)
    assert not [*at.warning, *at.error]
    assert text(f"questions.{name}.look_at") in at.info[0].value
    assert address(at)["from"] == name
    assert address(at).get("box") == QUESTIONS[name].query.get("box")
    assert plain(text(f"questions.{name}.at")).casefold() in shown(at).casefold()


def test_the_fact_that_decides_it_stands_beside_the_answer(open_app: OpenApp) -> None:
    at = visit(open_app, "initial_state")
    (beside,) = [said for said in html(at) if "Checked on this page:" in said]
    fact = plain(beside).split(": ", 1)[1].removesuffix(".")
    assert re.search(r"\(.*\d.*\)$", fact)
    assert plain("".join(html(at))).count(fact) == 2
    # And not on a page that nobody was led to.
    assert not [said for said in html(open_app("calls")) if "Checked on this page:" in said]


CODE = {name: asked.code for name, asked in QUESTIONS.items() if asked.code}


@pytest.mark.parametrize("name", CODE)
def test_an_answers_code_runs_as_it_is_shown(open_app: OpenApp, name: str) -> None:
    assert CODE[name].strip() in [shown.value for shown in visit(open_app, name).code]
    with use_keras() as (keras, _):
        inputs = keras.Input(batch_shape=(2, 5, 3))
        layer = keras.layers.LSTM(4, stateful=True)
        model = keras.Model(inputs, keras.layers.Dense(1)(layer(inputs)))
        model.compile("sgd", "mse")
        given = {"layer": layer, "model": model, "x": np.ones((2, 5, 3)), "y": np.ones(2)}
        given |= {"np": np, "table": np.ones((24, 2))}
        given |= {"source": keras.Input((5, 3)), "target": keras.Input((6, 2))}
        if name == "mask_lost":
            given |= {"ids": np.array([[4, 2, 0]]), "model": _padded(keras, keras.layers.LSTM(2))}
        exec(CODE[name], {"keras": keras} | given)


def _padded(keras: Any, *above: Any) -> Any:
    """A model whose LSTM masks the padding, with layers above it, or operations."""
    ids = keras.Input((None,), dtype="int32")
    x = keras.layers.Embedding(9, 3, mask_zero=True)(ids)
    x = keras.layers.LSTM(4, return_sequences=True)(x)
    for each in above:
        x = each(x)
    return keras.Model(ids, x)


def test_the_code_says_which_layer_loses_the_mask() -> None:
    def said(*above: Any) -> tuple[float, list[list[bool]]]:
        """How far padding moves the answer, and of each layer above the LSTM what is printed."""
        lines: list[tuple[Any, ...]] = []
        given = {"ids": np.array([[4, 2, 0]]), "model": _padded(keras, *above)}
        exec(
            CODE["mask_lost"],
            {"keras": keras, "np": np, "print": lambda *each: lines.append(each)} | given,
        )
        return lines[0][0], [uses for _, *uses in lines[4:]]

    with use_keras() as (keras, _):
        layers = keras.layers
        moved, uses = said(layers.GlobalAveragePooling1D())
        assert moved < 1e-6
        assert uses == [[True, True]]
        with pytest.warns(UserWarning, match="does not support masking"):
            _, uses = said(layers.GlobalMaxPooling1D())
        assert uses == [[True, False]]
        moved, uses = said(lambda x: x * 2, layers.GlobalAveragePooling1D())
        assert moved > 1e-6
        assert uses == [[False, True]]


def test_a_stack_goes_on_from_the_states_that_it_is_given() -> None:
    with use_keras() as (keras, _):
        exec(CODE["stack_initial"], found := {"keras": keras})
        x = keras.random.normal((2, 10, 8), seed=0)
        zeros = [keras.ops.zeros((2, 32))] * 4
        (whole, *_), (_, *states) = found["model"]([x, *zeros]), found["model"]([x[:, :6], *zeros])
        rest, *_ = found["model"]([x[:, 6:], *states])
        np.testing.assert_allclose(rest, whole, atol=1e-6)


def test_the_flags_return_the_shapes_that_stand_above_each_call() -> None:
    samples, steps = 2, 5
    with use_keras() as (keras, _):
        begins, *lines = CODE["which_flags"].splitlines()
        exec(begins, given := {"keras": keras, "x": np.ones((samples, steps, 3))})
        for shapes, call in zip(lines[::2], lines[1::2], strict=True):
            returned = eval(call.split(" = ")[1], given)
            tensors = returned if isinstance(returned, (list, tuple)) else [returned]
            said = eval(f"[{shapes.removeprefix('# ')}]", {"samples": samples, "steps": steps})
            assert [tuple(tensor.shape) for tensor in tensors] == said


def test_the_last_h_of_two_sentences_are_compared_in_a_sequential_model_too() -> None:
    with use_keras() as (keras, _):
        layer = keras.layers.LSTM(4)
        model = keras.Sequential([layer, keras.layers.Dense(1)])
        model.compile("sgd", "mse")
        x = np.stack([np.zeros((5, 3)), np.ones((5, 3))])
        model.fit(x, np.ones((2, 1)), verbose=0)
        exec(CODE["same_class"], found := {"keras": keras, "model": model, "layer": layer, "x": x})
        np.testing.assert_allclose(found["last"], layer(x), atol=1e-6)


@pytest.mark.parametrize("states", [False, True])
@pytest.mark.parametrize("sequences", [False, True])
@pytest.mark.parametrize("cell", CELLS)
def test_the_last_h_of_two_sentences_are_compared_whatever_the_layer_returns(
    cell: str, sequences: bool, states: bool
) -> None:
    ids = np.array([[7, 3, 5, 0], [8, 3, 0, 0]])
    with use_keras() as (keras, _):
        layer = getattr(keras.layers, cell)(4, return_sequences=sequences, return_state=states)
        embedding = keras.layers.Embedding(10, 4, mask_zero=True)
        read = layer(embedding(inputs := keras.Input((None,))))
        model = keras.Model(inputs, keras.layers.Dense(1)(read[0] if states else read))
        exec(
            CODE["same_class"], found := {"keras": keras, "model": model, "layer": layer, "x": ids}
        )
        _, h, *_ = keras.layers.RNN(layer.cell, return_state=True)(embedding(ids))
        np.testing.assert_allclose(found["last"], h, atol=1e-6)
        np.testing.assert_allclose(found["difference"], np.abs(h[0] - h[1]).max(), atol=1e-6)


@pytest.mark.parametrize("kind", [np.array, pd.DataFrame])
def test_each_window_has_the_day_after_it_as_its_target(kind: Callable[[Any], Any]) -> None:
    table = kind(np.arange(48.0).reshape(series.Question().shape))
    exec(CODE["samples"], found := {"np": np, "table": table})
    assert CODE["samples"].endswith(f"# {found['x'].shape} {found['y'].shape}\n")
    assert found["x"].shape == series.answer(series.Question()).samples.shape
    for window, target in zip(found["x"], found["y"], strict=True):
        assert target == window[-1, 0] + 2


def test_the_code_for_c_of_every_step_ends_with_the_c_that_keras_returns() -> None:
    with use_keras() as (keras, _):
        layer, x = keras.layers.LSTM(4, return_state=True), np.ones((2, 5, 3), "float32")
        _, h, c = layer(x)
        exec(CODE["every_c"], found := {"keras": keras, "layer": layer, "x": x})
        assert found["c"].shape == (2, 5, 4)
        np.testing.assert_allclose(found["c"][:, -1], c, atol=1e-6)
        np.testing.assert_allclose(found["h"], h, atol=1e-6)


SAID_OF = {
    "nothing": "series_facts.best_noise.claim",
    "far": "influence.told",
    "axes": "mistakes.why.mse",
    "padded": "padding_facts.moved.claim",
    "nan": "mistakes.why.relu",
    "share": "mistakes.why.shuffled_alone",
    "softmax": "mistakes.why.softmax_of_one_class",
}
"""By a cause, a text of the page that shows it. Large numbers have a test of their own."""


@pytest.mark.parametrize("name", [name for name, asked in QUESTIONS.items() if asked.causes])
def test_each_cause_leads_to_a_page_that_shows_it(
    open_app: OpenApp, name: str, language: str
) -> None:
    told = "".join(html(visit(open_app, name, language)))
    entries = component(open_app("questions", lang=language), "questions")["entries"]
    for cause, led in QUESTIONS[name].causes.items():
        named = {} if language == DEFAULT else {"lang": language}
        line = inline(text(f"questions.{name}.causes.{cause}", link=link(led, **named)))
        assert line in told
        assert line in entries
        at = urlsplit(led)
        page = open_app(at.path or FIRST_PAGE, **dict(parse_qsl(at.query)), lang=language)
        sound(page)
        if cause in SAID_OF:
            assert plain(text(SAID_OF[cause])) in shown(page)


def test_large_numbers_leave_the_gates_shut_or_open(open_app: OpenApp) -> None:
    at = urlsplit(QUESTIONS["flat"].causes["large"])
    said = shown(open_app(at.path or FIRST_PAGE, **dict(parse_qsl(at.query))))
    share = re.search(r"(\d+)% of all gate values are saturated.*raw inputs as large as", said)
    assert int(share[1]) > 60


@pytest.mark.parametrize("way", ["moved", "reloaded"])
def test_what_is_played_with_is_set_again_as_the_question_has_it(
    open_app: OpenApp, way: str
) -> None:
    at = visit(open_app, "same_class")
    led = address(at)
    fact = plain(text("padding_facts.alike.claim", count=2))
    assert shown(at).count(fact) == 2  # also beside the answer
    move(at, "pad.mask_zero", True)
    move(at, "units", 5)
    assert fact not in shown(at)
    assert shown(at).count(plain(text("padding_facts.kept_apart.claim", count=2))) == 2
    if way == "reloaded":
        at = open_app("padding", **address(at))
        assert fact not in shown(at)
    sound(at.button(key="again").click().run())
    assert address(at) == led
    assert shown(at).count(fact) == 2


def test_a_step_that_was_looked_at_is_set_again(open_app: OpenApp) -> None:
    at = visit(open_app, "two_states")
    at.session_state["step"] = 4
    at.run()
    sound(at.button(key="again").click().run())
    assert at.session_state["step"] == 1


@pytest.mark.parametrize("name", ["stateful", "dropout", "parameters"])
def test_a_lesson_or_a_page_goes_on_with_it_or_none_does(open_app: OpenApp, name: str) -> None:
    found = links(visit(open_app, name))
    lessons = [query for page, query in found.values() if page == "lessons"]
    after = [
        page
        for label, (page, _) in found.items()
        if label.startswith(text("questions.next", page=""))
    ]
    page = urlsplit(QUESTIONS[name].next).path
    assert after == ([page] if page else [])
    asked = {
        "stateful": {"lesson": "calls", "question": "3"},
        "parameters": {"lesson": "parameters"},
    }
    assert [{**query, **asked[name], FROM: name} for query in lessons] == lessons
    assert bool(lessons) == bool(QUESTIONS[name].predict)


@pytest.mark.parametrize("page", ["explore", "questions", "lessons"])
def test_a_link_within_a_text_names_the_language(open_app: OpenApp, page: str) -> None:
    """The browser opens it as a new page, whose session knows nothing of this one. Those of the
    notebook: see test_notebook. What the field of Explore finds is made a link in the browser."""
    at = open_app(page, lang="ko")
    sent = "".join(html(at)) + (component(at, page)["entries"] if page == "questions" else "")
    led = re.findall(r'(?:href="\./|data-besides=")(.*?)"', sent)
    assert led
    assert [href for href in led if "lang=ko" not in href] == []


@pytest.mark.parametrize("name", QUESTIONS)
@pytest.mark.usefixtures("language")
def test_its_note_does_not_point_at_itself(name: str) -> None:
    """The browser scrolls to the first place that has the words."""
    note = " ".join(text(f"questions.{name}.{part}") for part in ("asked", "answer", "look_at"))
    assert text(f"questions.{name}.at").casefold() not in plain(note).casefold()


def test_the_old_hard_sigmoid_is_there_to_copy(open_app: OpenApp) -> None:
    """In the box that the link opens."""
    at = visit(open_app, "hard_sigmoid")
    assert "compare_activations" in charts(at)
    sums = np.linspace(-4, 4, 33)
    (code,) = (shown.value for shown in at.code)
    with use_keras() as (keras, _):
        exec(code, found := {"keras": keras})
        said = np.array(found["hard_sigmoid_keras2"](sums))
    np.testing.assert_allclose(said, hard_sigmoid_keras2(sums))
    assert "compare_curves" not in {box.proto.id for box in open_app("compare").expander}


def test_the_gates_are_shown_where_one_shuts() -> None:
    asked = QUESTIONS["gates"].query
    step, unit, question = int(asked["step"]), int(asked["unit"]), Question(task="quotes")
    settings = question.settings()
    trace = recorded()[question].checkpoints[-1].trace(settings)
    assert asked["tokens"] == ", ".join(map(str, settings.tokens[0]))
    assert settings.tokens[0][step - 1] == 0  # a quotation mark
    assert trace.gates["forget"][0, step - 1, unit] < 0.01
    assert trace.gates["input"][0, step - 1, unit] > 0.9
    assert abs(trace.cell[0, step - 2, unit]) > 1


def test_what_is_said_of_the_recorded_trainings_is_so(open_app: OpenApp) -> None:
    race = shown(visit(open_app, "why_gates"))
    for cell, learned in (("LSTM", "has"), ("GRU", "has"), ("SimpleRNN", "has not")):
        assert f"{cell} {learned} learned the task" in race
    assert race.count("keeps the first symbol") == 2
    assert race.count("overwrites the first symbol") == 2  # also beside the answer
    told = shown(visit(open_app, "learning"))
    said = re.search(r"At a quotation mark the forget gate of unit \d keeps (\d+)%.*?(\d+)%", told)
    at_a_mark, elsewhere = map(int, said.groups())
    assert at_a_mark < 5 < 80 < elsewhere


def test_what_is_said_of_one_replaced_letter_is_so() -> None:
    setup, start = TRAINED["remembers"]
    settings, weights = setup.settings, start.weights(setup.settings)

    def moved(step: int, token: int) -> float:
        """How far the last c moves at most if that step reads another letter."""
        asked = influence.Question(settings=settings, changed_step=step, token=token)
        found = influence.answer(asked, weights)
        own, other = (run.trace.cell[0, -1] for run in (found.run, found.changed))
        return float(np.abs(other - own).max())

    starred, other_star = another_star(settings.tokens[0])
    plain = [(step, letter) for step in (1, 5, 10, 20) for letter in (0, 1, 2)]
    assert moved(starred, other_star) > 20 * max(moved(*each) for each in plain)


def test_what_is_said_of_relu_is_so() -> None:
    asked = QUESTIONS["relu"].query | {"length": "100"}
    longer = Setup.from_query({name: [said] for name, said in asked.items()})[0].settings
    assert 1e37 < np.abs(run(longer).trace.hidden).max() < np.finfo(np.float32).max
    with pytest.raises(GrownError, match="From step 99 on"):
        run(longer.but(units=17))


def test_an_unknown_question_is_ignored(open_app: OpenApp) -> None:
    for name in ("groups", "gates.asked", "<b>", ""):
        assert not open_app(**{FROM: name}).info


def test_what_to_look_at_stays_until_the_page_is_left(open_app: OpenApp) -> None:
    at = move(visit(open_app, "stacking"), "units", 5)
    assert text("questions.stacking.look_at") in at.info[0].value
    at.query_params.clear()  # as a browser does for a link of the menu
    at.switch_page("app_pages/padding.py").run()
    assert not at.info


def test_all_are_on_the_page_with_the_words_that_find_them(open_app: OpenApp) -> None:
    at = open_app("questions")
    sound(at)
    entries = component(at, "questions")["entries"]
    for name, asked in QUESTIONS.items():
        assert f'href="{escape(leads(asked.address, name))}"' in entries
        assert inline(text(f"questions.{name}.asked")) in entries
    for name, mistake in MISTAKES.items():
        assert f'href="{escape(leads(f"mistakes?mistake={name}"))}"' in entries
        if mistake.says:  # by which the search knows an error that is typed as it is
            assert f'class="rnn-says">{escape(mistake.says)}<' in entries
        assert inline(text(f"mistakes.why.{name}")) in entries
