"""Files that were made to harm: Keras gets nothing of them but its own layers, and reading them
takes little time and memory."""

from __future__ import annotations

import copy
import io
import json
import pickle
import time
import tracemalloc
import zipfile
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import h5py
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.backend import SettingsError
from components.backend.your_model.saved import known_layers as known
from components.backend.your_model.saved.config import read
from components.backend.your_model.saved.cut import MOST_CALLS, MOST_LAYERS
from components.backend.your_model.saved.declared import Declared
from components.texts import LANGUAGES, speaking
from tests.architectures import MODELS, as_keras2, saved
from tests.strategies import examples

MEMORY = 400 * 2**20  # bytes that reading may take: of a packed archive, what is in it
SECONDS = 12.0  # that reading may take, on a machine that is busy
Json = dict[str, Any]

URL, PATH = "https://evil.example/x.txt", "/etc/passwd"


def keras_file(config: Any, **members: bytes) -> dict[str, bytes]:
    """A .keras with that configuration."""
    said = config if isinstance(config, bytes) else json.dumps(config).encode()
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("config.json", said)
        archive.writestr("metadata.json", '{"keras_version": "3.15.1"}')
        archive.writestr("model.weights.h5", b"\x89HDF\r\n\x1a\n")
        for name, data in members.items():
            archive.writestr(name.replace("__", "/"), data)
    return {"model.keras": content.getvalue()}


def layer(kind: str, module: Any = "keras.layers", registered: Any = None, **config: Any) -> Json:
    said = {"module": module, "class_name": kind, "registered_name": registered}
    return said | {"config": {"name": kind.lower()} | config}


INPUT = layer("InputLayer", batch_shape=[None, 4], dtype="float32", name="in")


def sequence(*parts: Json) -> Json:
    """A Sequential model with these layers before its last."""
    last = layer("Dense", units=1, name="last")
    return layer("Sequential", "keras", layers=[INPUT, *parts, last], name="model")


def dense(**arguments: Any) -> Json:
    return sequence(layer("Dense", **({"units": 2} | arguments)))


def function(name: str, module: str = "builtins", registered: str | None = None) -> Json:
    said = {"module": module, "class_name": "function", "config": name}
    return said | {"registered_name": registered or name}


def tensor_of(name: str, call: int = 0) -> Json:
    """What a layer returns at one of its calls."""
    history = {"shape": [None, 4], "dtype": "float32", "keras_history": [name, call, 0]}
    return {"class_name": "__keras_tensor__", "config": history}


def of_tensor(argument: Any, times: int = 1) -> Json:
    """A functional model in which a layer is called with that, so many times."""
    nodes = [{"args": [tensor_of("in")], "kwargs": {"mask": argument}}] * times
    parts = [
        INPUT | {"name": "in", "inbound_nodes": []},
        layer("Dense", units=1, name="last") | {"name": "last", "inbound_nodes": nodes},
    ]
    ends = {"input_layers": [["in", 0, 0]], "output_layers": [["last", 0, 0]]}
    return layer("Functional", "keras.src.models.functional", layers=parts, **ends)


CODE = {"class_name": "__lambda__", "config": {"value": "4wEAAAAA", "defaults": None}}
RUN = {"module": "os", "class_name": "function", "config": "system", "registered_name": "system"}
FETCH = function("get_file", "keras.utils")

