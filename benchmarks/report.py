"""The results as JSON, as Markdown and as plots."""

import dataclasses
import importlib.util
import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Any

from benchmarks.cases import shape_text
from benchmarks.contenders import OURS, PEERS
from benchmarks.targets import SCALINGS, TARGETS, growth_row, memory_row
from benchmarks.timing import Growth, Peak, Timing, mode

DRAWN = ("losses, 1 thread, out=", "losses, out=", *PEERS)


@dataclass
class Results:
    date: str
    machine: dict[str, str]
    versions: dict[str, str]
    absent: dict[str, str]
    timings: list[Timing] = field(default_factory=list)
    peaks: list[Peak] = field(default_factory=list)
    growths: list[Growth] = field(default_factory=list)


def write(results: Results, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "results.json").write_text(json.dumps(dataclasses.asdict(results), indent=1) + "\n")
    (folder / "results.md").write_text(markdown(results, draw(results.timings, folder)))


def markdown(results: Results, plots: Iterable[str]) -> str:
    facts = results.machine | {"Versions": ", ".join(f"{name} {v}" for name, v in results.versions.items())}
    if results.absent:
        facts["Absent"] = ", ".join(f"{name} ({why})" for name, why in results.absent.items())
    sections = [
        "# Benchmark",
        f"Made by `python -m benchmarks` on {results.date}.",
        "\n".join(f"- {name}: {fact}" for name, fact in facts.items()),
        "Times are medians over interleaved rounds, for one call. A lead is the time of the fastest peer divided "
        "by that of this library's fastest form, the median over the rounds: above 1, this library is ahead.",
        "## Targets",
        targets_table(results),
    ]
    for with_grad, title in ((True, "Value and gradient"), (False, "Value")):
        sections.append(f"## {title}")
        timings = [timing for timing in results.timings if timing.with_grad == with_grad]
        for case, group in groupby(timings, key=lambda timing: timing.case):
            sections += [f"### {case}", times_table(list(group))]
    if results.peaks:
        sections += ["## Peak extra memory, MiB, float32", memory_table(results.peaks)]
    sections += [f"![Time against the number of samples]({plot})" for plot in plots]
    return "\n\n".join(sections) + "\n"


def targets_table(results: Results) -> str:
    rows = [target.row(results.timings) for target in TARGETS]
    rows += [scaling.row(results.timings) for scaling in SCALINGS]
    rows += [memory_row(results.peaks), growth_row(results.growths)]
    return table(["What", "Against", "Target", "Measured, worst", "Where", "Verdict"], rows)


def times_table(timings: Sequence[Timing]) -> str:
    names = [name for name in OURS + PEERS if any(name in timing.seconds for timing in timings)]
    rows = []
    for timing in timings:
        ours = min((name for name in OURS if name in timing.seconds), key=timing.median)
        lead, peer = timing.lead(ours, PEERS)
        times = [time_text(timing.median(name)) if name in timing.seconds else "" for name in names]
        rows.append([shape_text(timing.shape), timing.dtype, *times, f"{lead:.2f}× ({peer})" if peer else ""])
    return table(["Shape", "dtype", *names, "Lead"], rows)


def memory_table(peaks: Sequence[Peak]) -> str:
    names = [name for name in OURS + PEERS if any(name in peak.extra for peak in peaks)]
    rows = []
    for peak in peaks:
        size = 4 * math.prod(peak.shape)
        sizes = [f"{peak.extra[name] / 2**20:.1f}" if name in peak.extra else "" for name in names]
        rows.append([peak.case, mode(peak.with_grad), f"{size / 2**20:.1f}", *sizes])
    return table(["Case", "Mode", "y_pred", *names], rows)


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def time_text(seconds: float) -> str:
    for unit, scale in (("µs", 1e-6), ("ms", 1e-3), ("s", 1)):
        if seconds < 999.5 * scale or unit == "s":
            number = seconds / scale
            return f"{number:.{max(0, 2 - math.floor(math.log10(number)))}f} {unit}"
    raise AssertionError


def draw(timings: Sequence[Timing], folder: Path) -> list[str]:
    """Time against the number of samples where that is all of the shape: a file a dtype, a panel a case."""
    if importlib.util.find_spec("matplotlib") is None:
        return []
    figure_module = importlib.import_module("matplotlib.figure")
    files = []
    elementwise = [timing for timing in timings if timing.family != "ranking"]
    drawn = [timing for timing in elementwise if timing.with_grad and len(timing.shape) == 1]
    for dtype in sorted({timing.dtype for timing in drawn}):
        cases: dict[str, list[Timing]] = {}
        for timing in drawn:
            if timing.dtype == dtype:
                cases.setdefault(timing.case, []).append(timing)
        figure = figure_module.Figure(figsize=(15, 3.6 * math.ceil(len(cases) / 4)), layout="constrained")
        panels = figure.subplots(math.ceil(len(cases) / 4), 4, sharex=True, sharey=True, squeeze=False).flat
        for panel, (case, points) in zip(panels, cases.items(), strict=False):
            draw_case(panel, case, points)
        for panel in list(panels):
            panel.set_axis_off()
        handles, labels = figure.axes[0].get_legend_handles_labels()
        figure.axes[-1].legend(handles, labels, loc="center")
        figure.suptitle(f"Value and gradient, {dtype}: seconds against samples")
        files.append(f"times-{dtype}.png")
        figure.savefig(folder / files[-1], dpi=100)
    return files


def draw_case(panel: Any, case: str, points: Sequence[Timing]) -> None:
    for number, name in enumerate(DRAWN):
        taken = [(timing.size, timing.median(name)) for timing in points if name in timing.seconds]
        if taken:
            style = "-" if name in OURS else "--"
            panel.loglog(*zip(*taken, strict=True), style, color=f"C{number}", marker=".", label=name)
    panel.set_title(case)
    panel.grid(alpha=0.3)
