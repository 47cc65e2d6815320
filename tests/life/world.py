"""A whole stack in this process: real release, ledger, flags, warehouse and store, and an engine that runs at once.

Only the engine is played: it does what a cluster would, with sameday's own tasks, and outlives whoever asks it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import yaml

from bot.commands.refused import refused, told
from bot.compile.work import data, version, warehouse_place
from bot.errors import Conflict, SamedayError, Unreachable
from bot.experiment.repository import Repository
from bot.finding import Unproven
from bot.flags.folder import FlagdFile
from bot.ledgers.sqlite import LedgerFile
from bot.ports import Node, Objection, Place, Places, Run, Scheduled, Store, Work
from bot.release.input import ReleaseInput
from bot.release.past import Past
from bot.release.pipeline import release_all
from bot.release.rollback import bring_back
from bot.release.state import State
from bot.release.steps import Tools
from bot.release.summary import ReleaseSummary
from bot.settings import Settings
from bot.settings.kinds import FolderFlags, SqliteLedger
from bot.tasks.begin import begin
from bot.tasks.keep import keep
from bot.tasks.put import put
from bot.tasks.verify import verify
from tests.life.made import InFolder, Made
from tests.life.model import FAILS
from tests.life.served import InSqlite, Served

START = datetime(2026, 11, 1, 12, tzinfo=UTC)


class Killed(BaseException):
    """What ends a process in the middle: nobody catches it."""


class Files(dict[str, bytes]):
    """A tree of files as a commit has it."""

    def paths(self) -> Sequence[str]:
        """Every file, in order."""
        return sorted(self)

    def read(self, path: str, limit: int) -> bytes:
        """At most `limit` bytes of one."""
        return self[path][:limit]


@dataclass
class Cluster:
    """An engine whose runs are over when they are submitted. What it keeps stands for a cluster's state."""

    made: Made
    stores: Mapping[str, Store]
    clock: Callable[[], datetime]
    templates: set[str] = field(default_factory=set)
    runs: dict[str, tuple[Run, str]] = field(default_factory=dict)
    schedules: dict[str, Work] = field(default_factory=dict)

    def prove(self, work: Work) -> Iterator[Objection | Unproven]:
        """Nothing is wrong."""
        return iter(())

    def apply(self, work: Work) -> None:
        """Register a template."""
        self.templates.add(f"{work.experiment}-{work.key}")

    def applied(self, work: Work) -> bool:
        """Whether it is registered."""
        return f"{work.experiment}-{work.key}" in self.templates

    def find(self, run: str) -> Run | None:
        """The run of this name."""
        return self.runs[run][0] if run in self.runs else None

    def submit(self, work: Work) -> Run:
        """Run it, unless it ran."""
        if work.run in self.runs:
            if self.runs[work.run][1] != data(work):
                raise Conflict(f"a run {work.run} does something else")
            return self.runs[work.run][0]
        try:
            self._run(work)
            run = Run(work.run, "succeeded", (Node("infer", "succeeded"),))
        except SamedayError as error:
            run = Run(work.run, "failed", (Node("infer", "failed", reason=str(error)),))
        self.runs[work.run] = run, data(work)
        return run

    def _run(self, work: Work) -> None:
        if not begin(work, self.made.port, self.stores, self.clock, lambda _: None, lambda _: None).go:
            return
        number = int(work.steps[0].argv[1])
        if number == FAILS:
            raise SamedayError("ended with exit code 1")
        for output in work.outputs.values():
            rows: dict[str, Any] = {"id": [1, 2], "number": [number] * 2}
            if output.partition:
                rows["day"] = pa.array([work.date] * 2, pa.date32())
            place = warehouse_place(work.experiment, work.key, output)
            own = place.own(version(work, self.clock()))
            self.made.write(own, pa.table(rows))
        verify(work, self.made.port, self.clock)
        keep(work, self.made.port, self.stores)
        put(work, self.made.port, self.stores)

    def cancel(self, experiment: str, but: Collection[str]) -> Collection[str]:
        """Nothing runs."""
        return ()

    def watch(self, runs: Collection[str], until: datetime) -> Iterator[Run]:
        """They are over."""
        yield from (self.runs[run][0] for run in runs)

    def schedule(self, work: Work, *, on: bool) -> None:
        """Point the schedule, or switch it off."""
        if on:
            self.schedules[work.experiment] = work
        else:
            self.schedules.pop(work.experiment, None)

    def scheduled(self, experiment: str) -> Scheduled | None:
        """What it starts."""
        return Scheduled(self.schedules[experiment].key) if experiment in self.schedules else None

    def give_back(self, experiment: str) -> bool:
        """Nothing was taken over."""
        return False

    def latest(self, experiment: str) -> Run | None:
        """Nobody asks."""
        return None


