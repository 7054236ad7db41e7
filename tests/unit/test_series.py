"""Tables cut into samples: against Keras, against the rule, bad input, code, facts, charts."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from components.backend import MismatchError, SettingsError
from components.backend.question.linked import LONGEST_TEXT, Message, bounds
from components.backend.question.numbers import notes_on
from components.backend.question.sentences import read_values
from components.backend.question.table import (
    LEAST_ROWS,
    LONGEST_THINNED,
    MOST_NUMBERS,
    MOST_ROWS,
    Pasted,
    pasted_text,
    read_pasted,
    thinned,
)
from components.backend.running.engine import use_keras
from components.backend.running.facts import Fact
from components.backend.whatif import series
from components.backend.whatif.series import (
    MOST_FEATURES,
    SERIES,
    Answer,
    Question,
    answer,
    facts,
    forecasts,
    mistakes,
    read_by,
    script,
    windows,
)
from components.charts import Picture, reshaped
from components.charts import forecasts as forecasts_chart
from components.charts import series as chart
from components.texts import text
from tests.facts import assert_sentences
from tests.kinds import chosen_of, soaked
from tests.scripts import executed, printed_tensors
from tests.strategies import ANYTHING, bad_values, examples, plain_fields, valid_values

OPTIONS = {
    "kind": ("sine", "walk", "noise", "spike", "pasted"),
    "rows": (LEAST_ROWS, 106),  # the longest window, and the furthest horizon below
    "features": (1, 3),
    "window": (1, 4, 100),
    "stride": (1, 4),
    "horizon": (0, 1, 6),
    "target": (0, 2),
}


def cases() -> list[dict[str, Any]]:
    """Every combination that fits its table, of the options that have an effect, each once."""
    found = {}
    for values in product(*OPTIONS.values()):
        with suppress(SettingsError):
            question = Question(**dict(zip(OPTIONS, values, strict=True)))
            case = chosen_of(OPTIONS, question)
            found[tuple(case.items())] = case
    return list(found.values())


EVERY_CASE = pytest.mark.parametrize("case", soaked(cases()))


@EVERY_CASE
def test_samples_are_those_of_keras(case: dict[str, Any]) -> None:
    """Asked once more here, a sample at a time, and with all columns of the targets' rows."""
    import keras  # here, so that the backend is the one who sets how it is imported

    question = Question(**case)
    found = answer(question)
    table, ahead = question.table, question.window + question.horizon - 1
    dataset = keras.utils.timeseries_dataset_from_array(
        table,
        table[ahead:],
        sequence_length=question.window,
        sequence_stride=question.stride,
        batch_size=None,
    )
    pairs = [(sample.numpy(), row.numpy()[question.target]) for sample, row in dataset]
    np.testing.assert_array_equal(found.samples, [sample for sample, _ in pairs])
    np.testing.assert_array_equal(found.targets, [target for _, target in pairs])
    assert not found.samples.flags.writeable
    assert found.samples.dtype == "float32"


