"""Listwise losses for ranking: each sample is the whole list of a query's items.

Lists are computed in float64, those of longdouble scores as such. Compared with exact arithmetic, the relative error of
a loss, and of its derivatives by their largest term, is at most 1e-13 in float64, or 1e-14 times the largest difference
between scores where that is above 10 (tested for differences up to 2e4).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from numbers import Integral
from typing import Any, ClassVar, NamedTuple, TypeAlias

import numpy as np

from losses.blocks import BLOCK
from losses.domains import Interval
from losses.evaluation import Order
from losses.list_samples import ListSamples
from losses.pairs import Side
from losses.pairs_logistic import LogisticFields
from losses.parameters import check_positive
from losses.query_samples import GAIN, RELEVANCE
from losses.ranking import PairwiseLogistic, RankingLoss
from losses.types import Array, Box, Dtype, FloatArray


class Lists(NamedTuple):
    """Lists of one length, a row each; the items by falling relevance, equal ones in input order.

    Parameters
    ----------
    relevance, scores
        Of float64 or longdouble, the relevance at least as wide as the scores.
    place
        Where the items stand in the input.
    """

    relevance: FloatArray
    scores: FloatArray
    place: Array


Rows: TypeAlias = tuple[FloatArray, FloatArray | None]
"""The losses of lists, and if asked for their derivatives by each score."""


@dataclass(frozen=True, kw_only=True, repr=False)
class ListwiseLoss(RankingLoss):
    """Base of the losses in which the list of a query's items is one sample.

    "mean" is Σ w ℓ / Σ w over the queries that count: those that can say something about order. The others have a loss
    of 0, and no gradient; if none counts, the mean is 0. The weights of a query's items must all be the same, w; for
    two-dimensional input they may have the shape ``(n,)``.

    Parameters
    ----------
    reduction : {"mean", "sum", "none"}, default "mean"
        See `Loss`.
    """

    relevance: ClassVar[Interval] = RELEVANCE
    """What y_true may hold."""

    def counts(self, length: Array, highest: Array, lowest: Array) -> Array:
        """Return which lists count, given their numbers of items and their highest and lowest relevance."""
        several: Array = length > 1
        return several

    def footprint(self, length: int) -> int:
        """Return how many numbers each temporary of `formula` holds for a list of so many items."""
        return length

    def formula(self, lists: Lists, order: Order) -> Rows:
        """Return the lists' losses, and their derivatives of this order by each score (None for order 0)."""
        raise NotImplementedError(f"{type(self).__name__} has no value; define formula")

    def admit(self, y_true: Any, y_pred: Any, sample_weight: Any, **keywords: Any) -> ListSamples:
        """Return the checked arguments of one call."""
        qid = keywords.get("qid")
        return ListSamples(y_true, y_pred, qid, sample_weight, self.reduction, self.relevance, self.counts)

    def evaluate_block(
        self, samples: ListSamples, box: Box, value: bool, order: Order, factor: float, out: Array | None
    ) -> Array | None:
        """Return the weighted losses of the queries; write the weighted derivatives, times `factor`, to `out`."""
        scores = samples.scores()
        scores = scores.astype(np.result_type(scores, np.float64), copy=False)
        relevance = samples.relevance()
        relevance = relevance.astype(np.result_type(relevance, scores), copy=False)
        weight = np.ones(samples.shape) if samples.query_weight is None else samples.query_weight
        losses = np.zeros(samples.shape, scores.dtype)
        derivatives = np.zeros(len(scores) if order else 0, scores.dtype)
        for queries, items in samples.batches(self.footprint):
            lists = Lists(relevance[items], scores[items], samples.order[items])
            found, slopes = self.formula(lists, order)
            found = np.where(np.isnan(lists.scores).any(axis=1), np.nan, found)
            losses[queries] = weight[queries] * found
            if slopes is not None:
                slopes[np.isnan(found)] = np.nan
                derivatives[items] = factor * weight[queries, np.newaxis] * slopes
        if out is not None:
            out[...] = samples.unsorted(derivatives).reshape(out.shape)
        return losses if value else None


# ------------------------------------------------------------------------------------------------ likelihoods of orders


