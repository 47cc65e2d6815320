"""What a release takes beyond its jobs: one job that writes a table, which is verified, kept and put."""

from __future__ import annotations

import json
import statistics
import tempfile
import time
from datetime import datetime
from pathlib import Path

from common import git, repository, sameday

LIMIT = 2.0  # seconds
JOB = (
    "import duckdb, os; rows = duckdb.sql('select range as id, 0.5::double as score from range(1000)'); "
    "rows.write_parquet(os.environ['SAMEDAY_OUTPUT_SCORES'])"
)
EXPERIMENT = """\
name: release-{i}
jobs:
  - {{name: make, commands: [python, -c, "{job}"]}}
outputs:
  scores:
    table: main.scores_{i}
    job: make
    columns: {{id: INT64, score: FLOAT64}}
    key: [id]
    sync: {{store: serving, table: scores_{i}}}
serving: {{kind: all, arm: {{name: new, output: scores}}}}
"""


def job_seconds(root: Path) -> float:
    """How long the jobs of the newest run took, from its own events."""
    run = max((root / ".sameday" / "engine" / "runs").iterdir(), key=lambda path: path.stat().st_mtime)
    events = [json.loads(line) for line in (run / "events.jsonl").read_text(encoding="utf-8").splitlines()]
    at = {(e["node"], e["state"]): datetime.fromisoformat(e["at"]) for e in events if e.get("node") == "make"}
    return (at["make", "succeeded"] - at["make", "running"]).total_seconds()


def main() -> None:
    """Print the overhead of five releases."""
    with tempfile.TemporaryDirectory() as folder:
        root = repository(Path(folder) / "r", {})
        sameday(root, "release")()
        found = []
        for i in range(5):
            (root / "experiments").mkdir(exist_ok=True)
            (root / "experiments" / f"r{i}.yaml").write_text(EXPERIMENT.format(i=i, job=JOB), encoding="utf-8")
            git(root, "add", "--all")
            git(root, "commit", "-q", "-m", f"release {i}")
            start = time.perf_counter()
            sameday(root, "release")()
            found.append(time.perf_counter() - start - job_seconds(root))
        print(
            f"release beyond its jobs: {statistics.median(found):.2f} s (worst {max(found):.2f} s; at most {LIMIT} s)"
        )


if __name__ == "__main__":
    main()
