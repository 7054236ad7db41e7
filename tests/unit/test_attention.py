"""Attention: what is drawn."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go
import pytest

from components.charts.attention import attention_heatmap
from components.charts.picture import CUT, WEIGHT


def weights_of(*shape: int) -> np.ndarray:
    """Weights, each row of which sums to 1."""
    scores = np.exp(np.random.default_rng(0).normal(size=shape))
    return (scores / scores.sum(-1, keepdims=True)).astype("float32")


@pytest.mark.parametrize("shape", [(1, 1), (2, 3), (1, 4, 6), (2, 12, 14), (5, 3, 2), (4, 60, 60)])
def test_a_heatmap_has_the_weights_of_each_head(shape: tuple[int, ...]) -> None:
    weights = weights_of(*shape)
    pairs = zip("qv", shape[-2:], strict=True)
    queries, values = ([f"{kind}{n}" for n in range(size)] for kind, size in pairs)
    figure, alt = attention_heatmap(weights, queries, values)
    go.Figure(figure)
    heads = [trace for trace in figure["data"] if trace["type"] == "heatmap"]
    np.testing.assert_array_equal([head["z"] for head in heads], weights.reshape(-1, *shape[-2:]))
    for head in heads:
        assert (head["zmin"], head["zmax"], head["colorscale"]) == (0, 1, WEIGHT)
        assert (head["customdata"], head["text"]) == ([values], [[name] for name in queries])
        above = figure["layout"][head["xaxis"].replace("x", "xaxis")]
        assert above["ticktext"] == values
        written = figure["layout"][head["yaxis"].replace("y", "yaxis")]
        assert set(written["ticktext"]) <= set(queries)
    places = {(h["xaxis"], h["yaxis"]) for h in heads}
    assert len(places) == len(heads)
    most = np.unravel_index(weights.argmax(), weights.shape)
    assert f"{queries[most[-2]]} on {values[most[-1]]}" in alt
    assert figure["layout"]["meta"][CUT] == ""


def test_masked_values_are_crossed_out_in_each_head() -> None:
    mask = np.array([True, False, False, True, False])
    figure, _ = attention_heatmap(weights_of(2, 3, 5), range(3), range(5), mask=mask)
    crossed = [trace for trace in figure["data"] if trace.get("meta") == "hatch"]
    stretches = [(lines["xaxis"], lines["x"][:2]) for lines in crossed]
    expected = [[1.5, 3.5], [4.5, 5.5]]
    assert stretches == [(axis, stretch) for axis in ("x", "x2") for stretch in expected]


def test_more_than_there_is_room_for_is_said() -> None:
    figure, _ = attention_heatmap(weights_of(9, 2, 101), range(2), range(101))
    heads = [trace for trace in figure["data"] if trace["type"] == "heatmap"]
    assert {head["z"].shape for head in heads} == {(2, 100)}
    assert "8 of 9 heads" in figure["layout"]["meta"][CUT]
