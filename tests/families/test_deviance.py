"""Deviances: reference values, exact arithmetic, limits between them, constants, curvature and messages."""

import math

import numpy as np
import pytest
from hypothesis import strategies as st

from exact_elements import deviance
from hard_points import (
    arrays,
    assert_as_stored,
    assert_exact,
    assert_least_at,
    stored,
)
from losses import Gamma, NegativeBinomial, Poisson, Tweedie
from losses._admission.domains import Above
from problems import over
from registry import choice, magnitudes, reals, signed

EPS = np.finfo(np.float64).eps
POWERS = [-1.0, 0.0, 1.0, 1 + 1e-9, 1 + 1e-6, 1.0005, 1.1, 1.5, 1.9, 1.9995, 2 - 1e-9, 2.0, 2 + 1e-9, 2.5, 3.0]
DISPERSIONS = [1e-300, 1e-12, 1e-5, 0.3, 1.0, 1e3]
LOSSES = [
    Poisson(),
    Poisson(log_input=False),
    Gamma(),
    *(Tweedie(power=power) for power in POWERS),
    *(NegativeBinomial(dispersion=dispersion) for dispersion in DISPERSIONS),
]
each_loss = pytest.mark.parametrize("loss", LOSSES, ids=repr)


# --------------------------------------------------------------------------------------------- values


@stored(Poisson, Gamma, Tweedie, NegativeBinomial)
def test_stored_values(loss, record):
    """Of PyTorch, scikit-learn and statsmodels, and hard points in 250 digits."""
    assert_as_stored(loss, record, deviance)


def targets(loss, most):
    """Return makers of targets in the domain of a loss, far from 1 too, and where they may be, 0 and negative."""
    low = loss.domains()["y_true"].low
    far = magnitudes(1 / most, most) | choice(1.0, 3.0)
    if type(loss.domains()["y_true"]) is Above:
        return far
    return far | choice(0.0) if low == 0 else signed(far)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@over(LOSSES, data=st.data())
def test_exactly(loss, dtype, data):
    """Over the whole range of exponents, where a mean alone would overflow or vanish."""
    if dtype == np.float32 and getattr(loss, "dispersion", 1) < 1e-30:
        loss = NegativeBinomial(dispersion=1e-30)  # which float32 holds
    limit = 1e30 if dtype == np.float32 else 1e290
    logs = signed(magnitudes(1e-30, 4 * math.log(limit))) | reals(4)
    y = data.draw(arrays(dtype, targets(loss, limit)))
    s = data.draw(arrays(dtype, magnitudes(1 / limit, limit) if loss == Poisson(log_input=False) else logs))
    assert_exact(loss, y, s, deviance)


INF = math.inf


@pytest.mark.parametrize(
    ("loss", "value_below", "value_above", "grad_below", "grad_above"),
    [
        (Poisson(), [0, INF], INF, [0, -3], INF),
        (Poisson(log_input=False), None, INF, None, 1),
        (Gamma(), INF, INF, -INF, 1),
        (Tweedie(power=-1), 0, INF, 0, INF),
        (Tweedie(power=0), 0, INF, 0, INF),
        (Tweedie(power=1), [0, INF], INF, [0, -3], INF),
        (Tweedie(power=1.5), [0, INF], INF, [0, -INF], INF),
        (Tweedie(power=2), INF, INF, -INF, 1),
        (Tweedie(power=3), INF, 0, -INF, 0),
        (NegativeBinomial(dispersion=0.25), [0, INF], INF, [0, -3], 4),
        (NegativeBinomial(dispersion=1e3), [0, INF], INF, [0, -3], 1e-3),
    ],
    ids=lambda x: repr(x) if isinstance(x, (Poisson, Gamma, Tweedie, NegativeBinomial)) else "",
)
def test_infinite_predictions_take_the_limit(loss, value_below, value_above, grad_below, grad_above):
    """Where a term vanishes for y = 0, and where two terms are infinite and one of them grows faster."""
    y = [2.0 if type(loss.domains()["y_true"]) is Above else 0.0, 3.0]
    loss = loss.with_reduction("none")
    for end, value, grad in ((-INF, value_below, grad_below), (INF, value_above, grad_above)):
        if value is not None:
            np.testing.assert_array_equal(loss.value(y, [end, end]), np.broadcast_to(value, 2))
            np.testing.assert_array_equal(loss.grad(y, [end, end]), np.broadcast_to(grad, 2))
    if value_below is not None:
        assert np.isnan(loss.value(y, [math.nan] * 2)).all()
        assert np.isnan(loss.grad(y, [math.nan] * 2)).all()


