"""A mistake beside the code that mends it, and what Keras says to both."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Literal

import streamlit as st

from components.backend.mistakes.mistakes import GROUPS, MISTAKES, Outcome, answer, facts
from components.backend.question.linked import Linked
from components.panels.ask.answered import answered
from components.panels.ask.cover import asks_first, cover, is_covered
from components.panels.ask.field_set import FieldSet
from components.panels.ask.onward import leads_on, onward, place_of
from components.panels.ask.widgets import showing, widget
from components.panels.pages import PAGES
from components.panels.parts.facts import fact_list
from components.panels.write.comments import commented
from components.texts import numeral, text

SEEN: Mapping[str, str] = {
    "table": "samples",
    "no_features": "samples",
    "no_steps": "stacking",
    "ids_with_an_axis": "embedding",
    "samples_in_input": "samples",
    "other_features": "parameters",
    "repeat_vector": "repeat",
    "time_distributed": "dense",
    "targets": "many",
    "class_targets": "many",
    "ragged": "lengths",
    "reshape": "reshape",
    "id_too_large": "embedding",
    "batch_input_shape": "batch_size",
    "return_sequence": "return_sequences",
    "merge_mode": "both_outputs",
    "set_weights_before": "order",
    "transposed": "pytorch",
    "one_bias": "reset_after",
    "use_cudnn": "cudnn",
    "softmax_of_one_class": "same_class",
    "three_of_gru": "count",
    "two_of_lstm": "count",
    "no_return_state": "count",
    "everything": "count",
    "states_in_a_list": "initial_state",
    "one_state": "initial_state",
    "outputs_as_state": "encoder_decoder",
    "four_states": "both_encoder",
    "two_states_both_ways": "both_states",
    "other_units": "initial_state",
    "other_batch": "initial_state",
    "stateful_any_batch": "batch_size",
    "stateful_other_batch": "batch_size",
    "stateful_last_batch": "batch_size",
    "reset_states": "reset",
    "stateful_again": "same_x",
    "reset_to_values": "initial_state",
    "mask_of_features": "mask",
    "mask_of_steps": "mask",
    "short_mask": "mask",
    "mask_through_conv": "mask",
    "ids_as_numbers": "embedding",
    "swapped_states": "state_order",
    "one_row": "initial_state",
    "mse": "many",
    "shuffled_alone": "flat",
    "relu": "relu",
    "mask_times": "mask_lost",
    "mask_and_states": "mask_lost",
    "zeros_masked": "masking",
    "id_below_zero": "embedding",
    "query_of_two_axes": "attention",
    "attention_without_sequences": "attention",
    "scores_in_the_constructor": "attention",
    "query_and_value": "asking_decoder",
    "key_before_value": "asking_decoder",
    "states_as_value": "asking_decoder",
    "softmax_over_one": "attention",
    "padding_weighed": "attention",
    "additive_without_projections": "attention",
}
"""The question whose page draws what a mistake is about, for those that have one."""


_COLOURS = {"error": "red", "warning": "orange", "silent": "orange", "taken": "green"}


class MistakesView(Linked):
    """Which mistake Keras makes."""

    texts = "mistakes_view"

    mistake: Literal[tuple(MISTAKES)] = next(iter(MISTAKES))


def look() -> None:
    """What there is to see, and where to find a mistake by its error."""
    with st.container(horizontal=True, vertical_alignment="center", key="mistake_look"):
        st.markdown(text("mistakes.look"), width="content")
        st.page_link("app_pages/questions.py", label=text("mistakes.find"), icon=PAGES["questions"])


def choose(view: FieldSet[MistakesView]) -> None:
    """Which group of mistakes, and which of it."""
    group = next(name for name, group in GROUPS.items() if view.value.mistake in group)
    with st.container(horizontal=True, vertical_alignment="bottom", key="mistake_choice"):
        st.segmented_control(
            text("mistakes.group"),
            options=list(GROUPS),
            format_func=_kind,
            required=True,
            **showing("mistake_group", group, lambda chosen: _open(view, chosen), "default"),
        )
        widget(view, "mistake", only=list(GROUPS[group]))


def _kind(group: str) -> str:
    """What a group is called. The name of the silent ones says what Keras does."""
    if asks_first() and group == "silent":
        return text("mistakes.others")
    return text(f"mistakes.groups.{group}")


def _open(view: FieldSet[MistakesView], group: str) -> None:
    view.put(mistake=next(iter(GROUPS[group])))


def mistake_panel(name: str) -> None:
    """Why it is a mistake, its code and the mended code, what became of both, and where to go from
    here."""
    mistake = MISTAKES[name]
    why = st.container()
    st.caption(text("mistakes.given"))
    st.code(commented(mistake.begins.rstrip()), wrap_lines=True)
    left, right = st.columns(2)
    with left.container(border=True, height="stretch"):
        _code("wrong", mistake.wrong)
        cover("error")
        wrong = st.container()
    mended = right.container(border=True, height="stretch")
    if not is_covered("mended"):  # all that can be read is there before Keras answers
        why.markdown(text(f"mistakes.why.{name}"))
        with mended:
            _code("right", mistake.right)
    with wrong:
        found = answered(lambda: answer(name))
        if found:
            _outcome(found.wrong, taken="silent")
    with mended:
        cover("mended")
        if found:
            _outcome(found.right, taken="taken")
    if found:
        fact_list(facts(found), "mistakes_facts")
    onward(f"mistakes.{name}", partial(_see, name) if name in SEEN else None)


def _code(which: str, code: str) -> None:
    st.markdown(f"**{text(f'mistakes.{which}')}**")
    st.code(commented(code.strip()), wrap_lines=True)


def _outcome(outcome: Outcome, *, taken: str) -> None:
    """What became of a piece of code.

    Args:
        taken: what is said of code that Keras took without a word, by the text's name.
    """
    said = outcome.error or outcome.warning
    name = "error" if outcome.error else "warning" if outcome.warning else taken
    st.markdown(f":{_COLOURS[name]}-badge[{text(f'mistakes.{name}')}] {_result(outcome)}")
    if said:
        st.code(said, language=None, wrap_lines=True)


def _result(outcome: Outcome) -> str:
    """The shape of the result, and numbers of it if they can be compared."""
    numbers = ", ".join(numeral(each, ".3f") for each in outcome.numbers)
    if numbers and outcome.shapes == ((),):
        return text("mistakes.number", numbers=numbers)
    shapes = ", ".join(map(str, outcome.shapes))
    shape = text("mistakes.shape", shapes=shapes) if shapes else ""
    whose = "each" if outcome.one_each else "last"
    return shape + (text(f"mistakes.{whose}", numbers=numbers) if numbers else "")


def _see(name: str) -> None:
    """A link to the page that draws what the mistake is about, and says what to look at."""
    page, query = place_of(SEEN[name])
    leads_on(page, query, text("mistakes.see", page=text(f"pages.{page}.title")))
