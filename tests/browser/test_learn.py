"""Watch it learn: trained in front of the visitor, played in the browser, taken along."""

from __future__ import annotations

import base64
import re
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect

from components.backend.learning.learn import Question
from components.texts import text
from tests.browser.dashboard import (
    NewPage,
    expect_looked,
    expect_marked,
    figure,
    plot,
    press,
    press_in_hangul,
    type_number,
    unpack_line,
    visit,
)
from tests.browser.driver import PROJECTOR, settle

pytestmark = pytest.mark.whole

PATIENCE = 120_000
SHORT = "learn.steps=20"
STEPS = Question(steps=20).checkpoints


def ended(page: Page) -> None:
    """Wait for the end of the training that is shown."""
    expect(page.locator(".rnn-facts").last).to_be_visible(timeout=PATIENCE)
    expect(page.locator(".st-key-film .main-svg").first).to_be_visible(timeout=PATIENCE)
    settle(page)


def at(page: Page) -> str:
    """Which checkpoint is shown."""
    return page.locator(".rnn-film output").first.inner_text()


def query(page: Page) -> dict[str, list[str]]:
    return parse_qs(urlsplit(page.url).query)


# Keeps all that a film says: a checkpoint may be gone before a test can look.
KEEP_SAID = """window.said = []
new MutationObserver(() => {
    const now = document.querySelector(".rnn-film output")?.textContent
    if (now && now !== said.at(-1)) said.push(now)
}).observe(document, { subtree: true, childList: true, characterData: true })"""


def test_a_recorded_film_plays_by_itself_once(new_page: NewPage) -> None:
    page = new_page(viewport=PROJECTOR, reduced_motion="no-preference", fresh=True)
    page.add_init_script(KEEP_SAID)
    page.goto("/learn?learn.race=false")
    played = list(Question().checkpoints)
    whole = "count => new Set(said).size === count"
    page.wait_for_function(whole, arg=len(played), timeout=PATIENCE)
    expect(page.locator(".rnn-film output").first).to_contain_text(f"step {played[-1]},")
    bar = page.locator(".st-key-film .rnn-film").bounding_box()
    assert bar["y"] + bar["height"] <= PROJECTOR["height"]
    settle(page)
    page.locator(".st-key-learn-sentence").get_by_role("spinbutton").press("ArrowUp")
    settle(page)
    steps = [int(re.search(r"step (\d+),", said)[1]) for said in page.evaluate("said")]
    assert steps[steps.index(0) :] == played
    expect_looked(page)


def test_a_film_is_seen_played_and_painted(new_page: NewPage) -> None:
    """And the server hears nothing of it. A link of the older kind opens it, too."""
    page = new_page(viewport=PROJECTOR, fresh=True)
    sent = []
    page.on("websocket", lambda socket: socket.on("framesent", lambda _: sent.append(1)))
    page.goto(f"/learn?{SHORT}&learn.train=true&learn.checkpoint={STEPS[3]}")
    ended(page)
    expect_looked(page, checkpoint=str(STEPS[3]))
    page.get_by_role("slider", name=text("film.film")).press("End")
    expect_looked(page)
    settle(page)
    before = len(sent)
    expect_film_seen_at_once_with_its_steps_marked(page)
    expect_film_played_and_stepped_through(page)
    assert len(sent) == before
    expect_painted_as_plotly_draws(page)
    expect_checkpoint_to_stay_until_another_training(page)
    expect_no_step_back_to_a_training(page)


def expect_film_seen_at_once_with_its_steps_marked(page: Page) -> None:
    bar = page.locator(".st-key-film .rnn-film").bounding_box()
    assert plot(page, "film").bounding_box()["y"] > 0
    assert bar["y"] + bar["height"] <= PROJECTOR["height"]
    plot(page, "film").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    expect_marked(page, 2, "film")


def expect_film_played_and_stepped_through(page: Page) -> None:
    last, cells = at(page), figure(page, "film")[0]["z"]
    film = page.get_by_role("slider", name=text("film.film"))
    film.press("Home")
    expect(page.locator(".rnn-film output").first).to_contain_text("step 0")
    expect_looked(page, step="2", checkpoint="0")
    settle(page)
    first = figure(page, "film")[0]["z"]
    assert first != cells
    plot(page, "film").focus()
    page.keyboard.press(".")
    film.focus()
    press_in_hangul(page, "Period")
    press_in_hangul(page, "Comma")
    step = STEPS[1]
    expect(page.locator(".rnn-film output").first).to_contain_text(f"step {step},")
    expect_looked(page, step="2", checkpoint=str(step))
    expect(page.get_by_text(text("learn.take_along", step=step))).to_be_visible()
    press_in_hangul(page, "p")
    expect(page.locator(".rnn-film output").first).to_have_text(last, timeout=PATIENCE)
    expect(page.get_by_text(text("learn.take_along", step=STEPS[-1]))).to_be_visible()
    expect_looked(page, step="2")
    settle(page)
    assert figure(page, "film")[0]["z"] == cells


MOVE = """(range, at) => {
    range.value = at
    range.dispatchEvent(new Event("input"))
}"""

