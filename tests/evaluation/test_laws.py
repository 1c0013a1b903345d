"""The laws of reductions and weights (laws 1 to 6 of section 2), each over every loss; law 7 is in test_gradients.

Dtype, layout, weights and the samples' shape are drawn. "Results" are value, grad and hess, a grad for each prediction.
Except for law 6, which is bit for bit, the laws hold to rounding.
"""

import dataclasses

import hypothesis.extra.numpy as hnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import losses
from own_losses import ALL
from problems import (
    all_floats,
    assert_close,
    assert_identical,
    floats,
    laid_out,
    masks,
    results,
    slopes,
    weights,
    weights_of,
)
from registry import CASES, SMALL_BLOCK, as_one, call, class_ids, in_dtype, predicting, predictions, query_ids

each_case = pytest.mark.parametrize("case", ALL, ids=str)
BY_ITEMS = ("query", "stratum", "mixed")
"""Units of losses in which items make one sample together."""


def test_every_public_loss_is_registered():
    classes = {member for name in losses.__all__ if isinstance(member := getattr(losses, name), type)}
    bases = {cls for cls in classes if cls.__module__.startswith("losses._loss.")}
    public = {cls for cls in classes - bases if hasattr(cls, "value_and_grad")}
    registered = {type(loss) for case in CASES for _, loss in case.loss.terms}
    assert public <= registered


def pairs(actual, expected):
    """Return the arrays of two results side by side."""
    return zip(actual, expected, strict=True)


# --------------------------------------------------------------------------------------------- what is returned, law 6


@each_case
@given(data=st.data())
def test_what_is_returned(case, data):
    """A Python float under "mean" and "sum", an array of the samples' shape under "none"; derivatives like predictions.

    `value_and_grad` is `value` and `grad` bit for bit, and a call is `value`.
    """
    dtype = data.draw(all_floats)
    problem = in_dtype(case.loss, data.draw(laid_out(case)), dtype)
    predicted = predictions(case.loss, problem)
    weight = data.draw(st.none() | weights(len(problem), least=0).filter(np.any))
    for reduction in case.reductions:
        loss = case.with_reduction(reduction)
        value, *derivatives = (call(loss, m, problem, sample_weight=weight) for m in ("value", "grad"))
        if case.has_hess:
            derivatives.append(call(loss, "hess", problem, sample_weight=weight))
        if reduction != "none":
            assert type(value) is float
        else:
            assert type(value) is np.ndarray
            assert value.dtype == dtype
            if case.unit not in BY_ITEMS:
                columns = case.columns.get(case.loss.signature.predictions[0], ())
                assert value.shape == predicted[0].shape[: predicted[0].ndim - len(columns)]
        for derivative in derivatives:
            assert isinstance(derivative, tuple) == (len(predicted) > 1)
            for array, like in pairs(slopes("grad", derivative), predicted):
                assert type(array) is np.ndarray
                assert (array.shape, array.dtype) == (like.shape, dtype)
        assert_identical(call(loss, "__call__", problem, sample_weight=weight), value)
        both = call(loss, "value_and_grad", problem, sample_weight=weight)
        assert_identical(both, (value, derivatives[0]))


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


@each_case
@given(data=st.data())
def test_out_receives_the_same_bits(case, data):
    """Wherever it lies, also in the predictions themselves."""
    problem = in_dtype(case.loss, data.draw(laid_out(case)), data.draw(all_floats))
    weight = data.draw(st.none() | weights(len(problem), least=0).filter(np.any))
    loss = case.with_reduction(data.draw(st.sampled_from(case.reductions)))
    in_place = data.draw(st.booleans())
    for method in case.methods[1:]:
        expected = call(loss, method, problem, sample_weight=weight)
        given_problem = problem
        if in_place:
            outs = [array.astype(array.dtype.newbyteorder("=")) for array in predictions(loss, problem)]
            given_problem = predicting(loss, problem, outs)
        else:
            outs = [data.draw(st.sampled_from(places(array))) for array in slopes(method, expected)]
        found = call(loss, method, given_problem, sample_weight=weight, out=as_one(outs))
        assert_identical(found, expected)
        assert all(a is b for a, b in pairs(slopes(method, found), outs))


