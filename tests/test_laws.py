"""The laws of reductions and weights (laws 1 to 6 of the contract), each over every loss; law 7 is in test_gradients.

"Results" are value, grad and hess. Except for law 6, which is bit for bit, the laws hold to rounding.
"""

import dataclasses

import hypothesis.extra.numpy as hnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import losses
from losses import CategoricalCrossEntropy
from problems import fewer, flatten, methods, reductions, typical, weights_of
from registry import CASES, SMALL_BLOCK, Problem, call, class_ids, dtype_of_losses

each_case = pytest.mark.parametrize("case", CASES, ids=str)
dtypes = st.sampled_from([np.float64, np.float32])


def results(case, reduction, problem, **arguments):
    """Return value, grad and hess by name; hess only where the loss has one."""
    loss = case.with_reduction(reduction)
    methods = ["value", "grad", "hess"] if case.has_hess else ["value", "grad"]
    return {method: call(loss, method, problem, **arguments) for method in methods}


def assert_close(actual, expected, dtype):
    """Assert that numbers which are of order 1 or more where they matter agree to rounding in `dtype`."""
    tolerance = 200 * np.finfo(dtype).eps
    np.testing.assert_allclose(actual, expected, rtol=tolerance, atol=tolerance)


def assert_identical(actual, expected):
    """Assert that two results are the same bit for bit: also in the sign of zero, the dtype and the shape."""
    assert type(actual) is type(expected)
    actual, expected = np.asarray(actual), np.asarray(expected)
    assert actual.dtype == expected.dtype
    np.testing.assert_array_equal(actual, expected)
    np.testing.assert_array_equal(np.signbit(actual), np.signbit(expected))


def weights(size, least=0.125):
    """Strategy for weights that are far enough from 0 for quotients to be well conditioned."""
    return hnp.arrays(np.float64, size, elements=st.floats(least, 4, width=16))


def masks(size):
    """Strategy for masks that keep at least one sample."""
    return hnp.arrays(bool, size).filter(np.any)


def test_every_public_loss_is_registered():
    public = {
        member
        for name in losses.__all__
        if isinstance(member := getattr(losses, name), type) and hasattr(member, "value_and_grad")
    } - {losses.ElementwiseLoss, losses.ResidualLoss}
    registered = {type(loss) for case in CASES for _, loss in case.loss.terms}
    assert public <= registered


@each_case
@fewer
@given(data=st.data())
def test_what_is_returned(case, data):
    """A Python float under "mean" and "sum"; arrays of y_pred's shape and dtype, and of the samples' under "none"."""
    dtype = data.draw(st.sampled_from([np.float64, np.float32, np.float16, np.longdouble]))
    problem = data.draw(case.problems(np.float64))
    problem = problem.predicting(problem.y_pred.astype(dtype))
    for reduction in reductions(case):
        value, *derivatives = results(case, reduction, problem).values()
        if reduction != "none":
            assert type(value) is float
        else:
            assert type(value) is np.ndarray
            assert value.dtype == dtype_of_losses(case.loss, problem)
            if case.unit != "query":
                assert value.shape == problem.y_pred.shape[: 1 if case.columns else None]
        for derivative in derivatives:
            assert type(derivative) is np.ndarray
            assert (derivative.shape, derivative.dtype) == (problem.y_pred.shape, dtype)
        loss = case.with_reduction(reduction)
        assert_identical(loss(problem.y_true, problem.y_pred, **problem.keywords), value)


# --------------------------------------------------------------------------------------------- law 1


@each_case
@given(data=st.data())
def test_sum_is_none_added_up(case, data):
    if "none" not in reductions(case):
        return
    dtype = data.draw(dtypes)
    problem = data.draw(case.problems(dtype))
    weight = data.draw(st.none() | weights(len(problem)))
    each = results(case, "none", problem, sample_weight=weight)
    total = results(case, "sum", problem, sample_weight=weight)
    assert_close(total.pop("value"), each.pop("value").sum(dtype=np.float64), dtype)
    for method in total:
        assert_identical(each[method], total[method])


