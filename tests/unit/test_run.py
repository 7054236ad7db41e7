"""The same settings give the same numbers, whatever else is running; nothing can change them."""

from __future__ import annotations

import dataclasses
import gc
import pickle
import pydoc
import weakref
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from threading import Barrier
from typing import Any

import numpy as np
import pytest

from components.backend import GrownError, MismatchError, Run, Settings, SettingsError, run
from components.backend.question.linked import allowed_values
from components.backend.question.settings import MAX_UNITS
from components.backend.running import replay
from components.backend.torch_weights import torch_of
from components.backend.whatif import carry

Forget = Callable[[], None]
ComputedOnce = Callable[[], AbstractContextManager[None]]

ROWS = ((4, 21, 64), (13, 77, 66))
LONG = (tuple(range(60)),)  # runs as a graph
KINDS = (
    Settings(tokens=ROWS, units=5),
    Settings(cell="GRU", tokens=ROWS, return_sequences=False, go_backwards=True),
    Settings(cell="GRU", reset_after=False, recurrent_activation="hard_sigmoid_keras2"),
    Settings(cell="SimpleRNN", embedding=False, input_scaling="unit"),
    Settings(cell="LSTM", tokens=LONG, units=3),
    Settings(cell="GRU", tokens=LONG, embedding=False, use_bias=False),
)

Numbers = list[list]


def numbers(result: Run) -> Numbers:
    """All that a run holds, as lists: what is equal here is equal to the last bit."""
    weights = [weight.tolist() for weight in result.weights.values()]
    return [t.values.tolist() for t in result.returned] + weights + [result.trace.hidden.tolist()]


def test_a_repeated_run_is_the_same_run() -> None:
    assert run(Settings(seed=5)) is run(Settings(seed=5))


@pytest.mark.parametrize("settings", KINDS)
def test_computed_again_the_numbers_are_the_same(settings: Settings, forget: Forget) -> None:
    first = run(settings)
    forget()
    again = run(settings)
    assert again is not first
    assert numbers(again) == numbers(first)


def test_eight_threads_that_want_the_same_share_one_run(forget: Forget) -> None:
    together = Barrier(8)

    def visitor(_: int) -> Run:
        together.wait()
        return run(Settings())

    with ThreadPoolExecutor(8) as threads:
        assert len(set(threads.map(visitor, range(8)))) == 1


def test_a_seed_set_elsewhere_changes_nothing(forget: Forget) -> None:
    first = numbers(run(Settings()))
    import keras  # here, so that the backend is the one who sets how it is imported

    for seed in (1, 2):
        keras.utils.set_random_seed(seed)
        forget()
        assert numbers(run(Settings())) == first


def test_seeds_differ() -> None:
    runs = [run(Settings(seed=seed)) for seed in range(10)]
    for name in ("embeddings", "kernel", "recurrent_kernel"):
        assert len({result.weights[name].tobytes() for result in runs}) == 10


# Read-only


def arrays(result: Run) -> dict[str, np.ndarray]:
    trace = result.trace
    found = {f"returned {tensor.name}": tensor.values for tensor in result.returned}
    found |= {f"weight {name}": weight for name, weight in result.weights.items()}
    found |= {f"gate {name}": gate for name, gate in trace.gates.items()}
    found |= {f"initial {name}": state for name, state in trace.initial.items()}
    found |= {"tokens": trace.tokens, "inputs": trace.inputs, "hidden": trace.hidden}
    return found if trace.cell is None else found | {"cell": trace.cell}


@pytest.mark.parametrize("settings", KINDS)
def test_arrays_are_read_only(settings: Settings) -> None:
    for array in arrays(run(settings)).values():
        with pytest.raises(ValueError, match="read-only"):
            array[...] = 0


