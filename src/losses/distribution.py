"""Losses of whole forecasts: parameters of a distribution, quantiles, members of an ensemble.

y_pred has one more, last axis than y_true, which holds what is predicted of one target: its parameters, quantiles or
members. A sample is a row of it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from statistics import NormalDist
from typing import Any, ClassVar

import numpy as np

from losses._loss.constants import best_row
from losses._loss.parameters import Levels, Positive, by_parameters
from losses._loss.rows import RowLoss
from losses._maths.special import erf
from losses._maths.statistics import mean, quantile
from losses._types import FloatArray

Concentrated = Callable[[float, float], bool]
"""Whether the best scale is 0, given the share of the heaviest target, and that above it less that below it."""


class _Standard:
    """A target against a location μ and a scale σ: r = μ − y, z = r/σ, and what formulas share, computed once.

    All the losses are even functions of z, so that the sign of r may be that of `ResidualLoss`.

    σ⁻¹ is the square of `root`, and each product takes it in two halves: σ itself may leave the range of the dtype
    where the loss doesn't. The ends of `root` are finite and positive, so that r = 0 is z = 0 for any scale.
    """

    def __init__(self, y: FloatArray, p: FloatArray) -> None:
        mu, self.log_scale = np.ascontiguousarray(p.T)
        self.r = mu - y
        limits = np.finfo(p.dtype)
        self.root = np.exp(self.log_scale / -2).clip(limits.tiny, limits.max)
        self.z = self.over_scale(self.r)

    def over_scale(self, x: Any) -> FloatArray:
        """Return x/σ."""
        quotient: FloatArray = x * self.root * self.root
        return quotient

    def times_scale(self, x: Any) -> FloatArray:
        """Return xσ."""
        product: FloatArray = x / self.root / self.root
        return product

    def penalized(self, misfit: FloatArray) -> FloatArray:
        """Return log σ + misfit ≥ 0; at σ = 0 its limit, in which an infinite misfit prevails."""
        loss: FloatArray = self.log_scale + misfit
        if not misfit.max(initial=0) < np.inf:
            loss[misfit == np.inf] = np.inf
        return loss

    @cached_property
    def distance(self) -> FloatArray:
        """|z|, limited to where e^−|z| has long been 0."""
        return np.minimum(np.abs(self.z), 2.0**15)

    @cached_property
    def tail(self) -> FloatArray:
        """e^−|z|."""
        return np.exp(-self.distance)

    @cached_property
    def balance(self) -> FloatArray:
        """2Φ(z) − 1 for the normal distribution."""
        return erf(self.z * math.sqrt(0.5))

    @cached_property
    def density(self) -> FloatArray:
        """φ(z) of the normal distribution."""
        bell: FloatArray = np.exp(self.z * self.z / -2) * (1 / math.sqrt(2 * math.pi))
        return bell


@dataclass(frozen=True, kw_only=True, repr=False)
class _LocationScaleLoss(RowLoss):
    """Base of the losses of a location and the logarithm of a scale, by their formulas of `_Standard`."""

    is_convex: ClassVar[bool] = False
    is_differentiable: ClassVar[bool] = True
    is_twice_differentiable: ClassVar[bool] = True

    def _loss_at(self, s: _Standard) -> FloatArray:
        """Return the losses."""
        raise NotImplementedError

    def _slopes_at(self, s: _Standard) -> tuple[FloatArray, FloatArray]:
        """Return the derivatives with respect to location and log-scale."""
        raise NotImplementedError

    def _bends_at(self, s: _Standard) -> tuple[FloatArray, FloatArray]:
        """Return the second derivatives."""
        raise NotImplementedError

    def _information_at(self, s: _Standard) -> tuple[FloatArray, FloatArray]:
        """Return the expected second derivatives where the targets have the predicted distribution."""
        raise NotImplementedError

    def _link(self, y_pred: FloatArray) -> FloatArray:
        """Return location and scale."""
        self._check_columns(y_pred.shape)
        return np.stack([y_pred[..., 0], np.exp(y_pred[..., 1])], axis=-1)

    def formula(self, y: FloatArray, p: FloatArray) -> FloatArray:
        """Return the losses."""
        return self._loss_at(_Standard(y, p))

    def derivative(self, y: FloatArray, p: FloatArray) -> FloatArray:
        """Return the derivatives with respect to location and log-scale."""
        return np.stack(self._slopes_at(_Standard(y, p)), axis=1)

    def second_derivative(self, y: FloatArray, p: FloatArray) -> FloatArray:
        """Return the second derivatives with respect to location and log-scale."""
        return np.stack(self._bends_at(_Standard(y, p)), axis=1)

    def curvature_formula(self, y: FloatArray, p: FloatArray) -> FloatArray:
        """Return the expected second derivatives, above the square root of the smallest normal number."""
        return _floored(self._information_at(_Standard(y, p)))

    def formula_and_derivative(self, y: FloatArray, p: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return `formula` and `derivative`, which share the residual and more."""
        s = _Standard(y, p)
        return self._loss_at(s), np.stack(self._slopes_at(s), axis=1)

    def derivative_and_curvature(self, y: FloatArray, p: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return `derivative` and `curvature_formula`, which share the scale."""
        s = _Standard(y, p)
        return np.stack(self._slopes_at(s), axis=1), _floored(self._information_at(s))

    def _searched_row(self, y: FloatArray, weight: FloatArray, concentrated: Concentrated) -> FloatArray:
        """Return the best row by search, in units in which the targets are near 1.

        Raises
        ------
        ValueError
            If the best scale is 0, because so much of the weight is `concentrated` at one target.
        """
        values, index = np.unique(y, return_inverse=True)
        share = np.bincount(index.reshape(-1), weight) / weight.sum()
        heaviest = int(np.argmax(share))
        if concentrated(share[heaviest], share[heaviest + 1 :].sum() - share[:heaviest].sum()):
            raise ValueError(
                f"y_true is {values[heaviest]!s} in {share[heaviest]:.0%} of the weight: the loss falls without end as "
                "the scale goes to 0, so that no constant is the best"
            )
        middle = quantile(y, weight, 0.5)
        log_unit = _log_mean(np.abs(y - middle), weight)
        unit = math.exp(log_unit)
        best = best_row(self, (y - middle) / unit, weight, np.zeros(2))
        return np.array([middle + unit * best[0], best[1] + log_unit])


def _floored(information: tuple[FloatArray, FloatArray]) -> FloatArray:
    """Return curvatures as rows, none below the square root of the smallest normal number."""
    rows = np.stack(information, axis=1)
    floored: FloatArray = np.maximum(rows, np.sqrt(np.finfo(rows.dtype).tiny), out=rows)
    return floored


def _log_mean(x: FloatArray, weight: FloatArray, power: int = 1) -> float:
    """Return the logarithm of the root of that power of the mean of x^power ≥ 0, whatever the size of x."""
    largest = float(x.max())
    if largest == 0:
        raise ValueError("y_true holds one value only: the best scale is 0, whose logarithm is minus infinity")
    return math.log(largest) + math.log(mean((x / largest) ** power, weight)) / power


@dataclass(frozen=True, kw_only=True, repr=False)
class GaussianNLL(_LocationScaleLoss):
    """Negative log-likelihood of a normal distribution, up to ½ log 2π: log σ + ½z², where z = (y − μ)/σ.

    For a forecast of the mean and of how far off it may be. ``y_pred[..., 0]`` is μ and ``y_pred[..., 1]`` is log σ,
    the natural logarithm of the standard deviation, so that any real number is one. (PyTorch's `gaussian_nll_loss`
    takes the variance, ½ log σ² + ½z², and keeps it above 1e-6; this loss has no such floor.)

    Curvature: the Fisher information, 1/σ² and 2, kept above the square root of the smallest normal number (1.5e-154,
    float32 1.1e-19). `inverse_link` returns μ and σ.

    Parameters
    ----------
    reduction : {"mean", "sum", "none"}, default "mean"
        See `Loss`.

    References
    ----------
    Nix and Weigend (1994), "Estimating the mean and variance of the target probability distribution", ICNN, eq. (2);
    Gneiting and Raftery (2007), "Strictly proper scoring rules, prediction, and estimation", JASA 102, section 4.1.

    Examples
    --------
    >>> from losses import GaussianNLL
    >>> GaussianNLL().value([3.0, 1.0], [[1.0, 0.0], [1.0, 0.0]])
    1.0
    >>> GaussianNLL().grad([3.0, 1.0], [[1.0, 0.0], [1.0, 0.0]])
    array([[-1. , -1.5],
           [ 0. ,  0.5]])
    >>> GaussianNLL().best_constant([0.0, 2.0])
    array([1., 0.])
    """

    columns: ClassVar[tuple[str, ...]] = ("mu", "log sigma")

    def _best_row(self, y: FloatArray, weight: FloatArray) -> FloatArray:
        middle = mean(y, weight)
        return np.array([middle, _log_mean(np.abs(y - middle) if y.min() < y.max() else np.zeros(y.size), weight, 2)])

    def _loss_at(self, s: _Standard) -> FloatArray:
        return s.penalized(s.z * s.z / 2)

    def _slopes_at(self, s: _Standard) -> tuple[FloatArray, FloatArray]:
        return s.over_scale(s.z), 1 - s.z * s.z

    def _bends_at(self, s: _Standard) -> tuple[FloatArray, FloatArray]:
        return s.over_scale(s.over_scale(1)), 2 * s.z * s.z

    def _information_at(self, s: _Standard) -> tuple[FloatArray, FloatArray]:
        return s.over_scale(s.over_scale(1)), np.full_like(s.z, 2)


@dataclass(frozen=True, kw_only=True, repr=False)
class LaplaceNLL(_LocationScaleLoss):
    """Negative log-likelihood of a Laplace distribution, up to log 2: log b + |y − μ|/b.

    As `GaussianNLL` for targets with heavier tails: μ is fitted as a median, b as a mean distance from it.
    ``y_pred[..., 0]`` is μ and ``y_pred[..., 1]`` is log b. At y = μ the derivative with respect to μ is 0.

    Curvature: the Fisher information, 1/b² and 1, kept above the square root of the smallest normal number (1.5e-154,
    float32 1.1e-19). `inverse_link` returns μ and b.

    Parameters
    ----------
    reduction : {"mean", "sum", "none"}, default "mean"
        See `Loss`.

    References
    ----------
    Kotz, Kozubowski and Podgórski (2001), "The Laplace distribution and generalizations", section 2.6.

    Examples
    --------
    >>> from losses import LaplaceNLL
    >>> LaplaceNLL().value([3.0, 1.0], [[1.0, 0.0], [1.0, 0.0]])
    1.0
    >>> LaplaceNLL().grad([3.0, 1.0], [[1.0, 0.0], [1.0, 0.0]])
    array([[-0.5, -0.5],
           [ 0. ,  0.5]])
    """

    columns: ClassVar[tuple[str, ...]] = ("mu", "log b")

    is_differentiable: ClassVar[bool] = False
    is_twice_differentiable: ClassVar[bool] = False

    def _best_row(self, y: FloatArray, weight: FloatArray) -> FloatArray:
        middle = quantile(y, weight, 0.5)
        return np.array([middle, _log_mean(np.abs(y - middle), weight)])

    def _loss_at(self, s: _Standard) -> FloatArray:
        return s.penalized(np.abs(s.z))

    def _slopes_at(self, s: _Standard) -> tuple[FloatArray, FloatArray]:
        return s.over_scale(np.sign(s.r)), 1 - np.abs(s.z)

    def _bends_at(self, s: _Standard) -> tuple[FloatArray, FloatArray]:
        return np.zeros_like(s.z), np.abs(s.z)

    def _information_at(self, s: _Standard) -> tuple[FloatArray, FloatArray]:
        return s.over_scale(s.over_scale(1)), np.ones_like(s.z)


@dataclass(frozen=True, kw_only=True, repr=False)
class StudentTNLL(_LocationScaleLoss):
    """Negative log-likelihood of Student's t, up to a term in ν: log σ + ½(ν + 1) log(1 + z²/ν), z = (y − μ)/σ.

    As `GaussianNLL` for targets with outliers: the pull of a target falls as 1/|y − μ| in the distance.
    ``y_pred[..., 0]`` is μ and ``y_pred[..., 1]`` is log σ, where σ is the scale, not the standard deviation (which is
    σ√(ν/(ν − 2)) for ν > 2). As ν grows the loss tends to `GaussianNLL`; ν = 1 is the Cauchy distribution. The term
    that is left out is log Γ(½ν) − log Γ(½(ν + 1)) + ½ log πν.

    Curvature: the Fisher information, (ν + 1)/(ν + 3)/σ² and 2ν/(ν + 3), kept above the square root of the smallest
    normal number (1.5e-154, float32 1.1e-19). The loss may have several minima; `best_constant` finds the one next to
    the median. `inverse_link` returns μ and σ.

    Parameters
    ----------
    df : float, default 4.0
        ν, the degrees of freedom; positive.
    reduction : {"mean", "sum", "none"}, default "mean"
        See `Loss`.

    References
    ----------
    Lange, Little and Taylor (1989), "Robust statistical modeling using the t distribution", JASA 84, eq. (1) and
    appendix B.

    Examples
    --------
    >>> from losses import StudentTNLL
    >>> round(StudentTNLL(df=3.0).value([4.0], [[1.0, 0.0]]), 12)
    2.77258872224
    >>> StudentTNLL(df=3.0).grad([4.0], [[1.0, 0.0]])
    array([[-1., -2.]])
    """

    df: Positive = 4.0

    columns: ClassVar[tuple[str, ...]] = ("mu", "log sigma")

    def _best_row(self, y: FloatArray, weight: FloatArray) -> FloatArray:
        return self._searched_row(y, weight, lambda share, lean: share >= self.df / (self.df + 1))

    # Formulas near the location, where a = |z|/√ν ≤ 1, and far from it, where a, z² and even z may overflow

    def _loss_at(self, s: _Standard) -> FloatArray:
        nu, a, inverse_square = self._distance(s)
        log_distance = np.log(a)
        if not a.max(initial=0) < np.inf:
            beyond = a == np.inf
            log_distance[beyond] = (np.log(np.abs(s.r)) - np.log(nu) / 2 - s.log_scale)[beyond]
        near = np.minimum(np.abs(s.z), np.sqrt(nu))
        square = np.maximum(near * near / nu, np.finfo(a.dtype).eps)
        slope = np.log1p(square) / square  # 1 for smaller squares, which might underflow
        return s.penalized(
            np.where(
                a > 1,
                (nu + 1) * (log_distance + np.log1p(inverse_square) / 2),
                (1 + 1 / nu) / 2 * near * near * slope,
            )
        )

    def _slopes_at(self, s: _Standard) -> tuple[FloatArray, FloatArray]:
        nu, a, inverse_square = self._distance(s)
        near = s.over_scale((1 + 1 / nu) * s.z / (1 + a * a))
        far = (nu + 1) / (s.r * (1 + inverse_square))
        return np.where(a > 1, far, near), 1 - (nu + 1) / (1 + inverse_square)

    def _bends_at(self, s: _Standard) -> tuple[FloatArray, FloatArray]:
        nu, a, inverse_square = self._distance(s)
        near = (1 + 1 / nu) / ((1 + a * a) * (1 + a * a))
        far = (nu + 1) / ((1 + inverse_square) * (1 + inverse_square))
        location = np.where(
            a > 1,
            far / s.r * ((inverse_square - 1) / s.r),
            s.over_scale(s.over_scale(near * ((1 - a) * (1 + a)))),
        )
        return location, np.where(a > 1, 2 * far * inverse_square, 2 * near * s.z * s.z)

    def _information_at(self, s: _Standard) -> tuple[FloatArray, FloatArray]:
        nu = s.z.dtype.type(self.df)
        return s.over_scale(s.over_scale((nu + 1) / (nu + 3))), np.full_like(s.z, 2 * nu / (nu + 3))

    def _distance(self, s: _Standard) -> tuple[Any, FloatArray, FloatArray]:
        """Return ν, a = |z|/√ν and a⁻²."""
        nu = s.z.dtype.type(self.df)
        a = np.abs(s.z) / np.sqrt(nu)
        return nu, a, 1 / a / a


@dataclass(frozen=True, kw_only=True, repr=False)
class GaussianCRPS(_LocationScaleLoss):
    """Continuous ranked probability score of a normal distribution: σ(z(2Φ(z) − 1) + 2φ(z) − 1/√π), z = (y − μ)/σ.

    It is the integral of the squared difference between the forecast's distribution function and that of y, in the
    units of y, and the absolute error where σ is 0. Unlike `GaussianNLL` it grows only as |y − μ|, so that outliers
    and overconfident forecasts weigh less. ``y_pred[..., 0]`` is μ and ``y_pred[..., 1]`` is log σ. It is
    scoringrules' `crps_normal`, which takes σ.

    Curvature: the second derivatives that are expected if y has the predicted distribution, which are twice the
    integrals of (∂F/∂μ)² and (∂F/∂ log σ)² over y, 1/(√π σ) and σ/(2√π), kept above the square root of the smallest
    normal number (1.5e-154, float32 1.1e-19). `inverse_link` returns μ and σ. In longdouble the normal distribution is
    computed in float64.

    Parameters
    ----------
    reduction : {"mean", "sum", "none"}, default "mean"
        See `Loss`.

    References
    ----------
    Gneiting and Raftery (2007), "Strictly proper scoring rules, prediction, and estimation", JASA 102, eq. (21);
    Gneiting et al. (2005), "Calibrated probabilistic forecasting using EMOS", Monthly Weather Review 133, eq. (5).

    Examples
    --------
    >>> from losses import GaussianCRPS
    >>> round(GaussianCRPS().value([0.0], [[0.0, 0.0]]), 12)
    0.233694977255
    >>> GaussianCRPS().value([3.0], [[1.0, -1000.0]])
    2.0
    """

    columns: ClassVar[tuple[str, ...]] = ("mu", "log sigma")

    def _best_row(self, y: FloatArray, weight: FloatArray) -> FloatArray:
        def concentrated(share: float, lean: float) -> bool:
            # Near σ = 0 the loss is σ(share · E|t + Z| − lean · t − 1/√π), which is least where erf(t/√2) = lean/share
            if abs(lean) >= share:
                return False
            t = NormalDist().inv_cdf((1 + lean / share) / 2)
            return share * 2 * NormalDist().pdf(t) >= 1 / math.sqrt(math.pi)

        return self._searched_row(y, weight, concentrated)

    def _loss_at(self, s: _Standard) -> FloatArray:
        score: FloatArray = s.r * s.balance + s.times_scale(2 * s.density - 1 / math.sqrt(math.pi))
        return score

    def _slopes_at(self, s: _Standard) -> tuple[FloatArray, FloatArray]:
        return s.balance, s.times_scale(2 * s.density - 1 / math.sqrt(math.pi))

    def _bends_at(self, s: _Standard) -> tuple[FloatArray, FloatArray]:
        z = s.z.clip(-100, 100)  # for |z| > 39 the density is 0
        bend = 2 * s.density * (1 + z * z) - 1 / math.sqrt(math.pi)
        half = np.exp(s.z * s.z / -4) * s.root  # 1/σ may be large where the density has underflowed
        return half * half * math.sqrt(2 / math.pi), s.times_scale(bend)

    def _information_at(self, s: _Standard) -> tuple[FloatArray, FloatArray]:
        each = 1 / math.sqrt(math.pi)
        return s.over_scale(each), s.times_scale(each / 2)


@dataclass(frozen=True, kw_only=True, repr=False)
class LogisticCRPS(_LocationScaleLoss):
    """Continuous ranked probability score of a logistic distribution: s(z − 2 log F(z) − 1), where z = (y − μ)/s.

    As `GaussianCRPS`, with a distribution F(z) = 1/(1 + e^−z) whose tails are heavier. ``y_pred[..., 0]`` is μ and
    ``y_pred[..., 1]`` is log s; the standard deviation is πs/√3. It is scoringrules' `crps_logistic`, which takes s.
    It is computed as |y − μ| + s(2 log(1 + e^−|z|) − 1).

    Curvature: the second derivatives that are expected if y has the predicted distribution, which are twice the
    integrals of (∂F/∂μ)² and (∂F/∂ log s)² over y, 1/(3s) and s(π² − 6)/9, kept above the square root of the smallest
    normal number (1.5e-154, float32 1.1e-19). `inverse_link` returns μ and s.

    Parameters
    ----------
    reduction : {"mean", "sum", "none"}, default "mean"
        See `Loss`.

    References
    ----------
    Jordan, Krüger and Lerch (2019), "Evaluating probabilistic forecasts with scoringRules", Journal of Statistical
    Software 90(12), appendix A; Taillardat et al. (2016), "Calibrated ensemble forecasts using quantile regression
    forests and ensemble model output statistics", Monthly Weather Review 144.

    Examples
    --------
    >>> from losses import LogisticCRPS
    >>> round(LogisticCRPS().value([0.0], [[0.0, 0.0]]), 12)
    0.38629436112
    >>> LogisticCRPS().value([3.0], [[1.0, -1000.0]])
    2.0
    """

    columns: ClassVar[tuple[str, ...]] = ("mu", "log s")

    def _best_row(self, y: FloatArray, weight: FloatArray) -> FloatArray:
        def concentrated(share: float, lean: float) -> bool:
            # Near s = 0 the loss is s(share · (|t| + 2 log(1 + e^−|t|)) − lean · t − 1), as for the normal distribution
            if abs(lean) >= share:
                return False
            t = 2 * math.atanh(abs(lean) / share)
            return share * (t + 2 * math.log1p(math.exp(-t))) - abs(lean) * t >= 1

        return self._searched_row(y, weight, concentrated)

    def _loss_at(self, s: _Standard) -> FloatArray:
        score: FloatArray = np.abs(s.r) + s.times_scale(2 * np.log1p(s.tail) - 1)
        return score

    def _slopes_at(self, s: _Standard) -> tuple[FloatArray, FloatArray]:
        t = s.tail
        return np.tanh(s.z / 2), s.times_scale(2 * (np.log1p(t) + s.distance * (t / (1 + t))) - 1)

    def _bends_at(self, s: _Standard) -> tuple[FloatArray, FloatArray]:
        t, distance = s.tail, s.distance
        bend = 2 * (t / ((1 + t) * (1 + t)))
        slope = 2 * (np.log1p(t) + distance * (t / (1 + t))) - 1
        half = np.exp(-distance / 2)  # whose square is t, which may underflow where t/s doesn't
        over_scale = s.over_scale(2 * half / ((1 + t) * (1 + t))) * half
        return over_scale, s.times_scale(slope + distance * distance * bend)

    def _information_at(self, s: _Standard) -> tuple[FloatArray, FloatArray]:
        one = s.z.dtype.type(1)
        return s.over_scale(one / 3), s.times_scale((np.pi**2 - 6) / 9)


@dataclass(frozen=True, kw_only=True, repr=False)
class EnsembleCRPS(RowLoss):
    """Continuous ranked probability score of an ensemble: Σᵢ|xᵢ − y|/m − Σᵢⱼ|xᵢ − xⱼ|/(2m²).

    The last axis of y_pred holds m members x, in any order: draws from a forecast, or the outputs of a model with
    several heads. The first term is the members' error, the second rewards their spread. With ``fair=True`` the second
    is divided by 2m(m − 1) instead: then the score's mean doesn't depend on m if the members are independent draws,
    and a small ensemble isn't rewarded for too small a spread. (scoringrules' `crps_ensemble` has both, as the
    estimators "nrg" and "fair".)

    It takes O(m log m) a sample, by sorting, and adds up only terms that are not negative, the squares of shares times
    the gaps between members, so that nothing cancels. Where members are equal to each other or to y, the derivative
    takes 0 for the sign of their difference.

    Curvature: 1/m, since the second derivative is 0 almost everywhere. There is no `best_constant` without the number
    of members; of m members it would be the quantiles at (2i − 1)/(2m), for i = 1 … m.

    Parameters
    ----------
    fair : bool, default False
        Whether to divide by the number of pairs, rather than by m². Needs two members or more.
    reduction : {"mean", "sum", "none"}, default "mean"
        See `Loss`.

    References
    ----------
    Gneiting and Raftery (2007), "Strictly proper scoring rules, prediction, and estimation", JASA 102, eq. (21); Ferro
    (2014), "Fair scores for ensemble forecasts", Quarterly Journal of the Royal Meteorological Society 140, section 4.

    Examples
    --------
    >>> from losses import EnsembleCRPS
    >>> EnsembleCRPS().value([0.0], [[1.0, -1.0]])
    0.5
    >>> EnsembleCRPS(fair=True).value([0.0], [[1.0, -1.0]])
    0.0
    >>> EnsembleCRPS().grad([0.0], [[3.0, 1.0]])
    array([[0.25, 0.75]])
    """

    fair: bool = False

    core: ClassVar[Mapping[str, tuple[str, ...]]] = {"y_pred": ("member",)}

    is_convex: ClassVar[bool] = False
    is_differentiable: ClassVar[bool] = False
    is_twice_differentiable: ClassVar[bool] = False
    lipschitz: ClassVar[float] = 1.0

    def _admit(self, arguments: dict[str, Any], sample_weight: Any) -> Any:
        """Return the checked arguments of one call."""
        samples = super()._admit(arguments, sample_weight)
        shape = samples.predicted.shape
        if self.fair and shape[-1] < 2:
            raise ValueError(
                f"y_pred has shape {shape}, but with fair=True its last axis must hold two members or more"
            )
        return samples

    def _best_row(self, y: FloatArray, weight: FloatArray) -> FloatArray:
        raise ValueError(
            "the best constant ensemble depends on its number of members m, which EnsembleCRPS doesn't know; it is "
            "that of the quantiles of y_true at (2 * np.arange(m) + 1) / (2 * m)"
        )

    def formula(self, y: FloatArray, p: FloatArray) -> FloatArray:
        """Return the sum of the gaps between neighbours, weighed by shares of the members on either side."""
        return self._score(y, np.sort(p, axis=1))

    def derivative(self, y: FloatArray, p: FloatArray) -> FloatArray:
        """Return (m sign(xᵢ − y) − members below xᵢ + members above xᵢ)/m², with fair m − 1 in place of an m."""
        return self._slope(y, p, *_ordered(p))

    def formula_and_derivative(self, y: FloatArray, p: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return `formula` and `derivative`, which share the order of the members."""
        order, x = _ordered(p)
        return self._score(y, x), self._slope(y, p, order, x)

    def second_derivative(self, y: FloatArray, p: FloatArray) -> FloatArray:
        """Return 0."""
        return np.zeros_like(p)

    def curvature_formula(self, y: FloatArray, p: FloatArray) -> FloatArray:
        """Return 1/m, since the second derivative says nothing."""
        return np.full_like(p, 1 / p.shape[1])

    def _score(self, y: FloatArray, x: FloatArray) -> FloatArray:
        """Return the losses of sorted members: ∫(share of members ≤ t − [y ≤ t])² dt, or what is fair of it.

        Of the gap between the k-th member and the next, the part below y counts (k/m)², that above y (1 − k/m)². With
        fair, these are k(k − 1) and (m − k)(m − k − 1), over m(m − 1).
        """
        m = x.shape[1]
        outside = np.maximum(x[:, 0] - y, 0) + np.maximum(y - x[:, -1], 0)
        low, high, less = x[:, :-1], x[:, 1:], int(self.fair)
        k = np.arange(1 + less, m, dtype=x.dtype)  # gaps that weigh nothing are left out: they may be infinite
        weight = k * (k - less) / (m * (m - less)) if m > less else k
        middle = np.clip(y[:, np.newaxis], low, high)
        below, above = (middle - low)[:, less:], (high - middle)[:, : m - 1 - less]
        below *= weight
        above *= weight[::-1]
        score: FloatArray = outside + below.sum(axis=1) + above.sum(axis=1)
        return score

    def _slope(self, y: FloatArray, p: FloatArray, order: Any, x: FloatArray) -> FloatArray:
        m = p.shape[1]
        pairs = max(m - int(self.fair), 1)
        slope = np.sign(p - y[:, np.newaxis])
        slope *= pairs
        slope -= _balance(order, x)
        slope /= m * pairs
        bad = np.isnan(x[:, -1])  # NaN is sorted last
        if bad.any():
            slope[bad] = np.nan
        return slope


