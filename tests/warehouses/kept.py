"""What the fake's catalogue says: rows of versions and of places."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

from bot.ports import Place, Version
from bot.warehouses.bigquery.rows import words
from tests.far.bigquery import Fake

NOW = datetime(2026, 11, 26, 4, tzinfo=UTC)
D24, D25, D26 = (date(2026, 11, day) for day in (24, 25, 26))
COLUMNS = (("user_id", "STRING"), ("dt", "DATE"))
CATALOGUE = "acme-data.reco.sameday_versions"
READ = f"SELECT * FROM `{CATALOGUE}`"


def place(spec: str = "0badcafe", **more: Any) -> Place:
    """The place of an output that shows its three newest days."""
    made = {"experiment": "reco", "table": "reco.v4", "spec": spec, "columns": COLUMNS, "partition": "dt", "days": 3}
    return Place(**{**made, **more})


def version(day: date = D26, attempt: int = 1, digest: str = "") -> Version:
    """A whole version of that place."""
    return Version("reco", "0badcafe", day, NOW, attempt, NOW, 3, digest)


def catalogue(
    fake: Fake, of: Place, versions: Sequence[Version] = (), inside: Sequence[Version] = (), revision: str = "r1"
) -> None:
    """There is a catalogue, which says this of a place and no more."""
    fake.table(CATALOGUE)
    name = {"place": of.name.rpartition(".")[2], "name": of.table.rpartition(".")[2]}
    held, taken = words(inside, {})
    whose = {**name, "experiment": of.experiment, "spec": of.spec}
    nothing: dict[str, Any] = dict.fromkeys(("inside", "taken_out", "revision", "watched"))
    made = [
        {
            **whose, "run": one.run, "day": one.date, "attempt": one.attempt, "begun": one.begun, "whole": one.whole,
            "row_count": one.rows, "digest": one.digest, **nothing,
        } for one in versions
    ]  # fmt: skip
    row = {
        **whose, "run": "", "day": None, "attempt": None, "begun": None, "whole": None, "row_count": None,
        "digest": None, "inside": held, "taken_out": taken, "revision": revision,
        "watched": None,
    }  # fmt: skip
    fake.rows[READ] = [*made, row]


def told(fake: Fake) -> list[str]:
    """The statements that were run, but for questions."""
    jobs = (call.body["configuration"] for call in fake.asked("jobs.insert"))
    said = [job["query"]["query"] for job in jobs if not job.get("dryRun")]
    return [statement for statement in said if not statement.startswith("SELECT")]
