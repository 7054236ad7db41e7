"""The graph of a functional model: which calls can be made, and the model that makes these."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from components.backend.your_model.saved import known_layers as known
from components.backend.your_model.saved.objects import (
    BlockedError,
    BrokenError,
    Part,
    Said,
    keras_object,
    list_of,
)
from components.backend.your_model.saved.shown_layers import (
    UNREACHED,
    Call,
    Cut,
    InputOf,
    Item,
    ShownLayer,
)
from components.backend.your_model.saved.tensors import (
    Tensor,
    call_argument,
    leaves_of,
    reference,
    tensor_part,
)

_RECURRENT = frozenset({"Bidirectional", "GRU", "LSTM", "RNN", "SimpleRNN"})
_At = tuple[str, int]  # a call: the layer's name, and which of its calls


class Graph:
    """A functional model."""

    def __init__(
        self,
        config: Said,
        items: Mapping[str, Item],
        reads: list[ShownLayer | InputOf],
    ) -> None:
        """
        Args:
            config: of the model.
            items: its layers by their names.
            reads: what its Inputs read.
        """
        self._items, self._reads = items, reads
        # Keras 2 wrote calls as lists. It counted those of every nested model from 1.
        self._is_keras2 = any(isinstance(node, list) for node in calls_in(config["layers"]))
        for said, item in zip(config["layers"], items.values(), strict=True):
            self._read_calls(said, item)
        self._places = dict[_At, int]()  # of each call that can be made, which of them it is
        self._outputs = self._mapped(config.get("output_layers"), self._end)
        self._inputs = self._mapped(config.get("input_layers"), self._input)
        for tensor in self._tensors():
            self._known(tensor)

    def cut(self) -> Cut:
        """The model of all calls that can be made. Its outputs are the model's own or, if some call
        cannot be made, what is read by no call that can."""
        while partly := self._reach():
            for item in partly:
                item.part = None
        for item in self._items.values():
            self._settle(item)
        self._places = {
            (name, number): place
            for name, item in self._items.items()
            for place, number in enumerate(item.kept)
        }
        items = [item for item in self._items.values() if not item.is_input]
        is_whole = all(
            item.row.blocked is None and len(item.kept) == len(item.calls) for item in items
        )
        outputs, ends = (self._outputs, 1) if is_whole else self._last()
        if not any(item.kept for item in items) or not outputs:
            return Cut(None, is_whole=False)
        config = {
            "layers": [self._written(item) for item in self._items.values() if item.kept],
            "input_layers": self._mapped(self._kept_inputs(self._inputs), list),
            "output_layers": self._mapped(outputs, self._written_end),
        }
        return Cut(
            keras_object("Functional", "keras.src.models.functional", config), is_whole, ends
        )

    def _read_calls(self, said: Said, item: Item) -> None:
        """Read the calls of a layer."""
        if item.row.kind == known.INPUT:
            item.calls.append(Call())
            return
        for node in calls_in([said]):
            if item.part is None:
                item.calls.append(Call(reads=tuple(self._found(node))))
                continue
            modern = self._of_keras2(node, item.row.kind) if isinstance(node, list) else node
            match modern:
                case {"args": list(args), "kwargs": dict(kwargs)}:
                    item.calls.append(self._call(args, kwargs, item))
                case _:
                    raise BrokenError
        if not item.calls:
            raise BrokenError

    def _call(self, args: Any, kwargs: Any, item: Item) -> Call:
        """One call of a layer. If it cannot be made, none of that layer is."""
        reads = list[Tensor]()

        def note(tensor: Tensor) -> Tensor:
            reads.append(self._from_file(tensor))
            return reads[-1]

        try:
            args, kwargs = call_argument(args, note), call_argument(kwargs, note)
        except BlockedError as error:
            item.row.block(error.why)
            item.part = None
            return Call(reads=tuple(self._found([args, kwargs])))
        return Call(args, kwargs, tuple(reads))

    def _found(self, said: Any) -> Iterator[Tensor]:
        """The tensors in a call of a layer that is not run, whatever else is in it."""
        match said:
            case [str(name), int(call), int(), *_] if name in self._items and call >= 0:
                yield self._from_file(reference(said))
            case list():
                for each in said:
                    yield from self._found(each)
            case dict():
                for each in said.values():
                    yield from self._found(each)

    def _from_file(self, tensor: Tensor) -> Tensor:
        """A tensor that a layer reads, with calls from 0."""
        return self._counted(tensor) if self._is_keras2 else tensor

    def _of_keras2(self, node: list[Any], kind: str) -> Said:
        """A call as Keras 3 writes it, of one that Keras 2 has written: [["lstm", 0, 0, {…}], …],
        with an entry for each tensor that is read; of an operation, the one entry alone."""
        tensors, kwargs = list[Part](), dict[str, Any]()
        for entry in [node] if node and isinstance(node[0], str) else node:
            match entry:
                case [_, _, _, dict(more)]:
                    kwargs |= {name: self._maybe_tensors(value) for name, value in more.items()}
                case [_, _, _]:
                    pass
                case _:
                    raise BrokenError
            tensors.append(tensor_part(reference(entry)))
        if kind in _RECURRENT and len(tensors) > 1:
            first, *states = tensors
            return {"args": [first], "kwargs": kwargs | {"initial_state": states}}
        if kind == "SlicingOpLambda":
            return {
                "args": [*tensors, [*map(_slice, list_of(kwargs.get("slice_spec")))]],
                "kwargs": {},
            }
        return {"args": tensors if len(tensors) == 1 else [tensors], "kwargs": kwargs}

    def _maybe_tensors(self, value: Any) -> Any:
        """An argument of a call, in which Keras 2 writes a tensor as ["lstm", 0, 0]."""
        match value:
            case [str(name), int(), int()] if name in self._items:
                return tensor_part(reference(value))
            case list():
                return [*map(self._maybe_tensors, value)]
        return value

    def _counted(self, tensor: Tensor) -> Tensor:
        """A tensor of a nested model, whose calls a file counts from 1, with calls from 0."""
        name, call, place = tensor
        return (name, max(call - 1, 0), place) if self._kind(name) in known.MODELS else tensor

    def _end(self, tensor: Tensor) -> Tensor:
        """One of the model's outputs, with calls from 0."""
        counts = known.MODELS if self._is_keras2 else known.FUNCTIONAL
        return self._counted(tensor) if self._kind(tensor[0]) in counts else tensor

    def _kind(self, name: str) -> str:
        return self._items[name].row.kind if name in self._items else ""

    def _input(self, tensor: Tensor) -> Tensor:
        if self._kind(tensor[0]) != known.INPUT:
            raise BrokenError
        return tensor

    def _kept_inputs(self, tensors: Any) -> Any:
        """The model's Inputs without those that are not run."""

        def is_kept(tensor: Any) -> bool:
            return not isinstance(tensor, tuple) or bool(self._items[tensor[0]].kept)

        match tensors:
            case list():
                return [self._kept_inputs(each) for each in tensors if is_kept(each)]
            case dict():
                return {n: self._kept_inputs(each) for n, each in tensors.items() if is_kept(each)}
        return tensors

    def _known(self, tensor: Tensor) -> None:
        """Refuse a tensor that no call makes."""
        name, call, _ = tensor
        if name not in self._items or call >= len(self._items[name].calls):
            raise BrokenError

    def _calls(self) -> Iterator[tuple[_At, Item, Call]]:
        for name, item in self._items.items():
            for number, call in enumerate(item.calls):
                yield (name, number), item, call

    def _tensors(self) -> Iterator[Tensor]:
        """All tensors that are read, or are outputs."""
        for _, _, call in self._calls():
            yield from call.reads
        yield from leaves_of(self._outputs)

    def _reach(self) -> list[Item]:
        """Find the calls that can be made. Returns nested models of which only some can: Keras
        saves their calls by numbers that would change."""
        waits, readers = dict[_At, set[_At]](), defaultdict[_At, list[_At]](list)
        ready = list[_At]()
        for at, _, call in self._calls():
            call.is_kept = False
            waits[at] = {(name, number) for name, number, _ in call.reads}
            for read in waits[at]:
                readers[read].append(at)
            if not waits[at]:
                ready.append(at)
        while ready:
            name, number = at = ready.pop()
            item = self._items[name]
            if item.part is None:
                continue
            item.calls[number].is_kept = True
            for reader in readers[at] if item.is_whole else ():
                waits[reader].discard(at)
                if not waits[reader]:
                    ready.append(reader)
        return [
            item
            for item in self._items.values()
            if item.row.kind in known.MODELS and 0 < len(item.kept) < len(item.calls)
        ]

    def _settle(self, item: Item) -> None:
        """Say what a layer reads, and whether it is run."""
        for call in item.calls:
            for name, _, _ in call.reads:
                read = self._items[name]
                item.row.reads.extend(self._reads if read.is_input else [read.row])
        if not item.kept:
            item.row.block(UNREACHED)

    def _last(self) -> tuple[list[Tensor], int]:
        """What calls that can be made return, and none of these reads; and how many that is."""
        inner = {tensor for _, _, call in self._calls() if call.is_kept for tensor in call.reads}
        named = defaultdict[_At, list[Tensor]](list)
        for tensor in dict.fromkeys(self._tensors()):
            named[tensor[:2]].append(tensor)
        found = list[Tensor]()
        for at, item, call in self._calls():
            if not call.is_kept or item.is_input:
                continue
            every = named[at] if item.is_whole else [(*at, place) for place in range(item.ends)]
            found.extend((every and [tensor for tensor in every if tensor not in inner]) or ())
            if not every:
                found.append((*at, 0))
        return found, len(found)

    def _written(self, item: Item) -> Part:
        """A layer with the calls that can be made, as Keras 3 writes it."""
        assert item.part is not None
        calls = [] if item.is_input else [item.calls[number] for number in item.kept]
        nodes = [
            {
                "args": call_argument(call.args, self._renumbered),
                "kwargs": call_argument(call.kwargs, self._renumbered),
            }
            for call in calls
        ]
        return item.part | {"name": item.row.name, "inbound_nodes": nodes}

    def _renumbered(self, tensor: Tensor) -> Tensor:
        """A tensor, after calls have been left out."""
        name, call, place = tensor
        return name, self._places[name, call], place

    def _written_end(self, tensor: Tensor) -> list[Any]:
        """One of the model's outputs, as Keras 3 writes it."""
        name, call, place = self._renumbered(tensor)
        return [name, call + (self._kind(name) in known.FUNCTIONAL), place]

    def _mapped(self, tensors: Any, change: Callable[[Tensor], Any]) -> Any:
        """Tensors in lists and dicts, each changed."""
        match tensors:
            case tuple():
                return change(tensors)
            case [str(), *_]:
                return change(reference(tensors))
            case list():
                return [self._mapped(each, change) for each in tensors]
            case dict():
                return {str(name): self._mapped(each, change) for name, each in tensors.items()}
        raise BrokenError


def calls_in(layers: list[Any]) -> Iterator[Any]:
    """All calls of layers, as a file has them."""
    for said in layers:
        nodes = said.get("inbound_nodes")
        if not isinstance(nodes, list):
            raise BrokenError
        yield from nodes


def _slice(said: Any) -> Any:
    """One index of `x[:, -1]`, as Keras 3 writes it."""
    match said:
        case {"start": _, "stop": _, "step": _}:
            return {"class_name": "__slice__", "config": said}
    return said
