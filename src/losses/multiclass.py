"""Losses of classes that compare scores, which belong to no probabilities or to sparse ones: hinges and sparsemax."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

import numpy as np

from losses._admission.domains import Ends, Interval
from losses._loss.classes import ClassLoss
from losses._loss.families import OfPredictions
from losses._loss.parameters import Positive
from losses._loss.samplewise import SampleLoss
from losses._types import Array, ArrayLike, FloatArray
from losses._walk.summation import row_sums

_ONE_CLASS = ("class ids",)


class _Projection(NamedTuple):
    """Scores less the largest of their row, z, their projection onto the distributions, p = max(0, z − τ), and τ."""

    z: FloatArray
    p: FloatArray
    threshold: FloatArray


def _project(x: FloatArray) -> _Projection:
    """Return the nearest distribution to each row (Martins & Astudillo 2016, algorithm 1)."""
    z = x - x.max(axis=1, keepdims=True)
    descending = np.sort(z, axis=1)[:, ::-1]
    count = np.arange(1, x.shape[1] + 1, dtype=x.dtype)
    size = (1 + count * descending > np.cumsum(descending, axis=1)).sum(axis=1, keepdims=True)
    inside = np.where(np.arange(x.shape[1]) < size, descending, 0)
    threshold = ((row_sums(inside)[:, np.newaxis] - 1) / size).astype(x.dtype)
    return _Projection(z, np.maximum(z - threshold, 0), threshold)


@dataclass(frozen=True, kw_only=True, repr=False)
class Sparsemax(ClassLoss):
    """Sparsemax loss, whose probabilities may be exactly 0: −x_y + ½ Σ_{c ∈ S} (x_c² − τ²) + ½.

    The last axis of y_pred holds scores x of C classes; a sample is one row. Their sparsemax is the nearest
    distribution to them, p = max(0, x − τ), with the τ by which it sums to 1; S is where it is positive. y_true holds
    class ids, of shape ``y_pred.shape[:-1]``. The loss is 0 where the label's score leads all the others
    by 1 or more, and its gradient is p − 1_y: classes far below get none at all. It is computed as
    ½‖p − 1_y‖² + max(0, τ − x_y), in which nothing cancels, by sorting each row.

    A score of −inf is a class of probability 0; a row with +inf, or of −inf alone, gives NaN. A class at the threshold
    itself, such as one of a tie, has probability 0 and isn't in S.

    `hess` is 1 − 1/k for the k classes in S, else 0. Curvature: 1, which bounds it. `inverse_link` is the sparsemax,
    and `best_constant` the classes' frequencies, their own sparsemax.

    Parameters
    ----------
    reduction : {"mean", "sum", "none"}, default "mean"
        See `Loss`.

    References
    ----------
    Martins and Astudillo (2016), "From softmax to sparsemax: a sparse model of attention and multi-label
    classification", arXiv:1602.02068, eq. (22).

    Examples
    --------
    >>> from losses import Sparsemax
    >>> Sparsemax().value([0, 1], [[1.0, 0.0, -5.0], [1.0, 0.5, -5.0]])
    0.28125
    >>> Sparsemax(reduction="sum").grad([0, 1], [[1.0, 0.0, -5.0], [1.0, 0.5, -5.0]])
    array([[ 0.  ,  0.  ,  0.  ],
           [ 0.75, -0.75,  0.  ]])
    >>> Sparsemax().inverse_link([[1.0, 0.5, -5.0]])
    array([[0.75, 0.25, 0.  ]])
    """

    targets: ClassVar[tuple[str, ...]] = _ONE_CLASS
    temporaries: ClassVar[int] = 2

    is_convex: ClassVar[bool] = True
    is_differentiable: ClassVar[bool] = True
    is_twice_differentiable: ClassVar[bool] = False
    lipschitz: ClassVar[float] = math.sqrt(2)
    smoothness: ClassVar[float] = 1.0

    def _best_row(self, shares: FloatArray) -> FloatArray:
        return shares

    def _link(self, y_pred: FloatArray) -> FloatArray:
        return _project(y_pred.reshape(-1, y_pred.shape[-1])).p.reshape(y_pred.shape)

    def formula(self, y: FloatArray, p: FloatArray) -> FloatArray:
        """Return ½‖p − 1_y‖² + max(0, τ − x_y)."""
        return self.formula_and_derivative(y, p)[0]

    def derivative(self, y: FloatArray, p: FloatArray) -> FloatArray:
        """Return p − 1_y."""
        return self.formula_and_derivative(y, p)[1]

    def second_derivative(self, y: FloatArray, p: FloatArray) -> FloatArray:
        """Return 1 − 1/k in S, else 0."""
        inside = _project(p).p > 0
        bend: FloatArray = inside * (1 - 1 / inside.sum(axis=1, keepdims=True, dtype=p.dtype))
        return bend

    def curvature_formula(self, y: FloatArray, p: FloatArray) -> FloatArray:
        """Return 1."""
        return np.ones_like(p)

    def formula_and_derivative(self, y: FloatArray, p: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return `formula` and `derivative`, which share the projection."""
        z, slope, threshold = _project(p)
        label = (np.arange(len(y)), y)
        slope[label] -= 1
        below = np.maximum(threshold[:, 0] - z[label], 0)
        return row_sums(slope * slope) / 2 + below, slope


