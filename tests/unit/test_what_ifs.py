"""What holds of every what-if: the script, which Keras runs by itself, gives its numbers; the facts
hold; the picture can be drawn; the link leads back; and the model is the one that is asked for."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest

from components.backend import Settings, SettingsError
from components.backend.cells import CELLS
from components.backend.question.linked import Linked, choices, defaults
from components.backend.running.model import plain, weight_layout
from components.backend.running.model_run import ModelRun
from components.backend.scripts.script import line
from components.backend.whatif import (
    attention,
    both_ways,
    carry,
    encoder_decoder,
    influence,
    padding,
    stack,
    twice,
)
from components.backend.whatif.stack import Above
from components.panels.what_ifs.calls import CALLS
from components.panels.what_ifs.what_if import WhatIf
from tests.kinds import any_weights, pairwise
from tests.scripts import assert_printed, executed, printed_tensors
from tests.what_ifs import KNOWN

FLAGS = (True, False)
HOLES = ((4, 21, 0, 0, 7), (0, 3, 0, 9, 0))
SERIES = tuple(tuple((float(n), n / 7) for n in row) for row in HOLES)
RAGGED = ((4, 21, 64, 13), (77,), (66, 0, 54))
LAYER = dict.fromkeys(("go_backwards", "return_sequences", "return_state", "embedding"), FLAGS)
OPTIONS: Mapping[type[Linked], Mapping[str, Any]] = {
    attention.Question: {"padded": (0, 2)},
    carry.Question: {"cut": (1, 3), "state_h": ((), (0.5,), (0.1, -2.0, 3.0))},
    influence.Question: {"changed_step": (1, 3), "token": (0, 7)},
    padding.Question: {"sentences": (RAGGED, HOLES)},
}
"""By question: values of the fields that are no flags and no choices."""

EVERY = [*((what_if, what_if.question) for what_if in KNOWN), (CALLS, twice.Question)]
"""Every what-if with its question; that of two calls has two."""


def options_of(model: type[Linked]) -> dict[str, Any]:
    """The values of all its flags and choices."""
    return {
        name: choices(model, name) or FLAGS
        for name, default in defaults(model).items()
        if choices(model, name) or isinstance(default, bool)
    }


def asked(model: type[Linked], case: dict[str, Any]) -> Any:
    """The question of a case."""
    given = {name: value for name, value in case.items() if name in model.model_fields}
    read = {"values": SERIES} if case["numbers"] else {"tokens": HOLES}
    of_layer = {name: case[name] for name in ("cell", *LAYER)}
    settings = Settings(units=3, input_scaling="unit", **of_layer, **read)
    if model is stack.Question:
        over = given.pop("above")
        above = () if over is None else (Above(cell="GRU", units=2, **over),)
        return stack.Question(first=settings, above=above, **given)
    return model(settings=settings, **given)


ABOVE = (
    None,
    {},
    {"return_sequences": False, "repeat_vector": True, "bidirectional": "sum"},
    {"initial_state": True, "return_state": True, "bidirectional": "none"},
    {"go_backwards": True, "zero_output_for_mask": True},
)


def cases() -> list[Any]:
    """Of each what-if the fewest of many questions drawn at random in which any two values that
    its fields, and its layer's, have in any of them are met."""
    draw, made = np.random.default_rng(0), list[Any]()
    for what_if, model in EVERY:
        own, name = options_of(model) | OPTIONS.get(model, {}), model.__module__.rpartition(".")[2]
        own.pop("above", None)
        options = {"cell": tuple(CELLS), **LAYER, "numbers": FLAGS, **own}
        options |= {"above": ABOVE} if model is stack.Question else {}
        found = []
        while len(found) < 30:
            case = {name: values[draw.integers(len(values))] for name, values in options.items()}
            with contextlib.suppress(SettingsError):
                found.append((asked(model, case), case))
        few = pairwise(found, lambda each: {n: str(value) for n, value in each[1].items()}, own)
        made += [
            pytest.param(what_if, question, number % 2, id=f"{name}-{number}")
            for number, (question, _) in enumerate(few)
        ]
    return made


@pytest.mark.parametrize(("what_if", "question", "given"), cases())
def test_what_is_asked_is_answered_shown_and_said_as_code(
    what_if: WhatIf, question: Any, given: int
) -> None:
    layouts = weight_layout(model_of(question))
    weights = any_weights(layouts, 3) if given else None
    found = what_if.answer(question, weights)
    assert what_if.answer(question.but(), weights) is found
    assert [fact for fact in what_if.facts(found) if fact.holds is False] == []
    assert_drawn(what_if, found)
    assert_linked(what_if.choice, question)
    if what_if.name != "influence":  # which prints gradients: test_influence has them
        assert_same(what_if.script(question, weights), found)


