"""The one sync: a run's task uses it with all rows, the check with a sample in scratch space."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from bot.errors import Refused, SamedayError
from bot.ports import Batches, Place, Store, Version

RowSource = Callable[[], Batches]
"""Gives the rows when they are wanted."""


class Later:
    """Rows that nobody opens until a store takes them: those of a version that is there already are not read.

    What goes wrong with their source is kept in `fault`: of an error, Arrow's stream hands on the text only.
    """

    def __init__(self, source: RowSource) -> None:
        self.source = source
        self.fault: SamedayError | None = None

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """The stream, as a PyCapsule."""
        import pyarrow as pa

        rows = self.source()
        reader = rows if isinstance(rows, pa.RecordBatchReader) else pa.RecordBatchReader.from_stream(rows)
        kept = pa.RecordBatchReader.from_batches(reader.schema, self._batches(reader))
        return kept.__arrow_c_stream__(requested_schema)

    def _batches(self, reader: Any) -> Iterator[Any]:
        try:
            yield from reader
        except SamedayError as fault:
            self.fault = fault
            raise


def keep(store: Store, place: Place, version: Version, rows: RowSource) -> Version:
    """Load a version that nobody sees yet, reading the rows once; returns it as whole.

    Raises Refused if the store cannot hold the rows, or gives back others than it was sent; and what their source does.
    """
    plan = store.plan(place)
    if plan.refused:
        reasons = "; ".join(f"{column}: {reason}" if column else reason for column, reason in plan.refused)
        raise Refused(f"{place.table} cannot be synced: {reasons}")
    source = Later(rows)
    try:
        return store.keep(place, version, source)
    except Exception:
        if source.fault is not None:
            raise source.fault from None
        raise
