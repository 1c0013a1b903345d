"""Survival: who is arrested again
===============================

Which prisoners are arrested again? Cox's model of 432 released men, of whom most were never seen to be.

Rossi, Berk and Lenihan (1980) followed men for a year after their release from prison, half of whom got financial aid;
114 were arrested, and of the others it is only known that they had not been. lifelines carries the data. The times are
whole weeks, so that there are many ties. The model is linear, and fitted with ``Cox(ties="efron")`` by Newton-like
steps on ``loss.grad_and_curvature``; lifelines finds the same coefficients.

Run it with ``python docs/examples/survival.py``. It needs lifelines: ``python -m pip install ".[examples]"``.
"""

import sys

import numpy as np

from losses import AFT, Cox

STEPS = 100


def read_releases():
    """Return lifelines's table, and its model."""
    try:
        from lifelines import CoxPHFitter
        from lifelines.datasets import load_rossi
    except ImportError:
        sys.exit('This example needs the data that lifelines carries: python -m pip install ".[examples]"')
    return load_rossi(), CoxPHFitter


def fit(loss, time, x, start, **named):
    """Return the coefficients of a linear model.

    Each step divides by the curvature of each man's own loss, as if it did not depend on the others' risks.
    """
    coefficients = start
    for step in range(1, STEPS + 1):
        grad, curvature = loss.grad_and_curvature(time, x @ coefficients, **named)
        change = np.linalg.solve(x.T @ (curvature[:, np.newaxis] * x), x.T @ grad)
        coefficients = coefficients - change
        if sys.stderr.isatty():
            print(f"\r{loss!r}: step {step:2d}, change {np.abs(change).max():.1e}", end="", file=sys.stderr, flush=True)
        if np.abs(change).max() < 1e-10:
            break
    if sys.stderr.isatty():
        print(file=sys.stderr)
    return coefficients


def main():
    table, reference = read_releases()
    time, event = table["week"], table["arrest"]
    names = [name for name in table.columns if name not in ("week", "arrest")]
    x = table[names].to_numpy(float)
    centred = x - x.mean(axis=0)  # the level of the risks is no matter

    loss = Cox(ties="efron")
    coefficients = fit(loss, time, centred, np.zeros(len(names)), event=event)
    theirs = reference().fit(table, "week", "arrest").params_[names].to_numpy()
    print(f"{len(table)} men, {event.sum()} arrests in {time.nunique()} different weeks\n")
    print(f"{'':6s}{'coefficient':>13s}{'times the risk':>16s}{'lifelines':>13s}{'difference':>12s}")
    for name, ours, other in zip(names, coefficients, theirs, strict=True):
        print(f"{name:6s}{ours:13.6f}{np.exp(ours):16.3f}{other:13.6f}{ours - other:12.0e}")
    before, after = (loss.value(time, risk, event=event) for risk in (np.zeros(len(x)), centred @ coefficients))
    print(f"\nloss per arrest, all risks equal: {before:.4f}, fitted: {after:.4f}")

    # A model of the time itself: log-logistic, censored on the right where there was no arrest.
    accelerated = AFT(distribution="logistic", scale=0.7)
    upper = np.where(event, time, np.inf)
    start = np.append(np.zeros(len(names)), accelerated.best_constant(time, upper=upper))
    logs = fit(accelerated, time, np.column_stack([centred, np.ones(len(x))]), start, upper=upper)
    print(f"with financial aid, the time to an arrest is {np.exp(logs[names.index('fin')]):.2f} times as long (AFT)")


if __name__ == "__main__":
    main()
