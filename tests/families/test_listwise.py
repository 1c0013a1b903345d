"""The listwise losses agree with their formulas, written out item by item; and what is special about lists.

The laws of reductions and weights are tested with those of all the losses, over lists in rows (test_laws).
"""

import math
import time
import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import MAX_EMAX, MIN_EMIN, Decimal, localcontext
from functools import cache, partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from losses import MSE, ApproxNDCG, LambdaRank, ListMLE, ListNet, ListwiseLoss, PairwiseLogistic, listwise
from problems import flatten, over

LOSSES = [
    ListNet(),
    ListNet(temperature=0.5),
    ListMLE(),
    ApproxNDCG(),
    ApproxNDCG(temperature=2.0),
    LambdaRank(),
    LambdaRank(sigma=0.5, truncation=3),
    LambdaRank(truncation=1),
]
each_loss = pytest.mark.parametrize("loss", LOSSES, ids=repr)
GAINED = [loss for loss in LOSSES if isinstance(loss, ApproxNDCG | LambdaRank)]


def methods(loss):
    return ("value", "grad", "value_and_grad") + (() if isinstance(loss, ApproxNDCG) else ("hess",))


# ---------------------------------------------------------------------------------------- the formulas, by the textbook
# In decimal arithmetic of 80 digits, one item after the other, for one query.

Numbers = list[Decimal]


def ln(x: Decimal) -> Decimal:
    return x.ln()


def list_net(y: Numbers, s: Numbers, temperature: Decimal) -> Decimal:
    def softmax(x):
        e = [(v / temperature).exp() for v in x]
        total = sum(e)
        return [v / total for v in e]

    return -sum(t * ln(p) for t, p in zip(softmax(y), softmax(s), strict=True))


def list_mle(y: Numbers, s: Numbers) -> Decimal:
    order = sorted(range(len(y)), key=lambda i: (-y[i], i))
    e = [s[i].exp() for i in order]
    return -sum(ln(e[i] / sum(e[i:])) for i in range(len(e)))


@cache
def discount(rank: Decimal | int, truncation: int | None = None) -> Decimal:
    return Decimal(0) if truncation and rank > truncation else ln(Decimal(2)) / ln(1 + Decimal(rank))


@cache
def gain(y: Decimal) -> Decimal:
    return Decimal(2) ** y - 1


def ideal_dcg(y: Numbers, truncation: int | None = None) -> Decimal:
    best = sorted(y, reverse=True)
    return sum(gain(v) * discount(rank, truncation) for rank, v in enumerate(best, 1))


def approx_ndcg(y: Numbers, s: Numbers, temperature: Decimal) -> Decimal:
    def rho(i):
        return 1 + sum(1 / (1 + ((s[i] - s[j]) / temperature).exp()) for j in range(len(s)) if j != i)

    return 1 - sum(gain(y[i]) * discount(rho(i)) for i in range(len(y))) / ideal_dcg(y)


def lambda_weights(y: Numbers, s: Numbers, truncation: int | None) -> dict[tuple[int, int], Decimal]:
    """Return |ΔNDCG| by pair: how much swapping two items in the order by scores would change NDCG."""
    order = sorted(range(len(s)), key=lambda i: (-s[i], i))
    ideal = ideal_dcg(y, truncation)

    def ndcg(order):
        return sum(gain(y[i]) * discount(rank, truncation) for rank, i in enumerate(order, 1)) / ideal

    weights = {}
    for i in range(len(y)):
        for j in range(len(y)):
            if y[i] > y[j]:
                swapped = [{i: j, j: i}.get(k, k) for k in order]
                weights[i, j] = abs(ndcg(order) - ndcg(swapped))
    return weights


def lambda_rank(weights: dict[tuple[int, int], Decimal], s: Numbers, sigma: Decimal) -> Decimal:
    return sum((w * ln(1 + (-sigma * (s[i] - s[j])).exp()) for (i, j), w in weights.items()), Decimal(0))


def textbook(loss, y: Numbers, s: Numbers) -> Callable[[Numbers], Decimal]:
    """Return the loss of a query as a function of the scores, with LambdaRank's weights frozen at s."""
    if isinstance(loss, ListNet):
        return lambda s: list_net(y, s, Decimal(loss.temperature))
    if isinstance(loss, ListMLE):
        return lambda s: list_mle(y, s)
    if isinstance(loss, ApproxNDCG):
        return lambda s: approx_ndcg(y, s, Decimal(loss.temperature))
    return partial(lambda_rank, lambda_weights(y, s, loss.truncation), sigma=Decimal(loss.sigma))


