"""A class of phones in a room, and a teacher who steps a slider beside it."""

import asyncio
import json
import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import httpx
import psutil

from components.backend.rooms.database import connect
from components.backend.rooms.room import ROUNDS, Asked, Ballot, Room, moves
from components.backend.rooms.store import Store
from components.backend.rooms.summary import results
from components.backend.rooms.voting import Vote
from components.charts.votes import flow
from components.panels.draw.plot import drawn
from components.texts import LANGUAGES
from tests.benchmarks.load import MEGABYTE, SECONDS, SEEDS, others, percentile, step_for, warm
from tests.benchmarks.table import Row
from tests.browser.driver import ROOT, Server, serve

PHONES = 200
ROOMS = 5
BALLOT = Ballot("Which?", ("one", "two", "three"), 1, "Two.", ("", "", ""))
BALLOTS = dict.fromkeys(LANGUAGES, BALLOT)
QUESTIONS = 10  # of a summary
TIMES = 10  # that one is made
LEAD = 4  # seconds in which all phones join
# The median of a few steps differs from run to run by more than phones cost. So a teacher's steps
# alone and beside phones are taken in turns, of so many seconds.
TURNS, A_TURN = 4, 30


def open_rooms(folder: Path, count: int) -> list[str]:
    """Their codes; in all of them the vote is open, with all that a leader may choose for it."""
    store, room, codes = Store(connect(str(folder))), Room("any"), []
    for _ in range(count):
        key = store.open(room, BALLOTS)
        store.choose(key, sure=True, pairs=True, seconds=60)
        store.move(key, room, moves(room, 1)["open"], BALLOTS)
        codes.append(key.code)
    return codes


def poll(url: str, codes: list[str], seconds: float) -> list[float]:
    """Have PHONES look every two seconds or so, as phone.js does, vote once, and then say whether
    they are sure; milliseconds from each of both until it is recorded."""
    return asyncio.run(_poll(url, codes, seconds))


async def _poll(url: str, codes: list[str], seconds: float) -> list[float]:
    until, times = time.monotonic() + seconds, list[float]()

    async def phone(number: int) -> None:
        at, etag = f"{url}/join/{codes[number % len(codes)]}", ""
        votes_at = time.monotonic() + LEAD + random.random() * (seconds - LEAD)
        to_say: list[bool | None] = [None, number % 2 == 0]  # whether it is sure: first nothing
        await asyncio.sleep(random.random() * 2)
        while time.monotonic() < until:
            me = {"X-Phone": f"{number:032}"}
            if to_say and time.monotonic() > votes_at:
                start, vote = time.monotonic(), {"question": "1.1", "option": number % 3}
                said = json.dumps(vote | {"sure": to_say.pop(0)})
                answer = await client.post(f"{at}/vote", content=said, headers=me)
                times.append((time.monotonic() - start) * 1000)
            else:
                answer = await client.get(f"{at}/state", headers=me | {"If-None-Match": etag})
            etag = answer.headers["ETag"]  # no other answer than a state has one
            await asyncio.sleep(2 + random.random() / 2)

    # The server gives up an idle connection after 5 seconds: a phone tries again then, httpx not.
    limits = httpx.Limits(max_connections=PHONES, keepalive_expiry=3)
    async with httpx.AsyncClient(timeout=60, limits=limits) as client:
        await asyncio.gather(*map(phone, range(PHONES)))
    return times


def measure() -> list[Row]:
    with a_server() as (server, codes), a_server() as (other, others_codes):
        return [
            *measure_polling(server, "one room", codes[:1]),
            *measure_polling(server, "five rooms", codes),
            *measure_beside(server, codes[0], other, others_codes[0]),
            measure_summary(),
        ]


@contextmanager
def a_server() -> Iterator[tuple[Server, list[str]]]:
    """A warm server, and the codes of its rooms."""
    with (
        TemporaryDirectory() as folder,
        serve(ROOT / "dashboard", environment={"RNN_LENS_DATA": folder}) as server,
    ):
        warm(server)
        yield server, open_rooms(Path(folder), ROOMS)


def measure_polling(server: Server, name: str, codes: list[str]) -> list[Row]:
    """What phones cost while nothing else happens."""
    process, seconds = psutil.Process(server.pid), LEAD + 2 * SECONDS
    memory, before = process.memory_info().rss, sum(process.cpu_times()[:2])
    with others(1) as pool:
        times = pool.submit(poll, server.url, codes, seconds).result()
    core = (sum(process.cpu_times()[:2]) - before) / seconds
    grown = (process.memory_info().rss - memory) / MEGABYTE
    late = percentile(times, 0.95)
    return [
        Row(f"{PHONES} phones in {name}: share of a core", core * 100, "%", at_most=25),
        Row("  vote to recorded, 95th percentile", late, at_most=150),
        Row("  memory", grown, "MB"),
    ]


def measure_beside(server: Server, code: str, other: Server, others_code: str) -> list[Row]:
    """A step of a teacher's slider: alone, beside the phones, and beside the same phones of another
    server, as here they take their share of the machine, which in a class they do not."""
    alone, beside, elsewhere = list[float](), list[float](), list[float]()
    for _ in range(TURNS):
        step_for_a_turn(server, alone)
        for asked, room, times in ((server, code, beside), (other, others_code, elsewhere)):
            with others(1) as pool:
                phones = pool.submit(poll, asked.url, [room], LEAD + A_TURN)
                time.sleep(LEAD)
                step_for_a_turn(server, times)
                phones.result()
    here = median(beside)
    return [
        Row(f"a step beside {PHONES} phones", here, floor=median(alone)),
        Row("  against alone", here / median(alone), "x", floor=1, at_most=1.3),
        Row("  against beside phones of another server", here / median(elsewhere), "x", floor=1),
    ]


def step_for_a_turn(server: Server, times: list[float]) -> None:
    """Step a slider twice a second; milliseconds of each rerun."""
    links = map("seed={}".format, SEEDS)
    step_for(server.url, links, time.monotonic() + A_TURN, 0.5, times)


def measure_summary() -> Row:
    """What came of a lesson, as its leader asks for it: its votes are counted, and drawn."""
    asked = [
        Asked(number, number, 0, BALLOT, 0.0, ROUNDS, "answered", {}, True)
        for number in range(1, QUESTIONS + 1)
    ]
    votes = [
        Vote(phone, each.asked, each.number, 0, round_, (phone + round_ * phone // 3) % 3)
        for each in asked
        for round_ in range(1, ROUNDS + 1)
        for phone in range(PHONES)
    ]
    times = list[float]()
    for _ in range(TIMES):
        start = time.perf_counter()
        for each in results(asked, votes):
            drawn(flow, each)
        times.append((time.perf_counter() - start) * 1000)
    return Row(f"a summary of {QUESTIONS} questions, {PHONES} phones", median(times), at_most=200)
