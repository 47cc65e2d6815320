"""The example's application beside a store and flags of its own, asked over HTTP as its users ask it."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from bot.compile.flags import flag, flag_off
from bot.experiment.model import Spec
from bot.flags.document import document
from bot.ports import Flag
from bot.settings import Settings
from tests.clock import steady_date
from tests.conftest import EXAMPLES

APP = EXAMPLES / "serving"
KEY = "0badcafe"
COLUMNS = {"user_id": "STRING", "item_id": "STRING", "score": "FLOAT64", "dt": "DATE"}
Rows = Sequence[tuple[str, Any, Any, str]]


def spec(**serving: Any) -> Spec:
    """A test of two rankers for all users, whose tables show two days."""
    outputs = {
        name: {"table": f"reco.{name}", "job": "rank", "partition": {"column": "dt"}, "columns": COLUMNS,
               "key": ["user_id", "item_id", "dt"], "sync": {"store": "serving", "table": name, "days": 2}}
        for name in ("popular", "similar")
    }  # fmt: skip
    rankers = [{"name": "popular", "control": True, "output": "popular"}, {"name": "similar", "output": "similar"}]
    made = {
        "kind": "interleaving", "surfaces": [{"channel": "api"}], "testers": {"attribute": "is_staff"},
        "rankers": rankers, "draft": {"length": 10, "per": "unit_day"}, "credit": {"event": "open", "within": "24h"},
        "period": {"start": "2026-01-05", "end": "2096-01-02"}, **serving,
    }  # fmt: skip
    jobs = [{"name": "rank", "command": "x"}]
    return Spec.model_validate({"name": "lists", "jobs": jobs, "outputs": outputs, "serving": made})


@dataclass(frozen=True)
class World:
    """A folder with flags, a store and an exposure log."""

    folder: Path
    port: int = 0

    def publish(self, compiled: Flag) -> None:
        """Write the flag as a release does: whole."""
        beside = self.folder / "flags.tmp"
        beside.write_text(document({"lists": compiled}), encoding="utf-8")
        beside.replace(self.folder / "flags.json")

    def fill(self, table: str, rows: Rows) -> None:
        """Put rows into the place of a ranker."""
        with closing(sqlite3.connect(self.folder / "serving.sqlite")) as connection, connection:
            connection.execute(f"CREATE TABLE IF NOT EXISTS {table}__{KEY} (user_id, item_id, score, dt)")
            connection.executemany(f"INSERT INTO {table}__{KEY} VALUES (?, ?, ?, ?)", rows)

    def sql(self, statement: str) -> None:
        """Change the store in another way."""
        with closing(sqlite3.connect(self.folder / "serving.sqlite")) as connection, connection:
            connection.execute(statement)

    def get(self, user: str, **words: object) -> dict[str, Any]:
        """A page."""
        return self.ask(f"/list?{urlencode({'user': user, **words})}")[1]

    def ask(self, path: str) -> tuple[int, dict[str, Any]]:
        """Status and answer."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=20) as answer:
                return answer.status, json.loads(answer.read())
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.loads(error.read())

    def exposures(self) -> list[dict[str, Any]]:
        """Every line."""
        log = self.folder / "exposures.jsonl"
        return [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()] if log.exists() else []

    @property
    def words(self) -> list[str]:
        """The arguments that name all this."""
        store = f"serving={self.folder / 'serving.sqlite'}"
        log = self.folder / "exposures.jsonl"
        return ["lists", "--flags", str(self.folder / "flags.json"), "--store", store, "--log", str(log)]


def day(name: str, date: str, users: Sequence[str] = ("ann", "bob")) -> Rows:
    """Twelve items for each user: those of `popular` from the front, those of `similar` from the back."""
    order = range(12) if name == "popular" else range(11, -1, -1)
    return [(user, f"{date[-2:]}-i{n}", 1 / (place + 1), date) for user in users for place, n in enumerate(order)]


@contextmanager
def running(world: World) -> Iterator[World]:
    """The application, until the test is over."""
    command = [sys.executable, str(APP / "app.py"), *world.words, "--port", "0"]
    with (world.folder / "app.log").open("w") as log:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True)
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert "listening on http://127.0.0.1:" in line, (world.folder / "app.log").read_text()
        yield World(world.folder, int(line.rpartition(":")[2]))
    finally:
        process.kill()
        process.communicate()


def until(seen: Callable[[], bool]) -> None:
    """Wait until the application has read a flag anew."""
    end = time.monotonic() + 30
    while not seen():
        assert time.monotonic() < end
        time.sleep(0.1)


@pytest.fixture
def app(tmp_path: Path) -> Iterator[World]:
    """The application with one day of lists; its rankings are of a day that does not end meanwhile."""
    steady_date()
    world = World(tmp_path)
    world.publish(flag(spec(), KEY, Settings()))
    for name in ("popular", "similar"):
        world.fill(name, day(name, "2026-11-29"))
    with running(world) as there:
        yield there


OFF = flag_off(spec(), KEY, Settings())
