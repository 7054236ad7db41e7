"""A lesson that the project does not have, of one question."""

from __future__ import annotations

from components.backend.lessons.question import Draw, Page, Question, equal
from components.backend.running.results import run


def how_many(draw: Draw) -> Question:
    """How many outputs are there of a sentence?"""
    setup = draw.setup(units=draw(4, 3, 6), length=draw(10, 7, 8))
    outputs = run(setup.settings).tensor("outputs")
    return Question(
        Page("explore", setup.to_query()),
        equal(outputs.shape[1], one=1, units=setup.units, steps=setup.length),
        {"length": setup.length},
    )
