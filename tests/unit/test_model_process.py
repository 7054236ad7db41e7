"""A visitor's model in a process of its own: what that process may not do, what may come back from
it, how it is replaced, and how much is kept."""

from __future__ import annotations

import json
import os
import pickle
import signal
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.backend.cells import Dropout
from components.backend.explained.explain import Explained, LayerCall
from components.backend.explained.own_layer import AnyLayer
from components.backend.explained.traces import CellTrace
from components.backend.question.linked import Message
from components.backend.question.weights import Origin, Weights
from components.backend.running.replay import Returned, Trace
from components.backend.your_model import store as stores
from components.backend.your_model.process import jail, wire
from components.backend.your_model.process.records import Opened, Snapshot, StoredModel
from components.backend.your_model.process.wire import ForgedError, packed, unpacked
from components.backend.your_model.saved.declared import ModelLayer
from components.backend.your_model.store import Store

Files = dict[str, bytes]
Python = Callable[..., str]


# What comes back


def of(trace: Trace) -> Explained:
    """What a process answers for a layer of that trace."""
    kernel = np.ones((2, 8), "float32")
    weights = Weights(Origin("given"), {"kernel": kernel})
    cell = CellTrace("", AnyLayer(cell="LSTM", units=700), weights, trace)
    returned = (Returned("outputs", ("sentence", "step", "unit"), trace.hidden),)
    layer = LayerCall(
        name="lstm",
        kind="LSTM",
        path=("inner",),
        number=0,
        parameter_count=40,
        dtype="float32",
        inputs=(trace.inputs,),
        returned=returned,
        cells=(cell,),
        difference=1e-7,
    )
    return Explained("model", "Functional", 40, returned, (layer,))


STEPS = np.arange(12, dtype="float32").reshape(1, 3, 4)
TRACE = Trace(
    tokens=np.array([[0, 1, 2]]),
    inputs=np.ones((1, 3, 2), "float32"),
    hidden=STEPS,
    cell=-STEPS,
    gates={"input": STEPS + 0.5},
    initial={"state_h": np.zeros((1, 4)), "state_c": np.zeros((1, 4))},
    mask=np.array([[True, True, False]]),
)
ANSWER = (of(TRACE),)
KIND = tuple[Explained, ...]
MESSAGE = packed(ANSWER)


def test_an_answer_comes_back_as_it_was_sent() -> None:
    (found,) = unpacked(MESSAGE, KIND)
    (layer,) = found.layers
    assert (found.name, found.kind, layer.path, layer.difference) == (
        *("model", "Functional"),
        *(("inner",), 1e-7),
    )
    assert layer.cells[0].layer == AnyLayer(cell="LSTM", units=700)
    assert layer.cells[0].weights == ANSWER[0].layers[0].cells[0].weights
    for name in ("tokens", "inputs", "hidden", "cell", "mask"):
        sent, came = getattr(TRACE, name), getattr(layer.trace, name)
        assert came.dtype == sent.dtype
        assert np.array_equal(came, sent)
        assert not came.flags.writeable
    assert np.array_equal(layer.trace.gates["input"], TRACE.gates["input"])
    assert layer.trace.dropout == Dropout()
    assert found.nbytes == ANSWER[0].nbytes


@pytest.mark.parametrize(
    "value",
    [
        *(None, True, -3, 1.5, float("inf"), "단어", "", b"", b"\0bytes"),
        *((), (1, (2, ("three",))), {"a": {"b": 1}}, {("a", "b"): "c"}),
        Message("model_size", {"size": 1.5}),
    ],
)
def test_plain_values_come_back(value: Any) -> None:
    assert unpacked(packed(value), Any) == value


@pytest.mark.parametrize(
    "array",
    [
        np.zeros((0, 3), "int64"),
        np.array(2.0),
        np.arange(6, dtype="float16").reshape(2, 3).T,
        np.array([["a", "긴 단어"], ["", "d"]]),
        np.array([True, False]),
    ],
    ids=lambda array: f"{array.dtype}{array.shape}",
)
def test_arrays_of_all_kinds_come_back(array: np.ndarray) -> None:
    found = unpacked(packed(array), np.ndarray)
    assert found.dtype == array.dtype
    assert np.array_equal(found, array)


