"""Sums over all pairs of items in one query."""

from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any, ClassVar

import numpy as np

import losses
from benchmarks.cases.base import VALUE_AND_GRAD, Array, Case, Gradient, Shape


class Ranking(Case):
    """Each pair's loss, and the slope of that, by its excess e = s(worse) − s(better).

    To keep the run short, only value and grad are timed, and one form of this library.
    """

    family = "pairs"
    shapes: tuple[Shape, ...] = ((2_000,), (20_000,), (100_000,), (1_000_000,))
    at_most: ClassVar[Mapping[str, int]] = {"numpy": 2_000, "torch": 20_000, "rax": 2_000}
    left_out = frozenset({"losses, 1 thread", "losses, 1 thread, out=", "losses, out=", "PyTorch, 1 thread"})
    least_rounds = 1  # peers may take seconds for a call
    modes = (VALUE_AND_GRAD,)

    def least_work(self, y: Array, p: Array) -> Array:
        return np.argsort(p)

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


class PairwiseLogisticDifferent(PairwiseLogistic):
    name = "PairwiseLogistic, all different"
    shapes = ((1_000,), (100_000,), (1_000_000,))
    at_most: ClassVar[Mapping[str, int]] = {"numpy": 1_000, "torch": 1_000, "rax": 1_000}

    def relevance(self, rng: np.random.Generator, shape: Shape) -> Array:
        return rng.permutation(shape[0])

    def numpy(self, y: Array, p: Array) -> tuple[Any, Gradient]:
        return logistic_of_rows(y, p)

    def torch(self, F: ModuleType, y: Any, p: Any) -> Any:
        counts = y[:, None] > y
        return (F.softplus(p - p[:, None]) * counts).sum() / counts.sum()


def logistic_of_rows(y: Array, p: Array) -> tuple[Any, Gradient]:
    """The mean over all the pairs of each row."""
    counts = y[..., :, None] > y[..., None, :]
    e = p[..., None, :] - p[..., :, None]
    pairs = p.dtype.type(np.count_nonzero(counts))

    def gradient() -> Array:
        each = counts / (1 + np.exp(-e))
        grad: Array = (each.sum(axis=-2) - each.sum(axis=-1)) / pairs
        return grad

    return np.sum(counts * np.logaddexp(0, e)) / pairs, gradient


CASES: tuple[Case, ...] = (PairwiseLogistic(), PairwiseHinge(), PairwiseSquaredHinge(), PairwiseLogisticDifferent())
