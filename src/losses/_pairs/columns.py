"""Sums over the pairs of many short lists, all of one length, which lie in columns.

1. Arrays by item have the shape (items, lists). An item i of all the lists, or several where the lists are few, is met
   with all the later items j at once, as a contiguous array of shape (i, j, lists): hardly a pair is met twice.
2. All that a pair needs is the odds u = e^{σ(sⱼ − sᵢ)}. Where a list spans less than the exponent's range they are the
   product of two powers computed once an item; else each pair takes its own exponential. Then 1/(1 + u) = σ(sᵢ − sⱼ)
   and u/(1 + u) = σ(sⱼ − sᵢ) are accurate to a few eps relative to themselves.
3. The powers are those of σ(s − c), where the subtraction is exact and the rounding of the product made up for: the
   odds have an error of a few eps, however far the scores are from c.

No result depends, to the bit, on which other lists are summed with a list, nor on how many items are taken at a time.
"""

from collections.abc import Iterator
from functools import lru_cache

import numpy as np

from losses._maths.exponentials import LARGEST, exp_in_place
from losses._types import Array, Dtype

PAIRS_BYTES = 1 << 20
"""Size of an array of pairs. Measured on two cores, each with 1 MiB of cache: with arrays a quarter as large, what each
call to NumPy costs shows in up to 1.2 times the time with one thread, and more with two."""

WASTED = 1 << 13
"""So few pairs take no longer than what calls to NumPy cost, whether they count or not."""

FEW = 64
"""Terms that are added one after the other, before the sum is added to a wider one."""


