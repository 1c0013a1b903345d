"""The results as JSON and as Markdown: a summary, the targets, and a table for each case."""

import dataclasses
import json
import math
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path

from benchmarks import comparisons, pictures
from benchmarks.cases.base import BOOSTING, VALUE, VALUE_AND_GRAD, shape_text
from benchmarks.comparisons import COMPARISONS, Compared
from benchmarks.contenders import CONTENDERS, EARLIER, OURS, PEERS
from benchmarks.memory import Peak, memory_rows
from benchmarks.targets import TARGETS
from benchmarks.timing import Timing

SPINNING = 1.2  # so many seconds of the cores for one on the wall are worth printing


@dataclass
class Results:
    date: str
    machine: dict[str, str]
    versions: dict[str, str]
    absent: dict[str, str]
    timings: list[Timing] = field(default_factory=list)
    compared: list[Compared] = field(default_factory=list)
    peaks: list[Peak] = field(default_factory=list)


def write(results: Results, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "results.json").write_text(json.dumps(dataclasses.asdict(results), indent=1) + "\n")
    plots = pictures.draw(results.timings, folder)
    (folder / "benchmarks.md").write_text(summary(results, plots))
    (folder / "benchmarks-tables.md").write_text(tables(results))


def summary(results: Results, plots: Iterable[str]) -> str:
    """The page: the summary, a picture a family, the targets."""
    facts = results.machine | {"Versions": ", ".join(f"{name} {v}" for name, v in results.versions.items())}
    if results.absent:
        facts["Absent"] = ", ".join(f"{name} ({why})" for name, why in results.absent.items())
    sections = [
        "# Benchmark",
        f"Made by `python -m benchmarks` on {results.date}.",
        "How many times as long as this library a peer takes: the median over a family (least to most), each case "
        "at its largest size, value and grad; for boosting grad and curvature. Above 1, this library is ahead.",
        glance(results.timings),
        f"{met_text(target_rows(results))} [The full tables](benchmarks-tables.md) have each row.",
        *(f"![How many times as long as this library peers take, {Path(plot).stem}]({plot})" for plot in plots),
        "## Targets",
        targets_table(results),
        "## How it was measured",
        "\n".join(f"- {name}: {fact}" for name, fact in facts.items()),
        HOW,
    ]
    return "\n\n".join(sections) + "\n"


HOW = """Times are medians over interleaved rounds, for one call; a lead is the median over the rounds of one time by
another. In races of all cores each library may use them all; in those of one thread each has one, or where a library
cannot be held to one (JAX) a process on one core. Where the cores' seconds exceed those on the wall by a fifth, they
follow in brackets: threads that wait may do so spinning.

Run it yourself: `python -m pip install -e ".[bench]" && python -m benchmarks`. With `--against PATH`, an
earlier checkout of this library takes part.

Boosters do not hand out their objectives. What theirs take was found by training on one feature that is never split,
with scores held fixed at the data's, and taking off what the same takes with the cheapest objective, squared errors.
LightGBM's lambdarank takes pairs of the first 30 items by score; XGBoost's objectives those of the first 32, or, marked
so, all pairs. Those seconds are the processor's."""


def glance(timings: Sequence[Timing]) -> str:
    """For each family and peer, the lead in each case at the largest size at which the peer takes part."""
    shown = [timing for timing in timings if timing.mode in (VALUE_AND_GRAD, BOOSTING)]
    peers = [name for name in PEERS if any(name in timing.wall for timing in shown)]
    rows = []
    for family, group in groupby(shown, key=lambda timing: timing.family):
        own = list(group)
        rows.append([family, *(leads_text(own, peer) for peer in peers)])
    return table(["", *peers], rows)


def leads_text(timings: Sequence[Timing], peer: str) -> str:
    with_peer = [timing for timing in timings if peer in timing.wall]
    leads = [pictures.leads_of(timing)[peer] for timing in pictures.largest_of_each(with_peer)]
    if not leads:
        return ""
    spread = f" ({lead_text(min(leads))}–{lead_text(max(leads))})" if len(leads) > 1 else ""
    return f"{lead_text(statistics.median(leads))}×{spread}"


