"""A visitor's model: opened and run in a process of its own, which is replaced when it ends."""

from __future__ import annotations

import io
import os
import random
import signal
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from components.backend.question.linked import Message, SettingsError
from components.backend.running import answers, engine
from components.backend.running.engine import EngineError
from components.backend.your_model import deciding_facts
from components.backend.your_model import opened as at
from components.backend.your_model.deciding_word import decided
from components.backend.your_model.opened import Opened, explained, open_model, opened
from components.backend.your_model.process import children, wire
from components.backend.your_model.process.records import Snapshot
from components.backend.your_model.question import Question
from components.backend.your_model.store import Store
from components.texts import speaking
from tests import architectures
from tests.architectures import FILES, keras, layers, own, with_members

Array = np.ndarray
Files = dict[str, bytes]
Layers = Callable[[Any], list[Any]]


def saved(model: Any, ending: str = ".keras") -> Files:
    """The files that Keras saves of a model."""
    return architectures.saved(model, ending)


IDS = np.array([[7, 3, 9, 0, 0, 0], [1, 19, 4, 8, 2, 0]])
NUMBERS = np.random.default_rng(1).normal(size=(2, 6, 4)).astype("float32")
NUMBERS[:, 4:] = 0
PATIENCE = 60.0  # seconds


@pytest.fixture(scope="module", autouse=True)
def processes() -> Iterator[None]:
    yield
    children.end()


