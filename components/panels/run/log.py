"""The server's log, in which each failure stands in full only once."""

from __future__ import annotations

import logging
import threading

from cachetools import LRUCache
from streamlit.logger import get_logger

from components.backend.question.linked import Message

_NAME = "rnn_lens"

_MOST_SAID = 100
"""How many different messages from one place are written in full."""


def log(error: BaseException) -> None:
    """Log a failure with its traceback."""
    logger = get_logger(_NAME)
    once(_NAME)
    logger.error("%s", type(error).__name__, exc_info=error)


def once(*names: str) -> None:
    """Have these loggers write a repeated message in full only once, and then as one line the 2nd,
    4th, 8th … time. Otherwise a visitor who can provoke a message could fill the disk with it."""
    for name in names:
        get_logger(name).addFilter(_ONCE)  # adding it again has no effect


class _Once(logging.Filter):
    """Lets a record through as `once` says."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: LRUCache = LRUCache(1000)
        self.said: LRUCache = LRUCache(1000)
        self.lock = threading.Lock()

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether to write a record; one that was written before is cut to a line."""
        origin = record.name, record.msg, _origin(record)
        said = _said(record)
        with self.lock:
            known = self.said.setdefault(origin, set())
            if len(known) < _MOST_SAID:
                known.add(said)
            key = origin, said if said in known else ""
            count = self.seen[key] = self.seen.get(key, 0) + 1
        if count > 1:
            record.msg = (
                f"{(record.getMessage().splitlines() or [''])[0][:200]} ({count} times by now)"
            )
            record.args = record.exc_info = record.exc_text = None
        return count & (count - 1) == 0


def _origin(record: logging.LogRecord) -> tuple[str, ...]:
    """The kinds of an exception and its causes, and where each was raised."""
    error = record.exc_info[1] if record.exc_info else None
    found: list[str] = []
    while error is not None and len(found) < 10:
        trace = error.__traceback__
        while trace and trace.tb_next:
            trace = trace.tb_next
        place = f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else ""
        kind = getattr(error, "sqlite_errorname", type(error).__name__)
        found.append(f"{kind} {place}")
        error = error.__cause__
    return tuple(found)


def _said(record: logging.LogRecord) -> str:
    """Which `Message` an exception says: those of visitors' models are all raised in one place. It
    may come from a process that is not trusted, and so be another one each time."""
    error = record.exc_info[1] if record.exc_info else None
    match error and error.args:
        case (Message(name, values), *_):
            return f"{name} {values.get('kind', '')}"[:100]
    return ""


_ONCE = _Once()
