"""When something fails: what was served is still served, and what happens next."""

from __future__ import annotations

import sqlite3
import subprocess
from collections.abc import Callable
from typing import Any

import pytest

from tests.release.conftest import TOP, Site
from tests.some import some

pytestmark = pytest.mark.slow


def late(site: Site) -> dict[str, Any]:
    """A job after the one that writes fails."""
    made = site.experiment(scores="new")
    made["jobs"].append({"name": "late", "command": "exit 4", "dependencies": ["infer"]})
    return dict(made)


def in_the_way(site: Site) -> dict[str, Any]:
    """Somebody else's table has the name that is asked for."""
    made = site.experiment(scores="new")
    made["outputs"]["scores"]["sync"]["table"] = "plain"
    return dict(made)


def test_what_was_served_is_still_served(site: Site) -> None:
    site.put(site.experiment())
    site.release()
    before = (site.flag(), site.served(), site.shown(), site.scheduled())
    warehouse = site.warehouse()
    with sqlite3.connect(site.kept / "serving.sqlite") as store:
        store.execute("CREATE TABLE plain (mine TEXT)")
    store.close()
    for changed, why in [
        (late(site), "reco failed at generate: late ended with exit code 4\n"),
        (site.experiment(scores="twice"), "sameday: scores: 1 rows repeat a key (id): (7) is in 2 rows\n"),
        (
            in_the_way(site),
            "sameday: plain cannot be synced: a plain table plain is already there",
        ),
    ]:
        site.put(changed)
        said = site.release(code=1)
        assert why in said
        assert f"  serves {before[2]}\n" in said
        assert (site.flag(), site.served(), site.shown(), site.scheduled()) == before
        assert site.warehouse() == warehouse, "a run writes into its own place"


def test_data_and_flag_change_together(site: Site) -> None:
    site.put(site.experiment())
    site.release()
    shown = site.shown()
    flags = site.kept / "flags" / "experiments.flagd.json"
    whole = flags.read_text()
    flags.write_text("half a file")
    site.put(site.experiment(scores="new", owner="@acme/reco"))
    said = site.release(code=3)
    assert "reco could not go on at switch: the flag set " in said
    assert "next: run `sameday release` again when the backend is back" in said
    assert some(site.scheduled()) in some(shown)
    assert (site.shown(), site.served()) == (shown, [(0, 0.5), (1, 0.5), (2, 0.5)]), "nothing changes before the flag"
    flags.write_text(whole)
    assert "is being released, at switch since" in site.say("status")
    assert "reco is live\n" in site.release()
    assert site.served() == [(0, 0.9), (1, 0.9), (2, 0.9)]
    assert site.flag()["metadata"]["owner"] == "@acme/reco"
    assert len(site.tally()) == 2


def test_a_failed_one_waits_for_a_person_or_its_file(site: Site) -> None:
    broken = site.plain(command=f"test -e {TOP}/ready")
    site.put(broken)
    site.release(code=1)
    said = site.release()
    assert "reco is on hold: generate failed: infer ended with exit code 1\n  serves nothing\n" in said
    assert len(site.runs()) == 1
    site.repo.write(".gitignore", ".sameday/\ntally.txt\nready\n")
    site.repo.commit("ignore")
    site.repo.write("ready", "")
    assert "is on hold" in site.release()
    assert "reco is live\n" in site.release("--experiment", "reco")
    first, second = site.runs()
    assert (second, site.tally()) == (f"{first}-2", [second])


def test_a_changed_file_lifts_the_hold(site: Site) -> None:
    site.put(site.plain(command="false"))
    site.release(code=1)
    site.put(site.plain())
    assert "reco is live\n" in site.release()
    assert site.release() == "nothing differs from what is released\n"


def test_more_memory_lifts_the_hold_with_a_new_attempt(site: Site) -> None:
    small = site.plain(command=f"test -e {TOP}/ready")
    site.put(small)
    site.release(code=1)
    small["jobs"][0]["resources"] = {"memory": "8Gi"}
    site.repo.write("ready", "")
    site.put(small)
    assert "reco is live\n" in site.release()
    assert [run.count("-") for run in site.runs()] == [2, 3]


def test_a_reader_waits_for_its_writer(site: Site) -> None:
    def writer(scores: str) -> dict[str, Any]:
        made = site.experiment("writer", scores)
        made["outputs"]["scores"].pop("sync")
        made["serving"] = site.split(20)
        return dict(made)

    inputs = {"x": {"experiment": "writer", "output": "scores"}}
    reader = site.plain("a-reader", "cmp old.parquet $SAMEDAY_INPUT_X", inputs=inputs)
    site.put(writer("nothing"), reader)
    blocked = "a-reader was not released: it reads an output of writer, whose release is not through\n"
    said = site.release(code=1)
    assert blocked in said
    assert "it follows by itself once that is put right" in said
    assert blocked in site.release(code=1)  # the writer is on hold, and no run was begun
    assert blocked in site.release("--experiment", "a-reader", code=1)
    assert (site.ledger("a-reader"), len(site.runs())) == ([], 1)
    site.put(writer("old"))
    said = site.release()
    assert said.index("writer settle done") < said.index("a-reader apply started")
    assert "a-reader is live\n" in said


def test_readers_of_each_other_are_never_under_way(site: Site) -> None:
    output = {"columns": {"id": "INT64"}, "job": "infer"}
    for name, other in (("a", "b"), ("b", "a")):
        inputs = {"x": {"experiment": other, "output": "out"}}
        site.put(site.plain(name, inputs=inputs, outputs={"out": {**output, "table": f"main.{name}"}}))
    said = site.release(code=1)
    assert said.count("was not released: dag.experiment-cycle at experiments/") == 2


def test_a_missing_writer_stops_its_reader_only(site: Site) -> None:
    reader = site.plain("reader", inputs={"x": {"experiment": "nobody", "output": "out"}})
    site.put(reader, site.plain("other"))
    said = site.release(code=1)
    assert "reader was not released: dag.unknown-experiment at experiments/reader.yaml:" in said
    assert "other is live\n" in said


def test_one_release_at_a_time(
    site: Site, until: Callable[[Callable[[], object]], None], start: Callable[..., subprocess.Popen[bytes]]
) -> None:
    site.put(site.plain(command=f"timeout 60 sh -c 'while [ ! -e {TOP}/gate ]; do sleep 0.02; done'"))
    first = start("release")
    until(site.runs)
    said = site.repo.sameday("release")
    assert said.code == 1
    commit = site.repo.git("rev-parse", "HEAD")[:10]
    assert said.err.endswith(f" at {commit}); run again when it is done\n")
    assert "sameday: another release is at work here (" in said.err
    assert "reco was never released here" in site.say("rollback", "reco", code=2), "it waits for nobody's jobs"
    (site.repo.root / "gate").touch()
    assert first.wait(60) == 0
    assert "reco is live" in site.say("status")


def test_an_outage_within_a_first_run_is_no_failure(site: Site) -> None:
    """What did not answer while the run synced is asked again by the next release, which nobody has to name."""
    store = site.kept / "serving.sqlite"
    store.mkdir(parents=True)
    site.put(site.experiment())
    said = site.release(code=3)
    assert (
        "reco could not go on at generate: its run met an outage: sameday-keep got no answer from a backend\n" in said
    )
    assert site.flag() is None
    assert "on hold" not in site.say("plan")
    store.rmdir()
    assert "reco is live\n" in site.release()
    assert site.served() == [(0, 0.5), (1, 0.5), (2, 0.5)]
    assert len(site.runs()) == 2
