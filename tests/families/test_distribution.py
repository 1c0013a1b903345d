"""Losses of distributions: reference values, exact arithmetic, limits, constants, curvature, claims and messages."""

import itertools
import math
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exact_rows import distribution
from hard_points import arrays, assert_rows_as_stored, assert_rows_exact, stored
from losses import (
    MAE,
    EnsembleCRPS,
    GaussianCRPS,
    GaussianNLL,
    LaplaceNLL,
    LogisticCRPS,
    MultiQuantile,
    StudentTNLL,
)
from problems import mean_losses, over
from registry import between, choice, magnitudes, reals, signed

INF, NAN = math.inf, math.nan
SCALED = [GaussianNLL(), LaplaceNLL(), StudentTNLL(), StudentTNLL(df=1.0), GaussianCRPS(), LogisticCRPS()]
LIKELIHOODS = SCALED[:4]
SCORES = SCALED[4:]
ENSEMBLES = [EnsembleCRPS(), EnsembleCRPS(fair=True)]
each_scaled = pytest.mark.parametrize("loss", SCALED, ids=repr)
each_ensemble = pytest.mark.parametrize("loss", ENSEMBLES, ids=repr)


# --------------------------------------------------------------------------------------------- values


@stored(GaussianNLL, LaplaceNLL, StudentTNLL, GaussianCRPS, LogisticCRPS, EnsembleCRPS, MultiQuantile)
def test_stored_values(loss, record):
    """Of PyTorch, SciPy, scikit-learn and scoringrules; and σ from 1e-150 to 1e150, in 1000 digits."""
    assert_rows_as_stored(loss, record, distribution)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@over([*SCALED, StudentTNLL(df=1e9), StudentTNLL(df=0.1)], data=st.data())
def test_exactly(loss, dtype, data):
    """For scales far apart, whether or not the scale itself, or the density, is a number of the dtype."""
    far = 80.0 if dtype == np.float32 else 700.0
    y = data.draw(arrays(dtype, signed(magnitudes(1e-3, 1e3))))
    log_scale = data.draw(arrays(dtype, reals(4) | reals(far)))
    z = data.draw(
        arrays(dtype, signed(magnitudes(1e-6, 1e2) | magnitudes(0.1, 10) | magnitudes(far, 1.25 * far) | choice(1e10)))
    )
    with np.errstate(over="ignore"):
        mu = (y - z.astype(np.float64) * np.exp(log_scale.astype(np.float64))).astype(dtype)
    kept = np.isfinite(mu)
    assert_rows_exact(loss, y[kept], np.stack([mu, log_scale], axis=1)[kept], distribution)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@over([*ENSEMBLES, MultiQuantile(quantiles=(1e-9, 0.1, 0.4, 0.9, 1 - 1e-9))], data=st.data())
def test_rows_exactly(loss, dtype, data):
    """Ties among them, members close to each other and far from 0."""
    numbers = signed(magnitudes(1e-6, 1e6)) | choice(-2, -1, 0, 1, 2) | between(1000, 1000.25)
    y = data.draw(arrays(dtype, numbers))
    assert_rows_exact(loss, y, np.stack([data.draw(arrays(dtype, numbers)) for _ in range(5)], axis=1), distribution)


def test_a_long_row():
    rng = np.random.default_rng(1)
    y, x = rng.normal(size=1), np.round(rng.normal(size=(1, 999)), 2)
    for loss in ENSEMBLES:
        assert_rows_exact(loss, y, x, distribution)


# --------------------------------------------------------------------------------------------- ends


@pytest.mark.parametrize("loss", LIKELIHOODS, ids=repr)
def test_a_likelihood_where_the_scale_ends(loss):
    loss = loss.with_reduction("none")
    rows = [
        [1.0, -INF],
        [2.0, -INF],
        [1.0, INF],
        [INF, 0.0],
        [1.0, -1e300],
        [1.0, 1e300],
        [2.0, 1e300],
        [NAN, 0],
        [1, NAN],
    ]
    value, grad = loss.value_and_grad(np.ones(len(rows)), rows)
    np.testing.assert_array_equal(value, [-INF, INF, INF, INF, -1e300, 1e300, 1e300, NAN, NAN])
    np.testing.assert_array_equal(grad[[0, 2, 4, 5, 6], 0], 0)
    np.testing.assert_array_equal(grad[[0, 2, 4, 5, 6], 1], 1)
    assert np.isnan(grad[-2:]).any(axis=1).all()


