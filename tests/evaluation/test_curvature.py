"""Curvature, as the docstrings have it; its laws are in test_laws."""

import numpy as np
import pytest

from losses import MAE, MSE, Asymmetric, BinaryCrossEntropy, Huber, PairwiseHinge, PairwiseSquaredHinge


@pytest.mark.parametrize("out", [np.empty(3), (np.empty(3),)])
def test_out_takes_the_gradient_and_the_curvature(out):
    with pytest.raises(TypeError, match="out must be a pair"):
        MSE().grad_and_curvature(np.ones(3), np.zeros(3), out=out)


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
