"""How we write formulas and numbers, and templates in which the browser fills in the numbers.

A formula is written plainly, `tanh(x_t W_g + h_t-1 U_g)`, and set as HTML by `typeset`. In a
template, a slot stands for a number of the step and the unit that are looked at:

    {g.inputs}          the number in the array of that name
    {+g.bias}           the same with its sign, as a term of a sum: "+ 0.5" or "- 0.5"
    {(cell_before}      the same as a factor: in brackets if it is negative or has a power
    {x[3]}              index 3 of an array with an axis "k"
    {x[3]*g.kernel[3]}  the product of two numbers

`numbers.js` fills them in; `fill` does the same in Python.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import ROUND_HALF_UP, Context
from functools import partial
from typing import NamedTuple

import numpy as np

_ARRAY = r"[a-z_.]+(?:\[\d+\])?"
_SLOT = re.compile(rf"\{{(?P<how>[+(]?)(?P<one>{_ARRAY})(?:\*(?P<other>{_ARRAY}))?\}}")
_SYMBOL = re.compile(
    rf"(?P<slot>{_SLOT.pattern.replace('?P<', '?P<_')})|tanh|10\^(?P<power>-?\d+)"
    r"|(?P<name>[a-zA-Z]'?)(?:_(?P<index>t-1|[a-z]))?"
)
_FOUR_DIGITS = Context(prec=4, rounding=ROUND_HALF_UP)  # halves go up, as in the browser


class Numbers(NamedTuple):
    """An array that a template can name."""

    axes: str  # what each axis of values counts: "s" steps, "u" units, "k" the slot's index
    values: np.ndarray  # numbers, or texts, which are HTML and written as they are

    def at(self, step: int, unit: int, index: int = 0) -> np.float32 | str:
        """The value at a step, from 1, a unit, from 0, and the slot's index."""
        places = {"s": step - 1, "u": unit, "k": index}
        return self.values[tuple(places[axis] for axis in self.axes)]


def digits(value: float) -> str:
    """A number to four significant digits; a very large or small one as 1.5·10^-5."""
    rounded = float(_FOUR_DIGITS.create_decimal(float(value)))
    text = f"{rounded + 0.0:.4g}"  # a zero has no sign
    if "e" not in text:
        return text
    mantissa, exponent = text.split("e")
    return f"{mantissa}·10^{int(exponent)}"


def typeset(plain: str) -> str:
    """The plain notation as HTML: symbols in italics, subscripts, powers, and a true minus sign.
    Slots stay as they are."""

    def symbol(found: re.Match[str]) -> str:
        if found["power"]:
            return f"10<sup>{found['power']}</sup>"
        if not found["name"]:
            return found[0]
        index = f"<sub>{found['index']}</sub>" if found["index"] else ""
        return f"<i>{found['name']}</i>{index}"

    return _SYMBOL.sub(symbol, plain).replace("-", "\N{MINUS SIGN}")


def named(template: str) -> set[str]:
    """The names of the arrays that a template's slots read."""
    slots = _SLOT.finditer(template)
    return {name.partition("[")[0] for slot in slots for name in slot.group("one", "other") if name}


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

    return _SLOT.sub(number, template)


def _read(arrays: Mapping[str, Numbers], step: int, unit: int, slot: str) -> np.float32 | str:
    name, _, index = slot.rstrip("]").partition("[")
    return arrays[name].at(step, unit, int(index or 0))


def _written(set_as: Callable[[str], str], how: str, value: np.float32 | str) -> str:
    if isinstance(value, str):
        return value
    if how == "+":
        return f"{set_as('-' if value < 0 else '+')} {set_as(digits(abs(value)))}"
    plain = digits(value)
    in_brackets = how == "(" and (value < 0 or "^" in plain)
    return f"({set_as(plain)})" if in_brackets else set_as(plain)
