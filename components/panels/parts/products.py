"""A table of all products and sums of one step and one unit."""

from __future__ import annotations

from collections.abc import Iterator

from components.backend import Settings
from components.backend.cells import CELLS
from components.backend.question.layout import BLOCKS, SYMBOLS, features
from components.panels.write.notation import typeset
from components.texts import text


def products(settings: Settings) -> str:
    """An HTML template: every value, with its weight and their product in each block, and the sums.

    A block that reads h times the reset gate, or without what is dropped, has a column for that.
    """
    body = "".join(_rows(settings))
    alt = text("inside.products")
    note = text("inside.products_of", step="{step}", token="{token}", unit="{unit}")
    table = f"<table><caption>{note}</caption>{_head(settings)}<tbody>{body}</tbody></table>"
    return f'<div class="rnn-products" tabindex="0" role="region" aria-label="{alt}">{table}</div>'


def _head(settings: Settings) -> str:
    """Two rows of headings: the blocks, and the columns of each."""
    above, below = "<td></td><td></td>", f"<td></td>{_heading(text('inside.value'))}"
    for name in BLOCKS[settings.cell]:
        columns = [text("inside.weight"), text("inside.product")]
        if _reads_other(name, settings):
            columns.insert(0, _reading(name, settings))
        symbol = f" {typeset(SYMBOLS[name])}" if name in SYMBOLS else ""
        title = f"{text(f'gates.{name}.name')}{symbol}"
        above += f'<th scope="colgroup" colspan="{len(columns)}">{title}</th>'
        below += "".join(map(_heading, columns))
    return f"<thead><tr>{above}</tr><tr>{below}</tr></thead>"


def _reading(block: str, settings: Settings) -> str:
    """In words, what a block reads in place of the value."""
    symbol = SYMBOLS[CELLS[settings.cell].reset_gate] if _gated(block, settings) else ""
    value = text("inside.gated", symbol=symbol) if symbol else text("inside.value")
    return text("inside.left", value=value) if settings.drops else value


def _heading(label: str) -> str:
    return f'<th scope="col">{label}</th>'


def _rows(settings: Settings) -> Iterator[str]:
    """Rows for the inputs' products and sums, those of the state before, the biases, the totals."""
    for index in range(features(settings)):
        name = f"{typeset('x_t')} {text('inside.feature_index', index=index)}"
        yield _product(name, f"x[{index}]", f"kernel[{index}]", settings)
    yield _sum(typeset("x_t W"), "inputs", settings)
    for index in range(settings.units):
        name = f"{typeset('h_t-1')} {text('inside.unit_index', index=index)}"
        yield _product(name, f"h[{index}]", f"recurrent_kernel[{index}]", settings)
    yield _sum(typeset("h_t-1 U"), "recurrent", settings)
    if settings.use_bias:
        yield _sum(typeset("b"), "bias", settings, kind="bias")
    if settings.use_bias and settings.reset_timing == "after":
        yield _sum(typeset("b'"), "recurrent_bias", settings, kind="bias")
        yield _sum(typeset("x_t W + b"), "inputs_and_bias", settings)
        yield _sum(typeset("h_t-1 U + b'"), "recurrent_and_bias", settings)
    if CELLS[settings.cell].added:
        yield _sum(text("inside.added"), "added", settings)
    yield _sum(text("inside.sum"), "total", settings, kind="total")


def _product(name: str, value: str, weight: str, settings: Settings) -> str:
    """A row for one number, with its weight and their product in each block."""
    cells = [_cell(value)]
    for block in BLOCKS[settings.cell]:
        factor = value
        if _reads_other(block, settings):
            other = settings.drops or value.startswith("h[")
            factor = f"{block}.{value}" if other else value
            cells.append(_cell(factor) if other else "<td></td>")
        cells += [_cell(f"{block}.{weight}"), _cell(f"{factor}*{block}.{weight}")]
    return f'<tr><th scope="row">{name}</th>{"".join(cells)}</tr>'


def _sum(name: str, term: str, settings: Settings, *, kind: str = "sum") -> str:
    """A row with one number for each block, in the column of its products."""
    cells = "<td></td>"
    for block in BLOCKS[settings.cell]:
        span = 2 if _reads_other(block, settings) else 1
        cells += f'<td colspan="{span}"></td>{_cell(f"{block}.{term}")}'
    return f'<tr class="rnn-{kind}"><th scope="row">{name}</th>{cells}</tr>'


def _reads_other(block: str, settings: Settings) -> bool:
    """Whether a block may read something else than x and h themselves."""
    return settings.drops or _gated(block, settings)


def _gated(block: str, settings: Settings) -> bool:
    """Whether a block takes h times the gate that resets it in place of h."""
    return block == "candidate" and settings.reset_timing == "before"


def _cell(number: str) -> str:
    return f"<td>{{{number}}}</td>"
