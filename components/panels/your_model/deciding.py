"""Which word decided: the words by how far the answer moves without them, and of one that is
chosen, how far each layer moves."""

from __future__ import annotations

from functools import partial

import streamlit as st

from components.backend.your_model import deciding_facts
from components.backend.your_model.deciding_word import Decided, decided
from components.backend.your_model.moves import LayerMove, WordMove
from components.backend.your_model.question import Question
from components.charts.picture import number
from components.charts.your_model import moves, moving
from components.panels.ask.cover import cover
from components.panels.ask.field_set import FieldSet
from components.panels.ask.widgets import widget
from components.panels.draw.plot import drawn, plot
from components.panels.parts.facts import fact_list
from components.panels.write.plain import plain
from components.panels.your_model.bars import Bar, Bars, Marks, bars, two_sided
from components.panels.your_model.files import asked
from components.panels.your_model.rows import DECIDED, lines_of
from components.panels.your_model.sentence import ShownSentence
from components.texts import text

_MOST_WORDS = 12  # that are shown before a visitor asks for all
_TWICE = 2.0


def deciding_panel(shown: ShownSentence, view: FieldSet[Question]) -> None:
    """Which word decided: the words, the one that moves the answer furthest first. Of one that is
    chosen, how far it moves each layer."""
    answer = shown.answer
    whole, last = answer.opened.is_whole, plain(answer.results[0].name)
    heading = f"decided_{answer.fed.reads}" if whole else "moves_last"
    st.subheader(text(f"your_model.{heading}", name=last), anchor=False)
    cover("facts", DECIDED)
    found = asked(lambda: decided(answer.opened, answer.question), view)
    if found is None:
        return
    st.markdown(text(f"your_model.{'decided_told' if whole else 'moves_last_told'}", name=last))
    left, right = st.columns([3, 2], gap="medium")
    with left:
        _words(found, shown, view)
    with right:
        _how(found, view)
    fact_list(deciding_facts.facts(found), "deciding_facts")
    if found.layers:
        _layers(found)


def _words(found: Decided, shown: ShownSentence, view: FieldSet[Question]) -> None:
    """The words of the first output, with bars."""
    output = found.outputs[0]
    everything = st.session_state.get("model_words_all", False)
    words = output.words if everything else output.words[:_MOST_WORDS]
    if len(found.outputs) > 1:
        st.caption(text("your_model.answer_of", name=plain(output.name)))
    changes = [each.change for each in words]
    lines = two_sided([_word(each, found) for each in words], changes, output.scale)
    whole = found.base.opened.is_whole
    alt = text(f"your_model.{'decided_alt' if whole else 'moves_last'}", name=plain(output.name))
    bars(Bars(lines, alt, marks=_marks(found, shown)), key="decided", take=_take_out(view))
    if len(words) < len(output.words):
        label = text("your_model.all_words", count=len(output.words))
        st.button(label, key="model_all_words", on_click=_all_words, type="tertiary")


def _all_words() -> None:
    st.session_state["model_words_all"] = True


def _take_out(view: FieldSet[Question]) -> partial[None]:
    """A click takes a word out, and a second one puts it back."""

    def take(name: str) -> None:
        word = int(name)
        view.put(without=0 if view.value.without == word else word, replace="")

    return partial(take)


def _word(moved: WordMove, found: Decided) -> Bar:
    flips = text("your_model.flips") if moved.flips and found.base.opened.is_whole else ""
    chosen = moved.word == found.question.without
    return Bar(str(moved.word), moved.label, note=flips, chosen=chosen)


def _marks(found: Decided, shown: ShownSentence) -> Marks:
    """What is marked at the words that are drawn."""
    moved = _moved(found, shown)
    return Marks(
        [shown.labels[at] for at in shown.drawn], [moved.get(at, 0.0) for at in shown.drawn]
    )


def _moved(found: Decided, shown: ShownSentence) -> dict[int, float]:
    """By step, how far the answer moves without the word there, on the scale of the answer; nothing
    where the model splits sentences in its own way."""
    output, read = found.outputs[0], found.base.fed.pieces[0]
    changes = {each.word: each.change for each in output.words}
    steps = [at for at, label in enumerate(shown.answer.labels[shown.index]) if label]
    if len(steps) != len(read):
        return {}
    return {at: changes.get(found.first + n, 0.0) / output.scale for n, at in enumerate(steps)}


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
    rows = {(*line.layer.path, line.layer.name) for line in lines_of(found.base.opened)}
    own = [each for each in found.layers if (*each.path, each.name) in rows]
    bars(Bars(list(map(_layer, own)), text("your_model.layers_alt"), "code"), key="layer_moves")
    if any(moving(each) for each in found.layers):
        alone = ShownSentence(found.base, 0)
        picture = drawn(moves, found, labels=alone.labels, window=alone.window)
        plot(picture, key="moves", file="rnn_lens_moves.png", note=text("your_model.moves_note"))


def _layer(move: LayerMove) -> Bar:
    said = text("your_model.relative", share=move.relative)
    if move.relative > _TWICE:
        said = text("your_model.relative_more")
    return Bar(move.name, move.name, number(move.largest), 0.0, min(move.relative, 1.0), said)
