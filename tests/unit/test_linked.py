"""Questions that fit into a link: there and back, what is refused, and what stands in its place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal, Self
from urllib.parse import parse_qs, urlencode

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import Field, model_validator

from components.backend import Problem, Settings, SettingsError, Setup
from components.backend.origins.weight_source import WeightSource
from components.backend.question.linked import (
    LONGEST_TEXT,
    FieldRule,
    Flag,
    Int,
    Linked,
    Message,
    TextCodec,
    allowed_values,
    annotation_of,
    bounds,
    choices,
    defaults,
    from_text,
    listed,
    refusal,
    rule_of,
    shown,
    to_text,
    unknown_names,
    whole,
)
from components.texts import speaking, text
from tests.strategies import (
    ANYTHING,
    any_settings,
    any_setup,
    any_start,
    bad_values,
    examples,
    plain_fields,
    valid_values,
)

READ: list[str] = []
"""What the field that is spelled was given to read."""


def read_letters(said: str) -> tuple[str, ...]:
    READ.append(said)
    if not said.isalpha():
        raise ValueError
    return tuple(said)


class Small(Linked):
    """Of each kind of field one; high must not be below low, and is blamed for it first; bold
    stripes must not be more than five, and nothing but their number can be blamed for that."""

    kind: Annotated[Literal["plain", "striped", "dotted"], FieldRule("first")] = "plain"
    stripes: Annotated[
        Int, Field(ge=1, le=9), FieldRule("second", applies=lambda s: s.kind == "striped")
    ] = 3
    low: Annotated[Int, Field(ge=0, le=99), FieldRule("second")] = 10
    high: Annotated[Int, Field(ge=0, le=99), FieldRule("second")] = 20
    bold: Annotated[Flag, FieldRule("second")] = False
    letters: Annotated[
        tuple[str, ...], FieldRule("third"), TextCodec("".join, read_letters), Message("extra")
    ] = ("a",)

    @model_validator(mode="after")
    def _fit(self) -> Self:
        if self.high < self.low:
            low = Problem("low", Message("id", {"shown": self.low}), Message("none"))
            raise refusal(
                Problem("high", Message("id", {"shown": self.high}), Message("none"), low)
            )
        if self.kind == "striped" and self.bold and self.stripes > 5:
            raise refusal(
                Problem("stripes", Message("id", {"shown": self.stripes}), Message("none"))
            )
        return self


@st.composite
def any_small(draw: st.DrawFn) -> Small:
    values = {name: draw(valid_values(Small, name)) for name in plain_fields(Small)}
    values["low"], values["high"] = sorted((values["low"], values["high"]))
    values["stripes"] = min(values["stripes"], 5)
    letters = draw(st.text("abcäöü", min_size=1, max_size=20))
    return Small(letters=tuple(letters), **values)


QUESTIONS = {
    Settings: any_settings(),
    Setup: any_setup(),
    WeightSource: any_start(),
    Small: any_small(),
}
EVERY_MODEL = pytest.mark.parametrize("model", QUESTIONS)
EVERY_FIELD = pytest.mark.parametrize(
    ("model", "name"), [(model, name) for model in QUESTIONS for name in plain_fields(model)]
)
FEW = examples(0.25)
PREFIXES = st.sampled_from(["", "b.", "last."])

Query = dict[str, list[str]]


def as_link(query: dict[str, str]) -> Query:
    """The parameters as they come out of an address."""
    return parse_qs(urlencode(query), keep_blank_values=True, strict_parsing=bool(query))


def effective(question: Linked, elsewhere: Callable[[str], Any]) -> dict[str, Any]:
    """What the question says where it matters, and what something else says where it does not."""
    return {n: v if question.applies(n) else elsewhere(n) for n, v in question}


@pytest.fixture(autouse=True)
def nothing_read() -> None:
    READ.clear()


# There and back


@EVERY_MODEL
@FEW
@given(data=st.data())
def test_a_link_brings_the_question_back(model: type[Linked], data: st.DataObject) -> None:
    asked, prefix = data.draw(QUESTIONS[model]), data.draw(PREFIXES)
    query = as_link(asked.to_query(prefix=prefix))
    back, problems = model.from_query(query, prefix=prefix)
    assert problems == ()
    assert dict(back) == effective(asked, asked.ordinary)
    assert back.to_query(prefix=prefix) == asked.to_query(prefix=prefix)
    assert all(name.startswith(prefix) for name in query)


@EVERY_MODEL
@FEW
@given(data=st.data())
def test_a_link_says_what_is_different_from_a_base(
    model: type[Linked], data: st.DataObject
) -> None:
    """B is A but for what the link says."""
    a, b = data.draw(QUESTIONS[model]), data.draw(QUESTIONS[model])
    query = b.to_query(prefix="b.", base=a)
    differing = {n for n, value in b if b.applies(n) and value != getattr(a, n)}
    assert set(query) == {f"b.{name}" for name in differing}
    back, problems = model.from_query(as_link(query), prefix="b.", base=a)
    assert problems == ()
    assert dict(back) == effective(b, lambda name: getattr(a, name))


@EVERY_MODEL
@FEW
@given(data=st.data())
def test_a_question_is_its_base_but_for_nothing(model: type[Linked], data: st.DataObject) -> None:
    asked = data.draw(QUESTIONS[model])
    assert asked.to_query(base=asked) == {}
    assert model.from_query({}, base=asked) == (asked, ())
    assert model().to_query() == {}
    assert model.from_query({}) == (model(), ())


@EVERY_MODEL
@FEW
@given(data=st.data())
def test_two_questions_in_one_link_do_not_touch(model: type[Linked], data: st.DataObject) -> None:
    a, b = data.draw(QUESTIONS[model]), data.draw(QUESTIONS[model])
    query = as_link(a.to_query() | b.to_query(prefix="b.", base=a))
    first, problems = model.from_query(query)
    second, others = model.from_query(query, prefix="b.", base=a)
    assert problems == others == ()
    assert first.to_query() == a.to_query()
    assert second.to_query() == b.to_query()


@EVERY_MODEL
@FEW
@given(data=st.data())
def test_what_is_shown_last_holds_where_the_link_is_wrong(
    model: type[Linked], data: st.DataObject
) -> None:
    """A link can say, beside what is wrong, what is shown in its place."""
    last = data.draw(QUESTIONS[model])
    name = data.draw(st.sampled_from(plain_fields(model)).filter(last.applies))
    query = as_link(last.to_query() | last.to_query(prefix="last.") | {name: "nonsense"})
    base, none = model.from_query(query, prefix="last.")
    found, problems = model.from_query(query, base=base)
    assert none == ()
    assert found.to_query() == last.to_query()
    assert [problem.field for problem in problems] == [name]


def in_place_of(problem: Problem, good: Any) -> list[Any]:
    """What may stand in the place of what was refused: the nearest that is allowed or, where there
    is none or it does not go with the rest, what was good before."""
    return [good] if problem.nearest is None else [problem.nearest, good]


# Any link at all

PLAUSIBLE = ["true", "FALSE", " 7 ", "0", "-1", "65", "1e3", "nan", "GRU", "raw", "1,2;3,4", "500"]
PLAUSIBLE += ["1,2;3", "typed", "seven", "random", "striped", "abc", "none", "9" * 20]
TEXTS = st.sampled_from([*PLAUSIBLE, "x" * (LONGEST_TEXT + 1)])


@EVERY_MODEL
@examples(1.5)
@given(data=st.data())
def test_any_link_gives_a_question_and_reports_what_was_bad(
    model: type[Linked], data: st.DataObject
) -> None:
    names = st.sampled_from(list(model.model_fields)) | st.text()
    given_texts = st.lists(TEXTS | st.text(), max_size=2)
    query = data.draw(st.dictionaries(names, given_texts))
    base = data.draw(st.none() | QUESTIONS[model])
    prefix = data.draw(PREFIXES)
    found, problems = model.from_query(
        {prefix + n: t for n, t in query.items()}, prefix=prefix, base=base
    )
    assert all(problem.field.startswith(prefix) for problem in problems)
    reported = [problem.field.removeprefix(prefix) for problem in problems]
    assert len(set(reported)) == len(reported)
    good = model() if base is None else base
    named = set(query) & set(model.model_fields)
    # Ids without a source that can be read are typed and numbers pasted, whatever its default.
    given = {"tokens": "typed", "values": "pasted"}
    implied = [given[n] for n in named & given.keys()] if base is None else []
    for name in model.model_fields:
        if name in reported:
            (problem,) = (p for p in problems if p.field == prefix + name)
            instead = in_place_of(problem, getattr(good, name)) + implied * (name == "source")
            instead += [found.ordinary(name)] if base is None else []
            assert getattr(found, name) in instead
        elif name in query and found != good:
            assert getattr(found, name) == from_text(model, name, query[name])
    # Without numbers, as in a table without rows, it is ids that are read.
    contradicting = (
        {"vocabulary_size", "tokens"} if named & {"vocabulary_size", "values"} else set()
    )
    assert set(reported) <= named | contradicting
    assert all(str(problem.got) and str(problem.allowed) for problem in problems)


@pytest.mark.parametrize(
    ("texts", "got"),
    [
        ([], "nothing"),
        ([""], "''"),
        ([" "], "' '"),
        (["4", "5"], "'4' and '5'"),
        (["4", "4"], "'4' and '4'"),
        (["4", "5", "6"], "'4' and '5' and '6'"),
        (["four"], "'four'"),
        (["4.0"], "'4.0'"),
        (["+4"], "'+4'"),
        (["1_0"], "'1_0'"),
        (["٤"], "'٤'"),
        (["100"], "100"),
        (["-1"], "-1"),
    ],
)
def test_a_bad_parameter_is_reported_and_replaced(texts: list[str], got: str) -> None:
    found, (problem,) = Small.from_query({"b.stripes": texts, "b.bold": ["true"]}, prefix="b.")
    nearest = {"100": 9, "-1": 1}.get(got)
    assert problem.nearest == nearest
    assert found == Small(bold=True, stripes=nearest or 3)
    assert (problem.field, str(problem.got)) == ("b.stripes", got)
    assert str(problem.allowed) == "a whole number from 1 to 9"
    assert str(problem) == f"b.stripes: got {got}; allowed: an int from 1 to 9"


@pytest.mark.parametrize(
    ("model", "name"),
    [
        (model, name)
        for model in QUESTIONS
        for name, value in defaults(model).items()
        if type(value) is int
    ],
)
@pytest.mark.parametrize("beyond", [1, 1000])
def test_of_a_number_out_of_bounds_the_nearest_is_taken(
    model: type[Linked], name: str, beyond: int
) -> None:
    low, high = bounds(model, name)
    for said, nearest in ((low - beyond, low), (high + beyond, high)):
        found, (problem,) = model.from_query({name: [str(said)]})
        assert (problem.field, str(problem.got)) == (name, str(said))
        if name == "vocabulary_size" and said < low and model is not Small:
            assert str(problem.allowed) == text("problems.vocabulary", least=88)
            nearest = 88
        elif model is Small and (name, said > high) in {("low", True), ("high", False)}:
            continue  # see what is said of two that contradict each other
        else:
            assert problem.allowed == allowed_values(model, name)
        assert found == model(**{name: nearest})
        assert model.mend({name: said}) == (found, (problem,))
        with pytest.raises(SettingsError):
            model(**{name: said})


KNOWN = ("cell", "units", "b.units", "vocabulary_size", "reset_after")


@pytest.mark.parametrize(
    ("name", "like"),
    [
        ("Cell", "cell"),
        ("unit", "units"),
        ("B.Units", "b.units"),
        ("vocab_size", "vocabulary_size"),
        ("resetafter", "reset_after"),
        ("Vocabulary_Size", "vocabulary_size"),  # as long as the longest
        ("foo", ""),
        ("", ""),
        ("cell" * 100_000, ""),
    ],
)
def test_unknown_names_and_the_nearest_known_ones(name: str, like: str) -> None:
    assert unknown_names(["units", name, "b.units"], KNOWN) == {name: like}
    assert unknown_names(KNOWN, KNOWN) == {}
    assert unknown_names([name], ()) == {name: ""}


@pytest.mark.parametrize(
    ("name", "texts"),
    [("letters", ["ab", "ab"]), ("letters", []), ("letters", ["1"]), ("kind", ["Plain"])],
)
def test_what_no_reader_can_make_sense_of(name: str, texts: list[str]) -> None:
    found, (problem,) = Small.from_query({name: texts})
    assert found == Small()
    assert problem.field == name
    assert problem.allowed == allowed_values(Small, name)


@pytest.mark.parametrize("length", [LONGEST_TEXT + 1, 10**6])
def test_a_text_that_is_too_long_is_not_read(length: int) -> None:
    found, (problem,) = Small.from_query({"letters": ["b" * length], "low": ["1"]})
    assert found == Small(low=1)
    assert READ == []
    assert (problem.field, problem.allowed) == ("letters", Message("extra"))
    assert str(problem.got) == f"'{'b' * 29}… (more than {LONGEST_TEXT:,} characters)"


def test_a_text_as_long_as_it_may_be_is_read() -> None:
    found, problems = Small.from_query({"letters": ["b" * LONGEST_TEXT]})
    assert problems == ()
    assert found.letters == ("b",) * LONGEST_TEXT
    assert READ == ["b" * LONGEST_TEXT]


@pytest.mark.parametrize("model", [Settings, Setup])
def test_too_many_ids_are_refused_by_their_length(model: type[Linked]) -> None:
    longest = "; ".join([", ".join(["999"] * 100)] * 8)
    assert len(longest) <= LONGEST_TEXT / 2
    found, problems = model.from_query({"tokens": [longest], "vocabulary_size": ["1000"]})
    assert (found.tokens, problems) == (((999,) * 100,) * 8, ())
    too_long = "; ".join([longest] * 3)
    found, (problem,) = model.from_query({"tokens": [too_long]})
    assert found.tokens == model().tokens
    assert problem.field == "tokens"
    assert f"(more than {LONGEST_TEXT:,} characters)" in str(problem.got)  # and not: 24 sentences


def test_names_that_are_no_fields_are_passed_over() -> None:
    query = {"utm_source": ["x"], "b.low": ["1"], "low": ["2"], "b": ["3"], "high.": ["4"]}
    assert Small.from_query(query) == (Small(low=2), ())
    assert Small.from_query(query, prefix="b.") == (Small(low=1), ())


@pytest.mark.parametrize("said", ["true", "TRUE", " True\n"])
def test_flags_and_numbers_are_read_as_people_write_them(said: str) -> None:
    query = {"bold": [said], "low": [" 7 "], "kind": [" striped "], "letters": [" xy "]}
    expected = Small(bold=True, low=7, kind="striped", letters=("x", "y"))
    assert Small.from_query(query) == (expected, ())


# What stands in the place of what is refused


@EVERY_MODEL
@FEW
@given(data=st.data())
def test_mend_replaces_only_what_is_refused_and_tells_it_once(
    model: type[Linked], data: st.DataObject
) -> None:
    asked, good = data.draw(QUESTIONS[model]), data.draw(QUESTIONS[model])
    spoilt = data.draw(st.sets(st.sampled_from(plain_fields(model)), min_size=1))
    bad = {name: data.draw(bad_values(model, name)) for name in spoilt}
    found, problems = model.mend(dict(asked) | bad, good)
    told = [problem.field for problem in problems]
    assert len(set(told)) == len(told)
    assert set(told) >= spoilt
    contradicting = [
        {"high", "low"},
        {"tokens", "vocabulary_size", "source", "seed"},
        {"features", "source", "length", "sentences"},
    ]
    for name in set(told) - spoilt:  # which does not go with what stands there now
        assert any(name in fields and fields & set(told) - {name} for fields in contradicting)
    if found != good:
        told_of = {problem.field: problem for problem in problems}
        for name, value in asked:
            instead = in_place_of(told_of[name], getattr(good, name)) if name in told else [value]
            assert getattr(found, name) in instead
    for name, value in bad.items():
        (problem,) = (p for p in problems if p.field == name)
        assert str(problem.got) == str(shown(value))


@EVERY_MODEL
@FEW
@given(data=st.data())
def test_what_is_right_needs_no_mending(model: type[Linked], data: st.DataObject) -> None:
    asked, good = data.draw(QUESTIONS[model]), data.draw(QUESTIONS[model])
    assert model.mend(dict(asked), good) == (asked, ())


def test_what_could_not_be_read_is_reported_and_replaced() -> None:
    unread = Problem("low", Message("none"), Message("flag"))
    good = Small(low=5, high=50)
    found, problems = Small.mend({"bold": True, "low": 99}, good, [unread])
    assert problems == (unread,)
    assert found == Small(low=5, bold=True)


@pytest.mark.parametrize(
    ("said", "good", "blamed", "found"),
    [
        # high is blamed first,
        ({"low": 30, "high": 25}, Small(high=90), ["high"], {"low": 30, "high": 90}),
        # but not where it is the good one already: then it is low that was changed,
        ({"low": 30, "high": 20}, Small(), ["low"], {"low": 10, "high": 20}),
        ({"low": 30}, Small(), ["low"], {"low": 10, "high": 20}),
        # and both where what stands in for high does not go with low either.
        ({"low": 30, "high": 25}, Small(), ["high", "low"], {"low": 10, "high": 20}),
        # Of one that is out of its bounds the nearest is taken,
        ({"low": 30, "high": 100}, Small(), ["high"], {"low": 30, "high": 99}),
        ({"low": -1, "high": 5}, Small(), ["low"], {"low": 0, "high": 5}),
        # but for one that contradicts the other.
        ({"low": 200}, Small(), ["low"], {"low": 10, "high": 20}),
        ({"high": -1}, Small(), ["high"], {"low": 10, "high": 20}),
        ({"low": 200, "high": 50}, Small(), ["high", "low"], {"low": 10, "high": 20}),
    ],
)
def test_of_two_that_contradict_each_other(
    said: dict[str, int], good: Small, blamed: list[str], found: dict[str, int]
) -> None:
    mended, problems = Small.mend(said, good)
    assert [problem.field for problem in problems] == blamed
    assert mended == Small(**found)
    query = {name: [str(value)] for name, value in said.items()}
    assert Small.from_query(query, base=good) == (mended, problems)


def test_a_value_that_does_not_go_with_a_default_is_blamed_though_it_was_good_before() -> None:
    """A field that is left out has its ordinary value: high is 20."""
    good = Small(low=50, high=60)
    found, (problem,) = Small.mend({"low": 50}, good)
    assert (found, problem.field) == (good, "low")


@pytest.mark.parametrize("model", [Settings, Setup])
@pytest.mark.parametrize(
    ("query", "blamed", "kept"),
    [
        ({"vocabulary_size": "50"}, {"vocabulary_size"}, {"vocabulary_size": 88}),
        (
            {"vocabulary_size": "50", "units": "8"},
            {"vocabulary_size"},
            {"units": 8, "vocabulary_size": 88},
        ),
        ({"vocabulary_size": "50", "tokens": "49"}, set(), {"vocabulary_size": 50}),
        ({"vocabulary_size": "90", "tokens": "95"}, {"tokens"}, {"vocabulary_size": 90}),
        *(
            (
                {"vocabulary_size": "50", "tokens": tokens},
                {"tokens", "vocabulary_size"},
                {"vocabulary_size": 88},
            )
            for tokens in ("60", "x")
        ),
        ({"vocabulary_size": "x", "tokens": "200"}, {"tokens", "vocabulary_size"}, {}),
    ],
)
def test_a_vocabulary_that_the_ids_do_not_fit(
    model: type[Linked], query: dict[str, str], blamed: set[str], kept: dict[str, int]
) -> None:
    found, problems = model.from_query(as_link(query))
    assert {problem.field for problem in problems} == blamed
    assert len(problems) == len(blamed)
    typed = {"source": "typed"} if model is Setup and "tokens" in query else {}
    ids = {} if "tokens" in blamed or "tokens" not in query else {"tokens": ((49,),)}
    assert found == model(**typed, **kept, **ids)


def test_good_values_that_contradict_each_other_in_this_company() -> None:
    """Nothing is left to be blamed: all is as it was when it was last right."""
    good = Small(kind="striped", stripes=9, low=1)
    query = {"stripes": ["x"], "bold": ["true"], "low": ["5"]}
    found, (problem,) = Small.from_query(query, base=good)
    assert found is good
    assert problem.field == "stripes"


# In words and in place


def test_a_refusal_names_every_field() -> None:
    with pytest.raises(SettingsError) as caught:
        Small(kind="Plain", stripes=0, bold=1, letters="ab", colour="red")
    fields = ["kind", "stripes", "bold", "letters", "colour"]
    assert [problem.field for problem in caught.value.problems] == fields
    assert str(caught.value) == "\n".join(map(str, caught.value.problems))
    assert (
        str(caught.value.problems[0])
        == "kind: got 'Plain'; allowed: one of 'plain', 'striped', 'dotted'"
    )
    assert str(caught.value.problems[-1].allowed).startswith("only kind, stripes, low, ")


@EVERY_FIELD
@FEW
@given(data=st.data())
def test_but_changes_one_field_and_checks(
    model: type[Linked], name: str, data: st.DataObject
) -> None:
    asked, bad = data.draw(QUESTIONS[model]), data.draw(bad_values(model, name))
    assert asked.but() == asked
    with pytest.raises(SettingsError) as caught:
        asked.but(**{name: bad})
    assert name in {problem.field for problem in caught.value.problems}
    other = getattr(data.draw(QUESTIONS[model]), name)
    try:
        changed = asked.but(**{name: other})
    except SettingsError:
        assert model is not WeightSource
    else:
        assert dict(changed) == dict(asked) | {name: other}


@EVERY_MODEL
@FEW
@given(data=st.data())
def test_questions_are_keys_and_cannot_be_changed(model: type[Linked], data: st.DataObject) -> None:
    asked = data.draw(QUESTIONS[model])
    twin = model(**dict(asked))
    assert twin == asked
    assert len({asked, twin}) == 1
    for name in model.model_fields:
        with pytest.raises(
            SettingsError, match=f"^{name}: got .*; allowed: .*copy: .but\\({name}="
        ):
            setattr(asked, name, getattr(asked, name))


@EVERY_FIELD
@FEW
@given(data=st.data())
def test_values_as_text_and_back(model: type[Linked], name: str, data: st.DataObject) -> None:
    value = data.draw(valid_values(model, name))
    assert from_text(model, name, to_text(model, name, value)) == value
    assert from_text(model, name, [f" {to_text(model, name, value)}\n"]) == value


def test_texts_of_values() -> None:
    assert to_text(Small, "bold", True) == "true"
    assert to_text(Small, "low", 7) == "7"
    assert to_text(Small, "kind", "dotted") == "dotted"
    assert to_text(Small, "letters", ("x", "y")) == "xy"


def test_what_is_noted_of_a_field() -> None:
    assert defaults(Small) == dict(Small())
    assert bounds(Small, "stripes") == (1, 9)
    assert choices(Small, "kind") == ("plain", "striped", "dotted")
    assert choices(Small, "low") == choices(Small, "letters") == choices(Small, "bold") == ()
    assert [rule_of(Small, name).group for name in defaults(Small)] == [
        *("first", "second", "second", "second", "second", "third")
    ]
    assert annotation_of(Small, "low", TextCodec) is None
    assert allowed_values(Small, "low") == Message("whole", {"low": 0, "high": 99})
    assert allowed_values(Small, "letters") == Message("extra")
    assert not Small().applies("stripes")
    assert Small(kind="striped").applies("stripes")
    assert Small().ordinary("low") == 10


@given(st.integers(1 - 10**11, 10**12 - 1))
def test_whole_numbers(number: int) -> None:
    assert whole(str(number)) == number


@given(st.text() | st.text("0123456789-+_. "))
def test_whole_reads_digits_alone(said: str) -> None:
    digits = said.removeprefix("-")
    try:
        number = whole(said)
    except ValueError as error:
        assert str(error)
        assert not set(digits) <= set("0123456789") or not digits or len(said) > 12
    else:
        assert number == int(said)
        assert set(digits) <= set("0123456789")


@given(ANYTHING)
@example("x" * 38)  # 40 characters with its quotes
def test_values_are_shown_in_a_few_characters(value: Any) -> None:
    said = repr(value)
    cut = f"{said[:30]}… ({len(said):,} characters)"
    assert str(shown(value)) == (said if len(said) <= 40 else cut)


def test_a_problem_is_put_into_words_when_it_is_shown() -> None:
    """The visitor may have changed the language since it was found."""

    def found() -> list[Problem]:
        tokens = ["1 " * 50 + "x", "9" * 20]
        links = {"cell": ["GRU", "LSTM"]}, *({"tokens": [said]} for said in tokens)
        said = [problem for link in links for problem in Settings.from_query(link)[1]]
        return [*said, *Settings.mend({"units": 10**5000})[1]]

    english = found()
    with speaking("ko"):
        assert [*map(str, english)] == [*map(str, found())]
        assert len(english) == 4


def test_a_list_reads_as_a_sentence() -> None:
    assert str(listed(["1"])) == "1"
    assert str(listed(["1", "2", "3"])) == "1 and 2 and 3"
    assert str(shown(10**5000)) == "a number of thousands of digits"
