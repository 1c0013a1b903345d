"""Shapes: nothing is broadcast by accident (section 3 of the contract)."""

import itertools
import math

import hypothesis.extra.numpy as hnp
import numpy as np
import pytest
from hypothesis import assume
from hypothesis import strategies as st

from losses import MSE, CategoricalCrossEntropy
from problems import asked, assert_allclose, flatten, methods, over, typical, weights_of
from registry import CASES, CLASSES, Problem, call, class_ids, distributions, names, negative, of_samples, seeds

NOT_RANKED = [case for case in CASES if case.unit in ("element", "row")]
ELEMENTWISE = [case for case in CASES if case.unit == "element"]
OVER_CLASSES = [case for case in CASES if case.arrays.get("y_true") in (class_ids, distributions)]
SHAPES = [(), (1,), (0,), (6,), (2, 3), (3, 2), (6, 1), (2, 0), (0, 2), (2, 1, 3), (1, 2, 1, 3, 1)]

each_case = pytest.mark.parametrize("case", NOT_RANKED, ids=str)
small_shapes = hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=3)


def a_small_shape(rng, least: int = 0) -> tuple[int, ...]:
    """Return the lengths, from 0 to 3, of up to three axes."""
    return tuple(rng.integers(0, 4, rng.integers(least, 4)).tolist())


def has_distributions(case) -> bool:
    """Return whether a loss is given distributions over classes, of which there are two axes or more."""
    return "y_true" in case.columns


def lay_out(case, problem: Problem, shape: tuple[int, ...]) -> Problem:
    """Return the problem with its samples laid out in these axes."""
    return problem.replace(**{name: problem[name].reshape(array) for name, array in case.shapes(*shape).items()})


@each_case
@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
def test_samples_may_lie_in_any_number_of_axes(case, reduction):
    loss = case.with_reduction(reduction)
    for shape in SHAPES[has_distributions(case) :]:
        flat = typical(case, math.prod(shape))
        laid_out, weight = lay_out(case, flat, shape), weights_of(len(flat))
        if reduction == "mean" and not len(flat):
            continue  # there is no mean of nothing
        weights = (None, None) if reduction == "mean" else (weight, weight.reshape(shape))
        for method in methods(case):
            expected, found = (
                flatten(call(loss, method, problem, sample_weight=weight))
                for problem, weight in zip((flat, laid_out), weights, strict=True)
            )
            belong = [True, *of_samples(case.loss, flat, method)][method != "value_and_grad" :]
            for own, a, b in zip(belong, expected, found, strict=True):
                assert b.shape == (a.shape if a.ndim == 0 or not own else shape + a.shape[1:])
                np.testing.assert_array_equal(a.ravel(), b.ravel(), err_msg=f"{method}, {shape}")


@over(NOT_RANKED, axes=st.integers(1, 4), seed=seeds)
def test_weights_of_leading_axes_count_for_all_the_samples_below(case, axes, seed):
    rng = np.random.default_rng(seed)
    shape = tuple(rng.integers(1, 5, axes).tolist())
    problem = lay_out(case, typical(case, math.prod(shape)), shape)
    leading = shape[: rng.integers(1, axes + 1)]
    weight = weights_of(math.prod(leading)).reshape(leading)
    assume(weight.any())
    spread = np.broadcast_to(weight.reshape(leading + (1,) * (len(shape) - len(leading))), shape)
    for method in asked(case, rng):
        for a, b in zip(
            flatten(call(case.loss, method, problem, sample_weight=weight)),
            flatten(call(case.loss, method, problem, sample_weight=spread)),
            strict=True,
        ):
            assert_allclose(a, b, rtol=1e-13, atol=1e-16)


@over(NOT_RANKED, seed=seeds)
def test_weights_of_any_other_shape_are_refused(case, seed):
    rng = np.random.default_rng(seed)
    shape = a_small_shape(rng, least=int(has_distributions(case)))
    weight_shape = shape[: rng.integers(len(shape) + 1)] if rng.random() < 0.2 else a_small_shape(rng)
    problem = lay_out(case, typical(case, math.prod(shape)), shape)
    loss = case.with_reduction("sum")
    if weight_shape == shape or (weight_shape and weight_shape == shape[: len(weight_shape)]):
        call(loss, "grad", problem, sample_weight=np.ones(weight_shape))
        return
    with pytest.raises(ValueError, match="sample_weight has shape") as caught:
        call(loss, "grad", problem, sample_weight=np.ones(weight_shape))
    assert str(weight_shape) in str(caught.value)
    assert str(shape) in str(caught.value)


@over(ELEMENTWISE, seed=seeds)
def test_elementwise_losses_take_equal_shapes_alone(case, seed):
    rng = np.random.default_rng(seed)
    shape = a_small_shape(rng)
    other = shape if rng.random() < 0.2 else a_small_shape(rng)
    loss, (name, like) = case.with_reduction("sum"), names(case.loss)
    sign = -1 if negative in case.arrays.values() else 1
    inside = {name: np.full(shape, sign * 0.5 if name in loss.signature.predictions else 1.0) for name in case.names}
    arrays = Problem({**inside, name: sign * np.ones(other)})
    for method in methods(case):
        if shape == other:
            call(loss, method, arrays)
            continue
        with pytest.raises(ValueError, match=f"{name} has shape") as caught:
            call(loss, method, arrays)
        assert f"{name} has shape {other} but {like} has shape {shape}" in str(caught.value)


