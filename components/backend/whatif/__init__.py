"""What-ifs: further questions about recurrent layers, a module each.

    attention        all h of a layer weighed, in place of the last one alone
    both_ways        a layer wrapped in Keras's Bidirectional
    carry            a sentence read in two calls, with or without the states of the first
    encoder_decoder  two layers with weights of their own, and the states that pass between them
    influence        gradients, and another token at one step: which step mattered
    padding          sentences of different lengths in one batch, with a mask or without
    twice            the same sentences read twice: what makes a layer return other numbers
    stack            layers on top of one another, and an ending
    series           a table cut into windows: samples, steps, features
    forecast         a small LSTM trained on such a table, beside forecasts that need no layer
    learn            a cell trained on a small task (its code is in backend/learning)
    edit             a layer with edited weights, beside the same layer before
    differences      facts about two runs side by side: a module without a question

A question is made of settings; its answer has what Keras returned, and `facts` of it are measured
on its numbers; `script` is Keras code that gives the same numbers.

Example:
    from components.backend.whatif import carry
    carry.answer(carry.Question(settings=settings, cut=4)).difference  # (sentence, step)
"""

from components.backend.learning import learn

__all__ = ["learn"]
