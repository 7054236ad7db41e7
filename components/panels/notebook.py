"""The notebook's cases as a grid, each beside what this Keras gives."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

from components.backend import Run, Setup
from components.backend.notebook import Case, cases
from components.panels.data import digits
from components.texts import text

# A case's id begins with its section, such as 1-2; a section is one setting of the two flags.
_COLUMNS = ("GRU", "GRU embedding", "LSTM", "LSTM embedding")


def case_grid() -> None:
    """A row for each setting of the flags, a column for each cell with and without Embedding."""
    by_id = {case.id: case for case in cases()}
    for section in ("1-1", "1-2", "1-3", "1-4"):
        st.markdown(f"**{section}** {text(f'sections.{section}')}")
        for column, kind in zip(st.columns(4), _COLUMNS, strict=True):
            case = by_id.get(f"{section} {kind}")
            with column.container(border=True, height="stretch", gap="xsmall"):
                st.markdown(f"**{kind.replace('embedding', text('notebook.embedded'))}**")
                if case:
                    _card(case)
                else:
                    st.caption(text("notebook.no_case"))


def _card(case: Case) -> None:
    result = case.run()
    lines = []
    for tensor in result.returned:
        printed = case.printed[tensor.name]
        lines.append(
            f"{tensor.name} `{case.shapes[tensor.name]}`  \n"
            f":gray[{text('notebook.printed')}] {_values(printed)}  \n"
            f":gray[{text('notebook.here')}] {_values(tensor.values.ravel())}"
        )
    lines.append(f":gray[{text('notebook.difference', difference=case.difference())}]")
    st.markdown("\n\n".join(lines))
    st.page_link(
        "app_pages/explore.py",
        label=text("notebook.open"),
        icon=":material/open_in_new:",
        help=text("notebook.open_help"),
        query_params=Setup.of(case.settings).to_query() | {"case": case.id},
    )


def _values(values: np.ndarray) -> str:
    """A value as the notebook printed it: eight digits; of several, the first and the last."""
    ends = [f"{value:.8g}" for value in values]
    return ends[0] if len(ends) == 1 else text("notebook.steps", first=ends[0], last=ends[-1])


def all_values() -> None:
    """Every printed number of every case beside this Keras's."""
    frames = []
    for case in cases():
        result = case.run()
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
    """Each case's flags on the sentence that the notebook made and never used."""
    rows = {text("notebook.case"): [], text("notebook.returns"): []}
    for case in cases():
        rows[text("notebook.case")].append(case.id)
        rows[text("notebook.returns")].append(_returned(case.run_seven()))
    st.table(rows, alt=text("notebook.seven"), hide_index=True, border="horizontal")


def _returned(result: Run) -> str:
    return "  \n".join(
        f"{tensor.name} `{tensor.values.shape}` {_values(tensor.values.ravel())}"
        for tensor in result.returned
    )
