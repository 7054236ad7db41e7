"""The one module that imports Keras and TensorFlow. `use_keras` lets one thread in at a time."""

from __future__ import annotations

import gc
import math
import os
import random
import sys
import threading
import time
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from typing import Any

from components.backend.question.linked import SettingsError

# TensorFlow is not safe to build models in several threads at once, and clear_session() below
# rebinds Keras's state for all of them.
LOCK = threading.RLock()

# Each model leaves about 190 kB in TensorFlow's kernel cache, which only clear_session() empties.
_BUILDS_BETWEEN_CLEARS = 64

# TensorFlow opens a few files for each model, and kills the process if it cannot open one.
_FILES_A_MODEL = 16

PATIENCE = 20.0
"""Seconds that anybody waits for TensorFlow to load, counted from when the loading began."""

RETRY = 30.0
"""Seconds after a failed attempt to load TensorFlow until the next attempt."""

SAME_NUMBERS = {
    # oneDNN sums in an order that depends on the processor; a link must give the same everywhere.
    "TF_ENABLE_ONEDNN_OPTS": "0",
    # With more threads, sums may be taken in another order on another machine.
    "TF_NUM_INTRAOP_THREADS": "1",
}
"""Environment variables on which the numbers depend. TensorFlow reads them when it is imported."""

ONE_THREAD = {"TF_NUM_INTEROP_THREADS": "1"}
"""Set as well in a process that only we use, such as a server: models as small as these would gain
nothing from the cores that they take from others."""

# Seconds between two checks for whether the answer is still wanted.
_LOADING_CHECK = 0.05  # while TensorFlow loads
_LOCK_CHECK = 2.0  # while a thread waits for the lock: each check costs it its place in the queue


class _ThreadState(threading.local):
    """This thread's lock depth, and the seconds it has waited inside Keras."""

    depth = 0  # how many nested `exclusive` blocks this thread is in
    waited = 0.0  # seconds for which it had the lock and waited for TensorFlow's own threads


_thread_state = _ThreadState()
_builds = 0
_loaded = threading.Event()
_warm_up_once = threading.Lock()  # acquired by the first loading and never released
_warm_up_now = threading.Event()
_is_cancelled: ContextVar[Callable[[], object]] = ContextVar("is_cancelled", default=lambda: None)
_most: ContextVar[float] = ContextVar("most", default=math.inf)
_loading: ContextVar[Callable[[], AbstractContextManager[object]]] = ContextVar(
    "loading", default=nullcontext
)


class EngineError(RuntimeError):
    """Keras or TensorFlow could not be imported, or raised while building or running."""


class StartError(EngineError):
    """TensorFlow could not be loaded in the background, where it is tried again later."""


class StillStartingError(EngineError):
    """TensorFlow has been loading for longer than PATIENCE."""


class TooLargeError(EngineError):
    """A model takes more multiply-adds than the `asking` block allows."""

    def __init__(self, work: int, most: float, model: Any) -> None:
        super().__init__(f"{work:,} multiply-adds, of which {most:,.0f} are allowed")
        self.work, self.most, self.model = work, most, model


class _Start:
    """The state of the loading of TensorFlow in the background."""

    def __init__(self) -> None:
        self.thread: int | None = None  # the one that loads it now
        self.began = math.inf
        self.ended = threading.Event()
        self.failure: EngineError | None = None
        self.try_again_at = math.inf
        self.lock = threading.Lock()
        self.first_runs: Callable[[], object] = lambda: None


_start = _Start()


@contextmanager
def asking(
    is_cancelled: Callable[[], object],
    most: float = math.inf,
    loading: Callable[[], AbstractContextManager[object]] = nullcontext,
) -> Generator[None]:
    """Give up a question that waits for Keras once its answer is not wanted any more.

    Args:
        is_cancelled: called now and then while the block waits for Keras, and before it computes.
            It raises if the answer is not wanted any more.
        most: how many multiply-adds a model may take.
        loading: makes a context in which the block waits until TensorFlow has been loaded. It is
            not entered if the block needs no TensorFlow, or need not wait for it.
    """
    before, allowed = _is_cancelled.set(is_cancelled), _most.set(most)
    waited_in = _loading.set(loading)
    try:
        yield
    finally:
        _is_cancelled.reset(before)
        _most.reset(allowed)
        _loading.reset(waited_in)


