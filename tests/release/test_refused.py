"""What check refuses, a release and a run refuse: the experiment stays as it was, and nobody's names are taken."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from typing import Any

import pytest
import yaml

from bot.compile.traffic import salt_digest
from tests.release.conftest import Site

OLD, NEW = [(0, 0.5), (1, 0.5), (2, 0.5)], [(0, 0.9), (1, 0.9), (2, 0.9)]
SYNCED = {"store": "serving", "table": "theirs"}


def writing(site: Site, name: str, table: str, scores: str = "old", **more: Any) -> dict[str, Any]:
    """An experiment that writes `table`, in warehouse and store."""
    made = site.experiment(name, scores, **more)
    made["outputs"]["scores"] |= {"table": f"main.{table}", "sync": {"store": "serving", "table": table}}
    return dict(made)


def test_two_files_of_one_name(site: Site) -> None:
    """Merged by two pull requests that were both sound; the first by path took the other one's place."""
    site.put(site.plain("one"))
    site.release()
    before = site.flag("one")
    site.repo.write("experiments/aaa.yaml", yaml.safe_dump(site.plain("one", serving=site.split(70)), sort_keys=False))
    site.repo.commit("another one")
    said = site.release(code=1)
    assert "experiments/aaa.yaml:1:7: schema.duplicate-name: the name 'one' is taken by experiments/one.yaml" in said
    assert "experiments/one.yaml:1:7: schema.duplicate-name: the name 'one' is taken by experiments/aaa.yaml" in said
    assert site.flag("one") == before


@pytest.mark.parametrize(
    ("dependencies", "rule"),
    [(["infer"], "dag.self"), (["nobody"], "dag.unknown-job"), (["other"], "dag.cycle")],
)
def test_a_graph_that_no_engine_can_run(site: Site, dependencies: list[str], rule: str) -> None:
    made = site.plain()
    made["jobs"][0]["dependencies"] = dependencies
    made["jobs"].append({"name": "other", "command": "true", "dependencies": ["infer"]})
    site.put(made, site.plain("sound"))
    said = site.release(code=1)
    assert f"reco was not released: {rule} at experiments/reco.yaml:" in said
    assert (site.flag("reco"), site.ledger("reco")) == (None, [])
    assert site.flag("sound") is not None, "it has nothing to do with that"
    site.say("run", "reco", "--unreleased", code=1)
    assert {run[:5] for run in site.runs()} == {"sound"}


def test_two_experiments_that_write_one_table(site: Site) -> None:
    site.put(writing(site, "aa", "shared"), writing(site, "bb", "shared"), site.plain("sound"))
    said = site.release(code=1)
    for name in ("aa", "bb"):
        assert f"experiments/{name}.yaml" in said
        assert site.ledger(name) == []
    assert "tables.shared-output" in said
    assert "sync.shared-target" in said
    assert site.flag("sound") is not None
    site.release("--experiment", "sound")  # ends with 0: the others' faults are no matter of a named one


def test_two_tests_on_the_same_slots(site: Site) -> None:
    """Merged by two pull requests that were both sound: users see neither test beside the other."""
    half = {**site.split(50), "slots": {"end": 5_000}}
    site.put(site.plain("one", serving=half))
    site.release()
    site.put(site.plain("two", serving=half))
    said = site.release(code=1)
    assert "one has the slots 0 to 5,000 of the layer 'default' on the same days" in said
    assert site.flag("two") is None
    assert site.flag("one") is not None
    site.put(site.plain("two", serving={**half, "slots": {"start": 5_000}}))
    assert "two is live" in site.release()


def test_the_ledger_knows_a_test_that_is_gone(site: Site) -> None:
    """Its name comes back with other days: the same users would be in the same arms."""
    site.put(site.plain())
    site.release()
    assert site.ledger()[-1]["item"]["trial"] == {
        "phase": 1, "salt": salt_digest("reco:1"), "layer": "default", "slots": [0, 10_000],
        "start": "2026-01-01", "end": "2199-01-01",
    }  # fmt: skip
    site.drop("reco")
    site.release()
    later = {"start": "2026-02-02", "end": "2199-01-01"}
    site.put(site.plain(serving=site.split(20, **later)))
    said = site.release(code=1)
    assert "traffic.reused-salt" in said
    site.put(site.plain(serving={**site.split(20, **later), "phase": 2}))
    assert "reco is live" in site.release()


def test_an_unknown_store(site: Site) -> None:
    made = site.experiment()
    made["outputs"]["scores"]["sync"]["store"] = "nowhere"
    site.put(made)
    said = site.release(code=1)
    assert "sync.unknown-store: the settings have no store 'nowhere'" in said
    assert site.ledger() == []