def exact(loss, y, s, dtype=np.float64) -> tuple[float, np.ndarray, np.ndarray]:
    """Return a query's loss, gradient and diagonal of the Hessian; derivatives by differences, to 20 digits."""
    with localcontext(prec=80, Emax=MAX_EMAX, Emin=MIN_EMIN):
        y, s = ([Decimal(float(v)) for v in x] for x in (y, s))
        f, step = textbook(loss, y, s), Decimal("1e-25")
        here, grad, hess = f(s), [], []
        for i in range(len(s)):
            up, down = (f([v + sign * step * (k == i) for k, v in enumerate(s)]) for sign in (1, -1))
            grad.append((up - down) / (2 * step))
            hess.append((up - 2 * here + down) / step**2)
        value, grad, hess = (np.array([str(x) for x in part]).astype(dtype) for part in ([here], grad, hess))
    return value[0], grad, hess


def says_something(loss, y) -> bool:
    if isinstance(loss, LambdaRank):
        return max(y) > min(y)
    return len(y) > 1 and (not isinstance(loss, ApproxNDCG) or max(y) > 0)


def expected(loss, y, s, qid, weight) -> tuple[np.ndarray, np.ndarray, np.ndarray, float]:
    """Return each query's weighted loss, the derivatives of their sum, and the weight of the queries that count."""
    queries = list(dict.fromkeys(qid.tolist()))
    losses, grad, hess, total = np.zeros(len(queries)), np.zeros(len(s)), np.zeros(len(s)), 0.0
    for q, query in enumerate(queries):
        items = np.flatnonzero(qid == query)
        w = weight[items[0]]
        if w > 0 and says_something(loss, y[items]):
            found = exact(loss, y[items], s[items])
            losses[q], grad[items], hess[items] = (w * part for part in found)
            total += w
    return losses, grad, hess, total


def close(actual, wanted, tolerance=1e-12):
    scale = np.max(np.abs(wanted), initial=0)
    np.testing.assert_allclose(actual, wanted, rtol=tolerance, atol=tolerance * min(1, scale) + 1e-14)


grades = st.integers(0, 4).map(float)
real_relevance = grades | st.floats(0, 6, width=16)
scores = st.floats(-8, 8, width=32) | st.integers(-3, 3).map(float)
items = st.lists(st.tuples(real_relevance, scores, st.integers(0, 3)), min_size=1, max_size=9)


@each_loss
@settings(max_examples=40)
@given(
    items=items,
    of_query=st.lists(st.sampled_from([0.0, 0.5, 1.0, 3.0]), min_size=4, max_size=4),
    names=st.sampled_from([[0, 1, 2, 3], [7, -1, 3, 0], ["b", "a", "", "cc"]]),
)
def test_agrees_with_the_textbook(loss, items, of_query, names):
    """Value, grad and hess of queries in any order: with weights, ties and queries that don't count."""
    y, s, query = (np.array(column) for column in zip(*items, strict=True))
    weight, qid = np.array(of_query)[query], np.array(names)[query]
    losses, grad, hess, total = expected(loss, y, s, query, weight)
    for reduction, value, denominator in (
        ("none", losses, 1.0),
        ("sum", losses.sum(), 1.0),
        ("mean", losses.sum() / (total or 1.0), total or 1.0),
    ):
        mine = replace(loss, reduction=reduction)
        close(mine.value(y, s, qid=qid, sample_weight=weight), value)
        close(mine.grad(y, s, qid=qid, sample_weight=weight), grad / denominator)
        if not isinstance(loss, ApproxNDCG):
            close(mine.hess(y, s, qid=qid, sample_weight=weight), hess / denominator)


@each_loss
@pytest.mark.parametrize("scale", [1e-12, 1.0, 100.0, 1e4])
@pytest.mark.parametrize("offset", [0.0, 1e9])
def test_scores_of_any_scale(loss, scale, offset):
    """Rounding grows with the largest difference, as that of exp does, and not with the scores' level."""
    rng = np.random.default_rng(3)
    y, s = rng.integers(0, 4, 7), offset + scale * rng.uniform(-1, 1, 7)
    value, grad, hess = exact(loss, y, s)
    tolerance = 1e-14 * max(10.0, scale)
    close(loss.value(y, s), value, tolerance)
    close(loss.grad(y, s), grad, tolerance)
    if not isinstance(loss, ApproxNDCG):
        close(loss.hess(y, s), hess, tolerance)


@pytest.mark.skipif(np.finfo(np.longdouble).eps == np.finfo(np.float64).eps, reason="longdouble is float64 here")
@each_loss
@pytest.mark.parametrize("relevance", [np.float64, np.longdouble])
def test_longdouble_scores_are_computed_as_such(loss, relevance):
    y, s = np.array([1, 0.5, 3, 0, 4], relevance), np.array(S).astype(np.float32).astype(np.longdouble)
    value, grad, hess = exact(loss, y, s, np.longdouble)
    mine = replace(loss, reduction="none")
    np.testing.assert_allclose(mine.value(y, s), [value], rtol=1e-17, atol=1e-17)
    np.testing.assert_allclose(mine.grad(y, s), grad, rtol=1e-17, atol=1e-17)
    if not isinstance(loss, ApproxNDCG):
        np.testing.assert_allclose(mine.hess(y, s), hess, rtol=1e-17, atol=1e-17)


