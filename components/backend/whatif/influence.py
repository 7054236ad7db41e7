"""Which step mattered? How far the last states move when the input of a step moves a little, and
what changes when one token is replaced by another."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any, Self

import numpy as np
from pydantic import Field, model_validator

from components.backend.cells import CELLS
from components.backend.learning.trained import trained_alike
from components.backend.question.layout import features, weight_layout
from components.backend.question.linked import Flag, Int, Linked, beyond, choices, refusal
from components.backend.question.sentences import MAX_STEPS, PADDING
from components.backend.question.settings import AtInference, Layer, Settings
from components.backend.question.weights import Sized, Weights, frozen
from components.backend.running import answers, engine
from components.backend.running.chain_rule import Gradients, gradients, multiply_adds
from components.backend.running.facts import Fact, fading, stated
from components.backend.running.model import plain
from components.backend.running.model_run import run_model
from components.backend.running.replay import steps_of
from components.backend.running.results import Run, run, run_key, run_of
from components.backend.scripts.code import rendered
from components.backend.scripts.model_code import called_alone
from components.backend.weight_files.edits import FORGET_BIAS, Edits
from components.texts import text

FALLEN = 0.01
"""A gradient counts as fallen below this share of its size at the last step."""

LEVEL = 10
"""A gradient counts as level if its largest value is at most so many times its smallest."""

GROWN = 2
"""A gradient counts as grown if it is so many times as large at the first step as at the last."""

OPEN_BIAS = FORGET_BIAS[1]
"""A forget bias with which forget gates are near 1."""

MOST_WORK = 4e9 * len(CELLS)
"""The most multiply-adds of a question on the page: what 64 units of every cell take, with 8
sentences of 100 steps."""

_NUDGE = 1e-4  # how far a number of the input is moved, if no weight of the kernel is above 1
_NUDGED = 1e-3  # how far the measured slope may be off, relative to the gradient
_ROUNDING = 1e-6  # how far it may be off in any case, as Keras computes in single precision
_TOP = 999


class Choice(Linked):
    """Which step reads another token, and which token. Where numbers are read, all features of the
    step become that number."""

    texts = "influence_view"

    changed_step: Annotated[Int, Field(ge=1, le=MAX_STEPS)] = 1  # in the order of reading
    token: Annotated[Int, Field(ge=0, le=_TOP)] = 0
    mask_zero: Flag = False  # mask the steps whose id, or every number, is 0


class Question(Choice):
    """How far the last states of a layer depend on each step of its sentences."""

    settings: AtInference = Settings()

    @model_validator(mode="after")
    def _fits(self) -> Self:
        limits = {"changed_step": (1, self.settings.steps), "token": (0, highest(self.settings))}
        for name, (low, high) in limits.items():
            if problem := beyond(name, getattr(self, name), low, high):
                raise refusal(problem)
        return self

    @property
    def place(self) -> int:
        """The changed step's index in the sentence, from 0."""
        at, steps = self.changed_step, self.settings.steps
        return steps - at if self.settings.go_backwards else at - 1

    @property
    def changed(self) -> Settings:
        """The settings with the other token at that step, in every sentence."""
        at, rows, read = self.place, self.settings.rows, self.token
        if not self.settings.reads_ids:
            read = (float(self.token),) * features(self.settings)
        return self.settings.reading(tuple((*r[:at], read, *r[at + 1 :]) for r in rows))


def highest(settings: Settings) -> int:
    """The largest token that a step can read with these settings: an id, or a number."""
    return settings.vocabulary_size - 1 if settings.reads_ids else _TOP


