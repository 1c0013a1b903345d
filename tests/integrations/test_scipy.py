"""`scipy.optimize.least_squares` with this library's losses."""

import pickle
from dataclasses import dataclass

import numpy as np
import pytest

from losses import (
    LINEX,
    MAE,
    MSE,
    Asymmetric,
    Barron,
    Cauchy,
    EpsilonInsensitive,
    Fair,
    Huber,
    LogCosh,
    Pinball,
    Poisson,
    PseudoHuber,
    ResidualLoss,
    SmoothL1,
    SquaredEpsilonInsensitive,
    TukeyBiweight,
)

scipy = pytest.importorskip("scipy", reason="SciPy is optional")
from scipy.optimize import least_squares, minimize  # noqa: E402

from losses.integrations import least_squares_loss  # noqa: E402

X = np.linspace(0, 3, 40)
Y = 2.0 * np.exp(-1.3 * X) + 0.05 * np.sin(37 * X)
Y[::9] += 3.0  # outliers

SMOOTH = [
    LogCosh(),
    PseudoHuber(delta=1.5),
    PseudoHuber(delta=1e-6),
    Cauchy(scale=0.75),
    Barron(alpha=-2.0, scale=2.0),
    Barron(alpha=1.5),
    TukeyBiweight(c=3.0),
    0.25 * MSE() + 2 * Cauchy(scale=1e6),
]
OTHERS = [
    MSE(),
    Huber(delta=1.5),
    Huber(delta=1e-9) + MSE(),
    Fair(c=1.5),
    SmoothL1(beta=0.5),
    EpsilonInsensitive(epsilon=0.5),
    SquaredEpsilonInsensitive(epsilon=0.5),
]


def residuals(b):
    return b[0] * np.exp(-b[1] * X) - Y


@pytest.mark.parametrize(
    ("name", "loss"),
    [("linear", 0.5 * MSE()), ("huber", Huber()), ("soft_l1", PseudoHuber()), ("cauchy", Cauchy())],
)
@pytest.mark.parametrize("method", ["trf", "dogbox"])
@pytest.mark.parametrize("f_scale", [1.0, 0.1])
def test_it_equals_scipy_s_own(name, loss, method, f_scale):
    settings = {"method": method, "f_scale": f_scale, "xtol": 1e-12, "ftol": 1e-12, "gtol": 1e-12}
    theirs = least_squares(residuals, [1.0, 1.0], loss=name, **settings)
    ours = least_squares(residuals, [1.0, 1.0], loss=least_squares_loss(loss), **settings)
    np.testing.assert_allclose(ours.x, theirs.x, rtol=1e-7)
    assert ours.cost == pytest.approx(theirs.cost, rel=1e-12)
    assert ours.cost == pytest.approx(f_scale**2 * loss.with_reduction("sum").value(0 * Y, ours.fun / f_scale))
    assert ours.nfev == theirs.nfev


CURVED = [loss for loss in SMOOTH + OTHERS if not isinstance(loss, EpsilonInsensitive)]


@pytest.mark.parametrize("loss", CURVED, ids=repr)
def test_the_fit_is_a_minimum_of_the_sum(loss):
    """Nothing near it has a smaller sum of losses, as `minimize` sees it."""
    fit = least_squares(residuals, [2.0, 1.3], loss=least_squares_loss(loss), gtol=1e-12, xtol=1e-12, ftol=1e-12)
    total = loss.with_reduction("sum")
    again = minimize(lambda b: total.value(Y, residuals(b) + Y), fit.x, method="Nelder-Mead", options={"xatol": 1e-9})
    assert fit.cost <= again.fun * (1 + 1e-6) + 1e-12


@pytest.mark.parametrize("loss", SMOOTH + OTHERS, ids=repr)
def test_derivatives(loss):
    """ρ is 2ℓ; ρ′ and ρ″ are its derivatives by z, and make up ℓ″, which is what SciPy uses of them."""
    rho = least_squares_loss(loss)
    z = np.array([1e-300, 1e-100, 1e-15, 1e-9, 1e-4, 0.01, 0.3, 0.9, 4.0, 50.0, 1e6, 1e200])
    values, slopes, bends = rho(z)
    each = loss.with_reduction("none")
    np.testing.assert_allclose(values, 2 * each.value(0 * z, np.sqrt(z)), rtol=1e-15)
    hess = each.hess(0 * z, np.sqrt(z))
    np.testing.assert_allclose(slopes + 2 * bends * z, hess, rtol=1e-12, atol=1e-13 * np.abs(slopes).max())
    for at in (0.01, 0.3, 0.9, 4.0):
        step = 1e-4 * at
        (low, _, high), (slope_low, slope, slope_high), (_, bend, _) = rho([at - step, at, at + step])
        assert (high - low) / (2 * step) == pytest.approx(slope, rel=1e-6)
        assert (slope_high - slope_low) / (2 * step) == pytest.approx(bend, rel=1e-5, abs=1e-8 * abs(slope))


