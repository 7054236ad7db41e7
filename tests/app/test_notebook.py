"""The Notebook page: all 14 cases beside what was printed, and the links to Explore."""

from __future__ import annotations

import re
from html import unescape
from urllib.parse import parse_qs, urljoin, urlsplit

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from components.backend import Setup
from components.backend.cells import RECURRENT_ACTIVATIONS
from components.backend.origins.notebook import (
    cases,
    exactness,
    observations,
    run_all,
    run_all_alike,
    same_last_h,
)
from components.backend.origins.weight_source import WeightSource
from components.backend.question.settings import NOTEBOOK_SEVEN
from components.backend.scripts.script import script
from components.panels.parts.mini_strip import mini_strip
from components.texts import numeral, text
from tests.app.conftest import OpenApp
from tests.app.reading import (
    address,
    all_markdown,
    chart,
    charts,
    figure,
    html,
    move,
    open_box,
    press,
    same,
    settings,
    shows,
    sound,
    told,
)

CASES = {case.id: case for case in cases()}
SECTION = re.compile("<h3[^>]*>(.*?) ")
CARD = re.compile("<div><h4>(.*?)</h4>(.*?)(?=<div><h4>|</div><h3[^>]*>|$)", re.DOTALL)


@pytest.fixture(scope="module")
def page(open_app: OpenApp) -> AppTest:
    """Which tests only read."""
    return open_app("notebook")


def grid(at: AppTest) -> str:
    (body,) = (body for body in html(at) if "rnn-cases" in body)
    return body


def cards(at: AppTest) -> dict[str, str]:
    """Each card's HTML by the section that it stands in and its heading."""
    _, *parts = SECTION.split(grid(at))
    return {
        f"{section} {kind.replace(text('notebook.embedded'), 'embedding')}": body
        for section, row in zip(parts[::2], parts[1::2], strict=True)
        for kind, body in CARD.findall(row)
    }


def links(at: AppTest) -> list[dict[str, list[str]]]:
    return [parse_qs(urlsplit(link).query) for link in hrefs(grid(at))]


def hrefs(body: str) -> list[str]:
    return [unescape(link) for link in re.findall('<a href="(.*?)"', body)]


def test_it_says_which_outputs_are_exact_and_why(page: AppTest) -> None:
    found = exactness(run_all())
    assert len(found) == 6
    assert {told(page, fact, "exact") for fact in found} == {"holds"}


def test_all_cases_are_there_with_their_shapes(page: AppTest) -> None:
    sound(page)
    assert len(CASES) == 14
    found = cards(page)
    assert len(found) == 16
    missing = [id_ for id_, body in found.items() if text("notebook.no_case") in body]
    assert found.keys() - set(missing) == CASES.keys()
    for id_, case in CASES.items():
        lines = re.findall("<p>(\\w+) <code>(.*?)</code>", found[id_])
        assert lines == [(name, str(shape)) for name, shape in case.shapes.items()]
        for tensor in case.run().returned:
            assert tensor.values.shape == case.shapes[tensor.name]


def test_each_card_has_its_case(page: AppTest) -> None:
    """Its numbers, its picture and its link."""
    found = cards(page)
    for id_, case in CASES.items():
        for values in case.printed.values():
            assert numeral(values[-1], ".8g") in found[id_]
        assert text("notebook.difference", difference=case.difference(case.run())) in found[id_]
        assert mini_strip(case.run()) in found[id_]
        (link,) = hrefs(found[id_])
        query = parse_qs(urlsplit(link).query)
        assert same(Setup.from_query(query)[0].settings, case.settings)
        assert WeightSource.from_query(query)[0].case == id_
        assert urljoin("http://host/base/notebook", link).startswith("http://host/base/?")


def test_nothing_differs_from_the_print(page: AppTest) -> None:
    worst = max(case.difference(case.run()) for case in CASES.values())
    assert worst < 1e-6
    assert text("notebook.worst", difference=worst) in all_markdown(page)


def test_all_printed_values(open_app: OpenApp) -> None:
    page = open_box(open_app("notebook"), "all_values")
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
    claims = observations(run_all())
    assert len(claims) == 6
    assert {told(page, fact, "claims") for fact in claims} == {"holds"}
    for name in text("slips"):
        assert text(f"slips.{name}") in all_markdown(page)


@pytest.mark.parametrize("id_", ["1-1 GRU", "1-2 LSTM", "1-4 LSTM embedding"])
def test_a_link_opens_its_case_in_explore(open_app: OpenApp, page: AppTest, id_: str) -> None:
    """That of each case is right: see above."""
    case = CASES[id_]
    (query,) = (q for q in links(page) if q["case"] == [case.id])
    at = open_app(tab="code", **{name: values[0] for name, values in query.items()})
    sound(at)
    assert same(settings(at), case.settings)
    assert text("start.case", case=case.id, edited="") in [caption.value for caption in at.caption]
    shows(at, settings(at), result=case.run())
    code = script(case.settings, case.run().weights)
    assert [shown.value for shown in at.code] == [code.strip()]
    move(at, "units", 2)
    press(at, "drop.units")
    sound(at)
    shows(at, case.settings.but(units=2))


def test_its_links_name_the_language(open_app: OpenApp) -> None:
    """The browser opens each as a new page, whose session knows nothing of this one."""
    led = hrefs("".join(html(open_app("notebook", lang="ko"))))
    assert len(led) >= 14
    assert [href for href in led if "lang=ko" not in href] == []


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
            assert line.endswith(numeral(tensor.values.ravel()[-1], ".8g"))


def test_the_activations_are_drawn(page: AppTest) -> None:
    assert charts(page) == ["activations"]
    lines = [t for t in figure(page, "activations")["data"] if t["mode"] == "lines"]
    for line, (name, function) in zip(lines, RECURRENT_ACTIVATIONS.items(), strict=True):
        assert line["name"] == text(f"charts.curves.{name}")
        x = line["x0"] + line["dx"] * np.arange(len(line["y"]))
        np.testing.assert_allclose(line["y"], function(x), rtol=1e-6)
    assert chart(page, "activations")["alt"]


def test_with_the_same_weights_only_what_is_returned_differs(open_app: OpenApp) -> None:
    at = open_app("notebook", weights="alike")
    found = run_all_alike()
    said = all_markdown(at)
    assert [text(f"notebook.intro_{name}") in said for name in ("own", "alike")] == [False, True]
    assert told(at, same_last_h(found), "notebook_facts") == "holds"
    assert "printed" not in grid(at)
    assert all("case" not in link for link in links(at))
    drawn = cards(at)
    assert "<code>LSTM(1, return_sequences=True)</code>" in drawn["1-2 LSTM"]
    assert address(at) == {"weights": "alike"}


def test_a_case_leads_back_and_on_to_the_next(open_app: OpenApp) -> None:
    first, second, *_, last = cases()
    said = all_markdown(open_app(**Setup.of(first.settings).to_query(), case=first.id))
    assert f"[{text('notebook.back')}](./notebook" in said
    assert f"[{text('notebook.next', case=second.id)}](./?" in said
    said = all_markdown(open_app(**Setup.of(last.settings).to_query(), case=last.id))
    assert text("notebook.back") in said
    assert text("notebook.next", case="") not in said
