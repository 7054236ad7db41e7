"""Lessons: questions that are answered by running Keras.

Example:
    posed = pose("returned", 1)  # its first question
    posed.prompt, posed.said(0)  # what is asked, and the first option
    posed.right                  # the index of the option that is right, as Keras has it
    pose("returned", 1, seed=1)  # a twin: the same idea under other settings
"""

from components.backend.lessons.posing import LESSONS, Posed, line, named, pose, questions, title
from components.backend.lessons.question import MOST_SEED, Option, Page
from components.backend.lessons.recorded import recorded

__all__ = [
    "LESSONS",
    "MOST_SEED",
    "Option",
    "Page",
    "Posed",
    "line",
    "named",
    "pose",
    "questions",
    "recorded",
    "title",
]
