"""Two calls: of the rest of a sentence, or of the same again; what differs, and what mends it."""

from components.panels.what_ifs.calls import CALLS
from components.panels.what_ifs.what_if import page

page(CALLS)
