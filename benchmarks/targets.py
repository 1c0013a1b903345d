"""What this library promises to reach, and whether it did in this run."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from benchmarks.cases import Shape, shape_text
from benchmarks.contenders import PEERS
from benchmarks.timing import Growth, Peak, Timing, mode

LARGE, SMALL = 1_000_000, 10_000
PAGES = 1 << 20  # what the system's count of bytes may be off by


@dataclass(frozen=True)
class Target:
    """The fastest of ``peers`` takes at least so many times as long as ``ours``."""

    what: str
    families: Sequence[str]
    size: str
    at_least: float
    ours: str = "losses"
    peers: Sequence[str] = PEERS
    with_grad: bool = True
    shape: Shape | None = None
    """Where the target speaks of this shape alone, whatever ``size`` is."""
    case: str = ""
    """What a case's name starts with."""

    def ratios(self, timings: Iterable[Timing]) -> list[tuple[float, str]]:
        """The lead wherever this target speaks of it, smallest first, and where that was."""
        found = []
        for timing in timings:
            if self.shape is not None:
                fits = timing.shape == self.shape
            else:
                fits = timing.size >= LARGE if self.size == "large" else timing.size <= SMALL
            fits = fits and timing.case.startswith(self.case)
            if fits and timing.family in self.families and timing.with_grad == self.with_grad:
                lead, peer = timing.lead(self.ours, self.peers)
                if peer:
                    found.append((lead, f"{timing.case}, {shape_text(timing.shape)}, {timing.dtype}, {peer}"))
        return sorted(found)

    def row(self, timings: Iterable[Timing]) -> list[str]:
        ratios = self.ratios(timings)
        missed = sum(lead < self.at_least for lead, _ in ratios)
        least, where = (f"{ratios[0][0]:.2f}×", ratios[0][1]) if ratios else ("", "")
        verdict = f"missed in {missed} of {len(ratios)}" if missed else "met" if ratios else "not measured"
        against = "fastest peer" if self.peers == PEERS else ", ".join(self.peers)
        return [
            f"{self.what}, {mode(self.with_grad)}, {self.ours}",
            against,
            f"≥ {self.at_least:g}×",
            least,
            where,
            verdict,
        ]


REGRESSION, BINARY, CLASSES, RANKING = ["regression"], ["binary"], ["classes"], ["ranking"]
TORCH = ["PyTorch"]
LOGITS, PROBABILITIES = (f"Cross-entropy over classes ({form})" for form in ("logits", "probabilities"))
TARGETS = (
    Target("BCE, n ≥ 10⁶", BINARY, "large", 2.5),
    Target("regression, n ≥ 10⁶", REGRESSION, "large", 1, "losses, out="),
    Target("regression, n ≥ 10⁶", REGRESSION, "large", 3, "losses, out=", TORCH),
    Target("elementwise, n ≥ 10⁶", REGRESSION + BINARY, "large", 1, "losses, 1 thread", TORCH),
    Target("elementwise, n ≥ 10⁶", REGRESSION + BINARY, "large", 1, "losses, 1 thread", TORCH, with_grad=False),
    Target("cross-entropy over classes, logits", CLASSES, "large", 1.5, peers=TORCH, case=LOGITS),
    Target("cross-entropy over classes, logits", CLASSES, "large", 0.7, peers=["JAX"], case=LOGITS),
    Target("cross-entropy over classes, probabilities", CLASSES, "large", 1.5, peers=TORCH, case=PROBABILITIES),
    Target("cross-entropy over classes, probabilities", CLASSES, "large", 0.7, peers=["JAX"], case=PROBABILITIES),
    Target("regression, n ≤ 10³", REGRESSION, "small", 4, peers=TORCH),
    Target("BCE, n ≤ 10³", BINARY, "small", 2, peers=TORCH),
    Target("cross-entropy over classes, n ≤ 10³", CLASSES, "small", 1, peers=TORCH),
    Target("all, n ≤ 10³", REGRESSION + BINARY + CLASSES, "small", 20, peers=["sklearn.metrics"], with_grad=False),
    Target("all pairs of 20 000 items, two levels", RANKING, "", 100, peers=TORCH, shape=(20_000,)),
    Target("all pairs in 10⁴ queries of 100", RANKING, "", 1, peers=TORCH, shape=(10_000, 100), case="Pairwise"),
)


@dataclass(frozen=True)
class Scaling:
    """This library takes at most so many times as long for one case and size as for another."""

    what: str
    against: str
    case: str
    shape: Shape
    base_case: str
    base_shape: Shape
    at_most: float

    def row(self, timings: Iterable[Timing]) -> list[str]:
        timings = list(timings)
        found = []
        for timing in timings:
            if not (timing.case.endswith(self.case) and timing.shape == self.shape and timing.with_grad):
                continue
            base_case = timing.case.removesuffix(self.case) + self.base_case
            for base in timings:
                if (base.case, base.shape, base.dtype, base.with_grad) == (
                    base_case,
                    self.base_shape,
                    timing.dtype,
                    True,
                ):
                    times = timing.median("losses") / base.median("losses")
                    found.append((times, f"{timing.case}, {timing.dtype}"))
        found.sort(reverse=True)
        missed = sum(times > self.at_most for times, _ in found)
        most, where = (f"{found[0][0]:.2f}×", found[0][1]) if found else ("", "")
        verdict = f"missed in {missed} of {len(found)}" if missed else "met" if found else "not measured"
        return [f"{self.what}, {mode(True)}, losses", self.against, f"≤ {self.at_most:g}×", most, where, verdict]


TWO, DIFFERENT = ", two levels", ", all different"
SCALINGS = (
    Scaling("all pairs of 10⁶ items, two levels", "10⁵", TWO, (LARGE,), TWO, (LARGE // 10,), 15),
    Scaling("all pairs of 10⁶ items, all different", "two levels", DIFFERENT, (LARGE,), TWO, (LARGE,), 25),
)


def memory_row(peaks: Iterable[Peak]) -> list[str]:
    """The row for the memory of ranking 10⁶ items in one query."""
    allowed = 64 * LARGE + (64 << 20)
    found = sorted(
        (peak.extra["losses"], peak.case)
        for peak in peaks
        if peak.case.endswith((TWO, DIFFERENT)) and peak.shape == (LARGE,) and "losses" in peak.extra
    )
    what = ["all pairs of 10⁶ items, value and grad, losses", "process memory, float32", f"≤ {allowed / 2**20:.0f} MiB"]
    if not found:
        return [*what, "", "", "not measured"]
    missed = sum(extra > allowed for extra, _ in found)
    verdict = f"missed in {missed} of {len(found)}" if missed else "met"
    return [*what, f"{found[-1][0] / 2**20:.1f} MiB", found[-1][1], verdict]


def growth_row(growths: Iterable[Growth]) -> list[str]:
    """The row for 10⁸ samples."""
    found = sorted(
        (growth for growth in growths if math.prod(growth.shape) >= 100 * LARGE),
        key=lambda growth: growth.times_longer,
    )
    what = ["10⁸ samples in float32, value, losses", "10⁷", "≤ 11× the time, no more memory"]
    if not found:
        return [*what, "", "", "not measured"]
    worst = found[-1]
    most = max(growth.more_memory or 0 for growth in found)
    missed = sum(growth.times_longer > 11 or (growth.more_memory or 0) > PAGES for growth in found)
    verdict = f"missed in {missed} of {len(found)}" if missed else "met"
    return [*what, f"{worst.times_longer:.1f}×, {most / 2**20:+.1f} MiB", worst.case, verdict]
