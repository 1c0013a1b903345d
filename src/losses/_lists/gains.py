"""Gains and discounts: DCG = Σ gain · discount, with gains 2^y − 1 and the discount 1/log₂(1 + ρ) at rank ρ.

NDCG is DCG by that of the best order (Järvelin and Kekäläinen 2002, in the form of Burges et al. 2005).
"""

import numpy as np

from losses._types import Array, Dtype


def discount(rank: Array) -> Array:
    """Return 1/log₂(1 + ρ)."""
    found: Array = 1 / np.log2(1 + rank)
    return found


def relative_gains(y: Array, top: int, dtype: Dtype) -> Array:
    """Return (2^y − 1)/idealDCG, with the ideal DCG of the `top` best items; computed in float64 at least."""
    wide = y.astype(np.result_type(y, dtype, np.float64), copy=False)
    # (1 − 2^−y)·2^y, and all by the power of two of the largest, which may exceed the floating numbers.
    gain = np.expm1(wide * -np.log(wide.dtype.type(2)))
    gain *= np.exp2(wide - wide.max(axis=1, keepdims=True))
    best = np.sort(gain, axis=1)[:, :top]  # they are negative still
    ideal = np.einsum("ij,j->i", best, discount(np.arange(1, top + 1, dtype=wide.dtype)))
    gain /= np.where(ideal == 0, -1, ideal)[:, np.newaxis]
    relative: Array = gain.astype(dtype, copy=False)
    return relative
