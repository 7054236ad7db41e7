"""Every sentence of explanation, as data: a folder a language, a TOML file a page, read once. What
a language does not say yet is said in English.

`text` speaks the language that `speak` was last told in this thread or request: each run of a page
begins with that, and so does each answer to a phone. Where it has not been told yet, as in a
callback or a fragment that runs in a new thread, it speaks that of the visitor's session, which
`ask_visitor` has it ask for; else English.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from decimal import ROUND_HALF_UP, Decimal, localcontext
from fractions import Fraction
from functools import cache
from numbers import Real
from pathlib import Path
from typing import Any, TypeVar

LANGUAGES: Mapping[str, str] = {"en": "English", "ko": "한국어"}
"""Each language's own name, by the name of its folder."""

DEFAULT = "en"

_spoken: ContextVar[str] = ContextVar("language")
T = TypeVar("T")

_WORD_JOINER = "\N{WORD JOINER}"
_NO_BREAK_SPACE = "\N{NO-BREAK SPACE}"


def _unspaced(found: re.Match[str]) -> str:
    return found[0].replace(" ", _NO_BREAK_SPACE)


def _joined_on(found: re.Match[str]) -> str:
    return found[0] + _WORD_JOINER


# Where no line ends. A browser that keeps words whole still ends lines after brackets, quotation
# marks and "%", and before brackets, where Korean has no space.
_NUMBER = r"(?:\d+|None|\{\w+\})"
_NUMBERED = r"시점|유닛|특성|문장|샘플|토큰|헤드|층|행|열|최대|차이|변화|평균|×"
_KEPT_TOGETHER = {
    "ko": (
        # a noun and its number
        (re.compile(rf"(?:{_NUMBERED}) (?=[\d{{]|무늬)"), _unspaced),
        # the numbers of a tuple, but not of one in a call, which may be copied as code
        (re.compile(rf"(?<![a-z\d_=])(?<!\w\()\({_NUMBER}(?:, {_NUMBER})+\)(?!\)`)"), _unspaced),
        # a particle and what it follows, a word and its English; Markdown's marks may be between
        (re.compile(r"[)\]」%][*`]*(?=[가-힣])|[가-힣](?=[*`]*\()"), _joined_on),
    )
}
_EXPONENT = re.compile(r"e\+?(-?)0*")


def _visitor() -> str | None:
    """Replaced by `ask_visitor`; without that, nobody knows the visitor's language."""


def language() -> str:
    """The language of whoever the texts are for."""
    try:
        return _spoken.get()
    except LookupError:
        if found := _visitor():
            speak(found)
        return found or DEFAULT


def speak(language: str) -> None:
    """Have the texts be in that language from here on, for this visitor or request alone."""
    _spoken.set(language)


@contextmanager
def speaking(language: str) -> Generator[None]:
    """Have the texts be in that language for a while."""
    before = _spoken.set(language)
    try:
        yield
    finally:
        _spoken.reset(before)


def ask_visitor(known: Callable[[], str | None]) -> None:
    """Have `known` tell the language of the visitor for whom a thread works, or None."""
    global _visitor
    _visitor = known


def in_every_language(make: Callable[[], T]) -> dict[str, T]:
    """What is made of texts, by language."""
    made = {}
    for name in LANGUAGES:
        with speaking(name):
            made[name] = make()
    return made


def other_languages() -> dict[str, str]:
    """The own name of each language that is not spoken now, by the name of its folder."""
    return {name: own for name, own in LANGUAGES.items() if name != language()}


def preferred(locales: str, *named: str | None) -> str:
    """The first of these names that is a language's; if none is, the language that fits a browser's
    locales best: "ko-KR,ko;q=0.9,en;q=0.8"."""
    for name in named:
        if name in LANGUAGES:
            return name
    for locale in locales.split(","):
        found = re.split("[-_;]", locale.strip().lower())[0]
        if found in LANGUAGES:
            return found
    return DEFAULT


