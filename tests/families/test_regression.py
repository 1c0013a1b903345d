"""The losses of residuals and of relative errors: reference values, exact arithmetic, limits, relations and claims."""

import decimal
import json
import math
import pathlib
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import losses
from exact import log1p
from exact_elements import OF_RESIDUALS
from losses import (
    LINEX,
    MAE,
    MAPE,
    MSE,
    MSLE,
    SMAPE,
    Asymmetric,
    Barron,
    Cauchy,
    EpsilonInsensitive,
    Expectile,
    Fair,
    Huber,
    LogCosh,
    Pinball,
    PseudoHuber,
    SmoothL1,
    SquaredEpsilonInsensitive,
    TukeyBiweight,
)
from losses._evaluation.orders import CURVATURE, GRAD, VALUE
from losses._maths.tangents import NEAR
from problems import assert_identical, mean_losses, over

INF = math.inf
SMOOTH = (LogCosh, PseudoHuber, Cauchy, Fair, Barron, TukeyBiweight)
RESIDUAL = (*SMOOTH, SmoothL1, Pinball, Expectile, EpsilonInsensitive, SquaredEpsilonInsensitive, LINEX)
RELATIVE = (MSLE, MAPE, SMAPE)
METHODS = ("value", "grad", "hess", "curvature")
WIDER = [np.longdouble] if np.finfo(np.longdouble).eps < np.finfo(np.float64).eps else []

ALPHAS = (2.0, 2 - 2.0**-52, 2 - 1e-9, 1.9, 1.5, 1.0, 1 / 3, 0.1, 1e-9, 1e-30, 5e-324, 0.0, -1e-30, -1e-9, -0.1, -2.0)
LOW_ALPHAS = (-2.000001, -10.0, -1e3, -1e9, -1e300, -INF)

SETTINGS = [
    LogCosh(),
    *(PseudoHuber(delta=delta) for delta in (1.0, 2.7, 1e-3, 1e5)),
    *(Cauchy(scale=scale) for scale in (1.0, 2.7, 1e-3, 1e5)),
    *(Fair(c=c) for c in (1.0, 2.7, 1e-3, 1e5)),
    *(SmoothL1(beta=beta) for beta in (1.0, 2.7, 1e-3, 1e5)),
    *(Barron(alpha=alpha, scale=1.7) for alpha in ALPHAS + LOW_ALPHAS),
    *(TukeyBiweight(c=c) for c in (4.685, 1e-3, 1e5)),
    *(Pinball(quantile=level) for level in (0.5, 0.9, 0.05, 1e-9)),
    *(Expectile(expectile=level) for level in (0.5, 0.9, 0.05, 1e-9)),
    *(kind(epsilon=size) for kind in (EpsilonInsensitive, SquaredEpsilonInsensitive) for size in (0.0, 0.1, 3.0)),
    *(LINEX(a=a) for a in (1.0, -0.5, 3.0, 1e-9, -1e-9)),
]  # fmt: skip
each_setting = pytest.mark.parametrize("loss", SETTINGS, ids=str)


def at(loss, method, r, **arguments):
    """Return a method of a loss at residuals, for each sample."""
    r = np.atleast_1d(r)
    return getattr(loss.with_reduction("none"), method)(np.zeros_like(r), r, **arguments)


# --------------------------------------------------------------------------------------------- reference values


RECORDS = [
    record
    for record in json.loads((pathlib.Path(__file__).parents[1] / "references" / "catalogue.json").read_text())
    if hasattr(losses, record["loss"]) and getattr(losses, record["loss"]) in RESIDUAL + RELATIVE
]


def numbers(entries):
    """Return numbers of the file as an array: infinities are texts there, and what is not known is null."""
    return np.array([math.nan if entry is None else float(entry) for entry in np.atleast_1d(entries)])


def test_every_loss_has_reference_values():
    assert {record["loss"] for record in RECORDS} == {kind.__name__ for kind in RESIDUAL + RELATIVE}


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: "{loss}-{parameters}-{reduction}".format(**record))
def test_reference_values(record):
    parameters = {name: float(number) for name, number in record["parameters"].items()}
    loss = getattr(losses, record["loss"])(reduction=record["reduction"], **parameters)
    y, p = (np.array(record["arrays"][name]) for name in ("y_true", "y_pred"))
    for method in ("value", "grad", "hess"):
        if record[method] is None:
            continue
        expected = numbers(record[method])
        found = np.atleast_1d(getattr(loss, method)(y, p, sample_weight=record["sample_weight"]))
        known = ~np.isnan(expected)
        np.testing.assert_allclose(found[known], expected[known], rtol=24 * 2.0**-52, atol=1e-307)


