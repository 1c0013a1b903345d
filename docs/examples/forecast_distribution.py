"""A forecast and how far off it may be
====================================

Forecast how much electricity will be needed a day ahead, and how far off that may be.

The data and the features are those of electricity_demand.py. Three models are linear in them: three quantiles, trained
with `MultiQuantile`, and the mean and log standard deviation of a normal distribution, trained once with `GaussianNLL`
and once with `GaussianCRPS`, all in plain NumPy on ``loss.grad_and_curvature``. On the last two weeks, which are held
out, demand should lie between the quantiles at 0.1 and 0.9 in 80 % of the half hours; of two forecasts that keep that
promise, the one with the narrower interval is the better. The continuous ranked probability score (CRPS) judges both at
once, in megawatts; smaller is better.

Run it with ``python docs/examples/forecast_distribution.py``. With Matplotlib installed it also draws three days, into
``forecast_distribution.png`` or the file named as an argument.
"""

import sys
from statistics import NormalDist

import numpy as np
from electricity_demand import DATA, DAY, HELD_OUT, features, read_demand

from losses import EnsembleCRPS, GaussianCRPS, GaussianNLL, MultiQuantile

LEVELS = (0.1, 0.5, 0.9)
QUANTILES = MultiQuantile(quantiles=LEVELS)
STEPS, WARM_UP = 600, 50
MEMBERS = 200


def standardized(x, past):
    """Return features of mean 0 and spread 1 in the past, with a constant."""
    return np.column_stack([(x - x[past].mean(axis=0)) / x[past].std(axis=0), np.ones(len(x))])


def train(loss, z, y):
    """Return the weights of a linear model with a column for each output.

    Each step is Newton's for one output at a time, with the curvature for the second derivative. It is shortened as
    time goes on: near a kink, where the derivative jumps, full steps would overshoot forever.
    """
    weights = np.zeros((z.shape[1], len(loss.best_constant(y))))
    weights[-1] = loss.best_constant(y)
    ridge = 1e-6 * np.eye(z.shape[1])  # the weekdays and the constant are collinear
    for step in range(STEPS):
        slope, curvature = loss.grad_and_curvature(y, z @ weights)
        for k in range(weights.shape[1]):
            bend = (z * curvature[:, k, np.newaxis]).T @ z
            weights[:, k] -= np.linalg.solve(bend + ridge * np.trace(bend), z.T @ slope[:, k]) / (1 + step / WARM_UP)
    return weights


def quantiles_of(normal):
    """Return the quantiles of normal distributions, given mean and log standard deviation."""
    return normal[:, :1] + np.exp(normal[:, 1:]) * [NormalDist().inv_cdf(level) for level in LEVELS]


def members_of(quantiles):
    """Return an ensemble for each row of quantiles, by straight lines through them."""
    levels = (np.arange(MEMBERS) + 0.5) / MEMBERS
    (low, middle, high), (a, b, c) = quantiles.T[..., np.newaxis], LEVELS
    below, above = (levels - b) * (middle - low) / (b - a), (levels - b) * (high - middle) / (c - b)
    return middle + np.where(levels < b, below, above)


def draw(hours, demand, forecasts, path):
    """Draw some days into a file, if Matplotlib is installed."""
    try:
        from matplotlib import pyplot
    except ImportError:
        print('\nNo picture is drawn without Matplotlib, which comes with: pip install "losses[plot]"')
        return
    figure, axes = pyplot.subplots(1, len(forecasts), figsize=(12, 4), sharey=True, layout="constrained")
    for (name, quantiles), ax in zip(forecasts.items(), axes, strict=True):
        low, middle, high = quantiles.T
        ax.fill_between(hours, low, high, alpha=0.3, label="quantiles at 0.1 to 0.9")
        ax.plot(hours, middle, label="median")
        ax.plot(hours, demand, "k", linewidth=1, label="demand")
        ax.set(title=name, xlabel="hours", ylabel="GW")
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=3)
    figure.savefig(path, dpi=120)
    print(f"\nThree days are drawn in {path}.")


def main():
    stamps, demand = read_demand(DATA)
    now, x = features(stamps, demand)
    y = demand[now] / 1000  # gigawatts
    past, held_out = slice(None, -HELD_OUT), slice(-HELD_OUT, None)
    z, actual = standardized(x, past), y[held_out]

    always = np.tile(GaussianNLL().best_constant(y[past]), (HELD_OUT, 1))
    normals = {"one distribution for all": always}
    for loss in (GaussianNLL(), GaussianCRPS()):
        normals[repr(loss)] = z[held_out] @ train(loss, z[past], y[past])
    quantiles = np.sort(z[held_out] @ train(QUANTILES, z[past], y[past]), axis=1)

    forecasts = {name: (quantiles_of(normal), GaussianCRPS()(actual, normal)) for name, normal in normals.items()}
    forecasts["MultiQuantile()"] = quantiles, EnsembleCRPS()(actual, members_of(quantiles))
    print(f"Trained on {len(y) - HELD_OUT} half hours to {stamps[now[-HELD_OUT - 1]]:%d %B %Y}, held out {HELD_OUT}.\n")
    print(f"{'trained with':26s}{'within 0.1-0.9':>16s}{'width':>9s}{'pinball':>10s}{'CRPS':>8s}")
    print(f"{'':26s}{'% (80 wanted)':>16s}{'MW':>9s}{'MW':>10s}{'MW':>8s}")
    for name, (of_levels, score) in forecasts.items():
        low, _, high = of_levels.T
        covered = 100 * np.mean((low <= actual) & (actual <= high))
        width, pinball = 1000 * np.mean(high - low), 1000 * QUANTILES(actual, of_levels) / len(LEVELS)
        print(f"{name:26s}{covered:16.1f}{width:9.0f}{pinball:10.1f}{1000 * score:8.1f}")
    sigma = 1000 * np.exp(normals["GaussianCRPS()"][:, 1])
    print(
        f"\nThe standard deviations that GaussianCRPS() forecasts go from {sigma.min():.0f} to {sigma.max():.0f} MW.\n"
        "The quantiles need no distribution; to be scored by CRPS they are joined by straight lines."
    )
    days = slice(0, 3 * DAY)
    shown = {name: forecasts[name][0][days] for name in ("GaussianCRPS()", "MultiQuantile()")}
    draw(np.arange(3 * DAY) / 2, actual[days], shown, sys.argv[1] if len(sys.argv) > 1 else "forecast_distribution.png")


if __name__ == "__main__":
    main()
