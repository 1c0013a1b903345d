"""Losses of classes: a sample is a row of predictions, one for each class."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np

from losses._admission.arrays import as_array, result_dtype
from losses._admission.domains import PROBABILITY, Interval
from losses._evaluation.orders import CURVATURE, GRAD, HESS, VALUE, Order, Scaled, Sparse
from losses._loss.classes import ClassLoss, ClassWeight, IgnoreIndex, best_logits, log_shares
from losses._loss.parameters import Fraction, NotNegative, by_parameters
from losses._loss.samplewise import floored
from losses._maths.softmax import exponentials, softmax
from losses._types import Array, ArrayLike, Dtype, FloatArray
from losses._walk.summation import row_sums


@dataclass(frozen=True, kw_only=True, repr=False)
class CategoricalCrossEntropy(ClassLoss):
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

    From logits, grad is p − q and hess p(1 − p), if classes weigh the same and there is no z-loss. Curvature: the
    Hessian's diagonal, kept above the machine epsilon.

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
    class_weight: ClassWeight = None
    label_smoothing: Fraction = 0.0
    ignore_index: IgnoreIndex = None
    z_loss: NotNegative = 0.0

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

    def domains(self) -> Mapping[str, Interval]:
        """Return the domain of probabilities."""
        return {} if self.from_logits else {"y_pred": PROBABILITY}

    def _options(self) -> tuple[tuple[float, ...] | None, int | None, bool]:
        """Return the class weights, the id to leave out, and whether labels are smoothed."""
        return self.class_weight, self.ignore_index, self.label_smoothing > 0  # type: ignore[return-value]

    def _label_mass(self, target: Array, sample_weight: Any) -> FloatArray:
        """Return Σᵢ wᵢ q_ic for each class c, with q as smoothed."""
        mass, smoothing = super()._label_mass(target, sample_weight), self.label_smoothing
        smoothed: FloatArray = (1 - smoothing) * mass + smoothing / len(mass) * mass.sum()
        return smoothed

    def _best_row(self, shares: FloatArray) -> FloatArray:
        """Return the classes' frequencies, or their logarithms: those less their mean, or with z-loss as they are."""
        if not self.from_logits:
            return shares
        return log_shares(shares, "logit") if self.z_loss else best_logits(shares)

    def _link(self, y_pred: FloatArray) -> FloatArray:
        return softmax(y_pred) if self.from_logits else y_pred

    def _terms(self, arrays: list[Any], orders: tuple[Order, ...], room: FloatArray | None) -> list[Any]:
        """Return the losses of rows, and their derivatives."""
        y, p = arrays
        asked = orders if CURVATURE not in orders else (*orders, HESS)
        if y.ndim == 1 and not self.label_smoothing:
            logits = functools.partial(_hard_logits, room=room, z_loss=self.z_loss)
            results = (logits if self.from_logits else _hard_probabilities)(y, p, asked)
        else:
            z_weight = self.z_loss * self._mass(y, p.dtype) if self.z_loss else 0.0
            logits = functools.partial(_soft_logits, z_weight=z_weight)
            results = (logits if self.from_logits else _soft_probabilities)(self._target(y, p), p, asked)
        if CURVATURE in orders:
            bend = results[HESS]
            results[CURVATURE] = floored(bend.dense(p.shape[1]) if isinstance(bend, Sparse) else bend)
        return [results[order] if order == VALUE else (results[order],) for order in orders]

    def _target(self, y: FloatArray, p: FloatArray) -> FloatArray:
        """Return rows of κq."""
        if y.ndim == 1:
            y = np.equal(y[:, np.newaxis], np.arange(p.shape[1]))
        smoothing, q = p.dtype.type(self.label_smoothing), y
        if smoothing:
            q = ((1 - smoothing) * y + smoothing / p.shape[1]).astype(p.dtype, copy=False)
        return q if self.class_weight is None else q * np.asarray(self.class_weight, np.float64).astype(p.dtype)

    def _mass(self, y: FloatArray, dtype: Dtype) -> Any:
        """Return Σ_c κ_c y_c of each row as a column."""
        weights = None if self.class_weight is None else np.asarray(self.class_weight, np.float64).astype(dtype)
        if y.ndim == 1:
            return 1 if weights is None else weights[y, np.newaxis]
        return (y if weights is None else y * weights).sum(axis=1, keepdims=True)


