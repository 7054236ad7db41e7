"""What all tests share: where rooms are kept, and that Python does not look for garbage among the
tests themselves."""

from __future__ import annotations

import gc
import os
from collections.abc import Generator

import pytest

os.environ["RNN_LENS_DATA"] = "off"  # also of the servers that tests start


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Thousands of tests are made here, and all stay: to look through them takes seconds."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()
