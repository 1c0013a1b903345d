"""A loss is an immutable value: section 1 of the contract."""

import contextlib
import copy
import dataclasses
import inspect
import itertools
import math
import pickle
from fractions import Fraction

import numpy as np
import pytest

import losses
from losses import (
    DPO,
    IPO,
    KTO,
    MAE,
    MSE,
    ORPO,
    ApproxNDCG,
    Asymmetric,
    BinaryCrossEntropy,
    CategoricalCrossEntropy,
    Huber,
    LambdaRank,
    ListNet,
    PairwiseHinge,
    PairwiseLogistic,
    PairwiseSquaredHinge,
    PPOClip,
    SimPO,
)
from problems import assert_identical, methods, reductions, typical
from registry import CASES, call, each_case

CLASSES = sorted({type(loss) for case in CASES for _, loss in case.loss.terms}, key=lambda cls: cls.__name__)
each_class = pytest.mark.parametrize("cls", CLASSES)

EXAMPLES = {cls: next(loss for case in CASES for _, loss in case.loss.terms if type(loss) is cls) for cls in CLASSES}
"""A registered loss of each class."""


# --------------------------------------------------------------------------------------------- values


@each_case
def test_a_loss_is_a_value(case):
    """Equal, hash-equal and of one repr after a round trip through `eval(repr)`, pickle and copy."""
    for reduction in reductions(case):
        loss = case.with_reduction(reduction)
        rebuilt = eval(repr(loss), dict(vars(losses)))
        pickled = [pickle.loads(pickle.dumps(loss, protocol)) for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1)]
        for same in [rebuilt, *pickled, copy.copy(loss), copy.deepcopy(loss)]:
            assert type(same) is type(loss)
            assert same == loss
            assert hash(same) == hash(loss)
            assert repr(same) == repr(loss)
            problem = typical(case, 8)
            np.testing.assert_array_equal(call(same, "value", problem), call(loss, "value", problem))
        assert loss != "another thing"
        assert len({loss, rebuilt}) == 1


@each_case
def test_losses_with_other_parameters_differ(case):
    others = [other.loss for other in CASES if repr(other.loss) != repr(case.loss)]
    assert case.loss not in others
    assert case.with_reduction("sum") != case.loss


@each_case
def test_a_loss_is_immutable(case):
    loss = case.loss
    before = repr(loss)
    for field in dataclasses.fields(loss):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(loss, field.name, getattr(loss, field.name))
        with pytest.raises(dataclasses.FrozenInstanceError):
            delattr(loss, field.name)
    with pytest.raises(dataclasses.FrozenInstanceError):
        loss.something_new = 1
    assert repr(loss) == before


@each_case
def test_evaluation_leaves_no_trace(case):
    """Calls don't depend on the calls before."""
    small, large = typical(case, 8), typical(case, 300)
    before = call(case.loss, "value_and_grad", small)
    state, text, digest = dict(vars(case.loss)), repr(case.loss), hash(case.loss)
    call(case.loss, "value_and_grad", large)
    after = call(case.loss, "value_and_grad", small)
    assert_identical(after, before)
    assert (dict(vars(case.loss)), repr(case.loss), hash(case.loss)) == (state, text, digest)


@each_class
def test_repr_shows_what_is_not_default(cls):
    loss = EXAMPLES[cls]
    for field in dataclasses.fields(cls):
        assert (f"{field.name}=" in repr(loss)) == (getattr(loss, field.name) != field.default)
    assert repr(dataclasses.replace(loss, reduction="sum")).endswith("reduction='sum')")


# --------------------------------------------------------------------------------------------- signatures


@each_class
def test_parameters_are_keyword_only_and_documented(cls):
    parameters = inspect.signature(cls).parameters
    for name, parameter in parameters.items():
        assert parameter.kind is inspect.Parameter.KEYWORD_ONLY
        assert f"{name} : " in inspect.getdoc(cls)
    assert parameters["reduction"].default == "mean"
    with pytest.raises(TypeError):
        cls(1.0)
    with pytest.raises(TypeError, match="colour"):
        cls(colour="red")


@each_case
def test_methods_take_arrays_and_keywords(case):
    """The first arrays by position or name, and everything after them by name alone."""
    problem, signature = typical(case, 8), case.loss.signature
    expected = call(case.loss, "value", problem)
    positional = [problem[name] for name in signature.positional]
    named = {name: array for name, array in problem.arrays.items() if name not in signature.positional}
    by_name = dict(zip(signature.positional, positional, strict=True))
    assert case.loss.value(**named, **by_name) == expected
    assert case.loss(*positional, **named) == expected
    for method in (*methods(case), "__call__"):
        with pytest.raises(TypeError, match=rf"takes {len(positional)} arrays, got {len(positional) + 1}"):
            getattr(case.loss, method)(*positional, np.ones(8))
        with pytest.raises(TypeError, match=f"needs the argument '{signature.positional[1]}'"):
            getattr(case.loss, method)(positional[0])
        with pytest.raises(TypeError, match="colour"):
            call(case.loss, method, problem, colour=1)
        parameters = inspect.signature(getattr(case.loss, method)).parameters
        assert tuple(parameters)[: len(signature.names)] == signature.names
    for method in ("value", "__call__"):
        with pytest.raises(TypeError, match="out"):
            call(case.loss, method, problem, out=np.empty_like(positional[-1]))


