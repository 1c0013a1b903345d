"""Domains and IEEE values (section 5 of the contract)."""

import contextlib
import itertools
import math
from dataclasses import dataclass

import hypothesis.extra.numpy as hnp
import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from losses import (
    MAE,
    MSE,
    BinaryCrossEntropy,
    CategoricalCrossEntropy,
    ElementwiseLoss,
    KLPenalty,
    ResidualLoss,
)
from losses._admission.domains import Interval
from losses._walk.blocks import BLOCK
from problems import PROBLEM, assert_allclose, flatten, methods, over, reductions, slopes, some_of, typical, weights_of
from registry import (
    CASES,
    SMALL_BLOCK,
    Case,
    Problem,
    as_one,
    call,
    class_ids,
    names,
    of_samples,
    predicting,
    predictions,
    query_ids,
)

each_case = pytest.mark.parametrize("case", CASES, ids=str)
each_method = pytest.mark.parametrize("method", ["value", "grad", "hess", "value_and_grad"])
NOT_RANKED = [case for case in CASES if case.unit in ("element", "row")]
DISTANCES = [
    case for case in NOT_RANKED if all(isinstance(loss, ResidualLoss | KLPenalty) for _, loss in case.loss.terms)
]
SPECIAL = [math.nan, math.inf, -math.inf]


# ------------------------------------------------------------------------------------------------ IEEE propagation


@pytest.mark.parametrize("case", DISTANCES, ids=str)
@pytest.mark.parametrize("which", [0, 1])
@pytest.mark.parametrize("special", SPECIAL, ids=str)
def test_special_values_reach_their_own_samples_alone(case, which, special):
    problem, name = typical(case, 9), names(case.loss)[which]
    spoilt = problem.map(np.copy)
    spoilt[name][4] = special
    others = np.arange(9) != 4
    for method in methods(case):
        loss = case.with_reduction("none")
        for a, b in zip(flatten(call(loss, method, problem)), flatten(call(loss, method, spoilt)), strict=True):
            np.testing.assert_array_equal(a[others], b[others])
    value, grad = call(case.with_reduction("none"), "value_and_grad", spoilt)
    direction = math.copysign(1, special) * (1 if which else -1)
    if math.isnan(special):
        assert np.isnan([value[4], grad[4]]).all()
    elif case.loss.is_convex:
        assert value[4] == math.inf
        assert grad[4] * direction > 0
    else:  # it may be bounded, and its slope vanish
        assert value[4] >= value[others].max()
        assert grad[4] * direction >= 0
    for reduction in ("mean", "sum") if not np.isfinite(value[4]) else ():
        np.testing.assert_equal(call(case.with_reduction(reduction), "value", spoilt), float(value[4]))


@pytest.mark.parametrize("case", DISTANCES, ids=str)
def test_infinity_less_infinity_is_nan(case):
    value, grad = case.loss.value_and_grad([math.inf], [math.inf])
    assert math.isnan(value)
    assert np.isnan(grad).all()


def test_infinities_of_both_signs_add_up_to_nan():
    class_loss = BinaryCrossEntropy(from_logits=True, reduction="sum")
    assert class_loss.value([0.0, 1.0], [math.inf, math.inf]) == math.inf
    assert math.isnan((MSE(reduction="sum") - MAE(reduction="sum")).value([0.0], [math.inf]))


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.longdouble])
def test_binary_cross_entropy_takes_its_limit_at_infinite_logits(dtype):
    loss = BinaryCrossEntropy(from_logits=True, reduction="none")
    y, x = [1.0, 0.0, 1.0, 0.0, 0.5, 0.5], np.array([1, -1, -1, 1, 1, -1]) * dtype(np.inf)
    value, grad = loss.value_and_grad(y, x)
    np.testing.assert_array_equal(value, [0, 0, np.inf, np.inf, np.inf, np.inf])
    np.testing.assert_array_equal(grad, [0, 0, -1, 1, 0.5, -0.5])
    np.testing.assert_array_equal(loss.hess(y, x), np.zeros(6))


