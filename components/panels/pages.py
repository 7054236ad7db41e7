"""The list of pages, for the navigation, the links between pages, and the tests."""

from __future__ import annotations

from collections.abc import Mapping

PAGES: Mapping[str, str] = {
    "explore": ":material/search:",
    "questions": ":material/help:",
    "model": ":material/account_tree:",
    "padding": ":material/density_small:",
    "stack": ":material/layers:",
    "both_ways": ":material/swap_horiz:",
    "calls": ":material/redo:",
    "encoder_decoder": ":material/translate:",
    "attention": ":material/center_focus_strong:",
    "influence": ":material/timeline:",
    "series": ":material/table_rows:",
    "compare": ":material/compare:",
    "edit": ":material/edit:",
    "lessons": ":material/quiz:",
    "mistakes": ":material/error:",
    "learn": ":material/school:",
    "notebook": ":material/menu_book:",
    "room": ":material/groups:",
    "accessibility": ":material/accessibility_new:",
}
"""Each page's icon by its name, which is also that of its script, its texts and its address. The
menu has the pages in this order."""

FIRST = "explore"
"""The page at the address /."""

WHAT_IFS = (
    "padding",
    "stack",
    "both_ways",
    "calls",
    "encoder_decoder",
    "attention",
    "influence",
    "compare",
    "edit",
)
"""The pages that change one thing about the settings that they share."""

TOPICS = tuple(page for page in PAGES if page in {*WHAT_IFS, "series"})
"""The pages that the menu has under one heading, as the bar has no room for all."""

LEARN = ("lessons", "mistakes", "learn", "notebook")
"""The pages that the menu has under another one."""

TEACHERS = ("room", "accessibility")
"""The pages that the box *For teachers* has, and not the menu."""

ASK_NOTHING = ("questions", "lessons", "room", "accessibility")
"""The pages that draw no model's answer, which a class could be asked for first."""

FINDS = ("explore", "questions")
"""The pages with a field that finds questions, and reads what is pasted in it."""

NOT_KEPT = ("room",)
"""The pages that cannot be kept as a file, as it would have what only the visitor may have."""

NO_SETTINGS = (
    "questions",
    "mistakes",
    "lessons",
    "room",
    "model",
    "notebook",
    "accessibility",
)
"""The pages without anything in the sidebar."""

TAKE_SETTINGS = ("explore", *WHAT_IFS)
"""The pages that share their settings."""

SEVERAL = ("attention", "both_ways", "encoder_decoder", "stack")
"""The pages with several layers. One layer's weights do not fit them: they take those of all."""

AT_INFERENCE = ("attention", "calls", "encoder_decoder", "influence")
"""The pages on which the dropout rates of the settings have no effect."""

TAKE_WEIGHTS = tuple(page for page in TAKE_SETTINGS if page not in SEVERAL)
"""The pages that can show any weights of one layer."""
