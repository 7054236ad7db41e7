"""What phones get of a room, and what they can and cannot send, over the launcher's own limits."""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from html import escape
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.testclient import TestClient
from streamlit.logger import get_logger

from components.backend.rooms import voting
from components.backend.rooms.database import connect
from components.backend.rooms.room import Ballot, Room, moves
from components.backend.rooms.store import Key, Store, StoreError
from components.panels.run import log, pace
from components.panels.teaching.at_home import home_address
from components.texts import LANGUAGES, speaking, text
from dashboard import limits, phones
from dashboard.hosts import OwnPages
from dashboard.limits import Limits
from dashboard.spoken import Spoken
from tests import outages

HOME = "http://dash.test"
ROOM = Room("returned")
BALLOT = Ballot(
    "What does `f(<x>)` return?",
    ("`(1, 4)`", "<b>both</b>", ""),
    1,
    "SAY that both are.",
    ("BELIEVED one.", "", "BELIEVED three."),
)
BALLOTS = dict.fromkeys(LANGUAGES, BALLOT)
ANSWER = ("SAY", "BELIEVED", 'class="right"', text("phones.right"))


class Class:
    """A room with its teacher, and phones that ask by HTTP."""

    def __init__(self, store: Store, client: TestClient) -> None:
        self.store, self.client = store, client
        self.key: Key = store.open(ROOM, BALLOTS)
        self.at = f"{phones.PREFIX}/{self.key.code}"

    def move(self, *names: str) -> None:
        for name in names:
            room = self.store.lead(self.key).room
            self.store.move(self.key, room, moves(room, 2)[name], BALLOTS)

    def get(self, phone: str = "a", **headers: str):
        sent = {"X-Phone": phone * 32} | headers
        return self.client.get(f"{self.at}/state", headers=sent)

    def vote(self, phone: str = "a", option: object = 0, question: object = "1.1", **headers):
        body = json.dumps({"question": question, "option": option})
        return self.post(body, **{"X-Phone": phone * 32} | headers)

    def post(self, body: str | bytes, **headers: str):
        return self.client.post(f"{self.at}/vote", content=body, headers=headers)

    @property
    def votes(self) -> dict:
        return self.store.lead(self.key).votes


@pytest.fixture
def a_class(monkeypatch: pytest.MonkeyPatch) -> Iterator[Class]:
    with class_of(Store(connect("off")), monkeypatch) as made:
        yield made


@contextmanager
def class_of(store: Store, monkeypatch: pytest.MonkeyPatch) -> Iterator[Class]:
    monkeypatch.setattr(phones, "store", lambda: store)
    monkeypatch.setattr(pace, "_paces", {})  # those of other tests are used up
    own_pages = Middleware(OwnPages, names=frozenset({"dash.test"}))
    middleware = [Middleware(Spoken), own_pages, Middleware(Limits, sessions=0)]
    handlers = {StoreError: phones.unstored}
    app = Starlette(routes=phones.routes(), middleware=middleware, exception_handlers=handlers)
    with TestClient(app, base_url=HOME) as client:
        yield Class(store, client)


def test_a_phone_joins_by_its_code(a_class: Class) -> None:
    field = a_class.client.get(phones.PREFIX)
    assert field.status_code == 200
    assert 'name="code"' in field.text
    one, two, *others = a_class.key.code.lower()
    for typed in (f" {one}{two}{''.join(others)} ", f"{one}{two} {'-'.join(others)}"):
        page = a_class.client.get(phones.PREFIX, params={"code": typed})
        assert page.url.path == a_class.at
        assert page.status_code == 200
        assert f'maxlength="{phones.LONGEST_CODE}"' in field.text
        assert len(typed) <= phones.LONGEST_CODE
    longer = a_class.client.get(f"{a_class.at}B")
    assert longer.status_code == 404
    assert text("phones.unknown", code=f"{a_class.key.code}B") in longer.text
    unknown = a_class.client.get(f"{phones.PREFIX}/<b>i")
    assert unknown.status_code == 404
    assert text("phones.unknown", code="BI") in unknown.text


