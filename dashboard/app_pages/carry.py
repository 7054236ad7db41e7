"""Stateful: a sentence read in two calls, the second with the states of the
first."""

from components.panels.what_ifs.carry import CARRY
from components.panels.what_ifs.what_if import page

page(CARRY)