# --------------------------------------------------------------------------------------------- exact arithmetic


POINTS = [0.0, 1e-30, 1e-18, 1e-15, 1e-9, 1e-4, 0.1, 0.49, 0.51, 0.99, 1.01, 1.6, 4.6, 30.0, 1e3, 1e6]
FAR = [1e9, 1e15, 1e140]


def assert_near(found, expected, scale, dtype):
    """Assert that a number is off by no more than 16 eps of a scale, down to the smallest normal number."""
    limits = np.finfo(dtype)
    tolerance = 16 * decimal_of(limits.eps) * max(scale, decimal_of(limits.smallest_normal) * 2**20)
    if abs(expected) < decimal_of(limits.max) / 4:
        off = abs(decimal_of(found) - expected)
        assert off <= tolerance, f"{found!r} instead of {expected:.20e}, off by {16 * off / tolerance:.1f} eps"


def decimal_of(number):
    numerator, denominator = number.as_integer_ratio()
    return Decimal(numerator) / Decimal(denominator)


@each_setting
@pytest.mark.parametrize("dtype", [np.float32, np.float64, *WIDER])
def test_exact_arithmetic(loss, dtype):
    """Tiny residuals, where formulas as written cancel, and huge ones, where they overflow."""
    with decimal.localcontext(prec=140), np.errstate(all="ignore"):
        points = np.array(POINTS + (FAR if dtype is not np.float32 else [1e9, 1e15]), dtype)
        if isinstance(loss, LINEX):
            points = points[points * abs(loss.a) < 80]
        if isinstance(loss, LogCosh):
            points = points[points < 1e4]  # beyond, cosh takes long
        if isinstance(loss, Barron) and loss.alpha < -2:
            points = points[points < 1e4]
        signs = (-1.0) ** np.arange(points.size)
        points = np.concatenate([points, -points]) if not loss.is_symmetric else (signs * points).astype(dtype)
        values, slopes = at(loss, "value_and_grad", points)
        for r, value, slope in zip(points, values, slopes, strict=True):
            exact_value, exact_slope, *condition = OF_RESIDUALS[type(loss)](loss, decimal_of(r))
            factor = 1
            if isinstance(loss, LINEX) or (isinstance(loss, Barron) and loss.alpha < -2):
                factor = 1 + condition[0]
            size = abs(decimal_of(r)) if isinstance(loss, EpsilonInsensitive | SquaredEpsilonInsensitive) else 0
            rounded = Decimal(float(np.finfo(dtype).eps)) * (1 if dtype is np.float32 else 0)
            if hasattr(loss, "epsilon") and abs(abs(decimal_of(r)) - Decimal(loss.epsilon)) < rounded:
                continue  # ε is rounded to float32
            assert_near(value, exact_value, max(abs(exact_value), size) * factor, dtype)
            assert_near(slope, exact_slope, max(abs(exact_slope), size if type(loss) is not EpsilonInsensitive else 0)
                        * factor, dtype)  # fmt: skip


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_logarithmic_errors_in_exact_arithmetic(dtype):
    """Near each other, far from each other, and near -1."""
    rng = np.random.default_rng(0)
    close = np.geomspace(1e-6, 1e6, 40)
    y = np.concatenate([close, rng.uniform(-0.999, 10, 40), [-0.999999, 1e30, 3e37, 0.0]]).astype(dtype)
    p = np.concatenate([close * (1 + 1e-5), rng.uniform(-0.999, 10, 40), [1e30, -0.999999, -0.9999, 1e-30]]).astype(
        dtype
    )
    values, slopes = MSLE(reduction="none").value_and_grad(y, p)
    with decimal.localcontext(prec=60):
        for a, b, value, slope in zip(*(map(decimal_of, each) for each in (y, p)), values, slopes, strict=True):
            log = (1 + b).ln() - (1 + a).ln()
            assert_near(value, log * log, log * log, dtype)
            assert_near(slope, 2 * log / (1 + b), abs(2 * log / (1 + b)), dtype)


