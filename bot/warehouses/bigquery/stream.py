"""Rows through the Storage Read API: several streams at once, a few messages of each in memory, never more."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from bot.ports import Batches
from bot.warehouses.bigquery.connect import TIMEOUT, Connection
from bot.warehouses.bigquery.faults import told
from bot.warehouses.bigquery.sql import parts

STREAMS = 4
AHEAD = 8  # messages of all streams that wait for the reader; one holds about a megabyte
PAUSE = 0.1  # seconds between two looks whether anybody still reads
END = None


def read(
    connection: Connection, table: str, at: datetime, limit: int | None = None, where: str = "",
    columns: Sequence[str] = (),
) -> Batches:  # fmt: skip
    """The table's rows as they were `at` that moment; with a limit from one stream, which is left when it is met.

    `where` is a condition of SQL on them; `columns` are those that are read, all if none are named.
    """
    import pyarrow as pa

    wanted = {"row_restriction": where, "selected_fields": columns}
    session = _session(connection, table, at, wanted, 1 if limit is not None else STREAMS)
    schema = pa.ipc.read_schema(pa.py_buffer(session.arrow_schema.serialized_schema))
    names = [stream.name for stream in session.streams]
    batches = _in_turn(connection, names, table) if limit is not None else _all(connection, names, table)
    decoded = (pa.ipc.read_record_batch(pa.py_buffer(message), schema) for message in batches)
    rows = decoded if limit is None else _cut(decoded, limit)
    reader: Batches = pa.RecordBatchReader.from_batches(schema, rows)
    return reader


def _session(connection: Connection, table: str, at: datetime, options: Mapping[str, Any], streams: int) -> Any:
    from google.cloud.bigquery_storage_v1 import types

    project, dataset, name = parts(table)
    wanted = types.ReadSession(
        table=f"projects/{project}/datasets/{dataset}/tables/{name}",
        data_format=types.DataFormat.ARROW,
        table_modifiers={"snapshot_time": at},
        read_options=options,
    )
    with told(table):
        return connection.reader.create_read_session(
            parent=f"projects/{connection.settings.project}", read_session=wanted, max_stream_count=streams,
            retry=_again(connection), timeout=TIMEOUT,
        )  # fmt: skip


def _again(connection: Connection) -> Any:
    """Try again for a while; the client's own default is ten minutes."""
    from google.api_core.exceptions import DeadlineExceeded, ServiceUnavailable
    from google.api_core.retry import Retry, if_exception_type

    return Retry(if_exception_type(DeadlineExceeded, ServiceUnavailable), initial=0.5, timeout=connection.patience)


def _messages(connection: Connection, stream: str, table: str) -> Iterator[bytes]:
    """A stream's messages; the client resumes a broken one where it was."""
    with told(table):
        for response in connection.reader.read_rows(stream, retry=_again(connection)):
            yield response.arrow_record_batch.serialized_record_batch


def _in_turn(connection: Connection, streams: list[str], table: str) -> Iterator[bytes]:
    for stream in streams:
        yield from _messages(connection, stream, table)


def _cut(batches: Iterator[Any], limit: int) -> Iterator[Any]:
    for batch in batches:
        yield batch.slice(0, limit)
        limit -= batch.num_rows
        if limit <= 0:
            return


def _all(connection: Connection, streams: list[str], table: str) -> Iterator[bytes]:
    """Every stream's messages as they come; what a stream failed with is raised here."""
    arrived: queue.Queue[bytes | Exception | None] = queue.Queue(AHEAD)
    left = threading.Event()

    def put(item: bytes | Exception | None) -> None:
        while not left.is_set():
            try:
                return arrived.put(item, timeout=PAUSE)
            except queue.Full:
                continue

    def follow(stream: str) -> None:
        try:
            for message in _messages(connection, stream, table):
                put(message)
                if left.is_set():
                    return
            put(END)
        except Exception as error:
            put(error)

    for stream in streams:
        threading.Thread(target=follow, args=(stream,), daemon=True).start()
    running = len(streams)
    try:
        while running:
            item = arrived.get()
            if isinstance(item, Exception):
                raise item
            running -= item is END
            if item is not END:
                yield item
    finally:
        left.set()
