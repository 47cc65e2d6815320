"""Parquet files, which anybody may have written: whatever is wrong with one is said in a line."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import IO, Any

from bot.errors import Refused
from bot.ports import Batches
from bot.warehouses.folder.reader import TOO_LARGE
from bot.warehouses.folder.types import bigquery_type

BATCH_ROWS, BATCH_BYTES = 65_536, 1 << 26
MEMORY = 1 << 30  # bytes that a sample may take while it is read
READER = Path(__file__).with_name("reader.py")


def opened(place: Path, table: str) -> IO[bytes]:
    """The table's file, if it is one: a pipe in its place would let us wait for ever. Raises Refused otherwise."""
    try:
        file = os.fdopen(os.open(place, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb")
    except FileNotFoundError:
        raise Refused(f"the table {table} is not there") from None
    except OSError as error:
        raise Refused(f"the table {table} cannot be read: {error.strerror}") from None
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise Refused(f"the table {table} is no file")
    return file


def footer(file: IO[bytes], table: str) -> tuple[Mapping[str, str], int]:
    """The columns with their types, and how many rows the file says it has."""
    import pyarrow.parquet as pq

    with readable(table):
        found = pq.read_metadata(file)
        columns = {column.name: bigquery_type(column.type) for column in found.schema.to_arrow_schema()}
        return columns, found.num_rows


def rows(file: IO[bytes], table: str) -> Batches:
    """All rows, a batch at a time; the file is closed, for Arrow has it open by itself."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    with file, readable(table):
        parquet = pq.ParquetFile(pa.OSFile(f"/dev/fd/{file.fileno()}"))
        schema, size = parquet.schema_arrow, _batch_rows(parquet.metadata)

    def batches() -> Iterator[Any]:
        with readable(table):
            yield from parquet.iter_batches(batch_size=size)

    reader: Batches = pa.RecordBatchReader.from_batches(schema, batches())
    return reader


def of_day(file: IO[bytes], table: str, columns: Sequence[str], column: str, day: date) -> Batches:
    """These columns of a day's rows, a batch at a time; the file is closed, and parts without the day are not read."""
    import pyarrow as pa
    import pyarrow.parquet as pq
    from pyarrow.dataset import ParquetFileFormat, field

    with file, readable(table):
        source = pa.OSFile(f"/dev/fd/{file.fileno()}")
        size = _batch_rows(pq.read_metadata(source))
        fragment = ParquetFileFormat().make_fragment(source)
        scanner = fragment.scanner(
            columns=list(columns), filter=field(column) == day, batch_size=size, batch_readahead=2
        )

    def batches() -> Iterator[Any]:
        with readable(table):
            yield from scanner.to_batches()

    reader: Batches = pa.RecordBatchReader.from_batches(scanner.projected_schema, batches())
    return reader


def sample(file: IO[bytes], table: str, limit: int) -> Batches:
    """The first rows, read by a process of its own within bounds; the file is closed."""
    import pyarrow as pa

    program = f"import runpy, sys; sys.exit(runpy.run_path({str(READER)!r})['main']({limit}, {MEMORY}))"
    with file:
        done = subprocess.run(
            [sys.executable, "-I", "-c", program], stdin=file, capture_output=True, env={}, check=False
        )
    if done.returncode == TOO_LARGE:
        raise Refused(f"{table}.parquet cannot be read as Parquet: {limit:,} rows of it need too much memory")
    if done.returncode:
        raise Refused(f"{table}.parquet cannot be read as Parquet: it is broken")
    with readable(table):
        reader: Batches = pa.ipc.open_stream(done.stdout)
        return reader


def _batch_rows(footer: Any) -> int:
    """How many rows are read at once: fewer of large ones."""
    size: int = sum(footer.row_group(i).total_byte_size for i in range(footer.num_row_groups))
    rows: int = footer.num_rows
    return max(1, min(BATCH_ROWS, BATCH_BYTES * max(1, rows) // max(1, size)))


@contextmanager
def readable(table: str) -> Iterator[None]:
    """Raises Refused for whatever is wrong with the file. What Arrow says of it is left out: it may quote values."""
    import pyarrow as pa

    try:
        yield
    except (pa.ArrowException, ArithmeticError, LookupError, MemoryError, OSError, TypeError, ValueError) as error:
        raise Refused(f"{table}.parquet cannot be read as Parquet: {_kind(error)}") from None


def _kind(error: Exception) -> str:
    """What is wrong, in words that cannot come from the file."""
    import pyarrow as pa

    if isinstance(error, MemoryError):
        return "it needs more memory than there is"
    if isinstance(error, NotImplementedError):
        return "it holds what is not supported"
    return "it is not whole" if isinstance(error, pa.ArrowInvalid | OSError) else "it is broken"
