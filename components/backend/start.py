"""Which weights a visitor starts from."""

from __future__ import annotations

from typing import Annotated, Literal

from components.backend.linked import Linked, Place
from components.backend.notebook import cases
from components.backend.settings import Settings
from components.backend.weights import Weights

NO_CASE = "none"
_CASES = (NO_CASE, *(case.id for case in cases()))


class Start(Linked):
    """Weights that are named: a notebook case's, or, where none is, those drawn from the seed.

    They hold as long as their shapes fit, whatever else is set.
    """

    case: Annotated[Literal[_CASES], Place("start")] = NO_CASE

    @property
    def weights(self) -> Weights | None:
        """The named weights; None where they are to be drawn from the seed."""
        return next((case.weights for case in cases() if case.id == self.case), None)

    def fits(self, settings: Settings) -> bool:
        """Whether the weights are what the settings call for."""
        return self.weights is None or self.weights.fit(settings)
