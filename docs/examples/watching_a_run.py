"""Watch four training runs on electricity demand, and hear from their loss curves what is wrong with them.

By how much will demand in this half hour differ from that of a week before? A linear model forecasts it a day ahead
from the differences in the 200 half hours until then. It is trained by gradient descent with a good learning rate, one
that is too high, one that is too low, and then on so few samples that it can learn them by heart. A `TrainingMonitor`
follows each run: what it says is printed when it changes, and training stops early when the validation loss has not
improved for some epochs. A run that diverges is stopped at once.

Run it with ``python docs/examples/watching_a_run.py``. With Matplotlib installed it also draws the four runs, into
``watching_a_run.png`` or the file named as an argument.
"""

import sys

import numpy as np
from electricity_demand import DATA, DAY, HELD_OUT, WEEK, read_demand

from losses import MSE
from losses.monitor import Diagnosis, TrainingMonitor

LAGS = 200  # half hours that the model sees
FEW = 40  # samples of the last run
EPOCHS, PATIENCE = 300, 40


def samples():
    """Return features and targets: differences to the week before, in gigawatts."""
    demand = read_demand(DATA)[1] / 1000
    difference = demand[WEEK:] - demand[:-WEEK]
    seen = np.lib.stride_tricks.sliding_window_view(difference[:-DAY], LAGS)
    return np.column_stack([seen, np.ones(len(seen))]), difference[LAGS + DAY - 1 :]


def run(name, training, validation, rate):
    """Train the model by gradient descent, and return the monitor that followed it.

    Gradient descent on a quadratic diverges at rates above 2/λ, λ being the steepest curvature: `rate` 1 is that edge.
    """
    loss, monitor, said = MSE(), TrainingMonitor(patience=PATIENCE), None
    (x, y), weights = training, np.zeros(training[0].shape[1])
    edge = 1 / np.linalg.eigvalsh(x.T @ x / len(x))[-1]
    print(f"\n{name}: {len(x)} samples, {len(weights)} parameters")
    for epoch in range(EPOCHS):
        value, slope = loss.value_and_grad(y, x @ weights)
        monitor.record(value, validation=loss(validation[1], validation[0] @ weights))
        weights -= rate * edge * (x.T @ slope)
        diagnosis = monitor.diagnosis()
        if diagnosis is not said:
            said = diagnosis
            print(f"  epoch {epoch:3d}  {diagnosis}", flush=True)
        if diagnosis is Diagnosis.DIVERGING or monitor.should_stop:
            break
        if epoch % 20 == 0 and sys.stderr.isatty():
            print(f"\r{name}: epoch {epoch} of {EPOCHS}", end="\r", file=sys.stderr, flush=True)
    end = f"stopped after epoch {epoch}" if epoch + 1 < EPOCHS else f"ran for all {EPOCHS} epochs"
    print(f"  {end}; best validation loss {monitor.best_value:.4f} in epoch {monitor.best_epoch}", flush=True)
    return monitor


def draw(monitors, path):
    """Draw all the runs into a file, if Matplotlib is installed."""
    try:
        from matplotlib import pyplot
    except ImportError:
        print('\nNo picture is drawn without Matplotlib, which comes with: pip install "losses[plot]"')
        return
    figure, axes = pyplot.subplots(2, 2, figsize=(11, 7), layout="constrained")
    for (name, monitor), ax in zip(monitors.items(), axes.flat, strict=True):
        monitor.plot(ax)
        ax.set(title=f"{name}: {monitor.diagnosis().name}", ylabel="mean squared error, GW²")
    figure.savefig(path, dpi=120)
    print(f"\nThe four runs are drawn in {path}.")


def main():
    x, y = samples()
    training, validation = (x[:-HELD_OUT], y[:-HELD_OUT]), (x[-HELD_OUT:], y[-HELD_OUT:])
    few = np.random.default_rng(0).choice(len(training[0]), FEW, replace=False)
    monitors = {
        name: run(name, data, validation, rate)
        for name, data, rate in (
            ("good rate", training, 0.5),
            ("rate too high", training, 1.1),
            ("rate too low", training, 1e-5),
            ("too few samples", (x[few], y[few]), 0.9),
        )
    }
    draw(monitors, sys.argv[1] if len(sys.argv) > 1 else "watching_a_run.png")


if __name__ == "__main__":
    main()
