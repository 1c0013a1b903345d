"""Losses over classes: reference values, exact arithmetic, limits and relations, constants, claims and messages."""

import numpy as np
import pytest

from losses import CategoricalCrossEntropy

rng = np.random.default_rng(8)
IDS = rng.integers(0, 4, 40)
LOGITS = rng.normal(size=(40, 4)) * 3


# --------------------------------------------------------------------------------------------- z-loss


def test_z_loss_adds_the_squared_level_of_the_logits():
    weights = np.array([1.0, 2.0, 0.5, 0.0])
    plain, held = (CategoricalCrossEntropy(from_logits=True, z_loss=z, reduction="none") for z in (0, 0.25))
    level = np.log(np.exp(LOGITS).sum(axis=1))
    np.testing.assert_allclose(held.value(IDS, LOGITS) - plain.value(IDS, LOGITS), level**2 / 4, rtol=1e-12)
    by_class = CategoricalCrossEntropy(from_logits=True, z_loss=0.25, class_weight=weights, reduction="none")
    for target in (IDS, np.eye(4)[IDS]):
        np.testing.assert_allclose(by_class.value(target, LOGITS), weights[IDS] * held.value(IDS, LOGITS), rtol=1e-12)


def test_z_loss_settles_the_level_of_the_best_constant():
    loss = CategoricalCrossEntropy(from_logits=True, z_loss=0.5)
    best = loss.best_constant([0, 1, 1, 3, 2])
    np.testing.assert_allclose(best, np.log([0.2, 0.4, 0.2, 0.2]), rtol=1e-14)
    rows = np.broadcast_to(best, (5, 4))
    np.testing.assert_allclose(loss.grad([0, 1, 1, 3, 2], rows).sum(axis=0), 0, atol=1e-15)


def test_z_loss_is_convex_nowhere_far_below():
    assert CategoricalCrossEntropy(from_logits=True).is_convex
    assert not CategoricalCrossEntropy(from_logits=True, z_loss=1.0).is_convex
    assert CategoricalCrossEntropy(from_logits=True, z_loss=1.0).hess([0], [[-9.0, -9.0]]).min() < 0


def test_z_loss_needs_logits():
    with pytest.raises(ValueError, match="from_logits=True; got z_loss=0.1"):
        CategoricalCrossEntropy(z_loss=0.1)
    with pytest.raises(ValueError, match="z_loss must be finite and not negative"):
        CategoricalCrossEntropy(from_logits=True, z_loss=-0.1)
