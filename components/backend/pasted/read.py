"""Reads a pasted text: an error, a shape, or code, in this order."""

from __future__ import annotations

from functools import lru_cache

from components.backend.pasted.errors import message_of, read_error
from components.backend.pasted.shape import read_shape
from components.backend.pasted.shown import ignored, show
from components.backend.pasted.source import LONGEST, read_source, tree_of
from components.backend.pasted.understood import Code, Said, Understood

MOST = 20_000
"""The most characters of a text that are read; of a longer one the end, where an error stands."""


def read(text: str) -> Understood:
    """What a pasted text says. Nothing of it is run: code is read as a syntax tree."""
    return _read(text[-MOST:].replace("\r\n", "\n").replace("\0", ""))


MOST_WORDS = 300
"""The most characters of it that are looked for among questions and mistakes."""


@lru_cache(64)
def _read(text: str) -> Understood:
    found = read_error(text) or read_shape(text)
    if found:
        return found
    if error := message_of(text):
        return Understood("error", Said("errors.unknown"), look_for=error[:MOST_WORDS])
    if len(text) > LONGEST:
        return Understood("nothing", Said("too_long", {"most": LONGEST}))
    tree = tree_of(text)
    source = read_source(tree) if tree else None
    if source and (found := show(source)):
        return found
    if source and source.layers:
        names = tuple(Code(name) for name in dict.fromkeys(call.name for call in source.layers))
        what = Said("no_recurrent", {"what": names[:8]})
        return Understood("nothing", what, notes=tuple(ignored(source)))
    return Understood("nothing", Said("nothing"), look_for=" ".join(text.split())[:MOST_WORDS])