def test_texts_of_keras_come_back_as_texts() -> None:
    objects = np.array([["né".encode(), b"\xff"]], dtype=object)
    assert unpacked(packed(objects), np.ndarray).tolist() == [["né", "�"]]


def test_what_is_too_long_is_not_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(wire.TooLongError):
        packed("a" * wire.MOST_JSON)
    monkeypatch.setattr(wire, "MOST_BYTES", wire.MOST_JSON + 1000)
    packed(np.zeros(1000, "int8"))
    with pytest.raises(wire.TooLongError):
        packed(np.zeros(1001, "int8"))


def message(plain: Any, arrays: bytes = b"") -> bytes:
    """A message as somebody forges it."""
    text = json.dumps(plain).encode()
    head = len(text).to_bytes(8, "big") + text
    return head + bytes(-len(head) % 16) + arrays


def record(name: str, **fields: Any) -> dict[str, Any]:
    return {"record": [name, fields]}


def changed(**fields: Any) -> bytes:
    """The answer, with other fields in it."""
    return packed((replace(ANSWER[0], **fields),))


LAYER = ANSWER[0].layers[0]
CELL = LAYER.cells[0]
FORGED: Mapping[str, bytes] = {
    "nothing": b"",
    "no JSON": (5).to_bytes(8, "big") + b"\xff{[,]",
    "a length beyond the end": (2**40).to_bytes(8, "big") + b"[]",
    "JSON that never ends": (2**63).to_bytes(8, "big"),
    "a pickle": pickle.dumps(ANSWER),
    "deep": message(0)[:8] + b"[" * 100_000,
    "deeper": (200_000).to_bytes(8, "big") + b"[" * 100_000 + b"]" * 100_000,
    "another class": message([record("PosixPath", args=["/"])]),
    "a built-in": message([record("eval", source="1")]),
    "a class that is no name": message([record(["Origin"], kind="a")]),  # type: ignore[arg-type]
    "unknown fields": message([record("Origin", kind="a", names="b")]),
    "fields in a list": message([{"record": ["Origin", ["a"]]}]),
    "no kind": message([{}]),
    "another kind": message([{"pickle": "gASV"}]),
    "two kinds": message([{"bytes": 0, "array": ["|u1", [0]]}]),
    "objects": message([{"array": ["|O", [1]]}], bytes(8)),
    "records of NumPy": message([{"array": ["i4,i4", [1]]}], bytes(8)),
    "a negative shape": message([{"array": ["<f4", [-1]]}], bytes(8)),
    "more than there is": message([{"array": ["<f4", [3]]}], bytes(8)),
    "more than all memory": message([{"array": ["<f4", [2**40, 2**40]]}], bytes(8)),
    "half an axis": message([{"array": ["<f4", [0.5]]}], bytes(8)),
    "too many axes": message([{"array": ["<f4", [1] * 100]}], bytes(8)),
    "no characters": message([{"array": ["<U1", [1]]}], b"\xff" * 4),
    "fewer bytes than none": message([{"bytes": -5}], bytes(8)),
    "a list as a name": message([{"mapping": [[{"mapping": []}, 1]]}]),
    "pairs of three": message([{"mapping": [[1, 2, 3]]}]),
    "no answer": message("found"),
    "a number as a name": changed(name=3),
    "a text as a number": changed(parameter_count="40"),
    "a text as an array": changed(layers=(replace(LAYER, inputs=("a",)),)),
    "a list as a record": changed(layers=((1, 2),)),
    "another record": changed(layers=(CELL,)),
    "another trace": changed(layers=(replace(LAYER, cells=(replace(CELL, trace=None),)),)),
    "weights of texts": message([record("Weights", origin=None, arrays={"mapping": [["a", "b"]]})]),
    "settings out of range": MESSAGE.replace(b'"units": 700', b'"units": -70'),
}


@pytest.mark.parametrize("name", FORGED)
def test_a_forged_answer_fails_and_does_nothing_else(name: str) -> None:
    with pytest.raises(ForgedError):
        unpacked(FORGED[name], KIND)


@given(st.integers(0, len(MESSAGE) - 1), st.binary(min_size=1, max_size=8))
def test_a_damaged_answer_fails_or_is_one(at: int, put: bytes) -> None:
    try:
        found = unpacked(MESSAGE[:at] + put + MESSAGE[at + len(put) :], KIND)
    except ForgedError:
        return
    assert all(type(each) is Explained for each in found)
    assert all(type(layer) is LayerCall for each in found for layer in each.layers)


