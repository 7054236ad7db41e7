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

# A loop run eagerly costs 1 to 1.5 ms a step, tracing a graph 65 ms whatever the length: they meet
# here.
_LONGEST_EAGER = 40
# A model leaves about 190 kB in TensorFlow's kernel cache, which only clear_session() empties.
_BUILDS_BETWEEN_CLEARS = 64

# TensorFlow ends the process where it cannot open a file, and opens a few for each model.
_FILES_A_MODEL = 16

_SEED_STRIDE = 715_827_883
_ROLES = ("embeddings", "kernel", "recurrent_kernel")

PATIENCE = 20.0
"""Seconds from when TensorFlow began to load until nobody is made to wait for it any longer."""

RETRY = 30.0
"""Seconds from when TensorFlow could not be loaded until that is tried again."""

_GLANCE = 0.05  # seconds between two looks at whether an answer is still wanted
_TURN = 2.0  # the same of who waits for his turn: to look costs him his place in the queue

EMBEDDINGS: Mapping[str, Mapping[str, Any]] = {
    "uniform": {"name": "RandomUniform"},
    "standard_normal": {"name": "RandomNormal", "stddev": 1.0},
}
"""How an Embedding's table may start: Keras's initializer and its arguments. The first is Keras's
own default, between -0.05 and 0.05."""


class _Held(threading.local):
    """What this thread has had of Keras: how many `alone` it is in, one within the other, and for
    how long TensorFlow's own threads have worked there while it waited for them."""

    depth = 0
    beside = 0.0


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
    """TensorFlow could not be loaded in the background; it is tried again there."""


class StillStartingError(EngineError):
    """TensorFlow takes so long to load that nobody should wait for it any longer."""


class _Start:
    """How the loading of TensorFlow in the background stands."""

    def __init__(self) -> None:
        self.thread: int | None = None
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
    """A seed of its own for each weight matrix, so that no two start from the same numbers.

    Args:
        layer: which of several layers it is a weight of, from 0.
    """
    number = _ROLES.index(role) + len(_ROLES) * layer
    return (seed + number * _SEED_STRIDE) % 2**31


@contextmanager
def asking(glance: Callable[[], object]) -> Iterator[None]:
    """Round whatever may have to wait for Keras.

    Args:
        glance: called now and then while it waits, and before it computes; raises where the answer
            is not wanted any more.
    """
    before = _glance.set(glance)
    try:
        yield
    finally:
        _glance.reset(before)


def still_wanted() -> None:
    """For whatever waits long: raises where its answer is not wanted any more."""
    _glance.get()()


@contextmanager
def alone() -> Iterator[None]:
    """For as long as nobody else is in TensorFlow.

    Raises:
        StartError, StillStartingError: it is loaded in the background, and not there.
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
    as long as it held Keras while TensorFlow's own threads worked. To wait for Keras counts not."""
    return time.thread_time() + _held.beside


@contextmanager
def _counted() -> Iterator[None]:
    """Round what is done with Keras, for `busy`."""
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
    """Keras and TensorFlow, for as long as nobody else has them.

    Raises:
        EngineError: if they cannot be imported, or if what is done with them raises.
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
    """Build the model that the settings describe, run it once, and hand back what it returned.

    Args:
        weights: to be used in place of the seeded ones, checked already, by Keras's names.
        initial: the states to begin with, checked already, by Keras's names; zeros if None.

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
    """What a model of one recurrent layer gives for the settings' ids.

    Args:
        weights: as for `compute`.
        more: what the model takes beside the ids.
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
    """What a model gives for these inputs, its tensors in Keras's order.

    Args:
        steps: of the sequence; a long one is run as a graph.
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
    """Begin loading TensorFlow in the background, once in a process however often it is called, but
    for when that has failed a while ago.

    A failure is not told of here: whoever runs a model meets it, with a page to tell it on.

    Args:
        delay: seconds to hold it back, in which a page can be sent that does without: loading
            TensorFlow takes most of a core. A later call without one ends the wait.
    """
    if not delay:
        _warm_up_now.set()
    with _start.lock:
        again = time.monotonic() >= _start.try_again_at
        if again or _warm_up_once.acquire(blocking=False):
            _start.try_again_at = math.inf
            threading.Thread(target=_warm_up, args=(delay,), name="warm-up", daemon=True).start()


