"""Every way to sum a pair loss agrees with the sum over all pairs, written out."""

import tracemalloc
from dataclasses import dataclass, replace
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from losses import PairwiseLogistic
from losses._pairs.cells import Places, System
from losses._pairs.hinge import HingeFields, first_active, sums_above
from losses._pairs.items import Fields, Items, Plan
from losses._pairs.logistic import LogisticFields, Points, node_count
from losses._pairs.sums import blocks_of_levels, pair_sums
from problems import some_of


class PairLoss:
    @property
    def fast_sums(self):
        return self.fields

    def curvature_formula(self, d):
        return self.second_derivative(d)


@dataclass(frozen=True)
class Hinge(PairLoss):
    margin: float = 1.0
    fields: Fields | None = None

    def formula(self, d):
        return np.maximum(self.margin - d, 0)

    def derivative(self, d):
        return np.minimum(np.sign(d - self.margin), 0)

    def second_derivative(self, d):
        return np.zeros_like(d)


@dataclass(frozen=True)
class SquaredHinge(PairLoss):
    margin: float = 1.0
    fields: Fields | None = None

    def formula(self, d):
        return np.maximum(self.margin - d, 0) ** 2

    def derivative(self, d):
        return -2 * np.maximum(self.margin - d, 0)

    def second_derivative(self, d):
        return 2 * np.maximum(np.sign(self.margin - d), 0)


@dataclass(frozen=True)
class Logistic(PairLoss):
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
    Logistic(0.6, LogisticFields(0.6, few=0)),
]


@dataclass(frozen=True)
class Sums:
    numerator: np.ndarray
    denominator: np.ndarray
    grad: np.ndarray | None
    hess: np.ndarray | None


def summed(items: Items, loss: Any, grad=False, hess=False, plan: Plan | None = None) -> Sums:
    sums = pair_sums(items, loss, (0, *[1] * grad, *[2] * hess), plan)
    return Sums(sums.numerator, sums.denominator, sums.slopes.get(1), sums.slopes.get(2))


ON_A_GRID = Plan(leaf=8, direct=0, dense=1e9, block=0.05)
BY_HALVES = Plan(leaf=32, direct=0, dense=0)


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
    sums = summed(items, loss, grad=True, hess=True, plan=plan)
    np.testing.assert_allclose(sums.numerator, numerator, rtol=1e-12, atol=1e-300)
    np.testing.assert_allclose(sums.denominator, denominator, rtol=1e-14)
    for got, expected in ((sums.grad, grad), (sums.hess, hess)):
        finite = np.abs(expected[np.isfinite(expected)])
        np.testing.assert_allclose(got, expected, rtol=0, atol=1e-11 * finite.max(initial=0) + 1e-300)


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
@settings(deadline=None, max_examples=25)
@given(
    seed=st.integers(0, 2**32 - 1),
    sizes=st.lists(st.integers(0, 40), max_size=12),
    levels=st.sampled_from([1, 2, 5, 1000]),
    leaf=st.sampled_from([1, 7, 256]),
    direct=st.sampled_from([0, 5, 1e9]),
    dense=st.sampled_from([0, 1e9]),
    block=st.sampled_from([0, 0.05, 0.2]),
    scale=st.sampled_from([1e-12, 1, 3, 30, 1e6]),
    weighted=st.booleans(),
)
def test_agrees_with_all_pairs(loss, seed, sizes, levels, leaf, direct, dense, block, scale, weighted):
    items = make_items(np.random.default_rng(seed), sizes, levels, scale, weighted)
    assert_agree(items, loss, Plan(leaf, direct, dense, block))


SHAPES = {
    "equal": lambda rng, levels: np.full(len(levels), 0.3),
    "narrow": lambda rng, levels: 1e-12 * rng.standard_normal(len(levels)),
    "wide": lambda rng, levels: 1e6 * rng.standard_normal(len(levels)),
    "a hundred cells": lambda rng, levels: 100 * rng.random(len(levels)),
    "offset": lambda rng, levels: 1e9 + rng.standard_normal(len(levels)),
    "clusters": lambda rng, levels: rng.standard_normal(len(levels)) + 1e6 * rng.integers(0, 3, len(levels)),
    "reversed": lambda rng, levels: rng.standard_normal(len(levels)) - 1e6 * levels,
    "in order": lambda rng, levels: 0.1 * rng.standard_normal(len(levels)) + 30 * levels,
    "far in order": lambda rng, levels: rng.standard_normal(len(levels)) + 300 * levels,
    "margins apart": lambda rng, levels: np.where(
        (steps := rng.integers(0, 5, len(levels))) > 0, 0.7 * steps, 1e-17 * rng.standard_normal(len(levels))
    ),
    "few values": lambda rng, levels: 0.1 * rng.integers(0, 30, len(levels)),
    "Cauchy": lambda rng, levels: rng.standard_cauchy(len(levels)),
    "crowd and tail": lambda rng, levels: 10 ** rng.choice([0, 4], len(levels)) * rng.normal(size=len(levels)),
    "beyond the largest cell": lambda rng, levels: rng.choice([-1, 1], len(levels)) * 1.7e308,
}