# ------------------------------------------------------------------------------------------------ values from elsewhere

Y, S = [1, 0, 3, 2, 4], [2.0, 1.0, 3.0, 0.5, -0.7]
RAX = [
    (
        ListNet(temperature=2.5),  # softmax_loss(S / 2.5, softmax(Y / 2.5))
        1.84198821818909,
        [0.05281616091660225, 0.035403731417042554, 0.04508860101017012, -0.01433194887223796, -0.11897654447157686],
    ),
    (
        ListMLE(),  # listmle_loss
        6.914652580359778,
        [0.8201402574976009, 0.6695921807818626, 0.2519045864299987, -0.7569930305795525, -0.9846439941299095],
    ),
    (
        ApproxNDCG(),  # 1 + approx_t12n(ndcg_metric, temperature=0.1)
        0.3101385051577009,
        [9.92229732667e-05, 0.00050560378966338, -0.00010330313388778, -0.00050042310627583, -1.10052276647e-06],
    ),
    (
        ApproxNDCG(temperature=1.0),
        0.3743094586050413,
        [
            0.020412823997171856,
            0.019041942780206985,
            -0.040687251344650774,
            0.008386858220202985,
            -0.007154373652931054,
        ],
    ),
    (
        LambdaRank(),  # pairwise_logistic_loss by dcg_lambdaweight(normalize=True), which has a factor of 5 items
        1.5880070529070502,
        [0.1915790530322219, 0.09448196431478328, 0.16870229021014738, 0.005621825655760887, -0.4603851332129134],
    ),
    (
        LambdaRank(truncation=2),  # topn=2
        3.0109119799270467,
        [0.5013415572306961, 0.05171391192708882, 0.3128050063604748, -0.037505786065304074, -0.8283546894529555],
    ),
]


@pytest.mark.parametrize(("loss", "value", "grad"), RAX, ids=lambda part: repr(part) if hasattr(part, "grad") else "")
def test_agrees_with_rax(loss, value, grad):
    """Values computed with Rax 0.4.0 in float64, by the calls in the comments."""
    assert loss.value(Y, S) == pytest.approx(value, rel=1e-14)
    np.testing.assert_allclose(loss.grad(Y, S), grad, rtol=1e-10)


def test_rax_documentation():
    """`rax.softmax_loss` takes the labels as they are; its documentation prints 1.4076059 for this one-hot list."""
    labels = [1000.0, 0.0, 0.0]  # whose softmax is one-hot
    assert ListNet().value(labels, [2.0, 1.0, 3.0]) == pytest.approx(1.4076059, rel=1e-7)


# ------------------------------------------------------------------------------------------------ where nothing is said

SILENT = {
    "a single item": ([1], lambda loss: True),
    "no relevant item": ([0, 0, 0], lambda loss: isinstance(loss, ApproxNDCG | LambdaRank)),
    "no pair": ([2, 2], lambda loss: isinstance(loss, LambdaRank)),
}


@each_loss
@pytest.mark.parametrize("name", SILENT)
def test_queries_that_say_nothing_do_not_count(loss, name):
    relevance, silent = SILENT[name]
    y, s = [*relevance, 3, 0, 1], [*np.linspace(1, 2, len(relevance)), 0.5, 0.2, 1.0]
    qid = [0] * len(relevance) + [1] * 3
    value, grad = loss.value_and_grad(y, s, qid=qid)
    alone, alone_grad = loss.value_and_grad(y[-3:], s[-3:])
    if silent(loss):
        assert value == alone
        np.testing.assert_array_equal(grad[-3:], alone_grad)
        assert not grad[:-3].any()
        np.testing.assert_array_equal(replace(loss, reduction="none").value(y, s, qid=qid), [0, alone])
        assert not any(np.any(getattr(loss, method)(relevance, s[: len(relevance)])) for method in ("value", "grad"))
    else:
        assert value == pytest.approx((loss.value(relevance, s[: len(relevance)]) + alone) / 2, rel=1e-14)


@each_loss
@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
def test_where_no_query_counts_the_loss_is_zero(loss, reduction):
    loss = replace(loss, reduction=reduction)
    for y, s, more in (
        ([], [], {}),
        ([3.0], [1.0], {}),
        ([1.0, 2.0], [1.0, 1.0], {"qid": [0, 1]}),
        ([1.0, 2.0], [1.0, 1.0], {"sample_weight": [0, 0]}),
        (np.zeros((0, 3)), np.zeros((0, 3)), {}),
        (np.zeros((3, 0)), np.zeros((3, 0)), {}),
    ):
        for method in methods(loss):
            for part in flatten(getattr(loss, method)(y, s, **more)):
                assert not np.any(part)
        assert (type(loss.value(y, s, **more)) is float) == (reduction != "none")


