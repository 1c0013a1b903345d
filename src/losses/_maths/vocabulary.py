"""The last layer of a model of many classes: softmaxes of hidden @ weight.T + bias, a block of classes at a time.

The products are those of NumPy's BLAS, which may use threads of its own: their number may change the last bits. The
number of this library's threads doesn't, since the blocks are walked one after the other.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from losses._maths.exponentials import exp_in_place
from losses._maths.logistic import softplus
from losses._types import Array, Dtype, FloatArray

_BLOCK = 5 << 19
"""Bytes of a block of logits."""


class Block(NamedTuple):
    """Logits of some rows and classes, but for those of the labels.

    Parameters
    ----------
    here
        Which classes.
    weight
        Their weights.
    logits
        One row each; a label's logit is −inf.
    rows, columns
        Where the labels are.
    own
        Their logits.
    """

    here: slice
    weight: FloatArray
    logits: FloatArray
    rows: Array
    columns: Array
    own: FloatArray


class Levels(NamedTuple):
    """What is known of each row once it was compared with all the classes; in float64 at least.

    Parameters
    ----------
    own
        The label's logit.
    nll
        −log of the label's probability.
    whole
        log Σ exp over all the classes.
    shift, others
        The largest logit of the other classes, and the sum of their exponentials less the shift.
    """

    own: FloatArray
    nll: FloatArray
    whole: FloatArray
    shift: FloatArray
    others: FloatArray

    @property
    def scale(self) -> FloatArray:
        """By what an exponential, less the shift, must be multiplied to be a probability."""
        scale: FloatArray = 1 / (self.others + np.exp(self.own - self.shift))  # not of `whole`, rounded at its own size
        return scale


class Head:
    """Rows of hidden numbers with labels, against the weights of all the classes.

    Parameters
    ----------
    hidden
        (n, d) numbers, contiguous, in the dtype computed in.
    label
        (n,) class ids.
    weight, bias
        (C, d) and (C,) numbers as the user passed them; bias may be None.
    """

    def __init__(self, hidden: FloatArray, label: Array, weight: Array, bias: Array | None) -> None:
        self.hidden, self.label, self.weight, self.bias = hidden, label, weight, bias
        self.dtype = hidden.dtype
        self.step = max(1, _BLOCK // (max(1, len(hidden)) * self.dtype.itemsize))

    def blocks(self) -> Iterator[Block]:
        """Yield blocks of classes. They share their memory."""
        n, classes = len(self.hidden), len(self.weight)
        room = np.empty(n * min(self.step, classes), self.dtype)
        for start in range(0, classes, self.step):
            here = slice(start, min(start + self.step, classes))
            weight = np.ascontiguousarray(self.weight[here], self.dtype)
            logits = np.matmul(self.hidden, weight.T, out=room[: n * len(weight)].reshape(n, len(weight)))
            if self.bias is not None:
                logits += np.asarray(self.bias[here], self.dtype)
            rows = np.flatnonzero((self.label >= start) & (self.label < here.stop))
            columns = self.label[rows] - start
            own = logits[rows, columns]
            logits[rows, columns] = -np.inf
            yield Block(here, weight, logits, rows, columns, own)

    def levels(self) -> Levels:
        """Return what is known of each row."""
        n, wide = len(self.hidden), np.result_type(self.dtype, np.float64)
        own, sums = np.empty(n, wide), np.zeros(n, wide)
        shift = np.full(n, -np.finfo(self.dtype).max)
        for block in self.blocks():
            own[block.rows] = block.own
            top = np.maximum(shift, block.logits.max(axis=1))
            sums = sums * np.exp((shift - top).astype(wide)) + _exponentials(block, top).sum(axis=1).astype(wide)
            shift = top
        others, shift = np.log(sums), shift.astype(wide)
        whole = np.logaddexp(others + shift, own)
        return Levels(own, softplus(others + (shift - own)), whole, shift, sums)

    def exponentials(self, shift: FloatArray) -> Iterator[tuple[Block, FloatArray]]:
        """Yield blocks and, in place of their logits, exp(logit − shift), which is 0 for the labels."""
        narrow = shift.astype(self.dtype)
        for block in self.blocks():
            yield block, _exponentials(block, narrow)


def _exponentials(block: Block, shift: FloatArray) -> FloatArray:
    logits = block.logits
    logits -= shift[:, np.newaxis]
    e: FloatArray = exp_in_place(logits)
    return e


class Sums:
    """Derivatives with respect to weights or biases, which are added up over blocks of rows.

    Parameters
    ----------
    shape, dtype
        Those of what is added up.
    place
        Where to do so, or None for memory of its own.
    """

    def __init__(self, shape: tuple[int, ...], dtype: Dtype, place: Array | None) -> None:
        usable = place is not None and place.dtype == dtype
        self.array: Any = place if usable else np.empty(shape, dtype)
        self.fresh = True

    def add(self, here: slice, terms: FloatArray) -> None:
        """Add the terms of a block of rows for some classes."""
        if self.fresh:
            self.array[here] = terms
        else:
            self.array[here] += terms
