"""Sums that add no more than a few roundings to their terms, however many there are."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from losses.types import FloatArray

if TYPE_CHECKING:  # imported where it is needed, which is hardly ever
    from fractions import Fraction

Part: TypeAlias = "float | Fraction"

_HALVINGS = 5
_DIRECT = 64
_SHORT = 2048


def parts(terms: FloatArray) -> list[Part]:
    """Reduce a block of terms to a few numbers whose sum is the block's.

    Five halvings (x[:h] + x[h:]) leave 1/32 of the terms, each of them at most 6 roundings away from its exact
    value: 3 eps at most. What is left is added without further error. A plain pairwise sum, as in `np.add.reduce`,
    can be wrong by some 10 eps, since it adds the innermost 128 terms one after the other.

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
    even = terms.size >> _HALVINGS << _HALVINGS
    folded = terms[:even]
    if terms.size <= _SHORT:  # one call, which adds 32 terms with no more roundings, but slowly
        folded = np.add.reduce(folded.reshape(-1, 1 << _HALVINGS), axis=1)
    else:
        for _ in range(_HALVINGS):
            half = folded.size // 2
            folded = folded[:half] + folded[half:]
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

    Each entry is split at the same binary place, so that adding the upper parts commits no rounding at all (Rump,
    Ogita and Oishi 2008, "Accurate floating-point summation I", section 3).
    """
    if x.dtype.char == "f":  # float64 has digits to spare for float32
        return float(np.add.reduce(x, dtype=np.float64)), 0.0
    largest = float(max(x.max(), -x.min()))
    if not largest < 2.0**960:
        return float(np.add.reduce(x)), 0.0
    place = math.ldexp(1.0, math.frexp(largest)[1] + x.size.bit_length())
    upper = (x + place) - place
    return float(np.add.reduce(upper)), float(np.add.reduce(x - upper))


def _sum_of_huge(terms: FloatArray) -> "Fraction":
    """Return the sum of finite terms that overflows their dtype."""
    scale = 2**64
    return _fraction(math.fsum((terms.astype(np.float64) / scale).tolist())) * scale


def _fraction(numerator: Any, denominator: int = 1) -> "Fraction":
    from fractions import Fraction

    return Fraction(numerator) / denominator