ATTACKS: dict[str, Json] = {
    # CVE-2024-3660 and before: code in the file
    "Lambda": sequence(layer("Lambda", function=CODE)),
    "Lambda, as Keras 2 has it": sequence(layer("Lambda", function=["4wEAAAAA", None, None])),
    "Lambda in TimeDistributed": sequence(
        layer("TimeDistributed", layer=layer("Lambda", function=CODE))
    ),
    "Lambda in a model in TimeDistributed": sequence(
        layer("TimeDistributed", layer=sequence(layer("Lambda", function=CODE)))
    ),
    "Lambda as an activation": dense(activation=layer("Lambda", function=CODE)),
    "Lambda of another module": sequence(layer("Lambda", "keras", function=CODE)),
    "code as an activation": dense(activation=CODE),
    "code as a layer": sequence({"name": "x", **CODE}),
    # CVE-2025-1550: any module, any function
    "os.system as an activation": dense(activation=RUN),
    "os.system as a layer": sequence({"name": "x", **RUN}),
    "module os": sequence(layer("Dense", "os", units=1)),
    "module null": sequence(layer("Dense", None, "Dense", units=1)),
    "a module that looks like Keras's": sequence(layer("Dense", "keras_evil.layers", units=1)),
    "a module below Keras's": sequence(layer("Dense", "keras.layers/../os", units=1)),
    "code as an initializer": dense(kernel_initializer=CODE),
    "os.system as an initializer": dense(kernel_initializer=RUN, bias_constraint=RUN),
    "os.system as a dtype": dense(dtype=RUN),
    "os.system as an argument": of_tensor(RUN),
    "code in a list of arguments": of_tensor([{"a": CODE}]),
    "a type as an argument": of_tensor(
        {"class_name": "__typespec__", "spec_name": "x", "module": "os", "config": []}
    ),
    # CVE-2025-8747 and -9906: Keras's own functions, to fetch files and to allow code
    "get_file": dense(activation=FETCH),
    "get_file as a layer": sequence({"name": "x", **FETCH, "origin": URL}),
    "get_file as an argument": of_tensor(FETCH),
    "enable_unsafe_deserialization": sequence(
        layer("function", "keras.config", config="enable_unsafe_deserialization"),
    ),
    "load_model as an activation": dense(activation=function("load_model", "keras.models")),
    "a Keras class that is no layer": sequence(layer("Progbar", "keras.utils", target=1)),
    "a Keras class in a hidden module": sequence(layer("TFSMLayer", filepath=PATH)),
    "PyTorch in Keras": sequence(layer("TorchModuleWrapper", module=CODE)),
    "an operation that takes a function": sequence(layer("Map", "keras.src.ops.core", f=CODE)),
    # CVE-2025-12058: a vocabulary out of a file, or of another server
    "a vocabulary's path": sequence(layer("StringLookup", vocabulary=PATH)),
    "a vocabulary's address": sequence(layer("TextVectorization", vocabulary=URL)),
    "a vocabulary in an object": sequence(layer("IntegerLookup", vocabulary=FETCH)),
    "a vocabulary's path in Bidirectional": sequence(
        layer("Bidirectional", layer=layer("StringLookup", vocabulary=PATH))
    ),
    "a path as an argument": sequence(layer("Conv1D", filters=1, kernel_size=1, padding=PATH)),
    "a path as an argument of a call": of_tensor(PATH),
    "a function that takes words apart": sequence(
        layer("TextVectorization", vocabulary=["a"], split=RUN)
    ),
    "a name of a function that takes words apart": sequence(
        layer("TextVectorization", vocabulary=["a"], standardize="os.system")
    ),
    # somebody else's classes
    "a registered name": sequence(layer("Dense", registered="evil>Dense", units=1)),
    "a registered name of Keras's": sequence(layer("Dense", registered="keras>Lambda", units=1)),
    "a registered name in a list": sequence(layer("Dense", registered=["x"], units=1)),
    "a registered cell": sequence(layer("RNN", cell=layer("Own", None, "mine>Own", units=1))),
    "a cell that is no cell": sequence(layer("RNN", cell=layer("Lambda", function=CODE))),
    "cells with code": sequence(
        layer("RNN", cell=[layer("GRUCell", units=2), layer("GRUCell", units=2, activation=CODE)])
    ),
    "a model of one's own": layer("Own", None, "mine>Own", layers=[]),
    "a top-level function": RUN,
    "a compile_config": sequence() | {"compile_config": {"loss": CODE, "optimizer": RUN}},
    "a build_config": sequence(layer("Dense", units=1) | {"build_config": RUN}),
    "a layer whose arguments are a function": sequence(layer("Dense", units=1) | {"config": FETCH}),
    "a shared object": sequence(layer("Dense", units=1) | {"shared_object_id": {"x": CODE}}),
    # too large
    "a billion units": dense(units=10**9),
    "a number of 4,000 digits": dense(units=10**3999),
    "a billion repeats": sequence(layer("RepeatVector", n=10**12)),
    "a shape of billions": layer(
        "Sequential",
        "keras",
        layers=[layer("InputLayer", batch_shape=[None, 10**12], name="in"), layer("Flatten")],
    ),
    "thousands of layers": sequence(
        *(layer("Flatten", name=f"f{n}") for n in range(MOST_LAYERS + 1))
    ),
    "a name of a megabyte": sequence(layer("Dense", units=1, name="x" * 2**20)),
    # graphs that are none
    "a layer that reads itself": of_tensor(tensor_of("last")),
    "a layer that reads nothing": of_tensor(tensor_of("gone")),
    "a call of a large number": of_tensor(tensor_of("in", 10**9)),
    "an array of another kind": of_tensor(
        {"class_name": "__numpy__", "config": {"value": [1], "dtype": "object"}}
    ),
    "two layers of one name": sequence(layer("Dense", units=1), layer("Dense", units=1)),
    "no layers": layer("Sequential", "keras", layers=None),
    "layers that are none": layer("Sequential", "keras", layers=[None, 1, "x", [], {}]),
    "an empty object": {},
    "half a character": sequence(layer("Dense", units=1, name="\ud800")),
}


