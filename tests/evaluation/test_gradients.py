"""Law 7: grad is the derivative of value and hess that of grad, with the documented choice at kinks."""

import dataclasses

import numpy as np
import pytest
from hypothesis import strategies as st

from losses import MAE, MSE, Asymmetric, BinaryCrossEntropy, CategoricalCrossEntropy, Huber, PairwiseHinge
from losses._testing import gradients
from own_losses import ALL
from problems import PROBLEM, as_of_long_queries, laid_out, over, some_weights
from registry import CASES, call, seeds

each_case = pytest.mark.parametrize("case", ALL, ids=str)


@over(ALL, n=st.integers(1, 4), seed=seeds)
def test_grad_is_the_derivative_of_value_and_hess_of_grad(case, n, seed):
    rng = np.random.default_rng(seed)
    n = 2 * n if case.unit == "query" else n  # or hardly a query has pairs
    arrays = laid_out(case, rng, n, flat=True).arrays
    weight = some_weights(rng, n, least=0) if rng.random() < 0.7 else None
    (subject,) = case.subject.each(str(rng.choice(["mean", "sum"]))).values()
    with as_of_long_queries(rng):
        gradients.grad_is_the_derivative_of_value(subject, arrays, weight)
        gradients.hess_is_the_derivative_of_grad(subject, arrays, weight)


# --------------------------------------------------------------------------------------------- kinks

PINBALL = Asymmetric(shortfall_weight=3.0, overshoot_weight=2.0, base=MAE())
EXPECTILE = Asymmetric(shortfall_weight=3.0, overshoot_weight=2.0)
SHORTFALL_HUBER = Asymmetric(shortfall_weight=3.0, overshoot_weight=2.0, base=Huber(delta=0.5))


@pytest.mark.parametrize(
    ("loss", "residual", "grad", "hess"),
    [
        (MAE(), 0.0, 0.0, 0.0),
        (MAE(), -0.0, 0.0, 0.0),
        (Huber(delta=0.5), 0.5, 0.5, 1.0),
        (Huber(delta=0.5), -0.5, -0.5, 1.0),
        (Huber(delta=0.5), np.nextafter(0.5, 1), 0.5, 0.0),
        (Huber(delta=0.5), np.nextafter(-0.5, -1), -0.5, 0.0),
        (PINBALL, 0.0, 0.0, 0.0),
        (EXPECTILE, 0.0, 0.0, 2 * 2.0),
        (EXPECTILE, -0.0, 0.0, 2 * 2.0),
        (EXPECTILE, -5e-324, 3 * -1e-323, 2 * 3.0),
        (SHORTFALL_HUBER, 0.0, 0.0, 2.0),
        (SHORTFALL_HUBER, 0.5, 2 * 0.5, 2.0),
        (SHORTFALL_HUBER, -0.5, 3 * -0.5, 3.0),
        (Asymmetric(shortfall_weight=2.0, overshoot_weight=3.0), 0.0, 0.0, 2 * 3.0),
        (Asymmetric(shortfall_weight=2.0, overshoot_weight=3.0), -0.0, 0.0, 2 * 3.0),
        (0.5 * MAE() + 2 * MSE(), 0.0, 0.0, 4.0),
    ],
    ids=str,
)
def test_at_a_kink_the_documented_choice_is_taken(loss, residual, grad, hess):
    assert loss.grad([0.0], [residual]) == grad
    assert loss.hess([0.0], [residual]) == hess


def test_a_hinge_is_flat_where_it_reaches_zero():
    loss = PairwiseHinge(margin=0.5, reduction="sum")
    np.testing.assert_array_equal(loss.grad([1, 0], [0.5, 0.0]), [0.0, 0.0])
    np.testing.assert_array_equal(loss.grad([1, 0], [np.nextafter(0.5, 0), 0.0]), [-1.0, 1.0])
    np.testing.assert_array_equal(loss.hess([1, 0], [0.5, 0.0]), [0.0, 0.0])


# --------------------------------------------------------------------------------------------- clipped probabilities

PROBABILISTIC = [case for case in CASES if hasattr(case.loss, "from_logits") and not case.loss.from_logits]


@over(PROBABILISTIC, **PROBLEM)
def test_a_clipped_probability_is_taken_as_the_nearest_one_that_is_not(case, n, dtype, seed):
    """Value, grad and hess at a probability within eps of 0 or 1 are those at eps or 1 - eps; so they are finite."""
    loss = dataclasses.replace(case.loss, reduction="none")
    rng = np.random.default_rng(seed)
    problem, eps = case.problem(rng, n, dtype), np.finfo(dtype).eps
    extreme = rng.random(problem["y_pred"].shape) < 0.5
    near = rng.choice([0.0, float(np.finfo(dtype).tiny), eps / 2])
    inside = problem.replace(y_pred=np.where(extreme, 1 - eps, eps).astype(dtype))
    outside = problem.replace(y_pred=np.where(extreme, 1 - near / 2, near).astype(dtype))
    for method in ("value", "grad", "hess"):
        actual = call(loss, method, outside)
        np.testing.assert_array_equal(actual, call(loss, method, inside))
        assert np.isfinite(actual).all()


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.float16])
def test_grad_at_a_clipped_probability_is_the_formula_there(dtype):
    eps = float(np.finfo(dtype).eps)
    scores = np.array([0.0, 1.0], dtype)
    loss = BinaryCrossEntropy(reduction="sum")
    np.testing.assert_array_equal(loss.grad([1.0, 1.0], scores), np.array([-1 / eps, -1 / (1 - eps)], dtype))
    np.testing.assert_array_equal(loss.grad([0.0, 0.0], scores), np.array([1 / (1 - eps), 1 / eps], dtype))
    loss = CategoricalCrossEntropy(reduction="sum")
    np.testing.assert_array_equal(loss.grad([0], scores[np.newaxis]), np.array([[-1 / eps, 0.0]], dtype))
    np.testing.assert_array_equal(loss.grad([1], scores[np.newaxis]), np.array([[0.0, -1 / (1 - eps)]], dtype))


@pytest.mark.parametrize("integers", [np.int64, np.int8, np.uint8, bool])
def test_integer_probabilities_are_clipped_by_the_epsilon_of_float64(integers):
    scores = np.array([0, 1], integers)
    expected = BinaryCrossEntropy(reduction="none").value([1, 0], scores.astype(np.float64))
    np.testing.assert_array_equal(BinaryCrossEntropy(reduction="none").value([1, 0], scores), expected)
    np.testing.assert_allclose(expected, -np.log(np.finfo(np.float64).eps), rtol=1e-15)
