"""The pages of the app, once, for the navigation, the links between them and the tests."""

from __future__ import annotations

from collections.abc import Mapping

PAGES: Mapping[str, str] = {
    "explore": ":material/search:",
    "learn": ":material/school:",
    "notebook": ":material/menu_book:",
    "compare": ":material/compare:",
    "carry": ":material/redo:",
    "padding": ":material/density_small:",
    "both_ways": ":material/swap_horiz:",
    "stack": ":material/layers:",
    "influence": ":material/timeline:",
    "edit": ":material/edit:",
}
"""Each page's name, which is that of its script, of its texts and of its address, and its icon."""

FIRST = "explore"
"""The one whose address has no name."""

WHAT_IFS = ("compare", "carry", "padding", "both_ways", "stack", "influence", "edit")
"""Those that ask what would be if."""

TAKE_SETTINGS = ("explore", *WHAT_IFS)
"""Those that take the same settings."""

SEEDED = ("both_ways", "stack")
"""Those that have more layers than one, all with weights drawn from the seed."""

TAKE_WEIGHTS = tuple(page for page in TAKE_SETTINGS if page not in SEEDED)
"""Those that take one layer's weights."""
