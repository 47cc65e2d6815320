"""What identifies the rows of a table: its state, and a moment at which it was in it.

BigQuery gives the rows of any moment of the last days, so that what was verified is what is put and read, whatever
was written since. A table that has changed is refused all the same: the run that made it is not the only writer.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.compile.names import digest
from bot.errors import Refused
from bot.warehouses.bigquery import view
from bot.warehouses.bigquery.connect import Connection
from bot.warehouses.bigquery.jobs import Jobs
from bot.warehouses.bigquery.look import resource

STATE_DIGITS = 16
WORD = re.compile(rf"([0-9]{{1,14}})-([0-9a-f]{{{STATE_DIGITS}}})")
EPOCH, MILLISECOND = datetime.fromtimestamp(0, UTC), timedelta(milliseconds=1)
Resource = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class TableState:
    """A state of a table, as a digest, and when it was in it, by BigQuery's own clock."""

    at: datetime
    state: str

    @classmethod
    def of(cls, found: Resource, moment: datetime) -> TableState:
        """Of a table that was as `found` at that moment; raises Refused for rows that no copy of it would have."""
        if found.get("streamingBuffer"):
            raise Refused("some rows are on their way still (they were streamed): write the table by a job")
        return cls(moment, _state(found))

    @classmethod
    def parse(cls, word: str) -> TableState:
        """What `str` wrote; raises Refused for anything else."""
        written = WORD.fullmatch(word)
        if written is None:
            raise Refused("what was verified is not told in words of this warehouse: run the task `verify` again")
        return cls(EPOCH + int(written[1]) * MILLISECOND, written[2])

    def __str__(self) -> str:
        """A word for it; the moment in milliseconds."""
        return f"{(self.at - EPOCH) // MILLISECOND}-{self.state}"

    def is_of(self, found: Resource) -> bool:
        """Whether the table is still in that state."""
        return self.state == _state(found)


def existing(connection: Connection, table: str, content: str = "") -> Resource:
    """A table's resource; raises Refused if it is not there, or other than when it was verified."""
    found = resource(connection, table)
    if found is None:
        raise Refused(f"the table {table} is not there")
    if content and not TableState.parse(content).is_of(found):
        raise Refused(f"the table {table} was changed after it was verified: run it again as a new attempt")
    return found


def rows_of(jobs: Jobs, table: str, content: str = "") -> tuple[str, Resource]:
    """The table that has the rows, and its resource: of a declared name of ours the place, as views are not read.

    A view's own state would not change with its place. Raises Refused as `existing` does.
    """
    found = existing(jobs.connection, table, content)
    place = view.place(jobs, table, found)
    return (place, existing(jobs.connection, place)) if place else (table, found)


def state(found: Resource | None) -> str:
    """What changes when a table does: a rerun shares a job only if nothing has changed since it was started."""
    return f"{found.get('etag')} {found.get('lastModifiedTime')}; " if found else "none; "


def _state(found: Resource) -> str:
    keys = ("etag", "lastModifiedTime", "creationTime", "numRows", "type")
    return digest([found.get(key) for key in keys], STATE_DIGITS)
