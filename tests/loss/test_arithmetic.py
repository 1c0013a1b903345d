"""Losses combine: section 7 of the contract."""

import copy
import dataclasses
import pickle
from fractions import Fraction

import numpy as np
import pytest

import losses
from losses import (
    MAE,
    MSE,
    BinaryCrossEntropy,
    CategoricalCrossEntropy,
    Huber,
    PairwiseHinge,
    PairwiseLogistic,
    SimPO,
)
from problems import PROBLEM, asked, assert_allclose, flatten, laid_out, over, some_weights
from registry import CASES, call

COMBINATIONS = [
    0.9 * MSE() + 0.1 * MAE(),
    MSE() - MAE(),
    -MSE(),
    -0.5 * MSE() - Huber(delta=0.25) / 4,
    sum([MSE(), 2 * MAE(), Huber()]),
    0 * MSE(),
    -0.0 * MSE() + 3 * MAE(),
    3 * (MSE() - 2 * (MAE() + Huber(delta=1e-300))),
    MSE(reduction="sum") + 1e300 * MAE(reduction="sum"),
]
OTHER = {("y_true", "y_pred"): MSE, ("chosen", "rejected"): SimPO}
"""A loss to add, by the arrays that a loss takes; for other arrays it is another one of the same class."""

each_combination = pytest.mark.parametrize("loss", COMBINATIONS, ids=repr)


# --------------------------------------------------------------------------------------------- what it evaluates to


def assert_close(actual, expected, scale=1.0):
    for part, wanted in zip(actual, expected, strict=True):
        assert_allclose(part, wanted, rtol=1e-12, atol=1e-12 * scale)


@over(CASES, **PROBLEM)
def test_a_scaled_loss_is_the_loss_scaled_and_a_sum_is_the_sum(case, n, dtype, seed):
    """Each term keeps its own denominator, and takes the named arrays that it knows."""
    rng = np.random.default_rng(seed)
    problem, weight = laid_out(case, rng, n), some_weights(rng, n)
    a, b = (float(rng.choice([rng.uniform(-8, 8), 0, 1, -1])) for _ in range(2))
    reduction = str(rng.choice(case.reductions))
    loss = case.with_reduction(reduction)
    assert loss * a == a * loss
    kind = OTHER.get(loss.signature.positional) if case.unit == "element" else None
    other = kind(reduction=reduction) if kind else dataclasses.replace(loss.terms[0][1])
    every = (loss, other, a * loss, a * loss + b * other)
    for method in asked(case, rng):
        of_loss, of_other, of_multiple, of_sum = (
            flatten(call(one, method, problem, sample_weight=weight)) for one in every
        )
        assert_close(of_multiple, [a * x for x in of_loss])
        expected = [a * x + b * y for x, y in zip(of_loss, of_other, strict=True)]
        assert_close(of_sum, expected, scale=1 + max(float(np.abs(x).max()) for x in of_loss))


def test_each_term_keeps_its_own_denominator():
    elements, pairs = MSE(), PairwiseHinge(margin=1.0)
    y_true, y_pred, qid = [1.0, 0.0, 2.0], [0.5, 0.25, 1.0], [7, 7, 8]
    both = 0.5 * elements + 2 * pairs
    expected = 0.5 * elements.value(y_true, y_pred) + 2 * pairs.value(y_true, y_pred, qid=qid)
    assert both.value(y_true, y_pred, qid=qid) == pytest.approx(expected, rel=1e-15)
    grad = 0.5 * elements.grad(y_true, y_pred) + 2 * pairs.grad(y_true, y_pred, qid=qid)
    np.testing.assert_allclose(both.grad(y_true, y_pred, qid=qid), grad, rtol=1e-15)


@pytest.mark.parametrize("factor", [1e-44, 1e-42, 1e-35, 1e35, 1e42])
def test_a_coefficient_may_be_smaller_or_larger_than_a_float32(factor):
    """As long as the results are not: no coefficient is rounded to float32 before it is multiplied."""
    r = np.float32(1e-30 if factor > 1 else 1e30) * np.array([1, -2, 3], np.float32)
    for loss, slope in ((MSE(reduction="sum"), 2 * r), (Huber(delta=1e38, reduction="sum"), r)):
        for multiple in (factor * loss, factor / 2 * loss + factor / 2 * loss):
            grad = multiple.grad(np.zeros(3, np.float32), r)
            np.testing.assert_allclose(grad, factor * slope.astype(np.float64), rtol=4 * np.finfo(np.float32).eps)


def test_a_term_with_coefficient_zero_counts_for_nothing():
    """Also where it is infinite; but its arguments are checked."""
    loss = 0 * MSE() + MAE()
    assert loss.value([0.0], [1e200]) == 1e200
    np.testing.assert_array_equal(loss.grad([0.0], [np.inf]), [1.0])
    with pytest.raises(ValueError, match="a binary target"):
        (0 * BinaryCrossEntropy() + MSE()).value([2.0], [0.5])


def test_keywords_go_to_the_terms_that_know_them():
    with pytest.raises(TypeError, match="qid"):
        (MSE() + MAE()).value([1.0], [1.0], qid=[1])
    with pytest.raises(TypeError, match="colour"):
        (MSE() + PairwiseLogistic()).value([1.0], [1.0], colour=[1])
    for loss in (MSE(), MSE() + MAE()):
        with pytest.raises(TypeError, match="qid"):
            loss.grad([1.0], [1.0], qid=[1])


