"""What only a ledger in a cluster does: takeover of the right to release, lost answers, much history, real releases."""

from __future__ import annotations

import base64
import gzip
import json
import os
import random
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from bot.cluster import Access, Cluster
from bot.errors import Conflict, Unreachable
from bot.ledgers.configmap import ConfigMaps
from bot.ledgers.entries import written
from bot.ports import STEPS, Built, Entry
from tests.conftest import Repo
from tests.far.cluster_proxy import Fault, Proxy
from tests.kubernetes.conftest import Space
from tests.ports.test_ledger import FIRST
from tests.some import some

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
CLOCK = partial(datetime.now, UTC)
LEASE = 2  # seconds
MIB = 1_048_576  # what a ConfigMap holds


def ledger(space: Space, url: str = "", lease: int = LEASE) -> ConfigMaps:
    access = Access(kubeconfig=space.server.kubeconfig(url=url), patience=5)
    return ConfigMaps(Cluster(access, space.name), "sameday", CLOCK, lease)


def waited(true: Callable[[], bool], what: str) -> None:
    """Wait for something that is about to be."""
    end = time.monotonic() + 60
    while not true():
        assert time.monotonic() < end, what
        time.sleep(0.02)


EACH = 2 * len(STEPS)  # entries of a release


def history(length: int) -> Iterator[Entry]:
    """Entries as releases write them, with digests of its own for each."""
    chance = random.Random(1)
    for i in range(0, length, EACH):
        digests = {step: f"{chance.getrandbits(64):016x}" for step in STEPS}
        digests["settle"] = digests["switch"]  # what users get and what follows it are one
        item = replace(FIRST.item, key=f"{chance.getrandbits(32):08x}", digests=digests)
        for j, step in enumerate(s for s in digests for _ in range(2)):
            yield Entry(
                i + j + 1, item, f"{chance.getrandbits(160):040x}", step, ("started", "done")[j % 2], "", CLOCK()
            )


def test_history_of_years_fits_and_stays(space: Space) -> None:
    entries = list(history(EACH * 2000))
    older = gzip.compress("".join(written(entry) + "\n" for entry in entries[:-EACH]).encode())
    space.put(
        "ConfigMap", "sameday.demo", binaryData={"older": base64.b64encode(older).decode()}, data={"entries": ""}
    )  # fmt: skip
    path = f"/api/v1/namespaces/{space.name}/configmaps/sameday.demo"
    label = {"metadata": {"labels": {"sameday/ledger": "sameday", "sameday/experiment": "demo"}}}
    space.server.ask("PATCH", path, label, "application/merge-patch+json")
    for entry in entries[-EACH:]:
        ledger(space).append(entry)
    assert ledger(space).entries()["demo"] == entries
    found = space.server.ask("GET", path)
    size = len(base64.b64decode(found["binaryData"]["older"])) + len(found["data"]["entries"])
    assert size < 0.9 * MIB, "two thousand releases"


def test_newest_entries_stay_readable(space: Space) -> None:
    mine = ledger(space)
    entries = [replace(FIRST, version=i + 1, reason="x" * 900) for i in range(60)]
    for entry in entries:
        mine.append(entry)
    data = some(space.cluster.get("ConfigMap", "sameday.demo"))["data"]["entries"]
    lines = [json.loads(line) for line in data.splitlines()]
    assert [line["version"] for line in lines] == list(range(61 - len(lines), 61))
    assert 40 <= len(lines) < 60
    assert mine.entries()["demo"] == entries


def test_two_ledgers_of_a_namespace_are_apart(space: Space) -> None:
    mine = ledger(space)
    other = ConfigMaps(space.cluster, "sameday-demo", CLOCK, LEASE)
    mine.append(FIRST)
    mine.begin("mine")
    mine.remember([Built("reco", "r/reco@sha256:1", None)])
    assert (dict(other.entries()), other.baseline(), list(other.built())) == ({}, None, [])
    with mine.lease("us"), other.lease("them"):
        other.append(FIRST)
    assert mine.entries() == other.entries() == {"demo": [FIRST]}


def test_answer_that_is_lost(space: Space, proxy: Proxy) -> None:
    """The entry is written, and whoever wrote it does not know: it is neither lost nor written twice."""
    mine = ledger(space, proxy.url)
    proxy.fail("POST", "/configmaps", Fault(after=True))
    mine.append(FIRST)
    second = replace(FIRST, version=2)
    proxy.fail("PUT", "/configmaps/sameday.demo", Fault(504, after=True))
    mine.append(second)
    proxy.fail("PUT", "/configmaps/sameday.demo", Fault())
    with pytest.raises(Unreachable, match="the connection was dropped"):
        mine.append(replace(FIRST, version=3))
    assert mine.entries() == {"demo": [FIRST, second]}