def afford(work: int, model: Any = None) -> None:
    """Check that the `asking` block allows so many multiply-adds for a model.

    Raises:
        TooLargeError: if it does not.
    """
    if work > _most.get():
        raise TooLargeError(work, _most.get(), model)


def still_wanted() -> None:
    """Have the `asking` block raise if its answer is not wanted any more."""
    _is_cancelled.get()()


@contextmanager
def exclusive() -> Generator[None]:
    """Keep all other threads out of TensorFlow in this block. Blocks of one thread may be nested.

    Raises:
        StartError, StillStartingError: the loading in the background failed, or takes too long.
    """
    _await_start()
    while not LOCK.acquire(timeout=_LOCK_CHECK):
        still_wanted()
    try:
        still_wanted()
        with _counted():
            yield
    finally:
        LOCK.release()


def busy() -> float:
    """Seconds for which this thread has kept the server busy so far: its own processor time, and
    the time in `exclusive` blocks in which TensorFlow's own threads worked. Waiting for the lock
    does not count."""
    return time.thread_time() + _thread_state.waited


@contextmanager
def _counted() -> Generator[None]:
    """Add the time in which this block waits for TensorFlow's own threads, for `busy`."""
    began = time.monotonic() - time.thread_time()
    _thread_state.depth += 1
    try:
        yield
    finally:
        _thread_state.depth -= 1
        if not _thread_state.depth:
            _thread_state.waited += time.monotonic() - time.thread_time() - began


@contextmanager
def use_keras() -> Generator[tuple[Any, Any]]:
    """The modules keras and tensorflow, to use in this block. All other threads are kept out.
    Layers compute in single precision.

    Raises:
        EngineError: if they cannot be imported, if Keras has another backend, or if the block
            raises.
    """
    global _builds
    with use_keras_as_set() as (keras, tensorflow), _in_float32(keras):
        _builds += 1
        # Elsewhere, Keras's session is not ours: its global seed generator is part of it. The
        # training worker never clears its own either: it is replaced once it is too large
        # (`LARGEST` in learning/trainer.py).
        if _serves_pages() and _builds % _BUILDS_BETWEEN_CLEARS == 0:
            keras.utils.clear_session()
        yield keras, tensorflow


@contextmanager
def use_keras_as_set() -> Generator[tuple[Any, Any]]:
    """The same, but Keras computes in the precision that this process has set: for a model that was
    made in it. A SettingsError of the block, about that model, stays one."""
    with exclusive():
        _check_backend()
        try:
            _check_files()
            with _random_kept():
                yield _import_keras()
        except SettingsError:
            raise
        except Exception as error:
            raise EngineError(f"{type(error).__name__}: {error}") from error
        _loaded.set()


def start_warm_up(delay: float = 0) -> None:
    """Begin loading TensorFlow in the background. Further calls do nothing, unless the loading
    failed at least RETRY seconds ago: then it is tried again.

    A failure is not raised here but by the next `use_keras`, for a page that can show it.

    Args:
        delay: seconds to wait first. Loading takes most of a core, which the server needs to send a
            page that does without TensorFlow. A later call without a delay ends the wait.
    """
    if not delay:
        _warm_up_now.set()
    with _start.lock:
        again = time.monotonic() >= _start.try_again_at
        if again or _warm_up_once.acquire(blocking=False):
            _start.try_again_at = math.inf
            threading.Thread(target=_warm_up, args=(delay,), name="warm-up", daemon=True).start()


def first_runs(run: Callable[[], object]) -> Callable[[], object]:
    """Decorator of the one function that is called after TensorFlow has been loaded in the
    background. It runs a few models, so that no visitor waits for what TensorFlow loads at a first
    run."""
    _start.first_runs = run
    return run


def is_warm() -> bool:
    """Whether the loading of TensorFlow is over: it succeeded, or failed."""
    return _loaded.is_set()


def has_started() -> bool:
    """Whether TensorFlow has been loaded. Starts the loading, or a further attempt, if need be."""
    start_warm_up()
    return _start.ended.is_set() and _start.failure is None