@pytest.mark.parametrize("loss", SCORES, ids=repr)
def test_a_score_where_the_scale_ends(loss):
    """Without a scale it is the absolute error."""
    loss = loss.with_reduction("none")
    rows = [[1.0, -INF], [3.0, -INF], [1.0, INF], [INF, 0.0], [-1e300, -1e300], [1.0, NAN], [NAN, 1.0]]
    value, grad = loss.value_and_grad(np.ones(len(rows)), rows)
    np.testing.assert_array_equal(value, [0, 2, INF, INF, 1e300, NAN, NAN])
    np.testing.assert_array_equal(grad[[0, 1, 4]], [[0, 0], [1, 0], [-1, 0]])
    assert np.isnan(grad[-2:]).any(axis=1).all()


def test_where_z_overflows_the_loss_of_heavy_tails_is_finite():
    loss = StudentTNLL(df=3.0, reduction="sum")
    value, grad = loss.value_and_grad([1.0], [[0.0, -720.0]])
    assert value == pytest.approx(3 * 720 - 2 * math.log(3), rel=1e-15)
    np.testing.assert_allclose(grad, [[-4.0, -3.0]], rtol=1e-15)
    np.testing.assert_allclose(loss.hess([1.0], [[0.0, -720.0]]), [[-4.0, 0.0]], rtol=1e-15)


@each_ensemble
def test_members_that_are_no_numbers(loss):
    loss = loss.with_reduction("none")
    value, grad = loss.value_and_grad([0.0, NAN, 0.0], [[1.0, NAN, 2.0], [1.0, 2.0, 3.0], [1.0, 2.0, 3.0]])
    np.testing.assert_array_equal(np.isnan(value), [True, True, False])
    np.testing.assert_array_equal(np.isnan(grad), [[True] * 3, [True] * 3, [False] * 3])
    one_far = loss.value([0.0], [[INF, 1.0, -1.0]])
    np.testing.assert_array_equal(one_far, loss.value([0.0], [[1e300, 1.0, -1.0]]) if loss.fair else INF)


def test_a_tie_takes_zero_for_the_sign():
    np.testing.assert_array_equal(EnsembleCRPS().grad([2.0], [[1.0, 1.0, 2.0]]), np.array([[-2, -2, -2]]) / 9)
    np.testing.assert_array_equal(EnsembleCRPS(fair=True).grad([1.0], [[1.0, 1.0]]), [[0, 0]])
    np.testing.assert_array_equal(MultiQuantile(quantiles=(0.2, 0.8)).grad([1.0], [[1.0, 2.0]]), [[0, 1 - 0.8]])
    np.testing.assert_array_equal(LaplaceNLL().grad([1.0], [[1.0, 3.0]]), [[0, 1]])


# --------------------------------------------------------------------------------------------- relations

rng = np.random.default_rng(0)
Y, ROWS = rng.normal(size=50), rng.normal(size=(50, 2))


@pytest.mark.parametrize("method", ["value", "grad", "hess", "curvature"])
def test_of_many_degrees_of_freedom_it_is_gaussian(method):
    found, expected = (getattr(loss, method)(Y, ROWS) for loss in (StudentTNLL(df=1e13), GaussianNLL()))
    np.testing.assert_allclose(found, expected, rtol=1e-9)


@pytest.mark.parametrize("loss", [MultiQuantile(quantiles=(0.5,)), EnsembleCRPS()], ids=repr)
def test_of_one_column_it_is_the_absolute_error(loss):
    factor = 2 if isinstance(loss, MultiQuantile) else 1
    one = ROWS[:, :1]
    assert factor * loss.value(Y, one) == pytest.approx(MAE().value(Y, one[:, 0]), rel=1e-14)
    np.testing.assert_allclose(factor * loss.grad(Y, one)[:, 0], MAE().grad(Y, one[:, 0]), rtol=1e-14)


@pytest.mark.parametrize(
    ("loss", "quantiles"),
    [
        (GaussianCRPS(), np.vectorize(NormalDist().inv_cdf)),
        (LogisticCRPS(), lambda u: np.log(u / (1 - u))),
    ],
    ids=repr,
)
def test_a_large_ensemble_and_many_quantiles_score_as_their_distribution(loss, quantiles):
    levels = (np.arange(1000) + 0.5) / 1000
    members = np.broadcast_to(0.5 + 2 * quantiles(levels), (3, 1000))
    y, exact = [-3.0, 0.5, 7.0], loss.value([-3.0, 0.5, 7.0], [[0.5, math.log(2)]] * 3)
    assert EnsembleCRPS().value(y, members) == pytest.approx(exact, rel=1e-3)
    assert 2 * MultiQuantile(quantiles=levels).value(y, members) / 1000 == pytest.approx(exact, rel=1e-3)


