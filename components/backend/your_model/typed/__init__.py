"""From what a visitor types to the arrays that a model reads."""