@over(OVER_CLASSES, shape=small_shapes, other=small_shapes)
def test_class_losses_take_class_ids_or_distributions_alone(case, shape, other):
    shape = (*shape, CLASSES)
    y_true, y_pred = np.zeros(other), np.full(shape, 0.5)
    loss = case.with_reduction("sum")
    if other == shape and len(shape) == 1:
        with pytest.raises(
            ValueError, match=r"^y_pred has shape .*BinaryCrossEntropy.* for one sample y_true is a number"
        ):
            loss.grad(y_true, y_pred)
        return
    if other == shape:
        y_true[..., 0] = 1
    if other in (shape, shape[:-1]):
        if ("distributions" if other == shape else "class ids") in loss.targets:
            loss.grad(y_true, y_pred)
            return
        with pytest.raises(ValueError, match=f"{type(loss).__name__} needs"):
            loss.grad(y_true, y_pred)
        return
    with pytest.raises(ValueError, match="y_true has shape") as caught:
        loss.grad(y_true, y_pred)
    message = str(caught.value)
    assert f"y_true has shape {other} but y_pred has shape {shape}" in message
    assert f"class ids of shape {shape[:-1]}" in message


@pytest.mark.parametrize("case", ELEMENTWISE, ids=str)
@pytest.mark.parametrize("which", [0, 1])
def test_a_column_against_a_vector_is_refused_with_advice_that_works(case, which):
    column = names(case.loss)[which]
    for n, make in itertools.product([1, 5], [np.asarray, list, lambda column: [tuple(row) for row in column]]):
        problem = typical(case, n)
        mixed = problem.replace(**{column: make(problem[column][:, np.newaxis])})
        with pytest.raises(ValueError, match="nothing is broadcast") as caught:
            call(case.loss, "value", mixed)
        assert f"use np.ravel({column})" in str(caught.value)
        mended = mixed.map(np.ravel, column)
        assert call(case.loss, "value", mended) == call(case.loss, "value", problem)


def test_a_scalar_against_a_vector_of_one_is_refused_with_advice_that_works():
    with pytest.raises(ValueError, match=r"shape \(\) but y_pred has shape \(1,\).*np\.ravel\(y_true\)"):
        MSE().value(1.0, [3.0])
    assert MSE().value(np.ravel(1.0), [3.0]) == 4.0


def test_no_advice_is_given_that_does_not_work():
    with pytest.raises(ValueError, match=r"broadcast$"):
        MSE().value(np.ones((2, 3)), np.ones((3, 2)))
    with pytest.raises(ValueError, match=r"broadcast$"):
        MSE().value(np.ones(3), np.ones((2, 3)))
    with pytest.raises(
        ValueError, match=r"broadcast; if the columns are classes, use CategoricalCrossEntropy; if they"
    ):
        MSE().value(np.ones(3), np.ones((3, 3)))


def test_a_pandas_column_is_refused_with_advice_that_works():
    pandas = pytest.importorskip("pandas")
    table = pandas.DataFrame({"demand": [1.0, 2.0]})
    with pytest.raises(ValueError, match=r"use np\.ravel\(y_true\)"):
        MSE().value(table, [1.0, 4.0])
    assert MSE().value(np.ravel(table), [1.0, 4.0]) == 2.0


@pytest.mark.parametrize("case", [case for case in OVER_CLASSES if "class ids" in case.loss.targets], ids=str)
def test_a_column_of_class_ids_is_refused_with_advice_that_works(case):
    y_pred = np.full((4, 3), 0.5)
    with pytest.raises(ValueError, match=r"y_true has shape \(4, 1\) .*use np\.ravel\(y_true\)"):
        case.loss.value(np.zeros((4, 1), int), y_pred)
    case.loss.value(np.ravel(np.zeros((4, 1), int)), y_pred)


def test_swapped_arguments_are_recognized():
    with pytest.raises(ValueError, match=r"the order of the arguments is \(y_true, y_pred\)"):
        CategoricalCrossEntropy().value(np.full((4, 3), 0.5), np.zeros(4, int))


@each_case
def test_a_column_of_weights_is_refused_with_advice_that_works(case):
    problem, weight = typical(case, 4), np.ones((4, 1))
    with pytest.raises(ValueError, match=r"sample_weight has shape \(4, 1\).*use np\.ravel\(sample_weight\)"):
        call(case.loss, "value", problem, sample_weight=weight)
    call(case.loss, "value", problem, sample_weight=np.ravel(weight))


@pytest.mark.parametrize("shape", [(), (0,), (4, 0), (0, 0)], ids=str)
@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
def test_predictions_without_classes_are_refused(shape, reduction):
    loss = CategoricalCrossEntropy(from_logits=True, reduction=reduction)
    with pytest.raises(ValueError, match=f"^y_pred has shape {shape}".replace("(", r"\(").replace(")", r"\)")):
        loss.value(np.zeros(shape[:-1], int), np.zeros(shape))


def test_class_weights_must_be_as_many_as_classes():
    with pytest.raises(ValueError, match="class_weight has 2 entries, but y_pred has 3 classes"):
        CategoricalCrossEntropy(class_weight=[1.0, 2.0]).value([0], [[0.2, 0.3, 0.5]])


@pytest.mark.parametrize("name", ["y_true", "y_pred", "sample_weight"])
def test_ragged_lists_are_refused_by_name(name):
    arguments = {"y_true": [[1.0], [2.0]], "y_pred": [[1.0], [2.0]], "sample_weight": [[1.0], [2.0]]}
    with pytest.raises(ValueError, match=f"^{name} "):
        MSE().value(**{**arguments, name: [[1.0], [2.0, 3.0]]})


def test_terms_of_a_sum_need_the_same_samples_under_none():
    loss = MSE(reduction="none") + CategoricalCrossEntropy(reduction="none")
    with pytest.raises(ValueError, match=r"one per element, of shape \(2, 2\) and one per row, of shape \(2,\)"):
        loss.value(np.eye(2), np.full((2, 2), 0.5))
