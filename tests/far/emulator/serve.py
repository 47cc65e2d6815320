"""Run BigQuery's emulator, with the Python of its own environment; prints its addresses as one line of JSON.

Private functions are replaced: it has no setting to leave out its spatial functions, which it downloads at every start,
and knows a table of a moment (`table@milliseconds`) in queries only, not in copies.
"""

import asyncio
import contextlib
import json
import os
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

with contextlib.redirect_stdout(Path(os.devnull).open("w")):  # it logs while it is imported
    from bqemulator.config import LogLevel, PersistenceMode, Settings
    from bqemulator.jobs import executor
    from bqemulator.server import EmulatorServer
    from bqemulator.storage.engine import DuckDBEngine

DuckDBEngine._load_spatial = lambda self: None
copy, named = executor._copy_table_into_destination, executor.quoted_table_ref
moments: dict[tuple[str, str, str], str] = {}


async def copy_of_a_moment(*, src_proj: str, src_ds: str, src_table_id: str, ctx: Any, **more: Any) -> None:
    name, _, millis = src_table_id.partition("@")
    if millis:
        moment = datetime.fromtimestamp(int(millis) / 1000, UTC)
        found = ctx.snapshots.resolve_time_travel(src_proj, src_ds, name, moment)
        if found is not None:
            moments[src_proj, src_ds, name] = f'"{found.duckdb_schema}"."{found.duckdb_table}"'
    await copy(src_proj=src_proj, src_ds=src_ds, src_table_id=name, ctx=ctx, **more)


executor._copy_table_into_destination = copy_of_a_moment
executor.quoted_table_ref = lambda *parts: moments.pop(parts, "") or named(*parts)


async def main() -> None:
    settings = Settings(
        persistence_mode=PersistenceMode.EPHEMERAL, rest_port=0, grpc_port=0, log_level=LogLevel.CRITICAL,
        enable_format_extensions=False, metrics_enabled=False,
    )  # fmt: skip
    server = EmulatorServer(settings)
    with contextlib.redirect_stdout(sys.stderr):
        await server.start()
    for number in (signal.SIGINT, signal.SIGTERM):
        # Its own way to stop hangs once a client has left a stream before its end. Nothing is kept anyway.
        asyncio.get_running_loop().add_signal_handler(number, os._exit, 0)
    print(json.dumps({"rest": server.rest_url, "grpc": server.grpc_endpoint}), flush=True)
    await asyncio.Event().wait()


asyncio.run(main())
