"""What of a model the pages with several layers show: they return what its layers returned."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from components.backend import Explained, Setup, explain
from components.backend.origins.layers_weights import LayersWeights
from components.backend.running import engine
from components.backend.running.model_run import LayerRun, ModelRun
from components.backend.whatif import both_ways, encoder_decoder, stack
from components.backend.whatif.stack import Above, Wrapped
from components.backend.your_model.other_pages.handed_to_several import Handed, handed
from components.texts import LANGUAGES, speaking

SENTENCES, STEPS, WORDS, FEATURES = 3, 6, 20, 4
IDS = np.array([[7, 3, 9, 0, 0, 0], [1, 19, 4, 8, 2, 0], [5, 6, 7, 8, 9, 1]])
X = np.random.default_rng(1).normal(size=(SENTENCES, STEPS, FEATURES)).astype("float32")


@pytest.fixture(autouse=True)
def loaded() -> Iterator[None]:
    """Keras is set up as the app does it."""
    with engine.use_keras():
        pass
    return iter((None,))


def of(*parts: Callable[[Any], Any], x: np.ndarray = X) -> Explained:
    """A sequential model of layers that are made once Keras is there, explained for its input."""
    import keras

    dtype = "int32" if x.dtype.kind == "i" else "float32"
    layers = [part(keras.layers) for part in parts]
    model = keras.Sequential([keras.Input(x.shape[1:], dtype=dtype), *layers])
    draw = np.random.default_rng(3)  # in a large layer h would soon be all rounding
    most = [min(1, 10 / len(array)) for array in model.get_weights()]
    drawn = zip(most, model.get_weights(), strict=True)
    model.set_weights([draw.uniform(-size, size, array.shape) for size, array in drawn])
    return explain(model, x)


def lstm(units: int = 5, **more: Any) -> Callable[[Any], Any]:
    return lambda layers: layers.LSTM(units, **{"return_sequences": True} | more)


def gru(units: int = 3, **more: Any) -> Callable[[Any], Any]:
    return lambda layers: layers.GRU(units, **more)


def both(inner: Callable[[Any], Any], **more: Any) -> Callable[[Any], Any]:
    return lambda layers: layers.Bidirectional(inner(layers), **more)


def embedding(size: int = WORDS, **more: Any) -> Callable[[Any], Any]:
    return lambda layers: layers.Embedding(size, 4, **more)


def dense(units: int, **more: Any) -> Callable[[Any], Any]:
    return lambda layers: layers.Dense(units, **more)


def seq2seq(
    *,
    units: int = 5,
    both_ways: bool = False,
    read: int = 1,
    decoder: Callable[[Any], Any] | None = None,
    features: int = FEATURES,
    mask_zero: bool = False,
) -> Explained:
    """An encoder with its decoder, of numbers, or of ids with so many Embeddings."""
    import keras

    layers = keras.layers
    shapes = (STEPS,) if read else (STEPS, FEATURES)
    source = keras.Input(shapes)
    target = keras.Input((4,) if read else (4, features))
    first = layers.Embedding(WORDS, 3, mask_zero=mask_zero) if read else lambda x: x
    second = layers.Embedding(WORDS, 3, mask_zero=mask_zero) if read > 1 else first
    encoder = layers.LSTM(units, return_state=True, name="encoder")
    if both_ways:
        encoder = layers.Bidirectional(encoder, name="encoder")
    _, *states = encoder(first(source))
    if both_ways:
        h, c, back_h, back_c = states
        states = [layers.concatenate([h, back_h]), layers.concatenate([c, back_c])]
    decoder = decoder or lstm(units * (1 + both_ways), return_state=True, name="decoder")
    outputs, *_ = decoder(layers)(second(target), initial_state=states)
    model = keras.Model([source, target], layers.Dense(WORDS)(outputs))
    numbers = np.random.default_rng(2).normal(size=(SENTENCES, 4, features))
    return explain(model, [IDS, IDS[:, ::-1][:, :4]] if read else [X, numbers.astype("float32")])


def opened(link: Handed) -> ModelRun:
    """What the page returns that opens by the link."""
    query = {name: [value] for name, value in link.query.items()}

    def read(model: type, prefix: str = "") -> Any:
        found, problems = model.from_query(query, prefix=prefix)
        assert problems == ()
        return found

    setup, weights = read(Setup), read(LayersWeights).weights
    assert weights is link.weights
    if link.page == "stack":
        choice, wrapped = read(stack.Choice), read(Wrapped)
        above = tuple(read(Above, f"{number}.") for number in range(2, choice.layers + 1))
        given = {n: v for n, v in choice if n in stack.Question.model_fields}
        asked = stack.Question(first=setup.settings, above=above, **given, **dict(wrapped))
        return stack.answer(asked, weights)
    whatif = both_ways if link.page == "both_ways" else encoder_decoder
    choice = read(whatif.Choice)
    return whatif.answer(whatif.Question(settings=setup.settings, **dict(choice)), weights)


def assert_returned(layer: LayerRun, call: Any) -> None:
    """A page's layer returned what the model's layer returned, to the last bit."""
    for tensor in call.returned:
        if tensor.name == "outputs" and layer.layer.return_sequences and tensor.values.ndim == 2:
            continue  # the page has every step of it
        np.testing.assert_array_equal(layer.tensor(tensor.name), tensor.values)


def assert_same(link: Handed) -> ModelRun:
    """The opened page returns what the model's layers returned."""
    run = opened(link)
    for layer, call in zip(run.layers, link.calls, strict=False):
        assert_returned(layer, call)
    return run


