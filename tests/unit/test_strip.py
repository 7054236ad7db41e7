"""The small pictures: what is lit in them is what was returned, in the charts' own colours."""

from __future__ import annotations

import re
from itertools import product
from xml.etree import ElementTree

import numpy as np
import pytest

from components.backend import Run, Settings, run
from components.backend.question.linked import choices
from components.charts.picture import CELL, HIDDEN, reach, shade
from components.panels.parts.mini_strip import colours, mini_blocks, mini_strip

KINDS = [
    Settings(cell=cell, return_sequences=sequences, return_state=state, units=2, tokens=tokens)
    for cell, sequences, state, tokens in product(
        choices(Settings, "cell"), (True, False), (True, False), (((4, 21, 64), (1, 2, 3)), ((7,),))
    )
]


@pytest.fixture(params=KINDS, ids=lambda s: f"{s.cell}-{s.return_sequences}-{s.return_state}")
def result(request: pytest.FixtureRequest) -> Run:
    return run(request.param)


def test_what_is_lit_is_what_was_returned(result: Run) -> None:
    for sentence in range(len(result.settings.tokens)):
        lit = [part for part in mini_blocks(result, sentence=sentence) if part.returned]
        assert [part.name for part in lit] == [tensor.name for tensor in result.returned]
        for part, tensor in zip(lit, result.returned, strict=True):
            values = tensor.values[sentence].reshape(-1, result.settings.units).T
            np.testing.assert_array_equal(part.values, values)


def test_all_that_was_computed_is_there(result: Run) -> None:
    parts = {part.name: part for part in mini_blocks(result)}
    hidden = [parts[name].values for name in ("h", "outputs") if name in parts]
    np.testing.assert_allclose(np.concatenate(hidden, axis=1), result.trace.hidden[0].T, atol=1e-6)
    np.testing.assert_allclose(parts["state_h"].values[:, 0], result.trace.hidden[0, -1], atol=1e-6)
    assert ("state_c" in parts) == (result.settings.cell == "LSTM")
    if "state_c" in parts:
        last = result.trace.cell[0, -1]
        np.testing.assert_allclose(parts["state_c"].values[:, 0], last, atol=1e-6)


def test_each_cell_has_the_colour_of_its_value(result: Run) -> None:
    for part in mini_blocks(result):
        scale = CELL if part.name == "state_c" else HIDDEN
        steps = result.trace.cell if part.name == "state_c" else result.trace.hidden
        assert part.high == reach(steps[0])
        expected = [[shade(v, part.high, scale) for v in row] for row in part.values]
        assert colours(part) == expected


@pytest.mark.parametrize("scale", [HIDDEN, CELL])
def test_shades_are_the_scales_own_stops(scale: list[tuple[float, str]]) -> None:
    for place, colour in scale:
        *rgb, alpha = (float(n) for n in re.findall(r"[\d.]+", colour))
        shown = list(bytes.fromhex(shade(4 * place - 2, 2, scale)[1:]))
        assert shown == [*rgb, round(255 * alpha)]


def test_between_two_stops_a_shade_is_between_them() -> None:
    scale = [(0.0, "rgba(0, 0, 0, 0)"), (0.5, "rgba(100, 0, 50, 0.5)"), (1.0, "rgba(0, 0, 0, 1)")]
    assert shade(-0.5, 1, scale) == "#32001940"
    assert shade(-9, 1, scale) == "#00000000"  # no value lies beyond its limit


def test_markup_frames_hatches_and_names(result: Run) -> None:
    picture = ElementTree.fromstring(mini_strip(result))
    parts = mini_blocks(result)
    blocks = picture.findall(".//b")
    assert [b.get("class") == "rnn-returned" for b in blocks] == [part.returned for part in parts]
    assert [len(b) for b in blocks] == [part.values.size for part in parts]
    shown = [i.get("style").partition(":")[2] for i in picture.iter("i")]
    assert shown == [c for part in parts for row in colours(part) for c in row]
    assert picture.get("role") == "img"
    name = picture.get("aria-label")
    assert name.endswith(f"Returned: {', '.join(t.name for t in result.returned)}.")
