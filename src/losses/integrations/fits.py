"""One fit of a booster's scikit-learn class, in words that the modules of all the libraries understand."""

import importlib
from collections.abc import Mapping, Sequence
from types import ModuleType
from typing import Any, NamedTuple

from losses.integrations.metric import BoosterMetric
from losses.integrations.objective import BoosterObjective

_MODULES = {
    "xgboost": "xgboost",
    "lightgbm": "lightgbm",
    "catboost": "catboost",
    "sklearn.ensemble._hist_gradient_boosting": "hist",
}


class Data(NamedTuple):
    """Samples to train or to be judged on."""

    X: Any
    y: Any
    weight: Any = None
    sizes: Any = None
    """How many items each query has, in ranking."""


class Fit(NamedTuple):
    """What is to be fitted to what."""

    objective: BoosterObjective
    metric: BoosterMetric
    start: Any
    """The score that boosting starts from, or one for each output."""
    train: Data
    evals: Sequence[Data]
    further: Mapping[str, Any]
    """Further arguments of the booster's own `fit`."""

    @property
    def outputs(self) -> int:
        """How many scores a sample has."""
        return 1 if isinstance(self.start, float) else len(self.start)


def library_of(estimator: Any) -> ModuleType:
    """Return the module that knows the library of an estimator.

    Raises
    ------
    TypeError
        If it belongs to none of the libraries that are known.
    """
    for kind in type(estimator).__mro__:
        for prefix, name in _MODULES.items():
            if kind.__module__ == prefix or kind.__module__.startswith(f"{prefix}."):
                return importlib.import_module(f"losses.integrations.{name}")
    raise TypeError(
        "estimator must be one of XGBoost's, LightGBM's or CatBoost's scikit-learn classes, or a "
        f"HistGradientBoosting; got {estimator!r}"
    )
