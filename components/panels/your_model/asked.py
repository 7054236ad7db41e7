"""What a visitor's model reads: sentences, ids or numbers, and how they are made to fit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

import streamlit as st

from components.backend.question.linked import SettingsError
from components.backend.your_model import sample
from components.backend.your_model.answer import Answer, answer_of
from components.backend.your_model.opened import ModelInput, Opened
from components.backend.your_model.question import Question
from components.backend.your_model.typed import words
from components.backend.your_model.typed.feed import Fed, feed
from components.backend.your_model.typed.pieces import pads_itself
from components.backend.your_model.typed.read import in_words, main_input, reads_as_ids
from components.panels.ask.cover import help_of
from components.panels.ask.field_set import FieldSet
from components.panels.ask.uploader import uploader
from components.panels.ask.widgets import showing, widget
from components.panels.write.message import leave_message, show_message
from components.panels.write.plain import plain
from components.panels.your_model.files import asked, visitor
from components.texts import text

_PASTED = "model_words"


def ask(opened: Opened, view: FieldSet[Question]) -> Answer | None:
    """Draw what the model reads, and how that is made to fit, and run the model; None if what is
    typed was refused, or nothing of the model is run."""
    if not opened.inputs:
        return None
    question = _question(opened, view)
    fed = asked(lambda: feed(opened, question), view)
    _sentences(opened, fed, view, question)
    _how(opened, view)  # after a refusal, too: words are read once there is a vocabulary
    if fed is None:
        return None
    sentence = view.within(sentence=(1, fed.count)).sentence
    without = view.within(without=(0, len(fed.pieces[sentence - 1]))).without
    question = question.but(sentence=sentence, without=without)
    answer = asked(lambda: answer_of(opened, question, fed), view)
    if answer:
        st.caption(" ".join(_notes(answer, sentence - 1)))
    return answer


def _question(opened: Opened, view: FieldSet[Question]) -> Question:
    """The page's question. Until a visitor types anything, the sample reads its own sentences."""
    typed = view.value.sentences
    if not (view.value.model or typed):
        typed = sample.opening().strip()
    return view.value.but(model=opened.key, sentences=typed)


def _sentences(
    opened: Opened, fed: Fed | None, view: FieldSet[Question], question: Question
) -> None:
    """What is read: a field for the sentences, and one for each further input.

    Args:
        fed: None if what is typed was refused.
    """
    said = question.sentences or (_example(fed) if fed else "")
    main = fed.main if fed else main_input(opened).name
    reads = fed.reads if fed else "words"
    lines = min(_MOST_LINES, max(2, said.count("\n") + 1))
    st.text_area(
        text(f"your_model.typed_{reads}"),
        height=_LINE * lines + _EDGES,
        help=help_of(f"your_model.typed_{reads}_help"),
        **showing("model_sentences", said, lambda typed: view.put(sentences=typed)),
    )
    for other in opened.inputs:
        if other.name != main:
            _other_input(other, view)


_MOST_LINES, _LINE, _EDGES = 8, 24, 36  # lines of the field; px of one, and of its edges


def _how(opened: Opened, view: FieldSet[Question]) -> None:
    """How what is typed is made to fit: in a row, with a box for what is set more rarely."""
    main = main_input(opened)
    with st.container(horizontal=True, vertical_alignment="bottom", key="model_how"):
        if not pads_itself(main):
            widget(view, "pad", row=True)
        if opened.has_masks:
            widget(view, "masked")
        if main.kind == "ids":
            _vocabulary(view)
        if main.kind != "words" or opened.is_stateful:
            _more(opened, main, view)


def _more(opened: Opened, main: ModelInput, view: FieldSet[Question]) -> None:
    box = st.popover(text("your_model.more"), key="model_more", on_change="rerun")
    if not box.open:
        return
    with box:
        if None in main.shape:
            widget(view, "steps", typed=True)
        if opened.is_stateful:
            _calls(view)
        if main.kind != "numbers":
            widget(view, "reads")


