"""A fingerprint of rows: the same in any order, another one for any changed, lost or doubled row.

Rows are hashed whole (so values cannot change places), by DuckDB over Arrow, and the hashes summed under two seeds.
Two are compared within one process only, since DuckDB's hash may differ between its versions; the word for one says
which version made it. It guards against accidents, not against an adversary. 0.0 and -0.0 count as equal.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import Any

from bot.errors import Refused
from bot.ports import Batches, Digest, Place
from bot.sync.canonical import Columns, canonical, canonical_batch, form

SEEDS = (1, 2)
TOGETHER = 4  # batches that are hashed at once: half the time of one by one


def digest(rows: Batches, columns: Columns) -> Digest:
    """The fingerprint of the rows, with the columns as declared."""
    return digest_canonical(canonical(rows, columns), columns)


def digest_canonical(batches: Iterable[Any], columns: Columns) -> Digest:
    """The same for batches that have their canonical types already."""
    import duckdb
    import pyarrow as pa

    schema = pa.schema([(f"c{i}", pa.type_for_alias(form(declared))) for i, (_, declared) in enumerate(columns)])
    renamed = (pa.record_batch(batch.columns, schema=schema) for batch in batches)
    with duckdb.connect() as connection:
        return _sums(connection, pa.RecordBatchReader.from_batches(schema, renamed), len(columns))


def _sums(connection: Any, source: Any, columns: int) -> Digest:
    """Of rows whose columns are named c0, c1, ..."""
    names = ", ".join(f"c{i}" for i in range(columns))
    sums = ", ".join(f"coalesce(sum(hash({seed}, {names})::HUGEINT), 0)" for seed in SEEDS)
    connection.register("source", source)
    ((count, *totals),) = connection.execute(f"SELECT count(*), {sums} FROM source").fetchall()
    return Digest(int(count), tuple(int(total) for total in totals))


class Passing:
    """The fingerprint of rows that pass by once: batches are hashed while whoever asked for them is busy with them."""

    def __init__(self, columns: Columns) -> None:
        self.columns = columns
        self.digest = Digest(0, (0,) * len(SEEDS))

    def through(self, rows: Batches) -> Iterator[Any]:
        """The batches as they come; raises Refused, with the column, for a value that its type cannot carry."""
        import duckdb
        import pyarrow as pa

        with duckdb.connect() as connection, ThreadPoolExecutor(1) as other:
            batches = iter(pa.RecordBatchReader.from_stream(rows))
            while some := list(islice(batches, TOGETHER)):
                hashed = other.submit(self._hash, connection, some)
                yield from some
                found = hashed.result()
                sums = tuple(a + b for a, b in zip(self.digest.sums, found.sums, strict=True))
                self.digest = Digest(self.digest.rows + found.rows, sums)

    def _hash(self, connection: Any, batches: list[Any]) -> Digest:
        import pyarrow as pa

        whole = pa.Table.from_batches([canonical_batch(batch, self.columns) for batch in batches])
        return _sums(connection, whole.rename_columns([f"c{i}" for i in range(len(self.columns))]), len(self.columns))


def word(digest: Digest) -> str:
    """What a catalogue keeps of it: the function that made it, and its numbers."""
    import duckdb

    return f"duckdb-{duckdb.__version__}:{digest}"


def same(place: Place, sent: Digest, got: Digest) -> Digest:
    """What the store gave back, if it is what was sent; raises Refused if not."""
    if got != sent:
        raise Refused(
            f"{place.table}: the store gave back other rows than it was sent "
            f"({got.rows:,} rows of {sent.rows:,}{'' if got.rows != sent.rows else ', with other values'})"
        )
    return got