def test_public_names_come_from_the_package():
    assert all(hasattr(losses, name) for name in losses.__all__)
    assert sorted(set(losses.__all__)) == sorted(losses.__all__)
    assert {cls.__name__ for cls in CLASSES} <= set(losses.__all__)


# --------------------------------------------------------------------------------------------- validation


@pytest.mark.parametrize(
    "one", [1, 1.0, np.float64(1), np.float32(1), np.float16(1), np.int8(1), Fraction(1)], ids=repr
)
def test_numbers_are_stored_as_python_floats(one):
    found = [
        Huber(delta=one).delta,
        Asymmetric(shortfall_weight=one).shortfall_weight,
        Asymmetric(shortfall_weight=2, overshoot_weight=one).overshoot_weight,
        BinaryCrossEntropy(pos_weight=one).pos_weight,
        BinaryCrossEntropy(label_smoothing=one).label_smoothing,
        CategoricalCrossEntropy(label_smoothing=one).label_smoothing,
        *CategoricalCrossEntropy(class_weight=[one, 2]).class_weight[:1],
        PairwiseHinge(margin=one).margin,
        PairwiseLogistic(sigma=one).sigma,
    ]
    assert found == [1.0] * len(found)
    assert {type(number) for number in found} == {float}
    assert Huber(delta=one) == Huber(delta=1) == Huber()


def test_other_parameters_are_plain_as_well():
    assert type(BinaryCrossEntropy(from_logits=np.True_).from_logits) is bool
    assert type(CategoricalCrossEntropy(from_logits=np.True_).from_logits) is bool
    assert type(CategoricalCrossEntropy(ignore_index=np.int8(-1)).ignore_index) is int
    for weights in ([1, 2], (1.0, 2.0), np.array([1, 2]), np.array([1, 2], np.float32)):
        loss = CategoricalCrossEntropy(class_weight=weights)
        assert loss.class_weight == (1.0, 2.0)
        assert [type(weight) for weight in loss.class_weight] == [float, float]
        assert hash(loss) == hash(CategoricalCrossEntropy(class_weight=(1.0, 2.0)))


def test_a_sequence_given_as_a_parameter_is_copied():
    weights = [1.0, 2.0]
    loss = CategoricalCrossEntropy(class_weight=weights)
    weights[0] = 7.0
    assert loss.class_weight == (1.0, 2.0)


NOT_A_NUMBER = [math.nan, "1", None, 1j, [1.0], np.array([1.0]), True, np.float64("nan")]
HUGE = 10**400
NOT_POSITIVE = [0, -1, -0.0, math.inf, -math.inf, HUGE, *NOT_A_NUMBER]
NOT_A_FRACTION = [-1e-300, 1 + 1e-15, math.inf, *NOT_A_NUMBER]
NOT_A_FLAG = [0, 1, "True", None, 1.0, np.array(True)]
NOT_CLASS_WEIGHTS = ["balanced", {0: 1.0, 1: 2.0}, 1.0, [[1.0, 2.0]], [1.0, -1.0], [math.nan], [math.inf], ["1"], {1.0}]
NOT_POS_WEIGHTS = [
    *NOT_POSITIVE[:-4],
    True,
    {0: 1.0},
    [],
    [1.0, "2"],
    [1.0, 0.0],
    [1.0, math.nan],
    [True],
    np.array(2.0),
]
NOT_AN_INDEX = [1.0, "1", True, math.nan, [1]]
NOT_A_BASE = [None, 1.0, MSE, BinaryCrossEntropy(), MSE() + BinaryCrossEntropy(), CategoricalCrossEntropy(), "MSE()"]

