"""Errors of a loss about the shapes of targets and output. Several mistakes share each message; the
shapes in it and the loss that the traceback names tell most of them apart.

Where one of the two has a last axis of size 1 and an axis more, Keras drops it: (8, 5, 1) against
targets of (8, 1) is (8, 5) in the message. So that 5 may count steps as well as units.
"""

from __future__ import annotations

import re

from components.backend.pasted.shape import Sizes, bracketed, sizes_of

KINDS = (
    "targets",
    "targets_of_classes",
    "targets_of_steps",
    "class_targets",
    "class_numbers",
    "class_column",
    "one_number",
    "many_outputs",
    "one_output",
    "other_width",
    "last_units",
    "other_steps",
    "step_too_many",
    "one_hot",
    "one_hot_or_steps",
    "sparse_other_steps",
)
"""These errors, as errors.toml names them."""

_LOSS = re.compile(
    r"\bin (?P<kind>categorical|binary)_crossentropy\b"
    r"|\bin mean_(?:squared|absolute)_error\b|compile_loss/(?:mse|mae|mean_\w{1,20})/"
)
_OF_SPARSE = re.compile(r"target\.ndim - 1|up until the last dimension")
_OF_KERAS = "must have the same"


def kind(text: str, said: str, target: str, output: str) -> str:
    """Which of KINDS it is; "" if shapes and loss do not tell.

    Args:
        text: all that was pasted: the error and, if it came along, the traceback.
        said: the same in one line, as `in_short` makes it.
        target: the target's shape, such as "None, 1".
        output: the output's.
    """
    if not sizes_of(target) or not sizes_of(output):
        return ""
    wanted, got = (tuple(sizes_of(each)[1:]) for each in (target, output))  # without the samples
    if _OF_SPARSE.search(said):
        return _sparse(wanted, got)
    loss = _loss(text)
    # TensorFlow's message does not say which shape is the output's: that depends on the loss.
    return _same(wanted, got, loss) if _OF_KERAS in said or loss == "mean" else ""


def values(said: str, target: str, output: str) -> dict[str, str]:
    """What an error's sentence and its mending name of both shapes."""
    wanted, got = sizes_of(target), sizes_of(output)
    named = {
        "target": bracketed(wanted)[1:-1],
        "output": bracketed(got)[1:-1],
        "samples": str(got[0]),
        "one": 'Dense(1, activation="sigmoid")' if _OF_KERAS in said else "Dense(1)",
    }
    for shape, last, steps in ((wanted, "wanted", "target_steps"), (got, "outputs", "steps")):
        if shape[1:]:
            named |= {last: str(shape[-1]), steps: str(shape[1])}
    return named


def _loss(text: str) -> str:
    """The loss that a traceback names: "categorical" or "binary" crossentropy, "mean" of an error;
    "" if it names none of these."""
    found = _LOSS.search(text)
    return (found["kind"] or "mean") if found else ""


def _sparse(target: Sizes, output: Sizes) -> str:
    """Of sparse_categorical_crossentropy, which takes numbers of classes."""
    match target, output:
        case ((), (_, _)) | ((1,), (_, _)):
            return "class_targets"
        case (_,), (_,):
            return "one_hot_or_steps"
        case (_, _), (_, _):
            return "one_hot"
        case (_,), (_, _):
            return "sparse_other_steps"
    return ""


def _same(target: Sizes, output: Sizes, loss: str) -> str:
    """Of a loss that compares number with number."""
    number = "class_numbers" if loss == "categorical" else "many_outputs"
    match target, output:
        case (), (_,):
            return number
        case (1,), (_,):
            return "class_column" if loss == "categorical" else "one_number"
        case (_,), (1,):
            return "one_output"
        case (_,), (_,):
            return "other_width"
        case ((), (_, width)) | ((1,), (_, width)):
            return "targets" if width == 1 or loss == "mean" else "targets_of_classes"
        case (wanted,), (steps, width) if steps != width:
            # As wide as the output at a step: one target a sample. As long as it: one a step.
            return {width: "targets", steps: number}.get(wanted, "")
        case (steps, _), (_,):
            return "step_too_many" if steps == 1 else "targets_of_steps"
        case (wanted, width), (steps, _) if wanted == steps or None in (wanted, steps):
            return number if width == 1 else "last_units"
        case (wanted, _), (_, _):
            return "targets" if wanted == 1 else "other_steps"
    return ""
