"""The table of products adds up, as it stands on the page, to the numbers of the equations."""

from __future__ import annotations

import re
from functools import partial
from xml.etree import ElementTree

import pytest

from components.backend import Run, Settings
from components.backend.question.linked import choices
from components.backend.running.worksheet import worksheet
from components.panels.parts.equations import arrays
from components.panels.parts.products import products
from components.panels.write.notation import typeset
from tests.kinds import called, chosen_of, every_kind, random_run, soaked
from tests.notation import digits, fill

OPTIONS = {
    "cell": choices(Settings, "cell"),
    "use_bias": (True, False),
    "reset_after": (True, False),
    "dropout": (0.0, 0.5),
    "recurrent_dropout": (0.0, 0.5),
}
SIZE = {"units": 4, "embedding_dim": 4, "tokens": ((4, 21, 64),)}


@pytest.fixture(
    scope="module",
    params=soaked(
        every_kind(OPTIONS, **SIZE), partial(chosen_of, OPTIONS), partial(called, OPTIONS)
    ),
)
def result(request: pytest.FixtureRequest) -> Run:
    return random_run(request.param, 5)


def shown(result: Run) -> tuple[list[str], dict[str, list[list[str]]]]:
    """The row of what the columns hold, and the rows by their names, as they are read."""
    numbers = arrays(result, worksheet(result, sentence=0), sentence=0)
    filled = fill(products(result.settings), numbers, step=3, unit=1, html=True)
    page = ElementTree.fromstring(filled)
    assert page.find("table/caption").text == "Step 3, reads 64, unit 1"
    head = page.findall("table/thead/tr")[1]
    rows: dict[str, list[list[str]]] = {}
    for row in page.findall("table/tbody/tr"):
        name, *cells = row
        texts = [
            "".join(cell.itertext()) for cell in cells for _ in range(int(cell.get("colspan", 1)))
        ]
        rows.setdefault("".join(name.itertext()), []).append(texts)
    return ["".join(cell.itertext()) for cell in head], rows


def number(said: str) -> float:
    return float(re.sub("·10(.*)", r"e\1", said.replace("−", "-")))


def test_every_row_has_every_column(result: Run) -> None:
    head, rows = shown(result)
    assert {len(cells) for found in rows.values() for cells in found} == {len(head) - 1}
    gated = result.settings.cell == "GRU" and not result.settings.reset_after
    assert sum("r · value" in said for said in head) == gated
    blocks = max(1, len(result.trace.gates))
    assert sum(said.endswith(" · mask") for said in head) == blocks * result.settings.drops
    assert sum(name.startswith("xt ") and "feature" in name for name in rows) == 4
    assert sum(name.startswith("ht−1 ") and "unit" in name for name in rows) == 4


def test_the_products_add_up_to_the_sums_shown(result: Run) -> None:
    (_, *head), rows = shown(result)
    columns = [place for place, said in enumerate(head) if said == "product"]
    assert len(columns) == max(1, len(result.trace.gates))
    for start, name in (("xt feature", "xt W"), ("ht−1 unit", "ht−1 U")):
        terms = [found[0] for label, found in rows.items() if label.startswith(start)]
        for column in columns:
            added = sum(number(cells[column]) for cells in terms)
            assert number(rows[name][0][column]) == pytest.approx(added, abs=2e-3)
            for cells in terms:
                own = cells[column - 2] if "value" in head[column - 2] else ""
                value = own or cells[0]
                product = number(value) * number(cells[column - 1])
                assert number(cells[column]) == pytest.approx(product, abs=2e-3)


def test_the_sums_are_the_equations_numbers(result: Run) -> None:
    _, rows = shown(result)
    sheet = worksheet(result, sentence=0)
    expected = {"xt W": "inputs", "ht−1 U": "recurrent", "sum": "total"}
    settings = result.settings
    twice = settings.cell == "GRU" and settings.reset_after and settings.use_bias
    expected |= {"b": "bias"} if settings.use_bias else {}
    expected |= {"b'": "recurrent_bias"} if twice else {}
    assert ("ht−1 U + b'" in rows) == ("xt W + b" in rows) == twice
    for name, part in expected.items():
        numbers = [said for said in rows[name][0] if said]
        parts = [getattr(block, part) for block in sheet.blocks.values()]
        parts = [values[1] if values.ndim == 1 else values[2, 1] for values in parts]
        assert numbers == [re.sub("<.*?>", "", typeset(digits(value))) for value in parts]
