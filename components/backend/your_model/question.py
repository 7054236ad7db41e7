"""What a page asks of a visitor's model: what it reads, how that is padded, and which word is left
out."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from components.backend.question.linked import (
    LONGEST_TEXT,
    FieldRule,
    Flag,
    Int,
    Linked,
    Message,
    Problem,
    TextCodec,
    as_python,
    refusal,
    shown,
)
from components.backend.question.sentences import MAX_SENTENCES

MOST_WORDS = 100  # of a sentence that are left out, one after another
MOST_STEPS = 1_000
MOST_OTHERS = 8
LONGEST_PATH, LONGEST_WORD = 300, 100  # characters

Reads = Literal["words", "ids", "numbers"]
Side = Literal["pre", "post"]
Others = tuple[tuple[str, str], ...]
"""What is typed for further inputs, by their names."""

_KEY = re.compile(r"[0-9a-f]{0,64}")
_NAMED = Message("kept_name")
_OTHERS = Message("others_typed", {"inputs": MOST_OTHERS, "characters": LONGEST_TEXT})


def _text_field(most: int) -> tuple[Any, ...]:
    """Annotations for a field of text, which loses the blanks around it."""
    stripped = BeforeValidator(lambda value: value.strip() if isinstance(value, str) else value)
    return (
        stripped,
        Field(max_length=most),
        TextCodec(str, str),
        Message("text_typed", {"most": most}),
    )


def _name_field() -> tuple[Any, ...]:
    """Annotations for a field that names what this server keeps, by a digest."""
    return Field(pattern=rf"^{_KEY.pattern}$"), TextCodec(str, str), _NAMED


def others_text(others: Others) -> str:
    """What is typed for further inputs, as a link writes it: a JSON object."""
    return json.dumps(dict(others), ensure_ascii=False, separators=(",", ":"))


def read_others(said: str) -> Others:
    """What is typed for further inputs, from a link.

    Raises:
        ValueError: it is no JSON object.
    """
    try:
        found = json.loads(said)
    except RecursionError:
        raise ValueError(shown(said)) from None
    if not isinstance(found, dict):
        raise ValueError(shown(said))
    return _sorted(found.items())


def _as_pairs(value: Any) -> Any:
    """A mapping as sorted pairs; the same of pairs."""
    if isinstance(value, Mapping):
        return _sorted(value.items())
    pairs = as_python(value)
    return _sorted(pairs) if isinstance(pairs, tuple) else pairs


def _sorted(pairs: Iterable[Any]) -> Any:
    """Pairs in the order of their names; those without a text are left out."""
    return tuple(sorted(pair for pair in pairs if not (len(pair) == 2 and pair[1] == "")))


class Question(Linked):
    """What a model reads, and what is asked of that."""

    texts = "your_model_view"

    model: Annotated[str, *_name_field()] = ""
    """`Opened.key`; "" for the sample."""

    sentences: Annotated[str, *_text_field(LONGEST_TEXT)] = ""
    """Words or ids: a line a sentence. Numbers: a line a step, a blank line between sentences; if
    the model reads no steps, a line a sentence. "" for an example that fits the model."""

    reads: Literal["auto", Reads] = "auto"
    """What `sentences` holds. "auto": words if the model or the vocabulary turns them into ids;
    else what the model reads."""

    vocabulary: Annotated[str, *_name_field()] = ""
    """`Vocabulary.name`; "" for none."""

    others: Annotated[
        Others, BeforeValidator(_as_pairs), TextCodec(others_text, read_others), _OTHERS
    ] = ()
    """By the name of each further input, what is typed for it, as `sentences` is. What is typed for
    one sentence stands for all."""

    pad: Side = "pre"
    """On which side sentences are padded and cut. "pre" is that of Keras's pad_sequences. It counts
    most in models without a mask, and these learn best with the padding before the words."""

    steps: Annotated[Int, Field(ge=0, le=MOST_STEPS)] = 0
    """To how many steps sentences are padded and cut if the model takes any number; 0 for as many
    as the longest one has."""

    masked: Flag = True
    calls: Annotated[Int, Field(ge=1, le=2)] = 1
    sentence: Annotated[Int, Field(ge=1, le=MAX_SENTENCES)] = 1  # which one is looked at
    without: Annotated[Int, Field(ge=0, le=MOST_STEPS)] = 0
    """Which word of it, from 1, is left out or replaced; 0 for none."""

    replace: Annotated[
        str, *_text_field(LONGEST_WORD), FieldRule(applies=lambda q: q.without > 0)
    ] = ""
    """The word, id or number that stands in its place; "" to take it away as `away` says."""

    away: Literal["out", "unknown", "padding"] = "out"
    """What takes a word away: it is left out, or the unknown id or the padding stands there."""

    layer: Annotated[str, *_text_field(LONGEST_PATH)] = ""
    """The layer that is looked into: its path and its name with "/" between them; "" for the first
    recurrent layer."""

    @model_validator(mode="after")
    def _others_fit(self) -> Self:
        names = [name for name, _ in self.others]
        length = len(others_text(self.others))
        if len(names) > MOST_OTHERS or len(set(names)) < len(names) or length > LONGEST_TEXT:
            got = Message("cut", {"start": others_text(self.others)[:30], "count": length})
            raise refusal(Problem("others", got, _OTHERS))
        return self
