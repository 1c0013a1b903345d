"""Derivatives in units in which boosters' own parameters mean what they do for squared error.

A second derivative with respect to ŷ has the unit of 1/y². Where targets are in the thousands, that of `Huber` is a
thousandth, and XGBoost's ``min_child_weight=1`` lets no tree grow, while ``reg_lambda=1`` shrinks all of its leaves. A
common factor of both derivatives changes nothing else in the leaves.
"""

from typing import Any

import numpy as np

from losses.integrations.calls import arguments, read
from losses.integrations.curvatures import derivatives, has_kinks_of_residuals
from losses.integrations.objective import BoosterObjective

_SMALL = 0.1
"""Below this mean, curvatures that a loss has of its own are in other units than boosters' parameters."""


def in_own_units(objective: BoosterObjective, y_true: Any, weight: Any, start: Any) -> BoosterObjective:
    """Return an objective whose curvature isn't small on average at the start, in outputs in the target's units.

    Of losses with kinks, whose own curvature is 1 in any units, it is the majorizer instead, in units of its mean.
    """
    loss, curvature = objective.loss, objective.curvature
    if curvature != "auto":
        return objective
    largest = _SMALL
    if has_kinks_of_residuals(loss):
        curvature, largest = "majorizer", np.inf
    scores = np.broadcast_to(np.asarray(start), (len(y_true), *np.shape(start)))
    in_units = np.atleast_1d(loss.inverse_link(start) == np.asarray(start))
    if not in_units.any():
        return objective
    arrays, named = arguments(loss, read(y_true, scores, weight))
    total = len(y_true) if weight is None else np.sum(weight)
    mean = np.atleast_1d(derivatives(loss, curvature, arrays, named)[1].sum(axis=0)) / total
    scale = np.where(in_units & (mean > 0) & (mean < largest), 1 / mean, 1.0)
    return BoosterObjective(loss, curvature, tuple(scale.tolist()) if np.any(scale != 1) else ())
