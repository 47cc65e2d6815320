"""A check costs four files by hand, as CONTRIBUTING says; everything else follows from them."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
COPIED = ("bot", "checks", "examples", "tests", "pyproject.toml")

CHECK = '''\
"""Every job names the team that answers for it.

``no-team``
    A job has no `option.team`.

**Passes**::

    name: job-reco-als-v4
    jobs: [{name: extract, command: x, option: {team: reco}}]

**Fails**::

    name: job-reco-als-v4
    jobs: [{name: extract, command: x, option: {}}]  # <- teams.no-team
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from bot.check import Context, Experiment, Level, Port, Problem

ID = "teams"
RULES: Mapping[str, Level] = {"no-team": "error"}
REQUIRES: tuple[str, ...] = ("schema",)
NEEDS: frozenset[Port] = frozenset()
WANTS: frozenset[Port] = frozenset()


def check(experiment: Experiment, context: Context) -> Iterable[Problem]:
    """Each job by itself."""
@BODY@'''
HEAD = "name: teams-example\njobs:\n"
BY_HAND = {
    "tests/checks/teams/passes/team.yaml": HEAD + "  - {name: a, command: x, option: {team: reco}}\n",
    "tests/checks/teams/fails/team.yaml": HEAD + "  - {name: a, command: x}  # <- teams.no-team\n",
}


def copy(folder: Path) -> None:
    """What a check's tests need of the repository."""
    for name in COPIED:
        place = ROOT / name
        (shutil.copytree if place.is_dir() else shutil.copy)(place, folder / name)


def pytest_in(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """The tests of the copy, over the code of the copy."""
    env = {**os.environ, "PYTHONPATH": str(folder)}
    return subprocess.run([sys.executable, "-m", "pytest", *words], cwd=folder, capture_output=True, text=True, env=env)


def body() -> str:
    """The generator that CONTRIBUTING shows."""
    text = (ROOT / ".github" / "CONTRIBUTING.md").read_text(encoding="utf-8")
    shown = re.search(r"```python\n   def check\(.*\n((?:       .*\n)+)", text)
    assert shown is not None
    return re.sub("^   ", "", shown[1], flags=re.MULTILINE)


def test_four_files_make_a_check(tmp_path: Path) -> None:
    copy(tmp_path)
    registry = tmp_path / "checks" / "__init__.py"
    listed = registry.read_text(encoding="utf-8").replace("sync, tables", "sync, tables, teams")
    registry.write_text(
        listed.replace('"tables": tables,\n', '"tables": tables,\n    "teams": teams,\n'), encoding="utf-8"
    )
    (tmp_path / "checks" / "teams.py").write_text(CHECK.replace("@BODY@", body()), encoding="utf-8")
    for path, text in BY_HAND.items():
        (tmp_path / path).parent.mkdir(parents=True)
        (tmp_path / path).write_text(text, encoding="utf-8")
    done = pytest_in(
        tmp_path, "tests/checks/test_examples.py", "tests/checks/test_registry.py", "-k", "teams or registr"
    )
    assert done.returncode == 0, done.stdout
    assert re.search(r"[3-9] passed|\d\d passed", done.stdout), done.stdout
    said = subprocess.run(
        [sys.executable, "-m", "bot", "explain", "teams.no-team"], cwd=tmp_path, capture_output=True, text=True
    )
    assert said.stdout.startswith("teams.no-team (error)\n\nA job has no `option.team`.\n")


def test_a_check_without_an_example_is_found_out(tmp_path: Path) -> None:
    """The guard of the guard: a rule that no file shows fails the tests."""
    copy(tmp_path)
    shutil.rmtree(tmp_path / "tests" / "checks" / "dag" / "fails")
    done = pytest_in(tmp_path, "tests/checks/test_registry.py")
    assert done.returncode == 1, done.stdout
