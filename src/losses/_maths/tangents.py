"""How far functions lie from their tangents at 0, without the cancellation of the formulas as written."""

import math

import numpy as np

from losses._types import Dtype, FloatArray


def exp_beyond_tangent(u: FloatArray) -> FloatArray:
    """Return exp(u) − 1 − u for |u| < 1, as the series u²/2 (1 + u/3 (1 + u/4 (…))).

    The terms from uⁿ/n! on are together less than 2u²/n! ≤ u²/2 · eps, as soon as n! ≥ 4/eps.
    """
    n = next(n for n in range(2, 100) if math.factorial(n) * np.finfo(u.dtype).eps >= 4)
    series = np.ones_like(u)
    for k in range(n - 1, 2, -1):
        series = 1 + u / k * series
    return u * u / 2 * series


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


def _terms(dtype: Dtype) -> int:
    return next(n for n in range(100) if 25.0**n * np.finfo(dtype).eps >= 1)
