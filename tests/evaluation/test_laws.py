"""The laws of reductions, weights, results and `out=` over every loss, as `losses.testing` states them.

Dtype, layout, weights and the samples' shape are drawn. Law 7 is in test_gradients, partial sums in test_partial.
"""

import dataclasses
import math

import numpy as np
import pytest

import losses
from losses._testing import boosting, calls, laws
from own_losses import ALL, LogCosh
from problems import (
    PROBLEM,
    all_floats,
    as_of_long_queries,
    assert_close,
    assert_identical,
    flatten,
    laid_out,
    over,
    remembering,
    results,
    slopes,
    some_weights,
    weights_of,
)
from registry import (
    CASES,
    SMALL_BLOCK,
    admitted,
    as_one,
    call,
    class_ids,
    in_dtype,
    predicting,
    predictions,
    query_ids,
)

each_case = pytest.mark.parametrize("case", ALL, ids=str)


def test_every_public_loss_is_registered():
    classes = {member for name in losses.__all__ if isinstance(member := getattr(losses, name), type)}
    bases = {cls for cls in classes if cls.__module__.startswith("losses._loss.")}
    public = {cls for cls in classes - bases if hasattr(cls, "value_and_grad")}
    registered = {type(loss) for case in CASES for _, loss in case.loss.terms}
    assert public <= registered


# --------------------------------------------------------------------------------------------- laws 1 to 5

GARBAGE = [np.nan, np.inf, -np.inf, 1e300, -1e300, -7.5, 99.0]
"""What must not matter where a sample is left out: also outside every domain."""


def some(rng, n):
    """Return a mask that keeps at least one of n samples."""
    kept = rng.random(n) < rng.choice([0.3, 0.7])
    kept[rng.integers(n)] = True
    return kept


def under_one_reduction(subject, rng):
    """Return the loss with one of its reductions."""
    return dataclasses.replace(subject, reductions=(subject.reductions[rng.integers(len(subject.reductions))],))


@over(ALL, **PROBLEM)
def test_laws_of_weights_and_order(case, n, dtype, seed):
    """Derivatives are `grad`, `hess` and, where the samples aren't items of queries, `curvature`."""
    rng = np.random.default_rng(seed)
    with as_of_long_queries(rng):
        check_weights_and_order(case, rng, n, dtype)


def check_weights_and_order(case, rng, n, dtype):
    problem, weight = laid_out(case, rng, n, dtype), some_weights(rng, n)
    arrays, or_none = problem.arrays, weight if rng.random() < 0.7 else None
    subject = remembering(case, problem, weight)
    laws.sum_is_none_added_up(subject, arrays, or_none)
    laws.mean_is_sum_over_one_denominator(subject, arrays, or_none)
    subject = under_one_reduction(subject, rng)
    if 2 not in case.exempt:
        laws.integer_weight_repeats_the_sample(
            subject, arrays, counts=rng.integers(0, 4, n) * some(rng, n) + some(rng, n)
        )
    laws.scale_of_the_weights(subject, arrays, weight, factor=10.0 ** rng.uniform(-3, 3))
    laws.order_of_the_samples(subject, arrays, weight, rng.permutation(n))
    garbage = widened(case, arrays)

    def spoil(name, entries):
        return entries if case.arrays.get(name) is query_ids else rng.choice(GARBAGE, entries.shape)

    with np.errstate(over="ignore"):
        laws.weight_zero_leaves_the_sample_out(subject, garbage, weight, some(rng, n), spoil)


@over([case for case in ALL if case.unit in ("query", "mixed")], **PROBLEM)
def test_long_queries_are_summed_as_short_ones_pair_by_pair(case, n, dtype, seed):
    """What long queries take on the way, whatever they do there alike for value and derivatives."""
    rng = np.random.default_rng(seed)
    problem, weight = laid_out(case, rng, 3 * n), some_weights(rng, 3 * n, least=0)
    loss = case.with_reduction(str(rng.choice(case.reductions)))
    methods = (*case.methods, "curvature")
    expected = {method: flatten(call(loss, method, problem, sample_weight=weight)) for method in methods}
    with as_of_long_queries(rng):
        for method in methods:
            for a, b in zip(flatten(call(loss, method, problem, sample_weight=weight)), expected[method], strict=True):
                np.testing.assert_allclose(a, b, rtol=1e-11, atol=1e-11)


def widened(case, arrays):
    """Return arrays that can hold anything at all; query ids are none of it."""
    return {
        name: array
        if case.arrays.get(name) is query_ids
        else array.astype(np.result_type(array.dtype, np.float32 if array.dtype.kind == "f" else np.float64))
        for name, array in arrays.items()
    }


@pytest.mark.parametrize("case", [case for case in ALL if 2 in case.exempt], ids=str)
def test_the_laws_that_a_loss_rules_out_do_not_hold(case):
    with pytest.raises(AssertionError, match="law 2"):
        laws.integer_weight_repeats_the_sample(case.subject, case.typical(20).arrays)


IGNORING = [
    case
    for case in CASES
    if hasattr(case.loss, "ignore_index")
    and case.unit == "row"
    and case.names[0] == "y_true"
    and "y_true" not in case.columns
]


