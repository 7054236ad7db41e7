"""Edit weights in a browser: numbers typed into a grid, gates held, weights out in a file and in
again."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
import safetensors.numpy
from playwright.sync_api import Locator, Page, expect

from components.backend import Settings, npz
from components.backend.weight_names import MOST_BYTES
from components.texts import text
from tests.browser.dashboard import (
    NewPage,
    choose,
    elsewhere,
    figure,
    pick,
    press,
    visit,
)
from tests.browser.driver import PROJECTOR, settle
from tests.kinds import random_weights


@pytest.fixture
def page(new_page: NewPage, request: pytest.FixtureRequest) -> Page:
    """Edit, opened by the link of the test, if it has one."""
    page = new_page(viewport=PROJECTOR)
    visit(page, f"/edit{getattr(request, 'param', '')}")
    return page


def opened_by(query: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("page", [query], ids=[""], indirect=True)


def cells(page: Page) -> Locator:
    """The numbers that the grid shows, as a screen reader has them: soon after they are painted."""
    return page.locator("[data-testid=stDataFrame] canvas table td")


def expect_cell(page: Page, row: int, column: int, value: str) -> None:
    """Wait until the grid shows a number, be it as it was typed or, in a grid that is drawn anew,
    with the mark of what is edited. The first row and column are headings."""
    cell = page.locator(f"[data-testid=glide-cell-{column + 1}-{row}]")
    expect(cell).to_have_text(re.compile(rf"^(► )?{re.escape(value)}$"))


def select(page: Page, row: int, column: int) -> None:
    """Click a cell of the grid, which is drawn on a canvas: rows of 35 px below the headings'."""
    box = page.locator("[data-testid=stDataFrame]").bounding_box()
    width = (box["width"] - 70) / 4
    page.mouse.click(box["x"] + 70 + (column + 0.5) * width, box["y"] + 35 * (row + 1.5))
    expect(page.locator("td[aria-selected=true]")).to_have_count(1)


def type_in(page: Page, value: str) -> None:
    """Type a number into the cell that is selected; the one below is then."""
    page.keyboard.press("Enter")
    field = page.locator(".gdg-input")
    field.fill(value)
    field.press("Enter")
    expect(field).to_have_count(0)
    settle(page)


def query(page: Page) -> dict[str, list[str]]:
    return parse_qs(urlsplit(page.url).query)


def differences(page: Page) -> np.ndarray:
    *_, strip = (t for t in figure(page, "edit") if t.get("name") == "difference")
    return np.array(strip["z"])


@opened_by("?edits=forget%3D0,kernel.output.0.2%3D1")
def test_edits_that_do_not_fit_are_reported_and_come_back(page: Page) -> None:
    """By a button, and by the browser's own Back."""
    choose(page, "hold_output", "1")
    edits = {"edits": ["forget=0,output=1,kernel.output.0.2=1"]}
    assert query(page) == edits
    shown, told = figure(page, "edit"), page.get_by_text(text("start.let_go_edits"))
    for come_back in (
        page.get_by_role("button", name=text("start.bring_back")).click,
        page.go_back,
    ):
        choose(page, "cell", "GRU")
        expect(told).to_be_visible()
        assert query(page) == {"cell": ["GRU"]}
        come_back()
        expect(page.get_by_role("radio", name="LSTM", exact=True)).to_be_checked()
        settle(page)
        assert query(page) == edits
        assert figure(page, "edit") == shown
        assert not page.get_by_test_id("stAlert").count()


def test_numbers_are_typed_one_below_the_other_and_taken_back(page: Page) -> None:
    """The grid keeps its cursor, though the run follows each number."""
    expect(cells(page)).not_to_have_count(0)
    before = cells(page).all_inner_texts()
    select(page, 0, 1)
    type_in(page, "2")
    expect_cell(page, 0, 1, "2")
    assert query(page) == {"edits": ["kernel.input.0.1=2"]}
    assert differences(page).any()
    type_in(page, "-1.5")
    expect_cell(page, 1, 1, "-1.5")
    two = {"edits": ["kernel.input.0.1=2,kernel.input.1.1=-1.5"]}
    assert query(page) == two
    select(page, 0, 0)
    type_in(page, "0,5")
    expect(page.get_by_test_id("stAlert")).to_contain_text("0,5")
    select(page, 0, 0)
    type_in(page, "0.5")
    expect(page.get_by_test_id("stAlert")).to_have_count(0)
    page.locator("[class*='st-key-undo-kernel-input-0-0']").get_by_role("button").click()
    settle(page)
    assert query(page) == two
    shown = figure(page, "edit")
    visit(page, page.url)
    expect_cell(page, 1, 1, "-1.5")
    assert figure(page, "edit") == shown

    page.get_by_role("button", name=text("start.undo")).click()
    settle(page)
    expect(cells(page)).to_have_text(before)
    assert query(page) == {}
    assert not differences(page).any()
    page.go_back()
    expect_cell(page, 1, 1, "-1.5")
    settle(page)
    assert query(page) == two


