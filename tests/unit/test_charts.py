"""The figures' own data against the run that they show, and what their texts say of it."""

from __future__ import annotations

import dataclasses
import math
import re
from functools import cache
from itertools import pairwise, product
from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest

from components.backend import Run, Settings, run
from components.backend.cells import RECURRENT_ACTIVATIONS
from components.backend.layout import GATES
from components.backend.linked import choices
from components.charts import Picture, activations, inside, parameters, timeline
from components.charts.picture import DIM, number, reach
from components.charts.timeline import NOT_RETURNED
from tests.kinds import soaked

TOKENS = ((4, 21, 64, 13, 77), (66, 54, 30, 81, 87))
FLAGS = ("return_sequences", "return_state", "go_backwards")
CASES = [
    Settings(cell=cell, units=3, tokens=TOKENS, **dict(zip(FLAGS, values, strict=True)))
    for cell in choices(Settings, "cell")
    for values in product((True, False), repeat=len(FLAGS))
]
# One step, one unit, and more than there is room for.
SIZES = [
    Settings(cell=cell, units=units, return_sequences=on, return_state=on, tokens=(ids,))
    for cell, units, ids, on in product(
        choices(Settings, "cell"), (1, 64), ((7,), tuple(range(100))), (True, False)
    )
]
RAW = Settings(embedding=False, units=2)
VIEWS = list(product(("heatmap", "lines"), ("fitted", "fixed")))


def called(settings: Settings) -> str:
    flags = [name for name in FLAGS if getattr(settings, name)]
    return "-".join([settings.cell, f"{settings.units}x{settings.steps}", *flags])


@pytest.fixture(params=CASES, ids=called)
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
    return [trace for trace in picture.figure["data"] if trace.get("meta") == "numbers"]


def labels(picture: Picture) -> list[str]:
    return [label["text"] for label in picture.figure["layout"].get("annotations", [])]


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
    return float(text.replace("\N{MINUS SIGN}", "-"))


# -- All figures -----------------------------------------------------------------------------------


def every_picture(settings: Settings) -> dict[str, Picture]:
    result, last = run(settings), len(settings.tokens) - 1
    pictures = {
        f"timeline {view} {scale}": timeline(result, sentence=last, view=view, scale=scale)
        for view, scale in VIEWS
    }
    inner = inside(result, sentence=last, unit=settings.units - 1)
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


@pytest.mark.parametrize("settings", [*SIZES, RAW], ids=called)
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
    drawn = strips(timeline(result, sentence=sentence, scale=scale))
    assert [strip["name"] for strip in drawn] == list(parts)
    for strip in drawn:
        values, returned = parts[strip["name"]]
        np.testing.assert_array_equal(strip["z"], values, strict=True)
        assert strip["opacity"] == (1 if returned else DIM)
        assert strip["y"] == list(range(result.settings.units))


@pytest.mark.parametrize("settings", SIZES, ids=called)
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
        steps = [strip for strip in drawn if strip["xaxis"] == "x" and strip.get("name")]
        if view == "lines":  # the dimmed line also reaches the returned point
            covered = {step for line in steps for step in line["x"]}
        else:
            covered = sorted(step for strip in steps for step in strip["x"])
        assert list(covered) == list(range(1, result.settings.steps + 1))


@pytest.mark.parametrize("scale", ["fitted", "fixed"])
def test_lines_go_through_the_same_values(result: Run, scale: str) -> None:
    parts, units = expected_parts(result, 0), result.settings.units
    drawn = timeline(result, view="lines", scale=scale).figure["data"]
    assert len(drawn) == units * len(parts)
    for position, line in enumerate(drawn):
        unit, name = position // len(parts), list(parts)[position % len(parts)]
        values, returned = parts[name]
        assert line["name"] == f"unit {unit}"
        assert line["opacity"] == (1 if returned else DIM)
        assert line["y"][: values.shape[1]] == values[unit].tolist()
        if name == "h":
            assert line["y"] == result.trace.hidden[0, :, unit].tolist()
        assert line["hovertemplate"].startswith(f"{name}, unit {unit}: ")


