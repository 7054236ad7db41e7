"""Weights as files and as edits: Keras's files, .npz, .safetensors, and single changes."""
