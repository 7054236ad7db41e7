"""Weights in a file with Keras's names or with PyTorch's, as .npz or as .safetensors, and whatever
else such a file may be."""

from __future__ import annotations

import io
import json
import pickle
import stat
import struct
import tracemalloc
import zipfile
from collections.abc import Callable, Iterable, Mapping
from itertools import product
from typing import Any
from unittest.mock import patch

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

Arrays = Mapping[str, np.ndarray]
Write = Callable[[Arrays], bytes]

SETTINGS = Settings(units=2, vocabulary_size=10, embedding_dim=3, tokens=((1, 2),))
LARGEST = Settings(units=128, vocabulary_size=300, embedding_dim=64)
MEMORY = 4 * 2**20  # bytes that reading may take
UNPACKED = 2**18  # bytes that it may unpack
WRITERS: dict[str, Write] = {"npz": write_npz, "safetensors": write_safetensors}
CELLS = [name for name, cell in cells.CELLS.items() if cell.torch]  # a file may be PyTorch's

both = pytest.mark.parametrize("write", WRITERS.values(), ids=WRITERS)


def drawn(settings: Settings = SETTINGS) -> dict[str, np.ndarray]:
    return {name: np.float32(array) for name, array in random_weights(settings, 1).items()}


def torch(settings: Settings = SETTINGS) -> dict[str, np.ndarray]:
    return torch_of(drawn(settings), settings)


def refused(data: bytes, settings: Settings = SETTINGS) -> str:
    """What is said of a file that is not taken, within bounds of memory and of what is unpacked."""
    unpacked = []

    def read(file: zipfile.ZipExtFile, count: int) -> bytes:
        unpacked.append(chunk := read_chunk(file, count))
        return chunk

    read_chunk = zipfile.ZipExtFile._read1
    tracemalloc.start()
    with patch.object(zipfile.ZipExtFile, "_read1", read), pytest.raises(SettingsError) as error:
        read_weights(data, settings)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < MEMORY
    assert sum(map(len, unpacked)) < UNPACKED
    assert len(str(error.value)) < 2000
    return str(error.value)


def assert_read(data: bytes, weights: Arrays, settings: Settings = SETTINGS) -> None:
    found = read_weights(data, settings).weights
    assert {n: (a.dtype, a.tobytes()) for n, a in found.items()} == {
        n: (np.dtype("float32"), np.float32(a).tobytes()) for n, a in weights.items()
    }


# What is read


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
        assert_read(data, weights, settings)


@both
@pytest.mark.parametrize("cell", CELLS)
def test_pytorchs_names_come_with_or_without_the_table(cell: str, write: Write) -> None:
    settings = LARGEST.but(cell=cell)
    arrays, weights = torch(settings), drawn(settings)
    data = write(arrays)
    assert len(data) <= MOST_BYTES
    assert_read(data, weights, settings)
    del arrays[TABLE], weights["embeddings"]
    assert_read(write(arrays), weights, settings)


@both
@pytest.mark.parametrize("named", [drawn, torch])
def test_a_prefix_that_all_names_have_is_taken_off(
    named: Callable[[], Arrays], write: Write
) -> None:
    assert_read(write({f"model.encoder.rnn.{n}": a for n, a in named().items()}), drawn())


def saved_by_numpy(arrays: Arrays) -> bytes:
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


KINDS = ["float64", "float16", "int64", "int32", "uint8", "int8"]


@pytest.mark.parametrize(
    ("write", "kind"),
    [*product([saved_by_numpy, write_safetensors], KINDS), (saved_by_numpy, ">f4")],
)
def test_numbers_of_any_kind_and_order_in_memory(write: Write, kind: str) -> None:
    arrays = {name: np.rint(array * 10).clip(0).astype(kind) for name, array in drawn().items()}
    assert_read(write({n: np.asfortranarray(a) for n, a in arrays.items()}), arrays)


