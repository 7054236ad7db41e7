"""Which weights a visitor starts from."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import InstanceOf

from components.backend.brought import find, name_of
from components.backend.edits import ALLOWED, Edits, edits_text, read_edits
from components.backend.linked import Linked, Place, Spelling, Words
from components.backend.notebook import cases
from components.backend.settings import Settings
from components.backend.trained import Trained, read_trained, trained_text
from components.backend.weights import Weights

NO_CASE = "none"
_CASES = (NO_CASE, *(case.id for case in cases()))


class Start(Linked):
    """Weights that are named: a notebook case's, those of a training, or those of a file that was
    brought along; where none are, those drawn from the seed. Edits change any of them.

    They hold as long as their shapes fit, whatever else is set.
    """

    case: Annotated[Literal[_CASES], Place("start")] = NO_CASE
    trained: Annotated[
        InstanceOf[Trained] | None,
        Spelling(trained_text, read_trained),
        Words("trained"),
        Place("start", applies=lambda s: s.case == NO_CASE),
    ] = None
    brought: Annotated[
        InstanceOf[Weights] | None,
        Spelling(name_of, find),
        Words("brought"),
        Place("start", applies=lambda s: s.case == NO_CASE and not s.trained),
    ] = None
    edits: Annotated[
        InstanceOf[Edits], Spelling(edits_text, read_edits), ALLOWED, Place("start")
    ] = Edits()

    @property
    def named(self) -> bool:
        """Whether they are any others than the seed gives."""
        return self != Start()

    @property
    def base(self) -> Literal["case", "trained", "brought"] | None:
        """Which field names the weights that may be edited; None where they are the seed's."""
        for name in ("case", "trained", "brought"):
            if self.applies(name) and getattr(self, name) != self.ordinary(name):
                return name
        return None

    @property
    def unedited(self) -> Weights | None:
        """The weights before they are edited; None where they are to be drawn from the seed.

        Raises:
            EngineError: they had to be trained first, and that failed.
        """
        match self.base:
            case "case":
                return next(case.weights for case in cases() if case.id == self.case)
            case "trained":
                return self.trained.weights
        return self.brought

    def weights(self, settings: Settings) -> Weights | None:
        """The weights for the settings; None where they are to be drawn from the seed.

        Raises:
            EngineError: they had to be trained or drawn first, and that failed.
        """
        return self.unedited if self.edits == Edits() else self.edits.of(self.unedited, settings)

    def fitting(self, settings: Settings) -> Start:
        """The same without what does not fit the settings."""
        return self.but(**{name: NOTHING[name] for name in self.misfits(settings)})

    def misfits(self, settings: Settings) -> tuple[str, ...]:
        """The fields whose weights, or edits, are not what the settings call for."""
        found = [] if self.base is None or self._fits(settings) else [self.base]
        return (*found, *([] if self.edits.fit(settings) else ["edits"]))

    def _fits(self, settings: Settings) -> bool:
        if self.base == "trained":  # which need not be trained to find that out
            return self.trained.fit(settings)
        return self.unedited.fit(settings)


NOTHING = dict(Start())
"""What `Start` holds where the weights are drawn from the seed."""
