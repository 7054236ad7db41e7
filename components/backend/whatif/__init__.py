"""What else can be asked about a recurrent layer: most modules have a question, its answer and
its Keras code.

Example:
    from components.backend.whatif import carry
    carry.answer(carry.Question(settings=settings, cut=4)).difference  # (sentence, step)
"""

from components.backend.learning import learn

__all__ = ["learn"]
