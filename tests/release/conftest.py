"""A small experiment to release, and a look at everything a release leaves."""

from __future__ import annotations

import contextlib
import io
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from bot.cli import main
from bot.ledgers.sqlite import LedgerFile
from bot.ports import Place
from bot.settings.kinds import SqliteLedger, SqliteStore
from bot.stores.sqlite import SqliteTables
from tests.conftest import Repo
from tests.some import some

ROOT = Path(__file__).parents[2]
TOP = "${PWD%%/.sameday/*}"  # the repository's folder as a job's shell says it, in whichever export the job runs
TALLY = "tally.txt"  # one line for every time a job ran to its end


SCORES = {
    "old": "select range::bigint as id, 0.5::double as score from range(3)",
    "new": "select range::bigint as id, 0.9::double as score from range(3)",
    "twice": "select 7::bigint as id, 0.9::double as score from range(2)",
}
"""What the jobs have to give: each is a Parquet file of the repository."""


def experiment(name: str = "reco", scores: str = "old", before: str = "true", **more: Any) -> dict[str, Any]:
    """An experiment with one job, one output in warehouse and store, a flag for everyone, and a schedule."""
    table = name.replace("-", "_")
    output = {"table": f"main.{table}", "job": "infer", "columns": {"id": "INT64", "score": "FLOAT64"}, "key": ["id"]}
    return {
        **plain(name, f"{before} && cp {scores}.parquet $SAMEDAY_OUTPUT_SCORES"),
        "outputs": {"scores": {**output, "sync": {"store": "serving", "table": table}}},
        "serving": {"kind": "all", "arm": {"name": "new", "output": "scores"}},
        **more,
    }


def plain(name: str = "reco", command: str = "true", **more: Any) -> dict[str, Any]:
    """An experiment that writes nothing: a job that leaves a mark, a flag, a schedule. It is released in no time."""
    return {
        "name": name,
        "schedule": {"cron": "0 4 * * *"},
        "jobs": [{"name": "infer", "command": f"{command} && echo $SAMEDAY_RUN >> {TOP}/{TALLY}"}],
        "serving": split(20),
        **more,
    }


def split(weight: int, **period: str) -> dict[str, Any]:
    """An A/B test of two tables; `weight` of a hundred see the new one."""
    arms = [{"name": "old", "control": True, "weight": 100 - weight, "table": "main.old"}]
    new = {"name": "new", "weight": weight, "table": "main.new"}
    return {"kind": "ab", "arms": [*arms, new], "period": {"start": "2026-01-01", "end": "2199-01-01", **period}}


