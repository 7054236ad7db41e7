"""Edit weights in a browser: numbers typed into a grid, gates held, weights out in a file and in
again."""

from __future__ import annotations

import io
import re
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import h5py
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
    unpack_line,
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
    shown = figure(page, "edit")
    choose(page, "cell", "GRU")
    told = page.get_by_text(text("start.let_go_edits"))
    expect(told).to_be_visible()
    assert query(page) == {"cell": ["GRU"]}
    page.get_by_role("button", name=text("start.bring_back")).click()
    expect(told).to_have_count(0)
    settle(page)
    assert query(page) == {"edits": ["forget=0,kernel.output.0.2=1"]}
    assert figure(page, "edit") == shown


@opened_by("?edits=forget%3D0")
def test_back_leads_to_the_edits_that_were_let_go(page: Page) -> None:
    choose(page, "hold_output", "1")
    assert query(page) == {"edits": ["forget=0,output=1"]}
    shown = figure(page, "edit")
    choose(page, "cell", "GRU")
    assert query(page) == {"cell": ["GRU"]}
    page.go_back()
    expect(page.get_by_role("radio", name="LSTM", exact=True)).to_be_checked()
    settle(page)
    assert query(page) == {"edits": ["forget=0,output=1"]}
    assert figure(page, "edit") == shown
    assert not page.get_by_test_id("stAlert").count()


def test_numbers_are_typed_one_below_the_other(page: Page) -> None:
    """The grid keeps its cursor, though the run follows each number."""
    select(page, 0, 1)
    type_in(page, "2")
    expect_cell(page, 0, 1, "2")
    assert query(page) == {"edits": ["kernel.input.0.1=2"]}
    assert differences(page).any()
    type_in(page, "-1.5")
    expect_cell(page, 1, 1, "-1.5")
    assert query(page) == {"edits": ["kernel.input.0.1=2,kernel.input.1.1=-1.5"]}
    select(page, 0, 0)
    type_in(page, "0,5")
    expect(page.get_by_test_id("stAlert")).to_contain_text("0,5")
    select(page, 0, 0)
    type_in(page, "0.5")
    expect(page.get_by_test_id("stAlert")).to_have_count(0)
    page.locator("[class*='st-key-undo-kernel-input-0-0']").get_by_role("button").click()
    settle(page)
    assert query(page) == {"edits": ["kernel.input.0.1=2,kernel.input.1.1=-1.5"]}
    shown = figure(page, "edit")
    visit(page, page.url)
    expect_cell(page, 1, 1, "-1.5")
    assert figure(page, "edit") == shown


def test_edits_are_taken_back_and_come_again(page: Page) -> None:
    expect(cells(page)).not_to_have_count(0)
    before = cells(page).all_inner_texts()
    select(page, 1, 0)
    type_in(page, "3")
    page.get_by_role("button", name=text("start.undo")).click()
    settle(page)
    expect(cells(page)).to_have_text(before)
    assert query(page) == {}
    assert not differences(page).any()
    page.go_back()
    expect_cell(page, 1, 0, "3")
    settle(page)
    assert query(page) == {"edits": ["kernel.input.1.0=3"]}


def test_the_grid_stays_in_place_while_its_numbers_change(page: Page) -> None:
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
    page.get_by_role("button", name=text("start.undo")).click()
    expect_cell(page, 0, 1, "1")


def test_a_gate_is_held_and_let_go(page: Page) -> None:
    choose(page, "hold_forget", "0")
    expect(page.locator(".rnn-facts").last).to_contain_text("c is emptied")
    assert query(page) == {"edits": ["forget=0"]}
    choose(page, "hold_forget", "1")
    expect(page.locator(".rnn-facts").last).to_contain_text("c forgets nothing")
    choose(page, "hold_forget", text("edit.ends.free"))
    settle(page)
    assert query(page) == {}


