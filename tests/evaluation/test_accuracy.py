"""Section 10 of the contract: every result is as close to the exact one as the table there says."""

import math
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import exact
import exact_elements
import exact_rows
import losses
from exact import exactly
from hard_points import assert_exact, assert_rows_exact
from losses import (
    AFT,
    CORAL,
    CORN,
    DPO,
    IPO,
    KTO,
    MAE,
    MAPE,
    MSE,
    MSLE,
    SMAPE,
    Asymmetric,
    AsymmetricFocal,
    BinaryCrossEntropy,
    BinaryFocal,
    CategoricalCrossEntropy,
    CumulativeLogit,
    EnsembleCRPS,
    Exponential,
    Gamma,
    GaussianCRPS,
    GaussianNLL,
    Hinge,
    Huber,
    LaplaceNLL,
    LogisticCRPS,
    ModifiedHuber,
    MultiQuantile,
    NegativeBinomial,
    PairwiseHinge,
    PairwiseLogistic,
    Perceptron,
    Poisson,
    PPOClip,
    SimPO,
    SmoothedHinge,
    SquaredHinge,
    StudentTNLL,
    Tweedie,
)
from losses._loss.elementwise import TargetLoss
from problems import PROBLEM, THOROUGH, over, slopes
from registry import (
    CASES,
    Problem,
    Seeded,
    between,
    call,
    choice,
    class_ids,
    distributions,
    labels,
    magnitudes,
    predictions,
    reals,
    seeds,
    signed,
)

WIDER = [np.longdouble] if np.finfo(np.longdouble).eps < np.finfo(np.float64).eps else []
DTYPES = [np.float64, np.float32, np.float16, *WIDER]

PAIRWISE = (PairwiseHinge, PairwiseLogistic)
OVER_CLASSES = [case for case in CASES if isinstance(case.loss, CategoricalCrossEntropy)]

EXTREME = [
    DPO(reduction="none"),
    DPO(beta=1e-30, label_smoothing=0.49, reduction="none"),
    IPO(reduction="none"),
    IPO(beta=1e-30, reduction="none"),
    SimPO(beta=0.1, gamma=0.0, reduction="none"),
    SimPO(beta=1e-3, gamma=100.0, reduction="none"),
    KTO(beta=10.0, desirable_weight=1e-3, undesirable_weight=1e3, reduction="none"),
    PPOClip(epsilon=1e-3, reduction="none"),
    Huber(delta=1e-300, reduction="none"),
    Huber(delta=1e-30, reduction="none"),
    Huber(delta=1e30, reduction="none"),
    Huber(delta=1e300, reduction="none"),
    Asymmetric(shortfall_weight=1e-30, overshoot_weight=1e30, reduction="none"),
    Asymmetric(shortfall_weight=1e30, overshoot_weight=1e-30, base=Huber(delta=1e-3), reduction="none"),
    BinaryCrossEntropy(label_smoothing=1.0, reduction="none"),
    BinaryCrossEntropy(from_logits=True, label_smoothing=1.0, reduction="none"),
    BinaryCrossEntropy(from_logits=True, pos_weight=1e-30, reduction="none"),
    BinaryCrossEntropy(from_logits=True, pos_weight=1e30, label_smoothing=1e-10, reduction="none"),
    BinaryCrossEntropy(pos_weight=1e-30, reduction="none"),
    CategoricalCrossEntropy(from_logits=True, label_smoothing=1.0, reduction="none"),
    CategoricalCrossEntropy(label_smoothing=1.0, reduction="none"),
    CategoricalCrossEntropy(from_logits=True, class_weight=(0.0, 1e30, 1e-30), reduction="none"),
    CategoricalCrossEntropy(class_weight=(0.0, 1e-30, 3.0), reduction="none"),
    PairwiseLogistic(sigma=1e-3, reduction="none"),
    PairwiseLogistic(sigma=1e3, reduction="none"),
]
ELEMENTWISE = tuple({type(loss) for loss in EXTREME if loss.signature.plain_call != 2 or isinstance(loss, TargetLoss)})


def and_extreme(kinds, registered):
    """Return registered losses under "none", and those of some kinds with extreme parameters."""
    return [
        *(case.with_reduction("none") for case in registered),
        *(loss for loss in EXTREME if isinstance(loss, kinds)),
    ]


