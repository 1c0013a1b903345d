"""Functions of the residual as robust statistics has them: ρ, ψ = ρ', ψ' and the weight ψ(r)/r."""

from typing import Any

import numpy as np

from losses import Loss, ResidualLoss
from losses._types import FloatArray

TINY = 1e-100
"""A residual that no scale of a loss comes near."""


class Norm:
    """A loss of the residual and its derivatives, sample by sample.

    Parameters
    ----------
    loss : ResidualLoss
        One loss, or a sum of several with coefficients; its reduction is ignored.

    Raises
    ------
    TypeError
        If it isn't such a loss.
    NotImplementedError
        If it has no second derivative.
    ValueError
        If it has a kink at 0: its weight there is infinite.
    """

    def __init__(self, loss: Loss) -> None:
        if not isinstance(loss, Loss) or not all(isinstance(term, ResidualLoss) for _, term in loss.terms):
            raise TypeError(
                f"residual_loss must be a loss of the residual alone, such as Huber(delta=1.5), got {loss!r}"
            )
        self.loss = loss.with_reduction("none")
        self.psi_derivative(np.zeros(1))
        if np.abs(self.psi(np.array([-TINY, TINY]))).max() > 1e-50:
            raise ValueError(
                f"{loss!r} has a kink at the residual 0, where its weight ψ(r)/r is infinite; take a smooth loss, such "
                "as PseudoHuber(delta=…) with a small delta in place of MAE()"
            )

    def rho(self, r: FloatArray) -> FloatArray:
        """Return each residual's loss."""
        losses: Any = self.loss.value(np.zeros_like(r), r)
        return np.asarray(losses)

    def psi(self, r: FloatArray) -> FloatArray:
        """Return the derivative of ρ."""
        slopes: FloatArray = self.loss.grad(np.zeros_like(r), r)
        return slopes

    def psi_derivative(self, r: FloatArray) -> FloatArray:
        """Return the second derivative of ρ."""
        bends: FloatArray = self.loss.hess(np.zeros_like(r), r)
        return bends

    def weight(self, r: FloatArray) -> FloatArray:
        """Return ψ(r)/r, and at r = 0 its limit, ψ'(0)."""
        limit = self.psi_derivative(np.zeros_like(r))
        return np.divide(self.psi(r), r, out=limit, where=r != 0)
