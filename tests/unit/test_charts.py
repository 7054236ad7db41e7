"""The figures' own data against the run that they show, and what their texts say of it."""

from __future__ import annotations

import dataclasses
import math
import re
from colorsys import rgb_to_hsv
from functools import cache
from itertools import pairwise, product
from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest

from components.backend import Run, Settings, run
from components.backend.cells import CELLS, RECURRENT_ACTIVATIONS
from components.backend.question.layout import BLOCKS, KERAS_DEFAULTS
from components.charts import (
    Limits,
    Picture,
    activations,
    fitted,
    inside,
    parameters,
    timeline,
    timeline_note,
)
from components.charts.picture import (
    CELL,
    DIM,
    GATE,
    HIDDEN,
    MARK,
    RETURNED,
    STRONG,
    WHITE,
    decimals,
    fixed,
    number,
    reach,
)
from components.texts import text
from tests.kinds import chosen_of, soaked

TOKENS = ((4, 21, 64, 13, 77), (66, 54, 30, 81, 87))
FLAGS = ("return_sequences", "return_state", "go_backwards")
CASES = [
    Settings(cell=cell, units=3, tokens=TOKENS, **dict(zip(FLAGS, values, strict=True)))
    for cell in CELLS
    for values in product((True, False), repeat=len(FLAGS))
]
# One step, one unit, and more than there is room for.
SIZES = [
    Settings(cell=cell, units=units, return_sequences=on, return_state=on, tokens=(ids,))
    for cell, units, ids, on in product(CELLS, (1, 64), ((7,), tuple(range(100))), (True, False))
]
RAW = Settings(embedding=False, units=2)
BEYOND = Settings(embedding=False, units=8, seed=5)  # its c exceeds 1
NOT_RETURNED = text("charts.not_returned")
VIEWS = list(product(("heatmap", "lines"), ("fitted", "fixed")))


def called(settings: Settings) -> str:
    flags = [name for name in FLAGS if getattr(settings, name)]
    return "-".join([settings.cell, f"{settings.units}x{settings.steps}", *flags])


def kind_of(settings: Settings) -> dict[str, Any]:
    """The cell and what is returned, of which every combination is drawn; and the direction."""
    returned = settings.return_sequences, settings.return_state
    return {"cell": settings.cell, "returned": returned, "backwards": settings.go_backwards}


@pytest.fixture(params=soaked(CASES, kind_of, called))
def result(request: pytest.FixtureRequest) -> Run:
    return run(request.param)


@cache
def other_state(settings: Settings) -> Run:
    """A run whose state_h is not its last output."""
    result = run(settings)
    outputs, state_h, *rest = result.returned
    state_h = dataclasses.replace(state_h, values=state_h.values + np.float32(0.5))
    return dataclasses.replace(result, returned=(outputs, state_h, *rest))


def strips(picture: Picture) -> list[dict[str, Any]]:
    return [trace for trace in picture.figure["data"] if trace["type"] == "heatmap"]


def numbers(picture: Picture) -> list[dict[str, Any]]:
    return [trace for trace in picture.figure["data"] if "numbers" in (trace.get("meta") or ())]


def hatches(picture: Picture) -> list[dict[str, Any]]:
    return [trace for trace in picture.figure["data"] if trace.get("meta") == "hatch"]


def marks(picture: Picture) -> list[dict[str, Any]]:
    """What says that a value lies beyond the scale."""
    found = [trace for trace in picture.figure["data"] if trace.get("mode") == "markers"]
    return [trace for trace in found if "triangle" in str(trace["marker"]["symbol"])]


def frames(picture: Picture) -> list[tuple[str, float, float]]:
    """Where something is framed as returned: on which axis, from where to where."""
    shapes = [shape for shape in picture.figure["layout"]["shapes"] if shape["type"] == "rect"]
    return [
        (shape["xref"], shape["x0"], shape["x1"])
        for shape in shapes
        if shape["line"]["color"] == RETURNED
    ]


def labels(picture: Picture) -> list[str]:
    """The texts of the figure's own, a line each."""
    found = picture.figure["layout"].get("annotations", [])
    return [line for label in found for line in label["text"].split("<br>")]


def computed(result: Run, name: str, sentence: int) -> np.ndarray:
    """What the trace has of a part of the timeline, (unit, column)."""
    trace = result.trace
    steps = trace.cell if name == "state_c" else trace.hidden
    if name.startswith("state"):
        return steps[sentence, -1:].T
    columns = slice(-1, None) if name == "outputs" else slice(None, -1)
    return steps[sentence].T if result.settings.return_sequences else steps[sentence, columns].T


def expected_parts(result: Run, sentence: int) -> dict[str, tuple[np.ndarray, bool]]:
    """Every part of the timeline: its values (unit, column), and whether it was returned."""
    parts = {} if result.settings.return_sequences or result.settings.steps == 1 else {"h": None}
    parts |= dict.fromkeys(("outputs", "state_h"))
    parts |= {"state_c": None} if result.settings.cell == "LSTM" else {}
    for name in parts:
        tensor = result.tensor(name)
        values = computed(result, name, sentence)
        if tensor is not None:
            values = tensor[sentence].reshape(-1, result.settings.units).T
        parts[name] = values, tensor is not None
    return parts


def as_number(text: str) -> float:
    return float(text.replace("\N{MINUS SIGN}", "-").replace(",", ""))


# -- All figures -----------------------------------------------------------------------------------


def every_picture(settings: Settings) -> dict[str, Picture]:
    result, last = run(settings), len(settings.tokens) - 1
    pictures = {
        f"timeline {view} {scale}": timeline(result, sentence=last, view=view, scale=scale)
        for view, scale in VIEWS
    }
    inner = inside(result, sentence=last)
    return pictures | {"inside": inner, "parameters": parameters(result)}


