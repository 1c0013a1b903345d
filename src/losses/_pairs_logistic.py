"""Sums of the logistic loss over all pairs, in time O(n log n).

With z = σ(t − x) the field of φ(d) = log(1 + exp(−σd)) and of its derivatives are sums of

    f₀(z) = log(1 + e⁻ᶻ),    f₁(z) = −1/(1 + eᶻ),    f₂(z) = 1/((1 + eᶻ)(1 + e⁻ᶻ)),    φ⁽ᵏ⁾ = σᵏfₖ.

The line of scores is cut into cells of width h, the power of two with 1 ≤ η = σh < 2, around the multiples of
h, so that a score's offset from its cell's centre is exact. Then, as in a fast multipole method:

1. In a cell with many sources their weights are moved to a few nodes (anterpolation, see `Points`).
2. Between neighbouring cells, the fields are summed pair by pair.
3. Cells further apart, |z| ≥ η, act through sums of exponentials, which factorize (`far_fields`).
4. In a cell with many targets, the fields are computed at the nodes and interpolated.

What is bounded below is the error of each pair's fₖ *relative to itself*, so that sums of well-ordered pairs,
however small, are as accurate as any.

The nodes
---------
The fₖ are analytic where |Im z| < π. Let z = x + iy with |y| ≤ θ < π. From |1 + re^{iθ}| ≥ (1 + r) cos(θ/2)
follows |f₁(z)| ≤ sec(θ/2) |f₁(x)|, by integration the same for f₀, and |f₂(z)| ≤ sec²(θ/2) f₂(x); further
|fₖ′| ≤ |fₖ| on the real line. On a cell, an interval of half-width H = η/2, take the Bernstein ellipse with
semi-axes aH and bH = θ, a² = 1 + b², ρ = a + b. No point of it is further than (1 + a)H from any point x of
the cell, in real part, hence |fₖ(z)| ≤ sec²(θ/2) e^{(1+a)H} |fₖ(x)|, and by theorem 8.2 of L. N. Trefethen,
Approximation Theory and Approximation Practice, interpolation in p Chebyshev nodes has an error of at most

    4 sec²(θ/2) e^{(1+a)H} ρ^{1−p} / (ρ − 1)

relative to fₖ(x). `node_count` takes the least p for which some θ makes this 2⁻⁵³ or less: 19 for η = 1, 27
for η = 2. Interpolating in t and x one after the other adds the two errors, the second multiplied by at most
Λe^{2H}, where Λ < 3.2 is the nodes' Lebesgue constant: 25·2⁻⁵³ in all.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from math import ceil, cos, exp, frexp, hypot, ldexp, log, pi
from typing import Any, TypeAlias

import numpy as np

from losses._pairs import TILE
from losses._pairs_hinge import moments_above, sums_above

Array: TypeAlias = np.ndarray[tuple[int, ...], np.dtype[Any]]


@dataclass(frozen=True)
class LogisticFields:
    """The fields of φ(d) = log(1 + exp(−σd)).

    Parameters
    ----------
    sigma : float
        σ.
    """

    sigma: float

    def __call__(self, targets: Array, sources: Array, weights: Array, orders: tuple[int, ...]) -> list[Array]:
        """Return Σⱼ wⱼ φ⁽ᵏ⁾(t − xⱼ) at each target t for each order k (see `Fields`)."""
        exponent = 1 - frexp(self.sigma)[1]
        eta = ldexp(self.sigma, exponent)
        here, there = (Points(np.ldexp(s, -exponent), node_count(eta)) for s in (targets, sources))
        problem = eta, here.places, there.places, there.anterpolate(weights), orders
        fields = here.interpolate(near_fields(*problem) + far_fields(*problem))
        return [self.sigma**order * field for order, field in zip(orders, fields, strict=True)]


@dataclass(frozen=True, eq=False)
class Places:
    """Positions, in ascending order of cells, as their cell's centre and the offset from it."""

    cell: Array
    offset: Array

    def mirrored(self) -> "Places":
        """Return the positions with the line turned round."""
        return Places(-self.cell[::-1], -self.offset[::-1])


