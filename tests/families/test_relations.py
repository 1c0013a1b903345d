"""Relations between losses: of two classes and of one logit, of a family's limits, of weights, lists and pairs."""

import itertools
import math

import numpy as np
import pytest

import losses
from losses import (
    CORAL,
    CORN,
    DPO,
    MAE,
    MSE,
    ApproxNDCG,
    AsymmetricFocal,
    BinaryCrossEntropy,
    BinaryFocal,
    BradleyTerry,
    CategoricalCrossEntropy,
    Cox,
    CumulativeLogit,
    EpsilonInsensitive,
    Hinge,
    Huber,
    ListMLE,
    ListNet,
    ModifiedHuber,
    PairwiseHinge,
    PairwiseLogistic,
    PairwiseSquaredHinge,
    Perceptron,
    SimPO,
    SmoothedHinge,
    SquaredEpsilonInsensitive,
    SquaredHinge,
)
from own_losses import ALL
from problems import assert_allclose, flatten, methods, reductions, slopes, typical
from registry import CASES, call, predicting, predictions

METHODS = ("value", "grad", "hess", "curvature")


def rng():
    return np.random.default_rng(11)


def assert_close(found, expected, rtol=1e-13, **arguments):
    for a, b in zip(flatten(found), flatten(expected), strict=True):
        np.testing.assert_allclose(a, b, rtol=rtol, **arguments)


# ------------------------------------------------------------------------------------ Newton steps reach the optimum


@pytest.mark.parametrize("case", [case for case in ALL if case.loss.is_convex and case.loss.is_differentiable], ids=str)
def test_newton_steps_reach_the_optimum_of_a_convex_loss(case):
    """Of the loss and a small ridge, which keeps the optimum from infinity. Steps that rise or leave are halved."""
    loss, problem = case.with_reduction("sum"), typical(case, 8)
    bounded = not getattr(loss, "from_logits", True) or not getattr(loss, "log_input", True)
    ridge = 100.0 if bounded else 0.01  # the optimum lies inside
    centre = predictions(loss, problem)

    def at(arrays):
        try:
            value = call(loss, "value", predicting(loss, problem, arrays))
        except ValueError:  # out of the domain
            return math.inf
        return value + sum(ridge / 2 * float(np.sum((p - c) ** 2)) for p, c in zip(arrays, centre, strict=True))

    def slope(arrays):
        there = predicting(loss, problem, arrays)
        g, h = call(loss, "grad_and_curvature", there)
        both = slopes("grad", g), slopes("grad", h)
        return [(dp + ridge * (p - c), bend + ridge) for p, c, dp, bend in zip(arrays, centre, *both, strict=True)]

    arrays = [array + 0.05 * rng().normal(size=array.shape).clip(-0.9, 0.9) for array in centre]
    value = at(arrays)
    for _ in range(4000):
        pairs = slope(arrays)
        if max(np.abs(g).max() for g, _ in pairs) < 1e-7:
            break
        before, step = arrays, 1.0
        while step > 1e-9:
            trial = [p - step * g / h for p, (g, h) in zip(arrays, pairs, strict=True)]
            found = at(trial)
            if found <= value:
                arrays, value = trial, found
                break
            step /= 2
        if all(map(np.array_equal, arrays, before)):  # and so they would stay
            break
    assert max(np.abs(g).max() for g, _ in pairs) < 1e-6
    for scale, seed in itertools.product([1e-3, 0.05, 1.0], range(3)):
        away = np.random.default_rng(seed)
        assert value <= at([p + scale * away.normal(size=p.shape) for p in arrays]) + 1e-12 * abs(value)


# ------------------------------------------------------------------------------------------- two classes are binary


@pytest.mark.parametrize("method", ["value", "grad", "hess"])
@pytest.mark.parametrize("soft", [False, True])
@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_two_classes_are_binary(method, soft, smoothing):
    x, y = rng().normal(size=9) * 4, rng().random(9) if soft else rng().integers(0, 2, 9)
    ids = np.stack([1 - y, y], axis=1) if soft else y
    weights = {"pos_weight": 3.0}, {"class_weight": [1.0, 3.0]}
    for (one, two), from_logits in itertools.product([({}, {}), weights], [False, True]):
        binary = BinaryCrossEntropy(from_logits=from_logits, label_smoothing=smoothing, reduction="sum", **one)
        classes = CategoricalCrossEntropy(from_logits=from_logits, label_smoothing=smoothing, reduction="sum", **two)
        p = x if from_logits else 1 / (1 + np.exp(-x))
        rows = np.stack([0 * p if from_logits else 1 - p, p], axis=1)
        found, expected = getattr(classes, method)(ids, rows), getattr(binary, method)(y, p)
        if method == "value":
            assert_close(found, expected)
        elif from_logits:
            assert_close(found[:, 1], expected, atol=1e-15)
        else:  # there the two columns are free, and here p moves both
            assert_close(found[:, 1] - found[:, 0] if method == "grad" else found.sum(axis=1), expected, rtol=1e-12)


