"""Functions and weights on many cells, represented at the Chebyshev nodes of each.

Items lie at x of [−1, 1] in their cell. With its p nodes xₚ and their Lagrange polynomials ℓₚ (ℓₚ(x_q) = 1 if p = q,
else 0),

    interpolation   f(x) = Σₚ ℓₚ(x) f(xₚ),    anterpolation   mₚ = Σⱼ wⱼ ℓₚ(xⱼ),

each the transpose of the other.
"""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from losses._pairs.tiles import TILE, slices
from losses._types import Array


def anterpolate(x: Array, cell: Array, weights: Array, nodes: int, cells: int) -> Array:
    """Return m of shape (nodes, cells).

    Parameters
    ----------
    x, cell, weights : array
        The items' x, the number of their cell, and w. Items of cells with near numbers lie near each other.
    nodes, cells : int
        The number of nodes of a cell, and of cells.
    """
    masses = np.zeros((nodes, cells))
    for items in slices(0, len(x), TILE // nodes):
        order = np.argsort(cell[items], kind="stable")
        present = cell[items][order]
        first = np.append(0, 1 + np.flatnonzero(present[1:] != present[:-1]))
        terms = polynomials(x[items][order], nodes)
        terms *= weights[items][order]
        moments = np.add.reduceat(terms, first, axis=1)
        masses[:, present[first]] += np.einsum("kc,kp->pc", moments, lagrange(nodes))
    return masses


def interpolate(x: Array, cell: Array, functions: Sequence[Array]) -> list[Array]:
    """Return each function at the items, given its values at the nodes, of shape (nodes, cells).

    Parameters
    ----------
    x, cell
        As for `anterpolate`.
    functions : sequence of array
        The values.
    """
    results: list[Array] = [np.empty(len(x)) for _ in functions]
    nodes = len(functions[0]) if functions else 0
    for items in slices(0, len(x), TILE // nodes) if functions else ():
        near = slice(int(cell[items].min()), int(cell[items].max()) + 1)
        place = cell[items] - near.start
        basis = polynomials(x[items], nodes)
        for result, values in zip(results, functions, strict=True):
            coefficients = np.einsum("pc,kp->kc", values[:, near], lagrange(nodes))
            result[items] = np.einsum("ki,ki->i", basis, coefficients.take(place, axis=1))
    return results


@lru_cache
def chebyshev_nodes(count: int) -> Array:
    """Return the Chebyshev nodes (the zeros of T of that degree) of [−1, 1]."""
    return np.cos(np.pi * (np.arange(count) + 0.5) / count)


@lru_cache
def lagrange(count: int) -> Array:
    """Return the coefficients c of the Lagrange polynomials of the nodes, ℓₚ = Σₖ c[k, p] Tₖ."""
    # Tₖ(x_q) = cos(k(2q + 1)π / 2p), whose angles are reduced exactly; at rounded nodes Tₖ would be off by k² roundings
    quarters = np.arange(count)[:, np.newaxis] * (2 * np.arange(count) + 1) % (4 * count)
    coefficients: Array = np.cos(quarters * (np.pi / (2 * count))) * (2 / count)
    coefficients[0] /= 2
    return coefficients


def polynomials(x: Array, count: int) -> Array:
    """Return T₀ … of x, so many of them, degrees first."""
    basis = np.empty((count, len(x)))
    basis[0], basis[1] = 1, x
    twice = 2 * x
    for k in range(2, count):
        basis[k] = twice * basis[k - 1] - basis[k - 2]
    return basis