def is_warm() -> bool:
    """Whether TensorFlow has been loaded, or could not be: nobody has to wait for that any more."""
    return _loaded.is_set()


def has_started() -> bool:
    """Whether TensorFlow has been loaded; where that failed a while ago, it is tried again."""
    start_warm_up()
    return _start.ended.is_set() and _start.failure is None


def _await_start() -> None:
    """Where TensorFlow is loaded in the background, wait for it, but not for ever, and not again
    for what has failed already."""
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
    """Load TensorFlow and run one model of each cell, if it can be loaded."""
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
        _start.thread = None  # its number may become another thread's
        _start.ended.set()
    _run_one_of_each()


def _run_one_of_each() -> None:
    """Have TensorFlow load what it loads once, and put all of it out of the collector's way.

    Python's own collections, and those of clear_session, would look through all of TensorFlow's
    objects: a fifth of a second each. Frozen, they cost nothing.
    """
    try:
        for cell in CELLS:
            compute(Settings(cell=cell), None)
        compute(Settings(tokens=((0,) * (_LONGEST_EAGER + 1),)), None)
    except EngineError:  # whoever runs a model meets it again
        return
    gc.collect()
    gc.freeze()


def _check_files() -> None:
    """Find out whether files can still be opened.

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
    # oneDNN sums in an order that depends on the processor; a link must show the same everywhere.
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
    """In place of clear_session: Streamlit calls that after every run of a script, in any thread,
    which can pull the floor from under a model that another visitor is having built, and costs all
    of them a collection of garbage. `door` does it when it is time to, under the lock."""


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
        mask_zero: have steps masked whose id is 0.
        fixed_batch: settle the number of sentences, which a stateful layer asks for.
    """
    steps = None if any_length else settings.steps
    batch = len(settings.tokens) if fixed_batch else None
    if not settings.embedding:
        inputs = keras.Input((steps, 1), batch, name="tokens")
        return inputs, keras.layers.Masking(name="masking")(inputs) if mask_zero else inputs
    inputs = keras.Input((steps,), batch, dtype="int32", name="tokens")
    return inputs, build_embedding(keras, settings, mask_zero=mask_zero)(inputs)


def build_embedding(keras: Any, settings: Settings, **more: Any) -> Any:
    """The Embedding, its table to be drawn from the seed.

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
    """The recurrent layer, its weights to be drawn from the seed.

    Args:
        number: which of several layers it is, from 0: each has weights of its own.
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
    """An input for each state that the layer begins with."""
    return [keras.Input((layer.units,), name=name) for name in CELLS[layer.cell].states]


def _hard_sigmoid_keras2(keras: Any) -> Callable[[Any], Any]:
    """A function with a name, as Keras cannot copy a layer that has a nameless one."""

    def hard_sigmoid_keras2(x: Any) -> Any:
        return keras.ops.clip(0.2 * x + 0.5, 0.0, 1.0)

    return hard_sigmoid_keras2


def _build(keras: Any, settings: Settings, *, with_states: bool) -> Any:
    inputs, sequence = build_input(keras, settings)
    # Run eagerly, an unrolled layer does the same operations in the same order, without the
    # overhead of tf.while_loop: a fifth less time.
    unroll = settings.steps <= _LONGEST_EAGER
    layer = build_layer(keras, settings, settings.seed, unroll=unroll)
    if not with_states:
        return keras.Model(inputs, layer(sequence))
    states = build_states(keras, settings)
    return keras.Model([inputs, *states], layer(sequence, initial_state=states))


def seeded(keras: Any, seed: int, role: str, layer: int = 0, *, name: str, **arguments: Any) -> Any:
    """An initializer by its name in Keras, with the seed that is this weight's."""
    initializer = getattr(keras.initializers, name)
    return initializer(**arguments, seed=weight_seed(seed, role, layer))