def test_the_order_of_the_members_is_no_matter():
    x, order = rng.normal(size=(4, 6)), rng.permutation(6)
    for loss in ENSEMBLES:
        assert loss.value(Y[:4], x[:, order]) == pytest.approx(loss.value(Y[:4], x), rel=1e-14)
        np.testing.assert_array_equal(loss.grad(Y[:4], x[:, order]), loss.grad(Y[:4], x)[:, order])


def test_the_fair_score_does_not_depend_on_the_size_of_the_ensemble():
    """Averaged over all ensembles that are drawn from three numbers."""
    fair, biased = (
        [
            np.mean([loss.value([0.25], [list(members)]) for members in itertools.product([0.0, 1.0, 3.0], repeat=m)])
            for m in (2, 3, 5)
        ]
        for loss in (EnsembleCRPS(fair=True), EnsembleCRPS())
    )
    np.testing.assert_allclose(fair, fair[0], rtol=1e-13)
    assert biased[0] > biased[1] > biased[2] > fair[0]


def test_links():
    linked = GaussianNLL().inverse_link(np.float32([[1.0, 0.0], [2.0, 1.0]]))
    assert linked.dtype == np.float32
    np.testing.assert_allclose(linked, [[1, 1], [2, math.e]], rtol=1e-6)
    np.testing.assert_array_equal(MultiQuantile().inverse_link([[1.0, 2.0, 3.0]]), [[1.0, 2.0, 3.0]])


# --------------------------------------------------------------------------------------------- curvature


@pytest.mark.parametrize(
    ("loss", "quantiles"),
    [
        (GaussianNLL(), np.vectorize(NormalDist().inv_cdf)),
        (LaplaceNLL(), lambda u: np.sign(u - 0.5) * -np.log(2 * np.minimum(u, 1 - u))),
        (StudentTNLL(df=1.0), lambda u: np.tan(math.pi * (u - 0.5))),
        (GaussianCRPS(), np.vectorize(NormalDist().inv_cdf)),
        (LogisticCRPS(), lambda u: np.log(u / (1 - u))),
    ],
    ids=repr,
)
def test_curvature_is_expected_of_the_predicted_distribution(loss, quantiles):
    """The mean of the Hessian, or where the derivative jumps, of the squared derivative."""
    n, row = 100_000, [1.5, 0.75]
    y, p = row[0] + math.exp(row[1]) * quantiles((np.arange(n) + 0.5) / n), np.broadcast_to(row, (n, 2))
    loss = loss.with_reduction("sum")
    means = (loss.grad(y, p) ** 2 if isinstance(loss, LaplaceNLL) else loss.hess(y, p)).mean(axis=0)
    np.testing.assert_allclose(loss.curvature([0.0], [row])[0], means, rtol=1e-3)


@each_scaled
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_curvature_stays_above_its_floor(loss, dtype):
    scales = np.array([-1e4, -300, 0, 300, 1e4], dtype)
    curvature = loss.with_reduction("sum").curvature(np.zeros(5), np.stack([scales, scales], axis=1))
    assert curvature.dtype == dtype
    assert (curvature >= np.sqrt(np.finfo(dtype).tiny)).all()


def test_curvature_of_kinked_losses():
    np.testing.assert_array_equal(EnsembleCRPS(reduction="sum").curvature([1.0], [[2.0, 3.0, 4.0, 5.0]]), [[0.25] * 4])
    np.testing.assert_array_equal(MultiQuantile(reduction="sum").curvature([1.0], [[2.0, 3.0, 4.0]]), [[1.0] * 3])


# --------------------------------------------------------------------------------------------- constants


