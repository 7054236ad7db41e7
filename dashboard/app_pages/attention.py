"""Attention: all h of a layer weighed, in place of the last one alone."""

from components.panels.what_ifs.attention import ATTENTION
from components.panels.what_ifs.what_if import page

page(ATTENTION)
