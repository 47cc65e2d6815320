"""The port to what runs jobs, and the values that cross it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal, Protocol

from bot.document.fields import Part
from bot.experiment.model import Output
from bot.experiment.schedule import Schedule
from bot.finding import Unproven

_RUN = re.compile(r"(.+)-(\d{8})(?:-(\d+))?\Z")
RunState = Literal["running", "succeeded", "failed", "stopped"]
NodeState = Literal["waiting", "running", "succeeded", "failed", "omitted"]
ObjectionKind = Literal["account", "definitions", "forbidden", "missing", "namespace", "quota", "refused", "taken"]
About = Literal["command", "cron", "jobs", "name", "repo", "resources", "timeout", "timezone"]
Task = Literal["begin", "verify", "keep", "put"]
HEADING = "== "  # and a task's name: the line a process of tasks prints before each of them


class Step(Part):
    """One command of a run, ready to be started anywhere."""

    name: str
    argv: tuple[str, ...]
    dependencies: tuple[str, ...] = ()
    image: str | None = None
    service_account: str | None = None
    token: bool = False
    """Whether it may talk to the cluster as its account."""
    capabilities: tuple[str, ...] = ()
    """Linux capabilities that it keeps."""
    environment: dict[str, str] = {}
    timeout: int
    """Seconds; the command is stopped after as many."""
    cpu: str | None = None
    memory: str | None = None
    secrets: dict[str, str] = {}
    """Variables whose values only the cluster knows: where they are kept, as `secret/key`."""
    nodes: dict[str, str] = {}
    """Labels of the nodes it runs on."""
    tolerates: tuple[str, ...] = ()
    """Keys of nodes' taints that keep it from none."""


class Read(Part):
    """A table that a run reads; `partition` is the date column that must hold the run's date, if any."""

    table: str
    address: str
    columns: dict[str, str] = {}
    fresh_within: int | None = None
    """Seconds since the table's last change."""
    partition: str | None = None


class Work(Part):
    """A run as every engine gets it: what is run, what it reads and writes, and for which date.

    `key` is the spec key; equal experiment, key, date and attempt are the same run. `backends` are the settings
    of the warehouse and the stores, for the run's own tasks; no secret is among them. `heir_of` is the experiment's
    earlier name, or ''.
    """

    experiment: str
    key: str
    date: date
    attempt: int = 1
    steps: tuple[Step, ...]
    inputs: dict[str, Read] = {}
    outputs: dict[str, Output] = {}
    heir_of: str = ""
    schedule: Schedule | None = None
    patience: int = 0
    """Seconds that a run waits for its inputs."""
    backends: dict[str, Any] = {}
    page: str = ""
    """Where people look at runs: an address that lacks the name by which the engine knows one; '' if nowhere."""
    labels: dict[str, str] = {}
    """Where it comes from: commit, path, pull request. No part of what the run is."""

    @property
    def run(self) -> str:
        """The run's name."""
        return run_name(self.experiment, self.key, self.date, self.attempt)

    @property
    def tasks(self) -> tuple[Task, ...]:
        """sameday's own tasks of this run: `begin` before all jobs, the others after them, in order."""
        first: tuple[Task, ...] = ("begin",) if self.inputs or self.outputs else ()
        synced = any(output.sync for output in self.outputs.values())
        last: tuple[Task, ...] = (("verify", "keep", "put") if synced else ("verify", "put")) if self.outputs else ()
        return (*first, *last)


def run_name(experiment: str, key: str, day: date, attempt: int) -> str:
    """`<name>-<spec key>-<data date>[-<attempt>]`; the first attempt has no number."""
    return f"{experiment}-{key}-{day:%Y%m%d}" + (f"-{attempt}" if attempt > 1 else "")


def made_for(run: str) -> tuple[str, int]:
    """A run's date and attempt by its name, to put the data of several runs in order."""
    found = _RUN.match(run)
    return (found[2], int(found[3] or 1)) if found else ("", 0)


