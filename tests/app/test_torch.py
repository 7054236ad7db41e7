"""Explore's tab with the same layer in PyTorch."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from components.backend import Settings, run
from components.backend.code import constructor
from components.backend.start import Start
from components.backend.torch_code import module, torch_script
from components.backend.torch_weights import pairs
from components.texts import text
from tests.app.conftest import OpenApp
from tests.app.reading import address, all_markdown, move, open_tab, sound

CELLS = ("LSTM", "GRU", "SimpleRNN")
LACKING = {
    "reset_after": {"cell": "GRU", "reset_after": "false"},
    "recurrent_activation": {"recurrent_activation": "hard_sigmoid_keras2"},
}


def downloads(at: AppTest) -> list[str]:
    return [button.key for button in at.get("download_button")]


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize(
    "more", [{}, {"embedding": False, "go_backwards": True}, {"use_bias": False, "units": 1}]
)
def test_the_tab_shows_the_script_and_what_corresponds(
    open_app: OpenApp, cell: str, more: dict[str, bool]
) -> None:
    settings = Settings(cell=cell, **more)
    at = open_tab(open_app(**settings.to_query()), "torch")
    sound(at)
    assert [code.value for code in at.code] == [
        torch_script(settings, run(settings).weights).strip()
    ]
    assert downloads(at) == ["torch_download_script", "torch_download_notebook"]
    (table,) = at.table
    assert [*table.value.columns] == [text("torch.keras"), text("torch.torch")]
    rows = table.value.to_numpy().tolist()
    assert rows[0] == [f"`{constructor(settings)}`", f"`{module(settings)}`"]
    weights = [right for _, right in rows[1 if cell == "SimpleRNN" else 2 :]]
    assert weights == [f"`{pair.torch.name}` {pair.torch.shape}" for pair in pairs(settings)]
    assert (text("torch.backwards") in all_markdown(at)) == settings.go_backwards
    assert (text("torch.bias_two") in all_markdown(at)) == (cell == "GRU" and settings.use_bias)


def test_the_order_of_the_gates_is_told(open_app: OpenApp) -> None:
    (table,) = open_app(cell="GRU", tab="torch").table
    assert table.value.to_numpy().tolist()[1:] == [
        [
            "gates in this order: update gate, reset gate, candidate",
            "gates in this order: reset gate, update gate, candidate",
        ],
        ["`embeddings` (100, 4)", "`embedding.weight` (100, 4)"],
        ["`kernel` (4, 12)", "`weight_ih_l0` (12, 4)"],
        ["`recurrent_kernel` (4, 12)", "`weight_hh_l0` (12, 4)"],
        ["`bias[0]` (12,)", "`bias_ih_l0` (12,)"],
        ["`bias[1]` (12,)", "`bias_hh_l0` (12,)"],
    ]


def test_a_script_with_very_many_numbers_has_no_colours(open_app: OpenApp) -> None:
    """They would freeze the browser."""
    (code,) = open_app(tab="torch").code
    assert code.language == "python"
    largest = Settings(units=64, vocabulary_size=1000, embedding_dim=16)
    (code,) = open_app(tab="torch", **largest.to_query()).code
    assert code.value == torch_script(largest, run(largest).weights).strip()
    assert code.language != "python"


def test_the_script_follows_the_settings_and_the_weights(open_app: OpenApp) -> None:
    at = open_app(tab="torch", edits="forget=1")
    for units in (4, 2):
        sound(at)
        settings = Settings(units=units)
        start = Start.from_query({name: [value] for name, value in address(at).items()})[0]
        weights = run(settings, start.weights(settings)).weights
        assert [code.value for code in at.code] == [torch_script(settings, weights).strip()]
        move(at, "units", 2)


@pytest.mark.parametrize("name", LACKING)
def test_where_pytorch_has_no_such_layer_it_is_said(open_app: OpenApp, name: str) -> None:
    at = open_app(tab="torch", **LACKING[name])
    sound(at)
    assert text(f"torch.lacks.{name}") in all_markdown(at)
    assert not at.code
    assert not at.table
    assert not downloads(at)
