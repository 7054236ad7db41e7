"""Trains a cell on a small task, and decides by ablation how it does it."""
