"""The code and the data of the page Your model: what its script prints is what the page shows, and
the file of arrays has all of that."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

from components.backend.running import engine
from components.backend.scripts.code import MOST_WRITTEN, notebook
from components.backend.your_model import sample
from components.backend.your_model.answer import Answer
from components.backend.your_model.arrays import arrays, npz
from components.backend.your_model.as_code import script
from components.backend.your_model.opened import ModelInput, explained, open_model
from components.backend.your_model.question import Question
from components.backend.your_model.typed.feed import feed
from components.backend.your_model.typed.words import register
from components.texts import LANGUAGES, speaking
from tests.scripts import executed, printed_tensors

FILE, DATA = "own model.keras", "own.npz"
IDS, NUMBERS = "4 7 19\n1 2 3 4 5 6 7 8", "0.5\t1\n-2\t0.25\n3\t1e-3\n\n1\t2\n3\t4\n5\t6"


class Case(NamedTuple):
    """A model, and what is typed for it."""

    make: Callable[[Any, Any], tuple[Any, Sequence[ModelInput]]]
    typed: dict[str, Any]


def of_ids(*makes: Callable[[Any], Any], steps: int | None = None, mask: bool = True) -> Any:
    def make(keras: Any, layers: Any) -> tuple[Any, Sequence[ModelInput]]:
        ids = keras.Input((steps,), dtype="int32", name="ids")
        found = layers.Embedding(20, 3, mask_zero=mask, name="table")(ids)
        for each in makes:
            found = each(layers)(found)
        return keras.Model(ids, found), [ModelInput("ids", "ids", (steps,), 20)]

    return make


def several(keras: Any, layers: Any) -> tuple[Any, Sequence[ModelInput]]:
    """Two inputs and two outputs, a nested model, a layer that is called twice, an operation."""
    ids, x = keras.Input((None,), dtype="int32", name="ids"), keras.Input((None, 2), name="x")
    inner = keras.Sequential([keras.Input((None, 3)), layers.GRU(4, return_sequences=True)])
    read = layers.Dense(4, name="twice")
    last = read(read(inner(layers.Embedding(20, 3)(ids))))[:, -1]
    both = layers.Bidirectional(layers.LSTM(2, return_state=True), name="both")(x)
    outputs = [layers.Dense(3, activation="softmax")(last), layers.concatenate([last, *both])]
    given = [ModelInput("ids", "ids", (None,), 20), ModelInput("x", "numbers", (None, 2))]
    return keras.Model([ids, x], outputs), given


def stateful(keras: Any, layers: Any) -> tuple[Any, Sequence[ModelInput]]:
    x = keras.Input((None, 2), 3, name="x")
    read = layers.LSTM(3, stateful=True, return_sequences=True, name="keeps")(x)
    return keras.Model(x, layers.Dense(1)(read)), [ModelInput("x", "numbers", (None, 2))]


def sequential(keras: Any, layers: Any) -> tuple[Any, Sequence[ModelInput]]:
    model = keras.Sequential([keras.Input((None, 2), name="x"), layers.GRU(3), layers.Dense(2)])
    return model, [ModelInput("x", "numbers", (None, 2))]


CASES = {
    "padded": Case(of_ids(lambda k: k.GRU(3), steps=6), {"sentences": IDS}),
    "behind": Case(
        of_ids(lambda k: k.LSTM(3), lambda k: k.Dense(1)), {"sentences": IDS, "pad": "post"}
    ),
    "alike": Case(of_ids(lambda k: k.SimpleRNN(3)), {"sentences": "4 7 19\n1 2 3"}),
    "several": Case(several, {"sentences": IDS, "others": {"x": NUMBERS}}),
    "stateful": Case(stateful, {"sentences": NUMBERS, "calls": 2}),
    "sequential": Case(sequential, {"sentences": NUMBERS}),
}


def answered(case: Case, folder: Path, **asked: Any) -> Answer:
    """What the page knows of a model, which is saved in the folder."""
    with engine.use_keras() as (keras, _):
        keras.utils.set_random_seed(1)
        model, inputs = case.make(keras, keras.layers)
        model.save(folder / FILE)
        (folder / "own.json").write_text(model.to_json())
        model.save_weights(folder / "own.weights.h5")
        batch = model.inputs[0].shape[0]
    found = open_model({FILE: (folder / FILE).read_bytes()}, "test")
    opened = replace(found, inputs=tuple(inputs), batch=batch)
    question = Question(model=opened.key, **case.typed, **asked)
    fed = feed(opened, question)
    calls = explained(opened.key, fed.inputs, masked=question.masked, calls=question.calls)
    return Answer(question, opened, fed, calls)


def assert_printed(answer: Answer, printed: str) -> None:
    """The script printed the model's outputs, and the shapes of what its layers returned."""
    found = printed_tensors(printed)
    assert [*found] == [tensor.name for tensor in answer.explained.returned]
    for tensor in answer.explained.returned:
        np.testing.assert_allclose(found[tensor.name], tensor.values, rtol=0, atol=1e-6)
    shapes = dict(re.findall(r"^(\w+): (.*)$", printed, re.MULTILINE))
    own = [row for row in answer.opened.layers if not row.path]
    assert shapes.keys() <= {row.name for row in own}
    assert {row.name for row in own} - shapes.keys() <= {"twice"}
    for name, said in shapes.items():
        layer = answer.explained.layer(name, path=())
        assert said == " ".join(map(str, layer.output_shapes))
    assert f"parameters {answer.opened.parameter_count}\n" in printed


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Scripts load files from the folder that they are run in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_samples_script_prints_what_the_page_shows(folder: Path, language: str) -> None:
    (folder / sample.NAME).write_bytes(sample.files()[sample.NAME])
    opened = open_model(sample.files(), "test")
    with speaking(language):
        question = Question(model=opened.key, sentences=sample.opening())
        fed = feed(opened, question)
        answer = Answer(question, opened, fed, explained(opened.key, fed.inputs))
        code = script(answer, [sample.NAME], DATA)
    _, printed = executed(code)
    found = printed_tensors(printed)["outputs"]
    np.testing.assert_allclose(found, answer.explained.returned[0].values, rtol=0, atol=1e-6)
    assert all(sentence in code for sentence in question.sentences.splitlines())


