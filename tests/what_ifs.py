"""All what-ifs, as records."""

from __future__ import annotations

from components.panels.pages import PAGES
from components.panels.what_ifs.what_if import WhatIf

_ASKED = [asked.load() for page in PAGES.values() for asked in page.asks]
KNOWN = tuple(found for found in _ASKED if isinstance(found, WhatIf))
