"""Admission of lists: ranked items of which each query's are one sample."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from losses import summation
from losses.blocks import BLOCK, WHOLE
from losses.domains import Interval
from losses.query_samples import QuerySamples
from losses.types import Array, Reduction


class ListSamples(QuerySamples):
    """The checked arguments of one call, of a loss in which the list of a query's items is one sample.

    A list's items descend by relevance, equal ones in input order.

    Parameters
    ----------
    y_true, y_pred, qid, sample_weight, reduction
        As the user passed them.
    relevance
        What y_true may hold.
    counts
        Given the lengths of lists and their largest and smallest relevance, which of them count.

    Attributes
    ----------
    counting
        The queries that count, ascending.
    """

    def __init__(
        self,
        y_true: Any,
        y_pred: Any,
        qid: Any,
        sample_weight: Any,
        reduction: Reduction,
        relevance: Interval,
        counts: Callable[[Array, Array, Array], Array],
    ) -> None:
        super().__init__(y_true, y_pred, qid, sample_weight, reduction, relevance)
        start, end = self.bounds[:-1], self.bounds[1:]
        filled = np.flatnonzero(start < end)
        start, end, relevances = start[filled], end[filled], self.relevance()
        self.counting = filled[counts(end - start, relevances[start], relevances[end - 1])]
        if reduction == "mean" and len(self.counting):
            self.denominator = self._counting_weight()

    def _counting_weight(self) -> float:
        if self.query_weight is None:
            return float(len(self.counting))
        return summation.total(summation.parts(self.query_weight[self.counting]))

    def _sort(self, query: Array | None, count: int) -> None:
        weight = None if self.weights is None else self._weight_of_queries(query, count)
        super()._sort(query, count)
        self.weight, self.query_weight = None, weight

    # Both orders are taken back to front, so that equal items stay in input order.

    def _order_of_rows(self, relevance: Array) -> Array:
        order: Array = relevance.shape[1] - 1 - super()._order_of_rows(relevance[:, ::-1])[:, ::-1]
        return order

    def _order_of_queries(self, relevance: Array, query: Array) -> Array:
        order: Array = len(relevance) - 1 - super()._order_of_queries(relevance[::-1], -query[::-1])[::-1]
        return order

    def _weight_of_queries(self, query: Array | None, count: int) -> Array:
        """Return each query's weight, that of all its items."""
        weight = self.weights.block(WHOLE).reshape(-1)  # type: ignore[union-attr]
        number = np.zeros(len(weight), np.intp) if query is None else query
        weights = np.zeros(count)
        weights[number[::-1]] = weight[::-1]  # what stays is each query's first
        differs = weight != weights[number]
        if differs.any():
            item = int(np.argmax(differs))
            raise ValueError(
                f"sample_weight is {weights[number[item]]!s} at one item of {self._name(item)} and {weight[item]!s} at "
                "another, but a list is one sample: its items must have the same weight. To leave single items out, "
                "remove them from all the arrays"
            )
        return weights

    def _name(self, item: int) -> str:
        """Return how the query of an item of the raveled input is written."""
        if self.predicted.ndim == 2:
            return f"row {item // self.predicted.shape[1]}"
        return "the only query" if self.qid is None else f"query {self.qid[item]!s}"

    def batches(self, footprint: Callable[[int], int]) -> Iterator[tuple[Array, Array]]:
        """Walk the queries that count, some of one length at a time (there are at most √(2n) different lengths).

        Parameters
        ----------
        footprint
            How many numbers the temporaries for a list of so many items hold.

        Yields
        ------
        queries : array of q integers
        items : array of q × length integers
            A row for each of the queries: where its items stand among the sorted ones.
        """
        length = np.diff(self.bounds)
        queries = self.counting[np.argsort(length[self.counting], kind="stable")]
        for group in np.split(queries, np.flatnonzero(np.diff(length[queries])) + 1):
            own = int(length[group].max(initial=1))
            step = max(1, BLOCK // footprint(own))
            for start in range(0, len(group), step):
                some = group[start : start + step]
                yield some, self.bounds[some, np.newaxis] + np.arange(own)
