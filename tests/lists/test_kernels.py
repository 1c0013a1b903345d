"""Each kernel over lists agrees with its formula, written out pair by pair, whatever the scores."""

from decimal import Decimal

import numpy as np
import pytest

import exact_lists as exact
from exact_lists import DTYPES, KINDS, LENGTH, score_rows
from losses._lists.draws import listmle
from losses._lists.lambdas import lambdarank
from losses._lists.ndcg import approx_ndcg
from losses._lists.rows import falling
from losses._lists.softmaxes import listnet as listnet_of_runs
from losses._maths.exponentials import least_curvature

INF, NAN = float("inf"), float("nan")
each_kind = pytest.mark.parametrize("kind", KINDS)
each_dtype = pytest.mark.parametrize("dtype", DTYPES, ids=lambda dtype: dtype.__name__)


def grades(dtype, real=False, rows=5):
    rng = np.random.default_rng(5)
    y = rng.gamma(2, size=(rows, LENGTH)) if real else rng.integers(0, 5, size=(rows, LENGTH)).astype(float)
    y[:, 0], y[:, 1] = 0, 3
    return y.astype(dtype)


def listnet(y, s, temperature, orders):
    """Call the kernel, which takes lists of any lengths one after the other, with rows."""
    lengths = np.full(len(s), s.shape[1])
    results = listnet_of_runs(y.ravel(), s.ravel(), lengths, temperature, orders)
    return tuple(result.reshape(s.shape) if order else result for order, result in zip(orders, results, strict=True))


def compare(results, references, orders, scale=1.0, allowed=8):
    """Check each result against its exact value, within `allowed` eps of the size given with it."""
    dtype = results[-1].dtype
    eps, tiny, largest = (Decimal(float(getattr(np.finfo(dtype), name))) for name in ("eps", "tiny", "max"))
    for q, (values, sizes) in enumerate(references):
        for order, result in zip(orders, results, strict=True):
            wanted, size = ((x[order] if order else [x[order]]) for x in (values, sizes))
            for a, b, c in zip(np.atleast_1d(result[q]), wanted, size, strict=True):
                if order == 3:
                    b = max(b, Decimal(float(dtype.type(least_curvature(dtype, scale)))))
                if abs(b) > largest:
                    assert np.isinf(a) or b < largest * Decimal("1.01")
                    continue
                error = abs(Decimal(float(a)) - b) / eps
                assert error <= allowed * max(c, LENGTH * tiny / eps), (order, q, a, b)


@each_dtype
@each_kind
@pytest.mark.parametrize("temperature", [1.0, 0.7])
def test_listnet(kind, dtype, temperature):
    y, s, orders = grades(dtype), score_rows(kind, dtype), (0, 1, 2, 3)
    references = [exact.listnet(a, b, temperature) for a, b in zip(y, s, strict=True)]
    compare(listnet(y, s, temperature, orders), references, orders, 1 / temperature)


@each_dtype
@each_kind
def test_listmle(kind, dtype):
    s, orders = score_rows(kind, dtype), (0, 1, 2, 3)
    found = listmle(s, orders)
    compare(found, [exact.listmle(row) for row in s], orders)
    assert (found[2] >= 0).all()


@each_dtype
@each_kind
@pytest.mark.parametrize(("sigma", "truncation"), [(1.0, None), (0.3, 3), (2.0, 1), (1.0, 99)])
def test_lambdarank(kind, dtype, sigma, truncation):
    y, s, orders = grades(dtype, real=sigma == 2), score_rows(kind, dtype), (0, 1, 2, 3)
    references = [exact.lambdarank(a, b, sigma, truncation) for a, b in zip(y, s, strict=True)]
    compare(lambdarank(y, s, sigma, truncation, orders), references, orders, sigma)


