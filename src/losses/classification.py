"""Losses for classification: cross-entropies of labels and predicted probabilities or logits."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from numbers import Integral
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from losses.arrays import as_array, result_dtype
from losses.base import Loss
from losses.class_samples import ClassSamples
from losses.domains import Interval
from losses.elementwise import LARGEST, SMALLEST, ElementwiseLoss, multiplier, weigh
from losses.evaluation import Order
from losses.logistic import safe_exponent, sigmoid_slope
from losses.parameters import check_fraction, check_positive, number
from losses.types import ArrayLike, Box, Dtype, FloatArray

_TARGET = Interval(
    "a binary target must lie in [0, 1]", 0.0, 1.0, "; map labels -1 and 1 to 0 and 1 with (y_true + 1) / 2"
)
_PROBABILITY = Interval(
    "a probability must lie in [0, 1]", 0.0, 1.0, "; if these are logits, pass from_logits=True", clipped=True
)
_OF_LOGITS = {"y_true": _TARGET}
_OF_PROBABILITIES = {"y_true": _TARGET, "y_pred": _PROBABILITY}


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
    pos_weight : float, default 1.0
        π, the weight of class 1 against class 0, positive. It does not enter the denominator of the mean (as in
        PyTorch).
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
    """

    from_logits: bool = False
    pos_weight: float = 1.0
    label_smoothing: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        check_positive("pos_weight", self.pos_weight)
        check_fraction("label_smoothing", self.label_smoothing)

    def domains(self) -> Mapping[str, Interval]:
        """Return the domains of label and probability."""
        return _OF_LOGITS if self.from_logits else _OF_PROBABILITIES

    def formula(self, y: FloatArray, p: FloatArray) -> FloatArray:
        """Return −(a log p + b log(1 − p)), where a and b are the weights of the two classes."""
        return self._form(y, p).loss()

    def derivative(self, y: FloatArray, p: FloatArray) -> FloatArray:
        """Return b/(1 − p) − a/p; by the logit, b σ(x) − a σ(−x)."""
        return self._form(y, p).slope()

    def formula_and_derivative(self, y: FloatArray, p: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return `formula` and `derivative`, which share the weights, and from logits the exponential."""
        form = self._form(y, p)
        return form.loss(), form.slope()

    def second_derivative(self, y: FloatArray, p: FloatArray) -> FloatArray:
        """Return a/p² + b/(1 − p)²; by the logit, (a + b) σ(x) σ(−x)."""
        a, b = self._class_weights(y)
        if self.from_logits:
            return (a + b) * sigmoid_slope(p)
        return a / (p * p) + b / ((1 - p) * (1 - p))

    def _class_weights(self, y: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return a and b: π y and 1 − y, after smoothing."""
        a, b = y, 1 - y
        if self.label_smoothing:
            smoothing = y.dtype.type(self.label_smoothing)
            keep, spread = 1 - smoothing, smoothing / 2
            a, b = a * keep + spread, b * keep + spread
        return (a, b) if self.pos_weight == 1 else (self.pos_weight * a, b)

    def _form(self, y: FloatArray, p: FloatArray) -> "_BinaryForm":
        """Return the shortest form of the loss that is exact for these labels and predictions."""
        plain = self.pos_weight == 1 and not self.label_smoothing
        if plain and np.count_nonzero((y == 0) | (y == 1)) == y.size:
            if not self.from_logits:
                b = 1 - y
                return _HardProbabilities(b, p, b - p)
            side = 1 - (y + y)
            z = side * p
            if z.max(initial=0) <= safe_exponent(z.dtype):
                return _HardLogits(side, np.exp(z))
        a, b = self._class_weights(y)
        return _Logits(a, b, p, np.exp(-np.abs(p))) if self.from_logits else _Probabilities(a, b, p)


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


class _HardProbabilities(NamedTuple):
    """b = 1 − y for labels y of 0 or 1 that weigh the same, probabilities p, and d = b − p.

    Up to its sign, d is the probability of the label.
    """

    b: FloatArray
    p: FloatArray
    d: FloatArray

    def loss(self) -> FloatArray:
        """Return −log|b − p|, in one logarithm and a term for what d lost when it was rounded."""
        return -(np.log(np.abs(self.d)) + (self.b - self.d - self.p) / self.d)

    def slope(self) -> FloatArray:
        """Return 1/(b − p)."""
        return 1 / self.d


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
        found: FloatArray = (a + b) * np.log1p(self.t)
        found += np.fmax(a * (-x).clip(0, np.inf) + b * x.clip(0, np.inf), 0)  # 0 · inf is 0; NaN is in t
        return found

    def slope(self) -> FloatArray:
        """Return b σ(x) − a σ(−x)."""
        t, x = self.t, self.x
        return (self.b * np.maximum(t, x >= 0) - self.a * np.maximum(t, x < 0)) / (1 + t)


class _HardLogits(NamedTuple):
    """For labels of 0 or 1 that weigh the same: ±1, and e = exp(z) of the logit z = ±x of the class that is wrong."""

    side: FloatArray
    e: FloatArray

    def loss(self) -> FloatArray:
        """Return softplus(z)."""
        return np.log1p(self.e)

    def slope(self) -> FloatArray:
        """Return ±σ(z)."""
        return self.side * (self.e / (1 + self.e))


_BinaryForm: TypeAlias = _Probabilities | _HardProbabilities | _Logits | _HardLogits


@dataclass(frozen=True, kw_only=True, repr=False)
class CategoricalCrossEntropy(Loss):
    """Negative log-likelihood of a class: −Σ_c κ_c q_c log p_c.

    The last axis of y_pred holds C classes: probabilities p, or logits whose softmax p is with ``from_logits=True``;
    a sample is one row. y_true holds class ids (integers from 0 to C − 1, or floats that are integral), of shape
    ``y_pred.shape[:-1]``, or for each sample a distribution y over the classes, of y_pred's shape. With label
    smoothing ε, q = (1 − ε)y + ε/C, where y is one-hot for a class id; κ is `class_weight`.

    Class weights multiply the samples' weights: the denominator of the mean is Σ_i w_i Σ_c κ_c y_ic, with y before
    smoothing, so class ids and one-hot rows agree. (PyTorch divides by the number of rows for one-hot.)

    Probabilities are clipped to [eps, 1 − eps] with the machine epsilon of y_pred's dtype, and neither renormalized
    nor checked for their sum. A logit of −inf is a class of probability 0; a row with +inf, or of −inf alone, gives
    NaN.

    Parameters
    ----------
    from_logits : bool, default False
        Whether y_pred holds logits rather than probabilities. Prefer it: logits lose nothing.
    class_weight : sequence of C floats, optional
        κ, a finite weight ≥ 0 for each class; None means 1.
    label_smoothing : float, default 0.0
        ε in [0, 1].
    ignore_index : int, optional
        A class id that marks samples to leave out, such as padding.
    reduction : {"mean", "sum", "none"}, default "mean"
        See `Loss`.

    References
    ----------
    Bishop (2006), "Pattern Recognition and Machine Learning", eq. (4.108); smoothing: Szegedy et al. (2016),
    "Rethinking the Inception architecture", section 7.

    Examples
    --------
    >>> import numpy as np
    >>> from losses import CategoricalCrossEntropy
    >>> CategoricalCrossEntropy().value([0, 1], [[0.5, 0.5], [0.5, 0.5]])
    0.6931471805599453
    >>> loss = CategoricalCrossEntropy(from_logits=True)
    >>> loss.grad([2], np.array([[0.0, 0.0, np.log(2.0)]]))
    array([[ 0.25,  0.25, -0.5 ]])
    """

    from_logits: bool = False
    class_weight: Sequence[float] | None = None
    label_smoothing: float = 0.0
    ignore_index: int | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        check_fraction("label_smoothing", self.label_smoothing)
        object.__setattr__(self, "class_weight", _class_weight(self.class_weight))
        if self.ignore_index is not None:
            if not isinstance(self.ignore_index, Integral) or isinstance(self.ignore_index, bool):
                raise ValueError(f"ignore_index must be an integer or None, got {self.ignore_index!r}")
            if not -(2**63) <= self.ignore_index < 2**64:
                raise ValueError(f"ignore_index must fit into 64 bits, got {self.ignore_index!r}")
            object.__setattr__(self, "ignore_index", int(self.ignore_index))

    def admit(self, y_true: Any, y_pred: Any, sample_weight: Any, **keywords: Any) -> ClassSamples:
        """Return the checked arguments of one call."""
        domain = None if self.from_logits else _PROBABILITY
        weights: Any = self.class_weight
        return ClassSamples(y_true, y_pred, sample_weight, self.reduction, domain, weights, self.ignore_index)

    def evaluate_block(
        self, samples: ClassSamples, box: Box, value: bool, order: Order, factor: float, out: FloatArray | None
    ) -> FloatArray | None:
        """Return the weighted losses of a block; write its weighted derivatives, times `factor`, to `out`."""
        (y, p), weight = samples.block(box)
        if samples.has_ids and not self.label_smoothing:
            if samples.class_weight is not None:
                weight = samples.class_weight[y] if weight is None else samples.class_weight[y] * weight
            rows = _hard_logits(y, p, order, _scratch(out, p)) if self.from_logits else _hard_probabilities(y, p, order)
        else:
            target = self._smoothed(y, p)
            if samples.class_weight is not None:
                target = target * samples.class_weight.astype(p.dtype)
                counts = target.any(axis=1)  # a row of classes without weight is left out, as where ids are given
                weight = counts.astype(np.float64) if weight is None else weight * counts
            rows = (_soft_logits if self.from_logits else _soft_probabilities)(target, p, order)
        losses, numerators, scale = rows
        if out is not None and numerators is not None:
            scale = multiplier(factor) * scale if weight is None else factor * weight * scale
            if isinstance(scale, np.ndarray):
                scale = _narrowed(scale, numerators.dtype).reshape(*out.shape[:-1], 1)
            np.multiply(numerators.reshape(out.shape), scale, out=out)
            if weight is not None:
                out[(weight == 0).reshape(out.shape[:-1])] = 0
        return weigh(losses, weight) if value else None

    def _smoothed(self, y: FloatArray, p: FloatArray) -> FloatArray:
        """Return rows of q, the target distribution."""
        if y.ndim == 1:
            y = np.equal(y[:, np.newaxis], np.arange(p.shape[1]))
        smoothing = p.dtype.type(self.label_smoothing)
        q: FloatArray = ((1 - smoothing) * y + smoothing / p.shape[1]).astype(p.dtype, copy=False)
        return q


def _class_weight(value: Any) -> tuple[float, ...] | None:
    """Return class weights as a tuple of Python floats."""
    if value is None:
        return None
    if isinstance(value, str | Mapping):
        raise ValueError(
            f"class_weight must be a sequence of one weight for each class, in the order of their ids, got {value!r}; "
            "balanced weights are len(y) / (C * np.bincount(y))"
        )
    if not isinstance(value, Sequence | np.ndarray) or np.ndim(value) != 1:
        raise ValueError(f"class_weight must be a sequence of one weight for each class, or None, got {value!r}")
    weights = tuple(number(f"class_weight[{c}]", weight) for c, weight in enumerate(value))
    for c, weight in enumerate(weights):
        if not 0 <= weight < math.inf:
            raise ValueError(f"class_weight[{c}] must be finite and not negative, got {weight!r}")
    return weights


def perplexity(loss_value: ArrayLike) -> Any:
    """Return exp(loss), the perplexity of a mean cross-entropy per token.

    It is the number of equally probable tokens among which the model would be as uncertain.

    Parameters
    ----------
    loss_value : array_like
        Mean cross-entropies in nats, as `CategoricalCrossEntropy` with ``reduction="mean"`` returns them.

    Returns
    -------
    float or ndarray
        Of the shape of `loss_value`, and of its floating dtype if it is an array; inf where that overflows.

    Raises
    ------
    TypeError
        If `loss_value` doesn't hold real numbers.

    References
    ----------
    Jelinek et al. (1977), "Perplexity: a measure of the difficulty of speech recognition tasks", Journal of the
    Acoustical Society of America 62, S63.

    Examples
    --------
    >>> import numpy as np
    >>> from losses import CategoricalCrossEntropy, perplexity
    >>> loss = CategoricalCrossEntropy(from_logits=True)
    >>> round(perplexity(loss.value([2, 0], np.zeros((2, 5)))), 12)
    5.0
    """
    nats = as_array("loss_value", loss_value)
    with np.errstate(over="ignore", under="ignore"):
        found = np.exp(nats.astype(result_dtype(nats.dtype)))
    return float(found) if nats.ndim == 0 else found


Rows: TypeAlias = tuple[FloatArray, FloatArray | None, FloatArray | float]
"""Losses of rows, and if asked for their derivatives by the rows' entries, as an array and a factor for each row."""


def _scratch(out: FloatArray | None, p: FloatArray) -> FloatArray | None:
    """Return rows of `out` to compute in, lest more memory be in use; None if they do not fit, or hold the logits."""
    if out is None or out.dtype != p.dtype or not out.flags.carray or np.may_share_memory(out, p):
        return None
    return out.reshape(p.shape)


def _exponentials(x: FloatArray, out: FloatArray | None = None) -> tuple[FloatArray, FloatArray, FloatArray | float]:
    """Return e, its sums s over the rows, and b, such that softmax(x) = e/s and log Σ_c exp(x_c) = b + log s.

    The textbook subtracts each row's maximum first, lest exp overflow. Where the largest logit of the whole block and
    the smallest sum show that it can't, exp(x) itself is both faster and more accurate.
    """
    far = safe_exponent(x.dtype)
    if x.max(initial=0) <= far:
        e = np.exp(x, out=out)
        s = _row_sums(e)
        if np.log(s.min(initial=1)) >= -far:
            return e, s, 0.0
    b = x.max(axis=1)
    e = np.exp(x - b[:, np.newaxis], out=out)
    return e, _row_sums(e), b


def _narrowed(scale: FloatArray, dtype: Dtype) -> FloatArray:
    """Return factors of rows in `dtype`, which halves the time of multiplying by them, unless it can't hold them."""
    if scale.dtype == dtype:
        return scale
    size = np.abs(scale)
    unsafe = (size < SMALLEST) & (size > 0) | (size > LARGEST)
    return scale if np.count_nonzero(unsafe) else scale.astype(dtype)


def _row_sums(e: FloatArray) -> FloatArray:
    """Return sums over the rows, in at least double precision."""
    # einsum adds short rows five times as fast as add.reduce, but long ones one after the other
    sums: FloatArray = np.add.reduce(e, axis=1) if e.shape[1] > 128 else np.einsum("ij->i", e)
    return sums.astype(np.float64) if sums.dtype.char == "f" else sums


def _hard_logits(y: FloatArray, x: FloatArray, order: Order, out: FloatArray | None) -> Rows:
    """Return log Σ_c exp(x_c) − x_y; softmax(x) − 1_y, which may lie in `out`."""
    label = np.arange(0, x.size, x.shape[1]) + y
    e, s, b = _exponentials(x, out)
    losses = np.log(s) - (x.reshape(-1)[label] - b)
    if order == 1:
        e.reshape(-1)[label] -= s
        return losses, e, 1 / s
    if order == 2:
        p = e / s.astype(e.dtype, copy=False)[:, np.newaxis]
        return losses, p * (1 - p), 1.0
    return losses, None, 1.0


def _soft_logits(t: FloatArray, x: FloatArray, order: Order) -> Rows:
    """Return Σ_c t_c (log Σ_d exp(x_d) − x_c); (Σ_c t_c) softmax(x) − t."""
    e, s, b = _exponentials(x)
    terms = t * (np.log(s)[:, np.newaxis] - (x - np.reshape(b, (-1, 1))))
    terms[t == 0] = 0  # also where the logit is −inf
    losses = terms.sum(axis=1)
    mass = t.sum(axis=1, keepdims=True)
    p = e / s[:, np.newaxis]
    if order == 1:
        return losses, mass * p - t, 1.0
    if order == 2:
        return losses, mass * p * (1 - p), 1.0
    return losses, None, 1.0


def _hard_probabilities(y: FloatArray, p: FloatArray, order: Order) -> Rows:
    """Return −log p_y; −1/p_y at the label."""
    label = np.arange(0, p.size, p.shape[1]) + y
    chosen = p.reshape(-1)[label]
    losses = -np.log(chosen)
    if order == 0:
        return losses, None, 1.0
    derivatives = np.zeros_like(p)
    derivatives.reshape(-1)[label] = -1 / chosen if order == 1 else 1 / chosen**2
    return losses, derivatives, 1.0


def _soft_probabilities(t: FloatArray, p: FloatArray, order: Order) -> Rows:
    """Return −Σ_c t_c log p_c; −t_c / p_c."""
    losses = -(t * np.log(p)).sum(axis=1)
    if order == 0:
        return losses, None, 1.0
    return losses, -t / p if order == 1 else t / p**2, 1.0
