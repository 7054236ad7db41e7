"""Stacking: layers on top of each other, the shapes between them, and the layer that Keras
refuses."""

from components import charts
from components.backend import Setup
from components.backend.origins.ahead import look_ahead
from components.backend.origins.weight_source import WeightSource
from components.backend.scripts.script import line
from components.backend.whatif import stack
from components.backend.whatif.stack import MOST_LAYERS, Above, Wrapped
from components.panels.ask.answered import answered
from components.panels.ask.complain import complain
from components.panels.ask.field_set import FieldSet, opened
from components.panels.draw.plot import drawn, plot
from components.panels.parts.facts import fact_list
from components.panels.parts.sentence import checked_on
from components.panels.parts.weight_source import say_if_seeded
from components.panels.parts.whatif import (
    code_box,
    files,
    note_of,
    offer_zeros,
    try_this,
    what_if,
)
from components.panels.what_ifs.stack import (
    StackView,
    joints,
    layer_row,
    refusals,
    ribbon,
)
from components.texts import text

numbers = range(2, MOST_LAYERS + 1)
setup, start, view, wrapped, *above = opened(
    "stack",
    FieldSet(Setup),
    FieldSet(WeightSource),
    FieldSet(StackView),
    FieldSet(Wrapped),
    *(FieldSet(Above, prefix=f"{number}.") for number in numbers),
)


def render() -> None:
    """The layers that Keras could call, a strip each."""
    settings, count = setup.value.settings, len(setup.value.settings.rows)
    looked = view.within(sentence=(1, count))
    joints(view, wrapped, count)
    for number, each in zip(numbers[: looked.layers - 1], above, strict=False):
        layer_row(number, each)
    complain()
    offer_zeros("stack", setup, view.value.mask_zero or view.value.pass_mask)
    layers = tuple(each.value for each in above[: looked.layers - 1])
    given = {"first": settings, "above": layers, **dict(wrapped.value)}
    question = view.question(stack.Question, **given)
    say_if_seeded(start)
    answer = answered(lambda: stack.answer(question))
    if answer is None:
        return
    code = line(question.model)
    ribbon(answer, code)
    shown = drawn(charts.stack, answer, sentence=looked.sentence - 1)
    facts = stack.facts(answer)
    refused = [fact for fact in facts if "refused" in fact.name]
    refusals(answer, refused, (setup, *above), (wrapped, *above))
    own = (wrapped, view, *above[: looked.layers - 1])
    cells = (settings.cell, *(each.cell for each in question.above))
    named = files("stack", settings, None, *own)
    plot(shown, key="stack", file=named("png"), note=note_of("stack", *cells), code=code)
    others = (fact for fact in facts if fact not in refused)
    fact_list(others, "stack_facts", heading=checked_on(count), told=text("stack.told"))
    try_this("stack", lambda: setup.put(return_sequences=not setup.value.return_sequences))
    look_ahead(setup.value, start.value, lambda near, _: stack.answer(question.but(first=near)))
    code_box("stack", lambda: stack.script(question), named)


what_if("stack", render, setup, start, view, wrapped, *above)
