"""Linked questions on a page: what their widgets and the address say, and what is wrong with it.

    setup, view = opened("explore", Asked(Setup), Asked(View, words="view"))
    with st.sidebar:
        widgets(setup, "layer")
    answer = run(setup.value.settings)

A widget's key is its field's name, with the question's prefix before it, and so is its name in
the address, by Streamlit's own binding. Nothing outside this module and `widgets` knows the keys.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from types import SimpleNamespace
from typing import Any, Generic, NamedTuple, TypeVar

import streamlit as st
from streamlit.errors import StreamlitWidgetAlreadyInstantiatedError
from streamlit.runtime.scriptrunner import get_script_run_ctx

from components.backend.linked import (
    Linked,
    Problem,
    Query,
    SettingsError,
    Spelling,
    Words,
    choices,
    defaults,
    from_text,
    noted,
    place,
    shown,
    to_text,
)
from components.panels.page.address import linked_to, settle, unbind
from components.panels.page.echo import forget_sets, has_moved, set_widget
from components.panels.page.parts import (
    begin_again,
    describe_page,
    forget_parts,
    moment,
    note_drawn,
    undisturbed,
)
from components.panels.page.plain import plain
from components.texts import text

# Before a parameter that says what is shown in place of one that is wrong.
LAST = "last."

Q = TypeVar("Q", bound=Linked)


class _Chosen(NamedTuple):
    """What the widgets said at a moment, until one was set or, being drawn, said something else;
    what question that is, and what is wrong with it."""

    moment: object
    said: Mapping[str, Any]
    good: Linked
    problems: tuple[Problem, ...]


@dataclass
class Kept(Generic[Q]):
    """What a session remembers of a question.

    good is what was last right; link_problems what the link got wrong, which holds as long as
    link_good is what is shown; arriving whether the page has yet to tell of it; shown what the last
    run has shown; ranges those of its sliders; chosen what the widgets were last found to say; own
    the fields of one that is told by its differences from another. link_good is no question, as
    that of a page's own class would equal none after the page is run again.
    """

    good: Q
    link_problems: tuple[Problem, ...] = ()
    link_good: Mapping[str, Any] | None = None
    arriving: bool = False
    shown: Q | None = None
    ranges: dict[str, tuple[int, int]] = field(default_factory=dict)
    chosen: _Chosen | None = None
    own: frozenset[str] = frozenset()


class Asked(Generic[Q]):
    """A question as the widgets of a page, and the address, say it.

    Args:
        words: the section of the texts with each field's label and help.
        prefix: stands before each field's name in the address.
    """

    def __init__(self, model: type[Q], *, words: str = "settings", prefix: str = "") -> None:
        self.model, self.words, self.prefix = model, words, prefix

    @property
    def depth(self) -> int:
        """How many others it is told by its differences from, one by the next."""
        return 0

    @property
    def kept(self) -> Kept[Q]:
        """What the session remembers of it."""
        name = f"asked.{self.prefix}{self.model.__name__}"
        if (kept := st.session_state.get(name)) is None:
            kept = st.session_state[name] = Kept(self.model())
        return kept

    def key(self, name: str) -> str:
        """A field's name in the address, which is its widget's key."""
        return self.prefix + name

    def chosen_key(self, name: str) -> str:
        """The key of the widget of a choice whose options have labels of their own."""
        return f"{self.prefix}{name}.chosen"

    @property
    def value(self) -> Q:
        """What the widgets say; where they say nonsense, what was last right."""
        return self._chosen().good

    def applying(self) -> frozenset[str]:
        """The fields that have an effect under the others: each of them has a widget."""
        return frozenset(self._chosen().said)

    def is_set(self, group: str) -> bool:
        """Whether a field of a group is not at its default: then its widget has to be drawn, seen
        or not, as Streamlit takes out of the address what is not on the page."""
        good, fields = self.value, self.model.model_fields
        names = [name for name in fields if place(self.model, name).group == group]
        return any(getattr(good, name) != self.ordinary(name) for name in names)

    def ordinary(self, name: str) -> Any:
        """What a field is where the address does not name it."""
        return self.value.ordinary(name)

    def held(self, name: str, value: Any) -> Any:
        """A value as its widget has it: what is typed or chosen is text, as in the address."""
        as_text = noted(self.model, name, Spelling) or choices(self.model, name)
        return to_text(self.model, name, value) if as_text else value

    def put(self, **values: Any) -> None:
        """Set fields, but for values that none of them allows. Where a widget of theirs has been
        drawn in this run, that ends here, and the page is drawn from the start."""
        self._mend(values)
        try:
            self._set_widgets({name: getattr(self.kept.good, name) for name in values})
        except StreamlitWidgetAlreadyInstantiatedError:
            begin_again(partial(self._put_unmoved, values))

    def _put_unmoved(self, values: Mapping[str, Any]) -> None:
        """Set fields, but for those that the visitor has moved meanwhile."""
        keys = {name: (self.key(name), self.chosen_key(name)) for name in values}
        self.put(**{n: value for n, value in values.items() if not any(map(has_moved, keys[n]))})

    def note_drawn(self, name: str) -> None:
        """A field's widget has just been drawn: it may say what was not known before."""
        note_drawn(self.key(name), self.chosen_key(name))
        kept = self.kept
        known = kept.chosen.said if kept.chosen else {}
        if name not in known or known[name] != self._state(name, getattr(kept.good, name)):
            kept.chosen = None

    def within(self, **limits: tuple[int, int]) -> Q:
        """The question with whole numbers kept within limits that others set.

        A link that goes beyond them is told so.
        """
        for name, (low, high) in limits.items():
            asked = getattr(self.value, name)
            if not low <= asked <= high:
                allowed = Words("whole", {"low": low, "high": high})
                self.retract(name, min(max(asked, low), high), allowed)
        return self.value

    def among(self, **options: Sequence[Any]) -> Q:
        """The question with choices kept among the options that others leave of them.

        A link that asks for another is told so.
        """
        for name, allowed in options.items():
            if getattr(self.value, name) not in allowed:
                names = ", ".join(map(str, allowed))
                self.retract(name, self.ordinary(name), Words("only", {"names": names}))
        return self.value

    def retract(self, name: str, value: Any, allowed: Words) -> None:
        """Set a field to a value in place of one that others do not allow.

        If it is the link that asks for that, it is told so; a default is nobody's wish.
        """
        asked, key = getattr(self.value, name), self.key(name)
        wished = self.kept.arriving and asked != self.ordinary(name)
        self._mend({name: value})  # what is told holds as long as that does
        if wished:
            got = Words("value", {"shown": shown(self.held(name, asked))})
            before = [p.got for p in self.kept.link_problems if p.field == key]
            self._take_problem(Problem(key, before[0] if before else got, allowed))
            if key in st.query_params:  # from where its widget, once drawn, would take it again
                unbind(key)
                del st.query_params[key]
                begin_again(partial(self._put_unmoved, {name: value}))
        self.put(**{name: value})

    def has_moved(self) -> bool:
        """Whether anything else is asked for than what the link was last told to have given."""
        return self.kept.link_good != dict(self.value)

    def forget_link(self) -> None:
        """What the link got wrong need not be told any longer."""
        kept = self.kept
        kept.link_problems, kept.link_good, kept.chosen = (), dict(self.value), None

    def complaints(self) -> list[str]:
        """What is wrong with what the widgets say and with what the link asked for: a line of
        Markdown each."""
        chosen = self._chosen()
        all_ = (*self.kept.link_problems, *chosen.problems)
        found = {problem.field.removeprefix(self.prefix): problem for problem in all_}
        return [self.complaint(problem, chosen.good) for problem in found.values()]

    def complaint(self, problem: Problem, good: Linked) -> str:
        """What was refused, and what a question has in its place, as a line of Markdown."""
        name = problem.field.removeprefix(self.prefix)
        used = plain(to_text(self.model, name, getattr(good, name)) or str(Words("none")))
        got = plain(str(problem.got))
        return text("link.line", field=self.key(name), got=got, allowed=problem.allowed, used=used)

    def wrong(self) -> dict[str, str]:
        """The fields whose widgets say nonsense, and what holds in their place, as text."""
        chosen = self._chosen()
        return {
            p.field: to_text(self.model, p.field, getattr(chosen.good, p.field))
            for p in chosen.problems
        }

    def typed(self, name: str) -> str:
        """What a text field says, right or wrong."""
        good = to_text(self.model, name, getattr(self.value, name))
        return st.session_state.get(self.key(name), good)

    def parameters(self) -> set[str]:
        """Its names in an address."""
        names = {self.key(name) for name in self.model.model_fields}
        return names | {LAST + name for name in names}

    def end_run(self) -> dict[str, str | None]:
        """At the end of a run: keeps what it has shown; what is to be in the address of it."""
        self.kept.shown, self.kept.arriving = self.value, False
        return self._in_address()

    def _in_address(self) -> dict[str, str | None]:
        """What each of its names is to be there; None where the default holds."""
        state, good = st.session_state, self.value
        clean, found = self._query(good), dict[str, str | None]()
        for name in self.model.model_fields:
            key = self.key(name)
            found[key] = clean.get(key)
            spelled = noted(self.model, name, Spelling) and good.applies(name)
            if spelled and key in state:  # as it is typed, right or wrong
                typed, ordinary = state[key], to_text(self.model, name, self.ordinary(name))
                found[key] = None if typed == ordinary else typed
            found[LAST + key] = state.get(LAST + key)
        return found

    def arrive(self, query: Query) -> dict[str, str]:
        """Take over a link, or, where it says nothing, what was set before; what is to be in the
        address for the widgets to read, each in its own way and without a word on the rest."""
        kept = self.kept
        for name in self.model.model_fields:  # of another page's widget, which this one's is not
            st.session_state.pop(self.chosen_key(name), None)
        if kept.link_good is not None and not self.parameters() & query.keys():
            self._set_widgets(dict(kept.good))
            return self._query(kept.good)
        good = self.follow(query)
        clean = self._query(good)
        for name in self.model.model_fields:
            texts = query.get(self.key(name), ())
            if noted(self.model, name, Spelling) and len(texts) == 1 and good.applies(name):
                # as it was typed, right or wrong: the field shows it
                st.session_state[self.key(name)] = clean[self.key(name)] = texts[0]
        return clean

    def follow(self, query: Query) -> Q:
        """Have the widgets say what an address says, and nothing else; the question of that."""
        kept = self.kept
        good, problems = self._read(query)
        if last := self._last_right(query, problems):
            good, _ = self._read({**query, **last})
        kept.good, kept.link_good = good, dict(good)
        kept.link_problems, kept.arriving = problems, True
        self._set_widgets(dict(good))
        return good

    def _query(self, good: Q) -> dict[str, str]:
        """A question as it is in the address."""
        return good.to_query(prefix=self.prefix)

    def _read(self, query: Query) -> tuple[Q, tuple[Problem, ...]]:
        """What an address asks for, and what is wrong with that."""
        return self.model.from_query(query, prefix=self.prefix)

    def _last_right(self, query: Query, problems: Iterable[Problem]) -> Query:
        """What a link says was shown in place of what is wrong in it, or too empty to be in it."""
        wrong = {problem.field for problem in problems}
        return {
            name: query[LAST + name]
            for name in map(self.key, self.model.model_fields)
            if LAST + name in query and (name in wrong or name not in query)
        }

    def _said(self) -> dict[str, Any]:
        """What the widgets say, of the fields that have an effect under those before them."""
        good, said, holds = self.kept.good, {}, defaults(self.model)
        for name in self.model.model_fields:
            if place(self.model, name).applies(SimpleNamespace(**holds)):
                value = said[name] = self._state(name, getattr(good, name))
                options = choices(self.model, name)
                holds[name] = value if not options or value in options else getattr(good, name)
        return said

    def _state(self, name: str, otherwise: Any) -> Any:
        """What a widget says; of a choice the option that it names."""
        state, chosen = st.session_state, self.chosen_key(name)
        said = state[chosen] if chosen in state else state.get(self.key(name), otherwise)
        named = {self.held(name, option): option for option in choices(self.model, name)}
        return named.get(said, said) if named else said

    def _chosen(self) -> _Chosen:
        """What the widgets say, looked up once as long as none can have moved."""
        kept, now = self.kept, self._moment()
        chosen = kept.chosen
        if chosen is None or chosen.moment != now:
            said = self._said()
            chosen = kept.chosen = _Chosen(now, said, *self._choose(dict(said)))
        return chosen

    def _moment(self) -> object:
        """Another one whenever what the widgets say may mean something else."""
        return moment()

    def _choose(self, said: dict[str, Any]) -> tuple[Q, tuple[Problem, ...]]:
        """The question of what the widgets say, and what is wrong with that."""
        problems = list[Problem]()
        for name, value in said.items():
            if noted(self.model, name, Spelling) and isinstance(value, str):
                try:
                    said[name] = from_text(self.model, name, value)
                except SettingsError as error:
                    problems.extend(error.problems)
        kept = self.kept
        kept.good, told = self.model.mend(self._whole(said), kept.good, problems)
        # A choice that there is not, which only a forger sends, and a number that has a nearest
        # allowed one: told of as if a link had asked for it, since the widget is put right at once.
        put_right = [p for p in told if choices(self.model, p.field) or p.nearest is not None]
        if put_right and kept.link_good != dict(kept.good):
            kept.link_problems = ()
        for problem in put_right:
            self._take_problem(problem._replace(field=self.key(problem.field)))
            if problem.nearest is not None:
                self.put(**{problem.field: getattr(kept.good, problem.field)})
        return kept.good, tuple(problem for problem in told if problem not in put_right)

    def _whole(self, said: dict[str, Any]) -> dict[str, Any]:
        """The fields of the question, of which the widgets say some."""
        return said

    def _take_problem(self, problem: Problem) -> None:
        """Tell of this, as of what the link got wrong, until something moves."""
        kept = self.kept
        told = {p.field: p for p in (*kept.link_problems, problem)}
        kept.link_problems, kept.link_good = tuple(told.values()), dict(kept.good)

    def _mend(self, values: Mapping[str, Any]) -> None:
        """Have it be the question with these fields, but for what none of them allows."""
        kept = self.kept
        kept.good, _ = self.model.mend(dict(kept.good) | values, kept.good)

    def _set_widgets(self, values: Mapping[str, Any]) -> None:
        self.kept.chosen = None
        for name, value in values.items():
            held, chosen = self.held(name, value), self.chosen_key(name)
            set_widget(self.key(name), held)
            if chosen in st.session_state:
                set_widget(chosen, held)


