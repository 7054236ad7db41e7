"""Links: a good one opens its picture, a bad one says what is wrong with it and breaks nothing."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import pytest
from streamlit.proto.Common_pb2 import StringArray
from streamlit.testing.v1 import AppTest

from components.backend import Settings, Setup
from components.backend.origins.weight_source import WeightSource
from components.backend.question.linked import allowed_values, defaults, to_text
from components.panels.ask import address as of_page
from components.panels.ask.opening import opening
from components.panels.layer.explore import ExploreView
from components.panels.write.plain import WORD_JOINER
from components.texts import text
from tests.app.conftest import OpenApp
from tests.app.reading import (
    address,
    all_markdown,
    chart,
    charts,
    looked,
    messages,
    move,
    send,
    settings,
    shows,
    sound,
    widget,
    without_code,
)

FIELDS = tuple(Setup.model_fields)
DEFAULTS = defaults(Setup)
NUMBERS = [name for name in FIELDS if type(DEFAULTS[name]) is int]
# Numbers are read in place of ids: a link names one of the two.
OF_IDS = [name for name in FIELDS if name != "values"]
UNDER = {"features": {"source": "sine"}, "values": {"source": "pasted"}}
"""Where a field has an effect, if not by default."""

GOOD = [
    Settings(cell="GRU", units=7, reset_after=False, recurrent_activation="hard_sigmoid", seed=5),
    Settings(tokens=((1, 2, 3), (150, 5, 6)), vocabulary_size=151, use_bias=False),
]

NONSENSE = ["", "nan", "-1", "9" * 5000, "x" * 20_000, "\x00"]
ONE_LINK = [[name for name in FIELDS if name not in UNDER], *([name] for name in UNDER)]
"""Fields that one link can get wrong at once: those that have an effect by default, each other one
by itself."""
# Short enough to be quoted in full; each with what of it must not be interpreted.
MARKUP = {
    "<script>alert(1)</script>": "<script>",
    "**bold** _it_": "**bold**",
    "$x^2$": "$x^2$",
    ":material/bug_report:": ":material/bug",
    ":red[danger]": ":red[",
    "`code` ``more``": "more",
    "` :red[out]": ":red[",
    "[a](http://example.com)": "](http",
    "![a](http://example.com)": "](http",
    "# title\n# title": "# title",
    "left|right\n-|-": "-|-",
    "{problem} {0}": "{problem}",
}


def complaint(name: str, at: AppTest) -> str:
    """The line about one field, out of the one message that has all that is complained of."""
    (told,) = at.main.warning
    assert messages(at) == told.value
    heading, blank, *lines = told.value.splitlines()
    assert (heading, blank) == (text("link.bad"), "")
    (line,) = (line.removeprefix("- ") for line in lines if line.startswith(f"- {name}: "))
    return line


def is_number(name: str, value: str) -> bool:
    """Whether a link gives a number to a field that is one; a longer one is not read."""
    return name in NUMBERS and bool(re.fullmatch(r"-?[0-9]{1,11}", value))


def under(names: Iterable[str]) -> dict[str, str]:
    """What a link says for these fields to have an effect."""
    return {key: said for name in names for key, said in UNDER.get(name, {}).items()}


def used(name: str, value: Any, model: type = Setup) -> str:
    """How a complaint ends that says what the page uses."""
    first, *more = to_text(model, name, value).split("\n")
    said = " ".join(first.split())  # of a table, its first line
    said = text("problems.lines", start=said, count=1 + len(more)) if more else said
    return text("link.line", field="", got="", allowed="", used=f"`{said}`").rpartition("; ")[2]


@pytest.mark.parametrize("wanted", GOOD, ids=lambda s: "-".join(s.to_query()))
def test_a_link_and_the_widgets_agree(open_app: OpenApp, wanted: Settings) -> None:
    linked, moved = open_app(**wanted.to_query()), open_app()
    sound(linked)
    shows(linked, wanted)
    # What other settings depend on comes first: the cell, the embedding, the vocabulary.
    order = sorted(
        wanted.to_query(), key=lambda n: n not in ("cell", "embedding", "vocabulary_size")
    )
    for name in order:
        move(moved, name, getattr(wanted, name))
    assert settings(linked) == settings(moved) == wanted
    assert address(linked) == address(moved)
    for key in ("timeline", "inside"):
        assert chart(linked, key) == chart(moved, key)
    assert all_markdown(linked) == all_markdown(moved)


@pytest.mark.parametrize("names", ONE_LINK, ids=lambda names: names[0])
@pytest.mark.parametrize("value", NONSENSE, ids=lambda value: f"{value!r:.12}")
def test_bad_values_are_named_and_replaced(open_app: OpenApp, value: str, names: list[str]) -> None:
    """By the defaults; a number that is too large or too small by the nearest one: see below."""
    names = [name for name in names if not is_number(name, value)]
    wrong = [name for name in names if Setup.from_query({name: [value]})[1]]
    at = open_app(**under(wrong), **dict.fromkeys(wrong, value))
    assert not at.exception
    for name in wrong:
        line = complaint(name, at)
        assert f"; allowed: {str(allowed_values(Setup, name)).split(', each id')[0]}" in line
        assert line.endswith(used(name, DEFAULTS[name]))
        assert len(line.removesuffix(used(name, DEFAULTS[name]))) < 400
    expected = Setup(**under(wrong)).settings
    assert settings(at) == expected
    shows(at, expected)


def test_a_number_is_told_what_the_page_allows(open_app: OpenApp) -> None:
    """A field may allow more than the sentence does: the complaint says what counts in the end."""
    line = complaint("cut", open_app("calls", cut="100"))
    allowed = text("problems.whole", low=1, high=9)
    assert line == text("link.line", field="cut", got="`100`", allowed=allowed, used="`9`")


def test_a_text_that_does_not_fit_the_page_leaves_the_last_one_that_did(open_app: OpenApp) -> None:
    at = move(open_app("padding"), "pad.sentences", "1, 2; 3")
    move(at, "pad.sentences", "4, 150; 13")
    assert widget(at, "pad.sentences").value == "4, 150; 13"
    assert complaint("pad.sentences", at).endswith("`1, 2; 3`")
    assert address(at) == {"pad.sentences": "1, 2; 3"}
    move(at, "vocabulary_size", 151)
    sound(at)
    assert address(at) == {"pad.sentences": "4, 150; 13", "vocabulary_size": "151"}


def test_many_units_are_as_many_as_there_can_be(open_app: OpenApp) -> None:
    """As many as the link of a colleague's course asks for, who has a larger machine."""
    at = open_app(units="1024")
    got, allowed = "`1024`", text("problems.whole", low=1, high=512)
    assert complaint("units", at) == text(
        "link.line", field="units", got=got, allowed=allowed, used="`512`"
    )
    assert widget(at, "units").value == 512
    assert address(at) == {"units": "512"}
    shows(at, Settings(units=512))
    move(at, "units", 5)
    sound(at)
    shows(at, Settings(units=5))


