"""Questions that fit into a link: fields stated once, and all their reading, writing, checking."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import lru_cache
from inspect import Parameter, Signature, cleandoc
from textwrap import fill
from typing import Annotated, Any, ClassVar, Literal, NamedTuple, Self, get_args, get_type_hints

import numpy as np
from annotated_types import Ge, Le
from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError
from pydantic_core import PydanticCustomError

from components.texts import has_text, text

LONGEST_NUMBER = 12
"""The most digits of a whole number that is read from text; no field allows as many."""

NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)
"""How a number is written in a text."""

LONGEST_TEXT = 10_000
"""The most characters of a value as text; eight sentences of a hundred ids take half of it."""

_LOOKED_UP = 4096  # entries of the caches below: more than all fields of all models have


@dataclass(frozen=True)
class Message:
    """A text of texts/ by its name under `problems`, and the values that fill it in. It is put into
    words when it is shown, as the visitor may have changed the language since it was found."""

    name: str
    values: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return text(f"problems.{self.name}", **self.values)

    @property
    def in_python(self) -> str:
        """The text for Python code, where it differs from a page's: "an int", "True or False"."""
        if not has_text(f"problems.python.{self.name}"):
            return str(self)
        return text(f"problems.python.{self.name}", **self.values)


@dataclass(frozen=True)
class Listed:
    """Words in a row, as a sentence lists them."""

    words: tuple[Any, ...]

    def __str__(self) -> str:
        return text("problems.and").join(map(str, self.words))


class Problem(NamedTuple):
    """One value that was refused.

    Two values may only contradict each other: an id of 80 and a vocabulary of 50. The problem then
    names tokens, and as `otherwise` the problem that names vocabulary_size.
    """

    field: str
    got: Message
    allowed: Message
    otherwise: Problem | None = None
    nearest: Any = None  # the allowed value nearest to the one got, if there is one

    def __str__(self) -> str:
        allowed = self.allowed.in_python
        return text("problems.line", field=self.field, got=self.got, allowed=allowed)


class SettingsError(ValueError):
    """Values that are out of range, of a wrong type or shape, or that contradict each other."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems


@dataclass(frozen=True)
class FieldRule:
    """Where a field's widget is drawn, and whether the field has an effect."""

    group: str = ""  # of `widgets`; empty for a field that its page draws by name
    applies: Callable[[Any], bool] = lambda _: True
    """Called with an object that has the question's fields up to this one as attributes. For
    example, recurrent_activation has no effect where `cell` is SimpleRNN."""


@dataclass(frozen=True)
class Slider:
    """How far a whole number's slider goes; larger numbers are typed."""

    top: int


@dataclass(frozen=True)
class TextCodec:
    """How a field's value is written as text and read again; `read` may raise SettingsError."""

    write: Callable[[Any], str]
    read: Callable[[str], Any]
    notes: Callable[[str], Sequence[Message]] = lambda _: ()
    """How a text is read, where that does not go without saying."""


def as_python(value: Any) -> Any:
    """NumPy scalars and arrays as Python values, lists as tuples; all else as it is."""
    if isinstance(value, np.generic | np.ndarray):
        value = value.tolist()
    return tuple(map(as_python, value)) if isinstance(value, list | tuple) else value


Flag = Annotated[bool, BeforeValidator(as_python)]
Int = Annotated[int, BeforeValidator(as_python)]

Query = Mapping[str, Sequence[str]]
"""The parameters of a link: all values that it gives for each name."""


class _Helpful(type(BaseModel)):
    # Has help(Settings) say what each field allows and means, and nothing of pydantic's.

    __hash__ = type.__hash__  # said for the type checker, which takes a metaclass for a dataclass

    def __dir__(cls) -> list[str]:
        names = super().__dir__()
        return [name for name in names if not (name.startswith("__") or hasattr(BaseModel, name))]

    @property
    def __doc__(cls: Any) -> str:  # pyrefly: ignore[bad-override]
        own = cleandoc(vars(cls)["__doc__"] or "")
        return "\n\n".join((own, *(_help(cls, name) for name in cls.model_fields)))


