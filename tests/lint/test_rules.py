"""Every rule is shown by a file, with what is found marked on its lines, and nothing else is found."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.lint.lint import ARGO_RULES
from tests.checks.test_examples import MARK, found, marks
from tests.lint.conftest import findings

HERE = Path(__file__).parent
FAILS = sorted((HERE / "fails").glob("*.yaml"))
UNSHOWN = {"deep", "large", "size"}  # take hundreds of lines or kilobytes; test_limits.py has them


class Found:
    def __init__(self, findings: object) -> None:
        self.findings = findings


@pytest.mark.parametrize("path", FAILS, ids=lambda path: path.stem)
def test_fails(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert found(Found(findings({path.name: text.encode()}))) == marks(text)
    assert f"manifest.{path.stem}" in MARK.findall(text)


@pytest.mark.parametrize("path", sorted((HERE / "passes").glob("*.yaml")), ids=lambda path: path.stem)
def test_passes(path: Path) -> None:
    assert [finding.message for finding in findings({path.name: path.read_bytes()})] == []


def test_every_rule_has_a_file() -> None:
    assert {path.stem for path in FAILS} == ARGO_RULES.keys() - UNSHOWN