def objects(config: Any) -> Iterator[Json]:
    """All objects in a configuration."""
    if isinstance(config, dict):
        if "class_name" in config:
            yield config
        for each in config.values():
            yield from objects(each)
    elif isinstance(config, list):
        for each in config:
            yield from objects(each)


def strings(config: Any) -> Iterator[str]:
    """All texts in a configuration, but names, and the words of vocabularies."""
    if isinstance(config, str):
        yield config
    elif isinstance(config, dict | list):
        for key, each in config.items() if isinstance(config, dict) else enumerate(config):
            if key not in ("name", "keras_history", "vocabulary"):
                yield from strings(each)


MODULES = {"keras", "keras.layers", "keras.src.models.functional", *known.OPERATIONS.values()}
PLAIN = {"__keras_tensor__", "__slice__", "__ellipsis__", "__numpy__", "__tensor__"}
CLASSES = known.LAYERS | known.CELLS | known.MODELS | known.OPERATIONS.keys() | {known.INPUT}
OLD = {"module": "builtins", "class_name": "function", "config": "hard_sigmoid_keras2"}


def assert_harmless(declared: Declared) -> None:
    """Keras is given nothing but its own classes, with plain values."""
    for each in objects(declared.config):
        if each["class_name"] in PLAIN:
            assert each.keys() == {"class_name", "config"}
        elif each["class_name"] == "function":
            assert each == OLD | {"registered_name": OLD["config"]}
        else:
            assert each["module"] in MODULES
            assert each["class_name"] in CLASSES | {*known.EXPORTED.values()}
            assert each["registered_name"] is None
            assert "compile_config" not in each
    assert not any({*said} & {*"/:\\"} for said in strings(declared.config))
    assert len(declared.layers) <= MOST_LAYERS
    for each in declared.layers:
        assert all(0 <= index < len(declared.layers) for index in each.reads)
        for language in LANGUAGES:
            with speaking(language):
                assert len(str(each.blocked)) < 400
    assert json.dumps(declared.config, ensure_ascii=False).encode()


def read_or_refuse(files: dict[str, bytes]) -> Declared | None:
    """What is read of a file, within bounds of time and memory; None if it is refused."""
    tracemalloc.start()
    start = time.monotonic()
    try:
        declared = read(files)
    except SettingsError as error:
        assert len(str(error)) < 1000
        declared = None
    assert time.monotonic() - start < SECONDS
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < MEMORY
    if declared is not None:
        assert_harmless(declared)
    return declared


HARMLESS = (
    *("code as an initializer", "os.system as an initializer", "a compile_config"),
    *("a build_config", "a shared object"),
)
"""What is left out, and the model run without it."""


@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_is_refused_or_cut(name: str) -> None:
    declared = read_or_refuse(keras_file(ATTACKS[name]))
    if name in HARMLESS:
        assert declared is not None
        assert declared.is_whole
    else:
        assert declared is None or not declared.is_whole
        if declared is not None and "last" in [each.name for each in declared.layers]:
            assert "last" not in json.dumps(declared.config)


@pytest.mark.parametrize("name", [name for name in ATTACKS if name not in HARMLESS])
def test_it_is_refused_or_cut_where_no_modules_are_named(name: str) -> None:
    """As in files of Keras 2: a class that is named as one of Keras's is then Keras's."""
    config = copy.deepcopy(ATTACKS[name])
    for each in objects(config):
        each.pop("module", None)
        each.pop("registered_name", None)
    declared = read_or_refuse({"model.keras": as_keras2(keras_file(config)["model.keras"])})
    if not any(word in name for word in ("module", "registered", "Keras's", "shape")):
        assert declared is None or not declared.is_whole