@pytest.mark.slow
def test_names_are_neither_swapped_nor_handed_over(site: Site) -> None:
    site.put(writing(site, "aa", "t1"), writing(site, "bb", "t2", "new"))
    site.release()
    site.put(writing(site, "aa", "t2"), writing(site, "bb", "t1", "new"))
    sentence = "main.t2 is bb's, and a name has one owner"
    for words in (["check"], ["release"]):
        said = site.say(*words, code=1)
        assert sentence in said
        assert "serving.t2 is bb's, and a name has one owner" in said
    assert (site.served("t1"), site.served("t2")) == (OLD, NEW)
    site.put(writing(site, "aa", "t2"), writing(site, "bb", "t3", "new", before="exit 3"))
    assert "main.t2 is bb's" in site.release(code=1)
    assert (site.served("t1"), site.served("t2")) == (OLD, NEW)


@pytest.mark.slow
def test_a_strangers_table_is_refused_by_check_and_release(site: Site) -> None:
    (site.kept / "warehouse").mkdir(parents=True, exist_ok=True)
    (site.repo.root / "new.parquet").rename(site.kept / "warehouse" / "main.reco.parquet")
    site.put(site.experiment())
    said = site.say("check", code=1)
    assert "a table main.reco is there already, and is not sameday's" in said
    assert "a table main.reco is there already, and is not sameday's: `adopt: true` takes" in site.release(code=1)
    assert site.warehouse() == NEW
    adopted = site.experiment()
    adopted["outputs"]["scores"]["adopt"] = True
    site.put(adopted)
    site.say("check")
    site.release()
    assert (site.warehouse(), site.warehouse("reco__before_sameday")) == (OLD, NEW)


@pytest.mark.slow
def test_a_rename_serves_at_every_moment(site: Site, start: Callable[..., subprocess.Popen[bytes]]) -> None:
    site.put(site.experiment())
    site.release()
    split = site.flag()
    site.drop("reco")
    site.put(writing(site, "reco2", "reco", "new", before="sleep 3", renamed_from="reco"))
    site.say("check")
    process, gaps, moments = start("release"), 0, 0
    while process.poll() is None:
        gaps += not (site.flag("reco") or site.flag("reco2"))
        moments += site.flag("reco") == split and site.served() == OLD
        time.sleep(0.05)
    assert (process.returncode, gaps) == (0, 0)
    assert moments > 20, "it was watched"
    assert (site.flag("reco"), site.served()) == (None, NEW)
    assert site.flag("reco2")["metadata"]["salt"] == split["metadata"]["salt"]
    assert site.scheduled("reco") is None


def moved(site: Site, heir: dict[str, Any]) -> Any:
    """Put another file in the place of what is live; the flag that is."""
    site.put(site.experiment())
    site.release()
    site.drop("reco")
    site.put(heir)
    return site.flag()


@pytest.mark.slow
def test_a_rename_that_fails_leaves_the_old_one_live(site: Site) -> None:
    before = moved(site, writing(site, "reco2", "reco", "new", before="exit 3", renamed_from="reco"))
    said = site.release(code=1)
    assert "it stays until reco2, which takes its place, is live" in said
    assert (site.flag("reco"), site.flag("reco2"), site.served()) == (before, None, OLD)
    site.release(code=1)
    assert (site.flag("reco"), site.served()) == (before, OLD), "nor does it go when the other one is on hold"
    site.put(writing(site, "reco2", "reco", "new", renamed_from="reco"))
    site.release()
    assert (site.flag("reco"), site.served()) == (None, NEW)


@pytest.mark.slow
def test_a_rename_that_changes_nothing_else(site: Site) -> None:
    moved(site, writing(site, "reco2", "reco", renamed_from="reco"))
    site.release()
    assert (site.flag("reco"), site.served()) == (None, OLD)
    assert site.shown().startswith("reco2-")  # type: ignore[union-attr]


@pytest.mark.slow
def test_a_rename_without_a_word_takes_no_names(site: Site) -> None:
    before = moved(site, writing(site, "reco2", "reco", "new"))
    said = site.release(code=1)
    assert "main.reco is reco's, and a name has one owner" in said
    assert "`renamed_from: reco`" in said
    assert "it stays until reco2, which takes its place, is live" in said
    assert (site.served(), site.flag("reco")) == (OLD, before), "somebody is served all the same"
    assert site.flag("reco2") is None


def test_who_deletes_what_others_read_reads_their_lines(site: Site) -> None:
    made = site.experiment("up", serving=None)
    del made["serving"]
    reads = {"up": {"experiment": "up", "output": "scores", "columns": {"score": "FLOAT64"}}}
    site.put(made, site.plain("down", inputs=reads))
    site.repo.git("branch", "-q", "base")
    site.drop("up")
    for words in (["check", "--base", "base"], ["check"]):
        said = site.say(*words, code=1)
        assert "experiments/down.yaml:" in said
        assert "there is no experiment 'up'" in said
    said = site.release(code=1)
    assert "down was not released: dag.unknown-experiment at experiments/down.yaml:" in said
    assert site.flag("down") is None