@pytest.mark.parametrize(("view", "scale"), VIEWS)
@pytest.mark.parametrize("settings", [*CASES[::3], RAW, RAW.but(cell="GRU")], ids=called)
def test_colours_and_axes_are_symmetric(settings: Settings, view: str, scale: str) -> None:
    result = run(settings)
    figure = timeline(result, view=view, scale=scale).figure
    if view == "heatmap":
        ranges = [(s["name"], s["zmin"], s["zmax"]) for s in figure["data"] if "zmin" in s]
    else:
        axes = {"h": figure["layout"]["yaxis"], "state_c": figure["layout"].get("yaxis2")}
        ranges = [(name, *axis["range"]) for name, axis in axes.items() if axis]
    assert ranges
    for name, low, high in ranges:
        steps = result.trace.cell if name == "state_c" else result.trace.hidden
        largest = float(np.abs(steps).max())
        assert low == -high
        room = 1 if view == "heatmap" else 1.08
        if scale == "fixed":
            assert high == pytest.approx(room)
        else:
            assert largest * (1 - 1e-6) <= high / room <= 1.1 * largest


def test_tokens_stand_under_their_steps(result: Run) -> None:
    for sentence in (0, 1):
        ids = TOKENS[sentence][::-1] if result.settings.go_backwards else TOKENS[sentence]
        picture = timeline(result, sentence=sentence)
        axis = picture.figure["layout"]["xaxis"]
        assert axis["tickvals"] == [1, 2, 3, 4, 5]
        assert axis["ticktext"] == [f"{t}<br><b>{ids[t - 1]}</b>" for t in axis["tickvals"]]
        for strip in strips(picture):
            for captions in strip["customdata"]:
                for step, caption in zip(strip["x"], captions, strict=True):
                    if strip["xaxis"] == "x":
                        assert f"{strip['name']}, step {step}, token {ids[step - 1]}" in caption
                    assert (NOT_RETURNED in caption) == (strip["opacity"] != 1)


@pytest.mark.parametrize("steps", [1, 20, 21, 50, 51, 100])
def test_a_long_sentence_is_labelled_now_and_then(steps: int) -> None:
    ids = tuple((7 * n) % 100 for n in range(steps))
    axis = timeline(run(Settings(units=1, tokens=(ids,)))).figure["layout"]["xaxis"]
    assert axis["tickvals"][0] == 1
    assert len(axis["tickvals"]) <= 20
    for step, text in zip(axis["tickvals"], axis["ticktext"], strict=True):
        assert text == f"{step}<br><b>{ids[step - 1]}</b>"
    assert axis["range"] == [0.5, steps + 0.5]


@pytest.mark.parametrize("view", ["heatmap", "lines"])
def test_labels_name_what_was_not_returned(result: Run, view: str) -> None:
    settings, shown = result.settings, labels(timeline(result, view=view))
    (outputs,) = (text for text in shown if "<b>outputs</b>" in text)
    for size in (len(TOKENS), settings.units):
        assert re.search(rf"\b{size} ", outputs)
    missing = [text for text in shown if "not returned" in text]
    expected = [] if settings.return_sequences else [f"h of steps 1 to 4: {NOT_RETURNED}"]
    assert missing == expected + ([] if settings.return_state else ["not returned"])
    states = ["state_h", "state_c"][: 1 + (settings.cell == "LSTM")]
    for name in states:
        assert (name in shown) != settings.return_state
        assert (f"<b>{name}</b>" in shown) == settings.return_state
    frames = timeline(result).figure["layout"]["shapes"]
    assert len(frames) == len(result.returned)


def test_equals_sign_only_where_it_is_true(result: Run) -> None:
    signs = [text for text in labels(timeline(result)) if text == "<b>=</b>"]
    assert len(signs) == (1 if result.settings.return_state else 0)
    if result.settings.return_state:
        differing = timeline(other_state(result.settings))
        assert "<b>=</b>" not in labels(differing)
        assert "equals" not in differing.alt


