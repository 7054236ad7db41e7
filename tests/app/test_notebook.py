"""The Notebook page: all 14 cases beside what was printed, and the links to Explore."""

from __future__ import annotations

from collections import Counter
from urllib.parse import parse_qs

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from components.backend import Setup
from components.backend.cells import RECURRENT_ACTIVATIONS
from components.backend.code import script
from components.backend.notebook import cases, observations
from components.backend.settings import NOTEBOOK_SEVEN
from components.backend.start import Start
from components.texts import text
from tests.app.conftest import OpenApp
from tests.app.reading import (
    all_markdown,
    chart,
    charts,
    figure,
    move,
    same,
    settings,
    shows,
    sound,
    told,
)

CASES = {case.id: case for case in cases()}
PRINTED = f":gray[{text('notebook.printed')}] "


@pytest.fixture
def page(open_app: OpenApp) -> AppTest:
    return open_app("notebook")


def links(at: AppTest) -> list[dict[str, list[str]]]:
    return [parse_qs(link.proto.query_string) for link in at.page_link]


def test_all_cases_are_there_with_their_shapes(page: AppTest) -> None:
    sound(page)
    assert len(CASES) == 14
    cards = [m.value for m in page.markdown if PRINTED in m.value]
    assert len(cards) == len(page.page_link) == 14
    expected = Counter()
    for case in CASES.values():
        for tensor in case.run().returned:
            assert tensor.values.shape == case.shapes[tensor.name]
            expected[f"{tensor.name} `{case.shapes[tensor.name]}`"] += 1
    assert {line: sum(card.count(line) for card in cards) for line in expected} == expected
    missing = [caption.value for caption in page.caption]
    assert missing == [text("notebook.no_case")] * (16 - 14)


def test_each_card_stands_where_its_case_belongs(page: AppTest) -> None:
    """Row by row and column by column: the card's heading, numbers and link are of one case."""
    heading, seen = "", []
    for element in page.main:
        value = getattr(element, "value", "")
        if element.type == "markdown" and value.startswith("**"):
            if value[2:5] in {id_[:3] for id_ in CASES}:
                section = value[2:5]
            heading = value.strip("*").replace(text("notebook.embedded"), "embedding")
        elif element.type == "markdown" and PRINTED in value:
            seen.append(case := CASES[f"{section} {heading}"])
            last = case.printed["outputs"][-1]
            assert f"{last:.8g}" in value
            assert text("notebook.difference", difference=case.difference()) in value
        elif element.type == "page_link":
            query = parse_qs(element.proto.query_string)
            assert same(Setup.from_query(query)[0].settings, seen[-1].settings)
            assert Start.from_query(query)[0].case == seen[-1].id
    assert len(seen) == 14


def test_nothing_differs_from_the_print(page: AppTest) -> None:
    worst = max(case.difference() for case in CASES.values())
    assert worst < 1e-6
    assert text("notebook.worst", difference=worst) in all_markdown(page)


def test_all_printed_values(page: AppTest) -> None:
    page.session_state["all_values"] = True
    page.run()
    sound(page)
    table = page.dataframe[0].value
    assert len(table) == sum(v.size for case in CASES.values() for v in case.printed.values())
    printed, here = table[text("notebook.printed")], table[text("notebook.here")]
    np.testing.assert_allclose(here, printed, rtol=0, atol=1e-6)
    np.testing.assert_array_equal(table[text("notebook.apart")], np.abs(here - printed))
    for id_, rows in table.groupby(text("notebook.case")):
        expected = np.concatenate(list(CASES[id_].printed.values()))
        np.testing.assert_array_equal(rows[text("notebook.printed")], expected)


def test_every_claim_is_decided_and_holds(page: AppTest) -> None:
    claims = observations()
    assert len(claims) == 6
    assert {told(page, fact, "claims") for fact in claims} == {"holds"}
    for name in text("slips"):
        assert text(f"slips.{name}") in all_markdown(page)


@pytest.mark.parametrize("number", range(14))
def test_a_link_opens_its_case_in_explore(open_app: OpenApp, page: AppTest, number: int) -> None:
    case = cases()[number]
    (query,) = (q for q in links(page) if q["case"] == [case.id])
    assert same(Setup.from_query(query)[0].settings, case.settings)
    at = open_app(tab="code", **{name: values[0] for name, values in query.items()})
    sound(at)
    assert same(settings(at), case.settings)
    assert text("start.case", case=case.id) in [caption.value for caption in at.caption]
    shows(at, settings(at), result=case.run())
    code = script(case.settings, case.run().weights)
    assert [shown.value for shown in at.code] == [code.strip()]
    move(at, "units", 2)
    sound(at)
    shows(at, case.settings.but(units=2))


def test_a_link_replaces_what_was_set_before(open_app: OpenApp) -> None:
    at = move(move(move(open_app(), "units", 9), "go_backwards", True), "cell", "SimpleRNN")
    at.switch_page("app_pages/notebook.py").run()
    query = links(at)[-1]
    at.query_params.clear()
    for name, values in query.items():
        at.query_params[name] = values[0]
    at.switch_page("app_pages/explore.py").run()
    sound(at)
    assert settings(at) == Setup.from_query(query)[0].settings
    assert same(settings(at), cases()[-1].settings)
    shows(at, settings(at), result=cases()[-1].run())


def test_the_seven_token_sentence_runs(page: AppTest) -> None:
    table = page.table[0].value
    assert list(table[text("notebook.case")]) == list(CASES)
    for case, returns in zip(CASES.values(), table[text("notebook.returns")], strict=True):
        result = case.run_seven()
        assert result.settings.tokens == (NOTEBOOK_SEVEN,)
        lines = returns.split("  \n")
        assert len(lines) == len(result.returned)
        for line, tensor in zip(lines, result.returned, strict=True):
            assert line.startswith(f"{tensor.name} `{tensor.values.shape}` ")
            assert line.endswith(f"{tensor.values.ravel()[-1]:.8g}")


def test_the_activations_are_drawn(page: AppTest) -> None:
    assert charts(page) == ["activations"]
    lines = [t for t in figure(page, "activations")["data"] if t["mode"] == "lines"]
    assert [line["name"] for line in lines] == list(RECURRENT_ACTIVATIONS)
    for line in lines:
        x = np.asarray(line["x"])
        np.testing.assert_allclose(line["y"], RECURRENT_ACTIVATIONS[line["name"]](x), atol=1e-12)
    assert chart(page, "activations")["alt"]
