"""Exponentials of scores that neither overflow, nor lose digits, nor take long where they are 0."""

from fractions import Fraction
from functools import lru_cache
from math import frexp
from typing import NamedTuple

import numpy as np

from losses._types import Array, Dtype

_LEAST = {"f": -87.0, "d": -707.0, "g": -11355.0}
"""Where eˣ is taken for 0, by dtype: below it lies hardly a normal number, and NumPy's exp takes ten times as long."""

LARGEST = {char: -least for char, least in _LEAST.items()}
"""The largest exponent, by dtype."""

_RANGE = {"f": 40.0, "d": 300.0, "g": 300.0}
"""The largest exponent x for which e^{2x}, and sums of such numbers, don't leave the floating numbers, by dtype."""


def exp_in_place(x: Array) -> Array:
    """Return eˣ in place of x, 0 where it is hardly a normal number or less."""
    least = _LEAST[x.dtype.char]
    if x.size == 0 or x.min() >= least:
        return np.exp(x, out=x)
    normal = ~(x < least)
    np.exp(np.maximum(x, least, out=x), out=x)
    x *= normal
    return x


def exactly_shifted(s: Array, limit: float, axis: int = 1) -> tuple[Array, Array]:
    """Return lists, along an axis, less a level of each, without rounding, and which are then within ±limit.

    The level is 0 where a list is within the limit already. Otherwise a list that spans at most limit/2 lies within a
    factor of 2 of any of its entries, so that subtracting the lowest is exact (Sterbenz).
    """
    low, high = s.min(axis=axis, keepdims=True), s.max(axis=axis, keepdims=True)
    near = (low >= -limit) & (high <= limit)
    if near.all():
        return s, near.reshape(-1)
    narrow = high - low <= limit / 2
    return s - np.where(~near & narrow, low, 0), (near | narrow).reshape(-1)


class Scale(NamedTuple):
    """A factor of the scores, as a sum of two floating numbers that isn't carried out."""

    high: float
    low: float


@lru_cache(maxsize=64)
def quotient(numerator: float, denominator: float, dtype: Dtype) -> Scale:
    """Return a quotient of positive numbers to twice the usual precision, kept well within the range of `dtype`."""
    limit = Fraction(10 ** (30 if dtype.char == "f" else 150))
    exact = min(max(Fraction(numerator) / Fraction(denominator), 1 / limit), limit)
    high = float(exact)
    return Scale(high, float(exact - Fraction(high)))


def powers(s: Array, scale: Scale, axis: int = 1) -> tuple[Array, Array]:
    """Return e^{scale·(s − c)} to a few eps, where c is a level of each list, and for which lists that is of use.

    Lists lie along the axis.
    """
    limit = _RANGE[s.dtype.char] / scale.high
    if s.dtype == np.float32:
        x, near = _centred(s.astype(np.float64), limit, axis)
    else:
        x, near = exactly_shifted(s, limit, axis)
    z = x * scale.high
    e = np.exp(z)
    if s.dtype == np.float64 and (scale.low or frexp(scale.high)[0] != 0.5):
        e += e * (_product_error(x, scale.high, z) + x * scale.low)
    return e.astype(s.dtype, copy=False), near


def _centred(s: Array, limit: float, axis: int) -> tuple[Array, Array]:
    """Return lists less a level of each, and which are then within ±limit, with digits to spare.

    The level is 0 where a list is within the limit already, else its middle.
    """
    low, high = s.min(axis=axis, keepdims=True), s.max(axis=axis, keepdims=True)
    near = (low >= -limit) & (high <= limit)
    if near.all():
        return s, near.reshape(-1)
    s -= np.where(near, 0, low / 2 + high / 2)
    return s, (near | (high - low <= 2 * limit)).reshape(-1)


def _product_error(x: Array, factor: float, product: Array) -> Array:
    """Return x·factor − product exactly, where the product was rounded (Dekker 1971, Veltkamp's splitting)."""
    split = 2.0**27 + 1
    x_high = x * split
    x_high -= x_high - x
    x_low = x - x_high
    high = factor * split - (factor * split - factor)
    low = factor - high
    error: Array = x_high * high - product
    error += x_low * high
    error += x_high * low
    error += x_low * low
    return error


def least_curvature(dtype: Dtype, scale: float) -> float:
    """Return the least curvature of a loss of scale·s: eps·scale², a normal number of this dtype."""
    limits = np.finfo(dtype)
    return min(max(float(limits.eps) * min(scale, 1e150) ** 2, float(limits.tiny)), float(limits.max))
