"""Weights in a file with Keras's names or with PyTorch's, as .npz or as .safetensors, and whatever
else such a file may be. tests/unit/test_npz.py has what an .npz file may be."""

from __future__ import annotations

import json
import struct
import tracemalloc
from collections.abc import Callable, Mapping
from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.backend import Settings, SettingsError, cells, run
from components.backend.torch_weights import TABLE, torch_of
from components.backend.weight_files.npz import write_npz
from components.backend.weight_files.read import read_weights
from components.backend.weight_files.safetensors_file import write_safetensors
from components.backend.weight_files.weight_names import MOST_BYTES
from tests.kinds import random_weights

SETTINGS = Settings(units=2, vocabulary_size=10, embedding_dim=3, tokens=((1, 2),))
LARGEST = Settings(units=128, vocabulary_size=300, embedding_dim=64)
MEMORY = 4 * 2**20  # bytes that reading may take
WRITERS = {"npz": write_npz, "safetensors": write_safetensors}
CELLS = [name for name, cell in cells.CELLS.items() if cell.torch]  # a file may be PyTorch's
Write = Callable[[Mapping[str, np.ndarray]], bytes]

both = pytest.mark.parametrize("write", WRITERS.values(), ids=WRITERS)


def drawn(settings: Settings = SETTINGS) -> dict[str, np.ndarray]:
    return {name: np.float32(array) for name, array in random_weights(settings, 1).items()}


def torch(settings: Settings = SETTINGS) -> dict[str, np.ndarray]:
    return torch_of(drawn(settings), settings)


def refused(data: bytes, settings: Settings = SETTINGS) -> str:
    """What is said of a file that is not taken, within bounds of memory."""
    tracemalloc.start()
    with pytest.raises(SettingsError) as error:
        read_weights(data, settings)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < MEMORY
    assert len(str(error.value)) < 2000
    return str(error.value)


def weights_in(data: bytes, settings: Settings = SETTINGS) -> dict[str, np.ndarray]:
    return read_weights(data, settings).weights


def assert_same(one: Mapping[str, np.ndarray], other: Mapping[str, np.ndarray]) -> None:
    assert {n: a.tobytes() for n, a in one.items()} == {n: a.tobytes() for n, a in other.items()}


@both
@pytest.mark.parametrize(
    "settings",
    [
        Settings(cell=cell, **more)
        for cell, more in product(CELLS, ({}, {"embedding": False}, {"use_bias": False}))
    ],
)
def test_out_and_in_again(settings: Settings, write: Write) -> None:
    weights = run(settings).weights
    for named in (weights, torch_of(weights, settings)):
        data = write(named)
        assert data == write(named)
        assert_same(weights_in(data, settings), weights)


@both
@pytest.mark.parametrize("cell", CELLS)
def test_pytorchs_names_come_with_or_without_the_table(cell: str, write: Write) -> None:
    settings = SETTINGS.but(cell=cell)
    arrays, weights = torch(settings), drawn(settings)
    del arrays[TABLE], weights["embeddings"]
    assert_same(weights_in(write(arrays), settings), weights)


@both
@pytest.mark.parametrize("cell", CELLS)
def test_the_largest_weights_fit(cell: str, write: Write) -> None:
    data = write(torch(LARGEST.but(cell=cell)))
    assert len(data) <= MOST_BYTES
    assert_same(weights_in(data, LARGEST.but(cell=cell)), drawn(LARGEST.but(cell=cell)))


@both
def test_the_two_biases_of_an_lstm_are_added(write: Write) -> None:
    arrays = torch()
    arrays["bias_hh_l0"] = np.arange(8, dtype="float32")
    found = weights_in(write(arrays), SETTINGS)["bias"]
    np.testing.assert_array_equal(found, arrays["bias_ih_l0"] + arrays["bias_hh_l0"])
    arrays["bias_ih_l0"][2] = arrays["bias_hh_l0"][2] = 600
    said = refused(write(arrays))
    assert said.startswith("file.bias: got numbers up to 1,200 in size")
    assert "none larger than 1,000" in said


@pytest.mark.parametrize("kind", ["float64", "float16", "int64", "int32", "uint8", "int8"])
def test_numbers_of_any_kind(kind: str) -> None:
    arrays = {name: np.rint(array * 10).clip(0).astype(kind) for name, array in drawn().items()}
    read = weights_in(write_safetensors(arrays), SETTINGS)
    for name, array in arrays.items():
        assert read[name].dtype == np.float32
        np.testing.assert_array_equal(read[name], array.astype("float32"))


def test_rows_first_whatever_the_order_in_memory() -> None:
    arrays = {name: np.asfortranarray(array) for name, array in drawn().items()}
    assert_same(weights_in(write_safetensors(arrays), SETTINGS), drawn())


