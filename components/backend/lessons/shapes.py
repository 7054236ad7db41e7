"""Lesson: samples, steps, features and units are four sizes, each in a place of its own."""

from __future__ import annotations

from components.backend.lessons.question import (
    Draw,
    Page,
    Phrase,
    Question,
    equal,
    reach,
    right_of,
    true,
)
from components.backend.running.next_layer import next_layer
from components.backend.running.results import run

_TAB = {"tab": "shapes"}


def outputs(draw: Draw) -> Question:
    """Which shape do the outputs have?"""
    setup = draw.setup(
        cell=draw.cell(),
        units=draw(4, 2, 6, 9),
        embedding_dim=draw(3, 5, 7, 8),
        length=draw(10, *range(6, 13)),
        sentences=draw(2, 3, 4),
    )
    samples, steps, features, units = (
        getattr(setup, name) for name in ("sentences", "length", "embedding_dim", "units")
    )
    draw.need(len({samples, steps, features, units}) == 4)
    return Question(
        Page("explore", setup.to_query() | _TAB),
        equal(
            run(setup.settings).tensor("outputs").shape,
            units=(samples, steps, units),
            features=(samples, steps, features),
            units_first=(samples, units, steps),
            steps_first=(steps, samples, units),
        ),
        dict(setup),
    )


def state(draw: Draw) -> Question:
    """Which shape does state_h have after a change of one size?"""
    setup = draw.setup(
        cell=draw.cell("GRU"), units=draw(4, 2, 3, 6, 8), length=draw(10, *range(5, 13))
    )
    field = draw.turn("length", "units", "sentences")
    changed = setup.but(**{field: 2 * getattr(setup, field)})
    steps, units = setup.length, setup.units
    draw.need(len({units, 2 * units, steps, 2 * steps}) == 4)
    return Question(
        Page("compare", setup.to_query() | changed.to_query(prefix="b.", base=setup)),
        equal(
            run(changed.settings).tensor("state_h").shape,
            same=(1, units),
            wider=(1, 2 * units),
            samples=(2, units),
            steps=(1, changed.length),
        ),
        dict(setup) | {"change": Phrase(field)} | {f"more_{field}": getattr(changed, field)},
    )


def read(draw: Draw) -> Question:
    """How many features does the layer read at a step?"""
    embedding, phrase = draw.turn((True, "embedded"), (False, "bare"))
    setup = draw.setup(
        cell=draw.cell(),
        units=draw(8, 5),
        embedding=embedding,
        embedding_dim=draw(4, 2, 3, 6),
        input_scaling="unit",
        vocabulary_size=draw(100, 50, 200),
        length=draw(10, *range(7, 13)),
    )
    draw.need(setup.embedding_dim != setup.length)
    return Question(
        Page("explore", setup.to_query() | _TAB),
        equal(
            run(setup.settings).trace.inputs.shape[-1],
            one=1,
            embedding=setup.embedding_dim,
            steps=setup.length,
            vocabulary=setup.vocabulary_size,
        ),
        dict(setup) | {"how": Phrase(phrase)},
    )


def one_change(draw: Draw) -> Question:
    """Which change gives the outputs another shape?"""
    setup = draw.setup(
        cell=draw.cell(),
        units=draw(4, 3),
        embedding_dim=draw(2, 4),
        length=draw(10, 9, 11),
        sentences=draw(2, 1),
    )
    size = draw(8, 5, 6, 7)
    samples, steps, units = shape = run(setup.settings).tensor("outputs").shape
    target = draw.turn((samples, steps, size), (samples, size, units), (size, steps, units))
    fields = ("units", "length", "sentences", "embedding_dim")
    changed = {field: setup.but(**{field: size}) for field in fields}
    options = reach(
        lambda result: result.tensor("outputs").shape == target,
        **{field: run(each.settings) for field, each in changed.items()},
    )
    return Question(
        Page("explore", setup.to_query()),
        options,
        {"shape": str(shape), "target": str(target), "size": size},
        Page("explore", changed[right_of(options)].to_query()),
    )


def next_one(draw: Draw) -> Question:
    """What does the next layer make of the outputs?"""
    layer = draw.turn("Dense(5)", "LSTM(5)", "TimeDistributed(Dense(5))")
    setup = draw.setup(
        cell=draw.cell(),
        units=draw(4, 3, 8),
        length=draw(10, *range(6, 13)),
        return_sequences=draw(True, False),
        return_state=False,
    )
    shape, refused = next_layer(setup.settings, layer).outputs
    return Question(
        Page("explore", setup.to_query() | _TAB),
        true(
            sequence=shape == (None, setup.length, 5),
            vector=shape == (None, 5),
            refused=refused,
        ),
        dict(setup) | {"next": layer},
        Page("explore", setup.to_query() | _TAB | {"next_layer": layer}),
    )
