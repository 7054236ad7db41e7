"""Same x twice: two calls on the same sentences, and what makes them return other numbers."""

from components.panels.what_ifs.twice import TWICE
from components.panels.what_ifs.what_if import page

page(TWICE)
