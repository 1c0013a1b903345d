"""Cross-entropy over classes, from logits and from probabilities."""

from types import ModuleType
from typing import Any

import numpy as np

import losses
from benchmarks.cases.base import Array, Case, Gradient, Shape, normal


class ClassLogits(Case):
    name = "Cross-entropy over classes (logits)"
    family = "classes"
    shapes: tuple[Shape, ...] = ((10, 10), (1_000, 10), (200_000, 10), (20_000, 100), (8_192, 1_000), (512, 50_257))

    def loss(self) -> Any:
        return losses.CategoricalCrossEntropy(from_logits=True)

    def data(self, rng: np.random.Generator, shape: Shape, dtype: str) -> tuple[Array, Array]:
        return rng.integers(shape[1], size=shape[0]), 2 * normal(rng, shape, dtype)

    def numpy(self, y: Array, p: Array) -> tuple[Any, Gradient]:
        p = p - p.max(axis=1, keepdims=True)
        log_probability = p - np.log(np.exp(p).sum(axis=1, keepdims=True))
        rows = np.arange(len(y))

        def gradient() -> Array:
            grad: Array = np.exp(log_probability)
            grad[rows, y] -= 1
            return grad / len(y)

        return -np.mean(log_probability[rows, y]), gradient

    def torch(self, F: ModuleType, y: Any, p: Any) -> Any:
        return F.cross_entropy(p, y)

    def jax(self, jnp: ModuleType, optax: ModuleType, y: Any, p: Any) -> Any:
        return jnp.mean(optax.softmax_cross_entropy_with_integer_labels(p, y))

    def sklearn(self, loss: ModuleType, p: Array) -> tuple[Any, float]:
        return loss.HalfMultinomialLoss(n_classes=p.shape[1]), 1.0


class ClassProbabilities(Case):
    name = "Cross-entropy over classes (probabilities)"
    family = "classes"
    shapes = ClassLogits.shapes

    def loss(self) -> Any:
        return losses.CategoricalCrossEntropy()

    def data(self, rng: np.random.Generator, shape: Shape, dtype: str) -> tuple[Array, Array]:
        odds = np.exp(normal(rng, shape, dtype))
        return rng.integers(shape[1], size=shape[0]), odds / odds.sum(axis=1, keepdims=True)

    def numpy(self, y: Array, p: Array) -> tuple[Any, Gradient]:
        rows = np.arange(len(y))

        def gradient() -> Array:
            grad = np.zeros_like(p)
            grad[rows, y] = -1 / p[rows, y] / len(y)
            return grad

        return -np.mean(np.log(p[rows, y])), gradient

    def torch(self, F: ModuleType, y: Any, p: Any) -> Any:
        return -p.gather(1, y[:, None]).log().mean()

    def jax(self, jnp: ModuleType, optax: ModuleType, y: Any, p: Any) -> Any:
        return -jnp.mean(jnp.log(p[jnp.arange(len(y)), y]))

    def sklearn_metrics(self, metrics: ModuleType, y: Array, p: Array) -> Any:
        return metrics.log_loss(y, p, labels=np.arange(p.shape[1]))


CASES: tuple[Case, ...] = (ClassLogits(), ClassProbabilities())
