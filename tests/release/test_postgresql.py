"""The whole life of an experiment whose data is served from PostgreSQL, several days at once."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import psycopg
import pytest

from tests.far.postgresql import Server
from tests.release.conftest import Site

pytestmark = pytest.mark.slow

WRITE = (
    "import duckdb, os; day = os.environ['SAMEDAY_DATA_DATE']; "
    "rows = duckdb.sql(f\"select range as id, {score}::double as score, date '{{day}}' as dt from range(3)\"); "
    "rows.write_parquet(os.environ['SAMEDAY_OUTPUT_SCORES'])"
)
COLUMNS = {"id": "INT64", "score": "FLOAT64", "dt": "DATE"}


def daily(site: Site, score: float) -> dict[str, Any]:
    """An experiment that fills a day's partition, of which readers see the last three."""
    output = {
        "table": "main.reco", "job": "infer", "columns": COLUMNS, "partition": {"column": "dt"}, "key": ["id", "dt"],
        "sync": {"store": "serving", "table": "reco", "days": 3},
    }  # fmt: skip
    job = {"name": "infer", "commands": ["python", "-c", WRITE.format(score=score)]}
    arm = {"name": "new", "output": "scores"}
    return dict(site.plain(jobs=[job], outputs={"scores": output}, serving={"kind": "all", "arm": arm}))


def fresh(experiment: dict[str, Any]) -> dict[str, Any]:
    """The same whose output begins with no day of an earlier release."""
    experiment["outputs"]["scores"]["history"] = "fresh"
    return experiment


@pytest.fixture
def dsn(site: Site, server: Server, monkeypatch: pytest.MonkeyPatch) -> str:
    """A new database, which the settings name."""
    text = (site.repo.root / "sameday.yaml").read_text()
    site.repo.write("sameday.yaml", text.replace("kind: sqlite}}", "kind: postgresql}}"))
    site.repo.commit("serve from PostgreSQL")
    found = str(server.database())
    monkeypatch.setenv("SAMEDAY_POSTGRESQL_DSN", found)
    return found


def served(dsn: str) -> dict[date, tuple[int, float]]:
    """Rows and score by day."""
    with psycopg.connect(dsn) as connection:
        found = connection.execute("SELECT dt, count(*), min(score) FROM reco GROUP BY dt ORDER BY dt").fetchall()
    return {day: (rows, score) for day, rows, score in found}


def test_from_the_check_to_the_rollback(site: Site, dsn: str) -> None:
    site.put(daily(site, 0.5))
    checked = site.say("check", "--only", "sync")
    assert "1 experiment: passed" in checked
    site.release()
    today = date.fromisoformat(site.ledger()[0]["item"]["date"])
    days = [today - timedelta(days=i) for i in range(3, -1, -1)]
    assert served(dsn) == {today: (3, 0.5)}
    for day in (days[1], days[0], days[2]):
        site.say("run", "reco", "--date", str(day))
    assert served(dsn) == dict.fromkeys(days[1:], (3, 0.5)), "the newest three"
    old = site.ledger()[-1]["item"]["key"]
    assert f"serving.reco shows reco__{old} at reco-{old}-{today:%Y%m%d} and 2 of the days before" in site.say("status")
    site.put(daily(site, 0.9))
    site.release()
    assert served(dsn) == dict.fromkeys(days[1:3], (3, 0.5)) | {today: (3, 0.9)}, "it begins with the days before"
    site.put(fresh(daily(site, 0.7)))
    site.release()
    assert served(dsn) == {today: (3, 0.7)}, "or, as its file says, without"
    site.say("rollback", "reco")
    assert served(dsn) == dict.fromkeys(days[1:3], (3, 0.5)) | {today: (3, 0.9)}
    with psycopg.connect(dsn) as connection:
        left = connection.execute("SELECT nspname FROM pg_namespace WHERE nspname LIKE 'sameday_sandbox%'").fetchall()
    assert left == [], "the check left nothing behind"


def test_without_its_connection_string(site: Site, dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    site.put(daily(site, 0.5))
    monkeypatch.delenv("SAMEDAY_POSTGRESQL_DSN")
    why = "SAMEDAY_POSTGRESQL_DSN is not set: it holds the connection string of a store of the settings"
    assert site.say("release", code=2) == f"sameday: {why}\n"
    assert f"  errored  sync: {why}\n" in site.say("check", code=3)


def test_a_database_that_is_away(site: Site, dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    site.put(daily(site, 0.5))
    monkeypatch.setenv("SAMEDAY_POSTGRESQL_DSN", "host=127.0.0.1 port=1 user=ada password=secret dbname=x")
    said = site.say("check", "--only", "sync", code=3)
    assert "PostgreSQL did not answer" in said
    assert "secret" not in said


def test_two_stores_that_are_one_place(site: Site, dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Which only the environment says: the settings name two variables."""
    settings = site.repo.root / "sameday.yaml"
    settings.write_text(
        settings.read_text().replace("kind: postgresql}}", "kind: postgresql}, other: {kind: postgresql, dsn: OTHER}}")
    )
    monkeypatch.setenv("OTHER", dsn)
    site.put(daily(site, 0.5))
    said = site.say("release", code=2)
    assert said == "sameday: stores.serving and stores.other are one place: give each one of its own\n"
