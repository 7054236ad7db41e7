"""Your model: the page shows what Keras returns from each layer, its answers, and the word that
decided; and says what it cannot show."""

from __future__ import annotations

import base64
import io
import json
import logging
import os
import re
import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Any

import numpy as np
import pytest
from streamlit.logger import get_logger
from streamlit.testing.v1 import AppTest

from components.backend.running import engine
from components.backend.your_model import opened as models
from components.backend.your_model import sample
from components.backend.your_model.answer import Answer, answer
from components.backend.your_model.as_code import script
from components.backend.your_model.process import children
from components.backend.your_model.process.records import MOST_WEIGHTS
from components.backend.your_model.question import Question
from components.backend.your_model.saved.declared import ModelLayer
from components.charts.your_model import Frame, Window, glances
from components.panels.run import log
from components.panels.your_model.rows import Line, edges_of, lines_of
from components.panels.your_model.sentence import PAD, window_of
from components.texts import text
from tests.app.conftest import OpenApp, until
from tests.app.reading import (
    address,
    all_markdown,
    charts,
    component,
    figure,
    html,
    links,
    messages,
    move,
    open_box,
    press,
    send,
    sound,
)
from tests.architectures import as_keras2, keras, layers, made, saved


def opened(name: str) -> str:
    """The key of a model that is open on the server."""
    model, _ = made(name)
    return models.open_model(saved(model, ".keras"), "a visitor").key


def answered(**asked: Any) -> Answer:
    """The backend's answer to what a page asks."""
    if "model" not in asked:
        asked["model"] = models.open_model(sample.files(), "").key
    asked.setdefault("sentences", sample.opening())
    return answer(Question(**asked))


def rows(at: AppTest) -> dict[str, dict[str, Any]]:
    """What the picture has of each layer, by its id."""
    return {row["id"]: row for row in component(at, "rows")["rows"]}


def lines(at: AppTest, key: str) -> list[dict[str, Any]]:
    """The lines with a bar."""
    return component(at, key)["items"]


def click(at: AppTest, key: str, name: str, value: str) -> AppTest:
    """The page after a click on a row or a line."""
    at.query_params = address(at)
    identity = f"$$STREAMLIT_INTERNAL_KEY_{at.get_by_key(key).proto.id}__events"
    event = json.dumps([{"event": name, "value": value}])
    return send(at, identity, json_trigger_value=event)


def number(said: str) -> float:
    """The number that a line says."""
    return float(said.replace("\N{MINUS SIGN}", "-").replace("≈", ""))


def values_of(row: dict[str, Any]) -> np.ndarray:
    """The numbers of a row's picture, (unit, step)."""
    (picture,) = row["pictures"]
    array = np.frombuffer(base64.b64decode(picture["values"]["values"]), "<f4")
    return array.reshape(picture["rows"], picture["columns"])


def restored(at: AppTest, open_app: OpenApp) -> None:
    """Opened by its address the page shows the same."""
    again = open_app("model", **address(at))
    assert not again.exception
    assert address(again) == address(at)
    assert charts(again) == charts(at)
    for key in ("rows", "decided"):
        assert component(again, key) == component(at, key)


def test_the_sample_stands_there(open_app: OpenApp) -> None:
    at = open_app("model")
    sound(at)
    assert address(at) == {}
    assert list(rows(at)) == ["vectorization", "embedding", "lstm", "good"]
    found = answered()
    (result,) = found.results
    assert [line["end"] for line in lines(at, "answer_0")] == result.values.ravel().tolist()
    assert "inside" in charts(at)  # the first recurrent layer is open
    assert [row["open"] for row in rows(at).values()] == [False, False, True, False]


def test_each_row_has_what_its_layer_returned(open_app: OpenApp) -> None:
    at = open_app("model")
    found = answered().explained
    embedding, lstm = found.layer("embedding"), found.layer("lstm")
    shown = rows(at)
    assert shown["embedding"]["shape"] == f"{embedding.input_shapes[0]} → {(3, 14, 8)}"
    np.testing.assert_array_equal(values_of(shown["embedding"]), embedding.returned[0].values[0].T)
    assert lstm.trace is not None
    np.testing.assert_array_equal(values_of(shown["lstm"]), lstm.trace.hidden[0].T)
    (picture,) = shown["lstm"]["pictures"]
    assert picture["dim"]
    assert picture["framed"] == [[13, 0, 1]]
    assert picture["masked"] == [10, 11, 12, 13]
    for said in ("last_alone", "masked_note"):  # all its looks have a legend
        assert text(f"your_model.{said}") in picture["note"]
    (ids,) = shown["vectorization"]["pictures"]
    assert ids["written"] == [
        f"{each}" for each in found.layer("vectorization").returned[0].values[0]
    ]


