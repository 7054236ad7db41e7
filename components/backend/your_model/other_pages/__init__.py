"""Layers of a visitor's model, as other pages take them."""
