"""The command line."""

import argparse
import sys
from pathlib import Path

from benchmarks import report
from benchmarks.cases import CASES
from benchmarks.run import run


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description="Compare the losses with the peers that are installed."
    )
    parser.add_argument("--only", default="", metavar="TEXT", help="the cases with this in their name or family")
    parser.add_argument("--largest", type=float, default=float("inf"), metavar="N", help="no array larger than this")
    parser.add_argument(
        "--seconds", type=float, default=1.0, help="spent at least on each row of the tables (default: 1)"
    )
    parser.add_argument(
        "--out", type=Path, default=Path(__file__).parent / "results", metavar="FOLDER", help="where results go"
    )
    parser.add_argument(
        "--against",
        type=Path,
        metavar="PATH",
        help="an earlier checkout of this library to race against, such as one made by `git worktree add`",
    )
    options = parser.parse_args(arguments)
    cases = [case for case in CASES if options.only.lower() in f"{case.name}\n{case.family}".lower()]
    if options.against is not None and not (options.against / "src" / "losses").is_dir():
        parser.error(f"--against must be a checkout of this library, but {options.against} has no src/losses")
    if not cases:
        parser.error(
            f"no case has {options.only!r} in its name or family; there are: {', '.join(c.name for c in CASES)}"
        )
    results = run(cases, options.largest, options.seconds, options.against)
    report.write(results, options.out)
    print(report.targets_table(results))
    print(f"The rest is in {options.out}", file=sys.stderr)


if __name__ == "__main__":
    main()
