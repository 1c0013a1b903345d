"""Losses for ranking: they see the order of the scores within a query, not their level."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from losses.base import Loss
from losses.evaluation import Order, evaluate
from losses.logistic import sigmoid, sigmoid_slope, softplus
from losses.pairs import Fields, Items, pair_sums
from losses.pairs_hinge import HingeFields
from losses.pairs_logistic import LogisticFields
from losses.parameters import check_positive
from losses.query_samples import RELEVANCE, QuerySamples
from losses.types import Array, ArrayLike, Box, FloatArray, Value


@dataclass(frozen=True, kw_only=True, repr=False)
class RankingLoss(Loss):
    """Base of the losses whose samples are queries of ranked items.

    Parameters
    ----------
    reduction : {"mean", "sum", "none"}, default "mean"
        See `Loss`.
    """

    keywords: ClassVar[frozenset[str]] = frozenset({"qid"})

    def value(
        self,
        y_true: ArrayLike,
        y_pred: ArrayLike,
        *,
        sample_weight: ArrayLike | None = None,
        qid: ArrayLike | None = None,
    ) -> Value:
        """Return the loss.

        Parameters
        ----------
        y_true : array_like
            Relevance of the items: real numbers, larger is better. One axis, or two with a query in each row.
        y_pred : array_like
            Scores that the model gave them; the same shape.
        sample_weight : array_like, optional
            Weights of the items, finite and not negative; where y_pred has two axes, also of the queries, of shape
            ``(n,)``. An item of weight zero is left out, whatever it holds.
        qid : array_like, optional
            The query of each item: integers, bools or strings, in any order. None means one query, or where y_pred
            has two axes, one a row.

        Returns
        -------
        float
            The mean or sum; under ``reduction="none"`` an array with a number for each query, in order of first
            appearance.

        Raises
        ------
        ValueError
            If shapes don't agree, or a value lies outside its domain; the message names the argument and the place.
        TypeError
            If an argument isn't an array of real numbers, or `qid` one of floats.
        """
        return evaluate(self, self.admit(y_true, y_pred, sample_weight, qid=qid), value=True)[0]

    def grad(
        self,
        y_true: ArrayLike,
        y_pred: ArrayLike,
        *,
        sample_weight: ArrayLike | None = None,
        qid: ArrayLike | None = None,
        out: Array | None = None,
    ) -> Array:
        """Return the derivative of `value` by the scores (under "none", of the sum over the queries).

        Parameters
        ----------
        y_true, y_pred, sample_weight, qid
            As for `value`.
        out : ndarray, optional
            Where to write the result: an array of its shape and dtype. It may be `y_pred` itself.

        Returns
        -------
        ndarray
            Of y_pred's shape and floating dtype (float64 if y_pred isn't floating); `out`, if that was given.

        Raises
        ------
        ValueError, TypeError
            As for `value`, or if `out` doesn't fit the result or overlaps an argument.
        """
        return evaluate(self, self.admit(y_true, y_pred, sample_weight, qid=qid), order=1, out=out)[1]

    def hess(
        self,
        y_true: ArrayLike,
        y_pred: ArrayLike,
        *,
        sample_weight: ArrayLike | None = None,
        qid: ArrayLike | None = None,
        out: Array | None = None,
    ) -> Array:
        """Return the diagonal of the Hessian: the second derivative of `value` by each score.

        Parameters
        ----------
        y_true, y_pred, sample_weight, qid, out
            As for `grad`.

        Returns
        -------
        ndarray
            Of y_pred's shape and floating dtype.

        Raises
        ------
        ValueError, TypeError
            As for `grad`.
        NotImplementedError
            If the loss has no second derivative.
        """
        return evaluate(self, self.admit(y_true, y_pred, sample_weight, qid=qid), order=2, out=out)[1]

    def value_and_grad(
        self,
        y_true: ArrayLike,
        y_pred: ArrayLike,
        *,
        sample_weight: ArrayLike | None = None,
        qid: ArrayLike | None = None,
        out: Array | None = None,
    ) -> tuple[Value, Array]:
        """Return `value` and `grad`, the same bit for bit, with the work that they share done once.

        Parameters
        ----------
        y_true, y_pred, sample_weight, qid, out
            As for `grad`.

        Returns
        -------
        value : float
            As from `value`.
        grad : ndarray
            As from `grad`.

        Raises
        ------
        ValueError, TypeError
            As for `grad`.
        """
        return evaluate(self, self.admit(y_true, y_pred, sample_weight, qid=qid), value=True, order=1, out=out)


@dataclass(frozen=True, kw_only=True, repr=False)
class PairwiseLoss(RankingLoss):
    """Base of the losses that are a sum over pairs of items.

    A pair (i, j) counts where both belong to one query and yᵢ > yⱼ; its loss is a function φ of d = sᵢ − sⱼ, the
    difference of the scores, and its weight wᵢwⱼ. "mean" is Σ w φ / Σ w over all the counting pairs of all the
    queries, and 0 where none counts.

    Parameters
    ----------
    reduction : {"mean", "sum", "none"}, default "mean"
        See `Loss`.
    """

    def formula(self, d: FloatArray) -> FloatArray:
        """Return each pair's loss."""
        raise NotImplementedError(f"{type(self).__name__} has no value; define formula")

    def derivative(self, d: FloatArray) -> FloatArray:
        """Return the derivative of `formula` by d."""
        raise NotImplementedError(f"{type(self).__name__} has no grad; define derivative")

    def second_derivative(self, d: FloatArray) -> FloatArray:
        """Return the second derivative of `formula` by d."""
        raise NotImplementedError(f"{type(self).__name__} has no hess; define second_derivative")

    @property
    def fields(self) -> Fields | None:
        """The fast way to sum the loss over many items, if it has one."""
        return None

    def admit(self, y_true: Any, y_pred: Any, sample_weight: Any, **keywords: Any) -> QuerySamples:
        """Return the checked arguments of one call."""
        return QuerySamples(y_true, y_pred, keywords.get("qid"), sample_weight, self.reduction, RELEVANCE)

    def evaluate_block(
        self, samples: QuerySamples, box: Box, value: bool, order: Order, factor: float, out: Array | None
    ) -> Array | None:
        """Return the weighted losses of the queries; write the weighted derivatives, times `factor`, to `out`."""
        items = Items(samples.scores(), samples.levels(), samples.weight, samples.bounds)
        sums = pair_sums(items, self, grad=order == 1, hess=order == 2)
        weight = 1.0 if samples.query_weight is None else samples.query_weight
        denominator = float(np.sum(weight * sums.denominator)) if self.reduction == "mean" else 1.0
        scale = np.broadcast_to(weight / (denominator or 1.0), samples.shape)
        derivative = sums.grad if order == 1 else sums.hess
        if out is not None and derivative is not None:
            derivative *= np.repeat(factor * scale, np.diff(samples.bounds))
            out[...] = samples.unsorted(derivative).reshape(out.shape)
        return sums.numerator * scale if value else None


