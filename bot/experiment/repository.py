"""All experiments of a repository at one commit, and the indexes over them that checks and plans share."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

from bot.document.glob import matching
from bot.document.read import MAX_BYTES
from bot.errors import UsageError
from bot.experiment.files import Files, IdentifiedFiles
from bot.experiment.index import Index
from bot.experiment.lazy import ByName, Chosen, Loading, load_file, load_lazily
from bot.experiment.load import Experiment
from bot.experiment.record import Record, Target, record

K = TypeVar("K")
V = TypeVar("V")
Claim = tuple[str, str]
"""An experiment's name and the name of one of its outputs."""


@dataclass(frozen=True)
class Repository:
    """The experiments of one tree of files, in the order of their paths."""

    experiments: Sequence[Experiment]
    files: Files
    loading: Loading | None = None
    """The experiments by path where they are loaded one by one."""

    @classmethod
    def load(cls, files: Files, globs: Iterable[str], more: Iterable[str] = (), zone: str = "UTC") -> Repository:
        """Every file the globs name, and `more` by path; `zone` is that of schedules and periods that name none."""
        return cls(tuple(load_file(files, path, zone)[0] for path in _named(files, globs, more)), files)

    @classmethod
    def load_lazily(
        cls,
        files: IdentifiedFiles,
        globs: Iterable[str],
        index: Index,
        more: Iterable[str] = (),
        fresh: Collection[str] = (),
        *,
        zone: str = "UTC",
        whole: bool = False,
    ) -> Repository:
        """The same; a file that the index knows is loaded when it is asked for, unless its path is `fresh`.

        `whole` says that all of them will be.
        """
        loading = load_lazily(files, _named(files, globs, more), index, fresh, zone=zone, whole=whole)
        return cls(Chosen(loading, list(loading)), files, loading)

    @cached_property
    def records(self) -> Mapping[str, Record]:
        """What others must know of each experiment, by the path of its file; none is loaded for it."""
        return {one.path: record(one) for one in self.experiments} if self.loading is None else self.loading.records

    @cached_property
    def by_path(self) -> Mapping[str, Experiment]:
        """All experiments by the paths of their files."""
        return {one.path: one for one in self.experiments} if self.loading is None else self.loading

    @cached_property
    def declared(self) -> Mapping[str, Record]:
        """The records of `by_name`."""
        declared: dict[str, Record] = {}
        for one in self.records.values():
            if one.sound:
                declared.setdefault(one.name, one)
        return declared

    @cached_property
    def by_name(self) -> Mapping[str, Experiment]:
        """Sound experiments by name; of two with one name, the first."""
        paths: dict[str, str] = {}
        for path, one in self.records.items():
            if one.sound:
                paths.setdefault(one.name, path)
        return ByName(self.by_path, paths)

    @cached_property
    def named(self) -> Mapping[str, Sequence[str]]:
        """The paths of all files that claim a name."""
        return _grouped((one.name, path) for path, one in self.records.items())

    @cached_property
    def writers(self) -> Mapping[str, Sequence[Claim]]:
        """Who declares a table as output, by table as written."""
        return _grouped((target.table, (name, target.output)) for name, target in self._targets)

    @cached_property
    def spellings(self) -> Mapping[str, Sequence[str]]:
        """The tables that are written, each as written once, by their last part: what is one table shares that."""
        return _grouped((table.rpartition(".")[2], table) for table in self.writers)

    @cached_property
    def synced(self) -> Mapping[tuple[str, str], Sequence[Claim]]:
        """Who declares a table of a store as target, by store and table."""
        synced = ((name, target) for name, target in self._targets if target.store)
        return _grouped(((target.store, target.synced), (name, target.output)) for name, target in synced)

    @cached_property
    def heirs(self) -> Mapping[str, Sequence[str]]:
        """The experiments that say they had a name before."""
        return _grouped((one.renamed_from, one.name) for one in self.declared.values() if one.renamed_from is not None)

    @cached_property
    def readers(self) -> Mapping[str, Sequence[str]]:
        """The experiments each experiment reads outputs of, by name, in order of declaration."""
        return {one.name: one.reads for one in self.declared.values()}

    @cached_property
    def read_by(self) -> Mapping[str, Sequence[str]]:
        """The experiments that read outputs of each experiment."""
        return _grouped((writer, one.name) for one in self.declared.values() for writer in one.reads)

    @property
    def _targets(self) -> Iterator[tuple[str, Target]]:
        return ((name, target) for name, one in self.declared.items() for target in one.targets)

    @cached_property
    def paths(self) -> Sequence[str]:
        """Every file, in order."""
        return self.files.paths()

    def sources(self, experiment: Experiment) -> str:
        """A digest of the code that `sources` names: empty where it names none, raises UsageError if unreadable."""
        total = hashlib.sha256()
        for path, digest in self.code(experiment).items():
            total.update(path.encode() + b"\0" + bytes.fromhex(digest))
        return total.hexdigest() if experiment.spec.sources else ""

    def code(self, experiment: Experiment) -> dict[str, str]:
        """A digest of each file of code that `sources` names, by path; raises UsageError if one is unreadable."""
        found = {}
        for path in matching(self.paths, experiment.spec.sources) if experiment.spec.sources else ():
            try:
                content = self.files.read(path, 64 * MAX_BYTES)
            except OSError as error:
                raise UsageError(f"{path}: {error}; `sources` of {experiment.path} names it") from None
            found[path] = hashlib.sha256(content).hexdigest()
        return found


def _named(files: Files, globs: Iterable[str], more: Iterable[str]) -> Sequence[str]:
    return list(dict.fromkeys([*matching(files.paths(), globs), *more]))


def _grouped(pairs: Iterable[tuple[K, V]]) -> Mapping[K, Sequence[V]]:
    groups: dict[K, list[V]] = {}
    for key, value in pairs:
        groups.setdefault(key, []).append(value)
    return groups