def test_another_sentence_is_typed_and_stands_in_the_link(open_app: OpenApp) -> None:
    at = open_app("model")
    at.text_area(key="model_sentences").set_value("The film was boring.")
    at.run()
    sound(at)
    assert address(at) == {"sentences": "The film was boring."}
    words = component(at, "rows")["words"]
    assert [word["said"] for word in words][:4] == ["The", "film", "was", "boring."]
    expected = answered(sentences="The film was boring.").results[0].values.item()
    assert [line["end"] for line in lines(at, "answer_0")] == [expected]
    restored(at, open_app)


def test_a_click_on_a_sentence_shows_it(open_app: OpenApp) -> None:
    at = click(open_app("model"), "answer_0", "chosen", "1")
    sound(at)
    assert address(at) == {"sentence": "2"}
    assert component(at, "rows")["words"][1]["said"] == "movie"


@pytest.mark.parametrize(
    ("layer", "key"),
    [("vectorization", None), ("embedding", "tensors"), ("lstm", "inside"), ("good", "dense")],
)
def test_a_click_on_a_layer_opens_it(open_app: OpenApp, layer: str, key: str | None) -> None:
    at = click(open_app("model"), "rows", "layer", layer)
    sound(at)
    assert address(at) == {"layer": layer}
    drawn = {"tensors", "inside", "dense"} & {each.key for each in at.get("bidi_component")}
    assert drawn <= {key, "tensors"}
    assert key is None or key in drawn


def test_inside_a_layer_stands_what_it_computed(open_app: OpenApp) -> None:
    at = open_app("model")
    trace = answered().explained.layer("lstm").trace
    assert trace is not None
    drawn = {each["name"]: each["z"] for each in figure(at, "inside")["data"] if "z" in each}
    np.testing.assert_array_equal(drawn["h"], trace.hidden[0].T)
    np.testing.assert_array_equal(drawn["forget"], trace.gates["forget"][0].T)


@pytest.mark.parametrize(("pad", "begins"), [("pre", 5), ("post", 3)])
def test_the_inside_of_a_cell_begins_at_a_word_and_not_at_padding(
    open_app: OpenApp, pad: str, begins: int
) -> None:
    model = opened("Embedding, LSTM, Dense")
    at = open_app("model", model=model, sentences="1 2 3 4", pad=pad)  # of 6 steps
    assert component(at, "inside_controls")["controls"]["begins"] == begins


def test_what_a_dense_adds_up_is_its_output(open_app: OpenApp) -> None:
    at = open_app("model", layer="good")
    parts = lines(at, "dense")
    assert [part["label"] for part in parts][-1] == text("your_model.bias")
    total = sum(
        float(part["value"].replace("\N{MINUS SIGN}", "-").replace("≈", "")) for part in parts
    )
    value = answered().results[0].values[0].item()
    assert 1 / (1 + np.exp(-total)) == pytest.approx(value, abs=0.01)


def test_a_dense_of_very_many_weights_is_shown_without_them(open_app: OpenApp) -> None:
    with engine.use_keras() as (keras, _):
        parts = [keras.layers.Embedding(9, 1000), keras.layers.LSTM(2)]
        parts.insert(1, keras.layers.Dense(1200, name="large"))
        model = keras.Sequential([keras.Input((3,), dtype="int32"), *parts])
    key = models.open_model(saved(model, ".keras"), "a visitor").key
    at = open_app("model", model=key, layer="large")
    sound(at)
    said = text("your_model.large_dense", most=MOST_WEIGHTS)
    assert said in [each.value for each in at.caption]
    assert not answered(model=key, sentences="1 2 3").explained.layer("large").weights


