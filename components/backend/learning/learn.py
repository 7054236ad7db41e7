"""What does a cell do once it has learned a task? Keras trains it, and the page shows each
checkpoint."""

from __future__ import annotations

import itertools
import weakref
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal, NamedTuple, TypeVar

import numpy as np
from pydantic import Field, model_validator

from components.backend.cells import CELLS
from components.backend.learning import keras_training, trainer
from components.backend.learning.mechanisms import Mechanism, TrainedCell, ablations, mechanism
from components.backend.learning.tasks import TASKS, UNASKED, Task
from components.backend.learning.trainings import Trainings, trained_up_to
from components.backend.question.layout import weight_layout
from components.backend.question.linked import FieldRule, Flag, Int, Linked
from components.backend.question.sentences import Tokens
from components.backend.question.settings import Settings, takes
from components.backend.question.weights import Origin, Sized, Weights
from components.backend.running import answers, engine, keras_layers
from components.backend.running.facts import Fact, stated
from components.backend.running.replay import Trace, replay
from components.backend.scripts.code import constructor, in_name, recurrent, rendered

BATCH = 32
"""Sequences in the batch of one step of the optimiser."""

HELD_OUT = 256
"""Sequences on which loss and accuracy are measured. They are drawn from another seed than those
trained on; but of short ones there are so few that many are in both."""

LEARNED = 0.95
"""The accuracy at which a task counts as learned, if CHECKS checkpoints in a row reach it."""

CHECKS = 3

CHECKPOINTS = 39
"""The most checkpoints of a training of up to 760 steps, including the untrained cell; a longer one
has one more. They are evenly spaced in the square root of the step, as most happens at the
beginning."""

MOST_UNITS = 64
"""The most that a page can train while somebody waits."""

LONG = 100
"""Timesteps of the sequences on which the trained cell is tried, more than any training has."""

FALLS = 0.1
"""A cell needs a part of it if its accuracy falls by this much without that part."""

_REMEMBERED, _APART = 0.9, 0.1  # accuracy of what is remembered; difference between near and far
_GONE = 0.1  # if the difference of h shrinks below this share, the first symbol is overwritten
_SHARES = 3  # groups of the sequences, by how long ago the step was that they have to remember
_LOOKED_AT = 64  # held-out sequences in which a mechanism is looked for
_TRAINING, _TESTING = 0, 1  # in a batch's seed: what the batch is for

Said = TypeVar("Said")


class Choice(Linked):
    """A task, the cell that is to learn it, and how it is trained."""

    texts = "learn_view"

    task: Literal[tuple(TASKS)] = "quotes"
    cell: Literal[tuple(CELLS)] = "LSTM"
    units: Annotated[Int, Field(ge=1, le=MOST_UNITS)] = 4
    length: Annotated[Int, Field(ge=5, le=50)] = 20
    rate: Literal[0.003, 0.01, 0.03] = 0.03
    unit_forget_bias: Annotated[
        Flag,
        FieldRule(applies=takes("unit_forget_bias")),
    ] = True
    seed: Annotated[Int, Field(ge=0, le=2**31 - 1)] = 0
    steps: Annotated[Int, Field(ge=1, le=1000)] = 300

    @model_validator(mode="before")
    @classmethod
    def _own_length(cls, values: dict[str, Any]) -> dict[str, Any]:
        """Take the task's own length if none is given. Drop unit_forget_bias where the cell has no
        forget gate: questions that differ only in an argument without effect are then equal."""
        cell = CELLS.get(str(values.get("cell")))
        if cell and "unit_forget_bias" not in cell.arguments:
            values = {name: one for name, one in values.items() if name != "unit_forget_bias"}
        task = TASKS.get(str(values.get("task", "")))
        return {"length": task.length} | values if task else values

    def ordinary(self, name: str) -> Any:
        """The task's own length."""
        return TASKS[self.task].length if name == "length" else super().ordinary(name)


