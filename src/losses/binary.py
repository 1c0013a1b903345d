"""Losses of two classes: labels, and predicted probabilities or logits."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, NamedTuple, TypeAlias

import numpy as np

from losses._admission.arrays import per_column
from losses._admission.domains import LABEL, PROBABILITY, Interval
from losses._loss.constants import admit_targets
from losses._loss.elementwise import ElementwiseLoss
from losses._loss.numeric import least, root
from losses._loss.parameters import Fraction, NotNegative, Range, by_parameters
from losses._loss.samplewise import floored
from losses._maths.logistic import has_safe_exponents, sigmoid
from losses._types import ArrayLike, FloatArray

_OF_LOGITS = {"y_true": LABEL}
_OF_PROBABILITIES = {"y_true": LABEL, "y_pred": PROBABILITY}

PosWeight: TypeAlias = float | FloatArray
"""One for all the samples, or one for each."""


def _pos_weight(name: str, value: Any) -> float | tuple[float, ...]:
    """Return one positive number, or a tuple of them."""
    positive = Range("be positive and finite", lambda x: 0 < x < math.inf)
    if isinstance(value, str) or not isinstance(value, Sequence | np.ndarray) or getattr(value, "shape", None) == ():
        return positive(name, value)
    if len(value) == 0:
        raise ValueError(f"{name} must be a number, or a sequence of one for each entry of the last axis, got {value}")
    return tuple(positive(f"{name}[{k}]", each) for k, each in enumerate(value))


PosWeights: TypeAlias = Annotated[float | Sequence[float], _pos_weight]


@dataclass(frozen=True, kw_only=True, repr=False)
class BinaryCrossEntropy(ElementwiseLoss):
    """Negative log-likelihood of a binary label: −[π y log p + (1 − y) log(1 − p)].

    y in [0, 1] is the label or the probability of class 1, p the predicted probability, or the sigmoid of the
    prediction with ``from_logits=True``. With label smoothing ε, y becomes y(1 − ε) + ε/2, and 1 − y becomes
    (1 − y)(1 − ε) + ε/2.

    Probabilities are clipped to [eps, 1 − eps], where eps is the machine epsilon of y_pred's dtype, as scikit-learn's
    `log_loss` does; the gradient is the formula's at the clipped probability. Logits are not clipped: a confident,
    correct prediction keeps its full relative precision.

    Parameters
    ----------
    from_logits : bool, default False
        Whether y_pred holds logits, log(p / (1 − p)), rather than probabilities. Prefer it: logits lose nothing.
    pos_weight : float or sequence of floats, default 1.0
        π, the weight of class 1 against class 0, positive: one for all, or one for each entry of y_pred's last axis,
        where each column is a label of its own. It does not enter the denominator of the mean (as in PyTorch).
    label_smoothing : float, default 0.0
        ε in [0, 1].
    reduction : {"mean", "sum", "none"}, default "mean"
        See `Loss`.

    References
    ----------
    Bishop (2006), "Pattern Recognition and Machine Learning", eq. (4.90); smoothing: Szegedy et al. (2016),
    "Rethinking the Inception architecture", section 7.

    Examples
    --------
    >>> from losses import BinaryCrossEntropy
    >>> BinaryCrossEntropy().value([1, 0], [0.9, 0.2])
    0.16425203348601802
    >>> BinaryCrossEntropy(from_logits=True).value(1, 40.0)
    4.248354255291589e-18
    >>> BinaryCrossEntropy(from_logits=True, pos_weight=[1, 3]).grad([[1, 1]], [[0.0, 0.0]])
    array([[-0.25, -0.75]])
    """

    from_logits: bool = False
    pos_weight: PosWeights = 1.0
    label_smoothing: Fraction = 0.0

    is_convex: ClassVar[bool] = True
    is_differentiable: ClassVar[bool] = True
    is_twice_differentiable: ClassVar[bool] = True

    @by_parameters
    def lipschitz(self) -> float | None:
        """The largest slope with respect to a logit, that of a label that is as wrong as can be."""
        return (1 - self.label_smoothing / 2) * max(*self._pos_weights, 1.0) if self.from_logits else None

    @by_parameters
    def smoothness(self) -> float | None:
        """The largest second derivative with respect to a logit, (a + b)/4."""
        rest = self.label_smoothing / 2
        sums = [(1 - rest) * max(weight, 1.0) + rest * min(weight, 1.0) for weight in self._pos_weights]
        return max(sums) / 4 if self.from_logits else None

    @property
    def _pos_weights(self) -> tuple[float, ...]:
        weight = self.pos_weight
        return weight if isinstance(weight, tuple) else (weight,)

    @np.errstate(all="ignore")
    def best_constant(self, y_true: ArrayLike, sample_weight: ArrayLike | None = None) -> float:
        """Return the constant prediction with the least loss; see `Loss.best_constant`."""
        y, weight = admit_targets(y_true, sample_weight, LABEL)
        pos_weight: PosWeight = self._pos_weights[0]
        if isinstance(self.pos_weight, tuple):
            spread = per_column("pos_weight", self._pos_weights, "y_true", np.shape(y_true))
            pos_weight = admit_targets(spread, sample_weight, None).y
        a, b = (math.fsum((weight * each).tolist()) for each in self._class_weights(y, pos_weight))
        if not self.from_logits:
            return a / (a + b)
        if a == 0 or b == 0:
            raise ValueError(f"y_true holds only class {int(b == 0)}: the best log-odds are infinite")
        return math.log(a / b)

    def _link(self, y_pred: FloatArray) -> FloatArray:
        return sigmoid(y_pred) if self.from_logits else y_pred

    def domains(self) -> Mapping[str, Interval]:
        """Return the domains of label and probability."""
        return _OF_LOGITS if self.from_logits else _OF_PROBABILITIES

    @by_parameters
    def _plain_call(self) -> int:
        return 0 if isinstance(self.pos_weight, tuple) else 2

    def _admit(self, arguments: dict[str, Any], sample_weight: Any) -> Any:
        """Return the checked arguments of one call, with `pos_weight` as a third array if there is one a column."""
        samples = super()._admit(arguments, sample_weight)
        if isinstance(self.pos_weight, tuple):
            shape = samples.predicted.shape
            samples.arguments["pos_weight"] = per_column("pos_weight", self._pos_weights, "y_pred", shape)
        return samples

    def formula(self, y: FloatArray, p: FloatArray, *pos_weight: FloatArray) -> FloatArray:
        """Return −(a log p + b log(1 − p)), where a and b are the weights of the two classes."""
        return self._form(y, p, *pos_weight).loss()

    def derivative(self, y: FloatArray, p: FloatArray, *pos_weight: FloatArray) -> FloatArray:
        """Return b/(1 − p) − a/p; with respect to the logit, b σ(x) − a σ(−x)."""
        return self._form(y, p, *pos_weight).slope()

    def formula_and_derivative(
        self, y: FloatArray, p: FloatArray, *pos_weight: FloatArray
    ) -> tuple[FloatArray, FloatArray]:
        """Return `formula` and `derivative`, which share the weights, and from logits the exponential."""
        form = self._form(y, p, *pos_weight)
        return form.loss(), form.slope()

    def second_derivative(self, y: FloatArray, p: FloatArray, *pos_weight: FloatArray) -> FloatArray:
        """Return a/p² + b/(1 − p)²; with respect to the logit, (a + b) σ(x) σ(−x)."""
        return self._form(y, p, *pos_weight).bend()

    def derivative_and_curvature(
        self, y: FloatArray, p: FloatArray, *pos_weight: FloatArray
    ) -> tuple[FloatArray, FloatArray]:
        """Return `derivative`, and the second derivative above the machine epsilon."""
        form = self._form(y, p, *pos_weight)
        slope, bend = form.slope_and_bend()
        return slope, bend if isinstance(form, _HardProbabilities) else floored(bend)  # the former is at least 1

    def _class_weights(self, y: FloatArray, pos_weight: PosWeight) -> tuple[FloatArray, FloatArray]:
        """Return a and b: π y and 1 − y, after smoothing."""
        a, b = y, 1 - y
        if self.label_smoothing:
            smoothing = y.dtype.type(self.label_smoothing)
            keep, spread = 1 - smoothing, smoothing / 2
            a, b = a * keep + spread, b * keep + spread
        return (a, b) if isinstance(pos_weight, float) and pos_weight == 1 else (pos_weight * a, b)

    def _form(self, y: FloatArray, p: FloatArray, *per_sample: FloatArray) -> _BinaryForm:
        """Return the shortest form of the loss that is exact for these labels and predictions."""
        b = 1.0 - y
        if self.pos_weight == 1 and not self.label_smoothing and _are_hard(y, b):
            if not self.from_logits:
                d = b - p
                return _HardProbabilities(b, p, d, 1.0 / d)
            side = b - y
            z = side * p
            if has_safe_exponents(z):
                return _HardLogits(side, np.exp(z))
        a, b = self._class_weights(y, *(per_sample or self._pos_weights))
        return _Logits(a, b, p, np.exp(-np.abs(p))) if self.from_logits else _Probabilities(a, b, p)


def _are_hard(y: FloatArray, b: FloatArray) -> bool:
    """Return whether labels y, with b = 1 − y, are all 0 or 1; those of weight zero may be anything."""
    spread = y * b
    return spread.size == 0 or bool(spread.item(spread.argmax()) == 0)  # a third of the time of count_nonzero


class _Probabilities(NamedTuple):
    """Weights a and b of the two classes, and probabilities p."""

    a: FloatArray
    b: FloatArray
    p: FloatArray

    def loss(self) -> FloatArray:
        """Return −(a log p + b log(1 − p))."""
        return -(self.a * np.log(self.p) + self.b * np.log1p(-self.p))

    def slope(self) -> FloatArray:
        """Return b/(1 − p) − a/p."""
        return self.b / (1 - self.p) - self.a / self.p

    def bend(self) -> FloatArray:
        """Return a/p² + b/(1 − p)²."""
        return self.a / (self.p * self.p) + self.b / ((1 - self.p) * (1 - self.p))

    def slope_and_bend(self) -> tuple[FloatArray, FloatArray]:
        """Return both."""
        return self.slope(), self.bend()


class _HardProbabilities(NamedTuple):
    """b = 1 − y for labels y of 0 or 1 that weigh the same, probabilities p, d = b − p, and q = 1/d.

    Up to its sign, d is the probability of the label.
    """

    b: FloatArray
    p: FloatArray
    d: FloatArray
    q: FloatArray

    def loss(self) -> FloatArray:
        """Return −log|b − p|, in one logarithm and a term for what d lost when it was rounded."""
        return (self.d - self.b + self.p) * self.q - np.log(np.abs(self.d))

    def slope(self) -> FloatArray:
        """Return 1/(b − p)."""
        return self.q

    def bend(self) -> FloatArray:
        """Return 1/(b − p)²."""
        return self.q * self.q

    def slope_and_bend(self) -> tuple[FloatArray, FloatArray]:
        """Return both."""
        return self.slope(), self.bend()


class _Logits(NamedTuple):
    """Weights a and b of the two classes, logits x, and t = exp(−|x|).

    softplus(±x) = max(±x, 0) + log1p(t), and σ(±x) = max(t, [±x ≥ 0]) / (1 + t).
    """

    a: FloatArray
    b: FloatArray
    x: FloatArray
    t: FloatArray

    def loss(self) -> FloatArray:
        """Return a softplus(−x) + b softplus(x)."""
        a, b, x = self.a, self.b, self.x
        losses: FloatArray = (a + b) * np.log1p(self.t)
        losses += np.fmax(a * (-x).clip(0, np.inf) + b * x.clip(0, np.inf), 0)  # 0 · inf is 0; NaN is in t
        return losses

    def slope(self) -> FloatArray:
        """Return b σ(x) − a σ(−x)."""
        t, x = self.t, self.x
        return (self.b * np.maximum(t, x >= 0) - self.a * np.maximum(t, x < 0)) / (1 + t)

    def bend(self) -> FloatArray:
        """Return (a + b) σ(x) σ(−x)."""
        return (self.a + self.b) * (self.t / ((1 + self.t) * (1 + self.t)))

    def slope_and_bend(self) -> tuple[FloatArray, FloatArray]:
        """Return both."""
        return self.slope(), self.bend()


class _HardLogits(NamedTuple):
    """For labels of 0 or 1 that weigh the same: ±1, and e = exp(z) of the logit z = ±x of the class that is wrong."""

    side: FloatArray
    e: FloatArray

    def loss(self) -> FloatArray:
        """Return softplus(z)."""
        return np.log1p(self.e)

    def slope(self) -> FloatArray:
        """Return ±σ(z)."""
        return self.side * (self.e / (1.0 + self.e))

    def bend(self) -> FloatArray:
        """Return σ(z) σ(−z)."""
        return self.slope_and_bend()[1]

    def slope_and_bend(self) -> tuple[FloatArray, FloatArray]:
        """Return both."""
        rest = 1.0 + self.e
        sigma = self.e / rest
        return self.side * sigma, np.divide(sigma, rest, out=rest)


_BinaryForm: TypeAlias = _Probabilities | _HardProbabilities | _Logits | _HardLogits


def _focal_alpha(name: str, value: Any) -> float | None:
    """Return α as a Python float, or None."""
    return None if value is None else Range("lie in [0, 1], or be None", lambda x: 0 <= x <= 1)(name, value)


Alpha: TypeAlias = Annotated[float | None, _focal_alpha]


@dataclass(frozen=True, kw_only=True, repr=False)
class _TwoSided(ElementwiseLoss):
    """Base of the losses a·ℓ₁ + b·ℓ₀, whose weights a and b depend on the label, and ℓ₁ and ℓ₀ on the prediction."""

    is_differentiable: ClassVar[bool | None] = True
    is_twice_differentiable: ClassVar[bool | None] = True

    def domains(self) -> Mapping[str, Interval]:
        """Return the domain of the label."""
        return _OF_LOGITS

    def _link(self, y_pred: FloatArray) -> FloatArray:
        return sigmoid(y_pred)

    def formula(self, y: FloatArray, p: FloatArray) -> FloatArray:
        """Return aℓ₁ + bℓ₀."""
        (a, b), (one, zero) = self._label_weights(y), self._sides(p)
        return _weighed(a, one.loss()) + _weighed(b, zero.loss())

    def derivative(self, y: FloatArray, p: FloatArray) -> FloatArray:
        """Return the derivative of aℓ₁ + bℓ₀."""
        (a, b), (one, zero) = self._label_weights(y), self._sides(p)
        return b * zero.slope() - a * one.slope()

    def formula_and_derivative(self, y: FloatArray, p: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return `formula` and `derivative`, which share the logarithms and powers."""
        (a, b), (one, zero) = self._label_weights(y), self._sides(p)
        return _weighed(a, one.loss()) + _weighed(b, zero.loss()), b * zero.slope() - a * one.slope()

    def second_derivative(self, y: FloatArray, p: FloatArray) -> FloatArray:
        """Return the second derivative of aℓ₁ + bℓ₀."""
        (a, b), (one, zero) = self._label_weights(y), self._sides(p)
        return a * one.bend() + b * zero.bend()

    def _label_weights(self, y: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return a and b."""
        return y, 1 - y

    def _sides(self, p: FloatArray) -> tuple[_Focused | _FocusedLogit | _Shifted, ...]:
        """Return ℓ₁ and ℓ₀, as functions of how probable the wrong class is."""
        raise NotImplementedError


@dataclass(frozen=True, kw_only=True, repr=False)
class BinaryFocal(_TwoSided):
    """Focal loss, cross-entropy that turns to the hard samples: −α_t (1 − p_t)^γ log p_t.

    p_t is the probability of the true class: p for y = 1, 1 − p for y = 0, where p is the prediction, or its sigmoid
    with ``from_logits=True``; α_t is α for y = 1 and 1 − α for y = 0, or 1 without α. A label y between 0 and 1 gives
    the mean of both losses, y·ℓ(1) + (1 − y)·ℓ(0). With γ = 0 it is `BinaryCrossEntropy`, weighted by α_t. Keras's
    `BinaryFocalCrossentropy` weighs by α only with ``apply_class_balancing=True``; torchvision's
    `sigmoid_focal_loss` has α = 0.25 by default, and takes a negative α for None.

    Probabilities are clipped as by `BinaryCrossEntropy`, logits aren't. Value and gradient are within
    eps·(16 + γ(4 + |log(1 − p_t)|)) of the largest term.

    Curvature: that of the α_t-weighted cross-entropy, α_t σ(x)σ(−x) for a logit x and α_t/p_t² for a probability, kept
    above the machine epsilon.

    Parameters
    ----------
    gamma : float, default 2.0
        γ, how much less the easy samples count; finite and not negative.
    alpha : float, optional
        α in [0, 1], the weight of class 1; class 0 weighs 1 − α. None: both weigh 1.
    from_logits : bool, default False
        Whether y_pred holds logits, log(p / (1 − p)), rather than probabilities. Prefer it: logits lose nothing.
    reduction : {"mean", "sum", "none"}, default "mean"
        See `Loss`.

    References
    ----------
    Lin et al. (2017), "Focal loss for dense object detection", eq. (5).

    Examples
    --------
    >>> from losses import BinaryFocal
    >>> BinaryFocal(gamma=2.0).value([1, 0], [0.5, 0.5])
    0.17328679513998632
    >>> BinaryFocal(gamma=0.0, alpha=0.25, from_logits=True).grad([1, 0], [0.0, 0.0])
    array([-0.0625,  0.1875])
    """

    temporaries: ClassVar[int] = 2

    gamma: NotNegative = 2.0
    alpha: Alpha = None
    from_logits: bool = False

    @by_parameters
    def is_convex(self) -> bool:
        """In probabilities, and in logits without focus."""
        return self.gamma == 0 or not self.from_logits

    @by_parameters
    def lipschitz(self) -> float | None:
        """The largest slope with respect to a logit, without focus."""
        return self._largest_weight if self.from_logits and self.gamma == 0 else None

    @by_parameters
    def smoothness(self) -> float | None:
        """The largest second derivative with respect to a logit, without focus."""
        return self._largest_weight / 4 if self.from_logits and self.gamma == 0 else None

    @property
    def _largest_weight(self) -> float:
        return 1.0 if self.alpha is None else max(self.alpha, 1 - self.alpha)

    def domains(self) -> Mapping[str, Interval]:
        """Return the domains of label and probability."""
        return _OF_LOGITS if self.from_logits else _OF_PROBABILITIES

    def _link(self, y_pred: FloatArray) -> FloatArray:
        return sigmoid(y_pred) if self.from_logits else y_pred

    def _best_constant(self, y: FloatArray, weight: FloatArray) -> float:
        a, b = (math.fsum((weight * each).tolist()) for each in self._label_weights(y))
        if a and b:
            logit = _best_logit(BinaryFocal(gamma=self.gamma, from_logits=True), a, b)
            return logit if self.from_logits else 1 / (1 + math.exp(-logit))
        if self.from_logits or a == b:
            raise ValueError("only one class of y_true has a weight: no finite logit is the best")
        return float(a > 0)

    def curvature_formula(self, y: FloatArray, p: FloatArray) -> FloatArray:
        """Return α_t σ(x)σ(−x), or α_t/p_t², above the machine epsilon."""
        return self._cross_entropy_bend(y, self._sides(p)[0])

    def derivative_and_curvature(self, y: FloatArray, p: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return `derivative` and `curvature_formula`, which share the probabilities."""
        (a, b), (one, zero) = self._label_weights(y), self._sides(p)
        return b * zero.slope() - a * one.slope(), self._cross_entropy_bend(y, one)

    def _cross_entropy_bend(self, y: FloatArray, one: _Focused | _FocusedLogit | _Shifted) -> FloatArray:
        (a, b), p, q = self._label_weights(y), one.right, one.wrong
        return floored((a + b) * (p * q) if self.from_logits else a / (p * p) + b / (q * q))

    def _label_weights(self, y: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return αy and (1 − α)(1 − y)."""
        return (y, 1 - y) if self.alpha is None else (self.alpha * y, (1 - self.alpha) * (1 - y))

    def _sides(self, p: FloatArray) -> tuple[_Focused | _FocusedLogit | _Shifted, ...]:
        """Return the losses of class 1 and 0."""
        if self.from_logits:
            x = _Sigmoid.of(p)
            return x.one(self.gamma), x.zero(self.gamma)
        q = 1 - p
        return _Focused(self.gamma, q, p, -np.log(p)), _Focused(self.gamma, p, q, -np.log1p(-p))


BelowOne: TypeAlias = Annotated[float, Range("lie in [0, 1)", lambda x: 0 <= x < 1)]


@dataclass(frozen=True, kw_only=True, repr=False)
class AsymmetricFocal(_TwoSided):
    """Asymmetric focal loss (ASL) for many labels: −y(1−p)^{γ₊} log p − (1−y) m^{γ₋} log(1−m), m = max(p − clip, 0).

    p is the sigmoid of the prediction, a logit. Where nearly all the labels are negative, γ₋ > γ₊ makes the easy ones
    count less, and those with p ≤ clip not at all. The gradient flows through the powers; the authors' code stops it
    there with its option `disable_torch_grad_focal_loss`, and adds up rather than averages. Labels may lie between 0
    and 1.

    For y = 0 the derivatives at p = clip are 0, as they are below; with γ₋ = 0 that is a kink, and the second
    derivative jumps there unless γ₋ > 1. Value and gradient are within eps·(16 + γ(4 + |log w|)) of the
    largest term, where w is 1 − p or m, for a p that may be off by 4·eps of itself, which counts next to p = clip.

    Curvature: that of cross-entropy, σ(x)σ(−x), kept above the machine epsilon.

    Parameters
    ----------
    gamma_pos : float, default 0.0
        γ₊, how much less easy positives count; finite and not negative.
    gamma_neg : float, default 4.0
        γ₋, how much less easy negatives count; finite and not negative.
    clip : float, default 0.05
        By how much the probabilities of negatives are shifted down; in [0, 1).
    reduction : {"mean", "sum", "none"}, default "mean"
        See `Loss`.

    References
    ----------
    Ridnik et al. (2021), "Asymmetric loss for multi-label classification", eq. (7).

    Examples
    --------
    >>> from losses import AsymmetricFocal
    >>> AsymmetricFocal().value([1, 0, 0], [2.0, 1.0, -3.0])
    0.12426274523968499
    >>> AsymmetricFocal().grad([1, 0, 0], [2.0, 1.0, -3.0])
    array([-0.03973431,  0.13884463,  0.        ])
    """

    temporaries: ClassVar[int] = 2

    gamma_pos: NotNegative = 0.0
    gamma_neg: NotNegative = 4.0
    clip: BelowOne = 0.05

    @by_parameters
    def is_convex(self) -> bool:
        """Where it is cross-entropy."""
        return self.gamma_pos == self.gamma_neg == self.clip == 0

    @by_parameters
    def is_differentiable(self) -> bool:
        """Whether the negatives' loss leaves 0 without a kink."""
        return self.clip == 0 or self.gamma_neg > 0

    @by_parameters
    def is_twice_differentiable(self) -> bool:
        """Whether the negatives' loss leaves 0 smoothly."""
        return self.clip == 0 or self.gamma_neg > 1

    def _best_constant(self, y: FloatArray, weight: FloatArray) -> float:
        a, b = (math.fsum((weight * each).tolist()) for each in self._label_weights(y))
        if a and b:
            return _best_logit(self, a, b)
        if b and self.clip:
            return math.log(self.clip) - math.log1p(-self.clip)
        raise ValueError(f"y_true holds only class {int(a > 0)}: the best logit is infinite")

    def curvature_formula(self, y: FloatArray, p: FloatArray) -> FloatArray:
        """Return σ(x)σ(−x) above the machine epsilon."""
        one, _ = self._sides(p)
        return floored(one.right * one.wrong)

    def derivative_and_curvature(self, y: FloatArray, p: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return `derivative` and `curvature_formula`, which share the probabilities."""
        (a, b), (one, zero) = self._label_weights(y), self._sides(p)
        return b * zero.slope() - a * one.slope(), floored(one.right * one.wrong)

    def _sides(self, p: FloatArray) -> tuple[_Focused | _FocusedLogit | _Shifted, ...]:
        """Return the losses of class 1 and 0."""
        x = _Sigmoid.of(p)
        one = x.one(self.gamma_pos)
        if self.clip == 0:
            return one, x.zero(self.gamma_neg)
        m, right = np.maximum(x.p - self.clip, 0), x.q + self.clip
        cost = -np.where(m < 0.5, np.log1p(-m), np.log(right))
        return one, _Shifted(_Focused(self.gamma_neg, m, right, cost), x.p, x.q)


def _best_logit(loss: _TwoSided, a: float, b: float) -> float:
    """Return the best constant logit where the two classes weigh a and b, by a search from all over the range."""
    y, weight = np.array([1.0, 0.0]), np.array([a, b]) / (a + b)
    total = loss.with_reduction("sum")

    def at(x: float) -> float:
        return float(total.value(y, np.full(2, x), sample_weight=weight))

    def slope(x: float) -> float:
        return float(np.sum(total.grad(y, np.full(2, x), sample_weight=weight)))

    best = least(at, np.linspace(-40, 40, 321), 0.25)
    if not at(best) < at(math.inf):
        raise ValueError(
            "y_true holds too much of one class: the loss falls without end, as its infimum over constant logits lies "
            "at infinity"
        )
    near = 1e-6 * max(abs(best), 1.0)
    return root(slope, best - near, best + near) if slope(best - near) < 0 < slope(best + near) else best


class _Sigmoid(NamedTuple):
    """p = σ(x), q = σ(−x), and what they cost: −log p and −log q."""

    p: FloatArray
    q: FloatArray
    cost_of_one: FloatArray
    cost_of_zero: FloatArray

    @classmethod
    def of(cls, x: FloatArray) -> _Sigmoid:
        """Return them for logits x, from one exponential and one logarithm."""
        t = np.exp(-np.abs(x))
        share, log = 1 / (1 + t), np.log1p(t)
        return cls(
            np.maximum(t, x >= 0) * share, np.maximum(t, x < 0) * share, log + np.maximum(-x, 0), log + np.maximum(x, 0)
        )

    def one(self, gamma: float) -> _FocusedLogit:
        """Return the loss of class 1."""
        return _FocusedLogit(gamma, self.q, self.p, self.cost_of_one)

    def zero(self, gamma: float) -> _FocusedLogit:
        """Return the loss of class 0."""
        return _FocusedLogit(gamma, self.p, self.q, self.cost_of_zero)


class _Focused(NamedTuple):
    """w^γ · (−log(1 − w)) for the probability w of the wrong class; derivatives are those with respect to w."""

    gamma: float
    wrong: FloatArray
    """w."""
    right: FloatArray
    """1 − w."""
    cost: FloatArray
    """−log(1 − w)."""

    def loss(self) -> FloatArray:
        """Return the loss."""
        return self._power() * self.cost

    def slope(self) -> FloatArray:
        """Return w^γ (γ · cost/w + 1/(1 − w))."""
        return self._power() * (self.gamma * (self.cost / self.wrong) + 1 / self.right)

    def bend(self) -> FloatArray:
        """Return w^γ (γ(γ − 1) · cost/w² + 2γ/(w(1 − w)) + 1/(1 − w)²)."""
        gamma, w, right = self.gamma, self.wrong, self.right
        by_power = gamma * (gamma - 1) * (self.cost / w / w) + 2 * gamma / (w * right)
        return self._power() * (by_power + 1 / (right * right))

    def _power(self) -> FloatArray:
        power: FloatArray = self.wrong**self.gamma
        return power


class _FocusedLogit(_Focused):
    """The same; derivatives are those with respect to the logit of w."""

    def slope(self) -> FloatArray:
        """Return w^γ (γ(1 − w) · cost + w)."""
        return self._power() * (self.gamma * self._right_cost() + self.wrong)

    def bend(self) -> FloatArray:
        """Return w^γ (γ(1 − w) · cost · (γ(1 − w) − w) + (1 + 2γ)w(1 − w))."""
        gamma, w, right = self.gamma, self.wrong, self.right
        return self._power() * (gamma * self._right_cost() * (gamma * right - w) + (1 + 2 * gamma) * w * right)

    def _right_cost(self) -> FloatArray:
        """Return (1 − w) · cost, whose limit is 0 where the cost is infinite."""
        return np.fmax(self.right * self.cost, 0)


class _Shifted(NamedTuple):
    """The same for m = max(p − clip, 0) in place of w; derivatives are those with respect to the logit of p."""

    of_m: _Focused
    p: FloatArray
    q: FloatArray

    @property
    def right(self) -> FloatArray:
        """The probability of class 0."""
        return self.q

    @property
    def wrong(self) -> FloatArray:
        """The probability of class 1."""
        return self.p

    def loss(self) -> FloatArray:
        """Return the loss."""
        return self.of_m.loss()

    def slope(self) -> FloatArray:
        """Return the derivative with respect to m times pq, or 0 where m is 0."""
        return np.where(self.of_m.wrong == 0, 0, self.of_m.slope() * (self.p * self.q))

    def bend(self) -> FloatArray:
        """Return the second derivative with respect to m times (pq)² and the first times pq(q − p), or 0."""
        inner = self.p * self.q
        bend = (self.of_m.bend() * inner + self.of_m.slope() * (self.q - self.p)) * inner
        return np.where(self.of_m.wrong == 0, 0, bend)


def _weighed(weight: FloatArray, losses: FloatArray) -> FloatArray:
    """Return losses times weights; 0 where an infinite loss weighs nothing."""
    weighed: FloatArray = weight * losses
    undecided = np.isnan(weighed)
    if np.count_nonzero(undecided):
        weighed[undecided & np.isinf(losses)] = 0
    return weighed