def test_a_good_file_with_notes_in_it() -> None:
    """PyTorch's tools write such notes."""
    data = write_safetensors(torch())
    length = struct.unpack("<Q", data[:8])[0]
    header = {"__metadata__": {"format": "pt"}} | json.loads(data[8 : 8 + length])
    assert_read(tensors(header, data[8 + length :]), drawn())


# What does not fit


def with_bias_that_adds_up() -> Arrays:
    arrays = torch()
    arrays["bias_hh_l0"] = np.arange(8, dtype="float32")
    arrays["bias_ih_l0"][2] = arrays["bias_hh_l0"][2] = 600
    return arrays


def of_two(more: str) -> Arrays:
    one = torch()
    return one | {n.replace("l0", more): a for n, a in one.items() if n != TABLE}


def filled(name: str, value: float) -> Arrays:
    return torch() | {name: np.full_like(torch()[name], value)}


GRU = SETTINGS.but(cell="GRU")
OF_ONE_LAYER = "as PyTorch names them in one layer of one direction, each of weight_ih_l0"
NOT_IN_PYTORCH = "Keras's names; PyTorch has no layer that computes the same"
OF_FOUR = SETTINGS.but(embedding_dim=4)
SET_FOUR = "of a layer that reads 4 features: set embedding_dim=4"
MISFITS: dict[str, tuple[Arrays, Settings, str]] = {
    "an LSTM": (
        torch(),
        GRU,
        "file.weight_hh_l0: got shape (8, 2), as in torch.nn.LSTM with hidden_size=2: choose "
        "that cell, and hidden size 2; allowed: finite numbers of shape (6, 2)",
    ),
    "two layers": (of_two("l1"), SETTINGS, OF_ONE_LAYER),
    "two directions": (of_two("l0_reverse"), SETTINGS, f"with or without {TABLE}"),
    "wrong names": (torch() | {"fc.weight": np.zeros((1, 2))}, SETTINGS, "file: got 'fc.weight"),
    "units": (
        drawn(SETTINGS.but(units=5)),
        SETTINGS,
        "file.recurrent_kernel: got shape (5, 20), as in LSTM with units=5: choose",
    ),
    "features": (drawn(OF_FOUR), SETTINGS, SET_FOUR),
    "PyTorch's features": (torch(OF_FOUR), SETTINGS, SET_FOUR),
    "no biases": (torch(SETTINGS.but(use_bias=False)), SETTINGS, "bias_ih_l0"),
    "biases": (torch(), SETTINGS.but(use_bias=False), "bias_ih_l0"),
    "a sigmoid": (torch(), SETTINGS.but(recurrent_activation="hard_sigmoid"), NOT_IN_PYTORCH),
    "another GRU": (torch(GRU), GRU.but(reset_after=False), NOT_IN_PYTORCH),
    "biases that add up": (
        with_bias_that_adds_up(),
        SETTINGS,
        "file.bias: got numbers up to 1,200 in size",
    ),
    "not a number": (
        filled("weight_ih_l0", np.nan),
        SETTINGS,
        "file.weight_ih_l0: got shape (8, 3), not all finite",
    ),
    "infinite": (filled("bias_hh_l0", -np.inf), SETTINGS, "file.bias_hh_l0: got numbers up to"),
    "large": (filled(TABLE, 1001), SETTINGS, "none larger than 1,000"),
}
"""Arrays that a good file has, the settings that they do not fit, and what is said."""


@both
@pytest.mark.parametrize("what", MISFITS)
def test_what_does_not_fit_is_refused_with_what_it_needs(what: str, write: Write) -> None:
    arrays, settings, said = MISFITS[what]
    assert said in refused(write(arrays), settings)