class Points:
    """Where sorted items are represented: at their own positions, or at nodes of their cell.

    Positions have the cells' width as unit. A cell of more than 2p items is represented at the p Chebyshev
    nodes uₚ of its [−½, ½], with Lagrange polynomials ℓₚ (ℓₚ(u_q) = 1 if p = q, else 0) for the items at
    offsets u:

        interpolation   f(u) = Σₚ ℓₚ(u) f(uₚ),    anterpolation   mₚ = Σⱼ wⱼ ℓₚ(uⱼ),

    each the transpose of the other.

    Attributes
    ----------
    places : Places
        Where the points are.
    """

    def __init__(self, positions: Array, nodes: int) -> None:
        cell = np.rint(positions)
        offset = positions - cell
        first = _runs(cell)[1]
        counts = np.diff(first, append=len(cell))
        crowded = counts > 2 * nodes
        self.nodes = nodes
        self.crowded = np.repeat(crowded, counts)
        self.x = 2 * offset[self.crowded]
        self.ends = np.cumsum(counts[crowded])
        node_cell = np.repeat(cell[first[crowded]], nodes)
        node_offset = np.tile(_nodes(nodes) / 2, len(self.ends))
        cell = np.concatenate([cell[~self.crowded], node_cell])
        self.order = np.argsort(cell, kind="stable")
        offset = np.concatenate([offset[~self.crowded], node_offset])
        self.places = Places(cell[self.order], offset[self.order])

    def anterpolate(self, weights: Array) -> Array:
        """Return the weight at each point."""
        moments = np.zeros((self.nodes, len(self.ends)))
        heavy = weights[self.crowded]
        for items, cells, counts in self._tiles():
            terms = _chebyshev(self.x[items], self.nodes) * heavy[items]
            moments[:, cells] += np.add.reduceat(terms, np.cumsum(counts) - counts, axis=1)
        masses = np.einsum("kc,kp->cp", moments, _lagrange(self.nodes))
        return np.concatenate([weights[~self.crowded], masses.reshape(-1)])[self.order]

    def interpolate(self, values: Array) -> Array:
        """Return at each item the functions with these values at the points, functions first."""
        unsorted = np.empty_like(values)
        unsorted[:, self.order] = values
        alone, at_nodes = np.split(unsorted, [len(self.crowded) - len(self.x)], axis=1)
        at_nodes = at_nodes.reshape(len(values), len(self.ends), self.nodes)
        coefficients = np.einsum("fcp,kp->fkc", at_nodes, _lagrange(self.nodes))
        result = np.empty((len(values), len(self.crowded)))
        result[:, ~self.crowded] = alone
        crowd = np.empty((len(values), len(self.x)))
        for items, cells, counts in self._tiles():
            basis = _chebyshev(self.x[items], self.nodes)
            for f, coefficient in enumerate(coefficients):
                crowd[f, items] = np.einsum("ki,ki->i", basis, np.repeat(coefficient[:, cells], counts, axis=1))
        result[:, self.crowded] = crowd
        return result

    def _tiles(self) -> Iterator[tuple[slice, slice, Array]]:
        """Cover the items in crowded cells: some items, their cells, and how many of them each cell has."""
        size = TILE // self.nodes
        for start in range(0, len(self.x), size):
            stop = min(start + size, len(self.x))
            left = int(np.searchsorted(self.ends, start, side="right"))
            right = int(np.searchsorted(self.ends, stop, side="left")) + 1
            counts = np.diff(np.minimum(self.ends[left:right], stop), prepend=start)
            yield slice(start, stop), slice(left, right), counts


def near_fields(eta: float, here: Places, there: Places, masses: Array, orders: tuple[int, ...]) -> Array:
    """Return Σⱼ mⱼ fₖ(zⱼ) over the sources in each target's cell and its two neighbours, orders k first."""
    low = np.searchsorted(there.cell, here.cell - 1, side="left")
    counts = np.searchsorted(there.cell, here.cell + 1, side="right") - low
    ends = np.cumsum(counts)
    fields = np.zeros((len(orders), len(counts)))
    start = 0
    while start < len(counts):
        before = ends[start] - counts[start]
        stop = max(start + 1, int(np.searchsorted(ends, before + TILE, side="right")))
        n = counts[start:stop]
        first = ends[start:stop] - n - before
        i = np.repeat(np.arange(start, stop), n)
        j = np.arange(len(i)) + np.repeat(low[start:stop] - first, n)
        z = eta * ((here.cell[i] - there.cell[j]) + (here.offset[i] - there.offset[j]))
        near = start + np.flatnonzero(n)
        for field, order in zip(fields, orders, strict=True):
            if len(near):
                field[near] = np.add.reduceat(masses[j] * _kernel(order, z), first[near - start])
        start = stop
    return fields


def far_fields(eta: float, here: Places, there: Places, masses: Array, orders: tuple[int, ...]) -> Array:
    """Return Σⱼ mⱼ fₖ(zⱼ) over the sources in all other cells, orders k first.

    With t = e^{−|z|} ≤ e^{−η} and the tails r₀ = log(1 + t), r₁ = −t/(1 + t), r₂ = t/(1 + t)²,

        f₀ = r₀,  f₁ = r₁,  f₂ = r₂  for z > 0;    f₀ = −z + r₀,  f₁ = −1 − r₁,  f₂ = r₂  for z < 0.
    """
    fields = _tails(eta, here, there, masses, orders)
    above = _tails(eta, here.mirrored(), there.mirrored(), masses[::-1], orders)
    fields += np.array([(-1) ** order for order in orders])[:, None] * above[:, ::-1]
    ramps = _ramps(eta, here, there, masses)
    for field, order in zip(fields, orders, strict=True):
        if order < len(ramps):
            field += ramps[order]
    return fields


