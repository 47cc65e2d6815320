"""The files of released commits, each exported once: what a job does depends on nobody's working tree."""

from __future__ import annotations

import fcntl
import shutil
import tempfile
from collections.abc import Iterator, Set
from contextlib import contextmanager
from pathlib import Path

from bot.engines.local.folder import RunFolder
from bot.errors import Refused
from bot.ports import Work
from bot.ports.opening import Code

COMMIT = "commit"  # the label of a work that names it


class Exports:
    """The exports of an engine's folder. `root` is the workspace's own folder, and `code` the repository around it."""

    def __init__(self, engine: Path, root: Path, code: Code | None) -> None:
        self.engine = engine
        self.folder = engine / "code"
        self.root = root
        self.code = code

    @contextmanager
    def held(self) -> Iterator[None]:
        """While a run is begun: nobody else exports a commit, or removes the one that the run is to start in."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "lock").open("a") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def start_in(self, work: Work) -> Path:
        """The folder that the work's jobs start in: the workspace's, as it is in the commit that the work names.

        Without a commit that is the workspace itself. A new export takes the place of those that nothing needs; it is
        to be `held`. Raises Refused if the commit has no such folder, UsageError if the commit is not here.
        """
        commit = work.labels.get(COMMIT)
        if commit is None or self.code is None:
            return self.root
        place, below = self.folder / commit, self.code.prefix()
        if not place.is_dir():
            self._tidy(self._needed())
            beside = Path(tempfile.mkdtemp(prefix=".", dir=self.folder))
            self.code.export(commit, beside)
            beside.rename(place)
        start = (place / below).resolve()
        if not start.is_dir() or not start.is_relative_to(place.resolve()):
            raise Refused(f"the commit {commit[:12]} has no folder {below}, which its jobs are to start in")
        return start

    def _needed(self) -> Set[str]:
        """The commits of what is at work, and of what schedules will start."""
        runs = (RunFolder(path) for path in self.engine.glob("runs/[!.]*"))
        works = [run.order.work for run in runs if run.alive()]
        works += [Work.model_validate_json(path.read_bytes()) for path in self.engine.glob("schedules/*.json")]
        return {work.labels.get(COMMIT, "") for work in works}

    def _tidy(self, needed: Set[str]) -> None:
        """Remove the other exports, and what a killed process left of one."""
        for path in self.folder.iterdir():
            if path.is_dir() and path.name not in needed:
                shutil.rmtree(path)