@pytest.mark.parametrize("loss", [*SCALED, MultiQuantile(quantiles=(0.1, 0.75))], ids=repr)
@pytest.mark.parametrize("where", [(0.0, 1.0), (3e7, 7.0), (-2.0, 1e-9), (0.0, 1e150)])
def test_no_other_constant_is_better(loss, where):
    y = where[0] + where[1] * np.random.default_rng(2).standard_t(3, size=60)
    weight = np.random.default_rng(3).choice([0.0, 0.5, 2.0], 60)
    best = loss.best_constant(y, weight)
    units = [where[1], where[1] if isinstance(loss, MultiQuantile) else 1.0]
    steps = np.array([0, *np.geomspace(1e-7, 2, 15), *-np.geomspace(1e-7, 2, 15)])
    others = best + np.array(units) * np.array(list(itertools.product(steps, steps)))
    found, *of_others = mean_losses(loss, y, weight, [best, *others])
    assert found <= min(of_others) + 1e-14 * abs(min(of_others))


def test_a_sum_of_losses_has_a_best_row():
    loss = 0.5 * GaussianNLL() + 2 * StudentTNLL()
    best = loss.best_constant(Y)
    np.testing.assert_allclose(loss.grad(Y, np.broadcast_to(best, (50, 2))).sum(axis=0), 0, atol=1e-14)
    assert loss.value(Y, np.broadcast_to(best, (50, 2))) < loss.value(Y, [StudentTNLL().best_constant(Y)] * 50)


def test_closed_forms():
    y, weight = [0.0, 4.0, 4.0], [2.0, 1.0, 1.0]
    np.testing.assert_allclose(GaussianNLL().best_constant(y, weight), [2, math.log(2)], rtol=1e-15)
    np.testing.assert_allclose(LaplaceNLL().best_constant([1.0, 2.0, 6.0]), [2, math.log(5 / 3)], rtol=1e-15)
    np.testing.assert_array_equal(MultiQuantile(quantiles=(0.25, 0.9)).best_constant(np.arange(101.0)), [25, 90])


@pytest.mark.parametrize(
    ("loss", "y", "message"),
    [
        (GaussianNLL(), [0.1, 0.1, 0.1], "y_true holds one value only"),
        (LaplaceNLL(), [0.1, 0.1, 0.1], "y_true holds one value only"),
        (StudentTNLL(df=1.0), [0.1, 0.1, 0.3, 0.4], "y_true is 0.1 in 50% of the weight"),
        (GaussianCRPS(), [0.0, *[1.0] * 6, 4.0], "y_true is 1.0 in 75% of the weight: the loss falls without end"),
        (LogisticCRPS(), [0.0, *[1.0] * 6, 4.0], "y_true is 1.0 in 75% of the weight"),
        (EnsembleCRPS(), [1.0, 2.0], "depends on its number of members m"),
        (GaussianNLL(), [1.0, NAN], r"y_true\[1\] is nan"),
    ],
    ids=repr,
)
def test_where_there_is_no_best_constant_the_error_says_why(loss, y, message):
    with pytest.raises(ValueError, match=message):
        loss.best_constant(y)


@pytest.mark.parametrize("loss", SCORES, ids=repr)
@pytest.mark.parametrize("others", [[0.0, 2.0], [2.0], [0.0, 2.0, 2.0]])
def test_a_score_needs_some_spread_only(loss, others):
    """As more targets are equal, the best scale gets smaller, up to the share where there is none."""
    refused = []
    for equal in range(50, 100):
        y, weight = np.array([1.0, *others]), np.array([equal, *[(100 - equal) / len(others)] * len(others)])
        scales = np.geomspace(1e-8, 1, 50)[:, np.newaxis]
        nearby = np.stack(np.broadcast_arrays(1 + scales * np.linspace(-3, 3, 25), np.log(scales)), axis=-1).reshape(
            -1, 2
        )
        pairs = (
            np.broadcast_arrays(y, nearby[:, :1])[0],
            np.broadcast_to(nearby[:, np.newaxis], (len(nearby), len(y), 2)),
        )
        least = (loss.with_reduction("none").value(*pairs) @ weight).min() / 100
        without_scale = (np.abs(y - 1) @ weight) / 100
        try:
            best = loss.best_constant(y, weight)
        except ValueError:
            refused.append(equal)
            assert least >= without_scale
        else:
            value = loss.value(y, np.broadcast_to(best, (len(y), 2)), sample_weight=weight)
            assert value <= least * (1 + 1e-12)
            assert value < without_scale
    assert 71 <= refused[0] < 85
    assert refused == list(range(refused[0], 100))


# --------------------------------------------------------------------------------------------- claims, messages


