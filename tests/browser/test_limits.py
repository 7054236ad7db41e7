"""What no browser sends, and what exceeds a limit, is refused or delayed while the page goes on."""

import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, suppress
from urllib.parse import urlencode, urlsplit

import httpx
import psutil
import pytest
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.exceptions import ConnectionClosed, InvalidStatus

from components.backend.question.linked import LONGEST_TEXT
from components.texts import text
from dashboard.limits import SOCKET_BURST, SOCKET_RATE, sessions_within
from dashboard.messages import KINDS, LARGEST_MESSAGE, MOST_WIDGETS
from tests import kinds
from tests.benchmarks.load import Dragged, drag, hammer
from tests.browser.conftest import CLASSROOM
from tests.browser.driver import ROOT, Server, serve
from tests.browser.test_forged import SETTINGS, bodies, come, unpacked
from tests.visitor import Visitor

pytestmark = pytest.mark.whole

AS_A_PAGE = {"Accept": "text/html"}
UPGRADE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
}
FILES = 700


def heartbeat() -> bytes:
    return BackMsg(app_heartbeat=True).SerializeToString()


def until_heartbeat(visitor: Visitor) -> list[str]:
    """The kinds of what comes before the server acknowledges a heartbeat sent now.

    Streamlit empties its queue when a run begins, and drops an acknowledgement that is still in it:
    then another heartbeat is sent.
    """
    kinds = list[str]()
    visitor.socket.send(heartbeat())
    for answer in visitor.messages():
        if (kind := answer.WhichOneof("type")) == "heartbeat_ack":
            break
        if kind == "new_session":
            visitor.socket.send(heartbeat())
        kinds.append(kind)
    return kinds


def closed_with(visitor: Visitor) -> int:
    """The code that the server closes a visitor's socket with."""
    with pytest.raises(ConnectionClosed) as closed:
        for _ in visitor.messages():
            pass
    return closed.value.rcvd.code


def new_setting(visitor: Visitor, size: int) -> list[str]:
    visitor.set("Hidden size", "double_array_value", [size])
    visitor.rerun()
    return unpacked(visitor)


@pytest.fixture(scope="module")
def own_server(no_tensorflow: dict[str, str]) -> Iterator[Server]:
    """One with few files, whose log has nothing of the other tests."""
    with serve(ROOT / "dashboard", files=FILES, environment=no_tensorflow) as server:
        yield server


def test_more_pages_than_there_are_files_for_are_refused_politely(own_server: Server) -> None:
    most, server = sessions_within(FILES), own_server
    assert 10 < most < 20
    with ExitStack() as class_:
        first, *_ = [class_.enter_context(Visitor(server.url, "seed=1")) for _ in range(most)]
        with pytest.raises(InvalidStatus) as refused:
            Visitor(server.url, "seed=1")
        assert refused.value.response.status_code == 503
        page = httpx.get(server.url, headers=AS_A_PAGE)
        assert page.status_code == 503
        assert page.headers["Retry-After"]
        assert text("full.title") in page.text
        assert "preload" not in page.text + str(page.headers)  # nor does it ask for anything more
        assert httpx.get(f"{server.url}/_stcore/health").text == "ok"
        assert new_setting(first, 33)
        assert psutil.Process(server.pid).num_fds() < FILES // 2
        first.__exit__()
        with until_there_is_room(server.url) as late:
            assert new_setting(late, 34)


def test_connections_that_send_nothing_take_nobodys_place(own_server: Server) -> None:
    """More of them than the process may open files; and all are closed after a while."""
    server, place = own_server, urlsplit(own_server.url)
    with ExitStack() as silent:
        for _ in range(2 * FILES):
            client = socket.create_connection((place.hostname, place.port))
            silent.enter_context(closing(client))
        assert httpx.get(f"{server.url}/_stcore/health").text == "ok"
        with Visitor(server.url, "seed=1") as visitor:
            assert unpacked(visitor)
        assert psutil.Process(server.pid).num_fds() < FILES // 2
        client.settimeout(60)
        assert client.recv(1) == b""


def test_who_has_left_takes_no_files_for_ever(no_tensorflow: dict[str, str]) -> None:
    """Also where nobody else comes and goes."""
    options = {"server.disconnectedSessionTTL": "1"}
    with serve(ROOT / "dashboard", options=options, environment=no_tensorflow) as server:
        process = psutil.Process(server.pid)
        with ThreadPoolExecutor(4) as visitors:
            for visitor in visitors.map(lambda _: Visitor(server.url, "seed=1"), range(20)):
                visitor.__exit__()
        deadline = time.monotonic() + 60
        while process.num_fds() > 30:
            assert time.monotonic() < deadline
            time.sleep(0.1)


