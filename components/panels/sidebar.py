"""The sidebar: one widget for each field of Settings, and all of them in the URL."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from components.backend import Problem, Settings, SettingsError
from components.backend.layout import KERAS_DEFAULTS
from components.backend.notebook import NOTEBOOK
from components.backend.settings import (
    MAX_SENTENCES,
    MAX_STEPS,
    NOTEBOOK_SEVEN,
    NOTEBOOK_TEN,
    Tokens,
    applies,
    bounds,
    choices,
    extend_tokens,
    parse_tokens,
    place,
    random_tokens,
    to_text,
)
from components.panels.page.plain import plain
from components.texts import text

# A whole number with a range up to this wide is a slider; with a wider one, a field to type in.
_WIDEST_SLIDER = 100

_DEFAULTS = dict(Settings())
_SOURCES = ("ten", "seven", "random", "typed")


# What can be run again without the rest of the page.
PICTURE = "picture"
_SENTENCE = "sentence_widgets"


def settings_sidebar() -> DeltaGenerator:
    """Draw the sidebar, but for the place that it returns, where `layer_widgets` belong.

    Each widget's key is its field's name, and so is its name in the URL. The page is to be a
    fragment with the key PICTURE that draws the layer's widgets itself: to move them then runs
    that fragment alone, and so do most of the others.
    """
    _arrive()
    st.session_state["drawn"] = None
    st.session_state["whole"] = True
    with st.sidebar:
        with st.container(gap=None):
            st.caption(text("sidebar.presets"))
            _preset("keras", KERAS_DEFAULTS)
            _preset("notebook", NOTEBOOK)
        st.subheader(text("sidebar.layer"), anchor=False)
        _group("cell")
        layer = st.container()
        st.subheader(text("sidebar.input"), anchor=False)
        sentence = st.container()
        _group("input")
        advanced = st.expander(text("sidebar.advanced"), key="advanced", on_change=st.rerun)
        if advanced.open or _is_set("advanced"):
            with advanced:
                _group("advanced")
        with sentence:  # drawn last: a step back in the history sets the others no sooner
            _sentence_widgets()
    return layer


def note_drawn() -> None:
    """To be told that the whole page is drawn: from then on, parts of it may be run alone."""
    st.session_state["drawn"] = _applying(chosen_settings())


def draws_all() -> bool:
    """Whether this run is to draw the whole page."""
    return st.session_state["drawn"] is None


def layer_widgets() -> None:
    """The hidden size and what is returned: nothing else in the sidebar depends on them.

    Has the whole page run where there is only a part of it, because the last run did not get far.
    """
    if not st.session_state.pop("whole", False) and draws_all():
        st.rerun()
    _group("layer")


def chosen_settings() -> Settings:
    """What the sidebar's widgets say; where they say nonsense, the last that was valid."""
    return _choose()[0]


def forged_complaints() -> list[str]:
    """What is wrong with values that no widget lets a visitor choose."""
    return [
        text("sidebar.forged", problem=described(problem))
        for problem in _choose()[1]
        if problem.field != "tokens"
    ]


def link_complaints(settings: Settings) -> list[str]:
    """What the link that opened this session asked for and cannot have; none once a setting moved.

    A sentence that does not parse is told of beside its field instead.
    """
    state = st.session_state
    if state.setdefault("link_settings", settings) != settings:
        state["link_problems"] = ()
    return [
        text(
            "link.line",
            problem=described(problem),
            used=plain(to_text(getattr(settings, problem.field))),
        )
        for problem in state["link_problems"]
    ]


def described(problem: Problem) -> str:
    """A problem in one line of Markdown, what the visitor wrote shown as it is."""
    return f"{problem.field}: {plain(problem.got)}; allowed: {problem.allowed}"


def note_page(name: str) -> None:
    """To be told the page that is about to be drawn: coming from another one restores settings."""
    state = st.session_state
    state["arrived"] = state.get("page") != name
    state["page"] = name


