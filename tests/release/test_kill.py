"""kill -9 at every boundary: running again ends where an undisturbed release ends, and no finished job runs twice.

A process is stopped exactly where it is to be killed: an entry of the ledger that takes for ever to be written,
or a lock that it waits for.
"""

from __future__ import annotations

import fcntl
import json
import os
import signal
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from bot.ledgers.sqlite import LedgerFile
from bot.ports import STEPS
from bot.settings.kinds import SqliteLedger
from tests.release.conftest import TOP, Site

pytestmark = pytest.mark.slow

FOREVER = """
    CREATE VIEW forever AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n;
    CREATE TRIGGER pause BEFORE INSERT ON entries WHEN NEW.version = {version} AND NEW.experiment = 'reco'
    BEGIN SELECT count(*) FROM forever; END;
"""
ENTRIES = 2 * len(STEPS)  # of a release: each step is started and done


@contextmanager
def writing(site: Site, version: int) -> Iterator[Callable[[], bool]]:
    """Whoever writes this entry of the ledger does so for ever; gives whether somebody does."""
    ledger = sqlite3.connect(site.kept / "ledger.sqlite", timeout=0, isolation_level=None)
    ledger.executescript(FOREVER.format(version=version))

    def reached() -> bool:
        try:
            ledger.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            return len(site.ledger()) == version - 1
        ledger.execute("ROLLBACK")
        return False

    yield reached
    ledger.execute("PRAGMA busy_timeout = 10000")
    ledger.executescript("DROP TRIGGER pause; DROP VIEW forever;")
    ledger.close()


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Nobody else gets this lock."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextmanager
def store_locked(site: Site) -> Iterator[None]:
    """Nobody else writes to the store."""
    store = sqlite3.connect(site.kept / "serving.sqlite", isolation_level=None)
    store.executescript("PRAGMA journal_mode = WAL; BEGIN IMMEDIATE")
    yield
    store.close()


def running(site: Site, node: str) -> int:
    """The process group of a node that is being run, or 0."""
    for run in site.runs():
        folder = site.kept / "engine" / "runs" / run
        states = [e["state"] for e in events(folder) if e.get("node") == node]
        with suppress(FileNotFoundError, ValueError):
            if states[-1:] == ["running"]:
                mine = folder / "nodes" / f"{node}.group"
                shared = (folder / "nodes" / f"{node}.log").resolve().with_suffix(".group")  # tasks share a process
                return int((mine if mine.exists() else shared).read_text())
    return 0


def events(folder: Path) -> list[dict[str, Any]]:
    """A run's events."""
    file = folder / "events.jsonl"
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


def kill_run(site: Site, node: str) -> None:
    """Kill a run as a machine that is switched off does: its supervisor, and the node it is at."""
    group = running(site, node)
    warden = _parent(group)
    for process in (_parent(warden), warden):
        os.kill(process, signal.SIGKILL)
    with suppress(ProcessLookupError):  # it may be quicker to die with its warden
        os.killpg(group, signal.SIGKILL)


def _parent(process: int) -> int:
    return int(subprocess.run(["ps", "-o", "ppid=", "-p", str(process)], capture_output=True).stdout)


def left(site: Site) -> dict[str, Any]:
    """Everything that a release leaves."""
    return {
        "flag": site.flag(),
        "served": (site.shown(), site.served(), site.warehouse()),
        "schedule": site.scheduled(),
        "ledger": [(e["version"], e["step"], e["state"], e["reason"]) for e in site.ledger()],
        "runs": site.runs(),
        "jobs": site.tally(),
        "announced": (site.kept / "announcements" / "reco.md").read_text(),
        "tables": sorted(path.name for path in (site.kept / "warehouse").glob("*.parquet")),
        "templates": sorted(path.name for path in (site.kept / "engine").glob("*/*.json")),
    }


@pytest.fixture
def again(
    site: Site, start: Callable[..., subprocess.Popen[bytes]], until: Callable[[Callable[[], object]], None]
) -> Callable[..., None]:
    """Begin a command, and kill it with SIGKILL once something is so."""

    def killed(reached: Callable[[], object], *words: str) -> None:
        process = start(*words)
        until(lambda: reached() or process.poll() is not None)
        assert process.poll() is None, f"it was over before it could be killed: {words}"
        process.kill()
        process.wait()

    return killed


def slow(site: Site) -> dict[str, Any]:
    """An experiment of two jobs; the second one waits for the file `gate`."""
    made = site.experiment(before=f"while [ ! -e {TOP}/gate ]; do sleep 0.01; done")
    made["jobs"].append({"name": "extract", "command": f"echo extract >> {TOP}/tally.txt"})
    made["jobs"][0]["dependencies"] = ["extract"]
    return dict(made)


