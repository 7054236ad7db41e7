"""Which changes of a setup the chosen weights fit, and what is said of the others."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given

from components.backend import Setup
from components.backend.origins.uploaded import register_upload
from components.backend.origins.weight_source import NO_FIT, WeightSource
from components.backend.question.layout import features
from components.backend.question.linked import Message, choices
from components.backend.weight_files.edits import Edits
from tests.kinds import random_weights
from tests.strategies import any_setup, examples

SOURCES = choices(Setup, "source")


def with_weights(setup: Setup, **named: Any) -> WeightSource:
    """The start of weights that fit the setup."""
    settings = setup.settings
    return WeightSource(uploaded=register_upload(random_weights(settings, 3), settings), **named)


@examples(0.5)
@given(last=any_setup(), wanted=any_setup())
def test_what_is_taken_fits_and_what_is_not_is_told(last: Setup, wanted: Setup) -> None:
    start = with_weights(last)
    moved = [name for name, value in wanted if value != getattr(last, name)]
    taken, problems = start.hold(wanted, last, moved)
    assert start.fit(taken)
    assert (taken == wanted) == (not problems) == start.fit(wanted)
    told = {problem.field for problem in problems}
    assert told <= set(moved)
    for problem in problems:
        assert problem.allowed.name in NO_FIT
        assert problem.nearest == (
            None if problem.field == "values" else getattr(last, problem.field)
        )
        assert getattr(taken, problem.field) == getattr(last, problem.field)


@examples(0.5)
@given(setup=any_setup())
def test_every_source_that_is_allowed_begins_with_what_fits(setup: Setup) -> None:
    start = with_weights(setup)
    for source in SOURCES:
        if changes := setup.switched(source, start.fit):
            assert start.fit(setup.but(**changes))
        else:
            assert source != setup.source
    if setup.reads_ids:
        assert setup.switched("typed", start.fit)
        assert setup.switched("random", start.fit)
    else:
        assert setup.switched("sine", start.fit)


def test_a_change_that_fits_is_taken_beside_one_that_does_not() -> None:
    last = Setup(source="sine", features=4)
    wanted = last.but(units=5, activation="relu", length=20)
    taken, (problem,) = with_weights(last).hold(wanted, last, ("units", "activation", "length"))
    assert taken == last.but(activation="relu", length=20)
    assert (problem.field, str(problem.got), str(problem.allowed)) == ("units", "5", "only 3")


@pytest.mark.parametrize(
    ("last", "change", "allowed"),
    [
        (Setup(), {"cell": "GRU"}, "only LSTM"),
        (Setup(), {"use_bias": False}, "only true"),
        (Setup(cell="GRU"), {"reset_after": False}, "only true"),
        (
            Setup(source="random", vocabulary_size=50),
            {"source": "ten"},
            "only quotes, random, typed",
        ),
        (Setup(embedding=False), {"embedding": True}, "only false"),
        (Setup(source="sine", features=3), {"features": 2}, "only 3"),
        (Setup(source="pasted"), {"values": (((1.0,),),)}, "steps of 2 features"),
    ],
)
def test_what_is_allowed_is_said(last: Setup, change: dict[str, Any], allowed: str) -> None:
    wanted, _ = Setup.mend(dict(last) | change, last)
    taken, (problem,) = with_weights(last).hold(wanted, last, change)
    assert taken == last
    assert str(problem.allowed) == allowed


def test_edits_are_held_like_weights() -> None:
    start, last = WeightSource(edits=Edits().hold("forget", 1)), Setup()
    taken, (problem,) = start.hold(last.but(cell="GRU"), last, ("cell",))
    assert (taken, problem.allowed) == (last, Message("weights_fit", {"names": "LSTM"}))


def test_nothing_is_held_where_the_last_setup_did_not_fit_either() -> None:
    start, last = with_weights(Setup()), Setup(units=7)
    assert start.hold(Setup(units=8), last, ("units",)) == (Setup(units=8), ())


def any_fits(_: Setup) -> bool:
    return True


def test_typed_ids_come_back_if_the_vocabulary_has_them() -> None:
    setup = Setup(tokens=((5, 6, 7),)).but(source="random", length=4)
    typed = {"source": "typed", "length": 3, "sentences": 1, "tokens": ((5, 6, 7),)}
    assert setup.switched("typed", any_fits) == typed
    small = setup.but(vocabulary_size=6)
    now = small.switched("typed", any_fits)["tokens"]
    assert now == small.ids
    assert Setup(source="seven").switched("typed", any_fits)["tokens"] == Setup(source="seven").ids


def test_pasted_numbers_come_back_if_the_layer_reads_as_many() -> None:
    setup = Setup(source="walk", features=4, length=6)
    assert setup.switched("pasted", any_fits) == {"source": "pasted"}
    found = setup.switched("pasted", lambda new: features(new.settings) == 4)
    assert found["values"] == setup.numbers
    one = Setup(embedding=False).switched("pasted", lambda new: features(new.settings) == 1)
    assert len(one["values"][0]) == 10


def test_a_series_has_as_many_features_as_are_read() -> None:
    pasted = Setup(values=[[[0.0] * 300] * 9])
    found = pasted.switched("sine", lambda new: features(new.settings) == 300)
    assert features(pasted.but(**found).settings) == 300
