"""Attention: all h of a layer weighed, in place of the last one alone."""

from components import charts
from components.backend import Setup
from components.backend.origins.ahead import look_ahead
from components.backend.origins.weight_source import WeightSource
from components.backend.scripts.script import line
from components.backend.whatif import attention
from components.panels.ask.answered import answered
from components.panels.ask.complain import complain
from components.panels.ask.field_set import FieldSet, opened
from components.panels.draw.plot import drawn, plot
from components.panels.pairs import PairsView, pairs_box
from components.panels.parts.facts import fact_list
from components.panels.parts.sentence import checked_on
from components.panels.parts.weight_source import say_if_seeded
from components.panels.parts.whatif import code_box, colours_of, files, try_this, what_if
from components.panels.what_ifs.attention import (
    AttentionView,
    attention_widgets,
    torch_box,
    worked_out,
)
from components.texts import text

setup, start, view, trained = opened(
    "attention",
    FieldSet(Setup),
    FieldSet(WeightSource),
    FieldSet(AttentionView),
    FieldSet(PairsView, prefix="learned."),
)


def render() -> None:
    """All h, their scores and weights, and the context; the numbers of one step; and what attention
    learns."""
    settings, count = setup.value.settings, len(setup.value.settings.rows)
    looked = view.within(sentence=(1, count))
    question = view.question(attention.Question, settings=settings)
    attention_widgets(view, settings)
    complain()
    say_if_seeded(start)
    answer = answered(lambda: attention.answer(question))
    if answer is None:
        return
    sentence = looked.sentence - 1
    named = files("attention", settings, None, view)
    each = question.asks == "each"
    masked = f" {text('attention.note_masked')}" if question.masked else ""
    framed = text("attention.note_each" if each else "attention.note")
    note = f"{framed} {colours_of(settings.cell)}{masked}"
    shown = drawn(charts.attention, answer, sentence=sentence)
    plot(shown, key="attention", file=named("png"), note=note, code=line(question.model))
    if each:
        square = drawn(charts.attention_square, answer, sentence=sentence)
        named_square = files("attention", settings, None, view, chart="weights")
        plot(square, key="attention_square", file=named_square("png"))
    worked_out(answer, view, sentence=sentence)
    kind = "_each" if each else "_heads" if question.attention.score == "multi_head" else ""
    told = text(f"attention.told{kind}")
    facts = attention.facts(answer)
    fact_list(facts, "attention_facts", heading=checked_on(count), told=told)
    sharp = question.score == "scaled" and question.scale == 20
    try_this(
        "attention",
        lambda: view.put(score="scaled", scale=0.0 if sharp else 20.0),
        said=text("attention.try_back") if sharp else "",
    )
    look_ahead(
        setup.value, start.value, lambda near, _: attention.answer(question.but(settings=near))
    )
    code_box("attention", lambda: attention.script(question), named)
    torch_box(answer, files("attention", settings, None, view, chart="torch"))
    pairs_box(trained)


what_if("attention", render, setup, start, view, trained)
