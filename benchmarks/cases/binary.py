"""Binary cross-entropy, from logits and from probabilities."""

from types import ModuleType
from typing import Any

import numpy as np

import losses
from benchmarks.cases.base import Array, Case, Gradient, Shape, normal
from benchmarks.cases.regression import Regression


class BinaryLogits(Case):
    name = "Binary cross-entropy (logits)"
    family = "binary"
    shapes = Regression.shapes

    def loss(self) -> Any:
        return losses.BinaryCrossEntropy(from_logits=True)

    def data(self, rng: np.random.Generator, shape: Shape, dtype: str) -> tuple[Array, Array]:
        return (rng.random(shape, np.float32) < 0.3).astype(dtype), 2 * normal(rng, shape, dtype)

    def numpy(self, y: Array, p: Array) -> tuple[Any, Gradient]:
        return np.mean(np.logaddexp(0, p) - y * p), lambda: (1 / (1 + np.exp(-p)) - y) / p.size

    def torch(self, F: ModuleType, y: Any, p: Any) -> Any:
        return F.binary_cross_entropy_with_logits(p, y)

    def jax(self, jnp: ModuleType, optax: ModuleType, y: Any, p: Any) -> Any:
        return jnp.mean(optax.sigmoid_binary_cross_entropy(p, y))

    def sklearn(self, loss: ModuleType, p: Array) -> tuple[Any, float]:
        return loss.HalfBinomialLoss(), 1.0


class BinaryProbabilities(Case):
    name = "Binary cross-entropy (probabilities)"
    family = "binary"
    shapes = Regression.shapes

    def loss(self) -> Any:
        return losses.BinaryCrossEntropy()

    def data(self, rng: np.random.Generator, shape: Shape, dtype: str) -> tuple[Array, Array]:
        y_true = (rng.random(shape, np.float32) < 0.3).astype(dtype)
        y_true[:2] = 0, 1  # sklearn.metrics wants to see both
        y_pred = rng.random(shape, np.dtype(dtype).type)
        return y_true, np.clip(y_pred, 0.01, 0.99, out=y_pred)

    def numpy(self, y: Array, p: Array) -> tuple[Any, Gradient]:
        value = -np.mean(y * np.log(p) + (1 - y) * np.log1p(-p))
        return value, lambda: (p - y) / (p * (1 - p)) / p.size

    def torch(self, F: ModuleType, y: Any, p: Any) -> Any:
        return F.binary_cross_entropy(p, y)

    def jax(self, jnp: ModuleType, optax: ModuleType, y: Any, p: Any) -> Any:
        return -jnp.mean(y * jnp.log(p) + (1 - y) * jnp.log1p(-p))  # optax has it for logits only

    def sklearn_metrics(self, metrics: ModuleType, y: Array, p: Array) -> Any:
        return metrics.log_loss(y, p)


CASES: tuple[Case, ...] = (BinaryLogits(), BinaryProbabilities())
