"""The parts of the browser code that need no page of ours, case by case.

Each test has one page, which has nothing but the modules that it names in `modules`.
"""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page

from components.backend.mistakes.mistakes import MISTAKES, Outcome, answer
from components.backend.running.keras_error import in_short
from components.charts import strips
from components.charts.picture import MARK, label
from components.panels.run import scripts
from components.panels.teaching.found import contents, index
from tests.browser.dashboard import NewPage

LOAD = """async (addresses) => {
  window.modules = Object.assign({}, ...await Promise.all(addresses.map((each) => import(each))))
}"""

Load = Callable[..., Page]
LOUD = [name for name, mistake in MISTAKES.items() if mistake.says]


@pytest.fixture
def load(new_page: NewPage) -> Load:
    """Opens a page that has what these modules export, as `modules`."""

    def load(*names: str, **options: bool) -> Page:
        page = new_page(**options)
        page.goto("/_stcore/health")
        page.evaluate(LOAD, [scripts.address(name) for name in names])
        return page

    return load


# --- The history -----------------------------------------------------------------------------

HISTORY = """([chooses, kind, url]) => {
  modules.keepInAddress((named) => { named.set("step", "3"); return named })
  const before = history.length
  document.body.innerHTML = "<button>b</button><p>p</p>"
  document.querySelector(chooses ? "button" : "p").click()
  history[kind](null, "", url)
  const added = history.length - before
  history.pushState(null, "", "?later")
  return [location.hash, added, history.length - before - added]
}"""


@pytest.mark.parametrize(
    ("chooses", "kind", "url", "added"),
    [
        (False, "pushState", "?a", 0),  # a slider has moved
        (True, "pushState", "?a", 1),
        (True, "replaceState", "?a", 0),
        (False, "pushState", "/other", 1),
    ],
)
def test_only_a_choice_and_another_page_add_an_entry(
    load: Load, chooses: bool, kind: str, url: str, added: int
) -> None:
    page = load("browser/history.js", fresh=True)
    after = int(chooses and kind == "replaceState")  # the choice is still to be written
    assert page.evaluate(HISTORY, [chooses, kind, url]) == ["#step=3", added, after]


@pytest.mark.parametrize(("seconds", "reloads"), [(5, False), (20, True)])
def test_a_page_is_loaded_anew_when_the_modules_come_in_another_version(
    load: Load, seconds: int, reloads: bool
) -> None:
    page = load("browser/history.js", fresh=True)
    page.evaluate("(now) => { performance.now = () => now }", seconds * 1000)
    other = scripts.address("browser/history.js") + "?another=version"
    page.evaluate("(address) => { import(address).then(() => { window.loaded = true }) }", other)
    page.wait_for_function("() => window.loaded || !window.modules")
    page.wait_for_load_state()
    assert page.evaluate("!window.modules") is reloads


LEAVE = """(held) => {
  document.body.innerHTML = '<a href="/other">other</a>'
  const link = document.querySelector("a")
  link.addEventListener("click", (event) => event.preventDefault())  // as Streamlit's links
  link.dispatchEvent(new MouseEvent("click", { bubbles: true, cancelable: true, ctrlKey: held }))
  const before = history.length
  for (const url of ["?units=4", "/other?units=4", "?units=5"]) history.pushState(null, "", url)
  return [location.pathname + location.search, history.length - before]
}"""


@pytest.mark.parametrize(("held", "added"), [(False, 1), (True, 2)])
def test_what_the_server_writes_before_the_path_has_changed_adds_no_entry(
    load: Load, held: bool, added: int
) -> None:
    """Else Back from the page that was opened would lead to the page before under its address. With
    Ctrl the link opens in another tab, and the next write is one of this page."""
    page = load("browser/history.js", fresh=True)
    assert page.evaluate(LEAVE, held) == ["/other?units=5", added]


def test_what_stands_after_the_hash_is_read_and_changed_by_name(load: Load) -> None:
    page = load("browser/history.js")
    cases = {
        "/a?b=c#step=3&find=%ED%95%9C": "/a?b=c#find=%ED%95%9C",
        "?b=c": "/_stcore/health?b=c",
        "/a#step=3": "/a",
    }
    without_step = "(url) => modules.renamed(url, (named) => (named.delete('step'), named))"
    home = page.evaluate("location.origin")
    assert [page.evaluate(without_step, url) for url in cases] == [
        home + after for after in cases.values()
    ]


# --- The playhead ----------------------------------------------------------------------------