def test_a_thousand_unknown_names_are_counted(open_app: OpenApp) -> None:
    at = open_app(**{f"<b>{number}</b>": "x" for number in range(900)})
    (told,) = at.main.warning
    assert len(told.value.splitlines()) == 2 + 5 + 1
    assert text("problems.more_names", count=900 - 5) in told.value
    assert "<b>" not in without_code(told.value)


@pytest.mark.parametrize("names", ONE_LINK, ids=lambda names: names[0])
def test_a_repeated_parameter_is_named(open_app: OpenApp, names: list[str]) -> None:
    """Whichever of the two is taken in the end, it is the one that the message names."""
    for values in (["", "7"], ["LSTM", "GRU"], ["true", "false"], ["7", "x"]):
        at = open_app(**under(names), **dict.fromkeys(names, values))
        for name in names:
            line = complaint(name, at)
            assert all(repr(value) in line for value in values)
            assert line.endswith(used(name, DEFAULTS[name]))
        shows(at, Setup(**under(names)).settings)


@pytest.mark.parametrize("markup", MARKUP)
def test_markup_is_shown_as_it_is(open_app: OpenApp, markup: str) -> None:
    at = open_app(**dict.fromkeys(OF_IDS, markup))
    assert not at.exception
    for name in OF_IDS:
        line = complaint(name, at)
        quoted = markup.split()[0].split("|")[0] if name == "tokens" else markup.split("\n")[0]
        assert quoted[:25] in line.replace(WORD_JOINER, "")
        assert quoted[:25] not in without_code(line)
    assert MARKUP[markup] not in without_code(all_markdown(at))
    shows(at, Settings())


