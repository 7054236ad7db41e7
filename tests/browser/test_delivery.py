"""What was drawn reaches the browser, also where another run begins before it has been sent."""

import time
from itertools import chain
from pathlib import Path

from tests.browser.driver import ROOT, serve
from tests.visitor import Visitor

# While there is a file "hold" beside this, the server sends nothing before a part has been run. It
# makes a file "drawn" once the whole page has been.
SLOW = """
from pathlib import Path
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime.app_session import AppSession

here, flush = Path(__file__).parent, AppSession.flush_browser_queue

def held(session):
    waiting = session._browser_queue._queue
    ends = [m.script_finished for m in waiting if m.WhichOneof("type") == "script_finished"]
    if not (here / "hold").exists() or ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY in ends:
        return flush(session)
    if ForwardMsg.FINISHED_SUCCESSFULLY in ends:
        (here / "drawn").touch()
    return []

AppSession.flush_browser_queue = held
"""


def test_a_part_comes_after_what_it_stands_in(tmp_path: Path) -> None:
    """The whole page is drawn and not sent yet; a tab is opened, and what is in it is drawn."""
    (tmp_path / "sitecustomize.py").write_text(SLOW)
    slow = {"PYTHONPATH": str(tmp_path)}
    with serve(ROOT / "dashboard", environment=slow) as server, Visitor(server.url) as visitor:
        (tmp_path / "hold").touch()
        visitor.ask()
        expect_file(tmp_path / "drawn")
        visitor.set("tabs.open", "string_value", "Shapes")
        visitor.ask()
        containers, tables = {(0,), (1,)}, 0
        for answer in chain(visitor.answers(), visitor.answers()):
            if answer.WhichOneof("type") == "delta":
                place = tuple(answer.metadata.delta_path)
                assert place[:-1] in containers, answer
                if answer.delta.WhichOneof("type") == "add_block":
                    containers.add(place)
                tables += answer.delta.new_element.WhichOneof("type") == "table"
        assert tables


def expect_file(path: Path) -> None:
    deadline = time.monotonic() + 60
    while not path.exists():
        assert time.monotonic() < deadline, path
        time.sleep(0.05)