def test_the_bias_is_moved_and_goes_along(page: Page) -> None:
    page.locator(".st-key-set_forget_bias").get_by_role("switch").press(" ")
    settle(page)
    assert query(page) == {"edits": ["forget_bias=1"]}
    press(page, "forget_bias", *["ArrowRight"] * 4)
    assert query(page) == {"edits": ["forget_bias=5"]}
    elsewhere(page).filter(has_text=text("pages.explore.title")).click()
    expect(page.locator(".rnn-call")).to_be_visible()
    settle(page)
    assert query(page) == {"edits": ["forget_bias=5"]}
    expect(page.get_by_text("edited").first).to_be_visible()
    press(page, "units", "ArrowRight")  # they hold as long as they fit
    assert "LSTM(4" in unpack_line(page)
    assert query(page)["edits"] == ["forget_bias=5"]


def test_weights_go_out_and_come_in(page: Page, tmp_path: Path) -> None:
    select(page, 0, 0)
    type_in(page, "0.5")
    shown = figure(page, "edit")[:-2]
    with page.expect_download() as download:
        page.get_by_role("button", name=text("edit.download")).click()
    path = tmp_path / download.value.suggested_filename
    download.value.save_as(path)
    assert path.name == "rnn_lens_lstm_3_edited.npz"
    visit(page, "/edit")
    page.locator("input[type=file]").set_input_files(path)
    expect(page.get_by_text(text("start.brought", edited=""))).to_be_visible()
    settle(page)
    expect_cell(page, 0, 0, "0.5")
    strips = [t["z"] for t in figure(page, "edit") if t.get("name") == "forget"]
    assert strips == [t["z"] for t in shown if t.get("name") == "forget"]
    assert len(query(page)["brought"][0]) == 16


def test_weights_go_out_and_come_in_with_pytorchs_names(page: Page, tmp_path: Path) -> None:
    select(page, 0, 0)
    type_in(page, "0.5")
    with page.expect_download() as download:
        page.get_by_role("button", name=text("edit.download_torch_safetensors")).click()
    path = tmp_path / download.value.suggested_filename
    download.value.save_as(path)
    assert path.name == "rnn_lens_lstm_3_edited_torch.safetensors"
    assert safetensors.numpy.load_file(path)["weight_ih_l0"][0, 0] == 0.5
    visit(page, "/edit")
    page.locator("input[type=file]").set_input_files(path)
    expect(page.get_by_text(text("start.brought", edited=""))).to_be_visible()
    settle(page)
    expect_cell(page, 0, 0, "0.5")


def test_weights_that_keras_saved_come_in(page: Page, tmp_path: Path) -> None:
    arrays = random_weights(Settings(), 2)
    arrays["kernel"][0, 0] = 0.5
    with h5py.File(path := tmp_path / "model.weights.h5", "w") as file:
        for n, name in enumerate(("kernel", "recurrent_kernel", "bias")):
            file[f"layers/lstm/cell/vars/{n}"] = arrays[name]
    page.locator("input[type=file]").set_input_files(path)
    expect(page.get_by_text("Taken from the file")).to_be_visible()
    settle(page)
    expect_cell(page, 0, 0, "0.5")


def test_a_file_that_is_refused_changes_nothing(page: Page) -> None:
    before = figure(page, "edit")
    wrong = npz.write_npz(random_weights(Settings(units=5), 1))
    for name, content, said in (
        ("wrong.npz", wrong, "file.kernel"),
        ("no.npz", b"<script>", "cannot be read"),
        ("large.npz", bytes(MOST_BYTES + 1), "The file is too large"),
    ):
        files = [{"name": name, "mimeType": "application/zip", "buffer": content}]
        page.locator("input[type=file]").set_input_files(files)
        expect(page.get_by_text(said).first).to_be_visible()
        settle(page)
    assert figure(page, "edit") == before
    assert query(page) == {}
    file = io.BytesIO()
    np.savez(file, **random_weights(Settings(), 2))
    files = [{"name": "good.npz", "mimeType": "application/zip", "buffer": file.getvalue()}]
    page.locator("input[type=file]").set_input_files(files)
    expect(page.get_by_text(text("start.brought", edited=""))).to_be_visible()


@opened_by("?grid=tokens&length=4")
def test_tokens_are_typed(page: Page) -> None:
    select(page, 0, 2)
    type_in(page, "7")
    expect(page.get_by_role("textbox", name="Token ids")).to_have_value("4, 21, 7, 13")
    assert query(page)["tokens"] == ["4, 21, 7, 13"]
    (ticks,) = {tuple(t["x"]) for t in figure(page, "edit") if t.get("name") == "h"}
    assert len(ticks) == 4