@dataclass(frozen=True, kw_only=True, repr=False)
class NLL(ClassLoss):
    """Negative log-likelihood of a class that is given by its logarithm: −Σ_c κ_c y_c x_c.

    The last axis of y_pred holds log-probabilities x of C classes, such as the output of a log-softmax; a sample is one
    row. They are neither normalized nor checked for their sum: the loss is −κ_y x_y whatever they are. From logits,
    `CategoricalCrossEntropy` is more accurate, and its gradient goes through the softmax. y_true holds class ids
    (integers from 0 to C − 1, or floats that are integral), of shape ``y_pred.shape[:-1]``, or for each sample a
    distribution y, of y_pred's shape; κ is `class_weight`.

    As PyTorch's `nll_loss`, whose classes lie along axis 1: the denominator of the mean is Σᵢ wᵢ Σ_c κ_c y_ic. A
    log-probability of −inf is a class of probability 0.

    Curvature: 1 (times the weights), since the loss is linear. `inverse_link` is the exponential; `best_constant`
    returns the logarithms of the classes' frequencies, the best that belong to a distribution.

    Parameters
    ----------
    class_weight : sequence of C floats, optional
        κ, a finite weight ≥ 0 for each class; None means 1.
    ignore_index : int, optional
        A class id that marks samples to leave out, such as padding.
    reduction : {"mean", "sum", "none"}, default "mean"
        See `Loss`.

    References
    ----------
    Bishop (2006), "Pattern Recognition and Machine Learning", eq. (4.108).

    Examples
    --------
    >>> import numpy as np
    >>> from losses import NLL
    >>> NLL().value([1, 0], np.log([[0.5, 0.5], [0.25, 0.75]]))
    1.0397207708399179
    >>> NLL().grad([1, 0], np.log([[0.5, 0.5], [0.25, 0.75]]))
    array([[ 0. , -0.5],
           [-0.5,  0. ]])
    """

    class_weight: ClassWeight = None
    ignore_index: IgnoreIndex = None

    is_convex: ClassVar[bool] = True
    is_differentiable: ClassVar[bool] = True
    is_twice_differentiable: ClassVar[bool] = True
    smoothness: ClassVar[float] = 0.0

    def _options(self) -> tuple[Any, int | None, bool]:
        """Return the class weights, and the id to leave out."""
        return self.class_weight, self.ignore_index, False

    def _best_row(self, shares: FloatArray) -> FloatArray:
        return log_shares(shares, "log-probability")

    def _link(self, y_pred: FloatArray) -> FloatArray:
        linked: FloatArray = np.exp(y_pred)
        return linked

    def formula(self, y: FloatArray, p: FloatArray) -> FloatArray:
        """Return −Σ_c κ_c y_c x_c."""
        if y.ndim == 1:
            of_label: FloatArray = -p[np.arange(len(y)), y]
            return of_label
        target = self._target(y)
        value: FloatArray = -np.where(target == 0, 0, target * p).sum(axis=1)
        return value

    def derivative(self, y: FloatArray, p: FloatArray) -> FloatArray:
        """Return −κ_c y_c."""
        if y.ndim == 2:
            return -self._target(y)
        slope = np.zeros_like(p)
        slope[np.arange(len(y)), y] = -1
        return slope

    def second_derivative(self, y: FloatArray, p: FloatArray) -> FloatArray:
        """Return 0."""
        return np.zeros_like(p)

    def curvature_formula(self, y: FloatArray, p: FloatArray) -> FloatArray:
        """Return 1."""
        return np.ones_like(p)

    def _target(self, y: FloatArray) -> FloatArray:
        """Return κy."""
        return y if self.class_weight is None else y * np.asarray(self.class_weight, np.float64).astype(y.dtype)


_FROM_LOG = "; if these are log-probabilities, pass log_input=True; if logits, use CategoricalCrossEntropy"
_PREDICTED = {"y_pred": replace(PROBABILITY, hint=_FROM_LOG)}


