"""Runs' own tables, whole releases long: nobody serves what was not verified, nobody loses what was not ours."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.some import some

pytestmark = pytest.mark.slow

STRANGERS = ("main.reco__20250101_20250131", "main.events__20250101_20250131", "logs.reco__0badcafe_20261101")
MONTHS = 90 * 86_400  # seconds


def staged(site: Any) -> set[str]:
    """All tables but the declared one."""
    return {path.stem for path in (site.kept / "warehouse").glob("*.parquet")} - {"main.reco"}


def age(site: Any) -> None:
    """All tables are from long ago."""
    for path in (site.kept / "warehouse").glob("*.parquet"):
        os.utime(path, (time.time() - MONTHS,) * 2)


def test_a_release_removes_what_earlier_ones_made_and_leaves_what_others_did(site: Any) -> None:
    site.put(site.experiment())
    site.release()
    (first,) = staged(site)
    for name in STRANGERS:
        some(duckdb.sql("select 1 as a")).write_parquet(str(site.kept / "warehouse" / f"{name}.parquet"))
    age(site)
    site.put(site.experiment(scores="new"))
    site.release()
    left = staged(site)
    assert first not in left, "another spec key of this experiment's own"
    assert set(STRANGERS) <= left
    assert len(left) == len(STRANGERS) + 1, "and what is served now"


def test_a_run_keeps_its_own_table_however_long_it_takes(site: Any) -> None:
    """With a limit that is shorter than its jobs, it was gone between promote and sync."""
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
    loop = f"while [ ! -e stop ]; do cp {evil} $O.x; mv $O.x $O; cp {good} $O.x; mv $O.x $O; done"
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