LOGITS = BinaryCrossEntropy(from_logits=True)
SAME_AS_LOGITS = [
    (CORAL(), lambda x: x[:, np.newaxis], lambda g: g[:, 0]),
    (CORN(), lambda x: x[:, np.newaxis], lambda g: g[:, 0]),
    (CumulativeLogit(thresholds=(0.0,)), lambda x: x, lambda g: g),
    (BinaryFocal(gamma=0.0, from_logits=True), lambda x: x, lambda g: g),
    (AsymmetricFocal(gamma_pos=0.0, gamma_neg=0.0, clip=0.0), lambda x: x, lambda g: g),
    (2 * BinaryFocal(gamma=0.0, alpha=0.5, from_logits=True), lambda x: x, lambda g: g),
]


@pytest.mark.parametrize(
    ("loss", "given", "taken"), SAME_AS_LOGITS, ids=lambda each: str(each) if each is LOGITS else ""
)
@pytest.mark.parametrize("method", METHODS)
def test_grades_and_focal_losses_of_two_classes_are_the_cross_entropy(loss, given, taken, method):
    x, y = rng().normal(size=9) * 4, rng().integers(0, 2, 9)
    found = getattr(loss, method)(y, given(x))
    expected = getattr(LOGITS, method)(y, x)
    np.testing.assert_allclose(found if method == "value" else taken(found), expected, rtol=1e-13)


@pytest.mark.parametrize("loss", [Hinge(), SquaredHinge(), Perceptron(), SmoothedHinge(), ModifiedHuber()], ids=str)
@pytest.mark.parametrize("method", METHODS)
def test_labels_of_either_kind_give_one_loss(loss, method):
    x, y = rng().normal(size=9) * 4, rng().integers(0, 2, 9)
    for labels in (2 * y - 1, y.astype(bool), y.astype(np.float32)):
        np.testing.assert_array_equal(getattr(loss, method)(labels, x), getattr(loss, method)(y, x))


# ------------------------------------------------------------------------------------------------ limits of families

LIMITS = [
    (Huber(delta=1e6), 0.5 * MSE()),
    (1e6 * Huber(delta=1e-6), MAE()),
    (EpsilonInsensitive(epsilon=1e-9), MAE()),
    (SquaredEpsilonInsensitive(epsilon=1e-9), MSE()),
]


@pytest.mark.parametrize(("loss", "limit"), LIMITS, ids=str)
def test_a_family_ends_at_its_limit(loss, limit):
    y, p = rng().normal(size=(2, 9))
    assert_close(loss.value_and_grad(y, p), limit.value_and_grad(y, p), rtol=1e-5)


def test_a_smoothed_hinge_ends_at_the_hinge():
    y, p = rng().integers(0, 2, 9), rng().normal(size=9)
    assert_close(SmoothedHinge(gamma=1e-9).value_and_grad(y, p), Hinge().value_and_grad(y, p), rtol=1e-8)


@pytest.mark.parametrize("n", [2, 5, 12])
@pytest.mark.parametrize("gap", [0.01, 1.0])
def test_a_cold_approx_ndcg_is_one_minus_ndcg(n, gap):
    s, relevance = gap * rng().permutation(n), rng().integers(0, 4, n)
    relevance[0] += 1  # or nothing is relevant
    gains, discounts = 2.0**relevance - 1, 1 / np.log2(np.arange(n) + 2)
    ndcg = gains[np.argsort(-s)] @ discounts / (np.sort(gains)[::-1] @ discounts)
    assert ApproxNDCG(temperature=1e-4 * gap).value(relevance, s) == pytest.approx(1 - ndcg, abs=1e-13)


PAIRS = [
    (PairwiseLogistic(), lambda loss, method, s: getattr(loss, method)([1, 0], s)),
    (ListMLE(), lambda loss, method, s: getattr(loss, method)([1, 0], s)),
    (ListNet(), lambda loss, method, s: getattr(loss, method)([0.0, -np.inf], s)),
    (Cox(), lambda loss, method, s: getattr(loss, method)([1.0, 2.0], s, event=[True, False])),
]


