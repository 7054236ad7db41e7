"""A lesson of one's own: its text, the form beside it, its preview and its files."""
