"""Which weights a page shows: the seed's, a notebook case's, a training's, or a file's."""
