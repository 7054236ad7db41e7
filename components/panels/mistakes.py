"""A mistake beside the code that mends it, and what Keras says to both."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal
from urllib.parse import parse_qs, urlsplit

import streamlit as st

from components.backend.linked import Linked, Place
from components.backend.mistakes import GROUPS, MISTAKES, Outcome, answer, facts
from components.panels.facts import fact_list
from components.panels.page.asked import Asked
from components.panels.page.compute import answered
from components.panels.page.part import part
from components.panels.page.widgets import showing, widget
from components.panels.pages import PAGES
from components.texts import numeral, text

SEEN: Mapping[str, str] = {
    "no_features": "series?from=samples",
    "no_steps": "stack?return_sequences=false&from=stacking",
    "ids_with_an_axis": "explore?tab=shapes&from=embedding",
    "samples_in_input": "series?from=samples",
    "other_features": "explore?tab=parameters&from=parameters",
    "repeat_vector": "stack?ending=RepeatVector(3)&2.return_sequences=false&from=repeat",
    "time_distributed": "stack?ending=TimeDistributed(Dense(3))&from=dense",
    "targets": "stack?ending=Dense(3)&from=many",
    "class_targets": "stack?ending=Dense(3)&from=many",
    "ragged": "padding?from=lengths",
    "reshape": "series?from=reshape",
    "id_too_large": "explore?tab=shapes&from=embedding",
    "batch_input_shape": "carry?how=stateful&from=batch_size",
    "return_sequence": "explore?return_sequences=false&from=return_sequences",
    "merge_mode": "both_ways?from=both_outputs",
    "set_weights_before": "explore?tab=parameters&from=order",
    "transposed": "explore?tab=torch&from=pytorch",
    "one_bias": "explore?cell=GRU&bias_initializer=glorot_uniform&tab=parameters&from=reset_after",
    "use_cudnn": "explore?cell=GRU&reset_after=false&tab=parameters&from=cudnn",
    "three_of_gru": "explore?cell=GRU&from=count",
    "two_of_lstm": "explore?from=count",
    "no_return_state": "explore?return_state=false&from=count",
    "everything": "stack?hand_on=everything",
    "states_in_a_list": "carry?from=initial_state",
    "one_state": "carry?from=initial_state",
    "outputs_as_state": "encoder_decoder?from=encoder_decoder",
    "four_states": "encoder_decoder?bidirectional=true&from=both_encoder",
    "two_states_both_ways": "both_ways?from=both_states",
    "other_units": "carry?from=initial_state",
    "other_batch": "carry?from=initial_state",
    "stateful_any_batch": "carry?how=stateful&from=batch_size",
    "stateful_other_batch": "carry?how=stateful&from=batch_size",
    "stateful_last_batch": "carry?how=stateful&from=batch_size",
    "reset_states": "carry?how=stateful&hand_over=false&from=reset",
    "reset_to_values": "carry?from=initial_state",
    "mask_of_features": "padding?from=mask",
    "mask_of_steps": "padding?from=mask",
    "short_mask": "padding?from=mask",
    "mask_through_conv": "padding?pad.initial_state=true&from=mask_lost",
    "ids_as_numbers": "explore?embedding=false",
    "swapped_states": "encoder_decoder?from=state_order",
    "one_row": "carry?from=initial_state",
    "mse": "stack?ending=Dense(3)&from=many",
    "last_batch_of_one": "carry?how=stateful&from=batch_size",
    "relu": "explore?activation=relu&units=16&recurrent_initializer=constant&source=random"
    "&length=20&view=lines&from=relu",
    "mask_times": "padding?pad.initial_state=true&from=mask_lost",
    "mask_and_states": "padding?pad.initial_state=true&from=mask_lost",
    "zeros_masked": "padding?source=pasted&from=masking",
    "id_below_zero": "explore?tab=shapes&from=embedding",
}
"""The page that draws what a mistake is about, for those that have one; most as the answer to a
question of the page Questions."""


class MistakesView(Linked):
    """Which mistake Keras makes."""

    mistake: Annotated[Literal[tuple(MISTAKES)], Place("mistakes")] = next(iter(MISTAKES))


def look() -> None:
    """What there is to see, and where to find a mistake by its error."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(text("mistakes.look"), width="content")
        st.page_link("app_pages/questions.py", label=text("mistakes.find"), icon=PAGES["questions"])


def choose(view: Asked[MistakesView]) -> None:
    """Which group of mistakes, and which of it."""
    group = next(name for name, group in GROUPS.items() if view.value.mistake in group)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.segmented_control(
            text("mistakes.group"),
            options=list(GROUPS),
            format_func=lambda name: text(f"mistakes.groups.{name}"),
            required=True,
            **showing("mistake_group", group, lambda chosen: _open(view, chosen), "default"),
        )
        widget(view, "mistake", only=list(GROUPS[group]))


def _open(view: Asked[MistakesView], group: str) -> None:
    view.put(mistake=next(iter(GROUPS[group])))


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
    st.markdown(f":{colour}-badge[{text(f'mistakes.{name}')}] {_result(outcome)}")
    if said:
        st.code(said, language=None, wrap_lines=True)


def _result(outcome: Outcome) -> str:
    """The shape of the result, and its last numbers if they can be compared."""
    numbers = ", ".join(numeral(each, ".3f") for each in outcome.last)
    if numbers and outcome.shapes == ((),):
        return text("mistakes.number", numbers=numbers)
    shapes = ", ".join(map(str, outcome.shapes))
    shape = text("mistakes.shape", shapes=shapes) if shapes else ""
    return shape + (text("mistakes.last", numbers=numbers) if numbers else "")


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