def until_there_is_room(url: str) -> Visitor:
    deadline = time.monotonic() + 30
    while httpx.get(url, headers=AS_A_PAGE).status_code == 503:
        assert time.monotonic() < deadline
    return Visitor(url, "seed=1")


def test_a_class_behind_one_address_comes_in_at_once(server: str) -> None:
    """Forty pupils, two tabs each, all in the same second."""
    with ThreadPoolExecutor(80) as class_:
        for visitor in class_.map(lambda _: Visitor(server, "seed=1"), range(80)):
            assert unpacked(visitor)
            visitor.__exit__()


@pytest.mark.parametrize("method", ["PUT", "POST", "DELETE", "PATCH", "OPTIONS"])
def test_nothing_is_taken_but_by_the_socket(server: str, method: str) -> None:
    """And what is uploaded, which only one of our own pages may do: see `test_uploads`."""
    for path in ("/", "/_stcore/agent/interact", "/no-such-page"):
        assert httpx.request(method, server + path, content=b"1").status_code == 405
    upload = httpx.request(method, f"{server}/_stcore/upload_file/a/b", content=b"1")
    assert upload.status_code == (403 if method in {"PUT", "DELETE"} else 405)


def test_what_is_for_the_operator_alone_is_not_served(server: str) -> None:
    assert httpx.get(f"{server}/_stcore/metrics").status_code == 404


def test_no_foreign_page_may_steer_this_one(server: str) -> None:
    assert httpx.get(f"{server}/_stcore/host-config").json()["allowedOrigins"] == []


def test_no_page_of_another_origin_opens_a_socket(server: str) -> None:
    """Nor one that has a name of its own point to this address. A proxy in front may end HTTPS."""
    own = urlsplit(server)
    for origin, taken, said in (
        (server, True, {}),
        (f"http://{own.hostname}:{own.port + 1}", False, {}),
        (f"http://{own.hostname}", False, {}),
        ("http://localhost:8501", False, {}),
        ("null", False, {}),
        (f"https://{own.netloc}", False, {}),
        (f"https://{own.netloc}", True, {"X-Forwarded-Proto": "https"}),
        (server, False, {"X-Forwarded-Proto": "https"}),
        ("http://evil.com", False, {"Host": "evil.com"}),
        ("http://localhost", True, {"Host": "localhost"}),
        (f"http://{socket.gethostname()}", True, {"Host": socket.gethostname()}),
        (f"http://{CLASSROOM}:80", True, {"Host": CLASSROOM}),  # named in the server's settings
        ("http://[2001:db8::1]:8501", True, {"Host": "[2001:db8::1]:8501"}),
    ):
        headers = {"Origin": origin, **UPGRADE, **said}
        status = httpx.get(f"{server}/_stcore/stream", headers=headers).status_code
        assert (status == 101) == taken, (origin, said, status)
    page = httpx.get(server, headers={"Host": "evil.com:1"} | AS_A_PAGE)
    assert page.status_code == 421
    assert text("unserved.do", setting="RNN_LENS_HOSTS=evil.com") in page.text


UNWANTED = [
    BackMsg(load_git_info=True),
    BackMsg(clear_cache=True),
    BackMsg(set_run_on_save=True),
    BackMsg(debug_disconnect_websocket=True),
    BackMsg(debug_shutdown_runtime=True),
    BackMsg(backend_operation_request={"request_id": "1", "install_skills": {}}),
    BackMsg(backend_operation_request={"request_id": "1", "dismiss_skills_nudge": {}}),
    BackMsg(backend_operation_request={"request_id": "1"}),
    BackMsg(),
]


def test_what_the_page_never_asks_for_is_not_answered(server: str) -> None:
    with Visitor(server, "seed=1") as visitor:
        until_heartbeat(visitor)
        for message in UNWANTED:
            visitor.socket.send(message.SerializeToString())
            assert until_heartbeat(visitor) == []
        assert new_setting(visitor, 7)
    kinds = {field.name for field in BackMsg.DESCRIPTOR.oneofs_by_name["type"].fields}
    assert kinds - {message.WhichOneof("type") for message in UNWANTED} <= KINDS


