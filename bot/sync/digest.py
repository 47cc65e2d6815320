"""A fingerprint of rows: the same in any order, another one for any changed, lost or doubled row.

Rows are hashed whole (so values cannot change places), by DuckDB over Arrow, and the hashes summed under two seeds.
It is compared within one process only, since DuckDB's hash may differ between its versions, and it guards against
accidents, not against an adversary. 0.0 and -0.0 count as equal.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from bot.ports import Batches, Digest
from bot.sync.canonical import Columns, canonical, form

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
    source = pa.RecordBatchReader.from_batches(schema, renamed)
    names = ", ".join(schema.names)
    sums = ", ".join(f"coalesce(sum(hash({seed}, {names})::HUGEINT), 0)" for seed in SEEDS)
    with duckdb.connect() as connection:
        connection.register("source", source)
        count, *totals = connection.execute(f"SELECT count(*), {sums} FROM source").fetchone() or (0,)
    return Digest(int(count), tuple(int(total) for total in totals))