def test_under_none_the_terms_need_the_same_samples():
    rows = np.full((2, 2), 0.5)
    both = MSE(reduction="none") + CategoricalCrossEntropy(reduction="none")
    for method in ("value", "grad", "value_and_grad", "hess"):
        with pytest.raises(ValueError, match=r"same samples.*none.*element.*row"):
            getattr(both, method)(rows, rows)
    ranked = MSE(reduction="none") + PairwiseHinge(reduction="none")
    with pytest.raises(ValueError, match=r"element.*query"):
        ranked.value([1.0, 0.0], [1.0, 0.0])


# --------------------------------------------------------------------------------------------- what it is


def test_sums_flatten():
    a, b, c = MSE(), MAE(), Huber()
    assert (a + b) + c == a + (b + c) == sum([a, b, c])
    assert 2 * (a - 3 * b) == 2 * a - 6 * b
    assert -(a - b) == -1 * a + b
    assert (a + b) / 4 == 0.25 * a + 0.25 * b
    assert 2 * (3 * a) == 6 * a


def test_equality_is_that_of_the_ordered_terms():
    assert MSE() + MAE() != MAE() + MSE()
    assert MSE() + MSE() != 2 * MSE()
    assert 1 * MSE() == MSE() == 2 * MSE() / 2 == sum([MSE()])
    assert -1 * MSE() != MSE()
    assert 0.5 * MSE() != MSE()
    assert hash(0.5 * MSE() + MAE()) == hash(MSE() / 2 + 1.0 * MAE())
    assert 0.5 * MSE() != 0.5 * MSE(reduction="sum")


@pytest.mark.parametrize("one", [1, 1.0, np.float64(1), np.float32(1), np.int8(1), Fraction(1)])
def test_scalars_become_python_floats(one):
    loss = 3 * one * MSE() + MAE() * one / (2 * one)
    assert loss == 3.0 * MSE() + 0.5 * MAE()
    assert [type(coefficient) for coefficient, _ in loss.terms] == [float, float]
    assert repr(loss) == "3.0 * MSE() + 0.5 * MAE()"


def test_repr_reads_as_the_formula():
    assert repr(0.9 * MSE() + 0.1 * MAE()) == "0.9 * MSE() + 0.1 * MAE()"
    assert repr(MSE() - 2 * Huber(delta=3)) == "MSE() - 2.0 * Huber(delta=3.0)"
    assert repr(-MSE()) == "-MSE()"


@each_combination
def test_a_combination_is_a_value(loss):
    assert eval(repr(loss), dict(vars(losses))) == loss
    for same in (pickle.loads(pickle.dumps(loss)), copy.copy(loss), copy.deepcopy(loss)):
        assert same == loss
        assert hash(same) == hash(loss)
        assert repr(same) == repr(loss)
    with pytest.raises(dataclasses.FrozenInstanceError):
        loss.reduction = "sum"


@each_combination
def test_a_combination_has_its_terms_reduction(loss):
    assert {term.reduction for _, term in loss.terms} == {loss.reduction}


# --------------------------------------------------------------------------------------------- what is refused

OPERATIONS = [
    lambda loss, other: loss * other,
    lambda loss, other: other * loss,
    lambda loss, other: loss / other,
    lambda loss, other: loss + other,
    lambda loss, other: other + loss,
    lambda loss, other: loss - other,
    lambda loss, other: other - loss,
]
NOT_SCALARS = [np.array([1.0, 2.0]), np.array(2.0), np.zeros((0,)), [1.0, 2.0], "2", None, 2j, np.complex128(2), MSE]


@pytest.mark.parametrize("loss", [MSE(), MSE() + 2 * MAE()], ids=repr)
@pytest.mark.parametrize("other", NOT_SCALARS, ids=repr)
@pytest.mark.parametrize("operation", OPERATIONS)
def test_what_is_no_scalar_is_a_type_error(operation, other, loss):
    with pytest.raises(TypeError):
        operation(loss, other)


@pytest.mark.parametrize("operation", [OPERATIONS[3], OPERATIONS[4], OPERATIONS[5], OPERATIONS[6]])
def test_scalars_are_not_added(operation):
    with pytest.raises(TypeError):
        operation(MSE(), 1.0)


def test_losses_are_neither_multiplied_nor_divided_by():
    for operation in (lambda: MSE() * MAE(), lambda: MSE() / MAE(), lambda: 1 / MSE(), lambda: MSE() ** 2):
        with pytest.raises(TypeError):
            operation()


@pytest.mark.parametrize("bad", [np.inf, -np.inf, np.nan, 10**400])
def test_a_coefficient_must_be_finite(bad):
    with pytest.raises(ValueError, match="coefficient"):
        bad * MSE()
    with pytest.raises(ValueError, match="coefficient"):
        MSE() * bad


@pytest.mark.parametrize("bad", [np.inf, np.nan, 10**400, 0, 0.0, np.float64(0)])
def test_a_divisor_must_be_finite_and_not_zero(bad):
    with pytest.raises((ValueError, ZeroDivisionError), match=r"divisor|division by zero"):
        MSE() / bad


def test_a_product_of_coefficients_must_be_finite():
    with pytest.raises(ValueError, match="coefficient"):
        1e200 * (1e200 * MSE())


@pytest.mark.parametrize("operation", [lambda a, b: a + b, lambda a, b: a - b, lambda a, b: sum([a, 2 * b])])
def test_terms_with_different_reductions_are_refused(operation):
    with pytest.raises(ValueError, match=r"'mean'.*'sum'"):
        operation(MSE(), MAE(reduction="sum"))
