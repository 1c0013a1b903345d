"""Losses over classes: reference values, exact arithmetic, limits and relations, constants, claims and messages."""

import math
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exact import exactly, log1p
from losses import (
    NLL,
    CategoricalCrossEntropy,
    CategoricalFocal,
    GeneralizedCrossEntropy,
    KLDivergence,
    Poly1CrossEntropy,
)

rng = np.random.default_rng(8)
IDS = rng.integers(0, 4, 40)
LOGITS = rng.normal(size=(40, 4)) * 3


# --------------------------------------------------------------------------------------------- z-loss


def test_z_loss_adds_the_squared_level_of_the_logits():
    weights = np.array([1.0, 2.0, 0.5, 0.0])
    plain, held = (CategoricalCrossEntropy(from_logits=True, z_loss=z, reduction="none") for z in (0, 0.25))
    level = np.log(np.exp(LOGITS).sum(axis=1))
    np.testing.assert_allclose(held.value(IDS, LOGITS) - plain.value(IDS, LOGITS), level**2 / 4, rtol=1e-12)
    by_class = CategoricalCrossEntropy(from_logits=True, z_loss=0.25, class_weight=weights, reduction="none")
    for target in (IDS, np.eye(4)[IDS]):
        np.testing.assert_allclose(by_class.value(target, LOGITS), weights[IDS] * held.value(IDS, LOGITS), rtol=1e-12)


def test_z_loss_settles_the_level_of_the_best_constant():
    loss = CategoricalCrossEntropy(from_logits=True, z_loss=0.5)
    best = loss.best_constant([0, 1, 1, 3, 2])
    np.testing.assert_allclose(best, np.log([0.2, 0.4, 0.2, 0.2]), rtol=1e-14)
    rows = np.broadcast_to(best, (5, 4))
    np.testing.assert_allclose(loss.grad([0, 1, 1, 3, 2], rows).sum(axis=0), 0, atol=1e-15)


def test_z_loss_is_convex_nowhere_far_below():
    assert CategoricalCrossEntropy(from_logits=True).is_convex
    assert not CategoricalCrossEntropy(from_logits=True, z_loss=1.0).is_convex
    assert CategoricalCrossEntropy(from_logits=True, z_loss=1.0).hess([0], [[-9.0, -9.0]]).min() < 0


def test_z_loss_needs_logits():
    with pytest.raises(ValueError, match=r"from_logits=True; got z_loss=0\.1"):
        CategoricalCrossEntropy(z_loss=0.1)
    with pytest.raises(ValueError, match="z_loss must be finite and not negative"):
        CategoricalCrossEntropy(from_logits=True, z_loss=-0.1)


# --------------------------------------------------------------------------------------------- functions of p_y

OF_LIKELIHOOD = [
    CategoricalFocal(gamma=0.0),
    CategoricalFocal(gamma=0.5, alpha=0.25),
    CategoricalFocal(alpha=(1.0, 0.0, 2.5)),
    CategoricalFocal(gamma=5.0),
    Poly1CrossEntropy(epsilon=-1.0),
    Poly1CrossEntropy(epsilon=3.0),
    GeneralizedCrossEntropy(q=1e-3),
    GeneralizedCrossEntropy(),
    GeneralizedCrossEntropy(q=1.0),
]
each_of_likelihood = pytest.mark.parametrize("loss", OF_LIKELIHOOD, ids=repr)


def with_logits(loss, from_logits=True, reduction="none"):
    """Return the same loss of logits or of probabilities."""
    options = {name: getattr(loss, name) for name in ("gamma", "alpha", "epsilon", "q") if hasattr(loss, name)}
    return type(loss)(from_logits=from_logits, reduction=reduction, **options)


def power(x, exponent):
    return Decimal(1) if exponent == 0 else Decimal(0) if x == 0 else x**exponent


