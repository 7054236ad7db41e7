"""Weights out of models that Keras has saved, and whatever else such a file may be."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
import time
import tracemalloc
import zipfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.backend import Settings, SettingsError, Setup, run
from components.backend.cells import CELLS
from components.backend.weight_files import keras_file, keras_reader
from components.backend.weight_files.npz import write_npz
from components.backend.weight_files.read import FromFile, read_for, read_weights
from components.backend.weight_files.weight_names import MOST_BYTES
from components.texts import LANGUAGES, speaking, text
from tests.architectures import as_keras2
from tests.strategies import examples

SETTINGS = Settings(units=2, vocabulary_size=10, embedding_dim=3, tokens=((1, 2, 5),))
BARE = SETTINGS.but(embedding=False)
MEMORY = 16 * 2**20  # bytes that reading may take, beside those of the reader
SECONDS = keras_file._LATEST + 1  # that reading may take, on a machine that is busy
ENDINGS = (".keras", ".weights.h5", ".h5")


def saved(model: Any, folder: Path, ending: str) -> bytes:
    """The content of the file in which Keras saves a model."""
    path = folder / f"model{ending}"
    (model.save_weights if ending == ".weights.h5" else model.save)(path)
    return path.read_bytes()


def layers() -> Any:
    import keras  # here, so that the backend is the one who sets how it is imported

    return keras.layers


def stacked(*parts: Any, features: int | None = None) -> Any:
    """A model of these layers, one above the other; of ids if they begin with an Embedding."""
    import keras

    steps = (None,) if features is None else (None, features)
    return keras.Sequential([keras.Input(steps), *parts])


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files are read in this process, which is cheaper than one for each."""

    def read(hdf5: bytes, *_: str) -> str:
        try:
            return json.dumps(keras_reader.saved(hdf5))
        except Exception as error:
            raise subprocess.SubprocessError from error

    monkeypatch.setattr(keras_file, "_in_another_process", read)


HERE = pytest.mark.usefixtures("here")


@cache
def plain_file() -> bytes:
    """A small model with one LSTM, as the .h5 that Keras saves."""
    from tempfile import TemporaryDirectory

    model = stacked(layers().Embedding(10, 3, name="table"), layers().LSTM(2, name="memory"))
    with TemporaryDirectory() as folder:
        return saved(model, Path(folder), ".weights.h5")


def refused(data: bytes, settings: Settings = SETTINGS) -> str:
    """What is said of a file that is not taken, within bounds of time and memory."""
    tracemalloc.start()
    start = time.monotonic()
    with pytest.raises(SettingsError) as error:
        read_weights(data, settings)
    assert time.monotonic() - start < SECONDS
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < MEMORY
    assert len(str(error.value)) < 2000
    return str(error.value)


def assert_taken(found: FromFile, *, layer: Any, table: Any = None) -> None:
    kept = [] if table is None else table.get_weights()
    assert [a.tobytes() for a in found.weights.values()] == [
        a.tobytes() for a in (*kept, *layer.get_weights())
    ]


@HERE
@pytest.mark.parametrize(
    "settings",
    [SETTINGS.but(cell=name) for name, cell in CELLS.items() if not cell.layer]
    + [SETTINGS.but(cell="GRU", reset_after=False), SETTINGS.but(use_bias=False)],
)
def test_what_keras_saved_computes_the_same_here(tmp_path: Path, settings: Settings) -> None:
    more = {"reset_after": settings.reset_after} if settings.cell == "GRU" else {}
    layer = getattr(layers(), settings.cell)(2, use_bias=settings.use_bias, **more)
    table = layers().Embedding(10, 3)
    model = stacked(table, layer, layers().Dense(1))
    expected = layer(table(np.array(settings.tokens))).numpy()
    for ending in ENDINGS:
        found = read_weights(saved(model, tmp_path, ending), settings)
        assert list(found.weights) == [*run(settings).weights]
        assert found.layers == (layer.name,)
        assert_taken(found, layer=layer, table=table)
        given = run(settings.but(return_sequences=False), weights=found.weights)
        np.testing.assert_allclose(given.returned[0].values, expected, rtol=0, atol=1e-6)