@pytest.mark.parametrize(("loss", "ask"), PAIRS, ids=lambda each: type(each).__name__)
@pytest.mark.parametrize("method", ["value", "grad", "hess"])
def test_a_single_pair_is_bradley_terry(loss, ask, method):
    for s in ([0.3, -0.4], [-2.0, 1.0], [0.0, 0.0], [30.0, -10.0]):
        expected = getattr(BradleyTerry(reduction="sum"), method)([s[0]], [s[1]])
        np.testing.assert_allclose(
            np.ravel(ask(loss, method, s)), np.ravel(expected), rtol=1e-13, atol=1e-16, err_msg=f"{s}"
        )


@pytest.mark.parametrize("method", METHODS)
def test_preferences_without_a_reference_are_bradley_terry(method):
    chosen, rejected = rng().normal(size=(2, 9))
    zeros = {"ref_chosen": np.zeros(9), "ref_rejected": np.zeros(9)}
    expected = getattr(BradleyTerry(), method)(chosen, rejected)
    assert_close(getattr(SimPO(beta=1.0, gamma=0.0), method)(chosen, rejected), expected)
    assert_close(getattr(DPO(beta=1.0), method)(chosen, rejected, **zeros), expected)


# ------------------------------------------------------------------------------------------------- labels smoothed


@pytest.mark.parametrize("from_logits", [False, True])
@pytest.mark.parametrize("smoothing", [0.0, 0.25, 1.0])
@pytest.mark.parametrize("method", ["value", "grad", "hess"])
def test_labels_smoothed_by_hand(from_logits, smoothing, method):
    y, p = rng().integers(0, 2, 9), rng().uniform(0.05, 0.95, 9)
    binary = BinaryCrossEntropy(from_logits=from_logits)
    smooth = BinaryCrossEntropy(from_logits=from_logits, label_smoothing=smoothing)
    by_hand = getattr(binary, method)(y * (1 - smoothing) + smoothing / 2, p)
    assert_close(getattr(smooth, method)(y, p), by_hand)

    ids, rows = rng().integers(0, 4, 9), rng().dirichlet(np.ones(4), 9)
    classes = CategoricalCrossEntropy(from_logits=from_logits)
    smooth = CategoricalCrossEntropy(from_logits=from_logits, label_smoothing=smoothing)
    by_hand = getattr(classes, method)(np.eye(4)[ids] * (1 - smoothing) + smoothing / 4, rows)
    assert_close(getattr(smooth, method)(ids, rows), by_hand, atol=1e-16)


def test_smoothing_of_zero_is_none_bit_for_bit():
    assert CategoricalCrossEntropy(label_smoothing=0.0) == CategoricalCrossEntropy()
    assert BinaryCrossEntropy(label_smoothing=0) == BinaryCrossEntropy()


@pytest.mark.parametrize("method", ["value", "grad", "hess"])
def test_a_smoothed_preference_is_a_mixture_of_both_orders(method):
    chosen, rejected = rng().normal(size=(2, 9))
    reference = {"ref_chosen": rng().normal(size=9), "ref_rejected": np.zeros(9)}
    mirrored = {"ref_chosen": reference["ref_rejected"], "ref_rejected": reference["ref_chosen"]}
    found = flatten(getattr(DPO(label_smoothing=0.25), method)(chosen, rejected, **reference))
    one = flatten(getattr(DPO(), method)(chosen, rejected, **reference))
    other = flatten(getattr(DPO(), method)(rejected, chosen, **mirrored))[::-1]
    for mixed, a, b in zip(found, one, other, strict=True):
        np.testing.assert_allclose(mixed, 0.75 * a + 0.25 * b, rtol=1e-12, atol=1e-15)


# -------------------------------------------------------------------------------------------------------- weights


@pytest.mark.parametrize("case", ALL, ids=str)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_weights_of_one_are_none(case, dtype):
    """Of each sample bit for bit; what is added up may be added in another order or dtype."""
    problem, eps = typical(case, 24, dtype), np.finfo(dtype).eps
    of_samples = case.unit in ("element", "row") and len(case.loss.terms) == 1
    for reduction, method in itertools.product(reductions(case), (*methods(case), "curvature")):
        loss = case.with_reduction(reduction)
        weighted = call(loss, method, problem, sample_weight=np.ones(len(problem)))
        for a, b in zip(flatten(call(loss, method, problem)), flatten(weighted), strict=True):
            rtol = 0 if of_samples and (a.ndim or reduction == "none") else eps
            assert_allclose(a, b, rtol=rtol, atol=rtol, err_msg=f"{method}, {reduction}")


