"""A lesson of one's own: the form in which it is written, its preview and its files."""