def test_the_two_biases_of_an_lstm_are_added_and_a_layer_that_pytorch_lacks_has_keras_names() -> (
    None
):
    arrays = torch()
    arrays["bias_hh_l0"] = np.arange(8, dtype="float32")
    added = drawn() | {"bias": arrays["bias_ih_l0"] + arrays["bias_hh_l0"]}
    assert_read(write_npz(arrays), added)
    lacking = GRU.but(reset_after=False)
    assert_read(write_npz(drawn(lacking)), drawn(lacking), lacking)


@pytest.mark.parametrize("kind", ["int64", "int32", "int16", "float64"])
def test_numbers_that_are_too_large_are_reported_with_all_else(kind: str) -> None:
    least = np.iinfo(kind).min if kind.startswith("int") else -np.inf
    arrays = {name: np.full(array.shape, least, kind) for name, array in drawn().items()}
    said = refused(write_npz(arrays | {"kernel": np.ones((3, 3))}))
    assert said.count("none larger than 1,000") == len(arrays) - 1
    assert said.count("got shape (3, 3)") == 1


# Files that are none, as .npz


class Harmful:
    """Whoever unpickles it runs something."""

    def __reduce__(self) -> tuple[Callable, tuple]:
        return pytest.fail, ("a pickle was loaded",)


Member = tuple[str | zipfile.ZipInfo, bytes]


def zipped(members: Iterable[Member], packing: int = zipfile.ZIP_DEFLATED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", packing) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return file.getvalue()


def packed(array: Any, **options: Any) -> bytes:
    """An array as .npy."""
    file = io.BytesIO()
    np.lib.format.write_array(file, np.asanyarray(array), **options)
    return file.getvalue()


def members() -> dict[str, bytes]:
    return {f"{name}.npy": packed(array) for name, array in drawn().items()}


KERNEL = members()["kernel.npy"]


def with_kernel(content: bytes) -> bytes:
    """A good .npz but for the kernel."""
    return zipped((members() | {"kernel.npy": content}).items())


def told(shape: str) -> bytes:
    """An array's file whose header says that, with nothing behind it."""
    header = f"{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }}".encode()
    header += b" " * (-(10 + len(header) + 1) % 64) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header


def symlink() -> bytes:
    info = zipfile.ZipInfo("kernel.npy")
    info.create_system, info.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
    others = (member for member in members().items() if member[0] != "kernel.npy")
    return zipped([(info, b"/etc/passwd"), *others])


def encrypted() -> bytes:
    data = bytearray(with_kernel(KERNEL))
    for signature, at in ((b"PK\x01\x02", 8), (b"PK\x03\x04", 6)):  # the flag that says so
        place = data.find(signature)
        while place >= 0:
            data[place + at] |= 1
            place = data.find(signature, place + 1)
    return bytes(data)


def moved_away() -> bytes:
    """An archive whose list of contents says that it begins elsewhere."""
    data = bytearray(write_npz(drawn()))
    end = data.rfind(b"PK\x05\x06")
    data[end + 16 : end + 20] = struct.pack("<I", 2**31)
    return bytes(data)


def corrupt() -> bytes:
    data = bytearray(with_kernel(KERNEL))
    middle = data.find(b"kernel.npy") + 20
    data[middle : middle + 12] = bytes(255 - byte for byte in data[middle : middle + 12])
    return bytes(data)


# And as .safetensors


def tensors(header: Any, body: bytes = b"", length: int | None = None) -> bytes:
    """A file with that header, whether it fits the body or not."""
    said = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(said) if length is None else length) + said + body


def tensor(
    dtype: str = "F32", shape: Any = (3, 8), start: int = 0, end: int = 96
) -> dict[str, Any]:
    return {"dtype": dtype, "shape": shape, "data_offsets": [start, end]}


def with_tensor(dtype: str, shape: tuple[int, ...], body: bytes) -> bytes:
    """A good file but for the kernel."""
    header, data = {}, b""
    for name, array in drawn().items():
        kind, size, content = ("F32", array.shape, array.tobytes())
        if name == "kernel":
            kind, size, content = dtype, shape, body
        header[name] = tensor(kind, size, len(data), len(data) + len(content))
        data += content
    return tensors(header, data)


