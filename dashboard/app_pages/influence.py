"""Gradients: how far the last h depends on each step, and what if one read another."""

from components.panels.what_ifs.influence import INFLUENCE
from components.panels.what_ifs.what_if import page

page(INFLUENCE)