def test_a_release_killed_everywhere_ends_like_one_that_was_not(
    site: Site, twin: Callable[[], Site], again: Callable[..., None]
) -> None:
    site.put(slow(site))
    calm = twin()
    calm.repo.write("gate", "")
    calm.release()
    for version in (1, 2, 3):
        with writing(site, version) as reached:
            again(reached, "release")
    again(lambda: running(site, "infer"), "release")
    kill_run(site, "infer")
    again(lambda: running(site, "infer"), "release")  # the run goes on without it
    (site.repo.root / "gate").touch()
    place = f".main.reco__{calm.scheduled()}.lock"
    with locked(site.kept / "warehouse" / place):
        again(lambda: running(site, "sameday-verify"), "release")
        kill_run(site, "sameday-verify")
    with store_locked(site):
        again(lambda: running(site, "sameday-keep"), "release")
        kill_run(site, "sameday-keep")
    with locked(site.kept / "warehouse" / place):
        again(lambda: running(site, "sameday-put"), "release")
        kill_run(site, "sameday-put")
    for version in range(4, ENTRIES):
        with writing(site, version) as reached:
            again(reached, "release")
        if version == 5:
            with locked(site.kept / "flags" / "experiments.flagd.lock"):
                again(lambda: len(site.ledger()) == 5, "release")
        if version == 7:
            with locked(site.kept / "warehouse" / ".names.lock"):
                again(lambda: len(site.ledger()) == 7, "release")
    with writing(site, ENTRIES) as reached:
        again(reached, "release")
    assert "reco is live\n" in site.release()
    assert left(site) == left(calm)
    assert sorted(site.tally()) == sorted(["extract", *site.runs()])
    assert len(site.runs()) == 1


def test_a_retirement_killed_everywhere_ends_like_one_that_was_not(
    site: Site, twin: Callable[[], Site], again: Callable[..., None]
) -> None:
    site.put(site.plain())
    site.release()
    site.drop("reco")
    calm = twin()
    calm.release()
    with locked(site.kept / "flags" / "experiments.flagd.lock"):
        again(lambda: len(site.ledger()) == ENTRIES + 1, "release")
    for version in range(ENTRIES + 2, ENTRIES + 7):
        with writing(site, version) as reached:
            again(reached, "release")
    site.release()
    assert (site.flag(), site.scheduled()) == (None, None)
    assert site.steps() == calm.steps()
    assert "is retired" in (site.kept / "announcements" / "reco.md").read_text()


def test_a_rollback_killed_everywhere_ends_like_one_that_was_not(
    site: Site, twin: Callable[[], Site], again: Callable[..., None]
) -> None:
    site.put(site.experiment())
    site.release()
    site.put(site.experiment(scores="new", owner="@acme/reco"))
    site.release()
    calm = twin()
    assert "serves reco-" in calm.say("rollback", "reco")
    with writing(site, 2 * ENTRIES + 1) as reached:
        again(reached, "rollback", "reco")
    before = site.served()
    with locked(site.kept / "flags" / "experiments.flagd.lock"):
        again(lambda: len(site.ledger()) == 2 * ENTRIES + 1, "rollback", "reco")
    assert site.served() == before
    with store_locked(site):
        again(lambda: site.flag() == calm.flag(), "rollback", "reco")
    assert "is being rolled back" in site.say("status")
    with writing(site, 2 * ENTRIES + 2) as reached:
        again(reached, "rollback", "reco")
    assert "is on hold" in site.release(), "whichever command is next, it takes the rollback to its end"
    for look in (site.flag, site.served, site.shown, site.scheduled):
        assert look() == getattr(calm, look.__name__)()
    assert site.steps()[-1] == calm.steps()[-1] == ("rollback", "done")
    assert "is on hold" in site.release()


def test_the_first_release_killed_while_it_takes_what_is_there(site: Site, again: Callable[..., None]) -> None:
    (site.kept / "ledger.sqlite").unlink()
    site.put(site.plain("reco"), site.plain("other"))
    LedgerFile(SqliteLedger(path=str(site.kept / "ledger.sqlite"))).entries()  # makes the ledger
    with writing(site, 1) as reached:  # of two; one of them is written before
        again(lambda: reached() and len(site.ledger("other")) == 1, "release")
    assert "taken as live and not released: other, reco\n" in site.release()
    assert (site.steps(), site.steps("other")) == ([("baseline", "skipped")], [("baseline", "skipped")])
