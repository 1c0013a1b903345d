"""Losses that compare the scores of classes: exact arithmetic, limits and relations, constants, claims and messages."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from losses import CategoricalHinge, MultiLabelMargin, MultiMargin, Sparsemax
from problems import mean_losses, over

rng = np.random.default_rng(3)
OF_ONE = [Sparsemax(), CategoricalHinge(), MultiMargin(), MultiMargin(margin=0.75)]
each_of_one = pytest.mark.parametrize("loss", OF_ONE, ids=repr)
each_dtype = pytest.mark.parametrize("dtype", [np.float64, np.float32])


# --------------------------------------------------------------------------------------------- exact arithmetic


def projection(x):
    """Return the sparsemax by trying every size of the support."""
    z = sorted(x, reverse=True)
    size = max(k for k in range(1, len(z) + 1) if 1 + k * z[k - 1] > sum(z[:k]))
    threshold = (sum(z[:size]) - 1) / Fraction(size)
    return [max(each - threshold, Fraction(0)) for each in x], threshold


def exact(loss, y, x):
    """Return value and gradient of a row in fractions; MultiLabelMargin takes a row of labels."""
    classes = len(x)
    grad = [Fraction(0)] * classes
    if isinstance(loss, Sparsemax):
        p, threshold = projection(x)
        inside = [each for each, share in zip(x, p, strict=True) if share > 0]
        value = -x[y] + sum(each**2 - threshold**2 for each in inside) / 2 + Fraction(1, 2)
        return value, [share - (c == y) for c, share in enumerate(p)]
    if isinstance(loss, CategoricalHinge):
        rivals = [c for c in range(classes) if c != y]
        best = max(rivals, key=lambda c: x[c])
        value = max(Fraction(0), 1 + x[best] - x[y])
        if value > 0:
            grad[best], grad[y] = Fraction(1), Fraction(-1)
        return value, grad
    labels = [c == y for c in range(classes)] if isinstance(loss, MultiMargin) else y
    margin, value = Fraction(getattr(loss, "margin", 1.0)), Fraction(0)
    for c in range(classes):
        for k in range(classes):
            if labels[c] and not labels[k] and margin - x[c] + x[k] > 0:
                value += (margin - x[c] + x[k]) / classes
                grad[k] += Fraction(1, classes)
                grad[c] -= Fraction(1, classes)
    return value, grad


def assert_exact(loss, y, x):
    """Assert that results are within 16 eps of the largest term; scores that are rounded off 1 may miss a kink."""
    value, grad = loss.value_and_grad(np.asarray(y)[np.newaxis], x[np.newaxis])
    expected, slopes = exact(loss, y, [Fraction(float(each)) for each in x])
    eps = Fraction(float(np.finfo(x.dtype).eps))
    largest = 1 + (2 if isinstance(loss, Sparsemax) else 1) * max(abs(Fraction(float(each))) for each in x)
    assert abs(Fraction(float(value)) - expected) <= 16 * eps * largest * (1 + len(x) / 8)
    near = 16 * eps if np.abs(x).max() < 1e4 else 16 * eps * largest
    if isinstance(loss, Sparsemax):
        assert all(abs(Fraction(float(a)) - b) <= near for a, b in zip(grad[0], slopes, strict=True)), (x, grad)
    else:
        np.testing.assert_allclose(grad[0], [float(each) for each in slopes], atol=8 * float(eps))


quarters = st.integers(-16, 16).map(lambda k: k / 4)
"""Ties, kinks, and no rounding."""
anything = st.floats(-4, 4, width=32)


@each_dtype
@over(OF_ONE, data=st.data())
def test_scores_exactly(loss, dtype, data):
    elements = data.draw(st.sampled_from([quarters, quarters.map(lambda x: x + 1e4), quarters.map(lambda x: 1e3 * x)]))
    x = np.array(data.draw(st.lists(elements, min_size=2, max_size=9)), dtype)
    assert_exact(loss, data.draw(st.integers(0, len(x) - 1)), x)


@each_dtype
@given(data=st.data())
def test_sparsemax_exactly(dtype, data):
    """Also between the ties, where values are near 0: the result's terms don't cancel."""
    x = np.array(data.draw(st.lists(anything, min_size=1, max_size=9)), dtype)
    y = data.draw(st.integers(0, len(x) - 1))
    value, grad = Sparsemax().value_and_grad([y], x[np.newaxis])
    expected, slopes = exact(Sparsemax(), y, [Fraction(float(each)) for each in x])
    eps = np.finfo(dtype).eps
    assert abs(value - float(expected)) <= 16 * eps * max(1, float(expected))
    np.testing.assert_allclose(grad[0], [float(each) for each in slopes], atol=8 * eps)
    assert abs(grad.sum(dtype=np.float64)) <= 16 * eps


@each_dtype
@given(data=st.data())
def test_all_pairs_of_labels_exactly(dtype, data):
    elements = data.draw(st.sampled_from([quarters, quarters.map(lambda x: 1e3 * x)]))
    x = np.array(data.draw(st.lists(elements, min_size=1, max_size=9)), dtype)
    y = data.draw(st.lists(st.integers(0, 1), min_size=len(x), max_size=len(x)))
    assert_exact(MultiLabelMargin(), y, x)


def test_many_labels_as_all_pairs():
    """The sorted form over a batch, against the sums over all pairs."""
    y, s = rng.integers(0, 2, (20, 300)), rng.normal(size=(20, 300))
    short = 1 - s[:, :, np.newaxis] + s[:, np.newaxis, :]
    counts = (y[:, :, np.newaxis] == 1) & (y[:, np.newaxis, :] == 0) & (short > 0)
    value, grad = MultiLabelMargin(reduction="none").value_and_grad(y, s)
    np.testing.assert_allclose(value, (counts * short).sum(axis=(1, 2)) / 300, rtol=1e-13)
    np.testing.assert_allclose(grad, (counts.sum(axis=1) - counts.sum(axis=2)) / 300, atol=1e-13)


# --------------------------------------------------------------------------------------------- limits and ties


def test_sparsemax_at_ties_and_at_the_threshold():
    loss = Sparsemax(reduction="none")
    np.testing.assert_array_equal(loss.inverse_link(np.zeros((1, 4))), [[0.25] * 4])
    np.testing.assert_array_equal(loss.inverse_link([[1.0, 1.0, 0.5, 0.0]]), [[0.5, 0.5, 0.0, 0.0]])
    np.testing.assert_array_equal(loss.hess([0], [[1.0, 1.0, 0.5, 0.0]]), [[0.5, 0.5, 0.0, 0.0]])
    np.testing.assert_array_equal(loss.value([0, 1], [[1.0, 0.0], [1.0, 0.0]]), [0.0, 1.0])
    np.testing.assert_array_equal(loss.grad([0], [[5.0, 0.0]]), [[0.0, 0.0]])


def test_sparsemax_lies_above_every_distribution():
    """It is the largest of p·x − ½‖p‖² over the distributions, less that of the label."""
    x, ids = rng.normal(size=(30, 5)) * 2, rng.integers(0, 5, 30)
    value = Sparsemax(reduction="none").value(ids, x)
    own = x[np.arange(30), ids] - 0.5
    for p in [*rng.dirichlet(np.ones(5), 300), *rng.dirichlet(np.full(5, 0.1), 300)]:
        assert (value >= x @ p - (p @ p) / 2 - own - 1e-12).all()
    p = Sparsemax().inverse_link(x)
    np.testing.assert_allclose(value, (p * x).sum(axis=1) - (p * p).sum(axis=1) / 2 - own, atol=1e-12)


@each_of_one
def test_infinite_scores_take_the_limit(loss):
    loss = loss.with_reduction("none")
    rows = np.array([[1.0, -np.inf, 0.5], [-np.inf, 0.0, 0.5], [np.nan, 0.0, 0.0]])
    value, grad = loss.value_and_grad([0, 0, 1], rows)
    rest, slope = loss.value_and_grad([0], rows[:1, [0, 2]])
    if not isinstance(loss, MultiMargin):  # which divides by the number of classes
        np.testing.assert_array_equal(value[0], rest[0])
        np.testing.assert_array_equal(grad[0, [0, 2]], slope[0])
    assert grad[0, 1] == 0
    assert value[1] == np.inf
    assert np.isfinite(grad[:2]).all()
    assert np.isnan(value[2])
    assert np.isnan(grad[2, 1])


def test_labels_that_are_all_on_or_all_off_have_no_loss():
    value, grad = MultiLabelMargin(reduction="none").value_and_grad([[1, 1], [0, 0]], [[0.0, 1.0], [5.0, 5.0]])
    np.testing.assert_array_equal(value, [0, 0])
    np.testing.assert_array_equal(grad, np.zeros((2, 2)))
    value, grad = MultiLabelMargin(reduction="none").value_and_grad(
        [[1, 0]] * 3, [[0, -np.inf], [np.inf, 0], [0, np.nan]]
    )
    np.testing.assert_array_equal(value, [0, 0, np.nan])
    np.testing.assert_array_equal(grad[:2], np.zeros((2, 2)))
    assert np.isnan(grad[2]).all()


def test_relations():
    s, ids = rng.normal(size=(40, 5)) * 2, rng.integers(0, 5, 40)
    one_hot = np.eye(5)[ids]
    as_labels = MultiLabelMargin(reduction="none").value_and_grad(one_hot, s)
    for found, expected in zip(as_labels, MultiMargin(reduction="none").value_and_grad(ids, s), strict=True):
        np.testing.assert_allclose(found, expected, atol=1e-14)
    two = CategoricalHinge(reduction="none").value(ids % 2, s[:, :2])
    np.testing.assert_allclose(two, 2 * MultiMargin(reduction="none").value(ids % 2, s[:, :2]), rtol=1e-14)
    keras = np.maximum(0, 1 + ((1 - one_hot) * s).max(axis=1) - (one_hot * s).sum(axis=1))
    agree = np.where(one_hot > 0, -np.inf, s).max(axis=1) >= 0
    np.testing.assert_allclose(CategoricalHinge(reduction="none").value(ids, s)[agree], keras[agree], rtol=1e-13)


# --------------------------------------------------------------------------------------------- constants


@each_of_one
@pytest.mark.parametrize("seed", range(6))
def test_no_other_constant_is_better(loss, seed):
    generator = np.random.default_rng(seed)
    shares = generator.dirichlet(np.full(4, [10.0, 1.0, 0.3][seed % 3]))
    ids = np.arange(4)
    best = loss.best_constant(ids, shares)
    grid = np.array(np.meshgrid(*[np.arange(-3, 4) * getattr(loss, "margin", 1.0)] * 4)).reshape(4, -1).T
    near = best + generator.normal(size=(300, 4)) * generator.choice([0.01, 1], (300, 1))
    least, *others = mean_losses(loss, ids, shares, [best, *grid[:: 7 if seed else 1], *near])
    assert least <= min(others) + 1e-12


# --------------------------------------------------------------------------------------------- messages


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: Sparsemax().value([[1.0, 0.0]], [[0.5, 0.5]]), r"Sparsemax needs class ids.*np.argmax\(y_true"),
        (lambda: MultiMargin(margin=0), "margin must be positive"),
        (lambda: CategoricalHinge().value([2], [[0.5, 0.5]]), "a class id must be an integer from 0 to 1"),
        (lambda: MultiLabelMargin().value([[2, 0]], [[0.5, 0.5]]), "a label must be 1.*use MultiMargin"),
        (lambda: MultiLabelMargin().value([1], [[0.5, 0.5]]), "y_true has shape"),
    ],
)
def test_messages(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_the_best_constant_of_many_labels_is_not_made_up():
    with pytest.raises(NotImplementedError, match="isn't known"):
        MultiLabelMargin().best_constant([[1, 0]])
