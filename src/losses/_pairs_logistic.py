"""Sums of the logistic loss over all pairs, in time O(n log n).

With z = σ(t − x) the field of φ(d) = log(1 + exp(−σd)) and of its derivatives are sums of

    f₀(z) = log(1 + e⁻ᶻ),    f₁(z) = −1/(1 + eᶻ),    f₂(z) = 1/((1 + eᶻ)(1 + e⁻ᶻ)),    φ⁽ᵏ⁾ = σᵏfₖ.

The line of scores is cut into cells of width h, the power of two with 1 ≤ η = σh < 2, around the multiples of
h, so that a score's offset from its cell's centre is exact. Then, as in a fast multipole method:

1. In a cell with many sources their weights are moved to a few nodes (anterpolation, see `Points`).
2. Between neighbouring cells, the fields are summed pair by pair.
3. Cells further apart, |z| ≥ η, act through sums of exponentials, which factorize (`add_far`).
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
        system = System(eta, here.places, there.places, there.anterpolate(weights))
        fields = np.zeros((len(orders), len(here.places.cell)))
        add_near(fields, system, orders)
        add_far(fields, system, orders)
        return [self.sigma**order * here.interpolate(field) for order, field in zip(orders, fields, strict=True)]


@dataclass(frozen=True, eq=False)
class Places:
    """Positions, in ascending order of cells, as their cell's centre and the offset from it."""

    cell: Array
    offset: Array

    def mirrored(self) -> "Places":
        """Return the positions with the line turned round."""
        return Places(-self.cell[::-1], -self.offset[::-1])


@dataclass(frozen=True, eq=False)
class System:
    """Targets, and sources of some mass, with z = η times the distance in cells."""

    eta: float
    targets: Places
    sources: Places
    masses: Array

    def mirrored(self) -> "System":
        """Return the system with the line turned round."""
        return System(self.eta, self.targets.mirrored(), self.sources.mirrored(), self.masses[::-1])


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
        """Return at each item the function with these values at the points."""
        unsorted = np.empty_like(values)
        unsorted[self.order] = values
        alone, at_nodes = np.split(unsorted, [len(self.crowded) - len(self.x)])
        coefficients = np.einsum("cp,kp->kc", at_nodes.reshape(-1, self.nodes), _lagrange(self.nodes))
        crowd = np.empty(len(self.x))
        for items, cells, counts in self._tiles():
            basis = _chebyshev(self.x[items], self.nodes)
            crowd[items] = np.einsum("ki,ki->i", basis, np.repeat(coefficients[:, cells], counts, axis=1))
        result = np.empty(len(self.crowded))
        result[~self.crowded], result[self.crowded] = alone, crowd
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


def add_near(fields: Array, system: System, orders: tuple[int, ...]) -> None:
    """Add Σⱼ mⱼ fₖ(zⱼ) over the sources in each target's cell and its two neighbours."""
    here, there, masses = system.targets, system.sources, system.masses
    low = np.searchsorted(there.cell, here.cell - 1, side="left")
    counts = np.searchsorted(there.cell, here.cell + 1, side="right") - low
    ends = np.cumsum(counts)
    start = 0
    while start < len(counts):
        before = ends[start] - counts[start]
        stop = max(start + 1, int(np.searchsorted(ends, before + TILE, side="right")))
        n = counts[start:stop]
        first = ends[start:stop] - n - before
        i = np.repeat(np.arange(start, stop), n)
        j = np.arange(len(i)) + np.repeat(low[start:stop] - first, n)
        z = system.eta * ((here.cell[i] - there.cell[j]) + (here.offset[i] - there.offset[j]))
        near = start + np.flatnonzero(n)
        for field, order in zip(fields, orders, strict=True):
            if len(near):
                field[near] += np.add.reduceat(masses[j] * _kernel(order, z), first[near - start])
        start = stop


