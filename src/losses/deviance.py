"""Losses for counts and amounts: deviances, up to terms in y, of distributions whose mean is the prediction.

The prediction s is the logarithm of the mean μ = e^s (the log link), so that any real number is one.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, NamedTuple, TypeAlias

import numpy as np

from losses._admission.domains import Above, Interval
from losses._loss.elementwise import ElementwiseLoss
from losses._loss.parameters import Positive, Range, by_parameters
from losses._loss.samplewise import floored
from losses._maths.logistic import safe_exponent
from losses._maths.statistics import mean
from losses._types import Array, FloatArray

_LEAVE_OUT = "; leave such samples out, or give them a sample_weight of 0"
_REAL = Interval("a target must be a number", -math.inf, math.inf, _LEAVE_OUT)
_COUNT = Interval("a target must not be negative", 0.0, math.inf, _LEAVE_OUT)
_AMOUNT = Above(
    "a target must be positive", 0.0, math.inf, "; amounts that may be 0 need Tweedie with a power between 1 and 2"
)
_RATE = Above("a predicted mean must be positive", 0.0, math.inf, "; if these are logarithms, pass log_input=True")

_OF_COUNTS = {"y_true": _COUNT}
_OF_AMOUNTS = {"y_true": _AMOUNT}
_OF_ANY = {"y_true": _REAL}
_OF_COUNTS_AND_RATES = {"y_true": _COUNT, "y_pred": _RATE}


@dataclass(frozen=True, kw_only=True, repr=False)
class _Deviance(ElementwiseLoss):
    """Base of the deviances: losses that are least where the mean is that of the targets, which has a log link."""

    is_convex: ClassVar[bool | None] = True
    is_differentiable: ClassVar[bool] = True
    is_twice_differentiable: ClassVar[bool] = True

    def _best_constant(self, y: FloatArray, weight: FloatArray) -> float:
        average = mean(y, weight)
        if average <= 0:
            raise ValueError(
                f"the weighted mean of y_true is {average!r}, whose logarithm is not finite: the loss has no least "
                "constant prediction"
            )
        return math.log(average)

    def _link(self, y_pred: FloatArray) -> FloatArray:
        return np.exp(y_pred)

    def domains(self) -> Mapping[str, Interval]:
        """Return the domain of the targets: counts or amounts from 0."""
        return _OF_COUNTS


@dataclass(frozen=True, kw_only=True, repr=False)
class Poisson(_Deviance):
    """Poisson deviance, halved and up to terms in y: e^s − ys, or with ``log_input=False`` ŷ − y log ŷ.

    For counts, rates and frequencies: y is what was counted, or any amount whose variance grows as its mean, and the
    prediction s the logarithm of the mean. It is PyTorch's `poisson_nll_loss` without its `eps` and `full`, and
    scikit-learn's half Poisson deviance without the terms y log y − y.

    Curvature: the second derivative e^s; with ``log_input=False`` the Fisher information 1/ŷ, since y/ŷ² is 0 for a
    count of 0. Both are kept above the machine epsilon.

    Parameters
    ----------
    log_input : bool, default True
        Whether y_pred holds the logarithm s of the mean, rather than the mean ŷ, which must be positive. Prefer it:
        any real number is a prediction then.
    reduction : {"mean", "sum", "none"}, default "mean"
        See `Loss`.

    References
    ----------
    McCullagh and Nelder (1989), "Generalized Linear Models", 2nd ed., section 6.2 and table 2.1.

    Examples
    --------
    >>> from losses import Poisson
    >>> Poisson().value([0, 3], [0.0, 1.0])
    0.35914091422952255
    >>> Poisson(log_input=False).grad([0, 3], [1.0, 2.0])
    array([ 0.5 , -0.25])
    """

    temporaries: ClassVar[int] = 2

    log_input: bool = True

    def _best_constant(self, y: FloatArray, weight: FloatArray) -> float:
        best = super()._best_constant(y, weight)
        return best if self.log_input else mean(y, weight)

    def _link(self, y_pred: FloatArray) -> FloatArray:
        return np.exp(y_pred) if self.log_input else y_pred

    def domains(self) -> Mapping[str, Interval]:
        """Return the domains of the counts, and of the means where these are predicted."""
        return _OF_COUNTS if self.log_input else _OF_COUNTS_AND_RATES

    def formula(self, y: FloatArray, p: FloatArray) -> FloatArray:
        """Return e^s − ys, or ŷ − y log ŷ."""
        return self.formula_and_derivative(y, p)[0]

    def derivative(self, y: FloatArray, p: FloatArray) -> FloatArray:
        """Return e^s − y, or 1 − y/ŷ."""
        return np.exp(p) - y if self.log_input else 1 - y / p

    def formula_and_derivative(self, y: FloatArray, p: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return `formula` and `derivative`, which share the mean."""
        if not self.log_input:
            return _decided(p - y * np.log(p), p), self.derivative(y, p)
        mu = np.exp(p)
        return _decided(mu - y * p, mu), mu - y

    def second_derivative(self, y: FloatArray, p: FloatArray) -> FloatArray:
        """Return e^s, or y/ŷ²."""
        return np.exp(p) if self.log_input else y / p / p

    def curvature_formula(self, y: FloatArray, p: FloatArray) -> FloatArray:
        """Return e^s, or 1/ŷ, above the machine epsilon."""
        return floored(np.exp(p) if self.log_input else 1 / p)

    def derivative_and_curvature(self, y: FloatArray, p: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return `derivative` and `curvature_formula`, which share the mean."""
        if not self.log_input:
            return self.derivative(y, p), self.curvature_formula(y, p)
        mu = np.exp(p)
        return mu - y, floored(mu)


@dataclass(frozen=True, kw_only=True, repr=False)
class Gamma(_Deviance):
    """Gamma deviance, halved and up to terms in y: s + ye^{−s}.

    For positive amounts whose standard deviation grows as their mean (claims, durations, intensities); the prediction s
    is the logarithm of the mean. It is scikit-learn's half gamma deviance without the terms −log y − 1; the negative
    log-likelihood of a gamma distribution of shape k is k times as much.

    Curvature: the second derivative ye^{−s}, kept above the machine epsilon.

    Parameters
    ----------
    reduction : {"mean", "sum", "none"}, default "mean"
        See `Loss`.

    References
    ----------
    McCullagh and Nelder (1989), "Generalized Linear Models", 2nd ed., section 8.3 and table 2.1.

    Examples
    --------
    >>> from losses import Gamma
    >>> Gamma().value([1.0, 2.0], [0.0, 0.0])
    1.5
    >>> Gamma().grad([1.0, 2.0], [0.0, 0.0])
    array([ 0. , -0.5])
    """

    def domains(self) -> Mapping[str, Interval]:
        """Return the domain of the targets: positive amounts."""
        return _OF_AMOUNTS

    def formula(self, y: FloatArray, p: FloatArray) -> FloatArray:
        """Return s + ye^{−s}."""
        return self.formula_and_derivative(y, p)[0]

    def derivative(self, y: FloatArray, p: FloatArray) -> FloatArray:
        """Return 1 − ye^{−s}."""
        return 1 - _times_exp(y, -p)

    def formula_and_derivative(self, y: FloatArray, p: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return `formula` and `derivative`, which share the ratio of y and the mean."""
        ratio = _times_exp(y, -p)
        return _decided(p + ratio, ratio), 1 - ratio

    def second_derivative(self, y: FloatArray, p: FloatArray) -> FloatArray:
        """Return ye^{−s}."""
        return _times_exp(y, -p)

    def derivative_and_curvature(self, y: FloatArray, p: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return `derivative`, and the second derivative above the machine epsilon."""
        ratio = _times_exp(y, -p)
        return 1 - ratio, floored(ratio)


_NEAR = 1e-3
"""So close to a power of 1 or 2, Tweedie's deviance is shifted to tend to Poisson's or gamma's."""


Power: TypeAlias = Annotated[
    float, Range("be finite and not lie between 0 and 1", lambda p: -math.inf < p <= 0 or 1 <= p < math.inf)
]


@dataclass(frozen=True, kw_only=True, repr=False)
class Tweedie(_Deviance):
    """Tweedie deviance of power p, halved and up to terms in y: e^{s(2−p)}/(2−p) − ye^{s(1−p)}/(1−p).

    For amounts whose variance grows as the power p of their mean. With 1 < p < 2 they are sums of a Poisson number of
    gamma amounts, with a probability of 0: insurance claims, rain. p = 0 is the normal distribution, 1 Poisson's, 2
    gamma, 3 inverse Gaussian. The prediction s is the logarithm of the mean. It is scikit-learn's half Tweedie deviance
    without its terms in y.

    Towards p = 1 and 2 the formula as written goes to infinity, by a term in y and by a constant. Within 1e-3 of 1 it
    is therefore e^{s(2−p)}/(2−p) − y(e^{s(1−p)} − 1)/(1−p), which tends to `Poisson`; within 1e-3 of 2 it is
    (e^{s(2−p)} − 1)/(2−p) − ye^{s(1−p)}/(1−p), which tends to `Gamma`. The gradient needs no such choice.

    Curvature: for 1 ≤ p ≤ 2 the second derivative (2−p)e^{s(2−p)} + (p−1)ye^{s(1−p)}, elsewhere, where that may be
    negative, the Fisher information e^{s(2−p)}; both kept above the machine epsilon.

    An exponent a = s(2−p) or s(1−p) is rounded, so that results are within (16 + |a|)·eps of the largest term.

    Parameters
    ----------
    power : float, default 1.5
        p, finite and not between 0 and 1. Targets must not be negative for 1 ≤ p < 2, and must be positive for p ≥ 2;
        for p ≤ 0 they may be any number.
    reduction : {"mean", "sum", "none"}, default "mean"
        See `Loss`.

    References
    ----------
    Jørgensen (1987), "Exponential dispersion models", Journal of the Royal Statistical Society B 49, 127-162; Dunn and
    Smyth (2005), "Series evaluation of Tweedie exponential dispersion model densities", Statistics and Computing 15.

    Examples
    --------
    >>> from losses import Tweedie
    >>> Tweedie(power=1.5).value([0.0, 3.0], [0.0, 0.0])
    5.0
    >>> Tweedie(power=1.5).grad([0.0, 3.0], [0.0, 0.0])
    array([ 0.5, -1. ])
    """

    power: Power = 1.5

    @by_parameters
    def is_convex(self) -> bool:
        """Whether the second derivative is positive for all y."""
        return 1 <= self.power <= 2

    def domains(self) -> Mapping[str, Interval]:
        """Return the domain of the targets, which depends on the power."""
        if self.power >= 2:
            return _OF_AMOUNTS
        return _OF_COUNTS if self.power >= 1 else _OF_ANY

    def formula(self, y: FloatArray, p: FloatArray) -> FloatArray:
        """Return e^{s(2−p)}/(2−p) − ye^{s(1−p)}/(1−p), shifted near p = 1 and 2."""
        return self._loss(y, p, *self._powers(y, p))

    def derivative(self, y: FloatArray, p: FloatArray) -> FloatArray:
        """Return e^{s(2−p)} − ye^{s(1−p)}."""
        a, b = self._powers(y, p)
        return self._sum(a, -b)

    def formula_and_derivative(self, y: FloatArray, p: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return `formula` and `derivative`, which share the powers of the mean."""
        a, b = self._powers(y, p)
        return self._loss(y, p, a, b), self._sum(a, -b)

    def second_derivative(self, y: FloatArray, p: FloatArray) -> FloatArray:
        """Return (2−p)e^{s(2−p)} − (1−p)ye^{s(1−p)}."""
        return self._bend(*self._powers(y, p))

    def curvature_formula(self, y: FloatArray, p: FloatArray) -> FloatArray:
        """Return the second derivative where it is positive for all y, else e^{s(2−p)}; above the machine epsilon."""
        return self.derivative_and_curvature(y, p)[1]

    def derivative_and_curvature(self, y: FloatArray, p: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return `derivative` and `curvature_formula`, which share the powers of the mean."""
        a, b = self._powers(y, p)
        return self._sum(a, -b), floored(self._bend(a, b) if self.is_convex else a)

    def _powers(self, y: FloatArray, s: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return e^{s(2−p)} and ye^{s(1−p)}."""
        one, two = (self._less(k, s) for k in (1, 2))
        return np.exp(s * two) if two else np.ones_like(s), _times_exp(y, s * one) if one else y

    def _loss(self, y: FloatArray, s: FloatArray, a: FloatArray, b: FloatArray) -> FloatArray:
        one, two = (self._less(k, s) for k in (1, 2))
        first = _times_rise(np.ones_like(s), s, two) if abs(self.power - 2) < _NEAR else a / two
        second = _times_rise(y, s, one) if abs(self.power - 1) < _NEAR else b / one
        return self._sum(first, -second)

    def _bend(self, a: FloatArray, b: FloatArray) -> FloatArray:
        return self._sum(self._less(2, a) * a, -self._less(1, b) * b)

    def _less(self, k: int, like: FloatArray) -> Any:
        """Return k − p, which is rounded once to the dtype computed in."""
        return np.longdouble(k) - self.power if like.dtype.char == "g" else k - self.power

    def _sum(self, of_mean: FloatArray, of_target: FloatArray) -> FloatArray:
        """Return the sum of two terms; where both are infinite, that of the higher power wins."""
        return _decided(of_mean + of_target, of_mean if self.power < 2 else of_target)


@dataclass(frozen=True, kw_only=True, repr=False)
class NegativeBinomial(_Deviance):
    """Negative binomial deviance (NB2), halved and up to terms in y: (y + 1/α) log(1 + αe^s) − ys.

    For counts that vary more than Poisson's do: with mean μ = e^s their variance is μ + αμ². For small α it tends to
    `Poisson`. It is statsmodels' negative binomial log-likelihood with its sign changed and without the terms in y
    alone.

    Curvature: the second derivative μ(1 + αy)/(1 + αμ)², kept above the machine epsilon. It is within (16 + |s|)·eps of
    itself.

    Parameters
    ----------
    dispersion : float, default 1.0
        α, how much the counts vary more than Poisson's; positive. Below the smallest normal number of the dtype
        computed in it is taken as that.
    reduction : {"mean", "sum", "none"}, default "mean"
        See `Loss`.

    References
    ----------
    Hilbe (2011), "Negative Binomial Regression", 2nd ed., eq. (8.7) and section 8.2.

    Examples
    --------
    >>> from losses import NegativeBinomial
    >>> NegativeBinomial(dispersion=0.5).value([0, 3], [0.0, 1.0])
    1.051208941538429
    >>> NegativeBinomial(dispersion=0.5).grad([0, 3], [0.0, 0.0])
    array([ 0.33333333, -0.66666667])
    """

    temporaries: ClassVar[int] = 2

    dispersion: Positive = 1.0

    is_convex: ClassVar[bool] = True

    def formula(self, y: FloatArray, p: FloatArray) -> FloatArray:
        """Return log(1 + αμ)/α + y(log(1 + αμ) − s)."""
        return self._loss(y, p, self._growth(p))

    def derivative(self, y: FloatArray, p: FloatArray) -> FloatArray:
        """Return (μ − y)/(1 + αμ)."""
        return self._slope_and_bend(y, self._growth(p))[0]

    def formula_and_derivative(self, y: FloatArray, p: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return `formula` and `derivative`, which share the mean."""
        growth = self._growth(p)
        return self._loss(y, p, growth), self._slope_and_bend(y, growth)[0]

    def second_derivative(self, y: FloatArray, p: FloatArray) -> FloatArray:
        """Return μ(1 + αy)/(1 + αμ)²."""
        return self._slope_and_bend(y, self._growth(p))[1]

    def derivative_and_curvature(self, y: FloatArray, p: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return `derivative`, and the second derivative above the machine epsilon."""
        slope, bend = self._slope_and_bend(y, self._growth(p))
        return slope, floored(bend)

    def _growth(self, s: FloatArray) -> _Growth:
        finfo = np.finfo(s.dtype)
        alpha = max(s.dtype.type(self.dispersion), finfo.smallest_normal)
        root = np.exp(s / 2)
        product = alpha * root * root
        beyond = np.isinf(product)
        if not np.count_nonzero(beyond):
            return _Growth(alpha, root, product)
        return _Growth(alpha, root, product, beyond, s[beyond] + np.log(alpha))

    def _loss(self, y: FloatArray, s: FloatArray, growth: _Growth) -> FloatArray:
        alpha, root, product, beyond, log_product = growth
        tiny = np.finfo(s.dtype).smallest_normal
        log = np.log1p(product)
        of_mean = root * (root * ((log + tiny) / (product + tiny)))  # log(1 + αμ)/α, where αμ may vanish
        if beyond is not None:
            log[beyond] = log_product
            of_mean[beyond] = log_product / alpha
        return _decided(of_mean + y * (log - s), of_mean)

    def _slope_and_bend(self, y: FloatArray, growth: _Growth) -> tuple[FloatArray, FloatArray]:
        """Return the first and second derivative from μ/(1 + αμ) and 1/(1 + αμ)."""
        alpha, root, product, beyond, log_product = growth
        rest = 1 / (1 + product)
        half = root * rest
        slope, bend = half * root - y * rest, half * (1 + alpha * y) * half
        if beyond is not None:
            vanishing = np.exp(log_product / -2)  # √(1/(1 + αμ)), which vanishes later
            slope[beyond] = 1 / alpha - y[beyond] * vanishing * vanishing
            bend[beyond] = vanishing * (1 / alpha + y[beyond]) * vanishing
        return slope, bend


class _Growth(NamedTuple):
    """What a negative binomial's value and derivatives share."""

    alpha: Any
    root: FloatArray
    """√μ = e^{s/2}, which overflows later than μ."""
    product: FloatArray
    """αμ."""
    beyond: Array | None = None
    """Where αμ overflows; None if nowhere."""
    log_product: Any = None
    """log(αμ) there."""


def _times_exp(y: FloatArray, a: FloatArray) -> FloatArray:
    """Return ye^a, also where e^a alone would overflow or vanish; 0 where y is 0."""
    product: FloatArray = y * np.exp(a)
    limit = 2 * safe_exponent(a.dtype) - 2
    if a.size and not -limit <= a.item(a.argmin()) <= a.item(a.argmax()) <= limit:
        far = ~(np.abs(a) <= limit)
        root = np.minimum(np.exp(a[far] / 2), np.finfo(a.dtype).max)
        product[far] = y[far] * root * root
    return product


def _times_rise(y: FloatArray, s: FloatArray, c: Any) -> FloatArray:
    """Return y(e^{sc} − 1)/c, and its limit ys where sc vanishes."""
    a = s * c
    rise = np.where(np.abs(a) < 1, y * (np.expm1(a) / c), (_times_exp(y, a) - y) / c)
    return np.where(np.abs(a) < np.finfo(s.dtype).eps, y * s, rise) if c else y * s


def _decided(total: FloatArray, faster: FloatArray) -> FloatArray:
    """Return a sum; where it isn't a number (∞ − ∞, 0 · ∞), the one of its terms that grows faster."""
    if total.size and math.isnan(total.item(total.argmin())):  # where there is a NaN, it is the least
        np.copyto(total, faster, where=np.isnan(total))
    return total
