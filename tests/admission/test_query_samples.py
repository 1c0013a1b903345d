"""Admission of relevance and query ids (sections 5 and 9 of the contract)."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from losses import PairwiseHinge, PairwiseLogistic
from losses._admission.queries import RELEVANCE, QuerySamples, order_of, query_numbers

RANKING = [PairwiseHinge(reduction="sum"), PairwiseLogistic(reduction="sum")]
each_loss = pytest.mark.parametrize("loss", RANKING, ids=repr)
items = st.lists(st.tuples(st.integers(-2, 2), st.integers(0, 3), st.sampled_from([0.0, 0.5, 1.0])), max_size=12)


def admitted(y_true, y_pred, qid=None, sample_weight=None) -> QuerySamples:
    return QuerySamples({"y_true": y_true, "y_pred": y_pred, "qid": qid}, sample_weight, True, RELEVANCE)


@given(items=items, weighted=st.booleans())
def test_items_are_sorted_by_query_then_relevance_then_place(items, weighted):
    n = len(items)
    relevance, qid, weight = (np.array([item[k] for item in items], dtype) for k, dtype in enumerate("did"))
    samples = admitted(relevance, np.arange(n), qid, weight if weighted else None)
    queries = list(dict.fromkeys(qid.tolist()))  # in order of first appearance
    kept = [i for i in range(n) if weight[i] or not weighted]
    expected = sorted(kept, key=lambda i: (queries.index(qid[i]), relevance[i], i))
    assert samples.shape == (len(queries),)
    assert samples.order.tolist() == expected
    assert samples.scores().tolist() == expected
    assert samples.relevance().tolist() == relevance[expected].tolist()
    assert np.diff(samples.bounds).tolist() == [sum(qid[i] == query for i in kept) for query in queries]
    if weighted:
        assert samples.item_weight is None or samples.item_weight.tolist() == weight[expected].tolist()
    levels = samples.levels()
    for start, stop in zip(samples.bounds[:-1], samples.bounds[1:], strict=True):
        inside = slice(start, stop)
        np.testing.assert_array_equal(np.diff(levels[inside]) > 0, np.diff(samples.relevance()[inside]) > 0)


KINDS_OF_QID = {
    "int8": lambda q: q.astype(np.int8),
    "uint64": lambda q: q.astype(np.uint64) + np.uint64(2**63),
    "byte-swapped": lambda q: q.astype(">i4"),
    "list": lambda q: q.tolist(),
    "strings": lambda q: np.char.mod("query %d", q),
    "bytes": lambda q: np.char.mod("%d", q).astype("S"),
    "new strings": lambda q: np.char.mod("%d", q).astype(np.dtypes.StringDType()),
    "object strings": lambda q: np.char.mod("%d", q).astype(object),
    "list of strings": lambda q: [f"query {k}" for k in q],
    "strided": lambda q: np.repeat(q, 2)[::2],
}


@each_loss
@pytest.mark.parametrize("kind", KINDS_OF_QID)
@pytest.mark.parametrize("in_order", [False, True])
def test_query_ids_may_be_integers_or_strings(loss, kind, in_order):
    rng = np.random.default_rng(0)
    qid = rng.integers(0, 5, 40)
    qid = np.sort(qid) if in_order else qid
    y_true, y_pred = rng.integers(0, 3, 40), rng.normal(size=40)
    each = type(loss)(reduction="none")
    np.testing.assert_array_equal(
        each.value(y_true, y_pred, qid=KINDS_OF_QID[kind](qid)), each.value(y_true, y_pred, qid=qid)
    )


@each_loss
def test_query_ids_may_be_bools_and_pandas_columns(loss):
    y_true, y_pred, qid = [0, 1, 2, 0], [0.5, 0.25, 1.0, 2.0], [True, False, True, False]
    expected = loss.value(y_true, y_pred, qid=[1, 0, 1, 0])
    assert loss.value(y_true, y_pred, qid=qid) == expected
    pandas = pytest.importorskip("pandas")
    for column in (pandas.Series(["b", "a", "b", "a"]), pandas.Series(["b", "a", "b", "a"], dtype="category")):
        assert loss.value(y_true, y_pred, qid=column) == expected


@each_loss
def test_large_query_ids_are_told_apart(loss):
    ids = np.array([2**53, 2**53 + 1, 2**53, 2**53 + 1])
    assert loss.value([0, 1, 1, 0], [1.0, 2.0, 3.0, 4.0], qid=ids) == loss.value(
        [0, 1, 1, 0], [1.0, 2.0, 3.0, 4.0], qid=[0, 1, 0, 1]
    )


@each_loss
@pytest.mark.parametrize(
    ("qid", "says"),
    [
        ([0.0, 1.0], "float64.*np.unique"),
        (np.zeros(0), "float64"),
        ([1j, 2], "complex128"),
        (np.array(["2026-01-01"] * 2, "M8[D]"), "datetime64"),
        (np.ma.array([1, 2]), "masked array"),
        ([np.ma.masked, 2], "masked array"),
        (np.array([1, 2], object), r"\[0\] is 1, .*strings"),
        (["a", None], r"\[1\] is None, .*strings"),
    ],
)
def test_other_kinds_of_query_ids_are_refused(loss, qid, says):
    n = len(qid)
    with pytest.raises(TypeError, match=rf"^qid.*{says}"):
        loss.value(np.zeros(n), np.zeros(n), qid=qid)


@each_loss
def test_query_ids_must_be_one_for_each_item(loss):
    y = np.arange(4.0)
    for qid in ([0, 0, 1], np.zeros((2, 2), int), 0):
        with pytest.raises(ValueError, match=r"^qid has shape .* but y_pred has shape \(4,\)"):
            loss.value(y, y, qid=qid)
    with pytest.raises(ValueError, match=r"use np\.ravel\(qid\)"):
        loss.value(y, y, qid=np.zeros((4, 1), int))
    with pytest.raises(ValueError, match=r"^qid can't be made an array"):
        loss.value(y, y, qid=[[1], [2, 3], [4], [5]])
    with pytest.raises(ValueError, match="qid must be None where y_pred has two axes"):
        loss.value(y.reshape(2, 2), y.reshape(2, 2), qid=[0, 1])


@each_loss
def test_nothing_and_a_single_item_are_rankings_without_pairs(loss):
    mean = type(loss)()
    for arguments in ({"qid": None}, {"qid": []}, {"qid": np.zeros(0, int)}):
        assert mean.value([], [], **arguments) == 0.0
        assert mean.grad([], [], **arguments).shape == (0,)
    assert mean.value(1.0, 2.0) == mean.value(1.0, 2.0, qid=7) == 0.0
    assert mean.grad(1.0, 2.0, qid="a").shape == ()
    assert type(loss)(reduction="none").value(np.zeros((0, 5)), np.zeros((0, 5))).shape == (0,)
    assert type(loss)(reduction="none").value(np.zeros((5, 0)), np.zeros((5, 0))).tolist() == [0.0] * 5


@each_loss
def test_shapes_that_are_no_rankings_are_refused(loss):
    with pytest.raises(ValueError, match=r"\(4, 1\): 4 queries of one item each.*np\.ravel"):
        loss.value(np.zeros((4, 1)), np.zeros((4, 1)))
    assert loss.value(np.zeros((1, 1)), np.zeros((1, 1))) == 0
    with pytest.raises(ValueError, match=r"\(2, 2, 2\), but ranked items have one axis, or two"):
        loss.value(np.zeros((2, 2, 2)), np.zeros((2, 2, 2)))


@each_loss
@pytest.mark.parametrize("shape", [(5,), (2, 3)], ids=str)
def test_a_relevance_of_nan_is_refused_unless_left_out(loss, shape):
    relevance, weight = np.zeros(shape), np.ones(shape)
    last = tuple(n - 1 for n in shape)
    relevance[last] = np.nan
    with pytest.raises(ValueError, match=r"is nan, but a relevance must be a number; .*sample_weight of 0$") as caught:
        loss.value(relevance, np.zeros(shape))
    assert str(caught.value).startswith(f"y_true[{', '.join(map(str, last))}]")
    weight[last] = 0
    assert loss.value(relevance, np.zeros(shape), sample_weight=weight) == 0


@each_loss
def test_relevance_is_compared_before_any_conversion(loss):
    close = [2**53, 2**53 + 1]
    scores = np.array([1.0, 0.0], np.float32)
    assert loss.value(np.array(close), scores) == loss.value([0, 1], scores)
    assert loss.value(np.array([2**64 - 2, 2**64 - 1], np.uint64), scores) == loss.value([0, 1], scores)
    assert loss.value([-np.inf, np.inf], scores) == loss.value([0, 1], scores)
    assert loss.value([-0.0, 0.0], scores) == 0


@each_loss
def test_weights_of_two_axes_are_of_items_and_of_one_axis_of_queries(loss):
    rng = np.random.default_rng(0)
    y_true, y_pred = rng.integers(0, 3, (3, 5)), rng.normal(size=(3, 5))
    query_weight = np.array([2.0, 0.0, 0.5])
    each = type(loss)(reduction="none")
    plain = each.value(y_true, y_pred)
    np.testing.assert_allclose(each.value(y_true, y_pred, sample_weight=query_weight), query_weight * plain)
    as_items = np.broadcast_to(query_weight[:, np.newaxis], (3, 5))
    np.testing.assert_allclose(each.value(y_true, y_pred, sample_weight=as_items), query_weight**2 * plain)


@pytest.mark.parametrize("highest", [1, 300, 1 << 16, (1 << 16) + 1, 1 << 33])
def test_small_integers_are_ordered_by_digits_as_by_a_stable_sort(highest):
    numbers = np.random.default_rng(0).integers(0, highest, 3_000)
    np.testing.assert_array_equal(order_of(numbers), np.argsort(numbers, kind="stable"))


@pytest.mark.parametrize("dtype", ["i1", "u1", "i2", "i8", "u8", "U3", "?"])
@pytest.mark.parametrize("spread", [1, 3, 100])
def test_queries_are_numbered_in_order_of_first_appearance(dtype, spread):
    ids = (np.random.default_rng(1).integers(-spread, spread, 90) * (dtype != "u8")).astype(dtype)
    if dtype == "u8":
        ids = np.iinfo(np.uint64).max - np.random.default_rng(1).integers(0, spread, 90).astype("u8")
    numbers: dict = {}
    expected = [numbers.setdefault(entry, len(numbers)) for entry in ids.tolist()]
    found, count = query_numbers(ids)
    assert (found.tolist(), count) == (expected, len(numbers))
