"""Facts about a run, measured on its own numbers. The sentences are in texts/."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from components.backend.cells import CELLS, RECURRENT_ACTIVATIONS, REPLAYED
from components.backend.cells.cell import LastStep, bias_rows, product
from components.backend.question.layout import BLOCKS
from components.backend.question.settings import Settings
from components.backend.running import results
from components.backend.running.model_run import ModelRun
from components.backend.running.replay import TOLERANCE, apart, slack, steps_of
from components.backend.running.results import Run
from components.backend.running.worksheet import worksheet

SATURATED = 0.01
"""A gate this close to 0 or 1 counts as saturated; so does a state this close to -1 or 1."""

FAR = {
    "sigmoid": float(np.log(1 / SATURATED - 1)),
    "hard_sigmoid": 6 * (0.5 - SATURATED),
    "hard_sigmoid_keras2": 5 * (0.5 - SATURATED),
    "tanh": float(np.arctanh(1 - SATURATED)),
}
"""By recurrent activation: how far from 0 a sum has to be for it to saturate."""


EQUAL = 1e-6
"""How far two values may be apart that should be the same."""

FADED = 0.01
"""A difference counts as faded below this share of its largest value."""


@dataclass(frozen=True)
class Fact:
    """A statement: its name in texts/, whether it holds, and the numbers that decide it.

    holds is None for a mere number, such as a count, which cannot be wrong.
    """

    name: str
    holds: bool | None
    values: dict[str, Any] = field(default_factory=dict)


def stated(*found: Fact | None) -> tuple[Fact, ...]:
    """The facts that are not None."""
    return tuple(fact for fact in found if fact)


def facts(run: Run) -> tuple[Fact, ...]:
    """Facts about what was returned, and about what bounds it."""
    return stated(_count(run), _last_output(run), _grown(run), _unbounded(run))


def checks(run: Run) -> tuple[Fact, ...]:
    """Facts about how a run's numbers were checked, and how far its gates are from 0 and 1."""
    return stated(_state_equation(run), replay_fact(run), _saturation(run))


def _last_output(run: Run) -> Fact:
    state_h = run.tensor("state_h")
    if state_h is None:
        both = run.trace.cell is not None
        return Fact("last_states_unreturned" if both else "last_output_unreturned", None)
    difference = apart(run.last_output, state_h)
    name = "last_output" if run.settings.return_sequences else "same_tensor_twice"
    return Fact(name, difference == 0, {"difference": difference})


def _state_equation(run: Run) -> Fact:
    """The last h against the cell's last equation, with Keras's tensors where it returned them."""
    trace = run.trace
    hidden, name = run.tensor("state_h"), "state_h"
    if hidden is None:
        hidden, name = run.last_output, "outputs"
    cell = run.tensor("state_c")
    if cell is None and trace.cell is not None:
        cell = trace.cell[:, -1]
    last = LastStep(
        gates={name: gate[:, -1] for name, gate in trace.gates.items()},
        before=trace.before("state_h")[:, -1],
        cell=cell,
        sums={name: total[:, -1] for name, total in sums(run).items()},
        activation=REPLAYED[run.settings.activation],
    )
    expected = CELLS[run.settings.cell].hidden(last)
    difference = apart(hidden, expected)
    values = {"difference": difference, "name": name, "activation": run.settings.activation}
    return Fact(f"equation_{run.settings.cell}", difference <= slack(hidden), values)


def _grown(run: Run) -> Fact | None:
    """How far c goes beyond -1 and 1, the ends of h; None where it does not."""
    cell, hidden = run.trace.cell, run.trace.hidden
    if cell is None or run.settings.activation != "tanh" or np.abs(cell).max() <= 1:
        return None
    sizes, h = np.abs(cell).max(axis=(0, 2)), float(np.abs(hidden).max())
    values = {"c": float(sizes.max()), "step": int(sizes.argmax()) + 1, "h": h}
    return Fact("c_grows", h <= 1, values)


def replay_fact(answer: Run | ModelRun) -> Fact:
    """Whether a replay agrees with Keras."""
    return Fact("replay", answer.replay_agrees, {"difference": answer.replay_difference})


def _count(run: Run) -> Fact:
    names = [tensor.name for tensor in run.returned]
    kind = run.settings.cell if run.settings.return_state else "one"
    return Fact(f"count_{kind}", None, {"count": len(names), "names": ", ".join(names)})


