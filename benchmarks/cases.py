"""The losses compared, each written once in every contender's language.

To add one, write a class and put it in ``CASES``. A contender takes part in a case that has the method of its
name, so leave out those that do not compute the same thing:

``loss()``                          this library's loss
``numpy(y, p)``                     the value, and a function for the gradient, called only if that is wanted
``torch(F, y, p)``                  a scalar tensor; the gradient comes from ``backward``
``jax(jnp, optax, y, p)``           a scalar; the gradient comes from ``value_and_grad``
``rax(rax, jax, y, p)``             the same, with Rax
``sklearn(loss, p)``                an object of ``sklearn._loss`` and the factor from its loss to ours
``sklearn_metrics(metrics, y, p)``  the value

A contender whose memory or time grows faster than the data is kept to ``at_most`` elements.
"""

from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

import losses

Array = NDArray[Any]
Shape = tuple[int, ...]
Gradient = Callable[[], Array]


class Case:
    name: str
    family: str
    shapes: tuple[Shape, ...]
    at_most: ClassVar[Mapping[str, int]] = {}
    left_out: ClassVar[frozenset[str]] = frozenset()
    """The contenders by name that a run does not time."""
    least_rounds: ClassVar[int] = 5
    """However few of them fit into a row's seconds."""
    modes: ClassVar[tuple[bool, ...]] = (True, False)
    """Whether the gradient is wanted, in each table."""

    def loss(self) -> Any:
        raise NotImplementedError

    def data(self, rng: np.random.Generator, shape: Shape, dtype: str) -> tuple[Array, Array]:
        """``(y_true, y_pred)`` off kinks and clips, where contenders may rightly differ."""
        raise NotImplementedError


def shape_text(shape: Shape) -> str:
    return " × ".join(f"{n:,}".replace(",", " ") for n in shape)


def normal(rng: np.random.Generator, shape: Shape, dtype: str) -> Array:
    return rng.standard_normal(shape, np.dtype(dtype).type)


# ---------------------------------------------------------------------------------------------- Regression


class Regression(Case):
    family = "regression"
    shapes = ((10,), (1_000,), (100_000,), (1_000_000,), (10_000_000,))

    def data(self, rng: np.random.Generator, shape: Shape, dtype: str) -> tuple[Array, Array]:
        residual = normal(rng, shape, dtype)
        residual += np.copysign(np.float32(0.01), residual)  # peers choose different subgradients at 0
        y_true = normal(rng, shape, dtype)
        residual += y_true
        return y_true, residual


class MSE(Regression):
    name = "MSE"

    def loss(self) -> Any:
        return losses.MSE()

    def numpy(self, y: Array, p: Array) -> tuple[Any, Gradient]:
        r = p - y
        return np.mean(r**2), lambda: 2 * r / r.size

    def torch(self, F: ModuleType, y: Any, p: Any) -> Any:
        return F.mse_loss(p, y)

    def jax(self, jnp: ModuleType, optax: ModuleType, y: Any, p: Any) -> Any:
        return jnp.mean(optax.squared_error(p, y))

    def sklearn(self, loss: ModuleType, p: Array) -> tuple[Any, float]:
        return loss.HalfSquaredError(), 2.0

    def sklearn_metrics(self, metrics: ModuleType, y: Array, p: Array) -> Any:
        return metrics.mean_squared_error(y, p)


class MAE(Regression):
    name = "MAE"

    def loss(self) -> Any:
        return losses.MAE()

    def numpy(self, y: Array, p: Array) -> tuple[Any, Gradient]:
        r = p - y
        return np.mean(np.abs(r)), lambda: np.sign(r) / r.size

    def torch(self, F: ModuleType, y: Any, p: Any) -> Any:
        return F.l1_loss(p, y)

    def jax(self, jnp: ModuleType, optax: ModuleType, y: Any, p: Any) -> Any:
        return jnp.mean(jnp.abs(p - y))

    def sklearn(self, loss: ModuleType, p: Array) -> tuple[Any, float]:
        return loss.AbsoluteError(), 1.0

    def sklearn_metrics(self, metrics: ModuleType, y: Array, p: Array) -> Any:
        return metrics.mean_absolute_error(y, p)


