"""Sums that add no more than a few roundings to their terms, however many there are."""

import functools
import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from losses._types import FloatArray

if TYPE_CHECKING:  # imported where it is needed, which is hardly ever
    from fractions import Fraction

Part: TypeAlias = "float | Fraction"

_ROW = 128
_TAIL = 12
"""How much longer than a multiple of 32 a row may be: BLAS adds these terms one by one, with a rounding each."""
_FEW_ROWS = 64
_ONES = {char: np.ones(_ROW, char) for char in "fd"}


def parts(terms: FloatArray, factors: FloatArray | None = None) -> list[Part]:
    """Reduce a block of terms, or of products of two arrays, to a few numbers whose sum is the block's.

    Rows of 128 are added up by `np.vecdot`, in one pass and without an array of the products. Its error is a few eps, 7
    at worst and 1 as measured on common data, since it adds in many columns at once; rows so short never bring threads
    of BLAS, whose number would change the bits. What is left is added without further error.

    Parameters
    ----------
    terms, factors
        One-dimensional floating arrays of one dtype and length; without factors, the terms themselves are added.

    Returns
    -------
    list of float or Fraction
        Numbers to hand to `total`, together with those of the other blocks.
    """
    char = terms.dtype.char
    if char not in "fdg":  # of a user's hook
        return parts(terms.astype(np.float64))
    if char == "g":  # its own roundings are below those of the float returned
        return _long_sum(terms if factors is None else terms * factors)
    n = terms.size
    if n == 0:
        return []
    width, start = _width(n), 0
    if width == n:
        alone = float(terms.dot(_ONES[char][:n] if factors is None else factors))
        if alone - alone == 0:  # finite
            return [alone]
    pieces: list[Part] = []
    if n > _ROW:
        start = n - n % width
        rows = _rows(terms, start, width)
        others = _ONES[char][:width] if factors is None else rows if factors is terms else _rows(factors, start, width)
        sums = np.vecdot(rows, others)
        pieces = sums.tolist() if sums.size <= _FEW_ROWS else _split_sum(sums)
    while start < n:
        here = slice(start, start + _width(n - start))
        rest = terms[here]
        pieces.append(float(rest.dot(_ONES[char][: rest.size] if factors is None else factors[here])))
        start = here.stop
    together = sum(pieces)
    if together - together != 0:  # infinite, or NaN
        products = terms if factors is None else terms * factors
        if np.isfinite(products).all():
            return [_sum_of_huge(products)]
    return pieces


def _rows(terms: FloatArray, n: int, width: int) -> FloatArray:
    """Return the first n terms as rows."""
    return (terms if n == terms.size else terms[:n]).reshape(-1, width)


@functools.lru_cache
def _width(n: int) -> int:
    """Return how long the rows are in which n terms are added: without a rest if that can be, and 128 or less."""
    if n <= _ROW:
        return n if n <= 16 or n % 32 <= _TAIL else max(n - n % 32, 16)
    fewest = -(-n // _ROW)
    even = (n // rows for rows in range(fewest, min(fewest + 8, _FEW_ROWS)) if n % rows == 0)
    return next((width for width in even if width % 32 <= _TAIL), _ROW)


def total(numbers: Sequence[Part], denominator: float = 1.0) -> float:
    """Return the sum of some numbers, correctly rounded, divided by `denominator`."""
    try:
        return math.fsum(numbers) / denominator
    except ValueError:  # infinities of both signs
        return math.nan
    except OverflowError:
        infinite = [part for part in numbers if isinstance(part, float) and not math.isfinite(part)]
        if infinite:
            return float(sum(infinite))
        exact = sum(map(_fraction, numbers), _fraction(0)) / _fraction(denominator)
        try:
            return float(exact)
        except OverflowError:
            return math.inf if exact > 0 else -math.inf


def add_up(blocks: Iterable[FloatArray]) -> float:
    """Return the sum of all the terms of some blocks."""
    return total([part for block in blocks for part in parts(block)])


def row_sums(e: FloatArray, factors: FloatArray | None = None) -> FloatArray:
    """Return sums over the rows, or over those of products, in at least double precision."""
    # einsum adds short rows five times as fast as add.reduce, but long ones one after the other
    if e.shape[1] > 128:
        sums: FloatArray = np.add.reduce(e if factors is None else e * factors, axis=1)
    else:
        sums = np.einsum("ij->i", e) if factors is None else np.einsum("ij,ij->i", e, factors)
    return sums.astype(np.float64) if sums.dtype.char == "f" else sums


def _long_sum(terms: FloatArray) -> list[Part]:
    """Return the sum of a block of longdouble."""
    sum_of_terms = np.add.reduce(terms)
    if np.isfinite(sum_of_terms) and abs(sum_of_terms) > np.finfo(np.float64).max:
        return [_fraction(*sum_of_terms.as_integer_ratio())]
    return [float(sum_of_terms)]


def _split_sum(x: FloatArray) -> list[Part]:
    """Return numbers whose sum is that of `x` to about 1e-9 eps.

    Each entry is split at the same binary place (Rump, Ogita and Oishi 2008, "Accurate floating-point summation I",
    section 3).
    """
    if x.dtype.char == "f":  # float64 has digits to spare for float32
        return [float(np.add.reduce(x, dtype=np.float64))]
    upper = upper_parts(x)
    return [float(np.add.reduce(upper)), 0.0 if upper is x else float(np.add.reduce(x - upper))]


def upper_parts(x: FloatArray) -> FloatArray:
    """Return float64 numbers rounded at one binary place, so that sums of any of them are exact.

    Numbers beyond 2⁹⁶⁰, and those beside them, are returned as they are.
    """
    largest = float(max(x.max(), -x.min()))
    if not largest < 2.0**960:
        return x
    place = math.ldexp(1.0, math.frexp(largest)[1] + x.size.bit_length())
    return (x + place) - place


def _sum_of_huge(terms: FloatArray) -> "Fraction":
    """Return the sum of finite terms that overflows their dtype."""
    scale = 2**64
    return _fraction(math.fsum((terms.astype(np.float64) / scale).tolist())) * scale


def _fraction(numerator: Any, denominator: int = 1) -> "Fraction":
    from fractions import Fraction

    return Fraction(numerator) / denominator
