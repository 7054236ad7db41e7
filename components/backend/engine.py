"""The one door to Keras: imports it, builds the model, runs it, under one process-wide lock."""

from __future__ import annotations

import gc
import math
import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, NamedTuple

import numpy as np

from components.backend.cells import CELLS
from components.backend.layout import features, input_layout, layer_arguments, weight_layout
from components.backend.settings import Layer, Settings

# TensorFlow is not safe to build models in several threads at once, and clear_session() below
# rebinds Keras's state for all of them.
LOCK = threading.RLock()

# Running eagerly costs 1 to 1.5 ms a step, tracing a graph 65 ms whatever the length. Up to this
# many steps eager is the cheaper of the two.
_LONGEST_EAGER = 40
# Each model leaves about 190 kB in TensorFlow's kernel cache, which only clear_session() empties.
_BUILDS_BETWEEN_CLEARS = 64

# TensorFlow opens a few files for each model, and kills the process if it cannot open one.
_FILES_A_MODEL = 16

_SEED_STRIDE = 715_827_883
_ROLES = ("embeddings", "kernel", "recurrent_kernel")

PATIENCE = 20.0
"""Seconds that anybody waits for TensorFlow to load, counted from when the loading began."""

RETRY = 30.0
"""Seconds after a failed attempt to load TensorFlow until the next attempt."""

# Seconds between two checks whether the answer is still wanted: while TensorFlow loads, and while a
# thread waits for the lock, where each check costs the thread its place in the queue.
_GLANCE, _TURN = 0.05, 2.0

EMBEDDINGS: Mapping[str, Mapping[str, Any]] = {
    "uniform": {"name": "RandomUniform"},
    "standard_normal": {"name": "RandomNormal", "stddev": 1.0},
}
"""How an Embedding's table may start: Keras's initializer and its arguments. "uniform" is Keras's
own default, between -0.05 and 0.05."""


class _Held(threading.local):
    """How this thread holds Keras and has used it."""

    depth = 0  # how many nested `alone` blocks it is in
    beside = 0.0  # seconds that it held Keras and waited for TensorFlow's own threads


_held = _Held()
_builds = 0
_classes: dict[str, Any] = {}
_loaded = threading.Event()
_warm_up_once = threading.Lock()
_warm_up_now = threading.Event()
_glance: ContextVar[Callable[[], object]] = ContextVar("glance", default=lambda: None)


class EngineError(RuntimeError):
    """Keras or TensorFlow could not be imported, or raised while building or running."""


class StartError(EngineError):
    """TensorFlow could not be loaded in the background, where it is tried again later."""


class StillStartingError(EngineError):
    """TensorFlow has been loading for longer than PATIENCE."""


class _Start:
    """The state of the loading of TensorFlow in the background."""

    def __init__(self) -> None:
        self.thread: int | None = None  # the one that loads it now
        self.began = math.inf
        self.ended = threading.Event()
        self.failure: EngineError | None = None
        self.try_again_at = math.inf
        self.lock = threading.Lock()


_start = _Start()


class Raw(NamedTuple):
    """What came out of Keras, as NumPy arrays."""

    outputs: tuple[np.ndarray, ...]
    weights: dict[str, np.ndarray]
    parameter_count: int


def weight_seed(seed: int, role: str, layer: int = 0) -> int:
    """A different seed for each weight matrix, so that no two start from the same numbers.

    Args:
        layer: the index of the layer that the weight belongs to, from 0.
    """
    number = _ROLES.index(role) + len(_ROLES) * layer
    return (seed + number * _SEED_STRIDE) % 2**31


@contextmanager
def asking(glance: Callable[[], object]) -> Iterator[None]:
    """Have a question that waits for Keras given up once its answer is not wanted any more.

    Args:
        glance: called now and then while the block waits for Keras, and before it computes; it
            raises if the answer is not wanted any more.
    """
    before = _glance.set(glance)
    try:
        yield
    finally:
        _glance.reset(before)