@HERE
@pytest.mark.parametrize("ending", ENDINGS)
def test_the_first_layer_that_fits_is_taken(tmp_path: Path, ending: str) -> None:
    """Of both directions the forward one."""
    made = layers()
    first, second = (made.LSTM(2, name=name, return_sequences=True) for name in ("z", "a"))
    both = made.Bidirectional(made.GRU(2, name="both", return_sequences=True))
    parts = (made.Dense(3), both, made.Dense(3), first, made.Dense(3))
    data = saved(stacked(*parts, second, features=5), tmp_path, ending)
    found = read_weights(data, SETTINGS)
    assert found.layers[0] == "z"
    assert sorted(found.layers[1:]) == ["a", "backward_both", "forward_both"]
    assert_taken(found, layer=first)
    found = read_weights(data, SETTINGS.but(cell="GRU"))
    assert found.layers[0] == "forward_both"
    assert_taken(found, layer=both.forward_layer)


@HERE
@pytest.mark.parametrize("ending", [".keras", ".weights.h5"])
def test_a_layer_lies_in_any_model(tmp_path: Path, ending: str) -> None:
    """Not as .h5, as which Keras saves no model of a class of one's own."""
    import keras

    class Own(keras.Model):
        def call(self, inputs: Any) -> Any:
            return self.parts["inner"](inputs)

    inputs = keras.Input((None, 1))
    cells = (layers().LSTMCell(2, name="cell"), layers().GRUCell(3))
    for name, layer, weights in (
        ("own_layer", own := layers().LSTM(2, name="own_layer"), own),
        ("of_cell", of_cell := layers().RNN(layers().LSTMCell(2), name="of_cell"), of_cell),
        ("cell", layers().RNN(cells), cells[0]),
    ):
        functional, own_model = keras.Model(inputs, layer(inputs)), Own()
        own_model.parts = {"inner": layer}
        for model in (functional, stacked(functional, features=1), own_model):
            model(np.zeros((1, 2, 1)))
            found = read_weights(saved(model, tmp_path, ending), BARE)
            assert found.layers[0] == name
            assert_taken(found, layer=weights)


@HERE
@pytest.mark.parametrize("ending", ENDINGS)
def test_an_optimizers_numbers_are_no_layers_and_fit_into_the_limit(
    tmp_path: Path, ending: str
) -> None:
    """Momentum has the shapes of the weights that are trained, and here of no other."""
    import keras

    layer = layers().LSTM(64, use_bias=False)
    model = stacked(layers().Dense(16, use_bias=False, trainable=False), layer, features=5)
    rate = keras.optimizers.schedules.ExponentialDecay(0.1, 10, 0.9)
    model.compile(keras.optimizers.SGD(rate, momentum=0.9), "mse")
    model.train_on_batch(np.ones((1, 3, 5)), np.ones((1, 64)))
    settings = SETTINGS.but(units=64, embedding_dim=16, use_bias=False)
    found = read_weights(saved(model, tmp_path, ending), settings)
    assert (found.layers, found.table) == ((layer.name,), "")
    assert_taken(found, layer=layer)


@HERE
@pytest.mark.parametrize(("units", "read"), [(8, 1), (20, 3), (64, 16), (64, 1)])
def test_in_an_h5_arrays_stand_in_any_order(tmp_path: Path, units: int, read: int) -> None:
    """HDF5 puts small arrays wherever there is room."""
    inner, last = (
        layers().LSTM(units, name=name, return_sequences=name == "z") for name in ("z", "a")
    )
    parts = (stacked(inner, features=read), layers().Dense(read), last)
    data = saved(stacked(*parts, features=read), tmp_path, ".h5")
    found = read_weights(data, Settings(units=units, values=np.zeros((1, 2, read))))
    assert found.layers == ("z", "a")
    assert_taken(found, layer=inner)


CHANGED = [
    ("LSTM", {"activation": "relu", "go_backwards": True}, 4, {}),
    ("GRU", {"reset_after": False}, 4, {"reset_after": False}),
    ("GRU", {"recurrent_activation": "hard_sigmoid"}, 4, {}),
    ("SimpleRNN", {"use_bias": False}, 4, {"use_bias": False}),
    ("LSTM", {}, None, {}),
]