class Huber(Regression):
    name = "Huber"

    def loss(self) -> Any:
        return losses.Huber()

    def numpy(self, y: Array, p: Array) -> tuple[Any, Gradient]:
        r = p - y
        size = np.abs(r)
        return np.mean(np.where(size <= 1, r**2 / 2, size - 0.5)), lambda: np.clip(r, -1, 1) / r.size

    def torch(self, F: ModuleType, y: Any, p: Any) -> Any:
        return F.huber_loss(p, y)

    def jax(self, jnp: ModuleType, optax: ModuleType, y: Any, p: Any) -> Any:
        return jnp.mean(optax.huber_loss(p, y))

    def sklearn(self, loss: ModuleType, p: Array) -> tuple[Any, float]:
        return loss.HuberLoss(delta=1.0), 1.0


class AsymmetricMSE(Regression):
    name = "Asymmetric MSE"

    def loss(self) -> Any:
        return losses.Asymmetric(shortfall_weight=3.0)

    def numpy(self, y: Array, p: Array) -> tuple[Any, Gradient]:
        r = p - y
        w = np.where(r < 0, 3, 1).astype(r.dtype)
        return np.mean(w * r**2), lambda: 2 * w * r / r.size

    def torch(self, F: ModuleType, y: Any, p: Any) -> Any:
        r = p - y
        return (r * F.leaky_relu(r, 3.0)).mean()  # 3r below zero, in one fused step

    def jax(self, jnp: ModuleType, optax: ModuleType, y: Any, p: Any) -> Any:
        return jnp.mean(jnp.where(p < y, 3, 1) * optax.squared_error(p, y))


class AsymmetricMAE(Regression):
    name = "Asymmetric MAE (pinball)"

    def loss(self) -> Any:
        return losses.Asymmetric(shortfall_weight=3.0, base=losses.MAE())

    def numpy(self, y: Array, p: Array) -> tuple[Any, Gradient]:
        r = p - y
        return np.mean(np.maximum(r, -3 * r)), lambda: np.where(r < 0, -3, 1).astype(r.dtype) / r.size

    def torch(self, F: ModuleType, y: Any, p: Any) -> Any:
        return F.leaky_relu(p - y, -3.0).mean()  # -3r below zero, in one fused step

    def jax(self, jnp: ModuleType, optax: ModuleType, y: Any, p: Any) -> Any:
        return jnp.mean(jnp.maximum(p - y, 3 * (y - p)))

    def sklearn(self, loss: ModuleType, p: Array) -> tuple[Any, float]:
        return loss.PinballLoss(quantile=0.75), 4.0

    def sklearn_metrics(self, metrics: ModuleType, y: Array, p: Array) -> Any:
        return 4 * metrics.mean_pinball_loss(y, p, alpha=0.75)


# ------------------------------------------------------------------------------------- Binary classification


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


# ------------------------------------------------------------------------------------------------- Classes


class ClassLogits(Case):
    name = "Cross-entropy over classes (logits)"
    family = "classes"
    shapes = ((10, 10), (1_000, 10), (200_000, 10), (20_000, 100), (8_192, 1_000), (512, 50_257))

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


# ------------------------------------------------------------------------------------------------- Ranking