def one(found: tuple[Handed, ...], page: str) -> Handed:
    (link,) = (each for each in found if each.page == page)
    return link


def notes(link: Handed) -> list[str]:
    return [note.name.removeprefix("handed_") for note in link.notes]


WHOLE = {
    "numbers": (of, (lstm(), gru()), []),
    "several flags": (of, (lstm(use_bias=False), gru(reset_after=False, return_state=True)), []),
    "backwards": (of, (lstm(go_backwards=True), gru(go_backwards=True)), []),
    "four": (of, (lstm(), gru(return_sequences=True), lstm(2), gru(2)), []),
    "both ways": (of, (both(lstm()), both(gru(return_sequences=True), merge_mode="ave")), []),
    "all merges": (
        of,
        (both(lstm(), merge_mode="sum"), both(lstm(2), merge_mode="mul"), gru()),
        [],
    ),
    "ending": (of, (lstm(), gru(return_sequences=True), dense(3)), []),
    "one with an ending": (of, (gru(), dense(3)), []),
    "another ending": (of, (lstm(), gru(), dense(1, activation="sigmoid")), ["ending"]),
}


@pytest.mark.parametrize("case", WHOLE)
def test_a_stack_returns_what_its_layers_returned(case: str) -> None:
    make, parts, told = WHOLE[case]
    model = make(*parts)
    link = one(handed(model), "stack")
    assert notes(link) == told
    run = assert_same(link)
    assert len(run.layers) == sum(bool(call.cells) for call in model.layers)
    if "ending" in case and not told:
        np.testing.assert_array_equal(run.returned[0].values, model.returned[0].values)


def test_a_flattened_sequence_and_a_dropout_between() -> None:
    model = of(
        lstm(),
        lambda layers: layers.Dropout(0.5),
        gru(return_sequences=True),
        lambda layers: layers.Flatten(),
        dense(3),
    )
    run = assert_same(one(handed(model), "stack"))
    np.testing.assert_array_equal(run.returned[0].values, model.returned[0].values)
    timed = of(gru(return_sequences=True), lambda layers: layers.TimeDistributed(layers.Dense(3)))
    run = assert_same(one(handed(timed), "stack"))
    np.testing.assert_array_equal(run.returned[0].values, timed.returned[0].values)


