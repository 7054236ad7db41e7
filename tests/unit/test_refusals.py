"""What the questions of what-ifs refuse, each by its field."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.backend import SettingsError
from components.backend.question.linked import Linked, allowed_values
from components.backend.whatif import both_ways, carry, influence, padding
from tests.refused import refusal
from tests.strategies import ANYTHING, bad_values, plain_fields

QUESTIONS = (carry.Question, padding.Question, both_ways.Question, influence.Question)


@pytest.mark.parametrize(
    ("question", "name"), [(each, name) for each in QUESTIONS for name in plain_fields(each)]
)
@given(data=st.data())
def test_bad_values_are_refused_by_name(
    question: type[Linked], name: str, data: st.DataObject
) -> None:
    (problem,) = refusal(question, **{name: data.draw(bad_values(question, name))}).problems
    assert (problem.field, problem.allowed) == (name, allowed_values(question, name))


@pytest.mark.parametrize("question", QUESTIONS)
@given(data=st.data())
def test_any_values_are_taken_or_refused(question: type[Linked], data: st.DataObject) -> None:
    names = st.sampled_from(list(question.model_fields)) | st.text()
    values = data.draw(st.dictionaries(names, ANYTHING))
    try:
        question(**values)
    except SettingsError as error:
        assert {problem.field for problem in error.problems} <= set(values)
        assert str(error)
