"""Losses at home in other libraries. None of these is imported before one of its names is asked for.

These modules use only the public methods of losses; nothing else in the package knows of them, and one module knows one
library. What no booster need know stands once, in `calls`, `curvatures`, `objective` and `metric`.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from losses.integrations.classifier import BoostedClassifier as BoostedClassifier
    from losses.integrations.metric import booster_metric as booster_metric
    from losses.integrations.objective import booster_objective as booster_objective
    from losses.integrations.ranker import BoostedRanker as BoostedRanker
    from losses.integrations.regressor import BoostedRegressor as BoostedRegressor
    from losses.integrations.scipy import least_squares_loss as least_squares_loss
    from losses.integrations.sklearn import sklearn_scorer as sklearn_scorer
    from losses.integrations.statsmodels import statsmodels_norm as statsmodels_norm
    from losses.integrations.torch import torch_loss as torch_loss

_NAMES = {
    "classifier": ("BoostedClassifier",),
    "metric": ("booster_metric",),
    "objective": ("booster_objective",),
    "ranker": ("BoostedRanker",),
    "regressor": ("BoostedRegressor",),
    "scipy": ("least_squares_loss",),
    "sklearn": ("sklearn_scorer",),
    "statsmodels": ("statsmodels_norm",),
    "torch": ("torch_loss",),
}
_MODULES = ("dask",)
_WHERE = {name: module for module, names in _NAMES.items() for name in names}

__all__ = sorted(_WHERE)


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return importlib.import_module(f"losses.integrations.{name}")
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(importlib.import_module(f"losses.integrations.{_WHERE[name]}"), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_WHERE, *_MODULES})
