"""The `tables` check says on the pull request whether a test can be read out, and whether its exposures arrive."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from bot.check import Context
from bot.check.runner import run
from bot.experiment.files import FolderFiles
from bot.experiment.repository import Repository
from bot.finding import Report
from bot.ports import Trial
from bot.settings import load
from bot.settings.kinds import FolderWarehouse
from bot.warehouses.folder import ParquetFolder
from checks import CHECKS
from tests.conftest import SETTINGS, Repo
from tests.readout.test_command import LISTS, LOG, MORE, QUERY, line
from tests.readout.test_query import OPENED

NOW = datetime.now(UTC)
LIVE = {"lists": (Trial(1, "s", "default", (0, 10_000), NOW.date() - timedelta(days=9), datetime.max.date()),)}
Check = Callable[..., list[str]]


@pytest.fixture
def check(repo: Repo) -> Check:
    """What `tables` says of `lists` with this query, events and log, and unproven things last."""

    def checked(text: str = QUERY, more: str = MORE, shown: Any = (), **known: Any) -> list[str]:
        repo.write("experiments/lists.yaml", LISTS)
        settings = load((SETTINGS + more).encode(), "check", str(repo.root)).settings
        assert settings is not None
        assert isinstance(settings.warehouse, FolderWarehouse)
        folder = repo.root / ".sameday" / "warehouse"
        folder.mkdir(parents=True, exist_ok=True)
        pq.write_table(pa.Table.from_pylist(list(shown), LOG), folder / "logs.shown.parquet")
        pq.write_table(pa.Table.from_pylist([], OPENED), folder / "logs.opened.parquet")
        for name in ("reco.popular", "reco.similar"):
            pq.write_table(pa.table({"user_id": ["u"], "item_id": ["i"], "score": [1.0]}), folder / f"{name}.parquet")
        repository = Repository.load(FolderFiles(repo.root), settings.experiments)
        warehouse = ParquetFolder(settings.warehouse)
        context = Context(settings, repository, NOW, NOW + timedelta(minutes=1), warehouse=warehouse, exposures=text)
        return said(run(CHECKS, repository.experiments, replace(context, **known), only=frozenset({"tables"})))

    return checked


def said(report: Report) -> list[str]:
    (result,) = report.experiments[0].checks
    words = [f"{f.span.line}:{f.span.column} {f.severity} {f.rule} {f.message}" for f in result.findings]
    return [*words, *(f"unproven: {reason}" for reason in result.unproven)]


def test_a_fit_log_is_nothing_to_speak_of(check: Check) -> None:
    assert check() == []
    assert check(more="") == []


def test_what_the_query_lacks(check: Check) -> None:
    unfit = "4:9 warning tables.no-readout sql/exposures.sql is not fit for a readout: "
    text = QUERY.replace("ranking, ", "").replace("shown_at", "CAST(shown_at AS DATE) AS shown_at")
    assert check(text) == [
        f"{unfit}it gives no column 'ranking' (STRING: the ranking id: pages of one list have the same)",
        f"{unfit}its column 'shown_at' is DATE, not TIMESTAMP",
    ]
    (words,) = check(QUERY.replace("logs.shown", "logs.nothing"))
    assert words.startswith(f"{unfit}the query: Catalog Error: Table with name ")


def test_what_the_event_lacks(check: Check) -> None:
    found = [
        check(more=MORE.replace(*words)) for words in (("item: item_id", "item: job_id"), ("logs.opened", "logs.o"))
    ]
    unfit = "9:19 warning tables.no-readout of this event, the table logs.o"
    assert found == [
        [f"{unfit}pened has no column 'job_id' (`item`)"],
        [f"{unfit} does not exist, or may not be looked at"],
    ]


def test_whether_exposures_arrive(check: Check) -> None:
    """Of a live test only; what it showed before the last day counts for the time alone."""
    last = NOW - timedelta(hours=2)
    shown = [line(1, "popular", n, shown_at=last - timedelta(hours=n)) for n in (0, 1, 30)]
    notice = "4:9 notice tables.exposures "
    assert check(shown=shown) == []
    assert check(shown=shown, trials=LIVE) == [
        f"{notice}the last exposure was at {last:%Y-%m-%d %H:%M} UTC; in the last day there were 2"
    ]
    old = [line(1, "popular", 1, shown_at=NOW - timedelta(days=8)), line(1, "", 1, experiment="page", shown_at=last)]
    assert check(shown=old, trials=LIVE) == [f"{notice}no exposure of this test has arrived for 7 days"]


def test_the_query_is_the_bases(repo: Repo) -> None:
    """What a pull request makes of the file is not run before it is merged."""
    repo.write("sameday.yaml", SETTINGS + MORE)
    repo.write("sql/exposures.sql", "SELECT 1 AS of_the_base")
    repo.write("experiments/lists.yaml", LISTS)
    base = repo.commit()
    repo.write("sql/exposures.sql", "SELECT 2 AS of_the_pull_request, pg_sleep(60)")
    repo.write("experiments/lists.yaml", LISTS.replace("24h", "12h"))
    repo.commit()
    out = repo.sameday("check", "--base", base, "--only", "tables").out
    assert "it gives no column 'unit'" in out
    assert "pg_sleep" not in out