def test_conflict_with_somebody_who_wrote_something_else(space: Space, proxy: Proxy) -> None:
    """Labels, say: the entry is as good as before."""
    mine = ledger(space, proxy.url)
    mine.append(FIRST)
    busy = {"kind": "Status", "code": 409, "reason": "Conflict", "message": "the object has been modified"}
    proxy.fail("PUT", "/configmaps/sameday.demo", Fault(409, busy), times=2)
    mine.append(replace(FIRST, version=2))
    proxy.fail("PUT", "/configmaps/sameday", Fault(409, busy), times=2)
    mine.begin("c0ffee")
    mine.remember([Built("reco", "r/reco@sha256:1", None)])
    assert (len(mine.entries()["demo"]), mine.baseline(), len(mine.built())) == (2, "c0ffee", 1)


def test_conflicts_without_end(space: Space, proxy: Proxy) -> None:
    mine = ledger(space, proxy.url)
    busy = {"kind": "Status", "code": 409, "reason": "Conflict", "message": "the object has been modified"}
    proxy.fail("POST", "/configmaps", Fault(409, busy), times=1000)
    acts: list[Callable[[], object]] = [lambda: mine.append(FIRST), lambda: mine.begin("c0ffee")]
    for act in acts:
        with pytest.raises(Conflict, match=r"ConfigMap sameday(\.demo)? was changed whenever it was to be written"):
            act()


SPOILT = {
    "no JSON": {"data": {"entries": "{"}},
    "another JSON": {"data": {"entries": '{"version": 1}\n'}},
    "a list": {"data": {"entries": "[]\n"}},
    "no archive": {"binaryData": {"older": base64.b64encode(b"hello").decode()}},
    "half an archive": {"binaryData": {"older": base64.b64encode(gzip.compress(b"x" * 999)[:20]).decode()}},
}


@pytest.mark.parametrize("content", SPOILT.values(), ids=SPOILT)
def test_configmap_that_somebody_spoilt(space: Space, content: dict[str, Any]) -> None:
    labels = {"sameday/ledger": "sameday", "sameday/experiment": "demo"}
    made = {"metadata": {"name": "sameday.demo", "labels": labels}, **content}
    space.server.ask("POST", f"/api/v1/namespaces/{space.name}/configmaps", made)
    with pytest.raises(Unreachable, match=r"\Athe ledger's ConfigMap sameday\.demo cannot be read: its `[^\n]*\Z"):
        ledger(space).entries()


def test_lease_outlives_short_bad_days(space: Space, proxy: Proxy) -> None:
    """An outage, and an answer that is lost on its way."""
    mine = ledger(space, proxy.url)
    with mine.lease("us"):
        proxy.fail("PUT", "/leases/", Fault(503))
        proxy.fail("PUT", "/leases/", Fault(after=True))
        waited(lambda: not proxy.faults, "it was renewed")
        with pytest.raises(Conflict, match=r"another release is at work here \(us\)"), ledger(space).lease("them"):
            pytest.fail("two have the lease")
        mine.append(FIRST)


def test_lease_that_is_lost_in_a_long_outage(space: Space, proxy: Proxy) -> None:
    """Whoever is cut off must not believe that it still may."""
    mine, theirs = ledger(space, proxy.url), ledger(space)
    with mine.lease("us"):
        proxy.fail("PUT", "/leases/", Fault(503), times=1000)
        with theirs.lease("them"):
            theirs.append(FIRST)
            end = time.monotonic() + 3 * LEASE
            while time.monotonic() < end and not mine.right.lost.is_set():
                time.sleep(0.05)
            with pytest.raises(Conflict, match="has taken the right to release over"):
                mine.append(replace(FIRST, version=2))
    found = some(space.cluster.get("Lease", "sameday"))["spec"]
    assert "holderIdentity" not in found, "they gave it back, and we did not take it from them"
    proxy.faults.clear()
    with mine.lease("us again"):
        mine.append(replace(FIRST, version=2))
    assert len(theirs.entries()["demo"]) == 2


FROZEN = """
import sys
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from bot.errors import Conflict
from bot.ledgers.configmap import ConfigMaps
from tests.far.cluster import opened
from tests.ports.test_ledger import FIRST
mine = opened(ConfigMaps, sys.argv[1], sys.argv[2], "sameday", partial(datetime.now, UTC), 2)
with mine.lease("us"):
    mine.append(FIRST)
    print("mine", flush=True)
    sys.stdin.readline()
    while True:
        try:
            mine.append(replace(FIRST, version=len(mine.entries()["demo"]) + 1, reason="too late"))
        except Conflict as error:
            print(error, flush=True)
            break
"""


