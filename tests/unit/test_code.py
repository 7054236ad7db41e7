"""The code that the app shows is run, one option varied at a time, and gives the same numbers."""

from __future__ import annotations

import ast
import contextlib
import io
import re
from collections.abc import Iterable
from itertools import cycle, product
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import pytest
from nbclient import NotebookClient

from components.backend import Run, Settings, run
from components.backend.origins.notebook import Case, cases
from components.backend.question.layout import input_layout, returned_layout
from components.backend.question.linked import bounds, choices
from components.backend.scripts.code import file_name, notebook, runnable, unpack_line
from components.backend.scripts.script import cell_states, script
from tests import kinds
from tests.kinds import OPTIONS, all_kinds, chosen_of, few_kinds, pairs, soaked
from tests.scripts import executed, printed_tensors

DEFAULTS = {name: field.default for name, field in Settings.model_fields.items()}
BASES = [
    Settings(cell=cell, embedding=embedding, input_scaling="raw" if embedding else "unit")
    for cell, embedding in product(choices(Settings, "cell"), (True, False))
]


def values_of(name: str) -> list[Any]:
    """The values to try of a setting, found from its type; a kind that is new here fails."""
    default = DEFAULTS[name]
    if name == "tokens":
        long = tuple(i % 7 for i in range(45))  # it is run as a graph
        return [(long,) * 2, ((1,),), ((4, 21, 64), (13, 77, 66))]
    if name == "values":
        return [(((0.5,),),), (((1.0, -2.5), (0.25, 1e6)),) * 2]
    if isinstance(default, bool):
        return [True, False]
    if choices(Settings, name):
        return list(choices(Settings, name))
    if type(default) is int:
        low, high = bounds(Settings, name)
        return [low, (low + high) // 2, high]
    raise NotImplementedError(f"say here how to vary {name}")


def varied(base: Settings, name: str, value: Any) -> Settings:
    values = dict(base) | {name: value}
    if name == "vocabulary_size":
        values["tokens"] = tuple(tuple(i % value for i in row) for row in base.tokens)
    return Settings(**values)


def variations(name: str) -> list[Settings]:
    """Each value of the setting under every base under which it has an effect."""
    bases = [base for base in BASES if base.applies(name)]
    found = [varied(base, name, value) for base, value in product(bases, values_of(name))]
    return list(dict.fromkeys(found))


SOAK = pytest.mark.soak

# By their names in the tests.
VARIATIONS = {
    f"{name}-{number}": settings
    for name in DEFAULTS
    for number, settings in enumerate(variations(name))
}


def mixed() -> dict[str, Settings]:
    """Every kind of layer and of input, and in them the values of all other settings in turn, which
    read ids: what is tried before the soak. test_values has the scripts that read numbers.

    Only the first reads the long sentence: a script runs each step by itself, however many.
    """
    found = {}
    long, *short = values_of("tokens")
    given = (name for name in DEFAULTS if name not in (*OPTIONS, "values", "tokens"))
    turns = {name: cycle(values_of(name)) for name in given}
    for number, kind in enumerate(few_kinds()):
        values = {name: next(turn) for name, turn in turns.items() if kind.applies(name)}
        ids, size = short[number % len(short)] if number else long, values["vocabulary_size"]
        ids = tuple(tuple(token % size for token in row) for row in ids)
        found[f"mixed-{number}"] = kind.but(tokens=ids, **values)
    return found


CASES = mixed() | VARIATIONS


def parameters(cases: Iterable[str]) -> list[Any]:
    return [
        pytest.param(case, marks=SOAK if case in VARIATIONS else ())
        for case in cases
        if kinds.soaking or case not in VARIATIONS
    ]


EVERY_CASE = pytest.mark.parametrize("case", parameters(CASES))

FEW = [
    Settings(),
    Settings(
        cell="GRU", embedding=False, input_scaling="unit", reset_after=False, return_state=False
    ),
    Settings(
        recurrent_activation="hard_sigmoid_keras2",
        tokens=((4, 21, 64), (13, 77, 66)),
        return_sequences=False,
        unit_forget_bias=False,
        go_backwards=True,
        embedding_dim=3,
        seed=7,
    ),
]


def assert_same(tensors: dict[str, np.ndarray], result: Run) -> None:
    assert list(tensors) == [tensor.name for tensor in result.returned]
    for tensor in result.returned:
        actual = np.asarray(tensors[tensor.name])
        largest = max(1.0, float(np.abs(tensor.values).max()))
        assert actual.shape == tensor.values.shape
        np.testing.assert_allclose(actual, tensor.values, rtol=0, atol=1e-6 * largest)


def names_in(line: str) -> list[str]:
    """The names that a line of Python assigns."""
    (statement,) = ast.parse(line).body
    assert isinstance(statement, ast.Assign)
    return [node.id for node in ast.walk(statement.targets[0]) if isinstance(node, ast.Name)]


@pytest.mark.parametrize("name", DEFAULTS)
def test_every_setting_is_varied(name: str) -> None:
    tried = [getattr(settings, name) for settings in variations(name)]
    assert tried
    assert any(value != DEFAULTS[name] for value in tried)


def test_the_mixed_cases_have_every_value_and_every_pair_of_options() -> None:
    tried = list(mixed().values())
    for name in DEFAULTS:
        values = {getattr(settings, name) for settings in tried if settings.applies(name)}
        if name not in ("tokens", "values"):  # ids are cut to the vocabulary
            assert values == set(values_of(name)), name
    shapes = {(len(s.tokens), s.steps) for s in tried}
    assert shapes == {(len(ids), len(ids[0])) for ids in values_of("tokens")}
    met = set().union(*(pairs(chosen_of(OPTIONS, settings)) for settings in tried))
    for settings in all_kinds():
        assert pairs(chosen_of(OPTIONS, settings)) <= met
    assert len(tried) < len(VARIATIONS) / 4


@EVERY_CASE
def test_script(case: str) -> None:
    settings = CASES[case]
    result, output, namespace = run(settings), io.StringIO(), {}
    with contextlib.redirect_stdout(output):
        exec(compile(script(settings), "script", "exec"), namespace)
    assert_same({tensor.name: namespace[tensor.name] for tensor in result.returned}, result)
    assert_same(printed_tensors(output.getvalue()), result)
    assert output.getvalue().endswith(f"parameters {result.parameter_count}\n")
    assert f"{settings.cell}({settings.units}" in script(settings)


@EVERY_CASE
def test_unpack_line(case: str) -> None:
    settings = CASES[case]
    names = [tensor.name for tensor in run(settings).returned]
    assert names_in(unpack_line(settings)) == names
    assert f"# # {unpack_line(settings).partition(' = ')[2]}\n" in script(settings)


@pytest.mark.parametrize("settings", [*FEW, Settings(cell="SimpleRNN", units=1, use_bias=False)])
def test_what_is_copied_of_the_line_runs_by_itself(settings: Settings) -> None:
    """It calls the layer as the script does, which runs of every kind."""
    copied = runnable(unpack_line(settings), settings)
    assert copied.endswith(f"\n{unpack_line(settings)}\n")
    namespace, output = executed(copied)
    assert output == ""
    assert namespace["x"].shape == input_layout(settings)[-1].shape
    for layout in returned_layout(settings):
        assert namespace[layout.name].shape == layout.shape


@pytest.mark.parametrize(
    ("settings", "line"),
    [
        (
            Settings(),
            "outputs, state_h, state_c = LSTM(3, return_sequences=True, return_state=True)(x)",
        ),
        (
            Settings(cell="GRU", return_sequences=False),
            "outputs, state_h = GRU(3, return_state=True)(x)",
        ),
        (
            Settings(cell="SimpleRNN", return_sequences=False, return_state=False, use_bias=False),
            "outputs = SimpleRNN(3, use_bias=False)(x)",
        ),
        (
            Settings(return_state=False, units=1, recurrent_activation="hard_sigmoid"),
            'outputs = LSTM(1, return_sequences=True, recurrent_activation="hard_sigmoid")(x)',
        ),
        (
            Settings(return_sequences=False, return_state=False, kernel_initializer="constant"),
            "outputs = LSTM(3, kernel_initializer=keras.initializers.Constant(0.1))(x)",
        ),
    ],
)
def test_unpack_line_names_what_keras_would_not_do_by_itself(settings: Settings, line: str) -> None:
    assert unpack_line(settings) == line


@pytest.mark.parametrize(
    "case", soaked(cases(), lambda c: chosen_of(OPTIONS, c.settings), lambda c: c.id)
)
def test_script_with_given_weights(case: Case) -> None:
    result, output = case.run(), io.StringIO()
    code = script(case.settings, result.weights)
    with contextlib.redirect_stdout(output):
        exec(compile(code, "script", "exec"), {})
    assert_same(printed_tensors(output.getvalue()), result)
    assert all(len(line) <= 100 for line in code.splitlines() if not line.startswith("# # "))
    document = nbformat.reads(notebook(script(case.settings, result.weights)), as_version=4)
    source = "\n".join(cell.source for cell in document.cells if cell.cell_type == "code")
    assert ast.dump(ast.parse(source)) == ast.dump(ast.parse(code))


LSTMS = [case for case, settings in CASES.items() if settings.cell == "LSTM"]


def assert_every_c(code: str, result: Run) -> None:
    """The script has, and prints, h and c of every step as the trace has them."""
    namespace, output = executed(code)
    printed = printed_tensors(output)
    assert list(printed) == ["h", "c"]
    for name, steps in (("h", result.trace.hidden), ("c", result.trace.cell)):
        largest = max(1.0, float(np.abs(steps).max()))
        for found in (namespace[name].numpy(), printed[name]):
            np.testing.assert_allclose(found, steps, rtol=0, atol=1e-6 * largest)
    assert all(len(line) <= 100 for line in code.splitlines() if not line.startswith("tokens = "))


@pytest.mark.parametrize("case", parameters(LSTMS))
def test_script_that_gets_c_of_every_step(case: str) -> None:
    settings = CASES[case]
    assert_every_c(cell_states(settings), run(settings))


@pytest.mark.parametrize(
    "case", [c for c in cases() if c.settings.cell == "LSTM"], ids=lambda case: case.id
)
def test_script_that_gets_c_of_every_step_with_given_weights(case: Case) -> None:
    result = case.run()
    assert_every_c(cell_states(case.settings, result.weights), result)


def test_a_layer_calls_its_cell_once_more_than_there_are_steps() -> None:
    """Why the script above has a loop of its own and not a cell that writes down its steps."""
    recording = """
import keras

class Recording(keras.layers.LSTMCell):
    calls = 0

    def call(self, *arguments, **options):
        Recording.calls += 1
        return super().call(*arguments, **options)

keras.layers.RNN(Recording(2))(keras.ops.zeros((1, 5, 3)))
"""
    assert executed(recording)[0]["Recording"].calls == 5 + 1


def test_files_are_named_after_the_settings() -> None:
    for s in CASES.values():
        for name in (file_name(s, "py"), file_name(s, "csv", what="c")):
            assert re.fullmatch(r"rnn_lens_[a-z0-9_.-]+\.(py|csv)", name)
            assert len(name) < 150
        words = file_name(s, "py").removesuffix(".py").split("_")[2:]
        assert words[:2] == [s.cell.lower(), str(s.units)]
        assert ("seq" in words, "state" in words) == (s.return_sequences, s.return_state)
        assert (f"seed{s.seed}" in words) == (s.seed != Settings().seed)


def test_a_file_name() -> None:
    assert file_name(Settings(), "py") == "rnn_lens_lstm_3_seq_state.py"
    plain = Settings(cell="SimpleRNN", units=1, return_sequences=False, return_state=False, seed=7)
    assert file_name(plain, "csv", what="data") == "rnn_lens_simplernn_1_seed7_data.csv"
    more = Settings(go_backwards=True, dropout=0.5)
    named = "rnn_lens_lstm_3_seq_state_go_backwards_dropout-0.5"
    assert file_name(more, "py") == f"{named}.py"
    assert file_name(more, "npz") == "rnn_lens_lstm_3.npz"  # the same weights


def test_long_questions_have_short_names_of_their_own() -> None:
    plain = Settings(unit_forget_bias=False, kernel_initializer="zeros", activation="linear")
    rates = (0.1, 0.5, 0.9)
    names = [file_name(plain.but(recurrent_dropout=rate), "py", what="w" * 60) for rate in rates]
    assert len({*names}) == 3
    assert max(map(len, names)) < 120


def test_a_file_name_tells_whose_weights_are_in_it() -> None:
    case = next(case for case in cases() if case.id == "1-2 LSTM embedding")
    settings = case.settings.but(seed=7)
    seeded = run(settings).weights
    named = "rnn_lens_lstm_1_seq_recurrent_activation-hard_sigmoid_keras2"
    assert file_name(settings, "py", seeded) == f"{named}_seed7.py"
    assert file_name(settings, "py", seeded) == file_name(settings, "py")
    cased = f"{named}_case_1_2_lstm_embedding"
    assert file_name(settings, "py", case.weights) == f"{cased}.py"
    assert (
        file_name(settings, "py", run(settings, case.weights).weights, what="c") == f"{cased}_c.py"
    )
    given = run(settings, dict(seeded)).weights
    assert file_name(settings, "csv", given) == f"{named}.csv"


@EVERY_CASE
def test_notebook_is_valid_and_holds_the_script(case: str) -> None:
    settings = CASES[case]
    document = nbformat.reads(notebook(script(settings)), as_version=4)
    nbformat.validate(document)
    code = [cell.source for cell in document.cells if cell.cell_type == "code"]
    # The script but for its blank lines and the comments that became text.
    assert ast.dump(ast.parse("\n".join(code))) == ast.dump(ast.parse(script(settings)))
    text = [cell.source for cell in document.cells if cell.cell_type == "markdown"]
    assert len(text) == len(code) == 4
    assert all(source.startswith("#") for source in text)
    assert notebook(script(settings)) == notebook(script(settings))


@pytest.mark.whole
@pytest.mark.parametrize("settings", [*(pytest.param(s, marks=SOAK) for s in FEW[:-1]), FEW[-1]])
def test_notebook_prints_what_the_script_prints(settings: Settings, tmp_path: Path) -> None:
    result = run(settings)
    document = nbformat.reads(notebook(script(settings)), as_version=4)
    client = NotebookClient(
        document, kernel_name="python3", resources={"metadata": {"path": tmp_path}}
    )
    client.execute()
    printed = "".join(
        output.text
        for cell in document.cells
        for output in cell.get("outputs", [])
        if output.get("name") == "stdout"
    )
    assert printed == executed(script(settings))[1]
    assert_same(printed_tensors(printed), result)