@cache
def _texts(language: str) -> dict[str, Any]:
    """All texts as one table, in a language as far as it has them, else in English."""
    own = _written(language)
    return own if language == DEFAULT else _over(_written(DEFAULT), own)


def _over(english: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
    """A table of texts, with those that a language has in place of the English ones."""
    tables = {
        name: _over(entry, own[name])
        for name, entry in english.items()
        if isinstance(entry, dict) and isinstance(own.get(name), dict)
    }
    return english | own | tables


@cache
def _written(language: str) -> dict[str, Any]:
    """All files of a language as one table."""
    found: dict[str, Any] = {}
    for file in sorted((Path(__file__).parent / language).rglob("*.toml")):
        said = tomllib.loads(file.read_text("utf-8"))
        found = _joined(found, _kept_together(said, language), file.name)
    return found


def _kept_together(said: Any, language: str) -> Any:
    """A text or a table of texts, in which no line ends where it should not."""
    match said:
        case str():
            for pattern, instead in _KEPT_TOGETHER.get(language, ()):
                said = re.sub(pattern, instead, said)
            return said
        case list():
            return [_kept_together(each, language) for each in said]
        case dict():
            return {name: _kept_together(each, language) for name, each in said.items()}
    return said


def as_typed(said: str) -> str:
    """A text for code or for a table, without what keeps it together on a page."""
    return said.replace(_NO_BREAK_SPACE, " ").replace(_WORD_JOINER, "")


def _joined(one: dict[str, Any], other: dict[str, Any], file: str) -> dict[str, Any]:
    """Two tables as one. What stands in both must be tables of sections, such as `pages`."""
    both = {}
    for name in one.keys() & other.keys():
        entries = one[name], other[name]
        if not all(map(_has_sections_alone, entries)):
            raise ValueError(f"{file}: {name} stands in another file too")
        both[name] = _joined(*entries, file)
    return one | other | both


def _has_sections_alone(entry: Any) -> bool:
    return isinstance(entry, dict) and all(isinstance(part, dict) for part in entry.values())


def text(path: str, **values: Any) -> str:
    """The text at a dotted path, with its {placeholders} filled in; numbers as `numeral` has them.

    Raises:
        KeyError: there is no such text, or a placeholder has no value.
    """
    entry: Any = _texts(language())
    for part in path.split("."):
        if not isinstance(entry, dict) or part not in entry:
            raise KeyError(f"{path} is not in components/texts/{DEFAULT}")
        entry = entry[part]
    if not values:
        return entry
    filled = entry.format(**{name: _filled(value) for name, value in values.items()})
    return _kept_together(filled, language())


def numeral(value: float | Fraction, form: str = "") -> str:
    """A number as pages write it: 1,744 or −0.5 or 1.9e−8.

    Args:
        value: a fraction of whole numbers is rounded as people round it: 1/8 to 0.13.
        form: as in a format string, such as ".3g".
    """
    with localcontext(rounding=ROUND_HALF_UP):
        number = value
        if isinstance(value, Fraction):
            number = Decimal(value.numerator) / value.denominator
        said = format(number, f",{form}")
    if "e+" in said and abs(value) < 1e6:
        said = f"{value:,.0f}"
    return _EXPONENT.sub(r"e\1", said).replace("-", "\N{MINUS SIGN}")


class _Number:
    """A number that a text is filled with."""

    def __init__(self, value: Any) -> None:  # a Real
        self.value = value

    def __format__(self, form: str) -> str:
        return numeral(self.value, form)


def _filled(value: Any) -> Any:
    is_number = isinstance(value, Real) and not isinstance(value, bool)
    return _Number(value) if is_number else value


def has_text(path: str) -> bool:
    """Whether there is a text, or a table of texts, at a dotted path."""
    try:
        text(path)
    except KeyError:
        return False
    return True