def add_far(fields: Array, system: System, orders: tuple[int, ...]) -> None:
    """Add Σⱼ mⱼ fₖ(zⱼ) over the sources in all other cells.

    With t = e^{−|z|} ≤ e^{−η} and the tails r₀ = log(1 + t), r₁ = −t/(1 + t), r₂ = t/(1 + t)²,

        f₀ = r₀,  f₁ = r₁,  f₂ = r₂  for z > 0;    f₀ = −z + r₀,  f₁ = −1 − r₁,  f₂ = r₂  for z < 0.
    """
    series = _series()[list(orders)]
    signs = np.array([[(-1) ** order] for order in orders])
    _add_tails(fields, system, series)
    _add_tails(fields[:, ::-1], system.mirrored(), signs * series)
    _add_ramps(fields, system, orders)


def _add_tails(fields: Array, system: System, series: Array) -> None:
    """Add Σⱼ mⱼ Σₗ cₗ e^{−lzⱼ} over the sources two or more cells below each target, for each series c.

    The sum over sources of a power e^{−lz} at the cell b follows from that at the occupied cell a below it,

        E(b) = M(b) + e^{−lη(b − a)} E(a),

    where M(b) is the sum over the sources in b. All E are found in log₂ n steps, each of which doubles the
    number of cells summed, until the exponential of the distance is zero.
    """
    here, there, masses = system.targets, system.sources, system.masses
    cells, first = _runs(there.cell)
    last = np.searchsorted(cells, here.cell - 2, side="right") - 1
    begin = int(np.searchsorted(last, 0))
    block = max(1, TILE // len(masses))
    for low in range(0, TERMS, block) if begin < len(last) else ():
        coefficients = series[:, low : low + block]
        rate = system.eta * np.arange(low + 1, low + 1 + coefficients.shape[1])[:, None]
        sums = np.add.reduceat(masses * np.exp(rate * there.offset), first, axis=1)
        step = 1
        while step < len(cells) and rate[0, 0] * step < 746:
            sums[:, step:] += sums[:, :-step] * np.exp(-rate * (cells[step:] - cells[:-step]))
            step *= 2
        for part in _slices(begin, len(last), TILE // len(rate)):
            distance = (here.cell[part] - cells[last[part]]) + here.offset[part]
            powers = sums[:, last[part]] * np.exp(-rate * distance)
            for field, coefficient in zip(fields, coefficients, strict=True):
                field[part] += np.einsum("l,lt->t", coefficient, powers)


def _add_ramps(fields: Array, system: System, orders: tuple[int, ...]) -> None:
    """Add Σⱼ −mⱼzⱼ (order 0) and Σⱼ −mⱼ (order 1) over the sources two or more cells above each target."""
    here, there, masses = system.targets, system.sources, system.masses
    cells, first = _runs(there.cell)
    moments = moments_above(cells, np.add.reduceat(masses, first), 1)
    offsets = sums_above(np.add.reduceat(masses * there.offset, first))
    arrays = [np.append(array, 0) for array in (*moments, offsets, cells)]
    for part in _slices(0, len(here.cell), TILE):
        above = np.searchsorted(cells, here.cell[part] + 2, side="left")
        mass, distance, offset, cell = (array[above] for array in arrays)
        for field, order in zip(fields, orders, strict=True):
            if order == 0:
                distance += offset + mass * (cell - here.cell[part] - here.offset[part])
                field[part] += system.eta * distance
            elif order == 1:
                field[part] -= mass


def _slices(start: int, stop: int, size: int) -> Iterator[slice]:
    """Cut a range into slices of at most so many."""
    for low in range(start, stop, size):
        yield slice(low, min(low + size, stop))


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
"""Powers of t = e^{−|z|} ≤ T = 1/e that represent the tails rₖ(t) in `add_far`.

Interpolated in 18 Chebyshev nodes of [0, T], rₖ(t)/t is analytic but for t = −1. On the ellipse with foci 0
and T through t = −0.9, whose ρ is 11.7, it is at most 100, against at least 0.53 on [0, T]: by the same
theorem the relative error is at most 4·100/0.53·ρ⁻¹⁷/(ρ − 1) < 2⁻⁵³.
"""


@lru_cache
def _series() -> Array:
    """Return the coefficients of t, t², … in r₀, r₁ and r₂."""
    from numpy.polynomial import Chebyshev, Polynomial  # here, since it would double the time of import losses

    ratios = (lambda t: np.log1p(t) / t, lambda t: -1 / (1 + t), lambda t: 1 / (1 + t) ** 2)

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
