"""Losses of the margin: reference values, exact arithmetic, kinks, limits, constants, labels and messages."""

import math
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import strategies as st

from exact_elements import margin
from hard_points import arrays, assert_as_stored, assert_exact, assert_least_at, stored
from losses import (
    BinaryCrossEntropy,
    Exponential,
    Hinge,
    MarginLoss,
    ModifiedHuber,
    Perceptron,
    SmoothedHinge,
    SquaredHinge,
)
from problems import over
from registry import Seeded, choice, magnitudes, reals, signed

EPS = np.finfo(np.float64).eps
GAMMAS = [1e-300, 1e-9, 0.3, 1.0, 2.5, 1e9]
LOSSES = [
    Hinge(),
    SquaredHinge(),
    Perceptron(),
    *(SmoothedHinge(gamma=gamma) for gamma in GAMMAS),
    ModifiedHuber(),
    Exponential(),
]
each_loss = pytest.mark.parametrize("loss", LOSSES, ids=repr)


@stored(Hinge, SquaredHinge, Perceptron, SmoothedHinge, ModifiedHuber, Exponential)
def test_stored_values(loss, record):
    """Of scikit-learn, and hard points in 250 digits."""
    assert_as_stored(loss, record, margin)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("negative", [0.0, -1.0])
@over(LOSSES, data=st.data())
def test_exactly(loss, dtype, negative, data):
    """Next to kinks, too, and for margins of any size."""
    if dtype == np.float32 and getattr(loss, "gamma", 1) in (1e-300, 0.3, 1e-9):
        loss = SmoothedHinge(gamma=2.0**-20)  # which float32 holds, so that 1 − γ is the same
    kinks = (-1.0, 0.0, 0.25, 1.0)
    near_kinks = Seeded(lambda rng, shape: rng.choice(kinks, shape) + reals(1e-6).make(rng, shape))
    limit = 1e3 if loss == Exponential() else 1e30 if dtype == np.float32 else 1e290
    scores = near_kinks | reals(4) | signed(magnitudes(1 / limit, limit))
    y = data.draw(arrays(dtype, choice(negative, 1.0)))
    s = data.draw(arrays(dtype, scores))
    assert_exact(loss, y, s, margin)


@pytest.mark.parametrize(
    ("loss", "z", "slope", "bend"),
    [
        (Hinge(), 1.0, 0, 0),
        (Hinge(), np.nextafter(1, 0), -1, 0),
        (SquaredHinge(), 1.0, 0, 0),
        (SquaredHinge(), np.nextafter(1, 0), -EPS, 2),
        (Perceptron(), 0.0, 0, 0),
        (Perceptron(), -0.0, 0, 0),
        (Perceptron(), -5e-324, -1, 0),
        (SmoothedHinge(gamma=0.5), 1.0, 0, 0),
        (SmoothedHinge(gamma=0.5), 0.5, -1, 2),
        (SmoothedHinge(gamma=0.5), np.nextafter(0.5, 0), -1, 0),
        (ModifiedHuber(), 1.0, 0, 0),
        (ModifiedHuber(), -1.0, -4, 2),
        (ModifiedHuber(), np.nextafter(-1, -2), -4, 0),
    ],
)
def test_where_branches_meet(loss, z, slope, bend):
    """The derivative is 0 where a hinge reaches zero; second derivatives are those of the formula's own branch."""
    loss = loss.with_reduction("sum")
    for y, sign in ((1, 1), (0, -1)):
        np.testing.assert_array_equal(loss.grad([y], [sign * z]), [sign * slope])
        np.testing.assert_array_equal(loss.hess([y], [sign * z]), [bend])


@each_loss
def test_infinities_and_nan(loss):
    loss = loss.with_reduction("none")
    np.testing.assert_array_equal(loss.value([1, 1, 0], [np.inf, -np.inf, np.inf]), [0, np.inf, np.inf])
    np.testing.assert_array_equal(loss.grad([1], [np.inf]), [0])
    assert np.isnan(loss.value([1, 0], [np.nan] * 2)).all()
    assert np.isnan(loss.grad([1, 0], [np.nan] * 2)).all()


