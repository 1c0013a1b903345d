"""Sums over the pairs of many short queries, which lie in columns, and those of the logistic loss."""

import math
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import exact_lists
import losses
from exact_lists import DTYPES, KINDS, LENGTH, score_rows
from losses import PairwiseHinge, PairwiseLogistic, PairwiseLoss
from losses._pairs.columns import FEW, Columns, Totals, column_sums, keep_later
from losses._pairs.items import Items, Plan
from losses._pairs.sums import pair_sums

each_dtype = pytest.mark.parametrize("dtype", DTYPES, ids=lambda dtype: dtype.__name__)


def sorted_items(y, s, weights, bounds):
    """Return items by query and ascending level, and where they stood."""
    query = np.repeat(np.arange(len(bounds) - 1), np.diff(bounds))
    order = np.lexsort((y, query))
    return Items(s[order], y[order], None if weights is None else weights[order], bounds), order


@each_dtype
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("sigma", [1.0, 0.3])
@pytest.mark.parametrize("weighted", [False, True])
def test_each_number_is_exact_to_rounding(kind, dtype, sigma, weighted):
    """Of queries of two lengths, some padded; relative to its pairs' terms times 1 + σ|d|."""
    rng = np.random.default_rng(0)
    lengths = np.array([LENGTH, LENGTH - 2, LENGTH, LENGTH])
    bounds = np.append(0, np.cumsum(lengths))
    y, s = rng.integers(0, 4, bounds[-1]), score_rows(kind, dtype).ravel()[: bounds[-1]]
    w = 10 ** rng.uniform(-3, 3, len(y)) if weighted else None
    items, order = sorted_items(y, s, w, bounds)
    sums = pair_sums(items, PairwiseLogistic(sigma=sigma), (0, 1, 2))
    eps, tiny = (float(getattr(np.finfo(dtype), name)) for name in ("eps", "tiny"))
    for q, (start, end) in enumerate(pairwise(bounds)):
        part = order[start:end]
        values, sizes = exact_lists.pairwise_logistic(
            y[part], s[part], np.ones(len(y)) if w is None else w[part], sigma
        )
        found = [sums.numerator[q : q + 1], sums.slopes[1][start:end], sums.slopes[2][start:end]]
        for power, numbers in enumerate(found):
            wanted, size = ((x[power] if power else [x[power]]) for x in (values, sizes))
            for a, b, c in zip(numbers.tolist(), wanted, size, strict=True):
                assert abs(Decimal(a) - b) <= 8 * max(Decimal(eps) * c, Decimal(1e6 * tiny))


@given(
    sizes=st.lists(st.integers(0, 40) | st.integers(120, 150) | st.just(201), min_size=1, max_size=6),
    seed=st.integers(0, 1000),
    spread=st.sampled_from([1.0, 1e5, 1e307]),
    weighted=st.booleans(),
)
def test_results_depend_on_the_query_alone(sizes, seed, spread, weighted):
    rng = np.random.default_rng(seed)
    bounds = np.append(0, np.cumsum(sizes))
    y, s = rng.integers(0, 4, bounds[-1]), spread * rng.standard_normal(bounds[-1])
    w = rng.uniform(0.5, 2, len(y)) if weighted else None
    items, _ = sorted_items(y, s, w, bounds)
    loss = PairwiseLogistic()
    sums = pair_sums(items, loss, (0, 1, 2))
    for q, (start, end) in enumerate(pairwise(bounds)):
        own = None if w is None else items.weights[start:end]
        alone = Items(items.scores[start:end], items.levels[start:end], own, np.array([0, end - start]))
        for order in (0, 1, 2):
            one = pair_sums(alone, loss, (order,))
            assert one.denominator[0] == sums.denominator[q]
            if order == 0:
                assert one.numerator[0] == sums.numerator[q]
            else:
                np.testing.assert_array_equal(one.slopes[order], sums.slopes[order][start:end])


def test_infinite_scores_and_nan_reach_the_items_that_share_a_pair():
    y = np.array([[2.0, 1.0, 0.0]] * 5)
    inf, nan = np.inf, np.nan
    s = np.array([[inf, 0, -inf], [-inf, 0, 0], [inf, inf, 0], [nan, 0, 0], [0, -inf, -inf]])
    loss = PairwiseLogistic(reduction="none")
    np.testing.assert_array_equal(loss.value(y, s), [0, inf, nan, nan, nan])
    grad, hess = loss.grad(y, s), loss.hess(y, s)
    np.testing.assert_array_equal(grad[:2], [[0, 0, 0], [-2, 0.5, 1.5]])
    np.testing.assert_array_equal(np.isnan(grad), [[0] * 3, [0] * 3, [1, 1, 0], [1, 1, 1], [0, 1, 1]])
    np.testing.assert_array_equal(np.isnan(hess), np.isnan(grad))
    # Equal infinities that are no pair
    np.testing.assert_array_equal(loss.grad([1.0, 0.0, 0.0], [0.0, inf, inf]), [-2, 1, 1])


