"""Make the README's pictures anew: python -m tests.browser.pictures"""

from pathlib import Path

from playwright.sync_api import Page, expect, sync_playwright

from components.texts import text
from tests.browser.driver import ROOT, TALL, launch_chromium, serve, settle

HIGHEST = 900
FOLDER = ROOT / "dashboard/static"

# Name: where it is taken, how wide and high, and in which colours.
PICTURES = {
    "explore": ("/?step=4", 1440, 900, "light"),
    "explore_dark": ("/?cell=GRU&return_sequences=false&units=6", 1280, 720, "dark"),
    "inside": ("/?step=4&unit=2", 1280, 0, "light"),
    "shapes": ("/?tab=shapes", 1280, 0, "light"),
    "parameters": ("/?tab=parameters", 1280, 0, "light"),
    "code": ("/?tab=code", 1280, 0, "light"),
    "data": ("/?tab=data", 1280, 0, "light"),
    "series": ("/series", 1280, 720, "light"),
    "learn": ("/learn?learn.train=true", 1280, 720, "light"),
    "notebook": ("/notebook", 1280, 900, "light"),
    "compare": ("/compare", 1280, 720, "light"),
    "carry": ("/carry?hand_over=false&cut=3", 1280, 720, "light"),
    "padding": ("/padding", 1280, 720, "light"),
    "encoder_decoder": ("/encoder_decoder", 1280, 720, "light"),
    "both_ways": ("/both_ways", 1280, 720, "dark"),
    "stack": ("/stack?return_sequences=false", 1280, 720, "light"),
    "influence": ("/influence?source=random&length=50&edits=forget_bias=5", 1280, 720, "light"),
    "edit": ("/edit?edits=forget=1", 1280, 720, "light"),
    "phone": ("/", 390, 844, "dark"),
}


def take(page: Page, name: str, height: int) -> Path:
    """A picture of the page's window or, where no height is asked for, of its open tab alone."""
    path = FOLDER / f"{name}.png"
    if height:
        page.set_viewport_size({"width": page.viewport_size["width"], "height": height})
        settle(page)
        page.screenshot(path=path)
        return path
    box = page.locator(".st-key-panel").bounding_box()
    margin = 12
    page.screenshot(
        path=path,
        clip={
            "x": box["x"] - margin,
            "y": box["y"],
            "width": box["width"] + 2 * margin,
            "height": min(box["height"], HIGHEST),
        },
    )
    return path


def main() -> None:
    """Take every picture and say where it is."""
    FOLDER.mkdir(exist_ok=True)
    with serve(ROOT / "dashboard") as server, sync_playwright() as playwright:
        browser = launch_chromium(playwright)
        for name, (path, width, height, colours) in PICTURES.items():
            context = browser.new_context(
                base_url=server.url,
                viewport={"width": width, "height": TALL["height"]},
                color_scheme=colours,
            )
            context.add_init_script(path=ROOT / "tests/browser/still.js")
            page = context.new_page()
            page.goto(path)
            chart = page.locator(".rnn-plot").first
            chart.wait_for(timeout=60_000)
            expect(page.get_by_text("TensorFlow is loading")).to_have_count(0, timeout=60_000)
            training = page.get_by_role("button", name=text("learn.stop"), exact=True)
            expect(training).to_have_count(0, timeout=60_000)
            settle(page)
            chart.scroll_into_view_if_needed()
            chart.locator(".main-svg").first.wait_for(timeout=60_000)
            page.get_by_role("heading", level=1).scroll_into_view_if_needed()
            settle(page)
            print(take(page, name, height).relative_to(ROOT))
            context.close()
        browser.close()


if __name__ == "__main__":
    main()
