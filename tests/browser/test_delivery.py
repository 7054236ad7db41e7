"""What was drawn reaches the browser, also where another run begins before it has been sent."""

import time
from itertools import chain
from pathlib import Path

from tests.browser.driver import ROOT, serve
from tests.visitor import Visitor

HELD_BACK = 1.0  # seconds that a server with much to do may keep what it has to send
SLOW = f"import streamlit.runtime.runtime as r; r.MESSAGE_FLUSH_INTERVAL_SECS = {HELD_BACK}"


def test_a_part_comes_after_what_it_stands_in(tmp_path: Path) -> None:
    """The whole page is drawn and not sent yet; a tab is opened, and what is in it is drawn."""
    (tmp_path / "sitecustomize.py").write_text(SLOW)
    slow = {"PYTHONPATH": str(tmp_path)}
    with (
        serve(ROOT / "dashboard", environment=slow) as server,
        Visitor(server.url, "seed=1") as visitor,
    ):
        visitor.ask()
        time.sleep(HELD_BACK / 2)  # not for anything: when the second comes is what is tried
        visitor.set("tabs.open", "string_value", "Shapes")
        visitor.ask()
        containers, seen = {(0,), (1,)}, 0
        for answer in chain(visitor.answers(), visitor.answers()):
            if answer.WhichOneof("type") == "delta":
                place = tuple(answer.metadata.delta_path)
                assert place[:-1] in containers
                if answer.delta.WhichOneof("type") == "add_block":
                    containers.add(place)
                seen += answer.delta.new_element.table.ByteSize() > 0
        assert seen == 1