CANNOT = "cannot be read"
FILES: dict[str, tuple[Callable[[], bytes], str]] = {
    "empty": (lambda: b"", CANNOT),
    "text": (lambda: b"<script>alert(1)</script>" * 50, CANNOT),
    "a pickle": (lambda: pickle.dumps(Harmful()), CANNOT),
    "one array": (lambda: KERNEL, CANNOT),
    "pickles inside": (
        lambda: with_kernel(packed(np.array([[Harmful()]], dtype=object), allow_pickle=True)),
        "file.kernel: got numbers of the kind 'object'",
    ),
    "a pickle for an array": (
        lambda: with_kernel(pickle.dumps(Harmful())),
        "file.kernel: got data that cannot be read",
    ),
    "text inside": (lambda: with_kernel(packed(np.full((3, 8), "1"))), "'<U1'"),
    "complex": (lambda: with_kernel(packed(np.ones((3, 8), "complex64"))), "'complex64'"),
    "truths": (lambda: with_kernel(packed(np.ones((3, 8), bool))), "'bool'"),
    "records": (lambda: with_kernel(packed(np.zeros((3, 8), [("a", "f4")]))), "file.kernel"),
    "long doubles": (lambda: with_kernel(packed(np.ones((3, 8), "longdouble"))), "file.kernel"),
    "a huge shape": (lambda: with_kernel(told("(1000000, 1000000)")), "shape (1000000, 1000000)"),
    "a negative shape": (lambda: with_kernel(told("(-3, 8)")), "file.kernel"),
    "a shape of text": (lambda: with_kernel(told("('3', 8)")), "file.kernel"),
    "a shape too long": (lambda: with_kernel(told(str((1,) * 900))), "file.kernel"),
    "a header too large": (lambda: with_kernel(told(f"(3, 8{' ' * 60000})")), "file.kernel"),
    "a header that is code": (lambda: with_kernel(told("__import__('os')")), "file.kernel"),
    "another version": (lambda: with_kernel(b"\x93NUMPY\x09\x00" + KERNEL[8:]), "file.kernel"),
    "cut short": (lambda: with_kernel(KERNEL[:-4]), "file.kernel: got"),
    "more than there should be": (lambda: with_kernel(KERNEL + bytes(2**20)), "file.kernel: got"),
    "a bomb": (lambda: with_kernel(bytes(120 * 2**20)), "file.kernel"),
    "missing": (lambda: zipped([("kernel.npy", KERNEL)]), "each of embeddings.npy, kernel.npy"),
    "another name": (
        lambda: zipped([("../../etc/passwd", b"x"), *members().items()]),
        "'../../etc/passwd'",
    ),
    "very many names": (
        lambda: zipped([(f"{n}.npy", b"") for n in range(1500)], zipfile.ZIP_STORED),
        "1,495 more",
    ),
    "twice": (
        lambda: zipped([*members().items(), ("kernel.npy", KERNEL)]),
        "embeddings.npy, kernel.npy",
    ),
    "a symlink": (symlink, "file.kernel: got data that cannot be read"),
    "a name that is no text": (
        lambda: write_npz(drawn()).replace(b"kernel.npy", b"k\xffrnel.npy"),
        "embeddings.npy, kernel.npy",
    ),
    "a place beyond the file": (moved_away, CANNOT),
    "a password": (encrypted, CANNOT),
    "corrupt": (corrupt, CANNOT),
    "cut off": (lambda: write_npz(drawn())[:-30], CANNOT),
    "another packing": (lambda: zipped(members().items(), zipfile.ZIP_LZMA), CANNOT),
    "too many bytes": (lambda: bytes(MOST_BYTES + 1), f"{MOST_BYTES + 1:,} bytes"),
    # .safetensors
    "nothing behind the length": (lambda: tensors(b"{"), CANNOT),
    "a header longer than the file": (lambda: tensors(b"{}", length=2**20), CANNOT),
    "a header of 8 EiB": (lambda: tensors(b"{}", length=2**63), CANNOT),
    "a deep header": (lambda: tensors(b'{"kernel":' + b"[" * 50_000), CANNOT),
    "no JSON": (lambda: tensors(b"{kernel: 1}"), CANNOT),
    "no text": (lambda: tensors(b'{"\xff\xfe": 1}'), CANNOT),
    "no tensors": (lambda: tensors({}), "got nothing; allowed: each of embeddings, kernel"),
    "no offsets": (lambda: tensors({"kernel": {"dtype": "F32", "shape": [1]}}), CANNOT),
    "a negative size": (lambda: tensors({"k": tensor(shape=[-3, -8])}, bytes(96)), CANNOT),
    "a huge size": (lambda: tensors({"k": tensor(shape=[2**62, 4])}, bytes(96)), CANNOT),
    "offsets beyond the end": (lambda: tensors({"kernel": tensor()}, bytes(95)), CANNOT),
    "bytes beyond the offsets": (lambda: tensors({"kernel": tensor()}, bytes(97)), CANNOT),
    "offsets turned round": (lambda: tensors({"k": tensor(start=96, end=0)}, bytes(96)), CANNOT),
    "two in one place": (lambda: tensors({"a": tensor(), "b": tensor()}, bytes(96)), CANNOT),
    "an unknown kind": (lambda: tensors({"k": tensor("F31")}, bytes(96)), CANNOT),
    "bits": (lambda: with_tensor("BOOL", (3, 8), bytes(24)), "numbers of the kind 'BOOL'"),
    "bfloat16": (
        lambda: with_tensor("BF16", (3, 8), bytes(48)),
        "file.kernel: got bfloat16, which NumPy does not have: save them as float32",
    ),
    "eight bits": (lambda: with_tensor("F8_E4M3", (3, 8), bytes(24)), "'F8_E4M3'"),
    "half a byte": (lambda: with_tensor("F4", (3, 8), bytes(12)), "'F4'"),
    "another shape": (
        lambda: with_tensor("F32", (8, 3), bytes(96)),
        "file.kernel: got shape (8, 3); allowed: finite numbers of shape (3, 8)",
    ),
    "no numbers": (lambda: with_tensor("F32", (0, 8), b""), "file.kernel: got shape (0, 8)"),
    "a single number": (lambda: with_tensor("F32", (), bytes(4)), "file.kernel: got shape ()"),
    "many axes": (lambda: with_tensor("F32", (1,) * 10_000, bytes(4)), "kernel: got shape (1, 1"),
    "many tensors": (
        lambda: tensors({f"{n:04}": tensor(shape=[0], end=0) for n in range(2000)}),
        "1,995 more",
    ),
    "a long name": (lambda: tensors({"<b>" * 30_000: tensor()}, bytes(96)), "characters"),
}


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("what", FILES)
def test_what_is_no_such_file_is_refused(what: str) -> None:
    make, said = FILES[what]
    assert said in refused(make())


@given(st.binary(max_size=300))
def test_any_bytes_are_refused(data: bytes) -> None:
    for each in (data, struct.pack("<Q", len(data)) + b"{" + data):
        with pytest.raises(SettingsError):
            read_weights(each, SETTINGS)


@both
@given(at=st.integers(0, 2000), damage=st.binary(min_size=1, max_size=8))
def test_any_damage_is_refused_or_harmless(write: Write, at: int, damage: bytes) -> None:
    data = bytearray(write(torch()))
    at %= len(data)
    data[at : at + len(damage)] = damage
    try:
        read = read_weights(bytes(data), SETTINGS).weights
    except SettingsError:
        return
    assert {n: a.shape for n, a in read.items()} == {n: a.shape for n, a in drawn().items()}
    assert all(np.isfinite(array).all() for array in read.values())
