"""CTC: exact arithmetic, all alignments one by one, where no alignment fits, padding, relations and messages."""

import itertools
import math
import tracemalloc
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exact import exactly
from losses import CTC, CategoricalCrossEntropy

rng = np.random.default_rng(4)


# --------------------------------------------------------------------------------------------- exact arithmetic


def softmax(row):
    top = max(row)
    e = [(x - top).exp() for x in row]
    return [each / sum(e) for each in e]


def forward(p, states):
    """Return by frame the probability of the alignments up to there that end in each state (Graves et al., eq. 6)."""
    found = [[Decimal(0)] * len(states) for _ in p]
    for t, row in enumerate(p):
        for s, symbol in enumerate(states):
            if t == 0:
                before = Decimal(s < 2)
            else:
                before = found[t - 1][s] + (found[t - 1][s - 1] if s else 0)
                if s > 1 and symbol != states[s - 2] and s % 2:
                    before += found[t - 1][s - 2]
            found[t][s] = before * row[symbol]
    return found


def exact(labels, logits, blank=0):
    """Return value and gradient of one sequence, in decimals, from sums of probabilities rather than of logarithms."""
    p = [softmax([exactly(x) for x in row]) for row in logits]
    states = [blank]
    for label in labels:
        states += [int(label), blank]
    ahead, behind = forward(p, states), forward(p[::-1], states[::-1])[::-1]
    likelihood = sum(ahead[-1][-2:])
    if not likelihood:
        return Decimal("inf"), [[Decimal(0)] * len(row) for row in p]
    grad = []
    for t, row in enumerate(p):
        occupied = [Decimal(0)] * len(row)
        for s, symbol in enumerate(states):
            if row[symbol]:
                occupied[symbol] += ahead[t][s] * behind[t][-1 - s] / row[symbol] / likelihood
        grad.append([a - b for a, b in zip(row, occupied, strict=True)])
    return -likelihood.ln(), grad


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@given(data=st.data())
def test_exactly(dtype, data):
    """Repeated labels, none at all, and logits of ±1e4, to what the docstring promises."""
    frames = data.draw(st.integers(1, 7))
    labels = data.draw(st.lists(st.integers(1, 2), max_size=4))
    numbers = data.draw(st.sampled_from([st.floats(-5, 5), st.sampled_from([-1e4, 0.0, 1e4]), st.floats(-1e4, 1e4)]))
    logits = np.array(data.draw(st.lists(numbers, min_size=3 * frames, max_size=3 * frames)), dtype).reshape(frames, 3)
    loss = CTC(reduction="none")
    value, grad = loss.value_and_grad([labels], logits[np.newaxis], input_lengths=[frames], label_lengths=[len(labels)])
    expected, slopes = exact(labels, logits)
    size = (1 + float(np.abs(logits).max())) * np.finfo(np.float64).eps
    eps = float(np.finfo(dtype).eps)
    if expected.is_infinite():
        assert value[0] == math.inf
        assert not grad.any()
        return
    assert value[0] == pytest.approx(float(expected), rel=eps, abs=(16 + 4 * frames) * size)
    np.testing.assert_allclose(grad[0], np.array(slopes, float), rtol=eps, atol=4 * frames * size)


def test_a_long_sequence_of_float32_keeps_the_digits_of_float32():
    labels, logits = rng.integers(1, 5, (1, 40)), rng.normal(size=(1, 200, 5)).astype(np.float32) * 3
    lengths = {"input_lengths": [200], "label_lengths": [40]}
    value, grad = CTC().value_and_grad(labels, logits, **lengths)
    expected, slopes = exact(labels[0], logits[0])
    assert value == pytest.approx(float(expected), rel=1e-14)
    np.testing.assert_allclose(grad[0], np.array(slopes, float), rtol=1e-7, atol=1e-12)


@pytest.mark.parametrize("blank", [0, 2])
def test_every_alignment_one_by_one(blank):
    """The definition: those that read as the labels once runs and blanks are taken out."""
    logits = rng.normal(size=(4, 3))
    log_p = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    by_labels: dict[tuple[int, ...], float] = {}
    for path in itertools.product(range(3), repeat=4):
        read = tuple(symbol for symbol, _ in itertools.groupby(path) if symbol != blank)
        by_labels[read] = by_labels.get(read, 0) + math.exp(sum(log_p[t, c] for t, c in enumerate(path)))
    assert sum(by_labels.values()) == pytest.approx(1)
    for labels, likelihood in by_labels.items():
        value = CTC(blank=blank).value([labels], logits[np.newaxis], input_lengths=[4], label_lengths=[len(labels)])
        assert value == pytest.approx(-math.log(likelihood), rel=1e-12)