@each_case
@given(data=st.data())
def test_mean_is_sum_over_one_denominator(case, data):
    """What the denominator is, test_accuracy checks against exact arithmetic."""
    if case.degree is None:  # each term has its own denominator
        return
    problem = data.draw(case.problems())
    weight = data.draw(st.none() | weights(len(problem)))
    mean = results(case, "mean", problem, sample_weight=weight)
    total = results(case, "sum", problem, sample_weight=weight)
    for method in total:
        assert_close(mean[method] * total["value"], total[method] * mean["value"], np.float64)


# --------------------------------------------------------------------------------------------- laws 2 and 3


@each_case
@given(data=st.data())
def test_an_integer_weight_repeats_the_sample(case, data):
    dtype = data.draw(dtypes)
    problem = data.draw(case.problems(dtype))
    counts = data.draw(hnp.arrays(np.int64, len(problem), elements=st.integers(0, 3)).filter(np.any))
    copies = np.repeat(np.arange(len(problem)), counts)
    for reduction in ("mean", "sum"):
        weighted = results(case, reduction, problem, sample_weight=counts)
        repeated = results(case, reduction, problem.take(copies))
        assert_close(weighted.pop("value"), repeated["value"], dtype)
        if case.unit in ("query", "mixed"):  # the copies of an item may have mixed second derivatives
            weighted.pop("hess", None)
        for method, derivative in weighted.items():
            added = np.zeros_like(derivative)
            np.add.at(added, copies, repeated[method])
            assert_close(derivative, added, dtype)


@each_case
@fewer
@given(data=st.data())
def test_weight_zero_leaves_the_sample_out(case, data):
    dtype = data.draw(dtypes)
    problem = data.draw(case.problems(dtype, min_size=2))
    kept = data.draw(masks(len(problem)))
    weight = data.draw(weights(len(problem))) * kept
    for reduction in reductions(case):
        full = results(case, reduction, problem, sample_weight=weight)
        rest = results(case, reduction, problem.take(np.flatnonzero(kept)), sample_weight=weight[kept])
        if reduction == "none" and case.unit == "query":
            assert_close(full.pop("value").sum(), rest.pop("value").sum(), dtype)  # a query may be left out altogether
        elif reduction != "none":
            assert_close(full.pop("value"), rest.pop("value"), dtype)
        for method, array in full.items():
            assert_close(array[kept], rest[method], dtype)
            assert not array[~kept].any()


GARBAGE = [np.nan, np.inf, -np.inf, 1e300, -1e300, -7.5, 99.0]
"""What must not matter where a sample is left out: also outside every domain."""


def with_garbage(data, problem, left_out):
    """Return a problem with anything at all in the samples that are left out."""

    def spoil(array):
        spoiled = array.astype(np.float64)  # class ids as well: integral floats are ids
        shape = spoiled[left_out].shape
        spoiled[left_out] = data.draw(hnp.arrays(np.float64, shape, elements=st.sampled_from(GARBAGE)))
        return spoiled

    return Problem(spoil(problem.y_true), spoil(problem.y_pred), problem.keywords)


@each_case
@fewer
@given(data=st.data())
def test_a_sample_of_weight_zero_may_hold_anything(case, data):
    problem = data.draw(case.problems(min_size=2))
    kept = data.draw(masks(len(problem)))
    weight = data.draw(weights(len(problem))) * kept
    spoiled = with_garbage(data, problem, ~kept)
    for reduction in reductions(case):
        expected = results(case, reduction, problem, sample_weight=weight)
        for method, actual in results(case, reduction, spoiled, sample_weight=weight).items():
            assert_close(actual, expected[method], np.float64)
            if method != "value" or (reduction == "none" and case.unit != "query"):
                assert not actual[~kept].any()


IGNORING = [case for case in CASES if isinstance(case.loss, CategoricalCrossEntropy) and case.y_true is class_ids]