@both
def test_an_lstm_is_no_gru(write: Write) -> None:
    said = refused(write(torch()), SETTINGS.but(cell="GRU"))
    assert (
        "file.weight_hh_l0: got shape (8, 2), as in torch.nn.LSTM with hidden_size=2: choose that "
        "cell, and hidden size 2; allowed: finite numbers of shape (6, 2)"
    ) in said
    assert "file.weight_ih_l0: got shape (8, 3); allowed: finite numbers of shape (6, 3)" in said


@both
def test_what_pytorch_has_of_several_layers_is_refused(write: Write) -> None:
    one = torch()
    for more in ("l1", "l0_reverse"):
        arrays = one | {n.replace("l0", more): a for n, a in one.items() if n != TABLE}
        said = refused(write(arrays))
        assert "as PyTorch names them in one layer of one direction, each of weight_ih_l0" in said
        assert f"with or without {TABLE}" in said


@both
@pytest.mark.parametrize("prefix", ["lstm.", "model.encoder.rnn."])
@pytest.mark.parametrize("named", [drawn, torch])
def test_a_prefix_that_all_names_have_is_taken_off(
    named: Callable[[], dict[str, np.ndarray]], prefix: str, write: Write
) -> None:
    arrays = {prefix + name: array for name, array in named().items()}
    assert_same(weights_in(write(arrays)), drawn())


@both
def test_the_names_that_are_wrong_come_first(write: Write) -> None:
    arrays = torch() | {"fc.weight": np.zeros((1, 2), "float32")}
    assert refused(write(arrays)).startswith("file: got 'fc.weight")


@both
def test_a_wrong_shape_says_which_setting_it_needs(write: Write) -> None:
    said = refused(write(drawn(SETTINGS.but(units=5, embedding_dim=4))))
    assert "file.recurrent_kernel: got shape (5, 20), as in LSTM with units=5: choose" in said
    for named in (drawn, torch):
        said = refused(write(named(SETTINGS.but(embedding_dim=4))))
        assert "of a layer that reads 4 features: set embedding_dim=4" in said


@both
def test_biases_are_there_if_the_layer_has_them(write: Write) -> None:
    without = SETTINGS.but(use_bias=False)
    assert "bias_ih_l0" in refused(write(torch(without)))
    assert "bias_ih_l0" in refused(write(torch()), without)


@both
@pytest.mark.parametrize(
    "settings",
    [
        SETTINGS.but(recurrent_activation="hard_sigmoid"),
        SETTINGS.but(cell="GRU", reset_after=False),
    ],
)
def test_a_layer_that_pytorch_lacks_takes_keras_names_alone(
    settings: Settings, write: Write
) -> None:
    said = refused(write(torch(SETTINGS.but(cell=settings.cell))), settings)
    assert "Keras's names; PyTorch has no layer that computes the same" in said
    assert_same(weights_in(write(drawn(settings)), settings), drawn(settings))


@both
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1001])
@pytest.mark.parametrize("name", ["weight_ih_l0", "bias_hh_l0", TABLE])
def test_numbers_that_no_weight_can_be(name: str, value: float, write: Write) -> None:
    arrays = torch()
    arrays[name] = np.full_like(arrays[name], value)
    said = refused(write(arrays))
    assert said.startswith(f"file.{name}: got ")
    assert ("not all finite" in said) == bool(np.isnan(value))
    assert ("none larger than 1,000" in said) == (not np.isnan(value))


def packed(header: Any, body: bytes = b"", length: int | None = None) -> bytes:
    """A safetensors file with that header, whether it fits the body or not."""
    said = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(said) if length is None else length) + said + body


def tensor(
    dtype: str = "F32", shape: Any = (3, 8), start: int = 0, end: int = 96
) -> dict[str, Any]:
    return {"dtype": dtype, "shape": shape, "data_offsets": [start, end]}


def with_kernel(dtype: str, shape: tuple[int, ...], body: bytes) -> bytes:
    """A good file but for the kernel."""
    header, data = {}, b""
    for name, array in drawn().items():
        kind, size, content = ("F32", array.shape, array.tobytes())
        if name == "kernel":
            kind, size, content = dtype, shape, body
        header[name] = tensor(kind, size, len(data), len(data) + len(content))
        data += content
    return packed(header, data)


