"""Losses of classes: a sample is a row of predictions, one for each class."""

import functools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from numbers import Integral
from typing import Annotated, Any, ClassVar

import numpy as np

from losses._admission.arrays import as_array, result_dtype
from losses._admission.classes import ClassSamples
from losses._admission.domains import CLASS_ID, PROBABILITY
from losses._evaluation.by_sample import by_sample
from losses._evaluation.orders import CURVATURE, GRAD, HESS, VALUE, Order, Scaled
from losses._loss.constants import admit_targets
from losses._loss.families import OfPredictions
from losses._loss.parameters import Fraction, NotNegative, by_parameters, number
from losses._maths.logistic import safe_exponent
from losses._types import Array, ArrayLike, Dtype, FloatArray


def _class_weight(name: str, value: Any) -> tuple[float, ...] | None:
    """Return class weights as a tuple of Python floats."""
    if value is None:
        return None
    if isinstance(value, str | Mapping):
        raise ValueError(
            f"{name} must be a sequence of one weight for each class, in the order of their ids, got {value!r}; "
            "balanced weights are len(y) / (C * np.bincount(y))"
        )
    if not isinstance(value, Sequence | np.ndarray) or np.ndim(value) != 1:
        raise ValueError(f"{name} must be a sequence of one weight for each class, or None, got {value!r}")
    weights = tuple(number(f"{name}[{c}]", weight) for c, weight in enumerate(value))
    for c, weight in enumerate(weights):
        if not 0 <= weight < math.inf:
            raise ValueError(f"{name}[{c}] must be finite and not negative, got {weight!r}")
    return weights


def _ignore_index(name: str, value: Any) -> int | None:
    """Return a class id to leave out as a Python int."""
    if value is None:
        return None
    if not isinstance(value, Integral) or isinstance(value, bool):
        raise ValueError(f"{name} must be an integer or None, got {value!r}")
    index = int(value)
    if not -(2**63) <= index < 2**64:
        raise ValueError(f"{name} must fit into 64 bits, got {index!r}")
    return index


