"""Several dates: what is there is left alone, what is missing or failed is made, in order where that matters."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.release.conftest import TOP, Site
from tests.release.test_run import PROGRAM, daily

pytestmark = pytest.mark.slow


def first_date(site: Site) -> date:
    """The date of the release."""
    return date.fromisoformat(site.ledger()[0]["item"]["date"])


def fill(site: Site, back: int, *words: str, code: int = 0) -> str:
    """Fill the days before the release's, and that."""
    last = first_date(site)
    return site.say("run", "reco", "--from", str(last - timedelta(days=back)), "--to", str(last), *words, code=code)


def rest(said: str) -> list[str]:
    """The lines that are no progress."""
    return [line for line in said.splitlines() if not line.startswith(("reco ", " "))]


def test_what_is_missing_is_made(site: Site) -> None:
    site.put(daily(site))
    site.release()
    last = first_date(site)
    days = [last - timedelta(days=back) for back in (2, 1, 0)]
    planned = [f"{days[0]} runs", f"{days[1]} runs", f"{days[2]} is made"]
    total = "2 of 3 dates run, all at once; each is shown beside the others"
    assert fill(site, 2, "--dry-run").splitlines() == [*planned, total]
    assert len(site.tally()) == 1, "nothing has run"
    said = rest(fill(site, 2))
    assert said[:4] == [*planned, total]
    assert said[-1] == "2 of 2 dates are made"
    assert len(site.tally()) == 3
    assert sorted(site.warehouse(), key=str) == sorted([(1, float(d.day), d) for d in days], key=str)
    assert fill(site, 2).splitlines()[-1] == "3 dates: nothing is to be made; `--again` makes them anew"
    again = rest(fill(site, 2, "--again"))
    assert again[0] == f"{days[0]} is made, and runs as attempt 2"
    assert again[-1] == "3 of 3 dates are made"
    assert len(site.tally()) == 6


def test_a_date_that_failed_is_tried_again(site: Site) -> None:
    site.put(site.plain(command=f"test -e {TOP}/good"))
    (site.repo.root / ".gitignore").write_text(".sameday/\ntally.txt\ngood\n")
    good = site.repo.root / "good"
    good.touch()
    site.repo.commit()
    site.release()
    good.unlink()
    assert rest(fill(site, 1, code=1))[-1] == "0 of 1 date is made"
    good.touch()
    before = first_date(site) - timedelta(days=1)
    assert rest(fill(site, 1))[0] == f"{before} failed, and runs as attempt 2"


def reads_itself(site: Site, command: str) -> dict[str, Any]:
    """An experiment whose runs read what the day before has made."""
    made = daily(site)
    made["jobs"] = [{"name": "infer", "command": command}]
    made["inputs"] = {"before": {"table": "main.reco", "columns": {"id": "INT64"}}}
    return made


def test_where_each_reads_the_day_before_the_first_failure_is_the_last(site: Site) -> None:
    site.put(daily(site))
    site.release()
    last = first_date(site)
    bad = last - timedelta(days=3)
    site.put(reads_itself(site, f'test "$SAMEDAY_DATA_DATE" != {bad} && python {TOP}/job.py'))
    site.repo.write("job.py", PROGRAM)
    site.repo.commit()
    site.release()
    said = fill(site, 4, code=1)
    assert "4 of 5 dates run, one after the other, oldest first: each reads the day before" in said
    assert rest(said)[-1] == "1 of 4 dates is made; 2 dates after it were not begun"


def test_a_backfill_that_is_killed_goes_on(site: Site, until: Any) -> None:
    site.put(daily(site))
    site.release()
    last = first_date(site)
    words = ["run", "reco", "--from", str(last - timedelta(days=3)), "--to", str(last)]
    process = subprocess.Popen(
        [sys.executable, "-m", "bot", *words], cwd=site.repo.root, stdout=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )  # fmt: skip
    until(lambda: len(list((site.kept / "engine" / "runs").glob("*"))) > 1)
    process.send_signal(signal.SIGKILL)
    process.wait()
    fill(site, 3)
    assert sorted(site.tally()) == sorted(set(site.tally())), "no date is made twice"
    assert len(site.tally()) == 4


@pytest.mark.parametrize(
    ("words", "wrong"),
    [
        ("--from 2026-01-02 --to 2026-01-01", "--from 2026-01-02 is later than --to 2026-01-01"),
        ("--from 2020-01-01 --to 2026-01-01", "are more than 400 dates: ask for fewer at a time"),
        ("--from 2026-01-01 --to 2199-01-01", "2199-01-01 is still to come"),
        ("--from 2026-01-01", "several dates are `--from DATE --to DATE`"),
        ("--dry-run", "several dates are `--from DATE --to DATE`"),
        ("--from 2026-01-01 --to 2026-01-01 --unreleased", "without `--date` and `--unreleased`"),
    ],
)
def test_words_that_make_no_sense(site: Site, words: str, wrong: str) -> None:
    site.put(site.plain())
    site.release()
    assert wrong in site.say("run", "reco", *words.split(), code=2)