def test_a_run_is_frozen() -> None:
    result = run(Settings())
    with pytest.raises(dataclasses.FrozenInstanceError):
        result.parameter_count = 0
    for mapping in (result.weights, result.trace.gates, result.trace.initial):
        with pytest.raises(TypeError):
            mapping["kernel"] = np.zeros(1)


def test_tensor_by_its_name() -> None:
    result = run(Settings(cell="GRU"))
    assert result.tensor("state_h") is result.returned[1].values
    assert result.tensor("state_c") is None


# Weights that are given

SMALL = Settings(cell="GRU", units=2, embedding_dim=1, tokens=ROWS)


@pytest.mark.parametrize("kind", [np.asarray, np.ndarray.tolist, lambda w: w.astype("float64")])
def test_its_own_weights_give_the_same_numbers(kind: Callable) -> None:
    seeded = run(SMALL)
    given = run(SMALL, weights={name: kind(weight) for name, weight in seeded.weights.items()})
    assert given is not seeded
    assert numbers(given) == numbers(seeded)


@pytest.mark.parametrize("settings", KINDS)
def test_given_weights_are_used(settings: Settings) -> None:
    doubled = {name: 2 * weight for name, weight in run(settings).weights.items()}
    result = run(settings, doubled)
    for name, weight in doubled.items():
        np.testing.assert_array_equal(result.weights[name], weight)
    assert result.tensor("outputs").tolist() != run(settings).tensor("outputs").tolist()


def test_weights_changed_by_their_owner_change_no_run() -> None:
    weights = {name: weight.copy() for name, weight in run(SMALL).weights.items()}
    result = run(SMALL, weights)
    before = numbers(result)
    weights["kernel"] += 1
    assert numbers(result) == before
    assert numbers(run(SMALL, weights)) != before


KERNEL, RECURRENT, BIAS = np.ones((1, 6)), np.ones((2, 6)), np.ones((2, 6))
GIVEN = {
    "embeddings": np.ones((100, 1)),
    "kernel": KERNEL,
    "recurrent_kernel": RECURRENT,
    "bias": BIAS,
}


def test_weights_that_are_taken() -> None:
    assert run(SMALL, GIVEN).parameter_count == 100 + 6 + 12 + 12


@pytest.mark.parametrize(
    ("weights", "field", "got", "allowed"),
    [
        (GIVEN | {"kernel": np.ones((2, 6))}, "kernel", "shape (2, 6)", "(1, 6)"),
        (GIVEN | {"kernel": np.ones(6)}, "kernel", "shape (6,)", "(1, 6)"),
        (GIVEN | {"bias": np.ones(6)}, "bias", "shape (6,)", "(2, 6)"),
        (GIVEN | {"kernel": 1.0}, "kernel", "shape ()", "(1, 6)"),
        (GIVEN | {"kernel": KERNEL * np.nan}, "kernel", "not all finite", "finite"),
        (GIVEN | {"kernel": KERNEL * np.inf}, "kernel", "not all finite", "finite"),
        (GIVEN | {"kernel": None}, "kernel", "", "(1, 6)"),
        (GIVEN | {"kernel": "many"}, "kernel", "", "(1, 6)"),
        (GIVEN | {"kernel": [[1, 2], [3]]}, "kernel", "", "(1, 6)"),
        ({n: w for n, w in GIVEN.items() if n != "bias"}, "bias", "nothing", "(2, 6)"),
        (GIVEN | {"peephole": KERNEL}, "peephole", "a value", "no more than embeddings, kernel, "),
    ],
)
def test_weights_that_are_refused(
    weights: Mapping[str, Any], field: str, got: str, allowed: str
) -> None:
    with pytest.raises(SettingsError) as caught:
        run(SMALL, weights)
    (problem,) = caught.value.problems
    assert problem.field == f"weights.{field}"
    assert got in str(problem.got)
    assert allowed in str(problem.allowed)