def a_dtype(rng, loss):
    """Return a dtype: with extreme parameters, one that can hold them."""
    dtypes = [np.float64, np.float32] if loss in EXTREME else DTYPES
    return dtypes[rng.integers(len(dtypes))]


def computed_in(dtype):
    return np.dtype(np.float32 if dtype == np.float16 else dtype)


def assert_accurate(actual, expected, dtype):
    """Assert that a result is within 8 eps of its scale: eps of the dtype computed in, down to its smallest normal.

    Where a term overflows, nothing is promised but IEEE's result; a float16 is rounded once more.
    """
    precision, result = np.finfo(computed_in(dtype)), np.finfo(dtype)
    if max(expected.scale, expected.peak) > exactly(precision.max) / 4:
        return
    least = exactly(precision.smallest_normal) * expected.floor
    tolerance = 8 * exactly(precision.eps) * max(expected.scale, least)
    if dtype == np.float16:
        tolerance += max(exactly(result.eps) * abs(expected.number), exactly(result.smallest_subnormal)) / 2
        if np.isinf(actual) and abs(expected.number) + tolerance >= 65520:
            actual = math.copysign(65504.0, actual)
            tolerance = abs(expected.number)
    assert np.isfinite(actual)
    error = abs(exactly(actual) - expected.number)
    assert error <= tolerance, (
        f"{actual!r} instead of {expected.number:.20e}, wrong by {error / tolerance * 8:.1f} eps of its scale"
    )


# --------------------------------------------------------------------------------------------- inputs


def numbers(dtype, low=-math.inf, high=math.inf):
    """Finite numbers of a dtype, between bounds if from 0 up: of any magnitude, and special ones."""
    info = np.finfo(f"f{min(np.dtype(dtype).itemsize, 8)}")
    top, least, eps = float(info.max), float(info.smallest_normal), float(np.finfo(dtype).eps)
    low, high = max(low, -top), min(high, top)
    special = [0.0, 1.0, 0.5, 0.25, eps, eps / 2, 1 - eps / 2, 1 - eps, 1 + eps, least, 2 * least, top, top / 2]
    special += [17.0, 36.7, 40.0, 88.7, 103.9, 709.7, 745.2, 1e4, math.sqrt(top), math.sqrt(least)]
    rounded = [float(x) for x in np.array(special).astype(info.dtype)]
    allowed = [x for size in rounded for x in (size, -size) if low <= x <= high]
    powers = Seeded(lambda rng, shape: 2.0 ** rng.integers(info.minexp, 1 if high == 1 else 13, shape))
    sizes = powers | magnitudes(float(info.smallest_subnormal), high)
    any_size = signed(sizes) if low else sizes | choice(0.0)
    return choice(*allowed) | any_size | between(max(low, -1000.0), min(high, 1000.0))


def residual_arguments(rng, loss, dtype, size):
    """Targets and predictions; also close to each other, and near a residual of ±δ."""
    y, p = (numbers(dtype).array(rng, dtype, (size,)) for _ in range(2))
    kinks = [0.0, *(sign * base.delta for base in _bases(loss) if hasattr(base, "delta") for sign in (1, -1))]
    with np.errstate(all="ignore"):
        near = y + rng.choice(kinks, size).astype(dtype)
        steps = rng.integers(-3, 4, size)
        for _ in range(3):
            near = np.where(np.abs(steps) > _, np.nextafter(near, np.sign(steps).astype(dtype) * np.inf), near)
    near = np.where(np.isfinite(near), near, y).astype(dtype)
    return Problem({"y_true": y, "y_pred": np.where(rng.random(size) < 0.5, near, p)})


def _bases(loss):
    for _, term in loss.terms:
        yield term
        if isinstance(term, Asymmetric):
            yield from _bases(term.base)


def binary_arguments(rng, loss, dtype, size):
    label = labels | numbers(dtype, 0.0, 1.0)
    prediction = numbers(dtype) if loss.from_logits else numbers(dtype, 0.0, 1.0)
    elements = {"y_true": label, "y_pred": prediction}
    return Problem({name: each.array(rng, dtype, (size,)) for name, each in elements.items()})


