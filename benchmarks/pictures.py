"""A picture a family: how many times as long as this library each peer takes, a row a case."""

import importlib
import importlib.util
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from benchmarks.cases.base import BOOSTING, VALUE_AND_GRAD, shape_text
from benchmarks.contenders import ONE_THREAD, OURS, PEERS
from benchmarks.timing import Timing

MARKS = "osD^vP*X<>dhp"
ALONE = ("losses, 1 thread", "losses, 1 thread, out=")


def lead_of_best(timing: Timing, peer: str) -> float | None:
    """How many times as long as the fastest form of this library it takes; one thread against one thread."""
    alone = peer in ONE_THREAD or timing.mode == BOOSTING
    forms = [name for name in (ALONE if alone else OURS) if name in timing.wall]
    if not forms:
        return None
    clock: Any = "cpu" if timing.mode == BOOSTING else "wall"
    return timing.ratio(min(forms, key=lambda name: timing.median(name, clock)), peer, clock)


def draw(timings: Sequence[Timing], folder: Path) -> list[str]:
    """Write the pictures, and return their names; none without Matplotlib."""
    if importlib.util.find_spec("matplotlib") is None:
        return []
    importlib.import_module("matplotlib").rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "losses"})
    figure_module = importlib.import_module("matplotlib.figure")
    files = []
    for family, group in groupby(timings, key=lambda timing: timing.family):
        shown = [timing for timing in group if timing.mode in (VALUE_AND_GRAD, BOOSTING) and leads_of(timing)]
        rows = [(timing, leads_of(timing)) for timing in largest_of_each(shown)]
        if not rows:
            continue
        figure = figure_module.Figure(figsize=(9, 1.4 + 0.24 * len(rows)), layout="constrained")
        draw_family(figure.subplots(), family, rows)
        files.append(f"benchmarks-{family}.svg")
        figure.savefig(folder / files[-1], metadata={"Date": None})
    return files


def largest_of_each(timings: Sequence[Timing]) -> list[Timing]:
    """For each case and dtype the timing of the largest shape: at last, as they come by size."""
    return list({(timing.case, timing.dtype): timing for timing in timings}.values())


def leads_of(timing: Timing) -> dict[str, float]:
    leads = {peer: lead_of_best(timing, peer) for peer in PEERS if peer in timing.wall}
    return {peer: lead for peer, lead in leads.items() if lead is not None}


def draw_family(panel: Any, family: str, rows: Sequence[tuple[Timing, dict[str, float]]]) -> None:
    labels = [f"{timing.case}, {shape_text(timing.shape)}, {timing.dtype}" for timing, _ in rows]
    for number, peer in enumerate(PEERS):
        points = [(leads[peer], place) for place, (_, leads) in enumerate(rows) if peer in leads]
        if points:
            panel.plot(*zip(*points, strict=True), MARKS[number % len(MARKS)], color=f"C{number % 10}", label=peer)
    panel.axvline(1, color="black", linewidth=1)
    panel.set_xscale("log")
    panel.set_yticks(range(len(labels)), labels, fontsize=8)
    panel.invert_yaxis()
    panel.grid(axis="x", alpha=0.3)
    panel.set_title(f"{family}: times as long as this library (right of the line it is ahead)", fontsize=10)
    panel.legend(fontsize=7, loc="center left", bbox_to_anchor=(1, 0.5))
