"""One word, one class: a name that stands twice, or is changed by an import, means two things in one sentence."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path

ROOT = Path(__file__).parents[2]
CODE = [path for folder in ("bot", "checks") for path in sorted((ROOT / folder).rglob("*.py"))]
TWICE: Mapping[str, str] = {}
"""Names of classes that stand twice all the same, with the reason."""
CUSTOMS: Mapping[str, str] = {
    "adbc_driver_postgresql.dbapi": "adbc",
    "datetime": "dt",
    "google.auth.exceptions": "login",
    "google.cloud.bigquery_storage_v1": "storage",
    "pyarrow": "pa",
    "pyarrow.compute": "pc",
    "pyarrow.parquet": "pq",
}
"""The modules of others that an import may rename, and to what."""


def trees() -> Iterator[tuple[str, ast.Module]]:
    """Every module with its path."""
    for path in CODE:
        yield str(path.relative_to(ROOT)), ast.parse(path.read_text(encoding="utf-8"))


def places() -> Mapping[str, list[str]]:
    """The classes by their names, and where each is."""
    found: dict[str, list[str]] = defaultdict(list)
    for path, tree in trees():
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef):
                found[node.name].append(f"{path}:{node.lineno}")
    return found


def test_no_name_of_a_class_stands_twice() -> None:
    twice = {name: where for name, where in places().items() if len(where) > 1}
    assert {name: where for name, where in twice.items() if name not in TWICE} == {}
    assert TWICE.keys() <= twice.keys(), "an exception that is no longer needed"


def test_no_import_is_renamed_but_by_custom() -> None:
    """Ours keep their names; a module of others may have the short name that its users know it by."""
    renamed = [
        f"{path}:{node.lineno}: {name} as {alias.asname}"
        for path, tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
        for name in [f"{node.module}.{alias.name}" if isinstance(node, ast.ImportFrom) else alias.name]
        if alias.asname and CUSTOMS.get(name) != alias.asname
    ]
    assert renamed == []
