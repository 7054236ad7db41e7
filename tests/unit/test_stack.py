"""Layers on top of each other, against a model of Keras that the test builds, its errors too."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from itertools import pairwise, permutations, product
from typing import Any

import numpy as np
import pytest

from components.backend import EngineError, Settings, SettingsError, run
from components.backend.cells import CELLS
from components.backend.question.linked import choices
from components.backend.question.settings import Layer
from components.backend.running import keras_layers, replay
from components.backend.running.endings import ENDINGS
from components.backend.running.model import weight_layout
from components.backend.whatif import stack
from components.backend.whatif.stack import (
    Above,
    Answer,
    Choice,
    Question,
    answer,
    facts,
    script,
)
from components.charts import fitted
from components.charts import stack as picture_of
from components.texts import text
from tests.facts import assert_sentences
from tests.kinds import any_weights, in_turn, product_of, soaked
from tests.scripts import assert_printed, executed

FLAGS = (True, False)
TOKENS = ((4, 21, 64, 13), (77, 66, 54, 30))
OPTIONS: dict[str, tuple[Any, ...]] = {
    "cells": tuple(pairwise((*CELLS, *CELLS)))[: len(CELLS)],
    "sequences_below": FLAGS,
    "state_below": FLAGS,
    "sequences": FLAGS,
    "state": FLAGS,
    "backwards_below": FLAGS,
    "hand_on": choices(Question, "hand_on"),
    "ending": choices(Question, "ending"),
}
CASES = product_of(**OPTIONS)


def question_of(case: Mapping[str, Any]) -> Question:
    """Two layers of different cells and sizes."""
    below, above = case["cells"]
    first = Settings(
        cell=below,
        units=3,
        return_sequences=case["sequences_below"],
        return_state=case["state_below"],
        go_backwards=case["backwards_below"],
        embedding_dim=2,
        tokens=TOKENS,
    )
    second = Layer(
        cell=above, units=2, return_sequences=case["sequences"], return_state=case["state"]
    )
    joints = {name: case[name] for name in ("hand_on", "ending")}
    return Question(first=first, above=(second,), **joints)


EVERY = pytest.mark.parametrize("case", soaked(CASES))

PLAIN = Settings(return_state=False)
FOUR = Question(
    first=PLAIN.but(tokens=TOKENS, recurrent_activation="hard_sigmoid"),
    above=(
        Above(cell="GRU", units=5, recurrent_activation="hard_sigmoid_keras2", go_backwards=True),
        Above(cell="SimpleRNN", units=2, use_bias=False),
        Layer(cell="GRU", units=3, reset_after=False, go_backwards=True),
    ),
)


@cache
def random_weights(question: Question) -> dict[str, np.ndarray]:
    """No weight and no bias of them 0."""
    return any_weights(weight_layout(question.model), 3)


def unnamed(error: str) -> str:
    """An error without the names that Keras counts up by itself, and the blanks at its end."""
    return re.sub(r"name=\w+|\w+_cell_?\d*|'dense_?\d*'|\"flatten_?\d*\"", "name", error).strip()


REFUSED = [
    case
    for case in CASES
    if not case["sequences_below"] or (case["state_below"] and case["hand_on"] == "everything")
]


@pytest.mark.parametrize("case", soaked(REFUSED, of=("ending", "sequences_below", "state_below")))
def test_what_mends_a_refusal_mends_it(case: dict[str, Any]) -> None:
    """Flag by flag Keras comes further, until it takes the whole stack."""
    question, done = question_of(case), []
    while mend := answer(question).mend:
        assert mend not in done
        done.append(mend)
        question = turned(question, *mend)
        assert answer(question).mend is None or answer(question).mend != mend
    assert answer(question).error is None
    assert done[0][0] == 0
    assert len(done) <= 4


def turned(question: Question, number: int, flag: str) -> Question:
    """The question with one layer's flag turned."""
    layers = list(question.layers)
    layers[number] = layers[number].but(**{flag: not getattr(layers[number], flag)})
    return question.but(first=layers[0], above=tuple(layers[1:]))


