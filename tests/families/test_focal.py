"""Focal losses, and class weights by column: reference values, exact arithmetic, relations, limits and messages."""

import math

import numpy as np
import pytest
from hypothesis import strategies as st

from exact_elements import focal
from hard_points import arrays, assert_as_stored, assert_exact, assert_least_at, stored
from losses import AsymmetricFocal, BinaryCrossEntropy, BinaryFocal
from problems import over
from registry import between, choice, magnitudes, reals, signed

EPS = np.finfo(np.float64).eps
PARAMETERS = [
    {"gamma": 0.0},
    {"gamma": 2.0},
    {"gamma": 0.5, "alpha": 0.25},
    {"gamma": 1.0, "alpha": 1.0},
    {"gamma": 3.5, "alpha": 0.0},
    {"gamma": 30.0},
]
FOCAL = [BinaryFocal(from_logits=from_logits, **p) for from_logits in (True, False) for p in PARAMETERS]
ASYMMETRIC = [
    AsymmetricFocal(),
    AsymmetricFocal(gamma_pos=1.0, gamma_neg=2.0, clip=0.0),
    AsymmetricFocal(gamma_pos=0.5, gamma_neg=0.5, clip=0.125),
    AsymmetricFocal(gamma_neg=0.0, clip=0.25),
    AsymmetricFocal(gamma_neg=1.0, clip=1e-6),
    AsymmetricFocal(gamma_pos=0.0, gamma_neg=0.0, clip=0.0),
]
each_focal = pytest.mark.parametrize("loss", FOCAL, ids=repr)
each_asymmetric = pytest.mark.parametrize("loss", ASYMMETRIC, ids=repr)
each_loss = pytest.mark.parametrize("loss", FOCAL + ASYMMETRIC, ids=repr)


# --------------------------------------------------------------------------------------------- values


@stored(BinaryFocal, AsymmetricFocal)
def test_stored_values(loss, record):
    """Of PyTorch's autograd, and hard points in 250 digits: logits of ±1e4, γ = 0, probabilities next to clip."""
    assert_as_stored(loss, record, focal)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@over(FOCAL + ASYMMETRIC, data=st.data())
def test_exactly(loss, dtype, data):
    """Hard and soft labels; logits of any size, and probabilities next to 0 and 1."""
    if dtype == np.float32 and isinstance(loss, AsymmetricFocal):
        loss = AsymmetricFocal(gamma_pos=loss.gamma_pos, gamma_neg=loss.gamma_neg, clip=float(np.float32(loss.clip)))
    y = data.draw(arrays(dtype, choice(0.0, 1.0, 0.0, 1.0, 0.25)))
    logits = reals(10) | signed(magnitudes(1e-10, 1e5))
    if getattr(loss, "clip", 0):
        logits |= reals(1e-6).map(lambda x: x + math.log(loss.clip / (1 - loss.clip)))
    near_ends = magnitudes(1e-20, 0.5)
    probabilities = between(0, 1) | near_ends | near_ends.map(lambda x: 1 - x)
    p = data.draw(arrays(dtype, logits if getattr(loss, "from_logits", True) else probabilities))
    assert_exact(loss, y, p, focal)


LOGITS = np.array([1e4, -1e4, 800.0, -800.0, 36.0, -36.0, 2.0, -0.5, 1e-300, 0.0])


@pytest.mark.parametrize("label", [0.0, 1.0])
def test_without_focus_it_is_cross_entropy(label):
    """Nearly bit for bit, also at logits of ±1e4."""
    y = np.full(len(LOGITS), label)
    expected = BinaryCrossEntropy(from_logits=True, reduction="none")
    focal = BinaryFocal(gamma=0.0, from_logits=True, reduction="none")
    unclipped = AsymmetricFocal(gamma_pos=0.0, gamma_neg=0.0, clip=0.0, reduction="none")
    for method in ("value", "grad", "hess", "curvature"):
        for loss in (focal, unclipped):
            found, wanted = getattr(loss, method)(y, LOGITS), getattr(expected, method)(y, LOGITS)
            np.testing.assert_allclose(found, wanted, rtol=4 * EPS, atol=0)
    p = np.array([0.0, 1e-300, 1e-9, 0.3, 0.5, 0.9, 1 - 1e-12, 1.0])
    for method in ("value", "grad", "hess", "curvature"):
        found = getattr(BinaryFocal(gamma=0.0, reduction="none"), method)(np.full(8, label), p)
        wanted = getattr(BinaryCrossEntropy(reduction="none"), method)(np.full(8, label), p)
        np.testing.assert_allclose(found, wanted, rtol=4 * EPS, atol=0)


