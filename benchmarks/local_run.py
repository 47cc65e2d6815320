"""A local run of 200 sleeping jobs against its critical path of 10 s, with workers for all."""

from __future__ import annotations

import json
import tempfile
import time
from datetime import datetime
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


def run_seconds(root: Path, day: str) -> float:
    """From a run's first event to its last, which leaves out the start of the command and of its supervisor."""
    (folder,) = (root / ".sameday" / "engine" / "runs").glob(f"*-{day.replace('-', '')}")
    events = [json.loads(line) for line in (folder / "events.jsonl").read_text(encoding="utf-8").splitlines()]
    first, last = (datetime.fromisoformat(events[i]["at"]) for i in (0, -1))
    return (last - first).total_seconds()


def main() -> None:
    """Print the ratio of three runs, each for another date."""
    with tempfile.TemporaryDirectory() as folder:
        root = repository(Path(folder) / "r", {"experiments/sleepers.yaml": experiment()}, workers=DEPTH * WIDTH)
        for day in ("2026-11-01", "2026-11-02", "2026-11-03"):
            start = time.perf_counter()
            sameday(root, "run", "sleepers", "--date", day)()
            took = time.perf_counter() - start
            path, run = DEPTH * SECONDS, run_seconds(root, day)
            said = f"the run {run:.2f} s ({run / path:.3f}x, at most {LIMIT}x)"
            whole = f"the whole command {took:.2f} s ({took / path:.3f}x)"
            print(f"{DEPTH * WIDTH} jobs, critical path {path:.0f} s: {said}, {whole}")


if __name__ == "__main__":
    main()