# The middle of every cell of the film's first row of each strip, in px of the chart.
MIDDLES = """plot => {
    const { xaxis, yaxis } = plot._fullLayout
    return plot.data.filter((trace) => trace.type === "heatmap").flatMap((trace) =>
        trace.x.map((x) => {
            const [top, bottom] = trace.y.slice(0, 2).map((y) => yaxis.l2p(y))
            return [xaxis._offset + xaxis.l2p(x), yaxis._offset + (top + bottom) / 2]
        })
    )
}"""

COLOURS = """async ([picture, points]) => {
    const image = new Image()
    image.src = "data:image/png;base64," + picture
    await image.decode()
    const pen = new OffscreenCanvas(image.width, image.height).getContext("2d")
    pen.drawImage(image, 0, 0)
    return points.map((at) => [...pen.getImageData(...at.map(Math.round), 1, 1).data.slice(0, 3)])
}"""


def colours(page: Page, points: list[list[float]]) -> np.ndarray:
    """What is seen at these places of the film."""
    picture = page.screenshot(clip=plot(page, "film").bounding_box())
    said = base64.b64encode(picture).decode()
    return np.array(page.evaluate(COLOURS, [said, points]))


def expect_painted_as_plotly_draws(page: Page) -> None:
    """While it moves and once it rests, in the middle of the cells."""
    points = plot(page, "film").evaluate(MIDDLES)
    before = colours(page, points)
    film = page.get_by_role("slider", name=text("film.film"))
    film.press("Home")
    settle(page)
    drawn = colours(page, points)
    painting = page.locator(".st-key-film .rnn-cells")
    expect(painting).to_be_hidden()
    film.evaluate(MOVE, 1)
    film.evaluate(MOVE, 0)
    kept = painting.evaluate_handle(
        """canvas => {
            const copy = canvas.cloneNode()
            copy.getContext("2d").drawImage(canvas, 0, 0)
            canvas.after(copy)
            return copy
        }"""
    )
    settle(page)
    assert np.abs(colours(page, points) - drawn).max() <= 6
    assert np.abs(before - drawn).max() > 60
    kept.evaluate("copy => copy.remove()")
    assert (colours(page, points) == drawn).all()


def expect_checkpoint_to_stay_until_another_training(page: Page) -> None:
    """Over a reload and another sequence; another training begins at its end."""
    page.get_by_role("slider", name=text("film.film")).press("ArrowRight")
    expect_looked(page, step="2", checkpoint=str(STEPS[1]))
    page.reload()
    ended(page)
    assert f"step {STEPS[1]}," in at(page)
    page.locator(".st-key-learn-sentence").get_by_role("spinbutton").press("ArrowUp")
    settle(page)
    assert f"step {STEPS[1]}," in at(page)
    type_number(page, "learn-seed", 3)
    page.locator(".st-key-learn_train").get_by_role("button").click(timeout=PATIENCE)
    ended(page)
    assert query(page)["learn.train"] == ["true"]
    assert f"step {STEPS[-1]}," in at(page)
    expect_looked(page, step="2")


def expect_no_step_back_to_a_training(page: Page) -> None:
    """That a change takes the training back is no step of its own to go back to."""
    entries = page.evaluate("history.length")
    press(page, "learn-units", "ArrowRight")
    expect(page.locator(".st-key-learn_train")).to_be_visible()
    assert "learn.train" not in query(page)
    assert page.evaluate("history.length") == entries


def test_its_weights_are_taken_along(new_page: NewPage) -> None:
    """In a new tab, and on this page. A film that a link names a checkpoint of stands still."""
    page = new_page(reduced_motion="no-preference")
    visit(page, "/learn?learn.task=star&learn.cell=GRU#checkpoint=0")
    assert "step 0," in at(page)
    expect(page.locator(".rnn-film button").first).to_have_text(text("film.play"))
    with page.context.expect_page() as opened:
        link_to(page, "compare").click(modifiers=["ControlOrMeta"])
    expect(opened.value).to_have_url(re.compile(r"/compare\?.*300%2C0(&|$)"))
    opened.value.close()
    page.get_by_role("slider", name=text("film.film")).press("ArrowRight")
    step = Question(task="star", cell="GRU").checkpoints[1]
    expect(link_to(page, "explore")).to_have_attribute("href", re.compile(rf"300%2C{step}&"))
    link_to(page, "explore").click()
    expect(page.locator(".st-key-timeline .main-svg").first).to_be_visible(timeout=PATIENCE)
    settle(page)
    assert unpack_line(page) == (
        "outputs, state_h = GRU(4, return_sequences=True, return_state=True)(x)"
    )
    expect(page.get_by_text(f"after step {step}")).to_be_visible()


def link_to(page: Page, name: str) -> Locator:
    return page.get_by_role("main").get_by_role("link", name=text(f"pages.{name}.title"))


def test_a_race_stands_still_for_those_who_want_no_motion(page: Page) -> None:
    page.goto("/learn?learn.race=true")
    expect(page.locator(".rnn-film output").first).not_to_be_empty(timeout=PATIENCE)
    assert "step 300" in at(page)  # and not only at its end, which one that plays comes to, too
    ended(page)
    expect(page.locator(".rnn-facts")).to_have_count(4)
    expect(page.locator(".rnn-film button").first).to_have_text(text("film.play"))
    for cell in ("LSTM", "GRU", "SimpleRNN"):
        assert f"{cell} " in at(page)
    names = [trace["name"] for trace in figure(page, "film") if trace["type"] == "heatmap"]
    assert names == ["h", "says"] * 3 + ["right"]
