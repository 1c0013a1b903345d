"""Losses for regression: functions of the residual r = y_pred - y_true."""

from dataclasses import dataclass

import numpy as np

from losses.base import Loss
from losses.elementwise import ResidualLoss
from losses.parameters import check_positive
from losses.types import FloatArray


@dataclass(frozen=True, kw_only=True, repr=False)
class MSE(ResidualLoss):
    """Squared error, r². Its mean is least at the mean of the targets.

    There is no factor ½, as in scikit-learn's `mean_squared_error` and PyTorch's `mse_loss`.

    Parameters
    ----------
    reduction : {"mean", "sum", "none"}, default "mean"
        See `Loss`.

    References
    ----------
    Hastie, Tibshirani and Friedman (2009), "The Elements of Statistical Learning", 2nd ed., eq. (2.9).

    Examples
    --------
    >>> from losses import MSE
    >>> MSE().value([1.0, 2.0], [1.0, 4.0])
    2.0
    >>> MSE().grad([1.0, 2.0], [1.0, 4.0])
    array([0., 2.])
    """

    def formula(self, r: FloatArray) -> FloatArray:
        """Return r²."""
        return r * r

    def derivative(self, r: FloatArray) -> FloatArray:
        """Return 2r."""
        return r + r  # half the time of 2 * r where there are few samples

    def second_derivative(self, r: FloatArray) -> FloatArray:
        """Return 2."""
        return np.full_like(r, 2)


@dataclass(frozen=True, kw_only=True, repr=False)
class MAE(ResidualLoss):
    """Absolute error, |r|. Its mean is least at the median of the targets.

    The derivative is the sign of r, and 0 at r = 0.

    Parameters
    ----------
    reduction : {"mean", "sum", "none"}, default "mean"
        See `Loss`.

    References
    ----------
    Hastie, Tibshirani and Friedman (2009), "The Elements of Statistical Learning", 2nd ed., section 10.6.

    Examples
    --------
    >>> from losses import MAE
    >>> MAE().value([1.0, 2.0], [1.0, 4.0])
    1.0
    >>> MAE().grad([1.0, 2.0], [1.0, 4.0])
    array([0. , 0.5])
    """

    def formula(self, r: FloatArray) -> FloatArray:
        """Return |r|."""
        return np.abs(r)

    def derivative(self, r: FloatArray) -> FloatArray:
        """Return the sign of r."""
        return np.sign(r)

    def second_derivative(self, r: FloatArray) -> FloatArray:
        """Return 0."""
        return np.zeros_like(r)