class Question(Choice):
    """A cell that is trained on a task.

    The cell reads the ids through an Embedding that is the identity and does not learn, so each id
    has a row of the kernel. A Dense readout gives a class after every step.
    """

    @property
    def kind(self) -> Task:
        """The task itself."""
        return TASKS[self.task]

    def settings(self, tokens: Tokens | None = None) -> Settings:
        """The cell's settings to read these ids, or its first held-out sequence if None."""
        size = self.kind.ids
        return Settings(
            cell=self.cell,
            units=self.units,
            unit_forget_bias=self.unit_forget_bias,
            vocabulary_size=size,
            embedding_dim=size,
            seed=self.seed,
            tokens=self.sample(1) if tokens is None else tokens,
        )

    def sample(self, count: int, length: int | None = None) -> Tokens:
        """The first held-out sequences. If the task is to remember one step, the first of them is
        one whose step to remember is its second."""
        ids, _ = self.tested_on(length)
        if self.kind.event is not None:
            far = int(self.kind.event(ids)[:, 1].argmax())
            ids[[0, far]] = ids[[far, 0]]
        return tuple(map(tuple, ids[:count].tolist()))

    def tested_on(self, length: int | None = None) -> tuple[np.ndarray, np.ndarray]:
        """The held-out sequences and their right classes, each (sequence, step)."""
        return self.kind.batch((self.seed, _TESTING), HELD_OUT, length or self.length)

    def file_name(self, suffix: str, *, what: str = "", cell: str = "") -> str:
        """A name for a file that belongs to it, such as rnn_lens_learn_quotes_lstm_4_seed-1.py.

        Args:
            suffix: "py", "ipynb", "png".
            what: names the file's content where several files of one suffix are offered.
            cell: the cell's name in the file's name; the question's if "".
        """
        words = ["rnn_lens_learn", self.task, cell or self.cell.lower(), str(self.units)]
        rest = {k: v for k, v in self.to_query().items() if k not in ("task", "cell", "units")}
        return f"{'_'.join(filter(None, (*words, in_name(rest), what)))}.{suffix}"

    @property
    def checkpoints(self) -> list[int]:
        """The steps of the optimiser after which the weights are kept; 0 is before the first."""
        roots = np.linspace(0, np.sqrt(self.steps), CHECKPOINTS + 1)
        return sorted({round(root**2) for root in roots})


class Checkpoint(NamedTuple):
    """The weights after a step of the optimiser, and how good they are."""

    step: int
    loss: float  # on the held-out sequences, over all steps at which the cell is asked
    accuracy: float  # over the same steps of the same sequences
    weights: Weights  # the cell's, as `run` takes them
    readout: Weights  # the Dense layer's: "kernel" (unit, class) and "bias"

    def trace(self, settings: Settings, ids: np.ndarray | None = None) -> Trace:
        """All that the cell computes with these weights, replayed.

        Args:
            ids: (sentence, step), read in place of the settings' ids; may be more than settings can
                hold.
        """
        ids = np.array(settings.tokens) if ids is None else ids
        return replay(settings, ids, self.weights["embeddings"][ids], self.weights)

    def probabilities(self, trace: Trace) -> np.ndarray:
        """The readout's probability of each class after every step, (sentence, step, class)."""
        logits = trace.hidden @ self.readout["kernel"] + self.readout["bias"]
        powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
        return powers / powers.sum(axis=-1, keepdims=True)


@dataclass(frozen=True, eq=False)
class Answer(Sized):
    """The checkpoints of a training, in their order. All arrays are read-only."""

    question: Question
    checkpoints: tuple[Checkpoint, ...]

    @property
    def learned(self) -> int | None:
        """The step from which on the task counts as learned; None if it does not."""
        good = [checkpoint.accuracy >= LEARNED for checkpoint in self.checkpoints]
        runs = (n for n in range(len(good) - CHECKS + 1) if all(good[n : n + CHECKS]))
        first = next(runs, None)
        return None if first is None else self.checkpoints[first].step


