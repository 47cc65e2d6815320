"""Following the runs of a release: one look at the engine serves all of them, however many end meanwhile."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from bot.ports import Engine, Run


@dataclass
class Following:
    """What the engine tells of runs; `left` are those that are told of until they are over."""

    engine: Engine
    left: set[str] = field(default_factory=set)
    changes: Iterator[Run] = field(default_factory=lambda: iter(()))

    def changed(self, runs: Collection[str], until: datetime) -> Iterator[Run]:
        """Every change of the runs. It goes on where it was left, unless one of them is not told of: then it begins
        anew, and ends at `until`. Raises Unreachable if the engine cannot be asked.
        """
        if not self.left.issuperset(runs):
            self.changes, self.left = self.engine.watch(runs, until), set(runs)
        for run in self.changes:
            if run.state != "running":
                self.left.discard(run.name)
            yield run
        self.left = set()
