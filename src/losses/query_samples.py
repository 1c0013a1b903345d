"""Admission of ranked items: relevance, scores, and the queries that they belong to."""

from typing import Any

import numpy as np

from losses.admission import Interval, Samples, contiguous
from losses.blocks import WHOLE
from losses.types import Array, Box, FloatArray, Reduction

RELEVANCE = Interval("a relevance must be a number", -np.inf, np.inf)
GAIN = Interval("a relevance from which a gain is computed must not be negative or NaN", 0.0, np.inf)


class QuerySamples(Samples):
    """The checked arguments of one call, of a loss over queries.

    Items of weight 0 are left out. The others are sorted: those of one query lie together, in the order in which the
    queries appear, and a query's items ascend by relevance, equal ones in input order.

    Parameters
    ----------
    y_true, y_pred, qid, sample_weight, reduction
        As the user passed them.
    relevance
        What y_true may hold.

    Attributes
    ----------
    shape
        (number of queries,)
    order
        Where the sorted items stand in the raveled input.
    bounds
        Query q has the sorted items from ``bounds[q]`` to ``bounds[q + 1]``.
    weight
        Weights of the sorted items, or None if all are 1.
    query_weight
        Weights of the queries, or None if all are 1.
    """

    unit = "query"

    def __init__(
        self, y_true: Any, y_pred: Any, qid: Any, sample_weight: Any, reduction: Reduction, relevance: Interval
    ) -> None:
        self._relevance = relevance
        # The denominator is a matter of the loss: it is a sum over pairs, or over the queries that count.
        super().__init__({"y_true": y_true, "y_pred": y_pred}, {}, sample_weight, "sum")
        self.whole_axes = self.predicted.ndim
        query, count = self._queries(qid)
        self.shape = (count,)
        self._sort(query, count)

    def _samples_shape(self) -> tuple[int, ...]:
        shape = super()._samples_shape()
        if len(shape) > 2:
            raise ValueError(
                f"y_pred has shape {shape}, but ranked items have one axis, or two with a query in each row"
            )
        if len(shape) == 2 and shape[1] == 1 and shape[0] > 1:
            raise ValueError(
                f"y_pred has shape {shape}: {shape[0]} queries of one item each, in which nothing can be ranked; "
                "for one query use np.ravel(y_true) and np.ravel(y_pred)"
            )
        return shape

    def _queries(self, qid: Any) -> tuple[Array | None, int]:
        """Return the number of each item's query (None if there is one query), and how many queries there are."""
        shape = self.predicted.shape
        if qid is None:
            if len(shape) < 2:
                return None, 1
            return np.repeat(np.arange(shape[0]), shape[1]), shape[0]
        if len(shape) == 2:
            raise ValueError(f"qid must be None where y_pred has two axes, here {shape}: each row is a query")
        return query_numbers(qid, shape)

    def _sort(self, query: Array | None, count: int) -> None:
        relevance = self.arguments["y_true"].reshape(-1)
        weight = None if self.weights is None else self.weights.block(WHOLE).reshape(-1)
        self._relevance.check("y_true", self.arguments["y_true"], WHOLE, self._left_out())
        kept = None if weight is None or weight.all() else np.flatnonzero(weight)
        if kept is not None:
            relevance = relevance[kept]
            query = None if query is None else query[kept]
        if query is None:
            order = np.argsort(relevance, kind="stable")
            sizes = np.array([len(order)])
        else:
            order = np.lexsort((relevance, query))
            sizes = np.bincount(query, minlength=count)
        self.order = order if kept is None else kept[order]
        self.bounds = np.concatenate([[0], np.cumsum(sizes)])
        by_query = self.weights is not None and self.weights.array.ndim < self.predicted.ndim
        self.query_weight = np.asarray(self.weights.array, np.float64) if self.weights and by_query else None
        self.weight = None if weight is None or by_query else weight[self.order]

    def _left_out(self) -> Array | None:
        return None if self.weights is None else self.weights.block(WHOLE) == 0

    def relevance(self) -> Array:
        """Return the sorted items' relevance, in the dtype in which it was passed."""
        return self.arguments["y_true"].reshape(-1)[self.order]

    def levels(self) -> Array:
        """Return integers that ascend where the sorted items' relevance does, within each query."""
        relevance = self.relevance()
        return np.concatenate([[0], np.cumsum(relevance[1:] != relevance[:-1])])[: len(relevance)]

    def scores(self) -> FloatArray:
        """Return the sorted items' scores, in the dtype computed in."""
        return contiguous(self.predicted, WHOLE, self.dtype)[self.order]

    def unsorted(self, sorted_items: Array) -> Array:
        """Return an array with the sorted items' numbers where the items stood in the input, and 0 elsewhere."""
        found = np.zeros(self.predicted.size, sorted_items.dtype)
        found[self.order] = sorted_items
        return found

    def check(self, box: Box) -> None:
        """Do nothing: all is checked at once."""


def query_numbers(qid: Any, shape: tuple[int, ...]) -> tuple[Array, int]:
    """Return the number of each item's query, in order of first appearance, and how many queries there are."""
    ids = np.asarray(qid)
    if isinstance(qid, np.ma.MaskedArray) or ids.dtype.kind not in "biuUSTO":
        raise TypeError(f"qid must hold integers, bools or strings, got {type(qid).__name__} of dtype {ids.dtype}")
    if ids.shape != shape:
        raise ValueError(f"qid has shape {ids.shape} but y_pred has shape {shape}; there must be one for each item")
    if ids.dtype.kind == "O":
        for entry in ids:
            if not isinstance(entry, str):
                raise TypeError(f"qid of dtype object must hold strings, got {entry!r} of {type(entry).__name__}")
        numbers: dict[str, int] = {}
        found = np.fromiter((numbers.setdefault(entry, len(numbers)) for entry in ids), np.intp, ids.size)
        return found, len(numbers)
    if ids.dtype.kind in "biu" and (ids[1:] >= ids[:-1]).all():
        found = np.concatenate([[0], np.cumsum(ids[1:] != ids[:-1])])[: ids.size]
        return found, int(found[-1]) + 1 if ids.size else 0
    _, start, inverse = np.unique(ids, return_index=True, return_inverse=True)
    appearance = np.empty(start.size, np.intp)
    appearance[np.argsort(start)] = np.arange(start.size)
    return appearance[inverse], start.size