@each_dtype
@each_kind
@pytest.mark.parametrize("temperature", [0.1, 1.0])
def test_approx_ndcg(kind, dtype, temperature):
    y, s, orders = grades(dtype), score_rows(kind, dtype), (0, 1, 3)
    references = [exact.approx_ndcg(a, b, temperature) for a, b in zip(y, s, strict=True)]
    compare(approx_ndcg(y, s, temperature, orders), references, orders, 1 / temperature)


# -------------------------------------------------------------------------------------------------------- special lists


@pytest.mark.parametrize(
    ("s", "loss", "grad"),
    [
        ([0.0, 0.0, -INF], np.log(2), [-0.5, 0.5, 0]),
        ([0.0, -INF, 0.0], INF, [-0.5, -1, 1.5]),
        ([-INF, 0.0, 0.0], INF, [-1, 0, 1]),
        ([0.0, -INF, -INF], NAN, None),
        ([0.0, INF, 1.0], NAN, None),
        ([0.0, NAN, 1.0], NAN, None),
        ([-INF, -INF, 0.0], INF, [-1, -1, 2]),
    ],
)
def test_listmle_of_infinite_scores(s, loss, grad):
    losses, slopes, hess, curvature = listmle(np.array([s, [0.0, 0.0, 0.0]]), (0, 1, 2, 3))
    np.testing.assert_allclose(losses, [loss, np.log(6)])
    np.testing.assert_allclose(slopes[0], [NAN] * 3 if grad is None else grad, atol=1e-15)
    assert np.isnan(hess[0]).all() == np.isnan(curvature[0]).all() == (grad is None)
    assert np.isfinite(slopes[1]).all()


@pytest.mark.parametrize(
    ("y", "s", "loss", "grad"),
    [
        ([1.0, 1.0, -INF], [0.0, 0.0, -INF], np.log(2), [0, 0, 0]),
        ([1.0, 1.0, -INF], [0.0, 0.0, 0.0], np.log(3), [-1 / 6, -1 / 6, 1 / 3]),
        ([1.0, 1.0, 1.0], [0.0, 0.0, -INF], INF, [1 / 6, 1 / 6, -1 / 3]),
        ([1.0, 1.0, 1.0], [-INF] * 3, NAN, None),
        ([1.0, 1.0, 1.0], [0.0, INF, 0.0], NAN, None),
        ([1.0, 1.0, 1.0], [0.0, NAN, 0.0], NAN, None),
        ([1.0, INF, 1.0], [0.0, 0.0, 0.0], NAN, None),
    ],
)
def test_listnet_of_infinite_scores(y, s, loss, grad):
    rows = (np.array([y, [0.0] * 3]), np.array([s, [0.0] * 3]))
    losses, slopes, hess, curvature = listnet(*rows, 1.0, (0, 1, 2, 3))
    np.testing.assert_allclose(losses, [loss, np.log(3)])
    np.testing.assert_allclose(slopes[0], [NAN] * 3 if grad is None else grad, atol=1e-15)
    assert grad is None or (np.isfinite(hess).all() and (curvature > 0).all())


def test_lambdarank_of_infinite_scores():
    y = np.array([[2.0, 1.0, 0.0, 0.0]] * 5)
    s = np.array([[INF, 0, -INF, -INF], [-INF, 0, 1, 2], [INF, INF, 0, 0], [NAN, 0, 0, 0], [0, 1, INF, INF]])
    losses, *derivatives = lambdarank(y, s, 1.0, None, (0, 1, 2, 3))
    np.testing.assert_array_equal(losses, [0, INF, NAN, NAN, INF])
    np.testing.assert_array_equal(derivatives[0][0], [0] * 4)
    for result in derivatives:
        np.testing.assert_array_equal(np.isnan(result), [[k in (2, 3)] * 4 for k in range(5)])
    _, grad = lambdarank(y, s, 1.0, 1, (0, 1))
    assert np.isfinite(grad[[0, 1, 4]]).all()


