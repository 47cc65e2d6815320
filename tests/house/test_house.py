"""The repository keeps its own conventions: what is generated is current, what is listed is complete."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from tests.update import GENERATED

ROOT = Path(__file__).parents[2]
CODE = [path for folder in ("bot", "checks") for path in sorted((ROOT / folder).rglob("*.py"))]


@pytest.mark.parametrize("path", GENERATED)
def test_generated_files_are_current(path: str) -> None:
    assert (ROOT / path).read_text(encoding="utf-8") == GENERATED[path](), "run python -m tests.update"


def test_every_part_of_bot_has_its_layer() -> None:
    """import-linter passes over a module that no layer names."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
    layers = " ".join(settings["contracts"][0]["layers"])
    named = set(re.findall(r"bot\.(\w+)", layers))
    parts = {path.stem for path in (ROOT / "bot").iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()}
    assert parts - {"__init__", "__main__"} <= named


@pytest.mark.parametrize("word", ["os.environ", "sys.argv"])
def test_only_the_command_line_reads_the_world(word: str) -> None:
    found = {path.relative_to(ROOT).parts[1] for path in CODE if word in path.read_text(encoding="utf-8")}
    assert found <= {"cli"}


def test_no_address_in_the_locks() -> None:
    """A lock names versions and hashes, and nobody's mirror."""
    for path in (ROOT / "requirements.lock", ROOT / "tests" / "requirements.lock"):
        assert "://" not in path.read_text(encoding="utf-8")


def test_modules_stay_small() -> None:
    """A module that is too long for one reading has two subjects."""
    long = {
        str(path.relative_to(ROOT)): n for path in CODE if (n := path.read_text(encoding="utf-8").count("\n")) > 260
    }
    assert not long


def test_links_lead_to_files_that_are_there() -> None:
    """In every document that a newcomer reads."""
    for document in (ROOT / "README.md", ROOT / "examples" / "README.md", ROOT / ".github" / "CONTRIBUTING.md"):
        for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", document.read_text(encoding="utf-8")):
            assert (document.parent / target).exists(), f"{document.name}: {target}"


SCRIPTS = [*sorted((ROOT / ".ci").iterdir()), ROOT / "Makefile", ROOT / ".pre-commit-config.yaml"]
SCRIPTS += sorted((ROOT / ".github" / "workflows").iterdir())
WRITTEN = {".github/workflows/sameday.yml"}  # by `sameday init`, elsewhere
NAMED = re.compile(
    r"(?<![\w./-])(?:\.ci|\.github|bot|checks|examples|tests)/[\w./{},*-]*\w|(?<=python -m )(?:bot|tests)\.[\w.]+"
)


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_scripts_name_files_that_are_there(script: Path) -> None:
    """Whoever moves a file hears of it here, and not from a nightly run."""
    for name in set(NAMED.findall(script.read_text(encoding="utf-8"))) - WRITTEN:
        module = name.startswith(("bot.", "tests."))
        pattern = f"{name.replace('.', '/')}.py" if module else re.sub(r"\{.*\}", "*", name)
        assert list(ROOT.glob(pattern)), f"{script.name}: {name}"


def test_every_script_is_run_by_another_or_said_to_be_for_people() -> None:
    """None is left over."""
    texts = "".join(path.read_text(encoding="utf-8") for path in SCRIPTS)
    assert all(f".ci/{path.name}" in texts for path in (ROOT / ".ci").iterdir())
