"""A list of entries with a field that finds those with most of the words in it, as one types."""

from __future__ import annotations

from components.panels.run.scripts import component


def find(entries: str, *, label: str, placeholder: str, none: str, idle: str, key: str) -> None:
    """Draw the field and the list.

    Args:
        entries: HTML with groups of `<li>`, each a `<details>`, which begins closed on a phone; an
            entry begins with a link, and what stands in its data-also finds it too.
        none: what is said where no entry has any of the words.
        idle: words that are not looked for, as they tell nothing.
    """
    words = {"label": label, "placeholder": placeholder, "none": none, "idle": idle}
    draw = component("ask/find.js", '<div class="rnn-find"></div>')
    draw(key=key, data={"entries": entries, "words": words})