@pytest.mark.parametrize(
    "name", ["Lambda", "os.system as an activation", "get_file", "a vocabulary's path"]
)
def test_it_is_refused_or_cut_in_each_kind_of_file(name: str) -> None:
    said = json.dumps(ATTACKS[name]).encode()
    alone = {"model.json": said, "model.weights.h5": b"\x89HDF\r\n\x1a\n"}
    for files in (alone, {"model.h5": hdf5(said)}):
        declared = read_or_refuse(files)
        assert declared is None or not declared.is_whole


def test_a_model_of_very_many_calls_is_refused() -> None:
    with pytest.raises(SettingsError) as error:
        read(keras_file(of_tensor(None, MOST_CALLS + 1)))
    assert error.value.problems[0].got.name == "model_calls"


def archive(
    *members: tuple[str | zipfile.ZipInfo, bytes], packing: int = zipfile.ZIP_STORED
) -> bytes:
    """A good .keras with more files in it."""
    content = io.BytesIO(keras_file(sequence())["model.keras"])
    with zipfile.ZipFile(content, "a", packing) as file:
        for name, data in members:
            file.writestr(name, data)
    return content.getvalue()


def special(mode: int) -> zipfile.ZipInfo:
    member = zipfile.ZipInfo("assets/x")
    member.external_attr = mode << 16
    return member


def encrypted() -> bytes:
    data = bytearray(archive(("assets/x.txt", b"secret")))
    data[data.rindex(b"PK\x01\x02") + 8] |= 1
    return bytes(data)


ARCHIVES: dict[str, Callable[[], bytes]] = {
    "a deep path": lambda: archive(("assets/" + 30 * "a/" + "x", b"")),
    "a path above": lambda: archive(("assets/../../x", b"")),
    "a path above, by another slash": lambda: archive(("assets\\..\\x", b"")),
    "a whole path": lambda: archive(("/tmp/x", b"")),
    "a drive": lambda: archive(("C:/x", b"")),
    "a link": lambda: archive((special(0o120777), b"/etc/passwd")),
    "a device": lambda: archive((special(0o020666), b"")),
    "a name twice": lambda: archive(("config.json", b"{}")),
    "encryption": encrypted,
    "another packing": lambda: archive(("assets/x", b"x" * 1000), packing=zipfile.ZIP_BZIP2),
    "many files": lambda: archive(*((f"assets/{n}", b"") for n in range(2000))),
    "a bomb": lambda: archive(("assets/x", bytes(300 * 2**20)), packing=zipfile.ZIP_DEFLATED),
    "a bomb of many": lambda: archive(
        *((f"assets/{n}", bytes(8 * 2**20)) for n in range(30)), packing=zipfile.ZIP_DEFLATED
    ),
}


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("name", ARCHIVES)
def test_an_archive_that_keras_does_not_write_is_refused(name: str) -> None:
    with pytest.raises(SettingsError) as error:
        read({"model.keras": ARCHIVES[name]()})
    assert error.value.problems[0].got.name == "model_archive"


CONFIGS: dict[str, Callable[[], bytes]] = {
    "50 MB of brackets": lambda: b'{"a": [' + b"[]," * (17 * 2**20) + b"[]]}",
    "400,000 numbers": lambda: b'{"a": [' + b"1.2345678," * 400_000 + b"1]}",
    "deep": lambda: b'{"a":' * 150 + b"1" + b"}" * 150,
    "very deep": lambda: b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    "deep lists": lambda: b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "deep models": lambda: json.dumps(deep(40)).encode(),
    "a long number": lambda: b'{"a": ' + b"9" * 100_000 + b"}",
    "no JSON": lambda: b"{" * 10,
    "a list": lambda: b"[]",
    "no text": lambda: bytes(range(256)),
    "a pickle": lambda: pickle.dumps({"class_name": "Sequential"}),
    "a key twice": lambda: b'{"class_name": "Sequential", "class_name": "Lambda", "config": {}}',
}


def deep(levels: int) -> Json:
    made = layer("Dense", units=1, name="last")
    for level in range(levels):
        made = layer("Sequential", "keras", layers=[INPUT, made], name=f"m{level}")
    return made


