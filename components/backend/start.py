"""Which weights a visitor starts from."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import InstanceOf

from components.backend.linked import Linked, Place, Spelling, Words
from components.backend.notebook import cases
from components.backend.settings import Settings
from components.backend.trained import Trained, read_trained, trained_text
from components.backend.weights import Weights

NO_CASE = "none"
_CASES = (NO_CASE, *(case.id for case in cases()))


class Start(Linked):
    """Weights that are named: a notebook case's, those of a training, or, where none are, those
    drawn from the seed.

    They hold as long as their shapes fit, whatever else is set.
    """

    case: Annotated[Literal[_CASES], Place("start")] = NO_CASE
    trained: Annotated[
        InstanceOf[Trained] | None,
        Spelling(trained_text, read_trained),
        Words("trained"),
        Place("start", applies=lambda s: s.case == NO_CASE),
    ] = None

    @property
    def named(self) -> bool:
        """Whether any weights are named."""
        return self.case != NO_CASE or self.trained is not None

    @property
    def weights(self) -> Weights | None:
        """The named weights; None where they are to be drawn from the seed.

        Raises:
            EngineError: they had to be trained first, and that failed.
        """
        if self.case != NO_CASE:
            return next(case.weights for case in cases() if case.id == self.case)
        return self.trained and self.trained.weights

    def fits(self, settings: Settings) -> bool:
        """Whether the weights are what the settings call for."""
        if self.case == NO_CASE and self.trained is not None:
            return self.trained.fit(settings)
        return self.weights is None or self.weights.fit(settings)
