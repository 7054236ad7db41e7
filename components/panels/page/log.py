"""The server's log: all of a failure, once."""

from __future__ import annotations

import logging
import threading

from cachetools import LRUCache
from streamlit.logger import get_logger

_NAME = "rnn_lens"


def log(error: BaseException) -> None:
    """Write down a failure, with where it came from."""
    logger = get_logger(_NAME)
    once(_NAME)
    logger.error("%s", type(error).__name__, exc_info=error)


def once(*names: str) -> None:
    """Have the loggers of those names say the same thing in full once, and from then on, in a line,
    the 2nd, 4th, 8th … time: whoever can provoke a message could fill the disk with it."""
    for name in names:
        get_logger(name).addFilter(_ONCE)  # which does nothing the second time


class _Once(logging.Filter):
    """Lets a record through as `once` says."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: LRUCache = LRUCache(1000)
        self.lock = threading.Lock()

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether this is to be written; what has been written before is cut to a line."""
        key = record.name, record.msg, _origin(record)
        with self.lock:
            count = self.seen[key] = self.seen.get(key, 0) + 1
        if count > 1:
            record.msg = (
                f"{(record.getMessage().splitlines() or [''])[0][:200]} ({count} times by now)"
            )
            record.args = record.exc_info = record.exc_text = None
        return count & (count - 1) == 0


def _origin(record: logging.LogRecord) -> tuple[str, ...]:
    """What was raised, and where."""
    error = record.exc_info[1] if record.exc_info else None
    found: list[str] = []
    while error is not None and len(found) < 10:
        trace = error.__traceback__
        while trace and trace.tb_next:
            trace = trace.tb_next
        place = f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else ""
        found.append(f"{type(error).__name__} {place}")
        error = error.__cause__
    return tuple(found)


_ONCE = _Once()