@pytest.mark.parametrize("mask_zero", [False, True])
@pytest.mark.parametrize(
    ("size", "first", "said"), [(WORDS, 0, []), (5000, 0, ["table"]), (5000, 4000, ["ids"])]
)
def test_ids_come_along_with_their_vectors(
    size: int, first: int, said: list[str], mask_zero: bool
) -> None:
    """With the whole table, where pages could take it."""
    ids = np.where(IDS > 0, IDS + first, 0)
    model = of(embedding(size, mask_zero=mask_zero), lstm(), gru(), x=ids)
    link = one(handed(model), "stack")
    assert notes(link) == said
    if size == WORDS:
        (table,) = (w["embeddings"] for w in (e.weights for e in model.layers) if "embeddings" in w)
        np.testing.assert_array_equal(link.weights["embeddings"], table)
    run = assert_same(link)
    assert (run.layer.mask is not None) == mask_zero
    if size == WORDS:
        np.testing.assert_array_equal(run.layer.trace.tokens, ids)
    if mask_zero:
        np.testing.assert_array_equal(run.layer.mask, ids != 0)


@pytest.mark.parametrize("last", [False, True])
def test_zeros_at_masked_steps_come_along(last: bool) -> None:
    zeros = {"zero_output_for_mask": True}
    above = gru(**zeros) if last else gru()
    below = lstm() if last else lstm(**zeros)
    link = one(handed(of(embedding(mask_zero=True), below, above, x=IDS)), "stack")
    run = assert_same(link)
    assert [layer.recurrent.zero_output_for_mask for layer in run.layers] == [not last, last]


@pytest.mark.parametrize("steps", [3, 100])
def test_numbers_too_many_for_a_link_have_ids(steps: int) -> None:
    x = np.random.default_rng(5).normal(size=(2, steps, 60)).astype("float32")
    link = one(handed(of(lstm(), gru(), x=x)), "stack")
    assert notes(link) == (["ids"] if steps > 3 else [])
    assert_same(link)


def test_a_mask_of_numbers_skips_the_same_steps() -> None:
    x = X.copy()
    x[0, 4:] = -1.0
    x[1, 2] = 0.0  # a row of zeros that is not masked
    masking: Callable[[Any], Any] = lambda layers: layers.Masking(-1.0)  # noqa: E731
    link = one(handed(of(masking, lstm(), gru(), x=x)), "stack")
    assert notes(link) == ["ids"]
    run = assert_same(link)
    assert run.layer.mask is not None
    assert np.argwhere(~run.layer.mask).tolist() == [[0, 4], [0, 5]]
    x[1, 2] = 0.5
    link = one(handed(of(masking, both(gru(return_sequences=True)), x=x)), "both_ways")
    assert notes(link) == []
    assert_same(link)


@pytest.mark.parametrize("merge_mode", ["concat", "sum", "mul", "ave"])
@pytest.mark.parametrize("sequences", [False, True])
def test_a_bidirectional_returns_what_its_layers_returned(merge_mode: str, sequences: bool) -> None:
    inner = lstm(return_sequences=sequences, return_state=True)
    link = one(handed(of(both(inner, merge_mode=merge_mode))), "both_ways")
    run = assert_same(link)
    assert run.layer.recurrent.merge_mode == merge_mode


def repeat(times: int) -> Callable[[Any], Any]:
    return lambda layers: layers.RepeatVector(times)


@pytest.mark.parametrize("masked", [False, True])
def test_an_autoencoder_comes_along(masked: bool) -> None:
    read = [embedding(mask_zero=True)] if masked else []
    parts = [*read, both(lstm(return_sequences=False)), repeat(STEPS), gru(return_sequences=True)]
    link = one(handed(of(*parts, dense(3), x=IDS if masked else X)), "stack")
    run = assert_same(link)
    assert [layer.recurrent.repeated for layer in run.layers] == [False, True]
    assert run.ending_returned is not None


