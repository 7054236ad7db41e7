"""What a file says of its model is read right, and what of it is run computes as the whole does.

keras2_models.json has models of Keras 2 (tf_keras 2.21.0) as its .h5 has them, and what they
returned there, so no test needs Keras 2."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from inspect import signature
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from components.backend import SettingsError
from components.backend.cells.activations import hard_sigmoid_keras2
from components.backend.explained.explain import explain
from components.backend.question.linked import Message
from components.backend.running import engine
from components.backend.weight_files import keras_file, keras_reader
from components.backend.your_model.saved import known_layers as known
from components.backend.your_model.saved.config import load, read
from components.backend.your_model.saved.declared import Declared
from components.backend.your_model.saved.saved_files import MOST_BYTES
from components.texts import LANGUAGES, speaking
from tests.architectures import (
    FILES,
    IDS,
    KINDS,
    X,
    as_keras2,
    functional,
    keras,
    layers,
    made,
    own,
    saved,
    with_members,
)

NOT_WHOLE = ("subclassed", "ConvLSTM2D", "a layer of one's own")
KERAS2 = json.loads(Path(__file__).with_name("keras2_models.json").read_text("utf-8"))


def loaded(declared: Declared, files: Mapping[str, bytes], folder: Path) -> Any:
    """The part of a model that is run."""
    with engine.use_keras_as_set() as (module, _):
        return load(module, declared, files, folder)


def answers(model: Any, x: Any) -> list[np.ndarray]:
    """All that a model returns, on one input or several."""
    for layer in model._flatten_layers():
        if getattr(layer, "stateful", False):
            layer.reset_state()
    given = [keras.ops.convert_to_tensor(each) for each in (x if isinstance(x, list) else [x])]
    returned = model(given if len(given) > 1 else given[0])
    return [keras.ops.convert_to_numpy(each) for each in keras.tree.flatten(returned)]


def assert_same(got: list[np.ndarray], wanted: list[np.ndarray]) -> None:
    assert len(got) == len(wanted)
    for one, other in zip(got, wanted, strict=True):
        np.testing.assert_array_equal(one, other)


def shown_layers(model: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[Any, tuple[str, ...]]]:
    """Each layer or operation of a live model, but Inputs, with its path."""
    operations = model.operations if hasattr(model, "operations") else model.layers
    for each in operations:
        if not isinstance(each, layers.InputLayer):
            yield each, path
            if isinstance(each, keras.Model):
                yield from shown_layers(each, (*path, each.name))


def read_by(model: Any, outer: frozenset[Any] = frozenset()) -> dict[Any, frozenset[Any]]:
    """What each layer of a live model reads, as Keras's own graph has it."""
    found = {}
    graph = model._functional if isinstance(model, keras.Sequential) else model
    nodes = {id(node) for depth in graph._nodes_by_depth.values() for node in depth}
    for each in graph.operations:
        if isinstance(each, layers.InputLayer):
            continue
        before = set()
        for node in each._inbound_nodes:
            if id(node) in nodes:
                for tensor in node.input_tensors:
                    read = tensor._keras_history.operation
                    before |= outer if isinstance(read, layers.InputLayer) else {read}
        found[each] = frozenset(before)
        if isinstance(each, keras.Model):
            found |= read_by(each, found[each])
    return found


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> None:
    """HDF5 is opened in this process, which is cheaper than one for each file."""

    def opened(hdf5: bytes, *_: str) -> str:
        return json.dumps(keras_reader.saved(hdf5, numbers=False))

    monkeypatch.setattr(keras_file, "_in_another_process", opened)


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("name", [name for name in KINDS if name not in NOT_WHOLE])
def test_a_model_is_read_and_computes_the_same(name: str, tmp_path: Path) -> None:
    model, x = made(name)
    wanted, reads = answers(model, x), read_by(model)
    for ending in FILES:
        files = saved(model, ending)
        declared = read(files)
        assert declared.is_whole
        live = dict(shown_layers(model))
        assert [(each.path, each.name, each.kind) for each in declared.layers] == [
            (path, layer.name, type(layer).__name__) for layer, path in live.items()
        ]
        said = {layer: frozenset() for layer in live}
        for layer, each in zip(live, declared.layers, strict=True):
            said[layer] = frozenset(list(live)[index] for index in each.reads)
        # A Sequential model does not list what makes its masks.
        assert said == {layer: reads[layer] & live.keys() for layer in live}
        assert (declared.name, declared.kind) == (model.name, type(model).__name__)
        assert declared.version == ("" if ending == ".weights.h5" else keras.__version__)
        assert_same(answers(loaded(declared, files, tmp_path), x), wanted)


