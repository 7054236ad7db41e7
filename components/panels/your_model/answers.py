"""What a visitor's model answers to each sentence."""

from __future__ import annotations

from functools import partial

import numpy as np
import streamlit as st

from components.backend.your_model.answer import Answer, Result
from components.backend.your_model.question import Question
from components.charts.picture import number
from components.panels.ask.field_set import FieldSet
from components.panels.write.plain import plain
from components.panels.your_model.bars import Bar, Bars, bars
from components.panels.your_model.sentence import ShownSentence
from components.texts import numeral, text

_FEW = 6  # numbers of an answer that are written out
_LONGEST = 60  # characters of a sentence beside its answer
_LARGE, _SHORT = 3, 8  # sentences whose answers are written large, and characters of an answer
_ONE_CLASS = 2  # axes of an output that has probabilities of classes once for each sentence


def answers_panel(shown: ShownSentence, view: FieldSet[Question]) -> None:
    """Each sentence with the model's answer to it, of which one is chosen."""
    answer, index = shown.answer, shown.index
    alt = text("your_model.answers" if answer.opened.is_whole else "your_model.returns_last")
    for place, result in enumerate(answer.results):
        lines = [
            _answer(result, at, _sentence(answer, at))._replace(chosen=at == index)
            for at in range(answer.fed.count)
        ]
        if len(answer.results) > 1:
            st.markdown(text("your_model.answer_of", name=plain(result.name)))
        is_large = len(lines) <= _LARGE and max(len(line.value) for line in lines) <= _SHORT
        bars(
            Bars(lines, alt, "large" if is_large else ""),
            key=f"answer_{place}",
            take=_choose(view) if len(lines) > 1 else None,
        )
        told = [_why(result)]
        if not answer.opened.is_whole:
            told.insert(0, text("your_model.partial", name=plain(result.name)))
        if result.kind == "classes" and result.values.ndim > _ONE_CLASS:
            told.append(text("your_model.classes_at"))
        if len(answer.calls) > 1:
            values = answer.calls[0].returned[place].values[index].ravel()
            told.append(text("your_model.first_call", before=_few(values)))
        st.caption(" ".join(told))


def _few(values: np.ndarray) -> str:
    """The first of some numbers."""
    return ", ".join(map(number, values[:_FEW].tolist())) + ", …" * (values.size > _FEW)


def _why(result: Result) -> str:
    """By what the kind of a result was decided, in Markdown."""
    values = {name: plain(value) for name, value in result.why.values.items()}
    return text(f"problems.{result.why.name}", **values)


def _choose(view: FieldSet[Question]) -> partial[None]:
    return partial(lambda name: view.put(sentence=int(name) + 1, without=0, replace=""))


def _sentence(answer: Answer, at: int) -> str:
    """A sentence as it was read; of numbers, which one it is."""
    if answer.fed.reads == "numbers":
        return text("data.sentence", sentence=at + 1)
    said = " ".join(piece.label for piece in answer.fed.pieces[at])
    return said if len(said) <= _LONGEST else f"{said[:_LONGEST]}…"


def _answer(result: Result, at: int, label: str) -> Bar:
    values, name = result.values[at], str(at)
    if result.kind == "probability" and values.size == 1:
        value = float(values.ravel()[0])
        return Bar(name, label, numeral(value, ".3f"), 0.0, value)
    if result.kind == "classes":
        best = values.argmax(axis=-1)
        if values.ndim > 1:
            return Bar(name, label, _few(best.ravel()))
        value = float(values[best])
        said = text("your_model.class_at", at=int(best))
        return Bar(name, label, numeral(value, ".3f"), 0.0, value, note=said)
    note = str(values.shape) if values.size > _FEW else ""
    return Bar(name, label, _few(values.ravel()), note=note)
