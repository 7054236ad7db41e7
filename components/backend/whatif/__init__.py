"""What else can be asked of a recurrent layer: a question, its answer and its Keras code each.

Example:
    from components.backend.whatif import carry
    carry.answer(carry.Question(settings=settings, cut=4)).difference  # (sentence, step)
"""