def test_logarithmic_errors_whose_ratio_overflows():
    near_minus_one = np.float32(-1 + 2.0**-23)
    found = MSLE().value(np.array([near_minus_one]), np.array([3e38], np.float32))
    assert found == pytest.approx((math.log1p(3e38) + 23 * math.log(2)) ** 2, rel=1e-6)
    assert MSLE().value([1e300], [-1 + 2.0**-52]) == pytest.approx((math.log(1e300) + 52 * math.log(2)) ** 2, rel=1e-15)


SCALE = {PseudoHuber: "delta", Fair: "c", SmoothL1: "beta", TukeyBiweight: "c", Cauchy: "scale"}


@pytest.mark.parametrize("size", [1e-300, 1e-30, 1e30, 1e300])
@pytest.mark.parametrize("kind", SCALE)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_scales_of_any_size(kind, size, dtype):
    """Far inside the scale the loss is ½r²; far outside, its slope is the scale or less."""
    loss = kind(**{SCALE[kind]: size})
    r = np.array([0.0, 1e-15, -1.0, 1e15], dtype)
    if kind is Cauchy and size == 1e-300:
        r = r[:1]  # r/c overflows
    value, slope, bend = (at(loss, method, r) for method in ("value", "grad", "curvature"))
    exact_r = r.astype(np.longdouble)
    if size > 1:
        unit = 1 / np.longdouble(size) if kind is SmoothL1 else 1
        np.testing.assert_allclose(value, exact_r**2 / 2 * unit, rtol=1e-6, atol=np.finfo(dtype).tiny)
        np.testing.assert_allclose(slope, exact_r * unit, rtol=1e-6, atol=np.finfo(dtype).tiny)
    else:
        limit = {PseudoHuber: size, Fair: size, SmoothL1: 1.0}.get(kind, 0.0)
        np.testing.assert_allclose(value[1:], np.abs(exact_r[1:]) * limit, rtol=1e-6, atol=1e-30)
        np.testing.assert_allclose(slope[1:], np.sign(exact_r[1:]) * limit, rtol=1e-6, atol=1e-30)
    assert (bend > 0).all()
    assert value[0] == slope[0] == 0


# --------------------------------------------------------------------------------------------- two forms


ROBUST = [loss for loss in SETTINGS if isinstance(loss, (PseudoHuber, Cauchy, Fair, Barron, TukeyBiweight))]
MADE = (1.0, 2.7, 0.1, 1e-3, 1e5)
"""Scales: of small and of large ones, other numbers than |r| limit where the plain form is accurate."""


@pytest.mark.parametrize("loss", [*ROBUST, *(Barron(alpha=0.5, scale=scale) for scale in MADE)], ids=str)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_both_forms_of_a_robust_loss_agree(loss, dtype):
    """At both ends of where the plain one is used, and between."""
    orders, dtype = (VALUE, GRAD, CURVATURE), np.dtype(dtype)
    form = loss._plain_form(dtype)
    if form is None:
        assert isinstance(loss, Barron)
        return
    tiny = float(np.finfo(dtype).tiny)
    low = form.low or 2**10 * math.sqrt(tiny) * max(1.0, getattr(loss, "scale", 1.0))
    sizes = np.append(np.geomspace(low, form.high, 301), min(form.high, form.flat)).clip(low, form.high)
    r = (sizes * (-1.0) ** np.arange(sizes.size)).astype(dtype)
    with np.errstate(all="ignore"):
        careful = loss._carefully(r, orders)
        pairs = ((VALUE,), (GRAD,), (CURVATURE,), (VALUE, GRAD), (GRAD, CURVATURE))
        results = [(pair, loss._plainly(form, INF, r, pair)) for pair in pairs]
        log = np.abs(np.log(loss._weight(loss._parts(r.astype(np.longdouble))) * getattr(loss, "scale", 1.0) ** 2))
    factor = 1 + np.minimum(log, 1e5) if isinstance(loss, Barron) and loss.alpha < -2 else 1
    for pair, found in results:
        for order, numbers in zip(pair, found, strict=True):
            expected = careful[orders.index(order)].astype(np.longdouble)
            tolerance = 20 * np.finfo(dtype).eps * np.maximum(np.abs(expected), 2**20 * tiny) * factor
            assert (np.abs(numbers - expected) <= tolerance).all(), (pair, order)
    flat = r[np.abs(r) <= form.flat]
    assert_identical(loss._plainly(form, form.flat, flat, (CURVATURE,)), loss._plainly(form, INF, flat, (CURVATURE,)))


