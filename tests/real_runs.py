"""Small models trained by gradient descent, for what a monitor should say of real loss curves.

Rates are relative to the edge of stability: on all the data, gradient descent on a quadratic diverges at
rates above 1 (2/λ, with λ the largest eigenvalue of the Hessian). Logistic regression takes the λ of a bound
on its Hessian, and the network a number of the right size.

Runs from several random seeds are trained side by side: the first axis of every array is the run.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Parameters = list[Array]

HELD_OUT = 200


@dataclass
class Problem:
    """A model with its initial parameters, and samples of which the last `HELD_OUT` are for validation."""

    loss: Callable[[Parameters, Array, Array], Array]
    grad: Callable[[Parameters, Array, Array], Parameters]
    start: Parameters
    inputs: Array
    targets: Array
    edge: float


def train(
    model: Callable[..., Problem],
    seeds: Sequence[int],
    rate: float,
    epochs: int,
    batch: int | None = None,
    running: bool = False,
    **problem: float,
) -> tuple[Array, Array]:
    """Return training and validation loss by run and epoch; `running` averages over the batches as they come."""
    rngs = [np.random.default_rng(seed) for seed in seeds]
    runs = [model(rng, **problem) for rng in rngs]
    loss, grad = runs[0].loss, runs[0].grad
    inputs, targets = np.stack([run.inputs for run in runs]), np.stack([run.targets for run in runs])
    (x, x_held), (y, y_held) = ((part[:, :-HELD_OUT], part[:, -HELD_OUT:]) for part in (inputs, targets))
    parameters = [np.stack(parts) for parts in zip(*(run.start for run in runs), strict=True)]
    steps = [rate * np.array([run.edge for run in runs]).reshape(-1, *(1,) * (p.ndim - 1)) for p in parameters]
    x, n, run = np.ascontiguousarray(x), y.shape[1], np.arange(len(runs))[:, np.newaxis]
    training, validation = [], []
    with np.errstate(all="ignore"):  # some runs are meant to overflow
        for _ in range(epochs):
            of_batches = []
            order = np.array([rng.permutation(n) for rng in rngs]) if batch else None
            for first in range(0, n, batch or n):
                rows = slice(None) if order is None else (run, order[:, first : first + (batch or n)])
                some_x, some_y = (x, y) if order is None else (x[rows], y[rows])
                if running:
                    of_batches.append(loss(parameters, some_x, some_y))
                grads = grad(parameters, some_x, some_y)
                parameters = [p - step * g for p, step, g in zip(parameters, steps, grads, strict=True)]
            training.append(np.mean(of_batches, axis=0) if running else loss(parameters, x, y))
            validation.append(loss(parameters, x_held, y_held))
    return np.transpose(training), np.transpose(validation)


def dot(matrices: Array, vectors: Array) -> Array:
    """Return the product of each run's matrix and vector."""
    return (matrices @ vectors[..., np.newaxis])[..., 0]


def back(x: Array, slopes: Array) -> Array:
    """Return the gradient by the coefficients of x, given those by the predictions."""
    return (slopes[:, np.newaxis] @ x)[:, 0]


def squared_loss(parameters: Parameters, x: Array, y: Array) -> Array:
    return np.mean((dot(x, parameters[0]) - y) ** 2, axis=1)


def squared_grad(parameters: Parameters, x: Array, y: Array) -> Parameters:
    return [back(x, 2 * (dot(x, parameters[0]) - y) / y.shape[1])]


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


def logistic_loss(parameters: Parameters, x: Array, y: Array) -> Array:
    z = dot(x, parameters[0])
    return np.mean(np.logaddexp(0, z) - y * z, axis=1)


def logistic_grad(parameters: Parameters, x: Array, y: Array) -> Parameters:
    return [back(x, (1 / (1 + np.exp(-dot(x, parameters[0]))) - y) / y.shape[1])]


def logistic(rng: np.random.Generator, n: int = 200, width: int = 5, noise: float = 0.5) -> Problem:
    x = rng.normal(size=(n + HELD_OUT, width))
    z = x @ rng.normal(size=width) / noise
    y = (rng.random(len(z)) < 1 / (1 + np.exp(-z))).astype(float)
    steepest = np.linalg.eigvalsh(x[:-HELD_OUT].T @ x[:-HELD_OUT] / n)[-1] / 4
    return Problem(logistic_loss, logistic_grad, [np.zeros(width)], x, y, 2 / steepest)


def network(parameters: Parameters, x: Array) -> tuple[Array, Array]:
    hidden = np.tanh(x @ parameters[0] + parameters[1][:, np.newaxis])
    return hidden, dot(hidden, parameters[2]) + parameters[3][:, np.newaxis]


def network_loss(parameters: Parameters, x: Array, y: Array) -> Array:
    return np.mean((network(parameters, x)[1] - y) ** 2, axis=1)


def network_grad(parameters: Parameters, x: Array, y: Array) -> Parameters:
    hidden, prediction = network(parameters, x)
    residual = 2 * (prediction - y) / y.shape[1]
    by_hidden = residual[:, :, np.newaxis] * parameters[2][:, np.newaxis] * (1 - hidden**2)
    return [x.transpose(0, 2, 1) @ by_hidden, by_hidden.sum(axis=1), back(hidden, residual), residual.sum(axis=1)]


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