@pytest.mark.parametrize("label", [0.0, 1.0])
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.longdouble])
def test_nothing_times_log_of_nothing_is_nothing(label, dtype):
    for loss, p in [(BinaryCrossEntropy(), [label]), (CategoricalCrossEntropy(), [1 - label, label])]:
        value, grad = loss.value_and_grad(np.array([label] if len(p) == 1 else label), np.array(p, dtype))
        assert 0 <= value < 2 * np.finfo(dtype).eps
        assert np.isfinite(grad).all()


@pytest.mark.parametrize("as_distribution", [False, True])
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.longdouble])
def test_a_logit_of_minus_infinity_is_a_class_of_probability_zero(as_distribution, dtype):
    logits = np.array([[1.0, -np.inf, 2.0], [1.0, -np.inf, 2.0]], dtype)
    ids = np.array([0, 1])
    loss = CategoricalCrossEntropy(from_logits=True, reduction="none")
    value, grad = loss.value_and_grad(np.eye(3)[ids] if as_distribution else ids, logits)
    without = loss.value_and_grad([0], logits[:1, [0, 2]])
    eps = 4 * np.finfo(dtype).eps
    np.testing.assert_allclose(value, [without[0][0], np.inf], rtol=eps)
    np.testing.assert_allclose(grad[0], [without[1][0, 0], 0, without[1][0, 1]], rtol=eps)
    assert np.isfinite(grad).all()
    assert np.isfinite(loss.hess(ids, logits)).all()


@pytest.mark.parametrize(
    "row", [[np.inf, 0, 1], [np.inf, np.inf, 0], [-np.inf] * 3, [np.nan, 0, 1], [np.inf, -np.inf, 0]]
)
@pytest.mark.parametrize("smoothing", [0.0, 0.1])
@pytest.mark.parametrize("as_distribution", [False, True])
def test_rows_of_logits_without_a_softmax_are_nan_and_spoil_no_other(row, smoothing, as_distribution):
    loss = CategoricalCrossEntropy(from_logits=True, label_smoothing=smoothing, reduction="none")
    ids = np.array([2, 0, 1])
    y_true = np.eye(3)[ids] if as_distribution else ids
    logits = np.array([[0.0, 1.0, 2.0], row, [2.0, 1.0, 0.0]])
    kept = [0, 2]
    for method in ("value", "grad", "hess"):
        result = getattr(loss, method)(y_true, logits)
        assert np.isnan(result[1]).all()
        without = getattr(loss, method)(y_true[kept], logits[kept])
        np.testing.assert_allclose(result[kept], without, rtol=8 * np.finfo(float).eps)


def test_class_ids_and_one_hot_rows_agree_where_a_class_weighs_nothing():
    loss = CategoricalCrossEntropy(from_logits=True, class_weight=[0.0, 1.0, 1.0])
    ids, logits = np.array([0, 1]), np.array([[np.nan, 0.0, 0.0], [1.0, 2.0, 3.0]])
    for by_id, one_hot in zip(
        loss.value_and_grad(ids, logits), loss.value_and_grad(np.eye(3)[ids], logits), strict=True
    ):
        np.testing.assert_allclose(one_hot, by_id, rtol=1e-14)


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.longdouble])
@pytest.mark.parametrize("n", [2, 200, 2 * BLOCK])
def test_means_of_huge_losses_do_not_overflow(dtype, n):
    huge = dtype(np.finfo(min(dtype, np.float64, key=lambda kind: np.finfo(kind).max)).max)
    y_pred = np.full(n, huge)
    assert MAE().value(np.zeros(n), y_pred) == float(huge)
    assert MAE().value(np.zeros(n), y_pred, sample_weight=np.full(n, 0.5)) == float(huge)
    assert MAE(reduction="sum").value(np.zeros(n), y_pred) == (math.inf if dtype != np.float32 else float(huge) * n)
    assert (-MAE(reduction="sum")).value(np.zeros(n), y_pred) < 0
    y_pred[-1] = np.inf
    assert MAE().value(np.zeros(n), y_pred) == math.inf


