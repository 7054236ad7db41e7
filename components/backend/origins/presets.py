"""The presets from which a visitor can start: all settings, and which weights."""

from __future__ import annotations

from components.backend.learning.trained import OFFERED
from components.backend.origins.notebook import cases
from components.backend.origins.weight_source import WeightSource
from components.backend.question.layout import KERAS_DEFAULTS
from components.backend.question.setup import Setup
from components.backend.whatif.both_ways import WIKIDOCS

_NOTEBOOK_CASE = next(case for case in cases() if case.id == "1-2 LSTM")

PRESETS = {
    "opening": (
        Setup(source="quotes", vocabulary_size=3, embedding_dim=3),
        WeightSource(learned="quotes"),
    ),
    "drawn": (Setup(), WeightSource()),
    "keras": (Setup(**KERAS_DEFAULTS, embeddings_initializer="uniform"), WeightSource()),
    "notebook": (Setup.of(_NOTEBOOK_CASE.settings), WeightSource(case=_NOTEBOOK_CASE.id)),
    "constant": (Setup.of(WIKIDOCS), WeightSource()),
}
"""That on which pages open, the cell that has learned quotation marks; and those of untrained
cells."""

TRAINED = {
    does: (Setup.of(trained.question.settings()), WeightSource(trained=trained))
    for does, trained in OFFERED.items()
}
"""Those of trained cells."""