def preference_arguments(rng, loss, dtype, size):
    """Rewards or log-probabilities in nats, also equal and close ones."""
    nats = reals(300) | reals(4) | choice(*range(-50, 51))
    arrays = (nats.array(rng, dtype, (size,)) for _ in loss.signature.names)
    named = dict(zip(loss.signature.names, arrays, strict=True))
    changes = {"desirable": lambda array: (array > 0).astype(dtype), "margin": abs, "kl": abs}
    return Problem({name: changes.get(name, np.asarray)(array) for name, array in named.items()})


def arguments_of(loss):
    """Return what makes a loss's arguments."""
    if isinstance(loss, BinaryCrossEntropy):
        return binary_arguments
    of_preferences = loss.signature.positional != ("y_true", "y_pred")
    return preference_arguments if of_preferences else residual_arguments


# --------------------------------------------------------------------------------------------- samples


ELEMENTS = [case for case in CASES if case.unit == "element" and exact.knows(case.loss)]
SAMPLES = [case for case in CASES if case.unit in ("element", "row")]
FORMULAS = {
    **dict.fromkeys((Poisson, Gamma, Tweedie, NegativeBinomial), exact_elements.deviance),
    **dict.fromkeys((BinaryFocal, AsymmetricFocal), exact_elements.focal),
    **dict.fromkeys(
        (Hinge, SquaredHinge, Perceptron, SmoothedHinge, ModifiedHuber, Exponential), exact_elements.margin
    ),
    **dict.fromkeys(exact_elements.OF_RESIDUALS, exact_elements.residual),
    **dict.fromkeys((MSLE, MAPE, SMAPE), exact_elements.relative),
    **dict.fromkeys(
        (GaussianNLL, LaplaceNLL, StudentTNLL, GaussianCRPS, LogisticCRPS, EnsembleCRPS, MultiQuantile),
        exact_rows.distribution,
    ),
    **dict.fromkeys((CORAL, CORN, CumulativeLogit), exact_rows.steps),
}
"""Formulas with second derivatives, by class."""


def formula_of(loss):
    """Return the formula of a loss, or None: of an asymmetric one, that of its base."""
    kind = type(loss.base if isinstance(loss, Asymmetric) else loss)
    return FORMULAS.get(kind)


OTHER_FAMILIES = ("embedding", "language", "likelihood", "multiclass", "region", "sequence")
ELSEWHERE = (
    *(AFT, losses.KLDivergence, losses.NLL, losses.ORPO),
    *(getattr(losses, name) for family in OTHER_FAMILIES for name in losses._NAMES[family]),
)
"""Losses whose families' tests hold them to exact arithmetic."""


def test_every_loss_of_samples_has_an_exact_formula():
    """Those of losses of whole lists and strata are in their families' tests, too."""
    for case in SAMPLES:
        for _, loss in case.loss.terms:
            known = formula_of(loss) or isinstance(loss, (CategoricalCrossEntropy, *ELSEWHERE)) or exact.knows(loss)
            assert known, f"there is no exact formula of {loss!r}: add it to tests/exact.py, or beside it"


@over([case for case in SAMPLES if formula_of(case.loss)], **PROBLEM)
def test_losses_of_other_families(case, n, dtype, seed):
    """The families' own tests have extreme arguments and parameters; here are those that every loss takes."""
    rng = np.random.default_rng(seed)
    formula, problem = formula_of(case.loss), case.problem(rng, n, dtype, flat=True)
    if formula is exact_elements.residual:  # which the loss has to round
        problem = problem.replace(y_true=np.zeros_like(problem["y_true"]))
    y_true, y_pred = problem["y_true"].astype(dtype), problem["y_pred"]
    if isinstance(case.loss, CumulativeLogit):
        exact_rows.assert_scores_exact(case.loss, y_true, y_pred)
    elif y_pred.ndim > 1:
        assert_rows_exact(case.loss, y_true, y_pred, formula)
    else:
        assert_exact(case.loss, y_true, y_pred, formula)


@over(and_extreme(ELEMENTWISE, ELEMENTS), n=st.integers(1, 8), seed=seeds)
def test_elementwise_losses(loss, n, seed):
    rng = np.random.default_rng(seed)
    dtype = a_dtype(rng, loss)
    check_elements(loss, arguments_of(loss)(rng, loss, dtype, n), dtype)


