"""Questions as people ask them, each a link to the page that shows its answer."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import NamedTuple
from urllib.parse import urlencode, urlsplit

from components.panels.page.address import FROM
from components.panels.page.find import find
from components.panels.page.html import inline
from components.panels.sidebar import TRAINED
from components.texts import text


class Leads(NamedTuple):
    """Where a question leads, and a text that is found there."""

    address: str  # of a page, without its leading slash
    shows: str  # the path of a text that the page shows then


def _trained(preset: str, page: str = "", **more: str) -> str:
    """The address of a page with a trained cell."""
    setup, start = TRAINED[preset]
    return f"{page}?{urlencode({**setup.to_query(), **start.to_query(), **more})}"


GROUPS: Mapping[str, Mapping[str, Leads]] = {
    "returned": {
        "return_sequences": Leads("?return_sequences=false", "facts.same_tensor_twice.claim"),
        "states": Leads("?tab=inside", "facts.last_output.claim"),
        "count": Leads("?cell=GRU", "facts.count_GRU.claim"),
        "every_c": Leads("?tab=inside", "inside.every_c"),
        "backwards": Leads("both_ways?go_backwards=true", "both_ways.go_backwards"),
    },
    "shapes": {
        "ndim": Leads(
            "stack?return_sequences=false", "stack_facts.layer_refused_return_sequences.claim"
        ),
        "features": Leads("?tab=shapes", "shapes.axes"),
        "samples": Leads("series", "series.inputs"),
        "reshape": Leads("series", "series.mistakes"),
        "embedding": Leads("?tab=shapes", "shapes.embedded"),
    },
    "cell": {
        "gates": Leads(f"{_trained('remembers', tab='inside')}#step=2", "diagram.LSTM.how"),
        "hold_gate": Leads("edit?edits=forget=1", "edit_facts.forget_1.claim"),
        "unbounded": Leads(_trained("counts", view="lines"), "facts.c_grows.claim"),
        "hard_sigmoid": Leads(
            "?recurrent_activation=hard_sigmoid_keras2&tab=inside", "sigma.hard_sigmoid_keras2"
        ),
        "parameters": Leads("?tab=parameters", "parameters.total"),
        "reset_after": Leads(
            "?cell=GRU&bias_initializer=glorot_uniform&tab=parameters",
            "parameters_facts.biases_act.claim",
        ),
    },
    "layers": {
        "stacking": Leads(
            "stack?return_sequences=false", "stack_facts.layer_refused_return_sequences.claim"
        ),
        "several": Leads(
            "stack?hand_on=everything", "stack_facts.layer_refused_return_state.claim"
        ),
        "dense": Leads(
            "stack?ending=TimeDistributed(Dense(3))", "stack_facts.ending_wrapped.claim"
        ),
        "both_outputs": Leads("both_ways", "both_ways_facts.last_step.claim"),
        "both_states": Leads("both_ways", "both_ways_facts.backward_first.claim"),
    },
    "masks": {
        "mask": Leads("padding", "padding_facts.repeats.claim"),
        "padding": Leads("padding?pad.mask_zero=false", "padding_facts.side_counts.claim"),
        "mask_lost": Leads("padding?pad.initial_state=true", "padding_facts.mask_dropped.claim"),
    },
    "states": {
        "initial_state": Leads("carry", "carry_facts.same_initial_state.claim"),
        "stateful": Leads("carry?how=stateful&source=random&sentences=3", "carry_facts.rows.claim"),
        "reset": Leads("carry?how=stateful&hand_over=false", "carry_facts.apart_stateful.claim"),
        "batch_size": Leads("carry?how=stateful", "carry_facts.fixed_batch.claim"),
        "encoder_decoder": Leads("encoder_decoder", "encoder_decoder_facts.passed.claim"),
        "state_order": Leads("encoder_decoder", "encoder_decoder_facts.order.claim"),
        "inference": Leads("encoder_decoder", "encoder_decoder_facts.loop.claim"),
        "both_encoder": Leads(
            "encoder_decoder?bidirectional=true", "encoder_decoder_facts.concatenated.claim"
        ),
    },
    "learning": {
        "learning": Leads("learn", "learn.title"),
        "vanishing": Leads("influence", "influence_facts.fallen.claim"),
        "remembers": Leads(_trained("remembers", "influence"), "influence_facts.kept_LSTM.claim"),
        "one_weight": Leads(
            _trained("remembers", "edit", edits="kernel.candidate.4.0=-2", lstm_block="candidate"),
            "edit_facts.one_own.claim",
        ),
    },
    "elsewhere": {
        "order": Leads("?tab=parameters", "parameters.intro"),
        "cudnn": Leads("?cell=GRU&reset_after=false&tab=parameters", "parameters.cudnn_no"),
        "pytorch": Leads("?tab=torch", "torch.transposed"),
    },
}


def questions() -> None:
    """All questions, with a field that finds those that have some words."""
    find(
        "".join(_group(name, entries) for name, entries in GROUPS.items()),
        label=text("questions.find"),
        placeholder=text("questions.placeholder"),
        none=text("questions.none"),
        key="questions",
    )


def _group(name: str, entries: Mapping[str, Leads]) -> str:
    items = "".join(_entry(entry, leads.address) for entry, leads in entries.items())
    return f"<section><h2>{text(f'questions.groups.{name}')}</h2><ul>{items}</ul></section>"


def link(name: str, address: str) -> str:
    """The link of a question, which has the page that it opens say what to look at."""
    page, query = urlsplit(address), {FROM: name}
    return page._replace(
        path=f"./{page.path}", query="&".join(filter(None, (page.query, urlencode(query))))
    ).geturl()


def _entry(name: str, address: str) -> str:
    """A question as HTML: a link, its answer, and what to look at; and words that find it too."""
    asked, also, answer, look_at = (
        text(f"questions.{name}.{part}") for part in ("asked", "also", "answer", "look_at")
    )
    href = escape(link(name, address))
    return (
        f'<li data-also="{escape(also)}"><a href="{href}">{inline(asked)}</a>'
        f"<p>{inline(answer)}</p><p>{text('questions.look_at', sentence=inline(look_at))}</p></li>"
    )
