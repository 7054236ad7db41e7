"""Links: a good one opens its picture, a bad one says what is wrong with it and breaks nothing."""

from __future__ import annotations

from typing import Any

import pytest

from components.backend import Settings, run
from components.backend.settings import (
    MAX_STEPS,
    NOTEBOOK_TEN,
    allowed_values,
    bounds,
    to_text,
)
from components.texts import text
from tests.app.conftest import OpenApp
from tests.app.reading import (
    all_markdown,
    chart,
    charts,
    messages,
    move,
    settings,
    shows,
    sound,
    without_code,
)

FIELDS = tuple(Settings.model_fields)
NUMBERS = [name for name in FIELDS if type(Settings.model_fields[name].default) is int]

GOOD = [
    Settings(),
    Settings(cell="GRU", units=7, reset_after=False, recurrent_activation="hard_sigmoid", seed=5),
    Settings(cell="SimpleRNN", embedding=False, input_scaling="unit", return_sequences=False),
    Settings(unit_forget_bias=False, go_backwards=True, return_state=False, embedding_dim=3),
    Settings(tokens=((1, 2, 3), (150, 5, 6)), vocabulary_size=151, use_bias=False),
    Settings(units=64, tokens=(NOTEBOOK_TEN * (MAX_STEPS // 10),) * 8, seed=2**31 - 1),
]

NONSENSE = ["", " ", "nan", "inf", "1e999", "-1", "1000000000", "9" * 5000, "x" * 20_000, "\x00"]
BAD = [(n, v) for n in FIELDS for v in NONSENSE if Settings.from_query({n: [v]})[1]]
# What Streamlit's widgets read as a number and Settings does not.
LENIENT = ["+7", "7.0", "7.5", "1_0", "٣"]
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


def complaint(name: str, problem_text: str) -> str:
    """The message about one field, out of all that is complained of."""
    lines = [line.removeprefix("- ") for line in problem_text.splitlines()]
    (line,) = (line for line in lines if line.startswith(f"{name}: "))
    return line


@pytest.mark.parametrize("wanted", GOOD, ids=lambda s: "-".join(s.to_query()) or "defaults")
def test_a_link_opens_its_picture(open_app: OpenApp, wanted: Settings) -> None:
    at = open_app(**wanted.to_query())
    sound(at)
    assert settings(at) == wanted
    shows(at, wanted)


@pytest.mark.parametrize("wanted", GOOD[1:], ids=lambda s: "-".join(s.to_query()))
def test_a_link_and_the_widgets_agree(open_app: OpenApp, wanted: Settings) -> None:
    linked, moved = open_app(**wanted.to_query()), open_app()
    # What other settings depend on comes first: the cell, the embedding, the vocabulary.
    order = sorted(
        wanted.to_query(), key=lambda n: n not in ("cell", "embedding", "vocabulary_size")
    )
    for name in order:
        move(moved, name, getattr(wanted, name))
    assert settings(linked) == settings(moved) == wanted
    for key in ("timeline", "inside"):
        assert chart(linked, key) == chart(moved, key)
    assert all_markdown(linked) == all_markdown(moved)


@pytest.mark.parametrize(("name", "value"), BAD, ids=[f"{n}-{v!r:.12}" for n, v in BAD])
def test_a_bad_value_is_named_and_replaced(open_app: OpenApp, name: str, value: str) -> None:
    at = open_app(**{name: value})
    assert not at.exception
    line = complaint(name, messages(at))
    assert allowed_values(name).split(", every")[0] in line
    assert "; allowed: " in line
    assert len(line) < 400
    assert settings(at) == Settings()
    shows(at, Settings())


@pytest.mark.parametrize("value", LENIENT)
def test_a_value_read_in_some_other_way_is_told_of(open_app: OpenApp, value: str) -> None:
    at = open_app(**dict.fromkeys(FIELDS, value))
    assert not at.exception
    for name in FIELDS:
        if name != "tokens":
            used = to_text(getattr(settings(at), name))
            assert complaint(name, messages(at)).endswith(f"`{used}`")
    shows(at, settings(at))


@pytest.mark.parametrize("name", NUMBERS)
def test_numbers_out_of_range_are_quoted(open_app: OpenApp, name: str) -> None:
    low, high = bounds(name)
    for value in (low - 1, high + 1):
        line = complaint(name, messages(open_app(**{name: str(value)})))
        assert f"`{value}`" in line
        assert line.endswith(f"`{Settings.model_fields[name].default}`")


@pytest.mark.parametrize("name", FIELDS)
def test_a_repeated_parameter_is_named(open_app: OpenApp, name: str) -> None:
    """Whichever of the two is taken in the end, it is the one that the message names."""
    for values in (["", "7"], ["LSTM", "GRU"], ["true", "false"], ["7", "x"]):
        at = open_app(**{name: values})
        line = complaint(name, "\n".join(w.value for w in at.warning))
        assert all(repr(value) in line for value in values)
        assert line.endswith(f"`{to_text(getattr(settings(at), name))}`")
        shows(at, settings(at))


@pytest.mark.parametrize("markup", MARKUP)
def test_markup_is_shown_as_it_is(open_app: OpenApp, markup: str) -> None:
    at = open_app(**dict.fromkeys(FIELDS, markup))
    assert not at.exception
    for name in FIELDS:
        line = complaint(name, messages(at))
        quoted = markup.split()[0].split("|")[0] if name == "tokens" else markup.split("\n")[0]
        assert quoted[:25] in line
        assert quoted[:25] not in without_code(line)
    assert MARKUP[markup] not in without_code(all_markdown(at))
    shows(at, Settings())


BAD_TOKENS = {
    "empty": "",
    "separators": ";;;",
    "words": "one two",
    "fraction": "1.5, 2",
    "negative": "3, -4",
    "out of range": "1, 100",
    "ragged": "1, 2; 3",
    "too many ids": ", ".join("1" * 10_000),
    "too many sentences": ";".join("1" * 9),
    "one long number": "1" * 10_000,
}


@pytest.mark.parametrize("typed", BAD_TOKENS.values(), ids=BAD_TOKENS)
@pytest.mark.parametrize("good", [{}, {"cell": "GRU", "units": "2", "seed": "3"}], ids=repr)
def test_a_bad_sentence_leaves_the_other_settings(
    open_app: OpenApp, typed: str, good: dict[str, str]
) -> None:
    at = open_app(tokens=typed, **good)
    assert not at.exception
    assert at.text_input(key="tokens").value == typed
    line = complaint("tokens", messages(at))
    assert "1 to 8 sentences of one length" in line
    assert text("sidebar.instead") in line
    expected = Settings.from_query({name: [value] for name, value in good.items()})[0]
    assert settings(at) == expected
    shows(at, expected)


def test_a_vocabulary_too_small_for_the_sentence(open_app: OpenApp) -> None:
    at = open_app(vocabulary_size="5")
    assert not at.exception
    assert complaint("vocabulary_size", messages(at))
    shows(at, Settings())
    move(at, "tokens", "0 4")
    move(at, "vocabulary_size", 5)
    assert not at.error
    shows(at, Settings(tokens=((0, 4),), vocabulary_size=5))


def test_several_bad_ones_are_all_named_and_the_good_ones_kept(open_app: OpenApp) -> None:
    at = open_app(cell="GRU", units="0", seed="x", return_state="perhaps", reset_after="false")
    assert not at.exception
    for name in ("units", "seed", "return_state"):
        assert complaint(name, messages(at)).endswith(
            f"`{to_text(Settings.model_fields[name].default)}`"
        )
    for name in ("cell", "reset_after"):
        assert f"{name}: " not in messages(at)
    shows(at, Settings(cell="GRU", reset_after=False))


def test_blanks_round_a_value_are_no_silent_refusal(open_app: OpenApp) -> None:
    """Either the value is taken, or the page says that it is not."""
    wanted = Settings(cell="GRU", units=7, tokens=((1, 2),), embedding=False, vocabulary_size=9)
    wanted = wanted.but(input_scaling="unit", recurrent_activation="hard_sigmoid", seed=3)
    wanted = wanted.but(use_bias=False, reset_after=False, go_backwards=True, return_state=False)
    silent = []
    for name, value in wanted.to_query().items():
        at = open_app(**wanted.to_query() | {name: f" {value} "})
        taken = getattr(settings(at), name) == getattr(wanted, name)
        if not taken and f"{name}: " not in messages(at):
            silent.append(name)
    assert silent == []


def test_the_message_goes_once_a_setting_moves(open_app: OpenApp) -> None:
    at = open_app(units="1000", cell="x")
    assert text("link.bad") in messages(at)
    move(at, "view", "lines")  # no setting
    assert text("link.bad") in messages(at)
    move(at, "units", 5)
    sound(at)
    move(at, "units", 4)  # back to what was used instead: it stays gone
    sound(at)


@pytest.mark.parametrize(
    "query",
    [
        {"step": "99", "unit": "-3", "sentence": "7"},
        {"view": "<b>", "tab": "nowhere", "fixed": "maybe"},
        {"view": ["table", "lines"], "tab": "", "step": "nan"},
        {
            "length": "5",
            "sentences": "3",
            "source": "random",
            "settings": "x",
            "link_problems": "y",
        },
        {"unknown": "1", "__class__": "x", "": "y"},
    ],
    ids=lambda q: "-".join(q),
)
def test_other_parameters_do_no_harm(open_app: OpenApp, query: dict[str, Any]) -> None:
    at = open_app(**query)
    sound(at)
    assert settings(at) == Settings()
    assert "timeline" in charts(at) or at.dataframe


def test_parameters_of_the_view(open_app: OpenApp) -> None:
    three = Settings(tokens=((1, 2, 3), (4, 5, 6), (7, 8, 9)))
    query = {"view": "lines", "fixed": "true", "sentence": "2", "step": "3", "unit": "1"}
    at = open_app(**three.to_query() | query)
    sound(at)
    assert at.get_by_key("view").value == "lines"
    assert at.toggle(key="fixed").value
    assert at.selectbox(key="sentence").value == 2
    token = run(three).trace.tokens[1, 2]
    assert text("inside.read", step=3, token=token, order="", unit=1) in all_markdown(at)


def test_a_forged_choice_is_told_of(open_app: OpenApp) -> None:
    """A widget is checked by the browser alone; what comes past it is checked here."""
    at = open_app(units="3")
    at.segmented_control(key="cell").set_value(None).run()
    assert not at.exception
    assert allowed_values("cell") in complaint("cell", messages(at))
    shows(at, Settings(units=3))


def test_two_things_wrong_at_once_are_both_told_of(open_app: OpenApp) -> None:
    at = open_app(units="3")
    at.segmented_control(key="cell").set_value(None)
    at.text_input(key="tokens").set_value("500").run()
    assert not at.exception
    assert allowed_values("cell") in complaint("cell", messages(at))
    assert "500" in complaint("tokens", messages(at))
    shows(at, Settings(units=3))
