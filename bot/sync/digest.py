"""A fingerprint of rows: the same in any order, another one for any changed, lost or doubled row.

Rows are hashed whole (so values cannot change places), by DuckDB over Arrow, and the hashes summed under two seeds.
It is compared within one process only, since DuckDB's hash may differ between its versions, and it guards against
accidents, not against an adversary. 0.0 and -0.0 count as equal.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from bot.errors import Refused
from bot.ports import Batches, Digest, Target
from bot.sync.canonical import Columns, canonical, canonical_batch, form

SEEDS = (1, 2)


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
    """The fingerprint of rows that pass by once: each batch is hashed while whoever asked for it is busy with it."""

    def __init__(self, columns: Columns) -> None:
        self.columns = columns
        self.digest = Digest(0, (0,) * len(SEEDS))

    def through(self, rows: Batches) -> Iterator[Any]:
        """The batches as they come; raises Refused, with the column, for a value that its type cannot carry."""
        import duckdb
        import pyarrow as pa

        with duckdb.connect() as connection, ThreadPoolExecutor(1) as other:
            for batch in pa.RecordBatchReader.from_stream(rows):
                hashed = other.submit(self._hash, connection, batch)
                yield batch
                found = hashed.result()
                sums = tuple(a + b for a, b in zip(self.digest.sums, found.sums, strict=True))
                self.digest = Digest(self.digest.rows + found.rows, sums)

    def _hash(self, connection: Any, batch: Any) -> Digest:
        renamed = canonical_batch(batch, self.columns).rename_columns([f"c{i}" for i in range(len(self.columns))])
        return _sums(connection, renamed, len(self.columns))


def same(target: Target, sent: Digest, got: Digest) -> Digest:
    """What the store gave back, if it is what was sent; raises Refused if not."""
    if got != sent:
        raise Refused(
            f"{target.table}: the store gave back other rows than it was sent "
            f"({got.rows:,} rows of {sent.rows:,}{'' if got.rows != sent.rows else ', with other values'})"
        )
    return got