@dataclass(frozen=True, eq=False)
class Answer(Sized):
    """The layer's run, its run with another token, and how far its last states depend on each step.
    All arrays are read-only."""

    question: Question
    run: Run
    changed: Run  # with the other token
    own: Gradients  # the layer's
    others: tuple[Gradients, ...]
    """The gradients that the chart compares with: those of the other cells, with weights of a
    training alike if the layer's are from a recorded training, else with the seed's weights. If the
    layer's weights are from neither, also those of its own cell with the seed's."""
    opened: Gradients | None = None
    """Those of an LSTM with the seed's weights but a forget bias of OPEN_BIAS, so that its forget
    gates are near 1; None where the layer's weights are not the seed's, or it has no bias."""

    @property
    def gradients(self) -> np.ndarray:
        """`Gradients.of` the layer's state_h: (sentence, step, unit)."""
        return self.own.of["state_h"]

    @property
    def cell_gradients(self) -> np.ndarray | None:
        """`Gradients.of` the layer's state_c, (sentence, step, unit); None but for an LSTM."""
        return self.own.of.get("state_c")

    @property
    def all(self) -> tuple[Gradients, ...]:
        """All gradients, in the order of the cells; of two of one cell, the layer's own is
        first, and the opened one last."""
        order, found = choices(Layer, "cell"), (self.own, *self.others)
        opened = () if self.opened is None else (self.opened,)
        return tuple(sorted((*found, *opened), key=lambda g: order.index(g.layer.cell)))

    @property
    def lines(self) -> tuple[tuple[Gradients, str], ...]:
        """The lines of the chart: for every cell its gradients and "state_h"; after the layer's own
        h also its "state_c", if it has one."""
        found = [(each, "state_h") for each in self.all]
        if self.cell_gradients is not None:
            found.insert(found.index((self.own, "state_h")) + 1, (self.own, "state_c"))
        return tuple(found)

    def name_of(self, found: Gradients, state: str = "state_h") -> str:
        """The name of a line in the chart: its cell, the origin of its weights unless all have the
        seed's, and for a line of c that it is one."""
        kind = "opened" if found is self.opened else found.origin.kind
        if kind == "seed" and self.own.origin.kind != "seed":
            kind = "untrained"
        name = text(f"influence.lines.{kind}", cell=found.layer.cell)
        return name if state == "state_h" else text("influence.of_c", line=name)

    @cached_property
    def apart(self) -> dict[str, np.ndarray]:
        """By name of a state or a gate: its values with the other token minus those without,
        (sentence, step, unit). Gates are 0 at a step that is masked in either run."""
        one, other = self.run.trace, self.changed.trace
        read = (one.counts & other.counts)[..., np.newaxis]
        found = {name: other.states[name] - steps for name, steps in one.states.items()}
        found |= {n: np.where(read, other.gates[n] - gate, 0) for n, gate in one.gates.items()}
        return {name: frozen(apart) for name, apart in found.items()}

    def counted(self, sentence: int) -> np.ndarray:
        """The unmasked steps (from 0) of a sentence, in the order of reading."""
        return np.flatnonzero(self.run.trace.counts[sentence])

    @property
    def nbytes(self) -> int:
        """Bytes of all its arrays, and at most of `apart`."""
        return super().nbytes + self.run.trace.nbytes


def answer(question: Question, weights: Mapping[str, Any] | None = None) -> Answer:
    """Find how far the last states depend on each step; weights, and what it raises, are as for
    `run`."""
    # Several calls of Keras, which let other threads in between them.
    layouts = weight_layout(question.settings)
    return answers.answer(question, weights, layouts, _answer, answers.cached)


def _answer(question: Question, weights: Weights | None) -> Answer:
    settings = question.settings
    engine.afford(work(settings))
    as_is = _run(question, settings, weights)
    own = gradients(settings, weights, mask_zero=question.mask_zero)
    return Answer(
        question=question,
        run=as_is,
        changed=_run(question, question.changed, weights),
        own=own,
        others=tuple(
            gradients(kind, beside, mask_zero=question.mask_zero)
            for kind, beside in _compared(settings, weights)
        ),
        opened=_opened_gates(question) if weights is None and settings.use_bias else None,
    )


def _opened_gates(question: Question) -> Gradients:
    """The gradients of an LSTM of the seed whose forget gates are near 1."""
    kind = question.settings.but(cell="LSTM")
    weights = Edits(forget_bias=OPEN_BIAS).of(None, kind)
    return gradients(kind, weights, mask_zero=question.mask_zero)