@pytest.mark.parametrize(
    ("loss", "where"), [(Fair(), NEAR), (LogCosh(), 1.5), (LINEX(), 1 / 3), (LINEX(), -1 / 3)], ids=str
)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_where_formulas_for_small_and_large_residuals_meet(loss, where, dtype):
    r = np.linspace(where / 1.3, where * 1.3, 300).astype(dtype)
    with decimal.localcontext(prec=60):
        for residual, value in zip(r, at(loss, "value", r), strict=True):
            expected = OF_RESIDUALS[type(loss)](loss, decimal_of(residual))[0]
            assert abs(decimal_of(value) / expected - 1) < 8 * decimal_of(np.finfo(dtype).eps)


@pytest.mark.parametrize("a", [1.0, -2.5, 0.3])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_curvature_of_linex_is_its_second_derivative_also_where_that_is_small(a, dtype):
    r = (np.linspace(-10, 10, 401) / a).astype(dtype)
    found, expected = at(LINEX(a=a), "curvature", r), at(LINEX(a=a), "hess", r)
    np.testing.assert_allclose(found, expected, rtol=4 * float(np.finfo(dtype).eps))


@pytest.mark.parametrize("loss", ROBUST, ids=str)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_which_form_is_used_depends_on_the_residual_alone(loss, dtype):
    """Also next to where the plain one ends: by itself, among many, and beside a larger one."""
    form, eps = loss._plain_form(np.dtype(dtype)), np.finfo(dtype).eps
    for limit in (form.low, form.high) if form else ():
        for r in (limit * (1 + np.arange(-2, 3) * eps)).astype(dtype):
            alone = [each[0] for each in at(loss, "value_and_grad", r)]
            for others in ([0.5] * 9, [1e30], [0.5] * 9999, [0.5] * 9999 + [1e30]):
                company = np.append(np.array(others, dtype), r)
                assert_identical([each[-1] for each in at(loss, "value_and_grad", company)], alone)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@each_setting
def test_no_residual_changes_the_bits_of_another(loss, dtype):
    """Neither a few that need another form, nor many."""
    for odd in ([0.0, -0.0], [1e-320, -1e-30], [1e30, -1e300], [INF, math.nan], [0.01, -0.25], [9.0]):
        check_residuals_beside(loss, dtype, odd)


def check_residuals_beside(loss, dtype, odd):
    rng = np.random.default_rng(0)
    r = rng.normal(size=100).astype(dtype)
    loss = loss.with_reduction("none")
    with np.errstate(over="ignore"):
        odd = np.array(odd).astype(dtype)
    for share in (0.05, 0.7):
        others = rng.random(r.size) >= share
        mixed = np.where(others, r, rng.choice(odd, r.size))
        for method in (*METHODS, "value_and_grad", "grad_and_curvature"):
            found, alone = at(loss, method, mixed), at(loss, method, r[others])
            for mine, expected in zip(np.atleast_2d(found), np.atleast_2d(alone), strict=True):
                np.testing.assert_array_equal(mine[others], expected, err_msg=method)


# --------------------------------------------------------------------------------------------- limits and relations


@pytest.mark.parametrize(
    ("loss", "value", "slope"),
    [
        (LogCosh(), INF, 1.0),
        (PseudoHuber(delta=2.0), INF, 2.0),
        (Cauchy(scale=2.0), INF, 0.0),
        (Fair(c=2.0), INF, 2.0),
        (Barron(alpha=2.0), INF, INF),
        (Barron(alpha=1.5), INF, INF),
        (Barron(alpha=1.0, scale=2.0), INF, 0.5),
        (Barron(alpha=0.5), INF, 0.0),
        (Barron(alpha=0.0), INF, 0.0),
        (Barron(alpha=-0.5), 5.0, 0.0),
        (Barron(alpha=-4.0), 1.5, 0.0),
        (Barron(alpha=-INF), 1.0, 0.0),
        (TukeyBiweight(c=3.0), 1.5, 0.0),
        (SmoothL1(beta=2.0), INF, 1.0),
        (Pinball(quantile=0.75), INF, 0.25),
        (Expectile(expectile=0.75), INF, INF),
        (EpsilonInsensitive(), INF, 1.0),
        (SquaredEpsilonInsensitive(), INF, INF),
        (LINEX(a=2.0), INF, INF),
        (LINEX(a=-2.0), INF, 2.0),
    ],
    ids=str,
)
def test_infinite_residuals(loss, value, slope):
    """And NaN stays NaN."""
    np.testing.assert_allclose(at(loss, "value", [INF, math.nan]), [value, math.nan], rtol=1e-15)
    np.testing.assert_allclose(at(loss, "grad", [INF, math.nan]), [slope, math.nan], rtol=1e-15)
    if loss.is_symmetric:
        np.testing.assert_allclose(at(loss, "value", -INF), value, rtol=1e-15)
        np.testing.assert_allclose(at(loss, "grad", -INF), -slope, rtol=1e-15)