# -------------------------------------------------------------------------------------------------- queries and weights


@over(LOSSES, data=st.data())
def test_rows_are_queries(loss, data):
    """Two axes mean the same as ids, whatever the order of the items; without ties, which the order would break."""
    rows, columns = data.draw(st.integers(1, 4)), data.draw(st.integers(2, 4))
    size = rows * columns
    y = np.reshape(data.draw(st.permutations(range(size))), (rows, columns)) / 4
    s = np.reshape(data.draw(st.permutations(range(size))), (rows, columns)) / 8
    weight = np.array(data.draw(st.lists(st.sampled_from([0.0, 1.0, 2.5]), min_size=rows, max_size=rows)))
    order = np.array(data.draw(st.permutations(range(size))))
    query = np.repeat(np.arange(rows), columns)
    for reduction in ("mean", "sum"):
        mine = replace(loss, reduction=reduction)
        value, grad = mine.value_and_grad(y, s, sample_weight=weight)
        mixed = [array.ravel()[order] for array in (y, s, query, weight[query])]
        mixed_value, mixed_grad = mine.value_and_grad(*mixed[:2], qid=mixed[2], sample_weight=mixed[3])
        assert mixed_value == pytest.approx(value, rel=1e-13, abs=1e-15)
        np.testing.assert_allclose(mixed_grad, grad.ravel()[order], rtol=1e-12, atol=1e-15)
    by_row = replace(loss, reduction="none").value(y, s, sample_weight=weight)
    by_id = replace(loss, reduction="none").value(y.ravel(), s.ravel(), qid=query, sample_weight=weight[query])
    np.testing.assert_array_equal(by_row, by_id)
    of_items = replace(loss, reduction="none").value(y, s, sample_weight=np.repeat(weight[:, None], columns, axis=1))
    np.testing.assert_array_equal(by_row, of_items)


@each_loss
@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        ({"qid": ["x", "y", "y", "x"], "sample_weight": [1, 2, 3, 1]}, "query y"),
        ({"qid": [7, 8, 8, 7], "sample_weight": [1, 0, 0, 2]}, "query 7"),
        ({"sample_weight": [1, 0, 1, 3]}, "the only query"),
    ],
)
def test_weights_that_differ_within_a_query_are_refused_by_its_name(loss, arguments, name):
    for method in methods(loss):
        with pytest.raises(ValueError, match=rf"^sample_weight is .* at one item of {name} and .*same weight"):
            getattr(loss, method)([1, 2, 0, 1], [0.5, 1.0, 2.0, 3.0], **arguments)
    with pytest.raises(ValueError, match=r"one item of row 1 and 2\.0 at another"):
        loss.value(np.eye(2), np.eye(2), sample_weight=[[1, 1], [1, 2]])


@over(LOSSES, data=st.data())
def test_an_item_of_weight_zero_is_left_out_of_its_list(loss, data):
    """Lists padded to one length are the same as queries, whatever the padding holds."""
    lengths = data.draw(st.lists(st.integers(0, 5), min_size=1, max_size=4))
    y, s = (np.reshape(data.draw(st.lists(of, min_size=20, max_size=20)), (4, 5)) for of in (grades, scores))
    weight = np.array(data.draw(st.lists(st.sampled_from([1.0, 2.5]), min_size=4, max_size=4)))
    y, s, weight = (array[: len(lengths)] for array in (y, s, weight))
    kept = np.arange(5) < np.array(lengths)[:, np.newaxis]
    padding = data.draw(st.sampled_from([0.0, -1.0, np.nan, np.inf, -np.inf]))
    padded = np.where(kept, y, padding), np.where(kept, s, padding)
    queries = np.nonzero(kept)[0]
    for reduction in ("mean", "sum"):
        mine = replace(loss, reduction=reduction)
        for method in methods(loss)[:-1]:
            found = flatten(getattr(mine, method)(*padded, sample_weight=kept * weight[:, np.newaxis]))
            wanted = flatten(getattr(mine, method)(y[kept], s[kept], qid=queries, sample_weight=weight[queries]))
            for a, b in zip(found, wanted, strict=True):
                np.testing.assert_array_equal(a[kept] if a.ndim == 2 else a, b)
                assert a.ndim < 2 or not a[~kept].any()


@each_loss
def test_a_query_of_weight_zero_may_hold_anything(loss):
    y, s, qid = [2, 1, np.nan, -1.0], [0.1, 0.2, np.nan, np.inf], [0, 0, 1, 1]
    found = loss.value_and_grad(y, s, qid=qid, sample_weight=[3, 3, 0, 0])
    assert found[0] == pytest.approx(loss.value(y[:2], s[:2]), rel=1e-15)
    assert not found[1][2:].any()


