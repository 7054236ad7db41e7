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

from components.backend.weight_files.weight_names import MOST_BYTES
from components.texts import text
from tests.browser.dashboard import (
    NewPage,
    figure,
    press,
    visit,
)
from tests.browser.driver import PROJECTOR, settle


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


def test_numbers_are_typed_saved_taken_back_and_brought_in(
    new_page: NewPage, tmp_path: Path
) -> None:
    """The grid keeps its cursor, though the run follows each number. One of the files has PyTorch's
    names; by one that is refused nothing is changed."""
    page = new_page(viewport=PROJECTOR)
    visit(page, "/edit")
    expect(cells(page)).not_to_have_count(0)
    before, drawn = cells(page).all_inner_texts(), figure(page, "edit")
    select(page, 0, 1)
    type_in(page, "2")
    expect_cell(page, 0, 1, "2")
    assert differences(page).any()
    type_in(page, "-1.5")
    expect_cell(page, 1, 1, "-1.5")
    two = {"edits": ["kernel.input.0.1=2,kernel.input.1.1=-1.5"]}
    assert query(page) == two
    select(page, 0, 0)
    type_in(page, "0,5")
    expect(page.get_by_test_id("stAlert")).to_contain_text("0,5")
    assert query(page) == two
    shown = figure(page, "edit")
    saved = downloaded(page, "download_torch_safetensors", tmp_path)
    assert saved.name == "rnn_lens_lstm_3_edited_torch.safetensors"
    assert safetensors.numpy.load_file(saved)["weight_ih_l0"][1, 0] == 2
    saved = downloaded(page, "download", tmp_path)
    assert saved.name == "rnn_lens_lstm_3_edited.npz"

    page.get_by_role("button", name=text("start.undo")).click()
    settle(page)
    expect(cells(page)).to_have_text(before)
    assert query(page) == {"learned": ["nothing"]}
    assert figure(page, "edit") == drawn
    page.go_back()
    expect_cell(page, 1, 1, "-1.5")
    settle(page)
    assert query(page) == two
    assert figure(page, "edit") == shown

    bring_in(page, "large.npz", bytes(MOST_BYTES + 1))
    expect(page.get_by_text("The file is too large")).to_be_visible()
    assert query(page) == two
    bring_in(page, saved.name, saved.read_bytes())
    expect(page.get_by_text(text("start.uploaded", edited=""))).to_be_visible()
    settle(page)
    expect_cell(page, 0, 1, "2")
    gates = [t["z"] for t in figure(page, "edit") if t.get("name") == "forget"]
    assert gates == [t["z"] for t in shown if t.get("name") == "forget"][: len(gates)]
    assert len(query(page)["uploaded"][0]) == 16


def bring_in(page: Page, name: str, content: bytes) -> None:
    file = {"name": name, "mimeType": "application/zip", "buffer": content}
    page.locator("input[type=file]").set_input_files([file])


@pytest.mark.whole
def test_the_grid_of_biases_follows_their_slider(new_page: NewPage) -> None:
    """It is the same grid, and can be typed in."""
    page = new_page(viewport=PROJECTOR)
    visit(page, "/edit?grid=bias&lstm_block=forget&edits=forget_bias%3D1")
    page.locator("[data-testid=stDataFrame]").evaluate("grid => { grid.dataset.known = 'yes' }")
    expect_cell(page, 0, 1, "1")
    press(page, "forget_bias", "ArrowRight")
    expect_cell(page, 0, 1, "2")
    expect(page.locator("[data-testid=stDataFrame]")).to_have_attribute("data-known", "yes")
    select(page, 0, 1)
    type_in(page, "3")
    expect_cell(page, 0, 1, "3")
    assert query(page)["edits"] == ["forget_bias=2,bias.forget.0.1=3"]


def downloaded(page: Page, button: str, folder: Path) -> Path:
    with page.expect_download() as download:
        page.get_by_role("button", name=text(f"edit.{button}")).click()
    path = folder / download.value.suggested_filename
    download.value.save_as(path)
    return path
