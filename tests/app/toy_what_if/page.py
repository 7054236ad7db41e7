"""A sentence that ends earlier, and what that changes."""

from components.panels.what_ifs.shorter import SHORTER
from components.panels.what_ifs.what_if import page

page(SHORTER)
