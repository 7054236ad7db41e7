"""One settings for each way in which a cell can compute, and runs with no weight left at 0."""

from collections.abc import Mapping, Sequence
from itertools import product
from typing import Any

import numpy as np

from components.backend import Run, Settings, run
from components.backend.layout import weight_layout
from components.backend.settings import applies


def every_kind(options: Mapping[str, Sequence[Any]], **size: Any) -> list[Settings]:
    """Every combination of the options that have an effect, each once."""
    found = {}
    for values in product(*options.values()):
        settings = Settings(**dict(zip(options, values, strict=True)))
        chosen = {name: getattr(settings, name) for name in options if applies(name, settings)}
        found[tuple(chosen.items())] = Settings(**chosen, **size)
    return list(found.values())


def called(options: Mapping[str, Sequence[Any]], settings: Settings) -> str:
    """A name for a test: the options that are not at their defaults."""
    query = settings.to_query()
    return "-".join(f"{name}={query[name]}" for name in options if name in query) or "defaults"


def random_run(settings: Settings, seed: int) -> Run:
    """A run with every weight and every bias drawn at random, none of them 0."""
    draw = np.random.default_rng(seed)
    shapes = {layout.name: layout.shape for layout in weight_layout(settings)}
    return run(settings, {name: draw.uniform(-1, 1, shape) for name, shape in shapes.items()})
