"""What is gone of a live release is put back by the next one; what another hand changed stays until somebody asks."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.release.conftest import Site
from tests.some import some

pytestmark = pytest.mark.slow

NOTHING = "nothing differs from what is released\n"
OLD = [(0, 0.5), (1, 0.5), (2, 0.5)]


def flags(site: Site) -> Path:
    """The published set."""
    return site.kept / "flags" / "experiments.flagd.json"


def store(site: Site) -> None:
    """Lose the store, with all it has."""
    for file in site.kept.glob("serving.sqlite*"):
        file.unlink()


def flag_set(site: Site) -> None:
    """Lose the flags."""
    flags(site).unlink()


def name(site: Site) -> None:
    """Lose the declared table's name."""
    (site.kept / "warehouse" / "main.reco.parquet").unlink()


def serving_name(site: Site) -> None:
    """Lose the name that serving reads by."""
    with sqlite3.connect(site.kept / "serving.sqlite") as connection:
        connection.execute("DROP VIEW reco")
    connection.close()


def schedule(site: Site) -> None:
    """Lose the schedule."""
    (site.kept / "engine" / "schedules" / "reco.json").unlink()


def everything(site: Site) -> None:
    """Lose all but the ledger and what the runs made."""
    for lose in (store, flag_set, name, schedule):
        lose(site)


def seen(site: Site) -> object:
    """What users, readers and operators see."""
    return site.flag(), site.served(), site.shown(), site.warehouse(), site.scheduled()


@pytest.mark.parametrize(
    ("lose", "said"),
    [
        (store, "serving.reco__{key} is gone; serving.reco is gone"),
        (flag_set, "the flag reco is gone"),
        (name, "main.reco is gone"),
        (serving_name, "serving.reco is gone"),
        (schedule, "the schedule of reco is gone"),
        (everything, "main.reco is gone; serving.reco__{key} is gone; serving.reco is gone; the flag reco is gone; "
                     "the schedule of reco is gone"),
    ],
)  # fmt: skip
def test_what_is_gone_is_put_back(site: Site, lose: Callable[[Site], None], said: str) -> None:
    site.put(site.experiment())
    site.release()
    before, made = seen(site), site.tally()
    what = said.format(key=site.scheduled())
    lose(site)
    assert site.say("plan").splitlines()[0] == f"reco is put back as it was released: {what}"
    assert site.release().splitlines() == [
        f"reco is put back as it was released: {what}",
        f"  serves {before[2]}",  # type: ignore[index]
    ]
    assert seen(site) == before
    assert site.tally() == made, "the data was there"
    assert site.release() == NOTHING


def test_the_days_of_an_earlier_spec_come_back_too_and_give_way_to_a_run_of_the_own(site: Site) -> None:
    site.put(daily(site, 0.5))
    site.release()
    today = date.fromisoformat(site.ledger()[0]["item"]["date"])
    days = [str(today - timedelta(days=n)) for n in (2, 1, 0)]
    site.say("run", "reco", "--date", days[1])
    site.say("run", "reco", "--date", days[0])
    site.put(daily(site, 0.9))
    site.release()
    before = {days[0]: 0.5, days[1]: 0.5, days[2]: 0.9}
    assert by_day(site) == before
    store(site)
    site.release()
    assert by_day(site) == before
    site.say("run", "reco", "--date", days[1])
    assert by_day(site) == before | {days[1]: 0.9}
    assert site.release() == NOTHING


def daily(site: Site, score: float) -> dict[str, Any]:
    """An experiment that fills a day, of which serving shows three."""
    write = (
        "import duckdb, os; day = os.environ['SAMEDAY_DATA_DATE']; "
        f"rows = duckdb.sql(f\"select 1::bigint as id, {score}::double as score, date '{{day}}' as dt\"); "
        "rows.write_parquet(os.environ['SAMEDAY_OUTPUT_SCORES'])"
    )
    output = {
        "table": "main.reco", "job": "infer", "columns": {"id": "INT64", "score": "FLOAT64", "dt": "DATE"},
        "partition": {"column": "dt"}, "key": ["id", "dt"], "sync": {"store": "serving", "table": "reco", "days": 3},
    }  # fmt: skip
    arm = {"name": "new", "output": "scores"}
    job = {"name": "infer", "commands": ["python", "-c", write]}
    return dict(site.plain(jobs=[job], outputs={"scores": output}, serving={"kind": "all", "arm": arm}))


def by_day(site: Site) -> dict[str, float]:
    """What serving shows of each day."""
    connection = sqlite3.connect(site.kept / "serving.sqlite")
    try:
        return dict(connection.execute("SELECT dt, score FROM reco").fetchall())
    finally:
        connection.close()