def test_weights_by_pytorchs_names_are_told_the_way() -> None:
    with pytest.raises(SettingsError) as caught:
        run(SMALL, torch_of(run(SMALL).weights, SMALL))
    assert str(caught.value) == (
        "weights: got PyTorch's names; allowed: embeddings, kernel, recurrent_kernel, bias; "
        "keras_of(state_dict, cell) makes these from PyTorch's state_dict"
    )


def test_states_are_told_their_names() -> None:
    zeros = np.zeros((len(SMALL.tokens), SMALL.units))
    with pytest.raises(SettingsError) as caught:
        run(SMALL, initial={"state_h": zeros, "state_c": zeros})
    assert str(caught.value) == "initial.state_c: got a value; allowed: no more than state_h"


@pytest.mark.filterwarnings("ignore:overflow")
def test_weights_too_large_for_float32_are_refused() -> None:
    with pytest.raises(SettingsError, match="weights.kernel: .*not all finite"):
        run(SMALL, GIVEN | {"kernel": 1e300 * KERNEL})


def test_every_bad_weight_is_named() -> None:
    with pytest.raises(SettingsError) as caught:
        run(SMALL, {"kernel": BIAS, "bias": BIAS, "extra": BIAS})
    fields = {problem.field for problem in caught.value.problems}
    assert fields == {f"weights.{n}" for n in ("kernel", "extra", "embeddings", "recurrent_kernel")}


def test_weights_that_are_no_mapping_are_refused() -> None:
    with pytest.raises(SettingsError, match="weights"):
        run(SMALL, weights=list(GIVEN.values()))


# The cache


def test_the_cache_forgets_the_oldest_of_300(forget: Forget, computed_once: ComputedOnce) -> None:
    tiny = Settings(cell="SimpleRNN", units=1, embedding=False, tokens=((1,),), seed=0)
    first = run(tiny)
    with computed_once():
        kept = [weakref.ref(run(tiny.but(seed=seed))) for seed in range(1, 301)]
    gc.collect()
    alive = [reference() is not None for reference in kept]
    assert sum(alive) <= 256
    assert alive == sorted(alive)  # the oldest are gone, the newest are there
    assert alive[-1]
    again = run(tiny)
    assert again is not first
    assert numbers(again) == numbers(first)


def test_the_cache_holds_fewer_of_the_large(forget: Forget, computed_once: ComputedOnce) -> None:
    large = Settings(units=512)
    with computed_once():
        kept = [weakref.ref(run(large.but(seed=seed))) for seed in range(25)]
    gc.collect()
    held = [reference() for reference in kept if reference() is not None]
    assert held
    held_bytes = sum(each.nbytes for result in held for each in arrays(result).values())
    assert held_bytes <= 96 * 2**20
    assert len(held) < 25


# The check


