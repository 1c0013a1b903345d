"""The curves of each loss, computed by the library itself: loss, derivative, and weight or curvature."""

import re
import textwrap
from typing import Any, NamedTuple

import matplotlib.pyplot as plt
import numpy as np
import pictures

import losses

POINTS = 241
KINDS = {  # what is drawn of a loss that losses.toml says nothing about
    losses.ResidualLoss: ("residual r = ŷ − y", (-4, 4), "y_true=[0], y_pred=[x]"),
    losses.MarginLoss: ("margin z", (-3, 3), "y_true=[1], y_pred=[x]"),
    losses.PairwiseLoss: ("score of the better item − score of the other", (-4, 4), "y_true=[1, 0], y_pred=[x, 0]"),
    losses.ListwiseLoss: (
        "score of the best of three items; the others 0.5 and 0",
        (-3, 3),
        "y_true=[2, 1, 0], y_pred=[x, 0.5, 0]",
    ),
}
LOCATION = ("location − y", (-4, 4), [(f"log scale {k:g}", f"y_true=[0], y_pred=[[x, {k}]]") for k in (-0.7, 0, 0.7)])


class Curve(NamedTuple):
    """A curve: what the legend says, the loss, and its arrays as functions of x."""

    label: str
    loss: Any
    arrays: str


class Picture(NamedTuple):
    """What is drawn of a loss."""

    x: str
    ends: tuple[float, float]
    curves: list[Curve]
    weight: bool


def picture(cls: type, notes: dict[str, Any]) -> Picture | None:
    """Return what to draw of a loss, None if nobody said so."""
    x, ends, arrays = next((kind for base, kind in KINDS.items() if issubclass(cls, base)), (None, None, None))
    wanted = notes.get("curves") or ([f"{cls.__name__}()"] if arrays else None)
    if wanted is None and getattr(cls, "columns", ())[1:]:
        x, ends, rows = LOCATION
        wanted = [[label, f"{cls.__name__}()", row] for label, row in rows]
    if wanted is None:
        return None
    found = []
    for each in wanted:
        label, code, given = (each, each, arrays) if isinstance(each, str) else each
        shown = re.fullmatch(r"\w+\((.+)\)", label)
        found.append(Curve(shown[1] if shown and len(wanted) > 1 else label, evaluated(code), given))
    x, ends = notes.get("x", x), tuple(notes.get("range", ends))
    return Picture(x, ends, found, issubclass(cls, losses.ResidualLoss))


def evaluated(code: str, **names: Any) -> Any:
    """Return the value of a Python expression that may name losses."""
    known = {name: getattr(losses, name) for name in losses.__all__}
    degrees = {"cos": lambda x: np.cos(np.deg2rad(x)), "sin": lambda x: np.sin(np.deg2rad(x))}
    return eval(code, {**known, **degrees, "inf": np.inf, **names})


def along(curve: Curve, x: float, step: float) -> tuple[float, float, float]:
    """Return loss, derivative and curvature in the direction in which the predictions move with x."""
    loss, signature = curve.loss.with_reduction("sum"), curve.loss.signature

    def arrays(x: float) -> dict[str, np.ndarray]:
        return {name: np.asarray(a, float) for name, a in evaluated(f"dict({curve.arrays})", x=x).items()}

    here, before, after = arrays(x), arrays(x - step), arrays(x + step)
    given = [here[name] for name in signature.positional]
    named = {name: array for name, array in here.items() if name not in signature.positional}
    grad, bend = loss.grad_and_curvature(*given, **named)
    slope = curvature = 0.0
    parts = (grad, bend) if isinstance(grad, tuple) else ((grad,), (bend,))
    for name, g, c in zip((name for name in signature.predictions if name in here), *parts, strict=True):
        direction = (after[name] - before[name]) / (2 * step)
        slope += float(np.sum(g * direction))
        curvature += float(np.sum(c * direction**2))
    return float(loss.value(*given, **named)), slope, curvature


def draw(cls: type, notes: dict[str, Any], folder: Any) -> list[dict[str, str]]:
    """Draw a loss, its derivative, and its weight ψ/r or curvature; return the files of the three, by mode."""
    wanted = picture(cls, notes)
    if wanted is None:
        return []
    low, high = wanted.ends
    step = 1e-4 * (high - low)
    x = np.linspace(low + step, high - step, POINTS)
    x = x[np.abs(x) > 1e-9] if wanted.weight else x
    values = [np.array([along(curve, at, step) for at in x]) for curve in wanted.curves]
    titles = ["loss", "derivative ψ", "weight ψ/r"] if wanted.weight else ["loss", "derivative", "curvature"]
    files = []
    with pictures.style():
        for k, title in enumerate(titles):
            figure, ax = plt.subplots(figsize=(3.1, 2.7), layout="constrained")
            for curve, value in zip(wanted.curves, values, strict=True):
                ax.plot(x, value[:, 1] / x if wanted.weight and k == 2 else value[:, k], label=curve.label)
            ax.set_title(title)
            ax.set_xlabel(textwrap.fill(wanted.x, 40), fontsize=9)
            limit(ax, np.array([value[:, k] for value in values]) if k < 2 else None)
            if k == 0 and len(wanted.curves) > 1:
                ax.legend(fontsize=8)
            files.append(pictures.save(figure, folder, f"{cls.__name__}-{k}"))
            plt.close(figure)
    return files


def limit(ax: Any, values: np.ndarray | None) -> None:
    """Leave some room at both ends, and show zero."""
    low, high = ax.get_ylim()
    if values is not None and np.ptp(values) < 1e-9 * np.abs(values).max():  # a constant, but for rounding
        ax.set_ylim(min(low * 1.2, 0), max(high * 1.2, 0))
    elif values is not None and low > 0:
        ax.set_ylim(bottom=0)
    if values is None:
        ax.set_ylim(bottom=min(low, 0), top=high * 1.05 if high > 0 else 1)
