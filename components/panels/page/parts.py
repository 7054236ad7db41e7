"""Parts of a page that can be run alone, and how the page never falls behind what its widgets say.

Why it could: Streamlit's browser side gathers the widgets that change within one tick, and a tick
is as long as the browser is busy drawing, into one request that names the part of one of them
alone. The request carries every widget's value, so nothing is lost on the way; but the other
widgets' parts are not run. A page that draws only what it was asked to draw would then show a
change nowhere, until something else moves. So each part says what it shows. A widget that has moved
has all those parts run that no longer show what the widgets say, and whichever part is run ends by
looking again. What was cut short by such a request is made up for in the same way.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cache, partial, wraps
from typing import Any, NoReturn

import streamlit as st
from streamlit.delta_generator import DeltaGenerator
from streamlit.runtime.fragment import _fragment, _FragmentLifetime
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.scriptrunner_utils.script_run_context import ThreadState

from components.panels.page.address import noticed
from components.panels.page.delivery import mend_delivery
from components.panels.page.echo import draw_mark, hear, note_move, note_told, undrawn
from components.panels.page.hidden import hidden_place
from components.panels.page.scripts import module
from components.panels.page.turns import turn

Shows = Callable[[], Hashable]

PAGE = "page"
"""What stands in no part."""

_CSS = """
[class*="st-key-in_sight"] { position: absolute; }
.rnn-behind { opacity: 0.35; transition: opacity 0s 0.5s; }
"""

# What is being drawn: the page, or the parts that the innermost one stands in, and itself. Not in
# the session, as a run that is being stopped can go on for a moment beside the one after it.
_drawing: ContextVar[tuple[str, ...]] = ContextVar("drawing", default=())


@dataclass
class _Part:
    """A part as it was drawn last.

    path is those it stands in, and itself; fragment its name to Streamlit; run the one it was drawn
    in; followed how often the one that it follows had been drawn by then; whole whether it was
    drawn to its end; settled whether that run went on to its own end, as until then the browser
    keeps what the part shows no longer.
    """

    path: tuple[str, ...]
    fragment: str | None
    run: object
    shows: Shows
    shown: Hashable
    follows: str | None
    followed: int
    whole: bool = False
    settled: bool = False

    def is_coming(self) -> bool:
        """Whether this run of the script has yet to draw it."""
        coming = get_script_run_ctx().fragment_ids_this_run or ()
        return self.fragment in coming and self.run is not this_run()

    def is_behind(self) -> bool:
        """Whether it shows what the widgets no longer say, or what it does no longer."""
        cut_short = not self.settled and self.run is not this_run()
        return cut_short or not self.whole or self.shows() != self.shown


@dataclass
class _Marks:
    """A part's marks: how many were drawn, whether there are widgets that none follows yet, and
    the place they share with the part's other hidden fields, as a place costs as much as a field.
    It is above all else in the part, so that it stays where it is in the browser, whatever else the
    part shows; what is drawn into it still comes after what was drawn before."""

    place: DeltaGenerator
    drawn: int = 0
    due: bool = False


@dataclass
class _Page:
    """A session's page: its parts, their marks, and the part that each widget stands in; drawings
    is how often each part was drawn, in the order in which they first were; ends is what a run of
    any of it ends with; moment another one whenever widgets may have been set meanwhile."""

    parts: dict[str, _Part] = field(default_factory=dict)
    marks: dict[str, _Marks] = field(default_factory=dict)
    homes: dict[str, str] = field(default_factory=dict)
    drawings: dict[str, int] = field(default_factory=dict)
    ends: Shows = lambda: None
    moment: object = field(default_factory=object)

    def behind(self) -> set[str]:
        """The parts that have to be drawn again; out of sight, what follows another has not."""
        found = {key for key, part in self.parts.items() if part.is_behind()}
        found |= {self.homes[key] for key in undrawn() & self.homes.keys()}
        return found | {
            key
            for key, part in self.parts.items()
            if (part.follows in found or self.has_fallen_behind(part))
            and any(map(in_sight, part.path))
        }

    def outdated(self, key: str) -> list[str]:
        """The parts round one that follow another which has been drawn since: what they have given
        to the one within is no longer so."""
        path = self.parts[key].path[:-1] if key in self.parts else ()
        return [name for name in path if self.has_fallen_behind(self.parts[name])]

    def has_fallen_behind(self, part: _Part) -> bool:
        """Whether a part follows another that has been drawn since."""
        return bool(part.follows) and part.followed != self.drawings[part.follows]

    def stands(self, key: str) -> bool:
        """Whether a part still stands where the fragment that is being run was drawn. Elsewhere it
        is another fragment to Streamlit, which keeps the old one, with what that was given, and
        draws it over whatever stands there by now."""
        return key in self.parts and self.parts[key].fragment == standing()

    def end(self) -> None:
        """To end a run with."""
        if self.behind():
            st.rerun()
        self.ends()
        for part in self.parts.values():
            part.settled = True

    def begin(self, key: str) -> None:
        """Forget what a part consists of, as it is drawn anew. The part itself is kept in mind, as
        one that is not whole: what is cut short before it is noted has to be made up for as well.
        """
        if key in self.parts:
            self.parts[key].whole = False
        gone = {name for name, part in self.parts.items() if key in part.path[:-1]}
        self.parts = {name: part for name, part in self.parts.items() if name not in gone}
        self.homes = {n: home for n, home in self.homes.items() if home not in {key, *gone}}
        self.marks = {name: marks for name, marks in self.marks.items() if name not in gone}

    def next_mark(self, key: str) -> str:
        """The name of the mark that follows what is being drawn of a part."""
        return f"{key}.{self.marks[key].drawn}"

    def mark(self, key: str) -> None:
        """Draw a mark, if there are widgets to be followed by one."""
        marks = self.marks[key]
        if marks.due:
            draw_mark(self.next_mark(key), marks.place)
            marks.drawn, marks.due = marks.drawn + 1, False

    @contextmanager
    def drawing(self, key: str) -> Iterator[None]:
        """Round all that is drawn of a part."""
        self.marks[key] = _Marks(hidden_place(key))
        yield
        self.mark(key)
        self.parts[key].whole = True


def this_run() -> object:
    """Another one for each run of the script: Streamlit makes it anew, where the context stays."""
    return get_script_run_ctx().parallel_coordinator


def moment() -> object:
    """Another one whenever the widgets may say something new, but for those drawn meanwhile."""
    return this_run(), _page().moment


def _page() -> _Page:
    return st.session_state["layout"]


@contextmanager
def whole_page() -> Iterator[None]:
    """Round the drawing of a page from scratch: its questions are opened, and its parts, widgets
    and charts drawn, within this alone."""
    mend_delivery()
    with turn():
        _hear()
        with undisturbed(), _inside(PAGE):
            page = st.session_state["layout"] = _Page()
            describe_page(_nothing, _nothing)
        with noticed(always=True):
            with _inside(PAGE), page.drawing(PAGE):
                yield
            page.end()


@contextmanager
def undisturbed() -> Iterator[None]:
    """Round what is done as a whole or not at all: Streamlit ends a run for the next request
    wherever it looks at the session, and what a move was to do would be half done, or forgotten."""
    state = get_script_run_ctx().session_state
    ends = state._yield_callback
    object.__setattr__(state, "_yield_callback", _nothing)
    try:
        yield
    finally:
        object.__setattr__(state, "_yield_callback", ends)


def _hear() -> None:
    """At the start of a run: put right what crossed on its way, and then, when the widgets may say
    something else, do what follows from the moves."""
    with undisturbed():
        follow = hear()
        if page := st.session_state.get("layout"):
            page.moment = object()
        follow()


def begin_again(do: Callable[[], None]) -> NoReturn:
    """Have the page drawn from the start, and something done before that."""
    note_move("", do)
    st.rerun()


def describe_page(shows: Shows, ends: Shows) -> None:
    """Tell of the page itself, beside its parts.

    Args:
        shows: tells from the widgets what it depends on, now and whenever it is asked.
        ends: what a run ends with, of the page or of a part that is run alone.
    """
    _note(PAGE, shows)
    _page().ends = ends


def forget_parts() -> None:
    """On coming to another page: have nothing answered that the one before it has asked for.

    Streamlit would draw such a part where it stood, among what is no longer there, for which the
    browser gives up the whole page.
    """
    get_script_run_ctx().fragment_storage.clear()


def part(
    key: str,
    shows: Shows,
    *,
    follows: Callable[[], str | None] = lambda: None,
    watched: bool = False,
    **options: Any,
) -> Callable[[Callable], Callable]:
    """A fragment of the page, run alone by its own widgets, or where it is behind.

    Args:
        shows: tells from the widgets what it depends on, now and whenever it is asked.
        follows: tells the key of a part that it has to be drawn again after, as long as it is in
            sight; out of sight it may fall behind.
        watched: have the browser tell whether it, and what is in it, is in sight.
        options: further arguments of st.fragment.

    Raises:
        LookupError: as it is drawn, if what it follows has not been drawn before it.
    """

    def decorate(draw: Callable[..., None]) -> Callable[..., None]:
        content = _watched(key, draw) if watched else draw

        @wraps(draw)
        def run(*args: Any, **kwargs: Any) -> None:
            with nullcontext() if _drawing.get() else turn():
                run_now(*args, **kwargs)

        def run_now(*args: Any, **kwargs: Any) -> None:
            page, outer = _page(), _drawing.get()
            if not outer:
                if not page.parts[PAGE].whole or page.outdated(key) or not page.stands(key):
                    st.rerun()  # this has gone or moved, or what it is given is not up to date
                _hear()
            path = (*outer, key) if outer else page.parts[key].path
            page.begin(key)
            with nullcontext() if outer else noticed():
                with _inside(*path):
                    _note(key, shows, follows())
                    with page.drawing(key):
                        content(*args, **kwargs)
                if not outer and not any(part.is_coming() for part in page.parts.values()):
                    page.end()

        # Else Streamlit passes over a request for a part within one that is being cut short, and
        # over whatever else has moved with it.
        lifetime = _FragmentLifetime.FULL_APP_SCOPED
        fragment = _fragment(run, key=key, lifetime=lifetime, **options)

        @wraps(draw)
        def marked(*args: Any, **kwargs: Any) -> None:
            if _drawing.get():
                mark()  # not after this one, which may take its time
            fragment(*args, **kwargs)

        return marked

    return decorate


def acting(
    do: Callable[..., None] | None = None, *, key: str = "", shown_by: Sequence[str] = ()
) -> Callable[..., None]:
    """The callback of a widget that is being drawn: has all run that shows it.

    Args:
        do: what else follows from a move, done before anything is drawn; may set other widgets.
        key: the widget's, if it is a field's, and may be set here as well.
        shown_by: the parts that show it, if it is not the one in which it stands.
    """
    home = here()
    shown_by = shown_by or ([home] if home != PAGE or not key else [])

    @undisturbed()
    def act(*args: Any) -> None:
        if get_script_run_ctx().is_history_navigation:
            return  # all of the page is run, as the address says: nothing of it is a move
        page = _page()
        note_move(key, partial(do, *args) if do else _nothing)
        for name in page.parts.keys() & {*shown_by, *page.outdated(home)}:
            page.parts[name].whole = False  # whichever part this request names
        behind = page.behind()
        if PAGE in behind and home != PAGE:
            st.rerun()
        elif PAGE not in behind and behind - {home}:
            st.rerun([key for key in page.drawings if key in behind])

    return act


def here() -> str:
    """The part that is being drawn."""
    return _drawing.get()[-1] if _drawing.get() else PAGE


def standing() -> str | None:
    """Where the part that is being drawn stands: to Streamlit it is another fragment elsewhere."""
    return ThreadState.get().fragment_id


def note_drawn(*keys: str) -> None:
    """The widget of those keys is being drawn: the browser hears what it was set to."""
    page = _page()
    page.homes |= dict.fromkeys(keys, here())
    page.marks[here()].due = True
    note_told(keys, page.next_mark(here()))


def out_of_sight() -> DeltaGenerator:
    """A place in the part that is being drawn, for fields that nobody sees."""
    return _page().marks[here()].place


def mark() -> None:
    """Before what takes its time: have the browser say from now on that it has heard of the widgets
    that stand in this part so far."""
    _page().mark(here())


def in_sight(key: str) -> bool:
    """Whether the part of that key is in sight, as far as the browser has told."""
    return bool(st.session_state.get(_sight(key), {}).get("in_sight"))


def _watched(key: str, draw: Callable[..., None]) -> Callable[..., None]:
    """The part of that key, with something in it that tells whether it is in sight."""

    @part(f"{_sight(key)}.part", _nothing)
    def sight() -> None:
        data = {"part": key, "in_sight": in_sight(key)}
        _sight_component()(key=_sight(key), data=data, on_in_sight_change=acting())

    def draw_watched(*args: Any, **kwargs: Any) -> None:
        with st.container(key=key):
            draw(*args, **kwargs)
            sight()

    return draw_watched


def _sight(key: str) -> str:
    return f"in_sight.{key}"


@cache
def _sight_component() -> Any:
    return st.components.v2.component(
        "rnn_lens_sight", css=_CSS, js=module("sight.js"), isolate_styles=False
    )


@contextmanager
def _inside(*path: str) -> Iterator[None]:
    token = _drawing.set(path)
    try:
        yield
    finally:
        _drawing.reset(token)


def _note(key: str, shows: Shows, follows: str | None = None) -> None:
    page, fragment = _page(), standing()
    if follows and follows not in page.drawings:
        raise LookupError(f"part {key!r} follows {follows!r}, which has not been drawn before it")
    page.drawings[key] = page.drawings.get(key, 0) + 1
    followed = page.drawings[follows] if follows else 0
    page.parts[key] = _Part(_drawing.get(), fragment, this_run(), shows, shows(), follows, followed)


def _nothing(*_: object) -> None:
    return None