# --------------------------------------------------------------------------------------------- what doesn't fit


@pytest.mark.parametrize(
    ("labels", "frames"),
    [([1, 2, 1], 2), ([1, 1], 2), ([2, 2, 2], 4), ([1], 0)],
    ids=["more labels than frames", "no blank between two", "two blanks missing", "no frame"],
)
def test_labels_that_cannot_fit_have_an_infinite_loss_and_no_gradient(labels, frames):
    logits = rng.normal(size=(2, 6, 3))
    lengths = {"input_lengths": [frames, 6], "label_lengths": [len(labels)] * 2}
    for reduction in ("none", "sum", "mean"):
        loss = CTC(reduction=reduction)
        value, grad = loss.value_and_grad([labels, labels], logits, **lengths)
        assert np.ravel(value)[0] == math.inf
        assert not grad[0].any()
        assert np.abs(grad[1]).max() > 0
        assert np.isfinite(grad).all()
        assert not loss.hess([labels, labels], logits, **lengths)[0].any()
        assert (loss.curvature([labels, labels], logits, **lengths) > 0).all()
    fitting = CTC().value([labels], logits[:1], input_lengths=[len(labels) * 2], label_lengths=[len(labels)])
    assert math.isfinite(fitting)


def test_a_class_of_probability_zero():
    logits = np.zeros((3, 4, 3))
    logits[0, :, 1] = -np.inf  # a label that is needed
    logits[1, 1:3, 2] = -np.inf  # one that isn't needed there
    logits[2, 2, 0] = np.inf
    lengths = {"input_lengths": [4, 4, 4], "label_lengths": [1, 2, 1]}
    value, grad = CTC(reduction="none").value_and_grad([[1, 0], [1, 2], [1, 0]], logits, **lengths)
    assert value[0] == math.inf
    assert not grad[0].any()
    near, slope = CTC(reduction="none").value_and_grad(
        [[1, 2]], np.maximum(logits[1:2], -1e9), input_lengths=[4], label_lengths=[2]
    )
    np.testing.assert_allclose(value[1], near[0], rtol=1e-14)
    np.testing.assert_allclose(grad[1], slope[0], atol=1e-14)
    assert np.isnan(value[2])


def test_nothing_to_say():
    """No labels: all the frames are blank. No frames either: nothing can go wrong."""
    logits = rng.normal(size=(2, 5, 3))
    lengths = {"input_lengths": [5, 0], "label_lengths": [0, 0]}
    value, grad = CTC(reduction="none").value_and_grad(np.zeros((2, 0)), logits, **lengths)
    blanks, slope = CategoricalCrossEntropy(from_logits=True, reduction="sum").value_and_grad(np.zeros(5), logits[0])
    np.testing.assert_allclose(value, [blanks, 0], rtol=1e-14)
    np.testing.assert_allclose(grad[0], slope, atol=1e-15)
    assert not grad[1].any()


# --------------------------------------------------------------------------------------------- padding and batches


def some(n=5, frames=12, classes=4, count=4):
    labels = rng.integers(1, classes, (n, count))
    lengths = {"input_lengths": rng.integers(8, frames + 1, n), "label_lengths": rng.integers(0, count + 1, n)}
    return labels, rng.normal(size=(n, frames, classes)), lengths


def test_padding_may_hold_anything_and_has_no_gradient():
    labels, logits, lengths = some()
    loss = CTC(reduction="none")
    expected = loss.value_and_grad(labels, logits, **lengths)
    beyond = np.arange(12) >= lengths["input_lengths"][:, np.newaxis]
    garbage = np.where(np.arange(4) < lengths["label_lengths"][:, np.newaxis], labels, np.nan)
    value, grad = loss.value_and_grad(garbage, np.where(beyond[..., np.newaxis], np.nan, logits), **lengths)
    np.testing.assert_array_equal(value, expected[0])
    np.testing.assert_array_equal(grad, expected[1])
    assert not grad[beyond].any()