def test_alpha_weighs_the_classes():
    y, x = [1, 0, 1, 0], [0.5, 0.25, -2.0, -1.0]
    weight = [0.25, 0.75, 0.25, 0.75]
    whole = BinaryFocal(gamma=2.0, from_logits=True, reduction="sum")
    part = BinaryFocal(gamma=2.0, alpha=0.25, from_logits=True, reduction="sum")
    for method in ("value", "grad", "hess", "curvature"):
        expected = getattr(whole, method)(y, x, sample_weight=weight)
        np.testing.assert_allclose(getattr(part, method)(y, x), expected, rtol=1e-15)


@each_loss
def test_a_soft_label_gives_the_mean_of_both(loss):
    loss = loss.with_reduction("none")
    p = np.array([0.2, 0.5, 0.9])
    for method in ("value", "grad", "hess"):
        one, zero, soft = (getattr(loss, method)(np.full(3, y), p) for y in (1.0, 0.0, 0.25))
        np.testing.assert_allclose(soft, 0.25 * one + 0.75 * zero, rtol=1e-14, atol=1e-15)


@pytest.mark.parametrize("parameters", PARAMETERS, ids=str)
def test_logits_and_probabilities_agree(parameters):
    y, x = np.array([1.0, 0.0, 0.5, 1.0]), np.array([0.5, -2.0, 3.0, -1.0])
    by_logits = BinaryFocal(from_logits=True, reduction="none", **parameters)
    by_probabilities = BinaryFocal(reduction="none", **parameters)
    p = by_logits.inverse_link(x)
    np.testing.assert_allclose(by_logits.value(y, x), by_probabilities.value(y, p), rtol=1e-13)
    np.testing.assert_allclose(by_logits.grad(y, x), by_probabilities.grad(y, p) * p * (1 - p), rtol=1e-13)


def test_what_the_shift_does():
    """Negatives up to `clip` cost nothing, and positives are those of the focal loss."""
    shifted = AsymmetricFocal(gamma_pos=2.0, gamma_neg=2.0, clip=0.25, reduction="none")
    focal = BinaryFocal(gamma=2.0, from_logits=True, reduction="none")
    x = np.linspace(-5, 5, 41)
    p = focal.inverse_link(x)
    np.testing.assert_array_equal(shifted.value(np.ones(41), x), focal.value(np.ones(41), x))
    np.testing.assert_array_equal(shifted.value(np.zeros(41), x)[p <= 0.25], 0)
    above = p > 0.26
    expected = BinaryFocal(gamma=2.0, reduction="none").value(np.zeros(41), np.maximum(p - 0.25, 0))
    np.testing.assert_allclose(shifted.value(np.zeros(41), x)[above], expected[above], rtol=1e-12)


def test_the_subgradient_at_the_clip():
    """σ(0) = ½ is exact; the slope above is σ(x)σ(−x)/(1 − m)."""
    loss = AsymmetricFocal(gamma_neg=0.0, clip=0.5, reduction="sum")
    np.testing.assert_array_equal(loss.grad([0, 0], [0.0, -1.0]), [0, 0])
    np.testing.assert_allclose(loss.grad([0], [1e-9]), [0.25], rtol=1e-8)
    np.testing.assert_array_equal(loss.hess([0, 0], [0.0, -1.0]), [0, 0])


@each_loss
def test_infinities_and_nan(loss):
    """The limits: a confident, right logit costs nothing, a wrong one infinitely much, or with a shift −log(clip)."""
    if not getattr(loss, "from_logits", True):
        with pytest.raises(ValueError, match=r"y_pred\[0\] is nan"):
            loss.value([1.0], [np.nan])
        return
    loss = loss.with_reduction("none")
    clip = getattr(loss, "clip", 0.0)
    worst = (1 - clip) ** loss.gamma_neg * -math.log(clip) if clip else np.inf
    alpha = getattr(loss, "alpha", None)
    a, b = (1.0, 1.0) if alpha is None else (alpha, 1 - alpha)
    expected = [0, a * np.inf if a else 0, b * worst if b else 0, 0]
    y, x = [1.0, 1.0, 0.0, 0.0], [np.inf, -np.inf, np.inf, -np.inf]
    np.testing.assert_allclose(loss.value(y, x), expected, rtol=1e-14)
    np.testing.assert_allclose(loss.grad(y, x), [0, -a, 0 if clip else b, 0], rtol=1e-14)
    np.testing.assert_array_equal(loss.hess(y, x), 0)
    assert np.isnan(loss.value(y, [np.nan] * 4)).all()
    assert np.isnan(loss.grad(y, [np.nan] * 4)).all()
    assert np.isnan(loss.grad([0.5], [np.nan])).all()


# --------------------------------------------------------------------------------------------- curvature, properties


