"""Parts that several pages have: facts, code, data, the inside of a cell, what is read, the
settings, the weights."""