def blocked(files: Mapping[str, bytes]) -> dict[str, str]:
    """The layers that are not run, by their names, and why."""
    return {each.name: each.blocked.name for each in read(files).layers if each.blocked}


def test_a_class_of_ones_own_shows_its_recurrent_layers() -> None:
    model, _ = made("subclassed")
    for ending in FILES:
        declared = read(saved(model, ending))
        whole, inner = declared.layers
        assert (whole.kind, whole.blocked) == ("Own", Message("model_own_class", {"kind": "'Own'"}))
        assert declared.parameter_count == whole.parameter_count == model.count_params()
        assert (inner.path, inner.name, inner.kind) == ((whole.name,), "own_gru", "GRU")
        assert inner.parameter_count == model.rnn.count_params()
        assert "(5, 15)" in str(inner.blocked)
        assert not declared.config


def test_without_a_layer_to_run_nothing_is_left() -> None:
    model = made("ConvLSTM2D")[0]
    for ending in FILES:
        declared = read(saved(model, ending))
        assert [each.blocked for each in declared.layers] == [
            Message("model_not_listed", {"kind": "'ConvLSTM2D'"})
        ]
        assert not declared.config


def branches(x: Any) -> Any:
    """Of two branches one has a layer that is not run, and comes first in the file: the other
    branch's Dense is then the first of its class."""
    lost = layers.Dense(3, name="lost")(layers.Lambda(lambda y: 2 * y, name="own")(x))
    kept = layers.Dense(3, name="kept")(layers.Dense(3, name="first")(x))
    return layers.Dense(2, name="end")(layers.Add(name="both")([lost, kept]))


def reused(x: Any) -> Any:
    """A layer that is called on what is known, then on what is not, then on what is known."""
    shared = layers.Dense(4, name="shared")
    own = layers.Lambda(lambda y: y + 1, name="own")
    first = shared(x)
    second = shared(own(first))
    third = shared(layers.Dense(4, name="between")(first))
    return layers.Concatenate(name="all")([first, second, third])


def states(x: Any) -> Any:
    """What is not run reads states alone."""
    outputs, _, c = layers.LSTM(4, return_sequences=True, return_state=True, name="rnn")(x)
    pooled = layers.GlobalMaxPooling1D(name="pooled")(outputs)
    return [pooled, layers.Lambda(lambda y: y, name="own")(c)]


def several_inner(x: Any) -> Any:
    inner = keras.Input((4,))
    a, b = layers.Dense(3, name="a")(inner), layers.Dense(2, name="b")(inner)
    end = layers.Lambda(lambda y: y, name="own")(layers.Concatenate(name="ab")([a, b]))
    nested = keras.Model(inner, [end, layers.Dense(1, name="c")(b)], name="nested")
    start = layers.Dense(4, name="start")(layers.Flatten(name="flat")(x)[:, :4])
    return layers.Dense(2, name="end")(nested(start)[0])


def nested_in_sequence(x: Any) -> Any:
    own = layers.Lambda(lambda y: y, name="own")
    parts = layers.Dense(3, name="a"), own, layers.Dense(2, name="b")
    inner = keras.Sequential([keras.Input((4,)), *parts], name="nested")
    return layers.Dense(2, name="end")(inner(layers.GlobalMaxPooling1D(name="pooled")(x)))


