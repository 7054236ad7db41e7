"""What a visitor's model answers, and which word decided."""

from __future__ import annotations

from functools import partial

import streamlit as st

from components.backend.your_model import deciding_facts, without
from components.backend.your_model.answer import Answer, Result
from components.backend.your_model.moved import LayerMove, Moved
from components.backend.your_model.question import Question
from components.backend.your_model.without import Decided
from components.charts.picture import number
from components.charts.your_model import moves, moving
from components.panels.ask.cover import cover
from components.panels.ask.field_set import FieldSet
from components.panels.ask.widgets import widget
from components.panels.draw.plot import drawn, plot
from components.panels.parts.facts import fact_list
from components.panels.write.plain import plain
from components.panels.your_model.bars import Bar, Marks, bars, two_sided
from components.panels.your_model.files import asked
from components.panels.your_model.model import DECIDED, labels_of, marks_of, window_of
from components.panels.your_model.rows import lines_of
from components.texts import numeral, text

_FEW = 6  # numbers of an answer that are written out
_MOST_WORDS = 12  # that are shown before a visitor asks for all


def answers_panel(answer: Answer, view: FieldSet[Question], *, sentence: int) -> None:
    """Each sentence with the model's answer to it, of which one is chosen."""
    for place, result in enumerate(answer.results):
        several = len(answer.results) > 1
        named = text("your_model.answer_of", name=plain(result.name)) if several else ""
        lines = [
            _answer(result, at, _sentence(answer, at))._replace(chosen=at == sentence)
            for at in range(answer.fed.count)
        ]
        if named:
            st.markdown(named)
        bars(
            lines,
            key=f"answer_{place}",
            alt=text("your_model.answers" if answer.opened.is_whole else "your_model.returns_last"),
            take=_choose(view) if len(lines) > 1 else None,
            large=len(lines) <= _LARGE and max(len(line.value) for line in lines) <= _SHORT,
        )
        told = [_why(result)]
        if not answer.opened.is_whole:
            told.insert(0, text("your_model.partial", name=plain(result.name)))
        if result.kind == "classes" and result.values.ndim > _ONE_CLASS:
            told.append(text("your_model.classes_at"))
        if before := _before(answer, place, sentence):
            told.append(text("your_model.first_call", before=before))
        st.caption(" ".join(told))


def _before(answer: Answer, place: int, sentence: int) -> str:
    """What the model returned in the call before, if it was called twice; else nothing."""
    if len(answer.calls) == 1:
        return ""
    values = answer.calls[0].returned[place].values[sentence].ravel()
    return ", ".join(map(number, values[:_FEW].tolist())) + ", …" * (values.size > _FEW)


def _why(result: Result) -> str:
    """By what the kind of a result was decided, in Markdown."""
    values = {name: plain(value) for name, value in result.why.values.items()}
    return text(f"problems.{result.why.name}", **values)


_ONE_CLASS = 2  # axes of an output that has probabilities of classes once for each sentence

_LARGE, _SHORT = 3, 8  # sentences whose answers are written large, and characters of an answer


def _choose(view: FieldSet[Question]) -> partial[None]:
    return partial(lambda name: view.put(sentence=int(name) + 1, without=0, replace=""))


def _sentence(answer: Answer, at: int) -> str:
    """A sentence as it was read; of numbers, which one it is."""
    if answer.fed.reads == "numbers":
        return text("data.sentence", sentence=at + 1)
    said = " ".join(piece.label for piece in answer.fed.pieces[at])
    return said if len(said) <= _LONGEST else f"{said[:_LONGEST]}…"


_LONGEST = 60


def _answer(result: Result, at: int, label: str) -> Bar:
    values, name = result.values[at], str(at)
    if result.kind == "probability" and values.size == 1:
        value = float(values.ravel()[0])
        return Bar(name, label, numeral(value, ".3f"), 0.0, value)
    if result.kind == "classes" and values.ndim == 1:
        best = int(values.argmax())
        value = float(values[best])
        said = text("your_model.class_at", at=best)
        return Bar(name, label, numeral(value, ".3f"), 0.0, value, note=said)
    shown = values.argmax(axis=-1).ravel() if result.kind == "classes" else values.ravel()
    said = ", ".join(map(number, shown[:_FEW].tolist())) + ", …" * (shown.size > _FEW)
    if result.kind == "classes":
        return Bar(name, label, said)
    return Bar(name, label, said, note=str(values.shape) if shown.size > _FEW else "")