def _saturation(run: Run) -> Fact | None:
    """The share of values that are saturated, and how far from 0 their sums are; None where the
    cell has neither gates nor a tanh."""
    trace, settings = run.trace, run.settings
    if not trace.gates and settings.activation != "tanh":
        return None
    if not trace.gates:
        kind, far = "states", FAR["tanh"]
        values, stuck = trace.hidden, np.abs(trace.hidden) > 1 - SATURATED
    else:
        kind, far = "gates", FAR[settings.recurrent_activation]
        values = np.stack([gate for name, gate in trace.gates.items() if name != "candidate"])
        stuck = (values < SATURATED) | (values > 1 - SATURATED)
    raw = not settings.has_embedding and not settings.scaled
    read = product(trace.inputs, run.weights["kernel"], trace.dropout.inputs)
    projected = _gate_blocks(run, read)
    pushed = raw and max(float(np.abs(block).max()) for block in projected.values()) > far
    return Fact(
        f"saturation_{kind}_raw" if pushed and stuck.any() else f"saturation_{kind}",
        None,
        {
            "share": float(stuck.mean()),
            "stuck": int(stuck.sum()),
            "count": values.size,
            "far": far,
            "farthest": max(float(np.abs(total).max()) for total in sums(run).values()),
            "largest": float(np.abs(trace.inputs).max()),
        },
    )


def _unbounded(run: Run) -> Fact | None:
    """How large the states become without a tanh, and at which steps; None with a tanh."""
    if not run.settings.applies("activation") or run.settings.activation == "tanh":
        return None
    values: dict[str, Any] = {"activation": run.settings.activation}
    for name, steps in run.trace.states.items():
        sizes, letter = np.abs(steps).max(axis=(0, 2)), name.removeprefix("state_")
        values |= {letter: float(sizes.max()), f"{letter}_step": int(sizes.argmax()) + 1}
    return Fact(f"unbounded_{CELLS[run.settings.cell].letters}", None, values)


def weight_facts(run: Run) -> tuple[Fact, ...]:
    """Facts about the weights, from whatever source: what the matrices do to what they multiply,
    what a GRU's two biases do, and whether the units differ at all."""
    return stated(*_matrices(run), _two_biases(run), _equal_units(run))


def _matrices(run: Run) -> tuple[Fact, ...]:
    found = []
    kernel, recurrent = run.weights["kernel"], run.weights["recurrent_kernel"]
    if not kernel.any():
        found.append(_nothing("kernel_zero", run.trace.inputs @ kernel))
    if not recurrent.any():
        kind = "gated" if run.trace.gates else "alone"
        product = run.trace.before("state_h") @ recurrent
        return (*found, _nothing(f"recurrent_zero_{kind}", product))
    # Its eigenvalues are the squares of the singular values.
    squares = recurrent.astype(float) @ recurrent.T
    off = float(np.abs(squares - np.eye(len(squares))).max())
    if is_one := off <= TOLERANCE:
        return (*found, Fact("recurrent_one", is_one, {"off": off}))
    least, most = np.sqrt(np.linalg.eigvalsh(squares).clip(0)[[0, -1]]).tolist()
    return (*found, Fact("recurrent_range", None, {"least": least, "most": most}))


def _two_biases(run: Run) -> Fact | None:
    """How far h moves without the one and without the other of a GRU's two biases, and with their
    sum in place of the first and zeros in place of the second."""
    bias = run.weights.get("bias")
    if bias is None or bias.ndim == 1:
        return None
    if not bias.any():
        return Fact("biases_zero", None)
    first, second = bias
    nothing = np.zeros_like(first)
    others = {"b": (nothing, second), "own": (first, nothing), "sum": (first + second, nothing)}
    moved = {name: _moved(run, np.stack(rows)) for name, rows in others.items()}
    act = min(moved.values()) > EQUAL
    return Fact("biases_act", act, moved) if act else None


def _equal_units(run: Run) -> Fact | None:
    """That all units have the same weights and compute the same; None where they do not."""
    units, hidden = run.settings.units, run.trace.hidden
    for name in ("kernel", "recurrent_kernel"):
        blocks = run.weights[name].reshape(-1, units)  # a row for each block of each row
        if units == 1 or np.ptp(blocks, axis=1).any():
            return None
    largest = float(np.ptp(hidden, axis=-1).max())
    equal = largest <= slack(hidden)
    return Fact("units_equal", equal, {"units": units, "difference": largest}) if equal else None


class ResetBothWays(NamedTuple):
    """A GRU's candidate at one step (from 1) and one unit, with its reset gate applied either
    way."""

    step: int
    unit: int
    numbers: dict[str, float]
    terms: list[list[float]]
    """For each unit that the candidate reads: its h, its weight, its r."""


