"""NDCG with smooth ranks of a long list, in time O(n log n)."""

import numpy as np

from losses._lists.gains import discount
from losses._lists.ndcg import pulls
from losses._maths.exponentials import least_curvature
from losses._pairs.items import Side
from losses._pairs.logistic import LogisticFields
from losses._types import Array


def approx_ndcg_of_long(g: Array, s: Array, temperature: float, orders: tuple[int, ...]) -> tuple[Array, ...]:
    """Return what `approx_ndcg` does for one list of relative gains and float64 scores, to be told apart by `is_fit`.

    All comes from the fast sums over pairs of φ(d) = log(1 + e^−d/T): φ′(sᵢ − sⱼ) = −σ((sⱼ − sᵢ)/T)/T gives the ranks,
    and φ″ = σ′/T², which is even, the derivatives.
    """
    ascending = np.argsort(s)
    x, g = s[ascending], g[ascending]
    sums, items = LogisticFields(1 / temperature), Side(x, np.ones_like(x))
    (_, first, *second), _ = sums(items, items, (0, 1) if orders == (0,) else (0, 1, 2))
    rho = 0.5 - temperature * first  # Σ_{j≠i} is without σ(0) = ½
    results = {0: np.array(1 - (g * discount(rho)).sum())}
    if second:
        b = pulls(g, rho)
        (_, weighted), _ = sums(Side(x, b), items, (0, 2))
        own = b * second[0]
        results[1] = temperature * (weighted - own)
        bound = weighted + own - b * (0.5 / temperature / temperature)  # an item is no pair with itself
        results[3] = np.maximum(bound, least_curvature(s.dtype, 1 / temperature))
    return tuple(_unsorted(results[order], ascending) if order else results[0] for order in orders)


def is_fit(s: Array, temperature: float) -> bool:
    """Return whether scores can be told apart in units of the temperature, and nothing overflows."""
    return bool((1 + np.abs(s).max()) / temperature < 2**50)


def _unsorted(x: Array, order: Array) -> Array:
    found = np.empty_like(x)
    found[order] = x
    return found
