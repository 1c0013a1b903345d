"""Partial sums: whatever the split, the merged result is that of the whole."""

import pickle

import numpy as np
import pytest
from hypothesis import strategies as st

from losses import MAE, MSE, BinaryCrossEntropy, CategoricalCrossEntropy, InfoNCE, PairwiseLogistic
from own_losses import ALL
from problems import assert_close, flatten, over, some_weights
from registry import call, of_samples, seeds

each_case = pytest.mark.parametrize("case", ALL, ids=str)


def groups(case, problem, cut):
    """Return the indices of two parts of a problem; queries stay whole."""
    if "qid" in problem.arrays:
        return np.flatnonzero(problem["qid"] < 1), np.flatnonzero(problem["qid"] >= 1)
    return np.arange(cut), np.arange(cut, len(problem))


@over(ALL, n=st.integers(2, 6), seed=seeds)
def test_any_split_gives_the_whole(case, n, seed):
    rng = np.random.default_rng(seed)
    problem, weight = case.problem(rng, n, flat=True), some_weights(rng, n)
    if (case.subject.items and "qid" not in problem.arrays) or case.unit == "anchor":  # which can't be split
        return
    loss = case.with_reduction(str(rng.choice(["mean", "sum"])))
    parts, grads = [], []
    for indices in groups(case, problem, rng.integers(1, n)):
        part, grad = call(loss, "partial_and_grad", problem.take(indices), sample_weight=weight[indices])
        parts.append(pickle.loads(pickle.dumps(part)))
        grads.append((indices, flatten(grad)))
        assert part == call(loss, "partial", problem.take(indices), sample_weight=weight[indices])
    merged = sum(parts)
    assert merged == parts[1] + parts[0]
    assert_close(merged.result(), call(loss, "value", problem, sample_weight=weight), np.float64)
    if len(case.loss.terms) > 1 and case.unit == "mixed":
        with pytest.raises(ValueError, match="denominators of their own"):
            _ = merged.denominator
        return
    divisor = (merged.denominator or 1.0) if loss.reduction == "mean" else 1.0
    belong = of_samples(loss, problem, "grad")
    for k, expected in enumerate(flatten(call(loss, "grad", problem, sample_weight=weight))):
        if not belong[k]:
            assert_close(sum(arrays[k] for _, arrays in grads) / divisor, expected, np.float64)
            continue
        for indices, arrays in grads:
            assert_close(arrays[k] / divisor, expected[indices], np.float64)


def test_gradient_accumulation_over_micro_batches_with_padding():
    """Tokens that are ignored, in batches of different lengths: the mean of the batches' means is another number."""
    rng = np.random.default_rng(0)
    ids, logits = rng.integers(0, 5, (4, 30)), rng.normal(size=(4, 30, 5))
    for row, length in enumerate((30, 3, 17, 1)):
        ids[row, length:] = -100
    loss = CategoricalCrossEntropy(from_logits=True, ignore_index=-100)
    parts, grads = zip(*(loss.partial_and_grad(ids[k], logits[k]) for k in range(4)), strict=True)
    whole, gradient = loss.value_and_grad(ids, logits)
    merged = sum(parts)
    assert merged.result() == pytest.approx(whole, rel=1e-15)
    np.testing.assert_allclose(np.stack(grads) / merged.denominator, gradient, rtol=1e-14, atol=1e-17)
    mean_of_means = np.mean([loss.value(ids[k], logits[k]) for k in range(4)])
    assert abs(mean_of_means - whole) > 0.01


@pytest.mark.parametrize("scale", [1e-300, 1.0, 1e300])
def test_merging_is_exact_for_weights_of_any_size(scale):
    rng = np.random.default_rng(1)
    y, p, w = rng.normal(size=60), rng.normal(size=60), rng.uniform(1, 2, 60) * scale
    w[::3] *= 1e-200 if scale == 1e300 else 1e200
    parts = [MSE().partial(y[k : k + 6], p[k : k + 6], sample_weight=w[k : k + 6]) for k in range(0, 60, 6)]
    forward, backward = sum(parts), sum(reversed(parts))
    assert forward == backward
    assert forward.result() == pytest.approx(MSE().value(y, p, sample_weight=w), rel=1e-14)


def test_what_cannot_be_put_together_is_refused():
    whole = PairwiseLogistic().partial([1, 0], [0.5, 0.0], qid=["a", "a"])
    with pytest.raises(ValueError, match="both parts hold items of query 'a'"):
        whole + PairwiseLogistic().partial([1, 0], [0.5, 0.0], qid=["b", "a"])
    with pytest.raises(ValueError, match="one query"):
        PairwiseLogistic().partial([1, 0], [0.5, 0.0]) + PairwiseLogistic().partial([1, 0], [0.5, 0.0])
    batch = InfoNCE().partial(np.eye(3), np.eye(3))
    with pytest.raises(ValueError, match="both parts are batches"):
        batch + batch
    assert batch.result() == InfoNCE().value(np.eye(3), np.eye(3))
    with pytest.raises(ValueError, match="different losses"):
        MSE().partial([1.0], [2.0]) + MAE().partial([1.0], [2.0])
    with pytest.raises(ValueError, match='reduction="none"'):
        MSE(reduction="none").partial([1.0], [2.0])
    nothing = BinaryCrossEntropy().partial([1.0], [0.5], sample_weight=[0.0])
    with pytest.raises(ValueError, match="no sample of positive weight"):
        nothing.result()
    assert (nothing + BinaryCrossEntropy().partial([1.0], [0.5])).result() == pytest.approx(np.log(2))
    assert PairwiseLogistic().partial([1], [0.5], qid=[0]).result() == 0.0


def test_zero_is_the_part_of_no_samples():
    """On either side, as an aggregation over empty partitions adds it."""
    part = MSE().partial([1.0], [3.0])
    assert part + 0 == 0 + part == part
    for other in (1, 0.5, None):
        with pytest.raises(TypeError):
            part + other
        with pytest.raises(TypeError):
            other + part


def test_terms_of_a_sum_keep_their_denominators():
    loss = 0.5 * MSE() + PairwiseLogistic()
    y, s, qid = np.array([1.0, 0, 2, 0]), np.array([0.3, 0.1, 0.4, 0.9]), np.array([0, 0, 1, 1])
    parts = [loss.partial(y[k : k + 2], s[k : k + 2], qid=qid[k : k + 2]) for k in (0, 2)]
    assert sum(parts).result() == pytest.approx(loss.value(y, s, qid=qid), rel=1e-15)
