"""Writes weights to an .npz file and reads them. A file may come from anybody: no code in it is
run, and no more of it is unpacked than the weights that the settings call for."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.lib import format as npy

from components.backend.edits import LARGEST
from components.backend.layout import Layout, weight_layout
from components.backend.linked import Problem, SettingsError, Words, listed, shown
from components.backend.settings import Settings

MOST_BYTES = 160_000
"""The largest file: the most weights that any settings call for take 150,000 bytes as float32."""

_HEADER = 4096  # bytes of an array's header, at most
_PACKINGS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})  # others may need any memory
_NUMBERS = "fiu"  # NumPy's kinds: floats, and whole numbers
_HEADERS = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}
_MOST_NAMED = 5
_FIELD = "file"
_ANY = Words("file", {"most": MOST_BYTES})


def write_npz(weights: Mapping[str, np.ndarray]) -> bytes:
    """The content of an .npz file with the weights by Keras's names; always the same bytes."""
    file = io.BytesIO()
    np.savez_compressed(file, **weights)
    return file.getvalue()


def read_npz(data: bytes, settings: Settings) -> dict[str, np.ndarray]:
    """The arrays of a file, if they have the names, shapes and kind that the settings call for.

    Raises:
        SettingsError: with everything that is wrong.
    """
    layouts = weight_layout(settings)
    if len(data) > MOST_BYTES:
        raise _refused(Words("file_size", {"count": len(data)}), _ANY)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            _check_names(archive, layouts)
            return dict(_arrays(archive, layouts))
    except SettingsError:
        raise
    except Exception as error:  # for a broken file, zipfile and NumPy raise many kinds
        raise _refused(Words("no_file", {"error": type(error).__name__}), _ANY) from None


def _check_names(archive: zipfile.ZipFile, layouts: Sequence[Layout]) -> None:
    """Refuse an archive unless it has one file for each weight, and no other, packed as NumPy's."""
    names = archive.namelist()
    packings = {member.compress_type for member in archive.infolist()}
    if not packings <= _PACKINGS:
        raise zipfile.BadZipFile(packings)
    if sorted(names) != sorted(_file(layout) for layout in layouts):
        got = [shown(name) for name in names[:_MOST_NAMED]]
        more = Words("more_names", {"count": len(names) - len(got)})
        got += [str(more)] if len(names) > len(got) else []
        allowed = Words("each", {"names": ", ".join(_file(layout) for layout in layouts)})
        raise _refused(Words("value", {"shown": listed(got) or Words("none")}), allowed)


def _arrays(
    archive: zipfile.ZipFile, layouts: Sequence[Layout]
) -> Iterator[tuple[str, np.ndarray]]:
    """Each weight, read after its header has been checked."""
    problems = []
    for layout in layouts:
        size = 8 * int(np.prod(layout.shape))
        with archive.open(_file(layout)) as file:
            raw = file.read(_HEADER + size + 1)
        if (problem := _problem(raw, layout)) or (
            problem := _too_large(array := np.load(io.BytesIO(raw), allow_pickle=False), layout)
        ):
            problems.append(problem)
        elif not problems:
            yield layout.name, array
    if problems:
        raise SettingsError(*problems)


def _problem(raw: bytes, layout: Layout) -> Problem | None:
    """The problem with an array's file by its header; None if there is none."""
    allowed = Words("finite", {"shape": layout.shape})
    name = f"{_FIELD}.{layout.name}"
    try:
        file = io.BytesIO(raw[:_HEADER])
        read = _HEADERS[npy.read_magic(file)]
        shape, _, dtype = read(file, max_header_size=_HEADER)
    except Exception as error:
        return Problem(name, Words("no_file", {"error": type(error).__name__}), allowed)
    if dtype.kind not in _NUMBERS or dtype.itemsize > 8:
        return Problem(name, Words("dtype", {"dtype": shown(str(dtype))}), allowed)
    if shape != layout.shape:
        return Problem(name, Words("got_shape", {"shape": shown(shape)}), allowed)
    if len(raw) != file.tell() + dtype.itemsize * int(np.prod(shape)):
        return Problem(name, Words("file_size", {"count": len(raw)}), allowed)
    return None


def _too_large(array: np.ndarray, layout: Layout) -> Problem | None:
    """The problem with an array that has too large a number; None if there is none. A NaN passes
    here, and is refused when the weights are taken."""
    largest = float(np.abs(array.astype(float)).max())  # as float: abs(int8(-128)) is -128
    if not largest > LARGEST:
        return None
    allowed = Words("at_most", {"shape": layout.shape, "largest": int(LARGEST)})
    return Problem(f"{_FIELD}.{layout.name}", Words("large", {"largest": largest}), allowed)


def _file(layout: Layout) -> str:
    return f"{layout.name}.npy"


def _refused(got: Words, allowed: Words) -> SettingsError:
    return SettingsError(Problem(_FIELD, got, allowed))
