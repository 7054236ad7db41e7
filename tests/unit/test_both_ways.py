"""Bidirectional, against Keras's own that the test builds round the same weights."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest

from components.backend import Settings, SettingsError, run
from components.backend.question.linked import choices
from components.backend.question.sentences import MAX_STEPS
from components.backend.running.model import weight_layout
from components.backend.whatif import both_ways
from components.backend.whatif.both_ways import (
    WIKIDOCS,
    Answer,
    Choice,
    Question,
    answer,
    facts,
)
from components.charts import both_ways as picture_of
from tests.facts import assert_sentences
from tests.kinds import any_weights, in_turn, pairwise, product_of, soaked
from tests.layers import both_ways_layer, tensors
from tests.scripts import executed

FLAGS = (True, False)
TOKENS = ((4, 21, 64, 13), (77, 66, 54, 30))


MODES = choices(Choice, "merge_mode")
CASES = product_of(
    cell=choices(Settings, "cell"),
    merge_mode=MODES,
    return_sequences=FLAGS,
    return_state=FLAGS,
    go_backwards=FLAGS,
)
SHORT = Settings(tokens=((4, 21, 64, 13),))


def question_of(case: dict[str, Any]) -> Question:
    settings = {name: value for name, value in case.items() if name != "merge_mode"}
    settings = Settings(units=3, embedding_dim=2, tokens=TOKENS, **settings)
    return Question(settings=settings, merge_mode=case["merge_mode"])


@pytest.fixture(scope="module", params=soaked(CASES))
def found(request: pytest.FixtureRequest) -> Answer:
    question = question_of(request.param)
    return answer(question, random_weights(question))


def random_weights(question: Question, seed: int = 3) -> dict[str, np.ndarray]:
    """No weight and no bias of them 0."""
    return any_weights(weight_layout(question.model), seed)


def test_how_much_each_layer_has_read_at_a_step() -> None:
    rows = ((4, 0, 64, 0), (0, 0, 54, 30))
    found = answer(Question(settings=SHORT.reading(rows), mask_zero=True))
    ahead, back = both_ways.steps_read(found)
    assert ahead.tolist() == [[1, 1, 2, 2], [0, 0, 1, 2]]
    assert back.tolist() == [[2, 1, 1, 0], [2, 2, 2, 1]]


# As https://wikidocs.net/106473 prints it: h after each step, which is the same for all units.
PRINTED = {
    "forward": [0.3590648, 0.5511133, 0.5911575, 0.6303139],
    "backward": [0.70387346, 0.5886358, 0.39516988, 0.21942243],
}


def test_the_numbers_that_a_book_prints() -> None:
    h = {name: np.array(steps)[:, np.newaxis].repeat(3, 1) for name, steps in PRINTED.items()}
    last = {"forward": h["forward"][-1], "backward": h["backward"][0]}
    for sequences, outputs in ((False, last), (True, h)):
        found = answer(Question(settings=WIKIDOCS.but(return_sequences=sequences)))
        both = np.concatenate([*outputs.values()], axis=-1)[np.newaxis]
        np.testing.assert_allclose(found.tensor("outputs"), both, rtol=0, atol=1e-6)
        for way, state in last.items():
            np.testing.assert_allclose(found.tensor(f"{way}_h"), state[None], rtol=0, atol=1e-6)


@pytest.mark.parametrize(("cell", "backwards"), in_turn(choices(Settings, "cell"), FLAGS))
def test_the_forward_layer_is_the_one_that_explore_shows(cell: str, backwards: bool) -> None:
    settings = Settings(cell=cell, go_backwards=backwards)
    found, shown = answer(Question(settings=settings)), run(settings)
    np.testing.assert_array_equal(found.forward.hidden, shown.trace.hidden)
    np.testing.assert_array_equal(found.weights["embeddings"], shown.weights["embeddings"])
    for name, values in found.weights.of_layer("forward/").items():
        np.testing.assert_array_equal(values, shown.weights[name])
        if name != "bias":  # zeros to begin with
            assert not np.array_equal(values, found.weights[f"backward/{name}"])
    assert found.weights.origin == ("seed", str(settings.seed))


def test_where_the_last_states_are() -> None:
    found = answer(Question())
    outputs, units = found.tensor("outputs"), found.question.settings.units
    np.testing.assert_array_equal(outputs[:, 0, units:], found.tensor("backward_h"))
    np.testing.assert_array_equal(outputs[:, -1, :units], found.tensor("forward_h"))
    assert not np.allclose(outputs[:, -1, units:], found.tensor("backward_h"))


# Questions


@pytest.mark.parametrize("mode", MODES)
def test_a_link_holds_the_merge_mode(mode: str | None) -> None:
    choice = Choice(merge_mode=mode)
    assert Choice.from_query({"merge_mode": [str(mode)]}) == (choice, ())
    assert choice.to_query() == ({} if mode == "concat" else {"merge_mode": str(mode)})


@pytest.mark.parametrize("bad", ["None", "average", "", 3, True, np.nan, ("sum",)])
def test_a_bad_merge_mode_is_refused(bad: Any) -> None:
    with pytest.raises(SettingsError, match="^merge_mode: got .*'mul', 'ave', None$"):
        Question(merge_mode=bad)


def test_a_bad_link_is_reported() -> None:
    found, (problem,) = Choice.from_query({"merge_mode": ["both"]})
    assert found == Choice()
    assert (
        str(problem)
        == "merge_mode: got 'both'; allowed: one of 'concat', 'sum', 'mul', 'ave', None"
    )


@pytest.mark.parametrize("bad", [None, 3, "LSTM", Question()])
def test_settings_have_to_be_settings(bad: Any) -> None:
    with pytest.raises(SettingsError, match="^settings: got .*allowed: Settings$"):
        Question(settings=bad)
    fields = "merge_mode, mask_zero, initial_state, stateful, settings"
    with pytest.raises(SettingsError, match=f"only {fields}"):
        Question(cut=bad)


# Facts

HOLES = ((4, 21, 0, 0, 7), (0, 3, 0, 9, 0), (0, 0, 0, 0, 0))
TOLD = [
    *(Question(settings=SHORT, merge_mode=mode) for mode in MODES),
    Question(settings=SHORT.but(return_state=False)),
    Question(settings=SHORT.but(return_sequences=False)),
    Question(settings=SHORT.but(return_sequences=False, return_state=False), merge_mode=None),
    Question(settings=SHORT.but(tokens=((3,),))),
    Question(settings=SHORT.but(tokens=HOLES), mask_zero=True, initial_state=True),
    Question(settings=SHORT.but(cell="GRU", return_sequences=False), initial_state=True),
    Question(settings=SHORT, stateful=True),
    *(
        Question(
            settings=SHORT.but(tokens=HOLES, go_backwards=backwards, return_sequences=sequences),
            merge_mode=mode,
            mask_zero=True,
        )
        for mode, backwards, sequences in pairwise(
            [*product(MODES, FLAGS, FLAGS)], lambda case: dict(enumerate(case))
        )
    ),
]
# With weights that are all 0 its outputs are the same at every step.
STUCK = Question(settings=SHORT.but(return_state=False))


def told() -> list[tuple[Answer, Any]]:
    zeros = {part.name: np.zeros(part.shape) for part in weight_layout(STUCK.model)}
    stuck = (answer(STUCK.but(stateful=stateful), zeros) for stateful in FLAGS)
    found = [*map(answer, TOLD), *stuck]
    return [(one, fact) for one in found for fact in facts(one)]


def test_every_fact_has_its_sentence_and_is_stated_somewhere() -> None:
    assert_sentences("both_ways_facts", [fact for _, fact in told()])


STATEFUL = product_of(
    cell=choices(Settings, "cell"),
    merge_mode=("concat", None),
    return_sequences=FLAGS,
    go_backwards=FLAGS,
)


@pytest.mark.parametrize("case", soaked(STATEFUL))
def test_stateful_layers_go_on_from_their_own_states(case: dict[str, Any]) -> None:
    """Against a stateful Bidirectional that is made here and called twice; and forward goes on as
    in one sentence of both batches, which the other layer reads from its end."""
    question = question_of(case).but(stateful=True)
    weights = random_weights(question)
    found = answer(question, weights)
    settings, inputs = found.question.settings, found.forward.inputs
    assert not settings.return_state
    read = np.ascontiguousarray(inputs[:, ::-1] if settings.go_backwards else inputs)
    layers = {"merge_mode": question.merge_mode}
    once = both_ways_layer(settings, weights, read.shape, **layers)
    layer = both_ways_layer(settings, weights, read.shape, stateful=True, **layers)
    np.testing.assert_allclose(tensors(layer(read))[0], tensors(once(read))[0], atol=2e-6)
    for tensor, values in zip(found.returned, tensors(layer(read)), strict=True):
        np.testing.assert_allclose(tensor.values, values, rtol=0, atol=2e-6)
    told = {fact.name: fact for fact in facts(found)}
    assert told["stateful_own"].holds
    assert told["stateful_backward"].holds
    assert told["stateful_backward"].values["forward"] < 1e-5
    assert told["stateful_backward"].values["backward"] > 1e-3
    with pytest.raises(TypeError) as raised:
        both_ways_layer(settings.but(return_state=True), weights, read.shape, stateful=True)(
            keras_input(read.shape)
        )
    assert str(raised.value) in told["stateful_refused"].values["error"]


def keras_input(shape: tuple[int, ...]) -> Any:
    import keras

    return keras.Input(batch_shape=shape)


@pytest.mark.parametrize("cell", choices(Settings, "cell"))
def test_backward_goes_on_from_the_beginning_of_the_former_batch(cell: str) -> None:
    """What stood at the end of the former batch hardly matters to it, what stood first does."""
    settings = Settings(cell=cell, tokens=((4, 21, 64, 13),))
    found = answer(Question(settings=settings, stateful=True))
    first = found.first.layer.traces
    for direction, trace in enumerate((found.forward, found.backward)):
        for name, states in first[direction].states.items():
            np.testing.assert_allclose(trace.initial[name], states[:, -1], atol=1e-6)
    assert first[1].tokens[0, -1] == 4
    assert first[0].tokens[0, -1] == 13


def test_two_batches_that_are_too_long_together_are_not_read_as_one() -> None:
    settings = Settings(tokens=((1,) * MAX_STEPS,))
    found = answer(Question(settings=settings, stateful=True))
    assert found.whole is None
    names = {fact.name for fact in facts(found)}
    assert "stateful_own" in names
    assert not {"stateful_backward", "stateful_backward_same"} & names


@pytest.mark.parametrize("backwards", FLAGS)
def test_a_mask_moves_the_last_states_to_the_ends_of_what_is_read(backwards: bool) -> None:
    settings = Settings(tokens=HOLES, go_backwards=backwards)
    found = answer(Question(settings=settings, mask_zero=True))
    told = {fact.name: fact for fact in facts(found)}
    assert told["mask_zeros"].values == {"largest": 0}
    assert told["masked_ends"].holds
    assert not {"backward_first", "last_step"} & told.keys()
    read = np.array(HOLES)[:, ::-1] if backwards else np.array(HOLES)
    np.testing.assert_array_equal(found.layer.counts, read != 0)
    # A sentence that is masked as a whole leaves both states at 0.
    assert not found.tensor("forward_h")[2].any()
    crossed = [t for t in picture_of(found).figure["data"] if t.get("meta") == "hatch"]
    assert len(crossed) == 3  # one stretch of masked steps in each strip


def test_each_direction_begins_with_its_own_states() -> None:
    question = Question(settings=SHORT.but(tokens=HOLES), mask_zero=True, initial_state=True)
    found = answer(question, random_weights(question))
    begun = [float(s[0, 0]) for t in found.layer.traces for s in t.initial.values()]
    np.testing.assert_allclose(begun, (0.1, 0.2, 0.3, 0.4), rtol=1e-6)
    layer = both_ways_layer(SHORT, found.weights, found.forward.inputs.shape)
    states = [
        np.full((len(HOLES), SHORT.units), value, "float32") for value in (0.1, 0.2, 0.3, 0.4)
    ]
    expected = tensors(layer(found.forward.inputs, initial_state=states))
    for tensor, values in zip(found.returned, expected, strict=True):
        np.testing.assert_allclose(tensor.values, values, rtol=0, atol=1e-6)
    swapped = tensors(layer(found.forward.inputs, initial_state=states[::-1]))[0]
    told = {fact.name: fact for fact in facts(found)}
    apart = np.abs(swapped - found.tensor("outputs")).max()
    assert told["initial_passed"].values["difference"] == pytest.approx(apart, abs=1e-5)
    assert told["mask_dropped"].holds
    assert told["mask_dropped"].values == {"count": 10}
    assert "mask_zeros" not in told
    dropped = answer(question.but(mask_zero=False), random_weights(question))
    np.testing.assert_array_equal(dropped.tensor("outputs"), found.tensor("outputs"))


@pytest.mark.parametrize("backwards", FLAGS)
def test_facts_are_measured(backwards: bool) -> None:
    found = answer(Question(settings=Settings(units=4, embedding_dim=4, go_backwards=backwards)))
    values = {fact.name: fact.values for fact in facts(found)}
    places = ["merge_concat", "backward_first", "last_step"]
    assert list(values) == [*places, "initial_order", "parameters", "replay"]
    assert values["initial_order"]["names"] == "forward_h, forward_c, backward_h, backward_c"
    outputs, state = found.tensor("outputs"), found.tensor("backward_h")
    last = float(np.abs(outputs[:, -1, 4:] - state).max())
    assert values["backward_first"] == {"first": 0.0, "last": last, "place": "outputs[:, 0, 4:]"}
    assert values["last_step"] == {"difference": last}
    assert values["parameters"] == {"both": 288, "one": 144}
    assert values["merge_concat"]["shape"] == (1, 10, 8)
    assert values["merge_concat"]["difference"] == found.differences[0][0]
    assert values["replay"] == {"difference": found.replay_difference}


def test_facts_name_the_tensors_that_there_are() -> None:
    """Where nothing is merged, none is called outputs."""
    for sequences, named in [
        (True, "backward_outputs[:, 0]"),
        (False, "forward_outputs, backward_outputs"),
    ]:
        question = Question(settings=Settings(return_sequences=sequences), merge_mode=None)
        values = [fact.values for fact in facts(answer(question))]
        (found,) = (each for each in values if {"place", "tensors"} & each.keys())
        assert named in found.values()


def test_outputs_of_the_last_step_are_not_what_comes_without_sequences() -> None:
    """What the fact says of the pair of last states is what Keras returns in its place."""
    for mode in MODES[:4]:
        question = Question(settings=Settings(return_state=False), merge_mode=mode)
        whole = answer(question).tensor("outputs")
        final = answer(question.but(settings=question.settings.but(return_sequences=False)))
        (fact,) = (f for f in facts(answer(question)) if f.name == "last_step")
        apart = float(np.abs(whole[:, -1] - final.tensor("outputs")).max())
        assert fact.values["difference"] == pytest.approx(apart, abs=1e-6)


# Code

VARIED = {
    "as it is": Question(),
    "None": Question(settings=SHORT, merge_mode=None),
    **{
        name: Question(settings=SHORT.but(**change), merge_mode="ave")
        for name, change in {
            "last step": {"cell": "GRU", "return_sequences": False, "reset_after": False},
            "Keras 2": {"recurrent_activation": "hard_sigmoid_keras2", "tokens": TOKENS},
            "backwards": {"cell": "SimpleRNN", "go_backwards": True, "return_state": False},
            "numbers": {"embedding": False, "input_scaling": "unit", "use_bias": False},
        }.items()
    },
    "a book's": Question(settings=WIKIDOCS),
    "states": Question(settings=SHORT.but(tokens=TOKENS), initial_state=True, mask_zero=True),
    "states of a GRU": Question(settings=SHORT.but(cell="GRU"), initial_state=True),
    "stateful": Question(settings=SHORT.but(tokens=TOKENS), stateful=True, mask_zero=True),
    "stateful, dropped": Question(
        settings=SHORT.but(cell="SimpleRNN", embedding=False, dropout=0.5), stateful=True
    ),
}
EVERY_SCRIPT = pytest.mark.parametrize("question", VARIED.values(), ids=VARIED)


def test_the_line_that_unpacks_the_call() -> None:
    assert both_ways.unpack_line(Question()) == (
        "outputs, forward_h, forward_c, backward_h, backward_c = "
        "Bidirectional(LSTM(3, return_sequences=True, return_state=True))(x)"
    )
    plain = Settings(cell="GRU", return_state=False)
    assert both_ways.unpack_line(Question(settings=plain, merge_mode=None)) == (
        "forward_outputs, backward_outputs = "
        "Bidirectional(GRU(3, return_sequences=True), merge_mode=None)(x)"
    )
    backwards = plain.but(go_backwards=True, return_sequences=False)
    assert both_ways.unpack_line(Question(settings=backwards)) == (
        "outputs = Bidirectional(GRU(3, go_backwards=True), backward_layer=GRU(3))(x)"
    )


@EVERY_SCRIPT
def test_what_is_copied_of_the_line_runs_by_itself(question: Question) -> None:
    namespace, _ = executed(both_ways.copied(question))
    for layout in both_ways.returned_layout(question):
        assert namespace[layout.name].shape == layout.shape


# The picture


def strips(found: Answer, sentence: int) -> list[dict[str, Any]]:
    """The cells of the picture, from the top strip down."""
    data = picture_of(found, sentence=sentence).figure["data"]
    return [trace for trace in data if trace["type"] == "heatmap"]


def drawn_of(found: Answer, row: int, sentence: int = 1) -> dict[int, np.ndarray]:
    """Of a strip on the step axis: the values of each column, by its step."""
    columns: dict[int, np.ndarray] = {}
    for strip in strips(found, sentence):
        if (
            int(strip["y"][0]) == row
            and strip["xaxis"] == "x"
            and strip["name"] != "h\N{SUBSCRIPT ZERO}"
        ):
            columns |= dict(zip(strip["x"], np.transpose(strip["z"]), strict=True))
    return columns


def test_every_strip_shows_its_own(found: Answer) -> None:
    question = found.question
    steps = question.settings.steps
    forward, backward = (drawn_of(found, row) for row in (0, 1))
    for step in range(1, steps + 1):
        rounding = {"atol": 1e-5}  # what was returned is Keras's own, not the replay's
        np.testing.assert_allclose(forward[step], found.forward.hidden[1, step - 1], **rounding)
        np.testing.assert_allclose(
            backward[step], found.backward.hidden[1, steps - step], **rounding
        )
    lit = {s["name"]: np.array(s["z"]) for s in strips(found, 1) if s["opacity"] == 1}
    for tensor in found.returned:
        values = tensor.values[1].reshape(-1, tensor.values.shape[-1]).T
        ends = tensor.name.endswith("_h") and question.merge_mode is None
        if not ends:
            np.testing.assert_array_equal(lit[tensor.name], values)
        elif tensor.name.startswith("forward"):
            np.testing.assert_array_equal(forward[steps], values[:, 0])
        else:
            np.testing.assert_array_equal(backward[1], values[:, 0])


def test_last_states_stand_where_their_layer_ends() -> None:
    found = answer(Question(settings=Settings(tokens=TOKENS)))
    at = {strip["name"]: strip["x"] for strip in strips(found, 0)}
    assert (at["forward_h"], at["backward_h"]) == ([4], [1])
    labels = picture_of(found).figure["layout"]["annotations"]
    said = {each["text"]: each for each in labels}
    assert said["<b>forward_h</b>"]["x"] == 4.5
    assert said["<b>backward_h</b>"]["x"] == 0.5


def test_starts_stand_at_opposite_ends() -> None:
    found = answer(Question(settings=Settings(tokens=TOKENS)))
    first, second = (s["x"] for s in strips(found, 0) if s["name"] == "h\N{SUBSCRIPT ZERO}")
    assert max(first) < 0.5
    assert min(second) > 4.5
    np.testing.assert_allclose(np.add(first, second[::-1]), 5)


def test_columns_before_the_first_step_say_that_they_are_zeros() -> None:
    for passed in FLAGS:
        figure = picture_of(answer(Question(initial_state=passed))).figure
        names = figure["layout"]["xaxis"]["ticktext"]
        assert names[0] == names[-1]
        assert names[0].split("<br>") == ["start", *["zeros"] * (not passed)]


def test_what_was_merged_away_is_hatched() -> None:
    for mode, hatched in (("concat", 0), ("sum", 2), (None, 0)):
        found = answer(Question(settings=Settings(tokens=TOKENS), merge_mode=mode))
        data = picture_of(found).figure["data"]
        assert sum(trace.get("meta") == "hatch" for trace in data) == hatched


def test_the_step_axis_is_that_of_outputs() -> None:
    for back in FLAGS:
        settings = Settings(tokens=TOKENS, go_backwards=back)
        ticks = picture_of(answer(Question(settings=settings))).figure["layout"]["xaxis"]
        tokens = TOKENS[0][::-1] if back else TOKENS[0]
        want = [f"{step}<br><b>{token}</b>" for step, token in enumerate(tokens, 1)]
        assert ticks["ticktext"][1:-1] == want


def test_the_alternative_text_names_what_came_back() -> None:
    said = picture_of(answer(Question(settings=Settings(cell="GRU")))).alt
    assert "The forward layer ends at step 10, the backward layer at step 1." in said
    assert said.endswith("Returned: outputs and forward_h and backward_h.")