def test_merge_mode_none_is_for_bidirectional_alone() -> None:
    import keras

    inputs = keras.Input(X.shape[1:])
    outputs = both(lstm(), merge_mode=None)(keras.layers)(inputs)
    model = explain(keras.Model(inputs, outputs), X)
    (link,) = handed(model)
    assert link.page == "both_ways"
    assert_same(link)
    stacked = keras.layers.GRU(2)(outputs[0])
    found = handed(explain(keras.Model(inputs, stacked), X))
    assert [each.page for each in found] == ["stack", "both_ways"]
    assert notes(found[0]) == ["unmerged"]
    assert not found[0].query


@pytest.mark.parametrize("read", [0, 1, 2])
@pytest.mark.parametrize("both_ways", [False, True])
def test_an_encoder_and_its_decoder_return_what_they_returned(read: int, both_ways: bool) -> None:
    model = seq2seq(read=read, both_ways=both_ways)
    link = one(handed(model), "encoder_decoder")
    assert [call.name for call in link.calls] == ["encoder", "decoder"]
    assert notes(link) == {0: [], 1: [], 2: ["ids"]}[read]
    run = assert_same(link)
    assert {**run.layers[1].trace.initial}["state_h"].any()


@pytest.mark.parametrize("read", [1, 2])
@pytest.mark.parametrize("both_ways", [False, True])
def test_the_mask_of_a_source_comes_along(read: int, both_ways: bool) -> None:
    link = one(handed(seq2seq(read=read, both_ways=both_ways, mask_zero=True)), "encoder_decoder")
    run = assert_same(link)
    np.testing.assert_array_equal(run.layer.mask, IDS != 0)


UNFIT = {
    "directions": lambda: of(
        lambda layers: layers.Bidirectional(
            layers.GRU(3), backward_layer=layers.GRU(2, go_backwards=True)
        )
    ),
    "setting": lambda: of(lstm(activation="gelu"), gru()),
    "pair": lambda: seq2seq(decoder=lstm(5, use_bias=False, name="decoder", return_state=True)),
    "repeated": lambda: of(lstm(return_sequences=False), repeat(STEPS + 1), gru()),
    "widths": lambda: seq2seq(read=0, features=2),
}


@pytest.mark.parametrize("why", UNFIT)
@pytest.mark.parametrize("language", LANGUAGES)
def test_what_a_page_cannot_show_is_said(why: str, language: str) -> None:
    (link,) = (each for each in handed(UNFIT[why]()) if not each.query)
    assert notes(link) == [why]
    assert link.weights is None
    with speaking(language):
        (said,) = map(str, link.notes)
    assert said
    assert "{" not in said


def test_states_of_elsewhere_are_said() -> None:
    import keras

    inputs, h = keras.Input(X.shape[1:]), keras.Input((5,))
    above = keras.layers.GRU(5, return_sequences=True)(inputs, initial_state=h)
    model = keras.Model([inputs, h], keras.layers.GRU(2, name="top")(above))
    (link,) = handed(explain(model, [X, np.ones((SENTENCES, 5), "float32")]))
    assert notes(link) == ["states"]


def test_more_layers_than_a_page_has() -> None:
    model = of(*(gru(2, return_sequences=True) for _ in range(5)), dense(3))
    link = one(handed(model), "stack")
    assert notes(link) == ["layers"]
    assert len(assert_same(link).layers) == 4


def test_sizes_beyond_a_page_are_said_by_field() -> None:
    model = of(lstm(513), gru())
    (link,) = handed(model)
    assert notes(link) == ["setting"]
    assert str(link.notes[0]) == "units is 513 here; the page takes a whole number from 1 to 512"
    long = of(lstm(2), gru(), x=np.zeros((1, 101, 2), "float32"))
    (link,) = handed(long)
    assert "101" in str(link.notes[0])


def test_a_model_without_them_hands_nothing() -> None:
    assert handed(of(lstm())) == ()
    assert handed(of(dense(3))) == ()