@pytest.mark.parametrize("loss", SMOOTH, ids=repr)
def test_limits_at_zero(loss):
    """ρ′ and ρ″ are the same near 0 as at 0, where a plain formula would be all rounding errors."""
    scale = 1e-6 if loss == PseudoHuber(delta=1e-6) else 1.0
    _, slopes, bends = least_squares_loss(loss)(np.array([0.0, 5e-324, 1e-200, 1e-30, 1e-16, 1e-12, 1e-8]) * scale**2)
    assert slopes[0] == pytest.approx(loss.with_reduction("sum").hess([0.0], [0.0])[0])
    np.testing.assert_allclose(slopes, slopes[0], rtol=1e-6)
    np.testing.assert_allclose(bends, bends[0], rtol=1e-6)
    assert bends[0] < 0


@pytest.mark.parametrize("loss", OTHERS, ids=repr)
def test_at_zero_all_is_finite(loss):
    found = least_squares_loss(loss)([0.0])
    assert found.shape == (3, 1)
    assert found.tolist() == [[0.0], [loss.with_reduction("sum").hess([0.0], [0.0])[0]], [0.0]]


@pytest.mark.parametrize("loss", [LogCosh(), PseudoHuber(), Cauchy(), Barron(alpha=-2.0)], ids=repr)
def test_second_derivative_at_zero(loss):
    """ρ″(0) is a sixth of the loss's fourth derivative."""
    expected = {LogCosh(): -1 / 3, PseudoHuber(): -1 / 2, Cauchy(): -1.0, Barron(alpha=-2.0): -1 / 2}[loss]
    assert least_squares_loss(loss)([0.0])[2, 0] == pytest.approx(expected, rel=1e-6)


@dataclass(frozen=True, kw_only=True)
class Welsch(ResidualLoss):
    """A loss of a user, which doesn't say that it is symmetric."""

    def formula(self, r):
        return -np.expm1(-(r**2) / 2)

    def derivative(self, r):
        return r * np.exp(-(r**2) / 2)

    def second_derivative(self, r):
        return (1 - r**2) * np.exp(-(r**2) / 2)


@dataclass(frozen=True, kw_only=True)
class Tilted(Welsch):
    def formula(self, r):
        return np.where(r < 0, 2, 1) * super().formula(r)


def test_a_loss_of_a_user():
    fit = least_squares(residuals, [2.0, 1.3], loss=least_squares_loss(Welsch()))
    np.testing.assert_allclose(fit.x, [2.0, 1.3], atol=0.05)
    with pytest.raises(ValueError, match=r"Tilted\(\) isn't the same for r and -r"):
        least_squares_loss(Tilted())


def test_what_cannot_be_is_refused():
    for loss in (MAE(), MSE() + 0.1 * MAE(), EpsilonInsensitive(epsilon=0.0)):
        with pytest.raises(ValueError, match=r"has a kink at the residual 0"):
            least_squares_loss(loss)
    for loss in (LINEX(), Asymmetric(shortfall_weight=2.0)):
        with pytest.raises(ValueError, match=r"isn't the same for r and -r"):
            least_squares_loss(loss)
    with pytest.raises(ValueError, match="kink"):
        least_squares_loss(Pinball(quantile=0.9))
    for loss in (Poisson(), MSE() + Poisson(), MSE, "huber"):
        with pytest.raises(TypeError, match=r"residual_loss must be a loss of the residual alone"):
            least_squares_loss(loss)

    class Flat(MSE):
        def second_derivative(self, r):
            raise NotImplementedError("Flat has no hess")

    with pytest.raises(NotImplementedError, match="no hess"):
        least_squares_loss(Flat())


def test_it_can_be_pickled_and_ignores_the_reduction():
    loss = least_squares_loss(Cauchy(scale=2.0, reduction="sum"))
    twin = pickle.loads(pickle.dumps(loss))
    np.testing.assert_array_equal(twin([0.0, 1.0]), least_squares_loss(Cauchy(scale=2.0))([0.0, 1.0]))
    assert repr(twin) == "least_squares_loss(Cauchy(scale=2.0, reduction='sum'))"
