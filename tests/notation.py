"""What `numbers.js` fills into a template, worked out in Python."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import ROUND_HALF_UP, Context
from functools import partial

import numpy as np

from components.panels.write.notation import SLOT, Numbers, typeset

_FOUR_DIGITS = Context(prec=4, rounding=ROUND_HALF_UP)  # halves go up, as in the browser


def at(numbers: Numbers, step: int, unit: int, index: int = 0) -> np.float32 | str:
    """The value at a step, from 1, a unit, from 0, and a slot's index."""
    places = {"s": step - 1, "u": unit, "k": index}
    return numbers.values[tuple(places[axis] for axis in numbers.axes)]


def digits(value: float) -> str:
    """A number to four significant digits; a very large or small one as 1.5·10^-5."""
    rounded = float(_FOUR_DIGITS.create_decimal(float(value)))
    text = f"{rounded + 0.0:.4g}"  # a zero has no sign
    if "e" not in text:
        return text
    mantissa, exponent = text.split("e")
    return f"{mantissa}·10^{int(exponent)}"


def fill(
    template: str,
    arrays: Mapping[str, Numbers],
    *,
    step: int,
    unit: int,
    html: bool = False,
) -> str:
    """A template with the numbers of a step (from 1) and a unit (from 0), as the browser shows it.

    Args:
        html: whether the template is HTML; then so are the numbers.
    """
    write = partial(_written, typeset if html else str)
    read = partial(_read, arrays, step, unit)

    def number(slot: re.Match[str]) -> str:
        value = read(slot["one"])
        return write(slot["how"], value * read(slot["other"]) if slot["other"] else value)

    return SLOT.sub(number, template)


def _read(arrays: Mapping[str, Numbers], step: int, unit: int, slot: str) -> np.float32 | str:
    name, _, index = slot.rstrip("]").partition("[")
    return at(arrays[name], step, unit, int(index or 0))


def _written(set_as: Callable[[str], str], how: str, value: np.float32 | str) -> str:
    if isinstance(value, str):
        return value
    if how == "+":
        return f"{set_as('-' if value < 0 else '+')} {set_as(digits(abs(value)))}"
    plain = digits(value)
    in_brackets = how == "(" and (value < 0 or "^" in plain)
    return f"({set_as(plain)})" if in_brackets else set_as(plain)
