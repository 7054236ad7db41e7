"""What all tests share: where rooms are kept, also in PostgreSQL, that Python does not look for
garbage among the tests themselves, and that Hypothesis draws the same examples in every worker."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable, Generator, Iterator

import pytest
from hypothesis.internal.conjecture import providers

from components.backend.running import engine
from tests import kinds
from tests.postgresql import Server, programs, serving

os.environ["RNN_LENS_DATA"] = "off"  # also of the servers that tests start
os.environ.update(engine.SAME_NUMBERS)  # whichever test imports TensorFlow first

# Hypothesis also draws constants that it finds in the modules loaded so far, and which those are
# depends on what else a worker has run. There is no option to leave them out.
providers._get_local_constants = lambda: providers._local_constants


def pytest_configure(config: pytest.Config) -> None:
    kinds.soaking = "not soak" not in config.option.markexpr


def pytest_report_header(config: pytest.Config) -> str:
    """Which tests are run; with several workers pytest does not say how many others there are."""
    return f"marked: {config.option.markexpr}"


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Thousands of tests are made here, and all stay: to look through them takes seconds."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


@pytest.fixture(scope="module", autouse=True)
def kept() -> Iterator[None]:
    """Nor does it look again among what a module of tests has left, as TensorFlow and answers."""
    yield
    if keras := sys.modules.get("keras"):  # outside a server, its session is left to who uses it
        with engine.LOCK:
            keras.utils.clear_session(free_memory=False)
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[Server]:
    """A real PostgreSQL."""
    pytest.importorskip("psycopg")
    folder = programs()
    if folder is None:
        pytest.skip("PostgreSQL is not installed and could not be")
    with serving(folder) as server:
        yield server


@pytest.fixture(scope="session")
def postgresql(postgresql_server: Server) -> Callable[[], str]:
    """Makes an empty database of a real PostgreSQL, and returns what RNN_LENS_DATA names it by."""
    return postgresql_server.new_database