def prepare() -> None:
    """Start the training process, so that the first training begins at once."""
    trainer.warm_up()


def train(question: Question) -> Iterator[Checkpoint]:
    """Train with Keras in this process, checkpoint by checkpoint.

    Raises:
        EngineError: Keras cannot be imported, or raises.
    """
    with engine.use_keras() as (keras, tensorflow):
        graph = _graph(keras, tensorflow, question)
        tested_on = tuple(map(tensorflow.constant, question.tested_on()))
        names = [layout.name for layout in weight_layout(question.settings())]
        steps = trained_up_to(
            question.checkpoints,
            lambda first, count: graph.train(*_batches(question, first, count)),
        )
        for step in steps:
            loss, accuracy, *values = (found.numpy() for found in graph.test(*tested_on))
            *cell, kernel, bias = values
            origin = origin_of(question, step)
            weights = Weights(origin, dict(zip(names, cell, strict=True)))
            readout = Weights(origin, {"kernel": kernel, "bias": bias})
            yield Checkpoint(step, float(loss), float(accuracy), weights, readout)


TRAININGS = Trainings(Question, 'learn.Question(task="quotes", cell="GRU")', train, Answer)
"""All trainings that have been asked for."""

answer, submit, poll = TRAININGS.answer, TRAININGS.submit, TRAININGS.poll
cancel, watch = TRAININGS.cancel, TRAININGS.watch


def origin_of(question: Question, step: int) -> Origin:
    """The origin of a checkpoint's weights."""
    return Origin("trained", f"{question.task} {step}")


def _graph(keras: Any, tensorflow: Any, question: Question) -> keras_training.Graph:
    """The graph by which it is trained, in its state before the first step."""
    settings = question.settings().but(return_state=False)
    return keras_training.begun(keras, tensorflow, settings, question.kind.answers, question.rate)


def _batches(question: Question, first: int, count: int) -> tuple[np.ndarray, np.ndarray]:
    """The batches of `count` steps of the optimiser: ids and right classes, each (batch, sequence,
    step)."""
    seeds = ((question.seed, _TRAINING, first + n) for n in range(count))
    pairs = (question.kind.batch(seed, BATCH, question.length) for seed in seeds)
    ids, right = zip(*pairs, strict=True)
    return np.stack(ids), np.stack(right)


def line(*questions: Question) -> str:
    """The cells that are trained, and how fast, in one line of code."""
    cells = [constructor(question.settings().but(return_state=False)) for question in questions]
    return f"{', '.join(cells)}, learning_rate={questions[0].rate}"


def script(question: Question) -> str:
    """A Python script that needs only Keras, trains the same cell in the same way, and prints its
    accuracy."""
    settings = question.settings().but(return_state=False)
    return rendered(
        "learn",
        settings,
        None,
        q=question,
        call=constructor(settings),
        layer=recurrent(settings, settings.seed),
        task=question.kind,
        readout_seed=keras_layers.weight_seed(question.seed, "kernel", 1),
        clip=keras_training.CLIP,
        training=_TRAINING,
        testing=_TESTING,
        batch_size=BATCH,
        held_out=HELD_OUT,
    )


# Facts about an answer


def _once_for_all(of: Callable[[Answer], Said]) -> Callable[[Answer], Said]:
    """Cache a function of an answer for as long as the answer is in memory. If several threads call
    it at once, one computes the result and the others wait."""
    return answers.cached_calls(64, key=weakref.ref)(of)


@_once_for_all
def mechanism_of(answer: Answer) -> Mechanism | None:
    """The mechanism that `mechanism_in` finds in all checkpoints of a training."""
    return mechanism_in(answer.question, answer.checkpoints)


def mechanism_in(question: Question, checkpoints: Sequence[Checkpoint]) -> Mechanism | None:
    """The task's mechanism as these checkpoints show it; None if the cell has no gate for it."""
    settings, ids = question.settings(), np.array(question.sample(_LOOKED_AT))
    traces = [checkpoint.trace(settings, ids) for checkpoint in checkpoints]
    return mechanism(question.task, question.cell, ids, traces)


