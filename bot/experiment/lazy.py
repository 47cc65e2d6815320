"""The experiments of many files, each loaded when it is first asked for; their records are known from the start."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import overload

from bot.document.read import MAX_BYTES
from bot.document.tree import Tree
from bot.errors import UsageError
from bot.experiment.files import Files, IdentifiedFiles, blob_id
from bot.experiment.index import Index
from bot.experiment.load import Experiment, load
from bot.experiment.record import Record, record
from bot.finding import Problem


class Experiments(Sequence[Experiment]):
    """In the order of their paths. Loading one raises UsageError if its file is not what its record says."""

    def __init__(
        self, files: Files, records: Mapping[str, Record], loaded: dict[str, Experiment], known: Index
    ) -> None:
        self.files, self.records, self.loaded, self.known = files, records, loaded, known
        self.paths = list(records)

    def __len__(self) -> int:
        return len(self.paths)

    @overload
    def __getitem__(self, at: int) -> Experiment: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[Experiment]: ...
    def __getitem__(self, at: int | slice) -> Experiment | Sequence[Experiment]:
        if isinstance(at, slice):
            return [self[i] for i in range(len(self))[at]]
        path = self.paths[at]
        if path not in self.loaded:
            experiment, _ = load_file(self.files, path)
            if record(experiment) != self.records[path]:
                self.known.discard()
                raise UsageError(f"{path}: its file changed while it was read; run the command again")
            self.loaded.setdefault(path, experiment)  # checks run at the same time, and all are given the same one
        return self.loaded[path]


class Named(Mapping[str, Experiment]):
    """Experiments by name, each loaded when it is looked up."""

    def __init__(self, experiments: Sequence[Experiment], places: Mapping[str, int]) -> None:
        self.experiments, self.places = experiments, places

    def __getitem__(self, name: str) -> Experiment:
        return self.experiments[self.places[name]]

    def __contains__(self, name: object) -> bool:
        return name in self.places

    def __iter__(self) -> Iterator[str]:
        return iter(self.places)

    def __len__(self) -> int:
        return len(self.places)


def load_lazily(files: IdentifiedFiles, paths: Sequence[str], index: Index, fresh: Collection[str]) -> Experiments:
    """The experiments of these paths. Those of `fresh` paths are loaded now, as are those that the index lacks.

    Where it says something else of one than its file does, it is believed of none.
    """
    records: dict[str, Record] = {}
    loaded: dict[str, Experiment] = {}
    for path in paths:
        blob = files.content_id(path)
        known = index.get(blob)
        if known is not None and path not in fresh:
            records[path] = known
            continue
        experiment, content = load_file(files, path)
        actual = records[path] = record(experiment)
        if known is not None and known != actual:
            index.discard()
            return load_lazily(files, paths, index, fresh)
        if blob is not None and content is not None and actual.sound and blob == blob_id(content, len(blob)):
            index.put(blob, actual)
            if path not in fresh:
                continue
        loaded[path] = experiment
    return Experiments(files, records, loaded, index)


def load_file(files: Files, path: str) -> tuple[Experiment, bytes | None]:
    """One experiment and what its file holds, None if it cannot be read."""
    try:
        content = files.read(path, MAX_BYTES + 1)
    except OSError as error:
        reason = error.strerror or str(error)
        problem = Problem("unreadable", (), f"cannot be read: {reason}", "make it a plain file of the repository")
        return Experiment(path, "", Tree(), (problem,), None), None
    return load(path, content), content
