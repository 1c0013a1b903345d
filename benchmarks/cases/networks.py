"""What networks are trained with: losses of embeddings, sequences and language models."""

from importlib import import_module
from types import ModuleType
from typing import Any, ClassVar

import numpy as np

import losses
from benchmarks.cases.base import VALUE_AND_GRAD, Array, Arrays, Case, Mode, Shape, normal


class Network(Case):
    family = "networks"
    dtypes = ("float32",)
    modes: ClassVar[tuple[Mode, ...]] = (VALUE_AND_GRAD,)
    left_out = frozenset(
        {"losses, out=", "losses, 1 thread, out=", "losses, 1 thread", "PyTorch, 1 thread", "JAX, 1 core"}
    )
    least_rounds = 3
    tolerance = 1_000  # in float32, after sums of hundreds of products

    def loss(self) -> Any:
        return getattr(losses, self.needs)()


class LinearCrossEntropy(Network):
    """Shapes are (rows, features, classes)."""

    name = "LinearCrossEntropy"
    needs = "LinearCrossEntropy"
    same_bits = False
    shapes = ((128, 16, 500), (2_048, 256, 50_257))
    predictions = (1, 2)

    def data(self, rng: np.random.Generator, shape: Shape, dtype: str) -> Arrays:
        n, features, classes = shape
        hidden, weight = normal(rng, (n, features), dtype), normal(rng, (classes, features), dtype)
        return rng.integers(classes, size=n), hidden, weight / np.sqrt(np.float32(features))

    def torch(self, F: ModuleType, y: Any, hidden: Any, weight: Any) -> Any:
        return F.cross_entropy(hidden @ weight.T, y)

    def torch_fused(self, F: ModuleType, y: Any, hidden: Any, weight: Any) -> Any:
        return F.linear_cross_entropy(hidden, weight, y)

    def jax(self, jnp: ModuleType, optax: ModuleType, y: Any, hidden: Any, weight: Any) -> Any:
        return jnp.mean(optax.softmax_cross_entropy_with_integer_labels(hidden @ weight.T, y))


class InfoNCE(Network):
    name = "InfoNCE"
    needs = "InfoNCE"
    same_bits = False
    shapes = ((64, 16), (8_192, 256))
    predictions = (0, 1)

    def data(self, rng: np.random.Generator, shape: Shape, dtype: str) -> Arrays:
        queries = normal(rng, shape, dtype)
        return queries, queries + normal(rng, shape, dtype)

    def torch(self, F: ModuleType, queries: Any, keys: Any) -> Any:
        cosines = F.normalize(queries, dim=1) @ F.normalize(keys, dim=1).T
        return F.cross_entropy(cosines / 0.1, import_module("torch").arange(len(keys)))

    def jax(self, jnp: ModuleType, optax: ModuleType, queries: Any, keys: Any) -> Any:
        queries, keys = (x / jnp.linalg.norm(x, axis=1, keepdims=True) for x in (queries, keys))
        return jnp.mean(optax.softmax_cross_entropy_with_integer_labels(queries @ keys.T / 0.1, jnp.arange(len(keys))))


class Triplet(Network):
    name = "Triplet"
    needs = "Triplet"
    shapes = ((100, 8), (1_000_000, 16))
    predictions = (0, 1, 2)

    def data(self, rng: np.random.Generator, shape: Shape, dtype: str) -> Arrays:
        return tuple(normal(rng, shape, dtype) for _ in range(3))

    def torch(self, F: ModuleType, anchor: Any, positive: Any, negative: Any) -> Any:
        near, far = (anchor - positive).norm(dim=1), (anchor - negative).norm(dim=1)
        return F.relu(near - far + 1).mean()

    def jax(self, jnp: ModuleType, optax: ModuleType, anchor: Any, positive: Any, negative: Any) -> Any:
        near, far = (jnp.linalg.norm(anchor - other, axis=1) for other in (positive, negative))
        return jnp.mean(jnp.maximum(near - far + 1, 0))


class Contrastive(Network):
    name = "Contrastive"
    needs = "Contrastive"
    shapes = ((100,), (1_000_000,))

    def data(self, rng: np.random.Generator, shape: Shape, dtype: str) -> Arrays:
        return (rng.random(shape) < 0.5).astype(dtype), np.abs(normal(rng, shape, dtype))

    def torch(self, F: ModuleType, y: Any, distance: Any) -> Any:
        return (y * distance**2 + (1 - y) * F.relu(1 - distance) ** 2).mean()

    def jax(self, jnp: ModuleType, optax: ModuleType, y: Any, distance: Any) -> Any:
        return jnp.mean(y * distance**2 + (1 - y) * jnp.maximum(1 - distance, 0) ** 2)


class CTC(Network):
    """Shapes are (sequences, frames, symbols); labels have 30 symbols, or as many as a tenth of the frames."""

    name = "CTC"
    needs = "CTC"
    shapes = ((4, 30, 8), (32, 200, 64))
    named = ("input_lengths", "label_lengths")
    tolerance = 10_000  # in float32 PyTorch and Optax differ by 3 000 after 200 frames

    def data(self, rng: np.random.Generator, shape: Shape, dtype: str) -> Arrays:
        sequences, frames, symbols = shape
        longest = 3 * frames // 20
        labels: Array = rng.integers(1, symbols, size=(sequences, longest))
        return labels, normal(rng, shape, dtype), np.full(sequences, frames), np.full(sequences, longest)

    def torch(self, F: ModuleType, labels: Any, logits: Any, input_lengths: Any, label_lengths: Any) -> Any:
        steps = logits.log_softmax(dim=2).transpose(0, 1)
        return F.ctc_loss(steps, labels, input_lengths, label_lengths, reduction="none").mean()

    def jax(self, jnp: ModuleType, optax: ModuleType, labels: Any, logits: Any, inputs: Any, lengths: Any) -> Any:
        padding = jnp.zeros(logits.shape[:2]), jnp.zeros(labels.shape)
        return jnp.mean(optax.ctc_loss(logits, padding[0], labels, padding[1]))


CASES: tuple[Case, ...] = (LinearCrossEntropy(), InfoNCE(), Triplet(), Contrastive(), CTC())
