"""Vocabularies that visitors bring: which id a model reads for which word. A link names one by a
digest, and works as long as this server keeps it."""

from __future__ import annotations

import hashlib
import json
import re
import sys
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

from components.backend.question.linked import Message, Problem, SettingsError, shown
from components.backend.your_model.opened import GoneError
from components.backend.your_model.store import Store

MOST_WORDS = 200_000
MOST_BYTES = 4 * 2**20
_LONGEST_SEPARATOR = 100  # characters: one stands for each character that is filtered
_KEPT, _KEPT_A_VISITOR = 256 * 2**20, 64 * 2**20  # bytes of the vocabularies that are kept
_NAME = 16  # letters of a name

PADDING, UNKNOWN = "", "[UNK]"
"""How Keras's `get_vocabulary` writes the padding, and a word that it does not know."""

_PADDINGS = (PADDING, "<PAD>", "<pad>", "[PAD]")
_UNKNOWNS = (UNKNOWN, "<UNK>", "<unk>", "<OOV>", "<oov>", "[OOV]", "UNK", "OOV")

_ALLOWED = Message("vocabulary_file", {"words": MOST_WORDS, "most": MOST_BYTES // 2**20})
_TOKENIZER_FILTERS = '!"#$%&()*+,-./:;<=>?@[\\]^_`{|}~\t\n'  # Keras's default
_STRIPPED = re.compile(r"[!\"#$%&()*+,\-./:;<=>?@\[\\\]^_`{|}~']")
"""What TextVectorization strips by default."""


class Splitting(NamedTuple):
    """How a sentence is split into words."""

    filters: str | None = None
    """The characters that a Tokenizer replaces by its separator. None to take out punctuation, as
    TextVectorization does: "well-known" is one word then, and two of a Tokenizer."""
    lower: bool = True
    separator: str = " "
    characters: bool = False  # each character is a word

    def split(self, sentence: str) -> tuple[str, ...]:
        """The words of a sentence."""
        said = sentence.lower() if self.lower else sentence
        if self.characters:
            return tuple(said)
        if self.filters is None:
            return tuple(_STRIPPED.sub("", said).split())
        said = said.translate(str.maketrans(dict.fromkeys(self.filters, self.separator)))
        return tuple(filter(None, said.split(self.separator)))


AS_VECTORIZED = Splitting()
"""As TextVectorization splits by default."""


@dataclass(frozen=True, eq=False)
class Vocabulary:
    """Which id stands for which word."""

    name: str  # a digest of the text that it was read from, which names it in links
    ids: Mapping[str, int]
    padding: int  # the id that pads sentences
    unknown: int | None
    """The id of all other words; None if such words are left out, as a Tokenizer without oov_token
    does."""
    below: int | None = None  # num_words: words with this id or a higher one are unknown, too
    splitting: Splitting = field(default_factory=Splitting)

    def split(self, sentence: str) -> tuple[str, ...]:
        """The words of a sentence, as they are looked up."""
        return self.splitting.split(sentence)

    def id_of(self, word: str, below: int | None = None) -> int | None:
        """The id of a word; None if it is unknown.

        Args:
            below: how many ids the model has.
        """
        found = self.ids.get(word)
        ends = [end for end in (below, self.below) if end is not None]
        return None if found is None or found >= min(ends, default=sys.maxsize) else found

    def words_of(self, ids: Collection[int]) -> dict[int, str]:
        """The words of these ids, of those that have one."""
        wanted = set(ids)
        return {number: word for word, number in self.ids.items() if number in wanted}

    @cached_property
    def nbytes(self) -> int:
        """Bytes that it takes, about."""
        return sys.getsizeof(self.ids) + sum(sys.getsizeof(word) + 32 for word in self.ids)


def register(text: str | bytes, visitor: str) -> Vocabulary:
    """Read the vocabulary in a text or a file, and keep it: `find` finds it by its name.

    Args:
        visitor: whose memory it takes, such as a session's identifier."""
    found = read_vocabulary(text)
    _store.hold(found.name, found, visitor)
    return found


def find(name: str) -> Vocabulary:
    """The vocabulary of that name.

    Raises:
        GoneError: this server does not keep it any longer.
    """
    if (found := _store.get(name)) is None:
        raise GoneError(name)
    return found


def read_vocabulary(given: str | bytes) -> Vocabulary:
    """The vocabulary in what a visitor pastes or uploads: JSON as a Tokenizer's `to_json` gives it,
    a JSON object of words and their ids, or the words of `get_vocabulary`, in the order of their
    ids, as a JSON list or one a line.

    Raises:
        SettingsError: it is none of these, or too large.
    """
    data = given.encode() if isinstance(given, str) else given
    if len(data) > MOST_BYTES:
        raise _refused(Message("file_size", {"count": len(data)}))
    try:
        said = data.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise _refused(Message("no_utf8", {"place": error.start + 1})) from None
    if not said.strip():
        raise _refused(Message("none"))
    name = hashlib.sha256(data).hexdigest()[:_NAME]
    return _read(_parsed(said), name)


def _parsed(said: str) -> Any:
    """What a text holds: JSON, or else its lines. The text of `to_json` is often saved by
    `json.dump`: then it is JSON in a JSON string."""
    # Lines may begin with "[UNK]", too.
    if said.lstrip()[:1] not in ("{", "[", '"') or said.lstrip().startswith(UNKNOWN):
        return said.removesuffix("\n").split("\n")
    found = _json(said)
    return _json(found) if isinstance(found, str) else found


def _json(said: str) -> Any:
    try:
        return json.loads(said)
    except json.JSONDecodeError as error:
        line = {"line": error.lineno, "column": error.colno}
        raise _refused(Message("no_json", line)) from None
    except (ValueError, RecursionError):  # a number of thousands of digits; too deep
        raise _refused(Message("no_file")) from None


def _read(found: Any, name: str) -> Vocabulary:
    match found:
        case list():
            return _listed(found, name)
        case {"config": dict(config)}:
            return _of_tokenizer(config, name)
        case dict():
            ids = _ids(found)
            splitting = _of_characters(ids) or Splitting(_TOKENIZER_FILTERS)
            return Vocabulary(name, ids, _padding(ids), _first(ids, _UNKNOWNS), None, splitting)
    raise _refused(Message("value", {"shown": shown(found)}))


def _listed(words: Sequence[Any], name: str) -> Vocabulary:
    """The vocabulary of words in the order of their ids."""
    if len(words) > MOST_WORDS:
        raise _refused(Message("word_count", {"count": len(words)}))
    ids: dict[str, int] = {}
    for number, word in enumerate(words):
        if not isinstance(word, str):
            raise _refused(Message("no_word", {"shown": shown(word), "number": number}))
        if ids.setdefault(word, number) != number:
            values = {"shown": shown(word), "first": ids[word], "second": number}
            raise _refused(Message("word_twice", values))
    splitting = _of_characters(ids) or Splitting()
    return Vocabulary(name, ids, _padding(ids), _first(ids, _UNKNOWNS), None, splitting)


def _of_characters(ids: Mapping[str, int]) -> Splitting | None:
    """How to split for a vocabulary of single characters, with a blank among them; else None. It
    has no capitals where it knows none."""
    words = ids.keys() - {*_PADDINGS, *_UNKNOWNS}
    if " " not in words or max(map(len, words)) > 1:
        return None
    return Splitting(lower=all(word == word.lower() for word in words), characters=True)


def _of_tokenizer(config: Mapping[str, Any], name: str) -> Vocabulary:
    """The vocabulary of a Tokenizer's configuration, with its own way to split."""
    index = config.get("word_index")
    found = _json(index) if isinstance(index, str) else index
    if not isinstance(found, dict):
        raise _refused(Message("no_word_index"))
    ids = _ids(found)
    filters = _given(config, "filters", str, _TOKENIZER_FILTERS)
    separator = _given(config, "split", str, " ") or " "
    if len(separator) > _LONGEST_SEPARATOR:
        raise _refused(Message("config_entry", {"name": "split", "shown": shown(separator)}))
    lower = _given(config, "lower", bool, True)
    characters = _given(config, "char_level", bool, False)
    splitting = Splitting(filters, lower, separator, characters)
    unknown = ids.get(_given(config, "oov_token", str, ""))
    below = _given(config, "num_words", int, None)
    return Vocabulary(name, ids, 0, unknown, below, splitting)


def _given(config: Mapping[str, Any], name: str, kind: type, otherwise: Any) -> Any:
    """An entry of a configuration; another value if it lacks it, or has null."""
    value = config.get(name)
    if value is None:
        return otherwise
    if type(value) is not kind:
        raise _refused(Message("config_entry", {"name": name, "shown": shown(value)}))
    return value


def _ids(found: Mapping[str, Any]) -> dict[str, int]:
    """The ids of words, if they are that."""
    if len(found) > MOST_WORDS:
        raise _refused(Message("word_count", {"count": len(found)}))
    if not found:
        raise _refused(Message("none"))
    for word, number in found.items():
        if type(number) is not int or not 0 <= number < 2**31:
            raise _refused(Message("word_id", {"word": shown(word), "shown": shown(number)}))
    return dict(found)


def _padding(ids: Mapping[str, int]) -> int:
    return _first(ids, _PADDINGS) or 0


def _first(ids: Mapping[str, int], words: Sequence[str]) -> int | None:
    """The id of the first of these words that has one."""
    return next((ids[word] for word in words if word in ids), None)


def _refused(got: Message) -> SettingsError:
    return SettingsError(Problem("vocabulary", got, _ALLOWED))


_store = Store[Vocabulary](_KEPT, _KEPT_A_VISITOR)
