"""What losses say of themselves holds along random lines through their predictions."""

import numpy as np
import pytest

from losses import ApproxNDCG
from problems import flatten
from registry import CASES, call, predicting, predictions

COMPARING = [c for c in CASES if type(c.loss).__module__.split(".")[-1] in ("pairwise", "listwise", "preference")]
"""Losses that compare items or answers. The properties of the others are tested with their families."""


def line(case, seed):
    """Return a method's results along the line between two problems' predictions, as a function of t in [0, 1]."""
    rng = np.random.default_rng(seed)
    problem, *ends = (case.problem(rng, 5, flat=True) for _ in range(3))
    one, two = ([np.asarray(array, dtype=float) for array in predictions(case.loss, end)] for end in ends)
    loss = case.with_reduction("sum")

    def at(method, t):
        there = predicting(loss, problem, [(1 - t) * a + t * b for a, b in zip(one, two, strict=True)])
        return np.concatenate([np.ravel(part) for part in flatten(call(loss, method, there))])

    return at


def above_chord(case, seed):
    """Return by how much the loss lies above its chord at some points, relative to the chord."""
    at = line(case, seed)
    chords = [(t, (1 - t) * at("value", 0.0) + t * at("value", 1.0)) for t in (0.1, 0.5, 0.9)]
    return max(float((at("value", t) - chord)[0] / (1 + np.abs(chord)[0])) for t, chord in chords)


def jump(case, method, seed):
    """Return by how much the results jump at one point: the half with the larger change is halved again and again."""
    at, low, high = line(case, seed), 0.0, 1.0
    before, after = at(method, low), at(method, high)
    for _ in range(45):
        middle = (low + high) / 2
        there = at(method, middle)
        if np.abs(there - before).max() > np.abs(after - there).max():
            high, after = middle, there
        else:
            low, before = middle, there
    return np.abs(after - before).max() / (1 + max(np.abs(before).max(), np.abs(after).max()))


@pytest.mark.parametrize("case", [case for case in CASES if case.loss.is_convex], ids=str)
def test_a_convex_loss_lies_below_its_chords(case):
    assert max(above_chord(case, seed) for seed in range(10)) <= 1e-12


@pytest.mark.parametrize("case", COMPARING, ids=str)
def test_one_that_is_not_convex_lies_above_a_chord(case):
    assert any(above_chord(case, seed) > 1e-3 for seed in range(20)) == (case.loss.is_convex is False)


@pytest.mark.parametrize("case", COMPARING, ids=str)
def test_gradients_jump_where_the_loss_says_so(case):
    jumps = any(jump(case, "grad", seed) > 1e-6 for seed in range(20))
    assert jumps == (case.loss.is_differentiable is False)


@pytest.mark.parametrize(
    "case", [c for c in COMPARING if c.loss.is_differentiable and not isinstance(c.loss, ApproxNDCG)], ids=str
)
def test_second_derivatives_jump_where_a_loss_with_a_gradient_says_so(case):
    jumps = any(jump(case, "hess", seed) > 1e-6 for seed in range(20))
    assert jumps == (case.loss.is_twice_differentiable is False)
