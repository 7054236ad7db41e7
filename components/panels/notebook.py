"""The notebook's cases as a grid, each compared with what this Keras returns."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Literal, NamedTuple
from urllib.parse import urlencode

import numpy as np
import pandas as pd
import streamlit as st

from components.backend import Run, Setup
from components.backend.origins.notebook import Case, cases
from components.backend.question.linked import Linked
from components.backend.running.model import plain
from components.backend.scripts.script import line
from components.panels.ask.address import leads
from components.panels.ask.answered import answered
from components.panels.ask.cover import cover
from components.panels.parts.data import digits
from components.panels.parts.mini_strip import mini_strip
from components.texts import numeral, text

# A case's id is its section and its kind, "1-2 LSTM"; a section is one setting of the two flags.
_COLUMNS = ("GRU", "GRU embedding", "LSTM", "LSTM embedding")


class _Ran(NamedTuple):
    """A case and its run."""

    case: Case
    result: Run


class NotebookView(Linked):
    """With which weights the cases are run."""

    texts = "notebook_view"

    weights: Literal["own", "alike"] = "own"
    """Each case's own, found from what it printed; or the same ones for all cases of a column."""


def case_grid(runs: Mapping[Case, Run]) -> None:
    """A row for each setting of the flags; a column for each cell, with and without Embedding. With
    the cases' own weights, above it, how far the print and this Keras are apart at most."""
    cover("cases")
    if not any(result.seeded for result in runs.values()):
        worst = max(case.difference(result) for case, result in runs.items())
        st.markdown(text("notebook.worst", difference=worst))
    by_id = {case.id: _Ran(case, result) for case, result in runs.items()}
    st.caption(text("notebook.pictures"))
    body = ""
    for section in ("1-1", "1-2", "1-3", "1-4"):
        cards = "".join(_card(kind, by_id.get(f"{section} {kind}")) for kind in _COLUMNS)
        heading = f'<h3 class="rnn-kind">{section} <span>{text(f"sections.{section}")}</span></h3>'
        body += f'{heading}<div class="rnn-cases">{cards}</div>'
    st.html(body)


def _card(kind: str, ran: _Ran | None) -> str:
    """A case as HTML: its picture, what the notebook printed, what this Keras returns, its link."""
    heading = f"<h4>{kind.replace('embedding', text('notebook.embedded'))}</h4>"
    if ran is None:
        return f"<div>{heading}<p><span>{text('notebook.no_case')}</span></p></div>"
    case, result = ran
    if result.seeded:
        lines = "".join(_returned_here(case, name, result) for name in case.printed)
        told = "notebook.open_alike"
    else:
        lines = "".join(_compared(case, name, result) for name in case.printed)
        difference = text("notebook.difference", difference=case.difference(result))
        lines += f"<p><span>{difference}</span></p>"
        told = "notebook.open_help"
    link = (
        f'<a href="{escape(_address(case, alike=result.seeded))}" title="{text(told)}">'
        f"{text('notebook.open')}</a>"
    )
    code = f"<p><code>{escape(_code(case))}</code></p>"
    return f"<div>{heading}{code}{mini_strip(result)}{lines}<p>{link}</p></div>"


def _code(case: Case) -> str:
    """The layer as the notebook has it: Keras 2's gates were the defaults there."""
    return line(plain(case.settings.but(recurrent_activation="sigmoid", reset_after=True)))


def _compared(case: Case, name: str, result: Run) -> str:
    printed = f"<span>{text('notebook.printed')}</span> {_values(case.printed[name])}"
    now = f"<span>{text('notebook.here')}</span> {_values(result.tensor(name).ravel())}"
    return f"<p>{name} <code>{case.shapes[name]}</code><br>{printed}<br>{now}</p>"


def _returned_here(case: Case, name: str, result: Run) -> str:
    values = _values(result.tensor(name).ravel())
    return f"<p>{name} <code>{case.shapes[name]}</code><br>{values}</p>"


def _address(case: Case, *, alike: bool) -> str:
    """The case's address on Explore, relative to this page's, so that it works on any base path."""
    query = Setup.of(case.settings).to_query() | ({} if alike else {"case": case.id})
    if st.context.is_embedded:
        query["embed"] = "true"
    return leads(f"?{urlencode(query)}")


def _values(values: np.ndarray) -> str:
    """A value with eight digits, as the notebook printed it; of several, the first and the last."""
    ends = [numeral(value, ".8g") for value in values]
    return ends[0] if len(ends) == 1 else text("notebook.steps", first=ends[0], last=ends[-1])


def all_values(runs: Mapping[Case, Run]) -> None:
    """A table of every number that the notebook printed, beside this Keras's."""
    frames = []
    for case, result in runs.items():
        for name, printed in case.printed.items():
            here = result.tensor(name).ravel()
            steps = range(1, len(printed) + 1) if len(printed) > 1 else [None]
            frames.append(
                pd.DataFrame(
                    {
                        text("notebook.case"): case.id,
                        text("notebook.tensor"): name,
                        text("notebook.step"): pd.array(list(steps), dtype="Int64"),
                        text("notebook.printed"): printed,
                        text("notebook.here"): here.astype(float),
                        text("notebook.apart"): np.abs(here - printed),
                    }
                )
            )
    st.dataframe(
        pd.concat(frames),
        hide_index=True,
        column_config={text(f"notebook.{name}"): digits() for name in ("printed", "here", "apart")},
        alt=text("notebook.all_values"),
    )


def seven_tokens() -> None:
    """What each case returns for the sentence of seven that the notebook defined but never used."""
    runs = answered(lambda: {case.id: case.run_seven() for case in cases()})
    if runs is None:
        return
    rows = {
        text("notebook.case"): list(runs),
        text("notebook.returns"): list(map(_returned, runs.values())),
    }
    st.table(rows, alt=text("notebook.seven"), hide_index=True, border="horizontal")


def _returned(result: Run) -> str:
    return "  \n".join(
        f"{tensor.name} `{tensor.values.shape}` {_values(tensor.values.ravel())}"
        for tensor in result.returned
    )
