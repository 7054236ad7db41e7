"""Common mistakes, and what Keras says to them."""
