"""Weighted means, quantiles and expectiles."""

import math

import numpy as np

from losses._types import FloatArray


def mean(y: FloatArray, weight: FloatArray | None) -> float:
    """Return Σ w y / Σ w."""
    if weight is None:
        return math.fsum(y.tolist()) / y.size
    return math.fsum((y * weight).tolist()) / math.fsum(weight.tolist())


def quantile(y: FloatArray, weight: FloatArray | None, level: float) -> float:
    """Return the middle of the numbers q with at most `level` of the weight below q and at most 1 − `level` above."""
    order = np.argsort(y, kind="stable")
    y = y[order]
    shares = np.cumsum(np.ones(y.size) if weight is None else weight[order])
    target = level * shares[-1]
    near = 4 * np.finfo(np.float64).eps * y.size * shares[-1]
    low = int(np.searchsorted(shares, target - near, side="left"))
    high = min(int(np.searchsorted(shares, target + near, side="right")), y.size - 1)
    return float(y[low] + (y[high] - y[low]) / 2)


def expectile(y: FloatArray, weight: FloatArray, above: float, below: float) -> float:
    """Return the e with Σ w above (y − e)₊ = Σ w below (e − y)₊: where the slope of that piecewise parabola is 0.

    Newton's steps approach it from one side and arrive after finitely many.
    """
    level = mean(y, weight)
    for _ in range(1000):
        last, level = level, mean(y, weight * np.where(y > level, above, below))
        if level == last:
            break
    return level
