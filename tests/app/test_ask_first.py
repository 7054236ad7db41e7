"""A page that asks first: nothing that Keras answers is sent, and no sentence tells it, before the
visitor uncovers it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import unescape

import pytest
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Button, PageLink

from components.panels.pages import PAGES
from components.panels.parts.sidebar import PRESETS
from components.panels.what_ifs.compare import PAIRS
from components.panels.write.html import inline
from components.texts import LANGUAGES, speaking, text
from tests.app.conftest import OpenApp
from tests.app.reading import address, charts, html, messages, move, press

ASKING = [page for page, its in PAGES.items() if its.answers]

ANSWERS = (
    "rnn-holds",
    "rnn-fails",
    "rnn-note",
    "rnn-cards",
    "rnn-ribbon",
    "rnn-compare",
    "rnn-cases",
    "rnn-shape",
)
"""Classes of what is drawn of an answer as HTML."""


def covered(at: AppTest) -> bool:
    return any(button.key == "uncover" for button in at.button)


def uncover_all(at: AppTest) -> int:
    """Uncover part after part; returns how many there were."""
    count = 0
    while covered(at):
        before = len(html(at)) + len(at.get("bidi_component")) + len(at.main)
        press(at, "uncover")
        assert len(html(at)) + len(at.get("bidi_component")) + len(at.main) >= before
        count += 1
        assert count < 50  # else there is no end to it
    return count


@pytest.mark.parametrize("page", ASKING)
def test_a_page_shows_its_answer_part_by_part(open_app: OpenApp, page: str) -> None:
    at = open_app(page, ask="true")
    assert not at.exception
    assert charts(at) == []
    assert not [body for body in html(at) if any(f'"{name}"' in body for name in ANSWERS)]
    assert not [*at.code, *at.table] or page == "mistakes"  # whose code is what is asked about
    assert address(at)["ask"] == "true"
    assert uncover_all(at) > 1
    plain = open_app(page)
    assert charts(at) == charts(plain)
    assert html(at) == html(plain)
    assert not covered(plain)


@pytest.mark.parametrize("tab", ["inside", "shapes", "parameters", "code", "torch", "data"])
def test_a_tab_is_covered_too(open_app: OpenApp, tab: str) -> None:
    at = open_app(tab=tab, ask="true")
    assert uncover_all(at) >= 4
    assert charts(at) == charts(open_app(tab=tab))


def test_no_byte_tells_what_is_covered(open_app: OpenApp) -> None:
    at = open_app(units="5", ask="true", elsewhere="")
    sent = "".join(str(node.proto) for node in [*at.main, *at.sidebar] if hasattr(node, "proto"))
    assert "5 units" not in sent
    uncover_all(at)
    sent = "".join(str(node.proto) for node in [*at.main, *at.sidebar] if hasattr(node, "proto"))
    assert "5 units" in sent


def test_what_is_uncovered_is_covered_again_when_something_is_moved(open_app: OpenApp) -> None:
    at = open_app(ask="true")
    press(at, "uncover")
    press(at, "uncover")
    assert charts(at) == ["timeline"]
    move(at, "units", 4)
    assert charts(at) == []
    assert uncover_all(at) >= 4
    assert address(at) == {"units": "4", "ask": "true"}


def test_a_link_that_asks_for_nonsense_is_complained_about(open_app: OpenApp) -> None:
    at = open_app(ask="perhaps")
    assert "perhaps" in "".join(messages(at))
    assert charts(at)
    assert "ask" not in address(at)


def test_the_answer_to_a_question_is_covered(open_app: OpenApp) -> None:
    at = open_app(**{"from": "states"}, ask="true")
    assert not at.info
    press(at, "uncover")
    assert at.info
    assert charts(at) == []


def test_the_fact_beside_an_answer_is_covered_as_it_is_below(open_app: OpenApp) -> None:
    at, facts = open_app("calls", **{"from": "initial_state"}, ask="true"), []
    while covered(at):
        press(at, "uncover")
        said = plain("".join(html(at)))
        facts = re.findall(r"Checked on this page: ([^(]*)", said)
        assert all(said.count(fact) == 2 for fact in facts)
    assert len(facts) == 1


# -- What stands there uncovered -------------------------------------------------------------------


# A sentence is here if it asks or says what something is for: none tells what its page asks.
# What tells it stands below a `part`, as a page's `told` does; and fields have no helps.
ALWAYS = ("sidebar.advanced", "sidebar.not_offered")
ASKS = {
    "explore": ("explore.asks", "app.begin", "questions.find"),
    "mistakes": (
        *("mistakes.title", "mistakes.look", "mistakes.find", "mistakes.given", "mistakes.wrong"),
    ),
    "series": ("series.title",),
    "learn": ("learn.title", "learn.train", "learn.tasks.quotes.told"),
    "notebook": ("notebook.title", "notebook.intro", "notebook.intro_own"),
    "model": (
        *("your_model.title", "your_model.look", "your_model.sample", "your_model.named"),
        *("your_model.version", "your_model.fed_padded_self"),
    ),
    "compare": (
        *("compare.title", "compare.look", "compare.ready", "compare.placeholder"),
        *("compare.swap", "compare.keep", *(f"compare.pairs.{name}" for name in PAIRS)),
    ),
    "calls": ("calls.title", "calls.look"),
    "padding": ("padding.title", "padding.look"),
    "both_ways": ("both_ways.title", "both_ways.look"),
    "encoder_decoder": ("encoder_decoder.title", "encoder_decoder.look"),
    "attention": ("attention.title", "attention.look"),
    "stack": ("stack.title", "stack.look", "stack.first_layer", "stack.layer", "stack.units"),
    "influence": ("influence.title", "influence.look"),
    "edit": (
        *("edit.title", "edit.look", "edit.grid_alt", "edit.download", "edit.torch_bias"),
        *("edit.download_torch_npz", "edit.download_torch_safetensors"),
        *("grids.kernel.each", "edit.taken.numbers", "start.drawn"),
    ),
}
"""The names of the texts that a page which asks first says before anything is uncovered."""

CASE = {name: said for each in PRESETS["notebook"] for name, said in each.to_query().items()}
STATES: list[tuple[str, Mapping[str, str], tuple[str, ...]]] = [
    *((page, {}, ()) for page in ASKING),
    ("explore", {"from": "states"}, ("questions.states.asked",)),
    ("explore", CASE, ("start.case", "start.of_seed", "notebook.back", "notebook.next")),
    ("mistakes", {"mistake": "mse"}, ()),
    ("learn", {"learn.task": "first"}, ("learn.tasks.first.told",)),
    ("calls", {"how": "stateful"}, ()),
    ("both_ways", {"mask_zero": "true"}, ("what_if.try_zeros",)),
]
"""Pages, what a link may say of each, and what the page says then besides."""


def sentences(at: AppTest) -> list[str]:
    """All that is read on the page, but for the frame, code, the button that uncovers, and the
    labels and options of fields."""
    found = []
    for node in [*at.main, *at.sidebar]:
        read = ["body", "help", "placeholder", "alt"]
        if isinstance(node, PageLink) or (isinstance(node, Button) and node.key != "uncover"):
            read.append("label")
        said = (getattr(getattr(node, "proto", None), name, "") for name in read)
        found += [plain(each) for each in said if isinstance(each, str)]
    return [said for said in found if said]


def plain(said: str) -> str:
    """A sentence without code, and without the marks of HTML and Markdown."""
    named = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", said)  # a link is read by its name
    bare = re.sub(r"<pre.*?</pre>|<code>.*?</code>|`[^`]*`|<[^>]*>|[*·]", " ", named)
    return " ".join(unescape(bare).split())


def pattern(name: str) -> str:
    """What fits the text of that name, with a word or two in place of each value."""
    return r".{,18}".join(map(re.escape, re.split("{.*?}", plain(text(name)))))


@pytest.mark.parametrize(("page", "query", "more"), STATES)
@pytest.mark.parametrize("spoken", LANGUAGES)
def test_only_what_asks_stands_there_uncovered(
    open_app: OpenApp, page: str, query: Mapping[str, str], more: tuple[str, ...], spoken: str
) -> None:
    at = open_app(page, ask="true", lang=spoken, **query)
    with speaking(spoken):
        allowed = "|".join(map(pattern, (*ALWAYS, *ASKS[page], *more)))
        told = [said for said in sentences(at) if not re.fullmatch(f"(({allowed}) ?)+", said)]
    assert told == []
    assert covered(at)


def test_what_names_the_silent_mistakes_is_covered(open_app: OpenApp) -> None:
    labels = [
        [option.content for option in open_app("mistakes", **query).button_group[0].proto.options]
        for query in ({}, {"ask": "true"})
    ]
    silent, others = text("mistakes.groups.silent"), text("mistakes.others")
    assert [silent in each for each in labels] == [True, False]
    assert [others in each for each in labels] == [False, True]


def test_the_answer_of_a_page_stands_with_its_facts(open_app: OpenApp) -> None:
    for page in ("both_ways", "calls", "encoder_decoder", "influence", "padding", "stack"):
        at = open_app(page)
        (facts,) = (body for body in html(at) if text("what_if.facts") in body)
        assert inline(text(f"{page}.told")) in facts
