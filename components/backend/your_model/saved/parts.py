"""The parts of a model's configuration, written anew for Keras 3: every class, function and dtype
is taken from `known_layers`, and every other value is plain."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from components.backend.question.linked import Message, shown
from components.backend.your_model.saved import known_layers as known
from components.backend.your_model.saved.objects import (
    BlockedError,
    BrokenError,
    Part,
    Said,
    dtype_of,
    keras_object,
    list_of,
    name_of,
    named,
    plain,
    shape_of,
)
from components.backend.your_model.saved.saved_files import refused

_DROPPED = frozenset(
    {
        *("batch_input_shape", "implementation", "input_length", "time_major", "causal"),
        *("query_shape", "key_shape", "value_shape"),  # Keras 2's MultiHeadAttention
        *("seed", "quantization_config", "softmax_robust_masking"),
    }
)
"""Arguments that Keras 3 does not take, or that play no part at inference."""
_UNREAD_ENDS = ("_regularizer", "_constraint")
_OLD_SIGMOID = {
    "module": "builtins",
    "class_name": "function",
    "config": "hard_sigmoid_keras2",
    "registered_name": "hard_sigmoid_keras2",
}
"""Keras 2's hard_sigmoid, which `config.load` makes known to Keras."""
_REFUSED = {"time_major": Message("model_time_major")}
_SWITCHED_OFF = ("time_major", "causal", "quantization_config")


def is_slice_of_keras2(said: Said) -> bool:
    """Whether that is `x[:, -1]` in a functional model of Keras 2."""
    kind, _, config, _ = named(said)
    return kind == "SlicingOpLambda" and config.get("function") == "__operators__.getitem"


def takes_arrays(said: Said) -> bool:
    """Whether an InputLayer takes arrays, and not sparse or ragged tensors."""
    config = named(said).config
    return not config.get("sparse") and not config.get("ragged")


def input_part(said: Said) -> Part:
    """An InputLayer for Keras 3."""
    config = named(said).config
    shape = config.get("batch_shape", config.get("batch_input_shape"))
    made = {"batch_shape": shape_of(shape), "dtype": dtype_of(config.get("dtype") or "float32")}
    return keras_object(known.INPUT, "keras.layers", made | {"name": name_of(said)})


