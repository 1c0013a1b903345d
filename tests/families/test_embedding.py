"""Losses of embeddings and of a linear layer: stored values, exact points, sizes, and what is refused."""

import json
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

import losses
from losses import (
    CategoricalCrossEntropy,
    Contrastive,
    CosineDistance,
    HingeEmbedding,
    InfoNCE,
    LinearCrossEntropy,
    SupCon,
    Triplet,
)

RECORDS = json.loads((Path(__file__).parents[1] / "references" / "embeddings.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("record", RECORDS, ids=lambda r: f"{r['loss']}{r['parameters']}-{r['reduction']}")
def test_values_and_gradients_are_those_of_pytorch(record):
    loss = getattr(losses, record["loss"])(**record["parameters"], reduction=record["reduction"])
    arrays = {name: np.array(array) for name, array in record["arrays"].items()}
    value, grad = loss.value_and_grad(**arrays, sample_weight=record["sample_weight"])
    np.testing.assert_allclose(value, record["value"], rtol=1e-13, atol=1e-14)
    grads = grad if isinstance(grad, tuple) else (grad,)
    for ours, theirs in zip(grads, record["grad"], strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-12, atol=1e-14)


def batch(n, d, seed=0, dtype=np.float64):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, d)).astype(dtype), rng.normal(size=(n, d)).astype(dtype)


# ----------------------------------------------------------------------------------------------- sizes of vectors


@pytest.mark.parametrize("scale", [1e-200, 1e200])
def test_the_size_of_vectors_is_no_matter(scale):
    a, b = batch(5, 3)
    for loss, first in ((CosineDistance(), a), (InfoNCE(), a), (SupCon(), [1, 2, 1, 2, 1])):
        value, grad = loss.value_and_grad(first, b)
        scaled, slope = loss.value_and_grad(first, b * scale)
        assert scaled == pytest.approx(value, rel=1e-14)
        last = (grad[-1], slope[-1]) if isinstance(grad, tuple) else (grad, slope)
        np.testing.assert_allclose(last[1] * scale, last[0], rtol=1e-12, atol=1e-15)
    triplet = Triplet(margin=0.0)
    assert triplet.value(a * scale, b * scale, -b * scale) == pytest.approx(triplet.value(a, b, -b) * scale, rel=1e-14)
    for ours, plain in zip(triplet.grad(a * scale, b * scale, -b * scale), triplet.grad(a, b, -b), strict=True):
        np.testing.assert_allclose(ours, plain, rtol=1e-13, atol=1e-16)


def test_cosine_distances_are_never_negative_and_zero_for_equal_directions():
    a, _ = batch(1000, 7)
    each = CosineDistance(reduction="none").value(a, 3 * a)
    assert (each >= 0).all()
    assert each.max() < 1e-30


@pytest.mark.parametrize(
    ("loss", "arrays", "says"),
    [
        (CosineDistance(), ([[1.0, 0.0]], [[0.0, 0.0]]), r"y_pred\[0\] is \[0. 0.\], but a vector of zeros has no"),
        (InfoNCE(), ([[1.0], [0.0]], [[1.0], [1.0]]), r"queries\[1\] is \[0.\], but a vector of zeros has no"),
        (SupCon(), ([0, 0], [[1.0], [0.0]]), r"embeddings\[1\] is \[0.\], but a vector of zeros has no direction"),
        (SupCon(), ([0, 0.5], [[1.0], [1.0]]), r"ids\[1\] is 0.5, but a class id must be an integer"),
        (InfoNCE(), (np.ones((2, 2, 2)), np.ones((2, 2, 2))), "but a batch has two axes"),
        (LinearCrossEntropy(), ([0], np.ones((1, 3)), np.ones((3, 2))), "weight has shape .*; pass weight.T"),
        (LinearCrossEntropy(), ([2], np.ones((1, 3)), np.ones((2, 3))), r"ids\[0\] is 2, but .* from 0 to 1"),
        (LinearCrossEntropy(), ([0, 1], np.ones((1, 3)), np.ones((2, 3))), r"ids has shape \(2,\) but hidden"),
    ],
    ids=str,
)
def test_what_is_refused(loss, arrays, says):
    with pytest.raises(ValueError, match=says):
        loss.value(*arrays)


# ----------------------------------------------------------------------------------------------- awkward points


@pytest.mark.parametrize(("loss", "off"), [(Contrastive(margin=1.5), 0), (HingeEmbedding(margin=1.5), -1)], ids=str)
@pytest.mark.parametrize("share", [0.25, 0.75])
def test_no_other_constant_distance_is_better(loss, off, share):
    rng = np.random.default_rng(2)
    labels, weight = np.where(rng.random(40) < share, 1, off), rng.uniform(0, 2, 40)
    best, *others = (
        loss.value(labels, np.full(40, c), sample_weight=weight)
        for c in (loss.best_constant(labels, weight), *np.linspace(0, 3, 301))
    )
    assert best <= min(others) * (1 + 1e-15)


def test_equal_vectors_have_the_subgradient_0():
    same, other = [[1.0, 2.0]], [[1.0, 2.5]]
    for method in ("grad", "hess"):
        by_anchor, by_positive, by_negative = getattr(Triplet(), method)(same, same, other)
        np.testing.assert_array_equal(by_positive, [[0.0, 0.0]])
        np.testing.assert_array_equal(by_anchor, by_negative if method == "hess" else -by_negative)
        assert all(not slope.any() for slope in getattr(Triplet(), method)(same, same, same))


def test_an_anchor_alone_in_its_class_does_not_count():
    _, z = batch(5, 3)
    ids = [4, 4, 7, 4, 8]
    each = SupCon(reduction="none").value(ids, z)
    assert (each[[2, 4]] == 0).all()
    assert SupCon().value(ids, z) == pytest.approx(each.sum() / 3, rel=1e-14)
    value, grad = SupCon().value_and_grad(range(5), z)
    assert value == 0.0
    assert not grad.any()


