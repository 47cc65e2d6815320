"""The switch of ten experiments with two outputs each, on the embedded stack, beside the switch of a single one.

    python benchmarks/switch.py [EXPERIMENTS] [TURNS]

Two releases are made; then flags and declared names go from one to the other and back, with nothing else around them.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from common import git, repository, sameday

sys.path.insert(0, str(Path(__file__).parents[1]))

from bot.cli.backends import Adapters
from bot.commands.locate import open_workspace
from bot.commands.tools import past
from bot.release.state import State
from bot.release.steps import Done, Order, Tools, each
from bot.release.steps.settle import names
from bot.release.steps.switch import switch

EXPERIMENTS, TURNS = 10, 20
LIMIT = 10.0  # times a single one, for ten: what they share must not grow with them
JOB = (
    "import duckdb, os; rows = duckdb.sql('select range as id, {score}::double as score from range(1000)'); "
    "[rows.write_parquet(os.environ['SAMEDAY_OUTPUT_' + name]) for name in ('ONE', 'TWO')]"
)
EXPERIMENT = """\
name: switch-{i}
jobs:
  - {{name: make, commands: [python, -c, "{job}"]}}
outputs:
  one: {{table: main.one_{i}, job: make, columns: {{id: INT64, score: FLOAT64}}, key: [id],
        sync: {{store: serving, table: one_{i}}}}}
  two: {{table: main.two_{i}, job: make, columns: {{id: INT64, score: FLOAT64}}, key: [id],
        sync: {{store: serving, table: two_{i}}}}}
serving: {{kind: all, arm: {{name: new, output: one}}}}
"""


def release(root: Path, count: int, score: str) -> None:
    """Release all experiments as they are with this score, which makes another spec of each."""
    (root / "experiments").mkdir(exist_ok=True)
    for i in range(count):
        text = EXPERIMENT.format(i=i, job=JOB.format(score=score))
        (root / "experiments" / f"s{i}.yaml").write_text(text, encoding="utf-8")
    git(root, "add", "--all")
    git(root, "commit", "-q", "-m", f"score {score}")
    sameday(root, "release")()


def live(root: Path) -> tuple[Sequence[Order], Tools]:
    """What is live now, as orders, and what acts on them."""
    workspace = open_workspace(root, "release", Adapters({}))
    before = past(workspace, "benchmark")
    orders = []
    for entries in workspace.entries.values():
        state = State(entries)
        item = state.released
        assert item is not None
        orders.append(before.order(item, entries[-1].commit))
    return orders, before.tools


def switched(orders: Sequence[Order], tools: Tools) -> float:
    """CPU seconds of the flags and the declared names of these orders."""
    start = time.process_time()
    results = [*switch(orders, tools), *each(names)(orders, tools)]
    took = time.process_time() - start
    bad = [result for result in results if not isinstance(result, Done)]
    assert not bad, bad
    return took


def main(count: int, turns: int) -> None:
    """Print what both take, and the ratio."""
    with tempfile.TemporaryDirectory() as folder:
        root = repository(Path(folder) / "r", {}, workers=2)
        sameday(root, "release")()
        release(root, count, "0.5")
        old, _ = live(root)
        release(root, count, "0.75")
        new, tools = live(root)
        switched(old, tools)
        pairs = [(switched(way, tools), switched(back[:1], tools)) for way, back in [(new, old), (old, new)] * turns]
        many, one = (statistics.median(column) for column in zip(*pairs, strict=True))
        ratios = sorted(a / b for a, b in pairs)
        spread = f"{ratios[0]:.1f} to {ratios[-1]:.1f}"
        print(
            f"the switch of {count} experiments x 2 outputs, in warehouse and store: {many * 1000:.0f} ms of CPU "
            f"against {one * 1000:.0f} ms for one, {statistics.median(ratios):.1f}x ({spread}; at most {LIMIT}x)"
        )


if __name__ == "__main__":
    words = [int(word) for word in sys.argv[1:]]
    main(words[0] if words else EXPERIMENTS, words[1] if words[1:] else TURNS)