def test_infinite_predictions_of_relative_errors():
    y, p = [1.0, 1.0], [INF, math.nan]
    np.testing.assert_array_equal(MAPE(reduction="none").value(y, p), [INF, math.nan])
    np.testing.assert_array_equal(SMAPE(reduction="none").value(y, p), [2.0, math.nan])
    np.testing.assert_array_equal(SMAPE(reduction="none").grad(y, p), [0.0, math.nan])
    np.testing.assert_array_equal(MSLE(reduction="none").value(y[:1], p[:1]), [INF])


@pytest.mark.parametrize(
    ("loss", "other"),
    [
        (Pinball(), 0.5 * MAE()),
        (Expectile(), 0.5 * MSE()),
        (Pinball(quantile=0.9), Asymmetric(shortfall_weight=0.9, overshoot_weight=1 - 0.9, base=MAE())),
        (Expectile(expectile=0.9), Asymmetric(shortfall_weight=0.9, overshoot_weight=1 - 0.9)),
        (SmoothL1(beta=2.5), Huber(delta=2.5) / 2.5),
        (EpsilonInsensitive(epsilon=0.0), MAE()),
        (Barron(alpha=1.0, scale=2.5), PseudoHuber(delta=2.5) / 2.5**2),
        (Barron(alpha=0.0, scale=2.5), Cauchy(scale=2.5 * math.sqrt(2)) / 2.5**2),
        (Barron(alpha=2.0, scale=2.5), MSE() / (2 * 2.5**2)),
        (Barron(alpha=2 - 1e-13), 0.5 * MSE()),
        (Barron(alpha=1e-13), Barron(alpha=0.0)),
        (Barron(alpha=-1e15), Barron(alpha=-INF)),
        (Barron(alpha=-2 - 1e-14), Barron(alpha=-2.0)),
    ],
    ids=str,
)
@given(r=st.lists(st.floats(-20, 20), min_size=1, max_size=8))
def test_relations(loss, other, r):
    methods = METHODS[:3] if isinstance(other, Asymmetric) or loss == Pinball() else METHODS
    for method in methods:
        np.testing.assert_allclose(at(loss, method, r), at(other, method, r), rtol=5e-12, atol=1e-15, err_msg=method)


@given(r=st.lists(st.floats(-20, 20), min_size=1, max_size=8))
def test_mirrored_and_rescaled(r):
    r = np.array(r)
    np.testing.assert_array_equal(at(LINEX(a=0.5), "value", r), at(LINEX(a=-0.5), "value", -r))
    np.testing.assert_array_equal(at(LINEX(a=0.5), "grad", r), -at(LINEX(a=-0.5), "grad", -r))
    np.testing.assert_array_equal(at(Pinball(quantile=0.25), "grad", r), -at(Pinball(quantile=0.75), "grad", -r))
    for kind, name in ((PseudoHuber, "delta"), (Cauchy, "scale"), (Fair, "c"), (TukeyBiweight, "c")):
        value = at(kind(**{name: 4.0}), "value", 4 * r)
        np.testing.assert_allclose(value, 16 * at(kind(**{name: 1.0}), "value", r), rtol=1e-14)
    zeros = np.zeros_like(r)
    squared = SquaredEpsilonInsensitive(epsilon=0.25, reduction="none").value(zeros, r)
    np.testing.assert_allclose(squared, at(EpsilonInsensitive(epsilon=0.25), "value", r) ** 2, rtol=1e-15)