def test_data_that_the_warehouse_has_lost_is_made_anew(site: Site) -> None:
    site.put(site.experiment())
    site.release()
    (run,) = site.tally()
    shutil.rmtree(site.kept / "warehouse")
    (site.kept / "warehouse").mkdir()
    said = site.say("plan")
    assert f"  - run its jobs again as {run}-2, or a later attempt\n" in said
    assert "reco is live\n" in site.release()
    assert site.tally() == [run, f"{run}-2"]
    assert (site.warehouse(), site.served(), site.shown()) == (OLD, OLD, f"{run}-2")
    assert site.release() == NOTHING


def test_a_day_whose_place_was_removed_by_hand_is_made_anew(site: Site) -> None:
    """Its catalogue is there still, and would say that nothing is to do."""
    site.put(site.experiment())
    site.release()
    (run,) = site.tally()
    (site.kept / "warehouse" / f"main.reco__{site.scheduled()}.parquet").unlink()
    assert "reco is live\n" in site.release()
    assert (site.warehouse(), site.shown()) == (OLD, f"{run}-2")


def test_a_flag_that_another_hand_has_switched_off_stays_so_until_somebody_asks(site: Site) -> None:
    site.put(site.experiment())
    site.release()
    before = seen(site)
    published = json.loads(flags(site).read_text())
    published["flags"]["reco"]["state"] = "DISABLED"
    flags(site).write_text(json.dumps(published))
    why = "the flag reco is not as it was released, by another hand than sameday's"
    for _ in range(2):
        assert site.release().splitlines() == [
            f"reco is on hold: {why}",
            f"  serves {some(site.shown())}",
            "  next: change its file, or release it: `sameday release --experiment reco`",
        ]
    assert some(site.flag())["state"] == "DISABLED"
    assert site.release("--experiment", "reco").startswith("reco is put back as it was released: the flag reco is not")
    assert seen(site) == before
    assert site.release() == NOTHING


def test_a_name_that_another_hand_took_is_told_and_not_overwritten(site: Site) -> None:
    site.put(site.experiment())
    site.release()
    shutil.copy(site.repo.root / "new.parquet", site.kept / "other.parquet")
    link = site.kept / "warehouse" / "main.reco.parquet"
    link.unlink()
    shutil.copy(site.kept / "other.parquet", link)
    why = "main.reco shows a table that sameday has not made, by another hand than sameday's"
    assert f"reco is on hold: {why}\n" in site.release()
    said = site.release("--experiment", "reco", code=1)
    assert "the table main.reco was there before: `adopt: true` takes it over" in said
    assert site.warehouse() == [(0, 0.9), (1, 0.9), (2, 0.9)], "it is somebody's"


def test_what_is_gone_comes_back_while_something_else_stays_as_a_hand_left_it(site: Site) -> None:
    site.put(site.experiment())
    site.release()
    published = json.loads(flags(site).read_text())
    published["flags"]["reco"]["state"] = "DISABLED"
    flags(site).write_text(json.dumps(published))
    store(site)
    assert "serving.reco is gone\n" in site.release()
    assert (site.served(), some(site.flag())["state"]) == (OLD, "DISABLED")


def rolled_back(site: Site) -> None:
    """The first of two releases is back, and the second one's file is on hold."""
    site.put(site.experiment())
    site.release()
    site.put(site.experiment(scores="new"))
    site.release()
    site.say("rollback", "reco")


def test_what_was_brought_back_is_kept_whole_and_what_was_rolled_back_stays_on_hold(site: Site) -> None:
    rolled_back(site)
    before = seen(site)
    everything(site)
    said = site.release()
    assert "reco is on hold: rolled back on" in said
    assert "reco is put back as it was released: " in said
    assert seen(site) == before
    assert site.served() == OLD


def test_data_of_what_is_live_that_is_gone_while_its_file_says_something_else(site: Site) -> None:
    rolled_back(site)
    (site.kept / "warehouse" / f"main.reco__{site.scheduled()}.parquet").unlink()
    said = site.release(code=1)
    assert f"main.reco__{site.scheduled()} is gone: `sameday run reco --again` makes its data anew" in said
    site.say("run", "reco", "--again")
    assert site.warehouse() == OLD


def test_a_new_file_takes_the_place_of_what_another_hand_changed(site: Site) -> None:
    """What differs holds nothing up that somebody has decided since."""
    site.put(site.experiment())
    site.release()
    flags(site).write_text('{"flags": {"reco": {}}}')
    site.put(site.experiment(scores="new"))
    assert "reco is live\n" in site.release()


def test_a_retired_one_and_what_was_there_before_are_not_looked_at(site: Site) -> None:
    site.put(site.experiment(), site.plain("other"))
    site.release()
    site.drop("reco")
    site.release()
    for lose in (store, name):
        lose(site)
    assert site.release() == NOTHING