def test_all_that_a_phone_loads_is_small(a_class: Class) -> None:
    a_class.move("open")
    files = [a_class.at, f"{phones.PREFIX}/phone.js"]
    loaded = sum(len(a_class.client.get(each).content) for each in files)
    assert loaded + len(a_class.get().content) < 12_000


def test_the_script_is_what_old_phones_know() -> None:
    script = (phones._FOLDER / "phone.js").read_text()
    for new in ("?.", "??", "async ", "await ", "fetch(", "...", "=> {}"):
        assert new not in script


def test_a_vote_is_recorded_and_can_be_changed(a_class: Class) -> None:
    """And discussed after the first round by who has voted; both rounds are seen."""
    assert text("phones.said.waiting") in a_class.get().text
    a_class.move("open")
    assert text("phones.said.open") in a_class.get().text
    for option in (0, 0, 2):
        answer = a_class.vote(option=option)
        assert answer.status_code == 200
        assert text("phones.mine.open", mine="AAC"[option]) in answer.text
    assert a_class.votes == {1: {2: 1}}
    assert answer.text == a_class.get().text
    a_class.move("close")
    assert text("phones.mine.closed", mine="C") in a_class.get().text
    assert a_class.get("b").text.count("disabled") == 3
    assert text("phones.discuss") in a_class.get("a").text
    assert text("phones.discuss") not in a_class.get("b").text
    a_class.move("count", "again")
    state = a_class.get("a").text
    assert text("phones.said.again") in state
    assert text("phones.first") in state
    assert "Votes" not in state
    a_class.vote("a", 1, "1.2")
    a_class.move("close")
    assert text("phones.discuss") not in a_class.get("a").text
    a_class.move("count")
    assert text("phones.votes_both", first=1, last=0) in a_class.get("a").text
    assert text("phones.votes_both", first=0, last=1) in a_class.get("a").text


def test_each_phone_is_spoken_to_in_its_language(a_class: Class) -> None:
    """By its link, else as its browser prefers; the vote is the phone's, in whatever language."""
    a_class.move("open")
    a_class.vote(option=1)
    for language in LANGUAGES:
        other = {"ko": "en", "en": "ko"}[language]
        with speaking(language):
            mine = text("phones.mine.open", mine="B")
        for sent, named in (
            ({"Accept-Language": language}, ""),
            ({"Accept-Language": other}, language),
        ):
            asked = {"headers": {"X-Phone": "a" * 32, **sent}, "params": {"lang": named}}
            page = a_class.client.get(a_class.at, **asked).text
            assert f'<html lang="{language}">' in page
            assert f'<a href="?lang={other}" lang="{other}">{LANGUAGES[other]}</a>' in page
            state = a_class.client.get(f"{a_class.at}/state", **asked).text
            assert mine in state
            assert "What does" in state


def test_texts_are_markdown_and_never_html(a_class: Class) -> None:
    state = a_class.get().text
    assert "<code>f(&lt;x&gt;)</code>" in state
    assert "&lt;b&gt;both&lt;/b&gt;" in state
    assert text("phones.strip", letter="C") in state


def test_the_answer_and_the_votes_never_leave_early(a_class: Class) -> None:
    """Every byte that a phone gets before its time is looked through."""
    early = []

    def note(*answers) -> None:
        early.extend(answer.text + str(answer.headers) for answer in answers)

    note(a_class.get())
    a_class.move("open")
    note(*(a_class.vote(p, option) for p, option in zip("abcde", (1, 1, 1, 0, 2), strict=True)))
    note(a_class.get("z"))
    a_class.move("close")
    note(a_class.get(), a_class.get("z"), a_class.vote("f", 1), a_class.client.get(a_class.at))
    one = text("phones.votes", first=3)
    for seen in early:
        assert not any(word in seen for word in ANSWER), seen
        assert one not in seen
    # To those who chose the same before and after others' votes, the state reads the same.
    assert a_class.get("a").text == a_class.get("b").text
    a_class.move("count")
    assert one in a_class.get().text
    assert not any(word in a_class.get().text for word in ANSWER)
    a_class.move("answer")
    assert all(word in a_class.get("d").text for word in ANSWER)
    assert text("phones.mine.answered", mine="A", right="B") in a_class.get("d").text
    assert "BELIEVED" not in a_class.get("a").text
    assert text("phones.mine.right", mine="B", right="B") in a_class.get("a").text


