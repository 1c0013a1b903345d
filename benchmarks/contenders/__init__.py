"""Who takes part, each in its best fair form.

That is: warm, compiled, on arrays of its own made beforehand, into preallocated results where it can. In the races of
all cores each may use them all; in those of one thread each has one. A contender is imported in its constructor, so
that one that is not installed is merely absent.
"""

import importlib.util
import os
from collections.abc import Callable
from functools import partial
from pathlib import Path

from benchmarks.contenders.base import Contender
from benchmarks.contenders.boosters import LightGBM, XGBoost
from benchmarks.contenders.frameworks import Jax, Rax, ScikitLearn, ScikitLearnMetrics, Torch
from benchmarks.contenders.ours import LeastWork, Losses, NumPy
from benchmarks.contenders.remote import Remote

CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
ALL_PAIRS = {"lambdarank_pair_method": "topk", "lambdarank_num_pair_per_sample": 1_000}
EARLIER = "losses, earlier"

CONTENDERS: dict[str, Callable[[], Contender]] = {
    "losses, 1 thread": partial(Losses, 1, out=False),
    "losses, 1 thread, out=": partial(Losses, 1, out=True),
    "losses": partial(Losses, CORES, out=False),
    "losses, out=": partial(Losses, CORES, out=True),
    "NumPy": NumPy,
    "PyTorch": partial(Torch, CORES),
    "PyTorch, 1 thread": partial(Torch, 1),
    "PyTorch, fused": partial(Torch, CORES, "torch_fused"),
    "JAX": Jax,
    "JAX, 1 core": partial(Remote, "JAX", "jax", needs="jax", one_core=True),
    "scikit-learn": partial(ScikitLearn, CORES),
    "scikit-learn, 1 thread": partial(ScikitLearn, 1),
    "sklearn.metrics": ScikitLearnMetrics,
    "Rax": Rax,
    "LightGBM": LightGBM,
    "XGBoost": XGBoost,
    "XGBoost, all pairs": partial(XGBoost, **ALL_PAIRS),
    "one argsort": LeastWork,
}
OURS = tuple(CONTENDERS)[:4]
PEERS = tuple(name for name in CONTENDERS if name not in (*OURS, "one argsort"))
ONE_THREAD = tuple(name for name in PEERS if name.endswith(("1 thread", "1 core")))
COMPILED = ("PyTorch", "JAX", "scikit-learn")
"""The peers with loops of their own, with all the cores."""


def installed(earlier: Path | None = None) -> tuple[dict[str, Contender], dict[str, str]]:
    """Those that can take part, with an earlier checkout of this library if there is one, and why the others can't."""
    present, absent = {}, {}
    for name, make in CONTENDERS.items():
        try:
            present[name] = make()
        except ImportError as error:
            absent[name] = str(error)
    if earlier is not None:
        present[EARLIER] = Remote("losses", "loss", needs="losses", checkout=earlier)
    for tool, use in (("threadpoolctl", "BLAS not held to one thread"), ("matplotlib", "no plots")):
        if importlib.util.find_spec(tool) is None:
            absent[tool] = use
    return present, absent
