"""What a visitor's file says of its model, and the configuration that Keras gets of it."""