def test_the_word_that_decided_comes_first(open_app: OpenApp) -> None:
    at = open_app("model", sentences="The film was not boring.")
    first = lines(at, "decided")[0]
    assert first["label"] == "not"
    alone, whole = (
        answered(sentences=said).results[0].values.item()
        for said in ("The film was boring.", "The film was not boring.")
    )
    assert number(first["value"]) == pytest.approx(alone - whole, abs=6e-4)
    assert first["note"] == text("your_model.flips")
    marked = component(at, "decided")["marks"]
    assert marked["words"] == [word["said"] for word in component(at, "rows")["words"]]
    assert np.argmax(np.abs(marked["moves"])) == 3


def test_a_click_on_a_word_takes_it_out_and_another_one_puts_it_back(open_app: OpenApp) -> None:
    at = click(open_app("model"), "decided", "chosen", "9")
    sound(at)
    assert address(at) == {"without": "9"}
    assert "moves" in charts(at)
    names = [line["label"] for line in lines(at, "layer_moves")]
    assert names == ["vectorization", "embedding", "lstm", "good"]
    restored(at, open_app)
    at = click(at, "decided", "chosen", "9")
    assert address(at) == {}
    assert "moves" not in charts(at)


def test_a_word_is_replaced(open_app: OpenApp) -> None:
    at = move(open_app("model", without="9"), "replace", "so")
    sound(at)
    assert address(at) == {"without": "9", "replace": "so"}
    assert any("so" in each.value for each in at.markdown if "not" in each.value)


def test_a_sentence_without_that_many_words_has_the_last(open_app: OpenApp) -> None:
    at = open_app("model", sentences="The film was good.", without="9")
    assert not at.exception
    assert "- without: " in messages(at)


@pytest.mark.parametrize("mask", ["true", "false"])
def test_the_mask_can_be_taken_away(open_app: OpenApp, mask: str) -> None:
    at = open_app("model", masked=mask)
    sound(at)
    masked = rows(at)["lstm"]["pictures"][0]["masked"]
    assert bool(masked) == (mask == "true")


def test_a_model_without_masks_has_no_switch_for_them(open_app: OpenApp) -> None:
    label = text("your_model_view.masked.label")
    assert label in {each.label for each in open_app("model").toggle}
    at = open_app("model", model=opened("Embedding, LSTM, Dense"), sentences="1 2 3")
    assert label not in {each.label for each in at.toggle}


def test_a_model_that_is_gone_is_asked_for(open_app: OpenApp) -> None:
    at = open_app("model", model="0123456789abcdef")
    assert not at.exception
    assert [each.value for each in at.error] == [text("your_model.gone")]
    assert not charts(at)
    press(at, "model_back")
    sound(at)
    assert address(at) == {}
    assert "inside" in charts(at)


def test_a_bad_key_is_refused(open_app: OpenApp) -> None:
    at = open_app("model", model="<script>")
    assert "- model: " in messages(at)
    assert "inside" in charts(at)


def test_what_does_not_fit_is_said_and_stays(open_app: OpenApp) -> None:
    at = open_app("model", model=opened("Embedding, LSTM, Dense"), sentences="a b")
    assert not at.exception
    assert at.error
    assert at.text_area(key="model_sentences").value == "a b"
    at.text_area(key="model_sentences").set_value("1 2 3")
    at.run()
    sound(at)


def test_words_that_need_a_vocabulary_are_read_once_it_is_given(open_app: OpenApp) -> None:
    at = open_app("model", model=opened("Embedding, LSTM, Dense"), sentences="not good")
    assert at.error
    open_box(at, "model_vocabulary")
    at.text_area(key="model_words").set_value("[UNK]\ngood\nnot").run()
    sound(at)
    assert at.text_area(key="model_sentences").value == "not good"
    assert [word["said"] for word in component(at, "rows")["words"]][-2:] == ["not", "good"]


def test_a_vocabulary_that_is_gone_is_asked_for(open_app: OpenApp) -> None:
    model = opened("Embedding, LSTM, Dense")
    at = open_app("model", model=model, sentences="not good", vocabulary="0123456789abcdef")
    assert [each.value for each in at.error] == [text("your_model.gone_words")]
    open_box(at, "model_vocabulary")
    assert not at.exception
    at.text_area(key="model_words").set_value("[UNK]\ngood\nnot").run()
    sound(at)
    assert at.text_area(key="model_sentences").value == "not good"


