"""The mark by which a pair finds each other: a drawing, with its colour and shape in words."""

from __future__ import annotations

from components.backend.rooms.choices import Mine
from components.backend.rooms.pairs import Mark, mark
from components.backend.rooms.room import Told
from components.texts import text

_FILLS = {
    "red": "#d62f2f",
    "blue": "#1f6fe0",
    "green": "#1f9a4a",
    "yellow": "#f5c400",
    "purple": "#8d4fd0",
    "orange": "#f07c12",
}

# Each in a box of 24 by 24.
_PATHS = {
    "circle": "M12 2a10 10 0 1 0 0 20 10 10 0 1 0 0-20z",
    "square": "M3 3h18v18H3z",
    "triangle": "M12 2l10.5 19.5h-21z",
    "star": "M12 1.5l3.2 7 7.6.8-5.7 5.1 1.6 7.5-6.7-3.8-6.7 3.8 1.6-7.5L1.2 9.3l7.6-.8z",
    "heart": "M12 22C5 16 1.5 12 1.5 7.5A5.5 5.5 0 0 1 12 5.3 5.5 5.5 0 0 1 22.5 7.5C22.5 12 19 16"
    " 12 22z",
    "diamond": "M12 1l8 11-8 11-8-11z",
    "plus": "M8.5 2h7v6.5H22v7h-6.5V22h-7v-6.5H2v-7h6.5z",
    "moon": "M15 2.2A10 10 0 1 0 21.8 15 8.5 8.5 0 0 1 15 2.2z",
}


def pair_html(told: Told, mine: Mine) -> str:
    """A phone's mark while its pair discusses; "" at any other time, and without a pair."""
    if not (told.choices.pairs and told.room.discusses) or mine.pair is None:
        return ""
    its = mark(mine.pair)
    drawn = (
        f'<svg viewBox="0 0 24 24" width="96" height="96" aria-hidden="true"><path'
        f' d="{_PATHS[its.shape]}" fill="{_FILLS[its.colour]}" stroke="currentcolor"/></svg>'
    )
    return f'<p class="pair">{drawn}<strong>{_in_words(its)}</strong></p>'


def pair_said(told: Told, mine: Mine) -> str:
    """Whom to discuss with, in a sentence; "" where the class is not paired now."""
    if not (told.choices.pairs and told.room.discusses):
        return ""
    if mine.pair is None:
        return text("phones.pairs.none")
    return text("phones.pairs.same" if mine.pair_agrees else "phones.pairs.other")


def _in_words(its: Mark) -> str:
    said = text(
        "phones.pairs.mark",
        colour=text(f"phones.colours.{its.colour}"),
        shape=text(f"phones.shapes.{its.shape}"),
    )
    return said if its.number == 1 else f"{said} {its.number}"