@pytest.mark.parametrize("weights", [np.nan, np.inf, -1.0])
def test_weights_are_checked(weights):
    with pytest.raises(ValueError, match=r"^sample_weight\[0\] is "):
        ListNet().value([1, 0], [1.0, 0.0], sample_weight=[weights, 1])


def test_lists_and_elements_add_up():
    loss = 0.5 * MSE() + 2 * ListNet() + PairwiseLogistic()
    y, s, qid = [1.0, 0.0, 2.0], [0.3, 0.2, 0.1], [0, 0, 0]
    parts = 0.5 * MSE().value(y, s) + 2 * ListNet().value(y, s, qid=qid) + PairwiseLogistic().value(y, s, qid=qid)
    assert loss.value(y, s, qid=qid) == pytest.approx(parts, rel=1e-15)


# ----------------------------------------------------------------------------------------------------------------- ties


def test_list_mle_breaks_ties_of_relevance_by_input_order():
    s = [0.3, -1.0, 2.0, 0.7]
    assert ListMLE().value([1, 1, 2, 1], s) == pytest.approx(ListMLE().value([3, 2, 4, 1], s), rel=1e-15)
    assert ListMLE().value([1, 1, 2, 1], s) != pytest.approx(ListMLE().value([1, 2, 4, 3], s), rel=1e-3)


@pytest.mark.parametrize("truncation", [None, 2])
def test_lambda_rank_breaks_ties_of_scores_by_input_order(truncation):
    loss, y = LambdaRank(truncation=truncation), [0, 3, 1, 2]
    barely = np.array([0.0, -1e-12, -2e-12, -3e-12])
    assert loss.value(y, np.zeros(4)) == pytest.approx(loss.value(y, barely), rel=1e-10)
    np.testing.assert_allclose(loss.grad(y, np.zeros(4)), loss.grad(y, barely), rtol=1e-10)
    assert loss.value(y, np.zeros(4)) != pytest.approx(loss.value(y, -barely), rel=1e-3)


def test_truncation_beyond_the_list_changes_nothing():
    assert LambdaRank(truncation=5).value(Y, S) == LambdaRank().value(Y, S)


def test_equal_relevance_has_no_weight_in_lambda_rank():
    grad = LambdaRank().grad([1, 1, 0], [0.0, 5.0, 2.0])
    assert grad[0] < 0 < grad[2]
    assert LambdaRank(truncation=1).grad([1, 1, 0], [0.0, 5.0, 2.0])[0] == 0  # no pair of it reaches rank 1


# -------------------------------------------------------------------------------------------------- values of all kinds


@pytest.mark.parametrize("loss", GAINED, ids=repr)
@pytest.mark.parametrize("relevance", [-1, -0.5, -np.inf, np.nan])
def test_negative_relevance_has_no_gain(loss, relevance):
    with pytest.raises(ValueError, match=r"^y_true\[1\] is .*a relevance from which a gain"):
        loss.value([1, relevance], [0.0, 0.0])
    with pytest.raises(ValueError, match=r"^y_true\[0, 1\] is "):
        loss.value([[1, relevance]], [[0.0, 0.0]])


@pytest.mark.parametrize("loss", [ListNet(), ListMLE()], ids=repr)
def test_relevance_may_be_negative_without_gains(loss):
    assert loss.value([-1.0, -3.0], [0.2, 0.1]) == pytest.approx(loss.value([2.0, 0.0], [0.2, 0.1]), rel=1e-15)
    with pytest.raises(ValueError, match=r"^y_true\[1\] is nan"):
        loss.value([1, np.nan], [0.0, 0.0])


@pytest.mark.parametrize("loss", GAINED, ids=repr)
def test_gains_of_any_size(loss):
    """2^y − 1 neither overflows nor cancels: for tiny y it is proportional to y, for huge y to 2^y."""
    s = [0.2, 0.1, 0.4]
    tiny = loss.value([2e-300, 0, 1e-300], s)
    assert tiny == pytest.approx(loss.value([2e-12, 0, 1e-12], s), rel=1e-10)
    huge = loss.value([5000.0, 0, 4999.0], s)
    assert huge == pytest.approx(loss.value([60.0, 0, 59.0], s), rel=1e-14)
    assert np.isfinite(loss.grad([1e300, 0, 5.0], s)).all()
    assert np.isfinite(loss.value(np.array([1e-4000, 0, 0], np.longdouble), s))
    assert math.isnan(loss.value([np.inf, 0, 1], s))


SPOILT = [np.nan, np.inf, -np.inf]


