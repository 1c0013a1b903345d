"""How far functions lie from their tangents at 0, without the cancellation of the formulas as written."""

import functools
import math
from fractions import Fraction
from typing import Any

import numpy as np

from losses._maths.forms import by_case
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


def growth_beyond_tangent(u: FloatArray, growth: FloatArray) -> FloatArray:
    """Return exp(u) − 1 − u, given exp(u) − 1, for any u.

    Near 0, where the difference cancels, it is growth · (u/2 − (u/2 coth(u/2) − 1)), whose last bracket is the series
    Σ B₂ₖ u²ᵏ/(2k)! with Bernoulli's numbers B₂ₖ.
    """
    return by_case(
        np.abs(u) < 1 / 3,
        lambda u, growth: [growth * (u * _half_less_series(u))],
        lambda u, growth: [growth - np.minimum(u, np.finfo(u.dtype).max)],  # also where u is infinite
        u,
        growth,
    )[0]


def _half_less_series(u: FloatArray) -> FloatArray:
    """Return ½ − (u/2 coth(u/2) − 1)/u for |u| ≤ ⅓."""
    series, *lower = _bernoulli(u.dtype)
    square = u * u
    for coefficient in lower:
        series = series * square
        series += coefficient
    rest: FloatArray = 0.5 - u * series
    return rest


@functools.cache
def _bernoulli(dtype: Dtype) -> list[Any]:
    """Return B₂ₖ/(2k)! from k = n to 1, the coefficients of cosh(u/2)/(sinh(u/2)/(u/2)), a quotient of series of u².

    Each term is less than u²/39 ≤ 1/351 of the one before, the first u/12, so that the others are as good as 0 to ½.
    """
    n = next(n for n in range(1, 100) if 351.0**n * 18 * np.finfo(dtype).eps >= 1)
    top = [Fraction(1, 4**k * math.factorial(2 * k)) for k in range(n + 1)]
    bottom = [Fraction(1, 4**k * math.factorial(2 * k + 1)) for k in range(n + 1)]
    quotient: list[Fraction] = []
    for k in range(n + 1):
        quotient.append(top[k] - sum(quotient[j] * bottom[k - j] for j in range(k)))
    return [dtype.type(c.numerator) / dtype.type(c.denominator) for c in reversed(quotient[1:])]


NEAR = 0.2
"""From here on, x − log(1 + x) loses no more than 8 eps to cancellation."""


def log1p_below_tangent(x: FloatArray) -> FloatArray:
    """Return (x − log(1 + x))/x² for 0 ≤ x ≤ `NEAR`, from log(1 + x) = 2(s + s³/3 + s⁵/5 + …) with s = x/(2 + x).

    With x − 2s = xs and s²/x = x/(2 + x)² that is (1 − 2x/(2 + x)² · (1/3 + s²/5 + s⁴/7 + …))/(2 + x).
    """
    series, *lower = _inverse_odd(x.dtype)
    rise = 2.0 + x
    slope = x / (rise * rise)
    square = slope * x
    for coefficient in lower:
        series = series * square
        series += coefficient
    gap: FloatArray = (1.0 - slope * series) / rise
    return gap


@functools.cache
def _inverse_odd(dtype: Dtype) -> list[Any]:
    """Return 2/(2k + 3) from k = n − 1 to 0; since s² ≤ 1/121, the others are less than eps/4 of the result."""
    n = next(n for n in range(100) if 121.0**n * (2 * n + 3) * np.finfo(dtype).eps >= 0.4)
    return [dtype.type(2) / dtype.type(2 * k + 3) for k in reversed(range(n))]