class Ranking(Case):
    """Each pair's loss, and the slope of that, by its excess e = s(worse) − s(better).

    To keep the run short, only value and grad are timed, and one form of this library.
    """

    family = "ranking"
    shapes: tuple[Shape, ...] = ((2_000,), (20_000,), (100_000,), (1_000_000,))
    at_most: ClassVar[Mapping[str, int]] = {"numpy": 2_000, "torch": 20_000, "rax": 2_000}
    left_out = frozenset({"losses, 1 thread", "losses, 1 thread, out=", "losses, out="})
    least_rounds = 1  # peers may take seconds for a call
    modes = (True,)

    def data(self, rng: np.random.Generator, shape: Shape, dtype: str) -> tuple[Array, Array]:
        y_true = self.relevance(rng, shape).astype(dtype)
        return y_true, scores(rng, y_true, dtype)

    def relevance(self, rng: np.random.Generator, shape: Shape) -> Array:
        return rng.integers(2, size=shape)

    def slopes(self, e: Array) -> tuple[Array, Callable[[], Array]]:
        raise NotImplementedError

    def numpy(self, y: Array, p: Array) -> tuple[Any, Gradient]:
        better, worse = y == 1, y == 0
        loss, slope = self.slopes(p[worse] - p[better, None])

        def gradient() -> Array:
            each = slope()
            grad = np.zeros_like(p)
            grad[better], grad[worse] = -each.sum(axis=1), each.sum(axis=0)
            grad /= each.size
            return grad

        return np.mean(loss), gradient


def scores(rng: np.random.Generator, y_true: Array, dtype: str) -> Array:
    """Normal, on a grid on which float32 is exact, and no item is just the margin ahead of a less relevant one."""
    grid = np.round(rng.standard_normal(y_true.shape) * 2**18)
    exact: Array = (grid + (y_true == 1) / 2) / 2**18
    return exact.astype(dtype)


class PairwiseLogistic(Ranking):
    name = "PairwiseLogistic, two levels"

    def loss(self) -> Any:
        return losses.PairwiseLogistic()

    def slopes(self, e: Array) -> tuple[Array, Callable[[], Array]]:
        return np.logaddexp(0, e), lambda: 1 / (1 + np.exp(-e))

    def torch(self, F: ModuleType, y: Any, p: Any) -> Any:
        return F.softplus(p[y == 0] - p[y == 1][:, None]).mean()

    def rax(self, rax: ModuleType, jax: ModuleType, y: Any, p: Any) -> Any:
        return rax.pairwise_logistic_loss(p, y)


class PairwiseHinge(Ranking):
    name = "PairwiseHinge, two levels"

    def loss(self) -> Any:
        return losses.PairwiseHinge()

    def slopes(self, e: Array) -> tuple[Array, Callable[[], Array]]:
        return np.maximum(e + 1, 0), lambda: (e > -1).astype(e.dtype)

    def torch(self, F: ModuleType, y: Any, p: Any) -> Any:
        return F.relu(1 + p[y == 0] - p[y == 1][:, None], inplace=True).mean()

    def rax(self, rax: ModuleType, jax: ModuleType, y: Any, p: Any) -> Any:
        return rax.pairwise_hinge_loss(p, y)


class PairwiseSquaredHinge(Ranking):
    name = "PairwiseSquaredHinge, two levels"

    def loss(self) -> Any:
        return losses.PairwiseSquaredHinge()

    def slopes(self, e: Array) -> tuple[Array, Callable[[], Array]]:
        active = np.maximum(e + 1, 0)
        return active**2, lambda: 2 * active

    def torch(self, F: ModuleType, y: Any, p: Any) -> Any:
        return F.relu(1 + p[y == 0] - p[y == 1][:, None], inplace=True).square().mean()


class Lists(Ranking):
    """Queries of 100 items with five levels: a query in each row, all pairs of it."""

    shapes: tuple[Shape, ...] = ((100, 100), (10_000, 100))
    at_most: ClassVar[Mapping[str, int]] = {"numpy": 10_000}

    def relevance(self, rng: np.random.Generator, shape: Shape) -> Array:
        return rng.integers(5, size=shape)


