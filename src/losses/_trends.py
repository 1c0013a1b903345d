"""What can be said of a noisy loss curve: does it rise, fall, or turn?

Everything rests on ranks and medians: one epoch, however far out, hardly moves them, no answer depends on the
unit of the loss, and there is nothing to tune but what counts as a change.
"""

import math

import numpy as np
from numpy.typing import NDArray

SHORTEST_TREND = 5
"""With 4 points, one that is out of place can hide any trend; see `trend`."""

MATERIAL = 0.05
"""The relative change that counts, as in the criterion GL5 of Prechelt, "Early stopping, but when?", 1998."""

STANDSTILL = 1e-4
"""The relative change below which a smooth curve stands still, as scikit-learn's `tol` does by default."""

RECENT = 12
"""The last half of a curve is recent, and at least so many points: the fewest in which 3 standard errors
leave room for one that is out of place."""


def trend(points: NDArray[np.float64], errors: float = 3) -> int:
    """Say whether the points rise (1), fall (-1) or neither (0), by the Mann–Kendall test.

    S is the number of pairs in rising order less the number in falling order. Without a trend its variance is
    n(n−1)(2n+5)/18 whatever the noise (Kendall, "Rank Correlation Methods", 1975, chapter 4), and S of at
    least that many standard errors either way is a trend. With few points (fewer than 12 for 3 standard
    errors) a single one out of place keeps S below that; there (n−1)(n−4)/2 will do, which is what such a
    point leaves of a monotone sequence. Ties count as neither order, which makes the test cautious.
    """
    n = points.size
    if n < SHORTEST_TREND:
        return 0
    rises = np.triu(points > points[:, np.newaxis]).sum()
    falls = np.triu(points < points[:, np.newaxis]).sum()
    s = int(rises) - int(falls)
    enough = min(errors * math.sqrt(n * (n - 1) * (2 * n + 5) / 18), (n - 1) * (n - 4) / 2)
    return (s >= enough) - (s <= -enough)


class Curve:
    """A loss curve of at least `SHORTEST_TREND` finite losses, smoothed.

    Attributes
    ----------
    start : float
        The median of the first three losses.
    points : ndarray
        The losses themselves, or from 192 epochs on the medians of 64 to 191 bins of equal length: noise that
        neighbouring epochs share would pass for a trend, and the test's cost is quadratic.
    levels : ndarray
        Running medians of a tenth of the points, at least three (Tukey, "Exploratory Data Analysis", 1977).
    end : float
        The last level.
    """

    def __init__(self, losses: NDArray[np.float64]) -> None:
        self.start = float(np.median(losses[:3]))
        length = _odd(losses.size // 64)
        bins = losses.size // length
        self.points = np.median(losses[losses.size - bins * length :].reshape(bins, length), axis=1)
        self.width = max(3, _odd(bins // 10))
        self.levels = np.median(np.lib.stride_tricks.sliding_window_view(self.points, self.width), axis=1)
        self.end = float(self.levels[-1])

    def change(self, before: float, after: float) -> float:
        """Return after − before, relative to the larger of the two, or to the rounding of the start."""
        scale = max(abs(before), abs(after), np.finfo(np.float64).eps * abs(self.start))
        return after / scale - before / scale if scale > 0 else 0.0

    def recent(self, share: int = 2) -> int:
        """Return the index of the point where the last half (or another share) of the curve begins."""
        return max(0, self.points.size - max(RECENT, self.points.size // share))

    def rises(self) -> bool:
        """Say whether the curve lies above its best level by a material change, after a rise that goes on."""
        half, quarter = trend(self.points[self.recent() :]), trend(self.points[self.recent(4) :])
        risen = self.change(float(self.levels.min()), self.end) >= MATERIAL
        return risen and half >= 0 and max(half, quarter, trend(self.points)) > 0

    def falls(self) -> bool:
        """Say whether the curve has fallen by a material change, in a fall that goes on.

        It goes on where the recent points have a trend. Noise may hide that, so 2 standard errors are enough
        in a curve that has a trend as a whole; but even a certain fall has ended when it becomes too small.
        """
        recent = self.points[self.recent() :]
        goes_on = trend(recent) < 0 or (trend(self.points) < 0 and trend(recent, errors=2) < 0)
        middle = float(self.levels[self.recent()])
        return (
            goes_on and self.change(self.start, self.end) <= -MATERIAL and self.change(middle, self.end) <= -STANDSTILL
        )

    def falls_since(self, turn: int | None) -> bool:
        """Say whether the points from that one on fall; not if it is None."""
        return turn is not None and trend(self.points[turn:]) < 0

    def turn(self) -> int | None:
        """Return the point at which the curve was best if it has risen from there, or else None.

        Noise alone lifts a curve from its best, because the best is chosen for being low. So the rise must be
        material, and either show as a trend in what came after or be 5 standard errors of a difference of
        levels.
        """
        turn = int(self.levels.argmin())
        best = float(self.levels[turn])
        if self.change(best, self.end) < MATERIAL:
            return None
        after = self.points[turn + self.width // 2 :]
        if after.size >= RECENT and trend(after) > 0:
            return turn
        return turn if self.end / 8 - best / 8 > 5 * self._standard_error_in_eighths() else None

    def _standard_error_in_eighths(self) -> float:
        """Return an eighth of the standard error of the difference of two levels (eighths cannot overflow).

        The noise is read off the second differences, where a trend vanishes and noise of standard deviation σ
        has √6 σ, by their median absolute value over 0.6745, which outliers do not move (Hampel, "The
        influence curve", 1974). The median of m points has the standard error √(π/2m) σ.
        """
        roughness = float(np.median(np.abs(np.diff(self.points / 8, n=2))))
        return roughness / 0.6745 / math.sqrt(6) * math.sqrt(math.pi / self.width)


def _odd(n: int) -> int:
    """Return the largest odd number up to n, at least 1: a median of so many losses is one of them."""
    return max(1, n - (n % 2 == 0))
