"""The code that a page shows: it gives the same numbers without this app."""