def opened(page: str, *questions: Asked) -> tuple[Asked, ...]:
    """Opens the questions of a page, in whatever order, and hands them back.

    At a session's start, and on coming from another page, they take over the link.
    """
    with undisturbed():
        _follow_address(page, sorted(questions, key=lambda asked: asked.depth))
    describe_page(
        lambda: tuple(asked.applying() for asked in questions),
        lambda: settle({k: v for asked in questions for k, v in asked.end_run().items()}),
    )
    return questions


def _follow_address(page: str, questions: Sequence[Asked]) -> None:
    """Have all questions take over the address, where it is not what their widgets have said."""
    state = st.session_state
    fresh = [asked for asked in questions if asked.kept.link_good is None]
    if state.get("page") != page or fresh:
        came, state["page"] = state.get("page") not in (None, page), page
        if came:
            forget_parts()
        query = {name: st.query_params.get_all(name) for name in st.query_params}
        ours = set().union(*(asked.parameters() for asked in questions))
        clean = {name: texts for name, texts in query.items() if name not in ours}
        followed = linked_to() if came else {}
        link = query | {name: texts for name, texts in followed.items() if name in ours}
        for asked in questions:
            clean |= {name: [value] for name, value in asked.arrive(link).items()}
        if came:
            forget_sets()
        if clean != query:
            unbind(*clean)
            st.query_params.from_dict(clean)
            st.rerun()
    elif get_script_run_ctx().is_history_navigation:
        # Else each widget would follow as it is drawn, and what is drawn before it would not know.
        for asked in questions:
            asked.follow({name: st.query_params.get_all(name) for name in st.query_params})