@pytest.mark.parametrize(
    ("question", "where", "mend", "said"),
    [
        (
            Question(first=PLAIN.but(return_sequences=False), above=(Layer(),)),
            1,
            (0, "return_sequences"),
            "'layer_2' is incompatible with the layer: expected ndim=3, found ndim=2. "
            "Full shape received: (None, 3)",
        ),
        (
            Question(first=Settings(), above=(Layer(),)),
            1,
            (0, "return_state"),
            'Layer "layer_2" expects 1 input(s), but it received 3 input tensors.',
        ),
        (
            Question(first=PLAIN, ending="RepeatVector(3)"),
            1,
            (0, "return_sequences"),
            "'ending' is incompatible with the layer: expected ndim=2, found ndim=3. "
            "Full shape received: (None, 10, 3)",
        ),
        (
            Question(
                first=PLAIN,
                above=(Above(return_sequences=False),),
                ending="TimeDistributed(Dense(3))",
            ),
            2,
            (1, "return_sequences"),
            "at least 3 dimensions, received: (None, 3)",
        ),
    ],
)
def test_a_refusal_tells_where_and_what(
    question: Question, where: int, mend: tuple[int, str], said: str
) -> None:
    found = answer(question)
    assert found.error.where == where
    assert found.error.message.startswith("ValueError: ")
    assert said in found.error.message
    assert found.mend == mend
    assert len(found.layers) == where
    assert found.returned == ()
    assert found.ending_returned is None


def test_outputs_alone_can_be_passed_on() -> None:
    question = Question(above=(Layer(),), hand_on="outputs", ending="Dense(3)")
    found = answer(question)
    assert found.error is None
    assert [len(layer.returned) for layer in found.layers] == [3, 3]
    assert [tensor.name for tensor in found.passed_on(found.layers[-1])] == ["outputs"]
    assert answer(question.but(hand_on="everything")).mend == (0, "return_state")


def test_each_layer_reads_what_the_one_below_returned() -> None:
    found = answer(FOUR)
    for below, above in zip(found.layers, found.layers[1:], strict=False):
        read = above.trace.inputs[:, ::-1] if above.layer.go_backwards else above.trace.inputs
        np.testing.assert_array_equal(read, below.returned[0].values)
        ids = above.trace.tokens[:, ::-1] if above.layer.go_backwards else above.trace.tokens
        np.testing.assert_array_equal(ids, below.trace.tokens)


@pytest.mark.parametrize("cell", choices(Layer, "cell"))
def test_the_first_layer_is_the_one_that_explore_shows(cell: str) -> None:
    settings = Settings(cell=cell)
    found, shown = answer(Question(first=settings, above=(Layer(cell=cell),))), run(settings)
    np.testing.assert_array_equal(found.layers[0].trace.hidden, shown.trace.hidden)
    for tensor, other in zip(found.layers[0].returned, shown.returned, strict=True):
        assert tensor.name == other.name
        np.testing.assert_allclose(tensor.values, other.values, rtol=0, atol=1e-6)
    assert found.weights.origin == ("seed", str(Settings().seed))


def test_each_layer_has_weights_of_its_own() -> None:
    found = answer(Question(first=PLAIN, above=(Above(),) * 3, ending="Dense(3)"))
    for name in ("kernel", "recurrent_kernel"):
        arrays = [found.weights[f"{number}/{name}"] for number in range(4)]
        assert all(not np.array_equal(*pair) for pair in permutations(arrays, 2))
    assert list(found.weights)[-2:] == ["ending/kernel", "ending/bias"]
    assert found.parameter_count == sum(array.size for array in found.weights.values())
    assert found.parameter_count == 200 + 72 + 3 * 84 + 12


def test_weights_are_those_that_keras_built() -> None:
    found = answer(Question(above=(Layer(),), ending="Dense(3)"))
    assert list(found.weights) == ["embeddings", "0/kernel", "0/recurrent_kernel", "0/bias"]
    assert found.parameter_count == 200 + 72


