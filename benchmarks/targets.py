"""What this library promises to reach against others, and whether it did in this run."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from benchmarks.cases.base import BOOSTING, VALUE, VALUE_AND_GRAD, Mode, shape_text
from benchmarks.contenders import COMPILED, EARLIER, ONE_THREAD, PEERS
from benchmarks.timing import Clock, Timing

LARGE, SMALL = 1_000_000, 10_000
LONG = 10_000_000

Where = Callable[[Timing], bool]


@dataclass(frozen=True)
class Target:
    """The fastest of ``peers`` takes at least so many times as long as ``ours``, in each row that it speaks of."""

    what: str
    speaks_of: Where
    at_least: float
    ours: str = "losses"
    peers: Sequence[str] = PEERS
    mode: Mode = VALUE_AND_GRAD
    clock: Clock = "wall"

    def ratios(self, timings: Iterable[Timing]) -> list[tuple[float, str]]:
        """The lead wherever this target speaks of it, smallest first, and where that was."""
        found = []
        for timing in timings:
            if timing.mode == self.mode and self.speaks_of(timing):
                lead, peer = timing.lead(self.ours, self.peers, self.clock)
                if peer:
                    found.append((lead, f"{timing.case}, {shape_text(timing.shape)}, {timing.dtype}, {peer}"))
        return sorted(found)

    def row(self, timings: Iterable[Timing]) -> list[str]:
        ratios = self.ratios(timings)
        missed = sum(lead < self.at_least for lead, _ in ratios)
        least, where = (f"{ratios[0][0]:.2f}×", ratios[0][1]) if ratios else ("", "")
        verdict = f"missed in {missed} of {len(ratios)}" if missed else "met" if ratios else "not measured"
        seconds = ", CPU seconds" if self.clock == "cpu" else ""
        against = AGAINST.get(tuple(self.peers)) or ", ".join(self.peers)
        return [
            f"{self.what}, {self.mode}, {self.ours}{seconds}",
            against,
            f"≥ {self.at_least:g}×",
            least,
            where,
            verdict,
        ]


AGAINST = {PEERS: "fastest peer", COMPILED: "fastest compiled peer", ONE_THREAD: "fastest peer of 1 thread"}


def of(
    *families: str,
    case: str = "*",
    but: str = "",
    least: int = 0,
    most: float = float("inf"),
    shapes: str = "",
    dtype: str = "",
) -> Where:
    """Timings of some families: patterns of the case's name, sizes, shapes as they are printed, a dtype."""

    def speaks_of(timing: Timing) -> bool:
        named = fnmatchcase(timing.case, case) and not fnmatchcase(timing.case, but)
        shaped = not shapes or shape_text(timing.shape) in shapes.split(", ")
        sized = shaped and least <= timing.size <= most
        return timing.family in families and named and sized and timing.dtype.startswith(dtype)

    return speaks_of


TORCH = ("PyTorch",)
LOGITS, PROBABILITIES = (f"Cross-entropy over classes ({form})" for form in ("logits", "probabilities"))
ALL_CORES, ONE, ONE_OUT = "losses, out=", "losses, 1 thread", "losses, 1 thread, out="
MIDDLING = "200 000 × 10, 20 000 × 100, 8 192 × 1 000"

RACES_OF_ONE_THREAD = (
    Target("regression, n ≥ 10⁵", of("regression", least=100_000), 1.1, ONE_OUT, ONE_THREAD),
    Target("regression, n ≥ 10⁵", of("regression", least=100_000), 1.5, ONE_OUT, ("PyTorch, 1 thread",)),
    Target("BCE, n ≥ 10⁵", of("binary", least=100_000), 1, ONE_OUT, ONE_THREAD),
    Target("BCE, n ≥ 10⁵", of("binary", least=100_000), 1.3, ONE_OUT, ("PyTorch, 1 thread",)),
)

RACES_OF_ALL_CORES = (
    Target("MSE, n = 10⁷", of("regression", case="MSE", least=LONG), 1, ALL_CORES, COMPILED),
    Target("MAE, n = 10⁷", of("regression", case="MAE", least=LONG), 1, ALL_CORES, COMPILED),
    Target("Huber, n = 10⁷", of("regression", case="Huber", least=LONG), 2.5, ALL_CORES, COMPILED),
    Target("Asymmetric, n = 10⁷", of("regression", case="Asymmetric*", least=LONG), 2.5, ALL_CORES, COMPILED),
    Target("BCE, n = 10⁷", of("binary", least=LONG), 2.5, ALL_CORES, COMPILED),
    Target("elementwise, n ≥ 10⁶", of("regression", "binary", least=LARGE), 1, ONE, TORCH),
    Target("elementwise, n ≥ 10⁶", of("regression", "binary", least=LARGE), 1, ONE, TORCH, VALUE),
)