def _compared(
    settings: Settings, weights: Weights | None
) -> Iterator[tuple[Settings, Weights | None]]:
    """The layers that the layer is compared with, and their weights; None for the seed's."""
    trained = {} if weights is None else trained_alike(weights)
    for cell in choices(Layer, "cell"):
        kind = settings.but(cell=cell)
        if cell != settings.cell or (weights is not None and not trained):
            beside = trained.get(cell)
            yield kind, beside if beside and beside.fit(kind) else None


def work(settings: Settings) -> int:
    """About how many multiply-adds the gradients of all cells take."""
    return sum(multiply_adds(settings.but(cell=cell)) for cell in choices(Layer, "cell"))


def _run(question: Question, settings: Settings, weights: Weights | None) -> Run:
    """A run, with zeros masked if the question says so."""
    if not question.mask_zero:
        return run(settings, weights)

    def compute() -> Run:
        return run_of(settings, run_model(plain(settings, mask_zero=True), weights))

    return answers.cached_alone(("masked", run_key(settings, weights)), compute)


def script(question: Question, weights: Mapping[str, np.ndarray] | None = None) -> str:
    """A Python script that needs only Keras and prints how far the last states move with each step,
    and what the other token changes; weights as `answer` takes them."""
    settings = question.settings.but(return_sequences=True, return_state=True)
    model = plain(settings, mask_zero=question.mask_zero)
    return rendered(
        "influence",
        settings,
        weights,
        q=question,
        states=list(CELLS[settings.cell].states),
        layer=called_alone(model, "layer", weighted=bool(weights)),
    )


# Facts


def facts(given: Answer, *, sentence: int = 0) -> tuple[Fact, ...]:
    """All that can be said about one sentence."""
    return *how_far(given, sentence=sentence), *reasons(given, sentence=sentence)


def how_far(given: Answer, *, sentence: int = 0) -> tuple[Fact, ...]:
    """How far back the last h depends on the input of one sentence.

    - "most": the step that the last h of this layer depends on most.
    - For each line of the chart: "fallen", "fallen_level", "fallen_first", "lasts", "grows",
      "dips", "nothing" or "beyond".
    - "nudged": whether a small move of the input moves h as the gradient says.
    """
    counted = given.counted(sentence)
    found = list[Fact | None]()
    if len(counted) > 1:
        found.append(_most(given, counted, sentence))
        found += [_fallen(given, *line, counted, sentence) for line in given.lines]
    return stated(*found, _nudged(given, sentence))


def reasons(given: Answer, *, sentence: int = 0) -> tuple[Fact, ...]:
    """Why the lines of the chart fall or do not.

    - "opened": what a large forget bias changes, if an LSTM with it is among the lines.
    - "faster": how the gate stands that keeps the state of a cell whose gradient falls faster than
      that of a cell without gates.
    - For one cell with a gate that keeps its state and one without, the factor of the state at each
      step: "kept_LSTM" and the like.
    """
    counted = given.counted(sentence)
    if len(counted) < 2:
        return ()
    return stated(
        _opened(given, counted, sentence),
        *(_faster(given, each, counted, sentence) for each in given.all),
        *(_kept(given, each, counted, sentence) for each in _with_and_without(given)),
    )


def _with_and_without(given: Answer) -> tuple[Gradients, Gradients]:
    """The gradients of a cell with a gate that keeps its state, and of one without. One of the two
    is the layer's own."""
    plain = CELLS[given.own.layer.cell].keep_gate is None
    other = next(g for g in given.others if (CELLS[g.layer.cell].keep_gate is None) != plain)
    return (other, given.own) if plain else (given.own, other)


def change_facts(given: Answer, *, sentence: int = 0) -> tuple[Fact, ...]:
    """What the other token changes in one sentence.

    - "same_token": it is the token that is there already. No other fact then.
    - "before": nothing changes before its step.
    - "skipped": with it, the step is masked.
    - "change_fades", "change_lasts" or "change_nothing": what becomes of the change in all states.
    """
    question, trace, at = given.question, given.run.trace, given.question.changed_step
    apart = [np.abs(given.apart[name][sentence]) for name in trace.states]
    moved = np.concatenate(apart, axis=-1).max(axis=-1)
    before, after = moved[: at - 1], moved[at - 1 :]
    values = {"step": at, "now": trace.read[sentence, at - 1].item()}
    runs = given.run, given.changed
    was, now = (each.settings.rows[sentence][question.place] for each in runs)
    if was == now:
        return (Fact("same_token", bool(moved.max() == 0), values),)
    largest = float(before.max(initial=0))
    return stated(
        Fact("before", largest == 0, values | {"largest": largest}) if before.size else None,
        _skipped(given, sentence),
        fading("change", after, at - 1),
    )


