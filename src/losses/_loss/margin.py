"""Base of the losses of two classes that are functions of the margin alone."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from losses._admission.arrays import as_array
from losses._admission.labels import LabelSamples, signs
from losses._evaluation.orders import GRAD, Order
from losses._loss.constants import Targets, best_constant
from losses._loss.elementwise import TargetLoss
from losses._types import Array, ArrayLike, FloatArray
from losses._walk.blocks import WHOLE


@dataclass(frozen=True, kw_only=True, repr=False)
class MarginLoss(TargetLoss):
    """Base of the losses of two classes that are functions of the margin z = ±y_pred alone, + for the positive class.

    Labels are 0 and 1, or −1 and 1. Subclasses define `formula` and `derivative`, and where wanted `second_derivative`
    and `formula_and_derivative`, as NumPy expressions of z; everything else comes with the class.

    Parameters
    ----------
    reduction : {"mean", "sum", "none"}, default "mean"
        See `Loss`.

    Examples
    --------
    >>> from dataclasses import dataclass
    >>> import numpy as np
    >>> from losses import MarginLoss
    >>> @dataclass(frozen=True, kw_only=True)
    ... class Savage(MarginLoss):
    ...     def formula(self, z):
    ...         return 1 / (1 + np.exp(z)) ** 2
    ...     def derivative(self, z):
    ...         return -2 * np.exp(z) / (1 + np.exp(z)) ** 3
    >>> Savage().grad([0, 1], [0.0, 0.0])
    array([ 0.125, -0.125])
    """

    def formula(self, z: FloatArray) -> FloatArray:
        """Return each sample's loss."""
        raise NotImplementedError(f"{type(self).__name__} has no value; define formula")

    def derivative(self, z: FloatArray) -> FloatArray:
        """Return the derivative of `formula` with respect to z."""
        raise NotImplementedError(f"{type(self).__name__} has no grad; define derivative")

    def second_derivative(self, z: FloatArray) -> FloatArray:
        """Return the second derivative of `formula` with respect to z."""
        raise NotImplementedError(f"{type(self).__name__} has no hess; define second_derivative")

    def formula_and_derivative(self, z: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return `formula` and `derivative`; override it where the two share work."""
        return self.formula(z), self.derivative(z)

    def curvature_formula(self, z: FloatArray) -> FloatArray:
        """Return the second derivative above the machine epsilon if the loss says that it is differentiable, else 1."""
        return super().curvature_formula(z) if self.is_differentiable else np.ones_like(z)

    def _few(self, arrays: tuple[Any, ...], predicted: Any) -> list[Array] | None:
        few = super()._few(arrays, predicted)
        sign = None if few is None else signs(few[0])
        return None if few is None or sign is None else [sign, few[1]]

    def _admit(self, arguments: dict[str, Any], sample_weight: Any) -> LabelSamples:
        """Return the checked arguments of one call."""
        return LabelSamples(arguments, sample_weight, self.reduction == "mean")

    def _terms(self, arrays: list[FloatArray], orders: tuple[Order, ...], room: FloatArray | None) -> list[Any]:
        sign, predicted = arrays
        z = sign * predicted
        if self._guarded:
            z.setflags(write=False)
        results = self._results([z], orders, [z, z])
        for order, result in zip(orders, results, strict=True):
            if order == GRAD:
                np.multiply(result[0], sign, out=result[0])
        return results

    @np.errstate(all="ignore")
    def best_constant(self, y_true: ArrayLike, sample_weight: ArrayLike | None = None) -> float:
        """Return the constant score with the least loss; see `Loss.best_constant`."""
        array = as_array("y_true", y_true)
        samples = self._admit({"y_true": array, "y_pred": np.broadcast_to(0.0, array.shape)}, sample_weight)
        (sign, _), weight = samples.take(WHOLE)
        weights = np.ones(sign.shape) if weight is None else weight
        if not weights.any():
            raise ValueError("y_true holds no sample of positive weight, so that no constant is the best")
        positive, negative = (math.fsum(weights[(sign == side) & (weights > 0)].tolist()) for side in (1, -1))
        return self._best_score(positive, negative)

    def _best_score(self, positive: float, negative: float) -> float:
        """Return the best constant score, given the weights of the two classes; unless overridden, by search."""
        return best_constant(self, Targets(np.array([1.0, -1.0]), np.array([positive, negative])))
