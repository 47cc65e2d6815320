"""A repository with its settings and backends, each opened once and only when it is needed."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from bot.errors import UsageError
from bot.experiment.files import FolderFiles, IdentifiedFiles
from bot.experiment.index import NAME, Index
from bot.experiment.repository import Repository
from bot.git import Commit, Git
from bot.ports import Built, Engine, Entry, Evaluator, Flags, Ledger, Measurement, Store, Warehouse
from bot.ports.backends import Backends
from bot.release.state import in_force
from bot.settings import FILE, Settings


@dataclass
class Workspace:
    """What every command is given. Backends are those that `settings` name."""

    root: Path
    settings: Settings
    git: Git
    backends: Backends
    declared: bool
    """Whether there is a settings file at all."""
    faults: tuple[str, ...] = ()
    """What is wrong with the head's own settings, where the base's are in force."""

    @property
    def prefix(self) -> str:
        """What leads from here to the root, for paths that a person can open."""
        relative = os.path.relpath(self.root, Path.cwd())
        return "" if relative == "." else f"{relative}/"

    @cached_property
    def files(self) -> FolderFiles:
        """The files as they are here."""
        return FolderFiles(self.root, self.index.stamps)

    @cached_property
    def index(self) -> Index:
        """What is known of experiments without loading them; nothing is kept of it outside of a repository."""
        try:
            file = self.git.folder / NAME
        except UsageError:
            file = None
        return Index(file, self.root)

    @cached_property
    def repository(self) -> Repository:
        """The experiments as they stand here, all of them loaded, so that a file may change while they are released."""
        return Repository.load(self.files, self.settings.experiments, (), self.settings.timezone)

    @cached_property
    def committed(self) -> Repository:
        """The experiments of the commit that is checked out, whatever filters and a sparse checkout show here."""
        return self.load(Commit(self.git, self.git.commit()), whole=True)

    def load(
        self, files: IdentifiedFiles, more: Collection[str] = (), fresh: Collection[str] = (), *, whole: bool = False,
        by: Settings | None = None,
    ) -> Repository:  # fmt: skip
        """The experiments of `files` and `more` paths, each loaded when it is asked for, those of `fresh` paths now.

        `whole` says that all of them will be; `by` are the settings whose patterns and time zone count, if not these.
        """
        settings = by or self.settings
        globs, zone = settings.experiments, settings.timezone
        repository = Repository.load_lazily(files, globs, self.index, more, fresh, zone=zone, whole=whole)
        self.index.save(self.files.stamps, self.files.new)
        return repository

    @cached_property
    def engine(self) -> Engine:
        """What runs jobs; raises UsageError where the settings name none."""
        return self.backends.engine(self.settings, self.root, self.git)

    @cached_property
    def warehouse(self) -> Warehouse | None:
        """Where tables live, as whoever only looks sees it."""
        return self.backends.warehouse(self.backends.looking(self.settings))

    @cached_property
    def stores(self) -> Mapping[str, Store]:
        """Where serving reads."""
        return self.backends.stores(self.settings)

    @cached_property
    def flags(self) -> Flags | None:
        """Where flags are published."""
        return self.backends.flags(self.settings)

    @cached_property
    def evaluator(self) -> Evaluator | None:
        """The flag client, if it is installed."""
        return self.backends.evaluator()

    @cached_property
    def ledger(self) -> Ledger:
        """What is released; raises UsageError where the settings name none."""
        found = self._begun or self.backends.ledger(self.settings)
        if found is None:
            raise UsageError(f"{FILE} names no ledger")
        return found

    @cached_property
    def _begun(self) -> Ledger | None:
        return self.backends.begun(self.settings)

    @cached_property
    def entries(self) -> Mapping[str, Sequence[Entry]]:
        """All that was released when this was first asked, or nothing where there is no ledger yet."""
        return self._begun.entries() if self._begun else {}

    @cached_property
    def measurements(self) -> Mapping[str, Measurement]:
        """What metrics were when they were last measured, or nothing where there is no ledger yet."""
        return self._begun.measurements() if self._begun else {}

    @cached_property
    def first(self) -> bool:
        """Whether the next release is the first one of this ledger."""
        return self.settings.ledger is not None and (self._begun is None or self._begun.baseline() is None)

    def with_built_images(self, new: Sequence[Built] = (), settings: Settings | None = None) -> Settings:
        """The settings, these if no others are given, with the images that builds handed over, now and before."""
        before = self._begun.built() if self._begun else ()
        newest = {one.repo: one for one in (*before, *new)}
        return in_force(settings or self.settings, tuple(newest.values()))