def _tails(eta: float, here: Places, there: Places, masses: Array, orders: tuple[int, ...]) -> Array:
    """Return Σⱼ mⱼ rₖ(e⁻ᶻ) over the sources two or more cells below each target, by powers of e⁻ᶻ.

    The sum over sources of a power e^{−lz} at the cell b follows from those in the cells up to the one below
    it,

        E(b) = M(b) + e^{−lη(b − a)} E(a),

    where M(b) is the sum over the sources in b. All E are found in log₂ n steps, each of which doubles the
    number of cells summed, until the exponential of the distance is zero.
    """
    cells, first = _runs(there.cell)
    last = np.searchsorted(cells, here.cell - 2, side="right") - 1
    start = int(np.searchsorted(last, 0))
    last, distance = last[start:], (here.cell - cells[last])[start:] + here.offset[start:]
    fields = np.zeros((len(orders), len(here.cell)))
    if start == len(here.cell):
        return fields
    size = max(1, TILE // max(len(masses), len(last)))
    for low in range(0, TERMS, size):
        terms = slice(low, min(low + size, TERMS))
        rate = eta * np.arange(terms.start + 1, terms.stop + 1)[:, None]
        sums = np.add.reduceat(masses * np.exp(rate * there.offset), first, axis=1)
        step = 1
        while step < len(cells) and rate[0, 0] * step < 746:
            sums[:, step:] += sums[:, :-step] * np.exp(-rate * (cells[step:] - cells[:-step]))
            step *= 2
        powers = sums[:, last] * np.exp(-rate * distance)
        fields[:, start:] += np.einsum("kl,lt->kt", _series()[list(orders), terms], powers)
    return fields


def _ramps(eta: float, here: Places, there: Places, masses: Array) -> tuple[Array, Array]:
    """Return Σⱼ −mⱼ zⱼ and Σⱼ −mⱼ over the sources two or more cells above each target."""
    cells, first = _runs(there.cell)
    count, distance = moments_above(cells, np.add.reduceat(masses, first), 1)
    offset = sums_above(np.add.reduceat(masses * there.offset, first))
    next_cell = np.searchsorted(cells, here.cell + 2, side="left")
    count, distance, offset, cells = (np.append(a, 0)[next_cell] for a in (count, distance, offset, cells))
    return eta * (count * (cells - here.cell - here.offset) + distance + offset), -count


def _runs(cell: Array) -> tuple[Array, Array]:
    """Return the cells that occur in an ascending array, and where each first does."""
    first = np.flatnonzero(np.diff(cell, prepend=np.nan) != 0)
    return cell[first], first


def _kernel(order: int, z: Array) -> Array:
    """Return fₖ(z)."""
    if order == 1:
        return -1 / (1 + np.exp(z))
    t = np.exp(-np.abs(z))
    return t / (1 + t) ** 2 if order == 2 else np.maximum(-z, 0) + np.log1p(t)


TERMS = 18
"""Powers of t = e^{−|z|} ≤ T = 1/e that represent the tails rₖ(t) in `far_fields`.

Interpolated in 18 Chebyshev nodes of [0, T], rₖ(t)/t is analytic but for t = −1. On the ellipse with foci 0
and T through t = −0.9, whose ρ is 11.7, it is at most 100, against at least 0.53 on [0, T]: by the same
theorem the relative error is at most 4·100/0.53·ρ⁻¹⁷/(ρ − 1) < 2⁻⁵³.
"""


@lru_cache
def _series() -> Array:
    """Return the coefficients of t, t², … in r₀, r₁ and r₂."""
    ratios = (lambda t: np.log1p(t) / t, lambda t: -1 / (1 + t), lambda t: 1 / (1 + t) ** 2)
    from numpy.polynomial import Chebyshev, Polynomial  # here, since importing it takes time

    fits = (Chebyshev.interpolate(ratio, TERMS - 1, domain=[0, exp(-1)]) for ratio in ratios)
    return np.array([fit.convert(kind=Polynomial, domain=[-1, 1], window=[-1, 1]).coef for fit in fits])


@lru_cache
def node_count(eta: float) -> int:
    """Return how many nodes represent a cell of width η to 2⁻⁵³ (the bound is derived above)."""

    def count(theta: float) -> int:
        b = 2 * theta / eta
        a = hypot(1, b)
        bound = 4 / cos(theta / 2) ** 2 * exp((1 + a) * eta / 2) / (a + b - 1)
        return 1 + ceil(log(bound * 2**53) / log(a + b))

    return min(count(pi * i / 64) for i in range(1, 64))


@lru_cache
def _nodes(count: int) -> Array:
    """Return the Chebyshev nodes (the zeros of T of that degree) of [−1, 1]."""
    return np.cos(np.pi * (np.arange(count) + 0.5) / count)


@lru_cache
def _lagrange(count: int) -> Array:
    """Return the coefficients c of the Lagrange polynomials of the nodes, ℓₚ = Σₖ c[k, p] Tₖ."""
    coefficients: Array = _chebyshev(_nodes(count), count) * (2 / count)
    coefficients[0] /= 2
    return coefficients


def _chebyshev(x: Array, count: int) -> Array:
    """Return T₀ … of x, so many of them, degrees first."""
    basis = np.empty((count, len(x)))
    basis[0], basis[1] = 1, x
    for k in range(2, count):
        basis[k] = 2 * x * basis[k - 1] - basis[k - 2]
    return basis