REFUSED = [
    (Huber, "delta", NOT_POSITIVE),
    (Asymmetric, "shortfall_weight", NOT_POSITIVE),
    (Asymmetric, "overshoot_weight", NOT_POSITIVE),
    (Asymmetric, "base", NOT_A_BASE),
    (BinaryCrossEntropy, "pos_weight", NOT_POS_WEIGHTS),
    (BinaryCrossEntropy, "label_smoothing", NOT_A_FRACTION),
    (BinaryCrossEntropy, "from_logits", NOT_A_FLAG),
    (CategoricalCrossEntropy, "label_smoothing", NOT_A_FRACTION),
    (CategoricalCrossEntropy, "from_logits", NOT_A_FLAG),
    (CategoricalCrossEntropy, "class_weight", NOT_CLASS_WEIGHTS),
    (CategoricalCrossEntropy, "ignore_index", NOT_AN_INDEX),
    (PairwiseHinge, "margin", NOT_POSITIVE),
    (PairwiseLogistic, "sigma", NOT_POSITIVE),
    *((cls, "beta", NOT_POSITIVE) for cls in (DPO, IPO, SimPO, KTO, ORPO)),
    (DPO, "label_smoothing", [*NOT_A_FRACTION, 0.5, 1.0]),
    (SimPO, "gamma", [-1e-300, math.inf, *NOT_A_NUMBER]),
    (KTO, "desirable_weight", NOT_POSITIVE),
    (KTO, "undesirable_weight", NOT_POSITIVE),
    (PPOClip, "epsilon", [*NOT_POSITIVE, 1.0, 1.5]),
    (PPOClip, "epsilon_high", [bad for bad in NOT_POSITIVE if bad is not None]),
    (CategoricalCrossEntropy, "z_loss", [-1e-300, math.inf, *NOT_A_NUMBER]),
    *((cls, "reduction", ["average", None, 0, ["mean"], "Mean", "", b"mean", True]) for cls in CLASSES),
]


@pytest.mark.parametrize(("cls", "name", "bad"), REFUSED)
def test_a_bad_parameter_is_refused_by_name_and_value(cls, name, bad):
    for value in bad:
        check_refused(cls, name, value)


def check_refused(cls, name, value):
    fields = dataclasses.fields(cls)
    required = {f.name: getattr(EXAMPLES[cls], f.name) for f in fields if f.default is dataclasses.MISSING}
    with pytest.raises(ValueError, match=name) as caught:
        cls(**{**required, name: value})
    shown = str(caught.value)
    if name.endswith("_weight") and isinstance(value, list) and value and not isinstance(value[0], list):
        value = value[-1]  # the entry that is wrong
    if value is not HUGE:  # whose 401 digits may be shown as they like
        assert repr(value) in shown or repr(float(value)) in shown


def test_asymmetric_needs_its_shortfall_weight():
    with pytest.raises(TypeError, match="shortfall_weight"):
        Asymmetric()


def test_class_weight_hints():
    with pytest.raises(ValueError, match="sequence of one weight for each class"):
        CategoricalCrossEntropy(class_weight={0: 1.0})
    with pytest.raises(ValueError, match="balanced weights are"):
        CategoricalCrossEntropy(class_weight="balanced")
    with pytest.raises(ValueError, match=r"class_weight has 2 entries.*3 classes"):
        CategoricalCrossEntropy(class_weight=[1.0, 2.0]).value([0], [[0.2, 0.3, 0.5]])


def test_the_base_of_an_asymmetric_loss_may_be_scaled_summed_and_of_any_reduction():
    base = 0.5 * MSE() + 2 * MAE()
    loss = Asymmetric(shortfall_weight=3, base=base)
    y_true, y_pred = [0.0, 0.0], [-1.0, 2.0]
    assert loss.value(y_true, y_pred) == (3 * (0.5 + 2) + (0.5 * 4 + 2 * 2)) / 2
    np.testing.assert_array_equal(loss.grad(y_true, y_pred), [3 * (-1 - 2) / 2, (2 + 2) / 2])
    for reduction in ("sum", "none"):
        other = Asymmetric(shortfall_weight=3, base=MSE(reduction=reduction))
        assert other.value(y_true, y_pred) == Asymmetric(shortfall_weight=3).value(y_true, y_pred)
    nested = Asymmetric(shortfall_weight=2, base=Asymmetric(shortfall_weight=5, base=MAE()))
    assert nested.value([0.0], [-1.0]) == 10


@pytest.mark.parametrize("number", [5e-324, 1e-160, 1e160, 1.7e308])
@pytest.mark.parametrize(
    ("cls", "name"),
    [
        (PairwiseHinge, "margin"),
        (PairwiseSquaredHinge, "margin"),
        (PairwiseLogistic, "sigma"),
        (LambdaRank, "sigma"),
        (ListNet, "temperature"),
        (ApproxNDCG, "temperature"),
    ],
)
def test_an_extreme_parameter_of_a_ranking_loss_neither_raises_nor_warns(cls, name, number):
    rng = np.random.default_rng(0)
    loss = cls(**{name: number})
    for n, scale in itertools.product((6, 2000), (1e-160, 1.0, 1e300)):
        relevance, scores = rng.integers(0, 3, n), scale * rng.standard_normal(n)
        for method in (loss.value, loss.grad, loss.value_and_grad):
            method(relevance, scores)
        with contextlib.suppress(NotImplementedError):
            loss.hess(relevance, scores)


def test_a_curvature_is_zero_or_infinite_where_its_factor_overflows():
    loss = PairwiseLogistic(sigma=1e160)
    np.testing.assert_array_equal(loss.hess([1, 0], [0.0, 0.0]), [np.inf, np.inf])
    np.testing.assert_array_equal(loss.hess([1, 0], [1.0, 0.0]), [0.0, 0.0])