# What watches it; a chart of 5 steps, and of 3, the controls, which begin at step 2, and a film.
PLAY = """(moves) => {
  const look = () => {}
  const nearest = (name, held) => Math.min(held, name === "step" ? 5 : 2)
  const watchers = {
    chart: { look, steps: 5, near: true }, short: { look, steps: 3, near: true },
    controls: { look, steps: 5, begins: 2, nearest }, film: { look, film: { film: {} } },
  }
  let changed = 0
  const playhead = new modules.Playhead(() => changed++)
  for (const [name, ...given] of moves) {
    if (name === "use") playhead.used = watchers[given[0]]
    else if (name === "read") playhead.read(new URLSearchParams(given[0]))
    else playhead[name](...given.map((each) => watchers[each] ?? each))
  }
  const { step, unit, steps, held } = playhead
  const noted = `${playhead.noted(new URLSearchParams("find=x"))}`
  return { step, unit, steps, checkpoint: held.checkpoint, noted }
}"""

CHART, CONTROLS, FILM = ["add", "chart"], ["add", "controls"], ["add", "film"]
PLAYED: dict[str, tuple[list[list[Any]], dict[str, Any]]] = {
    "nothing is held": ([], {"step": None, "unit": 0, "steps": 0, "noted": "find=x"}),
    "the first key goes to step 1": ([CHART, ["by", 1]], {"step": 1, "noted": "step=1&find=x"}),
    "also the one back": ([CHART, ["by", -1]], {"step": 1}),
    "controls begin where they say": ([CONTROLS], {"step": 2, "noted": "find=x"}),
    "and go on from there": ([CONTROLS, ["by", 1]], {"step": 3}),
    "not beyond the last step": ([CHART, ["hold", {"step": 5}], ["by", 1]], {"step": 5}),
    "back from beyond it": ([CHART, ["hold", {"step": 9}], ["by", -1]], {"step": 4}),
    "the pointer shows": ([CHART, ["hold", {"step": 3}], ["point", 4, "chart"]], {"step": 4}),
    "and does not hold": (
        [CHART, ["hold", {"step": 3}], ["point", 4, "chart"], ["leave", "chart"]],
        {"step": 3},
    ),
    "another chart's pointer counts": (
        [CHART, ["point", 4, "chart"], ["leave", "short"]],
        {"step": 4, "noted": "find=x"},
    ),
    "what is held is shown": ([["point", 4, "chart"], ["hold", {"step": 2}]], {"step": 2}),
    "but a unit": ([["point", 4, "chart"], ["hold", {"unit": 1}]], {"step": 4, "unit": 1}),
    "the page says where": ([CHART, ["begin", {"step": 4, "unit": None}]], {"step": 4, "unit": 0}),
    "once": ([["begin", {"step": 4}], ["hold", {"step": 2}], ["begin", {"step": 4}]], {"step": 2}),
    "until it says another": ([["begin", {"step": 4}], ["begin", {"step": 5}]], {"step": 5}),
    "a link names them": (
        [CHART, ["read", "x=y&unit=1&step=3"]],
        {"step": 3, "unit": 1, "noted": "step=3&unit=1&find=x"},
    ),
    "the page does not, then": ([["read", "step=3"], ["begin", {"step": 4}]], {"step": 3}),
    "the first time": (
        [["read", "step=3"], ["begin", {"step": 4}], ["begin", {"step": 5}]],
        {"step": 5},
    ),
    "no number of ours": ([["read", "step=-1&unit=a&checkpoint=1234567"]], {"step": None}),
    "the address has what is shown": (
        [CONTROLS, ["hold", {"step": 9, "unit": 7}]],
        {"step": 9, "noted": "step=5&unit=2&find=x"},
    ),
    "no checkpoint without a film": ([["hold", {"checkpoint": 20}]], {"noted": "find=x"}),
    "with one": ([FILM, ["hold", {"checkpoint": 20}]], {"noted": "checkpoint=20&find=x"}),
    "another training's is let go": (
        [["hold", {"checkpoint": 20}], ["forgetCheckpoint"]],
        {"checkpoint": None},
    ),
    "not a link's": ([["read", "checkpoint=20"], ["forgetCheckpoint"]], {"checkpoint": 20}),
    "the chart that is used has the steps": (
        [CHART, ["add", "short"], ["use", "short"], ["by", 9]],
        {"step": 3, "steps": 3},
    ),
    "when it is gone, another one in sight": (
        [CHART, ["add", "short"], ["use", "short"], ["remove", "short"]],
        {"steps": 5},
    ),
}