def _skipped(given: Answer, sentence: int) -> Fact | None:
    """That no state moves at the changed step, if that step is masked with the other token."""
    question, trace = given.question, given.changed.trace
    if not question.mask_zero or question.token != PADDING:
        return None
    place = sentence, question.changed_step - 1
    moves = (np.abs(steps - trace.before(name))[place] for name, steps in trace.states.items())
    largest = float(max(move.max() for move in moves))
    return Fact("skipped", largest == 0, {"step": question.changed_step, "largest": largest})


def _most(given: Answer, counted: np.ndarray, sentence: int) -> Fact | None:
    """The step with the largest gradient; None if it is not known, or all are 0."""
    sizes = given.own.sizes("state_h")[sentence][counted]
    most = float(sizes.max())
    if not 0 < most < np.inf:
        return None
    step = int(counted[sizes.argmax()])
    read = given.run.trace.read[sentence, step].item()
    values = {"line": given.name_of(given.own), "step": step + 1, "read": read, "most": most}
    return Fact("most", None, values)


def _fallen(
    given: Answer, found: Gradients, state: str, counted: np.ndarray, sentence: int
) -> Fact:
    """From how many steps back on the gradient of a state stays below FALLEN times its size at the
    last unmasked step; or that it grows."""
    sizes = found.sizes(state)[sentence][counted]
    back = int(counted[-1] - counted[0])
    values = {"line": given.name_of(found, state), "share": FALLEN, "back": back}
    if not np.isfinite(sizes).all():
        return Fact("beyond", None, values)
    values |= {"last": float(sizes[-1]), "first": float(sizes[0]), "least": float(sizes.min())}
    if not sizes[-1]:
        return Fact("nothing", None, values)
    above = np.flatnonzero(sizes >= FALLEN * sizes[-1])
    fallen = sizes[: above[0]]
    if fallen.size:
        values["back"] = int(counted[-1] - counted[above[0] - 1])
        how = "_level" if fallen.min() > fallen.max() / LEVEL else ""
        return Fact("fallen_first" if fallen.size == 1 else f"fallen{how}", None, values)
    if len(above) < len(sizes):
        return Fact("dips", None, values)
    times = float(sizes[0] / sizes[-1])
    if times >= GROWN:
        return Fact("grows", None, values | {"times": times})
    return Fact("lasts", None, values)


def _kept(given: Answer, found: Gradients, counted: np.ndarray, sentence: int) -> Fact | None:
    """The factor of a cell's state at each step (`Gradients.kept`), in the unit that keeps most of
    the state and in the one that keeps least.

    With a gate that keeps, the geometric mean over the steps; without, the mean of the activation's
    slope, and what is left through all units together (`Gradients.left`).
    """
    through = found.kept[sentence][counted[1:]].astype(float)
    left = through.prod(axis=0)
    values: dict[str, Any] = {"line": given.name_of(found), "steps": len(through)}
    if found.left is None:
        a_step = left ** (1 / len(through))
    elif not np.isfinite(found.left[sentence]):
        return None
    else:
        a_step = through.mean(axis=0)
        values["left"] = float(found.left[sentence])
    for name, unit in (("most", int(a_step.argmax())), ("least", int(a_step.argmin()))):
        values[name] = unit
        values |= {f"{name}_mean": float(a_step[unit]), f"{name}_left": float(left[unit])}
    one = "one_" if values["most"] == values["least"] else ""
    other = found.left is not None and found.layer.activation != "tanh"
    own = f"_{found.layer.activation}" if other else ""
    return Fact(f"kept_{one}{found.layer.cell}{own}", None, values)


