"""Run BigQuery's emulator, with the Python of its own environment; prints its addresses as one line of JSON.

Private functions are replaced: it has no setting to leave out its spatial functions, which it downloads at every start,
and of a table that is renamed by a statement it goes on telling under the old name.
"""

import asyncio
import contextlib
import json
import os
import re
import signal
import sys
from pathlib import Path
from typing import Any

with contextlib.redirect_stdout(Path(os.devnull).open("w")):  # it logs while it is imported
    from bqemulator.config import LogLevel, PersistenceMode, Settings
    from bqemulator.jobs import executor
    from bqemulator.server import EmulatorServer
    from bqemulator.storage.engine import DuckDBEngine

DuckDBEngine._load_spatial = lambda self: None
dropped = executor.sync_dropped_object
RENAME = re.compile(r"\s*ALTER TABLE `([^`.]+)\.([^`.]+)\.([^`.]+)` RENAME TO `([^`.]+)`\s*", re.IGNORECASE)


def renamed_or_dropped(sql: str, project: str, ctx: Any) -> None:
    found = RENAME.fullmatch(sql)
    if found:
        *place, old, new = found.groups()
        known = ctx.catalog.get_table(*place, old)
        ctx.catalog.create_table(known.model_copy(update={"table_id": new}))
        ctx.catalog.delete_table(*place, old)
    dropped(sql, project, ctx)


executor.sync_dropped_object = renamed_or_dropped


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
