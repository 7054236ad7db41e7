"""What all tests share: where rooms are kept, also in PostgreSQL, and that Python does not look for
garbage among the tests themselves."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Generator, Iterator

import pytest

from tests import kinds
from tests.postgresql import programs, serving

os.environ["RNN_LENS_DATA"] = "off"  # also of the servers that tests start


def pytest_configure(config: pytest.Config) -> None:
    kinds.soaking = config.option.markexpr != "not soak"


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
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Callable[[], str]]:
    """Makes an empty database of a real PostgreSQL, and returns what RNN_LENS_DATA names it by."""
    pytest.importorskip("psycopg")
    folder = programs()
    if folder is None:
        pytest.skip("PostgreSQL is not installed and could not be")
    with serving(folder) as new_database:
        yield new_database
