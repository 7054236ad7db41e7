"""Which model is open: a box that opens a file, and what is said of a model that is gone."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from functools import partial
from html import escape
from typing import TypeVar

import streamlit as st

from components.backend.question.linked import SettingsError
from components.backend.your_model import opened as models
from components.backend.your_model import sample
from components.backend.your_model.opened import GoneError, Opened
from components.backend.your_model.question import Question
from components.panels.ask.answered import show_failure
from components.panels.ask.field_set import FieldSet
from components.panels.ask.uploader import MOST_MEGABYTES, uploader
from components.panels.run.compute import Failure, attempt
from components.panels.run.turns import aside
from components.panels.write.plain import plain
from components.texts import text

_ENDINGS = (".keras", ".h5", ".json")
_BOX, _REFUSED, _NAMES = "model_open", "model_refused", "model_names"

Found = TypeVar("Found")


def asked(ask: Callable[[], Found], view: FieldSet[Question]) -> Found | None:
    """The backend's answer on a visitor's model; None, with a message on the page, if there is
    none. Others may work while it waits for the process that runs the model."""

    def waits() -> Found:
        with st.spinner(text("your_model.running")), aside():
            return ask()

    try:
        found = attempt(waits)
    except SettingsError as error:
        st.error("\n".join(f"- {plain(str(problem))}" for problem in error.problems))
    except GoneError as error:
        _say_gone(view, str(error))
    else:
        if not isinstance(found, Failure):
            return found
        show_failure(found)
    return None


def _say_gone(view: FieldSet[Question], name: str) -> None:
    """That this server has the model, or the vocabulary, of that name no longer, and what to do."""
    if name != view.value.vocabulary:
        st.error(text("your_model.gone"))
    else:
        st.error(text("your_model.gone_words"))
        drop = partial(view.put, vocabulary="")
        st.button(text("your_model.drop_words"), key="drop_words", on_click=drop)


def open_model(view: FieldSet[Question]) -> Opened | None:
    """The model that the link names, or else the sample, with what the page says of it."""
    found = asked(partial(_opened, view.value.model), view)
    with st.container(horizontal=True, vertical_alignment="center", key="model_bar"):
        if found:
            st.html(f'<p class="rnn-model-name">{_named(found)}</p>', width="content")
        _open_box(view)
        if view.value.model:
            st.button(
                text("your_model.back"),
                key="model_back",
                type="tertiary",
                icon=":material/undo:",
                on_click=partial(show, view, ""),
            )
        else:
            st.caption(text("your_model.sample"), width="content")
    if found and found.notes:
        st.caption(" ".join(map(str, found.notes)))
    return found


def _opened(key: str) -> Opened:
    """The model of that key; of an empty one the sample."""
    if key:
        return models.opened(key)
    try:
        return models.opened(_sample_key())
    except GoneError:
        return models.open_model(sample.files(), visitor="")


_keys: list[str] = []


def _sample_key() -> str:
    if not _keys:
        _keys.append(models.open_model(sample.files(), visitor="").key)
    return _keys[0]


def _named(opened: Opened) -> str:
    """What the model is called, its class and its size, as HTML."""
    name, kind = (f'<span lang="en">{escape(said)}</span>' for said in (opened.name, opened.kind))
    said = text("your_model.named", name=f"<b>{name}</b>", kind=kind, count=opened.parameter_count)
    if opened.version:
        said += f" {text('your_model.version', version=escape(opened.version))}"
    return said


def show(view: FieldSet[Question], key: str) -> None:
    """Show the model of that key, and ask nothing of it yet."""
    kept = {name: getattr(view.value, name) for name in ("pad", "vocabulary")}
    view.put(**dict(Question()) | {"model": key} | (kept if key else {}))
    st.session_state.pop("model_all", None)


def _open_box(view: FieldSet[Question]) -> None:
    """A box in which a visitor gives a file. It is closed by the run after the one that has opened
    the model."""
    if st.session_state.pop(f"{_BOX}_done", False):
        st.session_state[_BOX] = False
    box = st.popover(
        text("your_model.open"),
        icon=":material/upload_file:",
        type="primary" if not view.value.model else "secondary",
        key=_BOX,
        on_change="rerun",
    )
    if not box.open:
        return
    with box:
        uploader(
            text("your_model.file"),
            key="model_files",
            types=_ENDINGS,
            take=partial(_take, view),
        )
        st.caption(text("your_model.file_help", most=MOST_MEGABYTES))
        refused = st.session_state.get(_REFUSED)
        if isinstance(refused, Failure):
            show_failure(refused)
        elif refused:
            st.error(refused)


def _take(view: FieldSet[Question], files: Mapping[str, bytes]) -> None:
    """Open the files, and have the next run close the box, or say why they were refused."""
    lacks = _missing(files)
    st.session_state[_REFUSED] = text(f"your_model.{lacks}") if lacks else _tried(view, files)
    st.session_state[f"{_BOX}_done"] = not st.session_state[_REFUSED]


def _missing(files: Mapping[str, bytes]) -> str:
    """What has to be given with these files, by its text's name; "" if nothing."""
    has_json = any(name.endswith(".json") for name in files)
    if any(name.endswith(".weights.h5") for name in files) and not has_json:
        return "needs_json"
    return "needs_weights" if has_json and len(files) == 1 else ""


def _tried(view: FieldSet[Question], files: Mapping[str, bytes]) -> str | Failure:
    """Open the model and show it; returns why it was refused, in Markdown, or what failed."""

    def ask() -> Opened:
        with st.spinner(text("your_model.opening")), aside():
            return models.open_model(files, visitor())

    try:
        found = attempt(ask)
    except SettingsError as error:
        lines = (f"- {plain(str(problem))}" for problem in error.problems)
        return "\n".join((text("your_model.refused"), "", *lines))
    if isinstance(found, Failure):
        return found
    if found.key != view.value.model:  # else its link asks, and the server had lost the model
        show(view, found.key)
    st.session_state.setdefault(_NAMES, {})[found.key] = tuple(files)
    return ""


def names_of(opened: Opened) -> tuple[str, ...]:
    """The names of a model's files, as this session has given them; else one after the model."""
    if opened.key == _sample_key():
        return (sample.NAME,)
    said = "".join(letter if letter.isalnum() else "_" for letter in opened.name)
    return st.session_state.get(_NAMES, {}).get(opened.key, (f"{said[:_LONGEST]}.keras",))


_LONGEST = 40  # characters of a file's name


def visitor() -> str:
    """Who this session is, whose models take memory."""
    return st.session_state.setdefault("visitor", secrets.token_hex(8))
