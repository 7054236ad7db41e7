"""The pages of the app, once, for the navigation, the links between them and the tests."""

from __future__ import annotations

from collections.abc import Mapping

PAGES: Mapping[str, str] = {
    "explore": ":material/search:",
    "compare": ":material/compare:",
    "carry": ":material/redo:",
    "padding": ":material/density_small:",
    "both_ways": ":material/swap_horiz:",
    "stack": ":material/layers:",
    "influence": ":material/timeline:",
    "edit": ":material/edit:",
    "learn": ":material/school:",
    "notebook": ":material/menu_book:",
}
"""Each page's name, which is that of its script, of its texts and of its address, and its icon."""

WHAT_IFS = ("compare", "carry", "padding", "both_ways", "stack", "influence", "edit")
"""Those that ask what would be if; they and Explore take the same settings."""