def test_the_lesson_is_offered_for_at_home_once_its_last_answer_is_shown(a_class: Class) -> None:
    for number, phase in ((1, "answered"), (5, "counted"), (5, "answered")):
        shown, then = a_class.store.lead(a_class.key).room, Room("returned", number, phase=phase)
        a_class.store.move(a_class.key, shown, then, BALLOTS)
        is_offered = f'<a href="{escape(home_address("returned"))}">' in a_class.get().text
        assert is_offered == (then.number == 5 and then.phase == "answered")


def test_a_question_that_is_left_open_has_no_right_answer(a_class: Class) -> None:
    asked = replace(BALLOT, right=None, say="", believed=("",) * 3)
    left_open = dict.fromkeys(LANGUAGES, asked)
    room = replace(ROOM, phase="open")
    a_class.store.move(a_class.key, ROOM, room, left_open)
    a_class.vote("a", 2)
    a_class.store.move(a_class.key, room, replace(room, phase="answered"), left_open)
    assert text("phones.mine.counted", mine="C") in a_class.get("a").text
    assert text("phones.said.counted") in a_class.get("b").text
    assert text("phones.right") not in a_class.get("a").text


def test_what_is_no_vote_of_this_time_is_refused(a_class: Class) -> None:
    assert a_class.vote().status_code == 409
    a_class.move("open")
    assert a_class.vote(question=replace(ROOM, asked=2).question).status_code == 409
    for option in (-1, 3, 10**100, "x", "0", 1.0, 1.9, True, False, None, [], {}, 1e400):
        assert a_class.vote(option=option).status_code in (400, 409), option
    for body in (b"", b"{", b"[]", b"1", b"\xff", b"[" * 190, b"null"):
        assert a_class.post(body, **{"X-Phone": "a" * 32}).status_code == 400, body
    vote = b'{"question": "1.1", "option": 0}'
    assert a_class.post(vote.ljust(201), **{"X-Phone": "a" * 32}).status_code == 413
    a_class.move("close")
    assert a_class.vote().status_code == 409
    assert a_class.votes == {}


def test_a_vote_that_comes_too_late_is_told_that_it_is_not_counted(a_class: Class) -> None:
    """And what is counted; the phone says so until there is something new to see."""
    a_class.move("open")
    a_class.vote("a", 0)
    a_class.move("close")
    changed, first = a_class.vote("a", 1), a_class.vote("b", 1)
    assert f'data-said="{text("phones.late_after", mine="A")}"' in changed.text
    said = f"{text('phones.late')} {text('phones.said.closed')}"
    assert f'data-said="{said}"' in first.text
    for phone, answer in (("a", changed), ("b", first)):
        assert answer.status_code == 409
        known = {"If-None-Match": answer.headers["ETag"]}
        assert a_class.get(phone, **known).status_code == 304
    a_class.move("again")
    assert a_class.get("b", **known).status_code == 200
    of_first_round = a_class.vote("b", 1)
    said = f"{text('phones.late')} {text('phones.said.again')}"
    assert f'data-said="{said}"' in of_first_round.text
    a_class.move("close", "count", "answer", "next")
    said = f"{text('phones.late')} {text('phones.said.waiting')}"
    assert f'data-said="{said}"' in a_class.vote("b", 1, "1.2").text
    assert f'data-said="{text("phones.said.waiting")}"' in a_class.vote("b", 1, "2.1").text
    assert a_class.store.history(a_class.key).votes == [(1, 1, 1, 0, 1, 0, None)]


