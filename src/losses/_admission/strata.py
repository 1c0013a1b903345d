"""Admission of survival times: times, risks, and the strata that they belong to."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from losses._admission.domains import Ends, Interval
from losses._admission.queries import query_ids, query_numbers
from losses._admission.samples import Samples
from losses._types import Array, Box, FloatArray
from losses._walk.blocks import WHOLE
from losses._walk.summation import add_up

_DOMAINS = {
    "time": Interval(
        "a time must be a number", -np.inf, np.inf, "; leave items without one out, or give them a sample_weight of 0"
    ),
    "event": Ends(
        "an event must be True or False, or 1 or 0", 0.0, 1.0, "; it says whether `time` is that of the item's event"
    ),
}


class StrataSamples(Samples):
    """The checked arguments of one call, of a loss over strata of survival times.

    Items of weight 0 are left out. The others are gathered: those of one stratum lie together, in the order in which
    the strata appear, and within a stratum the latest times come first, and of equal times the events last.

    Parameters
    ----------
    arguments, sample_weight
        As the user passed them.
    relative
        See `Samples`.

    Attributes
    ----------
    shape
        (number of strata,)
    order
        Where the gathered items stand in the input.
    bounds
        Stratum k has the gathered items from ``bounds[k]`` to ``bounds[k + 1]``.
    levels
        Integers that ascend from time to time and from stratum to stratum; those of events are odd.
    item_weight
        Weights of the gathered items, or None if all are 1.
    log_unit
        The logarithm of what the weights are handed out in units of (see `Weights`).
    """

    unit = "stratum"
    block_axes = ()

    def __init__(self, arguments: Mapping[str, Any], sample_weight: Any, relative: bool) -> None:
        arrays = {name: arguments[name] for name in ("time", "risk", "event") if name in arguments}
        super().__init__(arrays, ("risk",), {}, sample_weight, relative)
        self.qid = None if arguments.get("qid") is None else query_ids(arguments["qid"], self.shape, "risk")
        with np.errstate(all="ignore"):  # longdouble weights may be below all of float64
            weight = None if self.weights is None else self.weights.block(WHOLE)
        for name, domain in _DOMAINS.items():
            if name in arrays:
                domain.check(name, self.arguments[name], WHOLE, None if weight is None else weight == 0)
        self.log_unit = 0.0 if self.weights is None else self.weights.exponent * -math.log(2)
        self._gather(weight)

    @property
    def denominator(self) -> float:
        """The weight of the events, or 1 if there are none."""
        return self.total_weight or 1.0

    @property
    def total_weight(self) -> float:
        """The weight of the events."""
        is_event = self.levels % 2 == 1
        return add_up([(is_event if self.item_weight is None else self.item_weight[is_event]).astype(np.float64)])

    def _samples_shape(self) -> tuple[int, ...]:
        shape = super()._samples_shape()
        if len(shape) != 1:
            raise ValueError(
                f"risk has shape {shape}, but survival times have one axis; pass np.ravel of each array, and qid for "
                "the strata that the items belong to"
            )
        return shape

    def _gather(self, weight: Array | None) -> None:
        """Gather the items that are not left out."""
        time = self.arguments["time"]
        event = self.arguments["event"] != 0 if "event" in self.arguments else np.ones(time.shape, bool)
        stratum, count = (np.zeros(time.shape, np.intp), 1) if self.qid is None else query_numbers(self.qid)
        kept = np.arange(len(time)) if weight is None else np.flatnonzero(weight)
        ascending = np.lexsort((~event[kept], time[kept], -stratum[kept]))
        self.order = kept[ascending[::-1]]
        time, event, stratum = time[self.order], event[self.order], stratum[self.order]
        self.shape = (count,)
        self.bounds = np.concatenate([[0], np.cumsum(np.bincount(stratum, minlength=count))])
        begins = np.ones(len(time), bool)
        begins[1:] = (time[1:] != time[:-1]) | (stratum[1:] != stratum[:-1])
        self.levels = 2 * np.cumsum(begins) + event
        self.item_weight = None if weight is None else weight[self.order]

    @property
    def inputs(self) -> dict[str, Array]:
        """The arrays that `out` must not overlap."""
        return super().inputs if self.qid is None else {**super().inputs, "qid": self.qid}

    def risks(self) -> FloatArray:
        """Return the gathered items' risks, in float64 or longdouble."""
        return self.predicted[self.order].astype(np.result_type(self.dtype, np.float64))

    def floor(self) -> Any:
        """Return the least curvature of each gathered item: the machine epsilon of float64 times its weight."""
        return (1.0 if self.item_weight is None else self.item_weight) * np.finfo(np.float64).eps

    def in_place(self, gathered: Array) -> Array:
        """Return the gathered items' numbers where the items stood in the input, and 0 elsewhere."""
        numbers = np.zeros(self.predicted.shape, gathered.dtype)
        numbers[self.order] = gathered
        return numbers

    def boxes(self) -> list[Box]:
        """Return one block: all the strata are evaluated at once."""
        return [WHOLE]

    def check(self, box: Box) -> None:
        """Do nothing: everything was checked when the arguments were taken."""
