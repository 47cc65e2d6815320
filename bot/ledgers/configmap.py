"""The ledger beside the engine: one ConfigMap per experiment, written only over the version that was read."""

from __future__ import annotations

import base64
import binascii
import gzip
import json
import zlib
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import asdict
from datetime import datetime
from typing import Any

from bot.cluster import Cluster, Object, beside
from bot.cluster.rights import Right
from bot.errors import Conflict, Unreachable
from bot.ledgers.entries import read, written
from bot.ledgers.lease import DURATION, Lease
from bot.ledgers.measurements import measurement, noted
from bot.ports import PATIENCE, Built, Entry, Ledger, Measurement
from bot.ports.opening import Opening
from bot.settings.kinds import ConfigMapLedger

OF, EXPERIMENT = "sameday/ledger", "sameday/experiment"  # labels: a ledger's objects, and those with entries
RIGHTS = (
    Right("get", "ConfigMap", "read what an entry is written over, and the baseline"),
    Right("list", "ConfigMap", "read what is released"),
    Right("create", "ConfigMap", "write an experiment's first entry, and the baseline"),
    Right("update", "ConfigMap", "write every further entry"),
    Right("get", "Lease", "know who releases"),
    Right("create", "Lease", "take the right to release, the first time"),
    Right("update", "Lease", "take the right to release, renew it and give it back"),
)
READING = RIGHTS[:2]
"""For whoever only plans."""
NEWEST, OLDER = "entries", "older"  # keys: entries as they are, a line each; those before them, packed
MEASURED = "measured"  # key: measurements, a line each
TRIES = 50  # to write over what was read
PLAIN = 64 * 1024  # characters that stay readable for people
# Nothing is ever left out: a ConfigMap holds 1 MiB, and a packed release takes some 340 bytes: three thousand fit.


