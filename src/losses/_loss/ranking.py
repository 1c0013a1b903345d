"""Bases of the ranking losses: sums over pairs of items, and losses of whole lists."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from losses._admission.domains import Interval
from losses._admission.lists import Batch, ListSamples
from losses._admission.queries import RELEVANCE, QuerySamples
from losses._evaluation.by_query import by_list, by_pairs
from losses._evaluation.orders import CURVATURE, HESS, Order
from losses._loss.families import OfRankedItems
from losses._loss.samplewise import checked
from losses._pairs.items import Fields, Items, PairSums
from losses._pairs.sums import pair_sums
from losses._types import Array, FloatArray


@dataclass(frozen=True, kw_only=True, repr=False)
class PairwiseLoss(OfRankedItems):
    """Base of the losses that are a sum over pairs of items.

    A pair (i, j) counts where both belong to one query and yᵢ > yⱼ; its loss is a function φ of d = sᵢ − sⱼ, the
    difference of the scores, and its weight wᵢwⱼ. "mean" is Σ w φ / Σ w over all the counting pairs of all the
    queries, and 0 where none counts.

    Subclasses define `formula` and `derivative`, and where wanted `second_derivative`, as NumPy expressions of d on
    arrays of any shape; everything else comes with the class. All the pairs are evaluated, in time O(n²) for a query of
    n items and bounded memory.

    Parameters
    ----------
    reduction : {"mean", "sum", "none"}, default "mean"
        See `Loss`.

    Examples
    --------
    >>> from dataclasses import dataclass
    >>> import numpy as np
    >>> from losses import PairwiseLoss
    >>> @dataclass(frozen=True, kw_only=True)
    ... class PairwiseExponential(PairwiseLoss):
    ...     def formula(self, d):
    ...         return np.exp(-d)
    ...     def derivative(self, d):
    ...         return -np.exp(-d)
    >>> PairwiseExponential().grad([1, 0, 0], [0.0, 0.0, 0.0])
    array([-1. ,  0.5,  0.5])
    """

    _evaluate_block = by_pairs

    def formula(self, d: FloatArray) -> FloatArray:
        """Return each pair's loss."""
        raise NotImplementedError(f"{type(self).__name__} has no value; define formula")

    def derivative(self, d: FloatArray) -> FloatArray:
        """Return the derivative of `formula` with respect to d."""
        raise NotImplementedError(f"{type(self).__name__} has no grad; define derivative")

    def second_derivative(self, d: FloatArray) -> FloatArray:
        """Return the second derivative of `formula` with respect to d."""
        raise NotImplementedError(f"{type(self).__name__} has no hess; define second_derivative")

    def curvature_formula(self, d: FloatArray) -> FloatArray:
        """Return a stand-in for the second derivative that is never negative; unless overridden, it is that itself."""
        return np.maximum(self.second_derivative(d), 0)

    @property
    def fast_sums(self) -> Fields | None:
        """The fast way to sum the loss over many items, if it has one."""
        return None

    def _admit(self, arguments: dict[str, Any], sample_weight: Any) -> QuerySamples:
        """Return the checked arguments of one call."""
        return QuerySamples(arguments, sample_weight, self.reduction == "mean", RELEVANCE)

    def _sums(
        self, scores: FloatArray, levels: Array, weights: Array | None, bounds: Array, orders: tuple[Order, ...]
    ) -> PairSums:
        """Return the sums over all the pairs of each query."""
        items, hooks = Items(scores, levels, weights, bounds), CheckedHooks(self)
        if CURVATURE not in orders or type(self).curvature_formula is not PairwiseLoss.curvature_formula:
            return pair_sums(items, hooks, orders)
        sums = pair_sums(items, hooks, tuple(HESS if order == CURVATURE else order for order in orders))
        slopes = {CURVATURE if order == HESS else order: slope for order, slope in sums.slopes.items()}
        return PairSums(sums.numerator, sums.denominator, slopes)


@dataclass(frozen=True)
class CheckedHooks:
    """The hooks of a pair loss, whose results must have the shape of d."""

    loss: PairwiseLoss

    def formula(self, d: FloatArray) -> FloatArray:
        """Return each pair's loss."""
        return checked(self.loss.formula(d), d.shape, "formula")

    def derivative(self, d: FloatArray) -> FloatArray:
        """Return its derivative."""
        return checked(self.loss.derivative(d), d.shape, "derivative")

    def second_derivative(self, d: FloatArray) -> FloatArray:
        """Return its second derivative."""
        return checked(self.loss.second_derivative(d), d.shape, "second_derivative")

    def curvature_formula(self, d: FloatArray) -> FloatArray:
        """Return the stand-in for it."""
        return checked(self.loss.curvature_formula(d), d.shape, "curvature_formula")

    @property
    def fast_sums(self) -> Fields | None:
        """The loss's fast way to sum."""
        return self.loss.fast_sums