def test_approx_ndcg_of_unranked_items():
    """They come last, as tied items far below would, and have no gradient."""
    y = np.array([[3.0, 1.0, 0.0, 2.0]] * 5)
    s = np.array([[0.3, -INF, 0.1, -INF], [-INF] * 4, [INF, 0, 0.1, -INF], [INF, INF, 0, 0], [0, NAN, 0, 0]])
    losses, grad, curvature = approx_ndcg(y, s, 0.1, (0, 1, 3))
    np.testing.assert_array_equal(np.isnan(losses), [0, 0, 0, 1, 1])
    np.testing.assert_array_equal(np.isnan(grad), [[k > 2] * 4 for k in range(5)])
    np.testing.assert_array_equal(grad[s == -INF], 0)
    assert (curvature[:3] > 0).all()
    for m in (4, 20, 300):  # an infinite score is never compared with itself
        scores = np.zeros((1, m))
        scores[0, m // 2] = INF
        for result in approx_ndcg(np.arange(m, 0.0, -1)[np.newaxis] % 5, scores, 0.1, (0, 1, 3)):
            assert np.isfinite(result).all()
    (far,) = approx_ndcg(y[:1], np.where(s[:1] == -INF, -1e6, s[:1]), 0.1, (0,))
    np.testing.assert_allclose(losses[:1], far, rtol=1e-15)


# ------------------------------------------------------------------------------------------------------ all the kernels

KERNELS = {
    "listnet": lambda y, s, orders: listnet(y, s, 0.7, orders),
    "listmle": lambda y, s, orders: listmle(s, orders),
    "lambdarank": lambda y, s, orders: lambdarank(y, s, 0.3, None, orders),
    "lambdarank@30": lambda y, s, orders: lambdarank(y, s, 1.0, 30, orders),
    "approx_ndcg": lambda y, s, orders: approx_ndcg(y, s, 0.1, orders),
}
each_kernel = pytest.mark.parametrize("name", KERNELS)


def orders_of(name):
    return (0, 1, 3) if name == "approx_ndcg" else (0, 1, 2, 3)


@each_kernel
@each_dtype
@pytest.mark.parametrize("shape", [(300, 20), (30, 100), (3, 700)])
def test_agrees_with_longdouble(name, shape, dtype):
    """By the largest entry of the list, but for those of which all entries are small."""
    rng = np.random.default_rng(1)
    y, s = rng.integers(0, 5, shape).astype(dtype), rng.normal(size=shape).astype(dtype)
    y[:, 0] = 4
    orders = orders_of(name)
    found = KERNELS[name](y, s, orders)
    wanted = KERNELS[name](y.astype(np.longdouble), s.astype(np.longdouble), orders)
    for order, a, b in zip(orders, found, wanted, strict=True):
        assert a.dtype == dtype
        size = np.maximum(1, np.abs(b)) if order == 0 else np.maximum(np.abs(b).max(axis=1, keepdims=True), 0.01)
        if order == 3:
            b = np.maximum(b, least_curvature(dtype, {"approx_ndcg": 10, "listnet": 1 / 0.7}.get(name, 0.3)))
        assert float((np.abs(a - b) / size).max() / np.finfo(dtype).eps) <= 32


@each_kernel
@pytest.mark.parametrize("shape", [(20, 30), (40, 9), (5, 300), (150, 70)])
def test_results_depend_on_the_list_alone(name, shape):
    """On no other list, whatever that holds, and not on what else is asked for."""
    rng = np.random.default_rng(2)
    y, s = rng.integers(0, 5, shape).astype(float), rng.normal(size=shape)
    s[3] *= 1e5
    orders = orders_of(name)
    together = KERNELS[name](y, s, orders)
    before = y.copy(), s.copy()
    for order, result in zip(orders, together, strict=True):
        np.testing.assert_array_equal(KERNELS[name](y, s, (order,))[0], result)
    for result, other in zip(together, KERNELS[name](y, s, orders[::-1])[::-1], strict=True):
        np.testing.assert_array_equal(result, other)
    np.testing.assert_array_equal(before, (y, s))
    for part in (slice(0, 1), slice(3, 4), slice(2, 5)):
        for result, whole in zip(KERNELS[name](y[part], s[part], orders), together, strict=True):
            np.testing.assert_array_equal(result, whole[part])
    s[0], y[1], s[1, :2], s[2] = NAN, 4 - y[1], (-INF, INF), 1e300 * s[2]
    for result, whole in zip(KERNELS[name](y, s, orders), together, strict=True):
        np.testing.assert_array_equal(result[3:], whole[3:])


def test_lists_of_any_lengths_lie_one_after_the_other():
    rng = np.random.default_rng(6)
    lengths = np.array([2, 300, 1, 7, 150])
    y, s = rng.integers(0, 5, lengths.sum()).astype(float), rng.normal(size=lengths.sum())
    s[2:302] += 1e5
    for temperature in (1.0, 0.7):
        losses, *slopes = listnet_of_runs(y, s, lengths, temperature, (0, 1, 2, 3))
        for k, stop in enumerate(np.cumsum(lengths)):
            part = slice(stop - lengths[k], stop)
            loss, *alone = listnet_of_runs(y[part], s[part], lengths[k : k + 1], temperature, (0, 1, 2, 3))
            np.testing.assert_array_equal(losses[k], loss[0])
            for slope, own in zip(slopes, alone, strict=True):
                np.testing.assert_array_equal(slope[part], own)


@each_kernel
def test_finite_differences(name):
    """The gradient from values and the Hessian from gradients, and the curvature of ApproxNDCG above it."""
    rng = np.random.default_rng(3)
    y, s = rng.integers(0, 4, (10, 8)).astype(np.longdouble), rng.normal(size=(10, 8)).astype(np.longdouble)
    y[:, 0] = 3
    grad, second = KERNELS[name](y, s, (1, 3))
    step = np.longdouble(1e-6)
    for k in range(8):
        up, down = s.copy(), s.copy()
        up[:, k] += step
        down[:, k] -= step
        (v1, g1), (v0, g0) = KERNELS[name](y, up, (0, 1)), KERNELS[name](y, down, (0, 1))
        np.testing.assert_allclose(((v1 - v0) / (2 * step)).astype(float), grad[:, k].astype(float), atol=1e-9)
        slope = ((g1 - g0)[:, k] / (2 * step)).astype(float)
        if name == "approx_ndcg":
            assert (slope <= second[:, k] + 1e-8).all()
        else:
            np.testing.assert_allclose(slope, second[:, k].astype(float), atol=1e-9)


@each_kernel
def test_no_warnings(name):
    rng = np.random.default_rng(4)
    y, s = rng.integers(0, 4, (200, 8)).astype(float), rng.normal(size=(200, 8))
    s[rng.random(s.shape) < 0.1] = -INF
    s[rng.random(s.shape) < 0.02] = INF
    s[rng.random(s.shape) < 0.02] = NAN
    with np.errstate(over="ignore"):
        s[rng.random(s.shape) < 0.05] *= 1e308
    with np.errstate(all="raise"):
        KERNELS[name](y, s, orders_of(name))


@pytest.mark.parametrize("dtype", [bool, np.uint8, np.int64, np.float16, np.float32, np.float64, np.longdouble])
@pytest.mark.parametrize("scale", [1, 50, 0.3])
def test_falling_keeps_input_order_of_equals(dtype, scale):
    x = (scale * np.random.default_rng(0).integers(0, 5, (30, 40))).astype(dtype)
    expected = [sorted(range(40), key=lambda i, row=row: (-row[i], i)) for row in x.astype(float)]
    np.testing.assert_array_equal(falling(x), expected)


def test_falling_of_integers_that_floats_do_not_tell_apart():
    x = np.array([[2**62, 2**62 + 1, -(2**62)], [2**62 + 1, 2**62, 0]])
    np.testing.assert_array_equal(falling(x), [[1, 0, 2], [0, 1, 2]])
    np.testing.assert_array_equal(falling(x.astype(np.uint64)[1:]), [[0, 1, 2]])
