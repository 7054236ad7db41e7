"""The list of pages, for the navigation, the links between pages, and the tests."""

from __future__ import annotations

from collections.abc import Mapping

PAGES: Mapping[str, str] = {
    "explore": ":material/search:",
    "model": ":material/account_tree:",
    "questions": ":material/help:",
    "mistakes": ":material/error:",
    "lessons": ":material/quiz:",
    "room": ":material/groups:",
    "series": ":material/table_rows:",
    "learn": ":material/school:",
    "notebook": ":material/menu_book:",
    "compare": ":material/compare:",
    "carry": ":material/redo:",
    "padding": ":material/density_small:",
    "both_ways": ":material/swap_horiz:",
    "encoder_decoder": ":material/translate:",
    "attention": ":material/center_focus_strong:",
    "stack": ":material/layers:",
    "influence": ":material/timeline:",
    "edit": ":material/edit:",
}
"""Each page's icon by its name, which is also that of its script, its texts and its address."""

FIRST = "explore"
"""The page at the address /."""

WHAT_IFS = (
    "compare",
    "carry",
    "encoder_decoder",
    "attention",
    "padding",
    "both_ways",
    "stack",
    "influence",
    "edit",
)
"""The pages that change one thing about the settings that they share."""

TOPICS = (*WHAT_IFS, "series")
"""The pages that the menu has under one heading, as the bar has no room for all."""

ASK_NOTHING = ("questions", "lessons", "room")
"""The pages that draw no model's answer, which a class could be asked for first."""

NO_SETTINGS = ("questions", "mistakes", "lessons", "room", "model", "notebook")
"""The pages without anything in the sidebar."""

TAKE_SETTINGS = ("explore", *WHAT_IFS)
"""The pages that share their settings."""

SEVERAL = ("attention", "both_ways", "encoder_decoder", "stack")
"""The pages with several layers. One layer's weights do not fit them: they take those of all."""

AT_INFERENCE = ("attention", "carry", "encoder_decoder", "influence")
"""The pages on which nothing is dropped."""

TAKE_WEIGHTS = tuple(page for page in TAKE_SETTINGS if page not in SEVERAL)
"""The pages that can show any weights of one layer."""