class Watched:
    """A port whose calls are counted, and one of them ends or fails."""

    def __init__(self, port: object, call: Callable[[Callable[[], Any]], Any]) -> None:
        self._port, self._call = port, call

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._port, name)
        if not callable(value):
            return value
        return lambda *args, **kwargs: self._call(lambda: value(*args, **kwargs))


@dataclass
class World:
    """A repository and its stack below one folder."""

    root: Path
    daily: Mapping[str, bool]
    served: Served | None = None
    """Where serving reads; a file in the folder by default."""
    made: Made | None = None
    """Where tables are; files in the folder by default."""
    heads: dict[str, int] = field(default_factory=dict)
    thief: str = ""
    commits: list[Files] = field(default_factory=list)
    today: int = 0
    calls: int = 0
    fault: tuple[int, bool, bool] | None = None
    """At which call, whether after its effect, and whether it is the end of the process (else an outage)."""

    def __post_init__(self) -> None:
        self.made = self.made or InFolder(self.root / "warehouse")
        self.warehouse = self.made.port
        self.served = self.served or InSqlite(self.root / "serving.sqlite")
        self.stores = {"serving": self.served.store}
        self.flags = FlagdFile(FolderFlags(path=str(self.root / "flags")))
        self.ledger = LedgerFile(SqliteLedger(path=str(self.root / "ledger.sqlite")))
        self.cluster = Cluster(self.made, self.stores, self.now)
        self.settings = Settings.model_validate(
            {
                "engine": {}, "warehouse": self.made.settings, "keep": {"named_for": "400d"},
                "stores": {"serving": {"path": str(self.root / "serving.sqlite")}}, "flags": {}, "ledger": {},
            }
        )  # fmt: skip
        self.ledger.begin("0" * 40)

    def now(self) -> datetime:
        """The moment."""
        return START + timedelta(days=self.today)

    def day(self, number: int) -> date:
        """A day by its number."""
        return (START + timedelta(days=number)).date()

    def edit(self, name: str, number: int | None) -> None:
        """Change an experiment's file, or delete it."""
        if number is None:
            self.heads.pop(name, None)
        else:
            self.heads[name] = number

    def file(self, name: str, number: int) -> bytes:
        """An experiment's file; `thief` declares ann's table as its own."""
        table = "ann" if name == self.thief else name
        columns = {"id": "INT64", "number": "INT64"} | ({"day": "DATE"} if self.daily[name] else {})
        output: dict[str, Any] = {
            "table": f"main.{table}", "job": "infer", "columns": columns, "sync": {"store": "serving", "table": table},
        }  # fmt: skip
        if name == "eve":
            output["form"] = "table"
        if self.daily[name]:
            output |= {"partition": {"column": "day"}, "key": ["id", "day"]}
            output["sync"]["days"] = 3
        return yaml.safe_dump(
            {
                "name": name, "schedule": {"cron": "0 4 * * *"},
                "jobs": [{"name": "infer", "commands": ["score", str(number)]}], "outputs": {"scores": output},
                "serving": {"kind": "all", "arm": {"name": "new", "output": "scores"}},
            }
        ).encode()  # fmt: skip

    def commit(self) -> str:
        """Commit what the files say; gives its name."""
        files = Files({f"experiments/{name}.yaml": self.file(name, number) for name, number in self.heads.items()})
        if not self.commits or self.commits[-1] != files:
            self.commits.append(files)
        return f"{len(self.commits):040x}"

    def at(self, commit: str) -> Repository:
        """The experiments of a commit."""
        return Repository.load(self.commits[int(commit, 16) - 1], self.settings.experiments)

    def release(self) -> ReleaseSummary:
        """Release the head, but what check refuses without asking any backend."""
        commit = self.commit()
        faults = refused(self.at(commit), self.settings, self.ledger.entries(), self.now())
        return release_all(
            ReleaseInput(
                self.at(commit), self.settings, self._watched(self.ledger), self._tools(), commit, "ada", self.at,
                self.now, lambda *_: None, lambda _: None, refused={name: told(faults[name]) for name in faults},
            )
        )  # fmt: skip

    def edit_settings(self) -> None:
        """Change what is nothing of the experiments' data: how long a job may take, and back."""
        limits = self.settings.limits
        job = timedelta(hours=3) if limits.job != timedelta(hours=3) else timedelta(hours=5)
        changed = limits.model_copy(update={"job": job})
        self.settings = self.settings.model_copy(update={"limits": changed})

    def roll_back(self, name: str) -> None:
        """Roll an experiment back."""
        bring_back(name, self._past())

    def run(self, name: str, day: int) -> None:
        """Run what is live for a day, as `sameday run` does."""
        live = State(self.ledger.entries().get(name, ())).live
        if live is not None:
            order = self._past().order(live.item, live.commit)
            self.cluster.submit(order.work.model_copy(update={"date": self.day(day), "attempt": 1}))

    def fire(self, name: str) -> None:
        """What the schedule starts today, if it is on."""
        if name in self.cluster.schedules:
            work = self.cluster.schedules[name]
            self.cluster.submit(work.model_copy(update={"date": self.day(self.today), "attempt": 1}))

    def lose(self, what: str) -> None:
        """Remove the store, the flags, the schedules, or the declared names of the warehouse."""
        if what == "schedules":
            self.cluster.schedules.clear()
        elif what == "flags":
            self.flags.path.unlink(missing_ok=True)
        elif what == "warehouse":
            assert self.made is not None
            self.made.lose([f"main.{name}" for name in self.daily])
        elif self.served is not None:
            self.served.lose()

    def _past(self) -> Past:
        return Past(
            self._watched(self.ledger), self._tools(), self.settings, self.at, lambda _: {}, "ada", self.now
        )  # fmt: skip

    def _tools(self) -> Tools:
        stores = {name: self._watched(store) for name, store in self.stores.items()}
        return Tools(
            self._watched(self.cluster), self._watched(self.flags), self._watched(self.warehouse), stores
        )  # fmt: skip

    def _watched(self, port: object) -> Any:
        return Watched(port, self._called)

    def _called(self, call: Callable[[], Any]) -> Any:
        self.calls += 1
        if self.fault is None or self.calls != self.fault[0]:
            return call()
        _, late, ends = self.fault
        if late:
            call()
        raise Killed if ends else Unreachable("it is away")

    def kept(self, name: str) -> int:
        """How many releases a rollback could walk down."""
        return len(State(self.ledger.entries().get(name, ())).stack)

    def seen(self, name: str) -> dict[str, Any]:
        """What users and operators see of an experiment."""
        flag, scheduled = self.flags.published(name), self.cluster.schedules.get(name)
        served = flag["variants"]["new"]["table"] if flag else None
        return {
            "flag": self._rows(self.stores["serving"], served, name) if served else None,
            "store": self._rows(self.stores["serving"], name, name),
            "warehouse": self._rows(self.warehouse, f"main.{name}", name),
            "schedule": int(scheduled.steps[0].argv[1]) if scheduled else None,
        }

    def _rows(self, places: Places, table: str, name: str) -> dict[int, int] | None:
        if table == name or table.startswith("main."):
            shown = places.shown(table)
            if shown is None:
                return None
        rows = self._read(places, table)
        if self.daily[name]:
            return {self._number(row["day"]): row["number"] for row in rows}
        numbers = {row["number"] for row in rows}
        spec = table if "__" in table else (places.shown(table) or "")
        declared = table.partition("__")[0]
        inside = places.inside(Place(name, declared, spec.rpartition("__")[2], ()))
        assert len(numbers) == len(inside) == 1
        return {self._number(inside[0].date): numbers.pop()}

    def _read(self, places: Places, table: str) -> list[dict[str, Any]]:
        where = self.made if places is self.warehouse else self.served
        assert where is not None
        return where.rows(table)

    def _number(self, day: date | str) -> int:
        day = date.fromisoformat(day) if isinstance(day, str) else day
        return (day - START.date()).days