def test_process_that_was_frozen_is_not_the_holder_any_more(space: Space) -> None:
    """A laptop that slept: it wakes up, and must find out."""
    process = subprocess.Popen(
        [sys.executable, "-c", FROZEN, space.server.kubeconfig(), space.name], text=True, cwd=ROOT,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    try:
        assert some(process.stdout).readline() == "mine\n"
        process.send_signal(signal.SIGSTOP)
        theirs = ledger(space)
        with theirs.lease("them"):
            theirs.append(replace(FIRST, version=2))
            process.send_signal(signal.SIGCONT)
            said, _ = process.communicate("go on\n", timeout=30)
            assert "has taken the right to release over from this one; run again" in said
    finally:
        process.kill()
        process.communicate()


def test_who_waits_for_a_lease_takes_it_as_soon_as_it_is_given_back(space: Space) -> None:
    mine = ledger(space, lease=60)
    with mine.lease("us"):
        pass
    begun = time.monotonic()
    with ledger(space, lease=60).lease("them"):
        assert time.monotonic() - begun < 5


SETTINGS = """\
engine: {kind: local}
ledger: {kind: configmap, namespace: NAMESPACE}
"""
EXPERIMENT = """\
name: demo
jobs:
  - name: a
    command: cd ${PWD%%/.sameday/*}; echo $SAMEDAY_RUN >> runs.txt; while [ ! -e gate ]; do sleep 0.1; done
"""


@pytest.fixture
def site(repo: Repo, space: Space) -> Repo:
    """A repository with a release to be made, whose ledger is in the cluster."""
    repo.write("sameday.yaml", SETTINGS.replace("NAMESPACE", space.name))
    repo.write(".gitignore", ".sameday/\nruns.txt\ngate\n")
    ledger(space).begin(repo.commit("settings"))
    repo.write("experiments/demo.yaml", EXPERIMENT)
    repo.commit("demo")
    return repo


@pytest.fixture
def start(site: Repo, space: Space) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Begin a release; whatever is left of it at the end is killed."""
    begun: list[subprocess.Popen[str]] = []

    def begin(url: str = "") -> subprocess.Popen[str]:
        env = {**os.environ, "PYTHONPATH": str(ROOT), "KUBECONFIG": space.server.kubeconfig(url=url)}
        words = [sys.executable, "-m", "bot", "release"]
        begun.append(
            subprocess.Popen(words, cwd=site.root, env=env, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        )
        return begun[-1]

    yield begin
    (site.root / "gate").touch()
    for process in begun:
        process.kill()
        process.wait()
        some(process.stdout).close()


def test_two_releases_at_once_start_one_first_run(
    site: Repo, space: Space, start: Callable[..., subprocess.Popen[str]]
) -> None:
    first, second = start(), start()
    codes: dict[subprocess.Popen[str], int | None] = {}
    end = time.monotonic() + 60
    while len(codes) < 1 and time.monotonic() < end:  # the one that does not get the right gives up
        codes = {p: p.poll() for p in (first, second) if p.poll() is not None}
        time.sleep(0.05)
    (loser,) = codes
    assert codes[loser] == 1
    (said,) = loser.communicate()[0].splitlines()
    assert re.fullmatch(r"sameday: another release is at work here \(.+ at [0-9a-f]{10}\); run again .*", said)
    (site.root / "gate").touch()
    winner = first if loser is second else second
    assert "demo is live" in winner.communicate(timeout=60)[0]
    assert len((site.root / "runs.txt").read_text().split()) == 1
    entries = ledger(space).entries()["demo"]
    assert [entry.step for entry in entries if entry.state == "done"] == list(STEPS)


@pytest.mark.parametrize("heard", [False, True], ids=["before it is written", "after it is written"])
def test_release_killed_while_it_writes(
    site: Repo, space: Space, proxy: Proxy, start: Callable[..., subprocess.Popen[str]], heard: bool
) -> None:
    """kill -9 within an entry; the next release takes the lease over when it was not renewed, and goes on."""
    (site.root / "gate").touch()
    proxy.fail("PUT", "/configmaps/sameday.demo", Fault(silent=60, after=heard))
    killed = start(proxy.url)
    waited(lambda: not proxy.faults, "it writes")
    if heard:
        waited(lambda: len(ledger(space).entries()["demo"]) == 2, "the server has it")
    killed.kill()
    killed.wait()
    assert len(ledger(space).entries()["demo"]) == (2 if heard else 1)
    said = start().communicate(timeout=90)[0]
    assert "demo is live" in said
    assert len((site.root / "runs.txt").read_text().split()) == 1
    entries = ledger(space).entries()["demo"]
    assert [entry.step for entry in entries if entry.state == "done"] == list(STEPS)
    assert [entry.version for entry in entries] == list(range(1, len(entries) + 1))