def still_wanted() -> None:
    """Call the glance of the `asking` block, which raises if the answer is not wanted any more."""
    _glance.get()()


@contextmanager
def alone() -> Iterator[None]:
    """Keep all other threads out of TensorFlow. A thread that is in it already may enter again.

    Raises:
        StartError, StillStartingError: the loading in the background failed, or takes too long.
    """
    _await_start()
    while not LOCK.acquire(timeout=_TURN):
        still_wanted()
    try:
        still_wanted()
        with _counted():
            yield
    finally:
        LOCK.release()


def busy() -> float:
    """Seconds for which this thread has kept the server busy so far: its own processor time, and
    the time it held Keras while TensorFlow's own threads worked. Waiting for Keras does not count.
    """
    return time.thread_time() + _held.beside


@contextmanager
def _counted() -> Iterator[None]:
    """Count the time that the block holds Keras, for `busy`."""
    began = time.monotonic() - time.thread_time()
    _held.depth += 1
    try:
        yield
    finally:
        _held.depth -= 1
        if not _held.depth:
            _held.beside += time.monotonic() - time.thread_time() - began


@contextmanager
def door() -> Iterator[tuple[Any, Any]]:
    """Keras and TensorFlow, with all other threads kept out.

    Raises:
        EngineError: if they cannot be imported, or if the block raises.
    """
    global _builds
    with alone():
        try:
            _check_files()
            keras, tensorflow = _import_keras()
            _builds += 1
            if _builds % _BUILDS_BETWEEN_CLEARS == 0:
                keras.utils.clear_session()
            yield keras, tensorflow
        except Exception as error:
            raise EngineError(f"{type(error).__name__}: {error}") from error
        _loaded.set()


def compute(
    settings: Settings,
    weights: Mapping[str, np.ndarray] | None,
    initial: Mapping[str, np.ndarray] | None = None,
) -> Raw:
    """Build the model that the settings describe and run it once.

    Args:
        weights: already checked, by Keras's names, used in place of the seeded ones.
        initial: the initial states, already checked, by Keras's names; zeros if None.

    Raises:
        EngineError: if Keras cannot be imported, or raises.
    """
    with door() as (keras, tensorflow):
        model = _build(keras, settings, with_states=initial is not None)
        return run_model(tensorflow, model, settings, weights, *(initial or {}).values())


def run_model(
    tensorflow: Any,
    model: Any,
    settings: Settings,
    weights: Mapping[str, np.ndarray] | None,
    *more: np.ndarray,
) -> Raw:
    """Run a model of one recurrent layer on the settings' ids.

    Args:
        weights: as for `compute`.
        more: the model's further inputs.
    """
    names = [layout.name for layout in weight_layout(settings)]
    if weights is not None:
        model.set_weights([weights[name] for name in names])
    outputs = call(tensorflow, model, model_input(settings), *more, steps=settings.steps)
    held = dict(zip(names, model.get_weights(), strict=True))
    return Raw(outputs, held, model.count_params())


def seeded_weights(settings: Settings) -> dict[str, np.ndarray]:
    """The weights that the settings' seed gives, by Keras's names, without a run.

    Raises:
        EngineError: as `compute` does.
    """
    with door() as (keras, _):
        layers = [build_embedding(keras, settings)] if settings.embedding else []
        layers.append(build_layer(keras, settings, settings.seed))
        for layer in layers:
            layer.build((None, settings.steps, features(settings)))
        arrays = [array for layer in layers for array in layer.get_weights()]
    names = (layout.name for layout in weight_layout(settings))
    return dict(zip(names, arrays, strict=True))


