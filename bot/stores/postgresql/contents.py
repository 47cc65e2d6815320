"""How versions come into a place and out of it; every function works in the caller's transaction.

A place that is not daily is a view over its one version's table. A daily one is partitioned by LIST of its days: a
version's table becomes a part of it, without being read or copied. Key and indexes are those of the parts.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from bot.errors import Refused
from bot.ports import Place, Version
from bot.stores.postgresql.catalogue import CatalogueTables
from bot.stores.postgresql.connect import query
from bot.stores.postgresql.rights import give
from bot.stores.postgresql.there import there
from bot.stores.postgresql.tries import alone
from bot.stores.postgresql.version import Versions, columns
from bot.sync.window import admits, beyond, earlier, is_shown, lacking

if TYPE_CHECKING:
    from psycopg.sql import Composed

    from bot.stores.postgresql.connect import Connection


def ddl(place: Place, schema: str) -> Composed:
    """The statement that makes a table with the place's columns."""
    from psycopg.sql import SQL, Identifier

    head = query("CREATE TABLE {schema}.{name} (", schema=schema, name=place.name) + columns(place) + SQL(")")
    if not place.daily or place.partition is None:
        return head
    return head + SQL(" PARTITION BY LIST (") + Identifier(place.partition) + SQL(")")


@dataclass(frozen=True, slots=True)
class Contents:
    """What a place shows, and how that changes."""

    catalogue: CatalogueTables
    versions: Versions
    place: Place

    @property
    def connection(self) -> Connection:
        """The transaction."""
        return self.catalogue.connection

    def put(self, version: Version) -> bool:
        """Show a whole version, unless a newer one is there; as `Places.put`."""
        place, catalogue = self.place, self.catalogue
        alone(self.connection, catalogue.key(place.name))
        catalogue.claim(place)
        record = catalogue.recorded(place, version)
        if record is None or record[1].whole is None:
            raise Refused(f"{version.run} is not whole in {place.name}: load it first")
        number, kept = record
        parts = catalogue.parts(place.name)
        inside = [one for _, one in parts]
        if is_shown(kept, inside):
            return True
        if not admits(place, kept, inside, catalogue.taken_out(place.name)):
            return False
        if not catalogue.has(number):
            raise Refused(f"{version.run} is no longer kept beside {place.name}: load it again")
        if place.daily:
            self._make()
            gone = beyond(place, {kept.date, *(one.date for one in inside)})
            self._detach(part for part in parts if part[1].date in (kept.date, *gone))
            self._attach(number, kept.date)
            stay = [part for part in parts if part[1].date not in (kept.date, *gone)]
            catalogue.show(place, [one for one in (*stay, (number, kept)) if one[1].date not in gone])
        else:
            self._view(number, kept)
        return True

    def take_out(self, day: date) -> tuple[Version, ...]:
        """Show the day no longer; as `Places.take_out`."""
        place, catalogue = self.place, self.catalogue
        alone(self.connection, catalogue.key(place.name))
        catalogue.claim(place)
        parts = catalogue.parts(place.name)
        rest = [part for part in parts if part[1].date != day]
        if place.daily and rest:
            self._detach(part for part in parts if part[1].date == day)
            catalogue.show(place, rest)
        elif not rest:
            before = None if place.daily else self._before([one for _, one in parts])
            if before is None:
                raise Refused(f"{place.name} would show nothing without {day}")
            self._view(*before)
        catalogue.take_note(place, day)
        return catalogue.inside(place.name)

    def carry(self, old: Place) -> tuple[Version, ...]:
        """Copy days of an earlier place; as `Places.carry`, whose conditions the caller has proven."""
        place, catalogue = self.place, self.catalogue
        alone(self.connection, catalogue.key(place.name))
        catalogue.claim(place)
        parts = catalogue.parts(place.name)
        out = catalogue.taken_out(place.name)
        wanted = lacking(place, [one for _, one in parts], catalogue.inside(old.name), out)
        if not wanted:
            return ()
        self._make()
        gone = beyond(place, [one.date for one in (*(one for _, one in parts), *wanted)])
        self._detach(part for part in parts if part[1].date in gone)
        stay = [part for part in parts if part[1].date not in gone]
        catalogue.show(place, [*stay, *((self._copy(old, version.date), version) for version in wanted)])
        return tuple(wanted)

    def _before(self, shown: Iterable[Version]) -> tuple[int, Version] | None:
        """The version of an earlier day that may be shown again."""
        known = [one for one in self.catalogue.numbered(self.place.name) if self.catalogue.has(one[0])]
        out = self.catalogue.taken_out(self.place.name)
        for version in shown:
            before = earlier(version, [one for _, one in known], out)
            return next((one for one in known if one[1] == before), None)
        return None

    def _make(self) -> None:
        """Make the table of a daily place if it is not there, with its readers' rights."""
        self._mine()
        if there(self.connection, self.catalogue.schema, self.place.name) is None:
            self.connection.execute(ddl(self.place, self.catalogue.schema))
        give(self.catalogue, self.place)

    def _mine(self) -> None:
        """Have the place's name; raises Refused where a stranger's table has it."""
        if self.catalogue.owner(self.place.name) is None:
            if there(self.connection, self.catalogue.schema, self.place.name) is not None:
                raise Refused(f"{self.place.name} is there already and is not sameday's: drop or rename it")
            self.catalogue.own(self.place)

    def _view(self, number: int, version: Version) -> None:
        from psycopg.sql import SQL, Identifier

        self._mine()
        chosen = SQL(", ").join(Identifier(column) for column, _ in self.place.columns)
        head = query("CREATE OR REPLACE VIEW {s}.{name} AS SELECT ", s=self.catalogue.schema, name=self.place.name)
        source = query(" FROM {state}.{part}", state=self.catalogue.state, part=f"v{number}")
        self.connection.execute(head + chosen + source)
        give(self.catalogue, self.place)
        self.catalogue.show(self.place, [(number, version)])

    def _attach(self, number: int, day: date) -> None:
        from psycopg.sql import SQL, Literal

        names = {"s": self.catalogue.schema, "name": self.place.name, "state": self.catalogue.state}
        head = query("ALTER TABLE {s}.{name} ATTACH PARTITION {state}.{part} FOR VALUES IN (", **names,
                     part=f"v{number}")  # fmt: skip
        self.connection.execute(head + Literal(day.isoformat()) + SQL(")"))
        sql = query("DELETE FROM {state}.rubbish WHERE part = %s", state=self.catalogue.state)
        self.connection.execute(sql, [number])

    def _detach(self, parts: Iterable[tuple[int, Version]]) -> None:
        """Take parts out of the table; they are dropped when nobody reads them any more."""
        names = {"s": self.catalogue.schema, "name": self.place.name, "state": self.catalogue.state}
        for part, _ in parts:
            self.connection.execute(
                query("ALTER TABLE {s}.{name} DETACH PARTITION {state}.{part}", **names, part=f"v{part}")
            )
            self.connection.execute(
                query("INSERT INTO {state}.rubbish VALUES (%s, %s) ON CONFLICT DO NOTHING", state=self.catalogue.state),
                [part, self.catalogue.key(self.place.name)],
            )

    def _copy(self, old: Place, day: date) -> int:
        """A part of the place with the rows that another place has of a day; its number."""
        from psycopg.sql import SQL, Identifier

        assert self.place.partition is not None
        state = self.catalogue.state
        row = self.connection.execute(
            "SELECT nextval(pg_get_serial_sequence(format('%%I.versions', %s::text), 'number'))", [state]
        ).fetchone()
        assert row is not None
        number = int(row[0])
        self.versions.make(self.connection, self.place, number)
        chosen = SQL(", ").join(Identifier(column) for column, _ in self.place.columns)
        head = query("INSERT INTO {state}.{part} SELECT ", state=state, part=f"v{number}")
        source = query(" FROM {s}.{name} WHERE {day} = %s", s=self.catalogue.schema, name=old.name,
                       day=self.place.partition)  # fmt: skip
        self.connection.execute(head + chosen + source, [day])
        self.versions.prove(self.connection, self.place, day, number)
        self.connection.execute(query("ANALYZE {state}.{part}", state=state, part=f"v{number}"))
        self._attach(number, day)
        return number