def test_the_playhead_shows_what_is_pointed_at_or_held(load: Load) -> None:
    page = load("browser/playhead_state.js")
    for name, (moves, expected) in PLAYED.items():
        found = page.evaluate(PLAY, moves)
        assert {each: found[each] for each in expected} == expected, name


@pytest.mark.parametrize(("checkpoint", "at"), [(None, 2), (0, 0), (12, 1), (20, 1), (99, 2)])
def test_the_nearest_checkpoint_is_shown(load: Load, checkpoint: int | None, at: int) -> None:
    nearest = """(checkpoint) => {
      const playhead = new modules.Playhead(() => {})
      playhead.hold({ checkpoint })
      return playhead.nearest([0, 10, 30])
    }"""
    assert load("browser/playhead_state.js").evaluate(nearest, checkpoint) == at


# --- Strips and rows -------------------------------------------------------------------------

ROWS = {"top": 1, "height": 4, "pitch": 6, "units": 4}
UNITS = {0.5: None, 1: 0, 1.9: 0, 2: 1, 4.9: 3, 5.5: None, 7: 0, 10.5: 3, 12.5: None}


def test_a_row_is_a_unit(load: Load) -> None:
    page = load("draw/rows.js")
    unit_at = "([y, rows]) => modules.unitAt(y, rows)"
    assert {y: page.evaluate(unit_at, [y, ROWS]) for y in UNITS} == UNITS
    assert page.evaluate(unit_at, [2, ROWS | {"units": 1}]) is None
    assert page.evaluate(unit_at, [2, None]) is None
    strips = "(rows) => modules.stripsOf({ yaxis: { range: [12, 0] }, meta: { rows } })"
    first, second = page.evaluate(strips, ROWS)
    assert first == pytest.approx([1 / 12, 5 / 12])
    assert second == pytest.approx([7 / 12, 11 / 12])
    assert page.evaluate(strips, None) == [[0, 1]]


# --- A film's cells --------------------------------------------------------------------------

LEVELS = 1000
CELLS = [{"type": "heatmap", "x": [1, 2], "y": [0, 1, 2]}, {"type": "scatter"}]
CELLS.append({"type": "heatmap", "x": [1, 2], "y": [0, 1]})


def test_a_frame_has_a_number_for_each_cell(load: Load) -> None:
    page = load("draw/film_cells.js")
    packed = [[0, 500, 1000, LEVELS + 1, 0, 250], [1000] * 6]
    frames = [base64.b64encode(np.array(each, "<u2").tobytes()).decode() for each in packed]
    film = {"frames": frames, "levels": LEVELS, "scales": [[-1, 1], [0, 4]]}
    frame = "([film, at, traces]) => modules.frameOf(film, at, traces)"
    assert page.evaluate(frame, [film, 0, CELLS]) == [[[-1, 0], [1, None]], [[0, 1]]]
    assert page.evaluate(frame, [film, 1, CELLS]) == [[[1, 1], [1, 1]], [[4, 4]]]


RED = [[0, "rgb(0, 0, 0)"], [0.5, "rgb(100, 0, 0)"], [1, "rgb(200, 40, 0)"]]


def test_a_number_is_painted_in_the_colour_of_its_scale(load: Load) -> None:
    """On whole pixels, with the gaps and the empty cells in the page's colour."""
    page = load("draw/film_cells.js")
    shades = page.evaluate("(scale) => modules.shades(scale)", RED)
    assert len(shades) == 256
    assert (shades[0], shades[-1]) == ("rgba(0,0,0)", "rgba(200,40,0)")
    trace = {"x": [1, 2, 3], "y": [0, 1], "xgap": 2, "ygap": 0, "zmin": -1, "zmax": 1}
    painted = """([trace, values]) => {
      const pen = new OffscreenCanvas(30, 10).getContext("2d")
      const axis = { l2p: (value) => 10 * value }
      const xaxis = { l2p: (value) => 10 * (value - 0.5) }
      modules.paintCells(pen, trace, values, { xaxis, yaxis: axis, back: "rgb(0, 0, 255)" })
      return [0, 5, 9, 10, 15, 25].map((x) => [...pen.getImageData(x, 5, 1, 1).data].slice(0, 3))
    }"""
    back, low, high = [0, 0, 255], [0, 0, 0], [200, 40, 0]
    found = page.evaluate(painted, [trace | {"colorscale": RED}, [[-7, None, 1]]])
    assert found == [back, low, back, back, back, high]


# --- Fitting ---------------------------------------------------------------------------------

