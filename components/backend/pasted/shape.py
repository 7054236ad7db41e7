"""A pasted shape, such as `(32, 10, 8)`."""

from __future__ import annotations

import re
from collections.abc import Sequence

from components.backend.pasted.understood import Said, Understood
from components.backend.question.sentences import MAX_FEATURES, MAX_SENTENCES, MAX_STEPS
from components.backend.question.setup import MOST_MADE, Setup

_SIZE = r"(?:\d{1,9}|None|-1|\?)"
# What a notebook prints may stand before it: `X.shape`, `torch.Size(`, `TensorShape(`.
_SHAPE = re.compile(
    rf"(?:[\w.'\"]{{1,40}}\s{{0,9}}){{0,3}}[=:]?\s*(?:torch\.Size|TensorShape)?\(?[(\[]"
    rf"\s*({_SIZE}(?:\s*,\s*{_SIZE})*)\s*,?\s*[)\]]\)?[.;]?"
)

LONGEST = 300
"""The most characters of a shape, with what stands before it."""

Sizes = Sequence[int | None]


def sizes_of(written: str) -> Sizes:
    """The sizes in "32, 10, 8", with None where a size is not fixed."""
    parts = (part.strip() for part in written.split(",") if part.strip())
    return [int(part) if part.isdecimal() else None for part in parts]


def read_shape(text: str) -> Understood | None:
    """What a shape means to a recurrent layer; None if the text is no shape."""
    match = _SHAPE.fullmatch(text.strip()) if len(text) <= LONGEST else None
    if not match:
        return None
    sizes = sizes_of(match[1])
    written = bracketed(sizes)
    if 0 in sizes:
        return Understood("shape", Said("shape.empty", {"shape": written}))
    if len(sizes) == 3:
        return _three(sizes, written)
    if len(sizes) == 2:
        return _two(sizes, written)
    values = {"shape": written, "axes": len(sizes)}
    if len(sizes) == 1:
        return Understood("shape", Said("shape.one", values), "series")
    mistake = "ids_with_an_axis" if sizes[-1] == 1 or sizes[-2] == 1 else "samples_in_input"
    return Understood("shape", Said("shape.many", values), mistake=mistake)


def bracketed(sizes: Sizes) -> str:
    """A shape as Python writes it."""
    inside = ", ".join(map(str, sizes))
    return f"({inside},)" if len(sizes) == 1 else f"({inside})"


def _three(sizes: Sizes, written: str) -> Understood:
    """Samples, steps, features: a series of such a size is made."""
    samples, steps, features = sizes
    shown, notes = series_of(samples, steps, features)
    words = {"samples": samples, "steps": steps, "features": features}
    if None in sizes:
        what = Said("shape.three_open", {"shape": written})
    else:
        what = Said("shape.three", words)
    return Understood("shape", what, "explore", shown.to_query() | {"tab": "shapes"}, notes)


def series_of(
    samples: int | None, steps: int | None, features: int | None
) -> tuple[Setup, tuple[Said, ...]]:
    """A setup that reads numbers of that shape, and a note on each size that is cut to what the app
    shows at most. A size that is None is the setup's own."""
    notes = []
    own = Setup(source="sine")

    def within(name: str, got: int | None, most: int, ordinary: int) -> int:
        shown = min(got or ordinary, most)
        if got and got > most:
            notes.append(Said(f"most.{name}", {"got": got, "most": most, "shown": shown}))
        return shown

    length = within("steps", steps, MAX_STEPS, own.length)
    width = within("features", features, MAX_FEATURES, own.features)
    most = max(1, min(MAX_SENTENCES, MOST_MADE // (length * width)))
    count = within("samples", samples, most, 1)
    return own.but(length=length, features=width, sentences=count), tuple(notes)


def _two(sizes: Sizes, written: str) -> Understood:
    """Ids for an Embedding; or numbers that lack an axis."""
    samples, steps = sizes
    notes = []
    if steps and steps > MAX_STEPS:
        notes.append(Said("most.steps", {"got": steps, "most": MAX_STEPS, "shown": MAX_STEPS}))
    length = min(steps or 10, MAX_STEPS)
    count = min(samples or 1, MAX_SENTENCES)
    if samples and samples > MAX_SENTENCES:
        told = {"got": samples, "most": MAX_SENTENCES, "shown": MAX_SENTENCES}
        notes.append(Said("most.samples", told))
    query = Setup(source="random", length=length, sentences=count).to_query()
    what = Said("shape.two", {"shape": written})
    return Understood(
        "shape", what, "explore", query | {"tab": "shapes"}, tuple(notes), mistake="table"
    )
