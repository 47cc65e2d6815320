"""What `pytest` runs, with and without `--tier`; held on tests of their own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

pytestmark = pytest.mark.slow

TESTS = """\
import pytest
case = pytest.mark.parametrize("n", range(40))
half = pytest.mark.parametrize("kind", ["plain", pytest.param("server", marks=pytest.mark.slow)])

def test_quick(): pass

@pytest.mark.slow
def test_once(): pass

@pytest.mark.slow
@case
def test_often(n): pass

@half
@case
def test_both(n, kind): pass
"""


def collected(folder: Path, *words: str) -> list[str]:
    """The tests that would run, without their parameters, and what pytest says of the others."""
    (folder / "test_it.py").write_text(TESTS)
    marks = ("-o", "markers=slow", "-p", "tests.tiers", "-p", "no:cacheprovider", "--rootdir", str(folder))
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "--collect-only", "--strict-markers", "-c", "/dev/null", *marks, *words],
        cwd=folder, capture_output=True, text=True, env={"PYTHONPATH": str(ROOT), "PATH": ""},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return [line.rpartition("::")[2] for line in done.stdout.splitlines() if "::" in line]


def counted(names: list[str]) -> dict[str, int]:
    """How often each function is there."""
    plain = [name.partition("[")[0] for name in names]
    return {name: plain.count(name) for name in plain}


@pytest.mark.parametrize("words", [[], ["."], ["--tier", "quick"], ["--tier", "quick", "test_it.py"]])
def test_quick_has_nothing_slow(words: list[str], tmp_path: Path) -> None:
    names = collected(tmp_path, *words)
    assert counted(names) == {"test_quick": 1, "test_both": 40}
    assert not any("server" in name for name in names)


def test_a_sample_has_one_of_each_slow_test_always_the_same(tmp_path: Path) -> None:
    names = collected(tmp_path, "--tier", "sample")
    assert counted(names) == {"test_quick": 1, "test_once": 1, "test_often": 1, "test_both": 41}
    assert names == collected(tmp_path, "--tier", "sample")
    assert counted(collected(tmp_path, "--tier", "sample", "-m", "slow")) == {
        "test_once": 1, "test_often": 1, "test_both": 1,
    }  # fmt: skip


@pytest.mark.parametrize("words", [["--tier", "all"], ["test_it.py"]])
def test_all_of_them_or_all_of_a_file_that_is_named(words: list[str], tmp_path: Path) -> None:
    assert counted(collected(tmp_path, *words)) == {"test_quick": 1, "test_once": 1, "test_often": 40, "test_both": 80}


def test_one_that_is_named_runs(tmp_path: Path) -> None:
    assert collected(tmp_path, "test_it.py::test_once") == ["test_once"]