class Horizon(NamedTuple):
    """How well a cell remembers, at each checkpoint, by how long ago the event was: the held-out
    sequences are grouped by the number of steps since their event."""

    upto: tuple[int, ...]  # of each group, the most steps since the event
    accuracy: np.ndarray  # (group, checkpoint)


@_once_for_all
def horizon_of(answer: Answer) -> Horizon | None:
    """The accuracy by the number of steps since the event, in thirds of the length; None if the
    task has no event."""
    question = answer.question
    if question.kind.event is None:
        return None
    ids, right = question.tested_on()
    ago = question.length - 1 - question.kind.event(ids).argmax(axis=1)
    bounds = np.linspace(0, question.length, _SHARES + 1).round().astype(int)
    hits = np.array([_classes(c, question, ids)[:, -1] == right[:, -1] for c in answer.checkpoints])
    shares = [
        hits[:, (ago >= low) & (ago < high)].mean(axis=1)
        for low, high in itertools.pairwise(bounds)
    ]
    return Horizon(tuple((bounds[1:] - 1).tolist()), np.array(shares))


def _classes(checkpoint: Checkpoint, question: Question, ids: np.ndarray) -> np.ndarray:
    """The cell's class after each step of these sequences, replayed."""
    return checkpoint.probabilities(checkpoint.trace(question.settings(), ids)).argmax(axis=-1)


def accuracy_of(checkpoint: Checkpoint, question: Question, length: int | None = None) -> float:
    """The share of right answers on held-out sequences, replayed."""
    ids, right = question.tested_on(length)
    classes, asked = _classes(checkpoint, question, ids), right != UNASKED
    return float((classes == right)[asked].mean())


class Facts(NamedTuple):
    """All that can be said about a finished training, measured on its checkpoints."""

    means: tuple[Fact, ...]  # how the cell does its task; empty if it has no gate for it
    outcome: Fact  # whether the cell has learned the task
    first: tuple[Fact, ...]  # whether h still depends on the first symbol at the end
    longer: Fact  # its accuracy on sequences of LONG steps
    more: tuple[Fact, ...]

    @property
    def all(self) -> tuple[Fact, ...]:
        """All facts in one tuple."""
        return (*self.means, self.outcome, *self.first, self.longer, *self.more)


@_once_for_all
def facts(answer: Answer) -> Facts:
    """All that can be said about a finished training."""
    more = stated(_horizon(answer), _replay(answer))
    return Facts(_means(answer), _outcome(answer), _first(answer), _longer(answer), more)


def _outcome(answer: Answer) -> Fact:
    last = answer.checkpoints[-1]
    values = {"cell": answer.question.cell, "step": last.step, "accuracy": last.accuracy}
    values |= {"first": answer.checkpoints[0].accuracy}
    if answer.learned is None:
        return Fact("not_learned", None, values)
    kept = last.accuracy >= LEARNED
    return Fact("learned" if kept else "lost", kept or None, values | {"learned": answer.learned})


def _means(answer: Answer) -> tuple[Fact, ...]:
    """How the checkpoints show the mechanism, and how good the cell is without parts of it."""
    found, last = mechanism_of(answer), answer.checkpoints[-1]
    if found is None:
        return ()
    if last.accuracy < LEARNED:
        return (Fact("unlearned", None, {"accuracy": last.accuracy}),)
    return (_seen(answer.question, found), *_needs(answer.question, last, found.unit))


def _seen(question: Question, found: Mechanism) -> Fact:
    """How a gate or a state of one unit moves. Whether the cell needs it, `_needs` decides."""
    plain = found.is_plain
    if not plain:
        return Fact("no_mechanism", None)
    values = {"gate": found.what, "unit": found.unit, "state": _gated_state(question)}
    for name, line in found.lines.items():
        values |= {f"{name}_before": float(line[0]), f"{name}_after": float(line[-1])}
    return Fact(f"{found.kind}_{question.task}", plain, values)


