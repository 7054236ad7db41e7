"""What a layer reads: of each sentence, at each step, an id or the numbers of all features. Both as
text and back, and what may be wrong with them."""

from __future__ import annotations

import re
from functools import partial
from typing import Any

from pydantic import BeforeValidator
from pydantic_core import PydanticCustomError

from components.backend.question.linked import (
    LONGEST_TEXT,
    Message,
    Problem,
    SettingsError,
    TextCodec,
    as_python,
    listed,
    refusal,
    shown,
    whole,
)
from components.backend.question.numbers import LARGEST, Rows, notes_on, read_table, rows_text

MAX_SENTENCES, MAX_STEPS, MAX_FEATURES = 8, 100, 512
PADDING = 0
"""The id, or number, that pads short sentences, and that a mask skips."""

Tokens = tuple[tuple[int, ...], ...]
Values = tuple[Rows, ...]
"""Numbers that are read in place of ids: of each sentence, at each step, each feature."""

Sentences = tuple[tuple[Any, ...], ...]
"""Tokens or Values."""

LIMITS = {"sentences": MAX_SENTENCES, "steps": MAX_STEPS}
"""The most sentences, and the most steps of each, as the texts name them."""

ANY_IDS = Message("tokens", LIMITS)
ANY_VALUES = Message("values", LIMITS | {"features": MAX_FEATURES, "largest": LARGEST})


def tokens_text(tokens: Tokens) -> str:
    """Ids as text: commas between ids, semicolons between sentences."""
    return "; ".join(", ".join(map(str, sentence)) for sentence in tokens)


def read_ids(said: str, field: str = "tokens", allowed: Message = ANY_IDS) -> Tokens:
    """Ids from text, for a field of that name: commas or blanks between ids, semicolons or new
    lines between sentences.

    "1; ; 2" has an empty sentence, which no field allows. A semicolon or a new line at the very end
    is ignored.

    Raises:
        SettingsError: if anything in the text is not a whole number.
    """
    rows = re.split(r"\s*[;\n]\s*", said.strip())
    if rows[-1] == "":
        del rows[-1]
    try:
        return tuple(tuple(map(whole, row.replace(",", " ").split())) for row in rows)
    except ValueError as error:
        got = Message("value", {"shown": error.args[0]})
        raise SettingsError(Problem(field, got, allowed)) from None


def without_flat_ids(value: Any, field: str, allowed: Message) -> Any:
    """Ids as tuples, for a field of that name.

    Raises:
        PydanticCustomError: the ids are one flat list, not a list of sentences.
    """
    ids = as_python(value)
    if isinstance(ids, tuple) and ids and all(isinstance(token, int) for token in ids):
        raise refusal(Problem(field, Message("flat", {"shown": shown(ids)}), allowed))
    return ids


def values_text(values: Values) -> str:
    """Numbers as text: a line a step, a tab between features, a blank line between sentences."""
    return "\n\n".join(map(rows_text, values))


def read_values(said: str, field: str = "values", allowed: Message = ANY_VALUES) -> Values:
    """Numbers from text, as `read_table` reads it, for a field of that name: a block of lines for
    each sentence. Names in the first line are passed over.

    Raises:
        SettingsError: naming the line and the cell that is wrong.
    """
    return read_table(
        said, lambda got: SettingsError(Problem(field, got, allowed)), MAX_FEATURES
    ).blocks


def ids_field(name: str, allowed: Message) -> tuple[Any, ...]:
    """Annotations for a field of `Tokens`: it takes ids, and reads them from the text of a link.

    Args:
        name: of the field, for its problems.
        allowed: the text on what it allows.
    """
    given = BeforeValidator(lambda value: without_flat_ids(value, name, allowed))
    return given, TextCodec(tokens_text, lambda said: read_ids(said, name, allowed)), allowed


def values_field(name: str, allowed: Message) -> tuple[Any, ...]:
    """Annotations for a field of `Values`: it takes numbers, and reads them from the text of a
    link.

    Args:
        name, allowed: as for `ids_field`.
    """
    given = BeforeValidator(lambda value: _without_table(value, name, allowed))

    def read(said: str) -> Values:
        return read_values(said, name, allowed)

    return given, TextCodec(values_text, read, partial(notes_on, most=MAX_FEATURES)), allowed


def _without_table(value: Any, field: str, allowed: Message) -> Any:
    """Numbers as tuples, for a field of that name.

    Raises:
        PydanticCustomError: the numbers are one table, not a list of sentences.
    """
    values = as_python(value)
    match values:
        case ((int() | float(), *_), *_):
            raise refusal(Problem(field, Message("one_table", {"shown": shown(values)}), allowed))
    return values


def refused_length(field: str, values: Values) -> PydanticCustomError | None:
    """The error for more numbers in a field than a link carries; None if it carries them."""
    if (length := len(values_text(values))) <= LONGEST_TEXT:
        return None
    got = Message("characters", {"count": length})
    return refusal(Problem(field, got, Message("values_text", {"characters": LONGEST_TEXT})))


def wrong_values(
    values: Values, *, ragged: bool = False, most: int = MAX_FEATURES
) -> Message | None:
    """The text on what is wrong with numbers; None if nothing is.

    Args:
        most: the most features.
    """
    if sizes := _wrong_sizes(values, ids=False, ragged=ragged):
        return sizes
    features = sorted({len(row) for sentence in values for row in sentence})
    if len(features) > 1:
        return Message("feature_counts", {"counts": listed(map(str, features))})
    if not 1 <= features[0] <= most:
        return Message("feature_count", {"count": features[0]})
    flat = (value for sentence in values for row in sentence for value in row)
    wrong = next((value for value in flat if not abs(value) <= LARGEST), None)  # or if it is NaN
    return None if wrong is None else Message("value", {"shown": shown(wrong)})


def wrong_ids(tokens: Tokens, vocabulary_size: int, *, ragged: bool = False) -> Message | None:
    """The text on what is wrong with ids; None if nothing is."""
    if sizes := _wrong_sizes(tokens, ids=True, ragged=ragged):
        return sizes
    outside = (t for sentence in tokens for t in sentence if not 0 <= t < vocabulary_size)
    wrong = next(outside, None)
    return None if wrong is None else Message("id", {"shown": shown(wrong)})


def _wrong_sizes(rows: Sentences, *, ids: bool, ragged: bool) -> Message | None:
    """The text on a wrong number of sentences, or of ids or steps in them; None if both are
    right."""
    counts = sorted(set(map(len, rows)))
    if not rows:
        return Message("none")
    if len(rows) > MAX_SENTENCES:
        return Message("sentence_count", {"count": len(rows)})
    if len(counts) > 1 and not ragged:
        return Message("id_counts" if ids else "step_counts", {"counts": listed(map(str, counts))})
    wrong = next((count for count in counts if not 1 <= count <= MAX_STEPS), None)
    return None if wrong is None else Message("id_count" if ids else "step_count", {"count": wrong})


def ids_below(vocabulary_size: int) -> Message:
    """The ids of a vocabulary of that size, in words."""
    return Message("tokens_below", {**LIMITS, "top": vocabulary_size - 1})
