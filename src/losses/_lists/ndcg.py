"""NDCG with smooth ranks (ApproxNDCG)."""

import numpy as np

from losses._lists.gains import discount, relative_gains
from losses._lists.rows import Results, falling, tiles
from losses._maths.exponentials import least_curvature, quotient
from losses._pairs.columns import Columns, Totals, column_sums, keep_later, sums_over_j
from losses._types import Array


@np.errstate(all="ignore")
def approx_ndcg(y: Array, s: Array, temperature: float, orders: tuple[int, ...]) -> tuple[Array, ...]:
    """Return 1 − Σᵢ gᵢD(ρᵢ), with gains g by the ideal DCG, D(ρ) = 1/log₂(1 + ρ) and smooth ranks ρ, and derivatives.

    ρᵢ = 1 + Σ_{j≠i} σ((sⱼ − sᵢ)/T). Let bᵢ = −gᵢD′(ρᵢ) ≥ 0 and K = σ′((sⱼ − sᵢ)/T) = P(1 − P). Item i's gradient is
    −Σⱼ (bᵢ − bⱼ)Kᵢⱼ/T. There is no Hessian (order 2).

    The curvature is Σⱼ (bᵢ + bⱼ)Kᵢⱼ/T², but at least eps/T². The second derivative of the loss is never above it:

        ∂²L/∂sₖ² = −Σᵢ gᵢD″(ρᵢ)(∂ρᵢ/∂sₖ)² + Σᵢ bᵢ ∂²ρᵢ/∂sₖ².

    D is convex, so that the first sum isn't positive. In the second, ∂²ρᵢ/∂sₖ² = σ″((sₖ − sᵢ)/T)/T² for i ≠ k and
    Σ_{j≠k} σ″((sⱼ − sₖ)/T)/T² for i = k, and |σ″| = σ′|1 − 2σ| ≤ σ′.

    Items with a score of −inf are unranked: they come last, tied with each other (σ = ½), and have no gradient. One
    score of +inf takes its limit; two, and NaN, give NaN for the list.
    """
    unranked = s == -np.inf
    bad = np.isnan(s).any(axis=1) | (np.count_nonzero(s == np.inf, axis=1) > 1)
    if unranked.any():
        s = np.where(unranked, -np.finfo(s.dtype).max, s)
    results, scale = Results(s, orders), quotient(1.0, temperature, s.dtype)
    gains = relative_gains(y, s.shape[1], s.dtype)
    for tile in tiles(s, scale, falling(y), 2):
        g = tile.take(gains).astype(np.result_type(gains, np.float64), copy=False)
        relevant = int(np.count_nonzero(g.any(axis=1)))  # the items that have a gain come first
        rho = _smooth_ranks(tile.columns, relevant)
        results.put(0, tile, 1 - _dcg(g, rho))
        if orders == (0,):
            continue
        b = np.zeros(g.shape, s.dtype)
        b[:relevant] = pulls(g[:relevant], rho)
        slopes, bends = _sums(tile.columns, b, relevant, orders)
        idle = tile.take(unranked)
        results.put(1, tile, np.where(idle, 0, slopes.result() * scale.high))
        curvature = np.where(idle, 0, bends.result() * scale.high * scale.high)
        results.put(3, tile, np.maximum(curvature, least_curvature(s.dtype, scale.high)))
    return results.all(bad)


def _dcg(g: Array, rho: Array) -> Array:
    """Return Σᵢ gᵢD(ρᵢ), given ρ of the first items; the others' g is 0."""
    terms = np.zeros_like(g)
    np.multiply(g[: len(rho)], discount(rho), out=terms[: len(rho)])
    return column_sums(terms, len(g))


def pulls(g: Array, rho: Array) -> Array:
    """Return b, the derivative of −g/log₂(1 + ρ) by ρ."""
    found: Array = g * discount(rho) / ((1 + rho) * np.log1p(rho))
    return found


def _smooth_ranks(columns: Columns, relevant: int) -> Array:
    """Return ρ of the relevant items: 1 + Σ_{j≠i} u/(1 + u), where u = e^{(sⱼ − sᵢ)/T}."""
    m = len(columns.s)
    rho = Totals(columns.s.shape, columns.s.dtype)
    for i, j in columns.blocks(min(relevant, m - 1)):
        u, p = columns.arrays(i, j)
        columns.odds(i, j, u)
        np.add(u, 1, out=p)
        np.divide(1, p, out=p)
        u *= p
        keep_later(i, u)
        keep_later(i, p)
        rho.total[i] += sums_over_j(u, m)
        rho.add_later(slice(j.start, relevant), p[:, : relevant - j.start])
    return 1 + rho.result()[:relevant]


def _sums(columns: Columns, b: Array, relevant: int, orders: tuple[int, ...]) -> tuple[Totals, Totals]:
    """Return Σⱼ (bⱼ − bᵢ)Kᵢⱼ and Σⱼ (bᵢ + bⱼ)Kᵢⱼ, where K = u/(1 + u)²."""
    m = len(b)
    slopes, bends = Totals(b.shape, b.dtype), Totals(b.shape, b.dtype)
    for i, j in columns.blocks(min(relevant, m - 1)):
        u, p = columns.arrays(i, j)
        columns.odds(i, j, u)
        np.add(u, 1, out=p)
        np.divide(1, p, out=p)
        u *= p
        columns.bend(u, p)
        keep_later(i, u)
        if 1 in orders:
            np.subtract(b[i, np.newaxis], b[j], out=p)
            p *= u
            slopes.add(i, j, p, -1)
        if 3 in orders:
            np.add(b[i, np.newaxis], b[j], out=p)
            p *= u
            bends.add(i, j, p, 1)
    return slopes, bends
