"""Losses for regression: functions of the residual r = y_pred - y_true, and relative errors."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Annotated, Any, ClassVar, NamedTuple, TypeAlias

import numpy as np

from losses._admission.domains import Above, Interval
from losses._evaluation.orders import CURVATURE, GRAD, HESS, VALUE, Order, Product, Scaled
from losses._evaluation.weighing import plain
from losses._loss.base import Loss
from losses._loss.elementwise import ElementwiseLoss, ResidualLoss
from losses._loss.parameters import NotNegative, OpenFraction, Positive, Range, by_parameters
from losses._maths.exponentials import least_curvature
from losses._maths.forms import at_least, by_case
from losses._maths.statistics import expectile, mean, quantile
from losses._maths.tangents import NEAR, growth_beyond_tangent, log1p_below_tangent
from losses._types import Dtype, FloatArray


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

    is_convex: ClassVar[bool] = True
    is_differentiable: ClassVar[bool] = True
    is_twice_differentiable: ClassVar[bool] = True
    is_symmetric: ClassVar[bool] = True
    smoothness: ClassVar[float] = 2.0
    constant_curvature: ClassVar[float] = 2.0
    kinks: ClassVar[tuple[float, ...]] = ()

    def _best_constant(self, y: FloatArray, weight: FloatArray) -> float:
        return mean(y, weight)

    def formula(self, r: FloatArray) -> FloatArray:
        """Return r²."""
        return r * r

    def derivative(self, r: FloatArray) -> FloatArray:
        """Return 2r."""
        return 2.0 * r

    def slope(self, r: FloatArray) -> Scaled:
        """Return 2·r."""
        return Scaled(2.0, r)

    def factors(self, r: FloatArray) -> tuple[Product, Scaled]:
        """Return r·r and 2·r."""
        return Product(r, r), Scaled(2.0, r)

    def second_derivative(self, r: FloatArray) -> FloatArray:
        """Return 2."""
        return np.full_like(r, 2)

    def curvature_formula(self, r: FloatArray) -> FloatArray:
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

    is_convex: ClassVar[bool] = True
    is_differentiable: ClassVar[bool] = False
    is_twice_differentiable: ClassVar[bool] = False
    is_symmetric: ClassVar[bool] = True
    lipschitz: ClassVar[float] = 1.0
    kinks: ClassVar[tuple[float, ...]] = (0.0,)
    constant_curvature: ClassVar[float] = 1.0

    def _best_constant(self, y: FloatArray, weight: FloatArray) -> float:
        return quantile(y, weight, 0.5)

    def formula(self, r: FloatArray) -> FloatArray:
        """Return |r|."""
        return np.abs(r)

    def derivative(self, r: FloatArray) -> FloatArray:
        """Return the sign of r."""
        return _sign(r)

    def factors(self, r: FloatArray) -> tuple[Product, Scaled]:
        """Return sign·r and 1·sign."""
        sign = _sign(r)
        return Product(sign, r), Scaled(1.0, sign)

    def second_derivative(self, r: FloatArray) -> FloatArray:
        """Return 0."""
        return np.zeros_like(r)

    def curvature_formula(self, r: FloatArray) -> FloatArray:
        """Return 1, since the second derivative says nothing."""
        return np.ones_like(r)


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

    delta: Positive = 1.0

    is_convex: ClassVar[bool] = True
    is_differentiable: ClassVar[bool] = True
    is_twice_differentiable: ClassVar[bool] = False
    is_symmetric: ClassVar[bool] = True
    smoothness: ClassVar[float] = 1.0
    kinks: ClassVar[tuple[float, ...]] = ()

    @by_parameters
    def lipschitz(self) -> float:
        """The slope of the linear part."""
        return self.delta

    def formula(self, r: FloatArray) -> FloatArray:
        """Return c(r − ½c)."""
        return plain(self.factors(r)[0])

    def derivative(self, r: FloatArray) -> FloatArray:
        """Return c, which is r limited to ±δ."""
        return _limited(r, self.delta)

    def factors(self, r: FloatArray) -> tuple[Product, Scaled]:
        """Return c·(r − ½c) and 1·c."""
        c = self.derivative(r)
        return Product(c, _less_half(r, c)), Scaled(1.0, c)

    def second_derivative(self, r: FloatArray) -> FloatArray:
        """Return 1 where |r| ≤ δ, else 0."""
        return (np.abs(r) <= self.delta).astype(r.dtype)

    def curvature_formula(self, r: FloatArray) -> FloatArray:
        """Return c/r, which is 1 where |r| ≤ δ, else δ/|r|, above the machine epsilon."""
        return self._weight(r, self.derivative(r))

    def derivative_and_curvature(self, r: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return `derivative` and `curvature_formula`, which share c."""
        c = self.derivative(r)
        return c, self._weight(r, c)

    def _weight(self, r: FloatArray, c: FloatArray) -> FloatArray:
        """Return c/r above the machine epsilon, and 1 where r is 0."""
        return _secant(c, r, _held(self.delta, r.dtype), 1.0)


