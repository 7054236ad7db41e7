"""Builds a model with Keras, runs it, replays it in NumPy, and checks the one against the other."""
