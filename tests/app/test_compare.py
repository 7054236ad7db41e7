"""Compare two layers: B is A but for some settings, which alone are in the link."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from components.backend import Settings, run
from components.backend.whatif.differences import facts
from components.charts.picture import number
from components.panels.what_ifs.compare import PAIRS, note_of
from components.texts import text
from tests.app.conftest import OpenApp
from tests.app.reading import (
    address,
    chart,
    figure,
    html,
    messages,
    press,
    sound,
    told,
    widget,
    widgets,
)


def draws(at: AppTest, *all_settings: Settings) -> None:
    """The strips are what Keras returns for these settings, one after the other."""
    sound(at)
    strips = [t for t in figure(at, "compare")["data"] if t["type"] == "heatmap"]
    lit = [
        s for s in strips if s["name"] in ("outputs", "state_h", "state_c") and s["opacity"] == 1
    ]
    tensors = [tensor for settings in all_settings for tensor in run(settings).returned]
    assert [strip["name"] for strip in lit] == [tensor.name for tensor in tensors]
    for strip, tensor in zip(lit, tensors, strict=True):
        values = tensor.values[0].reshape(-1, tensor.values.shape[-1]).T
        np.testing.assert_array_equal(np.array(strip["z"], "float32"), values)


def choose(at: AppTest, fields: list[str], other: str = "b.") -> AppTest:
    at.multiselect(key=f"{other}fields").set_value(fields)
    at.query_params = address(at)
    return at.run()


def test_it_opens_with_another_cell(open_app: OpenApp) -> None:
    at = open_app("compare")
    draws(at, Settings(), Settings(cell="GRU"))
    assert address(at) == {"b.cell": "GRU"}
    for fact in facts(run(Settings()), run(Settings(cell="GRU")), "B"):
        told(at, fact, "compare_facts")


def test_where_a_is_a_gru_it_opens_with_an_lstm(open_app: OpenApp) -> None:
    draws(open_app("compare", cell="GRU"), Settings(cell="GRU"), Settings())


@pytest.mark.parametrize(
    ("query", "a", "b"),
    [
        ({"b.seed": "3", "units": "2"}, {"units": 2}, {"units": 2, "seed": 3}),
        ({"cell": "GRU", "b.reset_after": "false"}, {"cell": "GRU"}, {"reset_after": False}),
        ({"b.tokens": "1, 2, 3", "b.length": "3"}, {}, {"tokens": ((1, 2, 3),)}),
    ],
)
def test_a_link_names_the_differences(
    open_app: OpenApp, query: dict[str, str], a: dict[str, Any], b: dict[str, Any]
) -> None:
    at = open_app("compare", **query)
    draws(at, Settings(**a), Settings(**a | b))
    again = open_app("compare", **address(at))
    draws(again, Settings(**a), Settings(**a | b))
    assert address(again) == address(at)


def test_b_follows_a_but_for_its_own(open_app: OpenApp) -> None:
    at = open_app("compare", **{"b.return_state": "false"})
    widget(at, "units").set_value(7)
    at.query_params = address(at)
    at.run()
    draws(at, Settings(units=7), Settings(units=7, return_state=False))
    assert address(at) == {"b.return_state": "false", "units": "7"}


def test_settings_are_chosen_and_set(open_app: OpenApp) -> None:
    at = choose(open_app("compare"), ["units", "return_sequences"])
    draws(at, Settings(), Settings())
    assert address(at) == {}
    widget(at, "b.units").set_value(2)
    at.query_params = address(at)
    at.run()
    draws(at, Settings(), Settings(units=2))
    assert address(at) == {"b.units": "2"}
    draws(choose(at, ["return_sequences"]), Settings(), Settings())
    assert "b.units" not in widgets(at)


def test_a_field_without_an_effect_has_no_widget(open_app: OpenApp) -> None:
    at = choose(open_app("compare"), ["cell", "reset_after"])
    draws(at, Settings(), Settings(cell="GRU"))
    assert "b.reset_after" in widgets(at)
    widget(at, "b.cell").set_value("SimpleRNN")
    at.query_params = address(at)
    at.run()
    draws(at, Settings(), Settings(cell="SimpleRNN"))
    assert "b.reset_after" not in widgets(at)


@pytest.mark.parametrize("name", PAIRS)
def test_ready_pairs(open_app: OpenApp, name: str) -> None:
    at = press(open_app("compare", cell="SimpleRNN"), f"pair_{name}")
    first, *rest = PAIRS[name]
    a = Settings(**{"cell": "SimpleRNN"} | first)
    draws(at, a, *(a.but(**change) for change in rest))
    assert address(open_app("compare", **address(at))) == address(at)


def test_two_columns_follow_three(open_app: OpenApp) -> None:
    at = press(press(open_app("compare"), "pair_cells"), "pair_seeds")
    draws(at, Settings(), Settings(seed=11))


def test_swap(open_app: OpenApp) -> None:
    at = press(open_app("compare", **{"b.units": "2", "b.cell": "GRU"}), "b.swap")
    draws(at, Settings(cell="GRU", units=2), Settings())
    draws(press(at, "b.swap"), Settings(), Settings(cell="GRU", units=2))


def test_keep(open_app: OpenApp) -> None:
    at = press(open_app("compare", **{"b.units": "2"}), "b.keep")
    draws(at, Settings(units=2), Settings(units=2))
    assert address(at) == {"units": "2"}
    assert at.button(key="b.keep").disabled


def test_try_this(open_app: OpenApp) -> None:
    at = press(open_app("compare"), "compare_try")
    draws(at, Settings(), Settings(return_sequences=False))


def test_a_bad_difference_is_complained_about(open_app: OpenApp) -> None:
    at = open_app("compare", **{"b.cell": "RNN", "b.tokens": "1, x", "c.seed": "-1"})
    assert not at.exception
    for told_of in (
        "- b.cell: `'RNN'`; allowed: LSTM, GRU or SimpleRNN; ",
        "- b.tokens: `'x'`; allowed: ",
        "- c.seed: `-1`; allowed: ",
    ):
        assert told_of in messages(at)
    assert figure(at, "compare")["data"]
    again = open_app("compare", **address(at))
    assert chart(again, "compare") == chart(at, "compare")


def test_what_differs_is_marked(open_app: OpenApp) -> None:
    (table,) = (body for body in html(open_app("compare")) if "rnn-compare" in body)
    marked = table.count("rnn-differs")
    assert marked == 4  # what differs, the call, state_c, the parameters
    assert f'rnn-differs"><code>{text("cards.state_c_absent")}' in table


def test_the_table_says_what_each_layer_reads(open_app: OpenApp) -> None:
    at = open_app("compare", embedding_dim="2", **{"b.embedding": "false"})
    (table,) = (body for body in html(at) if "rnn-compare" in body)
    vector = run(Settings(embedding_dim=2)).trace.inputs[0, 0]
    said = (
        ("(1 sentence, 10 steps, 2 features)", ", ".join(map(number, vector))),
        ("(1 sentence, 10 steps, 1 feature)", "4"),
    )
    for shape, numbers in said:
        assert text("compare.input_of", shape=shape, numbers=numbers) in table


def test_what_was_computed_and_not_returned_is_told_from_what_is_not_there(
    open_app: OpenApp,
) -> None:
    (table,) = (
        body for body in html(open_app("compare", return_state="false")) if "rnn-compare" in body
    )
    row = table.partition("state_c")[2].partition("</tr>")[0]
    assert re.findall("<code>(.*?)</code>", row) == [
        text("cards.computed"),
        text("cards.state_c_absent"),
    ]


@pytest.mark.parametrize(
    ("cells", "kinds", "between"),
    [
        (("LSTM", "GRU"), "hc", "B − A is"),
        (("GRU", "SimpleRNN"), "h", "B − A is"),
        (("LSTM", "GRU", "SimpleRNN"), "hc", "B − A and C − A are"),
    ],
)
def test_the_note_is_of_what_is_drawn(cells: tuple[str, ...], kinds: str, between: str) -> None:
    note = note_of({cell: run(Settings(cell=cell)) for cell in cells})
    assert text(f"compare.scale_{kinds}") in note
    assert note.endswith(text(f"note.colours_{kinds}"))
    assert between in note
