"""What stands in place of a word, an id or the numbers of a step that is taken out of a
sentence."""

from __future__ import annotations

from components.backend.question.linked import Message, Problem, SettingsError, number, shown, whole
from components.backend.question.numbers import LARGEST
from components.backend.your_model.question import Question
from components.backend.your_model.typed import words
from components.backend.your_model.typed.pieces import Piece, Pieces, pads_itself, piece_of
from components.backend.your_model.typed.read import Typed

_NO_WORD = "\ue000"
"""Stands for a word that no vocabulary has: a character for private use, which nothing strips."""


def without(row: Pieces, at: int, given: Typed, question: Question) -> Pieces:
    """A sentence without one of its pieces: that is left out, or what the question's `away` says
    stands there.

    Raises:
        SettingsError: the model has nothing like that.
    """
    instead = () if question.away == "out" else (_nothing(row[at], given, question),)
    return (*row[:at], *instead, *row[at + 1 :])


def _nothing(piece: Piece, given: Typed, question: Question) -> Piece:
    """What stands in place of a piece that is not left out."""
    main = given.main
    if question.away == "padding":
        if pads_itself(main):
            raise _no_away(question, Message("away_string"))
        values = {"words": "", "ids": given.padding, "numbers": None}
        nothing = values[main.kind]
        return Piece("", (0.0,) * len(piece.value) if nothing is None else nothing)
    if main.kind == "words":
        return Piece("", _NO_WORD, unknown=True)
    if main.kind == "numbers":
        raise _no_away(question, Message("away_numbers"))
    unknown = words.find(question.vocabulary).unknown if question.vocabulary else None
    if unknown is None or unknown >= main.id_count:
        raise _no_away(question, Message("away_known"))
    return Piece("", unknown, unknown=True)


def _no_away(question: Question, allowed: Message) -> SettingsError:
    got = Message("value", {"shown": shown(question.away)})
    return SettingsError(Problem("away", got, allowed, nearest="out"))


def replacement(given: Typed, question: Question) -> Piece:
    """What is typed in place of a piece."""
    try:
        found = _read(question.replace, given, question)
    except ValueError:
        found = None
    if found is None:
        got = Message("value", {"shown": shown(question.replace)})
        raise SettingsError(Problem("replace", got, _allowed(given)))
    return found


def _read(said: str, given: Typed, question: Question) -> Piece | None:
    """A piece as it is typed; None, or a ValueError, if the model reads nothing like it."""
    main = given.main
    if given.reads == "numbers":
        value, features = number(said), len(given.rows[0][0].value)
        return Piece(said, (value,) * features) if abs(value) <= LARGEST else None
    if given.reads == "ids":
        value = whole(said)
        return Piece(said, value) if 0 <= value < main.id_count else None
    if main.kind == "words":
        return Piece(said, said)
    vocabulary = words.find(question.vocabulary)
    (word,) = vocabulary.split(said)
    return piece_of(word, vocabulary, main)


def _allowed(given: Typed) -> Message:
    """What may be typed in place of a piece, in words."""
    if given.reads == "numbers":
        return Message("large", {"largest": LARGEST})
    if given.reads == "ids":
        return Message("whole", {"low": 0, "high": given.main.id_count - 1})
    return Message("one_word")
