"""What the what-if pages have in common."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import chain

import streamlit as st

from components.backend import Settings, Setup
from components.backend.cells import CELLS
from components.backend.origins.weight_source import WeightSource
from components.backend.question.linked import LONGEST_TEXT
from components.backend.question.sentences import values_text
from components.backend.question.weights import Weights
from components.backend.running.keras_layers import unpadded
from components.backend.scripts.code import file_name, in_name
from components.panels.ask.boxes import on_demand
from components.panels.ask.field_set import FieldSet
from components.panels.ask.led import led_answer
from components.panels.pages import PAGES, TAKE_SETTINGS, page_link
from components.panels.parts.code import source_panel
from components.panels.parts.sidebar import settings_sidebar
from components.panels.write.containers import kept_place
from components.texts import text


def head(page: str) -> None:
    """A page's title, and what to look at or, if a question has led here, its answer."""
    st.title(text(f"{page}.title"), anchor=False)
    if not led_answer():
        st.markdown(text(f"{page}.look"))


def letters_of(*cells: str) -> str:
    """The states that these cells carry, in the equations' names: "h", or "hc"."""
    return max((CELLS[cell].letters for cell in cells), key=len)


def note_of(page: str, *cells: str) -> str:
    """What a page's chart of these cells shows, and what its colours mean."""
    return f"{text(f'{page}.note')} {colours_of(*cells)}"


def colours_of(*cells: str) -> str:
    """What the colours of these cells' states mean."""
    return text(f"note.colours_{letters_of(*cells)}")


def try_this(
    page: str, do: Callable[[], None], which: str = "", *, said: str = "", disabled: bool = False
) -> None:
    """A button that changes one thing, and says what to look at.

    Args:
        which: the end of its name in the texts, if the page has several.
        said: its label, in place of the one in the texts.
        disabled: whether the change is made already.
    """
    st.button(
        said or text(f"{page}.try{which}"),
        on_click=do,
        key=f"{page}_try{which}",
        type="tertiary",
        icon=":material/lightbulb:",
        disabled=disabled,
    )


def offer_zeros(page: str, setup: FieldSet[Setup], mask_zero: bool) -> None:
    """If mask_zero is on while no step is 0: a button that says so and puts zeros in, if a link
    could carry them."""
    settings = setup.value.settings

    def take() -> None:
        zeros = settings.blank(-(-settings.steps // 3)).rows[0]
        rows = tuple((*row[: -len(zeros)], *zeros) for row in settings.rows)
        source = "typed" if settings.reads_ids else "pasted"
        size = {"length": settings.steps, "sentences": len(rows)}
        setup.put(source=source, **{settings.rows_field: rows}, **size)

    with kept_place():
        if (
            mask_zero
            and unpadded(settings).all()
            and len(values_text(settings.values)) <= LONGEST_TEXT
        ):
            try_this(page, take, "_zeros", said=text("what_if.try_zeros"))


def code_box(page: str, source: Callable[[], str], file: Callable[[str], str]) -> None:
    """A box with the Keras code that does the same, to copy or to download.

    Args:
        file: returns a file's name, given its suffix.
    """

    def draw() -> None:
        st.markdown(text(f"{page}.code"))
        source_panel(source(), file, key=f"{page}_", height=460)

    on_demand(text("what_if.code"), f"{page}_code", draw)


def files(
    page: str, settings: Settings, weights: Weights | None = None, *views: FieldSet, chart: str = ""
) -> Callable[[str], str]:
    """Names a page's files, given a suffix: after the layer that it runs, the weights, the page,
    its second chart, and what of its own questions is not as it opens, such as
    "carry_how-stateful"."""
    ran = settings.at_inference if PAGES[page].at_inference else settings
    queries = (each.shown.to_query(prefix=each.prefix).items() for each in views)
    own = in_name({name: v for name, v in chain(*queries) if name != "sentence"})
    return partial(file_name, ran, weights=weights, what="_".join(filter(None, (page, chart, own))))


def what_if(
    page: str,
    render: Callable[[], None],
    setup: FieldSet[Setup],
    start: FieldSet[WeightSource],
    *others: FieldSet,
    sentence: bool = True,
) -> None:
    """A what-if page from top to bottom.

    Args:
        render: draws the page's own widgets, and the answer.
        others: questions that may say which unit is looked at.
        sentence: whether the page reads the sentence of the sidebar.
    """
    settings_sidebar(setup, start, *others, sentence=sentence)
    head(page)
    with kept_place():
        if setup.value.drops:
            called = "at_inference" if PAGES[page].at_inference else "training"
            st.caption(text(f"what_if.{called}"))
    render()
    elsewhere(page, setup, start)


def elsewhere(page: str, *questions: FieldSet) -> None:
    """Links that open the same settings on the other pages that take them."""
    query = {name: value for fields in questions for name, value in fields.to_query().items()}
    box = st.popover(
        text("what_if.elsewhere"),
        icon=":material/open_in_new:",
        type="tertiary",
        key="elsewhere",
        on_change="rerun",
    )
    if not box.open:
        return
    with box:
        for other in TAKE_SETTINGS:
            if other != page:
                page_link(other, query, help=PAGES[other].help)
