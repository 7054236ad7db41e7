"""Cuts a model's configuration down to what can be run: all layers before those that cannot."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from components.backend.question.linked import Message
from components.backend.your_model.saved import known_layers as known
from components.backend.your_model.saved.declared import ModelLayer
from components.backend.your_model.saved.graph import Graph, calls_in
from components.backend.your_model.saved.objects import (
    BlockedError,
    BrokenError,
    Part,
    Said,
    keras_object,
    name_of,
    named,
    shape_of,
)
from components.backend.your_model.saved.parts import Parts, input_part, takes_arrays
from components.backend.your_model.saved.shown_layers import (
    NOT_WHOLE,
    UNREACHED,
    Cut,
    InputOf,
    Item,
    ShownLayer,
)

MOST_LAYERS = 1000  # with those of nested models
MOST_CALLS = 5000  # of them


class TooManyError(Exception):
    """A model has more layers or calls than are read."""

    def __init__(self, got: Message) -> None:
        self.got = got


class Cutter:
    """Finds the layers of one model, and what of it is run."""

    def __init__(self, *, is_keras2: bool, cuts_nested: bool, has_assets: bool) -> None:
        """
        Args:
            cuts_nested: whether the file's weights can be put into a nested model that is cut.
            has_assets: whether the file has vocabularies beside the configuration.
        """
        self.parts = Parts(self._wrapped, is_keras2=is_keras2, has_assets=has_assets)
        self._cuts_nested = cuts_nested
        self._rows: list[ShownLayer] = []
        self._calls = 0

    def cut(
        self, said: Said
    ) -> tuple[Part | None, tuple[ModelLayer, ...], dict[tuple[str, ...], str]]:
        """What of a model is run, for Keras 3; all its layers; and the groups of their weights.

        Raises:
            BrokenError: Keras would not have written it.
            TooManyError: it has too many layers, or calls of them.
        """
        part = self._model(said, (), "", []).part
        numbers = {row: number for number, row in enumerate(self._rows)}
        layers = [
            ModelLayer(
                row.path,
                row.name,
                row.kind,
                tuple(dict.fromkeys(numbers[read] for read in row.read)),
                row.blocked,
            )
            for row in self._rows
        ]
        groups = dict[tuple[str, ...], str]()
        for row in self._rows:
            if row.group:
                groups[*row.path, row.name] = row.group
        return part, tuple(layers), groups

    def _model(
        self, said: Said, path: tuple[str, ...], group: str, reads: Sequence[ShownLayer | InputOf]
    ) -> Cut:
        """Cut a model, and note its layers.

        Args:
            path: of its layers.
            group: where the file has its weights.
            reads: what its Inputs read.
        """
        kind, _, config, _ = named(said)
        layers = config.get("layers")
        if not isinstance(layers, list):
            raise BrokenError
        if kind == known.SEQUENTIAL:
            layers = _with_input(layers)
        items, used = dict[str, Item](), Counter[str]()
        for each in layers:
            item = self._item(each, path, group, used)
            if item.row.name in items:
                raise BrokenError
            items[item.row.name] = item
        if kind == known.SEQUENTIAL:
            made = _sequential(config, items, reads)
        else:
            self._calls += len([*calls_in(layers)])
            if self._calls > MOST_CALLS:
                counts = {"count": self._calls, "most": MOST_CALLS}
                raise TooManyError(Message("model_calls", counts))
            made = Graph(config, items, [*reads]).cut()
        if made.part is not None:
            made.part["config"] |= {"name": name_of(said)} | self.parts.of_model(config)
        return made

    def _item(self, said: Any, path: tuple[str, ...], group: str, used: Counter[str]) -> Item:
        """A layer of a model, with its row unless it is an Input.

        Args:
            used: how many layers of each class came before.
        """
        kind, module, _, is_own = named(said)
        # A layer of somebody's own class may not say its name.
        is_known = is_own and kind in known.LAYERS | known.MODELS | {known.INPUT}
        own = "" if known.has_operations(module) else _unique(_snake_case(kind), used)
        name = own if _is_nameless(said) and not is_known else name_of(said)
        row = ShownLayer(path, name, kind, own and f"{group}/layers/{own}".lstrip("/"))
        is_input = kind == known.INPUT and is_own
        if is_input and takes_arrays(said):
            return Item(row, input_part(said), is_input=True)
        if len(self._rows) >= MOST_LAYERS:
            raise TooManyError(Message("model_layers", {"most": MOST_LAYERS}))
        self._rows.append(row)
        try:
            if is_input:
                raise BlockedError(Message("model_input"))
            if is_own and kind in known.MODELS:
                return self._nested(said, row)
            return Item(row, self.parts.layer(said))
        except BlockedError as error:
            row.block(error.why)
            return Item(row, None)

    def _nested(self, said: Said, row: ShownLayer) -> Item:
        """A nested model, with the rows of its layers."""
        begin = len(self._rows)
        made = self._model(said, (*row.path, row.name), row.group, [InputOf(row)])
        row.inner = self._rows[begin:]
        if made.part is None or (not made.is_whole and not self._cuts_nested):
            row.block(NOT_WHOLE)
            return Item(row, None)
        if not made.is_whole:
            row.blocked = NOT_WHOLE
        return Item(row, made.part, is_whole=made.is_whole, ends=made.ends)

    def _wrapped(self, said: Said) -> Part:
        """A model in a wrapper, which shows no layers of it."""
        rows, self._rows = self._rows, []
        try:
            made = self._model(said, (), "", [])
            blocked = [row.blocked for row in self._rows if row.blocked]
        finally:
            self._rows = rows
        if blocked or made.part is None:
            raise BlockedError(blocked[0] if blocked else NOT_WHOLE)
        return made.part


def _sequential(
    config: Said, items: Mapping[str, Item], reads: Sequence[ShownLayer | InputOf]
) -> Cut:
    """Cut a Sequential model before the first layer that is not run."""
    kept, before, is_whole = list[Part](), reads, True
    for item in items.values():
        row, part = item.row, item.part
        if not item.is_input:
            row.reads.extend(before)
            before = [row]
            if part is not None and item.ends == 1 and is_whole:
                is_whole = item.is_whole
            else:
                row.block(UNREACHED)
                is_whole, part = False, None
        if part is not None:
            kept.append(part)
    made: dict[str, Any] = {"layers": kept}
    if shape := config.get("build_input_shape"):
        made["build_input_shape"] = shape_of(shape)
    if len(kept) == sum(item.is_input for item in items.values()):
        return Cut(None, is_whole=False)
    return Cut(keras_object(known.SEQUENTIAL, "keras", made), is_whole)


def _with_input(layers: list[Any]) -> list[Any]:
    """The layers of a Sequential model. In Keras 2 the first one may have the shape of the input,
    and there is no Input."""
    match layers:
        case [{"class_name": str(kind), "config": {"batch_input_shape": shape, **rest}}, *_]:
            if kind != known.INPUT:
                dtype = rest.get("dtype")
                dtype = dtype if isinstance(dtype, str) and dtype in known.DTYPES else "float32"
                config = {
                    "batch_shape": shape,
                    "dtype": dtype,
                    "name": f"{name_of(layers[0])}_input",
                }
                return [{"class_name": known.INPUT, "config": config}, *layers]
    return layers


def _is_nameless(said: Said) -> bool:
    return "name" not in said and "name" not in named(said).config


def _unique(name: str, used: Counter[str]) -> str:
    """The name that Keras's `saving_lib` gives to the next layer of a class."""
    used[name] += 1
    return name if used[name] == 1 else f"{name}_{used[name] - 1}"


def _snake_case(kind: str) -> str:
    """A class as Keras's `saving_lib` names it: "MultiHeadAttention" as "multi_head_attention"."""
    name = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", re.sub(r"\W+", "", kind))
    return re.sub("([a-z])([A-Z])", r"\1_\2", name).lower()