def call(tensorflow: Any, model: Any, *fed: np.ndarray, steps: int) -> tuple[np.ndarray, ...]:
    """The tensors that a model returns for these inputs, in Keras's order.

    Args:
        steps: the length of the sequence; a long one is run as a graph.
    """
    if steps > _LONGEST_EAGER:
        model = tensorflow.function(model, autograph=False)
    inputs = [tensorflow.constant(array) for array in fed]
    returned = model(inputs if len(inputs) > 1 else inputs[0])
    tensors = returned if isinstance(returned, list | tuple) else (returned,)
    return tuple(tensor.numpy() for tensor in tensors)


def model_input(settings: Settings) -> np.ndarray:
    """The ids as the model takes them: int32 for an Embedding, else float32 with one feature."""
    layout = input_layout(settings)[0]
    ids = np.array(settings.tokens, dtype="int32").reshape(layout.shape)
    if settings.embedding:
        return ids
    scale = settings.vocabulary_size if settings.input_scaling == "unit" else 1
    return ids.astype("float32") / np.float32(scale)


def start_warm_up(delay: float = 0) -> None:
    """Begin loading TensorFlow in the background. Further calls do nothing, unless the loading
    failed at least RETRY seconds ago: then it is tried again.

    A failure is not raised here but by the next `door`, which runs for a page that can show it.

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


def is_warm() -> bool:
    """Whether there is nothing to wait for: TensorFlow has been loaded, or could not be."""
    return _loaded.is_set()


def has_started() -> bool:
    """Whether TensorFlow has been loaded; a loading that failed a while ago is tried again."""
    start_warm_up()
    return _start.ended.is_set() and _start.failure is None


def _await_start() -> None:
    """Wait until TensorFlow has been loaded, if that is done in the background, but at most until
    PATIENCE is over. A loading that failed already is not waited for."""
    if not _warm_up_once.locked() or threading.get_ident() == _start.thread:
        return
    start_warm_up()
    while not _start.ended.wait(_GLANCE):
        still_wanted()
        if time.monotonic() > _start.began + PATIENCE:
            raise StillStartingError("TensorFlow is still being loaded")
    if failure := _start.failure:
        raise StartError(str(failure)) from failure.__cause__


def _warm_up(delay: float) -> None:
    """Load TensorFlow and, if that succeeds, run one model of each cell."""
    _warm_up_now.wait(delay)
    _start.thread, _start.began = threading.get_ident(), time.monotonic()
    try:
        with door():
            _start.failure = None
    except EngineError as error:
        _start.failure, _start.try_again_at = error, time.monotonic() + RETRY
        _loaded.set()
        return
    finally:
        _start.thread = None  # another thread may get the same identifier later
        _start.ended.set()
    _run_one_of_each()


def _run_one_of_each() -> None:
    """Have TensorFlow load all that it loads at its first run, and freeze its objects.

    A garbage collection, Python's own or that of clear_session, would spend a fifth of a second on
    them each time. It skips frozen objects.
    """
    try:
        for cell in CELLS:
            compute(Settings(cell=cell), None)
        compute(Settings(tokens=((0,) * (_LONGEST_EAGER + 1),)), None)
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


def _import_keras() -> tuple[Any, Any]:
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ["KERAS_BACKEND"] = "tensorflow"
    # oneDNN sums in an order that depends on the processor; a link must give the same everywhere.
    os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"
    import keras
    import tensorflow

    if _warm_up_once.locked():  # this process serves pages
        keras.backend.clear_session = _leave_session
    if _builds == 0:
        # Optimising a graph that runs once costs more than it saves.
        tensorflow.config.optimizer.set_experimental_options({"disable_meta_optimizer": True})
    return keras, tensorflow


def _leave_session(free_memory: bool = True) -> None:
    """Takes the place of clear_session and does nothing.

    Streamlit calls clear_session after every run of a script, in any thread. That can break a model
    that is being built for another visitor, and costs a garbage collection. `door` clears the
    session now and then, under the lock.
    """


def build_input(
    keras: Any,
    settings: Settings,
    *,
    any_length: bool = False,
    mask_zero: bool = False,
    fixed_batch: bool = False,
) -> tuple[Any, Any]:
    """The model's input, and the sequence that its recurrent layer reads.

    Args:
        any_length: leave the number of steps open.
        mask_zero: mask the steps whose id is 0.
        fixed_batch: fix the number of sentences, as a stateful layer requires.
    """
    steps = None if any_length else settings.steps
    batch = len(settings.tokens) if fixed_batch else None
    if not settings.embedding:
        inputs = keras.Input((steps, 1), batch, name="tokens")
        return inputs, keras.layers.Masking(name="masking")(inputs) if mask_zero else inputs
    inputs = keras.Input((steps,), batch, dtype="int32", name="tokens")
    return inputs, build_embedding(keras, settings, mask_zero=mask_zero)(inputs)


def build_embedding(keras: Any, settings: Settings, **more: Any) -> Any:
    """The Embedding, whose table Keras draws from the seed.

    Args:
        more: further arguments of Keras's layer.
    """
    start = EMBEDDINGS[settings.embeddings_initializer]
    return keras.layers.Embedding(
        settings.vocabulary_size,
        settings.embedding_dim,
        embeddings_initializer=seeded(keras, settings.seed, "embeddings", **start),
        name="embedding",
        **more,
    )


def build_layer(
    keras: Any, layer: Layer, seed: int, *, number: int = 0, name: str = "recurrent", **more: Any
) -> Any:
    """The recurrent layer, whose weights Keras draws from the seed.

    Args:
        number: the layer's index, from 0: each of several layers starts from other weights.
        more: further arguments of Keras's layer.
    """
    arguments = layer_arguments(layer) | more
    if arguments.get("recurrent_activation") == "hard_sigmoid_keras2":
        arguments["recurrent_activation"] = _hard_sigmoid_keras2(keras)
    return _layer_class(keras, layer.cell)(
        layer.units,
        kernel_initializer=seeded(keras, seed, "kernel", number, name="GlorotUniform"),
        recurrent_initializer=seeded(keras, seed, "recurrent_kernel", number, name="Orthogonal"),
        name=name,
        **arguments,
    )


def _layer_class(keras: Any, cell: str) -> Any:
    """Keras's class of that name, or the cell's own, made once."""
    if cell not in _classes:
        make = CELLS[cell].layer
        _classes[cell] = make(keras) if make else getattr(keras.layers, cell)
    return _classes[cell]


def build_states(keras: Any, layer: Layer) -> list[Any]:
    """A Keras input for each initial state of the layer."""
    return [keras.Input((layer.units,), name=name) for name in CELLS[layer.cell].states]


def _hard_sigmoid_keras2(keras: Any) -> Callable[[Any], Any]:
    """Keras 2's hard_sigmoid. It has a name, as Keras cannot copy a layer with a lambda."""

    def hard_sigmoid_keras2(x: Any) -> Any:
        return keras.ops.clip(0.2 * x + 0.5, 0.0, 1.0)

    return hard_sigmoid_keras2


def _build(keras: Any, settings: Settings, *, with_states: bool) -> Any:
    inputs, sequence = build_input(keras, settings)
    # An unrolled layer that runs eagerly does the same operations in the same order, and takes a
    # fifth less time as it has no tf.while_loop.
    unroll = settings.steps <= _LONGEST_EAGER
    layer = build_layer(keras, settings, settings.seed, unroll=unroll)
    if not with_states:
        return keras.Model(inputs, layer(sequence))
    states = build_states(keras, settings)
    return keras.Model([inputs, *states], layer(sequence, initial_state=states))


def seeded(keras: Any, seed: int, role: str, layer: int = 0, *, name: str, **arguments: Any) -> Any:
    """The Keras initializer of that name, with this weight's own seed."""
    initializer = getattr(keras.initializers, name)
    return initializer(**arguments, seed=weight_seed(seed, role, layer))
