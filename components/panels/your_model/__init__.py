"""The page Your model: a model of the visitor's own, from its words to its answer."""
