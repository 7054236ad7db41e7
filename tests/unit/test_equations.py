"""The equations on the page, worked out again as they stand there, sign by sign."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from itertools import product
from xml.etree import ElementTree

import numpy as np
import pytest

from components.backend import Run, Settings, run
from components.backend.cells import ACTIVATIONS, CELLS, RECURRENT_ACTIVATIONS
from components.backend.cells.equation import Equation
from components.backend.question.linked import choices
from components.backend.running.worksheet import worksheet
from components.panels.parts.equations import arrays, equations, markup
from components.panels.write.notation import Numbers
from tests.kinds import called, chosen_of, every_kind, random_run, soaked
from tests.notation import at, digits, fill

TOKENS = ((4, 21, 0), (99, 66, 30))
OPTIONS = {
    "cell": choices(Settings, "cell"),
    "activation": choices(Settings, "activation"),
    "recurrent_activation": choices(Settings, "recurrent_activation"),
    "use_bias": (True, False),
    "reset_after": (True, False),
    "embedding": (True, False),
    "dropout": (0.0, 0.5),
    "recurrent_dropout": (0.0, 0.5),
}
EVERY_KIND = soaked(
    every_kind(OPTIONS, units=2, tokens=TOKENS),
    partial(chosen_of, OPTIONS),
    partial(called, OPTIONS),
)
PLACES = list(product((0, 1), (1, 2, 3), (0, 1)))


@pytest.fixture(scope="module", params=EVERY_KIND)
def result(request: pytest.FixtureRequest) -> Run:
    return random_run(request.param, 7)


def value_of(numbers: str, settings: Settings) -> float:
    """An equation's numbers, worked out as they stand there."""
    python = re.sub(r"·10\^(-?\d+)", r"e\1", numbers).replace("·", "*").replace("σ", "sigma")
    sigma = RECURRENT_ACTIVATIONS[settings.recurrent_activation]
    return float(eval(python, ACTIVATIONS | {"sigma": sigma}))


def slack(numbers: str) -> float:
    """What four digits each leave open: sums and squeezes hand an error on, no larger."""
    found = re.findall(r"\d[\d.]*(?:·10\^-?\d+)?", numbers)
    return 1e-3 * (1e-3 + sum(float(number.replace("·10^", "e")) for number in found))


def numbers_of(result: Run, sentence: int) -> dict[str, Numbers]:
    return arrays(result, worksheet(result, sentence=sentence), sentence=sentence)


def worked_out(result: Run) -> Iterator[tuple[Equation, float]]:
    """The equations of every place, with their numbers, and what each comes to."""
    for sentence, step, unit in PLACES:
        numbers, place = numbers_of(result, sentence), {"step": step, "unit": unit}
        for line in equations(result.settings):
            filled = line._replace(
                numbers=fill(line.numbers, numbers, **place),
                value=fill(line.value, numbers, **place),
            )
            yield filled, float(at(numbers[line.value.strip("{}")], step, unit))


def test_results_are_the_traces(result: Run) -> None:
    trace, letters = result.trace, CELLS[result.settings.cell].gates
    for sentence, step, unit in PLACES:
        place = (sentence, step - 1, unit)
        expected = {letters[name]: gate[place] for name, gate in trace.gates.items()}
        expected |= {} if trace.cell is None else {"c_t": trace.cell[place]}
        expected["h_t"] = trace.hidden[place]
        numbers = numbers_of(result, sentence)
        assert {
            line.name: fill(line.value, numbers, step=step, unit=unit)
            for line in equations(result.settings)
        } == {name: digits(value) for name, value in expected.items()}


def test_numbers_give_the_result(result: Run) -> None:
    """Whoever types a line into a calculator gets what stands behind its last equals sign."""
    for line, value in worked_out(result):
        got = value_of(line.numbers, result.settings)
        shown = value_of(line.value, result.settings)
        assert got == pytest.approx(shown, abs=slack(line.numbers), rel=1e-3), line
        assert shown == pytest.approx(value, rel=6e-4)