@opened_by("?grid=tokens&length=4")
def test_tokens_are_typed_and_the_grid_of_biases_follows_their_slider(page: Page) -> None:
    select(page, 0, 2)
    type_in(page, "7")
    expect(page.get_by_role("textbox", name="Token ids")).to_have_value("4, 21, 7, 13")
    assert query(page)["tokens"] == ["4, 21, 7, 13"]
    (ticks,) = {tuple(t["x"]) for t in figure(page, "edit") if t.get("name") == "h"}
    assert len(ticks) == 4

    pick(page, "grid", "bias")
    pick(page, "lstm_block", "forget gate")
    page.locator("[data-testid=stDataFrame]").evaluate("grid => { grid.dataset.known = 'yes' }")
    expect_cell(page, 0, 1, "1")
    page.locator(".st-key-set_forget_bias").get_by_role("switch").press(" ")
    press(page, "forget_bias", "ArrowRight")
    expect_cell(page, 0, 1, "2")
    expect(page.locator("[data-testid=stDataFrame]")).to_have_attribute("data-known", "yes")
    select(page, 0, 1)
    type_in(page, "3")
    expect_cell(page, 0, 1, "3")
    expect_along_and_kept(page, ["forget_bias=2,bias.forget.0.1=3"])


def expect_along_and_kept(page: Page, edits: list[str]) -> None:
    """Edits go along to Explore, and hold there as long as they fit."""
    assert query(page)["edits"] == edits
    elsewhere(page).filter(has_text=text("pages.explore.title")).click()
    expect(page.locator(".rnn-call")).to_be_visible()
    settle(page)
    assert query(page)["edits"] == edits
    expect(page.get_by_text("edited").first).to_be_visible()
    press(page, "length", "ArrowRight")
    assert query(page)["edits"] == edits


def test_weights_go_out_and_come_in(page: Page, tmp_path: Path) -> None:
    """One of the files has PyTorch's names; of those that are refused nothing is changed."""
    before = figure(page, "edit")
    select(page, 0, 0)
    type_in(page, "0.5")
    shown = figure(page, "edit")[:-2]
    saved = downloaded(page, "download_torch_safetensors", tmp_path)
    assert saved.name == "rnn_lens_lstm_3_edited_torch.safetensors"
    assert safetensors.numpy.load_file(saved)["weight_ih_l0"][0, 0] == 0.5
    saved = downloaded(page, "download", tmp_path)
    assert saved.name == "rnn_lens_lstm_3_edited.npz"

    visit(page, "/edit")
    wrong = npz.write_npz(random_weights(Settings(units=5), 1))
    for name, content, said in (
        ("wrong.npz", wrong, "file.kernel"),
        ("large.npz", bytes(MOST_BYTES + 1), "The file is too large"),
    ):
        files = [{"name": name, "mimeType": "application/zip", "buffer": content}]
        page.locator("input[type=file]").set_input_files(files)
        expect(page.get_by_text(said).first).to_be_visible()
        settle(page)
    assert figure(page, "edit") == before
    assert query(page) == {}
    page.locator("input[type=file]").set_input_files(saved)
    expect(page.get_by_text(text("start.brought", edited=""))).to_be_visible()
    settle(page)
    expect_cell(page, 0, 0, "0.5")
    strips = [t["z"] for t in figure(page, "edit") if t.get("name") == "forget"]
    assert strips == [t["z"] for t in shown if t.get("name") == "forget"]
    assert len(query(page)["brought"][0]) == 16


def downloaded(page: Page, button: str, folder: Path) -> Path:
    with page.expect_download() as download:
        page.get_by_role("button", name=text(f"edit.{button}")).click()
    path = folder / download.value.suggested_filename
    download.value.save_as(path)
    return path