@pytest.mark.parametrize("case", IGNORING, ids=str)
@fewer
@given(data=st.data())
def test_ignore_index_leaves_the_sample_out(case, data):
    """The same as a weight of zero, whether or not the index is one of a class, and whatever y_pred holds there."""
    problem = data.draw(case.problems(min_size=2))
    index = data.draw(st.sampled_from([-100, 0, 2, 255]))
    kept = data.draw(masks(len(problem)))
    spoiled = with_garbage(data, problem, ~kept)
    ids = np.where(kept, problem.y_true, index)
    kept &= ids != index
    if not kept.any():
        return
    ignoring = dataclasses.replace(case, loss=dataclasses.replace(case.loss, ignore_index=index))
    weight = data.draw(st.none() | weights(len(problem)))
    zeroed = kept * (1.0 if weight is None else weight)
    for reduction in reductions(case):
        expected = results(case, reduction, problem, sample_weight=zeroed)
        actual = results(ignoring, reduction, Problem(ids, spoiled.y_pred), sample_weight=weight)
        for method in expected:
            assert_close(actual[method], expected[method], np.float64)
            if method != "value" or reduction == "none":
                assert not actual[method][~kept].any()


# --------------------------------------------------------------------------------------------- laws 4 and 5


@each_case
@fewer
@given(data=st.data())
def test_scaling_the_weights(case, data):
    """It leaves "mean" as it was, and scales "sum" and "none" by a power of the factor."""
    dtype = data.draw(dtypes)
    problem = data.draw(case.problems(dtype))
    weight = data.draw(weights(len(problem)))
    factor = data.draw(st.floats(1e-3, 1e3))
    mean, scaled_mean = (results(case, "mean", problem, sample_weight=w) for w in (weight, factor * weight))
    for method in mean:
        assert_close(scaled_mean[method], mean[method], dtype)
    if case.degree is None:
        return
    for reduction in {"sum", "none"} & set(reductions(case)):
        total, scaled = (results(case, reduction, problem, sample_weight=w) for w in (weight, factor * weight))
        for method in total:
            assert_close(scaled[method] / factor**case.degree, total[method], dtype)


@each_case
def test_the_scale_of_the_weights_may_be_extreme(case):
    """The mean is the same bit for bit, if the factor is a power of two."""
    problem = typical(case, 50)
    weight = weights_of(50)
    expected = results(case, "mean", problem, sample_weight=weight)
    for exponent in (-1000, -500, 500, 1000):
        actual = results(case, "mean", problem, sample_weight=np.ldexp(weight, exponent))
        for method in expected:
            np.testing.assert_array_equal(actual[method], expected[method])


@each_case
def test_weights_may_be_as_small_or_large_as_a_float_can_be(case):
    problem = typical(case, 50)
    expected = results(case, "mean", problem)
    for weight in (5e-324, 1e308):
        actual = results(case, "mean", problem, sample_weight=np.full(50, weight))
        for method in expected:
            assert_close(actual[method], expected[method], np.float64)


@each_case
@fewer
@given(data=st.data())
def test_permuting_the_samples(case, data):
    dtype = data.draw(dtypes)
    problem = data.draw(case.problems(dtype))
    weight = data.draw(weights(len(problem)))
    order = np.array(data.draw(st.permutations(range(len(problem)))))
    for reduction in reductions(case):
        before = results(case, reduction, problem, sample_weight=weight)
        after = results(case, reduction, problem.take(order), sample_weight=weight[order])
        if reduction != "none":
            assert_close(after.pop("value"), before.pop("value"), dtype)
        elif case.unit == "query":  # queries stand in the order of their first appearance
            assert_close(np.sort(after.pop("value")), np.sort(before.pop("value")), dtype)
        for method in after:
            assert_close(after[method], before[method][order], dtype)


# --------------------------------------------------------------------------------------------- law 6


@each_case
@fewer
@given(data=st.data())
def test_value_and_grad_is_value_and_grad(case, data):
    dtype = data.draw(st.sampled_from([np.float64, np.float32, np.float16, np.longdouble]))
    problem = data.draw(case.problems())
    problem = problem.predicting(problem.y_pred.astype(dtype))
    weight = data.draw(st.none() | weights(len(problem), least=0).filter(np.any))
    for reduction in reductions(case):
        loss = case.with_reduction(reduction)
        value, grad = call(loss, "value_and_grad", problem, sample_weight=weight)
        assert_identical(value, call(loss, "value", problem, sample_weight=weight))
        assert_identical(grad, call(loss, "grad", problem, sample_weight=weight))


