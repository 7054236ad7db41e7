"""What a visitor pastes is read, and never run: shapes, code, and the errors of Keras at hand."""

from __future__ import annotations

import builtins
import linecache
import os
import subprocess
import sys
import time
import traceback
import warnings
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlencode

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from components.backend import Setup, run
from components.backend.mistakes.mistakes import MISTAKES
from components.backend.pasted.errors import KNOWN, line_of
from components.backend.pasted.read import MOST, MOST_WORDS, read
from components.backend.pasted.source import DEEPEST, LONGEST
from components.backend.pasted.targets import KINDS
from components.backend.pasted.understood import Understood
from components.backend.running.engine import use_keras
from components.panels.pages import PAGES
from components.panels.write.comments import commented
from components.texts import has_text, speaking
from tests.texts import foreign_comments

LOUD = [name for name, mistake in MISTAKES.items() if mistake.says]


def notes(found: Understood) -> dict[str, dict[str, str]]:
    return {note.name: {k: str(v) for k, v in note.values.items()} for note in found.notes}


def text_of_the_error(name: str, folder: Path) -> str:
    """What a visitor copies: the traceback, or the warning, of real Keras on a file with the code
    of that mistake."""
    file = folder / "train.py"
    code = "\n".join(code_of(name))
    file.write_text(code, "utf-8")
    linecache.checkcache(str(file))
    with use_keras() as (keras, _), warnings.catch_warnings(record=True) as caught:
        keras.utils.clear_session(free_memory=False)
        warnings.simplefilter("always", UserWarning)
        try:
            exec(compile(code, str(file), "exec"), {"__name__": "train"})
        except Exception:
            return traceback.format_exc()
    return "\n".join(f"{file}:3: {w.category.__name__}: {w.message}" for w in caught)


@pytest.mark.parametrize("name", LOUD)
def test_an_error_of_keras_is_understood(name: str, tmp_path: Path) -> None:
    text = text_of_the_error(name, tmp_path)
    found = read(text)
    assert found.kind == "error"
    assert found.mistake in MISTAKES
    same = MISTAKES[found.mistake].says.split(" (")[0].split("'")[0]
    assert MISTAKES[name].says.startswith(same)
    with speaking("ko"):
        assert not foreign_comments(commented(found.mend))
    if text.startswith("Traceback"):  # the line that the traceback ends at, of the visitor's file
        lines = (tmp_path / "train.py").read_text("utf-8").splitlines()
        assert found.number is not None
        assert found.line == lines[found.number - 1].strip()
        assert found.line in MISTAKES[name].wrong


@pytest.mark.parametrize("known", KNOWN, ids=lambda known: known.name)
def test_of_each_error_there_is_a_text(known) -> None:
    assert has_text(f"pasted.errors.{known.name}")
    assert not known.mistake or known.mistake in MISTAKES


def test_of_what_is_not_understood_the_words_are_looked_for() -> None:
    text = (
        'Traceback (most recent call last):\n  File "a.py", line 3, in <module>\n    fit(x)\n'
        f"RuntimeError: the first one\n\nValueError: the\nlast one{' and on' * 100}"
    )
    found = read(text)
    assert found.what.name == "errors.unknown"
    assert found.look_for.startswith("ValueError: the last one and on")
    assert len(found.look_for) == MOST_WORDS
    assert read("why is\nmy loss nan").look_for == "why is my loss nan"
    assert read("LSTM(3)").look_for == ""


X = 'x = np.linspace(-1, 1, 30, dtype="float32").reshape(2, 5, 3)\n'
STATES = "h = c = np.zeros((2, 4), 'float32')\n"
BIDIRECTIONAL = "keras.layers.Bidirectional(keras.layers.{}(4{}))"
STATEFUL = (
    "model = keras.Sequential([keras.Input(batch_shape=(3, 5, 3)), "
    "keras.layers.LSTM(4, stateful=True)])\n"
)