@each_loss
@pytest.mark.parametrize("special", SPOILT, ids=str)
@pytest.mark.parametrize("place", [0, 1, 2])
def test_special_scores_stay_in_their_query(loss, special, place):
    y, s, qid = [2, 1, 0, 2, 0, 1], np.array([0.1, 0.3, 0.2, 0.5, -1.0, 0.0]), [0, 0, 0, 1, 1, 1]
    spoilt = s.copy()
    spoilt[place] = special
    mine = replace(loss, reduction="none")
    for method in methods(loss):
        results = [flatten(getattr(mine, method)(y, x, qid=qid)) for x in (s, spoilt)]
        for before, after in zip(*results, strict=True):
            spoilt_part = np.array_split(after, 2)[0]
            np.testing.assert_array_equal(np.array_split(before, 2)[1], np.array_split(after, 2)[1])
            if math.isnan(special) or (special > 0 and isinstance(loss, ListNet | ListMLE)):
                assert np.isnan(spoilt_part).all()
            else:
                assert not np.isnan(spoilt_part).any()
                assert method == "value" or after.shape == (2,) or np.isfinite(spoilt_part).all()


def test_a_score_of_minus_infinity_is_a_probability_of_zero():
    y, s = [-np.inf, 1.0, 0.0], [-np.inf, 0.3, 0.2]
    assert ListNet().value(y, s) == pytest.approx(ListNet().value(y[1:], s[1:]), rel=1e-15)
    np.testing.assert_allclose(ListNet().grad(y, s), [0, *ListNet().grad(y[1:], s[1:])], rtol=1e-15)
    assert ListNet().value([1, 0], [-np.inf, 0.0]) == np.inf
    np.testing.assert_allclose(ListNet().grad([1, 1], [-np.inf, 0.0]), [-0.5, 0.5])
    assert ListMLE().value([0, 2, 1], s) == pytest.approx(ListMLE().value([2, 1], s[1:]), rel=1e-15)
    assert ListMLE().value([1, 0], [-np.inf, 0.0]) == np.inf
    np.testing.assert_array_equal(ListMLE().grad([1, 0], [-np.inf, 0.0]), [-1, 1])
    for loss in (ListNet(), ListMLE()):
        assert np.isnan(loss.value_and_grad([1, 0], [-np.inf, -np.inf])[1]).all()


def test_list_mle_keeps_its_digits_whatever_the_spread():
    value, grad = ListMLE().value_and_grad([3, 2, 1, 0], [1e12, 0.0, 3.0, 1.0])
    assert value == pytest.approx(3.2967740305992583, rel=1e-15)
    np.testing.assert_allclose(grad, [0, -0.95799, 0.72459, 0.23340], atol=5e-6)
    assert ListMLE().value([3, 2, 1, 0], [5.0, -1e30, -1e30, -1e30]) == pytest.approx(math.log(6), rel=1e-15)


def test_items_without_a_rank_come_last_in_approx_ndcg():
    y, s = [3, 1, 0, 2], [0.3, -np.inf, 0.1, -np.inf]
    value, grad = ApproxNDCG().value_and_grad(y, s)
    assert value == pytest.approx(ApproxNDCG().value(y, [0.3, -1e6, 0.1, -1e6]), rel=1e-15)
    np.testing.assert_array_equal(grad[[1, 3]], 0)
    assert (ApproxNDCG().curvature(y, s) > 0).all()
    assert math.isnan(ApproxNDCG().value(y, [0.3, np.inf, 0.1, np.inf]))


@each_loss
def test_curvature_is_positive_and_the_hessian_above_a_floor(loss):
    rng = np.random.default_rng(6)
    y, s = rng.integers(0, 5, (30, 12)), 10 ** rng.uniform(-2, 3, (30, 1)) * rng.standard_normal((30, 12))
    grad, curvature = loss.grad_and_curvature(y, s)
    np.testing.assert_array_equal(grad, loss.grad(y, s))
    np.testing.assert_array_equal(curvature, loss.curvature(y, s))
    assert (curvature > 0).all()
    if isinstance(loss, ApproxNDCG):
        step = 1e-5 * loss.temperature
        for k in range(12):
            ahead, back = (loss.grad(y, s + sign * step * np.eye(12)[k])[:, k] for sign in (1, -1))
            assert (ahead - back <= 2 * step * curvature[:, k] + 1e-9 / loss.temperature).all()
    else:
        np.testing.assert_allclose(curvature, np.maximum(loss.hess(y, s), curvature.min()), rtol=1e-15)


def test_a_score_of_nan_spoils_its_query_whatever_its_pairs_weigh():
    loss, y = LambdaRank(truncation=1), [0, 0, 1]
    assert loss.value(y, [5.0, 4.0, 0.0]) == loss.value(y, [5.0, 3.0, 0.0])  # the second item has no weight
    assert np.isnan(loss.value_and_grad(y, [5.0, np.nan, 0.0])[1]).all()


