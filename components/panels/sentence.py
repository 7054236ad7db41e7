"""Which sentence of a batch a page draws."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from components.backend.linked import Int, Linked, Place
from components.backend.settings import MAX_SENTENCES


class SentenceView(Linked):
    """Which sentence (from 1) is drawn."""

    sentence: Annotated[Int, Field(ge=1, le=MAX_SENTENCES), Place("picture")] = 1
