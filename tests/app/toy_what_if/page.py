"""A sentence that ends earlier, and what that changes."""

from components.backend.origins.weight_source import WeightSource
from components.backend.scripts.script import line
from components.backend.whatif import shorter
from components.charts.shorter import shorter as shorter_chart
from components.panels.ask.answered import answered, show_failure
from components.panels.ask.field_set import FieldSet, opened
from components.panels.ask.widgets import widget
from components.panels.draw.plot import drawn, plot
from components.panels.parts.facts import fact_list
from components.panels.parts.weight_source import FittingSetup, chosen_weights
from components.panels.parts.whatif import code_box, files, note_of, try_this, what_if
from components.panels.run.compute import Failure

start = FieldSet(WeightSource)
setup, start, view = opened("shorter", FittingSetup(start), start, FieldSet(shorter.Choice))


def render() -> None:
    """The steps that are read."""
    settings = setup.value.settings
    widget(view, "read")
    question = view.question(shorter.Question, settings=settings)
    weights = chosen_weights(setup, start)
    if isinstance(weights, Failure):
        show_failure(weights)
        return
    answer = answered(lambda: shorter.answer(question, weights))
    if answer is None:
        return
    named, code = files("shorter", settings, weights, view), line(question.model)
    note = note_of("shorter", settings.cell)
    shown = drawn(shorter_chart, answer)
    plot(shown, key="shorter", file=named("png"), note=note, code=code)
    fact_list(shorter.facts(answer), "shorter_facts")
    try_this("shorter", lambda: view.put(read=1))
    code_box("shorter", lambda: shorter.script(question, weights), named)


what_if("shorter", render, setup, start, view)
