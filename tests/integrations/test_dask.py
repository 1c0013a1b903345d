"""Losses of dask arrays: equal to those of the same arrays in memory, also where they are larger than memory."""

import numpy as np
import pytest

from losses import DPO, MSE, BradleyTerry, Huber, LinearCrossEntropy, PairwiseLogistic
from registry import CASES, call, predictions

da = pytest.importorskip("dask.array", reason="Dask is optional")
import dask  # noqa: E402

from losses.integrations.dask import value, value_and_grad  # noqa: E402

N = 40
CHUNKS = (7, 1, 16, 10, 6)

SPLIT = [case for case in CASES if case.unit in ("element", "row", "list") and not case.loss.signature.shared]
"""The losses whose samples can be cut anywhere."""

GROUPED = [case for case in CASES if "qid" in case.arrays and case.unit in ("query", "stratum", "mixed")]


@pytest.fixture(autouse=True)
def synchronous():
    with dask.config.set(scheduler="synchronous"):
        yield


def in_chunks(problem, chunks=CHUNKS):
    """Return a problem's arrays as dask arrays."""
    return problem.map(lambda array: da.from_array(np.asarray(array), (chunks, *np.shape(array)[1:])))


def compare(loss, problem, **weight):
    """Check value and gradient of the arrays in chunks against those in memory."""
    expected, grads = call(loss, "value_and_grad", problem, **weight)
    eps = 16 * float(np.finfo(predictions(loss, problem)[0].dtype).eps)
    cut = in_chunks(problem)
    lazy = {name: da.from_array(array, (CHUNKS,)) for name, array in weight.items()}
    positional = loss.signature.positional
    arrays = [cut[name] for name in positional]
    named = {name: array for name, array in cut.arrays.items() if name not in positional} | lazy
    found, chunked = value_and_grad(loss, *arrays, **named)
    if not isinstance(grads, tuple):
        grads, chunked = (grads,), (chunked,)
    again, found, *arrays = dask.compute(value(loss, *arrays, **named), found, *chunked)
    assert again == found == pytest.approx(expected, rel=eps)
    for array, lazy, grad, prediction in zip(arrays, chunked, grads, predictions(loss, cut), strict=True):
        assert lazy.chunks == prediction.chunks
        assert lazy.dtype == array.dtype == grad.dtype
        np.testing.assert_allclose(array, grad, rtol=eps, atol=eps * np.abs(grad).max())


@pytest.mark.parametrize(("reduction", "dtype"), [("mean", np.float32), ("sum", np.float64)])
@pytest.mark.parametrize("case", SPLIT, ids=str)
def test_it_equals_the_loss_in_memory(case, reduction, dtype):
    weight = np.random.default_rng(0).integers(0, 4, N).astype(float)
    compare(case.with_reduction(reduction), case.typical(N, dtype), sample_weight=weight)


@pytest.mark.parametrize("case", SPLIT, ids=str)
def test_means_without_weights(case):
    compare(case.with_reduction("mean"), case.typical(N))


@pytest.mark.parametrize("reduction", ["mean", "sum"])
@pytest.mark.parametrize("case", GROUPED, ids=str)
def test_queries_stay_in_their_chunk(case, reduction):
    problem = case.typical(N)
    own = problem.replace(qid=np.repeat(np.arange(len(CHUNKS)), CHUNKS))
    compare(case.with_reduction(reduction), own)
    with pytest.raises(ValueError, match=r"both parts hold items of query '?\d"):
        compare(case.with_reduction(reduction), problem.replace(qid=np.arange(N) % 3))


def test_items_without_a_query_are_refused():
    y = da.arange(6, chunks=3)
    with pytest.raises(ValueError, match="one query without a qid"):
        float(value(PairwiseLogistic(), y, y * 1.0))


def test_terms_keep_their_denominators():
    rng = np.random.default_rng(0)
    y, p, qid = rng.integers(0, 3, 20), rng.normal(size=20), np.repeat([0, 1], 10)
    loss = 0.5 * MSE() + 2.0 * PairwiseLogistic()
    expected, grad = loss.value_and_grad(y, p, qid=qid)
    found, chunked = value_and_grad(loss, y, da.from_array(p, 10), qid=qid)
    assert float(found) == pytest.approx(expected, rel=1e-14)
    np.testing.assert_allclose(chunked, grad, rtol=1e-14)


def test_a_mean_of_nothing_is_that_of_the_loss():
    zeros, ones = da.zeros(4, chunks=2), np.ones(4)
    found, grad = value_and_grad(PairwiseLogistic(), zeros, zeros, qid=np.array([0, 0, 1, 1]))
    assert (float(found), grad.compute().tolist()) == (0.0, [0.0] * 4)
    with pytest.raises(ValueError, match="no sample of positive weight"):
        value_and_grad(MSE(), ones, zeros, sample_weight=0 * ones)


def test_two_predictions_and_numbers():
    chosen, rejected = da.from_array([1.0, 2.0, 0.0], 2), np.array([0.5, 3.0, 0.0])
    loss = BradleyTerry()
    expected = loss.grad(chosen.compute(), rejected, margin=np.full(3, 0.5))
    found = value_and_grad(loss, chosen, rejected, margin=np.full(3, 0.5))[1]
    for array, grad in zip(found, expected, strict=True):
        assert array.chunks == ((2, 1),)
        np.testing.assert_allclose(array, grad, rtol=1e-15)


