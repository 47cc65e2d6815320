"""What the database remembers beside the tables: versions, places, what they show, days taken out.

A place's key has the schema before its name, since stores with several schemas may share the state.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, LiteralString

from bot.errors import Refused
from bot.ports import Place, Version
from bot.stores.names import read_version, read_word, written
from bot.stores.postgresql.connect import query

if TYPE_CHECKING:
    from bot.stores.postgresql.connect import Connection

FIELDS: LiteralString = "experiment, spec, date, attempt, begun, whole, row_count, digest"
OTHERS: LiteralString = """
    SELECT experiment FROM {state}.versions WHERE place = %(place)s AND experiment <> %(experiment)s
    UNION SELECT experiment FROM {state}.places WHERE place = %(place)s AND experiment <> %(experiment)s
"""
PLACES: LiteralString = """
    SELECT place, spec FROM {state}.versions WHERE experiment = %(experiment)s AND declared = %(declared)s
    UNION SELECT place, spec FROM {state}.places WHERE experiment = %(experiment)s AND declared = %(declared)s
    ORDER BY 1
"""
BEGIN: LiteralString = """
    INSERT INTO {state}.versions AS v (place, declared, experiment, spec, date, attempt, begun)
    VALUES (%s, %s, %s, %s, %s, %s, %s)
    ON CONFLICT (place, date, attempt) DO UPDATE SET begun = excluded.begun WHERE v.whole IS NULL
"""
INSIDE: LiteralString = """
    SELECT i.part, {fields} FROM {state}.inside i WHERE place = %s
    AND to_regclass(%s) IS NOT NULL AND to_regclass(format('%%I.%%I', %s::text, 'v' || i.part)) IS NOT NULL
    ORDER BY date DESC
"""


@dataclass(frozen=True, slots=True)
class CatalogueTables:
    """The catalogue in the schema `state` of places in the schema `schema`, over one connection."""

    connection: Connection
    schema: str
    state: str

    def key(self, name: str) -> str:
        """The key of the place of this name."""
        return f"{self.schema}.{name}"

    def claim(self, place: Place) -> None:
        """Raise Refused where the place is another experiment's."""
        rows = self._ask(OTHERS, {"place": self.key(place.name), "experiment": place.experiment})
        if rows:
            raise Refused(f"{place.name} is a place of {read_word(rows[0][0], place.table)}: a place has one owner")

    def begin(self, place: Place, version: Version) -> None:
        """Record that the version is being made, if it is not whole."""
        self.claim(place)
        values = [
            self.key(place.name), self.key(place.table), version.experiment, version.spec, version.date,
            version.attempt, version.begun,
        ]  # fmt: skip
        self._do(BEGIN, values)

    def numbered(self, name: str) -> list[tuple[int, Version]]:
        """The versions of the place of this name with the numbers of their tables, newest first."""
        sql: LiteralString = (
            "SELECT number, " + FIELDS + " FROM {state}.versions WHERE place = %s ORDER BY date DESC, attempt DESC"
        )
        return [(number, read_version(row, name)) for number, *row in self._ask(sql, [self.key(name)])]

    def recorded(self, place: Place, version: Version) -> tuple[int, Version] | None:
        """What the catalogue says of one version, with the number of its table."""
        return next((one for one in self.numbered(place.name) if one[1].run == version.run), None)

    def finish(self, place: Place, number: int, whole: datetime | None, rows: int, digest: str) -> Version:
        """Record a version as whole, since now unless `whole` says when; the version as it is recorded."""
        sql: LiteralString = (
            "UPDATE {state}.versions SET whole = coalesce(%s, now()), row_count = %s, digest = %s WHERE number = %s "
            "RETURNING " + FIELDS
        )
        return read_version(self._ask(sql, [whole, rows, digest, number])[0], place.name)

    def unfinish(self, number: int) -> None:
        """Record a version as one that is being made: its table is gone."""
        self._do("UPDATE {state}.versions SET whole = NULL, row_count = 0, digest = '' WHERE number = %s", [number])

    def has(self, number: int) -> bool:
        """Whether the table of this number is there."""
        sql = "SELECT to_regclass(format('%%I.%%I', %s::text, 'v' || %s::bigint)) IS NOT NULL"
        row = self.connection.execute(sql, [self.state, number]).fetchone()
        return bool(row and row[0])

    def parts(self, name: str) -> list[tuple[int, Version]]:
        """The versions that the place of this name shows, newest first, with the numbers of the tables shown."""
        sql = INSIDE.replace("{fields}", FIELDS)
        relation = '"' + self.schema.replace('"', '""') + '"."' + name.replace('"', '""') + '"'
        rows = self._ask(sql, [self.key(name), relation, self.state])
        return [(part, read_version(row, name)) for part, *row in rows]

    def inside(self, name: str) -> tuple[Version, ...]:
        """The same without the numbers; none where the place is gone."""
        return tuple(version for _, version in self.parts(name))

    def show(self, place: Place, shown: Iterable[tuple[int, Version]]) -> None:
        """Record what the place shows from now on."""
        key = self.key(place.name)
        self._do("DELETE FROM {state}.inside WHERE place = %s", [key])
        sql: LiteralString = (
            "INSERT INTO {state}.inside (place, part, " + FIELDS + ") VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"
        )
        for part, version in shown:
            self._do(sql, [key, part, *written(version)])

    def taken_out(self, name: str) -> dict[date, int]:
        """The days that were taken out of the place, each with the newest attempt that there was of it."""
        return dict(self._ask("SELECT date, attempt FROM {state}.taken_out WHERE place = %s", [self.key(name)]))

    def take_note(self, place: Place, day: date) -> None:
        """Record that the day was taken out, with all attempts so far."""
        key = self.key(place.name)
        self._do(
            "INSERT INTO {state}.taken_out AS t SELECT %s, %s, coalesce(max(attempt), 0) FROM {state}.versions "
            "WHERE place = %s AND date = %s ON CONFLICT (place, date) DO UPDATE SET attempt = excluded.attempt",
            [key, day, key, day],
        )

    def places(self, experiment: str, table: str) -> list[tuple[str, str]]:
        """The names and spec keys of the places that the experiment has for a declared name."""
        rows = self._ask(PLACES, {"experiment": experiment, "declared": self.key(table)})
        return [(str(key).removeprefix(f"{self.schema}."), str(spec)) for key, spec in rows]

    def own(self, place: Place) -> None:
        """Record whose the place is."""
        values = [self.key(place.name), self.key(place.table), place.experiment, place.spec]
        self._do("INSERT INTO {state}.places VALUES (%s, %s, %s, %s) ON CONFLICT DO NOTHING", values)

    def owner(self, name: str) -> str | None:
        """The experiment whose place has the name, or None where no place of ours has."""
        rows = self._ask("SELECT experiment FROM {state}.places WHERE place = %s", [self.key(name)])
        return read_word(rows[0][0], name) if rows else None

    def forget(self, name: str) -> None:
        """Keep nothing of the place of this name."""
        key = [self.key(name)]
        self._do("DELETE FROM {state}.versions WHERE place = %s", key)
        self._do("DELETE FROM {state}.places WHERE place = %s", key)
        self._do("DELETE FROM {state}.inside WHERE place = %s", key)
        self._do("DELETE FROM {state}.taken_out WHERE place = %s", key)

    def _ask(self, sql: LiteralString, values: Any) -> list[tuple[Any, ...]]:
        return self.connection.execute(query(sql, state=self.state), values).fetchall()

    def _do(self, sql: LiteralString, values: Any) -> None:
        self.connection.execute(query(sql, state=self.state), values)
