"""Linked questions on a page: what their widgets say, and what is wrong with that.

    setup, view = opened("explore", Asked(Setup), Asked(View, words="view"))
    with st.sidebar:
        widgets(setup, "layer")
    answer = run(setup.value.settings)

A widget's key is its field's name, with the question's prefix before it, and so is its name in the
address. Streamlit forgets a widget's value when the widget is not drawn; the session keeps the
question, so that a hidden widget comes back with its value, and another page has the same settings.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Generic, TypeVar

import streamlit as st

from components.backend.linked import (
    Linked,
    Problem,
    Query,
    SettingsError,
    Spelling,
    Words,
    choices,
    from_text,
    noted,
    place,
    shown,
    to_text,
)
from components.panels.page.address import arrival, is_exact, note_open
from components.panels.page.plain import plain
from components.texts import text

UNKNOWN = "unknown"
"""In the session: the names in the link that none of the page's questions has."""

DRAWN = "drawn"
"""In the session: what the page's questions were when the last run had drawn it."""

_LAST = "last."  # began names that older links say, and that change nothing

Q = TypeVar("Q", bound=Linked)
M = TypeVar("M", bound=Linked)


@dataclass
class Kept(Generic[Q]):
    """What the session keeps of a question from run to run."""

    good: Q
    """The last question that the widgets said and that is valid."""

    said: Mapping[str, Any] | None = None
    """The values of the widgets from which `good` and `wrong` were read."""

    wrong: tuple[Problem, ...] = ()
    """What is not valid in them."""

    refused: tuple[Problem, ...] = ()
    """What was not valid in the link by which the visitor came."""

    typed: dict[str, str] = field(default_factory=dict)
    """The text that the link had for these fields, which their widgets show to be corrected."""

    own: frozenset[str] = field(default_factory=frozenset)
    """Of a `Relative`: the fields that it has of its own."""