@HERE
@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize(("cell", "arguments", "read", "told_by_shapes"), CHANGED)
def test_a_setup_becomes_that_of_the_saved_layer(
    tmp_path: Path,
    ending: str,
    cell: str,
    arguments: dict[str, Any],
    read: int | None,
    told_by_shapes: dict[str, Any],
) -> None:
    layer = getattr(layers(), cell)(6, name="memory", **arguments)
    parts = [layer] if read else [layers().Embedding(50, 5), layer]
    data = saved(stacked(*parts, features=read), tmp_path, ending)
    changes, found = read_for(data, Setup())
    sizes = {"units": 6} | ({"cell": cell} if cell != "LSTM" else {})
    if read:
        sizes |= {"source": "sine", "features": 4}
    else:
        sizes |= {"source": "random", "embedding_dim": 5, "vocabulary_size": 50}
    flags = {"return_sequences": False, "return_state": False}
    known = told_by_shapes if ending == ".weights.h5" else arguments | flags
    assert changes == sizes | known
    assert found.table == ("" if read else parts[0].name)
    assert found.differing == (None if ending == ".weights.h5" else {})
    setup = Setup(**changes | (dict(arguments) if ending == ".weights.h5" else {}))
    given = run(setup.settings.but(return_sequences=False), found.weights)
    net = stacked(*parts, features=read)
    x = np.array(setup.settings.values or setup.settings.tokens)
    np.testing.assert_allclose(given.returned[0].values, net(x), rtol=0, atol=1e-6)
    assert read_for(data, setup)[0] == {}


@HERE
def test_what_a_setup_has_that_fits_is_kept(tmp_path: Path) -> None:
    def read(*parts: Any, setup: Setup, features: int | None = None) -> tuple[Any, FromFile]:
        model = stacked(*parts, features=features)
        return read_for(saved(model, tmp_path, ".weights.h5"), setup)

    made = layers()
    numbers = made.LSTM(6, return_sequences=True)
    assert read(numbers, setup=Setup(source="pasted"), features=2)[0] == {"units": 6}
    walk = read(numbers, setup=Setup(source="walk"), features=2)[0]
    assert walk == {"units": 6, "features": 2}
    many = read(made.SimpleRNN(2), setup=Setup(length=100, sentences=8), features=512)[0]
    assert (many["features"], many["sentences"]) == (512, 1)
    ids = made.Embedding(50, 2), made.LSTM(3)
    changes, found = read(*ids, setup=Setup(tokens=((1, 2, 3),), length=20))
    assert changes == {"vocabulary_size": 50}
    assert found.table == ids[0].name
    assert_taken(found, table=ids[0], layer=ids[1])
    assert read(*ids, setup=Setup())[0] == {"vocabulary_size": 50, "source": "random"}
    changes, found = read(made.Embedding(1500, 8), made.LSTM(3), setup=Setup())
    assert (changes, found.table) == ({"embedding_dim": 8}, "")  # of too many ids
    matrix, lstm = made.Dense(4, use_bias=False), made.LSTM(5)  # which is no Embedding
    changes, found = read(matrix, lstm, setup=Setup(), features=7)
    assert (changes["source"], changes["features"]) == ("sine", 4)
    assert_taken(found, layer=lstm)
    with pytest.raises(SettingsError, match="features: got 600"):
        read(made.SimpleRNN(4), setup=Setup(), features=600)
    weights = run(Settings()).weights
    changes, found = read_for(write_npz(weights), Setup())
    assert (changes, [*found.weights]) == ({}, [*weights])


@HERE
@pytest.mark.parametrize("ending", [".keras", ".h5"])
def test_that_a_model_masks_and_its_policy_are_known(tmp_path: Path, ending: str) -> None:
    for read, first, masks, policy in (
        (None, layers().Embedding(50, 2, mask_zero=True), True, "float32"),
        (None, layers().Embedding(50, 2), False, "mixed_float16"),
        (2, layers().Masking(), True, "mixed_bfloat16"),
        (2, layers().Dense(2), False, "float64"),
    ):
        lstm = layers().LSTM(3, dtype=policy)
        data = saved(stacked(first, lstm, features=read), tmp_path, ending)
        found = read_for(data, Setup())[1]
        assert (found.is_masked, found.policy) == (masks, policy)


@HERE
def test_arguments_of_a_name_that_two_models_use_are_not_known(tmp_path: Path) -> None:
    inner = [
        stacked(layers().LSTM(6, activation=of, return_sequences=True, name="cell"), features=read)
        for of, read in (("relu", 4), ("tanh", 6))
    ]
    changes, found = read_for(saved(stacked(*inner, features=4), tmp_path, ".keras"), Setup())
    assert "activation" not in changes
    assert found.differing is None
    assert found.layers == ("cell", "cell")