# Code that raises an error besides that of MISTAKES: how it begins, and the line that raises it.
RAISES: Mapping[str, tuple[str, str]] = {
    "features_as_many_as_units": (
        f"{X}layer = keras.layers.LSTM(3)\nlayer(x)\nwide = np.zeros((2, 5, 4), 'float32')\n",
        "y = layer(wide)",
    ),
    "features_that_fit_another_cell": (
        "layer = keras.layers.LSTM(3)\nlayer(np.zeros((2, 5, 4)))\nwide = np.zeros((2, 5, 6))\n",
        "y = layer(wide)",
    ),
    "features_of_simple_rnn": (
        f"{X}layer = keras.layers.SimpleRNN(3)\nlayer(x)\nwide = np.zeros((2, 5, 4))\n",
        "y = layer(wide)",
    ),
    "features_and_states": (
        f"{X}layer = keras.layers.LSTM(3)\nlayer(x)\n"
        "wide, states = np.zeros((2, 5, 4)), [np.zeros((2, 4))] * 2\n",
        "y = layer(wide, initial_state=states)",
    ),
    "units_of_gru": (X, "y = keras.layers.GRU(4)(x, initial_state=np.zeros((2, 6)))"),
    "gru_into_dense": (
        "x = keras.Input((5, 3))\n",
        "y = keras.layers.Dense(1)(keras.layers.GRU(4, return_state=True)(x))",
    ),
    "gru_into_lstm": (
        "x = keras.Input((5, 3))\n"
        "h = keras.layers.GRU(4, return_sequences=True, return_state=True)(x)\n",
        "y = keras.layers.LSTM(4)(h)",
    ),
    "gru_into_dense_apart": (
        f"{X}below = keras.layers.GRU(4, return_state=True)\nh = below(x)\n",
        "y = keras.layers.Dense(1)(h)",
    ),
    "halves_into_dense_apart": (
        f"{X}below = keras.layers.Bidirectional(keras.layers.LSTM(4), merge_mode=None)\n"
        "h = below(x)\n",
        "y = keras.layers.Dense(1)(h)",
    ),
    "halves_into_dense": (
        X,
        "y = keras.layers.Dense(1)"
        "(keras.layers.Bidirectional(keras.layers.LSTM(4), merge_mode=None)(x))",
    ),
    "halves_with_states": (
        X,
        "y = keras.layers.Dense(1)(keras.layers.Bidirectional("
        "keras.layers.LSTM(4, return_state=True), merge_mode=None)(x))",
    ),
    "states_in_sequential": (
        "",
        "y = keras.Sequential([keras.Input((5, 3)), keras.layers.GRU(4, return_state=True), "
        "keras.layers.Dense(1)])",
    ),
    "halves_in_sequential": (
        "",
        "y = keras.Sequential([keras.Input((5, 3)), keras.layers.Bidirectional("
        "keras.layers.GRU(4), merge_mode=None), keras.layers.Dense(1)])",
    ),
    "several_as_names": (
        "x = keras.Input((5, 3))\nlayer = keras.layers.GRU(4)\n",
        "outputs, h = layer(x)",
    ),
    "three_names_of_gru": ("x = keras.Input((5, 3))\n", "outputs, h, c = keras.layers.GRU(4)(x)"),
    "samples_as_names": (X, "outputs, h, c = keras.layers.LSTM(4)(x)"),
    "more_samples_as_names": (
        "x = np.zeros((9, 5, 3))\n",
        "outputs, h, c = keras.layers.LSTM(4)(x)",
    ),
    "five_of_bidirectional": (
        X,
        f"outputs, h, c = {BIDIRECTIONAL.format('LSTM', ', return_state=True')}(x)",
    ),
    "three_of_bidirectional": (
        X,
        f"outputs, h = {BIDIRECTIONAL.format('GRU', ', return_state=True')}(x)",
    ),
    "two_states_of_gru": (
        f"{X}{STATES}layer = {BIDIRECTIONAL.format('GRU', '')}\n",
        "y = layer(x, initial_state=[h])",
    ),
    "other_batch_of_gru": (
        f"{X}layer = keras.layers.GRU(4)\nh = np.zeros((3, 4), 'float32')\n",
        "y = layer(x, initial_state=h)",
    ),
    "fewer_rows_of_states": (
        "x = np.zeros((4, 5, 3))\nlayer = keras.layers.LSTM(4)\nh = c = np.zeros((3, 4))\n",
        "y = layer(x, initial_state=[h, c])",
    ),
    "one_to_predict": (f"{X}{STATEFUL}x = x[:1]\n", "y = model.predict(x, verbose=0)"),
    "too_many_to_predict": (
        f"{STATEFUL}x = np.zeros((7, 5, 3))\n",
        "y = model.predict(x, verbose=0)",
    ),
    "time_major": (X, "y = keras.layers.LSTM(4, time_major=False)(x)"),
    "steps_first": (
        "x = np.zeros((5, 2, 3), 'float32')\n",
        "y = keras.layers.LSTM(4, time_major=True)(x)",
    ),
    "batch_size": ("steps, features = 5, 3\n", "keras.layers.LSTM(4, batch_size=2)"),
    "no_such_argument": (X, "y = keras.layers.LSTM(4, colour='red')(x)"),
    "windows_of_two_features": ("table = np.zeros((7, 2))\n", "y = table.reshape(-1, 3, 2)"),
    "two_axes": (
        "keras.layers.LSTM(1)\nx = np.zeros((8, 17))\nmodel = keras.Sequential([keras.layers."
        "LSTM(17, return_sequences=True), keras.layers.LSTM(8)])\n",
        "y = model.predict(x, verbose=0)",
    ),
}

