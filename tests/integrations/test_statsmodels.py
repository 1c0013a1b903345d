"""statsmodels' robust linear models with this library's losses."""

import pickle

import numpy as np
import pytest

from losses import MAE, MSE, Asymmetric, Barron, Cauchy, Expectile, Huber, Pinball, Poisson, TukeyBiweight

pytest.importorskip("statsmodels", reason="statsmodels is optional")
import statsmodels.api as sm

from losses.integrations import statsmodels_norm

PAIRS = [
    (0.5 * MSE(), sm.robust.norms.LeastSquares()),
    (Huber(delta=1.345), sm.robust.norms.HuberT()),
    (Huber(delta=2.0), sm.robust.norms.HuberT(t=2.0)),
    (TukeyBiweight(), sm.robust.norms.TukeyBiweight()),
    (TukeyBiweight(c=3.0), sm.robust.norms.TukeyBiweight(c=3.0)),
]
IDS = ["LeastSquares", "HuberT", "HuberT(2)", "TukeyBiweight", "TukeyBiweight(3)"]
Z = np.array([-1e3, -5.0, -2.5, -1.0, -1e-9, 0.0, 1e-200, 0.3, 1.0, 1.5, 4.0, 1e5])


@pytest.fixture(scope="module")
def stackloss():
    data = sm.datasets.stackloss.load_pandas()
    return data.endog, sm.add_constant(data.exog)


@pytest.mark.parametrize(("loss", "theirs"), PAIRS, ids=IDS)
def test_the_norm_is_statsmodels_own(loss, theirs):
    ours = statsmodels_norm(loss)
    for method in ("psi", "weights", "psi_deriv"):
        np.testing.assert_allclose(getattr(ours, method)(Z), getattr(theirs, method)(Z), rtol=1e-13, atol=1e-13)
    np.testing.assert_allclose(
        ours.rho(Z) - ours.rho(0.0), theirs.rho(Z) - theirs.rho(np.zeros(1)), rtol=1e-12, atol=1e-15
    )
    np.testing.assert_array_equal(ours(Z), ours.rho(Z))
    assert ours.psi(2.0) == pytest.approx(theirs.psi(2.0))


@pytest.mark.parametrize(("loss", "theirs"), PAIRS, ids=IDS)
@pytest.mark.parametrize("cov", ["H1", "H2", "H3"])
def test_a_robust_linear_model_is_the_same(stackloss, loss, theirs, cov):
    ours = sm.RLM(*stackloss, M=statsmodels_norm(loss)).fit(cov=cov, tol=1e-12, maxiter=500)
    expected = sm.RLM(*stackloss, M=theirs).fit(cov=cov, tol=1e-12, maxiter=500)
    for result in ("params", "bse", "weights", "resid"):
        np.testing.assert_allclose(getattr(ours, result), getattr(expected, result), rtol=1e-8, atol=1e-8)
    assert ours.scale == pytest.approx(expected.scale)
    assert "RLM" in str(ours.summary())


@pytest.mark.parametrize("loss", [Cauchy(scale=2.385), Barron(alpha=-2.0, scale=2.0)], ids=repr)
def test_losses_that_statsmodels_lacks(stackloss, loss):
    """The fit is where the sum of the losses of the scaled residuals is least."""
    y, x = stackloss
    fit = sm.RLM(y, x, M=statsmodels_norm(loss)).fit(tol=1e-12, maxiter=500)
    grad = x.T @ loss.grad(np.zeros(len(y)), (x @ fit.params - y) / fit.scale)
    assert np.abs(grad).max() < 1e-6


def test_losses_that_differ_by_direction(stackloss):
    """The expectile of 0.9 lies where what exceeds it weighs nine times as much as what stays below."""
    y, x = stackloss
    norm = statsmodels_norm(Expectile(expectile=0.9))
    assert norm.weights(np.array([2.0]))[0] == pytest.approx(9 * norm.weights(np.array([-2.0]))[0])
    theirs = sm.robust.norms.MQuantileNorm(0.9, sm.robust.norms.LeastSquares())
    z = Z[Z != 0]
    np.testing.assert_allclose(norm.weights(z) / norm.weights(1.0), theirs.weights(z) / theirs.weights(np.ones(1)))
    fit = sm.RLM(y, x, M=norm).fit(tol=1e-12, maxiter=500)
    above, below = np.maximum(fit.resid, 0).sum(), np.maximum(-fit.resid, 0).sum()
    assert 0.9 * above == pytest.approx(0.1 * below)
    assert fit.resid.mean() < 0
    over = statsmodels_norm(Asymmetric(shortfall_weight=9.0, base=0.5 * MSE()))
    np.testing.assert_allclose(sm.RLM(y, x, M=over).fit(tol=1e-12, maxiter=500).params, fit.params, rtol=1e-6)


def test_derivatives():
    norm = statsmodels_norm(Expectile(expectile=0.8))
    z, step = Z[np.abs(Z) > 0.1], 1e-6
    np.testing.assert_allclose((norm.rho(z + step) - norm.rho(z - step)) / (2 * step), norm.psi(z), rtol=1e-4)
    np.testing.assert_allclose((norm.psi(z + step) - norm.psi(z - step)) / (2 * step), norm.psi_deriv(z), rtol=1e-4)
    np.testing.assert_allclose(norm.weights(z) * z, norm.psi(z), rtol=1e-15)


def test_what_cannot_be_is_refused():
    for loss in (MAE(), Pinball(quantile=0.9)):
        with pytest.raises(ValueError, match=r"has a kink at the residual 0, where its weight ψ\(r\)/r is infinite"):
            statsmodels_norm(loss)
    with pytest.raises(TypeError, match=r"residual_loss must be a loss of the residual alone.*Poisson\(\)"):
        statsmodels_norm(Poisson())


def test_it_can_be_pickled():
    twin = pickle.loads(pickle.dumps(statsmodels_norm(Huber(delta=2.0))))
    assert repr(twin) == "statsmodels_norm(Huber(delta=2.0))"
    assert twin.weights([4.0]) == 0.5