def test_a_flood_waits_its_turn_and_nothing_of_it_is_lost(server: str) -> None:
    late = SOCKET_RATE
    with Visitor(server, "seed=1") as visitor:
        time_of = time.monotonic
        start = time_of()
        for _ in range(SOCKET_BURST + late):
            visitor.socket.send(heartbeat())
        acknowledged = (a for a in visitor.messages() if a.WhichOneof("type") == "heartbeat_ack")
        for _ in range(SOCKET_BURST + late):
            next(acknowledged)
        assert time_of() - start > 0.9 * late / SOCKET_RATE


@pytest.mark.parametrize("count", [LONGEST_TEXT, 1_300_000])
def test_text_of_any_length_is_reported_and_not_kept(server: str, count: int) -> None:
    with Visitor(server, "source=typed") as visitor:
        honest = unpacked(visitor)
        visitor.set("Token ids", "string_value", "1;" * count)
        visitor.rerun()
        (body,) = bodies(visitor)
        assert text("problems.cut_long", start="", count=LONGEST_TEXT) in body
        assert len(body) < 400
        assert unpacked(visitor) == honest


def test_a_link_of_any_length_opens_a_page(server: str) -> None:
    for query in (
        {"tokens": "1;" * 100_000, "source": "typed"},
        {f"x{number}": "y" for number in range(5_000)} | {"units": "5"},
        {"units": "5" * 500_000},
        {"x": "y" * 500_000, "units": "5"},
    ):
        with Visitor(server, urlencode(query)) as visitor:
            assert unpacked(visitor)
            assert "exception" not in {kind for kind, _ in visitor.elements}


def rerun(**fields: object) -> bytes:
    return BackMsg(rerun_script=fields).SerializeToString()


