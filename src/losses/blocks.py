"""How an array is cut into blocks that stay in the processor's cache."""

import math
from collections.abc import Iterator

import numpy as np

from losses.types import Box

BLOCK = 1 << 16
"""Elements of a block. Found by measuring on a core with 1 MiB of cache of its own: from 2^14 to 2^17 equally fast."""

# The C library of GNU/Linux hands freed memory back to the system, and fetches it anew for the next temporary, until a
# large array has been freed once; then it keeps as much at hand. Without this, expressions with two temporaries took
# eight times as long in a fresh process.
np.empty(1 << 22, np.uint8)

WHOLE: Box = (Ellipsis,)


def partition(shape: tuple[int, ...], size: int = 1) -> list[Box]:
    """Cut an array into blocks of at most `BLOCK` elements, in C order.

    Parameters
    ----------
    shape
        Lengths of the axes that may be cut.
    size
        Number of elements that one entry of these axes holds; an entry is never cut.

    Returns
    -------
    list of Box
        Indices that together cover the array; they depend on the arguments alone.
    """
    if math.prod(shape) * size <= BLOCK:
        return [WHOLE]
    return [(*slices, Ellipsis) for slices in _slices(shape, size)]


def _slices(shape: tuple[int, ...], size: int) -> Iterator[tuple[slice, ...]]:
    if not shape or math.prod(shape) * size <= BLOCK:
        yield ()
        return
    length, inner = shape[0], math.prod(shape[1:]) * size
    step = max(1, BLOCK // inner)
    for start in range(0, length, step):
        here = slice(start, min(start + step, length))
        if inner <= BLOCK:
            yield (here,)
        else:
            for rest in _slices(shape[1:], size):
                yield (here, *rest)


def origin(box: Box, ndim: int) -> tuple[int, ...]:
    """Return the index of a block's first entry in an array with `ndim` axes."""
    starts = [axis.start for axis in box if isinstance(axis, slice)]
    return tuple(starts + [0] * (ndim - len(starts)))