def test_formulas_use_what_the_settings_have(result: Run) -> None:
    settings = result.settings
    formulas = [line.formula for line in equations(settings)]
    every = "\n".join(formulas)
    twice = settings.cell == "GRU" and settings.reset_after and settings.use_bias
    assert ("b'" in every) == twice
    assert ("(r · h_t-1)" in every) == (settings.cell == "GRU" and not settings.reset_after)
    assert ("c_t-1" in every) == ("state_c" in CELLS[settings.cell].states)
    gates = CELLS[settings.cell].gates.keys() - {"candidate"}
    assert sum(formula.startswith("σ(") for formula in formulas) == len(gates)


def test_notation_is_plain(result: Run) -> None:
    for line, _ in worked_out(result):
        for part in (line.formula, line.numbers):
            assert part.count("(") == part.count(")"), part
            assert not re.search(r"[+-] -|nan|inf|e[+-]?\d|[^ a-z0-9()·.^+_σ'WUbt-]", part), part


def test_markup_sets_all_that_the_plain_notation_says(result: Run) -> None:
    lines = [line for line, _ in worked_out(result)]
    lines = lines[: len(equations(result.settings))]  # of the first place
    sentence, step, unit = PLACES[0]
    template = markup(equations(result.settings))
    filled = fill(template, numbers_of(result, sentence), step=step, unit=unit, html=True)
    page = ElementTree.fromstring(f"<page>{filled}</page>")
    cells = ["".join(cell.itertext()) for cell in page.findall("div/div/div/div")]
    expected = [cell for line in lines for cell in (line.name, *(f"= {part}" for part in line[1:]))]
    assert cells == [re.sub(r"[_^]", "", cell).replace("-", "−") for cell in expected]


def test_markup() -> None:
    line = Equation("h_t", "o · tanh(c_t) + b'_g h_t-1", "0.5 · tanh({c.in[3]}) {+a*b}", "{(h}")
    template = markup([line])
    assert template == (
        '<div class="rnn-equations"><div>'
        '<div class="rnn-line" data-lit="h" tabindex="0"><div><i>h</i><sub>t</sub></div>'
        "<div>= <i>o</i> · tanh(<i>c</i><sub>t</sub>) + <i>b'</i><sub>g</sub>"
        " <i>h</i><sub>t−1</sub></div>"
        "<div>= 0.5 · tanh({c.in[3]}) {+a*b}</div>"
        "<div>= <b>{(h}</b></div></div></div></div>"
    )
    numbers = {
        "c.in": Numbers("ks", np.array([[0.0, 0.0]] * 3 + [[1.0, -1.5e-5]])),
        "a": Numbers("u", np.array([2.0, 3.0])),
        "b": Numbers("s", np.array([0.5, -0.5])),
        "h": Numbers("su", np.array([[0.0, 0.0], [0.0, -7.5e-6]])),
    }
    filled = fill(template, numbers, step=2, unit=1, html=True)
    assert "<div>= 0.5 · tanh(−1.5·10<sup>−5</sup>) − 1.5</div>" in filled
    assert "<b>(−7.5·10<sup>−6</sup>)</b>" in filled


def test_no_zero_has_a_sign() -> None:
    """0 times something negative is -0.0 to a computer and 0 to a reader."""
    signed = []
    for cell, seed, use_bias in product(choices(Settings, "cell"), range(4), (True, False)):
        settings = Settings(cell=cell, embedding=False, units=2, seed=seed, use_bias=use_bias)
        result = run(settings.but(tokens=((0, 1, 0, 50),)))
        numbers = numbers_of(result, 0)
        for step, unit in product((1, 2, 3, 4), (0, 1)):
            for line in equations(settings):
                shown = fill(f"{line.numbers} = {line.value}", numbers, step=step, unit=unit)
                signed += [line] if re.search(r"-0(?![.\d])", shown) else []
    assert not signed


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (1.0, "1"),
        (-0.123456, "-0.1235"),
        (0.0001, "0.0001"),
        (0.00001234, "1.234·10^-5"),
        (-123456.0, "-1.235·10^5"),
        (1e100, "1·10^100"),
        (0.28125, "0.2813"),  # halfway between two, the larger, as browsers round
        (-0.28125, "-0.2813"),
        (9999.6, "1·10^4"),
    ],
)
def test_digits(value: float, text: str) -> None:
    assert digits(value) == text
