"""Numbers and templates are written in the browser as Python writes them."""

from __future__ import annotations

import random
import struct

import numpy as np
import pytest
from playwright.sync_api import Page

from components.panels.draw.follow_step import sheet_data
from components.panels.run import scripts
from components.panels.write.notation import Numbers, typeset
from tests.notation import digits, fill


@pytest.fixture
def page(page: Page) -> Page:
    """A page with this module alone, as `numbers`."""
    page.goto("/_stcore/health")
    load = "async (address) => { window.numbers = await import(address) }"
    page.evaluate(load, scripts.address("draw/numbers.js"))
    return page


def numbers() -> list[float]:
    """Numbers of every size and sign, and those that lie halfway between two of four digits."""
    chance = random.Random(0)
    bits = [chance.getrandbits(32) for _ in range(4_000)]
    every = [struct.unpack("f", struct.pack("I", each))[0] for each in bits]
    near = [chance.choice((1, -1)) * 10 ** chance.uniform(-7, 6) for _ in range(4_000)]
    halves = [sign * n / 2**k for k in range(14) for n in range(1, 400, 7) for sign in (1, -1)]
    ends = [0.0, -0.0, 1.0, 9999.4, 9999.5, 0.00099995, 9.9995e-5, 1e-4, 12345.0, 1e100]
    found = [*every, *(float(np.float32(each)) for each in near), *halves, *ends]
    return [number for number in found if np.isfinite(number)]


def test_numbers_are_written_alike(page: Page) -> None:
    found = numbers()
    said = page.evaluate("(found) => found.map(numbers.numeral)", found)
    assert len(said) > 8_000
    wrong = [
        (number, one, other)
        for number, one in zip(found, said, strict=True)
        if one != (other := typeset(digits(number)))
    ]
    assert not wrong, wrong[:5]


def test_templates_are_filled_alike(page: Page) -> None:
    chance = np.random.default_rng(0)
    arrays = {
        "step": Numbers("s", np.arange(1, 4)),
        "unit": Numbers("u", np.arange(5)),
        "token": Numbers("s", np.array(["4", "&lt;b&gt;", "on"])),
        "g.inputs": Numbers("su", chance.normal(size=(3, 5)).astype("float32")),
        "g.kernel": Numbers("ku", chance.normal(size=(2, 5)).astype("float32") * 1e-5),
        "x": Numbers("sk", chance.normal(size=(3, 2)).astype("float32")),
        "bias": Numbers("u", chance.normal(size=5).astype("float32")),
    }
    template = (
        "<p>{step} {token} {unit}: {g.inputs} {+bias} {+g.inputs} · {(bias} · {(g.kernel[1]}"
        " = {x[1]*g.kernel[0]} {+x[0]*g.kernel[1]}</p>"
    )
    fills = """(sheet) => {
        const pieces = numbers.piecesOf(sheet)
        return [1, 2, 3].flatMap((step) =>
            [0, 1, 2, 3, 4].map((unit) => numbers.filled(pieces, step, unit)))
    }"""
    assert page.evaluate(fills, sheet_data(template, arrays)) == [
        fill(template, arrays, step=step, unit=unit, html=True)
        for step in (1, 2, 3)
        for unit in range(5)
    ]
