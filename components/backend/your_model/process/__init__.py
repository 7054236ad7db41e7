"""The processes in which Keras runs visitors' models, and what comes back from them."""
