"""Pairs by what swapping them would change in NDCG (LambdaRank)."""

import numpy as np

from losses._lists.gains import discount, relative_gains
from losses._lists.rows import Results, Tile, falling, tiles
from losses._maths.exponentials import least_curvature, quotient
from losses._pairs.columns import Columns, Totals, added, keep_later, sums_over_j
from losses._types import Array, Dtype


@np.errstate(all="ignore")
def lambdarank(y: Array, s: Array, sigma: float, truncation: int | None, orders: tuple[int, ...]) -> tuple[Array, ...]:
    """Return Σ |ΔNDCGᵢⱼ| φ(sᵢ − sⱼ) over each list's pairs with yᵢ > yⱼ, and its derivatives at frozen |ΔNDCG|.

    Items rank by falling score, equal ones in input order. Let w = (gᵢ − gⱼ)(Dᵢ − Dⱼ) for i ranked above j, with the
    gains g by the ideal DCG and the discounts D, of which those beyond the truncation are 0; and P = u/(1 + u) ≤ ½ with
    u = e^{−σ(sᵢ − sⱼ)}. The pair's loss is |w| log(1 + u), and where w < 0 |w|σ(sᵢ − sⱼ) more; the derivative by sᵢ is
    −σ(|w|P + min(w, 0)), the second derivative σ²|w|P(1 − P). So P is never close to 1, and nothing cancels.

    The curvature is the Hessian's diagonal, but at least eps·σ². A list with a NaN score, or with two equal infinities
    in a pair of positive weight, gives NaN.
    """
    m = s.shape[1]
    top = min(m, truncation or m)
    results, least = Results(s, orders), least_curvature(s.dtype, sigma)
    gains, discounts = relative_gains(y, top, s.dtype), _discounts(m, top, s.dtype)
    for tile in tiles(s, quotient(sigma, 1.0, s.dtype), falling(s), 4 if 0 in orders else 3):
        losses, slopes, bends = _sums(tile, tile.take(gains), discounts, top, orders)
        results.put(0, tile, losses)
        results.put(1, tile, sigma * slopes.result())
        results.put_second(tile, sigma * bends.result() * sigma, least)
    return results.all(results.nan() | np.isnan(s.sum(axis=1)) & np.isnan(s).any(axis=1))


def _discounts(m: int, top: int, dtype: Dtype) -> Array:
    """Return D by rank, as a sum of two numbers that is not carried out: differences of D keep their digits."""
    exact = np.zeros(m, np.longdouble)
    exact[:top] = discount(np.arange(1, top + 1, dtype=np.longdouble))
    high = exact.astype(np.result_type(dtype, np.float64))
    return np.array([high, exact - high], high.dtype)


def _drops(discounts: Array, i: slice, j: slice) -> Array:
    """Return Dᵢ − Dⱼ."""
    high, low = discounts
    drops: Array = high[i, np.newaxis] - high[j]
    drops += low[i, np.newaxis]
    drops -= low[j]
    return drops


def _sums(tile: Tile, g: Array, discounts: Array, top: int, orders: tuple[int, ...]) -> tuple[Array, Totals, Totals]:
    """Return the sums of the losses, and by item those of −|w|P − min(w, 0) and of |w|P(1 − P)."""
    columns, dtype = tile.columns, g.dtype
    m, count = g.shape
    losses = np.zeros(count, np.result_type(dtype, np.float64))
    slopes, bends = Totals(g.shape, dtype), Totals(g.shape, dtype)
    for i, j in columns.blocks(min(top, m - 1)):
        w, u, p, *more = columns.arrays(i, j)
        np.subtract(g[i, np.newaxis], g[j], out=w)
        w *= _drops(discounts, i, j).astype(dtype, copy=False)[:, :, np.newaxis]
        keep_later(i, w)
        columns.odds(i, j, u, w)
        if 0 in orders:
            losses = added(losses, sums_over_j(_losses(columns, i, j, w, u, p, *more), m))
        if orders == (0,):
            continue
        np.add(u, 1, out=p)
        np.divide(u, p, out=p)
        np.abs(w, out=u)
        u *= p  # |w|P
        if 1 in orders:
            w.clip(-np.inf, 0, out=w)  # in half the time of np.minimum
            w += u
            slopes.add(i, j, w, -1)
        if 2 in orders or 3 in orders:
            p *= u
            u -= p
            bends.add(i, j, u, 1)
    return losses, slopes, bends


def _losses(columns: Columns, i: slice, j: slice, w: Array, u: Array, terms: Array, gaps: Array) -> Array:
    """Return |w| log(1 + u), and |w|σ(sᵢ − sⱼ) more where w < 0, in the memory of `terms`."""
    np.log1p(u, out=terms)
    terms *= w
    np.abs(terms, out=terms)
    columns.gaps(i, j, w, out=gaps)
    gaps *= w  # never positive where w isn't negative
    gaps.clip(0, np.inf, out=gaps)
    if not columns.near:
        gaps[w >= 0] = 0
    terms += gaps
    return terms