def test_what_vanishes_in_a_product_of_exponents():
    """s(1 − p) below the smallest normal number, and a target that float32 rounds to 0 where e^{−s} is infinite."""
    y, s = [1e305], [1e-305]
    assert Tweedie(power=1 + EPS).value(y, s) == pytest.approx(Poisson().value(y, s), abs=8 * EPS)
    assert Gamma().value([1e-60], np.float32([-1e5])) == -1e5
    np.testing.assert_array_equal(Gamma().grad([1e-60], np.float32([-1e5])), [1])


# --------------------------------------------------------------------------------------------- limits

Y = np.array([0.25, 1.0, 2.0, 7.0, 40.0])
S = np.array([-1.5, 0.3, 0.0, 2.0, 3.5])


@pytest.mark.parametrize("method", ["value", "grad", "hess", "curvature"])
@pytest.mark.parametrize(("power", "limit"), [(1.0, Poisson()), (2.0, Gamma())], ids=["1", "2"])
def test_tweedie_of_power_1_and_2(method, power, limit):
    """Exactly at the power, and smooth near it: the difference is as small as the step."""
    expected = getattr(limit, method)(Y, S)
    np.testing.assert_array_equal(getattr(Tweedie(power=power), method)(Y, S), expected)
    for step in (1e-12, -1e-12, 1e-7, -1e-7, 5e-4, -5e-4):
        if power + step >= 1 and not (method == "curvature" and power + step > 2):
            near = getattr(Tweedie(power=power + step), method)(Y, S)
            assert np.max(np.abs(near - expected)) <= 1000 * abs(step)


@pytest.mark.parametrize("power", [1.0, 2.0])
def test_the_gradient_does_not_see_where_the_value_is_shifted(power):
    inside, outside = (Tweedie(power=power + sign * (1e-3 + step)) for sign, step in ((1, -1e-12), (1, 1e-12)))
    np.testing.assert_allclose(inside.grad(Y, S), outside.grad(Y, S), rtol=1e-9)
    shift = outside.with_reduction("none").value(Y, S) - inside.with_reduction("none").value(Y, S)
    np.testing.assert_allclose(shift, Y * 1e3 if power == 1 else np.full(5, -1e3), rtol=1e-8)


@pytest.mark.parametrize("method", ["value", "grad", "hess"])
def test_a_negative_binomial_of_small_dispersion_is_poisson(method):
    for dispersion in (1e-3, 1e-6, 1e-9, 1e-300):
        found = getattr(NegativeBinomial(dispersion=dispersion), method)(Y, S)
        assert np.max(np.abs(found - getattr(Poisson(), method)(Y, S))) <= 1000 * dispersion + 16 * EPS * 100


def test_the_mean_and_its_logarithm_give_one_poisson():
    mu = np.exp(S)
    assert Poisson(log_input=False).value(Y, mu) == pytest.approx(Poisson().value(Y, S), rel=1e-14)
    np.testing.assert_allclose(Poisson(log_input=False).grad(Y, mu) * mu, Poisson().grad(Y, S), rtol=1e-13)


@pytest.mark.parametrize("power", [0.0, 3.0])
def test_tweedie_of_normal_and_inverse_gaussian(power):
    """½(μ − y)² without y²/2, and −1/μ + y/(2μ²) with its sign."""
    mu = np.exp(S)
    expected = mu**2 / 2 - Y * mu if power == 0 else Y / (2 * mu**2) - 1 / mu
    np.testing.assert_allclose(Tweedie(power=power, reduction="none").value(Y, S), expected, rtol=1e-13)


# --------------------------------------------------------------------------------------------- constants, curvature


@each_loss
@pytest.mark.parametrize("weight", [None, np.array([1.0, 0.5, 2.0, 0.0, 3.0])], ids=["plain", "weighted"])
def test_the_best_constant_is_the_mean(loss, weight):
    best = loss.best_constant(Y, weight)
    assert loss.inverse_link([best])[0] == pytest.approx(np.average(Y, weights=weight), rel=1e-14)
    grid = np.linspace(0.1, 60, 200) if loss == Poisson(log_input=False) else np.linspace(-3, 6, 200)
    assert_least_at(loss, best, Y, weight, grid)


@pytest.mark.parametrize("loss", [Poisson(), Poisson(log_input=False), Tweedie(), NegativeBinomial(), Tweedie(power=0)])
def test_zeros_alone_have_no_best_constant(loss):
    with pytest.raises(ValueError, match=r"weighted mean of y_true is 0\.0"):
        loss.best_constant([0.0, 0.0, 5.0], [1.0, 2.0, 0.0])


@each_loss
def test_the_curvature_is_what_the_docstring_says(loss):
    """The Hessian, or the Fisher information: its mean over targets of mean e^s, in which it is linear."""
    mu = np.exp(S)
    s = S if loss != Poisson(log_input=False) else mu
    by_fisher = loss == Poisson(log_input=False) or (isinstance(loss, Tweedie) and not loss.is_convex)
    expected = loss.hess(mu if by_fisher else Y, s)
    np.testing.assert_allclose(loss.curvature(Y, s), expected, rtol=1e-13)


