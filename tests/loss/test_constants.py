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
from own_losses import ALL
from problems import drawn
from registry import CASES, call, predictions

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

    def at(c):
        return loss.value(y, np.full(40, c), sample_weight=weight)

    step = np.concatenate([np.geomspace(1e-6, 3, 60), -np.geomspace(1e-6, 3, 60)])
    others = best + step if loss != BinaryCrossEntropy() else np.linspace(0.001, 0.999, 200)
    assert at(best) <= min(map(at, others)) + 1e-14 * abs(at(best))


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


@pytest.mark.parametrize("name", losses.available())
def test_every_loss_has_a_name_by_which_it_is_got(name):
    parameters = {"asymmetric": {"shortfall_weight": 2.0}, "cumulative_logit": {"thresholds": (-1.0, 1.0)}}
    loss = losses.get(name, **parameters.get(name, {}))
    assert loss.__name__ == name
    assert losses.get(type(loss).__name__, **parameters.get(name, {})) == loss


def test_an_unknown_name_suggests_the_nearest():
    with pytest.raises(ValueError, match="did you mean 'huber'"):
        losses.get("hubr")
    with pytest.raises(ValueError, match="delta"):
        losses.get("huber", delta=-1)


# ------------------------------------------------------------------------------------------- claims, attacked

SCALARS = [case for case in CASES if case.unit == "element" and len(case.loss.signature.predictions) == 1]


def with_prediction(case, problem, arrays):
    return problem.replace(**dict(zip(case.loss.signature.predictions, arrays, strict=True)))


@pytest.mark.parametrize("case", [case for case in ALL if case.loss.is_convex], ids=str)
@drawn
def test_a_convex_loss_lies_below_its_chords(case, n, dtype, seed):
    rng = np.random.default_rng(seed)
    a, other = (case.problem(rng, n + 1, flat=True) for _ in range(2))
    ends = list(zip(predictions(case.loss, a), predictions(case.loss, other), strict=True))
    t = rng.uniform(0.125, 0.875)
    middle = with_prediction(case, a, [(1 - t) * x + t * y for x, y in ends])
    values = [call(case.loss, "value", problem) for problem in (a, with_prediction(case, a, [y for _, y in ends]))]
    chord = (1 - t) * values[0] + t * values[1]
    assert call(case.loss, "value", middle) <= chord + 1e-12 * (1 + abs(chord))


@pytest.mark.parametrize("case", [c for c in SCALARS if c.loss.lipschitz is not None], ids=str)
@drawn
def test_slopes_stay_below_the_lipschitz_constant_and_reach_it(case, n, dtype, seed):
    problem = case.problem(np.random.default_rng(seed), n, flat=True)
    far = problem.map(lambda array: array * 1e3, *case.loss.signature.predictions)
    slopes = [np.abs(call(case.with_reduction("sum"), "grad", each)).max() for each in (problem, far)]
    assert max(slopes) <= case.loss.lipschitz * (1 + 1e-12)


@pytest.mark.parametrize("case", [c for c in SCALARS if c.loss.smoothness is not None and c.has_hess], ids=str)
@drawn
def test_second_derivatives_stay_below_the_smoothness(case, n, dtype, seed):
    problem = case.problem(np.random.default_rng(seed), n, flat=True)
    hess = call(case.with_reduction("sum"), "hess", problem)
    assert np.abs(hess).max() <= case.loss.smoothness * (1 + 1e-12)


@pytest.mark.parametrize("case", [c for c in SCALARS if c.loss.is_symmetric is not None], ids=str)
@drawn
def test_a_symmetric_loss_is_the_same_for_r_and_minus_r(case, n, dtype, seed):
    problem = case.problem(np.random.default_rng(seed), n, flat=True)
    mirrored = problem.replace(y_pred=2 * problem["y_true"] - problem["y_pred"])
    values = [call(case.with_reduction("none"), "value", each) for each in (problem, mirrored)]
    if case.loss.is_symmetric:
        np.testing.assert_allclose(*values, rtol=1e-12, atol=1e-13)


RESIDUALS = [case for case in SCALARS if isinstance(case.loss, ResidualLoss) and case.loss.kinks is not None]


@pytest.mark.parametrize("case", RESIDUALS, ids=str)
def test_the_derivative_jumps_at_kinks_and_nowhere_else(case):
    loss, step = case.with_reduction("sum"), 1e-9
    points = np.unique(np.concatenate([np.linspace(-4, 4, 1601), case.loss.kinks]))
    zeros = np.zeros_like(points)
    jump = np.abs(loss.grad(zeros, points + step) - loss.grad(zeros, points - step))
    found = points[jump > 1e-5]
    np.testing.assert_allclose(found, sorted(case.loss.kinks), atol=1e-12)
    assert (not case.loss.kinks) == (case.loss.is_differentiable is not False)


EXTREME = [
    [-0.0, 5e-324, 5e-324],
    [1e300, -1e300, 1.0],
    [1e-300, 1e300],
    [3.0],
    [2.0, 2.0, 2.0, 2.0, 2.0, 2.0, 2.0, 2.0, 2.0, 1.0],
    [0.0, 1.0, 1.0, 2.0],
    [0.98],
]


@pytest.mark.parametrize("name", losses.available())
@pytest.mark.parametrize("y", EXTREME, ids=str)
def test_extreme_targets_have_a_best_constant_or_an_error_without_a_warning(name, y):
    """Warnings are errors in this suite."""
    parameters = {"asymmetric": {"shortfall_weight": 2.0}, "cumulative_logit": {"thresholds": (-1.0, 1.0)}}
    loss = losses.get(name, **parameters.get(name, {}))
    try:
        best = loss.best_constant(y)
    except (ValueError, NotImplementedError) as error:
        assert any(word in str(error) for word in (*loss.signature.names, type(loss).__name__))  # noqa: PT017
    else:
        assert not np.isnan(best).any()