def reset_both_ways(run: Run) -> ResetBothWays:
    """A GRU's candidate with the reset gate applied after the product of h and recurrent_kernel,
    and before it, and what goes into each. x, h and the gates are the run's own in both.

    Of the first sentence, at the step and the unit at which the two differ most, where h is not 0.
    """
    sheet, reset = worksheet(run, sentence=0), run.trace.gates["reset"][0]
    block, act = sheet.blocks["candidate"], REPLAYED[run.settings.activation]
    _, h = run.trace.dropout.left(sheet.read, sheet.hidden_before, 2, 0)
    recurrent, gated = h @ block.recurrent_kernel, (reset * h) @ block.recurrent_kernel
    after = act(block.inputs + block.bias + reset * (recurrent + block.recurrent_bias))
    before = act(block.inputs + block.bias + gated)
    apart = np.abs(after - before) * h.any(axis=1, keepdims=True)
    step, unit = map(int, np.unravel_index(apart.argmax(), apart.shape))
    values = {"inputs": block.inputs, "reset": reset, "recurrent": recurrent, "gated": gated}
    values |= {"after": after, "before": before}
    numbers = {name: float(steps[step, unit]) for name, steps in values.items()}
    numbers |= {"b": float(block.bias[unit]), "own": float(block.recurrent_bias[unit])}
    terms = np.stack([h[step], block.recurrent_kernel[:, unit], reset[step]], axis=1)
    return ResetBothWays(step + 1, unit, numbers, terms.tolist())


def _moved(run: Run, bias: np.ndarray) -> float:
    """How far h moves at most with another bias."""
    trace = run.trace
    weights = {**run.weights, "bias": bias}
    given = {"initial": trace.initial, "dropout": trace.dropout}
    other = steps_of(run.settings, trace.inputs, weights, **given)
    return apart(other.hidden, trace.hidden)


def _nothing(name: str, product: np.ndarray) -> Fact:
    """Whether a product with a matrix of zeros is 0."""
    largest = float(np.abs(product).max())
    return Fact(name, largest == 0, {"largest": largest})


def length_fact(settings: Settings) -> Fact:
    """Whether a sentence of another length takes as many parameters, as Keras counts them."""
    other = settings.blank(1 if settings.steps > 1 else 2)
    here, there = (results.run(each).parameter_count for each in (settings, other))
    values = {"steps": settings.steps, "count": here, "other_steps": other.steps, "other": there}
    return Fact("length", here == there, values)


def sizes(steps: np.ndarray, before: int) -> dict[str, Any]:
    """How large a difference is at its largest, at which step, and at the last step.

    Args:
        steps: the difference at each step.
        before: how many steps come before the first of them.
    """
    return {
        "largest": float(steps.max()),
        "at": before + int(steps.argmax()) + 1,
        "last": float(steps[-1]),
    }


def fading(what: str, steps: np.ndarray, before: int) -> Fact:
    """From which step on a difference stays below FADED times its largest value, if it does."""
    values = sizes(steps, before) | {"share": FADED}
    if values["largest"] <= EQUAL:
        return Fact(f"{what}_nothing", None, values)
    gone = int(np.flatnonzero(steps >= FADED * values["largest"])[-1]) + 1
    if gone == len(steps):
        return Fact(f"{what}_lasts", None, values)
    left = float(steps[gone:].max())
    return Fact(f"{what}_fades", None, values | {"step": before + gone + 1, "left": left})


def sums(run: Run) -> dict[str, np.ndarray]:
    """The argument of each gate's activation, x W + b + h U, by the gate's name: (sentence, step,
    unit). A SimpleRNN's only sum is named "h". A candidate is no gate and is left out.
    """
    weights, before = run.weights, run.trace.before("state_h")
    read, recurrent = run.trace.dropout.products(run.trace.inputs, before, weights)
    total = read + recurrent + bias_rows(weights).sum(axis=0)
    found, added = _gate_blocks(run, total), CELLS[run.settings.cell].added
    more = added(run.trace, weights) if added else {}
    return found | {name: found[name] + share for name, share in more.items()}


def _gate_blocks(run: Run, total: np.ndarray) -> dict[str, np.ndarray]:
    """Split an array of all blocks side by side into one for each gate, without the candidate."""
    names = BLOCKS[run.settings.cell]
    blocks = np.split(total, len(names), axis=-1)
    return {name: block for name, block in zip(names, blocks, strict=True) if name != "candidate"}


def activation_curves(limit: float = 6.0, points: int = 241) -> tuple[np.ndarray, dict]:
    """x from -limit to limit and each recurrent activation's values there."""
    x = np.linspace(-limit, limit, points)
    return x, {name: function(x) for name, function in RECURRENT_ACTIVATIONS.items()}