@pytest.mark.parametrize("loss", LOSSES, ids=repr)
@pytest.mark.parametrize("shape", SHAPES)
def test_scores_of_any_shape_agree_with_all_pairs(loss, shape):
    for levels in some_of(f"{loss} {shape}", [2, 5, 10**6]):
        check_scores(loss, shape, levels)


def check_scores(loss, shape, levels):
    rng = np.random.default_rng(1)
    items = make_items(rng, [500, 3, 200], levels)
    items = replace(items, scores=SHAPES[shape](rng, items.levels))
    for plan in (BY_HALVES, ON_A_GRID, Plan()):
        assert_agree(items, loss, plan)


@pytest.mark.parametrize("loss", LOSSES, ids=repr)
@settings(deadline=None, max_examples=25)
@given(seed=st.integers(0, 2**32 - 1), levels=st.sampled_from([2, 4, 50]), leaf=st.sampled_from([1, 7, 256]))
def test_nan_and_infinities_propagate_as_in_the_direct_sum(loss, seed, levels, leaf):
    rng = np.random.default_rng(seed)
    items = make_items(rng, [30, 1, 12], levels)
    odd = rng.random(43) < rng.uniform(0, 0.3)
    items.scores[odd] = rng.choice([np.nan, np.inf, -np.inf], odd.sum())
    numerator, denominator, grad, hess = reference(items, loss)
    sums = summed(items, loss, grad=True, hess=True, plan=Plan(leaf, direct=0, dense=1e9, block=0.05))
    np.testing.assert_allclose(sums.numerator, numerator, rtol=1e-12)
    np.testing.assert_allclose(sums.denominator, denominator, rtol=1e-14)
    scale = np.abs(grad[np.isfinite(grad)]).max(initial=0)
    np.testing.assert_allclose(sums.grad, grad, rtol=1e-12, atol=1e-11 * scale)
    np.testing.assert_allclose(sums.hess, hess, rtol=1e-12, atol=1e-11 * scale)


@pytest.mark.parametrize("loss", LOSSES, ids=repr)
@pytest.mark.parametrize("sizes", [[10] * 30, [900], [300, 5, 40]])
@pytest.mark.parametrize("plan", [Plan(), BY_HALVES, ON_A_GRID])
def test_what_else_is_asked_for_changes_no_bit(loss, sizes, plan):
    items = make_items(np.random.default_rng(2), sizes, 7, scale=3.0)
    everything = summed(items, loss, grad=True, hess=True, plan=plan)
    for asked in ({}, {"grad": True}, {"hess": True}):
        sums = summed(items, loss, plan=plan, **asked)
        assert (sums.grad is None, sums.hess is None) == ("grad" not in asked, "hess" not in asked)
        for name in ("numerator", "denominator", *asked):
            np.testing.assert_array_equal(getattr(sums, name), getattr(everything, name))


@pytest.mark.parametrize("loss", LOSSES, ids=repr)
@pytest.mark.parametrize("plan", [Plan(), Plan(leaf=1, direct=0), Plan(leaf=1, dense=1e9)])
def test_no_pairs_give_zeros(loss, plan):
    for sizes in ([], [0], [1], [0, 1, 5, 0]):
        items = make_items(np.random.default_rng(0), np.array(sizes, int), 1)
        sums = summed(items, loss, grad=True, hess=True, plan=plan)
        assert sums.numerator.shape == sums.denominator.shape == (len(sizes),)
        assert sums.grad.shape == sums.hess.shape == items.scores.shape
        assert not any(np.any(a) for a in (sums.numerator, sums.denominator, sums.grad, sums.hess))


