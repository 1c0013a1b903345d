"""Losses of ordered grades: labels 0 … K − 1 of which each is more than the one before, such as ratings or stages."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

import numpy as np

from losses._admission.domains import Integers, Interval
from losses._loss.elementwise import ElementwiseLoss
from losses._loss.parameters import Thresholds, by_parameters
from losses._loss.rows import RowLoss
from losses._loss.samplewise import floored
from losses._maths.logistic import sigmoid
from losses._types import Array, Dtype, FloatArray

_ANY_GRADE = {"y_true": Integers("a grade must be an integer, not negative and of a sensible size", 0.0, 1e8)}
"""The domain of one of an unknown number of grades."""


@functools.lru_cache
def _grades(count: int) -> Mapping[str, Interval]:
    """Return the domain of one of so many grades."""

    def hint(array: Array, value: Any) -> str:
        if np.isnan(value):
            return "; leave samples without a grade out, or give them a sample_weight of 0"
        if value == count and np.min(array) >= 1:
            return "; if grades start at 1, subtract 1"
        if value != np.floor(value):
            return "; the order of the arguments is (y_true, y_pred)"
        return ""

    return {"y_true": Integers(f"a grade must be one of the {count} integers 0 to {count - 1}", 0.0, count - 1.0, hint)}


class _Steps(NamedTuple):
    """x, which counts as softplus(x), and t = e^−|x|. Where x is −inf, that is nothing."""

    x: FloatArray
    t: FloatArray

    def softplus(self) -> FloatArray:
        """Return log(1 + eˣ)."""
        result: FloatArray = self.x.clip(0, np.inf)
        result += np.log1p(self.t)
        return result

    def sigmoid(self) -> FloatArray:
        """Return σ(x), the derivative of softplus."""
        result: FloatArray = np.maximum(self.t, self.x >= 0)
        result /= 1 + self.t
        return result

    def bend(self) -> FloatArray:
        """Return σ(x) σ(−x), its second derivative."""
        result: FloatArray = self.t / ((1 + self.t) * (1 + self.t))
        return result


def _steps(x: FloatArray) -> _Steps:
    return _Steps(x, np.exp(-np.abs(x)))


# --------------------------------------------------------------------------------------------- one score, thresholds


class _Bound(NamedTuple):
    """By grade: the threshold above it, what its rounding lost, and the limit of the score where there is none."""

    threshold: FloatArray
    rest: FloatArray
    limit: FloatArray

    def excess(self, s: FloatArray, grade: Any) -> FloatArray:
        """Return s − θ, or −inf for the grade that no threshold bounds."""
        x: FloatArray = self.limit.take(grade, mode="clip")
        np.minimum(s, x, out=x)
        x -= self.threshold.take(grade, mode="clip")
        if np.count_nonzero(self.rest):
            x -= self.rest.take(grade, mode="clip")
        return x


@functools.lru_cache
def _bounds(thresholds: tuple[float, ...], dtype: Dtype) -> tuple[_Bound, _Bound, FloatArray]:
    """Return by grade, in a dtype, its upper bound, its lower one for −s, and −log(1 − e^−width)."""
    exact = np.asarray(thresholds, np.longdouble)
    rounded = exact.astype(dtype)
    rest = np.where(np.isfinite(rounded), exact - rounded, 0).astype(dtype)
    limit = np.full_like(rounded, np.inf)
    upper = _Bound(np.append(rounded, 0), np.append(rest, 0), np.append(limit, -np.inf))
    lower = _Bound(np.append(0, -rounded), np.append(0, -rest), np.append(-np.inf, limit))
    width = np.diff(exact)
    narrowness = np.where(width > 0.5, -np.log1p(-np.exp(-width)), -np.log(-np.expm1(-width)))
    upper, lower = (_Bound(*(each.astype(dtype) for each in bound)) for bound in (upper, lower))
    return upper, lower, np.concatenate([[0], narrowness, [0]]).astype(dtype)


@dataclass(frozen=True, kw_only=True, repr=False)
class CumulativeLogit(ElementwiseLoss):
    """Negative log-likelihood of a grade by one score and thresholds: −log(σ(θ_y − s) − σ(θ_{y−1} − s)).

    The proportional odds model, or ordered logit: a latent score s with logistic noise falls between the thresholds θ
    of its grade; θ_{−1} = −inf and θ_{K−1} = inf. y_true holds grades 0 … K − 1, y_pred one score each, larger for
    higher grades (the sign of statsmodels' `OrderedModel` and of R's `polr`). The thresholds are parameters of the
    loss; no gradient is taken with respect to them.

    It is computed as softplus(s − θ_y) + softplus(θ_{y−1} − s) − log(1 − e^−(θ_y − θ_{y−1})), whose terms are not
    negative, so that nothing cancels, however near the thresholds and however far the score. The error is at most
    16 + |s − θ| times the machine epsilon, relative to the loss, since s − θ is rounded before its exponential is
    taken; so for the derivative, relative to the larger of σ(s − θ_y) and σ(θ_{y−1} − s), whose difference it is.

    Curvature: the second derivative, which is positive, kept above the machine epsilon. `inverse_link` returns the
    expected grade, Σₖ σ(s − θₖ), a number from 0 to K − 1.

    Parameters
    ----------
    thresholds : sequence of float
        θ₀ < θ₁ < …, one less than there are grades, in the units of the score.
    reduction : {"mean", "sum", "none"}, default "mean"
        See `Loss`.

    References
    ----------
    McCullagh (1980), "Regression models for ordinal data", Journal of the Royal Statistical Society B 42, 109-142,
    eq. (2.4) and (2.5).

    Examples
    --------
    >>> from losses import CumulativeLogit
    >>> loss = CumulativeLogit(thresholds=(-1.0, 1.0))
    >>> loss.value([0, 1, 2], [-2.0, 0.0, 2.0])
    0.4661534026472502
    >>> loss.grad([1, 1], [0.0, 1.0])
    array([0.        , 0.19039854])
    >>> loss.inverse_link([0.0, 100.0])
    array([1., 2.])
    """

    thresholds: Thresholds

    is_convex: ClassVar[bool] = True
    is_differentiable: ClassVar[bool] = True
    is_twice_differentiable: ClassVar[bool] = True
    lipschitz: ClassVar[float] = 1.0

    @by_parameters
    def smoothness(self) -> float:
        """The largest second derivative, that of the narrowest grade, or ¼ of an outer one."""
        if len(self.thresholds) == 1:
            return 0.25
        half = float(np.diff(self.thresholds).min()) / 2
        if half < math.acosh(2):  # both steps at the middle
            return 1 / (1 + math.cosh(half))
        return 0.25 / math.tanh(half) ** 2

    def domains(self) -> Mapping[str, Interval]:
        """Return the domain of the grades."""
        return _grades(len(self.thresholds) + 1)

    def _best_constant(self, y: FloatArray, weight: FloatArray) -> float:
        for grade, side in ((0, "minus infinity"), (len(self.thresholds), "infinity")):
            if np.all(y == grade):
                raise ValueError(f"y_true holds only grade {grade}: the best score is {side}")
        return super()._best_constant(y, weight)

    def _link(self, y_pred: FloatArray) -> FloatArray:
        total = np.zeros_like(y_pred)
        for threshold in self.thresholds:
            total += sigmoid(y_pred - threshold)
        return total

    def formula(self, y: FloatArray, p: FloatArray) -> FloatArray:
        """Return −log(σ(θ_y − s) − σ(θ_{y−1} − s))."""
        return self._sums(y, p, _Steps.softplus)[0]

    def derivative(self, y: FloatArray, p: FloatArray) -> FloatArray:
        """Return σ(s − θ_y) − σ(θ_{y−1} − s)."""
        return self._sums(y, p, _Steps.sigmoid)[0]

    def second_derivative(self, y: FloatArray, p: FloatArray) -> FloatArray:
        """Return σ'(s − θ_y) + σ'(θ_{y−1} − s)."""
        return self._sums(y, p, _Steps.bend)[0]

    def formula_and_derivative(self, y: FloatArray, p: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return `formula` and `derivative`, which share the exponentials."""
        loss, slope = self._sums(y, p, _Steps.softplus, _Steps.sigmoid)
        return loss, slope

    def derivative_and_curvature(self, y: FloatArray, p: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return `derivative`, and the second derivative above the machine epsilon."""
        slope, bend = self._sums(y, p, _Steps.sigmoid, _Steps.bend)
        return slope, floored(bend)

    def _sums(self, y: FloatArray, p: FloatArray, *parts: Callable[[_Steps], FloatArray]) -> list[FloatArray]:
        """Return the loss or its derivatives: sums of what stands above the upper threshold and below the lower one."""
        upper, lower, narrowness = _bounds(tuple(self.thresholds), p.dtype)
        grade = y.astype(np.intp)  # anything at all where a sample is left out
        over = _steps(upper.excess(p, grade))
        sums = [part(over) for part in parts]
        del over
        under = _steps(lower.excess(-p, grade))
        for total, part in zip(sums, parts, strict=True):
            if part is _Steps.sigmoid:  # of −s
                total -= part(under)
            else:
                total += part(under)
            if part is _Steps.softplus:
                total += narrowness.take(grade, mode="clip")
        return sums


# --------------------------------------------------------------------------------------------- a logit for each step


@dataclass(frozen=True, kw_only=True, repr=False)
class _StepsLoss(RowLoss):
    """Base of the losses of a logit for each step from a grade to the next: sums of binary cross-entropies."""

    core: ClassVar[Mapping[str, tuple[str, ...]]] = {"y_pred": ("step",)}

    is_convex: ClassVar[bool] = True
    is_differentiable: ClassVar[bool] = True
    is_twice_differentiable: ClassVar[bool] = True

    conditional: ClassVar[bool]
    """Whether a step counts only for samples that reached the grade below it."""

    def domains(self) -> Mapping[str, Interval]:
        """Return the domain of one of an unknown number of grades."""
        return _ANY_GRADE

    def _admit(self, arguments: dict[str, Any], sample_weight: Any) -> Any:
        """Return the checked arguments of one call, which show how many grades there are."""
        samples = super()._admit(arguments, sample_weight)
        samples.domains = _grades(samples.predicted.shape[-1] + 1)
        return samples

    def _best_row(self, y: FloatArray, weight: FloatArray) -> FloatArray:
        """Return the logits of the steps up to the highest grade."""
        shares = np.bincount(y.astype(np.intp), weight)
        if len(shares) == 1:
            raise ValueError("y_true holds only grade 0: the best logits are minus infinity")
        above = np.append(np.cumsum(shares[::-1])[-2::-1], 0)[:-1]
        below = shares[:-1] if self.conditional else np.cumsum(shares)[:-1]
        if not below.all():
            grade = int(np.argmin(below))
            raise ValueError(
                f"no sample of y_true stops at grade {grade}: the best logit of the step from it is infinite"
            )
        log_odds: FloatArray = np.log(above) - np.log(below)
        return log_odds

    def _link(self, y_pred: FloatArray) -> FloatArray:
        return sigmoid(y_pred)

    def formula(self, y: FloatArray, p: FloatArray) -> FloatArray:
        """Return the sum of softplus(∓x) over the steps, − where the step was taken."""
        total: FloatArray = self._signed(y, p)[1].softplus().sum(axis=1)
        return total

    def derivative(self, y: FloatArray, p: FloatArray) -> FloatArray:
        """Return ∓σ(∓x)."""
        sign, steps = self._signed(y, p)
        return sign * steps.sigmoid()

    def second_derivative(self, y: FloatArray, p: FloatArray) -> FloatArray:
        """Return σ(x) σ(−x)."""
        return self._signed(y, p)[1].bend()

    def formula_and_derivative(self, y: FloatArray, p: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return `formula` and `derivative`, which share the exponentials."""
        sign, steps = self._signed(y, p)
        return steps.softplus().sum(axis=1), sign * steps.sigmoid()

    def derivative_and_curvature(self, y: FloatArray, p: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return `derivative`, and the second derivative above the machine epsilon."""
        sign, steps = self._signed(y, p)
        return sign * steps.sigmoid(), floored(steps.bend())

    def _signed(self, y: FloatArray, p: FloatArray) -> tuple[FloatArray, _Steps]:
        """Return −1 where a step was taken and 1 where it was not, and the logits times that."""
        step, grade = np.arange(p.shape[1]), y[:, np.newaxis]
        sign = np.where(step < grade, p.dtype.type(-1), p.dtype.type(1))
        signed = sign * p
        return sign, _steps(np.where(step <= grade, signed, -np.inf) if self.conditional else signed)


@dataclass(frozen=True, kw_only=True, repr=False)
class CORAL(_StepsLoss):
    """Sum of the binary cross-entropies of "more than grade k", for k = 0 … K − 2: Σₖ BCE(xₖ, [y > k]).

    y_true holds grades 0 … K − 1. The last axis of y_pred holds K − 1 logits x, of the probabilities P(y > k). In the
    paper's model they are one score and K − 1 biases, xₖ = s + bₖ, which keeps the probabilities from crossing; the
    loss takes any logits. As in the authors' code and without their optional weights of the steps; they divide by the
    number of samples only, and so does "mean".

    Curvature: the second derivative, kept above the machine epsilon. `inverse_link` returns P(y > k); the expected
    grade is their sum. `best_constant` knows only the grades up to the highest in y_true.

    Parameters
    ----------
    reduction : {"mean", "sum", "none"}, default "mean"
        See `Loss`.

    References
    ----------
    Cao, Mirjalili and Raschka (2020), "Rank consistent ordinal regression for neural networks with application to age
    estimation", Pattern Recognition Letters 140, eq. (3).

    Examples
    --------
    >>> from losses import CORAL
    >>> CORAL().value([0, 1], [[-100.0, -100.0], [100.0, 0.0]])
    0.34657359027997264
    >>> CORAL().grad([1], [[0.0, 0.0]])
    array([[-0.5,  0.5]])
    """

    conditional: ClassVar[bool] = False


@dataclass(frozen=True, kw_only=True, repr=False)
class CORN(_StepsLoss):
    """Sum of the binary cross-entropies of "more than grade k, if at least k": Σ_{k ≤ y} BCE(xₖ, [y > k]).

    y_true holds grades 0 … K − 1. The last axis of y_pred holds K − 1 logits x, of the conditional probabilities
    P(y > k | y ≥ k): a sample of grade y says nothing about the steps above it. P(y > k) is the product of the first
    k + 1 of them, so that they never cross. (The authors' code divides the sum over a batch by the number of terms;
    "mean" divides by the number of samples.)

    Curvature: the second derivative, kept above the machine epsilon, at which it is for the steps that don't count.
    `inverse_link` returns the conditional probabilities; ``np.cumprod(…, axis=-1)`` of them is P(y > k).
    `best_constant` knows only the grades up to the highest in y_true.

    Parameters
    ----------
    reduction : {"mean", "sum", "none"}, default "mean"
        See `Loss`.

    References
    ----------
    Shi, Cao and Raschka (2023), "Deep neural networks for rank-consistent ordinal regression based on conditional
    probabilities", Pattern Analysis and Applications 26, arXiv:2111.08851, eq. (8).

    Examples
    --------
    >>> from losses import CORN
    >>> CORN().value([0, 1], [[-100.0, 3.0], [100.0, 0.0]])
    0.34657359027997264
    >>> CORN().grad([0], [[0.0, 0.0]])
    array([[0.5, 0. ]])
    """

    conditional: ClassVar[bool] = True
