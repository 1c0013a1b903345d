"""Small models trained by gradient descent, for what a monitor should say of real loss curves.

Rates are relative to the edge of stability: on all the data, gradient descent on a quadratic diverges at
rates above 1 (2/λ, with λ the largest eigenvalue of the Hessian). Logistic regression takes the λ of a bound
on its Hessian, and the network a number of the right size.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Samples = tuple[Array, Array]
Parameters = list[Array]

HELD_OUT = 200


@dataclass
class Problem:
    """A model with its initial parameters, and samples of which the last `HELD_OUT` are for validation."""

    loss: Callable[[Parameters, Array, Array], float]
    grad: Callable[[Parameters, Array, Array], Parameters]
    start: Parameters
    inputs: Array
    targets: Array
    edge: float

    def train(
        self,
        rng: np.random.Generator,
        rate: float,
        epochs: int,
        batch: int | None = None,
        running: bool = False,
    ) -> tuple[list[float], list[float]]:
        """Return training and validation loss by epoch; `running` averages over the batches as they come."""
        x, y = self.inputs[:-HELD_OUT], self.targets[:-HELD_OUT]
        parameters, train, validation = self.start, [], []
        with np.errstate(all="ignore"):  # some runs are meant to overflow
            for _ in range(epochs):
                batch_losses = []
                order = rng.permutation(len(y)) if batch else np.arange(len(y))
                for first in range(0, len(y), batch or len(y)):
                    rows = order[first : first + (batch or len(y))]
                    batch_losses.append(self.loss(parameters, x[rows], y[rows]))
                    grads = self.grad(parameters, x[rows], y[rows])
                    parameters = [p - rate * self.edge * g for p, g in zip(parameters, grads, strict=True)]
                train.append(float(np.mean(batch_losses)) if running else self.loss(parameters, x, y))
                validation.append(self.loss(parameters, self.inputs[-HELD_OUT:], self.targets[-HELD_OUT:]))
        return train, validation


def mean_square(residuals: Array) -> float:
    return float(residuals @ residuals) / len(residuals)


def squared_loss(parameters: Parameters, x: Array, y: Array) -> float:
    return mean_square(x @ parameters[0] - y)


def squared_grad(parameters: Parameters, x: Array, y: Array) -> Parameters:
    return [2 * x.T @ (x @ parameters[0] - y) / len(y)]


def least_squares(inputs: Array, targets: Array) -> Problem:
    seen = inputs[:-HELD_OUT]
    steepest = 2 * np.linalg.eigvalsh(seen.T @ seen / len(seen))[-1]
    return Problem(squared_loss, squared_grad, [np.zeros(inputs.shape[1])], inputs, targets, 2 / steepest)


def linear(rng: np.random.Generator, n: int = 200, width: int = 10, noise: float = 0.5) -> Problem:
    x = rng.normal(size=(n + HELD_OUT, width))
    return least_squares(x, x @ rng.normal(size=width) + noise * rng.normal(size=len(x)))


def polynomial(rng: np.random.Generator, n: int = 200, width: int = 5, noise: float = 0.5) -> Problem:
    x = rng.uniform(-1, 1, size=n + HELD_OUT)
    return least_squares(np.polynomial.legendre.legvander(x, width), np.sin(3 * x) + noise * rng.normal(size=len(x)))


def random_features(rng: np.random.Generator, n: int = 200, width: int = 30, noise: float = 0.5) -> Problem:
    x = rng.uniform(-2, 2, size=n + HELD_OUT)
    phases = np.outer(x, rng.normal(scale=3, size=width)) + rng.uniform(0, 2 * np.pi, size=width)
    return least_squares(np.sqrt(2 / width) * np.cos(phases), np.sin(2 * x) + noise * rng.normal(size=len(x)))


def logistic_loss(parameters: Parameters, x: Array, y: Array) -> float:
    z = x @ parameters[0]
    return float(np.logaddexp(0, z).sum() - y @ z) / len(y)


def logistic_grad(parameters: Parameters, x: Array, y: Array) -> Parameters:
    return [x.T @ (1 / (1 + np.exp(-x @ parameters[0])) - y) / len(y)]


def logistic(rng: np.random.Generator, n: int = 200, width: int = 5, noise: float = 0.5) -> Problem:
    x = rng.normal(size=(n + HELD_OUT, width))
    z = x @ rng.normal(size=width) / noise
    y = (rng.random(len(z)) < 1 / (1 + np.exp(-z))).astype(float)
    steepest = np.linalg.eigvalsh(x[:-HELD_OUT].T @ x[:-HELD_OUT] / n)[-1] / 4
    return Problem(logistic_loss, logistic_grad, [np.zeros(width)], x, y, 2 / steepest)


def network(parameters: Parameters, x: Array) -> tuple[Array, Array]:
    hidden = np.tanh(x @ parameters[0] + parameters[1])
    return hidden, hidden @ parameters[2] + parameters[3]


def network_loss(parameters: Parameters, x: Array, y: Array) -> float:
    return mean_square(network(parameters, x)[1] - y)


def network_grad(parameters: Parameters, x: Array, y: Array) -> Parameters:
    hidden, prediction = network(parameters, x)
    residual = 2 * (prediction - y) / len(y)
    back = np.outer(residual, parameters[2]) * (1 - hidden**2)
    return [x.T @ back, back.sum(axis=0), hidden.T @ residual, np.asarray(residual.sum())]


def multilayer(rng: np.random.Generator, n: int = 200, width: int = 5, noise: float = 0.5, hidden: int = 16) -> Problem:
    x = rng.normal(size=(n + HELD_OUT, width))
    y = np.tanh(x @ rng.normal(size=width)) + noise * rng.normal(size=len(x))
    start = [
        rng.normal(size=(width, hidden)) / np.sqrt(width),
        np.zeros(hidden),
        rng.normal(size=hidden) / np.sqrt(hidden),
        np.zeros(()),
    ]
    return Problem(network_loss, network_grad, start, x, y, 2 / hidden)