def phi(loss, p, rest, log):
    """Return the terms of φ, and dφ/d log p."""
    if isinstance(loss, CategoricalFocal):
        gamma = exactly(loss.gamma)
        bend = gamma * p * log * power(rest, gamma - 1) if rest and p else Decimal(0)
        return [-power(rest, gamma) * log], bend - power(rest, gamma)
    if isinstance(loss, Poly1CrossEntropy):
        epsilon = exactly(loss.epsilon)
        return [-log, epsilon * rest], -1 - epsilon * p
    q = exactly(loss.q)
    return [-expm1(q * log) / q], -(q * log).exp()


def expm1(x):
    return x.exp() - 1 if abs(x) > Decimal("1e-20") else x + x * x / 2


def exact_row(loss, y, x):
    """Return the value of a row of logits, its largest term, its derivatives, and how far from sure it is."""
    top = max(x)
    e = [(each - top).exp() for each in x]
    alpha = loss.alpha if isinstance(loss, CategoricalFocal) else None
    factors = [exactly(a) for a in (alpha if isinstance(alpha, tuple) else (alpha or 1.0,) * len(x))]
    terms, slopes, far = [], [], Decimal(0)
    for c, (own, share) in enumerate(zip(e, y, strict=True)):
        others = sum(e) - own if own < 1 else sum(e[:c] + e[c + 1 :])
        p, rest = own / sum(e), others / sum(e)
        log = -log1p(others / own)
        parts, slope = phi(loss, p, rest, log)
        terms += [factors[c] * share * part for part in parts]
        slopes.append(factors[c] * share * slope)
        if share and factors[c]:
            far = max(far, abs(log), abs(rest.ln()) if rest else Decimal(0))
    mass = sum(slopes)
    share = [own / sum(e) for own in e]
    grad = [slope - p * mass for slope, p in zip(slopes, share, strict=True)]
    for c in range(len(x)):  # without cancellation
        rest = sum(e[:c] + e[c + 1 :]) / sum(e)
        grad[c] = slopes[c] * rest - share[c] * sum(slopes[:c] + slopes[c + 1 :])
    return terms, grad, far


def assert_row_exact(loss, y, x):
    """Assert that value and gradient of a row of logits are within what the docstrings promise."""
    value, grad = loss.value_and_grad(y[np.newaxis], x[np.newaxis])
    if set(y) == {0, 1}:
        of_id = loss.value_and_grad([np.argmax(y)], x[np.newaxis])
        pairs = [(value, grad), of_id]
    else:
        pairs = [(value, grad)]
    eps, least = (exactly(each) for each in (np.finfo(x.dtype).eps, np.finfo(x.dtype).smallest_normal))
    terms, slopes, far = exact_row(loss, [exactly(each) for each in y], [exactly(each) for each in x])
    growth = 16 + (exactly(getattr(loss, "gamma", 3.0)) + 1) * (4 + far)
    for found, slope in pairs:
        assert abs(exactly(found[0]) - sum(terms)) <= max(growth * eps * max(map(abs, terms)), 16 * least), (y, x)
        allowed = max(growth * eps * max(map(abs, slopes)), 16 * least)
        for a, b in zip(slope[0], slopes, strict=True):
            assert abs(exactly(a) - b) <= allowed, (y, x, slope, slopes)


HARD_ROWS = [
    [1e4, -1e4, 0.0],
    [-1e4, 1e4, 1e4],
    [0.0, 0.0, 0.0],
    [40.0, 0.0, 1.0],
    [-40.0, 0.0, 1.0],
    [700.0, -5.0, 0.0],
    [1e-30, -1e-30, 0.0],
    [355.0, 354.5, -300.0],
    [17.0, -17.0, 16.999],
]


