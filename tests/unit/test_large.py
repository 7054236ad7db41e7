"""Large layers: what is counted of them without a run, and what is drawn and written."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from components import charts
from components.backend import Settings, run
from components.backend.cells import CELLS
from components.backend.question.layout import parameter_count
from components.backend.question.sentences import MAX_FEATURES, MAX_SENTENCES, MAX_STEPS
from components.backend.question.settings import MAX_UNITS
from components.backend.running import engine
from components.backend.running.engine import TooLargeError
from components.backend.running.model import (
    Model,
    Recurrent,
    plain,
    returned_layouts,
    weight_layout,
    work,
)
from components.backend.running.model_run import run_model
from components.backend.scripts.code import MOST_WRITTEN, file_name
from components.backend.scripts.script import script, weights_file
from components.backend.scripts.torch_code import torch_script
from components.backend.torch_weights import torch_of
from components.backend.weight_files import npz
from components.backend.whatif import both_ways, influence
from components.charts.picture import CUT
from components.charts.strips import MOST_DRAWN
from components.panels.run.compute import MOST_WORK
from components.texts import text
from tests.kinds import any_weights
from tests.page import decoded
from tests.scripts import executed

LARGE = Settings(units=MAX_UNITS, embedding_dim=MAX_FEATURES, tokens=((4, 21, 64),))
LONGEST = LARGE.but(tokens=(tuple(range(MAX_STEPS)),) * MAX_SENTENCES)
EVERY_CELL = pytest.mark.parametrize("cell", CELLS)


def wrapped(settings: Settings, *units: int) -> Model:
    """Layers of so many units, each wrapped in Bidirectional."""
    layers = (
        Recurrent(settings.but(units=n), f"layer_{at}", f"{at}/", (2 * at, 2 * at + 1), True)
        for at, n in enumerate(units)
    )
    return Model(settings, tuple(layers))


def cells_drawn(picture: charts.Picture) -> list[np.ndarray]:
    data = decoded(picture.figure)["data"]
    return [np.array(trace["z"]) for trace in data if trace["type"] == "heatmap"]


@EVERY_CELL
def test_keras_counts_as_many_parameters(cell: str) -> None:
    settings = LARGE.but(cell=cell)
    result = run(settings)
    assert parameter_count(weight_layout(plain(settings))) == result.parameter_count
    assert result.tensor("outputs").shape == (1, 3, MAX_UNITS)


def test_a_large_model_returns_what_was_counted() -> None:
    model = wrapped(LARGE, 512, 300)
    result = run_model(model)
    assert parameter_count(weight_layout(model)) == result.parameter_count
    for reached, layouts in zip(result.layers, returned_layouts(model), strict=True):
        assert [t.values.shape for t in reached.returned] == [each.shape for each in layouts]


def test_any_single_layer_is_run_for_a_page() -> None:
    """The largest takes 1.9 billion multiply-adds: each of its 2,099,200 numbers, in 800 steps and
    as long as 100 more for the drawing."""
    assert work(plain(LONGEST)) == 2_099_200 * 900 <= MOST_WORK


def test_work_grows_with_all_that_makes_a_run_longer() -> None:
    model = plain(LARGE)
    for change in ({"units": 511}, {"embedding_dim": 511}, {"tokens": ((1, 2),)}, {"cell": "GRU"}):
        assert work(plain(LARGE.but(**change))) < work(model)
    assert work(model, [LARGE, LARGE]) > work(model)
    assert work(wrapped(LARGE, 512, 512)) > work(wrapped(LARGE, 512)) > work(model)


@pytest.mark.parametrize(
    ("ending", "inputs", "times"), [("Dense(3)", 4, 20), ("Flatten(), Dense(3)", 40, 2)]
)
def test_a_dense_after_flatten_is_applied_once_a_sentence(
    ending: str, inputs: int, times: int
) -> None:
    model = plain(Settings(units=4, tokens=((1,) * 10,) * 2, return_state=False))
    weights = inputs * 3 + 3
    assert work(replace(model, ending=ending)) - work(model) == weights * (100 + times)


def test_too_large_a_model_is_not_built() -> None:
    settings = Settings(units=5, seed=77)
    needed = work(plain(settings))
    with engine.asking(lambda: None, needed - 1), pytest.raises(TooLargeError) as refused:
        run(settings)
    assert (refused.value.work, refused.value.model) == (needed, plain(settings))
    with engine.asking(lambda: None, needed):
        run(settings)
    run(settings.but(seed=78))  # from Python, at any size


def test_the_largest_stack_is_refused_at_once() -> None:
    with engine.asking(lambda: None, MOST_WORK), pytest.raises(TooLargeError):
        both_ways.answer(both_ways.Question(settings=LONGEST))
    run(Settings())  # and Keras goes on


def test_influence_takes_what_it_took_before_and_no_more() -> None:
    longest = LONGEST.but(units=64, embedding_dim=16)
    assert influence.work(longest) <= influence.MOST_WORK
    assert influence.work(longest.but(units=80)) > influence.MOST_WORK
    assert influence.work(Settings(units=256)) <= influence.MOST_WORK
    numbers = (((0.0,) * 16,) * MAX_STEPS,) * MAX_SENTENCES
    assert influence.work(longest.but(values=numbers)) == influence.work(longest)
    with engine.asking(lambda: None, influence.MOST_WORK), pytest.raises(TooLargeError):
        influence.answer(influence.Question(settings=LARGE))


@pytest.mark.parametrize("units", [MOST_DRAWN, MOST_DRAWN + 1, MAX_UNITS])
@pytest.mark.parametrize("view", ["heatmap", "lines"])
def test_the_first_units_are_drawn(units: int, view: str) -> None:
    result = run(LARGE.but(units=units))
    picture = charts.timeline(result, view=view)
    drawn = result.tensor("outputs")[0].T[:MOST_DRAWN]
    if view == "heatmap":
        np.testing.assert_array_equal(cells_drawn(picture)[0], drawn)
    else:
        lines = [t["y"] for t in picture.figure["data"] if t.get("mode") == "lines+markers"]
        np.testing.assert_array_equal(np.array(lines, "float32"), drawn)
    said = text("charts.cut", drawn=MOST_DRAWN, units=units)
    assert picture.figure["layout"]["meta"][CUT] == (said if units > MOST_DRAWN else "")


def test_of_both_directions_the_first_units_are_drawn() -> None:
    answer = both_ways.answer(both_ways.Question(settings=LARGE))
    outputs = cells_drawn(charts.both_ways(answer))[-1]
    whole = answer.tensor("outputs")[0].T
    halves = whole[:MOST_DRAWN], whole[MAX_UNITS : MAX_UNITS + MOST_DRAWN]
    np.testing.assert_array_equal(outputs, np.concatenate(halves))


@EVERY_CELL
def test_a_corner_of_the_weights_is_drawn(cell: str) -> None:
    result = run(LARGE.but(cell=cell))
    traces = charts.parameters(result).figure["data"]
    for trace in (trace for trace in traces if trace["type"] == "heatmap"):
        whole = np.atleast_2d(result.weights[trace["name"]])
        there = ~np.isnan(trace["z"])
        rows, _ = np.nonzero(there)
        np.testing.assert_array_equal(trace["z"][there], whole[rows, trace["customdata"][there]])
        assert (trace["customdata"] % MAX_UNITS < MOST_DRAWN).all()
        assert len(trace["z"]) == min(len(whole), MOST_DRAWN)


def test_a_script_loads_many_weights_from_a_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    settings = Settings(units=120)
    weights = run(settings.but(seed=3)).weights
    assert parameter_count(weight_layout(plain(settings))) > MOST_WRITTEN
    source, file = script(settings, weights), file_name(settings, "npz", weights)
    assert f'np.load("{file}")' in source
    assert len(source) < 5_000
    (tmp_path / file).write_bytes(npz.write_npz(weights))
    monkeypatch.chdir(tmp_path)
    found, _ = executed(source)
    np.testing.assert_array_equal(found["outputs"], run(settings, weights).tensor("outputs"))


def test_so_does_the_script_of_several_layers(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    question = both_ways.Question(settings=Settings(units=110, tokens=((1, 2),)))
    weights = any_weights(weight_layout(question.model), 1)
    file, source = weights_file(question.model, weights), both_ways.script(question, weights)
    assert f'np.load("{file}")' in source
    (tmp_path / file).write_bytes(npz.write_npz(weights))
    monkeypatch.chdir(tmp_path)
    built = executed(source)[0]["model"].get_weights()
    for one, other in zip(built, weights.values(), strict=True):
        np.testing.assert_array_equal(one, np.float32(other))


def test_pytorchs_script_loads_them_too() -> None:
    weights = run(LARGE).weights
    file = file_name(LARGE, "npz", weights, what="torch")
    assert f'np.load("{file}")' in torch_script(LARGE, weights)
    assert torch_of(weights, LARGE)["weight_hh_l0"].shape == (4 * MAX_UNITS, MAX_UNITS)


@EVERY_CELL
@pytest.mark.parametrize("read", [1, 2, 3, 7, MAX_FEATURES])
def test_names_of_rows_stand_apart_however_low_the_rows_are(cell: str, read: int) -> None:
    layout = charts.parameters(run(Settings(cell=cell, units=128, embedding_dim=read))).figure[
        "layout"
    ]
    plot = layout["height"] - layout["margin"]["t"] - layout["margin"]["b"]
    axes = [axis for name, axis in layout.items() if name.startswith("yaxis")]
    assert len(axes) == 3
    for axis in axes:
        top, bottom = axis["domain"][::-1]
        rows = axis["range"][0] - axis["range"][1]
        named = np.diff(axis["tickvals"]) * (top - bottom) * plot / rows
        assert all(named >= 14)
        assert len(axis["tickvals"]) == rows or rows > 2