@dataclass(frozen=True, kw_only=True, repr=False)
class ListwiseLoss(OfRankedItems):
    """Base of the losses in which the list of a query's items is one sample.

    "mean" is Σ w ℓ / Σ w over the queries that are informative: those that can say something about order. The others
    have a loss of 0, and no gradient; if none is informative, the mean is 0. The weights of a query's items must all be
    the same, w, or 0 to leave items out; for two-dimensional input they may have the shape ``(n,)``.

    Subclasses define `formula` and `derivative`, and where wanted `second_derivative`, as NumPy expressions of two
    arrays of shape (lists, items): the relevance y and the scores s of lists of one length, items in the order of the
    input. `formula` returns a number for each list, the derivatives one for each score.

    Parameters
    ----------
    reduction : {"mean", "sum", "none"}, default "mean"
        See `Loss`; "none" gives a number for each query.

    Examples
    --------
    >>> from dataclasses import dataclass
    >>> import numpy as np
    >>> from losses import ListwiseLoss
    >>> @dataclass(frozen=True, kw_only=True)
    ... class ListSquares(ListwiseLoss):
    ...     def formula(self, y, s):
    ...         return ((s - y) ** 2).mean(axis=1)
    ...     def derivative(self, y, s):
    ...         return 2 * (s - y) / s.shape[1]
    >>> ListSquares().value([1, 0, 2, 0], [1.0, 2.0, 2.0, 0.0], qid=[0, 0, 1, 1])
    1.0
    """

    relevance: ClassVar[Interval] = RELEVANCE
    """What y_true may hold."""

    _evaluate_block = by_list

    def is_informative(self, length: Array, highest: Array, lowest: Array) -> Array:
        """Return which lists count, given their numbers of items and their highest and lowest relevance."""
        several: Array = length > 1
        return several

    def footprint(self, length: int) -> int:
        """Return how many numbers each temporary of the hooks holds for a list of so many items."""
        return length

    def formula(self, y: FloatArray, s: FloatArray) -> FloatArray:
        """Return each list's loss."""
        raise NotImplementedError(f"{type(self).__name__} has no value; define formula")

    def derivative(self, y: FloatArray, s: FloatArray) -> FloatArray:
        """Return the derivatives of `formula` with respect to each score."""
        raise NotImplementedError(f"{type(self).__name__} has no grad; define derivative")

    def second_derivative(self, y: FloatArray, s: FloatArray) -> FloatArray:
        """Return the second derivatives of `formula` with respect to each score."""
        raise NotImplementedError(f"{type(self).__name__} has no hess; define second_derivative")

    def curvature_formula(self, y: FloatArray, s: FloatArray) -> FloatArray:
        """Return a positive stand-in for the second derivatives; unless overridden, these above the machine epsilon."""
        try:
            return np.maximum(self.second_derivative(y, s), np.finfo(s.dtype).eps)
        except NotImplementedError:  # it says nothing of how fast the gradient changes
            return np.ones_like(s)

    def _admit(self, arguments: dict[str, Any], sample_weight: Any) -> ListSamples:
        """Return the checked arguments of one call."""
        own = type(self).is_informative is not ListwiseLoss.is_informative
        is_informative = self.is_informative if own else None
        return ListSamples(arguments, sample_weight, self.reduction == "mean", self.relevance, is_informative)

    def _batches(self, samples: ListSamples) -> list[Batch]:
        """Return the lists that count, some of one length at a time."""
        return samples.batches(self.footprint)

    def _results_of(self, batch: Batch, y: Array, s: FloatArray, orders: tuple[Order, ...]) -> Sequence[FloatArray]:
        """Return the losses and derivatives of the lists of a batch, given the relevance as it was passed."""
        return self._results(y, s, orders)

    def _results(self, y: Array, s: FloatArray, orders: tuple[Order, ...]) -> Sequence[FloatArray]:
        """Return the lists' losses and derivatives, by the hooks, given the relevance as it was passed.

        A list with a NaN score gives NaN.
        """
        y = y.astype(np.result_type(y, s, np.float64), copy=False)
        for array in (y, s):
            array.setflags(write=False)  # it may be what the user passed
        spoilt = np.isnan(s).any(axis=1)
        results = []
        for order in orders:
            name = ("formula", "derivative", "second_derivative", "curvature_formula")[order]
            found = checked(getattr(self, name)(y, s), s.shape if order else s.shape[:1], name)
            found[spoilt] = np.nan
            results.append(found)
        return results
