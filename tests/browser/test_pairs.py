"""Two changes, one right after the other: neither is lost, whichever they are.

Each test takes one seed, which says what is changed, to what, and how soon after each other. One
that fails is run again, pair for pair, by its name: `pytest "tests/browser/test_pairs.py::…[7]"`;
what it prints of a pair has the link that it began from.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Mapping
from itertools import zip_longest
from typing import Any
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
from playwright.sync_api import Error, Locator, Page, expect

from components.backend import Settings, Setup, run
from components.backend.question.labels import named_shape
from components.backend.question.layout import KERAS_DEFAULTS, returned_layout
from components.backend.question.linked import choices
from components.backend.question.sentences import read_ids
from components.backend.scripts.code import unpack_line
from components.backend.scripts.torch_code import module
from components.charts import Scale, inside, parameters, timeline
from components.charts.picture import Figure
from components.panels.layer.explore import ExploreView
from components.texts import text
from tests.browser.dashboard import NewPage, with_defaults
from tests.browser.driver import ROOT, TALL, VIEWPORT, settle
from tests.page import decoded

PAIRS = 2  # that a seed has, each beginning where the one before it ended
SEEDS, DAILY = 450, 2  # in all, and of those in the default run
LONGEST = 0.5  # seconds from one change to the next
PATIENCE = 10  # seconds that only what never agrees takes
SOON = 15_000  # ms: only what is gone takes longer to be used

READ = (ROOT / "tests/browser/read_page.js").read_text("utf-8")
# What a widget says as a key comes down in it: what follows from that it shows a moment later.
NOTE_KEYS = """() => addEventListener("keydown", ({ key, target: { value, min, max } }) => {
    window.keyed = { key, value, min, max }
}, true)"""
FIXED = text("explore_view.fixed.label")
TABS = ["Inside the cell", "Shapes", "Parameters", "Code", "PyTorch", "Data"]

Change = Callable[[Page, random.Random], dict[str, Any]]


# -- The changes. Each says what it wants to be found on the page in the end. ----------------------


def move(label: str) -> Change:
    """One to three steps of a slider, from its lower end upwards."""

    def change(page: Page, chance: random.Random) -> dict[str, Any]:
        slider, steps = field(page, label), chance.randint(1, 3)
        now = slider.evaluate("({ value, min, max }) => ({ value, min, max })", timeout=SOON)
        back = chance.random() < 0.5 and int(now["value"]) > steps
        for _ in range(steps):
            slider.press("ArrowLeft" if back else "ArrowRight", timeout=SOON)
        return {label: moved(now, -steps if back else steps)}

    return change


def field(page: Page, label: str) -> Locator:
    # What is drawn anew stands there twice for a moment: either can be moved. In a tab that was
    # just closed it stands unseen, and cannot: its keys would go to the tabs, which they open.
    return page.locator(f'input[aria-label="{label}"]').filter(visible=True).first


def moved(slider: Mapping[str, str], steps: int) -> str:
    """What a slider says, some steps on from what it said."""
    value, low, high = (int(slider[name]) for name in ("value", "min", "max"))
    return str(min(max(value + steps, low), high))


def flip(label: str) -> Change:
    def change(page: Page, _: random.Random) -> dict[str, Any]:
        switch = page.get_by_role("switch", name=label, exact=True)
        switch.press(" ", timeout=SOON)
        return {label: switch.is_checked(timeout=SOON)}

    return change


def choose(label: str, *options: str) -> Change:
    """Another option of a segmented control."""

    def change(page: Page, chance: random.Random) -> dict[str, Any]:
        # What is drawn anew elsewhere stands there twice for a moment: either can be chosen from.
        group = page.get_by_role("radiogroup", name=label, exact=True).first
        now = group.get_by_role("radio", checked=True).inner_text(timeout=SOON)
        wanted = chance.choice([option for option in options if option != now])
        group.get_by_role("radio", name=wanted, exact=True).click(timeout=SOON)
        return {label: wanted}

    return change


def open_tab(page: Page, chance: random.Random) -> dict[str, Any]:
    now = page.locator(".st-key-tab").get_by_role("radio", checked=True).inner_text()
    wanted = chance.choice([tab for tab in TABS if tab != now])
    page.get_by_role("radio", name=wanted).click()
    return {"tab": wanted}


def press_preset(page: Page, _: random.Random) -> dict[str, Any]:
    page.get_by_role("button", name=text("sidebar.presets")).click()
    page.get_by_role("menuitem", name=text("sidebar.keras"), exact=True).click()
    return {name: KERAS_DEFAULTS[name] for name in ("return_sequences", "return_state")}


def pick_source(page: Page, chance: random.Random) -> dict[str, Any]:
    box = page.get_by_role("combobox", name="Sentence", exact=True)
    sources = [text(f"settings.source.options.{name}") for name in ("ten", "seven", "random")]
    wanted = chance.choice([source for source in sources if source != box.input_value()])
    pick(page, wanted)
    return {"Sentence": wanted}


def pick(page: Page, option: str) -> None:
    box = page.get_by_role("combobox", name="Sentence", exact=True)
    wanted = page.get_by_role("option", name=option, exact=True)
    box.click()
    try:
        wanted.click(timeout=SOON)
    except Error:  # the change before this one has set the box anew, and so closed its list
        box.click()
        wanted.click()


def type_ids(page: Page, chance: random.Random) -> dict[str, Any]:
    field = page.get_by_role("textbox", name="Token ids")
    if not field.is_visible():
        pick(page, text("settings.source.options.typed"))
    count, steps = chance.randint(1, 2), chance.randint(2, 12)
    rows = (", ".join(str(chance.randrange(100)) for _ in range(steps)) for _ in range(count))
    typed = "; ".join(rows)
    try:
        field.fill(typed, timeout=2000)
        field.press("Enter", timeout=2000)
    except Error:  # the change before this one has taken the field away by now
        pick(page, text("settings.source.options.typed"))
        field.fill(typed)
        field.press("Enter")
    return {"Token ids": typed, "Sequence length": str(steps), "Sentences": str(count)}


def type_number(label: str, low: int, high: int) -> Change:
    def change(page: Page, chance: random.Random) -> dict[str, Any]:
        field = page.get_by_role("spinbutton", name=label)
        wanted = str(chance.randint(low, high))
        field.fill(wanted, timeout=SOON)
        field.press("Enter", timeout=SOON)
        return {label: wanted}

    return change


CHANGES: dict[str, Change] = {
    "hidden size": move("Hidden size"),
    "length": move("Sequence length"),
    "sentences": move("Sentences"),
    "return_sequences": flip("return_sequences"),
    "return_state": flip("return_state"),
    "embedding": flip("Embedding"),
    "cell": choose("Cell", "LSTM", "GRU", "SimpleRNN"),
    "view": choose("View", "heatmap", "lines", "table"),
    "tab": open_tab,
    "preset": press_preset,
    "source": pick_source,
    "ids": type_ids,
    "seed": type_number("Seed", 1, 10**6),
    "fixed": flip(FIXED),
    "sentence": type_number("Sentence shown", 1, 2),
    "next_layer": choose("Next layer", *choices(ExploreView, "next_layer")),
}
# Fields of the view that are not always there, and what takes them away, or sets them anew.
SOMETIMES = {
    "fixed": {"view"},
    "sentence": {"sentences", "source", "ids", "preset"},
    "next_layer": {"tab"},
}
KEYED = ("hidden size", "length", "sentences", "seed")  # whose last key says what is wanted
# What a second change sets anew of what the first one has set.
SENTENCE = {"Sentence", "Token ids", "Sequence length", "Sentences"}
UNDONE = {
    "source": SENTENCE,
    "ids": SENTENCE,
    "preset": SENTENCE
    | {"Cell", "Hidden size", "return_sequences", "return_state", "Embedding", "Seed"},
}
# What the server sets after a change. Until the browser shows it, a second change may undo it: its
# message says the older values.
SET_BY_SERVER = {
    "ids": {"Sequence length", "Sentences"},
    "preset": {"return_sequences", "return_state"},
}


def after_key(keyed: Mapping[str, str]) -> str:
    """What a widget says after a key."""
    if keyed["key"] == "Enter":
        return keyed["value"]
    return moved(keyed, {"ArrowLeft": -1, "ArrowRight": 1}[keyed["key"]])


# -- What the page shows, against what its link says -----------------------------------------------


def linked(query: Mapping[str, list[str]]) -> Settings:
    """The settings of a link that has nothing wrong in it."""
    setup, problems = Setup.from_query(query)
    assert not problems
    return setup.settings


def differences(page: Page, wanted: Mapping[str, Any]) -> Iterator[str]:
    """Where the page disagrees with its own link, with the backend, or with what was wanted."""
    seen, query = page.evaluate(READ), parse_qs(urlsplit(page.url).query)
    found = seen["widgets"] | {"tab": seen["tab"]}
    settings = linked(query)
    for what, shown, expected in [
        *of_widgets(seen, settings, query),
        *of_picture(seen, settings),
        *of_tab(seen, settings),
        *((name, found.get(name), wanted[name]) for name in wanted),
        ("alerts", seen["alerts"], []),
        ("drawn twice", seen["twice"], []),
    ]:
        if shown != expected:
            yield f"{what}: {shown!r}, but {expected!r} was to be expected"


def of_widgets(
    seen: dict[str, Any], settings: Settings, query: Mapping[str, list[str]]
) -> Iterator:
    shown = seen["widgets"]
    numbers = {
        "Hidden size": settings.units,
        "Sequence length": settings.steps,
        "Sentences": len(settings.tokens),
        "Seed": settings.seed,
    }
    yield from ((name, shown.get(name), str(number)) for name, number in numbers.items())
    for name in ("return_sequences", "return_state"):
        yield name, shown.get(name), getattr(settings, name)
    yield "Embedding", shown.get("Embedding"), settings.embedding
    yield "Cell", shown.get("Cell"), settings.cell
    view, tab = ("View", shown.get("View"), "heatmap"), ("tab", seen["tab"], "inside")
    for what, said, default in (view, tab):
        name = query.get(what.lower(), [default])[0]
        yield what, said, text(f"explore_view.{what.lower()}.options.{name}")
    if "tokens" in query and "Token ids" in shown:
        ids = (read_ids(shown["Token ids"]), read_ids(query["tokens"][0]))
        yield "Token ids", *ids
    if "Sentence shown" in shown:
        yield "Sentence shown", shown["Sentence shown"], query.get("sentence", ["1"])[0]
    there = {
        "Sentence shown": len(settings.tokens) > 1,
        FIXED: shown.get("View") != "table",
        "Next layer": seen["tab"] == "Shapes",
    }
    yield from ((f"{name} is there", name in shown, is_so) for name, is_so in there.items())
    if FIXED in shown:
        yield FIXED, shown[FIXED], query.get("fixed") == ["true"]
    if "Next layer" in shown:
        next_layer = query.get("next_layer", [ExploreView().next_layer])[0]
        yield "Next layer", shown["Next layer"], next_layer


def of_picture(seen: dict[str, Any], settings: Settings) -> Iterator:
    yield "call", seen["call"], unpack_line(settings)
    for card, name in zip_longest(seen["cards"], ("outputs", "state_h", "state_c"), fillvalue=""):
        shapes = [named_shape(t) for t in returned_layout(settings) if t.name == name]
        yield f"card of {name}", all(part in card for part in (name, *shapes)), True
        said = text("cards.computed") in card or text("cards.state_c_absent") in card
        yield f"{name} is not returned", said, not shapes
    view = seen["widgets"].get("View")
    if view in ("heatmap", "lines"):
        options = {"sentence": sentence_of(seen), "scale": scale_of(seen), "view": view}
        figure = timeline(run(settings), **options).figure
        yield "timeline", *traces(seen, "timeline", figure)


def sentence_of(seen: dict[str, Any]) -> int:
    return int(seen["widgets"].get("Sentence shown", 1)) - 1


def scale_of(seen: dict[str, Any]) -> Scale | None:
    """None where no switch says it."""
    return {True: "fixed", False: "fitted"}.get(seen["widgets"].get(FIXED))


def traces(seen: dict[str, Any], key: str, figure: Figure) -> tuple[Any, Any]:
    """What a chart has drawn and what it is to draw: each trace's name, shape and numbers."""

    def numbers(trace: dict[str, Any]) -> tuple[str | None, list]:
        values = np.asarray(trace["z"] if "z" in trace else trace["y"], "float32")
        return trace.get("name"), values.tolist()

    if key not in seen["charts"]:
        return "not there", "a chart"
    shown, expected = decoded(seen["charts"][key]), figure["data"]
    return list(map(numbers, shown)), list(map(numbers, expected))