# For each error the code in which its mend stands, on the model that raised it: {0} is the mend's
# first line without its comment, {1} the second. Where there are several programs, each is run. The
# mend of an error that is not here is the visitor's line itself, and stands in its place.
WITH_ITS_MEND: Mapping[str, tuple[str, ...]] = {
    "table": ("x = table\ny = keras.layers.LSTM(4)({0})",),
    "no_features": ("x = series\ny = keras.layers.LSTM(4)({0})",),
    "no_steps": ("h = {0}(x)\ny = keras.layers.LSTM(4)(h)",),
    "ids_with_an_axis": ("ids = ids[..., None]\ny = keras.layers.LSTM(4)(embedding({0}))",),
    "samples_in_input": ("inputs = {0}\ny = keras.layers.LSTM(4)(inputs)",),
    "other_features": ("y = keras.Model(i := {0}, keras.layers.LSTM(4)(i))(x[..., :2])",),
    "flatten": ("x = keras.layers.Flatten()(embedded)\ny = keras.layers.LSTM(4)({0})",),
    "repeat_vector": ("y = keras.layers.RepeatVector(3)({0}(x))",),
    "time_distributed": ("y = dense({0}(x))",),
    "ragged": ("{0}\ny = sentences", "{1}\ny = sentences"),
    "reshape": ("y = {0}\nassert y.shape == (8, 3, 1)",),
    "batch_input_shape": ("y = keras.Sequential([{0}, keras.layers.LSTM(4, stateful=True)])(x)",),
    "input_shape": (
        "steps, features = 5, 3\ny = keras.Sequential([{0}, keras.layers.LSTM(4)])(x)",
    ),
    "input_length": ("input_dim, output_dim = 100, 4\ny = {0}(ids)",),
    "weights": ("units, weights = 1, arrays\n{0}\n{1}\n{2}\ny = layer(x)",),
    "set_weights_before": ("steps, features = 5, 3\n{0}\nlayer.set_weights(arrays)",),
    "transposed": ("array = weight_ih\nlayer.set_weights([{0}, weight_hh.T, bias_ih + bias_hh])",),
    "one_bias": ("layer = {0}\nlayer.build(x.shape)\nlayer.set_weights(arrays)",),
    "softmax_of_one_class": ("y = {0}(h)",),
    "softmax_over_one": ("y = {0}(scores)", "y = {1}(h)"),
    "states_as_value": ("y = {0}(decoded)", "y = {1}(h)"),
    "one_state": ("y = keras.layers.LSTM(4)(x, {0})",),
    "four_states": ("units = 4\n{0}\n{1}\n{2}\n{3}",),
    "two_states_both_ways": ("y = both(x, {0})",),
    "other_units": ("y = {0}(x, initial_state=[h, c])",),
    "other_batch": ("y = keras.layers.LSTM(4)(x, {0})",),
    "stateful_any_batch": ("y = keras.layers.LSTM(4, stateful=True)({0})",),
    "stateful_other_batch": ("layer(x)\nx = x[:1]\n{0}\ny = layer(x)[:1]",),
    "stateful_last_batch": ("{0}\ny = model.predict(samples, batch_size=3, verbose=0)",),
    "reset_states": ("{0}\n{1}\n{2}\ny = model(x)",),
    "reset_to_values": ("y = {0}",),
    "mask_of_features": ("y = keras.layers.LSTM(4)(x, {0})",),
    "mask_of_steps": ("y = keras.layers.LSTM(4)(x, {0})",),
    "short_mask": ("{0}\ny = keras.layers.LSTM(4)(x, mask=mask)",),
    "mask_through_conv": ("mask = ids != 0\nh = conv(keras.layers.Embedding(100, 4)(ids))\n{0}",),
    "scores_in_the_constructor": ("query, value = h[:, None], outputs\n{0}",),
    "features_as_many_as_units": ("y = keras.Model(i := {0}, keras.layers.LSTM(3)(i))(wide)",),
    "features_that_fit_another_cell": ("y = keras.Model(i := {0}, keras.layers.LSTM(3)(i))(wide)",),
    "features_of_simple_rnn": ("y = keras.Model(i := {0}, keras.layers.SimpleRNN(3)(i))(wide)",),
    "features_and_states": (
        "layer = {0}\nlayer(wide)\ny = layer(wide, initial_state=states)",
        "y = keras.Model(i := {1}, keras.layers.LSTM(3)(i))(wide)",
    ),
    "units_of_gru": ("y = {0}(x, initial_state=np.zeros((2, 6)))",),
    "gru_into_dense_apart": ("{0}\ny = keras.layers.Dense(1)(outputs)",),
    "halves_into_dense_apart": (
        "{1}\ny = keras.layers.Dense(1)(outputs)\nassert outputs.shape == (2, 8)",
    ),
    "several_as_names": ("units = 4\n{0}",),
    "two_states_of_gru": ("y = layer(x, {0})",),
    "other_batch_of_gru": ("y = layer(x, {0})",),
    "fewer_rows_of_states": ("{0}\ny = layer(x, initial_state=[h, c])",),
    "one_to_predict": ("{0}\ny = model.predict(x, verbose=0)[:1]",),
    "too_many_to_predict": ("{0}\ny = model.predict(x, batch_size=3, verbose=0)",),
    "batch_size": ("y = keras.layers.LSTM(4, stateful=True)({0})",),
    "windows_of_two_features": ("{0}\ny = {1}\nassert y.shape == (5, 3, 2)",),
    "two_axes": (
        "y = keras.Sequential([{0}, keras.layers.LSTM(8)]).predict(x[..., None], verbose=0)",
        "y = keras.Sequential([keras.layers.LSTM(8)]).predict({1}, verbose=0)",
    ),
}