# What it may not do


@pytest.fixture
def tmp_path() -> Iterator[Path]:
    """A folder that other users may enter, which those of pytest are not."""
    with TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


def tried(python: Python, tmp_path: Path, before: str = "") -> dict[str, str]:
    """What a process cannot do in its jail, and the errors that it gets."""
    (tmp_path / "outside").mkdir()
    (tmp_path / "inside").mkdir()
    (tmp_path / "outside" / "file").write_text("secret")
    (tmp_path / "outside").chmod(0o755)
    code = f"""
import json, os, signal, socket, subprocess, sys
from pathlib import Path
from components.backend.your_model.process import jail

outside, inside = Path({str(tmp_path / "outside" / "file")!r}), Path({str(tmp_path / "inside")!r})
listening = socket.create_server(("127.0.0.1", 0))
port = listening.getsockname()[1]
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
{before}
jail.enter(inside)
assert Path.cwd() == inside
(inside / "own").write_text("own")

def connect():
    socket.create_connection(("127.0.0.1", port))

def fork():
    if not os.fork():
        os._exit(0)

def write_much():
    with open("much", "wb") as file:
        file.seek(jail.LARGEST_FILE)
        file.write(b"1")

many = []
tries = dict(
    connect=connect,
    fork=fork,
    write_much=write_much,
    read=lambda: outside.read_text(),
    list=lambda: os.listdir(outside.parent),
    scan=lambda: [*os.scandir(outside.parent)],
    leave=lambda: os.chdir(outside.parent),
    write=lambda: (outside.parent / "new").write_text("new"),
    append=lambda: outside.open("a"),
    remove=lambda: outside.unlink(),
    rename=lambda: os.rename(inside / "own", outside.parent / "own"),
    run=lambda: subprocess.run([sys.executable, "-c", ""], check=True),
    memory=lambda: bytearray(3 * jail.MEMORY // 2),
    files=lambda: many.extend(open("own") for _ in range(100)),
)
found = {{}}
for name, attempt in tries.items():
    try:
        attempt()
    except BaseException as error:
        found[name] = type(error).__name__
    many.clear()
assert (inside / "own").read_text() == "own"
print(json.dumps(found))
"""
    return json.loads(python("-c", code))


LIMITS = {"write_much": "OSError", "memory": "MemoryError", "files": "OSError"}


def test_it_computes_and_does_nothing_else(python: Python, tmp_path: Path) -> None:
    found = tried(python, tmp_path)
    assert {*found} >= {"connect", "fork", "read", "list", "write", "append", "remove", *LIMITS}
    assert {*found} >= {"rename", "run"}
    assert {name: found[name] for name in LIMITS} == LIMITS
    assert (tmp_path / "outside" / "file").read_text() == "secret"
    assert os.listdir(tmp_path / "outside") == ["file"]


WITHOUT_SYSTEM = """
def refused(*_):
    raise OSError("not here")
jail._call = jail._become_nobody = refused
"""
WITHOUT_PYTHON = "sys.addaudithook = lambda hook: None"


def test_python_itself_refuses_what_the_system_lets_it_do(python: Python, tmp_path: Path) -> None:
    found = tried(python, tmp_path, WITHOUT_SYSTEM)
    refused = ("connect", "fork", "read", "list", "scan", "leave", "write", "append", "remove")
    refused += ("rename", "run")
    assert {name: found.get(name) for name in refused} == dict.fromkeys(refused, "PermissionError")


def has_landlock() -> bool:
    try:
        return jail._call("syscall", jail._CREATE_RULES, None, 0, 1) > 0
    except OSError:
        return False


@pytest.mark.skipif(not has_landlock(), reason="needs Landlock, of Linux 5.13")
@pytest.mark.parametrize("user", ["root", "another"])
def test_the_system_refuses_it_too(python: Python, tmp_path: Path, user: str) -> None:
    before = WITHOUT_PYTHON
    if user == "another":
        if os.getuid():
            pytest.skip("only root can be another user")
        before += "\nos.chown(inside, 12345, 12345); os.chown(outside.parent, 12345, 12345)"
        before += "\nos.chown(outside, 12345, 12345); os.setgid(12345); os.setuid(12345)"
    found = tried(python, tmp_path, before)
    wanted = ("connect", "read", "write", "append", "remove", "rename", "run")
    assert {*found} >= {*wanted}
    assert (tmp_path / "outside" / "file").read_text() == "secret"