def drawn_of(settings: Settings) -> dict[str, Any]:
    """All that makes a difference to what is drawn."""
    names = ("cell", "units", "steps", "embedding", *FLAGS)
    return {name: getattr(settings, name) for name in names}


@pytest.mark.parametrize("settings", soaked([*CASES, *SIZES, RAW], drawn_of, called))
def test_plotly_takes_every_figure(settings: Settings) -> None:
    """And keeps each trace, each axis and each text that is in it."""
    for name, picture in every_picture(settings).items():
        taken = go.Figure(picture.figure).to_plotly_json()
        assert len(taken["data"]) == len(picture.figure["data"]), name
        assert taken["layout"].keys() >= {k for k, v in picture.figure["layout"].items() if v}, name
        assert len(picture.alt) > 40, name
        for trace in picture.figure["data"]:
            for axis in ("xaxis", "yaxis"):
                if letters := trace.get(axis):
                    assert letters.replace(axis[0], axis, 1) in picture.figure["layout"], name


@pytest.mark.parametrize("settings", soaked([*SIZES, RAW], drawn_of, called))
def test_nothing_drawn_is_not_finite(settings: Settings) -> None:
    for name, picture in every_picture(settings).items():
        for trace in picture.figure["data"]:
            values = np.asarray(trace["z"] if "z" in trace else trace["y"], float)
            assert np.isfinite(values).all(), name


# -- The timeline ----------------------------------------------------------------------------------


@pytest.mark.parametrize("sentence", [0, 1])
@pytest.mark.parametrize("scale", ["fitted", "fixed"])
def test_lit_is_what_keras_returned(result: Run, scale: str, sentence: int) -> None:
    parts = expected_parts(result, sentence)
    *drawn, start = strips(timeline(result, sentence=sentence, scale=scale))
    assert [strip["name"] for strip in drawn] == list(parts)
    assert (start["name"], start["opacity"]) == ("h₀", 1)
    for strip in drawn:
        values, returned = parts[strip["name"]]
        np.testing.assert_array_equal(strip["z"], values, strict=True)
        assert strip["opacity"] == (1 if returned else DIM)
        assert strip["y"] == [unit - 0.5 for unit in range(result.settings.units + 1)]


@pytest.mark.parametrize("settings", soaked(SIZES, drawn_of, called))
def test_lit_is_what_keras_returned_at_any_size(settings: Settings) -> None:
    result = run(settings)
    test_lit_is_what_keras_returned(result, "fitted", 0)
    test_every_step_is_drawn_once(result)
    test_lines_go_through_the_same_values(result, "fitted")


def test_dimmed_is_well_below_lit() -> None:
    assert 0 < DIM <= 0.5


def test_every_step_is_drawn_once(result: Run) -> None:
    for view in ("heatmap", "lines"):
        drawn = timeline(result, view=view).figure["data"]
        steps = [trace for trace in drawn if trace["xaxis"] == "x" and trace.get("name")]
        steps = [trace for trace in steps if trace["name"] != "h₀" and trace["x"] != [None]]
        if view == "lines":  # the dotted line also reaches the returned point
            covered = {step for line in steps for step in line["x"]}
        else:
            covered = sorted(step for strip in steps for step in strip["x"])
        assert list(covered) == list(range(1, result.settings.steps + 1))


@pytest.mark.parametrize("scale", ["fitted", "fixed"])
def test_lines_go_through_the_same_values(result: Run, scale: str) -> None:
    parts, units = expected_parts(result, 0), result.settings.units
    if result.trace.cell is not None:
        parts["c"] = result.trace.cell[0].T, False
    picture = timeline(result, view="lines", scale=scale)
    keys = [trace for trace in picture.figure["data"] if trace["x"] == [None]]
    assert [key["line"]["dash"] for key in keys] == ["dash"] * ("c" in parts)
    others = [*hatches(picture), *marks(picture), *keys]
    *drawn, start = [trace for trace in picture.figure["data"] if trace not in others]
    assert start["y"] == result.trace.initial["state_h"][0].tolist()
    assert all(0 <= x < 0.5 or result.settings.steps > 40 for x in start["x"])
    assert len(drawn) == units * len(parts)
    for position, line in enumerate(drawn):
        unit, name = position // len(parts), list(parts)[position % len(parts)]
        values, returned = parts[name]
        assert line["name"] == f"unit {unit}"
        assert (line["line"]["dash"], line["opacity"] == 1) == (
            ("solid", True) if returned else ("dash" if name == "c" else "dot", False)
        )
        assert line["marker"]["symbol"] == ("circle" if returned else "circle-open")
        assert line["y"][: values.shape[1]] == values[unit].tolist()
        if name == "h":
            assert line["y"] == result.trace.hidden[0, :, unit].tolist()
        assert line["hovertemplate"].startswith(f"{name}, unit {unit}: ")


@pytest.mark.parametrize(("view", "scale"), VIEWS)
@pytest.mark.parametrize("settings", [*CASES[::3], RAW, RAW.but(cell="GRU")], ids=called)
def test_colours_and_axes_are_symmetric(settings: Settings, view: str, scale: str) -> None:
    result = run(settings)
    figure = timeline(result, view=view, scale=scale).figure
    largest = {"h": float(np.abs(result.trace.hidden).max())}
    if result.trace.cell is not None:
        largest["c"] = float(np.abs(result.trace.cell).max())
    if view == "heatmap":
        of = {"state_c": "c"}
        found = [s for s in figure["data"] if "zmin" in s]
        ranges = [(largest[of.get(s["name"], "h")], s["zmin"], s["zmax"]) for s in found]
    else:  # h and c stand on one axis
        assert not [name for name in figure["layout"] if re.fullmatch(r"yaxis\d", name)]
        ranges = [(max(largest.values()), *figure["layout"]["yaxis"]["range"])]
    assert ranges
    for most, low, high in ranges:
        assert low == -high
        room = 1 if view == "heatmap" else 1.08
        if scale == "fixed":
            assert high == pytest.approx(room)
        else:
            assert most * (1 - 1e-6) <= high / room <= 1.1 * most