def _await_start() -> None:
    """Wait for the loading of TensorFlow in the background, if there is one, until PATIENCE is
    over. Raises at once if it has failed already."""
    if not _warm_up_once.locked() or threading.get_ident() == _start.thread:
        return
    start_warm_up()
    with nullcontext() if _start.ended.is_set() else _loading.get()():
        while not _start.ended.wait(_LOADING_CHECK):
            still_wanted()
            if time.monotonic() > _start.began + PATIENCE:
                raise StillStartingError("TensorFlow is still being loaded")
    if failure := _start.failure:
        raise StartError(str(failure)) from failure.__cause__


def _warm_up(delay: float) -> None:
    """Load TensorFlow and, if that succeeds, run the first models."""
    _warm_up_now.wait(delay)
    _start.thread, _start.began = threading.get_ident(), time.monotonic()
    try:
        with use_keras():
            _start.failure = None
    except EngineError as error:
        _start.failure, _start.try_again_at = error, time.monotonic() + RETRY
        _loaded.set()
        return
    finally:
        _start.thread = None  # another thread may get the same identifier later
        _start.ended.set()
    _run_first()


def _run_first() -> None:
    """Run the first models, and freeze TensorFlow's objects.

    A garbage collection, Python's own or that of clear_session, would spend a fifth of a second on
    them each time. It skips frozen objects.
    """
    try:
        _start.first_runs()
    except EngineError:  # the next run raises it again, for a page that can show it
        return
    gc.collect()
    gc.freeze()


def _check_files() -> None:
    """Check that TensorFlow can open its files.

    Raises:
        OSError: too many are open.
    """
    opened: list[int] = []
    try:
        opened.extend(os.open(os.devnull, os.O_RDONLY) for _ in range(_FILES_A_MODEL))
    finally:
        for file in opened:
            os.close(file)


def _check_backend() -> None:
    """Check that Keras runs, or will run, on TensorFlow.

    Raises:
        EngineError: this process has chosen another backend for it.
    """
    keras = sys.modules.get("keras")
    chosen = keras.config.backend() if keras else os.environ.get("KERAS_BACKEND")
    if chosen and chosen != "tensorflow":
        has = "Keras was imported with" if keras else "KERAS_BACKEND names"
        raise EngineError(
            f"{has} the backend {chosen!r}, but RNN Lens needs 'tensorflow'. Start a Python process"
            " of its own for it, without KERAS_BACKEND or with KERAS_BACKEND=tensorflow."
        )


def _serves_pages() -> bool:
    return _warm_up_once.locked()


@contextmanager
def _random_kept() -> Generator[None]:
    """Have Python's own generator go on as if the block had drawn nothing from it: Keras draws a
    seed for each layer that has none, even if the layer needs none. While pages are served, other
    threads use it too."""
    before = None if _serves_pages() else random.getstate()
    try:
        yield
    finally:
        if before is not None:
            random.setstate(before)


def _import_keras() -> tuple[Any, Any]:
    if "tensorflow" not in sys.modules:
        serves_pages = ONE_THREAD if _serves_pages() else {}
        os.environ.update(SAME_NUMBERS | serves_pages)
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    if "keras" not in sys.modules:
        os.environ["KERAS_BACKEND"] = "tensorflow"  # else ~/.keras/keras.json may name another
    import keras
    import tensorflow

    if _serves_pages() and keras.backend.clear_session is not _leave_session:
        keras.backend.clear_session = _leave_session  # this process serves pages
        without_meta_optimizer(tensorflow)
    return keras, tensorflow


def without_meta_optimizer(tensorflow: Any) -> None:
    """Have TensorFlow run graphs as they were traced: to optimise one that runs once costs more
    than it saves, and changes the bits of a training."""
    tensorflow.config.optimizer.set_experimental_options({"disable_meta_optimizer": True})


@contextmanager
def _in_float32(keras: Any) -> Generator[None]:
    """Have layers compute in single precision, whatever this process has Keras do otherwise."""
    config = keras.config
    policy, floats = config.dtype_policy(), config.floatx()
    if policy.name == floats == "float32":
        yield
        return
    config.set_floatx("float32")
    config.set_dtype_policy("float32")
    try:
        yield
    finally:
        config.set_floatx(floats)
        config.set_dtype_policy(policy)


def _leave_session(free_memory: bool = True) -> None:
    """Takes the place of clear_session and does nothing.

    Streamlit calls clear_session after every run of a script, in any thread. That can break a model
    that is being built for another visitor, and costs a garbage collection. `use_keras` clears the
    session now and then, under the lock.
    """