def _arrive() -> None:
    """At a session's start, and on coming from another page: take over the link, or what was set.

    The widgets read the URL themselves, but each in its own way and without a word on what they
    refuse, so they are shown one that they can only read rightly.
    """
    state = st.session_state
    if not state.pop("arrived", False) and "settings" in state:
        return
    query = {name: st.query_params.get_all(name) for name in st.query_params}
    if "settings" in state and not Settings.model_fields.keys() & query:
        _set_widgets(state["settings"])
        st.rerun()  # a step back in the history would set the widgets to the URL's defaults

    settings, problems = Settings.from_query(query)
    typed = query.get("tokens", [])
    state["settings"] = settings
    state.pop("link_settings", None)
    state["link_problems"] = tuple(p for p in problems if p.field != "tokens" or len(typed) != 1)
    _set_widgets(settings)
    clean = {name: texts for name, texts in query.items() if name not in Settings.model_fields}
    clean |= {name: [value] for name, value in settings.to_query().items()}
    if len(typed) == 1:  # as it was typed, right or wrong: the field shows it
        state["tokens"] = typed[0]
        clean["tokens"] = typed
    if clean != query:
        st.query_params.from_dict(clean)
        st.rerun()


def _set_widgets(values: Settings | Mapping[str, Any]) -> None:
    for name, value in dict(values).items():
        st.session_state[name] = to_text(value) if name == "tokens" else value


def _preset(name: str, values: Mapping[str, Any]) -> None:
    st.button(
        text(f"sidebar.{name}"),
        help=text(f"sidebar.{name}_help"),
        on_click=_start_from,
        args=(values,),
        key=f"preset_{name}",
        type="tertiary",
        icon=":material/restart_alt:",
    )


def _start_from(values: Mapping[str, Any]) -> None:
    _set_widgets(values)
    st.session_state["drawn"] = None


def _group(group: str) -> None:
    """The widgets of a group that have an effect."""
    for name in Settings.model_fields:
        if place(name).group == group and name != "tokens" and name in _said():
            _widget(name)


def _said() -> dict[str, Any]:
    """What the widgets say, of the settings that have an effect under those before them."""
    said: dict[str, Any] = {}
    for name, field in Settings.model_fields.items():
        if applies(name, SimpleNamespace(**_DEFAULTS | said)):
            said[name] = st.session_state.get(name, field.default)
    return said


def _applying(settings: Settings) -> frozenset[str]:
    """The fields that have an effect: each of them has a widget."""
    return frozenset(name for name in Settings.model_fields if applies(name, settings))


def _is_set(group: str) -> bool:
    """Whether a group's widgets must be drawn though nobody sees them, to keep what they say."""
    return any(
        name in st.query_params or st.session_state.get(name, field.default) != field.default
        for name, field in Settings.model_fields.items()
        if place(name).group == group
    )


def _widget(name: str) -> None:
    """The widget that fits a field's type, bound to the URL."""
    default = Settings.model_fields[name].default
    label = text(f"settings.{name}.label")
    common: dict[str, Any] = {
        "key": name,
        "help": text(f"settings.{name}.help"),
        "bind": "query-params",
        "on_change": None if place(name).group == "layer" else _keep_random,
    }
    options = choices(name)
    if isinstance(default, bool):
        st.toggle(label, default, **common)
    elif options and place(name).group == "cell":
        st.segmented_control(
            label, options, default=default, required=True, width="stretch", **common
        )
    elif options:
        st.selectbox(label, options, options.index(default), **common)
    else:
        low, high = bounds(name)
        widget = st.slider if high - low <= _WIDEST_SLIDER else st.number_input
        widget(label, low, high, default, **common)


@st.fragment(key=_SENTENCE)
def _sentence_widgets() -> None:
    """All that is about the tokens."""
    above = st.container()
    st.text_input(  # drawn first: a step back in the history sets it no sooner
        text("settings.tokens.label"),
        to_text(Settings.model_fields["tokens"].default),
        key="tokens",
        help=text("settings.tokens.help"),
        bind="query-params",
        on_change=_redraw,
    )
    settings, problems = _choose()
    with above:
        _about_sentence(settings)
    for problem in problems:
        if problem.field == "tokens":
            st.error(f"{described(problem)}. {text('sidebar.instead')}")
    st.session_state["drawn_tokens"] = settings.tokens, problems