# ------------------------------------------------------------------------------------------------ domain errors


@dataclass(frozen=True)
class Offence:
    """A value outside a domain, and what the message must say about it."""

    loss: object
    name: str
    value: object
    says: str
    unit: str = "element"

    def __str__(self) -> str:
        return f"{type(self.loss).__name__}-{self.name}-{self.value}"

    def arrays(self, shape: tuple[int, ...]) -> dict[str, np.ndarray]:
        """Return valid arguments."""
        if self.unit == "element":
            return {"y_true": np.ones(shape), "y_pred": np.full(shape, 0.5), "sample_weight": np.ones(shape)}
        rows = np.full((*shape, 3), 0.25)
        target = np.ones(shape) if self.unit == "id" else rows / 0.75
        return {"y_true": target, "y_pred": rows, "sample_weight": np.ones(shape)}


BCE, LOGITS = BinaryCrossEntropy(), BinaryCrossEntropy(from_logits=True)
CCE, CCE_LOGITS = CategoricalCrossEntropy(), CategoricalCrossEntropy(from_logits=True)
BINARY = {
    -1.0: "map labels",
    1.5: r"the order of the arguments is \(y_true, y_pred\)",
    math.nan: "leave samples without a label out",
    math.inf: "for more than two classes use CategoricalCrossEntropy",
    -math.inf: "for more than two classes use CategoricalCrossEntropy",
}
IDS = {
    -1.0: "ignore_index",
    3.0: "start at 1, subtract 1",
    0.5: "a distribution needs",
    1e300: "ignore_index",
    math.nan: "a distribution needs",
    math.inf: "ignore_index",
    -math.inf: "ignore_index",
}
"""What is no target, and the cure that the message must offer."""

OFFENCES = [
    *(Offence(loss, "y_true", x, rf"\[0, 1\]; {cure}") for loss in (BCE, LOGITS) for x, cure in BINARY.items()),
    *(Offence(BCE, "y_pred", x, r"\[0, 1\]; .*from_logits=True") for x in (-1.0, -1e-9, 1.0000001, *SPECIAL)),
    *(Offence(CCE, "y_pred", x, r"\[0, 1\]; .*from_logits=True", "id") for x in (-1.0, -1e-9, 1.0000001, *SPECIAL)),
    *(
        Offence(loss, "y_true", x, f"class id must be an integer from 0 to 2; .*{cure}", "id")
        for loss in (CCE, CCE_LOGITS)
        for x, cure in IDS.items()
    ),
    *(Offence(CCE_LOGITS, "y_true", x, r"\[0, 1\]", "distribution") for x in (-1.0, -0.1, 1.5, *SPECIAL)),
    *(
        Offence(loss, "sample_weight", x, "a weight must be finite and not negative", unit)
        for loss, unit in [(MSE(), "element"), (BCE, "element"), (CCE, "id"), (0.5 * MSE() + MAE(), "element")]
        for x in (-1.0, *SPECIAL)
    ),
]
each_offence = pytest.mark.parametrize("offence", OFFENCES, ids=str)


def written(name: str, index: tuple[int, ...], value: object) -> str:
    return f"{name}[{', '.join(map(str, index))}] is {value}, but " if index else f"{name} is {value}, but "