@dataclass(frozen=True, kw_only=True, repr=False)
class ListNet(ListwiseLoss):
    """Cross-entropy of the softmax of the relevance and that of the scores: −Σᵢ softmax(y/T)ᵢ log softmax(s/T)ᵢ.

    softmax(y/T)ᵢ is the probability that item i comes first, in a model in which relevant items tend to. A query's
    list is one sample. Queries with a single item say nothing about order: their loss is 0 and they don't count in the
    mean. Those whose items are all equally relevant do count; their scores should be equal.

    A score, or relevance, of −inf is a probability of 0; a query with +inf or NaN, or of −inf alone, gives NaN.

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

    temperature: float = 1.0

    def __post_init__(self) -> None:
        super().__post_init__()
        check_positive("temperature", self.temperature)

    def formula(self, lists: Lists, order: Order) -> Rows:
        """Return −Σᵢ tᵢ log pᵢ, where t and p are the two softmaxes; (p − t)/T; p(1 − p)/T²."""
        t, _ = _softmax(lists.relevance, self.temperature)
        p, log_p = _softmax(lists.scores, self.temperature)
        losses = -np.where(t == 0, 0, t * log_p).sum(axis=1)
        if order == 1:
            return losses, (p - t) / self.temperature
        if order == 2:
            return losses, p * (1 - p) / self.temperature / self.temperature
        return losses, None


def _softmax(x: FloatArray, temperature: float) -> tuple[FloatArray, FloatArray]:
    """Return each row's softmax(x/T) and the logarithm of it."""
    x = (x - x.max(axis=1, keepdims=True)) / temperature
    e = np.exp(x)
    total = e.sum(axis=1, keepdims=True)
    return e / total, x - np.log(total)


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
    with two scores of −inf that come last, gives NaN.

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

    def formula(self, lists: Lists, order: Order) -> Rows:
        """Return Σᵢ log(1 + exp(tᵢ₊₁ − sᵢ)), where tᵢ = log Σ_{j≥i} exp sⱼ, and its derivatives.

        With pᵢₖ = exp(sₖ − tᵢ), the probability that k is drawn at position i, they are Σ_{i≤k} pᵢₖ − 1 and
        Σ_{i≤k} pᵢₖ(1 − pᵢₖ). The terms with i = k hold 1 − pₖₖ = σ(tₖ₊₁ − sₖ), small if the order is likely: they are
        computed apart.
        """
        s = lists.scores - lists.scores.max(axis=1, keepdims=True)
        t = _log_running_sums(s[:, ::-1])[:, ::-1]
        later = t[:, 1:] - s[:, :-1]
        softplus, missed = np.logaddexp(0, later), _sigmoid(later)
        losses = softplus.sum(axis=1)
        if order == 0:
            return losses, None
        derivatives = np.zeros_like(s)
        earlier = np.exp(s[:, 1:] + _log_running_sums(-t)[:, :-1])  # Σ_{i<k} pᵢₖ
        derivatives[:, 1:] = earlier
        if order == 1:
            derivatives[:, :-1] -= missed
        else:
            derivatives[:, 1:] -= np.exp(2 * s[:, 1:] + _log_running_sums(-2 * t)[:, :-1])
            derivatives[:, :-1] += missed * (1 - missed)
        return losses, derivatives


def _log_running_sums(x: FloatArray) -> FloatArray:
    """Return log Σ_{j≤i} exp xⱼ for each i of each row.

    After each step a sum spans twice as many terms (Hillis and Steele 1986, "Data parallel algorithms"), so no result
    takes more than log₂ n roundings, and each has its own scale.
    """
    sums, span = x.copy(), 1
    while span < x.shape[1]:
        sums[:, span:] = np.logaddexp(sums[:, span:], sums[:, :-span])
        span *= 2
    return sums


def _sigmoid(x: FloatArray) -> FloatArray:
    """Return 1 / (1 + exp(−x))."""
    probability: FloatArray = 1 / (1 + np.exp(-x))
    return probability


# -------------------------------------------------------------------------------------------------------------- NDCG

# DCG = Σ gain · discount, where the gain of an item is 2^y − 1 and the discount of rank ρ is 1/log₂(1 + ρ). NDCG is DCG
# by that of the best order. (Järvelin and Kekäläinen 2002, in the form of Burges et al. 2005.)


def _discount(rank: FloatArray) -> FloatArray:
    """Return 1/log₂(1 + ρ)."""
    return 1 / np.log2(1 + rank)


def _ranks(count: int, dtype: Dtype) -> FloatArray:
    """Return 1, 2, … count."""
    return np.arange(1, count + 1).astype(dtype)


def _relative_gains(lists: Lists, truncation: int | None = None) -> FloatArray:
    """Return the items' gains, by the ideal DCG of the first `truncation` ranks."""
    y = lists.relevance
    # (1 − 2^−y) · 2^y, and all gains scaled by the power of two of the largest, which may exceed the floating numbers.
    gain = -np.expm1(-np.log(y.dtype.type(2)) * y) * np.exp2(y - y[:, :1])
    best = gain[:, :truncation]
    ideal = (best * _discount(_ranks(best.shape[1], y.dtype))).sum(axis=1, keepdims=True)
    relative: FloatArray = (gain / ideal).astype(lists.scores.dtype, copy=False)
    return relative