def test_limits_of_the_family():
    """γ → 0 is the hinge, γ = 2 a quarter of the modified Huber loss, which is the squared hinge for |z| ≤ 1."""
    z = np.linspace(-3, 3, 241)
    ones = np.ones_like(z)
    values = {loss: loss.with_reduction("none").value(ones, z) for loss in [*LOSSES, SmoothedHinge(gamma=2.0)]}
    np.testing.assert_allclose(values[SmoothedHinge(gamma=1e-9)], values[Hinge()], atol=1e-9)
    np.testing.assert_array_equal(values[SmoothedHinge(gamma=1e-300)], values[Hinge()])
    np.testing.assert_allclose(4 * values[SmoothedHinge(gamma=2.0)], values[ModifiedHuber()], rtol=1e-14)
    inside = np.abs(z) <= 1
    np.testing.assert_array_equal(values[ModifiedHuber()][inside], values[SquaredHinge()][inside])
    np.testing.assert_allclose(Hinge().value(ones, z + 1), Perceptron().value(ones, z), rtol=1e-15)


# --------------------------------------------------------------------------------------------- properties


@over(LOSSES, a=st.floats(-6, 6), b=st.floats(-6, 6), t=st.floats(0, 1))
def test_claims(loss, a, b, t):
    """Convexity, the constants of Lipschitz, and that the derivative is continuous where it is said to be."""
    one = loss.with_reduction("sum")
    value = [one.value([1.0], [x]) for x in (a, b, (1 - t) * a + t * b)]
    slopes = [one.grad([1.0], [x])[0] for x in (a, b)]
    assert loss.is_convex
    chord = (1 - t) * value[0] + t * value[1]
    assert value[2] <= chord + 1e-12 * (1 + chord)
    if loss.lipschitz is not None:
        assert abs(value[0] - value[1]) <= loss.lipschitz * abs(a - b) + 1e-12 * (1 + max(value))
    if loss.smoothness is not None:
        assert abs(slopes[0] - slopes[1]) <= loss.smoothness * abs(a - b) * (1 + 1e-9) + 1e-12


@pytest.mark.parametrize("loss", [loss for loss in LOSSES if getattr(loss, "gamma", 1) > 1e-3], ids=repr)
def test_the_derivative_jumps_at_the_kinks_and_nowhere_else(loss):
    step = 1e-9
    points = np.unique(np.concatenate([np.linspace(-4, 4, 161), loss.kinks]))
    right, left = (loss.with_reduction("sum").grad(np.ones_like(points), points + side) for side in (step, -step))
    np.testing.assert_array_equal(points[np.abs(right - left) > 1e-5], loss.kinks)
    assert loss.is_differentiable == (not loss.kinks)


@each_loss
def test_the_largest_slope_is_reached(loss):
    z = np.linspace(-4, 1, 2001)
    one = loss.with_reduction("sum")
    if loss.lipschitz is not None and getattr(loss, "gamma", 1) < 4:
        assert np.abs(one.grad(np.ones_like(z), z)).max() == loss.lipschitz
    if loss.smoothness is not None and getattr(loss, "gamma", 1) > 1e-2:
        assert one.hess(np.ones_like(z), z).max() == loss.smoothness


@each_loss
def test_the_curvature_is_1_for_kinked_losses_and_else_the_hessian_above_a_floor(loss):
    loss = loss.with_reduction("sum")
    y, s = [1, 1, 0, 0, 1], [0.5, 2.0, 0.3, -40.0, -3.0]
    expected = np.ones(5) if loss.kinks else np.maximum(loss.hess(y, s), EPS)
    np.testing.assert_array_equal(loss.curvature(y, s), expected)


# --------------------------------------------------------------------------------------------- constants and links


@pytest.mark.parametrize("heavy", [0, 1])
@over([loss for loss in LOSSES if getattr(loss, "gamma", 1) < 1e9], data=st.data())
def test_no_score_is_better_than_the_best(loss, heavy, data):
    y = np.array([heavy, heavy, 1 - heavy, heavy, 1 - heavy])
    weight = np.array(data.draw(st.lists(st.floats(0.125, 4), min_size=5, max_size=5)))
    best = loss.best_constant(y, weight)
    assert type(best) is float
    assert_least_at(loss, best, y, weight, np.linspace(-3, 3, 31))
    assert loss.best_constant(2 * y - 1, weight) == best
    assert loss.best_constant(1 - y, weight) == pytest.approx(-best, rel=1e-15)


@pytest.mark.parametrize("loss", LOSSES[:-1], ids=repr)
def test_one_class_alone(loss):
    best = loss.best_constant([1, 1, 0], [1.0, 2.0, 0.0])
    assert loss.value([1, 1], [best, best]) == 0


def test_what_has_no_best_score():
    with pytest.raises(ValueError, match="only one class"):
        Exponential().best_constant([1, 1])
    with pytest.raises(ValueError, match="no sample of positive weight"):
        Hinge().best_constant([])
    with pytest.raises(ValueError, match=r"y_true\[1\] is 0, but labels of which one is -1"):
        Hinge().best_constant([-1, 0])
    with pytest.raises(TypeError, match="masked"):
        Hinge().best_constant(np.ma.array([1.0, 0.0], mask=[True, False]))