class Parts:
    """Writes the parts of one model anew."""

    def __init__(self, model: Callable[[Said], Part], *, is_keras2: bool, has_assets: bool) -> None:
        """
        Args:
            model: writes a model in a wrapper anew.
            has_assets: whether the file has vocabularies beside the configuration.
        """
        self._model, self._is_keras2, self._has_assets = model, is_keras2, has_assets
        self.policies = set[str]()  # that its layers have
        self.is_stateful = False
        self.has_old_sigmoid = False  # whether a layer has Keras 2's hard_sigmoid
        self.has_dropped = False  # whether something is left out that is not Keras's own

    def layer(self, said: Said, *, also: frozenset[str] = frozenset()) -> Part:
        """A layer or an operation for Keras 3.

        Args:
            also: classes that may stand here, beside layers.

        Raises:
            BlockedError: it is not run.
            BrokenError: Keras would not have written it.
            SettingsError: Keras would not take its vocabulary.
        """
        kind, module, config, is_own = named(said)
        if is_slice_of_keras2(said):
            return keras_object("GetItem", known.OPERATIONS["GetItem"], {"name": name_of(said)})
        if kind == "Lambda":
            raise BlockedError(Message("model_lambda"))
        if not is_own:
            raise BlockedError(Message("model_own_class", {"kind": shown(kind)}))
        if kind in known.OPERATIONS and _is_operation(kind, module, config):
            made = {key: plain(value) for key, value in config.items() if key != "dtype"}
            return keras_object(kind, known.OPERATIONS[kind], made)
        if kind not in known.LAYERS | also or known.has_operations(module):
            raise BlockedError(Message("model_not_listed", {"kind": shown(kind)}))
        made = dict[str, Any]()
        for key, value in config.items():
            self._argument(made, kind, key, value)
        if isinstance(terms := made.get("vocabulary"), list):
            _refuse_repeated(terms, config.get("oov_token", "[UNK]"))
        self.is_stateful |= config.get("stateful") is True
        if kind in known.LOOKUPS and made.get("vocabulary") is None and not self._has_assets:
            raise BlockedError(Message("model_no_vocabulary"))
        return keras_object(kind, "keras.layers", made | {"name": name_of(said)})

    def _argument(self, made: dict[str, Any], kind: str, key: str, value: Any) -> None:
        """Write one argument of a layer anew, into `made`."""
        if key in _SWITCHED_OFF and value not in (None, False):
            why = Message("model_argument", {"argument": shown(key)})
            raise BlockedError(_REFUSED.get(key, why))
        if key in _DROPPED:
            return
        if key.endswith(("_initializer", *_UNREAD_ENDS)):
            self.has_dropped |= isinstance(value, dict) and not _is_keras(value)
            if key.endswith("_initializer"):
                made[key] = "zeros"  # until the file's weights are put in
        elif key == "dtype":
            made[key] = self._policy(value)
        elif key in ("activation", "recurrent_activation"):
            made[key] = self._activation(value)
        elif key in ("layer", "backward_layer"):
            made[key] = self._inner(value)
        elif key == "cell":
            made[key] = self._cell(value)
        elif key == "cells":
            made[key] = [self.layer(each, also=known.CELLS) for each in list_of(value)]
        elif key in ("vocabulary", "standardize", "split", "vocabulary_dtype"):
            made[key] = _of_lookup(key, value)
        elif key == "axis" and isinstance(value, list) and len(value) == 1:
            made[key] = plain(value[0])  # Keras 2 writes one axis as a list
        else:
            made[key] = plain(value, key)

    def _inner(self, said: Any) -> Part | None:
        """The layer or the model that a wrapper calls."""
        if said is None:
            return None
        kind, _, _, is_own = named(said)
        return self._model(said) if is_own and kind in known.MODELS else self.layer(said)

    def _cell(self, said: Any) -> Any:
        """The cell of an RNN: several may stand in a list."""
        if isinstance(said, list):
            return [self.layer(each, also=known.CELLS) for each in said]
        return self.layer(said, also=known.CELLS)

    def _activation(self, said: Any) -> Any:
        match said:
            case None:
                return None
            case {"class_name": str(kind)} if kind in known.ACTIVATION_LAYERS:
                return self.layer(said)
            case {"class_name": "function", "config": str(name), **rest} if _is_function(rest):
                pass
            case str(name):
                pass
            case {"class_name": _}:
                name = str(
                    said["config"] if said["class_name"] == "function" else said["class_name"]
                )
            case {"value": [str(), *_]}:  # as Keras writes a lambda, which it cannot load
                raise BlockedError(Message("model_lambda_activation"))
            case _:
                raise BrokenError
        if name not in known.ACTIVATIONS:
            raise BlockedError(Message("model_activation", {"name": shown(name)}))
        if name == "hard_sigmoid" and self._is_keras2:
            self.has_old_sigmoid = True
            return dict(_OLD_SIGMOID)
        return name

    def _policy(self, said: Any) -> str | None:
        """The name of a dtype policy, or None."""
        match said:
            case None:
                return None
            case {"config": {"name": str(name)}} | str(name):
                pass
            case _:
                name = ""
        if name not in known.POLICIES | known.DTYPES:
            raise BlockedError(Message("model_policy", {"name": shown(name or said)}))
        self.policies.add(name)
        return name

    @staticmethod
    def of_model(config: Said) -> Part:
        """The arguments of a model that say which weights come first in an .h5."""
        trainable = config.get("trainable")
        return {"trainable": trainable} if isinstance(trainable, bool) else {}


def _is_operation(kind: str, module: str, config: Said) -> bool:
    """Whether that is an operation and not the layer of the same name. An .h5 has no modules; there
    a layer is known by its dtype, which an operation does not have."""
    if module:
        return known.has_operations(module)
    return kind not in known.LAYERS or "trainable" not in config


def _is_keras(said: Said) -> bool:
    """Whether an object that plays no part at inference is one of Keras's own."""
    module = said.get("module", "keras")
    return isinstance(module, str) and module.split(".")[0] in ("keras", "tf_keras")


def _is_function(said: Said) -> bool:
    """Whether a function may be one of Keras's activations."""
    return said.get("module") in (None, "builtins", "keras.activations") or known.is_own_module(
        str(said.get("module"))
    )


def _of_lookup(key: str, value: Any) -> Any:
    """What a layer with a vocabulary looks up, and how it takes a sentence apart."""
    if key == "vocabulary" and isinstance(value, str):
        raise BlockedError(Message("model_vocabulary", {"shown": shown(value)}))
    allowed = {"standardize": known.STANDARDIZE, "split": known.SPLIT}.get(key)
    if allowed and value is not None and value not in [*allowed]:
        raise BlockedError(Message("model_function", {"argument": key}))
    if key == "vocabulary" and isinstance(value, list):
        # Words may look like paths and addresses.
        return [each if isinstance(each, str) else plain(each, key) for each in value]
    return plain(value, key)


def _refuse_repeated(terms: list[Any], unknown: Any) -> None:
    """Refuse a vocabulary that Keras does not take, as a term stands in it twice. The one for
    unknown words may: they have as many ids as `num_oov_indices` says."""
    places = dict[Any, int]()
    for place, term in enumerate(terms):
        first = places.setdefault(repr(term), place)
        if first != place and term != unknown:
            said = {"shown": shown(term), "first": first, "second": place}
            raise refused(Message("model_term_twice", said))