def _about_sentence(settings: Settings) -> None:
    """Where the sentence comes from, its length and how many there are: all read off the tokens."""
    tokens = settings.tokens
    _derived("source", _source(settings))
    _derived("length", settings.steps)
    _derived("sentences", len(tokens))
    options = [name for name in _SOURCES if name != "typed" or _source(settings) == "typed"]
    st.selectbox(
        text("tokens.source"),
        options,
        key="source",
        format_func=lambda source: text(f"tokens.{source}"),
        help=text("tokens.source_help"),
        on_change=_rewrite,
        args=(_from_source,),
    )
    st.slider(
        text("tokens.length"),
        1,
        MAX_STEPS,
        key="length",
        help=text("tokens.length_help"),
        on_change=_rewrite,
        args=(lambda old, draw: extend_tokens(old, draw, len(old), _whole("length", MAX_STEPS)),),
    )
    st.slider(
        text("tokens.sentences"),
        1,
        MAX_SENTENCES,
        key="sentences",
        help=text("tokens.sentences_help"),
        on_change=_rewrite,
        args=(
            lambda old, draw: extend_tokens(
                old, draw, _whole("sentences", MAX_SENTENCES), len(old[0])
            ),
        ),
    )


def _derived(key: str, value: Any) -> None:
    """Set a widget whose value follows from the tokens, but not in the middle of a drag."""
    if st.session_state.get(key) != value:
        st.session_state[key] = value


def _source(settings: Settings) -> str:
    known = {(NOTEBOOK_TEN,): "ten", (NOTEBOOK_SEVEN,): "seven"}
    if settings.tokens in known:
        return known[settings.tokens]
    return "random" if _is_random(settings) else "typed"


def _is_random(settings: Settings) -> bool:
    return settings.tokens == random_tokens(settings, len(settings.tokens), settings.steps)


def _from_source(old: Tokens, draw: Settings) -> Tokens:
    source = st.session_state["source"]
    if source == "random":
        return random_tokens(draw, len(old), len(old[0]))
    return {"ten": (NOTEBOOK_TEN,), "seven": (NOTEBOOK_SEVEN,)}.get(source, old)


def _whole(key: str, most: int) -> int:
    """A slider's value, kept in its range: that a browser keeps it there is no promise."""
    return min(max(int(st.session_state[key]), 1), most)


def _rewrite(new: Callable[[Tokens, Settings], Tokens]) -> None:
    """Put new tokens into the text field, made of the last valid ones."""
    old = st.session_state["settings"].tokens
    st.session_state["tokens"] = to_text(new(old, _draw()))
    _redraw()


def _keep_random() -> None:
    """A random sentence stays random: it follows the seed and the vocabulary."""
    if _is_random(st.session_state["settings"]):
        _rewrite(lambda old, draw: random_tokens(draw, len(old), len(old[0])))
    _redraw()


def _redraw() -> None:
    """Run again what a moved widget has changed, and no more than that."""
    state = st.session_state
    settings, problems = _choose()
    if state["drawn"] != _applying(settings):
        st.rerun()
    moved = state["drawn_tokens"] != (settings.tokens, problems)
    st.rerun([_SENTENCE, PICTURE] if moved else PICTURE)


def _draw() -> Settings:
    """Settings with the seed and the vocabulary that the widgets have by now, to draw ids by."""
    good, said = st.session_state["settings"], _said()
    try:
        return good.but(seed=said["seed"], vocabulary_size=said["vocabulary_size"], tokens=((0,),))
    except SettingsError:
        return good


def _choose() -> tuple[Settings, tuple[Problem, ...]]:
    """The widgets' settings and what is wrong with them, the right ones kept for the next time."""
    state = st.session_state
    state["settings"], problems = _valid(_said(), state["settings"])
    return state["settings"], problems


def _valid(values: dict[str, Any], good: Settings) -> tuple[Settings, tuple[Problem, ...]]:
    """Settings of what the widgets say, with what is wrong replaced by what was last right."""
    problems: tuple[Problem, ...] = ()
    try:
        values["tokens"] = parse_tokens(values["tokens"])
    except SettingsError as error:
        problems = error.problems
        values["tokens"] = good.tokens
    while True:  # whether the sentence fits is told only once all else is right
        try:
            return Settings(**values), problems
        except SettingsError as error:
            for problem in error.problems:
                if problem.field in {known.field for known in problems}:
                    # the last valid sentence does not fit the vocabulary
                    size, allowed = values["vocabulary_size"], text("sidebar.vocabulary_allowed")
                    problem = Problem("vocabulary_size", str(size), allowed)
                values[problem.field] = getattr(good, problem.field)
                problems += (problem,)
