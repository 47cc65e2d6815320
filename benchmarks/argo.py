"""Argo's own controller: the start of the tests' cluster, from `Succeeded` there to live here, requests, the suite.

Needs what `.ci/cluster` and `.ci/argo` build, and root.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from common import git, repository, sameday

from bot.engines.argo import Argo
from bot.ledgers.sqlite import LedgerFile
from bot.ports import Step, Work
from bot.settings.kinds import SqliteLedger
from tests.far.argo.node.api import Api
from tests.far.argo.real import Real
from tests.far.argo.stack import Stack, launched
from tests.far.argo.weight import memory
from tests.far.cluster_proxy import Proxy, before

ROOT = Path(__file__).parents[1]
SETTINGS = """\
engine: {{kind: argo, context: test}}
ledger: {{kind: sqlite}}
flags: {{}}
manifests: {{namespace: {namespace}, image: "registry/sameday@sha256:{digits}", retry: {{wait: 1s}}}}
repos: {{default: {{image: "registry/reco@sha256:{digits}"}}}}
"""
EXPERIMENT = """\
name: reco-{i}
schedule: {{cron: "0 4 * * *"}}
jobs: [{{name: make, command: sleep {seconds}}}]
serving: {{kind: all, arm: {{name: new, table: main.new}}}}
"""
RUNS = (1, 10, 50)
RELEASED = 20
SUBMITTED = 8  # seconds after which all runs of a release are begun, and the first one may end


@contextmanager
def space(stack: Stack, root: Path) -> Iterator[tuple[Real, Proxy]]:
    """A namespace, and the way to it that counts requests."""
    real = Real.begin(stack, root)
    with before(stack.server) as proxy, closing(real):
        yield real, proxy


def succeeded(stack: Stack, namespace: str, at: dict[str, float]) -> None:
    """Note when each workflow of a namespace has become Succeeded, as a watch tells it."""
    api = Api(stack.server.url, str(stack.server.authority))
    for _, workflow in api.follow(f"/apis/argoproj.io/v1alpha1/namespaces/{namespace}/workflows"):
        if workflow.get("status", {}).get("phase") == "Succeeded":
            at.setdefault(workflow["metadata"]["name"], time.time())


def released(stack: Stack, number: int) -> None:
    """Release experiments whose runs end at different times; from the end of each to its going live."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "r"
        root.mkdir()
        with space(stack, root) as (real, proxy):
            os.environ["KUBECONFIG"] = stack.server.kubeconfig("bot", proxy.url)
            settings = SETTINGS.format(namespace=real.namespace, digits="1" * 64)
            repository(root, {"sameday.yaml": settings})
            sameday(root, "release")()
            files = {
                f"reco-{i}.yaml": EXPERIMENT.format(i=i, seconds=SUBMITTED + i * 17 / number) for i in range(number)
            }
            (root / "experiments").mkdir()
            for name, text in files.items():
                (root / "experiments" / name).write_text(text, encoding="utf-8")
            git(root, "add", "--all")
            git(root, "commit", "-q", "-m", "release")
            ends: dict[str, float] = {}
            threading.Thread(target=succeeded, args=(stack, real.namespace, ends), daemon=True).start()
            proxy.seen.clear()
            took = sameday(root, "release")()
            asked = list(proxy.seen)
        ledger = LedgerFile(SqliteLedger(path=str(root / ".sameday" / "ledger.sqlite"))).entries()
    gaps = []
    for entries in ledger.values():
        live = next(entry for entry in entries if (entry.step, entry.state) == ("activate", "done"))
        gaps.append(live.at.timestamp() - ends[live.item.run])
    lists = sum("/workflows?" in one and "watch" not in one for one in asked)
    print(
        f"release of {number}: {took:.1f} s; from `Succeeded` to live {statistics.median(gaps):.2f} s, at most "
        f"{max(gaps):.2f} s; {len(asked) / number:.1f} requests a run, {lists} lists of workflows"
    )


def watched(stack: Stack, number: int) -> None:
    """Requests while runs are watched from their beginning to their end."""
    with tempfile.TemporaryDirectory() as folder, space(stack, Path(folder)) as (real, proxy):
        cluster = stack.server.cluster(real.namespace, "bot", proxy.url)
        engine = Argo(cluster, real.options(), lambda: datetime.now(UTC), time.sleep)
        real.act({"job": "*", "play": {"code": 0, "seconds": 5}})
        step = Step(name="make", argv=("true",), image="registry/reco", timeout=60)
        wanted = [
            Work(experiment=f"e-{n}", key="0badcafe", date=date(2026, 11, 23), steps=(step,)) for n in range(number)
        ]
        for one in wanted:
            engine.apply(one)
        for one in wanted:
            engine.submit(one)
        proxy.seen.clear()
        told = list(engine.watch([one.run for one in wanted], datetime.now(UTC) + timedelta(minutes=10)))
        assert sum(run.state == "succeeded" for run in told) == number
        lists = sum("/workflows?" in one for one in proxy.seen)
        print(
            f"{number} runs watched: {len(proxy.seen) / number:.1f} requests a run, {lists} of all are lists or watches"
        )


def suite() -> None:
    """The conformance suite of engines on the real controller, with the start of its own cluster."""
    start = time.perf_counter()
    words = [sys.executable, "-m", "pytest", "-q", "--tier", "all", "-k", "real", "tests/ports/test_engine.py"]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True)
    print(f"conformance suite: {time.perf_counter() - start:.0f} s ({done.stdout.splitlines()[-1].strip()})")


def main() -> None:
    """Print the figures."""
    start = time.perf_counter()
    with launched() as stack:
        print(f"start of API server, controller and node: {time.perf_counter() - start:.1f} s")
        for number in RUNS:
            watched(stack, number)
        for number in (1, RELEASED):
            released(stack, number)
        print("memory:", ", ".join(f"{name} {size:,.0f} MB" for name, size in memory(stack.server.folder).items()))
    suite()


if __name__ == "__main__":
    main()