def test_ids_that_were_typed_become_words_once_there_is_a_vocabulary(open_app: OpenApp) -> None:
    at = open_box(
        open_app("model", model=opened("Embedding, LSTM, Dense"), sentences="2, 3, 0\n3 9"),
        "model_vocabulary",
    )
    at.text_area(key="model_words").set_value('{"good": 2, "not": 3}').run()
    sound(at)
    assert at.text_area(key="model_sentences").value == "good not\nnot 9"


def test_a_link_to_a_layer_that_is_not_there_says_which_one_is_shown(open_app: OpenApp) -> None:
    at = open_app("model", layer="nope")
    assert re.search(r"- layer: `'nope'`; allowed: only .*; the page uses `lstm`", messages(at))
    assert "inside" in charts(at)


def test_a_file_of_keras_2_has_no_script(open_app: OpenApp) -> None:
    files = saved(made("Embedding, LSTM, Dense")[0], ".h5")
    key = models.open_model({"model.h5": as_keras2(files["model.h5"])}, "a visitor").key
    at = open_box(open_app("model", model=key), "model_code")
    assert text("your_model.code_keras2") in all_markdown(at)
    assert not at.code


def test_a_layer_that_takes_no_mask_says_that_it_reads_the_masked_steps(
    open_app: OpenApp,
) -> None:
    embedding = layers.Embedding(9, 4, mask_zero=True)
    parts = embedding, layers.LSTM(3, return_sequences=True), layers.GlobalMaxPooling1D()
    model = keras.Sequential([keras.Input((6,), dtype="int32"), *parts, layers.Dense(1)])
    key = models.open_model(saved(model, ".keras"), "a visitor").key
    for masked in ("true", "false"):
        drawn = rows(open_app("model", model=key, sentences="1 2", masked=masked)).values()
        told = [row["kind"] for row in drawn if row["told"] == text("your_model.mask_gone")]
        assert told == (["GlobalMaxPooling1D"] if masked == "true" else [])


def test_a_layer_that_is_not_run_is_a_grey_box(open_app: OpenApp) -> None:
    at = open_app("model", model=opened("ConvLSTM2D"))
    assert not at.exception
    (row,) = rows(at).values()
    assert "ConvLSTM2D" in row["why"]
    assert not row["opens"]
    assert [each.value for each in at.info] == [text("your_model.unrun")]
    assert text("your_model.look_unrun") in all_markdown(at)


def test_of_a_cut_model_no_word_is_of_its_answer(open_app: OpenApp) -> None:
    after = layers.Lambda(lambda x: x * 2, name="twice"), layers.Dense(1)
    parts = layers.Embedding(9, 4), layers.LSTM(3, name="lstm"), *after
    model = keras.Sequential([keras.Input((6,), dtype="int32"), *parts])
    key = models.open_model(saved(model, ".keras"), "a visitor").key
    at = open_app("model", model=key, sentences="1 2", without="1")
    sound(at)
    assert text("your_model.look_part") in all_markdown(at)
    unknown = text("your_model.moves_last_told", name="`lstm`")  # says that nobody can know it
    said = "\n".join([all_markdown(at), *html(at)]).replace(unknown, "")
    keys = "rows", "answer_0", "decided", "layer_moves", "moves"
    drawn = json.dumps([component(at, key) for key in keys])
    assert not re.findall("(?i).*(?:answer|decid|flip).*", f"{said}\n{drawn}")


def too_large() -> Any:
    """Keras makes more of it than a model's process may have."""
    return keras.Sequential([keras.Input((1,)), layers.RepeatVector(5_000_000), layers.Dense(100)])


def too_wide() -> Any:
    """It fits no four ids."""
    parts = layers.Embedding(9, 3), layers.Conv1D(2, 9), layers.LSTM(2)
    return keras.Sequential([keras.Input((None,), dtype="int32"), *parts])


def kill(number: int, drawn: Event) -> None:
    """End a model's process once the page asks it something, at the latest once that is drawn."""
    os.kill(number, signal.SIGSTOP)
    until(lambda: children._AT_ONCE._value < 2 or drawn.is_set())
    os.kill(number, signal.SIGKILL)
    os.kill(number, signal.SIGCONT)


