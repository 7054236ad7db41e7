"""What is written into the server's log, and how often."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator

import pytest
from streamlit.logger import get_logger

from components.backend.question.linked import Message
from components.backend.running.engine import EngineError
from components.panels.run import log as log_module
from components.panels.run.log import log, once

NAME = "rnn_lens"


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """What the app's own logger writes."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    get_logger(NAME).addHandler(handler)
    before = logging.root.manager.disable
    logging.disable(logging.NOTSET)
    yield stream
    logging.disable(before)
    get_logger(NAME).removeHandler(handler)


def fail(how: type[Exception], words: str | Message) -> None:
    try:
        raise how(words)
    except how as error:
        log(error)


def test_all_of_a_failure_is_written_once(written: io.StringIO) -> None:
    for number in range(100):
        fail(ZeroDivisionError, f"number {number} of /a/folder")
    fail(KeyError, "another")
    text = written.getvalue()
    assert text.count("Traceback") == 2
    assert "number 0 of /a/folder" in text
    assert "KeyError: 'another'" in text
    later = [line for line in text.splitlines() if "times by now" in line]
    assert later == [f"ZeroDivisionError ({2**n} times by now)" for n in range(1, 7)]


def test_of_what_is_raised_in_one_place_each_message_is_written_once(written: io.StringIO) -> None:
    """As all failures of visitors' models are. A process may forge other ones without end."""
    said = ["model_memory", "disk_full", *(f"forged_{number}" for number in range(1000))]
    for name in [*said[:2] * 3, *said]:
        fail(EngineError, Message("value", {"shown": name, "kind": name}))
    first = [line for line in written.getvalue().splitlines() if line.endswith(tuple(said))]
    assert [line.rpartition(" ")[2] for line in first] == said[: log_module._MOST_SAID + 1]


def test_a_long_line_is_cut_when_it_comes_again(written: io.StringIO) -> None:
    once(NAME)
    for _ in range(2):
        get_logger(NAME).warning("said: %s", "x\n" * 3 + "y" * 500)
    first, *rest = written.getvalue().splitlines()
    assert first == "said: x"
    assert rest[-1] == "said: x (2 times by now)"
