"""The check through sameday's own command line, as a pull request meets it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

TEST = """\
name: als
jobs: [{name: infer, command: x}]
serving:
  kind: ab
  arms: [{name: control, control: true, table: reco.v3}, {name: als, table: reco.v4}]
  period: {start: 2026-11-30, end: 2026-12-21}
"""
DATA_ONLY = "name: als\njobs: [{name: infer, command: x}]\n"


def found(folder: Path, experiment: str) -> list[tuple[str, int]]:
    """The rules that find something, each with its line."""
    (folder / "experiments").mkdir()
    (folder / "experiments" / "als.yaml").write_text(experiment)
    (folder / "sameday.yaml").write_text("plugins: [hypothesis]\n")
    words = [sys.executable, "-m", "bot", "check", "--only", "hypothesis", "--format", "json"]
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True)
    (report,) = json.loads(done.stdout)["experiments"]
    return [(one["rule"], one["line"]) for check in report["checks"] for one in check["findings"]]


@pytest.mark.parametrize(
    ("experiment", "expected"),
    [
        (DATA_ONLY, []),
        (TEST, [("hypothesis.missing", 3)]),
        (TEST + "  hypothesis: It is better\n", [("hypothesis.short", 7)]),
        (TEST + "  hypothesis: More people apply if the list knows what they clicked\n", []),
    ],
)
def test_what_it_finds(tmp_path: Path, experiment: str, expected: list[tuple[str, int]]) -> None:
    assert found(tmp_path, experiment) == expected
