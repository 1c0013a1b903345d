"""How often people see a doctor
=============================

How often do people see a doctor? Three models of counts, compared on people that they have not seen.

The RAND Health Insurance Experiment (Newhouse 1993) randomly gave families different insurance, and counted their
visits to a doctor; statsmodels carries 20,190 person-years of it. The mean is an exponential of a linear function of
insurance, health and family. Three losses take the counts to vary about it in three ways, ::

    Poisson()               variance = μ
    Tweedie(power=1.5)      variance = φ μ^1.5
    NegativeBinomial(α)     variance = μ + α μ²

and are fitted by Newton's method on ``loss.grad_and_curvature``. Each model is judged by all three deviances on a held
out third: by how much of the deviance of a constant it explains.

Run it with ``python docs/examples/count_model.py``. It needs statsmodels: ``python -m pip install ".[examples]"``.
"""

import sys

import numpy as np

from losses import NegativeBinomial, Poisson, Tweedie

STEPS = 50


def read_visits():
    """Return the numbers of visits, and a row of nine numbers about each person and year."""
    try:
        from statsmodels.datasets import randhie
    except ImportError:
        sys.exit('This example needs the data that statsmodels carries: python -m pip install ".[examples]"')
    table = randhie.load_pandas().data
    return table["mdvis"].to_numpy(float), table.drop(columns="mdvis").to_numpy(float)


def fit(loss, y, x):
    """Return the coefficients of a log-linear model."""
    coefficients = np.zeros(x.shape[1])
    coefficients[-1] = loss.best_constant(y)
    for step in range(1, STEPS + 1):
        grad, curvature = loss.grad_and_curvature(y, x @ coefficients)
        change = np.linalg.solve(x.T @ (curvature[:, np.newaxis] * x), x.T @ grad)
        coefficients -= change
        if sys.stderr.isatty():
            print(f"\r{loss!r}: step {step:2d}, change {np.abs(change).max():.1e}", end="", file=sys.stderr, flush=True)
        if np.abs(change).max() < 1e-10:
            break
    if sys.stderr.isatty():
        print(file=sys.stderr)
    return coefficients


def deviance(loss, y, s):
    """Return twice what a model loses to one that predicts each count itself."""
    perfect = np.log(np.maximum(y, 1e-300))
    return 2 * (loss.value(y, s) - loss.value(y, perfect))


def main():
    y, x = read_visits()
    x = np.column_stack([(x - x.mean(axis=0)) / x.std(axis=0), np.ones(len(x))])
    shuffled = np.random.default_rng(0).permutation(len(y))
    seen, held_out = np.split(shuffled, [2 * len(y) // 3])

    mean = np.exp(x[seen] @ fit(Poisson(), y[seen], x[seen]))
    excess = np.sum((y[seen] - mean) ** 2 - mean) / np.sum(mean**2)  # by moments
    losses = {
        "Poisson": Poisson(),
        "Tweedie": Tweedie(power=1.5),
        "negative binomial": NegativeBinomial(dispersion=excess),
    }
    variances = {
        "Poisson": lambda mean: mean,
        "Tweedie": lambda mean: mean**1.5,
        "negative binomial": lambda mean: mean + excess * mean**2,
    }
    print(f"{len(seen)} person-years, {len(held_out)} held out; {y.mean():.2f} visits a year, variance {y.var():.1f}")
    print(f"dispersion of the negative binomial: {excess:.2f}\n")
    print(f"{'':20s}{'deviance explained, held out, %':^45s}{'squared error':>16s}")
    print(f"{'trained as':20s}{'Poisson':>13s}{'Tweedie':>13s}{'neg. binomial':>19s}{'by its variance':>18s}")
    for name, loss in losses.items():
        s = x[held_out] @ fit(loss, y[seen], x[seen])
        print(f"{name:20s}", end="")
        for judge, width in zip(losses.values(), (13, 13, 19), strict=True):
            constant = np.full(len(held_out), judge.best_constant(y[seen]))
            share = 1 - deviance(judge, y[held_out], s) / deviance(judge, y[held_out], constant)
            print(f"{100 * share:{width}.2f}", end="")
        print(f"{np.mean((y[held_out] - np.exp(s)) ** 2 / variances[name](np.exp(s))):18.2f}")
    print(
        "\nThe three find much the same means. They differ in how sure they are of them: the counts vary several\n"
        "times as much as Poisson's model says, and about as much as the negative binomial's does."
    )


if __name__ == "__main__":
    main()