@given(m=st.integers(2, 6), data=st.data())
def test_the_steepest_slopes(m, data):
    numbers = st.lists(st.floats(-3, 3), min_size=m, max_size=m)
    y, x = data.draw(st.floats(-3, 3)), np.array([data.draw(numbers)])
    levels = tuple(np.sort(np.random.default_rng(m).uniform(0.01, 0.99, m)).tolist())
    for loss in (*ENSEMBLES, MultiQuantile(quantiles=levels)):
        assert np.linalg.norm(loss.grad([y], x)) <= loss.lipschitz * (1 + 1e-14)


def test_the_steepest_slopes_are_reached():
    loss = MultiQuantile(quantiles=(0.2, 0.6))
    assert np.linalg.norm(loss.grad([0.0], [[1.0, -1.0]])) == pytest.approx(loss.lipschitz, rel=1e-15)
    assert np.linalg.norm(EnsembleCRPS().grad([0.0], [[1.0]])) == EnsembleCRPS().lipschitz
    assert np.linalg.norm(EnsembleCRPS(fair=True).grad([0.0], [[1.0, 2.0]])) == 1.0


@each_scaled
def test_it_is_not_convex(loss):
    """Somewhere a chord lies below."""
    a, b = np.random.default_rng(4).uniform(-3, 3, (2, 200, 2))
    loss, y = loss.with_reduction("none"), np.zeros(200)
    assert loss.is_convex is False
    assert (loss.value(y, (a + b) / 2) > (loss.value(y, a) + loss.value(y, b)) / 2 + 1e-9).any()


@pytest.mark.parametrize(
    ("loss", "y", "p", "message"),
    [
        (
            GaussianNLL(),
            [1.0],
            [[1.0, 2.0, 3.0]],
            r"y_pred has shape \(1, 3\), .* must have length 2, for mu, log sigma",
        ),
        (LaplaceNLL(), [1.0], [[1.0]], "for mu, log b"),
        (LogisticCRPS(), [1.0], [[1.0]], "for mu, log s"),
        (MultiQuantile(), [1.0], [[1.0, 2.0]], "length 3, for quantile 0.1, quantile 0.5, quantile 0.9"),
        (EnsembleCRPS(fair=True), [1.0], [[1.0]], r"shape \(1, 1\), but with fair=True .* two members"),
        (EnsembleCRPS(), [1.0], np.ones((1, 0)), "must not be empty"),
        (
            EnsembleCRPS(),
            [[1.0]],
            [[1.0, 2.0]],
            r"y_true has shape \(1, 1\) .* the shape \(1,\), .*np\.ravel\(y_true\)",
        ),
        (EnsembleCRPS(), [1.0, 2.0], [[1.0, 2.0]], r"y_true has shape \(2,\) but y_pred has shape \(1, 2\)"),
    ],
    ids=repr,
)
def test_messages(loss, y, p, message):
    for method in ("value", "grad", "hess", "curvature"):
        with pytest.raises(ValueError, match=message):
            getattr(loss, method)(y, p)


def test_a_link_of_a_wrong_length_is_refused():
    with pytest.raises(ValueError, match="for mu, log sigma"):
        GaussianCRPS().inverse_link([[1.0, 2.0, 3.0]])


@pytest.mark.parametrize(
    ("quantiles", "message"),
    [
        ((), "sequence of one or more"),
        (0.5, "sequence of one or more"),
        ("0.5", "sequence of one or more"),
        ((0.5, 0.5), r"must ascend, but quantiles\[1\] is 0.5 after 0.5"),
        ((0.9, 0.1), r"must ascend"),
        ((0.0, 0.5), r"quantiles\[0\] must lie in \(0, 1\), got 0.0"),
        ((0.5, 1), r"quantiles\[1\] must lie in \(0, 1\), got 1.0"),
        ((0.5, NAN), r"quantiles\[1\]"),
        ((0.5, "a"), r"quantiles\[1\]"),
        ([[0.1, 0.5]], r"quantiles\[0\]"),
    ],
)
def test_bad_levels_are_refused(quantiles, message):
    with pytest.raises(ValueError, match=f"quantiles.*{message}|{message}"):
        MultiQuantile(quantiles=quantiles)


def test_levels_become_a_tuple():
    loss = MultiQuantile(quantiles=np.array([0.25, 0.5], np.float32))
    assert loss.quantiles == (0.25, 0.5)
    assert all(type(level) is float for level in loss.quantiles)
    assert loss == MultiQuantile(quantiles=[0.25, 0.5])
    assert hash(loss) == hash(MultiQuantile(quantiles=(0.25, 0.5)))