def test_infinite_scores_take_their_limits_where_only_differences_count():
    s, far = np.array([0.1, np.inf, -np.inf]), [0.1, 1e6, -1e6]
    assert ApproxNDCG().value([1, 2, 1], s) == pytest.approx(ApproxNDCG().value([1, 2, 1], far), rel=1e-14)
    assert LambdaRank().value([1, 2, 0], s) == pytest.approx(LambdaRank().value([1, 2, 0], far), abs=1e-14)
    assert LambdaRank().value([1, 0, 2], s) == np.inf
    assert math.isnan(LambdaRank().value([1, 2], [np.inf, np.inf]))


@each_loss
@pytest.mark.parametrize(("dtype", "bound"), [(np.float32, 1e-6), (np.float16, 1e-3)])
def test_float32_is_computed_as_such(loss, dtype, bound):
    """And float16 in float32."""
    rng = np.random.default_rng(0)
    y, s = rng.integers(0, 5, 40), rng.standard_normal(40).astype(dtype)
    assert loss.value(y, s) == pytest.approx(loss.value(y, s.astype(np.float64)), rel=1e-6)
    for method in ("grad", "curvature"):
        found, wanted = getattr(loss, method)(y, s), getattr(loss, method)(y, s.astype(np.float64))
        assert found.dtype == dtype
        np.testing.assert_allclose(found, wanted, rtol=0, atol=bound * np.abs(wanted).max())


@each_loss
@pytest.mark.parametrize("dtype", [bool, np.uint8, np.int64, np.float16, np.longdouble])
def test_relevance_of_any_dtype(loss, dtype):
    """Unsigned integers and bools sort from the largest, too."""
    y = np.array([1, 0, 0, 1, 1]).astype(dtype)
    assert loss.value(y, S) == pytest.approx(loss.value(y.astype(float), S), rel=1e-15)


# ----------------------------------------------------------------------------------------------------------- parameters


@pytest.mark.parametrize("value", [0, -1, 2.0, True, "2", np.nan])
def test_truncation_is_a_positive_integer(value):
    with pytest.raises(ValueError, match=f"^truncation must be a positive integer or None, got {value!r}"):
        LambdaRank(truncation=value)


def test_truncation_is_stored_as_a_python_integer():
    assert type(LambdaRank(truncation=np.int32(3)).truncation) is int
    assert LambdaRank(truncation=np.int32(3)) == LambdaRank(truncation=3)
    assert repr(LambdaRank(truncation=3)) == "LambdaRank(truncation=3)"


@pytest.mark.parametrize(
    ("kind", "name"), [(ListNet, "temperature"), (ApproxNDCG, "temperature"), (LambdaRank, "sigma")]
)
@pytest.mark.parametrize("value", [0, -1.0, np.inf, np.nan, "1", None])
def test_scales_are_positive(kind, name, value):
    with pytest.raises(ValueError, match=f"^{name} must be"):
        kind(**{name: value})


def test_approx_ndcg_says_that_it_has_no_hess():
    for loss in (ApproxNDCG(), 0.5 * ApproxNDCG() + ListNet()):
        with pytest.raises(NotImplementedError, match="ApproxNDCG has no hess"):
            loss.hess([1, 0], [0.0, 0.0])


# -------------------------------------------------------------------------------------------------- long and many lists


@pytest.mark.parametrize("temperature", [0.1, 3.0])
@pytest.mark.parametrize("relevant", [1.0, 0.01])
@pytest.mark.parametrize("scale", [1e-3, 1.0, 100.0])
def test_fast_sums_over_a_long_list_agree_with_all_pairs(monkeypatch, temperature, relevant, scale):
    rng = np.random.default_rng(5)
    s = scale * np.round(rng.standard_normal(1500), 2)
    y = rng.uniform(0, 5, 1500) * (rng.random(1500) < relevant)
    loss = ApproxNDCG(temperature=temperature)
    value, grad = loss.value_and_grad(y, s)
    assert loss.value(y, s) == value
    curvature = loss.curvature(y, s)
    monkeypatch.setattr(listwise, "_LONG", math.inf)
    direct, direct_grad = loss.value_and_grad(y, s)
    direct_curvature = loss.curvature(y, s)
    assert value == pytest.approx(direct, rel=1e-13)
    np.testing.assert_allclose(curvature, direct_curvature, rtol=0, atol=1e-12 * direct_curvature.max())
    assert not np.array_equal(grad, direct_grad)  # they are two ways
    np.testing.assert_allclose(grad, direct_grad, rtol=0, atol=1e-12 * np.abs(direct_grad).max())


