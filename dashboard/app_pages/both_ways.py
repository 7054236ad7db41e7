"""Bidirectional: a sentence read from both its ends, and where the two last states are found."""

from components.panels.what_ifs.both_ways import BOTH_WAYS
from components.panels.what_ifs.what_if import page

page(BOTH_WAYS)
