"""How far functions lie from their tangents at 0, without the cancellation of the formulas as written."""

import functools
import math
from typing import Any

import numpy as np

from losses._types import Dtype, FloatArray


def exp_beyond_tangent(u: FloatArray) -> FloatArray:
    """Return exp(u) − 1 − u for |u| < 1, as the series u² (1/2! + u/3! + u²/4! + …)."""
    *lower, highest = _inverse_factorials(u.dtype)
    series = np.full_like(u, highest)
    for coefficient in reversed(lower):
        series *= u
        series += coefficient
    return u * u * series


@functools.cache
def _inverse_factorials(dtype: Dtype) -> tuple[Any, ...]:
    """Return 1/k! from k = 2 to n − 1: from uⁿ/n! on, all are together less than 2u²/n! ≤ u²/2 · eps, as n! ≥ 4/eps."""
    n = next(n for n in range(4, 100) if math.factorial(n) * np.finfo(dtype).eps >= 4)
    return tuple(dtype.type(1) / dtype.type(math.factorial(k)) for k in range(2, n))


def log1p_below_tangent(x: FloatArray) -> FloatArray:
    """Return (x − log(1 + x))/x² for 0 ≤ x ≤ ½, from log(1 + x) = 2(s + s³/3 + s⁵/5 + …) with s = x/(2 + x).

    With x − 2s = xs and s²/x = x/(2 + x)² that is (1 − 2x/(2 + x)² · (1/3 + s²/5 + s⁴/7 + …))/(2 + x). Since s² ≤
    1/25, the terms from s²ⁿ on are together less than eps, as soon as 25ⁿ ≥ 1/eps.
    """
    rise = 2 + x
    slope = x / (rise * rise)
    square = slope * x
    series = np.full_like(x, 0)
    for k in range(_terms(x.dtype), -1, -1):
        series = series * square + x.dtype.type(1) / (2 * k + 3)
    return (1 - 2 * slope * series) / rise


@functools.cache
def _terms(dtype: Dtype) -> int:
    return next(n for n in range(100) if 25.0**n * np.finfo(dtype).eps >= 1)