CUT: dict[str, tuple[Callable[[Any], Any], set[str], int]] = {
    "branches": (branches, {"own", "lost", "both", "end"}, 2),
    "a layer called again": (reused, {"own", "all"}, 3),
    "states": (states, {"own"}, 2),
    "a nested model": (several_inner, {"nested", "own", "end"}, 8),
    "a nested sequence": (nested_in_sequence, {"nested", "own", "b", "end"}, 3),
}
"""Functional models; their layers that are not run; and how many calls there are of the rest. A
nested model that is cut is called, but returns something else."""


def draw(model: Any) -> None:
    """Other weights than those that Keras begins with."""
    generator = np.random.default_rng(4)
    for variable in model.weights:
        variable.assign(generator.normal(size=variable.shape))


def calls(model: Any, x: Any) -> list[tuple[tuple[str, ...], str, list[bytes]]]:
    """What each call of a layer returned, with the layer's path and name."""
    return [
        (each.path, each.name, [tensor.values.tobytes() for tensor in each.returned])
        for each in explain(model, x).layers
    ]


@pytest.mark.parametrize("ending", [".keras", ".h5"])
@pytest.mark.parametrize("name", CUT)
def test_all_before_what_is_not_run_computes_the_same(
    name: str, ending: str, tmp_path: Path
) -> None:
    join, lost, count = CUT[name]
    model, x = functional(join, X)
    draw(model)
    files = saved(model, ending)
    declared = read(files)
    if "nested" in lost and ending == ".h5":  # which has a nested model's weights in one row
        lost = lost | {each.name for each in declared.layers if each.path}
        count = len(declared.layers) - len(lost)
    why = blocked(files)
    assert why.keys() == lost
    assert [each for each, said in why.items() if said == "model_lambda"] == ["own"]
    part = loaded(declared, files, tmp_path)
    whole, found = calls(model, x), calls(part, x)
    assert len(found) == count
    for path, layer, returned in found:
        if layer != "nested":
            assert (path, layer, returned) in whole
    run = {layer for _, layer, _ in found} - {"nested"}
    assert run == {each.name for each in declared.layers if not each.blocked}


@pytest.mark.parametrize("ending", FILES)
def test_a_sequence_is_cut_before_what_is_not_run(ending: str, tmp_path: Path) -> None:
    parts = layers.GRU(3, name="rnn"), layers.Dense(4, name="kept"), own.Block()
    model = keras.Sequential([keras.Input(X.shape[1:]), *parts[:2]])
    whole = keras.Sequential(
        [keras.Input(X.shape[1:]), *parts[:2], layers.Reshape((1, 4)), parts[2]]
    )
    draw(whole)
    files = saved(whole, ending)
    assert {*blocked(files)} == {"block"}
    reshaped = loaded(read(files), files, tmp_path)
    assert_same(answers(reshaped, X), [each[:, None] for each in answers(model, X)])


@pytest.mark.parametrize("name", KERAS2)
def test_a_model_of_keras_2_computes_what_it_did_there(name: str, tmp_path: Path) -> None:
    case = KERAS2[name]
    files = {"model.h5": keras2_file(case)}
    declared = read(files)
    assert declared.is_keras2
    assert declared.notes[0] == Message("model_keras2", {"version": "2.21.0"})
    model = loaded(declared, files, tmp_path)
    inputs = [np.array(each) for each in case["inputs"]]
    got = answers(model, inputs)
    if name == "operations":  # of Keras 2, one is run
        assert blocked(files) == {"tf.math.multiply": "model_not_listed"}
        got = [2 * each for each in got]
    for one, wanted in zip(got, case["outputs"], strict=True):
        np.testing.assert_allclose(one, wanted, rtol=0, atol=1e-6)


