"""The Storage Read API as a server on this machine: keeps what it was asked, breaks off when it is told to."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import grpc
import pyarrow as pa
from google.cloud.bigquery_storage_v1 import types

SERVICE = "google.cloud.bigquery.storage.v1.BigQueryRead"
SCHEMA = pa.schema([("n", pa.int64()), ("text", pa.string())])
BATCH = 1_000  # rows of one message


@dataclass
class Rows:
    """A table of `batches` messages in `streams` streams. A context manager; `address` is what a client is told.

    `sessions` and `offsets` are what was asked for; `sent` counts messages, `left` streams that were not read to
    their end. A stream breaks off before message `breaks`, as often as `times` says.
    """

    batches: int = 10
    streams: int = 1
    breaks: int = -1
    times: int = 10**9
    code: Any = grpc.StatusCode.UNAVAILABLE
    sessions: list[Any] = field(default_factory=list)
    offsets: list[int] = field(default_factory=list)
    sent: int = 0
    left: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> Rows:
        self.server = grpc.server(ThreadPoolExecutor(8))
        create = grpc.unary_unary_rpc_method_handler(
            self.create, types.CreateReadSessionRequest.deserialize, types.ReadSession.serialize
        )
        read = grpc.unary_stream_rpc_method_handler(
            self.read, types.ReadRowsRequest.deserialize, types.ReadRowsResponse.serialize
        )
        methods = {"CreateReadSession": create, "ReadRows": read}
        self.server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(SERVICE, methods),))
        self.address = f"127.0.0.1:{self.server.add_insecure_port('127.0.0.1:0')}"
        self.server.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.stop(0).wait()

    def create(self, request: Any, context: Any) -> Any:
        """Begin to read."""
        self.sessions.append(request)
        count = min(self.streams, request.max_stream_count)
        return types.ReadSession(
            name="s", streams=[{"name": f"stream-{i}"} for i in range(count)],
            arrow_schema={"serialized_schema": SCHEMA.serialize().to_pybytes()},
        )  # fmt: skip

    def read(self, request: Any, context: Any) -> Iterator[Any]:
        """One stream, from an offset on."""
        self.offsets.append(request.offset)
        context.add_callback(lambda: None if context.code() else self.left.set())
        for i in range(request.offset // BATCH, self.batches):
            if i == self.breaks and self.times > 0:
                self.times -= 1
                context.abort(self.code, "the line went dead")
            numbers = pa.array(range(i * BATCH, (i + 1) * BATCH))
            batch = pa.record_batch([numbers, pa.array(["x" * 1_000] * BATCH)], SCHEMA)
            self.sent += 1
            yield types.ReadRowsResponse(
                row_count=BATCH, arrow_record_batch={"serialized_record_batch": batch.serialize().to_pybytes()}
            )
