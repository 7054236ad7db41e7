"""Which weights a page with several layers shows: those of a visitor's model, or the seed's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, NamedTuple

from pydantic import InstanceOf

from components.backend.cells import CELLS
from components.backend.origins.uploaded import find, name_of
from components.backend.question.linked import Linked, Message, TextCodec
from components.backend.question.weights import Weights
from components.backend.running.model import Model, weight_layout

Shapes = Mapping[str, tuple[int, ...]]


class Misfit(NamedTuple):
    """A setting that weights do not fit."""

    layer: str  # what its weights' names begin with, such as "1"; "" if it is of no single layer
    name: str  # of the setting; "weights" if the shapes do not tell which
    fit: Any = None  # the value that they fit
    here: Any = None  # the value that it has


class LayersWeights(Linked):
    """The weights of all layers at once, by the names that `running.model.weight_layouts` has, such
    as "1/forward/kernel"; None for those of the seed."""

    weights: Annotated[
        InstanceOf[Weights] | None, TextCodec(name_of, find), Message("uploaded")
    ] = None

    def fitting(self, model: Model) -> Weights | None:
        """The weights, if they are what the model calls for; else None, for those of the seed."""
        return None if self.misfits(model) else self.weights

    def misfits(self, model: Model) -> tuple[Misfit, ...]:
        """The settings of a model that the weights do not fit; none if they fit."""
        if self.weights is None:
            return ()
        fit = {name: array.shape for name, array in self.weights.items()}
        here = {layout.name: layout.shape for layout in weight_layout(model)}
        if fit == here:
            return ()
        one, other = dict(_settings(fit)), dict(_settings(here))
        places = [at for at in other if at in one and one[at] != other[at]]
        found = [Misfit(*at, one[at], other[at]) for at in places]
        return tuple(found) or (Misfit("", "weights"),)


def _settings(shapes: Shapes) -> Iterator[tuple[tuple[str, str], Any]]:
    """The settings that the shapes of weights tell, by layer and name."""
    layers: dict[str, dict[str, tuple[int, ...]]] = {}
    for name, shape in shapes.items():
        layer, _, weight = name.rpartition("/")
        layers.setdefault(layer, {})[weight] = shape
    table = layers.get("", {}).pop("embeddings", None)
    yield ("", "embedding"), table is not None
    if table:
        yield from zip([("", "vocabulary_size"), ("", "embedding_dim")], table, strict=True)
    recurrent = {layer: own for layer, own in layers.items() if "recurrent_kernel" in own}
    first = {layer: own for layer, own in recurrent.items() if not layer.endswith("backward")}
    if not table:
        yield ("", "features"), next(own["kernel"][0] for own in first.values())
    yield ("", "layers"), len(first)
    for prefix, own in first.items():
        layer = prefix.removesuffix("forward").rstrip("/")
        yield (layer, "bidirectional"), layer != prefix
        for name, value in _arguments(own):
            yield (layer, name), value
    yield ("", "ending"), layers["ending"]["kernel"] if "ending" in layers else ()


def _arguments(own: Shapes) -> Iterator[tuple[str, Any]]:
    """What the shapes of a recurrent layer's weights tell of its arguments."""
    units, columns = own["recurrent_kernel"]
    like = [name for name, cell in CELLS.items() if len(cell.block_names) * units == columns]
    yield "cell", like[0] if like else ""
    yield "units", units
    yield "use_bias", "bias" in own
    if "bias" in own and like and CELLS[like[0]].reset_gate:
        yield "reset_after", len(own["bias"]) == 2
