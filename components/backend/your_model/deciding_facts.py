"""What can be said of the word that decided, on the numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from components.backend.question.linked import Message
from components.backend.running.facts import EQUAL, Fact, stated
from components.backend.your_model.deciding_word import Decided
from components.backend.your_model.moves import OutputMoves, WordMove

_HOW = {
    "out": Message("away_out"),
    "unknown": Message("away_unknown"),
    "padding": Message("away_padding"),
}
"""What is done to a word, in words."""

_PIECES = {
    "words": Message("piece_word"),
    "ids": Message("piece_id"),
    "numbers": Message("piece_step"),
}
"""What stands at a step, in words, by what is typed."""

_LITTLE = 0.01  # a change of a probability that decides nothing, unless the answer turns with it

_LONGEST = 30  # characters of a word in a fact


def facts(given: Decided) -> tuple[Fact, ...]:
    """What can be said of it, on its numbers: of the first output. Nothing where layers of the
    model are not run, as what they answer is not known."""
    output, said = given.outputs[0], _words_of(given)
    if not given.base.opened.is_whole:  # what the layer returns that is run last is no answer
        return ()
    if not output.compares:
        return (Fact("not_compared", None, said),)
    if not output.words:
        return stated(Fact("nothing_left", None, said), _padding(given))
    found = stated(
        _deciding(output, said), _flips(output, said), _padding(given), _padded_more(given)
    )
    left_off = Fact("left_off", None, said | {"count": given.left_off})
    return (*found, left_off) if given.left_off else found


def _words_of(given: Decided) -> dict[str, Any]:
    """What a piece of the sentence is, and what is done to it, in words."""
    piece, how = _PIECES[given.base.fed.reads], _HOW[given.question.away]
    return {"piece": piece, "how": how, "count": len(given.outputs[0].words)}


def _deciding(output: OutputMoves, said: Mapping[str, Any]) -> Fact:
    """Which word moves the answer furthest."""
    top, *rest = output.words
    as_far = [one for one in rest if abs(one.change) >= abs(top.change) - EQUAL]
    values = {**said, "far": abs(top.change), "change": top.change, **_word(top)}
    if abs(top.change) <= EQUAL:
        return Fact("none_decided", None, values)
    turns = any(one.flips for one in output.words)
    if output.kind != "numbers" and abs(top.change) < _LITTLE and not turns:
        return Fact("hardly_decided", None, values)
    if as_far:
        return Fact("several_decided", None, values | {"others": len(as_far)})
    values["second"] = max((abs(one.change) for one in rest), default=0.0)
    alone = abs(top.change) > values["second"]
    if output.kind == "classes" and output.values.ndim == 1:
        won = int(output.values.argmax())
        before, after = float(output.values[won]), float(top.values[won])
        return Fact("decided_class", alone, values | {"won": won, "before": before, "after": after})
    if output.values.size == 1:
        before, after = output.values.item(), top.values.item()
        return Fact("decided_one", alone, values | {"before": before, "after": after})
    return Fact("decided_most", alone, values)


def _flips(output: OutputMoves, said: Mapping[str, Any]) -> Fact | None:
    """Whether the answer turns without one word; None where nothing can turn."""
    if output.words[0].flips is None:
        return None
    found = [one for one in output.words if one.flips]
    values = {**said, "turning": len(found)}
    kind = "class" if output.kind == "classes" else "side"
    if not found:
        return Fact(f"no_{kind}_turns", None, values)
    return Fact(f"{kind}_turns", None, values | _word(found[0]))


def _padding(given: Decided) -> Fact | None:
    """Whether it matters on which side the sentence is padded; None without padding."""
    if given.other_side is None:
        return None
    values = {"difference": given.other_side, "count": given.base.fed.padded[0]}
    free = given.other_side <= EQUAL
    return Fact("padding_free", free, values) if free else Fact("padding_counts", None, values)


def _padded_more(given: Decided) -> Fact | None:
    """That a step of padding is added where a word is left out, if padding counts."""
    if not given.padded_more:
        return None
    return Fact("padded_more", None, {"steps": len(given.base.labels[0])})


def _word(one: WordMove) -> dict[str, Any]:
    label = one.label if len(one.label) <= _LONGEST else f"{one.label[: _LONGEST - 1]}…"
    return {"word": label, "place": one.word}
