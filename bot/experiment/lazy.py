"""The experiments of many files, each loaded when it is first asked for; their records are known from the start."""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import overload

from bot.document.read import MAX_BYTES
from bot.document.tree import Tree
from bot.errors import UsageError
from bot.experiment.files import Files, IdentifiedFiles, blob_id
from bot.experiment.index import Index
from bot.experiment.load import Experiment, load
from bot.experiment.record import Record, record
from bot.experiment.zone import in_zone
from bot.finding import Problem


class Loading(Mapping[str, Experiment]):
    """Experiments by the paths of their files; those that were loaded last are kept.

    Loading one raises UsageError if its file is not what its record says.
    """

    def __init__(self, files: Files, index: Index, zone: str) -> None:
        """`zone` is that of schedules and periods that name none."""
        self.files, self.index, self.zone = files, index, zone
        self.records: dict[str, Record] = {}
        self._loaded: dict[str, Experiment] = {}
        self._lock = threading.Lock()  # checks run at the same time

    def __getitem__(self, path: str) -> Experiment:
        expected = self.records[path]
        with self._lock:
            if (kept := self._loaded.get(path)) is not None:
                return kept
        experiment, made, _ = load_file(self.files, path, self.zone)
        if made != expected:
            self.index.discard()
            raise UsageError(f"{path}: its file changed while it was read; run the command again")
        with self._lock:
            if len(self._loaded) >= KEPT:
                del self._loaded[next(iter(self._loaded))]
            return self._loaded.setdefault(path, experiment)

    def __contains__(self, path: object) -> bool:
        return path in self.records

    def __iter__(self) -> Iterator[str]:
        return iter(self.records)

    def __len__(self) -> int:
        return len(self.records)

    def keep(self, experiment: Experiment) -> None:
        """One that is loaded already, if there is room."""
        if len(self._loaded) < KEPT:
            self._loaded[experiment.path] = experiment


KEPT = 250  # experiments, of about 0.1 MB each: with more of them, memory grows with their records only


class Chosen(Sequence[Experiment]):
    """Some of the experiments by their paths, each loaded when it is looked at."""

    def __init__(self, by_path: Mapping[str, Experiment], paths: Sequence[str]) -> None:
        self.by_path, self.paths = by_path, paths

    def __len__(self) -> int:
        return len(self.paths)

    @overload
    def __getitem__(self, at: int) -> Experiment: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[Experiment]: ...
    def __getitem__(self, at: int | slice) -> Experiment | Sequence[Experiment]:
        return Chosen(self.by_path, self.paths[at]) if isinstance(at, slice) else self.by_path[self.paths[at]]


class ByName(Mapping[str, Experiment]):
    """Experiments by name, each loaded when it is looked up."""

    def __init__(self, by_path: Mapping[str, Experiment], paths: Mapping[str, str]) -> None:
        self.by_path, self.paths = by_path, paths

    def __getitem__(self, name: str) -> Experiment:
        return self.by_path[self.paths[name]]

    def __contains__(self, name: object) -> bool:
        return name in self.paths

    def __iter__(self) -> Iterator[str]:
        return iter(self.paths)

    def __len__(self) -> int:
        return len(self.paths)


def load_lazily(
    files: IdentifiedFiles, paths: Sequence[str], index: Index, fresh: Collection[str], *, zone: str, whole: bool
) -> Loading:
    """The experiments of these paths. Those of `fresh` paths are loaded now, as are those that the index lacks.

    Where it says something else of one than its file does, it is believed of none. With `whole` all of them will be
    asked for, so that what is loaded is kept.
    """
    loading = Loading(files, index, zone)
    blobs = [files.content_id(path) for path in paths]
    for path, blob, known in zip(paths, blobs, index.find(blobs), strict=True):
        if known is not None and path not in fresh:
            loading.records[path] = known
            continue
        experiment, made, content = load_file(files, path, zone)
        loading.records[path] = made
        if known is not None and known != made:
            index.discard()
            return load_lazily(files, paths, index, fresh, zone=zone, whole=whole)
        if blob is not None and content is not None and made.sound and blob == blob_id(content, len(blob)):
            index.put(blob, made)
            if not whole and path not in fresh:
                continue
        loading.keep(experiment)
    return loading


def load_file(files: Files, path: str, zone: str) -> tuple[Experiment, Record, bytes | None]:
    """One experiment, its record, which no settings change, and what its file holds, None if it cannot be read."""
    try:
        content = files.read(path, MAX_BYTES + 1)
    except OSError as error:
        reason = error.strerror or str(error)
        problem = Problem("unreadable", (), f"cannot be read: {reason}", "make it a plain file of the repository")
        unread = Experiment(path, "", Tree(), (problem,), None)
        return unread, record(unread), None
    experiment = load(path, content)
    return in_zone(experiment, zone), record(experiment), content
