"""Make the pictures of both READMEs anew: python -m tests.browser.pictures"""

from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Page, expect, sync_playwright

from components.backend.rooms.database import connect
from components.backend.rooms.store import Key, Store
from components.texts import DEFAULT, LANGUAGES, speaking, text
from tests.browser.dashboard import FADE
from tests.browser.driver import ROOT, TALL, launch_chromium, serve, settle

SCHOOL = "lens.school.test"  # in the picture of a room, for a server that phones can reach
STATIC = ROOT / "dashboard/static"

ROOM = {"width": 1280, "height": 600}
PHONE = {"width": 390, "height": 520}

# Name: where it is taken, how wide and high, and in which colours.
PICTURES = {
    "explore": ("/", 1280, 720, "light"),
    "calls": ("/calls", 1280, 720, "light"),
    "learn": ("/learn", 1280, 720, "dark"),
    "model": ("/model", 1280, 720, "light"),
    "attention": ("/attention", 1280, 720, "light"),
}


def take_room(language: str, folder: Path) -> None:
    """A class that has voted, on the projector and on a phone."""
    with (
        TemporaryDirectory() as rooms,
        serve(
            ROOT / "dashboard",
            options={"browser.serverAddress": SCHOOL},
            environment={"RNN_LENS_DATA": rooms},
        ) as server,
        sync_playwright() as playwright,
    ):
        browser = launch_chromium(playwright, f"--host-resolver-rules=MAP {SCHOOL} 127.0.0.1")
        url = server.url.replace("127.0.0.1", SCHOOL)
        teacher = browser.new_page(base_url=url, viewport=ROOM)
        teacher.goto(f"/room?lesson=returned&lang={language}")
        teacher.get_by_role("button", name=text("room.open")).click()
        code = teacher.locator(".rnn-code").inner_text()
        _move(teacher, "open")
        expect(teacher.get_by_role("button", name=text("room.moves.close"))).to_be_visible()
        store = Store(connect(rooms))
        key = Key(*teacher.evaluate("sessionStorage.rnn_lens_room").split("."))
        right = store.lead(key).ballot.right
        for number in range(27):
            option = (right, 0, right, 3, 1)[number % 5]
            store.vote(code, f"{number:032}", "1.1", option)
        phone = browser.new_page(base_url=url, viewport=PHONE, color_scheme="dark")
        phone.goto(f"/join/{code}?lang={language}")
        phone.locator("main button").nth(right).click()
        recorded = text("phones.mine.open", mine="ABCD"[right])
        expect(phone.get_by_role("status")).to_have_text(recorded)
        _move(teacher, "close")
        _move(teacher, "count")
        expect(teacher.locator(".rnn-votes").first).to_be_visible()
        expect(teacher.get_by_text(text("room.here", here=28, voted=28))).to_be_visible()
        teacher.wait_for_function(FADE, arg=False)
        teacher.screenshot(path=folder / "room.png")
        browser.close()


def _move(teacher: Page, name: str) -> None:
    button = teacher.get_by_role("button", name=text(f"room.moves.{name}"))
    expect(button).to_be_visible()
    teacher.wait_for_function(FADE, arg=False)
    button.click()


def take_pages(language: str, folder: Path) -> None:
    """All pages of PICTURES."""
    with serve(ROOT / "dashboard") as server, sync_playwright() as playwright:
        browser = launch_chromium(playwright)
        for name, (path, width, height, colours) in PICTURES.items():
            context = browser.new_context(
                base_url=server.url,
                viewport={"width": width, "height": TALL["height"]},
                color_scheme=colours,
                locale=language,
            )
            context.add_init_script(path=ROOT / "tests/browser/still.js")
            page = context.new_page()
            page.goto(path)
            settle(page)
            loading = page.get_by_text(text("app.recorded").partition(" ")[2])  # after its icon
            expect(loading).to_have_count(0, timeout=60_000)
            training = page.get_by_role("button", name=text("learn.stop"), exact=True)
            expect(training).to_have_count(0, timeout=60_000)
            settle(page)
            for chart in page.locator(".rnn-plot").all()[:1]:  # one page has none
                chart.scroll_into_view_if_needed()
                chart.locator(".main-svg").first.wait_for(timeout=60_000)
            page.get_by_role("heading", level=1).scroll_into_view_if_needed()
            settle(page)
            page.set_viewport_size({"width": width, "height": height})
            settle(page)
            page.screenshot(path=folder / f"{name}.png")
            context.close()
        browser.close()


def main() -> None:
    """Take every picture in every language."""
    for language in LANGUAGES:
        folder = STATIC if language == DEFAULT else STATIC / language
        folder.mkdir(exist_ok=True)
        with speaking(language):
            take_room(language, folder)
            take_pages(language, folder)


if __name__ == "__main__":
    main()
