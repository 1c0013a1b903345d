"""Admission of survival times that may be censored: ends of intervals, where an event lies in both ends at once."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from losses._admission.domains import Above, Interval, first, place
from losses._admission.samples import Samples
from losses._types import Box

_FINITE = np.finfo(np.float64).max

EVENT_TIME = Above(
    "an event's time must be positive and finite, as its logarithm is taken",
    np.float64(0),
    _FINITE,
    "; for censored times pass upper=, with np.inf where they are censored on the right",
)
"""`lower` without `upper`."""

_LOWER = Interval(
    "a time's lower end must be finite and not negative",
    np.float64(0),
    _FINITE,
    "; use 0 where a time is censored on the left",
)
_UPPER = Above(
    "a time's upper end must be positive: an event at time 0 would have no logarithm",
    np.float64(0),
    np.inf,
    "; use np.inf where a time is censored on the right",
)


class CensoredSamples(Samples):
    """The checked arguments of one call of a loss of censored times."""

    def __init__(self, arguments: Mapping[str, Any], sample_weight: Any, relative: bool) -> None:
        domains = {"lower": _LOWER, "upper": _UPPER} if "upper" in arguments else {"lower": EVENT_TIME}
        super().__init__(arguments, ("s",), domains, sample_weight, relative)

    def _checked(self, box: Box) -> list[str]:
        """Check a block against the domains, and that no interval ends before it begins."""
        clipped = super()._checked(box)
        if "upper" not in self.arguments:
            return clipped
        lower, upper = self.arguments["lower"][box], self.arguments["upper"][box]
        bad = upper < lower
        if self.weights is not None:
            bad &= self.weights.block(box) != 0
        if bad.any():
            inside, index = first(bad, box)
            raise ValueError(
                f"{place('upper', index)} is {upper[inside]!s}, but {place('lower', index)} is {lower[inside]!s}; a "
                "time's upper end must not lie below its lower end; pass (lower, s, upper=upper)"
            )
        return clipped

    @property
    def nbytes(self) -> int:
        """Size of one sample, as far as the length of blocks is concerned: intervals take many temporaries."""
        return super().nbytes * (3 if "upper" in self.arguments else 1)
