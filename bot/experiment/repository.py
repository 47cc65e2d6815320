"""All experiments of a repository at one commit, and the indexes over them that checks and plans share."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Protocol

from bot.document.glob import matching
from bot.document.read import MAX_BYTES
from bot.document.tree import Tree
from bot.errors import UsageError
from bot.experiment.load import Experiment, load
from bot.experiment.zone import in_zone
from bot.finding import Problem


class Files(Protocol):
    """A tree of files: a folder, or a commit."""

    def paths(self) -> Sequence[str]:
        """Every file, with `/` between folders, in order."""
        ...

    def read(self, path: str, limit: int) -> bytes:
        """At most `limit` bytes of one file; raises OSError with a sentence."""
        ...


class FolderFiles:
    """The files below a folder; links that lead out of it are refused."""

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()
        self.inside: set[str] = set()  # folders that no link leads out of

    def paths(self) -> Sequence[str]:
        """Every file, hidden folders left out."""
        paths: list[str] = []
        for folder, folders, files in os.walk(self.root):
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            below = Path(folder).relative_to(self.root).as_posix()
            paths += (name if below == "." else f"{below}/{name}" for name in files)
        return sorted(paths)

    def read(self, path: str, limit: int) -> bytes:
        """At most `limit` bytes of one file."""
        place = os.path.join(self.root, path)  # noqa: PTH118  a thousand files: pathlib costs more than reading
        folder = os.path.dirname(place)  # noqa: PTH120
        if folder not in self.inside:
            self._refuse_outside(folder)
            self.inside.add(folder)
        mode = os.lstat(place).st_mode
        if stat.S_ISLNK(mode):
            self._refuse_outside(place)
            mode = os.stat(place).st_mode  # noqa: PTH116
        if not stat.S_ISREG(mode):
            raise OSError("this is no file")
        with open(place, "rb") as file:  # noqa: PTH123
            return file.read(limit)

    def _refuse_outside(self, place: str) -> None:
        if not Path(os.path.realpath(place)).is_relative_to(self.root):
            raise OSError("the link leads out of the repository")


@dataclass(frozen=True)
class Repository:
    """The experiments of one tree of files."""

    experiments: tuple[Experiment, ...]
    files: Files

    @classmethod
    def load(cls, files: Files, globs: Iterable[str], more: Iterable[str] = (), zone: str = "UTC") -> Repository:
        """Every file the globs name, and `more` by path; `zone` is that of schedules and periods that name none."""
        paths = dict.fromkeys([*matching(files.paths(), globs), *more])
        return cls(tuple(in_zone(_load(files, path), zone) for path in paths), files)

    @cached_property
    def by_name(self) -> Mapping[str, Experiment]:
        """Sound experiments by name; of two with one name, the first."""
        experiments: dict[str, Experiment] = {}
        for experiment in self.experiments:
            if experiment.parsed is not None:
                experiments.setdefault(experiment.name, experiment)
        return experiments

    @cached_property
    def named(self) -> Mapping[str, tuple[Experiment, ...]]:
        """All experiments that claim a name."""
        claims_by_name: dict[str, list[Experiment]] = {}
        for experiment in self.experiments:
            claims_by_name.setdefault(experiment.name, []).append(experiment)
        return {name: tuple(claims) for name, claims in claims_by_name.items()}

    @cached_property
    def writers(self) -> Mapping[str, tuple[tuple[Experiment, str], ...]]:
        """Who declares a table as output: experiment and output name, by table as written."""
        writers: dict[str, list[tuple[Experiment, str]]] = {}
        for experiment in self.by_name.values():
            for name, output in experiment.spec.outputs.items():
                writers.setdefault(output.table, []).append((experiment, name))
        return {table: tuple(claims) for table, claims in writers.items()}

    @cached_property
    def readers(self) -> Mapping[str, tuple[str, ...]]:
        """The experiments each experiment reads outputs of, by name, in order of declaration."""
        return {
            name: tuple(dict.fromkeys(i.experiment for i in e.spec.inputs.values() if i.experiment is not None))
            for name, e in self.by_name.items()
        }

    @cached_property
    def paths(self) -> Sequence[str]:
        """Every file, in order."""
        return self.files.paths()

    def sources(self, experiment: Experiment) -> str:
        """A digest of the code that `sources` names: empty where it names none, raises UsageError if unreadable."""
        globs = experiment.spec.sources
        if not globs:
            return ""
        total = hashlib.sha256()
        for path in matching(self.paths, globs):
            try:
                content = self.files.read(path, 64 * MAX_BYTES)
            except OSError as error:
                raise UsageError(f"{path}: {error}; `sources` of {experiment.path} names it") from None
            total.update(path.encode() + b"\0" + hashlib.sha256(content).digest())
        return total.hexdigest()


def _load(files: Files, path: str) -> Experiment:
    try:
        return load(path, files.read(path, MAX_BYTES + 1))
    except OSError as error:
        reason = error.strerror or str(error)
        problem = Problem("unreadable", (), f"cannot be read: {reason}", "make it a plain file of the repository")
        return Experiment(path, "", Tree(), (problem,), None)