FONT = {"family": "sans-serif", "size": 14}
SIZES = [14, 12]
APART = 4


def wide(page: Page, text: str, size: float = 14) -> float:
    return page.evaluate(
        "([text, font, size]) => modules.wide(text, font, size)", [text, FONT, size]
    )


def test_a_text_is_as_wide_as_its_widest_line(load: Load) -> None:
    page = load("draw/fit.js")
    assert wide(page, "ab<br>abcd<br>a") == wide(page, "abcd")
    assert wide(page, "<i>abcd</i>") == wide(page, "abcd") < wide(page, "<b>abcd</b>")
    assert wide(page, "&lt;") == wide(page, "m")
    assert wide(page, "abcd", 28) == pytest.approx(2 * wide(page, "abcd"), rel=0.05)


SHORTENED = [
    ("return sequences of all", "return … all", "return … all"),
    ("return sequences of all", "return … of all", "return … of all"),
    ("<b>forget gate</b> of unit 3", "<b>forget</b> … unit 3", "<b>forget</b> … unit 3"),
    ("embedding", "embed…", "embed…"),
    ("a&lt;b&gt;ccc", "a&lt;b…", "a&lt;b…"),  # never half an entity
    ("embedding", "embedding", "embedding"),
    ("embedding", "…", ""),
]


@pytest.mark.parametrize(("text", "room", "expected"), SHORTENED)
def test_a_text_is_cut_to_its_room(load: Load, text: str, room: str, expected: str) -> None:
    page = load("draw/fit.js")
    shorten = "([text, room, font]) => modules.shortened(text, room, font, 14)"
    assert page.evaluate(shorten, [text, wide(page, room), FONT]) == expected


@pytest.mark.parametrize("width", [2500, 2000, 1500, 900, 600, 300, 120, 40])
def test_ticks_are_as_many_as_fit(load: Load, width: int) -> None:
    page = load("draw/fit.js")
    steps = list(range(1, 101))
    axis = {"range": [0.5, 100.5], "tickvals": steps, "ticktext": list(map(str, steps))}
    layout = {"font": FONT, "width": width, "height": 100, "margin": dict.fromkeys("lrtb", 0)}
    thin = "([axis, layout, sizes]) => modules.thinned(axis, layout, sizes)"
    found = page.evaluate(thin, [axis, layout, SIZES])
    kept, size = found["tickvals"], found["tickfont"]["size"]
    assert found["ticktext"] == list(map(str, kept))
    every, room = kept[0], wide(page, "100", size) + APART
    assert kept == steps[every - 1 :: every]
    assert every * width / 100 >= room
    if size == 12:  # larger ones did not all fit
        assert width / 100 < wide(page, "100", 14) + APART
    fewer = [each for each in (1, 2, 3, 4, 5, 10, 20, 50) if each < every]
    assert not fewer or fewer[-1] * width / 100 < room


@pytest.mark.parametrize(("width", "kept"), [(900, range(10, 101, 10)), (150, range(20, 101, 20))])
def test_of_every_tenth_step_no_tick_is_left_out_that_fits(
    load: Load, width: int, kept: range
) -> None:
    """And a tick beside a step, which is to be seen in any case, stays."""
    steps = [*range(10, 101, 10)]
    ticks = {**{step: str(step) for step in steps}, 5 + 1e-6: "5"}
    places = sorted(ticks)
    texts = [ticks[place] for place in places]
    axis = {"range": [0.5, 100.5], "tickvals": places, "ticktext": texts}
    layout = {"font": FONT, "width": width, "height": 100, "margin": dict.fromkeys("lrtb", 0)}
    thin = "([axis, layout, sizes]) => modules.thinned(axis, layout, sizes)"
    found = load("draw/fit.js").evaluate(thin, [axis, layout, SIZES])
    assert found["ticktext"] == ["5", *map(str, kept)]


@pytest.mark.parametrize("shown", ["−0.251", "−0.3", "−.3", None])
def test_numbers_are_written_as_long_as_their_cells(load: Load, shown: str | None) -> None:
    page = load("draw/fit.js")
    trace = {
        "type": "scatter",
        "meta": {"numbers": [["−0.251", "0.5"], ["−0.3", "0.5"]]},
        "textfont": {"color": ["page", "white"]},
    }
    layout = {
        "xaxis": {"range": [0.5, 2.5]},
        "yaxis": {"range": [1, 0]},
        "margin": dict.fromkeys("lrtb", 0),
        "meta": {"pageText": "page"},
    }
    fit = """([trace, layout, width, sizes]) => {
      const style = { getPropertyValue: (name) => (name === "--st-font" ? "sans-serif" : name) }
      return modules.fitted([trace], layout, { width, height: 40, sizes, style }).traces[0]
    }"""
    column = wide(page, shown, SIZES[-1]) + APART if shown else APART
    found = page.evaluate(fit, [trace, layout, APART + 2 * column, SIZES])  # APART at the left
    assert found["visible"] == (shown is not None)
    assert not shown or found["text"][0] == shown
    assert found["textfont"]["color"] == ["--st-text-color", "white"]


