"""Weights of all layers of a visitor's model: how they are named, kept, and held against a page's
question."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from components.backend import Settings, SettingsError
from components.backend.origins import uploaded
from components.backend.origins.layers_weights import LayersWeights, Misfit
from components.backend.origins.uploaded import find, name_of, register_weights
from components.backend.running.model import Model, weight_layout
from components.backend.scripts.script import weights_file
from components.backend.weight_files.npz import write_npz
from components.backend.whatif import both_ways, encoder_decoder, stack
from components.backend.whatif.stack import Above
from tests.kinds import any_weights
from tests.scripts import executed

TWO = stack.Question(first=Settings(units=4), above=(Above(cell="GRU", units=5),))
STACKED = TWO.but(hand_on="outputs")
BOTH = both_ways.Question(settings=Settings(units=4))
PAIR = encoder_decoder.Question(settings=Settings(units=4))
PLAIN = Settings(units=4, embedding=False)
NUMBERS = Settings(units=4, values=(((0.5, 1.0), (2.0, 3.0)),))


def brought(model: Model, seed: int = 1) -> LayersWeights:
    layouts = weight_layout(model)
    return LayersWeights(weights=register_weights(any_weights(layouts, seed), layouts))


@pytest.mark.parametrize("question", [TWO, BOTH, PAIR])
def test_a_link_names_them_while_anybody_has_them(question: Any) -> None:
    own = brought(question.model)
    assert own.weights is not None
    assert own.weights.origin == ("uploaded", name_of(own.weights))
    assert find(name_of(own.weights)) is own.weights
    assert brought(question.model).weights is own.weights
    said = {name: [value] for name, value in own.to_query().items()}
    assert LayersWeights.from_query(said) == (own, ())
    assert own.misfits(question.model) == ()
    assert own.fitting(question.model) is own.weights


ABOVE = TWO.above[0]
MISFITS = [
    (TWO, TWO.but(first=TWO.first.but(units=3)), [("0", "units", 4, 3)]),
    (TWO, TWO.but(first=TWO.first.but(cell="GRU")), [("0", "cell", "LSTM", "GRU")]),
    (TWO, TWO.but(first=TWO.first.but(use_bias=False)), [("0", "use_bias", True, False)]),
    (TWO, TWO.but(above=(ABOVE.but(units=6),)), [("1", "units", 5, 6)]),
    (TWO, TWO.but(above=(ABOVE.but(reset_after=False),)), [("1", "reset_after", True, False)]),
    (TWO, TWO.but(bidirectional="sum"), [("0", "bidirectional", False, True)]),
    (TWO, TWO.but(above=()), [("", "layers", 2, 1)]),
    (TWO, TWO.but(ending="Dense(3)"), [("", "ending", (), (5, 3))]),
    (TWO, TWO.but(first=NUMBERS), [("", "embedding", True, False)]),
    (TWO, TWO.but(first=TWO.first.but(vocabulary_size=90)), [("", "vocabulary_size", 100, 90)]),
    (
        TWO.but(first=NUMBERS),
        TWO.but(first=TWO.first.but(embedding=False)),
        [("", "features", 2, 1)],
    ),
    (BOTH, BOTH.but(settings=Settings(units=3)), [("", "units", 4, 3)]),
    (
        PAIR,
        PAIR.but(bidirectional=True),
        [("encoder", "bidirectional", False, True), ("decoder", "units", 4, 8)],
    ),
    (TWO, BOTH, [("", "layers", 2, 1)]),
]


@pytest.mark.parametrize(("of", "question", "expected"), MISFITS)
def test_the_settings_that_they_do_not_fit_are_told(
    of: Any, question: Any, expected: list[tuple]
) -> None:
    own = brought(of.model)
    assert own.misfits(question.model) == tuple(Misfit(*each) for each in expected)
    assert own.fitting(question.model) is None
    assert LayersWeights().misfits(question.model) == ()
    assert LayersWeights().fitting(question.model) is None


def test_weights_of_other_names_fit_nothing() -> None:
    named = Misfit("", "weights")
    one = stack.Question(first=Settings(units=4))
    own = brought(BOTH.but(settings=Settings(units=4)).model)
    assert own.misfits(one.but(bidirectional="concat").model) == (named,)


def test_a_server_has_room_for_so_many(monkeypatch: pytest.MonkeyPatch) -> None:
    layouts = weight_layout(TWO.model)
    arrays = any_weights(layouts, 7)
    size = sum(np.float32(array).nbytes for array in arrays.values())
    held = sum(each.nbytes for each in uploaded._known.values())
    monkeypatch.setattr(uploaded, "MOST_BYTES", held + size - 1)
    with pytest.raises(SettingsError, match="room") as error:
        register_weights(arrays, layouts)
    assert error.value.problems[0].field == "weights"
    monkeypatch.setattr(uploaded, "MOST_BYTES", held + size)
    kept = register_weights(arrays, layouts)
    monkeypatch.setattr(uploaded, "MOST_BYTES", 0)
    assert register_weights(arrays, layouts) is kept


def test_arrays_that_do_not_fit_are_refused() -> None:
    layouts = weight_layout(TWO.model)
    arrays: Mapping[str, np.ndarray] = any_weights(layouts, 7)
    with pytest.raises(SettingsError, match=r"weights\.1/kernel"):
        register_weights({n: a for n, a in arrays.items() if n != "1/kernel"}, layouts)


@pytest.mark.parametrize("whatif", [stack, both_ways, encoder_decoder])
def test_a_script_loads_weights_that_are_too_many_to_write(
    whatif: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    large = Settings(units=110, tokens=((1, 2),))
    question = whatif.Question(settings=large) if whatif is not stack else STACKED.but(first=large)
    weights = brought(question.model).weights
    assert weights is not None
    file = weights_file(question.model, weights)
    assert file == "rnn_lens_lstm_110_uploaded_layers.npz"
    (tmp_path / file).write_bytes(write_npz(weights))
    monkeypatch.chdir(tmp_path)
    code = whatif.script(question, weights)
    assert f'np.load("{file}")' in code
    built = executed(code)[0]["model"].get_weights()
    assert [array.tobytes() for array in built] == [array.tobytes() for array in weights.values()]
