"""Has one run of a page work at a time: of those that wait, that of the session which used least.

Streamlit runs each session's script in a thread of its own. All of them share one Python and one
Keras, so two runs that work at once take twice as long each. So a run that finds another one at
work waits in line; while none is at work, none waits. The line is a fair queue (as start-time fair
queueing: Goyal, Vin and Cheng, 1996). It goes by the seconds of work that a session has used. One
that moves a slider now and then has used less than one that drags it without end, and goes first.
A turn cannot be interrupted. So after a long one the server takes a break from long ones while
sessions with short ones are about.
A new session counts as having used the share of one that was always in line. So new ones that
come without end cannot all go first.

Streamlit merges the requests that come meanwhile into one run with the newest values: a drag may
skip pictures, but never the last. A fragment that reruns by itself, as a training's progress does,
neither waits nor is charged.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from contextvars import ContextVar

import streamlit as st

from components.backend.running.answers import awaited
from components.backend.running.engine import busy
from components.panels.run.private import end_if_outdated

SAVED = 1.0
"""A session that comes back after a pause goes first for at most this many seconds of work."""

SLICE = 0.1
"""Seconds of work by which another session must have used less for a run to let it go first between
two pictures. With none, runs of equals would change places at every picture, and all end late."""

LONGEST = 2.0
"""Seconds without a new part after which a run no longer holds up the next one, which then works
beside it. It may wait for a file or a database, or Keras computes for that long."""

PATIENCE = 10.0
"""Seconds after which a waiting run goes before all who came later, whoever used least."""

LONG = 0.1
"""Seconds of work from which a turn is long. It cannot be interrupted, and whoever comes meanwhile
waits for all that is left of it."""

BREAK = 2.0
"""After a long turn no other long one begins for so many times as long, while sessions with short
turns are about: most of these then find the server free."""

ABOUT = 1.0
"""Seconds after its last turn for which a session with short turns counts as about."""

_GLANCE = 0.05  # seconds between two checks whether a waiting run is still wanted


class Session:
    """A session's account in the line: how much of the server it has used."""

    used = 0.0
    """Seconds of work that count against it. When it joins the line, `Line.join` raises them to the
    others' share, less SAVED, so that a session that is new, or was away, does not pass everybody.
    Zero before the first time in line."""

    longest = 0.0
    """Seconds of its longest turn lately: half of it is forgotten with each turn."""


class Turn:
    """A run's place in the line."""

    def __init__(self, session: Session, now: float) -> None:
        self.session = session
        self.since = now  # when it came, or else when its last part began
        self.begun = threading.Event()


class Line:
    """The runs that wait, and the one that works. Called from any thread.

    Args:
        clock: tells the time in seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._share = 0.0  # seconds of work that a session has had that was always in line
        self._waiting: list[Turn] = []  # in the order in which they came
        self._working: Turn | None = None
        self._idle_since = clock()  # if nobody works or waits
        self._break_ends = -math.inf
        # The last two sessions with a short turn, and when: whoever asks, one of them is another.
        self._short: list[tuple[Session, float]] = []

    def join(self, session: Session) -> Turn:
        """Stand in line. The turn has begun already if nobody works."""
        turn = Turn(session, self._clock())
        with self._lock:
            self._count_idleness()
            saved = SAVED if session.used else 0.0  # a new one has saved nothing
            session.used = max(session.used, self._share - saved)
            self._waiting.append(turn)
            self._call()
        return turn

    def leave(self, turn: Turn, seconds: float = 0.0) -> None:
        """End a turn, or give it up before it has begun.

        Args:
            seconds: of work, which are charged to the session.
        """
        with self._lock:
            turn.session.used += seconds
            if turn in self._waiting:
                self._waiting.remove(turn)
            self._idle_since = self._clock()
            if turn is self._working:
                self._working = None
                # Work that the session had saved up does not count: with it, the share would run
                # ahead of what those who are always in line have had.
                beyond = max(0.0, turn.session.used - self._share)
                self._share += beyond / (1 + len(self._waiting))
                self._note_length(turn.session, seconds)
            self._call()

    def _count_idleness(self) -> None:
        """A session that was always in line would have worked while nobody did."""
        if self._working is None and not self._waiting:
            self._share += self._clock() - self._idle_since

    def _note_length(self, session: Session, seconds: float) -> None:
        now = self._clock()
        session.longest = max(seconds, session.longest / 2)
        if session.longest > LONG:
            self._break_ends = now + BREAK * session.longest
        else:
            others = [short for short in self._short if short[0] is not session]
            self._short = [*others[-1:], (session, now)]

    def may_go_on(self, turn: Turn, seconds: float) -> bool:
        """Whether a turn goes on with its next part after so many seconds of work: not if somebody
        waits who has used less, nor if another one works beside it."""
        with self._lock:
            turn.since = self._clock()
            used = turn.session.used + seconds - SLICE
            return turn is self._working and all(used <= w.session.used for w in self._waiting)

    def call(self) -> None:
        """Let the next one begin if the one that works takes too long."""
        with self._lock:
            self._call()

    def _call(self) -> None:
        now = self._clock()
        if self._working is not None and now - self._working.since < LONGEST:
            return  # before anything that takes longer the more there are: each of them calls
        ready = [turn for turn in self._waiting if not self._on_break(turn.session, now)]
        if not ready:
            return
        patient = [turn for turn in ready if now - turn.since >= PATIENCE]
        turn = patient[0] if patient else min(ready, key=lambda t: t.session.used)
        self._waiting.remove(turn)
        self._working, turn.since = turn, now
        self._share = max(self._share, turn.session.used)
        turn.begun.set()

    def _on_break(self, session: Session, now: float) -> bool:
        """Whether a session with long turns leaves the server to others with short ones."""
        others = any(one is not session and now < at + ABOUT for one, at in self._short)
        return others and session.longest > LONG and now < self._break_ends


class _Run:
    """A run of the page: it has one turn after another."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def begin(self) -> None:
        """Wait for a turn. The run ends here if a widget moves meanwhile."""
        self.before = busy()
        self.turn = _line.join(self.session)
        while not self.turn.begun.wait(_GLANCE):
            _line.call()
            end_if_outdated()

    def end(self) -> None:
        """End the turn, or stop waiting for one; nothing if there is none."""
        now = busy()
        _line.leave(self.turn, now - self.before)
        self.before = now

    @property
    def may_go_on(self) -> bool:
        return _line.may_go_on(self.turn, busy() - self.before)


_line = Line()
_run: ContextVar[_Run | None] = ContextVar("run", default=None)


@st.cache_resource(scope="session", show_spinner=False)
def _session() -> Session:
    return Session()


@contextmanager
def turn() -> Generator[None]:
    """For a run of the page: waits until it may begin, and charges it to the session. Nothing is
    computed ahead meanwhile."""
    run = _Run(_session())
    before = _run.set(run)
    with awaited():
        try:
            run.begin()
            yield
        finally:
            run.end()
            _run.reset(before)


def let_others_in() -> None:
    """Between two parts of a run: waits while those work who have used less."""
    run = _run.get()
    if run and not run.may_go_on:
        run.end()
        run.begin()


@contextmanager
def aside() -> Generator[None]:
    """For a block in which a run waits for something: others may work meanwhile. The run goes on
    with a turn even if the block raises an error. What Streamlit raises to end a run is no
    `Exception`, and such a run needs no turn."""
    run = _run.get()
    if not run:
        yield
        return
    run.end()
    try:
        yield
    except Exception:
        run.begin()
        raise
    run.begin()
