"""Sums over risk sets: of each event, the items that are still under observation at its time.

Items come by stratum, in each with the latest times first, and of equal times the events last. So the risk set of an
event is all its stratum up to the last item of its time. A *tie* is the events of one time and stratum; the sums of a
tie with d events are

    Q = U + c T,    c = 1, or for Efron's form 1, (d − 1)/d, …, 1/d,

with U = Σ wⱼ e^sⱼ over the items before the tie, T = Σ wⱼ e^sⱼ over the tie's own. With v the tie's weight over the
number of its sums, the loss is Σ v log Q − Σ wᵢ sᵢ over the events, and with p = wⱼ e^sⱼ c/Q (c = 1 unless j is in the
tie) the derivatives with respect to sⱼ are Σ v p − wⱼ [j is an event] and Σ v p (1 − p), over the sums of the ties
from j on.

Every sum of exponentials is kept as a size times e^top, where top is the largest of the exponents.
"""

from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from losses._types import Array, FloatArray


class Scaled(NamedTuple):
    """Numbers size · e^top."""

    top: FloatArray
    size: FloatArray

    def take(self, index: Any) -> "Scaled":
        """Return some of the numbers."""
        return Scaled(self.top[index], self.size[index])


class RiskSets:
    """The risk sets of strata.

    Parameters
    ----------
    risks
        s of the items, in float64 or longdouble.
    levels
        Integers that ascend from time to time and from stratum to stratum; odd ones for events.
    weights
        w, or None if all are 1.
    bounds
        Stratum k has the items from ``bounds[k]`` to ``bounds[k + 1]``.
    efron
        Whether the events of a tie leave its sums one after the other.
    """

    def __init__(self, risks: FloatArray, levels: Array, weights: Array | None, bounds: Array, efron: bool) -> None:
        self.count = len(bounds) - 1
        self.risks = np.where(risks == np.inf, np.nan, risks)
        self.weights = np.ones(len(risks)) if weights is None else weights
        stratum = np.repeat(np.arange(self.count), np.diff(bounds))
        self.is_event = levels % 2 == 1
        first = np.flatnonzero(self.is_event & _differs(levels))
        self.tie_stratum = stratum[first]
        before = running_sums(Scaled(self.risks, self.weights), _differs(stratum))
        alone = (first == 0) | (stratum[first - 1] != self.tie_stratum)
        earlier = before.take(first - 1)
        self.events = np.flatnonzero(self.is_event)
        starts = np.searchsorted(self.events, first)
        self.sizes = np.diff(np.append(starts, len(self.events)))
        self.tie_of_event = np.repeat(np.arange(len(first)), self.sizes)
        self.event_risks, self.event_weights = self.risks[self.events], self.weights[self.events]
        begins = _differs(self.tie_of_event)
        own = running_sums(Scaled(self.event_risks, self.event_weights), begins).take(starts + self.sizes - 1)
        self.next_tie = np.searchsorted(first, np.arange(len(risks)), side="right")
        self.stratum, self.starts = stratum, starts
        self.weight = _sums(self.event_weights, starts)
        # U and T in units of e^top
        self.top = np.where(alone, own.top, np.maximum(earlier.top, own.top))
        self.before = np.where(alone, 0, earlier.size * np.exp(earlier.top - self.top))
        self.own = own.size * np.exp(own.top - self.top)
        # the sums of each tie
        number = self.sizes if efron else np.minimum(self.sizes, 1)
        self.tie, self.first_sum = np.repeat(np.arange(len(first)), number), np.cumsum(number) - number
        left_out = np.arange(len(self.tie)) - self.first_sum[self.tie]
        self.left = (number[self.tie] - left_out) / number[self.tie]
        self.sum_weight = (self.weight / number)[self.tie]
        self.sum = self.before[self.tie] + self.left * self.own[self.tie]

    def event_weight(self) -> FloatArray:
        """Return the weight of each stratum's events."""
        return self._by_stratum(self.weight)

    def losses(self) -> FloatArray:
        """Return each stratum's Σ v log Q − Σ w s, exact also where one event's risk is far above all others."""
        others, own = self.before[self.tie], self.left * self.own[self.tie]
        larger, smaller = np.maximum(others, own), np.minimum(others, own)
        logs = np.log(larger) + np.log1p(smaller / larger)
        behind = self.event_weights * (self.top[self.tie_of_event] - self.event_risks)
        return self._by_stratum(_sums(self.sum_weight * logs, self.first_sum) + _sums(behind, self.starts))

    def grad(self) -> FloatArray:
        """Return the derivative with respect to each risk."""
        grad = self._later_shares.copy()
        grad[self.events] += np.where(
            self.sizes[self.tie_of_event] == 1,
            -self.event_weights * self._others_share,
            self._own_share * self._own_sums(self.sum_weight / self.sum * self.left) - self.event_weights,
        )
        return grad

    def hess(self) -> FloatArray:
        """Return the second derivative with respect to each risk."""
        squares = self._shares(self._later(-2 * self.top, _sums(self.sum_weight / self.sum**2, self.first_sum)), 2)
        hess = np.maximum(self._later_shares - squares, 0)
        weights = self.sum_weight / self.sum * self.left
        share = self._own_share
        hess[self.events] += np.where(
            self.sizes[self.tie_of_event] == 1,
            self.event_weights * self._others_share * (1 - self._others_share),
            np.maximum(share * (self._own_sums(weights) - share * self._own_sums(weights * self.left / self.sum)), 0),
        )
        return hess

    @cached_property
    def _later_shares(self) -> FloatArray:
        """Return each item's Σ v p over the sums of the ties that come after it."""
        return self._shares(self._later(-self.top, _sums(self.sum_weight / self.sum, self.first_sum)), 1)

    @cached_property
    def _own_share(self) -> FloatArray:
        """Return each event's w e^s in its tie's units."""
        share: FloatArray = self.event_weights * np.exp(self.event_risks - self.top[self.tie_of_event])
        return share

    @cached_property
    def _others_share(self) -> FloatArray:
        """Return each event's U/Q: what is left to the others, if it is the only event of its time."""
        return (self.before / (self.before + self.own))[self.tie_of_event]

    def _own_sums(self, terms: FloatArray) -> FloatArray:
        """Return the sum of terms of each tie's sums, for each event."""
        return _sums(terms, self.first_sum)[self.tie_of_event]

    def _later(self, top: FloatArray, size: FloatArray) -> Scaled:
        """Return for each tie the sum of size · e^top over it and the ties after it in its stratum."""
        backwards = running_sums(Scaled(top[::-1], size[::-1]), _differs(self.tie_stratum[::-1]))
        return backwards.take(slice(None, None, -1))

    def _shares(self, later: Scaled, power: int) -> FloatArray:
        """Return (w e^s)^power times the sum of the next tie's, for each item; 0 where there is none in its stratum."""
        shares = np.zeros_like(self.risks)
        at = np.flatnonzero(self.next_tie < len(self.tie_stratum))
        at = at[self.tie_stratum[self.next_tie[at]] == self.stratum[at]]
        top, size = later.take(self.next_tie[at])
        shares[at] = self.weights[at] ** power * size * np.exp(power * self.risks[at] + top)
        return shares

    def _by_stratum(self, of_ties: FloatArray) -> FloatArray:
        """Return sums over the ties of each stratum."""
        sums = np.zeros(self.count, of_ties.dtype)
        first = np.flatnonzero(_differs(self.tie_stratum))
        sums[self.tie_stratum[first]] = _sums(of_ties, first)
        return sums


