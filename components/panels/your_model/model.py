"""The model from top to bottom, for one sentence."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from components.backend.question.linked import Message
from components.backend.your_model.answer import Answer
from components.backend.your_model.opened import Opened
from components.backend.your_model.question import Question
from components.backend.your_model.without import Decided
from components.charts.your_model import Window
from components.panels.ask.cover import is_covered
from components.panels.ask.field_set import FieldSet
from components.panels.write.plain import plain
from components.panels.your_model.bars import Marks
from components.panels.your_model.rows import Line, Word, lines_of, rows_panel
from components.texts import text

PAD = "·"
"""What stands where a sentence is padded."""

_LONGEST = 16  # characters of a word in a picture
_PLAIN = str.maketrans("<>&", "‹›＆")  # a picture's texts are HTML
_MOST_STEPS = 100


def labels_of(answer: Answer, sentence: int) -> tuple[str, ...]:
    """What the model reads at each step, as pictures write it."""
    return tuple(_label(each) for each in answer.labels[sentence])


def _label(said: str) -> str:
    said = said.translate(_PLAIN) or PAD
    return said if len(said) <= _LONGEST else f"{said[: _LONGEST - 1]}…"


def window_of(labels: Sequence[str]) -> Window:
    """The steps that are drawn: all, if they are few; else those of the words, with some of the
    padding round them, and of very many words the last ones."""
    steps = len(labels)
    named = [at for at, label in enumerate(labels) if label != PAD]
    if steps <= _FEW or not named:
        return Window(0, min(steps, _MOST_STEPS), steps)
    last = min(steps, named[-1] + 1 + _AROUND)
    return Window(max(0, named[0] - _AROUND, last - _MOST_STEPS), last, steps)


_FEW, _AROUND = 40, 6  # steps that are all drawn, and steps of padding on each side of the words


def unrun_panel(model: Opened) -> None:
    """The layers of a model of which nothing is run, and why."""
    st.info(text("your_model.unrun"))
    rows_panel(
        lines_of(model.rows, ()),
        (),
        Window(0, 0, 0),
        sentence=0,
        answer=None,
        total=model.parameter_count,
        opened="",
        marked=False,
        take=lambda _: None,
    )


def opened_line(answer: Answer, view: FieldSet[Question]) -> Line | None:
    """The layer that the link names, or else the first recurrent one, or the first of all; None if
    none was run."""
    able = [line for line in lines_of(answer.opened.rows, answer.explained.layers) if line.call]
    wanted = view.value.layer
    if found := next((line for line in able if line.id == wanted), None):
        return found
    recurrent = (line for line in able if line.call and (line.call.cells or line.call.untraced))
    found = next(recurrent, able[0] if able else None)
    if wanted and view.arrived:
        names = ", ".join(line.id for line in able[:_NAMED])
        view.refuse("layer", Message("only", {"names": names}), shown=found.id if found else "")
    return found


_NAMED = 8  # layers that a message names


def model_panel(
    answer: Answer, line: Line | None, view: FieldSet[Question], *, sentence: int
) -> None:
    """Draw the model's layers.

    Args:
        line: the one that is open.
    """
    labels, unknown = labels_of(answer, sentence), set(answer.unknown[sentence])
    window = window_of(labels)
    drawn = range(window.first, window.last)
    lines = lines_of(answer.opened.rows, answer.explained.layers)
    told = "rows_told" if answer.opened.is_whole else "rows_told_part"
    st.caption(text(f"your_model.{told}", name=plain(answer.results[0].name)))
    rows_panel(
        lines,
        [Word(labels[at], _kind(labels[at], at in unknown)) for at in drawn],
        window,
        sentence=sentence,
        answer=answer,
        total=answer.opened.parameter_count,
        opened=line.id if line else "",
        marked=not is_covered(DECIDED),
        take=lambda name: view.put(layer=name),
    )
    if len(drawn) < len(labels):
        ends = {"first": window.first + 1, "last": window.last, "steps": window.steps}
        st.caption(text("your_model.steps_cut", **ends))


DECIDED = "decided"
"""The part of the page that says which word decided, as a page that asks first covers it."""


def marks_of(answer: Answer, found: Decided, sentence: int) -> Marks:
    """What is marked at the words that are drawn."""
    labels = labels_of(answer, sentence)
    window, moves = window_of(labels), _moved(answer, found, sentence)
    drawn = range(window.first, window.last)
    return Marks([labels[at] for at in drawn], [moves.get(at, 0.0) for at in drawn])


def _moved(answer: Answer, found: Decided, sentence: int) -> dict[int, float]:
    """By step, how far the answer moves without the word there, on the scale of the answer; nothing
    where the model splits sentences in its own way."""
    output = found.outputs[0]
    changes = {each.word: each.change for each in output.moved}
    pieces, labels = answer.fed.pieces[sentence], answer.labels[sentence]
    steps = [at for at, label in enumerate(labels) if label]
    first = found.first - 1
    if len(steps) != len(pieces) - first - _cut_after(found, len(pieces)):
        return {}
    return {at: changes.get(first + n + 1, 0.0) / output.scale for n, at in enumerate(steps)}


def _cut_after(found: Decided, count: int) -> int:
    """How many words after the last one that it reads were cut."""
    return count - (found.first - 1) - len(found.base.fed.pieces[0])


def _kind(label: str, is_unknown: bool) -> str:
    return "pad" if label == PAD else "unknown" if is_unknown else ""