@dataclass(frozen=True, kw_only=True, repr=False)
class PairwiseHinge(PairwiseLoss):
    """Hinge of the difference between the scores of a better and a worse item: Σ over pairs of max(0, m − d).

    A pair (i, j) counts where both belong to one query and yᵢ > yⱼ; d = sᵢ − sⱼ, and the pair weighs wᵢwⱼ. "mean" is
    Σ w φ / Σ w over all the counting pairs of all the queries, and 0 where none counts. The derivative by d is 0 where
    the hinge reaches zero (d = m), and the second derivative is 0.

    Parameters
    ----------
    margin : float, default 1.0
        m, by how much the better item should lead, in the units of the scores; positive.
    reduction : {"mean", "sum", "none"}, default "mean"
        See `Loss`; "none" gives a number for each query.

    References
    ----------
    Herbrich, Graepel and Obermayer (2000), "Large margin rank boundaries for ordinal regression"; Joachims (2002),
    "Optimizing search engines using clickthrough data".

    Examples
    --------
    >>> from losses import PairwiseHinge
    >>> relevance, scores = [2, 1, 0], [3.0, 2.5, 2.0]
    >>> PairwiseHinge().value(relevance, scores, qid=["a", "a", "a"])
    0.3333333333333333
    >>> PairwiseHinge(reduction="sum").grad(relevance, scores)
    array([-1.,  0.,  1.])
    """

    margin: float = 1.0

    def __post_init__(self) -> None:
        super().__post_init__()
        check_positive("margin", self.margin)

    def formula(self, d: FloatArray) -> FloatArray:
        """Return max(0, m − d)."""
        shortfall: FloatArray = np.clip(self.margin - d, 0, np.inf)
        return shortfall

    def derivative(self, d: FloatArray) -> FloatArray:
        """Return −1 where d < m, else 0."""
        slope: FloatArray = np.clip(np.sign(d - self.margin), -1, 0)
        return slope

    def second_derivative(self, d: FloatArray) -> FloatArray:
        """Return 0."""
        return np.zeros_like(d)

    @property
    def fields(self) -> Fields:
        """The sums over many items in time O(n log n)."""
        return HingeFields(self.margin, 1)


