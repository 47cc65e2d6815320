"""From a file's bytes to an experiment: its spec where it is sound, and every problem where it is not."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any

from cronsim import CronSim, CronSimError

from bot.document import faults
from bot.document.read import read
from bot.document.tree import Tree
from bot.experiment import crossfield
from bot.experiment.model import Spec
from bot.finding import Problem


@dataclass(frozen=True, slots=True)
class Experiment:
    """One experiment file; `spec` raises where `problems` is not empty, so checks that read it require `schema`."""

    path: str
    name: str
    tree: Tree = field(repr=False)
    problems: tuple[Problem, ...]
    parsed: Spec | None = field(repr=False)

    @property
    def spec(self) -> Spec:
        """What the file declares."""
        if self.parsed is None:
            raise ValueError(f"{self.path} has problems; check `schema` first")
        return self.parsed


def load(path: str, content: bytes) -> Experiment:
    """The experiment in `content`; `path` is how findings will call the file. Nothing is raised for bad content."""
    tree = read(content)
    parsed, problems = faults.validate(tree, Spec, "an experiment")
    if isinstance(tree.data, dict):
        problems += crossfield.problems(tree.data)
        problems += _schedule(tree.data)
    name = tree.data.get("name") if isinstance(tree.data, dict) else None
    unique = tuple(dict.fromkeys(problems))
    return Experiment(path, name if isinstance(name, str) else "", tree, unique, None if unique else parsed)


def _schedule(data: dict[str, Any]) -> list[Problem]:
    schedule = data.get("schedule")
    cron = schedule.get("cron") if isinstance(schedule, dict) else None
    if not isinstance(cron, str):
        return []
    fields = cron.split()
    try:
        CronSim(cron, datetime(2026, 1, 1, tzinfo=timezone.utc))  # noqa: UP017
        fault = "" if len(fields) == 5 else "has not five fields"
    except CronSimError as error:
        fault = f"cannot be read: {str(error).lower()}"
    except ValueError:  # int() refuses 4,301 digits
        fault = "cannot be read"
    if not fault and any(c in "LW#7" for c in fields[4] + fields[2].replace("7", "")):
        fault = "uses L, W, # or day 7, which Argo does not know"
    if not fault:
        return []
    hint = "minute, hour, day of month, month, day of week (0-6, Sunday is 0), as in `0 4 * * *`"
    return [Problem("wrong-value", ("schedule", "cron"), f"the schedule {faults.shown(cron)} {fault}", hint)]
