"""The equations on the page, worked out again as they stand there, sign by sign."""

from __future__ import annotations

import re
from functools import partial
from itertools import product

import numpy as np
import pytest

from components.backend import Run, Settings, run
from components.backend.cells import RECURRENT_ACTIVATIONS
from components.backend.settings import choices
from components.backend.worksheet import Worksheet, worksheet
from components.panels.equations import digits, equations
from tests.kinds import called, every_kind, random_run

TOKENS = ((4, 21, 0), (99, 66, 30))
OPTIONS = {
    "cell": choices("cell"),
    "recurrent_activation": choices("recurrent_activation"),
    "use_bias": (True, False),
    "reset_after": (True, False),
    "embedding": (True, False),
}
PLACES = list(product((0, 1), (1, 2, 3), (0, 1)))


@pytest.fixture(
    scope="module", params=every_kind(OPTIONS, units=2, tokens=TOKENS), ids=partial(called, OPTIONS)
)
def result(request: pytest.FixtureRequest) -> Run:
    return random_run(request.param, 7)


def lines(latex: str) -> dict[str, tuple[str, str, str]]:
    """What stands on each line: its name, then its formula, its numbers and its result."""
    body = latex.removeprefix(r"\begin{aligned} ").removesuffix(r" \end{aligned}")
    assert body != latex
    rows = [row.split(" &= ") for row in body.split(r" \\ ")]
    return {name: tuple(rest.split(" = ")) for name, rest in rows}


def value_of(numbers: str, settings: Settings) -> float:
    """LaTeX of numbers alone, worked out."""
    python = re.sub(r" \\cdot 10\^\{(-?\d+)\}", r"e\1", numbers)
    python = python.replace(r"\cdot", "*").replace(r"\tanh", "tanh").replace(r"\sigma", "sigma")
    sigma = RECURRENT_ACTIVATIONS[settings.recurrent_activation]
    return float(eval(python, {"tanh": np.tanh, "sigma": sigma}))


def slack(numbers: str) -> float:
    """What four digits each leave open: sums and squeezes hand an error on, no larger."""
    found = re.findall(r"\d[\d.]*(?: \\cdot 10\^\{-?\d+\})?", numbers)
    plain = (re.sub(r" \\cdot 10\^\{(-?\d+)\}", r"e\1", number) for number in found)
    return 1e-3 * (1e-3 + sum(float(number) for number in plain))


def solved(bold: str) -> str:
    match = re.fullmatch(r"\\mathbf\{(.*)\}", bold)
    assert match, bold
    return match[1]


def sheets(result: Run) -> list[Worksheet]:
    return [
        worksheet(result, sentence=sentence, step=step, unit=unit)
        for sentence, step, unit in PLACES
    ]


def test_results_are_the_traces_to_four_digits(result: Run) -> None:
    for sentence, step, unit in PLACES:
        sheet = worksheet(result, sentence=sentence, step=step, unit=unit)
        found = lines(equations(result.settings, sheet))
        trace, place = result.trace, (sentence, step - 1, unit)
        expected = {name[0]: gate[place] for name, gate in trace.gates.items()}
        expected = {{"u": "z", "c": "g"}.get(k, k): v for k, v in expected.items()}
        expected |= {} if trace.cell is None else {"c_t": trace.cell[place]}
        expected["h_t"] = trace.hidden[place]
        assert found.keys() == expected.keys()
        for name, (_, _, bold) in found.items():
            assert value_of(solved(bold), result.settings) == pytest.approx(
                float(expected[name]), rel=5.1e-4
            )
            assert solved(bold) == digits(float(expected[name]))


def test_numbers_give_the_result(result: Run) -> None:
    """Whoever types a line into a calculator gets what stands behind its last equals sign."""
    for sheet in sheets(result):
        for _, numbers, bold in lines(equations(result.settings, sheet)).values():
            got = value_of(numbers, result.settings)
            assert got == pytest.approx(
                value_of(solved(bold), result.settings), abs=slack(numbers), rel=1e-3
            ), numbers


def test_formulas_use_what_the_settings_have(result: Run) -> None:
    settings = result.settings
    latex = equations(settings, sheets(result)[0])
    formulas = [formula for formula, _, _ in lines(latex).values()]
    twice = settings.cell == "GRU" and settings.reset_after and settings.use_bias
    assert ("b'" in latex) == twice
    assert (r"(r \cdot h_{t-1})" in latex) == (settings.cell == "GRU" and not settings.reset_after)
    assert (r"\sigma" in latex) == (settings.cell != "SimpleRNN")
    assert ("c_{t-1}" in latex) == (settings.cell == "LSTM")
    gates = {"LSTM": "ifo", "GRU": "zr", "SimpleRNN": ""}[settings.cell]
    assert sum(formula.startswith(r"\sigma(") for formula in formulas) == len(gates)


def test_latex_is_well_formed(result: Run) -> None:
    for sheet in sheets(result):
        latex = equations(result.settings, sheet)
        for opening, closing in ("{}", "()"):
            depth = 0
            for character in latex:
                depth += (character == opening) - (character == closing)
                assert depth >= 0, latex
            assert depth == 0, latex
        assert set(re.findall(r"\\([a-z]+)", latex)) <= {
            *("begin", "end", "cdot", "tanh", "sigma", "mathbf")
        }
        assert not re.search(r"[+-] -|nan|inf|e[+-]?\d|\$", latex), latex


def test_no_zero_has_a_sign() -> None:
    """0 times something negative is -0.0 to a computer and 0 to a reader."""
    signed = []
    for cell, seed, use_bias in product(choices("cell"), range(4), (True, False)):
        settings = Settings(cell=cell, embedding=False, units=2, seed=seed, use_bias=use_bias)
        result = run(settings.but(tokens=((0, 1, 0, 50),)))
        for step, unit in product((1, 2, 3, 4), (0, 1)):
            latex = equations(settings, worksheet(result, sentence=0, step=step, unit=unit))
            signed += re.findall(r"[^=]*\(?-0(?![.\d])[^=]*", latex)
    assert not signed, "\n".join(signed)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (1.0, "1"),
        (-0.123456, "-0.1235"),
        (0.0001, "0.0001"),
        (0.00001234, r"1.234 \cdot 10^{-5}"),
        (-123456.0, r"-1.235 \cdot 10^{5}"),
        (1e100, r"1 \cdot 10^{100}"),
    ],
)
def test_digits(value: float, text: str) -> None:
    assert digits(value) == text
