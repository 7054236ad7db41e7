"""What a visitor, or a notebook, asks: fields with their validation and their text in a link, the
settings of a layer, what it reads, and its weights."""
