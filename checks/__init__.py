"""The built-in checks, listed by hand: each is one module or package."""

from collections.abc import Mapping

from bot.check import Check
from checks import code, dag, dates, flags, manifest, schema, sync, tables, traffic

CHECKS: Mapping[str, Check] = {
    "code": code,
    "dag": dag,
    "dates": dates,
    "flags": flags,
    "manifest": manifest,
    "schema": schema,
    "sync": sync,
    "tables": tables,
    "traffic": traffic,
}
