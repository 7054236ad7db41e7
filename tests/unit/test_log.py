"""What is written into the server's log, and how often."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator

import pytest
from streamlit.logger import get_logger

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


def fail(how: type[Exception], words: str) -> None:
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


def test_a_long_line_is_cut_when_it_comes_again(written: io.StringIO) -> None:
    once(NAME)
    for _ in range(2):
        get_logger(NAME).warning("said: %s", "x\n" * 3 + "y" * 500)
    first, *rest = written.getvalue().splitlines()
    assert first == "said: x"
    assert rest[-1] == "said: x (2 times by now)"
