"""What grows with a repository, and how: CPU seconds and memory of whole processes, git's included.

`scale.py [MOST]`: up to 10,000 experiments, or as many as you say; 100,000 take half an hour and 2 GB of disk.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from common import git, repository
from offline import IMPORT, LOAD, experiments

SAMEDAY = str(Path(sys.executable).with_name("sameday"))
COMMANDS = (
    "check", "plan", "rehearse", "release", "rollback", "run", "status", "render", "graph", "schema", "explain", "init",
    "lint",
)  # fmt: skip
RUNS = 7
SETTLED = 3  # seconds: what has just changed is read again by the next command, as git does it
CHANGED = ("check", "--offline", "--base", "main", "--format", "json")
NAMED = ("check", "--offline", "experiments/e7.yaml")


@dataclass(frozen=True)
class Cost:
    """What one process took, with those that it started."""

    seconds: float
    megabytes: float


def cost(root: Path, *argv: str, codes: Sequence[int] = (0,)) -> Cost:
    """Run a command to its end, with one of these exit codes."""
    process = subprocess.Popen(argv, cwd=root, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in codes:
        raise SystemExit(f"{' '.join(argv)} ended with {process.returncode}")
    return Cost(usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def several(root: Path, argv: Sequence[str], beside: tuple[Path, Sequence[str]], runs: int = RUNS) -> list[Cost]:
    """Both in turn after a warm-up, so that both meet the same noise; the medians of each."""
    commands = [(root, argv), beside]
    for where, words in commands:
        cost(where, *words)
    measured = [[cost(where, *words) for where, words in commands] for _ in range(runs)]
    pairs = sorted(one.seconds / other.seconds for one, other in measured)
    print(f"    {runs} pairs: {pairs[0]:.2f}x to {pairs[-1]:.2f}x")
    return [
        Cost(statistics.median(one.seconds for one in column), max(one.megabytes for one in column))
        for column in zip(*measured, strict=True)
    ]


def row(title: str, ours: Cost, theirs: Cost, limit: float, megabytes: float | None = None) -> None:
    """Print what was measured, and what was promised."""
    ratio = ours.seconds / theirs.seconds
    said = f"{title}: {ours.seconds:.2f} s against {theirs.seconds:.2f} s, {ratio:.2f}x (at most {limit}x)"
    if megabytes is not None:
        said += f", {ours.megabytes:.0f} MB (at most {megabytes:.0f})"
    kept = ratio <= limit and (megabytes is None or ours.megabytes <= megabytes)
    print(f"{'kept  ' if kept else 'BROKEN'} {said}", flush=True)


def branched(root: Path, count: int) -> Path:
    """A repository on whose branch one experiment is changed."""
    repository(root, experiments(count))
    git(root, "checkout", "-q", "-b", "topic")
    place = root / "experiments" / "e7.yaml"
    place.write_text(place.read_text(encoding="utf-8") + "# changed\n", encoding="utf-8")
    git(root, "commit", "-q", "-a", "-m", "one")
    time.sleep(SETTLED)
    return root


def grown(folder: Path, most: int) -> None:
    """One changed, and one named, of many."""
    hundred = branched(folder / "100", 100)
    for count, limit, megabytes in ((1_000, 2, 150), (10_000, 2, 150), (100_000, 3, 300)):
        if count > most:
            return
        many = branched(folder / str(count), count)
        load = (many, (sys.executable, "-c", LOAD))
        first, loaded = cost(many, SAMEDAY, *CHANGED), cost(*(load[0], *load[1]))
        row(f"one changed of {count:,}, nothing kept yet", first, loaded, 3, megabytes)
        for what, words in (("changed", CHANGED), ("named", NAMED)):
            ours, theirs = several(many, (SAMEDAY, *words), (hundred, (SAMEDAY, *words)))
            row(f"one {what} of {count:,}, with one of 100", ours, theirs, limit, megabytes)


def full(folder: Path) -> None:
    """All of a thousand, start-up, and the memory that each of ten thousand takes."""
    words = (SAMEDAY, "check", "--offline", "--format", "json")
    many, one = repository(folder / "full", experiments(1_000)), repository(folder / "one", experiments(1))
    ours, theirs = several(many, words, (many, (sys.executable, "-c", LOAD)))
    row("all of 1,000, with loading them", ours, theirs, 2.5)
    few, bare = several(one, words, (one, (sys.executable, "-c", IMPORT)), runs=15)
    row("start-up, with importing yaml and pydantic", few, bare, 1.5)
    most = cost(repository(folder / "most", experiments(10_000)), *words)
    each = (most.megabytes - few.megabytes) * 1024 / 10_000
    mark = "kept  " if each <= 10 else "BROKEN"
    print(f"{mark} all of 10,000: {most.megabytes:.0f} MB, {each:.1f} kB each (at most 10)", flush=True)


def helped(folder: Path) -> None:
    """Every command's own help, in seconds and with a bare Python."""
    for name in COMMANDS:
        ours, bare = several(folder, (SAMEDAY, name, "--help"), (folder, (sys.executable, "-c", "")), runs=5)
        mark = "kept  " if ours.seconds <= 0.1 else "BROKEN"
        print(f"{mark} {name} --help: {ours.seconds:.2f} s (at most 0.1; a bare Python {bare.seconds:.2f})", flush=True)


def main() -> None:
    """Print every row."""
    most = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    with tempfile.TemporaryDirectory() as folder:
        helped(Path(folder))
        full(Path(folder))
        grown(Path(folder), most)


if __name__ == "__main__":
    main()