@dataclass(frozen=True, kw_only=True, repr=False)
class CategoricalHinge(ClassLoss):
    """Hinge of the nearest rival: max(0, 1 + max_{c ≠ y} s_c − s_y).

    The last axis of y_pred holds scores s of C classes; a sample is one row. y_true holds class ids, of shape
    ``y_pred.shape[:-1]``. The loss is 0 where the label's score leads every other one by 1.

    As scikit-learn's `hinge_loss` of several classes. Keras's `CategoricalHinge` takes one-hot rows and the maximum
    over (1 − y)s, which is never below 0: it differs where all wrong scores are negative.

    grad is −1 at the label and 1 at the rival with the largest score, the first of equal ones; it is 0 where the loss
    reaches zero. Curvature: 1. `best_constant` is 1 for a class with more than half of the weight and 0 elsewhere, or
    all 0.

    Parameters
    ----------
    reduction : {"mean", "sum", "none"}, default "mean"
        See `Loss`.

    References
    ----------
    Crammer and Singer (2001), "On the algorithmic implementation of multiclass kernel-based vector machines", Journal
    of Machine Learning Research 2, 265-292, section 3.

    Examples
    --------
    >>> from losses import CategoricalHinge
    >>> CategoricalHinge().value([0, 2], [[2.0, 0.5, 0.0], [0.5, 0.0, 0.25]])
    0.625
    >>> CategoricalHinge(reduction="sum").grad([0, 2], [[2.0, 0.5, 0.0], [0.5, 0.0, 0.25]])
    array([[ 0.,  0.,  0.],
           [ 1.,  0., -1.]])
    """

    targets: ClassVar[tuple[str, ...]] = _ONE_CLASS
    temporaries: ClassVar[int] = 2

    is_convex: ClassVar[bool] = True
    is_differentiable: ClassVar[bool] = False
    is_twice_differentiable: ClassVar[bool] = False
    lipschitz: ClassVar[float] = math.sqrt(2)

    def _best_row(self, shares: FloatArray) -> FloatArray:
        return (shares > 0.5).astype(np.float64)

    def formula(self, y: FloatArray, p: FloatArray) -> FloatArray:
        """Return max(0, 1 + max_{c ≠ y} s_c − s_y)."""
        return np.maximum(self._excess(y, p)[0], 0)

    def derivative(self, y: FloatArray, p: FloatArray) -> FloatArray:
        """Return −1 at the label and 1 at its rival, where the loss is positive."""
        excess, rival = self._excess(y, p)
        size = np.where(np.isnan(excess), excess, excess > 0)
        slope, row = np.zeros_like(p), np.arange(len(y))
        slope[row, rival] = size
        slope[row, y] = 0 - size if p.shape[1] > 1 else 0
        return slope

    def second_derivative(self, y: FloatArray, p: FloatArray) -> FloatArray:
        """Return 0."""
        return np.zeros_like(p)

    def curvature_formula(self, y: FloatArray, p: FloatArray) -> FloatArray:
        """Return 1."""
        return np.ones_like(p)

    def _excess(self, y: FloatArray, p: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return 1 + max_{c ≠ y} s_c − s_y, and where the maximum is."""
        row, rivals = np.arange(len(y)), p.copy()
        rivals[row, y] = -np.inf
        rival = rivals.argmax(axis=1)
        excess: FloatArray = 1 + (rivals[row, rival] - p[row, y])
        return excess, rival


@dataclass(frozen=True, kw_only=True, repr=False)
class MultiMargin(ClassLoss):
    """Hinge of all rivals: (1/C) Σ_{c ≠ y} max(0, m − s_y + s_c).

    The last axis of y_pred holds scores s of C classes; a sample is one row. y_true holds class ids, of shape
    ``y_pred.shape[:-1]``. The loss is 0 where the label's score leads every other one by the margin m. As PyTorch's
    `multi_margin_loss` with ``p=1``, also in that it divides by C, though C − 1 terms are added.

    grad is 0 for a term that reaches zero. Curvature: 1.

    Parameters
    ----------
    margin : float, default 1.0
        m, by how much the label should lead, in the units of the scores; positive.
    reduction : {"mean", "sum", "none"}, default "mean"
        See `Loss`.

    References
    ----------
    Weston and Watkins (1999), "Support vector machines for multi-class pattern recognition", ESANN, eq. (1).

    Examples
    --------
    >>> from losses import MultiMargin
    >>> MultiMargin().value([0, 2], [[2.0, 0.5, 0.0, 1.0], [0.5, 0.0, 0.25, 0.5]])
    0.40625
    >>> MultiMargin(reduction="sum").grad([0, 2], [[2.0, 0.5, 0.0, 1.0], [0.5, 0.0, 0.25, 0.5]])
    array([[ 0.  ,  0.  ,  0.  ,  0.  ],
           [ 0.25,  0.25, -0.75,  0.25]])
    """

    margin: Positive = 1.0

    targets: ClassVar[tuple[str, ...]] = _ONE_CLASS
    temporaries: ClassVar[int] = 2

    is_convex: ClassVar[bool] = True
    is_differentiable: ClassVar[bool] = False
    is_twice_differentiable: ClassVar[bool] = False

    def _best_row(self, shares: FloatArray) -> FloatArray:
        """Return scores that are multiples of the margin, in the order of the shares.

        The loss is linear between differences that are multiples of the margin, so that some best scores are such. The
        least loss of the first r classes, of which the last level holds those from l on, is found from that of the
        first l.
        """
        order = np.argsort(-shares, kind="stable")
        w = shares[order]
        count = len(w)
        until = np.append(0.0, np.cumsum(w))
        moment: FloatArray = np.append(0.0, np.cumsum(w * np.arange(count)))
        least, begin = np.zeros(count + 1), np.zeros(count + 1, int)
        for r in range(1, count + 1):
            start = np.arange(r)
            ties = (r - 1) * (until[r] - until[:r]) - (moment[r] - moment[:r])  # each counts for those after it
            step = start * (until[count] - until[:r])  # the classes after it are one more level away from those before
            total = least[:r] + ties + step
            begin[r] = np.argmin(total)
            least[r] = total[begin[r]]
        best, end, level = np.empty(count), count, 0
        while end:
            best[order[begin[end] : end]] = level * self.margin
            end, level = int(begin[end]), level + 1
        return best

    def formula(self, y: FloatArray, p: FloatArray) -> FloatArray:
        """Return (1/C) Σ_{c ≠ y} max(0, m − s_y + s_c)."""
        sums: FloatArray = row_sums(np.maximum(self._excess(y, p), 0)) / p.shape[1]
        return sums

    def derivative(self, y: FloatArray, p: FloatArray) -> FloatArray:
        """Return 1/C for the rivals that are too near, and −1/C at the label for each of them."""
        excess = self._excess(y, p)
        slope: FloatArray = (np.where(np.isnan(excess), excess, excess > 0) / p.shape[1]).astype(p.dtype, copy=False)
        slope[np.arange(len(y)), y] = 0 - row_sums(slope)
        return slope

    def second_derivative(self, y: FloatArray, p: FloatArray) -> FloatArray:
        """Return 0."""
        return np.zeros_like(p)

    def curvature_formula(self, y: FloatArray, p: FloatArray) -> FloatArray:
        """Return 1."""
        return np.ones_like(p)

    def _excess(self, y: FloatArray, p: FloatArray) -> FloatArray:
        """Return m − s_y + s_c, and 0 at the label."""
        label = (np.arange(len(y)), y)
        excess: FloatArray = p - p[label][:, np.newaxis] + p.dtype.type(self.margin)
        excess[label] = 0
        return excess


class _Crossings(NamedTuple):
    """Scores of a row in ascending order, those of labels that are on less 1; and how many of the two lie where."""

    order: Array
    gaps: FloatArray
    on: FloatArray
    on_below: FloatArray
    off_above: FloatArray


def _crossings(y: FloatArray, s: FloatArray) -> _Crossings:
    keys: FloatArray = s - y
    order = np.argsort(keys, axis=1)
    ascending = np.take_along_axis(keys, order, axis=1)
    if np.any(ascending[:, 1:] == ascending[:, :-1]):  # of equal keys those that are off come first: they aren't above
        order = np.lexsort((y, keys), axis=1)
    on = np.take_along_axis(y, order, axis=1)
    on_below = np.cumsum(on, axis=1)
    off_above = (1 - on).sum(axis=1, keepdims=True) - np.cumsum(1 - on, axis=1)
    return _Crossings(order, np.diff(ascending, axis=1), on, on_below, off_above)


@dataclass(frozen=True, kw_only=True, repr=False)
class MultiLabelMargin(SampleLoss, OfPredictions):
    """Hinge of all pairs of a label that is on and one that is off: (1/C) Σ_{c on, k off} max(0, 1 − s_c + s_k).

    The last axis of both arrays holds C labels, and a sample is one row: y_true 1 where a label is on and 0 where it is
    off, y_pred the scores s. As PyTorch's `multilabel_margin_loss`, which takes ids padded with −1 instead; it adds up
    pairs, where this sorts each row, in time O(C log C), and adds up products of counts and gaps, in which nothing
    cancels.

    grad is 0 for a pair that reaches zero. Curvature: 1. The best constant isn't known.

    Parameters
    ----------
    reduction : {"mean", "sum", "none"}, default "mean"
        See `Loss`.

    References
    ----------
    Elisseeff and Weston (2001), "A kernel method for multi-labelled classification", NIPS 14, section 3.

    Examples
    --------
    >>> from losses import MultiLabelMargin
    >>> MultiLabelMargin().value([[1, 0, 1, 0]], [[0.5, 0.25, 2.0, -1.0]])
    0.1875
    >>> MultiLabelMargin().grad([[1, 0, 1, 0]], [[0.5, 0.25, 2.0, -1.0]])
    array([[-0.25,  0.25,  0.  ,  0.  ]])
    """

    core: ClassVar[Mapping[str, tuple[str, ...]]] = {"y_true": ("label",), "y_pred": ("label",)}
    temporaries: ClassVar[int] = 2

    is_convex: ClassVar[bool] = True
    is_differentiable: ClassVar[bool] = False
    is_twice_differentiable: ClassVar[bool] = False

    def domains(self) -> Mapping[str, Interval]:
        """Return the domain of the labels."""
        return {"y_true": _ON}

    def _admit(self, arguments: dict[str, Any], sample_weight: Any) -> Any:
        """Return the checked arguments of one call."""
        samples = super()._admit(arguments, sample_weight)
        samples.unit = "row"
        if samples.predicted.shape[-1] == 0:
            raise ValueError(f"y_pred has shape {samples.predicted.shape}, but its last axis must hold the labels")
        return samples

    def best_constant(self, y_true: ArrayLike, sample_weight: ArrayLike | None = None) -> FloatArray:
        """Raise NotImplementedError: the best constant isn't known."""
        raise NotImplementedError("the best constant of MultiLabelMargin isn't known; of one class use MultiMargin")

    def formula(self, y: FloatArray, p: FloatArray) -> FloatArray:
        """Return (1/C) Σ of each gap between neighbours, times the pairs that it lies between."""
        crossings = _crossings(y, p)
        pairs = crossings.on_below[:, :-1] * crossings.off_above[:, :-1]
        sums = row_sums(np.where(pairs > 0, pairs * crossings.gaps, 0)) / p.shape[1]
        return np.where(np.isnan(p).any(axis=1), np.nan, sums)

    def derivative(self, y: FloatArray, p: FloatArray) -> FloatArray:
        """Return 1/C for each label that is on and not 1 above; −1/C for each label that is off and not 1 below."""
        crossings = _crossings(y, p)
        slopes = np.where(crossings.on > 0, 0 - crossings.off_above, crossings.on_below) / p.shape[1]
        slope = np.empty_like(p)
        np.put_along_axis(slope, crossings.order, slopes.astype(p.dtype, copy=False), axis=1)
        slope[np.isnan(p).any(axis=1)] = np.nan
        return slope

    def second_derivative(self, y: FloatArray, p: FloatArray) -> FloatArray:
        """Return 0."""
        return np.zeros_like(p)

    def curvature_formula(self, y: FloatArray, p: FloatArray) -> FloatArray:
        """Return 1."""
        return np.ones_like(p)


_ON = Ends(
    "a label must be 1 where it is on and 0 where it is off", 0.0, 1.0, "; for ids of one class a row use MultiMargin"
)