def _calls(view: FieldSet[Question]) -> None:
    """Whether the model is called once or twice on the same input."""
    st.segmented_control(
        text("your_model_view.calls.label"),
        [1, 2],
        format_func=lambda count: text(f"your_model.calls_{count}"),
        required=True,
        help=text("your_model_view.calls.help"),
        **showing("model_calls", view.value.calls, lambda n: view.put(calls=n), "default"),
    )


def _other_input(other: ModelInput, view: FieldSet[Question]) -> None:
    """A field for a further input of the model."""
    others = dict(view.value.others)
    st.text_area(
        text("your_model.other_input", name=plain(other.name)),
        height=68,
        placeholder=text("your_model.other_empty"),
        **showing(
            f"model_input_{other.name}",
            others.get(other.name, ""),
            lambda typed: view.put(others=tuple(sorted((others | {other.name: typed}).items()))),
        ),
    )


def _vocabulary(view: FieldSet[Question]) -> None:
    """A box with a field and a file for the vocabulary by which words become ids."""
    box = st.popover(text("your_model.words"), key="model_vocabulary", on_change="rerun")
    if box.open:
        with box:
            _vocabulary_fields(view)


def _vocabulary_fields(view: FieldSet[Question]) -> None:
    st.text_area(
        text("your_model.words"),
        key=_PASTED,
        height=100,
        placeholder=text("your_model.words_example"),
        help=text("your_model.words_help"),
        on_change=lambda: _take_words(view, st.session_state[_PASTED]),
    )
    uploader(
        text("your_model.words_file"),
        key="model_words_file",
        types=(".json", ".txt"),
        take=lambda files: _take_words(view, next(iter(files.values()))),
        most=words.MOST_BYTES // 2**20,
    )
    show_message()
    if view.value.vocabulary:
        drop = partial(view.put, vocabulary="")
        st.button(text("your_model.drop_words"), key="drop_known_words", on_click=drop)


def _take_words(view: FieldSet[Question], said: str | bytes) -> None:
    """Use the vocabulary that is pasted, or in a file that is uploaded."""
    if not said:
        return
    try:
        found = words.register(said, visitor())
    except SettingsError as error:
        leave_message("error", "\n".join(f"- {plain(str(each))}" for each in error.problems))
    else:
        said = view.value.sentences
        kept = in_words(said, found) if reads_as_ids(said) else said
        view.put(vocabulary=found.name, sentences=kept)


def _example(fed: Fed) -> str:
    """The example that a model reads until anything is typed, as it would be typed."""
    if fed.reads != "numbers":
        return "\n".join(" ".join(piece.label for piece in pieces) for pieces in fed.pieces)
    sentences = (
        "\n".join(", ".join(f"{value:g}" for value in _numbers(piece.value)) for piece in pieces)
        for pieces in fed.pieces
    )
    return "\n\n".join(sentences)


def _numbers(value: Any) -> Sequence[float]:
    return value if isinstance(value, tuple) else (value,)


def _notes(answer: Answer, sentence: int) -> Iterator[str]:
    fed, side = answer.fed, answer.question.pad
    if fed.example:
        yield text("your_model.fed_example")
    if count := answer.labels[sentence].count("") if not fed.padded[sentence] else 0:
        yield text("your_model.fed_padded_self", count=count)
    if count := fed.padded[sentence]:
        yield text(f"your_model.fed_padded_{side}", count=count)
    if count := fed.cut[sentence]:
        yield text(f"your_model.fed_cut_{side}", count=count)
    labels = answer.labels[sentence]
    if unknown := [labels[at] for at in answer.unknown[sentence]]:
        yield text("your_model.fed_unknown", words=plain(", ".join(unknown[:8])))
    if dropped := fed.dropped[sentence]:
        yield text("your_model.fed_dropped", words=plain(", ".join(dropped[:8])))
    if fed.repeated:
        yield text("your_model.fed_repeated", count=fed.repeated)
    for name, message in fed.filled.items():
        yield text("your_model.fed_filled", name=plain(name), message=message)
