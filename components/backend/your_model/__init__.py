"""A visitor's own model: opened from a file, run on what they type, layer by layer."""
