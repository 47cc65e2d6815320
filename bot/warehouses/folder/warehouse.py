"""A warehouse of Parquet files in a folder, queried by DuckDB. A table is one file, replaced as a whole."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Self

from bot.errors import Refused
from bot.experiment.model import Output
from bot.ports import (
    KEYS_SHOWN,
    Absent,
    Batches,
    Beside,
    Dataset,
    Denied,
    Naming,
    Place,
    Profile,
    Table,
    TableCounts,
    Version,
)
from bot.settings.kinds import FolderWarehouse
from bot.warehouses.folder import links, pruning, putting, select
from bot.warehouses.folder.catalogue import newest
from bot.warehouses.folder.copy import copied, copy
from bot.warehouses.folder.layout import Layout
from bot.warehouses.folder.names import MADE
from bot.warehouses.folder.parquet import footer, opened, rows, sample
from bot.warehouses.folder.query import DIALECT, answer, ask, quoted, repeated_keys, within
from bot.watch.query import counted, query


class ParquetFolder:
    """The tables below one folder."""

    def __init__(self, settings: FolderWarehouse) -> None:
        self.settings = settings
        self.layout = Layout(settings)

    def describe(self, tables: Collection[str]) -> Mapping[str, Table | Absent | Denied]:
        """What is known of each table, from the files' footers."""
        return {table: self._describe(table) for table in tables}

    def profile(self, table: str, output: Output, day: date) -> Profile:
        """Counts over the whole table."""
        column = quoted(output.partition.column) if output.partition else None
        other = f"count(*) FILTER ({column} IS DISTINCT FROM ?)" if column else "0"
        nulls = [f"count(*) - count({quoted(name)})" for name in output.columns]
        counting = f"SELECT count(*), {other}, {', '.join(nulls)} FROM source"
        key = ", ".join(f"source.{quoted(name)}" for name in output.key)  # one may be `n`
        repeating = f"SELECT coalesce(sum(n - 1), 0) FROM (SELECT count(*) AS n FROM source GROUP BY {key})"
        full = self.layout.full(table)
        with copied(self.layout.data(table), full) as own:
            rows, others, *counts = ask(counting, full, [day] if column else [], own.file)
            (repeated,) = ask(repeating, full, [], own.file) if key else (0,)
            keys = repeated_keys(full, output.key, KEYS_SHOWN, own.file) if repeated else []
            columns, _ = footer(own.file, full)
        nulls_by_column = dict(zip(output.columns, counts, strict=True))
        return Profile(rows, int(repeated), nulls_by_column, others, 0, columns, own.content, tuple(keys))

    def count(self, table: str, output: Output, beside: Beside | None) -> TableCounts:
        """What is watched, by one query over the table and what it is compared with."""
        full = self.layout.full(table)
        with ExitStack() as files:
            sources = {"source": files.enter_context(opened(self.layout.data(table), full))}
            if beside is not None:
                there = opened(self.layout.data(beside.table), self.layout.full(beside.table))
                sources["beside"] = files.enter_context(there)
            return counted(answer(query(output, DIALECT, "source", "beside", beside), full, sources), output)

    def holds(self, table: str, column: str, day: date) -> bool:
        """Whether the table has rows of that day."""
        full = self.layout.full(table)
        with opened(self.layout.data(table), full) as file:
            columns, _ = footer(file, full)
            where = within(quoted(column), columns.get(column, "DATE"), day)
            return bool(ask(f"SELECT count(*) FROM (SELECT 1 FROM source WHERE {where} LIMIT 1)", full, [], file)[0])

    def read(self, table: str, limit: int | None = None, content: str = "") -> Batches:
        """The rows, a batch at a time; with `content` from a copy of our own."""
        path, full = self.layout.data(table), self.layout.full(table)
        file = copy(path, full, content).file if content else opened(path, full)
        return rows(file, full) if limit is None else sample(file, full, limit)

    def day(self, place: Place, day: date) -> Batches:
        """The rows that the place shows of a day, a batch at a time."""
        return putting.day_of(self.layout, place, day)

    def quoted(self, table: str) -> str:
        """The table as a query names it."""
        return select.table(self.layout, table)

    def columns(self, query: str, gigabytes: int | None = None) -> Mapping[str, str] | Denied:
        """The columns that a query would give; a folder bills nothing."""
        return select.columns(self.layout, query)

    def select(self, query: str, gigabytes: int | None = None) -> Iterator[Mapping[str, Any]]:
        """The rows of a query."""
        return select.select(self.layout, query)

    def allowed(self, reads: Collection[str], writes: Mapping[str, Output]) -> Mapping[str, str] | None:
        """Runs act as whoever runs us, who finds out by looking; but what is written needs a name, which is a link."""
        reason = links.unlinkable(self.layout) if writes else ""
        return dict.fromkeys(writes, reason) if reason else {}

    def naming(self, place: Place) -> Naming:
        """A name is a link to the place's file: whoever reads files reads both."""
        return Naming("view")

    def glance(self) -> Self:
        """This one: a look costs little."""
        return self

    def begin(self, place: Place, version: Version) -> None:
        """Record that the version is being made, or is held."""
        putting.begin(self.layout, place, version)

    def keep(self, place: Place, version: Version) -> None:
        """Record the version as whole."""
        putting.keep(self.layout, place, version)

    def versions(self, place: Place) -> Sequence[Version]:
        """What is recorded of the place, newest first."""
        return putting.known(self.layout, place).versions

    def put(self, place: Place, version: Version) -> bool:
        """Show a whole version in its place: in one rename, of a file with all days that stay."""
        return putting.put(self.layout, place, version)

    def inside(self, place: Place) -> tuple[Version, ...]:
        """The versions that the place shows."""
        return newest(putting.known(self.layout, place).inside)

    def take_out(self, place: Place, day: date) -> tuple[Version, ...]:
        """Show the day no longer."""
        return putting.take_out(self.layout, place, day)

    def carry(self, place: Place, earlier: Place) -> tuple[Version, ...]:
        """Copy days of an earlier place."""
        return putting.carry(self.layout, place, earlier)

    def shown(self, table: str) -> str | None:
        """What the declared name links to."""
        return links.shown(self.layout, table)

    def owner(self, table: str) -> str | None:
        """The experiment whose place it links to."""
        return links.owner(self.layout, table)

    def point(self, places: Collection[Place]) -> None:
        """Link the declared names to their places, one after the other; all refusals come before the first."""
        links.point(self.layout, places)

    def unname(self, tables: Collection[str]) -> None:
        """Take links away."""
        links.unname(self.layout, tables)

    def prune(self, experiment: str, table: str, keep: Collection[str], before: datetime) -> Collection[str]:
        """Remove places and versions, and what killed processes left of them."""
        return pruning.prune(self.layout, experiment, table, keep, before)

    def _describe(self, table: str) -> Table | Absent | Denied:
        path, full = self.layout.data(table), self.layout.full(table)
        if path.is_symlink() and not path.exists():
            return Denied(f"{full} shows {path.readlink()}, which is not there")
        if not path.is_file():
            names = [other.name.removesuffix(".parquet") for other in self.layout.root.glob("*.parquet")]
            suggestions = sorted(name for name in names if not MADE.fullmatch(name))
            return Absent(tuple(difflib.get_close_matches(full, suggestions, n=3, cutoff=0.6)), Dataset())
        try:
            with opened(path, full) as file:
                columns, count = footer(file, full)
            return Table(columns, count, _changed(path))
        except Refused as error:
            return Denied(str(error))


def _changed(path: Path) -> datetime:
    return datetime.fromtimestamp(path.stat().st_mtime, UTC)
