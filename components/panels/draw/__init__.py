"""Draws a chart in the browser, and what follows the held step beside it."""