class Linked(BaseModel, metaclass=_Helpful):
    """A question: frozen, hashable, its fields the parameters of a link.

    Raises:
        SettingsError: naming each field that was refused, what it got and what it allows.
    """

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    texts: ClassVar[str] = ""
    """The table of texts that has a label and a help for each field."""

    implied: ClassVar[Mapping[str, Mapping[str, str]]] = {}
    """What a link that names a field, even with a bad value, says of others that it does not name:
    ids are typed, so `?tokens=1,2` says source=typed."""

    def __init__(self, **values: Any) -> None:
        try:
            super().__init__(**values)
        except ValidationError as error:
            raise SettingsError(*_problems(type(self), error)) from None

    @classmethod
    def __pydantic_init_subclass__(cls, **_: Any) -> None:
        """Have `help` name each field with its plain type and its default."""
        plain = get_type_hints(cls)
        cls.__signature__ = Signature(
            [
                Parameter(
                    name, Parameter.KEYWORD_ONLY, default=info.default, annotation=plain[name]
                )
                for name, info in cls.model_fields.items()
            ]
        )

    # pyrefly: ignore[bad-class-definition] - pydantic lets a frozen model say it in its own words
    def __setattr__(self, name: str, value: Any) -> None:
        got = Message("value", {"shown": shown(value)})
        raise SettingsError(Problem(name, got, Message("frozen", {"change": f"{name}={got}"})))

    def but(self, **changes: Any) -> Self:
        """This question with some of its values changed, validated again."""
        return type(self)(**dict(self) | changes)

    def applies(self, name: str) -> bool:
        """Whether the field of that name has an effect, given the values of the others."""
        return rule_of(type(self), name).applies(self)

    def ordinary(self, name: str) -> Any:
        """The field's value where a link does not name it. It may depend on the other fields: a
        source brings its own length."""
        return defaults(type(self))[name]

    def to_query(self, *, prefix: str = "", base: Self | None = None) -> dict[str, str]:
        """The fields that differ from the base, or from their ordinary values if there is none, as
        the parameters of a link."""
        return {
            prefix + name: to_text(type(self), name, value)
            for name, value in self
            if value != (self.ordinary(name) if base is None else getattr(base, name))
            and self.applies(name)
        }

    @classmethod
    def from_query(
        cls, query: Query, *, prefix: str = "", base: Self | None = None
    ) -> tuple[Self, tuple[Problem, ...]]:
        """The question that a link asks, and the problems in it. Names of no field are ignored.

        Args:
            base: has the values of fields that the link leaves out or gives wrongly; if None, the
                defaults.
        """
        for name, others in cls.implied.items():
            if prefix + name in query:
                query = {prefix + other: [value] for other, value in others.items()} | dict(query)
        said: dict[str, Any] = {} if base is None else dict(base)
        problems: list[Problem] = []
        for name in (name for name in cls.model_fields if prefix + name in query):
            try:
                said[name] = from_text(cls, name, query[prefix + name])
            except SettingsError as error:
                problems.extend(error.problems)
        found, refused = cls.mend(said, base, problems)
        return found, tuple(p._replace(field=prefix + p.field) for p in refused)

    @classmethod
    def mend(
        cls, values: Mapping[str, Any], good: Self | None = None, problems: Sequence[Problem] = ()
    ) -> tuple[Self, tuple[Problem, ...]]:
        """The question of these values, with refused ones replaced, and a problem for each of them.

        A refused value is replaced by the nearest allowed one, if there is one (units=600 by 512),
        else by that of `good`.

        Args:
            values: by field; a field that is left out gets its ordinary value.
            good: if None, its ordinary value replaces a refused one.
            problems: those of values that could not even be read.
        """
        fallback = {} if good is None else dict(good)
        fallback |= {p.field: p.nearest for p in problems if p.nearest is not None}
        refused = {problem.field: problem for problem in problems}
        beyond = _out_of_bounds(cls, values)
        tried = dict(values) | {name: problem.nearest for name, problem in beyond.items()}
        while True:
            tried = {name: value for name, value in tried.items() if name not in refused}
            tried |= {name: fallback[name] for name in refused if name in fallback}
            try:
                return cls(**tried), _one_a_field(refused, beyond)
            except SettingsError as error:
                found = [_gives_way(p, refused, tried, fallback) for p in error.problems]
            giving_way = [problem for problem in found if problem]
            if len(giving_way) < len(found):  # each value is good, but they contradict each other
                return good or cls(), _one_a_field(refused, beyond)
            refused |= {problem.field: problem for problem in giving_way}
            fallback |= {p.field: p.nearest for p in giving_way if p.nearest is not None}