def code_of(name: str) -> tuple[str, str]:
    """How the code of an error begins, and what raises it."""
    if name in RAISES:
        return f"import keras\nimport numpy as np\n{RAISES[name][0]}", RAISES[name][1]
    return MISTAKES[name].begins, MISTAKES[name].wrong.strip()


def mended_programs(name: str, found: Understood) -> list[str]:
    begins, wrong = code_of(name)
    lines = [line.split("  # ")[0] for line in found.mend.splitlines()]
    if name in WITH_ITS_MEND:
        return [f"{begins}\n{program.format(*lines)}" for program in WITH_ITS_MEND[name]]
    replaced = [found.mend if line.strip() == found.line else line for line in wrong.splitlines()]
    assert found.mend in replaced
    if name in ("three_of_gru", "two_of_lstm"):  # what reads the names changes with them
        replaced = [found.mend]
    return ["\n".join((begins, *replaced))]


@pytest.mark.parametrize("name", [*LOUD, *RAISES])
def test_what_mends_an_error_is_run_on_the_model_that_raised_it(name: str, tmp_path: Path) -> None:
    found = read(text_of_the_error(name, tmp_path))
    if found.what.name.removeprefix("errors.") in KINDS:
        return  # test_targets.py mends them
    with speaking("ko"):
        assert not foreign_comments(commented(found.mend))
    for program in mended_programs(name, found):
        with use_keras() as (keras, _), warnings.catch_warnings():
            keras.utils.clear_session(free_memory=False)
            warnings.simplefilter("error", UserWarning)
            exec(program, {})


