"""Weights as a file: out and in again, and whatever else a file may be."""

from __future__ import annotations

import io
import pickle
import stat
import struct
import tracemalloc
import zipfile
from collections.abc import Callable
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.backend import Settings, SettingsError, run
from components.backend.cells import CELLS
from components.backend.question.weights import given_weights
from components.backend.weight_files.edits import LARGEST
from components.backend.weight_files.npz import read_npz, write_npz
from components.backend.weight_files.weight_names import MOST_BYTES
from tests.kinds import random_weights

SETTINGS = Settings(units=2, vocabulary_size=10, embedding_dim=2, tokens=((1, 2),))
LARGE = Settings(units=128, vocabulary_size=300, embedding_dim=64)
MEMORY = 4 * 2**20  # bytes that reading may take
UNPACKED = 2**18  # bytes


def good() -> dict[str, np.ndarray]:
    return {name: np.float32(array) for name, array in random_weights(SETTINGS, 1).items()}


def refused(data: bytes, settings: Settings = SETTINGS) -> str:
    """What is said of a file that is not taken, within bounds of memory and of what is unpacked."""
    unpacked = []

    def read(file: zipfile.ZipExtFile, count: int) -> bytes:
        unpacked.append(chunk := read_chunk(file, count))
        return chunk

    tracemalloc.start()
    read_chunk = zipfile.ZipExtFile._read1
    with (
        patch.object(zipfile.ZipExtFile, "_read1", read),
        pytest.raises(SettingsError) as error,
    ):
        given_weights(read_npz(data, settings), settings)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < MEMORY
    assert sum(map(len, unpacked)) < UNPACKED
    assert len(str(error.value)) < 2000
    return str(error.value)


