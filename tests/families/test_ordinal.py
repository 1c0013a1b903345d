"""Losses of ordered grades: reference values, exact arithmetic, relations, constants, claims and messages."""

import math

import numpy as np
import pytest
from hypothesis import strategies as st

from exact_rows import assert_scores_exact, steps
from hard_points import arrays, assert_rows_as_stored, assert_rows_exact, stored
from losses import CORAL, CORN, BinaryCrossEntropy, CumulativeLogit
from problems import over
from registry import Seeded, choice, magnitudes, reals, signed

INF, NAN = math.inf, math.nan
EPS = np.finfo(np.float64).eps
THRESHOLDS = [
    (0.0,),
    (-1.0, 0.5),
    (0.5, 0.5 + 1e-9),
    (-3.0, 4.0, 60.0),
    (1000.1, 1000.1 + 1e-12, 1001.0),
    (-1e30, 1e-30, 1e30),
]
CUMULATIVE = [CumulativeLogit(thresholds=thresholds) for thresholds in THRESHOLDS]
each_cumulative = pytest.mark.parametrize("loss", CUMULATIVE, ids=repr)
each_steps = pytest.mark.parametrize("loss", [CORAL(), CORN()], ids=repr)


# --------------------------------------------------------------------------------------------- values


@stored(CORAL, CORN)
def test_stored_values(loss, record):
    """Of PyTorch, and logits of ±1e4 in 1000 digits."""
    assert_rows_as_stored(loss, record, steps)


@stored(CumulativeLogit)
def test_stored_values_of_scores(loss, record):
    """Of statsmodels, and hard points in 1000 digits: near thresholds, both tails."""
    y, s = (np.array(record["arrays"][name]) for name in ("y_true", "y_pred"))
    for method in ("value", "grad", "hess"):
        found = getattr(loss, method)(y, s, sample_weight=record["sample_weight"])
        tolerance = 16 * EPS * (1000 if method == "hess" else 1)
        expected = np.array(record[method])
        np.testing.assert_allclose(found, expected, rtol=tolerance, atol=8 * EPS if method == "grad" else 0)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@over(CUMULATIVE, data=st.data())
def test_scores_exactly(loss, dtype, data):
    """Near the thresholds and far in both tails; the error is relative to the loss itself, as the docstring says."""
    grades = choice(*range(len(loss.thresholds) + 1))
    thresholds = [*(t for t in loss.thresholds if abs(t) < 1e30), 1.0]
    near = Seeded(lambda rng, shape: rng.choice(thresholds, shape) + reals(3).make(rng, shape))
    numbers = signed(magnitudes(1e-30, 1e30)) | reals(50) | near
    assert_scores_exact(loss, data.draw(arrays(dtype, grades)), data.draw(arrays(dtype, numbers)))


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@over([CORAL(), CORN()], data=st.data())
def test_logits_exactly(loss, dtype, data):
    y = data.draw(arrays(dtype, choice(0, 1, 2, 3)))
    numbers = signed(magnitudes(1e-30, 1e30)) | reals(50)
    assert_rows_exact(loss, y, np.stack([data.draw(arrays(dtype, numbers)) for _ in range(3)], axis=1), steps)


# --------------------------------------------------------------------------------------------- ends


def test_infinite_scores_take_the_limit():
    loss = CumulativeLogit(thresholds=(-1.0, 1.0), reduction="none")
    value, grad = loss.value_and_grad([0, 1, 2, 0, 1, 2, 0, 1, 2], [-INF] * 3 + [INF] * 3 + [NAN] * 3)
    np.testing.assert_array_equal(value, [0, INF, INF, INF, INF, 0, NAN, NAN, NAN])
    np.testing.assert_array_equal(grad, [0, -1, -1, 1, 1, 0, NAN, NAN, NAN])


@each_steps
def test_infinite_logits_take_the_limit(loss):
    value, grad = loss.with_reduction("none").value_and_grad([0, 1, 1], [[-INF, -INF], [INF, INF], [NAN, 0.0]])
    np.testing.assert_array_equal(value, [0, INF, NAN])
    np.testing.assert_array_equal(grad[:2], [[0, 0], [0, 1]])
    assert np.isnan(grad[2, 0])


def test_a_step_that_does_not_count_may_hold_anything():
    loss = CORN(reduction="sum")
    assert loss.value([0], [[0.0, NAN]]) == math.log(2)
    np.testing.assert_array_equal(loss.grad([0, 0], [[0.0, NAN], [0.0, INF]]), [[0.5, 0.0]] * 2)
    np.testing.assert_array_equal(loss.hess([0], [[0.0, -INF]]), [[0.25, 0.0]])


# --------------------------------------------------------------------------------------------- relations

rng = np.random.default_rng(0)
Y, S = rng.integers(0, 4, 40), rng.normal(size=40)


