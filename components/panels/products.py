"""The products behind the sums of one step of one unit, as a table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from components.backend import Settings
from components.backend.layout import SYMBOLS
from components.backend.worksheet import Term, Worksheet
from components.panels.equations import digits, typeset
from components.texts import text


def products(settings: Settings, sheet: Worksheet) -> str:
    """Every value, its weight and their product in each block, and the sums, as HTML.

    A block whose values are first multiplied by the reset gate has a column for that.
    """
    body = "".join(_rows(settings, sheet))
    alt = text("inside.products")
    table = f'<table aria-label="{alt}">{_head(sheet)}<tbody>{body}</tbody></table>'
    return f'<div class="rnn-products" tabindex="0" role="region" aria-label="{alt}">{table}</div>'


def _head(sheet: Worksheet) -> str:
    """Two rows: the blocks, and below each what its columns hold."""
    above, below = "<td></td><td></td>", f"<td></td>{_heading(text('inside.value'))}"
    for name in sheet.blocks:
        columns = ["weight", "product"]
        if _gated(name, sheet.terms):
            columns.insert(0, "gated")
        symbol = f" {typeset(SYMBOLS[name])}" if name in SYMBOLS else ""
        title = f"{text(f'gates.{name}')}{symbol}"
        above += f'<th scope="colgroup" colspan="{len(columns)}">{title}</th>'
        below += "".join(_heading(text(f"inside.{column}")) for column in columns)
    return f"<thead><tr>{above}</tr><tr>{below}</tr></thead>"


def _heading(said: str) -> str:
    return f'<th scope="col">{said}</th>'


def _rows(settings: Settings, sheet: Worksheet) -> Iterator[str]:
    """The products of what is read, their sums; those of the state before; biases; the totals."""
    blocks = sheet.blocks.values()
    twice = settings.resets == "after" and settings.use_bias
    for kind, part, name in (("x", "inputs", "x_t W"), ("h", "recurrent", "h_t-1 U")):
        for term in sheet.terms:
            if term.kind == kind:
                yield _product(term, sheet)
        yield _sum(typeset(name), (getattr(block, part) for block in blocks), sheet)
    if settings.use_bias:
        yield _sum(typeset("b"), (block.bias for block in blocks), sheet, kind="bias")
    if twice:
        yield _sum(typeset("b'"), (block.recurrent_bias for block in blocks), sheet, kind="bias")
        yield _sum(typeset("x_t W + b"), (b.inputs + b.bias for b in blocks), sheet)
        apart = (b.recurrent + b.recurrent_bias for b in blocks)
        yield _sum(typeset("h_t-1 U + b'"), apart, sheet)
    yield _sum(text("inside.sum"), (block.total for block in blocks), sheet, kind="total")


def _product(term: Term, sheet: Worksheet) -> str:
    symbol, place = {"x": ("x_t", "feature"), "h": ("h_t-1", "unit")}[term.kind]
    name = f"{typeset(symbol)} {text(f'inside.{place}_index', index=term.index)}"
    cells = [_number(term.value)]
    for block, weight, product in zip(sheet.blocks, term.weights, term.products, strict=True):
        if _gated(block, sheet.terms):
            cells.append("<td></td>" if term.gated is None else _number(term.gated))
        cells += [_number(weight), _number(product)]
    return f'<tr><th scope="row">{name}</th>{"".join(cells)}</tr>'


def _sum(name: str, values: Iterable[float], sheet: Worksheet, *, kind: str = "sum") -> str:
    """A row with one number a block, in the column of its products."""
    cells = "<td></td>"
    for block, value in zip(sheet.blocks, values, strict=True):
        span = 2 if _gated(block, sheet.terms) else 1
        cells += f'<td colspan="{span}"></td>{_number(value)}'
    return f'<tr class="rnn-{kind}"><th scope="row">{name}</th>{cells}</tr>'


def _gated(block: str, terms: Iterable[Term]) -> bool:
    return block == "candidate" and any(term.gated is not None for term in terms)


def _number(value: float) -> str:
    return f"<td>{typeset(digits(value))}</td>"
