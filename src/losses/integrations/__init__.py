"""Losses at home in other libraries. None of these is imported before one of its names is asked for.

The boosters' part knows the public methods of losses, and one module knows one library: `xgboost`, `lightgbm`,
`catboost`, `hist`. What no booster need know stands once, in `calls`, `curvatures`, `objective` and `metric`.
"""

import importlib
from typing import Any

_NAMES = {
    "estimators": ("BoostedClassifier", "BoostedRanker", "BoostedRegressor"),
    "metric": ("booster_metric",),
    "objective": ("booster_objective",),
    "scipy": ("least_squares_loss",),
    "sklearn": ("sklearn_scorer",),
    "statsmodels": ("statsmodels_norm",),
    "torch": ("torch_loss",),
}
_MODULES = ("dask",)
_WHERE = {name: module for module, names in _NAMES.items() for name in names}

__all__ = sorted([*_WHERE, *_MODULES])


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return importlib.import_module(f"losses.integrations.{name}")
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(importlib.import_module(f"losses.integrations.{_WHERE[name]}"), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
