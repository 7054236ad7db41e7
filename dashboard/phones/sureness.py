"""Whether a phone is sure of its vote: the two buttons, and what is said of them."""

from __future__ import annotations

from html import escape

from components.backend.rooms.choices import Mine
from components.backend.rooms.room import Told
from components.texts import text


def sure_html(told: Told, option: int, mine: Mine) -> str:
    """Two buttons to stand below the option that a phone has chosen; "" where it is not asked.

    A press sends the vote for this option again, with what the button says.
    """
    if not (told.choices.sure and told.room.phase == "open"):
        return ""
    buttons = "".join(
        f'<button type="button" name="sure" value="{value}" data-option="{option}"'
        f' aria-pressed="{str(mine.sure is sure).lower()}">{escape(text(f"phones.sure.{name}"))}'
        "</button>"
        for sure, value, name in ((True, "true", "yes"), (False, "false", "no"))
    )
    asked = f'<p id="sure">{escape(text("phones.sure.ask"))}</p>'
    return f'<div class="sure" role="group" aria-labelledby="sure">{asked}{buttons}</div>'


def sure_said(told: Told, mine: Mine, letter: str) -> str:
    """How the vote for the option of this letter stands, once the phone has said how sure it is;
    "" before."""
    if mine.sure is None or told.room.phase != "open" or not told.choices.sure:
        return ""
    return text(f"phones.sure.{'said_yes' if mine.sure else 'said_no'}", mine=letter)