def _ordered(p: FloatArray) -> tuple[Any, FloatArray]:
    """Return the order of each row's entries, and the entries in that order."""
    order = np.argsort(p, axis=1)
    return order, np.take_along_axis(p, order, axis=1)


def _balance(order: Any, x: FloatArray) -> FloatArray:
    """Return how many entries of a row lie below each entry, less how many lie above, given their order."""
    m = x.shape[1]
    place = np.arange(m, dtype=x.dtype)
    sorted_balance = np.broadcast_to(2 * place - (m - 1), x.shape)
    rises = x[:, 1:] != x[:, :-1]
    if not rises.all():  # equal entries lie between the first and the last of them
        first, last = np.zeros_like(x), np.full_like(x, m - 1)
        np.maximum.accumulate(rises * place[1:], axis=1, out=first[:, 1:])
        before_rise = np.where(rises, place[:-1], m - 1)
        last[:, :-1] = np.minimum.accumulate(before_rise[:, ::-1], axis=1)[:, ::-1]
        sorted_balance = first + last - (m - 1)
    balance = np.empty_like(x)
    np.put_along_axis(balance, order, sorted_balance, axis=1)
    return balance


@dataclass(frozen=True, kw_only=True, repr=False)
class MultiQuantile(RowLoss):
    """Sum of the pinball losses of several quantiles: Σₖ τₖ(y − qₖ) where qₖ ≤ y, else (1 − τₖ)(qₖ − y).

    For prediction intervals and fans: ``y_pred[..., k]`` is the quantile at level τₖ. Twice its mean over evenly spaced
    levels approaches the continuous ranked probability score. It is the sum over the levels, of scikit-learn's
    `mean_pinball_loss` for each; divide by ``len(quantiles)`` for their mean. Nothing keeps predicted quantiles from
    crossing; sort them if they do. At q = y the derivative is 0.

    Curvature: 1, since the second derivative is 0 almost everywhere.

    Parameters
    ----------
    quantiles : sequence of float, default (0.1, 0.5, 0.9)
        The levels τ, ascending, each in (0, 1).
    reduction : {"mean", "sum", "none"}, default "mean"
        See `Loss`.

    References
    ----------
    Koenker and Bassett (1978), "Regression quantiles", Econometrica 46, 33-50; Koenker (2005), "Quantile regression",
    section 5.5.

    Examples
    --------
    >>> from losses import MultiQuantile
    >>> loss = MultiQuantile(quantiles=(0.25, 0.75))
    >>> loss.value([1.0], [[0.0, 3.0]])
    0.75
    >>> loss.grad([1.0], [[0.0, 3.0]])
    array([[-0.25,  0.25]])
    >>> loss.best_constant([1.0, 2.0, 3.0, 4.0, 5.0])
    array([2., 4.])
    """

    quantiles: Levels = (0.1, 0.5, 0.9)

    is_convex: ClassVar[bool] = True
    is_differentiable: ClassVar[bool] = False
    is_twice_differentiable: ClassVar[bool] = False

    @by_parameters
    def lipschitz(self) -> float:
        """The length of the steepest slope, where each quantile lies on its heavier side."""
        return math.sqrt(math.fsum(max(level, 1 - level) ** 2 for level in self.quantiles))

    def _columns(self) -> tuple[str, ...]:
        return tuple(f"quantile {level!r}" for level in self.quantiles)

    def _best_row(self, y: FloatArray, weight: FloatArray) -> FloatArray:
        return np.array([quantile(y, weight, level) for level in self.quantiles])

    def formula(self, y: FloatArray, p: FloatArray) -> FloatArray:
        """Return Σₖ max(−τₖ rₖ, (1 − τₖ) rₖ), where r = q − y."""
        r = p - y[:, np.newaxis]
        below, above = self._weights(p)
        total: FloatArray = np.maximum(r * -below, r * above).sum(axis=1)
        return total

    def derivative(self, y: FloatArray, p: FloatArray) -> FloatArray:
        """Return −τₖ where qₖ < y, 1 − τₖ where qₖ > y, and 0 where they are equal."""
        side = np.sign(p - y[:, np.newaxis])
        below, above = self._weights(p)
        slope: FloatArray = side.clip(0, 1) * above + side.clip(-1, 0) * below
        return slope

    def second_derivative(self, y: FloatArray, p: FloatArray) -> FloatArray:
        """Return 0."""
        return np.zeros_like(p)

    def curvature_formula(self, y: FloatArray, p: FloatArray) -> FloatArray:
        """Return 1, since the second derivative says nothing."""
        return np.ones_like(p)

    def _weights(self, p: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return τ and 1 − τ."""
        levels = np.asarray(self.quantiles, np.result_type(p.dtype, np.float64))
        return levels.astype(p.dtype), (1 - levels).astype(p.dtype)