def of_tab(seen: dict[str, Any], settings: Settings) -> Iterator:
    result = run(settings)
    if seen["tab"] == "Inside the cell":
        scale = scale_of(seen) or "fitted"
        figure = inside(result, sentence=sentence_of(seen), scale=scale).figure
        yield "inside", *traces(seen, "inside", figure)
    elif seen["tab"] == "Parameters":
        yield "parameters", *traces(seen, "parameters", parameters(result).figure)
    part = {
        "Inside the cell": text("inside.next"),
        "Shapes": named_shape(returned_layout(settings)[0]),
        "Parameters": f"{result.parameter_count}",
        "Code": f"{settings.cell}({settings.units}",
        "PyTorch": module(settings),
        "Data": "outputs",
    }[seen["tab"]]
    yield "the open tab's content", part in seen["panel"].replace("\u202f", ""), True


# -- The pairs -------------------------------------------------------------------------------------


def is_there(page: Page, change: str) -> bool:
    """Whether the widget of a change is on the page."""
    if change not in SOMETIMES:
        return True
    return page.get_by_label(text(f"explore_view.{change}.label"), exact=True).count() > 0


def make_pair(page: Page, chance: random.Random) -> tuple[str, dict[str, Any]]:
    """Two changes: what they were, and what is wanted in the end."""
    first, second = chance.sample([name for name in CHANGES if is_there(page, name)], 2)
    gap = chance.uniform(0, LONGEST) if chance.random() < 0.8 else 0.0
    before = CHANGES[first](page, chance)
    page.wait_for_timeout(1000 * gap)  # not for anything: when the second comes is what is tried
    shown, later = page.evaluate(READ)["widgets"], SET_BY_SERVER.get(first, set())
    before = {n: value for n, value in before.items() if n not in later or shown.get(n) == value}
    try:
        after = CHANGES[second](page, chance)
    except Error:
        assert first in SOMETIMES.get(second, ())  # which has taken it away
        settle(page)
        assert not is_there(page, second)
        after = {}
    if first in SOMETIMES.get(second, ()) or second in SOMETIMES.get(first, ()):
        before, after = (
            {} if name in SOMETIMES else said for name, said in ((first, before), (second, after))
        )
    if second in KEYED and after.keys() <= UNDONE.get(first, set()):
        # What the first one sets may have come in between, up to the last key.
        typed, after = after, dict.fromkeys(after, after_key(page.evaluate("keyed")))
        assert second != "seed" or after in (typed, {"Seed": str(Settings().seed)})
    # What both set depends on which of the two the page had shown by then.
    wanted = {name: value for name, value in before.items() if name not in UNDONE.get(second, ())}
    wanted |= after
    both = before.keys() & after.keys()
    said = f"{first} {before}, {gap:.3f} s, {second} {after}"
    return said, {name: value for name, value in wanted.items() if name not in both}


