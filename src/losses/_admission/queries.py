"""Admission of ranked items: relevance, scores, and the queries that they belong to."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from losses._admission.arrays import contiguous, converted
from losses._admission.domains import Interval
from losses._admission.samples import Samples
from losses._types import Array, Box, FloatArray
from losses._walk.blocks import WHOLE

RELEVANCE = Interval(
    "a relevance must be a number", -np.inf, np.inf, "; leave items without one out, or give them a sample_weight of 0"
)
GAIN = Interval(
    "a relevance from which a gain is computed must not be negative or NaN",
    0.0,
    np.inf,
    "; number grades from 0, and give items without one a sample_weight of 0",
)


class QuerySamples(Samples):
    """The checked arguments of one call, of a loss over queries.

    Items of weight 0 are left out. The others are gathered: those of one query lie together, in the order in which the
    queries appear, and within a query as `_order` says.

    Parameters
    ----------
    arguments, sample_weight
        As the user passed them.
    relative
        See `Samples`.
    relevance
        What y_true may hold.

    Attributes
    ----------
    shape
        (number of queries,)
    order
        Where the gathered items stand in the raveled input; None if as they are.
    bounds
        Query q has the gathered items from ``bounds[q]`` to ``bounds[q + 1]``.
    item_weight
        Weights of the gathered items, or None if all are 1 or belong to queries.
    query_weight
        Weights of the queries, or None if all are 1.
    """

    unit = "query"
    block_axes = ()
    pair_weight = 0.0
    """The weight of all the pairs, once they were added up."""

    @property
    def denominator(self) -> float:
        """1: what divides a mean is a matter of the loss, the weight of its pairs."""
        return 1.0

    def __init__(self, arguments: Mapping[str, Any], sample_weight: Any, relative: bool, relevance: Interval) -> None:
        arrays = {name: arguments[name] for name in ("y_true", "y_pred")}
        super().__init__(arrays, ("y_pred",), {}, sample_weight, relative)
        qid = arguments.get("qid")
        self.qid = None if qid is None else query_ids(qid, self.predicted.shape)
        weight = None if self.weights is None else self.weights.block(WHOLE).reshape(-1)
        left_out = None if weight is None else (weight == 0).reshape(self.predicted.shape)
        relevance.check("y_true", self.arguments["y_true"], WHOLE, left_out)
        with np.errstate(all="ignore"):
            self._gather(weight)

    @property
    def total_weight(self) -> float:
        """The weight of the pairs."""
        return self.pair_weight

    @property
    def inputs(self) -> dict[str, Array]:
        """The arrays that `out` must not overlap."""
        return super().inputs if self.qid is None else {**super().inputs, "qid": self.qid}

    def _samples_shape(self) -> tuple[int, ...]:
        shape = super()._samples_shape()
        if len(shape) > 2:
            raise ValueError(
                f"y_pred has shape {shape}, but ranked items have one axis, or two with a query in each row; "
                "use np.ravel, and qid for the queries"
            )
        if len(shape) == 2 and shape[1] == 1 and shape[0] > 1:
            raise ValueError(
                f"y_pred has shape {shape}: {shape[0]} queries of one item each, in which nothing can be ranked; "
                "for one query use np.ravel(y_true) and np.ravel(y_pred)"
            )
        return shape

    def _gather(self, weight: Array | None) -> None:
        """Gather the items that are not left out."""
        shape = self.predicted.shape
        query, count = (
            (None, shape[0] if len(shape) == 2 else 1) if self.qid is None else query_numbers(self.qid.ravel())
        )
        relevance = self.arguments["y_true"].reshape(-1)
        kept = None if weight is None or weight.all() else np.flatnonzero(weight)
        if query is None and count > 1 and kept is not None:
            query = np.repeat(np.arange(count), shape[1])
        if kept is not None:
            relevance = relevance[kept]
            query = None if query is None else query[kept]
        sizes = (
            np.full(count, len(relevance) // max(count, 1)) if query is None else np.bincount(query, minlength=count)
        )
        self.shape = (count,)
        self.bounds = np.concatenate([[0], np.cumsum(sizes)])
        order = self._order(relevance, query, sizes)
        self.order = order if kept is None else kept if order is None else kept[order]
        self._weigh(weight, count)

    def _order(self, relevance: Array, query: Array | None, sizes: Array) -> Array | None:
        """Return the order of items by query, and within it by relevance, equal ones in input order."""
        return sorted_items(relevance, query, sizes)

    def _weigh(self, weight: Array | None, count: int) -> None:
        """Set the weights of items and queries."""
        by_query = self.weights is not None and self.weights.array.ndim < self.predicted.ndim
        self.query_weight = None
        if self.weights and by_query:
            rows = self.weights.block(WHOLE)
            self.query_weight = np.asarray(rows[:, 0]) if rows.shape[1] else np.zeros(count)
        self.item_weight = None if weight is None or by_query else self._gathered(weight)

    def _gathered(self, items: Array) -> Array:
        return items if self.order is None else items[self.order]

    def relevance(self) -> Array:
        """Return the gathered items' relevance, in the dtype in which it was passed."""
        return self._gathered(self.arguments["y_true"].reshape(-1))

    def levels(self) -> Array:
        """Return integers that ascend where the sorted items' relevance does, within each query."""
        relevance = self.relevance()
        rises = np.zeros(len(relevance), bool)
        rises[1:] = relevance[1:] != relevance[:-1]
        return np.cumsum(rises)

    def scores(self) -> FloatArray:
        """Return the gathered items' scores, in the dtype computed in."""
        return self._gathered(contiguous(self.predicted, WHOLE, self.dtype))

    def in_place(self, gathered: Array) -> Array:
        """Return an array with the gathered items' numbers where the items stood in the input, and 0 elsewhere."""
        if self.order is None:
            return gathered.reshape(self.predicted.shape)
        numbers = np.zeros(self.predicted.size, gathered.dtype)
        numbers[self.order] = gathered
        return numbers.reshape(self.predicted.shape)

    def boxes(self) -> list[Box]:
        """Return one block: all the queries are evaluated at once."""
        return [WHOLE]

    def check(self, box: Box) -> None:
        """Do nothing: everything was checked when the arguments were taken."""


