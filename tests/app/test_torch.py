"""PyTorch in the app: Explore's tab, and Edit's files with PyTorch's names."""

from __future__ import annotations

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from components.backend import Settings, cells, run, torch_forward, torch_slips
from components.backend.origins.uploaded import find
from components.backend.origins.weight_source import WeightSource
from components.backend.scripts.code import constructor
from components.backend.scripts.torch_code import both_compared, module, ported, torch_script
from components.backend.torch_slips import MOST_STEPS, facts
from components.backend.torch_weights import TABLE, pairs, torch_of
from components.backend.weight_files.npz import write_npz
from components.backend.weight_files.safetensors_file import write_safetensors
from components.texts import text
from tests.app.conftest import OpenApp
from tests.app.reading import address, all_markdown, charts, messages, move, sound
from tests.app.test_edit import draws, uploaded
from tests.app.test_errors import raising
from tests.kinds import in_turn, random_weights

CELLS = [name for name, cell in cells.CELLS.items() if cell.torch]
MORE = ({"embedding": False, "go_backwards": True}, {}, {"use_bias": False, "units": 1})
LACKING = {
    "activation": {"activation": "relu"},
    "reset_after": {"cell": "GRU", "reset_after": "false"},
    "recurrent_activation": {"recurrent_activation": "hard_sigmoid_keras2"},
}


def drawn(settings: Settings) -> dict[str, np.ndarray]:
    return {name: np.float32(array) for name, array in random_weights(settings, 5).items()}


def downloads(at: AppTest) -> list[str]:
    return [button.key for button in at.get("download_button")]


@pytest.mark.parametrize(("more", "cell"), in_turn(MORE, CELLS))
def test_the_tab_shows_the_script_and_what_corresponds(
    open_app: OpenApp, cell: str, more: dict[str, bool]
) -> None:
    settings = Settings(cell=cell, **more)
    at = move(open_app(**settings.to_query()), "tab", "torch")
    sound(at)
    script = torch_script(settings, run(settings).weights)
    shown = [ported(settings, "torch"), ported(settings, "keras"), both_compared(), script]
    assert [code.value for code in at.code] == [each.strip() for each in shown]
    assert downloads(at) == ["torch_download_script", "torch_download_notebook"]
    table, suspects = at.table
    assert [*table.value.columns] == [text("torch.keras"), text("torch.torch")]
    rows = table.value.to_numpy().tolist()
    assert rows[0] == [f"`{constructor(settings)}`", f"`{module(settings)}`"]
    weights = [right for _, right in rows[1 if cell == "SimpleRNN" else 2 :]]
    assert weights == [f"`{pair.torch.name}` {pair.torch.shape}" for pair in pairs(settings)]
    slips = facts(run(settings))
    assert [right for _, right in suspects.value.to_numpy().tolist()] == [
        text("torch.difference", **slip.values) for slip in slips
    ]
    assert (text("torch.backwards") in all_markdown(at)) == settings.go_backwards
    assert (text("torch.bias_two") in all_markdown(at)) == (cell == "GRU" and settings.use_bias)


def test_the_order_of_the_gates_is_told(open_app: OpenApp) -> None:
    table, _ = open_app(cell="GRU", tab="torch").table
    assert table.value.to_numpy().tolist()[1:] == [
        [
            "gates in this order: update gate, reset gate, candidate",
            "gates in this order: reset gate, update gate, candidate",
        ],
        ["`embeddings` (100, 2)", "`embedding.weight` (100, 2)"],
        ["`kernel` (2, 9)", "`weight_ih_l0` (9, 2)"],
        ["`recurrent_kernel` (3, 9)", "`weight_hh_l0` (9, 3)"],
        ["`bias[0]` (9,)", "`bias_ih_l0` (9,)"],
        ["`bias[1]` (9,)", "`bias_hh_l0` (9,)"],
    ]


def test_slips_that_zeros_hide_are_said_to_be_hidden(open_app: OpenApp) -> None:
    at = open_app(cell="GRU", tab="torch")
    _, suspects = at.table
    rows = dict(suspects.value.to_numpy().tolist())
    swapped = "the two rows of `bias` swapped  \n`bias_ih_l0[0]` has to equal `bias[0, 3]`"
    assert rows[swapped] == "0"
    assert text("torch.unseen") in [caption.value for caption in at.caption]
    at.get_by_key("parameters_try_biases").click().run()
    sound(at)
    _, suspects = at.table
    assert float(dict(suspects.value.to_numpy().tolist())[swapped]) > 1e-3
    assert text("torch.unseen") not in [caption.value for caption in at.caption]


