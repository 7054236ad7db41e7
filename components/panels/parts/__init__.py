"""Parts that several pages have: facts, code, data, what is read, the settings, the weights."""