def test_tokens_stand_under_their_steps(result: Run) -> None:
    for sentence in (0, 1):
        ids = TOKENS[sentence][::-1] if result.settings.go_backwards else TOKENS[sentence]
        picture = timeline(result, sentence=sentence)
        axis = picture.figure["layout"]["xaxis"]
        assert axis["tickvals"][1:] == [1, 2, 3, 4, 5]
        assert axis["ticktext"][1:] == [f"{t}<br><b>{ids[t - 1]}</b>" for t in range(1, 6)]
        *parts, start = strips(picture)
        assert start["hovertemplate"].startswith("h₀, the state before step 1")
        for strip in parts:
            of_steps = strip["xaxis"] == "x"
            flag = "return_sequences" if of_steps else "return_state"
            if of_steps:
                assert strip["customdata"] == [[ids[step - 1] for step in strip["x"]]]
            said = strip["name"] + ", step %{x:d}, reads %{customdata}" * of_steps
            assert strip["hovertemplate"].startswith(f"{said}<br>")
            missing = f"{said}<br>{NOT_RETURNED}; {flag}=True returns it<br>%{{text}}"
            assert strip["hovertemplate"].startswith(missing) == (strip["opacity"] != 1)
            assert strip["text"] == [[f"unit {unit}"] for unit in range(result.settings.units)]


@pytest.mark.parametrize("steps", [1, 40, 41, 50, 51, 100])
def test_a_long_sentence_is_labelled_now_and_then(steps: int) -> None:
    ids = tuple((7 * n) % 100 for n in range(steps))
    axis = timeline(run(Settings(units=1, tokens=(ids,)))).figure["layout"]["xaxis"]
    (start, *shown), (name, *texts) = axis["tickvals"], axis["ticktext"]
    assert name == "start<br>zeros"
    assert len(shown) <= 40
    assert shown[0] == 1 or steps > 40
    assert shown[-1] == steps - steps % shown[0]
    for step, said in zip(shown, texts, strict=True):
        assert said == f"{step}<br><b>{ids[step - 1]}</b>"
    low, high = axis["range"]
    assert low < start < 0.5
    assert steps + 0.5 < high < steps + 0.5 + 0.01 * (steps + 1)


@pytest.mark.parametrize("steps", [1, 2, 10, 100])
def test_the_start_is_a_column_of_its_own_before_step_1(steps: int) -> None:
    """Empty it is narrow; with numbers it is as wide as a step."""
    settings = Settings(units=2, tokens=(tuple(range(steps)),))
    begun = {"state_h": [[0.5, -0.25]], "state_c": [[1.0, 2.0]]}
    for result, least in ((run(settings), 0.5), (run(settings, initial=begun), 1)):
        picture, inner = timeline(result), inside(result)
        start = strips(picture)[-1]
        left, right = start["x"]
        assert left < right < 0.5
        assert right - left >= max(least, 0.035 * steps) * (1 - 1e-9)
        assert picture.figure["layout"]["xaxis"]["range"][0] < left
        np.testing.assert_array_equal(start["z"], result.trace.initial["state_h"].T)
        firsts = {strip["name"]: strip for strip in strips(inner) if strip["x"] == [left, right]}
        assert list(firsts) == ["c₀", "h₀"]
        np.testing.assert_array_equal(firsts["c₀"]["z"], result.trace.initial["state_c"].T)
        np.testing.assert_array_equal(firsts["h₀"]["z"], result.trace.initial["state_h"].T)
        assert inner.figure["layout"]["yaxis"]["ticktext"] == ["c₀", "h₀"]
        outlined = [s for s in inner.figure["layout"]["shapes"] if s["line"].get("dash") == "dot"]
        assert len(outlined) == 2


@pytest.mark.parametrize("view", ["heatmap", "lines"])
def test_labels_name_what_was_not_returned(result: Run, view: str) -> None:
    settings, shown = result.settings, labels(timeline(result, view=view))
    (outputs,) = (text for text in shown if "<b>outputs</b>" in text)
    for size in (len(TOKENS), settings.units):
        assert re.search(rf"\b{size} ", outputs)
    note = timeline_note(result, view=view)
    would = f"h of steps 1 to 4: {NOT_RETURNED}; return_sequences=True returns them."
    assert (would in note) == (not settings.return_sequences)
    states = ["state_h", "state_c"][: 1 + (settings.cell == "LSTM")]
    which = "them" if len(states) == 2 else "it"
    would = f"{', '.join(states)}: {NOT_RETURNED}; return_state=True returns {which}."
    assert (would in note) == (not settings.return_state)
    flags = settings.return_sequences, settings.return_state
    assert shown.count(NOT_RETURNED) == flags.count(False)
    for name in states:
        assert (name in shown) != settings.return_state
        assert (f"<b>{name}</b>" in shown) == settings.return_state
    badges = [text("charts.returned")]
    if settings.return_state:
        badges.append(text(f"charts.{'both_' * (len(states) == 2)}returned"))
    assert [word.strip() for word in shown if word.strip() in badges] == badges


