"""Padding: sentences of different lengths in one batch."""

from components import charts
from components.backend.origins.ahead import look_ahead
from components.backend.origins.weight_source import WeightSource
from components.backend.scripts.script import line
from components.backend.whatif import padding
from components.panels.ask.answered import answered, show_failure
from components.panels.ask.field_set import FieldSet, opened
from components.panels.draw.plot import drawn, plot
from components.panels.parts.facts import fact_list
from components.panels.parts.weight_source import FittingSetup
from components.panels.parts.whatif import code_box, files, try_this, what_if
from components.panels.run.compute import Failure
from components.panels.what_ifs.padding import (
    note,
    padding_widgets,
    warn_of_named_zero,
    weights_for,
)
from components.texts import text

start = FieldSet(WeightSource)
setup, start, view = opened(
    "padding", FittingSetup(start), start, FieldSet(padding.Choice, prefix="pad.")
)


def render() -> None:
    """The padded sentences, and which of their steps are masked."""
    settings = setup.value.settings
    question = view.question(padding.Question, settings=settings)
    padding_widgets(setup, view)
    weights = weights_for(question, setup, start)
    if isinstance(weights, Failure):
        show_failure(weights)
        return
    answer = answered(lambda: padding.answer(question, weights))
    if answer is None:
        return
    warn_of_named_zero(weights)
    shown = drawn(charts.padding, answer)
    named = files("padding", question.filled, weights, view)
    plot(shown, key="padding", file=named("png"), note=note(question), code=line(question.model))
    # The facts run Keras once more; the browser gets the picture before that.
    facts = answered(lambda: padding.facts(answer))
    if facts is not None:
        reads = answer.padding.any() and not question.masked
        told = text("padding.told_plain" if reads else "padding.told")
        fact_list(facts, "padding_facts", heading=text("what_if.facts"), told=told)
    try_this(
        "padding",
        lambda: view.put(
            mask_zero=True, initial_state=not view.value.initial_state, pass_mask=False
        ),
        said=text(f"padding.try{_offered(view.value)}"),
    )
    look_ahead(
        setup.value,
        start.value,
        lambda near, given: padding.facts(padding.answer(question.but(settings=near), given)),
    )
    code_box("padding", lambda: padding.script(question, weights), named)


def _offered(choice: padding.Choice) -> str:
    """Which sentence offers to pass initial_state, or to leave it out."""
    if choice.initial_state:
        return "_back"
    return "" if choice.mask_zero else "_mask"


what_if("padding", render, setup, start, view, sentence=False)