@dataclass(frozen=True, kw_only=True, repr=False)
class PairwiseSquaredHinge(PairwiseLoss):
    """Squared hinge of the difference between a better and a worse item's scores: Σ over pairs of max(0, m − d)².

    A pair (i, j) counts where both belong to one query and yᵢ > yⱼ; d = sᵢ − sⱼ, and the pair weighs wᵢwⱼ. "mean" is
    Σ w φ / Σ w over all the counting pairs of all the queries, and 0 where none counts. The second derivative by d is
    0 where the hinge reaches zero (d = m).

    Parameters
    ----------
    margin : float, default 1.0
        m, by how much the better item should lead, in the units of the scores; positive.
    reduction : {"mean", "sum", "none"}, default "mean"
        See `Loss`; "none" gives a number for each query.

    References
    ----------
    Rust and Hocking (2023), "A log-linear gradient descent algorithm for unbalanced binary classification using the
    all pairs squared hinge loss", arXiv:2302.11062.

    Examples
    --------
    >>> from losses import PairwiseSquaredHinge
    >>> PairwiseSquaredHinge().value([1, 0], [0.0, 0.5])
    2.25
    >>> PairwiseSquaredHinge().grad([1, 0], [0.0, 0.5])
    array([-3.,  3.])
    """

    margin: float = 1.0

    def __post_init__(self) -> None:
        super().__post_init__()
        check_positive("margin", self.margin)

    def formula(self, d: FloatArray) -> FloatArray:
        """Return max(0, m − d)²."""
        shortfall: FloatArray = np.clip(self.margin - d, 0, np.inf)
        return shortfall * shortfall

    def derivative(self, d: FloatArray) -> FloatArray:
        """Return −2 max(0, m − d)."""
        shortfall: FloatArray = np.clip(self.margin - d, 0, np.inf)
        return -2 * shortfall

    def second_derivative(self, d: FloatArray) -> FloatArray:
        """Return 2 where d < m, else 0."""
        curvature: FloatArray = 2 * np.clip(np.sign(self.margin - d), 0, 1)
        return curvature

    @property
    def fields(self) -> Fields:
        """The sums over many items in time O(n log n)."""
        return HingeFields(self.margin, 2)


@dataclass(frozen=True, kw_only=True, repr=False)
class PairwiseLogistic(PairwiseLoss):
    """Logistic loss of the difference between the scores of a better and a worse item: Σ over pairs of log(1 + e^−σd).

    This is RankNet. A pair (i, j) counts where both belong to one query and yᵢ > yⱼ; d = sᵢ − sⱼ, and the pair weighs
    wᵢwⱼ. "mean" is Σ w φ / Σ w over all the counting pairs of all the queries, and 0 where none counts.

    Parameters
    ----------
    sigma : float, default 1.0
        σ, how steeply the loss falls with d, per unit of the scores; positive.
    reduction : {"mean", "sum", "none"}, default "mean"
        See `Loss`; "none" gives a number for each query.

    References
    ----------
    Burges et al. (2005), "Learning to rank using gradient descent", eq. (3).

    Examples
    --------
    >>> from losses import PairwiseLogistic
    >>> PairwiseLogistic().value([1, 0], [0.0, 0.0])
    0.6931471805599453
    >>> PairwiseLogistic().grad([1, 0], [0.0, 0.0])
    array([-0.5,  0.5])
    """

    sigma: float = 1.0

    def __post_init__(self) -> None:
        super().__post_init__()
        check_positive("sigma", self.sigma)

    def formula(self, d: FloatArray) -> FloatArray:
        """Return log(1 + e^−σd)."""
        return softplus(-self.sigma * d)

    def derivative(self, d: FloatArray) -> FloatArray:
        """Return −σ / (1 + e^σd)."""
        return -self.sigma * sigmoid(-self.sigma * d)

    def second_derivative(self, d: FloatArray) -> FloatArray:
        """Return σ² e^−σ|d| / (1 + e^−σ|d|)²."""
        return self.sigma * sigmoid_slope(self.sigma * d) * self.sigma  # for σ² may overflow

    @property
    def fields(self) -> Fields:
        """The sums over many items in time O(n log n)."""
        return LogisticFields(self.sigma)