class ConfigMaps:
    """The ledger of one repository in one namespace; `name` begins the names of all its objects."""

    def __init__(self, cluster: Cluster, name: str, clock: Callable[[], datetime], lease: int = DURATION) -> None:
        self.cluster = cluster
        self.name = name
        self.right = Lease(cluster, name, clock, lease)
        self.turns = Lease(cluster, f"{name}-turn", clock, lease)

    def entries(self) -> Mapping[str, Sequence[Entry]]:
        """All entries by experiment, oldest first."""
        listed = self.cluster.list("ConfigMap", f"{OF}={self.name},{EXPERIMENT}")
        by_experiment = {item["metadata"]["labels"][EXPERIMENT]: _entries(item) for item in listed.items}
        return {name: entries for name, entries in by_experiment.items() if entries}

    def append(self, entry: Entry) -> None:
        """Write an entry over what was read; who wrote in between is read again."""
        name, line = f"{self.name}.{entry.item.experiment}", written(entry)
        for _ in range(TRIES):
            if self.right.lost.is_set() or self.turns.lost.is_set():
                raise Conflict("another release has taken the right to release over from this one; run again")
            config_map = self.cluster.get("ConfigMap", name)
            lines = _lines(config_map) if config_map else []
            if entry.version != len(lines) + 1:
                raise Conflict(f"{entry.item.experiment}: another release wrote entry {entry.version} first; run again")
            with suppress(Conflict):
                try:
                    return self._write(config_map, name, _packed([*lines, line]), {EXPERIMENT: entry.item.experiment})
                except Unreachable:  # it may be written all the same
                    now = self.cluster.get("ConfigMap", name)
                    if now is None or _lines(now) != [*lines, line]:
                        raise
                    return
        raise _crowded(name)

    def baseline(self) -> str | None:
        """The commit that the first release here found."""
        config_map = self.cluster.get("ConfigMap", self.name)
        commit: str | None = (config_map or {}).get("data", {}).get("baseline")
        return commit

    def begin(self, commit: str) -> None:
        """Record the baseline, once."""

        def once(data: dict[str, str]) -> dict[str, str]:
            if "baseline" in data:
                raise Conflict("this ledger has its baseline already")
            return {**data, "baseline": commit}

        self._change(once)

    def built(self) -> Sequence[Built]:
        """The newest image of each repo that a build handed over."""
        config_map = self.cluster.get("ConfigMap", self.name)
        return [Built(**one) for one in _built((config_map or {}).get("data", {})).values()]

    def remember(self, built: Sequence[Built]) -> None:
        """Keep these images, all or none."""
        new = {one.repo: asdict(one) for one in built}
        if new:
            self._change(lambda data: {**data, "built": json.dumps(_built(data) | new, sort_keys=True)})

    def measurements(self) -> Mapping[str, Measurement]:
        """The newest measurement of each metric."""
        config_map = self.cluster.get("ConfigMap", self.name) or {}
        try:
            lines = config_map.get("data", {}).get(MEASURED, "").splitlines()
            return {one.metric: one for one in map(measurement, lines)}
        except (KeyError, TypeError, ValueError) as error:
            raise _spoilt(config_map, MEASURED, error) from None

    def note(self, measurement: Measurement) -> None:
        """Keep it, a line beside those of other metrics."""

        def put(data: dict[str, str]) -> dict[str, str]:
            lines = [line for line in data.get(MEASURED, "").splitlines() if not _is_of(line, measurement.metric)]
            return {**data, MEASURED: "".join(f"{line}\n" for line in sorted([*lines, noted(measurement)]))}

        self._change(put)

    def lease(self, holder: str) -> AbstractContextManager[Any]:
        """The right to release."""
        return self.right.held(holder)

    def turn(self, holder: str) -> AbstractContextManager[Any]:
        """The right to decide and to change what is live."""
        return self.turns.held(holder, PATIENCE)

    def _change(self, change: Callable[[dict[str, str]], dict[str, str]]) -> None:
        """Make a change of what the whole ledger says, again if somebody wrote in between."""
        for _ in range(TRIES):
            config_map = self.cluster.get("ConfigMap", self.name)
            data = change((config_map or {}).get("data", {}))
            with suppress(Conflict):
                return self._write(config_map, self.name, {"data": data}, {})
        raise _crowded(self.name)

    def _write(self, config_map: Object | None, name: str, content: Object, labels: Mapping[str, str]) -> None:
        meta: Object = {"name": name, "labels": {"app.kubernetes.io/managed-by": "sameday", OF: self.name, **labels}}
        if config_map is not None:
            meta["resourceVersion"] = config_map["metadata"]["resourceVersion"]
        write = self.cluster.replace if config_map else self.cluster.create
        write({"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, **content})


def _entries(config_map: Object) -> list[Entry]:
    try:
        return [read(line, config_map["metadata"]["labels"][EXPERIMENT]) for line in _lines(config_map)]
    except (KeyError, TypeError, ValueError) as error:
        raise _spoilt(config_map, NEWEST, error) from None


def _lines(config_map: Object) -> list[str]:
    """The entries of a ConfigMap, each as text, oldest first."""
    try:
        packed = config_map.get("binaryData", {}).get(OLDER)
        older = gzip.decompress(base64.b64decode(packed)).decode() if packed else ""
        return [*older.splitlines(), *config_map.get("data", {}).get(NEWEST, "").splitlines()]
    except (binascii.Error, EOFError, OSError, UnicodeError, zlib.error) as error:
        raise _spoilt(config_map, OLDER, error) from None


def _is_of(line: str, metric: str) -> bool:
    """Whether a line is a measurement of the metric, or of none, which a new one takes the place of."""
    try:
        return measurement(line).metric == metric
    except (KeyError, TypeError, ValueError):
        return True


def _crowded(name: str) -> Conflict:
    return Conflict(f"the ledger's ConfigMap {name} was changed whenever it was to be written; run again")


def _spoilt(config_map: Object, key: str, error: Exception) -> Unreachable:
    return Unreachable(f"the ledger's ConfigMap {config_map['metadata']['name']} cannot be read: its `{key}`: {error}")


def _packed(lines: list[str]) -> Object:
    """The content of a ConfigMap: the newest entries readable, the others packed."""
    room = PLAIN
    first = len(lines)
    while first and (room := room - len(lines[first - 1]) - 1) >= 0:
        first -= 1
    content: Object = {"data": {NEWEST: "".join(line + "\n" for line in lines[first:])}}
    if first:
        older = "".join(line + "\n" for line in lines[:first]).encode()
        content["binaryData"] = {OLDER: base64.b64encode(gzip.compress(older, mtime=0)).decode()}
    return content


def _built(data: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    built: dict[str, dict[str, Any]] = json.loads(data.get("built", "{}"))
    return built


def open_ledger(settings: ConfigMapLedger, opening: Opening) -> Ledger:
    """The ledger, which is not asked yet."""
    return ConfigMaps(beside(opening, settings, "ledger"), settings.name, opening.now)
