"""Following runs: one list for all of them, then what changes, until the connection ends; then again."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from datetime import datetime

from bot.cluster import Listed, Rejected
from bot.engines.argo.nodes import state
from bot.engines.argo.runs import Runs, Workflow, by_run, run_of, selector
from bot.errors import Unreachable
from bot.ports import Run

LONGEST = 300  # seconds of one watch; an API server ends them at some time anyway
PAUSE = 1.0  # seconds between two lists at least, however soon a watch is cut off


class Watch:
    """Runs that are waited for, and what was told of each."""

    def __init__(self, runs: Runs, names: Collection[str]) -> None:
        self.runs = runs
        self.waiting = dict.fromkeys(names)
        self.selector = selector(names)
        self.told: dict[str, Run] = {}
        self.seen: dict[str, str] = {}
        """Which workflow, by its uid, was seen as which run."""

    def follow(self, until: datetime, clock: Callable[[], datetime], sleep: Callable[[float], None]) -> Iterator[Run]:
        """Every change of the runs, until all are over or it is `until`."""
        while self.waiting:
            listed = self._list()
            self.runs.remember(listed.items)
            yield from self._listed(by_run(listed.items))
            left = (until - clock()).total_seconds()
            if not self.waiting or left <= 0:
                return
            begun = clock()
            yield from self._changes(listed.version, max(1, int(min(left, LONGEST))), until, clock)
            if self.waiting:
                sleep(max(0.0, min(PAUSE - (clock() - begun).total_seconds(), (until - clock()).total_seconds())))

    def _list(self) -> Listed:
        """All of them as they are now. Who watches may list, or nothing would be there: an API server that has just
        started says to everybody that they may not.
        """
        try:
            return self.runs.cluster.list("Workflow", self.selector)
        except Rejected as error:
            if error.unallowed:
                raise Unreachable(f"{error}; run again if the API server has just started") from None
            raise

    def _listed(self, workflows: dict[str, Workflow]) -> Iterator[Run]:
        for name in list(self.waiting):
            if name in workflows:
                yield from self._tell(self._as_run(name, workflows[name]))
                continue
            ended = self.runs.memory.find(name)  # deleted, or never there
            yield from self._tell(ended[0] if ended else Run(name, "stopped"))

    def _changes(self, version: str, seconds: int, until: datetime, clock: Callable[[], datetime]) -> Iterator[Run]:
        """What a watch tells; where it cannot be begun, the next list says why or it is begun again."""
        try:
            for change, workflow in self.runs.cluster.watch("Workflow", version, seconds, self.selector):
                name = run_of(workflow) if change != "BOOKMARK" else None
                if name in self.waiting:
                    yield from self._changed(name, change, workflow)
                if not self.waiting or clock() >= until:
                    return
        except Unreachable:
            return

    def _changed(self, name: str, change: str, workflow: Workflow) -> Iterator[Run]:
        if change != "DELETED" or state(workflow) in ("succeeded", "failed"):
            self.runs.remember([workflow])
            yield from self._tell(self._as_run(name, workflow))
        elif self.seen.get(name) == workflow["metadata"]["uid"]:
            last = self.told.get(name)
            yield from self._tell(Run(name, "stopped", last.nodes if last else ()))

    def _as_run(self, name: str, workflow: Workflow) -> Run:
        self.seen[name] = workflow["metadata"]["uid"]
        return self.runs.run(name, workflow)

    def _tell(self, run: Run) -> Iterator[Run]:
        if run.state != "running":
            self.waiting.pop(run.name, None)
        if run != self.told.get(run.name):
            self.told[run.name] = run
            yield run
