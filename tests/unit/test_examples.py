"""What Hypothesis draws does not depend on the tests that ran before."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.strategies import examples


def drawn() -> list[int]:
    found = []

    @examples(10)
    @given(st.integers())
    def note(number: int) -> None:
        found.append(number)

    note()
    return found


def test_another_module_changes_no_example(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = drawn()
    (tmp_path / "with_constants.py").write_text(f"NUMBERS = {[*range(10**6, 10**6 + 1000)]}")
    monkeypatch.syspath_prepend(tmp_path)
    importlib.import_module("with_constants")
    assert len(before) > 100
    assert drawn() == before