@over(IGNORING, **PROBLEM)
def test_ignore_index_leaves_the_sample_out(case, n, dtype, seed):
    """The same as a weight of zero, whether or not the index is one of a class, and whatever y_pred holds there."""
    assert case.arrays["y_true"] is class_ids
    rng = np.random.default_rng(seed)
    problem, index, kept = laid_out(case, rng, n), rng.choice([-100, 0, 2, 255]), some(rng, n)
    spoiled = problem["y_pred"].astype(np.float64)
    spoiled[~kept] = rng.choice(GARBAGE, spoiled[~kept].shape)
    ids = np.where(kept.reshape(-1, *(1,) * (problem["y_true"].ndim - 1)), problem["y_true"], index)
    counts = ids != index
    if not counts.any():
        return
    ignoring = dataclasses.replace(case, loss=dataclasses.replace(case.loss, ignore_index=index))
    weight = rng.uniform(0.125, 4, ids.shape)
    for reduction in case.reductions:
        expected = results(case, reduction, problem, sample_weight=counts * weight)
        actual = results(ignoring, reduction, problem.replace(y_pred=spoiled, y_true=ids), sample_weight=weight)
        for method in expected:
            assert_close(actual[method][0], expected[method][0], np.float64)
            if method != "value" or reduction == "none":
                assert not actual[method][0][~counts].any()


# --------------------------------------------------------------------------------------------- extreme weights


def scalable(case, *arguments, **keywords):
    """Return the results on which the scale of the weights acts as the law says."""
    found = results(case, *arguments, **keywords)
    if 4 in case.exempt:
        del found["value"]
    return found


def pairs(actual, expected):
    """Return the arrays of two results side by side."""
    return zip(actual, expected, strict=True)


@each_case
def test_the_scale_of_the_weights_may_be_extreme(case):
    """The mean is the same bit for bit, if the factor is a power of two."""
    problem = case.typical(50)
    weight = weights_of(50)
    expected = scalable(case, "mean", problem, sample_weight=weight)
    for exponent in (-1000, -500, 500, 1000):
        actual = results(case, "mean", problem, sample_weight=np.ldexp(weight, exponent))
        for method in expected:
            for a, b in pairs(actual[method], expected[method]):
                np.testing.assert_array_equal(a, b)


@each_case
def test_weights_may_be_as_small_or_large_as_a_float_can_be(case):
    problem = case.typical(50)
    expected = scalable(case, "mean", problem)
    for weight in (5e-324, 1e308):
        actual = results(case, "mean", problem, sample_weight=np.full(50, weight))
        for method in expected:
            for a, b in pairs(actual[method], expected[method]):
                assert_close(a, b, np.float64)


@each_case
def test_the_layout_of_the_weights_changes_no_bit(case):
    """Not even that of the value, although BLAS rounds sums of strided arrays differently."""
    loss = case.with_reduction(case.reductions[0])
    for n in (4, 50):
        problem, weight = case.typical(n), np.random.default_rng(n).uniform(0.5, 4, n)
        for strided in (np.repeat(weight, 2)[::2], weight[::-1].copy()[::-1]):
            for method in case.methods:
                expected = call(loss, method, problem, sample_weight=weight)
                assert_identical(call(loss, method, problem, sample_weight=strided), expected)


# --------------------------------------------------------------------------------------------- law 6, and boosting


@over(ALL, **(PROBLEM | {"dtype": all_floats}))
def test_what_is_returned(case, n, dtype, seed):
    """A Python float under "mean" and "sum", an array of the samples' shape under "none"; derivatives like predictions.

    What comes together (`value_and_grad`, `grad_and_curvature`) is the same bit for bit as what comes alone, and so is
    what `out` receives, wherever it lies, also in the predictions themselves. The curvature is positive.
    """
    rng = np.random.default_rng(seed)
    problem = in_dtype(case.loss, laid_out(case, rng, n), dtype)
    reduction = case.reductions[rng.integers(len(case.reductions))]
    arrays, weight = problem.arrays, some_weights(rng, n, least=0) if rng.random() < 0.7 else None
    subject = dataclasses.replace(remembering(case, problem, weight), reductions=(reduction,))
    calls.what_is_returned(subject, arrays, weight)
    calls.parts_are_the_same(subject, arrays, weight)
    calls.out_receives_the_same_bits(subject, arrays, weight, lambda like: a_place(rng, like))
    boosting.both_are_their_parts(subject, arrays, weight)
    if dtype is not np.float16:  # in which it may underflow
        boosting.curvature_is_positive(dataclasses.replace(subject, reductions=case.reductions), arrays, weight)
    check_types(case, subject.each(reduction)[reduction], problem, weight, dtype)


