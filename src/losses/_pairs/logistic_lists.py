"""Sums of the logistic loss over the pairs of many short lists, which lie in columns."""

from dataclasses import dataclass

import numpy as np

from losses._maths.exponentials import exp_in_place, powers, quotient
from losses._pairs.columns import Columns, Totals, added, sums_over_j
from losses._pairs.items import ColumnSums
from losses._types import Array


@dataclass(frozen=True)
class LogisticLists:
    """The sums of φ(d) = log(1 + e^−σd), with 1e-30 < σ < 1e30 (see `ListSums`).

    An item i is met with the later ones, of which those at a higher level count. With x = −s the odds of such a pair
    are u = e^{σ(xⱼ − xᵢ)}, and φ = log(1 + u), φ′ = −σu/(1 + u), φ″ = σ²u/(1 + u)².
    """

    sigma: float

    def __call__(
        self, scores: Array, levels: Array, inside: Array, weights: Array | None, orders: tuple[int, ...]
    ) -> ColumnSums:
        """Return the sums (see `ListSums`)."""
        x = -scores if weights is None else -scores.astype(np.float64, copy=False)  # in which weights have room
        scale = quotient(self.sigma, 1.0, x.dtype)
        power, near = powers(x, scale, axis=0)
        sums = ColumnSums(np.zeros(x.shape[1]), {order: np.zeros(x.shape) for order in orders if order})
        for kind in (True, False):
            some = slice(None) if (near == kind).all() else np.flatnonzero(near == kind)
            if isinstance(some, slice) or len(some):
                columns = Columns(x[:, some], power[:, some] if kind else None, scale.high, 2 if weights is None else 3)
                columns.leave_out(~inside[:, some])
                own = None if weights is None else weights[:, some]
                sums.numerator[some], slopes, bends = _sums(columns, levels[:, some], own, orders)
                for order, slope in sums.slopes.items():
                    found = slopes if order == 1 else bends
                    slope[:, some] = self._scaled(order, found.result())
        return sums

    def _scaled(self, order: int, sums: Array) -> Array:
        """Return derivatives by s, given sums of ±u/(1 + u), or of u/(1 + u)²."""
        return -self.sigma * sums if order == 1 else self.sigma * sums * self.sigma


def _sums(
    columns: Columns, levels: Array, weights: Array | None, orders: tuple[int, ...]
) -> tuple[Array, Totals, Totals]:
    """Return the sums of log(1 + u), and by item those of u/(1 + u) (negative for i) and of u/(1 + u)²."""
    m, count = levels.shape
    dtype = columns.s.dtype
    losses = np.zeros(count, np.result_type(dtype, np.float64))
    slopes, bends = Totals((m, count), dtype), Totals((m, count), dtype)
    ends = _ends_of_levels(levels)
    first, last = ends.min(axis=1), ends.max(axis=1)
    for i, _ in columns.blocks(m - 1):
        start, clear = int(first[i].min()), int(last[i].max()) if columns.near else m
        if start == m:
            continue
        j = slice(start, m)
        u, p, *w = columns.arrays(i, j)
        counts = levels[start:clear] > levels[i, np.newaxis]  # beyond, all are pairs, or out of all lists
        if not columns.near:
            counts &= levels[i, np.newaxis] >= 0
        _odds(columns, i, j, counts, u)
        if weights is not None:
            np.multiply(weights[j], weights[i, np.newaxis], out=w[0])
        if 0 in orders:
            _softplus(columns, i, j, counts, u, out=p)
            if weights is not None:
                p *= w[0]
            losses = added(losses, sums_over_j(p, m))
        if orders == (0,):
            continue
        np.add(u, 1, out=p)
        np.divide(1, p, out=p)
        u *= p
        if weights is not None:
            u *= w[0]
        if 1 in orders:
            slopes.add(i, j, u, -1)
        if 2 in orders:
            columns.bend(u, p)
            bends.add(i, j, u, 1)
    return losses, slopes, bends


def _odds(columns: Columns, i: slice, j: slice, counts: Array, out: Array) -> None:
    """Write the odds, 0 for those of the first items j that don't count."""
    if columns.near:
        columns.odds(i, j, out)
        out[:, : counts.shape[1]] *= counts
    else:
        gaps = columns.gaps(i, j)
        gaps[:, : counts.shape[1]][~counts] = -np.inf
        out[...] = exp_in_place(np.minimum(gaps, columns.largest))


def _softplus(columns: Columns, i: slice, j: slice, counts: Array, odds: Array, out: Array) -> None:
    """Write log(1 + odds), and the gap where the odds are cut off."""
    np.log1p(odds, out=out)
    if not columns.near:
        gaps = columns.gaps(i, j)
        gaps[:, : counts.shape[1]][~counts] = 0
        np.copyto(out, gaps, where=gaps > columns.largest)


def _ends_of_levels(levels: Array) -> Array:
    """Return where the run of equal levels that each item lies in ends, lists in columns."""
    m = len(levels)
    ends = np.full(levels.shape, m)
    ends[:-1] = np.where(levels[1:] != levels[:-1], np.arange(1, m)[:, np.newaxis], m)
    return np.minimum.accumulate(ends[::-1], axis=0)[::-1]
