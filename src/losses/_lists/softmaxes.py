"""The cross-entropy of two softmaxes (ListNet)."""

import numpy as np

from losses._maths.exponentials import exp_in_place, least_curvature
from losses._types import Array


@np.errstate(all="ignore")
def listnet(y: Array, s: Array, temperature: float, orders: tuple[int, ...]) -> tuple[Array, ...]:
    """Return the cross-entropy −Σᵢ tᵢ log pᵢ of t = softmax(y/T) and p = softmax(s/T), and its derivatives.

    With x = (s − max s)/T and Z = Σ eˣ the loss is log Z − Σᵢ tᵢxᵢ, two terms that are never negative; the gradient is
    (p − t)/T, the Hessian's diagonal p(1 − p)/T², and the curvature the same, but at least eps/T².

    A score, or relevance, of −inf is a probability of 0; a list with +inf or NaN, or of −inf alone, gives NaN.
    """
    temperature = max(temperature, float(np.finfo(s.dtype).tiny))
    t, _, t_sum = _exponentials_below_highest(y, temperature, keep=False)
    p, x, p_sum = _exponentials_below_highest(s, temperature, keep=0 in orders)
    losses = np.log(p_sum) - _expectation(t, x) / t_sum if 0 in orders else p_sum
    if orders == (0,):
        return (losses,)
    p *= (1 / p_sum)[:, np.newaxis]
    grad, hess = p, p
    if 1 in orders:
        t *= (1 / t_sum)[:, np.newaxis]
        grad = np.subtract(p, t, out=t)
        _divide(grad, temperature)
    if 2 in orders or 3 in orders:
        hess = np.subtract(1, p)
        hess *= p
        _divide(hess, temperature)
        _divide(hess, temperature)
    curvature = hess.clip(least_curvature(s.dtype, 1 / temperature), np.inf, out=None if 2 in orders else hess)
    return tuple((losses, grad, hess, curvature)[order] for order in orders)


def _exponentials_below_highest(x: Array, temperature: float, keep: bool) -> tuple[Array, Array, Array]:
    """Return e^{z} with z = (x − max x)/T, z itself (overwritten if not to be kept), and the rows' sums of e^{z}."""
    z = x - x.max(axis=1, keepdims=True)
    _divide(z, temperature)
    e = exp_in_place(z.copy() if keep else z)
    return e, z, np.add.reduce(e, axis=1)


def _divide(x: Array, temperature: float) -> None:
    """Divide in place."""
    if temperature != 1:
        x /= temperature


def _expectation(t: Array, x: Array) -> Array:
    """Return each row's Σ t·x, where a term with t = 0 is 0."""
    sums: Array = np.vecdot(t, x) if t.shape[1] <= 256 else (t * x).sum(axis=1)
    bad = ~np.isfinite(sums)
    if bad.any():
        sums[bad] = np.where(t[bad] == 0, 0, t[bad] * x[bad]).sum(axis=1)
    return sums
