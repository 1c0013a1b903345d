"""Sample weights, and what the denominator of a mean must be."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from losses._admission.arrays import as_array
from losses._admission.domains import Interval
from losses._types import Array, Box
from losses._walk import summation
from losses._walk.blocks import partition
from losses._walk.threads import walk

_WEIGHTS = Interval(
    "a weight must be finite and not negative",
    np.float64(0),
    np.finfo(np.float64).max,
    "; a weight of 0 leaves a sample out",
)


_LEAST, _LARGEST = 2.0**-99, 2.0**99
"""Sums of weights between these are far from the ends of the range."""


class Weights:
    """Checked sample weights, handed out in float64.

    Where their scale doesn't matter (`relative`), tiny or huge ones are handed out times a power of two, so that sums
    and products stay within the range. `row_hint` says more about weights of some shapes.
    """

    def __init__(
        self,
        value: Any,
        shape: tuple[int, ...],
        relative: bool,
        row_hint: Callable[[tuple[int, ...]], str] | None = None,
    ) -> None:
        self.array = as_array("sample_weight", value)
        self.shape = shape
        ndim = self.array.ndim
        if self.array.shape != shape[:ndim] or (shape and not ndim):
            shapes = " or ".join(str(shape[:axes]) for axes in range(len(shape), 0, -1)) or "()"
            hint = (row_hint(self.array.shape) if row_hint else "") or _hint(self.array, shape)
            raise ValueError(f"sample_weight has shape {self.array.shape}, but the samples need {shapes}{hint}")
        self._boxes = partition(self.array.shape, 8)
        self.exponent = 0  # of the power of two
        self.total = self._sum(self._checked_parts)
        if relative and self.total > 0 and not _LEAST < self.total < _LARGEST:
            self.exponent = -math.frexp(self.array.max())[1]
            self.total = self._sum(self._parts)

    def _sum(self, parts_of: Callable[[Box], list[summation.Part]]) -> float:
        """Return the sum of all the samples' weights, given what adds up a block of them."""
        parts = [part for parts in walk(self._boxes, parts_of) for part in parts]
        return summation.total(parts) * math.prod(self.shape[self.array.ndim :])

    def _parts(self, box: Box) -> list[summation.Part]:
        return summation.parts(self._float64(box).ravel())

    def _checked_parts(self, box: Box) -> list[summation.Part]:
        _WEIGHTS.check("sample_weight", self.array, box)
        return self._parts(box)

    def _float64(self, box: Box) -> Array:
        weight = np.asarray(self.array[box], np.float64)
        return np.ldexp(weight, self.exponent) if self.exponent else weight

    def block(self, box: Box) -> Array:
        """Return the weights of a block of samples, with the block's shape."""
        weight = self._float64(box[: self.array.ndim])
        if self.array.ndim == len(self.shape):
            return weight
        rest = self.shape[self.array.ndim :]
        spread = weight.reshape(weight.shape + (1,) * len(rest))
        lengths = [axis.stop - axis.start for axis in box if isinstance(axis, slice)][self.array.ndim :]
        return np.broadcast_to(spread, (*weight.shape, *lengths, *rest[len(lengths) :]))


@np.errstate(all="ignore")
def common_weights(value: Any, shape: tuple[int, ...]) -> tuple[Array, float] | None:
    """Return weights in float64, and their sum; None if they need a closer look, or a power of two."""
    if type(value) is not np.ndarray or value.shape != shape or value.dtype.kind not in "fiu":
        return None
    if not _WEIGHTS.holds(value):
        return None
    weight = np.ascontiguousarray(value, np.float64)
    total = summation.total(summation.parts(weight.reshape(-1)))
    return (weight, total) if _LEAST < total < _LARGEST else None


def _hint(weight: Array, shape: tuple[int, ...]) -> str:
    """Return how weights of a wrong shape become right."""
    if weight.ndim == 0:
        return "; one weight for all the samples changes nothing in a mean: pass None, or multiply the loss"
    if weight.size == 0:
        return "; pass None where there are no weights"
    if (weight.size,) == shape or (weight.shape[1:] == (1,) and weight.shape[:1] == shape[:1]):
        return "; use np.ravel(sample_weight)"
    if weight.shape == shape[1:]:
        return f"; to weigh columns, pass np.broadcast_to(sample_weight, {shape})"
    return ""


def check_denominator(denominator: float, name: str, shape: tuple[int, ...], weighed_by: str) -> None:
    """Raise ValueError if nothing can be divided by the denominator of a mean."""
    if math.prod(shape) == 0:
        raise ValueError(
            f'{name} has no samples (their shape is {shape}), and reduction="mean" needs at least one; with '
            'reduction="sum" the result is 0'
        )
    if denominator == 0:
        raise ValueError(
            f'{weighed_by} leaves no sample of positive weight, and reduction="mean" divides by the sum of weights; '
            'with reduction="sum" the result is 0'
        )
    if math.isinf(denominator) or math.isinf(1 / denominator):
        raise ValueError(f"{weighed_by} sums to {denominator!r}, by which nothing can be divided; scale the weights")