def test_a_confident_pair_keeps_its_relative_precision():
    a = np.array([[1.0, 0.0], [0.0, 1.0]])
    assert InfoNCE(temperature=0.02).value(a, a) == pytest.approx(np.exp(-50), rel=1e-13)
    hidden, weight = np.array([[50.0]]), np.array([[1.0], [0.0]])
    assert LinearCrossEntropy().value([0], hidden, weight) == pytest.approx(np.exp(-50), rel=1e-13)


@pytest.mark.parametrize("temperature", [1e-3, 0.01, 0.5])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("n", [1, 300])
def test_blocks_are_as_good_as_all_the_pairs_at_once(n, dtype, temperature):
    a, b = batch(n, 8, dtype=dtype)
    u, v = (x.astype(np.longdouble) / np.linalg.norm(x.astype(np.longdouble), axis=1)[:, None] for x in (a, b))
    logits = u @ v.T / temperature
    expected = CategoricalCrossEntropy(from_logits=True, reduction="none").value(np.arange(n), logits)
    found = InfoNCE(temperature=temperature, reduction="none").value(a, b)
    np.testing.assert_allclose(found, expected.astype(float), rtol=0, atol=17 * np.finfo(dtype).eps / temperature)


# ----------------------------------------------------------------------------------------------- a linear layer


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("spread", [0.1, 30.0])
def test_the_layer_agrees_with_its_logits(dtype, spread):
    """Over several blocks of rows and of classes, with logits near 0 and far from it."""
    rng = np.random.default_rng(0)
    n, d, classes = 2500, 5, 1100
    hidden, weight = rng.normal(size=(n, d)).astype(dtype), (spread * rng.normal(size=(classes, d))).astype(dtype)
    bias, ids = rng.normal(size=classes).astype(dtype), rng.integers(0, classes, n)
    bias[7], ids[ids == 7] = -np.inf, 8  # a class of probability 0
    logits = hidden.astype(np.float64) @ weight.T.astype(np.float64) + bias
    value, slope = CategoricalCrossEntropy(from_logits=True).value_and_grad(ids, logits)
    found, grads = LinearCrossEntropy().value_and_grad(ids, hidden, weight, bias=bias)
    tolerance = 100 * float(np.finfo(dtype).eps) * max(1, spread)
    assert found == pytest.approx(value, rel=tolerance)
    for ours, plain in zip(grads, (slope @ weight, slope.T @ hidden, slope.sum(axis=0)), strict=True):
        np.testing.assert_allclose(ours, plain, rtol=0, atol=tolerance * np.abs(plain).max())


def test_the_level_of_the_logits_costs_probabilities_no_digits():
    levels = 1e4 + np.array([0.0, 1.0, 2.0, 28.0])
    ids = np.arange(4)
    for away in (0.0, -27.0):
        bias = levels + np.array([0, 0, 0, away])
        _, _, found = LinearCrossEntropy().grad(ids, np.zeros((4, 1)), np.zeros((4, 1)), bias=bias)
        expected = CategoricalCrossEntropy(from_logits=True, reduction="sum").grad(ids, np.tile(bias, (4, 1))) / 4
        np.testing.assert_allclose(found, expected.sum(axis=0), rtol=1e-13, atol=1e-17)
    alone = LinearCrossEntropy().value([2], [[0.0]], np.zeros((4, 1)), bias=levels)
    assert alone == pytest.approx(CategoricalCrossEntropy(from_logits=True).value([2], [levels]), rel=1e-15)


def test_without_a_bias_there_are_two_gradients():
    hidden, weight = np.ones((2, 3)), np.ones((4, 3))
    assert [g.shape for g in LinearCrossEntropy().grad([0, 1], hidden, weight)] == [(2, 3), (4, 3)]
    assert [g.shape for g in LinearCrossEntropy().grad([0, 1], hidden, weight, bias=np.zeros(4))][2] == (4,)


def peak_of(function):
    tracemalloc.start()
    try:
        function()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_neither_logits_nor_similarities_are_held():
    rng = np.random.default_rng(0)
    hidden, weight = rng.normal(size=(2048, 32)).astype(np.float32), rng.normal(size=(8000, 32)).astype(np.float32)
    ids, outs = rng.integers(0, 8000, 2048), (np.empty_like(hidden), np.empty_like(weight))
    peak = peak_of(lambda: LinearCrossEntropy().value_and_grad(ids, hidden, weight, out=outs))
    assert peak < 2048 * 8000 * 4 / 8
    assert peak < 8 * 2**20
    a, b = batch(4096, 16, dtype=np.float32)
    assert peak_of(lambda: InfoNCE().value_and_grad(a, b)) < 4096 * 4096 * 4 / 8


def test_a_class_of_weight_zero_leaves_its_rows_out_whatever_they_hold():
    loss, weight = LinearCrossEntropy(class_weight=(0.0, 2.0, 1.0)), np.eye(3, 2)
    hidden = np.array([[1.0, 2.0], [np.nan, np.inf], [0.5, -1.0]])
    value, (by_hidden, by_weight) = loss.value_and_grad([1, 0, 2], hidden, weight)
    expected, (of_kept, of_weight) = loss.value_and_grad([1, 2], hidden[[0, 2]], weight)
    assert value == pytest.approx(expected, rel=1e-15)
    assert not by_hidden[1].any()
    np.testing.assert_allclose(by_hidden[[0, 2]], of_kept, rtol=1e-14)
    np.testing.assert_allclose(by_weight, of_weight, rtol=1e-14)
