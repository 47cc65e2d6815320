"""What the benchmarks share: a scratch repository, and commands timed in turn."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

SETTINGS = (
    "engine: {kind: local, workers: %d}\nledger: {kind: sqlite}\nwarehouse: {}\nstores: {serving: {}}\nflags: {}\n"
)


def git(root: Path, *words: str) -> None:
    """Run git as somebody."""
    who = ["-c", "user.name=b", "-c", "user.email=b@localhost", "-c", "init.defaultBranch=main"]
    subprocess.run(["git", "-C", str(root), *who, *words], check=True, capture_output=True)


def repository(root: Path, files: Mapping[str, str], workers: int = 8) -> Path:
    """A committed repository with the embedded stack."""
    for path, text in {"sameday.yaml": SETTINGS % workers, ".gitignore": ".sameday/\n", **files}.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")
    git(root, "init", "-q")
    git(root, "add", "--all")
    git(root, "commit", "-q", "-m", "all")
    return root


def command(root: Path, *argv: str) -> Callable[[], float]:
    """A command that is timed as a whole process."""

    def timed() -> float:
        start = time.perf_counter()
        subprocess.run(argv, cwd=root, check=True, stdout=subprocess.DEVNULL)
        return time.perf_counter() - start

    return timed


def sameday(root: Path, *words: str) -> Callable[[], float]:
    """sameday as it is installed beside this Python."""
    return command(root, str(Path(sys.executable).with_name("sameday")), *words)


def compare(title: str, ours: Callable[[], float], theirs: Callable[[], float], limit: float, runs: int = 7) -> None:
    """Time both in turn after a warm-up; print medians, and the median of the pairwise ratios."""
    ours()
    theirs()
    pairs = [(ours(), theirs()) for _ in range(runs)]
    ratios = sorted(a / b for a, b in pairs)
    mine, other = (statistics.median(column) for column in zip(*pairs, strict=True))
    spread = f"{ratios[0]:.2f} to {ratios[-1]:.2f}"
    print(f"{title}: {mine:.2f} s against {other:.2f} s, {statistics.median(ratios):.2f}x ({spread}; at most {limit}x)")
