"""What-ifs: a question, an answer and its Keras code each."""