@pytest.mark.parametrize("view", ["heatmap", "lines"])
def test_returned_is_framed_and_the_rest_hatched(result: Run, view: str) -> None:
    """Seen without colours: whatever the values, each column is one or the other."""
    picture, settings = timeline(result, view=view), result.settings
    parts = {strip["name"]: strip for strip in strips(timeline(result))[:-1]}
    columns = {(s["xaxis"], x): s["opacity"] == 1 for s in parts.values() for x in s["x"]}

    def within(boxes: list[tuple[str, float, float]], axis: str, x: float) -> bool:
        return any(axis == on and left < x < right for on, left, right in boxes)

    hatched = [(h["xaxis"], min(h["x"]), max(h["x"])) for h in hatches(picture)]
    for (axis, x), returned in columns.items():
        assert within(frames(picture), axis, x) == returned
        assert within(hatched, axis, x) == (not returned)
    assert not within(hatched, "x2", 1.6)  # between the two states
    low, high = sorted(picture.figure["layout"]["yaxis"]["range"])
    for hatch in hatches(picture):
        assert (min(hatch["y"]), max(hatch["y"])) == (low, high)
        assert hatch["fillpattern"]["shape"] == "/"
    bracketed = settings.return_sequences and settings.return_state
    assert len(frames(picture)) == len(result.returned) + bracketed


@pytest.mark.parametrize("view", ["heatmap", "lines"])
def test_no_flag_moves_the_plot(result: Run, view: str) -> None:
    """Nor makes it any higher: what changes is drawn in the same place."""
    on = run(result.settings.but(return_sequences=True, return_state=True))
    one, other = (timeline(each, view=view).figure["layout"] for each in (result, on))
    assert (one["margin"], one["height"]) == (other["margin"], other["height"])
    for axis in ("xaxis", "xaxis2"):
        assert (one[axis]["domain"], one[axis]["range"]) == (
            other[axis]["domain"],
            other[axis]["range"],
        )


def test_the_last_output_is_bracketed_and_tied_to_the_state_it_is(result: Run) -> None:
    settings, layout = result.settings, timeline(result).figure["layout"]
    ties = [shape for shape in layout["shapes"] if shape["type"] == "line"]
    assert len(ties) == settings.return_state
    for tie in ties:
        assert ("x", 4.5, 5.5) in frames(timeline(result))
        assert [tie["x0"], tie["x1"]] == [
            layout["xaxis"]["domain"][1],
            layout["xaxis2"]["domain"][0],
        ]
        (sign,) = (label for label in layout["annotations"] if label["text"] == "<b>=</b>")
        assert tie["x0"] < sign["x"] < tie["x1"]
        assert sign["y"] == tie["y0"] == tie["y1"]
    if settings.return_state:
        apart = timeline(other_state(settings))
        assert not [s for s in apart.figure["layout"]["shapes"] if s["type"] == "line"]
        assert len(frames(apart)) == len(result.returned)


def test_equals_sign_only_where_it_is_true(result: Run) -> None:
    signs = [text for text in labels(timeline(result)) if text == "<b>=</b>"]
    assert len(signs) == (1 if result.settings.return_state else 0)
    if result.settings.return_state:
        differing = timeline(other_state(result.settings))
        assert "<b>=</b>" not in labels(differing)
        assert "equals" not in differing.alt


@pytest.mark.parametrize(
    ("units", "steps", "fit"),
    [
        (1, 1, {"x", "x2"}),
        (12, 14, {"x", "x2"}),
        (13, 14, set()),
        (12, 21, {"x2"}),
        (1, 100, {"x2"}),
        (64, 100, set()),
    ],
)
@pytest.mark.parametrize("flag", [True, False])
def test_numbers_stand_in_the_cells_while_they_fit(
    units: int, steps: int, fit: set[str], flag: bool
) -> None:
    ids = tuple(range(steps))
    settings = Settings(units=units, return_sequences=flag, return_state=flag, tokens=(ids,))
    result = run(settings)
    picture = timeline(result)
    ways = [{}, {}, {}]
    for trace in numbers(picture):
        for shown, said in zip(ways, trace["meta"]["numbers"], strict=True):
            for x, y, value in zip(trace["x"], trace["y"], said, strict=True):
                assert (trace["xaxis"], x, y) not in shown
                shown[trace["xaxis"], x, y] = value
    cells = {}
    for strip in strips(picture):
        columns = strip["x"]
        if strip["name"] == "h₀":
            columns = [sum(columns) / 2]
        for column, x in enumerate(columns):
            cells |= {(strip["xaxis"], x, y): float(strip["z"][y, column]) for y in range(units)}
    assert len(cells) == units * (steps + 3)
    assert numbers(timeline(result, view="lines")) == []
    cells = {place: value for place, value in cells.items() if place[0] in fit}
    for shown, digits in zip(ways, (3, 2, 1), strict=True):
        assert shown.keys() == cells.keys()
        for place, value in cells.items():
            of = result.trace.cell if place[:2] == ("x2", 2.2) else result.trace.hidden
            half = 0.5 * 10.0 ** -(decimals(reach(of)) + digits - 3)
            assert "e" not in shown[place]
            assert (shown[place] == "0") == (value == 0)
            if shown[place] == "≈0":
                assert 0 < abs(value) <= half
            else:
                assert as_number(shown[place]) == pytest.approx(value, abs=half * 1.001)


