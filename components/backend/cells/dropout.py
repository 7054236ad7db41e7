"""What a layer in training drops of x and of h."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

Array = np.ndarray


def product(values: Array, kernel: Array, masks: Array | None) -> Array:
    """Values (B, R), or (B, T, R), times a kernel (R, G*U).

    Args:
        masks: what the values are multiplied by first, for each block of the kernel or, if there is
            one mask alone, for all of them, (block, B, R); None for nothing.
    """
    if masks is None:
        return values @ kernel
    blocks = np.split(kernel, len(masks), axis=-1)
    masks = masks if values.ndim == 2 else masks[:, :, np.newaxis]
    pairs = zip(masks, blocks, strict=True)
    return np.concatenate([(values * mask) @ block for mask, block in pairs], axis=-1)


class Dropout(NamedTuple):
    """What a layer in training multiplies by at every step: 0 where it drops, 1 / (1 - rate) where
    it keeps; None where it drops nothing.

    The first axis counts the blocks of the kernel. It has length 1 if all of them share one mask.
    """

    inputs: Array | None = None  # (block, B, F)
    hidden: Array | None = None  # (block, B, U): h before the step

    def left(self, x: Array, h: Array, block: int, sentence: int) -> tuple[Array, Array]:
        """What a block, given by its index, reads of one sentence's x (T, F) and h (T, U)."""
        return tuple(
            array if mask is None else array * mask[block % len(mask), sentence]
            for array, mask in zip((x, h), self, strict=True)
        )

    def products(self, x: Array, h: Array, weights: Mapping[str, Array]) -> tuple[Array, Array]:
        """x W and h U of all steps, (B, T, G*U), without what is dropped."""
        kernels = weights["kernel"], weights["recurrent_kernel"]
        return tuple(map(product, (x, h), kernels, self))


KEPT = Dropout()
"""All is kept, as at inference."""