@pytest.mark.skipif(os.getuid() != 0, reason="only root can be another user")
def test_it_cannot_start_very_many_processes(python: Python, tmp_path: Path) -> None:
    code = f"""
import os, resource
from pathlib import Path
from components.backend.your_model.process import jail
jail.enter(Path({str(tmp_path)!r}))
print(os.getuid(), *resource.getrlimit(resource.RLIMIT_NPROC))
"""
    user, *most = map(int, python("-c", code).split())
    assert user != 0
    assert all(0 < each <= 4096 for each in most)


def test_it_ends_once_it_has_computed_for_too_long(python: Python) -> None:
    code = """
import os, sys
from components.backend.your_model.process import jail
if not (number := os.fork()):
    jail.allow_seconds(1)
    while True:
        pass
print(os.waitstatus_to_exitcode(os.waitpid(number, 0)[1]))
"""
    assert int(python("-c", code)) == -signal.SIGXCPU


def test_what_a_process_leaves_is_removed_however_deep_it_is(tmp_path: Path) -> None:
    elsewhere, folder = tmp_path / "elsewhere", tmp_path / "folder"
    elsewhere.mkdir(mode=0o500)
    folder.mkdir()
    (folder / "link").symlink_to(elsewhere)
    level = os.open(folder, os.O_RDONLY)
    for _ in range(2000):
        os.mkdir("a", dir_fd=level)
        below = os.open("a", os.O_RDONLY, dir_fd=level)
        os.close(level)
        level = below
    os.close(level)
    jail.remove(folder)
    assert not folder.exists()
    assert elsewhere.stat().st_mode & 0o777 == 0o500


# How much is kept


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Store[StoredModel]:
    """A small one."""
    monkeypatch.setattr(stores, "MOST_VISITORS", 5)
    return Store(110_000, 50_000)


def hold(store: Store[StoredModel], model: StoredModel, visitor: str) -> None:
    store.hold(model.opened.key, model, visitor)


def a_model(key: str, size: int) -> StoredModel:
    """A model of so many thousand bytes."""
    return StoredModel(
        Opened(key=key, name="", kind=""), Snapshot({"model.keras": bytes(1000 * size)}, "")
    )


def held(store: Store[StoredModel], keys: str) -> str:
    """Which of these models are kept."""
    return "".join(key for key in keys if store.get(key))


def test_a_visitor_who_opens_more_loses_the_oldest(store: Store[StoredModel]) -> None:
    for key in "abc":
        hold(store, a_model(key, 20), "one")
    assert held(store, "abc") == "bc"


def test_a_model_stays_as_long_as_another_visitor_has_opened_it(store: Store[StoredModel]) -> None:
    hold(store, a_model("a", 20), "one")
    hold(store, a_model("a", 20), "two")
    for key in "bc":
        hold(store, a_model(key, 20), "one")
    assert held(store, "abc") == "abc"


def test_of_all_models_those_used_last_are_kept(store: Store[StoredModel]) -> None:
    for key in "abcd":
        hold(store, a_model(key, 25), key)
    assert store.get("a")
    hold(store, a_model("e", 25), "e")
    assert held(store, "abcde") == "acde"


def test_of_very_many_visitors_those_who_came_last_are_known(store: Store[StoredModel]) -> None:
    for number in range(20):
        hold(store, a_model(f"{number:x}", 1), str(number))
    assert held(store, "0123456789abcdef") == "f"
    assert len(store._visitors) == 5


def test_models_that_are_not_run_take_memory_too(store: Store[StoredModel]) -> None:
    layers = tuple(ModelLayer((), "x" * 20_000, "Own", ()) for _ in range(2))
    for key in "abc":
        hold(
            store,
            StoredModel(Opened(key=key, name="", kind="", layers=layers), Snapshot({}, "")),
            "one",
        )
    assert held(store, "abc") == "c"


def test_opening_one_again_makes_it_the_latest(store: Store[StoredModel]) -> None:
    for key in "abac":
        hold(store, a_model(key, 20), "one")
    assert held(store, "abc") == "ac"