def _tile_height(length: int) -> int:
    """Return how many of a list's items are compared with all its items at a time."""
    return max(1, min(-(-length // 8), BLOCK // length))


def _tiles(rows: int, length: int) -> Iterator[slice]:
    """Cut the first `rows` of a list's items into tiles."""
    height = _tile_height(length)
    for start in range(0, rows, height):
        yield slice(start, min(start + height, rows))


@dataclass(frozen=True, kw_only=True, repr=False)
class ApproxNDCG(ListwiseLoss):
    """One less NDCG, with ranks made smooth: 1 − Σᵢ (2^yᵢ − 1)/log₂(1 + ρᵢ) / idealDCG.

    ρᵢ = 1 + Σ_{j≠i} σ((sⱼ − sᵢ)/T) tends to the rank of item i as T falls to 0; σ is the logistic function and idealDCG
    the largest Σ (2^y − 1)/log₂(1 + rank), that of the order by relevance. A query's list is one sample. Queries with a
    single item, or in which no item is relevant (y > 0), say nothing about order: their loss is 0 and they don't count
    in the mean.

    Infinite scores take their limits; those of two equal infinities, and NaN, give NaN for the query. It has no `hess`;
    the loss isn't convex. Time is O(n²) in the length of a list up to a thousand items, O(n log n) beyond.

    Parameters
    ----------
    temperature : float, default 0.1
        T, positive, in the units of the scores: differences well above it are told apart.
    reduction : {"mean", "sum", "none"}, default "mean"
        See `ListwiseLoss`; "none" gives a number for each query.

    Raises
    ------
    ValueError
        Beyond those of `RankingLoss`: if a relevance is negative.
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

    temperature: float = 0.1
    relevance: ClassVar[Interval] = GAIN

    def __post_init__(self) -> None:
        super().__post_init__()
        check_positive("temperature", self.temperature)

    def counts(self, length: Array, highest: Array, lowest: Array) -> Array:
        """Return which lists have several items, and one of them relevant."""
        relevant: Array = (length > 1) & (highest > 0)
        return relevant

    def footprint(self, length: int) -> int:
        """Return the size of a tile of pairs."""
        return length * _tile_height(length)

    def formula(self, lists: Lists, order: Order) -> Rows:
        """Return 1 − Σᵢ gᵢ/log₂(1 + ρᵢ), where g is the gain by idealDCG, and its derivatives."""
        if order == 2:
            raise NotImplementedError("ApproxNDCG has no hess: it is not convex; use grad")
        s, g = lists.scores, _relative_gains(lists)
        if s.shape[1] >= _LONG and s.dtype == np.float64 and self._bounded(s):
            return self._long(s[0], g[0], order)
        losses, slopes = np.ones(len(s), s.dtype), np.zeros_like(s)
        for rows in _tiles(int(np.count_nonzero(g.any(axis=0))), s.shape[1]):
            d = s[:, np.newaxis, :] - s[:, rows, np.newaxis]
            ranks = np.arange(rows.start, rows.stop)
            d[:, ranks - rows.start, ranks] = 0  # also between infinities: an item and itself
            t = np.exp(-np.abs(d) / self.temperature)
            rho = 0.5 + (np.where(d >= 0, 1, t) / (1 + t)).sum(axis=2)  # Σ_{j≠i} is without σ(0) = ½
            losses -= (g[:, rows] * _discount(rho)).sum(axis=1)
            if order:
                bend = t / (1 + t) ** 2 * (_slope(g[:, rows], rho) / self.temperature)[:, :, np.newaxis]
                slopes += bend.sum(axis=1)
                slopes[:, rows] -= bend.sum(axis=2)
        return losses, slopes if order else None

    def _bounded(self, s: FloatArray) -> bool:
        """Return whether `_long` can tell the scores apart, in units of the temperature, and nothing overflows."""
        return bool((1 + np.abs(s).max()) / self.temperature < 2**50)

    def _long(self, s: FloatArray, g: FloatArray, order: Order) -> Rows:
        """Return the loss of one long list, from the fast sums of φ(d) = log(1 + exp(−d/T)) over all pairs.

        φ′(sᵢ − sⱼ) = −σ((sⱼ − sᵢ)/T)/T, and φ″ = σ′/T² is even.
        """
        ascending = np.argsort(s)
        x, g = s[ascending], g[ascending]
        sums, items = LogisticFields(1 / self.temperature), Side(x, np.ones_like(x))
        (_, first, *second), _ = sums(items, items, (0, 1, 2) if order else (0, 1))
        rho = 0.5 - self.temperature * first
        losses = np.array([1 - (g * _discount(rho)).sum()])
        if not second:
            return losses, None
        by_rho = _slope(g, rho)
        slopes = np.empty((1, len(x)))
        (_, weighted), _ = sums(Side(x, by_rho), items, (0, 2))
        slopes[0, ascending] = self.temperature * (weighted - by_rho * second[0])
        return losses, slopes


def _slope(g: FloatArray, rho: FloatArray) -> FloatArray:
    """Return the derivative of −g/log₂(1 + ρ) by ρ."""
    slope: FloatArray = g * _discount(rho) / ((1 + rho) * np.log(1 + rho))
    return slope


_LONG = 1 << 10
"""Items from which on the fast sums over pairs are worth their overhead."""


@dataclass(frozen=True, kw_only=True, repr=False)
class LambdaRank(ListwiseLoss):
    """Logistic loss of pairs, each weighted by what swapping it would change in NDCG: Σ |ΔNDCGᵢⱼ| log(1 + e^−σd).

    The sum goes over the pairs of a query's items with yᵢ > yⱼ, and d = sᵢ − sⱼ. With the items ranked by falling
    score,

        ΔNDCGᵢⱼ = (2^yᵢ − 2^yⱼ)(D(rankᵢ) − D(rankⱼ)) / idealDCG,    D(rank) = 1/log₂(1 + rank).

    `grad` and `hess` are derivatives by the scores with these weights held constant. (So they are those of `value`
    wherever no two items of a query change places.) A query's list is one sample. Queries without a pair say nothing
    about order: their loss is 0 and they don't count in the mean.

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
        Beyond those of `RankingLoss`: if a relevance is negative.

    References
    ----------
    Burges (2010), "From RankNet to LambdaRank to LambdaMART: an overview", sections 3 and 4; as a loss: Wang, Li,
    Golbandi, Bendersky and Najork (2018), "The LambdaLoss framework for ranking metric optimization".

    Examples
    --------
    >>> from losses import LambdaRank
    >>> LambdaRank().value([1, 0], [0.0, 1.0])
    0.48468581463751403
    >>> LambdaRank(reduction="sum").grad([1, 0, 0], [0.0, 1.0, 2.0])
    array([-0.53611586,  0.09571732,  0.44039854])
    """

    sigma: float = 1.0
    truncation: int | None = None
    relevance: ClassVar[Interval] = GAIN

    def __post_init__(self) -> None:
        super().__post_init__()
        check_positive("sigma", self.sigma)
        object.__setattr__(self, "truncation", _truncation(self.truncation))

    def counts(self, length: Array, highest: Array, lowest: Array) -> Array:
        """Return which lists have a pair."""
        paired: Array = highest > lowest
        return paired

    def footprint(self, length: int) -> int:
        """Return the size of a tile of pairs."""
        return length * _tile_height(length)

    def formula(self, lists: Lists, order: Order) -> Rows:
        """Return Σ |ΔNDCG| φ(d), where φ(d) = log(1 + e^−σd); Σ ±|ΔNDCG| φ′(d); Σ |ΔNDCG| φ″(d)."""
        by_rank = np.lexsort((lists.place, -lists.scores))
        s = np.take_along_axis(lists.scores, by_rank, axis=1)
        g = np.take_along_axis(_relative_gains(lists, self.truncation), by_rank, axis=1)
        length = s.shape[1]
        top = min(length, self.truncation or length)
        discount = np.zeros(length, s.dtype)
        discount[:top] = _discount(_ranks(top, s.dtype))
        pair = PairwiseLogistic(sigma=self.sigma)
        slope = pair.derivative if order == 1 else pair.second_derivative
        losses, slopes = np.zeros(len(s), s.dtype), np.zeros_like(s)
        for rows in _tiles(top, length):
            below = slice(rows.start, length)
            lead = g[:, rows, np.newaxis] - g[:, np.newaxis, below]
            # Falls to 0 for the pairs that are met the other way round.
            step = np.maximum(discount[rows, np.newaxis] - discount[below], 0)
            weight, sign = np.abs(lead) * step, np.sign(lead)
            d = sign * (s[:, rows, np.newaxis] - s[:, np.newaxis, below])
            losses += _times(weight, pair.formula(d)).sum(axis=(1, 2))
            if order:
                terms = _times(weight, slope(d)) * (sign if order == 1 else 1)
                slopes[:, rows] += terms.sum(axis=2)
                slopes[:, below] += (-1) ** order * terms.sum(axis=1)
        derivatives = np.empty_like(slopes)
        np.put_along_axis(derivatives, by_rank, slopes, axis=1)
        return losses, derivatives if order else None


def _times(weight: FloatArray, terms: FloatArray) -> FloatArray:
    """Return the product, 0 where the weight is."""
    product: FloatArray = weight * terms
    return product if np.isfinite(product).all() else np.where(weight == 0, 0, product)


def _truncation(value: object) -> int | None:
    if value is None:
        return None
    if not isinstance(value, Integral) or isinstance(value, bool) or value < 1:
        raise ValueError(f"truncation must be a positive integer or None, got {value!r}")
    return int(value)
