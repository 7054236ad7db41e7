"""Your model in a browser: a file is uploaded, a sentence typed, a layer opened, and the word found
that decided."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Locator, Page, expect

from components.backend.your_model import opened as models
from components.backend.your_model import sample
from components.texts import text
from tests.architectures import made, saved
from tests.browser.dashboard import (
    NARROW,
    NewPage,
    expect_looked,
    expect_marked,
    expect_seen_at_once,
)
from tests.browser.driver import PROJECTOR, settle
from tests.browser.test_accessibility import broken_rules, nameless

LINE = """word => {
    const { backgroundSize, backgroundImage } = getComputedStyle(word)
    return [backgroundSize, backgroundImage]
}"""
"""How long the line under a word is, and its colour."""


def chip(page: Page, layer: str) -> Locator:
    """The button of a layer."""
    return page.locator(f"[data-layer='{layer}']")


def asked(page: Page) -> dict[str, list[str]]:
    """What the address asks."""
    return parse_qs(urlsplit(page.url).query)


def upload(page: Page, *files: Path) -> None:
    """Open a model's files."""
    page.get_by_role("button", name=text("your_model.open")).click()
    choose(page, *files)


def choose(page: Page, *files: Path) -> None:
    """Give files to the open box, once the widget that has taken the last ones is gone."""
    field = page.locator("input[type=file]")
    expect(field).to_have_count(1)
    field.set_input_files(files)


@pytest.fixture
def review(tmp_path: Path) -> Path:
    """The file of the sample, as a visitor has theirs."""
    path = tmp_path / "mine.keras"
    path.write_bytes(sample.files()[sample.NAME])
    return path


def test_the_sample_is_drawn_with_its_answer(page: Page) -> None:
    page.goto("/model")
    expect(chip(page, "lstm")).to_have_attribute("aria-pressed", "true")
    expect(page.locator(".rnn-model canvas")).to_have_count(2)
    expect(page.locator(".st-key-answer_0 b").first).to_have_text(re.compile(r"^0\.\d+$"))
    expect(page.locator(".st-key-decided button").first).to_contain_text("not")
    moves = page.locator(".st-key-decided b").first.inner_text().replace("\N{MINUS SIGN}", "-")
    length = f"{round(100 * abs(float(moves)))}%"  # of the answer's scale, from 0 to 1
    marked = page.locator(f".rnn-model-words [style='--moves: {length};']")
    expect(marked).to_have_text("not")
    raises = page.locator(".rnn-model-words [style]:not(.rnn-lowers)").first
    (size, colour), (other_size, other_colour) = marked.evaluate(LINE), raises.evaluate(LINE)
    assert length in size
    assert length not in other_size  # it is as long as the answer moves far
    assert colour != other_colour  # of what lowers the answer, and of what raises it


@pytest.mark.whole
def test_the_word_that_decided_in_a_file_of_ones_own(new_page: NewPage, review: Path) -> None:
    page = new_page(viewport=PROJECTOR)
    page.goto("/model")
    upload(page, review)
    expect(page.get_by_role("button", name=text("your_model.back"))).to_be_visible()
    settle(page)
    field = page.get_by_role("textbox", name=text("your_model.typed_words"))
    field.fill("The film was not boring.")
    field.press("Control+Enter")
    expect(page.locator(".st-key-decided button").first).to_contain_text("not")
    settle(page)
    expect_seen_at_once(page, page.locator(".st-key-rows .rnn-model li").last)
    page.locator(".st-key-decided button").first.click()
    expect(page.locator(".st-key-layer_moves li")).to_have_count(4)
    settle(page)
    link = asked(page)
    assert link["without"] == ["4"]
    assert link["sentences"] == ["The film was not boring."]
    again = new_page(viewport=PROJECTOR)
    again.goto(f"/model?{urlsplit(page.url).query}")
    expect(again.locator(".st-key-decided [aria-pressed=true]")).to_contain_text("not")


@pytest.mark.whole
def test_a_layer_is_opened_by_a_click_and_by_a_key(new_page: NewPage) -> None:
    page = new_page(viewport=PROJECTOR)
    page.goto("/model")
    settle(page)
    chip(page, "good").click()
    expect(chip(page, "good")).to_have_attribute("aria-pressed", "true")
    expect(page.locator(".st-key-dense li")).to_have_count(9)
    expect(page.locator(".st-key-model_inside")).to_be_in_viewport()
    settle(page)
    assert asked(page)["layer"] == ["good"]
    chip(page, "lstm").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".st-key-inside .rnn-plot")).to_be_attached()
    expect(chip(page, "lstm")).to_be_focused()