@each_cumulative
def test_the_grades_have_probabilities_that_sum_to_one(loss):
    grades, scores = np.arange(len(loss.thresholds) + 1), np.linspace(-8, 8, 33)
    losses = [loss.with_reduction("none").value(np.full(33, grade), scores) for grade in grades]
    probabilities = np.exp(-np.array(losses))
    np.testing.assert_allclose(probabilities.sum(axis=0), 1, rtol=1e-12)
    np.testing.assert_allclose(loss.inverse_link(scores), grades @ probabilities, rtol=1e-11, atol=1e-300)


@pytest.mark.parametrize("method", ["value", "grad", "hess", "curvature"])
def test_of_two_grades_it_is_binary_cross_entropy(method):
    y = Y % 2
    expected = getattr(BinaryCrossEntropy(from_logits=True), method)(y, S)
    np.testing.assert_allclose(getattr(CumulativeLogit(thresholds=(0.0,)), method)(y, S), expected, rtol=1e-14)
    for loss in (CORAL(), CORN()):
        found = getattr(loss, method)(y, S[:, np.newaxis])
        np.testing.assert_allclose(found if method == "value" else found[:, 0], expected, rtol=1e-14)


def test_corn_is_the_likelihood_of_its_conditional_probabilities():
    logits = rng.normal(size=(40, 3))
    above = np.cumprod(CORN().inverse_link(logits), axis=1)
    probabilities = -np.diff(np.c_[np.ones(40), above, np.zeros(40)], axis=1)
    expected = -np.log(probabilities[np.arange(40), Y])
    np.testing.assert_allclose(CORN(reduction="none").value(Y, logits), expected, rtol=1e-12)


def test_the_ends_are_mirror_images():
    loss = CumulativeLogit(thresholds=(-2.0, -0.5, 1.0))
    mirrored = CumulativeLogit(thresholds=(-1.0, 0.5, 2.0))
    assert loss.value(Y, S) == pytest.approx(mirrored.value(3 - Y, -S), rel=1e-14)


def test_links():
    np.testing.assert_allclose(CORAL().inverse_link([[0.0, -math.log(3)]]), [[0.5, 0.25]])
    assert CumulativeLogit(thresholds=(0.0,)).inverse_link(np.float32([0.0])).dtype == np.float32


# --------------------------------------------------------------------------------------------- curvature, claims


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_curvature_is_the_second_derivative_above_the_machine_epsilon(dtype):
    eps, y = np.finfo(dtype).eps, np.array([0, 1, 2, 0])
    s = np.array([0.5, -1.0, 2.0, -1e4], dtype)
    for loss, p in ((CumulativeLogit(thresholds=(-1, 1)), s), (CORN(), np.stack([s, -s], axis=1))):
        loss = loss.with_reduction("sum")
        for curvature in (loss.curvature(y, p), loss.grad_and_curvature(y, p)[1]):
            np.testing.assert_array_equal(curvature, np.maximum(loss.hess(y, p), eps))


@pytest.mark.parametrize("width", [1e-9, 0.5, 2.6, 2.7, 5.0, 50.0])
def test_the_smoothness_is_the_largest_second_derivative(width):
    loss = CumulativeLogit(thresholds=(0.0, width, width + 60.0), reduction="none")
    scores = np.linspace(-5, width + 65, 200_001)
    largest = max(loss.hess(np.full(len(scores), y), scores).max() for y in range(4))
    assert largest == pytest.approx(loss.smoothness, rel=1e-6)
    assert largest <= loss.smoothness * (1 + 1e-14)


def test_slopes_reach_the_lipschitz_constant():
    loss = CumulativeLogit(thresholds=(0.0, 1.0), reduction="none")
    np.testing.assert_array_equal(loss.grad([0, 1, 1, 2], [50.0, 50.0, -50.0, -50.0]), [1, 1, -1, -1])


# --------------------------------------------------------------------------------------------- constants


@pytest.mark.parametrize("thresholds", [(-1.0, 0.25, 2.0), (1e3, 1e3 + 1e-6, 1e3 + 50)])
def test_no_other_score_is_better(thresholds):
    loss, weight = CumulativeLogit(thresholds=thresholds), rng.choice([0.0, 1.0, 3.0], 40)
    best = loss.best_constant(Y, weight)

    def total(method, score):
        return np.sum(getattr(loss, method)(Y, np.full(40, score), sample_weight=weight))

    assert abs(total("grad", best)) < 1e-13
    steps = np.geomspace(1e-6, 1e3, 40)
    assert total("value", best) <= min(total("value", best + step) for step in (*steps, *-steps))


def test_an_inner_grade_alone_has_its_middle_as_the_best_score():
    assert CumulativeLogit(thresholds=(1.0, 3.0)).best_constant([1, 1]) == pytest.approx(2, rel=1e-15)


