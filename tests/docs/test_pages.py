"""Every code block of the documents: run as a reader runs it, or held in another way that `elsewhere` names."""

from __future__ import annotations

import importlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from bot.experiment.load import load
from bot.report import manual
from tests.docs.blocks import ROOT, blocks, pages
from tests.docs.elsewhere import ELSEWHERE
from tests.docs.play import Page
from tests.far.postgresql import Server

PLAYED = {
    "docs/guides/backfill.md", "docs/guides/bad-data.md",
    "docs/guides/from-cronworkflows.md", "docs/guides/from-dagg.md", "docs/guides/lint.md",
    "docs/guides/metrics.md", "docs/guides/off.md", "docs/guides/on-call.md",
    "docs/guides/plugin.md", "docs/guides/pull-requests.md", "docs/guides/release.md", "docs/guides/rollback.md",
    "docs/guides/running-test.md", "docs/guides/serving.md", "docs/guides/winner.md",
    "docs/platform/postgresql.md", "docs/reference/environment.md", "docs/reference/json.md", "docs/start.md",
}  # each by a test of its own, so that a sample of the slow tests plays all  # fmt: skip
MADE = {"docs/reference/rules.md"}  # of the checks' manuals, whose examples tests/checks/test_examples.py checks
ROLES = ("sameday_release", "sameday_check", "app")  # that docs/platform/postgresql.md makes
STARTED = "## 7."  # where the pages that go on from Start begin
Play = Callable[..., None]


@pytest.fixture
def play(tmp_path: Path) -> Play:
    """Plays a page in an empty folder, or after Start; SAMEDAY_UPDATE=1 writes what commands print into it."""

    def played(path: str, *, after_start: bool = False, **env: str) -> None:
        folder = tmp_path / "experiments"
        folder.mkdir()
        if after_start:
            Page(ROOT / "docs" / "start.md", folder).play(until=STARTED)
        Page(ROOT / path, folder, bool(os.environ.get("SAMEDAY_UPDATE")), env).play()

    return played


@pytest.mark.slow
def test_start(play: Play) -> None:
    play("docs/start.md")


@pytest.mark.slow
def test_environment(play: Play) -> None:
    play("docs/reference/environment.md")


@pytest.mark.slow
def test_json(play: Play) -> None:
    play("docs/reference/json.md")


@pytest.mark.slow
def test_pull_requests(play: Play) -> None:
    play("docs/guides/pull-requests.md", after_start=True)


@pytest.mark.slow
def test_release(play: Play) -> None:
    play("docs/guides/release.md", after_start=True)


@pytest.mark.slow
def test_rollback(play: Play) -> None:
    play("docs/guides/rollback.md", after_start=True)


@pytest.mark.slow
def test_off(play: Play) -> None:
    play("docs/guides/off.md", after_start=True)


@pytest.mark.slow
def test_on_call(play: Play) -> None:
    play("docs/guides/on-call.md", after_start=True)


@pytest.mark.slow
def test_bad_data(play: Play) -> None:
    play("docs/guides/bad-data.md", after_start=True)


@pytest.mark.slow
def test_backfill(play: Play) -> None:
    play("docs/guides/backfill.md", after_start=True)


@pytest.mark.slow
def test_serving(play: Play) -> None:
    play("docs/guides/serving.md", after_start=True)


@pytest.mark.slow
def test_running_test(play: Play) -> None:
    play("docs/guides/running-test.md", after_start=True)


@pytest.mark.slow
def test_winner(play: Play) -> None:
    play("docs/guides/winner.md", after_start=True)


@pytest.mark.slow
def test_lint(play: Play) -> None:
    play("docs/guides/lint.md")


@pytest.mark.slow
def test_metrics(play: Play) -> None:
    play("docs/guides/metrics.md")


@pytest.mark.slow
def test_from_cronworkflows(play: Play) -> None:
    play("docs/guides/from-cronworkflows.md")


@pytest.mark.slow
def test_from_dagg(play: Play) -> None:
    play("docs/guides/from-dagg.md")