@dataclass(frozen=True)
class Site:
    """A repository with its embedded stack: what is put in, and what users and operators see."""

    repo: Repo
    experiment = staticmethod(experiment)
    plain = staticmethod(plain)
    split = staticmethod(split)

    @property
    def kept(self) -> Path:
        """Where the embedded stack keeps everything."""
        return Path(self.repo.root / ".sameday")

    def put(self, *files: dict[str, Any], message: str = "a change") -> str:
        """Commit experiments."""
        for file in files:
            self.repo.write(f"experiments/{file['name']}.yaml", yaml.safe_dump(file, sort_keys=False))
        return str(self.repo.commit(message))

    def drop(self, name: str) -> None:
        """Delete an experiment's file in a commit."""
        (self.repo.root / "experiments" / f"{name}.yaml").unlink()
        self.repo.commit(f"drop {name}")

    def release(self, *words: str, code: int = 0) -> str:
        """Release; what it printed."""
        return self.say("release", *words, code=code)

    def say(self, *words: str, code: int = 0) -> str:
        """Run a command in this process, which saves its start; it must end with this code; what it printed.

        Where that is nothing, it is what it printed as an error.
        """
        printed, err = io.BytesIO(), io.StringIO()
        out = io.TextIOWrapper(printed, write_through=True)
        with contextlib.chdir(self.repo.root), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            ended = self._main(words)
        said = printed.getvalue().decode()
        assert ended == code, f"{words} ended with {ended}:\n{said}{err.getvalue()}"
        return said or err.getvalue()

    @staticmethod
    def _main(words: tuple[str, ...]) -> object:
        try:
            return main(words)
        except SystemExit as wrong_words:
            return wrong_words.code

    def ledger(self, name: str = "reco") -> list[dict[str, Any]]:
        """All entries of an experiment."""
        with sqlite3.connect(self.kept / "ledger.sqlite") as found:
            sql = "SELECT entry FROM entries WHERE experiment = ? ORDER BY version"
            texts = [text for (text,) in found.execute(sql, [name])]
        found.close()
        return [json.loads(text) for text in texts]

    def steps(self, name: str = "reco") -> list[tuple[str, str]]:
        """Each entry's step and state."""
        return [(entry["step"], entry["state"]) for entry in self.ledger(name)]

    def flag(self, name: str = "reco") -> Any:
        """The published flag."""
        file = self.kept / "flags" / "experiments.flagd.json"
        return json.loads(file.read_text())["flags"].get(name) if file.exists() else None

    def served(self, name: str = "reco") -> list[tuple[Any, ...]] | None:
        """What serving reads; None where there is no such table."""
        store = sqlite3.connect(self.kept / "serving.sqlite")
        try:
            return store.execute(f"SELECT id, score FROM {name.replace('-', '_')} ORDER BY id").fetchall()
        except sqlite3.OperationalError:
            return None
        finally:
            store.close()

    def shown(self, name: str = "reco") -> str | None:
        """The run whose version serving reads by the declared name."""
        store, table = SqliteTables(SqliteStore(path=str(self.kept / "serving.sqlite"))), name.replace("-", "_")
        place = store.shown(table)
        inside = store.inside(Place("", table, place.removeprefix(f"{table}__"), ())) if place else ()
        return inside[0].run if inside else None

    def place(self, name: str = "reco") -> str | None:
        """The table that the flag names."""
        flag = self.flag(name)
        return str(flag["variants"]["new"]["table"]) if flag else None

    def warehouse(self, name: str = "reco") -> list[tuple[Any, ...]]:
        """The declared table."""
        file = self.kept / "warehouse" / f"main.{name.replace('-', '_')}.parquet"
        sql = f"SELECT * FROM read_parquet('{file}') ORDER BY ALL"
        return some(duckdb.sql(sql)).fetchall() if file.exists() else []

    def scheduled(self, name: str = "reco") -> str | None:
        """The spec key that the schedule starts."""
        file = self.kept / "engine" / "schedules" / f"{name}.json"
        return str(json.loads(file.read_text())["key"]) if file.exists() else None

    def tally(self) -> list[str]:
        """The runs whose job ended well, one entry each time."""
        file = self.repo.root / TALLY
        return file.read_text().split() if file.exists() else []

    def runs(self) -> list[str]:
        """The runs the engine knows."""
        folder = self.kept / "engine" / "runs"
        return sorted(path.name for path in folder.glob("[!.]*")) if folder.is_dir() else []


@pytest.fixture
def site(repo: Repo) -> Site:
    """A repository whose baseline was recorded while it was empty."""
    repo.write(".gitignore", f".sameday/\n{TALLY}\n")
    for name, sql in SCORES.items():
        some(duckdb.sql(sql)).write_parquet(str(repo.root / f"{name}.parquet"))
    found = Site(repo)
    LedgerFile(SqliteLedger(path=str(found.kept / "ledger.sqlite"))).begin(repo.commit("ignore"))
    return found


LIMIT = 60.0  # seconds; only something broken makes a test wait that long


@pytest.fixture
def until() -> Callable[[Callable[[], object]], None]:
    """Wait for something to be true."""

    def wait(true: Callable[[], object]) -> None:
        end = time.monotonic() + LIMIT
        while not true():
            assert time.monotonic() < end, "waited in vain"
            time.sleep(0.005)

    return wait


@pytest.fixture
def start(site: Site) -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    """Start a command and go on; whatever is left of it at the end is killed."""
    begun: list[subprocess.Popen[bytes]] = []

    def begin(*words: str) -> subprocess.Popen[bytes]:
        log = (site.repo.root.parent / "output").open("ab")
        begun.append(
            subprocess.Popen(
                [sys.executable, "-m", "bot", *words], cwd=site.repo.root, stdin=subprocess.DEVNULL,
                stdout=log, stderr=log, env={**os.environ, "PYTHONPATH": str(ROOT)},
            )
        )  # fmt: skip
        log.close()
        return begun[-1]

    yield begin
    for process in begun:
        process.kill()
        process.wait()


@pytest.fixture
def twin(site: Site, tmp_path: Path) -> Callable[[], Site]:
    """A copy of the repository as it is now, with all its stack keeps."""

    def copy() -> Site:
        shutil.copytree(site.repo.root, tmp_path / "twin" / "repo", symlinks=True)
        return Site(type(site.repo)(tmp_path / "twin" / "repo"))

    return copy