def _one_a_field(
    refused: Mapping[str, Problem], beyond: Mapping[str, Problem]
) -> tuple[Problem, ...]:
    """All problems, one a field. If a number was out of bounds and the nearest bound was refused as
    well, the problem says the number that was got and what is allowed in the end."""
    both = {name: refused[name]._replace(got=beyond[name].got) for name in refused.keys() & beyond}
    return tuple({**refused, **beyond, **both}.values())


def _out_of_bounds(model: type[Linked], values: Mapping[str, Any]) -> dict[str, Problem]:
    """The whole numbers that are out of their fields' bounds, by field."""
    found = {}
    for name, got in values.items():
        field, value = model.model_fields.get(name), as_python(got)
        if field and field.annotation is int and type(value) is int:
            found[name] = beyond(name, value, *bounds(model, name))
    return {name: problem for name, problem in found.items() if problem}


def beyond(name: str, value: int, low: int, high: int) -> Problem | None:
    """The problem of a field's value that is not between these two; None if it is."""
    if low <= value <= high:
        return None
    allowed, nearest = Message("whole", {"low": low, "high": high}), min(max(value, low), high)
    return Problem(name, Message("value", {"shown": shown(value)}), allowed, nearest=nearest)


def _gives_way(
    problem: Problem,
    refused: Mapping[str, Problem],
    tried: Mapping[str, Any],
    fallback: Mapping[str, Any],
) -> Problem | None:
    """Which field gives way: the first in a chain of problems that still has the value asked for.

    The chain is the problem, its `otherwise`, the `otherwise` of that, and so on. If all fields in
    it have fallen back already, the last one gives way; or none, if any field was refused before.
    """
    chain = [problem]
    while other := chain[-1].otherwise:
        chain.append(other)

    def is_as_asked(name: str) -> bool:
        back = name in fallback and tried.get(name) == fallback[name]
        return name in tried and name not in refused and not back

    as_asked = (each for each in chain if is_as_asked(each.field))
    return next(as_asked, None if refused else chain[-1])


def defaults(model: type[Linked]) -> dict[str, Any]:
    """Each field's default."""
    return {name: info.default for name, info in model.model_fields.items()}


def rule_of(model: type[Linked], name: str) -> FieldRule:
    """Where the field of that name belongs."""
    return annotation_of(model, name, FieldRule) or FieldRule()


def bounds(model: type[Linked], name: str) -> tuple[int, int]:
    """The smallest and the largest value of a whole-number field."""
    return annotation_of(model, name, Ge).ge, annotation_of(model, name, Le).le


@lru_cache(_LOOKED_UP)
def choices(model: type[Linked], name: str) -> tuple[Any, ...]:
    """The values that a Literal field allows; empty for any other field."""
    annotation = model.model_fields[name].annotation
    return get_args(annotation) if getattr(annotation, "__origin__", None) is Literal else ()


def unknown_names(names: Iterable[str], known: Collection[str]) -> dict[str, str]:
    """The unknown ones among a link's names, each with the known name that is spelled most like it,
    whatever the case of its letters, or "" if none is: {"Unit": "units", "foo": ""}.

    A name longer than any known one is not compared.
    """
    spelled = {name.lower(): name for name in known}
    longest = max(map(len, known), default=0)
    found = {}
    for name in names:
        if name not in known:
            like = get_close_matches(name.lower(), spelled, 1) if len(name) <= longest else []
            found[name] = spelled[like[0]] if like else ""
    return found


def allowed_values(model: type[Linked], name: str) -> Message:
    """What the field of that name allows, in words."""
    if options := choices(model, name):
        *others, last = options
        values = {"others": ", ".join(map(str, others)), "last": last}
        return Message("choice", values | {"options": ", ".join(map(repr, options))})
    if model.model_fields[name].annotation is bool:
        return Message("flag")
    if model.model_fields[name].annotation is int:
        low, high = bounds(model, name)
        return Message("whole", {"low": low, "high": high})
    return annotation_of(model, name, Message)