def test_the_best_logits_are_log_odds_of_the_steps():
    y, weight = [0, 1, 1, 2, 2], [2.0, 1.0, 1.0, 1.0, 1.0]
    np.testing.assert_allclose(CORAL().best_constant(y, weight), np.log([4 / 2, 2 / 4]), rtol=1e-14, atol=1e-15)
    np.testing.assert_allclose(CORN().best_constant(y, weight), np.log([4 / 2, 2 / 2]), rtol=1e-14, atol=1e-15)
    for loss in (CORAL(), CORN()):
        rows = np.broadcast_to(loss.best_constant(y, weight), (5, 2))
        np.testing.assert_allclose(loss.grad(y, rows, sample_weight=weight).sum(axis=0), 0, atol=1e-15)


@pytest.mark.parametrize(
    ("loss", "y", "message"),
    [
        (CumulativeLogit(thresholds=(0.0, 1.0)), [0, 0], "only grade 0: the best score is minus infinity"),
        (CumulativeLogit(thresholds=(0.0, 1.0)), [2, 2], "only grade 2: the best score is infinity"),
        (CORAL(), [0, 0], "only grade 0"),
        (CORAL(), [1, 2], "stops at grade 0: the best logit of the step from it is infinite"),
        (CORN(), [0, 2], "stops at grade 1"),
        (CORN(), [0, 1.5], r"y_true\[1\] is 1.5, but a grade must be an integer"),
    ],
    ids=repr,
)
def test_where_there_is_no_best_constant_the_error_says_why(loss, y, message):
    with pytest.raises(ValueError, match=message):
        loss.best_constant(y)


# --------------------------------------------------------------------------------------------- messages


@pytest.mark.parametrize("loss", [CumulativeLogit(thresholds=(0.0, 1.0)), CORAL(), CORN()], ids=repr)
@pytest.mark.parametrize(
    ("y", "message"),
    [
        (
            [1, 2, 3],
            r"y_true\[2\] is 3, but a grade must be one of the 3 integers 0 to 2; if grades start at 1, subtract 1",
        ),
        ([0, 3, 1], r"y_true\[1\] is 3, but a grade must be one of the 3 integers 0 to 2$"),
        ([0, 1, -1], r"y_true\[2\] is -1, but"),
        ([0.5, 1, 1], r"y_true\[0\] is 0.5, but .*the order of the arguments is \(y_true, y_pred\)"),
        ([NAN, 1, 1], r"y_true\[0\] is nan, but .*sample_weight of 0"),
        ([INF, 1, 1], r"y_true\[0\] is inf, but"),
    ],
)
def test_a_wrong_grade_is_refused(loss, y, message):
    p = np.zeros(3) if isinstance(loss, CumulativeLogit) else np.zeros((3, 2))
    for method in ("value", "grad", "hess", "curvature"):
        with pytest.raises(ValueError, match=message):
            getattr(loss, method)(y, p)
    weight = [0.0 if not 0 <= grade <= 2 or grade % 1 else 1.0 for grade in y]
    assert np.isfinite(loss.value(y, p, sample_weight=weight))


@pytest.mark.parametrize("dtype", [bool, np.uint8, np.int64, np.float16, np.longdouble])
def test_grades_may_have_any_dtype(dtype):
    y, p = np.array([0, 1, 1]), S[:6].reshape(3, 2)
    assert CORN().value(y.astype(dtype), p) == CORN().value(y, p)
    loss = CumulativeLogit(thresholds=(-1.0, 1.0))
    assert loss.value(y.astype(dtype), S[:3]) == loss.value(y, S[:3])


@pytest.mark.parametrize(
    ("thresholds", "message"),
    [
        ((), "thresholds must be a sequence of one or more"),
        (1.0, "thresholds must be a sequence of one or more"),
        ((1.0, 1.0), r"thresholds must ascend, but thresholds\[1\] is 1.0 after 1.0"),
        ((2.0, 1.0), "thresholds must ascend"),
        ((0.0, INF), r"thresholds\[1\] must be finite, got inf"),
        ((0.0, NAN), r"thresholds\[1\] must be a real number, got nan"),
        ((0.0, True), r"thresholds\[1\] must be a real number, got True"),
    ],
)
def test_bad_thresholds_are_refused(thresholds, message):
    with pytest.raises(ValueError, match=message):
        CumulativeLogit(thresholds=thresholds)


def test_thresholds_become_a_tuple():
    loss = CumulativeLogit(thresholds=np.array([0, 1]))
    assert loss.thresholds == (0.0, 1.0)
    assert loss == CumulativeLogit(thresholds=[0, 1])
    assert repr(loss) == "CumulativeLogit(thresholds=(0.0, 1.0))"