def test_every_known_error_is_raised_and_mended(tmp_path: Path) -> None:
    raised = {read(text_of_the_error(name, tmp_path)).what.name for name in (*LOUD, *RAISES)}
    here = {known.name for known in KNOWN if f"errors.{known.name}" in raised}
    in_pieces = {"softmax_of_each_step"}  # below; Keras says the same of softmax_over_one
    not_on_a_cpu = {"id_below_zero"}
    assert here | {*KINDS} | in_pieces | not_on_a_cpu == {known.name for known in KNOWN}


WARNED = MISTAKES["softmax_over_one"].says  # also of a Dense of one unit at each step
STEPS = "x = keras.layers.LSTM(8, return_sequences=True)(x)\n"
SIGMOID = 'keras.layers.Dense(1, activation="sigmoid")'


@pytest.mark.parametrize(
    "line",
    [
        'y = keras.layers.Dense(1, activation="softmax")(x)',
        "y = TimeDistributed(Dense(units=1,\n    activation='softmax'))(x)",
    ],
)
def test_a_class_for_each_step_is_mended_by_sigmoid(line: str) -> None:
    found = read(f"{STEPS}{line}\n{WARNED}")
    assert (found.what.name, found.mistake) == (
        "errors.softmax_of_each_step",
        "softmax_of_one_class",
    )
    assert found.mend == SIGMOID
    with use_keras() as (keras, _), warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        exec(f"x = keras.Input((5, 3))\n{STEPS}y = {found.mend}(x)", {"keras": keras})


@pytest.mark.parametrize(
    "line",
    ["", "a = Softmax()(Dense(1)(x))", 'attention = Dense(1, activation="softmax")(x)'],
)
def test_where_it_may_be_attention_both_mends_are_told(line: str) -> None:
    found = read(f"{STEPS}{line}\n{WARNED}")
    assert (found.what.name, found.mistake) == ("errors.softmax_over_one", "softmax_over_one")
    assert [each.split("  # ")[0] for each in found.mend.splitlines()] == [
        "keras.layers.Softmax(axis=1)",
        SIGMOID,
    ]


def test_a_notebooks_traceback_names_its_line() -> None:
    text = (
        "ValueError                Traceback (most recent call last)\n"
        "Cell In[7], line 3\n      1 model = keras.Sequential()\n"
        "----> 3 model.add(keras.layers.LSTM(32))\n\n"
        "File /usr/lib/python3.11/site-packages/keras/src/x.py:122, in error_handler(*args)\n"
        "--> 122 raise e\n\n"
        'ValueError: Input 0 of layer "lstm_7" is incompatible with the layer: expected ndim=3, '
        "found ndim=2. Full shape received: (None, 64)"
    )
    assert line_of(text) == (3, "model.add(keras.layers.LSTM(32))")
    found = read(text)
    assert (found.mistake, found.number) == ("no_steps", 3)
    assert found.mend.startswith("keras.layers.LSTM(64, return_sequences=True)")