def check_elements(loss, problem, dtype):
    eps = exactly(np.finfo(dtype).eps)
    value, grads = call(loss, "value_and_grad", problem)
    for i in range(len(problem)):
        first, second, *_ = arguments = exact_arguments(loss, problem, i)
        if abs(second - first) > exactly(np.finfo(computed_in(dtype)).max) / 4:
            continue  # the residual overflows
        named = dict(zip(list(problem.arrays)[2:], arguments[2:], strict=True))
        exact_value, exact_grad = exact.sample(loss, first, second, eps, **named)
        assert_accurate(value[i], exact_value, dtype)
        for k, grad in enumerate(reversed(slopes("grad", grads))):  # by the first of two answers it is the negative
            assert_accurate(grad[i] * (-1) ** k, exact_grad, dtype)


def exact_arguments(loss, problem, i):
    """Return one sample's arguments, in the order of the signature."""
    return [exactly(problem[name][i]) for name in loss.signature.names if name in problem.arrays]


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("label", [0.0, 1.0])
def test_logits_with_hard_labels_keep_their_relative_precision(label, dtype):
    """On a grid over all logits, since Hypothesis might miss where a branch of exp is poor."""
    loss = BinaryCrossEntropy(from_logits=True, reduction="none")
    p = np.concatenate([np.linspace(-110, 110, 1501), np.geomspace(1e-30, 1e30, 200)]).astype(dtype)
    check_elements(loss, Problem({"y_true": np.full_like(p, label), "y_pred": p}), dtype)


@pytest.mark.parametrize("dtype", DTYPES if THOROUGH else DTYPES[:3])
@pytest.mark.parametrize("label", [0.0, 1.0])
def test_probabilities_with_hard_labels_keep_their_relative_precision(label, dtype):
    """Down to the clip at both ends, also where 1 - p rounds."""
    loss = BinaryCrossEntropy(reduction="none")
    near_0 = np.geomspace(np.finfo(dtype).eps / 8, 0.5, 600, dtype=np.float64)
    p = np.concatenate([near_0, 1 - near_0, np.linspace(0, 1, 301)]).astype(dtype)
    check_elements(loss, Problem({"y_true": np.full_like(p, label), "y_pred": p}), dtype)


@over(
    and_extreme(CategoricalCrossEntropy, OVER_CLASSES),
    rows=st.integers(1, 4),
    targets=st.sampled_from([class_ids, distributions]),
    seed=seeds,
)
def test_cross_entropy_over_classes(loss, rows, targets, seed):
    rng, classes = np.random.default_rng(seed), 3
    dtype = a_dtype(rng, loss)
    scores = numbers(dtype) | reals(4) if loss.from_logits else numbers(dtype, 0.0, 1.0)
    p = scores.array(rng, dtype, (rows, classes))
    y = targets.array(rng, computed_in(dtype), (rows,) if targets is class_ids else (rows, classes))
    shares = np.eye(classes)[y] if y.ndim == 1 else y
    value, grad = loss.value_and_grad(y, p)
    eps = exactly(np.finfo(dtype).eps)
    for i in range(rows):
        predictions = [exactly(x) for x in p[i]]
        if max(predictions) - min(predictions) > exactly(np.finfo(computed_in(dtype)).max) / 4:
            continue  # the difference of two logits overflows
        exact_value, exact_grad, _ = exact.row(loss, [exactly(share) for share in shares[i]], predictions, eps)
        assert_accurate(value[i], exact_value, dtype)
        for c in range(classes):
            assert_accurate(grad[i, c], exact_grad[c], dtype)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("spread", [1.0, 30.0, 1e4])
@pytest.mark.parametrize("classes", [1, 2, 10, 1000])
@pytest.mark.parametrize("soft", [False, True])
def test_rows_of_many_classes(classes, spread, soft, dtype):
    """Blocks whose rows lie at different levels, where a shift that rows share would cost digits."""
    rng = np.random.default_rng(classes)
    rows = 40 if classes < 1000 else 3
    p = (spread * rng.standard_normal((rows, classes)) + 60 * rng.standard_normal((rows, 1))).astype(dtype)
    y = rng.integers(0, classes, rows)
    shares = np.eye(classes)[y]
    if soft:
        shares = rng.dirichlet(np.ones(classes), rows).astype(dtype)
        y = shares
    loss = CategoricalCrossEntropy(from_logits=True, reduction="none")
    value, grad = loss.value_and_grad(y, p)
    for i in range(rows):
        exact_value, exact_grad, _ = exact.row(
            loss, [exactly(share) for share in shares[i]], [exactly(x) for x in p[i]], Decimal(0)
        )
        assert_accurate(value[i], exact_value, dtype)
        for c in range(classes):
            assert_accurate(grad[i, c], exact_grad[c], dtype)


