"""A visitor's model, live in Keras: what is known of it, and what it computes. This runs in the
model's own process alone."""

from __future__ import annotations

import json
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any, NamedTuple, Self

import numpy as np

from components.backend.explained.calls import arrays_of
from components.backend.explained.explain import Explained, explain_calls
from components.backend.question.weights import frozen
from components.backend.running import engine
from components.backend.running.replay import Returned
from components.backend.your_model.process.records import MOST_WEIGHTS, ModelInput, Opened, Snapshot
from components.backend.your_model.process.step_axes import step_axes
from components.backend.your_model.saved import config
from components.backend.your_model.saved.declared import Declared, ModelLayer

Array = np.ndarray

_SAVED = "model.keras"


class LoadedModel(NamedTuple):
    """A model, and what its file says of it."""

    declared: Declared
    model: Any  # a keras.Model

    @classmethod
    def of_files(cls, files: Mapping[str, bytes], declared: Declared, folder: Path) -> Self:
        """The model in a visitor's files.

        Args:
            declared: what `config.read` finds in them.
            folder: an empty one to write into."""
        with engine.use_keras_as_set() as (keras, _):
            return cls(declared, config.load(keras, declared, files, folder))

    @classmethod
    def of_snapshot(cls, snapshot: Snapshot, folder: Path) -> Self:
        """The model that its process has saved, loaded again."""
        declared = Declared(name="", kind="", config=json.loads(snapshot.config), format="keras")
        return cls.of_files(snapshot.files, declared, folder)

    def snapshot(self, folder: Path) -> Snapshot:
        """What its process needs to load it again."""
        path = folder / _SAVED
        with engine.use_keras_as_set():
            self.model.save(path)
        saved = path.read_bytes()
        path.unlink()
        return Snapshot({_SAVED: saved}, json.dumps(self.declared.config))

    def opened(self, key: str) -> Opened:
        """What is known of the model."""
        model, declared = self.model, self.declared
        counted: dict[str, Any] = {
            "layers": tuple(_counted(model, layer) for layer in declared.layers),
            "parameter_count": declared.parameter_count or model.count_params(),
        }
        with engine.use_keras_as_set() as (keras, _):
            axes, output_axes = step_axes(keras, model)
            return Opened(
                **declared.described | counted,
                key=key,
                inputs=tuple(_input(keras, model, tensor) for tensor in model.inputs),
                batch=model.inputs[0].shape[0],
                is_stateful=any(getattr(layer, "stateful", False) for layer in _layers(model)),
                has_masks=any(_masks(keras, layer) for layer in _layers(model)),
                axes=axes,
                output_axes=output_axes,
            )

    def explained(
        self, inputs: Mapping[str, Array], *, masked: bool, calls: int, layers: bool
    ) -> tuple[Explained, ...]:
        """What `opened.explained` returns.

        Args:
            layers: False to have what the model returns alone: `Explained.layers` is empty.
        """
        with engine.use_keras_as_set() as (keras, tensorflow):
            given = [tensorflow.constant(inputs[tensor.name]) for tensor in self.model.inputs]
        x = given if len(given) > 1 else given[0]
        with nullcontext() if masked else _without_masks(keras):
            if layers:
                return explain_calls(self.model, x, calls, most_weights=MOST_WEIGHTS)
            with engine.use_keras_as_set():
                _reset(self.model)
                return tuple(
                    self._alone(keras, self.model(x, training=False)) for _ in range(calls)
                )

    def _alone(self, keras: Any, outputs: Any) -> Explained:
        """A call of which only the outputs are told."""
        arrays = arrays_of(keras, outputs)
        returned = tuple(
            Returned(f"outputs_{place}" if len(arrays) > 1 else "outputs", (), frozen(array))
            for place, array in enumerate(arrays)
        )
        model = self.model
        return Explained(model.name, type(model).__name__, model.count_params(), returned, ())


def _layers(model: Any) -> list[Any]:
    """All layers of a model, however nested."""
    return list(model._flatten_layers())  # private in Keras, which has no public list of them


def _reset(model: Any) -> None:
    """Set the states of its stateful layers to zeros."""
    for layer in _layers(model):
        if getattr(layer, "stateful", False) and hasattr(layer, "reset_state"):
            layer.reset_state()


@contextmanager
def _without_masks(keras: Any) -> Generator[None]:
    """Have no mask reach a layer, neither one that Keras makes nor one that the model hands to it,
    such as `mask=keras.ops.not_equal(ids, 0)`."""
    plain = keras.Layer.__call__

    def called(layer: Any, *args: Any, **kwargs: Any) -> Any:
        masks = [name for name in kwargs if _is_mask(name)]
        for name in masks:
            del kwargs[name]
        outputs = plain(layer, *args, **kwargs)
        for tensor in keras.tree.flatten(outputs):
            if getattr(tensor, "_keras_mask", None) is not None:
                tensor._keras_mask = None  # where Keras has the mask of a layer's outputs
        return outputs

    keras.Layer.__call__ = called
    try:
        yield
    finally:
        keras.Layer.__call__ = plain


def _masks(keras: Any, layer: Any) -> bool:
    """Whether a layer makes a mask, or is handed one."""
    if getattr(layer, "mask_zero", False) or isinstance(layer, keras.layers.Masking):
        return True
    handed = (
        value
        for node in layer._inbound_nodes  # private in Keras, which has no public list of them
        for name, value in node.arguments.kwargs.items()
        if _is_mask(name)
    )
    return any(each is not None for value in handed for each in keras.tree.flatten(value))


def _is_mask(argument: str) -> bool:
    """Attention's `attention_mask` is none: it says which step may look at which."""
    return argument.endswith("mask") and argument != "attention_mask"


def _counted(model: Any, layer: ModelLayer) -> ModelLayer:
    """A layer with how many weights it has, if it is run; an operation has none."""
    if layer.blocked:
        return layer
    found = model
    for name in (*layer.path, layer.name):
        found = next((each for each in getattr(found, "layers", ()) if each.name == name), None)
    count = found.count_params() if found is not None and found.built else 0
    return layer._replace(parameter_count=count)


def _input(keras: Any, model: Any, tensor: Any) -> ModelInput:
    readers = [getattr(each, "layer", each) for each in _readers(keras, model, tensor)]
    name, shape = tensor.name, tuple(tensor.shape[1:])
    texts = keras.layers.TextVectorization, keras.layers.StringLookup
    words = [each for each in readers if isinstance(each, texts)]
    if words or tensor.dtype == "string":
        vocabulary = words[0].get_vocabulary() if words else ()
        return ModelInput(name, "words", shape, vocabulary=tuple(map(str, vocabulary)))
    ids = [each.input_dim for each in readers if isinstance(each, keras.layers.Embedding)]
    return ModelInput(name, "ids" if ids else "numbers", shape, min(ids, default=None))


def _readers(keras: Any, model: Any, tensor: Any) -> Iterator[Any]:
    """The layers that read an input of a model, in nested models and behind operations too, such as
    `keras.ops.cast`."""
    graph = getattr(model, "_functional", model)  # of a Sequential; private, as are nodes
    for operation in graph.operations:
        for node in operation._inbound_nodes:
            places = [place for place, each in enumerate(node.input_tensors) if each is tensor]
            for place in places:
                if isinstance(operation, keras.Model):
                    yield from _readers(keras, operation, operation.inputs[place])
                elif isinstance(operation, keras.Layer):
                    yield operation
                else:
                    for output in node.output_tensors:
                        yield from _readers(keras, model, output)