@pytest.mark.parametrize(
    ("units", "steps", "fit"),
    [(1, 1, True), (12, 14, True), (13, 14, False), (12, 15, False), (64, 100, False)],
)
@pytest.mark.parametrize("flag", [True, False])
def test_numbers_stand_in_the_cells_while_they_fit(
    units: int, steps: int, fit: bool, flag: bool
) -> None:
    ids = tuple(range(steps))
    settings = Settings(units=units, return_sequences=flag, return_state=flag, tokens=(ids,))
    result = run(settings)
    picture = timeline(result)
    shown = {
        (trace["xaxis"], x, y): as_number(text)
        for trace in numbers(picture)
        for x, y, text in zip(trace["x"], trace["y"], trace["text"], strict=True)
    }
    cells = {
        (strip["xaxis"], x, y): float(strip["z"][y, column])
        for strip in strips(picture)
        for column, x in enumerate(strip["x"])
        for y in strip["y"]
    }
    assert len(cells) == units * (steps + 2)
    assert sum(len(trace["text"]) for trace in numbers(picture)) == len(shown)
    if not fit:
        assert shown == {}
    else:
        assert shown == {place: pytest.approx(value, rel=6e-3) for place, value in cells.items()}
    assert numbers(timeline(result, view="lines")) == []


def test_timeline_alt_tells_the_truth(result: Run) -> None:
    settings = result.settings
    for sentence in (0, 1):
        hidden = result.trace.hidden[sentence]
        alt = timeline(result, sentence=sentence).alt
        units, steps, low, high = re.fullmatch(
            rf"{settings.cell}, (\d+) units by (\d+) steps, h between (\S+) and (\S+)\. .*", alt
        ).groups()
        assert (int(units), int(steps)) == (settings.units, settings.steps)
        assert as_number(low) == pytest.approx(float(hidden.min()), rel=6e-3)
        assert as_number(high) == pytest.approx(float(hidden.max()), rel=6e-3)
        assert ("every step" in alt) == settings.return_sequences
        for name in ("state_h", "state_c"):
            assert (name in alt) == (result.tensor(name) is not None)
        assert ("equals state_h" in alt) == settings.return_state


# -- Inside the cell -------------------------------------------------------------------------------


@pytest.mark.parametrize("sentence", [0, 1])
def test_inside_has_a_strip_for_all_that_is_computed(result: Run, sentence: int) -> None:
    trace, cell = result.trace, result.settings.cell
    expected = {name: trace.gates[name] for name in GATES[cell]}
    expected |= {} if trace.cell is None else {"c": trace.cell}
    expected["h"] = trace.hidden
    picture = inside(result, sentence=sentence)
    assert [strip["name"] for strip in strips(picture)] == list(expected)
    for strip, steps in zip(strips(picture), expected.values(), strict=True):
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
    edges = [strip["y"] for strip in strips(picture)]
    assert all(len(one) == result.settings.units + 1 for one in edges)
    places = [top, *(edge for one in edges for edge in one), bottom]
    assert all(a <= b for a, b in pairwise(places))
    for upper, lower in pairwise(edges):
        assert upper[-1] < lower[0]
    middles = layout["yaxis"]["tickvals"]
    assert middles == pytest.approx([(one[0] + one[-1]) / 2 for one in edges])
    ids = result.trace.tokens[0]
    assert layout["xaxis"]["ticktext"] == [f"{t}<br><b>{ids[t - 1]}</b>" for t in range(1, 6)]


def test_inside_hover_names_unit_step_and_token(result: Run) -> None:
    ids = result.trace.tokens[1]
    for strip in strips(inside(result, sentence=1)):
        for unit, (names, captions) in enumerate(
            zip(strip["text"], strip["customdata"], strict=True)
        ):
            assert set(names) == {f"unit {unit}"}
            for step, caption in zip(strip["x"], captions, strict=True):
                assert caption.startswith(strip["name"])
                assert caption.endswith(f"step {step}, token {ids[step - 1]}")


def test_inside_outlines_the_chosen_unit_in_every_strip(result: Run) -> None:
    for unit in range(result.settings.units):
        picture = inside(result, unit=unit)
        (outline,) = picture.figure["layout"]["shapes"]
        boxes = re.findall(r"M(.+?),(.+?)H(.+?)V(.+?)H(.+?)Z", outline["path"])
        for box, strip in zip(boxes, strips(picture), strict=True):
            left, top, right, bottom, back = map(float, box)
            assert (left, right, back) == (0.5, result.settings.steps + 0.5, 0.5)
            assert [top, bottom] == pytest.approx(strip["y"][unit : unit + 2], rel=1e-5)
        assert f"Unit {unit} at the last step" in picture.alt