@st.composite
def questions(draw: st.DrawFn) -> Question:
    """Any question that fits its table."""
    values = {name: draw(valid_values(Question, name)) for name in ("kind", "seed", "features")}
    if values["kind"] == "pasted":
        values["pasted"] = draw(tables())
        rows, features = len(values["pasted"].rows), len(values["pasted"].rows[0])
    else:
        rows = values["rows"] = draw(valid_values(Question, "rows"))
        features = values["features"] = min(values["features"], MOST_NUMBERS // rows)
    window = draw(st.integers(1, min(rows, bounds(Question, "window")[1])))
    return Question(
        window=window,
        horizon=draw(st.integers(0, min(rows - window, bounds(Question, "horizon")[1]))),
        stride=draw(st.integers(1, min(rows - 1, bounds(Question, "stride")[1]))),
        target=draw(st.integers(0, features - 1)),
        **values,
    )


@st.composite
def tables(draw: st.DrawFn) -> Pasted:
    """Any table that can be pasted."""
    columns, rows = draw(st.integers(1, MOST_FEATURES)), draw(st.integers(LEAST_ROWS, 40))
    numbers = st.floats(-1e6, 1e6) | st.integers(-1000, 1000).map(float)
    row = st.tuples(*[numbers] * columns)
    found = tuple(draw(st.lists(row, min_size=rows, max_size=rows)))
    names = draw(st.just(()) | st.tuples(*[NAMES] * columns))
    table = Pasted(found, names)
    assume(len(pasted_text(table)) <= LONGEST_TEXT)
    return table


NAMES = st.text(st.characters(codec="utf-8", categories=("L", "P", "S")), min_size=1, max_size=24)
NAMES = NAMES.filter(lambda name: name == name.strip(' "') != "")


@given(questions())
def test_every_number_is_the_tables(question: Question) -> None:
    """Sample i, step j is row i * stride + j; no sample is missing, and none has no target."""
    samples, targets = windows(question)
    table = question.table
    rows = len(table)
    starts = [
        start
        for start in range(0, rows, question.stride)
        if start + question.window + question.horizon <= rows
    ]
    assert samples.shape == (len(starts), question.window, table.shape[1])
    for i, start in enumerate(starts):
        for j in range(question.window):
            assert (samples[i, j] == table[i * question.stride + j]).all()
        row = start + question.window - 1 + question.horizon
        assert targets[i] == table[row, question.target]
        assert read_by(question)[i].nonzero()[0].tolist() == [
            *range(start, start + question.window)
        ]


@given(questions())
def test_a_question_comes_back_out_of_its_link(question: Question) -> None:
    query = {name: [said] for name, said in question.to_query().items()}
    found, problems = Question.from_query(query)
    assert problems == ()
    same = {name for name in Question.model_fields if question.applies(name)}
    assert {n: getattr(found, n) for n in same} == {n: getattr(question, n) for n in same}
    np.testing.assert_array_equal(found.table, question.table)


@pytest.mark.parametrize("kind", SERIES)
def test_what_is_made(kind: str) -> None:
    one, other = (Question(kind=kind, seed=seed, rows=60).table for seed in (0, 1))
    assert one.shape == (60, 2)
    assert (one != other).any()
    np.testing.assert_array_equal(one, np.float32(one.round(2)))
    np.testing.assert_array_equal(one, Question(kind=kind, rows=60).table)
    if kind == "spike":
        assert (one == 1).sum(axis=0).tolist() == [1, 1]
        assert (one > 0.5).argmax(axis=0).max() < 30


def test_keras_and_the_rule_are_compared(monkeypatch: pytest.MonkeyPatch, forget: None) -> None:
    def other(question: Question) -> tuple[np.ndarray, np.ndarray]:
        samples, targets = windows(question)
        return samples + np.float32(1e-7), targets

    monkeypatch.setattr(series, "windows", other)
    with pytest.raises(MismatchError, match="timeseries_dataset_from_array"):
        answer(Question())


@pytest.fixture
def forget() -> Any:
    from components.backend.running import answers

    answers.forget()
    yield
    answers.forget()


def test_the_same_question_gives_the_same_object() -> None:
    assert answer(Question(seed=3)) is answer(Question(seed=3))
    assert answer(Question(seed=3)).nbytes > 0


# Pasted text


@examples(1)
@given(tables(), st.sampled_from("\t;,"), st.sampled_from(("\n", "\r\n")), st.data())
def test_a_table_is_read_from_a_spreadsheet(
    table: Pasted, between: str, end: str, data: st.DataObject
) -> None:
    """Whatever stands between its cells, with blanks, quotes and blank lines here and there."""
    assume(not any(mark in name for mark in "\t;," for name in table.names))

    def cell(said: str) -> str:
        return data.draw(st.sampled_from((said, f" {said}", f'"{said}"')))

    lines = [table.names] if table.names else []
    lines += [tuple(map(repr, row)) for row in table.rows]
    said = end.join(between.join(map(cell, line)) for line in lines)
    said = data.draw(st.sampled_from((said, said + end, end + said + end + end)))
    assert read_pasted(said) == table


@pytest.mark.parametrize(
    ("said", "got"),
    [
        ("", "0 row(s) of numbers"),
        ("a,b", "0 row(s) of numbers"),
        ("1\n2\n3\n4", "4 row(s) of numbers"),
        ("1\n" * (MOST_ROWS + 1), "1,001 row(s) of numbers"),
        ("1,2,3,4\n" * 801, "3,204 numbers"),
        ("1,2\n3\n", "lines of different lengths (1 and 2 cells: lines 2 and 1)"),
        ("a,b\n\n1,2\n1,2,3\n", "lines of different lengths (3 and 2 cells: lines 4 and 1)"),
        ("a,b\n1\n", "lines of different lengths (1 and 2 cells: lines 2 and 1)"),
        (",".join("1" * 17), "17 cells in line 1"),
        ("1,2\n3,x\n", "'x' in line 2, cell 2"),
        ("1;2\n3,5;4.5\n", "'3,5' in line 2, cell 1"),
        ("1,234;5\n6,789;4\n", "'1,234' in line 1, cell 1: a decimal comma, or one of thousands?"),
        ("1.234,5;5\n6;4\n", "'1.234,5' in line 1, cell 1"),
        ("day,t\nMonday,1\n", "'Monday' in line 2, cell 1"),
        ("date,t\n2026-01-01,1\nlate,2\n", "'2026-01-01' in line 2, cell 1"),
        ("1,\n2,3", "no number in line 1, cell 2"),
        (
            "a;b\n1;\n;4\n5;NaN\n",
            "no number in line 2, cell 2 and line 3, cell 1 and ",
        ),
        ("a,\n1,2", "'' in line 1, cell 2"),
        ("a,1\n2,3", "'a' in line 1, cell 1"),
        ("1\n2\n3\nnan\n5", "no number in line 4, cell 1"),
        (
            "1,\n" * 9 + "1,2",
            "no number in line 1, cell 2 and line 2, cell 2 and ",
        ),
        ("1\n2\n3\n1e7\n5", "'1e7' in line 4, cell 1"),
        ("1\n2\n3\n1e999\n5", "'1e999' in line 4, cell 1"),
        (f"{'x' * 25}\n1\n2", "'xxx"),
        ("a\x00b\n1\n2", "'a\\x00b' in line 1, cell 1"),
    ],
)
def test_texts_that_are_no_table(said: str, got: str) -> None:
    with pytest.raises(SettingsError) as caught:
        read_pasted(said)
    (problem,) = caught.value.problems
    assert str(problem.got).startswith(got)
    assert str(problem.allowed).startswith("5 to 1,000 lines of 1 to 16 numbers each")
    found, (linked,) = Question.from_query({"pasted": [said]})
    assert (found.kind, linked.field) == ("pasted", "pasted")
    assert found.pasted == Question().pasted


def test_a_text_that_is_too_long() -> None:
    said = "1.234567\n" * 2000
    _, (problem,) = Question.from_query({"pasted": [said]})
    assert f"more than {LONGEST_TEXT:,} characters" in str(problem.got)
    longer = "\n".join(["1e-5," * 15 + "1e-5"] * 200)  # in a link each number is longer
    assert len(longer) > LONGEST_TEXT
    with pytest.raises(SettingsError, match="characters"):
        read_pasted(longer)


@pytest.mark.parametrize(
    ("rows", "line", "every"),
    [
        (1000, "20.25,1,2,3,4", 2),  # 5,000 numbers
        (1000, "20.25,1.5,2.5,3.5,4.5", 3),  # 500 rows of it have more than 10,000 characters
        (MOST_ROWS + 1, "1", 2),
        (250, "2026-01-01T00:00:00,1,2,3.123456", 1),  # the dates are not kept
    ],
)
def test_of_a_table_that_is_too_large_as_many_rows_are_kept_as_fit(
    rows: int, line: str, every: int
) -> None:
    said = "\n".join(("t,a,b,c,d"[: 2 * line.count(",") + 1], *[line] * rows))
    found = thinned(said)
    assert found is not None
    assert (found.rows, found.every, len(found.table.rows)) == (rows, every, -(-rows // every))
    assert read_pasted(pasted_text(found.table)) == found.table


@pytest.mark.parametrize("said", ["", "1\n2", "1,2\n3,x\n" * 2000, "a,b\n1\n"])
def test_of_what_is_no_table_nothing_is_kept(said: str) -> None:
    assert thinned(said) is None


def test_of_a_text_without_end_nothing_is_kept() -> None:
    longest = "1\n" * (LONGEST_THINNED // 2)
    assert thinned(longest) is not None
    assert thinned(f"{longest}1") is None


@given(st.text(alphabet="0123456789.,;\t\n\r-+eax \"'", max_size=200) | st.text(max_size=60))
def test_any_text_is_read_or_refused(said: str) -> None:
    try:
        table = read_pasted(said)
    except SettingsError as error:
        assert str(error)
        return
    assert read_pasted(pasted_text(table)) == table


@pytest.mark.parametrize("between", [";", "\t"])
@pytest.mark.parametrize("heading", ["", "t{0}rain"])
def test_decimal_commas_are_read_where_no_comma_stands_between(heading: str, between: str) -> None:
    lines = [heading.format(between)] if heading else []
    lines += [f"{n},5{between}{n}" for n in range(5)] + [f"-0,125{between}1,5e2"]
    table = read_pasted(said := "\n".join(lines))
    assert table.rows == (*((n + 0.5, n) for n in range(5)), (-0.125, 150))
    assert [note.name for note in notes_on(said)] == ["decimal_commas"]
    assert read_pasted(pasted_text(table)) == table
    assert not notes_on(pasted_text(table))


DATES = [
    "2026-01-31",
    "31.12.2026",
    "1/2/26",
    "2026-01-31 12:00",
    "2026-01-31T12:00:00Z",
    "2026-01-31 12:00:00+09:00",
    "9:30",
    "9:30:15 PM",
    "2026. 1. 31.",
    "2026년 1월 31일",
    "2026-01-31 오후 1:00",
]


@pytest.mark.parametrize("date", DATES)
def test_a_column_of_dates_is_left_out(date: str) -> None:
    for column, heading in ((0, "when;t;rain\n"), (1, "t;when;rain\n"), (2, "")):
        rows = [[str(n), f"{n}.5"] for n in range(6)]
        for row in rows:
            row.insert(column, date)
        said = heading + "\n".join(";".join(row) for row in rows)
        table = read_pasted(said)
        assert table.rows == tuple((n, n + 0.5) for n in range(6))
        assert table.names == (("t", "rain") if heading else ())
        (note,) = notes_on(said)
        assert note == Message("without_dates", {"columns": "when" if heading else "3"})


@pytest.mark.parametrize("gap", ["", "NA"])
def test_a_gap_in_the_first_row_beside_a_date_is_no_name(gap: str) -> None:
    with pytest.raises(SettingsError, match="got no number in line 1, cell 2"):
        read_pasted(f"2026/01/01;{gap}\n2026/01/02;1,5\n2026/01/03;2,5")


def test_a_comma_between_cells_is_no_decimal_comma() -> None:
    said = "2026-01-31,1,5\n" * 6
    assert read_pasted(said).rows == ((1, 5),) * 6
    assert [note.name for note in notes_on(said)] == ["without_dates"]


def test_a_line_may_end_with_what_stands_between_cells() -> None:
    said = "t;rain;\n" + "1,5;2;\n" * 6
    assert read_pasted(said) == Pasted(((1.5, 2),) * 6, ("t", "rain"))
    assert read_pasted("1;2;\n" * 6).rows == ((1, 2),) * 6


def test_sixteen_columns_may_stand_beside_dates() -> None:
    said = ";".join(("31.12.2026", *"1" * 16)) + "\n"
    assert len(read_pasted(said * 6).rows[0]) == 16


def test_sentences_of_numbers_may_have_dates_and_decimal_commas() -> None:
    said = "2026-01-01;0,5\n2026-01-02;1\n\n2026-01-03;2\n2026-01-04;3,5"
    assert read_values(said) == (((0.5,), (1,)), ((2,), (3.5,)))


def test_a_pasted_question_in_python() -> None:
    said = "a;b\n1;2\n3;4\n5;6\n7;8\n9;10"
    question = Question(pasted=said, window=2)
    assert question.kind == "pasted"
    assert question.names == ("a", "b")
    assert question == Question(kind="pasted", pasted=read_pasted(said), window=2)
    assert question.shape == (5, 2)
    assert Question(kind="sine", pasted=said).table.shape == (24, 2)
    for bad in ("1\n2", Pasted(((1.0,),)), Pasted(((float("nan"),),) * 9)):
        with pytest.raises(SettingsError, match="^pasted: got "):
            Question(kind="pasted", pasted=bad)


# Bad input


@pytest.mark.parametrize("name", plain_fields(Question))
@given(data=st.data())
def test_bad_values_are_named(name: str, data: st.DataObject) -> None:
    bad = data.draw(bad_values(Question, name))
    with pytest.raises(SettingsError) as caught:
        Question(**{name: bad})
    assert [problem.field for problem in caught.value.problems] == [name]


@given(st.dictionaries(st.sampled_from(list(Question.model_fields)) | st.text(), ANYTHING))
def test_any_values_are_taken_or_refused(values: dict[str, Any]) -> None:
    try:
        Question(**values)
    except SettingsError as error:
        assert str(error)


@pytest.mark.parametrize(
    ("query", "field", "used"),
    [
        ({"window": "30"}, "window", {"window": 23}),
        ({"window": "24", "horizon": "1"}, "window", {"window": 23}),
        ({"horizon": "30"}, "horizon", {"horizon": 20}),
        ({"rows": "5", "horizon": "3"}, "horizon", {"horizon": 1, "rows": 5}),
        ({"stride": "24"}, "stride", {"stride": 23}),
        ({"target": "2"}, "target", {"target": 1}),
        ({"features": "1", "target": "1"}, "target", {"target": 0}),
        ({"rows": "4"}, "rows", {"rows": 5}),
        ({"rows": "1001"}, "rows", {"rows": 1000}),
        ({"rows": "1000", "features": "4"}, "features", {"rows": 1000, "features": 3}),
        ({"horizon": "-1"}, "horizon", {"horizon": 0}),
        ({"kind": "pasted", "window": "12"}, "window", {"window": 11}),
        ({"kind": "pasted", "target": "5"}, "target", {"target": 1}),
    ],
)
def test_a_number_that_does_not_fit_the_table(
    query: dict[str, str], field: str, used: dict[str, int]
) -> None:
    found, problems = Question.from_query({name: [value] for name, value in query.items()})
    assert [problem.field for problem in problems] == [field]
    assert {name: getattr(found, name) for name in used} == used


def test_of_rows_and_columns_the_one_that_grew_is_too_many() -> None:
    for good, values, most in (
        (Question(rows=1000), {"features": 8}, 3),
        (Question(features=16), {"rows": 1000}, 200),
    ):
        (name,) = values
        found, (problem,) = Question.mend(dict(good) | values, good)
        assert (problem.field, problem.nearest) == (name, most)
        assert found == good.but(**{name: most})
        assert "3,200 numbers" in str(problem.allowed)


def test_a_table_that_gets_too_small_is_to_blame() -> None:
    """The window was good before, so it is the new number of rows that does not fit."""
    good = Question(window=10, horizon=2, stride=15, target=1)
    for values, least in (({"rows": 5}, 16), ({"rows": 13}, 16), ({"features": 1}, 2)):
        (name,) = values
        found, (problem,) = Question.mend(dict(good) | values, good)
        assert (problem.field, problem.nearest) == (name, least)
        assert getattr(found, name) == least
    short = read_pasted("1\n" * 6)
    found, (problem,) = Question.mend(
        dict(good) | {"kind": "pasted", "pasted": short, "target": 0}, good.but(target=0)
    )
    assert (problem.field, str(problem.got)) == ("pasted", "6 row(s) of numbers")
    assert "at least 16 rows" in str(problem.allowed)


# Its code


SCRIPTS = [
    Question(),
    Question(kind="walk", stride=3, horizon=0, target=1, seed=4),
    Question(kind="spike", rows=9, features=1, window=9, horizon=0),
    Question(kind="pasted"),
    Question(kind="pasted", pasted="1e-3\n2\n-3.5\n4\n5", window=2, horizon=2),
]


@pytest.mark.parametrize("question", SCRIPTS, ids=lambda question: question.kind)
def test_script(question: Question) -> None:
    found, code = answer(question), script(question)
    names, said = executed(code)
    np.testing.assert_array_equal(names["data"], found.table)
    printed = printed_tensors(said)
    expected = {
        "samples": found.samples,
        "targets": found.targets,
        "first_sample": found.samples[0],
        "last_sample": found.samples[-1],
    }
    for name, values in expected.items():
        np.testing.assert_array_equal(np.float32(printed[name]), values)
    assert f"outputs {(len(found.samples), 4)}" in said
    assert float(names["targets"][-1]) == found.targets[-1]
    errors = re.findall(r"^(?:last_step|mean) (\S+)$", said, re.MULTILINE)
    told = [fact.values for fact in forecasts(found)[:1]]  # none where none is printed
    expected = [values[name] for values in told for name in ("last", "mean")]
    assert [*map(float, errors)] == pytest.approx(expected, rel=1e-5)
    assert all(len(line) <= 100 for line in code.splitlines())


# Facts


TOLD = [
    Question(),
    Question(stride=4),
    Question(stride=6),
    Question(kind="spike", horizon=0),
    Question(kind="walk"),
    Question(kind="noise"),
    Question(rows=5, window=5, horizon=0),
    Question(window=1, stride=3),
    Question(features=1),
]


def told(question: Question) -> dict[str, Fact]:
    found = answer(question)
    return {fact.name: fact for fact in (*facts(found), *forecasts(found), *mistakes(found))}


def test_facts_have_their_sentences() -> None:
    assert_sentences("series_facts", [f for question in TOLD for f in told(question).values()])


@EVERY_CASE
def test_what_is_said_holds(case: dict[str, Any]) -> None:
    question = Question(**case)
    found = told(question)
    assert all(fact.holds is not False for fact in found.values())
    count = found.get("samples") or found["samples_stride"]
    values = count.values
    assert values["rows"] - values["short"] - values["late"] == values["left"]
    assert values["samples"] == len(answer(question).samples)
    assert ("inside" in found) == (question.horizon == 0) == ("ahead" not in found)


@pytest.mark.parametrize("kind", SERIES)
def test_with_a_window_of_1_no_h_of_a_step_before_comes_in(kind: str) -> None:
    """Against an LSTM of the test's own, all of whose recurrent kernel is replaced."""
    found = told(Question(kind=kind, window=1))["one_step"]
    assert found.holds is True
    assert found.values["one"] == 0 < found.values["two"]
    question = Question(kind=kind, window=2)
    with use_keras() as (keras, _):
        layer = keras.layers.LSTM(4)
        for samples, moves in ((windows(question)[0][:, :1], False), (windows(question)[0], True)):
            before = layer(samples).numpy()
            kernel, recurrent, bias = layer.get_weights()
            assert found.values["count"] == recurrent.size
            layer.set_weights([kernel, recurrent + 1, bias])
            assert (np.abs(layer(samples).numpy() - before).max() > 0) == moves
    assert "one_step" not in told(question)


def test_other_samples_than_the_rule_gives_are_noticed() -> None:
    found = answer(Question(rows=20, window=4))
    other = replace(found, samples=found.samples + 1)
    (same,) = (fact for fact in facts(other) if fact.name == "same")
    late, *_ = forecasts(other)
    assert (same.holds, late.name, late.holds) == (False, "forecasts", False)


def test_what_the_facts_measure() -> None:
    found = told(Question(rows=20, stride=6, window=4, horizon=2))
    assert found["samples_stride"].values["samples"] == 3  # from rows 0, 6 and 12
    assert found["gaps"].values["gap"] == 2
    aims, unused = found["only_target"].values, found["unused"].values
    assert (aims["rows"], aims["count"]) == ("5, 11, 17", 3)
    assert (unused["rows"], unused["count"]) == ("4, 10, 16, 18 to 19", 5)
    many = told(Question(rows=1000, stride=6, horizon=0))["unused"].values
    assert (many["rows"], many["count"]) == (
        "4 to 5, 10 to 11, 16 to 17, 22 to 23, 28 to 29, 34 to 35, …",
        332,
    )
    assert not {"only_target", "unused"} & told(Question(horizon=0)).keys()
    assert found["ahead"].values["row"] == 5
    assert told(Question(stride=3))["shared"].values["shared"] == 1
    spiked = told(Question(kind="spike", target=1))["spike"].values
    table = Question(kind="spike").table
    assert table[spiked["row"], 1] == 1
    assert spiked["count"] == sum(
        1 in sample[:, 1] for sample in windows(Question(kind="spike"))[0]
    )


def test_two_forecasts_without_a_layer_are_measured() -> None:
    rising = "\n".join("123456")
    for horizon, errors in ((1, {"last": 1, "mean": 1.25}), (2, {"last": 4, "mean": 2 / 3})):
        fact = told(Question(pasted=rising, window=2, horizon=horizon))["forecasts"]
        assert fact.values == pytest.approx({"horizon": horizon, **errors})
    assert not {"forecasts", "compare"} & {
        *told(Question(horizon=0)),
        *told(Question(rows=5, window=4)),  # a single target, which is its own mean
    }
    errors = {}
    for kind in ("walk", "noise"):
        found = told(Question(kind=kind, rows=200))
        assert {"compare", f"best_{kind}"} <= found.keys()
        errors[kind] = found["forecasts"].values
    assert errors["walk"]["last"] < errors["walk"]["mean"] / 4
    assert errors["noise"]["mean"] < errors["noise"]["last"] / 1.5


def test_a_window_that_reads_its_target_is_told() -> None:
    fact = told(Question(horizon=0))["inside"]
    assert fact.values["count"] == fact.values["samples"] == 21
    found = answer(Question(horizon=0, target=1))
    np.testing.assert_array_equal(found.samples[:, -1, 1], found.targets)


def test_targets_that_are_not_shifted_are_in_the_first_step() -> None:
    found = answer(Question(stride=3, horizon=2, target=1))
    fact = told(found.question)["unshifted"]
    first_steps, targets = found.unshifted
    assert fact.values["count"] == fact.values["samples"] == len(targets) == 7
    np.testing.assert_array_equal(first_steps, targets)
    np.testing.assert_array_equal(targets, found.table[:21:3, 1])
    assert "unshifted" not in told(Question(window=1))


def test_keras_refuses_two_axes() -> None:
    found = answer(Question(rows=30, features=3))
    assert "expected ndim=3, found ndim=2. Full shape received: (30, 3)" in found.error
    assert told(Question(rows=30, features=3))["two_dims"].holds


@EVERY_CASE
def test_what_a_reshape_does(case: dict[str, Any]) -> None:
    """Here with the positions of the numbers in the place of the numbers."""
    found = answer(Question(**case))
    _, steps, features = found.samples.shape
    places = np.arange(found.samples.size).reshape(found.samples.shape)
    wrong = places.reshape(-1, features, steps) != np.transpose(places, (0, 2, 1))
    for sample in wrong:
        np.testing.assert_array_equal(sample, found.misplaced)
    *_, fact = mistakes(found)
    assert fact.values["count"] == wrong[0].sum()
    assert fact.name == ("reshape" if min(steps, features) > 1 else "reshape_same")


# The charts


def heatmaps(picture: Picture) -> list[dict[str, Any]]:
    return [trace for trace in picture.figure["data"] if trace["type"] == "heatmap"]


def written(picture: Picture) -> list[dict[str, Any]]:
    return [trace for trace in picture.figure["data"] if trace.get("mode") == "text"]


def frames(picture: Picture, dash: str) -> list[tuple[Any, ...]]:
    """Axes and edges of the frames with such a line."""
    shapes = [s for s in picture.figure["layout"]["shapes"] if s["type"] == "rect"]
    return [
        (s["xref"], s["yref"], s["x0"], s["x1"], s["y0"], s["y1"])
        for s in shapes
        if s["line"]["dash"] == dash
    ]


@EVERY_CASE
def test_the_chart_is_a_figure(case: dict[str, Any]) -> None:
    found = answer(Question(**case))
    for picture in (chart(found), reshaped(found)):
        go.Figure(picture.figure)
        assert re.search(r"\w", picture.alt)
        for trace in heatmaps(picture):
            assert np.nanmax(np.abs(trace["z"])) <= 1 + 1e-6
        for trace in written(picture):
            assert all(len(way) == len(trace["x"]) == len(trace["y"]) for way in ways(trace))


def ways(trace: dict[str, Any]) -> list[list[str]]:
    return trace["meta"]["numbers"]


def test_what_the_chart_shows() -> None:
    question = Question()
    found = answer(question)
    picture = chart(found)
    table, first, _, last, _ = heatmaps(picture)
    numbers = [[f"{value:.2f}".replace("-", "−") for value in row] for row in found.table]
    assert np.reshape(ways(written(picture)[0])[0], (24, 2)).tolist() == numbers
    assert np.reshape(ways(written(picture)[1])[0], (4, 2)).tolist() == numbers[:4]
    assert np.reshape(ways(written(picture)[3])[0], (4, 2)).tolist() == numbers[19:23]
    np.testing.assert_allclose(first["z"], table["z"][:4])
    np.testing.assert_allclose(last["z"], table["z"][19:23])
    read, targets = picture.figure["data"][-2:]
    rows = np.arange(24)
    drawn = [
        (base < rows) & (rows < base + y) for base, y in zip(read["base"], read["y"], strict=True)
    ]
    assert read["x"] == [*range(20)]
    np.testing.assert_array_equal(drawn, read_by(question))
    assert read["hovertext"][3] == "sample 3 contains rows 3 to 6"
    assert (targets["x"], targets["y"]) == ([*range(20)], [*range(4, 24)])


def test_each_column_has_its_own_places_after_the_point() -> None:
    cells = chart(answer(Question(pasted="19.6,106,0.125\n" + "20,97,0.5\n" * 6)))
    table = np.reshape(ways(written(cells)[0])[0], (7, 3)).tolist()
    assert table[:2] == [["19.6", "106", "0.125"], ["20.0", "97", "0.500"]]


@pytest.mark.parametrize("stride", [1, 2])
def test_a_forecast_that_repeats_is_the_targets_line_late(stride: int) -> None:
    found = answer(Question(kind="walk", rows=30, horizon=3, stride=stride, target=1))
    picture = forecasts_chart(found)
    go.Figure(picture.figure)
    target, repeated, mean = picture.figure["data"]
    line = dict(zip(target["x"], target["y"], strict=True))
    assert line == dict(enumerate(found.table[:, 1].tolist()))
    last = int(found.question.targets_at[-1])
    assert repeated["x"] == mean["x"] == [*range(6, last + 1)]
    assert [*repeated["y"]] == [line[row - 3] for row in repeated["x"]]
    drawn = dict(zip(repeated["x"], repeated["y"], strict=True))
    of_samples = [drawn[row] for row in found.question.targets_at.tolist()]
    assert of_samples == found.samples[:, -1, 1].tolist()
    assert [*mean["y"]] == pytest.approx([np.mean(found.targets)] * len(mean["x"]))
    assert "late by the horizon of 3" in picture.alt


def test_what_is_framed() -> None:
    picture = chart(answer(Question(target=1)))
    solid, dotted = frames(picture, "solid"), frames(picture, "dot")
    assert ("x", "y", -0.5, 1.5, -0.5, 3.5) in solid
    assert ("x", "y", -0.5, 1.5, 18.5, 22.5) in solid
    assert ("x", "y", 0.5, 1.5, 3.5, 4.5) in dotted
    assert ("x", "y", 0.5, 1.5, 22.5, 23.5) in dotted
    assert {(x, y) for x, y, *_ in solid} == {("x", "y"), ("x2", "y2"), ("x2", "y3"), ("x3", "y4")}


def test_what_hovering_says() -> None:
    table, first, target, *_ = heatmaps(chart(answer(Question(kind="pasted"))))
    assert table["text"][0][1] == (
        "row 0, feature 1 (humidity): <b>81</b><br>in sample 0, as step 1"
    )
    assert table["text"][4][0] == (
        "row 4, feature 0 (temperature): <b>13.2</b><br>"
        "in samples 1 (as step 4) to 4 (as step 1)<br>the target of sample 0"
    )
    assert table["text"][11][0].endswith("in no sample<br>the target of sample 7")
    assert first["text"][2][1] == (
        "sample 0, step 3: <b>85</b><br>row 2 of the table, feature 1 (humidity)"
    )
    assert target["text"] == [
        ["the target of sample 0: <b>13.2</b><br>row 4 of the table, feature 0 (temperature)"]
    ]


def test_steps_are_counted_from_1_and_rows_from_0() -> None:
    layout = chart(answer(Question(rows=100, window=60))).figure["layout"]
    assert layout["yaxis"]["ticktext"][0] == "0"
    assert layout["yaxis"]["tickvals"][0] == 0
    for axis in ("yaxis2", "yaxis3"):
        said, at = (list(map(int, layout[axis][name])) for name in ("ticktext", "tickvals"))
        assert said[0] == 1
        assert said == [place + 1 for place in at]
    layout = chart(answer(Question())).figure["layout"]  # both samples have room for all four
    assert layout["yaxis2"]["ticktext"] == layout["yaxis3"]["ticktext"] == ["1", "2", "3", "4"]
    above = reshaped(answer(Question(window=4))).figure["layout"]["xaxis"]
    assert (above["ticktext"], above["tickvals"]) == (["1", "2", "3", "4"], [0, 1, 2, 3])


def test_names_are_shown_as_they_are() -> None:
    found = answer(Question(kind="pasted", pasted="<b>x</b>,&\n" + "1,2\n" * 9))
    picture = chart(found)
    assert picture.figure["layout"]["xaxis"]["ticktext"] == ["&lt;b&gt;x&lt;/b&gt;", "&amp;"]
    assert "<b>x</b>" not in str(picture.figure["data"])


def test_names_stand_above_a_sample_and_beside_the_reshape() -> None:
    found = answer(Question(kind="pasted", pasted="temperature,wind\n" + "1,2\n" * 9))
    layout = chart(found).figure["layout"]
    assert layout["xaxis2"]["ticktext"] == ["temperature", "wind"]
    rows = [text("series.target", row=row) for row in (4, 8)]
    aims = [note for note in layout["annotations"] if note["text"] in rows]
    assert [note["text"] for note in aims] == rows
    assert [(note["yref"], note["y"]) for note in aims] == [("y2", 2.5), ("y3", 2.5)]
    assert all(note["x"] > 1.5 for note in aims)  # beside the last column
    assert reshaped(found).figure["layout"]["yaxis"]["ticktext"] == ["temperat…", "wind"]


def test_a_single_sample_has_one_block() -> None:
    picture = chart(answer(Question(rows=6, window=6, horizon=0)))
    assert "yaxis3" not in picture.figure["layout"]
    labels = [label["text"] for label in picture.figure["layout"]["annotations"]]
    assert text("series.one") in labels


def test_a_constant_column_is_drawn() -> None:
    table, *_ = heatmaps(chart(answer(Question(kind="pasted", pasted="7\n" * 8))))
    assert not np.asarray(table["z"]).any()


def test_the_reshape_is_drawn() -> None:
    found = answer(Question())
    picture = reshaped(found)
    right, wrong = written(picture)
    assert ways(right)[0] == ["0, 0", "1, 0", "2, 0", "3, 0", "0, 1", "1, 1", "2, 1", "3, 1"]
    assert ways(wrong)[0] == [
        *("0, 0", "✗ 0, 1", "✗ 1, 0", "✗ 1, 1", "✗ 2, 0", "✗ 2, 1", "✗ 3, 0", "3, 1")
    ]
    assert ways(wrong)[1] == ["", *"✗" * 6, ""]
    assert len(frames(picture, "dash")) == found.misplaced.sum() == 6
    (head,) = (a["text"] for a in picture.figure["layout"]["annotations"] if "6" in a["text"])
    assert head == text("series.reshaped", count=6, of=8)
    for place, said in np.ndenumerate(heatmaps(picture)[1]["text"]):
        assert ("wrong" in said) == found.misplaced[place]
        row, column = divmod(int(found.landed[place]), 2)
        assert f"from row {row}, feature {column}" in said


def test_answers_hold_no_more_than_they_need() -> None:
    for rows, features in ((200, 16), (1000, 3)):
        largest = Question(rows=rows, features=features, window=100)
        assert isinstance(answer(largest), Answer)
        assert answer(largest).nbytes < 2**20.5