@pytest.mark.parametrize(
    ("loss", "residual", "slope", "bend"),
    [
        (Pinball(quantile=0.9), 0.0, 0.0, 0.0),
        (Pinball(quantile=0.9), -0.0, 0.0, 0.0),
        (Expectile(expectile=0.75), 0.0, 0.0, 0.5),
        (Expectile(expectile=0.75), -0.0, 0.0, 0.5),
        (SmoothL1(beta=0.5), 0.5, 1.0, 0.0),
        (SmoothL1(beta=0.5), np.nextafter(0.5, 0), 1.0, 2.0),
        (EpsilonInsensitive(epsilon=0.5), 0.5, 0.0, 0.0),
        (EpsilonInsensitive(epsilon=0.5), np.nextafter(-0.5, -1), -1.0, 0.0),
        (SquaredEpsilonInsensitive(epsilon=0.5), -0.5, 0.0, 0.0),
        (SquaredEpsilonInsensitive(epsilon=0.5), np.nextafter(0.5, 1), 2.0**-52, 2.0),
        (TukeyBiweight(c=0.5), 0.5, 0.0, 0.0),
    ],
    ids=str,
)
def test_the_documented_choice_at_kinks(loss, residual, slope, bend):
    assert at(loss, "grad", residual) == pytest.approx(slope, rel=1e-15)
    assert at(loss, "hess", residual) == bend


def test_the_documented_choice_at_kinks_of_relative_errors():
    y, p = [2.0, 0.0, 0.0, 2.0, 2.0, -3.0], [2.0, 0.0, 5.0, 0.0, -1.0, 0.0]
    np.testing.assert_array_equal(MAPE(reduction="none").grad(y[:2], p[:2]), [0, 0])
    np.testing.assert_array_equal(SMAPE(reduction="none").grad(y, p), [0, 0, 0, 0, 0, 0])
    np.testing.assert_array_equal(SMAPE(reduction="none").value(y, p), [0, 0, 2, 2, 2, 2])


# --------------------------------------------------------------------------------------------- curvature


@pytest.mark.parametrize("loss", [loss for loss in SETTINGS if isinstance(loss, (*SMOOTH, SmoothL1))], ids=str)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_curvature_of_robust_losses_is_psi_over_r(loss, dtype):
    """Also at 0, where it is the second derivative, and above its floor."""
    r = np.concatenate([np.geomspace(1e-6, 1e6, 200), -np.geomspace(1e-6, 1e6, 50)]).astype(dtype)
    least = np.finfo(dtype).eps * at(loss, "hess", np.zeros(1))
    found, slope = at(loss, "curvature", r), at(loss, "grad", r)
    assert found.dtype == dtype
    np.testing.assert_allclose(found, np.maximum(slope / r, least.astype(dtype)), rtol=32 * np.finfo(dtype).eps)
    np.testing.assert_allclose(at(loss, "curvature", np.zeros(1, dtype)), at(loss, "hess", np.zeros(1)), rtol=1e-6)
    assert (at(loss, "curvature", np.array([1e18, INF], dtype)) > 0).all()


@over([loss for loss in SETTINGS if isinstance(loss, (*SMOOTH, SmoothL1))], data=st.data())
def test_the_curvature_of_robust_losses_majorizes(loss, data):
    """The parabola that touches the loss at r with this curvature lies above it."""
    r, other = (data.draw(st.floats(-50, 50)) for _ in range(2))
    value, slope, bend = (float(at(loss, method, r)[0]) for method in ("value", "grad", "curvature"))
    above = value + slope * (other - r) + bend * (other - r) ** 2 / 2
    size = abs(value) + abs(slope * (other - r)) + bend * (other - r) ** 2
    assert at(loss, "value", other)[0] <= above + 1e-14 * size


@pytest.mark.parametrize(
    ("loss", "expected"),
    [
        (Pinball(quantile=0.9), [1.0, 1.0, 1.0]),
        (Expectile(expectile=0.75), [1.5, 0.5, 0.5]),
        (EpsilonInsensitive(), [1.0, 1.0, 1.0]),
        (SquaredEpsilonInsensitive(), [2.0, 2.0, 2.0]),
        (LINEX(a=0.5), [0.25 * math.exp(-1), 0.25, 0.25 * math.exp(1)]),
        (LINEX(a=1e3), [1e6 * 2.0**-52, 1e6, INF]),
    ],
    ids=str,
)
def test_other_curvatures(loss, expected):
    np.testing.assert_allclose(at(loss, "curvature", [-2.0, 0.0, 2.0]), expected, rtol=1e-15)