@pytest.mark.parametrize("data", [True, False])
def test_where_a_model_is_built_by_fit_data_without_an_axis_are_told_of_too(
    data: bool, tmp_path: Path
) -> None:
    """Keras says the same of both: of a second layer without steps, and of a table as data."""
    first = "keras.layers.LSTM(17, return_sequences=True)" if data else "keras.layers.LSTM(17)"
    shape = "(8, 17)" if data else "(8, 5, 1)"
    file = tmp_path / "train.py"
    code = (
        "keras.layers.LSTM(1)\n"
        f"model = keras.Sequential([{first}, keras.layers.LSTM(8)])\n"
        "model.compile(loss='mse')\n"
        f"model.fit(np.zeros({shape}), np.zeros((8, 8)), verbose=0)"
    )
    file.write_text(code, "utf-8")
    linecache.checkcache(str(file))
    with use_keras() as (keras, _):
        keras.utils.clear_session(free_memory=False)
        with pytest.raises(ValueError, match="found ndim=2") as raised:
            exec(compile(code, str(file), "exec"), {"keras": keras, "np": np})
    found = read("".join(traceback.format_exception(raised.value)))
    assert (found.what.name, found.number) == ("errors.two_axes", 4)
    assert found.mend.splitlines() == [
        "keras.layers.LSTM(17, return_sequences=True)  # the layer below",
        "x[..., None]  # or data of 17 steps: (None, 17, 1)",
    ]


@pytest.mark.parametrize(("units", "known"), [(6, "other_units"), (4, "other_features")])
def test_sizes_that_do_not_fit_in_a_graph_are_told_apart(units: int, known: str) -> None:
    """TensorFlow says it in other words than outside a graph."""
    with use_keras() as (keras, tensorflow):
        layer = keras.layers.LSTM(4)
        layer(np.zeros((2, 5, 3)))
        x = np.zeros((2, 5, 3 if units != 4 else 2), "float32")
        states = [np.zeros((2, units), "float32")] * 2
        with pytest.raises(ValueError, match="Dimensions must be equal") as raised:
            tensorflow.function(layer)(x, initial_state=states)
    assert read("".join(traceback.format_exception(raised.value))).what.name == f"errors.{known}"


def opened(found: Understood) -> Setup:
    """What the page of the link asks."""
    setup, problems = Setup.from_query({name: [value] for name, value in found.query.items()})
    assert not problems
    return setup


def test_pythons_warnings_about_what_is_pasted_do_not_reach_the_servers_log() -> None:
    code = (
        "from components.backend.pasted.source import parsed\n"
        "assert parsed(r'x = \"\\d\" if 1else 2')"
    )
    ended = subprocess.run(
        [sys.executable, "-W", "always", "-c", code], capture_output=True, text=True
    )
    assert (ended.returncode, ended.stderr) == (0, "")


def test_a_shape_is_read() -> None:
    found = read("(32, 10, 8)")
    setup = opened(found)
    assert found.what.values == {"samples": 32, "steps": 10, "features": 8}
    assert run(setup.settings).returned[0].values.shape == (8, 10, 3)
    assert notes(found)["most.samples"]["got"] == "32"
    assert read("X_train.shape: (None, 500, 40)").query["length"] == "100"
    assert read("torch.Size([4, 7, 2])").query["features"] == "2"
    assert (read("(1000, 20)").page, read("(1000,)").page) == ("explore", "series")
    assert read("(None, 50, 1, 8)").mistake == "ids_with_an_axis"
    assert read("(10, 0, 3)").what.name == "shape.empty"


