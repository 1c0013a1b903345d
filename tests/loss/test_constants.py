"""The best constants, links, names and properties of the losses."""

import math

import numpy as np
import pytest

import losses
from losses import (
    MAE,
    MSE,
    Asymmetric,
    BinaryCrossEntropy,
    CategoricalCrossEntropy,
    Huber,
    PairwiseLogistic,
    ResidualLoss,
)
from problems import mean_losses
from registry import CASES

TARGETS = [
    (MSE(), "reals"),
    (MAE(), "reals"),
    (Huber(delta=0.5), "reals"),
    (Asymmetric(shortfall_weight=3.0), "reals"),
    (Asymmetric(shortfall_weight=3.0, base=MAE()), "reals"),
    (Asymmetric(shortfall_weight=0.5, base=Huber(delta=0.3) + 0.1 * MSE()), "reals"),
    (0.5 * MSE() + 2 * MAE(), "reals"),
    (BinaryCrossEntropy(), "labels"),
    (BinaryCrossEntropy(from_logits=True), "labels"),
    (BinaryCrossEntropy(from_logits=True, pos_weight=3.0, label_smoothing=0.2), "labels"),
]


@pytest.mark.parametrize(("loss", "kind"), TARGETS, ids=str)
@pytest.mark.parametrize("weighted", [False, True])
def test_no_other_constant_is_better(loss, kind, weighted):
    rng = np.random.default_rng(5)
    y = rng.normal(size=40) * 3 if kind == "reals" else (rng.random(40) > 0.3) * 1.0
    weight = rng.uniform(0, 2, 40) * (rng.random(40) > 0.2) if weighted else None
    best = loss.best_constant(y, weight)
    assert type(best) is float
    step = np.concatenate([np.geomspace(1e-6, 3, 60), -np.geomspace(1e-6, 3, 60)])
    others = best + step if loss != BinaryCrossEntropy() else np.linspace(0.001, 0.999, 200)
    least, *found = mean_losses(loss, y, weight, [best, *others])
    assert least <= min(found) + 1e-14 * abs(least)


def test_closed_forms():
    y, w = [1.0, 2.0, 10.0], [1.0, 1.0, 2.0]
    assert MSE().best_constant(y, w) == 5.75
    assert MAE().best_constant(y) == 2.0
    assert MAE().best_constant([1.0, 2.0]) == 1.5
    assert Asymmetric(shortfall_weight=3.0, base=MAE()).best_constant(np.arange(1.0, 102.0)) == 76.0
    assert BinaryCrossEntropy(from_logits=True).best_constant([1, 1, 0]) == pytest.approx(math.log(2), rel=1e-15)
    assert PairwiseLogistic().best_constant([1, 0]) == 0.0
    logits = CategoricalCrossEntropy(from_logits=True).best_constant([0, 1, 1, 2])
    np.testing.assert_allclose(logits, np.log([1, 2, 1]) - np.log(2) / 3, rtol=1e-14)
    shares = CategoricalCrossEntropy(ignore_index=9).best_constant([[0, 1], [1, 9]], [1.0, 2.0])
    np.testing.assert_allclose(shares, [0.25, 0.75])
    of_rows = CategoricalCrossEntropy().best_constant([[0.5, 0.5], [1.0, 0.0]])
    np.testing.assert_allclose(of_rows, [0.75, 0.25])


@pytest.mark.parametrize(
    ("call", "names"),
    [
        (lambda: BinaryCrossEntropy(from_logits=True).best_constant([1, 1]), "y_true holds only class 1"),
        (lambda: CategoricalCrossEntropy(from_logits=True).best_constant([0, 2]), "class 1 never occurs"),
        (lambda: MSE().best_constant([]), "no sample of positive weight"),
        (lambda: MSE().best_constant([1.0, np.nan]), r"y_true\[1\] is nan"),
        (lambda: MSE().best_constant([1.0], [-1.0]), "sample_weight"),
        (lambda: CategoricalCrossEntropy().best_constant([0.5, 1]), r"y_true\[0\] is 0.5"),
    ],
)
def test_where_there_is_no_best_constant_the_error_says_why(call, names):
    with pytest.raises(ValueError, match=names):
        call()


def test_a_loss_of_ones_own_gets_it_by_search():
    class Welsch(ResidualLoss):
        def formula(self, r):
            return -np.expm1(-r * r / 2)

        def derivative(self, r):
            return r * np.exp(-r * r / 2)

    y = np.array([0.0, 0.1, -0.1, 0.05, 50.0])
    best = Welsch().best_constant(y)
    assert abs(Welsch(reduction="sum").grad(y, np.full(5, best)).sum()) < 1e-14
    assert -0.1 < best < 0.1
    assert (Welsch().curvature(y, np.zeros(5)) > 0).all()


def test_links():
    np.testing.assert_allclose(BinaryCrossEntropy(from_logits=True).inverse_link([0.0, np.log(3)]), [0.5, 0.75])
    softmax = CategoricalCrossEntropy(from_logits=True).inverse_link(np.log([[1.0, 3.0]]).astype(np.float32))
    np.testing.assert_allclose(softmax, [[0.25, 0.75]], rtol=1e-6)
    assert softmax.dtype == np.float32
    np.testing.assert_array_equal(MSE().inverse_link([1, 2]), [1.0, 2.0])


@pytest.mark.parametrize("case", CASES, ids=str)
def test_targets_that_are_no_array_are_named(case):
    """Whatever a loss takes its targets for."""
    loss = case.loss
    if all(type(term).best_constant is losses.Loss.best_constant for _, term in loss.terms):  # any constant is as good
        return
    words = "|".join((loss.signature.names[0], *(type(term).__name__ for _, term in loss.terms)))
    for strange in ([[1.0], [1.0, 2.0]], "text", {1: 2}, [None]):
        with pytest.raises((TypeError, ValueError, NotImplementedError), match=words):
            loss.best_constant(strange)
