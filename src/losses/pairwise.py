"""Pairwise losses for ranking: a function of the difference between the scores of a better and a worse item."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from losses._loss.parameters import Positive
from losses._loss.ranking import PairwiseLoss
from losses._maths.logistic import sigmoid, sigmoid_slope, softplus
from losses._pairs.hinge import HingeFields
from losses._pairs.items import Fields
from losses._pairs.logistic import LogisticFields
from losses._types import FloatArray


@dataclass(frozen=True, kw_only=True, repr=False)
class PairwiseHinge(PairwiseLoss):
    """Hinge of the difference between the scores of a better and a worse item: Σ over pairs of max(0, m − d).

    A pair (i, j) counts where both belong to one query and yᵢ > yⱼ; d = sᵢ − sⱼ, and the pair weighs wᵢwⱼ. "mean" is
    Σ w φ / Σ w over all the counting pairs of all the queries, and 0 where none counts. The derivative with respect to
    d is 0 where the hinge reaches zero (d = m), and the second derivative is 0; the curvature is 1 where d < m.

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

    margin: Positive = 1.0

    is_convex: ClassVar[bool] = True
    is_differentiable: ClassVar[bool] = False
    is_twice_differentiable: ClassVar[bool] = False

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

    def curvature_formula(self, d: FloatArray) -> FloatArray:
        """Return 1 where d < m, else 0."""
        return -self.derivative(d)

    @property
    def fast_sums(self) -> Fields:
        """The sums over many items in time O(n log n)."""
        return HingeFields(self.margin, 1)


@dataclass(frozen=True, kw_only=True, repr=False)
class PairwiseSquaredHinge(PairwiseLoss):
    """Squared hinge of the difference between a better and a worse item's scores: Σ over pairs of max(0, m − d)².

    A pair (i, j) counts where both belong to one query and yᵢ > yⱼ; d = sᵢ − sⱼ, and the pair weighs wᵢwⱼ. "mean" is
    Σ w φ / Σ w over all the counting pairs of all the queries, and 0 where none counts. The second derivative with
    respect to d is 0 where the hinge reaches zero (d = m).

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

    margin: Positive = 1.0

    is_convex: ClassVar[bool] = True
    is_differentiable: ClassVar[bool] = True
    is_twice_differentiable: ClassVar[bool] = False

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
    def fast_sums(self) -> Fields:
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

    sigma: Positive = 1.0

    is_convex: ClassVar[bool] = True
    is_differentiable: ClassVar[bool] = True
    is_twice_differentiable: ClassVar[bool] = True

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
    def fast_sums(self) -> Fields:
        """The sums over many items in time O(n log n)."""
        return LogisticFields(self.sigma)
