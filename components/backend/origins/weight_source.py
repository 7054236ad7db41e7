"""The question of which weights a page shows."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, Literal

from pydantic import InstanceOf

from components.backend.learning.trained import Trained, learned, read_trained, trained_text
from components.backend.origins.notebook import cases
from components.backend.origins.uploaded import find, name_of
from components.backend.question.layout import features
from components.backend.question.linked import (
    FieldRule,
    Linked,
    Message,
    Problem,
    TextCodec,
    choices,
    to_text,
)
from components.backend.question.settings import Settings
from components.backend.question.setup import Setup
from components.backend.question.weights import Weights
from components.backend.weight_files.edits import ALLOWED, Edits, edits_text, read_edits

NO_CASE = "none"
_CASES = (NO_CASE, *(case.id for case in cases()))


class WeightSource(Linked):
    """Where the weights come from: a notebook case, a training or an uploaded file; else a cell
    that has learned quotation marks, where one of that kind and size is recorded, or the seed.
    Edits change any of them.

    While a case, a training or a file names them, a setting that they do not fit is refused.
    """

    texts = "weight_source"

    case: Literal[_CASES] = NO_CASE
    trained: Annotated[
        InstanceOf[Trained] | None,
        TextCodec(trained_text, read_trained),
        Message("trained"),
        FieldRule(applies=lambda s: s.case == NO_CASE),
    ] = None
    uploaded: Annotated[
        InstanceOf[Weights] | None,
        TextCodec(name_of, find),
        Message("uploaded"),
        FieldRule(applies=lambda s: s.case == NO_CASE and not s.trained),
    ] = None
    learned: Annotated[
        Literal["nothing", "quotes"],
        FieldRule(applies=lambda s: s.base is None),
    ] = "nothing"
    edits: Annotated[InstanceOf[Edits], TextCodec(edits_text, read_edits), ALLOWED] = Edits()

    @property
    def named(self) -> bool:
        """Whether a link names them, or edits them."""
        return self.base is not None or self.edits != Edits()

    @property
    def base(self) -> Literal["case", "trained", "uploaded"] | None:
        """The field that names the weights, before edits; None where they are the seed's."""
        for name in ("case", "trained", "uploaded"):
            if self.applies(name) and getattr(self, name) != self.ordinary(name):
                return name
        return None

    def training(self, settings: Settings) -> Trained | None:
        """The training that gave the weights before edits; None if none did."""
        if self.base is None:
            return learned(settings) if self.learned == "quotes" else None
        return self.trained if self.base == "trained" else None

    def unedited(self, settings: Settings) -> Weights | None:
        """The weights before edits; None where they are the seed's.

        Raises:
            EngineError: they had to be trained first, and that failed.
        """
        if self.base == "case":
            return next(case.weights for case in cases() if case.id == self.case)
        if self.base == "uploaded":
            return self.uploaded
        found = self.training(settings)
        return found.weights if found else None

    def weights(self, settings: Settings) -> Weights | None:
        """The weights for the settings; None where they are the seed's.

        Raises:
            EngineError: they had to be trained or drawn first, and that failed.
        """
        found = self.unedited(settings)
        return found if self.edits == Edits() else self.edits.of(found, settings)

    def fitting(self, settings: Settings) -> WeightSource:
        """This source without the fields that do not fit the settings."""
        return self.but(**{name: NOTHING[name] for name in self.misfits(settings)})

    def misfits(self, settings: Settings) -> tuple[str, ...]:
        """The fields whose weights, or edits, do not fit the settings."""
        found = [] if self.base is None or self._fits(settings) else [self.base]
        return (*found, *([] if self.edits.fit(settings) else ["edits"]))

    def hold(
        self, wanted: Setup, last: Setup, moved: Iterable[str]
    ) -> tuple[Setup, tuple[Problem, ...]]:
        """The wanted setup, if these weights and edits fit it. Otherwise the last setup with those
        of the changes that they fit, and a problem for each other change.

        Args:
            last: a setup that they fit. If they do not fit it, the wanted setup is returned.
            moved: the fields that the visitor has changed since then.
        """
        if self.fit(wanted) or not self.fit(last):
            return wanted, ()
        found, problems = last, list[Problem]()
        # The source last: with the rows that it reads it may fit.
        for name in sorted(moved, key=lambda name: name == "source"):
            tried, _ = Setup.mend(dict(found) | {name: getattr(wanted, name)}, found)
            if self.fit(tried):
                found = tried
            else:
                problems.append(self._refusal(name, getattr(wanted, name), last))
        return found, tuple(problems)

    def _refusal(self, name: str, value: Any, last: Setup) -> Problem:
        """The problem of a field whose new value does not fit these weights.

        Args:
            last: the setup before the change, which fits them.
        """
        if name == "values":
            got = Message("feature_count", {"count": len(value[0][0])})
            return Problem(
                name, got, Message("features_fit", {"features": features(last.settings)})
            )
        fitting = [option for option in choices(Setup, name) if self._takes(name, option, last)]
        nearest = getattr(last, name)
        names = ", ".join(to_text(Setup, name, each) for each in fitting or [nearest])
        got = Message("value", {"shown": to_text(Setup, name, value)})
        return Problem(name, got, Message("weights_fit", {"names": names}), nearest=nearest)

    def _takes(self, name: str, option: Any, last: Setup) -> bool:
        """Whether these weights fit the last setup with that option of a field."""
        if name == "source":
            return option == last.source or bool(last.switched(option, self.fit))
        return self.fit(Setup.mend(dict(last) | {name: option}, last)[0])

    def fit(self, setup: Setup) -> bool:
        """Whether these weights and edits fit the setup."""
        return not self.misfits(setup.settings)

    def _fits(self, settings: Settings) -> bool:
        if self.trained and self.base == "trained":  # known before the training has run
            return self.trained.fit(settings)
        found = self.unedited(settings)
        return found is None or found.fit(settings)


NO_FIT = ("weights_fit", "features_fit")
"""The names of the texts that say which values of a field the weights fit."""

NOTHING = dict(WeightSource())
"""The values of `WeightSource`'s fields where the weights are the seed's."""
