"""Edit weights: gates that are held, grids, files: the run, the link and the facts follow."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.testing.v1 import AppTest

from components.backend import Settings, Setup, run
from components.backend.cells import CELLS
from components.backend.learning.trained import OFFERED, trained_text
from components.backend.origins.weight_source import WeightSource
from components.backend.question.linked import choices, shown
from components.backend.scripts.script import script
from components.backend.weight_files import npz
from components.backend.weight_files.edits import MOST, Edits, Entry, read_edits
from components.backend.weight_files.weight_names import MOST_BYTES
from components.backend.whatif import edit
from components.backend.your_model.saved import saved_files
from components.charts import edit as edit_chart
from components.panels.layer.explore import ExploreView
from components.panels.write.plain import plain
from components.texts import LANGUAGES, speaking, text
from dashboard.messages import LONGEST, LONGEST_GRID, let_in
from tests.app.conftest import OpenApp
from tests.app.reading import (
    address,
    all_markdown,
    chart,
    charts,
    figure,
    follow,
    messages,
    move,
    open_box,
    press,
    same_again,
    send,
    settings,
    shows,
    sound,
    start_from,
    told,
    widgets,
)
from tests.kinds import in_turn, random_weights


def draws(
    at: AppTest, settings: Settings, start: WeightSource | None = None, sentence: int = 0
) -> None:
    """The picture and the facts are those of a run with these weights."""
    sound(at)
    start = start or WeightSource()
    asked = edit.Question(settings=settings, edits=start.edits)
    answer = edit.answer(asked, start.unedited(asked.settings))
    assert answer.run is run(settings, start.weights(settings))
    expected = edit_chart(answer, sentence=sentence)
    strips = [t for t in figure(at, "edit")["data"] if t["type"] == "heatmap"]
    wanted = [t for t in expected.figure["data"] if t["type"] == "heatmap"]
    for strip, want in zip(strips, wanted, strict=True):
        assert strip["name"] == want["name"]
        np.testing.assert_array_equal(
            np.array(strip["z"], "float32"), np.array(want["z"], "float32")
        )
    assert chart(at, "edit")["alt"] == expected.alt
    for fact in edit.facts(answer, sentence=sentence):
        assert told(at, fact, "edit_facts") == {True: "holds", None: "note"}[fact.holds]


def grid(at: AppTest) -> Any:
    """The open grid."""
    (found,) = at.get("dataframe")
    return found


def typed(at: AppTest, rows: dict[int, dict[str, Any]]) -> AppTest:
    """The page after numbers were typed into the grid: all that were since it was drawn first."""
    at.query_params = address(at)
    state = {"edited_rows": rows, "added_rows": [], "deleted_rows": []}
    return send(at, grid(at).proto.id, string_value=json.dumps(state))


def held(at: AppTest, gate: str, end: str) -> AppTest:
    at.query_params = address(at)
    widgets(at)[f"hold_{gate}"].set_value(end)
    return at.run()


def uploaded(at: AppTest, data: bytes) -> AppTest:
    """The page after a file was chosen."""
    at.query_params = address(at)
    identity = f"$$STREAMLIT_INTERNAL_KEY_{at.get_by_key('upload_npz').proto.id}__events"
    content = base64.b64encode(data).decode()
    event = json.dumps([{"event": "file", "value": content}])
    return send(at, identity, json_trigger_value=event)


@pytest.mark.parametrize("cell", CELLS)
def test_it_opens_and_the_memory_is_emptied_and_no_longer(open_app: OpenApp, cell: str) -> None:
    at = open_app("edit", cell=cell)
    draws(at, Settings(cell=cell))
    assert address(at) == ({} if cell == "LSTM" else {"cell": cell})
    assert charts(at) == ["edit"]
    assert "weights_undo" not in {button.key for button in at.button}
    now = cell if CELLS[cell].keep_gate else "LSTM"
    keeps = CELLS[now].keep_gate
    edits = Edits().hold(keeps.gate, 1 - keeps.at)
    draws(press(at, "edit_try"), Settings(cell=now), WeightSource(edits=edits))
    draws(press(at, "edit_try"), Settings(cell=now))


def test_gates_are_held_and_let_go(open_app: OpenApp) -> None:
    at, edits = open_app("edit"), Edits()
    for gate, end in (("forget", 1), ("input", 0), ("output", 0), ("forget", 0)):
        edits = edits.hold(gate, end)
        draws(held(at, gate, str(end)), Settings(), WeightSource(edits=edits))
    assert address(at) == {"edits": "input=0,forget=0,output=0"}
    same_again(at, open_app, "edit")
    draws(held(at, "input", "free"), Settings(), WeightSource(edits=edits.hold("input", None)))
    draws(press(at, "weights_undo"), Settings())
    assert address(at) == {}


def test_the_forget_gates_bias(open_app: OpenApp) -> None:
    at = open_app("edit")
    assert "forget_bias" not in widgets(at)
    at.query_params = address(at)
    widgets(at)["set_forget_bias"].set_value(True)
    draws(
        at.run(), Settings(), WeightSource(edits=Edits(forget_bias=1))
    )  # what Keras started it at
    for bias in (-5, 5):
        widgets(at)["forget_bias"].set_value(bias)
        at.query_params = address(at)
        draws(at.run(), Settings(), WeightSource(edits=Edits(forget_bias=bias)))
    same_again(at, open_app, "edit")
    held(at, "forget", "1")
    assert "forget_bias" not in widgets(at)
    assert widgets(at)["set_forget_bias"].disabled
    assert widgets(at)["set_forget_bias"].help == text("edit.bias_held")
    held(at, "forget", "free")
    assert widgets(at)["forget_bias"].value == 5


@pytest.mark.parametrize(
    ("grid_name", "block", "rows", "places"),
    [
        (
            "kernel",
            "forget",
            {1: {"0": 2.5, "2": -1}},
            {"kernel.forget.1.0": 2.5, "kernel.forget.1.2": -1},
        ),
        ("recurrent_kernel", "output", {2: {"1": 0}}, {"recurrent_kernel.output.2.1": 0}),
        ("bias", "candidate", {0: {"1": 4}}, {"bias.candidate.0.1": 4}),
        ("embeddings", "", {0: {"1": -3}}, {"embeddings.4.1": -3}),
    ],
)
def test_numbers_that_are_typed(
    open_app: OpenApp,
    grid_name: str,
    block: str,
    rows: dict[int, dict[str, float]],
    places: dict[str, float],
) -> None:
    query = {"grid": grid_name} | ({"lstm_block": block} if block else {})
    at = typed(open_app("edit", **query), rows)
    said = ",".join(f"{place}={value:g}" for place, value in places.items())
    draws(at, Settings(), WeightSource(edits=read_edits(said)))
    assert address(at)["edits"] == said
    same_again(at, open_app, "edit")


def test_what_is_typed_next_is_added_and_what_is_emptied_is_taken_back(open_app: OpenApp) -> None:
    at = typed(open_app("edit"), {0: {"0": 1}})
    first = grid(at).proto.id
    typed(at, {0: {"0": 1, "1": 2}})
    assert grid(at).proto.id == first  # so that its cursor stays where it is
    assert address(at) == {"edits": "kernel.input.0.0=1,kernel.input.0.1=2"}
    assert {"undo.kernel.input.0.0", "undo.kernel.input.0.1"} <= widgets(at).keys()
    typed(at, {0: {"0": None, "1": 2}})
    assert address(at) == {"edits": "kernel.input.0.1=2"}
    assert grid(at).proto.id != first  # it would go on to show an empty cell
    typed(at, {0: {"0": 3}})
    first = grid(at).proto.id
    press(at, "undo.kernel.input.0.1")
    assert address(at) == {"edits": "kernel.input.0.0=3"}
    press(at, "weights_undo")
    assert grid(at).proto.id != first  # it would go on to show what was typed
    draws(at, Settings())


def test_what_is_edited_is_marked_and_can_be_typed_with_its_mark(open_app: OpenApp) -> None:
    at = open_app("edit", edits="kernel.input.0.1=2")
    shown = grid(at).value
    assert shown.iat[0, 1] == "► 2"
    assert sum("►" in said for said in shown.to_numpy().ravel()) == 1
    assert text("edit.marked") in " ".join(said.value for said in at.caption)
    typed(at, {0: {"1": "► 2.5"}})
    assert address(at) == {"edits": "kernel.input.0.1=2.5"}


def test_a_gru_with_two_rows_of_bias(open_app: OpenApp) -> None:
    at = typed(open_app("edit", cell="GRU", grid="bias", gru_block="reset"), {1: {"0": 1}})
    settings = Settings(cell="GRU")
    draws(at, settings, WeightSource(edits=Edits().put({Entry("bias", "reset", 1, 0): 1.0})))


def test_tokens(open_app: OpenApp) -> None:
    at = typed(open_app("edit", grid="tokens"), {0: {"1": 7, "10": 0}})
    tokens = ((7, 21, 64, 13, 77, 66, 54, 30, 81, 0),)
    draws(at, Settings(tokens=tokens))
    assert address(at)["tokens"] == "7, 21, 64, 13, 77, 66, 54, 30, 81, 0"
    typed(at, {0: {"1": "7", "10": "100"}})
    assert text("edit.refused_id", said="`'100'`", top=99) in messages(at)
    assert address(at)["tokens"].startswith("7, 21")
    at.run()
    draws(at, Settings(tokens=tokens))


def test_what_no_weight_can_be_is_refused(open_app: OpenApp) -> None:
    at = typed(open_app("edit"), {0: {"0": 0.5}})
    for value in (1e9, -1001, "nan", "1,5", True, [1], {"a": 1}, float("inf"), "x" * 500):
        typed(at, {0: {"0": 0.5, "1": value}})
        assert not at.exception
        said = plain(str(shown(str(value))))
        assert text("edit.refused", said=said, largest=1000) in messages(at)
        assert address(at) == {"edits": "kernel.input.0.0=0.5"}
    at.run()
    draws(at, Settings(), WeightSource(edits=Edits().put({Entry("kernel", "input", 0, 0): 0.5})))


def test_cells_that_there_are_not_change_nothing(open_app: OpenApp) -> None:
    at = open_app("edit")
    for rows in ({99: {"0": 1}}, {-1: {"0": 1}}, {0: {"9": 1}}, {0: {"no such": 1}}, {0: {}}):
        typed(at, rows)
        assert not at.exception
        assert address(at) == {}
    at.run()
    draws(at, Settings())


def test_more_numbers_than_a_link_carries_become_weights_of_their_own(open_app: OpenApp) -> None:
    at = open_app("edit", units="64", embedding_dim="4", edits="forget=1")
    typed(at, {row: {str(unit): 0.5 for unit in range(MOST // 4)} for row in range(4)})
    assert address(at)["edits"].count("kernel") == MOST
    typed(at, {row: {str(unit): 0.5 for unit in range(MOST)} for row in range(4)})
    sound(at)
    assert text("edit.too_many", most=MOST) in [info.value for info in at.info]
    assert "edits" not in address(at)
    assert address(at)["uploaded"]
    settings = Settings(units=64, embedding_dim=4)
    start = WeightSource.from_query({name: [value] for name, value in address(at).items()})[0]
    assert (start.uploaded["kernel"][:, :MOST] == 0.5).all()
    assert not start.uploaded["kernel"][:, 64:128].any()  # the forget gate, held
    draws(at, settings, start)


def test_all_of_the_largest_grid_reaches_the_page(open_app: OpenApp) -> None:
    ids = np.arange(800).reshape(8, 100)
    tokens = ";".join(",".join(map(str, row)) for row in ids)
    size = {"vocabulary_size": "1000", "embedding_dim": "16"}
    at = open_app("edit", source="typed", tokens=tokens, **size, grid="embeddings")
    numbers = {row: {str(n): "-0.1234567" for n in range(16)} for row in range(ids.size)}
    said = {"edited_rows": numbers, "added_rows": [], "deleted_rows": []}
    states = {name: json.dumps(said) for name in (grid(at).proto.id, "$$ID-0-tokens")}
    message = BackMsg()
    for name, typed_there in states.items():
        message.rerun_script.widget_states.widgets.add(id=name, string_value=typed_there)
    passed = BackMsg.FromString(let_in(message.SerializeToString()))
    in_grid, in_field = passed.rerun_script.widget_states.widgets
    assert len(in_field.string_value) == LONGEST
    send(at, in_grid.id, string_value=in_grid.string_value)
    sound(at)
    own = WeightSource.from_query({n: [v] for n, v in address(at).items()})[0].uploaded
    assert (own["embeddings"][: ids.size] == np.float32(-0.1234567)).all()


def test_a_file_comes_in_and_goes_along_to_other_pages(open_app: OpenApp) -> None:
    arrays = {n: np.float32(a) for n, a in random_weights(Settings(), 8).items()}
    at = uploaded(open_app("edit", edits="forget=1"), npz.write_npz(arrays))
    sound(at)
    query = {name: [value] for name, value in address(at).items()}
    start = WeightSource.from_query(query)[0]
    assert {n: a.tobytes() for n, a in start.uploaded.items()} == {
        n: a.tobytes() for n, a in arrays.items()
    }
    draws(at, Settings(), start)
    assert text("start.uploaded", edited="") in all_markdown(at)
    draws(held(at, "output", "0"), Settings(), start.but(edits=Edits().hold("output", 0)))
    follow(at, "Explore")
    expected = run(Settings(), start.but(edits=Edits().hold("output", 0)).weights(Settings()))
    shows(at, Settings(), result=expected)
    move(at, "units", 5)
    assert "uploaded" in address(at)
    press(at, "drop.units")
    assert "uploaded" not in address(at)
    sound(at)
    shows(
        at,
        Settings(units=5),
        result=run(
            Settings(units=5),
            WeightSource(edits=Edits().hold("output", 0)).weights(Settings(units=5)),
        ),
    )


def test_a_layer_of_a_model_that_keras_saved_comes_in(open_app: OpenApp, tmp_path: Path) -> None:
    import keras  # here, so that the backend is the one who sets how it is imported

    settings = Settings(units=4, embedding_dim=4)
    run(settings)
    as_here = {"return_sequences": True, "return_state": True}
    first, second = (keras.layers.LSTM(4, name=n, **as_here) for n in ("one", "<b>"))
    inputs = keras.Input((None, 4))
    keras.Model(inputs, second(first(inputs)[0])).save(path := tmp_path / "model.keras")
    at = uploaded(open_app("edit", units="4", embedding_dim="4"), path.read_bytes())
    sound(at)
    query = {name: [value] for name, value in address(at).items()}
    start = WeightSource.from_query(query)[0]
    assert [a.tobytes() for n, a in start.uploaded.items() if n != "embeddings"] == [
        a.tobytes() for a in first.get_weights()
    ]
    draws(at, settings, start)
    told = [
        text("edit.taken_layer", layer="`'one'`"),
        text("edit.other_layers", layers="`'<b>'`"),
        text("edit.kept_table", shape=(100, 4), most=1000),
    ]
    assert [info.value for info in at.info] == ["\n\n".join(told)]


def test_an_embedding_of_a_saved_model_comes_in(open_app: OpenApp, tmp_path: Path) -> None:
    import keras

    parts = keras.layers.Embedding(50, 4, name="table"), keras.layers.LSTM(4, name="one")
    model = keras.Sequential([keras.Input((None,)), *parts])
    model.save_weights(path := tmp_path / "model.weights.h5")
    at = uploaded(open_app("edit", tokens="1 2 3", units="4"), path.read_bytes())
    sound(at)
    assert at.info[0].value.split("\n\n") == [
        text("edit.taken_layer", layer="`'one'`"),
        text("edit.taken_table", layer="`'table'`"),
        text("edit.set_as", settings="`embedding_dim=4, vocabulary_size=50`"),
        text("edit.no_arguments"),
    ]
    query = {name: [value] for name, value in address(at).items()}
    start = WeightSource.from_query(query)[0]
    assert start.uploaded["embeddings"].tobytes() == parts[0].get_weights()[0].tobytes()
    draws(at, Settings(units=4, embedding_dim=4, vocabulary_size=50, tokens=((1, 2, 3),)), start)


def test_a_saved_layer_whose_values_grow_too_far_is_told(open_app: OpenApp, tmp_path: Path) -> None:
    import keras

    parts = keras.layers.Embedding(1500, 8), keras.layers.SimpleRNN(64, activation="relu")
    keras.Sequential([keras.Input((None,)), *parts]).save(path := tmp_path / "model.keras")
    opened = open_app("edit", recurrent_initializer="constant", length="100")
    at = uploaded(opened, path.read_bytes())
    assert not at.exception
    assert text("edit.kept_table", shape=(100, 8), most=1000) in at.info[0].value


def of_model(at: AppTest, tmp_path: Path, *layers: Any, features: int | None = None) -> AppTest:
    """The page after a model of these layers was uploaded."""
    import keras

    shape = (None, features) if features else (None,)
    keras.Sequential([keras.Input(shape), *layers]).save(path := tmp_path / "model.keras")
    return uploaded(at, path.read_bytes())


def test_typed_begins_with_ids_that_the_uploaded_table_has(
    open_app: OpenApp, tmp_path: Path
) -> None:
    """What the page advises after an upload shows the uploaded weights."""
    import keras

    layers = keras.layers.Embedding(50, 4), keras.layers.LSTM(6, return_sequences=True)
    at = of_model(open_app("edit"), tmp_path, *layers)
    assert text("edit.made_ids", top=49) in at.info[0].value
    weights, read = address(at)["uploaded"], settings(at).tokens
    move(at, "source", "typed")
    sound(at)
    assert settings(at).tokens == read
    move(at, "tokens", "7, 49, 0")
    sound(at)
    assert (address(at)["uploaded"], address(at)["vocabulary_size"]) == (weights, "50")
    move(at, "tokens", "7, 50")
    assert text("problems.id", shown=50) in messages(at)
    assert address(at)["uploaded"] == weights
    move(at, "tokens", "7, 49, 0")
    for source in ("ten", "sine"):  # ids up to 87, and no ids
        move(at, "source", source)
        (warning,) = at.sidebar.warning
        label = text("settings.source.options")
        names = ", ".join(label[name] for name in ("quotes", "random", "typed"))
        allowed = text("problems.weights_fit", names=names)
        got = f"`{label[source]}`"
        assert warning.value == text("start.held", got=got, allowed=allowed)
        assert (address(at)["uploaded"], settings(at).tokens) == (weights, ((7, 49, 0),))
    move(at, "vocabulary_size", 60)
    (warning,) = at.sidebar.warning
    assert text("problems.weights_fit", names="50") in warning.value
    assert address(at)["uploaded"] == weights
    press(at, "drop.vocabulary_size")
    sound(at)
    assert "uploaded" not in address(at)
    assert settings(at).vocabulary_size == 60


def test_pasted_begins_with_numbers_that_the_uploaded_layer_reads(
    open_app: OpenApp, tmp_path: Path
) -> None:
    import keras

    both = keras.layers.Bidirectional(keras.layers.LSTM(6, name="mine"))
    at = of_model(open_app("edit"), tmp_path, keras.layers.Masking(), both, features=4)
    for said in ("masked", "one_direction"):
        assert text(f"edit.{said}") in at.info[0].value
    assert text("edit.made_numbers", features=4) in at.info[0].value
    weights, read = address(at)["uploaded"], settings(at).values
    move(at, "features", 5)
    assert text("problems.weights_fit", names="4") in at.sidebar.warning[0].value
    move(at, "source", "pasted")
    sound(at)
    assert settings(at).values == read
    move(at, "values", "1 2 3 4\n5 6 7 8".replace(" ", "\t"))
    sound(at)
    assert settings(at).values == (((1, 2, 3, 4), (5, 6, 7, 8)),)
    for name, value in (("values", "1\t2\n3\t4"), ("activation", "relu")):
        move(at, name, value)  # a refused table stays to be corrected
        assert at.text_area(key="values").value == "1\t2\n3\t4"
        assert text("problems.features_fit", features=4) in at.sidebar.warning[0].value
        assert address(at)["uploaded"] == weights
    assert settings(at).activation == "relu"
    press(at, "drop.values")
    sound(at)
    assert "uploaded" not in address(at)
    assert settings(at).values == (((1, 2), (3, 4)),)


def test_dropped_weights_come_back_to_the_layer_that_they_fit(open_app: OpenApp) -> None:
    arrays = {n: np.float32(a) for n, a in random_weights(Settings(cell="SimpleRNN"), 8).items()}
    at = uploaded(open_app("edit", cell="SimpleRNN"), npz.write_npz(arrays))
    sent = address(at)
    press(at, "edit_try")  # an LSTM
    assert "uploaded" not in address(at)
    assert text("start.let_go") in all_markdown(at)
    at.button(key="weights_bring_back").click().run()
    assert address(at) == sent


@pytest.mark.parametrize("name", ["m" * 40, "long" * 50, "기억하는 층 " * 12, "<b>`" * 20])
def test_names_of_any_length_are_told(open_app: OpenApp, tmp_path: Path, name: str) -> None:
    import keras

    table = f"table {name}"[:200]
    layers = keras.layers.Embedding(50, 4, name=table), keras.layers.LSTM(3, name=name)
    at = of_model(open_app("edit"), tmp_path, *layers)
    sound(at)
    assert text("edit.taken_layer", layer=plain(shown(name))) in at.info[0].value
    assert text("edit.taken_table", layer=plain(shown(table))) in at.info[0].value
    assert address(at)["uploaded"]


def test_a_file_of_keras_2_and_its_precision_are_told(open_app: OpenApp, tmp_path: Path) -> None:
    import h5py
    import keras

    old = {"recurrent_activation": "hard_sigmoid", "dtype": "mixed_float16"}
    layer = keras.layers.GRU(3, return_sequences=True, **old)
    keras.Sequential([keras.Input((None, 2)), layer]).save(path := tmp_path / "old.h5")
    with h5py.File(path, "r+") as file:
        file.attrs["keras_version"] = "2.11.0"
    at = uploaded(open_app("edit", source="pasted", cell="GRU"), path.read_bytes())
    sound(at)
    told = at.info[0].value
    assert text("edit.policy", policy="`mixed_float16`") in told
    assert text("edit.keras2", version="`2.11.0`") in told
    assert text("edit.keras2_code") in told
    assert address(at)["recurrent_activation"] == "hard_sigmoid_keras2"
    assert open_app("edit").info == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_how_large_a_file_may_be_is_told_beforehand(language: str) -> None:
    with speaking(language):
        answer = text("questions.own_model.answer")
    assert f"{saved_files.MOST_BYTES // 2**20}" in answer  # MB


def test_a_saved_layer_that_is_too_large_is_refused(open_app: OpenApp, tmp_path: Path) -> None:
    import keras

    model = keras.Sequential([keras.Input((None, 600)), keras.layers.SimpleRNN(3)])
    model.save(path := tmp_path / "model.keras")
    at = uploaded(open_app("edit", edits="forget=1"), path.read_bytes())
    assert text("edit.refused_model") in messages(at)
    assert "features: got 600" in messages(at)
    assert address(at) == {"edits": "forget=1"}


def test_the_sidebar_is_set_to_a_saved_layer(open_app: OpenApp, tmp_path: Path) -> None:
    import keras

    layer = keras.layers.LSTM(6, name="mine", activation="relu", go_backwards=True)
    model = keras.Sequential([keras.Input((None, 4)), layer])
    model.save(path := tmp_path / "model.keras")
    at = uploaded(open_app("edit", edits="forget=1"), path.read_bytes())
    sound(at)
    set_as = "units=6, activation='relu', go_backwards=True, "
    set_as += "return_sequences=False, return_state=False, features=4"
    told = [text("edit.taken_layer", layer="`'mine'`"), text("edit.set_as", settings=f"`{set_as}`")]
    assert at.info[0].value == "\n\n".join([*told, text("edit.made_numbers", features=4)])
    query = {name: [value] for name, value in address(at).items()}
    setup, start = Setup.from_query(query)[0], WeightSource.from_query(query)[0]
    flags = {"go_backwards": True, "return_sequences": False, "return_state": False}
    assert setup == Setup(units=6, source="sine", features=4, activation="relu", **flags)
    assert [a.tobytes() for a in start.uploaded.values()] == [
        a.tobytes() for a in layer.get_weights()
    ]
    draws(at, setup.settings, start)


REFUSED = {
    b"": "cannot be read",
    b"<b>no file</b>": "cannot be read",
    npz.write_npz(random_weights(Settings(units=5), 0)): "file.kernel",
    npz.write_npz({"<script>": np.zeros(2)}): "each of embeddings.npy",
    bytes(MOST_BYTES + 1): "bytes",
}


def test_a_file_that_is_refused_changes_nothing(open_app: OpenApp) -> None:
    at = open_app("edit", edits="forget=1")
    before = chart(at, "edit")
    for data, said in REFUSED.items():
        uploaded(at, data)
        assert not at.exception
        assert said in messages(at)
        assert "<script>" not in messages(at).replace("'<script>.npy'", "")
        assert chart(at, "edit") == before
        assert address(at) == {"edits": "forget=1"}
    at.run()
    sound(at)


def test_the_largest_file_reaches_the_page_beside_the_largest_grid(open_app: OpenApp) -> None:
    event = json.dumps([{"event": "file", "value": base64.b64encode(bytes(MOST_BYTES)).decode()}])
    message = BackMsg()
    message.rerun_script.query_string = message.rerun_script.context_info.url = "x" * LONGEST
    widgets_sent = message.rerun_script.widget_states.widgets
    widgets_sent.add(id="file", json_trigger_value=event)
    widgets_sent.add(id=grid(open_app("edit")).proto.id, string_value="x" * LONGEST_GRID)
    passed = BackMsg.FromString(let_in(message.SerializeToString()))
    assert passed == message


def test_a_forged_file_is_refused(open_app: OpenApp) -> None:
    at = open_app("edit")
    identity = f"$$STREAMLIT_INTERNAL_KEY_{at.get_by_key('upload_npz').proto.id}__events"
    for value in (None, 3, "no base64", ["x"], {"content": "x"}):
        send(at, identity, json_trigger_value=json.dumps([{"event": "file", "value": value}]))
        assert not at.exception
        assert charts(at) == ["edit"]
        assert address(at) == {}


def test_edits_of_a_trained_cell(open_app: OpenApp) -> None:
    toggles = OFFERED["toggles"]
    at = start_from(open_app("edit"), "toggles")
    draws(
        held(at, "forget", "1"),
        toggles.question.settings(),
        WeightSource(trained=toggles, edits=Edits().hold("forget", 1)),
    )
    assert text("learn_view.task.options.quotes") in all_markdown(at)
    assert {"trained", "edits"} <= address(at).keys()
    press(at, "weights_undo")
    draws(at, toggles.question.settings(), WeightSource(trained=toggles))
    held(at, "output", "1")
    draws(press(at, "weights_of_seed"), toggles.question.settings())


def test_what_the_edits_do_not_fit_is_refused_until_they_are_dropped(open_app: OpenApp) -> None:
    at = open_app("edit", edits="forget=0,kernel.output.0.2=1")
    start = WeightSource(edits=read_edits("forget=0,kernel.output.0.2=1"))
    for units in (2, 1):  # as a slider that is dragged
        at.query_params = address(at)
        move(at, "units", units)
        assert at.button(key="drop.units").label == text("start.drop_edits")
        assert text("problems.weights_fit", names="3") in messages(at)
        assert address(at) == {"edits": "forget=0,kernel.output.0.2=1"}
    draws(move(at, "length", 8), Setup(length=8).settings, start)
    move(at, "units", 2)
    draws(press(at, "drop.units"), Setup(length=8, units=2).settings)
    assert "edits" not in address(at)
    held(at, "forget", "1")
    setup = Setup(length=8, units=5)
    draws(move(at, "units", 5), setup.settings, WeightSource(edits=Edits().hold("forget", 1)))
    move(at, "cell", "GRU")
    assert text("problems.weights_fit", names="LSTM") in messages(at)
    draws(press(at, "drop.cell"), setup.but(cell="GRU").settings)


def test_what_cannot_be_held(open_app: OpenApp) -> None:
    at = open_app("edit", cell="SimpleRNN")
    assert text("edit.no_gates") in all_markdown(at)
    at = open_app("edit", use_bias="false")
    assert text("edit.no_bias") in all_markdown(at)
    assert not [key for key in widgets(at) if key.startswith("hold_")]
    draws(at, Settings(use_bias=False))


def test_a_gate_that_is_held_is_not_typed_into(open_app: OpenApp) -> None:
    at = open_app("edit", edits="forget=1", lstm_block="forget")
    assert text("edit.held") in all_markdown(at)
    assert grid(at).proto.disabled
    at = open_app("edit", edits="forget=1")
    assert text("edit.held") not in all_markdown(at)
    assert not grid(at).proto.disabled


NAMED = {
    "edited": {"edits": "forget=1"},
    "trained": {"trained": trained_text(OFFERED["toggles"])},
    "trained and edited": {"trained": trained_text(OFFERED["toggles"]), "edits": "forget=1"},
    "a case": {"case": "1-2 LSTM", "units": "1", "embedding": "false"},
}


@pytest.mark.parametrize(("tab", "named"), in_turn(choices(ExploreView, "tab"), NAMED))
def test_every_tab_of_explore_takes_them(open_app: OpenApp, tab: str, named: str) -> None:
    query = NAMED[named]
    if "trained" in query:
        query = Setup.of(OFFERED["toggles"].question.settings()).to_query() | query
    sound(open_app("explore", **query, tab=tab))


def test_several_sentences(open_app: OpenApp) -> None:
    setup = Setup(source="random", length=6, sentences=3)
    at = open_app("edit", **setup.to_query(), sentence="3", edits="forget=1")
    start = WeightSource(edits=Edits().hold("forget", 1))
    draws(at, setup.settings, start, sentence=2)
    draws(move(at, "sentence", 1), setup.settings, start)


def test_the_code_has_the_edits(open_app: OpenApp) -> None:
    at = open_box(open_app("edit", edits="forget=1"), "edit_code")
    sound(at)
    weights = WeightSource(edits=Edits().hold("forget", 1)).weights(Settings())
    assert script(Settings(), weights).strip() in [code.value for code in at.code]


def test_a_grid_that_the_layer_does_not_have(open_app: OpenApp) -> None:
    at = open_app("edit", embedding="false", grid="embeddings")
    assert "- grid: " in messages(at)
    assert charts(at) == ["edit"]
    at = open_app("edit", cell="GRU", gru_block="forget")
    assert "- gru_block: `'forget'`; allowed: update, reset or candidate" in messages(at)