@HERE
def test_two_matrices_of_another_layer_are_no_recurrent_layer(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "odd.h5", "w") as file:
        for name, shapes in (
            ("attention", [(4, 8), (8, 8), (8, 1)]),
            ("lstm", [(4, 24), (6, 24), (24,)]),
        ):
            for place, shape in enumerate(shapes):
                file[f"layers/{name}/vars/{place}"] = np.zeros(shape, "float32")
    changes, found = read_for((tmp_path / "odd.h5").read_bytes(), Setup())
    assert changes == {"units": 6, "source": "sine", "features": 4}
    assert found.layers == ("layers/lstm/vars",)


def archived(**members: str | bytes) -> bytes:
    """A .keras of the plain file's weights and of these files."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(f"{name}.json", content)
        archive.writestr("model.weights.h5", plain_file())
    return file.getvalue()


@HERE
@pytest.mark.parametrize(
    "config",
    [
        "[" * 50_000 + "__import__('os').abort()",
        '{"class_name": ["LSTM"], "config": {"name": 3}}',
        '{"class_name": "LSTM", "config": {"name": ["memory"], "activation": {}}}',
        b"\xff\xfe" * 100,
        "NaN",
    ],
)
def test_a_bad_configuration_is_none(config: str | bytes) -> None:
    assert read_weights(archived(config=config), SETTINGS).differing is None


@HERE
def test_strange_arguments_and_metadata_change_nothing() -> None:
    names = ("activation", "go_backwards", "use_bias")
    for said in ({}, ["tanh"], 3, None, "x" * 500, "selu"):
        config = {"class_name": "LSTM", "config": {"name": "memory"} | dict.fromkeys(names, said)}
        data = archived(config=json.dumps(config))
        changes, found = read_for(data, Setup(vocabulary_size=90))
        assert not {*names} & changes.keys()
        assert found.differing == dict.fromkeys(names, said)
    for metadata in (b"", b"[", b"[]", b'{"keras_version": 2}', b"\xff" * 9):
        assert read_weights(archived(metadata=metadata), SETTINGS).old == ""
    flags = {"go_backwards": 1, "return_sequences": 1.0, "return_state": 0}  # numbers will do
    config = {"class_name": "LSTM", "config": {"name": "memory"} | flags}
    changes, found = read_for(archived(config=json.dumps(config)), Setup(return_sequences=False))
    assert flags.items() <= changes.items()
    assert found.differing == {}


@HERE
def test_what_does_not_fit_says_what_there_is() -> None:
    assert refused(plain_file(), SETTINGS.but(units=3)) == (
        "file: got 'memory' (LSTM, hidden size 2, numbers read at each step: 3; weights of shape"
        " (3, 8), (2, 8), (8,)); allowed: a recurrent layer with weights of shape (3, 12), (3, 12),"
        " (12,), as Keras 3 saves them: not packed, and not in another file"
    )


def kernel(file: h5py.File) -> tuple[h5py.Group, np.ndarray]:
    """Where the LSTM's kernel lies, which is taken out of the file, and what it was."""
    group = file["layers/lstm/cell/vars"]
    array = group["0"][()]
    del group["0"]
    return group, array


def changed(change: Callable[[h5py.File], None]) -> Callable[[], bytes]:
    """A good file but for what the function does to it."""

    def make() -> bytes:
        content = io.BytesIO(plain_file())
        with h5py.File(content, "r+") as file:
            change(file)
        return content.getvalue()

    return make


def as_kernel(**options: Any) -> Callable[[], bytes]:
    """A good file but for the kernel's dataset."""

    def change(file: h5py.File) -> None:
        group, array = kernel(file)
        group.create_dataset("0", **{"data": array} | options)

    return changed(change)


def linked(link: Any) -> Callable[[], bytes]:
    def change(file: h5py.File) -> None:
        kernel(file)[0]["0"] = link

    return changed(change)


def virtual(file: h5py.File) -> None:
    group, array = kernel(file)
    layout = h5py.VirtualLayout(array.shape, array.dtype)
    layout[:] = h5py.VirtualSource("/etc/passwd", "0", array.shape)
    group.create_virtual_dataset("0", layout)


def deep(file: h5py.File) -> None:
    group = file
    for _ in range(300):  # as deep as the largest file can be
        group = group.create_group("d")


def endless(file: h5py.File) -> None:
    file["layers/lstm/again"] = file["/"]


def overlapping(file: h5py.File) -> None:
    """Many names of the same numbers: they are read once."""
    for n in range(100):
        file[f"layers/lstm/{n}"] = file["layers/lstm/cell"]


