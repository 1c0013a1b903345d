"""Sums that add no more than a few roundings to their terms, however many there are."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from losses.types import FloatArray

if TYPE_CHECKING:  # imported where it is needed, which is hardly ever
    from fractions import Fraction

Part: TypeAlias = "float | Fraction"

_DIRECT = 64
_SHORT = 2048


def parts(terms: FloatArray) -> list[Part]:
    """Reduce a block of terms to a few numbers whose sum is the block's.

    A first step adds terms in sixes, one after the other, which commits 5 roundings, 2.5 eps at most, in a single call
    of NumPy. What is left is added without further error. A plain pairwise sum, as in `np.add.reduce`, can be wrong by
    some 10 eps: it adds the innermost 128 terms in 8 columns of 16, and halves after that.

    Parameters
    ----------
    terms
        One-dimensional floating array, of any length that fits into memory.

    Returns
    -------
    list of float or Fraction
        Numbers to hand to `total`, together with those of the other blocks.
    """
    found: list[Part]
    if terms.dtype.char == "g":  # longdouble: its own roundings are below those of the float returned
        sum_of_block = np.add.reduce(terms)
        if np.isfinite(sum_of_block) and abs(sum_of_block) > np.finfo(np.float64).max:
            return [_fraction(*sum_of_block.as_integer_ratio())]
        return [float(sum_of_block)]
    if terms.size <= _DIRECT:
        found = terms.tolist()
        return found
    if terms.size <= _SHORT:
        even = terms.size & -32
        folded = np.add.reduce(terms[:even].reshape(-1, 32), axis=1)  # pairwise: 6 roundings; slow, but not for so few
    else:
        even = terms.size // 6 * 6
        folded = np.add.reduce(terms[:even].reshape(6, -1), axis=0)
    found = [*terms[even:].tolist(), *(folded.tolist() if folded.size <= _DIRECT else _split_sum(folded))]
    if not math.isfinite(sum(found)) and np.isfinite(terms).all():
        return [_sum_of_huge(terms)]
    return found


def total(found: Sequence[Part], denominator: float = 1.0) -> float:
    """Return the sum of the numbers `found`, correctly rounded, divided by `denominator`."""
    try:
        return math.fsum(found) / denominator
    except ValueError:  # infinities of both signs
        return math.nan
    except OverflowError:
        infinite = [part for part in found if isinstance(part, float) and not math.isfinite(part)]
        if infinite:
            return float(sum(infinite))
        exact = sum(map(_fraction, found), _fraction(0)) / _fraction(denominator)
        try:
            return float(exact)
        except OverflowError:
            return math.inf if exact > 0 else -math.inf


def _split_sum(x: FloatArray) -> tuple[float, float]:
    """Return two numbers whose sum is that of `x` to about 1e-9 eps.

    Each entry is split at the same binary place (Rump, Ogita and Oishi 2008, "Accurate floating-point summation I",
    section 3).
    """
    if x.dtype.char == "f":  # float64 has digits to spare for float32
        return float(np.add.reduce(x, dtype=np.float64)), 0.0
    upper = upper_parts(x)
    return float(np.add.reduce(upper)), 0.0 if upper is x else float(np.add.reduce(x - upper))


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