def test_frames_and_badges_are_in_the_page_s_ink(load: Load) -> None:
    frame, other = strips.frame((0, 1), (0, 1)), {"type": "line", "line": {"color": MARK}}
    layout = {
        "xaxis": {"range": [0.5, 2.5]},
        "yaxis": {"range": [1, 0]},
        "margin": dict.fromkeys("lrtb", 0),
        "shapes": [frame, other],
        "annotations": [strips.badge("returned", 1, 0), label("h", 1, 0)],
    }
    fit = """([layout, sizes]) => {
      const style = { getPropertyValue: (name) => (name === "--st-font" ? "sans-serif" : name) }
      return modules.fitted([], layout, { width: 400, height: 40, sizes, style }).layout
    }"""
    found = load("draw/fit.js").evaluate(fit, [layout, SIZES])
    assert [each["line"]["color"] for each in found["shapes"]] == ["--st-text-color", MARK]
    badge, plain = found["annotations"]
    assert (badge["bgcolor"], badge["font"]["color"]) == (
        "--st-text-color",
        "--st-background-color",
    )
    assert "bgcolor" not in plain


SHOWN = """([traces, layout, width, sizes]) => {
  const style = { getPropertyValue: (name) => (name === "--st-font" ? "sans-serif" : name) }
  const found = modules.fitted(traces, layout, { width, height: 100, sizes, style }).traces
  return found.map((trace) => trace.visible && trace.text)
}"""

SMALL, LARGE = ["0.011", "−0.012", "0.013"], ["−0.251", "0.500", "0.250"]


@pytest.mark.parametrize(
    ("strips", "shown"),
    [
        ([SMALL, LARGE], True),  # a half that reads as 0 still tells the other half
        ([SMALL, SMALL, LARGE], False),
        ([["0", "0", "≈0"], SMALL, LARGE], True),  # what is 0 anyway has lost nothing
    ],
)
def test_numbers_stand_in_all_strips_or_in_none(
    load: Load, strips: list[list[str]], shown: bool
) -> None:
    """Beside them, states have columns four times as wide, which keep their numbers."""
    page = load("draw/fit.js")
    shorter = dict.fromkeys(SMALL, "≈0") | {n: n[:-2] for n in LARGE}
    traces = [
        {
            "type": "scatter",
            "xaxis": axis,
            "meta": {"numbers": [strip, [shorter.get(number, number) for number in strip]]},
            "textfont": {"color": ["page"] * 3},
        }
        for axis in ("x", "x2")
        for strip in strips
    ]
    layout = {
        "xaxis": {"range": [0.5, 3.5], "domain": [0, 0.2]},
        "xaxis2": {"range": [0.5, 3.5], "domain": [0.2, 1]},
        "yaxis": {"range": [1, 0]},
        "margin": dict.fromkeys("lrtb", 0),
        "meta": {"pageText": "page"},
    }
    column = wide(page, "−0.3", 12) + APART
    found = page.evaluate(SHOWN, [traces, layout, APART + 15 * column, [12]])
    steps, states = found[: len(strips)], found[len(strips) :]
    assert [bool(each) for each in steps] == [shown] * len(strips)
    assert all(states)
    if not shown:
        assert states == strips  # in full


def test_small_numbers_beside_large_ones_are_not_said_to_be_0(load: Load) -> None:
    """However narrow their column is, and wherever their colour scale ends."""
    page = load("draw/fit.js")
    layout = {
        "xaxis": {"range": [0.5, 1.5]},
        "yaxis": {"range": [1, 0]},
        "margin": dict.fromkeys("lrtb", 0),
        "meta": {"pageText": "page"},
    }
    cells = {"type": "heatmap", "x": [1], "y": [0, 0.2, 0.4, 0.6, 0.8, 1]}
    cells |= {"z": [[0.29], [-1.46], [1.96], [-0.02], [0]], "meta": {"written": [2, 1]}}
    for widest, shown in (
        ("−1.46", ["0.29", "−1.46", "1.96", "−0.02", "0"]),
        ("−1.5", ["0.3", "−1.5", "2.0", "≈0", "0"]),
        ("−1.", [".3", "−1", "2", "≈0", "0"]),
    ):
        width = APART + wide(page, widest, 12) + APART  # the first is at the left
        assert page.evaluate(SHOWN, [[cells], layout, width, [12]])[1] == shown


