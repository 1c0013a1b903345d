"""Admission of lists: ranked items of which each query's are one sample."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

from losses._admission.domains import Interval
from losses._admission.queries import QuerySamples, order_of
from losses._types import Array, FloatArray
from losses._walk import summation
from losses._walk.blocks import BLOCK

Informative = Callable[[Array, Array, Array], Array]
"""Given the lengths of lists, and their largest and smallest relevance, returns which of them say anything of order."""


class Batch(NamedTuple):
    """Some lists of one length: their queries, and for each a row of its items' places in the raveled input."""

    queries: Any
    items: Any


class ListSamples(QuerySamples):
    """The checked arguments of one call, of a loss in which the list of a query's items is one sample.

    Parameters
    ----------
    arguments, sample_weight, relative, relevance
        See `QuerySamples`.
    is_informative
        Which lists count.

    Attributes
    ----------
    informative
        The queries that count, ascending.
    """

    def __init__(
        self,
        arguments: Mapping[str, Any],
        sample_weight: Any,
        relative: bool,
        relevance: Interval,
        is_informative: Informative,
    ) -> None:
        super().__init__(arguments, sample_weight, relative, relevance)
        lengths = np.diff(self.bounds)
        filled = np.flatnonzero(lengths)
        highest, lowest = _extremes(self.relevance(), self.bounds[:-1][filled], lengths[filled])
        self.informative = filled[is_informative(lengths[filled], highest, lowest)]

    @property
    def denominator(self) -> float:
        """The weight of the queries that count, or 1 if none does."""
        return self.total_weight or 1.0

    @property
    def total_weight(self) -> float:
        """The weight of the queries that count."""
        if self.query_weight is None:
            return float(len(self.informative))
        return summation.add_up([self.query_weight[self.informative]])

    def _order(self, relevance: Array, query: Array | None, sizes: Array) -> Array | None:
        """Return the order of items by query, and within it as in the input; None if they are in order."""
        if query is None or bool((query[1:] >= query[:-1]).all()):
            return None
        return order_of(query)

    def _weigh(self, weight: Array | None, count: int) -> None:
        """Set each query's weight, that of all its items but for those left out."""
        self.item_weight = self.query_weight = None
        if weight is None:
            return
        number = np.repeat(np.arange(count), np.diff(self.bounds))
        weight = self._gathered(weight)
        weights = np.zeros(count)
        weights[number[::-1]] = weight[::-1]  # what stays is each query's first
        differs = weight != weights[number]
        if differs.any():
            at = int(np.argmax(differs))
            item = at if self.order is None else int(self.order[at])
            raise ValueError(
                f"sample_weight is {weights[number[at]]!s} at one item of {self._name(item)} and {weight[at]!s} at "
                "another, but a list is one sample: its items must have the same weight, or 0 to leave them out"
            )
        self.query_weight = weights

    def _name(self, item: int) -> str:
        """Return how the query of an item of the raveled input is written."""
        if self.predicted.ndim == 2:
            return f"row {item // self.predicted.shape[1]}"
        return "the only query" if self.qid is None else f"query {self.qid[item]!s}"

    def batches(self, footprint: Callable[[int], int]) -> list[Batch]:
        """Return the queries that count, some of one length at a time (there are at most √(2n) different lengths).

        Parameters
        ----------
        footprint
            How many numbers the temporaries for a list of so many items hold.
        """
        lengths = np.diff(self.bounds)
        if self.order is None and 0 < len(lengths) == len(self.informative) and (lengths == lengths[0]).all():
            return [Batch(rows, rows) for rows in _slices(len(lengths), footprint(int(lengths[0])))]
        batches = []
        queries = self.informative[np.argsort(lengths[self.informative], kind="stable")]
        for group in np.split(queries, np.flatnonzero(np.diff(lengths[queries])) + 1):
            own = int(lengths[group].max(initial=1))
            for some in (group[rows] for rows in _slices(len(group), footprint(own))):
                items = self.bounds[some, np.newaxis] + np.arange(own)
                batches.append(Batch(some, items if self.order is None else self.order[items]))
        return batches

    def lists(self, batch: Batch) -> tuple[Array, FloatArray]:
        """Return the relevance of some lists, in the dtype in which it was passed, and their scores."""
        shape = (self.shape[0], -1) if isinstance(batch.items, slice) else (-1,)
        y, s = (array.reshape(shape)[batch.items] for array in (self.arguments["y_true"], self.predicted))
        return np.ascontiguousarray(y, y.dtype.newbyteorder("=")), np.ascontiguousarray(s, self.dtype)


def _extremes(relevance: Array, start: Array, lengths: Array) -> tuple[Array, Array]:
    """Return the highest and the lowest relevance of lists that begin at `start`."""
    if not len(start):
        return relevance, relevance
    if (lengths == lengths[0]).all():  # in half the time
        rows = relevance.reshape(len(start), -1)
        return rows.max(axis=1), rows.min(axis=1)
    return np.maximum.reduceat(relevance, start), np.minimum.reduceat(relevance, start)


def _slices(lists: int, footprint: int) -> list[slice]:
    """Cut so many lists into batches whose temporaries stay in the cache."""
    step = max(1, BLOCK // 2 // footprint)
    return [slice(start, start + step) for start in range(0, lists, step)]
