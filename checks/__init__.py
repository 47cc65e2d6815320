"""The built-in checks, listed by hand: each is one module or package."""

from collections.abc import Mapping

from bot.check import Check
from checks import code, dag, flags, manifest, schema, sync, tables

CHECKS: Mapping[str, Check] = {
    "code": code,
    "dag": dag,
    "flags": flags,
    "manifest": manifest,
    "schema": schema,
    "sync": sync,
    "tables": tables,
}