def test_why_a_model_is_not_run_is_said_and_logged_once(open_app: OpenApp) -> None:
    written = io.StringIO()
    get_logger(log._NAME).addHandler(handler := logging.StreamHandler(written))
    log._ONCE.seen.clear()

    def says(why: str, make: Callable[[], Any], typed: str, *, killed: bool = False) -> None:
        key = models.open_model(saved(make(), ".keras"), "a visitor").key
        with children.alone(key) as place:
            child = place.child
        assert child
        drawn = Event()
        with ThreadPoolExecutor(1) as pool:
            if killed:
                pool.submit(kill, child.number, drawn)
            at = open_app("model", model=key, sentences=typed)
            drawn.set()
        (error,) = at.error
        assert error.value.startswith(f"**{text('errors.model')}** ")
        assert why in error.value
        assert text("errors.model_do") in all_markdown(at)

    for _ in range(2):
        says("memory", too_large, "1")
        says("InvalidArgumentError", too_wide, "1 2 3 4")
        says("SIGKILL", too_wide, "1 2 3 4 5 6 7 8 8", killed=True)
    get_logger(log._NAME).removeHandler(handler)
    assert written.getvalue().count("Traceback") == 3


@pytest.mark.parametrize(
    ("why", "ending", "old", "new"),
    [
        ("no_hdf5", ".weights.h5", rb"(?s)(?<=^.{9000}).*", b""),
        ("model_term_twice", ".json", b'"good"', b'"film"'),
    ],
)
def test_why_a_file_is_not_opened_is_said(
    open_app: OpenApp, why: str, ending: str, old: bytes, new: bytes
) -> None:
    files = saved(made("TextVectorization")[0], ".weights.h5")
    name = f"model{ending}"
    files[name] = re.sub(old, new, files[name])
    at = open_box(open_app("model"), "model_open")
    (files_field,) = at.file_uploader
    files_field.set_value([(name, data, "") for name, data in files.items()]).run()
    values = {"shown": "'film'", "first": 1, "second": 2}
    assert text(f"problems.{why}", **values) in at.error[0].value


@pytest.mark.parametrize(
    ("name", "layer", "chart"),
    [
        ("Bidirectional(LSTM)", "bidirectional", "inside"),
        ("RNN([GRUCell, GRUCell])", "rnn", "inside"),
        ("Attention", "attention", "attention"),
        ("MultiHeadAttention", "multi_head_attention", "attention"),
        ("Conv1D, LSTM", "conv1d", "tensors"),
        ("encoder and decoder", "decoder", "inside"),
        ("nested models", "sequential/inner_lstm", "inside"),
        ("TimeDistributed(Dense)", "time_distributed", ""),
        ("stateful", "gru", "inside"),
        ("two inputs", "gru", "inside"),
        ("several outputs", "lstm", "inside"),
        ("activation gelu", "lstm", "inside"),
        ("mixed_float16", "gru", ""),
        ("attention seq2seq", "bidirectional", "inside"),
    ],
)
def test_models_of_all_kinds_are_seen_whole(
    open_app: OpenApp, name: str, layer: str, chart: str
) -> None:
    key = opened(name)
    found = [r for r in models.opened(key).layers if not r.blocked and r.kind != "NotEqual"]
    base = layer.rpartition("/")[2]
    ids = ["/".join((*r.path, r.name)) for r in found if r.name.rstrip("_0123456789") == base]
    at = open_app("model", model=key, layer=ids[0])
    sound(at)
    assert {row["id"] for row in rows(at).values()} >= {"/".join((*r.path, r.name)) for r in found}
    shares = [row["share"] for row in rows(at).values() if not row["depth"]]
    assert sum(shares) == pytest.approx(1.0)  # a layer that is called twice has its weights once
    assert not chart or chart in charts(at)
    restored(at, open_app)


def test_a_bidirectional_has_both_its_directions(open_app: OpenApp) -> None:
    key = opened("Bidirectional(LSTM)")
    at = open_app("model", model=key)
    forward = component(at, "inside")
    at.segmented_control(key="model_part").set_value(2)
    at.run()
    sound(at)
    assert address(at)["part"] == "2"
    assert component(at, "inside") != forward