def test_a_batch_is_its_sequences():
    labels, logits, lengths = some()
    value, grad = CTC(reduction="none").value_and_grad(labels, logits, **lengths)
    for i in range(5):
        frames, count = (lengths[name][i] for name in ("input_lengths", "label_lengths"))
        alone, slope = CTC().value_and_grad(
            labels[i : i + 1, :count], logits[i : i + 1, :frames], input_lengths=[frames], label_lengths=[count]
        )
        assert alone == pytest.approx(value[i], rel=1e-14)
        np.testing.assert_allclose(slope[0], grad[i, :frames], atol=1e-14)
    one = CTC().value(labels[0], logits[0], **{name: length[0] for name, length in lengths.items()})
    assert one == pytest.approx(value[0], rel=1e-14)


def test_the_gradient_of_each_frame_sums_to_zero():
    labels, logits, lengths = some()
    np.testing.assert_allclose(CTC().grad(labels, logits, **lengths).sum(axis=-1), 0, atol=1e-15)
    np.testing.assert_allclose(CTC().inverse_link(logits).sum(axis=-1), 1)


def test_the_mean_of_pytorch_is_a_weighted_sum():
    """As the docstring says; PyTorch 2.13.0 gives 1.822378015341 for these."""
    labels, lengths = np.array([[1, 2], [1, 1]]), np.array([1, 2])
    logits = np.arange(2 * 4 * 3).reshape(2, 4, 3) % 5 / 2.0
    named = {"input_lengths": [4, 3], "label_lengths": lengths}
    each = CTC(reduction="none").value(labels, logits, **named)
    theirs = CTC(reduction="sum").value(labels, logits, sample_weight=1 / lengths, **named) / 2
    assert theirs == pytest.approx((each / lengths).mean())
    assert theirs == pytest.approx(1.822378015341, rel=1e-11)


def test_it_is_not_convex():
    assert CTC().is_convex is False
    hess = CTC().hess([[1, 1]], rng.normal(size=(1, 6, 3)), input_lengths=[6], label_lengths=[2])
    assert hess.min() < 0


# --------------------------------------------------------------------------------------------- messages

LOGITS = np.zeros((2, 4, 3))


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"labels": [[0, 1], [1, 1]]}, r"labels\[0, 0\] is 0, the blank; .* other than blank=0"),
        ({"labels": [[1, 1], [1, 3]]}, r"labels\[1, 1\] is 3, no integer from 0 to 2"),
        ({"labels": [[1, 1.5], [1, 1]]}, r"labels\[0, 1\] is 1.5"),
        ({"input_lengths": [4, 5]}, r"input_lengths\[1\] is 5, but it must be an integer from 0 to 4, the frames"),
        ({"label_lengths": [3, 0]}, r"label_lengths\[0\] is 3, but it must be an integer from 0 to 2, the labels"),
        ({"label_lengths": [2]}, r"label_lengths has shape \(1,\)"),
        ({"logits": LOGITS[:1]}, r"labels has shape \(2, 2\)"),
        ({"logits": np.zeros((2, 4, 0))}, "must hold the classes, blank=0 among"),
    ],
)
def test_messages(changed, message):
    arrays = {"labels": [[1, 2], [1, 1]], "logits": LOGITS, "input_lengths": [4, 4], "label_lengths": [2, 2], **changed}
    labels, logits = arrays.pop("labels"), arrays.pop("logits")
    with pytest.raises(ValueError, match=message):
        CTC().value(labels, logits, **arrays)


def test_lengths_are_required_and_the_blank_is_a_class():
    with pytest.raises(TypeError, match="input_lengths"):
        CTC().value([[1]], LOGITS[:1])
    for blank in (-1, 0.0, True, None):
        with pytest.raises(ValueError, match="blank must be an integer"):
            CTC(blank=blank)
    with pytest.raises(NotImplementedError):
        CTC().best_constant([[1]])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_memory_does_not_grow_with_the_batch(dtype):
    """Sequences are taken in blocks, whose tables of states stay below the bound of the contract."""
    labels, lengths = rng.integers(1, 30, (256, 20)), {"input_lengths": [100] * 256, "label_lengths": [20] * 256}
    logits = rng.normal(size=(256, 100, 30)).astype(dtype)
    peaks = []
    for n in (128, 256):
        some_lengths, out = {name: each[:n] for name, each in lengths.items()}, np.empty_like(logits[:n])
        tracemalloc.start()
        CTC().value_and_grad(labels[:n], logits[:n], **some_lengths, out=out)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert max(peaks) < 8 * 2**20
    assert peaks[1] < peaks[0] + 100_000