def packed(rows: list[list[float]]) -> dict[str, str]:
    """Values as a figure has them."""
    said = base64.b64encode(np.array(rows, "<f4").tobytes()).decode()
    return {"dtype": "f4", "bdata": said, "shape": f"{len(rows)}, {len(rows[0])}"}


@pytest.mark.parametrize(("strong", "colour"), [(0.4, "white"), (None, "page")])
def test_numbers_come_from_the_cells(load: Load, strong: float | None, colour: str) -> None:
    """In columns that are given by their edges, too; and none in cells that are too small."""
    page = load("draw/fit.js")
    layout = {
        "xaxis": {"range": [0.5, 2.5]},
        "yaxis": {"range": [1, 0]},
        "margin": dict.fromkeys("lrtb", 0),
        "meta": {"pageText": "page"},
    }
    written = "([trace, layout]) => modules.numbersOn(trace, layout)"
    values = [[0.25, -0.5], [0, 1e-9]]
    trace = {"type": "heatmap", "y": [0, 0.25, 0.5], "xaxis": "x", "yaxis": "y"}
    trace["meta"] = {"written": [2, strong]}
    for z in (values, packed(values)):
        for x in ([1, 2], [0.5, 1.5, 2.5]):
            large = layout | {"width": 100, "height": 100}
            (found,) = page.evaluate(written, [trace | {"x": x, "z": z}, large])
            assert found["meta"]["numbers"][0] == ["0.25", "−0.50", "0", "≈0"]
            assert (found["x"], found["y"]) == ([1, 2, 1, 2], [0.125, 0.125, 0.375, 0.375])
            assert found["textfont"]["color"] == ["page", colour, "page", "page"]
            small = layout | {"width": 100, "height": 40}
            assert page.evaluate(written, [trace | {"x": x, "z": z}, small]) == []


FITTED_LABELS = """([layout, width, sizes]) => {
  const style = { getPropertyValue: (name) => (name === "--st-font" ? "sans-serif" : name) }
  return modules.fitted([], layout, { width, height: 40, sizes, style }).layout.annotations
}"""


@pytest.mark.parametrize(
    ("width", "scale", "aside"),
    [(800, "−0.5 to 0.5", True), (130, "±0.5", True), (50, "±", False)],
)
def test_labels_take_the_form_that_fits(load: Load, width: int, scale: str, aside: bool) -> None:
    """And one that only helps is left out where it would touch another."""
    page = load("draw/fit.js")
    at = {"xref": "x", "yref": "y", "xanchor": "center", "yanchor": "bottom"}
    labels = [
        at | {"text": "−0.5 to 0.5", "x": 1, "y": 1},
        at | {"text": "title", "x": 1, "y": 0},
        at | {"text": "aside", "x": 2, "y": 0, "name": "aside"},
    ]
    layout = {
        "xaxis": {"range": [0.5, 2.5]},
        "yaxis": {"range": [1, 0]},
        "margin": dict.fromkeys("lrtb", 0),
        "annotations": labels,
        "meta": {"short": {"−0.5 to 0.5": ["±0.5", "±"]}},
    }
    texts = [each["text"] for each in page.evaluate(FITTED_LABELS, [layout, width, SIZES])]
    assert scale in texts
    assert ("aside" in texts) == aside


@pytest.mark.parametrize(
    ("column", "kept"), [(40, [1, 2, 3, 4, 5, 6]), (13, [1, 3, 5]), (7, [1, 4])]
)
def test_labels_over_columns_stay_there_or_are_left_out(
    load: Load, column: int, kept: list[int]
) -> None:
    """Those stay that come first in the figure; any other label makes room for them."""
    page = load("draw/fit.js")
    at = {"yref": "y", "y": 0, "yanchor": "bottom"}
    over = at | {"xref": "x", "xanchor": "center", "name": "over"}
    columns = [1, 3, 2, 4, 5, 6] if column == 13 else [1, 4, 2, 3, 5, 6]
    layout = {
        "xaxis": {"range": [0.5, 6.5]},
        "yaxis": {"range": [1, 0]},
        "margin": dict.fromkeys("lrtb", 0),
        "annotations": [
            at | {"text": "reads", "xref": "paper", "x": 0, "xanchor": "right", "xshift": -4},
            *(over | {"text": f"1{x}", "x": x} for x in columns),
        ],
    }
    margin = math.ceil(wide(page, "reads", 12) + 4) + APART
    found = page.evaluate(FITTED_LABELS, [layout, margin + 6 * column, [12]])
    assert sorted(each["x"] for each in found if each.get("name") == "over") == kept
    assert not any(each.get("xshift") for each in found if each.get("name") == "over")
    (reads,) = (each for each in found if each["text"] == "reads")
    left = column / 2 - wide(page, "11", 12) / 2  # of the first column's, from the plot's edge
    assert reads["xshift"] <= min(-4, left - APART) + 0.01