def model_of(question: Any) -> Any:
    """The model whose weights it takes."""
    takes_one = isinstance(question, carry.Question | influence.Question | twice.Question)
    return plain(question.settings) if takes_one else question.model


def assert_drawn(what_if: WhatIf, found: Any) -> None:
    """The picture says in words what it shows, and each of its strips has a scale."""
    figure, alt = what_if.chart(found)
    assert alt
    assert len(go.Figure(figure).data) == len(figure["data"])
    for strip in figure["data"]:
        if strip["type"] == "heatmap":
            assert np.isfinite(np.asarray(strip["z"], float)).all()
            assert strip["zmax"] > strip["zmin"]


def assert_linked(choice: type[Linked], question: Any) -> None:
    """What the page adds to the layer comes back out of its link."""
    own = choice.model_fields.keys() & type(question).model_fields.keys()
    said = {name: getattr(question, name) for name in own}
    said |= {"reads": "again"} if isinstance(question, twice.Question) else {}
    query = choice(**said).to_query()
    again, problems = choice.from_query({name: [value] for name, value in query.items()})
    assert (again.to_query(), problems) == (query, ())


def assert_same(code: str, found: Any) -> None:
    """The script prints all that was returned; where Keras refused something, it ends with that."""
    if getattr(found, "error", None) and isinstance(found, ModelRun):
        with (
            contextlib.redirect_stdout(out := io.StringIO()),
            pytest.raises((ValueError, TypeError), match=".") as raised,
        ):
            exec(compile(code, "script", "exec"), {})
        assert found.error.message.startswith(f"{raised.type.__name__}: ")
        assert_printed(out.getvalue(), found)
        return
    output = executed(code)[1].partition("largest difference")[0]
    if isinstance(found, ModelRun):
        assert_printed(output, found)
        return
    runs = {call: getattr(found, call, None) for call in ("first", "second", "whole")}
    expected = {
        f"{call}_{tensor.name}": tensor.values
        for call, run in runs.items()
        if run
        for tensor in run.returned
    }
    printed = printed_tensors(output)
    assert list(printed) == list(expected)
    for name, values in expected.items():
        np.testing.assert_allclose(printed[name], values, rtol=0, atol=2e-6)


def arrays_of(value: Any) -> list[np.ndarray]:
    """All arrays in an answer, each once."""
    if isinstance(value, np.ndarray):
        return [value]
    if is_dataclass(value):
        parts = [getattr(value, each.name) for each in fields(value)]
    elif isinstance(value, Mapping):
        parts = [*value.values()]
    else:
        parts = [*value] if isinstance(value, tuple) else []
    return [*{id(one): one for part in parts for one in arrays_of(part)}.values()]


@pytest.mark.parametrize(("what_if", "model"), EVERY)
def test_the_same_question_has_the_same_answer_which_nobody_can_change(
    what_if: WhatIf, model: type[Linked], forget: Callable[[], None]
) -> None:
    question = model()
    found = what_if.answer(question, None)
    weights = any_weights(weight_layout(model_of(question)), 3)
    assert what_if.answer(question, weights) is not found
    assert what_if.answer(question, dict(weights)) is what_if.answer(question, weights)
    forget()
    again = what_if.answer(question, None)
    assert again is not found
    arrays = arrays_of(found)
    for one, other in zip(arrays, arrays_of(again), strict=True):
        np.testing.assert_array_equal(one, other)
        assert not one.flags.writeable
    assert found.nbytes >= sum(array.nbytes for array in arrays)


@pytest.mark.parametrize(("what_if", "model"), EVERY)
@pytest.mark.parametrize("given", FLAGS)
def test_the_script_that_a_page_opens_with_has_short_lines(
    what_if: WhatIf, model: type[Linked], given: bool
) -> None:
    question = model()
    layouts = weight_layout(model_of(question))
    code = what_if.script(question, any_weights(layouts, 3) if given else None)
    lines = (line.split("  #")[0] for line in code.splitlines())
    assert all(len(line) <= 100 for line in lines if not line.startswith(("# ", "tokens =")))


# The model that a question asks for, as the page says it in one line. That Keras and the script
# build what is said there is tested above.