def places(like):
    """Return arrays of the shape and dtype of `like` that lie in memory in different ways, with rubbish in them."""
    shape = like.shape
    wide = (*shape[:-1], 2 * shape[-1])
    made = [
        np.empty(shape, like.dtype),
        np.empty(shape, like.dtype, order="F"),
        np.empty(shape, like.dtype)[::-1],
        np.empty(shape, like.dtype)[..., ::-1],
        np.empty(wide, like.dtype)[..., ::2],
        np.empty(wide, like.dtype)[..., -1:0:-2],
        np.empty(like.nbytes + 1, np.uint8)[1:].view(like.dtype).reshape(shape),  # unaligned
    ]
    for array in made:
        array.fill(np.nan)
    return made


def larger(case, data, dtype=np.float64, blocks=1.25):
    """Return a problem of so many `small_blocks` of float64, and where samples have shapes, of two axes of samples."""
    few = data.draw(case.problems(dtype, min_size=64, max_size=64))
    if case.unit in ("query", "list", "mixed"):
        return few.take(np.arange(1000) % len(few))
    rng = np.random.default_rng(data.draw(st.integers(0, 99)))
    rows = int(blocks * SMALL_BLOCK) // few.take([0]).y_pred.size
    return few.take(rng.integers(0, len(few), (2, rows // 2 + 1)))


@each_case
@pytest.mark.usefixtures("small_blocks")
@settings(max_examples=2)
@given(data=st.data())
def test_out_receives_the_same_bits(case, data):
    problem = larger(case, data)
    for reduction in reductions(case):
        loss = case.with_reduction(reduction)
        expected = call(loss, "grad", problem)
        value = call(loss, "value", problem)
        for out in places(expected):
            assert call(loss, "grad", problem, out=out) is out
            assert_identical(out, expected)
        out = places(expected)[-1]
        both = call(loss, "value_and_grad", problem, out=out)
        assert both[1] is out
        assert_identical(out, expected)
        assert_identical(both[0], value)
        if case.has_hess:
            out = places(expected)[-1]
            assert call(loss, "hess", problem, out=out) is out
            assert_identical(out, call(loss, "hess", problem))


@each_case
@pytest.mark.usefixtures("small_blocks")
@settings(max_examples=2)
@given(data=st.data())
def test_out_may_be_y_pred(case, data):
    problem = larger(case, data)
    for method in ("value_and_grad", "grad", "hess") if case.has_hess else ("value_and_grad", "grad"):
        expected = call(case.loss, method, problem)
        mine = problem.predicting(problem.y_pred.copy())
        actual = call(case.loss, method, mine, out=mine.y_pred)
        if method == "value_and_grad":
            assert_identical(actual[0], expected[0])
            actual, expected = actual[1], expected[1]
        assert actual is mine.y_pred
        assert_identical(actual, expected)


@each_case
@pytest.mark.usefixtures("small_blocks", "restored_threads")
@settings(max_examples=1)
@given(data=st.data())
def test_the_number_of_threads_changes_no_bit(case, data):
    for dtype in (np.float64, np.float32):
        problem = larger(case, data, dtype, blocks=4)
        some = np.random.default_rng(0).uniform(0, 2, problem.y_pred.shape[: -1 if case.columns else None])
        for reduction, weight in zip(reductions(case), (some, None, some), strict=False):
            loss = case.with_reduction(reduction)
            for method in methods(case):
                losses.set_num_threads(1)
                expected = flatten(call(loss, method, problem, sample_weight=weight))
                for threads in (2, 5):
                    losses.set_num_threads(threads)
                    actual = flatten(call(loss, method, problem, sample_weight=weight))
                    for a, b in zip(actual, expected, strict=True):
                        assert_identical(a, b)