ONE = {"kernel": tensor()}
FILES: dict[str, tuple[Callable[[], bytes], str]] = {
    "nothing behind the length": (lambda: packed(b"{"), "cannot be read"),
    "a header longer than the file": (lambda: packed(b"{}", length=2**20), "cannot be read"),
    "a huge header": (lambda: packed(b"{}", length=2**63), "cannot be read"),
    "a deep header": (lambda: packed(b'{"kernel":' + b"[" * 50_000), "cannot be read"),
    "no JSON": (lambda: packed(b"{kernel: 1}"), "cannot be read"),
    "no text": (lambda: packed(b'{"\xff\xfe": 1}'), "cannot be read"),
    "no tensors": (lambda: packed({}), "got nothing; allowed: each of embeddings, kernel"),
    "one tensor": (lambda: packed(ONE, bytes(96)), "got 'kernel'; allowed: each of embeddings"),
    "no offsets": (lambda: packed({"kernel": {"dtype": "F32", "shape": [1]}}), "cannot be read"),
    "a negative shape": (
        lambda: packed({"k": tensor(shape=[-3, -8])}, bytes(96)),
        "cannot be read",
    ),
    "a huge shape": (lambda: packed({"k": tensor(shape=[2**62, 4])}, bytes(96)), "cannot be read"),
    "offsets beyond the end": (lambda: packed(ONE, bytes(95)), "cannot be read"),
    "more than there should be": (lambda: packed(ONE, bytes(97)), "cannot be read"),
    "offsets turned round": (
        lambda: packed({"k": tensor(start=96, end=0)}, bytes(96)),
        "cannot be",
    ),
    "two on one place": (
        lambda: packed({"a": tensor(), "b": tensor()}, bytes(96)),
        "cannot be read",
    ),
    "a kind that there is not": (lambda: packed({"k": tensor("F31")}, bytes(96)), "cannot be read"),
    "truths": (
        lambda: with_kernel("BOOL", (3, 8), bytes(24)),
        "file.kernel: got numbers of the kind 'BOOL'",
    ),
    "bfloat16": (
        lambda: with_kernel("BF16", (3, 8), bytes(48)),
        "file.kernel: got bfloat16, which NumPy does not have: save them as float32",
    ),
    "eight bits": (lambda: with_kernel("F8_E4M3", (3, 8), bytes(24)), "'F8_E4M3'"),
    "half a byte": (lambda: with_kernel("F4", (3, 8), bytes(12)), "'F4'"),
    "complex": (lambda: with_kernel("C64", (3, 8), bytes(192)), "'C64'"),
    "another shape": (
        lambda: with_kernel("F32", (8, 3), bytes(96)),
        "file.kernel: got shape (8, 3); allowed: finite numbers of shape (3, 8)",
    ),
    "no numbers": (lambda: with_kernel("F32", (0, 8), b""), "file.kernel: got shape (0, 8)"),
    "a single number": (lambda: with_kernel("F32", (), bytes(4)), "file.kernel: got shape ()"),
    "very many axes": (
        lambda: with_kernel("F32", (1,) * 10_000, bytes(4)),
        "file.kernel: got shape (1, 1",
    ),
    "very many names": (
        lambda: packed({f"{n:04}": tensor(shape=[0], end=0) for n in range(2000)}),
        "1,995 more",
    ),
    "a long name": (lambda: packed({"<b>" * 30_000: tensor()}, bytes(96)), "characters"),
    "too many bytes": (lambda: packed({}, bytes(MOST_BYTES)), "bytes"),
}


@pytest.mark.parametrize("what", FILES)
def test_what_is_no_such_file_is_refused(what: str) -> None:
    make, said = FILES[what]
    assert said in refused(make())


def test_a_good_file_with_notes_in_it() -> None:
    """PyTorch's tools write such notes."""
    header = {"__metadata__": {"format": "pt"}}
    data = write_safetensors(torch())
    length = struct.unpack("<Q", data[:8])[0]
    said = header | json.loads(data[8 : 8 + length])
    assert_same(weights_in(packed(said, data[8 + length :]), SETTINGS), drawn())


def test_everything_that_is_wrong_is_reported_at_once() -> None:
    said = refused(write_safetensors({name: np.ones((3, 3)) for name in torch()}))
    assert said.count("got shape (3, 3)") == len(torch())


@given(st.binary(max_size=300))
def test_any_header_is_refused(data: bytes) -> None:
    with pytest.raises(SettingsError):
        read_weights(struct.pack("<Q", len(data)) + b"{" + data, SETTINGS)


@both
@given(at=st.integers(0, 2000), damage=st.binary(min_size=1, max_size=8))
def test_any_damage_is_refused_or_harmless(write: Write, at: int, damage: bytes) -> None:
    data = bytearray(write(torch()))
    at %= len(data)
    data[at : at + len(damage)] = damage
    try:
        read = weights_in(bytes(data), SETTINGS)
    except SettingsError:
        return
    assert {n: a.shape for n, a in read.items()} == {n: a.shape for n, a in drawn().items()}
    assert all(np.isfinite(array).all() for array in read.values())
