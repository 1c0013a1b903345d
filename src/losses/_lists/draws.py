"""The likelihood of an order of items that are drawn by softmax, one after the other (ListMLE)."""

from math import isqrt

import numpy as np

from losses._maths.exponentials import exactly_shifted, exp_in_place
from losses._types import Array


@np.errstate(all="ignore")
def listmle(s: Array, orders: tuple[int, ...]) -> tuple[Array, ...]:
    """Return −Σᵢ log pᵢᵢ with pᵢₖ = exp sₖ / Σ_{j≥i} exp sⱼ, the scores by falling relevance, and its derivatives.

    With Eᵢ = Σ_{j≥i} exp sⱼ the loss is Σᵢ log(1 + Eᵢ₊₁/exp sᵢ). Its gradient is Σ_{i≤k} pᵢₖ − 1, its Hessian's
    diagonal Σ_{i≤k} pᵢₖ(1 − pᵢₖ); the terms with i = k hold 1 − pₖₖ = Eₖ₊₁/Eₖ, small if the order is likely, and are
    computed as that. The curvature is the Hessian's diagonal, but at least eps.

    A score of −inf is a probability of 0: the loss is +inf unless such an item comes last. A list with +inf or NaN, or
    with two scores of −inf that come last, gives NaN.

    Lists that span little are summed as they are, the others by running sums of which each has its own scale; what is
    rounded is therefore only ever a difference of scores that are compared with each other.
    """
    shifted, near = exactly_shifted(s, _RANGE[s.dtype.char])
    if near.all():
        return _near(shifted, orders)
    results = tuple(np.empty(s.shape if order else len(s), s.dtype) for order in orders)
    for some, part, formula in ((near, shifted, _near), (~near, s, _far)):
        if some.any():
            for result, found in zip(results, formula(part[some], orders), strict=True):
                result[some] = found
    return results


_RANGE = {"f": 20.0, "d": 150.0, "g": 150.0}
"""The largest |s| for which (Σ exp s)² and its reciprocal are normal numbers by far, by dtype."""


def _near(s: Array, orders: tuple[int, ...]) -> tuple[Array, ...]:
    """Return the results of `listmle` where Σ exp s and the like don't leave the floating numbers."""
    e = np.exp(s)
    later = _running_sums(e[:, ::-1])[:, ::-1]  # Eᵢ
    results = {}
    if 0 in orders:
        odds = later[:, 1:] / e[:, :-1]
        results[0] = np.log1p(odds, out=odds).sum(axis=1)
    if max(orders) > 0:
        inverse = 1 / later
        missed = np.zeros_like(e)
        np.multiply(later[:, 1:], inverse[:, :-1], out=missed[:, :-1])
        drawn = np.zeros_like(e)  # Σ_{i<k} pᵢₖ
        np.multiply(e[:, 1:], _running_sums(inverse[:, :-1]), out=drawn[:, 1:])
    if 1 in orders:
        results[1] = drawn - missed
    if 2 in orders or 3 in orders:
        squares = np.zeros_like(e)
        np.multiply(e[:, 1:] * e[:, 1:], _running_sums(inverse[:, :-1] * inverse[:, :-1]), out=squares[:, 1:])
        results |= _second(drawn, squares, missed, e * inverse)
    return tuple(results[order] for order in orders)