@dataclass(frozen=True, kw_only=True, repr=False)
class Huber(ResidualLoss):
    """Squared error near zero and absolute error further out: ½r² where |r| ≤ δ, else δ(|r| − ½δ).

    As PyTorch's `huber_loss` and Keras's `Huber`. With c = r limited to ±δ both branches are c(r − ½c). The second
    derivative at |r| = δ is 1.

    Parameters
    ----------
    delta : float, default 1.0
        δ, where the loss turns from quadratic to linear, in the units of the target; positive.
    reduction : {"mean", "sum", "none"}, default "mean"
        See `Loss`.

    References
    ----------
    Huber (1964), "Robust estimation of a location parameter", Annals of Mathematical Statistics 35, 73-101.

    Examples
    --------
    >>> from losses import Huber
    >>> Huber(delta=1.0).value([0.0, 0.0], [0.5, 3.0])
    1.3125
    >>> Huber(delta=1.0).grad([0.0, 0.0], [0.5, 3.0])
    array([0.25, 0.5 ])
    """

    delta: float = 1.0

    def __post_init__(self) -> None:
        super().__post_init__()
        check_positive("delta", self.delta)

    def formula(self, r: FloatArray) -> FloatArray:
        """Return c(r − ½c)."""
        return self.formula_and_derivative(r)[0]

    def derivative(self, r: FloatArray) -> FloatArray:
        """Return c, which is r limited to ±δ."""
        return r.clip(-self.delta, self.delta)

    def formula_and_derivative(self, r: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return c(r − ½c) and c."""
        c = self.derivative(r)
        return c * (r - 0.5 * c), c

    def second_derivative(self, r: FloatArray) -> FloatArray:
        """Return 1 where |r| ≤ δ, else 0."""
        return (np.abs(r) <= self.delta).astype(r.dtype)


@dataclass(frozen=True, kw_only=True, repr=False)
class Asymmetric(ResidualLoss):
    """A loss that costs more on one side: base loss × shortfall_weight where ŷ < y, × overshoot_weight where ŷ > y.

    For costs that differ by direction: too little power, stock or staff against too much. With ``base=MAE()`` it is,
    up to scale, the pinball loss of the quantile shortfall_weight / (shortfall_weight + overshoot_weight); with
    `MSE` the loss of an expectile. At ŷ = y the second derivative takes the overshoot weight.

    Parameters
    ----------
    shortfall_weight : float
        Weight of predictions that are too low; positive.
    overshoot_weight : float, default 1.0
        Weight of predictions that are too high; positive.
    base : ResidualLoss, default MSE()
        The loss that is weighted; also a scaled residual loss or a sum of some. Its reduction is ignored.
    reduction : {"mean", "sum", "none"}, default "mean"
        See `Loss`.

    References
    ----------
    Koenker and Bassett (1978), "Regression quantiles", Econometrica 46, 33-50; Newey and Powell (1987), "Asymmetric
    least squares estimation and testing", Econometrica 55, 819-847.

    Examples
    --------
    >>> from losses import Asymmetric
    >>> loss = Asymmetric(shortfall_weight=10)
    >>> loss.value([5.0, 5.0], [4.0, 6.0])
    5.5
    >>> loss.grad([5.0, 5.0], [4.0, 6.0])
    array([-10.,   1.])
    """

    shortfall_weight: float
    overshoot_weight: float = 1.0
    base: Loss = MSE()

    def __post_init__(self) -> None:
        super().__post_init__()
        check_positive("shortfall_weight", self.shortfall_weight)
        check_positive("overshoot_weight", self.overshoot_weight)
        if not isinstance(self.base, Loss) or not all(isinstance(loss, ResidualLoss) for _, loss in self.base.terms):
            raise ValueError(f"base must be a ResidualLoss, or a scaled one, or a sum of some, got {self.base!r}")

    def formula(self, r: FloatArray) -> FloatArray:
        """Return the base loss, weighted by side."""
        return self._weight(r) * self._of_base("formula", r)

    def derivative(self, r: FloatArray) -> FloatArray:
        """Return the derivative of the base loss, weighted by side."""
        return self._weight(r) * self._of_base("derivative", r)

    def second_derivative(self, r: FloatArray) -> FloatArray:
        """Return the second derivative of the base loss, weighted by side."""
        return self._weight(r) * self._of_base("second_derivative", r)

    def formula_and_derivative(self, r: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return `formula` and `derivative`, with the weights computed once."""
        weight = self._weight(r)
        return weight * self._of_base("formula", r), weight * self._of_base("derivative", r)

    def _weight(self, r: FloatArray) -> FloatArray:
        """Return the weight of each residual's side."""
        # light + (heavy − light) · [heavy side] takes a fifth of the time of np.where, and is off by an ulp at most
        light, heavy = sorted((self.shortfall_weight, self.overshoot_weight))
        on_heavy_side = r < 0 if heavy == self.shortfall_weight else r >= 0
        weight: FloatArray = light + (heavy - light) * on_heavy_side.astype(r.dtype)
        return weight

    def _of_base(self, hook: str, r: FloatArray) -> FloatArray:
        """Return a hook of the base loss, which may be a sum."""
        first, *others = [_scaled(coefficient, getattr(loss, hook)(r)) for coefficient, loss in self.base.terms]
        return sum(others, first)


def _scaled(coefficient: float, block: FloatArray) -> FloatArray:
    return block if coefficient == 1 else coefficient * block
