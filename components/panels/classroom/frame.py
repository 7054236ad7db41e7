"""What every page has and needs, whatever is on it: a menu, a button, browser code and styles."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from html import escape
from pathlib import Path

import streamlit as st

from components.backend.rooms.store import keeps_rooms
from components.charts.picture import MARK, NEGATIVE, POSITIVE
from components.panels.ask.address import leads
from components.panels.ask.language import choose
from components.panels.pages import FIRST, PAGES, Page
from components.panels.run.scripts import component
from components.panels.search import pasted
from components.panels.write.html import copier
from components.texts import in_every_language, language, other_languages, text

_LABELS = ("settings", "apply", "apply_lines")  # that the styles write
_OWN_SWITCH = '<button type="button" data-sets=""><kbd>X</kbd> <span></span></button>'
_SWITCHES = {  # the key, the widget that it presses, and which key that takes for one less or more
    "O": ("return_sequences", ""),
    "M": ("return_state", ""),
    "L": ("cell", ""),
    "J": ("units", "ArrowDown"),
    "K": ("units", "ArrowUp"),
    "G": ("length", "ArrowDown"),
    "H": ("length", "ArrowUp"),
}
_COLOURS = {"mark": MARK, "negative": NEGATIVE, "positive": POSITIVE}


def frame(sections: Mapping[str, Iterable[st.Page]], shown: st.Page) -> None:
    """Draw what every page has besides Streamlit's own: the other languages, a box with what
    is for teachers, a button that copies its link, and on a phone a menu of the pages. Have the
    browser load their code.

    Args:
        sections: the menu's pages by the title of their section.
        shown: the page that is open.
    """
    name = shown.url_path or FIRST
    section = next((title for title, pages in sections.items() if shown in pages), None)
    data = {"html": _buttons(name), "language": language()}
    data |= {"page": name, "settings": bool(PAGES[name].sidebar), "section": section}
    draw = component("classroom/frame.js", '<div class="rnn-buttons"></div>')
    draw(key="frame", data=data, on_language_change=_choose, on_pasted_change=_take)
    if name not in (FIRST, "questions"):  # without a field to paste in
        pasted.drop()
    _menu(sections, shown)


def _choose() -> None:
    choose(st.session_state["frame"].get("language"))


def _take() -> None:
    pasted.take(st.session_state["frame"].get("pasted"))


# With an interval, the browser asks for the page as soon as it reconnects to a restarted server,
# which has no session for it. Otherwise it would ask only when a widget is moved, and the new
# session would take the page from the address, which does not have that move.
@st.fragment(run_every="1 day")
def _menu(sections: Mapping[str, Iterable[st.Page]], shown: st.Page) -> None:
    # By a key of its own on each page, the menu is closed where a choice has led.
    menu = st.popover(
        text("app.menu"),
        icon=":material/menu:",
        key=f"menu_{shown.url_path}",
        on_change="rerun",
    )
    if not menu.open:
        return
    for title, pages in sections.items():
        if title:
            menu.caption(title)
        for page in pages:
            menu.page_link(page)


@cache
def head_style() -> str:
    """All .css files of the panels, and what they name: colours of charts, and labels in each
    language. In the page's head, so that they are there before the elements they style; inside
    :root they outweigh Streamlit's rules, which come later."""
    files = sorted(Path(__file__).parents[1].rglob("*.css"))
    sheets = (each.read_text("utf-8") for each in files)
    colours = (f"--rnn-{name}: {colour};" for name, colour in _COLOURS.items())
    return "\n".join((":root {", *colours, *_labels(), *sheets, "}"))


def _labels() -> Iterator[str]:
    for name, variables in in_every_language(_variables).items():
        yield f"&:lang({name}) {{ {' '.join(variables)} }}"


def _variables() -> list[str]:
    """Each label as a variable of CSS, which has other escapes than JSON."""
    said = {name: json.dumps(text(f"app.labels.{name}"), ensure_ascii=False) for name in _LABELS}
    return [f"--rnn-{name}: {label};" for name, label in said.items()]


def _buttons(page: str) -> str:
    """The keys of a page that is presented, the other languages, the box with what is for teachers,
    and a button that copies the link. `keep.js` adds those that keep the page."""
    others = "".join(
        f'<button type="button" lang="{name}" data-language="{name}">{own}</button>'
        for name, own in other_languages().items()
    )
    room, *last = (each for each in PAGES.values() if each.menu == "teachers")
    lines = [
        _page(room),
        _line('data-presents="true"', text("present.begin"), text("present.begin_help")),
        _line('data-presents="false"', text("present.end"), text("present.end_help")),
    ]
    if PAGES[page].answers:
        lines.append(_line("data-asks", text("ask.begin"), text("ask.begin_help")))
    lines += [
        _line(f'data-turns="{name}"', text(f"letters.{name}"), text(f"letters.{name}_help"))
        for name in ("off", "on")
    ]
    lines += map(_page, last)
    label = text("menu.teachers")
    return (
        f"{_keys()}"
        f'{others}<button type="button" popovertarget="rnn-class">{label}</button>'
        f'<div id="rnn-class" role="dialog" aria-label="{label}" popover>'
        f"{''.join(lines)}<p data-qr></p></div>"
        f"{copier(text('copy.link'))}"
    )


def _keys() -> str:
    """The way back to the room that this tab leads. It stands alone where nothing is presented;
    before it `frame.js` puts the keys that set a page while it is presented."""
    back = (
        f'<a class="rnn-back" href="{escape(leads("room"))}">{text("room.back")} <kbd>B</kbd></a>'
    )
    return f'<div class="rnn-keys">{back}</div>'


@cache
def head() -> str:
    """What all pages say alike, for a page's head: sent with each step it would weigh too much."""
    said = json.dumps(in_every_language(_alike), ensure_ascii=False).replace("<", "\\u003c")
    return f'<script type="application/json" id="rnn-frame">{said}</script>'


def _alike() -> dict[str, str]:
    """The keys that set a page while it is presented, and what is said while the server does not
    answer."""
    switches = _OWN_SWITCH + "".join(
        f'<button type="button" data-sets="{field}" data-by="{by}">'
        f"<kbd>{key}</kbd> {_sets(field, by)}</button>"
        for key, (field, by) in _SWITCHES.items()
    )
    kept = f" {text('app.kept_votes')}" if keeps_rooms() else ""
    said = f"<span>{text('app.offline')}{kept}</span>"
    return {"switches": switches, "offline": f'<p class="rnn-offline" role="status">{said}</p>'}


def _sets(field: str, by: str) -> str:
    """What a key of the bar sets; of two keys for one field the first has its name."""
    label = text(f"settings.{field}.label")
    return {"": label, "ArrowDown": f"{label} −", "ArrowUp": "+"}[by]


def _page(page: Page) -> str:
    """A link to a page that the menu does not have, and what it is for."""
    link = f'<a href="{leads(page.address)}">{page.title}</a>'
    return f"<p>{link} {text(f'present.{page.name}_help')}</p>"


def _line(does: str, label: str, said: str) -> str:
    """A button of the box, which it closes, and what it is for."""
    return f"<p {does}><button>{label}</button> {said}</p>"