def date_of(run: str) -> date | None:
    """A run's data date by its name; None for a name that is none of ours."""
    day, _ = made_for(run)
    try:
        return date.fromisoformat(f"{day[:4]}-{day[4:6]}-{day[6:]}")
    except ValueError:
        return None


def made_by(run: str) -> str:
    """`<name>-<spec key>` of a run's name: what made the data."""
    found = _RUN.match(run)
    return found[1] if found else run


@dataclass(frozen=True, slots=True)
class Node:
    """One job or task of a run; `log` is the end of its output, for a failed one.

    One that is `waiting` cannot begin, and `reason` says why: no image, no Secret, no machine that takes it.
    """

    name: str
    state: NodeState
    started: datetime | None = None
    finished: datetime | None = None
    reason: str = ""
    log: str = ""


@dataclass(frozen=True, slots=True)
class Run:
    """A run as an engine knows it. `stopped`: nothing runs it any more; submitting its work again resumes it.

    `link` is the address at which people can look at it, or ''.
    """

    name: str
    state: RunState
    nodes: tuple[Node, ...] = ()
    link: str = ""

    @property
    def failures(self) -> tuple[Node, ...]:
        """The nodes that failed, in order."""
        return tuple(node for node in self.nodes if node.state == "failed")


@dataclass(frozen=True, slots=True)
class Objection:
    """What an engine has against a work, before anything of it is there; `step` names the job that it is about.

    `about` is what the experiment's file says of it; `repo` and `name` stand for what the settings say.
    """

    kind: ObjectionKind
    message: str
    hint: str = ""
    step: str | None = None
    about: About = "name"


@dataclass(frozen=True, slots=True)
class Scheduled:
    """A schedule: the spec key that it starts, whether it is on, and why it cannot start runs, or ''."""

    key: str
    on: bool = True
    trouble: str = ""


class Engine(Protocol):
    """What runs jobs. Every method raises Unreachable if it cannot be asked."""

    lanes: int
    """How many runs of one experiment it takes at once; what is beyond waits with whoever asks."""

    def prove(self, work: Work) -> Iterator[Objection | Unproven]:
        """What stands against the work, and what could not be asked; nothing of it is there afterwards."""
        ...

    def apply(self, work: Work) -> None:
        """Register the template `<name>-<spec key>`; nothing runs it yet. Doing so again changes nothing."""
        ...

    def applied(self, work: Work) -> bool:
        """Whether the template is there and says what `work` says."""
        ...

    def find(self, run: str) -> Run | None:
        """The run of this name, or None."""
        ...

    def submit(self, work: Work) -> Run:
        """Start the run, or find it: a run of this name and spec is adopted (a stopped one resumes).

        Raises Conflict if a run of this name does something else.
        """
        ...

    def cancel(self, experiment: str, but: Collection[str]) -> Collection[str]:
        """Ask the experiment's runs of every spec key but these to stop; returns the names of those that were running.

        One that is cancelled becomes `stopped`.
        """
        ...

    def watch(self, runs: Collection[str], until: datetime) -> Iterator[Run]:
        """Every change of the runs, until all are over or it is `until`."""
        ...

    def schedule(self, work: Work, *, on: bool) -> None:
        """Point the experiment's schedule at the template of `work`, or switch it off. Idempotent."""
        ...

    def scheduled(self, experiment: str) -> Scheduled | None:
        """The experiment's schedule as it is; None where there is none that is sameday's."""
        ...

    def give_back(self, experiment: str) -> bool:
        """Put back the schedule that the experiment's took the place of, as it was; says whether there was one."""
        ...

    def newest(self, experiment: str, most: int) -> Sequence[Run]:
        """The experiment's runs of the newest dates, whoever started them, as far as the engine still has them.

        At most so many, the newest first.
        """
        ...

    def stop(self, run: str) -> bool:
        """Ask a run to stop; says whether it was running. It becomes `stopped`, and submitting its work resumes it."""
        ...

    def log(self, run: str, node: str) -> str | None:
        """The end of what a job or task of a run has printed so far; None where nothing of it is there."""
        ...
