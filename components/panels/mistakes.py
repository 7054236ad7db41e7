"""A mistake beside the code that mends it, and what Keras says to both."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal
from urllib.parse import parse_qs, urlsplit

import streamlit as st

from components.backend.facts import Fact
from components.backend.linked import Linked, Place
from components.backend.mistakes import BEGINS, MISTAKES, Answer, Outcome, answer
from components.panels.facts import fact_list
from components.panels.page.compute import answered
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
    st.markdown(text(f"mistakes.why.{name}"))
    if found := answered(lambda: answer(name)):
        halves = ("wrong", mistake.wrong, found.wrong), ("right", mistake.right, found.right)
        for column, half in zip(st.columns(2), halves, strict=True):
            with column.container(border=True, height="stretch"):
                _half(*half)
        _apart(found)
    st.caption(text("mistakes.given"))
    st.code(f"{BEGINS}{mistake.given}".rstrip(), wrap_lines=True)
    _see(name)


def _half(which: str, code: str, outcome: Outcome) -> None:
    """A piece of code, and what became of it."""
    kind, colour = _kind(which, outcome)
    st.markdown(f"**{text(f'mistakes.{which}')}** :{colour}-badge[{text(f'mistakes.{kind}')}]")
    st.code(code, wrap_lines=True)
    if said := outcome.error or outcome.warning:
        st.code(said, language=None, wrap_lines=True)
    if outcome.shapes:
        st.markdown(text("mistakes.shape", shapes=", ".join(map(str, outcome.shapes))))


def _kind(which: str, outcome: Outcome) -> tuple[str, str]:
    """How a piece of code ended, by the text's name, and the colour that says so."""
    if outcome.error:
        return "error", "red"
    if outcome.warning:
        return "warning", "orange"
    return ("runs", "green") if which == "right" else ("silent", "orange")


def _apart(found: Answer) -> None:
    """That a silent mistake changes the numbers, and how far."""
    if found.apart is not None:
        same = found.wrong.shapes == found.right.shapes
        fact = Fact("apart", same and found.apart > 0, {"largest": found.apart})
        fact_list([fact], "mistakes_facts")


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
