"""Every row says how its kind is opened, what that needs and where it is; what mypy cannot see of it is held here."""

from __future__ import annotations

import importlib
import sys
import tomllib
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest

from bot import ports
from bot.engines.local.engine import Local
from bot.ports.opening import Opening
from bot.settings import Settings, kinds
from tests.conftest import ROOT

UNIONS = {
    kinds.Engine: ports.Engine, kinds.Warehouse: ports.Warehouse, kinds.Store: ports.Store, kinds.Flags: ports.Flags,
    kinds.Ledger: ports.Ledger,
}  # fmt: skip
ROWS: dict[type[Any], type] = {
    get_args(member)[0]: port for union, port in UNIONS.items() for member in get_args(get_args(union)[0])
}
EXTRAS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]

every = pytest.mark.parametrize("row", ROWS, ids=lambda row: row.__name__)


def opener(row: Any) -> Callable[..., object]:
    """The function that a row names."""
    module, _, name = row.opener.partition(":")
    found: Callable[..., object] = getattr(importlib.import_module(module), name)
    return found


@every
def test_the_opener_takes_the_row_and_gives_its_port(row: type[Any]) -> None:
    hints = get_type_hints(opener(row))
    assert list(hints.values())[:2] == [row, Opening]
    assert hints["return"] in (ROWS[row], Local), "Local is an Engine and a Cron"


@every
def test_what_it_needs_is_in_its_extra(row: type[Any]) -> None:
    if row.needs is not None:
        brought = " ".join(EXTRAS[row.needs.extra]).replace("[binary]", "")
        for package in row.needs.packages:
            assert package.replace(".", "-").replace("_", "-") in brought


@every
def test_what_is_imported_ahead_is_there(row: type[Any]) -> None:
    assert all(importlib.import_module(name) for name in row.ahead)


@every
def test_it_has_a_module_of_its_own(row: type[Any]) -> None:
    assert sys.modules[row.__module__].__file__ is not None
    assert sum(other.__module__ == row.__module__ for other in ROWS) == 1


def test_paths_are_rooted_wherever_there_is_one() -> None:
    wanted = {"engine": {}, "stores": {"a": {}, "b": {"kind": "postgresql"}}, "flags": {"kind": "configmap"}}
    rooted = Settings.model_validate(wanted).rooted("/there")
    assert [backend.place for backend in rooted.backends] == [
        Path("/there/.sameday/engine"), None, Path("/there/.sameday/serving.sqlite"), None,
    ]  # fmt: skip
    assert rooted.rooted("/elsewhere") == rooted
    assert rooted.warehouse is None


UI = {
    "https://argo.example.com": "https://argo.example.com/workflows/jobs/",
    "http://localhost:2746/": "http://localhost:2746/workflows/jobs/",
    "https://example.com/tools/argo/": "https://example.com/tools/argo/workflows/jobs/",
}


@pytest.mark.parametrize(("ui", "page"), UI.items())
def test_argo_shows_a_workflow_below_its_namespace(ui: str, page: str) -> None:
    engine = Settings.model_validate({"engine": {"kind": "argo", "ui": ui}}).engine
    assert engine is not None
    assert engine.page("jobs") == page


def test_nobody_is_led_where_the_settings_name_no_place() -> None:
    engines = [Settings.model_validate({"engine": {"kind": kind}}).engine for kind in ("argo", "local")]
    assert [engine and engine.page("jobs") for engine in engines] == ["", ""]


def test_a_stranger_acts_as_nobody() -> None:
    named = {"kind": "bigquery", "project": "acme-data", "dataset": "main", "run_as": "run@acme-data.iam"}
    warehouse = Settings.model_validate({"warehouse": named}).warehouse
    assert warehouse is not None
    assert (warehouse.identity, warehouse.as_itself().identity) == ("run@acme-data.iam", None)


@pytest.mark.parametrize(
    ("engine", "flags", "wanted"),
    [
        ({"kind": "argo", "context": "prod"}, {}, ("prod", "engine.context", "experiments")),
        ({"kind": "argo"}, {}, (None, "engine.context", "experiments")),
        ({"kind": "argo", "context": "prod"}, {"context": "edge"}, ("edge", "flags.context", "experiments")),
        ({"kind": "local"}, {"namespace": "flags"}, (None, "flags.context", "flags")),
    ],
)
def test_what_is_kept_in_a_cluster_is_beside_the_engine(
    engine: dict[str, str], flags: dict[str, str], wanted: tuple[str | None, str, str]
) -> None:
    settings = Settings.model_validate({"engine": engine, "flags": {"kind": "configmap", **flags}})
    made: Any = opener(kinds.ConfigMapFlags)(
        settings.flags, Opening(settings, {}, lambda: datetime.now(UTC), print, ())
    )
    access = made.cluster.wire.access
    assert (access.context, access.setting, made.cluster.namespace) == wanted