def test_chunks_of_unknown_length():
    rng = np.random.default_rng(0)
    y, p, keep = rng.normal(size=20), rng.normal(size=20), rng.random(20) < 0.6
    lazy = [da.from_array(array, 6) for array in (y, p, keep)]
    found, grad = value_and_grad(Huber(), lazy[0][lazy[2]], lazy[1][lazy[2]])
    assert np.isnan(grad.chunks[0]).all()
    expected, slopes = Huber().value_and_grad(y[keep], p[keep])
    assert float(found) == pytest.approx(expected, rel=1e-14)
    np.testing.assert_allclose(grad.compute(), slopes, rtol=1e-14)


def test_only_the_first_pass_of_a_mean_is_made_at_once():
    calls = []

    def make(block):
        calls.append(len(block))
        return block

    p = da.zeros(6, chunks=2).map_blocks(make, meta=np.empty(0))
    y = np.ones(6)
    found, grad = value_and_grad(MSE(reduction="sum"), y, p)
    assert calls == []
    dask.compute(found, grad)
    assert calls == [2, 2, 2]
    grad = value_and_grad(MSE(), y, p)[1]
    assert len(calls) == 6
    grad.compute()
    assert len(calls) == 9
    value(MSE(), y, p)
    assert len(calls) == 9


def test_what_cannot_be_is_refused():
    y = da.ones((4, 4), chunks=(2, 2))
    with pytest.raises(ValueError, match=r"y_true is cut along other axes.*y_true\.rechunk\(\{1: -1\}\)"):
        value(MSE(), y, y.rechunk({1: -1}))
    whole = y.rechunk({1: -1})
    with pytest.raises(ValueError, match=r"y_true has 3 samples, but there are 4 predictions"):
        value(MSE(), whole[:3], whole)
    with pytest.raises(ValueError, match=r"sample_weight has 5 samples"):
        value(MSE(), whole, whole, sample_weight=np.ones(5))
    with pytest.raises(ValueError, match=r"y_true has shape \(2, 3\) but y_pred has shape \(2, 4\)"):
        float(value(MSE(), whole[:, :3].rechunk({1: -1}), whole))
    with pytest.raises(TypeError, match=r"y_pred must be a dask array, got ndarray; see dask\.array\.from_array"):
        value(MSE(), whole, np.ones((4, 4)))
    with pytest.raises(TypeError, match=r"chosen must be a dask array, got list"):
        value_and_grad(DPO(), [1.0], [1.0], ref_chosen=[1.0], ref_rejected=[1.0])
    with pytest.raises(ValueError, match=r'take a loss with reduction="mean" or "sum", not "none"'):
        value(MSE(reduction="none"), whole, whole)
    with pytest.raises(TypeError, match=r"loss must be a loss such as"):
        value(MSE, whole, whole)
    with pytest.raises(TypeError, match=r"'qid' is not an argument of value"):
        value(MSE(), whole, whole, qid=whole)


MEMORY = "512MB"
SAMPLES, PIECES, DIFFERENT = 72_000_000, 36, 3
"""1.15 GB of targets and features in 36 pieces, three of which differ; each is made in the process that it is for."""


def piece(number):
    """Return a piece of the data: two columns of numbers that are uniform in [−1, 1)."""
    return np.random.default_rng(number % DIFFERENT).random((SAMPLES // PIECES, 2)) * 2 - 1


def make_piece(block, block_info=None):
    return piece(block_info[0]["chunk-location"][0])


def test_data_larger_than_the_memory_of_a_cluster():
    """Value, gradient of the coefficient and a chunk of the gradient are those of the pieces one after another."""
    distributed = pytest.importorskip("dask.distributed", reason="dask.distributed is optional")
    loss, slope = Huber(delta=0.5), 0.75
    parts, along = [], 0.0
    for number in range(DIFFERENT):
        y, x = piece(number).T
        part, grad = loss.partial_and_grad(y, slope * x)
        parts.append(part)
        along += x @ grad
    nowhere_else = {"distributed.worker.memory.target": False, "distributed.worker.memory.spill": False}
    with (
        dask.config.set(nowhere_else, scheduler=None),
        distributed.LocalCluster(2, threads_per_worker=1, memory_limit=MEMORY, dashboard_address=None) as cluster,
        distributed.Client(cluster),
    ):
        data = da.empty((SAMPLES, 2), chunks=(SAMPLES // PIECES, 2)).map_blocks(make_piece, dtype=float)
        assert data.nbytes > 1.1 * 2 * dask.utils.parse_bytes(MEMORY)
        y, x = data[:, 0], data[:, 1]
        found, chunked = value_and_grad(loss, y, slope * x)
        total, last = dask.compute(x @ chunked, chunked.blocks[-1])
        assert float(found) == pytest.approx(sum(parts).result(), rel=1e-14)
    assert total == pytest.approx(along / SAMPLES * (PIECES / DIFFERENT), rel=1e-12)
    np.testing.assert_allclose(last, grad / SAMPLES, rtol=1e-14)


def test_arrays_of_no_sample_are_refused():
    ids, hidden, weight = np.array([0, 1]), da.ones((2, 3), chunks=1), np.ones((4, 3))
    with pytest.raises(NotImplementedError, match="belong to no sample, weight and bias"):
        value(LinearCrossEntropy(), ids, hidden, weight)
