"""SciPy: a loss for `scipy.optimize.least_squares`."""

from typing import Any

import numpy as np

from losses import Loss
from losses._types import ArrayLike, FloatArray
from losses.integrations._norm import Norm

NOISE = 64 * np.finfo(np.float64).eps
"""What rounding may leave of a difference that is zero, relative to its terms."""

VISIBLE = 6e-8
"""What must be left of a difference to be known to about 1e-7."""


def least_squares_loss(residual_loss: Loss) -> "LeastSquaresLoss":
    """Return what ``scipy.optimize.least_squares(…, loss=…)`` takes, so that it minimizes a loss of the residuals.

    SciPy minimizes ½ C² Σᵢ ρ((fᵢ/C)²) with C = `f_scale`. With ρ(z) = 2 ℓ(√z) that is C² Σᵢ ℓ(fᵢ/C): with the default
    ``f_scale=1.0`` the result's ``cost`` is the sum of this library's losses. So ``Huber()`` equals SciPy's "huber",
    ``PseudoHuber()`` its "soft_l1", ``Cauchy()`` its "cauchy", and ``0.5 * MSE()`` its "linear". The functions for f
    may return prediction less target or the reverse: the loss must be the same for r and −r.

    Use the methods "trf" or "dogbox". Where a loss bends down (ℓ″ < 0), or has no curvature at all, SciPy takes almost
    0 for it.

    Parameters
    ----------
    residual_loss : ResidualLoss
        The loss, or a sum of such losses with coefficients. Its reduction is ignored.

    Returns
    -------
    callable
        Takes z ≥ 0 of shape (m,), returns ρ(z), ρ′(z) = ℓ′(r)/r and ρ″(z) = (ℓ″(r) − ℓ′(r)/r)/(2z) with r = √z, of
        shape (3, m). At z = 0 they are the limits; where ρ″ has none that is finite, as for `Fair`, it is 0, and SciPy
        multiplies it by z. ρ″ is right to about 1e-6, and 2zρ″ + ρ′ = ℓ″, which SciPy uses, to rounding. It can be
        pickled.

    Raises
    ------
    TypeError
        If it isn't a loss of the residual alone.
    ValueError
        If it isn't the same for r and −r, as `Pinball` (minimize its sum with ``scipy.optimize.minimize``), or has a
        kink at 0, as `MAE`, so that ρ′(0) is infinite.
    NotImplementedError
        If it has no second derivative.

    Examples
    --------
    >>> from losses import Huber
    >>> from losses.integrations import least_squares_loss
    >>> least_squares_loss(Huber(delta=1.0))([0.0, 0.25, 4.0])
    array([[ 0.    ,  0.25  ,  3.    ],
           [ 1.    ,  1.    ,  0.5   ],
           [ 0.    ,  0.    , -0.0625]])
    """
    return LeastSquaresLoss(residual_loss)


class LeastSquaresLoss:
    """What `least_squares_loss` returns.

    Parameters
    ----------
    residual_loss : ResidualLoss
        The loss.
    """

    def __init__(self, residual_loss: Loss) -> None:
        self.loss = residual_loss
        self._norm = Norm(residual_loss)
        if not is_symmetric(self._norm):
            raise ValueError(
                f"{residual_loss!r} isn't the same for r and -r, but SciPy's loss is a function of r²; minimize the "
                "sum of its values with scipy.optimize.minimize"
            )
        self._radius, self._limit = limit_of_bend(self._norm)

    def __repr__(self) -> str:
        return f"least_squares_loss({self.loss!r})"

    def __call__(self, z: ArrayLike) -> FloatArray:
        """Return ρ(z), ρ′(z) and ρ″(z); see `least_squares_loss`."""
        squares = np.asarray(z, dtype=np.float64)
        r = np.sqrt(squares)
        bends = np.where(r < self._radius, self._limit, bend(self._norm, r))
        return np.array([2 * self._norm.rho(r), self._norm.weight(r), bends])


def bend(norm: Norm, r: FloatArray) -> FloatArray:
    """Return ρ″(z) at z = r², or 0 where nothing but rounding errors is left of it."""
    weight = norm.weight(r)
    difference = norm.psi_derivative(r) - weight
    return np.divide(difference, 2 * r * r, out=np.zeros_like(r), where=np.abs(difference) > NOISE * np.abs(weight))


def limit_of_bend(norm: Norm) -> tuple[float, float]:
    """Return ρ″(0), and the residual below which ρ″ is taken to be that: its formula would be all rounding errors.

    Both are 0 if there is no such limit, or the formula is exact, as below the kink of Huber's loss.
    """
    r: FloatArray = 2.0 ** np.arange(-200, 200)
    weight = norm.weight(r)
    visible = np.flatnonzero(np.abs(norm.psi_derivative(r) - weight) > VISIBLE * np.abs(weight))
    if not len(visible):
        return 0.0, 0.0
    near, far = bend(norm, r[visible[0]] * np.array([1.0, 4.0]))
    return (float(r[visible[0]]), float(near)) if abs(far - near) < 1e-3 * abs(near) else (0.0, 0.0)


def is_symmetric(norm: Norm) -> bool:
    """Return whether the loss is the same for r and −r: what it says, or else what some residuals say."""
    known: Any = norm.loss.is_symmetric
    r: FloatArray = 2.0 ** np.arange(-30, 30)
    return bool(np.allclose(norm.rho(r), norm.rho(-r), rtol=1e-6, atol=0) if known is None else known)
