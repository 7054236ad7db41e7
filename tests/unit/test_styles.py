"""What our styles may not say."""

from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_no_rule_depends_on_what_is_within_an_element() -> None:
    """For a rule with :has() the browser looks at much of the page at each of its changes: eighteen
    of them took as long in a slider's step as all other styles together. The element that knows
    gets a class or an attribute instead."""
    files = [
        each
        for part in ("components", "dashboard")
        for each in (ROOT / part).rglob("*.*")
        if each.suffix in (".css", ".py", ".js") and each.parent.name != "vendored"
    ]
    assert files
    assert [each.name for each in files if ":has(" in each.read_text("utf-8")] == []