def keras2_file(case: Mapping[str, Any]) -> bytes:
    """A model of Keras 2 as its .h5."""
    content = io.BytesIO()
    with h5py.File(content, "w") as file:
        file.attrs["model_config"] = json.dumps(case["config"])
        file.attrs["keras_version"] = case["version"]
        whole = file.create_group("model_weights")
        whole.attrs["layer_names"] = [*map(str.encode, case["weights"])]
        for layer, weights in case["weights"].items():
            group = whole.create_group(layer)
            group.attrs["weight_names"] = [*map(str.encode, weights)]
            for name, values in weights.items():
                group[name] = np.array(values, "float32")
    return content.getvalue()


def test_keras_2_means_its_own_hard_sigmoid(tmp_path: Path) -> None:
    files = {"model.h5": keras2_file(KERAS2["hard_sigmoid"])}
    declared = read(files)
    assert Message("model_keras2_hard_sigmoid") in declared.notes
    model = loaded(declared, files, tmp_path)
    activation = model.layers[1].cell.recurrent_activation
    x = np.linspace(-4, 4, 33).astype("float32")
    np.testing.assert_allclose(activation(x), hard_sigmoid_keras2(x), rtol=0, atol=1e-7)
    (cell,) = explain(model, IDS).layer(model.layers[1].name).cells  # so it is replayed, too
    assert cell.layer.recurrent_activation == "hard_sigmoid_keras2"
    case = json.loads(json.dumps(KERAS2["hard_sigmoid"]))  # with its steps first it is not run
    case["config"]["config"]["layers"][2]["config"]["time_major"] = True
    why = blocked({"model.h5": keras2_file(case)})
    assert list(why.values()) == ["model_time_major", "model_not_reached"]


def edited(hdf5: bytes, edit: Callable[[h5py.File], None]) -> bytes:
    content = io.BytesIO(hdf5)
    with h5py.File(content, "r+") as file:
        edit(file)
    return content.getvalue()


def with_weights(files: Mapping[str, bytes], edit: Callable[[h5py.File], None]) -> dict[str, bytes]:
    """A .keras, or the weights alone and the .json, with a change in its HDF5."""
    if "model.keras" not in files:
        return {**files, "model.weights.h5": edited(files["model.weights.h5"], edit)}
    kept, change = files["model.keras"], lambda data: edited(data, edit)
    return {"model.keras": with_members(kept, "model.weights.h5", change)}


@pytest.mark.parametrize("ending", [".keras", ".weights.h5"])
def test_attention_of_keras_2_has_private_names(ending: str, tmp_path: Path) -> None:
    """In its groups, where Keras 3's are public."""

    def rename(file: h5py.File) -> None:
        group = file["layers/multi_head_attention"]
        for name in [name for name in group if name.endswith("_dense")]:
            group.move(name, f"_{name}")

    model, x = made("MultiHeadAttention")
    files = with_weights(saved(model, ending), rename)
    if ending == ".keras":
        files = {"model.keras": as_keras2(files["model.keras"])}
    else:
        said = json.loads(files["model.json"]) | {"keras_version": "2.15.0"}
        files["model.json"] = json.dumps(said).encode()
    declared = read(files)
    assert declared.is_keras2
    assert_same(answers(loaded(declared, files, tmp_path), x), answers(model, x))


def test_vocabularies_beside_the_configuration_are_read(tmp_path: Path) -> None:
    """Of a layer that has learned its vocabulary."""
    vectorize = layers.TextVectorization(output_sequence_length=4)
    vectorize.adapt(["a good film", "a bad film"])
    lookup = layers.StringLookup()
    lookup.adapt(["x", "y"])
    text, word = (keras.Input((size,), dtype="string") for size in (1, 4))
    parts = [layers.Embedding(9, 3)(each) for each in (vectorize(text), lookup(word))]
    model = keras.Model([text, word], layers.LSTM(2)(layers.Add()(parts)))
    files = saved(model, ".keras")
    x = [np.array([["a film good"]]), np.array([["x", "y", "z", "x"]])]
    declared = read(files)
    assert_same(answers(loaded(declared, files, tmp_path), x), answers(model, x))
    assert {*blocked(saved(model, ".weights.h5")).values()} == {
        *("model_no_vocabulary", "model_not_reached")
    }


