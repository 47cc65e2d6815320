"""Query Parquet files, and write them beside their place to move them there whole."""

import os
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq


def output(name: str) -> str:
    """The place of one of the run's outputs: one job writes it, later jobs may read it."""
    return os.environ[f"SAMEDAY_OUTPUT_{name.upper()}"]


def query(sql: str, **values: object) -> pa.Table:
    with duckdb.connect() as connection:
        connection.execute("SET threads TO 1")  # sums of floats depend on the order of rows
        return connection.sql(sql, params=values).to_arrow_table()


def write(table: pa.Table, name: str) -> None:
    """Fill one of the run's outputs."""
    path = Path(output(name))
    beside = path.with_name(f"{path.name}.tmp")
    pq.write_table(table, beside, compression="zstd")
    beside.replace(path)
    print(f"{table.num_rows} rows written to {path.name}", flush=True)
