"""Runs' own tables, whole releases long: nobody serves what was not verified, nobody loses what was not ours."""

from __future__ import annotations

import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from bot.cli.backends import Adapters
from tests.some import some

pytestmark = pytest.mark.slow

STRANGERS = ("main.reco__20250101_20250131", "main.events__20250101_20250131", "logs.reco__0badcafe_20261101")


def tables(site: Any) -> set[str]:
    """All tables of the warehouse."""
    return {path.stem for path in (site.kept / "warehouse").glob("*.parquet")}


def test_a_release_removes_what_earlier_ones_made_and_leaves_what_others_did(
    site: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A place stays while a flag may still name it, and as what a rollback goes back to."""
    settings = site.repo.root / "sameday.yaml"
    settings.write_text(settings.read_text() + "\nkeep: {named_for: 1m}\n")
    made = []
    for minutes, before in ((0, "true"), (2, "true && true"), (4, "true && true && true")):
        later = timedelta(minutes=minutes)
        monkeypatch.setattr(Adapters, "now", lambda _, later=later: datetime.now(UTC) + later)
        site.put(site.experiment(before=before))
        site.release()
        made.append(f"main.reco__{site.scheduled()}")
        for name in STRANGERS:
            some(duckdb.sql("select 1 as a")).write_parquet(str(site.kept / "warehouse" / f"{name}.parquet"))
    assert set(STRANGERS) <= tables(site)
    places = {name for name in tables(site) if name in made}
    assert places == set(made[1:]), "live, and the release before"
    assert not any(name.startswith(made[0]) for name in tables(site)), "with what its runs made"
    assert site.served(made[2].removeprefix("main.")) == site.served() == [(0, 0.5), (1, 0.5), (2, 0.5)]
    assert site.served(made[0].removeprefix("main.")) is None


def test_a_place_stays_as_long_as_a_flag_may_name_it(site: Any) -> None:
    made = []
    for before in ("true", "true && true", "true && true && true"):
        site.put(site.experiment(before=before))
        site.release()
        made.append(f"reco__{site.scheduled()}")
    assert [site.served(place) for place in made] == [site.served()] * 3


def test_a_run_keeps_its_own_table_however_long_it_takes(site: Any) -> None:
    """With a limit that is shorter than its jobs, it was gone before it was put."""
    settings = site.repo.root / "sameday.yaml"
    settings.write_text(settings.read_text() + "\nlimits: {staged: 1s}\n")
    made = site.experiment()
    made["jobs"].append({"name": "report", "command": "sleep 3", "dependencies": ["infer"]})
    site.put(made)
    site.release()
    assert site.served() == site.warehouse() == [(0, 0.5), (1, 0.5), (2, 0.5)]


@pytest.mark.parametrize("rows", ["new", "twice"])
def test_a_process_that_a_job_leaves_behind(site: Any, start: Any, rows: str) -> None:
    """It swaps the run's own table again and again: what is shown was verified, or nothing is shown."""
    good, evil = (Path(site.repo.root / f"{name}.parquet") for name in ("old", rows))
    loop = f"while [ ! -e {site.repo.root}/stop ]; do cp {evil} $O.x; mv $O.x $O; cp {good} $O.x; mv $O.x $O; done"
    made = site.experiment(before=f"(O=$SAMEDAY_OUTPUT_SCORES; export O; setsid sh -c '{loop}' >/dev/null 2>&1 &)")
    site.put(made)
    try:
        ended = start("release").wait()
    finally:
        (site.repo.root / "stop").touch()
    sound = {"old": [(0, 0.5), (1, 0.5), (2, 0.5)], "new": [(0, 0.9), (1, 0.9), (2, 0.9)]}
    if ended:
        assert not site.served()
    else:
        assert site.served() in sound.values()
        assert site.served() == site.warehouse()


def test_what_is_old_goes_though_nothing_is_released(site: Any) -> None:
    """Each day's run leaves its table; a daily release of other things removes it, and a place past its time."""
    settings = site.repo.root / "sameday.yaml"
    settings.write_text(settings.read_text() + "\nlimits: {staged: 1s}\nkeep: {named_for: 3s}\n")
    first = None
    for before in ("true", "true && true", "true && true && true"):
        site.put(site.experiment(before=before))
        site.release()
        first = first or f"reco__{site.scheduled()}"
    today = date.fromisoformat(site.ledger()[0]["item"]["date"])
    for back in (5, 4, 3):
        site.say("run", "reco", "--date", str(today - timedelta(days=back)))
    assert site.served(first) is not None
    assert len(own_tables(site)) == 4
    time.sleep(3.1)
    assert site.release() == "nothing differs from what is released\n"
    assert site.served(first) is None
    assert len(own_tables(site)) == 2, "of what is shown, and of the version before it"
    assert site.served() == site.warehouse() == [(0, 0.5), (1, 0.5), (2, 0.5)]


def own_tables(site: Any) -> list[str]:
    """The tables of single runs of what is live."""
    return sorted(name for name in tables(site) if name.startswith(f"main.reco__{site.scheduled()}_"))
