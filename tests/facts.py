"""Checks facts against their sentences in texts/, for all kinds of answers."""

import re
import string
from collections.abc import Iterable

from components.backend.running.facts import Fact
from components.texts import text


def assert_sentences(section: str, facts: Iterable[Fact]) -> None:
    """Each fact has its sentence and fills it, and there is no sentence but these."""
    told = {fact.name: fact for fact in facts}
    said = text(section).keys()
    assert not told.keys() - said, f"no texts in {section}: {sorted(told.keys() - said)}"
    assert not said - told.keys(), f"nothing tells of {section}: {sorted(said - told.keys())}"
    for name, fact in told.items():
        for part, template in text(f"{section}.{name}").items():
            assert part in ("claim", "measured")
            assert {n for _, n, _, _ in string.Formatter().parse(template) if n} <= {*fact.values}
            filled = text(f"{section}.{name}.{part}", **fact.values)
            assert not re.search(r"[{}]|nan|None", filled), filled
            assert filled or part == "measured"