def zipped(files: dict[str, bytes], packing: int = zipfile.ZIP_DEFLATED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", packing) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return file.getvalue()


def packed(array: Any, **options: Any) -> bytes:
    file = io.BytesIO()
    np.lib.format.write_array(file, np.asanyarray(array), **options)
    return file.getvalue()


def with_kernel(content: bytes) -> bytes:
    """A good file but for the kernel."""
    files = {f"{name}.npy": packed(array) for name, array in good().items()}
    return zipped(files | {"kernel.npy": content})


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("more", [{}, {"embedding": False}, {"use_bias": False, "units": 64}])
def test_out_and_in_again(cell: str, more: dict[str, Any]) -> None:
    settings = Settings(cell=cell, **more)
    weights = run(settings).weights
    data = write_npz(weights)
    assert data == write_npz(weights)
    again = given_weights(read_npz(data, settings), settings)
    assert {n: a.tobytes() for n, a in again.items()} == {
        n: a.tobytes() for n, a in weights.items()
    }


def test_the_largest_weights_fit() -> None:
    weights = {n: np.float32(a) for n, a in random_weights(LARGE, 2).items()}
    for write in (np.savez, np.savez_compressed):
        file = io.BytesIO()
        write(file, **weights)
        assert len(file.getvalue()) <= MOST_BYTES
        read = read_npz(file.getvalue(), LARGE)
        assert all((read[name] == array).all() for name, array in weights.items())


@pytest.mark.parametrize("kind", ["float64", "float16", "int32", "uint8", ">f4"])
def test_numbers_of_any_kind(kind: str) -> None:
    arrays = {name: np.rint(array * 10).clip(0).astype(kind) for name, array in good().items()}
    file = io.BytesIO()
    np.savez(file, **arrays)
    read = given_weights(read_npz(file.getvalue(), SETTINGS), SETTINGS)
    for name, array in arrays.items():
        np.testing.assert_array_equal(read[name], array.astype("float32"))


def test_columns_first() -> None:
    content = packed(np.asfortranarray(good()["kernel"]))
    np.testing.assert_array_equal(
        read_npz(with_kernel(content), SETTINGS)["kernel"], good()["kernel"]
    )


class Harmful:
    """Whoever unpickles it runs something."""

    def __reduce__(self) -> tuple[Callable, tuple]:
        return pytest.fail, ("a pickle was loaded",)


def bomb() -> bytes:
    """A header that tells of a right shape, and a megabyte of zeros behind the numbers."""
    content = packed(good()["kernel"]) + bytes(2**20)
    return zipped({f"{n}.npy": content if n == "kernel" else packed(a) for n, a in good().items()})


def told(shape: str, dtype: str = "<f4", size: int = 0) -> bytes:
    """An array's file whose header says that, with so many bytes behind it."""
    header = f"{{'descr': '{dtype}', 'fortran_order': False, 'shape': {shape}, }}".encode()
    header += b" " * (-(10 + len(header) + 1) % 64) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + bytes(size)


def symlink() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, array in good().items():
            info = zipfile.ZipInfo(f"{name}.npy")
            if name == "kernel":
                info.create_system, info.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
            archive.writestr(info, b"/etc/passwd" if name == "kernel" else packed(array))
    return file.getvalue()


def twice() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, array in good().items():
            archive.writestr(f"{name}.npy", packed(array))
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("kernel.npy", packed(good()["kernel"]))
    return file.getvalue()


def encrypted() -> bytes:
    data = bytearray(with_kernel(packed(good()["kernel"])))
    for signature, at in ((b"PK\x01\x02", 8), (b"PK\x03\x04", 6)):  # the flag that says so
        place = data.find(signature)
        while place >= 0:
            data[place + at] |= 1
            place = data.find(signature, place + 1)
    return bytes(data)


def moved_away() -> bytes:
    """An archive whose list of contents says that it begins elsewhere."""
    data = bytearray(write_npz(good()))
    end = data.rfind(b"PK\x05\x06")
    data[end + 16 : end + 20] = struct.pack("<I", 2**31)
    return bytes(data)


def corrupt() -> bytes:
    data = bytearray(with_kernel(packed(good()["kernel"])))
    middle = data.find(b"kernel.npy") + 20
    data[middle : middle + 12] = bytes(255 - byte for byte in data[middle : middle + 12])
    return bytes(data)


FILES: dict[str, tuple[Callable[[], bytes], str]] = {
    "empty": (lambda: b"", "cannot be read"),
    "text": (lambda: b"<script>alert(1)</script>" * 50, "cannot be read"),
    "a pickle": (lambda: pickle.dumps(Harmful()), "cannot be read"),
    "one array": (lambda: packed(good()["kernel"]), "cannot be read"),
    "pickles inside": (
        lambda: with_kernel(packed(np.array([[Harmful()]], dtype=object), allow_pickle=True)),
        "file.kernel: got numbers of the kind 'object'",
    ),
    "a pickle for an array": (
        lambda: with_kernel(pickle.dumps(Harmful())),
        "file.kernel: got data that cannot be read",
    ),
    "text inside": (lambda: with_kernel(packed(np.full((2, 8), "1"))), "'<U1'"),
    "complex": (lambda: with_kernel(packed(np.ones((2, 8), "complex64"))), "'complex64'"),
    "truths": (lambda: with_kernel(packed(np.ones((2, 8), bool))), "'bool'"),
    "records": (lambda: with_kernel(packed(np.zeros((2, 8), [("a", "f4")]))), "file.kernel"),
    "long doubles": (lambda: with_kernel(packed(np.ones((2, 8), "longdouble"))), "file.kernel"),
    "another shape": (
        lambda: with_kernel(packed(np.ones((8, 2), "float32"))),
        "file.kernel: got shape (8, 2); allowed: finite numbers of shape (2, 8)",
    ),
    "not finite": (
        lambda: with_kernel(packed(np.full((2, 8), np.nan, "float32"))),
        "kernel: got shape (2, 8), not all finite",
    ),
    "too large for float32": (
        lambda: with_kernel(packed(np.full((2, 8), 1e300))),
        "file.kernel: got numbers up to 1e300 in size",
    ),
    "larger than can be typed": (
        lambda: with_kernel(packed(np.full((2, 8), LARGEST + 1))),
        "none larger than 1,000",
    ),
    "a huge shape": (lambda: with_kernel(told("(1000000, 1000000)")), "shape (1000000, 1000000)"),
    "a negative shape": (lambda: with_kernel(told("(-2, 8)")), "file.kernel"),
    "a shape of text": (lambda: with_kernel(told("('2', 8)")), "file.kernel"),
    "a shape too long": (lambda: with_kernel(told(str((1,) * 900))), "file.kernel"),
    "a header too large": (lambda: with_kernel(told("(2, 8" + " " * 60000 + ")")), "file.kernel"),
    "a header that is code": (
        lambda: with_kernel(told("__import__('os').system('true')")),
        "file.kernel",
    ),
    "an open bracket": (lambda: with_kernel(told("(2, 8")), "file.kernel"),
    "another version": (
        lambda: with_kernel(b"\x93NUMPY\x09\x00" + packed(good()["kernel"])[8:]),
        "file.kernel",
    ),
    "cut short": (lambda: with_kernel(packed(good()["kernel"])[:-4]), "file.kernel: got"),
    "more than there should be": (bomb, "file.kernel: got"),
    "missing": (
        lambda: zipped({"kernel.npy": packed(good()["kernel"])}),
        "each of embeddings.npy, kernel.npy",
    ),
    "another name": (
        lambda: zipped({"../../etc/passwd": b"x", **{f"{n}.npy": b"" for n in good()}}),
        "'../../etc/passwd'",
    ),
    "very many names": (
        lambda: zipped({f"{n}.npy": b"" for n in range(1500)}, zipfile.ZIP_STORED),
        "1,495 more",
    ),
    "twice": (twice, "embeddings.npy, kernel.npy"),
    "a symlink": (symlink, "file.kernel: got data that cannot be read"),
    "a name that is no text": (
        lambda: write_npz(good()).replace(b"kernel.npy", b"k\xffrnel.npy"),
        "embeddings.npy, kernel.npy",
    ),
    "a place beyond the file": (moved_away, "cannot be read"),
    "a password": (encrypted, "cannot be read"),
    "corrupt": (corrupt, "cannot be read"),
    "an archive cut off": (lambda: write_npz(good())[:-30], "cannot be read"),
    "another packing": (
        lambda: zipped({f"{n}.npy": packed(a) for n, a in good().items()}, zipfile.ZIP_LZMA),
        "cannot be read",
    ),
    "too many bytes": (lambda: bytes(MOST_BYTES + 1), f"{MOST_BYTES + 1:,} bytes"),
}


@pytest.mark.parametrize("what", FILES)
def test_what_is_no_such_file_is_refused(what: str) -> None:
    make, said = FILES[what]
    assert said in refused(make())


def test_a_bomb_is_not_unpacked() -> None:
    """A hundred megabytes, unpacked, in place of sixteen numbers."""
    zeros = zipped(
        {f"{name}.npy": bytes(120 * 2**20) if name == "kernel" else b"" for name in good()}
    )
    assert len(zeros) < MOST_BYTES
    assert "file.kernel" in refused(zeros)


def test_everything_that_is_wrong_is_reported_at_once() -> None:
    said = refused(zipped({f"{name}.npy": packed(np.ones((3, 3))) for name in good()}))
    assert said.count("got shape (3, 3)") == len(good())


@pytest.mark.parametrize("kind", ["int64", "int32", "int16", "float64"])
def test_numbers_that_are_too_large_are_reported_with_all_else(kind: str) -> None:
    least = np.iinfo(kind).min if kind.startswith("int") else -np.inf
    files = {f"{n}.npy": packed(np.full(a.shape, least, kind)) for n, a in good().items()}
    said = refused(zipped(files | {"kernel.npy": packed(np.ones((3, 3)))}))
    assert said.count("none larger than 1,000") == len(good()) - 1
    assert said.count("got shape (3, 3)") == 1


@given(st.binary(max_size=300))
def test_any_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(SettingsError):
        read_npz(data, SETTINGS)


@given(st.integers(0, 2000), st.binary(min_size=1, max_size=8))
def test_any_damage_is_refused_or_harmless(at: int, damage: bytes) -> None:
    data = bytearray(write_npz(good()))
    at %= len(data)
    data[at : at + len(damage)] = damage
    try:
        read = given_weights(read_npz(bytes(data), SETTINGS), SETTINGS)
    except SettingsError:
        return
    assert {n: a.shape for n, a in read.items()} == {n: a.shape for n, a in good().items()}