NOTED = {
    "mixed_float16": {"model_policies"},
    "float64": {"model_policies"},
    "stateful": {"model_stateful"},
    "TextVectorization": set(),
    "GRU on GRU": set(),
}


@pytest.mark.parametrize("name", NOTED)
def test_it_is_said_in_what_a_model_differs(name: str) -> None:
    declared = read(saved(made(name)[0], ".keras"))
    assert {each.name for each in declared.notes} == NOTED[name]


def test_initializers_of_ones_own_are_left_out(tmp_path: Path) -> None:
    """So are the optimizer and the loss. None of them plays a part at inference."""

    def own_start(shape: Any, dtype: Any = None) -> Any:
        return keras.ops.ones(shape, dtype)

    keras.saving.register_keras_serializable("mine")(own_start)
    model = keras.Sequential(
        [keras.Input((4,)), layers.Dense(2, kernel_initializer=own_start, bias_regularizer="l2")]
    )
    model.compile("adam", "mse")
    files = saved(model, ".keras")
    declared = read(files)
    assert declared.notes == (Message("model_dropped"),)
    assert "own_start" not in json.dumps(declared.config)
    x = np.ones((1, 4))
    assert_same(answers(loaded(declared, files, tmp_path), x), answers(model, x))


def two_dense(*names: str, units: int = 4) -> Any:
    parts = [layers.Dense(units, name=name) for name in names]
    return keras.Sequential([keras.Input((4,)), *parts])


def test_weights_of_another_model_are_refused(tmp_path: Path) -> None:
    def name_another(file: h5py.File) -> None:
        file["layers/dense/vars"].attrs["name"] = "another"

    files = saved(model := two_dense("a", "b"), ".weights.h5")
    others = two_dense("a", "b", "c"), two_dense("a"), two_dense("a", "b", units=5)
    for wrong in (
        with_weights(files, name_another),
        with_weights(saved(model, ".keras"), name_another),
        *(saved(other, ".weights.h5") | {"model.json": files["model.json"]} for other in others),
    ):
        with pytest.raises(SettingsError, match=r"those of '(a|b|dense_2)'"):
            loaded(read(wrong), wrong, tmp_path)
    # The same model built again is taken: Keras numbers its layers on.
    first, second = two_dense("dense", "dense_1"), two_dense("dense_2", "dense_3")
    files = saved(second, ".weights.h5") | {"model.json": first.to_json().encode()}
    x = np.ones((1, 4))
    assert_same(answers(loaded(read(files), files, tmp_path), x), answers(second, x))


def test_a_layer_that_only_has_keras_name_is_refused(tmp_path: Path) -> None:
    """An .h5 does not tell a class of one's own from Keras's of the same name: its weights do."""

    class Attention(keras.Layer):
        def build(self, _: Any) -> None:
            self.scale = self.add_weight((4,), name="scale")

        def call(self, inputs: Any) -> Any:
            return inputs[0] * self.scale

    model, _ = functional(lambda x: Attention(name="own")([x, x]), X)
    files = saved(model, ".h5")
    with pytest.raises(SettingsError, match="those of 'own'"):
        loaded(read(files), files, tmp_path)


def refused(files: Mapping[str, bytes]) -> str:
    """The name of what is said that was got."""
    with pytest.raises(SettingsError) as error:
        read(files)
    (problem,) = error.value.problems
    assert (problem.field, problem.allowed.name) == ("model", "model_file")
    for language in LANGUAGES:
        with speaking(language):
            assert len(str(problem)) < 400
    return problem.got.name


def archived(**members: bytes) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, data in members.items():
            archive.writestr(name.replace("__", "/"), data)
    return content.getvalue()


