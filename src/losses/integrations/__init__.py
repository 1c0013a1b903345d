"""The losses at home in other libraries, one module a library, which is imported when a name of it is first asked for.

These modules use only the public methods of losses; nothing else in the package knows of them.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from losses.integrations.scipy import least_squares_loss as least_squares_loss
    from losses.integrations.sklearn import sklearn_scorer as sklearn_scorer
    from losses.integrations.statsmodels import statsmodels_norm as statsmodels_norm
    from losses.integrations.torch import torch_loss as torch_loss

_WHERE = {
    "least_squares_loss": "scipy",
    "sklearn_scorer": "sklearn",
    "statsmodels_norm": "statsmodels",
    "torch_loss": "torch",
}
"""The module of each name."""

__all__ = sorted(_WHERE)


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_WHERE[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
