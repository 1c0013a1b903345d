"""Losses in which every element is a sample: the bases of those in this package and of a user's own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from losses._evaluation.orders import CURVATURE, VALUE, Order, Product, Scaled, Slope
from losses._loss.constants import Targets, admit_targets, best_constant
from losses._loss.families import OfPredictions
from losses._loss.samplewise import SampleLoss, floored
from losses._types import ArrayLike, FloatArray


@dataclass(frozen=True, kw_only=True, repr=False)
class TargetLoss(SampleLoss, OfPredictions):
    """Base of the losses of a target and a prediction, each one number.

    Parameters
    ----------
    reduction : {"mean", "sum", "none"}, default "mean"
        See `Loss`.
    """

    @np.errstate(all="ignore")
    def best_constant(self, y_true: ArrayLike, sample_weight: ArrayLike | None = None) -> float:
        """Return the constant prediction with the least loss; see `Loss.best_constant`."""
        return self._best_constant(*admit_targets(y_true, sample_weight, self.domains().get("y_true")))

    def _best_constant(self, y: FloatArray, weight: FloatArray) -> float:
        """Return the best constant for targets of positive weight; unless overridden, by search."""
        return best_constant(self, Targets(y, weight))


@dataclass(frozen=True, kw_only=True, repr=False)
class ElementwiseLoss(TargetLoss):
    """Base of elementwise losses that are functions of the target y and the prediction p.

    Subclasses define `formula` and `derivative`, and where wanted `second_derivative` and `formula_and_derivative`,
    as NumPy expressions on one-dimensional arrays; everything else comes with the class.

    Parameters
    ----------
    reduction : {"mean", "sum", "none"}, default "mean"
        See `Loss`.

    Examples
    --------
    >>> from dataclasses import dataclass
    >>> import numpy as np
    >>> from losses import ElementwiseLoss
    >>> @dataclass(frozen=True, kw_only=True)
    ... class SquaredLogError(ElementwiseLoss):
    ...     def formula(self, y, p):
    ...         return (np.log1p(p) - np.log1p(y)) ** 2
    ...     def derivative(self, y, p):
    ...         return 2 * (np.log1p(p) - np.log1p(y)) / (1 + p)
    >>> SquaredLogError().grad([1.0, 3.0], [1.0, 7.0])
    array([0.       , 0.0866434])
    """

    def formula(self, y: FloatArray, p: FloatArray) -> FloatArray:
        """Return each sample's loss."""
        raise NotImplementedError(f"{type(self).__name__} has no value; define formula")

    def derivative(self, y: FloatArray, p: FloatArray) -> FloatArray:
        """Return the derivative of `formula` with respect to p."""
        raise NotImplementedError(f"{type(self).__name__} has no grad; define derivative")

    def second_derivative(self, y: FloatArray, p: FloatArray) -> FloatArray:
        """Return the second derivative of `formula` with respect to p."""
        raise NotImplementedError(f"{type(self).__name__} has no hess; define second_derivative")

    def formula_and_derivative(self, y: FloatArray, p: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return `formula` and `derivative`; override it where the two share work."""
        return self.formula(y, p), self.derivative(y, p)


@dataclass(frozen=True, kw_only=True, repr=False)
class ResidualLoss(TargetLoss):
    """Base of elementwise losses that are functions of the residual r = y_pred - y_true alone.

    Subclasses define `formula` and `derivative`, and where wanted `second_derivative` and `formula_and_derivative`,
    as NumPy expressions of r; everything else comes with the class.

    Parameters
    ----------
    reduction : {"mean", "sum", "none"}, default "mean"
        See `Loss`.

    Examples
    --------
    >>> from dataclasses import dataclass
    >>> import numpy as np
    >>> from losses import ResidualLoss
    >>> @dataclass(frozen=True, kw_only=True)
    ... class Cauchy(ResidualLoss):
    ...     scale: float = 1.0
    ...     def formula(self, r):
    ...         return np.log1p((r / self.scale) ** 2)
    ...     def derivative(self, r):
    ...         return 2 * r / (self.scale**2 + r**2)
    >>> Cauchy(scale=2).grad([0.0, 1.0], [2.0, 1.0])
    array([0.25, 0.  ])
    """

    constant_curvature: ClassVar[float | None] = None
    """The curvature, where it is the same for all r."""

    def formula(self, r: FloatArray) -> FloatArray:
        """Return each sample's loss."""
        raise NotImplementedError(f"{type(self).__name__} has no value; define formula")

    def derivative(self, r: FloatArray) -> FloatArray:
        """Return the derivative of `formula` with respect to r."""
        raise NotImplementedError(f"{type(self).__name__} has no grad; define derivative")

    def second_derivative(self, r: FloatArray) -> FloatArray:
        """Return the second derivative of `formula` with respect to r."""
        raise NotImplementedError(f"{type(self).__name__} has no hess; define second_derivative")

    def formula_and_derivative(self, r: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return `formula` and `derivative`; override it where the two share work."""
        return self.formula(r), self.derivative(r)

    def curvature_formula(self, r: FloatArray) -> FloatArray:
        """Return ψ(r)/r with ψ = dρ/dr, the curvature of the parabola that touches ρ at ±r.

        Where ρ rises with |r| and grows no faster than a parabola, this lies above ρ, so that a Newton step never
        overshoots. It is kept above the machine epsilon; at r = 0 it is taken next to it.
        """
        beside = _beside_zero(r)
        return floored(self.derivative(beside) / beside)

    def derivative_and_curvature(self, r: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return `derivative` and `curvature_formula`; override it where the two share work."""
        if type(self).curvature_formula is not ResidualLoss.curvature_formula:
            return self.derivative(r), self.curvature_formula(r)
        slope, beside = self.derivative(r), _beside_zero(r)
        return slope, floored((slope if beside is r else self.derivative(beside)) / beside)

    def slope(self, r: FloatArray) -> Slope:
        """Return `derivative`, as a number times an array where that saves a pass."""
        return self.derivative(r)

    def factors(self, r: FloatArray) -> tuple[Product, Scaled] | None:
        """Return `formula` as a product and `derivative` as a number times an array, where that saves passes."""
        return None

    def _terms(self, arrays: list[FloatArray], orders: tuple[Order, ...], room: FloatArray | None) -> list[Any]:
        y_true, y_pred = arrays
        r = y_pred - y_true if room is None else np.subtract(y_pred, y_true, out=room)
        if orders[0] == VALUE:
            factors = self.factors(r)
            if factors is not None:
                return [factors[0], (factors[1],)][: len(orders)]
        if self.constant_curvature is None or CURVATURE not in orders:
            if self._guarded:
                r.setflags(write=False)
            return self._results([r], orders, [r, r])
        constant = Scaled(self.constant_curvature)
        return [(constant,) if order == CURVATURE else (self.slope(r),) for order in orders]


def _beside_zero(r: FloatArray) -> FloatArray:
    """Return residuals with those below the machine epsilon moved there; `r` itself where there are none."""
    epsilon, size = np.finfo(r.dtype).eps, np.abs(r)
    if size.size and size.item(size.argmin()) >= epsilon:
        return r
    return np.where(size < epsilon, epsilon, r)