def lists_of_tile(m: int, itemsize: int, nbytes: int) -> int:
    """Return how many lists of m items make a tile, so that an array of its items has at most so many bytes."""
    return max(1, nbytes // (m * itemsize))


class Columns:
    """Some lists in columns, and the odds of their pairs.

    Parameters
    ----------
    s : array (m, Q)
        Scores.
    powers : array (m, Q), or None
        e^{scale·s} up to a factor for each list; None where a pair's odds must be computed on their own.
    scale : float
        The scores' factor.
    arrays : int
        How many arrays of pairs are worked on at a time.
    """

    def __init__(self, s: Array, powers: Array | None, scale: float, arrays: int = 3) -> None:
        self.s, self.scale, self.near = s, scale, powers is not None
        self.largest = LARGEST[s.dtype.char]
        size = max(s.size, 1)
        most = max(1, min(PAIRS_BYTES // (size * s.itemsize), max(len(s) // 4, WASTED // size), FEW))
        self.height = 1 << (most.bit_length() - 1)
        self.scratch = np.empty((arrays, self.height * s.size), s.dtype)
        if powers is not None:
            self.up, self.down = powers, 1 / powers

    def blocks(self, last: int) -> Iterator[tuple[slice, slice]]:
        """Cut the first items into blocks; each comes with the items that are met with it, from its second one on."""
        for start in range(0, last, self.height):
            yield slice(start, min(start + self.height, last)), slice(start + 1, len(self.s))

    def arrays(self, i: slice, j: slice) -> Array:
        """Return memory for arrays of the pairs of items i and j."""
        shape = (i.stop - i.start, j.stop - j.start, self.s.shape[1])
        return self.scratch[:, : shape[0] * shape[1] * shape[2]].reshape(-1, *shape)

    def leave_out(self, items: Array) -> None:
        """Let the odds of some items be 0, for lists that have powers."""
        if self.near and items.any():
            self.up[items] = self.down[items] = 0

    def odds(self, i: slice, j: slice, out: Array, weight: Array | None = None) -> None:
        """Write e^{scale·(sⱼ − sᵢ)}, or any finite number where the weight is 0."""
        if self.near:
            np.multiply(self.up[j], self.down[i, np.newaxis], out=out)
        else:
            out[...] = exp_in_place(np.minimum(self.gaps(i, j, weight), self.largest))

    def bend(self, u: Array, p: Array) -> None:
        """Turn u/(1 + u) into u/(1 + u)², given p = 1/(1 + u), which is lost where the odds were cut off."""
        if not self.near:
            p[p < 1.001 * np.exp(-self.largest)] = 0
        u *= p

    def gaps(self, i: slice, j: slice, weight: Array | None = None, out: Array | None = None) -> Array:
        """Return scale·(sⱼ − sᵢ); between infinite scores 0 where the weight is."""
        gaps: Array = np.subtract(self.s[j], self.s[i, np.newaxis], out=out)
        if self.scale != 1:
            gaps *= self.scale
        if weight is not None and not self.near:
            gaps[weight == 0] = 0
        return gaps


def keep_later(i: slice, terms: Array) -> None:
    """Set terms to 0 where j isn't later than i, given those of a block."""
    count = i.stop - i.start
    if count > 1:
        np.copyto(terms[:, : count - 1], 0, where=_earlier(count))


@lru_cache(maxsize=16)
def _earlier(count: int) -> Array:
    """Return where the items from the second one on are no later than those from the first one on."""
    return np.tri(count, count - 1, -1, dtype=bool)[:, :, np.newaxis]


class Totals:
    """Sums by item of what pairs contribute, lists in columns.

    What is added item by item to all later ones goes to a part of the total first, FEW times at most: the number of
    roundings is FEW + m/FEW, and the total is of float64 at least.
    """

    def __init__(self, shape: tuple[int, ...], dtype: Dtype) -> None:
        self.total = np.zeros(shape, np.result_type(dtype, np.float64))
        self.part = np.zeros(shape, dtype)
        self.added = 0

    def add(self, i: slice, j: slice, terms: Array, sign: int) -> None:
        """Add the terms of pairs (i, j, Q) to the items j, and ± them to the items i."""
        self.total[i] += sign * sums_over_j(terms, len(self.total))
        self.add_later(j, terms)

    def add_later(self, j: slice, terms: Array) -> None:
        """Add the terms to the items j."""
        part = self.part[j]
        if len(terms) == 1 or part.size == 1 or part.size > 1 << 10:
            for row in terms:
                part += row
        else:  # in the same order, at once
            part[...] = np.add.reduce(np.concatenate([part[np.newaxis], terms]), axis=0)
        self.added += len(terms)
        if self.added == FEW:
            self.total += self.part
            self.part[...] = 0
            self.added = 0

    def result(self) -> Array:
        """Return the sums."""
        return self.total + self.part


def sums_over_j(terms: Array, m: int) -> Array:
    """Return the sums over the items j of (i, j, Q), the last of m, in some FEW + m/FEW roundings.

    Zeros that come first change no bit.
    """
    if m > 2 * FEW:
        terms = _folded(terms)
    return _one_by_one(terms)


def column_sums(terms: Array, m: int) -> Array:
    """Return the sums over the first axis (see `sums_over_j`)."""
    sums: Array = sums_over_j(terms[np.newaxis], m)[0]
    return sums


def added(total: Array, rows: Array) -> Array:
    """Return a total of each list and what its rows (i, Q) add to it, one after the other."""
    sums: Array = _one_by_one(np.concatenate([total[np.newaxis], rows])[np.newaxis])[0]
    return sums


def _folded(terms: Array) -> Array:
    """Return the sums of every FEW-th entry of (i, j, Q) along j, counted from the last one."""
    i, j, count = terms.shape
    rest = j % FEW
    folded = np.zeros((i, FEW, count), terms.dtype)
    folded[:, FEW - rest :] = terms[:, :rest]
    if j >= FEW:
        blocks, sums = terms[:, rest:].reshape(i, -1, FEW * count), folded.reshape(i, -1)
        first = blocks[:, 0].copy()
        blocks[:, 0] += sums  # so that all are added in one call, in their order
        np.add.reduce(blocks, axis=1, out=sums)
        blocks[:, 0] = first
    return folded


def _one_by_one(terms: Array) -> Array:
    """Return the sums over the second axis of three, in order, as NumPy adds where that isn't the last in memory."""
    if terms.shape[2] > 1:
        return np.asarray(np.add.reduce(terms, axis=1))
    rows = terms[:, :, 0]
    columns = np.repeat(rows.T, 2, axis=1) if len(rows) == 1 else np.ascontiguousarray(rows.T)
    return np.asarray(np.add.reduce(columns, axis=0))[: len(rows), np.newaxis]
