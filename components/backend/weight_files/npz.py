"""Writes weights to an .npz file and reads them. A file may come from anybody: no code in it is
run, and no more of it is unpacked than the weights that the settings call for."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.lib import format as npy

from components.backend.question.layout import Layout
from components.backend.question.linked import Message, Problem, SettingsError, shown
from components.backend.question.settings import Settings
from components.backend.weight_files.weight_names import (
    MOST_BYTES,
    UNREAD,
    misfit,
    named,
    prefix_of,
    problem,
    refuse_large,
    refused,
    too_large,
)

_HEADER = 4096  # bytes of an array's header, at most
_PACKINGS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})  # others may need any memory
_NUMBERS = "fiu"  # NumPy's kinds: floats, and whole numbers
_HEADERS = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}
_SUFFIX = ".npy"  # of the name of each array's file in the archive


def write_npz(weights: Mapping[str, np.ndarray]) -> bytes:
    """The content of an .npz file with the weights by their names; always the same bytes."""
    file = io.BytesIO()
    np.savez_compressed(file, **dict[str, Any](weights))
    return file.getvalue()


def read_npz(
    data: bytes, settings: Settings, most: int | None = MOST_BYTES
) -> dict[str, np.ndarray]:
    """The arrays of a file, by Keras's names or by PyTorch's, without a prefix that all names
    share. They have to have the names, shapes and kind that the settings call for.

    Args:
        most: the most bytes of the file; None for no limit.

    Raises:
        SettingsError: with everything that is wrong.
    """
    with archive_of(data, most) as archive:
        prefix = prefix_of(archive.namelist())
        layouts = named(archive.namelist(), settings, prefix=prefix, suffix=_SUFFIX)
        return dict(_arrays(archive, layouts, prefix))


@contextmanager
def archive_of(data: bytes, most: int | None) -> Generator[zipfile.ZipFile]:
    """The zip archive in a file of at most so many bytes, to read from.

    Raises:
        SettingsError: the file is too large, or it is broken, as far as it is read.
    """
    refuse_large(data, most)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            packings = {member.compress_type for member in archive.infolist()}
            if not packings <= _PACKINGS:
                raise zipfile.BadZipFile(packings)
            yield archive
    except SettingsError:
        raise
    except Exception:  # for a broken file, zipfile and NumPy raise many kinds
        raise refused(UNREAD) from None


def _arrays(
    archive: zipfile.ZipFile, layouts: Sequence[Layout], prefix: str
) -> Iterator[tuple[str, np.ndarray]]:
    """Each weight, read after its header has been checked."""
    problems = []
    for layout in layouts:
        size = 8 * int(np.prod(layout.shape))
        with archive.open(prefix + layout.name + _SUFFIX) as file:
            raw = file.read(_HEADER + size + 1)
        if (found := _problem(raw, layout)) or (
            found := too_large(layout, array := np.load(io.BytesIO(raw), allow_pickle=False))
        ):
            problems.append(found)
        elif not problems:
            yield layout.name, array
    if problems:
        raise SettingsError(*problems)


def _problem(raw: bytes, layout: Layout) -> Problem | None:
    """The problem that the header of an array's file shows; None if there is none."""
    try:
        file = io.BytesIO(raw[:_HEADER])
        read = _HEADERS[npy.read_magic(file)]
        shape, _, dtype = read(file, max_header_size=_HEADER)
    except Exception:
        return problem(layout, UNREAD)
    if dtype.kind not in _NUMBERS or dtype.itemsize > 8:
        return problem(layout, Message("dtype", {"dtype": shown(str(dtype))}))
    if found := misfit(layout, shape):
        return found
    if len(raw) != file.tell() + dtype.itemsize * int(np.prod(shape)):
        return problem(layout, Message("file_size", {"count": len(raw)}))
    return None