@dataclass(frozen=True, kw_only=True, repr=False)
class Asymmetric(ResidualLoss):
    """A loss that costs more on one side: base loss × shortfall_weight where ŷ < y, × overshoot_weight where ŷ > y.

    For costs that differ by direction: too little power, stock or staff against too much. Where each missing unit costs
    the same, take ``base=MAE()`` and the ratio of the two prices. It is, up to scale, the `Pinball` loss of the
    quantile shortfall_weight / (shortfall_weight + overshoot_weight). With `MSE`, which weighs squared errors and is
    easier to train, it is the loss of that `Expectile`. At ŷ = y the second derivative takes the overshoot weight.

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

    shortfall_weight: Positive
    overshoot_weight: Positive = 1.0
    base: Loss = MSE()

    _guarded: ClassVar[bool] = True  # the base may be a user's

    def __post_init__(self) -> None:
        super().__post_init__()
        if not isinstance(self.base, Loss) or not all(isinstance(loss, ResidualLoss) for _, loss in self.base.terms):
            raise ValueError(f"base must be a ResidualLoss, or a scaled one, or a sum of some, got {self.base!r}")

    @by_parameters
    def is_convex(self) -> bool | None:
        """As the base loss."""
        return self.base.is_convex

    @by_parameters
    def is_differentiable(self) -> bool | None:
        """As the base loss, if that is flat at 0."""
        return self.base.is_differentiable if self.base.is_symmetric else None

    @by_parameters
    def is_symmetric(self) -> bool | None:
        """As the base loss, if both sides weigh the same."""
        return self.base.is_symmetric if self.shortfall_weight == self.overshoot_weight else False

    @by_parameters
    def lipschitz(self) -> float | None:
        """That of the base loss on the heavier side."""
        return self._of_heavier_side(self.base.lipschitz)

    @by_parameters
    def smoothness(self) -> float | None:
        """That of the base loss on the heavier side."""
        return self._of_heavier_side(self.base.smoothness)

    @by_parameters
    def kinks(self) -> tuple[float, ...] | None:
        """Those of the base loss."""
        return self.base.kinks if self.base.is_symmetric else None

    def _of_heavier_side(self, bound: float | None) -> float | None:
        """Return a bound of a symmetric base loss times the larger weight."""
        known = bound is not None and self.base.is_symmetric
        return max(self.shortfall_weight, self.overshoot_weight) * bound if known and bound is not None else None

    def _best_constant(self, y: FloatArray, weight: FloatArray) -> float:
        if self.base == MAE(reduction=self.base.reduction):
            return quantile(y, weight, self.shortfall_weight / (self.shortfall_weight + self.overshoot_weight))
        if self.base == MSE(reduction=self.base.reduction):
            return expectile(y, weight, self.shortfall_weight, self.overshoot_weight)
        return super()._best_constant(y, weight)

    def formula(self, r: FloatArray) -> FloatArray:
        """Return the base loss, weighted by side."""
        return self._weight(r) * self._of_base("formula", r)

    def derivative(self, r: FloatArray) -> FloatArray:
        """Return the derivative of the base loss, weighted by side."""
        return self._weight(r) * self._of_base("derivative", r)

    def second_derivative(self, r: FloatArray) -> FloatArray:
        """Return the second derivative of the base loss, weighted by side."""
        return self._weight(r) * self._of_base("second_derivative", r)

    def curvature_formula(self, r: FloatArray) -> FloatArray:
        """Return the curvature of the base loss, weighted by side."""
        bend: FloatArray = self._weight(r) * self._base_curvature(r)
        return bend

    def derivative_and_curvature(self, r: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return `derivative` and `curvature_formula`, with the weights computed once."""
        weight = self._weight(r)
        slope = weight * self._of_base("derivative", r)
        weight *= self._base_curvature(r)
        return slope, weight

    def formula_and_derivative(self, r: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return `formula` and `derivative`, with the weights computed once."""
        weight = self._weight(r)
        return weight * self._of_base("formula", r), weight * self._of_base("derivative", r)

    def factors(self, r: FloatArray) -> tuple[Product, Scaled] | None:
        """Return those of the base loss, one of them weighted by side."""
        (coefficient, base), *others = self.base.terms
        factors = base.factors(r) if isinstance(base, ResidualLoss) and coefficient == 1 and not others else None
        if factors is None:
            return None
        (first, second), (scale, slope) = factors
        weight = self._weight(r)
        weighted = weight * first
        return Product(weighted, second), Scaled(scale, weighted if slope is first or slope is None else weight * slope)

    def _weight(self, r: FloatArray) -> FloatArray:
        """Return the weight of each residual's side."""
        return by_side(r, self.shortfall_weight, self.overshoot_weight)

    def _of_base(self, hook: str, r: FloatArray) -> FloatArray:
        """Return a hook of the base loss, which may be a sum."""
        first, *others = [_scaled(coefficient, getattr(loss, hook)(r)) for coefficient, loss in self.base.terms]
        return sum(others, first)

    def _base_curvature(self, r: FloatArray) -> Any:
        """Return the curvature of the base loss, one number where it is constant."""
        first, *others = [abs(coefficient) * _curvature(loss, r) for coefficient, loss in self.base.terms]
        return sum(others, first)


def _curvature(loss: Any, r: FloatArray) -> Any:
    return loss.curvature_formula(r) if loss.constant_curvature is None else loss.constant_curvature


def _scaled(coefficient: float, block: FloatArray) -> FloatArray:
    return block if coefficient == 1 else coefficient * block


# ------------------------------------------------------------------------------------- robust losses


class _PlainForm(NamedTuple):
    """Where the plain form of a loss is accurate in one dtype."""

    low: float
    """A smaller |r| that is not 0 loses digits when it is squared."""

    high: float
    """A larger |r| may overflow when it is squared."""

    flat: float
    """Up to this |r| the curvature lies above its floor."""


@dataclass(frozen=True, kw_only=True, repr=False)
class _Robust(ResidualLoss):
    """Base of the smooth losses ρ that grow slower than a parabola: functions of parts that their hooks share.

    They have two forms. The plain one is the formula as one would write it, where nothing cancels: `_plain_parts`
    returns numbers made of r, from which `_plain_loss` computes ρ, and `_plain_weight` ψ(r)/r, where ψ is the
    derivative. It is used for residuals of a size that `_plain_form` tells, which are all in most calls.

    The other form serves all residuals, tiny, huge and infinite: from what `_parts` returns, `_loss` computes ρ,
    `_slope` |ψ|, `_weight` ψ(r)/r, finite also at r = 0, and `_bend` the second derivative.
    """

    is_convex: ClassVar[bool | None] = True
    is_differentiable: ClassVar[bool] = True
    is_twice_differentiable: ClassVar[bool] = True
    is_symmetric: ClassVar[bool] = True
    smoothness: ClassVar[float] = 1.0
    kinks: ClassVar[tuple[float, ...]] = ()

    def _plain_form(self, dtype: Dtype) -> _PlainForm | None:
        """Return where the plain form is accurate; None where it isn't of use."""
        return None

    def _plain_parts(self, r: FloatArray) -> Any:
        raise NotImplementedError

    def _plain_loss(self, parts: Any) -> FloatArray:
        raise NotImplementedError

    def _plain_weight(self, parts: Any) -> FloatArray:
        raise NotImplementedError

    def _parts(self, r: FloatArray) -> Any:
        raise NotImplementedError

    def _loss(self, parts: Any) -> FloatArray:
        raise NotImplementedError

    def _slope(self, parts: Any) -> FloatArray:
        raise NotImplementedError

    def _weight(self, parts: Any) -> FloatArray:
        raise NotImplementedError

    def _bend(self, parts: Any) -> FloatArray:
        raise NotImplementedError

    def _floor(self, dtype: Dtype) -> float:
        """Return what the curvature is kept above."""
        return float(np.finfo(dtype).eps)

    def formula(self, r: FloatArray) -> FloatArray:
        """Return ρ(r)."""
        return self._compute(r, VALUE)[0]

    def derivative(self, r: FloatArray) -> FloatArray:
        """Return ψ(r)."""
        return self._compute(r, GRAD)[0]

    def second_derivative(self, r: FloatArray) -> FloatArray:
        """Return dψ/dr."""
        return self._carefully(r, (HESS,))[0]

    def curvature_formula(self, r: FloatArray) -> FloatArray:
        """Return ψ(r)/r, above the machine epsilon times its value at 0."""
        return self._compute(r, CURVATURE)[0]

    def formula_and_derivative(self, r: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return `formula` and `derivative`, which share the parts."""
        losses, slopes = self._compute(r, VALUE, GRAD)
        return losses, slopes

    def derivative_and_curvature(self, r: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return `derivative` and `curvature_formula`, which share the parts."""
        slopes, weights = self._compute(r, GRAD, CURVATURE)
        return slopes, weights

    def _compute(self, r: FloatArray, *orders: Order) -> Sequence[FloatArray]:
        """Return what `orders` ask for, in the plain form where that is accurate."""
        form = _plain_form(self, r.dtype)
        if form is None:
            return self._carefully(r, orders)
        reach = _reach(r)
        if reach <= form.high and not form.low:
            return self._plainly(form, reach, r, orders)
        size = np.abs(r)
        if size.max(initial=0) <= form.high and size.min(initial=math.inf) >= form.low:
            return self._plainly(form, reach, r, orders)
        return by_case(
            (size <= form.high) & ((size >= form.low) | (size == 0)),
            lambda r: self._plainly(form, reach, r, orders),
            lambda r: self._carefully(r, orders),
            r,
        )

    def _plainly(self, form: _PlainForm, reach: float, r: FloatArray, orders: tuple[Order, ...]) -> list[FloatArray]:
        """Return what `orders` ask for, in the plain form, for residuals of which none is larger than `reach`."""
        parts = self._plain_parts(r)
        if orders[-1] == VALUE:
            return [self._plain_loss(parts)]
        weight = self._plain_weight(parts)
        if orders[0] == VALUE:
            losses = self._plain_loss(parts)
            weight *= r
            return [losses, weight]
        if orders[-1] == GRAD:
            weight *= r
            return [weight]
        slopes = [r * weight] if orders[0] == GRAD else []
        if not reach <= form.flat:  # or NaN
            weight = at_least(weight, self._floor(r.dtype), out=weight)
        return [*slopes, weight]

    def _carefully(self, r: FloatArray, orders: tuple[Order, ...]) -> list[FloatArray]:
        """Return what `orders` ask for, a piece at a time, since the parts of a whole block take much memory."""
        results = [np.empty_like(r) for _ in orders]
        for start in range(0, r.size, _PIECE):
            here = slice(start, start + _PIECE)
            piece = r[here]
            parts = self._parts(piece)
            for result, order in zip(results, orders, strict=True):
                result[here] = self._hook(order, parts, piece)
        return results

    def _hook(self, order: Order, parts: Any, r: FloatArray) -> FloatArray:
        if order == VALUE:
            return self._loss(parts)
        if order == GRAD:
            return np.copysign(self._slope(parts), r)
        return self._bend(parts) if order == HESS else at_least(self._weight(parts), self._floor(r.dtype))


@lru_cache(maxsize=256)
def _plain_form(loss: _Robust, dtype: Dtype) -> _PlainForm | None:
    """Return where a loss's plain form is accurate, found once for each loss and dtype."""
    return loss._plain_form(dtype) if dtype.char in "fd" else None


_PIECE = 1 << 13
_FEW = 1 << 13
"""Up to how many numbers BLAS multiplies without threads of its own."""


def _reach(r: FloatArray) -> float:
    """Return a number that no |r| exceeds; NaN if one is."""
    if r.size <= _FEW:
        return 1.001 * math.sqrt(r.dot(r))  # which is off by a part in 2000 at most
    return max(r.item(r.argmax()), -r.item(r.argmin()))


class _Split(NamedTuple):
    """A residual against the scale c, in quotients that neither overflow nor lose digits, whatever the two are."""

    size: FloatArray
    """|r|"""

    least: FloatArray
    """min(|r|, c)"""

    share: FloatArray
    """c/max(|r|, c); 0 at infinity"""

    ratio: FloatArray
    """min(|r|, c)/max(|r|, c)"""

    def root(self) -> FloatArray:
        """Return √(1 + ratio²), which is √(r² + c²)/max(|r|, c)."""
        return np.sqrt(1 + self.ratio * self.ratio)

    def log(self) -> FloatArray:
        """Return log(1 + (r/c)²) where |r| > c, else log(1 + (r/c)²)/(r/c)²: that over (least/c)² either way."""
        square = np.maximum(self.ratio * self.ratio, np.finfo(self.ratio.dtype).tiny)
        log: FloatArray = np.log1p(square) / np.maximum(square, self.share < 1) - 2 * np.log(self.share)
        return log


def _split(r: FloatArray, scale: Any) -> _Split:
    size = np.abs(r)
    held = _held(scale, r.dtype)
    largest, least = np.maximum(size, held), np.minimum(size, scale)
    return _Split(size, least, held / largest, least / largest)


def _plain_by_scale(scale: float, dtype: Dtype, flat: float, is_multiple: bool = False) -> _PlainForm | None:
    """Return where forms of (r/scale)² are accurate; their weights lie above the floor up to |r| = scale·flat.

    `is_multiple` tells that the loss is computed as scale² times a function of (r/scale)². Where that is less than the
    smallest normal number, so is the loss, unless the scale is large.
    """
    limits = np.finfo(dtype)
    least, largest = math.sqrt(float(limits.tiny)), math.sqrt(float(limits.max)) / 4
    if not 4 * least < scale < largest:
        return None
    low = scale * least if is_multiple and scale > 5 else 0.0
    return _PlainForm(low, min(1.0, scale) * largest, scale * flat)


def _held(parameter: Any, dtype: Dtype) -> Any:
    """Return a positive parameter, kept within the normal numbers of a dtype."""
    limits = np.finfo(dtype)
    return min(max(float(parameter), float(limits.tiny)), float(limits.max)) if dtype.char in "fd" else parameter


@dataclass(frozen=True, kw_only=True, repr=False)
class LogCosh(ResidualLoss):
    """Logarithm of the hyperbolic cosine: log cosh r, near ½r² for small r and |r| − log 2 for large r.

    As Keras's `LogCosh`, but exact for tiny and for huge residuals. The gradient is tanh r.

    Curvature: tanh(r)/r, kept above the machine epsilon.

    Parameters
    ----------
    reduction : {"mean", "sum", "none"}, default "mean"
        See `Loss`.

    References
    ----------
    Green (1990), "Bayesian reconstructions from emission tomography data using a modified EM algorithm", IEEE
    Transactions on Medical Imaging 9, 84-93.

    Examples
    --------
    >>> from losses import LogCosh
    >>> LogCosh().value([0.0, 0.0], [1.0, 1000.0])
    499.87031682496155
    >>> LogCosh(reduction="sum").grad([0.0, 0.0], [1.0, 1000.0])
    array([0.76159416, 1.        ])
    """

    is_convex: ClassVar[bool] = True
    is_differentiable: ClassVar[bool] = True
    is_twice_differentiable: ClassVar[bool] = True
    is_symmetric: ClassVar[bool] = True
    lipschitz: ClassVar[float] = 1.0
    smoothness: ClassVar[float] = 1.0
    kinks: ClassVar[tuple[float, ...]] = ()

    def formula(self, r: FloatArray) -> FloatArray:
        """Return log cosh r."""
        return self._loss(r, np.tanh(r))

    def derivative(self, r: FloatArray) -> FloatArray:
        """Return tanh r."""
        return np.tanh(r)

    def second_derivative(self, r: FloatArray) -> FloatArray:
        """Return 1/cosh²r."""
        root = 1 / np.cosh(r)
        return root * root

    def curvature_formula(self, r: FloatArray) -> FloatArray:
        """Return tanh(r)/r, above the machine epsilon."""
        return self._weight(r, np.tanh(r))

    def formula_and_derivative(self, r: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return `formula` and `derivative`, which share tanh r."""
        t = np.tanh(r)
        return self._loss(r, t), t

    def derivative_and_curvature(self, r: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return `derivative` and `curvature_formula`, which share tanh r."""
        t = np.tanh(r)
        return t, self._weight(r, t)

    def _loss(self, r: FloatArray, t: FloatArray) -> FloatArray:
        # with t = tanh|r|, cosh r = (1 − t²)^(−½) = e^|r|/(1 + t): the one where r is small, the other where it is not
        size = np.abs(r)
        return by_case(
            size > 1.5,
            lambda size, t: [size - np.log1p(np.abs(t))],
            lambda size, t: [-0.5 * np.log1p(t * -t)],
            size,
            t,
        )[0]

    def _weight(self, r: FloatArray, t: FloatArray) -> FloatArray:
        """Return t/r above the machine epsilon, and 1 where r is 0."""
        weight, eps = t / r, float(np.finfo(r.dtype).eps)
        if weight.size and weight.item(weight.argmin()) >= eps:  # which a NaN is not
            return weight
        least = np.finfo(r.dtype).tiny
        return at_least((np.abs(t) + least) / (np.abs(r) + least), eps)


@dataclass(frozen=True, kw_only=True, repr=False)
class PseudoHuber(_Robust):
    """A smooth Huber loss: δ²(√(1 + (r/δ)²) − 1), near ½r² for small r and δ|r| − δ² for large r.

    As SciPy's `pseudo_huber`; SciPy's `least_squares` has twice that as "soft_l1", and with δ = 1 it is the Charbonnier
    loss, `Barron` with α = 1. Nothing cancels for small residuals.

    Curvature: ψ(r)/r = 1/√(1 + (r/δ)²), kept above the machine epsilon.

    Parameters
    ----------
    delta : float, default 1.0
        δ, where the loss turns from quadratic to linear, in the units of the target; positive.
    reduction : {"mean", "sum", "none"}, default "mean"
        See `Loss`.

    References
    ----------
    Hartley and Zisserman (2003), "Multiple View Geometry in Computer Vision", 2nd ed., appendix 6.8.

    Examples
    --------
    >>> from losses import PseudoHuber
    >>> PseudoHuber(delta=4.0).value([0.0, 0.0], [3.0, 0.0])
    2.0
    >>> PseudoHuber(delta=4.0).grad([0.0, 0.0], [3.0, 0.0])
    array([1.2, 0. ])
    """

    delta: Positive = 1.0

    @by_parameters
    def lipschitz(self) -> float:
        """The slope far out."""
        return self.delta

    def _plain_form(self, dtype: Dtype) -> _PlainForm | None:
        return _plain_by_scale(self.delta, dtype, 1 / math.sqrt(np.finfo(dtype).eps))

    def _plain_parts(self, r: FloatArray) -> tuple[FloatArray, FloatArray]:
        square = r * r
        return square, np.sqrt(1.0 + square / self.delta**2)

    def _plain_loss(self, parts: tuple[FloatArray, FloatArray]) -> FloatArray:
        square, root = parts
        return square / (1.0 + root)

    def _plain_weight(self, parts: tuple[FloatArray, FloatArray]) -> FloatArray:
        return 1.0 / parts[1]

    def _parts(self, r: FloatArray) -> tuple[_Split, FloatArray]:
        split = _split(r, self.delta)
        return split, split.root()

    def _loss(self, parts: tuple[_Split, FloatArray]) -> FloatArray:
        split, root = parts
        return split.size * (split.least / (split.share + root))

    def _slope(self, parts: tuple[_Split, FloatArray]) -> FloatArray:
        return parts[0].least / parts[1]

    def _weight(self, parts: tuple[_Split, FloatArray]) -> FloatArray:
        return parts[0].share / parts[1]

    def _bend(self, parts: tuple[_Split, FloatArray]) -> FloatArray:
        weight = self._weight(parts)
        return weight * weight * weight


@dataclass(frozen=True, kw_only=True, repr=False)
class Cauchy(_Robust):
    """Negative log-likelihood of Cauchy's distribution, scaled: ½c² log(1 + (r/c)²), near ½r² for small r.

    Far outliers hardly pull: the gradient r/(1 + (r/c)²) is largest at |r| = c and falls to 0. As SciPy's
    `least_squares` with ``loss="cauchy"`` and ``f_scale=c``.

    Curvature: ψ(r)/r = 1/(1 + (r/c)²), kept above the machine epsilon.

    Parameters
    ----------
    scale : float, default 1.0
        c, the residual with the largest pull, in the units of the target; positive.
    reduction : {"mean", "sum", "none"}, default "mean"
        See `Loss`.

    References
    ----------
    Holland and Welsch (1977), "Robust regression using iteratively reweighted least-squares", Communications in
    Statistics A 6, 813-827 (tuning constant 2.385 for 95 % efficiency at the normal distribution).

    Examples
    --------
    >>> from losses import Cauchy
    >>> Cauchy().value([0.0, 0.0], [1.0, 1000.0])
    3.62716468463093
    >>> Cauchy(reduction="sum").grad([0.0, 0.0], [1.0, 1000.0])
    array([0.5  , 0.001])
    """

    scale: Positive = 1.0

    is_convex: ClassVar[bool] = False

    @by_parameters
    def lipschitz(self) -> float:
        """The slope at |r| = c."""
        return self.scale / 2

    def _plain_form(self, dtype: Dtype) -> _PlainForm | None:
        flat = 0.5 / math.sqrt(np.finfo(dtype).eps)
        return _plain_by_scale(self.scale, dtype, flat, is_multiple=True)

    def _plain_parts(self, r: FloatArray) -> FloatArray:
        return r * r / self.scale**2

    def _plain_loss(self, parts: FloatArray) -> FloatArray:
        return np.log1p(parts) * (self.scale**2 / 2)

    def _plain_weight(self, parts: FloatArray) -> FloatArray:
        return 1.0 / (1.0 + parts)

    def _parts(self, r: FloatArray) -> _Split:
        return _split(r, self.scale)

    def _loss(self, parts: _Split) -> FloatArray:
        return parts.least * (parts.least * (parts.log() / 2))

    def _slope(self, parts: _Split) -> FloatArray:
        return parts.least * parts.share / (1 + parts.ratio * parts.ratio)

    def _weight(self, parts: _Split) -> FloatArray:
        return parts.share * parts.share / (1 + parts.ratio * parts.ratio)

    def _bend(self, parts: _Split) -> FloatArray:
        sum_of_squares = 1 + parts.ratio * parts.ratio
        near, far = parts.share, parts.least / _held(self.scale, parts.ratio.dtype)
        bend: FloatArray = near * near * ((near - far) * (near + far)) / (sum_of_squares * sum_of_squares)
        return bend


@dataclass(frozen=True, kw_only=True, repr=False)
class Fair(_Robust):
    """Fair's loss: c²(|r|/c − log(1 + |r|/c)), near ½r² for small r and c|r| for large r.

    Convex, and gentler in its turn than `Huber`. As LightGBM's objective "fair" with ``fair_c=c``. Nothing cancels for
    small residuals.

    Curvature: ψ(r)/r = 1/(1 + |r|/c), kept above the machine epsilon. (LightGBM takes the second derivative, 1/(1 +
    |r|/c)², with which Newton's steps overshoot.)

    Parameters
    ----------
    c : float, default 1.0
        c, in the units of the target; positive.
    reduction : {"mean", "sum", "none"}, default "mean"
        See `Loss`.

    References
    ----------
    Fair (1974), "On the robust estimation of econometric models", Annals of Economic and Social Measurement 3,
    667-677.

    Examples
    --------
    >>> from losses import Fair
    >>> Fair(c=2.0).value([0.0, 0.0], [2.0, 0.0])
    0.6137056388801094
    >>> Fair(c=2.0).grad([0.0, 0.0], [2.0, 0.0])
    array([0.5, 0. ])
    """

    c: Positive = 1.0

    @by_parameters
    def lipschitz(self) -> float:
        """The slope far out."""
        return self.c

    def _plain_form(self, dtype: Dtype) -> _PlainForm | None:
        flat = 0.5 / math.sqrt(np.finfo(dtype).eps)
        return _plain_by_scale(self.c, dtype, flat, is_multiple=True)

    def _plain_parts(self, r: FloatArray) -> tuple[FloatArray, FloatArray]:
        size = np.abs(r)
        return size, size / self.c

    def _plain_loss(self, parts: tuple[FloatArray, FloatArray]) -> FloatArray:
        return by_case(
            parts[1] < NEAR,
            lambda size, x: [size * size * log1p_below_tangent(x)],
            lambda size, x: [self.c**2 * (x - np.log1p(x))],
            *parts,
        )[0]

    def _plain_weight(self, parts: tuple[FloatArray, FloatArray]) -> FloatArray:
        return 1.0 / (1.0 + parts[1])

    def _parts(self, r: FloatArray) -> _Split:
        return _split(r, self.c)

    def _loss(self, parts: _Split) -> FloatArray:
        limits, size = np.finfo(parts.size.dtype), parts.size
        x = np.minimum(size / _held(self.c, size.dtype), limits.max)
        near = size * (size * log1p_below_tangent(np.minimum(x, NEAR)))
        far = size * (self.c * (1 - np.log1p(x) / np.maximum(x, NEAR)))
        return np.where(x < NEAR, near, far)

    def _slope(self, parts: _Split) -> FloatArray:
        return parts.least / (1 + parts.ratio)

    def _weight(self, parts: _Split) -> FloatArray:
        return parts.share / (1 + parts.ratio)

    def _bend(self, parts: _Split) -> FloatArray:
        weight = self._weight(parts)
        return weight * weight


class _Powers(NamedTuple):
    """What Barron's loss is made of: x = r/c and v = 1 + x²/b, where b = 2 − α."""

    split: _Split
    """r against c√b"""

    inverse: FloatArray
    """v^(−½)"""

    half_log: FloatArray
    """½b log v"""

    def power(self, alpha: float, start: int, factor: float) -> FloatArray:
        """Return v^(−½(start + factor·α)), where the exponent need not be a floating number."""
        dtype = self.inverse.dtype
        near, rest = _exponent(alpha, start, factor, dtype)
        power: FloatArray = self.inverse**near
        if rest:
            power *= 1 - rest * np.minimum(self.half_log / _gap(alpha, dtype), 1e5)
        return power


@lru_cache(maxsize=256)
def _exponent(alpha: float, start: int, factor: float, dtype: Dtype) -> tuple[Any, float]:
    """Return start + factor·α as a number of a dtype, and the rest."""
    exact = start + Fraction(factor) * Fraction(alpha)
    near = dtype.type(float(exact))
    return near, float(exact - Fraction(float(near)))


def _is_as_good_as_zero(alpha: float, dtype: Dtype) -> bool:
    return abs(alpha) < float(np.finfo(dtype).eps) / 4


@lru_cache(maxsize=256)
def _gap(alpha: float, dtype: Dtype) -> Any:
    """Return b = 2 − α, kept where b and 1/b are as good as 0."""
    epsilon, gap = np.finfo(dtype).eps, 2 - np.longdouble(alpha)
    kept = np.clip(gap, 1e-4 * epsilon, 1 / (np.longdouble(epsilon) * epsilon))
    return kept if dtype.char == "g" else float(kept)


AtMostTwo: TypeAlias = Annotated[float, Range("be at most 2, or float('-inf')", lambda x: x <= 2)]


@dataclass(frozen=True, kw_only=True, repr=False)
class Barron(_Robust):
    """Barron's general loss: (|α−2|/α) (((r/c)²/|α−2| + 1)^{α/2} − 1), robust by degrees.

    It is ½(r/c)² at α = 2, √(1 + (r/c)²) − 1 (Charbonnier) at 1, log(1 + ½(r/c)²) (Cauchy) at 0, Geman and McClure's
    loss at −2, and 1 − exp(−½(r/c)²) (Welsch) at −inf; at 0 and 2, where the formula as written divides 0 by 0, these
    are its limits, and it is accurate near them. Convex for α ≥ 1. Unlike `PseudoHuber(delta=c)` and `Cauchy(scale=c)`
    it is a function of r/c alone: `Barron(alpha=1, scale=c)` is `PseudoHuber(delta=c)` divided by c².

    A sample's loss and gradient have a relative error of at most 16 eps where α ≥ −2, and else of 16 eps (1 + |log w|),
    where w = c²ψ(r)/r in (0, 1] is the weight that iteratively reweighted least squares gives to the residual.

    Curvature: ψ(r)/r = w/c², kept above the machine epsilon times 1/c².

    Parameters
    ----------
    alpha : float, default 1.0
        α, the shape: at most 2; ``float("-inf")`` is allowed.
    scale : float, default 1.0
        c, up to where the loss is near ½(r/c)², in the units of the target; positive.
    reduction : {"mean", "sum", "none"}, default "mean"
        See `Loss`.

    References
    ----------
    Barron (2019), "A general and adaptive robust loss function", arXiv:1701.03077, eq. (8).

    Examples
    --------
    >>> from losses import Barron
    >>> Barron(alpha=-2.0).value([0.0, 0.0], [2.0, 1e6])
    1.4999999999959999
    >>> Barron(alpha=float("-inf"), reduction="sum").grad([0.0, 0.0], [1.0, 1e6])
    array([0.60653066, 0.        ])
    """

    alpha: AtMostTwo = 1.0
    scale: Positive = 1.0

    def __repr__(self) -> str:
        return super().__repr__().replace("alpha=-inf", "alpha=float('-inf')")

    @by_parameters
    def is_convex(self) -> bool:
        """Whether α ≥ 1."""
        return self.alpha >= 1

    @by_parameters
    def lipschitz(self) -> float | None:
        """The slope where x² = b/(b − 1), which is ((b − 1)/b)^{(b − 1)/2}/c; 1/c at infinity for α = 1."""
        if self.alpha > 1:
            return None
        rest = min(1 - self.alpha, 1e300)
        return math.exp(-rest * math.log1p(1 / rest) / 2 if rest else 0.0) / self.scale

    @by_parameters
    def smoothness(self) -> float:
        """The second derivative at 0, 1/c²."""
        return 1 / self.scale / self.scale

    def _floor(self, dtype: Dtype) -> float:
        return least_curvature(dtype, 1 / self.scale)

    def _plain_form(self, dtype: Dtype) -> _PlainForm | None:
        alpha, b, limits = self.alpha, 2 - self.alpha, np.finfo(dtype)
        if not 0.1 <= b <= 1e9:
            return None
        eps, is_log = float(limits.eps), _is_as_good_as_zero(alpha, dtype)
        # ½b log v and ½α log v, with v = 1 + x²/b, are exponents: the larger they are, the less exact are the powers
        most = 3.0 if alpha >= _LEAST_POWER else -0.9 * math.log(eps)
        reach = math.sqrt(math.expm1(2 * most / max(b, alpha))) if alpha != 1 else 1 / math.sqrt(eps)
        form = _plain_by_scale(self.scale * math.sqrt(b), dtype, reach)
        if form is None:
            return None
        # r², x²/b and ½α log v must not be much smaller than ½x²
        ratio = min(2 * self.scale**2, 2 / b, 1 if is_log or alpha == 1 else abs(alpha) / b)
        low = self.scale * math.sqrt(2 * float(limits.tiny) / ratio) if ratio < 1 / 16 else 0.0
        return form._replace(low=low, high=form.high if alpha == 1 else min(form.high, form.flat))

    def _plain_parts(self, r: FloatArray) -> tuple[FloatArray, FloatArray]:
        ratio = r * r / ((2 - self.alpha) * self.scale**2)  # v − 1
        return ratio, np.sqrt(1.0 + ratio) if self.alpha == 1 else np.log1p(ratio)

    def _plain_loss(self, parts: tuple[FloatArray, FloatArray]) -> FloatArray:
        ratio, log = parts
        if self.alpha == 1:
            return ratio / (1.0 + log)  # which is √v then
        b = 2 - self.alpha
        if _is_as_good_as_zero(self.alpha, log.dtype):
            return b / 2 * log
        loss: FloatArray = b / self.alpha * np.expm1(self.alpha / 2 * log)
        return loss

    def _plain_weight(self, parts: tuple[FloatArray, FloatArray]) -> FloatArray:
        at_zero, log = 1 / self.scale**2, parts[1]
        return at_zero / log if self.alpha == 1 else at_zero * np.exp((self.alpha - 2) / 2 * log)

    def _parts(self, r: FloatArray) -> _Powers:
        split = _split(r, r.dtype.type(self.scale * np.sqrt(_gap(self.alpha, r.dtype))))
        x = split.least / _held(self.scale, r.dtype)
        return _Powers(split, split.share / split.root(), x * x * (split.log() / 2))

    def _loss(self, parts: _Powers) -> FloatArray:
        # with t = ½α log(1 + x²/b), ½b log(1 + x²/b) (e^t − 1)/t
        b, half = _gap(self.alpha, parts.inverse.dtype), parts.half_log
        limits = np.finfo(half.dtype)
        alpha = max(self.alpha, -b)
        if abs(alpha) < 1e-30:
            return half
        half = np.minimum(half, limits.max)
        t = np.maximum(abs(alpha) / b * half, limits.tiny)
        if alpha < 0:
            half *= np.expm1(-t) / -t
            return half
        root = np.sqrt(b).astype(half.dtype) * parts.power(alpha, 0, -0.5)
        far: FloatArray = (root * root - b) / alpha
        return np.where(t < 1, half * (np.expm1(np.minimum(t, 1)) / t), far)

    def _slope(self, parts: _Powers) -> FloatArray:
        split, inverse, half_log = parts
        limits = np.finfo(inverse.dtype)
        if self.alpha > 1:
            parts = parts._replace(inverse=np.maximum(inverse, limits.tiny))
            slope = split.size * parts.power(self.alpha, 2, -1)
        elif self.alpha >= _LEAST_POWER:
            slope = split.least / split.root() * parts.power(self.alpha, 1, -1)
        else:
            slope = np.minimum(split.size, limits.max) * np.exp(-half_log)
        return self._per_unit(slope)

    def _weight(self, parts: _Powers) -> FloatArray:
        is_power = self.alpha >= _LEAST_POWER
        return self._per_unit(parts.power(self.alpha, 2, -1) if is_power else np.exp(-parts.half_log))

    def _per_unit(self, numbers: FloatArray) -> FloatArray:
        """Return numbers divided by c²."""
        scale: float = _held(self.scale, numbers.dtype)
        return numbers / scale / scale

    def _bend(self, parts: _Powers) -> FloatArray:
        # w/c² (1 − b x²/(b + x²)), as w/c² (b/(b + x²) + (α − 1) x²/(b + x²))
        b = _gap(self.alpha, parts.inverse.dtype)
        x = parts.split.least / _held(self.scale, parts.inverse.dtype) / parts.split.root()
        rest: FloatArray = parts.inverse * parts.inverse + (max(self.alpha, -b) - 1) * (x * x / b)
        return self._weight(parts) * rest


_LEAST_POWER = -2.0
"""The least α for which powers are taken of numbers that are known to eps; below, exponentials are as good."""


@dataclass(frozen=True, kw_only=True, repr=False)
class TukeyBiweight(_Robust):
    """Tukey's biweight: c²/6 (1 − (1 − (r/c)²)³) where |r| ≤ c, else c²/6; near ½r² for small r.

    Outliers beyond c are ignored altogether, so a fit needs a good start, one with `Huber` say. As statsmodels'
    `TukeyBiweight`.

    Curvature: ψ(r)/r = (1 − (r/c)²)² where |r| ≤ c, else 0, kept above the machine epsilon.

    Parameters
    ----------
    c : float, default 4.685
        c, in the units of the target; positive. 4.685 standard deviations give 95 % efficiency at the normal
        distribution.
    reduction : {"mean", "sum", "none"}, default "mean"
        See `Loss`.

    References
    ----------
    Beaton and Tukey (1974), "The fitting of power series, meaning polynomials, illustrated on band-spectroscopic
    data", Technometrics 16, 147-185.

    Examples
    --------
    >>> from losses import TukeyBiweight
    >>> TukeyBiweight(c=2.0).value([0.0, 0.0], [1.0, 100.0])
    0.5260416666666666
    >>> TukeyBiweight(c=2.0).grad([0.0, 0.0], [1.0, 100.0])
    array([0.28125, 0.     ])
    """

    c: Positive = 4.685

    is_convex: ClassVar[bool] = False

    @by_parameters
    def lipschitz(self) -> float:
        """The slope at |r| = c/√5."""
        return 16 / (25 * math.sqrt(5)) * self.c

    def _plain_form(self, dtype: Dtype) -> _PlainForm | None:
        return _plain_by_scale(self.c, dtype, 0.0)

    def _plain_parts(self, r: FloatArray) -> FloatArray:
        return np.minimum(np.abs(r), self.c)

    def _plain_loss(self, parts: FloatArray) -> FloatArray:
        square = parts * parts
        x = square / self.c**2
        return square * (0.5 - x * (0.5 - x / 6))

    def _plain_weight(self, parts: FloatArray) -> FloatArray:
        rest = (self.c - parts) * (self.c + parts) / self.c**2
        return rest * rest

    def _parts(self, r: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        c = _held(self.c, r.dtype)
        least = np.minimum(np.abs(r), c)
        x = least / c
        return least, x * x, (1 + x) * ((c - least) / c)

    def _loss(self, parts: tuple[FloatArray, FloatArray, FloatArray]) -> FloatArray:
        least, square, _ = parts
        return least * (least / 2 * (1 - square * (1 - square / 3)))

    def _slope(self, parts: tuple[FloatArray, FloatArray, FloatArray]) -> FloatArray:
        return parts[0] * self._weight(parts)

    def _weight(self, parts: tuple[FloatArray, FloatArray, FloatArray]) -> FloatArray:
        return parts[2] * parts[2]

    def _bend(self, parts: tuple[FloatArray, FloatArray, FloatArray]) -> FloatArray:
        _, square, rest = parts
        return rest * (1 - 5 * square)


# ------------------------------------------------------------------------------------- kinks, tubes and sides


@dataclass(frozen=True, kw_only=True, repr=False)
class SmoothL1(ResidualLoss):
    """Squared error near zero and absolute error further out: ½r²/β where |r| < β, else |r| − ½β.

    `Huber(delta=β)` divided by β: the slope far out is 1 whatever β. As PyTorch's `smooth_l1_loss`, which takes β = 0
    as well (that is `MAE`). With c = r limited to ±β both branches are (c/β)(r − ½c). The second derivative at
    |r| = β is 0.

    Curvature: ψ(r)/r = 1/max(|r|, β), kept above the machine epsilon times 1/β.

    Parameters
    ----------
    beta : float, default 1.0
        β, where the loss turns from quadratic to linear, in the units of the target; positive.
    reduction : {"mean", "sum", "none"}, default "mean"
        See `Loss`.

    References
    ----------
    Girshick (2015), "Fast R-CNN", arXiv:1504.08083, eq. (3).

    Examples
    --------
    >>> from losses import SmoothL1
    >>> SmoothL1(beta=2.0).value([0.0, 0.0], [1.0, 5.0])
    2.125
    >>> SmoothL1(beta=2.0).grad([0.0, 0.0], [1.0, 5.0])
    array([0.25, 0.5 ])
    """

    beta: Positive = 1.0

    is_convex: ClassVar[bool] = True
    is_differentiable: ClassVar[bool] = True
    is_twice_differentiable: ClassVar[bool] = False
    is_symmetric: ClassVar[bool] = True
    lipschitz: ClassVar[float] = 1.0
    kinks: ClassVar[tuple[float, ...]] = ()

    @by_parameters
    def smoothness(self) -> float:
        """The second derivative near 0."""
        return 1 / self.beta

    def formula(self, r: FloatArray) -> FloatArray:
        """Return (c/β)(r − ½c)."""
        return plain(self.factors(r)[0])

    def derivative(self, r: FloatArray) -> FloatArray:
        """Return c/β."""
        return self._slope(_limited(r, self._beta(r.dtype)))

    def factors(self, r: FloatArray) -> tuple[Product, Scaled]:
        """Return c/β·(r − ½c) and 1·c/β."""
        c = _limited(r, self._beta(r.dtype))
        slope = self._slope(c)
        return Product(slope, _less_half(r, c)), Scaled(1.0, slope)

    def _slope(self, c: FloatArray) -> FloatArray:
        """Return c/β."""
        return c if self.beta == 1 else c / self._beta(c.dtype)

    def _beta(self, dtype: Dtype) -> float:
        """Return β, a normal number of a dtype or infinite there."""
        return max(self.beta, float(np.finfo(dtype).tiny))

    def second_derivative(self, r: FloatArray) -> FloatArray:
        """Return 1/β where |r| < β, else 0."""
        return (np.abs(r) < self.beta).astype(r.dtype) / self._beta(r.dtype)

    def curvature_formula(self, r: FloatArray) -> FloatArray:
        """Return 1/max(|r|, β), above the machine epsilon times 1/β."""
        return self._weight(r, self.derivative(r))

    def derivative_and_curvature(self, r: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return `derivative` and `curvature_formula`, which share c."""
        slope = self.derivative(r)
        return slope, self._weight(r, slope)

    def _weight(self, r: FloatArray, slope: FloatArray) -> FloatArray:
        beta = _held(self.beta, r.dtype)
        return _secant(slope, r, beta, 1 / beta)


@dataclass(frozen=True, kw_only=True, repr=False)
class Pinball(ResidualLoss):
    """The pinball loss: τ(y − ŷ) where ŷ ≤ y, else (1 − τ)(ŷ − y). Its mean is least at the τ-quantile of the targets.

    As scikit-learn's `mean_pinball_loss`. It is `Asymmetric(shortfall_weight=τ, overshoot_weight=1 − τ, base=MAE())`;
    at τ = ½, half of `MAE`. The gradient at r = 0 is 0.

    Curvature: the constant 1.

    Parameters
    ----------
    quantile : float, default 0.5
        τ in (0, 1): the share of the targets that should lie below the prediction.
    reduction : {"mean", "sum", "none"}, default "mean"
        See `Loss`.

    References
    ----------
    Koenker and Bassett (1978), "Regression quantiles", Econometrica 46, 33-50, eq. (1.3).

    Examples
    --------
    >>> from losses import Pinball
    >>> Pinball(quantile=0.75).value([0.0, 0.0], [-2.0, 2.0])
    1.0
    >>> Pinball(quantile=0.75, reduction="sum").grad([0.0, 0.0, 0.0], [-2.0, 0.0, 2.0])
    array([-0.75,  0.  ,  0.25])
    """

    quantile: OpenFraction = 0.5

    is_convex: ClassVar[bool] = True
    is_differentiable: ClassVar[bool] = False
    is_twice_differentiable: ClassVar[bool] = False
    kinks: ClassVar[tuple[float, ...]] = (0.0,)
    constant_curvature: ClassVar[float] = 1.0

    @by_parameters
    def is_symmetric(self) -> bool:
        """Whether τ = ½."""
        return self.quantile == 0.5

    @by_parameters
    def lipschitz(self) -> float:
        """The steeper side's slope."""
        return max(self.quantile, 1 - self.quantile)

    def _best_constant(self, y: FloatArray, weight: FloatArray) -> float:
        return quantile(y, weight, self.quantile)

    def formula(self, r: FloatArray) -> FloatArray:
        """Return τ|r| where r < 0, else (1 − τ)|r|."""
        return plain(self.factors(r)[0])

    def derivative(self, r: FloatArray) -> FloatArray:
        """Return −τ where r < 0, 0 at 0, else 1 − τ."""
        return np.sign(r).clip(-self.quantile, _rest(self.quantile, r.dtype))

    def factors(self, r: FloatArray) -> tuple[Product, Scaled]:
        """Return the derivative·r and 1·the derivative."""
        slope = self.derivative(r)
        return Product(slope, r), Scaled(1.0, slope)

    def second_derivative(self, r: FloatArray) -> FloatArray:
        """Return 0."""
        return np.zeros_like(r)

    def curvature_formula(self, r: FloatArray) -> FloatArray:
        """Return 1, since the second derivative says nothing."""
        return np.ones_like(r)


@dataclass(frozen=True, kw_only=True, repr=False)
class Expectile(ResidualLoss):
    """The loss of expectiles: τr² where ŷ < y, else (1 − τ)r². At τ = ½ it is half of `MSE`.

    Expectiles are to the mean what quantiles are to the median. It is `Asymmetric(shortfall_weight=τ,
    overshoot_weight=1 − τ)`; at ŷ = y the second derivative takes the overshoot weight, 1 − τ.

    Curvature: the second derivative.

    Parameters
    ----------
    expectile : float, default 0.5
        τ in (0, 1): the larger, the higher the predictions.
    reduction : {"mean", "sum", "none"}, default "mean"
        See `Loss`.

    References
    ----------
    Newey and Powell (1987), "Asymmetric least squares estimation and testing", Econometrica 55, 819-847, eq. (2.1).

    Examples
    --------
    >>> from losses import Expectile
    >>> Expectile(expectile=0.75).value([0.0, 0.0], [-2.0, 2.0])
    2.0
    >>> Expectile(expectile=0.75).grad([0.0, 0.0], [-2.0, 2.0])
    array([-1.5,  0.5])
    """

    expectile: OpenFraction = 0.5

    is_convex: ClassVar[bool] = True
    is_differentiable: ClassVar[bool] = True
    kinks: ClassVar[tuple[float, ...]] = ()

    @by_parameters
    def is_twice_differentiable(self) -> bool:
        """Whether τ = ½."""
        return self.expectile == 0.5

    @by_parameters
    def is_symmetric(self) -> bool:
        """Whether τ = ½."""
        return self.expectile == 0.5

    @by_parameters
    def smoothness(self) -> float:
        """The steeper side's second derivative."""
        return 2 * max(self.expectile, 1 - self.expectile)

    def _best_constant(self, y: FloatArray, weight: FloatArray) -> float:
        return expectile(y, weight, self.expectile, 1 - self.expectile)

    def formula(self, r: FloatArray) -> FloatArray:
        """Return τr² where r < 0, else (1 − τ)r²."""
        return plain(self.factors(r)[0])

    def derivative(self, r: FloatArray) -> FloatArray:
        """Return 2τr where r < 0, else 2(1 − τ)r."""
        return self.second_derivative(r) * r

    def factors(self, r: FloatArray) -> tuple[Product, Scaled]:
        """Return τr·r or (1 − τ)r·r, and 1·the derivative."""
        slope = r if self.expectile == 0.5 else self.derivative(r)
        return Product(slope, 0.5 * r), Scaled(1.0, slope)

    def second_derivative(self, r: FloatArray) -> FloatArray:
        """Return 2τ where r < 0, else 2(1 − τ)."""
        return by_side(r, 2 * self.expectile, 2 * _rest(self.expectile, r.dtype))

    def curvature_formula(self, r: FloatArray) -> FloatArray:
        """Return the second derivative."""
        return self.second_derivative(r)

    def derivative_and_curvature(self, r: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return both, with the weights computed once."""
        weight = self.second_derivative(r)
        return weight * r, weight


@dataclass(frozen=True, kw_only=True, repr=False)
class EpsilonInsensitive(ResidualLoss):
    """Absolute error beyond a tube: max(0, |r| − ε), the loss of support vector regression.

    As scikit-learn's `LinearSVR` and `SGDRegressor`. The gradient is 0 where the loss reaches zero, at |r| = ε.

    Curvature: the constant 1.

    Parameters
    ----------
    epsilon : float, default 0.1
        ε, the size of residuals that cost nothing, in the units of the target; not negative.
    reduction : {"mean", "sum", "none"}, default "mean"
        See `Loss`.

    References
    ----------
    Vapnik (1995), "The Nature of Statistical Learning Theory", section 6.1.

    Examples
    --------
    >>> from losses import EpsilonInsensitive
    >>> EpsilonInsensitive(epsilon=0.5).value([0.0, 0.0], [0.25, -2.0])
    0.75
    >>> EpsilonInsensitive(epsilon=0.5).grad([0.0, 0.0], [0.25, -2.0])
    array([ 0. , -0.5])
    """

    epsilon: NotNegative = 0.1

    is_convex: ClassVar[bool] = True
    is_differentiable: ClassVar[bool] = False
    is_twice_differentiable: ClassVar[bool] = False
    is_symmetric: ClassVar[bool] = True
    lipschitz: ClassVar[float] = 1.0
    constant_curvature: ClassVar[float] = 1.0

    @by_parameters
    def kinks(self) -> tuple[float, ...]:
        """Where the tube ends."""
        return (-self.epsilon, self.epsilon) if self.epsilon else (0.0,)

    def _best_constant(self, y: FloatArray, weight: FloatArray) -> float:
        # 2 max(0, |r| − ε) = |r − ε| + |r + ε| − 2ε
        ends = np.concatenate([y - self.epsilon, y + self.epsilon])
        return quantile(ends, np.concatenate([weight, weight]), 0.5)

    def formula(self, r: FloatArray) -> FloatArray:
        """Return max(0, |r| − ε)."""
        return np.abs(beyond(r, self.epsilon))

    def derivative(self, r: FloatArray) -> FloatArray:
        """Return the sign of r where |r| > ε, else 0."""
        return np.sign(beyond(r, self.epsilon))

    def factors(self, r: FloatArray) -> tuple[Product, Scaled]:
        """Return sign·rest and 1·sign, of the rest of r that lies beyond the tube."""
        rest = beyond(r, self.epsilon)
        sign = np.sign(rest)
        return Product(sign, rest), Scaled(1.0, sign)

    def second_derivative(self, r: FloatArray) -> FloatArray:
        """Return 0."""
        return np.zeros_like(r)

    def curvature_formula(self, r: FloatArray) -> FloatArray:
        """Return 1, since the second derivative says nothing."""
        return np.ones_like(r)


@dataclass(frozen=True, kw_only=True, repr=False)
class SquaredEpsilonInsensitive(ResidualLoss):
    """Squared error beyond a tube: max(0, |r| − ε)².

    As scikit-learn's `LinearSVR` and `SGDRegressor`. There is no factor ½. The second derivative at |r| = ε is 0.

    Curvature: the constant 2.

    Parameters
    ----------
    epsilon : float, default 0.1
        ε, the size of residuals that cost nothing, in the units of the target; not negative.
    reduction : {"mean", "sum", "none"}, default "mean"
        See `Loss`.

    References
    ----------
    Vapnik (1995), "The Nature of Statistical Learning Theory", section 6.1.

    Examples
    --------
    >>> from losses import SquaredEpsilonInsensitive
    >>> SquaredEpsilonInsensitive(epsilon=0.5).value([0.0, 0.0], [0.25, -2.0])
    1.125
    >>> SquaredEpsilonInsensitive(epsilon=0.5).grad([0.0, 0.0], [0.25, -2.0])
    array([ 0. , -1.5])
    """

    epsilon: NotNegative = 0.1

    is_convex: ClassVar[bool] = True
    is_differentiable: ClassVar[bool] = True
    is_twice_differentiable: ClassVar[bool] = False
    is_symmetric: ClassVar[bool] = True
    smoothness: ClassVar[float] = 2.0
    kinks: ClassVar[tuple[float, ...]] = ()
    constant_curvature: ClassVar[float] = 2.0

    def formula(self, r: FloatArray) -> FloatArray:
        """Return max(0, |r| − ε)²."""
        return plain(self.factors(r)[0])

    def derivative(self, r: FloatArray) -> FloatArray:
        """Return 2(r − ε) where r > ε, 2(r + ε) where r < −ε, else 0."""
        return 2 * beyond(r, self.epsilon)

    def slope(self, r: FloatArray) -> Scaled:
        """Return 2·(r beyond ±ε)."""
        return Scaled(2.0, beyond(r, self.epsilon))

    def factors(self, r: FloatArray) -> tuple[Product, Scaled]:
        """Return the square of r beyond ±ε, and 2·that."""
        rest = beyond(r, self.epsilon)
        return Product(rest, rest), Scaled(2.0, rest)

    def second_derivative(self, r: FloatArray) -> FloatArray:
        """Return 2 where |r| > ε, else 0."""
        return 2 * (np.abs(r) > self.epsilon).astype(r.dtype)

    def curvature_formula(self, r: FloatArray) -> FloatArray:
        """Return 2."""
        return np.full_like(r, 2)


NotZero: TypeAlias = Annotated[float, Range("be finite and not 0", lambda x: math.isfinite(x) and x != 0)]


@dataclass(frozen=True, kw_only=True, repr=False)
class LINEX(ResidualLoss):
    """Linear on one side and exponential on the other: e^{ar} − ar − 1.

    For costs that explode on one side: predictions that are too high for a > 0, too low for a < 0. Near r = 0 it is
    ½(ar)². A sample's loss and gradient have a relative error of at most 8 eps (1 + |ar|), also for tiny ar, where the
    formula as written cancels.

    Curvature: the second derivative, a²e^{ar}, kept above the machine epsilon times a².

    Parameters
    ----------
    a : float, default 1.0
        a, how steep, per unit of the target; of either sign, not 0.
    reduction : {"mean", "sum", "none"}, default "mean"
        See `Loss`.

    References
    ----------
    Varian (1975), "A Bayesian approach to real estate assessment"; Zellner (1986), "Bayesian estimation and prediction
    using asymmetric loss functions", Journal of the American Statistical Association 81, 446-451, eq. (2.1).

    Examples
    --------
    >>> from losses import LINEX
    >>> LINEX(a=2.0, reduction="none").value([0.0, 0.0], [-1.0, 1.0])
    array([1.13533528, 4.3890561 ])
    >>> LINEX(a=1e-9).value([0.0], [1.0])
    5.000000001666667e-19
    """

    a: NotZero = 1.0

    is_convex: ClassVar[bool] = True
    is_differentiable: ClassVar[bool] = True
    is_twice_differentiable: ClassVar[bool] = True
    is_symmetric: ClassVar[bool] = False
    kinks: ClassVar[tuple[float, ...]] = ()

    def _best_constant(self, y: FloatArray, weight: FloatArray) -> float:
        # −log(mean of e^{−ay})/a, with the largest exponential taken out
        top = float(y.min() if self.a > 0 else y.max())
        z = -self.a * (y - top)
        average = mean(np.exp(z), weight)
        log = math.log1p(mean(np.expm1(z), weight)) if average > 0.5 else math.log(average)
        return top - log / self.a

    def formula(self, r: FloatArray) -> FloatArray:
        """Return e^{ar} − 1 − ar."""
        z = _scaled(self.a, r)
        return growth_beyond_tangent(z, np.expm1(z))

    def derivative(self, r: FloatArray) -> FloatArray:
        """Return a(e^{ar} − 1)."""
        return _scaled(self.a, np.expm1(_scaled(self.a, r)))

    def second_derivative(self, r: FloatArray) -> FloatArray:
        """Return a²e^{ar}."""
        bend: FloatArray = self.a * (self.a * np.exp(self.a * r))
        return bend

    def curvature_formula(self, r: FloatArray) -> FloatArray:
        """Return a²e^{ar}, above the machine epsilon times a²."""
        z = _scaled(self.a, r)
        return self._bend(z, np.expm1(z))

    def formula_and_derivative(self, r: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return `formula` and `derivative`, which share the exponential."""
        z = _scaled(self.a, r)
        growth = np.expm1(z)
        return growth_beyond_tangent(z, growth), _scaled(self.a, growth)

    def derivative_and_curvature(self, r: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return `derivative` and `curvature_formula`, which share the exponential."""
        z = _scaled(self.a, r)
        growth = np.expm1(z)
        return _scaled(self.a, growth), self._bend(z, growth)

    def _bend(self, z: FloatArray, growth: FloatArray) -> FloatArray:
        """Return a²e^z above the machine epsilon times a², by e^z − 1 where adding 1 to that cancels nothing."""
        (e,) = by_case(growth < -0.5, lambda z, _: [np.exp(z)], lambda _, growth: [1.0 + growth], z, growth)
        bend = _scaled(self.a, _scaled(self.a, e))
        return at_least(bend, least_curvature(growth.dtype, abs(self.a)))


def _sign(r: FloatArray) -> FloatArray:
    """Return the sign of r."""
    if r.size > _FEW:  # r/|r| takes a third to two thirds of the time of np.sign, but is NaN where r is 0 or infinite
        ratio: FloatArray = np.abs(r)
        np.divide(r, ratio, out=ratio)
        if not math.isnan(ratio.item(ratio.argmax())):
            return ratio
    return np.sign(r)


def _limited(r: FloatArray, limit: float) -> FloatArray:
    """Return r limited to ±limit."""
    return r.clip(-limit, limit)


def _secant(slope: FloatArray, r: FloatArray, limit: float, bend: float) -> FloatArray:
    """Return ψ(r)/r above the machine epsilon times its value at 0, given ψ: bend·r within ±limit, constant beyond."""
    weight: FloatArray = slope / r
    limits = np.finfo(r.dtype)
    floor = max(float(limits.eps) * bend, float(limits.tiny))
    if weight.size and weight.item(weight.argmin()) >= floor:  # which a NaN is not
        return weight
    low = ~(weight >= floor)
    weight[low] = bend * limit / np.abs(r[low]).clip(limit, limit / limits.eps)
    return weight


def _less_half(r: FloatArray, c: FloatArray) -> FloatArray:
    """Return r − ½c."""
    rest = -0.5 * c
    rest += r
    return rest


def by_side(r: FloatArray, shortfall: float, overshoot: float) -> FloatArray:
    """Return one number where r < 0, and another where r ≥ 0."""
    # light + (heavy − light) · [heavy side] takes a fifth of the time of np.where, and is off by an ulp at most
    on_heavy_side = r < 0.0 if shortfall > overshoot else r >= 0.0
    weight: FloatArray = on_heavy_side.astype(r.dtype)
    weight *= abs(overshoot - shortfall)
    weight += min(shortfall, overshoot)
    return weight


@lru_cache(maxsize=256)
def _rest(share: float, dtype: Dtype) -> Any:
    """Return 1 − share to the precision of a dtype."""
    return dtype.type(1 - np.longdouble(share))


def beyond(r: FloatArray, limit: float) -> FloatArray:
    """Return how far r lies beyond ±limit, with its sign; 0 between."""
    return r - _limited(r, limit)


# ------------------------------------------------------------------------------------- relative errors


_AMOUNT = "; MSLE compares 1 + ŷ with 1 + y, for amounts that are not negative"
_LOGARITHMIC = {
    "y_true": Above("a target must be greater than -1", -1.0, math.inf, _AMOUNT),
    "y_pred": Above("a prediction must be greater than -1", -1.0, math.inf, _AMOUNT),
}


@dataclass(frozen=True, kw_only=True, repr=False)
class MSLE(ElementwiseLoss):
    """Squared logarithmic error, (log(1 + ŷ) − log(1 + y))². For amounts over several orders of magnitude.

    As scikit-learn's `mean_squared_log_error`, and with its full precision also where ŷ is close to y. It isn't convex:
    far above y, the logarithm flattens it.

    Curvature: 2/(1 + ŷ)², the second derivative where ŷ = y, kept above the smallest normal number.

    Parameters
    ----------
    reduction : {"mean", "sum", "none"}, default "mean"
        See `Loss`.

    Raises
    ------
    ValueError
        From the methods, if a target or a prediction is −1 or less.

    References
    ----------
    Törnqvist, Vartia and Vartia (1985), "How should relative changes be measured?", The American Statistician 39,
    43-46.

    Examples
    --------
    >>> from losses import MSLE
    >>> MSLE().value([0.0, 3.0], [0.0, 7.0])
    0.2402265069591007
    >>> MSLE().grad([0.0, 3.0], [0.0, 7.0])
    array([0.       , 0.0866434])
    """

    is_convex: ClassVar[bool] = False
    is_differentiable: ClassVar[bool] = True
    is_twice_differentiable: ClassVar[bool] = True

    def _best_constant(self, y: FloatArray, weight: FloatArray) -> float:
        return math.expm1(mean(np.log1p(y), weight))

    def domains(self) -> Mapping[str, Interval]:
        """Return the numbers above −1, for both."""
        return _LOGARITHMIC

    def formula(self, y: FloatArray, p: FloatArray) -> FloatArray:
        """Return (log(1 + p) − log(1 + y))²."""
        log = _log_ratio(y, p)
        return log * log

    def derivative(self, y: FloatArray, p: FloatArray) -> FloatArray:
        """Return 2(log(1 + p) − log(1 + y))/(1 + p)."""
        return _twice_per_amount(_log_ratio(y, p), p)

    def second_derivative(self, y: FloatArray, p: FloatArray) -> FloatArray:
        """Return 2(1 − log(1 + p) + log(1 + y))/(1 + p)²."""
        return 2 * (1 - _log_ratio(y, p)) / (1 + p) / (1 + p)

    def curvature_formula(self, y: FloatArray, p: FloatArray) -> FloatArray:
        """Return 2/(1 + p)², above the smallest normal number."""
        amount = 1.0 + p
        return at_least(2.0 / amount / amount, np.finfo(p.dtype).tiny)

    def formula_and_derivative(self, y: FloatArray, p: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return `formula` and `derivative`, which share the logarithm."""
        log = _log_ratio(y, p)
        return log * log, _twice_per_amount(log, p)


def _twice_per_amount(log: FloatArray, p: FloatArray) -> FloatArray:
    return 2.0 * log / (1.0 + p)


def _log_ratio(y: FloatArray, p: FloatArray) -> FloatArray:
    """Return log((1 + p)/(1 + y)), as ± log(1 + |p − y|/(1 + the lower of the two)), in which nothing cancels."""
    r, low = p - y, np.minimum(y, p)
    ratio = np.abs(r) / (1.0 + low)
    log: FloatArray = np.log1p(ratio)
    if ratio.size and not ratio.item(ratio.argmax()) < math.inf:
        log = np.where(np.isinf(ratio), np.log1p(np.maximum(y, p)) - np.log1p(low), log)
    return np.copysign(log, r)


_LEAST_TARGET = float(np.finfo(np.float64).eps)


@dataclass(frozen=True, kw_only=True, repr=False)
class MAPE(ElementwiseLoss):
    """Absolute percentage error, as a fraction: |r| / max(|y|, ε), ε = 2⁻⁵².

    As scikit-learn's `mean_absolute_percentage_error`; ε is float64's machine epsilon, whatever the dtype. Keras's is
    100 times that, with ε = 10⁻⁷. It punishes predictions that are too high more than ones that are too low, since the
    latter cost 1 at most where targets are positive. The gradient at r = 0 is 0.

    Curvature: 1/max(|y|, ε), kept above the smallest normal number.

    Parameters
    ----------
    reduction : {"mean", "sum", "none"}, default "mean"
        See `Loss`.

    References
    ----------
    Hyndman and Koehler (2006), "Another look at measures of forecast accuracy", International Journal of Forecasting
    22, 679-688, section 2.2.

    Examples
    --------
    >>> from losses import MAPE
    >>> MAPE().value([1.0, 10.0], [1.5, 15.0])
    0.5
    >>> MAPE().grad([1.0, 10.0], [1.5, 15.0])
    array([0.5 , 0.05])
    """

    is_convex: ClassVar[bool] = True
    is_differentiable: ClassVar[bool] = False
    is_twice_differentiable: ClassVar[bool] = False

    def _best_constant(self, y: FloatArray, weight: FloatArray) -> float:
        return quantile(y, weight / weight.max() / np.maximum(np.abs(y), _LEAST_TARGET), 0.5)

    def formula(self, y: FloatArray, p: FloatArray) -> FloatArray:
        """Return |p − y| / max(|y|, ε)."""
        return np.abs(p - y) * _per_target(y)

    def derivative(self, y: FloatArray, p: FloatArray) -> FloatArray:
        """Return the sign of p − y, over max(|y|, ε)."""
        return np.sign(p - y) * _per_target(y)

    def formula_and_derivative(self, y: FloatArray, p: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return `formula` and `derivative`, which share the quotient."""
        r = p - y
        slope = np.sign(r) * _per_target(y)
        return slope * r, slope

    def derivative_and_curvature(self, y: FloatArray, p: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return `derivative` and `curvature_formula`, which share the quotient."""
        quotient = _per_target(y)
        return np.sign(p - y) * quotient, self._kept(quotient)

    def second_derivative(self, y: FloatArray, p: FloatArray) -> FloatArray:
        """Return 0."""
        return np.zeros_like(p)

    def curvature_formula(self, y: FloatArray, p: FloatArray) -> FloatArray:
        """Return 1/max(|y|, ε), above the smallest normal number."""
        return self._kept(_per_target(y))

    def _kept(self, quotient: FloatArray) -> FloatArray:
        return at_least(quotient, np.finfo(quotient.dtype).tiny)


def _per_target(y: FloatArray) -> FloatArray:
    """Return 1/max(|y|, ε)."""
    return 1.0 / at_least(np.abs(y), _LEAST_TARGET)


@dataclass(frozen=True, kw_only=True, repr=False)
class SMAPE(ElementwiseLoss):
    """Symmetric absolute percentage error, as a fraction: 2|r| / (|y| + |ŷ|), and 0 where both are 0.

    It lies between 0 and 2, and is 2 wherever ŷ and y have different signs; there, and at y = 0, the gradient is 0 and
    nothing is learnt. Many write it in percent, some without the factor 2. It isn't convex. The gradient is 0 at the
    kinks, which lie at ŷ = y and ŷ = 0.

    Curvature: the constant 1.

    Parameters
    ----------
    reduction : {"mean", "sum", "none"}, default "mean"
        See `Loss`.

    References
    ----------
    Makridakis (1993), "Accuracy measures: theoretical and practical concerns", International Journal of Forecasting 9,
    527-529.

    Examples
    --------
    >>> from losses import SMAPE
    >>> SMAPE().value([1.0, 0.0], [3.0, 0.0])
    0.5
    >>> SMAPE().grad([1.0, 0.0], [3.0, 0.0])
    array([0.125, 0.   ])
    """

    is_convex: ClassVar[bool] = False
    is_differentiable: ClassVar[bool] = False
    is_twice_differentiable: ClassVar[bool] = False

    def _best_constant(self, y: FloatArray, weight: FloatArray) -> float:
        # on the way from one target to the next the loss is concave in log ŷ: the best constant is one of the targets
        mean = self.with_reduction("mean")
        candidates = np.unique(y)
        while True:
            step = -(-candidates.size // _MOST_CANDIDATES)
            tried = candidates[::step]
            best = int(np.argmin([mean.value(y, np.full_like(y, c), sample_weight=weight) for c in tried]))
            if step == 1:
                return float(tried[best])
            candidates = candidates[max(best * step - step, 0) : best * step + step + 1]

    def formula(self, y: FloatArray, p: FloatArray) -> FloatArray:
        """Return |p − y|/h, where h is the mean of |y| and |p|."""
        p = _finite(p)
        return np.abs(p - y) / _half(np.abs(y), p)

    def derivative(self, y: FloatArray, p: FloatArray) -> FloatArray:
        """Return ±|y|/h² where y and p have the same sign, else 0."""
        size, p = np.abs(y), _finite(p)
        return _toward(y, p, p - y) * _steepness(size, _half(size, p))

    def formula_and_derivative(self, y: FloatArray, p: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return `formula` and `derivative`, which share h."""
        size, p = np.abs(y), _finite(p)
        r, half = p - y, _half(size, p)
        return np.abs(r) / half, _toward(y, p, r) * _steepness(size, half)

    def second_derivative(self, y: FloatArray, p: FloatArray) -> FloatArray:
        """Return ∓|y|/h³ where y and p have the same sign, else 0."""
        size, p = np.abs(y), _finite(p)
        half = _half(size, p)
        return _toward(y, p, p - y) * -np.sign(p) * (_steepness(size, half) / half)

    def curvature_formula(self, y: FloatArray, p: FloatArray) -> FloatArray:
        """Return 1, since the second derivative is negative on one side."""
        return np.ones_like(p)


_MOST_CANDIDATES = 256


def _finite(p: FloatArray) -> FloatArray:
    limit = np.finfo(p.dtype).max
    return p.clip(-limit, limit)


def _half(size: FloatArray, p: FloatArray) -> FloatArray:
    """Return ½|y| + ½|p|, given |y|, which is positive and does not overflow."""
    return at_least(0.5 * size + 0.5 * np.abs(p), np.finfo(p.dtype).smallest_subnormal)


def _toward(y: FloatArray, p: FloatArray, r: FloatArray) -> FloatArray:
    """Return the sign of r where y and p have the same sign, else 0."""
    return np.sign(r) * (np.sign(y) * p > 0.0)


def _steepness(size: FloatArray, half: FloatArray) -> FloatArray:
    """Return |y|/h², in an order in which nothing overflows early."""
    return size / half / half
