"""What stands in the files of a visitor's model. None of it is unpacked to a disk here, and no HDF5
is opened."""

from __future__ import annotations

import io
import json
import stat
import zipfile
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from enum import Enum, auto
from pathlib import PurePosixPath
from typing import Any, NamedTuple

from components.backend.question.linked import Message, Problem, SettingsError
from components.backend.your_model.saved.declared import Format

MOST_BYTES = 64 * 2**20
"""The most bytes of a visitor's files together."""

FIELD = "model"
_MOST_UNPACKED = 2 * MOST_BYTES  # Keras packs nothing, but a .keras may have been zipped again
_MOST_MEMBERS = 1000
_MOST_CONFIG = 8 * 2**20  # bytes: a vocabulary of some hundred thousand words may stand in it
_MOST_BRACKETS = 250_000  # of a configuration: each takes much more in memory
_MOST_COMMAS = 500_000
_DEEPEST = 100  # brackets within brackets; those of a model in a model are four deeper
_DEEPEST_PATH = 30  # folders within folders, of which a nested model takes two
_PACKINGS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})  # others may need any memory
_ENCRYPTED = 0x1  # of a member's flags

_HDF5, _ZIP, _PICKLE = b"\x89HDF\r\n\x1a\n", b"PK\x03\x04", b"\x80"  # how such files begin
_CONFIG, _METADATA, _WEIGHTS = "config.json", "metadata.json", "model.weights.h5"
ASSETS = "assets/"
"""The folder of a .keras that has the vocabularies of layers."""