@each_loss
def test_the_curvature_is_that_of_cross_entropy(loss):
    y = np.array([1.0, 0.0, 0.25])
    p = np.array([0.3, 0.8, 0.5])
    entropy = BinaryCrossEntropy(from_logits=getattr(loss, "from_logits", True), reduction="sum")
    alpha = getattr(loss, "alpha", None)
    if isinstance(loss, AsymmetricFocal) or alpha is None:
        expected = entropy.curvature(y, p)
    else:
        ones, zeros = (entropy.hess(np.full(3, label), p) for label in (1.0, 0.0))
        expected = alpha * y * ones + (1 - alpha) * (1 - y) * zeros
    found = loss.with_reduction("sum").curvature(y, p)
    np.testing.assert_allclose(found, np.maximum(expected, EPS), rtol=1e-14)


@over(FOCAL + ASYMMETRIC, data=st.data())
def test_convexity(loss, data):
    """Second derivatives of what is called convex are never negative, and somewhere negative of what isn't."""
    loss = loss.with_reduction("sum")
    y = np.array([0.0, 1.0, data.draw(st.floats(0, 1))])[:, np.newaxis]
    grid = np.linspace(-30, 30, 241) if getattr(loss, "from_logits", True) else np.linspace(0, 1, 241)
    hess = loss.hess(*np.broadcast_arrays(y, grid))
    assert (hess >= 0).all() == loss.is_convex


@pytest.mark.parametrize("loss", [loss for loss in ASYMMETRIC if loss.clip > 1e-3], ids=repr)
def test_smoothness_at_the_clip(loss):
    """Whether the slope, and the bend, jump from their zeros below."""
    edge = math.log(loss.clip / (1 - loss.clip))
    grad = loss.grad([0, 0], [edge - 1e-7, edge + 1e-7])
    hess = loss.hess([0, 0], [edge - 1e-7, edge + 1e-7])
    assert (abs(grad[1] - grad[0]) < 1e-3) == loss.is_differentiable
    assert (abs(hess[1] - hess[0]) < 1e-3) == loss.is_twice_differentiable


@pytest.mark.parametrize("alpha", [None, 0.25, 1.0])
def test_the_bounds_without_focus(alpha):
    loss = BinaryFocal(gamma=0.0, alpha=alpha, from_logits=True, reduction="sum")
    y, x = np.meshgrid([0.0, 1.0, 0.3], np.append(np.linspace(-40, 40, 81), 0.0))
    assert np.abs(loss.grad(y, x)).max() == pytest.approx(loss.lipschitz, rel=1e-12)
    assert loss.hess(y, x).max() == pytest.approx(loss.smoothness, rel=1e-12)
    assert BinaryFocal(gamma=1.0, from_logits=True).lipschitz is None


# --------------------------------------------------------------------------------------------- constants


@pytest.mark.parametrize("loss", [loss for loss in FOCAL if loss.alpha not in (0.0, 1.0)], ids=repr)
@pytest.mark.parametrize("weight", [None, [1.0, 0.5, 2.0, 0.25]], ids=["plain", "weighted"])
def test_the_best_constant_of_the_focal_loss(loss, weight):
    y = [1, 0, 0, 0.5]
    best = loss.best_constant(y, weight)
    grid = np.linspace(-6, 6, 241) if loss.from_logits else np.linspace(0.001, 0.999, 241)
    assert_least_at(loss, best, y, weight, grid)
    if loss.gamma == 0 and loss.alpha is None:
        share = np.average(y, weights=weight)
        assert loss.inverse_link([best])[0] == pytest.approx(share, rel=1e-14)


@each_asymmetric
def test_the_best_constant_of_the_asymmetric_focal_loss(loss):
    y, weight = [1, 0, 0, 0], [1.0, 0.5, 2.0, 0.25]
    assert_least_at(loss, loss.best_constant(y, weight), y, weight, np.linspace(-12, 12, 481))


def test_what_has_no_best_constant():
    logits = BinaryFocal(from_logits=True)
    for y in ([1, 1], [0, 0]):
        with pytest.raises(ValueError, match="no finite logit"):
            logits.best_constant(y)
        assert BinaryFocal().best_constant(y) == y[0]
    with pytest.raises(ValueError, match="only class 1"):
        AsymmetricFocal().best_constant([1, 1])
    with pytest.raises(ValueError, match="only class 0"):
        AsymmetricFocal(clip=0.0).best_constant([0, 0])
    assert AsymmetricFocal(clip=0.25).best_constant([0, 0]) == pytest.approx(math.log(1 / 3), rel=1e-15)
    with pytest.raises(ValueError, match="lies at infinity"):  # a negative never costs more than −log(clip)
        AsymmetricFocal().best_constant([1, 0], [99.0, 1.0])


# --------------------------------------------------------------------------------------------- messages


