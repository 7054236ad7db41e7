"""Linked questions on a page: reads them from their widgets, and finds what is wrong there.

    setup, view = opened("explore", FieldSet(Setup), FieldSet(ExploreView))
    with st.sidebar:
        widgets(setup, "layer")
    answer = run(setup.value.settings)

A field's key, which is both its widget's key and its name in the address, is the field's name after
the question's prefix: "b." and "units" make "b.units". Streamlit forgets a widget's value when the
widget is not drawn; the session keeps the question, so that a hidden widget comes back with its
value, and another page has the same settings.

Streamlit's own `bind="query-params"` (1.67) was tried in its place. It writes a label,
so a link holds in one language alone: `?lang=ko&cell=GRU` opened an LSTM. It drops `units=600`,
`cell=XX` and `units=3.7` without a word, has no value for a hidden widget, and does not know that a
field differs from another question's. To mend that takes all that is here.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Generic, TypeVar

import streamlit as st

from components.backend.question.linked import (
    Linked,
    Message,
    Problem,
    Query,
    SettingsError,
    TextCodec,
    annotation_of,
    choices,
    from_text,
    rule_of,
    shown,
    to_text,
)
from components.panels.ask.address import FROM, OPEN, Arrival, arrival, note_open
from components.panels.ask.ask_first import UNCOVERED, AskFirst
from components.panels.ask.language import REFUSED
from components.panels.ask.opening import opening
from components.panels.write.plain import plain, unstruck
from components.texts import language, text

UNKNOWN = "unknown"
"""In the session: the names in the link that belong to none of the page's questions."""

TOUCHED = "touched"
"""In the session: whether the visitor has moved anything, or has come by a link that sets
anything. Until then each page opens as `opening` says."""

BEFORE = "before"
"""In the session: the values of the page's questions in the last run."""

_LONG = 200  # characters of a value that a complaint has in full

_ABSENT = object()  # in place of a value that the session does not have

_LAST = "last."  # a prefix in older links, which is ignored

Q = TypeVar("Q", bound=Linked)
M = TypeVar("M", bound=Linked)


@dataclass
class FieldState(Generic[Q]):
    """What the session keeps of a question from run to run."""

    good: Q
    """The last valid question that was read from the widgets."""

    last_widget_values: Mapping[str, Any] | None = None
    """The values of the widgets from which `good` and `in_widgets` were read."""

    in_widgets: tuple[Problem, ...] = ()
    """The problems in those values."""

    in_link: tuple[Problem, ...] = ()
    """The problems in the link by which the visitor came, or in what was typed below a slider. They
    are said until anything is moved."""

    typed: dict[str, str] = field(default_factory=dict)
    """Texts in the link that were refused, by field: their widgets show them to be corrected."""

    fitted: dict[str, Any] = field(default_factory=dict)
    """The last values that fitted the rest of the page, of the fields that `question` has."""

    own: frozenset[str] = field(default_factory=frozenset)
    """Of a `Relative`: its own fields."""

    drawn: set[str] = field(default_factory=set)
    """The fields that had a widget in the last run."""

    language: str = ""
    """The language in which those were drawn."""