# Questions


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"first": 3}, "first: got 3; allowed: Settings"),
        ({"first": Layer()}, "first: got Layer"),
        ({"above": 3}, "above: got 3; allowed: a tuple of at most 3 layers, each a Layer"),
        ({"above": Layer()}, "above: got Layer"),
        ({"above": Settings()}, "above: got Settings.*such as \\(Layer\\(units=8\\),\\)"),
        ({"above": (Layer(),) * 4}, "above: got .*at most 3 layers"),
        ({"above": (Layer(), "GRU")}, "above: got 'GRU'"),
        (
            {"ending": "Dense(4)"},
            r"ending: got 'Dense\(4\)'; allowed: one of 'none', 'Dense\(3\)', ",
        ),
        ({"ending": None}, "ending: got None"),
        ({"hand_on": "states"}, "hand_on: got 'states'; allowed: one of 'everything', 'outputs'"),
        ({"below": ()}, "below: got .*only bidirectional, .*, hand_on, ending, mask_zero"),
    ],
)
def test_bad_input_is_refused(values: dict[str, Any], said: str) -> None:
    with pytest.raises(SettingsError, match=f"^{said}"):
        Question(**values)


def test_the_same_stack_is_the_same_question() -> None:
    plain = Question(above=(Layer(return_state=False),))
    for above in ([Layer(return_state=False)], (Above(),), (PLAIN,)):
        assert Question(above=above) == plain
        assert hash(Question(above=above)) == hash(plain)


def test_a_link_holds_the_choice() -> None:
    choice = Choice(layers=3, ending="TimeDistributed(Dense(3))", hand_on="outputs")
    query = {name: [said] for name, said in choice.to_query().items()}
    assert Choice.from_query(query) == (choice, ())
    assert Choice().to_query() == {}
    found, problems = Choice.from_query({"layers": ["5"], "ending": ["Dense"], "hand_on": ["h"]})
    assert found == Choice(layers=4)  # as many as there can be
    assert {problem.field for problem in problems} == {"layers", "ending", "hand_on"}


def test_every_ending_that_can_be_chosen_is_known() -> None:
    assert {"none", *ENDINGS} == {*choices(Question, "ending")}


# Weights


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"kernel": np.zeros((2, 12))}, "weights.kernel: got a value"),
        ({"1/kernel": None}, "weights.1/kernel: got nothing"),
        ({"ending/bias": np.zeros(4)}, r"weights.ending/bias: got shape \(4,\)"),
        ({"0/bias": np.full(12, np.inf)}, "not all finite"),
    ],
)
def test_wrong_weights_are_refused(change: dict[str, Any], said: str) -> None:
    question = Question(first=PLAIN, above=(Layer(),), ending="Dense(3)")
    weights = random_weights(question) | change
    weights = {name: array for name, array in weights.items() if array is not None}
    for ask in (answer, script):
        with pytest.raises(SettingsError, match=said):
            ask(question, weights)


def test_weights_hold_whatever_the_flags_are() -> None:
    """Those of the whole stack are taken where it is refused too."""
    question = Question(first=PLAIN, above=(Layer(units=2),), ending="RepeatVector(3)")
    weights = random_weights(question)
    shown = []
    for first in (PLAIN, PLAIN.but(return_sequences=False), Settings()):
        found = answer(question.but(first=first), dict(reversed(weights.items())))
        assert found.weights.origin.kind == "given"
        shown.append(found.layers[0].trace.hidden)
    np.testing.assert_array_equal(shown[0], shown[1])
    np.testing.assert_array_equal(shown[0], shown[2])


# Answers