BAD_TOKENS = {"words": "one two", "ragged": "1, 2; 3", "one long number": "1" * 10_000}


@pytest.mark.parametrize("typed", BAD_TOKENS.values(), ids=BAD_TOKENS)
def test_a_bad_sentence_leaves_the_other_settings(open_app: OpenApp, typed: str) -> None:
    good = {"cell": "GRU", "units": "2", "seed": "3"}
    at = open_app(tokens=typed, **good)
    assert not at.exception
    assert at.text_input(key="tokens").value == typed
    assert widget(at, "source").value == "typed"
    line = complaint("tokens", at)
    assert "1 to 8 sentences of one length" in line
    assert line.endswith(used("tokens", DEFAULTS["tokens"]))
    expected = Settings.from_query({name: [value] for name, value in good.items()})[0]
    assert settings(at) == expected
    shows(at, expected)


def test_the_message_goes_once_a_setting_moves(open_app: OpenApp) -> None:
    at = open_app(units="1000", cell="x")
    assert text("link.bad") in messages(at)
    move(at, "units", 5)
    sound(at)
    move(at, "units", 3)  # back to what was used instead: it stays gone
    sound(at)


def test_the_message_of_the_view_goes_once_the_view_or_a_setting_moves(open_app: OpenApp) -> None:
    for name, value in (("view", "lines"), ("units", 5)):
        at = open_app(step="0")
        assert complaint("step", at)
        move(at, name, value)
        sound(at)


WRONG_VIEWS = {
    "step": [("0", 1), ("101", 100), ("x", 3)],
    "unit": [("-3", 0), ("64", 63), ("", 0)],
    "sentence": [("7", 1), ("0", 1), ("1.0", 1)],
    "view": [("<b>", "heatmap"), ("Heatmap", "heatmap"), (["table", "lines"], "heatmap")],
    "tab": [("nowhere", "inside"), ("", "inside"), ("Shapes", "inside")],
    "fixed": [("maybe", False), ("1", False), ("yes", False)],
}
"""For each field of the view, what a link may ask for, and what the page uses then."""


@pytest.mark.parametrize("number", range(3))
def test_what_is_wrong_with_the_view_is_reported(open_app: OpenApp, number: int) -> None:
    wrong = {name: cases[number] for name, cases in WRONG_VIEWS.items()}
    at = open_app(**{name: value for name, (value, _) in wrong.items()})
    assert not at.exception
    for name, (value, instead) in wrong.items():
        line = complaint(name, at)
        assert all(part in line for part in ([value] if isinstance(value, str) else value))
        allowed = {str(allowed_values(ExploreView, name))}
        if name == "sentence":
            allowed.add(text("problems.whole", low=1, high=1))
        assert any(f"; allowed: {said}; " in line for said in allowed)
        assert line.endswith(used(name, instead, ExploreView))
    assert address(at) == {}  # what is shown
    shows(at, Settings())


@pytest.mark.parametrize(
    "query",
    [
        {"settings": "x", "link_problems": "y", "shown": "z", "parts": "", "complete": "false"},
        {"unknown": "1", "__class__": "x", "": "y"},
        {
            "source": "seven",
            "view": "lines",
            "tab.open": "Shapes",
            "fields.Setup": "z",
        },
        {"last.units": "7", "last.tokens": "1 2", "last.": "", "last.last.units": "3"},
    ],
    ids=lambda q: "-".join(q),
)
def test_other_parameters_do_no_harm(open_app: OpenApp, query: dict[str, Any]) -> None:
    at = open_app(**query)
    assert not at.exception
    known = {*FIELDS, *WeightSource.model_fields, *ExploreView.model_fields}
    unknown = [name for name in query if name.removeprefix("last.") not in known]
    assert len(messages(at).splitlines()) == (2 + len(unknown) if unknown else 0)
    assert not address(at).keys() & {*unknown}
    assert "timeline" in charts(at)
    assert "inside" in charts(at)