def test_nothing_is_computed_again_at_a_rerun(
    open_app: OpenApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = open_app(tab="torch", seed=81)
    before = [table.value.to_numpy().tolist() for table in at.table]
    for own in (torch_forward, torch_slips):
        monkeypatch.setattr(own, "forward", raising(AssertionError("it is computed again")))
    sound(at.run())
    assert [table.value.to_numpy().tolist() for table in at.table] == before


@pytest.mark.parametrize("steps", [MOST_STEPS, MOST_STEPS + 1])
def test_that_only_the_first_steps_are_computed_is_said(open_app: OpenApp, steps: int) -> None:
    at = open_app(tab="torch", tokens=",".join(map(str, range(1, steps + 1))))
    sound(at)
    said = text("torch.first_steps", steps=MOST_STEPS)
    assert (said in [caption.value for caption in at.caption]) == (steps > MOST_STEPS)


def test_a_script_with_very_many_numbers_has_no_colours(open_app: OpenApp) -> None:
    """They would freeze the browser."""
    *_, code = open_app(tab="torch").code
    assert code.language == "python"
    largest = Settings(units=64, vocabulary_size=1000, embedding_dim=16)
    *_, code = open_app(tab="torch", **largest.to_query()).code
    assert code.value == torch_script(largest, run(largest).weights).strip()
    assert code.language != "python"


def test_the_script_follows_the_settings_and_the_weights(open_app: OpenApp) -> None:
    at = open_app(tab="torch", edits="forget=1")
    for units in (3, 2):
        sound(at)
        settings = Settings(units=units)
        start = WeightSource.from_query({name: [value] for name, value in address(at).items()})[0]
        weights = run(settings, start.weights(settings)).weights
        assert at.code[-1].value == torch_script(settings, weights).strip()
        move(at, "units", 2)


@pytest.mark.parametrize("name", LACKING)
def test_where_pytorch_has_no_such_layer_it_is_said(open_app: OpenApp, name: str) -> None:
    at = open_app(tab="torch", **LACKING[name])
    sound(at)
    assert text(f"torch.lacks.{name}") in all_markdown(at)
    assert not at.code
    assert not at.table
    assert not downloads(at)
    at = open_app("edit", **LACKING[name])
    sound(at)
    assert downloads(at) == ["download_npz"]


@pytest.mark.parametrize("cell", CELLS)
def test_edit_offers_files_with_pytorchs_names(open_app: OpenApp, cell: str) -> None:
    at = open_app("edit", cell=cell)
    sound(at)
    files = ["download_torch_npz", "download_torch_safetensors"]
    assert downloads(at) == ["download_npz", *files]


@pytest.mark.parametrize(("cell", "write"), in_turn(CELLS, [write_npz, write_safetensors]))
def test_a_file_with_pytorchs_names_comes_in(open_app: OpenApp, cell: str, write: object) -> None:
    settings = Settings(cell=cell)
    weights = drawn(settings)
    at = uploaded(open_app("edit", cell=cell), write(torch_of(weights, settings)))
    sound(at)
    found = find(address(at)["uploaded"])
    assert {n: a.tobytes() for n, a in found.items()} == {
        n: a.tobytes() for n, a in weights.items()
    }
    draws(at, settings, WeightSource(uploaded=found))
    assert text("edit.kept_table", shape=(100, 2), most=1000) not in [
        info.value for info in at.info
    ]


def test_without_a_table_the_one_that_was_here_stays(open_app: OpenApp) -> None:
    settings = Settings()
    weights, before = drawn(settings), run(settings).weights
    own = torch_of(weights, settings)
    del own[TABLE]
    at = uploaded(open_app("edit"), write_safetensors(own))
    sound(at)
    assert text("edit.kept_table", shape=(100, 2), most=1000) in [info.value for info in at.info]
    found = find(address(at)["uploaded"])
    np.testing.assert_array_equal(found["embeddings"], before["embeddings"])
    np.testing.assert_array_equal(found["kernel"], weights["kernel"])
    draws(at, settings, WeightSource(uploaded=found))
    at.run()
    assert not at.info
    settings = settings.but(embedding=False)
    own = torch_of(drawn(settings), settings)
    at = uploaded(open_app("edit", embedding="false"), write_safetensors(own))
    draws(at, settings, WeightSource(uploaded=find(address(at)["uploaded"])))
    assert not at.info


def test_a_file_of_another_module_is_refused(open_app: OpenApp) -> None:
    at = uploaded(open_app("edit", cell="GRU"), write_npz(torch_of(drawn(Settings()), Settings())))
    assert not at.exception
    assert (
        "as in torch.nn.LSTM with hidden_size=3: choose that cell, and hidden size 3"
        in messages(at)
    )
    assert "This page needs the weights of its layer: GRU, hidden size 3" in messages(at)
    assert address(at) == {"cell": "GRU"}
    assert charts(at) == ["edit"]


def test_hostile_names_are_shown_and_not_interpreted(open_app: OpenApp) -> None:
    at = uploaded(open_app("edit"), write_safetensors({"<script>": np.zeros(2)}))
    assert not at.exception
    assert "'<script>'" in messages(at)
    assert "<script>" not in messages(at).replace("'<script>'", "")
    assert "with or without embedding.weight" in messages(at)
    assert address(at) == {}
