"""What every ledger does."""

from __future__ import annotations

import pickle
import subprocess
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from bot.errors import Conflict
from bot.ports import Baseline, Built, Entry, Item, Ledger, Measurement, Trial
from tests.some import some

NOW = datetime(2026, 11, 23, 4, 5, 6, 789, UTC)
ITEM = Item(
    "demo", "new", "demo-0badcafe-20261123", "0badcafe", date(2026, 11, 23), 1,
    {"apply": "1", "generate": "2", "switch": "3", "settle": "3", "announce": "4"}, (None, "demo-0badcafe-20261123"),
    trial=Trial(2, "0badcafe0badcafe", "home", (0, 5_000), date(2026, 11, 30), date(2026, 12, 21)),
)  # fmt: skip
FIRST = Entry(1, ITEM, "c0ffee", "apply", "started", "", NOW)

WEEKS = (Baseline(1_200, 0.031, 0.1742), Baseline(2_100, 0.045, 1 / 3))
MEASURED = Measurement("clicks", "0badcafe0badcafe", NOW, date(2026, 11, 9), WEEKS, tuple(range(14)))

APPEND = """
import pickle
from bot.errors import Conflict
from dataclasses import replace
entry = pickle.loads(bytes.fromhex(sys.argv[2]))
sys.stdin.readline()
written = 0
while written < 15:
    last = len(port.entries().get(entry.item.experiment, ()))
    try:
        port.append(replace(entry, version=last + 1, reason=sys.argv[3]))
        written += 1
    except Conflict:
        pass
"""

BEGIN = """
from bot.errors import Conflict
sys.stdin.readline()
try:
    port.begin(sys.argv[2])
    print("begun", flush=True)
except Conflict:
    print("refused", flush=True)
"""

LEASE = """
with port.lease("a release of demo by another process"):
    print("mine", flush=True)
    sys.stdin.readline()
print("over", flush=True)
"""

TURN = """
import time
with port.turn("a release of demo by another process"):
    print("mine", flush=True)
    sys.stdin.readline()
    time.sleep(0.5)
    print("over", flush=True)
"""


def start(*processes: subprocess.Popen[str]) -> None:
    """Let processes that wait for a line go on, all at once."""
    for process in processes:
        some(process.stdin).write("\n")
        some(process.stdin).flush()


def test_empty(open_ledger: Callable[[], Ledger]) -> None:
    assert dict(open_ledger().entries()) == {}
    assert open_ledger().baseline() is None


def test_entries_come_back_as_they_were(open_ledger: Callable[[], Ledger]) -> None:
    other = replace(ITEM, experiment="other", change="retired", serves=("x", None), digests={"apply": "9"}, attempt=3)
    mine = [FIRST, Entry(2, ITEM, "c0ffee", "apply", "done", "“日本語”\n| `x`", NOW)]
    theirs = [Entry(1, other, "c0ffee", "baseline", "skipped", "was there", NOW)]
    for entry in (mine[0], theirs[0], mine[1]):
        open_ledger().append(entry)
    found = open_ledger().entries()
    assert {name: list(entries) for name, entries in found.items()} == {"demo": mine, "other": theirs}


@pytest.mark.parametrize("version", [0, 1, 3, -1])
def test_version_that_is_not_the_next(open_ledger: Callable[[], Ledger], version: int) -> None:
    open_ledger().append(FIRST)
    with pytest.raises(Conflict, match="demo"):
        open_ledger().append(replace(FIRST, version=version, reason="wrong"))
    assert open_ledger().entries() == {"demo": [FIRST]}


def test_processes_at_once_lose_nothing(
    open_ledger: Callable[[], Ledger], elsewhere: Callable[..., subprocess.Popen[str]]
) -> None:
    words = ("one", "two", "three")
    processes = [elsewhere(APPEND, open_ledger, pickle.dumps(FIRST).hex(), word) for word in words]
    start(*processes)
    assert [process.wait() for process in processes] == [0, 0, 0]
    entries = open_ledger().entries()["demo"]
    assert [entry.version for entry in entries] == list(range(1, 46))
    assert sorted(entry.reason for entry in entries) == sorted(words * 15)


def test_baseline_is_recorded_once(
    open_ledger: Callable[[], Ledger], elsewhere: Callable[..., subprocess.Popen[str]]
) -> None:
    processes = [elsewhere(BEGIN, open_ledger, f"commit{i}") for i in range(4)]
    start(*processes)
    said = [some(process.stdout).readline() for process in processes]
    assert sorted(said) == ["begun\n", *["refused\n"] * 3]
    assert open_ledger().baseline() == f"commit{said.index('begun' + chr(10))}"
    with pytest.raises(Conflict):
        open_ledger().begin("another")


def test_images_are_kept_by_repo(open_ledger: Callable[[], Ledger]) -> None:
    assert list(open_ledger().built()) == []
    first, other = Built("reco", "r/reco@sha256:1", None), Built("ranker", "r/ranker@sha256:1", "r/ranker:v1")
    open_ledger().remember([first, other])
    open_ledger().remember([])
    newer = Built("reco", "r/reco@sha256:2", "r/reco@sha256:0")
    open_ledger().remember([newer])
    assert sorted(open_ledger().built(), key=lambda one: one.repo) == [other, newer]


def test_the_newest_measurement_of_each_metric_is_kept(open_ledger: Callable[[], Ledger]) -> None:
    assert dict(open_ledger().measurements()) == {}
    clicks, applications = MEASURED, replace(MEASURED, metric="applications", new=(0,) * 14)
    for one in (clicks, applications):
        open_ledger().note(one)
    newer = replace(clicks, key="1badcafe", at=NOW.replace(month=12), baselines=(Baseline(1, 0.1, 0.0),), new=(1,) * 7)
    open_ledger().note(newer)
    assert dict(open_ledger().measurements()) == {"applications": applications, "clicks": newer}
    assert open_ledger().baseline() is None


def test_lease_is_for_one(open_ledger: Callable[[], Ledger], elsewhere: Callable[..., subprocess.Popen[str]]) -> None:
    process = elsewhere(LEASE, open_ledger)
    assert some(process.stdout).readline() == "mine\n"
    with pytest.raises(Conflict, match="a release of demo by another process"), open_ledger().lease("us"):
        pytest.fail("two have the lease")
    open_ledger().append(FIRST)
    start(process)
    assert some(process.stdout).readline() == "over\n"
    with open_ledger().lease("us"):
        pass


def test_a_turn_is_waited_for_while_somebody_releases(
    open_ledger: Callable[[], Ledger], elsewhere: Callable[..., subprocess.Popen[str]]
) -> None:
    """A rollback needs no right to release, and changes nothing in the middle of what another decides."""
    process = elsewhere(TURN, open_ledger)
    assert some(process.stdout).readline() == "mine\n"
    start(process)
    with open_ledger().turn("us"):
        assert some(process.stdout).readline() == "over\n", "it was theirs until then"
        with open_ledger().lease("us"):
            pass


def test_lease_may_be_taken_again(open_ledger: Callable[[], Ledger]) -> None:
    for _ in range(2):
        with open_ledger().lease("us"):
            pass
    with pytest.raises(ZeroDivisionError), open_ledger().lease("us"):
        _ = 1 / 0
    with open_ledger().lease("us"):
        pass


def test_lease_of_a_killed_process(
    open_ledger: Callable[[], Ledger], elsewhere: Callable[..., subprocess.Popen[str]]
) -> None:
    process = elsewhere(LEASE, open_ledger)
    assert some(process.stdout).readline() == "mine\n"
    process.kill()
    process.wait()
    with open_ledger().lease("us"):
        pass
