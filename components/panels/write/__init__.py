"""Writes our own HTML, plain text, messages and formulas."""