@each_of_likelihood
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@given(data=st.data())
def test_functions_of_the_likelihood_exactly(loss, dtype, data):
    numbers = st.floats(-40, 40) | st.floats(-1e4, 1e4) | st.sampled_from([-1e4, 0.0, 1e4])
    row = data.draw(st.sampled_from(HARD_ROWS) | st.lists(numbers, min_size=3, max_size=3))
    target = data.draw(st.sampled_from([*np.eye(3), [0.25, 0.5, 0.25], [0.0, 0.75, 0.25]]))
    assert_row_exact(with_logits(loss), np.array(target, dtype), np.array(row, dtype))


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize(("row", "label"), [([40.0, 0.0, 1.0], 0), ([0.0, 0.0, 7.0], 2)], ids=["far", "near"])
@pytest.mark.parametrize("epsilon", [-1.0, -1 + 1e-9, -0.5, -2.0, 1.0])
def test_a_slope_that_vanishes_with_the_loss_keeps_its_digits(epsilon, row, label, dtype):
    assert_row_exact(
        with_logits(Poly1CrossEntropy(epsilon=epsilon)), np.eye(3, dtype=dtype)[label], np.array(row, dtype)
    )


@each_of_likelihood
def test_probabilities_and_logits_agree(loss):
    """Values are the same, and the chain rule leads from one gradient to the other."""
    x, ids = LOGITS[:, :3], IDS % 3
    p = np.exp(x) / np.exp(x).sum(axis=1, keepdims=True)
    shares = rng.dirichlet(np.ones(3), len(x))
    for y in (ids, shares):
        value, grad = with_logits(loss).value_and_grad(y, x)
        of_p, slope = with_logits(loss, False).value_and_grad(y, p)
        np.testing.assert_allclose(of_p, value, rtol=1e-9, atol=1e-13)
        chained = p * (slope - (slope * p).sum(axis=1, keepdims=True))
        np.testing.assert_allclose(chained, grad, rtol=1e-8, atol=1e-12)


@each_of_likelihood
@pytest.mark.parametrize("y", [[0, 2, 1], np.eye(3)[[0, 2, 1]]], ids=["ids", "shares"])
def test_logits_of_infinity_take_the_limit(loss, y):
    """−inf is a class of probability 0; rows without a softmax are NaN, and spoil no other."""
    rows = np.array([[1.0, -np.inf, 2.0], [-np.inf, -np.inf, 3.0], [0.0, np.inf, 0.0]])
    value, grad = with_logits(loss).value_and_grad(y, rows)
    near, slope = with_logits(loss).value_and_grad(y, np.maximum(rows, -1e300))
    np.testing.assert_allclose(value[:2], near[:2], rtol=1e-14)
    np.testing.assert_allclose(grad[:2], slope[:2], rtol=1e-14, atol=1e-300)
    assert np.isnan(grad[2]).all()
    away = with_logits(loss).grad([1], [[0.0, -np.inf, 0.0]])
    assert np.isfinite(away).all()
    assert np.isfinite(with_logits(loss).hess([1], [[0.0, -np.inf, 0.0]])).all()
    assert np.isfinite(with_logits(loss).hess([2], [[-np.inf, -np.inf, 0.0]])).all()


def test_relations_to_cross_entropy():
    ce = CategoricalCrossEntropy(from_logits=True, reduction="none")
    for loss in (CategoricalFocal(gamma=0, from_logits=True), Poly1CrossEntropy(epsilon=0)):
        for method in ("value", "grad", "hess", "curvature"):
            found, expected = (getattr(a.with_reduction("none"), method)(IDS, LOGITS) for a in (loss, ce))
            np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-15)
    nearly = GeneralizedCrossEntropy(q=1e-9, reduction="none").value(IDS, LOGITS)
    np.testing.assert_allclose(nearly, ce.value(IDS, LOGITS), rtol=1e-7)
    half = GeneralizedCrossEntropy(q=1.0, reduction="none").value(IDS, LOGITS)
    p = ce.inverse_link(LOGITS)
    np.testing.assert_allclose(half, np.abs(p - np.eye(4)[IDS]).sum(axis=1) / 2, rtol=1e-12)
    log_p = LOGITS - np.log(np.exp(LOGITS).sum(axis=1, keepdims=True))
    np.testing.assert_allclose(NLL(reduction="none").value(IDS, log_p), ce.value(IDS, LOGITS), rtol=1e-9)
    y = rng.dirichlet(np.ones(4), 40)
    entropy = -(y * np.log(y)).sum(axis=1)
    divergence = ce.value(y, LOGITS) - entropy
    np.testing.assert_allclose(KLDivergence(log_input=True, reduction="none").value(y, log_p), divergence, atol=1e-13)
    np.testing.assert_allclose(KLDivergence(reduction="none").value(y, np.exp(log_p)), divergence, atol=1e-13)


