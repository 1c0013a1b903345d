"""Watching a training run: its best epoch, when to stop, and what its loss curves say."""

import importlib
import math
from collections.abc import Mapping
from enum import Enum
from operator import index
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from losses._trends import SHORTEST_TREND, Curve


class Diagnosis(Enum):
    """What the loss curves of a run say; a member's value is a sentence: what is seen, and what to do."""

    LEARNING = "The training loss is falling: carry on."
    OVERFITTING = (
        "The training loss still falls, but the validation loss has risen from its best: "
        "go back to the best epoch, or use more data, a smaller model or more regularization."
    )
    PLATEAU = (
        "The training loss is not decreasing: the learning rate is too low or too high, "
        "the model is too small, or there is nothing left to learn."
    )
    DIVERGING = "The loss is rising, NaN or infinite: lower the learning rate and start again."
    TOO_FEW_EPOCHS = f"Fewer than {SHORTEST_TREND} epochs cannot tell a trend from one noisy epoch: carry on."

    @property
    def sentence(self) -> str:
        """The sentence, which is also the member's value."""
        return self.value

    def __str__(self) -> str:
        return f"{self.name}: {self.value}"


class TrainingMonitor:
    """Follow the training and validation loss of a run, epoch by epoch.

    The *monitored* loss is the validation loss, or the training loss if no validation loss is recorded.
    `best_epoch`, `best_value` and `should_stop` take it as it was recorded; only `diagnosis` smooths.

    Parameters
    ----------
    patience : int
        How many epochs in a row may fail to improve before `should_stop`; at least 1.
    min_delta : float
        An epoch improves if it undercuts the best value before it by more than this, in units of the loss;
        finite and at least 0. An epoch that undercuts it by less is the best from then on, but does not count
        as an improvement (like `tol` of scikit-learn's ``MLPClassifier``).

    Raises
    ------
    ValueError
        If a parameter is out of its range.

    Examples
    --------
    >>> monitor = TrainingMonitor(patience=3)
    >>> for epoch in range(100):
    ...     monitor.record(train=0.8**epoch, validation=0.5 + abs(epoch - 6) / 10)
    ...     if monitor.should_stop:
    ...         break
    >>> epoch, monitor.best_epoch, monitor.best_value
    (9, 6, 0.5)
    >>> print(monitor.diagnosis().name)
    OVERFITTING
    """

    def __init__(self, patience: int = 10, min_delta: float = 0.0) -> None:
        self.patience = _patience(patience)
        self.min_delta = _min_delta(min_delta)
        self._train: list[float] = []
        self._validation: list[float] = []

    def __repr__(self) -> str:
        return f"TrainingMonitor(patience={self.patience}, min_delta={self.min_delta})"

    def record(self, train: float, validation: float | None = None) -> None:
        """Record an epoch.

        Parameters
        ----------
        train, validation : float
            The losses of the epoch: real numbers, NaN and infinities included. The validation loss is given
            in every epoch or in none.

        Raises
        ------
        TypeError
            If a loss is not a real number.
        ValueError
            If a validation loss is given in some epochs only. Nothing is recorded then.
        """
        train = _loss("train", train)
        if validation is not None:
            validation = _loss("validation", validation)
        if self._train and (validation is not None) != bool(self._validation):
            given, now = ("given", "missing") if self._validation else ("not given", "given")
            raise ValueError(
                f"validation was {given} in the epochs before and is {now} in epoch {len(self._train)}: "
                "record it in every epoch or in none"
            )
        self._train.append(train)
        if validation is not None:
            self._validation.append(validation)

    @property
    def history(self) -> dict[str, NDArray[np.float64]]:
        """The recorded losses, new arrays under "train" and "validation" (empty if none was given)."""
        return {"train": np.array(self._train), "validation": np.array(self._validation)}

    @property
    def best_epoch(self) -> int | None:
        """The first epoch, counted from 0, with the least finite monitored loss; None before there is one."""
        losses = self._monitored()
        return int(losses.argmin()) if np.isfinite(losses).any() else None

    @property
    def best_value(self) -> float | None:
        """The monitored loss at `best_epoch`, or None."""
        best = self.best_epoch
        return None if best is None else float(self._monitored()[best])

    @property
    def should_stop(self) -> bool:
        """Whether the last `patience` epochs have all failed to improve by more than `min_delta`.

        The first finite loss is an improvement; one that is NaN or infinite never is.
        """
        return self._epochs_without_improvement() >= self.patience

    def diagnosis(self) -> Diagnosis:
        """Say what the curves look like.

        Returns
        -------
        Diagnosis
            The first of these that holds:

            - DIVERGING: a loss of any epoch is NaN or infinite.
            - TOO_FEW_EPOCHS: fewer than 5 epochs.
            - DIVERGING: the training loss is 5 % above its best, after a rise that has not turned.
            - OVERFITTING: the validation loss is 5 % above its best, since when the training loss has fallen.
            - LEARNING: the training loss has fallen by 5 % or more, and is still falling.
            - PLATEAU.

        Notes
        -----
        Levels are medians, and the Mann–Kendall test tells trends from noise (`losses.trends`). So one finite
        outlier does not change the diagnosis of a clear-cut run, nor does multiplying all losses by a
        positive number. `patience` and `min_delta` play no part.

        Percentages are of the larger absolute value of the two compared, which serves negative losses too.
        Adding a constant to all losses can change the diagnosis: nothing but a loss's own size says what is
        much.

        A run that has converged is still falling while its last half (at least 12 epochs) shows a fall of
        0.01 % or more, and a PLATEAU after that: a curve does not tell a good optimum from a model that is
        too small.
        """
        train, validation = self.history.values()
        if not (np.isfinite(train).all() and np.isfinite(validation).all()):
            return Diagnosis.DIVERGING
        if train.size < SHORTEST_TREND:
            return Diagnosis.TOO_FEW_EPOCHS
        curve = Curve(train)
        if curve.rises():
            return Diagnosis.DIVERGING
        if validation.size and curve.falls_since(Curve(validation).turn()):
            return Diagnosis.OVERFITTING
        return Diagnosis.LEARNING if curve.falls() else Diagnosis.PLATEAU

    def summary(self) -> str:
        """Return the state of the run as a few lines of text.

        Examples
        --------
        >>> monitor = TrainingMonitor()
        >>> for epoch in range(20):
        ...     monitor.record(train=2 * 0.9**epoch)
        >>> print(monitor.summary())
        20 epochs
        train: first 2, last 0.27017
        best train: 0.27017 in epoch 19
        epochs without improvement: 0 (patience 10)
        LEARNING: The training loss is falling: carry on.
        """
        lines = [f"{len(self._train)} epochs"]
        for name, losses in (("train", self._train), ("validation", self._validation)):
            if losses:
                lines.append(f"{name}: first {losses[0]:.6g}, last {losses[-1]:.6g}")
        if self.best_epoch is not None:
            monitored = "validation" if self._validation else "train"
            lines.append(f"best {monitored}: {self.best_value:.6g} in epoch {self.best_epoch}")
        waited = self._epochs_without_improvement()
        lines.append(f"epochs without improvement: {waited} (patience {self.patience})")
        lines.append(str(self.diagnosis()))
        if self.should_stop:
            lines[-1] = lines[-1].replace(": carry on.", ".")
            lines.append("The patience is used up: stop, and keep the model of the best epoch.")
        return "\n".join(lines)

    def to_dict(self) -> dict[str, Any]:
        """Return the monitor as a dictionary that JSON can hold.

        Losses that are NaN or infinite become strings, because standard JSON has no numbers for them.

        Examples
        --------
        >>> monitor = TrainingMonitor(patience=3)
        >>> monitor.record(0.5, validation=float("inf"))
        >>> monitor.to_dict()
        {'patience': 3, 'min_delta': 0.0, 'train': [0.5], 'validation': ['inf']}
        """
        return {
            "patience": self.patience,
            "min_delta": self.min_delta,
            "train": [_to_json(loss) for loss in self._train],
            "validation": [_to_json(loss) for loss in self._validation],
        }

    @classmethod
    def from_dict(cls, state: Mapping[str, Any]) -> Self:
        """Return the monitor that `to_dict` made the dictionary from, exactly.

        Raises
        ------
        ValueError
            If an entry is missing, or there are validation losses, but not one an epoch.
        """
        missing = {"patience", "min_delta", "train", "validation"} - state.keys()
        if missing:
            raise ValueError(f"the state of a TrainingMonitor needs the entries {sorted(missing)}")
        train, validation = state["train"], state["validation"]
        if len(validation) not in (0, len(train)):
            raise ValueError(f"{len(train)} losses in train, but {len(validation)} in validation")
        monitor = cls(patience=state["patience"], min_delta=state["min_delta"])
        for epoch, loss in enumerate(train):
            monitor.record(float(loss), float(validation[epoch]) if validation else None)
        return monitor

    def plot(self, ax: Any = None) -> Any:
        """Draw the curves and mark the best epoch.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            Where to draw; a new figure if None.

        Returns
        -------
        matplotlib.axes.Axes
            The axes drawn into.

        Raises
        ------
        ImportError
            If Matplotlib is needed and not installed (``pip install "losses[plot]"``).
        """
        if ax is None:
            try:
                pyplot = importlib.import_module("matplotlib.pyplot")
            except ImportError as error:
                raise ImportError('plot needs Matplotlib, which comes with pip install "losses[plot]"') from error
            ax = pyplot.subplots()[1]
        for name, losses in self.history.items():
            if losses.size:
                ax.plot(np.where(np.isfinite(losses), losses, np.nan), label=name)
        if self.best_epoch is not None:
            ax.axvline(self.best_epoch, color="gray", linestyle=":", label=f"best: epoch {self.best_epoch}")
            ax.legend()
        ax.set(xlabel="epoch", ylabel="loss", title=self.diagnosis().name)
        return ax

    def _monitored(self) -> NDArray[np.float64]:
        """Return the monitored losses, with +inf for those that are not finite and so can never be best."""
        losses = np.array(self._validation or self._train)
        return np.where(np.isfinite(losses), losses, np.inf)

    def _epochs_without_improvement(self) -> int:
        losses = self._monitored()
        best_before = np.minimum.accumulate(np.append(np.inf, losses[:-1]))
        with np.errstate(over="ignore"):
            improved = losses < best_before - self.min_delta
        return int(losses.size - 1 - improved.nonzero()[0].max(initial=-1))


def _patience(value: int) -> int:
    try:
        patience = 0 if isinstance(value, bool) else index(value)
    except TypeError:
        patience = 0
    if patience < 1:
        raise ValueError(f"patience must be an integer of at least 1, not {value!r}")
    return patience


def _min_delta(value: float) -> float:
    try:
        min_delta = _loss("min_delta", value)
    except TypeError:
        min_delta = math.nan
    if not 0 <= min_delta < math.inf:
        raise ValueError(f"min_delta must be a finite number of at least 0, not {value!r}")
    return min_delta


def _loss(name: str, value: float) -> float:
    """Return the value as a Python float; anything with `__float__` is a number but booleans and arrays."""
    if (
        isinstance(value, (bool, np.bool_, np.complexfloating))
        or not (hasattr(value, "__float__") or hasattr(value, "__index__"))
        or np.ndim(value) > 0
    ):
        raise TypeError(f"{name} must be a real number, not {value!r}")
    return float(value)


def _to_json(loss: float) -> float | str:
    return loss if math.isfinite(loss) else str(loss)
