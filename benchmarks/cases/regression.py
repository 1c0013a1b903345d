"""Regression losses: functions of the residual."""

from types import ModuleType
from typing import Any

import numpy as np

import losses
from benchmarks.cases.base import Array, Case, Gradient, Shape, normal


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


CASES: tuple[Case, ...] = (MSE(), MAE(), Huber(), AsymmetricMSE(), AsymmetricMAE())
