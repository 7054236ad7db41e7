"""Padding: sentences of different lengths in one batch."""

from components.panels.what_ifs.padding import PADDING
from components.panels.what_ifs.what_if import page

page(PADDING)
