"""The softmax of rows, and the probabilities of classes with full relative precision at both ends."""

from typing import NamedTuple

import numpy as np

from losses._maths.logistic import has_safe_exponents, least_exponential
from losses._types import Array, FloatArray
from losses._walk.summation import row_sums


def exponentials(x: FloatArray, out: FloatArray | None = None) -> tuple[FloatArray, FloatArray, FloatArray | float]:
    """Return e, its sums s over the rows, and b, such that softmax(x) = e/s and log Σ_c exp(x_c) = b + log s.

    The textbook subtracts each row's maximum first, lest exp overflow. Where the largest logit of the whole block and
    the smallest sum show that it can't, exp(x) itself is both faster and more accurate.
    """
    if has_safe_exponents(x):
        e = np.exp(x, out=out)
        s = row_sums(e)
        if s.size == 0 or s.item(s.argmin()) >= least_exponential(x.dtype):
            return e, s, 0.0
    b = x.max(axis=1)
    e = np.exp(x - b[:, np.newaxis], out=out)
    return e, row_sums(e), b


def softmax(x: FloatArray) -> FloatArray:
    """Return the softmax of the last axis."""
    e, s, _ = exponentials(x.reshape(-1, x.shape[-1]))
    p: FloatArray = (e / s[:, np.newaxis]).reshape(x.shape).astype(x.dtype, copy=False)
    return p


class Likelihood(NamedTuple):
    """How probable classes are: p, 1 − p and log p, each as accurate as the others."""

    p: FloatArray
    rest: FloatArray
    log: FloatArray

    def ratio(self) -> FloatArray:
        """Return −log p / (1 − p), which is 1 at p = 1."""
        return np.where(self.rest > 0, -self.log / self.rest, 1 - 0 * self.log)

    def scaled_ratio(self) -> FloatArray:
        """Return p times `ratio`, which is 0 at p = 0."""
        return np.where(self.p == 0, 0 * self.rest, self.p * self.ratio())


def likelihood(p: FloatArray) -> Likelihood:
    """Return probabilities that are given."""
    return Likelihood(p, 1 - p, np.log(p))


def softmax_likelihood(e: FloatArray, others: FloatArray, s: FloatArray, far: FloatArray) -> Likelihood:
    """Return the probabilities e/s of classes, given the sums of the others' e, and log p where e is hardly normal."""
    log = np.where(e < np.finfo(e.dtype).tiny, far, -np.log1p(others / e))
    return Likelihood(*(each.astype(e.dtype, copy=False) for each in (e / s, others / s, log)))


def of_others(a: FloatArray, largest: Array) -> FloatArray:
    """Return for each entry the sum of the others of its row, without cancellation at the largest entry."""
    sums = row_sums(a)
    others: FloatArray = sums[:, np.newaxis] - a
    rows, a = np.arange(len(a)), a.copy()
    a[rows, largest] = 0
    others[rows, largest] = row_sums(a)
    return others
