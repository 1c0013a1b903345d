"""Domains: the values that an argument may hold."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from losses.arrays import EPSILON
from losses.blocks import origin
from losses.types import Array, Box, Dtype


def place(name: str, index: Sequence[int]) -> str:
    """Return how the entry at `index` is written: ``y_true[3]``."""
    return f"{name}[{', '.join(str(int(i)) for i in index)}]" if len(index) else name


def first(bad: Array, box: Box) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return where the first True of a block lies: in the block, and in the array it was cut from."""
    inside = np.unravel_index(int(np.argmax(bad)), bad.shape)
    start = origin(box, bad.ndim)
    return tuple(map(int, inside)), tuple(int(i) + s for i, s in zip(inside, start, strict=True))


@dataclass(frozen=True)
class Interval:
    """The values that an argument may take: numbers from `low` to `high`, never NaN.

    The ends are compared with values of any dtype, and rounded to it where they are Python floats.
    """

    rule: str
    low: float
    high: float
    hint: str = ""
    clipped: bool = False
    """Whether values are kept off the ends by the machine epsilon of y_pred's dtype once they are checked."""

    def contains(self, block: Array) -> Array:
        """Return which entries are allowed."""
        allowed: Array = (block >= self.low) & (block <= self.high)
        return allowed

    def check(self, name: str, array: Array, box: Box, left_out: Array | None = None) -> None:
        """Raise ValueError at the first entry of a block that isn't allowed, but for those left out."""
        block = array[box]
        allowed = self.contains(block)
        if np.count_nonzero(allowed) == allowed.size:
            return
        bad = ~allowed
        if left_out is not None:
            bad &= ~left_out.reshape(left_out.shape + (1,) * (bad.ndim - left_out.ndim))
        if bad.any():
            inside, index = first(bad, box)
            raise ValueError(f"{place(name, index)} is {block[inside]!s}, but {self.rule}{self.hint}")


@dataclass(frozen=True)
class Ends(Interval):
    """The two ends of an interval alone."""

    def contains(self, block: Array) -> Array:
        """Return which entries are one of the ends."""
        allowed: Array = (block == self.low) | (block == self.high)
        return allowed


def clip_probabilities(block: Array, dtype: Dtype) -> Array:
    """Return probabilities at least the machine epsilon of `dtype` away from 0 and 1."""
    epsilon = EPSILON[dtype.char]
    clipped: Array = block.clip(epsilon, 1 - epsilon)
    return clipped