def test_labels_that_only_help_stand_apart(load: Load) -> None:
    page = load("draw/fit.js")
    at = {"xref": "x", "yref": "y", "y": 0, "xanchor": "right", "name": "aside"}
    layout = {
        "xaxis": {"range": [0, 400 - APART]},  # in px: APART is at the left
        "yaxis": {"range": [1, 0]},
        "margin": dict.fromkeys("lrtb", 0),
        "annotations": [at | {"text": "computed", "x": 290}, at | {"text": "returned", "x": 300}],
    }
    found = page.evaluate(FITTED_LABELS, [layout, 400, SIZES])
    ends = {each["text"]: each["x"] + each.get("xshift", 0) for each in found}
    assert ends["returned"] == 300
    assert ends["computed"] == pytest.approx(300 - wide(page, "returned") - APART)


def test_labels_of_all_cells_are_written_once(load: Load) -> None:
    page = load("draw/fit.js")
    repeat = "(trace) => modules.repeated(trace)"
    trace = {"type": "heatmap", "customdata": [["a", "b"]], "text": [["1"], ["2", "3"]]}
    repeated = {"customdata": [["a", "b"], ["a", "b"]], "text": [["1", "1"], ["2", "3"]]}
    assert page.evaluate(repeat, trace) == trace | repeated
    for as_it_is in (trace | {"type": "scatter"}, {"type": "heatmap"}):
        assert page.evaluate(repeat, as_it_is) == as_it_is


# --- The drawings of cells -------------------------------------------------------------------

SHORT = {
    (0.12345, 3): "0.123",
    (-0.5, 3): "−0.500",
    (-0.0001, 3): "0.000",
    (12.345, 3): "12.3",
    (-12.345, 2): "−12",
    (0.999, 2): "1.00",
}
DRAW = """([cell, folded, value, gate]) => {
  const { draw, [folded ? "folded" : "form"]: form } = modules.DRAWINGS[cell]
  const [wide, half] = folded ? [62, 46] : [72, 52]
  const sketch = new modules.Sketch({ wide, half, ...form })
  const v = { c0: value, c: value, h0: value, h: value, g: value, x: [value, -value],
    i: gate, f: gate, o: gate, z: gate, r: gate,
    inputs: value, recurrent: -value / 2, total: value / 2 }
  const returned = { outputs: "now", state_h: "later", state_c: "now" }
  const say = new Proxy({}, { get: (_, name) => `say ${name}` })
  const reach = { h: 1, c: 1, s: 1, x: 1 }
  draw(sketch, v, { say, at: form.at, reach, returned, folded, bend: Math.tanh, came: 1 })
  const svg = sketch.svg("a cell").replace("<svg", '<svg xmlns="http://www.w3.org/2000/svg"')
  const drawn = new DOMParser().parseFromString(svg, "image/svg+xml")
  const boxes = [...drawn.querySelectorAll("rect")].map((box) =>
    ["x", "y", "width", "height"].map((name) => Number(box.getAttribute(name))))
  const doors = [...drawn.querySelectorAll(".rnn-open")]
  return {
    broken: drawn.querySelector("parsererror")?.textContent ?? svg.match(/NaN|undefined|null/)?.[0],
    boxes, size: [form.width, form.height], words: drawn.documentElement.textContent,
    opened: doors.map((door) => door.getAttribute("width") / wide),
  }
}"""
DOORS = {"LSTM": 3, "GRU": 2, "SimpleRNN": 0}


