"""Losses of regions: exact arithmetic, empty masks, large regions, relations, constants and messages."""

import tracemalloc
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import strategies as st

import losses
from losses import BinaryCrossEntropy, Dice, Tversky
from problems import over

KINDS = [Dice(), Dice(smooth=0.0), Dice(smooth=1e-6), Tversky(alpha=0.3, beta=0.7), Tversky(alpha=1, beta=1, smooth=0)]
KINDS += [Tversky(alpha=0, beta=2.5, smooth=0.25), Tversky(alpha=0, beta=0, smooth=0)]
each_kind = pytest.mark.parametrize("loss", KINDS, ids=repr)


def exact(loss, y, p):
    """Return value, gradient and second derivatives of a region in fractions, from the catalogue's formula."""
    y, p = ([Fraction(float(each)) for each in array] for array in (y, p))
    k = Fraction(loss.smooth)
    both = sum(a * b for a, b in zip(y, p, strict=True))
    if isinstance(loss, Dice):
        top, bottom = 2 * both + k, sum(y) + sum(p) + k
        slopes = [(2 * a, Fraction(1)) for a in y]
    else:
        alpha, beta = Fraction(loss.alpha), Fraction(loss.beta)
        false, missed = sum(p) - both, sum(y) - both
        top, bottom = both + k, both + alpha * false + beta * missed + k
        slopes = [(a, a + alpha * (1 - a) - beta * a) for a in y]
    if bottom == 0:
        return Fraction(0), [Fraction(0)] * len(y), [Fraction(0)] * len(y)
    grad = [-(n * bottom - top * d) / bottom**2 for n, d in slopes]
    hess = [-2 * d * g / bottom for (_, d), g in zip(slopes, grad, strict=True)]
    return 1 - top / bottom, grad, hess


shares = st.sampled_from([0.0, 1.0]) | st.floats(0, 1, width=32) | st.sampled_from([1e-30, 2.0**-20, 1 - 2.0**-20])
masks = st.lists(st.sampled_from([0.0, 1.0]) | st.floats(0, 1, width=32), min_size=5, max_size=5)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@over(KINDS, y=masks, p=st.lists(shares, min_size=5, max_size=5), copied=st.booleans())
def test_exactly(loss, dtype, y, p, copied):
    """Also where both masks are the same, or nearly so: the value itself is within 16 eps."""
    y, p = np.array(y, dtype), np.array(y if copied else p, dtype)
    value, grad = loss.value_and_grad(y[np.newaxis], p[np.newaxis])
    hess = loss.hess(y[np.newaxis], p[np.newaxis])
    expected, slopes, bends = exact(loss, y, p)
    eps, least = float(np.finfo(dtype).eps), float(np.finfo(dtype).smallest_normal)
    assert value == pytest.approx(float(expected), rel=16 * eps, abs=16 * least)
    if expected == 1 and np.abs(grad).max() > 1e20:
        return  # the square of the denominator underflows
    limit = float(np.finfo(dtype).max) / 1e3
    for found, wanted in ((grad[0], slopes), (hess[0], bends)):
        largest = float(max(map(abs, wanted)))
        if largest < limit:
            np.testing.assert_allclose(found, [float(each) for each in wanted], atol=16 * eps * largest + 16 * least)


# --------------------------------------------------------------------------------------------- empty masks


@each_kind
def test_two_empty_masks_agree(loss):
    value, grad = loss.with_reduction("none").value_and_grad(np.zeros((2, 3)), [[0.0, 0.0, 0.0], [0.5, 0.0, 0.0]])
    assert value[0] == 0
    assert np.isfinite(grad).all()
    if loss.smooth == 0:
        np.testing.assert_array_equal(grad[0], 0)
        np.testing.assert_array_equal(loss.hess(np.zeros((1, 3)), np.zeros((1, 3))), 0)
    assert (loss.curvature(np.zeros((1, 3)), np.zeros((1, 3))) > 0).all()


def test_an_empty_mask_without_smoothing_is_all_wrong_or_all_right():
    loss = Dice(smooth=0, reduction="none")
    np.testing.assert_array_equal(loss.value([[0, 0], [0, 0], [1, 1]], [[0.0, 1e-300], [0, 0], [0, 0]]), [1, 0, 1])
    np.testing.assert_array_equal(loss.grad([[0, 0]], [[0.0, 0.5]]), [[0, 0]])


# --------------------------------------------------------------------------------------------- regions


def some(shape, seed=0, dtype=np.float64):
    rng = np.random.default_rng(seed)
    return (rng.random(shape) < 0.3).astype(dtype), rng.random(shape).astype(dtype)