@each_offence
@given(shape=hnp.array_shapes(min_dims=0, max_dims=3, max_side=4), data=st.data())
def test_errors_name_the_first_offence_its_place_and_its_value(offence, shape, data):
    assume(shape or offence.unit != "distribution")  # of which there are two axes or more
    arrays = offence.arrays(shape)
    culprit = arrays[offence.name]
    indices = data.draw(st.lists(st.tuples(*(st.integers(0, n - 1) for n in culprit.shape)), min_size=1, max_size=3))
    for index in indices:
        culprit[index] = offence.value
    if data.draw(st.booleans()):
        arrays = {name: array.copy(order="F") for name, array in arrays.items()}
    method = data.draw(st.sampled_from(["value", "grad", "hess", "value_and_grad"]))
    says = offence.says if shape else offence.says.replace("a distribution needs", "ignore_index")
    with pytest.raises(ValueError, match=says) as caught:
        getattr(offence.loss, method)(**arrays)
    assert str(caught.value).startswith(written(offence.name, min(indices), offence.value))


@pytest.mark.parametrize("offence", [offence for offence in OFFENCES if offence.value == -1], ids=str)
@pytest.mark.parametrize("shape", [(3 * BLOCK,), (5, BLOCK + 1), (3, 2, BLOCK)], ids=str)
def test_errors_in_a_later_block_give_the_index_in_the_array(offence, shape):
    arrays = offence.arrays(shape if offence.unit == "element" else (*shape[:-1], shape[-1] // 3))
    culprit = arrays[offence.name]
    last = tuple(n - 1 for n in culprit.shape)
    culprit[last] = offence.value
    for start, expected in [(last, last), (culprit.ndim * (1,), culprit.ndim * (1,))]:
        culprit[start] = offence.value
        for stored in (arrays, {name: array[..., ::-1][..., ::-1] for name, array in arrays.items()}):
            with pytest.raises(ValueError, match=offence.says) as caught:
                offence.loss.grad(**stored)
            assert str(caught.value).startswith(written(offence.name, expected, offence.value))


@pytest.mark.parametrize("shape", [(4,), (2, 3), (BLOCK, 3)], ids=str)
def test_rows_that_do_not_sum_to_one_are_refused_with_their_sum(shape):
    y_pred = np.full((*shape, 4), 0.25)
    y_true = y_pred.copy()
    last = tuple(n - 1 for n in shape)
    y_true[last] = [0.5, 0.25, 0.25, 0.25]
    with pytest.raises(ValueError, match=r"sums to 1\.25, but a distribution .*sample_weight") as caught:
        CCE.value(y_true, y_pred)
    assert str(caught.value).startswith(f"y_true[{', '.join(map(str, last))}] sums to")
    y_true[last] = [0.25, 0.25, 0.25, 0.0]
    with pytest.raises(ValueError, match=r"sums to 0\.75, but a distribution"):
        CCE.value(y_true, y_pred)
    for nearly in (0.2491, 0.2509):
        y_true[last] = [0.25, 0.25, 0.25, nearly]
        CCE.value(y_true, y_pred)
    for no_longer in (0.2489, 0.2511):
        y_true[last] = [0.25, 0.25, 0.25, no_longer]
        with pytest.raises(ValueError, match=r"sums to (0\.9989|1\.0011), but a distribution"):
            CCE.value(y_true, y_pred)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.longdouble])
@pytest.mark.parametrize("value", [np.inf, -np.inf, np.nan, -1])
def test_weights_of_every_dtype_are_checked(dtype, value):
    with pytest.raises(ValueError, match=r"^sample_weight\[1\] is "):
        MSE().value([1.0, 2.0], [1.0, 3.0], sample_weight=np.array([1, value], dtype))


@pytest.mark.parametrize("value", [1, -1])
def test_a_domain_is_checked_before_any_rounding(value):
    beyond = np.array([np.longdouble(value > 0) + value * np.finfo(np.longdouble).eps])
    with pytest.raises(ValueError, match=r"^y_true\[0\] is "):
        BCE.value(beyond, [0.5])
    with pytest.raises(ValueError, match=r"^y_pred\[0\] is "):
        BCE.value(np.ones(1, np.float32), beyond)