def luminance(colour: np.ndarray) -> float:
    """WCAG's relative luminance."""
    part = colour / 255
    linear = np.where(part <= 0.04045, part / 12.92, ((part + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


def contrast(one: np.ndarray, other: np.ndarray) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def composed(scale: list[tuple[float, str]], value: float, page: np.ndarray) -> np.ndarray:
    """The colour of a value from -1 to 1 on a page, as a colour scale paints it."""
    for (low, one), (high, other) in pairwise(scale):
        if low <= (value + 1) / 2 <= high and low < high:
            share = ((value + 1) / 2 - low) / (high - low)
            both = [np.array([float(n) for n in re.findall(r"[\d.]+", c)]) for c in (one, other)]
            mixed = both[0] * (1 - share) + both[1] * share
            return mixed[:3] * mixed[3] + page * (1 - mixed[3])
    raise AssertionError(value)


PAGES = {  # background, text
    "light": (np.array([255.0] * 3), np.array([20.0, 25, 31])),
    "dark": (np.array([23.0, 22, 20]), np.array([250.0] * 3)),
}


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("scale", [HIDDEN, CELL], ids=["h", "c"])
def test_every_number_can_be_read_on_its_cell(scale: list, page: str) -> None:
    back, own = PAGES[page]
    for value in np.linspace(-1, 1, 401):
        text = np.array([255.0] * 3) if abs(value) > STRONG else own
        assert contrast(composed(scale, value, back), text) >= 4.5, value
        dimmed = back + DIM * (composed(scale, value, back) - back)
        assert contrast(dimmed, own) >= 4.5, value


@pytest.mark.parametrize("page", PAGES)
def test_a_tenth_of_the_limit_has_its_hue(page: str) -> None:
    """Its sign can be told, and c from h, on a light page and on a dark one."""
    back, _ = PAGES[page]
    tints = {
        (name, sign): composed(scale, 0.1 * sign, back) - back
        for name, scale in (("h", HIDDEN), ("c", CELL))
        for sign in (-1, 1)
    }
    spread = {key: tint - tint.mean() for key, tint in tints.items()}  # what is not grey
    for one, other in [*product(spread, repeat=2)]:
        assert np.linalg.norm(spread[one]) > 15
        if one != other:
            assert np.linalg.norm(spread[one] - spread[other]) > 12


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("value", [0.1, 0.3, 0.69])
def test_little_red_is_not_brown(value: float, page: str) -> None:
    """h above 0 is not taken for c below it."""
    red, brown = (
        rgb_to_hsv(*composed(scale, sign * value, PAGES[page][0]) / 255)[0]
        for scale, sign in ((HIDDEN, 1), (CELL, -1))
    )
    assert abs((red - brown + 0.5) % 1 - 0.5) * 360 > 30


@pytest.mark.parametrize("page", PAGES)
def test_closed_half_open_and_open_gates_are_told_apart(page: str) -> None:
    closed, half, opened = (composed(GATE, value, PAGES[page][0]) for value in (-1, 0, 1))
    assert contrast(half, opened) >= (2.5 if page == "dark" else 1.7)
    assert contrast(closed, half) >= 1.5


@pytest.mark.parametrize("page", PAGES)
def test_the_playhead_is_seen(page: str) -> None:
    seen = np.array([float(n) for n in re.findall(r"\d+", MARK)])
    assert contrast(seen, PAGES[page][0]) >= 3


@pytest.mark.parametrize(("view", "scale"), VIEWS)
@pytest.mark.parametrize("cell", CELLS)
def test_note_names_the_colours_that_are_there(cell: str, view: str, scale: str) -> None:
    for settings in (Settings(cell=cell), RAW.but(cell=cell), Settings(cell=cell, units=1)):
        result = run(settings)
        note = timeline_note(result, view=view, scale=scale)
        shown = {"red": result.trace.hidden[0] > 0, "blue": result.trace.hidden[0] < 0}
        if result.trace.cell is not None:
            last = result.trace.cell[0, -1]
            shown |= {"violet": last > 0, "brown": last < 0}
        for colour in ("red", "blue", "violet", "brown"):
            there = view == "heatmap" and colour in shown and bool(shown[colour].any())
            assert (re.search(rf"\b{colour}\b", note) is not None) == there, note
        assert ("to the largest" in note) == (scale == "fitted")
        cell, most = result.trace.cell, 1.0
        if view == "heatmap":
            cell = cell if cell is None else cell[:, -1]
        else:  # the lines have c of every step, on one axis with h
            most = 1.08
        exceeds = cell is not None and bool((np.abs(cell[0]) > most).any())
        assert ("beyond" in note) == (scale == "fixed" and exceeds)


def test_what_lies_beyond_the_scale_is_marked_and_counted() -> None:
    result = run(BEYOND)
    last, every = result.trace.cell[0, -1], result.trace.cell[0]
    assert 0 < (np.abs(last) > 1).sum() < len(last)
    for view, cell in (("heatmap", last), ("lines", every)):  # the lines have c of every step
        assert marks(timeline(result, view=view)) == []
        assert "beyond" not in timeline_note(result, view=view)
        picture, limits = timeline(result, view=view, scale="fixed"), Limits(h=0.5, c=1)
        note = timeline_note(result, view=view, scale="fixed")
        assert "beyond" in note
        over = np.abs(cell) > (1 if view == "heatmap" else 1.08)  # the lines have one axis
        kind = "one" if over.sum() == 1 else "many"
        assert text(f"note.beyond_{kind}", count=over.sum(), mark=text("note.mark")) in note
        (mark,) = (mark for mark in marks(picture) if mark["xaxis"] == "x2")
        ends = last[np.abs(last) > 1]
        if view == "heatmap":
            assert [round(y) for y in mark["y"]] == np.flatnonzero(over).tolist()
        else:
            assert mark["y"] == [1 if value > 0 else -1 for value in ends]
            assert sum(len(mark["x"]) for mark in marks(picture)) == over.sum() + len(ends)
        narrow = timeline(result, view=view, scale=limits)
        h, c = (0.5, 1) if view == "heatmap" else (1.08, 1.08)
        count = int((np.abs(result.trace.hidden[0]) > h).sum() + (np.abs(cell) > c).sum())
        assert str(count) in timeline_note(result, view=view, scale=limits)
        assert {mark["xaxis"] for mark in marks(narrow)} >= (
            {"x", "x2"} if view == "heatmap" else {"x2"}
        )


def test_a_scale_from_outside_suits_several_runs() -> None:
    small, large = run(Settings(units=2)), run(RAW)
    both = fitted(small, large)
    assert both.h == max(reach(r.trace.hidden) for r in (small, large))
    assert both.c == max(reach(r.trace.cell) for r in (small, large))
    for result in (small, large):
        for strip in strips(timeline(result, scale=both)):
            assert strip["zmax"] == (both.c if strip["name"] == "state_c" else both.h)
        limits = {strip["name"]: strip["zmax"] for strip in strips(inside(result, scale=both))}
        assert (limits["h"], limits["c"], limits["candidate"]) == both
        assert limits["forget"] == 1
        assert marks(inside(result, scale=both)) == []


def test_timeline_alt_tells_the_truth(result: Run) -> None:
    settings = result.settings
    for sentence in (0, 1):
        hidden = result.trace.hidden[sentence]
        alt = timeline(result, sentence=sentence).alt
        units, steps, low, high = re.fullmatch(
            rf"{settings.cell}, units: (\d+), steps: (\d+), h between (\S+) and (\S+)\. .*", alt
        ).groups()
        assert (int(units), int(steps)) == (settings.units, settings.steps)
        assert as_number(low) == pytest.approx(float(hidden.min()), rel=6e-3)
        assert as_number(high) == pytest.approx(float(hidden.max()), rel=6e-3)
        assert ("every step" in alt) == settings.return_sequences
        said, _, missing = alt.partition("Computed, not returned: ")
        for name in ("state_h", "state_c")[: 1 + (settings.cell == "LSTM")]:
            assert (name in said) == (result.tensor(name) is not None) == (name not in missing)
        assert ("h" in re.findall(r"\w+", missing)) == (not settings.return_sequences)
        assert ("equals state_h" in alt) == settings.return_state


# -- Inside the cell -------------------------------------------------------------------------------


def of_steps(picture: Picture) -> list[dict[str, Any]]:
    """The strips but for those of the states before step 1."""
    return [strip for strip in strips(picture) if "₀" not in strip["name"]]


@pytest.mark.parametrize("sentence", [0, 1])
def test_inside_has_a_strip_for_all_that_is_computed(result: Run, sentence: int) -> None:
    trace, cell = result.trace, result.settings.cell
    expected = {name: trace.gates[name] for name in CELLS[cell].gates}
    expected |= {} if trace.cell is None else {"c": trace.cell}
    expected["h"] = trace.hidden
    assert [strip["name"] for strip in of_steps(inside(result))] == list(expected)
    picture = inside(result, sentence=sentence)
    for strip, steps in zip(of_steps(picture), expected.values(), strict=True):
        np.testing.assert_array_equal(strip["z"], steps[sentence].T, strict=True)
        assert strip["x"] == [1, 2, 3, 4, 5]
        if strip["name"] in ("candidate", "c", "h"):
            assert strip["zmin"] == -strip["zmax"]
            assert strip["zmax"] == reach(steps)
        else:
            assert (strip["zmin"], strip["zmax"]) == (0, 1)
        assert strip["opacity"] == 1


def test_inside_strips_stand_under_one_another(result: Run) -> None:
    picture = inside(result)
    layout = picture.figure["layout"]
    bottom, top = layout["yaxis"]["range"]
    edges = [strip["y"] for strip in of_steps(picture)]
    assert all(len(one) == result.settings.units + 1 for one in edges)
    places = [top, *(edge for one in edges for edge in one), bottom]
    assert all(a <= b for a, b in pairwise(places))
    heads = [label for label in layout["annotations"] if label.get("yref") == "y"]
    above = [top, *(one[-1] for one in edges)]
    for one, before, name, span in zip(edges, above, heads[::2], heads[1::2], strict=False):
        assert before < one[0] == name["y"] == span["y"]
    ids = result.trace.tokens[0]
    assert layout["xaxis"]["ticktext"][1:] == [f"{t}<br><b>{ids[t - 1]}</b>" for t in range(1, 6)]
    rows = layout["meta"]["rows"]
    for strip, one in enumerate(edges):
        tops = [
            rows["top"] + strip * rows["pitch"] + n * rows["height"] / rows["units"]
            for n in range(4)
        ]
        assert one == pytest.approx(tops)


def test_inside_hover_names_unit_step_and_token(result: Run) -> None:
    ids = result.trace.tokens[1]
    for strip in of_steps(inside(result, sentence=1)):
        assert strip["text"] == [[f"unit {unit}"] for unit in range(len(strip["z"]))]
        assert strip["customdata"] == [[ids[step - 1] for step in strip["x"]]]
        assert strip["hovertemplate"].startswith(strip["name"])
        assert "step %{x:d}, reads %{customdata}<br>" in strip["hovertemplate"]
        assert sentence_of(strip, result) in strip["hovertemplate"]


def sentence_of(strip: dict[str, Any], result: Run) -> str:
    """What a strip's values are, in words."""
    name = strip["name"]
    return text(
        f"strips.{name}_{result.settings.cell}.sentence"
        if name == "candidate"
        else f"strips.{name}.sentence"
    )


def test_inside_labels_and_alt_tell_the_truth(result: Run) -> None:
    settings = result.settings
    picture = inside(result, sentence=1)
    assert picture.figure["layout"]["meta"]["rows"]["units"] == settings.units
    heads = [a["text"] for a in picture.figure["layout"]["annotations"] if a.get("yref") == "y"]
    for name, span, strip in zip(heads[::2], heads[1::2], of_steps(picture), strict=True):
        assert re.match(rf"<b>{strip['name']}\b.*</b>: ", name)
        assert name.endswith(sentence_of(strip, result))
        if strip["colorscale"][-1][1] == GATE[-1][1]:
            assert (span, strip["zmin"], strip["zmax"]) == (text("charts.range_gate"), 0, 1)
        else:
            low, high = map(as_number, span.split(" to "))
            assert (low, high) == pytest.approx((strip["zmin"], strip["zmax"]), rel=6e-3)
        said = re.escape(f"({sentence_of(strip, result)})")
        ((low, high),) = re.findall(
            rf"\b{strip['name']}(?: gate)?(?: \w)? {said} from (\S+) to ([−\d]\S*?)[;.](?:\s|$)",
            picture.alt,
        )
        assert as_number(low) == pytest.approx(float(np.min(strip["z"])), rel=6e-3)
        assert as_number(high) == pytest.approx(float(np.max(strip["z"])), rel=6e-3)
    size = (
        f"{settings.cell} computes at each step (units: {settings.units}, steps: {settings.steps})"
    )
    assert f"What the {size}: " in picture.alt


def test_inside_marks_what_lies_beyond_its_scale() -> None:
    result = run(BEYOND)
    assert marks(inside(result)) == []
    picture = inside(result, scale="fixed")
    cell = result.trace.cell[0]
    assert sum(len(mark["x"]) for mark in marks(picture)) == int((np.abs(cell) > 1).sum()) > 0
    limits = {strip["name"]: strip["zmax"] for strip in strips(picture)}
    assert (limits["c"], limits["h"], limits["candidate"]) == (1, 1, 1)
    (said,) = (line for line in labels(picture) if "off scale" in line)
    assert f"{int((np.abs(cell) > 1).sum())} off scale" in said


# -- Parameters ------------------------------------------------------------------------------------

LAYERS = [
    Settings(cell=cell, units=units, embedding=embedding, embedding_dim=2, **option)
    for cell, units, embedding in product(CELLS, (1, 3, 64), (True, False))
    for option in ({}, {"use_bias": False}, {"reset_after": False})
]

EVERY_LAYER = pytest.mark.parametrize(
    "settings",
    soaked(
        LAYERS,
        lambda s: chosen_of(("cell", "units", "embedding", "use_bias", "reset_after"), s),
        lambda s: "-".join(s.to_query().values()),
    ),
)


@EVERY_LAYER
def test_parameters_are_the_layers_weights(settings: Settings) -> None:
    result = run(settings)
    picture = parameters(result)
    weights = {name: w for name, w in result.weights.items() if name != "embeddings"}
    assert [strip["name"] for strip in strips(picture)] == list(weights)
    limit = max(float(np.abs(array).max()) for array in weights.values())
    for strip in strips(picture):
        array = np.atleast_2d(weights[strip["name"]])
        np.testing.assert_array_equal(strip["z"], array, strict=True)
        assert strip["zmin"] == -strip["zmax"]
        assert limit * (1 - 1e-6) <= strip["zmax"] <= 1.1 * limit
        axis = picture.figure["layout"][strip.get("yaxis", "y").replace("y", "yaxis")]
        assert axis["range"] == [len(array) - 0.5, -0.5]
        shape = weights[strip["name"]].shape
        twice = strip["name"] == "bias" and len(shape) == 2
        why = f": {text('charts.two_rows')}" if twice else ""
        assert f"<b>{strip['name']}</b> {shape}{why}" in labels(picture)
        rows = {"kernel": "feature {}", "recurrent_kernel": "unit {}", "bias": "bias"}
        named = axis["ticktext"]
        expected = [rows[strip["name"]].format(row) for row in axis["tickvals"]]
        assert named == (["input bias b", "recurrent bias b'"] if twice else expected)
        assert 1 <= len(named) <= 6
        index = "%{customdata}" if len(shape) == 1 else "%{y:d}, %{customdata}"
        assert (strip["customdata"] == range(shape[-1])).all()
        assert strip["hovertemplate"].startswith(f"{strip['name']}[{index}] = ")


@EVERY_LAYER
def test_parameters_stand_in_one_block_a_gate(settings: Settings) -> None:
    picture = parameters(run(settings))
    layout, units = picture.figure["layout"], settings.units
    blocks = BLOCKS[settings.cell]
    columns = units * len(blocks)
    assert layout["xaxis"]["range"] == [-0.5, columns - 0.5]
    for column, unit in zip(layout["xaxis"]["tickvals"], layout["xaxis"]["ticktext"], strict=True):
        assert column % units == int(unit)
    ends = [layout[name]["domain"] for name in layout if name.startswith("yaxis")]
    dividers = [(shape["x0"], [shape["y0"], shape["y1"]]) for shape in layout["shapes"]]
    between = [units * block - 0.5 for block in range(1, len(blocks))]
    assert dividers == [(x, end) for end in ends for x in between]
    names = [label for label in layout["annotations"] if label["xref"] == "x"]
    assert [label["text"].split()[0] for label in names] == list(blocks)
    for block, label in enumerate(names):
        first, last = block * units, (block + 1) * units - 1
        assert label["x"] == pytest.approx((first + last) / 2)
    strip_domains = [layout[key]["domain"] for key in layout if key.startswith("yaxis")]
    for upper, lower in pairwise(strip_domains):
        assert 0 <= lower[0] < lower[1] < upper[0] < upper[1] <= 1
    sizes = [len(strip["z"]) for strip in strips(picture)]
    rows = [(high - low) / n for (low, high), n in zip(strip_domains, sizes, strict=True)]
    assert max(sizes) > 16 or max(rows) == pytest.approx(min(rows))  # the bias is no taller
    assert f"{settings.cell} layer. Blocks of columns: {len(blocks)}, " in picture.alt
    assert f"columns of each: {units}, " in picture.alt
    low, high = map(as_number, re.search(r"between (\S+) and (\S+)\.$", picture.alt).groups())
    assert -low == high == pytest.approx(strips(picture)[0]["zmax"], rel=6e-3)


@EVERY_LAYER
def test_weights_are_numbered_where_a_row_has_room(settings: Settings) -> None:
    picture = parameters(run(settings))
    layout = picture.figure["layout"]
    plot = layout["height"] - layout["margin"]["t"] - layout["margin"]["b"]
    numbered = {trace["yaxis"]: trace for trace in numbers(picture)}
    for strip in strips(picture):
        axis = strip["yaxis"]
        low, high = layout[axis.replace("y", "yaxis")]["domain"]
        rows, columns = strip["z"].shape
        assert (axis in numbered) == ((high - low) * plot / rows >= 14)
        if axis in numbered:
            trace = numbered[axis]
            places = list(product(range(rows), range(columns)))
            assert list(zip(trace["y"], trace["x"], strict=True)) == places
            for place, said, colour in zip(
                places, trace["meta"]["numbers"][0], trace["textfont"]["color"], strict=True
            ):
                value = float(strip["z"][place])
                shown = 0 if said == "≈0" else as_number(said)
                assert shown == pytest.approx(value, abs=0.5 * 10.0 ** -decimals(strip["zmax"]))
                assert (colour == WHITE) == (abs(value) > STRONG * strip["zmax"])


def test_one_scale_holds_for_all_weights() -> None:
    shown = strips(parameters(run(Settings())))
    assert [strip["showscale"] for strip in shown] == [True, False, False]
    bar = shown[0]["colorbar"]
    assert bar["tickvals"] == [-1, -0.5, 0, 0.5, 1]  # the forget gate's bias is 1
    assert [as_number(said) for said in bar["ticktext"]] == bar["tickvals"]
    assert len({(strip["zmin"], strip["zmax"]) for strip in shown}) == 1


# -- Activations -----------------------------------------------------------------------------------


def test_activations_mark_where_the_ends_are_exact() -> None:
    picture = activations()
    go.Figure(picture.figure)
    curves = [trace for trace in picture.figure["data"] if trace["mode"] == "lines"]
    marks = [trace for trace in picture.figure["data"] if trace["mode"] == "markers"]
    said = [text(f"charts.curves.{name}") for name in RECURRENT_ACTIVATIONS]
    assert KERAS_DEFAULTS["recurrent_activation"] == "sigmoid"  # as its name says
    assert [curve["name"] for curve in curves] == said
    for curve, function in zip(curves, RECURRENT_ACTIVATIONS.values(), strict=True):
        x = curve["x0"] + curve["dx"] * np.arange(len(curve["y"]))
        assert (x[0], x[-1]) == pytest.approx((-6, 6))
        np.testing.assert_allclose(curve["y"], function(x), rtol=1e-6, atol=1e-7)
    assert len(marks) == 2
    ends = {"hard_sigmoid": 3.0, "hard_sigmoid_keras2": 2.5}
    for mark, (name, end) in zip(marks, ends.items(), strict=True):
        assert mark["hovertemplate"].startswith(f"{name}(")
        assert mark["x"] == pytest.approx([-end, end], abs=1e-9)
        assert list(mark["y"]) == [0, 1]
        function = RECURRENT_ACTIVATIONS[name]
        np.testing.assert_array_equal(function(np.array([-end, end])), [0, 1])
        inner = function(np.array([-end + 0.01, end - 0.01]))
        assert 0 < inner[0] < inner[1] < 1
        assert f"{end:g}" in picture.alt
    smooth = curves[0]
    assert 0 < smooth["y"].min() < smooth["y"].max() < 1


# -- What all of them share ------------------------------------------------------------------------


@pytest.mark.parametrize("largest", [1e-12, 0.0099, 0.01, 0.0123, 0.5, 1, 1.0001, 9.99, 87, 1e9])
def test_reach_is_the_next_number_of_two_digits(largest: float) -> None:
    limit = reach(np.array([0.0, -largest]), np.array([[largest / 2]]))
    assert largest * (1 - 1e-8) <= limit <= largest * 1.1
    digits = limit / 10.0 ** (math.floor(math.log10(largest)) - 1)
    assert digits == pytest.approx(round(digits))


def test_reach_of_nothing_is_one() -> None:
    assert reach() == reach(np.zeros(3)) == reach(np.array([np.inf])) == 1


@pytest.mark.parametrize(
    ("value", "text"), [(0.0, "0"), (-0.5, "−0.5"), (1234.5, "1,234"), (-1.234e-7, "−1.23e−7")]
)
def test_numbers_have_three_digits_and_a_true_minus(value: float, text: str) -> None:
    assert number(value) == text


@pytest.mark.parametrize(
    ("limit", "places"), [(1, 3), (0.998, 3), (0.0079, 5), (0.01, 5), (4.6, 2), (120, 0), (1e4, 0)]
)
def test_three_digits_of_the_largest_say_how_many_places(limit: float, places: int) -> None:
    assert decimals(limit) == places


def test_numbers_of_one_picture_have_as_many_places() -> None:
    values = [0.00791, -0.0000473, 0.0, 1e-9, -1e-9]
    assert fixed(values, 5) == ["0.00791", "−0.00005", "0", "≈0", "≈0"]
    assert fixed(values, 4) == ["0.0079", "≈0", "0", "≈0", "≈0"]
    assert fixed([-123.4, 7.0], 0) == ["−123", "7"]
    assert fixed([], 3) == []
