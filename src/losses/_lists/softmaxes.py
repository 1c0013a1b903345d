"""The cross-entropy of two softmaxes (ListNet)."""

import numpy as np

from losses._lists.runs import Runs
from losses._maths.exponentials import exp_in_place, least_curvature
from losses._types import Array


@np.errstate(all="ignore")
def listnet(y: Array, s: Array, lengths: Array, temperature: float, orders: tuple[int, ...]) -> tuple[Array, ...]:
    """Return the cross-entropy −Σᵢ tᵢ log pᵢ of t = softmax(y/T) and p = softmax(s/T), and its derivatives.

    Lists lie one after the other. With x = s/T and Z = Σ eˣ the loss is Σᵢ tᵢ(log Z − xᵢ), whose terms are never
    negative; the gradient is (p − t)/T, the Hessian's diagonal p(1 − p)/T², and the curvature the same, but at least
    eps/T².

    A score, or relevance, of −inf is a probability of 0; a list with +inf or NaN, or of −inf alone, gives NaN.
    """
    temperature = max(temperature, float(np.finfo(s.dtype).tiny))
    lists = Runs(lengths)
    t, t_sum, _ = _exponentials(y, lists, temperature)
    p, p_sum, x = _exponentials(s, lists, temperature)
    results = {0: _cross_entropy(t, t_sum, x, p_sum, lists)} if 0 in orders else {}
    if orders == (0,):
        return (results[0],)
    p *= lists.spread(1 / p_sum)
    if 1 in orders:
        t *= lists.spread(1 / t_sum)
        results[1] = np.subtract(p, t, out=t)
        _divide(results[1], temperature)
    if 2 in orders or 3 in orders:
        hess = np.subtract(1, p)
        hess *= p
        _divide(hess, temperature)
        _divide(hess, temperature)
        least = least_curvature(s.dtype, 1 / temperature)
        results |= {2: hess, 3: hess.clip(least, np.inf, out=None if 2 in orders else hess)}
    return tuple(results[order] for order in orders)


_NEAR = {"f": 40.0, "d": 300.0, "g": 300.0}
"""The largest |x| for which eˣ, its quotients and sums of them are normal numbers by far, by dtype."""


def _exponentials(x: Array, lists: Runs, temperature: float) -> tuple[Array, Array, Array]:
    """Return e^{z} with z = (x − c)/T, the lists' sums of e^{z}, and z itself.

    A list's level c is 0 unless it holds an x so large that e^{x/T} would overflow, or lose digits as x/T is rounded;
    else it is the largest x. So hardly ever is any list's largest x sought, or subtracted.
    """
    limit = _NEAR[x.dtype.char] if temperature == 1 else 4 * temperature
    if -limit <= x.min() and x.max() <= limit:
        z = x if temperature == 1 else x / temperature
        e = np.exp(z)
    else:
        low, high = lists.lowest(x), lists.highest(x)
        z = x - lists.spread(np.where((low >= -limit) & (high <= limit), 0, high))
        _divide(z, temperature)
        e = exp_in_place(z.copy())
    return e, lists.sums(e), z


def _cross_entropy(t: Array, t_sum: Array, x: Array, p_sum: Array, lists: Runs) -> Array:
    """Return Σ t(log Z − x) / Σ t with Z = Σ eˣ, where a term with t = 0 is 0."""
    level = np.log(p_sum)
    terms = lists.spread(level)
    terms -= x
    terms *= t
    sums = lists.sums(terms)
    if not np.isfinite(sums).all():
        terms[t == 0] = 0
        sums = lists.sums(terms)
    losses: Array = sums / t_sum + np.log(p_sum * np.exp(-level))  # the last is what log Z was rounded by
    return losses


def _divide(x: Array, temperature: float) -> None:
    """Divide in place."""
    if temperature != 1:
        x /= temperature