@pytest.mark.parametrize("loss", [SquaredHinge(), ModifiedHuber(), Exponential()])
def test_the_link_of_the_best_score_is_the_share_of_the_positive_class(loss):
    y, weight = [1, 1, 0, 0], [1.0, 2.0, 0.5, 0.25]
    assert loss.inverse_link([loss.best_constant(y, weight)])[0] == pytest.approx(3 / 3.75, rel=1e-14)
    np.testing.assert_allclose(loss.inverse_link(np.float32([-50, 50])), [0, 1], atol=1e-6)
    assert loss.inverse_link(np.float32([0])).dtype == np.float32


# --------------------------------------------------------------------------------------------- labels


@each_loss
@pytest.mark.parametrize("dtype", [bool, np.uint8, np.int64, np.float32, np.float64])
def test_both_kinds_of_labels_are_the_same(loss, dtype):
    y, s = np.array([1, 0, 0, 1]), [0.5, -3.0, 0.25, -1.0]
    expected = loss.grad(2 * y - 1, s)
    np.testing.assert_array_equal(loss.grad(y.astype(dtype), s), expected)
    np.testing.assert_array_equal(loss.grad((2.0 * y - 1).astype(np.float32), s), expected)
    assert loss.value(y.astype(dtype), s) == loss.value(2 * y - 1, s)


@pytest.mark.parametrize(
    ("y", "words"),
    [
        ([1, 0, -1], r"y_true\[1\] is 0, but labels of which one is -1 must all be -1 or 1"),
        ([1.0, -1.0, 0.5], r"y_true\[2\] is 0\.5, but labels of which one is -1"),
        ([0, 1, 2], r"y_true\[2\] is 2, but a label must be 0 or 1 .*CategoricalCrossEntropy"),
        ([1, 2, 2], r"y_true\[1\] is 2, but a label must be 0 or 1 .*subtract 1"),
        ([0.0, 0.25, 1.0], r"y_true\[1\] is 0\.25, but a label must be 0 or 1 .*\(y_true, y_pred\)"),
        ([0.0, np.nan, 1.0], r"y_true\[1\] is nan, but a label must be 0 or 1"),
        ([-1.0, np.nan, 1.0], r"y_true\[1\] is nan, but labels of which one is -1"),
        ([0.0, np.inf, 1.0], r"y_true\[1\] is inf"),
    ],
)
def test_other_labels(y, words):
    for method in ("value", "grad", "value_and_grad", "hess", "grad_and_curvature", "partial"):
        with pytest.raises(ValueError, match=words):
            getattr(Hinge(), method)(y, [0.5, 1.0, 2.0])


def test_the_kind_is_that_of_the_labels_that_count():
    """A sample of weight 0 may have any label, and says nothing about the others'."""
    loss = Hinge()
    assert loss.value([1, 0, -1], [0.5, 1.0, 2.0], sample_weight=[1, 1, 0]) == loss.value([1, 0], [0.5, 1.0])
    assert loss.value([1, 0, -1], [0.5, 1.0, 2.0], sample_weight=[1, 0, 1]) == loss.value([1, -1], [0.5, 2.0])


def test_the_kind_is_found_in_any_block():
    y, s = np.ones(300_000), np.full(300_000, 0.5)
    y[-1] = -1
    assert Hinge(reduction="sum").value(y, s) == 0.5 * 299_999 + 1.5
    y[5] = 0
    with pytest.raises(ValueError, match=r"y_true\[5\] is 0\.0"):
        Hinge().value(y, s)


def test_a_margin_loss_of_ones_own():
    @dataclass(frozen=True, kw_only=True)
    class Logistic(MarginLoss):
        def formula(self, z):
            return np.log1p(np.exp(-z))

        def derivative(self, z):
            return -1 / (1 + np.exp(z))

    y, s = [1, 0, 1, 1], [0.5, 1.5, -2.0, 0.0]
    assert Logistic().value(y, s) == pytest.approx(BinaryCrossEntropy(from_logits=True).value(y, s), rel=1e-15)
    assert Logistic().best_constant(y) == pytest.approx(math.log(3), rel=1e-12)
    np.testing.assert_array_equal(Logistic(reduction="sum").curvature(y, s), np.ones(4))


@pytest.mark.parametrize("bad", [0.0, -1.0, math.inf, math.nan, None, "1"])
def test_gamma_is_positive(bad):
    with pytest.raises(ValueError, match="gamma"):
        SmoothedHinge(gamma=bad)
