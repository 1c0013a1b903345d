"""Listwise losses for ranking: each sample is the whole list of a query's items.

Lists are computed in the dtype of the scores, those of float16 in float32; gains, and sums over pairs, in float64 at
least. Compared with exact arithmetic the error is at most 16 eps of that dtype, relative to the size of what is added
up:

- ListNet: a loss to the largest difference between scores by T (or 1), derivatives to 1/T and 1/T²;
- ListMLE: a loss to itself plus the number of items, derivatives to Σ p(1 + |log p|) over the probabilities they add;
- LambdaRank: each pair's term counts 1 + σ|d| times, with the sum of the two gains in place of their difference;
- ApproxNDCG: the same, in ranks and in derivatives, with 1/T for σ.

So scores may lie at any level, and lists may hold scores of any spread. Lists of `ApproxNDCG` from 1024 items on are
summed another way; their errors are 1e-12 of the list's largest derivative.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from losses._admission.domains import Interval
from losses._admission.lists import Batch, ListSamples
from losses._admission.queries import GAIN
from losses._evaluation.orders import HESS, VALUE, Order
from losses._lists.draws import listmle
from losses._lists.gains import relative_gains
from losses._lists.lambdas import lambdarank
from losses._lists.long_ndcg import approx_ndcg_of_long, is_fit
from losses._lists.ndcg import approx_ndcg
from losses._lists.rows import falling
from losses._lists.softmaxes import listnet
from losses._loss.parameters import Count, Positive
from losses._loss.ranking import ListwiseLoss
from losses._types import Array, FloatArray

# ------------------------------------------------------------------------------------------------ likelihoods of orders


@dataclass(frozen=True, kw_only=True, repr=False)
class ListNet(ListwiseLoss):
    """Cross-entropy of the softmax of the relevance and that of the scores: −Σᵢ softmax(y/T)ᵢ log softmax(s/T)ᵢ.

    softmax(y/T)ᵢ is the probability that item i comes first, in a model in which relevant items tend to. A query's
    list is one sample. Queries with a single item say nothing about order: their loss is 0 and they don't count in the
    mean. Those whose items are all equally relevant do count; their scores should be equal.

    A score, or relevance, of −inf is a probability of 0; a query with +inf or NaN, or of −inf alone, gives NaN.
    `curvature` is the Hessian's diagonal p(1 − p)/T², with p = softmax(s/T), but at least eps/T².

    Parameters
    ----------
    temperature : float, default 1.0
        T, positive, in the units of both y and s. The lower, the more the most relevant items count.
    reduction : {"mean", "sum", "none"}, default "mean"
        See `ListwiseLoss`; "none" gives a number for each query.

    References
    ----------
    Cao, Qin, Liu, Tsai and Li (2007), "Learning to rank: from pairwise approach to listwise approach", section 5.

    Examples
    --------
    >>> import numpy as np
    >>> from losses import ListNet
    >>> ListNet().value([np.log(3), 0], [0.0, 0.0])
    0.6931471805599453
    >>> ListNet().grad([np.log(3), 0], [0.0, 0.0])
    array([-0.25,  0.25])
    """

    temperature: Positive = 1.0

    is_convex: ClassVar[bool] = True
    is_differentiable: ClassVar[bool] = True
    is_twice_differentiable: ClassVar[bool] = True

    def _batches(self, samples: ListSamples) -> list[Batch]:
        """Return the lists that count, some at a time, one after the other, whatever their lengths."""
        return samples.runs()

    def _results_of(self, batch: Batch, y: Array, s: FloatArray, orders: tuple[Order, ...]) -> tuple[FloatArray, ...]:
        """Return −Σᵢ tᵢ log pᵢ, where t and p are the two softmaxes, and its derivatives."""
        return listnet(y.astype(s.dtype, copy=False), s, batch.lengths, self.temperature, orders)


@dataclass(frozen=True, kw_only=True, repr=False)
class ListMLE(ListwiseLoss):
    """Negative log-likelihood of the order by relevance, if items are drawn by softmax of their scores.

    The loss of a query is −Σᵢ log( exp s₍ᵢ₎ / Σ_{j≥i} exp s₍ⱼ₎ ), where s₍ᵢ₎ is the score of the item at position i by
    falling relevance: first, second and so on are each drawn from what is left (Plackett and Luce). A query's list is
    one sample. Queries with a single item say nothing about order: their loss is 0 and they don't count in the mean.

    .. warning::
       Items of equal relevance stand in the order of the input. Data sorted by anything that a model can learn, or by
       the label itself within a grade, leaks through that: shuffle the items within their queries.

    A score of −inf is a probability of 0: the loss is +inf unless such an item comes last. A query with +inf or NaN, or
    with two scores of −inf that come last, gives NaN. `curvature` is the Hessian's diagonal, but at least eps.

    Parameters
    ----------
    reduction : {"mean", "sum", "none"}, default "mean"
        See `ListwiseLoss`; "none" gives a number for each query.

    References
    ----------
    Xia, Liu, Wang, Zhang and Li (2008), "Listwise approach to learning to rank: theory and algorithm", section 4.

    Examples
    --------
    >>> from losses import ListMLE
    >>> ListMLE().value([2, 1, 0], [0.0, 0.0, 0.0])  # log(3!), as all orders are equally likely
    1.791759469228055
    >>> ListMLE().grad([1, 0], [0.0, 0.0])
    array([-0.5,  0.5])
    """

    is_convex: ClassVar[bool] = True
    is_differentiable: ClassVar[bool] = True
    is_twice_differentiable: ClassVar[bool] = True

    def _results(self, y: Array, s: FloatArray, orders: tuple[Order, ...]) -> tuple[FloatArray, ...]:
        """Return −Σᵢ log pᵢᵢ, where pᵢₖ is the probability that k is drawn at position i, and its derivatives."""
        order = falling(y)
        results = listmle(np.take_along_axis(s, order, axis=1), orders)
        return tuple(x if k == VALUE else _unsorted(x, order) for k, x in zip(orders, results, strict=True))


def _unsorted(x: FloatArray, order: Array) -> FloatArray:
    """Return rows with their entries where the order took them from."""
    unsorted = np.empty_like(x)
    np.put_along_axis(unsorted, order, x, axis=1)
    return unsorted


# -------------------------------------------------------------------------------------------------------------- NDCG


@dataclass(frozen=True, kw_only=True, repr=False)
class ApproxNDCG(ListwiseLoss):
    """One less NDCG, with ranks made smooth: 1 − Σᵢ (2^yᵢ − 1)/log₂(1 + ρᵢ) / idealDCG.

    ρᵢ = 1 + Σ_{j≠i} σ((sⱼ − sᵢ)/T) tends to the rank of item i as T falls to 0; σ is the logistic function and idealDCG
    the largest Σ (2^y − 1)/log₂(1 + rank), that of the order by relevance. A query's list is one sample. Queries with a
    single item, or in which no item is relevant (y > 0), say nothing about order: their loss is 0 and they don't count
    in the mean.

    A score of −inf is that of an unranked item: such items come last, tied with each other, and have no gradient. One
    score of +inf takes its limit; two, and NaN, give NaN for the query. It has no `hess`, as the loss isn't convex;
    `curvature` is a bound that the second derivative never exceeds, at least eps/T²: with bᵢ, the derivative of
    −gainᵢ/log₂(1 + ρᵢ)/idealDCG by ρᵢ, it is Σⱼ (bᵢ + bⱼ) σ′((sⱼ − sᵢ)/T)/T². Time is O(n²) in the length of a list up
    to a thousand items, O(n log n) beyond.

    Parameters
    ----------
    temperature : float, default 0.1
        T, positive, in the units of the scores: differences well above it are told apart.
    reduction : {"mean", "sum", "none"}, default "mean"
        See `ListwiseLoss`; "none" gives a number for each query.

    Raises
    ------
    ValueError
        Beyond those of `Loss`: if a relevance is negative.
    NotImplementedError
        From `hess`.

    References
    ----------
    Qin, Liu and Li (2010), "A general approximation framework for direct optimization of information retrieval
    measures", section 4; the temperature is their 1/α.

    Examples
    --------
    >>> from losses import ApproxNDCG
    >>> round(ApproxNDCG().value([1, 0], [5.0, 0.0]), 12)  # a perfect order
    0.0
    >>> round(ApproxNDCG().value([1, 0], [0.0, 5.0]), 12)  # rank 2: 1 - 1/log2(3)
    0.369070246429
    """

    temperature: Positive = 0.1

    is_convex: ClassVar[bool] = False
    is_differentiable: ClassVar[bool] = True
    is_twice_differentiable: ClassVar[bool] = True

    relevance: ClassVar[Interval] = GAIN

    def is_informative(self, length: Array, highest: Array, lowest: Array) -> Array:
        """Return which lists have several items, and one of them relevant."""
        relevant: Array = (length > 1) & (highest > 0)
        return relevant

    def _results(self, y: Array, s: FloatArray, orders: tuple[Order, ...]) -> tuple[FloatArray, ...]:
        """Return 1 − Σᵢ gᵢ/log₂(1 + ρᵢ), where g is the gain by idealDCG, and its derivatives."""
        if HESS in orders:
            raise NotImplementedError("ApproxNDCG has no hess: it is not convex; use grad or curvature")
        if s.shape[1] < _LONG or s.dtype == np.longdouble:
            return approx_ndcg(y, s, self.temperature, orders)
        rows = [self._long(y[row : row + 1], s[row : row + 1], orders) for row in range(len(s))]
        return tuple(np.concatenate(column) for column in zip(*rows, strict=True))

    def _long(self, y: Array, s: FloatArray, orders: tuple[Order, ...]) -> tuple[FloatArray, ...]:
        """Return the same for one long list."""
        if not is_fit(s, self.temperature):
            return approx_ndcg(y, s, self.temperature, orders)
        gains, x = relative_gains(y, s.shape[1], np.dtype(np.float64)), s.astype(np.float64, copy=False)
        results = approx_ndcg_of_long(gains[0], x[0], self.temperature, orders)
        return tuple(result[np.newaxis].astype(s.dtype, copy=False) for result in results)


_LONG = 1 << 10
"""Items from which on the fast sums over pairs are worth their overhead."""


@dataclass(frozen=True, kw_only=True, repr=False)
class LambdaRank(ListwiseLoss):
    """Logistic loss of pairs, each weighted by what swapping it would change in NDCG: Σ |ΔNDCGᵢⱼ| log(1 + e^−σd).

    The sum goes over the pairs of a query's items with yᵢ > yⱼ, and d = sᵢ − sⱼ. With the items ranked by falling
    score,

        ΔNDCGᵢⱼ = (2^yᵢ − 2^yⱼ)(D(rankᵢ) − D(rankⱼ)) / idealDCG,    D(rank) = 1/log₂(1 + rank).

    `grad` and `hess` are derivatives with respect to the scores with these weights held constant. (So they are those of
    `value` wherever no two items of a query change places.) `curvature` is the same as `hess`, but at least eps·σ². A
    query's list is one sample. Queries without a pair say nothing about order: their loss is 0 and they don't count in
    the mean.

    .. warning::
       Items of equal score rank in the order of the input, as when training starts at zero. Data sorted by relevance
       leaks through that: shuffle the items within their queries.

    A query with a NaN score, or with two equal infinite scores in a pair of positive weight, gives NaN. Time is O(n²)
    in the length of a list, or O(kn) with truncation k.

    Parameters
    ----------
    sigma : float, default 1.0
        σ, how steeply a pair's loss falls with d, per unit of the scores; positive.
    truncation : int, optional
        k ≥ 1: weights by NDCG@k, where D is 0 beyond rank k and idealDCG goes over the best k items. None means all.
    reduction : {"mean", "sum", "none"}, default "mean"
        See `ListwiseLoss`; "none" gives a number for each query.

    Raises
    ------
    ValueError
        Beyond those of `Loss`: if a relevance is negative.

    References
    ----------
    Burges (2010), "From RankNet to LambdaRank to LambdaMART: an overview", sections 3 and 4; as a loss: Wang, Li,
    Golbandi, Bendersky and Najork (2018), "The LambdaLoss framework for ranking metric optimization".

    Examples
    --------
    >>> from losses import LambdaRank
    >>> LambdaRank().value([1, 0], [0.0, 1.0])
    0.4846858146375142
    >>> LambdaRank(reduction="sum").grad([1, 0, 0], [0.0, 1.0, 2.0])
    array([-0.53611586,  0.09571732,  0.44039854])
    """

    sigma: Positive = 1.0
    truncation: Count = None

    is_convex: ClassVar[bool] = False
    is_differentiable: ClassVar[bool] = False
    is_twice_differentiable: ClassVar[bool] = False

    relevance: ClassVar[Interval] = GAIN

    def is_informative(self, length: Array, highest: Array, lowest: Array) -> Array:
        """Return which lists have a pair."""
        paired: Array = highest > lowest
        return paired

    def _results(self, y: Array, s: FloatArray, orders: tuple[Order, ...]) -> tuple[FloatArray, ...]:
        """Return Σ |ΔNDCG| φ(d), where φ(d) = log(1 + e^−σd), and its derivatives at these weights."""
        return lambdarank(y, s, self.sigma, self.truncation, orders)