@pytest.mark.parametrize(("cell", "folded"), list(product(DOORS, (False, True))))
def test_a_cell_is_drawn_within_its_size_with_doors_as_open_as_its_gates(
    load: Load, cell: str, folded: bool
) -> None:
    page = load("draw/cells.js", "draw/sketch.js")
    for value, gate in product((0, 0.6, -1), (0, 0.25, 1)):
        drawn = page.evaluate(DRAW, [cell, folded, value, gate])
        assert drawn["broken"] is None, (value, gate)
        width, height = drawn["size"]
        for x, y, wide, high in drawn["boxes"]:
            assert min(x, y, wide, high) >= 0, (value, gate)
            assert x + wide <= width, (value, gate)
            assert y + high <= height, (value, gate)
        assert drawn["opened"] == [pytest.approx(gate)] * DOORS[cell]
        assert "outputs" in drawn["words"]


def test_numbers_of_a_drawing_are_short(load: Load) -> None:
    page = load("draw/sketch.js")
    short = "([value, places]) => modules.short(value, places)"
    assert {given: page.evaluate(short, list(given)) for given in SHORT} == SHORT


# --- Finding an entry ------------------------------------------------------------------------

WORDS = {
    "What is a mask?": ["what", "is", "mask"],
    "마스크를 쓰나요": ["마스", "스크", "쓰나"],
    "“return_sequences”, (32)": ["returnsequences", "return", "sequence"],
    "TimeDistributed": ["timedistributed", "time", "distributed"],
    "LSTM(64)에서 lstm_7": ["lstm(n", "lstm", "lstm"],
    "found ndim=2, shapes (7, 30)": ["found", "ndim=2", "shape"],
    "  x 1 ": [],
}
ENTRIES = {
    "mask": {"asked": "How is padding masked?", "also": "Embedding(100, 8, mask_zero=True)"},
    "units": {
        "asked": "How many units has a layer?",
        "also": "LSTM(32), neurons, units of a layer",
    },
    "error": {"asked": "A table", "also": "ValueError: expected ndim=3, found ndim=2"},
    "higher": {"asked": "Ids", "also": "ValueError: expected ndim=3, found ndim=4"},
    "layer": {"asked": "What does a layer return?", "also": ""},
    "last": {"asked": "마지막 출력이 왜 은닉 상태인가요?", "also": "은닉 상태"},
    # What fits at least is measured on as many entries as the app has.
    **{f"other{at}": {"asked": f"other{at}", "also": ""} for at in range(150)},
}
FOUND = {
    "masks": "mask",
    "mask_zero": "mask",
    "units=32": "units",
    "LSTM(128)": "units",
    "neuron": "units",
    "paddding": "mask",
    "expected ndim=3, found ndim=2": "error",
    "expected ndim=3, found ndim=4": "higher",
    "nodes of a layer": "units",
    "은닉상태는": "last",
    "attention heads": None,
}


def test_entries_are_found_by_words(load: Load) -> None:
    page = load("search/search.js")
    words_of = "(typed) => modules.wordsOf(typed)"
    assert {typed: page.evaluate(words_of, typed) for typed in WORDS} == WORDS
    find = """([entries, typed]) => {
      const every = Object.entries(entries).map(([name, said]) => ({ name, answer: "", ...said }))
      return modules.searcher(every, [["nodes", "units"]])(typed)[0] ?? null
    }"""
    assert {typed: page.evaluate(find, [ENTRIES, typed]) for typed in FOUND} == FOUND


READ_AS = {
    "(32, 10, 8)": "code",
    " LSTM(64) ": "code",
    "LSTM(64) cells": "",
    "ndim=3": "error",
    "what is ndim": "",
}


def test_what_can_be_read_is_told_from_a_question(load: Load) -> None:
    page = load("search/read.js")
    read_as = "(line) => modules.readAs(line, [/ndim=\\d/])"
    assert {line: page.evaluate(read_as, line) for line in READ_AS} == READ_AS
    is_read = "modules.isRead"
    pasted = ("a\nb", "ValueError: no", "(3, 4)", "why is the loss nan\n")
    assert [page.evaluate(is_read, text) for text in pasted] == [True, True, True, False]


def test_the_browser_knows_the_errors_that_the_server_explains(load: Load) -> None:
    page = load("search/read.js")
    errors = json.loads(contents()[index()])["errors"]
    said = [in_short(outcome.error or outcome.warning) for outcome in map(wrong, LOUD)]
    read_as = """([errors, said]) => {
      const known = errors.map((pattern) => new RegExp(pattern))
      return said.map((line) => modules.readAs(line, known))
    }"""
    assert page.evaluate(read_as, [errors, said]) == ["error"] * len(LOUD)


def wrong(name: str) -> Outcome:
    """What becomes of a mistake."""
    return answer(name).wrong
