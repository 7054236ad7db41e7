"""A sentence in two calls: against Keras's own layers, bad input, scripts, facts."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle
from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.backend import Run, Settings, run
from components.backend.cells import CELLS
from components.backend.question.linked import allowed_values, choices
from components.backend.question.settings import MAX_UNITS
from components.backend.running.engine import use_keras
from components.backend.running.facts import FADED, Fact
from components.backend.whatif.carry import Answer, Choice, Question, answer, facts, script
from components.charts.carry import carry as chart
from components.charts.picture import Picture, fitted, number, reach
from components.texts import text
from tests.kinds import in_turn
from tests.refused import refusal
from tests.scripts import executed, printed_tensors
from tests.strategies import examples

FLAGS = (True, False)
WAYS = choices(Choice, "how")
TOKENS = ((4, 21, 64, 13, 77), (66, 54, 30, 81, 87))


LONG = tuple(n % 100 for n in range(90))  # more than 40 steps run as a graph


@pytest.mark.parametrize("how", WAYS)
@pytest.mark.parametrize("hand_over", FLAGS)
def test_what_lies_between_one_call_and_two(how: str, hand_over: bool) -> None:
    settings = Settings(units=3, tokens=TOKENS, return_state=False)
    question = Question(settings=settings, cut=2, how=how, hand_over=hand_over, state_h=(0.5,))
    found = answer(question)
    first, second, whole = (
        part.tensor("outputs") for part in (found.first, found.second, found.whole)
    )
    apart = np.abs(np.concatenate([first, second], axis=1) - whole).max(axis=-1)
    np.testing.assert_allclose(found.difference, apart, rtol=0, atol=2e-6)
    assert (found.difference.max() <= 1e-6) == hand_over
    felt = np.abs(whole - run(settings).tensor("outputs")).max(axis=-1)
    np.testing.assert_allclose(found.influence, felt, rtol=0, atol=2e-6)


@pytest.mark.parametrize(("how", "hand_over"), [*zip(WAYS, (True, True, False), strict=True)])
def test_long_parts_that_run_as_graphs(how: str, hand_over: bool) -> None:
    settings = Settings(tokens=(LONG,), units=2)
    found = answer(Question(settings=settings, cut=45, how=how, hand_over=hand_over))
    assert (found.difference.max() <= 1e-6) == hand_over
    assert (found.difference[:, :45] <= 1e-6).all()


def test_the_same_weights_in_all_three_calls() -> None:
    for how in WAYS:
        found = answer(Question(how=how, state_h=(1.0,)))
        for name, array in run(Settings()).weights.items():
            for part in (found.first, found.second, found.whole):
                np.testing.assert_array_equal(part.weights[name], array)
                assert part.weights.origin == run(Settings()).weights.origin
                assert part.parameter_count == run(Settings()).parameter_count


def test_the_first_call_gets_what_is_read_first() -> None:
    settings = Settings(tokens=TOKENS)
    first, second = Question(settings=settings, cut=2).halves
    assert first.tokens == ((4, 21), (66, 54))
    assert second.tokens == ((64, 13, 77), (30, 81, 87))
    found = answer(Question(settings=settings.but(go_backwards=True), cut=2))
    assert found.first.settings.tokens == ((13, 77), (81, 87))
    assert found.second.settings.tokens == ((4, 21, 64), (66, 54, 30))
    assert found.whole.trace.tokens.tolist() == [list(row[::-1]) for row in TOKENS]


@pytest.mark.parametrize("how", WAYS)
def test_states_are_returned_whatever_the_flag_says(how: str) -> None:
    plain = Settings(return_state=False, return_sequences=False)
    found = answer(Question(settings=plain, how=how))
    for part in (found.first, found.second, found.whole):
        assert [t.name for t in part.returned] == ["outputs", "state_h", "state_c"]


def test_without_edits_the_whole_is_what_explore_shows() -> None:
    found = answer(Question())
    assert found.whole is run(Settings())
    assert found.influence.tolist() == [[0.0] * 10]


# A decoder of another size


@pytest.mark.parametrize(
    ("cell", "units", "tokens"),
    [("LSTM", 1, TOKENS), ("GRU", 64, TOKENS), ("SimpleRNN", 3, (LONG[:42],))],
)
def test_a_larger_decoder_is_refused_by_keras(cell: str, units: int, tokens: tuple) -> None:
    settings = Settings(cell=cell, units=units, tokens=tokens)
    question = Question(settings=settings, how="encoder_decoder", decoder="larger")
    found = answer(question)
    assert found.second is None
    assert f"[{len(tokens)},{units}]" in found.error
    assert f"[{units + 1}," in found.error
    assert "\x1b" not in found.error
    np.testing.assert_array_equal(found.difference[:, :4], 0)
    assert np.isnan(found.difference[:, 4:]).all()
    alone = answer(question.but(how="initial_state")).first
    np.testing.assert_array_equal(found.first.trace.hidden, alone.trace.hidden)
    assert facts(found) == ()


def test_a_larger_decoder_that_is_given_nothing_is_as_good_as_any() -> None:
    for changes in ({"hand_over": False}, {"how": "stateful"}, {"how": "initial_state"}):
        question = Question(**{"how": "encoder_decoder", "decoder": "larger"} | changes)
        assert not question.larger
        assert answer(question).error is None


# What is taken and what is refused


SHORT = Settings(tokens=((1, 2, 3),), units=2)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"settings": 3}, "settings: got 3; allowed: Settings"),
        ({"settings": {"units": 3}}, "settings: got {'units': 3}; allowed: Settings"),
        ({"settings": None}, "settings: got None; allowed: Settings"),
        (
            {"settings": Settings(tokens=((1,),))},
            "settings: got sentences of 1 step, which cannot be cut; "
            "allowed: sentences of at least 2 steps",
        ),
        ({"settings": SHORT, "cut": 3}, "cut: got 3; allowed: an int from 1 to 2"),
        (
            {"settings": SHORT, "state_h": (1.0, 2.0, 3.0)},
            "state_h: got 3 numbers; "
            "allowed: nothing, one number for all units, or 2 numbers, one for each unit",
        ),
        (
            {"settings": SHORT.but(cell="GRU"), "state_c": (1.0,)},
            "state_c: got (1.0,); allowed: nothing",
        ),
        (
            {"state_c": (10.5,)},
            "state_c: got 10.5; allowed: nothing, one number for all units, "
            "or a number for each unit, all from \N{MINUS SIGN}10 to 10",
        ),
        ({"cuts": 3}, "cuts: got 3; allowed: only cut, how, hand_over, decoder, state_h, "),
    ],
)
def test_words_of_a_refusal(values: dict[str, Any], message: str) -> None:
    assert str(refusal(Question, **values)).startswith(message)


@pytest.mark.parametrize(
    "value",
    [0.5, None, "0.5", (None,), ("0.5",), (True,), (float("nan"),), (float("inf"),), (-11,)],
)
def test_states_of_a_wrong_kind_are_refused(value: Any) -> None:
    assert_no_state(value)


@pytest.mark.parametrize(
    "value", [((0.5,),), (10**400,), (10**5000,), (1j,), {0.5: 1}, (0.0,) * (MAX_UNITS + 1)]
)
def test_states_that_are_refused(value: Any) -> None:
    assert_no_state(value)


def assert_no_state(value: Any) -> None:
    (problem,) = refusal(Question, state_h=value).problems
    assert (problem.field, problem.allowed) == ("state_h", allowed_values(Choice, "state_h"))
    assert str(problem)


@pytest.mark.parametrize("value", [(), (0.5,), [1, 2, 3], np.float32([1, 2, 3]), (-10, 10, 0)])
def test_states_that_are_taken(value: Any) -> None:
    question = Question(state_h=value, state_c=value)
    assert {type(number) for number in question.state_h} <= {float}
    assert hash(question) == hash(Question(**dict(question)))


@pytest.mark.parametrize(("steps", "cut"), [(2, 1), (4, 3), (5, 4), (100, 4)])
def test_a_cut_that_is_not_given_fits_the_sentence(steps: int, cut: int) -> None:
    settings = Settings(tokens=((1,) * steps,))
    assert Question(settings=settings).cut == cut
    mended, problems = Question.mend({"settings": settings, "cut": 100})
    assert (mended.settings, mended.cut) == (settings, steps - 1)  # the nearest that is allowed
    assert [problem.field for problem in problems] == ["cut"]


# Links


NUMBERS = st.floats(-10, 10)


@examples(1)
@given(
    st.builds(
        Choice,
        cut=st.integers(1, 99),
        how=st.sampled_from(WAYS),
        hand_over=st.booleans(),
        state_h=st.lists(NUMBERS, max_size=64),
        state_c=st.lists(NUMBERS, max_size=64),
    )
)
def test_a_choice_comes_back_out_of_its_link(choice: Choice) -> None:
    query = {name: [said] for name, said in choice.to_query().items()}
    assert Choice.from_query(query) == (choice, ())


@pytest.mark.parametrize(
    ("said", "values"),
    [
        ("", ()),
        ("0.5", (0.5,)),
        ("1, -2 ,.5", (1, -2, 0.5)),
        ("1 2\t3", (1, 2, 3)),
        ("1e-3", (0.001,)),
    ],
)
def test_states_as_text(said: str, values: tuple) -> None:
    assert Choice.from_query({"state_h": [said]}) == (Choice(state_h=values), ())


@pytest.mark.parametrize("said", ["a", "nan", "inf", "1_0", "٣", "1;2", "0x1", "1e999", "9" * 9999])
def test_texts_that_are_no_states(said: str) -> None:
    found, (problem,) = Choice.from_query({"state_h": [said]})
    assert (found, problem.field) == (Choice(), "state_h")
    assert len(str(problem)) < 300


# Its code


BASES = [
    Question(settings=Settings(cell=cell, tokens=TOKENS), how=how, cut=2)
    for cell, how in zip(CELLS, cycle(WAYS), strict=False)
]
CHANGES = [
    {"how": "initial_state"},
    {"how": "stateful"},
    {"decoder": "larger"},
    {"hand_over": False},
    {"state_h": (0.1, -2, 3)},
    {"hand_over": False, "how": "encoder_decoder"},
    {"embedding": False, "input_scaling": "unit"},
    {"hand_over": False, "state_h": (0.5,)},
    {"return_sequences": False, "return_state": False},
    {"go_backwards": True},
    {"recurrent_activation": "hard_sigmoid_keras2", "use_bias": False},
    {"cut": 4, "go_backwards": True},
]


def changed(base: Question, changes: dict[str, Any]) -> Question:
    settings = {n: value for n, value in changes.items() if n in Settings.model_fields}
    rest = {n: value for n, value in changes.items() if n not in settings}
    return base.but(settings=base.settings.but(**settings), **rest)


def assert_same(code: str, found: Answer) -> None:
    _, output = executed(code)
    printed = printed_tensors(output)
    runs = {"first": found.first, "second": found.second, "whole": found.whole}
    expected = {
        f"{call}_{tensor.name}": tensor.values
        for call, result in runs.items()
        if result
        for tensor in result.returned
    }
    assert list(printed) == list(expected)
    for name, values in expected.items():
        np.testing.assert_allclose(printed[name], values, rtol=0, atol=2e-6)
    if found.error:
        assert output.splitlines()[0] == found.error.splitlines()[0]
    else:
        largest = float(output.split("largest difference ")[1])
        last = found.difference[:, -1].max()
        steps = found.difference[:, found.question.cut :].max()
        expected = steps if found.question.settings.return_sequences else last
        assert largest == pytest.approx(expected, abs=2e-6)


@pytest.mark.parametrize(("index", "number"), in_turn(range(len(CHANGES)), range(len(BASES))))
def test_script(index: int, number: int) -> None:
    question = changed(BASES[number], CHANGES[index])
    code = script(question)
    assert_same(code, answer(question))
    assert all(len(line) <= 100 for line in code.splitlines() if not line.startswith("# "))


# Facts


def fact(found: Answer, name: str) -> Fact:
    return next(each for each in facts(found) if each.name == name)


def names_of(found: Answer) -> set[str]:
    return {each.name for each in facts(found)}


@pytest.mark.parametrize(
    ("cell", "how"), [*zip(CELLS, cycle(WAYS), strict=False), ("LSTM", "stateful")]
)
def test_facts_of_a_hand_over(cell: str, how: str) -> None:
    found = answer(Question(settings=Settings(cell=cell), how=how))
    same, handed = fact(found, f"same_{how}"), fact(found, "passed")
    assert ("fixed_batch" in names_of(found)) == (how == "stateful")
    assert same.holds
    assert same.values["largest"] == found.difference.max()
    assert handed.values["count"] == 3 * len(CELLS[cell].states)
    for state in CELLS[cell].states:
        assert state in handed.values["names"]


def test_a_stateful_layer_goes_on_row_by_row_and_takes_no_other_batch() -> None:
    question = Question(settings=Settings(units=3, tokens=TOKENS), how="stateful", cut=3)
    found = answer(question)
    rows, fixed = fact(found, "rows"), fact(found, "fixed_batch")
    # As if each sentence had begun with the last states of the other one.
    _, second = question.halves
    states = [found.first.tensor(name)[::-1] for name in ("state_h", "state_c")]
    begun = dict(zip(("state_h", "state_c"), states, strict=True))
    other = run(second, initial=begun).trace.hidden
    expected = np.abs(other - found.second.trace.hidden).max()
    assert rows.values["moved"] == pytest.approx(expected, abs=1e-6)
    assert fixed.values["count"] == 2
    assert "Expected batch size: 2 - Received batch size: 3" in fixed.values["error"]
    assert fact(found, "rows").values == rows.values
    assert "rows" not in names_of(answer(question.but(hand_over=False)))


@pytest.mark.parametrize("state_h", [(), (0.5,)])
def test_the_rows_of_a_batch_have_states_of_their_own(state_h: tuple[float, ...]) -> None:
    """In another order, each row is as it is alone in its batch."""
    question = Question(
        settings=Settings(units=3, tokens=TOKENS), how="stateful", cut=3, state_h=state_h
    )
    found = answer(question)
    own = fact(found, "own_states" if state_h else "own_zeros")
    assert own.holds
    assert own.values["moved"] < 1e-6 < fact(found, "rows").values["moved"]
    for row, tokens in enumerate(TOKENS):
        alone = answer(question.but(settings=question.settings.reading((tokens,))))
        for one, other in ((found.first, alone.first), (found.second, alone.second)):
            np.testing.assert_allclose(one.trace.hidden[[row]], other.trace.hidden, atol=1e-6)
        assert not {"own_zeros", "own_states", "rows"} & names_of(alone)


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("back", FLAGS)
def test_a_stack_of_stateful_layers_goes_on(cell: str, back: bool) -> None:
    settings = Settings(cell=cell, tokens=TOKENS, go_backwards=back)
    assert fact(answer(Question(settings=settings, how="stateful", cut=3)), "stacked").holds
    assert "stacked" not in names_of(answer(Question(settings=settings, cut=3)))


def test_fit_shuffles_and_resets_nothing() -> None:
    """As the page says of a stateful layer. The weights stay as they are, so only states move."""
    ends: list[np.ndarray] = []
    samples = np.arange(12, dtype="float32").reshape(12, 1, 1)

    def fitted(**more: Any) -> list[np.ndarray]:
        """The states at the beginning of two epochs and at their ends."""
        with use_keras() as (keras, _):
            keras.utils.set_random_seed(0)
            inputs = keras.Input(batch_shape=(3, 1, 1))
            layer = keras.layers.LSTM(2, stateful=True)
            model = keras.Model(inputs, layer(inputs))
            model.compile(keras.optimizers.SGD(0.0), "mse")

            def note(*_: object) -> None:
                ends.append(layer.states[0].numpy().copy())

            noting = keras.callbacks.LambdaCallback(on_epoch_begin=note, on_epoch_end=note)
            options = {"batch_size": 3, "epochs": 2, "verbose": 0, "callbacks": [noting], **more}
            model.fit(samples, np.zeros((12, 2)), **options)
        found = list(ends)
        ends.clear()
        return found

    begun, ended, begun_again, ended_again = fitted(shuffle=False)
    assert not begun.any()
    assert ended.any()
    np.testing.assert_array_equal(begun_again, ended)
    assert (ended_again != ended).any()
    assert (fitted()[1] != ended).any()  # other rows


@pytest.mark.parametrize("how", WAYS)
def test_facts_without_a_hand_over(how: str) -> None:
    settings = Settings(tokens=((*range(30),), (*range(40, 70),)), cell="GRU")
    found = answer(Question(settings=settings, how=how, hand_over=False))
    steps = found.difference.max(axis=0)
    apart, fades = fact(found, f"apart_{how}"), fact(found, "cut_fades")
    assert apart.holds
    assert steps[4] > 0.01
    assert apart.values["last"] == steps[-1]
    assert apart.values["largest"] == steps.max() == steps[apart.values["at"] - 1]
    step, least = fades.values["step"], FADED * steps.max()
    assert steps[step - 2] >= least > steps[step - 1 :].max() == fades.values["left"]


def test_facts_of_an_edited_start() -> None:
    found = answer(Question(settings=Settings(tokens=(LONG,)), state_h=(5.0,), state_c=(-5.0,)))
    start, fades = fact(found, "start"), fact(found, "start_fades")
    assert start.values["largest"] == found.influence.max()
    assert start.values["names"] == "state_h and state_c"
    step = fades.values["step"]
    assert (found.influence[0, step - 1 :] < FADED * found.influence.max()).all()
    assert found.influence[0, step - 2] >= FADED * found.influence.max()


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ({"hand_over": False, "cut": 9}, "cut_lasts"),
        ({"hand_over": False, "settings": Settings(tokens=(LONG,))}, "cut_fades"),
        ({"state_h": (0.0,)}, "start_nothing"),
        ({"state_h": (9.0,), "settings": SHORT}, "start_lasts"),
        ({"state_h": (9.0,), "settings": Settings(tokens=(LONG,))}, "start_fades"),
    ],
)
def test_whether_a_difference_fades(values: dict[str, Any], name: str) -> None:
    ends = (f"{name.partition('_')[0]}_{end}" for end in ("fades", "lasts", "nothing"))
    assert {*ends} & names_of(answer(Question(**values))) == {name}


def test_no_difference_where_a_cell_forgets_all_at_once() -> None:
    """Without a recurrent kernel a SimpleRNN knows nothing of the steps before."""
    settings = Settings(cell="SimpleRNN")
    weights = dict(run(settings).weights) | {"recurrent_kernel": np.zeros((3, 3))}
    found = answer(Question(settings=settings, hand_over=False), weights)
    assert "cut_nothing" in names_of(found)


# The same question, the same answer


@pytest.mark.parametrize("how", WAYS)
def test_many_who_ask_at_once_get_one_answer(
    how: str, forget: Callable[[], None], builds: list[str]
) -> None:
    run(Settings())
    builds.clear()
    with ThreadPoolExecutor(4) as threads:
        found = set(threads.map(lambda _: answer(Question(how=how)), range(4)))
    assert len(found) == 1
    assert len(builds) == (2 if how == "initial_state" else 1)


# Its picture


PICTURES: dict[str, dict[str, Any]] = {
    "handed": {},
    "zeros": {"hand_over": False, "cut": 1},
    "stateful": {"how": "stateful", "state_h": (0.5,), "state_c": (1.0, -1.0, 0.25)},
    "refused": {"how": "encoder_decoder", "decoder": "larger"},
    "last": {"hand_over": False, "settings": {"return_sequences": False}},
    "backwards": {"settings": {"go_backwards": True, "cell": "GRU"}, "state_h": (1.0,)},
}


@pytest.fixture(params=PICTURES)
def drawn(request: pytest.FixtureRequest) -> Answer:
    said = PICTURES[request.param]
    settings = Settings(**{"tokens": TOKENS, "units": 3} | said.get("settings", {}))
    return answer(Question(**{"cut": 2} | said | {"settings": settings}))


def strips(picture: Picture) -> list[dict[str, Any]]:
    return [trace for trace in picture.figure["data"] if trace["type"] == "heatmap"]


def labels(picture: Picture) -> dict[str, dict[str, Any]]:
    return {label["text"]: label for label in picture.figure["layout"]["annotations"]}


def runs_of(found: Answer) -> list[Run]:
    return [run for run in (found.whole, found.first, found.second) if run]


@pytest.mark.parametrize("sentence", [0, 1])
def test_the_strips_hold_what_the_calls_returned(drawn: Answer, sentence: int) -> None:
    limits, cut = fitted(*runs_of(drawn)), drawn.first.settings.steps
    lit = [s for s in strips(chart(drawn, sentence=sentence)) if s["opacity"] == 1]
    lit = [s for s in lit if s["name"] in ("outputs", "state_h", "state_c")]
    shown = [
        (tensor, run is drawn.second)
        for run in runs_of(drawn)
        for tensor in run.returned
        if run is not drawn.first or tensor.name == "outputs"
    ]
    assert [strip["name"] for strip in lit] == [tensor.name for tensor, _ in shown]
    for strip, (tensor, second) in zip(lit, shown, strict=True):
        values = tensor.values[sentence].reshape(-1, 3).T
        np.testing.assert_array_equal(strip["z"], values)
        assert (
            strip["zmax"] == -strip["zmin"] == (limits.c if tensor.name == "state_c" else limits.h)
        )
        if tensor.name == "outputs" and drawn.whole.settings.return_sequences:
            first = 1 + cut * second
            assert strip["x"] == list(range(first, first + values.shape[1]))


@pytest.mark.parametrize("sentence", [0, 1])
def test_what_lies_between_has_a_strip_and_an_edited_start_another(
    drawn: Answer, sentence: int
) -> None:
    by_name = {strip["name"]: strip for strip in strips(chart(drawn, sentence=sentence))}
    assert ("difference" in by_name) == (drawn.second is not None)
    assert ("influence" in by_name) == (drawn.question.initial is not None)
    if drawn.second:
        strip = by_name["difference"]
        apart = np.abs(strip["z"])
        np.testing.assert_array_equal(apart.max(axis=0), drawn.difference[sentence])
        rounding = apart.max() <= 1e-6
        assert strip["zmax"] == (1 if rounding else reach(apart))  # no colour, or all of them
        assert rounding == drawn.question.hand_over
    if drawn.question.initial:
        strip = by_name["influence"]
        np.testing.assert_array_equal(strip["z"], drawn.influence[[sentence]])
        assert (strip["zmin"], strip["zmax"]) == (0, reach(drawn.influence[sentence]))


def test_a_line_stands_where_the_sentence_is_cut(drawn: Answer) -> None:
    figure = chart(drawn).figure
    (line,) = (shape for shape in figure["layout"]["shapes"] if shape["type"] == "path")
    at = drawn.question.cut + 0.5
    strips = {trace["y"][0] for trace in figure["data"] if trace["type"] == "heatmap"}
    assert line["path"].count(f"M{at},") == len(strips) - 1  # not through the states at the cut


@pytest.mark.parametrize("sentence", [0, 1])
def test_the_states_at_the_cut_are_those_that_the_second_call_begins_with(
    drawn: Answer, sentence: int
) -> None:
    picture, passed = chart(drawn, sentence=sentence), drawn.question.hand_over
    found = {strip["name"]: strip for strip in strips(picture)}
    names = [tensor.name for tensor in drawn.first.returned if tensor.name != "outputs"]
    at_cut = [found[text("carry.cut_state", name=name)] for name in names]
    for name, strip in zip(names, at_cut, strict=True):
        last = drawn.first.tensor(name)[sentence]
        np.testing.assert_array_equal(strip["z"], (last if passed else 0 * last)[:, None])
        if drawn.second:
            first = drawn.second.trace.initial[name][sentence]
            np.testing.assert_array_equal(strip["z"], first[:, None])
    edges = sorted({edge for strip in at_cut for edge in strip["x"]})
    assert np.mean(edges) == drawn.question.cut + 0.5
    kind = drawn.question.how if passed else "nothing"
    said = text(f"carry.cut_{kind if drawn.second else 'refused'}", names=" and ".join(names))
    assert said in labels(picture)


def test_what_the_second_call_begins_with_stands_above_it(drawn: Answer) -> None:
    names = {"state_h", "state_c"} if drawn.whole.settings.cell == "LSTM" else {"state_h"}
    if drawn.second is None:
        said = text("carry.second_refused")
    elif drawn.question.hand_over:
        said = text("carry.second_given", names=text("charts.and").join(sorted(names)[::-1]))
    else:
        said = text("carry.second_zeros")
    found = labels(chart(drawn))
    assert found[said]["x"] == drawn.question.cut + 0.5
    assert text("carry.one_call") in found
    assert {f"<b>{name}</b>" for name in names} <= found.keys()


def test_the_alternative_text_tells_the_truth(drawn: Answer) -> None:
    alt = chart(drawn).alt
    assert alt.startswith(f"5 steps, cut after step {drawn.question.cut}; ")
    assert ("Keras refuses" in alt) == (drawn.second is None)
    if drawn.second:
        assert ("begins with zeros" in alt) == (not drawn.question.hand_over)
        assert alt.endswith(f" by {number(float(drawn.difference.max()))} at most.")


SIZES = [
    Settings(units=1, tokens=((7, 8),)),
    Settings(cell="GRU", units=64, tokens=(tuple(range(100)),)),
    Settings(cell="SimpleRNN", units=2, tokens=((1, 2, 3),) * 8, return_sequences=False),
]


@pytest.mark.parametrize("settings", SIZES, ids=lambda s: f"{s.cell}-{s.units}x{s.steps}")
def test_plotly_takes_every_size(settings: Settings) -> None:
    found = answer(Question(settings=settings, hand_over=False, state_h=(1.0,)))
    for sentence in {0, len(settings.tokens) - 1}:
        assert_taken(chart(found, sentence=sentence))


def assert_taken(picture: Picture) -> None:
    taken = go.Figure(picture.figure).to_plotly_json()
    assert len(taken["data"]) == len(picture.figure["data"])
    assert all(np.isfinite(strip["z"]).all() for strip in strips(picture))
    assert all(strip["zmax"] > strip["zmin"] for strip in strips(picture))