def test_a_line_is_read() -> None:
    found = read("x = keras.layers.LSTM(64, return_sequences=True)(x)")
    setup = opened(found)
    assert (found.page, found.notes) == ("explore", ())
    assert (setup.cell, setup.units, setup.return_sequences, setup.return_state) == (
        "LSTM",
        64,
        True,
        False,
    )
    both = read("Bidirectional(GRU(n), merge_mode='sum')")
    assert (both.page, both.query["merge_mode"], both.query["cell"]) == ("both_ways", "sum", "GRU")
    assert "units" in notes(both)["code.unknown"]["field"]
    halves = read("Bidirectional(LSTM(4, return_sequences=True), merge_mode=None)\nLSTM(8)")
    assert halves.query["bidirectional"] == "none"


def test_what_is_not_shown_is_said() -> None:
    found = read("LSTM(600, dropout=0.23, stateful=True)\nDense(1)")
    assert opened(found).units == 512
    told = notes(found)
    assert (told["code.other"]["got"], told["code.other"]["shown"]) == ("600", "512")
    assert told["code.near"]["shown"] == "0.25"
    assert "Dense(1)" in told["code.not_shown"]["what"]
    assert "stateful" in told["code.arguments"]["what"]


def test_a_length_that_keras_ignores_is_shown_and_told_of() -> None:
    found = read("Embedding(1000, 8, input_length=20, weights=[w], mask_zero=True)\nLSTM(4)")
    setup = opened(found)
    assert (setup.settings.steps, setup.vocabulary_size, setup.embedding_dim) == (20, 1000, 8)
    told = notes(found)
    assert "code.input_length" in told
    assert told["code.arguments"]["what"] == "('weights', 'mask_zero')"
    assert opened(read("Input((7,))\nEmbedding(9, 2, input_length=20)\nGRU(4)")).length == 7
    assert notes(read("Embedding(9, 2, input_length=200)\nGRU(4)"))["code.other"]["shown"] == "100"
    assert "code.input_length" in notes(read("Embedding(1000, 8, input_length=n)"))
    # Of a recurrent layer it is the length of what it reads.
    found = read("LSTM(32, input_dim=6, input_length=20)")
    assert np.shape(opened(found).settings.values) == (1, 20, 6)
    assert found.notes == read("Input((20, 6))\nLSTM(32)").notes
    with use_keras() as (keras, _):
        with pytest.warns(UserWarning, match="`input_length` is deprecated"):
            embedding = keras.layers.Embedding(9, 2, input_length=20)
        assert embedding(np.zeros((1, 5))).shape == (1, 5, 2)


def test_where_a_mask_is_not_shown_it_is_said() -> None:
    layer = "Embedding(99, 2, mask_zero=True)\nLSTM(4, return_sequences=True)"
    assert notes(read(layer))["code.arguments"]["what"] == "('mask_zero',)"
    assert read(f"{layer}\nLSTM(4)").notes == ()
    assert "Masking" in notes(read("Masking()\nLSTM(4)"))["code.not_shown"]["what"]
    shown = "\nLSTM(4, return_sequences=True)\nLSTM(4)"
    assert "code.arguments" not in notes(read(f"Masking(0.0){shown}"))
    assert notes(read(f"Masking(-1.0){shown}"))["code.arguments"]["what"] == "('mask_value',)"
    assert "code.arguments" not in notes(read("Embedding(99, 2, mask_zero=False)\nLSTM(4)"))


def test_the_shape_of_a_whole_batch_is_read() -> None:
    found = read("keras.Input(batch_shape=(2, 5, 3))\nLSTM(4)")
    assert np.shape(opened(found).settings.values) == (1, 5, 3)