def test_what_is_no_refusal_is_a_failure(
    forget: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise ValueError("cannot run")

    with monkeypatch.context() as patch:
        patch.setattr(keras_layers, "call", broken)
        with pytest.raises(EngineError, match="ValueError: cannot run"):
            answer(Question())
    assert answer(Question()).error is None  # a failure is not kept


# Facts

LAST = PLAIN.but(return_sequences=False)
HOLES = ((4, 21, 0, 0, 7), (0, 3, 0, 9, 0))
MASKED = [
    Question(first=first, above=(above,), **{"hand_on": "outputs", "mask_zero": True} | more)
    for first in [PLAIN.but(tokens=HOLES)]
    for above in (Above(bidirectional="concat"), Above(units=2))
    for more in ({}, {"initial_state": True}, {"bidirectional": "sum"})
]
MASKED += [
    Question(first=LAST.but(tokens=HOLES), ending="Dense(3)", mask_zero=True, initial_state=True),
    Question(
        first=PLAIN.but(tokens=HOLES, go_backwards=True, return_state=False),
        above=(Above(),),
        mask_zero=True,
    ),
    Question(
        first=PLAIN.but(tokens=HOLES),
        above=(Above(return_sequences=False), Above()),
        mask_zero=True,
        hand_on="outputs",
    ),
]
MASKED += [
    Question(
        first=first.but(tokens=HOLES),
        above=(Above(initial_state=initial, zero_output_for_mask=zeros),) if seq else (),
        zero_output_for_mask=zeros,
        initial_state=initial,
        ending=ending,
        hand_on="outputs",
        **masks,
    )
    for seq, first in ((True, PLAIN), (False, LAST))
    for initial, zeros, masks, ending in (
        (True, False, {"mask_zero": True}, "none"),
        (False, True, {"mask_zero": True}, "none"),
        (False, True, {"mask_zero": True}, "Dense(3)"),
        (True, True, {"pass_mask": True}, "Dense(3)"),
        (True, False, {"mask_zero": True, "pass_mask": True}, "none"),
    )
]
AUTOENCODER = Question(
    first=LAST.but(tokens=TOKENS, return_state=True),
    above=(Above(cell="GRU", units=5, repeat_vector=True, bidirectional="sum"),),
    ending="Dense(3)",
    hand_on="outputs",
)
TOLD = [
    AUTOENCODER,
    AUTOENCODER.but(first=PLAIN),
    *(Question(first=first, ending=e) for first in (PLAIN, LAST) for e in OPTIONS["ending"]),
    Question(ending="Dense(3)"),
    Question(first=PLAIN.but(cell="GRU"), initial_state=True),
    Question(above=(Layer(),)),
    Question(first=LAST, above=(Layer(),)),
    FOUR,
    *MASKED,
    Question(first=LAST.but(tokens=HOLES), mask_zero=True),
    *(
        Question(first=PLAIN.but(tokens=HOLES), ending=ending, mask_zero=True, hand_on="outputs")
        for ending in ("Dense(3)", "Flatten(), Dense(3)")
    ),
    *(Question(first=LAST, bidirectional="ave", ending=ending) for ending in ("none", "Dense(3)")),
    *(Question(first=LAST, bidirectional="none", ending=ending) for ending in ("none", "Dense(3)")),
    Question(first=PLAIN, bidirectional="none", above=(Above(),)),
]


def test_every_fact_has_its_sentence_and_is_stated_somewhere() -> None:
    told = [fact for question in TOLD for fact in facts(answer(question))]
    assert_sentences("stack_facts", told)
    assert all(fact.holds is not False for fact in told)


def test_facts_are_measured() -> None:
    found = answer(Question(first=PLAIN, above=(Above(cell="GRU", units=5),), ending="Dense(3)"))
    told = {fact.name: fact.values for fact in facts(found)}
    assert list(told) == ["reads", "ending_sequence", "shapes", "parameters", "replay"]
    assert told["reads"]["layer"] == 2
    assert told["ending_sequence"]["shape"] == (1, 10, 3)
    _, second, ending = found.differences
    assert told["reads"]["difference"] == max(second)
    assert (told["ending_sequence"]["difference"],) == ending
    shapes = "(1, 10) → (1, 10, 2) → (1, 10, 3) → (1, 10, 5) → (1, 10, 3)"
    assert told["shapes"]["shapes"] == shapes
    assert told["parameters"] == {"sum": "200 + 72 + 150 + 18", "count": 440}
    assert told["replay"]["difference"] == found.replay_difference


@pytest.mark.parametrize(("wrap", "name"), [("concat", "shapes_concat"), ("sum", "shapes")])
def test_twice_as_wide_is_said_only_where_two_directions_are_joined(wrap: str, name: str) -> None:
    found = facts(answer(Question(first=PLAIN, bidirectional=wrap, above=(Above(),))))
    assert [fact.name for fact in found if fact.name.startswith("shapes")] == [name]


def test_what_differs_from_keras_by_more_than_rounding_does_not_hold() -> None:
    found = answer(Question(first=PLAIN, above=(Above(cell="GRU", units=5),), ending="Dense(3)"))
    for at, name in ((1, "reads"), (2, "ending_sequence")):
        off = [*found.differences]
        off[at] = (2 * replay.slack(found.returned[0].values),)
        told = {fact.name: fact.holds for fact in facts(replace(found, differences=tuple(off)))}
        assert {which for which, holds in told.items() if holds is False} == {name, "replay"}


def test_a_mask_and_initial_states_on_their_way_up() -> None:
    both, plain, backwards = MASKED[0], MASKED[4], MASKED[7]
    told = {fact.name: fact for fact in facts(answer(both))}
    assert told["mask_all"].values["layers"] == "1, 2"
    assert told["mask_zeros"].values == {"layer": 2, "largest": 0}
    told = {fact.name: fact for fact in facts(answer(plain))}
    without = answer(plain.but(mask_zero=False)).layers[1].trace.hidden
    moved = np.abs(answer(plain).layers[1].trace.hidden - without).max()
    assert told["mask_some"].values == {
        "layers": "2",
        "others": "1",
        "first": 2,
        "without": pytest.approx(moved, abs=1e-6),
    }
    assert told["initial_order"].values["names"] == "state_h, state_c"
    told = {fact.name: fact for fact in facts(answer(backwards))}
    # Read in reverse: 7 0 0 21 4 with the mask of 4 21 0 0 7, and 0 9 0 3 0 with that of 0 3 0 9 0.
    assert told["mask_wrong_steps"].values == {"layer": 2, "count": 2}
    wrapped = Question(first=PLAIN, bidirectional="concat", initial_state=True)
    (order,) = (fact for fact in facts(answer(wrapped)) if fact.name == "initial_order")
    assert order.values["names"] == "forward_h, forward_c, backward_h, backward_c"
    names, _ = executed(script(wrapped))
    import keras

    swapped = names["layer"](names["sequence"], initial_state=names["start"][::-1])
    outputs, *_ = keras.Model(names["inputs"], swapped)(np.array(PLAIN.tokens))
    apart = np.abs(outputs.numpy() - answer(wrapped).layers[0].tensor("outputs")).max()
    assert order.values["difference"] == pytest.approx(float(apart), abs=1e-6)


@pytest.mark.parametrize("question", MASKED[-10:])
def test_states_zeros_and_a_mask_by_hand_are_keras_own(question: Question) -> None:
    """The script, which builds each layer for itself, prints the same."""
    found = answer(question, random_weights(question))
    assert found.replay_agrees
    assert_printed(executed(script(question, random_weights(question)))[1], found)
    told = [fact for fact in facts(found) if fact.name.startswith("initial")]
    begun = [number for number, each in enumerate(question.wraps, 1) if each.initial_state]
    assert [fact.values["layer"] for fact in told] == begun
    for layer, each in zip(found.layers, question.wraps, strict=True):
        firsts = [float(state[0, 0]) for state in layer.trace.initial.values()]
        expected = stack.INITIAL[: len(firsts)] if each.initial_state else (0, 0)
        np.testing.assert_allclose(firsts, expected[: len(firsts)], rtol=1e-6)
    reached = [layer.mask is not None for layer in found.layers]
    dropped = [each.initial_state for each in question.wraps]
    if question.pass_mask:
        dropped[0] = False
    assert reached == [not each for each in dropped]


def test_a_decoder_reads_one_vector_at_every_step() -> None:
    weights = random_weights(AUTOENCODER)
    found = answer(AUTOENCODER, weights)
    assert_printed(executed(script(AUTOENCODER, weights))[1], found)
    last = found.layers[0].returned[0].values
    read = found.layers[1].trace.inputs
    np.testing.assert_array_equal(read, np.repeat(last[:, np.newaxis], 4, axis=1))
    masked = answer(AUTOENCODER.but(first=AUTOENCODER.first.but(tokens=HOLES), mask_zero=True))
    assert [layer.mask is not None for layer in masked.layers] == [True, False]
    assert masked.replay_agrees


def test_a_sequence_is_not_repeated_and_mended() -> None:
    refused = answer(AUTOENCODER.but(first=PLAIN))
    assert refused.error is not None
    assert "repeat_layer_2" in refused.error.message
    assert refused.mend == (0, "return_sequences")
    assert "layer_refused_sequence" in [fact.name for fact in facts(refused)]
    assert answer(AUTOENCODER.but(first=PLAIN.but(return_sequences=False))).error is None


@pytest.mark.parametrize("sequences", FLAGS)
@pytest.mark.parametrize("states", FLAGS)
def test_with_merge_mode_none_the_last_layer_returns_both_halves(
    sequences: bool, states: bool
) -> None:
    """Against a Bidirectional that is made here."""
    import keras

    above = Above(bidirectional="none", units=3, return_sequences=sequences, return_state=states)
    question = Question(first=PLAIN.but(tokens=TOKENS), above=(above,), hand_on="outputs")
    weights = random_weights(question)
    found = answer(question, weights)
    lstm = keras.layers.LSTM(3, return_sequences=sequences, return_state=states)
    layer = keras.layers.Bidirectional(lstm, merge_mode=None)
    read = np.array(found.layers[0].returned[0].values)
    layer.build(read.shape)
    layer.set_weights([array for name, array in weights.items() if name.startswith("1/")])
    names = ["forward_outputs", "backward_outputs", *["forward_h", "forward_c"] * states]
    assert [each.name for each in found.returned] == [
        *names,
        *["backward_h", "backward_c"] * states,
    ]
    for tensor, values in zip(found.returned, layer(read), strict=True):
        np.testing.assert_allclose(tensor.values, values, atol=5e-6)
    (fact,) = (fact for fact in facts(found) if fact.name == "last_halves")
    assert fact.holds
    assert fact.values["shapes"] == ", ".join([str(found.returned[0].values.shape)] * 2)
    hidden = found.layers[-1].hidden
    forward, backward = (trace.hidden for trace in found.layers[-1].traces)
    np.testing.assert_array_equal(hidden, np.concatenate([forward, backward[:, ::-1]], axis=-1))
    assert_printed(executed(script(question, weights))[1], found)


READERS = [
    ((Above(),), "none"),
    ((Above(bidirectional="none"),), "none"),
    ((Above(repeat_vector=True),), "none"),
    *(((), ending) for ending in ENDINGS),
]


@pytest.mark.parametrize(
    ("reader", "given"), in_turn(READERS, [*product(choices(Question, "hand_on"), FLAGS)])
)
def test_whatever_reads_both_halves_is_refused_and_mended(
    reader: tuple[tuple[Above, ...], str], given: tuple[str, bool]
) -> None:
    (above, ending), (hand_on, states) = reader, given
    sequences = ending != "RepeatVector(3)" and not (above and above[0].repeat_vector)
    question = Question(
        first=PLAIN.but(return_state=states, return_sequences=sequences),
        above=above,
        bidirectional="none",
        ending=ending,
        hand_on=hand_on,
    )
    found = answer(question)
    assert found.mend == (0, "bidirectional")
    assert found.error.where == 1
    count = 6 if states and hand_on == "everything" else 2
    said = f"it received {count} input tensors"
    if ending.startswith("TimeDistributed"):  # its error is about a shape that is none
        said = (
            "at least 3 dimensions" if count == 2 else "Cannot convert '((None, 3), 3)' to a shape"
        )
    assert said in found.error.message
    kind = "ending" if ending != "none" else "layer"
    (fact,) = (fact for fact in facts(found) if "refused" in fact.name)
    assert fact.name == f"{kind}_refused_bidirectional"
    with pytest.raises(ValueError, match="input|Cannot convert"):
        executed(script(question))
    mended = answer(question.but(bidirectional="concat")).mend
    assert mended == ((0, "return_state") if count == 6 else None)


def test_bidirectional_sets_zero_output_for_mask_by_itself() -> None:
    question = Question(first=PLAIN, bidirectional="sum", zero_output_for_mask=True)
    assert not question.model.layers[0].zero_output_for_mask
    assert "zero_output_for_mask" not in question.to_query()


WAYS_OF_A_MASK = product_of(
    bidirectional=("off", "concat"), sequences=FLAGS, initial=FLAGS, ending=OPTIONS["ending"]
)


@pytest.mark.parametrize("case", soaked(WAYS_OF_A_MASK))
def test_where_the_mask_goes_is_keras_own(case: dict[str, Any]) -> None:
    bidirectional, sequences, initial, ending = case.values()
    question = Question(
        first=PLAIN.but(tokens=((4, 0),)),
        above=(Above(return_sequences=sequences, bidirectional=bidirectional),),
        hand_on="outputs",
        ending=ending,
        mask_zero=True,
        initial_state=initial,
    )
    found = answer(question)
    ways = ("mask_passed", "mask_dropped", "mask_ends")
    told = {fact.name for fact in facts(found) if fact.name.startswith(ways)}
    if found.error:
        assert not told
        return
    names, _ = executed(script(question))
    masked = has_mask(names["returned_2"])
    flat = ending.startswith("Flatten")
    how = "dropped" if masked and flat else "passed" if masked else "ends"
    assert told == {f"mask_{how}_{'stack' if ending == 'none' else 'ending'}"}
    assert not (flat and has_mask(names["outputs"]))


def has_mask(tensor: Any) -> bool:
    return getattr(tensor, "_keras_mask", None) is not None


def test_wrapping_a_layer_leaves_the_weights_of_the_others() -> None:
    before = answer(Question(first=PLAIN, above=(Above(),)))
    after = answer(Question(first=PLAIN, above=(Above(),), bidirectional="sum"))
    for name in ("kernel", "recurrent_kernel", "bias"):
        np.testing.assert_array_equal(before.weights[f"1/{name}"], after.weights[f"1/{name}"])
        kept = after.weights[f"0/forward/{name}"]
        np.testing.assert_array_equal(before.weights[f"0/{name}"], kept)


@pytest.mark.parametrize(
    ("question", "name"),
    [
        (Question(first=PLAIN), "last_sequence"),
        (Question(first=LAST), "last_step"),
        (Question(first=PLAIN, ending="Dense(3)"), "ending_sequence"),
        (Question(first=PLAIN, ending="TimeDistributed(Dense(3))"), "ending_wrapped"),
        (Question(first=PLAIN, ending="Flatten(), Dense(3)"), "ending_flat"),
        (Question(first=LAST, ending="Dense(3)"), "ending_step"),
        (Question(first=LAST, ending="Flatten(), Dense(3)"), "ending_flat_step"),
        (Question(first=LAST, ending="RepeatVector(3)"), "ending_repeated"),
        (Question(first=LAST, above=(Layer(),)), "layer_refused_return_sequences"),
        (Question(above=(Layer(),)), "layer_refused_return_state"),
        (Question(ending="RepeatVector(3)"), "ending_refused_return_state"),
        (Question(first=PLAIN, ending="RepeatVector(3)"), "ending_refused_sequence"),
        (
            Question(first=LAST, ending="TimeDistributed(Dense(3))"),
            "ending_refused_return_sequences",
        ),
    ],
)
def test_what_the_last_flags_decide_is_stated(question: Question, name: str) -> None:
    assert name in [fact.name for fact in facts(answer(question))]


# Code


@pytest.mark.parametrize(
    "question",
    [
        Question(above=(Layer(),)),
        Question(first=LAST, above=(Layer(),)),
        Question(first=PLAIN, above=(Layer(return_state=False),), ending="RepeatVector(3)"),
    ],
)
def test_a_script_of_what_is_refused_ends_with_the_same_error(
    question: Question, capsys: pytest.CaptureFixture[str]
) -> None:
    found = answer(question)
    with pytest.raises(ValueError, match="incompatible|expects 1") as refused:
        exec(compile(script(question), "script", "exec"), {})
    assert unnamed(f"ValueError: {refused.value}") == unnamed(found.error.message)
    assert_printed(capsys.readouterr().out, found)


# The picture


def strips(found: Answer) -> list[dict[str, Any]]:
    data = picture_of(found, sentence=1).figure["data"]
    return [trace for trace in data if trace["type"] == "heatmap"]


@EVERY
def test_every_strip_shows_what_its_layer_returned(case: Mapping[str, Any]) -> None:
    found = answer(question_of(case))
    ending = found.question.ending
    last = found.layers[-1].returned if ending == "none" else (found.ending_returned,)
    assert found.returned == (() if found.error else last)
    lit = [s for s in strips(found) if s["opacity"] == 1 and s["name"] != "h\N{SUBSCRIPT ZERO}"]
    tensors = [tensor for reached in found.layers for tensor in reached.returned]
    names = [tensor.name for tensor in tensors]
    if found.ending_returned:
        tensors.append(found.ending_returned)
        names.append(ending)
    assert [strip["name"] for strip in lit] == names
    for strip, tensor in zip(lit, tensors, strict=True):
        values = tensor.values[1].reshape(-1, tensor.values.shape[-1]).T
        np.testing.assert_array_equal(strip["z"], values)


def test_each_layer_has_a_row_and_a_scale_of_its_own() -> None:
    found = answer(FOUR)
    outputs = [strip for strip in strips(found) if strip["name"] == "outputs"]
    assert [int(strip["y"][0]) for strip in outputs] == [0, 1, 2, 3]
    assert [s["zmax"] for s in outputs] == [fitted(layer).h for layer in found.layers]


def test_the_picture_is_never_higher_than_a_small_screen_has_room_for() -> None:
    heights = []
    for layers in range(1, stack.MOST_LAYERS + 1):
        above = tuple(Above() for _ in range(layers - 1))
        question = Question(first=PLAIN, above=above, ending="Dense(3)")
        heights.append(picture_of(answer(question)).figure["layout"]["height"])
    assert heights[0] < heights[1] == heights[2] == heights[3] < 300


def test_what_an_ending_repeats_stands_on_the_axis() -> None:
    first = PLAIN.but(return_sequences=False, tokens=((4,), (5,)))
    picture = picture_of(answer(Question(first=first, ending="RepeatVector(3)")))
    assert picture.figure["layout"]["xaxis"]["range"][1] >= 3.5


@pytest.mark.parametrize(("settings", "edges"), [(PLAIN, [0.5, 10.5]), (LAST, [10])])
def test_what_is_made_of_all_steps_stands_below_all(settings: Settings, edges: list) -> None:
    first = settings.but(tokens=settings.tokens * 2)
    found = answer(Question(first=first, ending="Flatten(), Dense(3)"))
    (strip,) = (strip for strip in strips(found) if strip["name"] == found.question.ending)
    assert list(strip["x"]) == edges


def test_tokens_stand_below_where_all_layers_read_them_in_one_order() -> None:
    def said(*above: Layer) -> tuple[str, bool]:
        layout = picture_of(answer(Question(first=PLAIN, above=above))).figure["layout"]
        names = " ".join(label["text"] for label in layout["annotations"])
        return layout["xaxis"]["ticktext"][1], text("charts.token") in names

    assert said(Above()) == ("1<br><b>4</b>", True)
    assert said(Above(go_backwards=True)) == ("1", False)


def test_the_alternative_text_names_every_layer_and_the_refusal() -> None:
    said = picture_of(answer(Question(first=PLAIN, above=(Above(cell="GRU"),)))).alt
    assert "Layer 2: GRU(3, return_sequences=True), outputs (1, 10, 3)" in said
    refused = Question(first=PLAIN.but(return_sequences=False), above=(Above(),))
    assert picture_of(answer(refused)).alt.endswith("Keras refuses the next layer.")