CLASSES = (
    Target("classes, logits", of("classes", case=LOGITS, least=LARGE), 1.5, peers=TORCH),
    Target("classes, logits", of("classes", case=LOGITS, shapes="20 000 × 100", dtype="float32"), 1, peers=("JAX",)),
    Target("classes, probabilities", of("classes", case=PROBABILITIES, shapes=MIDDLING), 1, peers=TORCH),
)

BY_HAND = ("NumPy",)
SMALL_CALLS = (
    Target("elementwise, n = 10 and 1 000", of("small", but="*Cross*ntropy*"), 1, ONE, BY_HAND),
    Target(
        "BCE, n = 10 and 1 000, and classes from logits, 64 × 10",
        of("small", case="*Cross*ntropy*"),
        0.85,
        ONE,
        BY_HAND,
    ),
    Target("regression, n ≤ 10³", of("regression", most=SMALL), 4, peers=TORCH),
    Target("BCE, n ≤ 10³", of("binary", most=SMALL), 2, peers=TORCH),
    Target("classes, n ≤ 10³", of("classes", most=SMALL), 1, peers=TORCH),
    Target(
        "all, n ≤ 10³", of("regression", "binary", "classes", most=SMALL), 20, peers=("sklearn.metrics",), mode=VALUE
    ),
)


def boosting(what: str, case: str, at_least: float, peer: str, dtype: str = "float64") -> Target:
    return Target(what, of("boosting", case=case, dtype=dtype), at_least, ONE, (peer,), BOOSTING, "cpu")


RANKING = (
    boosting("ListNet", "ListNet, boosting", 2, "LightGBM"),
    boosting("ListNet, ragged qid", "ListNet, boosting, ragged qid", 1.2, "LightGBM"),
    boosting("LambdaRank at 30", "LambdaRank at 30, boosting", 1, "LightGBM"),
    boosting("LambdaRank at 30, float32", "LambdaRank at 30, boosting", 1.5, "LightGBM", "float32"),
    boosting("LambdaRank", "LambdaRank, boosting", 1.5, "XGBoost"),
    boosting("LambdaRank", "LambdaRank, boosting", 1.5, "XGBoost, all pairs"),
    boosting("PairwiseLogistic", "PairwiseLogistic, boosting", 1.5, "XGBoost"),
    boosting("PairwiseLogistic", "PairwiseLogistic, boosting", 1.5, "XGBoost, all pairs"),
    Target("ranking, 10⁴ × 100", of("boosting"), 1.6, "losses", (ONE,), BOOSTING),
    Target("ListMLE, 10⁴ × 100", of("lists", case="ListMLE*", least=LARGE), 3, peers=(EARLIER,)),
    Target("ApproxNDCG, 10⁴ × 100", of("lists", case="ApproxNDCG*", least=LARGE), 3, peers=(EARLIER,)),
    Target("all pairs of 10⁶ items, two levels", of("pairs", case="*two levels", least=LARGE), 1.5, peers=(EARLIER,)),
    Target("all pairs of 20 000 items, two levels", of("pairs", shapes="20 000"), 100, peers=TORCH),
    Target("all pairs in 10⁴ queries of 100", of("lists", case="Pairwise*", least=LARGE), 1, peers=TORCH),
)

NETWORKS = (
    Target("LinearCrossEntropy", of("networks", case="Linear*", least=LARGE), 1, peers=("PyTorch", "PyTorch, fused")),
    Target("InfoNCE", of("networks", case="InfoNCE", least=LARGE), 1, peers=TORCH),
    Target("Triplet", of("networks", case="Triplet", least=LARGE), 1, peers=TORCH),
    Target("Contrastive", of("networks", case="Contrastive", least=LARGE), 1, peers=TORCH),
    Target("CTC", of("networks", case="CTC", least=100_000), 1 / 3, peers=TORCH),
)

TARGETS = (*RACES_OF_ONE_THREAD, *RACES_OF_ALL_CORES, *CLASSES, *SMALL_CALLS, *RANKING, *NETWORKS)
