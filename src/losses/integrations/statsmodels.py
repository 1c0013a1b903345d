"""statsmodels: a loss as the norm of a robust linear model."""

from typing import Any

import numpy as np
from statsmodels.robust.norms import RobustNorm

from losses import Loss
from losses._types import ArrayLike, FloatArray
from losses.integrations._norm import Norm


def statsmodels_norm(residual_loss: Loss) -> "StatsmodelsNorm":
    """Return what ``statsmodels.api.RLM(y, X, M=…)`` takes, so that it fits by a loss of the residuals.

    statsmodels divides the residuals by their scale, which it estimates: the loss's own scale, `delta` or `c`, counts
    standard deviations. ``Huber(delta=1.345)`` equals its ``HuberT()``, ``TukeyBiweight(c=4.685)`` its
    ``TukeyBiweight()``, and ``0.5 * MSE()`` its ``LeastSquares()``. statsmodels' residual is target less prediction,
    this library's the reverse; the sign is turned, so that losses that differ by direction, such as
    ``Expectile(expectile=0.9)``, mean what they say here.

    Parameters
    ----------
    residual_loss : ResidualLoss
        The loss, or a sum of such losses with coefficients. Its reduction is ignored.

    Returns
    -------
    statsmodels.robust.norms.RobustNorm
        With ``rho``, ``psi``, ``weights`` (ψ(z)/z, and its limit at 0) and ``psi_deriv``. It can be pickled.

    Raises
    ------
    TypeError
        If it isn't a loss of the residual alone.
    ValueError
        If it has a kink at 0, as `MAE`, so that the weight there is infinite.
    NotImplementedError
        If it has no second derivative.

    Examples
    --------
    >>> from losses import Huber
    >>> from losses.integrations import statsmodels_norm
    >>> norm = statsmodels_norm(Huber(delta=1.0))
    >>> norm.weights([0.0, 0.5, -2.0])
    array([1. , 1. , 0.5])
    """
    return StatsmodelsNorm(residual_loss)


class StatsmodelsNorm(RobustNorm):
    """What `statsmodels_norm` returns.

    Parameters
    ----------
    residual_loss : ResidualLoss
        The loss.
    """

    def __init__(self, residual_loss: Loss) -> None:
        self.loss = residual_loss
        self._norm = Norm(residual_loss)

    def __repr__(self) -> str:
        return f"statsmodels_norm({self.loss!r})"

    def rho(self, z: ArrayLike) -> Any:
        """Return the losses of scaled residuals z, target less prediction."""
        return self._norm.rho(turned(z))

    def psi(self, z: ArrayLike) -> Any:
        """Return the derivative of `rho`."""
        return 0.0 - self._norm.psi(turned(z))

    def weights(self, z: ArrayLike) -> Any:
        """Return ψ(z)/z, by which statsmodels weighs the samples."""
        return self._norm.weight(turned(z))

    def psi_deriv(self, z: ArrayLike) -> Any:
        """Return the second derivative of `rho`."""
        return self._norm.psi_derivative(turned(z))


def turned(z: ArrayLike) -> FloatArray:
    """Return prediction less target for target less prediction."""
    return 0.0 - np.asarray(z, dtype=np.float64)