def sorted_items(relevance: Array, query: Array | None, sizes: Array) -> Array:
    """Return the order of items by query, and within it by ascending relevance, equal ones in input order."""
    if len(relevance) and is_regular(query, sizes):
        rows = relevance.reshape(len(sizes), -1)  # sorted alone, rows take a half to a tenth of the time
        order: Array = np.argsort(rows, axis=1, kind="stable")
        order += (np.arange(len(sizes)) * rows.shape[1])[:, np.newaxis]
        return order.reshape(-1)
    order = np.argsort(relevance, kind="stable")
    return order if query is None else order[order_of(query[order])]


def is_regular(query: Array | None, sizes: Array) -> bool:
    """Return whether the queries' items lie together, in rows of one length."""
    return query is None or bool((sizes == sizes[0]).all() and (query[1:] >= query[:-1]).all())


def query_ids(qid: Any, shape: tuple[int, ...], name: str = "y_pred") -> Array:
    """Return query ids as an array of bools, integers or strings, one for each item of the array of some name."""
    ids = qid if type(qid) is np.ndarray else converted("qid", qid)
    if ids.size == 0 and isinstance(qid, list | tuple):
        ids = ids.astype(np.intp)  # NumPy takes an empty list for floats
    if ids.dtype.kind not in "biuUSTO":
        raise TypeError(
            f"qid must hold integers, bools or strings, got dtype {ids.dtype}; number the queries, with "
            "np.unique(qid, return_inverse=True)[1] for instance"
        )
    if len(shape) == 2:
        raise ValueError(
            f"qid must be None where {name} has two axes, here {shape}: each row is a query; to pass qid, "
            "use np.ravel of each array"
        )
    if ids.shape != shape:
        hint = "; use np.ravel(qid)" if ids.size == math.prod(shape) and len(shape) == 1 else ""
        if ids.ndim == 1 and ids.dtype.kind in "iu" and ids.sum() == math.prod(shape):
            hint = "; if these are the sizes of the groups, pass np.repeat(np.arange(len(qid)), qid)"
        raise ValueError(f"qid has shape {ids.shape} but {name} has shape {shape}; each item needs one{hint}")
    if ids.dtype.kind == "O":
        for index, entry in enumerate(ids.reshape(-1)):
            if not isinstance(entry, str):
                raise TypeError(
                    f"qid[{index}] is {entry!r}, but in an array of dtype object all must be strings; pass "
                    "np.asarray(qid).astype(str)"
                )
    return ids


def query_numbers(ids: Array) -> tuple[Array, int]:
    """Return the number of each item's query, in order of first appearance, and how many queries there are."""
    if ids.dtype.kind == "O":
        numbers: dict[str, int] = {}
        queries = np.fromiter((numbers.setdefault(entry, len(numbers)) for entry in ids), np.intp, ids.size)
        return queries, len(numbers)
    if ids.dtype.kind in "biu" and (ids[1:] >= ids[:-1]).all():
        queries = np.concatenate([[0], np.cumsum(ids[1:] != ids[:-1])])[: ids.size]
        return queries, int(queries[-1]) + 1 if ids.size else 0
    if ids.size == 0:
        return np.zeros(0, np.intp), 0
    codes = _codes(ids)
    if codes is None:
        codes = np.unique(ids, return_inverse=True)[1]
    first = np.full(int(codes.max()) + 1, codes.size)
    first[codes[::-1]] = np.arange(codes.size)[::-1]  # what stays is each code's first place
    by_appearance = np.argsort(first)[: np.count_nonzero(first < codes.size)]
    numbers_of_codes = np.empty(first.size, np.intp)
    numbers_of_codes[by_appearance] = np.arange(by_appearance.size)
    return numbers_of_codes[codes], by_appearance.size


def _codes(ids: Array) -> Array | None:
    """Return integer ids counted from their least, or None if they are no integers, or spread too far for a table."""
    if ids.dtype.kind not in "iu":
        return None
    least = int(ids.min())
    if int(ids.max()) - least > 2 * ids.size:
        return None
    wide = ids if ids.dtype.kind == "u" else ids.astype(np.int64)
    return (wide - wide.dtype.type(least)).astype(np.intp)


def order_of(numbers: Array) -> Array:
    """Return the stable order of small integers, by digits of 16 bits, for which NumPy's sort takes linear time."""
    order: Array = np.argsort((numbers & 0xFFFF).astype(np.uint16), kind="stable")
    if numbers.size and int(numbers.max()) > 0xFFFF:
        order = order[order_of(numbers[order] >> 16)]
    return order
