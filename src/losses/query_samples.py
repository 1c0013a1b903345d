"""Admission of ranked items: relevance, scores, and the queries that they belong to."""

import math
from typing import Any

import numpy as np

from losses.admission import Samples
from losses.arrays import contiguous, converted
from losses.blocks import WHOLE
from losses.domains import Interval
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
        super().__init__({"y_true": y_true, "y_pred": y_pred}, {}, sample_weight, reduction)
        self.whole_axes = self.predicted.ndim
        self.qid = None if qid is None else _query_ids(qid, self.predicted.shape)
        query, count = self._queries()
        self.shape = (count,)
        with np.errstate(all="ignore"):
            self._sort(query, count)

    @property
    def inputs(self) -> dict[str, Array]:
        """The arrays that `out` must not overlap."""
        return super().inputs if self.qid is None else {**super().inputs, "qid": self.qid}

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

    def _mean_denominator(self) -> float:
        return 1.0  # it is a matter of the loss: a sum over pairs, or over the queries that count

    def _queries(self) -> tuple[Array | None, int]:
        """Return the number of each item's query (None if there is one query), and how many queries there are."""
        shape = self.predicted.shape
        if self.qid is not None:
            return query_numbers(self.qid.reshape(-1))
        if len(shape) < 2:
            return None, 1
        return np.repeat(np.arange(shape[0]), shape[1]), shape[0]

    def _sort(self, query: Array | None, count: int) -> None:
        relevance = self.arguments["y_true"].reshape(-1)
        weight = None if self.weights is None else self.weights.block(WHOLE).reshape(-1)
        self._relevance.check("y_true", self.arguments["y_true"], WHOLE, self._left_out())
        kept = None if weight is None or weight.all() else np.flatnonzero(weight)
        if kept is not None:
            relevance = relevance[kept]
            query = None if query is None else query[kept]
        sizes = np.array([len(relevance)]) if query is None else np.bincount(query, minlength=count)
        self.bounds = np.concatenate([[0], np.cumsum(sizes)])
        order = self._order(relevance, query)
        self.order = order if kept is None else kept[order]
        by_query = self.weights is not None and self.weights.array.ndim < self.predicted.ndim
        self.query_weight = np.asarray(self.weights.array, np.float64) if self.weights and by_query else None
        self.weight = None if weight is None or by_query else weight[self.order]

    def _order(self, relevance: Array, query: Array | None) -> Array:
        """Return the order of items by query, and within it by relevance."""
        start, sizes = self.bounds[:-1], np.diff(self.bounds)
        if query is None or (len(query) and (sizes == sizes[0]).all() and (query[1:] >= query[:-1]).all()):
            rows = relevance.reshape(len(sizes), -1)  # sorted alone, rows take a half to a tenth of the time
            order: Array = self._order_of_rows(rows) + start[:, np.newaxis]
            return order.reshape(-1)
        return self._order_of_queries(relevance, query)

    def _order_of_rows(self, relevance: Array) -> Array:
        """Return each row's order."""
        return np.argsort(relevance, axis=1, kind="stable")

    def _order_of_queries(self, relevance: Array, query: Array) -> Array:
        """Return the order of items of queries that need not lie together."""
        return np.lexsort((relevance, query))

    def _left_out(self) -> Array | None:
        return None if self.weights is None else self.weights.block(WHOLE) == 0

    def relevance(self) -> Array:
        """Return the sorted items' relevance, in the dtype in which it was passed."""
        return self.arguments["y_true"].reshape(-1)[self.order]

    def levels(self) -> Array:
        """Return integers that ascend where the sorted items' relevance does, within each query."""
        relevance = self.relevance()
        rises = np.zeros(len(relevance), bool)
        rises[1:] = relevance[1:] != relevance[:-1]
        return np.cumsum(rises)

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


def _query_ids(qid: Any, shape: tuple[int, ...]) -> Array:
    """Return query ids as an array of bools, integers or strings, one for each item."""
    ids = qid if type(qid) is np.ndarray else converted("qid", qid)
    if ids.size == 0 and isinstance(qid, list | tuple):
        ids = ids.astype(np.intp)  # NumPy takes an empty list for floats
    if ids.dtype.kind not in "biuUSTO":
        raise TypeError(
            f"qid must hold integers, bools or strings, got dtype {ids.dtype}; number the queries, with "
            "np.unique(qid, return_inverse=True)[1] for instance"
        )
    if len(shape) == 2:
        raise ValueError(f"qid must be None where y_pred has two axes, here {shape}: each row is a query")
    if ids.shape != shape:
        hint = "; use np.ravel(qid)" if ids.size == math.prod(shape) and len(shape) == 1 else ""
        raise ValueError(f"qid has shape {ids.shape} but y_pred has shape {shape}; each item needs one{hint}")
    if ids.dtype.kind == "O":
        for index, entry in enumerate(ids.reshape(-1)):
            if not isinstance(entry, str):
                raise TypeError(f"qid[{index}] is {entry!r}, but in an array of dtype object all must be strings")
    return ids


def query_numbers(ids: Array) -> tuple[Array, int]:
    """Return the number of each item's query, in order of first appearance, and how many queries there are."""
    if ids.dtype.kind == "O":
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