def _help(model: type[Linked], name: str) -> str:
    """What a field allows and means, as a paragraph of a docstring."""
    words = f"{model.texts}.{name}.help"
    # The help of a field that is typed as text says how to type it.
    typed = annotation_of(model, name, TextCodec) and not choices(model, name)
    meaning = f". {text(words)}" if has_text(words) and not typed else ""
    said = f"{name}: {allowed_values(model, name).in_python}{meaning}"
    return fill(said, 92, subsequent_indent="    ")


def to_text(model: type[Linked], name: str, value: Any) -> str:
    """A field's value as a link or a text field writes it."""
    codec = annotation_of(model, name, TextCodec)
    if codec:
        return codec.write(value)
    return str(value).lower() if isinstance(value, bool) else str(value)


def from_text(model: type[Linked], name: str, texts: Sequence[str]) -> Any:
    """A field's value, read from the texts that a link gives for it, of which there must be one.

    Raises:
        SettingsError: if the text does not parse. Bounds are checked by the model itself.
    """
    texts = [texts] if isinstance(texts, str) else texts
    got = Message("several", {"texts": listed(map(shown, texts))}) if texts else Message("none")
    refused = SettingsError(Problem(name, got, allowed_values(model, name)))
    if len(texts) != 1:
        raise refused
    said = texts[0].strip()
    if len(said) > LONGEST_TEXT:  # before it costs anything to read
        raise refused
    try:
        return _reader(model, name)(said)
    except (KeyError, ValueError) as error:
        raise (error if isinstance(error, SettingsError) else refused) from None


def _reader(model: type[Linked], name: str) -> Callable[[str], Any]:
    if codec := annotation_of(model, name, TextCodec):
        return codec.read
    if options := choices(model, name):
        return {str(option): option for option in options}.__getitem__
    kind = model.model_fields[name].annotation
    if kind is bool:
        return lambda said: {"true": True, "false": False}[said.lower()]
    return whole


def whole(said: str) -> int:
    """The whole number that a text says.

    Raises:
        ValueError: with what it got, if it says none.
    """
    digits = said.removeprefix("-")
    if not (digits.isascii() and digits.isdigit()):
        raise ValueError(shown(said))
    if len(said) > LONGEST_NUMBER:
        raise ValueError(Message("digits", {"count": len(said)}))
    return int(said)


def number(said: str) -> float:
    """The number that a text says.

    Raises:
        ValueError: with what it got, if it says none.
    """
    if not NUMBER.fullmatch(said):
        raise ValueError(shown(said))
    return float(said)


def shown(value: Any) -> str | Message:
    """A value as a message shows it, cut where it is long."""
    try:
        said = repr(value)
    except ValueError:  # Python does not write out numbers of more than some thousand digits
        return Message("endless")
    if len(said) <= 40:
        return said
    if len(said) > LONGEST_TEXT:  # a server may have cut it
        return Message("cut_long", {"start": said[:30], "count": LONGEST_TEXT})
    return Message("cut", {"start": said[:30], "count": len(said)})


def listed(words: Iterable[Any]) -> Listed:
    """Words in a row, as a sentence lists them."""
    return Listed(tuple(words))


def refusal(problem: Problem) -> PydanticCustomError:
    """The error by which a model's validator reports a problem."""
    return PydanticCustomError("refused", "refused", {"problem": problem})


@lru_cache(_LOOKED_UP)
def annotation_of(model: type[Linked], name: str, kind: type) -> Any:
    """The object of that type in a field's Annotated[…], such as its FieldRule, or None."""
    return next((m for m in model.model_fields[name].metadata if isinstance(m, kind)), None)


def _problems(model: type[Linked], error: ValidationError) -> list[Problem]:
    """pydantic's errors as Problems, one a field."""
    found: dict[str, Problem] = {}
    for item in error.errors(include_url=False):
        if item["type"] == "refused":
            problem = item["ctx"]["problem"]
        else:
            name = str(item["loc"][0])
            known = Message("only", {"names": ", ".join(model.model_fields)})
            allowed = allowed_values(model, name) if name in model.model_fields else known
            problem = Problem(name, Message("value", {"shown": shown(item["input"])}), allowed)
        found.setdefault(problem.field, problem)
    return list(found.values())