@pytest.mark.parametrize("dtype", [np.float64, np.float32, *WIDER])
@pytest.mark.parametrize("soft", [False, True])
def test_the_level_of_the_logits_is_no_matter(soft, dtype):
    """Neither for hess: at any level, also where exp overflows or underflows, whether alone or in a product."""
    rng = np.random.default_rng(0)
    logits, y = rng.integers(-4, 5, (6, 40)).astype(dtype), rng.integers(0, 40, 6)  # integers are shifted exactly
    loss = CategoricalCrossEntropy(from_logits=True, reduction="none")
    if soft:
        y = rng.dirichlet(np.ones(40), 6).astype(dtype)
    eps = np.finfo(dtype).eps
    root = int(np.log(np.finfo(dtype).max) / 2)  # of the largest number, beyond which squares overflow
    levels = [np.arange(-1000, 1001, 20), [1e4, -1e4], *(np.arange(-12, 5) + k * root for k in (-2, -1, 1, 2))]
    for level in np.concatenate(levels).astype(dtype):
        np.testing.assert_allclose(
            loss.value(y, logits + level), loss.value(y, logits), rtol=0, atol=16 * eps * max(1, abs(level))
        )
        for method in ("grad", "hess"):
            result = getattr(loss, method)(y, logits + level)
            np.testing.assert_allclose(result, getattr(loss, method)(y, logits), rtol=0, atol=16 * eps, err_msg=level)


@pytest.mark.parametrize("weight", [1e-36, 1e36])
@pytest.mark.parametrize("offset", [-40.0, 0.0, 40.0])
def test_extreme_weights_of_rows_stay_within_the_range_of_float32(offset, weight):
    loss = CategoricalCrossEntropy(from_logits=True, reduction="sum")
    ids, logits = [1, 0], np.array([[0, 1, 2], [1, 0, 3]], np.float32)
    found = loss.grad(ids, logits + np.float32(offset), sample_weight=[weight, weight])
    np.testing.assert_allclose(found / weight, loss.grad(ids, logits.astype(np.float64)), rtol=2e-5)


@over(and_extreme(PAIRWISE, [case for case in CASES if isinstance(case.loss, PAIRWISE)]), seed=seeds)
def test_a_pair_of_items(loss, seed):
    rng = np.random.default_rng(seed)
    dtype = a_dtype(rng, loss)
    scores = (numbers(dtype) | reals(4)).array(rng, dtype, (2,))
    d = exactly(scores[1]) - exactly(scores[0])
    assume(abs(d) <= exactly(np.finfo(computed_in(dtype)).max) / 4)
    exact_value, exact_grad = exact.pair(loss, d)
    if isinstance(loss, PairwiseHinge):
        assume(abs(d - exactly(loss.margin)) > 8 * exactly(np.finfo(computed_in(dtype)).eps) * exact_value.scale)
    value, grad = loss.value_and_grad([0, 1], scores)
    assert_accurate(value[0], exact_value, dtype)
    assert_accurate(grad[1], exact_grad, dtype)
    assert_accurate(-grad[0], exact_grad, dtype)


# --------------------------------------------------------------------------------------------- means and sums


def exact_samples(case, problem):
    """Return for each sample: the exact value, the exact grads of its entries, and its weight in the denominator."""
    predicted = predictions(case.loss, problem)
    eps = exactly(np.finfo(predicted[0].dtype).eps)
    if case.unit == "element":
        for i in range(len(problem)):
            first, second, *rest = exact_arguments(case.loss, problem, i)
            value, grad = exact.sample(case.loss, first, second, eps, **dict(zip(case.names[2:], rest, strict=True)))
            yield value, [grad], Decimal(1)
    else:
        y_true, (y_pred,) = problem["y_true"], predicted
        shares = np.eye(y_pred.shape[1])[y_true] if y_true.ndim == 1 else y_true
        for y, p in zip(shares, y_pred, strict=True):
            yield exact.row(case.loss, [exactly(share) for share in y], [exactly(x) for x in p], eps)


