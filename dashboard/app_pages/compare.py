"""Compare: a layer beside layers that differ from it in a few settings, with the same
seed."""

from functools import partial

from components.backend.origins.ahead import look_ahead
from components.backend.origins.weight_source import WeightSource
from components.backend.running.model import plain
from components.backend.scripts.code import file_name
from components.backend.scripts.script import compared, line
from components.charts import compare
from components.panels.ask.answered import answered, show_failure
from components.panels.ask.field_set import FieldSet, opened
from components.panels.ask.relative import Relative
from components.panels.draw.plot import drawn, plot
from components.panels.parts.curves import curves_box
from components.panels.parts.sentence import sentence_widget
from components.panels.parts.weight_source import FittingSetup, chosen_weights
from components.panels.parts.whatif import code_box, try_this, what_if
from components.panels.run.compute import Failure
from components.panels.what_ifs.compare import (
    CompareView,
    beside,
    differences,
    fact_lists,
    note_of,
    other_cell,
    ready_pairs,
    run_each,
    side_by_side,
)
from components.panels.write.containers import kept_place, remark
from components.texts import text

start = FieldSet(WeightSource)
setup = FittingSetup(start)
b = Relative(setup, prefix="b.", otherwise=other_cell)
c = Relative(setup, prefix="c.")
view = FieldSet(CompareView)
opened("compare", setup, start, b, c, view)


def render() -> None:
    """A, B and the difference between them."""
    ready_pairs(setup, (b, c))
    others = {"B": b} | ({"C": c} if c.names else {})
    for name, other in others.items():
        differences(name, other)
    count = min(len(each.value.settings.rows) for each in (setup, *others.values()))
    looked = view.within(sentence=(1, count))
    weights = chosen_weights(setup, start)
    if isinstance(weights, Failure):
        show_failure(weights)
        return
    settings = {"A": setup.value.settings}
    settings |= {name: other.value.settings for name, other in others.items()}
    answer = answered(lambda: run_each(start.value, settings))
    if answer is None:
        return
    runs, fitting = answer
    with kept_place():
        sentence_widget(view, count)
    trained = tuple(start.value.fitting(each).training(each) for each in settings.values())
    shown = drawn(compare, *runs.values(), sentence=looked.sentence - 1, trained=trained)
    named = partial(file_name, settings["A"], weights=weights, what="compared")
    code = ", ".join(f"{name}: {line(plain(each))}" for name, each in settings.items())
    plot(shown, key="compare", file=named("png"), note=note_of(runs), code=code)
    remark("" if b.differences else text("compare.nothing"))
    with kept_place():
        if len({each.recurrent_activation for each in settings.values()}) > 1:
            curves_box("compare")
    with kept_place():
        fact_lists(runs, others, count)
    try_this("compare", lambda: b.differ(return_sequences=not setup.value.return_sequences))
    side_by_side(runs)
    look_ahead(setup.value, start.value, beside(start.value, settings))
    code_box(
        "compare",
        lambda: compared(*((settings[name], fitting[name]) for name in settings)),
        named,
    )


what_if("compare", render, setup, start, view)