@pytest.mark.parametrize(
    ("part", "where", "return_sequences", "named", "wrong"),
    [
        ("hidden", (0, 1, 2), True, "outputs", 1e-4),
        ("hidden", (0, 1, 2), True, "outputs", np.nan),
        ("hidden", (1, -1, 0), False, "outputs", -1e-4),
        ("cell", (1, -1, 2), True, "state_c", 1e-4),
        ("cell", (1, -1, 2), True, "state_c", np.inf),
    ],
)
def test_a_replay_that_differs_is_an_error(
    part: str,
    where: tuple[int, ...],
    return_sequences: bool,
    named: str,
    wrong: float,
    forget: Forget,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    true_unroll = replay.unroll

    def off_in_one_value(*args: Any, **options: Any) -> Any:
        steps = true_unroll(*args, **options)
        getattr(steps, part)[where] += wrong
        return steps

    settings = Settings(tokens=ROWS, return_sequences=return_sequences)
    with monkeypatch.context() as patch:
        patch.setattr(replay, "unroll", off_in_one_value)
        with pytest.raises(MismatchError, match=f"^{named}: "):
            run(settings)
    assert run(settings).replay_difference < 1e-5  # the failed run was not kept


@pytest.mark.parametrize("return_sequences", [True, False])
@pytest.mark.parametrize(
    ("settings", "recurrent", "step"),
    [
        # h is 1000 times as large at each step, which single precision holds 13 times
        (Settings(cell="SimpleRNN", activation="relu", units=1, tokens=((1,) * 20,)), 1000, 14),
        # a gate's sum is a small difference of large numbers, which rounding decides
        (Settings(activation="linear", units=16, seed=3, tokens=((99, 7, 50) * 33,)), None, None),
    ],
)
def test_values_that_grow_too_far_are_an_error(
    settings: Settings, recurrent: float | None, step: int | None, return_sequences: bool
) -> None:
    settings = settings.but(embedding=False, return_sequences=return_sequences)
    weights = recurrent and {"kernel": [[1]], "recurrent_kernel": [[recurrent]], "bias": [0]}
    with pytest.raises(GrownError, match=f"step {step} on, h is too large" if step else "rounding"):
        run(settings, weights)
    if step:  # the last that is held
        assert run(settings.but(tokens=((1,) * (step - 1),)), weights).trace.hidden.max() > 1e35


def test_a_shape_that_differs_is_an_error(forget: Forget, monkeypatch: pytest.MonkeyPatch) -> None:
    true_unroll = replay.unroll

    def one_step_short(cell: str, inputs: np.ndarray, *args: Any, **options: Any) -> Any:
        return true_unroll(cell, inputs[:, 1:], *args, **options)

    monkeypatch.setattr(replay, "unroll", one_step_short)
    with pytest.raises(MismatchError, match="outputs: Keras returned"):
        run(Settings())


def test_replay_difference_is_the_largest() -> None:
    for settings in KINDS:
        result = run(settings)
        trace = result.trace
        steps = {"outputs": trace.hidden, "state_h": trace.hidden, "state_c": trace.cell}
        worst = max(
            np.abs(t.values - (steps[t.name] if "step" in t.axes else steps[t.name][:, -1])).max()
            for t in result.returned
        )
        assert result.replay_difference == worst


def test_help_names_the_fields_with_plain_types_and_defaults() -> None:
    said = pydoc.plain(pydoc.render_doc(Settings))
    assert "units: int = 3" in said
    assert "return_state: bool = True" in said
    assert "Annotated" not in said.partition("Method resolution order")[0]


def test_help_says_what_each_field_allows_and_means_and_nothing_of_pydantics() -> None:
    said = pydoc.plain(pydoc.render_doc(Settings))
    for name in Settings.model_fields:
        assert f"|  {name}: {allowed_values(Settings, name).in_python}"[:90] in said
    assert f"an int from 1 to {MAX_UNITS}. units: how many numbers h has." in " ".join(said.split())
    assert "model_dump" not in said
    assert "__pydantic" not in said
    assert "Methods inherited from pydantic" not in said
    assert "commas or blanks" not in said  # how ids are typed on a page
    said = pydoc.plain(pydoc.render_doc(carry.Question))
    assert "cut: an int from 1 to 99. The first call reads up to this step" in said
    assert "state_h: tuple[float, ...] = ()" in said


def test_weights_show_their_names_shapes_and_origin() -> None:
    assert repr(run(SMALL).weights) == (
        "<Weights embeddings (100, 1), kernel (1, 6), recurrent_kernel (2, 6), bias (2, 6); "
        "origin: seed 10>"
    )


def test_a_run_can_be_pickled() -> None:
    result = run(SMALL)
    again = pickle.loads(pickle.dumps(result))
    assert numbers(again) == numbers(result)
    assert again.trace.gates.keys() == result.trace.gates.keys()
    assert not again.trace.gates["update"].flags.writeable


def test_what_is_no_settings_is_told_what_to_give() -> None:
    with pytest.raises(SettingsError, match=r"^settings: got a dict; allowed: Settings, such as"):
        run({"units": 8})