@pytest.mark.whole
def test_all_pictures_follow_one_playhead(new_page: NewPage) -> None:
    page = new_page(viewport={"width": 1280, "height": 2400})
    page.goto("/model")
    page.locator(".st-key-inside .main-svg").first.wait_for()
    settle(page)
    cells = page.locator(".rnn-model-cells.rnn-follows").nth(1)
    box = cells.bounding_box()
    assert box is not None
    column = box["width"] / 14
    page.mouse.move(box["x"] + 4.5 * column, box["y"] + box["height"] / 2)
    expect_marked(page, 5, "inside")
    expect(page.locator(".rnn-model-words .rnn-here")).to_have_text("but")
    expect(page.locator(".rnn-model-tip")).to_have_text(re.compile(r"^step 5 but · unit 4: "))
    page.mouse.click(box["x"] + 4.5 * column, box["y"] + box["height"] / 2)
    expect_looked(page, step="5")
    page.keyboard.press("ArrowRight")
    expect(page.locator(".rnn-model-words .rnn-here")).to_have_text("the")


@pytest.mark.whole
def test_what_is_no_model_is_refused_and_the_next_file_is_taken(
    new_page: NewPage, tmp_path: Path, review: Path
) -> None:
    page = new_page()
    page.goto("/model")
    settle(page)
    no_model = tmp_path / "none.keras"
    no_model.write_bytes(b"no model")
    upload(page, no_model)
    expect(page.get_by_role("alert")).to_contain_text(text("your_model.refused"))
    settle(page)
    assert broken_rules(page) == []
    assert nameless(page) == []
    choose(page, review)
    expect(page.get_by_role("button", name=text("your_model.back"))).to_be_visible()
    expect(page.get_by_role("alert")).to_have_count(0)


@pytest.mark.whole
def test_weights_come_with_the_configuration_of_their_model(
    new_page: NewPage, tmp_path: Path
) -> None:
    model, _ = made("GRU on GRU")
    paths = []
    for name, content in saved(model, ".weights.h5").items():
        paths.append(tmp_path / name)
        paths[-1].write_bytes(content)
    page = new_page()
    page.goto("/model")
    settle(page)
    weights = next(path for path in paths if path.suffix == ".h5")
    upload(page, weights)
    expect(page.get_by_role("alert")).to_contain_text("model.to_json()")
    choose(page, *paths)
    expect(page.locator(".rnn-model li")).to_have_count(2)


@pytest.mark.whole
def test_a_grey_box_says_why_and_all_before_it_is_drawn(new_page: NewPage, tmp_path: Path) -> None:
    import keras
    from keras import layers

    parts = layers.Embedding(9, 2), layers.LSTM(2, return_sequences=True)
    after = layers.Lambda(lambda x: 2 * x), layers.Dense(1)
    model = keras.Sequential([keras.Input((4,), dtype="int32"), *parts, *after])
    (content,) = saved(model, ".keras").values()
    path = tmp_path / "code.keras"
    path.write_bytes(content)
    page = new_page()
    page.goto("/model")
    settle(page)
    upload(page, path)
    blocked = page.locator(".rnn-blocked")
    expect(blocked).to_have_count(2)
    expect(blocked.first).to_contain_text("Lambda")
    expect(page.locator(".rnn-model canvas")).to_have_count(2)


@pytest.mark.whole
def test_a_model_that_is_gone_is_asked_for(new_page: NewPage) -> None:
    page = new_page()
    page.goto("/model?model=0123456789abcdef")
    alert = page.get_by_role("alert")
    expect(alert).to_have_count(1)
    expect(alert).to_contain_text("no longer has the model")
    expect(page.get_by_role("button", name=text("your_model.open"))).to_be_visible()


@pytest.mark.whole
def test_the_file_of_a_model_that_is_gone_shows_what_its_link_asks(
    new_page: NewPage, tmp_path: Path
) -> None:
    model, _ = made("Embedding, LSTM, Dense")
    files = saved(model, ".keras")
    key = models.open_model(files, "a visitor").key  # here, and not on the server
    path = tmp_path / "lost.keras"
    path.write_bytes(*files.values())
    page = new_page()
    page.goto(f"/model?model={key}&sentences=3+1+2")
    expect(page.get_by_text("no longer has the model")).to_be_visible()
    upload(page, path)
    field = page.get_by_role("textbox", name=text("your_model.typed_ids"))
    expect(field).to_have_value("3 1 2")
    expect(page.locator(".st-key-answer_0 b")).to_be_visible()


@pytest.mark.whole
def test_on_a_phone_the_words_stand_over_their_columns(new_page: NewPage) -> None:
    page = new_page(viewport=NARROW)
    page.goto("/model")
    settle(page)
    heads = page.locator(".rnn-model-words span").all()
    cells = page.locator(".rnn-model-cells").first.bounding_box()
    assert cells is not None
    for at, head in enumerate(heads):
        box = head.bounding_box()
        assert box is not None
        middle = cells["x"] + (at + 0.5) * cells["width"] / len(heads)
        assert abs(box["x"] + box["width"] / 2 - middle) < 3