def test_what_is_no_model_is_refused_with_words() -> None:
    weights, whole = (
        saved(made("GRU on GRU")[0], ".weights.h5"),
        {"model.h5": keras2_file(KERAS2["nested"])},
    )
    for wanted, files in {
        "model_empty": {"model.keras": b""},
        "model_text": {"notes.txt": "안녕하세요, a text".encode()},
        "model_torch": {
            "model.pt": archived(**{"model/data.pkl": b"\x80\x02}", "model/version": b"3"})
        },
        "model_saved_model": {"saved_model.zip": archived(**{"m/saved_model.pb": b"..."})},
        "model_arrays": {"weights.npz": archived(**{"a.npy": b"..."})},
        "model_weights_alone": {"model.weights.h5": weights["model.weights.h5"]},
        "model_json_alone": {"model.json": weights["model.json"]},
        "model_no_weights": {"model.keras": archived(**{"config.json": b"{}"})},
        "model_files": weights | whole,
        "file_size": {"model.keras": bytes(MOST_BYTES + 1)},
        "no_hdf5": {"model.h5": whole["model.h5"][:3000]},
        "no_file": {"model.keras": bytes(range(256)) * 10},
    }.items():
        assert refused(files) == wanted
    assert refused({"model.pth": b"\x80\x02}q\x00."}) == "model_torch"
    assert refused({"saved_model.pb": b"\x08\x01"}) == "model_saved_model"
    assert refused({"weights.h5": weights["model.weights.h5"]}) == "model_weights_alone"
    assert refused({}) == "model_files"


def test_the_list_is_of_keras_own_layers() -> None:
    for name in known.LAYERS | known.CELLS | {known.INPUT}:
        found = getattr(keras.layers, known.EXPORTED.get(name, name))
        assert found.__name__ == name
        assert issubclass(found, keras.Layer)
    for name in known.MODELS - {"Functional"}:
        assert issubclass(getattr(keras, name), keras.Model)
    for name in known.ACTIVATIONS:
        assert callable(getattr(keras.activations, name))
    for name, module in known.OPERATIONS.items():
        found = getattr(import_module(module), name)
        assert issubclass(found, keras.Operation)
        assert not issubclass(found, keras.Layer)
    for name in known.POLICIES:
        assert keras.DTypePolicy(name).name == name


def test_nothing_on_the_list_runs_code_or_opens_files() -> None:
    takes = {"function", "fn", "func", "filepath", "path", "url", "call", "module", "layers"}
    for name in known.LAYERS | known.CELLS:
        found = getattr(keras.layers, known.EXPORTED.get(name, name))
        arguments = {*signature(found.__init__).parameters}
        assert not arguments & takes, name
    assert not {"Lambda", "TFSMLayer", "TorchModuleWrapper", "JaxLayer", "FlaxLayer"} & known.LAYERS
    assert not {"Map", "Scan", "Cond", "WhileLoop", "VectorizedMap"} & known.OPERATIONS.keys()


def nested(depth: int, calls: int) -> dict[str, Any]:
    """A model in a model in a model, …, each of which is called so often on the same input."""
    tensor = {"class_name": "__keras_tensor__", "config": {"keras_history": ["read", 0, 0]}}
    nodes = [{"args": [tensor], "kwargs": {}}] * calls
    inner = {"class_name": "Dense", "config": {"name": "inner", "units": 4}}
    if depth:
        inner = nested(depth - 1, calls) | {"name": "inner"}
        inner["config"] |= {"name": "inner"}
    read = {"class_name": "InputLayer", "config": {"name": "read", "batch_shape": [None, 4]}}
    config = {
        "name": "model",
        "layers": [read | {"inbound_nodes": []}, inner | {"inbound_nodes": nodes}],
        "input_layers": [["read", 0, 0]],
        "output_layers": [["inner", int(depth > 0), 0]],
    }
    return {"class_name": "Functional", "config": config}


def test_calls_within_calls_do_not_multiply() -> None:
    depth = 12
    said = json.dumps(nested(depth, 8)).encode()
    declared = read({"model.json": said, "model.weights.h5": b"\x89HDF\r\n\x1a\n"})
    assert len(declared.layers) == depth + 1
    assert [layer.reads for layer in declared.layers] == [()] * (depth + 1)