@pytest.mark.parametrize("loss", [PairwiseLogistic(), PairwiseHinge()], ids=repr)
def test_threads_change_no_bit(loss, restored_threads):
    rng = np.random.default_rng(0)
    qid = np.repeat(np.arange(3000), rng.integers(1, 120, 3000))
    y, s = rng.integers(0, 5, len(qid)), rng.standard_normal(len(qid))
    found = []
    for threads in (1, 3):
        losses.set_num_threads(threads)
        found.append((*loss.value_and_grad(y, s, qid=qid), loss.curvature(y, s, qid=qid)))
    for one, other in zip(*found, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("sigma", [1e-300, 1e-31, 1e31, 1e250])
def test_extreme_steepness_goes_another_way(sigma):
    s = np.array([0.0, 1.0, 3.0, -1.0]) / sigma
    wanted = PairwiseLogistic(reduction="none").value([1, 0, 2, 0], s * sigma)
    np.testing.assert_allclose(
        PairwiseLogistic(sigma=sigma, reduction="none").value([1, 0, 2, 0], s), wanted, rtol=1e-14
    )


@each_dtype
@pytest.mark.parametrize("m", [5, 128, 129, 1000])
def test_column_sums_take_few_roundings_and_do_not_heed_zeros_first(m, dtype):
    terms = np.random.default_rng(0).random((m, 3)).astype(dtype)
    before = terms.copy()
    found = column_sums(terms, m)
    np.testing.assert_array_equal(terms, before)
    exact = [math.fsum(column) for column in terms.T.tolist()]
    np.testing.assert_allclose(found, exact, rtol=0.25 * (128 + m / 64) * np.finfo(dtype).eps)
    for column in range(3):
        np.testing.assert_array_equal(
            column_sums(np.ascontiguousarray(terms[:, column : column + 1]), m), found[column]
        )
    for zeros in (1, m // 2):
        terms[:zeros] = 0
        np.testing.assert_array_equal(column_sums(terms, m), column_sums(terms[zeros:], m))


def test_totals_add_up_what_each_pair_gives():
    rng = np.random.default_rng(0)
    for m, count in ((50, 1), (150, 4), (700, 1)):
        columns = Columns(np.zeros((m, count)), None, 1.0)
        totals, wanted = Totals((m, count), np.dtype(float)), np.zeros((m, count))
        for i, j in columns.blocks(m - 1):
            terms = rng.standard_normal((i.stop - i.start, j.stop - j.start, count))
            keep_later(i, terms)
            totals.add(i, j, terms, -1)
            wanted[j] += terms.sum(axis=0)
            wanted[i] -= terms.sum(axis=1)
        np.testing.assert_allclose(totals.result(), wanted, atol=1e-12)


@pytest.mark.parametrize("shape", [(2, 1), (31, 5), (100, 1), (100, 400), (1000, 1), (100_000, 1)])
def test_blocks_cover_the_items(shape):
    columns = Columns(np.zeros(shape), None, 1.0)
    covered = [(i.start, i.stop) for i, j in columns.blocks(shape[0] - 1) if j == slice(i.start + 1, shape[0])]
    assert [start for start, _ in covered] == [0, *(stop for _, stop in covered[:-1])]
    assert covered[-1][1] == shape[0] - 1
    assert FEW % columns.height == 0  # so that parts of totals end where they would one by one
    assert columns.height * columns.s.size <= max(columns.s.size, 1 << 17)


def test_only_later_items_are_kept():
    terms = np.ones((3, 4, 1))
    keep_later(slice(0, 3), terms)  # items 0 to 2 with items 1 to 4
    np.testing.assert_array_equal(terms[:, :, 0], [[1, 1, 1, 1], [0, 1, 1, 1], [0, 0, 1, 1]])


def test_a_plan_of_small_leaves_agrees():
    """Pieces of one query that are summed as leaves, and pairs between them."""
    rng = np.random.default_rng(3)
    items, _ = sorted_items(rng.integers(0, 30, 100), rng.standard_normal(100), None, np.array([0, 100]))
    whole, parts = (pair_sums(items, PairwiseLogistic(), (0, 1), plan) for plan in (Plan(), Plan(leaf=7)))
    np.testing.assert_allclose(whole.numerator, parts.numerator, rtol=1e-13)
    np.testing.assert_allclose(whole.slopes[1], parts.slopes[1], atol=1e-12)


def test_a_hook_that_reduces_is_refused():
    @dataclass(frozen=True, kw_only=True)
    class Reduced(PairwiseLoss):
        def formula(self, d):
            return np.exp(-d).mean()

    with pytest.raises(ValueError, match=r"^formula returned an array of shape \(\) for samples"):
        Reduced().value([1, 0, 2], [0.0, 1.0, 2.0])