class FieldSet(Generic[Q]):
    """A question that a page asks by its widgets and its address.

    Args:
        prefix: stands before each field's name in the address.
    """

    base: FieldSet | None = None
    """Of a `Relative`: the question that it differs from, which is opened first."""

    def __init__(self, model: type[Q], *, prefix: str = "") -> None:
        self.model, self.prefix = model, prefix
        self.name = f"fields.{prefix}{model.__name__}"
        """In the session: its state."""
        self.texts = model.texts or "settings"
        """The table of texts that has a label and a help for each field."""
        self.on_page: dict[str, Problem] = {}
        """Problems with valid values that the rest of the page does not allow, by field."""
        self._shown: Q | None = None
        self.arrived = False
        """Whether the visitor came by a link in this run."""
        self.drawn: set[str] = set()
        """The fields that have a widget in this run."""

    @cached_property
    def state(self) -> FieldState[Q]:
        """What the session keeps of it."""
        if self.name not in st.session_state:
            st.session_state[self.name] = FieldState(self.model())
        return st.session_state[self.name]

    def key(self, name: str) -> str:
        """The key of a field's widget, and its name in the address."""
        return self.prefix + name

    @property
    def value(self) -> Q:
        """The question as the widgets had it when the run, or the callback, began; a field with an
        invalid value has its last valid one."""
        return self.state.good

    def read(self) -> Q:
        """Read the widgets: `opened` does so once in a run, and callbacks do before it."""
        values, state = self._widget_values(), self.state
        if values != state.last_widget_values:
            state.good, state.in_widgets = self._parsed(values)
            state.last_widget_values = values
        return state.good

    @property
    def shown(self) -> Q:
        """The question that the page shows: `value` after `within` and `question` have replaced
        what does not fit the rest of the page."""
        return self._shown or self.value

    @property
    def active(self) -> tuple[str, ...]:
        """The fields that have an effect, given the others' values: these may have a widget."""
        good = self.value
        return tuple(name for name in self.model.model_fields if good.applies(name))

    def ordinary(self, name: str) -> Any:
        """A field's value where the address does not name it."""
        return self.value.ordinary(name)

    def widget_value(self, name: str, value: Any) -> Any:
        """A field's value as its widget holds it: as text if it is typed or chosen from a list."""
        as_text = annotation_of(self.model, name, TextCodec) or choices(self.model, name)
        return to_text(self.model, name, value) if as_text else value

    def put(self, **values: Any) -> None:
        """Set fields and their widgets; a value that the field does not allow is not set.

        Call it in the callback of a button or widget, or before the fields' widgets are drawn:
        Streamlit raises if a script sets a widget that it has drawn.
        """
        before = self.read()
        good, _ = self.model.mend(dict(before) | values, before)
        self._set({name: getattr(good, name) for name in values}, good)

    def move(self, **values: Any) -> None:
        """Set fields' widgets as if the visitor had moved them: the run reads them with the others.
        Call it in a callback."""
        for name, value in values.items():
            st.session_state[self.key(name)] = self.widget_value(name, value)

    def typed_number(self, name: str, said: float | None) -> bool:
        """Set a field to a number that was typed below its own widget; returns whether it was. One
        that is not allowed is complained about, and the page stays as it is."""
        before, self.state.in_link = self.read(), ()
        if said is None:
            return False
        try:
            good = before.but(**{name: _as_whole(said)})
        except SettingsError as error:
            self.state.in_link = error.problems
            return False
        self.move(**{name: getattr(good, name)})
        return True

    def within(self, **limits: Sequence[Any]) -> Q:
        """The question with values kept within what the rest of the page allows: of a whole number
        the smallest and the largest, of a choice the options. The widgets stay as they are;
        `complaints` says which value is used instead."""
        for name, allowed in limits.items():
            wanted = getattr(self.value, name)
            if choices(self.model, name):
                value = wanted if wanted in allowed else allowed[0]
                said = Message("only", {"names": ", ".join(map(str, allowed))})
            else:
                low, high = allowed
                value = min(max(wanted, low), high)
                said = Message("whole", {"low": low, "high": high})
                if low == high and not self.arrived:  # nothing to choose, so the page has no widget
                    self.put(**{name: value})
            if getattr(self.value, name) not in (value, self.ordinary(name)):
                self.on_page[name] = self._problem(name, said)  # a default is replaced silently
            self._shown = self.shown.but(**{name: value})
        return self.shown

    def question(self, model: type[M], *, without: Iterable[str] = (), **given: Any) -> M:
        """The backend's question, with this one's values for the fields that both have.

        A value that does not fit the rest stays in its widget and is replaced in the question, by
        the nearest that fits or the last that did, with a complaint. A default is replaced in its
        widget too, so draw that after this.

        Args:
            without: fields to leave out, as they have no effect, and no widget, just now.
            given: the backend's other fields, such as its settings.
        """
        names = [name for name in model.model_fields if name not in {*given, *without}]
        values = {name: getattr(self.shown, name) for name in names}
        last, _ = model.mend(self.state.fitted | given, model(**given))
        question, problems = model.mend(values | given, last)
        self.state.fitted = {name: getattr(question, name) for name in names}
        for problem in problems:
            name = problem.field
            if values[name] == self.ordinary(name):
                self.put(**{name: getattr(question, name)})
            else:
                self.on_page[name] = problem
        self._shown = self.shown.but(**self.state.fitted)
        return question

    def refuse(self, name: str, allowed: Message, *, shown: Any = None) -> None:
        """Add a field's value to the problems of the link by which the visitor came.

        Args:
            shown: what the page shows in its place; None if it has set the field already.
        """
        self.state.in_link += (self._problem(name, allowed),)
        if shown is not None:
            self._shown = self.shown.but(**{name: shown})

    def _problem(self, name: str, allowed: Message) -> Problem:
        """That a field has its value, and not what is allowed."""
        value = self.widget_value(name, getattr(self.value, name))
        return Problem(name, Message("value", {"shown": shown(value)}), allowed)

    @property
    def problems(self) -> dict[str, Problem]:
        """All that is wrong, by field: in the link, in the widgets, or on the page."""
        found = {p.field: p for p in (*self.state.in_link, *self.state.in_widgets)}
        # A number beyond its field's bounds may be replaced twice: the last says what is allowed.
        for name, problem in self.on_page.items():
            found[name] = problem._replace(got=found.get(name, problem).got)
        return found

    def complaints(self) -> list[str]:
        """A line of Markdown for each problem, but for those that stand at their widgets."""
        found = self.problems.values()
        elsewhere = self.at_widgets
        return [self._complaint(p) for p in found if p not in elsewhere]

    def _complaint(self, problem: Problem) -> str:
        """A line of Markdown: what was refused, and which value the page shows instead."""
        return complaint(problem, self.shown, self.key(problem.field))

    def below(self, name: str) -> None:
        """Draw what stands below a field's widget; here nothing."""

    @property
    def at_widgets(self) -> Collection[Problem]:
        """The problems that stand below their fields' widgets, and not at the top; here none."""
        return ()

    def first(self, name: str) -> Any:
        """The value for a widget that was not on the page in the last run."""
        state = self.state
        if name in state.typed:
            return state.typed.pop(name)
        return self.widget_value(name, getattr(state.good, name))

    def typed(self, name: str) -> str:
        """The text in a field's widget, valid or not."""
        good = to_text(self.model, name, getattr(self.value, name))
        return st.session_state.get(self.key(name), good)

    def parameters(self) -> set[str]:
        """The names of its fields in an address."""
        return {self.key(name) for name in self.model.model_fields}

    def to_query(self) -> Mapping[str, str]:
        """Its part of the address, without the fields that the browser writes after the #. A value
        that does not fit the rest of the page is not in it, but the one that the page shows."""
        good = self.value.model_copy(update={n: getattr(self.shown, n) for n in self.on_page})
        written = good.to_query(prefix=self.prefix)
        in_browser = {
            self.key(name)
            for name in self.model.model_fields
            if rule_of(self.model, name).group == "browser"
        }
        return {name: value for name, value in written.items() if name not in in_browser}

    def said(self, name: str) -> Mapping[str, str]:
        """What an address says of a field, even if it is the default; nothing of another's."""
        field = name.removeprefix(self.prefix)
        if name not in self.parameters():
            return {}
        return {name: to_text(self.model, field, getattr(self.value, field))}

    def arrive(self, query: Query, *, exactly: bool) -> None:
        """Set the fields, and their widgets, as the visitor's link says.

        Args:
            exactly: have fields that the link does not name get their defaults even if it names
                none of them; else they all keep their values then.
        """
        self.arrived = True
        state = self.state
        if exactly or self.parameters() & query.keys():
            good, state.in_link = self._from(query)
        else:
            good, state.in_link = self._on_return(), ()
        self._set(dict(good), good)
        state.in_widgets, state.typed = (), {}
        typed = (p.field for p in state.in_link if annotation_of(self.model, p.field, TextCodec))
        for name in typed:
            if len(texts := query.get(self.key(name), ())) == 1:
                state.typed[name] = texts[0]
                st.session_state.pop(self.key(name), None)

    def stay(self) -> None:
        """Read the widgets. One with an unknown option, or a number out of bounds, is set to the
        value that is used instead."""
        value = self.read()
        if self.state.language != language():
            self._translate(value)
        for problem in self.state.in_widgets:
            if choices(self.model, problem.field) or problem.nearest is not None:
                self._set({problem.field: getattr(value, problem.field)}, value)
                self.state.in_link += (problem,)

    def _translate(self, value: Q) -> None:
        """Set the widgets of choices: the browser still names the options in the language before,
        which are unknown if a run has drawn the others and then ended early."""
        fields, state = self.model.model_fields, self.state
        there = [n for n in fields if choices(self.model, n) and self.key(n) in st.session_state]
        self._set({name: getattr(value, name) for name in there}, value)
        state.in_widgets = tuple(p for p in state.in_widgets if p.field not in there)

    def leave(self) -> None:
        """At the end of a run, note what was drawn, and forget the values of widgets that have
        gone: else Streamlit would go back to what was set before they were drawn for the first
        time."""
        for name in self.state.drawn - self.drawn:
            st.session_state.pop(self.key(name), None)
        self.state.drawn, self.state.language = self.drawn, language()

    def _from(self, query: Query) -> tuple[Q, tuple[Problem, ...]]:
        good, problems = self.model.from_query(query, prefix=self.prefix)
        return good, tuple(p._replace(field=p.field.removeprefix(self.prefix)) for p in problems)

    def _on_return(self) -> Q:
        """The question as the visitor left it on this page or another one."""
        return self.state.good

    def _set(self, values: Mapping[str, Any], good: Q) -> None:
        """Make `good` the question, and set the widgets of these fields."""
        state = self.state
        for name, value in values.items():
            st.session_state[self.key(name)] = self.widget_value(name, value)
        state.good, state.last_widget_values = good, None

    def _widget_values(self) -> dict[str, Any]:
        """The widgets' values, by field; of those that Streamlit has in its state."""
        state = st.session_state  # to look into it costs time: once a field, so no `in`
        found = {name: state.get(self.key(name), _ABSENT) for name in self.model.model_fields}
        return {name: value for name, value in found.items() if value is not _ABSENT}

    def _parsed(self, widget_values: Mapping[str, Any]) -> tuple[Q, tuple[Problem, ...]]:
        """The question of the widgets' values, and the problems in them."""
        values, problems = dict(widget_values), list[Problem]()
        for name, value in widget_values.items():
            is_text = isinstance(self.widget_value(name, getattr(self.state.good, name)), str)
            if is_text and isinstance(value, str):
                try:
                    values[name] = from_text(self.model, name, value)
                except SettingsError as error:
                    problems.extend(error.problems)
            elif self.model.model_fields[name].annotation is int:
                values[name] = _as_whole(value)
        return self.model.mend(self._whole(values), self.state.good, problems)

    def _whole(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """The values of all fields; those without a widget have the values of `good`."""
        return dict(self.state.good) | dict(values)


def complaint(problem: Problem, shown: Linked, key: str) -> str:
    """A line of Markdown: what was refused, and which value is shown instead.

    Args:
        shown: the question that is shown.
        key: the field's name in the address.
    """
    used = to_text(type(shown), problem.field, getattr(shown, problem.field))
    first, *more = used.split("\n")
    if more:
        used = text("problems.lines", start=first, count=1 + len(more))
    elif len(used) > _LONG:
        used = text("problems.cut", start=used[:_LONG], count=len(used))
    instead = plain(used or str(Message("none")))
    got = plain(str(problem.got))
    allowed = unstruck(problem.allowed)
    return text("link.line", field=key, got=got, allowed=allowed, used=instead)


def _as_whole(value: Any) -> Any:
    """A whole number as an int, as a field to type in gives it as a float; all else as it is."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def opened(page: str, *questions: FieldSet) -> tuple[FieldSet, ...]:
    """Open a page's questions and return them: read from the link, if the visitor came by one, or
    else from the widgets. The end of the run writes them into the address.

    A link that names none of them opens the page as `opening` says, until the visitor has moved
    something. Beside them each page has `AskFirst`; what a visitor has uncovered is covered again
    once anything else is moved.
    """
    came, ask, moved = arrival(page), FieldSet(AskFirst), False
    own = sorted(questions, key=lambda fields: fields.base is not None)
    in_order = [*own, ask]
    proof = opening(page)
    if came:
        named = set().union(*(fields.parameters() for fields in own)) & came.query.keys()
        if named or st.session_state[FROM] or (st.session_state.get(TOUCHED) and not came.exactly):
            st.session_state[TOUCHED] = True
        else:
            query = came.query | {name: [said] for name, said in proof.items()}
            came = Arrival(query, exactly=True)
        for fields in in_order:
            fields.arrive(came.query, exactly=came.exactly)
        known = set().union(*(fields.parameters() for fields in in_order))
        st.session_state[UNKNOWN] = [n for n in came.query if n.removeprefix(_LAST) not in known]
    else:
        if moved := st.session_state.get(BEFORE) != {fields.name: fields.read() for fields in own}:
            _forget_link(in_order)
        for fields in in_order:
            fields.stay()
    if moved:
        st.session_state[TOUCHED] = True
    if came or moved:
        st.session_state[UNCOVERED] = []
    note_open(in_order, next(iter(proof), ""))
    return questions


def set_all(said: Mapping[str, str]) -> None:
    """Set all questions of the page, as a link with these fields does."""
    query = {name: [value] for name, value in said.items()}
    *questions, _ = st.session_state[OPEN]
    for fields in questions:
        fields.arrive(query, exactly=True)


def _forget_link(questions: Iterable[FieldSet]) -> None:
    """Drop the link's problems, as the visitor has moved something."""
    st.session_state[UNKNOWN] = []
    st.session_state.pop(REFUSED, None)
    for fields in questions:
        fields.state.in_link = ()