@dataclass(frozen=True, kw_only=True, repr=False)
class CategoricalCrossEntropy(OfPredictions):
    """Negative log-likelihood of a class: −Σ_c κ_c q_c log p_c.

    The last axis of y_pred holds C classes: probabilities p, or logits whose softmax p is with ``from_logits=True``;
    a sample is one row. y_true holds class ids (integers from 0 to C − 1, or floats that are integral), of shape
    ``y_pred.shape[:-1]``, or for each sample a distribution y over the classes, of y_pred's shape. With label
    smoothing ε, q = (1 − ε)y + ε/C, where y is one-hot for a class id; κ is `class_weight`.

    Class weights multiply the samples' weights: the denominator of the mean is Σ_i w_i Σ_c κ_c y_ic, with y before
    smoothing, so class ids and one-hot rows agree. (PyTorch divides by the number of rows for one-hot.)

    With `z_loss` ζ, ζ (log Σ_c exp(x_c))² is added, which keeps the level of the logits x from drifting; like any
    loss of the sample, it is multiplied by the weight Σ_c κ_c y_c. The loss is then not convex in the logits, and adds
    at most 2ζ|L| max(1, |x|) · 8 eps to the error of a value and 2ζ max(1, |x|) · 8 eps to that of a gradient, where L
    is log Σ_c exp(x_c) and |x| the largest logit.

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
    z_loss : float, default 0.0
        ζ ≥ 0, the weight of a second term that holds the logits' level near 0; it needs ``from_logits=True``.
    reduction : {"mean", "sum", "none"}, default "mean"
        See `Loss`.

    References
    ----------
    Bishop (2006), "Pattern Recognition and Machine Learning", eq. (4.108); smoothing: Szegedy et al. (2016),
    "Rethinking the Inception architecture", section 7; z-loss: Chowdhery et al. (2022), "PaLM", arXiv:2204.02311,
    section 5.

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
    class_weight: Annotated[Sequence[float] | None, _class_weight] = None
    label_smoothing: Fraction = 0.0
    ignore_index: Annotated[int | None, _ignore_index] = None
    z_loss: NotNegative = 0.0

    _evaluate_block = by_sample

    is_differentiable: ClassVar[bool] = True
    is_twice_differentiable: ClassVar[bool] = True

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.z_loss and not self.from_logits:
            raise ValueError(f"z_loss holds logits near 0, so that it needs from_logits=True; got z_loss={self.z_loss}")

    @by_parameters
    def is_convex(self) -> bool:
        """Without z-loss, which is not where log Σ exp is far below 0."""
        return not self.z_loss

    @np.errstate(all="ignore")
    def best_constant(self, y_true: ArrayLike, sample_weight: ArrayLike | None = None) -> FloatArray:
        """Return the best constant row of predictions: the classes' frequencies, or their logarithms less the mean.

        With z-loss they are the logarithms themselves, whose log Σ exp is 0.
        Class ids show the classes up to the largest, or as many as `class_weight` has.
        """
        mass = self._class_mass(as_array("y_true", y_true), sample_weight)
        if not mass.sum() > 0:
            raise ValueError("y_true holds no sample of positive weight, so that no constant is the best")
        if not self.from_logits:
            shares: FloatArray = mass / mass.sum()
            return shares
        if not mass.all():
            raise ValueError(f"class {int(np.argmin(mass))} never occurs in y_true: its best logit is minus infinity")
        logits = np.log(mass)
        centred: FloatArray = logits - (np.log(mass.sum()) if self.z_loss else logits.mean())
        return centred

    def _class_mass(self, target: Array, sample_weight: Any) -> FloatArray:
        """Return Σᵢ wᵢ κ_c q_ic for each class c, with q as smoothed."""
        is_distribution = target.ndim > 1 and bool(np.all(np.abs(target.sum(axis=-1, dtype=np.float64) - 1) <= 1e-3))
        if is_distribution:
            y, weight = admit_targets(target, sample_weight, PROBABILITY, 1)
            mass: Array = (y * weight[:, np.newaxis]).sum(axis=0)
        else:
            left_out = self.ignore_index is not None and target == self.ignore_index
            y, weight = admit_targets(np.where(left_out, 0, target), sample_weight, CLASS_ID)
            if self.ignore_index is not None:
                weight = weight * admit_targets(np.where(left_out, 0, 1), sample_weight, None).y
            mass = np.bincount(y.astype(np.intp), weight, len(self.class_weight or ()))
        smoothing = self.label_smoothing
        mass = (1 - smoothing) * mass + smoothing / len(mass) * mass.sum()
        if self.class_weight is None:
            return mass
        if len(self.class_weight) != len(mass):
            raise ValueError(f"class_weight has {len(self.class_weight)} entries, but y_true shows {len(mass)} classes")
        weighted: FloatArray = mass * np.asarray(self.class_weight)
        return weighted

    def _link(self, y_pred: FloatArray) -> FloatArray:
        if not self.from_logits:
            return y_pred
        e, s, _ = _exponentials(y_pred.reshape(-1, y_pred.shape[-1]))
        return (e / s[:, np.newaxis]).reshape(y_pred.shape).astype(y_pred.dtype, copy=False)

    def _admit(self, arguments: dict[str, Any], sample_weight: Any) -> ClassSamples:
        """Return the checked arguments of one call."""
        return ClassSamples(
            arguments,
            {} if self.from_logits else {"y_pred": PROBABILITY},
            sample_weight,
            self.reduction == "mean",
            self.class_weight,
            self.ignore_index,
            self.label_smoothing > 0,
        )

    def _terms(self, arrays: list[Any], orders: tuple[Order, ...], room: FloatArray | None) -> list[Any]:
        """Return the losses of rows, and their derivatives."""
        y, p = arrays
        asked = orders if CURVATURE not in orders else (*orders, HESS)
        if y.ndim == 1 and not self.label_smoothing:
            logits = functools.partial(_hard_logits, room=room, z_loss=self.z_loss)
            results = (logits if self.from_logits else _hard_probabilities)(y, p, asked)
        else:
            logits = functools.partial(_soft_logits, z_weight=self.z_loss * self._mass(y, p.dtype))
            results = (logits if self.from_logits else _soft_probabilities)(self._target(y, p), p, asked)
        if CURVATURE in orders:
            results[CURVATURE] = np.maximum(results[HESS], np.finfo(p.dtype).eps)
        return [results[order] if order == VALUE else (results[order],) for order in orders]

    def _target(self, y: FloatArray, p: FloatArray) -> FloatArray:
        """Return rows of κq."""
        if y.ndim == 1:
            y = np.equal(y[:, np.newaxis], np.arange(p.shape[1]))
        smoothing = p.dtype.type(self.label_smoothing)
        q: FloatArray = ((1 - smoothing) * y + smoothing / p.shape[1]).astype(p.dtype, copy=False)
        return q if self.class_weight is None else q * np.asarray(self.class_weight, np.float64).astype(p.dtype)

    def _mass(self, y: FloatArray, dtype: Dtype) -> Any:
        """Return Σ_c κ_c y_c of each row as a column."""
        weights = None if self.class_weight is None else np.asarray(self.class_weight, np.float64).astype(dtype)
        if y.ndim == 1:
            return 1 if weights is None else weights[y, np.newaxis]
        return (y if weights is None else y * weights).sum(axis=1, keepdims=True)


Results = dict[int, Any]
"""The losses of rows, and their derivatives, by order."""


def _hard_logits(
    y: FloatArray, x: FloatArray, orders: tuple[Order, ...], room: FloatArray | None, z_loss: float
) -> Results:
    """Return L − x_y + ζL², L = log Σ_c exp(x_c); (1 + 2ζL) softmax(x) − 1_y; (1 + 2ζL) p(1 − p) + 2ζp²."""
    label = np.arange(0, x.size, x.shape[1]) + y
    e, s, b = _exponentials(x, room)
    results: Results = {VALUE: np.log(s) - (x.reshape(-1)[label] - b)}
    if z_loss:
        level = np.log(s) + b
        results[VALUE] += z_loss * (level * level)
        growth = (1 + 2 * z_loss * level).astype(x.dtype, copy=False)[:, np.newaxis]
    if HESS in orders:
        p = e / s.astype(e.dtype, copy=False)[:, np.newaxis]
        results[HESS] = growth * p * (1 - p) + 2 * z_loss * p * p if z_loss else p * (1 - p)
    if GRAD in orders:  # last, since it is computed in place
        if z_loss:
            e *= growth
        e.reshape(-1)[label] -= s
        results[GRAD] = Scaled(1 / s, e)
    return results


def _soft_logits(t: FloatArray, x: FloatArray, orders: tuple[Order, ...], z_weight: Any) -> Results:
    """Return Σ_c t_c (L − x_c) + zL², L = log Σ_c exp(x_c); (m + 2zL) p − t, m = Σ_c t_c; (m + 2zL) p(1 − p) + 2zp²."""
    e, s, b = _exponentials(x)
    terms = t * (np.log(s)[:, np.newaxis] - (x - np.reshape(b, (-1, 1))))
    terms[t == 0] = 0  # also where the logit is −inf
    mass = t.sum(axis=1, keepdims=True)
    p = e / s[:, np.newaxis]
    results: Results = {VALUE: terms.sum(axis=1)}
    if np.any(z_weight):
        level = (np.log(s) + b)[:, np.newaxis]
        results[VALUE] += (z_weight * (level * level)).reshape(-1)
        mass = mass + 2 * z_weight * level
    results[GRAD] = mass * p - t if GRAD in orders else None
    results[HESS] = mass * p * (1 - p) + 2 * z_weight * p * p if HESS in orders else None
    return results


def _hard_probabilities(y: FloatArray, p: FloatArray, orders: tuple[Order, ...]) -> Results:
    """Return −log p_y; −1/p_y and 1/p_y² at the label."""
    label = np.arange(0, p.size, p.shape[1]) + y
    chosen = p.reshape(-1)[label]
    results: Results = {VALUE: -np.log(chosen)}
    for order, slope in ((GRAD, -1 / chosen), (HESS, 1 / chosen**2)):
        if order in orders:
            results[order] = np.zeros_like(p)
            results[order].reshape(-1)[label] = slope
    return results


def _soft_probabilities(t: FloatArray, p: FloatArray, orders: tuple[Order, ...]) -> Results:
    """Return −Σ_c t_c log p_c; −t_c / p_c; t_c / p_c²."""
    return {
        VALUE: -(t * np.log(p)).sum(axis=1) if VALUE in orders else None,
        GRAD: -t / p if GRAD in orders else None,
        HESS: t / p**2 if HESS in orders else None,
    }


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


def _row_sums(e: FloatArray) -> FloatArray:
    """Return sums over the rows, in at least double precision."""
    # einsum adds short rows five times as fast as add.reduce, but long ones one after the other
    sums: FloatArray = np.add.reduce(e, axis=1) if e.shape[1] > 128 else np.einsum("ij->i", e)
    return sums.astype(np.float64) if sums.dtype.char == "f" else sums


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
