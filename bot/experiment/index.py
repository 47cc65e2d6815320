"""Records of experiments by what their files hold, kept from one command to the next, so that few files are read.

It saves time, and decides nothing: a file that is gone, damaged, or of another sameday is as good as none. Who checks
an experiment loads its file, whatever stands here. The file is in git's own folder, where no commit can put one.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
from collections.abc import Iterable, Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pydantic
import yaml

from bot.experiment.files import Stamp
from bot.experiment.record import Record

NAME = "sameday/experiments"  # in git's folder
READERS = ("document", "experiment")  # parts of sameday that say what a file means
FEW = 50  # one file in so many may be new before the whole is written again, which takes as long as reading them
SPARE = 2  # times as many records as were asked for may be kept, for other branches


class _Content(NamedTuple):
    root: str
    stamps: dict[str, Stamp]
    records: dict[str, Record]


class Index:
    """What is known of files by their content's id, and what the files of one folder held last.

    `file` is None where nothing is kept. `root` is the folder that the stamps are of.
    """

    def __init__(self, file: Path | None, root: Path) -> None:
        self.file, self.root = file, str(root)
        content = _read(file) if file is not None else None
        self.records: dict[str, Record] = content.records if content else {}
        self.stamps: Mapping[str, Stamp] = content.stamps if content and content.root == self.root else {}
        self._asked: set[str] = set()
        self._new = 0

    def find(self, blobs: Iterable[str | None]) -> list[Record | None]:
        """The record of each sound experiment whose file has this id, if it is known."""
        found = [(blob, self.records.get(blob)) if blob is not None else ("", None) for blob in blobs]
        self._asked.update(blob for blob, record in found if record is not None)
        return [record for _, record in found]

    def put(self, blob: str, record: Record) -> None:
        """Keep the record of a sound experiment."""
        self.records[blob] = record
        self._asked.add(blob)
        self._new += 1

    def discard(self) -> None:
        """Forget everything, the file as well: something in it was wrong."""
        self.records, self.stamps, self._new = {}, {}, 0
        if self.file is not None:
            with suppress(OSError):
                self.file.unlink(missing_ok=True)

    def save(self, stamps: Mapping[str, Stamp], new: int = 0) -> None:
        """Write it, if that is worth it and possible; `stamps` are of all the folder's files, or none.

        `new` of them were not known when they were read.
        """
        new = 0 if stamps is self.stamps else new  # they are written already
        if self.file is None or max(self._new, new) * FEW <= len(self._asked):
            return
        kept = self.records
        if len(kept) > SPARE * len(self._asked):
            kept = {blob: record for blob, record in kept.items() if blob in self._asked}
        self.stamps, self._new = stamps or self.stamps, 0
        with suppress(OSError):  # a folder that is not ours to write: the next command reads the files again
            _write(self.file, _Content(self.root, dict(self.stamps), kept))


def _read(file: Path) -> _Content | None:
    """What the file holds; None where it is not one that this very sameday has written whole."""
    try:
        head, _, body = file.read_bytes().partition(b"\n")
        return _shape().validate_json(body) if head == _head(body) else None
    except (OSError, pydantic.ValidationError):
        return None


def _write(file: Path, content: _Content) -> None:
    """Replace the file at once: of two commands that write, the last one's stays, and either is right."""
    body = json.dumps(content, separators=(",", ":")).encode("utf-8", "surrogateescape")
    file.parent.mkdir(exist_ok=True)
    own = file.with_name(f"{file.name}.{os.getpid()}")
    try:
        own.write_bytes(_head(body) + b"\n" + body)
        own.replace(file)
    finally:  # a full disk leaves no part of it
        own.unlink(missing_ok=True)


def _head(body: bytes) -> bytes:
    return f"sameday experiments {_made_by()} {hashlib.sha256(body).hexdigest()}".encode()


@cache
def _shape() -> pydantic.TypeAdapter[_Content]:
    return pydantic.TypeAdapter(_Content)


@cache
def _made_by() -> str:
    """What tells all that gives a file its meaning from any other version of it."""
    total = hashlib.sha256(f"{platform.python_version()} {pydantic.VERSION} {yaml.__version__}".encode())
    for part in READERS:
        for module in sorted((Path(__file__).parents[1] / part).glob("*.py")):
            total.update(module.name.encode() + b"\0" + hashlib.sha256(module.read_bytes()).digest())
    return total.hexdigest()
