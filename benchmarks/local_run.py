"""A local run of 200 sleeping jobs against its critical path of 10 s, with workers for all."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from common import repository, sameday

DEPTH, WIDTH, SECONDS = 10, 20, 1.0
LIMIT = 1.1


def experiment() -> str:
    """Ten layers of twenty jobs; each waits for its own and the next column of the layer before."""
    lines = ["name: sleepers", "jobs:"]
    for layer in range(DEPTH):
        for column in range(WIDTH):
            after = [f"j{layer - 1}-{(column + n) % WIDTH}" for n in (0, 1)] if layer else []
            lines.append(
                f"  - {{name: j{layer}-{column}, commands: [sleep, '{SECONDS}'], dependencies: [{', '.join(after)}]}}"
            )
    return "\n".join(lines) + "\n"


def main() -> None:
    """Print the ratio of three runs, each for another date."""
    with tempfile.TemporaryDirectory() as folder:
        root = repository(Path(folder) / "r", {"experiments/sleepers.yaml": experiment()}, workers=DEPTH * WIDTH)
        for day in ("2026-11-01", "2026-11-02", "2026-11-03"):
            start = time.perf_counter()
            sameday(root, "run", "sleepers", "--date", day)()
            took = time.perf_counter() - start
            path = DEPTH * SECONDS
            ratio = f"{took / path:.3f}x (at most {LIMIT}x)"
            print(f"{DEPTH * WIDTH} jobs: {took:.2f} s for a critical path of {path:.0f} s, {ratio}")


if __name__ == "__main__":
    main()