def test_values_are_written_as_numpy_prints_them():
    with pytest.raises(ValueError, match=r"^y_pred\[1\] is 1\.1, but"):
        BCE.value([1, 0], np.array([0.5, 1.1], np.float32))
    with pytest.raises(ValueError, match=r"^y_true\[0\] is 7, but"):
        CCE.value(np.array([7], np.uint8), [[0.5, 0.5]])


# ---------------------------------------------------------------------------------------------- what is left out


@each_case
@pytest.mark.parametrize("which", ["first", "predictions", "all"])
def test_samples_of_weight_zero_may_hold_anything(case, which):
    problem = typical(case, 12)
    weight = weights_of(12) + 0.5
    weight[[0, 5, 11]] = 0
    everything = [name for name in problem.by_sample if case.arrays.get(name) is not query_ids]
    predicted = [name for name in case.loss.signature.predictions if name in everything]
    spoilt_names = {"first": everything[:1], "predictions": predicted, "all": everything}[which]
    for reduction, method in some_of(f"{case} {which}", list(itertools.product(reductions(case), methods(case))), 4):
        loss = case.with_reduction(reduction)
        expected = flatten(call(loss, method, problem, sample_weight=weight))
        for special in (*SPECIAL, -1e300):
            spoilt = problem.map(lambda array: array.astype(np.float64), *spoilt_names)
            for name in spoilt_names:
                spoilt[name][[0, 5, 11]] = special
            found = flatten(call(loss, method, spoilt, sample_weight=weight))
            for a, b in zip(expected, found, strict=True):
                assert_allclose(a, b, rtol=1e-13, atol=1e-15, err_msg=f"{special}, {method}, {reduction}")
            derivatives = found[method.startswith("value") :]
            for own, array in zip(of_samples(loss, problem, "grad"), derivatives, strict=False):
                assert not (own and array[[0, 5, 11]].any())


@pytest.mark.parametrize(
    "case",
    [case for case in CASES if case.arrays.get("y_true") is class_ids and hasattr(case.loss, "ignore_index")],
    ids=str,
)
@pytest.mark.parametrize("ignored", [-100, -1, 1, 255])
def test_ignored_samples_may_hold_anything(case, ignored):
    loss = type(case.loss)(**{**vars(case.loss), "ignore_index": ignored})
    problem = typical(case, 12)
    y_true = np.where(np.arange(12) % 3 == 0, ignored, problem["y_true"])
    spoilt = problem["y_pred"].copy()
    spoilt[y_true == ignored] = np.nan
    kept = y_true != ignored
    value, grad = loss.value_and_grad(y_true, spoilt)
    expected, expected_grad = case.loss.value_and_grad(y_true[kept], spoilt[kept])
    assert value == pytest.approx(expected, rel=1e-15)
    np.testing.assert_allclose(grad[kept], expected_grad, rtol=1e-15)
    assert not grad[~kept].any()


@pytest.mark.parametrize("place", [0, -1])
def test_weights_are_checked_where_the_others_are_zero(place):
    weight = np.zeros(5)
    weight[place] = -1
    with pytest.raises(ValueError, match="sample_weight"):
        MSE(reduction="sum").value(np.full(5, np.nan), np.ones(5), sample_weight=weight)


# ------------------------------------------------------------------------------------------------ nothing to average


@pytest.mark.parametrize("case", NOT_RANKED, ids=str)
def test_the_mean_of_nothing_is_refused_and_the_sum_is_zero(case):
    nothing = typical(case, 0)
    for method in methods(case):
        with pytest.raises(ValueError, match=f"^{names(case.loss)[1]} has no samples"):
            call(case.loss, method, nothing)
    assert call(case.with_reduction("sum"), "value", nothing) == 0.0
    assert type(call(case.with_reduction("sum"), "value", nothing)) is float
    assert call(case.with_reduction("none"), "value", nothing).shape == (0,)
    grads = slopes("grad", call(case.with_reduction("sum"), "grad", nothing))
    assert [grad.shape for grad in grads] == [array.shape for array in predictions(case.loss, nothing)]