@pytest.mark.parametrize("name", CONFIGS)
def test_a_configuration_that_is_none_is_refused(name: str) -> None:
    data = CONFIGS[name]()
    assert not getattr(read_or_refuse(keras_file(data)), "config", None)
    if name in ("very deep", "no text", "deep models"):  # and in the other kinds of file
        read_or_refuse({"model.json": data, "model.weights.h5": b"\x89HDF\r\n\x1a\n"})
        assert not getattr(read_or_refuse({"model.h5": hdf5(data)}), "config", None)


def hdf5(config: bytes) -> bytes:
    """An .h5 with that configuration; large ones stand beside the header."""
    content = io.BytesIO()
    with h5py.File(content, "w", libver="latest", track_order=True) as file:
        file.attrs["model_config"] = np.frombuffer(config, "V1") if b"\0" in config else config
        file.create_group("model_weights")
    return content.getvalue()


def test_a_bomb_of_weights_is_refused() -> None:
    """In an .h5 that has a configuration: arrays that are larger than the file are not read here,
    and those in other files not at all."""
    content = io.BytesIO()
    with h5py.File(content, "w") as file:
        file.attrs["model_config"] = json.dumps(sequence())
        group = file.create_group("model_weights/last/last")
        group.create_dataset("kernel", (2**40,), "f4", chunks=(2**20,), compression="gzip")
        group.create_dataset("bias", (4,), "f4", external=[("/etc/passwd", 0, 16)])
    declared = read_or_refuse({"model.h5": content.getvalue()})
    assert declared is not None
    assert [each.name for each in declared.layers] == ["last"]


REAL = ("nested models", "encoder and decoder", "TextVectorization", "RNN([GRUCell, GRUCell])")


@cache
def real(name: str) -> str:
    """The configuration that Keras writes of a model."""
    model, _ = MODELS[name]()
    data = saved(model, ".keras")["model.keras"]
    with zipfile.ZipFile(io.BytesIO(data)) as found:
        return found.read("config.json").decode()


HOSTILE = st.sampled_from(
    [
        *(CODE, RUN, FETCH, URL, PATH, None, True, -1, 2**70, 1.5, "", "x" * 300, "Lambda", "os"),
        *([], {}, [[]], {"class_name": "Lambda"}, {"class_name": 1, "config": 2}),
        *(["in", 0, 0], ["lstm", 5, 0], [["lstm", 0, 0, {}]], {"args": [], "kwargs": {}}),
        *(
            {"class_name": "__keras_tensor__", "config": {"keras_history": ["lstm", 0, 0]}},
            float("nan"),
        ),
        *(layer("Lambda", function=CODE), layer("Dense", "os", units=1), sequence(), INPUT),
        *(layer("StringLookup", vocabulary=PATH), layer("TimeDistributed", layer=RUN)),
    ]
)


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where anything stands in a configuration."""
    keys = (
        value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    )
    for key in keys:
        yield (*path, key)
        yield from places(value[key], (*path, key))


@examples(1)
@given(st.data())
def test_a_configuration_that_was_tampered_with_is_refused_or_cut(data: st.DataObject) -> None:
    config = json.loads(real(data.draw(st.sampled_from(REAL))))
    for _ in range(data.draw(st.integers(1, 4))):
        every = [*places(config)]
        *path, key = data.draw(st.sampled_from(every))
        owner = config
        for each in path:
            owner = owner[each]
        how = data.draw(st.sampled_from(("put", "drop", "twice")))
        if how == "put":
            owner[key] = data.draw(HOSTILE)
        elif how == "drop":
            del owner[key]
        elif isinstance(owner, list):
            owner.append(copy.deepcopy(owner[key]))
        if not isinstance(config, dict) or not config:
            break
    read_or_refuse(keras_file(config))
    read_or_refuse({"model.json": json.dumps(config).encode(), "w.h5": b"\x89HDF\r\n\x1a\n"})


@examples(1)
@given(st.binary(max_size=300), st.sampled_from([b"", b"PK\x03\x04", b"\x89HDF\r\n\x1a\n", b"{"]))
def test_any_bytes_are_refused(data: bytes, start: bytes) -> None:
    for name in ("model.keras", "model.json", "model.bin"):
        if not start.startswith(b"\x89"):  # a process for each
            assert read_or_refuse({name: start + data}) is None