@pytest.mark.parametrize("loss", [PairwiseLogistic(), PairwiseHinge(), PairwiseSquaredHinge()], ids=str)
@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("method", ["value", "grad", "curvature"])
def test_padded_rows_are_queries_of_different_lengths(loss, reduction, method):
    loss, lengths, width = loss.with_reduction(reduction), [3, 1, 5, 4], 6
    real = np.arange(width) < np.array(lengths)[:, np.newaxis]
    y, s = rng().integers(0, 4, real.shape).astype(float), rng().normal(size=real.shape)
    qid = np.repeat(np.arange(4), lengths)
    expected = getattr(loss, method)(y[real], s[real], qid=qid)
    for padding in (0.0, np.nan, -np.inf):
        padded = np.where(real, y, padding), np.where(real, s, padding)
        found = getattr(loss, method)(*padded, sample_weight=real)
        if method != "value":
            assert not found[~real].any()
            found = found[real]
        np.testing.assert_allclose(found, expected, rtol=1e-13, atol=1e-16)


# ----------------------------------------------------------------------------------------------------------- sizes


@pytest.mark.parametrize("weighted", [False, True])
def test_more_than_two_to_the_31_samples(weighted):
    """A broadcast view, which takes no memory, as values must not."""
    n = 2**31 + 5
    y, p, one = (np.broadcast_to(np.float32(x), (n,)) for x in (0.5, 1.0, 1.0))
    weight = {"sample_weight": one[: n // 64]} if weighted else {}
    if weighted:
        y, p = (np.broadcast_to(np.float32(x), (n // 64, 65)) for x in (0.5, 1.0))
    samples = y.size
    assert samples > 2**31
    part = MAE().partial(y, p, **weight)
    assert part.denominator == samples
    assert part.result() == 0.5


RANKED = [case for case in CASES if case.loss.signature.names == ("y_true", "y_pred", "qid")]


@pytest.mark.parametrize("case", RANKED, ids=str)
@pytest.mark.parametrize("shape", [(3, 0), (0, 3), (0, 0), (1, 0), (0,)], ids=str)
def test_queries_without_items_and_no_queries_are_rankings(case, shape):
    nothing = np.zeros(shape)
    leading = [shape[:k] for k in range(1, len(shape) + 1)]
    for loss in map(case.with_reduction, reductions(case)):
        for method, weight in itertools.product(METHODS, [None, *map(np.ones, leading)]):
            try:
                found = flatten(getattr(loss, method)(nothing, nothing, sample_weight=weight))
            except NotImplementedError:
                continue
            except ValueError as error:  # the mean of a term that needs samples
                assert "no samples" in str(error) and loss.reduction == "mean"  # noqa: PT017, PT018
                continue
            for array in found:
                assert not array.any()
                assert method == "value" or array.shape == shape


# ------------------------------------------------------------------------------------------------------------ PyTorch


def in_torch(torch):
    """Return losses with the same in PyTorch, as functions of tensors y and p, and how to make y and p."""
    nn, log_sigmoid = torch.nn.functional, torch.nn.functional.logsigmoid
    real = lambda: (rng().normal(size=12), 2 * rng().normal(size=12) + 0.1)  # noqa: E731
    label = lambda: (rng().integers(0, 2, 12).astype(float), 3 * rng().normal(size=12))  # noqa: E731
    count = lambda: (rng().poisson(2.0, 12).astype(float), rng().normal(size=12))  # noqa: E731
    rows = lambda: (rng().normal(size=12), rng().normal(size=(12, 2)))  # noqa: E731
    ids = lambda: (rng().integers(0, 4, 12), 3 * rng().normal(size=(12, 4)))  # noqa: E731
    weight = torch.tensor([1.0, 2.0, 0.5, 3.0], dtype=torch.float64)
    return [
        (MSE(), nn.mse_loss, real),
        (MAE(), nn.l1_loss, real),
        (Huber(delta=1.5), lambda p, y: nn.huber_loss(p, y, delta=1.5), real),
        (losses.SmoothL1(beta=0.75), lambda p, y: nn.smooth_l1_loss(p, y, beta=0.75), real),
        (losses.LogCosh(), lambda p, y: torch.log(torch.cosh(p - y)).mean(), real),
        (losses.PseudoHuber(delta=1.5), lambda p, y: (2.25 * (torch.sqrt(1 + ((p - y) / 1.5) ** 2) - 1)).mean(), real),
        (losses.Pinball(quantile=0.75), lambda p, y: torch.maximum(0.75 * (y - p), -0.25 * (y - p)).mean(), real),
        (LOGITS, nn.binary_cross_entropy_with_logits, label),
        (
            BinaryCrossEntropy(from_logits=True, pos_weight=3.0),
            lambda p, y: nn.binary_cross_entropy_with_logits(p, y, pos_weight=weight[3]),
            label,
        ),
        (
            BinaryFocal(gamma=2.0, alpha=0.25, from_logits=True),
            lambda p, y: (
                -(
                    0.25 * y * torch.sigmoid(-p) ** 2 * log_sigmoid(p)
                    + 0.75 * (1 - y) * torch.sigmoid(p) ** 2 * log_sigmoid(-p)
                ).mean()
            ),
            label,
        ),
        (SquaredHinge(), lambda p, y: (nn.relu(1 - (2 * y - 1) * p) ** 2).mean(), label),
        (losses.Exponential(), lambda p, y: torch.exp(-(2 * y - 1) * p).mean(), label),
        (CategoricalCrossEntropy(from_logits=True), nn.cross_entropy, ids),
        (
            CategoricalCrossEntropy(from_logits=True, class_weight=[1.0, 2.0, 0.5, 3.0]),
            lambda p, y: nn.cross_entropy(p, y, weight=weight),
            ids,
        ),
        (
            CategoricalCrossEntropy(from_logits=True, label_smoothing=0.1),
            lambda p, y: nn.cross_entropy(p, y, label_smoothing=0.1),
            ids,
        ),
        (
            losses.Tweedie(power=1.5),
            lambda p, y: (2 * y * torch.exp(-p / 2) + 2 * torch.exp(p / 2)).mean(),
            count,
        ),
        (
            losses.GaussianNLL(),
            lambda p, y: ((y - p[:, 0]) ** 2 * torch.exp(-2 * p[:, 1]) / 2 + p[:, 1]).mean(),
            rows,
        ),
        (
            losses.LaplaceNLL(),
            lambda p, y: ((y - p[:, 0]).abs() * torch.exp(-p[:, 1]) + p[:, 1]).mean(),
            rows,
        ),
        (
            losses.EnsembleCRPS(),
            lambda p, y: ((p - y[:, None]).abs().mean(1) - (p[:, :, None] - p[:, None]).abs().mean((1, 2)) / 2).mean(),
            rows,
        ),
        (
            PairwiseLogistic(),
            lambda p, y: nn.softplus(p[None, :] - p[:, None])[y[:, None] > y[None, :]].mean(),
            count,
        ),
        (PairwiseSquaredHinge(), lambda p, y: (nn.relu(1 - p[:, None] + p) ** 2)[y[:, None] > y].mean(), count),
        (ListNet(), lambda p, y: -(torch.softmax(y, 0) * torch.log_softmax(p, 0)).sum(), count),
        (
            ListMLE(),
            lambda p, y: sum(
                torch.logsumexp(p[order[k:]], 0) - p[order[k]]
                for order in [torch.argsort(-y, stable=True)]
                for k in range(len(y))
            ),
            count,
        ),
    ]


def test_values_gradients_and_hessians_as_by_autograd():
    torch = pytest.importorskip("torch")
    for loss, function, make in in_torch(torch):
        y, p = make()
        target, prediction = torch.tensor(y), torch.tensor(p, requires_grad=True)

        def of(flat, function=function, target=target, shape=p.shape):
            return function(flat.reshape(shape), target)

        value = of(prediction)
        (grad,) = torch.autograd.grad(value, prediction)
        hess = torch.autograd.functional.hessian(of, prediction.detach().reshape(-1)).diagonal().reshape(p.shape)
        label = {"err_msg": repr(loss)}
        assert loss.value(y, p) == pytest.approx(value.item(), rel=1e-12), loss
        np.testing.assert_allclose(loss.grad(y, p), grad.numpy(), rtol=1e-11, atol=1e-14, **label)
        try:
            found = loss.hess(y, p)
        except NotImplementedError:
            continue
        np.testing.assert_allclose(found, hess.numpy(), rtol=1e-10, atol=1e-14, **label)
