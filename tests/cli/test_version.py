"""`sameday --version`: what a bug report asks for."""

from __future__ import annotations

import platform
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import ROOT, Said


def test_it_names_the_version_that_is_installed_and_python(run: Callable[..., Said], tmp_path: Path) -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    said = run("--version", cwd=tmp_path)
    assert said == Said(0, f"sameday {version}, Python {platform.python_version()}\n", "")


@pytest.mark.parametrize("settings", ["nonsense: [", "engine: {kind: none}"])
def test_it_needs_nothing(settings: str, run: Callable[..., Said], tmp_path: Path) -> None:
    """A repository whose settings do not load is where it is asked for."""
    (tmp_path / "sameday.yaml").write_text(settings)
    said = run("--version", cwd=tmp_path)
    assert (said.code, said.err) == (0, "")
