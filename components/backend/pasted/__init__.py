"""What a visitor pastes: a shape, lines of Keras code or an error, read and never run."""