@pytest.mark.parametrize("loss", LOSSES, ids=repr)
def test_dtypes(loss):
    items = make_items(np.random.default_rng(3), [600, 20], 1000)
    single = replace(items, scores=items.scores.astype(np.float32))
    double = replace(items, scores=single.scores.astype(np.float64))
    extended = replace(items, scores=single.scores.astype(np.longdouble))
    results = [summed(it, loss, grad=True, hess=True) for it in (single, double, extended)]
    for name in ("numerator", "grad", "hess"):
        from_single, from_double, from_extended = (getattr(result, name) for result in results)
        assert from_single.dtype == np.float64
        assert from_extended.dtype == np.longdouble
        np.testing.assert_array_equal(from_single, from_double)
        np.testing.assert_allclose(from_double, from_extended.astype(float), rtol=1e-11)
        np.testing.assert_allclose(results[0].denominator, results[2].denominator, rtol=1e-15)


@pytest.mark.parametrize("loss", LOSSES, ids=repr)
def test_a_loss_with_hooks_only_is_summed_directly(loss):
    items = make_items(np.random.default_rng(4), [1500, 30], 1000)
    assert_agree(items, replace(loss, fields=None))


def test_unweighted_denominators_are_exact():
    levels = np.arange(10**6)
    items = Items(np.zeros(10**6), levels // 1000, None, np.array([0, 10**6]))
    sums = summed(items, LOSSES[0])
    assert sums.denominator == [(10**12 - 1000 * 1000**2) // 2]


@pytest.mark.parametrize("loss", LOSSES, ids=repr)
@pytest.mark.parametrize("plan", [Plan(), BY_HALVES, ON_A_GRID])
@pytest.mark.parametrize("weight", [0.1, 0.7])
def test_roundings_of_equal_weights_do_not_add_up(loss, plan, weight):
    for levels in (2, 5000):
        items = make_items(np.random.default_rng(7), [5000], levels, 0.01)
        items = replace(items, weights=np.full(5000, weight))
        counts = np.unique(items.levels, return_counts=True)[1]
        exact = Fraction(weight) ** 2 * ((5000**2 - int(np.sum(counts**2))) // 2)
        found = summed(items, loss, plan=plan).denominator[0]
        assert abs(Fraction(found) / exact - 1) <= 4 * np.finfo(np.float64).eps


@pytest.mark.parametrize("sigma", [0.37, 1.7])
@pytest.mark.parametrize("spread", [1e-3, 0.3, 3.0])
@pytest.mark.parametrize("plan", [Plan(), BY_HALVES, ON_A_GRID])
def test_each_item_of_a_logistic_loss_is_accurate(sigma, spread, plan):
    """Relative to the terms of its own pairs, of which the largest have σ|d| of some spread."""
    loss, rng = PairwiseLogistic(sigma=sigma), np.random.default_rng(1)
    items = make_items(rng, [600], 10**6, weighted=False)
    items = replace(items, scores=rng.normal(size=600) * spread / sigma)
    sums = summed(items, loss, grad=True, hess=True, plan=plan)
    s = items.scores.astype(np.longdouble)
    higher = items.levels[:, None] > items.levels
    d = s[:, None] - s
    slope = np.where(higher, loss.derivative(d), 0)
    bend = np.where(higher, loss.second_derivative(d), 0)
    bound = (8 * (1 + spread) + 4) * np.finfo(np.float64).eps  # of a pair, and of the summation
    terms = np.abs(slope).sum(axis=1) + np.abs(slope).sum(axis=0)
    assert (np.abs(sums.grad - (slope.sum(axis=1) - slope.sum(axis=0))) <= bound * terms).all()
    expected = bend.sum(axis=1) + bend.sum(axis=0)
    assert (np.abs(sums.hess - expected) <= bound * expected).all()


@pytest.mark.parametrize("degree", [1, 2])
@given(
    scores=st.lists(st.floats(-1e9, 1e9) | st.sampled_from([0.0, 0.7, 1.4, 1e9, 1e9 + 0.7]), min_size=2, max_size=7),
    margin=st.sampled_from([0.7, 1.0, 1e-9, 3e8]),
)
@settings(deadline=None, max_examples=60)
def test_hinges_are_exact_to_rounding(degree, scores, margin):
    s = np.array(scores)
    n = len(s)
    loss = (Hinge if degree == 1 else SquaredHinge)(margin, HingeFields(margin, degree))
    items = Items(s, np.arange(n), None, np.array([0, n]))
    got = summed(items, loss, plan=Plan(leaf=1, direct=0)).numerator[0]
    pairs = [(Fraction(s[i]) - Fraction(s[j])) for i in range(n) for j in range(i)]
    exact = sum(max(Fraction(0), Fraction(margin) - d) ** degree for d in pairs)
    # d is rounded before it is taken from the margin, so that eps·|d| is lost of each term that is not zero
    lost = sum(abs(d) + Fraction(margin) for d in pairs if d < 2 * Fraction(margin)) * Fraction(2.0**-50)
    slope = degree * max((abs(Fraction(margin) - d) for d in pairs), default=0) ** (degree - 1)
    assert abs(Fraction(got) - exact) <= lost * slope


@settings(deadline=None, max_examples=60)
@given(
    scores=st.lists(st.floats(-30, 30) | st.floats(-400, 400), min_size=2, max_size=6),
    sigma=st.sampled_from([1.0, 1.7, 0.01]),
    few=st.sampled_from([0, 1000]),
    dense=st.sampled_from([0, 1e9]),
)
def test_logistic_is_exact_to_rounding(scores, sigma, few, dense):
    s = np.array(scores)
    n = len(s)
    items = Items(s, np.arange(n), None, np.array([0, n]))
    plan = Plan(leaf=1, direct=0, dense=dense, block=0)
    sums = summed(items, Logistic(sigma, LogisticFields(sigma, few)), grad=True, plan=plan)
    with localcontext(prec=60):
        z = {(i, j): Decimal(sigma) * (Decimal(s[i]) - Decimal(s[j])) for i in range(n) for j in range(i)}
        exact = sum(_log1p_exp(-x) for x in z.values())
        error = abs(Decimal(float(sums.numerator[0])) - exact)
        assert error <= Decimal("1e-12") * exact
        slopes = {pair: -Decimal(sigma) / (1 + x.exp()) for pair, x in z.items()}
        for k in range(n):
            slope = sum(f * ((i == k) - (j == k)) for (i, j), f in slopes.items())
            scale = max(abs(f) for f in slopes.values())
            assert abs(Decimal(float(sums.grad[k])) - slope) <= Decimal("1e-12") * scale


def _log1p_exp(x):
    """log(1 + eˣ), by the series where 1 + eˣ would round to 1."""
    t = x.exp()
    return t - t * t / 2 if x < -60 else (1 + t).ln()


@pytest.mark.parametrize("eta", [1.0, 1.3, 1.7, 1.999])
def test_interpolation_keeps_its_error_bound(eta):
    rng = np.random.default_rng(0)
    u = np.sort(rng.uniform(-0.5, 0.5, 5000))
    points = Points(u, node_count(eta))
    assert len(points.places.cell) == node_count(eta)
    for shift in (0, 3, 30, -30):
        for f in (Logistic().formula, Logistic().derivative, Logistic().second_derivative):
            exact, values = f(eta * (u + shift)), f(eta * (points.places.offset + shift))
            np.testing.assert_allclose(points.interpolate([values])[0], exact, rtol=1e-13)


@given(
    sizes=st.lists(st.integers(1, 9), min_size=1, max_size=30).map(np.array),
    most=st.integers(1, 20),
)
def test_blocks_hold_whole_levels_and_are_as_large_as_may_be(sizes, most):
    bounds = blocks_of_levels(np.cumsum(sizes) - sizes, sizes.sum(), most)
    assert set(bounds) <= {0, *np.cumsum(sizes)}
    assert (bounds[0], bounds[-1]) == (0, sizes.sum())
    starts = np.cumsum(sizes) - sizes
    levels = np.diff(np.searchsorted(starts, bounds))
    assert np.all(levels >= 1)
    assert np.all((np.diff(bounds) <= most) | (levels == 1))
    assert len(levels) <= 2 * sizes.sum() / most + 1


@pytest.mark.parametrize("loss", LOSSES[2:], ids=repr)
@pytest.mark.parametrize("weighted", [True, False])
def test_batches_of_blocks_agree_with_halving(loss, weighted):
    """Blocks and items of more than one tile, and blocks with several levels, one of them large."""
    rng = np.random.default_rng(5)
    items = make_items(rng, [3, 30000, 7], 30000, weighted=weighted)
    items = replace(items, levels=np.where(items.levels > 20000, 10**6, items.levels))
    on_grid, halved = (
        summed(items, loss, grad=True, hess=True, plan=plan) for plan in (Plan(dense=1e9, block=0.1), Plan(dense=0))
    )
    np.testing.assert_allclose(on_grid.numerator, halved.numerator, rtol=1e-12)
    np.testing.assert_allclose(on_grid.denominator, halved.denominator, rtol=1e-14)
    for got, expected in ((on_grid.grad, halved.grad), (on_grid.hess, halved.hess)):
        np.testing.assert_allclose(got, expected, rtol=0, atol=1e-11 * np.abs(expected).max())


@pytest.mark.parametrize("sigma", [1e-300, 1e-20, 1e20, 1e160, 1e250])
@pytest.mark.parametrize("plan", [BY_HALVES, ON_A_GRID])
def test_a_logistic_loss_of_any_steepness_agrees_with_all_pairs(sigma, plan):
    rng = np.random.default_rng(6)
    for scale in (1.0, 1 / sigma, 1e-5, 1e60):
        items = make_items(rng, [200], 40, scale)
        loss = PairwiseLogistic(sigma=sigma)
        sums, direct = (summed(items, loss, grad=True, hess=True, plan=p) for p in (plan, Plan(leaf=200)))
        np.testing.assert_allclose(sums.numerator, direct.numerator, rtol=1e-12)
        for got, expected in ((sums.grad, direct.grad), (sums.hess, direct.hess)):
            largest = np.abs(expected[np.isfinite(expected)]).max(initial=0)
            np.testing.assert_allclose(got, expected, rtol=0, atol=1e-11 * largest)


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("spread", [1, 30, 1000])
@np.errstate(all="ignore")
def test_cells_act_as_their_points_do(sign, spread):
    rng = np.random.default_rng(0)
    here, there = (Places(np.sort(rng.integers(0, spread, 300)) + 0.0, rng.uniform(-0.5, 0.5, 300)) for _ in "ab")
    system = System(1.4, sign, here, there, rng.random(300))
    for by_cells, by_points in zip(*(system.fields((0, 1, 2), few) for few in (0, 10**6)), strict=True):
        np.testing.assert_allclose(by_cells, by_points, rtol=1e-13)


def test_the_bound_on_the_nodes_gives_the_documented_numbers():
    assert [node_count(eta) for eta in (1.0, 2.0)] == [19, 27]


def test_far_cells_count_whatever_weigh_their_items():
    """Weights that make up for the distance, so that each of 600 cells matters as much."""
    lower = -np.arange(600.0)
    items = Items(
        np.append(lower, 5.0),
        np.append(np.zeros(600, int), 1),
        np.append(np.exp(-lower), 1),
        np.array([0, 601]),
    )
    assert_agree(items, Logistic(1.0, LogisticFields(1.0, few=0)), Plan(leaf=1, direct=0))


def test_sums_above_keep_their_error_bound():
    n = 10**6
    sums = sums_above(np.full(n, 0.1))
    exact = 0.1 * np.arange(n, -1, -1, dtype=np.longdouble)
    assert sums[-1] == 0
    assert np.max(np.abs(sums[:-1] / exact[:-1] - 1)) <= 2 * np.sqrt(n) * 2.0**-53


@given(
    steps=st.lists(st.integers(-20, 20), min_size=1, max_size=30),
    offset=st.sampled_from([0.0, 1e-17, 1.0, 1e9]),
    margin=st.sampled_from([0.1, 0.3, 1.0]),
)
def test_a_source_is_active_where_the_formula_says_so(steps, offset, margin):
    x = np.sort(margin * np.array(steps) + offset)
    first = first_active(x, x, margin)
    np.testing.assert_array_equal(first, np.sum(x[:, None] - x >= margin, axis=1))


@pytest.mark.parametrize(
    ("loss", "levels", "scale"),
    [*((loss, 2, scale) for loss in LOSSES[:3] for scale in (1.0, 1e6)), (LOSSES[2], 10**6, 1.0)],
)
def test_a_million_items_take_little_memory(loss, levels, scale):
    n = 10**6
    items = make_items(np.random.default_rng(0), [n], levels, scale, weighted=False)
    tracemalloc.start()
    sums = summed(items, loss, grad=True)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak <= 40 * n + 60 * 2**20
    part = slice(0, n, 1000)
    assert np.all(np.isfinite(sums.grad[part]))
    assert abs(np.sum(sums.grad)) <= 1e-9 * np.sum(np.abs(sums.grad))


@pytest.mark.parametrize("loss", LOSSES, ids=repr)
def test_short_queries_take_bounded_memory(loss):
    items = make_items(np.random.default_rng(0), [100] * 2000, 5, weighted=False)
    tracemalloc.start()
    summed(items, loss, grad=True)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak <= 16 * len(items.scores) + 8 * 2**20