def test_parameters_of_the_view(open_app: OpenApp) -> None:
    three = Settings(tokens=((1, 2, 3), (4, 5, 6), (7, 8, 9)))
    query = {"view": "lines", "fixed": "true", "sentence": "2", "step": "4", "unit": "1"}
    at = open_app(**three.to_query() | query)
    sound(at)
    assert widget(at, "view").value == "lines"
    assert at.toggle(key="fixed").value
    assert widget(at, "sentence").value == 2
    assert looked(at) == {"step": 4, "unit": 1}
    in_browser = {"step", "unit"}  # which writes them into its part of the address by itself
    assert {n: v for n, v in query.items() if n not in in_browser}.items() <= address(at).items()


# -- The sentence in a link ------------------------------------------------------------------------


def test_ids_in_a_link_are_typed_ones(open_app: OpenApp) -> None:
    at = open_app(tokens="5 6 7; 8 9 1")
    sound(at)
    assert widget(at, "source").value == "typed"
    assert (at.slider(key="length").value, at.slider(key="sentences").value) == (3, 2)
    assert address(at) == {"source": "typed", "tokens": "5, 6, 7; 8, 9, 1"}
    move(at, "length", 10)
    assert address(at)["length"] == "10"
    shows(open_app(**address(at)), settings(at))
    move(at, "length", 3)
    shows(at, Settings(tokens=((5, 6, 7), (8, 9, 1))))


# -- Forgers --------------------------------------------------------------------


def test_a_forged_choice_is_reported(open_app: OpenApp) -> None:
    """A widget is checked by the browser alone; what comes past it is checked here."""
    at = open_app(units="5")
    send(at, at.get_by_key("cell").proto.id, string_array_value=StringArray(data=[]))
    assert not at.exception
    assert f"allowed: {allowed_values(Setup, 'cell')}; " in complaint("cell", at)
    shows(at, Settings(units=5))


def test_two_things_wrong_at_once_are_both_reported(open_app: OpenApp) -> None:
    at = open_app(units="5", source="typed")
    at.segmented_control(key="cell").set_value(None)
    at.text_input(key="tokens").set_value("500").run()
    assert not at.exception
    assert str(allowed_values(Setup, "cell")) in complaint("cell", at)
    assert "500" in complaint("tokens", at)
    shows(at, Settings(units=5))


# -- What is shown in place of a wrong value -------------------------------------------------------


def test_a_link_copied_while_a_field_is_wrong_opens_what_was_shown(open_app: OpenApp) -> None:
    good = Settings(cell="GRU", tokens=((5, 6, 7), (1, 2, 3)))
    at = move(open_app(cell="GRU"), "tokens", "5 6 7; 1 2 3")
    at.text_input(key="tokens").set_value("5 6; 7").run()
    assert complaint("tokens", at)
    assert at.text_input(key="tokens").value == "5 6; 7"
    shows(at, good)
    reader = open_app(**address(at))
    sound(reader)
    shows(reader, good)


def test_back_to_a_link_that_names_nothing_brings_what_the_page_opens_on(
    open_app: OpenApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There is no Back here: the test says in its place that the visitor came back."""
    at = open_app()
    move(at, "units", 5)
    at.query_params.clear()
    monkeypatch.setattr(of_page, "came_back", lambda: True)
    at.run()
    sound(at)
    assert address(at) == dict(opening("explore"))


def test_a_field_with_a_number_that_no_browser_sends_is_set_to_the_nearest(
    open_app: OpenApp,
) -> None:
    at = open_app()
    send(at, widget(at, "seed").proto.id, double_value=1e12)
    assert complaint("seed", at).endswith(used("seed", 2**31 - 1))
    assert widget(at, "seed").value == 2**31 - 1


def test_of_ids_that_a_link_gives_twice_none_are_typed(open_app: OpenApp) -> None:
    """They could not both stand in the field to be corrected."""
    at = open_app(source="typed", tokens=["1, 2", "3"])
    assert complaint("tokens", at).endswith(used("tokens", DEFAULTS["tokens"]))
    assert widget(at, "tokens").value == to_text(Setup, "tokens", DEFAULTS["tokens"])
