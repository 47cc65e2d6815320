"""What an identity may do, asked without doing it: permissions of tables, and statements that only run dry."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from bot.errors import Refused
from bot.experiment.model import Output
from bot.warehouses.bigquery import entries, sql
from bot.warehouses.bigquery.connect import Connection
from bot.warehouses.bigquery.faults import told
from bot.warehouses.bigquery.jobs import Jobs
from bot.warehouses.bigquery.look import resource

READ = "bigquery.tables.getData"
WRITE = "bigquery.tables.updateData"


def refused(
    connection: Connection, jobs: Jobs, reads: Collection[str], writes: Mapping[str, Output]
) -> Mapping[str, str]:
    """Why the identity may not read or make a table, by table; raises Unreachable if nobody may act as it."""
    table = connection.settings.table
    found = connection.each(reads, lambda name: _lacking(connection, table(name), READ))
    for name, output in writes.items():
        found[name] = _making(connection, jobs, table(name), output)
    return {name: why for name, why in found.items() if why}


def _lacking(connection: Connection, table: str, permission: str) -> str:
    try:
        with told(table):
            answer = connection.client.test_iam_permissions(table, [permission], **connection.waits)
    except Refused as error:
        return str(error)
    return "" if permission in answer.get("permissions", ()) else f"it lacks {permission}"


def _making(connection: Connection, jobs: Jobs, table: str, output: Output) -> str:
    """Why no table can be made beside the declared one, which itself no run writes, or the catalogue not be changed."""
    beside = connection.settings.table(f"{table}__00000000_00000000")
    catalogue = f"{connection.settings.catalogue(beside)[0]}.{entries.TABLE}"
    try:
        with told(beside):
            jobs.dry(sql.make(beside, output))
        there = resource(connection, catalogue)
    except Refused as error:
        return str(error)
    return _lacking(connection, catalogue, WRITE) if there else ""
