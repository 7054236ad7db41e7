"""What each layer of a live Keras model returns for an input, and each recurrent layer computes."""