STATES = [WidgetState(id=str(number)) for number in range(MOST_WIDGETS + 1)]
LARGE = b"x" * LARGEST_MESSAGE
OVERSIZED = {
    "widgets": rerun(widget_states={"widgets": STATES}),
    "a name": rerun(page_name="x" * LARGEST_MESSAGE),
    "hashes": rerun(cached_message_hashes=["x" * 64] * (LARGEST_MESSAGE // 64)),
    "bytes": rerun(widget_states={"widgets": [WidgetState(id="1", bytes_value=LARGE)]}),
    "json": rerun(widget_states={"widgets": [WidgetState(id="1", json_value=LARGE.decode())]}),
    "nesting": rerun(widget_states={"widgets": [WidgetState(id="1", json_value="[" * 5000)]}),
}


@pytest.mark.parametrize("what", OVERSIZED)
def test_what_no_browser_sends_that_large_ends_its_socket(server: str, what: str) -> None:
    with Visitor(server, "seed=1") as visitor:
        visitor.socket.send(OVERSIZED[what])
        assert closed_with(visitor) == 1009


@pytest.mark.parametrize("frame", ["text", b"\xff" * 40, b"\x5a\xff"])
def test_what_is_no_message_ends_its_socket(server: str, frame: str | bytes) -> None:
    with Visitor(server, "seed=1") as visitor:
        visitor.socket.send(frame)
        assert closed_with(visitor) == 1002


def test_the_log_has_all_of_an_error_once_and_not_with_every_message(own_server: Server) -> None:
    server = own_server
    until_there_is_room(server.url).__exit__()  # those of the test before may not be gone yet
    with come(server.url) as visitor:
        for label in ("Hidden size", "Sequence length", "Seed") * 20:
            visitor.states.clear()
            visitor.set(label, "string_value", "evil")
            visitor.rerun()
        for _ in range(5):
            with Visitor(server.url) as other:
                other.socket.send("text")
                closed_with(other)
        log = server.log(10_000)
        assert 1 <= log.count("Traceback") <= 5
        assert "(16 times by now)" in log
        assert len(log) < 30_000


SCALARS = {
    FieldDescriptor.CPPTYPE_STRING: st.text(max_size=30) | st.just("x" * 20_000),
    FieldDescriptor.CPPTYPE_BOOL: st.booleans(),
    FieldDescriptor.CPPTYPE_DOUBLE: st.floats(),
    FieldDescriptor.CPPTYPE_INT32: st.integers(-(2**31), 2**31 - 1),
    FieldDescriptor.CPPTYPE_INT64: st.integers(-(2**63), 2**63 - 1),
    FieldDescriptor.CPPTYPE_UINT32: st.integers(0, 2**32 - 1),
    FieldDescriptor.CPPTYPE_UINT64: st.integers(0, 2**64 - 1),
    FieldDescriptor.CPPTYPE_ENUM: st.integers(0, 3),
}


def fields_of(kind: Descriptor, depth: int = 5) -> st.SearchStrategy[dict]:
    """Values for some of a message's fields, and of those within it."""

    def value(field: FieldDescriptor) -> st.SearchStrategy:
        if field.cpp_type == FieldDescriptor.CPPTYPE_MESSAGE:
            one = fields_of(field.message_type, depth - 1)
        elif field.type == FieldDescriptor.TYPE_BYTES:
            one = st.binary(max_size=30)
        else:
            one = SCALARS[field.cpp_type]
        return st.lists(one, max_size=3) if field.is_repeated else one

    known = {f.name: f for f in kind.fields if depth or not f.message_type}
    if not known:
        return st.just({})
    names = st.lists(st.sampled_from(sorted(known)), max_size=4, unique=True)
    return names.flatmap(lambda some: st.fixed_dictionaries({n: value(known[n]) for n in some}))


KIND = BackMsg.DESCRIPTOR.oneofs_by_name["type"]


def filled(kind: FieldDescriptor) -> st.SearchStrategy[Message]:
    inside = fields_of(kind.message_type) if kind.message_type else st.booleans()
    return inside.map(lambda values: BackMsg(**{kind.name: values}))


protocol = (
    st.sampled_from(list(KIND.fields))
    .flatmap(filled)
    .map(lambda message: message.SerializeToString())
)
whatever = hypothesis_settings(
    max_examples=500 if kinds.soaking else 30,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(scope="module")
def other(server: str) -> Iterator[Visitor]:
    """Somebody else, who was there before."""
    with Visitor(server, SETTINGS) as visitor:
        yield visitor


@whatever
@given(frames=st.lists(protocol | st.binary(max_size=60), min_size=1, max_size=6))
def test_any_frames_leave_the_server_as_it_was(
    server: str, other: Visitor, frames: list[bytes]
) -> None:
    """For somebody else, and for the next one who comes."""
    with Visitor(server, SETTINGS) as forger:
        assert unpacked(forger)
        assert bodies(forger) == []
        try:
            for frame in frames:
                forger.socket.send(frame)
            kinds = until_heartbeat(forger)
        except ConnectionClosed as closed:
            assert closed.rcvd.code in {1002, 1009}
        else:
            assert "git_info_changed" not in kinds
    other.rerun_all()
    assert unpacked(other)
    assert bodies(other) == []


def test_two_who_drag_what_is_dear_leave_room_for_one_who_steps(server: str) -> None:
    """They lose pictures on the way, and never the last one."""
    moves, enough, steps = [0, 0], 12, 0
    stepping = threading.Event()
    stepping.set()

    def drags(who: int) -> Dragged:
        def going() -> bool:
            moves[who] += 1
            return stepping.is_set()

        return drag(server, going)

    with Visitor(server, "seed=1") as visitor, ThreadPoolExecutor(2) as people:
        draggers = [people.submit(drags, who) for who in range(len(moves))]
        try:
            while min(moves) < enough and not any(each.done() for each in draggers):
                assert new_setting(visitor, 1 + steps % 64)
                steps += 1
        finally:
            stepping.clear()
        for dragged in (each.result() for each in draggers):
            assert "rnn-refused" not in dragged.shows
            assert 1 <= dragged.pictures < min(dragged.asked, 0.75 * steps)


@pytest.mark.soak
def test_a_minute_of_floods_leaves_the_server_as_it_was() -> None:
    """Three who ask for new settings fifty times a second, and one who puts forty thousand messages
    into one socket at once, beside one who works on."""
    junk = rerun(page_name="x")
    with serve(ROOT / "dashboard") as server, Visitor(server.url, "seed=1") as visitor:
        process = psutil.Process(server.pid)
        honest = new_setting(visitor, 7)
        before = process.memory_info().rss
        with ThreadPoolExecutor(4) as people, Visitor(server.url) as flood:
            floods = [people.submit(hammer, server.url, 60) for _ in range(3)]
            floods.append(people.submit(pour, flood, [junk] * 40_000))
            while not all(each.done() for each in floods[:3]):
                assert new_setting(visitor, 8)
                assert new_setting(visitor, 7) == honest
            flood.socket.socket.close()
        assert process.memory_info().rss - before < 300e6
        assert process.num_fds() < 60


def pour(visitor: Visitor, frames: list[bytes]) -> None:
    """Send as fast as the server reads, for as long as the socket is open."""
    with suppress(ConnectionClosed, OSError):
        for frame in frames:
            visitor.socket.send(frame)