def test_generalized_cross_entropy_lies_below_its_parabola():
    """As the docstring says of the curvature: cross-entropy's Hessian times p_y^q."""
    loss = GeneralizedCrossEntropy(q=0.5, reduction="none")
    a, b = LOGITS, LOGITS + rng.normal(size=LOGITS.shape) * rng.choice([0.01, 1, 5], (40, 1))
    value, grad = loss.value_and_grad(IDS, a)
    p = loss.inverse_link(a)
    d = b - a
    spread = np.log((p * np.exp(d)).sum(axis=1)) - (p * d).sum(axis=1)  # what cross-entropy bends by
    weight = p[np.arange(40), IDS] ** 0.5
    assert (loss.value(IDS, b) <= value + (grad * d).sum(axis=1) + weight * spread + 1e-12).all()
    np.testing.assert_allclose(loss.curvature(IDS, a), weight[:, np.newaxis] * p * (1 - p), rtol=1e-9)


# ---------------------------------------------------------------------------------------- given probabilities


@pytest.mark.parametrize("log_input", [False, True])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@given(data=st.data())
def test_divergence_exactly(log_input, dtype, data):
    shares = np.array(data.draw(st.lists(st.integers(0, 1000), min_size=3, max_size=3).filter(any)), float)
    y = (shares / shares.sum()).astype(dtype)
    numbers = st.floats(-1e4, 0, width=32) if log_input else st.floats(0, 1, width=32)
    p = np.array(data.draw(st.lists(numbers, min_size=3, max_size=3)), dtype)
    eps = np.finfo(dtype).eps
    exact_p = [exactly(each) for each in (p if log_input else np.clip(p, eps, 1 - eps))]
    logs = exact_p if log_input else [each.ln() for each in exact_p]
    terms = [exactly(a) * part for a, b in zip(y, logs, strict=True) if a for part in (exactly(a).ln(), -b)]
    found, grad = KLDivergence(log_input=log_input).value_and_grad(y, p)
    assert abs(exactly(found) - sum(terms)) <= 16 * exactly(eps) * max(map(abs, terms))
    expected = [-float(a) if log_input else -float(exactly(a) / b) for a, b in zip(y, exact_p, strict=True)]
    np.testing.assert_allclose(grad, expected, rtol=2 * eps)


# --------------------------------------------------------------------------------------------- constants

SHARES = np.array([0.5, 0.3, 0.15, 0.05])


@pytest.mark.parametrize(
    "loss",
    [
        CategoricalFocal(gamma=0.5),
        CategoricalFocal(gamma=2.0, alpha=(1.0, 3.0, 0.5, 2.0)),
        Poly1CrossEntropy(epsilon=-0.75, from_logits=False),
        Poly1CrossEntropy(epsilon=4.0, from_logits=False),
        GeneralizedCrossEntropy(q=0.4, from_logits=False),
        KLDivergence(),
    ],
    ids=repr,
)
def test_no_other_distribution_is_better(loss):
    ids = np.arange(4)
    y, weight = (SHARES[np.newaxis], None) if isinstance(loss, KLDivergence) else (ids, SHARES)
    best = loss.best_constant(y, weight)
    assert best.sum() == pytest.approx(1, abs=1e-14)

    def at(row):
        return loss.value(y, np.broadcast_to(row, (len(y), 4)), sample_weight=weight)

    for scale in (1e-4, 1e-2, 1):
        for other in rng.dirichlet(np.ones(4), 200):
            assert at(best) <= at(best + scale * (other - best)) + 1e-15