def archive(name: str, content: bytes, packing: int = zipfile.ZIP_DEFLATED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", packing) as written:
        written.writestr(name, content)
    return file.getvalue()


NO_LAYER = "file: got nothing; allowed: a recurrent layer"
FILES: dict[str, tuple[Callable[[], bytes], str]] = {
    "the first bytes alone": (lambda: plain_file()[:8], "cannot be read"),
    "an archive of nothing": (lambda: archive("model.weights.h5", b""), "cannot be read"),
    "another name": (lambda: archive("old.model.weights.h5", plain_file()), "cannot be read"),
    "no HDF5": (lambda: archive("model.weights.h5", b"PK" * 5000), "cannot be read"),
    "a bomb": (
        lambda: archive("model.weights.h5", bytes(300 * 2**20)),
        f"{MOST_BYTES + 1:,} bytes",
    ),
    "another packing": (
        lambda: archive("model.weights.h5", plain_file(), zipfile.ZIP_LZMA),
        "cannot be read",
    ),
    "an empty file": (changed(lambda file: file.clear()), NO_LAYER),
    "another file's numbers": (
        as_kernel(data=None, shape=(3, 8), dtype="f4", external=[("/etc/passwd", 0, 96)]),
        NO_LAYER,
    ),
    "another file": (linked(h5py.ExternalLink("/etc/passwd", "/0")), NO_LAYER),
    "a link": (linked(h5py.SoftLink("/layers/lstm/cell/vars/1")), NO_LAYER),
    "made of others": (changed(virtual), NO_LAYER),
    "packed": (as_kernel(compression="gzip"), NO_LAYER),
    "huge and packed": (
        as_kernel(data=None, shape=(2**40, 2**20), dtype="f4", chunks=(2**10, 8)),
        NO_LAYER,
    ),
    "objects": (as_kernel(data=["x"] * 3, dtype=h5py.string_dtype()), NO_LAYER),
    "references": (as_kernel(data=[h5py.Reference()] * 3, dtype=h5py.ref_dtype), NO_LAYER),
    "whole numbers": (as_kernel(data=np.ones((3, 8), "int32")), NO_LAYER),
    "complex": (as_kernel(data=np.ones((3, 8), "complex64")), NO_LAYER),
    "no numbers": (as_kernel(data=np.ones((0, 8), "float32")), NO_LAYER),
    "very many axes": (as_kernel(data=np.ones((1,) * 30, "float32")), NO_LAYER),
    "too large": (as_kernel(data=np.full((3, 8), 1e300)), "none larger than 1,000"),
    "too many bytes": (lambda: plain_file()[:8] + bytes(MOST_BYTES), f"{MOST_BYTES + 8:,} bytes"),
}
DANGEROUS: dict[str, tuple[Callable[[], bytes], str]] = {
    "cut off": (lambda: plain_file()[:-2000], "cannot be read"),
    "huge": (as_kernel(data=None, shape=(2**20, 2**20), dtype="f4"), NO_LAYER),
    "a byte for which HDF5 crashes": (
        lambda: plain_file().replace(b"name\0\0\0\0\x19\x01\x01", b"name\0\0\0\0\x19\x7f\x01", 1),
        "cannot be read",
    ),
    "a byte for which HDF5 never ends": (
        lambda: plain_file().replace(b"\x06\0\0\0\0\0\0\0memory", b"\x06\x01\0\0\0\0\0\0memory", 1),
        "cannot be read",
    ),
}


def assert_refused(make: Callable[[], bytes], said: str) -> None:
    told = refused(make())
    assert said in told
    assert "Error" not in told


@HERE
@pytest.mark.parametrize("what", FILES)
def test_what_is_no_such_file_is_refused(what: str) -> None:
    assert_refused(*FILES[what])


@pytest.mark.parametrize("what", DANGEROUS)
def test_what_can_do_harm_is_read_by_another_process(what: str) -> None:
    assert_refused(*DANGEROUS[what])


@HERE
@pytest.mark.parametrize("change", [deep, endless, overlapping])
def test_odd_files_are_read(change: Callable[[h5py.File], None]) -> None:
    found = read_weights(changed(change)(), SETTINGS)
    same = read_weights(plain_file(), SETTINGS).weights.values()
    assert [a.tobytes() for a in found.weights.values()] == [a.tobytes() for a in same]


@pytest.mark.parametrize("program", ["while True: pass", "import os; os.abort()"])
def test_a_reader_that_fails_is_told_of(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, program: str
) -> None:
    reader = tmp_path / "reader.py"
    reader.write_text(program)
    monkeypatch.setattr(keras_file, "_READER", reader)
    monkeypatch.setattr(keras_file, "_LATEST", 1.0)
    assert "cannot be read" in refused(plain_file())


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have other limits")
@pytest.mark.parametrize(
    ("program", "said"), [("bytearray(2**31)", "MemoryError"), ("while True: pass", "")]
)
def test_the_reader_has_limits(program: str, said: str) -> None:
    limited = "keras_reader.SECONDS = 1; keras_reader._limit()"
    code = f"from components.backend.weight_files import keras_reader; {limited}\n{program}"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert ended.returncode
    assert said in ended.stderr


@examples(0.5)
@given(at=st.integers(0, 2**20), damage=st.binary(min_size=1, max_size=8))
def test_any_damage_is_refused_or_harmless(at: int, damage: bytes) -> None:
    data = bytearray(plain_file())
    at %= len(data)
    data[at : at + len(damage)] = damage
    try:
        found = read_weights(bytes(data), SETTINGS).weights
    except SettingsError:
        return
    assert {n: a.shape for n, a in run(SETTINGS).weights.items() if n in found} == {
        n: a.shape for n, a in found.items()
    }
    assert all(np.isfinite(array).all() for array in found.values())


# What other versions of Keras, and other precisions, compute otherwise


def old_hard_sigmoid(x: Any) -> Any:
    import keras

    return keras.ops.clip(0.2 * x + 0.5, 0, 1)


@HERE
@pytest.mark.parametrize("ending", [".keras", ".h5"])
@pytest.mark.parametrize("cell", ["LSTM", "GRU"])
def test_a_file_of_keras_2_has_its_hard_sigmoid(tmp_path: Path, ending: str, cell: str) -> None:
    layer = getattr(layers(), cell)(3, recurrent_activation="hard_sigmoid", return_sequences=True)
    data = saved(stacked(layer, features=2), tmp_path, ending)
    setup = Setup(source="pasted", cell=cell, return_state=False)
    assert read_for(data, setup)[0] == {"recurrent_activation": "hard_sigmoid"}
    changes, found = read_for(as_keras2(data), setup)
    assert changes == {"recurrent_activation": "hard_sigmoid_keras2"}  # all else is as it is
    assert (found.old, found.differing) == ("2.15.0", {})
    settings = setup.but(**changes).settings
    layer.cell.recurrent_activation = old_hard_sigmoid
    wanted = layer(np.array(settings.values, "float32"))
    given = run(settings, found.weights).returned[0].values
    np.testing.assert_allclose(given, wanted, rtol=0, atol=1e-6)


def test_a_policy_as_keras_2_wrote_it() -> None:
    said = {"class_name": "Policy", "config": {"name": "mixed_float16"}}
    assert keras_file._policy(said) == "mixed_float16"
    assert [*map(keras_file._policy, ("float64", None, {}, 3, {"config": 4}))] == ["float64"] + [
        ""
    ] * 4


@HERE
@pytest.mark.parametrize("kind", ["h5", "keras"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_code_that_is_given_loads_each_old_hard_sigmoid_and_changes_nothing_else(
    tmp_path: Path, kind: str, language: str
) -> None:
    def lstm(activation: str) -> Any:
        return layers().LSTM(3, recurrent_activation=activation, return_sequences=True)

    both = layers().Bidirectional(lstm("hard_sigmoid"))
    model = stacked(lstm("hard_sigmoid"), lstm("sigmoid"), both, features=2)
    drawn = np.random.default_rng(0)
    model.set_weights([drawn.normal(0, 0.5, each.shape) for each in model.get_weights()])
    path = tmp_path / f"old.{kind}"
    path.write_bytes(as_keras2(saved(model, tmp_path, f".{kind}")))
    with speaking(language):
        (code,) = re.findall("```python\n(.*?)\n```", text("edit.keras2_code"), re.DOTALL)
    import keras

    names = {"keras": keras, "path": str(path)}
    exec(code, names)
    x = np.linspace(-4, 4, 20, dtype="float32").reshape(1, 10, 2)
    new = np.array(model(x))
    for cell in (model.layers[0].cell, both.forward_layer.cell, both.backward_layer.cell):
        cell.recurrent_activation = old_hard_sigmoid
    old = np.array(model(x))
    assert np.abs(old - new).max() > 0.01
    np.testing.assert_allclose(names["model"](x), old, rtol=0, atol=1e-6)