@dataclass(frozen=True, kw_only=True, repr=False)
class KLDivergence(ClassLoss):
    """Kullback-Leibler divergence of predicted from true distributions: Σ_c y_c (log y_c − log p_c).

    y_true holds distributions y, of y_pred's shape, and the last axis of y_pred probabilities p, or with
    ``log_input=True`` their logarithms; a sample is one row. 0 log 0 is 0. It is the cross-entropy less the entropy of
    y, so that it is 0 where the two agree, with the same gradient. Class ids have no entropy: `NLL` and
    `CategoricalCrossEntropy` take these.

    PyTorch's `kl_div` takes logarithms and every *entry* for a sample: its ``reduction="batchmean"`` is the mean here,
    its "mean" is smaller by the number of classes. Keras's `KLDivergence` clips both arguments. Here p is clipped
    to [eps, 1 − eps] with the machine epsilon of y_pred's dtype; logarithms aren't, and −inf is a probability of 0.
    Neither is renormalized or checked for its sum.

    Curvature: from probabilities the second derivative y/p², kept above the machine epsilon; from logarithms, in which
    the loss is linear, 1. `best_constant` returns the mean of the distributions, or its logarithm.

    Parameters
    ----------
    log_input : bool, default False
        Whether y_pred holds log-probabilities.
    reduction : {"mean", "sum", "none"}, default "mean"
        See `Loss`.

    References
    ----------
    Kullback and Leibler (1951), "On information and sufficiency", Annals of Mathematical Statistics 22, eq. (2.4).

    Examples
    --------
    >>> from losses import KLDivergence
    >>> KLDivergence().value([[0.5, 0.5], [1.0, 0.0]], [[0.5, 0.5], [0.5, 0.5]])
    0.34657359027997264
    >>> KLDivergence(log_input=True).grad([[0.5, 0.5]], [[-1.0, -2.0]])
    array([[-0.5, -0.5]])
    """

    log_input: bool = False

    targets: ClassVar[tuple[str, ...]] = ("distributions",)
    core: ClassVar[Mapping[str, tuple[str, ...]]] = {"y_true": ("class",), "y_pred": ("class",)}

    is_convex: ClassVar[bool] = True
    is_differentiable: ClassVar[bool] = True
    is_twice_differentiable: ClassVar[bool] = True

    def domains(self) -> Mapping[str, Interval]:
        """Return the domain of probabilities."""
        return {} if self.log_input else _PREDICTED

    def _best_row(self, shares: FloatArray) -> FloatArray:
        return log_shares(shares, "log-probability") if self.log_input else shares

    def _link(self, y_pred: FloatArray) -> FloatArray:
        return np.exp(y_pred) if self.log_input else y_pred

    def formula(self, y: FloatArray, p: FloatArray) -> FloatArray:
        """Return Σ_c y_c log(y_c/p_c)."""
        terms = y * (np.log(y) - p if self.log_input else np.log(y / p))
        value: FloatArray = np.where(y == 0, 0, terms).sum(axis=1)
        return value

    def derivative(self, y: FloatArray, p: FloatArray) -> FloatArray:
        """Return −y/p, or −y."""
        return -y if self.log_input else -y / p

    def second_derivative(self, y: FloatArray, p: FloatArray) -> FloatArray:
        """Return y/p², or 0."""
        return np.zeros_like(p) if self.log_input else y / (p * p)

    def curvature_formula(self, y: FloatArray, p: FloatArray) -> FloatArray:
        """Return y/p² above the machine epsilon, or 1."""
        return np.ones_like(p) if self.log_input else super().curvature_formula(y, p)


Results = dict[int, Any]
"""The losses of rows, and their derivatives, by order."""


def _hard_logits(
    y: FloatArray, x: FloatArray, orders: tuple[Order, ...], room: FloatArray | None, z_loss: float
) -> Results:
    """Return L − x_y + ζL², L = log Σ_c exp(x_c); (1 + 2ζL) softmax(x) − 1_y; (1 + 2ζL) p(1 − p) + 2ζp²."""
    label = np.arange(0, x.size, x.shape[1]) + y
    e, s, b = exponentials(x, room)
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
    e, s, b = exponentials(x)
    gaps = np.log(s)[:, np.newaxis] - (x - np.reshape(b, (-1, 1)))
    gaps[t == 0] = 0  # also where the logit is −inf
    mass = row_sums(t)[:, np.newaxis].astype(t.dtype, copy=False)
    p = e / s[:, np.newaxis]
    results: Results = {VALUE: row_sums(t, gaps)}
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
            results[order] = Sparse(y, slope)
    return results


def _soft_probabilities(t: FloatArray, p: FloatArray, orders: tuple[Order, ...]) -> Results:
    """Return −Σ_c t_c log p_c; −t_c / p_c; t_c / p_c²."""
    return {
        VALUE: -(t * np.log(p)).sum(axis=1) if VALUE in orders else None,
        GRAD: -t / p if GRAD in orders else None,
        HESS: t / p**2 if HESS in orders else None,
    }


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
        perplexities = np.exp(nats.astype(result_dtype(nats.dtype)))
    return float(perplexities) if nats.ndim == 0 else perplexities
