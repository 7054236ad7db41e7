"""What two trainings show, one with attention and one without: how good both are at each length,
and what the trained attention is for, decided by ablation."""

from __future__ import annotations

import weakref
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from components.backend.learning.learn import FALLS, LEARNED
from components.backend.learning.pair_replay import ABLATIONS, Pass, forced, logits, own_words
from components.backend.learning.pair_training import SYMBOLS
from components.backend.learning.pairs import LONGEST, SHORTEST, Answer, share_right
from components.backend.running import answers
from components.backend.running.facts import Fact, stated
from components.backend.running.replay import TOLERANCE, apart

LENGTHS = range(SHORTEST, 17)
"""Lengths on which a trained model is tested; those beyond LONGEST it was never trained on."""

_SEEN = 0.9  # of the steps of the decoder: from here on, the alignment counts as that of the task
_WEIGHTS = 100 * TOLERANCE  # how far the replay's weights may be from Keras's, after all steps
_ALIGNED = (
    100 * TOLERANCE
)  # how far the replay's weights may be from Keras's: many steps lie between


class Lengths(NamedTuple):
    """The accuracy on held-out sequences of each of LENGTHS, under teacher forcing."""

    attention: tuple[float, ...]
    without: tuple[float, ...]

    def at(self, length: int) -> dict[str, float]:
        """With attention and without, as the texts name them."""
        place = LENGTHS.index(length)
        return {"attention": self.attention[place], "without": self.without[place]}


@answers.cached_calls(16, key=lambda *each: tuple(map(weakref.ref, each)))
def by_length(attention: Answer, without: Answer) -> Lengths:
    """How good both trained models are at each length."""
    found = (tuple(accuracy(each, n) for n in LENGTHS) for each in (attention, without))
    return Lengths(*found)


@answers.cached_calls(16, key=lambda *each: tuple(map(weakref.ref, each)))
def facts(attention: Answer, without: Answer) -> tuple[Fact, ...]:
    """All that can be said about two trainings that have ended."""
    lengths = by_length(attention, without)
    source, right = attention.question.tested_on()
    found = forced(attention, source, right)
    if lengths.at(LONGEST)["attention"] < LEARNED:
        values = {"length": LONGEST, "steps": attention.question.steps}
        return (Fact("unlearned", None, values | lengths.at(LONGEST)), _replay(attention, found))
    return stated(
        _helps(lengths),
        _own(attention, without),
        _beyond(lengths),
        _aligned(attention, found),
        *_needs(attention, found, right),
        _replay(attention, found),
    )


def accuracy(answer: Answer, length: int) -> float:
    """The share of right symbols on the held-out sequences of a length, under teacher forcing."""
    source, right = answer.question.tested_on(length)
    return _hits(logits(answer, forced(answer, source, right)), right)


def _hits(found: np.ndarray, right: np.ndarray) -> float:
    return float((found.argmax(axis=-1) == right).mean())


def _helps(lengths: Lengths) -> Fact:
    values = lengths.at(LONGEST)
    better = values["attention"] - values["without"] >= FALLS
    name = "helps" if better else "helps_little"
    return Fact(name, better or None, values | {"length": LONGEST})


def _own(attention: Answer, without: Answer) -> Fact:
    """The share of sequences that a decoder writes without an error on its own."""
    whole = {}
    for name, each in (("attention", attention), ("without", without)):
        source, right = each.question.tested_on()
        whole[name] = float((own_words(each, source) == right).all(axis=1).mean())
    better = whole["attention"] - whole["without"] >= FALLS
    return Fact("own" if better else "own_alike", better or None, whole | {"length": LONGEST})


def _beyond(lengths: Lengths) -> Fact:
    """Which of the two is better at a length beyond those trained on."""
    last = LENGTHS[-1]
    values = lengths.at(last)
    lead = values["attention"] - values["without"]
    name = "worse" if lead <= -FALLS else "better" if lead >= FALLS else "alike"
    trained = lengths.at(LONGEST)["attention"]
    values |= {"length": last, "trained": LONGEST, "before": trained}
    return Fact(f"beyond_{name}", name != "alike" or None, values)


def _aligned(answer: Answer, found: Pass) -> Fact:
    assert found.weights is not None
    kind, length = answer.question.kind, found.weights.shape[-1]
    heaviest = float((found.weights.argmax(axis=-1) == kind.right_step(length)).mean())
    seen = heaviest >= _SEEN
    values = {"share": share_right(kind, found.weights), "equal": 1 / length, "heaviest": heaviest}
    return Fact("aligned" if seen else "aligned_elsewhere", seen or None, values)


def _needs(answer: Answer, found: Pass, right: np.ndarray) -> Iterator[Fact]:
    """For each ablation, how far the accuracy falls."""
    assert found.weights is not None
    before = _hits(logits(answer, found), right)
    for name, ablated in ABLATIONS.items():
        left = _hits(logits(answer, found, ablated(found, found.weights)), right)
        falls = before - left >= FALLS
        values = {"accuracy": before, "left": left, "chance": 1 / SYMBOLS}
        yield Fact(f"{name}_{'falls' if falls else 'stays'}", falls or None, values)


def _replay(answer: Answer, found: Pass) -> Fact:
    """The last checkpoint's accuracy and alignment, replayed, compared with Keras's."""
    last, (_, right) = answer.checkpoints[-1], answer.question.tested_on()
    assert found.weights is not None
    assert last.alignment is not None
    differ = abs(_hits(logits(answer, found), right) - last.accuracy)
    moved = apart(found.weights[0], last.alignment)
    near_tie = 1.5 / right.size  # one symbol, which may fall on either side
    agrees = differ <= near_tie and moved <= _WEIGHTS
    return Fact("replay", agrees, {"difference": differ, "moved": moved})