@pytest.mark.slow
def test_postgresql(play: Play, server: Server) -> None:
    """With the roles that the page makes, and no right beyond theirs."""
    path = "docs/platform/postgresql.md"
    (roles,) = (block for block in blocks((ROOT / path).read_text(encoding="utf-8")) if block.value == "roles")
    own = server.database()
    name = own.rpartition("=")[2]
    with psycopg.connect(own, autocommit=True) as connection:
        connection.execute(roles.text.replace("DATABASE postgres", f"DATABASE {name}"))
    try:
        as_role = {who: own.replace("user=postgres", f"user={who}") for who in ROLES}
        play(path, SERVING_DSN=as_role["sameday_release"], SERVING_CHECK_DSN=as_role["sameday_check"])
        with psycopg.connect(as_role["app"]) as connection:
            assert connection.execute("SELECT count(*) FROM serving.first_v1").fetchone() == (100,)
    finally:
        with psycopg.connect(own, autocommit=True) as connection:
            for role in ROLES:
                connection.execute(f"DROP OWNED BY {role} CASCADE; DROP ROLE {role}")


@pytest.fixture(scope="module")
def plugin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example of a plugin, installed in a folder of its own without a network."""
    folder = tmp_path_factory.mktemp("plugin")
    source = shutil.copytree(ROOT / "examples" / "plugin", folder / "source")
    uv = [str(Path(sys.executable).parent / "uv"), "pip", "install", "--quiet", "--offline", "--no-config"]
    into = ["--python", sys.executable, "--target", str(folder / "installed"), "--no-deps", "--no-build-isolation"]
    subprocess.run([*uv, *into, str(source)], check=True)
    return folder / "installed"


@pytest.mark.slow
def test_plugin(play: Play, plugin: Path) -> None:
    play("docs/guides/plugin.md", PYTHONPATH=str(plugin))


@pytest.mark.slow
def test_the_tests_of_the_plugin_pass(plugin: Path, tmp_path: Path) -> None:
    tests = shutil.copytree(ROOT / "examples" / "plugin" / "tests", tmp_path / "tests")
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(plugin), str(ROOT)])}
    words = [sys.executable, "-m", "pytest", "--quiet", "-p", "no:cacheprovider", "--rootdir", str(tests), str(tests)]
    done = subprocess.run(words, cwd=tests, capture_output=True, text=True, env=env)
    assert done.returncode == 0, done.stdout
    assert "4 passed" in done.stdout


@pytest.mark.slow
def test_the_manual_of_the_plugin_is_true(plugin: Path, tmp_path: Path) -> None:
    """Its two experiments are what it says of them."""
    sys.path.insert(0, str(plugin))
    try:
        module = importlib.import_module("acme_sameday_checks.hypothesis")
    finally:
        sys.path.remove(str(plugin))
    for name, text in manual.examples(module).items():
        experiment = load("als.yaml", text.encode())
        expected = [line.rpartition("# <- ")[2] for line in text.splitlines() if "# <- " in line]
        found = [f"{module.ID}.{problem.rule}" for problem in module.check(experiment, None)]
        assert (found == []) == (name == "Passes")
        assert found == expected


def test_each_block_is_run_or_held_in_a_way_that_has_a_name() -> None:
    """No block is passed over in silence."""
    for path in pages():
        played = path in PLAYED
        for block in blocks((ROOT / path).read_text(encoding="utf-8")):
            where = f"{path}:{block.line}"
            if block.note == "elsewhere" and block.value != "roles":
                ELSEWHERE[block.value][1](block)
            elif path in MADE or block.value == "roles":
                continue
            else:
                assert played, f"{where}: play the page, or say above the block how it is held"
                assert block.note in ("file", "same") or block.language in ("sh", "console"), where


def test_each_played_page_has_its_test() -> None:
    text = Path(__file__).read_text(encoding="utf-8")
    assert all(f'"{path}"' in text.partition("}  #")[2] for path in PLAYED)