def check_types(case, subject, problem, weight, dtype):
    """Assert that results have the types, the dtype and the shapes that are promised."""
    predicted = predictions(case.loss, problem)
    value, grad = subject.call("value_and_grad", problem.arrays, weight)
    if subject.reduction != "none":
        assert type(value) is float
    else:
        assert type(value) is np.ndarray
        assert value.dtype == dtype
        if not case.subject.items:
            columns = case.columns.get(case.loss.signature.predictions[0], ())
            assert value.shape == predicted[0].shape[: predicted[0].ndim - len(columns)]
    both = subject.call("grad_and_curvature", problem.arrays, weight)
    bends = [subject.call("hess", problem.arrays, weight)] if case.has_hess else []
    for derivative in (grad, *both, *bends):
        assert isinstance(derivative, tuple) == (len(predicted) > 1)
        for array, like in zip(slopes("grad", derivative), predicted, strict=True):
            assert type(array) is np.ndarray
            assert (array.shape, array.dtype) == (like.shape, dtype)


PLACES = [
    lambda shape, dtype: np.empty(shape, dtype),
    lambda shape, dtype: np.empty(shape, dtype, order="F"),
    lambda shape, dtype: np.empty(shape, dtype)[::-1],
    lambda shape, dtype: np.empty(shape, dtype)[..., ::-1],
    lambda shape, dtype: np.empty((*shape[:-1], 2 * shape[-1]), dtype)[..., ::2],
    lambda shape, dtype: np.empty((*shape[:-1], 2 * shape[-1]), dtype)[..., -1:0:-2],
    lambda shape, dtype: np.empty(math.prod(shape) * dtype.itemsize + 1, np.uint8)[1:].view(dtype).reshape(shape),
]
"""Ways in which an array may lie in memory; in the last, unaligned."""


def a_place(rng, like):
    """Return an array of the shape and dtype of `like` that lies in memory in one of these ways, with rubbish in it."""
    array = PLACES[rng.integers(len(PLACES))](like.shape, like.dtype)
    array.fill(np.nan)
    return array


@pytest.mark.parametrize(("dtype", "residual"), [(np.float64, 7.038656804785898), (np.float32, 6.2018507)])
def test_out_of_one_entry_may_be_reversed(dtype, residual):
    """NumPy calls it contiguous, but takes another loop for it, in which cosh is rounded differently."""
    loss, y_pred = LogCosh(reduction="sum"), np.array([residual], dtype)
    expected = loss.hess([0.0], y_pred)
    np.testing.assert_array_equal(loss.hess([0.0], y_pred, out=np.empty(1, dtype)[::-1]), expected)


def larger(case, seed, dtype=np.float64, blocks=1.25):
    """Return a problem of so many `small_blocks` of float64, and where samples have shapes, of two axes of samples."""
    few = case.typical(64, dtype, seed)
    if case.unit not in ("element", "row"):
        return few.take(np.arange(600 if case.unit == "anchor" else 1000) % len(few))
    rng = np.random.default_rng(seed)
    rows = int(blocks * SMALL_BLOCK) // max(array[0].size for array in predictions(case.loss, few))
    return few.take(rng.integers(0, len(few), (2, rows // 2 + 1)))


@each_case
@pytest.mark.usefixtures("small_blocks")
def test_out_receives_the_same_bits_in_several_blocks(case):
    problem, rng = larger(case, 1), np.random.default_rng(1)
    for _ in range(2):
        arrays, subject = problem.arrays, under_one_reduction(case.subject, rng)
        calls.out_receives_the_same_bits(subject, arrays, None, lambda like: a_place(rng, like))


def of_four_blocks(case, seed, dtype):
    """Return a larger problem, cut off where it has four blocks at the least, of which every other one is short.

    Losses with many temporaries have more of them, each with fewer samples; sums of losses, those of every term.
    """
    problem = larger(case, seed, dtype, blocks=4)
    if case.unit not in ("element", "row") or len(case.loss.terms) > 1:
        return problem
    boxes = admitted(case.loss, problem).boxes()
    if len(boxes) <= 4:
        return problem
    (_, block, _), *_ = boxes
    return problem.map(lambda array: array[:, : block.stop * 5 // 4], *problem.by_sample)


@each_case
@pytest.mark.usefixtures("small_blocks", "restored_threads")
def test_the_number_of_threads_changes_no_bit(case):
    rng = np.random.default_rng(2)
    for dtype in (np.float64, np.float32):
        problem = of_four_blocks(case, 2, dtype)
        weight = rng.uniform(0, 2, samples_shape(case, problem)) if dtype is np.float64 or rng.random() < 0.5 else None
        loss = case.with_reduction(str(rng.choice(case.reductions)))
        for method in (*case.methods, "grad_and_curvature"):
            losses.set_num_threads(1)
            expected = call(loss, method, problem, sample_weight=weight)
            for threads in (2, 5):
                losses.set_num_threads(threads)
                assert_identical(call(loss, method, problem, sample_weight=weight), expected)
            if method not in ("value", "grad_and_curvature"):
                mine = predicting(loss, problem, [array.copy() for array in predictions(loss, problem)])
                outs = as_one(predictions(loss, mine))
                assert_identical(call(loss, method, mine, sample_weight=weight, out=outs), expected)


def samples_shape(case, problem):
    """Return the shape of the samples of a problem."""
    name = case.names[0]
    return problem[name].shape[: problem[name].ndim - len(case.columns.get(name, ()))]
