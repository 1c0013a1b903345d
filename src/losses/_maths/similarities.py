"""Sums of exponentials over all the pairs of a batch, and their derivatives, in blocks of rows.

The products are those of NumPy's BLAS, which may use threads of its own: their number may change the last bits. The
number of this library's threads doesn't, since the blocks are walked one after the other.
"""

from typing import NamedTuple

import numpy as np

from losses._maths.exponentials import exp_in_place
from losses._types import FloatArray

ROWS = 256
"""Rows of a block. With fewer, the pass over all the derivatives that each block takes would cost too much."""

_COLUMNS = 2048
"""How many derivatives are updated at a time, so that what is added stays in the processor's cache."""

_SAFE = {"f": 40.0, "d": 300.0, "g": 300.0}
"""Scores up to this size need no shift lest their exponentials, or sums of them, leave the range, by dtype."""


class Compared(NamedTuple):
    """What all the pairs of a batch give.

    Parameters
    ----------
    others
        log Σ_{j≠i} exp(s_ij), in float64 at least.
    own
        s_ii, likewise.
    by_rows, by_columns
        Derivatives of Σ_i w_i log Σ_j exp(s_ij) with respect to rows and columns; where the own pair counts, of that
        less Σ_i w_i s_ii.
    """

    others: FloatArray
    own: FloatArray
    by_rows: FloatArray
    by_columns: FloatArray


def compared(
    rows: FloatArray, columns: FloatArray, weight: FloatArray, bound: float, with_own: bool, slopes: bool
) -> Compared:
    """Compare n rows with n columns by the scores s_ij = rowᵢ · columnⱼ.

    Parameters
    ----------
    rows, columns
        Two arrays of n vectors, of one dtype.
    weight
        w, a number from 0 to 1 for each row.
    bound
        What no score exceeds in size.
    with_own
        Whether the sums whose derivatives are returned have the pair (i, i).
    slopes
        Whether derivatives are asked for; zeros are returned otherwise.
    """
    n, dtype = len(rows), rows.dtype
    wide = np.result_type(dtype, np.float64)
    others, own = np.empty(n, wide), np.empty(n, wide)
    by_rows, by_columns = np.zeros_like(rows), np.zeros_like(columns)
    room = np.empty((min(ROWS, n), n), dtype)
    for start in range(0, n, ROWS):
        here = slice(start, min(start + ROWS, n))
        scores = np.matmul(rows[here], columns.T, out=room[: here.stop - start])
        diagonal = scores.reshape(-1)[start :: n + 1]
        own[here] = diagonal
        diagonal[...] = -np.inf
        shift = _exponentials(scores, bound)
        sums = np.add.reduce(scores, axis=1).astype(wide)
        others[here] = np.log(sums) + shift
        if not slopes:
            continue
        whole = sums
        if with_own:
            whole = sums + np.exp(own[here] - shift)
            diagonal[...] = -sums  # the probability of the own pair less 1 is that of the others, negated
        share = np.where(whole == 0, 0, weight[here] / whole).astype(dtype)[:, np.newaxis]
        by_rows[here] = np.matmul(scores, columns) * share
        weighed = rows[here] * share
        for first in range(0, n, _COLUMNS):
            some = slice(first, first + _COLUMNS)
            by_columns[some] += scores[:, some].T @ weighed
    return Compared(others, own, by_rows, by_columns)


def _exponentials(scores: FloatArray, bound: float) -> FloatArray | float:
    """Replace scores by their exponentials, less a shift of each row, which is returned."""
    if bound <= _SAFE[scores.dtype.char]:
        np.exp(scores, out=scores)
        return 0.0
    shift = np.maximum(scores.max(axis=1), -np.finfo(scores.dtype).max)
    scores -= shift[:, np.newaxis]
    exp_in_place(scores)
    wide: FloatArray = shift.astype(np.result_type(shift, np.float64))
    return wide