def _opened(given: Answer, counted: np.ndarray, sentence: int) -> Fact | None:
    """How far a forget bias of OPEN_BIAS opens an LSTM's forget gates, and what is left of its
    gradient many steps back, each beside the same without that bias. None if it falls no less."""
    if given.opened is None:
        return None
    without = next(g for g in given.all if g.layer.cell == "LSTM")
    values: dict[str, Any] = {"bias": OPEN_BIAS, "line": given.name_of(without)}
    for name, each in (("with", given.opened), ("without", without)):
        share = _share(each, counted, sentence)
        if share is None:
            return None
        mean = float(each.kept[sentence][counted[1:]].mean(dtype=float))
        values |= {f"{name}_gate": mean, f"{name}_share": share}
    falls_less = values["with_share"] > values["without_share"]
    return Fact("opened", None, values) if falls_less else None


def _faster(given: Answer, found: Gradients, counted: np.ndarray, sentence: int) -> Fact | None:
    """That the gradient of a seed's cell with a gate that keeps its state falls faster than that of
    the seed's cell without one, and what this gate leaves of the state."""
    gate = (cell := CELLS[found.layer.cell]).keep_gate
    plain = next((g for g in given.all if CELLS[g.layer.cell].keep_gate is None), None)
    if gate is None or plain is None or {found.origin.kind, plain.origin.kind} != {"seed"}:
        return None
    share, beside = (_share(each, counted, sentence) for each in (found, plain))
    if share is None or beside is None or share >= beside:
        return None
    through = found.kept[sentence][counted[1:]].astype(float)
    values = {"line": given.name_of(found), "plain": given.name_of(plain), "share": share}
    left = float(through.prod(axis=0).max())
    values |= {"beside": beside, "mean": float(through.mean()), "left": left}
    values |= {"gate": gate.gate, "state": cell.letters[-1]}
    return Fact("faster", None, values)


def _share(found: Gradients, counted: np.ndarray, sentence: int) -> float | None:
    """The gradient of the last h at the first unmasked step, in parts of that at the last; None
    where it is not known."""
    sizes = found.sizes()[sentence][counted]
    return float(sizes[0] / sizes[-1]) if np.isfinite(sizes).all() and sizes[-1] else None


def _nudged(given: Answer, sentence: int) -> Fact | None:
    """Whether the last h really moves as the gradient says when the input is moved a little.

    Measured in a replay in double precision, for the step and the unit with the largest gradient.
    None if a smaller move gives another slope, as the gradient is about even smaller moves; or if
    single precision cannot tell the slope from 0.
    """
    sizes = given.gradients[sentence]
    if not np.isfinite(sizes).all():
        return None
    step, unit = map(int, np.unravel_index(sizes.argmax(), sizes.shape))
    largest = max(1.0, float(np.abs(given.run.weights["kernel"]).max()))
    one, other = (
        float(np.linalg.norm(_slopes_of_h(given, sentence, step, by / largest)[:, unit]))
        for by in (_NUDGE, _NUDGE / 8)
    )
    gradient = float(sizes[step, unit])
    allowed = max(_NUDGED * gradient, _ROUNDING)
    if abs(one - other) > allowed / 2 or max(other, gradient) < _ROUNDING:
        return None
    values = {"step": step + 1, "unit": unit, "measured": other, "said": gradient}
    return Fact("nudged", abs(other - gradient) <= allowed, values)


def _slopes_of_h(given: Answer, sentence: int, step: int, by: float) -> np.ndarray:
    """(feature, unit): the slope of each unit's last h by each feature of one step's input,
    measured by moving that feature by `by` up and down."""
    trace = given.run.trace
    width = trace.inputs.shape[-1]
    inputs = np.repeat(trace.inputs[[sentence]].astype(float), 2 * width, axis=0)
    inputs[:, step] += by * np.concatenate([np.eye(width), -np.eye(width)])
    mask = np.repeat(trace.counts[[sentence]], 2 * width, axis=0)
    last = steps_of(given.run.settings, inputs, given.run.weights.exact, mask=mask).hidden[:, -1]
    return (last[:width] - last[width:]) / (2 * by)