class Asked(Generic[Q]):
    """A question as the widgets of a page, and the address, say it.

    Args:
        model: the question's class.
        words: the section of the texts with each field's label and help.
        prefix: stands before each field's name in the address.
    """

    depth = 0
    """How many other questions this one is relative to; those are opened before it."""

    def __init__(self, model: type[Q], *, words: str = "settings", prefix: str = "") -> None:
        self.model, self.words, self.prefix = model, words, prefix
        self.beyond: dict[str, Problem] = {}
        """Fields that the rest of the page does not allow in this run, by name."""
        self._shown: Q | None = None
        self.arrived = False
        """Whether the visitor has come by a link in this run."""

    @cached_property
    def kept(self) -> Kept[Q]:
        """What the session keeps of it."""
        name = f"asked.{self.prefix}{self.model.__name__}"
        if name not in st.session_state:
            st.session_state[name] = Kept(self.model())
        return st.session_state[name]

    def key(self, name: str) -> str:
        """A field's name in the address, which is its widget's key."""
        return self.prefix + name

    @property
    def value(self) -> Q:
        """What the widgets said when the run, or the callback, began; where they said something
        invalid, what was last valid."""
        return self.kept.good

    def read(self) -> Q:
        """What the widgets say now: read once by `opened`, and by callbacks, which come before."""
        said, kept = self._said(), self.kept
        if said != kept.said:
            kept.good, kept.wrong = self._parsed(said)
            kept.said = said
        return kept.good

    @property
    def shown(self) -> Q:
        """The question with what `within` and `among` have put in place of what does not fit."""
        return self._shown or self.value

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields that have an effect under the others: each of them may have a widget."""
        good = self.value
        return tuple(name for name in self.model.model_fields if good.applies(name))

    def ordinary(self, name: str) -> Any:
        """What a field is where the address does not name it."""
        return self.value.ordinary(name)

    def held(self, name: str, value: Any) -> Any:
        """A value as its widget holds it: text for what is typed or chosen from a list."""
        as_text = noted(self.model, name, Spelling) or choices(self.model, name)
        return to_text(self.model, name, value) if as_text else value

    def put(self, **values: Any) -> None:
        """Set fields, but for values that they do not allow.

        To be called in the callback of a button or widget, or before the fields' widgets are drawn:
        Streamlit lets nobody set a widget that the run has drawn.
        """
        before = self.read()
        good, _ = self.model.mend(dict(before) | values, before)
        self._set({name: getattr(good, name) for name in values}, good)

    def within(self, **limits: tuple[int, int]) -> Q:
        """The question with whole numbers kept within limits that the rest of the page sets. The
        widgets stay as they are; `complaints` says what is used in place of what they say."""
        used = {}
        for name, (low, high) in limits.items():
            value = min(max(getattr(self.value, name), low), high)
            used[name] = value, Words("whole", {"low": low, "high": high})
            if low == high and not self.arrived:  # there is nothing to choose, and no widget
                self.put(**{name: value})
        return self._instead(used)

    def among(self, **options: Sequence[Any]) -> Q:
        """The question with choices kept among the options that the rest of the page leaves."""
        return self._instead(
            {
                name: (
                    asked if (asked := getattr(self.value, name)) in allowed else allowed[0],
                    Words("only", {"names": ", ".join(map(str, allowed))}),
                )
                for name, allowed in options.items()
            }
        )

    def _instead(self, used: Mapping[str, tuple[Any, Words]]) -> Q:
        """The question with other values for some fields, and the words for what they allow."""
        for name, (value, allowed) in used.items():
            asked = getattr(self.value, name)
            if asked not in (value, self.ordinary(name)):  # nobody asked for a default
                got = Words("value", {"shown": shown(self.held(name, asked))})
                self.beyond[name] = Problem(name, got, allowed)
        values = {name: value for name, (value, _) in used.items()}
        self._shown = self.shown.but(**values)
        return self._shown

    def asks(self, model: type[M], *, without: Iterable[str] = (), **given: Any) -> M:
        """The backend's question of which this one holds the switches.

        A value that does not fit the rest stays in its widget, is complained of, and is not asked.
        A default gives way in its widget too, which has to be drawn after this.

        Args:
            model: the class of that question, whose fields have the names of this one's.
            without: fields that have no effect, and no widget, just now.
            given: what the question is about, such as its settings.
        """
        names = [name for name in model.model_fields if name not in {*given, *without}]
        said = {name: getattr(self.shown, name) for name in names}
        question, problems = model.mend(said | given, model(**given))
        for problem in problems:
            name = problem.field
            if said[name] == self.ordinary(name):
                self.put(**{name: getattr(question, name)})
            else:
                self.beyond[name] = problem
        self._shown = self.shown.but(**{name: getattr(question, name) for name in names})
        return question

    def refuse(self, name: str, allowed: Words) -> None:
        """Complain of a field's value as of one that the visitor's link got wrong."""
        got = Words("value", {"shown": shown(self.held(name, getattr(self.value, name)))})
        self.kept.refused += (Problem(name, got, allowed),)

    def complaints(self) -> list[str]:
        """What is wrong with the link and with what the widgets say: a line of Markdown each."""
        found = {p.field: p for p in (*self.kept.refused, *self.kept.wrong)} | self.beyond
        return [self.complaint(problem, self.shown) for problem in found.values()]

    def complaint(self, problem: Problem, used: Linked) -> str:
        """What was refused, and what the question that is shown has in its place."""
        name = problem.field
        instead = plain(to_text(self.model, name, getattr(used, name)) or str(Words("none")))
        got = plain(str(problem.got))
        return text(
            "link.line", field=self.key(name), got=got, allowed=problem.allowed, used=instead
        )

    def first(self, name: str) -> Any:
        """What a widget shows that was not on the page in the last run."""
        kept = self.kept
        if name in kept.typed:
            return kept.typed.pop(name)
        return self.held(name, getattr(kept.good, name))

    def typed(self, name: str) -> str:
        """What a text field says, valid or not."""
        good = to_text(self.model, name, getattr(self.value, name))
        return st.session_state.get(self.key(name), good)

    def parameters(self) -> set[str]:
        """Its names in an address."""
        return {self.key(name) for name in self.model.model_fields}

    def to_query(self) -> Mapping[str, str]:
        """What an address says of it. What the browser alone looks at is not Python's to write."""
        written = self.value.to_query(prefix=self.prefix)
        in_browser = {
            self.key(name)
            for name in self.model.model_fields
            if place(self.model, name).group == "browser"
        }
        return {name: value for name, value in written.items() if name not in in_browser}

    def arrive(self, query: Query, *, exactly: bool) -> None:
        """Take over a link.

        Args:
            exactly: take the defaults of what it does not name, and not what was set before.
        """
        self.arrived = True
        kept = self.kept
        if exactly or self.parameters() & query.keys():
            good, kept.refused = self._from(query)
        else:
            good, kept.refused = self._on_return(), ()
        self._set(dict(good), good)
        kept.wrong, kept.typed = (), {}
        for name in (p.field for p in kept.refused if noted(self.model, p.field, Spelling)):
            if len(texts := query.get(self.key(name), ())) == 1:
                kept.typed[name] = texts[0]
                st.session_state.pop(self.key(name), None)

    def stay(self) -> None:
        """Read the widgets; where one says an option that a choice does not offer, or a number that
        is out of its bounds, have it show what is used instead."""
        value = self.read()
        for problem in self.kept.wrong:
            if choices(self.model, problem.field) or problem.nearest is not None:
                self._set({problem.field: getattr(value, problem.field)}, value)
                self.kept.refused += (problem,)

    def _from(self, query: Query) -> tuple[Q, tuple[Problem, ...]]:
        good, problems = self.model.from_query(query, prefix=self.prefix)
        return good, tuple(p._replace(field=p.field.removeprefix(self.prefix)) for p in problems)

    def _on_return(self) -> Q:
        """The question that was left on this page, or another one, before."""
        return self.kept.good

    def _set(self, values: Mapping[str, Any], good: Q) -> None:
        """Make this the question, and have the widgets of these fields say so."""
        kept = self.kept
        for name, value in values.items():
            st.session_state[self.key(name)] = self.held(name, value)
        kept.good, kept.said = good, None

    def _said(self) -> dict[str, Any]:
        """What the widgets say, of all fields that have one."""
        keys = {name: self.key(name) for name in self.model.model_fields}
        state = st.session_state
        return {name: state[key] for name, key in keys.items() if key in state}

    def _parsed(self, said: Mapping[str, Any]) -> tuple[Q, tuple[Problem, ...]]:
        """The question of what the widgets say, and what is wrong with that."""
        values, problems = dict(said), list[Problem]()
        for name, value in said.items():
            is_text = isinstance(self.held(name, getattr(self.kept.good, name)), str)
            if is_text and isinstance(value, str):
                try:
                    values[name] = from_text(self.model, name, value)
                except SettingsError as error:
                    problems.extend(error.problems)
        return self.model.mend(self._whole(values), self.kept.good, problems)

    def _whole(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """All fields, of which the widgets say some."""
        return dict(self.kept.good) | dict(values)


def opened(page: str, *questions: Asked) -> tuple[Asked, ...]:
    """Opens a page's questions, and returns them: they take over the link where a visitor has come
    by one, and are what the address says at the end of the run."""
    exactly, query = is_exact(page), arrival(page)
    in_order = sorted(questions, key=lambda asked: asked.depth)
    if query is not None:
        for asked in in_order:
            asked.arrive(query, exactly=exactly)
        known = set().union(*(asked.parameters() for asked in questions))
        st.session_state[UNKNOWN] = [n for n in query if n.removeprefix(_LAST) not in known]
    else:
        if st.session_state.get(DRAWN) != [asked.read() for asked in in_order]:
            _forget_link(questions)
        for asked in in_order:
            asked.stay()
    note_open(questions)
    return questions


def _forget_link(questions: Iterable[Asked]) -> None:
    """The visitor has moved something: what the link got wrong is not said any longer."""
    st.session_state[UNKNOWN] = []
    for asked in questions:
        asked.kept.refused = ()
