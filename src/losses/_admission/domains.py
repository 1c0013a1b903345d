"""Domains: the values that an argument may hold."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from losses._admission.arrays import EPSILON, result_dtype
from losses._types import Array, Box, Dtype
from losses._walk.blocks import origin


def place(name: str, index: Sequence[int]) -> str:
    """Return how the entry at `index` is written: ``y_true[3]``."""
    return f"{name}[{', '.join(str(int(i)) for i in index)}]" if len(index) else name


def first(bad: Array, box: Box) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return where the first True of a block lies: in the block, and in the array it was cut from."""
    inside = np.unravel_index(int(np.argmax(bad)), bad.shape)
    start = origin(box, bad.ndim)
    return tuple(map(int, inside)), tuple(int(i) + s for i, s in zip(inside, start, strict=True))


_MANY = 1 << 12
_BITS = {np.dtype(np.float64): np.uint64, np.dtype(np.float32): np.uint32}


def _lie_between_zero_and(high: float, block: Array) -> bool:
    """Return whether all the entries of a block of float64 or float32 do, in one pass; in doubt, False.

    Read as unsigned integers, numbers from 0 on are in their order; beyond them are NaN, what is negative, and −0.0.
    """
    bits = _BITS[block.dtype]
    largest = block.view(bits).max(initial=0)
    return bool(largest <= np.array(high, block.dtype).view(bits))


@dataclass(frozen=True)
class Interval:
    """The values that an argument may take: numbers from `low` to `high`, never NaN.

    The ends are compared with values of any dtype, and rounded to it where they are Python floats.
    """

    rule: str
    low: float
    high: float
    hint: str | Callable[[Array, Any], str] = ""
    """What to say of the usual cause, or a function of the array and the value that tells it."""
    clipped: bool = False
    """Whether values are kept off the ends by the machine epsilon of y_pred's dtype once they are checked."""

    def contains(self, block: Array) -> Array:
        """Return which entries are allowed; also of a single number."""
        allowed: Array = (block >= self.low) & (block <= self.high)
        return allowed

    def holds(self, block: Array) -> bool:
        """Return whether all the entries are allowed; in doubt, False."""
        if block.size == 0:
            return True
        if type(self) is Interval and self.low == 0 and block.size > _MANY and block.dtype in _BITS:
            return _lie_between_zero_and(self.high, block)
        # a NaN is both the least and the largest; argmin and argmax take a third of the time of comparing
        return bool(self.contains(block.item(block.argmin())) and self.contains(block.item(block.argmax())))

    def leaves(self, block: Array) -> bool:
        """Return whether all the entries are allowed, and none has to be clipped; in doubt, False."""
        if not self.clipped or block.size == 0:
            return self.holds(block)
        epsilon = EPSILON[result_dtype(block.dtype).char]
        return bool(epsilon <= block.item(block.argmin()) and block.item(block.argmax()) <= 1 - epsilon)

    def check(self, name: str, array: Array, box: Box, left_out: Array | None = None) -> bool:
        """Raise ValueError at the first entry of a block that isn't allowed, but for those left out.

        Returns whether any has to be clipped, or may have to be.
        """
        block = array[box]
        if self.leaves(block):
            return False
        if self.clipped and self.holds(block):
            return True
        bad = ~self.contains(block)
        if left_out is not None:
            bad &= ~left_out.reshape(left_out.shape + (1,) * (bad.ndim - left_out.ndim))
        if bad.any():
            inside, index = first(bad, box)
            hint = self.hint if isinstance(self.hint, str) else self.hint(array, block[inside])
            raise ValueError(f"{place(name, index)} is {block[inside]!s}, but {self.rule}{hint}")
        return self.clipped


@dataclass(frozen=True)
class _Scattered(Interval):
    """Some of the values of an interval, of which the least and the largest entry don't tell enough."""

    def holds(self, block: Array) -> bool:
        """Return whether all the entries are allowed."""
        return bool(self.contains(block).all())


@dataclass(frozen=True)
class Ends(_Scattered):
    """The two ends of an interval alone."""

    def contains(self, block: Array) -> Array:
        """Return which entries are one of the ends."""
        allowed: Array = (block == self.low) | (block == self.high)
        return allowed

    def holds(self, block: Array) -> bool:
        """Return whether all the entries are one of the ends: those that aren't the lower are the upper."""
        others = block if self.low == 0 else block != self.low
        return bool(np.count_nonzero(others) == np.count_nonzero(block == self.high))


@dataclass(frozen=True)
class Above(Interval):
    """An interval without its lower end."""

    def contains(self, block: Array) -> Array:
        """Return which entries are allowed."""
        allowed: Array = (block > self.low) & (block <= self.high)
        return allowed


@dataclass(frozen=True)
class Below(Interval):
    """An interval without its upper end."""

    def contains(self, block: Array) -> Array:
        """Return which entries are allowed."""
        allowed: Array = (block >= self.low) & (block < self.high)
        return allowed


@dataclass(frozen=True)
class Integers(_Scattered):
    """The integers of an interval, of any dtype."""

    def contains(self, block: Array) -> Array:
        """Return which entries are integers of the interval."""
        allowed: Array = super().contains(block) & (block == np.floor(block))
        return allowed


@dataclass(frozen=True)
class NonZeroRows(_Scattered):
    """Rows of numbers, not all of which are 0."""

    low: float = -np.inf
    high: float = np.inf
    hint: str | Callable[[Array, Any], str] = "; a sample_weight of 0 leaves it out"

    def contains(self, block: Array) -> Array:
        """Return which rows are allowed."""
        allowed: Array = np.any(np.not_equal(block, 0), axis=-1, keepdims=False)
        return allowed


DIRECTION = NonZeroRows("a vector of zeros has no direction, and so no cosine")
"""A vector that is compared with others by the cosine."""

CLASS_ID = Integers("a class id must be an integer, not negative and of a sensible size", 0.0, 1e8)
"""An id of one of an unknown number of classes."""


def clip_probabilities(block: Array, dtype: Dtype) -> Array:
    """Return probabilities at least the machine epsilon of `dtype` away from 0 and 1."""
    epsilon = EPSILON[dtype.char]
    clipped: Array = block.clip(epsilon, 1 - epsilon)
    return clipped


def _label_hint(array: Array, value: Any) -> str:
    """Return what labels of two classes that lie outside [0, 1] usually are."""
    if np.isnan(value):
        return "; leave samples without a label out, or give them a sample_weight of 0"
    if value == -1 and np.isin(array, (-1, 1)).all():
        return "; map labels -1 and 1 to 0 and 1 with (y_true + 1) / 2"
    if np.isin(array, (1, 2)).all():
        return "; subtract 1 from labels 1 and 2"
    if value != np.floor(value):
        return "; the order of the arguments is (y_true, y_pred)"
    return "; for more than two classes use CategoricalCrossEntropy"


LABEL = Interval("a binary target must lie in [0, 1]", 0.0, 1.0, _label_hint)
"""A label of two classes, or the probability of class 1."""

PROBABILITY = Interval(
    "a probability must lie in [0, 1]", 0.0, 1.0, "; if these are logits, pass from_logits=True", clipped=True
)
"""A predicted probability."""
