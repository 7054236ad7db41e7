"""The sentence that is looked at, as all pictures of the page draw it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from components.backend.your_model.answer import Answer
from components.charts.your_model import Window

PAD = "·"
"""What stands where a sentence is padded."""

_LONGEST = 16  # characters of a word in a picture
_PLAIN = str.maketrans("<>&", "‹›＆")  # a picture's texts are HTML
_MOST_STEPS = 100
_FEW, _AROUND = 40, 6  # steps that are all drawn, and steps of padding on each side of the words


@dataclass(frozen=True, eq=False)
class ShownSentence:
    """One sentence of an answer."""

    answer: Answer
    index: int  # among all sentences, from 0

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """What the model reads at each step, as pictures write it."""
        return tuple(_label(each) for each in self.answer.labels[self.index])

    @cached_property
    def window(self) -> Window:
        """The steps that are drawn."""
        return window_of(self.labels)

    @property
    def drawn(self) -> range:
        """The steps that are drawn, from 0."""
        return range(self.window.first, self.window.last)


def window_of(labels: Sequence[str]) -> Window:
    """The steps that are drawn: all, if they are few; else those of the words, with some of the
    padding round them, and of very many words the last ones."""
    steps = len(labels)
    named = [at for at, label in enumerate(labels) if label != PAD]
    if steps <= _FEW or not named:
        return Window(0, min(steps, _MOST_STEPS), steps)
    last = min(steps, named[-1] + 1 + _AROUND)
    return Window(max(0, named[0] - _AROUND, last - _MOST_STEPS), last, steps)


def _label(said: str) -> str:
    said = said.translate(_PLAIN) or PAD
    return said if len(said) <= _LONGEST else f"{said[: _LONGEST - 1]}…"