def test_inside_labels_and_alt_tell_the_truth(result: Run) -> None:
    settings = result.settings
    picture = inside(result, sentence=1, unit=2)
    shown = picture.figure["layout"]["yaxis"]["ticktext"]
    for text, strip in zip(shown, strips(picture), strict=True):
        assert re.match(rf"<b>{strip['name']}\b", text)
        low, high = map(as_number, text.split("<br>")[1].split(" to "))
        assert (low, high) == pytest.approx((strip["zmin"], strip["zmax"]), rel=6e-3)
        last = float(strip["z"][2, -1])
        (said,) = re.findall(
            rf"\b{strip['name']}(?: gate)?(?: \w)? ([−\d]\S*?)[,.](?:\s|$)", picture.alt
        )
        assert as_number(said) == pytest.approx(last, rel=6e-3)
    assert f"What the {settings.cell} computes at each of {settings.steps} steps" in picture.alt


# -- Parameters ------------------------------------------------------------------------------------

LAYERS = [
    Settings(cell=cell, units=units, embedding=embedding, embedding_dim=2, **option)
    for cell, units, embedding in product(choices(Settings, "cell"), (1, 3, 64), (True, False))
    for option in ({}, {"use_bias": False}, {"reset_after": False})
]


@pytest.mark.parametrize("settings", LAYERS, ids=lambda s: "-".join(s.to_query().values()))
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
        assert f"<b>{strip['name']}</b> {shape}" in labels(picture)


@pytest.mark.parametrize("settings", LAYERS, ids=lambda s: "-".join(s.to_query().values()))
def test_parameters_stand_in_one_block_a_gate(settings: Settings) -> None:
    picture = parameters(run(settings))
    layout, units = picture.figure["layout"], settings.units
    blocks = GATES[settings.cell] or ("h",)
    columns = units * len(blocks)
    assert layout["xaxis"]["range"] == [-0.5, columns - 0.5]
    dividers = [shape["x0"] for shape in layout["shapes"]]
    assert dividers == [units * block - 0.5 for block in range(1, len(blocks))]
    names = [label for label in layout["annotations"] if label["xref"] == "x"]
    assert [label["text"].split()[0] for label in names] == list(blocks)
    for block, label in enumerate(names):
        first, last = block * units, (block + 1) * units - 1
        assert label["x"] == pytest.approx((first + last) / 2)
    strip_domains = [layout[key]["domain"] for key in layout if key.startswith("yaxis")]
    for upper, lower in pairwise(strip_domains):
        assert 0 <= lower[0] < lower[1] < upper[0] < upper[1] <= 1
    assert f"{settings.cell} layer in {len(blocks)} blocks of {units} columns" in picture.alt
    low, high = map(as_number, re.search(r"between (\S+) and (\S+)\.$", picture.alt).groups())
    assert -low == high == pytest.approx(strips(picture)[0]["zmax"], rel=6e-3)


# -- Activations -----------------------------------------------------------------------------------


def test_activations_mark_where_the_ends_are_exact() -> None:
    picture = activations()
    go.Figure(picture.figure)
    curves = [trace for trace in picture.figure["data"] if trace["mode"] == "lines"]
    marks = [trace for trace in picture.figure["data"] if trace["mode"] == "markers"]
    assert [curve["name"] for curve in curves] == list(RECURRENT_ACTIVATIONS)
    for curve in curves:
        function = RECURRENT_ACTIVATIONS[curve["name"]]
        np.testing.assert_array_equal(curve["y"], function(np.asarray(curve["x"])))
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
    smooth = next(curve for curve in curves if curve["name"] == "sigmoid")
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
    ("value", "text"), [(0.0, "0"), (-0.5, "−0.5"), (1234.5, "1.23e+03"), (-1.234e-7, "−1.23e−07")]
)
def test_numbers_have_three_digits_and_a_true_minus(value: float, text: str) -> None:
    assert number(value) == text