class PairwiseLogisticLists(Lists):
    name = "PairwiseLogistic, queries of 100"

    def loss(self) -> Any:
        return losses.PairwiseLogistic()

    def numpy(self, y: Array, p: Array) -> tuple[Any, Gradient]:
        counts = y[..., :, None] > y[..., None, :]
        e = p[..., None, :] - p[..., :, None]
        pairs = p.dtype.type(np.count_nonzero(counts))

        def gradient() -> Array:
            each = counts / (1 + np.exp(-e))
            grad: Array = (each.sum(axis=-2) - each.sum(axis=-1)) / pairs
            return grad

        return np.sum(counts * np.logaddexp(0, e)) / pairs, gradient

    def torch(self, F: ModuleType, y: Any, p: Any) -> Any:
        counts = y[..., :, None] > y[..., None, :]
        return (F.softplus(p[..., None, :] - p[..., :, None]) * counts).sum() / counts.sum()

    def rax(self, rax: ModuleType, jax: ModuleType, y: Any, p: Any) -> Any:
        return rax.pairwise_logistic_loss(p, y)


class PairwiseLogisticDifferent(PairwiseLogisticLists):
    name = "PairwiseLogistic, all different"
    shapes = ((1_000,), (100_000,), (1_000_000,))
    at_most: ClassVar[Mapping[str, int]] = {"numpy": 1_000, "torch": 1_000, "rax": 1_000}

    def relevance(self, rng: np.random.Generator, shape: Shape) -> Array:
        return rng.permutation(shape[0])


class ListNet(Lists):
    name = "ListNet, queries of 100"
    at_most: ClassVar[Mapping[str, int]] = {}

    def loss(self) -> Any:
        return losses.ListNet()

    def numpy(self, y: Array, p: Array) -> tuple[Any, Gradient]:
        log_target, log_model = (x - np.log(np.exp(x).sum(axis=1, keepdims=True)) for x in (y, p))
        target = np.exp(log_target)
        return -np.sum(target * log_model) / p.dtype.type(len(p)), lambda: (np.exp(log_model) - target) / len(p)

    def torch(self, F: ModuleType, y: Any, p: Any) -> Any:
        return F.cross_entropy(p, F.softmax(y, dim=1))

    def rax(self, rax: ModuleType, jax: ModuleType, y: Any, p: Any) -> Any:
        return rax.softmax_loss(p, jax.nn.softmax(y, axis=1))


class LambdaRank(Lists):
    name = "LambdaRank at 10, queries of 100"

    def loss(self) -> Any:
        return losses.LambdaRank(truncation=10)

    def numpy(self, y: Array, p: Array) -> tuple[Any, Gradient]:
        discounts = np.zeros(p.shape[1], p.dtype)
        discounts[:10] = 1 / np.log2(np.arange(2, 12))
        gain = 2**y - 1
        ideal = -np.sort(-gain, axis=1) @ discounts
        rank = np.argsort(np.argsort(-p, axis=1, kind="stable"), axis=1)
        gain, discount = gain / ideal[:, None], discounts[rank]
        weight = np.abs((gain[:, :, None] - gain[:, None, :]) * (discount[:, :, None] - discount[:, None, :]))
        weight *= y[:, :, None] > y[:, None, :]
        e = p[:, None, :] - p[:, :, None]

        def gradient() -> Array:
            each = weight / (1 + np.exp(-e))
            grad: Array = (each.sum(axis=1) - each.sum(axis=2)) / len(p)
            return grad

        return np.sum(weight * np.logaddexp(0, e)) / p.dtype.type(len(p)), gradient


CASES: tuple[Case, ...] = (
    MSE(),
    MAE(),
    Huber(),
    AsymmetricMSE(),
    AsymmetricMAE(),
    BinaryLogits(),
    BinaryProbabilities(),
    ClassLogits(),
    ClassProbabilities(),
    PairwiseLogistic(),
    PairwiseHinge(),
    PairwiseSquaredHinge(),
    PairwiseLogisticDifferent(),
    PairwiseLogisticLists(),
    ListNet(),
    LambdaRank(),
)