@pytest.fixture(autouse=True)
def store(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No model is kept yet, and no answer."""
    monkeypatch.setattr(at, "_store", Store(at._MOST, at._MOST_A_VISITOR))
    answers.forget()
    yield
    answers.forget()


def built(make: Layers, reads: tuple[int | None, ...], dtype: str, batch: int | None = None) -> Any:
    """A sequential model of these layers, with the same weights each time."""
    with engine.use_keras() as (keras, _):
        keras.utils.set_random_seed(1)
        read = keras.Input(reads, batch, dtype=dtype, name="read")
        return keras.Sequential([read, *make(keras.layers)])


def of_ids(units: int = 5, ids: int = 20) -> Any:
    return built(
        lambda layers: [
            layers.Embedding(ids, 3, mask_zero=True, name="embedding"),
            layers.LSTM(units, return_sequences=True, name="lstm"),
            layers.Bidirectional(layers.GRU(2), name="both"),
            layers.Dense(1, activation="sigmoid", name="dense"),
        ],
        (None,),
        "int32",
    )


@cache
def file_of_ids() -> Files:
    """The file of that model."""
    return saved(of_ids())


def of_numbers(*, stateful: bool = False) -> Any:
    return built(
        lambda layers: [
            layers.Masking(name="masking"),
            layers.LSTM(3, return_sequences=True, stateful=stateful, name="lstm"),
            layers.Bidirectional(layers.GRU(2, stateful=stateful), name="both"),
        ],
        (6, 4),
        "float32",
        len(NUMBERS) if stateful else None,
    )


def of_words() -> Any:
    def make(layers: Any) -> list[Any]:
        words = layers.TextVectorization(output_sequence_length=4, vocabulary=["film", "좋은"])
        return [words, layers.Embedding(4, 3), layers.SimpleRNN(2, name="rnn"), layers.Dense(1)]

    return built(make, (), "string")


def called(model: Any, x: Array) -> Array:
    """What Keras itself returns."""
    with engine.use_keras() as (_, tensorflow):
        return np.array(model(tensorflow.constant(x)))


def answer(model: Opened, x: Array = IDS, **options: Any) -> Any:
    """What the only call of the model returns."""
    (found,) = explained(model.key, {"read": x}, **options)
    return found


def outputs(model: Opened, x: Array = IDS, **options: Any) -> Array:
    return answer(model, x, **options).returned[0].values


def process_of(model: Opened) -> int:
    """The number of the model's process."""
    with children.alone(model.key) as place:
        assert place.child is not None
        return place.child.number


def end_process(model: Opened) -> None:
    with children.alone(model.key) as place:
        place.end()


def is_running(number: int) -> bool:
    """Whether a process still has a thread that may hold its connection."""
    try:
        threads = [*Path(f"/proc/{number}/task").iterdir()]
        said = (threads[0] / "stat").read_text()
        return len(threads) > 1 or said.rpartition(")")[2].split()[0] != "Z"
    except (OSError, IndexError):
        return False


def wait_until(holds: Callable[[], bool]) -> None:
    until = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < until
        time.sleep(0.01)


# What is opened


@pytest.mark.parametrize("ending", FILES)
def test_a_model_returns_what_keras_returns(ending: str) -> None:
    model = of_ids()
    files = saved(model, ending)
    found = open_model(files, "visitor")
    assert opened(found.key) is found
    others = {f"other_{name}": content for name, content in files.items()}
    assert open_model(others, "another") is found
    (read,) = found.inputs
    assert (read.name, read.kind, read.shape, read.ids) == ("read", "ids", (None,), 20)
    assert found.parameter_count == model.count_params()
    assert [(row.name, row.parameter_count) for row in found.layers] == [
        (layer.name, layer.count_params()) for layer in model.layers
    ]
    with pytest.raises(EngineError, match="Error"):
        answer(found, np.full((1, 3), 1000))
    with ThreadPoolExecutor(30) as threads:  # it is computed once for all who ask at once
        got, *others = threads.map(lambda _: answer(found), range(30))
    assert all(each is got for each in others)
    assert np.allclose(got.returned[0].values, called(model, IDS), atol=1e-6)
    assert got.layer("lstm").trace.mask.tolist() == (IDS > 0).tolist()
    assert len(got.layer("both").cells) == 2


def test_words_are_read_by_the_models_own_layer() -> None:
    model = of_words()
    found = open_model(saved(model), "visitor")
    (read,) = found.inputs
    assert (read.kind, read.vocabulary) == ("words", ("", "[UNK]", "film", "좋은"))
    assert not found.has_masks
    x = np.array(["좋은 film", "a film"])
    got = answer(found, x)
    assert np.allclose(got.returned[0].values, called(model, x), atol=1e-6)
    assert got.layers[0].inputs[0].tolist() == x.tolist()
    assert got.layers[0].returned[0].values.tolist() == [[3, 2, 0, 0], [1, 2, 0, 0]]
    end_process(found)
    assert np.array_equal(outputs(found, x[::-1]), got.returned[0].values[::-1])


def test_what_reads_ids_is_found_behind_operations_and_in_nested_models() -> None:
    with engine.use_keras() as (keras, _):
        layers, read = keras.layers, keras.Input((None,), dtype="int32", name="read")
        inner_read = keras.Input((None,), dtype="int32")
        inner = keras.Model(inner_read, layers.Embedding(9, 3)(inner_read), name="inner")
        numbers = keras.Input((4,), batch_size=2, name="numbers")
        h = layers.GRU(4)(inner(keras.ops.flip(read, axis=1)))
        model = keras.Model([read, numbers], layers.Add()([h, numbers]))
    ids, other = open_model(saved(model), "visitor").inputs
    assert (ids.name, ids.kind, ids.ids) == ("read", "ids", 9)
    assert (other.name, other.kind, other.shape) == ("numbers", "numbers", (4,))


def test_without_masks_no_layer_gets_one() -> None:
    for model, x in ((of_ids(), IDS), (of_numbers(), NUMBERS)):
        found = open_model(saved(model), "visitor")
        assert found.has_masks
        masked, plain = answer(found, x), answer(found, x, masked=False)
        assert masked.layer("lstm").trace.mask is not None
        for layer in plain.layers:
            assert all(cell.trace.mask is None for cell in layer.cells)
        assert not np.allclose(masked.returned[0].values, plain.returned[0].values, atol=1e-4)
        again = outputs(found, x[::-1])
        assert np.allclose(again, masked.returned[0].values[::-1], atol=1e-6)  # masks are back
    with engine.use_keras() as (keras, _):  # a model that hands its mask to the layer itself
        read = keras.Input((None,), dtype="int32", name="read")
        x = keras.layers.Embedding(20, 3)(read)
        h = keras.layers.LSTM(2)(x, mask=keras.ops.not_equal(read, 0))
    assert open_model(saved(keras.Model(read, h)), "visitor").has_masks


def test_a_stateful_model_goes_on_from_zeros() -> None:
    model = of_numbers(stateful=True)
    found = open_model(saved(model), "visitor")
    assert found.is_stateful
    assert found.batch == len(NUMBERS)
    wanted = [called(model, NUMBERS) for _ in range(3)]
    for _ in range(2):  # and from zeros the second time too
        got = explained(found.key, {"read": NUMBERS}, calls=3)
        assert np.allclose([each.returned[0].values for each in got], wanted, atol=1e-6)
        assert np.allclose(
            got[1].layer("lstm").trace.initial["state_h"], got[0].layer("lstm").trace.hidden[:, -1]
        )
        answers.forget()


def test_a_model_that_is_not_run_has_its_rows_and_takes_no_process() -> None:
    with engine.use_keras() as (keras, _):
        model = keras.Sequential([keras.Input((2,)), keras.layers.Lambda(lambda x: x, name="own")])
    before = len(children._alive)
    found = open_model(saved(model), "visitor")
    assert [(row.kind, bool(row.blocked)) for row in found.layers] == [("Lambda", True)]
    assert explained(found.key, {}) == ()
    assert len(children._alive) == before


@pytest.mark.parametrize(
    ("ending", "place"), [(".keras", "inside"), (".h5", "last"), (".weights.h5", "inside")]
)
def test_what_is_not_run_is_counted_from_the_file(ending: str, place: str) -> None:
    """And what the last layer returns that is run is not called the model's answer."""
    with engine.use_keras():
        stop = layers.Lambda(lambda x: x, name="own") if place == "inside" else own.Block()
        parts = (layers.Embedding(20, 5), layers.LSTM(4, return_sequences=True, name="lower"), stop)
        above = (layers.LSTM(3, name="upper"), layers.Dense(1)) if place == "inside" else ()
        model = keras.Sequential([keras.Input((None,), dtype="int32"), *parts, *above])
        model.compile("adam", "mse", metrics=["mae"])
        shape = (2, 1) if place == "inside" else (2, 3)
        model.fit(np.ones((2, 4), "int32"), np.zeros(shape), verbose=0)
    found = open_model(saved(model, ending), "visitor")
    assert not found.is_whole
    assert found.parameter_count == model.count_params()
    assert {row.name: row.parameter_count for row in found.layers} == {
        layer.name: layer.count_params() for layer in model.layers
    }
    decision = decided(found, Question(model=found.key, sentences="1 2 3"))
    assert decision.outputs[0].name == "lower"
    assert deciding_facts.facts(decision) == ()


def test_an_activation_that_is_a_lambda_is_one_grey_box() -> None:
    """Keras writes it, but cannot load it."""
    with engine.use_keras():
        lstm = layers.LSTM(4, activation=lambda x: 0.5 * x, name="own")
        model = keras.Sequential([keras.Input((None, 2)), layers.GRU(3, return_sequences=True)])
        for layer in (lstm, layers.Dense(1)):
            model.add(layer)
    found = open_model(saved(model), "visitor")
    assert [row.blocked and row.blocked.name for row in found.layers] == [
        None,
        "model_lambda_activation",
        "model_not_reached",
    ]
    assert found.parameter_count == model.count_params()


# What is kept


def test_what_is_not_replayed_says_so_in_the_language_of_who_asks() -> None:
    model = built(
        lambda layers: [layers.LSTM(2, activation="mish", name="lstm")], (6, 4), "float32"
    )
    found = open_model(saved(model), "visitor")
    said = {}
    for name in ("en", "ko"):
        with speaking(name):
            said[name] = answer(found, NUMBERS).layer("lstm").untraced
    assert said["en"] != said["ko"]


# Its process


def test_it_needs_no_turn_in_the_servers_keras() -> None:
    files = file_of_ids()
    with engine.exclusive(), ThreadPoolExecutor(1) as thread:
        found = thread.submit(open_model, files, "visitor").result(PATIENCE)
        assert thread.submit(outputs, found).result(PATIENCE).shape == (2, 1)


def test_a_process_that_has_ended_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(children, "MOST", 1)  # so that it must not count itself
    found = open_model(file_of_ids(), "visitor")
    before = outputs(found)
    number = process_of(found)
    os.kill(number, signal.SIGKILL)
    wait_until(lambda: not is_running(number))
    assert np.array_equal(outputs(found, IDS[::-1]), before[::-1])
    assert process_of(found) != number


def test_a_process_that_ends_while_it_computes_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    found = open_model(file_of_ids(), "visitor")
    number = process_of(found)
    os.kill(number, signal.SIGSTOP)  # so that it is surely asked before it ends
    with ThreadPoolExecutor(1) as thread:
        asked = thread.submit(outputs, found)
        wait_until(lambda: children._AT_ONCE._value < 2)
        os.kill(number, signal.SIGABRT)
        os.kill(number, signal.SIGCONT)
        with pytest.raises(EngineError, match="SIGABRT"):
            asked.result(PATIENCE)
    assert np.isfinite(outputs(found)).all()


def test_a_process_that_says_nothing_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    found = open_model(file_of_ids(), "visitor")
    os.kill(process_of(found), signal.SIGSTOP)
    with monkeypatch.context() as patch:
        patch.setattr(children, "LATEST", 0.5)
        with pytest.raises(EngineError, match="more than 20 s to open, or 10 s to run"):
            outputs(found)
    assert np.isfinite(outputs(found)).all()


def test_a_process_that_forges_its_answer_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    found = open_model(file_of_ids(), "visitor")
    number = process_of(found)
    with monkeypatch.context() as patch:
        patch.setattr(wire, "RECORDS", {})  # as if it had sent another class's
        with pytest.raises(EngineError):
            outputs(found)
    wait_until(lambda: not is_running(number))
    assert np.isfinite(outputs(found)).all()


def test_a_process_does_not_say_which_model_it_has(monkeypatch: pytest.MonkeyPatch) -> None:
    found, plain = open_model(file_of_ids(), "visitor"), children.ProcessPlace.open

    def forged(*given: Any) -> tuple[Opened, Snapshot]:
        known, snapshot = plain(*given)
        return replace(known, key=found.key), snapshot._replace(config="{}")

    monkeypatch.setattr(children.ProcessPlace, "open", forged)
    other = open_model(saved(of_ids(3)), "another")
    assert other.key != found.key
    assert opened(found.key) is found
    children.end()  # so that the next one loads what is kept
    assert np.isfinite(outputs(other)).all()


class Gone(BaseException):
    """A visitor has gone away."""


def test_who_goes_away_leaves_the_process_to_others() -> None:
    found = open_model(file_of_ids(), "visitor")
    number = process_of(found)
    asked = threading.Event()

    def leave() -> None:
        if children._AT_ONCE._value < 2:
            asked.set()
            raise Gone

    with children._AT_ONCE, children._AT_ONCE, pytest.raises(Gone), engine.asking(leave):
        outputs(found)  # who waits for a turn
    os.kill(number, signal.SIGSTOP)
    with pytest.raises(Gone), engine.asking(leave):
        outputs(found)  # who waits for an answer
    assert asked.is_set()
    os.kill(number, signal.SIGCONT)
    assert np.isfinite(outputs(found, IDS[:1])).all()
    assert process_of(found) == number


def test_nobody_waits_while_an_idle_process_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = file_of_ids(), saved(of_ids(3))
    found = open_model(first, "visitor")
    monkeypatch.setattr(children, "MOST", 1)

    def enter() -> None:
        with children.alone("another model"):
            pass

    with ThreadPoolExecutor(2) as threads:
        with children._first.lock:  # as long as TensorFlow is loaded, for example
            before = {*children._alive}
            asked = threads.submit(open_model, second, "another")
            wait_until(lambda: not before & {*children._alive})
            threads.submit(enter).result(PATIENCE)
        assert asked.result(PATIENCE).key != found.key
    assert np.isfinite(outputs(found)).all()


def test_no_more_processes_live_than_there_may(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(children, "MOST", 2)
    files = [saved(of_ids(units)) for units in (1, 2, 3)]
    with ThreadPoolExecutor(3) as threads:  # they wait for one another
        found = list(threads.map(lambda each: open_model(each, "visitor"), files))
        assert np.isfinite([*threads.map(outputs, found * 2)]).all()
    assert len(children._alive) <= 2


@pytest.mark.whole
def test_the_first_process_is_replaced_too() -> None:
    files = file_of_ids()
    children.warm_up()
    first = children._first.process
    assert first is not None
    os.kill(first.process.pid, signal.SIGKILL)
    found = open_model(files, "visitor")
    assert np.isfinite(outputs(found)).all()


@pytest.mark.whole
def test_no_process_knows_the_servers_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RNN_LENS_DATA", "postgresql://user:secret@host/base")
    children.end()
    found = open_model(file_of_ids(), "visitor")
    first = children._first.process
    assert first is not None
    for number in (first.process.pid, process_of(found)):
        assert b"secret" not in Path(f"/proc/{number}/environ").read_bytes()


def test_a_process_leaves_no_folder() -> None:
    found = open_model(file_of_ids(), "visitor")
    assert np.isfinite(outputs(found)).all()
    assert children._first.folder is not None
    folder = children._first.folder / str(process_of(found))
    assert folder.exists()
    end_process(found)
    wait_until(lambda: not folder.exists())
    assert children._first.folder.exists()


IDLE = """
import os
from multiprocessing import Pipe
from multiprocessing.reduction import send_handle
from pathlib import Path
from components.backend.your_model.process import child
from components.backend.your_model.process import jail

jail.IDLE = 1.0
first, ours = Pipe()
if not (number := os.fork()):
    ours.close()
    os.mkdir(folder := {folder!r})
    child._fork(first, Path(folder))
    os._exit(7)
conn, theirs = Pipe()
ours.send_bytes(b"fork")
send_handle(ours, theirs.fileno(), number)
theirs.close()
assert int(ours.recv_bytes())
try:
    conn.recv_bytes()
except EOFError:
    print("ended")
print(os.waitstatus_to_exitcode(os.waitpid(number, 0)[1]))
"""


@pytest.mark.whole
def test_processes_that_nobody_asks_end_by_themselves(
    python: Callable[..., str], tmp_path: Path
) -> None:
    code = IDLE.format(folder=str(tmp_path / "own"))
    assert python("-c", code).split() == ["ended", "7"]


LEFT = """
import os, sys
from components.backend.your_model.process import children
from components.backend.your_model import opened

with open(sys.argv[1], "rb") as file:
    found = opened.open_model({"model.keras": file.read()}, "visitor")
with children.alone(found.key) as place:
    print(place.child.number, place.child.first.process.pid, children._first.folder, flush=True)
os._exit(0)
"""


@pytest.mark.whole
def test_no_process_outlives_the_server(python: Callable[..., str], tmp_path: Path) -> None:
    (tmp_path / "model.keras").write_bytes(file_of_ids()["model.keras"])
    *numbers, folder = python("-c", LEFT, str(tmp_path / "model.keras")).split()
    assert len(numbers) == 2
    wait_until(lambda: not any(map(is_running, map(int, numbers))))
    assert not Path(folder).exists()


FULL = """
import os, subprocess, sys, tempfile, time
from components.backend.running.engine import EngineError
from components.backend.your_model import opened
from components.backend.your_model.process import children

with open(sys.argv[1], "rb") as file:
    files = {"model.keras": file.read()}

def said():
    try:
        opened.open_model(files, "visitor")
    except EngineError as error:
        print(error.args[0].name, flush=True)

tempfile.tempdir = sys.argv[2]
subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16k", "none", tempfile.tempdir], check=True)
said()  # its process has a folder, and cannot write into it
while [*children._first.folder.iterdir()]:  # it is removed once its process has ended
    time.sleep(0.01)
disk = os.statvfs(tempfile.tempdir)
again = f"remount,size=1m,nr_inodes={disk.f_files - disk.f_ffree}"  # as many files as there are
subprocess.run(["mount", "-o", again, "none", tempfile.tempdir], check=True)
said()  # it gets no folder
children.end()
subprocess.run(["mount", "-o", "remount,nr_inodes=1", "none", tempfile.tempdir], check=True)
said()  # nor does the process of which it comes
"""


@pytest.mark.whole
def test_a_full_disk_is_said(tmp_path: Path) -> None:
    alone = ("unshare", "--map-root-user", "--mount")  # what it mounts is not seen elsewhere
    if subprocess.run([*alone, "true"], stderr=subprocess.DEVNULL).returncode:
        pytest.skip("this system lets nobody mount a disk of their own")
    (tmp_path / "model.keras").write_bytes(file_of_ids()["model.keras"])
    (tmp_path / "disk").mkdir()
    code = [sys.executable, "-c", FULL, tmp_path / "model.keras", tmp_path / "disk"]
    root = Path(__file__).parents[2]
    said = subprocess.run([*alone, *code], cwd=root, stdout=subprocess.PIPE, text=True, check=True)
    assert said.stdout.split() == ["disk_full"] * 3


# Too large


def test_what_takes_too_much_memory_is_an_error() -> None:
    def make(layers: Any) -> list[Any]:
        return [layers.RepeatVector(5_000_000), layers.Dense(100)]

    model = built(make, (1,), "float32")
    found = open_model(saved(model), "visitor")
    with pytest.raises(EngineError, match="memory"):
        answer(found, np.ones((1, 1), "float32"))
    assert len(open_model(file_of_ids(), "visitor").layers) == 4


@pytest.mark.whole
def test_what_takes_too_long_is_an_error() -> None:
    found = open_model(file_of_ids(), "visitor")
    with pytest.raises(EngineError, match="10 s to run"):
        answer(found, np.ones((1, 100_000), "int32"))
    assert np.isfinite(outputs(found)).all()


def test_what_is_larger_than_a_visitor_may_keep_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(at._store, "most_a_visitor", 10_000)
    with pytest.raises(SettingsError, match="MB"):
        open_model(saved(of_ids(units=100)), "visitor")


# Hostile files


def weights_of(files: Files) -> bytes:
    with zipfile.ZipFile(io.BytesIO(files["model.keras"])) as archive:
        return archive.read("model.weights.h5")


def changed(files: Files, member: str, change: Callable[[bytes], bytes]) -> Files:
    """A .keras with another content in one of its members, which is named by how its path ends."""
    return {"model.keras": with_members(files["model.keras"], member, change)}


def with_weights(files: Files, weights: bytes) -> Files:
    """A .keras with other weights."""
    return changed(files, "model.weights.h5", lambda _: weights)


def reason(files: Files) -> str:
    """Why it is not opened and run, by the name of what a page says of it; "" if it is. It ends
    within what its process may take."""
    began, why = time.monotonic(), None
    try:
        answer(open_model(files, "visitor"))
    except SettingsError as error:
        why = error.problems[0].got
    except EngineError as error:
        why = error.args[0]
    assert time.monotonic() - began < PATIENCE
    if why is None:
        return ""
    assert isinstance(why, Message)  # of another error the page says no more than its class
    assert str(why)
    return why.name


def virtual(shape: tuple[int, ...]) -> h5py.VirtualLayout:
    layout = h5py.VirtualLayout(shape, "f4")
    layout[:] = h5py.VirtualSource("/etc/passwd", "data", shape)
    return layout


EDITS: dict[str, Callable[[h5py.File, str, tuple[int, ...]], Any]] = {
    "in another file": lambda file, at, shape: file.create_dataset(
        at, shape, "f4", external=[("/etc/passwd", 0, h5py.h5f.UNLIMITED)]
    ),
    "made of another file": lambda file, at, shape: file.create_virtual_dataset(at, virtual(shape)),
    "a link": lambda file, at, _: file.__setitem__(at, h5py.ExternalLink("/etc/passwd", "/data")),
    "in a ring": lambda file, at, _: file.__setitem__(at, file["layers"]),
    "a bomb": lambda file, at, _: file.create_dataset(
        at, (2**17, 2**16), "f4", compression="gzip", chunks=(2**12, 2**8)
    ),
    "texts": lambda file, at, shape: file.__setitem__(at, np.full(shape, b"text")),
    "missing": lambda *_: None,
}
"""What is put in the place of an array, at a path of the HDF5."""


@pytest.mark.parametrize("edit", EDITS)
def test_weights_that_are_none_are_refused(edit: str) -> None:
    files = file_of_ids()
    content = io.BytesIO(weights_of(files))
    with h5py.File(content, "r+") as file:
        at = "layers/lstm/cell/vars/0"
        shape = file[at].shape
        del file[at]
        EDITS[edit](file, at, shape)
    assert not reason(files)
    assert reason(with_weights(files, content.getvalue())) == "model_misfit"


def damaged(files: Files, seed: int) -> Files:
    """A file with a few bytes changed, cut off, or moved; every other one in its HDF5."""
    drawn = random.Random(seed)
    data = bytearray(weights_of(files) if seed % 2 else files["model.keras"])
    for _ in range(drawn.choice((1, 3, 30))):
        place = drawn.randrange(len(data))
        what = drawn.choice(("byte", "length", "zeros", "cut"))
        if what == "byte":
            data[place] = drawn.randrange(256)
        elif what == "length":
            data[place : place + 8] = (2 ** drawn.randrange(64) - 1).to_bytes(8, "little")
        elif what == "zeros":
            data[place : place + 64] = bytes(64)
        elif drawn.random() < 0.1:
            del data[place + 1 :]
    return with_weights(files, bytes(data)) if seed % 2 else {"model.keras": bytes(data)}


def adapted() -> Files:
    """A model whose vocabulary stands beside its configuration."""
    words = layers.TextVectorization(name="words")
    words.adapt(["a good film"])
    return saved(built(lambda layers: [words, layers.Embedding(9, 3)], (), "string"))


def configured(files: Files, old: bytes, new: bytes) -> Files:
    """A file with something else in its configuration."""
    return changed(files, "config.json", lambda config: config.replace(old, new))


DAMAGED: dict[str, Callable[[], Files]] = {
    "no_hdf5": lambda: with_weights(files := file_of_ids(), weights_of(files)[:20_000]),
    "model_term_twice": lambda: configured(saved(of_words()), b'["film",', b'["film", "film",'),
    "model_terms": lambda: changed(adapted(), "vocabulary.txt", lambda all: all + b"\ngood"),
    "model_memory": lambda: configured(
        file_of_ids(), b'20, "output_dim": 3', b'67108864, "output_dim": 99'
    ),
    "model_raised": lambda: configured(saved(of_words()), b'["film",', b'["",'),
}
"""Files, by why they are not opened."""


@pytest.mark.parametrize(
    "damage",
    [*DAMAGED, *(pytest.param(s, marks=[pytest.mark.whole] * (s >= 4)) for s in range(40))],
)
def test_a_damaged_file_ends_well(damage: str | int) -> None:
    if isinstance(damage, str):
        assert reason(DAMAGED[damage]()) == damage
    else:
        reason(damaged(file_of_ids(), damage))
    assert len(children._alive) <= children.MOST