@pytest.mark.parametrize("case", NOT_RANKED, ids=str)
def test_a_mean_over_weights_of_zero_is_refused_and_the_sum_is_zero(case):
    problem = typical(case, 4)
    for method in methods(case):
        with pytest.raises(ValueError, match=r'sample_weight .*leaves no sample .*reduction="sum"'):
            call(case.loss, method, problem, sample_weight=np.zeros(4))
    found = flatten(call(case.with_reduction("sum"), "value_and_grad", problem, sample_weight=np.zeros(4)))
    assert found[0] == 0
    assert not any(array.any() for array in found)


@pytest.mark.parametrize(("weight", "total"), [(1e308, "inf"), (5e-324, "1e-323")])
def test_a_mean_whose_denominator_cannot_divide_is_refused(weight, total):
    loss = CategoricalCrossEntropy(class_weight=[weight, weight])
    for method in ("value", "grad", "hess", "value_and_grad"):
        with pytest.raises(ValueError, match=f"^class_weight sums to {total}, by which nothing can be divided"):
            getattr(loss, method)([0, 1], np.full((2, 2), 0.5))


@pytest.mark.parametrize(
    ("parameters", "culprit"),
    [({"ignore_index": 0}, "ignore_index"), ({"class_weight": [0, 1, 1]}, "class_weight")],
    ids=["ignore_index", "class_weight"],
)
def test_the_message_about_a_mean_of_nothing_names_what_left_the_samples_out(parameters, culprit):
    with pytest.raises(ValueError, match=f"^{culprit} leaves no sample"):
        CategoricalCrossEntropy(**parameters).value([0, 0], np.full((2, 3), 0.5))


# --------------------------------------------------------------------------------------- inputs stay as they are


@pytest.mark.parametrize("kind", [Interval, *Interval.__subclasses__()])
def test_the_short_check_of_a_domain_allows_no_more_than_the_whole_one(kind):
    domain = kind("a rule", 0.0, 2.0)
    numbers = [0.0, 1.0, 2.0, 0.5, -0.0, np.nan, np.inf, -np.inf, 5e-324, *np.nextafter([0.0, 2.0, 2.0], [-1, 3, 1])]
    for pair in itertools.product(numbers, numbers):
        block = np.array([pair])
        assert domain.holds(block) == domain.contains(block).all()


@each_case
@pytest.mark.parametrize("n", [7, SMALL_BLOCK + 1])
@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_inputs_are_never_modified(case, n, dtype):
    n = min(n, 500) if case.unit == "anchor" else n  # each is compared with all the others
    problem, weight = typical(case, n, dtype), weights_of(n)
    before, weight_before = problem.map(np.copy), weight.copy()
    for method in methods(case):
        call(case.loss, method, problem, sample_weight=weight)
    first = case.names[0]
    problem[first][-1] = before[first][-1] = -1
    for method in methods(case):
        with contextlib.suppress(ValueError):
            call(case.loss, method, problem, sample_weight=weight)
    for array, copy in zip([*problem.arrays.values(), weight], [*before.arrays.values(), weight_before], strict=True):
        np.testing.assert_array_equal(array, copy)
        assert array.flags.writeable


@each_case
def test_read_only_inputs_are_accepted_and_writable_results_returned(case):
    problem, weight = typical(case, 7), weights_of(7)
    inputs = [*problem.arrays.values(), weight]
    for array in inputs:
        array.flags.writeable = False
    for method in methods(case):
        for result in flatten(call(case.with_reduction(reductions(case)[-1]), method, problem, sample_weight=weight)):
            assert result.flags.writeable
            assert not any(np.shares_memory(result, array) for array in inputs)


# ------------------------------------------------------------------------------------------------------------- out

DERIVATIVES = ["grad", "hess", "value_and_grad"]


