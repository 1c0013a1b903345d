"""Sums of the hinge and the squared hinge over all pairs, in time O(n log n).

After J. Rust and T. Hocking, A Log-linear Gradient Descent Algorithm for Unbalanced Binary Classification
using the All Pairs Squared Hinge Loss, 2023 (arXiv:2302.11062): in order of scores, the sources that are
active at a target are a suffix of all.
"""

from dataclasses import dataclass

import numpy as np

from losses._pairs.items import Side
from losses._pairs.tiles import TILE
from losses._types import Array


@dataclass(frozen=True)
class HingeFields:
    """The fields of φ(d) = max(0, m − d)ᵏ for k = 1 or 2.

    At a target t the sources from the first with t − x < m on are active. With that source x₀, e = m − (t −
    x₀) and the moments of the sources from it on about it,

        Mₖ = Σ wⱼ (xⱼ − x₀)ᵏ,

    the hinge's field is M₀e + M₁ and the squared hinge's is M₀e² + 2eM₁ + M₂. No term is negative, so that
    nothing cancels, wherever the scores lie: the relative error is that of the cumulative sums in
    `moments_above`.

    Parameters
    ----------
    margin : float
        m.
    degree : int
        k.
    """

    margin: float
    degree: int

    def __call__(self, lower: Side, upper: Side, orders: tuple[int, ...]) -> tuple[list[Array], list[Array]]:
        """Return the fields at the upper and the lower items (see `Fields`).

        As d = sᵢ − sⱼ = (−sⱼ) − (−sᵢ), the lower items are the targets once the line of scores is turned
        round.
        """
        at_upper = self._at(upper.scores, lower.scores, lower.weights, orders)
        mirrored = self._at(-lower.scores[::-1], -upper.scores[::-1], upper.weights[::-1], orders[1:])
        return at_upper, [field[::-1] for field in mirrored]

    @property
    def largest(self) -> float:
        """The largest scores (see `Fields`)."""
        return 1e100

    @property
    def lists(self) -> None:
        """None: short lists are summed pair by pair (see `Fields`)."""

    def grid(self, scores: Array) -> None:
        """Return None: a hinge is not smooth (see `Fields`)."""

    def _at(self, targets: Array, sources: Array, weights: Array, orders: tuple[int, ...]) -> list[Array]:
        """Return Σⱼ wⱼ φ⁽ᵏ⁾(t − xⱼ) at each target t, for each order k."""
        if not orders:
            return []
        moments = moments_above(sources, weights, self.degree)
        fields: list[Array] = [np.empty(len(targets)) for _ in orders]
        for start in range(0, len(targets), TILE):
            t = targets[start : start + TILE]
            first = first_active(t, sources, self.margin)
            e = self.margin - (t - sources[np.minimum(first, len(sources) - 1)])
            m = [moment[first] for moment in moments]
            for field, order in zip(fields, orders, strict=True):
                field[start : start + TILE] = self._field(order, e, m)
        return fields

    def _field(self, order: int, e: Array, m: list[Array]) -> Array:
        """Return the field of φ⁽ᵏ⁾ of the active sources."""
        field: Array
        if order == 0:
            field = m[0] * e + m[1] if self.degree == 1 else (m[0] * e + 2 * m[1]) * e + m[2]
        elif order == 1:
            field = -m[0] if self.degree == 1 else -2 * (m[0] * e + m[1])
        elif order == 2:
            field = np.zeros_like(e) if self.degree == 1 else 2 * m[0]
        else:
            field = m[0] if self.degree == 1 else 2 * m[0]
        return field


def first_active(targets: Array, sources: Array, margin: float) -> Array:
    """Return for each target t the index of the first source x with t − x < margin, as rounded.

    x > t − margin is the same in exact arithmetic only. Its answer is kept where the neighbours confirm it;
    elsewhere the index is found by bisection.
    """
    last = len(sources) - 1
    first = np.searchsorted(sources, targets - margin, side="right")
    right = (first > last) | (targets - sources[np.minimum(first, last)] < margin)
    right &= (first == 0) | (targets - sources[np.maximum(first - 1, 0)] >= margin)
    doubtful = np.flatnonzero(~right)
    low, high = np.zeros(len(doubtful), np.intp), np.full(len(doubtful), last + 1)
    while np.any(low < high):
        middle = (low + high) // 2
        active = targets[doubtful] - sources[np.minimum(middle, last)] < margin
        low, high = np.where(active, low, middle + 1), np.where(active, middle, high)
    first[doubtful] = low
    return first


def moments_above(x: Array, weights: Array, degree: int) -> list[Array]:
    """Return Mₖ(i) = Σ_{j ≥ i} wⱼ (xⱼ − xᵢ)ᵏ for k = 0 … degree (at most 2) and i = 0 … n, for n ascending x.

    With the gaps gᵢ = xᵢ₊₁ − xᵢ,

        M₁(i) = M₁(i+1) + gᵢ M₀(i+1),    M₂(i) = M₂(i+1) + 2 gᵢ M₁(i+1) + gᵢ² M₀(i+1).
    """
    gaps = np.zeros_like(x)
    np.subtract(x[1:], x[:-1], out=gaps[:-1])
    moments = [sums_above(weights)]
    if degree >= 1:
        moments.append(sums_above(gaps * moments[0][1:]))
    if degree >= 2:
        moments.append(sums_above(gaps * (2 * moments[1][1:] + gaps * moments[0][1:])))
    return moments


def sums_above(terms: Array) -> Array:
    """Return Σ_{j ≥ i} termsⱼ for i = 0 … n.

    The sums are taken over blocks of √n terms and then over blocks, so that the relative error is at most
    2√n·eps (positive terms), not n·eps.
    """
    n = len(terms)
    size = 1 << (n.bit_length() // 2)
    sums = np.zeros((n // size + 1) * size, terms.dtype)
    sums[:n] = terms
    blocks = sums.reshape(-1, size)[:, ::-1]
    np.cumsum(blocks, axis=1, out=blocks)
    blocks[:-1] += np.cumsum(blocks[:0:-1, -1])[::-1, None]
    return sums[: n + 1]