def lead_text(lead: float) -> str:
    return f"{lead:.{2 if lead < 1 else 1 if lead < 10 else 0}f}"


def tables(results: Results) -> str:
    sections = [
        "# Benchmark: the tables",
        f"See [the summary](benchmarks.md). Made by `python -m benchmarks` on {results.date}.",
    ]
    for mode in (VALUE_AND_GRAD, BOOSTING, VALUE):
        timings = [timing for timing in results.timings if timing.mode == mode]
        sections += [f"## {mode.capitalize()}"] if timings else []
        for case, group in groupby(timings, key=lambda timing: timing.case):
            sections += [f"### {case}", times_table(list(group))]
    if results.compared:
        sections += ["## This library against itself", compared_table(results.compared)]
    if results.peaks:
        sections += ["## Peak extra memory, MiB, float32", memory_table(results.peaks)]
    return "\n\n".join(sections) + "\n"


def met_text(rows: Sequence[Sequence[str]]) -> str:
    measured = [row for row in rows if row[-1] != "not measured"]
    met = sum(row[-1] == "met" for row in measured)
    return f"Of the {len(measured)} targets below that this run measured, {met} are met."


def targets_table(results: Results) -> str:
    return table(["What", "Against", "Target", "Measured, worst", "Where", "Verdict"], target_rows(results))


def target_rows(results: Results) -> list[list[str]]:
    rows = [target.row(results.timings) for target in TARGETS]
    found = {compared.what: compared for compared in results.compared}
    rows += [comparisons.row(comparison, found.get(comparison.what)) for comparison in COMPARISONS]
    return rows + memory_rows(results.peaks)


def times_table(timings: Sequence[Timing]) -> str:
    columns = (*CONTENDERS, EARLIER)
    names = [name for name in columns if any(name in timing.wall for timing in timings)]
    rows = []
    for timing in timings:
        ours = min((name for name in OURS if name in timing.wall), key=timing.median)
        lead, peer = timing.lead(ours, PEERS)
        times = [took_text(timing, name) if name in timing.wall else "" for name in names]
        rows.append([shape_text(timing.shape), timing.dtype, *times, f"{lead:.2f}× ({peer})" if peer else ""])
    return table(["Shape", "dtype", *names, "Lead"], rows)


def compared_table(compared: Sequence[Compared]) -> str:
    limits = {comparison.what: (comparison.against, comparison.limit) for comparison in COMPARISONS}
    rows = [
        [each.what, *limits[each.what], where, f"{ratio:.2f}×"]
        for each in compared
        for where, ratio in each.ratios.items()
    ]
    return table(["What", "Against", "Target", "Where", "Measured"], rows)


def memory_table(peaks: Sequence[Peak]) -> str:
    names = [name for name in CONTENDERS if any(name in peak.extra for peak in peaks)]
    rows = []
    for peak in peaks:
        size = 4 * math.prod(peak.shape)
        sizes = [f"{peak.extra[name] / 2**20:.1f}" if name in peak.extra else "" for name in names]
        rows.append([peak.case, peak.mode, f"{size / 2**20:.1f}", *sizes])
    return table(["Case", "Mode", "y_pred", *names], rows)


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def took_text(timing: Timing, contender: str) -> str:
    wall, cpu = timing.median(contender), timing.median(contender, "cpu")
    return time_text(wall) + (f" ({time_text(cpu)})" if cpu > SPINNING * wall else "")


def time_text(seconds: float) -> str:
    for unit, scale in (("µs", 1e-6), ("ms", 1e-3), ("s", 1)):
        if seconds < 999.5 * scale or unit == "s":
            number = max(seconds / scale, 1e-3)
            return f"{number:.{max(0, 2 - math.floor(math.log10(number)))}f} {unit}"
    raise AssertionError