@dataclass(frozen=True, kw_only=True)
class Linear(ElementwiseLoss):
    """A loss whose hooks hand back their arguments."""

    def formula(self, y, p):
        return p

    def derivative(self, y, p):
        return y

    def second_derivative(self, y, p):
        return p[::-1]


ECHOES = [Case(Linear()), Case(Linear() + MSE()), Case(2 * Linear())]


@pytest.mark.parametrize("case", CASES + ECHOES, ids=str)
@pytest.mark.parametrize("n", [7, SMALL_BLOCK + 1])
@pytest.mark.usefixtures("small_blocks")
def test_out_may_be_the_predictions_themselves(case, n):
    n = min(n, 500) if case.unit == "anchor" else n
    problem = typical(case, n)
    for reduction in {"mean", "none"} & set(reductions(case)):
        loss = case.with_reduction(reduction)
        for method in set(DERIVATIVES) & set(methods(case)):
            expected = flatten(call(loss, method, problem))
            outs = [array.copy() for array in predictions(loss, problem)]
            found = call(loss, method, predicting(loss, problem, outs), out=as_one(outs))
            assert all(a is b for a, b in zip(slopes(method, found), outs, strict=True))
            for a, b in zip(expected, flatten(found), strict=True):
                np.testing.assert_array_equal(a, b)


def overlaps(case, problem, name) -> dict[str, tuple[Problem, np.ndarray, np.ndarray]]:
    """Return arrays, weights, and an `out` of a prediction that shares memory with one of them, by description."""
    n, predicted, weight = len(problem[name]), problem[name], np.ones(len(problem))
    shape = predicted.shape
    longer = np.concatenate([predicted, predicted])
    found = {
        f"{name}, shifted by one": (problem.replace(**{name: longer[:n]}), weight, longer[1 : n + 1]),
        f"{name}, reversed": (problem, weight, predicted[::-1]),
        f"{name}, by a smaller step": (problem.replace(**{name: longer[::2]}), weight, longer[:n]),
    }
    if len(shape) == 2:
        transposed = longer[:n].reshape(shape[::-1]).T
        found[f"{name}, transposed"] = (problem.replace(**{name: longer[:n]}), weight, transposed)
    if shape == weight.shape:
        found["sample_weight"] = (problem, weight, weight)
    for other in case.names:
        if other != name and problem[other].shape == shape and problem[other].dtype.itemsize == 8:
            found[other] = (problem, weight, problem[other].view(np.float64))
    integers = np.zeros(shape, np.int64)
    found[f"{name}, as other numbers"] = (problem.replace(**{name: integers}), weight, integers.view(np.float64))
    return found


@each_case
def test_out_may_not_overlap_an_input_in_any_other_way(case):
    predicted = [name for name in case.loss.signature.predictions if name in case.names]
    several = len(predicted) > 1
    for k, name in enumerate(predicted):
        for description, (problem, weight, out) in overlaps(case, typical(case, 6), name).items():
            copies, shared = problem.map(np.copy), description.split(",")[0]
            outs = [np.empty_like(array, dtype=np.float64) for array in predictions(case.loss, problem)]
            outs[k] = out
            label = rf"out\[{k}\]" if several else "out"
            for method in set(DERIVATIVES) & set(methods(case)):
                for weights in (weight,) if shared == "sample_weight" else (weight, None):
                    with pytest.raises(ValueError, match=f"{label} shares memory with {shared};"):
                        call(case.loss, method, problem, sample_weight=weights, out=as_one(outs))
            for key in case.names:
                np.testing.assert_array_equal(problem[key], copies[key])


@each_case
def test_interleaved_views_do_not_overlap(case):
    problem = typical(case, 6)
    both = [np.repeat(array, 2, axis=0) for array in predictions(case.loss, problem)]
    spread = predicting(case.loss, problem, [array[::2] for array in both])
    expected = call(case.loss, "grad", problem)
    found = call(case.loss, "grad", spread, out=as_one([array[1::2] for array in both]))
    for a, b in zip(flatten(found), flatten(expected), strict=True):
        np.testing.assert_array_equal(a, b)
    for array, before in zip(both, predictions(case.loss, problem), strict=True):
        np.testing.assert_array_equal(array[::2], before)


