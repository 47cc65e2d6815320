"""A release through the command line, with Argo as the engine: what it leaves, and what it says."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date

import duckdb
import pytest

from tests.release.argo.conftest import NOTHING, RELEASED, WAITING, ArgoSite, Start, Until
from tests.some import some

pytestmark = pytest.mark.slow


def test_a_new_experiment_goes_live(on_argo: ArgoSite) -> None:
    on_argo.repo.git("remote", "add", "origin", "https://ada:secret@github.com/acme/reco.git")
    commit = on_argo.put(on_argo.experiment(), message="Serve ALS (#12)")
    said = on_argo.release()
    (run,) = on_argo.runs()
    assert "reco is live\n" in said
    assert f"  serves {run}\n" in said
    for node in ("infer", "sameday-verify", "sameday-keep", "sameday-put"):
        assert f"reco   {node} succeeded in " in said
    assert on_argo.served() == on_argo.warehouse() == [(0, 0.5), (1, 0.5), (2, 0.5)]
    assert on_argo.shown() == run
    place = f"reco__{on_argo.scheduled()}"
    assert on_argo.flag()["variants"]["new"] == {"arm": "new", "store": "serving", "table": place}
    assert run.startswith(f"reco-{on_argo.scheduled()}-")
    assert on_argo.steps() == RELEASED
    made = [on_argo.controller.get("workflows", run)["metadata"], on_argo.cron()["spec"]["workflowMetadata"]]
    made.append(on_argo.controller.get("workflowtemplates", f"reco-{on_argo.scheduled()}")["metadata"])
    for meta in made:
        assert meta["labels"].items() >= {"sameday/experiment": "reco", "sameday/commit": commit}.items()
        traced = {
            "sameday/repository": "github.com/acme/reco", "sameday/pull-request": "12", "sameday/commit": commit,
            "sameday/path": "experiments/reco.yaml",
        }  # fmt: skip
        assert {key: meta["annotations"].get(key) for key in traced} == traced
        assert meta["annotations"]["sameday/actor"]
    assert on_argo.release() == NOTHING


LEAKS = "echo so many; echo postgresql://ada:hunter2@db/x; echo key $API_KEY; exit 3"


def test_a_failing_job_is_told_with_its_log(on_argo: ArgoSite) -> None:
    on_argo.put(on_argo.plain("bad", LEAKS), on_argo.plain("good"))
    said = on_argo.release(code=1)
    assert "good is live\n" in said
    assert "bad failed at generate: infer ended with exit code 3\n  end of the log of infer:\n" in said
    assert "  | so many\n  | postgresql://***@db/x\n  | key a-secret\n" in said
    next_ = "next: correct its file, or try again as it is: `sameday release --experiment bad`\n"
    assert f"  serves nothing\n  {next_}" in said
    assert (on_argo.flag("bad"), on_argo.scheduled("bad")) == (None, None)
    assert "bad is on hold" in on_argo.release()


def test_a_failing_jobs_log_has_no_words_but_the_jobs(on_argo: ArgoSite) -> None:
    on_argo.put(on_argo.plain(command="echo so many; exit 3"))
    assert "  end of the log of infer:\n  | so many\n  serves nothing\n" in on_argo.release(code=1)


def test_verification_that_fails_leaves_what_was_served(on_argo: ArgoSite) -> None:
    on_argo.put(on_argo.experiment())
    on_argo.release()
    before = (on_argo.flag(), on_argo.served(), on_argo.shown(), on_argo.scheduled(), on_argo.warehouse())
    on_argo.put(on_argo.experiment(scores="twice"))
    said = on_argo.release(code=1)
    assert "reco failed at generate: sameday-verify ended with exit code 1\n" in said
    assert "  | sameday: scores: 1 rows repeat a key (id): (7) is in 2 rows\n" in said
    after = (on_argo.flag(), on_argo.served(), on_argo.shown(), on_argo.scheduled(), on_argo.warehouse())
    assert after == before


def test_data_that_is_held_goes_live_once_a_person_says_so(on_argo: ArgoSite) -> None:
    sql = "SELECT 'u' || u AS user_id, i AS item_id FROM range(20) AS users(u), range(10) AS items(i)"
    some(duckdb.sql(sql)).write_parquet(str(on_argo.repo.root / "alike.parquet"))
    file = on_argo.experiment(scores="alike")
    columns = {"user_id": "STRING", "item_id": "INT64"}
    file["outputs"]["scores"] |= {"columns": columns, "key": ["user_id", "item_id"]}
    on_argo.put(file)
    said = on_argo.release(code=1)
    assert "reco failed at generate: its data is held: scores: 100.0% of user_id have the same list\n" in said
    assert on_argo.flag() is None
    assert "reco is live\n" in on_argo.release("--experiment", "reco")


def test_rollback_and_what_follows(on_argo: ArgoSite) -> None:
    on_argo.put(on_argo.experiment())
    on_argo.release()
    first, key = on_argo.shown(), on_argo.scheduled()
    on_argo.put(on_argo.experiment(scores="new"))
    on_argo.release()
    assert on_argo.served()[0] == (0, 0.9)
    assert on_argo.scheduled() != key
    assert f"reco serves {first} again\n" in on_argo.say("rollback", "reco")
    assert (on_argo.shown(), on_argo.scheduled()) == (first, key)
    assert on_argo.served()[0] == (0, 0.5)
    assert "reco is on hold: rolled back on" in on_argo.release()
    assert len(on_argo.runs()) == 2


def test_deleting_the_file_retires_and_bringing_it_back_needs_no_run(on_argo: ArgoSite, tomorrow: date) -> None:
    on_argo.put(on_argo.experiment())
    on_argo.release()
    on_argo.drop("reco")
    assert "reco is retired\n  serves nothing\n" in on_argo.release()
    assert (on_argo.flag(), on_argo.scheduled()) == (None, None)
    assert on_argo.fire(tomorrow) is None
    on_argo.put(on_argo.experiment())
    assert "reco is live\n" in on_argo.release()
    assert len(on_argo.runs()) == len(on_argo.tally() or on_argo.runs()) == 1
    assert on_argo.fire(tomorrow) is not None


def test_status(on_argo: ArgoSite, start: Start, until: Until) -> None:
    assert on_argo.say("status") == "nothing was released here yet\n"
    on_argo.put(on_argo.plain(command=WAITING))
    release = start("release")
    until(lambda: [w.get("status", {}).get("phase") for w in on_argo.workflows()] == ["Running"])
    until(lambda: "running, 0 of 1 done" in on_argo.say("status"))
    said = on_argo.say("status")
    assert said.startswith("reco is being released, at generate since ")
    (on_argo.repo.root / "gate").touch()
    assert release.wait(60) == 0
    (run,) = on_argo.runs()
    said = re.sub(r"; next .*", "", on_argo.say("status")).splitlines()
    assert said[0].startswith("reco is live since ")
    assert said[1:] == [
        "  flag     on", f"  schedule on, starts {on_argo.scheduled()}", f"  run      {run} succeeded, 1 of 1 done",
    ]  # fmt: skip


def test_a_newer_release_stops_the_run_it_makes_superfluous(
    on_argo: ArgoSite,
    start: Start,
    until: Until,
    over: Callable[[str], str],
) -> None:
    on_argo.put(on_argo.plain(command=WAITING))
    release = start("release")
    until(lambda: [w.get("status", {}).get("phase") for w in on_argo.workflows()] == ["Running"])
    (old,) = on_argo.runs()
    release.kill()
    release.wait()
    on_argo.put(on_argo.plain())
    assert "reco is live\n" in on_argo.say("release")
    assert over(old) == "Failed"
    marks = on_argo.controller.get("workflows", old)["metadata"]["annotations"]
    assert marks["sameday/superseded-by"] == on_argo.scheduled()
    (new,) = set(on_argo.runs()) - {old}
    assert on_argo.tally() == [new]
    on_argo.put(on_argo.plain(command=WAITING))  # what was stopped is begun anew when it is wanted again
    (on_argo.repo.root / "gate").touch()
    assert "reco is live\n" in on_argo.say("release")
    assert on_argo.tally() == [new, old]
