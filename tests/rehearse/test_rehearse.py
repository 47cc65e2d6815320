"""`sameday rehearse`: the whole story, what it leaves, and where it stops."""

from __future__ import annotations

import json
import os
import re
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.conftest import Repo
from tests.some import some

ROOT = Path(__file__).parents[2]
GOLDEN = Path(__file__).parent / "golden"
STAGE = "rehearsal"


@pytest.fixture(scope="module")
def rehearsed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Any]:
    """The examples, rehearsed in an empty folder."""
    place = tmp_path_factory.mktemp("rehearsed")
    done = subprocess.run(
        [sys.executable, "-m", "bot", "rehearse", str(ROOT / "examples")], cwd=place, capture_output=True, text=True,
        stdin=subprocess.DEVNULL, timeout=110, env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    return place / STAGE, done


def days(stage: Path) -> tuple[date, date]:
    """The first day of the experiment with a schedule, and the next."""
    (first,) = re.findall(r"Serves <code>next-locale-v2-[0-9a-f]{8}-(\d{8})</code>", (stage / "release.md").read_text())
    found = date.fromisoformat(f"{first[:4]}-{first[4:6]}-{first[6:]}")
    return found, found + timedelta(days=1)


def plain(text: str) -> str:
    """Without what is another at every rehearsal: days, keys, commits, durations, which of two jobs began first."""
    text = re.sub(r"\d{4}-\d\d-\d\d", "DAY", text)
    text = re.sub(r"\b([0-9a-f]{8})(-|&#95;)\d{8}\b", r"KEY\2DAY", text)
    text = re.sub(r"\b(next-locale-v2|sample)-[0-9a-f]{8}\b", r"\1-KEY", text)
    text = re.sub(r"(?<=\| )\d+\.\d(?= \|)", "0.0", text)
    text = re.sub(
        r"(^\| <code>.*\n)+", lambda rows: "".join(sorted(rows[0].splitlines(True))), text, flags=re.MULTILINE
    )
    return re.sub(r"<sub>of <code>[0-9a-f]{12}</code></sub>", "<sub>of <code>COMMIT</code></sub>", text)


def test_the_story_is_told_to_its_end(rehearsed: tuple[Path, Any]) -> None:
    stage, done = rehearsed
    assert (done.returncode, done.stderr) == (0, "")
    _, tomorrow = days(stage)
    heads = [line for line in done.stdout.splitlines() if re.match(r"[1-9]  ", line)]
    assert heads == [
        "1  The pull request: it adds experiments/dagg.yaml and experiments/next-locale.yaml",
        "2  The plan: merging this will",
        "3  The merge: released by itself",
        f"4  The next day: next-locale-v2 runs for {tomorrow}, by its schedule",
        "5  A change of next-locale-v2 that turns out to be bad: released, and rolled back",
    ]
    for name in ("sample", "next-locale-v2"):
        assert f"\n{name} is live\n" in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 140


def test_a_bad_release_is_rolled_back_in_flag_store_and_warehouse(rehearsed: tuple[Path, Any]) -> None:
    _, done = rehearsed
    table = done.stdout.partition("what is read gives the place of")[2].partition("\n\n")[0].splitlines()[1:]
    rows = [re.fullmatch(r"  (.+?)  +([0-9a-f]{8})  ([0-9a-f]{8})  ([0-9a-f]{8})", line) for line in table]
    read = [some(row).groups() for row in rows]
    assert [what for what, *_ in read] == [
        "the flag next-locale-v2", "catalogue.next_locale_weights", "catalogue.next_locale_neighbours",
        "catalogue.next_locale_popular", "catalogue.next_locale_v2", "serving.next_locale_v2",
    ]  # fmt: skip
    (was,) = {before for _, before, _, _ in read}
    (bad,) = {released for _, _, released, _ in read}
    assert was != bad
    assert {back for *_, back in read} == {was}


def test_everything_it_names_is_there(rehearsed: tuple[Path, Any]) -> None:
    stage, done = rehearsed
    named = re.findall(rf"^  {STAGE}/(\S+) ", done.stdout, re.MULTILINE)
    assert named == [
        "comment.md", "report.json", "plan.json", "manifests", "release.md", "flags", "warehouse", "engine/runs",
        "serving.sqlite",
    ]  # fmt: skip
    assert all((stage / name).exists() for name in named)
    assert json.loads((stage / "report.json").read_text())["verdict"] == "passed"
    assert sorted(path.name for path in (stage / "manifests").iterdir()) == ["next-locale-v2.yaml", "sample.yaml"]


@pytest.mark.parametrize("name", ["comment.md", "release.md"])
def test_what_is_posted(rehearsed: tuple[Path, Any], golden: Callable[[Path, str], None], name: str) -> None:
    golden(GOLDEN / name, plain((rehearsed[0] / name).read_text(encoding="utf-8")))


def test_day_two_is_what_is_served(rehearsed: tuple[Path, Any]) -> None:
    stage, _ = rehearsed
    today, tomorrow = days(stage)
    store = sqlite3.connect(stage / "serving.sqlite")
    (count,) = store.execute("SELECT count(*) FROM next_locale_v2").fetchone()
    shown = store.execute("SELECT DISTINCT dt FROM next_locale_v2").fetchall()
    store.close()
    table = stage / "warehouse" / "catalogue.next_locale_v2.parquet"
    sql = f"SELECT dt, count(*) FROM read_parquet('{table}') GROUP BY dt ORDER BY dt"
    assert some(duckdb.sql(sql)).fetchall() == [(today, count), (tomorrow, count)]
    assert shown == [(str(tomorrow),)]
    assert count >= 2000


def test_the_flag_set_is_one_that_flagd_reads(rehearsed: tuple[Path, Any]) -> None:
    (file,) = (rehearsed[0] / "flags").glob("*.flagd.json")
    flags = json.loads(file.read_text())["flags"]
    assert list(flags) == ["next-locale-v2"]
    openfeature = pytest.importorskip("bot.flags.openfeature")
    pytest.importorskip("openfeature")
    found = openfeature.OpenFeature().variants("next-locale-v2", flags["next-locale-v2"], [{"targetingKey": "u"}])
    assert set(found) <= {"none", "control", "next-locale"}


def write(repo: Repo, text: str) -> None:
    """One experiment in a repository, and the table that it serves."""
    warehouse = repo.root / ".sameday" / "warehouse"
    warehouse.mkdir(parents=True)
    some(duckdb.sql("select 1 as id")).write_parquet(str(warehouse / "main.new.parquet"))
    repo.write("experiments/reco.yaml", "name: reco\n" + text)
    repo.commit("an experiment")


SERVED = "serving: {kind: all, arm: {name: new, table: main.new}}\nschedule: {cron: 0 4 * * *}\n"


def test_it_stops_where_a_check_fails(repo: Repo) -> None:
    write(repo, "jobs:\n  - {name: a, command: touch ran, dependencies: [a]}\n")
    said = repo.sameday("rehearse")
    assert said.code == 1
    assert "error [dag.self]" in said.out
    assert "3  The merge" not in said.out
    assert "It stopped here; what it left\n  rehearsal/comment.md" in said.out
    stage = repo.root / STAGE
    assert "1 problem to fix" in (stage / "comment.md").read_text()
    assert not (stage / "release.md").exists()
    assert not (stage / "engine" / "runs").exists()


def test_it_stops_where_a_job_fails(repo: Repo) -> None:
    write(repo, SERVED + "jobs:\n  - {name: a, command: 'echo too little memory; exit 7'}\n")
    said = repo.sameday("rehearse")
    assert said.code == 1
    assert "reco failed at generate: a ended with exit code 7\n  end of the log of a:\n  | too little" in said.out
    assert "4  The next day" not in said.out
    stage = repo.root / STAGE
    assert "**❌ sameday: 1 of 1 experiment not released**" in (stage / "release.md").read_text()
    assert not list((stage / "flags").glob("*.flagd.json"))
    assert not (stage / "engine" / "schedules").exists()


def test_what_did_not_go_live_is_not_rolled_back(repo: Repo) -> None:
    """The change that was to turn out bad fails at once: a rollback would take back the release before."""
    count = repo.root / "count"
    command = f"echo x >> {count} && test $(wc -l < {count}) -lt 2 && cp new.parquet $SAMEDAY_OUTPUT_O"
    output = "outputs: {o: {table: main.o, job: a, columns: {id: INT64}}}"
    serving = "serving: {kind: all, arm: {name: new, output: o}}"
    write(repo, f"{output}\n{serving}\njobs: [{{name: a, command: {command}}}]\n")
    some(duckdb.sql("select 1::bigint as id")).write_parquet(str(repo.root / "new.parquet"))
    repo.commit("its rows")
    said = repo.sameday("rehearse")
    assert said.code == 1
    assert "reco failed at generate: a ended with exit code 1\n" in said.out
    assert "what is read gives the place of" not in said.out
    flags = json.loads((repo.root / STAGE / "flags" / "experiments.flagd.json").read_text())["flags"]
    assert list(flags) == ["reco"]


@pytest.mark.slow
def test_a_second_rehearsal_takes_the_place_of_the_first(repo: Repo) -> None:
    write(repo, SERVED + "jobs:\n  - {name: a, command: 'true'}\n")
    assert repo.sameday("rehearse").code == 0
    repo.write(f"{STAGE}/left", "from the first one")
    assert repo.sameday("rehearse", "experiments/reco.yaml").code == 0
    assert not (repo.root / STAGE / "left").exists()
    assert repo.git("status", "--short", "--untracked-files=no") == ""
    assert [path.name for path in (repo.root / ".sameday").iterdir()] == ["warehouse"]


def test_a_folder_that_is_no_rehearsal_is_left_alone(repo: Repo) -> None:
    write(repo, "jobs: [{name: a, command: 'true'}]\n")
    repo.write(f"{STAGE}/mine.txt", "dear to me")
    said = repo.sameday("rehearse")
    assert said.code == 2
    assert said.err == (
        f"sameday: {repo.root / STAGE} exists and is no rehearsal; move it away, or rehearse in another folder\n"
    )
    assert (repo.root / STAGE / "mine.txt").read_text() == "dear to me"


def test_without_experiments_it_says_where_they_live(repo: Repo) -> None:
    said = repo.sameday("rehearse")
    assert said.code == 2
    assert "they live at experiments/**/*.yaml, experiments/**/*.yml" in said.err


def test_what_git_ignores_stays_behind(repo: Repo) -> None:
    """Secrets and large files are not copied, pipes do not stop it, and its folder is nobody's commit."""
    repo.write(".gitignore", "data/\n.env\n")
    repo.write(".env", "TOKEN=x\n")
    repo.write("data/large", "x" * 1_000)
    repo.write("jobs/one.sh", "true\n")
    repo.write("experiments/new.yaml", "name: new\njobs: [{name: j, command: sh jobs/one.sh}]\nsources: [jobs/**]\n")
    os.mkfifo(repo.root / "pipe")
    said = repo.sameday("rehearse")
    assert said.code == 0, said.out + said.err
    copied = repo.root / "rehearsal" / "repository"
    assert not [name for name in (".env", "data", "pipe") if (copied / name).exists()]
    assert (copied / "jobs" / "one.sh").exists()
    repo.git("add", "--all")
    assert not [path for path in repo.git("ls-files").split() if path.startswith("rehearsal")]
