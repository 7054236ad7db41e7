"""The masks by which a layer in training drops parts of x and of h."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

Array = np.ndarray


def product(values: Array, kernel: Array, masks: Array | None) -> Array:
    """The product of masked values (B, R), or (B, T, R), and a kernel (R, G*U).

    Args:
        masks: (block, B, R): what the values are multiplied by first, one mask for each block of
            the kernel, or one for all blocks; None for no mask.
    """
    if masks is None:
        return values @ kernel
    blocks = np.split(kernel, len(masks), axis=-1)
    masks = masks if values.ndim == 2 else masks[:, :, np.newaxis]
    pairs = zip(masks, blocks, strict=True)
    return np.concatenate([(values * mask) @ block for mask, block in pairs], axis=-1)


class Dropout(NamedTuple):
    """The masks by which a layer in training multiplies its inputs and h, at every step: 0 for what
    is dropped, 1 / (1 - rate) for what is kept. None where nothing is dropped.

    The first axis counts the blocks of the kernel. It has length 1 if all of them share one mask.
    """

    inputs: Array | None = None  # (block, B, F)
    hidden: Array | None = None  # (block, B, U): h before the step

    def left(self, x: Array, h: Array, block: int, sentence: int) -> tuple[Array, Array]:
        """One sentence's x (T, F) and h (T, U) as a block reads them: multiplied by its masks.

        Args:
            block, sentence: their indices.
        """
        x, h = (
            array if mask is None else array * mask[block % len(mask), sentence]
            for array, mask in zip((x, h), self, strict=True)
        )
        return x, h

    def products(self, x: Array, h: Array, weights: Mapping[str, Array]) -> tuple[Array, Array]:
        """The products x W and h U of all steps, (B, T, G*U), of masked x and h."""
        kernels = weights["kernel"], weights["recurrent_kernel"]
        projected, recurrent = map(product, (x, h), kernels, self)
        return projected, recurrent


KEPT = Dropout()
"""Nothing is dropped, as at inference."""
