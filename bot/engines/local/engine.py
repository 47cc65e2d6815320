"""The local engine: every run is a supervisor process of its own, which outlives the process that started it."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime
from pathlib import Path

from bot.compile.names import template_name
from bot.compile.work import data, document, spec
from bot.engines.local.exports import Exports
from bot.engines.local.folder import RunFolder, RunOrder
from bot.errors import Conflict, Unreachable
from bot.finding import Unproven
from bot.ports import Objection, Run, Scheduled, Work, made_by, made_for
from bot.ports.opening import Code
from bot.settings.kinds import LocalEngine

POLL = 0.05  # seconds between two looks at a run


class Local:
    """Runs below one folder."""

    def __init__(
        self, settings: LocalEngine, root: Path, task: tuple[str, ...], environment: Mapping[str, str],
        own: Mapping[str, str] | None = None, code: Code | None = None,
    ) -> None:  # fmt: skip
        """Jobs start with `environment` in an export of their work's commit from `code`, and without one in `root`.

        `task` is the command of a run's own tasks. Such a task reads its variables, `own`, as JSON from its standard
        input: they may hold secrets, which no job may see and no file may keep.
        """
        self.path = Path(settings.path)
        self.workers = settings.workers
        self.lanes = max(1, settings.workers // 2)  # each run is a process that starts jobs
        self.exports = Exports(self.path.resolve(), root, code)
        self.task = task
        self.environment = dict(environment)
        self.own = json.dumps(dict(own or {})).encode() + b"\n"

    def prove(self, work: Work) -> Iterator[Objection | Unproven]:
        """Nothing, for it could be asked only by doing it."""
        yield Unproven("no cluster was asked: manifests are proven by rules, not by a dry run")

    def apply(self, work: Work) -> None:
        """Keep the template."""
        self._keep("templates", template_name(work.experiment, work.key), work)

    def applied(self, work: Work) -> bool:
        """Whether the template is kept as `work` says it."""
        place = self.path / "templates" / f"{template_name(work.experiment, work.key)}.json"
        return place.is_file() and spec(Work.model_validate_json(place.read_bytes())) == spec(work)

    def find(self, run: str) -> Run | None:
        """The run of this name."""
        folder = self._folder(run)
        return folder.run() if folder.path.is_dir() else None

    def submit(self, work: Work) -> Run:
        """Start the run, resume it, or find it."""
        folder = self._folder(work.run)
        with self.exports.held():
            if not folder.path.is_dir():
                self._create(folder, work)
            begun = folder.order.work
            if data(begun) != data(work):
                raise Conflict(f"a run {work.run} exists that does something else; its folder is {folder.path}")
            if folder.run().state == "stopped":
                self.exports.start_in(begun)  # which is there again if it was removed meanwhile
                self._start(folder)
        return folder.run()

    def cancel(self, experiment: str, but: Collection[str]) -> Collection[str]:
        """Ask the supervisors of the other specs' runs to stop."""
        live = {template_name(experiment, key) for key in but}
        stopped = []
        for path in self._folder("").path.glob(f"{experiment}-*"):
            folder = RunFolder(path)
            other = made_by(path.name) not in live and made_by(path.name).rpartition("-")[0] == experiment
            if other and folder.alive():
                folder.stop()
                stopped.append(path.name)
        return stopped

    def watch(self, runs: Collection[str], until: datetime) -> Iterator[Run]:
        """Every change of the runs, until none is running or it is `until`."""
        seen: dict[str, Run] = {}
        waiting = dict.fromkeys(runs)
        while waiting:
            for name in list(waiting):
                run = self.find(name) or Run(name, "stopped")
                if run != seen.get(name):
                    seen[name] = run
                    yield run
                if run.state != "running":
                    del waiting[name]
            if datetime.now(UTC) >= until:
                return
            if waiting:
                time.sleep(POLL)

    def schedule(self, work: Work, *, on: bool) -> None:
        """Keep, or forget, what the schedule starts."""
        if on:
            self._keep("schedules", work.experiment, work)
        else:
            (self.path / "schedules" / f"{work.experiment}.json").unlink(missing_ok=True)

    def scheduled(self, experiment: str) -> Scheduled | None:
        """What the schedule starts; what would trigger it is not here."""
        work = self._scheduled(experiment)
        return Scheduled(work.key) if work else None

    def give_back(self, experiment: str) -> bool:
        """Nothing: nobody else makes schedules here."""
        return False

    def newest(self, experiment: str, most: int) -> Sequence[Run]:
        """The runs of the newest dates."""
        names = (path.name for path in self._folder("").path.glob(f"{experiment}-*"))
        runs = [name for name in names if made_by(name).rpartition("-")[0] == experiment]
        found = (self.find(name) for name in sorted(runs, key=made_for, reverse=True)[:most])
        return [run for run in found if run is not None]

    def stop(self, run: str) -> bool:
        """Ask the run's supervisor to stop."""
        folder = self._folder(run)
        if not folder.path.is_dir() or not folder.alive():
            return False
        folder.stop()
        return True

    def log(self, run: str, node: str) -> str | None:
        """The end of the node's log."""
        folder = self._folder(run)
        return folder.tail(node) if folder.log(node).is_file() else None

    def trigger(self, experiment: str, day: date) -> Run | None:
        """Start what the schedule starts, for one date: what a cron would do."""
        work = self._scheduled(experiment)
        return self.submit(work.model_copy(update={"date": day, "attempt": 1})) if work else None

    def _scheduled(self, experiment: str) -> Work | None:
        place = self.path / "schedules" / f"{experiment}.json"
        return Work.model_validate_json(place.read_bytes()) if place.is_file() else None

    def _create(self, folder: RunFolder, work: Work) -> None:
        folder.path.parent.mkdir(parents=True, exist_ok=True)
        root = str(self.exports.start_in(work))
        order = RunOrder(work=work, workers=self.workers, root=root, task=self.task, environment=self.environment)
        folder.create(order, document(work))

    def _keep(self, kind: str, name: str, work: Work) -> None:
        place = self.path / kind / f"{name}.json"
        place.parent.mkdir(parents=True, exist_ok=True)
        beside = place.with_suffix(f".{os.getpid()}")
        beside.write_text(work.model_dump_json(indent=1), encoding="utf-8")
        beside.replace(place)

    def _folder(self, run: str) -> RunFolder:
        return RunFolder(self.path.resolve() / "runs" / run)

    def _start(self, folder: RunFolder) -> None:
        """Start a supervisor; it gets secrets only once no job can look into it."""
        ours, read = socket.socketpair()
        with ours, read, (folder.path / "supervisor.log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-I", "-m", "bot.engines.local.supervisor"],
                cwd=folder.path, env=self.environment, stdin=read.fileno(), stdout=subprocess.PIPE, stderr=log,
                start_new_session=True,
            )  # fmt: skip
            read.close()
            assert process.stdout is not None
            with process.stdout as ready:
                if ready.readline().strip() != b"ready":
                    raise Unreachable(f"the run could not be started; see {folder.path / 'supervisor.log'}")
            with suppress(BrokenPipeError, ConnectionResetError):  # another supervisor is at work, and knows it all
                ours.sendall(self.own)
        process.wait()
