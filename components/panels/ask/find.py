"""A list of entries with a field that finds those that fit best what one types."""

from __future__ import annotations

from collections.abc import Sequence

from components.panels.run.scripts import component


def find(
    entries: str,
    *,
    label: str,
    placeholder: str,
    none: str,
    idle: str,
    common: str,
    synonyms: Sequence[Sequence[str]],
    key: str,
) -> None:
    """Draw the field and the list.

    Args:
        entries: HTML with groups of `<li>`, each a `<details>`, which begins closed on a phone; an
            entry begins with a link, and what stands in its data-also finds it too. A mistake has
            its code in data-code and its error in .rnn-says, and comes after a question that fits
            as well, unless code or an error is typed.
        none: what is said where no entry has any of the words.
        idle: words that are not looked for, as they tell nothing.
        common: words that count for little, as most entries could have them.
        synonyms: groups of words that mean the same.
    """
    words = {"label": label, "placeholder": placeholder, "none": none}
    search = {"idle": idle.split(), "common": common.split(), "synonyms": synonyms}
    draw = component("ask/find.js", '<div class="rnn-find"></div>')
    draw(key=key, data={"entries": entries, "words": words, "search": search})