@over(ELEMENTS + OVER_CLASSES, **PROBLEM)
def test_mean_and_sum(case, n, dtype, seed):
    """Against Σ wℓ / Σ w in exact arithmetic, with the denominators of section 9."""
    rng = np.random.default_rng(seed)
    problem, weight = case.problem(rng, n, dtype, flat=True), rng.uniform(0.125, 1e3, n)
    samples = list(exact_samples(case, problem))
    exact_weight = [exactly(w) for w in weight]
    denominator = sum(w * share for w, (_, _, share) in zip(exact_weight, samples, strict=True))
    numerator = sum(w * value.number for w, (value, _, _) in zip(exact_weight, samples, strict=True))
    scale = sum(w * value.scale for w, (value, _, _) in zip(exact_weight, samples, strict=True))
    eps, least = exactly(np.finfo(dtype).eps), exactly(np.finfo(dtype).smallest_normal)
    for reduction, divisor in (("sum", Decimal(1)), ("mean", denominator)):
        value, grads = call(case.with_reduction(reduction), "value_and_grad", problem, sample_weight=weight)
        grad = slopes("grad", grads)[-1]
        assert abs(exactly(value) - numerator / divisor) <= 12 * eps * max(scale / divisor, least * len(problem))
        for w, (_, entries, _), row in zip(exact_weight, samples, grad, strict=True):
            for entry, actual in zip(entries, np.atleast_1d(row), strict=True):
                error = abs(exactly(actual) - w * entry.number / divisor)
                assert error <= 12 * eps * max(w * entry.scale / divisor, least * max(w, 1))


def check_sum(terms, dtype, weight=None):
    """Check the sum and mean of these numbers, which are the absolute errors of a prediction."""
    terms = np.asarray(terms, dtype)
    each = np.abs(terms) if weight is None else np.abs(terms) * weight
    try:
        expected = Decimal(math.fsum(each.tolist()))
    except OverflowError:
        expected = Decimal(math.fsum((each / 2**20).tolist())) * 2**20
    tolerance = 8 * exactly(np.finfo(dtype).eps) * max(expected, exactly(np.finfo(dtype).smallest_normal))
    zeros = np.zeros_like(terms)
    mean = MAE().value(zeros, terms, sample_weight=weight)
    denominator = terms.size if weight is None else math.fsum(weight.tolist())
    assert abs(exactly(mean) * Decimal(denominator) - expected) <= tolerance
    if expected < exactly(np.finfo(np.float64).max):
        assert abs(exactly(MAE(reduction="sum").value(zeros, terms, sample_weight=weight)) - expected) <= tolerance


LENGTHS = [1, 2, 3, *range(15, 18), 31, 32, 33, 63, 64, 65, 95, 100, 127, 250, 1000, 65_535, 65_536, 65_537, 300_001]


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("n", LENGTHS)
def test_summation_adds_no_more_than_eight_eps(n, dtype):
    rng = np.random.default_rng(n)
    info = np.finfo(dtype)
    small = np.full(n, info.eps / 2)
    small[0] = 1
    check_sum(small, dtype)  # each is lost when added to the first alone
    check_sum(small[::-1], dtype)
    check_sum(10.0 ** rng.uniform(-30, 30, n), dtype)
    check_sum(np.sort(10.0 ** rng.uniform(-8, 0, n)), dtype)
    check_sum(np.full(n, 1 / 3), dtype)
    check_sum(np.full(n, 0.9 * float(info.max)), dtype)  # the sum overflows the dtype, the mean doesn't
    check_sum(rng.uniform(0.5, 1, n) * float(info.max), dtype)
    check_sum(rng.uniform(0, 1, n), dtype, weight=10.0 ** rng.uniform(-30, 30, n))


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@given(n=st.integers(1, 200), seed=seeds)
def test_summation_of_any_numbers(dtype, n, seed):
    check_sum(numbers(dtype).array(np.random.default_rng(seed), dtype, (n,)), dtype)


@pytest.mark.parametrize("loss", [MSE(), MAE(), BinaryCrossEntropy(from_logits=True)], ids=str)
def test_ten_million_samples_in_float32(loss):
    rng = np.random.default_rng(7)
    p = rng.standard_normal(10**7, np.float32)
    y = (rng.random(10**7, np.float32) < 0.5).astype(np.float32)
    assert loss.value(y, p) == pytest.approx(loss.value(y.astype(np.float64), p.astype(np.float64)), rel=1e-6)