@pytest.mark.parametrize("loss", [CategoricalFocal(from_logits=True), Poly1CrossEntropy(), GeneralizedCrossEntropy()])
def test_the_best_logits_are_stationary(loss):
    ids = np.arange(4)
    best = loss.best_constant(ids, SHARES)
    assert best.mean() == pytest.approx(0, abs=1e-14)
    grad = loss.grad(ids, np.broadcast_to(best, (4, 4)), sample_weight=SHARES)
    np.testing.assert_allclose(grad.sum(axis=0), 0, atol=1e-15)


def test_log_probabilities_of_constants():
    best = NLL(class_weight=(1.0, 2.0)).best_constant([0, 1, 1])
    np.testing.assert_allclose(best, np.log([0.2, 0.8]), rtol=1e-14)
    np.testing.assert_allclose(KLDivergence(log_input=True).best_constant([[0.25, 0.75]]), np.log([0.25, 0.75]))
    np.testing.assert_array_equal(GeneralizedCrossEntropy(q=1, from_logits=False).best_constant([0, 2, 2]), [0, 0, 1])
    for loss in (NLL(), GeneralizedCrossEntropy(), CategoricalFocal(from_logits=True)):
        with pytest.raises(ValueError, match="class 1 never occurs"):
            loss.best_constant([0, 2])


@pytest.mark.parametrize("epsilon", [-1.0, 1.0, -1.25, 1.25])
def test_poly1_is_convex_where_it_says(epsilon):
    """For two classes the second derivative along their difference shows it."""
    loss = Poly1CrossEntropy(epsilon=epsilon, reduction="none")
    d = np.linspace(-20, 20, 4001)
    hess = loss.hess(np.zeros(4001, int), np.stack([d, 0 * d], axis=1))[:, 0]
    assert (hess.min() >= -1e-15) == loss.is_convex


# --------------------------------------------------------------------------------------------- messages


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: KLDivergence().value([0, 1], [[0.5, 0.5]] * 2), "needs a distribution for each row.*use NLL or"),
        (lambda: KLDivergence().value([[0.5, 0.5]], [[-0.5, -0.5]]), "pass log_input=True"),
        (lambda: KLDivergence().value([[0.5, 0.7]], [[0.5, 0.5]]), "sums to 1.2"),
        (lambda: CategoricalFocal(alpha=[1, 2]).value([0], [[0.2, 0.3, 0.5]]), "alpha has 2 entries, but y_pred has 3"),
        (lambda: CategoricalFocal(alpha=-1), "alpha must be finite and not negative"),
        (lambda: CategoricalFocal(alpha=[1, -1]), r"alpha\[1\] must be finite"),
        (lambda: CategoricalFocal().value([0], [[2.0, -1.0]]), "pass from_logits=True"),
        (lambda: GeneralizedCrossEntropy(q=0), r"q must lie in \(0, 1\]"),
        (lambda: NLL().value([2], [[-1.0, -2.0]]), "a class id must be an integer from 0 to 1"),
    ],
)
def test_messages(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_alpha_is_a_plain_number_or_a_tuple():
    assert CategoricalFocal(alpha=np.array([1.0, 2.0])) == CategoricalFocal(alpha=(1, 2))
    assert type(CategoricalFocal(alpha=np.float32(0.5)).alpha) is float
    assert math.isclose(CategoricalFocal(gamma=0, alpha=0.5).value([0], [[0.5, 0.5]]), math.log(2) / 2)