@pytest.mark.parametrize("name", CASES)
def test_a_models_script_prints_what_the_page_shows(folder: Path, name: str) -> None:
    answer = answered(CASES[name], folder)
    _, printed = executed(script(answer, [FILE], DATA))
    assert_printed(answer, printed)


def test_a_script_loads_weights_and_architecture_from_their_files(folder: Path) -> None:
    answer = answered(CASES["several"], folder)
    (folder / FILE).unlink()
    _, printed = executed(script(answer, ["own.json", "own.weights.h5"], DATA))
    assert_printed(answer, printed)


def test_ids_are_written_as_they_were_typed(folder: Path) -> None:
    code = script(answered(CASES["padded"], folder), [FILE], DATA)
    assert "        [4, 7, 19],\n        [1, 2, 3, 4, 5, 6, 7, 8],\n" in code
    assert 'maxlen=6, padding="pre", truncating="pre"' in code


def test_words_of_ones_own_vocabulary_stand_beside_their_ids(folder: Path) -> None:
    name = register('{"good": 2, "film": 3, "not": 4}', "visitor").name
    typed = {"sentences": "not good\ngood film, not good", "vocabulary": name}
    answer = answered(CASES["padded"]._replace(typed=typed), folder)
    code = script(answer, [FILE], DATA)
    assert "        [4, 2],  # not good\n        [2, 3, 4, 2],  # good film not good\n" in code
    assert_printed(answer, executed(code)[1])


def test_a_large_input_is_loaded_from_the_file_of_arrays(folder: Path) -> None:
    def make(keras: Any, layers: Any) -> tuple[Any, Sequence[ModelInput]]:
        x = keras.Input((1000, 16), name="x")
        return keras.Model(x, layers.SimpleRNN(2)(x)), [ModelInput("x", "numbers", (1000, 16))]

    sentence = "\t".join(map(str, range(16)))
    answer = answered(Case(make, {"sentences": "\n\n".join([sentence] * 4)}), folder)
    assert answer.fed.inputs["x"].size > MOST_WRITTEN
    code = script(answer, [FILE], DATA)
    (folder / DATA).write_bytes(npz(answer))
    assert_printed(answer, executed(code)[1])
    assert len(code) < 2000


def test_a_script_without_masks_prints_what_the_page_shows_without_them(folder: Path) -> None:
    """And leaves Keras as it was."""
    case = Case(of_ids(lambda k: k.LSTM(3), steps=9), {"sentences": IDS, "pad": "post"})
    answer = answered(case, folder, masked=False)
    names, printed = executed(script(answer, [FILE], DATA))
    assert_printed(answer, printed)
    with engine.use_keras():
        masked = np.asarray(names["model"](answer.fed.inputs["ids"]))
    assert np.abs(masked - answer.explained.returned[0].values).max() > 1e-3


def test_a_name_out_of_a_file_runs_no_code(folder: Path) -> None:
    answer = answered(CASES["padded"], folder)
    opened = replace(answer.opened, name="own\nraise ValueError\r# %%")
    code = script(replace(answer, opened=opened), [FILE], DATA)
    assert_printed(answer, executed(code)[1])
    assert notebook(code)


def test_the_file_has_all_that_was_read_returned_and_computed(folder: Path) -> None:
    answer = answered(CASES["several"], folder)
    data = npz(answer)
    assert data == npz(answer)
    with np.load(io.BytesIO(data)) as file:
        found = dict(file)
    assert [*found] == [*arrays(answer)]
    for name, array in answer.fed.inputs.items():
        np.testing.assert_array_equal(found[f"inputs/{name}"], array)
    for tensor in answer.explained.returned:
        np.testing.assert_array_equal(found[tensor.name], tensor.values)
    twice = [one for one in answer.explained.layers if one.name == "twice"]
    for one, name in zip(twice, ("twice", "twice (2)"), strict=True):
        np.testing.assert_array_equal(found[f"layers/{name}/outputs"], one.returned[0].values)
    forward, backward = answer.explained.layer("both").cells
    for cell in (forward, backward):
        at = f"layers/both/{cell.name}/trace"
        np.testing.assert_array_equal(found[f"{at}/forget"], cell.trace.gates["forget"])
        np.testing.assert_array_equal(found[f"{at}/c"], cell.trace.cell)
        np.testing.assert_array_equal(found[f"{at}/h"], cell.trace.hidden)
    count = sum(len(one.returned) for one in answer.explained.layers)
    assert sum(name.startswith("layers/") and "/trace/" not in name for name in found) == count


def test_two_calls_are_told_apart_in_the_file(folder: Path) -> None:
    answer = answered(CASES["stateful"], folder)
    found = arrays(answer)
    for number, call in enumerate(answer.calls, 1):
        np.testing.assert_array_equal(found[f"call_{number}/outputs"], call.returned[0].values)
        trace = call.layer("keeps").cells[0].trace
        begun = found[f"call_{number}/layers/keeps/trace/initial/h"]
        np.testing.assert_array_equal(begun, trace.initial["state_h"])
        assert begun.any() == (number == 2)