def show_tab(page: Page) -> None:
    """Have what is in the open tab drawn."""
    panel = page.locator(".st-key-panel")
    panel.evaluate("panel => panel.scrollIntoView({ block: 'start' })")
    settle(page)


def lasting_differences(page: Page, wanted: dict[str, Any]) -> list[str]:
    """Where the page disagrees with itself, and goes on to."""
    end = time.monotonic() + PATIENCE
    while True:
        settle(page)
        page.get_by_role("heading", level=1).scroll_into_view_if_needed()  # the picture is drawn
        settle(page)
        show_tab(page)
        found = list(differences(page, wanted))
        if not found or time.monotonic() > end:
            return found


def show_all(page: Page, address: str) -> None:
    page.goto(with_defaults(address))
    page.evaluate(NOTE_KEYS)
    expect(page.locator(".rnn-call")).to_be_visible()
    settle(page)
    if not page.get_by_role("spinbutton", name="Seed").is_visible():
        page.get_by_text("Advanced", exact=True).click()
        expect(page.get_by_role("spinbutton", name="Seed")).to_be_visible()
    settle(page)


@pytest.mark.parametrize(
    "seed", [pytest.param(n, marks=pytest.mark.soak if n >= DAILY else ()) for n in range(SEEDS)]
)
def test_neither_of_two_changes_is_lost(new_page: NewPage, seed: int) -> None:
    """With the tabs in sight where the seed is even, else out of sight."""
    chance, failed = random.Random(seed), []
    page = new_page(viewport=VIEWPORT if seed % 2 else TALL)
    show_all(page, "/")
    for number in range(PAIRS):
        page.get_by_role("heading", level=1).scroll_into_view_if_needed()
        start = urlsplit(page.url)
        said, wanted = make_pair(page, chance)
        if found := lasting_differences(page, wanted):
            lines = (f"  {line[:300]}" for line in found)
            failed.append(
                "\n".join(
                    (f"seed {seed}, pair {number}: {said}", f"  from /?{start.query}", *lines)
                )
            )
            show_all(page, f"/?{urlsplit(page.url).query}")
    assert not failed, "\n".join(failed)


def test_a_difference_is_found(page: Page) -> None:
    """The comparison itself: the chart of other settings, and a widget that moved alone."""
    show_all(page, "/")
    assert list(differences(page, {})) == []
    page.evaluate(
        """() => {
            const { z } = document.querySelector(".st-key-timeline .rnn-plot").data[0]
            z.bdata = z.bdata.replace(/./g, "A") // zeros
            document.querySelector("input[aria-label='return_state']").checked = false
        }"""
    )
    found = [line.partition(":")[0] for line in differences(page, {"Seed": "1"})]
    assert found == ["return_state", "timeline", "Seed"]