def running_sums(terms: Scaled, begins: Array) -> Scaled:
    """Return the sums of the terms up to each one, since the last at which a new sum begins.

    Neighbours are added in pairs, then pairs in pairs, and so on, and the sums filled in on the way back: 2 log₂ n
    roundings at most for each, in time O(n) (Blelloch 1990, "Prefix sums and their applications").
    """
    n = len(begins)
    if n < 2:
        return terms
    left, right = slice(0, n - 1, 2), slice(1, n, 2)
    pairs = _joined(terms.take(left), terms.take(right), begins[right])
    ends = running_sums(pairs, begins[left] | begins[right])
    sums = Scaled(np.empty_like(pairs.top, shape=n), np.empty_like(pairs.size, shape=n))
    between = slice(2, n, 2)
    inner = _joined(ends.take(slice((n - 1) // 2)), terms.take(between), begins[between])
    for array, term, at_ends, at_inner in zip(sums, terms, ends, inner, strict=True):
        array[0], array[right], array[between] = term[0], at_ends, at_inner
    return sums


def _joined(one: Scaled, two: Scaled, begins: Array) -> Scaled:
    """Return the sums of two numbers each, or the second alone where it begins a new sum."""
    top = np.maximum(one.top, two.top)
    gap = np.where(one.top == two.top, 0, np.abs(one.top - two.top))  # both may be −inf
    part = np.exp(-gap)
    first_is_larger = one.top > two.top
    size = np.where(first_is_larger, one.size + part * two.size, part * one.size + two.size)
    return Scaled(np.where(begins, two.top, top), np.where(begins, two.size, size))


def _differs(numbers: Array) -> Array:
    """Return where an array differs from the entry before; so does its first."""
    differs = np.ones(len(numbers), bool)
    differs[1:] = numbers[1:] != numbers[:-1]
    return differs


def _sums(terms: FloatArray, first: Array) -> FloatArray:
    """Return the sums of terms from each first one to the next; NumPy adds up pairwise here."""
    sums: FloatArray = np.add.reduceat(terms, first) if len(first) else np.zeros(0, terms.dtype)
    return sums
