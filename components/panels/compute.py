"""Settings to a Run, or a message where there can be none."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from components.backend import EngineError, MismatchError, Run, Settings, is_warm, run
from components.panels.plain import plain
from components.texts import text


def computed(settings: Settings, weights: Mapping[str, Any] | None = None) -> Run | None:
    """Run the settings; where Keras fails or disagrees, say so on the page and return None."""
    try:
        if is_warm():
            return run(settings, weights)
        with st.spinner(text("explore.loading")):
            return run(settings, weights)
    except EngineError as error:
        st.error(f"**{text('errors.engine')}** {text('errors.engine_what')} {plain(str(error))}")
        st.markdown(text("errors.engine_do"))
    except MismatchError as error:
        st.error(f"**{text('errors.mismatch')}** {plain(str(error))}")
        st.markdown(text("errors.mismatch_do"))
    return None
