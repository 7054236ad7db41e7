"""The page that each question people ask leads to, with everything set."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode

from components.backend.learning.tasks import another_star
from components.backend.origins.presets import TRAINED
from components.backend.question.sentences import values_text
from components.panels.ask.entries import FED_BACK, MOSTLY_PADDING


def _trained(preset: str, page: str = "", **more: str) -> str:
    """The address of a page with a trained cell."""
    setup, start = TRAINED[preset]
    return f"{page}?{urlencode({**setup.to_query(), **start.to_query(), **more})}"


def _replaced(preset: str) -> dict[str, str]:
    """Have the page that says which step mattered replace the starred letter by another one."""
    step, other = another_star(TRAINED[preset][0].settings.tokens[0])
    return {"changed_step": str(step), "token": str(other)}


_ZEROS = (
    ((0.1, 0.4), (0.5, 0.0), (0.0, 0.7), (0.9, 0.2), (0.0, -0.3)),
    ((-0.6, 0.3), (0.0, 0.8)),
)
"""Two series, some of whose steps have one 0; in the padding both numbers are 0."""

_PADDED = urlencode({"source": "typed", "tokens": "4, 21, 64, 13, 0, 0", "mask_zero": "true"})

GROUPS: Mapping[str, Mapping[str, str]] = {
    "returned": {
        "return_sequences": "?return_sequences=false",
        "which_flags": "?return_sequences=true&return_state=true",
        "states": "?tab=inside&step=10",
        "count": "?return_sequences=true",
        "every_c": "?tab=inside&box=inside_every_c",
        "backwards": "?go_backwards=true",
    },
    "shapes": {
        "features": "?tab=shapes",
        "units": "?units=12&tab=parameters",
        "one_step": "series?window=1",
        "samples": "series",
        "targets": "series",
        "reshape": "series",
        "forecast": "series?kind=walk&rows=200&seed=28",
        "flat": "series?kind=noise&rows=200",
        "same_class": f"padding?{urlencode(MOSTLY_PADDING)}",
        "embedding": "?tab=shapes",
    },
    "cell": {
        "gates": _trained("toggles", tab="inside", step="5", unit="1"),  # its forget gate shuts
        "two_states": "?tab=inside&step=1",
        "hold_gate": "edit?edits=forget=1",
        "forget_bias": "edit?edits=forget_bias=0&grid=bias&lstm_block=forget",
        "unbounded": _trained("counts", view="lines"),
        "relu": "?activation=relu&units=16&recurrent_initializer=constant&source=random&length=20"
        "&view=lines",
        "hard_sigmoid": "compare?recurrent_activation=hard_sigmoid_keras2"
        "&b.recurrent_activation=sigmoid&c.recurrent_activation=hard_sigmoid&box=compare_curves",
        "parameters": "?tab=parameters",
        "reset_after": "?cell=GRU&bias_initializer=glorot_uniform&tab=parameters",
    },
    "layers": {
        "stacking": "stack?return_sequences=false",
        "stack_states": "stack?2.return_state=true",
        "stack_initial": "stack?hand_on=outputs&initial_state=true&return_state=true"
        "&2.initial_state=true&2.return_state=true&box=stack_code",
        "dense": "stack?ending=TimeDistributed(Dense(3))",
        "many": "stack?ending=Dense(3)",
        "flatten": "stack?ending=Flatten(), Dense(3)",
        "repeat": "stack?return_sequences=false&2.repeat_vector=true&2.return_sequences=true"
        "&ending=Dense(3)",
        "attention": "attention?score=scaled&scale=20",
        "attention_classifier": "attention",
        "self_attention": "attention?asks=each&score=scaled&scale=20&causal=true",
        "both_outputs": "both_ways",
        "both_states": "both_ways",
    },
    "masks": {
        "mask": "padding",
        "masking": f"padding?{urlencode({'source': 'pasted', 'pad.series': values_text(_ZEROS)})}",
        "padding": "padding?pad.mask_zero=false",
        "lengths": "padding",
        "both_masked": f"both_ways?{_PADDED}",
        "mask_up": f"stack?{_PADDED}",
        "mask_lost": "padding?pad.initial_state=true",
    },
    "states": {
        "initial_state": "calls?how=initial_state",
        "stateful": "calls?how=stateful&source=random&sentences=3",
        "same_x": "calls?reads=again",
        "reset": "calls?how=stateful&hand_over=false",
        "epochs": "calls?how=stateful&source=random&sentences=3",
        "batch_size": "calls?how=stateful&source=random&sentences=3",
        "encoder_decoder": "encoder_decoder?return_sequences=false",
        "state_order": "encoder_decoder",
        "inference": "encoder_decoder",
        "fed_back": FED_BACK,
        "asking_decoder": "encoder_decoder?attention=true&score=scaled&scale=20",
        "both_encoder": "encoder_decoder?bidirectional=true",
    },
    "learning": {
        "why_gates": "learn?learn.race=true",
        "learning": "learn",
        "vanishing": "influence?source=random&length=100",
        "early_words": "influence?source=random&length=100",
        "remembers": _trained("remembers", "influence"),
        "which_step": _trained("remembers", "influence", **_replaced("remembers")),
        "one_weight": _trained(
            "remembers", "edit", edits="kernel.candidate.4.0=-2", lstm_block="candidate"
        ),
        "dropout": "?dropout=0.5&recurrent_dropout=0.5",
    },
    "elsewhere": {
        "order": "?tab=parameters",
        "cudnn": "?cell=GRU&reset_after=false&tab=parameters",
        "slow_dropout": "?recurrent_dropout=0.5&tab=parameters",
        "pytorch": "?tab=torch",
        "own_model": "model",
        "which_word": "model",
    },
}
"""Where each question leads: the address of a page, without its leading slash."""

PAGES_OF: Mapping[str, str] = {
    name: address for group in GROUPS.values() for name, address in group.items()
}
"""The same, without the groups."""