def _needs(question: Question, last: Checkpoint, unit: int) -> Iterator[Fact]:
    """For each ablation, how far the cell's accuracy falls."""
    settings, (ids, _) = question.settings(), question.tested_on()
    cell = TrainedCell(settings, last.weights, last.readout, last.trace(settings, ids), unit)
    accuracy = accuracy_of(last, question)
    for ablated in ablations(question.task, cell):
        left = last._replace(weights=ablated.weights, readout=ablated.readout)
        without = accuracy_of(left, question)
        falls = accuracy - without >= FALLS
        values = {
            "gate": ablated.gate,
            "at": ablated.at,
            "state": _gated_state(question),
            "unit": unit,
        }
        values |= {"accuracy": accuracy, "without": without}
        yield Fact(f"{ablated.name}_{'falls' if falls else 'stays'}", falls or None, values)


def _gated_state(question: Question) -> str:
    """The state that the cell's gates keep or change: c if there is one, else h."""
    return CELLS[question.cell].letters[-1]


def _horizon(answer: Answer) -> Fact | None:
    found = horizon_of(answer)
    if found is None:
        return None
    near, far = found.accuracy[0], found.accuracy[-1]
    then = int((near > _REMEMBERED).argmax()) if (near > _REMEMBERED).any() else -1
    earlier = bool(near[then] >= far[then] + _APART)
    if not earlier:
        return None
    values = {"near": found.upto[0], "far": found.upto[-2] + 1}
    values |= {"step": answer.checkpoints[then].step}
    values |= {"near_then": float(near[then]), "far_then": float(far[then])}
    return Fact("horizon", earlier, values | {"far_after": float(far[-1])})


def _first(answer: Answer) -> tuple[Fact, ...]:
    """How far apart h is in pairs of held-out sequences that differ in their first symbol alone,
    after that symbol and at the end. Pairs whose right answers agree at the end are left out: there
    the cell may forget the symbol."""
    question, last = answer.question, answer.checkpoints[-1]
    if question.kind.event is not None:  # another first symbol would add or take away the event
        return ()
    ids, right = question.tested_on()
    others = ids.copy()
    others[:, 0] = (ids[:, 0] + 1) % question.kind.ids
    end, other_end = right[:, -1], question.kind.asked(others)[:, -1]
    decides = (end != other_end) & (end != UNASKED) & (other_end != UNASKED)
    if not decides.any():
        return ()
    settings = question.settings()
    one, other = (last.trace(settings, each[decides]) for each in (ids, others))
    by_step = np.median(np.abs(one.hidden - other.hidden).max(axis=-1), axis=0)
    said, other_said = (last.probabilities(trace)[:, -1].argmax(axis=-1) for trace in (one, other))
    values = {"count": int(decides.sum()), "length": question.length}
    values |= {"then": float(by_step[0]), "now": float(by_step[-1])}
    name = "overwrites_first" if by_step[-1] < _GONE * by_step[0] else "keeps_first"
    return (Fact(name, None, values | {"changed": float((said != other_said).mean())}),)


def _longer(answer: Answer) -> Fact:
    values = {"length": LONG, "trained": answer.question.length}
    accuracy = accuracy_of(answer.checkpoints[-1], answer.question, LONG)
    return Fact("longer", None, values | {"accuracy": accuracy})


def _replay(answer: Answer) -> Fact:
    """The last checkpoint's accuracy, replayed, compared with Keras's."""
    last, (_, right) = answer.checkpoints[-1], answer.question.tested_on()
    apart = abs(accuracy_of(last, answer.question) - last.accuracy)
    one_answer = 1.5 / (right != UNASKED).sum()  # a near tie may fall on either side
    return Fact("replay", bool(apart <= one_answer), {"difference": apart})