S = Settings(cell="GRU", units=2, return_sequences=False, return_state=False, tokens=HOLES)
ONE, SEQUENCE = "GRU(2, return_sequences=False)", "GRU(2, return_sequences=True)"
STATES = "GRU(2, return_sequences=True, return_state=True)"
LINES = [
    (attention.Question, {}, f"{STATES} → Attention()(…)"),
    (attention.Question, {"padded": 2}, f"Embedding(mask_zero=True) → {STATES} → Attention()(…)"),
    (attention.Question, {"padded": 2, "mask_zero": False}, f"{STATES} → Attention()(…)"),
    (attention.Question, {"score": "scaled"}, f"{STATES} → Attention(use_scale=True)(…)"),
    (attention.Question, {"score": "additive"}, f"{STATES} → AdditiveAttention()(…)"),
    (attention.Question, {"score": "two_heads"}, f"{STATES} → MultiHeadAttention(2, 1)(…)"),
    (both_ways.Question, {}, f"Bidirectional({ONE})"),
    (both_ways.Question, {"merge_mode": "ave"}, f'Bidirectional({ONE}, merge_mode="ave")'),
    (both_ways.Question, {"merge_mode": None}, f"Bidirectional({ONE}, merge_mode=None)"),
    (both_ways.Question, {"mask_zero": True}, f"Embedding(mask_zero=True) → Bidirectional({ONE})"),
    (both_ways.Question, {"initial_state": True}, f"Bidirectional({ONE})(…, initial_state=…)"),
    (
        both_ways.Question,
        {"stateful": True},
        "Bidirectional(GRU(2, stateful=True, return_sequences=False))",
    ),
    (padding.Question, {}, f"Embedding(mask_zero=True) → {ONE}"),
    (padding.Question, {"mask_zero": False}, ONE),
    (padding.Question, {"mask_zero": False, "pass_mask": True}, f"{ONE}(…, mask=…)"),
    (
        padding.Question,
        {"initial_state": True, "pass_mask": True, "zero_output_for_mask": True},
        "Embedding(mask_zero=True) → GRU(2, return_sequences=False, zero_output_for_mask=True)"
        "(…, initial_state=…, mask=…)",
    ),
    (
        padding.Question,
        {"bidirectional": True},
        f"Embedding(mask_zero=True) → Bidirectional({ONE})",
    ),
    (stack.Question, {"above": (Above(cell="GRU"),)}, f"{ONE} → GRU(3, return_sequences=True)"),
    (stack.Question, {"ending": "Dense(3)", "pass_mask": True}, f"{ONE}(…, mask=…) → Dense(3)"),
    (stack.Question, {"bidirectional": "none"}, f"Bidirectional({ONE}, merge_mode=None)"),
    (
        stack.Question,
        {"mask_zero": True, "initial_state": True, "zero_output_for_mask": True},
        "Embedding(mask_zero=True) → GRU(2, return_sequences=False, zero_output_for_mask=True)"
        "(…, initial_state=…)",
    ),
    (
        stack.Question,
        {"above": (Above(cell="GRU", repeat_vector=True, bidirectional="sum"),)},
        f'{ONE} → RepeatVector(5) → Bidirectional(GRU(3, return_sequences=True), merge_mode="sum")',
    ),
    (
        encoder_decoder.Question,
        {},
        f"{ONE[:-1]}, return_state=True) → state_h → {STATES}(…, initial_state=…)",
    ),
    (
        encoder_decoder.Question,
        {"pass_states": False, "on_its_own": True},
        f"{ONE[:-1]}, return_state=True) → {STATES} → Dense(100)",
    ),
    (
        encoder_decoder.Question,
        {"attention": True, "mask_zero": True},
        f"Embedding(mask_zero=True) → {STATES} → state_h → {STATES}(…, initial_state=…)"
        " → Attention()(…)",
    ),
    (
        encoder_decoder.Question,
        {"bidirectional": True},
        f"Bidirectional({ONE[:-1]}, return_state=True)) → forward_h, backward_h"
        " → GRU(4, return_sequences=True, return_state=True)(…, initial_state=…)",
    ),
]


@pytest.mark.parametrize(("question", "fields", "said"), LINES)
def test_the_model_of_a_question(question: type[Linked], fields: dict, said: str) -> None:
    of_layer = {"first" if question is stack.Question else "settings": S}
    assert line(question(**of_layer, **fields).model) == said