def test_the_code_and_the_numbers_are_there(open_app: OpenApp) -> None:
    at = open_app("model")
    open_box(at, "model_code")
    open_box(at, "model_data")
    sound(at)
    (code,) = [box.value for box in at.code]
    assert sample.NAME in code
    assert {"model_sample", "model_npz"} <= {each.key for each in at.get("download_button")}


@pytest.mark.parametrize(("ending", "warned"), [(".h5", True), (".keras", False)])
def test_the_script_of_an_h5_says_that_keras_may_refuse_it(ending: str, warned: bool) -> None:
    source = script(answered(), [f"mine{ending}"], "mine.npz")
    assert (text("scripts.your_model.legacy") in source) == warned


def test_a_layer_is_opened_on_another_page(open_app: OpenApp) -> None:
    at = open_app("model")
    open_box(at, "model_elsewhere")
    sound(at)
    assert {"explore", "edit", "compare", "padding"} <= {link.page for link in links(at).values()}


def test_of_many_steps_those_of_the_words_are_drawn() -> None:
    assert window_of(("a", "b", PAD)) == (0, 3, 3)
    assert window_of((*[PAD] * 192, *"abcdefgh")) == (186, 200, 200)
    assert window_of((*"abcdefgh", *[PAD] * 192)) == (0, 14, 200)
    assert window_of(("a",) * 300) == (200, 300, 300)
    assert window_of((PAD,) * 300) == (0, 100, 300)


def test_each_direction_has_its_last_h_framed_where_that_is_drawn() -> None:
    found = answered(model=opened("Bidirectional(LSTM)"), sentences="")
    call = next(each for each in found.explained.layers if len(each.cells) == 2)
    backward, forward = Frame(0, 0.5, 1.0), Frame(5, 0.0, 0.5)
    (whole,) = glances(call, Window(0, 6, 6))
    (part,) = glances(call, Window(2, 6, 6))
    assert set(whole.framed) == {backward, forward}
    assert part.framed == (Frame(3, 0.0, 0.5),)


# -- The lines from layer to layer -----------------------------------------------------------------


def drawn_edges(*reads: tuple[int, ...], depth: dict[int, int] | None = None) -> list[Any]:
    """The lines of a model whose layers read these."""
    depth = depth or {}
    made_of = [
        Line(str(at), at, ModelLayer(("in",) * depth.get(at, 0), str(at), "Dense", each), None)
        for at, each in enumerate(reads)
    ]
    return list(edges_of(made_of))


def test_a_chain_is_drawn_straight_down() -> None:
    assert drawn_edges((), (0,), (1,)) == [(0, 1, 0), (1, 2, 0)]


def test_a_branch_runs_beside_what_it_passes() -> None:
    assert drawn_edges((), (0,), (0,), (1, 2)) == [(0, 1, 0), (0, 2, 1), (2, 3, 0), (1, 3, 2)]


@pytest.mark.parametrize("second_said", ["4 4 5 6", "1 2 3 4"])
def test_of_a_layer_that_is_called_twice_the_call_is_drawn_that_was_read(second_said: str) -> None:
    """Also where both calls return the same."""
    words, others = (keras.Input((4,), dtype="int32", name=name) for name in ("words", "others"))
    shared, first, second = layers.Embedding(9, 3), layers.GRU(2), layers.LSTM(2)
    after, before = shared(words), shared(others)
    ending = layers.Concatenate()([second(before), first(after)])
    model = keras.Model([words, others], ending)
    found = answered(
        model=models.open_model(saved(model, ".keras"), "a visitor").key,
        sentences="1 2 3 4",
        others=(("others", second_said),),
    )
    lines = lines_of(found.opened, found.explained.layers)
    for start, at, _ in edges_of(lines):
        call, reader = lines[start].call, lines[at].call
        assert call
        assert reader
        assert any(np.array_equal(call.returned[0].values, each) for each in reader.inputs)
    assert len([*edges_of(lines)]) == 4


def test_lines_that_do_not_meet_share_a_lane() -> None:
    found = drawn_edges((), (0,), (0, 1), (2,), (2, 3))
    assert [edge for edge in found if edge[2]] == [(0, 2, 1), (2, 4, 1)]


def test_a_line_passes_the_layers_of_a_nested_model() -> None:
    assert drawn_edges((), (), (0,), depth={1: 1}) == [(0, 2, 1)]