def decided_panel(answer: Answer, view: FieldSet[Question], *, sentence: int) -> None:
    """Which word decided: the words, the one that moves the answer furthest first. Of one that is
    chosen, how far it moves each layer."""
    whole, last = answer.opened.is_whole, plain(answer.results[0].name)
    heading = f"decided_{answer.fed.reads}" if whole else "moves_last"
    st.subheader(text(f"your_model.{heading}", name=last), anchor=False)
    cover("facts", DECIDED)
    found = asked(lambda: without.decided(answer.opened, answer.question), view)
    if found is None:
        return
    st.markdown(text(f"your_model.{'decided_told' if whole else 'moves_last_told'}", name=last))
    left, right = st.columns([3, 2], gap="medium")
    with left:
        _words(found, view, marks_of(answer, found, sentence))
    with right:
        _how(found, view)
    fact_list(deciding_facts.facts(found), "without_facts")
    if found.layers:
        _layers(found)


def _words(found: Decided, view: FieldSet[Question], marks: Marks) -> None:
    """The words of the first output, with bars."""
    output = found.outputs[0]
    everything = st.session_state.get("model_words_all", False)
    moved = output.moved if everything else output.moved[:_MOST_WORDS]
    if len(found.outputs) > 1:
        st.caption(text("your_model.answer_of", name=plain(output.name)))
    changes = [each.change for each in moved]
    lines = two_sided([_word(each, found) for each in moved], changes, output.scale)
    whole = found.base.opened.is_whole
    alt = text(f"your_model.{'decided_alt' if whole else 'moves_last'}", name=plain(output.name))
    bars(lines, key="decided", alt=alt, take=_take_out(view), marks=marks)
    if len(moved) < len(output.moved):
        label = text("your_model.all_words", count=len(output.moved))
        st.button(label, key="model_all_words", on_click=_all_words, type="tertiary")


def _all_words() -> None:
    st.session_state["model_words_all"] = True


def _take_out(view: FieldSet[Question]) -> partial[None]:
    """A click takes a word out, and a second one puts it back."""

    def take(name: str) -> None:
        word = int(name)
        view.put(without=0 if view.value.without == word else word, replace="")

    return partial(take)


def _word(moved: Moved, found: Decided) -> Bar:
    flips = text("your_model.flips") if moved.flips and found.base.opened.is_whole else ""
    chosen = moved.word == found.question.without
    return Bar(str(moved.word), moved.label, note=flips, chosen=chosen)


def _how(found: Decided, view: FieldSet[Question]) -> None:
    """How a word is taken out, and what stands in its place."""
    if found.base.fed.reads != "numbers":
        widget(view, "away", row=True)
    if view.value.without:
        widget(view, "replace", width=240)


def _layers(found: Decided) -> None:
    """How far each layer moves without the chosen word."""
    word = found.base.fed.pieces[0][found.question.without - found.first].label
    new = found.question.replace
    name = "replaced" if new else "left_out"
    st.markdown(f"**{text(f'your_model.{name}', word=plain(word), new=plain(new))}**")
    st.caption(text("your_model.layers_told"))
    lines = lines_of(found.base.opened.rows, ())
    rows = {(*line.row.path, line.row.name) for line in lines}
    own = [each for each in found.layers if (*each.path, each.name) in rows]
    bars(list(map(_layer, own)), key="layer_moves", alt=text("your_model.layers_alt"), names=True)
    labels = labels_of(found.base, 0)
    if any(moving(each) for each in found.layers):
        picture = drawn(moves, found, labels=labels, window=window_of(labels))
        plot(picture, key="moves", file="rnn_lens_moves.png", note=text("your_model.moves_note"))


_TWICE = 2.0


def _layer(move: LayerMove) -> Bar:
    said = text("your_model.relative", share=move.relative)
    if move.relative > _TWICE:
        said = text("your_model.relative_more")
    return Bar(move.name, move.name, number(move.largest), 0.0, min(move.relative, 1.0), said)