@pytest.mark.parametrize(
    ("cls", "name", "bad"),
    [
        (BinaryFocal, "gamma", [-1e-300, -1, math.inf, math.nan, None, "2"]),
        (BinaryFocal, "alpha", [-0.1, 1.1, math.nan, "0.25", True]),
        (BinaryFocal, "from_logits", [0, 1, None]),
        (AsymmetricFocal, "gamma_pos", [-1, math.inf, None]),
        (AsymmetricFocal, "gamma_neg", [-1, math.inf, None]),
        (AsymmetricFocal, "clip", [-1e-9, 1.0, 2, math.nan, None]),
    ],
)
def test_parameters_out_of_range(cls, name, bad):
    for value in bad:
        with pytest.raises(ValueError, match=name):
            cls(**{name: value})


def test_values_outside_the_domains():
    with pytest.raises(ValueError, match=r"y_pred\[1\] is 1\.5.*from_logits=True"):
        BinaryFocal().grad([1, 0], [0.5, 1.5])
    for loss in (BinaryFocal(), AsymmetricFocal()):
        with pytest.raises(ValueError, match=r"y_true\[0\] is -1.*\(y_true \+ 1\) / 2"):
            loss.value([-1, 1], [0.5, 0.5])


# --------------------------------------------------------------------------------------------- class weights by column


@pytest.mark.parametrize("from_logits", [False, True])
@pytest.mark.parametrize("smoothing", [0.0, 0.25])
@pytest.mark.parametrize("shape", [(3,), (5, 3), (2, 4, 3), (50_000, 3)], ids=str)
def test_each_column_has_its_own_class_weight(from_logits, smoothing, shape):
    """As if each column had a loss of its own."""
    weights = [0.5, 1.0, 3.0]
    options = {"from_logits": from_logits, "label_smoothing": smoothing, "reduction": "none"}
    loss = BinaryCrossEntropy(pos_weight=weights, **options)
    rng = np.random.default_rng(3)
    y, p = rng.integers(0, 2, shape).astype(float), rng.uniform(0.05, 0.95, shape)
    for method in ("value", "grad", "hess", "curvature"):
        found = getattr(loss, method)(y, p)
        assert found.shape == shape
        for k, weight in enumerate(weights):
            expected = getattr(BinaryCrossEntropy(pos_weight=weight, **options), method)(y[..., k], p[..., k])
            np.testing.assert_allclose(found[..., k], expected, rtol=1e-15, atol=1e-300)


def test_class_weights_by_column_are_a_tuple_of_floats():
    for weights in ([1, 2], (1.0, 2.0), np.array([1, 2], np.float32)):
        loss = BinaryCrossEntropy(pos_weight=weights)
        assert loss.pos_weight == (1.0, 2.0)
        assert [type(weight) for weight in loss.pos_weight] == [float, float]
        assert loss == eval(repr(loss))
        assert hash(loss) == hash(BinaryCrossEntropy(pos_weight=(1.0, 2.0)))


@pytest.mark.parametrize("shape", [(), (3,), (2, 3), (2, 1), (2, 0)])
def test_too_few_or_too_many_columns(shape):
    loss = BinaryCrossEntropy(pos_weight=[1.0, 2.0], reduction="sum")
    for method in ("value", "grad", "value_and_grad", "partial"):
        with pytest.raises(ValueError, match=r"pos_weight has 2 entries but y_pred has shape"):
            getattr(loss, method)(np.ones(shape), np.full(shape, 0.5))
    if 0 not in shape:
        with pytest.raises(ValueError, match=r"pos_weight has 2 entries but y_true has shape"):
            loss.best_constant(np.ones(shape))


def test_class_weights_by_column_in_a_sum_of_losses():
    y, x = np.array([[1.0, 0.0], [0.0, 1.0]]), np.array([[0.5, 1.0], [-1.0, 0.25]])
    loss = BinaryCrossEntropy(from_logits=True, pos_weight=[1.0, 2.0])
    total = 0.5 * loss + 0.5 * BinaryFocal(from_logits=True)
    expected = 0.5 * loss.value(y, x) + 0.5 * BinaryFocal(from_logits=True).value(y, x)
    assert total.value(y, x) == pytest.approx(expected, rel=1e-15)
    assert (loss.lipschitz, loss.smoothness) == (2.0, 0.5)


def test_the_best_constant_with_class_weights_by_column():
    y, weight = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]]), np.array([1.0, 0.5, 0.0])
    loss = BinaryCrossEntropy(from_logits=True, pos_weight=[1.0, 3.0])
    assert loss.best_constant(y, weight) == pytest.approx(math.log((1 + 0.5 * 3) / (1 + 0.5)), rel=1e-15)
    each = np.repeat(weight, 2).reshape(3, 2)
    assert loss.best_constant(y, each) == loss.best_constant(y, weight)
