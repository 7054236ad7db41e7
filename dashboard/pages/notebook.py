"""Notebook: the 14 cases this grew from, run again, and the observations decided on them."""