def test_curvatures_of_relative_errors():
    y, p = np.array([0.0, 1e9, -4.0]), np.array([1.0, 3.0, 7.0])
    np.testing.assert_allclose(MSLE(reduction="none").curvature(np.abs(y), p), 2 / (1 + p) ** 2, rtol=1e-15)
    np.testing.assert_allclose(MAPE(reduction="none").curvature(y, p), [2.0**52, 1e-9, 0.25], rtol=1e-15)
    np.testing.assert_array_equal(SMAPE(reduction="none").curvature(y, p), np.ones(3))
    assert MSLE().curvature([0.0], [1e300]) > 0


# --------------------------------------------------------------------------------------------- best constants


@pytest.mark.parametrize(
    "loss",
    [
        *(
            loss
            for loss in SETTINGS
            if "scale=1.7" not in str(loss) and not {1e-3, 1e5, 1e-9} & set(vars(loss).values())
        ),
        *(Barron(alpha=alpha) for alpha in (1.5, 0.0, -2.0, -INF)),
        LINEX(a=1e-9),
        LINEX(a=-200.0),
        Asymmetric(shortfall_weight=3.0),
        Asymmetric(shortfall_weight=3.0, base=LogCosh()),
        MSLE(),
        MAPE(),
        SMAPE(),
    ],
    ids=str,
)
@pytest.mark.parametrize("n", [1, 2, 7, 40])
def test_no_other_constant_is_better(loss, n):
    rng = np.random.default_rng(n)
    y, weight = rng.normal(size=n) * 3, rng.choice([0.5, 1.0, 3.0], n)
    if isinstance(loss, RELATIVE):
        y = np.exp(y / 3)
    best = loss.best_constant(y, weight)
    assert type(best) is float
    others = np.linspace(y.min(), y.max(), 400), y, best + np.linspace(-1e-3, 1e-3, 21)
    least, *found = mean_losses(loss, y, weight, np.concatenate([[best], *others]))
    assert least <= min(found) + 1e-13 * abs(least)


def test_best_constants_in_closed_form():
    y, weight = [1.0, 2.0, 4.0, 8.0], [1.0, 2.0, 1.0, 4.0]
    assert Pinball(quantile=0.75).best_constant(np.arange(1.0, 102.0)) == 76.0
    assert MSLE().best_constant([0.0, 3.0]) == pytest.approx(1.0, rel=1e-15)
    assert MAPE().best_constant(y, weight) == 2.0  # the weights by the targets are 1, 1, 1/4 and 1/2
    assert EpsilonInsensitive(epsilon=1.0).best_constant([0.0, 10.0]) == 5.0
    assert LINEX(a=2.0).best_constant([1.0, 5.0]) == pytest.approx(1 - math.log((1 + math.exp(-8)) / 2) / 2, rel=1e-15)
    assert LINEX(a=1e-9).best_constant(y, weight) == pytest.approx(np.average(y, weights=weight), rel=1e-8)
    top = Expectile(expectile=0.9).best_constant(y, weight)
    assert at(Expectile(expectile=0.9), "grad", top - np.array(y)) @ weight == pytest.approx(0, abs=1e-14)
    assert Asymmetric(shortfall_weight=9.0).best_constant(y, weight) == pytest.approx(top, rel=1e-15)


def test_the_best_constant_of_a_symmetric_percentage_error_is_one_of_many_targets():
    y = np.exp(np.random.default_rng(0).normal(size=2000))
    best = SMAPE().best_constant(y)
    assert best in y
    at_best = SMAPE().value(y, np.full_like(y, best))
    assert at_best <= min(SMAPE().value(y, np.full_like(y, c)) for c in y[::5])


# --------------------------------------------------------------------------------------------- claims, attacked

GRID = np.concatenate([-np.geomspace(1e-6, 1e7, 4001), [0.0], np.geomspace(1e-6, 1e7, 4001)])


