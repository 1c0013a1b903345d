"""Losses of classes that are other functions of the true class's probability than its logarithm alone."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, TypeAlias

import numpy as np

from losses._admission.classes import ClassSamples
from losses._admission.domains import PROBABILITY, Interval
from losses._evaluation.orders import CURVATURE, GRAD, HESS, VALUE, Order
from losses._loss.classes import Alpha, ClassLoss, best_logits
from losses._loss.numeric import root
from losses._loss.parameters import Finite, NotNegative, Range, by_parameters
from losses._loss.samplewise import floored
from losses._maths.softmax import (
    Likelihood,
    exponentials,
    likelihood,
    of_others,
    softmax,
    softmax_likelihood,
)
from losses._types import FloatArray
from losses._walk.summation import row_sums


@dataclass(frozen=True, kw_only=True, repr=False)
class LikelihoodLoss(ClassLoss):
    """Base of the losses Σ_c α_c y_c φ(p_c), where p are probabilities, or the softmax of logits.

    Subclasses say what φ is, as functions of a `Likelihood`: `of_class`, its first and second derivative with respect
    to log p, `slope` and `bend` (this one times 1 − p, lest it be infinite), and `bound`, for the curvature.

    Parameters
    ----------
    reduction : {"mean", "sum", "none"}, default "mean"
        See `Loss`.
    """

    from_logits: bool = False

    temporaries: ClassVar[int] = 2

    is_differentiable: ClassVar[bool] = True
    is_twice_differentiable: ClassVar[bool] = True

    def of_class(self, t: Likelihood) -> FloatArray:
        """Return φ."""
        raise NotImplementedError

    def slope(self, t: Likelihood) -> FloatArray:
        """Return dφ/d log p."""
        raise NotImplementedError

    def bend(self, t: Likelihood) -> FloatArray:
        """Return (1 − p) d²φ/d(log p)²."""
        raise NotImplementedError

    def bound(self, t: Likelihood) -> FloatArray:
        """Return the factor of cross-entropy's second derivative in the curvature."""
        return -self.slope(t)

    def domains(self) -> Mapping[str, Interval]:
        """Return the domain of probabilities."""
        return {} if self.from_logits else {"y_pred": PROBABILITY}

    def _class_factors(self) -> Any:
        """Return α: one number, or one for each class."""
        return 1.0

    def _link(self, y_pred: FloatArray) -> FloatArray:
        return softmax(y_pred) if self.from_logits else y_pred

    def _best_row(self, shares: FloatArray) -> FloatArray:
        best = self._best_shares(shares)
        return best_logits(best) if self.from_logits else best

    def _best_shares(self, shares: FloatArray) -> FloatArray:
        """Return the constant distribution with the least loss, given the classes' shares."""
        raise NotImplementedError

    def formula(self, y: FloatArray, p: FloatArray) -> FloatArray:
        """Return Σ_c α_c y_c φ(p_c)."""
        return self._results_of(y, p, VALUE)[0]

    def derivative(self, y: FloatArray, p: FloatArray) -> FloatArray:
        """Return the derivative with respect to each probability or logit."""
        return self._results_of(y, p, GRAD)[0]

    def second_derivative(self, y: FloatArray, p: FloatArray) -> FloatArray:
        """Return the second derivative with respect to each probability or logit."""
        return self._results_of(y, p, HESS)[0]

    def curvature_formula(self, y: FloatArray, p: FloatArray) -> FloatArray:
        """Return cross-entropy's second derivative times `bound`, above the machine epsilon."""
        return self._results_of(y, p, CURVATURE)[0]

    def formula_and_derivative(self, y: FloatArray, p: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return `formula` and `derivative`, which share the likelihood."""
        value, slope = self._results_of(y, p, VALUE, GRAD)
        return value, slope

    def derivative_and_curvature(self, y: FloatArray, p: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return `derivative` and `curvature_formula`, which share the likelihood."""
        slope, bend = self._results_of(y, p, GRAD, CURVATURE)
        return slope, bend

    def _results_of(self, y: FloatArray, p: FloatArray, *orders: Order) -> list[FloatArray]:
        """Return what is asked for, in this order."""
        if y.ndim == 1:
            of_rows: Any = _OfLabels if self.from_logits else _OfGivenLabels
        else:
            of_rows = _OfShares if self.from_logits else _OfGivenShares
        factors = np.asarray(self._class_factors(), np.float64).astype(p.dtype)
        rows = of_rows(self, y, p, factors)
        makers = {VALUE: rows.value, GRAD: rows.grad, HESS: rows.hess, CURVATURE: rows.curvature}
        return [makers[order]() for order in orders]


def _times(weight: FloatArray, a: FloatArray) -> FloatArray:
    """Return a product that is 0 where the weight is, whatever the other factor."""
    return np.where(weight == 0, 0, weight * a) if np.any(weight == 0) else weight * a


class _OfGivenShares:
    """Results of rows whose probabilities are given."""

    def __init__(self, loss: LikelihoodLoss, y: FloatArray, p: FloatArray, factors: FloatArray) -> None:
        self.loss, self.weight, self.t = loss, factors * y, likelihood(p)

    def value(self) -> FloatArray:
        losses: FloatArray = _times(self.weight, self.loss.of_class(self.t)).sum(axis=1)
        return losses

    def grad(self) -> FloatArray:
        slopes: FloatArray = self.weight * self.loss.slope(self.t) / self.t.p
        return slopes

    def hess(self) -> FloatArray:
        t = self.t
        bends: FloatArray = self.weight * (self.loss.bend(t) / t.rest - self.loss.slope(t)) / (t.p * t.p)
        return bends

    def curvature(self) -> FloatArray:
        bend = self.weight * self.loss.bound(self.t) / (self.t.p * self.t.p)
        return floored(bend)


class _OfGivenLabels:
    """Results of rows whose probabilities are given, of which one counts."""

    def __init__(self, loss: LikelihoodLoss, y: FloatArray, p: FloatArray, factors: FloatArray) -> None:
        self.place, self.like = (np.arange(len(y)), y), p
        own = factors if factors.ndim == 0 else factors[y, np.newaxis]
        self.one = _OfGivenShares(loss, np.ones((len(y), 1), p.dtype), p[self.place][:, np.newaxis], own)

    def value(self) -> FloatArray:
        return self.one.value()

    def grad(self) -> FloatArray:
        return self._in_place(self.one.grad(), 0)

    def hess(self) -> FloatArray:
        return self._in_place(self.one.hess(), 0)

    def curvature(self) -> FloatArray:
        return self._in_place(self.one.curvature(), np.finfo(self.like.dtype).eps)

    def _in_place(self, of_labels: FloatArray, elsewhere: Any) -> FloatArray:
        rows = np.full_like(self.like, elsewhere)
        rows[self.place] = of_labels[:, 0]
        return rows


class _OfLabels:
    """Results of rows of logits, where one class is the true one: it alone needs φ."""

    def __init__(self, loss: LikelihoodLoss, y: FloatArray, x: FloatArray, factors: FloatArray) -> None:
        e, s, b = exponentials(x)
        self.loss, self.place = loss, (np.arange(len(y)), y)
        own = e[self.place]
        e[self.place] = 0
        self.t = softmax_likelihood(own, row_sums(e), s, (x[self.place] - b) - np.log(s))
        e /= s.astype(x.dtype, copy=False)[:, np.newaxis]
        self.others = e
        self.factor = factors if factors.ndim == 0 else factors[y]

    def value(self) -> FloatArray:
        return _times(self.factor, self.loss.of_class(self.t))

    def grad(self) -> FloatArray:
        slope = self.factor * self.loss.slope(self.t)
        return self._rows(-slope[:, np.newaxis] * self.others, slope * self.t.rest)

    def hess(self) -> FloatArray:
        t, p = self.t, self.others
        slope, bend = (self.factor * each for each in (self.loss.slope(t), self.loss.bend(t)))
        share = np.where(p > 0, p / t.rest[:, np.newaxis], 0 * p)
        of_others = p * (share * bend[:, np.newaxis] - (1 - p) * slope[:, np.newaxis])
        return self._rows(of_others, t.rest * (bend - t.p * slope))

    def curvature(self) -> FloatArray:
        t, p = self.t, self.others
        bound = self.factor * self.loss.bound(t)
        bend = self._rows(p * (1 - p) * bound[:, np.newaxis], t.p * t.rest * bound)
        return floored(bend)

    def _rows(self, rows: FloatArray, of_labels: FloatArray) -> FloatArray:
        rows[self.place] = of_labels
        return rows


class _OfShares:
    """Results of rows of logits, where each class has a share."""

    def __init__(self, loss: LikelihoodLoss, y: FloatArray, x: FloatArray, factors: FloatArray) -> None:
        e, s, b = exponentials(x)
        s, b = s[:, np.newaxis], np.reshape(b, (-1, 1))
        self.loss, self.weight, self.largest = loss, factors * y, e.argmax(axis=1)
        self.t = softmax_likelihood(e, of_others(e, self.largest), s, (x - b) - np.log(s))

    def value(self) -> FloatArray:
        losses: FloatArray = _times(self.weight, self.loss.of_class(self.t)).sum(axis=1)
        return losses

    def grad(self) -> FloatArray:
        slope = self.weight * self.loss.slope(self.t)
        return slope * self.t.rest - self.t.p * self._of_others(slope)

    def hess(self) -> FloatArray:
        t = self.t
        slope, bend = (self.weight * each for each in (self.loss.slope(t), self.loss.bend(t)))
        bends = np.where(t.rest > 0, bend / t.rest, 0 * bend)
        mass = slope.sum(axis=1, keepdims=True)
        diagonal: FloatArray = t.rest * (bend - t.p * mass) + t.p * t.p * self._of_others(bends)
        return diagonal

    def curvature(self) -> FloatArray:
        bound = (self.weight * self.loss.bound(self.t)).sum(axis=1, keepdims=True)
        bounds: FloatArray = floored(bound * self.t.p * self.t.rest)
        return bounds

    def _of_others(self, a: FloatArray) -> FloatArray:
        return of_others(a, self.largest).astype(a.dtype, copy=False)


@dataclass(frozen=True, kw_only=True, repr=False)
class CategoricalFocal(LikelihoodLoss):
    """Focal loss over classes, cross-entropy that turns to the hard samples: −α_y (1 − p_y)^γ log p_y.

    The last axis of y_pred holds C classes: probabilities p, or logits whose softmax p is with ``from_logits=True``; a
    sample is one row. y_true holds class ids, of shape ``y_pred.shape[:-1]``, or distributions y of y_pred's shape,
    whose loss is the mean over the classes, −Σ_c y_c α_c (1 − p_c)^γ log p_c. With γ = 0 it is
    `CategoricalCrossEntropy`; α multiplies the loss and doesn't enter the denominator of the mean.

    As Keras's `CategoricalFocalCrossentropy`, whose α is 0.25 by default and which renormalizes probabilities; these
    are clipped here as by `CategoricalCrossEntropy`, and logits aren't. A value is within eps·(16 + (γ + 1)(4 +
    |log(1 − p_y)|)) of the exact one, relatively, and a derivative with respect to logits by as much of the largest of
    its row, as long as log p_y itself is a normal number.

    Curvature: that of the α-weighted cross-entropy, α_y p(1 − p) for logits and α_y y/p² for probabilities, kept above
    the machine epsilon.

    Parameters
    ----------
    gamma : float, default 2.0
        γ, how much less the easy samples count; finite and not negative.
    alpha : float or sequence of C floats, optional
        α, one finite weight ≥ 0, or one for each class; None means 1.
    from_logits : bool, default False
        Whether y_pred holds logits rather than probabilities. Prefer it: logits lose nothing.
    reduction : {"mean", "sum", "none"}, default "mean"
        See `Loss`.

    References
    ----------
    Lin et al. (2017), "Focal loss for dense object detection", arXiv:1708.02002, eq. (5).

    Examples
    --------
    >>> from losses import CategoricalFocal
    >>> CategoricalFocal().value([0, 1], [[0.5, 0.5], [0.5, 0.5]])
    0.17328679513998632
    >>> CategoricalFocal(gamma=0.0, alpha=[0.5, 1.0], from_logits=True).grad([0, 1], [[0.0, 0.0], [0.0, 0.0]])
    array([[-0.125,  0.125],
           [ 0.25 , -0.25 ]])
    """

    gamma: NotNegative = 2.0
    alpha: Alpha = None

    @by_parameters
    def is_convex(self) -> bool:
        """In probabilities, and in logits without focus."""
        return self.gamma == 0 or not self.from_logits

    def of_class(self, t: Likelihood) -> FloatArray:
        """Return −(1 − p)^γ log p."""
        loss: FloatArray = -(t.rest**self.gamma) * t.log
        return loss

    def slope(self, t: Likelihood) -> FloatArray:
        """Return −(1 − p)^γ (1 + γ p u), u = −log p / (1 − p)."""
        slope: FloatArray = -(t.rest**self.gamma) * (1 + self.gamma * t.scaled_ratio())
        return slope

    def bend(self, t: Likelihood) -> FloatArray:
        """Return γ (1 − p)^γ (2p − (1 − p) p u + (γ − 1) p² u)."""
        ratio = t.scaled_ratio()
        return self.gamma * t.rest**self.gamma * (2 * t.p - t.rest * ratio + (self.gamma - 1) * t.p * ratio)

    def bound(self, t: Likelihood) -> FloatArray:
        """Return 1."""
        return np.ones_like(t.p)

    def _class_factors(self) -> Any:
        return 1.0 if self.alpha is None else self.alpha

    @by_parameters
    def _plain_call(self) -> int:
        return 0 if isinstance(self.alpha, tuple) else 2

    def _admit(self, arguments: dict[str, Any], sample_weight: Any) -> ClassSamples:
        samples = super()._admit(arguments, sample_weight)
        if isinstance(self.alpha, tuple) and len(self.alpha) != samples.classes:
            raise ValueError(
                f"alpha has {len(self.alpha)} entries, but y_pred has {samples.classes} classes; there must be one for "
                "each, in the order of the ids"
            )
        return samples

    def _label_mass(self, target: Any, sample_weight: Any) -> FloatArray:
        mass = super()._label_mass(target, sample_weight)
        if not isinstance(self.alpha, tuple):
            return mass
        if len(self.alpha) < len(mass):
            raise ValueError(
                f"alpha has {len(self.alpha)} entries, but y_true shows {len(mass)} classes; there must be one for "
                "each, in the order of the ids"
            )
        weighted: FloatArray = np.append(mass, np.zeros(len(self.alpha) - len(mass))) * np.array(self.alpha)
        return weighted

    def _best_shares(self, shares: FloatArray) -> FloatArray:
        """Return the p at which the shares times dφ/dp are all the same."""
        if self.gamma == 0:
            return shares

        def at(log_slope: float) -> FloatArray:
            low, high = np.full(len(shares), -745.0), np.zeros(len(shares))
            for _ in range(64):
                middle = (low + high) / 2
                t = likelihood(np.exp(middle))
                above = np.log(shares) + np.log(-self.slope(t)) - middle > log_slope
                low, high = np.where(above, middle, low), np.where(above, high, middle)
            return np.where(shares > 0, np.exp(low), 0)

        best = at(root(lambda log_slope: 1 - float(at(log_slope).sum()), -745.0, 745.0))
        distribution: FloatArray = best / best.sum()
        return distribution


@dataclass(frozen=True, kw_only=True, repr=False)
class Poly1CrossEntropy(LikelihoodLoss):
    """Cross-entropy and a multiple of the first term of its series: −log p_y + ε(1 − p_y).

    The last axis of y_pred holds C classes: logits whose softmax is p, or with ``from_logits=False`` probabilities p; a
    sample is one row. y_true holds class ids, of shape ``y_pred.shape[:-1]``, or distributions y of y_pred's shape,
    whose loss is Σ_c y_c (−log p_c + ε(1 − p_c)). Cross-entropy is Σⱼ (1 − p_y)ʲ/j, of which ε changes the first
    coefficient. With ε = 0 it is `CategoricalCrossEntropy`.

    As Optax's `poly_loss_cross_entropy`, whose ε is 2 by default. Probabilities are clipped as by
    `CategoricalCrossEntropy`, logits aren't. It is convex in logits where |ε| ≤ 1.

    Curvature: (1 + εp_y) p(1 − p) for logits, which bounds the second derivative where ε ≥ 0, and y(1 + εp)/p² for
    probabilities; kept above the machine epsilon.

    Parameters
    ----------
    epsilon : float, default 1.0
        ε, finite; above 0 for what is hard to tell apart, below for few classes that are too sure.
    from_logits : bool, default True
        Whether y_pred holds logits rather than probabilities. Prefer it: logits lose nothing.
    reduction : {"mean", "sum", "none"}, default "mean"
        See `Loss`.

    References
    ----------
    Leng et al. (2022), "PolyLoss: a polynomial expansion perspective of classification loss functions",
    arXiv:2204.12511, eq. (6).

    Examples
    --------
    >>> from losses import Poly1CrossEntropy
    >>> Poly1CrossEntropy().value([1], [[0.0, 0.0]])  # log 2 + 1/2
    1.1931471805599454
    >>> Poly1CrossEntropy(epsilon=2.0).grad([1], [[0.0, 0.0]])
    array([[ 1., -1.]])
    """

    from_logits: bool = True
    epsilon: Finite = 1.0

    @by_parameters
    def is_convex(self) -> bool:
        """In probabilities, and in logits where |ε| ≤ 1."""
        return not self.from_logits or abs(self.epsilon) <= 1

    def of_class(self, t: Likelihood) -> FloatArray:
        """Return −log p + ε(1 − p)."""
        return self.epsilon * t.rest - t.log

    def slope(self, t: Likelihood) -> FloatArray:
        """Return −1 − εp; towards p = 1, where it vanishes if ε is −1, as ε(1 − p) − (1 + ε)."""
        return np.where(t.p > 0.5, self.epsilon * t.rest - (1 + self.epsilon), -1 - self.epsilon * t.p)

    def bend(self, t: Likelihood) -> FloatArray:
        """Return −εp(1 − p)."""
        return -self.epsilon * t.p * t.rest

    def _best_shares(self, shares: FloatArray) -> FloatArray:
        """Return share/(λ − ε·share), with the λ by which they sum to 1."""
        least = float((self.epsilon * shares[shares > 0]).max())
        floor = math.nextafter(least, math.inf)

        def at(multiplier: float) -> FloatArray:
            candidate: FloatArray = shares / (multiplier - self.epsilon * shares)
            return candidate

        best = at(root(lambda multiplier: 1 - float(at(multiplier).sum()), floor, least + 2))
        normal: FloatArray = best / best.sum()
        return normal


Exponent: TypeAlias = Annotated[float, Range("lie in (0, 1]", lambda x: 0 < x <= 1)]


@dataclass(frozen=True, kw_only=True, repr=False)
class GeneralizedCrossEntropy(LikelihoodLoss):
    """Cross-entropy that labels which are wrong don't drag far: (1 − p_y^q)/q.

    The last axis of y_pred holds C classes: logits whose softmax is p, or with ``from_logits=False`` probabilities p; a
    sample is one row. y_true holds class ids, of shape ``y_pred.shape[:-1]``, or distributions y of y_pred's shape,
    whose loss is Σ_c y_c (1 − p_c^q)/q. It tends to cross-entropy for small q, and at q = 1 is half the absolute error
    of the probabilities; in between, its gradient is cross-entropy's times p_y^q: what the model thinks impossible
    counts little. It is at most 1/q.

    Probabilities are clipped as by `CategoricalCrossEntropy`, logits aren't. With logits, derivatives are within
    eps·(16 + 4|log p_y|) of the exact ones, relative to the largest of their row.

    Curvature: p_y^q p(1 − p) for logits, by which cross-entropy's parabola bounds the loss, and y p^q/p² for
    probabilities; kept above the machine epsilon.

    Parameters
    ----------
    q : float, default 0.7
        In (0, 1], how little labels count that the model thinks impossible.
    from_logits : bool, default True
        Whether y_pred holds logits rather than probabilities. Prefer it: logits lose nothing.
    reduction : {"mean", "sum", "none"}, default "mean"
        See `Loss`.

    References
    ----------
    Zhang and Sabuncu (2018), "Generalized cross entropy loss for training deep neural networks with noisy labels",
    arXiv:1805.07836, eq. (6); without the truncation of eq. (9).

    Examples
    --------
    >>> from losses import GeneralizedCrossEntropy
    >>> GeneralizedCrossEntropy(q=0.5).value([0, 1], [[0.0, -1000.0], [0.0, -1000.0]])
    1.0
    >>> GeneralizedCrossEntropy(q=1.0).grad([0], [[0.0, 0.0]])
    array([[-0.25,  0.25]])
    """

    from_logits: bool = True
    q: Exponent = 0.7

    @by_parameters
    def is_convex(self) -> bool:
        """In probabilities."""
        return not self.from_logits

    def of_class(self, t: Likelihood) -> FloatArray:
        """Return (1 − p^q)/q."""
        loss: FloatArray = -np.expm1(self.q * t.log) / self.q
        return loss

    def slope(self, t: Likelihood) -> FloatArray:
        """Return −p^q."""
        slope: FloatArray = -np.exp(self.q * t.log)
        return slope

    def bend(self, t: Likelihood) -> FloatArray:
        """Return −q p^q (1 − p)."""
        bend: FloatArray = self.q * self.slope(t) * t.rest
        return bend

    def _best_shares(self, shares: FloatArray) -> FloatArray:
        """Return shares^(1/(1 − q)), as a distribution; at q = 1 the most frequent class."""
        with np.errstate(divide="ignore"):
            powers = np.exp(np.log(shares / shares.max()) / (1 - self.q)) if self.q < 1 else shares == shares.max()
        distribution: FloatArray = powers / powers.sum()
        return distribution
