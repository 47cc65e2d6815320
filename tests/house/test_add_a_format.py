"""A report's format costs one module and one row; every command that reports then has it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
MODULE = '''\
"""Reports as comma-separated places."""

from __future__ import annotations

from bot.report.formats import Shown, View


def report(view: View) -> Shown:
    """Every finding's line and rule."""
    yield "".join(f"{finding.span.line},{finding.rule}\\n" for finding in view.report.findings)
'''
FUNCTION = """
def _csv(view: View) -> Shown:
    from bot.report import csv

    return csv.report(view)


FORMATS"""
ROW = '''    "csv": Format(_csv),
    "github"'''


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """The program with a format more, beside a wrong experiment and a wrong manifest."""
    for name in ("bot", "checks"):
        shutil.copytree(ROOT / name, tmp_path / name)
    (tmp_path / "bot" / "report" / "csv.py").write_text(MODULE, encoding="utf-8")
    table = tmp_path / "bot" / "report" / "formats.py"
    written = table.read_text(encoding="utf-8").replace('    "github"', ROW).replace("\nFORMATS", FUNCTION, 1)
    table.write_text(written, encoding="utf-8")
    (tmp_path / "experiments").mkdir()
    (tmp_path / "experiments" / "a.yaml").write_text("name: a\njobs: []\nwrong: 1\n", encoding="utf-8")
    manifest = "kind: Workflow\napiVersion: argoproj.io/v1alpha1\nmetadata: {name: a}\nspec: {entrypoint: gone}\n"
    (tmp_path / "manifest.yaml").write_text(manifest, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize(
    ("words", "line"), [(("check", "--offline"), "3,schema.unknown-key"), (("lint", "manifest.yaml"), "4,manifest.")]
)
def test_a_module_and_a_row_make_a_format(place: Path, words: tuple[str, ...], line: str) -> None:
    command = [sys.executable, "-m", "bot", *words, "--format", "csv"]
    done = subprocess.run(command, cwd=place, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (1, "")
    assert line in done.stdout


def test_a_format_without_a_plan_is_no_choice_of_plan(place: Path) -> None:
    done = subprocess.run([sys.executable, "-m", "bot", "plan", "--help"], cwd=place, capture_output=True, text=True)
    assert "--format {text,json,markdown}" in done.stdout
