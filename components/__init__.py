"""What RNN Lens is made of: panels draw, charts build figures, the backend computes."""
