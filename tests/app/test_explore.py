"""The Explore page: every widget moved, and what is lit held against the backend."""

from __future__ import annotations

import contextlib
import csv
import io
import re
import threading
from collections.abc import Iterable
from itertools import product
from typing import Any

import numpy as np
import pytest
from streamlit.proto.NumberInput_pb2 import NumberInput as NumberInputProto
from streamlit.proto.Slider_pb2 import Slider as SliderProto
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import (
    Button,
    ButtonGroup,
    DownloadButton,
    NumberInput,
    Selectbox,
    Toggle,
)

from components.backend import Settings, SettingsError, Setup, run
from components.backend.origins.notebook import cases
from components.backend.origins.recorded import recorded
from components.backend.origins.weight_source import NO_CASE, WeightSource
from components.backend.question import linked
from components.backend.question.labels import named_shape
from components.backend.question.layout import KERAS_DEFAULTS, returned_layout
from components.backend.question.linked import (
    allowed_values,
    annotation_of,
    bounds,
    choices,
    defaults,
    to_text,
)
from components.backend.question.sentences import MAX_SENTENCES, MAX_STEPS
from components.backend.question.settings import NOTEBOOK_SEVEN, NOTEBOOK_TEN
from components.backend.question.setup import random_ids
from components.backend.running import engine
from components.backend.running.facts import checks, facts, length_fact
from components.backend.running.next_layer import NEXT_LAYERS, keras_shape, next_layer
from components.backend.running.worksheet import worksheet
from components.backend.scripts.script import cell_states, script
from components.backend.whatif.both_ways import WIKIDOCS
from components.charts import timeline_note
from components.charts.picture import DIM, reach
from components.panels.layer.explore import ExploreView
from components.panels.parts.data import _csv, tensors
from components.panels.parts.equations import arrays, equations, markup
from components.panels.parts.products import products
from components.panels.parts.sidebar import PRESETS
from components.panels.write.html import inline
from components.texts import text
from tests.app.conftest import OpenApp
from tests.app.reading import (
    address,
    all_markdown,
    chart,
    charts,
    component,
    figure,
    html,
    looked,
    messages,
    move,
    open_box,
    press,
    same,
    settings,
    sheet,
    shows,
    sound,
    start_from,
    told,
    widget,
    widgets,
    worked_out,
)
from tests.kinds import in_turn, product_of, soaked
from tests.notation import fill

TABS = choices(ExploreView, "tab")
FIELDS = tuple(name for name in Setup.model_fields if name != "features")  # see test_values
MOVED = tuple(name for name in FIELDS if name != "source")  # see test_sources
DEFAULTS = defaults(Setup)
TWO = ((4, 21, 64), (13, 77, 66))

# Between them every field has an effect somewhere.
BASES = {
    "LSTM": Settings(),
    "GRU": Settings(cell="GRU", embedding=False, units=5, tokens=TWO),
    "SimpleRNN": Settings(cell="SimpleRNN", return_sequences=False, return_state=False),
    "numbers": Settings(values=(((0.5, -1.0), (2.0, 0.0)),)),
    "no bias": Settings(use_bias=False, units=1, tokens=((5,),)),
}


def other_values(name: str) -> list[Any]:
    """Values that a field may be set to: both ends of a range or a list, what is typed."""
    default = DEFAULTS[name]
    if isinstance(default, bool):
        return [not default]
    if name == "values":
        return [(((0.5,),),), (((1.0, -2.5), (0.25, 1e6)),) * 2]
    if isinstance(default, tuple):
        return [(tuple(range(MAX_STEPS)),), ((0,),) * MAX_SENTENCES]
    if others := [choice for choice in choices(Setup, name) if choice != default]:
        return list(dict.fromkeys((others[0], others[-1])))
    low, high = bounds(Setup, name)
    beside = annotation_of(Setup, name, linked.Slider)
    return sorted({low, beside.top if beside else high} - {default})


def base_for(name: str) -> Settings:
    """Settings under which that field has an effect."""
    return next(base for base in BASES.values() if Setup.of(base).applies(name))


def after(base: Settings, name: str, value: Any) -> Settings:
    """The settings that a field of the setup makes of others."""
    if name in ("tokens", "values"):
        return base.but(**{name: value})
    if name in Settings.model_fields:
        return Setup.of(base).but(**{name: value}).settings
    if name == "source":
        ids = {"ten": (NOTEBOOK_TEN,), "seven": (NOTEBOOK_SEVEN,), "typed": base.tokens}
        drawn = random_ids(base.seed, base.vocabulary_size, len(base.tokens))
        return base.but(tokens=ids.get(value) or tuple(row[: base.steps] for row in drawn))
    size = {"length": base.steps, "sentences": len(base.tokens), name: value}
    filler = random_ids(base.seed, base.vocabulary_size, size["sentences"])
    rows = (*base.tokens, *[()] * size["sentences"])[: size["sentences"]]
    return base.but(
        tokens=tuple(
            (*row, *more[len(row) :])[: size["length"]]
            for row, more in zip(rows, filler, strict=True)
        )
    )


def opened(open_app: OpenApp, base: Settings, **query: str) -> AppTest:
    return open_app(**base.to_query(), **query)


# -- Before TensorFlow has loaded ------------------------------------------------------------------