@pytest.mark.parametrize("temperature", [1e-300, 1e-100, 1e-15, 1e300])
def test_long_lists_at_any_temperature(monkeypatch, temperature):
    """At the lowest it is NDCG itself; at the highest all ranks are the same."""
    s, y = np.linspace(0, 1, 1100), np.arange(1100) % 3
    loss = ApproxNDCG(temperature=temperature)
    value, grad = loss.value_and_grad(y, s)
    monkeypatch.setattr(listwise, "_LONG", math.inf)
    assert value == pytest.approx(loss.value(y, s), rel=1e-13)
    assert not np.isnan(grad).any()


@each_loss
def test_a_list_of_several_tiles_is_the_sum_of_its_pairs(loss):
    """600 items are more than a tile of pairs holds; with one relevant item the sums are easy to write down."""
    n, k = 600, 250
    s = np.linspace(3, -3, n)[np.random.default_rng(0).permutation(n)]
    y = (np.arange(n) == k).astype(float)
    rank = 1 + np.count_nonzero(s > s[k])
    others = np.delete(np.arange(n), k)
    if isinstance(loss, ApproxNDCG):
        rho = 1 + math.fsum(1 / (1 + np.exp((s[k] - s[others]) / loss.temperature)))
        wanted = 1 - 1 / math.log2(1 + rho)
    elif isinstance(loss, LambdaRank):

        def d(rank):
            return 1 / math.log2(1 + rank) if rank <= (loss.truncation or n) else 0.0

        ranks = 1 + np.argsort(np.argsort(-s))
        wanted = math.fsum(
            abs(d(rank) - d(ranks[j])) * math.log1p(math.exp(-loss.sigma * (s[k] - s[j]))) for j in others
        )
    elif isinstance(loss, ListMLE):
        order = [k, *others]
        wanted = math.fsum(math.log(math.fsum(np.exp(s[order[i:]]))) - s[order[i]] for i in range(n))
    else:
        scaled = s / loss.temperature
        t = np.exp(y / loss.temperature)
        wanted = math.log(math.fsum(np.exp(scaled))) - math.fsum(t * scaled) / math.fsum(t)
    assert loss.value(y, s) == pytest.approx(wanted, rel=1e-13)


@each_loss
def test_many_short_queries_are_evaluated_together(loss):
    """20 000 queries, of 1 to 9 items in any order, take less than 30 microseconds each, also on a busy machine."""
    rng = np.random.default_rng(0)
    qid = rng.permutation(np.repeat(np.arange(20_000), rng.integers(1, 10, 20_000)))
    y, s = rng.integers(0, 4, len(qid)), rng.standard_normal(len(qid))
    start = time.process_time()
    value, _ = loss.value_and_grad(y, s, qid=qid)
    assert time.process_time() - start < 0.6
    assert np.isfinite(value)
    mine = replace(loss, reduction="none")
    each = mine.value(y, s, qid=qid)
    for place, query in list(enumerate(dict.fromkeys(qid.tolist())))[:50]:
        items = qid == query
        np.testing.assert_allclose(each[place], mine.value(y[items], s[items])[0], rtol=1e-13, atol=1e-15)


@pytest.mark.parametrize("loss", [ListNet(), ListMLE(), ApproxNDCG(), LambdaRank(truncation=50)], ids=repr)
@pytest.mark.parametrize("length", [500, 100_000])
def test_memory_is_proportional_to_the_items(loss, length):
    n = 100_000
    rng = np.random.default_rng(0)
    y, s, qid = rng.integers(0, 4, n), rng.standard_normal(n), np.arange(n) // length
    tracemalloc.start()
    loss.grad(y, s, qid=qid)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 160 * n + (16 << 20)


def test_own_hooks_get_lists_in_input_order_and_must_not_reduce():
    @dataclass(frozen=True, kw_only=True)
    class Own(ListwiseLoss):
        reduced: bool = False

        def formula(self, y, s):
            assert y.dtype == s.dtype == np.float64
            with pytest.raises(ValueError, match="read-only"):
                s[0] = 0
            return ((s - y) ** 2).sum() if self.reduced else ((s - y) ** 2).sum(axis=1)

        def derivative(self, y, s):
            return 2 * (s - y)

        def second_derivative(self, y, s):
            return np.zeros_like(s)

    y, s = np.array([[1, 0, 2], [0, 1, 0]]), np.array([[0.0, 1.0, 2.0], [np.nan, 1.0, 3.0]])
    loss = Own(reduction="none")
    np.testing.assert_array_equal(loss.value(y, s), [2, np.nan])
    np.testing.assert_array_equal(loss.grad(y, s), [[-2, 2, 0], [np.nan] * 3])
    assert (loss.curvature(y, s)[0] == np.finfo(float).eps).all()
    with pytest.raises(ValueError, match=r"^formula returned an array of shape \(\) for samples of shape \(2,\)"):
        Own(reduced=True).value(y, s)