def test_a_vote_from_elsewhere_is_refused(a_class: Class) -> None:
    a_class.move("open")
    elsewhere = (
        "http://other.test",
        "null",
        "http://dash.test.other",
        f"{HOME}:81",
        "https://dash.test",
    )
    for origin in elsewhere:
        assert a_class.vote(Origin=origin).status_code == 403
    assert a_class.post(b'{"question": "1.1", "option": 0}').status_code == 400  # no token
    assert a_class.votes == {}
    assert a_class.vote(Origin=HOME).status_code == 200
    assert a_class.vote(Origin=f"{HOME}:80").status_code == 200


def test_a_vote_that_is_changed_too_often_stays_in_sight(
    a_class: Class, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(voting, "MOST_CHANGES", 1)
    a_class.move("open")
    for option in (0, 1):
        a_class.vote(option=option)
    answer = a_class.vote(option=2)
    assert answer.status_code == 409
    assert f'data-said="{text("phones.changes")}"' in answer.text
    known = {"If-None-Match": answer.headers["ETag"]}
    assert a_class.get(**known).status_code == 304
    state = a_class.get()
    assert text("phones.mine.open", mine="B") in state.text
    assert answer.text.partition(">")[2] == state.text.partition(">")[2]
    a_class.move("close")
    assert text("phones.mine.closed", mine="B") in a_class.get(**known).text
    assert a_class.votes == {1: {1: 1}}


def test_a_class_of_one_address_comes_in_at_once_and_no_script_fills_the_room(
    a_class: Class, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(phones, "NEW_RATE", 1e-6)  # none comes in while the test runs
    came = [a_class.get(**{"X-Phone": f"{number:032}"}) for number in range(310)]
    assert Counter(answer.status_code for answer in came) == {200: 300, 429: 10}
    assert text("phones.crowd") in came[-1].text
    assert a_class.get(**{"X-Phone": f"{0:032}"}).text == came[0].text
    a_class.move("open")
    assert a_class.vote("a").status_code == 429
    assert a_class.votes == {}
    with TestClient(a_class.client.app, HOME, client=("10.0.0.2", 1)) as elsewhere:
        state = elsewhere.get(f"{a_class.at}/state", headers={"X-Phone": "a" * 32})
    assert state.status_code == 200


def test_a_phone_is_told_that_the_door_is_closed(a_class: Class) -> None:
    a_class.move("open")
    a_class.vote("a")
    a_class.store.set_door(a_class.key, is_open=False)
    for answer in (a_class.get("b"), a_class.vote("b")):
        assert answer.status_code == 403
        assert f'data-said="{text("phones.door")}"' in answer.text
        assert not any(option in answer.text for option in ("What does", "button"))
    assert a_class.client.get(a_class.at).status_code == 200
    assert a_class.get("a").status_code == 200
    assert a_class.vote("a", 2).status_code == 200
    a_class.store.set_door(a_class.key, is_open=True)
    assert a_class.get("b").status_code == 200
    assert a_class.votes == {1: {2: 1}}


def test_codes_cannot_be_found_by_trying_them_all(
    a_class: Class, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once an address has tried so many, nothing tells it a right code from a wrong one."""
    monkeypatch.setattr(phones, "GUESS_RATE", 1e-6)  # none is let through while the test runs
    a_class.get("a")

    def guess(code: str) -> list[tuple[int, str]]:
        at, new = f"{phones.PREFIX}/{code}", {"X-Phone": "z" * 32}
        vote = b'{"question": "1.1", "option": 0}'
        answers = (
            a_class.client.get(at),
            a_class.client.get(f"{at}/state", headers=new),
            a_class.client.post(f"{at}/vote", content=vote, headers=new),
        )
        return [(each.status_code, each.text.replace(code, "")) for each in answers]

    tried = [
        a_class.client.get(f"{phones.PREFIX}/{at:b}".translate({48: "B", 49: "C"}))
        for at in range(phones.GUESS_BURST + 50)
    ]
    assert Counter(each.status_code for each in tried) == {404: phones.GUESS_BURST, 200: 50}
    wrong = guess("BBBB")
    assert [status for status, _ in wrong] == [200, 429, 429]
    assert guess(a_class.key.code) == wrong
    a_class.store.set_door(a_class.key, is_open=False)
    assert guess(a_class.key.code) == wrong
    assert a_class.get("a").status_code == 200  # it was in the room before
    with TestClient(a_class.client.app, HOME, client=("10.0.0.2", 1)) as elsewhere:
        assert elsewhere.get(f"{phones.PREFIX}/BBBB").status_code == 404


def test_a_class_that_types_its_code_right_is_let_in_at_once(
    a_class: Class, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Thirty phones of one address, though a few of them mistype it first."""
    monkeypatch.setattr(phones, "GUESS_RATE", 1e-6)
    monkeypatch.setattr(phones, "GUESS_BURST", 18 + 1)  # the wrong ones, and one that is left

    def join(number: int) -> list[int]:
        if number % 5 == 0:
            assert a_class.client.get(f"{phones.PREFIX}/BBBB").status_code == 404
        page = a_class.client.get(phones.PREFIX, params={"code": a_class.key.code})
        return [page.status_code, a_class.get(**{"X-Phone": f"{number:032}"}).status_code]

    for _ in range(3):  # they reload, too
        with ThreadPoolExecutor(10) as class_:
            assert [*class_.map(join, range(30))] == [[200, 200]] * 30
    led = a_class.store.lead(a_class.key)
    assert (led.here, led.joined, led.together) == (30, 30, 30)


def test_right_codes_are_not_in_each_others_way(
    a_class: Class, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not even for the moment in which one of them is looked at: one guess is left to all."""
    monkeypatch.setattr(phones, "GUESS_RATE", 1e-6)
    monkeypatch.setattr(phones, "GUESS_BURST", 1)
    phone = phones._Phone(a_class.key.code, "z" * 32, "10.0.0.1")

    def ask(_: int) -> bool:
        return all(phone.has_guess_left(wrong=False) for _ in range(2000))

    with ThreadPoolExecutor(8) as phones_of_one_address:
        assert all(phones_of_one_address.map(ask, range(8)))


def test_a_flood_is_refused_unread(a_class: Class, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "PHONES_BURST", 3)
    monkeypatch.setattr(limits, "PHONES_RATE", 1e-6)
    came = [a_class.get() for _ in range(6)]
    assert [answer.status_code for answer in came] == [200] * 3 + [429] * 3
    assert not any(answer.content for answer in came[3:])


def test_a_room_that_is_deleted_says_so(a_class: Class) -> None:
    a_class.store.delete(a_class.key)
    for answer in (a_class.get(), a_class.vote()):
        assert answer.status_code == 404
        assert text("phones.gone") in answer.text
        assert f'<a href="/join?lang=en">{text("phones.another")}</a>' in answer.text


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "PATCH"])
def test_nothing_else_can_be_sent(a_class: Class, method: str) -> None:
    for path in ("", "/state", "/votes", "/x/vote/"):
        assert a_class.client.request(method, a_class.at + path).status_code in (404, 405)
    if method != "POST":
        assert a_class.client.request(method, f"{a_class.at}/vote").status_code == 405


def test_phones_are_told_that_nothing_is_stored_and_go_on_when_it_is_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    folder = tmp_path / "rooms"
    store = Store(connect(str(folder)))
    with class_of(store, monkeypatch) as a_class:
        a_class.move("open")
        a_class.vote("a", 0)
        get_logger("rnn_lens").addHandler(caplog.handler)
        monkeypatch.setattr(log._ONCE, "seen", {})  # another test may have logged the same
        with outages.taken_away(folder, store):
            for answer in (a_class.vote("b", 1), a_class.vote("b", 1)):
                assert (answer.status_code, answer.text) == (507, text("phones.unstored"))
            state = a_class.get()
            assert (state.status_code, state.text) == (507, text("phones.unread"))
            for language in LANGUAGES:
                page = a_class.client.get(a_class.at, params={"lang": language})
                with speaking(language):
                    assert f'role="status" data-sending="{text("phones.sending")}"' in page.text
                    assert f">{text('phones.unread')}</p>" in page.text
                assert "phone.js" in page.text  # it asks for the room until it is there
            logged = [record for record in caplog.records if record.exc_info]
            assert len(logged) == 1
            assert str(folder) in str(logged[0].exc_info[1])
        while (answer := a_class.vote("b", 1)).status_code == 507:
            time.sleep(0.05)
        assert answer.status_code == 200
        assert a_class.votes == {1: {0: 1, 1: 1}}


def test_a_vote_that_does_not_come_to_its_end_is_given_up(
    a_class: Class, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(phones, "SLOWEST_VOTE", 0.1)

    async def receive() -> dict:
        if not began:
            began.append(True)
            return {"type": "http.request", "body": b"{", "more_body": True}
        await asyncio.Event().wait()

    async def send(message: dict) -> None:
        sent.append(message.get("status"))

    began, sent = [], []
    path = f"{a_class.at}/vote"
    scope = {"type": "http", "method": "POST", "path": path, "headers": [], "query_string": b""}
    more = {"scheme": "http", "server": ("dash.test", 80), "client": ("10.0.0.1", 1)}
    asyncio.run(a_class.client.app(scope | more, receive, send))
    assert sent[0] == 408


def say(a_class: Class, sure: object):
    body = json.dumps({"question": "1.1", "option": 0, "sure": sure})
    return a_class.post(body, **{"X-Phone": "a" * 32})


def test_a_phone_says_whether_it_is_sure_where_it_is_asked(a_class: Class) -> None:
    a_class.move("open")
    assert 'name="sure"' not in say(a_class, True).text
    a_class.store.choose(a_class.key, sure=True)
    asked = a_class.vote()
    assert asked.text.count('name="sure"') == 2
    assert 'name="sure"' not in a_class.get("b").text  # it has not voted
    told_sure = say(a_class, True)
    assert f'data-said="{text("phones.sure.said_yes", mine="A")}"' in told_sure.text
    assert told_sure.text.count('aria-pressed="true"') == 2
    for wrong in ("true", 0, 1, 2, [], {}, "x"):
        assert say(a_class, wrong).status_code == 400
    a_class.move("close")
    assert 'name="sure"' not in a_class.get().text
    assert say(a_class, False).status_code == 409
    assert a_class.store.lead(a_class.key).sures == {1: {0: (1, 0)}}


def test_what_has_not_changed_is_not_sent_again(a_class: Class) -> None:
    """The countdown is told beside it: a phone that has the state is sent no other each second."""
    a_class.store.choose(a_class.key, seconds=30)
    first = a_class.get()
    assert "X-Left" not in first.headers
    assert first.headers["Cache-Control"] == "no-store"
    assert a_class.get("b").headers["ETag"] == first.headers["ETag"]
    a_class.move("open")
    opened = a_class.get(**{"If-None-Match": first.headers["ETag"]})
    assert opened.status_code == 200
    same = a_class.get(**{"If-None-Match": opened.headers["ETag"]})
    assert (same.status_code, same.content) == (304, b"")
    assert 0 < float(same.headers["X-Left"]) <= float(opened.headers["X-Left"]) <= 30
    a_class.move("close")
    assert "X-Left" not in a_class.get().headers


def test_a_paired_class_is_told_by_marks_alone(a_class: Class) -> None:
    a_class.store.choose(a_class.key, pairs=True)
    a_class.move("open")
    for phone, option in zip("abcd", (0, 0, 1, 1), strict=True):
        assert 'class="pair"' not in a_class.vote(phone, option).text
    a_class.move("close")
    marks = [pair_of(a_class, phone) for phone in "abcd"]
    assert sorted(marks[:2]) == sorted(marks[2:])
    assert len({*marks}) == 2
    assert text("phones.pairs.none") in a_class.get("e").text
    a_class.move("again")
    assert 'class="pair"' not in a_class.get("a").text


def pair_of(a_class: Class, phone: str) -> str:
    """What a phone's state says of its pair."""
    return a_class.get(phone).text.partition('class="pair">')[2].partition("</p>")[0]
