"""Every way to sum a pair loss agrees with the sum over all pairs, written out."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from losses._pairs import Fields, Items, Plan, pair_sums
from losses._pairs_hinge import HingeFields
from losses._pairs_logistic import LogisticFields


@dataclass(frozen=True)
class Hinge:
    margin: float = 1.0
    fields: Fields | None = None

    def formula(self, d):
        return np.maximum(self.margin - d, 0)

    def derivative(self, d):
        return np.minimum(np.sign(d - self.margin), 0)

    def second_derivative(self, d):
        return np.zeros_like(d)


@dataclass(frozen=True)
class SquaredHinge:
    margin: float = 1.0
    fields: Fields | None = None

    def formula(self, d):
        return np.maximum(self.margin - d, 0) ** 2

    def derivative(self, d):
        return -2 * np.maximum(self.margin - d, 0)

    def second_derivative(self, d):
        return 2 * np.maximum(np.sign(self.margin - d), 0)


@dataclass(frozen=True)
class Logistic:
    sigma: float = 1.0
    fields: Fields | None = None

    def formula(self, d):
        z = self.sigma * d
        return np.maximum(-z, 0) + np.log1p(np.exp(-np.abs(z)))

    def derivative(self, d):
        return -self.sigma / (1 + np.exp(self.sigma * d))

    def second_derivative(self, d):
        e = np.exp(-np.abs(self.sigma * d))
        return self.sigma**2 * e / (1 + e) ** 2


LOSSES = [
    Hinge(0.7, HingeFields(0.7, 1)),
    SquaredHinge(1.3, HingeFields(1.3, 2)),
    Logistic(1.7, LogisticFields(1.7)),
]


@np.errstate(all="ignore")
def reference(items: Items, loss: Any):
    """All pairs of each query, as an n x n array in extended precision of the sums."""
    n, queries = len(items.scores), len(items.bounds) - 1
    weights = np.ones(n) if items.weights is None else items.weights
    numerator, denominator = np.zeros(queries), np.zeros(queries)
    grad, hess = np.zeros(n), np.zeros(n)
    for q in range(queries):
        part = slice(items.bounds[q], items.bounds[q + 1])
        s, levels = items.scores[part].astype(np.float64), items.levels[part]
        w = weights[part].astype(np.longdouble)
        counts = levels[:, None] > levels[None, :]
        d = s[:, None] - s[None, :]
        pair = w[:, None] * w[None, :]
        phi, slope, bend = (
            np.where(counts, pair * hook(d), 0) for hook in (loss.formula, loss.derivative, loss.second_derivative)
        )
        numerator[q], denominator[q] = phi.sum(), pair[counts].sum()
        grad[part] = slope.sum(axis=1) - slope.sum(axis=0)
        hess[part] = bend.sum(axis=1) + bend.sum(axis=0)
    return numerator, denominator, grad, hess


def assert_agree(items: Items, loss: Any, plan: Plan | None = None):
    numerator, denominator, grad, hess = reference(items, loss)
    sums = pair_sums(items, loss, grad=True, hess=True, plan=plan)
    np.testing.assert_allclose(sums.numerator, numerator, rtol=1e-12, atol=1e-300)
    np.testing.assert_allclose(sums.denominator, denominator, rtol=1e-14)
    for got, expected in ((sums.grad, grad), (sums.hess, hess)):
        finite = np.abs(expected[np.isfinite(expected)])
        np.testing.assert_allclose(got, expected, rtol=0, atol=1e-11 * finite.max(initial=0))


def make_items(rng, sizes, levels, scale=1.0, weighted=True, dtype=np.float64):
    bounds = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    n = bounds[-1]
    level = rng.integers(0, levels, n)
    query = np.repeat(np.arange(len(sizes)), sizes)
    level = level[np.lexsort((level, query))]
    scores = (scale * rng.standard_normal(n)).astype(dtype)
    weights = 10.0 ** rng.uniform(-3, 3, n) if weighted else None
    return Items(scores, level, weights, bounds)


@pytest.mark.parametrize("loss", LOSSES, ids=repr)
@settings(deadline=None, max_examples=60)
@given(
    seed=st.integers(0, 2**32 - 1),
    sizes=st.lists(st.integers(0, 40), max_size=12),
    levels=st.sampled_from([1, 2, 5, 1000]),
    leaf=st.sampled_from([1, 7, 256]),
    direct=st.sampled_from([0, 5, 1e9]),
    scale=st.sampled_from([1e-12, 1, 30, 1e6]),
    weighted=st.booleans(),
)
def test_agrees_with_all_pairs(loss, seed, sizes, levels, leaf, direct, scale, weighted):
    items = make_items(np.random.default_rng(seed), sizes, levels, scale, weighted)
    assert_agree(items, loss, Plan(leaf, direct))


@pytest.mark.parametrize("loss", LOSSES, ids=repr)
@pytest.mark.parametrize("scale", [1e-12, 1, 30, 1e3, 1e6])
@pytest.mark.parametrize("levels", [2, 5, 10**6])
def test_long_queries_agree_with_all_pairs(loss, scale, levels):
    items = make_items(np.random.default_rng(1), [1500, 3, 900], levels, scale)
    assert_agree(items, loss, Plan(leaf=16, direct=0))
    assert_agree(items, loss)