def _far(s: Array, orders: tuple[int, ...]) -> tuple[Array, ...]:
    """Return the results of `listmle`, with each Eᵢ as Rᵢ·exp Mᵢ, where Mᵢ is the largest later score."""
    top, sums = _scaled_running_sums(s[:, ::-1], np.ones_like(s))
    top, sums = top[:, ::-1], sums[:, ::-1]
    gap = top[:, 1:] - s[:, :-1]
    small = gap < 0
    odds = exp_in_place(np.minimum(gap, 0)) * sums[:, 1:]  # Eᵢ₊₁/e^{sᵢ}, where the gap is negative
    losses = np.where(small, np.log1p(odds), gap + np.log(sums[:, 1:] + exp_in_place(-np.maximum(gap, 0)))).sum(axis=1)
    losses[~(s.max(axis=1) < np.inf)] = np.nan
    results = {0: losses}
    bad = np.isnan(losses)
    if max(orders) > 0:
        missed, hit = np.zeros_like(s), np.ones_like(s)
        other = exp_in_place(-np.maximum(gap, 0)) / sums[:, 1:]  # e^{sᵢ}/Eᵢ₊₁, where it isn't
        missed[:, :-1] = np.where(small, odds / (1 + odds), 1 / (1 + other))
        hit[:, :-1] = np.where(small, 1 / (1 + odds), other / (1 + other))
        drawn = _drawn_before(s, top, sums, 1)
    if 1 in orders:
        results[1] = drawn - missed
    if 2 in orders or 3 in orders:
        results |= _second(drawn, _drawn_before(s, top, sums, 2), missed, hit)
    for order in orders:
        results[order][bad] = np.nan
    return tuple(results[order] for order in orders)


def _second(drawn: Array, squares: Array, missed: Array, hit: Array) -> dict[int, Array]:
    """Return the Hessian's diagonal and the curvature, from Σ_{i<k} pᵢₖ, Σ_{i<k} pᵢₖ², 1 − pₖₖ and pₖₖ."""
    hess = np.maximum(drawn - squares, 0) + missed * hit
    return {2: hess, 3: np.maximum(hess, np.finfo(hess.dtype).eps)}


def _running_sums(x: Array) -> Array:
    """Return Σ_{j≤i} xⱼ for each i of each row, of long rows in two steps, so that a sum takes some 2√m roundings."""
    q, m = x.shape
    dtype = np.result_type(x, np.float64)
    if m <= 256 or x.dtype != dtype:
        return np.cumsum(x, axis=1, dtype=dtype).astype(x.dtype, copy=False)
    width = isqrt(m - 1) + 1
    padded = np.zeros((q, -(-m // width) * width), x.dtype)
    padded[:, :m] = x
    sums = np.cumsum(padded.reshape(q, -1, width), axis=2)
    sums[:, 1:] += np.cumsum(sums[:, :-1, -1], axis=1)[:, :, np.newaxis]
    return sums.reshape(q, -1)[:, :m]


def _scaled_running_sums(x: Array, r: Array, power: int = 1) -> tuple[Array, Array]:
    """Return M and R with Σ_{j≤i} rⱼ exp(power·xⱼ) = Rᵢ exp(power·Mᵢ), where Mᵢ = max_{j≤i} xⱼ.

    After each step a sum spans twice as many terms (Hillis and Steele 1986), so none takes more than log₂ m roundings.
    """
    top, sums, span = x.copy(), r.copy(), 1
    while span < x.shape[1]:
        high = np.maximum(top[:, span:], top[:, :-span])
        earlier = _scaled(sums[:, :-span], top[:, :-span], high, power)
        sums[:, span:] = _scaled(sums[:, span:], top[:, span:], high, power) + earlier
        top[:, span:] = high
        span *= 2
    return top, sums


def _scaled(r: Array, x: Array, high: Array, power: int) -> Array:
    """Return r·exp(power·(x − high)), r where the two are equal, infinite or not."""
    product: Array = r * exp_in_place(power * np.where(x == high, 0, x - high))
    return product


def _drawn_before(s: Array, top: Array, sums: Array, power: int) -> Array:
    """Return Σ_{i<k} pᵢₖ^power, where Eᵢ = sums·exp(top)."""
    low, inverse = _scaled_running_sums(-top, sums**-power, power)
    drawn = np.zeros_like(s)
    drawn[:, 1:] = exp_in_place(power * (s[:, 1:] + low[:, :-1])) * inverse[:, :-1]
    return drawn