def larger(case, seed, dtype=np.float64, blocks=1.25):
    """Return a problem of so many `small_blocks` of float64, and where samples have shapes, of two axes of samples."""
    few = case.typical(64, dtype, seed)
    if case.unit not in ("element", "row"):
        return few.take(np.arange(1000) % len(few))
    rng = np.random.default_rng(seed)
    rows = int(blocks * SMALL_BLOCK) // max(array[0].size for array in predictions(case.loss, few))
    return few.take(rng.integers(0, len(few), (2, rows // 2 + 1)))


@each_case
@pytest.mark.usefixtures("small_blocks")
def test_out_receives_the_same_bits_in_several_blocks(case):
    problem = larger(case, 1)
    for reduction in case.reductions:
        loss = case.with_reduction(reduction)
        for method in case.methods[1:]:
            expected = call(loss, method, problem)
            for outs in zip(*map(places, slopes(method, expected)), strict=True):
                assert_identical(call(loss, method, problem, out=as_one(outs)), expected)
            mine = predicting(loss, problem, [array.copy() for array in predictions(loss, problem)])
            assert_identical(call(loss, method, mine, out=as_one(predictions(loss, mine))), expected)


@each_case
@pytest.mark.usefixtures("small_blocks", "restored_threads")
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_the_number_of_threads_changes_no_bit(case, dtype):
    problem = larger(case, 2, dtype, blocks=4)
    some = np.random.default_rng(0).uniform(0, 2, case.shapes(*samples_shape(case, problem))[case.names[0]])
    if case.columns.get(case.names[0]):
        some = some[(..., *(0,) * len(case.columns[case.names[0]]))].copy()
    for reduction, weight in zip(case.reductions, (some, None, some), strict=False):
        loss = case.with_reduction(reduction)
        for method in case.methods:
            losses.set_num_threads(1)
            expected = call(loss, method, problem, sample_weight=weight)
            for threads in (2, 5):
                losses.set_num_threads(threads)
                assert_identical(call(loss, method, problem, sample_weight=weight), expected)
                if method != "value" and threads == 2:
                    mine = predicting(loss, problem, [array.copy() for array in predictions(loss, problem)])
                    outs = as_one(predictions(loss, mine))
                    assert_identical(call(loss, method, mine, sample_weight=weight, out=outs), expected)


def samples_shape(case, problem):
    """Return the shape of the samples of a problem."""
    name = case.names[0]
    return problem[name].shape[: problem[name].ndim - len(case.columns.get(name, ()))]


# --------------------------------------------------------------------------------------------- law 1


@each_case
@given(data=st.data())
def test_sum_is_none_added_up_and_mean_is_sum_over_one_denominator(case, data):
    """What the denominator is, test_accuracy checks against exact arithmetic."""
    dtype = data.draw(floats)
    problem = data.draw(laid_out(case, dtype))
    weight = data.draw(st.none() | weights(len(problem)))
    total = results(case, "sum", problem, sample_weight=weight)
    if "none" in case.reductions:
        each = results(case, "none", problem, sample_weight=weight)
        (value,) = each.pop("value")
        assert_close(total["value"][0], value.sum(dtype=np.float64), dtype)
        for method, arrays in each.items():
            for a, b in pairs(arrays, total[method]):
                assert_identical(a, b)
    if case.degree is None:  # each term has its own denominator
        return
    mean = results(case, "mean", problem, sample_weight=weight)
    (numerator,), (average,) = total["value"], mean["value"]
    for method in total:
        for a, b in pairs(mean[method], total[method]):
            assert_close(a * float(numerator), b * float(average), dtype)


# --------------------------------------------------------------------------------------------- laws 2 and 3


@each_case
@given(data=st.data())
def test_an_integer_weight_repeats_the_sample(case, data):
    if 2 in case.exempt:
        pytest.skip(case.exempt[2])
    dtype = data.draw(floats)
    problem = data.draw(laid_out(case, dtype))
    counts = data.draw(hnp.arrays(np.int64, len(problem), elements=st.integers(0, 3)).filter(np.any))
    copies = np.repeat(np.arange(len(problem)), counts)
    for reduction in ("mean", "sum"):
        weighted = results(case, reduction, problem, sample_weight=counts)
        repeated = results(case, reduction, problem.take(copies))
        assert_close(weighted.pop("value"), repeated["value"], dtype)
        if case.unit in BY_ITEMS:  # the copies of an item may have mixed second derivatives
            weighted.pop("hess", None)
        for method, derivatives in weighted.items():
            for derivative, of_copies in pairs(derivatives, repeated[method]):
                added = np.zeros_like(derivative)
                np.add.at(added, copies, of_copies)
                assert_close(derivative, added, dtype)


GARBAGE = [np.nan, np.inf, -np.inf, 1e300, -1e300, -7.5, 99.0]
"""What must not matter where a sample is left out: also outside every domain."""


def with_garbage(data, case, problem, left_out):
    """Return a problem with anything at all in the samples that are left out; query ids are none of it."""

    def spoil(array):
        spoiled = array.astype(np.result_type(array.dtype, np.float32 if array.dtype.kind == "f" else np.float64))
        shape = spoiled[left_out].shape
        with np.errstate(over="ignore"):
            spoiled[left_out] = data.draw(hnp.arrays(np.float64, shape, elements=st.sampled_from(GARBAGE)))
        return spoiled

    return problem.map(spoil, *(name for name in case.names if case.arrays.get(name) is not query_ids))


def weighs(array, kept):
    """Assert that an array is 0 where a sample is left out."""
    assert not array[~kept].any()


@each_case
@given(data=st.data())
def test_weight_zero_leaves_the_sample_out_whatever_it_holds(case, data):
    dtype = data.draw(floats)
    problem = data.draw(laid_out(case, dtype, min_size=2))
    kept = data.draw(masks(len(problem)))
    weight = data.draw(weights(len(problem))) * kept
    spoiled = with_garbage(data, case, problem, ~kept)
    for reduction in case.reductions:
        full = results(case, reduction, problem, sample_weight=weight)
        rest = results(case, reduction, problem.take(np.flatnonzero(kept)), sample_weight=weight[kept])
        for method, arrays in results(case, reduction, spoiled, sample_weight=weight).items():
            for a, b in pairs(arrays, full[method]):
                assert_close(a, b, dtype)
                if method != "value" or (reduction == "none" and case.unit not in BY_ITEMS):
                    weighs(a, kept)
        if reduction == "none" and case.unit in BY_ITEMS:
            (each,), (others,) = full.pop("value"), rest.pop("value")
            assert_close(each.sum(), others.sum(), dtype)  # a query may be left out altogether
        elif reduction != "none":
            assert_close(full.pop("value"), rest.pop("value"), dtype)
        for method, arrays in full.items():
            for a, b in pairs(arrays, rest[method]):
                assert_close(a[kept], b, dtype)
                weighs(a, kept)


IGNORING = [case for case in CASES if hasattr(case.loss, "ignore_index") and "y_true" not in case.columns]


@pytest.mark.parametrize("case", IGNORING, ids=str)
@given(data=st.data())
def test_ignore_index_leaves_the_sample_out(case, data):
    """The same as a weight of zero, whether or not the index is one of a class, and whatever y_pred holds there."""
    assert case.arrays["y_true"] is class_ids
    problem = data.draw(laid_out(case, min_size=2))
    index = data.draw(st.sampled_from([-100, 0, 2, 255]))
    kept = data.draw(masks(len(problem)))
    spoiled = with_garbage(data, case, problem, ~kept)
    mask = kept.reshape(-1, *(1,) * (problem["y_true"].ndim - 1))
    ids = np.where(mask, problem["y_true"], index)
    counts = ids != index
    if not counts.any():
        return
    ignoring = dataclasses.replace(case, loss=dataclasses.replace(case.loss, ignore_index=index))
    weight = np.broadcast_to(data.draw(st.just(1.0) | weights(ids.shape)), ids.shape)
    for reduction in case.reductions:
        expected = results(case, reduction, problem, sample_weight=counts * weight)
        actual = results(ignoring, reduction, spoiled.replace(y_true=ids), sample_weight=weight)
        for method in expected:
            assert_close(actual[method][0], expected[method][0], np.float64)
            if method != "value" or reduction == "none":
                weighs(actual[method][0], counts)


# --------------------------------------------------------------------------------------------- laws 4 and 5


def scalable(case, *arguments, **keywords):
    """Return the results on which the scale of the weights acts as the law says."""
    found = results(case, *arguments, **keywords)
    if 4 in case.exempt:
        del found["value"]
    return found


@each_case
@given(data=st.data())
def test_scaling_the_weights_and_permuting_the_samples(case, data):
    """The scale leaves "mean" as it was, and multiplies "sum" and "none" by its power; the order is no matter."""
    dtype = data.draw(floats)
    problem = data.draw(laid_out(case, dtype))
    weight = data.draw(weights(len(problem)))
    factor = data.draw(st.floats(1e-3, 1e3))
    order = np.array(data.draw(st.permutations(range(len(problem)))))
    for reduction in case.reductions:
        before = results(case, reduction, problem, sample_weight=weight)
        if case.degree is not None or reduction == "mean":
            scale = 1.0 if reduction == "mean" else factor**case.degree
            for method, arrays in scalable(case, reduction, problem, sample_weight=factor * weight).items():
                for a, b in pairs(arrays, before[method]):
                    assert_close(a / scale, b, dtype)
        after = results(case, reduction, problem.take(order), sample_weight=weight[order])
        if reduction != "none":
            assert_close(after.pop("value"), before.pop("value"), dtype)
        elif case.unit in BY_ITEMS:  # queries stand in the order of their first appearance
            assert_close(np.sort(after.pop("value")), np.sort(before.pop("value")), dtype)
        for method in after:
            for a, b in pairs(after[method], before[method]):
                assert_close(a, b[order], dtype)


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