@each_offence
@pytest.mark.parametrize("n", [5, 2 * BLOCK])
def test_predictions_given_as_out_survive_an_error(offence, n):
    arrays = offence.arrays((n,))
    arrays[offence.name].reshape(-1)[-1] = offence.value
    before = arrays["y_pred"].copy()
    for method in DERIVATIVES:
        with pytest.raises(ValueError, match=offence.says):
            getattr(offence.loss, method)(**arrays, out=arrays["y_pred"])
    np.testing.assert_array_equal(arrays["y_pred"], before)


def test_predictions_given_as_out_survive_an_error_in_any_term():
    y_true, y_pred = np.ones(3 * BLOCK), np.full(3 * BLOCK, 0.5)
    y_pred[-1] = 2.0
    before = y_pred.copy()
    with pytest.raises(ValueError, match="from_logits"):
        (MSE() + BCE).grad(y_true, y_pred, out=y_pred)
    np.testing.assert_array_equal(y_pred, before)


# ------------------------------------------------------------------------------------------------------- no warnings


def bits(rng: np.random.Generator, dtype: type, shape: tuple[int, ...]) -> np.ndarray:
    """Return an array of any bit patterns: subnormals, infinities, and NaN of every kind."""
    special = np.array([0, -0.0, 1, 0.5, np.inf, -np.inf, np.nan, np.finfo(dtype).max], dtype)
    unsigned = np.dtype(f"u{special.itemsize}")
    anything = rng.integers(0, np.iinfo(unsigned).max, shape, unsigned, endpoint=True).view(dtype)
    return np.where(rng.random(shape) < 0.5, anything, rng.choice(special, shape))


@over(CASES, **PROBLEM)
def test_no_input_makes_numpy_warn_or_raise(case, n, dtype, seed):
    rng = np.random.default_rng(seed)

    def either(array):
        return array if rng.random() < 0.5 else bits(rng, rng.choice([np.float16, np.float32, np.float64]), array.shape)

    problem = typical(case, n).map(either, case.names[0], *case.loss.signature.predictions)
    weight, loss = either(np.ones(n)), case.with_reduction(str(rng.choice(case.reductions)))
    for method in (*case.methods, "grad_and_curvature"):
        with np.errstate(all="raise"), contextlib.suppress(ValueError):
            call(loss, method, problem, sample_weight=weight)


@each_case
def test_weights_that_float64_cannot_hold_make_no_warning(case):
    problem = typical(case, 3)
    tiny = np.array(["1e-4000", "1e-320", "1"], np.longdouble)
    with np.errstate(all="raise"):
        for method in methods(case):
            call(case.loss, method, problem, sample_weight=tiny)


@each_case
@pytest.mark.parametrize("fails", [False, True])
def test_the_error_settings_of_the_caller_stay(case, fails):
    problem = typical(case, 5)
    weight = -np.ones(5) if fails else None
    with np.errstate(divide="raise", over="print", under="call", invalid="log"):
        before = np.geterr()
        with contextlib.suppress(ValueError):
            call(case.loss, "value_and_grad", problem, sample_weight=weight)
        assert np.geterr() == before


@dataclass(frozen=True, kw_only=True)
class Reckless(ResidualLoss):
    """A user's loss that divides by zero and overflows."""

    def formula(self, r):
        return np.exp(1e4 * np.log(np.abs(r)))

    def derivative(self, r):
        return 1 / r


@pytest.mark.parametrize("n", [3, 2 * BLOCK])
def test_a_users_formula_does_not_warn_either(n):
    with np.errstate(all="raise"):
        Reckless().value_and_grad(np.zeros(n), np.linspace(0, 2, n))