_ALLOWED = Message("model_file", {"most": MOST_BYTES // 2**20})


class Kind(Enum):
    """What a file is."""

    KERAS = auto()
    HDF5 = auto()
    JSON = auto()
    EMPTY = auto()
    TORCH = auto()
    SAVED_MODEL = auto()
    ARRAYS = auto()
    TEXT = auto()
    OTHER = auto()


class SavedFiles(NamedTuple):
    """The files of a model."""

    format: Format
    config: bytes  # the model's, as JSON; b"" of an .h5, in which it stands
    metadata: bytes  # b"" if there is none
    data: bytes  # the .keras, or the HDF5 file with the weights
    assets: tuple[str, ...] = ()  # the names in a .keras of the vocabularies of layers

    def weights(self) -> bytes:
        """The HDF5 file with the weights."""
        return self.member(_WEIGHTS) if self.format == "keras" else self.data

    def member(self, name: str) -> bytes:
        """A file in a .keras."""
        with _archive(self.data) as archive:
            return archive.read(name)


def refused(got: Message, allowed: Message = _ALLOWED) -> SettingsError:
    """The error for files of which that was got."""
    return SettingsError(Problem(FIELD, got, allowed))


def saved_files(files: Mapping[str, bytes]) -> SavedFiles:
    """What stands in a visitor's files.

    Raises:
        SettingsError: they are not those of one model that Keras has saved, or too large.
    """
    if (count := sum(map(len, files.values()))) > MOST_BYTES:
        raise refused(Message("file_size", {"count": count}))
    found = {_kind(name, data): data for name, data in files.items()}
    kinds = {*found} if len(found) == len(files) else set()
    if kinds == {Kind.KERAS}:
        return _of_archive(found[Kind.KERAS])
    if kinds == {Kind.HDF5}:
        if next(iter(files)).endswith(".weights.h5"):
            raise refused(Message("model_weights_alone"))
        return SavedFiles("h5", b"", b"", found[Kind.HDF5])
    if kinds == {Kind.HDF5, Kind.JSON}:
        return SavedFiles("weights", found[Kind.JSON], b"", found[Kind.HDF5])
    if len(files) == 1:
        raise refused(*map(_refusal, found))
    raise refused(Message("model_files", {"count": len(files)}))


def parsed(config: bytes | str) -> dict[str, Any]:
    """A model's configuration.

    Raises:
        SettingsError: it is no JSON, or larger or deeper than one that is read.
    """
    data = config.encode("utf-8", "surrogatepass") if isinstance(config, str) else config
    if len(data) > _MOST_CONFIG:
        raise refused(Message("model_config_size", {"count": len(data)}))
    brackets = data.count(b"{") + data.count(b"[")
    if brackets > _MOST_BRACKETS or data.count(b",") > _MOST_COMMAS:
        raise refused(Message("model_config_large"))
    try:
        found = json.loads(data.decode())
        if b"\\u" in data:
            json.dumps(found, ensure_ascii=False).encode()  # half a character has no bytes
    except (ValueError, RecursionError):
        raise refused(Message("model_config")) from None
    if not isinstance(found, dict) or _is_deep(found):
        raise refused(Message("model_config"))
    return found


def _is_deep(found: Any) -> bool:
    level = [found]
    for _ in range(_DEEPEST):
        level = [inner for outer in level for inner in _inside(outer)]
        if not level:
            return False
    return True


def _inside(outer: Any) -> Iterator[Any]:
    match outer:
        case dict():
            yield from (each for each in outer.values() if isinstance(each, dict | list))
        case list():
            yield from (each for each in outer if isinstance(each, dict | list))


def _refusal(kind: Kind) -> Message:
    """What is said of a file that is no model by itself."""
    return {
        Kind.JSON: Message("model_json_alone"),
        Kind.EMPTY: Message("model_empty"),
        Kind.TORCH: Message("model_torch"),
        Kind.SAVED_MODEL: Message("model_saved_model"),
        Kind.ARRAYS: Message("model_arrays"),
        Kind.TEXT: Message("model_text"),
    }.get(kind, Message("no_file"))


def _kind(name: str, data: bytes) -> Kind:
    if data.startswith(_HDF5):
        return Kind.HDF5
    if data.startswith(_ZIP):
        return _kind_of_archive(data)
    if name.endswith((".pb", ".pbtxt")):
        return Kind.SAVED_MODEL
    if data.startswith(_PICKLE) or name.endswith((".pt", ".pth")):
        return Kind.TORCH
    if data[8:9] == b"{" and name.endswith(".safetensors"):
        return Kind.ARRAYS
    return _kind_of_text(data)


def _kind_of_text(data: bytes) -> Kind:
    if not data:
        return Kind.EMPTY
    if data.lstrip()[:1] == b"{":
        return Kind.JSON
    start = data[:1000]
    said = start.decode("utf-8", "ignore")
    is_text = len(said.encode()) > len(start) - 4  # the last character may be cut
    return Kind.TEXT if is_text and "\0" not in said else Kind.OTHER


def _kind_of_archive(data: bytes) -> Kind:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = archive.namelist()
    except Exception:  # of a broken file, zipfile raises many kinds
        return Kind.OTHER
    ends = {name.rpartition("/")[2] for name in names}
    if _CONFIG in names:
        return Kind.KERAS
    for end, kind in {"saved_model.pb": Kind.SAVED_MODEL, "data.pkl": Kind.TORCH}.items():
        if end in ends:
            return kind
    is_npz = all(end.endswith(".npy") for end in ends)
    return Kind.ARRAYS if is_npz or _WEIGHTS in names else Kind.OTHER


def _of_archive(data: bytes) -> SavedFiles:
    """What stands in a .keras file."""
    with _archive(data) as archive:
        sizes = {each.filename: each.file_size for each in archive.infolist()}
        if not _is_plain(archive.infolist()):
            raise refused(Message("model_archive"))
        if _WEIGHTS not in sizes:
            raise refused(Message("model_no_weights"))
        for name in (_CONFIG, _METADATA):
            if (count := sizes.get(name, 0)) > _MOST_CONFIG:
                raise refused(Message("model_config_size", {"count": count}))
        config = archive.read(_CONFIG)
        metadata = archive.read(_METADATA) if _METADATA in sizes else b""
    assets = (name for name in sizes if name.startswith(ASSETS) and not name.endswith("/"))
    return SavedFiles("keras", config, metadata, data, tuple(assets))


@contextmanager
def _archive(data: bytes) -> Generator[zipfile.ZipFile]:
    """A .keras, to read from."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            yield archive
    except SettingsError:
        raise
    except Exception:  # of a broken file, zipfile raises many kinds
        raise refused(Message("no_file")) from None


def _is_plain(members: list[zipfile.ZipInfo]) -> bool:
    """Whether Keras may have written an archive: files, each once, below one folder."""
    names = [member.filename for member in members]
    return (
        len(members) <= _MOST_MEMBERS
        and len(set(names)) == len(names)
        and all(map(_is_below, members))
        and sum(member.file_size for member in members) <= _MOST_UNPACKED
    )


def _is_below(member: zipfile.ZipInfo) -> bool:
    """Whether a member of an archive is a file that stays in the folder it is unpacked into."""
    path = PurePosixPath(member.filename)
    is_plain = member.compress_type in _PACKINGS and not member.flag_bits & _ENCRYPTED
    is_file = stat.S_IFMT(member.external_attr >> 16) in (0, stat.S_IFREG, stat.S_IFDIR)
    is_inside = not path.is_absolute() and ".." not in path.parts
    is_inside = is_inside and len(path.parts) <= _DEEPEST_PATH
    return is_plain and is_file and is_inside and not set(member.filename) & set("\\:\0")