def test_the_recorded_run_stands_in_while_tensorflow_loads(
    open_app: OpenApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    with engine.LOCK:  # else a guess that is still being computed says that it is loaded
        monkeypatch.setattr(engine, "_loaded", threading.Event())
        at = open_app(on_proof=True)
        sound(at)
        assert text("app.recorded") in all_markdown(at)
    shows(at, OPENING.settings, result=recorded())
    engine._loaded.set()
    at.run()
    sound(at)
    assert text("app.recorded") not in all_markdown(at)
    shows(at, OPENING.settings, result=LEARNED)


def test_no_recorded_run_stands_in_for_other_settings(
    open_app: OpenApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "_loaded", threading.Event())
    at = open_app(units="2")
    sound(at)
    assert text("app.recorded") not in all_markdown(at)
    shows(at, Settings(units=2))


# -- Each setting, and each widget -----------------------------------------------------------------


def test_page_opens_with_the_defaults(open_app: OpenApp) -> None:
    at = open_app()
    sound(at)
    assert settings(at) == Settings()
    shows(at, Settings())
    assert charts(at) == ["timeline", "inside"]


@pytest.mark.parametrize("name", MOVED)
def test_a_setting_moved_shows_what_the_backend_runs(open_app: OpenApp, name: str) -> None:
    base = base_for(name)
    at = opened(open_app, base)
    for value in other_values(name):
        move(at, name, value)
        try:
            expected = after(base, name, value)
        except SettingsError as refused:  # a vocabulary too small for the sentence
            assert {problem.field for problem in refused.problems} == {"vocabulary_size"}
            assert "- vocabulary_size: " in messages(at)
            expected = base.but(vocabulary_size=1 + max(map(max, base.tokens)))
            assert widget(at, name).value == expected.vocabulary_size
        else:
            sound(at)
        assert same(settings(at), expected), value
        shows(at, expected)
    shows(open_app(**address(at)), expected)


def moved(widget: Any) -> Any:
    """Some other value for a widget of whatever kind; None for a button, which is clicked."""
    match widget:
        case Button() | DownloadButton():
            return None
        case Toggle():
            return not widget.value
        case NumberInput(key="sentence"):  # of two that there are
            return 3 - widget.value
        case ButtonGroup() | Selectbox():
            asks = WeightSource if widget.key == "learned" else ExploreView
            said = (to_text(asks, widget.key, v) for v in choices(asks, widget.key))
            return next(value for value in said if value != widget.value)
    raise AssertionError(f"no way to move a {type(widget).__name__}: {widget.key}")


def test_every_other_widget_can_be_moved(open_app: OpenApp) -> None:
    """Whatever widgets there are beside the settings: each where it is met first, in a session of
    its own."""
    met = {*FIELDS, "preset"}  # which have tests of their own
    for tab, base in [("inside", base) for base in BASES] + [(tab, "LSTM") for tab in TABS[1:]]:
        found = widgets(opened(open_app, BASES[base], tab=tab))
        for key in found.keys() - met:
            at, value = opened(open_app, BASES[base], tab=tab), moved(found[key])
            if value is None:
                at.get_by_key(key).click().run()
            else:
                move(at, key, value)
                assert at.get_by_key(key).value == value, key
            sound(at)
            assert at.dataframe if value == "table" else "timeline" in charts(at), key
        met |= found.keys()


def few(**options: Iterable[Any]) -> Any:
    """A parameter `case` for each combination; before the soak, those in which each pair is met."""
    return pytest.mark.parametrize("case", soaked(product_of(**options)))


@few(cell=choices(Setup, "cell"), embedding=[True, False], use_bias=[True, False])
def test_a_setting_without_effect_is_not_shown(open_app: OpenApp, case: dict[str, Any]) -> None:
    cell, embedding, use_bias = case.values()
    base = Setup(**case)
    at = open_app(**base.to_query())
    shown = {*widgets(at)} & {*FIELDS}
    assert shown == {name for name in FIELDS if base.applies(name)}
    # Once in plain words, so that the rule itself is not taken on trust.
    assert ("reset_after" in shown) == (cell == "GRU")
    assert ("unit_forget_bias" in shown) == (cell == "LSTM" and use_bias)
    assert ("recurrent_activation" in shown) == (cell != "SimpleRNN")
    assert ("embedding_dim" in shown, "input_scaling" in shown) == (embedding, not embedding)
    assert ("embeddings_initializer" in shown) == embedding


def test_every_setting_has_its_label_and_its_bounds(open_app: OpenApp) -> None:
    pages = {base: opened(open_app, base) for base in map(base_for, FIELDS)}
    for name in FIELDS:
        proto = widget(pages[base_for(name)], name).proto
        assert proto.label == text(f"settings.{name}.label")
        assert proto.help == text(f"settings.{name}.help")
        if isinstance(proto, SliderProto):
            low, high = bounds(Setup, name)
            beside = annotation_of(Setup, name, linked.Slider)  # a larger number is typed
            assert (proto.min, proto.max) == (low, beside.top if beside else high)
        elif isinstance(proto, NumberInputProto):  # the page says what is out of its bounds
            assert (proto.has_min, proto.has_max) == (False, False)
        elif name == "source":
            labels = [text(f"settings.source.options.{option}") for option in choices(Setup, name)]
            assert list(proto.options) == labels


# -- Presets ---------------------------------------------------------------------------------------


CASE = next(case for case in cases() if case.id == "1-2 LSTM")
OPENING, _START = PRESETS["opening"]
LEARNED = run(OPENING.settings, _START.weights(OPENING.settings))
PRESET_SETTINGS = {
    "opening": OPENING.settings,
    "drawn": Settings(),
    "keras": Settings(**KERAS_DEFAULTS, embeddings_initializer="uniform"),
    "notebook": CASE.settings,
    "constant": WIKIDOCS,
}
PRESET_RUNS = {"opening": LEARNED, "notebook": CASE.run()}
"""What those return whose weights are not the seed's."""
FAR = {
    "units": "5",
    "embedding_dim": "3",
    "embeddings_initializer": "uniform",
    "seed": "3",
    "tokens": "1 2 3; 4 5 6",
    "go_backwards": "true",
    "unit_forget_bias": "false",
    "activation": "relu",
    "kernel_initializer": "zeros",
    "bias_initializer": "glorot_uniform",
    "recurrent_activation": "hard_sigmoid",
    "reset_after": "false",
    "vocabulary_size": "50",
}


FROM = [("GRU", "true"), ("LSTM", "false"), ("SimpleRNN", "true")]


@pytest.mark.parametrize(("preset", "before"), in_turn(PRESETS, FROM))
def test_a_preset_sets_everything(open_app: OpenApp, preset: str, before: tuple[str, str]) -> None:
    """Starting from settings of which none is the preset's, a broken sentence included."""
    cell, embedding = before
    at = open_app(cell=cell, embedding=embedding, **FAR)
    sound(at)
    at.text_input(key="tokens").set_value("no ids").run()
    assert "- tokens: " in messages(at)
    start_from(at, preset)
    sound(at)
    expected = PRESET_SETTINGS[preset]
    assert same(settings(at), expected)
    shows(at, expected, result=PRESET_RUNS.get(preset))
    weights = CASE.id if preset == "notebook" else NO_CASE
    assert address(at).get("case", NO_CASE) == weights
    assert "tokens" not in widgets(at)
    shown_by_link = open_app(**address(at))
    assert same(settings(shown_by_link), expected)
    assert charts(shown_by_link) == charts(at)
    assert chart(shown_by_link, "timeline") == chart(at, "timeline")
    move(at, "cell", cell)  # for which it holds, too
    if preset == "notebook" and cell != expected.cell:
        press(at, "drop.cell")
    sound(at)
    assert same(settings(at), expected.but(cell=cell))


@pytest.mark.parametrize("preset", PRESETS)
def test_a_preset_puts_an_end_to_what_a_link_got_wrong(open_app: OpenApp, preset: str) -> None:
    """What is looked at stays, but for the opening view."""
    kept = {"view": "lines", "fixed": "true", "tab": "shapes"}
    at = open_app(units="1000", source="typed", tokens="x", step="0", **kept)
    assert all(f"- {name}: " in messages(at) for name in ("units", "tokens", "step"))
    start_from(at, preset)
    assert "tokens" not in address(at)
    assert "- tokens: " not in messages(at)
    looked = {name: address(at).get(name) for name in kept}
    assert looked == (dict.fromkeys(kept) if preset == "opening" else kept)
    assert address(open_app(**address(at))) == address(at)
    expected = PRESET_SETTINGS[preset]
    shows(move(at, "view", "heatmap"), expected, result=PRESET_RUNS.get(preset))


# -- Whose weights ---------------------------------------------------------------------------------


def weights_named(at: AppTest) -> bool:
    """Whether the page says that a case's weights are shown; it then has the way back, too."""
    said = text("start.case", case=CASE.id, edited="") in [caption.value for caption in at.caption]
    assert said == ("weights_of_seed" in widgets(at)) == (address(at).get("case") == CASE.id)
    return said


def with_case(base: Settings) -> dict[str, str]:
    return Setup.of(base).to_query() | {"case": CASE.id}


def test_weights_hold_as_long_as_their_shapes_fit(open_app: OpenApp) -> None:
    at, expected = open_app(**with_case(CASE.settings)), CASE.settings
    for name, value in (
        ("return_sequences", False),
        ("return_state", False),
        ("go_backwards", True),
        ("recurrent_activation", "sigmoid"),
        ("source", "seven"),
        ("seed", 7),
        ("source", "random"),
        ("length", 20),
        ("sentences", 3),
        ("tokens", ((5, 6, 7), (8, 9, 10))),
    ):
        move(at, name, value)
        sound(at)
        expected = after(expected, name, value)
        assert same(settings(at), expected), name
        assert weights_named(at), name
        shows(at, expected, result=run(expected, CASE.weights))
    shows(open_app(**address(at)), expected, result=run(expected, CASE.weights))


@pytest.mark.parametrize(
    ("name", "value", "allowed"), [("units", 2, "1"), ("use_bias", False, "true")]
)
def test_what_the_weights_do_not_fit_is_refused_until_they_are_dropped(
    open_app: OpenApp, name: str, value: Any, allowed: str
) -> None:
    at = open_app(**with_case(CASE.settings))
    base = settings(at)
    assert same(base, CASE.settings)
    before = address(at)
    move(at, name, value)
    for _ in range(2):
        (warning,) = at.sidebar.warning
        assert text("problems.weights_fit", names=allowed) in warning.value
        assert weights_named(at)
        assert widget(at, name).value == getattr(base, name)
        shows(at, base, result=CASE.run())
        assert address(at) == before
        at.run()
    press(at, f"drop.{name}")
    sound(at)
    assert not weights_named(at)
    shows(at, base.but(**{name: value}))
    move(at, name, getattr(base, name))
    sound(at)
    assert not weights_named(at)
    shows(at, base)
    shows(open_app(**address(at)), base)


def test_what_was_refused_is_forgotten_with_the_next_change(open_app: OpenApp) -> None:
    at = open_app(**with_case(CASE.settings))
    move(at, "units", 2)
    move(at, "cell", "GRU")
    (warning,) = at.sidebar.warning
    assert text("problems.weights_fit", names="LSTM") in warning.value
    move(at, "length", 4)
    sound(at)
    assert weights_named(at)
    assert settings(at).steps == 4


def test_weights_can_be_drawn_from_the_seed_again(open_app: OpenApp) -> None:
    at = open_app(**with_case(CASE.settings))
    shows(at, CASE.settings, result=CASE.run())
    at.button(key="weights_of_seed").click().run()
    sound(at)
    assert not weights_named(at)
    shows(at, CASE.settings)
    move(at, "tab", "code")
    assert [code.value for code in at.code] == [script(CASE.settings).strip()]
    assert text("code.intro_seeds") in all_markdown(at)


def test_the_script_carries_the_weights(open_app: OpenApp) -> None:
    at = open_app(**with_case(CASE.settings), tab="code")
    for _ in range(2):
        sound(at)
        code = script(settings(at), CASE.weights)
        assert [shown.value for shown in at.code] == [code.strip()]
        assert text("code.intro_weights") in all_markdown(at)
        move(at, "return_sequences", False)


@pytest.mark.parametrize("query", [{}, {"cell": "GRU", "embedding": "false"}])
def test_a_link_to_a_case_that_does_not_fit_is_reported(
    open_app: OpenApp, query: dict[str, str]
) -> None:
    at = open_app(case=CASE.id, **query)
    assert not at.exception
    assert f"- case: `'{CASE.id}'`; allowed: {text('problems.case_fits')}; " in messages(at)
    assert text("start.let_go") not in all_markdown(at)
    assert messages(at).endswith(f"`{NO_CASE}`")
    assert not weights_named(at)
    assert address(at) == query
    expected = Setup.from_query({name: [value] for name, value in query.items()})[0].settings
    shows(at, expected)
    move(at, "units", 5)
    sound(at)
    shows(at, expected.but(units=5))


# -- The sentence ----------------------------------------------------------------------------------


def test_extending_keeps_the_sentence_and_shrinking_brings_it_back(open_app: OpenApp) -> None:
    at = move(open_app(), "length", 25)
    long = settings(at).tokens
    assert long[0][:10] == NOTEBOOK_TEN
    move(at, "length", 10)
    assert settings(at).tokens == (NOTEBOOK_TEN,)
    assert widget(at, "source").value == "ten"
    move(at, "length", 25)
    assert settings(at).tokens == long
    assert widget(at, "source").value == "ten"
    assert "tokens" not in widgets(at)
    move(at, "source", "typed")
    assert settings(at).tokens == long
    assert at.text_input(key="tokens").value == to_text(Setup, "tokens", long)


def test_sentences_are_added_and_taken_away(open_app: OpenApp) -> None:
    at = open_app()
    assert "sentence" not in widgets(at)
    move(at, "sentences", 3)
    three = settings(at).tokens
    assert three[0] == NOTEBOOK_TEN
    assert len(three) == len(set(three)) == 3
    for number in (1, 2, 3):
        move(at, "sentence", number)
        sound(at)
        shows(at, Settings(tokens=three), sentence=number - 1)
        presented = component(at, "timeline")["code"]
        assert f"sentence {number} of 3; state_h, state_c: (3 sentences, 3 units)" in presented
    move(at, "sentences", 2)  # the third, which was shown, is gone
    assert "- sentence: `3`; " in messages(at)
    assert settings(at).tokens == three[:2]
    shows(at, Settings(tokens=three[:2]), sentence=1)
    move(at, "sentences", 1)
    shows(at, Settings())


@pytest.mark.parametrize("source", ["ten", "seven", "random"])
def test_sources(open_app: OpenApp, source: str) -> None:
    base = Settings(tokens=((1, 2, 3, 4),), seed=6)
    at = opened(open_app, base)
    assert widget(at, "source").value == "typed"
    move(at, "source", source)
    sound(at)
    expected = {"ten": (NOTEBOOK_TEN,), "seven": (NOTEBOOK_SEVEN,)}
    tokens = expected.get(source) or (random_ids(6, 100, 1)[0][:4],)
    assert settings(at) == base.but(tokens=tokens)
    shows(at, base.but(tokens=tokens))
    assert widget(at, "source").value == source
    assert at.slider(key="length").value == len(tokens[0])
    assert at.slider(key="sentences").value == 1


def test_typed_ids_bring_their_own_size(open_app: OpenApp) -> None:
    at = move(open_app(), "source", "typed")
    sound(at)
    shows(at, Settings())  # what was there, to be changed
    for typed in (TWO, ((1, 2, 3, 4, 5),)):
        move(at, "tokens", typed)
        sound(at)
        assert at.slider(key="length").value == len(typed[0])
        assert at.slider(key="sentences").value == len(typed)
        shows(at, Settings(tokens=typed))
    move(at, "length", 3)  # what is typed stays as it was typed
    assert at.text_input(key="tokens").value == to_text(Setup, "tokens", ((1, 2, 3, 4, 5),))
    assert settings(at).tokens == ((1, 2, 3),)
    move(at, "length", 5)
    assert settings(at).tokens == ((1, 2, 3, 4, 5),)


@pytest.mark.parametrize(("name", "value"), [("seed", 12345), ("vocabulary_size", 7)])
def test_random_stays_random(open_app: OpenApp, name: str, value: int) -> None:
    at = move(open_app(), "sentences", 2)
    before = settings(move(at, "source", "random"))
    assert len(before.tokens) == 2
    move(at, name, value)
    sound(at)
    now = settings(at)
    assert now.tokens != before.tokens
    assert now == before.but(**{name: value, "tokens": now.tokens})
    drawn = random_ids(now.seed, now.vocabulary_size, 2)
    assert now.tokens == tuple(row[: before.steps] for row in drawn)
    assert widget(at, "source").value == "random"
    shows(at, now)


def test_a_vocabulary_that_is_too_small_becomes_the_smallest_that_fits(open_app: OpenApp) -> None:
    """The message stays until a setting moves, though the widget has been put right."""
    at = move(open_app(), "vocabulary_size", 7)
    for _ in range(2):
        assert "- vocabulary_size: `7`; " in messages(at)
        assert widget(at, "vocabulary_size").value == 88
        assert address(at) == {"vocabulary_size": "88"}
        shows(at, Settings(vocabulary_size=88))
        at.run()
    move(at, "source", "random")
    sound(at)
    move(at, "vocabulary_size", 7)
    sound(at)
    assert settings(at).vocabulary_size == 7


@pytest.mark.parametrize(("said", "nearest"), [(0, 2), (1001, 1000)])
def test_a_number_typed_out_of_its_bounds_becomes_the_nearest(
    open_app: OpenApp, said: int, nearest: int
) -> None:
    at = move(open_app(source="random"), "vocabulary_size", said)
    allowed = text("problems.whole", low=2, high=1000)
    for _ in range(2):
        assert f"- vocabulary_size: `{said}`; allowed: {allowed}; " in messages(at)
        assert widget(at, "vocabulary_size").value == nearest
        assert settings(at).vocabulary_size == nearest
        at.run()
    move(at, "units", 5)
    sound(at)


def test_a_typed_sentence_does_not_follow_the_seed(open_app: OpenApp) -> None:
    for source in ("ten", "typed"):
        at = move(open_app(source=source), "seed", 8)
        assert settings(at).tokens == (NOTEBOOK_TEN,)
        assert widget(at, "source").value == source


NO_TOKENS = ["", "a b c", "1, 2; 3", "1, 100", "-1", "1.5", " ".join("1" * (MAX_STEPS + 1))]


def test_nonsense_typed_leaves_the_last_sentence(open_app: OpenApp) -> None:
    at = move(open_app(), "tokens", "5 6 7")
    for typed in NO_TOKENS:
        at.text_input(key="tokens").set_value(typed).run()
        assert not at.exception
        (told,) = at.main.warning
        assert messages(at) == told.value
        heading, _, line = told.value.splitlines()
        assert heading == text("link.bad")
        assert line.startswith("- tokens: ")
        assert str(allowed_values(Setup, "tokens")).split(", each id")[0] in line
        assert line.endswith("`5, 6, 7`")
        shows(at, Settings(tokens=((5, 6, 7),)))
    move(at, "tokens", "7 8")
    sound(at)
    shows(at, Settings(tokens=((7, 8),)))


# -- The timeline and its switches -----------------------------------------------------------------


def test_a_flag_moves_the_light_and_nothing_else(open_app: OpenApp) -> None:
    on = open_app()
    off = move(move(open_app(), "return_sequences", False), "return_state", False)
    drawn = {}
    for at in (on, off):
        strips = [t for t in figure(at, "timeline")["data"] if t["type"] == "heatmap"]
        assert strips.pop()["name"] == "h₀"
        hidden = np.concatenate([t["z"] for t in strips if t["xaxis"] == "x"], axis=1)
        rest = {t["name"]: t["z"] for t in strips if t["xaxis"] != "x"}
        drawn[at is on] = hidden, rest
    np.testing.assert_allclose(drawn[True][0], drawn[False][0], atol=1e-6)
    assert drawn[True][1].keys() == drawn[False][1].keys()
    for name, values in drawn[True][1].items():
        np.testing.assert_allclose(values, drawn[False][1][name], atol=1e-6)
    assert ["rnn-begin" in "".join(html(at)) for at in (on, off)] == [True, False]
    for at, expected in ((on, []), (off, ["h", "state_h", "state_c"])):
        strips = [t for t in figure(at, "timeline")["data"] if t["type"] == "heatmap"]
        assert [t["name"] for t in strips if t["opacity"] == DIM] == expected
        assert {t["opacity"] for t in strips} == {1, *[DIM] * bool(expected)}


def test_views(open_app: OpenApp) -> None:
    base = Settings(return_sequences=False)
    result = run(base)
    at = opened(open_app, base)
    move(at, "view", "lines")
    sound(at)
    assert {trace["type"] for trace in figure(at, "timeline")["data"]} == {"scatter"}
    move(at, "view", "table")
    sound(at)
    assert "timeline" not in charts(at)
    table = at.dataframe[0].value
    assert table.shape == (base.units, base.steps + 2)
    np.testing.assert_array_equal(table.iloc[:, 0], result.tensor("outputs")[0])
    np.testing.assert_array_equal(table["state_h"], result.tensor("state_h")[0])
    np.testing.assert_array_equal(table["state_c"], result.tensor("state_c")[0])
    np.testing.assert_array_equal(table.iloc[:, 3:], result.trace.hidden[0, :-1].T)
    move(at, "view", "heatmap")
    shows(at, base)


@pytest.mark.parametrize("flags", [(True, True), (True, False), (False, True), (False, False)])
def test_table_says_what_was_not_returned(open_app: OpenApp, flags: tuple[bool, bool]) -> None:
    sequences, state = flags
    base = Settings(return_sequences=sequences, return_state=state, tokens=((1, 2, 3),))
    table = opened(open_app, base, view="table").dataframe[0].value
    computed = text("explore.table_computed", name="")
    outputs = [f"outputs, step {t}, reads {t}" for t in (1, 2, 3)]
    steps = [f"h, step {t}, reads {t}{computed}" for t in (1, 2)]
    returned = outputs if sequences else outputs[-1:]
    states = ["state_h", "state_c"] if state else [f"state_h{computed}", f"state_c{computed}"]
    assert list(table.columns) == [*returned, *states, *([] if sequences else steps)]


def test_scale_and_the_range_it_names(open_app: OpenApp) -> None:
    at = open_app()
    trace = run(Settings()).trace
    for fixed in (False, True):
        move(at, "fixed", fixed)
        limits = {t["name"]: t["zmax"] for t in figure(at, "timeline")["data"] if "zmax" in t}
        h, c = (1, 1) if fixed else (reach(trace.hidden), reach(trace.cell))
        assert limits == {"outputs": h, "state_h": h, "state_c": c, "h₀": h}
        labels = [label["text"] for label in figure(at, "timeline")["layout"]["annotations"]]
        written = [float(label.split()[-1]) for label in labels if label.startswith("colours")]
        assert written == pytest.approx([h, c], rel=1e-2)
        inner = {t["name"]: t["zmax"] for t in figure(at, "inside")["data"]}
        assert (inner["h"], inner["c"], inner["forget"]) == (h, c, 1)
        note = timeline_note(run(Settings()), scale="fixed" if fixed else "fitted")
        assert chart(at, "timeline")["note"] == f"{note} {text('note.counting')}"


def test_labels_say_what_was_computed_only(open_app: OpenApp) -> None:
    at = open_app(return_sequences="false", return_state="false")
    labels = [label["text"] for label in figure(at, "timeline")["layout"]["annotations"]]
    assert sum(text("charts.not_returned") in label for label in labels) == 2
    assert {"state_h", "state_c"} <= set(labels)
    assert sum(text("cards.computed") in body for body in html(at)) == 1


def test_a_closed_advanced_keeps_what_was_set_in_it(open_app: OpenApp) -> None:
    at = open_app(seed="3")
    at.session_state["advanced"] = False
    at.run()
    sound(at)
    assert settings(at) == Settings(seed=3)
    at = open_app()
    at.session_state["advanced"] = False
    at.run()
    assert not {"seed", "use_bias", "vocabulary_size"} & widgets(at).keys()
    shows(at, Settings())


# -- Facts and tabs --------------------------------------------------------------------------------


CONTENT = {
    "inside": lambda at: "inside" in charts(at),
    "shapes": lambda at: text("shapes.intro") in all_markdown(at),
    "parameters": lambda at: "parameters" in charts(at),
    "code": lambda at: text("code.intro_seeds") in all_markdown(at),
    "torch": lambda at: text("torch.intro") in all_markdown(at),
    "data": lambda at: text("data.intro") in all_markdown(at),
}


@pytest.mark.parametrize(("tab", "base"), in_turn(TABS, BASES))
def test_tabs_open_by_link_and_by_click(open_app: OpenApp, tab: str, base: str) -> None:
    linked = opened(open_app, BASES[base], tab=tab)
    sound(linked)
    clicked = move(opened(open_app, BASES[base]), "tab", tab)
    sound(clicked)
    assert {other for other, there in CONTENT.items() if there(linked)} == {tab}
    assert charts(linked) == charts(clicked)
    assert widgets(linked).keys() == widgets(clicked).keys()
    assert all_markdown(linked) == all_markdown(clicked)
    assert not re.search(r"(?<![a-z^_])\{[a-z_]*\}", all_markdown(linked))  # a placeholder left
    shows(clicked, BASES[base])


def test_every_step_says_which_it_is(open_app: OpenApp) -> None:
    base = Settings(tokens=((7, 8, 9),), go_backwards=True)
    at = opened(open_app, base)
    sound(at)
    tokens, order = run(base).trace.tokens[0], text("inside.backwards")
    for step, unit in product((1, 2, 3), range(base.units)):
        says = text(
            "inside.read", step=step, token=tokens[step - 1], order=order, unit=unit, kept=""
        )
        assert inline(says.removesuffix(".")) in worked_out(at, step=step, unit=unit)
        said = component(at, "inside_controls")["controls"]["said"]
        assert said["template"] == text("inside.step_of", step="{step}", token="{token}")


@pytest.mark.parametrize("base", BASES.values(), ids=BASES)
def test_inside_works_out_every_unit_of_every_step_beside_the_facts(
    open_app: OpenApp, base: Settings
) -> None:
    at = opened(open_app, base)
    sound(at)
    for fact in facts(run(base)):
        assert told(at, fact, "facts") == {True: "holds", None: "note"}[fact.holds]
    places = [{"step": step, "unit": 0} for step in range(1, base.steps + 1)]
    places += [{"step": base.steps, "unit": unit} for unit in range(1, base.units)]
    numbers = arrays(run(base), worksheet(run(base), sentence=0), sentence=0)
    lines, table = markup(equations(base)), products(base)
    for place in places:
        assert fill(lines, numbers, **place, html=True) in worked_out(at, **place)
    assert component(at, "inside_products_table") == {}
    at.session_state["inside_products"] = at.session_state["inside_curves"] = True
    open_box(at, "checked")
    sound(at)
    for fact in checks(run(base)):
        assert told(at, fact, "facts") == {True: "holds", None: "note"}[fact.holds]
    for place in places:
        expected = fill(table, numbers, **place, html=True)
        assert sheet(at, "inside_products_table", **place) == expected
    assert ("inside_activations" in charts(at)) == (base.cell != "SimpleRNN")


def test_no_flag_returns_every_c_and_the_code_that_does_is_offered(open_app: OpenApp) -> None:
    at = opened(open_app, BASES["no bias"])
    assert not at.code
    at.session_state["inside_every_c"] = True
    at.run()
    sound(at)
    assert [shown.value for shown in at.code] == [cell_states(BASES["no bias"]).strip()]
    assert text("inside.every_c_why") in all_markdown(at)
    at.get_by_key("inside_download_every_c")
    for cell in ("GRU", "SimpleRNN"):
        at = opened(open_app, Settings(cell=cell))
        assert text("inside.every_c") not in [box.label for box in at.expander]


def test_a_link_says_where_to_look_first(open_app: OpenApp) -> None:
    assert looked(open_app()) == {"step": None, "unit": None}
    at = open_app(step="10", unit="3")
    assert looked(at) == {"step": 10, "unit": 3}
    for key, value in (("length", 10), ("length", 4), ("units", 2), ("length", 1), ("units", 1)):
        move(at, key, value)
        sound(at)
        sent = component(at, "inside_controls")["controls"]
        assert (sent["steps"], sent["units"]) == (settings(at).steps, settings(at).units)
        assert worked_out(at, step=sent["steps"], unit=sent["units"] - 1)
    shows(at, Settings(units=1, tokens=(NOTEBOOK_TEN[:1],)))


@pytest.mark.parametrize("base", BASES.values(), ids=BASES)
def test_shapes_tab(open_app: OpenApp, base: Settings) -> None:
    """All four combinations of the flags, what the length changes, and what can come next."""
    at = opened(open_app, base, tab="shapes")
    expect_all_four_combinations(at, base)
    fact = length_fact(base)
    assert fact.values["other"] == run(base.but(tokens=((0,) * 20,))).parameter_count
    assert told(at, fact, "facts") == "holds"
    for name in NEXT_LAYERS:
        expect_what_can_come_next(move(at, "next_layer", name), base, name)


def expect_all_four_combinations(at: AppTest, base: Settings) -> None:
    table = at.table[0].value
    assert len(table) == 4
    for _, row in table.iterrows():
        sequences, state, returns = (re.sub(r"\*\*", "", cell) for cell in row)
        layouts = returned_layout(
            base.but(return_sequences=sequences == "True", return_state=state == "True")
        )
        for layout in layouts:
            assert f"{layout.name} {named_shape(layout)}" in returns
    now = table[table.iloc[:, -1].str.contains(text("shapes.flag_now"))]
    assert now.iloc[0, 0] == f"**{base.return_sequences}**"
    assert now.iloc[0, 1] == f"**{base.return_state}**"
    assert len(now) == 1


def expect_what_can_come_next(at: AppTest, base: Settings, name: str) -> None:
    sound(at)
    answer = next_layer(base, name)
    replies = [reply for reply in answer if reply]
    assert [shown.value for shown in at.code] == [r.error for r in replies if r.error]
    said = all_markdown(at)
    for kind, reply in zip(("outputs", "everything"), answer, strict=True):
        assert (text(f"shapes.mend_{kind}") in said) == bool(reply and reply.error)
    for reply in replies:
        if reply.shape:
            assert f"`{keras_shape(returned_layout(base)[0])}`" in said
            assert f"`{reply.shape}`" in said


def test_nobody_is_asked_before_tensorflow_has_loaded(
    open_app: OpenApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "_loaded", threading.Event())
    at = open_app(tab="shapes")
    assert text("shapes.loading") in all_markdown(at)
    assert text("shapes.taken") not in all_markdown(at)


COUNTED = [
    Settings(units=3, embedding_dim=2),
    Settings(units=3, embedding=False, use_bias=False),
    Settings(cell="GRU", units=3, embedding=False),
    Settings(cell="GRU", units=3, embedding_dim=2, reset_after=False),
    Settings(cell="GRU", units=3, use_bias=False),
    Settings(cell="SimpleRNN", units=3, embedding_dim=2),
]


@pytest.mark.parametrize("base", COUNTED, ids=lambda base: "-".join(base.to_query()))
def test_parameters_add_up_to_what_keras_counts(open_app: OpenApp, base: Settings) -> None:
    cell = base.cell
    at = opened(open_app, base, tab="parameters")
    sound(at)
    table = at.table[0].value
    counted = run(base).parameter_count
    names, counts, totals = [], [], {}
    for _, row in table.iterrows():
        name, factors, count = (cell.strip("*`").replace(",", "") for cell in row)
        if factors:
            names.append(name)
            counts.append(multiplied_out(factors))
            assert counts[-1] == int(count)
        else:  # the layer of the weights above
            totals[name] = int(count)
            assert sum(counts) == sum(totals.values())
    assert names == list(run(base).weights)
    assert totals == keras_counts(base)
    assert sum(totals.values()) == counted
    formula, count = re.search(r"learns: \*\*(.*) = (\d+)\*\*", all_markdown(at)).groups()
    assert multiplied_out(formula) == int(count) == totals[text("parameters.layer", layer=cell)]
    assert text("parameters.total", total=counted, counted=counted) in all_markdown(at)
    off = not base.use_bias or (cell == "GRU" and not base.reset_after)
    said = "No: Keras has" if cell == "SimpleRNN" else "Not even" if off else "On a GPU, yes"
    assert said in all_markdown(at)
    if cell == "GRU" and base.use_bias:
        assert text("parameters.reset.why") in all_markdown(at)
        shown = next(t.value for t in at.table if text("parameters.reset.candidate") in t.value)
        here = [text("parameters.reset.here") in said for said in shown.iloc[:, 0]]
        assert here == [base.reset_after, not base.reset_after]


@pytest.mark.parametrize(("units", "drawn"), [(3, "zeros"), (9, "glorot_uniform")])
def test_both_ways_of_the_reset_gate_are_taken_apart(
    open_app: OpenApp, units: int, drawn: str
) -> None:
    """The shares of a few units add up to the sums; drawn biases are said to change too."""
    at = opened(
        open_app, Settings(cell="GRU", units=units, bias_initializer=drawn), tab="parameters"
    )
    sound(at)
    assert (text("parameters.reset.redrawn") in all_markdown(at)) == (drawn != "zeros")
    shares = [t.value for t in at.table if text("parameters.reset.terms.h") in t.value]
    assert len(shares) == (units == 3)
    for table in shares:
        for column in ("product", "gated"):
            said = table[text(f"parameters.reset.terms.{column}")]
            *each, total = (float(n.strip("*").replace("\N{MINUS SIGN}", "-")) for n in said)
            assert sum(each) == pytest.approx(total, abs=2e-3)


@pytest.mark.parametrize("tab", ["parameters", "torch"])
def test_biases_that_are_not_0_are_one_click_away(open_app: OpenApp, tab: str) -> None:
    at = open_app(cell="GRU", tab=tab)
    at.get_by_key("parameters_try_biases").click().run()
    shows(at, Settings(cell="GRU", bias_initializer="glorot_uniform"))
    assert "parameters_try_biases" not in widgets(at)
    assert address(at) == {"cell": "GRU", "tab": tab, "bias_initializer": "glorot_uniform"}


@pytest.mark.parametrize(
    "query",
    [
        {"tab": "parameters", "use_bias": "false"},
        {"tab": "parameters", "edits": "forget=1"},
        {"tab": "torch", "recurrent_activation": "hard_sigmoid"},
    ],
)
def test_no_biases_are_offered_where_none_are_drawn_or_shown(
    open_app: OpenApp, query: dict[str, str]
) -> None:
    assert "parameters_try_biases" not in widgets(open_app(**query))


def multiplied_out(formula: str) -> int:
    """What a formula comes to, without the words in it."""
    return eval(re.sub(r"[a-z ]", "", formula).replace("×", "*"))


def keras_counts(base: Settings) -> dict[str, int]:
    """What Keras says that each layer with weights has, as in `model.summary()`."""
    namespace: dict[str, Any] = {}
    with contextlib.redirect_stdout(io.StringIO()):
        exec(compile(script(base), "script", "exec"), namespace)
    layers = namespace["model"].layers
    return {
        text("parameters.layer", layer=type(layer).__name__): layer.count_params()
        for layer in layers
        if layer.weights
    }


@pytest.mark.parametrize("base", BASES.values(), ids=BASES)
def test_code_tab_shows_the_script(open_app: OpenApp, base: Settings) -> None:
    at = opened(open_app, base, tab="code")
    assert at.code[0].value == script(base).strip()
    assert [b.key for b in at.get("download_button")] == ["download_script", "download_notebook"]


@pytest.mark.parametrize("base", BASES.values(), ids=BASES)
def test_data_tab_shows_every_tensor(open_app: OpenApp, base: Settings) -> None:
    at = opened(open_app, base, tab="data")
    result = run(base)
    frames = [frame.value for frame in at.dataframe]
    expected = [tensor.values for tensor in result.returned]
    expected += [*result.trace.gates.values(), result.trace.cell, result.trace.hidden]
    expected += [] if base.reads_ids else [result.trace.inputs]
    expected = [values for values in expected if values is not None]
    assert len(frames) == len(expected)
    for frame, values in zip(frames, expected, strict=True):
        np.testing.assert_array_equal(frame.to_numpy(), values.reshape(-1, values.shape[-1]))


@pytest.mark.parametrize("base", BASES.values(), ids=BASES)
def test_csv_holds_every_number_once(base: Settings) -> None:
    result = run(base.but(go_backwards=True))
    rows = list(csv.DictReader(io.StringIO(_csv(result))))
    assert len(rows) == sum(values.size for values in tensors(result).values())
    for row in rows:
        values = tensors(result)[row["source"], row["tensor"]]
        place = [int(row["sentence"]) - 1, int(row["unit"])]
        if row["step"]:
            place.insert(1, int(row["step"]) - 1)
            assert row["token"] == str(result.trace.read[place[0], place[1]])
        assert len(place) == values.ndim
        assert np.float32(row["value"]) == values[tuple(place)]


def test_settings_survive_a_visit_to_the_other_page(open_app: OpenApp) -> None:
    base = BASES["GRU"].but(reset_after=False, recurrent_activation="hard_sigmoid", seed=4)
    at = opened(open_app, base)
    at.query_params.clear()  # as a link in the menu has it
    at.switch_page("app_pages/questions.py").run()
    sound(at)
    at.query_params.clear()
    at.switch_page("app_pages/explore.py").run()
    sound(at)
    assert settings(at) == base
    shows(at, base)
