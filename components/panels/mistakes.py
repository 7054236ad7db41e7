"""A mistake beside the code that mends it, and what Keras says to both."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal
from urllib.parse import parse_qs, urlsplit

import streamlit as st

from components.backend.linked import Linked, Place
from components.backend.mistakes import MISTAKES, Outcome, answer, facts
from components.panels.facts import fact_list
from components.panels.page.compute import answered
from components.panels.page.part import part
from components.panels.pages import PAGES
from components.texts import text

SEEN: Mapping[str, str] = {
    "no_features": "series",
    "no_steps": "stack?return_sequences=false",
    "ids_with_an_axis": "explore?tab=shapes",
    "samples_in_input": "explore?tab=shapes",
    "other_features": "explore?tab=parameters",
    "repeat_vector": "stack?ending=RepeatVector(3)",
    "time_distributed": "stack?ending=TimeDistributed(Dense(3))&2.return_sequences=false",
    "targets": "stack?ending=Dense(3)",
    "class_targets": "stack?ending=Dense(3)",
    "ragged": "padding",
    "reshape": "series",
    "id_too_large": "explore?tab=shapes",
    "batch_input_shape": "carry?how=stateful",
    "input_shape": "series",
    "return_sequence": "explore?return_sequences=false",
    "merge_mode": "both_ways?merge_mode=sum",
    "set_weights_before": "explore?tab=parameters",
    "transposed": "explore?tab=torch",
    "one_bias": "explore?cell=GRU&tab=parameters",
    "use_cudnn": "explore?activation=relu&tab=parameters",
    "three_of_gru": "explore?cell=GRU",
    "two_of_lstm": "explore",
    "no_return_state": "explore?return_state=false",
    "everything": "stack?hand_on=everything",
    "states_in_a_list": "carry",
    "one_state": "carry",
    "outputs_as_state": "encoder_decoder",
    "four_states": "encoder_decoder?bidirectional=true",
    "two_states_both_ways": "both_ways",
    "other_units": "encoder_decoder",
    "other_batch": "carry",
    "stateful_any_batch": "carry?how=stateful",
    "stateful_other_batch": "carry?how=stateful",
    "reset_states": "carry?how=stateful&hand_over=false",
    "reset_to_values": "carry",
    "mask_of_features": "padding",
    "mask_of_steps": "padding",
    "short_mask": "padding",
    "mask_through_conv": "padding?pad.mask_zero=false",
    "id_below_zero": "explore?tab=shapes",
    "ids_as_numbers": "explore?embedding=false",
    "swapped_states": "encoder_decoder",
    "one_row": "carry",
    "mse": "stack?ending=Dense(3)",
    "mask_times": "padding?pad.mask_zero=false",
    "mask_and_states": "padding?pad.initial_state=true",
    "zeros_masked": "padding?source=pasted",
}
"""The page that draws what a mistake is about, for those that have one."""


class MistakesView(Linked):
    """Which mistake Keras makes."""

    mistake: Annotated[Literal[tuple(MISTAKES)], Place("mistakes")] = next(iter(MISTAKES))


def mistake_panel(name: str) -> None:
    """Why it is a mistake, its code and the mended code, and what became of both."""
    mistake = MISTAKES[name]
    why = st.container()
    st.caption(text("mistakes.given"))
    st.code(mistake.begins.rstrip(), wrap_lines=True)
    left, right = st.columns(2)
    with left.container(border=True, height="stretch"):
        _code("wrong", mistake.wrong)
        part("error")
        found = answered(lambda: answer(name))
        if found:
            _outcome(found.wrong, taken="orange")
    with right.container(border=True, height="stretch"):
        part("mended")
        _code("right", mistake.right)
        if found:
            _outcome(found.right, taken="green")
    why.markdown(text(f"mistakes.why.{name}"))
    if found:
        fact_list(facts(found), "mistakes_facts")
    _see(name)


def _code(which: str, code: str) -> None:
    st.markdown(f"**{text(f'mistakes.{which}')}**")
    st.code(code.strip(), wrap_lines=True)


def _outcome(outcome: Outcome, *, taken: str) -> None:
    """What became of a piece of code.

    Args:
        taken: the colour that says that Keras took it without a word.
    """
    said = outcome.error or outcome.warning
    name = "error" if outcome.error else "warning" if outcome.warning else "taken"
    colour = {"error": "red", "warning": "orange", "taken": taken}[name]
    shapes = ", ".join(map(str, outcome.shapes))
    result = text("mistakes.shape", shapes=shapes) if shapes else ""
    st.markdown(f":{colour}-badge[{text(f'mistakes.{name}')}] {result}")
    if said:
        st.code(said, language=None, wrap_lines=True)


def _see(name: str) -> None:
    """A link to the page that draws what the mistake is about."""
    if name not in SEEN:
        return
    link = urlsplit(SEEN[name])
    page = link.path
    st.page_link(
        f"app_pages/{page}.py",
        label=text("mistakes.see", page=text(f"pages.{page}.title")),
        icon=PAGES[page],
        query_params=parse_qs(link.query),
    )