def test_all_that_lies_below_an_entry_of_the_first_axis_is_one_region():
    y, p = some((3, 4, 5, 2))
    weight = np.array([1.0, 0.0, 2.5])
    loss = Tversky(alpha=0.3, beta=0.6)
    value, grad = loss.value_and_grad(y, p, sample_weight=weight)
    flat, slope = loss.value_and_grad(y.reshape(3, -1), p.reshape(3, -1), sample_weight=weight)
    assert value == flat
    np.testing.assert_array_equal(grad, slope.reshape(grad.shape))
    assert loss.with_reduction("none").value(y, p).shape == (3,)


@pytest.mark.usefixtures("small_blocks", "restored_threads")
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("shape", [(2, 300, 200), (3, 7, 11000), (1000, 9)])
def test_regions_larger_than_a_block_are_taken_in_parts(shape, dtype):
    y, p = some(shape, 1, dtype)
    loss = Dice(reduction="none")
    value, grad = loss.value_and_grad(y, p)
    each = [exact_sums(a, b) for a, b in zip(y.astype(float), p.astype(float), strict=True)]
    np.testing.assert_allclose(value, each, rtol=8 * np.finfo(dtype).eps)
    np.testing.assert_array_equal(loss.grad(y, p), grad)
    out = p.copy()
    loss.grad(y, out, out=out)
    np.testing.assert_array_equal(out, grad)
    losses.set_num_threads(3)
    np.testing.assert_array_equal(loss.grad(y, p), grad)


def exact_sums(y, p):
    return 1 - (2 * (y * p).sum() + 1) / (y.sum() + p.sum() + 1)


def test_memory_does_not_grow_with_a_region():
    y, p = some((1, 1500, 1000))
    out = np.empty_like(p)
    tracemalloc.start()
    Dice().value_and_grad(y, p, out=out)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4 * 2**20 < p.nbytes


# --------------------------------------------------------------------------------------------- relations, constants


def test_relations():
    y, p = some((6, 40))
    for smooth in (0.0, 1.0, 3.0):
        half = Tversky(smooth=smooth / 2)
        for method in ("value", "grad", "hess", "curvature"):
            found, expected = (getattr(loss, method)(y, p) for loss in (Dice(smooth=smooth), half))
            np.testing.assert_allclose(found, expected, rtol=1e-14)
    union = np.maximum(y, p).sum(axis=1)
    overlap = 1 - Tversky(alpha=1, beta=1, smooth=0, reduction="none").value(y, y * p) * 1.0
    np.testing.assert_allclose(overlap, (y * p).sum(axis=1) / np.maximum(y, y * p).sum(axis=1))
    assert (union > 0).all()
    assert Dice(smooth=0).value(y, y) == 0
    both = 0.5 * Dice() + 0.5 * BinaryCrossEntropy()
    assert both.value(y, p) == pytest.approx(0.5 * Dice().value(y, p) + 0.5 * BinaryCrossEntropy().value(y, p))


@each_kind
@pytest.mark.parametrize("seed", range(4))
def test_no_other_constant_is_better(loss, seed):
    rng = np.random.default_rng(seed)
    y = (rng.random((7, 5, 4)) < rng.random((7, 1, 1))).astype(float)
    weight = rng.uniform(0, 2, 7)
    best = loss.best_constant(y, weight)
    assert type(best) is float

    def at(c):
        return loss.value(y, np.full_like(y, c), sample_weight=weight)

    assert at(best) <= min(map(at, np.linspace(0, 1, 301))) + 1e-14


@pytest.mark.parametrize("loss", [Dice(), Tversky(alpha=0.2, beta=2.0)], ids=repr)
def test_neither_is_convex(loss):
    assert loss.is_convex is False
    assert loss.hess([[1, 0, 0]], [[0.5, 0.5, 0.5]]).min() < 0


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: Dice().value([1, 0], [0.5, 0.5]), r"first axis counts regions.*pass y_true\[np.newaxis\]"),
        (lambda: Dice().value([[1, 0]], [[2.5, 0.5]]), r"y_pred\[0, 0\] is 2.5.*if these are logits"),
        (lambda: Dice().value([[3, 0]], [[0.5, 0.5]]), r"y_true\[0, 0\] is 3"),
        (lambda: Dice().value([[1, 0]], [[0.5], [0.5]]), "nothing is broadcast"),
        (lambda: Dice().value([[1, 0]], [[0.5, 0.5]], sample_weight=[[1, 2]]), "sample_weight has shape"),
        (lambda: Tversky(alpha=-1), "alpha must be finite and not negative"),
        (lambda: Dice(smooth=-1e-9), "smooth must be finite and not negative"),
    ],
)
def test_messages(call, message):
    with pytest.raises(ValueError, match=message):
        call()
