"""Queries of 100 items with five levels of relevance: a query in each row."""

from collections.abc import Mapping
from types import ModuleType
from typing import Any, ClassVar

import numpy as np

import losses
from benchmarks.cases.base import Array, Case, Gradient, Shape
from benchmarks.cases.pairs import Ranking, logistic_of_rows


class Lists(Ranking):
    family = "lists"
    shapes: tuple[Shape, ...] = ((100, 100), (10_000, 100))
    at_most: ClassVar[Mapping[str, int]] = {"numpy": 10_000}
    left_out = frozenset({"losses, 1 thread, out=", "losses, out=", "PyTorch, 1 thread"})

    def relevance(self, rng: np.random.Generator, shape: Shape) -> Array:
        return rng.integers(5, size=shape)


class PairwiseLogistic(Lists):
    name = "PairwiseLogistic, queries of 100"

    def loss(self) -> Any:
        return losses.PairwiseLogistic()

    def numpy(self, y: Array, p: Array) -> tuple[Any, Gradient]:
        return logistic_of_rows(y, p)

    def torch(self, F: ModuleType, y: Any, p: Any) -> Any:
        counts = y[:, :, None] > y[:, None, :]
        return (F.softplus(p[:, None, :] - p[:, :, None]) * counts).sum() / counts.sum()

    def rax(self, rax: ModuleType, jax: ModuleType, y: Any, p: Any) -> Any:
        return rax.pairwise_logistic_loss(p, y)


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


class ListMLE(Lists):
    name = "ListMLE, queries of 100"
    at_most: ClassVar[Mapping[str, int]] = {}

    def loss(self) -> Any:
        return losses.ListMLE()

    def numpy(self, y: Array, p: Array) -> tuple[Any, Gradient]:
        order = np.argsort(-y, axis=1, kind="stable")
        e = np.exp(np.take_along_axis(p, order, axis=1))
        later = np.cumsum(e[:, ::-1], axis=1)[:, ::-1]

        def gradient() -> Array:
            grad = np.empty_like(p)
            np.put_along_axis(grad, order, (e * np.cumsum(1 / later, axis=1) - 1) / len(p), axis=1)
            return grad

        return np.sum(np.log(later / e)) / p.dtype.type(len(p)), gradient


class ApproxNDCG(Lists):
    name = "ApproxNDCG, queries of 100"

    def loss(self) -> Any:
        return losses.ApproxNDCG(temperature=0.5)

    def numpy(self, y: Array, p: Array) -> tuple[Any, Gradient]:
        gain = 2**y - 1
        ideal = -np.sort(-gain, axis=1) @ (1 / np.log2(np.arange(2, p.shape[1] + 2))).astype(p.dtype)
        gain = gain / ideal[:, None]
        ahead = 1 / (1 + np.exp((p[:, :, None] - p[:, None, :]) / p.dtype.type(0.5)))  # [i, j]: how far j is ahead of i
        rank = ahead.sum(axis=2) + p.dtype.type(0.5)
        log = np.log2(1 + rank)

        def gradient() -> Array:
            pull = gain / (log**2 * (1 + rank) * p.dtype.type(np.log(2)))
            steepness = ahead * (1 - ahead) / p.dtype.type(0.5)
            grad: Array = (np.einsum("qij,qj->qi", steepness, pull) - pull * steepness.sum(axis=2)) / len(p)
            return grad

        return 1 - np.sum(gain / log) / p.dtype.type(len(p)), gradient


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


CASES: tuple[Case, ...] = (PairwiseLogistic(), ListNet(), ListMLE(), ApproxNDCG(), LambdaRank())