@pytest.mark.parametrize(
    ("loss", "s"),
    [
        (Poisson(), -300.0),
        (Poisson(log_input=False), 1e30),
        (Gamma(), 300.0),
        (Tweedie(), -300.0),
        (Tweedie(power=3), 300.0),
        (NegativeBinomial(), -300.0),
    ],
)
def test_the_curvature_has_a_floor(loss, s):
    y = 0.0 if loss.domains()["y_true"].holds(np.zeros(1)) else 1e-9
    np.testing.assert_array_equal(loss.curvature([y], [s]), [EPS])


@pytest.mark.parametrize("power", POWERS)
def test_what_is_not_called_convex_is_not(power):
    """A power outside [1, 2] has a negative second derivative somewhere; one inside has none."""
    loss = Tweedie(power=power, reduction="sum")
    y, s = np.meshgrid([1e-3, 2.0, 1e3], np.append(np.linspace(-6, 6, 49), 30.0))
    assert (loss.hess(y, s) < 0).any() == (not loss.is_convex)


# --------------------------------------------------------------------------------------------- messages


@pytest.mark.parametrize(
    ("loss", "y", "s", "words"),
    [
        (Poisson(), [1.0, -1.0], [0.0, 0.0], r"y_true\[1\] is -1\.0, but a target must not be negative"),
        (Poisson(), [1, -1], [0.0, 0.0], r"y_true\[1\] is -1, but"),
        (Poisson(), [np.nan], [0.0], r"y_true\[0\] is nan"),
        (Poisson(log_input=False), [1.0], [0.0], r"y_pred\[0\] is 0\.0.*positive.*log_input=True"),
        (Poisson(log_input=False), [1.0], [-0.5], r"y_pred\[0\] is -0\.5.*log_input=True"),
        (Gamma(), [1.0, 0.0], [0.0, 0.0], r"y_true\[1\] is 0\.0.*positive.*Tweedie with a power between 1 and 2"),
        (Tweedie(power=2), [0.0], [0.0], r"y_true\[0\] is 0\.0.*positive"),
        (Tweedie(power=1), [-1e-300], [0.0], r"y_true\[0\] is -1e-300.*not be negative"),
        (Tweedie(power=0), [np.nan], [0.0], r"y_true\[0\] is nan"),
        (NegativeBinomial(), [-0.5], [0.0], r"y_true\[0\] is -0\.5"),
    ],
)
def test_targets_outside_the_domain(loss, y, s, words):
    for method in ("value", "grad", "hess", "grad_and_curvature"):
        with pytest.raises(ValueError, match=words):
            getattr(loss, method)(y, s)
    assert loss.value([*y, 1.0], [*s, 0.5], sample_weight=[*(0.0 for _ in y), 1.0]) == loss.value([1.0], [0.5])


def test_targets_of_any_sign_for_powers_up_to_0():
    np.testing.assert_array_equal(Tweedie(power=0, reduction="sum").grad([-3.0, 0.0], [0.0, 0.0]), [4.0, 1.0])


@pytest.mark.parametrize(
    ("cls", "name", "bad"),
    [
        (Tweedie, "power", [0.5, 1e-300, 1 - 1e-16, math.inf, -math.inf, math.nan, "1.5", None]),
        (NegativeBinomial, "dispersion", [0.0, -1.0, math.inf, math.nan, None]),
        (Poisson, "log_input", [0, 1, None, "yes"]),
    ],
)
def test_parameters_out_of_range(cls, name, bad):
    for value in bad:
        with pytest.raises(ValueError, match=name):
            cls(**{name: value})


@pytest.mark.parametrize(
    ("y", "s", "dtype"),
    [
        (1e-200, -800.0, np.float64),
        (1e300, 800.0, np.float64),
        (1e300, 708.9, np.float64),
        (1e-30, -100.0, np.float32),
        (1e30, 100.0, np.float32),
    ],
)
def test_an_amount_over_its_mean_may_be_a_number_where_the_mean_is_not(y, s, dtype):
    y, s = np.array([y, 2.0], dtype), np.array([s, 1.0], dtype)
    ratio = [math.exp(math.log(float(amount)) - float(log)) for amount, log in zip(y, s, strict=True)]
    tolerance = 1e-12 if dtype is np.float64 else 1e-6
    np.testing.assert_allclose(Gamma(reduction="sum").hess(y, s), ratio, rtol=tolerance)
    np.testing.assert_allclose(Gamma(reduction="sum").grad(y, s), 1 - np.array(ratio), rtol=tolerance)
