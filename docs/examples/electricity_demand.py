"""A forecast in which shortfalls are dear
=======================================

Forecast electricity demand a day ahead, where a shortfall costs ten times as much as the same surplus.

Half-hourly demand of England and Wales (data/SOURCE.md) is forecast by a linear model from the same half hour a day, a
week and eight days before, the weekday and the time of day. The model is trained in plain NumPy by gradient descent on
``loss.value_and_grad``, once with each of two losses; the last two weeks are held out.

Run it with ``python docs/examples/electricity_demand.py``.
"""

import csv
import sys
from datetime import datetime
from pathlib import Path

import numpy as np

from losses import MSE, Asymmetric

DATA = Path(__file__).parent / "data" / "electricity_demand.csv"
DAY, WEEK = 48, 7 * 48  # half hours
HELD_OUT = 2 * WEEK
STEPS = 1500


def read_demand(path):
    """Return the time stamps and the demand in megawatts."""
    with open(path, newline="") as file:
        rows = list(csv.DictReader(file))
    stamps = [datetime.fromisoformat(row["timestamp"]) for row in rows]
    return stamps, np.array([float(row["demand_mw"]) for row in rows])


def features(stamps, demand):
    """Return a row for each half hour from the second week on, in gigawatts and as calendar indicators."""
    now = np.arange(WEEK + DAY, len(demand))
    lags = [demand[now - DAY], demand[now - WEEK], demand[now - WEEK - DAY]]
    hour = np.array([stamps[i].hour + stamps[i].minute / 60 for i in now])
    weekday = np.array([stamps[i].weekday() for i in now])
    waves = [wave(2 * np.pi * k * hour / 24) for k in (1, 2, 3) for wave in (np.sin, np.cos)]
    days = [weekday == day for day in range(7)]
    return now, np.column_stack([*(lag / 1000 for lag in lags), *waves, *days])


def train(loss, x, y, name):
    """Return the weights of a linear model, found by gradient descent with momentum."""
    mean, scale = x.mean(axis=0), x.std(axis=0)
    z = np.column_stack([(x - mean) / scale, np.ones(len(x))])
    weights = np.zeros(z.shape[1])
    velocity = np.zeros_like(weights)
    # The curvature of the loss along the steepest direction bounds the rate.
    rate = 1 / (np.linalg.eigvalsh(z.T @ z)[-1] * loss.hess(y, z @ weights).max())
    for step in range(1, STEPS + 1):
        value, slope = loss.value_and_grad(y, z @ weights)
        velocity = 0.98 * velocity - rate * (z.T @ slope)
        weights += velocity
        if step % 100 == 0 and sys.stderr.isatty():
            print(f"\r{name}: step {step:4d} of {STEPS}, loss {value:.5f}", end="", file=sys.stderr, flush=True)
    if sys.stderr.isatty():
        print(file=sys.stderr)
    return lambda x: np.column_stack([(x - mean) / scale, np.ones(len(x))]) @ weights


def main():
    stamps, demand = read_demand(DATA)
    now, x = features(stamps, demand)
    y = demand[now] / 1000  # gigawatts
    past, held_out = slice(None, -HELD_OUT), slice(-HELD_OUT, None)
    cost = Asymmetric(shortfall_weight=10)
    print(f"Trained on {len(y) - HELD_OUT} half hours to {stamps[now[-HELD_OUT - 1]]:%d %B %Y}, held out {HELD_OUT}.\n")
    print(f"{'trained with':36s}{'RMSE':>8s}{'half hours':>13s}{'short':>10s}{'asymmetric':>13s}")
    print(f"{'':36s}{'MW':>8s}{'short':>13s}{'MWh':>10s}{'cost, GW²':>13s}")
    for loss in (MSE(), cost):
        forecast = train(loss, x[past], y[past], repr(loss))(x[held_out])
        actual = y[held_out]
        shortfall = np.maximum(actual - forecast, 0)  # gigawatts, for half an hour
        print(
            f"{loss!r:36s}{1000 * MSE()(actual, forecast) ** 0.5:8.0f}{np.count_nonzero(shortfall):13d}"
            f"{1000 * shortfall.sum() / 2:10.0f}{cost(actual, forecast):13.3f}",
            flush=True,
        )
    print(
        "\nThe model trained with the asymmetric loss is less exact on average, but it plans some spare capacity: the\n"
        "power company has to buy missing power at the last minute far less often, and its costs are lower."
    )


if __name__ == "__main__":
    main()