def test_a_model_is_read() -> None:
    found = read(
        "units = 32\nmodel = keras.Sequential([\n    keras.Input((10, 8)),\n"
        "    layers.Bidirectional(layers.LSTM(units)),\n    layers.LSTM(16),\n    layers.Dense(1)"
    )  # cut off
    assert found.page == "stack"
    assert found.query["bidirectional"] == "concat"
    assert (found.query["units"], found.query["2.units"]) == ("32", "16")
    assert found.query["ending"] == "Dense(3)"
    assert opened(found).features == 8
    assert "code.no_steps" in notes(found)
    seq2seq = read(
        ">>> enc, h, c = LSTM(256, return_state=True)(x)\n"
        ">>> y = LSTM(256, return_sequences=True)(z, initial_state=[h, c])"
    )
    assert seq2seq.page == "encoder_decoder"
    assert read("LSTM(4)(LSTM(8, return_sequences=True)(x))").query["2.units"] == "4"


SIGNS = st.text(
    st.sampled_from("()[]{},:=.'\"\\\n\t -+~*@#0123456789abxLSTMGRU_é가\0\ud800None"), max_size=300
)
PIECES = st.lists(
    st.sampled_from(
        [
            *("LSTM(", "GRU(4", ")", "return_sequences=True", "(None, 10, 8)", "\n", "    ", "="),
            *("Bidirectional(", "initial_state=[h, c]", "units=1e999", "units=-1", "dropout='a'"),
            *('File "a.py", line 3\n', "ValueError: ", "-" * 99, "(" * 30),
            *("1" * 5000, "lambda: "),
            *("expected ndim=3, found ndim=2. Full shape received: (", "cannot reshape array of"),
            *("not enough values to unpack (expected ", "In[0]: [2,4], In[1]: [0,16]", "Input(("),
            *(
                "indices[0,1] = 10 is not in [0, 10)",
                "Embedding(**{})",
                "LSTM(*a)",
                "if x:",
                "\x1b[",
            ),
        ]
    ),
    max_size=40,
).map("".join)
FORBIDDEN = "__import__('os').system('touch /tmp/rnn_lens_ran'); open('/tmp/rnn_lens_ran', 'w')"


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.text(max_size=300), SIGNS, PIECES))
@example(FORBIDDEN)
@example("-" * LONGEST)
@example("(" * LONGEST)
@example("LSTM(" * DEEPEST + ")" * DEEPEST)
@example("LSTM(1" + "+1" * 4000 + ")")
@example("x" + ".a" * 4500)
@example("not " * 2000 + "1")
@example("Exception encountered when " * 700)
@example("a " * MOST)
@example("ValueError: cannot reshape array of size 5 into shape ( , )")
@example("ValueError: cannot reshape array of size 5 into shape (" + "9" * 5000 + ")")
def test_any_text_is_read_and_none_is_run(text: str) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("something of the text was run")

    with pytest.MonkeyPatch.context() as patch:
        for name in ("eval", "exec"):
            patch.setattr(builtins, name, refuse)
        patch.setattr(os, "system", refuse)
        patch.setattr(subprocess, "Popen", refuse)
        found = read(text)
    assert found.page in {"", *PAGES}
    assert has_text(f"pasted.{found.what.name}")
    assert all(has_text(f"pasted.{note.name}") for note in found.notes)
    assert not found.mistake or found.mistake in MISTAKES
    assert len(urlencode(found.query)) < 2000
    if found.page in ("explore", "stack", "both_ways", "encoder_decoder"):
        opened(found)


@pytest.mark.parametrize(
    "text",
    [
        "target" * 1600 + " and " + "output" * 1600,
        "TimeDistributed" * 600 + " Layer should be passed an " + "input_shape" * 900,
        "Argument " + "input_length" * 1600,
        " " * MOST,
        "{{" * (MOST // 2),
        "[[{{" * (MOST // 4),
    ],
    ids=("targets", "time_distributed", "input_length", "spaces", "braces", "nodes"),
)
def test_no_text_keeps_the_server_from_others(text: str) -> None:
    """A search with a regular expression has Python to itself until it ends."""
    begun = time.thread_time()
    read(f"Error: {text}")
    assert time.thread_time() - begun < 2  # seconds; "targets" once took minutes