@each_setting
def test_claims_about_slopes(loss):
    """The Lipschitz constant is reached and not exceeded, or there is none; the derivative jumps at the kinks alone."""
    r = np.concatenate([GRID, getattr(loss, "scale", 1.0) * GRID, getattr(loss, "c", 1.0) * GRID])
    slope = np.abs(at(loss, "grad", r))
    if loss.lipschitz is None:
        assert slope.max() > 20 * np.abs(at(loss, "grad", r / 1e4)).max() or slope.max() > 1e9 * abs(
            getattr(loss, "a", 1)
        )
    else:
        np.testing.assert_allclose(slope.max(), loss.lipschitz, rtol=1e-4)
        assert slope.max() <= loss.lipschitz * (1 + 1e-14)
    kinks = np.array(loss.kinks)
    beside = np.abs(at(loss, "grad", kinks + 1e-9) - at(loss, "grad", kinks - 1e-9))
    assert (beside > 0.4).all()
    assert loss.is_differentiable == (kinks.size == 0)


@each_setting
def test_claims_about_second_derivatives(loss):
    """Smoothness is reached and not exceeded; the loss is convex just where the second derivative is never negative."""
    bend = at(loss, "hess", np.concatenate([GRID, getattr(loss, "c", getattr(loss, "scale", 1.0)) * GRID]))
    bend = bend[np.isfinite(bend)]
    if loss.smoothness is not None:
        assert np.abs(bend).max() <= loss.smoothness * (1 + 1e-14)
        np.testing.assert_allclose(np.abs(bend).max(), loss.smoothness, rtol=1e-6)
    assert loss.is_convex == (bend.min() >= 0)
    mirrored = all((at(loss, "value", GRID[:4000:50]) == at(loss, "value", -GRID[:4000:50])).tolist())
    assert loss.is_symmetric == mirrored


@pytest.mark.parametrize("kind", [MSLE, SMAPE])
def test_what_is_not_convex(kind):
    assert not kind.is_convex
    low, middle, high = (kind().value([1.0], [p]) for p in (1.0, 50.0, 99.0))
    assert middle > (low + high) / 2


# --------------------------------------------------------------------------------------------- what is refused


@pytest.mark.parametrize(
    ("kind", "parameters"),
    [
        *((kind, {name: bad}) for kind, name in ((PseudoHuber, "delta"), (SmoothL1, "beta"), (Cauchy, "scale"),
           (Fair, "c"), (TukeyBiweight, "c"), (Barron, "scale")) for bad in (0.0, -1.0, INF, math.nan, "1")),
        *((Pinball, {"quantile": bad}) for bad in (0, 1, -0.1)),
        *((Expectile, {"expectile": bad}) for bad in (0, 1, -0.1)),
        *((kind, {"epsilon": bad}) for kind in (EpsilonInsensitive, SquaredEpsilonInsensitive) for bad in (-0.1, INF)),
        *((LINEX, {"a": bad}) for bad in (0.0, INF, -INF)),
        *((Barron, {"alpha": bad}) for bad in (2.0001, INF, math.nan)),
    ],
    ids=str,
)  # fmt: skip
def test_parameters_out_of_range(kind, parameters):
    (name,) = parameters
    with pytest.raises(ValueError, match=f"^{name} must .*, got"):
        kind(**parameters)


@pytest.mark.parametrize(
    ("y", "p", "names"),
    [
        ([0.0, -1.0], [0.0, 0.0], r"^y_true\[1\] is -1.0, but a target must be greater than -1"),
        ([0.0, 0.0], [-2.0, 0.0], r"^y_pred\[0\] is -2.0, but a prediction must be greater than -1.*not negative"),
        ([0.0], [math.nan], r"^y_pred\[0\] is nan"),
    ],
)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_logarithmic_errors_refuse_what_has_no_logarithm(y, p, names, dtype):
    with pytest.raises(ValueError, match=names):
        MSLE().value(np.array(y, dtype), np.array(p, dtype))


def test_an_infinite_alpha_is_shown_as_python_reads_it():
    loss = Barron(alpha=-np.inf, scale=2)
    assert repr(loss) == "Barron(alpha=float('-inf'), scale=2.0)"
    assert eval(repr(loss)) == loss
    assert loss == losses.get("barron", alpha=-INF, scale=2.0)


def test_log1p_of_the_reference_is_that_of_decimal():
    """The helpers of exact arithmetic that this file takes from `exact`, against plain decimals."""
    with decimal.localcontext(prec=120):
        for x in (Decimal("1e-40"), Decimal("0.3"), Decimal(7)):
            assert abs(log1p(x) - (1 + x).ln()) < Decimal("1e-58") * x
