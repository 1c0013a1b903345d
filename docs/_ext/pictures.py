"""Pictures for light and for dark pages: each figure is drawn once, and its dark form has other ink."""

from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
from matplotlib.figure import Figure

INK, GRID = "#24292e", "#d5d9dd"
DARK = {INK: "#d8dee4", GRID: "#3b424a"}
COLOURS = ["#2f7fd1", "#e07b16", "#1f9e77", "#b45cc9", "#d1495b"]
"""Colours that can be told apart, on white and on black."""


def style():
    """Return the context in which all figures are drawn."""
    return plt.rc_context(
        {
            "svg.fonttype": "none",
            "svg.hashsalt": "losses",
            "font.family": "sans-serif",
            "font.size": 10,
            "axes.prop_cycle": plt.cycler(color=COLOURS),
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.grid": True,
            "grid.color": GRID,
            "grid.linewidth": 0.8,
            "lines.linewidth": 2,
            "legend.frameon": False,
            "figure.facecolor": "none",
            "axes.facecolor": "none",
            "savefig.transparent": True,
            **{f"axes.{part}color": INK for part in ("edge", "label", "title")},
            **{f"{part}.color": INK for part in ("text", "xtick", "ytick")},
        }
    )


def save(figure: Figure, folder: Path, name: str) -> dict[str, str]:
    """Write a figure in both modes; return the names of the files by mode."""
    name = name.replace("/", "-")
    folder.mkdir(parents=True, exist_ok=True)
    figure.savefig(folder / f"{name}.svg", metadata={"Date": None, "Creator": None})
    svg = (folder / f"{name}.svg").read_text(encoding="utf-8")
    for light, dark in DARK.items():
        svg = svg.replace(light, dark)
    (folder / f"{name}-dark.svg").write_text(svg, encoding="utf-8")
    return {"light": f"{name}.svg", "dark": f"{name}-dark.svg"}


def image(files, alt):
    """Return the Markdown of one picture in both modes."""
    return "\n".join(
        f":::{{image}} /_pictures/{name}\n:class: only-{mode}\n:alt: {alt}\n:::" for mode, name in files.items()
    )
