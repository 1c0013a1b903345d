"""Curvature: positive, weighted and reduced as the gradient is, and computed in one pass with it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from losses import MAE, MSE, Asymmetric, BinaryCrossEntropy, Huber, PairwiseHinge, PairwiseSquaredHinge
from own_losses import ALL
from problems import assert_close, assert_identical, flatten, floats, weights
from registry import as_one, call, of_samples, predictions

each_case = pytest.mark.parametrize("case", ALL, ids=str)


@each_case
@given(data=st.data())
def test_it_is_positive_and_comes_with_the_gradient(case, data):
    dtype = data.draw(floats)
    problem = data.draw(case.problems(dtype, flat=True))
    weight = data.draw(weights(len(problem)))
    loss = case.with_reduction(data.draw(st.sampled_from(case.reductions)))
    grad, curvature = call(loss, "grad_and_curvature", problem, sample_weight=weight)
    for a, b in zip(flatten(grad), flatten(call(loss, "grad", problem, sample_weight=weight)), strict=True):
        assert_identical(a, b)
    alone = flatten(call(loss, "curvature", problem, sample_weight=weight))
    for array, other, prediction in zip(flatten(curvature), alone, predictions(loss, problem), strict=True):
        assert_identical(array, other)
        assert (array.shape, array.dtype) == (prediction.shape, dtype)
        assert (array > 0).all()
        assert np.isfinite(array).all()


@each_case
@given(data=st.data())
def test_it_is_weighted_and_reduced_as_the_gradient_is(case, data):
    problem = data.draw(case.problems(min_size=2, flat=True))
    weight = data.draw(weights(len(problem)))
    weight[0] = 0
    if case.unit == "element" or case.unit == "row":
        found = flatten(call(case.loss, "curvature", problem, sample_weight=weight))
        for own, array in zip(of_samples(case.loss, problem, "curvature"), found, strict=True):
            assert not (own and array[0].any())
        mean, total = (
            flatten(call(case.with_reduction(reduction), "curvature", problem, sample_weight=weight))
            for reduction in ("mean", "sum")
        )
        value, of_sum = (
            call(case.with_reduction(name), "value", problem, sample_weight=weight) for name in ("mean", "sum")
        )
        for a, b in zip(mean, total, strict=True):
            assert_close(a * of_sum, b * value, np.float64)


@each_case
@given(data=st.data())
def test_out_takes_the_gradient_and_the_curvature(case, data):
    problem = data.draw(case.problems(flat=True))
    expected = call(case.loss, "grad_and_curvature", problem)
    out = tuple(as_one([np.full_like(a, np.nan) for a in flatten(part)]) for part in expected)
    found = call(case.loss, "grad_and_curvature", problem, out=out)
    for a, b, place in zip(flatten(found), flatten(expected), flatten(out), strict=True):
        assert_identical(a, b)
        assert_identical(place, b)
    with pytest.raises(TypeError, match="out must be a pair"):
        call(case.loss, "grad_and_curvature", problem, out=np.empty(3))


@pytest.mark.parametrize(
    ("loss", "residual", "expected"),
    [
        (MSE(), 3.0, 2.0),
        (MAE(), 3.0, 1.0),
        (Huber(delta=1.5), 1.0, 1.0),
        (Huber(delta=1.5), -3.0, 0.5),
        (Huber(delta=1.5), 0.0, 1.0),
        (Asymmetric(shortfall_weight=3.0), -1.0, 6.0),
        (Asymmetric(shortfall_weight=3.0, base=Huber(delta=1.0)), -2.0, 1.5),
        (2.0 * MSE() + 3.0 * MAE(), 1.0, 7.0),
        (2.0 * MSE() - MAE(), 1.0, 5.0),
    ],
    ids=str,
)
def test_it_is_what_the_docstring_says(loss, residual, expected):
    assert loss.curvature([0.0], [residual]) == pytest.approx([expected], rel=1e-15)


def test_a_confident_prediction_keeps_a_curvature_above_the_floor():
    loss = BinaryCrossEntropy(from_logits=True, reduction="sum")
    np.testing.assert_array_equal(loss.curvature([1.0], [1e4]), [np.finfo(np.float64).eps])
    np.testing.assert_array_equal(loss.curvature([1.0], [0.0]), [0.25])


def test_hinges_count_the_active_pairs():
    relevance, scores, weight = [2, 1, 0, 0], [0.0, 0.5, 2.0, -9.0], [1.0, 2.0, 3.0, 1.0]
    hinge = PairwiseHinge(reduction="sum").curvature(relevance, scores, sample_weight=weight)
    # the active pairs are (0, 1), (0, 2) and (1, 2), of the weights 2, 3 and 6
    np.testing.assert_allclose(hinge, [5.0, 8.0, 9.0, np.finfo(np.float64).eps], rtol=1e-15)
    squared = PairwiseSquaredHinge(reduction="sum").curvature(relevance, scores, sample_weight=weight)
    np.testing.assert_allclose(squared[:3], 2 * hinge[:3], rtol=1e-15)
